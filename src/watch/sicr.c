/*
 * sicr.c
 *	  sicr_agg: months of accounts by 27 definitions of a significant increase in credit risk; sicr_backtest: how good each is.
 */
#include "postgres.h"

#include <math.h>

#include "core/transition_matrix.h"
#include "pg/cache.h"
#include "pg/confidence.h"
#include "pg/memory.h"
#include "pg/month.h"
#include "pg/record.h"
#include "watch/sicr_state.h"

#include "miscadmin.h"
#include "utils/date.h"

PG_FUNCTION_INFO_V1(cl_sicr_panel_transition);
PG_FUNCTION_INFO_V1(cl_sicr_panel_final);
PG_FUNCTION_INFO_V1(cl_sicr_backtest);

/* Past due as in the presumption of IFRS 9 5.5.11 and in default as in B5.5.37; odds twice as bad, which are 20 points. */
static const ClSicrRules usual = {.days_past_due = 30, .default_days = 90, .pd_ratio = 2, .score_drop = 20};

static void *
create(void)
{
	ClSicrPanel *panel = palloc_object(ClSicrPanel);
	ClMemory	memory = cl_memory_here();

	cl_sicr_panel_init(panel, &memory);
	return panel;
}

static void
merge(void *into, const void *from)
{
	ClSicrPanel *panel = into;
	const ClSicrPanel *other = from;

	cl_sicr_require(&panel->rules, &other->rules);
	panel->n_skipped = cl_skipped_sum(panel->n_skipped, other->n_skipped);
	for (size_t i = 0; i < other->n; i++)
		cl_sicr_panel_add(panel, &other->row[i]);
}

/* Bytes, between workers only: the rules, int64 n_skipped, int64 rows, and of each int64 account, int32 month, four int8. */
static void
write_state(StringInfo buf, const void *data)
{
	const ClSicrPanel *panel = data;

	cl_sicr_send_rules(buf, &panel->rules);
	pq_sendint64(buf, panel->n_skipped);
	pq_sendint64(buf, panel->n);
	for (size_t i = 0; i < panel->n; i++)
	{
		const ClSicrRow *row = &panel->row[i];

		pq_sendint64(buf, row->account);
		pq_sendint32(buf, row->month);
		pq_sendint8(buf, row->in_default);
		for (int m = 0; m < CL_SICR_MEASURES; m++)
			pq_sendint8(buf, row->test[m]);
	}
}

static void *
read_state(StringInfo buf)
{
	static const char type[] = "panel of months";
	ClSicrPanel *panel = create();
	int64		rows;

	cl_sicr_receive_rules(buf, type, &panel->rules);
	panel->n_skipped = cl_wire_int64(buf, type, 0, PG_INT64_MAX, "number of rows left out");
	rows = cl_wire_int64(buf, type, 0, buf->len, "number of rows");
	for (int64 i = 0; i < rows; i++)
	{
		ClSicrRow	row = {.account = pq_getmsgint64(buf)};

		row.month = (int32) pq_getmsgint(buf, sizeof(int32));
		row.in_default = pq_getmsgbyte(buf) != 0;
		for (int m = 0; m < CL_SICR_MEASURES; m++)
		{
			int			test = pq_getmsgbyte(buf);

			row.test[m] = Min(test, CL_SICR_UNKNOWN);
		}
		cl_sicr_panel_add(panel, &row);
	}
	return panel;
}

static const ClSummary sicr_panel_summary = {
	.name = "sicr_panel",
	.version = 1,
	.create = create,
	.merge = merge,
	.write = write_state,
	.read = read_state,
};

/* cl_sicr_panel_combine, cl_sicr_panel_serial, cl_sicr_panel_deserial */
CL_SUMMARY_FUNCTION(sicr_panel, combine)
CL_SUMMARY_FUNCTION(sicr_panel, serial)
CL_SUMMARY_FUNCTION(sicr_panel, deserial)

/*
 * Rows. Arguments: state, account_id, month, days_past_due, pd, pd_at_origination, score, score_at_origination, as_of
 * [, options].
 */

static void *
read_options(FunctionCallInfo fcinfo, Jsonb *jsonb)
{
	ClSicrRules *rules = palloc_object(ClSicrRules);
	ClJson		root;

	(void) fcinfo;
	*rules = usual;
	cl_json_open(&root, "options of sicr_agg", jsonb);
	cl_json_object(&root, cl_sicr_thresholds);
	cl_sicr_parse_thresholds(&root, rules);
	return rules;
}

static ClSicrRules
given_rules(FunctionCallInfo fcinfo)
{
	ClSicrRules rules = usual;

	if (PG_ARGISNULL(8) || (PG_NARGS() > 9 && PG_ARGISNULL(9)))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("as_of and options of sicr_agg must not be NULL"),
				 errdetail("%s is NULL.", PG_ARGISNULL(8) ? "as_of" : "options"),
				 errhint("as_of is the last month whose rows are complete; without options the thresholds are the usual ones.")));
	if (PG_NARGS() > 9)
		rules = *(const ClSicrRules *) cl_call_options(fcinfo, 9, read_options);
	rules.as_of = cl_month_of(PG_GETARG_DATEADT(8));
	return rules;
}

static double
number_argument(FunctionCallInfo fcinfo, int argno)
{
	return PG_ARGISNULL(argno) ? NAN : PG_GETARG_FLOAT8(argno);
}

static double
pd_argument(FunctionCallInfo fcinfo, int argno)
{
	double		pd = number_argument(fcinfo, argno);

	if (pd < 0 || pd > 1)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("PD must be between 0 and 1"),
				 errdetail("Found %g.", pd),
				 errhint("Two per cent is 0.02.")));
	return pd;
}

static ClSicrTest
test_of(double difference)
{
	return isnan(difference) ? CL_SICR_UNKNOWN : difference >= 0 ? CL_SICR_YES : CL_SICR_NO;
}

Datum
cl_sicr_panel_transition(PG_FUNCTION_ARGS)
{
	ClSicrPanel *panel = cl_agg_state(fcinfo, create);
	ClSicrRules rules = given_rules(fcinfo);
	ClSicrRow	row;
	double		pd;
	double		first_pd;
	int32		days;

	cl_sicr_require(&panel->rules, &rules);
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3))
	{
		panel->n_skipped++;
		PG_RETURN_POINTER(panel);
	}
	row.month = cl_month_of(PG_GETARG_DATEADT(2));
	days = PG_GETARG_INT32(3);
	if (days < 0)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("days past due must not be negative"),
				 errdetail("Found %d.", days),
				 errhint("Who has paid ahead is 0 days past due.")));
	pd = pd_argument(fcinfo, 4);
	first_pd = pd_argument(fcinfo, 5);
	if (row.month > rules.as_of)
		PG_RETURN_POINTER(panel);
	row.account = PG_GETARG_INT64(1);
	row.in_default = days >= rules.default_days;
	row.test[CL_SICR_DAYS] = days >= rules.days_past_due ? CL_SICR_YES : CL_SICR_NO;
	/* To a PD of 0 there is no ratio. */
	row.test[CL_SICR_PD] = first_pd > 0 ? test_of(pd / first_pd - rules.pd_ratio) : CL_SICR_UNKNOWN;
	row.test[CL_SICR_SCORE] = test_of(number_argument(fcinfo, 7) - number_argument(fcinfo, 6) - rules.score_drop);
	cl_sicr_panel_add(panel, &row);
	PG_RETURN_POINTER(panel);
}

Datum
cl_sicr_panel_final(PG_FUNCTION_ARGS)
{
	ClSicrPanel *panel;
	ClSicr	   *sicr;
	const ClSicrRow *wrong;

	(void) cl_agg_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	panel = (ClSicrPanel *) PG_GETARG_POINTER(0);
	sicr = sicr_summary.create();
	wrong = cl_sicr_count(panel, sicr);
	if (wrong != NULL && wrong->month == wrong[-1].month)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a month of an account comes twice"),
				 errdetail("Account " INT64_FORMAT " has %s twice.", wrong->account, cl_month_string(wrong->month)),
				 errhint("Take DISTINCT rows, or one of those that contradict each other.")));
	if (wrong != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("months of one account are more than a century apart"),
				 errdetail("Account " INT64_FORMAT " has %s, and others long before.", wrong->account,
						   cl_month_string(wrong->month)),
				 errhint("Look for a date that stands for \"never\" or \"not known\", and leave its row out.")));
	return cl_summary_datum(&sicr_summary, sicr);
}

/* sicr, confidence */
Datum
cl_sicr_backtest(PG_FUNCTION_ARGS)
{
	static const char *const measures[] = {"days_past_due", "pd_ratio", "score_drop"};
	const ClSicr *sicr;
	double		reach;
	ClRecord	record;

	cl_record_open_set(&record, fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	reach = cl_confidence_reach(cl_confidence_argument(fcinfo, 1));
	sicr = cl_summary_state(&sicr_summary, PG_GETARG_DATUM(0));
	for (int d = 0; d < CL_SICR_DEFINITIONS; d++)
	{
		const ClSicrCell *cell = &sicr->cell[d];
		double		bad_share = (double) cell->sum[CL_SICR_BAD] / (double) cell->sum[CL_SICR_ALL];
		double		precision = NAN;

		cl_record_put_text(&record, measures[d / (CL_SICR_STICKINESS * CL_SICR_OUTCOMES)]);
		cl_record_put_int32(&record, d / CL_SICR_OUTCOMES % CL_SICR_STICKINESS + 1);
		cl_record_put_int32(&record, (d % CL_SICR_OUTCOMES + 1) * CL_SICR_OUTCOME_STEP);
		cl_record_put_int64(&record, cell->sum[CL_SICR_ALL]);
		cl_record_put_int64(&record, cell->n_unknown);
		for (int i = CL_SICR_FLAGGED; i <= CL_SICR_HIT; i++)
			cl_record_put_int64(&record, cell->sum[i]);
		for (int i = 0; i < CL_SICR_RATES; i++)
		{
			double		as_many;
			double		rate = cl_sicr_rate(cell, i, &as_many);
			double		low = NAN;
			double		high = NAN;

			if (!isnan(rate))
				cl_share_interval(rate, as_many, reach, &low, &high);
			if (i == CL_SICR_PRECISION)
				precision = rate;
			cl_record_put_float8(&record, rate);
			cl_record_put_float8(&record, low);
			cl_record_put_float8(&record, high);
		}
		cl_record_put_float8(&record, bad_share > 0 ? precision / bad_share : NAN);
		cl_record_put_float8(&record, cl_sicr_correlation(cell));
		cl_record_put_float8(&record, (double) cell->lead / (double) cell->sum[CL_SICR_HIT]);
		cl_record_next(&record);
	}
	PG_RETURN_NULL();
}

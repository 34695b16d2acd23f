/*
 * gap_impact.c
 *	  gap_impact: what one account's unused limit costs, by cause; gap_impact_total: that of many; expected_loss.
 *
 * Only what is granted can be drawn, so only that costs. What is wanted and not granted forgoes a margin:
 *
 *		forgone margin = margin * the demand that is not met, as far as it could prudently be met
 *		idle cost      = carry * granted,  carry being what a unit that is granted and not drawn costs a year
 *		contingent EAD = CCF * granted
 *		capital        = K * CCF * granted,  K being capital per unit of exposure (Basel: irb_capital)
 *		expected loss  = PD * LGD * CCF * granted
 *
 * The regret, what the limit forgoes against the best one, comes from outside: a limit that is too low forgoes it for want of
 * what is not met, one that is too high by what is granted.
 *
 * Every measure is a rate of an amount, so it divides among the causes as the amount does, in minor units. Each cause gets the
 * difference of two rounded running totals, so that the rows add up to the total to the last unit. Those of the expected loss
 * begin with what is drawn: the loss on it and the rows add up to expected_loss(), which rounds once.
 */
#include "postgres.h"

#include <math.h>

#include "core/gap.h"
#include "pg/cache.h"
#include "pg/money.h"
#include "pg/record.h"
#include "pg/summary.h"
#include "usage/gap_row.h"

#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

/* Of an amount in minor units: its rates are then exact in 128 bits. */
#define LARGEST_DIGITS 24
#define SHARE_DECIMALS 4

PG_FUNCTION_INFO_V1(cl_gap_impact);
PG_FUNCTION_INFO_V1(cl_gap_impact_total_transition);
PG_FUNCTION_INFO_V1(cl_gap_impact_total_final);
PG_FUNCTION_INFO_V1(cl_expected_loss);

/* Of gap_impact, and the side of the regret; gap_impact_total has the state before them, no room, and not always a regret. */
enum
{
	ARG_GAP, ARG_MARGIN, ARG_CARRY, ARG_CCF, ARG_PD, ARG_LGD, ARG_CAPITAL, ARG_PRUDENT_ROOM, ARG_REGRET
};

/* The rows, in their order. */
typedef enum ImpactCause
{
	IMPACT_RULES, IMPACT_RISK, IMPACT_PRODUCT, IMPACT_UNGRANTED, IMPACT_DEMAND, IMPACT_DORMANCY, IMPACT_BUFFER,
	IMPACT_ABOVE_ENTITLEMENT, IMPACT_CAUSES
} ImpactCause;

static const char *const cause_names[IMPACT_CAUSES + 1] = {
	"rules", "risk", "product", "ungranted", "demand", "dormancy", "buffer", "above_entitlement", "total"
};

typedef enum Measure
{
	MEASURE_UNUSED, MEASURE_GRANTED, MEASURE_UNMET, MEASURE_FORGONE_MARGIN, MEASURE_IDLE_COST, MEASURE_CONTINGENT_EAD,
	MEASURE_CAPITAL, MEASURE_EXPECTED_LOSS, MEASURE_REGRET, MEASURES
} Measure;

static const char *const rate_names[] = {
	[ARG_MARGIN] = "margin", [ARG_CARRY] = "carry", [ARG_CCF] = "credit conversion factor", [ARG_PD] = "PD", [ARG_LGD] = "LGD",
	[ARG_CAPITAL] = "capital"
};

static const struct
{
	double		lowest;
	double		highest;
}			rate_bounds[] = {
	[ARG_MARGIN] = {-10, 10}, [ARG_CARRY] = {-10, 10}, [ARG_CCF] = {0, 10}, [ARG_PD] = {0, 1}, [ARG_LGD] = {0, 2},
	[ARG_CAPITAL] = {0, 2}
};

typedef struct Impact
{
	int			decimals;
	cl_int128	amount[MEASURES][IMPACT_CAUSES];
	cl_int128	drawn;
	bool		has_pd;
	bool		has_regret;
	double		rate[ARG_PRUDENT_ROOM];
} Impact;

/* Of many accounts. */
typedef struct ImpactTotal
{
	ClMoneySum	sums[MEASURES][IMPACT_CAUSES];
	int64		n_pd;			/* accounts with a PD: without one nothing is known of a loss */
	int64		n_regret;		/* accounts whose best limit is known */
	int			method;
} ImpactTotal;

static double
take_rate(int kind, double rate)
{
	if (!(rate >= rate_bounds[kind].lowest && rate <= rate_bounds[kind].highest))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s must be between %g and %g", rate_names[kind], rate_bounds[kind].lowest, rate_bounds[kind].highest),
				 errdetail("Found %g.", rate),
				 errhint("Rates are fractions: 0.18 is 18 %%.")));
	return rate;
}

/* As a whole number of 10^-12. */
static int64
fixed_rate(double rate)
{
	return (int64) rint(rate * 1e12);
}

static cl_int128
take_amount(Datum value, int decimals, const char *what)
{
	cl_int128	minor = 0;

	if (cl_numeric_minor128(value, decimals, &minor) != CL_NUMERIC_OK || minor < 0 ||
		minor > (cl_int128) cl_pow10_128(LARGEST_DIGITS))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s must be an amount between 0 and 10^24 minor units", what),
				 errdetail("Found %s.", cl_numeric_string(value)),
				 errhint("Money is not negative here; of a gap, use what limit_gap or gap_total returned.")));
	return minor;
}

/* The decimals that the amounts show; fewer where they are so many that a large amount would not fit, but all it needs. */
static int
row_decimals(const ClRow *row)
{
	int			shown = 0;
	int			needed = 0;
	int			whole = 0;

	for (int i = 0; i < GAP_AMOUNTS; i++)
	{
		ClNumericView view;

		cl_numeric_open(cl_column_datum(row, &row->columns[i]), &view);
		shown = Max(shown, view.dscale);
		needed = Max(needed, cl_numeric_decimals(&view));
		whole = Max(whole, CL_NUMERIC_DEC_DIGITS * (view.weight + 1));
	}
	return Min(Max(needed, Min(shown, LARGEST_DIGITS - whole)), CL_MAX_DECIMALS);
}

static void
take_row(const ClRow *row, Impact *impact)
{
	/* Where the columns of a gap go, from risk to unmet_ungranted. */
	static const struct
	{
		GapColumn	column;
		Measure		measure;
		ImpactCause cause;
	}			places[] = {
		{GAP_RISK, MEASURE_UNUSED, IMPACT_RISK}, {GAP_PRODUCT, MEASURE_UNUSED, IMPACT_PRODUCT},
		{GAP_UNGRANTED, MEASURE_UNUSED, IMPACT_UNGRANTED}, {GAP_DEMAND, MEASURE_UNUSED, IMPACT_DEMAND},
		{GAP_DORMANCY, MEASURE_UNUSED, IMPACT_DORMANCY}, {GAP_BUFFER, MEASURE_UNUSED, IMPACT_BUFFER},
		{GAP_GRANTED_DEMAND, MEASURE_GRANTED, IMPACT_DEMAND}, {GAP_GRANTED_DORMANCY, MEASURE_GRANTED, IMPACT_DORMANCY},
		{GAP_GRANTED_BUFFER, MEASURE_GRANTED, IMPACT_BUFFER},
		{GAP_ABOVE_ENTITLEMENT, MEASURE_GRANTED, IMPACT_ABOVE_ENTITLEMENT},
		{GAP_UNMET_RULES, MEASURE_UNMET, IMPACT_RULES}, {GAP_UNMET_RISK, MEASURE_UNMET, IMPACT_RISK},
		{GAP_UNMET_PRODUCT, MEASURE_UNMET, IMPACT_PRODUCT}, {GAP_UNMET_UNGRANTED, MEASURE_UNMET, IMPACT_UNGRANTED}
	};

	impact->decimals = row_decimals(row);
	for (int i = 0; i < (int) lengthof(places); i++)
		impact->amount[places[i].measure][places[i].cause] =
			take_amount(cl_column_datum(row, &row->columns[places[i].column]), impact->decimals,
						cl_gap_amount_names[places[i].column]);
	impact->drawn = take_amount(cl_column_datum(row, &row->columns[GAP_DRAWN]), impact->decimals, "drawn amount");
}

/* The rates, of which the first is argument first; false where one is missing that cannot be. */
static bool
take_rates(FunctionCallInfo fcinfo, int first, Impact *impact)
{
	impact->has_pd = true;
	for (int kind = ARG_MARGIN; kind <= ARG_CAPITAL; kind++)
	{
		int			arg = first + kind - ARG_MARGIN;

		if (!PG_ARGISNULL(arg))
			impact->rate[kind] = take_rate(kind, PG_GETARG_FLOAT8(arg));
		else if (kind == ARG_PD)
			impact->has_pd = false;
		else
			return false;
	}
	return true;
}

/* An amount, divided as the weights are, if they are not all 0. */
static bool
divide(const cl_int128 *weight, cl_int128 amount, cl_int128 *part)
{
	cl_int128	total = 0;
	cl_int128	running = 0;
	cl_int128	before = 0;

	for (int k = 0; k < IMPACT_CAUSES; k++)
		total += weight[k];
	if (total == 0)
		return false;
	/* Running totals again; the quotient of doubles is good to 15 digits, and its end is exact. */
	for (int k = 0; k < IMPACT_CAUSES; k++)
	{
		cl_int128	now;

		running += weight[k];
		now = running == total ? amount : Min(amount, (cl_int128) rint((double) running / (double) total * (double) amount));
		part[k] = now - before;
		before = now;
	}
	return true;
}

/* The unmet demand that could prudently be met. */
static void
within_room(const cl_int128 *unmet, cl_int128 room, cl_int128 *served)
{
	cl_int128	total = 0;

	for (int k = 0; k < IMPACT_CAUSES; k++)
		total += unmet[k];
	if (room >= total || !divide(unmet, room, served))
		memcpy(served, unmet, IMPACT_CAUSES * sizeof(cl_int128));
}

/* The regret and its side, from an argument on; false where one of them is missing. */
static bool
take_regret(FunctionCallInfo fcinfo, int first, Impact *impact)
{
	cl_int128  *part = impact->amount[MEASURE_REGRET];
	cl_int128	withheld[IMPACT_CAUSES] = {0};
	cl_int128	regret;
	char	   *side;

	if (PG_NARGS() <= first || PG_ARGISNULL(first) || PG_ARGISNULL(first + 1))
		return false;
	cl_money_require_finite(PG_GETARG_DATUM(first), "regret");
	regret = take_amount(DirectFunctionCall2(numeric_round, PG_GETARG_DATUM(first), Int32GetDatum(impact->decimals)),
						 impact->decimals, "regret");
	side = text_to_cstring(PG_GETARG_TEXT_PP(first + 1));
	if (strcmp(side, "too_high") == 0)
	{
		if (!divide(impact->amount[MEASURE_GRANTED], regret, part))
			part[IMPACT_DEMAND] = regret;
	}
	else if (strcmp(side, "too_low") == 0 || strcmp(side, "best") == 0)
	{
		/* Where the mean demand gets through, what withholds more is the cause. */
		memcpy(withheld, impact->amount[MEASURE_UNUSED], (IMPACT_UNGRANTED + 1) * sizeof(cl_int128));
		if (!divide(impact->amount[MEASURE_UNMET], regret, part) && !divide(withheld, regret, part))
			part[IMPACT_RULES] = regret;
	}
	else
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("side of a regret must be too_low, too_high or best"),
				 errdetail("Found \"%s\".", side),
				 errhint("Use what limit_regret returned.")));
	return true;
}

static void
lose(Impact *impact)
{
	double		loss = impact->rate[ARG_PD] * impact->rate[ARG_LGD];
	cl_int128	running = 0;
	cl_int128	before = cl_rate_of_two(impact->drawn, fixed_rate(loss), 0, 0);

	for (int k = 0; k < IMPACT_CAUSES; k++)
	{
		cl_int128	now;

		running += impact->amount[MEASURE_GRANTED][k];
		now = cl_rate_of_two(impact->drawn, fixed_rate(loss), running, fixed_rate(loss * impact->rate[ARG_CCF]));
		impact->amount[MEASURE_EXPECTED_LOSS][k] = now - before;
		before = now;
	}
}

/* Finer room than the gap's decimals is cut off: what cannot be paid out cannot be drawn. */
static void
price(Impact *impact, bool bounded, Datum room)
{
	const cl_int128 *granted = impact->amount[MEASURE_GRANTED];
	cl_int128	served[IMPACT_CAUSES];
	const double *rate = impact->rate;

	if (bounded)
		within_room(impact->amount[MEASURE_UNMET],
					take_amount(DirectFunctionCall2(numeric_trunc, room, Int32GetDatum(impact->decimals)), impact->decimals,
								"prudent room"), served);
	else
		memcpy(served, impact->amount[MEASURE_UNMET], sizeof(served));
	cl_rate_of_parts(served, IMPACT_CAUSES, fixed_rate(rate[ARG_MARGIN]), impact->amount[MEASURE_FORGONE_MARGIN]);
	cl_rate_of_parts(granted, IMPACT_CAUSES, fixed_rate(rate[ARG_CARRY]), impact->amount[MEASURE_IDLE_COST]);
	cl_rate_of_parts(granted, IMPACT_CAUSES, fixed_rate(rate[ARG_CCF]), impact->amount[MEASURE_CONTINGENT_EAD]);
	cl_rate_of_parts(granted, IMPACT_CAUSES, fixed_rate(rate[ARG_CAPITAL] * rate[ARG_CCF]), impact->amount[MEASURE_CAPITAL]);
	if (impact->has_pd)
		lose(impact);
}

/*
 * Totals
 */

static void *
total_create(void)
{
	ImpactTotal *total = palloc0_object(ImpactTotal);

	total->method = CL_NO_METHOD;
	return total;
}

static void
total_merge(void *into, const void *from)
{
	ImpactTotal *total = into;
	const ImpactTotal *other = from;

	cl_gap_require_method(&total->method, other->method);
	total->n_pd += other->n_pd;
	total->n_regret += other->n_regret;
	for (int m = 0; m < MEASURES; m++)
		for (int k = 0; k < IMPACT_CAUSES; k++)
			cl_money_merge(&total->sums[m][k], &other->sums[m][k]);
}

static void
total_write(StringInfo buf, const void *state)
{
	const ImpactTotal *total = state;

	pq_sendbyte(buf, total->method);
	pq_sendint64(buf, total->n_pd);
	pq_sendint64(buf, total->n_regret);
	for (int m = 0; m < MEASURES; m++)
		for (int k = 0; k < IMPACT_CAUSES; k++)
			cl_money_send(buf, &total->sums[m][k]);
}

static void *
total_read(StringInfo buf)
{
	ImpactTotal *total = total_create();

	total->method = pq_getmsgbyte(buf);
	if (total->method >= CL_GAP_METHODS)
		cl_wire_invalid("gap_impact", "method is not known");
	total->n_pd = cl_wire_int64(buf, "gap_impact", 0, PG_INT64_MAX, "number of accounts");
	total->n_regret = cl_wire_int64(buf, "gap_impact", 0, PG_INT64_MAX, "number of regrets");
	for (int m = 0; m < MEASURES; m++)
		for (int k = 0; k < IMPACT_CAUSES; k++)
			cl_money_receive(buf, "gap_impact", &total->sums[m][k]);
	return total;
}

/* Between workers only. */
static const ClSummary gap_impact_total_summary = {
	.name = "gap_impact",
	.version = 1,
	.create = total_create,
	.merge = total_merge,
	.write = total_write,
	.read = total_read,
};

/* cl_gap_impact_total_combine, cl_gap_impact_total_serial, cl_gap_impact_total_deserial */
CL_SUMMARY_FUNCTION(gap_impact_total, combine)
CL_SUMMARY_FUNCTION(gap_impact_total, serial)
CL_SUMMARY_FUNCTION(gap_impact_total, deserial)

static void
total_add(ImpactTotal *total, const ClRow *row, const Impact *impact)
{
	cl_gap_require_method(&total->method, cl_gap_method(DatumGetTextPP(cl_column_datum(row, &row->columns[GAP_METHOD]))));
	total->n_pd += impact->has_pd;
	total->n_regret += impact->has_regret;
	for (int m = 0; m < MEASURES; m++)
		for (int k = 0; k < IMPACT_CAUSES; k++)
			cl_money_add_minor(&total->sums[m][k], impact->amount[m][k], impact->decimals);
}

/* The part of the whole gap that the causes up to here are, rounded: shares are differences of it, so that they add up to 1. */
static Datum
share_up_to(const ClMoneySum *running, const ClMoneySum *whole)
{
	return DirectFunctionCall2(numeric_round,
							   DirectFunctionCall2(numeric_div, cl_money_numeric(running), cl_money_numeric(whole)),
							   Int32GetDatum(SHARE_DECIMALS));
}

static void
put_row(ClRecord *record, const ImpactTotal *total, int cause, bool has_share, Datum share, const ClMoneySum *sums)
{
	cl_record_put_int32(record, cause + 1);
	cl_record_put_text(record, cause_names[cause]);
	for (int m = 0; m < MEASURES; m++)
	{
		cl_record_put_if(record, (m != MEASURE_EXPECTED_LOSS || total->n_pd > 0) && (m != MEASURE_REGRET || total->n_regret > 0),
						 cl_money_numeric(&sums[m]));
		if (m == MEASURE_UNUSED)
			cl_record_put_if(record, has_share, share);
	}
}

typedef void (*PutRow) (ClRecord *record, void *where);

/* Fills the rows from the first cause to the total; done() takes each. */
static void
put_rows(ClRecord *record, const ImpactTotal *total, PutRow done, void *where)
{
	ClMoneySum	whole[MEASURES] = {0};
	ClMoneySum	running = {0};
	Datum		before = cl_minor_numeric(0, SHARE_DECIMALS);
	bool		has_share;

	for (int k = 0; k < IMPACT_CAUSES; k++)
		for (int m = 0; m < MEASURES; m++)
			cl_money_merge(&whole[m], &total->sums[m][k]);
	has_share = whole[MEASURE_UNUSED].minor != 0 || whole[MEASURE_UNUSED].rest != NULL;
	for (int k = 0; k < IMPACT_CAUSES; k++)
	{
		ClMoneySum	sums[MEASURES];
		Datum		now = before;

		for (int m = 0; m < MEASURES; m++)
			sums[m] = total->sums[m][k];
		cl_money_merge(&running, &sums[MEASURE_UNUSED]);
		if (has_share)
			now = share_up_to(&running, &whole[MEASURE_UNUSED]);
		put_row(record, total, k, has_share, DirectFunctionCall2(numeric_sub, now, before), sums);
		done(record, where);
		before = now;
	}
	put_row(record, total, IMPACT_CAUSES, has_share, before, whole);
	done(record, where);
}

static void
next_of_set(ClRecord *record, void *where)
{
	(void) where;
	cl_record_next(record);
}

Datum
cl_gap_impact(PG_FUNCTION_ARGS)
{
	ImpactTotal *total = total_create();
	ClRow	   *row = cl_gap_row();
	Impact		impact = {0};
	ClRecord	record;

	cl_record_open_set(&record, fcinfo);
	if (PG_ARGISNULL(ARG_GAP) || !take_rates(fcinfo, ARG_MARGIN, &impact) ||
		!cl_gap_read(row, PG_GETARG_HEAPTUPLEHEADER(ARG_GAP)))
		PG_RETURN_NULL();
	take_row(row, &impact);
	impact.has_regret = take_regret(fcinfo, ARG_REGRET, &impact);
	price(&impact, !PG_ARGISNULL(ARG_PRUDENT_ROOM), PG_GETARG_DATUM(ARG_PRUDENT_ROOM));
	total_add(total, row, &impact);
	put_rows(&record, total, next_of_set, NULL);
	PG_RETURN_NULL();
}

static void *
new_gap_row(FunctionCallInfo fcinfo)
{
	(void) fcinfo;
	return cl_gap_row();
}

Datum
cl_gap_impact_total_transition(PG_FUNCTION_ARGS)
{
	MemoryContext context = cl_agg_context(fcinfo);
	MemoryContext old;
	ImpactTotal *total = PG_ARGISNULL(0) ? NULL : (ImpactTotal *) PG_GETARG_POINTER(0);
	ClRow	   *row = cl_call_state(fcinfo, new_gap_row);
	Impact		impact = {0};

	if (PG_ARGISNULL(1) || !take_rates(fcinfo, 2, &impact) || !cl_gap_read(row, PG_GETARG_HEAPTUPLEHEADER(1)))
		return cl_agg_unchanged(fcinfo);
	take_row(row, &impact);
	impact.has_regret = take_regret(fcinfo, ARG_REGRET, &impact);
	price(&impact, false, (Datum) 0);
	old = MemoryContextSwitchTo(context);
	if (total == NULL)
		total = total_create();
	total_add(total, row, &impact);
	MemoryContextSwitchTo(old);
	PG_RETURN_POINTER(total);
}

static void
next_of_array(ClRecord *record, void *where)
{
	Datum	  **end = where;

	*(*end)++ = cl_record_datum(record);
	record->columns = 0;
}

Datum
cl_gap_impact_total_final(PG_FUNCTION_ARGS)
{
	Oid			type = get_element_type(get_fn_expr_rettype(fcinfo->flinfo));
	Datum		rows[IMPACT_CAUSES + 1];
	Datum	   *end = rows;
	ClRecord	record;

	(void) cl_agg_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	cl_record_open_desc(&record, lookup_rowtype_tupdesc_copy(type, -1));
	put_rows(&record, (const ImpactTotal *) PG_GETARG_POINTER(0), next_of_array, &end);
	PG_RETURN_ARRAYTYPE_P(construct_array(rows, lengthof(rows), type, -1, false, TYPALIGN_DOUBLE));
}

/*
 * The loss of an account, drawn and not. Arguments: pd, lgd, ccf, balance, credit_limit, decimals.
 */
Datum
cl_expected_loss(PG_FUNCTION_ARGS)
{
	double		loss = take_rate(ARG_PD, PG_GETARG_FLOAT8(0)) * take_rate(ARG_LGD, PG_GETARG_FLOAT8(1));
	double		ccf = take_rate(ARG_CCF, PG_GETARG_FLOAT8(2));
	int			decimals = PG_GETARG_INT32(5);
	cl_int128	amount[2];
	cl_int128	drawn;

	if (decimals < 0 || decimals > 20)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("decimals of an expected loss must be between 0 and 20"),
				 errdetail("Found %d.", decimals),
				 errhint("Cents are 2, yen are 0.")));
	for (int i = 0; i < 2; i++)
	{
		const char *what = i == 0 ? "balance" : "credit limit";
		Datum		given = PG_GETARG_DATUM(3 + i);
		ClNumericView view;

		cl_money_require_finite(given, what);
		given = DirectFunctionCall2(numeric_round, given, Int32GetDatum(decimals));
		cl_numeric_open(given, &view);
		/* A credit balance is nothing drawn. */
		amount[i] = i == 0 && view.negative ? 0 : take_amount(given, decimals, what);
	}
	drawn = amount[0];
	PG_RETURN_DATUM(cl_minor_numeric(cl_rate_of_two(drawn, fixed_rate(loss), Max(amount[1] - drawn, 0), fixed_rate(loss * ccf)),
									 decimals));
}

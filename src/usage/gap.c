/*
 * gap.c
 *	  limit_gap: one account's unused limit by cause; gap_total: that of many.
 */
#include "postgres.h"

#include "core/gap.h"
#include "pg/argument.h"
#include "pg/cache.h"
#include "pg/money.h"
#include "pg/record.h"
#include "pg/summary.h"
#include "usage/gap_row.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

PG_FUNCTION_INFO_V1(cl_limit_gap);
PG_FUNCTION_INFO_V1(cl_gap_total_transition);
PG_FUNCTION_INFO_V1(cl_gap_total_final);

/* Shapley divides: below this many decimals its parts would be coarser than any reader expects of them. */
#define SHAPLEY_DECIMALS 2

/*
 * One account
 */

enum
{
	ARG_ENTITLEMENT, ARG_RISK_CAP, ARG_PRODUCT_CAP, ARG_CREDIT_LIMIT, ARG_DEMAND, ARG_DRAWN, ARG_MONTHS_INACTIVE, ARG_METHOD,
	ARG_DORMANT_AFTER, ARG_DECIMALS
};

static const char *const arg_names[] = {
	"entitlement", "risk cap", "product cap", "credit limit", "demand", "drawn amount"
};

/* Most decimals that the amounts show; where 128 bits cannot hold that, as many as they need. */
static int
common_decimals(FunctionCallInfo fcinfo, bool shown)
{
	int			decimals = 0;

	for (int arg = ARG_ENTITLEMENT; arg <= ARG_DRAWN; arg++)
	{
		ClNumericView view;

		if (PG_ARGISNULL(arg))
			continue;
		cl_numeric_open(PG_GETARG_DATUM(arg), &view);
		decimals = Max(decimals, shown ? view.dscale : cl_numeric_decimals(&view));
	}
	return decimals;
}

static bool
read_amounts(FunctionCallInfo fcinfo, int decimals, cl_int128 *amount)
{
	if (decimals > CL_MAX_DECIMALS)
		return false;
	for (int arg = ARG_ENTITLEMENT; arg <= ARG_DRAWN; arg++)
	{
		amount[arg] = 0;
		if (PG_ARGISNULL(arg))
			continue;
		if (cl_numeric_minor128(PG_GETARG_DATUM(arg), decimals, &amount[arg]) != CL_NUMERIC_OK ||
			amount[arg] >= (cl_int128) CL_GAP_LARGEST || amount[arg] <= -(cl_int128) CL_GAP_LARGEST)
			return false;
	}
	return true;
}

/* Rounds what is finer than asked for: only where the caller names the decimals. */
static void
round_amounts(cl_int128 *amount, int from, int to)
{
	cl_int128	unit;

	if (to >= from)
		return;
	unit = (cl_int128) cl_pow10_128(from - to);
	for (int arg = ARG_ENTITLEMENT; arg <= ARG_DRAWN; arg++)
		amount[arg] = (amount[arg] + (amount[arg] < 0 ? -unit / 2 : unit / 2)) / unit;
}

static int
wanted_decimals(FunctionCallInfo fcinfo)
{
	int			decimals;

	if (PG_ARGISNULL(ARG_DECIMALS))
		return -1;
	decimals = PG_GETARG_INT32(ARG_DECIMALS);
	if (decimals < 0 || decimals > 20)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("decimals of a gap must be between 0 and 20"),
				 errdetail("Found %d.", decimals),
				 errhint("Cents are 2, yen are 0; NULL takes those of the amounts.")));
	return decimals;
}

/* Reads the six amounts as integers of a common unit, and says how many decimals that has. */
static int
take_amounts(FunctionCallInfo fcinfo, ClGapMethod method, cl_int128 *amount)
{
	int			wanted = wanted_decimals(fcinfo);
	int			least = wanted >= 0 ? wanted : method == CL_GAP_SHAPLEY ? SHAPLEY_DECIMALS : 0;
	int			decimals = Max(least, common_decimals(fcinfo, true));

	for (int arg = ARG_ENTITLEMENT; arg <= ARG_DRAWN; arg++)
	{
		if (!PG_ARGISNULL(arg))
			cl_money_require_finite(PG_GETARG_DATUM(arg), arg_names[arg]);
	}
	if (!read_amounts(fcinfo, decimals, amount))
	{
		decimals = Max(least, common_decimals(fcinfo, false));
		if (!read_amounts(fcinfo, decimals, amount))
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("amounts of a gap need more than 36 digits"),
					 errdetail("With %d decimals the largest amount has too many digits before them.", decimals),
					 errhint("Round the amounts to the minor unit of their currency.")));
	}
	if (wanted >= 0)
	{
		round_amounts(amount, decimals, wanted);
		decimals = Min(decimals, wanted);
	}
	return decimals;
}

static void
require_not_negative(FunctionCallInfo fcinfo, int arg)
{
	ClNumericView view;

	if (PG_ARGISNULL(arg))
		return;
	cl_numeric_open(PG_GETARG_DATUM(arg), &view);
	if (view.negative)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s must not be negative", arg_names[arg]),
				 errdetail("Found %s.", cl_numeric_string(PG_GETARG_DATUM(arg))),
				 errhint("NULL is no cap; 0 is a cap that lets nothing through.")));
}

static bool
is_dormant(FunctionCallInfo fcinfo)
{
	int			inactive = PG_ARGISNULL(ARG_MONTHS_INACTIVE) ? 0 : PG_GETARG_INT32(ARG_MONTHS_INACTIVE);
	int			after = PG_GETARG_INT32(ARG_DORMANT_AFTER);

	if (inactive < 0 || after < 1)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("months inactive must not be negative, and dormancy starts after one month at the earliest"),
				 errdetail("Found %d months inactive, dormant after %d.", inactive, after),
				 errhint("months_inactive is 0 for an active account; leave dormant_after out for dormancy after 6 months.")));
	return inactive >= after;
}

/* The rest of a gap is dormancy or buffer, whole. */
static void
fill_row(const ClGap *gap, bool dormant, cl_int128 drawn, cl_int128 *row)
{
	const cl_int128 *granted = gap->granted;

	row[GAP_GAP] = gap->gap;
	row[GAP_RISK] = gap->part[CL_CAUSE_RISK];
	row[GAP_PRODUCT] = gap->part[CL_CAUSE_PRODUCT];
	row[GAP_UNGRANTED] = gap->part[CL_CAUSE_UNGRANTED];
	row[GAP_DEMAND] = gap->part[CL_CAUSE_DEMAND];
	row[GAP_DORMANCY] = dormant ? gap->part[CL_CAUSE_REST] : 0;
	row[GAP_BUFFER] = dormant ? 0 : gap->part[CL_CAUSE_REST];
	row[GAP_GRANTED_DEMAND] = granted[0];
	row[GAP_GRANTED_DORMANCY] = dormant ? granted[1] : 0;
	row[GAP_GRANTED_BUFFER] = dormant ? 0 : granted[1];
	row[GAP_ABOVE_ENTITLEMENT] = gap->above_entitlement;
	row[GAP_OVER_LIMIT] = gap->over_limit;
	row[GAP_OVER_ENTITLEMENT] = gap->over_entitlement;
	row[GAP_UNMET] = gap->unmet;
	for (int k = 0; k < CL_UNMET_CAUSES; k++)
		row[GAP_UNMET_RULES + k] = gap->unmet_part[k];
	row[GAP_DRAWN] = drawn;
}

Datum
cl_limit_gap(PG_FUNCTION_ARGS)
{
	cl_int128	amount[ARG_DRAWN + 1];
	cl_int128	shown[GAP_AMOUNTS];
	ClGapInput	input = {0};
	ClGap		gap;
	bool		dormant;
	int			decimals;
	ClRecord	record;

	if (PG_ARGISNULL(ARG_ENTITLEMENT) || PG_ARGISNULL(ARG_DRAWN) || PG_ARGISNULL(ARG_METHOD) ||
		PG_ARGISNULL(ARG_DORMANT_AFTER))
		PG_RETURN_NULL();
	input.method = cl_gap_method(PG_GETARG_TEXT_PP(ARG_METHOD));
	dormant = is_dormant(fcinfo);
	decimals = take_amounts(fcinfo, input.method, amount);
	require_not_negative(fcinfo, ARG_ENTITLEMENT);
	require_not_negative(fcinfo, ARG_RISK_CAP);
	require_not_negative(fcinfo, ARG_PRODUCT_CAP);
	require_not_negative(fcinfo, ARG_CREDIT_LIMIT);

	input.entitlement = amount[ARG_ENTITLEMENT];
	for (int k = 0; k < CL_CAUSE_REST; k++)
	{
		input.has_cap[k] = !PG_ARGISNULL(ARG_RISK_CAP + k);
		input.cap[k] = Max(amount[ARG_RISK_CAP + k], 0);
	}
	input.drawn = Max(amount[ARG_DRAWN], 0);
	cl_gap(&input, &gap);

	fill_row(&gap, dormant, input.drawn, shown);
	cl_record_open_kept(&record, fcinfo);
	for (int i = 0; i < GAP_AMOUNTS; i++)
		cl_record_put(&record, cl_minor_numeric(shown[i], decimals));
	cl_record_put(&record, PG_GETARG_DATUM(ARG_METHOD));
	cl_record_put_int64(&record, 1);
	cl_record_put_int64(&record, gap.clamped ? 1 : 0);
	PG_RETURN_DATUM(cl_record_datum(&record));
}

/*
 * Many accounts
 */

typedef struct GapTotal
{
	ClMoneySum	sums[GAP_AMOUNTS];
	int64		n;
	int64		n_clamped;
	int			method;
} GapTotal;

static void *
total_create(void)
{
	GapTotal   *total = palloc0_object(GapTotal);

	total->method = CL_NO_METHOD;
	return total;
}

static void
total_merge(void *into, const void *from)
{
	GapTotal   *total = into;
	const GapTotal *other = from;

	cl_gap_require_method(&total->method, other->method);
	for (int i = 0; i < GAP_AMOUNTS; i++)
		cl_money_merge(&total->sums[i], &other->sums[i]);
	total->n += other->n;
	total->n_clamped += other->n_clamped;
}

static void
total_write(StringInfo buf, const void *state)
{
	const GapTotal *total = state;

	pq_sendbyte(buf, total->method);
	pq_sendint64(buf, total->n);
	pq_sendint64(buf, total->n_clamped);
	for (int i = 0; i < GAP_AMOUNTS; i++)
		cl_money_send(buf, &total->sums[i]);
}

static void *
total_read(StringInfo buf)
{
	GapTotal   *total = total_create();

	total->method = pq_getmsgbyte(buf);
	if (total->method >= CL_GAP_METHODS)
		cl_wire_invalid("limit_gap", "method is not known");
	total->n = cl_wire_int64(buf, "limit_gap", 0, PG_INT64_MAX, "number of accounts");
	total->n_clamped = cl_wire_int64(buf, "limit_gap", 0, PG_INT64_MAX, "number of clamped demands");
	for (int i = 0; i < GAP_AMOUNTS; i++)
		cl_money_receive(buf, "limit_gap", &total->sums[i]);
	return total;
}

/* Between workers only: a total is stored as a limit_gap, which is an ordinary row. */
static const ClSummary gap_total_summary = {
	.name = "limit_gap",
	.version = 1,
	.create = total_create,
	.merge = total_merge,
	.write = total_write,
	.read = total_read,
};

/* cl_gap_total_combine, cl_gap_total_serial, cl_gap_total_deserial */
CL_SUMMARY_FUNCTION(gap_total, combine)
CL_SUMMARY_FUNCTION(gap_total, serial)
CL_SUMMARY_FUNCTION(gap_total, deserial)

static void *
new_gap_row(FunctionCallInfo fcinfo)
{
	(void) fcinfo;
	return cl_gap_row();
}

Datum
cl_gap_total_transition(PG_FUNCTION_ARGS)
{
	MemoryContext context = cl_agg_context(fcinfo);
	MemoryContext old;
	GapTotal   *total = PG_ARGISNULL(0) ? NULL : (GapTotal *) PG_GETARG_POINTER(0);
	ClRow	   *row = cl_call_state(fcinfo, new_gap_row);
	int			method;

	if (PG_ARGISNULL(1) || !cl_gap_read(row, PG_GETARG_HEAPTUPLEHEADER(1)))
		return cl_agg_unchanged(fcinfo);
	method = cl_gap_method(DatumGetTextPP(cl_column_datum(row, &row->columns[GAP_METHOD])));
	old = MemoryContextSwitchTo(context);
	if (total == NULL)
		total = total_create();
	cl_gap_require_method(&total->method, method);
	for (int i = 0; i < GAP_AMOUNTS; i++)
		cl_money_add(&total->sums[i], cl_column_datum(row, &row->columns[i]), cl_gap_amount_names[i]);
	total->n += DatumGetInt64(cl_column_datum(row, &row->columns[GAP_N]));
	total->n_clamped += DatumGetInt64(cl_column_datum(row, &row->columns[GAP_N_CLAMPED]));
	MemoryContextSwitchTo(old);
	PG_RETURN_POINTER(total);
}

/* A limit_gap is an ordinary row, which anybody can write; a total whose parts do not add up is not given out. */
static void
require_sum_of_parts(const GapTotal *total, GapColumn whole, GapColumn first, GapColumn last)
{
	ClMoneySum	parts = {0};

	for (int i = first; i <= (int) last; i++)
		cl_money_merge(&parts, &total->sums[i]);
	if (!DatumGetBool(DirectFunctionCall2(numeric_eq, cl_money_numeric(&parts), cl_money_numeric(&total->sums[whole]))))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("gaps contradict themselves"),
				 errdetail("The parts of \"%s\" add up to %s, and they themselves to %s.", cl_gap_amount_names[whole],
						   cl_numeric_string(cl_money_numeric(&parts)),
						   cl_numeric_string(cl_money_numeric(&total->sums[whole]))),
				 errhint("Use what limit_gap returned, as a whole.")));
}

Datum
cl_gap_total_final(PG_FUNCTION_ARGS)
{
	const GapTotal *total;
	ClRecord	record;

	(void) cl_agg_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	total = (const GapTotal *) PG_GETARG_POINTER(0);
	require_sum_of_parts(total, GAP_GAP, GAP_RISK, GAP_BUFFER);
	require_sum_of_parts(total, GAP_UNMET, GAP_UNMET_RULES, GAP_UNMET_UNGRANTED);
	cl_record_open(&record, fcinfo);
	for (int i = 0; i < GAP_AMOUNTS; i++)
		cl_record_put(&record, cl_money_numeric(&total->sums[i]));
	cl_record_put_text(&record, cl_gap_methods[total->method]);
	cl_record_put_int64(&record, total->n);
	cl_record_put_int64(&record, total->n_clamped);
	PG_RETURN_DATUM(cl_record_datum(&record));
}

/*
 * utilization.c
 *	  How much of granted limits is drawn: the ratio of one account, and the summary of many.
 */
#include "postgres.h"

#include <math.h>

#include "pg/argument.h"
#include "pg/record.h"
#include "usage/utilization_state.h"

#include "utils/fmgrprotos.h"

/* float8 amounts count to this many decimals: below what any currency knows, and binary noise is gone. */
#define FLOAT8_DECIMALS 6

/* Squares of larger ratios, summed, might leave double precision. 64-bit amounts never come near. */
#define LARGEST_RATIO 1e100

/* Integers up to this are exact in double precision, so that one division rounds their quotient correctly. */
#define LARGEST_EXACT (INT64CONST(1) << 53)

PG_FUNCTION_INFO_V1(cl_utilization_numeric);
PG_FUNCTION_INFO_V1(cl_utilization_float8);
PG_FUNCTION_INFO_V1(cl_utilization_numeric_transition);
PG_FUNCTION_INFO_V1(cl_utilization_float8_transition);
PG_FUNCTION_INFO_V1(cl_utilization_stats);
PG_FUNCTION_INFO_V1(cl_utilization_quantile);
PG_FUNCTION_INFO_V1(cl_share_above);
PG_FUNCTION_INFO_V1(cl_share_above_at_least);
PG_FUNCTION_INFO_V1(cl_utilization_quantile_at_least);

/*
 * cl_utilization_in, cl_utilization_out, cl_utilization_recv, cl_utilization_send, cl_utilization_serial,
 * cl_utilization_deserial, cl_utilization_combine, cl_utilization_final, cl_utilization_rollup
 */
CL_SUMMARY_FUNCTIONS(utilization)

static void
negative_limit(const char *shown)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("credit limit must not be negative"),
			 errdetail("Found %s.", shown),
			 errhint("A line that is closed has the limit 0; a limit that is not known is NULL.")));
}

static void
require_finite_float8(double amount, const char *what)
{
	if (!isfinite(amount))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s must be a finite amount", what),
				 errdetail("Found %s.", isnan(amount) ? "NaN" : amount > 0 ? "Infinity" : "-Infinity"),
				 errhint("Use NULL for an amount that is not known.")));
}

/*
 * One account
 */

/* 0/0 is undefined (NULL), something drawn without a limit is infinite. */
static Datum
ratio_or_null(FunctionCallInfo fcinfo, double balance, double limit)
{
	if (limit == 0)
	{
		if (balance <= 0)
			PG_RETURN_NULL();
		PG_RETURN_FLOAT8(INFINITY);
	}
	PG_RETURN_FLOAT8(balance / limit);
}

Datum
cl_utilization_float8(PG_FUNCTION_ARGS)
{
	double		balance = PG_GETARG_FLOAT8(0);
	double		limit = PG_GETARG_FLOAT8(1);

	require_finite_float8(balance, "balance");
	require_finite_float8(limit, "credit limit");
	if (limit < 0)
		negative_limit(psprintf("%g", limit));
	return ratio_or_null(fcinfo, balance, limit);
}

Datum
cl_utilization_numeric(PG_FUNCTION_ARGS)
{
	Datum		balance = PG_GETARG_DATUM(0);
	Datum		limit = PG_GETARG_DATUM(1);
	double		limit_value;

	cl_money_require_finite(balance, "balance");
	cl_money_require_finite(limit, "credit limit");
	limit_value = cl_numeric_float8(limit);
	if (limit_value < 0)
		negative_limit(cl_numeric_string(limit));
	return ratio_or_null(fcinfo, cl_numeric_float8(balance), limit_value);
}

/*
 * Many accounts
 */

/*
 * The state, made at the first row. A state that is there came from an aggregate, since nothing else can make a value of type
 * internal, so only the first row asks for the context.
 */
static inline ClUtilization *
transition_state(FunctionCallInfo fcinfo)
{
	return cl_agg_state(fcinfo, utilization_summary.create);
}

/* Counts, sums and cells of one row; the ratio is looked at only where there is a limit. */
static pg_attribute_always_inline void
add_ratio(ClUtilization *state, double balance, double limit, double ratio)
{
	state->n++;
	if (likely(limit > 0))
	{
		if (unlikely(!(fabs(ratio) <= CL_RATIO_LARGEST && cl_ratio_sums_add(&state->ratio, ratio))))
			cl_utilization_add_large_ratio(state, ratio);
		cl_cells_add(&state->cells, state->context, cl_cell(ratio), 1);
	}
	else if (balance > 0)
		cl_cells_add(&state->cells, state->context, CL_CELL_INFINITE, 1);
	else
		state->n_undefined++;
}

/*
 * A row whose amounts are minor units at the decimals of the sums, and exact in double precision: the ratio is then the same at
 * any number of decimals. False when they are larger or a sum has no room left.
 */
static pg_attribute_always_inline bool
add_minor(ClUtilization *state, int64 balance, int64 limit)
{
	ClMoneySum *sums = state->sums;
	cl_int128	drawn = balance > 0 ? balance : 0;
	cl_int128	unused = limit > drawn ? limit - drawn : 0;
	cl_int128	over = limit < drawn ? drawn - limit : 0;
	cl_int128	balance_sum;
	cl_int128	limit_sum;
	cl_int128	unused_sum;
	cl_int128	over_sum;

	if (unlikely(balance > LARGEST_EXACT || balance < -LARGEST_EXACT || limit > LARGEST_EXACT ||
				 __builtin_add_overflow(sums[CL_SUM_BALANCE].minor, (cl_int128) balance, &balance_sum) ||
				 __builtin_add_overflow(sums[CL_SUM_LIMIT].minor, (cl_int128) limit, &limit_sum) ||
				 __builtin_add_overflow(sums[CL_SUM_UNUSED].minor, unused, &unused_sum) ||
				 __builtin_add_overflow(sums[CL_SUM_OVER_LIMIT].minor, over, &over_sum)))
		return false;
	sums[CL_SUM_BALANCE].minor = balance_sum;
	sums[CL_SUM_LIMIT].minor = limit_sum;
	sums[CL_SUM_UNUSED].minor = unused_sum;
	sums[CL_SUM_OVER_LIMIT].minor = over_sum;
	add_ratio(state, (double) balance, (double) limit, (double) balance / (double) limit);
	return true;
}

/* Gives all four sums the same, larger number of decimals, so that rows of that many can be added quickly. */
static bool
raise_decimals(ClUtilization *state, int decimals)
{
	if (state->decimals < 0)
		return false;
	for (int i = 0; i < CL_UTILIZATION_SUMS; i++)
	{
		if (!cl_money_set_decimals(&state->sums[i], decimals))
		{
			state->decimals = -1;
			return false;
		}
	}
	state->decimals = Max(state->decimals, decimals);
	return true;
}

/*
 * The ratio that add_minor takes where it can, else that of the server's division. Zeros at the end of an amount make no
 * difference to either, nor does what the state has seen.
 */
static double
exact_ratio(Datum balance, Datum limit)
{
	Datum		drawn = DirectFunctionCall1(numeric_trim_scale, balance);
	Datum		granted = DirectFunctionCall1(numeric_trim_scale, limit);
	ClNumericView drawn_view;
	ClNumericView granted_view;
	int			decimals;
	int64		drawn_minor;
	int64		granted_minor;

	cl_numeric_open(drawn, &drawn_view);
	cl_numeric_open(granted, &granted_view);
	decimals = Max(drawn_view.dscale, granted_view.dscale);
	if (cl_numeric_minor_view(&drawn_view, decimals, &drawn_minor) == CL_NUMERIC_OK &&
		cl_numeric_minor_view(&granted_view, decimals, &granted_minor) == CL_NUMERIC_OK &&
		drawn_minor <= LARGEST_EXACT && drawn_minor >= -LARGEST_EXACT && granted_minor <= LARGEST_EXACT)
		return (double) drawn_minor / (double) granted_minor;
	return cl_numeric_float8(DirectFunctionCall2(numeric_div, drawn, granted));
}

/* A row of any size and scale, in the server's own arithmetic. */
static void
add_any(ClUtilization *state, Datum balance, Datum limit)
{
	Datum		zero = cl_minor_numeric(0, 0);
	Datum		drawn = DirectFunctionCall2(numeric_larger, balance, zero);
	Datum		unused = DirectFunctionCall2(numeric_sub, limit, drawn);
	Datum		left = DirectFunctionCall2(numeric_larger, unused, zero);
	Datum		over = DirectFunctionCall2(numeric_larger, DirectFunctionCall1(numeric_uminus, unused), zero);
	double		balance_value = cl_numeric_float8(balance);
	double		limit_value = cl_numeric_float8(limit);
	MemoryContext old;

	if (fabs(balance_value) > LARGEST_RATIO * limit_value && limit_value > 0)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("utilization is out of range"),
				 errdetail("The balance %g is more than %g times the limit %g.", balance_value, LARGEST_RATIO, limit_value),
				 errhint("Look for an amount with a wrong unit.")));
	old = MemoryContextSwitchTo(state->context);
	cl_money_add(&state->sums[CL_SUM_BALANCE], balance, "balance");
	cl_money_add(&state->sums[CL_SUM_LIMIT], limit, "credit limit");
	cl_money_add(&state->sums[CL_SUM_UNUSED], left, "unused limit");
	cl_money_add(&state->sums[CL_SUM_OVER_LIMIT], over, "over limit");
	MemoryContextSwitchTo(old);
	for (int i = 0; i < CL_UTILIZATION_SUMS; i++)
		(void) raise_decimals(state, state->sums[i].decimals);
	add_ratio(state, balance_value, limit_value, limit_value > 0 ? exact_ratio(balance, limit) : 0);
}

/* A row that is not plain: mistakes, more decimals than before, amounts beyond 53 bits. */
static pg_noinline void
add_unusual(ClUtilization *state, Datum balance, Datum limit)
{
	ClNumericView balance_view;
	ClNumericView limit_view;
	int64		balance_minor;
	int64		limit_minor;

	cl_money_require_finite(balance, "balance");
	cl_money_require_finite(limit, "credit limit");
	cl_numeric_open(balance, &balance_view);
	cl_numeric_open(limit, &limit_view);
	if (limit_view.negative)
		negative_limit(cl_numeric_string(limit));
	if (!(raise_decimals(state, Max(balance_view.dscale, limit_view.dscale)) &&
		  cl_numeric_minor_view(&balance_view, state->decimals, &balance_minor) == CL_NUMERIC_OK &&
		  cl_numeric_minor_view(&limit_view, state->decimals, &limit_minor) == CL_NUMERIC_OK &&
		  add_minor(state, balance_minor, limit_minor)))
		add_any(state, balance, limit);
}

Datum
cl_utilization_numeric_transition(PG_FUNCTION_ARGS)
{
	ClUtilization *state;
	int64		balance;
	int64		limit;

	if (unlikely(PG_ARGISNULL(1) || PG_ARGISNULL(2)))
		return cl_agg_unchanged(fcinfo);
	state = transition_state(fcinfo);
	if (likely(cl_numeric_fast_path(PG_GETARG_DATUM(1), state->decimals, &balance) &&
			   cl_numeric_fast_path(PG_GETARG_DATUM(2), state->decimals, &limit) &&
			   limit >= 0 && add_minor(state, balance, limit)))
		PG_RETURN_POINTER(state);
	add_unusual(state, PG_GETARG_DATUM(1), PG_GETARG_DATUM(2));
	PG_RETURN_POINTER(state);
}

/* To the nearest unit of the sixth decimal. */
static int64
float8_minor(double amount, const char *what)
{
	double		scaled = rint(amount * 1e6);

	require_finite_float8(amount, what);
	if (fabs(scaled) >= 9.2e18)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s is too large for double precision", what),
				 errdetail("Found %g; the largest is 9.2e12.", amount),
				 errhint("Keep amounts of this size in numeric columns.")));
	return (int64) scaled;
}

/* Decimals that a float8 amount is shown with: none, those of cents, or all that are kept. */
static int
float8_decimals(int64 minor)
{
	if (minor % 1000000 == 0)
		return 0;
	return minor % 10000 == 0 ? 2 : FLOAT8_DECIMALS;
}

Datum
cl_utilization_float8_transition(PG_FUNCTION_ARGS)
{
	ClUtilization *state;
	int64		balance;
	int64		limit;
	int			decimals;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return cl_agg_unchanged(fcinfo);
	state = transition_state(fcinfo);
	balance = float8_minor(PG_GETARG_FLOAT8(1), "balance");
	limit = float8_minor(PG_GETARG_FLOAT8(2), "credit limit");
	if (limit < 0)
		negative_limit(psprintf("%g", PG_GETARG_FLOAT8(2)));
	decimals = Max(float8_decimals(balance), float8_decimals(limit));
	if ((decimals <= state->decimals || raise_decimals(state, decimals)) && state->decimals <= FLOAT8_DECIMALS)
	{
		int64		unit = (int64) cl_pow10_64[FLOAT8_DECIMALS - state->decimals];

		if (add_minor(state, balance / unit, limit / unit))
			PG_RETURN_POINTER(state);
	}
	add_any(state, cl_minor_numeric(balance, FLOAT8_DECIMALS), cl_minor_numeric(limit, FLOAT8_DECIMALS));
	PG_RETURN_POINTER(state);
}

/*
 * Answers
 */

/* The square root of (n * sum of squares - square of the sum) / (n * (n - 1)); what is subtracted is exact. */
static double
standard_deviation(const ClUtilization *state)
{
	double		n = (double) state->ratio.n;
	Datum		sum = cl_utilization_ratio_sum(state);
	Datum		squares = cl_utilization_ratio_squares(state);
	Datum		scaled = DirectFunctionCall2(numeric_mul, cl_minor_numeric(state->ratio.n, 0), squares);
	Datum		difference = DirectFunctionCall2(numeric_sub, scaled, DirectFunctionCall2(numeric_mul, sum, sum));

	return sqrt(cl_numeric_float8(difference) / n / (n - 1));
}

Datum
cl_utilization_stats(PG_FUNCTION_ARGS)
{
	ClUtilization *state = cl_summary_state(&utilization_summary, PG_GETARG_DATUM(0));
	const int64 *counts = cl_cells_counts(&state->cells);
	int64		n = state->n - state->n_undefined;
	Datum		sum[CL_UTILIZATION_SUMS];
	double		limit;
	ClRecord	record;

	cl_record_open(&record, fcinfo);
	cl_record_put_int64(&record, state->n);
	for (int i = 0; i < CL_UTILIZATION_SUMS; i++)
	{
		sum[i] = cl_utilization_money(state, i);
		cl_record_put(&record, sum[i]);
	}
	limit = cl_numeric_float8(sum[CL_SUM_LIMIT]);
	cl_record_put_float8(&record, limit > 0 ? cl_numeric_float8(sum[CL_SUM_BALANCE]) / limit : NAN);
	cl_record_put_float8(&record, state->ratio.n > 0 ?
						 cl_numeric_float8(cl_utilization_ratio_sum(state)) / (double) state->ratio.n : NAN);
	cl_record_put_float8(&record, state->ratio.n > 1 ? standard_deviation(state) : NAN);
	cl_record_put_float8(&record, n > 0 ? (double) counts[CL_CELL_IDLE] / (double) n : NAN);
	cl_record_put_float8(&record, n > 0 ? cl_cells_share_above(counts, n, 0.9, false) : NAN);
	cl_record_put_float8(&record, n > 0 ? cl_cells_quantile(counts, n, 0.1, false) : NAN);
	cl_record_put_float8(&record, n > 0 ? cl_cells_quantile(counts, n, 0.5, false) : NAN);
	cl_record_put_float8(&record, n > 0 ? cl_cells_quantile(counts, n, 0.9, false) : NAN);
	cl_record_put_int64(&record, state->n_undefined);
	PG_RETURN_DATUM(cl_record_datum(&record));
}

static Datum
quantile_of(FunctionCallInfo fcinfo, bool at_least)
{
	ClUtilization *state = cl_summary_state(&utilization_summary, PG_GETARG_DATUM(0));
	double		p = PG_GETARG_FLOAT8(1);

	if (!(p >= 0 && p <= 1))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("quantile must be between 0 and 1"),
				 errdetail("Found %g.", p),
				 errhint("The median is 0.5.")));
	if (state->n == state->n_undefined)
		PG_RETURN_NULL();
	return cl_float8_or_null(fcinfo, cl_cells_quantile(cl_cells_counts(&state->cells), state->n - state->n_undefined, p,
													   at_least));
}

Datum
cl_utilization_quantile(PG_FUNCTION_ARGS)
{
	return quantile_of(fcinfo, false);
}

Datum
cl_utilization_quantile_at_least(PG_FUNCTION_ARGS)
{
	return quantile_of(fcinfo, true);
}

static Datum
share_above(FunctionCallInfo fcinfo, bool at_least)
{
	ClUtilization *state = cl_summary_state(&utilization_summary, PG_GETARG_DATUM(0));
	double		x = PG_GETARG_FLOAT8(1);

	if (!(x >= 0))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("utilization must not be negative"),
				 errdetail("Found %g.", x),
				 errhint("It is a fraction: 0.9 is ninety per cent of the limit.")));
	if (state->n == state->n_undefined)
		PG_RETURN_NULL();
	return cl_float8_or_null(fcinfo,
						 cl_cells_share_above(cl_cells_counts(&state->cells), state->n - state->n_undefined, x, at_least));
}

Datum
cl_share_above(PG_FUNCTION_ARGS)
{
	return share_above(fcinfo, false);
}

Datum
cl_share_above_at_least(PG_FUNCTION_ARGS)
{
	return share_above(fcinfo, true);
}

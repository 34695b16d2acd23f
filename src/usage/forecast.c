/*
 * forecast.c
 *	  What a demand_model says of an account, and what it was learned from.
 */
#include "postgres.h"

#include <math.h>

#include "pg/argument.h"
#include "pg/cache.h"
#include "pg/numeric.h"
#include "pg/record.h"
#include "usage/behavior_state.h"
#include "usage/demand_state.h"
#include "usage/forecast_state.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"

PG_FUNCTION_INFO_V1(cl_forecast_balance);
PG_FUNCTION_INFO_V1(cl_forecast_demand);
PG_FUNCTION_INFO_V1(cl_demand_model_table);
PG_FUNCTION_INFO_V1(cl_demand_model_summary);

/* A model whose cells are made when they are asked for. */
typedef struct Compiled
{
	ClMemory	memory;
	ClForecastCount *sorted;
	uint32		n;
	uint32		horizons;
	double		factor[CL_FORECAST_SIZES];
	ClForecastTree *tree[2][CL_DEMAND_BASES][CL_FORECAST_HORIZONS];
} Compiled;

static Compiled *
compile(const ClForecast *forecast)
{
	Compiled   *compiled = palloc0_object(Compiled);

	compiled->memory = cl_memory_here();
	compiled->sorted = cl_forecast_sorted(forecast, &compiled->memory);
	compiled->n = forecast->n;
	compiled->horizons = forecast->options.horizons;
	cl_forecast_ceilings(compiled->sorted, compiled->n, compiled->factor);
	return compiled;
}

/* Whether one of cl_forecast_horizons was to be learned, and could be. */
static bool
learned(const Compiled *compiled, const ClForecastTarget *like, int index)
{
	ClForecastTarget target = *like;

	target.horizon = cl_forecast_horizons[index];
	return (compiled->horizons >> index & 1) != 0 && cl_forecast_learned(compiled->sorted, compiled->n, &target);
}

static int
horizon_index(const Compiled *compiled, const ClForecastTarget *target)
{
	StringInfoData there;

	for (int i = 0; i < CL_FORECAST_HORIZONS; i++)
	{
		if (cl_forecast_horizons[i] == target->horizon && learned(compiled, target, i))
			return i;
	}
	initStringInfo(&there);
	for (int i = 0; i < CL_FORECAST_HORIZONS; i++)
	{
		if (learned(compiled, target, i))
			appendStringInfo(&there, "%s%d", there.len > 0 ? ", " : "", cl_forecast_horizons[i]);
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("demand_model has not learned this horizon"),
			 errdetail("Asked for %d months; it has learned %s.", target->horizon, there.len > 0 ? there.data : "none"),
			 errhint("Learn from histories with more months, or ask for a horizon that it has.")));
}

static const ClForecastTree *
tree_at(Compiled *compiled, const ClForecastTarget *target, int index)
{
	ClForecastTree **tree = &compiled->tree[target->demand][target->basis][index];

	if (*tree == NULL)
		*tree = cl_forecast_fit(compiled->sorted, compiled->n, target, &compiled->memory);
	return *tree;
}

static const ClForecastTree *
tree_of(Compiled *compiled, const ClForecastTarget *target)
{
	return tree_at(compiled, target, horizon_index(compiled, target));
}

/*
 * What makes up a forecast: its tree. A peak comes from cells of its own, which may be others than those of its months, and is
 * not below any of these all the same. Months are counted up to the longest horizon, whatever shorter ones were to be learned.
 */
static int
trees_of(Compiled *compiled, const ClForecastTarget *target, const ClForecastTree *tree[CL_FORECAST_HORIZONS + 1])
{
	int			n = 0;

	tree[n++] = tree_of(compiled, target);
	for (int i = 0; target->basis == CL_DEMAND_PEAK && i < CL_FORECAST_HORIZONS; i++)
	{
		ClForecastTarget month = {target->demand, CL_DEMAND_MONTH, cl_forecast_horizons[i]};

		if (month.horizon <= target->horizon && cl_forecast_learned(compiled->sorted, compiled->n, &month))
			tree[n++] = tree_at(compiled, &month, i);
	}
	return n;
}

static void *
create_cache(FunctionCallInfo fcinfo pg_attribute_unused())
{
	ClCache    *cache = palloc0_object(ClCache);

	cache->context = CurrentMemoryContext;
	return cache;
}

/*
 * What tells one model from another, without looking through its counts for each row: of a stored one the pointer to its TOAST;
 * of one in memory its first bytes, which end with the checksum; of one that an aggregate has just made, what it counted.
 */
typedef struct Counted
{
	ClForecastOptions options;
	int64		n_accounts;
	int64		n_skipped;
	uint64		checksum;
} Counted;

static Compiled *
compiled_of(FunctionCallInfo fcinfo)
{
	static const char kinds[3] = {0};
	const char *kind = &kinds[0];
	ClCache    *cache = cl_call_state(fcinfo, create_cache);
	struct varlena *datum = (struct varlena *) PG_GETARG_POINTER(0);
	ClCacheEntry *entry;
	MemoryContext context;
	MemoryContext old;
	Compiled   *compiled;
	const void *key = datum;
	Size		size = VARSIZE_ANY(datum);
	Counted		counted;

	if (VARATT_IS_EXTERNAL_EXPANDED(datum))
	{
		const ClForecast *forecast = cl_summary_state(&demand_model_summary, PG_GETARG_DATUM(0));

		memset(&counted, 0, sizeof(counted));
		counted.options = forecast->options;
		counted.n_accounts = forecast->n_accounts;
		counted.n_skipped = forecast->n_skipped;
		counted.checksum = forecast->checksum;
		kind = &kinds[1];
		key = &counted;
		size = sizeof(counted);
	}
	else if (!VARATT_IS_EXTENDED(datum))
	{
		kind = &kinds[2];
		key = VARDATA(datum);
		size = Min(VARSIZE(datum) - VARHDRSZ, CL_FORECAST_HEAD);
	}
	entry = cl_cache_find(cache, kind, key, size);
	if (entry != NULL)
		return entry->value;
	context = AllocSetContextCreate(CurrentMemoryContext, "demand_model", ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(context);
	compiled = compile(cl_summary_state(&demand_model_summary, PG_GETARG_DATUM(0)));
	/* The state of an expanded value is not ours to keep. */
	if (kind == &kinds[1])
		compiled->sorted = memcpy(palloc_extended(compiled->n * sizeof(ClForecastCount) + 1, MCXT_ALLOC_HUGE), compiled->sorted,
								  compiled->n * sizeof(ClForecastCount));
	MemoryContextSwitchTo(old);
	(void) cl_cache_keep(cache, kind, key, size, context, compiled);
	return compiled;
}

static Datum
forecast(FunctionCallInfo fcinfo, const ClForecastTarget *target)
{
	Compiled   *compiled = compiled_of(fcinfo);
	const ClBehavior *history = cl_summary_state(&behavior_summary, PG_GETARG_DATUM(1));
	MemoryContext old = MemoryContextSwitchTo(compiled->memory.context);
	const ClForecastTree *tree[CL_FORECAST_HORIZONS + 1];
	int			n_trees = trees_of(compiled, target, tree);
	double		quantile[CL_FORECAST_POINTS] = {0};
	ClForecastOrigin origin;
	double		ceiling;

	MemoryContextSwitchTo(old);
	if (!cl_forecast_origin(history, cl_month_of(PG_GETARG_DATEADT(2)), &origin) || !(origin.scale > 0))
		PG_RETURN_NULL();
	ceiling = origin.scale * compiled->factor[cl_forecast_size(origin.scale)];
	if (!target->demand)
		ceiling = fmax(ceiling, origin.highest);
	for (int i = 0; i < n_trees; i++)
		cl_forecast_raise(cl_forecast_find(tree[i], origin.leaf), &origin, ceiling, quantile);
	return cl_summary_datum(&demand_summary,
							cl_demand_of_quantiles(CL_FORECAST_POINTS, cl_forecast_probability, quantile, ceiling,
												   target->basis, target->horizon));
}

/* demand_model, behavior, as_of, horizon [, basis] */
Datum
cl_forecast_balance(PG_FUNCTION_ARGS)
{
	ClForecastTarget target = {false, CL_DEMAND_MONTH, PG_GETARG_INT32(3)};

	return forecast(fcinfo, &target);
}

Datum
cl_forecast_demand(PG_FUNCTION_ARGS)
{
	ClForecastTarget target = {true, cl_demand_basis(PG_GETARG_TEXT_PP(4)), PG_GETARG_INT32(3)};

	return forecast(fcinfo, &target);
}

/*
 * The cells as rows
 */

static const char *const standing_names[] = {"nothing due", "paid what was due", "left some of it", "not past due",
"1 to 30 days past due", "31 to 60", "61 to 90", "more than 90"};

static void
describe_class(StringInfo out, const ClForecastCell *cell)
{
	double		low;
	double		high;
	double		none;
	bool		unknown = cell->low == 0;

	appendStringInfo(out, "%s ", cl_forecast_feature_names[cell->feature]);
	if (cell->high == 0)
	{
		appendStringInfoString(out, "not known");
		return;
	}
	cl_forecast_class_bounds(cell->feature, Max(cell->low, 1), &low, &none);
	cl_forecast_class_bounds(cell->feature, cell->high, &none, &high);
	if (cell->feature == 0)
	{
		int			first = Max(cell->low, 1) - 1;
		int			last = Min(cell->high - 1, (int) lengthof(standing_names) - 1);

		appendStringInfoString(out, standing_names[Min(first, last)]);
		if (last > first)
			appendStringInfo(out, " .. %s", standing_names[last]);
	}
	else if (isinf(low) && isinf(high))
		appendStringInfoString(out, "any");
	else if (isinf(low))
		appendStringInfo(out, "<= %g", high);
	else if (isinf(high))
		appendStringInfo(out, "> %g", low);
	else
		appendStringInfo(out, "(%g, %g]", low, high);
	if (unknown)
		appendStringInfoString(out, " or not known");
}

static char *
describe_cell(const ClForecastTree *tree, int at)
{
	int			path[CL_FORECAST_FEATURES];
	int			n = 0;
	StringInfoData out;

	for (; tree->cell[at].parent >= 0; at = tree->cell[at].parent)
		path[n++] = at;
	initStringInfo(&out);
	if (n == 0)
		appendStringInfoString(&out, "all");
	while (n-- > 0)
	{
		describe_class(&out, &tree->cell[path[n]]);
		appendStringInfoString(&out, n > 0 ? "; " : "");
	}
	return out.data;
}

static void
put_tree(ClRecord *record, const ClForecastTree *tree, const ClForecastTarget *target)
{
	static const int points[] = {5, 13, 21};	/* 0.1, 0.5, 0.9 */

	for (int i = 0; i < tree->n_cells; i++)
	{
		const ClForecastCell *cell = &tree->cell[i];

		CHECK_FOR_INTERRUPTS();
		cl_record_put_text(record, target->demand ? "demand" : "balance");
		cl_record_put_text(record, cl_demand_basis_names[target->basis]);
		cl_record_put_int32(record, target->horizon);
		cl_record_put_int32(record, i + 1);
		cl_record_put_if(record, cell->parent >= 0, Int32GetDatum(cell->parent + 1));
		cl_record_put_text(record, describe_cell(tree, i));
		cl_record_put_int64(record, (int64) rint(fmin(cell->n, 9e18)));
		cl_record_put_int64(record, (int64) rint(fmin(cell->n_censored, 9e18)));
		cl_record_put_float8(record, cell->tail);
		for (int p = 0; p < 3; p++)
			cl_record_put_float8(record, isinf(cell->change[points[p]]) ? NAN : cell->change[points[p]]);
		cl_record_next(record);
	}
}

Datum
cl_demand_model_table(PG_FUNCTION_ARGS)
{
	Compiled   *compiled = compile(cl_summary_state(&demand_model_summary, PG_GETARG_DATUM(0)));
	ClRecord	record;

	cl_record_open_set(&record, fcinfo);
	for (int demand = 0; demand < 2; demand++)
	{
		for (ClDemandBasis basis = CL_DEMAND_MONTH; basis <= (demand ? CL_DEMAND_PEAK : CL_DEMAND_MONTH); basis++)
		{
			for (int i = 0; i < CL_FORECAST_HORIZONS; i++)
			{
				ClForecastTarget target = {demand != 0, basis, cl_forecast_horizons[i]};

				if (learned(compiled, &target, i))
					put_tree(&record, tree_of(compiled, &target), &target);
			}
		}
	}
	PG_RETURN_NULL();
}

Datum
cl_demand_model_summary(PG_FUNCTION_ARGS)
{
	const ClForecast *forecast = cl_summary_state(&demand_model_summary, PG_GETARG_DATUM(0));
	Compiled   *compiled = compile(forecast);
	ClForecastTarget target = {false, CL_DEMAND_MONTH, 1};
	Datum		there[CL_FORECAST_HORIZONS];
	int			n = 0;
	ClRecord	record;

	for (int i = 0; i < CL_FORECAST_HORIZONS; i++)
	{
		if (learned(compiled, &target, i))
			there[n++] = Int32GetDatum(cl_forecast_horizons[i]);
	}
	cl_record_open(&record, fcinfo);
	cl_record_put_int64(&record, forecast->n_accounts);
	cl_record_put_int64(&record, forecast->n_skipped);
	cl_record_put(&record, PointerGetDatum(construct_array(there, n, INT4OID, sizeof(int32), true, TYPALIGN_INT)));
	cl_record_put_int32(&record, forecast->options.origins);
	cl_record_put_if(&record, forecast->options.from != 0, DateADTGetDatum(forecast->options.from != 0 ?
																		  cl_month_date(forecast->options.from) : 0));
	cl_record_put_if(&record, forecast->options.until != 0, DateADTGetDatum(forecast->options.until != 0 ?
																		   cl_month_date(forecast->options.until) : 0));
	cl_record_put_float8(&record, forecast->options.tolerance);
	PG_RETURN_DATUM(cl_record_datum(&record));
}

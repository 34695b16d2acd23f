/*
 * band_policy.c
 *	  The committee's table over the accounts of a query. They are scanned once or twice into fine cells; the search for cuts and
 *	  limits (core/band_cuts.h, core/band_policy.h) then does not depend on how many they are. Further scans find the best one
 *	  limit for all (core/band_flat.h), with which the table is compared.
 */
#include "postgres.h"

#include <math.h>

#include "core/band_cuts.h"
#include "pg/json.h"
#include "pg/memory.h"
#include "pg/record.h"
#include "pg/regression_row.h"
#include "usage/band_rows.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(cl_band_accounts);
PG_FUNCTION_INFO_V1(cl_band_table);

/*
 * Arguments
 */

static void
read_axes(ClBandRows *band, Jsonb *jsonb)
{
	static const char *const keys[] = {"down", "across", NULL};
	static const char *const axis_keys[] = {"column", "limit", NULL};
	static const char *const directions[] = {"falls", "rises", NULL};
	ClJson		root;

	cl_json_open(&root, "axes", jsonb);
	cl_json_object(&root, keys);
	for (int i = 0; i < 2; i++)
	{
		ClBandAxis	   *axis = &band->axis[i];
		ClJson		node;
		ClJson		item;

		cl_json_require(&root, keys[i], &node);
		cl_json_object(&node, axis_keys);
		cl_json_require(&node, "column", &item);
		axis->column = cl_json_string(&item);
		cl_json_require(&node, "limit", &item);
		axis->rises = cl_json_choice(&item, directions) == 1;
	}
}

/* Edges as a policy writes them: from the highest down where limits rise, from the lowest up where they fall. */
static void
read_edges(ClBandAxis *axis, const ClJson *node)
{
	axis->bands = axis->n_edges = cl_json_array(node, 1, CL_BAND_MOST_BANDS);
	for (int i = 0; i < axis->bands; i++)
	{
		double	   *edge = &axis->edge[axis->bands - 1 - i];
		ClJson		item;

		cl_json_item(node, i, &item);
		*edge = (axis->rises ? 1 : -1) * cl_json_edge(&item, i == axis->bands - 1, axis->rises ? -INFINITY : INFINITY);
		if (i > 0 && edge[1] <= *edge)
			cl_json_error(&item, axis->rises ? "a number below the one before it" : "a number above the one before it");
		axis->cut[i] = i;
	}
	axis->cut[axis->bands] = axis->n_edges;
}

static void
read_cuts(ClBandRows *band, Jsonb *jsonb)
{
	static const char *const keys[] = {"down", "across", NULL};
	ClJson		root;

	cl_json_open(&root, "cuts", jsonb);
	cl_json_object(&root, keys);
	for (int i = 0; i < 2; i++)
	{
		ClJson		node;

		cl_json_require(&root, keys[i], &node);
		if (cl_json_is_array(&node))
			read_edges(&band->axis[i], &node);
		else
			band->axis[i].bands = cl_json_int(&node, 1, CL_BAND_MOST_BANDS);
	}
}

static void
read_levels(ClBandRows *band, const ClJson *node)
{
	band->given_levels = cl_json_is_array(node);
	if (!band->given_levels)
	{
		band->n_levels = cl_json_int(node, 2, CL_BAND_LEVELS);
		return;
	}
	band->n_levels = cl_json_array(node, 1, CL_BAND_LEVELS);
	for (int i = 0; i < band->n_levels; i++)
	{
		ClJson		item;

		cl_json_item(node, i, &item);
		band->level[i] = cl_json_float8(&item, 0, CL_ALLOCATION_LARGEST);
		if (i > 0 && band->level[i] <= band->level[i - 1])
			cl_json_error(&item, "an amount above the one before it");
	}
}

static void
read_options(ClBandRows *band, Jsonb *jsonb)
{
	static const char *const keys[] = {"name", "levels", "fine", "steps", NULL};
	ClJson		root;
	ClJson		node;

	cl_json_open(&root, "options of band_policy", jsonb);
	cl_json_object(&root, keys);
	band->name = cl_json_get(&root, "name", &node) ? cl_json_string(&node) : "committee table";
	band->n_levels = 16;
	if (cl_json_get(&root, "levels", &node))
		read_levels(band, &node);
	band->fine = cl_json_get(&root, "fine", &node) ? cl_json_int(&node, 2, CL_BAND_MOST_FINE) : 64;
	band->most_steps = cl_json_get(&root, "steps", &node) ? cl_json_float8(&node, 1, 1e15) : 1e9;
}

static void
require_size(const ClBandRows *band)
{
	const ClBandAxis *axis = band->axis;
	double		profiles = cl_band_profiles(axis[0].bands, axis[1].bands, band->n_levels);

	if (profiles > CL_BAND_PROFILES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the table is too large to be searched"),
				 errdetail("%d by %d bands with %d levels have %.0f rising rows; at most %d can be looked at.", axis[0].bands,
						   axis[1].bands, band->n_levels, profiles, CL_BAND_PROFILES),
				 errhint("Take fewer bands on the shorter side, or fewer levels.")));
}

/*
 * The answer
 */

static void
put_edges(StringInfo out, const char *key, const ClBandAxis *axis)
{
	appendStringInfo(out, "\"%s\": {\"column\": ", key);
	cl_json_put_string(out, axis->column);
	appendStringInfo(out, ", \"%s\": [", axis->rises ? "from" : "below");
	for (int i = axis->bands - 1; i >= 0; i--)
	{
		cl_json_put_float8(out, (axis->rises ? 1 : -1) * axis->edge[axis->cut[i]]);
		appendStringInfoString(out, i > 0 ? ", " : "]}");
	}
}

static char *
policy(const ClBandRows *band, const ClBandTable *table)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoString(&out, "{\"name\": ");
	cl_json_put_string(&out, band->name);
	appendStringInfoString(&out, ", \"entitlement\": {\"grid\": {");
	put_edges(&out, "down", &band->axis[0]);
	appendStringInfoString(&out, ", ");
	put_edges(&out, "across", &band->axis[1]);
	appendStringInfoString(&out, ", \"limit\": [");
	for (int row = band->axis[0].bands - 1; row >= 0; row--)
	{
		for (int column = band->axis[1].bands - 1; column >= 0; column--)
		{
			appendStringInfoString(&out, column == band->axis[1].bands - 1 ? "[" : ", ");
			cl_json_put_float8(&out, band->level[table->level[row * band->axis[1].bands + column]]);
		}
		appendStringInfoString(&out, row > 0 ? "], " : "]]");
	}
	appendStringInfoString(&out, "}}}");
	return out.data;
}

static Datum
answer(ClBandRows *band, FunctionCallInfo fcinfo, MemoryContext caller)
{
	int			n_budgets = band->query.n_budgets;
	size_t		levels = cl_band_levels_of_cells(band);
	double	   *number = MemoryContextAllocHuge(CurrentMemoryContext, (1 + n_budgets) * levels * sizeof(double));
	ClMemory	memory = cl_memory_here();
	ClBandCells fine = {
		band->axis[0].n_edges, band->axis[1].n_edges, band->n_levels, n_budgets, number, number + levels, band->query.amount
	};
	ClBandCells cells;
	ClBandGrid	grid;
	ClBandSearch *search;
	ClBandTable table;
	ClRecord	record;

	for (size_t i = 0; i < (1 + n_budgets) * levels; i++)
		number[i] = cl_exact_sum_closed(&band->sum[i]).high;
	search = cl_band_begin(band->axis[0].bands, band->axis[1].bands, band->n_levels, n_budgets, &memory);
	cl_band_grid(&grid, &fine, band->axis[0].bands, band->axis[1].bands, &memory);
	cl_band_move_cuts(&grid, search, band->axis[0].bands, band->axis[0].cut, band->axis[1].bands, band->axis[1].cut,
					  band->most_steps / 2);
	cells = cl_band_put_together(&grid, band->axis[0].bands, band->axis[0].cut, band->axis[1].bands, band->axis[1].cut);
	cl_band_search(search, &cells, band->most_steps, &table);

	MemoryContextSwitchTo(caller);
	cl_record_open(&record, fcinfo);
	cl_record_put_if(&record, table.feasible, table.feasible ? CStringGetTextDatum(policy(band, &table)) : (Datum) 0);
	cl_record_put(&record, CStringGetTextDatum(!table.feasible ? "infeasible" : table.proved ? "best" : "gave up"));
	cl_record_put_int64(&record, band->n);
	cl_record_put_int64(&record, band->n_outside);
	cl_record_put_float8(&record, table.feasible ? table.worth : NAN);
	cl_record_put_float8(&record, table.feasible ? table.bound : NAN);
	cl_record_put_if(&record, table.feasible, table.feasible ? cl_float8_array_datum(table.use, n_budgets) : (Datum) 0);
	cl_record_put_float8(&record, band->has_today ? cl_exact_sum_closed(&band->today[0]).high : NAN);
	cl_record_put_float8(&record, band->flat.limit < 0 ? NAN : band->flat.limit);
	cl_record_put_float8(&record, band->flat.limit < 0 ? NAN : band->flat.worth);
	return cl_record_datum(&record);
}

static bool
is_extra(const ClBandRows *band, const char *column)
{
	return strcmp(column, band->axis[0].column) == 0 || strcmp(column, band->axis[1].column) == 0 ||
		strcmp(column, CL_BAND_TODAY) == 0;
}

/* The query of shadow_price: arguments query and axes. */
Datum
cl_band_accounts(PG_FUNCTION_ARGS)
{
	ClBandRows	   *band = palloc0_object(ClBandRows);
	char	   *query = text_to_cstring(PG_GETARG_TEXT_PP(0));
	MemoryContext caller = CurrentMemoryContext;
	StringInfoData out;
	ClQuery		source;

	read_axes(band, PG_GETARG_JSONB_P(1));
	initStringInfo(&out);
	SPI_connect();
	cl_query_open(&source, query, CL_BAND_QUERY);
	MemoryContextSwitchTo(caller);
	for (int i = 0; i < source.desc->natts; i++)
	{
		const char *column = NameStr(TupleDescAttr(source.desc, i)->attname);

		if (!is_extra(band, column))
			appendStringInfo(&out, "%s%s", out.len > 0 ? ", q." : "SELECT q.", quote_identifier(column));
	}
	appendStringInfo(&out, " FROM (\n%s\n) AS q", source.text);
	SPI_finish();
	PG_RETURN_TEXT_P(cstring_to_text_with_len(out.data, out.len));
}

/* query, axes, cuts, budgets, options, prices */
Datum
cl_band_table(PG_FUNCTION_ARGS)
{
	MemoryContext caller = CurrentMemoryContext;
	Oid			types[CL_ALLOCATION_MOST_COLUMNS + 3];
	const double *price;
	int			n_prices;
	ClBandRows	   *band;
	SPIPlanPtr	plan;
	Datum		result;

	SPI_connect();
	band = palloc0_object(ClBandRows);
	read_axes(band, PG_GETARG_JSONB_P(1));
	read_cuts(band, PG_GETARG_JSONB_P(2));
	cl_allocation_query_budgets(&band->query, PG_GETARG_JSONB_P(3));
	read_options(band, PG_GETARG_JSONB_P(4));
	price = cl_float8_array(PG_GETARG_ARRAYTYPE_P(5), &n_prices);
	if (n_prices != band->query.n_budgets)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("prices must be as many as budgets"),
				 errdetail("There are %d prices and %d budgets.", n_prices, band->query.n_budgets)));
	memcpy(band->price, price, n_prices * sizeof(double));
	require_size(band);
	cl_band_open_query(band, text_to_cstring(PG_GETARG_TEXT_PP(0)));
	for (int i = 0; i < band->n_values; i++)
		types[i] = i == CL_ALLOCATION_ID || i == CL_ALLOCATION_HASH ? INT8OID :
			i == CL_ALLOCATION_DEMAND && !band->query.lognormal ? band->query.demand_type : FLOAT8OID;
	plan = cl_query_prepare(cl_allocation_query_scan(&band->query, 0), CL_BAND_QUERY, 0, NULL);
	if (band->axis[0].n_edges == 0 || band->axis[1].n_edges == 0 || !band->given_levels)
	{
		cl_band_look_first(band, plan, types);
		if (band->n == 0)
		{
			SPI_finish();
			PG_RETURN_NULL();
		}
		band->n = 0;
	}
	band->sum = MemoryContextAllocExtended(CurrentMemoryContext,
										   (1 + band->query.n_budgets) * cl_band_levels_of_cells(band) * sizeof(ClExactSum),
										   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	cl_band_scan(band, plan, types, cl_band_receive);
	if (band->n == 0)
	{
		SPI_finish();
		PG_RETURN_NULL();
	}
	cl_band_find_flat(band, plan, types);
	result = answer(band, fcinfo, caller);
	SPI_finish();
	PG_RETURN_DATUM(result);
}

/*
 * disclosure_together.c
 *	  suppress of several tables of which some add up to others: what must be hidden so that they do not give each other away.
 *
 * Each table is protected alone, as by suppress of one; then one sensitive cell after the other against all tables. The attacker
 * has one linear system over all cells, so the cells to hide are those that move when that one moves as far as the rule asks, the
 * others as little as can be: a linear program in which moving a cell that is published has a price (Fischetti and Salazar 2001
 * solve it exactly; its relaxation is the heuristic of Kelly, Golden and Assad 1992). Hiding more only widens what is wide.
 */
#include "postgres.h"

#include <math.h>

#include "pg/memory.h"
#include "share/disclosure_linked.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(cl_suppress_linked);

/* What moving a published margin costs, where an inner cell costs 1 to 2; and what moving the sensitive one pays. */
#define MARGIN 50.0
#define TOTAL 1000.0
#define REWARD 1e6

typedef struct Search
{
	ClLinkedTables *linked;
	ClLinearRange system;		/* equations of all cells, as differences from their values */
	double		scale;
	ClDisclosureMeasure measure;
	const ClMemory *memory;
	int		   *part_of;		/* of each variable its table, and the place there */
	int		   *place_of;
} Search;

static double
price(const ClLinkedPart *part, int place)
{
	const ClDisclosureTable *table = &part->state->table;
	int			margins = (place / (table->columns + 1) == table->rows) + (place % (table->columns + 1) == table->columns);
	double		total = (double) part->flow.value[cl_disclosure_size(table) - 1];

	return (margins == 0 ? 1 : margins == 1 ? MARGIN : TOTAL) * (1 + (total > 0 ? (double) part->flow.value[place] / total : 0));
}

static const ClLinkedPart *
part_of(const Search *search, int variable)
{
	return &search->linked->part[search->part_of[variable]];
}

/* A cell that may move at a price: published, and not empty. Its way down is a variable of its own, after all others. */
static bool
is_priced(const Search *search, int variable)
{
	const ClLinkedPart *part = part_of(search, variable);

	return !part->hidden[search->place_of[variable]] && part->state->table.cell[search->place_of[variable]].n > 0;
}

/*
 * The system, with the ways down behind the ways up, and an equation for what a move is worth: so much for the way of the
 * sensitive cell, less the prices of the others. From no move at all the most of it is sought.
 */
static void
open_program(const Search *search, ClLinearRange *program, int cell, bool up, double most)
{
	int			n = search->system.variables;
	double	   *worth;

	cl_linear_range_open(program, search->memory, 2 * n + 1);
	for (int v = 0; v < n; v++)
	{
		bool		priced = is_priced(search, v);
		const ClLinkedPart *part = part_of(search, v);
		double		value = (double) part->flow.value[search->place_of[v]] / search->scale;
		double		least = search->measure == CL_DISCLOSURE_N ? 1 / search->scale : 0;

		program->low[v] = priced ? 0 : search->system.low[v];
		program->high[v] = priced ? INFINITY : search->system.high[v];
		program->high[n + v] = priced ? fmax(0, value - least) : 0;
	}
	if (up)
		program->high[cell] = fmin(program->high[cell], most);
	else
		program->low[cell] = fmax(program->low[cell], -most);
	program->low[2 * n] = -INFINITY;
	program->high[2 * n] = INFINITY;
	for (int i = 0; i < search->system.rows; i++)
	{
		const double *from = search->system.use + (size_t) i * n;
		double	   *row = cl_linked_equation(program);

		for (int v = 0; v < n; v++)
		{
			row[v] = from[v];
			row[n + v] = -from[v];
		}
	}
	worth = cl_linked_equation(program);
	worth[2 * n] = 1;
	for (int v = 0; v < n; v++)
	{
		if (is_priced(search, v))
			worth[v] = worth[n + v] = price(part_of(search, v), search->place_of[v]);
	}
	worth[cell] = up ? -REWARD : REWARD;
	cl_linear_range_prepare(program);
}

/* Hides what moves when a cell, which is hidden, moves so far. */
static void
protect(const Search *search, int cell, bool up, cl_int128 need)
{
	ClLinearRange program;
	double		most = (double) need / search->scale;
	int			n = search->system.variables;

	if (need == 0)
		return;
	open_program(search, &program, cell, up, most);
	if (isnan(cl_linear_range_extreme(&program, 2 * n, true)) ||
		fabs(program.value[cell]) < most - CL_LINKED_ROUNDING)
		cl_disclosure_not_protected(&part_of(search, cell)->state->table);
	for (int v = 0; v < n; v++)
	{
		if (is_priced(search, v) && fabs(program.value[v] - program.value[n + v]) > CL_LINKED_ROUNDING)
			part_of(search, v)->hidden[search->place_of[v]] = true;
	}
	cl_linear_range_close(&program);
}

/* What is known of cells that are hidden now, not when the system was made. */
static void
know_again(const Search *search)
{
	for (int v = 0; v < search->system.variables; v++)
	{
		const ClLinkedPart *part = part_of(search, v);

		if (!part->hidden[search->place_of[v]])
			continue;
		search->system.low[v] = ((search->measure == CL_DISCLOSURE_N) - (double) part->flow.value[search->place_of[v]]) /
			search->scale;
		search->system.high[v] = INFINITY;
	}
}

static void
protect_measure(ClLinkedTables *linked, const ClMemory *memory, ClDisclosureMeasure measure)
{
	Search		search = {.linked = linked, .measure = measure, .memory = memory};

	cl_linked_know(linked, memory, measure);
	search.scale = cl_linked_program(&search.system, linked, memory, measure);
	search.part_of = palloc_array(int, search.system.variables + 1);
	search.place_of = palloc_array(int, search.system.variables + 1);
	for (int i = 0; i < linked->n; i++)
	{
		const ClLinkedPart *part = &linked->part[i];

		for (int place = 0; part->is_linked && place < cl_disclosure_size(&part->state->table); place++)
		{
			search.part_of[part->first + place] = i;
			search.place_of[part->first + place] = place;
		}
	}
	for (int v = 0; v < search.system.variables; v++)
	{
		const ClLinkedPart *part = part_of(&search, v);
		ClDisclosureNeed need = cl_disclosure_need(&part->state->table, &part->rule, search.place_of[v], measure);

		if (measure == CL_DISCLOSURE_AMOUNT && !part->state->table.with_amounts)
			continue;
		know_again(&search);
		protect(&search, v, true, need.up);
		know_again(&search);
		protect(&search, v, false, need.down);
	}
	cl_linear_range_close(&search.system);
	cl_linked_forget(linked);
}

/* tables, rule, links -> jsonb[] */
Datum
cl_suppress_linked(PG_FUNCTION_ARGS)
{
	ClMemory	memory = cl_memory_here();
	ClLinkedTables linked = {0};
	Datum	   *released;

	cl_linked_open(&linked, PG_GETARG_ARRAYTYPE_P(0), NULL, PG_GETARG_JSONB_P(1), PG_GETARG_JSONB_P(2));
	for (int i = 0; i < linked.n; i++)
	{
		ClLinkedPart *part = &linked.part[i];
		bool		secondary = true;

		part->rule = cl_disclosure_rule(PG_GETARG_JSONB_P(1), part->state, part->hidden, &secondary);
		if (!secondary)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("tables that add up are not protected without secondary suppression"),
					 errdetail("\"secondary\" is false."),
					 errhint("Leave it out, or suppress each table by itself.")));
		if (!cl_disclosure_suppress(&part->state->table, &part->rule, &memory, true, part->hidden))
			cl_disclosure_not_protected(&part->state->table);
	}
	if (linked.n_links > 0)
	{
		protect_measure(&linked, &memory, CL_DISCLOSURE_N);
		protect_measure(&linked, &memory, CL_DISCLOSURE_AMOUNT);
	}
	released = palloc_array(Datum, linked.n + 1);
	for (int i = 0; i < linked.n; i++)
		released[i] = cl_disclosure_release(linked.part[i].state, &linked.part[i].rule, linked.part[i].hidden);
	PG_RETURN_ARRAYTYPE_P(construct_array(released, linked.n, JSONBOID, -1, false, TYPALIGN_INT));
}

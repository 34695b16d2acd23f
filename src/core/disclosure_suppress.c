/*
 * disclosure_suppress.c
 *	  Which cells of a table are hidden, and what an attacker learns of them: see disclosure_suppress.h.
 */
#include "core/disclosure_suppress.h"

#include <string.h>

/* What it costs to hide a margin, or the total, where an inner cell costs 1 to 2. */
#define MARGIN 1e4
#define TOTAL 1e8

typedef struct Work
{
	const ClDisclosureTable *table;
	const ClDisclosureRule *rule;
	ClDisclosureMeasure measure;
	bool	   *hidden;
	bool		changed;
} Work;

static cl_int128
value_of(const ClDisclosureTable *table, int place, ClDisclosureMeasure measure)
{
	return measure == CL_DISCLOSURE_AMOUNT ? table->cell[place].amount : table->cell[place].n;
}

/* A hidden cell has a contributor, but perhaps nothing else. */
static cl_int128
least_of_hidden(ClDisclosureMeasure measure)
{
	return measure == CL_DISCLOSURE_N ? 1 : 0;
}

static void
know(const ClDisclosureTable *table, const ClDisclosureRule *rule, bool hidden, ClDisclosureMeasure measure, ClFlowTable *flow,
	 int place)
{
	cl_int128	base = measure == CL_DISCLOSURE_AMOUNT ? rule->round : rule->round_n;
	cl_int128	published = cl_disclosure_rounded(value_of(table, place, measure), base);

	flow->value[place] = value_of(table, place, measure);
	if (hidden)
	{
		flow->low[place] = least_of_hidden(measure);
		flow->high[place] = CL_FLOW_UNBOUNDED;
		return;
	}
	flow->low[place] = published - base / 2;
	flow->high[place] = published + (base > 0 ? base - 1 - base / 2 : 0);
	if (flow->low[place] < 0)
		flow->low[place] = 0;
}

void
cl_disclosure_known(const ClDisclosureTable *table, const ClDisclosureRule *rule, const bool *hidden, ClDisclosureMeasure measure,
					ClFlowTable *flow)
{
	for (int place = 0; place < cl_disclosure_size(table); place++)
		know(table, rule, hidden[place], measure, flow, place);
}

ClDisclosureNeed
cl_disclosure_need(const ClDisclosureTable *table, const ClDisclosureRule *rule, int place, ClDisclosureMeasure measure)
{
	const ClDisclosureCell *cell = &table->cell[place];
	ClDisclosureNeed need = {0, 0};

	if (cl_disclosure_sensitive(rule, cell, table->with_amounts) == CL_NOT_SENSITIVE)
		return need;
	if (measure == CL_DISCLOSURE_N)
		need.up = cell->n < rule->minimum_frequency ? rule->minimum_frequency - cell->n : 0;
	else if (table->with_amounts)
	{
		need.up = cl_disclosure_distance(rule, cell);
		need.down = need.up < cell->amount ? need.up : cell->amount;
	}
	return need;
}

static double
price(const void *context, const ClFlowTable *flow, int place, bool up, cl_int128 *room)
{
	const Work *work = context;
	const ClDisclosureTable *table = work->table;
	int			margins = (place / (table->columns + 1) == table->rows) + (place % (table->columns + 1) == table->columns);
	cl_int128	at = flow->value[place] + flow->moved[place];
	double		total = (double) value_of(table, cl_disclosure_size(table) - 1, work->measure);

	if (work->hidden[place] || table->cell[place].n == 0)
		return -1;
	*room = up ? CL_FLOW_UNBOUNDED - at : at - least_of_hidden(work->measure);
	return (margins == 0 ? 1 : margins == 1 ? MARGIN : TOTAL) * (1 + (total > 0 ? (double) flow->value[place] / total : 0));
}

static void
use(void *context, ClFlowTable *flow, int place)
{
	Work	   *work = context;

	work->hidden[place] = true;
	work->changed = true;
	know(work->table, work->rule, true, work->measure, flow, place);
}

/* Bars what the contributor alone in that cell knows: it, and what lies in a row or column in which there is nobody else. */
static void
bar(const ClDisclosureTable *table, ClFlowTable *flow, int place, bool barred)
{
	int			row = place / (table->columns + 1);
	int			column = place % (table->columns + 1);

	flow->barred[place] = barred;
	for (int j = 0; j <= table->columns; j++)
	{
		if (table->cell[cl_disclosure_place(table, row, table->columns)].contributors == 1)
			flow->barred[cl_disclosure_place(table, row, j)] = barred;
	}
	for (int i = 0; i <= table->rows; i++)
	{
		if (table->cell[cl_disclosure_place(table, table->rows, column)].contributors == 1)
			flow->barred[cl_disclosure_place(table, i, column)] = barred;
	}
}

/* How much of a margin lies in cells that are barred: nobody whose own it is can doubt that the margin is at least that. */
static cl_int128
barred_part(const ClDisclosureTable *table, const ClFlowTable *flow, int place)
{
	int			row = place / (table->columns + 1);
	int			column = place % (table->columns + 1);
	cl_int128	part = 0;

	for (int i = 0; i < table->rows; i++)
	{
		for (int j = 0; j < table->columns; j++)
		{
			int			inner = cl_disclosure_place(table, i, j);

			if ((row == i || row == table->rows) && (column == j || column == table->columns) && flow->barred[inner])
				part += flow->value[inner];
		}
	}
	return part;
}

/*
 * How far all attackers leave the cell a way in that direction, of what is asked; with a price it is made where there is none.
 * Who knows a cell that did not move with it has the stranger's table before him.
 */
static cl_int128
move_for_all(const ClDisclosureTable *table, const bool *hidden, ClFlowTable *flow, int place, bool up, cl_int128 most,
			 const ClFlowPrice *by, bool *insider)
{
	int			cells = cl_disclosure_size(table);
	cl_int128	least = cl_flow_move(flow, place, up, most, by);
	bool	   *alone;

	*insider = false;
	if (least < most)
		return least;
	alone = cl_allocate(flow->memory, cells * sizeof(bool));
	for (int i = 0; i < cells; i++)
		alone[i] = i != place && hidden[i] && table->cell[i].contributors == 1 && flow->moved[i] != 0;
	for (int i = 0; i < cells; i++)
	{
		cl_int128	asked;
		cl_int128	his;

		if (!alone[i])
			continue;
		bar(table, flow, i, true);
		asked = up ? most : flow->value[place] - barred_part(table, flow, place);
		asked = asked < most ? asked : most;
		his = flow->barred[place] ? asked : cl_flow_move(flow, place, up, asked, by);
		bar(table, flow, i, false);
		*insider |= his < asked;
		least = his < asked && his < least ? his : least;
	}
	cl_release(flow->memory, alone);
	return least;
}

/* False when a cell cannot be protected. */
static bool
protect(Work *work, ClFlowTable *flow)
{
	const ClFlowPrice by = {price, use, MARGIN, work};
	bool		insider;

	cl_disclosure_known(work->table, work->rule, work->hidden, work->measure, flow);
	for (int place = 0; place < cl_disclosure_size(work->table); place++)
	{
		ClDisclosureNeed need = cl_disclosure_need(work->table, work->rule, place, work->measure);

		if (move_for_all(work->table, work->hidden, flow, place, true, need.up, &by, &insider) < need.up ||
			move_for_all(work->table, work->hidden, flow, place, false, need.down, &by, &insider) < need.down)
			return false;
	}
	return true;
}

bool
cl_disclosure_suppress(const ClDisclosureTable *table, const ClDisclosureRule *rule, const ClMemory *memory, bool secondary,
					   bool *hidden)
{
	Work		work = {table, rule, CL_DISCLOSURE_AMOUNT, hidden, true};
	ClFlowTable flow;
	bool		can = true;

	for (int place = 0; place < cl_disclosure_size(table); place++)
		hidden[place] |= cl_disclosure_sensitive(rule, &table->cell[place], table->with_amounts) != CL_NOT_SENSITIVE;
	if (!secondary)
		return true;
	cl_flow_open(&flow, memory, table->rows, table->columns);
	/* Who is alone in a cell that was hidden for another may undo what was done before. */
	while (work.changed && can)
	{
		work.changed = false;
		work.measure = CL_DISCLOSURE_AMOUNT;
		can = !table->with_amounts || protect(&work, &flow);
		work.measure = CL_DISCLOSURE_N;
		can = can && protect(&work, &flow);
	}
	cl_flow_close(&flow);
	return can;
}

ClDisclosureRange
cl_disclosure_range(const ClDisclosureTable *table, const ClDisclosureRule *rule, const bool *hidden, ClDisclosureMeasure measure,
					ClFlowTable *flow, int place)
{
	ClDisclosureNeed need = cl_disclosure_need(table, rule, place, measure);
	ClDisclosureRange range = {.safe = true};
	cl_int128	up = cl_flow_move(flow, place, true, CL_FLOW_UNBOUNDED, NULL);
	cl_int128	down = cl_flow_move(flow, place, false, CL_FLOW_UNBOUNDED, NULL);

	if (up >= need.up && down >= need.down)
	{
		bool		up_insider;
		bool		down_insider;
		cl_int128	his_up = move_for_all(table, hidden, flow, place, true, need.up, NULL, &up_insider);
		cl_int128	his_down = move_for_all(table, hidden, flow, place, false, need.down, NULL, &down_insider);

		up = up_insider ? his_up : up;
		down = down_insider ? his_down : down;
		range.insider = up_insider || down_insider;
	}
	range.safe = up >= need.up && down >= need.down;
	range.high = flow->value[place] + up;
	range.low = flow->value[place] - down;
	return range;
}

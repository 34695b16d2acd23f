/*
 * disclosure.c
 *	  Tables before they are given away: what an attacker learns against all tables that there are, and 10,000 random tables that
 *	  he learns nothing of.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "memory.h"

#include "core/disclosure_suppress.h"
#include "core/linear_range.h"

static uint64_t seed = 18;

static int
draw(int n)
{
	return (int) (cl_test_random(&seed) % (uint64_t) n);
}

/* A table of random contributors, each with a row for some of the cells; "largest" is the largest amount. */
static void
random_table(ClDisclosureTable *table, int rows, int columns, int contributors, int largest)
{
	int			same[CL_DISCLOSURE_LABELS];
	ClDisclosureRows entries;

	for (int i = 0; i < CL_DISCLOSURE_LABELS; i++)
		same[i] = i;
	cl_disclosure_rows_init(&entries, &cl_test_memory);
	for (int i = 0; i < contributors; i++)
	{
		ClDisclosureEntry entry = {i - (draw(4) == 0), draw(rows), draw(columns),
		1 + draw(draw(3) == 0 ? largest : 1 + largest / 9)};

		cl_disclosure_rows_add(&entries, &entry);
	}
	cl_disclosure_open(table, &cl_test_memory, rows, columns, true);
	cl_disclosure_collect(&entries, table, same, same);
	cl_release(&cl_test_memory, entries.entry);
}

/* Cells by definition: what each contributor has in it, for every contributor. */
static void
test_cells(void)
{
	for (int round = 0; round < 20; round++)
	{
		enum {PEOPLE = 30, ROWS = 3, COLUMNS = 2};
		int			same[ROWS] = {0, 1, 2};
		cl_int128	has[ROWS + 1][COLUMNS + 1][PEOPLE] = {{{0}}};
		bool		is_in[ROWS + 1][COLUMNS + 1][PEOPLE] = {{{false}}};
		ClDisclosureRows entries;
		ClDisclosureTable table;

		cl_disclosure_rows_init(&entries, &cl_test_memory);
		for (int k = 0; k < 200; k++)
		{
			ClDisclosureEntry entry = {draw(PEOPLE), draw(ROWS), draw(COLUMNS), draw(100)};

			cl_disclosure_rows_add(&entries, &entry);
			for (int m = 0; m < 4; m++)
			{
				int			i = m / 2 ? ROWS : entry.row;
				int			j = m % 2 ? COLUMNS : entry.column;

				has[i][j][entry.contributor] += entry.amount;
				is_in[i][j][entry.contributor] = true;
			}
		}
		cl_disclosure_open(&table, &cl_test_memory, ROWS, COLUMNS, true);
		cl_disclosure_collect(&entries, &table, same, same);
		CHECK(cl_disclosure_disorder(&table) == NULL);
		for (int i = 0; i <= ROWS; i++)
		{
			for (int j = 0; j <= COLUMNS; j++)
			{
				ClDisclosureCell *cell = &table.cell[cl_disclosure_place(&table, i, j)];
				cl_int128	largest[2] = {0, 0};
				cl_int128	total = 0;
				int			n = 0;

				for (int k = 0; k < PEOPLE; k++)
				{
					cl_int128	amount = has[i][j][k];

					n += is_in[i][j][k];
					total += amount;
					largest[1] = amount > largest[0] ? largest[0] : amount > largest[1] ? amount : largest[1];
					largest[0] = amount > largest[0] ? amount : largest[0];
				}
				CHECK_EQ_INT(cell->contributors, n);
				CHECK_EQ_INT(cell->amount, total);
				CHECK_EQ_INT(cell->largest[0], largest[0]);
				CHECK_EQ_INT(cell->largest[1], largest[1]);
			}
		}
		cl_release(&cl_test_memory, entries.entry);
		cl_release(&cl_test_memory, table.cell);
	}
}

/* What is left of each contributor, whatever order his rows come in. */
static void
test_bound(void)
{
	ClDisclosureRows entries;

	cl_disclosure_rows_init(&entries, &cl_test_memory);
	for (int i = 0; i < 3000; i++)
	{
		ClDisclosureEntry entry = {draw(50), draw(4), draw(4), draw(100)};

		cl_disclosure_rows_add(&entries, &entry);
	}
	cl_disclosure_bound(&entries, 3, 250);
	CHECK_EQ_INT(entries.n, 150);
	for (size_t i = 0; i < entries.n; i++)
	{
		CHECK_EQ_INT(entries.entry[i].contributor, entries.entry[i / 3 * 3].contributor);
		CHECK(entries.entry[i].amount <= 250);
	}
	cl_release(&cl_test_memory, entries.entry);
}

/* All tables of 3 x 3 that fit what is known, one after the other: the least and most of each cell. */
enum {SIDE = 4, CELLS = SIDE * SIDE};

static void
search(const ClFlowTable *flow, int place, int *at, int *least, int *most, long *found)
{
	int			row = place / SIDE;
	int			column = place % SIDE;
	int			sum = 0;

	if (place == CELLS)
	{
		(*found)++;
		for (int i = 0; i < CELLS; i++)
		{
			least[i] = at[i] < least[i] ? at[i] : least[i];
			most[i] = at[i] > most[i] ? at[i] : most[i];
		}
		return;
	}
	if (column == SIDE - 1 || row == SIDE - 1)
	{
		for (int k = 0; column == SIDE - 1 && k < SIDE - 1; k++)
			sum += at[row * SIDE + k];
		for (int k = 0; column < SIDE - 1 && k < SIDE - 1; k++)
			sum += at[k * SIDE + column];
		if (sum < flow->low[place] || sum > flow->high[place])
			return;
		at[place] = sum;
		search(flow, place + 1, at, least, most, found);
		return;
	}
	for (int value = (int) flow->low[place]; value <= flow->high[place]; value++)
	{
		at[place] = value;
		search(flow, place + 1, at, least, most, found);
	}
}

/* The same by the linear program. */
static void
open_program(ClLinearRange *program, const ClFlowTable *flow, int rows, int columns)
{
	int			width = columns + 1;

	cl_linear_range_open(program, &cl_test_memory, (rows + 1) * width);
	for (int i = 0; i < (rows + 1) * width; i++)
	{
		program->low[i] = (double) (flow->low[i] - flow->value[i]);
		program->high[i] = flow->high[i] >= CL_FLOW_UNBOUNDED ? INFINITY : (double) (flow->high[i] - flow->value[i]);
	}
	for (int i = 0; i <= rows; i++)
	{
		double	   *equation = cl_linear_range_equation(program);

		for (int j = 0; j < width; j++)
			equation[i * width + j] = j < columns ? 1 : -1;
	}
	for (int j = 0; j < width; j++)
	{
		double	   *equation = cl_linear_range_equation(program);

		for (int i = 0; i <= rows; i++)
			equation[i * width + j] = i < rows ? 1 : -1;
	}
	cl_linear_range_prepare(program);
}

static void
test_ranges(void)
{
	for (int round = 0; round < cl_rounds(2000); round++)
	{
		ClFlowTable flow;
		ClLinearRange program;
		int			at[CELLS];
		int			least[CELLS];
		int			most[CELLS];
		long		found = 0;

		cl_flow_open(&flow, &cl_test_memory, SIDE - 1, SIDE - 1);
		memset(flow.value, 0, CELLS * sizeof(cl_int128));
		for (int i = 0; i < SIDE - 1; i++)
		{
			for (int j = 0; j < SIDE - 1; j++)
			{
				int			value = draw(4);

				for (int m = 0; m < 4; m++)
					flow.value[(m / 2 ? SIDE - 1 : i) * SIDE + (m % 2 ? SIDE - 1 : j)] += value;
			}
		}
		for (int i = 0; i < CELLS; i++)
		{
			int			kind = draw(3);

			flow.low[i] = flow.value[i] - (kind == 0 ? 0 : kind == 1 && flow.value[i] > 0 ? 1 : flow.value[i]);
			flow.high[i] = flow.value[i] + (kind == 0 ? 0 : kind == 1 ? 1 : 5);
			least[i] = 1000;
			most[i] = -1;
		}
		search(&flow, 0, at, least, most, &found);
		CHECK(found >= 1);
		open_program(&program, &flow, SIDE - 1, SIDE - 1);
		for (int i = 0; i < CELLS; i++)
		{
			CHECK_EQ_INT(flow.value[i] + cl_flow_move(&flow, i, true, CL_FLOW_UNBOUNDED, NULL), most[i]);
			CHECK_EQ_INT(flow.value[i] - cl_flow_move(&flow, i, false, CL_FLOW_UNBOUNDED, NULL), least[i]);
			CHECK_NEAR((double) flow.value[i] + cl_linear_range_extreme(&program, i, true), most[i], 1e-9);
			CHECK_NEAR((double) flow.value[i] + cl_linear_range_extreme(&program, i, false), least[i], 1e-9);
		}
		cl_linear_range_close(&program);
		cl_flow_close(&flow);
	}
}

/* Attacks a table by the linear program, which shares nothing with the flows: how many sensitive amounts it gives away. */
static int
attack(const ClDisclosureTable *table, const ClDisclosureRule *rule, const bool *hidden, bool check_flow)
{
	ClFlowTable flow;
	ClLinearRange program;
	int			broken = 0;

	cl_flow_open(&flow, &cl_test_memory, table->rows, table->columns);
	cl_disclosure_known(table, rule, hidden, CL_DISCLOSURE_AMOUNT, &flow);
	open_program(&program, &flow, table->rows, table->columns);
	for (int place = 0; place < cl_disclosure_size(table); place++)
	{
		const ClDisclosureCell *cell = &table->cell[place];
		ClDisclosureRange range;
		double		amount = (double) cell->amount;
		double		up;
		double		down;

		if (cl_disclosure_sensitive(rule, cell, true) == CL_NOT_SENSITIVE)
			continue;
		up = cl_linear_range_extreme(&program, place, true);
		down = -cl_linear_range_extreme(&program, place, false);
		broken += up < amount * 0.1 - 1e-6 || down < amount * 0.1 - 1e-6;
		if (!check_flow)
			continue;
		range = cl_disclosure_range(table, rule, hidden, CL_DISCLOSURE_AMOUNT, &flow, place);
		CHECK(range.safe || broken > 0 || range.insider);
		if (!range.insider)
		{
			CHECK(range.high >= CL_FLOW_UNBOUNDED / 2 ? isinf(up) : fabs((double) range.high - amount - up) < 1e-6 * (1 + up));
			CHECK_NEAR(amount - (double) range.low, down, 1e-9);
		}
	}
	cl_linear_range_close(&program);
	cl_flow_close(&flow);
	return broken;
}

/* What the attackers of a table learn, by the flows. */
static int
unsafe(const ClDisclosureTable *table, const ClDisclosureRule *rule, const bool *hidden)
{
	int			n = 0;

	for (int measure = CL_DISCLOSURE_AMOUNT; measure <= CL_DISCLOSURE_N; measure++)
	{
		ClFlowTable flow;

		cl_flow_open(&flow, &cl_test_memory, table->rows, table->columns);
		cl_disclosure_known(table, rule, hidden, measure, &flow);
		for (int place = 0; place < cl_disclosure_size(table); place++)
			n += !cl_disclosure_range(table, rule, hidden, measure, &flow, place).safe;
		cl_flow_close(&flow);
	}
	return n;
}

static void
test_random_tables(void)
{
	int			rounds = cl_rounds(10000);
	int			given_away = 0;
	int			without = 0;
	int			unsafe_cells = 0;

	for (int round = 0; round < rounds; round++)
	{
		ClDisclosureTable table;
		ClDisclosureRule rule = {.minimum_frequency = 1 + draw(6), .p = 100000};
		bool	   *hidden;
		bool	   *alone;
		int			cells;

		if (draw(3) == 0)
		{
			rule.dominance_n = 1 + draw(2);
			rule.dominance_share = 800000;
		}
		if (draw(3) == 0)
			rule.round = 1 + draw(50);
		random_table(&table, 1 + draw(7), 1 + draw(7), 20 + draw(300), 1000);
		cells = cl_disclosure_size(&table);
		hidden = calloc(cells, sizeof(bool));
		alone = calloc(cells, sizeof(bool));
		CHECK(cl_disclosure_suppress(&table, &rule, &cl_test_memory, false, alone));
		CHECK(cl_disclosure_suppress(&table, &rule, &cl_test_memory, true, hidden));
		given_away += attack(&table, &rule, hidden, true);
		without += attack(&table, &rule, alone, false);
		unsafe_cells += unsafe(&table, &rule, hidden);
		for (int i = 0; i < cells; i++)
		{
			CHECK(hidden[i] || !alone[i]);
			CHECK(!hidden[i] || table.cell[i].n > 0);
		}
		free(hidden);
		free(alone);
		cl_release(&cl_test_memory, table.cell);
	}
	CHECK_EQ_INT(given_away, 0);
	CHECK_EQ_INT(unsafe_cells, 0);
	CHECK(without > rounds / 10);
	CHECK_EQ_INT(cl_test_allocated, 0);
}

void
test_disclosure(void)
{
	test_cells();
	test_bound();
	test_ranges();
	test_random_tables();
}

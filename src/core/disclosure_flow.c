/*
 * disclosure_flow.c
 *	  What an attacker can learn from a two-way table: see disclosure_flow.h.
 */
#include "core/disclosure_flow.h"

#include <math.h>
#include <string.h>

/* What a step costs beside the price of its cell: of paths of one price the shortest is taken, so that few are needed. */
#define STEP 1e-9

void
cl_flow_open(ClFlowTable *table, const ClMemory *memory, int rows, int columns)
{
	int			cells = (rows + 1) * (columns + 1);
	int			nodes = rows + columns + 2;

	table->memory = memory;
	table->rows = rows;
	table->columns = columns;
	table->value = cl_allocate(memory, cells * sizeof(cl_int128));
	table->low = cl_allocate(memory, cells * sizeof(cl_int128));
	table->high = cl_allocate(memory, cells * sizeof(cl_int128));
	table->moved = cl_allocate(memory, cells * sizeof(cl_int128));
	table->barred = cl_allocate(memory, cells * sizeof(bool));
	memset(table->barred, 0, cells * sizeof(bool));
	table->path = cl_allocate(memory, nodes * sizeof(int));
	table->cost = cl_allocate(memory, nodes * sizeof(double));
	table->before = cl_allocate(memory, nodes * sizeof(int));
	table->done = cl_allocate(memory, nodes * sizeof(bool));
	table->length = 0;
}

void
cl_flow_close(ClFlowTable *table)
{
	cl_release(table->memory, table->value);
	cl_release(table->memory, table->low);
	cl_release(table->memory, table->high);
	cl_release(table->memory, table->moved);
	cl_release(table->memory, table->barred);
	cl_release(table->memory, table->path);
	cl_release(table->memory, table->cost);
	cl_release(table->memory, table->before);
	cl_release(table->memory, table->done);
}

/* Nodes are rows, then columns; the arc of a cell goes from its row to its column, but from its column to its row in a margin. */
static bool
from_row(const ClFlowTable *table, int place)
{
	int			row = place / (table->columns + 1);
	int			column = place % (table->columns + 1);

	return (row < table->rows) == (column < table->columns);
}

/* How far a cell can still move, by its bounds or by what its price says. */
static cl_int128
room(const ClFlowTable *table, int place, bool up, cl_int128 least, const ClFlowPrice *price, double *cost)
{
	cl_int128	at = table->value[place] + table->moved[place];
	cl_int128	left = up ? table->high[place] - at : at - table->low[place];

	*cost = 0;
	if (table->barred[place])
		return 0;
	if (left < least && price != NULL)
		*cost = price->price(price->context, table, place, up, &left);
	return *cost < 0 ? 0 : left;
}

/* The cheapest path between two nodes whose cells can all move by "least" (Dijkstra 1959); false when there is none. */
static bool
find_path(ClFlowTable *table, int skip, int from, int to, cl_int128 least, const ClFlowPrice *price)
{
	int			width = table->columns + 1;
	int			first_column = table->rows + 1;
	int			nodes = first_column + width;

	for (int i = 0; i < nodes; i++)
	{
		table->cost[i] = INFINITY;
		table->done[i] = false;
	}
	table->cost[from] = 0;
	for (;;)
	{
		int			node = -1;

		for (int i = 0; i < nodes; i++)
		{
			if (!table->done[i] && table->cost[i] < (node < 0 ? INFINITY : table->cost[node]))
				node = i;
		}
		if (node < 0)
			return false;
		if (node == to)
			break;
		table->done[node] = true;
		for (int k = 0; k < (node < first_column ? width : first_column); k++)
		{
			int			place = node < first_column ? node * width + k : k * width + node - first_column;
			int			next = node < first_column ? first_column + k : k;
			double		cost;

			if (place == skip || table->done[next] ||
				room(table, place, from_row(table, place) == (node < first_column), least, price, &cost) < least)
				continue;
			cost += table->cost[node] + STEP;
			if (cost < table->cost[next])
			{
				table->cost[next] = cost;
				table->before[next] = place;
			}
		}
	}
	table->length = 0;
	for (int node = to; node != from;)
	{
		int			place = table->before[node];

		table->path[table->length++] = place;
		node = node < first_column ? first_column + place % width : place / width;
	}
	return true;
}

/* Whether a cell moves up on a path on which it is the k-th from the end, which is node "to". */
static bool
moves_up(const ClFlowTable *table, int to, int k)
{
	/* Nodes of a path are rows and columns in turn. */
	bool		into_row = (to <= table->rows) == (k % 2 == 0);

	return from_row(table, table->path[k]) != into_row;
}

cl_int128
cl_flow_move(ClFlowTable *table, int place, bool up, cl_int128 most, const ClFlowPrice *price)
{
	int			row = place / (table->columns + 1);
	int			column = table->rows + 1 + place % (table->columns + 1);
	bool		back_to_row = from_row(table, place) == up;
	int			to = back_to_row ? row : column;
	int			from = back_to_row ? column : row;
	cl_int128	got = 0;
	cl_int128	own = up ? table->high[place] - table->value[place] : table->value[place] - table->low[place];
	double		cost;

	memset(table->moved, 0, (table->rows + 1) * (table->columns + 1) * sizeof(cl_int128));
	most = own < most ? own : most;
	if (table->barred[place])
		return 0;
	while (got < most)
	{
		cl_int128	step = most - got;
		cl_int128	least = step;	/* one path for all that is left hides fewer cells than many */

		table->memory->check_for_interrupts();
		if (price == NULL || !find_path(table, place, from, to, least, price) || table->cost[to] >= price->dear)
		{
			/* Several cheap paths rather than a dear one. */
			bool		found = price != NULL && isfinite(table->cost[to]);

			if (!find_path(table, place, from, to, 1, price))
				break;
			if (found && table->cost[to] >= price->dear)
				(void) find_path(table, place, from, to, least, price);
			else
				least = 1;
		}
		for (int k = 0; k < table->length; k++)
		{
			cl_int128	left = room(table, table->path[k], moves_up(table, to, k), least, NULL, &cost);

			if (left < least)
			{
				price->use(price->context, table, table->path[k]);
				left = room(table, table->path[k], moves_up(table, to, k), least, NULL, &cost);
			}
			step = left < step ? left : step;
		}
		for (int k = 0; k < table->length; k++)
			table->moved[table->path[k]] += moves_up(table, to, k) ? step : -step;
		got += step;
	}
	table->moved[place] += up ? got : -got;
	return got;
}

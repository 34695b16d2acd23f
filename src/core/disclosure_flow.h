/*
 * disclosure_flow.h
 *	  What an attacker can learn from a two-way table of which some cells are hidden, exactly.
 *
 * The cells of a table with margins are the arcs of a network: row i -> column j in the middle, column "total" -> row i and
 * column j -> row "total" in the margins, row "total" -> column "total" for the sum of all. Additivity of a row or column is the
 * conservation of flow in a node, so other tables that fit what is published differ from the true one by circulations, and how
 * far a cell can move is a maximum flow from one of its ends to the other (Edmonds and Karp 1972; Cox 1995 on tables).
 */
#ifndef CL_CORE_DISCLOSURE_FLOW_H
#define CL_CORE_DISCLOSURE_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "core/memory.h"
#include "core/money.h"

#define CL_FLOW_UNBOUNDED ((cl_int128) 1 << 124)

/* By place, margins last in each row and column as in a ClDisclosureTable. */
typedef struct ClFlowTable
{
	const ClMemory *memory;
	int			rows;
	int			columns;
	cl_int128  *value;			/* the true ones, which add up */
	cl_int128  *low;			/* what the attacker knows without adding up; low <= value <= high */
	cl_int128  *high;
	bool	   *barred;			/* cells that this attacker knows exactly */

	/* Of the last move. */
	cl_int128  *moved;			/* how far each cell moved with it */
	int		   *path;			/* cells of the path that was found last, its length, and from which end */
	int			length;
	double	   *cost;			/* work space, by node */
	int		   *before;
	bool	   *done;
} ClFlowTable;

extern void cl_flow_open(ClFlowTable *table, const ClMemory *memory, int rows, int columns);
extern void cl_flow_close(ClFlowTable *table);

/* How cells whose bounds do not let them move may be made to. */
typedef struct ClFlowPrice
{
	/* What it costs to let a cell move, negative when that cannot be, and how far it goes then. */
	double		(*price) (const void *context, const ClFlowTable *table, int place, bool up, cl_int128 *room);
	/* It is let. */
	void		(*use) (void *context, ClFlowTable *table, int place);
	double		dear;			/* what is to be avoided where there is another way */
	void	   *context;
} ClFlowPrice;

/*
 * How far a cell can move up or down, at most so far; what it leaves in "moved" is a table in which it does. The cell's own
 * bounds count too.
 */
extern cl_int128 cl_flow_move(ClFlowTable *table, int place, bool up, cl_int128 most, const ClFlowPrice *price);

#endif							/* CL_CORE_DISCLOSURE_FLOW_H */

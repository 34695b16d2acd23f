/*
 * disclosure_suppress.h
 *	  Which cells of a table are hidden so that its margins do not give the sensitive ones back, and whether they do.
 *
 * Sensitive cells are hidden first. What else is hidden is chosen for one of them after the other: the table in which the cell is
 * as far from its true value as the rule asks, up and then down, that moves the fewest and smallest further cells (a cheapest
 * path in the network of disclosure_flow.h; Castro 2002 on such heuristics), margins only where nothing else will do. An empty
 * cell is never hidden: who knows the market knows that it is empty.
 *
 * The attackers: a stranger, who knows what is published, that amounts are not negative, and that no hidden cell is empty; and a
 * contributor who is alone in a hidden cell, and knows that one too.
 */
#ifndef CL_CORE_DISCLOSURE_SUPPRESS_H
#define CL_CORE_DISCLOSURE_SUPPRESS_H

#include "core/disclosure_flow.h"
#include "core/disclosure_table.h"

typedef enum ClDisclosureMeasure
{
	CL_DISCLOSURE_AMOUNT, CL_DISCLOSURE_N
} ClDisclosureMeasure;

/* The true values of a table, and what is known of each: a published cell to its rounding, a hidden one as little as that. */
extern void cl_disclosure_known(const ClDisclosureTable *table, const ClDisclosureRule *rule, const bool *hidden,
								ClDisclosureMeasure measure, ClFlowTable *flow);

/* Hides what must be, by place, beside what is hidden already; secondary: also what protects it. False: it cannot be. */
extern bool cl_disclosure_suppress(const ClDisclosureTable *table, const ClDisclosureRule *rule, const ClMemory *memory,
								   bool secondary, bool *hidden);

/* What a rule asks of the bounds of a cell, as distances from its value; both 0 where it asks nothing. */
typedef struct ClDisclosureNeed
{
	cl_int128	down;
	cl_int128	up;
} ClDisclosureNeed;

extern ClDisclosureNeed cl_disclosure_need(const ClDisclosureTable *table, const ClDisclosureRule *rule, int place,
										   ClDisclosureMeasure measure);

typedef struct ClDisclosureRange
{
	cl_int128	low;
	cl_int128	high;			/* from half of CL_FLOW_UNBOUNDED on there is none */
	bool		safe;
	bool		insider;		/* the bounds are those of a contributor, since a stranger's would be safe */
} ClDisclosureRange;

/* What the attackers can learn of a cell, from a flow that cl_disclosure_known filled. */
extern ClDisclosureRange cl_disclosure_range(const ClDisclosureTable *table, const ClDisclosureRule *rule, const bool *hidden,
											 ClDisclosureMeasure measure, ClFlowTable *flow, int place);

#endif							/* CL_CORE_DISCLOSURE_SUPPRESS_H */

/*
 * disclosure_linked.h
 *	  Several tables that are given away, of which some add up to others, and what is known of their cells together.
 */
#ifndef CL_SHARE_DISCLOSURE_LINKED_H
#define CL_SHARE_DISCLOSURE_LINKED_H

#include "core/disclosure_suppress.h"
#include "core/linear_range.h"
#include "share/disclosure_release.h"

#include "utils/array.h"

#define CL_LINKED_TABLES 64
/* What is less than this share of the largest total is rounding. */
#define CL_LINKED_ROUNDING 1e-9

typedef struct ClLinkedPart
{
	const ClDisclosure *state;
	ClDisclosureRule rule;
	bool	   *hidden;			/* all cells of a table of which nothing was given away */
	bool		is_linked;
	ClFlowTable flow;			/* what is known of the measure that is looked at */
	int			first;			/* of its cells among the variables of the linear program */
} ClLinkedPart;

/* Labels of the tables that are summed, and those that the others have for them. */
typedef struct ClMergedLabels
{
	int			n;
	char	  **from;
	char	  **to;
} ClMergedLabels;

typedef struct ClTableLink
{
	int			n;
	int			part[2 * CL_LINKED_TABLES];
	int			sign[2 * CL_LINKED_TABLES];	/* 1: is summed, -1: equals the sum */
	ClMergedLabels merged[2];	/* of rows and of columns */
	bool		of_margins;		/* only sums of rows or columns agree, in the measures in which they do */
	int			side[2];		/* whose: 0 of rows, 1 of columns; of what is summed and of what equals it */
} ClTableLink;

typedef struct ClLinkedTables
{
	int			n;
	ClLinkedPart	   *part;
	int			n_links;
	ClTableLink	   *link;
} ClLinkedTables;

/* From arguments: tables, what was given away of each (or NULL: nothing is hidden yet), the rule, and which add up to which. */
extern void cl_linked_open(ClLinkedTables *linked, ArrayType *tables, ArrayType *released, Jsonb *rule, Jsonb *links);
/* What is known of a measure of each, into the flows, which cl_linked_forget closes. */
extern void cl_linked_know(ClLinkedTables *linked, const ClMemory *memory, ClDisclosureMeasure measure);
extern void cl_linked_forget(ClLinkedTables *linked);
/*
 * The linear system of all cells of linked tables, as differences from their values, without cl_linear_range_prepare. Returns
 * what amounts were divided by: the largest, so that rounding is the same for every currency.
 */
extern double cl_linked_program(ClLinearRange *program, ClLinkedTables *linked, const ClMemory *memory,
								ClDisclosureMeasure measure);

/* One more equation of it, or an error where there are too many. */
extern double *cl_linked_equation(ClLinearRange *program);

#endif							/* CL_SHARE_DISCLOSURE_LINKED_H */

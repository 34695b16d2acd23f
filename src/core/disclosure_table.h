/*
 * disclosure_table.h
 *	  A two-way table before it is given away: for each cell and margin how many contributors there are, what they add up to, and
 *	  the two largest of them; and which cells a rule calls sensitive.
 *
 * Rules (Hundepool et al. 2012, Statistical Disclosure Control, 4.2). A cell is sensitive when
 *		it has fewer contributors than the minimum frequency,
 *		its n largest contributors have more than a share k of it ((n, k) dominance), or
 *		the second largest, who knows his own amount, learns the largest to within a share p of it:
 *			total - largest - second < p * largest
 */
#ifndef CL_CORE_DISCLOSURE_TABLE_H
#define CL_CORE_DISCLOSURE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/memory.h"
#include "core/money.h"

/* A table that people read has far fewer rows, or columns. */
#define CL_DISCLOSURE_LABELS 200
/* Contributors of a table, and the sum of their amounts, a share of which in millionths stays inside 128 bits. */
#define CL_DISCLOSURE_MOST (INT64_C(1) << 40)
#define CL_DISCLOSURE_MOST_AMOUNT ((cl_int128) CL_DISCLOSURE_MOST << 62)

typedef struct ClDisclosureCell
{
	int64_t		n;				/* of a margin the sum of its cells: who is in two counts in both */
	int64_t		contributors;	/* of a margin each once */
	cl_int128	amount;
	cl_int128	largest[2];		/* amounts of the two largest contributors, 0 where there is none */
} ClDisclosureCell;

/* Cells by row; the last row and the last column are the margins. */
typedef struct ClDisclosureTable
{
	bool		with_amounts;
	int			rows;
	int			columns;
	ClDisclosureCell *cell;
} ClDisclosureTable;

static inline int
cl_disclosure_place(const ClDisclosureTable *table, int row, int column)
{
	return row * (table->columns + 1) + column;
}

static inline int
cl_disclosure_size(const ClDisclosureTable *table)
{
	return (table->rows + 1) * (table->columns + 1);
}

/* With cells that are all empty. */
extern void cl_disclosure_open(ClDisclosureTable *table, const ClMemory *memory, int rows, int columns, bool with_amounts);
/* Adds a table of other contributors, whose rows and columns have these places here. False when there are too many of them. */
extern bool cl_disclosure_add(ClDisclosureTable *into, const ClDisclosureTable *from, const int *row, const int *column);
/* What is wrong with a table from outside, or NULL. */
extern const char *cl_disclosure_disorder(const ClDisclosureTable *table);

/* The rows of a table while it is built: what a contributor has in a cell. */
typedef struct ClDisclosureEntry
{
	int64_t		contributor;
	int32_t		row;
	int32_t		column;
	cl_int128	amount;
} ClDisclosureEntry;

typedef struct ClDisclosureRows
{
	ClMemory	memory;
	ClDisclosureEntry *entry;
	size_t		n;
	size_t		size;
	size_t		folded;			/* so many are of different contributors or cells */
} ClDisclosureRows;

extern void cl_disclosure_rows_init(ClDisclosureRows *rows, const ClMemory *memory);
extern void cl_disclosure_rows_add(ClDisclosureRows *rows, const ClDisclosureEntry *entry);
/* Leaves of each contributor so many cells, those with the most, and of each no more than the clip. */
extern void cl_disclosure_bound(ClDisclosureRows *rows, int cells, cl_int128 clip);
/*
 * Into an empty table, where rows and columns of the entries have these places; a contributor counts once in a cell and in a
 * margin. False when there is too much of them.
 */
extern bool cl_disclosure_collect(ClDisclosureRows *rows, ClDisclosureTable *table, const int *row, const int *column);

/* Shares in millionths, amounts and counts to round to as they are; 0: no such rule. */
typedef struct ClDisclosureRule
{
	int64_t		minimum_frequency;
	int			dominance_n;	/* at most 2 */
	int64_t		dominance_share;
	int64_t		p;
	cl_int128	round;			/* published amounts are multiples of it */
	cl_int128	round_n;
} ClDisclosureRule;

typedef enum ClSensitive
{
	CL_NOT_SENSITIVE, CL_TOO_FEW, CL_DOMINATED, CL_TOO_CLOSE
} ClSensitive;

extern ClSensitive cl_disclosure_sensitive(const ClDisclosureRule *rule, const ClDisclosureCell *cell, bool with_amounts);
/* How far from its amount, on either side, the bounds of a sensitive cell must be. */
extern cl_int128 cl_disclosure_distance(const ClDisclosureRule *rule, const ClDisclosureCell *cell);
extern cl_int128 cl_disclosure_rounded(cl_int128 value, cl_int128 base);

#endif							/* CL_CORE_DISCLOSURE_TABLE_H */

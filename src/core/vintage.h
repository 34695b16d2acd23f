/*
 * vintage.h
 *	  Accounts by the month in which they began (cohort) and the months since: how many were ever bad, how many are now.
 */
#ifndef CL_CORE_VINTAGE_H
#define CL_CORE_VINTAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/memory.h"
#include "core/money.h"

#define CL_VINTAGE_COHORTS 1200
#define CL_VINTAGE_MONTHS 1200
/* Rows of one value: sums of all stay inside 64 bits, and amounts inside 128. */
#define CL_VINTAGE_MOST (INT64_C(1) << 50)

/* What was bad is in each of the measures before it. */
typedef enum ClVintageMeasure
{
	CL_VINTAGE_ALL, CL_VINTAGE_EVER, CL_VINTAGE_CURRENT, CL_VINTAGE_MEASURES
} ClVintageMeasure;

typedef struct ClVintageCell
{
	int64_t		n[CL_VINTAGE_MEASURES];
	cl_int128	amount[CL_VINTAGE_MEASURES];	/* in ten-thousandths */
} ClVintageCell;

typedef struct ClVintageCohort
{
	int32_t		month;
	int			n;				/* cells: months on book from 0; those without rows are all zero */
	ClVintageCell *cell;
} ClVintageCohort;

typedef enum ClVintageKind
{
	CL_VINTAGE_UNKNOWN,			/* before the first row */
	CL_VINTAGE_COUNTS, CL_VINTAGE_AMOUNTS
} ClVintageKind;

typedef struct ClVintage
{
	ClMemory	memory;
	ClVintageKind kind;
	int			n_cohorts;
	int			size;
	int			last;			/* the cohort of the row before */
	ClVintageCohort *cohort;	/* ascending by month */
	int64_t		n;				/* rows */
	int64_t		n_skipped;		/* rows of which something is not known */
} ClVintage;

extern void cl_vintage_init(ClVintage *vintage, const ClMemory *memory);
extern void cl_vintage_free(ClVintage *vintage);
/* The cell of a cohort after so many months, at most CL_VINTAGE_MONTHS; NULL where there would be too many cohorts. */
extern ClVintageCell *cl_vintage_cell(ClVintage *vintage, int32_t cohort, int months);
/* False where there would be too many rows or cohorts. */
extern bool cl_vintage_merge(ClVintage *into, const ClVintage *from);
/* The most months on book of any cohort, -1 without rows; the most accounts that a cohort had in any of its months. */
extern int	cl_vintage_months(const ClVintage *vintage);
extern int64_t cl_vintage_accounts(const ClVintageCohort *cohort);

#endif							/* CL_CORE_VINTAGE_H */

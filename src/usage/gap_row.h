/*
 * gap_row.h
 *	  The row type limit_gap: its columns, and reading one.
 */
#ifndef CL_USAGE_GAP_ROW_H
#define CL_USAGE_GAP_ROW_H

#include "pg/row.h"

/* In the order of the type: the amounts, then the method and two counts. */
typedef enum GapColumn
{
	GAP_GAP, GAP_RISK, GAP_PRODUCT, GAP_UNGRANTED, GAP_DEMAND, GAP_DORMANCY, GAP_BUFFER,
	GAP_GRANTED_DEMAND, GAP_GRANTED_DORMANCY, GAP_GRANTED_BUFFER, GAP_ABOVE_ENTITLEMENT, GAP_OVER_LIMIT, GAP_OVER_ENTITLEMENT,
	GAP_UNMET, GAP_UNMET_RULES, GAP_UNMET_RISK, GAP_UNMET_PRODUCT, GAP_UNMET_UNGRANTED, GAP_DRAWN,
	GAP_AMOUNTS,
	GAP_METHOD = GAP_AMOUNTS, GAP_N, GAP_N_CLAMPED,
	GAP_COLUMNS
} GapColumn;

extern const char *const cl_gap_amount_names[GAP_AMOUNTS];

extern ClRow *cl_gap_row(void);
extern bool cl_gap_read(ClRow *row, HeapTupleHeader record);

/* Methods of dividing by name, as ClGapMethod numbers them; what is not known yet is CL_NO_METHOD. */
extern const char *const cl_gap_methods[];
#define CL_GAP_METHODS 3
#define CL_NO_METHOD (-1)
extern int	cl_gap_method(const text *given);
extern void cl_gap_require_method(int *known, int method);

#endif							/* CL_USAGE_GAP_ROW_H */

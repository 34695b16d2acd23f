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
	GAP_GAP, GAP_RISK, GAP_PRODUCT, GAP_DEMAND, GAP_DORMANCY, GAP_BUFFER, GAP_OVER_LIMIT,
	GAP_UNMET, GAP_UNMET_RISK, GAP_UNMET_PRODUCT,
	GAP_AMOUNTS,
	GAP_METHOD = GAP_AMOUNTS, GAP_N, GAP_N_CLAMPED,
	GAP_COLUMNS
} GapColumn;

extern const char *const cl_gap_amount_names[GAP_AMOUNTS];

extern ClRow *cl_gap_row(void);
extern bool cl_gap_read(ClRow *row, HeapTupleHeader record);

#endif							/* CL_USAGE_GAP_ROW_H */

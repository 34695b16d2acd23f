/*
 * calibration.h
 *	  The type calibration, between the files that build and read it.
 */
#ifndef CL_VALIDATE_CALIBRATION_H
#define CL_VALIDATE_CALIBRATION_H

#include "core/calibration.h"
#include "validate/pd_tally.h"

extern const ClSummary calibration_summary;
extern const ClTallyType cl_calibration_tally_type;

/* The stored calibration of argument 0; its tally is settled. False when it has no rows. */
extern bool cl_calibration_argument(FunctionCallInfo fcinfo, ClPdTally **state);

/* A number of groups, CL_EVERY_PD for NULL. */
extern int	cl_groups_argument(FunctionCallInfo fcinfo, int argno);
extern int	cl_groups_checked(int groups);

/* A result row: columns are NULL until they are set. */
#define CL_MOST_COLUMNS 20

typedef struct ClRow
{
	Datum		values[CL_MOST_COLUMNS];
	bool		nulls[CL_MOST_COLUMNS];
	int			n;
} ClRow;

extern void cl_row_start(ClRow *row);
extern void cl_row_null(ClRow *row);
extern void cl_row_int64(ClRow *row, int64 value);
extern void cl_row_int32(ClRow *row, int value);
extern void cl_row_float8(ClRow *row, double value);	/* NaN is NULL */
extern void cl_row_bool(ClRow *row, bool value);
extern void cl_row_text(ClRow *row, const char *value);
extern Datum cl_row_datum(FunctionCallInfo fcinfo, ClRow *row);

/* Rows of tests, the same from aggregate and type. */
extern Datum cl_hosmer_lemeshow_row(FunctionCallInfo fcinfo, ClPdTally *state, int groups, bool fitted);
extern Datum cl_spiegelhalter_row(FunctionCallInfo fcinfo, double sum, double variance);

extern const char *cl_line_status_name(const ClLine *line, int64 n_degenerate);

#endif							/* CL_VALIDATE_CALIBRATION_H */

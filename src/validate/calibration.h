/*
 * calibration.h
 *	  The type calibration, between the files that build and read it.
 */
#ifndef CL_VALIDATE_CALIBRATION_H
#define CL_VALIDATE_CALIBRATION_H

#include "core/calibration.h"
#include "pg/record.h"
#include "validate/pd_tally.h"

extern const ClSummary calibration_summary;
extern const ClTallyType cl_calibration_tally_type;

/* The stored calibration of argument 0; its tally is settled. False when it has no rows. */
extern bool cl_calibration_argument(FunctionCallInfo fcinfo, ClPdTally **state);

/* As of a gains table. */
#define CL_MOST_GROUPS 100000

/* A number of groups, CL_EVERY_PD for NULL. */
extern int	cl_groups_argument(FunctionCallInfo fcinfo, int argno);
extern int	cl_groups_checked(int groups);

/* The row of the test, the same from aggregate and type. */
extern Datum cl_spiegelhalter_row(FunctionCallInfo fcinfo, double sum, double variance);

extern const char *cl_line_status_name(const ClLine *line, int64 n_degenerate);

#endif							/* CL_VALIDATE_CALIBRATION_H */

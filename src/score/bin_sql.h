/*
 * bin_sql.h
 *	  The bins of a characteristic as a CASE expression, whatever each bin gives.
 */
#ifndef CL_SCORE_BIN_SQL_H
#define CL_SCORE_BIN_SQL_H

#include "core/scorecard.h"

#include "lib/stringinfo.h"

typedef struct ClBinSql
{
	const ClCharacteristic *characteristic;
	const char *given;			/* asked whether it is NULL */
	const char *value;			/* compared: float8, or text of collation "C" */
	char	   *(*answer) (const void *arg, int bin);	/* bin may be nbins: none */
	const void *arg;
} ClBinSql;

extern void cl_bin_sql_put(StringInfo out, const ClBinSql *sql);

/* The shortest decimal that reads back as the same double. */
extern char *cl_bin_sql_float8(double number);

#endif							/* CL_SCORE_BIN_SQL_H */

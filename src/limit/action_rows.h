/*
 * action_rows.h
 *	  The actions of accounts, as a query gives them, in memory as the core wants them.
 *
 * Columns account_id (or group), action, value, uses: by name; of four columns without these names, by place. Amounts count to
 * nine decimals.
 */
#ifndef CL_LIMIT_ACTION_ROWS_H
#define CL_LIMIT_ACTION_ROWS_H

#include "core/action_price.h"
#include "limit/allocation_certificate.h"
#include "pg/query.h"

#include "utils/array.h"

#define CL_ACTION_DECIMALS 9
#define CL_ACTION_QUERY "the query of actions"

typedef struct ClActionRows
{
	ClMemory	memory;
	ClActions	actions;
	int64	   *group;			/* of each account */
	int32	   *action;			/* of each row */
} ClActionRows;

/* Inside SPI. Sorted by group and action, whatever the order was; a group has an action once. */
extern void cl_action_rows_read(ClActionRows *rows, const char *query, int budgets);
/* One account with values and a matrix of uses. */
extern void cl_action_rows_of_arrays(ClActionRows *rows, ArrayType *values, ArrayType *uses, int budgets);

/* What is left of a budget is counted in units of its uses: rounded down. */
extern cl_int128 cl_action_capacity(Numeric amount, int decimals);
extern Numeric cl_action_number(cl_int128 minor, int decimals);

/* SHA-256 of the rows, in order of account: a tree of hashes as in RFC 6962. 64 hexadecimal digits. */
extern char *cl_action_rows_digest(const ClActionRows *rows);

/* Uniform on 0 to 999,999,999, by SHA-256 of the account: those below the fill share choose at fill_price. */
extern int32 cl_action_place(int64 group);

#endif							/* CL_LIMIT_ACTION_ROWS_H */

/*
 * disclosure_state.h
 *	  The state behind the type disclosure_table: labels of rows and columns, in the order of their bytes, and the cells.
 */
#ifndef CL_SHARE_DISCLOSURE_STATE_H
#define CL_SHARE_DISCLOSURE_STATE_H

#include "core/disclosure_table.h"
#include "pg/summary.h"

#define CL_DISCLOSURE_DECIMALS 4
#define CL_DISCLOSURE_LONGEST_LABEL 256

typedef struct ClDisclosure
{
	ClDisclosureTable table;
	char	  **row;			/* as many as the table has, without the margin */
	char	  **column;
	int64		n_skipped;		/* rows of which something is not known */
} ClDisclosure;

extern const ClSummary disclosure_table_summary;

/* A table with these labels, which stand in any order; the places of each in it. Cells are empty. */
extern ClDisclosure *cl_disclosure_create(char **row, int rows, char **column, int columns, bool with_amounts, int *row_place,
										  int *column_place);
extern void cl_disclosure_require(bool with_amounts, bool other);
extern void cl_disclosure_too_many(void) pg_attribute_noreturn();
/* An error where a label is too long, or one more beside the others is too many. */
extern void cl_disclosure_check_label(int length, int others, const char *what);

/* An amount as numeric, without zeros at its end; and back, which is an error where it has too many digits. */
extern Datum cl_disclosure_numeric(cl_int128 amount);
extern char *cl_disclosure_amount_string(cl_int128 amount);

/* NULL is the margin. The place of a label among n of them, n for the margin, -1 where it is not there. */
extern int	cl_disclosure_find(char **label, int n, const char *wanted);

#endif							/* CL_SHARE_DISCLOSURE_STATE_H */

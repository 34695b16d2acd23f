/*
 * gap_row.c
 *	  Reading a limit_gap, which is an ordinary row.
 */
#include "postgres.h"

#include "core/gap.h"
#include "pg/argument.h"
#include "usage/gap_row.h"

const char *const cl_gap_amount_names[GAP_AMOUNTS] = {
	"gap", "risk", "product", "ungranted", "demand", "dormancy", "buffer",
	"granted_demand", "granted_dormancy", "granted_buffer", "above_entitlement", "over_limit", "over_entitlement",
	"unmet", "unmet_rules", "unmet_risk", "unmet_product", "unmet_ungranted", "drawn"
};

/* A reader of limit_gap rows, in the current context. */
ClRow *
cl_gap_row(void)
{
	ClColumn   *columns = palloc0_array(ClColumn, GAP_COLUMNS);

	for (int i = 0; i < GAP_AMOUNTS; i++)
	{
		columns[i].name = cl_gap_amount_names[i];
		columns[i].accept = CL_ACCEPT(CL_COLUMN_NUMERIC);
	}
	columns[GAP_METHOD].name = "method";
	columns[GAP_METHOD].accept = CL_ACCEPT(CL_COLUMN_TEXT);
	columns[GAP_N].name = "n";
	columns[GAP_N].accept = CL_ACCEPT(CL_COLUMN_INT8);
	columns[GAP_N_CLAMPED].name = "n_clamped";
	columns[GAP_N_CLAMPED].accept = CL_ACCEPT(CL_COLUMN_INT8);
	return cl_row_create("a gap", columns, GAP_COLUMNS);
}

/* Reads a limit_gap; false when it is empty, as an outer join leaves it. A row that is half empty was not made by limit_gap. */
bool
cl_gap_read(ClRow *row, HeapTupleHeader record)
{
	int			missing = 0;

	cl_row_read(row, record);
	for (int i = 0; i < GAP_COLUMNS; i++)
		missing += cl_column_null(row, &row->columns[i]);
	if (missing == GAP_COLUMNS)
		return false;
	if (missing > 0)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("a gap must not have NULL in it"),
				 errdetail("%d of its %d columns are NULL.", missing, GAP_COLUMNS),
				 errhint("Use what limit_gap returned, as a whole.")));
	return true;
}

const char *const cl_gap_methods[] = {"waterfall", "shapley", "binding", NULL};

int
cl_gap_method(const text *given)
{
	StaticAssertStmt(lengthof(cl_gap_methods) == CL_GAP_METHODS + 1 && CL_GAP_BINDING == CL_GAP_METHODS - 1, "names of methods");
	return cl_choice_argument(given, cl_gap_methods, "method of dividing a gap",
							  "waterfall divides in the order risk, product, ungranted, demand, rest; shapley in no order; "
							  "binding names one.");
}

/* Parts of different methods are answers to different questions: their sum would answer none. */
void
cl_gap_require_method(int *known, int method)
{
	if (*known == CL_NO_METHOD)
		*known = method;
	if (method != CL_NO_METHOD && *known != method)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("gaps divided by different methods cannot be totalled"),
				 errdetail("Found %s and %s.", cl_gap_methods[*known], cl_gap_methods[method]),
				 errhint("Group by the method, or give limit_gap the same one.")));
}

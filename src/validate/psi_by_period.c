/*
 * psi_by_period.c
 *	  PSI of every period of a relation against one of them, in one scan.
 *
 * The scan counts rows by period and bin; everything else happens on the counts. The expressions are SQL of the caller: they run
 * with his rights and see his search_path, while the names that this file adds are qualified.
 */
#include "postgres.h"

#include <math.h>

#include "pg/query.h"
#include "pg/record.h"
#include "validate/stability_state.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

/* Pairs of period and bin that are held in memory. */
#define MOST_PAIRS 1000000

/* How many periods a message lists. */
#define LISTED_PERIODS 12

PG_FUNCTION_INFO_V1(cl_psi_by_period);

/* The counts, ordered by period: places in the result of SPI. */
typedef struct Periods
{
	SPITupleTable *table;
	int			n;				/* pairs of period and bin */
	Oid			type;
	Oid			collation;
	FmgrInfo   *equal;
} Periods;

static Datum
period_at(const Periods *periods, int i, bool *isnull)
{
	return SPI_getbinval(periods->table->vals[i], periods->table->tupdesc, 1, isnull);
}

static bool
same_period(const Periods *periods, Datum a, bool a_null, int i)
{
	bool		b_null;
	Datum		b = period_at(periods, i, &b_null);

	if (a_null || b_null)
		return a_null && b_null;
	return DatumGetBool(FunctionCall2Coll(periods->equal, periods->collation, a, b));
}

/* The place behind the pairs of the period at from. */
static int
period_end(const Periods *periods, int from)
{
	bool		isnull;
	Datum		period = period_at(periods, from, &isnull);
	int			to = from + 1;

	while (to < periods->n && same_period(periods, period, isnull, to))
		to++;
	return to;
}

static void
count_pairs(Oid relation, const char *bin, const char *period, Periods *periods)
{
	char	   *query = psprintf("SELECT s.p, (s.b)::pg_catalog.text, pg_catalog.count(*) "
								 "FROM (SELECT (\n%s\n) AS p, (\n%s\n) AS b FROM %s) AS s "
								 "GROUP BY 1, 2 ORDER BY 1 LIMIT %d",
								 period, bin, cl_query_relation(relation), MOST_PAIRS + 1);
	static const Oid types[] = {InvalidOid, TEXTOID, INT8OID};
	const char *what = "what psi_by_period reads";
	TypeCacheEntry *type;

	cl_query_require_expression(bin, "bin_expression");
	cl_query_require_expression(period, "period_expression");
	cl_query_execute(cl_query_prepare(query, what, 0, NULL), what, NULL, lengthof(types), types);
	if (SPI_processed > MOST_PAIRS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many periods and bins"),
				 errdetail("There are more than %d pairs of them.", MOST_PAIRS),
				 errhint("Truncate dates to months, as with date_trunc, and cut values into bands, as with width_bucket.")));
	periods->table = SPI_tuptable;
	periods->n = (int) SPI_processed;
	periods->type = TupleDescAttr(SPI_tuptable->tupdesc, 0)->atttypid;
	periods->collation = TupleDescAttr(SPI_tuptable->tupdesc, 0)->attcollation;
	type = lookup_type_cache(periods->type, TYPECACHE_EQ_OPR_FINFO);
	periods->equal = &type->eq_opr_finfo;
}

static char *
period_text(const Periods *periods, int i)
{
	return SPI_getvalue(periods->table->vals[i], periods->table->tupdesc, 1);
}

static void
unknown_reference(const Periods *periods, const char *reference)
{
	StringInfoData list;
	int			listed = 0;

	initStringInfo(&list);
	for (int i = 0; i < periods->n && listed <= LISTED_PERIODS; i = period_end(periods, i))
	{
		const char *text = period_text(periods, i);

		if (text != NULL)
			appendStringInfo(&list, "%s%s", listed > 0 ? ", " : "", listed < LISTED_PERIODS ? text : "...");
		listed += text != NULL;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("there is no period \"%s\" to compare with", reference),
			 errdetail("The periods are: %s.", list.data),
			 errhint("reference is one of the values of period_expression; leave it out for the first.")));
}

/* The first pair of the reference. The text becomes a value of the type of the periods, so 1 finds 1.0. */
static int
find_reference(const Periods *periods, const char *reference)
{
	Oid			input;
	Oid			element;
	Datum		wanted;

	if (reference == NULL)
		return 0;
	getTypeInputInfo(periods->type, &input, &element);
	wanted = OidInputFunctionCall(input, (char *) reference, element, -1);
	for (int i = 0; i < periods->n; i = period_end(periods, i))
	{
		if (same_period(periods, wanted, false, i))
			return i;
	}
	unknown_reference(periods, reference);
	return 0;
}

/* Adds the pairs of a period to one of the samples; returns their rows. */
static int64
add_period(const Periods *periods, int from, int to, ClStability *state, int sample)
{
	int64		rows = 0;

	for (int i = from; i < to; i++)
	{
		char	   *name = SPI_getvalue(periods->table->vals[i], periods->table->tupdesc, 2);
		bool		isnull;
		int64		count = DatumGetInt64(SPI_getbinval(periods->table->vals[i], periods->table->tupdesc, 3, &isnull));

		if (name == NULL)
			name = pstrdup(CL_BIN_MISSING_NAME);
		cl_exact_sum_add(&cl_stability_bin(state, name, strlen(name))->count[sample], (double) count);
		rows += count;
		pfree(name);
	}
	return rows;
}

/* The reference is not compared with itself. */
static void
put_comparison(ClRecord *record, const ClPsi *psi, const ClEmptyArgument *empty, bool is_reference)
{
	int			compared = cl_psi_compared(psi, &empty->empty);
	double		n = psi->total[CL_EXPECTED];
	double		m = psi->total[CL_ACTUAL];
	double		critical = is_reference ? NAN : cl_psi_critical_chi2(n, m, compared, 0.95);
	const char *status = is_reference ? "reference" : cl_psi_status(psi, critical);

	cl_record_put_float8(record, psi->psi);
	cl_record_put_int32(record, psi->n_empty);
	cl_record_put_float8(record, critical);
	cl_record_put_text(record, status);
	if (isnan(critical) || strncmp(status, "too", 3) == 0)
		cl_record_put_null(record);
	else
		cl_record_put_bool(record, psi->psi > critical);
	cl_record_put_float8(record, is_reference ? NAN : cl_psi_p_value(psi->psi, n, m, compared));
	cl_record_put_int32(record, psi->n_bands);
}

/* Compares the counts in state, which are those of the reference and of the period at from. */
static void
put_period(ClRecord *record, const Periods *periods, int from, int64 rows, const ClStability *state, bool is_reference,
		   const ClEmptyArgument *empty)
{
	ClStabilityView view;
	ClPsi		psi;

	cl_stability_view(state, &view);
	cl_psi(&view.bands, &empty->empty, &psi, NULL);
	if (psi.first_empty >= 0)
		cl_empty_require(empty, &psi, cl_label_string(&view.bin[psi.first_empty]->label));
	cl_record_put_text(record, period_text(periods, from));
	cl_record_put_int64(record, rows);
	put_comparison(record, &psi, empty, is_reference);
	cl_record_next(record);
}

/* The counts of the reference are made once; those of each period are put beside them, and taken away again. */
static void
put_periods(ClRecord *record, const Periods *periods, const char *reference_text, const ClEmptyArgument *empty)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "psi_by_period", ALLOCSET_DEFAULT_SIZES);
	int			reference = find_reference(periods, reference_text);
	ClStability *state = cl_stability_create();
	int			bins;
	int			to;

	(void) add_period(periods, reference, period_end(periods, reference), state, CL_EXPECTED);
	bins = state->bins.n;
	for (int from = 0; from < periods->n; from = to)
	{
		int64		rows;
		MemoryContext old;

		CHECK_FOR_INTERRUPTS();
		to = period_end(periods, from);
		rows = add_period(periods, from, to, state, CL_ACTUAL);
		old = MemoryContextSwitchTo(context);
		put_period(record, periods, from, rows, state, from == reference, empty);
		MemoryContextSwitchTo(old);
		MemoryContextReset(context);
		/* Takes away what a period added to the counts of the reference, which have so many bins. */
		if (state->bins.n > bins)
			cl_labels_truncate(&state->bins, bins);
		for (int i = 0; i < bins; i++)
			((ClStabilityBin *) cl_labels_item(&state->bins, i))->count[CL_ACTUAL] = (ClExactSum) {0, 0, 0};
	}
	MemoryContextDelete(context);
}

/* Arguments: relation, bin_expression, period_expression, reference (NULL: the first period), empty. */
Datum
cl_psi_by_period(PG_FUNCTION_ARGS)
{
	ClEmptyArgument empty;
	Periods		periods;
	char	   *reference;
	ClRecord	record;

	cl_record_open_set(&record, fcinfo);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(4))
		return (Datum) 0;
	empty = cl_empty_argument(PG_GETARG_DATUM(4));
	reference = PG_ARGISNULL(3) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(3));
	SPI_connect();
	count_pairs(PG_GETARG_OID(0), text_to_cstring(PG_GETARG_TEXT_PP(1)), text_to_cstring(PG_GETARG_TEXT_PP(2)), &periods);
	if (periods.n > 0)
		put_periods(&record, &periods, reference, &empty);
	SPI_finish();
	return (Datum) 0;
}

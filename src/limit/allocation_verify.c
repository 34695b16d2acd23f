/*
 * allocation_verify.c
 *	  A certificate against the rows that it is of: what each account takes, and whether every number is right.
 */
#include "postgres.h"

#include "limit/action_choice.h"
#include "pg/numeric.h"
#include "pg/record.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

PG_FUNCTION_INFO_V1(cl_allocation_actions);
PG_FUNCTION_INFO_V1(cl_verify_allocation);

static ClAllocationCertificate *
open_certificate(Datum value)
{
	ClAllocationCertificate *certificate = cl_document_compiled(&allocation_certificate_document, value);

	if (certificate->kind != CL_ALLOCATION_ROWS)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a certificate of kind float cannot be verified row by row"),
				 errdetail("Its value and bound are sums in double precision, off by bound_error at most."),
				 errhint("Make limits in steps actions (limit_actions), and certify those with action_price.")));
	return certificate;
}

static void
read_rows(const ClAllocationCertificate *certificate, Datum query, ClActionRows *rows)
{
	cl_action_rows_read(rows, text_to_cstring(DatumGetTextPP(query)), certificate->n_budgets);
	for (int k = 0; k < certificate->n_budgets; k++)
		rows->actions.capacity[k] = cl_action_capacity(certificate->budget[k].amount, rows->actions.decimals[1 + k]);
}

static void
missing_repaired(const ClAllocationCertificate *certificate, int at)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("an account of the certificate has not the action that it takes"),
			 errdetail("Account " INT64_FORMAT " and action %d are not among the rows.", certificate->repaired[at].account_id,
					   certificate->repaired[at].action),
			 errhint("Give the rows that were certified; verify_allocation says what else is wrong.")));
}

static Datum
uses_datum(const ClActions *actions, size_t row)
{
	Datum		use[CL_ACTION_BUDGETS];

	for (int k = 0; k < actions->budgets; k++)
		use[k] = cl_minor_numeric(actions->amount[row * (1 + actions->budgets) + 1 + k], actions->decimals[1 + k]);
	return PointerGetDatum(construct_array(use, actions->budgets, NUMERICOID, -1, false, TYPALIGN_INT));
}

/* The rows that accounts take. A repaired one is not at its own best, so no price says where its answer flips. */
static void
put_actions(ClRecord *record, const ClAllocationCertificate *certificate, const ClActionRows *rows)
{
	const ClActions *actions = &rows->actions;
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "chosen action", ALLOCSET_SMALL_SIZES);
	size_t	   *chosen = cl_allocate(&rows->memory, actions->accounts * sizeof(size_t));
	size_t	   *by_price = cl_allocate(&rows->memory, actions->accounts * sizeof(size_t));
	size_t	   *unrepaired = cl_allocate(&rows->memory, actions->accounts * sizeof(size_t));
	ClActionPrices prices;
	ClActionTotals totals;
	ClExactPrices exact;
	int			at;

	cl_certificate_prices(certificate, &prices);
	cl_exact_or_error(actions, prices.decides, &exact);
	cl_actions_choose(actions, &exact, &totals, by_price);
	cl_action_choices(rows, &prices, &totals, chosen);
	memcpy(unrepaired, chosen, actions->accounts * sizeof(size_t));
	if (!cl_action_repair(rows, certificate, &totals, chosen, &at))
		missing_repaired(certificate, at);
	for (size_t i = 0; i < actions->accounts; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(context);
		bool		repaired = chosen[i] != unrepaired[i];
		bool		filled = !repaired && chosen[i] != by_price[i];
		double		flip[2][CL_ACTION_BUDGETS];

		cl_record_put_int64(record, rows->group[i]);
		cl_record_put_int32(record, rows->action[chosen[i]]);
		cl_record_put(record, cl_minor_numeric(actions->amount[chosen[i] * (1 + actions->budgets)], actions->decimals[0]));
		cl_record_put(record, uses_datum(actions, chosen[i]));
		cl_record_put_text(record, repaired ? "repair" : filled ? "fill" : "price");
		cl_action_flip(actions, filled ? prices.fill_price : prices.decides, i, chosen[i], flip[0], flip[1]);
		for (int side = 0; side < 2; side++)
			cl_record_put_if(record, !repaired, cl_action_flip_datum(flip[side], actions->budgets));
		MemoryContextSwitchTo(old);
		cl_record_next(record);
		MemoryContextReset(context);
		if (i % 4096 == 0)
			actions->memory->check_for_interrupts();
	}
}

/* Arguments: certificate, query. */
Datum
cl_allocation_actions(PG_FUNCTION_ARGS)
{
	const ClAllocationCertificate *certificate;
	ClActionRows rows;
	ClRecord	record;

	cl_record_open_set(&record, fcinfo);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	certificate = open_certificate(PG_GETARG_DATUM(0));
	SPI_connect();
	read_rows(certificate, PG_GETARG_DATUM(1), &rows);
	if (certificate->bound != NULL)
		put_actions(&record, certificate, &rows);
	SPI_finish();
	PG_RETURN_NULL();
}

/*
 * Checks: name, whether it holds, the account, what the certificate says, what the rows say.
 */

static void
put_check(ClRecord *record, const char *check, bool holds, const char *certified, const char *found)
{
	cl_record_put_text(record, check);
	cl_record_put_bool(record, holds);
	cl_record_put_null(record);
	cl_record_put_text(record, certified);
	cl_record_put_text(record, found);
	cl_record_next(record);
}

static void
put_numbers(ClRecord *record, const char *check, Numeric certified, Numeric found)
{
	bool		same = DatumGetBool(DirectFunctionCall2(numeric_eq, NumericGetDatum(certified), NumericGetDatum(found)));

	put_check(record, check, same, cl_numeric_string(NumericGetDatum(certified)),
			  cl_numeric_string(DirectFunctionCall1(numeric_trim_scale, NumericGetDatum(found))));
}

static void
put_counts(ClRecord *record, const char *check, int64 certified, int64 found)
{
	put_check(record, check, certified == found, psprintf(INT64_FORMAT, certified), psprintf(INT64_FORMAT, found));
}

static void
put_uses(ClRecord *record, const ClAllocationCertificate *certificate, const ClActions *actions, const ClActionTotals *totals)
{
	for (int k = 0; k < actions->budgets; k++)
		put_numbers(record, psprintf("use of %s", certificate->budget[k].name), certificate->budget[k].used,
					cl_action_number(totals->use[k], actions->decimals[1 + k]));
}

static void
put_checks(ClRecord *record, const ClAllocationCertificate *certificate, const ClActionRows *rows)
{
	const ClActions *actions = &rows->actions;
	size_t	   *chosen = cl_allocate(&rows->memory, actions->accounts * sizeof(size_t));
	Numeric    *amount = palloc_array(Numeric, certificate->n_budgets);
	ClActionPrices prices;
	ClActionTotals totals;
	int			at;

	for (int k = 0; k < certificate->n_budgets; k++)
		amount[k] = certificate->budget[k].amount;
	cl_certificate_prices(certificate, &prices);
	put_numbers(record, "bound", certificate->bound, cl_action_bound(actions, &prices, amount));
	cl_action_choices(rows, &prices, &totals, chosen);
	if (!cl_action_repair(rows, certificate, &totals, chosen, &at))
	{
		cl_record_put_text(record, "repaired");
		cl_record_put_bool(record, false);
		cl_record_put_int64(record, certificate->repaired[at].account_id);
		cl_record_put_text(record, psprintf("%d", certificate->repaired[at].action));
		cl_record_put_null(record);
		cl_record_next(record);
	}
	put_numbers(record, "value", certificate->value, cl_action_number(totals.value, actions->decimals[0]));
	put_uses(record, certificate, actions, &totals);
}

/* Arguments: certificate, query. */
Datum
cl_verify_allocation(PG_FUNCTION_ARGS)
{
	const ClAllocationCertificate *certificate;
	ClActionTotals first = {.value = 0};
	ClActionRows rows;
	ClRecord	record;

	cl_record_open_set(&record, fcinfo);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	certificate = open_certificate(PG_GETARG_DATUM(0));
	SPI_connect();
	read_rows(certificate, PG_GETARG_DATUM(1), &rows);
	put_counts(&record, "accounts", certificate->n, (int64) rows.actions.accounts);
	put_counts(&record, "rows", certificate->rows, (int64) rows.actions.rows);
	if (certificate->digest != NULL)
	{
		char	   *digest = cl_action_rows_digest(&rows);

		put_check(&record, "digest", strcmp(digest, certificate->digest) == 0, certificate->digest, digest);
	}
	if (certificate->bound != NULL)
		put_checks(&record, certificate, &rows);
	else
	{
		/* The first actions of all accounts, which do not fit. */
		for (size_t i = 0; i < rows.actions.accounts; i++)
			cl_actions_add(&rows.actions, rows.actions.first[i], 1, &first);
		put_uses(&record, certificate, &rows.actions, &first);
	}
	SPI_finish();
	PG_RETURN_NULL();
}

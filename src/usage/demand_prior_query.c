/*
 * demand_prior_query.c
 *	  demand_prior_fit: the population behind all accounts of a query, of which no more are kept than demand_prior_agg keeps.
 *
 * A first scan does what the aggregate does. Where there are more accounts than are kept, level and sigma are then those of all:
 * each step of the search is a scan. The coefficient of the deviations, the months without a draw, and the ceilings, are those of
 * the accounts that were kept.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "pg/memory.h"
#include "pg/query.h"
#include "pg/row.h"
#include "usage/demand_prior_state.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(cl_demand_prior_fit);

#define QUERY "the query of a demand_prior"

typedef struct Accounts
{
	SPIPlanPtr	plan;
	Oid			types[2];
	ClDemandPrior *prior;
	int64		rows;			/* of the first scan, and its checksum: those of every scan */
	uint64		checksum;
	int64		rows_now;
	uint64		checksum_now;
	const ClDemandPopulation *population;	/* NULL: the first scan */
	ClDemandStep *step;
} Accounts;

static void
wrong_query(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("the query must return account and demand"),
			 errdetail("%s", detail),
			 errhint("For example: SELECT account_id, demand_agg(month, balance, available) FROM account_month GROUP BY 1")));
}

/* Columns by name where the query has these, else by place. */
static void
open_query(Accounts *accounts, const char *text)
{
	ClQuery		query;
	int			account;
	Oid			type;
	bool		is_text;

	cl_query_open(&query, text, QUERY);
	if (query.desc->natts != 2)
		wrong_query(psprintf("It returns %d columns.", query.desc->natts));
	account = cl_query_column(query.desc, "account") == 1 && cl_query_column(query.desc, "demand") == 0;
	type = TupleDescAttr(query.desc, account)->atttypid;
	is_text = type == TEXTOID || type == VARCHAROID;
	if (!is_text && type != INT8OID && type != INT4OID && type != INT2OID)
		wrong_query(psprintf("Its column account is of type %s; it must be an integer or text.", format_type_be(type)));
	accounts->types[0] = is_text ? TEXTOID : INT8OID;
	type = TupleDescAttr(query.desc, 1 - account)->atttypid;
	if (!cl_is_own_type(type, "demand"))
		wrong_query(psprintf("Its column demand is of type %s; it must be demand.", format_type_be(type)));
	accounts->types[1] = type;
	accounts->plan = cl_query_prepare(psprintf("SELECT (q.account)::pg_catalog.%s, q.demand FROM (\n%s\n) AS q (%s)",
											   is_text ? "text" : "int8", query.text,
											   account == 0 ? "account, demand" : "demand, account"), QUERY, 0, NULL);
}

static void
receive(void *data, const Datum *value, const bool *isnull)
{
	Accounts   *accounts = data;
	ClDemandSample *sample = &accounts->prior->sample;
	ClDemandAccountRoom room = {.account = {.n = 0}};
	ClDemandAccount *account = &room.account;
	ClDemandBelief belief;
	bool		in_scope = false;

	if (isnull[0])
		return;
	account->hash = cl_demand_account_hash(value[0], accounts->types[0] == TEXTOID);
	if (!isnull[1])
		in_scope = cl_demand_account_read(account, account->hash, value[1]);
	accounts->rows_now++;
	accounts->checksum_now += hash_bytes_extended((unsigned char *) account,
												  offsetof(ClDemandAccount, months) + account->n * sizeof(float), isnull[1]);
	if (accounts->population != NULL)
	{
		if (in_scope)
			cl_demand_step_add(accounts->step, &(ClDemandSeries) {account->n, account->months}, accounts->population, &belief);
	}
	else if (in_scope)
		cl_demand_sample_add(sample, account);
	else
		(*(isnull[1] ? &sample->n_without : &sample->n_out_of_scope))++;
}

static void
scan(void *data, const ClDemandPopulation *population, ClDemandStep *step)
{
	Accounts   *accounts = data;

	accounts->population = population;
	accounts->step = step;
	accounts->rows_now = 0;
	accounts->checksum_now = 0;
	cl_query_scan(accounts->plan, QUERY, 2, accounts->types, receive, accounts);
	if (population == NULL)
	{
		accounts->rows = accounts->rows_now;
		accounts->checksum = accounts->checksum_now;
	}
	else if (accounts->rows_now != accounts->rows || accounts->checksum_now != accounts->checksum)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the rows of a demand_prior changed while it was fitted"),
				 errdetail("Two scans of the query did not see the same rows."),
				 errhint("Make a table of them first.")));
	if (step != NULL)
		accounts->prior->head.fit.n = (int) Min(step->n, PG_INT32_MAX);
}

/* Arguments: query, options. */
Datum
cl_demand_prior_fit(PG_FUNCTION_ARGS)
{
	/* Before SPI_connect, after whose end it is returned. */
	ClDemandPrior *prior = cl_demand_prior_create();
	Accounts	accounts = {.prior = prior};
	ClMemory	memory = cl_memory_here();

	SPI_connect();
	cl_demand_prior_set_options(prior, cl_demand_prior_options("options of demand_prior_fit", PG_GETARG_JSONB_P(1)));
	open_query(&accounts, text_to_cstring(PG_GETARG_TEXT_PP(0)));
	scan(&accounts, NULL, NULL);
	if (accounts.rows == 0)
	{
		SPI_finish();
		PG_RETURN_NULL();
	}
	cl_demand_prior_settle(prior);
	if (prior->sample.n_accounts > prior->sample.n)
		cl_demand_population_refine(&prior->head.fit, scan, &accounts, &memory);
	prior->head.compact = true;
	prior->sample.n = 0;
	prior->sample.sorted = true;
	SPI_finish();
	return cl_summary_datum(&demand_prior_summary, prior);
}

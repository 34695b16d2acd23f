/*
 * demand_prior.c
 *	  demand_prior_agg: from the demands of accounts to the population behind them; what it tells.
 */
#include "postgres.h"

#include <math.h>

#include "common/hashfn.h"
#include "pg/cache.h"
#include "pg/record.h"
#include "usage/demand_prior_state.h"
#include "usage/demand_state.h"

#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(cl_demand_prior_bigint_transition);
PG_FUNCTION_INFO_V1(cl_demand_prior_text_transition);
PG_FUNCTION_INFO_V1(cl_demand_prior_stats);
PG_FUNCTION_INFO_V1(cl_demand_prior_ceilings);
PG_FUNCTION_INFO_V1(cl_demand_prior_compact);

/*
 * cl_demand_prior_in, cl_demand_prior_out, cl_demand_prior_recv, cl_demand_prior_send, cl_demand_prior_serial,
 * cl_demand_prior_deserial, cl_demand_prior_combine, cl_demand_prior_final, cl_demand_prior_rollup
 */
CL_SUMMARY_FUNCTIONS(demand_prior)

static void *
create(void)
{
	return cl_demand_prior_create();
}

ClDemandPriorOptions
cl_demand_prior_options(const char *what, Jsonb *jsonb)
{
	static const char *const keys[] = {"distribution", "accounts", NULL};
	static const char *const distributions[] = {"lognormal", "normal", "gamma", NULL};
	ClDemandPriorOptions options = {-1, CL_DEMAND_SAMPLE};
	ClJson		root;
	ClJson		node;

	cl_json_open(&root, what, jsonb);
	cl_json_object(&root, keys);
	if (cl_json_get(&root, "distribution", &node))
		options.distribution = cl_json_choice(&node, distributions);
	if (cl_json_get(&root, "accounts", &node))
		options.most = cl_json_int(&node, CL_DEMAND_PEERS, CL_DEMAND_SAMPLE);
	return options;
}

static void *
read_options(FunctionCallInfo fcinfo, Jsonb *jsonb)
{
	ClDemandPriorOptions *options = palloc_object(ClDemandPriorOptions);

	(void) fcinfo;
	*options = cl_demand_prior_options("options of demand_prior_agg", jsonb);
	return options;
}

static void
take_options(FunctionCallInfo fcinfo, ClDemandPrior *prior, bool first)
{
	const ClDemandPriorOptions *options;

	if (PG_NARGS() < 4)
		return;
	if (PG_ARGISNULL(3))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("options of demand_prior_agg must not be NULL"),
				 errdetail("Found NULL."),
				 errhint("Without options there is demand_prior_agg(account, demand).")));
	options = cl_call_options(fcinfo, 3, read_options);
	if (!first && !cl_demand_prior_same_options(options, &prior->head.options))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("options of demand_prior_agg must be the same for all rows"),
				 errdetail("Two rows of one group have different ones."),
				 errhint("Group by what the options depend on.")));
	if (first)
		cl_demand_prior_set_options(prior, *options);
}

bool
cl_demand_account_read(ClDemandAccount *account, uint64 hash, Datum value)
{
	ClDemand   *demand = cl_demand_get(value);

	if (!cl_demand_dated(demand))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a demand_prior needs the demand of an account with its months"),
				 errdetail("%s", demand->model != NULL ? "This one was given, or is a posterior." :
						   "This one was built without months."),
				 errhint("Build it by demand_agg(month, balance, available), or demand(behavior), one for each account.")));
	account->hash = hash;
	return cl_demand_account(account, demand);
}

static Datum
add_account(FunctionCallInfo fcinfo, uint64 hash)
{
	bool		first = PG_ARGISNULL(0);
	ClDemandPrior *prior = cl_agg_state(fcinfo, create);
	ClDemandAccountRoom room;

	take_options(fcinfo, prior, first);
	prior->head.fitted = false;
	if (PG_ARGISNULL(2))
		prior->sample.n_without++;
	else if (cl_demand_account_read(&room.account, hash, PG_GETARG_DATUM(2)))
		cl_demand_sample_add(&prior->sample, &room.account);
	else
		prior->sample.n_out_of_scope++;
	PG_RETURN_POINTER(prior);
}

uint64
cl_demand_account_hash(Datum account, bool is_text)
{
	int64		number;
	text	   *name;

	if (!is_text)
	{
		number = DatumGetInt64(account);
		return hash_bytes_extended((unsigned char *) &number, sizeof(number), 0);
	}
	name = DatumGetTextPP(account);
	return hash_bytes_extended((unsigned char *) VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name), 0);
}

/* A row without an account is no account. */
Datum
cl_demand_prior_bigint_transition(PG_FUNCTION_ARGS)
{
	return PG_ARGISNULL(1) ? cl_agg_unchanged(fcinfo) :
		add_account(fcinfo, cl_demand_account_hash(PG_GETARG_DATUM(1), false));
}

Datum
cl_demand_prior_text_transition(PG_FUNCTION_ARGS)
{
	return PG_ARGISNULL(1) ? cl_agg_unchanged(fcinfo) : add_account(fcinfo, cl_demand_account_hash(PG_GETARG_DATUM(1), true));
}

/*
 * What it tells
 */

Datum
cl_demand_prior_stats(PG_FUNCTION_ARGS)
{
	const ClDemandPriorHead *head = cl_demand_prior_head(PG_GETARG_DATUM(0));
	const ClDemandPopulation *population = &head->fit.population;
	double		stops = population->stops.a / (population->stops.a + population->stops.b);
	double		stays = population->stays.a / (population->stays.a + population->stays.b);
	ClRecord	record;

	cl_record_open(&record, fcinfo);
	cl_record_put_int64(&record, head->n_accounts);
	cl_record_put_int32(&record, head->n_kept);
	cl_record_put_int32(&record, head->fit.n);
	cl_record_put_int64(&record, head->n_out_of_scope);
	cl_record_put_int64(&record, head->n_without);
	cl_record_put_int64(&record, head->n_months);
	cl_record_put_text(&record, cl_demand_distribution_names[population->distribution]);
	cl_record_put_float8(&record, population->level_mean);
	cl_record_put_float8(&record, population->level_sd);
	cl_record_put_float8(&record, population->spread_mean);
	cl_record_put_float8(&record, population->spread_sd);
	cl_record_put_float8(&record, population->carry);
	cl_record_put_float8(&record, population->start);
	cl_record_put_float8(&record, stops / (stops + 1 - stays));
	cl_record_put_float8(&record, stops);
	cl_record_put_float8(&record, stays);
	cl_record_put_float8(&record, head->n_ceilings > 0 ? head->ceiling[head->n_ceilings - 1].ceiling : NAN);
	cl_record_put_float8(&record, head->seen > 0 ? head->seen : NAN);
	cl_record_put_text(&record, head->fit.n == 0 ? "no_draws" : head->fit.converged ? "converged" : "max_iterations");
	cl_record_put_float8(&record, head->fit.log_score[CL_DEMAND_LOGNORMAL]);
	cl_record_put_float8(&record, head->fit.log_score[CL_DEMAND_NORMAL]);
	cl_record_put_float8(&record, head->fit.log_score[CL_DEMAND_GAMMA]);
	PG_RETURN_DATUM(cl_record_datum(&record));
}

/* One row for each class of limits, from one power of two to the next, that accounts have. */
Datum
cl_demand_prior_ceilings(PG_FUNCTION_ARGS)
{
	const ClDemandPriorHead *head = cl_demand_prior_head(PG_GETARG_DATUM(0));
	ClRecord	record;

	cl_record_open_set(&record, fcinfo);
	for (int i = 0; i + 1 < head->n_ceilings; i++)
	{
		cl_record_put_float8(&record, ldexp(1, head->ceiling[i].class));
		cl_record_put_float8(&record, ldexp(1, head->ceiling[i].class + 1));
		cl_record_put_int32(&record, head->ceiling[i].n);
		cl_record_put_float8(&record, head->ceiling[i].ceiling);
		cl_record_next(&record);
	}
	PG_RETURN_NULL();
}

Datum
cl_demand_prior_compact(PG_FUNCTION_ARGS)
{
	ClDemandPrior *compact = cl_demand_prior_create();

	compact->head = *cl_demand_prior_head(PG_GETARG_DATUM(0));
	compact->head.compact = true;
	compact->sample.sorted = true;
	return cl_summary_datum(&demand_prior_summary, compact);
}

/*
 * demand_prior_state.c
 *	  The state behind the type demand_prior: accounts collected, the population fitted to them, and its form as bytes.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "pg/memory.h"
#include "usage/demand_prior_state.h"
#include "usage/demand_state.h"

#include "miscadmin.h"
#include "utils/float.h"

#define TYPE_NAME "demand_prior"

#define LARGEST_SCORE 1e300

ClDemandPrior *
cl_demand_prior_create(void)
{
	ClDemandPrior *prior = palloc0_object(ClDemandPrior);
	ClMemory	memory = cl_memory_here();

	prior->head.options = (ClDemandPriorOptions) {-1, CL_DEMAND_SAMPLE};
	cl_demand_sample_init(&prior->sample, &memory);
	return prior;
}

bool
cl_demand_prior_same_options(const ClDemandPriorOptions *a, const ClDemandPriorOptions *b)
{
	return a->distribution == b->distribution && a->most == b->most;
}

void
cl_demand_prior_set_options(ClDemandPrior *prior, ClDemandPriorOptions options)
{
	prior->head.options = options;
	prior->sample.most = options.most;
}

static void *
create(void)
{
	return cl_demand_prior_create();
}

static void
merge(void *into, const void *from)
{
	ClDemandPrior *prior = into;
	const ClDemandPrior *other = from;

	if (prior->head.compact || other->head.compact)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a compact demand_prior cannot be merged"),
				 errdetail("compact() removed its accounts."),
				 errhint("Keep the demand_prior that demand_prior_agg returns, and compact the rollup.")));
	if (prior->sample.n_accounts + prior->sample.n_out_of_scope + prior->sample.n_without == 0)
		cl_demand_prior_set_options(prior, other->head.options);
	if (!cl_demand_prior_same_options(&prior->head.options, &other->head.options))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("demand_priors of different options cannot be merged"),
				 errdetail("Their distributions differ, or how many accounts they keep."),
				 errhint("Build every one by demand_prior_agg with the same options.")));
	if (other->sample.n_accounts > PG_INT64_MAX - prior->sample.n_accounts ||
		other->sample.n_out_of_scope > PG_INT64_MAX - prior->sample.n_out_of_scope ||
		other->sample.n_without > PG_INT64_MAX - prior->sample.n_without ||
		other->sample.n_months > PG_INT64_MAX - prior->sample.n_months)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("too many accounts in a demand_prior"),
				 errdetail("Together they count more than 2^63."),
				 errhint("Look for a demand_prior that was not built by demand_prior_agg.")));
	prior->head.fitted = false;
	cl_demand_sample_merge(&prior->sample, &other->sample);
}

/*
 * Fitting
 */

static void
copy_counts(ClDemandPriorHead *head, const ClDemandSample *sample)
{
	head->n_kept = sample->n;
	head->n_accounts = sample->n_accounts;
	head->n_out_of_scope = sample->n_out_of_scope;
	head->n_without = sample->n_without;
	head->n_months = sample->n_months;
}

static void
sort(ClDemandPrior *prior)
{
	if (!cl_demand_sample_sort(&prior->sample))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("an account comes twice for a demand_prior"),
				 errdetail("Two rows have the same account."),
				 errhint("Build one demand for each account by demand_agg(month, balance, available) and GROUP BY account.")));
}

void
cl_demand_prior_settle(ClDemandPrior *prior)
{
	ClDemandSample *sample = &prior->sample;
	ClDemandSeries *series;

	if (prior->head.fitted)
		return;
	sort(prior);
	series = sample->memory.allocate(sample->memory.context, Max(1, sample->n) * sizeof(ClDemandSeries));
	for (int i = 0; i < sample->n; i++)
		series[i] = (ClDemandSeries) {sample->account[i]->n, sample->account[i]->months};
	cl_demand_population_fit(&prior->head.fit, series, sample->n, prior->head.options.distribution, &sample->memory);
	sample->memory.release(series);
	prior->head.n_ceilings = cl_demand_ceilings(sample, prior->head.ceiling);
	prior->head.seen = cl_demand_seen(sample);
	copy_counts(&prior->head, sample);
	prior->head.fitted = true;
}

/*
 * Bytes: the head, the number of accounts, and each account. Between workers the population is not fitted yet.
 */

static void
write_head(StringInfo buf, const ClDemandPriorHead *head)
{
	const ClDemandPopulation *population = &head->fit.population;

	bool		fewer = head->options.most < CL_DEMAND_SAMPLE;

	pq_sendbyte(buf, head->options.distribution + 1);
	pq_sendbyte(buf, head->fitted + 2 * head->compact + 4 * fewer);
	if (fewer)
		pq_sendint32(buf, head->options.most);
	pq_sendint32(buf, head->n_kept);
	pq_sendint64(buf, head->n_accounts);
	pq_sendint64(buf, head->n_out_of_scope);
	pq_sendint64(buf, head->n_without);
	pq_sendint64(buf, head->n_months);
	if (!head->fitted)
		return;
	pq_sendbyte(buf, population->distribution);
	cl_wire_send_float8(buf, population->level_mean);
	cl_wire_send_float8(buf, population->level_sd);
	cl_wire_send_float8(buf, population->spread_mean);
	cl_wire_send_float8(buf, population->spread_sd);
	cl_wire_send_float8(buf, population->carry);
	cl_wire_send_float8(buf, population->start);
	cl_wire_send_float8(buf, population->stops.a);
	cl_wire_send_float8(buf, population->stops.b);
	cl_wire_send_float8(buf, population->stays.a);
	cl_wire_send_float8(buf, population->stays.b);
	pq_sendint32(buf, head->fit.n);
	pq_sendint32(buf, head->fit.iterations);
	pq_sendbyte(buf, head->fit.converged);
	for (int i = 0; i < CL_DEMAND_TRIED; i++)
		cl_wire_send_float8(buf, head->fit.log_score[i]);
	cl_wire_send_float8(buf, head->seen);
	pq_sendint32(buf, head->n_ceilings);
	for (int i = 0; i < head->n_ceilings; i++)
	{
		pq_sendint32(buf, head->ceiling[i].class);
		pq_sendint32(buf, head->ceiling[i].n);
		cl_wire_send_float8(buf, head->ceiling[i].ceiling);
	}
}

static void
write_accounts(StringInfo buf, const ClDemandSample *sample)
{
	for (int i = 0; i < sample->n; i++)
	{
		const ClDemandAccount *account = sample->account[i];

		pq_sendint64(buf, (int64) account->hash);
		pq_sendint32(buf, account->last);
		pq_sendbyte(buf, account->n);
		pq_sendfloat4(buf, account->limit);
		pq_sendfloat4(buf, account->highest);
		for (int j = 0; j < account->n; j++)
			pq_sendfloat4(buf, account->months[j]);
		CHECK_FOR_INTERRUPTS();
	}
}

static void
write_state(StringInfo buf, const void *state)
{
	ClDemandPrior *prior = unconstify(ClDemandPrior *, (const ClDemandPrior *) state);

	cl_demand_prior_settle(prior);
	write_head(buf, &prior->head);
	write_accounts(buf, &prior->sample);
}

static void
transfer(StringInfo buf, const void *state)
{
	const ClDemandPrior *prior = state;
	ClDemandPriorHead head = prior->head;

	head.fitted = false;
	copy_counts(&head, &prior->sample);
	write_head(buf, &head);
	write_accounts(buf, &prior->sample);
}

static bool
is_beta(const ClDemandBeta *beta)
{
	return beta->a >= 1e-9 && beta->a <= 1e9 && beta->b >= 1e-9 && beta->b <= 1e9;
}

static const char *
population_disorder(const ClDemandPopulation *population)
{
	if (population->distribution > CL_DEMAND_GAMMA)
		return "distribution is not known";
	if (!(fabs(population->level_mean) <= 1000 && population->level_sd >= 1e-9 && population->level_sd <= 1000))
		return "mean or deviation of the level is out of range";
	if (!(fabs(population->spread_mean) <= 1000 && population->spread_sd >= 1e-9 && population->spread_sd <= 1000))
		return "mean or deviation of the spread is out of range";
	if (!(population->carry >= 0 && population->carry < 1))
		return "carry is not from 0 to below 1";
	if (!(population->start > 0 && population->start <= 1))
		return "start is not above 0 and at most 1";
	if (!is_beta(&population->stops) || !is_beta(&population->stays))
		return "distribution of months without a draw is out of range";
	return NULL;
}

const char *
cl_demand_prior_disorder(const ClDemandPriorHead *head)
{
	const char *wrong;

	if (head->options.distribution > CL_DEMAND_GAMMA)
		return "distribution is not known";
	if (head->options.most < CL_DEMAND_PEERS || head->options.most > CL_DEMAND_SAMPLE || head->n_kept > head->options.most)
		return "number of accounts that are kept is out of range";
	if (head->n_kept > head->n_accounts || head->n_accounts < 0 || head->n_out_of_scope < 0 || head->n_without < 0 ||
		head->n_months < 0)
		return "numbers of accounts contradict each other";
	if (!head->fitted)
		return head->compact ? "population is missing" : NULL;
	wrong = population_disorder(&head->fit.population);
	if (wrong != NULL)
		return wrong;
	if (head->fit.n < 0 || head->fit.n > head->n_accounts || head->fit.iterations < 0)
		return "numbers of the fit are out of range";
	for (int i = 0; i < CL_DEMAND_TRIED; i++)
	{
		if (fabs(head->fit.log_score[i]) > LARGEST_SCORE)
			return "log score is out of range";
	}
	if (!(head->seen >= 0 && head->seen <= FLT_MAX))
		return "amount that was seen is out of range";
	for (int i = 0; i < head->n_ceilings; i++)
	{
		const ClDemandCeiling *ceiling = &head->ceiling[i];

		if (ceiling->class < CL_DEMAND_LOWEST_CLASS || ceiling->class > CL_DEMAND_HIGHEST_CLASS + 1 ||
			(i > 0 && ceiling->class <= ceiling[-1].class))
			return "classes of limits are not in ascending order";
		if (ceiling->n < 1 || !(ceiling->ceiling > 0 && ceiling->ceiling <= FLT_MAX))
			return "ceiling is not above 0";
	}
	if ((head->n_ceilings > 0) != (head->n_kept > 0) ||
		(head->n_ceilings > 0 && head->ceiling[head->n_ceilings - 1].class != CL_DEMAND_HIGHEST_CLASS + 1))
		return "ceiling of all accounts is missing";
	return NULL;
}

static void
read_head(StringInfo buf, ClDemandPriorHead *head)
{
	ClDemandPopulation *population = &head->fit.population;
	const char *wrong;
	int			flags;

	head->options.distribution = pq_getmsgbyte(buf) - 1;
	flags = pq_getmsgbyte(buf);
	if (flags > 7)
		cl_wire_invalid(TYPE_NAME, "kind is not known");
	head->fitted = flags & 1;
	head->compact = (flags >> 1) & 1;
	head->options.most = flags & 4 ? (int) pq_getmsgint(buf, 4) : CL_DEMAND_SAMPLE;
	if (flags & 4 && head->options.most >= CL_DEMAND_SAMPLE)
		cl_wire_invalid(TYPE_NAME, "number of accounts that are kept is out of range");
	head->n_kept = (int) pq_getmsgint(buf, 4);
	if (head->n_kept < 0 || head->n_kept > CL_DEMAND_SAMPLE)
		cl_wire_invalid(TYPE_NAME, "number of accounts is out of range");
	head->n_accounts = pq_getmsgint64(buf);
	head->n_out_of_scope = pq_getmsgint64(buf);
	head->n_without = pq_getmsgint64(buf);
	head->n_months = pq_getmsgint64(buf);
	if (head->fitted)
	{
		population->distribution = pq_getmsgbyte(buf);
		population->level_mean = pq_getmsgfloat8(buf) + 0.0;
		population->level_sd = pq_getmsgfloat8(buf);
		population->spread_mean = pq_getmsgfloat8(buf) + 0.0;
		population->spread_sd = pq_getmsgfloat8(buf);
		population->carry = pq_getmsgfloat8(buf) + 0.0;
		population->start = pq_getmsgfloat8(buf);
		population->stops.a = pq_getmsgfloat8(buf);
		population->stops.b = pq_getmsgfloat8(buf);
		population->stays.a = pq_getmsgfloat8(buf);
		population->stays.b = pq_getmsgfloat8(buf);
		head->fit.n = (int) pq_getmsgint(buf, 4);
		head->fit.iterations = (int) pq_getmsgint(buf, 4);
		head->fit.converged = pq_getmsgbyte(buf) != 0;
		for (int i = 0; i < CL_DEMAND_TRIED; i++)
		{
			head->fit.log_score[i] = pq_getmsgfloat8(buf) + 0.0;
			if (isnan(head->fit.log_score[i]))
				head->fit.log_score[i] = get_float8_nan();
		}
		head->seen = pq_getmsgfloat8(buf) + 0.0;
		head->n_ceilings = cl_wire_count(buf, TYPE_NAME, CL_DEMAND_CLASSES + 1, 16);
		for (int i = 0; i < head->n_ceilings; i++)
		{
			head->ceiling[i].class = (int32) pq_getmsgint(buf, 4);
			head->ceiling[i].n = (int32) pq_getmsgint(buf, 4);
			head->ceiling[i].ceiling = pq_getmsgfloat8(buf);
		}
	}
	wrong = cl_demand_prior_disorder(head);
	if (wrong != NULL)
		cl_wire_invalid(TYPE_NAME, wrong);
}

static void
read_account(StringInfo buf, ClDemandPrior *prior)
{
	ClDemandAccountRoom room;
	ClDemandAccount *account = &room.account;
	const char *wrong;

	account->hash = (uint64) pq_getmsgint64(buf);
	account->last = (int32) pq_getmsgint(buf, 4);
	account->n = pq_getmsgbyte(buf);
	if (account->n > CL_DEMAND_MONTHS)
		cl_wire_invalid(TYPE_NAME, "too many months");
	account->limit = pq_getmsgfloat4(buf);
	account->highest = pq_getmsgfloat4(buf);
	for (int i = 0; i < account->n; i++)
	{
		account->months[i] = pq_getmsgfloat4(buf) + 0.0F;
		if (isnan(account->months[i]))
			account->months[i] = get_float4_nan();
	}
	wrong = cl_demand_account_disorder(account);
	if (wrong != NULL)
		cl_wire_invalid(TYPE_NAME, wrong);
	cl_demand_sample_add(&prior->sample, account);
}

static void *
read_state(StringInfo buf)
{
	ClDemandPrior *prior = cl_demand_prior_create();
	ClDemandPriorHead *head = &prior->head;

	read_head(buf, head);
	prior->sample.most = head->options.most;
	for (int i = 0; i < head->n_kept && !head->compact; i++)
	{
		read_account(buf, prior);
		CHECK_FOR_INTERRUPTS();
	}
	if (!cl_demand_sample_sort(&prior->sample))
		cl_wire_invalid(TYPE_NAME, "an account comes twice");
	prior->sample.n_accounts = head->n_accounts;
	prior->sample.n_out_of_scope = head->n_out_of_scope;
	prior->sample.n_without = head->n_without;
	prior->sample.n_months = head->n_months;
	return prior;
}

const ClSummary demand_prior_summary = {
	.name = TYPE_NAME,
	.version = 1,
	.create = create,
	.merge = merge,
	.write = write_state,
	.transfer = transfer,
	.read = read_state,
	.print = cl_demand_prior_print,
	.parse = cl_demand_prior_parse,
};

/* A stored value may hold megabytes of accounts: only its beginning is fetched. */
const ClDemandPriorHead *
cl_demand_prior_head(Datum value)
{
	struct varlena *pointer = (struct varlena *) DatumGetPointer(value);
	StringInfoData buf;
	ClDemandPriorHead *head;
	bytea	   *bytes;

	if (VARATT_IS_EXTERNAL_EXPANDED(pointer))
	{
		ClDemandPrior *prior = cl_summary_state(&demand_prior_summary, value);

		cl_demand_prior_settle(prior);
		return &prior->head;
	}
	bytes = VARATT_IS_EXTERNAL(pointer) || VARATT_IS_COMPRESSED(pointer) ?
		(bytea *) PG_DETOAST_DATUM_SLICE(value, 0, CL_DEMAND_PRIOR_HEAD) : (bytea *) pointer;
	initReadOnlyStringInfo(&buf, VARDATA_ANY(bytes), (int) VARSIZE_ANY_EXHDR(bytes));
	if (pq_getmsgbyte(&buf) != demand_prior_summary.version)
		cl_wire_invalid(TYPE_NAME, "format version is not known here");
	head = palloc_object(ClDemandPriorHead);
	memset(head, 0, offsetof(ClDemandPriorHead, ceiling));
	read_head(&buf, head);
	return head;
}

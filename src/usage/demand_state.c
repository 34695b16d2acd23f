/*
 * demand_state.c
 *	  The state behind the type demand: how it is made and merged, and what it must obey.
 */
#include "postgres.h"

#include <math.h>

#include "pg/argument.h"
#include "pg/memory.h"
#include "pg/numeric.h"
#include "usage/behavior_state.h"
#include "usage/demand_state.h"

const char *const cl_demand_distribution_names[] = {"lognormal", "normal", "gamma", "quantiles", NULL};
const char *const cl_demand_status_names[] = {
	"converged", "tail", "few_observations", "no_spread", "one_observation", "all_censored", "never_used", "no_observations",
	"not_converged", "given", "posterior", "mostly_prior", "prior_only", "out_of_scope", NULL
};
const char *const cl_demand_basis_names[] = {NULL, "month", "mixture", "peak", NULL};

static const ClDemandOptions no_options = {CL_DEMAND_LOGNORMAL, -1, 1, INFINITY};

ClDemand *
cl_demand_create(void)
{
	ClDemand   *demand = palloc_object(ClDemand);
	ClMemory	memory = cl_memory_here();

	cl_demand_init(demand, &memory, &no_options);
	return demand;
}

static void *
create(void)
{
	return cl_demand_create();
}

bool
cl_demand_has_options(const ClDemand *demand)
{
	return demand->options.tolerance >= 0;
}

/* One zero, and one NaN: equal numbers are equal bytes. */
static double
plain(double value)
{
	return isnan(value) ? NAN : value + 0.0;
}

static void
copy_points(double *into, const double *from, int n)
{
	for (int i = 0; i < n; i++)
		into[i] = plain(from[i]);
}

ClDemand *
cl_demand_of(const ClDemandModel *model, ClDemandBasis basis, int horizon)
{
	ClDemand   *demand = cl_demand_create();
	bool		points = model->distribution == CL_DEMAND_QUANTILES;
	int			n = points ? model->n_points : 0;
	double	   *room;

	demand->options.distribution = model->distribution;
	demand->basis = basis;
	demand->horizon = horizon;
	demand->model = palloc(sizeof(ClDemandModel) + 2 * n * sizeof(double));
	room = (double *) (demand->model + 1);
	copy_points(room, model->probability, n);
	copy_points(room + n, model->quantile, n);
	*demand->model = (ClDemandModel) {
		.distribution = model->distribution, .mu = points ? NAN : plain(model->mu), .sigma = points ? NAN : plain(model->sigma),
		.p_zero = points ? NAN : plain(model->p_zero), .ceiling = plain(model->ceiling), .n_points = n,
		.probability = room, .quantile = room + n
	};
	return demand;
}

ClDemand *
cl_demand_of_posterior(const ClDemandModel *model, const ClDemandPosterior *posterior, ClDemandBasis basis, int horizon)
{
	ClDemand   *demand = cl_demand_of(model, basis, horizon);
	ClDemandPosterior *copy = palloc_object(ClDemandPosterior);

	*copy = *posterior;
	copy->highest_limit = plain(copy->highest_limit);
	copy->mu = plain(copy->mu);
	copy->sigma = plain(copy->sigma);
	copy->p_zero = plain(copy->p_zero);
	copy->se_mu = plain(copy->se_mu);
	copy->se_sigma = plain(copy->se_sigma);
	copy->se_p_zero = plain(copy->se_p_zero);
	copy->prior_weight = plain(copy->prior_weight);
	demand->posterior = copy;
	return demand;
}

ClDemand *
cl_demand_of_quantiles(int n, const double *probability, const double *quantile, double ceiling, ClDemandBasis basis, int horizon)
{
	ClDemandModel model = {
		.distribution = CL_DEMAND_QUANTILES, .ceiling = ceiling, .n_points = n, .probability = probability, .quantile = quantile
	};

	return cl_demand_of(&model, basis, horizon);
}

ClDemandBasis
cl_demand_basis(const text *argument)
{
	return CL_DEMAND_MONTH + cl_choice_argument(argument, cl_demand_basis_names + CL_DEMAND_MONTH, "basis of a demand",
												"A gap takes one month, the best limit a mixture, a limit to be set the peak.");
}

ClDemand *
cl_demand_get(Datum value)
{
	return cl_summary_state(&demand_summary, value);
}

/*
 * Merging
 */

static void
merge_error(const char *problem, const char *detail, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s", problem),
			 errdetail("%s", detail),
			 errhint("%s", hint)));
}

#define SAME_OPTIONS "Build every demand of a rollup by demand_agg with the same options."

static char *
describe(const ClDemandOptions *options)
{
	return psprintf("%s, tolerance %s, ceiling_factor %s, ceiling %s", cl_demand_distribution_names[options->distribution],
					cl_float8_string(options->tolerance), cl_float8_string(options->ceiling_factor),
					isinf(options->ceiling) ? "none" : cl_float8_string(options->ceiling));
}

static void
require_mergeable(const ClDemand *demand, const ClDemand *other)
{
	int32_t		month;

	if (demand->model != NULL || other->model != NULL)
		merge_error("only demands of observations can be merged",
					"One was given by its distribution, or leans on a population.", SAME_OPTIONS);
	if (!cl_demand_has_options(demand))
		return;
	if (!cl_demand_same_options(&demand->options, &other->options))
		merge_error("demands of different options cannot be merged",
					psprintf("Found %s; and %s.", describe(&demand->options), describe(&other->options)), SAME_OPTIONS);
	if (cl_demand_dated(demand) != cl_demand_dated(other))
		merge_error("demands with months and without cannot be merged",
					"One was built by demand_agg(month, balance, available), the other without the month.", SAME_OPTIONS);
	month = demand->parts || other->parts ? cl_demand_month_in_both(demand, other) : 0;
	if (month != 0)
		merge_error("demands that have the same month cannot be merged",
					psprintf("Both have %s.", cl_month_string(month)),
					"rollup joins parts of one account. Put accounts together by a prior, or without their months.");
}

static void
merge(void *into, const void *from)
{
	ClDemand   *demand = into;
	const ClDemand *other = from;

	require_mergeable(demand, other);
	demand->options = other->options;
	demand->parts |= other->parts;
	if (cl_demand_merge(demand, other))
		return;
	if (cl_demand_dated(demand))
		cl_behavior_too_far_apart(&demand->history, cl_behavior_first(&other->history) < cl_behavior_first(&demand->history) ?
								  cl_behavior_first(&other->history) : cl_behavior_last(&other->history));
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("too many months in a demand"),
			 errdetail("Together the demands count more than 2^63."),
			 errhint("Look for a demand that was not built by demand_agg.")));
}

/*
 * What any state obeys, wherever it came from. NULL when it is in order.
 */

static const char *
counts_disorder(int64 n, int64 n_zero, int64 n_censored, int64 n_skipped, double highest_limit)
{
	if (n < 0 || n_zero < 0 || n_censored < 0 || n_skipped < 0)
		return "number of months is negative";
	if (n_zero > n || n_censored > n - n_zero)
		return "numbers of months do not add up";
	if (!(highest_limit >= 0 && highest_limit < INFINITY) || (highest_limit > 0) != (n_censored > 0))
		return "highest limit is out of range";
	return NULL;
}

static bool
within_or_unknown(double value, double lowest, double highest)
{
	return isnan(value) || (value >= lowest && value <= highest);
}

static const char *
posterior_disorder(const ClDemandPosterior *posterior)
{
	if (posterior->status != CL_DEMAND_TAIL && posterior->status < CL_DEMAND_POSTERIOR)
		return "status is not that of an account that leans on its population";
	if (!within_or_unknown(posterior->mu, -1e100, 1e100) || !within_or_unknown(posterior->sigma, 0, 1e100) ||
		!within_or_unknown(posterior->p_zero, 0, 1) || !within_or_unknown(posterior->se_mu, 0, 1e100) ||
		!within_or_unknown(posterior->se_sigma, 0, 1e100) || !within_or_unknown(posterior->se_p_zero, 0, 1e100) ||
		!within_or_unknown(posterior->prior_weight, 0, 1))
		return "posterior is out of range";
	return counts_disorder(posterior->n, posterior->n_zero, posterior->n_censored, posterior->n_skipped,
						   posterior->highest_limit);
}

static const char *
given_disorder(const ClDemand *demand)
{
	const ClDemandModel *model = demand->model;
	const char *wrong = demand->posterior != NULL ? posterior_disorder(demand->posterior) : NULL;
	bool		nothing = demand->posterior != NULL && demand->posterior->status == CL_DEMAND_OUT_OF_SCOPE &&
		model->n_points == 0 && isnan(model->mu) && isnan(model->sigma) && isnan(model->p_zero) && model->ceiling >= 0;

	if (wrong != NULL)
		return wrong;
	if ((demand->basis == CL_DEMAND_NO_BASIS) != (demand->horizon == 0))
		return "basis is said without a horizon, or a horizon without a basis";
	return nothing ? NULL : cl_demand_model_disorder(model);
}

static const char *
options_disorder(const ClDemand *demand)
{
	const ClDemandOptions *options = &demand->options;

	if (options->distribution == CL_DEMAND_QUANTILES)
		return "distribution quantiles has no months";
	if (!(options->tolerance >= 0 && options->tolerance <= 0.5))
		return "tolerance is not between 0 and 0.5";
	if (!(options->ceiling_factor >= 1 && options->ceiling_factor <= CL_DEMAND_MOST_CEILING_FACTOR))
		return "ceiling factor is not between 1 and 1000000";
	if (!(options->ceiling >= 0))
		return "ceiling is below 0";
	if (demand->basis != CL_DEMAND_MONTH || demand->horizon != 1)
		return "basis of months is not one month";
	if (!(demand->highest_balance >= 0 && demand->highest_balance < INFINITY) ||
		!(demand->highest_granted >= 0 && demand->highest_granted < INFINITY))
		return "highest balance or limit is out of range";
	return NULL;
}

const char *
cl_demand_take(ClDemand *demand, const ClBehavior *history)
{
	cl_demand_date(demand);
	(void) cl_behavior_merge(&demand->history, &demand->memory, history);
	return (cl_behavior_known(history) & ~(1 << CL_BEHAVIOR_LIMIT | 1 << CL_BEHAVIOR_BALANCE)) == 0 ? NULL :
		"history of a demand has more than limits and balances";
}

static const char *
dated_disorder(const ClDemand *demand)
{
	ClDemandMonth months[CL_DEMAND_MONTHS];
	int			n = cl_demand_months(demand, months);

	for (int i = 0; i < n; i++)
	{
		if (months[i].balance > demand->highest_balance || months[i].limit > demand->highest_granted)
			return "highest balance or limit is not that of the months";
		if (demand->options.distribution != CL_DEMAND_LOGNORMAL &&
			(months[i].balance > CL_DEMAND_LARGEST || months[i].limit > CL_DEMAND_LARGEST))
			return "amount is too large for the distribution";
	}
	return NULL;
}

static const char *
sums_disorder(const ClDemand *demand)
{
	int64		n = demand->n - demand->n_zero - demand->n_censored;
	cl_int128	most = (cl_int128) n << 62;
	double		mean;

	if (demand->sum > most || demand->sum < -most || (n == 0 && demand->sum != 0))
		return "sums are out of range";
	if (demand->options.distribution != CL_DEMAND_LOGNORMAL && demand->sum < 0)
		return "sum of balances is negative";
	if (demand->options.distribution == CL_DEMAND_GAMMA)
	{
		/* No mean of logarithms lies above the logarithm of a mean. */
		if (demand->log_sum > most || demand->log_sum < -most || (n == 0 && demand->log_sum != 0) ||
			(n > 0 && 1e-12 * (double) demand->log_sum / (double) n >
			 log(1e-6 * (double) demand->sum / (double) n + 1e-6) + 1e-9))
			return "sum contradicts the sum of logarithms";
		return NULL;
	}
	if (demand->squares.high < 0 || demand->squares.high > (cl_int128) n << 60 || (n == 0 && demand->squares.low != 0))
		return "sums are out of range";
	if (cl_demand_spread(demand, &mean) < -1e-3 - 1e-15 * cl_wide_double(&demand->squares))
		return "sum contradicts the sum of squares";
	return NULL;
}

static const char *
cells_disorder(const ClDemand *demand)
{
	int64		n = demand->n_censored;

	for (int i = 0; i < demand->n_cells; i++)
	{
		const ClDemandCell *cell = &demand->cells[i];
		cl_int128	widest = ((cl_int128) 1 << demand->cell_bits) - 1;

		if (cell->n <= 0 || cell->n > n)
			return "numbers of the limits do not add up to that of the censored months";
		if (i > 0 && cell->key <= demand->cells[i - 1].key)
			return "limits are not in ascending order";
		if (cell->key > (CL_DEMAND_LARGEST_POINT - 1) >> demand->cell_bits ||
			cell->key < -CL_DEMAND_LARGEST_POINT >> demand->cell_bits)
			return "limit is out of range";
		if (cell->above < 0 || cell->above > widest * cell->n)
			return "place within a cell of limits is outside of it";
		n -= cell->n;
	}
	return n == 0 ? NULL : "numbers of the limits do not add up to that of the censored months";
}

static const char *
undated_disorder(const ClDemand *demand)
{
	const char *wrong = counts_disorder(demand->n, demand->n_zero, demand->n_censored, demand->n_skipped, demand->highest_limit);

	if (wrong == NULL && (demand->highest_granted < demand->highest_limit || (demand->n > 0 && demand->highest_granted == 0) ||
						  (demand->n > demand->n_zero && demand->highest_balance == 0)))
		wrong = "highest balance or limit is not that of the months";
	if (wrong == NULL)
		wrong = sums_disorder(demand);
	return wrong != NULL ? wrong : cells_disorder(demand);
}

const char *
cl_demand_disorder(const ClDemand *demand)
{
	const char *wrong;

	if (demand->model != NULL)
		return given_disorder(demand);
	wrong = options_disorder(demand);
	return wrong != NULL ? wrong : cl_demand_dated(demand) ? dated_disorder(demand) : undated_disorder(demand);
}

const ClSummary demand_summary = {
	.name = "demand",
	.version = 1,
	.create = create,
	.merge = merge,
	.write = cl_demand_write,
	.transfer = cl_demand_transfer,
	.read = cl_demand_read,
	.print = cl_demand_print,
	.parse = cl_demand_parse,
};

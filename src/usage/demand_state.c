/*
 * demand_state.c
 *	  The state behind the type demand: merging, what it must obey, and its form as bytes.
 */
#include "postgres.h"

#include <math.h>

#include "pg/memory.h"
#include "pg/numeric.h"
#include "usage/demand_state.h"

#define TYPE_NAME "demand"

const char *const cl_demand_distribution_names[] = {"lognormal", "normal", NULL};
const char *const cl_demand_status_names[] = {
	"converged", "few_observations", "no_spread", "one_observation", "all_censored", "never_used", "no_observations",
	"not_converged", "given", NULL
};

static const ClDemandOptions no_options = {CL_DEMAND_LOGNORMAL, -1, 0};

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

ClDemand *
cl_demand_of(const ClDemandModel *model)
{
	ClDemand   *demand = cl_demand_create();

	demand->options.distribution = model->distribution;
	demand->options.tolerance = 0;
	demand->given = true;
	demand->fit = palloc_object(ClDemandFit);
	*demand->fit = (ClDemandFit) {
		/* 0.0 is added here and below so that there is only one zero. */
		.status = CL_DEMAND_GIVEN, .mu = model->mu + 0.0, .sigma = model->sigma + 0.0, .p_zero = model->p_zero + 0.0,
		.se_mu = NAN, .se_sigma = NAN, .se_p_zero = NAN, .loglik = NAN
	};
	return demand;
}

ClDemand *
cl_demand_leaning(const ClDemandModel *model, const ClDemand *known, ClDemandStatus status)
{
	ClDemand   *demand = cl_demand_of(model);

	demand->leans = true;
	demand->fit->status = status;
	demand->n = known->n;
	demand->n_zero = known->n_zero;
	demand->n_censored = known->n_censored;
	demand->n_skipped = known->n_skipped;
	demand->highest_limit = known->highest_limit;
	return demand;
}

ClDemandModel
cl_demand_model(ClDemand *demand)
{
	const ClDemandFit *fit = cl_demand_fit(demand);

	return (ClDemandModel)
	{
		demand->options.distribution, fit->mu, fit->sigma, fit->p_zero
	};
}

ClDemand *
cl_demand_get(Datum value)
{
	return cl_summary_state(&demand_summary, value);
}

static void
merge_error(const char *problem, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s", problem),
			 errdetail("%s", detail),
			 errhint("Build every demand of a rollup by demand_agg with the same options.")));
}

static char *
describe(const ClDemandOptions *options)
{
	return psprintf("%s, tolerance %s, half-life %s", cl_demand_distribution_names[options->distribution],
					cl_float8_string(options->tolerance),
					options->half_life > 0 ? cl_float8_string(options->half_life) : "none");
}

static void
merge(void *into, const void *from)
{
	ClDemand   *demand = into;
	const ClDemand *other = from;

	if (demand->given || other->given)
		merge_error("a demand that was given by its parameters, or leans on another, cannot be merged",
					"It holds no observations.");
	if (!cl_demand_has_options(demand))
		demand->options = other->options;
	if (!cl_demand_same_options(&demand->options, &other->options))
		merge_error("demands of different options cannot be merged",
					psprintf("Found %s; and %s.", describe(&demand->options), describe(&other->options)));
	if (!cl_demand_merge(demand, other))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("too many months in a demand"),
				 errdetail("Together the demands count or weigh more than 2^63 units."),
				 errhint("Look for a demand that was not built by demand_agg.")));
}

/*
 * What any state obeys, wherever it came from. NULL when it is in order.
 */

const char *
cl_demand_options_disorder(const ClDemandOptions *options)
{
	if (!(options->tolerance >= 0 && options->tolerance <= 0.5))
		return "tolerance is not between 0 and 0.5";
	if (!(options->half_life >= 0 && options->half_life <= 1e6) || (options->half_life > 0 && options->half_life < 1e-6))
		return "half-life is not between 1e-6 and 1e6 months";
	return NULL;
}

const char *
cl_demand_model_disorder(const ClDemandModel *model)
{
	if (!isfinite(model->mu) || fabs(model->mu) > 1e100)
		return "mu is not a finite number";
	if (!(model->sigma >= 0 && model->sigma <= 1e100))
		return "sigma is not a finite number from 0 on";
	if (!(model->p_zero >= 0 && model->p_zero <= 1))
		return "p_zero is not between 0 and 1";
	if (model->distribution == CL_DEMAND_NORMAL && model->p_zero != 0)
		return "p_zero of a normal demand, which has its zeros below zero, is not 0";
	return NULL;
}

static const char *
months_disorder(const ClDemand *demand)
{
	if (demand->n < 0 || demand->n_zero < 0 || demand->n_censored < 0 || demand->n_skipped < 0)
		return "number of months is negative";
	if (demand->n_zero > demand->n || demand->n_censored > demand->n - demand->n_zero)
		return "numbers of months do not add up";
	if (isnan(demand->highest_limit) || demand->highest_limit < 0 || isinf(demand->highest_limit) ||
		(demand->highest_limit > 0) != (demand->n_censored > 0))
		return "highest limit is out of range";
	return NULL;
}

const char *
cl_demand_leaning_disorder(const ClDemand *demand)
{
	if (demand->fit->status == CL_DEMAND_GIVEN)
		return "status is not that of observations";
	return months_disorder(demand);
}

static const char *
weights_disorder(const ClDemand *demand)
{
	int64		rest = demand->n;

	if (demand->weight_zero < 0 || demand->weight_censored < 0 || demand->weight_zero > demand->weight ||
		demand->weight_censored > demand->weight - demand->weight_zero)
		return "weights do not add up";
	if (!cl_demand_weighted(demand) && (demand->weight != demand->n || demand->weight_zero != demand->n_zero ||
										demand->weight_censored != demand->n_censored))
		return "months are weighted although there is no half-life";
	rest -= demand->n_zero + demand->n_censored;
	if (demand->weight_zero < demand->n_zero || demand->weight_censored < demand->n_censored ||
		demand->weight - demand->weight_zero - demand->weight_censored < rest ||
		(demand->n_zero == 0) != (demand->weight_zero == 0) || (demand->n_censored == 0) != (demand->weight_censored == 0) ||
		(rest == 0) != (demand->weight == demand->weight_zero + demand->weight_censored))
		return "weights do not agree with the numbers of months";
	return NULL;
}

static const char *
sums_disorder(const ClDemand *demand)
{
	int64		weight = demand->weight - demand->weight_zero - demand->weight_censored;
	cl_int128	most = (cl_int128) weight << 62;
	double		mean;

	if (demand->sum > most || demand->sum < -most || demand->squares.high < 0 ||
		demand->squares.high > (cl_int128) weight << 60 || (weight == 0 && (demand->sum != 0 || demand->squares.low != 0)))
		return "sums are out of range";
	if (demand->options.distribution == CL_DEMAND_NORMAL && demand->sum < 0)
		return "sum of balances is negative";
	if (cl_demand_spread(demand, &mean) < -1e-3 - 1e-15 * cl_wide_double(&demand->squares))
		return "sum contradicts the sum of squares";
	return NULL;
}

static const char *
cells_disorder(const ClDemand *demand)
{
	int64		weight = demand->weight_censored;

	for (int i = 0; i < demand->n_cells; i++)
	{
		const ClDemandCell *cell = &demand->cells[i];
		cl_int128	widest = ((cl_int128) 1 << demand->cell_bits) - 1;

		if (cell->weight <= 0 || cell->weight > weight)
			return "weights of the limits do not add up to that of the censored months";
		if (i > 0 && cell->key <= demand->cells[i - 1].key)
			return "limits are not in ascending order";
		if (cell->key > (CL_DEMAND_LARGEST_POINT - 1) >> demand->cell_bits ||
			cell->key < -CL_DEMAND_LARGEST_POINT >> demand->cell_bits)
			return "limit is out of range";
		if (cell->above < 0 || cell->above > widest * cell->weight)
			return "place within a cell of limits is outside of it";
		weight -= cell->weight;
	}
	return weight == 0 ? NULL : "weights of the limits do not add up to that of the censored months";
}

const char *
cl_demand_disorder(const ClDemand *demand)
{
	const char *wrong = cl_demand_options_disorder(&demand->options);

	if (wrong == NULL)
		wrong = months_disorder(demand);
	if (wrong == NULL)
		wrong = weights_disorder(demand);
	if (wrong == NULL)
		wrong = sums_disorder(demand);
	return wrong != NULL ? wrong : cells_disorder(demand);
}

/*
 * Bytes:
 *		byte	distribution
 *		byte	1: given by parameters, 2: by leaning on another
 *	given:
 *		float8	mu, sigma, p_zero
 *	leaning, besides:
 *		byte	status
 *		int64	n, n_zero, n_censored, n_skipped
 *		float8	highest_limit
 *	else:
 *		float8	tolerance, half_life
 *		int64	n, n_zero, n_censored, n_skipped, weight, weight_zero, weight_censored
 *		float8	highest_limit
 *		int128	sum
 *		int128	squares, and int64 the low part of it
 *		byte	cell_bits
 *		int32	number of cells, then for each, ascending: int64 key, int64 weight, and int128 above if cell_bits > 0
 */
static void
write_cells(StringInfo buf, const ClDemand *demand)
{
	pq_sendbyte(buf, demand->cell_bits);
	pq_sendint32(buf, demand->n_cells);
	for (int i = 0; i < demand->n_cells; i++)
	{
		pq_sendint64(buf, demand->cells[i].key);
		pq_sendint64(buf, demand->cells[i].weight);
		if (demand->cell_bits > 0)
			cl_wire_send_int128(buf, demand->cells[i].above);
	}
}

static void
write_months(StringInfo buf, const ClDemand *demand)
{
	pq_sendint64(buf, demand->n);
	pq_sendint64(buf, demand->n_zero);
	pq_sendint64(buf, demand->n_censored);
	pq_sendint64(buf, demand->n_skipped);
}

static void
read_months(StringInfo buf, ClDemand *demand)
{
	demand->n = pq_getmsgint64(buf);
	demand->n_zero = pq_getmsgint64(buf);
	demand->n_censored = pq_getmsgint64(buf);
	demand->n_skipped = pq_getmsgint64(buf);
}

static void
write_state(StringInfo buf, const void *state)
{
	const ClDemand *demand = state;

	pq_sendbyte(buf, demand->options.distribution);
	pq_sendbyte(buf, demand->given + demand->leans);
	if (demand->given)
	{
		pq_sendfloat8(buf, demand->fit->mu);
		pq_sendfloat8(buf, demand->fit->sigma);
		pq_sendfloat8(buf, demand->fit->p_zero);
		if (demand->leans)
		{
			pq_sendbyte(buf, demand->fit->status);
			write_months(buf, demand);
			pq_sendfloat8(buf, demand->highest_limit);
		}
		return;
	}
	/* Another order of the cells says the same. */
	cl_demand_sort_cells(unconstify(ClDemand *, demand));
	pq_sendfloat8(buf, demand->options.tolerance);
	pq_sendfloat8(buf, demand->options.half_life);
	write_months(buf, demand);
	pq_sendint64(buf, demand->weight);
	pq_sendint64(buf, demand->weight_zero);
	pq_sendint64(buf, demand->weight_censored);
	pq_sendfloat8(buf, demand->highest_limit);
	cl_wire_send_int128(buf, demand->sum);
	cl_wire_send_int128(buf, demand->squares.high);
	pq_sendint64(buf, demand->squares.low);
	write_cells(buf, demand);
}

static void
read_cells(StringInfo buf, ClDemand *demand)
{
	int			n;

	demand->cell_bits = pq_getmsgbyte(buf);
	if (demand->cell_bits > 62)
		cl_wire_invalid(TYPE_NAME, "width of the cells is out of range");
	n = cl_wire_count(buf, TYPE_NAME, CL_DEMAND_CELLS, demand->cell_bits > 0 ? 32 : 16);
	for (int i = 0; i < n; i++)
	{
		int64		key = pq_getmsgint64(buf);
		int64		weight = cl_wire_int64(buf, TYPE_NAME, 1, PG_INT64_MAX, "weight of a limit");

		if (i > 0 && key <= demand->cells[i - 1].key)
			cl_wire_invalid(TYPE_NAME, "limits are not in ascending order");
		cl_demand_add_cell(demand, key, weight, demand->cell_bits > 0 ? cl_wire_int128(buf) : 0);
	}
}

static void *
read_given(StringInfo buf, ClDemandDistribution distribution, bool leans)
{
	ClDemand	months = {0};
	ClDemand   *demand;
	ClDemandModel model;
	const char *wrong;
	int			status;

	model.distribution = distribution;
	model.mu = pq_getmsgfloat8(buf);
	model.sigma = pq_getmsgfloat8(buf);
	model.p_zero = pq_getmsgfloat8(buf);
	wrong = cl_demand_model_disorder(&model);
	if (wrong != NULL)
		cl_wire_invalid(TYPE_NAME, wrong);
	if (!leans)
		return cl_demand_of(&model);
	status = pq_getmsgbyte(buf);
	if (status >= CL_DEMAND_STATUSES)
		cl_wire_invalid(TYPE_NAME, "status is not known");
	read_months(buf, &months);
	months.highest_limit = pq_getmsgfloat8(buf) + 0.0;
	demand = cl_demand_leaning(&model, &months, status);
	wrong = cl_demand_leaning_disorder(demand);
	if (wrong != NULL)
		cl_wire_invalid(TYPE_NAME, wrong);
	return demand;
}

static void *
read_state(StringInfo buf)
{
	ClDemand   *demand;
	int			distribution = pq_getmsgbyte(buf);
	int			given = pq_getmsgbyte(buf);
	const char *wrong;

	if (distribution >= CL_DEMAND_DISTRIBUTIONS || given > 2)
		cl_wire_invalid(TYPE_NAME, "distribution is not known");
	if (given)
		return read_given(buf, distribution, given == 2);
	demand = cl_demand_create();
	demand->options.distribution = distribution;
	demand->options.tolerance = pq_getmsgfloat8(buf) + 0.0;
	demand->options.half_life = pq_getmsgfloat8(buf) + 0.0;
	read_months(buf, demand);
	demand->weight = pq_getmsgint64(buf);
	demand->weight_zero = pq_getmsgint64(buf);
	demand->weight_censored = pq_getmsgint64(buf);
	demand->highest_limit = pq_getmsgfloat8(buf) + 0.0;
	demand->sum = cl_wire_int128(buf);
	demand->squares.high = cl_wire_int128(buf);
	demand->squares.low = (uint64) pq_getmsgint64(buf);
	read_cells(buf, demand);
	wrong = cl_demand_disorder(demand);
	if (wrong != NULL)
		cl_wire_invalid(TYPE_NAME, wrong);
	return demand;
}

const ClSummary demand_summary = {
	.name = TYPE_NAME,
	.version = 1,
	.create = create,
	.merge = merge,
	.write = write_state,
	.read = read_state,
	.print = cl_demand_print,
	.parse = cl_demand_parse,
};

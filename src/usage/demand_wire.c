/*
 * demand_wire.c
 *	  The type demand as bytes.
 */
#include "postgres.h"

#include "usage/behavior_state.h"
#include "usage/demand_state.h"

#define TYPE_NAME "demand"

/*
 * Bytes:
 *		byte	distribution
 *		byte	1: months without dates, 2: with dates, 3: given, 4: posterior; 8 more when of parts (between workers only)
 *		byte	basis, byte horizon
 *	given and posterior:
 *		float8	ceiling; Infinity: none
 *		float8	mu, sigma, p_zero, or of quantiles int32 number of points, then for each float8 probability, float8 quantile
 *	posterior, besides:
 *		byte	status
 *		int64	n, n_zero, n_censored, n_skipped
 *		float8	highest_limit, mu, sigma, p_zero, se_mu, se_sigma, se_p_zero, prior_weight
 *	months:
 *		float8	tolerance, ceiling_factor, ceiling, highest_balance, highest_granted
 *	with dates:
 *		history, as in behavior_state.c
 *	without:
 *		int64	n, n_zero, n_censored, n_skipped
 *		float8	highest_limit
 *		int128	sum
 *		int128	squares, and int64 the low part of it; of gamma only int128 log_sum
 *		byte	cell_bits
 *		int32	number of cells, then for each, ascending: int64 key, int64 n, and int128 above if cell_bits > 0
 */
enum
{
	KIND_UNDATED = 1, KIND_DATED, KIND_GIVEN, KIND_POSTERIOR, KIND_PARTS = 8
};

static void
write_cells(StringInfo buf, const ClDemand *demand)
{
	pq_sendbyte(buf, demand->cell_bits);
	pq_sendint32(buf, demand->n_cells);
	for (int i = 0; i < demand->n_cells; i++)
	{
		pq_sendint64(buf, demand->cells[i].key);
		pq_sendint64(buf, demand->cells[i].n);
		if (demand->cell_bits > 0)
			cl_wire_send_int128(buf, demand->cells[i].above);
	}
}

static void
write_given(StringInfo buf, const ClDemand *demand)
{
	const ClDemandModel *model = demand->model;
	const ClDemandPosterior *posterior = demand->posterior;

	cl_wire_send_float8(buf, model->ceiling);
	if (model->distribution == CL_DEMAND_QUANTILES)
	{
		pq_sendint32(buf, model->n_points);
		for (int i = 0; i < model->n_points; i++)
		{
			cl_wire_send_float8(buf, model->probability[i]);
			cl_wire_send_float8(buf, model->quantile[i]);
		}
	}
	else
	{
		cl_wire_send_float8(buf, model->mu);
		cl_wire_send_float8(buf, model->sigma);
		cl_wire_send_float8(buf, model->p_zero);
	}
	if (posterior == NULL)
		return;
	pq_sendbyte(buf, posterior->status);
	pq_sendint64(buf, posterior->n);
	pq_sendint64(buf, posterior->n_zero);
	pq_sendint64(buf, posterior->n_censored);
	pq_sendint64(buf, posterior->n_skipped);
	cl_wire_send_float8(buf, posterior->highest_limit);
	cl_wire_send_float8(buf, posterior->mu);
	cl_wire_send_float8(buf, posterior->sigma);
	cl_wire_send_float8(buf, posterior->p_zero);
	cl_wire_send_float8(buf, posterior->se_mu);
	cl_wire_send_float8(buf, posterior->se_sigma);
	cl_wire_send_float8(buf, posterior->se_p_zero);
	cl_wire_send_float8(buf, posterior->prior_weight);
}

static void
write_sums(StringInfo buf, const ClDemand *demand)
{
	/* Another order of the cells says the same. */
	cl_demand_sort_cells(unconstify(ClDemand *, demand));
	pq_sendint64(buf, demand->n);
	pq_sendint64(buf, demand->n_zero);
	pq_sendint64(buf, demand->n_censored);
	pq_sendint64(buf, demand->n_skipped);
	cl_wire_send_float8(buf, demand->highest_limit);
	cl_wire_send_int128(buf, demand->sum);
	if (demand->options.distribution == CL_DEMAND_GAMMA)
		cl_wire_send_int128(buf, demand->log_sum);
	else
	{
		cl_wire_send_int128(buf, demand->squares.high);
		pq_sendint64(buf, demand->squares.low);
	}
	write_cells(buf, demand);
}

static void
write_as(StringInfo buf, const ClDemand *demand, int more)
{
	pq_sendbyte(buf, demand->options.distribution);
	pq_sendbyte(buf, more + (demand->posterior != NULL ? KIND_POSTERIOR : demand->model != NULL ? KIND_GIVEN :
							 cl_demand_dated(demand) ? KIND_DATED : KIND_UNDATED));
	pq_sendbyte(buf, demand->basis);
	pq_sendbyte(buf, demand->horizon);
	if (demand->model != NULL)
	{
		write_given(buf, demand);
		return;
	}
	cl_wire_send_float8(buf, demand->options.tolerance);
	cl_wire_send_float8(buf, demand->options.ceiling_factor);
	cl_wire_send_float8(buf, demand->options.ceiling);
	cl_wire_send_float8(buf, demand->highest_balance);
	cl_wire_send_float8(buf, demand->highest_granted);
	if (cl_demand_dated(demand))
		behavior_summary.write(buf, &demand->history);
	else
		write_sums(buf, demand);
}

void
cl_demand_transfer(StringInfo buf, const void *state)
{
	const ClDemand *demand = state;

	write_as(buf, demand, demand->parts ? KIND_PARTS : 0);
}

/* Contradictions travel between workers, and nowhere else: an aggregate has reported them, so these bytes are a stranger's. */
void
cl_demand_write(StringInfo buf, const void *state)
{
	const ClDemand *demand = state;
	int			columns;

	if (cl_demand_dated(demand) && cl_behavior_conflict(&demand->history, &columns) != 0)
		cl_wire_invalid(TYPE_NAME, "history has a month about which rows contradict each other");
	write_as(buf, demand, 0);
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
		int64		months = cl_wire_int64(buf, TYPE_NAME, 1, PG_INT64_MAX, "number of months at a limit");

		if (i > 0 && key <= demand->cells[i - 1].key)
			cl_wire_invalid(TYPE_NAME, "limits are not in ascending order");
		cl_demand_add_cell(demand, key, months, demand->cell_bits > 0 ? cl_wire_int128(buf) : 0);
	}
}

static void
read_sums(StringInfo buf, ClDemand *demand)
{
	demand->n = pq_getmsgint64(buf);
	demand->n_zero = pq_getmsgint64(buf);
	demand->n_censored = pq_getmsgint64(buf);
	demand->n_skipped = pq_getmsgint64(buf);
	demand->highest_limit = pq_getmsgfloat8(buf) + 0.0;
	demand->sum = cl_wire_int128(buf);
	if (demand->options.distribution == CL_DEMAND_GAMMA)
		demand->log_sum = cl_wire_int128(buf);
	else
	{
		demand->squares.high = cl_wire_int128(buf);
		demand->squares.low = (uint64) pq_getmsgint64(buf);
	}
	read_cells(buf, demand);
}

static ClDemand *
read_months(StringInfo buf, ClDemandDistribution distribution, int kind)
{
	ClDemand   *demand = cl_demand_create();

	demand->options.distribution = distribution;
	demand->options.tolerance = pq_getmsgfloat8(buf) + 0.0;
	demand->options.ceiling_factor = pq_getmsgfloat8(buf);
	demand->options.ceiling = pq_getmsgfloat8(buf) + 0.0;
	demand->highest_balance = pq_getmsgfloat8(buf) + 0.0;
	demand->highest_granted = pq_getmsgfloat8(buf) + 0.0;
	if (kind == KIND_DATED)
	{
		ClBehavior *history = behavior_summary.read(buf);
		const char *wrong = cl_demand_take(demand, history);

		if (wrong != NULL)
			cl_wire_invalid(TYPE_NAME, wrong);
		cl_behavior_free(history, &demand->memory);
	}
	else
		read_sums(buf, demand);
	return demand;
}

static ClDemand *
read_given(StringInfo buf, ClDemandDistribution distribution, int kind)
{
	ClDemandModel model = {.distribution = distribution};
	ClDemandPosterior posterior;

	model.ceiling = pq_getmsgfloat8(buf);
	if (distribution == CL_DEMAND_QUANTILES)
	{
		double	   *points;

		model.n_points = cl_wire_count(buf, TYPE_NAME, CL_DEMAND_MOST_POINTS, 2 * sizeof(double));
		points = palloc_array(double, 2 * model.n_points + 1);
		for (int i = 0; i < model.n_points; i++)
		{
			points[i] = pq_getmsgfloat8(buf);
			points[model.n_points + i] = pq_getmsgfloat8(buf);
		}
		model.probability = points;
		model.quantile = points + model.n_points;
	}
	else
	{
		model.mu = pq_getmsgfloat8(buf);
		model.sigma = pq_getmsgfloat8(buf);
		model.p_zero = pq_getmsgfloat8(buf);
	}
	if (kind == KIND_GIVEN)
		return cl_demand_of(&model, CL_DEMAND_NO_BASIS, 0);
	posterior.status = pq_getmsgbyte(buf);
	if (posterior.status >= CL_DEMAND_STATUSES)
		cl_wire_invalid(TYPE_NAME, "status is not known");
	posterior.n = pq_getmsgint64(buf);
	posterior.n_zero = pq_getmsgint64(buf);
	posterior.n_censored = pq_getmsgint64(buf);
	posterior.n_skipped = pq_getmsgint64(buf);
	posterior.highest_limit = pq_getmsgfloat8(buf);
	posterior.mu = pq_getmsgfloat8(buf);
	posterior.sigma = pq_getmsgfloat8(buf);
	posterior.p_zero = pq_getmsgfloat8(buf);
	posterior.se_mu = pq_getmsgfloat8(buf);
	posterior.se_sigma = pq_getmsgfloat8(buf);
	posterior.se_p_zero = pq_getmsgfloat8(buf);
	posterior.prior_weight = pq_getmsgfloat8(buf);
	return cl_demand_of_posterior(&model, &posterior, CL_DEMAND_NO_BASIS, 0);
}

void *
cl_demand_read(StringInfo buf)
{
	ClDemand   *demand;
	int			distribution = pq_getmsgbyte(buf);
	int			kind = pq_getmsgbyte(buf);
	int			basis = pq_getmsgbyte(buf);
	int			horizon = pq_getmsgbyte(buf);
	bool		parts = (kind & KIND_PARTS) != 0;
	const char *wrong;

	kind &= ~KIND_PARTS;
	if (distribution >= CL_DEMAND_DISTRIBUTIONS || kind < KIND_UNDATED || kind > KIND_POSTERIOR)
		cl_wire_invalid(TYPE_NAME, "distribution is not known");
	if (basis >= CL_DEMAND_BASES || horizon > CL_DEMAND_MOST_HORIZON)
		cl_wire_invalid(TYPE_NAME, "basis or horizon is out of range");
	demand = kind <= KIND_DATED ? read_months(buf, distribution, kind) : read_given(buf, distribution, kind);
	demand->basis = basis;
	demand->horizon = horizon;
	demand->parts = parts;
	wrong = cl_demand_disorder(demand);
	if (wrong != NULL)
		cl_wire_invalid(TYPE_NAME, wrong);
	return demand;
}

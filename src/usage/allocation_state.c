/*
 * allocation_state.c
 *	  The state behind the type allocation_step: merging, and its three forms (bytes, JSON, memory).
 */
#include "postgres.h"

#include <math.h>

#include "pg/exact_sum.h"
#include "usage/allocation_state.h"
#include "usage/demand_state.h"

#include "utils/builtins.h"

#define TYPE_NAME "allocation_step"

/* Without budgets until the first row says which there are. */
static void *
create(void)
{
	return palloc0_object(ClAllocationSums);
}

static bool
is_same(const ClAllocationSums *sums, const double *price, int n, const double *factor, int n_scenarios)
{
	int			n_budgets = n - n_scenarios;
	bool		same = n_budgets == sums->n_budgets && n_scenarios == sums->scenarios.n;

	for (int k = 0; k < n_budgets && same; k++)
		same = sums->price[k] == price[k];
	for (int s = 0; s < n_scenarios && same; s++)
	{
		const ClScenario *scenario = &sums->scenarios.scenario[s];

		same = sums->scenarios.weight[s] == price[n_budgets + s] && scenario->pd == factor[3 * s] &&
			scenario->lgd == factor[3 * s + 1] && scenario->demand == factor[3 * s + 2];
	}
	return same;
}

/* What is wrong with scenarios from outside, or NULL. */
static const char *
scenarios_disorder(const ClScenarios *all)
{
	double		sum = 0;

	for (int s = 0; s < all->n; s++)
	{
		const ClScenario *scenario = &all->scenario[s];

		if (!(scenario->pd >= 0 && scenario->pd <= CL_MOST_FACTOR && scenario->lgd >= 0 && scenario->lgd <= CL_MOST_FACTOR &&
			  scenario->demand >= CL_LEAST_DEMAND_FACTOR && scenario->demand <= CL_MOST_FACTOR))
			return "factors of PD and LGD must be between 0 and 1000, and that of demand between 0.001 and 1000";
		if (!(all->weight[s] >= 0))
			return "weights must not be negative";
		sum += all->weight[s];
	}
	return all->n == 0 || fabs(sum - 1) <= 1e-9 ? NULL : "weights must add up to 1";
}

void
cl_allocation_require_prices(ClAllocationSums *sums, const double *price, int n, const double *factor, int n_scenarios)
{
	int			n_budgets = n - n_scenarios;
	const char *wrong;

	if (is_same(sums, price, n, factor, n_scenarios))
		return;
	if (n_budgets < 1 || n > CL_ALLOCATION_MOST_BUDGETS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("prices must be those of 1 to %d budgets", CL_ALLOCATION_MOST_BUDGETS),
				 n_scenarios == 0 ? errdetail("Found an array of %d.", n) :
				 errdetail("Found an array of %d, of which the last %d are weights of scenarios; both count.", n, n_scenarios),
				 errhint("Prices, uses and draws have an element for each budget.")));
	if (sums->n_budgets > 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("prices must be the same for all accounts"),
				 errdetail("Two rows, or two summaries, are of different prices."),
				 errhint("Sums at other prices are another summary: group by them.")));
	for (int k = 0; k < n_budgets; k++)
	{
		if (!(price[k] >= 0 && price[k] <= CL_ALLOCATION_LARGEST_PRICE))
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("price of a budget must be between 0 and 1e15"),
					 errdetail("Found %g for budget %d.", price[k], k + 1),
					 errhint("A budget that does not bind has the price 0.")));
		sums->price[k] = price[k] + 0.0;
	}
	sums->scenarios.n = n_scenarios;
	for (int s = 0; s < n_scenarios; s++)
	{
		sums->scenarios.scenario[s] = (ClScenario) {factor[3 * s] + 0.0, factor[3 * s + 1] + 0.0, factor[3 * s + 2]};
		sums->scenarios.weight[s] = price[n_budgets + s] + 0.0;
	}
	wrong = scenarios_disorder(&sums->scenarios);
	if (wrong != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("scenarios cannot be weighed"),
				 errdetail("Their %s.", wrong),
				 errhint("A factor of 1 is what is expected; weights follow the prices of the budgets.")));
	sums->n_budgets = n_budgets;
}

static void
require_terms_of(ClAllocationSums *sums, const ClAllocationSums *other)
{
	const ClScenarios *all = &other->scenarios;
	double		point[CL_ALLOCATION_MOST_BUDGETS];
	double		factor[3 * CL_ALLOCATION_MOST_BUDGETS];

	memcpy(point, other->price, other->n_budgets * sizeof(double));
	for (int s = 0; s < all->n; s++)
	{
		point[other->n_budgets + s] = all->weight[s];
		factor[3 * s] = all->scenario[s].pd;
		factor[3 * s + 1] = all->scenario[s].lgd;
		factor[3 * s + 2] = all->scenario[s].demand;
	}
	cl_allocation_require_prices(sums, point, other->n_budgets + all->n, factor, all->n);
}

static void
merge(void *into, const void *from)
{
	ClAllocationSums *state = into;
	const ClAllocationSums *other = from;

	if (other->n_budgets > 0)
		require_terms_of(state, other);
	if (state->n > CL_ALLOCATION_MOST_ROWS - other->n)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("too many accounts in an %s", TYPE_NAME),
				 errdetail("Together the summaries count more than " INT64_FORMAT ".", CL_ALLOCATION_MOST_ROWS),
				 errhint("Look for a summary that was not built by allocation_step_agg.")));
	{
		int64		skipped = cl_skipped_sum(state->n_skipped, other->n_skipped);

		cl_allocation_merge(state, other);
		state->n_skipped = skipped;
	}
}

/* Whose it is, for a message; NULL: a row that does not say. */
static const char *
whose(const int64 *account_id)
{
	return account_id != NULL ? psprintf("account " INT64_FORMAT, *account_id) : "an account";
}

void
cl_allocation_require_order(const ClAllocationAccount *account, int n_budgets, const int64 *account_id)
{
	const char *wrong = cl_allocation_disorder(account, n_budgets);
	StringInfoData uses;

	if (wrong == NULL)
		return;
	initStringInfo(&uses);
	for (int k = 0; k < n_budgets; k++)
		appendStringInfo(&uses, ", use %g and draw %g of budget %d", account->use[k], account->draw[k], k + 1);
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("%s cannot be allocated a limit: its %s", whose(account_id), wrong),
			 errdetail("margin %g, carry %g, floor %g, cap %g%s.", account->economics.margin, account->economics.carry,
					   account->floor, account->cap, uses.data),
			 errhint("Margin and carry are fractions of a unit per year (unit_economics); a use is per unit of limit.")));
}

void
cl_allocation_require_lognormal(const ClDemandModel *model, const int64 *account_id)
{
	const char *wrong = cl_demand_model_disorder(model);

	if (wrong != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s has an invalid demand: its %s", whose(account_id), wrong),
				 errdetail("mu %g, sigma %g, p_zero %g.", model->mu, model->sigma, model->p_zero),
				 errhint("Use NULL for a demand that is not known.")));
}

int
cl_allocation_demand(Datum value, ClDemandModel *model)
{
	ClDemand   *demand = cl_demand_get(value);

	if (demand->basis != CL_DEMAND_NO_BASIS && demand->basis != CL_DEMAND_MIXTURE)
		cl_demand_require_basis(value, cstring_to_text(cl_demand_basis_names[CL_DEMAND_MIXTURE]));
	*model = cl_demand_model(demand);
	return demand->horizon;
}

/*
 * All sums, in order of the bytes and of the JSON
 */
static int
list_sums(ClAllocationSums *state, ClExactSum **sum)
{
	int			n = 0;

	sum[n++] = &state->limit;
	sum[n++] = &state->draw;
	sum[n++] = &state->profit;
	sum[n++] = &state->forgone;
	sum[n++] = &state->turnover;
	for (int k = 0; k < state->n_budgets; k++)
		sum[n++] = &state->use[k];
	for (int k = 0; k < state->n_budgets; k++)
		sum[n++] = &state->floor_use[k];
	for (int k = 0; k < state->scenarios.n; k++)
		sum[n++] = &state->outcome[k];
	for (int k = 0; k < CL_ALLOCATION_SLOPE(state->n_budgets + state->scenarios.n, 0); k++)
		sum[n++] = &state->slope[k];
	for (int k = 0; k < CL_ALLOCATION_SLOPE(state->n_budgets, 0); k++)
		sum[n++] = &state->dropping[k];
	for (int k = 0; k < CL_ALLOCATION_SLOPE(state->n_budgets, 0); k++)
		sum[n++] = &state->product[k];
	return n;
}

#define MOST_SUMS (5 + 2 * CL_ALLOCATION_MOST_BUDGETS + 3 * CL_ALLOCATION_SLOPES)
#define LARGEST_ADDEND 0x1p61

/* What contradicts itself in a value from outside, or NULL. */
static const char *
disorder(ClAllocationSums *state)
{
	ClExactSum *sum[MOST_SUMS];
	int			n_sums = list_sums(state, sum);
	double		largest = (double) (state->n - state->n_endless) * LARGEST_ADDEND;

	if (state->n_endless > state->n || state->n_at_floor > state->n || state->n_at_cap > state->n)
		return "number of accounts is smaller than that of some of them";
	if (state->n_budgets == 0 && (state->n > 0 || state->scenarios.n > 0))
		return "accounts are there without a budget";
	if (scenarios_disorder(&state->scenarios) != NULL)
		return scenarios_disorder(&state->scenarios);
	if (state->shortest_horizon > state->longest_horizon || (state->shortest_horizon == 0) != (state->longest_horizon == 0))
		return "horizons contradict each other";
	for (int k = 0; k < state->n_budgets; k++)
	{
		if (!(state->price[k] >= 0 && state->price[k] <= CL_ALLOCATION_LARGEST_PRICE))
			return "price is out of range";
		if (state->use[k].high < 0 || state->floor_use[k].high < 0 || state->slope[CL_ALLOCATION_SLOPE(k, k)].high < 0 ||
			state->product[CL_ALLOCATION_SLOPE(k, k)].high < 0 ||
			state->floor_use[k].high > (double) state->n * LARGEST_ADDEND)
			return "use of a budget is out of range";
	}
	for (int i = 0; i < n_sums; i++)
	{
		bool		of_floor = i >= 5 + state->n_budgets && i < 5 + 2 * state->n_budgets;

		if (!of_floor && !(fabs(sum[i]->high) <= largest))
			return "sum is larger than its addends can make it";
	}
	if (state->limit.high < 0 || state->draw.high < 0 || state->draw.high > state->limit.high || state->forgone.high < 0 ||
		state->turnover.high < 0)
		return "sums of limits and draws contradict each other";
	return NULL;
}

/*
 * Bytes: int64 n, n_skipped, n_endless, n_at_floor, n_at_cap, checksum; byte shortest and longest horizon; int32 number of
 * budgets; float8 price of each; int32 number of scenarios; float8 pd, lgd, demand and weight of each; exact sums
 * (pg/exact_sum.h) of limit, draw, profit, forgone, turnover, use of each, use of the floors of each, outcome of each scenario,
 * slopes, what these lack of other accounts, products of uses.
 */
static void
write_state(StringInfo buf, const void *data)
{
	ClAllocationSums state = *(const ClAllocationSums *) data;
	ClExactSum *sum[MOST_SUMS];
	int			n_sums = list_sums(&state, sum);

	pq_sendint64(buf, state.n);
	pq_sendint64(buf, state.n_skipped);
	pq_sendint64(buf, state.n_endless);
	pq_sendint64(buf, state.n_at_floor);
	pq_sendint64(buf, state.n_at_cap);
	pq_sendint64(buf, state.checksum);
	pq_sendbyte(buf, state.shortest_horizon);
	pq_sendbyte(buf, state.longest_horizon);
	pq_sendint32(buf, state.n_budgets);
	for (int k = 0; k < state.n_budgets; k++)
		pq_sendfloat8(buf, state.price[k]);
	pq_sendint32(buf, state.scenarios.n);
	for (int s = 0; s < state.scenarios.n; s++)
	{
		pq_sendfloat8(buf, state.scenarios.scenario[s].pd);
		pq_sendfloat8(buf, state.scenarios.scenario[s].lgd);
		pq_sendfloat8(buf, state.scenarios.scenario[s].demand);
		pq_sendfloat8(buf, state.scenarios.weight[s]);
	}
	for (int i = 0; i < n_sums; i++)
		cl_exact_sum_send(buf, sum[i]);
}

static void *
read_state(StringInfo buf)
{
	ClAllocationSums *state = create();
	ClExactSum *sum[MOST_SUMS];
	int			n_sums;
	const char *wrong;

	state->n = cl_wire_int64(buf, TYPE_NAME, 0, CL_ALLOCATION_MOST_ROWS, "number of accounts");
	state->n_skipped = cl_wire_int64(buf, TYPE_NAME, 0, PG_INT64_MAX, "number of rows left out");
	state->n_endless = cl_wire_int64(buf, TYPE_NAME, 0, CL_ALLOCATION_MOST_ROWS, "number of accounts without an end");
	state->n_at_floor = cl_wire_int64(buf, TYPE_NAME, 0, CL_ALLOCATION_MOST_ROWS, "number of accounts at their floor");
	state->n_at_cap = cl_wire_int64(buf, TYPE_NAME, 0, CL_ALLOCATION_MOST_ROWS, "number of accounts at their cap");
	state->checksum = pq_getmsgint64(buf);
	state->shortest_horizon = pq_getmsgbyte(buf);
	state->longest_horizon = pq_getmsgbyte(buf);
	if (state->longest_horizon > CL_DEMAND_MOST_HORIZON)
		cl_wire_invalid(TYPE_NAME, "horizon is out of range");
	state->n_budgets = cl_wire_count(buf, TYPE_NAME, CL_ALLOCATION_MOST_BUDGETS, 8 + 2 * CL_EXACT_SUM_LEAST_SIZE);
	for (int k = 0; k < state->n_budgets; k++)
		state->price[k] = pq_getmsgfloat8(buf) + 0.0;
	state->scenarios.n = cl_wire_count(buf, TYPE_NAME, CL_ALLOCATION_MOST_BUDGETS - state->n_budgets,
									   32 + CL_EXACT_SUM_LEAST_SIZE);
	for (int s = 0; s < state->scenarios.n; s++)
	{
		state->scenarios.scenario[s].pd = pq_getmsgfloat8(buf) + 0.0;
		state->scenarios.scenario[s].lgd = pq_getmsgfloat8(buf) + 0.0;
		state->scenarios.scenario[s].demand = pq_getmsgfloat8(buf) + 0.0;
		state->scenarios.weight[s] = pq_getmsgfloat8(buf) + 0.0;
	}
	n_sums = list_sums(state, sum);
	for (int i = 0; i < n_sums; i++)
		*sum[i] = cl_exact_sum_receive(buf, TYPE_NAME, "sum");
	wrong = disorder(state);
	if (wrong != NULL)
		cl_wire_invalid(TYPE_NAME, wrong);
	return state;
}

/*
 * JSON:
 *		{"version": 1, "n": 2, "n_skipped": 0, "n_endless": 0, "n_at_floor": 0, "n_at_cap": 1, "checksum": 5577006791947779410,
 *		 "horizons": [12, 12], "prices": [0.031], "credit_limit": 9000, "draw": 5000, "profit": 400, "forgone": 0, "turnover":
 *		 700, "uses": [9000], "floor_uses": [0], "slopes": [80000], "dropping": [0], "products": [38.6]}
 *
 * Where there are scenarios, also "scenarios": [[1, 1, 1], [2, 1.1, 1.3]], the factors of PD, LGD and demand, "weights":
 * [0.4, 0.6] and "outcomes": [400, -20]. Sums are exact (pg/exact_sum.h); slopes are those of use k by price l <= k, with the
 * sign turned: (1,1), (2,1), (2,2), (3,1) ...; dropping is what is to be added to them for
 * what other accounts would do, and products are sums of use k times use l in the same order, over 2^20.
 */
static const char *const json_keys[] = {"version", "n", "n_skipped", "n_endless", "n_at_floor", "n_at_cap", "checksum",
	"horizons", "prices", "credit_limit", "draw", "profit", "forgone", "turnover", "uses", "floor_uses", "slopes",
	"dropping", "products", "scenarios", "weights", "outcomes", NULL};

static void
print_sums(StringInfo out, const char *key, const ClExactSum *sum, int n)
{
	appendStringInfo(out, ", \"%s\": [", key);
	for (int i = 0; i < n; i++)
	{
		if (i > 0)
			appendStringInfoString(out, ", ");
		cl_exact_sum_print(out, &sum[i]);
	}
	appendStringInfoChar(out, ']');
}

static void
print_sum(StringInfo out, const char *key, const ClExactSum *sum)
{
	appendStringInfo(out, ", \"%s\": ", key);
	cl_exact_sum_print(out, sum);
}

static void
print_scenarios(StringInfo out, const ClAllocationSums *state)
{
	const ClScenarios *all = &state->scenarios;

	for (int s = 0; s < all->n; s++)
	{
		appendStringInfoString(out, s > 0 ? ", [" : ", \"scenarios\": [[");
		cl_json_put_float8(out, all->scenario[s].pd);
		appendStringInfoString(out, ", ");
		cl_json_put_float8(out, all->scenario[s].lgd);
		appendStringInfoString(out, ", ");
		cl_json_put_float8(out, all->scenario[s].demand);
		appendStringInfoChar(out, ']');
	}
	for (int s = 0; s < all->n; s++)
	{
		appendStringInfoString(out, s > 0 ? ", " : "], \"weights\": [");
		cl_json_put_float8(out, all->weight[s]);
	}
	appendStringInfoChar(out, ']');
	print_sums(out, "outcomes", state->outcome, all->n);
}

static void
print(StringInfo out, const void *data)
{
	const ClAllocationSums *state = data;

	appendStringInfo(out, "{\"version\": %d, \"n\": " INT64_FORMAT ", \"n_skipped\": " INT64_FORMAT
					 ", \"n_endless\": " INT64_FORMAT
					 ", \"n_at_floor\": " INT64_FORMAT ", \"n_at_cap\": " INT64_FORMAT ", \"checksum\": " INT64_FORMAT
					 ", \"horizons\": [%d, %d], \"prices\": [",
					 allocation_step_summary.version, state->n, state->n_skipped, state->n_endless, state->n_at_floor,
					 state->n_at_cap, (int64) state->checksum, state->shortest_horizon, state->longest_horizon);
	for (int k = 0; k < state->n_budgets; k++)
	{
		if (k > 0)
			appendStringInfoString(out, ", ");
		cl_json_put_float8(out, state->price[k]);
	}
	appendStringInfoChar(out, ']');
	print_sum(out, "credit_limit", &state->limit);
	print_sum(out, "draw", &state->draw);
	print_sum(out, "profit", &state->profit);
	print_sum(out, "forgone", &state->forgone);
	print_sum(out, "turnover", &state->turnover);
	print_sums(out, "uses", state->use, state->n_budgets);
	print_sums(out, "floor_uses", state->floor_use, state->n_budgets);
	print_sums(out, "slopes", state->slope, CL_ALLOCATION_SLOPE(state->n_budgets + state->scenarios.n, 0));
	print_sums(out, "dropping", state->dropping, CL_ALLOCATION_SLOPE(state->n_budgets, 0));
	print_sums(out, "products", state->product, CL_ALLOCATION_SLOPE(state->n_budgets, 0));
	if (state->scenarios.n > 0)
		print_scenarios(out, state);
	appendStringInfoChar(out, '}');
}

static int64
parse_count(const ClJson *object, const char *key, int64 lowest, int64 highest)
{
	ClJson		node;

	cl_json_require(object, key, &node);
	return cl_json_decimal(&node, 0, lowest, highest);
}

static ClExactSum
parse_sum(const ClJson *node)
{
	return cl_exact_sum_parse(node, -1e300, 1e300);
}

static ClExactSum
parse_key(const ClJson *object, const char *key)
{
	ClJson		node;

	cl_json_require(object, key, &node);
	return parse_sum(&node);
}

static void
parse_sums(const ClJson *object, const char *key, ClExactSum *sum, int n)
{
	ClJson		array;
	ClJson		node;

	cl_json_require(object, key, &array);
	(void) cl_json_array(&array, n, n);
	for (int i = 0; i < n; i++)
	{
		cl_json_item(&array, i, &node);
		sum[i] = parse_sum(&node);
	}
}

static void
parse_prices(const ClJson *object, ClAllocationSums *state)
{
	ClJson		array;
	ClJson		node;

	cl_json_require(object, "prices", &array);
	state->n_budgets = cl_json_array(&array, 0, CL_ALLOCATION_MOST_BUDGETS);
	for (int k = 0; k < state->n_budgets; k++)
	{
		cl_json_item(&array, k, &node);
		state->price[k] = cl_json_float8(&node, 0, CL_ALLOCATION_LARGEST_PRICE) + 0.0;
	}
}

static double
parse_item(const ClJson *array, int index, double lowest, double highest)
{
	ClJson		node;

	cl_json_item(array, index, &node);
	return cl_json_float8(&node, lowest, highest) + 0.0;
}

static void
parse_scenarios(const ClJson *object, ClAllocationSums *state)
{
	ClScenarios *all = &state->scenarios;
	ClJson		array;
	ClJson		weights;

	if (!cl_json_get(object, "scenarios", &array))
		return;
	all->n = cl_json_array(&array, 1, CL_ALLOCATION_MOST_BUDGETS - state->n_budgets);
	cl_json_require(object, "weights", &weights);
	(void) cl_json_array(&weights, all->n, all->n);
	for (int s = 0; s < all->n; s++)
	{
		ClJson		factors;

		cl_json_item(&array, s, &factors);
		(void) cl_json_array(&factors, 3, 3);
		all->scenario[s].pd = parse_item(&factors, 0, 0, CL_MOST_FACTOR);
		all->scenario[s].lgd = parse_item(&factors, 1, 0, CL_MOST_FACTOR);
		all->scenario[s].demand = parse_item(&factors, 2, CL_LEAST_DEMAND_FACTOR, CL_MOST_FACTOR);
		all->weight[s] = parse_item(&weights, s, 0, 1);
	}
	parse_sums(object, "outcomes", state->outcome, all->n);
}

static void
parse_horizons(const ClJson *object, ClAllocationSums *state)
{
	ClJson		array;
	ClJson		node;

	cl_json_require(object, "horizons", &array);
	(void) cl_json_array(&array, 2, 2);
	cl_json_item(&array, 0, &node);
	state->shortest_horizon = cl_json_int(&node, 0, CL_DEMAND_MOST_HORIZON);
	cl_json_item(&array, 1, &node);
	state->longest_horizon = cl_json_int(&node, 0, CL_DEMAND_MOST_HORIZON);
}

static void *
parse(const ClJson *document)
{
	ClAllocationSums *state = create();
	const char *wrong;

	cl_json_object(document, json_keys);
	(void) parse_count(document, "version", allocation_step_summary.version, allocation_step_summary.version);
	state->n = parse_count(document, "n", 0, CL_ALLOCATION_MOST_ROWS);
	state->n_skipped = parse_count(document, "n_skipped", 0, PG_INT64_MAX);
	state->n_endless = parse_count(document, "n_endless", 0, CL_ALLOCATION_MOST_ROWS);
	state->n_at_floor = parse_count(document, "n_at_floor", 0, CL_ALLOCATION_MOST_ROWS);
	state->n_at_cap = parse_count(document, "n_at_cap", 0, CL_ALLOCATION_MOST_ROWS);
	state->checksum = parse_count(document, "checksum", PG_INT64_MIN, PG_INT64_MAX);
	parse_horizons(document, state);
	parse_prices(document, state);
	state->limit = parse_key(document, "credit_limit");
	state->draw = parse_key(document, "draw");
	state->profit = parse_key(document, "profit");
	state->forgone = parse_key(document, "forgone");
	state->turnover = parse_key(document, "turnover");
	parse_sums(document, "uses", state->use, state->n_budgets);
	parse_sums(document, "floor_uses", state->floor_use, state->n_budgets);
	parse_scenarios(document, state);
	parse_sums(document, "slopes", state->slope, CL_ALLOCATION_SLOPE(state->n_budgets + state->scenarios.n, 0));
	parse_sums(document, "dropping", state->dropping, CL_ALLOCATION_SLOPE(state->n_budgets, 0));
	parse_sums(document, "products", state->product, CL_ALLOCATION_SLOPE(state->n_budgets, 0));
	wrong = disorder(state);
	if (wrong != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid %s: it contradicts itself", TYPE_NAME),
				 errdetail("The %s.", wrong),
				 errhint("Build the value with allocation_step_agg.")));
	return state;
}

const ClSummary allocation_step_summary = {
	.name = TYPE_NAME,
	.version = 1,
	.create = create,
	.merge = merge,
	.write = write_state,
	.read = read_state,
	.print = print,
	.parse = parse,
};

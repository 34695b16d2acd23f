/*
 * action_price.c
 *	  The prices of budgets at which accounts choose among actions: see action_price.h.
 */
#include "core/action_price.h"

#include <math.h>
#include <string.h>

#include "core/linear_program.h"

#define INTERRUPT_EVERY 4096
#define MOST_PASSES 2000
#define TOLERANCE 1e-10			/* of the bound less the model, relative to the size of the bound */
#define CONVERGED 1e-9
#define NEGLIGIBLE 1e-12
#define LEXICOGRAPHIC 1e-11		/* prices whose bound is so close to the least count as optimal */

/* A pass in doubles, in minor units of value and use. */
typedef struct Pass
{
	double		value;
	double		use[CL_ACTION_BUDGETS];
	double		bound;
} Pass;

typedef struct Search
{
	const ClActions *actions;
	int			n;				/* budgets */
	int			passes;
	double		capacity[CL_ACTION_BUDGETS];
	Pass		first;			/* of the first actions */
	double		value_scale;
	double		use_scale[CL_ACTION_BUDGETS];
	ClLinearProgram lp;
	bool		has_lp;
	double		price[CL_ACTION_BUDGETS];	/* of the least bound so far, in minor units */
	double		bound;
	double		model;
} Search;

static void
interrupts(const ClActions *actions, size_t i)
{
	if (i % INTERRUPT_EVERY == 0)
		actions->memory->check_for_interrupts();
}

/* ---- The search ---- */

static double
bound_of(const Search *search, const Pass *pass, const double *price)
{
	double		bound = pass->value;

	for (int k = 0; k < search->n; k++)
		bound += price[k] * (search->capacity[k] - pass->use[k]);
	return bound;
}

/* The model learns what a pass found: a column of value and use beyond those of the first actions. */
static void
learn(Search *search, const Pass *pass)
{
	double		use[CL_LP_ROWS];

	for (int k = 0; k < search->n; k++)
		use[k] = (pass->use[k] - search->first.use[k]) / search->use_scale[k];
	use[search->n] = 1;
	cl_lp_add(&search->lp, (pass->value - search->first.value) / search->value_scale, use);
}

/* What every account chooses at these prices. */
static void
evaluate(Search *search, const double *price, Pass *pass)
{
	const ClActions *actions = search->actions;
	int			width = 1 + actions->budgets;
	ClActionTotals totals = {.value = 0};

	search->passes++;
	for (size_t i = 0; i < actions->accounts; i++)
	{
		size_t		best = actions->first[i];
		double		most = -INFINITY;

		interrupts(actions, i);
		for (size_t row = best; row < actions->first[i + 1]; row++)
		{
			const int64_t *amount = &actions->amount[row * width];
			double		worth = (double) amount[0];

			for (int k = 0; k < width - 1; k++)
				worth -= price[k] * (double) amount[1 + k];
			if (worth > most)
			{
				most = worth;
				best = row;
			}
		}
		cl_actions_add(actions, best, 1, &totals);
	}
	pass->value = (double) totals.value;
	for (int k = 0; k < search->n; k++)
		pass->use[k] = (double) totals.use[k];
	pass->bound = bound_of(search, pass, price);
	if (pass->bound < search->bound)
	{
		search->bound = pass->bound;
		memcpy(search->price, price, search->n * sizeof(double));
	}
	if (search->has_lp)
		learn(search, pass);
}

/* A bound that cancels to nothing is known no better than what it is made of. */
static double
bound_size(const Search *search)
{
	return fmax(fabs(search->bound), 1e-3 * search->value_scale);
}

/*
 * The least bound along one price, the others fixed: it is convex, so the lines through a point below and one above meet below
 * its least value. When the bound there is where they meet, it is the least, and the least such price. Some steps only, or to the
 * end.
 */
static double
search_along(Search *search, double *price, int k, int steps)
{
	double		low = 0;
	double		high = price[k];
	double		guess;
	Pass		below;
	Pass		above;
	Pass		pass;

	price[k] = 0;
	evaluate(search, price, &below);
	if (below.use[k] <= search->capacity[k])
		return below.bound;
	guess = (below.value - search->first.value) / fmax(1, below.use[k] - search->first.use[k]);
	high = high > 0 ? high : guess > 0 ? guess : 1e-9;
	for (int i = 0;; i++)
	{
		price[k] = high;
		evaluate(search, price, &above);
		if (above.use[k] <= search->capacity[k] || i > 1000)
			break;
		below = above;
		low = high;
		high *= i < 3 ? 2 : 16;
	}
	for (int i = 0; i < steps; i++)
	{
		double		slope_low = search->capacity[k] - below.use[k];
		double		slope_high = search->capacity[k] - above.use[k];
		double		meet = low + (above.bound - below.bound - slope_high * (high - low)) / (slope_low - slope_high);
		double		least = below.bound + slope_low * (meet - low);
		/* Every third step halves what is left, in case that lines meet close to an end again and again. */
		bool		halve = i % 3 == 2 && meet - low > 1e-9 * high && high - meet > 1e-9 * high;

		search->model = least;
		price[k] = halve ? (low + high) / 2 : fmin(fmax(meet, low), high);
		evaluate(search, price, &pass);
		if (!halve && pass.bound <= least + 1e-15 * fabs(least))
			return least;
		if (price[k] <= low || price[k] >= high)
			break;
		if (pass.use[k] > search->capacity[k])
		{
			low = price[k];
			below = pass;
		}
		else
		{
			high = price[k];
			above = pass;
		}
	}
	price[k] = high;
	return search->model;
}

/*
 * Several budgets. The model is the best mixture of the choices of earlier passes that fits, and its prices are asked next: alone
 * they would jump, so they are moved towards the best that were found, unless that taught nothing.
 */
static void
model_prices(const Search *search, double *price)
{
	for (int k = 0; k < search->n; k++)
		price[k] = fmax(0, search->lp.price[k]) * search->value_scale / search->use_scale[k];
}

static void
cutting_planes(Search *search)
{
	double		hold = 0.6;
	int			idle = 0;

	while (search->passes < MOST_PASSES)
	{
		double		asked[CL_ACTION_BUDGETS];
		double		price[CL_ACTION_BUDGETS];
		double		share = fmax(0, 1 - (1 + idle) * (1 - hold));
		double		before = search->bound;
		double		cut;
		Pass		pass;

		if (!cl_lp_solve(&search->lp))
			break;
		search->model = search->first.value + search->lp.value * search->value_scale;
		if (search->bound - search->model <= TOLERANCE * bound_size(search))
			break;
		model_prices(search, price);
		for (int k = 0; k < search->n; k++)
			asked[k] = share * search->price[k] + (1 - share) * price[k];
		evaluate(search, asked, &pass);
		/* Did the new line cut off what the model had at its own prices? */
		cut = bound_of(search, &pass, price);
		if (cut <= search->model + 1e-14 * fabs(search->model) && share == 0)
			break;
		idle = cut > search->model + 1e-12 * fabs(search->model) || search->bound < before ? 0 : idle + 1;
	}
}

/*
 * Of the optimal prices the least: the first price as low as can be while the bound is the least, then the second, and so on. A
 * linear program over the lines of the bound: minimise p_k subject to every line <= level, and p_j no more than found before.
 * This is its dual: maximise sum of y (line at 0 - level) over y >= 0.
 */
static void
least_prices(Search *search)
{
	double		level = search->bound + LEXICOGRAPHIC * fabs(search->bound);
	double		fixed[CL_ACTION_BUDGETS];
	double		price[CL_ACTION_BUDGETS];

	for (int k = 0; k < search->n; k++)
	{
		for (int round = 0; round < 6; round++)
		{
			ClLinearProgram lp;
			double		limit[CL_LP_ROWS] = {0};
			double		use[CL_LP_ROWS] = {0};
			Pass		pass;
			bool		solved;

			limit[k] = 1;
			cl_lp_open(&lp, search->actions->memory, search->n, limit);
			/* The first line is that of the first actions. */
			for (int i = -1; i < search->lp.columns; i++)
			{
				const double *line = i >= 0 ? &search->lp.use[(size_t) i * search->lp.rows] : use;
				double		gain = i >= 0 ? search->lp.gain[i] : 0;

				for (int j = 0; j < search->n; j++)
					use[j] = line[j] - (search->capacity[j] - search->first.use[j]) / search->use_scale[j];
				cl_lp_add(&lp, gain + (search->first.value - level) / search->value_scale, use);
			}
			for (int j = 0; j < k; j++)
			{
				memset(use, 0, sizeof(use));
				use[j] = -1;
				cl_lp_add(&lp, -fixed[j], use);
			}
			solved = cl_lp_solve(&lp);
			for (int j = 0; j < search->n; j++)
				price[j] = fmax(0, lp.price[j]) * search->value_scale / search->use_scale[j];
			if (solved)
				fixed[k] = lp.price[k];
			cl_lp_close(&lp);
			if (!solved)
				return;
			evaluate(search, price, &pass);
			if (pass.bound <= level + LEXICOGRAPHIC * fabs(level))
				break;
			if (round == 5)
				return;
		}
		memcpy(search->price, price, search->n * sizeof(double));
	}
}

static void
totals_pass(const Search *search, const ClActionTotals *totals, Pass *pass)
{
	pass->value = (double) totals->value;
	for (int k = 0; k < search->n; k++)
		pass->use[k] = (double) totals->use[k];
}

static void
several_budgets(Search *search, const Pass *free)
{
	double		limit[CL_LP_ROWS];
	double		price[CL_ACTION_BUDGETS] = {0};

	search->value_scale = fmax(1, free->value - search->first.value);
	for (int k = 0; k < search->n; k++)
	{
		search->use_scale[k] = fmax(1, fabs(free->use[k] - search->first.use[k]));
		limit[k] = (search->capacity[k] - search->first.use[k]) / search->use_scale[k];
	}
	limit[search->n] = 1;
	cl_lp_open(&search->lp, search->actions->memory, search->n + 1, limit);
	search->has_lp = true;
	learn(search, free);
	for (int round = 0; round < 2; round++)
	{
		for (int k = 0; k < search->n; k++)
			(void) search_along(search, price, k, 3);
	}
	cutting_planes(search);
	least_prices(search);
	cl_lp_close(&search->lp);
}

void
cl_actions_search(const ClActions *actions, ClActionSearch *result)
{
	Search		search = {.actions = actions, .n = actions->budgets, .bound = INFINITY};
	double		price[CL_ACTION_BUDGETS] = {0};
	Pass		pass;

	memset(result, 0, sizeof(*result));
	for (size_t i = 0; i < actions->accounts; i++)
	{
		interrupts(actions, i);
		cl_actions_add(actions, actions->first[i], 1, &result->first);
	}
	result->feasible = cl_actions_fit(actions, &result->first);
	if (!result->feasible)
		return;
	for (int k = 0; k < search.n; k++)
		search.capacity[k] = (double) actions->capacity[k];
	totals_pass(&search, &result->first, &search.first);
	evaluate(&search, price, &pass);
	search.model = pass.bound;
	for (int k = 0; k < search.n; k++)
	{
		if (pass.use[k] > search.capacity[k])
			search.model = -INFINITY;
	}
	if (search.model == -INFINITY)
	{
		if (search.n > 1)
			several_budgets(&search, &pass);
		else
		{
			search.model = search_along(&search, price, 0, 200);
			memcpy(search.price, price, sizeof(price));
		}
	}
	result->passes = search.passes;
	result->converged = search.bound - search.model <= CONVERGED * bound_size(&search);
	result->bound = search.bound / (double) cl_pow10_64[actions->decimals[0]];
	result->model = search.model / (double) cl_pow10_64[actions->decimals[0]];
	/* A price at which neither the whole budget nor any action costs anything that counts is what rounding left of 0. */
	for (int k = 0; k < search.n; k++)
	{
		double		size = fmax(fabs(search.capacity[k]), (double) actions->largest[1 + k]);

		if (search.price[k] * size < NEGLIGIBLE * fabs(search.bound))
			search.price[k] = 0;
	}
	for (int k = 0; k < search.n; k++)
		result->price[k] = search.price[k] * (double) cl_pow10_64[actions->decimals[1 + k]] /
			(double) cl_pow10_64[actions->decimals[0]];
}

/*
 * allocation.c
 *	  Limits at prices against a fine grid, slopes against differences, sums that do not depend on the order, and prices that fit
 *	  the budgets: against bisection, against prices nearby, and against moving money from account to account.
 */
#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/allocation_price.h"
#include "some_demand.h"

void		test_allocation(void);

#define MOST_ACCOUNTS 2000
#define MOST_SAMPLE 500

/* Budgets: exposure, expected loss, what is not drawn. */
static ClAllocationAccount
some_account(uint64_t *random, bool smooth)
{
	ClAllocationAccount account = {.demand = some_demand(random, smooth), .cap = INFINITY};
	double		pd = 0.2 * uniform(random) * uniform(random);

	account.economics = (ClEconomics) {.margin = 0.15 - pd * 0.75, .carry = 0.002 + 0.3 * pd};
	if (!smooth && cl_test_random(random) % 3 == 0)
		account.floor = 200 * uniform(random);
	if (cl_test_random(random) % 3 == 0)
		account.cap = account.floor + exp(4 + 5 * uniform(random));
	account.use[0] = 1;
	account.use[1] = 0.3 * pd;
	account.draw[1] = 0.45 * pd;
	account.use[2] = 1;
	account.draw[2] = -1;
	return account;
}

static double
earned(const ClAllocationAccount *account, int n, const double *price, double limit)
{
	double		draw = cl_demand_expected_draw(&account->demand, limit);
	double		sum = account->economics.margin * draw - account->economics.carry * (limit - draw);

	for (int k = 0; k < n; k++)
		sum -= price[k] * (account->use[k] * limit + account->draw[k] * draw);
	return sum;
}

/* No limit of a grid earns more at the prices; and the use falls as a price rises by what the slope says. */
static void
test_answers(void)
{
	uint64_t	random = 1;

	for (int round = 0; round < cl_rounds(40000); round++)
	{
		ClAllocationAccount account = some_account(&random, false);
		double		price[3] = {0.05 * uniform(&random), uniform(&random), 0.02 * uniform(&random)};
		ClAllocationAnswer answer;
		double		best;
		double		highest;

		if (cl_test_random(&random) % 4 == 0)
			price[0] = price[1] = 0;
		CHECK(cl_allocation_answer(&account, 3, price, NULL, &answer));
		best = earned(&account, 3, price, answer.limit);
		highest = fmin(account.cap, 20 * fmax(answer.limit, 1000));
		CHECK(answer.limit >= account.floor && answer.limit <= account.cap);
		CHECK_NEAR(answer.profit, earned(&account, 0, price, answer.limit), 1e-14);
		for (int i = 0; i <= 60; i++)
		{
			double		grid = account.floor + (highest - account.floor) * pow(i / 60.0, 3);
			double		beside = fmin(account.cap, fmax(account.floor, answer.limit * (1 + (i - 30) * 1e-3)));

			CHECK(earned(&account, 3, price, grid) <= best + 1e-11 * fmax(1, fabs(best)));
			CHECK(earned(&account, 3, price, beside) <= best + 1e-11 * fmax(1, fabs(best)));
		}
		for (int k = 0; k < 3 && answer.slope > 0; k++)
		{
			double		moved[3] = {price[0], price[1], price[2]};
			double		step = 1e-5 * (k == 1 ? 1 : 0.1);
			ClAllocationAnswer up;
			ClAllocationAnswer down;

			moved[k] = price[k] + step;
			CHECK(cl_allocation_answer(&account, 3, moved, NULL, &up));
			moved[k] = price[k] - step;
			CHECK(cl_allocation_answer(&account, 3, moved, NULL, &down));
			for (int l = 0; l < 3 && up.slope > 0 && down.slope > 0 && fabs(up.slope / down.slope - 1) < 0.1; l++)
			{
				double		fall = (cl_allocation_use(&account, l, down.limit, down.draw) -
									cl_allocation_use(&account, l, up.limit, up.draw)) / (2 * step);
				double		slope = answer.slope * answer.marginal_use[k] * answer.marginal_use[l];

				CHECK(fabs(fall - slope) <= 2e-2 * fabs(slope) + 1e-4);
			}
		}
	}
}

/*
 * A higher PD never gives a higher limit, margin and carry being what unit_economics makes of it, at any prices of exposure and
 * loss.
 */
static void
test_risk(void)
{
	uint64_t	random = 2;

	for (int round = 0; round < cl_rounds(200000); round++)
	{
		ClAllocationAccount account = some_account(&random, false);
		double		price[2] = {0.1 * uniform(&random), uniform(&random)};
		double		before = INFINITY;

		for (int i = 0; i < 8; i++)
		{
			double		pd = 0.03 * i;
			ClAllocationAnswer answer;

			account.economics = (ClEconomics) {.margin = 0.15 - 0.75 * pd, .carry = 0.001 + 0.4 * 0.75 * pd};
			account.use[1] = 0.4 * 0.75 * pd;
			account.draw[1] = 0.6 * 0.75 * pd;
			CHECK(cl_allocation_answer(&account, 2, price, NULL, &answer));
			CHECK(answer.limit <= before);
			before = answer.limit;
		}
	}
}

/*
 * Sums and prices
 */

static ClAllocationAccount account[MOST_ACCOUNTS];
static int	n_accounts;
static int	questions;

static void
sum_accounts(void *data, const double *price, ClAllocationSums *sums)
{
	questions++;
	cl_allocation_begin(sums, *(int *) data, price, NULL);
	for (int i = 0; i < n_accounts; i++)
		cl_allocation_add(sums, &account[i], 0);
}

static bool
same_sum(const ClExactSum *a, const ClExactSum *b)
{
	ClExactSum	x = cl_exact_sum_closed(a);
	ClExactSum	y = cl_exact_sum_closed(b);

	return x.high == y.high && x.middle == y.middle && x.low == y.low;
}

static void
test_sums(void)
{
	uint64_t	random = 3;

	for (int round = 0; round < cl_rounds(400); round++)
	{
		double		price[3] = {0.05 * uniform(&random), uniform(&random), 0.02 * uniform(&random)};
		ClAllocationSums whole;
		ClAllocationSums part[3];
		int			n_budgets = 3;

		n_accounts = MOST_ACCOUNTS;
		for (int i = 0; i < n_accounts; i++)
		{
			account[i] = some_account(&random, false);
			/* From what no currency knows to what no lender grants. */
			if (i % 5 == 0)
				account[i].demand = (ClDemandModel) {CL_DEMAND_LOGNORMAL, 130 * uniform(&random) - 100, 0.5, 0, INFINITY, 0, NULL,
				NULL};
		}
		sum_accounts(&n_budgets, price, &whole);
		for (int k = 0; k < 3; k++)
			cl_allocation_begin(&part[k], 3, price, NULL);
		for (int i = n_accounts - 1; i >= 0; i--)
			cl_allocation_add(&part[cl_test_random(&random) % 3], &account[i], 0);
		cl_allocation_merge(&part[1], &part[2]);
		cl_allocation_merge(&part[1], &part[0]);
		CHECK(part[1].n == whole.n && part[1].checksum == whole.checksum && part[1].n_at_floor == whole.n_at_floor);
		CHECK(same_sum(&part[1].profit, &whole.profit) && same_sum(&part[1].turnover, &whole.turnover));
		for (int k = 0; k < 3; k++)
			CHECK(same_sum(&part[1].use[k], &whole.use[k]) && same_sum(&part[1].floor_use[k], &whole.floor_use[k]));
		for (int k = 0; k < 6; k++)
			CHECK(same_sum(&part[1].slope[k], &whole.slope[k]));
		account[0].economics.carry += 1e-9;
		sum_accounts(&n_budgets, price, &part[0]);
		CHECK(part[0].checksum != whole.checksum);
	}
}

/*
 * A limit that is about to be 0: at no prices does the bound fall below what the best limit earns, however steep it falls there,
 * and prices of twelve digits use a budget up.
 */
static void
test_last(void)
{
	uint64_t	random = 10;
	int			one = 1;

	for (int round = 0; round < cl_rounds(2000); round++)
	{
		double		price;
		double		amount;
		double		found = 0;
		ClAllocationProblem problem = {.n_budgets = 1, .amount = &amount, .ask = sum_accounts, .data = &one};
		ClDemandModel demand = some_demand(&random, false);
		double		above = cl_demand_exceeds(&demand, 0) - pow(10, -5 - 6 * uniform(&random));
		ClAllocationSums sums;
		double		best;

		n_accounts = 1;
		account[0] = (ClAllocationAccount)
		{
			.demand = demand, .economics = {0.1, 0.02}, .cap = INFINITY, .use = {1}
		};
		price = above * 0.12 - 0.02;
		if (!(price > 0) || !(cl_optimal_limit(&demand, &account[0].economics, price) > 1))
			continue;
		sum_accounts(&one, &price, &sums);
		best = cl_optimal_limit(&demand, &account[0].economics, price);
		amount = cl_allocation_used(&sums, 0);
		CHECK(amount > 0 && amount <= best * (1 + 1e-9));
		CHECK(cl_allocation_bound(&sums, &amount) - price * amount >= earned(&account[0], 1, &price, best) - 1e-13 * best);
		CHECK(cl_allocation_bound(&sums, &amount) - price * amount <= earned(&account[0], 1, &price, best) + 1e-13 * best);
		CHECK(cl_allocation_solve(&problem, false, &found, &sums) <= CL_PRICE_SLACK);
		CHECK(cl_allocation_used(&sums, 0) <= amount && cl_allocation_used(&sums, 0) >= amount - 1e-3 * best);
	}
}

/* 45 steps of bisection, as anybody would do it. */
static double
bisected(double amount)
{
	double		low = 0;
	double		high = 100;

	for (int i = 0; i < 60; i++)
	{
		double		middle = (low + high) / 2;
		ClAllocationSums sums;
		int			one = 1;

		sum_accounts(&one, &middle, &sums);
		if (cl_allocation_used(&sums, 0) > amount)
			low = middle;
		else
			high = middle;
	}
	return high;
}

static void
test_one_budget(void)
{
	uint64_t	random = 4;
	int			one = 1;

	for (int round = 0; round < cl_rounds(2000); round++)
	{
		bool		smooth = round % 2 == 0;
		double		amount;
		ClAllocationProblem problem = {.n_budgets = 1, .amount = &amount, .ask = sum_accounts, .data = &one};
		double		price = 0;
		double		again;
		double		found;
		ClAllocationSums sums;
		ClPriceStatus status;

		n_accounts = 1 + (int) (cl_test_random(&random) % 200);
		for (int i = 0; i < n_accounts; i++)
			account[i] = some_account(&random, smooth);
		sum_accounts(&one, &price, &sums);
		amount = cl_allocation_used(&sums, 0) * (0.1 + 0.8 * uniform(&random));
		questions = 0;
		status = cl_allocation_solve(&problem, false, &price, &sums);
		if (status == CL_PRICE_INFEASIBLE)
		{
			CHECK(sums.floor_use[0].high > amount);
			continue;
		}
		CHECK(sums.price[0] == price && cl_allocation_used(&sums, 0) <= amount);
		CHECK(status == CL_PRICE_BINDING || status == CL_PRICE_TIES);
		if (smooth)
			CHECK(questions < 60);
		found = bisected(amount);
		CHECK_NEAR(price / found, 1, 2e-11);
		/* The least: with one digit less the accounts use too much. */
		again = price * (1 - 1.1e-11);
		sum_accounts(&one, &again, &sums);
		CHECK(cl_allocation_used(&sums, 0) > amount);
		/* From the answer, near it and far away: the same. */
		again = price;
		questions = 0;
		CHECK(cl_allocation_solve(&problem, true, &again, &sums) == status && again == price);
		CHECK(status == CL_PRICE_TIES || questions <= 2);
		again = 1.03 * price;
		CHECK(cl_allocation_solve(&problem, true, &again, &sums) == status && again == price);
		again = 7;
		CHECK(cl_allocation_solve(&problem, true, &again, &sums) == status && again == price);
		if (status == CL_PRICE_BINDING && smooth && n_accounts > 50)
			CHECK(cl_allocation_bound(&sums, &amount) - sums.profit.high <= 1e-3 * fabs(sums.profit.high));
	}
}

/* Three budgets: the bound is least at the prices, and what they leave is worth nothing. */
static void
test_budgets(void)
{
	uint64_t	random = 5;
	int			three = 3;
	int			most = 0;
	int			others = 0;
	int			rounds = cl_rounds(1000);

	for (int round = 0; round < rounds; round++)
	{
		double		amount[3];
		ClAllocationProblem problem = {.n_budgets = 3, .amount = amount, .ask = sum_accounts, .data = &three};
		double		price[3] = {0, 0, 0};
		double		again[3];
		double		bound;
		ClAllocationSums sums;
		ClAllocationSums beside;

		n_accounts = 100 + (int) (cl_test_random(&random) % 300);
		for (int i = 0; i < n_accounts; i++)
			account[i] = some_account(&random, true);
		sum_accounts(&three, price, &sums);
		for (int k = 0; k < 3; k++)
			amount[k] = cl_allocation_used(&sums, k) * (0.3 + 0.8 * uniform(&random));
		CHECK(cl_allocation_solve(&problem, false, price, &sums) <= CL_PRICE_SLACK);
		bound = cl_allocation_bound(&sums, amount);
		for (int k = 0; k < 3; k++)
		{
			CHECK(cl_allocation_used(&sums, k) <= amount[k] && sums.price[k] == price[k]);
			CHECK(price[k] == 0 || cl_allocation_used(&sums, k) >= amount[k] * (1 - 1e-6));
		}
		CHECK(bound - sums.profit.high <= 2e-8 * fabs(bound) && bound >= sums.profit.high);
		for (int i = 0; i < 30; i++)
		{
			double		size = pow(10, -1 - (i % 5));

			for (int k = 0; k < 3; k++)
				again[k] = fmax(0, price[k] + size * (price[k] + 1e-3) * (2 * uniform(&random) - 1));
			sum_accounts(&three, again, &beside);
			CHECK(cl_allocation_bound(&beside, amount) >= bound - 1e-7 * fabs(bound));
			CHECK(cl_allocation_bound(&beside, amount) >= sums.profit.high);
		}
		for (int k = 0; k < 3; k++)
			again[k] = price[k] * 1.01;
		questions = 0;
		(void) cl_allocation_solve(&problem, true, again, &sums);
		/* Where it ends at a jump, once in some hundred times, the last digit may be another. */
		others += memcmp(again, price, sizeof(price)) != 0;
		for (int k = 0; k < 3; k++)
			CHECK(fabs(again[k] - price[k]) <= CL_PRICE_LAST_DIGIT * price[k]);
		most = questions > most ? questions : most;
	}
	CHECK(most <= 60 && others <= rounds / 100);
}

/* Two budgets that say the same: of all price vectors the least in lexicographic order, wherever the search begins. */
static void
test_same_budgets(void)
{
	uint64_t	random = 6;
	int			two = 2;

	for (int round = 0; round < cl_rounds(100); round++)
	{
		double		amount[2];
		ClAllocationProblem problem = {.n_budgets = 2, .amount = amount, .ask = sum_accounts, .data = &two};
		double		price[2] = {0, 0};
		double		again[2];
		ClAllocationSums sums;

		n_accounts = MOST_ACCOUNTS;
		for (int i = 0; i < n_accounts; i++)
		{
			account[i] = some_account(&random, true);
			account[i].use[1] = 2;
			account[i].draw[1] = 0;
		}
		sum_accounts(&two, price, &sums);
		amount[0] = cl_allocation_used(&sums, 0) / 2;
		amount[1] = 2 * amount[0];
		CHECK(cl_allocation_solve(&problem, false, price, &sums) != CL_PRICE_SLACK);
		CHECK(price[0] == 0 && price[1] > 0);
		again[0] = 2 * price[1];
		again[1] = 0;
		CHECK(cl_allocation_solve(&problem, true, again, &sums) != CL_PRICE_SLACK);
		CHECK(memcmp(again, price, sizeof(price)) == 0);
		amount[1] *= 1.1;
		again[0] = again[1] = price[1];
		CHECK(cl_allocation_solve(&problem, true, again, &sums) != CL_PRICE_SLACK);
		CHECK(again[1] == 0 && fabs(again[0] / (2 * price[1]) - 1) < 2e-8);
	}
}

/*
 * 200 accounts at 80 % of what they would take: 20,000 times a random amount moves from one account to another, and never is the
 * profit higher.
 */
static void
test_transfers(void)
{
	uint64_t	random = 7;
	int			one = 1;
	double		amount;
	double		price = 0;
	double		limit[200];
	ClAllocationProblem problem = {.n_budgets = 1, .amount = &amount, .ask = sum_accounts, .data = &one};
	ClAllocationSums sums;
	int			better = 0;

	n_accounts = 200;
	for (int i = 0; i < n_accounts; i++)
		account[i] = some_account(&random, false);
	sum_accounts(&one, &price, &sums);
	amount = 0.8 * cl_allocation_used(&sums, 0);
	CHECK(cl_allocation_solve(&problem, false, &price, &sums) <= CL_PRICE_TIES);
	for (int i = 0; i < n_accounts; i++)
	{
		ClAllocationAnswer answer;

		(void) cl_allocation_answer(&account[i], 1, &price, NULL, &answer);
		limit[i] = answer.limit;
	}
	for (int trial = 0; trial < 20000; trial++)
	{
		const ClAllocationAccount *from = &account[cl_test_random(&random) % 200];
		const ClAllocationAccount *to = &account[cl_test_random(&random) % 200];
		double		had = limit[from - account];
		double		has = limit[to - account];
		double		moved = fmin(had - from->floor, to->cap - has) * pow(10, -5 * uniform(&random));

		if (from == to || !(moved > 0))
			continue;
		better += earned(from, 0, NULL, had - moved) + earned(to, 0, NULL, has + moved) >
			earned(from, 0, NULL, had) + earned(to, 0, NULL, has) + 1e-9;
	}
	CHECK_EQ_INT(better, 0);
}

static void
test_ends(void)
{
	int			one = 1;
	double		amount = 100;
	ClAllocationProblem problem = {.n_budgets = 1, .amount = &amount, .ask = sum_accounts, .data = &one};
	double		price = 0;
	ClAllocationSums sums;

	/* The same amount for all: at a price of 0.1, less a millionth at most, each goes from it to 0 in a straight line. */
	n_accounts = 10;
	for (int i = 0; i < n_accounts; i++)
		account[i] = (ClAllocationAccount)
	{
		.demand = {CL_DEMAND_NORMAL, 50, 0, 0, INFINITY, 0, NULL, NULL}, .economics = {0.1, 0.02}, .cap = INFINITY, .use = {1}
	};
	CHECK(cl_allocation_solve(&problem, false, &price, &sums) <= CL_PRICE_TIES);
	CHECK(fabs(price / 0.1 - 1) < 2e-6 && cl_allocation_used(&sums, 0) > 99.99 && cl_allocation_used(&sums, 0) <= 100);
	CHECK(cl_allocation_bound(&sums, &amount) >= 10 && cl_allocation_bound(&sums, &amount) < 10.00001);
	amount = 500;
	price = 0.3;
	CHECK(cl_allocation_solve(&problem, true, &price, &sums) == CL_PRICE_SLACK && price == 0);
	for (int i = 0; i < n_accounts; i++)
		account[i].floor = 50 + i % 2;
	CHECK(cl_allocation_solve(&problem, false, &price, &sums) == CL_PRICE_INFEASIBLE);
	/* Nothing idle costs anything, and no end: at any price there is one, but not without a use. */
	for (int i = 0; i < n_accounts; i++)
		account[i] = (ClAllocationAccount)
	{
		.demand = {CL_DEMAND_LOGNORMAL, 4, 1, 0, INFINITY, 0, NULL, NULL}, .economics = {0.1, 0}, .cap = INFINITY, .use = {1}
	};
	price = 0;
	CHECK(cl_allocation_solve(&problem, false, &price, &sums) == CL_PRICE_BINDING && price > 0);
	CHECK_NEAR(price, bisected(amount), 1e-8);
	account[3].use[0] = 0;
	CHECK(cl_allocation_solve(&problem, false, &price, &sums) == CL_PRICE_ENDLESS && sums.n_endless == 1);
	/* No margin anywhere. */
	for (int i = 0; i < n_accounts; i++)
	{
		account[i].economics.margin = -0.01;
		account[i].floor = 3;
	}
	price = 0;
	CHECK(cl_allocation_solve(&problem, false, &price, &sums) == CL_PRICE_SLACK && cl_allocation_used(&sums, 0) == 27);
}

static void
test_digits(void)
{
	uint64_t	random = 8;

	CHECK(cl_price_up(0) == 0 && cl_price_up(0.1) == 0.1 && cl_price_up(0.10000000000001) == 0.100000000001);
	CHECK(cl_price_up(9.999999999991e-7) == 1e-6 && cl_price_up(123456789012.5) == 123456789013.0);
	for (int i = 0; i < cl_rounds(200000); i++)
	{
		double		x = exp(60 * uniform(&random) - 40);
		double		up = cl_price_up(x);
		char		text[40];

		snprintf(text, sizeof(text), "%.11e", up);
		CHECK(up >= x && up <= x * (1 + 1.0001e-11) && strtod(text, NULL) == up && cl_price_up(up) == up);
	}
}

/*
 * The interval is as wide as prices spread that are solved for accounts drawn anew from the same ones (Efron's bootstrap): of one
 * budget, and of two whose uses go together. Of budgets that say the same the first has no price, in no sample.
 */
static void
test_interval_of(int n, uint64_t random)
{
	static ClAllocationAccount original[MOST_SAMPLE];
	double		amount[2];
	ClAllocationProblem problem = {.n_budgets = n, .amount = amount, .ask = sum_accounts, .data = &n};
	int			n_samples = 300;
	double		price[2] = {0};
	double		low[2];
	double		high[2];
	double		sum[2] = {0};
	double		squares[2] = {0};
	ClAllocationSums sums;

	n_accounts = MOST_SAMPLE;
	for (int i = 0; i < n_accounts; i++)
		account[i] = original[i] = some_account(&random, true);
	sum_accounts(&n, price, &sums);
	amount[0] = 0.6 * cl_allocation_used(&sums, 0);
	amount[1] = n > 1 ? 0.6 * cl_allocation_used(&sums, 1) : 0;
	CHECK(cl_allocation_solve(&problem, false, price, &sums) == CL_PRICE_BINDING);
	cl_allocation_price_interval(&sums, amount, 0.9, low, high);
	for (int round = 0; round < n_samples; round++)
	{
		double		again[2] = {0};

		for (int i = 0; i < n_accounts; i++)
			account[i] = original[cl_test_random(&random) % MOST_SAMPLE];
		CHECK(cl_allocation_solve(&problem, false, again, &sums) <= CL_PRICE_SLACK);
		for (int k = 0; k < n; k++)
			sum[k] += again[k], squares[k] += again[k] * again[k];
	}
	for (int k = 0; k < n; k++)
	{
		double		spread = sqrt(squares[k] / n_samples - sum[k] * sum[k] / n_samples / n_samples);

		CHECK(low[k] < price[k] && price[k] < high[k]);
		CHECK_NEAR((high[k] - low[k]) / (2 * 1.644854) / spread, 1, 0.25);
	}
}

static void
test_interval(void)
{
	int			two = 2;
	uint64_t	random = 10;
	double		amount[2];
	ClAllocationProblem problem = {.n_budgets = 2, .amount = amount, .ask = sum_accounts, .data = &two};
	double		price[2] = {0};
	double		low[2];
	double		high[2];
	ClAllocationSums sums;

	test_interval_of(1, 11);
	test_interval_of(2, 11);
	test_interval_of(2, 9);		/* one account, about to drop out, has nine tenths of a slope */
	for (int i = 0; i < n_accounts; i++)
	{
		account[i] = some_account(&random, true);
		account[i].use[1] = account[i].use[0];
		account[i].draw[1] = account[i].draw[0];
	}
	sum_accounts(&two, price, &sums);
	amount[0] = amount[1] = 0.7 * cl_allocation_used(&sums, 0);
	CHECK(cl_allocation_solve(&problem, false, price, &sums) == CL_PRICE_BINDING);
	cl_allocation_price_interval(&sums, amount, 0.9, low, high);
	CHECK(price[0] == 0 && low[0] == 0 && high[0] == 0);
	CHECK(low[1] < price[1] && price[1] < high[1]);
}

void
test_allocation(void)
{
	test_digits();
	test_answers();
	test_risk();
	test_sums();
	test_last();
	test_one_budget();
	test_budgets();
	test_same_budgets();
	test_transfers();
	test_ends();
	test_interval();
}

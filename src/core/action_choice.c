/*
 * action_choice.c
 *	  What accounts choose at decimal prices, exactly, and prices at which what all choose fits: see action_price.h.
 */
#include "core/action_price.h"

#include <math.h>
#include <string.h>

#define INTERRUPT_EVERY 4096

/* ---- Prices as decimals ---- */

double
cl_decimal_price_value(ClDecimalPrice price)
{
	return (double) price.units / pow(10, price.decimals);
}

static ClDecimalPrice
rounded(double price, int digits, int direction)
{
	ClDecimalPrice decimal = {.units = 0};
	double		units;

	if (!(price > 0))
		return decimal;
	decimal.decimals = digits - 1 - (int) floor(log10(price));
	if (decimal.decimals < 0)
		decimal.decimals = 0;
	if (decimal.decimals > CL_PRICE_MOST_DECIMALS)
		decimal.decimals = CL_PRICE_MOST_DECIMALS;
	units = price * pow(10, decimal.decimals);
	units = direction > 0 ? ceil(units) : direction < 0 ? floor(units) : nearbyint(units);
	if (units > 9e18)
		units = 9e18;
	decimal.units = (int64_t) units;
	return decimal;
}

bool
cl_exact_prices(const ClActions *actions, const ClDecimalPrice *price, ClExactPrices *exact)
{
	int			scale = actions->decimals[0];
	double		size;

	for (int k = 0; k < actions->budgets; k++)
	{
		int			of_product = actions->decimals[1 + k] + price[k].decimals;

		scale = price[k].units > 0 && of_product > scale ? of_product : scale;
	}
	size = (double) actions->largest[0] * pow(10, scale - actions->decimals[0]);
	if (scale - actions->decimals[0] > 36)
		return false;
	exact->value_factor = (cl_int128) cl_pow10_128(scale - actions->decimals[0]);
	for (int k = 0; k < actions->budgets; k++)
	{
		int			shift = scale - actions->decimals[1 + k] - price[k].decimals;

		exact->factor[k] = 0;
		if (price[k].units == 0)
			continue;
		size += (double) actions->largest[1 + k] * (double) price[k].units * pow(10, shift);
		if (shift > 36 || (double) price[k].units * pow(10, shift) > 1e37)
			return false;
		exact->factor[k] = price[k].units * (cl_int128) cl_pow10_128(shift);
	}
	return size < 8e37;
}

bool
cl_decimal_prices(const ClActions *actions, const double *price, const int *direction, ClDecimalPrice *decimal)
{
	ClExactPrices exact;

	for (int digits = CL_PRICE_DIGITS; digits > 0; digits--)
	{
		for (int k = 0; k < actions->budgets; k++)
			decimal[k] = rounded(price[k], digits, direction != NULL ? direction[k] : 0);
		if (cl_exact_prices(actions, decimal, &exact))
			return true;
	}
	return false;
}

/* ---- Choices ---- */

static void
interrupts(const ClActions *actions, size_t i)
{
	if (i % INTERRUPT_EVERY == 0)
		actions->memory->check_for_interrupts();
}

void
cl_actions_add(const ClActions *actions, size_t row, int sign, ClActionTotals *totals)
{
	const int64_t *amount = &actions->amount[row * (1 + actions->budgets)];

	totals->value += sign * (cl_int128) amount[0];
	for (int k = 0; k < actions->budgets; k++)
		totals->use[k] += sign * (cl_int128) amount[1 + k];
}

static cl_int128
worth_of(const ClActions *actions, const ClExactPrices *exact, size_t row)
{
	const int64_t *amount = &actions->amount[row * (1 + actions->budgets)];
	cl_int128	worth = amount[0] * exact->value_factor;

	for (int k = 0; k < actions->budgets; k++)
		worth -= amount[1 + k] * exact->factor[k];
	return worth;
}

size_t
cl_action_choose(const ClActions *actions, const ClExactPrices *exact, size_t account)
{
	size_t		best = actions->first[account];
	cl_int128	most = worth_of(actions, exact, best);

	for (size_t row = best + 1; row < actions->first[account + 1]; row++)
	{
		cl_int128	worth = worth_of(actions, exact, row);

		if (worth > most)
		{
			most = worth;
			best = row;
		}
	}
	return best;
}

void
cl_actions_choose(const ClActions *actions, const ClExactPrices *exact, ClActionTotals *totals, size_t *chosen)
{
	memset(totals, 0, sizeof(*totals));
	for (size_t i = 0; i < actions->accounts; i++)
	{
		size_t		row = cl_action_choose(actions, exact, i);

		interrupts(actions, i);
		cl_actions_add(actions, row, 1, totals);
		if (chosen != NULL)
			chosen[i] = row;
	}
}

bool
cl_actions_fit(const ClActions *actions, const ClActionTotals *totals)
{
	for (int k = 0; k < actions->budgets; k++)
	{
		if (totals->use[k] > actions->capacity[k])
			return false;
	}
	return true;
}

/* ---- Prices at which everyone's own best fits ---- */

static bool
choose_at(const ClActions *actions, const double *price, ClDecimalPrice *decimal, ClActionTotals *totals, int *passes)
{
	int			up[CL_ACTION_BUDGETS];
	ClExactPrices exact;

	for (int k = 0; k < actions->budgets; k++)
		up[k] = 1;
	if (!cl_decimal_prices(actions, price, up, decimal) || !cl_exact_prices(actions, decimal, &exact))
		return false;
	cl_actions_choose(actions, &exact, totals, NULL);
	(*passes)++;
	return true;
}

/*
 * The prices of budgets that are exceeded grow, by steps that double; then each is taken back by halves as far as all still
 * fits. A price of 0 begins with a small part of what the largest value is per largest use.
 */
bool
cl_actions_raise(const ClActions *actions, const ClDecimalPrice *price, ClDecimalPrice *raised, int *passes)
{
	double		start[CL_ACTION_BUDGETS];
	double		now[CL_ACTION_BUDGETS];
	double		step[CL_ACTION_BUDGETS];
	ClActionTotals totals;

	for (int k = 0; k < actions->budgets; k++)
	{
		start[k] = now[k] = cl_decimal_price_value(price[k]);
		step[k] = 1e-9 * start[k];
		if (start[k] == 0)
			step[k] = 1e-9 * fmax(1, (double) actions->largest[0]) / fmax(1, (double) actions->largest[1 + k]) *
				(double) cl_pow10_64[actions->decimals[1 + k]] / (double) cl_pow10_64[actions->decimals[0]];
	}
	for (int i = 0;; i++)
	{
		if (i > 200 || !choose_at(actions, now, raised, &totals, passes))
			return false;
		if (cl_actions_fit(actions, &totals))
			break;
		for (int k = 0; k < actions->budgets; k++)
		{
			if (totals.use[k] > actions->capacity[k])
			{
				now[k] += step[k];
				step[k] *= 4;
			}
		}
	}
	for (int k = 0; k < actions->budgets; k++)
	{
		double		low = start[k];
		double		high = now[k];

		for (int i = 0; i < 8 && high - low > 1e-9 * high; i++)
		{
			ClDecimalPrice tried[CL_ACTION_BUDGETS];

			now[k] = (low + high) / 2;
			if (!choose_at(actions, now, tried, &totals, passes))
				break;
			if (cl_actions_fit(actions, &totals))
			{
				high = now[k];
				memcpy(raised, tried, actions->budgets * sizeof(ClDecimalPrice));
			}
			else
				low = now[k];
		}
		now[k] = high;
	}
	return true;
}

void
cl_action_flip(const ClActions *actions, const ClDecimalPrice *price, size_t account, size_t chosen, double *up, double *down)
{
	int			width = 1 + actions->budgets;
	const int64_t *mine = &actions->amount[chosen * width];
	ClExactPrices exact;
	cl_int128	most;

	for (int k = 0; k < actions->budgets; k++)
		up[k] = down[k] = NAN;
	if (!cl_exact_prices(actions, price, &exact))
		return;
	most = worth_of(actions, &exact, chosen);
	for (size_t row = actions->first[account]; row < actions->first[account + 1]; row++)
	{
		const int64_t *other = &actions->amount[row * width];
		double		lead = (double) (most - worth_of(actions, &exact, row)) / (double) exact.value_factor /
			(double) cl_pow10_64[actions->decimals[0]];

		for (int k = 0; k < actions->budgets; k++)
		{
			double		more = ((double) mine[1 + k] - (double) other[1 + k]) / (double) cl_pow10_64[actions->decimals[1 + k]];
			double		at = cl_decimal_price_value(price[k]) + lead / more;

			if (row == chosen || more == 0)
				continue;
			if (more > 0 && !(at >= up[k]))
				up[k] = at;
			if (more < 0 && at >= 0 && !(at <= down[k]))
				down[k] = at;
		}
	}
}

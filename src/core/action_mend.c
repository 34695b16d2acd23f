/*
 * action_mend.c
 *	  A choice that fits, and is worth as much as small changes can make it: see action_price.h.
 *
 * What an action loses at the prices against the one that is chosen says how far it is from the bound. So what exceeds a budget
 * is taken back where the loss is least for what it frees; then whatever is worth more and fits is taken; then pairs of accounts
 * change together. A pair can only gain when both lose less at the prices than the unused budgets cost, so few pairs are tried.
 */
#include "core/action_price.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_MOVES 1500			/* that take part in exchanges */
#define MOST_EXCHANGES 1000
#define STARTS 6
#define MOST_ROWS_OF_STARTS 6000

typedef struct Move
{
	double		loss;			/* at the prices */
	size_t		account;
	size_t		row;
} Move;

typedef struct Mend
{
	const ClActions *actions;
	int			width;
	double		price[CL_ACTION_BUDGETS];	/* in minor units of value by those of use */
	double		scale[CL_ACTION_BUDGETS];
	size_t	   *chosen;
	ClActionTotals *totals;
	Move	   *moves;
} Mend;

static const int64_t *
amounts(const Mend *mend, size_t row)
{
	return &mend->actions->amount[row * mend->width];
}

/* Are the budgets kept when each use changes by so much? */
static bool
fits(const Mend *mend, const int64_t *from, const int64_t *to, const int64_t *from2, const int64_t *to2)
{
	for (int k = 0; k < mend->actions->budgets; k++)
	{
		cl_int128	use = mend->totals->use[k] + to[1 + k] - from[1 + k];

		if (to2 != NULL)
			use += (cl_int128) to2[1 + k] - from2[1 + k];
		if (use > mend->actions->capacity[k])
			return false;
	}
	return true;
}

static void
move(Mend *mend, size_t account, size_t row)
{
	cl_actions_add(mend->actions, mend->chosen[account], -1, mend->totals);
	cl_actions_add(mend->actions, row, 1, mend->totals);
	mend->chosen[account] = row;
}

static double
loss_of(const Mend *mend, size_t account, size_t row)
{
	const int64_t *from = amounts(mend, mend->chosen[account]);
	const int64_t *to = amounts(mend, row);
	double		loss = (double) from[0] - (double) to[0];

	for (int k = 0; k < mend->actions->budgets; k++)
		loss -= mend->price[k] * ((double) from[1 + k] - (double) to[1 + k]);
	return loss;
}

/* How much of the budgets is exceeded, each as a part of itself, after a change. */
static double
excess(const Mend *mend, const int64_t *from, const int64_t *to)
{
	double		sum = 0;

	for (int k = 0; k < mend->actions->budgets; k++)
	{
		cl_int128	over = mend->totals->use[k] - mend->actions->capacity[k];

		if (to != NULL)
			over += (cl_int128) to[1 + k] - from[1 + k];
		if (over > 0)
			sum += (double) over / mend->scale[k];
	}
	return sum;
}

/* What is exceeded is taken back. Where single changes cannot, all accounts begin again with their first actions, which fit. */
static void
repair(Mend *mend)
{
	const ClActions *actions = mend->actions;

	while (!cl_actions_fit(actions, mend->totals))
	{
		double		now = excess(mend, NULL, NULL);
		double		least = INFINITY;
		size_t		account = 0;
		size_t		best = 0;

		actions->memory->check_for_interrupts();
		for (size_t i = 0; i < actions->accounts; i++)
		{
			for (size_t row = actions->first[i]; row < actions->first[i + 1]; row++)
			{
				double		freed = now - excess(mend, amounts(mend, mend->chosen[i]), amounts(mend, row));
				double		cost = freed > 1e-12 * now ? fmax(loss_of(mend, i, row), 0) / freed : INFINITY;

				if (cost < least)
				{
					least = cost;
					account = i;
					best = row;
				}
			}
		}
		if (least == INFINITY)
		{
			for (size_t i = 0; i < actions->accounts; i++)
				move(mend, i, actions->first[i]);
			return;
		}
		move(mend, account, best);
	}
}

/* Takes what is worth more and fits, the most first, until there is nothing. */
static void
refill(Mend *mend)
{
	const ClActions *actions = mend->actions;

	while (true)
	{
		int64_t		most = 0;
		size_t		account = 0;
		size_t		best = 0;

		actions->memory->check_for_interrupts();
		for (size_t i = 0; i < actions->accounts; i++)
		{
			const int64_t *from = amounts(mend, mend->chosen[i]);

			for (size_t row = actions->first[i]; row < actions->first[i + 1]; row++)
			{
				const int64_t *to = amounts(mend, row);

				if (to[0] - from[0] > most && fits(mend, from, to, NULL, NULL))
				{
					most = to[0] - from[0];
					account = i;
					best = row;
				}
			}
		}
		if (most == 0)
			return;
		move(mend, account, best);
	}
}

static int
compare_moves(const void *a, const void *b)
{
	const Move *p = a;
	const Move *q = b;

	if (p->loss != q->loss)
		return p->loss < q->loss ? -1 : 1;
	return p->row < q->row ? -1 : p->row > q->row;
}

/* The moves that lose less than "most", at most MOST_MOVES of them, ascending. */
static int
collect(Mend *mend, double most)
{
	const ClActions *actions = mend->actions;
	size_t		n = 0;

	for (size_t i = 0; i < actions->accounts; i++)
	{
		for (size_t row = actions->first[i]; row < actions->first[i + 1]; row++)
		{
			double		loss = row != mend->chosen[i] ? loss_of(mend, i, row) : INFINITY;

			if (loss < most)
				mend->moves[n++] = (Move) {loss, i, row};
		}
	}
	qsort(mend->moves, n, sizeof(Move), compare_moves);
	return n < MOST_MOVES ? (int) n : MOST_MOVES;
}

/* The exchange of two accounts that gains most. False when none does. */
static bool
exchange(Mend *mend)
{
	double		unused = 0;
	int64_t		most = 0;
	int			one = 0;
	int			other = 0;
	int			n;

	for (int k = 0; k < mend->actions->budgets; k++)
		unused += mend->price[k] * (double) (mend->actions->capacity[k] - mend->totals->use[k]);
	/* Some accounts may have something better at the prices already: then their partner may lose more. */
	n = collect(mend, INFINITY);
	for (int i = 0; i < n; i++)
	{
		const int64_t *from = amounts(mend, mend->chosen[mend->moves[i].account]);
		const int64_t *to = amounts(mend, mend->moves[i].row);

		mend->actions->memory->check_for_interrupts();
		for (int j = i + 1; j < n && mend->moves[i].loss + mend->moves[j].loss < unused - (double) most; j++)
		{
			const int64_t *from2 = amounts(mend, mend->chosen[mend->moves[j].account]);
			const int64_t *to2 = amounts(mend, mend->moves[j].row);
			cl_int128	gain = (cl_int128) to[0] - from[0] + to2[0] - from2[0];

			if (gain > most && mend->moves[i].account != mend->moves[j].account && fits(mend, from, to, from2, to2))
			{
				most = (int64_t) gain;
				one = i;
				other = j;
			}
		}
	}
	if (most == 0)
		return false;
	move(mend, mend->moves[one].account, mend->moves[one].row);
	move(mend, mend->moves[other].account, mend->moves[other].row);
	return true;
}

/* From the choice at the prices times a factor. */
static void
start_at(Mend *mend, double factor)
{
	const ClActions *actions = mend->actions;

	memset(mend->totals, 0, sizeof(*mend->totals));
	for (size_t i = 0; i < actions->accounts; i++)
	{
		double		most = -INFINITY;

		for (size_t row = actions->first[i]; row < actions->first[i + 1]; row++)
		{
			const int64_t *amount = amounts(mend, row);
			double		worth = (double) amount[0];

			for (int k = 0; k < actions->budgets; k++)
				worth -= factor * mend->price[k] * (double) amount[1 + k];
			if (worth > most)
			{
				most = worth;
				mend->chosen[i] = row;
			}
		}
		cl_actions_add(actions, mend->chosen[i], 1, mend->totals);
	}
}

void
cl_actions_mend(const ClActions *actions, const double *price, ClActionTotals *totals, size_t *chosen)
{
	/* What is best for each at somewhat higher prices leaves more to fill, and ends elsewhere: the best end counts. */
	static const double factors[STARTS] = {1, 0.97, 1.03, 1.1, 1.25, 2};
	const ClMemory *memory = actions->memory;
	ClActionTotals now = *totals;
	Mend		mend = {.actions = actions, .width = 1 + actions->budgets, .totals = &now};
	bool		found = false;

	mend.moves = cl_allocate(memory, actions->rows * sizeof(Move));
	mend.chosen = cl_allocate(memory, actions->accounts * sizeof(size_t));
	memcpy(mend.chosen, chosen, actions->accounts * sizeof(size_t));
	for (int k = 0; k < actions->budgets; k++)
	{
		mend.price[k] = price[k] * (double) cl_pow10_64[actions->decimals[0]] / (double) cl_pow10_64[actions->decimals[1 + k]];
		mend.scale[k] = fmax(1, fabs((double) actions->capacity[k]));
	}
	for (int start = 0; start < (actions->rows <= MOST_ROWS_OF_STARTS ? STARTS : 1); start++)
	{
		if (start > 0)
			start_at(&mend, factors[start]);
		repair(&mend);
		for (int i = 0; i < MOST_EXCHANGES; i++)
		{
			refill(&mend);
			if (!exchange(&mend))
				break;
		}
		if (!found || now.value > totals->value)
		{
			*totals = now;
			memcpy(chosen, mend.chosen, actions->accounts * sizeof(size_t));
		}
		found = true;
	}
	cl_release(memory, mend.moves);
	cl_release(memory, mend.chosen);
}

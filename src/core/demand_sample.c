/*
 * demand_sample.c
 *	  The accounts with the smallest hash, in a heap while they come in, and the ceilings that follow from them.
 */
#include "core/demand_sample.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* After so many months on file without a line an account is out of scope. */
#define MONTHS_WITHOUT_LINE 12

bool
cl_demand_account(ClDemandAccount *account, ClDemand *demand)
{
	ClDemandMonth month[CL_DEMAND_MONTHS];
	int			n = cl_demand_months(demand, month);
	int			first = 0;
	int32_t		with_line = 0;

	demand->n = n;
	demand->n_zero = demand->n_censored = demand->n_skipped = 0;
	demand->highest_limit = 0;
	account->last = n > 0 ? month[n - 1].month : 0;
	account->n = 0;
	account->limit = 0;
	account->highest = (float) fmax(demand->highest_balance, demand->highest_granted);
	for (int i = 0; i < n; i++)
	{
		double		balance = month[i].balance;
		double		limit = month[i].limit;
		bool		at_limit;

		if (limit > 0)
		{
			account->limit = (float) limit;
			with_line = month[i].month;
		}
		if (!(limit > 0) || isnan(balance))
		{
			demand->n_skipped++;
			demand->n--;
			continue;
		}
		at_limit = balance > 0 && balance >= (1 - demand->options.tolerance) * limit;
		demand->n_zero += balance <= 0;
		demand->n_censored += at_limit;
		if (at_limit)
			demand->highest_limit = fmax(demand->highest_limit, limit);
		if (account->n == 0)
			first = month[i].month;
		while (account->n < month[i].month - first)
			account->months[account->n++] = NAN;
		account->months[account->n++] = (float)
			(at_limit ? -fmax(balance, limit) : fmax(balance, 0));
	}
	while (account->n > 0 && account->n < account->last - first + 1)
		account->months[account->n++] = NAN;
	return n > 0 && account->limit > 0 && with_line > account->last - MONTHS_WITHOUT_LINE;
}

const char *
cl_demand_account_disorder(const ClDemandAccount *account)
{
	if (account->last < CL_BEHAVIOR_FIRST_MONTH || account->last > CL_BEHAVIOR_LAST_MONTH)
		return "last month of an account is out of range";
	if (!(account->limit > 0 && account->limit <= FLT_MAX))
		return "limit of an account is not above 0";
	if (!(account->highest >= account->limit && account->highest <= FLT_MAX))
		return "highest amount of an account is below its limit";
	for (int i = 0; i < account->n; i++)
	{
		if (isinf(account->months[i]) || (i == 0 && isnan(account->months[i])))
			return "amount of a month is not known or not finite";
	}
	return NULL;
}

void
cl_demand_sample_init(ClDemandSample *sample, const ClMemory *memory)
{
	memset(sample, 0, sizeof(*sample));
	sample->memory = *memory;
	sample->most = CL_DEMAND_SAMPLE;
}

static void
sift_down(ClDemandSample *sample, int at, ClDemandAccount *account)
{
	for (int child = 2 * at + 1; child < sample->n; child = 2 * at + 1)
	{
		if (child + 1 < sample->n && sample->account[child + 1]->hash > sample->account[child]->hash)
			child++;
		if (sample->account[child]->hash <= account->hash)
			break;
		sample->account[at] = sample->account[child];
		at = child;
	}
	sample->account[at] = account;
}

static void
sift_up(ClDemandSample *sample, int at, ClDemandAccount *account)
{
	for (int parent = (at - 1) / 2; at > 0 && sample->account[parent]->hash < account->hash; parent = (at - 1) / 2)
	{
		sample->account[at] = sample->account[parent];
		at = parent;
	}
	sample->account[at] = account;
}

/* A sorted array is a heap when it is turned round. */
static void
make_heap(ClDemandSample *sample)
{
	if (!sample->sorted)
		return;
	for (int i = 0, j = sample->n - 1; i < j; i++, j--)
	{
		ClDemandAccount *account = sample->account[i];

		sample->account[i] = sample->account[j];
		sample->account[j] = account;
	}
	sample->sorted = false;
}

static ClDemandAccount *
copy(const ClDemandSample *sample, const ClDemandAccount *account)
{
	size_t		size = sizeof(ClDemandAccount) + account->n * sizeof(float);

	return memcpy(cl_allocate(&sample->memory, size), account, size);
}

static void
keep(ClDemandSample *sample, const ClDemandAccount *account)
{
	make_heap(sample);
	if (sample->n == sample->most)
	{
		ClDemandAccount *largest = sample->account[0];

		if (account->hash >= largest->hash)
			return;
		sift_down(sample, 0, copy(sample, account));
		cl_release(&sample->memory, largest);
		return;
	}
	if (sample->n == sample->size)
	{
		int			size = sample->size == 0 ? 64 : 2 * sample->size;

		sample->account = cl_reallocate(&sample->memory, sample->account, size * sizeof(ClDemandAccount *));
		sample->size = size;
	}
	sample->n++;
	sift_up(sample, sample->n - 1, copy(sample, account));
}

void
cl_demand_sample_add(ClDemandSample *sample, const ClDemandAccount *account)
{
	sample->n_accounts++;
	for (int i = 0; i < account->n; i++)
		sample->n_months += !isnan(account->months[i]);
	keep(sample, account);
}

void
cl_demand_sample_merge(ClDemandSample *into, const ClDemandSample *from)
{
	into->n_accounts += from->n_accounts;
	into->n_out_of_scope += from->n_out_of_scope;
	into->n_without += from->n_without;
	into->n_months += from->n_months;
	for (int i = 0; i < from->n; i++)
	{
		keep(into, from->account[i]);
		if (i % 1024 == 0)
			into->memory.check_for_interrupts();
	}
}

static int
compare_accounts(const void *a, const void *b)
{
	uint64_t	one = (*(ClDemandAccount *const *) a)->hash;
	uint64_t	other = (*(ClDemandAccount *const *) b)->hash;

	return (one > other) - (one < other);
}

bool
cl_demand_sample_sort(ClDemandSample *sample)
{
	if (!sample->sorted && sample->n > 0)
		qsort(sample->account, (size_t) sample->n, sizeof(ClDemandAccount *), compare_accounts);
	sample->sorted = true;
	for (int i = 1; i < sample->n; i++)
	{
		if (sample->account[i]->hash == sample->account[i - 1]->hash)
			return false;
	}
	return true;
}

/*
 * Ceilings
 */

int
cl_demand_class(double limit)
{
	int			class = (int) floor(log2(limit));

	return class < CL_DEMAND_LOWEST_CLASS ? CL_DEMAND_LOWEST_CLASS :
		class > CL_DEMAND_HIGHEST_CLASS ? CL_DEMAND_HIGHEST_CLASS : class;
}

static int
compare_amounts(const void *a, const void *b)
{
	double		one = *(const double *) a;
	double		other = *(const double *) b;

	return (one > other) - (one < other);
}

/* Of accounts whose class is no further away; their number. */
static int
highest_near(const ClDemandSample *sample, int class, int distance, double *highest)
{
	int			n = 0;

	for (int i = 0; i < sample->n; i++)
	{
		if (abs(cl_demand_class(sample->account[i]->limit) - class) <= distance)
			highest[n++] = sample->account[i]->highest;
	}
	return n;
}

/* All but one in so many have no more; or the second highest, where that would be the highest. */
static double
quantile_of_peers(double *highest, int n, int one_in)
{
	int			from_above = n / one_in + 1;

	qsort(highest, (size_t) n, sizeof(double), compare_amounts);
	if (from_above < 2)
		from_above = 2;
	return highest[n > from_above ? n - from_above : 0];
}

int
cl_demand_ceilings(const ClDemandSample *sample, ClDemandCeiling ceiling[CL_DEMAND_CLASSES + 1])
{
	int			count[CL_DEMAND_CLASSES] = {0};
	double	   *highest;
	int			n_ceilings = 0;

	if (sample->n == 0)
		return 0;
	highest = cl_allocate(&sample->memory, sample->n * sizeof(double));
	for (int i = 0; i < sample->n; i++)
		count[cl_demand_class(sample->account[i]->limit) - CL_DEMAND_LOWEST_CLASS]++;
	for (int i = 0; i <= CL_DEMAND_CLASSES; i++)
	{
		int			class = i + CL_DEMAND_LOWEST_CLASS;
		int			distance = i < CL_DEMAND_CLASSES ? 0 : CL_DEMAND_CLASSES + 1;
		int			n;

		if (i < CL_DEMAND_CLASSES && count[i] == 0)
			continue;
		for (n = 0; n < CL_DEMAND_PEERS; distance++)
		{
			n = 0;
			for (int j = i - distance; j <= i + distance; j++)
				n += j >= 0 && j < CL_DEMAND_CLASSES ? count[j] : 0;
			if (n == sample->n || n >= CL_DEMAND_PEERS)
				break;
		}
		n = highest_near(sample, class, distance, highest);
		ceiling[n_ceilings++] = (ClDemandCeiling) {class, n, quantile_of_peers(highest, n, 1000)};
		sample->memory.check_for_interrupts();
	}
	cl_release(&sample->memory, highest);
	return n_ceilings;
}

double
cl_demand_seen(const ClDemandSample *sample)
{
	double	   *highest = cl_allocate(&sample->memory, (sample->n + 1) * sizeof(double));
	double		seen;
	int			n = 0;

	for (int i = 0; i < sample->n; i++)
	{
		const ClDemandAccount *account = sample->account[i];

		highest[n] = 0;
		for (int j = 0; j < account->n; j++)
			highest[n] = fmax(highest[n], account->months[j]);
		n += highest[n] > 0;
	}
	seen = n > 0 ? quantile_of_peers(highest, n, 100) : 0;
	cl_release(&sample->memory, highest);
	return seen;
}

double
cl_demand_ceiling_of(const ClDemandAccount *account, const ClDemandCeiling *ceiling, int n)
{
	const ClDemandCeiling *below = NULL;
	const ClDemandCeiling *above = NULL;
	double		place = account->limit > 0 ? log2(account->limit) - 0.5 : 0;
	double		share;

	for (int i = 0; account->limit > 0 && i < n && ceiling[i].class <= CL_DEMAND_HIGHEST_CLASS && above == NULL; i++)
	{
		if (ceiling[i].class <= place)
			below = &ceiling[i];
		else
			above = &ceiling[i];
	}
	if (below == NULL && above == NULL)
		return fmax(ceiling[n - 1].ceiling, account->highest);
	if (below == NULL || above == NULL)
		return fmax((below != NULL ? below : above)->ceiling, account->highest);
	share = (place - below->class) / (above->class - below->class);
	return fmax(below->ceiling * pow(above->ceiling / below->ceiling, share), account->highest);
}

/*
 * transition_matrix.c
 *	  Shares of transitions, and what a chain with these shares does.
 */
#include "core/transition_matrix.h"

#include <math.h>
#include <string.h>

void
cl_share_interval(double share, double n, double reach, double *low, double *high)
{
	double		square = reach * reach;
	double		middle = (share + square / (2 * n)) / (1 + square / n);
	double		half = reach * sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n);

	/* Where nothing or everything went, rounding must not say otherwise. */
	*low = share > 0 ? fmax(0, middle - half) : 0;
	*high = share < 1 ? fmin(1, middle + half) : 1;
}

void
cl_transition_shares(const ClTransitions *transitions, const bool *absorbing, double *share)
{
	int			states = transitions->n_states;
	const ClFlows *month = transitions->n_flows > 0 && transitions->flows[0].months == 1 ? &transitions->flows[0] : NULL;

	memset(share, 0, sizeof(double) * states * states);
	for (int from = 0; from < states; from++)
	{
		const ClFlow *flow = month != NULL ? &month->flow[from * transitions->size] : NULL;
		int64_t		n = 0;

		for (int to = 0; flow != NULL && to < states; to++)
			n += flow[to].n;
		if (n == 0 || (absorbing != NULL && absorbing[from]))
			share[from * states + from] = 1;
		else
		{
			for (int to = 0; to < states; to++)
				share[from * states + to] = (double) flow[to].n / (double) n;
		}
	}
}

void
cl_transition_step(const double *share, int states, double *row, double *work)
{
	for (int to = 0; to < states; to++)
		work[to] = 0;
	for (int from = 0; from < states; from++)
	{
		for (int to = 0; row[from] != 0 && to < states; to++)
			work[to] += row[from] * share[from * states + to];
	}
	memcpy(row, work, sizeof(double) * states);
}

void
cl_transition_product(double *product, const double *share, int states, double *work)
{
	for (int from = 0; from < states; from++)
		cl_transition_step(share, states, &product[from * states], work);
}

/*
 * intermittent.c
 *	  Croston's forecast and its two successors.
 */
#include "core/intermittent.h"

static void
add_draw(ClIntermittent *state, double amount)
{
	if (state->n_draws == 0)
	{
		state->size = amount;
		state->interval = state->since;
	}
	else
	{
		state->size += state->alpha * (amount - state->size);
		state->interval += state->beta * (state->since - state->interval);
	}
	state->n_draws++;
	state->since = 0;
}

void
cl_intermittent_add(ClIntermittent *state, double amount)
{
	double		drawn = amount > 0 ? 1 : 0;

	if (state->n == 0)
		state->probability = drawn;
	else
		state->probability += state->beta * (drawn - state->probability);
	state->n++;
	state->since++;
	if (amount > 0)
		add_draw(state, amount);
}

double
cl_intermittent_forecast(const ClIntermittent *state)
{
	if (state->n_draws == 0)
		return 0;
	if (state->method == CL_INTERMITTENT_TSB)
		return state->probability * state->size;
	return state->size / state->interval * (state->method == CL_INTERMITTENT_SBA ? 1 - state->beta / 2 : 1);
}

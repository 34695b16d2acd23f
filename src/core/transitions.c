/*
 * transitions.c
 *	  Counts of transitions between states, of rows that are pairs and of accounts by month.
 */
#include "core/transitions.h"

#include <stdlib.h>
#include <string.h>

void
cl_transitions_init(ClTransitions *transitions, const ClMemory *memory, ClStateKind kind, bool with_amounts)
{
	memset(transitions, 0, sizeof(*transitions));
	transitions->memory = *memory;
	transitions->kind = kind;
	transitions->with_amounts = with_amounts;
}

void
cl_transitions_free(ClTransitions *transitions)
{
	for (int i = 0; transitions->kind == CL_STATES_NAMES && i < transitions->n_states; i++)
		cl_release(&transitions->memory, (void *) transitions->state[i].name);
	for (int i = 0; i < transitions->n_flows; i++)
		cl_release(&transitions->memory, transitions->flows[i].flow);
	cl_release(&transitions->memory, transitions->state);
	cl_release(&transitions->memory, transitions->flows);
}

/*
 * States
 */

static int
compare_states(const ClTransitions *transitions, const ClState *a, const ClState *b)
{
	int			least;
	int			order;

	if (transitions->kind == CL_STATES_NUMBERS)
		return (a->number > b->number) - (a->number < b->number);
	least = a->length < b->length ? a->length : b->length;
	order = memcmp(a->name, b->name, least);
	return order != 0 ? order : a->length - b->length;
}

/* There are few states, and most rows have one of the first. */
int
cl_transitions_find_state(const ClTransitions *transitions, const ClState *state)
{
	for (int i = 0; i < transitions->n_states; i++)
	{
		if (compare_states(transitions, &transitions->state[i], state) == 0)
			return i;
	}
	return -1;
}

static ClFlow *
new_flows(const ClMemory *memory, int size)
{
	size_t		bytes = sizeof(ClFlow) * size * size;
	ClFlow	   *flow = cl_allocate(memory, bytes);

	memset(flow, 0, bytes);
	return flow;
}

static void
grow(ClTransitions *transitions)
{
	const ClMemory *memory = &transitions->memory;
	int			size = transitions->size > 0 ? 2 * transitions->size : 4;

	transitions->state = cl_reallocate(memory, transitions->state, sizeof(ClState) * size);
	for (int i = 0; i < transitions->n_flows; i++)
	{
		ClFlow	   *old = transitions->flows[i].flow;
		ClFlow	   *flow = new_flows(memory, size);

		for (int from = 0; from < transitions->n_states; from++)
			memcpy(flow + from * size, old + from * transitions->size, sizeof(ClFlow) * transitions->n_states);
		transitions->flows[i].flow = flow;
		cl_release(memory, old);
	}
	transitions->size = size;
}

int
cl_transitions_new_state(ClTransitions *transitions, const ClState *state)
{
	int			place = cl_transitions_find_state(transitions, state);
	ClState    *new;

	if (place >= 0 || transitions->n_states == CL_TRANSITIONS_STATES)
		return place;
	if (transitions->n_states == transitions->size)
		grow(transitions);
	place = transitions->n_states++;
	new = &transitions->state[place];
	*new = *state;
	if (transitions->kind == CL_STATES_NAMES)
		new->name = memcpy(cl_allocate(&transitions->memory, state->length), state->name, state->length);
	else if (state->number >= 0 && state->number < (int64_t) sizeof(transitions->near) && place < UINT8_MAX)
		transitions->near[state->number] = (uint8_t) (place + 1);
	return place;
}

int
cl_transitions_new_number(ClTransitions *transitions, int64_t number)
{
	ClState		state = {.number = number};

	return cl_transitions_new_state(transitions, &state);
}

/*
 * Transitions
 */

ClFlow *
cl_transitions_new_flow(ClTransitions *transitions, int months, int from, int to)
{
	const ClMemory *memory = &transitions->memory;
	int			at = 0;

	while (at < transitions->n_flows && transitions->flows[at].months < months)
		at++;
	if (at == transitions->n_flows || transitions->flows[at].months > months)
	{
		ClFlow	   *flow = new_flows(memory, transitions->size);

		transitions->flows = cl_reallocate(memory, transitions->flows, sizeof(ClFlows) * (transitions->n_flows + 1));
		memmove(&transitions->flows[at + 1], &transitions->flows[at], sizeof(ClFlows) * (transitions->n_flows - at));
		transitions->flows[at] = (ClFlows) {months, flow};
		transitions->n_flows++;
	}
	return &transitions->flows[at].flow[from * transitions->size + to];
}

/* The place in one of each state of another; false where there is no room for all. */
static bool
places_of(ClTransitions *into, const ClTransitions *from, int *place)
{
	for (int i = 0; i < from->n_states; i++)
	{
		place[i] = cl_transitions_state(into, &from->state[i]);
		if (place[i] < 0)
			return false;
	}
	return true;
}

bool
cl_transitions_merge(ClTransitions *into, const ClTransitions *from)
{
	int			place[CL_TRANSITIONS_STATES];

	if (into->n > CL_TRANSITIONS_MOST - from->n || !places_of(into, from, place))
		return false;
	for (int i = 0; i < from->n_flows; i++)
	{
		for (int a = 0; a < from->n_states; a++)
		{
			const ClFlow *row = &from->flows[i].flow[a * from->size];

			for (int b = 0; b < from->n_states; b++)
			{
				ClFlow	   *flow;

				if (row[b].n == 0)
					continue;
				flow = cl_transitions_flow(into, from->flows[i].months, place[a], place[b]);
				flow->n += row[b].n;
				flow->amount += row[b].amount;
			}
		}
	}
	into->n += from->n;
	return true;
}

/* Insertion, since states are few and mostly come in their order. */
void
cl_transitions_sort(ClTransitions *transitions)
{
	int			order[CL_TRANSITIONS_STATES];
	ClState		state[CL_TRANSITIONS_STATES];
	bool		sorted = true;

	for (int i = 0; i < transitions->n_states; i++)
	{
		int			at = i;

		while (at > 0 && compare_states(transitions, &transitions->state[order[at - 1]], &transitions->state[i]) > 0)
		{
			order[at] = order[at - 1];
			at--;
		}
		order[at] = i;
		sorted = sorted && at == i;
	}
	if (sorted)
		return;
	for (int i = 0; i < transitions->n_states; i++)
		state[i] = transitions->state[order[i]];
	memcpy(transitions->state, state, sizeof(ClState) * transitions->n_states);
	memset(transitions->near, 0, sizeof(transitions->near));
	for (int i = 0; transitions->kind == CL_STATES_NUMBERS && i < transitions->n_states && i < UINT8_MAX; i++)
	{
		if (state[i].number >= 0 && state[i].number < (int64_t) sizeof(transitions->near))
			transitions->near[state[i].number] = (uint8_t) (i + 1);
	}
	for (int i = 0; i < transitions->n_flows; i++)
	{
		ClFlow	   *old = transitions->flows[i].flow;
		ClFlow	   *flow = new_flows(&transitions->memory, transitions->size);

		for (int a = 0; a < transitions->n_states; a++)
		{
			for (int b = 0; b < transitions->n_states; b++)
				flow[a * transitions->size + b] = old[order[a] * transitions->size + order[b]];
		}
		transitions->flows[i].flow = flow;
		cl_release(&transitions->memory, old);
	}
}

/*
 * Paths
 */

void
cl_state_path_init(ClStatePath *path, const ClMemory *memory, ClStateKind kind, bool with_amounts)
{
	cl_transitions_init(&path->labels, memory, kind, with_amounts);
	path->n = path->size = 0;
	path->month = NULL;
}

void
cl_state_path_add(ClStatePath *path, int32_t month, int place, int64_t amount)
{
	if (path->n == path->size)
	{
		path->size = path->size > 0 ? 2 * path->size : 16;
		path->month = cl_reallocate(&path->labels.memory, path->month, sizeof(ClPathMonth) * path->size);
	}
	path->month[path->n++] = (ClPathMonth) {month, place, amount};
}

bool
cl_state_path_merge(ClStatePath *into, const ClStatePath *from)
{
	int			place[CL_TRANSITIONS_STATES];

	if (!places_of(&into->labels, &from->labels, place))
		return false;
	for (int i = 0; i < from->n; i++)
		cl_state_path_add(into, from->month[i].month, place[from->month[i].place], from->month[i].amount);
	return true;
}

static int
compare_months(const void *a, const void *b)
{
	const ClPathMonth *first = a;
	const ClPathMonth *second = b;

	return (first->month > second->month) - (first->month < second->month);
}

int
cl_state_path_settle(ClStatePath *path)
{
	int			kept = 0;
	bool		ascending = true;

	for (int i = 1; i < path->n && ascending; i++)
		ascending = path->month[i - 1].month < path->month[i].month;
	if (ascending)
		return -1;
	qsort(path->month, path->n, sizeof(ClPathMonth), compare_months);
	for (int i = 1; i < path->n; i++)
	{
		const ClPathMonth *before = &path->month[kept];
		const ClPathMonth *here = &path->month[i];

		if (before->month != here->month)
			path->month[++kept] = *here;
		else if (before->place != here->place || before->amount != here->amount)
			return i;
	}
	path->n = kept + 1;
	return -1;
}

/* A state of which no transition tells is none of theirs: it would make equal transitions differ. */
void
cl_state_path_transitions(const ClStatePath *path, ClTransitions *transitions)
{
	for (int i = 1; i < path->n; i++)
	{
		const ClPathMonth *before = &path->month[i - 1];
		const ClPathMonth *here = &path->month[i];
		int			from = cl_transitions_state(transitions, &path->labels.state[before->place]);
		int			to = cl_transitions_state(transitions, &path->labels.state[here->place]);
		ClFlow	   *flow = cl_transitions_flow(transitions, here->month - before->month, from, to);

		flow->n++;
		flow->amount += before->amount;
	}
	transitions->n += path->n > 1 ? path->n - 1 : 0;
	transitions->n_skipped += path->labels.n_skipped;
}

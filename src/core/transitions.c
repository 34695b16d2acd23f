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
		const ClState *here = &transitions->state[i];

		if (transitions->kind == CL_STATES_NUMBERS ? here->number == state->number :
			here->length == state->length && memcmp(here->name, state->name, state->length) == 0)
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
cl_state_path_init(ClStatePath *path, ClTransitions *labels)
{
	*path = (ClStatePath) {.labels = labels};
}

void
cl_state_path_grow(ClStatePath *path, const ClMemory *memory)
{
	path->size = path->size > 0 ? 2 * path->size : 16;
	path->step = cl_reallocate(memory, path->step, sizeof(ClPathStep) * path->size);
	if (path->labels->with_amounts)
		path->amount = cl_reallocate(memory, path->amount, sizeof(int64_t) * path->size);
}

bool
cl_state_path_relabel(ClStatePath *path, ClTransitions *labels)
{
	for (int i = 0; i < path->n; i++)
	{
		int			place = cl_transitions_state(labels, &path->labels->state[path->step[i].place]);

		if (place < 0)
			return false;
		path->step[i].place = (uint16_t) place;
	}
	path->labels = labels;
	return true;
}

typedef struct PathMonth
{
	ClPathStep	step;
	int64_t		amount;
} PathMonth;

static int
compare_months(const void *a, const void *b)
{
	const PathMonth *first = a;
	const PathMonth *second = b;

	return (first->step.offset > second->step.offset) - (first->step.offset < second->step.offset);
}

static void
sort_months(ClStatePath *path)
{
	const ClMemory *memory = &path->labels->memory;
	PathMonth  *month = cl_allocate(memory, sizeof(PathMonth) * path->n);

	for (int i = 0; i < path->n; i++)
		month[i] = (PathMonth) {path->step[i], path->amount != NULL ? path->amount[i] : 0};
	qsort(month, path->n, sizeof(PathMonth), compare_months);
	for (int i = 0; i < path->n; i++)
	{
		path->step[i] = month[i].step;
		if (path->amount != NULL)
			path->amount[i] = month[i].amount;
	}
	cl_release(memory, month);
}

int
cl_state_path_settle(ClStatePath *path)
{
	int			kept = 0;
	bool		ascending = true;

	for (int i = 1; i < path->n && ascending; i++)
		ascending = path->step[i - 1].offset < path->step[i].offset;
	if (ascending)
		return -1;
	sort_months(path);
	for (int i = 1; i < path->n; i++)
	{
		bool		same_amount = path->amount == NULL || path->amount[kept] == path->amount[i];

		if (path->step[kept].offset == path->step[i].offset)
		{
			if (path->step[kept].place != path->step[i].place || !same_amount)
				return i;
			continue;
		}
		path->step[++kept] = path->step[i];
		if (path->amount != NULL)
			path->amount[kept] = path->amount[i];
	}
	path->n = kept + 1;
	return -1;
}

/* A state of which no transition tells is none of theirs: it would make equal transitions differ. */
void
cl_state_path_transitions(const ClStatePath *path, ClTransitions *transitions)
{
	int			place[CL_TRANSITIONS_STATES];	/* of a label among the states of transitions, or -1 */

	for (int i = 0; i < path->labels->n_states; i++)
		place[i] = -1;
	for (int i = 0; i < path->n && path->n > 1; i++)
	{
		int			label = path->step[i].place;
		ClFlow	   *flow;

		if (place[label] < 0)
			place[label] = cl_transitions_state(transitions, &path->labels->state[label]);
		if (i == 0)
			continue;
		flow = cl_transitions_flow(transitions, path->step[i].offset - path->step[i - 1].offset,
								   place[path->step[i - 1].place], place[label]);
		flow->n++;
		flow->amount += path->amount != NULL ? path->amount[i - 1] : 0;
	}
	transitions->n += path->n > 1 ? path->n - 1 : 0;
	transitions->n_skipped += path->n_skipped;
}

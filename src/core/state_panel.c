/*
 * state_panel.c
 *	  Runs of months of many accounts, put in order and together.
 */
#include "core/state_panel.h"

#include <stdlib.h>
#include <string.h>

#define RADIX_NAME sort_runs_by_account
#define RADIX_TYPE ClPanelRun
#define RADIX_KEY(element) ((uint64_t) (element).account ^ (UINT64_C(1) << 63))
#include "core/radix_sort.h"

void
cl_state_panel_init(ClStatePanel *panel, const ClMemory *memory, ClStateKind kind, bool with_amounts)
{
	cl_transitions_init(&panel->counts, memory, kind, with_amounts);
	panel->n = panel->slots = 0;
	panel->size = 64;
	panel->run = cl_allocate(memory, sizeof(ClPanelRun) * panel->size);
	panel->run[0] = (ClPanelRun) {0};
	panel->at = panel->end = panel->run;
	panel->slot = NULL;
}

void
cl_state_panel_add_run(ClStatePanel *panel, const ClPanelRun *run)
{
	if (panel->n == panel->size)
	{
		panel->size *= 2;
		panel->run = cl_reallocate(&panel->counts.memory, panel->run, sizeof(ClPanelRun) * panel->size);
		panel->at = panel->run;
	}
	panel->run[panel->n++] = *run;
	panel->end = panel->run + panel->n;
}

/* The slot of an account, or the free one where it belongs. Neighbouring numbers are spread (Knuth 1973, TAOCP 6.4). */
static size_t
slot_of(const ClStatePanel *panel, int64_t account)
{
	size_t		mask = panel->slots - 1;
	size_t		at = (size_t) (((uint64_t) account * UINT64_C(0x9E3779B97F4A7C15)) >> 20) & mask;

	while (panel->slot[at] != 0 && panel->run[panel->slot[at] - 1].account != account)
		at = (at + 1) & mask;
	return at;
}

static void
make_slots(ClStatePanel *panel)
{
	const ClMemory *memory = &panel->counts.memory;

	cl_release(memory, panel->slot);
	panel->slots = panel->slots > 0 ? 4 * panel->slots : 256;
	panel->slot = cl_allocate(memory, sizeof(uint32_t) * panel->slots);
	memset(panel->slot, 0, sizeof(uint32_t) * panel->slots);
	for (size_t i = 0; i < panel->n; i++)
		panel->slot[slot_of(panel, panel->run[i].account)] = (uint32_t) (i + 1);
}

/* Begins a run of an account, which is then its newest. */
static void
begin_run(ClStatePanel *panel, const ClPanelRun *run)
{
	if (2 * panel->n >= panel->slots)
		make_slots(panel);
	cl_state_panel_add_run(panel, run);
	panel->at = panel->end - 1;
	panel->slot[slot_of(panel, run->account)] = (uint32_t) panel->n;
}

/* The newest run of an account, or NULL. Rows by month begin again with the first. */
static ClPanelRun *
newest_run(const ClStatePanel *panel, int64_t account)
{
	uint32_t	found;

	if (panel->n > 0 && panel->run[0].account == account)
		return &panel->run[0];
	found = panel->slots > 0 ? panel->slot[slot_of(panel, account)] : 0;
	return found > 0 ? &panel->run[found - 1] : NULL;
}

void
cl_state_panel_add_elsewhere(ClStatePanel *panel, int64_t account, int32_t month, int place, int64_t amount)
{
	ClPanelRun	new = {account, amount, month, month, (int16_t) place, (int16_t) place};
	ClPanelRun *run = newest_run(panel, account);
	ClFlow	   *flow;

	if (run != NULL && month == run->last + 1)
	{
		flow = cl_transitions_flow(&panel->counts, 1, run->last_place, place);
		flow->amount += run->amount;
		run->last = month;
		run->last_place = (int16_t) place;
		run->amount = amount;
	}
	else if (run != NULL && month == run->first - 1)
	{
		flow = cl_transitions_flow(&panel->counts, 1, place, run->first_place);
		flow->amount += amount;
		run->first = month;
		run->first_place = (int16_t) place;
	}
	else
	{
		begin_run(panel, &new);
		return;
	}
	panel->at = run;
	flow->n++;
	panel->counts.n++;
}

bool
cl_state_panel_merge(ClStatePanel *into, const ClStatePanel *from)
{
	int			place[CL_TRANSITIONS_STATES];

	for (int i = 0; i < from->counts.n_states; i++)
	{
		place[i] = cl_transitions_state(&into->counts, &from->counts.state[i]);
		if (place[i] < 0)
			return false;
	}
	if (!cl_transitions_merge(&into->counts, &from->counts))
		return false;
	for (size_t i = 0; i < from->n; i++)
	{
		ClPanelRun	run = from->run[i];

		run.first_place = (int16_t) place[run.first_place];
		run.last_place = (int16_t) place[run.last_place];
		cl_state_panel_add_run(into, &run);
	}
	return true;
}

static int
compare_first(const void *a, const void *b)
{
	const ClPanelRun *first = a;
	const ClPanelRun *second = b;

	return (first->first > second->first) - (first->first < second->first);
}

const ClPanelRun *
cl_state_panel_settle(ClStatePanel *panel)
{
	const ClMemory *memory = &panel->counts.memory;
	bool		ascending = true;
	size_t		end;

	for (size_t i = 1; i < panel->n && ascending; i++)
		ascending = panel->run[i - 1].account < panel->run[i].account;
	if (ascending)
		return NULL;
	if (panel->n > 1)
	{
		ClPanelRun *spare = cl_allocate(memory, sizeof(ClPanelRun) * panel->n);

		sort_runs_by_account(memory, panel->run, spare, panel->n, false);
		cl_release(memory, spare);
	}
	for (size_t first = 0; first < panel->n; first = end)
	{
		for (end = first + 1; end < panel->n && panel->run[end].account == panel->run[first].account;)
			end++;
		if (end > first + 1)
			qsort(&panel->run[first], end - first, sizeof(ClPanelRun), compare_first);
		for (size_t i = first + 1; i < end; i++)
		{
			if (panel->run[i].first <= panel->run[i - 1].last ||
				panel->run[i].first - panel->run[i - 1].last > CL_TRANSITIONS_MONTHS)
				return &panel->run[i];
		}
	}
	return NULL;
}

static void
add_flow(const ClStatePanel *panel, ClTransitions *transitions, int months, int from, int to, const ClFlow *add)
{
	/* A state of which no transition tells is none of theirs: it would make equal transitions differ. */
	int			a = cl_transitions_state(transitions, &panel->counts.state[from]);
	int			b = cl_transitions_state(transitions, &panel->counts.state[to]);
	ClFlow	   *flow = cl_transitions_flow(transitions, months, a, b);

	flow->n += add->n;
	flow->amount += add->amount;
	transitions->n += add->n;
}

void
cl_state_panel_transitions(const ClStatePanel *panel, ClTransitions *transitions)
{
	const ClTransitions *counts = &panel->counts;

	for (int from = 0; counts->n_flows > 0 && from < counts->n_states; from++)
	{
		for (int to = 0; to < counts->n_states; to++)
		{
			const ClFlow *flow = &counts->flows[0].flow[from * counts->size + to];

			if (flow->n > 0)
				add_flow(panel, transitions, 1, from, to, flow);
		}
	}
	for (size_t i = 1; i < panel->n; i++)
	{
		const ClPanelRun *before = &panel->run[i - 1];
		const ClPanelRun *here = &panel->run[i];
		ClFlow		one = {1, before->amount};

		if (before->account == here->account)
			add_flow(panel, transitions, here->first - before->last, before->last_place, here->first_place, &one);
	}
	transitions->n_skipped += counts->n_skipped;
}

/*
 * state_panel.h
 *	  The states of many accounts by month, as runs of consecutive months.
 *
 * Rows by account and month, and rows by month and account, make one run an account. Inside a run transitions are counted at
 * once. In the end runs are put in order, and transitions from one to the next of an account are counted by the months between. A
 * run covers each of its months, so a month that is there twice makes two that overlap.
 */
#ifndef CL_CORE_STATE_PANEL_H
#define CL_CORE_STATE_PANEL_H

#include "core/transitions.h"

typedef struct ClPanelRun
{
	int64_t		account;
	int64_t		amount;			/* of the last month: what a transition from it begins with */
	int32_t		first;
	int32_t		last;
	int16_t		first_place;	/* of states among those of counts */
	int16_t		last_place;
} ClPanelRun;

typedef struct ClStatePanel
{
	ClTransitions counts;		/* of one month inside runs; and states, memory, rows left out */
	size_t		n;
	size_t		size;
	ClPanelRun *run;
	size_t		at;				/* the run of the row before */
	size_t		slots;			/* a power of two, or 0 */
	uint32_t   *slot;			/* hash table of accounts: 1 + the newest run of one, 0 for none */
} ClStatePanel;

extern void cl_state_panel_init(ClStatePanel *panel, const ClMemory *memory, ClStateKind kind, bool with_amounts);
extern void cl_state_panel_add_run(ClStatePanel *panel, const ClPanelRun *run);
/* Where the newest run of an account is; n where it has none. */
extern size_t cl_state_panel_find(const ClStatePanel *panel, int64_t account);
/* Begins a run of an account, which is then its newest. */
extern void cl_state_panel_begin_run(ClStatePanel *panel, const ClPanelRun *run);

static inline bool
cl_panel_run_is(const ClStatePanel *panel, size_t at, int64_t account)
{
	return at < panel->n && panel->run[at].account == account;
}

static inline void
cl_state_panel_add(ClStatePanel *panel, int64_t account, int32_t month, int place, int64_t amount)
{
	size_t		at = panel->at;
	ClPanelRun *run;
	ClFlow	   *flow;

	/* Mostly it is the account of the row before, or the one that came after it a month ago. */
	if (!cl_panel_run_is(panel, at, account) && !cl_panel_run_is(panel, ++at, account))
		at = cl_panel_run_is(panel, 0, account) ? 0 : cl_state_panel_find(panel, account);
	run = &panel->run[at];
	if (at < panel->n && month == run->last + 1)
	{
		flow = cl_transitions_flow(&panel->counts, 1, run->last_place, place);
		flow->amount += run->amount;
		run->last = month;
		run->last_place = (int16_t) place;
		run->amount = amount;
	}
	else if (at < panel->n && month == run->first - 1)
	{
		flow = cl_transitions_flow(&panel->counts, 1, place, run->first_place);
		flow->amount += amount;
		run->first = month;
		run->first_place = (int16_t) place;
	}
	else
	{
		ClPanelRun	new = {account, amount, month, month, (int16_t) place, (int16_t) place};

		cl_state_panel_begin_run(panel, &new);
		return;
	}
	panel->at = at;
	flow->n++;
	panel->counts.n++;
}

/* False where there are too many states or transitions. Both are of the same kind, with or without amounts. */
extern bool cl_state_panel_merge(ClStatePanel *into, const ClStatePanel *from);
/*
 * Puts runs in order; the first that begins in a month that its account has before, or more than CL_TRANSITIONS_MONTHS after
 * those before it, or NULL.
 */
extern const ClPanelRun *cl_state_panel_settle(ClStatePanel *panel);
/* The transitions of a settled panel. */
extern void cl_state_panel_transitions(const ClStatePanel *panel, ClTransitions *transitions);

#endif							/* CL_CORE_STATE_PANEL_H */

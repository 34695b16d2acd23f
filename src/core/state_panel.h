/*
 * state_panel.h
 *	  The states of many accounts by month, as runs of consecutive months: rows that come by account and month make one run an account.
 *
 * Inside a run transitions are counted at once. In the end runs are put in order, and transitions from one to the next of an account
 * are counted by the months between. A run covers each of its months, so a month that is there twice makes two that overlap.
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
} ClStatePanel;

extern void cl_state_panel_init(ClStatePanel *panel, const ClMemory *memory, ClStateKind kind, bool with_amounts);
extern void cl_state_panel_add_run(ClStatePanel *panel, const ClPanelRun *run);

static inline void
cl_state_panel_add(ClStatePanel *panel, int64_t account, int32_t month, int place, int64_t amount)
{
	ClPanelRun *run = panel->n > 0 ? &panel->run[panel->n - 1] : NULL;
	ClFlow	   *flow;

	if (run != NULL && run->account == account && month == run->last + 1)
	{
		flow = cl_transitions_flow(&panel->counts, 1, run->last_place, place);
		flow->amount += run->amount;
		run->last = month;
		run->last_place = (int16_t) place;
		run->amount = amount;
	}
	else if (run != NULL && run->account == account && month == run->first - 1)
	{
		flow = cl_transitions_flow(&panel->counts, 1, place, run->first_place);
		flow->amount += amount;
		run->first = month;
		run->first_place = (int16_t) place;
	}
	else
	{
		ClPanelRun	new = {account, amount, month, month, (int16_t) place, (int16_t) place};

		cl_state_panel_add_run(panel, &new);
		return;
	}
	flow->n++;
	panel->counts.n++;
}

/* False where there are too many states or transitions. Both are of the same kind, with or without amounts. */
extern bool cl_state_panel_merge(ClStatePanel *into, const ClStatePanel *from);
/*
 * Puts runs in order; the first that begins in a month that its account has before, or CL_TRANSITIONS_MONTHS after those before it,
 * or NULL.
 */
extern const ClPanelRun *cl_state_panel_settle(ClStatePanel *panel);
/* The transitions of a settled panel. */
extern void cl_state_panel_transitions(const ClStatePanel *panel, ClTransitions *transitions);

#endif							/* CL_CORE_STATE_PANEL_H */

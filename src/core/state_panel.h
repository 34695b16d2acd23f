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
	ClPanelRun *at;				/* the run of the row before; all zero where there is none yet */
	ClPanelRun *end;			/* behind the last run */
	size_t		slots;			/* a power of two, or 0 */
	uint32_t   *slot;			/* hash table of accounts: 1 + the newest run of one, 0 for none */
} ClStatePanel;

extern void cl_state_panel_init(ClStatePanel *panel, const ClMemory *memory, ClStateKind kind, bool with_amounts);
extern void cl_state_panel_add_run(ClStatePanel *panel, const ClPanelRun *run);
/* Any month that does not come after that of the row before, or after the last of the account in the run behind it. */
extern void cl_state_panel_add_elsewhere(ClStatePanel *panel, int64_t account, int32_t month, int place, int64_t amount);

/*
 * Mostly it is the account of the row before, or the one that came after it a month ago, and its next month. There are 12
 * million of them in a book: what no amount needs is left out where the caller's "with_amounts" is a constant.
 */
static inline void
cl_state_panel_add(ClStatePanel *panel, int64_t account, int32_t month, int place, bool with_amounts, int64_t amount)
{
	ClPanelRun *run = panel->at;
	ClFlow	   *flow;

	if (run->account != account)
		run++;
	if (run >= panel->end || run->account != account || month != run->last + 1)
	{
		cl_state_panel_add_elsewhere(panel, account, month, place, amount);
		return;
	}
	panel->at = run;
	flow = cl_transitions_flow(&panel->counts, 1, run->last_place, place);
	flow->n++;
	panel->counts.n++;
	run->last = month;
	run->last_place = (int16_t) place;
	if (with_amounts)
	{
		flow->amount += run->amount;
		run->amount = amount;
	}
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

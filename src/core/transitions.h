/*
 * transitions.h
 *	  How often accounts went from one state to another, and with which amounts: what roll rates and matrices are computed from.
 *
 * States are numbers (days past due in buckets, grades) or names; a value has states of one kind only, at most
 * CL_TRANSITIONS_STATES. A transition has the months that lie between its two states: 1 where they are of consecutive months,
 * more across a gap. All of them are counted, apart from each other.
 */
#ifndef CL_CORE_TRANSITIONS_H
#define CL_CORE_TRANSITIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/memory.h"
#include "core/money.h"

#define CL_TRANSITIONS_STATES 256
#define CL_TRANSITIONS_MONTHS 1200
/* Bytes of a name. */
#define CL_TRANSITIONS_NAME 256
/* Transitions of one value: sums of all stay inside 64 bits, and amounts inside 128. */
#define CL_TRANSITIONS_MOST (INT64_C(1) << 50)

typedef enum ClStateKind
{
	CL_STATES_UNKNOWN,			/* before the first row */
	CL_STATES_NUMBERS, CL_STATES_NAMES
} ClStateKind;

/* A state: a number, or a name, which need not be terminated. */
typedef struct ClState
{
	int64_t		number;
	const char *name;
	int			length;
} ClState;

typedef struct ClFlow
{
	int64_t		n;
	cl_int128	amount;			/* in ten-thousandths */
} ClFlow;

/* Transitions of so many months. */
typedef struct ClFlows
{
	int			months;
	ClFlow	   *flow;			/* [from * size + to] */
} ClFlows;

typedef struct ClTransitions
{
	ClMemory	memory;
	ClStateKind kind;
	bool		with_amounts;
	int			n_states;
	int			size;			/* states that there is room for */
	ClState    *state;			/* in the order in which they came, or in their own: cl_transitions_sort */
	int			n_flows;
	ClFlows    *flows;			/* ascending by months */
	int64_t		n;				/* transitions */
	int64_t		n_skipped;		/* rows of which something is not known */
	uint8_t		near[32];		/* of a small number: its state + 1, 0 for none */
} ClTransitions;

extern void cl_transitions_init(ClTransitions *transitions, const ClMemory *memory, ClStateKind kind, bool with_amounts);
extern void cl_transitions_free(ClTransitions *transitions);

/* The place of a state, a new one if need be; -1 where there is no room for one. */
extern int	cl_transitions_new_state(ClTransitions *transitions, const ClState *state);
extern int	cl_transitions_new_number(ClTransitions *transitions, int64_t number);
extern int	cl_transitions_find_state(const ClTransitions *transitions, const ClState *state);

static inline int
cl_transitions_number(ClTransitions *transitions, int64_t number)
{
	if (number >= 0 && number < (int64_t) sizeof(transitions->near) && transitions->near[number] != 0)
		return transitions->near[number] - 1;
	return cl_transitions_new_number(transitions, number);
}

static inline int
cl_transitions_state(ClTransitions *transitions, const ClState *state)
{
	return transitions->kind == CL_STATES_NUMBERS ? cl_transitions_number(transitions, state->number) :
		cl_transitions_new_state(transitions, state);
}

/* Where transitions of so many months between two places are counted; places stay, pointers only until the next new state. */
extern ClFlow *cl_transitions_new_flow(ClTransitions *transitions, int months, int from, int to);

static inline ClFlow *
cl_transitions_flow(ClTransitions *transitions, int months, int from, int to)
{
	if (transitions->n_flows > 0 && transitions->flows[0].months == months)
		return &transitions->flows[0].flow[from * transitions->size + to];
	return cl_transitions_new_flow(transitions, months, from, to);
}

/* False where there would be too many, or too many states. Both are of the same kind, with or without amounts. */
extern bool cl_transitions_merge(ClTransitions *into, const ClTransitions *from);

/* States in their own order: numbers ascending, names by their bytes. Says the same as before. */
extern void cl_transitions_sort(ClTransitions *transitions);

/*
 * The states of one account by month, in any order. There is one for each account at the same time, so it is small: all share
 * their labels, and a month takes 4 bytes, 12 with its amount.
 */
typedef struct ClPathStep
{
	int16_t		offset;			/* months from the origin */
	uint16_t	place;			/* of the state among labels */
} ClPathStep;

typedef struct ClStatePath
{
	ClTransitions *labels;		/* states; counts nothing */
	ClPathStep *step;
	int64_t    *amount;			/* of each step; NULL without amounts */
	int64_t		n_skipped;		/* rows of which something is not known */
	int32_t		origin;			/* the month of the first step that came */
	int32_t		n;
	int32_t		size;
} ClStatePath;

extern void cl_state_path_init(ClStatePath *path, ClTransitions *labels);
extern void cl_state_path_grow(ClStatePath *path, const ClMemory *memory);

/* There is room for a step. False where the month is more than CL_TRANSITIONS_MONTHS from the origin. */
static inline bool
cl_state_path_add(ClStatePath *path, int32_t month, int place, int64_t amount)
{
	int64_t		offset;

	if (path->n == 0)
		path->origin = month;
	offset = (int64_t) month - path->origin;
	if (offset < -CL_TRANSITIONS_MONTHS || offset > CL_TRANSITIONS_MONTHS)
		return false;
	if (path->amount != NULL)
		path->amount[path->n] = amount;
	path->step[path->n++] = (ClPathStep) {(int16_t) offset, (uint16_t) place};
	return true;
}

static inline int32_t
cl_state_path_month(const ClStatePath *path, int at)
{
	return path->origin + path->step[at].offset;
}

/* Labels with the states of the path only, made in "labels", which is initialised; false where there are too many. */
extern bool cl_state_path_relabel(ClStatePath *path, ClTransitions *labels);
/* Sorts the months and drops repeated rows; the place of the first of two rows of one month that contradict each other, or -1. */
extern int	cl_state_path_settle(ClStatePath *path);
/* The transitions of a settled path, with the amount of the month in which each begins. */
extern void cl_state_path_transitions(const ClStatePath *path, ClTransitions *transitions);

#endif							/* CL_CORE_TRANSITIONS_H */

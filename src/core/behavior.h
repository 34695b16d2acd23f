/*
 * behavior.h
 *	  The monthly history of one account, in bounded memory, and the features that are read off it.
 *
 * A history is a function of the set of rows it was given: order, repetition and division of the rows among workers leave no
 * trace. Three things make it so:
 *
 *	- Rows of one month complement each other: what one does not know another may. Where two know different things the month
 *	  is marked, not refused at once, since it may leave the window; the result reports it (cl_behavior_conflict).
 *	- The window is the CL_BEHAVIOR_MONTHS months up to the latest. Of an older month only a bit stays, so that it is counted
 *	  once however often it comes.
 *	- Amounts are checked one by one against a range in which every later change of scale fits.
 *
 * The slots are months in a row, from low on. They are narrow (32-bit amounts, 20 bytes) until an amount needs 64 bits; the
 * capacities are those that fill blocks of a power of two. The first block holds the history itself and two years of narrow
 * slots, so that a month waits for memory once.
 *
 * A history may be part of something else (cl_behavior_init), and keep the first few amounts only. All its months fit in its
 * first block then.
 */
#ifndef CL_CORE_BEHAVIOR_H
#define CL_CORE_BEHAVIOR_H

#include "core/memory.h"

#include <stdbool.h>
#include <stdint.h>

/* Months are numbered year * 12 + month - 1, of years 1 to 9999. */
#define CL_BEHAVIOR_FIRST_MONTH 12
#define CL_BEHAVIOR_LAST_MONTH (9999 * 12 + 11)

#define CL_BEHAVIOR_MONTHS 36
/* Months of one account are never so far apart: a wrong date is. */
#define CL_BEHAVIOR_SPAN 1200
/* Any amount has a place at four decimals in 64 bits: up to 922,337,203,685,477.5807. */
#define CL_BEHAVIOR_DECIMALS 4
#define CL_BEHAVIOR_DAYS 65534

typedef enum ClBehaviorAmount
{
	CL_BEHAVIOR_LIMIT,
	CL_BEHAVIOR_BALANCE,
	CL_BEHAVIOR_PAYMENT,
	CL_BEHAVIOR_DUE,
	CL_BEHAVIOR_AMOUNTS
} ClBehaviorAmount;

#define CL_BEHAVIOR_UNKNOWN INT64_MIN
#define CL_BEHAVIOR_NO_DAYS (-1)
/* The bit of days past due in a set of columns; those of the amounts are 1 << amount. */
#define CL_BEHAVIOR_DAYS_BIT (1 << CL_BEHAVIOR_AMOUNTS)

/* What a row says of a month. */
typedef struct ClBehaviorMonth
{
	int64_t		amount[CL_BEHAVIOR_AMOUNTS];	/* minor units, or CL_BEHAVIOR_UNKNOWN */
	int32_t		days_past_due;	/* or CL_BEHAVIOR_NO_DAYS */
	int			conflicts;		/* columns that rows contradict each other in */
} ClBehaviorMonth;

/* Months before the window, one bit each: month modulo CL_BEHAVIOR_SPAN, which no two share. */
typedef struct ClBehaviorEarlier
{
	int32_t		first;
	uint8_t		bit[CL_BEHAVIOR_SPAN / 8];
} ClBehaviorEarlier;

typedef struct ClBehavior
{
	int32_t		low;			/* the first month kept; there is a row for it, as for the last */
	uint16_t	n;				/* slots in use: months low .. low + n - 1 */
	uint16_t	capacity;
	uint8_t		amounts;		/* that are kept of a month; the others are unknown */
	uint8_t		decimals;		/* of all amounts: the most that any row, kept or not, displayed */
	bool		wide;
	bool		contradicted;	/* a month had rows that contradict each other; it may have left the window since */
	void	   *slots;
	ClBehaviorEarlier *earlier;	/* NULL until a month leaves the window */
} ClBehavior;

static inline int32_t
cl_behavior_last(const ClBehavior *history)
{
	return history->low + history->n - 1;
}

/* The usual row, the month after the last with room for it; false, and nothing done, for any other. */
extern bool cl_behavior_append(ClBehavior *history, int32_t month, const ClBehaviorMonth *row);
extern ClBehavior *cl_behavior_new(const ClMemory *memory);
extern void cl_behavior_free(ClBehavior *history, const ClMemory *memory);
extern void cl_behavior_init(ClBehavior *history, int amounts);
extern void cl_behavior_clear(ClBehavior *history, const ClMemory *memory);	/* gives back what it holds */
/* false when the month is CL_BEHAVIOR_SPAN or more from another: nothing is changed then. Amounts at the history's decimals. */
extern bool cl_behavior_put(ClBehavior *history, const ClMemory *memory, int32_t month, const ClBehaviorMonth *row);
extern bool cl_behavior_put_earlier(ClBehavior *history, const ClMemory *memory, int32_t month);
extern bool cl_behavior_merge(ClBehavior *history, const ClMemory *memory, const ClBehavior *other);
extern void cl_behavior_raise_decimals(ClBehavior *history, const ClMemory *memory, int decimals);
extern bool cl_behavior_get(const ClBehavior *history, int32_t month, ClBehaviorMonth *row);
extern int32_t cl_behavior_first(const ClBehavior *history);
extern bool cl_behavior_is_earlier(const ClBehavior *history, int32_t month);
extern int	cl_behavior_count_earlier(const ClBehavior *history, int32_t from, int32_t to);
/* The first month whose rows contradict each other, or 0; the columns through *columns. */
extern int32_t cl_behavior_conflict(const ClBehavior *history, int *columns);
/* The columns that any month kept knows something of. */
extern int	cl_behavior_known(const ClBehavior *history);
extern bool cl_behavior_amount_valid(int64_t amount, int decimals);
extern bool cl_behavior_fits_narrow(const ClBehavior *history);
extern int32_t cl_behavior_month_of_any_year(int32_t days);
extern bool cl_behavior_add_idle(ClBehavior *history, const ClMemory *memory, int months);

/*
 * Between two Gregorian centuries without a leap day every fourth year has one: 32 bits, and no eras. Of four times the day, a
 * year is 1461. Years begin in March.
 */
static inline int32_t
cl_behavior_month_of_1900_to_2100(uint32_t days_since_march_1900)
{
	uint32_t	quarters = days_since_march_1900 * 4 + 3;
	uint32_t	of_year = quarters % 1461 / 4;

	return (int32_t) ((1900 + quarters / 1461) * 12 + (5 * of_year + 2) / 153 + 2);
}

/* The month of a day counted from 2000-01-01; years of the Gregorian calendar, all of them from 1 on; 0 for others. */
static inline int32_t
cl_behavior_month(int32_t days)
{
	/* 2000-01-01 is 36465 days after 1900-03-01, and 2100-02-28 is 36583 days after that. */
	if (days >= -36465 && days <= 36583)
		return cl_behavior_month_of_1900_to_2100((uint32_t) (days + 36465));
	return cl_behavior_month_of_any_year(days);
}

/*
 * Features as of a month: windows of the 1, 3, 6 and 12 months that end with it. An integer that is not known is
 * CL_BEHAVIOR_NULL, a double NaN, an amount CL_BEHAVIOR_UNKNOWN. The comments of the type behavior_features define them.
 */
#define CL_BEHAVIOR_WINDOWS 4
#define CL_BEHAVIOR_LONGEST 12
#define CL_BEHAVIOR_NULL (-1)
enum
{
	CL_W1, CL_W3, CL_W6, CL_W12
};

typedef struct ClBehaviorWindow
{
	int			n;
	double		balance;		/* means, in units of money */
	double		payment;
	double		utilization;	/* ratio of sums */
	double		utilization_mean;
	double		utilization_max;
	double		utilization_min;
	double		utilization_stddev;	/* these three in the windows of 6 and 12 months only */
	double		utilization_slope;
	double		balance_slope;
	double		payment_ratio;
	double		payment_rate;
	int64_t		balance_max;
	int			worst;
	int			times[3];		/* 30, 60, 90 days past due, or more */
	int			short_paid;
	int			paid_full;
	int			inactive;
	int			at_limit;
	int			over_limit;
	int			increases;
	int			decreases;
} ClBehaviorWindow;

typedef struct ClBehaviorFeatures
{
	int32_t		as_of;
	int32_t		first;			/* 0 when no month is on record by then, as is last */
	int32_t		last;
	int			n_months;
	int			n_missing;
	int			n_dropped;
	ClBehaviorMonth current;
	ClBehaviorWindow window[CL_BEHAVIOR_WINDOWS];
	int			worst;
	int			months_since_30;
	int			months_since_90;
	int			months_inactive;
	int64_t		limit_change;
	int			months_since_limit_change;
} ClBehaviorFeatures;

/* Whether months that the windows of this as-of month need were dropped. */
extern bool cl_behavior_too_far_back(const ClBehavior *history, int32_t as_of);
extern void cl_behavior_features(const ClBehavior *history, int32_t as_of, ClBehaviorFeatures *features);

#endif							/* CL_CORE_BEHAVIOR_H */

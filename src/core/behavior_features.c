/*
 * behavior_features.c
 *	  What a monthly history says about an account.
 *
 * Sums of money are exact (128 bits) and become doubles once, in the answer. This runs once per account, so what only the
 * windows need is read for their months only, and nothing calls a library for what fits a register.
 */
#include "core/behavior.h"
#include "core/money.h"

#include <math.h>
#include <string.h>

static const int window_months[CL_BEHAVIOR_WINDOWS] = {1, 3, 6, 12};
static const int times_days[3] = {30, 60, 90};

typedef struct Loaded
{
	bool		present;
	ClBehaviorMonth row;
	double		utilization;	/* NaN unknown or 0/0, Infinity drawn without a limit; of the longest window only */
	int			idle;			/* 0, 1, or CL_BEHAVIOR_NULL */
} Loaded;

/* The months kept up to the as-of month, read once, and one without row for all others. */
typedef struct Months
{
	int32_t		low;
	int			n;
	Loaded		slot[CL_BEHAVIOR_MONTHS];
	Loaded		absent;
} Months;

static const Loaded *
month_in(const Months *months, int32_t month)
{
	int32_t		slot = month - months->low;

	return slot >= 0 && slot < months->n ? &months->slot[slot] : &months->absent;
}

/* What a window adds up, month by month. */
typedef struct Sums
{
	int			n;
	cl_int128	balance;
	int			n_balance;
	int64_t		balance_max;
	cl_int128	drawn;			/* balances and limits of months that know both */
	cl_int128	limit;
	int			n_drawn;		/* such months */
	int			n_ratio;		/* those of them with a limit: what is drawn without one has no finite ratio */
	double		utilization;
	double		utilization_max;
	double		utilization_min;
	int			at_limit;
	int			over_limit;
	cl_int128	payment;
	int			n_payment;
	cl_int128	paid_of_due;	/* payments and dues of months that know both */
	cl_int128	due;
	int			n_due;
	int			short_paid;
	cl_int128	paid_of_balance;	/* payments, and positive balances of the month before */
	cl_int128	balance_before;
	int			n_before;
	int			paid_full;
	int			n_days;
	int			worst;
	int			times[3];
	int			n_idle;
	int			inactive;
} Sums;

static bool
known(const Loaded *month, ClBehaviorAmount amount)
{
	return month->present && month->row.amount[amount] != CL_BEHAVIOR_UNKNOWN;
}

static double
utilization_of(const Loaded *month)
{
	int64_t		limit = month->row.amount[CL_BEHAVIOR_LIMIT];
	int64_t		balance = month->row.amount[CL_BEHAVIOR_BALANCE];

	if (!known(month, CL_BEHAVIOR_LIMIT) || !known(month, CL_BEHAVIOR_BALANCE))
		return NAN;
	if (limit > 0)
		return (double) balance / (double) limit;
	return balance > 0 ? INFINITY : NAN;
}

/* Nothing paid, nothing owed, and no credit balance used up. What is not known is no sign of life, but the balance must be. */
static int
idle_in(const Loaded *month, const Loaded *before)
{
	int64_t		balance = month->row.amount[CL_BEHAVIOR_BALANCE];

	if (known(month, CL_BEHAVIOR_PAYMENT) && month->row.amount[CL_BEHAVIOR_PAYMENT] != 0)
		return 0;
	if (!known(month, CL_BEHAVIOR_BALANCE))
		return CL_BEHAVIOR_NULL;
	return balance <= 0 && !(known(before, CL_BEHAVIOR_BALANCE) && balance > before->row.amount[CL_BEHAVIOR_BALANCE]);
}

static void
load(const ClBehavior *history, int32_t as_of, Months *months)
{
	memset(&months->absent, 0, sizeof(Loaded));
	for (int i = 0; i < CL_BEHAVIOR_AMOUNTS; i++)
		months->absent.row.amount[i] = CL_BEHAVIOR_UNKNOWN;
	months->absent.row.days_past_due = CL_BEHAVIOR_NO_DAYS;
	months->absent.utilization = NAN;
	months->absent.idle = CL_BEHAVIOR_NULL;
	months->low = history->low;
	for (months->n = 0; months->n < history->n && months->low + months->n <= as_of; months->n++)
	{
		Loaded	   *month = &months->slot[months->n];

		month->present = cl_behavior_get(history, months->low + months->n, &month->row);
		if (as_of - (months->low + months->n) < CL_BEHAVIOR_LONGEST)
			month->utilization = utilization_of(month);
		month->idle = idle_in(month, month_in(months, months->low + months->n - 1));
	}
}

/*
 * One month into the sums
 */

static void
add_balance(Sums *sums, const Loaded *month)
{
	int64_t		balance = month->row.amount[CL_BEHAVIOR_BALANCE];

	if (!known(month, CL_BEHAVIOR_BALANCE))
		return;
	sums->balance += balance;
	if (sums->n_balance++ == 0 || balance > sums->balance_max)
		sums->balance_max = balance;
}

static void
add_utilization(Sums *sums, const Loaded *month)
{
	cl_int128	balance = month->row.amount[CL_BEHAVIOR_BALANCE];
	cl_int128	limit = month->row.amount[CL_BEHAVIOR_LIMIT];
	double		ratio = month->utilization;

	if (!known(month, CL_BEHAVIOR_LIMIT) || !known(month, CL_BEHAVIOR_BALANCE))
		return;
	sums->drawn += balance;
	sums->limit += limit;
	sums->n_drawn++;
	sums->at_limit += !isnan(ratio) && balance * 100 >= limit * 98;
	sums->over_limit += balance > limit;
	if (!isfinite(ratio))
		return;
	sums->n_ratio++;
	sums->utilization += ratio;
	if (ratio > sums->utilization_max)
		sums->utilization_max = ratio;
	if (ratio < sums->utilization_min)
		sums->utilization_min = ratio;
}

static void
add_payment(Sums *sums, const Loaded *month, const Loaded *before)
{
	int64_t		payment = month->row.amount[CL_BEHAVIOR_PAYMENT];
	int64_t		due = month->row.amount[CL_BEHAVIOR_DUE];

	if (!known(month, CL_BEHAVIOR_PAYMENT))
		return;
	sums->payment += payment;
	sums->n_payment++;
	if (known(month, CL_BEHAVIOR_DUE))
	{
		sums->paid_of_due += payment;
		sums->due += due;
		sums->n_due++;
		sums->short_paid += payment < due;
	}
	if (known(before, CL_BEHAVIOR_BALANCE) && before->row.amount[CL_BEHAVIOR_BALANCE] > 0)
	{
		sums->paid_of_balance += payment;
		sums->balance_before += before->row.amount[CL_BEHAVIOR_BALANCE];
		sums->n_before++;
		sums->paid_full += payment >= before->row.amount[CL_BEHAVIOR_BALANCE];
	}
}

static void
add_days(Sums *sums, const Loaded *month)
{
	int			days = month->present ? month->row.days_past_due : CL_BEHAVIOR_NO_DAYS;

	if (days == CL_BEHAVIOR_NO_DAYS)
		return;
	sums->n_days++;
	if (days > sums->worst)
		sums->worst = days;
	for (int i = 0; i < 3; i++)
		sums->times[i] += days >= times_days[i];
}

/*
 * Answers of a window
 */

/* The nearest double. Converting 128 bits is a call; nearly every sum fits 64, and converting those is one instruction. */
static inline double
to_double(cl_int128 sum)
{
	return sum == (int64_t) sum ? (double) (int64_t) sum : (double) sum;
}

static inline double
ratio_of(cl_int128 part, cl_int128 whole)
{
	return whole > 0 ? to_double(part) / to_double(whole) : NAN;
}

static int
count_of(int count, int known_months)
{
	return known_months > 0 ? count : CL_BEHAVIOR_NULL;
}

static void
close_window(const Sums *sums, double unit, ClBehaviorWindow *window)
{
	window->n = sums->n;
	window->balance = ratio_of(sums->balance, sums->n_balance) / unit;
	window->balance_max = sums->n_balance > 0 ? sums->balance_max : CL_BEHAVIOR_UNKNOWN;
	window->payment = ratio_of(sums->payment, sums->n_payment) / unit;
	window->utilization = sums->limit == 0 && sums->drawn > 0 ? INFINITY : ratio_of(sums->drawn, sums->limit);
	window->utilization_mean = sums->n_ratio > 0 ? sums->utilization / sums->n_ratio : NAN;
	window->utilization_max = sums->n_ratio > 0 ? sums->utilization_max : NAN;
	window->utilization_min = sums->n_ratio > 0 ? sums->utilization_min : NAN;
	window->payment_ratio = ratio_of(sums->paid_of_due, sums->due);
	window->payment_rate = ratio_of(sums->paid_of_balance, sums->balance_before);
	window->worst = count_of(sums->worst, sums->n_days);
	for (int i = 0; i < 3; i++)
		window->times[i] = count_of(sums->times[i], sums->n_days);
	window->short_paid = count_of(sums->short_paid, sums->n_due);
	window->paid_full = count_of(sums->paid_full, sums->n_before);
	window->inactive = count_of(sums->inactive, sums->n_idle);
	window->at_limit = count_of(sums->at_limit, sums->n_drawn);
	window->over_limit = count_of(sums->over_limit, sums->n_drawn);
}

static void
add_up(const Loaded *const *months, double unit, ClBehaviorWindow *windows)
{
	Sums		sums = {0};
	int			window = 0;

	sums.utilization_max = -INFINITY;
	sums.utilization_min = INFINITY;
	for (int k = 0; k < CL_BEHAVIOR_LONGEST; k++)
	{
		sums.n += months[k]->present;
		add_balance(&sums, months[k]);
		add_utilization(&sums, months[k]);
		add_payment(&sums, months[k], months[k + 1]);
		add_days(&sums, months[k]);
		if (months[k]->idle != CL_BEHAVIOR_NULL)
		{
			sums.n_idle++;
			sums.inactive += months[k]->idle;
		}
		if (k + 1 == window_months[window])
			close_window(&sums, unit, &windows[window++]);
	}
}

/* Slope per month by least squares: exact until the last division. */
static double
balance_slope(const Loaded *const *months, int length, double unit)
{
	int			n = 0;
	int			x = 0;
	int			xx = 0;
	cl_int128	y = 0;
	cl_int128	xy = 0;

	for (int k = 0; k < length; k++)
	{
		if (!known(months[k], CL_BEHAVIOR_BALANCE))
			continue;
		n++;
		x -= k;
		xx += k * k;
		y += months[k]->row.amount[CL_BEHAVIOR_BALANCE];
		xy -= (cl_int128) k * months[k]->row.amount[CL_BEHAVIOR_BALANCE];
	}
	return n > 1 ? to_double(n * xy - x * y) / to_double(n * xx - x * x) / unit : NAN;
}

/* Slope and sample standard deviation of the finite ratios, around their means. */
static void
utilization_spread(const Loaded *const *months, int length, ClBehaviorWindow *window)
{
	double		n = 0;
	double		mean_x = 0;
	double		squares = 0;
	double		xx = 0;
	double		xy = 0;

	for (int k = 0; k < length; k++)
	{
		n += isfinite(months[k]->utilization);
		mean_x -= isfinite(months[k]->utilization) ? k : 0;
	}
	window->utilization_slope = window->utilization_stddev = NAN;
	if (n < 2)
		return;
	mean_x /= n;
	for (int k = 0; k < length; k++)
	{
		double		dx = -k - mean_x;
		double		dy = months[k]->utilization - window->utilization_mean;

		if (!isfinite(months[k]->utilization))
			continue;
		squares += dy * dy;
		xx += dx * dx;
		xy += dx * dy;
	}
	window->utilization_slope = xy / xx;
	window->utilization_stddev = sqrt(squares / (n - 1));
}

/*
 * Answers of the whole history
 */

static void
count_change(ClBehaviorFeatures *features, int32_t month, int64_t change)
{
	for (int w = 0; w < CL_BEHAVIOR_WINDOWS; w++)
	{
		ClBehaviorWindow *window = &features->window[w];

		if (features->as_of - month >= window_months[w])
			continue;
		if (window->increases == CL_BEHAVIOR_NULL)
			window->increases = window->decreases = 0;
		window->increases += change > 0;
		window->decreases += change < 0;
	}
	if (change != 0)
	{
		features->limit_change = change;
		features->months_since_limit_change = features->as_of - month;
	}
}

/* Each known limit against the one known before it, whatever lies between. */
static void
limit_changes(const Months *months, ClBehaviorFeatures *features)
{
	int64_t		before = CL_BEHAVIOR_UNKNOWN;

	for (int w = 0; w < CL_BEHAVIOR_WINDOWS; w++)
		features->window[w].increases = features->window[w].decreases = CL_BEHAVIOR_NULL;
	for (int i = 0; i < months->n; i++)
	{
		int64_t		limit = months->slot[i].row.amount[CL_BEHAVIOR_LIMIT];

		if (!known(&months->slot[i], CL_BEHAVIOR_LIMIT))
			continue;
		if (before != CL_BEHAVIOR_UNKNOWN)
			count_change(features, months->low + i, limit - before);
		before = limit;
	}
}

static void
delinquency(const Months *months, ClBehaviorFeatures *features)
{
	for (int i = 0; i < months->n; i++)
	{
		int			days = months->slot[i].row.days_past_due;

		if (!months->slot[i].present || days == CL_BEHAVIOR_NO_DAYS)
			continue;
		if (days > features->worst)
			features->worst = days;
		if (days >= times_days[0])
			features->months_since_30 = features->as_of - (months->low + i);
		if (days >= times_days[2])
			features->months_since_90 = features->as_of - (months->low + i);
	}
}

static void
on_record(const ClBehavior *history, const Months *months, ClBehaviorFeatures *features)
{
	int32_t		first = cl_behavior_first(history);

	if (first > features->as_of)
		return;
	features->first = first;
	for (int32_t month = first; history->earlier != NULL && month < history->low && month <= features->as_of; month++)
	{
		if (!cl_behavior_is_earlier(history, month))
			continue;
		features->n_dropped++;
		features->last = month;
	}
	for (int i = 0; i < months->n; i++)
	{
		if (!months->slot[i].present)
			continue;
		features->n_months++;
		features->last = months->low + i;
	}
	features->n_missing = features->last - first + 1 - features->n_months - features->n_dropped;
}

static int
idle_run(const Months *months, int32_t as_of)
{
	int			run = 0;

	if (month_in(months, as_of)->idle == CL_BEHAVIOR_NULL)
		return CL_BEHAVIOR_NULL;
	while (month_in(months, as_of - run)->idle == 1)
		run++;
	return run;
}

bool
cl_behavior_too_far_back(const ClBehavior *history, int32_t as_of)
{
	return cl_behavior_count_earlier(history, as_of - CL_BEHAVIOR_LONGEST, as_of) > 0;
}

void
cl_behavior_features(const ClBehavior *history, int32_t as_of, ClBehaviorFeatures *features)
{
	double		unit = (double) cl_pow10_64[history->decimals];
	Months		months;
	const Loaded *latest[CL_BEHAVIOR_LONGEST + 1];

	memset(features, 0, sizeof(*features));
	features->as_of = as_of;
	features->worst = features->months_since_30 = features->months_since_90 = CL_BEHAVIOR_NULL;
	features->months_since_limit_change = CL_BEHAVIOR_NULL;
	features->limit_change = CL_BEHAVIOR_UNKNOWN;
	load(history, as_of, &months);
	/* The as-of month first; one more than the window, since its last payment meets the balance before. */
	for (int k = 0; k <= CL_BEHAVIOR_LONGEST; k++)
		latest[k] = month_in(&months, as_of - k);
	features->current = latest[0]->present ? latest[0]->row : months.absent.row;
	on_record(history, &months, features);
	add_up(latest, unit, features->window);
	for (int w = CL_W6; w < CL_BEHAVIOR_WINDOWS; w++)
	{
		features->window[w].balance_slope = balance_slope(latest, window_months[w], unit);
		utilization_spread(latest, window_months[w], &features->window[w]);
	}
	limit_changes(&months, features);
	delinquency(&months, features);
	features->months_inactive = idle_run(&months, as_of);
}

/*
 * roc.c
 *	  AUC, KS and the variance of the AUC in one sweep over distinct scores.
 */
#include "core/roc.h"

#include <math.h>

void
cl_roc_totals(const ClTally *tally, ClRocTotals *total)
{
	memset(total, 0, sizeof(ClRocTotals));
	for (int class = 0; class < 2; class++)
	{
		total->n[class] = (int64_t) tally->rows[class].n;
		for (size_t i = 0; i < tally->n_count; i++)
		{
			total->n[class] += tally->count[i].n[class];
			if (tally->extra == NULL)
				continue;
			total->weight[class] += tally->extra[i].weight[class].high;
			total->amount[class] += tally->extra[i].amount[class];
		}
		if (tally->kind == CL_TALLY_COUNTS)
			total->weight[class] = (double) total->n[class];
	}
}

/*
 * Rows
 *
 * Scores are visited from the safest. With b non-events before a score and t at it, each event there is placed at 2b + t: twice
 * the non-events that are safer, ties one half. The AUC is the mean placement of events over twice the number of non-events.
 */

static void
measure_rows(const ClTally *tally, bool higher_is_riskier, ClRocMeasures *m)
{
	const int64_t *total = m->total.n;
	int64_t		before[2] = {0, 0};
	cl_int128	placed = 0;
	cl_int128	farthest = 0;
	bool		upper_next = false;
	double		previous = NAN;
	ClTallyCursor cursor;
	ClTallyItem item;

	cl_tally_scan(tally, &cursor, !higher_is_riskier);
	while (cl_tally_next(&cursor, &item))
	{
		cl_int128	distance;

		/* The cut-off at the largest distance so far is the upper of the two scores it lies between. */
		if (upper_next)
			m->ks_cutoff = higher_is_riskier ? item.value : previous;
		placed += (cl_int128) item.n[CL_EVENT] * (2 * before[CL_NON_EVENT] + item.n[CL_NON_EVENT]);
		before[0] += item.n[0];
		before[1] += item.n[1];
		distance = (cl_int128) before[CL_NON_EVENT] * total[CL_EVENT] - (cl_int128) before[CL_EVENT] * total[CL_NON_EVENT];
		if (distance < 0)
			distance = -distance;
		upper_next = distance > farthest;
		if (upper_next)
		{
			farthest = distance;
			for (int class = 0; class < 2; class++)
				m->ks_share[class] = (double) (total[class] - before[class]) / (double) total[class];
		}
		previous = item.value;
	}
	m->auc = (double) placed / 2 / ((double) total[0] * (double) total[1]);
	m->ks = (double) farthest / ((double) total[0] * (double) total[1]);
}

/* Sum of n and of squares of integers, exact as long as there are at most CL_TALLY_MAX_ROWS rows. */
typedef struct Squares
{
	cl_int128	sum;
	cl_int128	squares;
} Squares;

static inline void
squares_add(Squares *s, int64_t n, int64_t x)
{
	s->sum += (cl_int128) n * x;
	s->squares += (cl_int128) n * x * x;
}

/* Sample variance: deviations are taken from the whole number below the mean, so that nothing cancels. */
static double
squares_variance(const Squares *s, int64_t n)
{
	cl_int128	center = s->sum / n;
	cl_int128	about_center = s->squares - 2 * center * s->sum + center * center * n;
	double		beyond = (double) (s->sum - center * n);

	return ((double) about_center - beyond * beyond / (double) n) / (double) (n - 1);
}

/*
 * DeLong, DeLong and Clarke-Pearson (1988): the variance of the AUC is that of the placements of events over their number, plus
 * that of the placements of non-events over theirs. From sorted scores it needs one sweep (Sun and Xu 2014).
 */
static double
variance_of_rows(const ClTally *tally, bool higher_is_riskier, const ClRocTotals *total)
{
	const int64_t *n = total->n;
	int64_t		before[2] = {0, 0};
	Squares		placement[2] = {{0, 0}, {0, 0}};
	double		scale[2] = {2.0 * (double) n[CL_EVENT], 2.0 * (double) n[CL_NON_EVENT]};
	ClTallyCursor cursor;
	ClTallyItem item;
	double		variance = 0;

	cl_tally_scan(tally, &cursor, !higher_is_riskier);
	while (cl_tally_next(&cursor, &item))
	{
		squares_add(&placement[CL_EVENT], item.n[CL_EVENT], 2 * before[CL_NON_EVENT] + item.n[CL_NON_EVENT]);
		before[0] += item.n[0];
		before[1] += item.n[1];
		squares_add(&placement[CL_NON_EVENT], item.n[CL_NON_EVENT], 2 * (n[CL_EVENT] - before[CL_EVENT]) + item.n[CL_EVENT]);
	}
	for (int class = 0; class < 2; class++)
		variance += squares_variance(&placement[class], n[class]) / (scale[class] * scale[class]) / (double) n[class];
	return variance;
}

/*
 * Weights: the same in doubles
 */

static void
measure_weights(const ClTally *tally, bool higher_is_riskier, ClRocMeasures *m)
{
	const double *total = m->total.weight;
	double		before[2] = {0, 0};
	double		placed = 0;
	double		lost = 0;
	bool		upper_next = false;
	double		previous = NAN;
	ClTallyCursor cursor;
	ClTallyItem item;

	cl_tally_scan(tally, &cursor, !higher_is_riskier);
	while (cl_tally_next(&cursor, &item))
	{
		double		distance;
		double		term;
		double		sum;

		if (upper_next)
			m->ks_cutoff = higher_is_riskier ? item.value : previous;
		/* Compensated: Kahan (1965). */
		term = item.weight[CL_EVENT] * (before[CL_NON_EVENT] + item.weight[CL_NON_EVENT] / 2) - lost;
		sum = placed + term;
		lost = (sum - placed) - term;
		placed = sum;
		before[0] += item.weight[0];
		before[1] += item.weight[1];
		distance = fabs(before[CL_NON_EVENT] / total[CL_NON_EVENT] - before[CL_EVENT] / total[CL_EVENT]);
		/* At the very end the distance is zero but for rounding. */
		upper_next = distance > m->ks && distance > 1e-12;
		if (upper_next)
		{
			m->ks = distance;
			for (int class = 0; class < 2; class++)
				m->ks_share[class] = 1 - before[class] / total[class];
		}
		previous = item.value;
	}
	m->auc = placed / total[0] / total[1];
}

/* Frequency weights: a row of weight 2 is two rows. */
static double
variance_of_weights(const ClTally *tally, bool higher_is_riskier, const ClRocTotals *total, double auc)
{
	double		before[2] = {0, 0};
	double		squares[2] = {0, 0};
	double		variance = 0;
	ClTallyCursor cursor;
	ClTallyItem item;

	cl_tally_scan(tally, &cursor, !higher_is_riskier);
	while (cl_tally_next(&cursor, &item))
	{
		double		safer = (before[CL_NON_EVENT] + item.weight[CL_NON_EVENT] / 2) / total->weight[CL_NON_EVENT];
		double		riskier = 1 - (before[CL_EVENT] + item.weight[CL_EVENT] / 2) / total->weight[CL_EVENT];

		squares[CL_EVENT] += item.weight[CL_EVENT] * (safer - auc) * (safer - auc);
		squares[CL_NON_EVENT] += item.weight[CL_NON_EVENT] * (riskier - auc) * (riskier - auc);
		before[0] += item.weight[0];
		before[1] += item.weight[1];
	}
	for (int class = 0; class < 2; class++)
		variance += squares[class] / (total->weight[class] - 1) / total->weight[class];
	return variance;
}

/*
 * Either
 */

void
cl_roc_measure(const ClTally *tally, bool higher_is_riskier, ClRocMeasures *measures)
{
	*measures = (ClRocMeasures) {.auc = NAN, .ks = NAN, .ks_cutoff = NAN, .ks_share = {NAN, NAN}};
	cl_roc_totals(tally, &measures->total);
	if (measures->total.n[0] == 0 || measures->total.n[1] == 0)
		return;
	measures->ks = 0;
	if (tally->kind == CL_TALLY_WEIGHTS)
		measure_weights(tally, higher_is_riskier, measures);
	else
		measure_rows(tally, higher_is_riskier, measures);
}

/* NaN when a class has fewer than two rows, or no more weight than one. */
double
cl_roc_auc_variance(const ClTally *tally, bool higher_is_riskier, const ClRocMeasures *measures)
{
	const ClRocTotals *total = &measures->total;

	if (tally->kind == CL_TALLY_WEIGHTS)
		return total->weight[0] > 1 && total->weight[1] > 1 ?
			variance_of_weights(tally, higher_is_riskier, total, measures->auc) : NAN;
	return total->n[0] > 1 && total->n[1] > 1 ? variance_of_rows(tally, higher_is_riskier, total) : NAN;
}

double
cl_roc_hanley_mcneil(double auc, double n_event, double n_non_event)
{
	double		q1 = auc / (2 - auc);
	double		q2 = 2 * auc * auc / (1 + auc);

	return sqrt((auc * (1 - auc) + (n_event - 1) * (q1 - auc * auc) + (n_non_event - 1) * (q2 - auc * auc)) /
				(n_event * n_non_event));
}

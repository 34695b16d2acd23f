/*
 * calibration.c
 *	  Groups of PDs, and what is computed from them.
 */
#include "core/calibration.h"

#include "core/distribution.h"
#include "core/pd_accuracy.h"
#include "core/tied_group.h"

/*
 * Groups
 */

void
cl_calibration_scan(const ClTally *tally, int groups, ClCalibrationCursor *cursor)
{
	ClSum			weight = {0};
	ClTallyItem item;

	memset(cursor, 0, sizeof(ClCalibrationCursor));
	cursor->groups = groups;
	cursor->group = -1;
	cl_tally_scan(tally, &cursor->tally, false);
	while (cl_tally_next(&cursor->tally, &item))
		cl_sum_add(&weight, item.weight[CL_NON_EVENT] + item.weight[CL_EVENT], 0);
	cursor->weight = weight.high;
	cl_tally_scan(tally, &cursor->tally, false);
	cursor->more = cl_tally_next(&cursor->tally, &cursor->item);
}

/* The group, from 0, in which the middle of the next item falls. */
static int
group_of_item(const ClCalibrationCursor *cursor)
{
	return cl_tied_group(cursor->group, cursor->weight_before.high,
						 cursor->item.weight[CL_NON_EVENT] + cursor->item.weight[CL_EVENT], cursor->weight, cursor->groups);
}

/* Sums over the rows of a group, the PDs as distances from the smallest one, so that little is lost when they are close. */
typedef struct GroupSums
{
	ClSum		weight[2];
	ClSum		expected[2];
	ClSum		distance[2];
	ClSum		squares;
	ClSum		brier;
} GroupSums;

static void
add_item(GroupSums *sums, ClCalibrationGroup *group, const ClTallyItem *item)
{
	double		distance = item->value - group->low;
	double		pd = item->value;
	double		weight = item->weight[CL_NON_EVENT] + item->weight[CL_EVENT];

	group->high = pd;
	cl_sum_add(&sums->expected[CL_NON_EVENT], weight * (1 - pd), 0);
	cl_sum_add(&sums->expected[CL_EVENT], weight * pd, 0);
	cl_sum_add(&sums->squares, weight * distance * distance, 0);
	for (int class = 0; class < 2; class++)
	{
		group->n[class] += item->n[class];
		cl_sum_add(&sums->weight[class], item->weight[class], 0);
		cl_sum_add(&sums->distance[class], item->weight[class] * distance, 0);
		cl_sum_add(&sums->brier, item->weight[class] * cl_brier_term(pd, class == CL_EVENT), 0);
	}
}

static void
finish_group(const GroupSums *sums, ClCalibrationGroup *group)
{
	double		distance = sums->distance[CL_NON_EVENT].high + sums->distance[CL_EVENT].high;

	for (int class = 0; class < 2; class++)
	{
		group->weight[class] = sums->weight[class].high;
		group->expected[class] = sums->expected[class].high;
	}
	group->within = sums->squares.high - distance * (distance / cl_group_weight(group));
	group->covariance = sums->distance[CL_EVENT].high - distance * cl_group_event_rate(group);
	group->brier = sums->brier.high;
}

bool
cl_calibration_next(ClCalibrationCursor *cursor, ClCalibrationGroup *group)
{
	GroupSums	sums = {0};

	if (!cursor->more)
		return false;
	memset(group, 0, sizeof(ClCalibrationGroup));
	group->low = cursor->item.value;
	cursor->group = cursor->groups == CL_EVERY_PD ? 0 : group_of_item(cursor);
	do
	{
		add_item(&sums, group, &cursor->item);
		cl_sum_add(&cursor->weight_before, cursor->item.weight[CL_NON_EVENT] + cursor->item.weight[CL_EVENT], 0);
		cursor->more = cl_tally_next(&cursor->tally, &cursor->item);
	} while (cursor->more && cursor->groups != CL_EVERY_PD && group_of_item(cursor) == cursor->group);
	finish_group(&sums, group);
	return true;
}

double
cl_group_chi2(const ClCalibrationGroup *group)
{
	double		variance = group->expected[CL_EVENT] * (group->expected[CL_NON_EVENT] / cl_group_weight(group));
	double		distance;

	if (group->expected[CL_EVENT] <= group->expected[CL_NON_EVENT])
		distance = group->weight[CL_EVENT] - group->expected[CL_EVENT];
	else
		distance = group->weight[CL_NON_EVENT] - group->expected[CL_NON_EVENT];
	if (variance > 0)
		return distance * (distance / variance);
	return distance == 0 ? NAN : INFINITY;
}

void
cl_hosmer_lemeshow(const ClTally *tally, int groups, bool fitted, ClHosmerLemeshow *test)
{
	ClCalibrationCursor cursor;
	ClCalibrationGroup group;
	ClSum		chi2 = {0};

	memset(test, 0, sizeof(ClHosmerLemeshow));
	cl_calibration_scan(tally, groups, &cursor);
	while (cl_calibration_next(&cursor, &group))
	{
		double		part = cl_group_chi2(&group);

		if (isnan(part))
			continue;
		test->groups_used++;
		/* Infinity has no rounding error to carry along. */
		if (isinf(part) || isinf(chi2.high))
			chi2 = (ClSum) {INFINITY, 0};
		else
			cl_sum_add(&chi2, part, 0);
	}
	test->chi2 = chi2.high;
	test->df = fitted ? test->groups_used - 2 : test->groups_used;
	test->p_value = NAN;
	if (test->df >= 1)
		test->p_value = isinf(test->chi2) ? 0 : cl_chi2_upper(test->chi2, test->df);
}

/*
 * Murphy (1973), with what PDs that differ inside a group add (Stephenson, Coelho and Jolliffe 2008): their variance less twice
 * their covariance with the events.
 */
void
cl_brier_decomposition(const ClTally *tally, int groups, ClBrierDecomposition *decomposition)
{
	ClCalibrationSums whole;
	ClCalibrationCursor cursor;
	ClCalibrationGroup group;
	ClSum		sum[5] = {{0}};
	double		weight;
	double		rate;

	cl_calibration_sums(tally, &whole);
	weight = whole.weight[CL_NON_EVENT] + whole.weight[CL_EVENT];
	rate = whole.weight[CL_EVENT] / weight;
	memset(decomposition, 0, sizeof(ClBrierDecomposition));
	cl_calibration_scan(tally, groups, &cursor);
	while (cl_calibration_next(&cursor, &group))
	{
		double		share = cl_group_weight(&group) / weight;
		double		distance = cl_group_mean_pd(&group) - cl_group_event_rate(&group);
		double		contrast = cl_group_event_rate(&group) - rate;

		decomposition->groups_used++;
		cl_sum_add(&sum[0], group.brier / weight, 0);
		cl_sum_add(&sum[1], share * distance * distance, 0);
		cl_sum_add(&sum[2], share * contrast * contrast, 0);
		cl_sum_add(&sum[3], (group.within - 2 * group.covariance) / weight, 0);
		cl_sum_add(&sum[4], share * fabs(distance), 0);
		decomposition->mce = fmax(decomposition->mce, fabs(distance));
	}
	decomposition->brier = sum[0].high;
	decomposition->reliability = sum[1].high;
	decomposition->resolution = sum[2].high;
	decomposition->uncertainty = rate * (whole.weight[CL_NON_EVENT] / weight);
	decomposition->within = sum[3].high;
	decomposition->ece = sum[4].high;
}

/*
 * All rows
 */

void
cl_calibration_sums(const ClTally *tally, ClCalibrationSums *sums)
{
	ClTallyCursor cursor;
	ClTallyItem item;
	ClSum		weight[2] = {{0}};
	ClSum		sum[6] = {{0}};

	memset(sums, 0, sizeof(ClCalibrationSums));
	cl_tally_scan(tally, &cursor, false);
	while (cl_tally_next(&cursor, &item))
	{
		double		both = item.weight[CL_NON_EVENT] + item.weight[CL_EVENT];

		if (++sums->n_distinct % 65536 == 0)
			tally->memory.check_for_interrupts();
		cl_sum_add(&sum[0], both * (1 - item.value), 0);
		cl_sum_add(&sum[1], both * item.value, 0);
		cl_sum_add(&sum[5], both * cl_spiegelhalter_variance(item.value), 0);
		for (int class = 0; class < 2; class++)
		{
			bool		event = class == CL_EVENT;

			if (item.n[class] == 0)
				continue;
			sums->n[class] += item.n[class];
			sums->n_clipped += cl_log_loss_clipped(item.value, event) ? item.n[class] : 0;
			cl_sum_add(&weight[class], item.weight[class], 0);
			cl_sum_add(&sum[2], item.weight[class] * cl_brier_term(item.value, event), 0);
			cl_sum_add(&sum[3], item.weight[class] * cl_log_loss_term(item.value, event), 0);
			cl_sum_add(&sum[4], item.weight[class] * cl_spiegelhalter_term(item.value, event), 0);
		}
	}
	for (int class = 0; class < 2; class++)
	{
		sums->weight[class] = weight[class].high;
		sums->expected[class] = sum[class].high;
	}
	sums->brier = sum[2].high;
	sums->log_loss = sum[3].high;
	sums->spiegelhalter = sum[4].high;
	sums->spiegelhalter_variance = sum[5].high;
}

/* Every distinct PD that has log-odds; the rows that have none are counted. */
static ClLinePoint *
log_odds_points(const ClTally *tally, size_t *n_points, int64_t *n, int64_t *n_degenerate)
{
	ClLinePoint *points = cl_allocate(&tally->memory, cl_tally_distinct(tally) * sizeof(ClLinePoint));
	ClTallyCursor cursor;
	ClTallyItem item;

	*n_points = 0;
	*n = *n_degenerate = 0;
	cl_tally_scan(tally, &cursor, false);
	while (cl_tally_next(&cursor, &item))
	{
		if (item.value > 0 && item.value < 1)
		{
			points[(*n_points)++] = (ClLinePoint) {cl_logit(item.value), {item.weight[0], item.weight[1]}};
			*n += item.n[0] + item.n[1];
		}
		else
			*n_degenerate += item.n[0] + item.n[1];
	}
	return points;
}

static void
sum_weights(const ClLinePoint *points, size_t n, double *weight)
{
	ClSum		sum[2] = {{0}};

	for (size_t i = 0; i < n; i++)
	{
		cl_sum_add(&sum[0], points[i].weight[0], 0);
		cl_sum_add(&sum[1], points[i].weight[1], 0);
	}
	weight[0] = sum[0].high;
	weight[1] = sum[1].high;
}

void
cl_calibration_line(const ClTally *tally, ClCalibrationLine *calibration)
{
	const ClMemory *memory = &tally->memory;
	size_t		n;
	ClLinePoint *points = log_odds_points(tally, &n, &calibration->n, &calibration->n_degenerate);
	double		weight[2];

	calibration->citl = calibration->citl_variance = calibration->chi2 = NAN;
	sum_weights(points, n, weight);
	cl_line_fit(memory, points, n, &calibration->line);
	if (weight[CL_NON_EVENT] > 0 && weight[CL_EVENT] > 0)
		calibration->citl = cl_logit_shift(memory, points, n, weight[CL_EVENT], weight[CL_NON_EVENT],
										   &calibration->citl_variance);
	if (calibration->line.status == CL_LINE_CONVERGED)
		calibration->chi2 = fmax(0, 2 * (calibration->line.loglik - cl_line_loglik(points, n, 0, 1)));
	cl_release(memory, points);
}

/* Rows whose PD would leave 0..1. */
static int64_t
rows_above_one(const ClTally *tally, double factor)
{
	ClTallyCursor cursor;
	ClTallyItem item;
	int64_t		n = 0;

	cl_tally_scan(tally, &cursor, true);
	while (cl_tally_next(&cursor, &item) && item.value * factor > 1)
		n += item.n[0] + item.n[1];
	return n;
}

void
cl_central_tendency(const ClTally *tally, double target, ClCentralTendency *tendency)
{
	const ClMemory *memory = &tally->memory;
	ClCalibrationSums sums;
	size_t		n;
	ClLinePoint *points = log_odds_points(tally, &n, &tendency->n, &tendency->n_fixed);
	double		moving[2];
	double		all;
	double		ones = 0;
	double		expected;
	double		rest;
	double		variance;
	ClTallyCursor cursor;
	ClTallyItem item;

	cl_calibration_sums(tally, &sums);
	all = sums.weight[0] + sums.weight[1];
	cl_tally_scan(tally, &cursor, true);
	if (cl_tally_next(&cursor, &item) && item.value == 1)
		ones = item.weight[0] + item.weight[1];
	sum_weights(points, n, moving);
	expected = all * target - ones;
	rest = moving[0] + moving[1] - expected;
	tendency->n += tendency->n_fixed;
	tendency->mean_pd = sums.expected[CL_EVENT] / all;
	tendency->factor = tendency->mean_pd > 0 ? target / tendency->mean_pd : NAN;
	tendency->n_above_one = tendency->mean_pd > 0 ? rows_above_one(tally, tendency->factor) : 0;
	tendency->shift = NAN;
	if (expected > 0 && rest > 0)
		tendency->shift = cl_logit_shift(memory, points, n, expected, rest, &variance);
	cl_release(memory, points);
}

/*
 * pd_curve.c
 *	  Estimating a curve from scores and events, and reading it.
 */
#include "core/pd_curve.h"

#include "core/sum.h"

enum
{
	STATUS_GIVEN, STATUS_CONVERGED, STATUS_MAX_ITERATIONS, STATUS_SEPARATION, STATUS_QUASI_SEPARATION, STATUS_CONSTANT,
	STATUS_ONE_CLASS, STATUS_WRONG_DIRECTION
};

const char *const cl_pd_curve_statuses[] = {
	"given", "converged", "max_iterations", "separation", "quasi_separation", "constant", "one_class", "wrong_direction", NULL
};

/*
 * Reading
 */

/* The last point that is not above the score; the first one's score is. */
static size_t
point_below(const ClPdCurve *curve, double score)
{
	size_t		low = 0;
	size_t		high = curve->n_points - 1;

	while (high - low > 1)
	{
		size_t		middle = (low + high) / 2;

		if (curve->points[middle].score <= score)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* Straight between two points, exactly theirs at both ends, and never outside them whatever rounding does. */
static double
interpolate(const ClCurvePoint *left, const ClCurvePoint *right, double score)
{
	double		part = (score - left->score) / (right->score - left->score);
	double		pd = left->pd + part * (right->pd - left->pd);

	if (left->pd <= right->pd)
		return pd < left->pd ? left->pd : pd > right->pd ? right->pd : pd;
	return pd > left->pd ? left->pd : pd < right->pd ? right->pd : pd;
}

static double
points_pd(const ClPdCurve *curve, double score)
{
	const ClCurvePoint *first = &curve->points[0];
	const ClCurvePoint *last = &curve->points[curve->n_points - 1];
	const ClCurvePoint *left;

	if (score <= first->score)
		return first->pd;
	if (score >= last->score)
		return last->pd;
	left = &curve->points[point_below(curve, score)];
	return score == left->score ? left->pd : interpolate(left, left + 1, score);
}

double
cl_pd_curve_pd(const ClPdCurve *curve, double score)
{
	if (curve->method == CL_CURVE_ISOTONIC)
		return points_pd(curve, score);
	return cl_expit(curve->slope == 0 ? curve->intercept : curve->intercept + curve->slope * score);
}

/*
 * Isotonic
 */

static size_t
add_block(ClCurvePoint *points, size_t n, const ClIsotonicBlock *block, bool higher_is_riskier)
{
	double		low = higher_is_riskier ? block->from : block->to;
	double		high = higher_is_riskier ? block->to : block->from;

	points[n++] = (ClCurvePoint) {low, cl_isotonic_rate(block)};
	if (high > low)
		points[n++] = (ClCurvePoint) {high, cl_isotonic_rate(block)};
	return n;
}

ClCurvePoint *
cl_pd_curve_points(const ClMemory *memory, const ClIsotonicBlock *blocks, size_t n_blocks, bool higher_is_riskier,
				   size_t *n_points)
{
	ClCurvePoint *points = cl_allocate(memory, 2 * n_blocks * sizeof(ClCurvePoint));

	*n_points = 0;
	for (size_t i = 0; i < n_blocks; i++)
		*n_points = add_block(points, *n_points, &blocks[higher_is_riskier ? i : n_blocks - 1 - i], higher_is_riskier);
	return points;
}

static void
estimate_isotonic(const ClTally *tally, ClPdCurve *curve)
{
	size_t		n_blocks;
	ClIsotonicBlock *blocks = cl_isotonic(tally, curve->higher_is_riskier, &n_blocks);
	bool		constant = n_blocks == 1;
	bool		one_score = constant && blocks[0].from == blocks[0].to;

	curve->points = cl_pd_curve_points(&tally->memory, blocks, n_blocks, curve->higher_is_riskier, &curve->n_points);
	curve->status = cl_pd_curve_statuses[STATUS_CONVERGED];
	if (curve->n_event == 0 || curve->n_event == curve->n)
		curve->status = cl_pd_curve_statuses[STATUS_ONE_CLASS];
	else if (one_score)
		curve->status = cl_pd_curve_statuses[STATUS_CONSTANT];
	else if (constant)
		curve->status = cl_pd_curve_statuses[STATUS_WRONG_DIRECTION];
	cl_release(&tally->memory, blocks);
}

/*
 * Platt
 */

/* Every distinct score with its weights. */
static ClLinePoint *
score_points(const ClTally *tally, size_t *n, double *weight)
{
	ClLinePoint *points = cl_allocate(&tally->memory, cl_tally_distinct(tally) * sizeof(ClLinePoint));
	ClSum	sum[2] = {{0}};
	ClTallyCursor cursor;
	ClTallyItem item;

	*n = 0;
	cl_tally_scan(tally, &cursor, false);
	while (cl_tally_next(&cursor, &item))
	{
		points[(*n)++] = (ClLinePoint) {item.value, {item.weight[0], item.weight[1]}};
		cl_sum_add(&sum[0], item.weight[0], 0);
		cl_sum_add(&sum[1], item.weight[1], 0);
	}
	weight[0] = sum[0].high;
	weight[1] = sum[1].high;
	return points;
}

/*
 * Platt (1999) replaces events by (N+ + 1) / (N+ + 2) and non-events by 1 / (N- + 2), which keeps the coefficients finite when
 * the scores separate them.
 */
static void
smooth(ClLinePoint *points, size_t n, const double *weight)
{
	double		target[2] = {1 / (weight[CL_NON_EVENT] + 2), (weight[CL_EVENT] + 1) / (weight[CL_EVENT] + 2)};

	for (size_t i = 0; i < n; i++)
	{
		double		non_event = points[i].weight[CL_NON_EVENT];
		double		event = points[i].weight[CL_EVENT];

		points[i].weight[CL_EVENT] = event * target[CL_EVENT] + non_event * target[CL_NON_EVENT];
		points[i].weight[CL_NON_EVENT] = event * (1 - target[CL_EVENT]) + non_event * (1 - target[CL_NON_EVENT]);
	}
}

/* A flat curve at the mean: the best there is when the slope may not have the sign that the data want, or all scores are one. */
static void
flatten(const ClLinePoint *points, size_t n, ClPdCurve *curve)
{
	ClSum	sum[2] = {{0}};

	for (size_t i = 0; i < n; i++)
	{
		cl_sum_add(&sum[0], points[i].weight[CL_NON_EVENT], 0);
		cl_sum_add(&sum[1], points[i].weight[CL_EVENT], 0);
	}
	curve->intercept = log(sum[1].high) - log(sum[0].high);
	curve->slope = 0;
}

/*
 * Whether the data want a slope of the other sign. The sign of the slope is that of the difference of the mean scores of events
 * and non-events, which is known even where the slope is not.
 */
static bool
wrong_direction(const ClLinePoint *points, size_t n, const ClLine *line, bool higher_is_riskier)
{
	double		sign = higher_is_riskier ? 1 : -1;
	ClSum	weight[2] = {{0}};
	ClSum	score[2] = {{0}};

	for (size_t i = 0; i < n; i++)
	{
		for (int class = 0; class < 2; class++)
		{
			cl_sum_add(&weight[class], points[i].weight[class], 0);
			cl_sum_add(&score[class], points[i].weight[class] * points[i].x, 0);
		}
	}
	return sign * (score[CL_EVENT].high / weight[CL_EVENT].high - score[CL_NON_EVENT].high / weight[CL_NON_EVENT].high) <= 0 ||
		sign * line->slope < 0;
}

static int
fit_platt(const ClMemory *memory, ClLinePoint *points, size_t n, const double *weight, ClPdCurve *curve)
{
	ClLine		line;

	if (curve->smoothing)
		smooth(points, n, weight);
	if (!(weight[CL_NON_EVENT] > 0 && weight[CL_EVENT] > 0))
	{
		if (curve->smoothing)
			flatten(points, n, curve);
		return STATUS_ONE_CLASS;
	}
	cl_line_fit(memory, points, n, &line);
	if (line.status == CL_LINE_CONSTANT)
	{
		flatten(points, n, curve);
		return STATUS_CONSTANT;
	}
	if (wrong_direction(points, n, &line, curve->higher_is_riskier))
	{
		flatten(points, n, curve);
		return STATUS_WRONG_DIRECTION;
	}
	curve->intercept = line.intercept;
	curve->slope = line.slope;
	return STATUS_CONVERGED + (int) line.status;
}

static void
estimate_platt(const ClTally *tally, ClPdCurve *curve)
{
	double		weight[2];
	size_t		n;
	ClLinePoint *points = score_points(tally, &n, weight);

	curve->status = cl_pd_curve_statuses[fit_platt(&tally->memory, points, n, weight, curve)];
	cl_release(&tally->memory, points);
}

void
cl_pd_curve_estimate(const ClTally *tally, ClPdCurve *curve)
{
	int64_t		n[2];

	cl_tally_rows(tally, n);
	curve->n = n[CL_NON_EVENT] + n[CL_EVENT];
	curve->n_event = n[CL_EVENT];
	curve->intercept = curve->slope = NAN;
	curve->points = NULL;
	curve->n_points = 0;
	if (curve->method == CL_CURVE_ISOTONIC)
		estimate_isotonic(tally, curve);
	else
		estimate_platt(tally, curve);
}

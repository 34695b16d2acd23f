/*
 * pd_curve_document.c
 *	  A pd_curve as people write it:
 *
 *		{"method": "isotonic", "higher_is_riskier": false, "points": [[420, 0.21], [500, 0.08], [580, 0.02]]}
 *		{"method": "platt", "higher_is_riskier": false, "intercept": 6.2, "slope": -0.018}
 *
 * and, when it was estimated, with status, n, n_event, n_skipped (and smoothing) beside them.
 */
#include "postgres.h"

#include "core/tally.h"
#include "validate/pd_curve.h"

#include "miscadmin.h"

#define LARGEST_COEFFICIENT 1e300

static const char *const keys[] = {
	"method", "higher_is_riskier", "smoothing", "status", "n", "n_event", "n_skipped", "intercept", "slope", "points", NULL
};

static const char *const methods[] = {"isotonic", "platt", NULL};

static int64
optional_count(const ClJson *document, const char *key, int64 most)
{
	ClJson		node;

	return cl_json_get(document, key, &node) ? cl_json_decimal(&node, 0, 0, most) : 0;
}

static bool
optional_bool(const ClJson *document, const char *key)
{
	ClJson		node;

	return cl_json_get(document, key, &node) && cl_json_bool(&node);
}

static void
forbid(const ClJson *document, const char *key, const char *reason)
{
	ClJson		node;

	if (cl_json_get(document, key, &node))
		cl_json_error(&node, reason);
}

/* Scores ascending, and PDs never against the direction of risk. */
static void
compile_point(const ClJson *points, ClPdCurve *curve, size_t i)
{
	ClJson		pair;
	ClJson		node;
	ClCurvePoint *point = &curve->points[i];
	double		before;

	cl_json_item(points, (int) i, &pair);
	(void) cl_json_array(&pair, 2, 2);
	cl_json_item(&pair, 0, &node);
	point->score = cl_json_float8(&node, -CL_LARGEST_SCORE, CL_LARGEST_SCORE);
	if (i > 0 && point->score <= point[-1].score)
		cl_json_error(&node, "larger than the score of the point before");
	cl_json_item(&pair, 1, &node);
	point->pd = cl_json_float8(&node, 0, 1);
	before = i > 0 ? point[-1].pd : point->pd;
	if (curve->higher_is_riskier && point->pd < before)
		cl_json_error(&node, "at least the PD of the point before, since a higher score is riskier");
	if (!curve->higher_is_riskier && point->pd > before)
		cl_json_error(&node, "at most the PD of the point before, since a higher score is less risky");
}

static void
compile_isotonic(const ClJson *document, ClPdCurve *curve)
{
	ClJson		points;

	forbid(document, "intercept", "left out: an isotonic curve has points");
	forbid(document, "slope", "left out: an isotonic curve has points");
	forbid(document, "smoothing", "left out: it belongs to the method platt");
	cl_json_require(document, "points", &points);
	curve->n_points = (size_t) cl_json_array(&points, 1, CL_MOST_CURVE_POINTS);
	curve->points = palloc_array(ClCurvePoint, curve->n_points);
	for (size_t i = 0; i < curve->n_points; i++)
	{
		CHECK_FOR_INTERRUPTS();
		compile_point(&points, curve, i);
	}
}

/* Both coefficients, or none where the data gave none. */
static void
compile_platt(const ClJson *document, ClPdCurve *curve)
{
	ClJson		node;
	bool		none = strcmp(curve->status, "given") != 0 && !cl_json_get(document, "intercept", &node);

	forbid(document, "points", "left out: a curve of the method platt has intercept and slope");
	curve->smoothing = optional_bool(document, "smoothing");
	if (none)
	{
		forbid(document, "slope", "left out, since there is no intercept");
		return;
	}
	cl_json_require(document, "intercept", &node);
	curve->intercept = cl_json_float8(&node, -LARGEST_COEFFICIENT, LARGEST_COEFFICIENT);
	cl_json_require(document, "slope", &node);
	curve->slope = cl_json_float8(&node, -LARGEST_COEFFICIENT, LARGEST_COEFFICIENT);
	if (curve->higher_is_riskier && curve->slope < 0)
		cl_json_error(&node, "zero or positive, since a higher score is riskier");
	if (!curve->higher_is_riskier && curve->slope > 0)
		cl_json_error(&node, "zero or negative, since a higher score is less risky");
}

static void *
compile(const ClJson *document)
{
	ClPdCurve  *curve = palloc0_object(ClPdCurve);
	ClJson		node;

	cl_json_object(document, keys);
	cl_json_require(document, "method", &node);
	curve->method = (ClCurveMethod) cl_json_choice(&node, methods);
	cl_json_require(document, "higher_is_riskier", &node);
	curve->higher_is_riskier = cl_json_bool(&node);
	curve->status = cl_pd_curve_statuses[0];
	if (cl_json_get(document, "status", &node))
		curve->status = cl_pd_curve_statuses[cl_json_choice(&node, cl_pd_curve_statuses)];
	curve->n = optional_count(document, "n", CL_TALLY_MAX_ROWS);
	curve->n_event = optional_count(document, "n_event", curve->n);
	curve->n_skipped = optional_count(document, "n_skipped", PG_INT64_MAX);
	curve->intercept = curve->slope = NAN;
	if (curve->method == CL_CURVE_ISOTONIC)
		compile_isotonic(document, curve);
	else
		compile_platt(document, curve);
	return curve;
}

static void
print_platt(StringInfo out, const ClPdCurve *curve)
{
	appendStringInfo(out, ", \"smoothing\": %s", curve->smoothing ? "true" : "false");
	if (isnan(curve->slope))
		return;
	appendStringInfoString(out, ", \"intercept\": ");
	cl_json_put_float8(out, curve->intercept);
	appendStringInfoString(out, ", \"slope\": ");
	cl_json_put_float8(out, curve->slope);
}

static void
print_points(StringInfo out, const ClPdCurve *curve)
{
	appendStringInfoString(out, ", \"points\": [");
	for (size_t i = 0; i < curve->n_points; i++)
	{
		CHECK_FOR_INTERRUPTS();
		appendStringInfoString(out, i > 0 ? ", [" : "[");
		cl_json_put_float8(out, curve->points[i].score);
		appendStringInfoString(out, ", ");
		cl_json_put_float8(out, curve->points[i].pd);
		appendStringInfoChar(out, ']');
	}
	appendStringInfoChar(out, ']');
}

static void
print(StringInfo out, const void *compiled)
{
	const ClPdCurve *curve = compiled;

	appendStringInfo(out, "{\"method\": \"%s\", \"higher_is_riskier\": %s, \"status\": \"%s\", \"n\": " INT64_FORMAT
					 ", \"n_event\": " INT64_FORMAT ", \"n_skipped\": " INT64_FORMAT, methods[curve->method],
					 curve->higher_is_riskier ? "true" : "false", curve->status, curve->n, curve->n_event, curve->n_skipped);
	if (curve->method == CL_CURVE_PLATT)
		print_platt(out, curve);
	else
		print_points(out, curve);
	appendStringInfoChar(out, '}');
}

const ClDocument pd_curve_document = {
	.name = "pd_curve",
	.compile = compile,
	.print = print,
};

/* cl_pd_curve_in, cl_pd_curve_out, cl_pd_curve_recv, cl_pd_curve_send, cl_pd_curve_from_jsonb, cl_pd_curve_to_jsonb */
CL_DOCUMENT_FUNCTIONS(pd_curve)

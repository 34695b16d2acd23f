/*
 * drift.c
 *	  Window functions over the months of a measure: ewma, cusum, traffic_light. Each looks at its rows in the order of the
 *	  window, whatever the frame.
 */
#include "postgres.h"

#include <math.h>

#include "core/run_length.h"
#include "pg/numeric.h"
#include "pg/record.h"

#include "utils/builtins.h"
#include "windowapi.h"

PG_FUNCTION_INFO_V1(cl_ewma);
PG_FUNCTION_INFO_V1(cl_cusum);
PG_FUNCTION_INFO_V1(cl_traffic_light);

#define PARAMETERS 5

/* What a partition keeps; all zero before its first row. */
typedef struct Watch
{
	bool		begun;
	bool		known;			/* some x was */
	double		parameter[PARAMETERS];
	ClChart		chart;
	ClChartPlace place;
	bool		alarm;
	int			light;
	int			below[3];		/* rows in turn that were below what holds a light */
} Watch;

/* False for one that is not known: NULL or NaN. */
static bool
read_x(WindowObject window, double *x)
{
	bool		null;

	*x = DatumGetFloat8(WinGetFuncArgCurrent(window, 0, &null));
	if (null || isnan(*x))
		return false;
	if (isinf(*x))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("what is watched must be finite"),
				 errdetail("Found %s.", cl_float8_string(*x)),
				 errhint("Use NULL for a month that is not known.")));
	return true;
}

/* Parameters are arguments 1 and on. */
typedef struct Parameter
{
	const char *name;
	int			default_of;		/* NULL is as much as another, counted from 1; 0: NULL is refused */
	bool		integer;
} Parameter;

/* True at the first row of a partition; at all others they must be the same. */
static bool
read_parameters(WindowObject window, Watch *watch, const Parameter *parameter, int n)
{
	bool		first = !watch->begun;

	for (int i = 0; i < n; i++)
	{
		const char *name = parameter[i].name;
		bool		null;
		Datum		given = WinGetFuncArgCurrent(window, 1 + i, &null);
		double		value = null ? 0 : parameter[i].integer ? DatumGetInt32(given) : DatumGetFloat8(given);

		if (null && parameter[i].default_of > 0)
			value = watch->parameter[parameter[i].default_of - 1];
		else if (null)
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("%s must be given", name),
					 errdetail("Found NULL."),
					 errhint("Leave the row out, or its month's x NULL, where only the month is not known.")));
		if (!first && value != watch->parameter[i])
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s must be the same in all rows of a partition", name),
					 errdetail("Found %s and %s.", cl_float8_string(watch->parameter[i]), cl_float8_string(value)),
					 errhint("Put what has another %s into another partition.", name)));
		watch->parameter[i] = value;
	}
	watch->begun = true;
	return first;
}

static void
require(bool good, const char *name, double value, const char *rule, const char *hint)
{
	if (!good)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s must be %s", name, rule),
				 errdetail("Found %s.", cl_float8_string(value)),
				 errhint("%s", hint)));
}

static void
require_scale(double target, double sigma)
{
	static const char hint[] = "Target and sigma are the mean and the deviation of months in which nothing happened.";

	require(isfinite(target), "target", target, "finite", hint);
	require(sigma > 0 && isfinite(sigma), "sigma", sigma, "above 0, and finite", hint);
}

/* x in deviations from the target; a month that is not known leaves the chart where it is. */
static bool
step(Watch *watch, WindowObject window, double target, double sigma)
{
	double		x;
	bool		known = read_x(window, &x);

	if (known)
		watch->alarm = cl_chart_step(&watch->chart, &watch->place, (x - target) / sigma);
	return known;
}

static Datum
chart_row(FunctionCallInfo fcinfo, double value, double upper, double lower, bool known, bool alarm)
{
	ClRecord	record;

	cl_record_open_kept(&record, fcinfo);
	cl_record_put_float8(&record, value);
	cl_record_put_float8(&record, upper);
	cl_record_put_float8(&record, lower);
	cl_record_put_if(&record, known, BoolGetDatum(alarm));
	return cl_record_datum(&record);
}

/* x, target, lambda, c, sigma */
Datum
cl_ewma(PG_FUNCTION_ARGS)
{
	static const Parameter parameter[] = {{.name = "target"}, {.name = "lambda"}, {.name = "c"}, {.name = "sigma"}};
	WindowObject window = PG_WINDOW_OBJECT();
	Watch	   *watch = WinGetPartitionLocalMemory(window, sizeof(Watch));
	bool		first = read_parameters(window, watch, parameter, lengthof(parameter));
	double		target = watch->parameter[0];
	double		lambda = watch->parameter[1];
	double		c = watch->parameter[2];
	double		sigma = watch->parameter[3];
	double		reach;
	bool		known;

	if (first)
	{
		require(lambda > 0 && lambda <= 1, "lambda", lambda, "above 0, and at most 1",
				"It is the weight of the latest month: the smaller, the longer a chart remembers.");
		require(c > 0 && isfinite(c), "c", c, "above 0, and finite",
				"ewma_limit gives c for the false alarms that can be borne.");
		require_scale(target, sigma);
		watch->chart = (ClChart) {.kind = CL_EWMA, .weight = lambda, .limit = c, .sides = 2};
	}
	known = step(watch, window, target, sigma);
	reach = sigma * cl_ewma_reach(lambda, c);
	PG_RETURN_DATUM(chart_row(fcinfo, target + sigma * watch->place.high, target + reach, target - reach, known, watch->alarm));
}

/* x, target, k, h, head_start, sigma */
Datum
cl_cusum(PG_FUNCTION_ARGS)
{
	static const Parameter parameter[] = {{.name = "target"}, {.name = "k"}, {.name = "h"}, {.name = "head_start"},
	{.name = "sigma"}};
	WindowObject window = PG_WINDOW_OBJECT();
	Watch	   *watch = WinGetPartitionLocalMemory(window, sizeof(Watch));
	bool		first = read_parameters(window, watch, parameter, lengthof(parameter));
	double		target = watch->parameter[0];
	double		k = watch->parameter[1];
	double		h = watch->parameter[2];
	double		head_start = watch->parameter[3];
	double		sigma = watch->parameter[4];
	bool		known;

	if (first)
	{
		require(k >= 0 && isfinite(k), "k", k, "at least 0, and finite",
				"Half of the rise that is to be found is usual.");
		require(h > 0 && isfinite(h), "h", h, "above 0, and finite",
				"cusum_limit gives h for the false alarms that can be borne.");
		require(head_start >= 0 && head_start < h, "head_start", head_start, "at least 0, and below h",
				"Half of h is usual where a chart begins anew; 0 is none.");
		require_scale(target, sigma);
		watch->chart = (ClChart) {.kind = CL_CUSUM, .weight = k, .limit = h, .sides = 2, .head_start = head_start};
		watch->place = cl_chart_begin(&watch->chart);
	}
	known = step(watch, window, target, sigma);
	PG_RETURN_DATUM(chart_row(fcinfo, fmax(watch->place.high, watch->place.low), watch->place.high, watch->place.low, known,
							  watch->alarm));
}

#define LIGHT_HINT "Higher is worse: a light is entered at amber or red, and left below amber_leave or red_leave. Turn the " \
	"sign of x where lower is worse."

/*
 * x, amber, red, amber_leave, red_leave, months. A light is entered at once, and left for a lower one after so many rows in turn
 * below what holds it.
 */
Datum
cl_traffic_light(PG_FUNCTION_ARGS)
{
	static const Parameter parameter[] = {{.name = "amber"}, {.name = "red"}, {.name = "amber_leave", .default_of = 1},
	{.name = "red_leave", .default_of = 2}, {.name = "months", .integer = true}};
	static const char *const light_name[] = {"green", "amber", "red"};
	WindowObject window = PG_WINDOW_OBJECT();
	Watch	   *watch = WinGetPartitionLocalMemory(window, sizeof(Watch));
	bool		first = read_parameters(window, watch, parameter, lengthof(parameter));
	const double *enter = watch->parameter;
	const double *hold = watch->parameter + 2;
	double		months = watch->parameter[4];
	double		x;

	if (first)
	{
		require(isfinite(enter[0]), "amber", enter[0], "finite", LIGHT_HINT);
		require(enter[1] >= enter[0] && isfinite(enter[1]), "red", enter[1], "at least amber, and finite", LIGHT_HINT);
		require(hold[0] <= enter[0] && isfinite(hold[0]), "amber_leave", hold[0], "at most amber, and finite", LIGHT_HINT);
		require(hold[1] <= enter[1] && hold[1] >= hold[0], "red_leave", hold[1], "at most red, and at least amber_leave",
				LIGHT_HINT);
		require(months >= 1 && months <= 1200, "months", months, "from 1 to 1200",
				"It is how many rows in turn must be below what holds a light before it is left.");
	}
	if (read_x(window, &x))
	{
		int			wanted = (x >= enter[0]) + (x >= enter[1]);

		watch->known = true;
		for (int i = 0; i < 2; i++)
			watch->below[1 + i] = x < hold[i] ? Min(watch->below[1 + i] + 1, 1200) : 0;
		watch->light = Max(watch->light, wanted);
		while (watch->light > wanted && watch->below[watch->light] >= months)
			watch->light--;
	}
	if (!watch->known)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(light_name[watch->light]));
}

/*
 * roc_table.c
 *	  What a roc tells score by score: curve, gains table, cut-offs.
 */
#include "postgres.h"

#include <math.h>

#include "core/tied_group.h"
#include "pg/record.h"
#include "validate/roc_state.h"

#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(cl_roc_curve);
PG_FUNCTION_INFO_V1(cl_gains_table);
PG_FUNCTION_INFO_V1(cl_confusion_matrix);
PG_FUNCTION_INFO_V1(cl_cutoff_table);
PG_FUNCTION_INFO_V1(cl_cutoff_table_at);

#define MOST_GROUPS 100000
#define MOST_POINTS 10000000

/* A roc taken apart for reading. */
typedef struct Reading
{
	ClRoc	   *roc;
	ClRocTotals total;
	double		weight;			/* of both classes */
	bool		higher_is_riskier;
} Reading;

static Reading
open_roc(FunctionCallInfo fcinfo)
{
	Reading		reading;

	reading.roc = cl_summary_state(&roc_summary, PG_GETARG_DATUM(0));
	reading.total = cl_roc_measures(reading.roc)->total;
	reading.weight = reading.total.weight[0] + reading.total.weight[1];
	reading.higher_is_riskier = cl_roc_higher_is_riskier(reading.roc);
	return reading;
}

/* a / b, or NaN, which is NULL, where there is nothing to divide by. */
static double
share(double a, double b)
{
	return b > 0 ? a / b : NAN;
}

static int
number_of(FunctionCallInfo fcinfo, int argument, int least, int most, const char *what)
{
	int			number = PG_GETARG_INT32(argument);

	if (number < least || number > most)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("number of %s is out of range", what),
				 errdetail("Found %d.", number),
				 errhint("It is from %d to %d.", least, most)));
	return number;
}

static void
put_amount(ClRecord *record, const Reading *reading, cl_int128 amount)
{
	if (reading->roc->amounts)
		cl_record_put(record, cl_tally_numeric(amount, reading->roc->decimals));
	else
		cl_record_put_null(record);
}

/*
 * Curve
 */

/* flagged: weight of either class on the riskier side of the cut-off */
static void
put_curve_point(ClRecord *record, const Reading *reading, double cutoff, const double *flagged)
{
	const double *total = reading->total.weight;

	cl_record_put_float8(record, cutoff);
	cl_record_put_float8(record, flagged[CL_EVENT]);
	cl_record_put_float8(record, flagged[CL_NON_EVENT]);
	cl_record_put_float8(record, total[CL_NON_EVENT] - flagged[CL_NON_EVENT]);
	cl_record_put_float8(record, total[CL_EVENT] - flagged[CL_EVENT]);
	cl_record_put_float8(record, share(flagged[CL_EVENT], total[CL_EVENT]));
	cl_record_put_float8(record, share(flagged[CL_NON_EVENT], total[CL_NON_EVENT]));
	cl_record_put_float8(record, share(flagged[0] + flagged[1], reading->weight));
	cl_record_next(record);
}

/*
 * From nothing flagged to everything. With a credit score, what is flagged is below the cut-off, so the cut-off that flags
 * this score and all riskier ones is the next safer score, and beyond the safest there is only infinity.
 */
Datum
cl_roc_curve(PG_FUNCTION_ARGS)
{
	Reading		reading;
	int			points;
	double		flagged[2] = {0, 0};
	double		slot = 0;
	bool		wanted = true;
	ClRecord	record;
	ClTallyCursor cursor;
	ClTallyItem item;

	cl_record_open_set(&record, fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	points = PG_ARGISNULL(1) ? 0 : number_of(fcinfo, 1, 2, MOST_POINTS, "points");
	reading = open_roc(fcinfo);
	if (reading.weight == 0)
		PG_RETURN_NULL();
	if (reading.higher_is_riskier)
		put_curve_point(&record, &reading, INFINITY, flagged);
	cl_tally_scan(&reading.roc->tally, &cursor, reading.higher_is_riskier);
	while (cl_tally_next(&cursor, &item))
	{
		CHECK_FOR_INTERRUPTS();
		if (!reading.higher_is_riskier && wanted)
			put_curve_point(&record, &reading, item.value, flagged);
		flagged[0] += item.weight[0];
		flagged[1] += item.weight[1];
		wanted = points == 0 || floor((flagged[0] + flagged[1]) / reading.weight * (points - 1)) > slot;
		if (wanted && points > 0)
			slot = floor((flagged[0] + flagged[1]) / reading.weight * (points - 1));
		if (reading.higher_is_riskier && wanted)
			put_curve_point(&record, &reading, item.value, flagged);
	}
	if (!reading.higher_is_riskier)
		put_curve_point(&record, &reading, INFINITY, flagged);
	PG_RETURN_NULL();
}

/*
 * Gains table
 */

typedef struct GainsGroup
{
	int			group;			/* from 0; -1 before the first score */
	double		first;			/* score met first and last */
	double		last;
	double		weight[2];
	cl_int128	amount[2];
} GainsGroup;

static void
put_gains(ClRecord *record, const Reading *reading, const GainsGroup *g, int number, double *before)
{
	const double *total = reading->total.weight;
	double		n = g->weight[0] + g->weight[1];
	double		overall = share(total[CL_EVENT], reading->weight);
	double		after[2] = {before[0] + g->weight[0], before[1] + g->weight[1]};
	double		cumulated = share(after[CL_EVENT], after[0] + after[1]);

	cl_record_put_int32(record, number);
	cl_record_put_float8(record, Min(g->first, g->last));
	cl_record_put_float8(record, Max(g->first, g->last));
	cl_record_put_float8(record, n);
	cl_record_put_float8(record, g->weight[CL_EVENT]);
	cl_record_put_float8(record, g->weight[CL_NON_EVENT]);
	cl_record_put_float8(record, share(n, reading->weight));
	cl_record_put_float8(record, share(g->weight[CL_EVENT], n));
	cl_record_put_float8(record, share(after[0] + after[1], reading->weight));
	cl_record_put_float8(record, share(after[CL_EVENT], total[CL_EVENT]));
	cl_record_put_float8(record, share(after[CL_NON_EVENT], total[CL_NON_EVENT]));
	cl_record_put_float8(record, cumulated);
	cl_record_put_float8(record, share(share(g->weight[CL_EVENT], n), overall));
	cl_record_put_float8(record, share(cumulated, overall));
	cl_record_put_float8(record, fabs(share(after[CL_EVENT], total[CL_EVENT]) -
									  share(after[CL_NON_EVENT], total[CL_NON_EVENT])));
	put_amount(record, reading, g->amount[0] + g->amount[1]);
	put_amount(record, reading, g->amount[CL_EVENT]);
	cl_record_next(record);
	before[0] = after[0];
	before[1] = after[1];
}

Datum
cl_gains_table(PG_FUNCTION_ARGS)
{
	int			groups = number_of(fcinfo, 1, 1, MOST_GROUPS, "groups");
	Reading		reading = open_roc(fcinfo);
	double		before[2] = {0, 0};
	double		passed = 0;
	int			number = 0;
	GainsGroup	open = {.group = -1};
	ClRecord	record;
	ClTallyCursor cursor;
	ClTallyItem item;

	cl_record_open_set(&record, fcinfo);
	cl_tally_scan(&reading.roc->tally, &cursor, reading.higher_is_riskier);
	while (cl_tally_next(&cursor, &item))
	{
		double		own = item.weight[0] + item.weight[1];
		int			group = cl_tied_group(open.group, passed, own, reading.weight, groups);

		CHECK_FOR_INTERRUPTS();
		if (group != open.group)
		{
			if (open.group >= 0)
				put_gains(&record, &reading, &open, ++number, before);
			open = (GainsGroup) {.group = group, .first = item.value};
		}
		open.last = item.value;
		for (int class = 0; class < 2; class++)
		{
			open.weight[class] += item.weight[class];
			if (reading.roc->amounts)
				open.amount[class] += item.amount[class];
		}
		passed += own;
	}
	if (open.group >= 0)
		put_gains(&record, &reading, &open, ++number, before);
	PG_RETURN_NULL();
}

/*
 * Cut-offs
 */

/* What is below a cut-off. */
typedef struct Below
{
	double		weight[2];
	cl_int128	amount[2];
} Below;

static void
below_add(const Reading *reading, Below *below, const ClTallyItem *item)
{
	for (int class = 0; class < 2; class++)
	{
		below->weight[class] += item->weight[class];
		if (reading->roc->amounts)
			below->amount[class] += item->amount[class];
	}
}

/* Flagged by the score: the side of the cut-off that is riskier. */
static double
flagged_weight(const Reading *reading, const Below *below, int class)
{
	return reading->higher_is_riskier ? reading->total.weight[class] - below->weight[class] : below->weight[class];
}

static cl_int128
flagged_amount(const Reading *reading, const Below *below, int class)
{
	return reading->higher_is_riskier ? reading->total.amount[class] - below->amount[class] : below->amount[class];
}

static double
cutoff_argument(double cutoff)
{
	if (isnan(cutoff))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("cut-off must be a number"),
				 errdetail("Found NaN."),
				 errhint("roc_curve lists the cut-offs that differ.")));
	return cutoff;
}

Datum
cl_confusion_matrix(PG_FUNCTION_ARGS)
{
	double		cutoff = cutoff_argument(PG_GETARG_FLOAT8(1));
	Reading		reading = open_roc(fcinfo);
	Below		below = {{0, 0}, {0, 0}};
	double		tp;
	double		fp;
	double		tn;
	double		fn;
	ClRecord	record;
	ClTallyCursor cursor;
	ClTallyItem item;

	cl_tally_scan(&reading.roc->tally, &cursor, false);
	while (cl_tally_next(&cursor, &item) && item.value < cutoff)
		below_add(&reading, &below, &item);
	tp = flagged_weight(&reading, &below, CL_EVENT);
	fp = flagged_weight(&reading, &below, CL_NON_EVENT);
	fn = reading.total.weight[CL_EVENT] - tp;
	tn = reading.total.weight[CL_NON_EVENT] - fp;
	cl_record_open(&record, fcinfo);
	cl_record_put_float8(&record, tp);
	cl_record_put_float8(&record, fp);
	cl_record_put_float8(&record, tn);
	cl_record_put_float8(&record, fn);
	cl_record_put_float8(&record, share(tp, tp + fn));
	cl_record_put_float8(&record, share(tn, tn + fp));
	cl_record_put_float8(&record, share(tp, tp + fp));
	cl_record_put_float8(&record, share(tn, tn + fn));
	cl_record_put_float8(&record, share(tp + tn, reading.weight));
	cl_record_put_float8(&record, share(2 * tp, 2 * tp + fp + fn));
	/* Matthews (1975), in an order of multiplications that cannot overflow. */
	cl_record_put_float8(&record, share(tp * tn - fp * fn, sqrt(tp + fp) * sqrt(tp + fn) * sqrt(tn + fp) * sqrt(tn + fn)));
	cl_record_put_float8(&record, share(tp, tp + fn) + share(tn, tn + fp) - 1);
	PG_RETURN_DATUM(cl_record_datum(&record));
}

static void
put_cutoff(ClRecord *record, const Reading *reading, double cutoff, const Below *below)
{
	const ClRocTotals *total = &reading->total;
	double		rejected[2] = {flagged_weight(reading, below, 0), flagged_weight(reading, below, 1)};
	double		approved[2] = {total->weight[0] - rejected[0], total->weight[1] - rejected[1]};
	cl_int128	approved_amount[2];

	for (int class = 0; class < 2; class++)
		approved_amount[class] = total->amount[class] - flagged_amount(reading, below, class);
	cl_record_put_float8(record, cutoff);
	cl_record_put_float8(record, approved[0] + approved[1]);
	cl_record_put_float8(record, share(approved[0] + approved[1], reading->weight));
	cl_record_put_float8(record, approved[CL_EVENT]);
	cl_record_put_float8(record, share(approved[CL_EVENT], approved[0] + approved[1]));
	cl_record_put_float8(record, rejected[0] + rejected[1]);
	cl_record_put_float8(record, share(rejected[CL_EVENT], rejected[0] + rejected[1]));
	cl_record_put_float8(record, share(rejected[CL_EVENT], total->weight[CL_EVENT]));
	cl_record_put_float8(record, share(rejected[CL_NON_EVENT], total->weight[CL_NON_EVENT]));
	put_amount(record, reading, approved_amount[0] + approved_amount[1]);
	put_amount(record, reading, approved_amount[CL_EVENT]);
	cl_record_next(record);
}

/* A cut-off at the first score of each group but the lowest, and those that approve and reject everybody. */
Datum
cl_cutoff_table(PG_FUNCTION_ARGS)
{
	int			groups = number_of(fcinfo, 1, 1, MOST_GROUPS, "groups");
	Reading		reading = open_roc(fcinfo);
	Below		below = {{0, 0}, {0, 0}};
	int			last_group = -1;
	ClRecord	record;
	ClTallyCursor cursor;
	ClTallyItem item;

	cl_record_open_set(&record, fcinfo);
	if (reading.weight == 0)
		PG_RETURN_NULL();
	cl_tally_scan(&reading.roc->tally, &cursor, false);
	while (cl_tally_next(&cursor, &item))
	{
		int			group = cl_tied_group(last_group, below.weight[0] + below.weight[1], item.weight[0] + item.weight[1],
										 reading.weight, groups);

		CHECK_FOR_INTERRUPTS();
		if (group != last_group)
			put_cutoff(&record, &reading, item.value, &below);
		last_group = group;
		below_add(&reading, &below, &item);
	}
	put_cutoff(&record, &reading, INFINITY, &below);
	PG_RETURN_NULL();
}

static int
compare_float8(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return (x > y) - (x < y);
}

/* The cut-offs asked for, ascending. */
static double *
asked_cutoffs(ArrayType *array, int *n)
{
	Datum	   *value;
	bool	   *null;
	double	   *cutoff;

	deconstruct_array(array, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &value, &null, n);
	cutoff = palloc_array(double, *n + 1);
	for (int i = 0; i < *n; i++)
	{
		if (null[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("cut-off must be a number"),
					 errdetail("Number %d of the array is NULL.", i + 1),
					 errhint("roc_curve lists the cut-offs that differ.")));
		cutoff[i] = cutoff_argument(DatumGetFloat8(value[i]));
	}
	qsort(cutoff, *n, sizeof(double), compare_float8);
	return cutoff;
}

Datum
cl_cutoff_table_at(PG_FUNCTION_ARGS)
{
	int			n;
	double	   *cutoff = asked_cutoffs(PG_GETARG_ARRAYTYPE_P(1), &n);
	Reading		reading = open_roc(fcinfo);
	Below		below = {{0, 0}, {0, 0}};
	int			done = 0;
	ClRecord	record;
	ClTallyCursor cursor;
	ClTallyItem item;

	cl_record_open_set(&record, fcinfo);
	if (reading.weight == 0)
		PG_RETURN_NULL();
	cl_tally_scan(&reading.roc->tally, &cursor, false);
	while (done < n && cl_tally_next(&cursor, &item))
	{
		for (; done < n && cutoff[done] <= item.value; done++)
			put_cutoff(&record, &reading, cutoff[done], &below);
		below_add(&reading, &below, &item);
	}
	for (; done < n; done++)
		put_cutoff(&record, &reading, cutoff[done], &below);
	PG_RETURN_NULL();
}

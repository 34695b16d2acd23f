/*
 * bin_sketch.c
 *	  The aggregates that build a bin_sketch, and what it tells without binning.
 */
#include "postgres.h"

#include <math.h>

#include "pg/numeric.h"
#include "pg/record.h"
#include "score/bin_sketch.h"

PG_FUNCTION_INFO_V1(cl_bin_sketch_float8_transition);
PG_FUNCTION_INFO_V1(cl_bin_sketch_numeric_transition);
PG_FUNCTION_INFO_V1(cl_bin_sketch_text_transition);
PG_FUNCTION_INFO_V1(cl_bin_sketch_stats);

CL_SUMMARY_FUNCTIONS(bin_sketch)

/* Arguments of the transitions: state, value, event [, weight]. */
enum
{
	ARG_VALUE = 1, ARG_EVENT, ARG_WEIGHT
};

/* The state, made at the first row: only that one asks for the context. */
static inline ClBinSketch *
transition_state(FunctionCallInfo fcinfo)
{
	MemoryContext old;
	ClBinSketch *sketch;

	if (likely(!PG_ARGISNULL(0)))
		return (ClBinSketch *) PG_GETARG_POINTER(0);
	old = MemoryContextSwitchTo(cl_agg_context(fcinfo));
	sketch = bin_sketch_summary.create();
	sketch->weighted = PG_NARGS() > ARG_WEIGHT;
	if (sketch->weighted)
		sketch->tally.kind = CL_TALLY_WEIGHTS;
	MemoryContextSwitchTo(old);
	return sketch;
}

/* The weight of the row, 1 without one; 0 when the row does not count. */
static inline double
row_weight(FunctionCallInfo fcinfo, ClBinSketch *sketch)
{
	double		weight = 1;

	if (PG_NARGS() > ARG_WEIGHT)
		weight = PG_ARGISNULL(ARG_WEIGHT) ? NAN : PG_GETARG_FLOAT8(ARG_WEIGHT);
	if (unlikely(PG_ARGISNULL(ARG_EVENT) || isnan(weight)))
	{
		sketch->n_skipped++;
		return 0;
	}
	if (unlikely(weight < 0 || isinf(weight)))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("weight must be finite and not negative"),
				 errdetail("Found %g.", weight),
				 errhint("A row that shall not count has the weight 0.")));
	return weight;
}

static pg_attribute_always_inline void
add_number(FunctionCallInfo fcinfo, ClBinSketch *sketch, double value, double weight)
{
	bool		event = PG_GETARG_BOOL(ARG_EVENT);

	if (unlikely(isnan(value)))
	{
		cl_sketch_add_missing(sketch, event, weight);
		return;
	}
	sketch->kind = CL_SKETCH_NUMERIC;
	if (PG_NARGS() > ARG_WEIGHT)
		cl_tally_add_weighted(&sketch->tally, value, event, weight, 0);
	else
		cl_tally_add(&sketch->tally, value, event);
}

Datum
cl_bin_sketch_float8_transition(PG_FUNCTION_ARGS)
{
	ClBinSketch *sketch = transition_state(fcinfo);
	double		weight = row_weight(fcinfo, sketch);

	if (likely(weight > 0))
		add_number(fcinfo, sketch, PG_ARGISNULL(ARG_VALUE) ? NAN : PG_GETARG_FLOAT8(ARG_VALUE), weight);
	PG_RETURN_POINTER(sketch);
}

Datum
cl_bin_sketch_numeric_transition(PG_FUNCTION_ARGS)
{
	ClBinSketch *sketch = transition_state(fcinfo);
	double		weight = row_weight(fcinfo, sketch);

	if (likely(weight > 0))
		add_number(fcinfo, sketch,
				   PG_ARGISNULL(ARG_VALUE) ? NAN : cl_numeric_float8_saturated(PG_GETARG_DATUM(ARG_VALUE)), weight);
	PG_RETURN_POINTER(sketch);
}

Datum
cl_bin_sketch_text_transition(PG_FUNCTION_ARGS)
{
	ClBinSketch *sketch = transition_state(fcinfo);
	double		weight = row_weight(fcinfo, sketch);
	text	   *value;

	if (weight == 0)
		PG_RETURN_POINTER(sketch);
	if (PG_ARGISNULL(ARG_VALUE))
	{
		cl_sketch_add_missing(sketch, PG_GETARG_BOOL(ARG_EVENT), weight);
		PG_RETURN_POINTER(sketch);
	}
	value = PG_GETARG_TEXT_PP(ARG_VALUE);
	cl_sketch_add_category(sketch, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), PG_GETARG_BOOL(ARG_EVENT), weight);
	PG_RETURN_POINTER(sketch);
}

/*
 * What it tells
 */

static void
add_counts(int64 *n, const ClSketchCounts *counts)
{
	n[0] += counts->n[0];
	n[1] += counts->n[1];
}

Datum
cl_bin_sketch_stats(PG_FUNCTION_ARGS)
{
	ClBinSketch *sketch = cl_summary_state(&bin_sketch_summary, PG_GETARG_DATUM(0));
	int64		n[2] = {0, 0};
	int64		distinct = 0;
	ClRecord	record;

	if (sketch->kind == CL_SKETCH_NUMERIC)
	{
		cl_tally_settle(&sketch->tally);
		cl_tally_rows(&sketch->tally, n);
		distinct = (int64) cl_tally_distinct(&sketch->tally);
	}
	else if (sketch->kind == CL_SKETCH_TEXT)
	{
		distinct = sketch->categories.n;
		for (int i = 0; i < sketch->categories.n; i++)
			add_counts(n, &((ClSketchCategory *) cl_labels_item(&sketch->categories, i))->counts);
	}
	add_counts(n, &sketch->missing);
	add_counts(n, &sketch->overflowed);
	cl_record_open(&record, fcinfo);
	cl_record_put_text(&record, sketch->kind == CL_SKETCH_UNKNOWN ? NULL : sketch->kind == CL_SKETCH_TEXT ? "text" : "numeric");
	cl_record_put_int64(&record, n[0] + n[1]);
	cl_record_put_int64(&record, n[CL_EVENT]);
	cl_record_put_int64(&record, sketch->missing.n[0] + sketch->missing.n[1]);
	cl_record_put_int64(&record, sketch->n_skipped);
	if (sketch->overflow)
		cl_record_put_null(&record);
	else
		cl_record_put_int64(&record, distinct);
	PG_RETURN_DATUM(cl_record_datum(&record));
}

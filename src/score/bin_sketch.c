/*
 * bin_sketch.c
 *	  The aggregates that build a bin_sketch, and what it tells without binning.
 */
#include "postgres.h"

#include <math.h>

#include "pg/numeric.h"
#include "pg/record.h"
#include "pg/weight.h"
#include "score/bin_sketch_state.h"

#include "miscadmin.h"

PG_FUNCTION_INFO_V1(cl_bin_sketch_float8_transition);
PG_FUNCTION_INFO_V1(cl_bin_sketch_numeric_transition);
PG_FUNCTION_INFO_V1(cl_bin_sketch_int4_transition);
PG_FUNCTION_INFO_V1(cl_bin_sketch_text_transition);
PG_FUNCTION_INFO_V1(cl_bin_sketch_stats);

/*
 * cl_bin_sketch_in, cl_bin_sketch_out, cl_bin_sketch_recv, cl_bin_sketch_send, cl_bin_sketch_serial, cl_bin_sketch_deserial,
 * cl_bin_sketch_combine, cl_bin_sketch_final, cl_bin_sketch_rollup
 */
CL_SUMMARY_FUNCTIONS(bin_sketch)

/* Arguments of the transitions: state, value, event [, weight]. */
enum
{
	ARG_VALUE = 1, ARG_EVENT, ARG_WEIGHT
};

/* The state, made at the first row: only that one asks for the context. Its kind is known even if no row has a value. */
static inline ClBinSketch *
transition_state(FunctionCallInfo fcinfo, ClSketchKind kind)
{
	ClBinSketch *sketch = cl_agg_state(fcinfo, bin_sketch_summary.create);

	if (unlikely(PG_ARGISNULL(0)))
	{
		cl_sketch_set_kind(sketch, kind);
		sketch->weighted = PG_NARGS() > ARG_WEIGHT;
		if (sketch->weighted)
			sketch->tally.kind = CL_TALLY_WEIGHTS;
	}
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
	cl_weight_check(weight);
	return weight;
}

static pg_attribute_always_inline void
add_number(FunctionCallInfo fcinfo, ClBinSketch *sketch, double value, double weight)
{
	bool		event = PG_GETARG_BOOL(ARG_EVENT);

	if (PG_NARGS() <= ARG_WEIGHT)
		cl_sketch_add_number(sketch, value, event);
	else if (unlikely(isnan(value)))
		cl_sketch_add_missing(sketch, event, weight);
	else
		cl_tally_add_weighted(&sketch->tally, value, event, weight, 0);
}

Datum
cl_bin_sketch_float8_transition(PG_FUNCTION_ARGS)
{
	ClBinSketch *sketch = transition_state(fcinfo, CL_SKETCH_NUMERIC);
	double		weight = row_weight(fcinfo, sketch);

	if (likely(weight > 0))
		add_number(fcinfo, sketch, PG_ARGISNULL(ARG_VALUE) ? NAN : PG_GETARG_FLOAT8(ARG_VALUE), weight);
	PG_RETURN_POINTER(sketch);
}

Datum
cl_bin_sketch_numeric_transition(PG_FUNCTION_ARGS)
{
	ClBinSketch *sketch = transition_state(fcinfo, CL_SKETCH_NUMERIC);
	double		weight = row_weight(fcinfo, sketch);

	if (likely(weight > 0))
		add_number(fcinfo, sketch,
				   PG_ARGISNULL(ARG_VALUE) ? NAN : cl_numeric_float8_saturated(PG_GETARG_DATUM(ARG_VALUE)), weight);
	PG_RETURN_POINTER(sketch);
}

/* Numbers of bins. */
Datum
cl_bin_sketch_int4_transition(PG_FUNCTION_ARGS)
{
	ClBinSketch *sketch = transition_state(fcinfo, CL_SKETCH_NUMERIC);
	double		weight = row_weight(fcinfo, sketch);

	if (likely(weight > 0))
		add_number(fcinfo, sketch, PG_ARGISNULL(ARG_VALUE) ? NAN : PG_GETARG_INT32(ARG_VALUE), weight);
	PG_RETURN_POINTER(sketch);
}

Datum
cl_bin_sketch_text_transition(PG_FUNCTION_ARGS)
{
	ClBinSketch *sketch = transition_state(fcinfo, CL_SKETCH_TEXT);
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

static void
count_numbers(ClBinSketch *sketch, ClSketchStats *stats)
{
	ClTallyCursor cursor;
	ClTallyItem item;

	cl_tally_settle(&sketch->tally);
	cl_tally_scan(&sketch->tally, &cursor, false);
	for (stats->n_distinct = 0; cl_tally_next(&cursor, &item); stats->n_distinct++)
	{
		if ((stats->n_distinct & 0xFFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		stats->n[0] += item.n[0];
		stats->n[1] += item.n[1];
		stats->most = Max(stats->most, item.n[0] + item.n[1]);
	}
}

void
cl_sketch_stats(ClBinSketch *sketch, ClSketchStats *stats)
{
	*stats = (ClSketchStats) {.n_missing = sketch->missing.n[0] + sketch->missing.n[1]};
	if (sketch->kind == CL_SKETCH_NUMERIC)
		count_numbers(sketch, stats);
	else if (sketch->kind == CL_SKETCH_TEXT)
	{
		stats->n_distinct = sketch->categories.n;
		for (int i = 0; i < sketch->categories.n; i++)
		{
			const ClSketchCounts *counts = &((ClSketchCategory *) cl_labels_item(&sketch->categories, i))->counts;

			add_counts(stats->n, counts);
			stats->most = Max(stats->most, counts->n[0] + counts->n[1]);
		}
	}
	add_counts(stats->n, &sketch->missing);
	add_counts(stats->n, &sketch->overflowed);
}

Datum
cl_bin_sketch_stats(PG_FUNCTION_ARGS)
{
	ClBinSketch *sketch = cl_summary_state(&bin_sketch_summary, PG_GETARG_DATUM(0));
	ClSketchStats stats;
	ClRecord	record;

	cl_sketch_stats(sketch, &stats);
	cl_record_open(&record, fcinfo);
	cl_record_put_text(&record, sketch->kind == CL_SKETCH_UNKNOWN ? NULL : sketch->kind == CL_SKETCH_TEXT ? "text" : "numeric");
	cl_record_put_int64(&record, stats.n[0] + stats.n[1]);
	cl_record_put_int64(&record, stats.n[CL_EVENT]);
	cl_record_put_int64(&record, stats.n_missing);
	cl_record_put_int64(&record, sketch->n_skipped);
	if (sketch->overflow)
	{
		cl_record_put_null(&record);
		cl_record_put_null(&record);
	}
	else
	{
		cl_record_put_int64(&record, stats.n_distinct);
		cl_record_put_float8(&record, cl_sketch_identical_rate(&stats));
	}
	PG_RETURN_DATUM(cl_record_datum(&record));
}

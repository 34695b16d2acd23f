/*
 * variable_screening.c
 *	  Is a variable worth a place in a model? One sketch, its best bins, and the reason when it is left out.
 */
#include "postgres.h"

#include <math.h>

#include "pg/record.h"
#include "score/binning.h"
#include "score/scorecard.h"

#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(cl_screen_variable);

/* Thresholds; NaN: none. */
typedef struct Screen
{
	ClBinningOptions binning;
	double		min_iv;
	double		max_iv;
	double		max_auc;
	double		max_missing_rate;
	double		max_identical_rate;
} Screen;

static const char *const screen_keys[] = {
	"min_iv", "max_iv", "max_auc", "max_missing_rate", "max_identical_rate", "columns", NULL
};

static void
get_number(const ClJson *document, const char *key, double most, double *value)
{
	ClJson		node;

	if (cl_json_get(document, key, &node))
		*value = cl_json_float8(&node, 0, most);
	else if (cl_json_is_null(document, key))
		*value = NAN;
}

/* The keys but "columns" are the same for all variables and for one. */
static void
add_options(Screen *screen, const ClJson *document, bool for_all)
{
	const char *const own_keys[] = {"min_iv", "max_iv", "max_auc", "max_missing_rate", "max_identical_rate", NULL};

	cl_binning_options_add(document, for_all ? screen_keys : own_keys, &screen->binning);
	get_number(document, "min_iv", 1e6, &screen->min_iv);
	get_number(document, "max_iv", 1e6, &screen->max_iv);
	get_number(document, "max_auc", 1, &screen->max_auc);
	get_number(document, "max_missing_rate", 1, &screen->max_missing_rate);
	get_number(document, "max_identical_rate", 1, &screen->max_identical_rate);
}

static void
read_screen(Screen *screen, Jsonb *options, const char *variable)
{
	ClJson		document;
	ClJson		columns;
	ClJson		own;

	cl_json_open(&document, "screening options", options);
	cl_binning_options(NULL, &screen->binning);
	screen->min_iv = 0.02;
	screen->max_iv = 5;
	screen->max_auc = 0.98;
	screen->max_missing_rate = 0.95;
	screen->max_identical_rate = 0.95;
	add_options(screen, &document, true);
	if (cl_json_get(&document, "columns", &columns) && cl_json_get(&columns, variable, &own))
		add_options(screen, &own, false);
}

/* Why a variable is left out, or NULL. What makes its information value worthless comes first. */
static char *
reason_to_leave_out(const Screen *screen, const ClSketchStats *stats, const ClBinning *binning, const ClBinningMeasures *m)
{
	double		iv = m->objective[CL_OBJECTIVE_IV];
	int64		n = stats->n[0] + stats->n[1];
	double		missing_rate = (double) stats->n_missing / (double) n;

	if (n == 0)
		return "no rows with an outcome";
	if (strcmp(binning->status, "all_missing") == 0)
		return "all missing";
	if (strcmp(binning->status, "too_many_categories") == 0)
		return "too many categories";
	if (stats->n[0] == 0 || stats->n[1] == 0)
		return "one class";
	if (missing_rate > screen->max_missing_rate)
		return psprintf("missing rate above %s", cl_scorecard_number(screen->max_missing_rate));
	if (stats->n_distinct == 1 && stats->n_missing == 0)
		return "one value";
	if (cl_sketch_identical_rate(stats) > screen->max_identical_rate)
		return psprintf("identical rate above %s", cl_scorecard_number(screen->max_identical_rate));
	if (strcmp(binning->status, "infeasible") == 0)
		return pstrdup(binning->message);
	if (iv < screen->min_iv)
		return psprintf("iv below %s", cl_scorecard_number(screen->min_iv));
	if (iv > screen->max_iv)
		return psprintf("iv above %s", cl_scorecard_number(screen->max_iv));
	if ((1 + m->gini) / 2 > screen->max_auc)
		return psprintf("auc above %s", cl_scorecard_number(screen->max_auc));
	return NULL;
}

/* Honest columns of arrears reach 0.9, so this is no reason to leave one out. */
#define SUSPICIOUS_IV 0.5

static char *
remark_of(const ClBinning *binning, double iv)
{
	char	   *of_bins = cl_binning_remark(binning);

	if (!(iv >= SUSPICIOUS_IV))
		return of_bins;
	return psprintf("iv from 0.5 on: does it know the outcome?%s%s", of_bins == NULL ? "" : "; ",
					of_bins == NULL ? "" : of_bins);
}

/* Options are checked even when there is nothing to screen. */
Datum
cl_screen_variable(PG_FUNCTION_ARGS)
{
	Screen		screen;
	ClBinSketch *sketch;
	ClSketchStats stats;
	ClBinning  *binning;
	ClBinningMeasures m;
	ClMemory	memory = cl_memory_here();
	ClRecord	record;
	char	   *reason;
	double		n;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	read_screen(&screen, PG_GETARG_JSONB_P(2), text_to_cstring(PG_GETARG_TEXT_PP(1)));
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	sketch = cl_summary_state(&bin_sketch_summary, PG_GETARG_DATUM(0));
	cl_sketch_stats(sketch, &stats);
	binning = cl_binning_optimal(sketch, &screen.binning);
	cl_binning_measure(&memory, binning->counts, binning->c.nbins, binning->convention.smoothing, &m);
	m.objective[CL_OBJECTIVE_IV] = cl_binning_iv(binning);
	reason = reason_to_leave_out(&screen, &stats, binning, &m);
	n = (double) (stats.n[0] + stats.n[1]);
	cl_record_open(&record, fcinfo);
	cl_record_put_int64(&record, stats.n[0] + stats.n[1]);
	cl_record_put_float8(&record, n > 0 ? (double) stats.n_missing / n : NAN);
	cl_record_put_float8(&record, sketch->overflow ? NAN : cl_sketch_identical_rate(&stats));
	if (sketch->overflow)
		cl_record_put_null(&record);
	else
		cl_record_put_int64(&record, stats.n_distinct);
	cl_record_put_float8(&record, m.objective[CL_OBJECTIVE_IV]);
	cl_record_put_float8(&record, m.gini);
	cl_record_put_float8(&record, m.ks);
	cl_record_put_text(&record, cl_trend_names[binning->trend]);
	cl_record_put_int32(&record, cl_binning_bins_of_values(binning));
	cl_record_put_bool(&record, reason == NULL);
	cl_record_put_text(&record, reason);
	cl_record_put_text(&record, remark_of(binning, m.objective[CL_OBJECTIVE_IV]));
	cl_record_put(&record, cl_document_datum(&binning_document, binning));
	PG_RETURN_DATUM(cl_record_datum(&record));
}

/*
 * binning_table.c
 *	  What a binning tells: a row per bin, and one for the whole.
 */
#include "postgres.h"

#include <math.h>

#include "core/distribution.h"
#include "pg/record.h"
#include "score/binning.h"
#include "score/scorecard.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(cl_binning_table);
PG_FUNCTION_INFO_V1(cl_binning_summary);
PG_FUNCTION_INFO_V1(cl_binning_information_value);

static const char *const kinds[] = {"interval", "category", "special", "missing", "other"};

static void
put_values(ClRecord *record, const ClCharacteristic *c, const ClBin *bin)
{
	Datum	   *text = palloc_array(Datum, bin->nvalues + 1);

	if (bin->nvalues == 0)
	{
		cl_record_put_null(record);
		return;
	}
	for (int i = 0; i < bin->nvalues; i++)
		text[i] = CStringGetTextDatum(cl_scorecard_value(c, &bin->values[i]));
	cl_record_put(record, PointerGetDatum(construct_array(text, bin->nvalues, TEXTOID, -1, false, TYPALIGN_INT)));
}

static void
put_bounds(ClRecord *record, const ClCharacteristic *c, int number)
{
	const ClBin *bin = &c->bins[number];

	if (bin->kind != CL_BIN_INTERVAL)
	{
		cl_record_put_null(record);
		cl_record_put_null(record);
		return;
	}
	cl_record_put_float8(record, number == 0 ? -INFINITY : c->bins[number - 1].edge);
	cl_record_put_float8(record, bin->edge);
}

/* Jeffreys interval of 95 %, as jeffreys_interval() gives it. */
static void
put_rate(ClRecord *record, const double *weight)
{
	double		n = weight[0] + weight[1];
	double		a = weight[CL_EVENT] + 0.5;
	double		b = weight[CL_NON_EVENT] + 0.5;

	cl_record_put_float8(record, n > 0 ? weight[CL_EVENT] / n : NAN);
	cl_record_put_float8(record, n > 0 ? (weight[CL_EVENT] > 0 ? cl_beta_quantile(0.025, a, b) : 0) : NAN);
	cl_record_put_float8(record, n > 0 ? (weight[CL_NON_EVENT] > 0 ? cl_beta_quantile(0.975, a, b) : 1) : NAN);
}

/* Bins that have rows: those that conventions of smoothing count. */
static int
used_bins(const ClBinning *binning)
{
	int			used = 0;

	for (int i = 0; i < binning->c.nbins; i++)
		used += binning->counts[i].n[0] + binning->counts[i].n[1] > 0;
	return used;
}

static double
iv_of(const ClBinning *binning, int number)
{
	const double *weight = binning->counts[number].weight;
	const double *total = binning->total.weight;
	double		own = cl_woe(weight, total, used_bins(binning), binning->convention);
	double		woe = binning->c.points[number];

	if (!binning->counted)
		return NAN;
	/* Capped, or another that is not what its rows show: what that tells of them, which is not less than nothing. */
	if (binning->c.bins[number].kind > CL_BIN_CATEGORY && !isnan(own) && !isnan(woe) && fabs(woe - own) > 1e-9)
		return fmax(0, (weight[CL_NON_EVENT] / total[CL_NON_EVENT] - weight[CL_EVENT] / total[CL_EVENT]) *
					(binning->convention.sign == CL_WOE_EVENT_OVER_NON_EVENT ? -woe : woe));
	return cl_iv_term(weight, total, used_bins(binning), binning->convention.smoothing);
}

double
cl_binning_iv(const ClBinning *binning)
{
	double		iv = 0;

	if (!binning->counted || binning->total.n[0] == 0 || binning->total.n[1] == 0)
		return NAN;
	for (int i = 0; i < binning->c.nbins; i++)
		iv += iv_of(binning, i);
	return iv;
}

static void
put_counts(ClRecord *record, const ClBinning *binning, int number)
{
	const double *weight = binning->counts[number].weight;
	double		n = weight[0] + weight[1];
	double		all = binning->total.weight[0] + binning->total.weight[1];

	if (!binning->counted)
	{
		for (int i = 0; i < 7; i++)
			cl_record_put_null(record);
		return;
	}
	cl_record_put_float8(record, n);
	cl_record_put_float8(record, all > 0 ? n / all : NAN);
	cl_record_put_float8(record, weight[CL_NON_EVENT]);
	cl_record_put_float8(record, weight[CL_EVENT]);
	put_rate(record, weight);
}

Datum
cl_binning_table(PG_FUNCTION_ARGS)
{
	const ClBinning *binning = cl_document_compiled(&binning_document, PG_GETARG_DATUM(0));
	const ClCharacteristic *c = &binning->c;
	ClRecord	record;

	cl_record_open_set(&record, fcinfo);
	for (int i = 0; i < c->nbins; i++)
	{
		cl_record_put_int32(&record, i + 1);
		cl_record_put_text(&record, kinds[c->bins[i].kind]);
		cl_record_put_text(&record, cl_scorecard_bin_label(c, i));
		put_bounds(&record, c, i);
		put_values(&record, c, &c->bins[i]);
		put_counts(&record, binning, i);
		cl_record_put_float8(&record, c->points[i]);
		cl_record_put_float8(&record, iv_of(binning, i));
		cl_record_next(&record);
	}
	PG_RETURN_NULL();
}

static double
rows_of_kind(const ClBinning *binning, ClBinKind kind)
{
	double		rows = 0;

	for (int i = 0; i < binning->c.nbins; i++)
	{
		if (binning->c.bins[i].kind == kind)
			rows += binning->counts[i].weight[0] + binning->counts[i].weight[1];
	}
	return rows;
}

int
cl_binning_bins_of_values(const ClBinning *binning)
{
	int			n = 0;

	for (int i = 0; i < binning->c.nbins; i++)
		n += binning->c.bins[i].kind == CL_BIN_INTERVAL || binning->c.bins[i].kind == CL_BIN_CATEGORY;
	return n;
}

Datum
cl_binning_summary(PG_FUNCTION_ARGS)
{
	const ClBinning *binning = cl_document_compiled(&binning_document, PG_GETARG_DATUM(0));
	const double *total = binning->total.weight;
	ClMemory	memory = cl_memory_here();
	ClBinningMeasures m;
	ClRecord	record;

	cl_binning_measure(&memory, binning->counts, binning->c.nbins, binning->convention.smoothing, &m);
	cl_record_open(&record, fcinfo);
	cl_record_put_float8(&record, total[0] + total[1]);
	cl_record_put_float8(&record, total[CL_EVENT]);
	cl_record_put_float8(&record, rows_of_kind(binning, CL_BIN_MISSING));
	cl_record_put_float8(&record, rows_of_kind(binning, CL_BIN_SPECIAL));
	cl_record_put_float8(&record, rows_of_kind(binning, CL_BIN_OTHER));
	cl_record_put_int64(&record, binning->n_skipped);
	cl_record_put_int32(&record, cl_binning_bins_of_values(binning));
	cl_record_put_float8(&record, cl_binning_iv(binning));
	cl_record_put_float8(&record, m.objective[CL_OBJECTIVE_JS]);
	cl_record_put_float8(&record, m.gini);
	cl_record_put_float8(&record, m.ks);
	cl_record_put_float8(&record, m.cramers_v);
	cl_record_put_float8(&record, m.hhi_normalised);
	cl_record_put_text(&record, cl_trend_names[binning->trend]);
	cl_record_put_text(&record, binning->status);
	cl_record_put_text(&record, binning->message);
	for (int i = 0; i < CL_PRICES; i++)
		cl_record_put_float8(&record, binning->best[i]);
	cl_record_put_text(&record, cl_binning_remark(binning));
	PG_RETURN_DATUM(cl_record_datum(&record));
}

Datum
cl_binning_information_value(PG_FUNCTION_ARGS)
{
	const ClBinning *binning = cl_document_compiled(&binning_document, PG_GETARG_DATUM(0));
	double		iv = cl_binning_iv(binning);

	if (isnan(iv))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(iv);
}

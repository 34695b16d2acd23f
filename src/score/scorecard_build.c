/*
 * scorecard_build.c
 *	  From the coefficients of a model and the binnings of its characteristics to a scorecard.
 */
#include "postgres.h"

#include <math.h>

#include "core/card_points.h"
#include "pg/memory.h"
#include "score/binning.h"
#include "score/logistic.h"
#include "score/scorecard.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

PG_FUNCTION_INFO_V1(cl_scorecard_from_coefficients);
PG_FUNCTION_INFO_V1(cl_scorecard_from_model);

typedef struct BuildOptions
{
	const char *name;
	ClScaling	scaling;
	ClAllocation allocation;
	ClRounding	rounding;
	ClJson		reasons;
	bool		has_reasons;
} BuildOptions;

static void
read_options(const ClJson *document, BuildOptions *options)
{
	static const char *const keys[] = {
		"name", "base_score", "base_odds", "pdo", "allocation", "rounding", "reasons", NULL
	};
	static const char *const allocations[] = {"base_points", "spread", "zero_minimum", NULL};
	static const char *const roundings[] = {"nearest", "none", "range", NULL};
	ClJson		node;

	memset(options, 0, sizeof(BuildOptions));
	cl_json_object(document, keys);
	options->name = cl_json_get(document, "name", &node) ? cl_json_string(&node) : "scorecard";
	options->scaling.score = cl_json_get(document, "base_score", &node) ? cl_json_float8(&node, -1e12, 1e12) : 600;
	options->scaling.odds = cl_json_get(document, "base_odds", &node) ? cl_json_float8(&node, -1e12, 1e12) : 50;
	if (!(options->scaling.odds > 0))
		cl_json_error(&node, "a number greater than 0");
	options->scaling.pdo = cl_json_get(document, "pdo", &node) ? cl_json_float8(&node, -1e12, 1e12) : 20;
	if (options->scaling.pdo == 0)
		cl_json_error_hint(&node, "a number other than 0", "It is how many points double the odds.");
	if (cl_json_get(document, "allocation", &node))
		options->allocation = cl_json_choice(&node, allocations);
	if (cl_json_get(document, "rounding", &node))
		options->rounding = cl_json_choice(&node, roundings);
	options->has_reasons = cl_json_get(document, "reasons", &options->reasons);
}

static const char *
text_or(const ClJson *texts, const char *key, const char *otherwise)
{
	ClJson		node;

	return cl_json_get(texts, key, &node) ? cl_json_string(&node) : otherwise;
}

/* The text of a listed value that has one: of a category, or of a special code. */
static const char *
text_of_values(const ClJson *texts, const ClCharacteristic *c, const ClBin *bin, const char *otherwise)
{
	ClJson		values;

	if (!cl_json_get(texts, "values", &values))
		return otherwise;
	for (int i = bin->nvalues - 1; i >= 0; i--)
		otherwise = text_or(&values, cl_scorecard_value(c, &bin->values[i]), otherwise);
	return otherwise;
}

/* Points of the best interval. */
static double
best_interval(const ClCharacteristic *c, double pdo)
{
	double		best = pdo > 0 ? -INFINITY : INFINITY;

	for (int i = 0; i < c->nbins; i++)
	{
		if (c->bins[i].kind == CL_BIN_INTERVAL)
			best = pdo > 0 ? fmax(best, c->points[i]) : fmin(best, c->points[i]);
	}
	return best;
}

/*
 * The reasons of the bins. Where the best interval is not at an end, values on either side of it lose points, for opposite
 * reasons: "low" is that of those below it, "high" that of those above.
 */
static void
set_reasons(ClCharacteristic *c, ClBin *bins, const ClJson *texts, double best)
{
	static const char *const keys[] = {"reason", "low", "high", "values", "special", "missing", "other", NULL};
	int			first = -1;
	int			last = -1;

	cl_json_object(texts, keys);
	for (int i = 0; keys[i] != NULL; i++)
	{
		if (strcmp(keys[i], "values") != 0)
			(void) text_or(texts, keys[i], NULL);
	}
	c->reason = text_or(texts, "reason", c->name);
	for (int i = 0; i < c->nbins; i++)
	{
		if (bins[i].kind != CL_BIN_INTERVAL || c->points[i] != best)
			continue;
		first = first < 0 ? i : first;
		last = i;
	}
	for (int i = 0; i < c->nbins; i++)
	{
		switch (bins[i].kind)
		{
			case CL_BIN_INTERVAL:
				bins[i].reason = i < first ? text_or(texts, "low", NULL) : i > last ? text_or(texts, "high", NULL) : NULL;
				break;
			case CL_BIN_CATEGORY:
				bins[i].reason = text_of_values(texts, c, &bins[i], NULL);
				break;
			case CL_BIN_SPECIAL:
				bins[i].reason = text_of_values(texts, c, &bins[i], text_or(texts, "special", NULL));
				break;
			case CL_BIN_MISSING:
				bins[i].reason = text_or(texts, "missing", NULL);
				break;
			case CL_BIN_OTHER:
				bins[i].reason = text_or(texts, "other", NULL);
				break;
		}
	}
}

/* A bin without a weight of evidence has no points. */
static void
require_woe(const ClBinning *binning, const char *name)
{
	for (int i = 0; i < binning->c.nbins; i++)
	{
		if (isnan(binning->c.points[i]))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a bin of characteristic \"%s\" has no weight of evidence", name),
					 errdetail("It is the bin %s.", cl_scorecard_bin_label(&binning->c, i)),
					 errhint("Count the binning with refit, with rows of both classes; or use the smoothing \"prior\".")));
	}
}

/* Points that the rows of the binning have on the average. */
static double
average_points(const ClBinning *binning, const double *points)
{
	double		all = 0;
	double		sum = 0;

	for (int i = 0; i < binning->c.nbins; i++)
	{
		double		rows = binning->counts[i].weight[0] + binning->counts[i].weight[1];

		all += rows;
		sum += rows * points[i];
	}
	return sum / all;
}

static void
fill_characteristic(ClCharacteristic *c, const ClBinning *binning, const ClCardPart *part, const char *name,
					const BuildOptions *options)
{
	ClBin	   *bins = palloc_array(ClBin, binning->c.nbins);
	ClJson		texts;

	*c = binning->c;
	for (int i = 0; i < c->nbins; i++)
	{
		const double *weight = binning->counts[i].weight;

		bins[i] = binning->c.bins[i];
		bins[i].woe = binning->c.points[i];
		bins[i].event_rate = weight[0] + weight[1] > 0 ? cl_event_rate(weight) : NAN;
		bins[i].count = (double) (binning->counts[i].n[0] + binning->counts[i].n[1]);
	}
	c->bins = bins;
	c->points = part->points;
	c->name = name;
	c->reason = name;
	if (options->has_reasons && cl_json_get(&options->reasons, name, &texts))
	{
		if (cl_json_is_string(&texts))
			c->reason = cl_json_string(&texts);
		else
			set_reasons(c, bins, &texts, best_interval(c, options->scaling.pdo));
	}
	c->coefficient = part->coefficient;
	c->neutral_points = part->neutral;
	c->average_points = average_points(binning, part->points);
}

/*
 * The card of a model whose intercept and coefficients are on the log-odds of the event, over the WoE of the binnings as they
 * are signed.
 */
static Datum
build(double intercept, const double *coefficient, char **names, ClBinning **binnings, int n, const BuildOptions *options)
{
	ClScorecard *card = palloc0_object(ClScorecard);
	ClCardPart *part = palloc0_array(ClCardPart, n);
	ClMemory	memory = cl_memory_here();

	for (int j = 0; j < n; j++)
	{
		require_woe(binnings[j], names[j]);
		part[j].bins = binnings[j]->c.nbins;
		part[j].coefficient = coefficient[j];
		part[j].woe = binnings[j]->c.points;
		part[j].points = palloc_array(double, part[j].bins + 1);
	}
	card->name = options->name;
	card->scaling = options->scaling;
	card->base_points = cl_card_points(part, n, intercept, &options->scaling, options->allocation, options->rounding, &memory);
	card->count = n;
	card->characteristics = palloc0_array(ClCharacteristic, n);
	for (int j = 0; j < n; j++)
		fill_characteristic(&card->characteristics[j], binnings[j], &part[j], names[j], options);
	return cl_document_datum(&scorecard_document, card);
}

/*
 * Arguments
 */

static void
wrong_count(const char *what, int found, int wanted)
{
	ereport(ERROR,
			(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
			 errmsg("number of %s does not agree with the number of characteristics", what),
			 errdetail("There are %d for %d characteristics.", found, wanted),
			 errhint("Give one for each, in the same order.")));
}

static void
options_argument(FunctionCallInfo fcinfo, int argument, char **names, BuildOptions *options)
{
	ClJson	   *document = palloc_object(ClJson);

	cl_json_open(document, "scorecard options", PG_GETARG_JSONB_P(argument));
	read_options(document, options);
	if (options->has_reasons)
		cl_json_object(&options->reasons, (const char *const *) names);
}

/* Elements of an array, none of them NULL. */
static Datum *
elements(ArrayType *array, const char *what, int *n)
{
	Oid			type = ARR_ELEMTYPE(array);
	int16		length;
	bool		by_value;
	char		align;
	Datum	   *value;
	bool	   *null;

	get_typlenbyvalalign(type, &length, &by_value, &align);
	deconstruct_array(array, type, length, by_value, align, &value, &null, n);
	for (int i = 0; i < *n; i++)
	{
		if (null[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("%s must not be NULL", what),
					 errdetail("Number %d is.", i + 1),
					 errhint("Leave the characteristic out, or estimate the model without it.")));
	}
	return value;
}

static char **
names_argument(ArrayType *array, int *n)
{
	Datum	   *value = elements(array, "a name of a characteristic", n);
	char	  **name;

	if (*n < 1 || *n > CL_CARD_MOST_CHARACTERISTICS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a scorecard has between 1 and %d characteristics", CL_CARD_MOST_CHARACTERISTICS),
				 errdetail("The array has %d names.", *n),
				 errhint("Name the columns in the order of the coefficients.")));
	name = palloc0_array(char *, *n + 1);
	for (int i = 0; i < *n; i++)
	{
		name[i] = TextDatumGetCString(value[i]);
		for (int j = 0; j < i; j++)
		{
			if (strcmp(name[i], name[j]) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("a characteristic can be in a scorecard once"),
						 errdetail("\"%s\" is there twice.", name[i]),
						 errhint("Leave one of them out of the model.")));
		}
	}
	return name;
}

static ClBinning **
binnings_argument(ArrayType *array, int wanted)
{
	int			n;
	Datum	   *value = elements(array, "a binning", &n);
	ClBinning **binning = palloc_array(ClBinning *, n + 1);

	if (n != wanted)
		wrong_count("binnings", n, wanted);
	for (int i = 0; i < n; i++)
		binning[i] = cl_document_compiled(&binning_document, value[i]);
	return binning;
}

static double *
coefficients_argument(ArrayType *array, int wanted)
{
	int			n;
	Datum	   *value = elements(array, "a coefficient", &n);
	double	   *coefficient = palloc_array(double, n + 1);

	if (n != wanted)
		wrong_count("coefficients", n, wanted);
	for (int i = 0; i < n; i++)
		coefficient[i] = DatumGetFloat8(value[i]);
	return coefficient;
}

static void
require_finite(double x, const char *what)
{
	if (!isfinite(x))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s must be a finite number", what),
				 errdetail("Found %g.", x),
				 errhint("Look at the status of the model.")));
}

Datum
cl_scorecard_from_coefficients(PG_FUNCTION_ARGS)
{
	double		intercept = PG_GETARG_FLOAT8(0);
	int			n;
	char	  **names = names_argument(PG_GETARG_ARRAYTYPE_P(2), &n);
	double	   *coefficient = coefficients_argument(PG_GETARG_ARRAYTYPE_P(1), n);
	ClBinning **binnings = binnings_argument(PG_GETARG_ARRAYTYPE_P(3), n);
	BuildOptions options;

	require_finite(intercept, "intercept");
	for (int i = 0; i < n; i++)
		require_finite(coefficient[i], "coefficient");
	options_argument(fcinfo, 4, names, &options);
	return build(intercept, coefficient, names, binnings, n, &options);
}

/* Coefficients belong to binnings by their order, so where terms have names these must be the characteristics'. */
static void
require_same_names(const ClLogitModel *model, char **names)
{
	for (int i = 0; i < model->terms; i++)
	{
		const char *term = model->term[i + 1].name;

		if (strcmp(term, names[i]) != 0 && strcmp(term, psprintf("x%d", i + 1)) != 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("the terms of the model are not the characteristics"),
					 errdetail("Number %d is \"%s\" in the model and \"%s\" here.", i + 1, term, names[i]),
					 errhint("Give characteristics and binnings in the order of the model's terms.")));
	}
}

static const char *
separating_terms(const ClLogitModel *model, char **names)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < model->terms; i++)
	{
		if (model->term[i + 1].note == CL_TERM_SEPARATING)
			appendStringInfo(&list, "%s\"%s\"", list.len > 0 ? ", " : " of ", names[i]);
	}
	return list.data;
}

/* Coefficients that still grow would become points of any size. A model that a person wrote down has no status. */
static void
require_converged(const ClLogitModel *model, char **names)
{
	bool		separated = model->status == CL_LOGIT_SEPARATION || model->status == CL_LOGIT_QUASI_SEPARATION;

	if (!model->fitted || !(separated || model->status == CL_LOGIT_MAX_ITERATIONS))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the model has no finite estimates to make points from"),
			 errdetail("Its status is %s%s.", cl_logit_status_names[model->status],
					   separated ? separating_terms(model, names) : ""),
			 separated ?
			 errhint("Leave out columns that contain the outcome, join bins of one class, or fit with {\"penalty\": \"firth\"} "
					 "or a max_coefficient.") :
			 errhint("Fit with more max_iterations.")));
}

/* A model in which every term was estimated. */
static void
require_estimates(const ClLogitModel *model, char **names)
{
	for (int i = 0; i <= model->terms; i++)
	{
		if (!isnan(model->term[i].coefficient))
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the model has no coefficient for %s", i == 0 ? "the intercept" : psprintf("\"%s\"", names[i - 1])),
				 errdetail("The status of the model is %s.", cl_logit_status_names[model->status]),
				 errhint("logit_coefficients shows which terms are aliased or separate; estimate the model without them.")));
	}
}

Datum
cl_scorecard_from_model(PG_FUNCTION_ARGS)
{
	const ClLogitModel *model = cl_document_compiled(&logit_model_document, PG_GETARG_DATUM(0));
	int			n;
	char	  **names = names_argument(PG_GETARG_ARRAYTYPE_P(1), &n);
	ClBinning **binnings = binnings_argument(PG_GETARG_ARRAYTYPE_P(2), n);
	double	   *coefficient = palloc_array(double, n);
	BuildOptions options;

	if (model->terms != n)
		wrong_count("terms of the model", model->terms, n);
	require_same_names(model, names);
	require_estimates(model, names);
	require_converged(model, names);
	for (int i = 0; i < n; i++)
		coefficient[i] = model->term[i + 1].coefficient;
	options_argument(fcinfo, 3, names, &options);
	return build(model->term[0].coefficient, coefficient, names, binnings, n, &options);
}

/*
 * scorecard_document.c
 *	  The scorecard as a document: JSON to compiled card, compiled card to canonical JSON.
 */
#include "postgres.h"

#include "score/scorecard.h"

#include "miscadmin.h"

/* Generous against any card in use, and small enough that a sum of points stays exact to a millionth. */
#define MOST_CHARACTERISTICS 1000
#define MOST_BINS 1000
#define MOST_VALUES 10000
#define MOST_POINTS 1e12
#define ANY_NUMBER 1e300

static const ClScaling default_scaling = {600, 50, 20};

/* A characteristic while its bins are read. */
typedef struct Builder
{
	ClCharacteristic *characteristic;
	ClBin	   *bins;
	double	   *points;
	int			nlisted;
} Builder;

static double
optional_number(const ClJson *node, const char *key, double lowest, double highest, double otherwise)
{
	ClJson		child;

	return cl_json_get(node, key, &child) ? cl_json_float8(&child, lowest, highest) : otherwise;
}

static const char *
optional_string(const ClJson *node, const char *key, const char *otherwise)
{
	ClJson		child;

	return cl_json_get(node, key, &child) ? cl_json_string(&child) : otherwise;
}

static int
array_length(const ClJson *node, const char *key, int most, ClJson *array)
{
	return cl_json_get(node, key, array) ? cl_json_array(array, 1, most) : 0;
}

/* What all kinds of bins have in common. */
static ClBin *
read_bin(Builder *builder, const ClJson *node, ClBinKind kind)
{
	int			number = builder->characteristic->nbins++;
	ClBin	   *bin = &builder->bins[number];
	ClJson		points;

	cl_json_require(node, "points", &points);
	builder->points[number] = cl_json_float8(&points, -MOST_POINTS, MOST_POINTS);
	bin->kind = kind;
	bin->edge = get_float8_nan();
	bin->values = NULL;
	bin->nvalues = 0;
	bin->woe = optional_number(node, "woe", -ANY_NUMBER, ANY_NUMBER, get_float8_nan());
	bin->event_rate = optional_number(node, "event_rate", 0, 1, get_float8_nan());
	bin->reason = optional_string(node, "reason", NULL);
	return bin;
}

static void
read_missing_or_other(Builder *builder, const ClJson *node, const char *key, ClBinKind kind, int *place)
{
	static const char *const keys[] = {"points", "reason", "woe", "event_rate", NULL};
	ClJson		child;

	if (!cl_json_get(node, key, &child))
		return;
	cl_json_object(&child, keys);
	*place = builder->characteristic->nbins;
	read_bin(builder, &child, kind);
}

static ClCardScale
value_scale(const ClJson *node)
{
	if (cl_json_is_string(node))
		return CL_SCALE_TEXTS;
	if (cl_json_is_number(node))
		return CL_SCALE_NUMBERS;
	if (cl_json_is_bool(node))
		return CL_SCALE_BOOLEANS;
	cl_json_error(node, "a string, a number, true or false");
}

/* Unlike other strings of a card, a category may be the empty string. */
static void
read_value(const ClJson *node, ClCardScale scale, ClCardValue *value)
{
	static const char *const wanted[] = {"a number", "a string", "a number", "true or false"};

	if (scale != CL_SCALE_INTERVALS && value_scale(node) != scale)
		cl_json_error_hint(node, wanted[scale], "The categories of a characteristic are all of one kind.");
	value->text = NULL;
	value->number = 0;
	value->length = 0;
	if (scale == CL_SCALE_TEXTS)
	{
		value->length = node->value.val.string.len;
		value->text = pnstrdup(node->value.val.string.val, value->length);
	}
	else if (scale == CL_SCALE_BOOLEANS)
		value->number = cl_json_bool(node);
	else
		value->number = cl_json_float8(node, -ANY_NUMBER, ANY_NUMBER);
}

static void
read_values(Builder *builder, const ClJson *node, const char *key, ClBin *bin)
{
	ClJson		array;
	ClCardValue *values;

	cl_json_require(node, key, &array);
	bin->nvalues = cl_json_array(&array, 1, MOST_VALUES);
	values = palloc_array(ClCardValue, bin->nvalues);
	for (int i = 0; i < bin->nvalues; i++)
	{
		ClJson		item;

		CHECK_FOR_INTERRUPTS();
		cl_json_item(&array, i, &item);
		if (builder->characteristic->nbins == 1 && i == 0 && bin->kind == CL_BIN_CATEGORY)
			builder->characteristic->scale = value_scale(&item);
		read_value(&item, builder->characteristic->scale, &values[i]);
		values[i].bin = builder->characteristic->nbins - 1;
	}
	bin->values = values;
	builder->nlisted += bin->nvalues;
}

static void
read_category(Builder *builder, const ClJson *node)
{
	static const char *const keys[] = {"in", "points", "reason", "woe", "event_rate", NULL};

	cl_json_object(node, keys);
	read_values(builder, node, "in", read_bin(builder, node, CL_BIN_CATEGORY));
}

static void
read_special(Builder *builder, const ClJson *node)
{
	static const char *const keys[] = {"values", "points", "reason", "woe", "event_rate", NULL};

	cl_json_object(node, keys);
	read_values(builder, node, "values", read_bin(builder, node, CL_BIN_SPECIAL));
}

/* Every interval but the last has one bound, all of the same side, ascending. */
static void
read_edge(Builder *builder, const ClJson *node, ClBin *bin, bool last)
{
	ClCharacteristic *characteristic = builder->characteristic;
	ClJson		below,
				up_to;
	const ClJson *edge;
	bool		has_below = cl_json_get(node, "below", &below);
	bool		has_up_to = cl_json_get(node, "up_to", &up_to);

	edge = has_below ? &below : &up_to;
	if (last)
	{
		if (has_below || has_up_to)
			cl_json_error_hint(edge, "left out of the last bin",
							   "Add a last bin with points only: it takes all larger numbers.");
		bin->edge = get_float8_infinity();
		return;
	}
	if (!has_below && !has_up_to)
		cl_json_error_hint(node, "bounded by \"below\" or \"up_to\"", "Only the last bin has no bound.");
	if (has_below && has_up_to)
		cl_json_error_hint(&up_to, "left out beside \"below\"", "below: x < bound. up_to: x <= bound.");
	if (characteristic->nbins == 1)
		characteristic->right_closed = has_up_to;
	if (characteristic->right_closed != has_up_to)
		cl_json_error_hint(edge, psprintf("called \"%s\" as in the first bin", has_up_to ? "below" : "up_to"),
						   "All bins of a characteristic are closed on the same side.");
	bin->edge = cl_json_float8(edge, -ANY_NUMBER, ANY_NUMBER);
	if (characteristic->nbins > 1 && bin->edge <= bin[-1].edge)
		cl_json_error(edge, "larger than the bound of the bin before");
}

static void
read_interval(Builder *builder, const ClJson *node, bool last)
{
	static const char *const keys[] = {"below", "up_to", "points", "reason", "woe", "event_rate", NULL};
	ClBin	   *bin;

	cl_json_object(node, keys);
	bin = read_bin(builder, node, CL_BIN_INTERVAL);
	read_edge(builder, node, bin, last);
}

/* Which item of which bin a listed value was, for the message. */
static void
repeated_value(const Builder *builder, const ClJson *node, const ClCardValue *repeated)
{
	bool		special = builder->bins[repeated->bin].kind == CL_BIN_SPECIAL;
	int			first = special ? builder->characteristic->nbounds + 1 : 0;
	const ClBin *bin = &builder->bins[repeated->bin];
	const ClCardValue *listed = bin->values;
	ClJson		array,
				item,
				values,
				value;

	cl_json_require(node, special ? "special" : "categories", &array);
	cl_json_item(&array, repeated->bin - first, &item);
	cl_json_require(&item, special ? "values" : "in", &values);
	for (int i = bin->nvalues - 1; i >= 0; i--)
	{
		cl_json_item(&values, i, &value);
		if (listed[i].text != NULL ?
			listed[i].length == repeated->length && memcmp(listed[i].text, repeated->text, repeated->length) == 0 :
			listed[i].number == repeated->number)
			cl_json_error_hint(&value, "listed once in the characteristic", "A value can be in one bin only.");
	}
	elog(ERROR, "a repeated value is not in its bin");
}

/* The values of all bins in one array, in the order in which they are looked up. */
static void
list_values(Builder *builder, const ClJson *node)
{
	ClCharacteristic *characteristic = builder->characteristic;
	ClCardValue *listed = palloc_array(ClCardValue, builder->nlisted + 1);
	int			repeated;

	for (int i = 0; i < characteristic->nbins; i++)
	{
		const ClBin *bin = &builder->bins[i];

		if (bin->nvalues > 0)
			memcpy(listed + characteristic->nlisted, bin->values, bin->nvalues * sizeof(ClCardValue));
		characteristic->nlisted += bin->nvalues;
	}
	cl_card_sort_values(listed, characteristic->nlisted);
	repeated = cl_card_repeated_value(listed, characteristic->nlisted);
	if (repeated >= 0)
		repeated_value(builder, node, listed[repeated].bin >= listed[repeated - 1].bin ?
					   &listed[repeated] : &listed[repeated - 1]);
	characteristic->listed = listed;
}

static void
list_bounds(Builder *builder)
{
	ClCharacteristic *characteristic = builder->characteristic;
	double	   *bounds = palloc_array(double, characteristic->nbounds + 1);

	for (int i = 0; i < characteristic->nbounds; i++)
		bounds[i] = cl_card_bound(builder->bins[i].edge, characteristic->right_closed);
	characteristic->bounds = bounds;
}

/* Numbers have intervals, some of them may be special; anything listed has categories. */
static void
read_bins(ClCharacteristic *characteristic, const ClJson *node)
{
	ClJson		array,
				specials,
				item;
	Builder		builder = {characteristic, NULL, NULL, 0};
	int			nintervals = array_length(node, "bins", MOST_BINS, &array);
	int			ncategories = nintervals > 0 ? 0 : array_length(node, "categories", MOST_BINS, &array);
	int			nspecials = ncategories > 0 ? 0 : array_length(node, "special", MOST_BINS, &specials);
	int			most = nintervals + ncategories + nspecials + 2;

	builder.bins = palloc_array(ClBin, most);
	builder.points = palloc_array(double, most + 1);
	characteristic->scale = CL_SCALE_INTERVALS;
	characteristic->nbounds = Max(nintervals - 1, 0);
	characteristic->missing = characteristic->other = -1;
	for (int i = 0; i < nintervals + ncategories; i++)
	{
		cl_json_item(&array, i, &item);
		if (nintervals > 0)
			read_interval(&builder, &item, i == nintervals - 1);
		else
			read_category(&builder, &item);
	}
	for (int i = 0; i < nspecials; i++)
	{
		cl_json_item(&specials, i, &item);
		read_special(&builder, &item);
	}
	read_missing_or_other(&builder, node, "missing", CL_BIN_MISSING, &characteristic->missing);
	if (ncategories > 0)
		read_missing_or_other(&builder, node, "other", CL_BIN_OTHER, &characteristic->other);
	builder.points[characteristic->nbins] = get_float8_nan();
	if (characteristic->missing < 0)
		characteristic->missing = characteristic->nbins;
	if (characteristic->other < 0)
		characteristic->other = characteristic->nbins;
	characteristic->bins = builder.bins;
	characteristic->points = builder.points;
	list_values(&builder, node);
	list_bounds(&builder);
	cl_card_finish(characteristic);
}

/* Either kind has keys of its own; a key of the other kind is answered with those that are valid. */
static void
check_characteristic_keys(const ClJson *node)
{
#define COMMON_KEYS "name", "reason", "dimension", "coefficient", "neutral_points", "average_points"
	static const char *const keys[] = {COMMON_KEYS, "bins", "categories", "special", "missing", "other", NULL};
	static const char *const numeric_keys[] = {COMMON_KEYS, "bins", "special", "missing", NULL};
	static const char *const categorical_keys[] = {COMMON_KEYS, "categories", "missing", "other", NULL};
	ClJson		bins,
				categories;
	bool		has_bins,
				has_categories;

	cl_json_object(node, keys);
	has_bins = cl_json_get(node, "bins", &bins);
	has_categories = cl_json_get(node, "categories", &categories);
	if (has_bins == has_categories)
		cl_json_error_hint(node, "numeric with \"bins\" or categorical with \"categories\"",
						   "Give exactly one of the two.");
	cl_json_object(node, has_bins ? numeric_keys : categorical_keys);
}

static void
read_characteristic(ClCharacteristic *characteristic, const ClJson *node)
{
	ClJson		name;

	check_characteristic_keys(node);
	cl_json_require(node, "name", &name);
	characteristic->name = cl_json_string(&name);
	characteristic->reason = optional_string(node, "reason", characteristic->name);
	characteristic->dimension = optional_string(node, "dimension", NULL);
	characteristic->coefficient = optional_number(node, "coefficient", -ANY_NUMBER, ANY_NUMBER, get_float8_nan());
	characteristic->neutral_points = optional_number(node, "neutral_points", -MOST_POINTS, MOST_POINTS, 0);
	characteristic->average_points =
		optional_number(node, "average_points", -MOST_POINTS, MOST_POINTS, get_float8_nan());
	read_bins(characteristic, node);
}

static void
read_characteristics(ClScorecard *card, const ClJson *root)
{
	ClJson		array;

	cl_json_require(root, "characteristics", &array);
	card->count = cl_json_array(&array, 1, MOST_CHARACTERISTICS);
	card->characteristics = palloc0_array(ClCharacteristic, card->count);
	for (int i = 0; i < card->count; i++)
	{
		ClJson		item,
					name;

		CHECK_FOR_INTERRUPTS();
		cl_json_item(&array, i, &item);
		read_characteristic(&card->characteristics[i], &item);
		for (int j = 0; j < i; j++)
		{
			if (strcmp(card->characteristics[i].name, card->characteristics[j].name) != 0)
				continue;
			cl_json_require(&item, "name", &name);
			cl_json_error_hint(&name, "a name that no other characteristic has", "A column can count once.");
		}
	}
}

/* Bounds and points of all characteristics side by side: a row reads them in this order. */
static void
pack(ClScorecard *card)
{
	size_t		size = 0;
	double	   *packed;

	for (int i = 0; i < card->count; i++)
		size += card->characteristics[i].nbounds + card->characteristics[i].nbins + 1;
	packed = palloc_array(double, size);
	for (int i = 0; i < card->count; i++)
	{
		ClCharacteristic *characteristic = &card->characteristics[i];

		memcpy(packed, characteristic->bounds, characteristic->nbounds * sizeof(double));
		characteristic->bounds = packed;
		packed += characteristic->nbounds;
		memcpy(packed, characteristic->points, (characteristic->nbins + 1) * sizeof(double));
		characteristic->points = packed;
		packed += characteristic->nbins + 1;
	}
}

static void
read_scaling(ClScaling *scaling, const ClJson *root)
{
	static const char *const keys[] = {"score", "odds", "pdo", NULL};
	ClJson		node,
				child;

	*scaling = default_scaling;
	if (!cl_json_get(root, "scaling", &node))
		return;
	cl_json_object(&node, keys);
	scaling->score = optional_number(&node, "score", -MOST_POINTS, MOST_POINTS, default_scaling.score);
	if (cl_json_get(&node, "odds", &child))
	{
		scaling->odds = cl_json_float8(&child, -ANY_NUMBER, ANY_NUMBER);
		if (!(scaling->odds > 0))
			cl_json_error_hint(&child, "a number greater than 0",
							   "Odds are good:bad: 50 means one default among 51 borrowers.");
	}
	if (cl_json_get(&node, "pdo", &child))
	{
		scaling->pdo = cl_json_float8(&child, -MOST_POINTS, MOST_POINTS);
		if (scaling->pdo == 0)
			cl_json_error_hint(&child, "a number other than 0", "It is how many points double the odds.");
	}
}

static void *
compile(const ClJson *root)
{
	static const char *const keys[] = {"name", "base_points", "scaling", "characteristics", NULL};
	ClScorecard *card = palloc0_object(ClScorecard);
	ClJson		name;

	cl_json_object(root, keys);
	cl_json_require(root, "name", &name);
	card->name = cl_json_string(&name);
	card->base_points = optional_number(root, "base_points", -MOST_POINTS, MOST_POINTS, 0);
	read_scaling(&card->scaling, root);
	read_characteristics(card, root);
	pack(card);
	return card;
}

static void
put_number(StringInfo out, const char *key, double value)
{
	if (isnan(value))
		return;
	appendStringInfo(out, ", \"%s\": ", key);
	cl_json_put_float8(out, value);
}

static void
put_string(StringInfo out, const char *key, const char *value)
{
	if (value == NULL)
		return;
	appendStringInfo(out, ", \"%s\": ", key);
	cl_json_put_string(out, value);
}

static void
put_values(StringInfo out, const char *key, const ClBin *bin, ClCardScale scale)
{
	appendStringInfo(out, "\"%s\": [", key);
	for (int i = 0; i < bin->nvalues; i++)
	{
		const ClCardValue *value = &bin->values[i];

		if (i > 0)
			appendStringInfoString(out, ", ");
		if (scale == CL_SCALE_TEXTS)
			cl_json_put_string(out, value->text);
		else if (scale == CL_SCALE_BOOLEANS)
			appendStringInfoString(out, value->number != 0 ? "true" : "false");
		else
			cl_json_put_float8(out, value->number);
	}
	appendStringInfoString(out, "], ");
}

static void
put_bin(StringInfo out, const ClCharacteristic *characteristic, int number)
{
	const ClBin *bin = &characteristic->bins[number];

	appendStringInfoChar(out, '{');
	if (bin->kind == CL_BIN_INTERVAL && !isinf(bin->edge))
	{
		appendStringInfoString(out, characteristic->right_closed ? "\"up_to\": " : "\"below\": ");
		cl_json_put_float8(out, bin->edge);
		appendStringInfoString(out, ", ");
	}
	else if (bin->nvalues > 0)
		put_values(out, bin->kind == CL_BIN_SPECIAL ? "values" : "in", bin, characteristic->scale);
	appendStringInfoString(out, "\"points\": ");
	cl_json_put_float8(out, characteristic->points[number]);
	put_string(out, "reason", bin->reason);
	put_number(out, "woe", bin->woe);
	put_number(out, "event_rate", bin->event_rate);
	appendStringInfoChar(out, '}');
}

/* Bins are stored in the order in which they are written, so one pass opens and closes the arrays. */
static void
put_bins(StringInfo out, const ClCharacteristic *characteristic)
{
	static const char *const keys[] = {"bins", "categories", "special", "missing", "other"};

	for (int i = 0; i < characteristic->nbins; i++)
	{
		ClBinKind	kind = characteristic->bins[i].kind;
		bool		array = kind == CL_BIN_INTERVAL || kind == CL_BIN_CATEGORY || kind == CL_BIN_SPECIAL;
		bool		first = i == 0 || characteristic->bins[i - 1].kind != kind;
		bool		last = i == characteristic->nbins - 1 || characteristic->bins[i + 1].kind != kind;

		if (first)
			appendStringInfo(out, ", \"%s\": %s", keys[kind], array ? "[" : "");
		else
			appendStringInfoString(out, ", ");
		put_bin(out, characteristic, i);
		if (last && array)
			appendStringInfoChar(out, ']');
	}
}

static void
print(StringInfo out, const void *compiled)
{
	const ClScorecard *card = compiled;

	appendStringInfoString(out, "{\"name\": ");
	cl_json_put_string(out, card->name);
	put_number(out, "base_points", card->base_points);
	appendStringInfoString(out, ", \"scaling\": {\"score\": ");
	cl_json_put_float8(out, card->scaling.score);
	put_number(out, "odds", card->scaling.odds);
	put_number(out, "pdo", card->scaling.pdo);
	appendStringInfoString(out, "}, \"characteristics\": [");
	for (int i = 0; i < card->count; i++)
	{
		const ClCharacteristic *characteristic = &card->characteristics[i];

		appendStringInfo(out, "%s{\"name\": ", i > 0 ? ", " : "");
		cl_json_put_string(out, characteristic->name);
		put_string(out, "reason", characteristic->reason);
		put_string(out, "dimension", characteristic->dimension);
		put_number(out, "coefficient", characteristic->coefficient);
		put_number(out, "neutral_points", characteristic->neutral_points);
		put_number(out, "average_points", characteristic->average_points);
		put_bins(out, characteristic);
		appendStringInfoChar(out, '}');
	}
	appendStringInfoString(out, "]}");
}

const ClDocument scorecard_document = {"scorecard", compile, print};

CL_DOCUMENT_FUNCTIONS(scorecard)

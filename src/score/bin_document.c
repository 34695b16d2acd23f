/*
 * bin_document.c
 *	  Bins of a characteristic as people write them, in a scorecard and in a binning alike:
 *
 *		"bins": [{"below": 0.3, ...}, {"below": 0.8, ...}, {...}], "special": [{"values": [-9], ...}], "missing": {...}
 *		"categories": [{"in": ["own"], ...}, {"in": ["rent", "free"], ...}], "missing": {...}, "other": {...}
 *
 * where "..." is what the document says of a bin: points, or counts.
 */
#include "postgres.h"

#include "score/bin_document.h"

#include "miscadmin.h"
#include "utils/float.h"

#define MOST_VALUES 100000
#define ANY_NUMBER 1e300
#define MOST_KEYS 16

/* A characteristic while its bins are read. */
typedef struct Builder
{
	ClCharacteristic *characteristic;
	ClBin	   *bins;
	double	   *points;
	int			nlisted;
	const ClBinContent *content;
	void	   *arg;
} Builder;

/* The keys of a bin: where it is, then what it says. */
static void
check_keys(const Builder *builder, const ClJson *node, const char *const *place)
{
	const char *keys[MOST_KEYS];
	int			n = 0;

	for (int i = 0; place[i] != NULL; i++)
		keys[n++] = place[i];
	for (int i = 0; builder->content->keys[i] != NULL; i++)
		keys[n++] = builder->content->keys[i];
	keys[n] = NULL;
	cl_json_object(node, keys);
}

static int
array_length(const ClJson *node, const char *key, int fewest, ClJson *array)
{
	return cl_json_get(node, key, array) ? cl_json_array(array, fewest, CL_MOST_BINS) : 0;
}

/* What all kinds of bins have in common. */
static ClBin *
read_bin(Builder *builder, const ClJson *node, ClBinKind kind)
{
	int			number = builder->characteristic->nbins++;
	ClBin	   *bin = &builder->bins[number];

	bin->kind = kind;
	bin->edge = get_float8_nan();
	bin->values = NULL;
	bin->nvalues = 0;
	bin->woe = get_float8_nan();
	bin->event_rate = bin->count = get_float8_nan();
	bin->reason = NULL;
	builder->points[number] = builder->content->read(builder->arg, node, bin, number);
	return bin;
}

static void
read_missing_or_other(Builder *builder, const ClJson *node, const char *key, ClBinKind kind, int *place)
{
	static const char *const nowhere[] = {NULL};
	ClJson		child;

	if (!cl_json_get(node, key, &child))
		return;
	check_keys(builder, &child, nowhere);
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
	static const char *const place[] = {"in", NULL};

	check_keys(builder, node, place);
	read_values(builder, node, "in", read_bin(builder, node, CL_BIN_CATEGORY));
}

static void
read_special(Builder *builder, const ClJson *node)
{
	static const char *const place[] = {"values", NULL};

	check_keys(builder, node, place);
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
	static const char *const place[] = {"below", "up_to", NULL};
	ClBin	   *bin;

	check_keys(builder, node, place);
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
void
cl_bins_read(ClCharacteristic *characteristic, const ClJson *node, const ClBinContent *content, void *arg)
{
	ClJson		array,
				specials,
				item;
	Builder		builder = {characteristic, NULL, NULL, 0, content, arg};
	int			nintervals = array_length(node, "bins", 1, &array);
	int			ncategories = nintervals > 0 ? 0 : array_length(node, "categories", content->no_categories ? 0 : 1, &array);
	int			nspecials = nintervals > 0 ? array_length(node, "special", 1, &specials) : 0;
	int			most = nintervals + ncategories + nspecials + 2;

	builder.bins = palloc_array(ClBin, most);
	builder.points = palloc_array(double, most + 1);
	characteristic->scale = nintervals > 0 ? CL_SCALE_INTERVALS : CL_SCALE_TEXTS;
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
	if (nintervals == 0)
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

static void
check_either(const ClJson *node, const char *const *common, const char *const *more)
{
	const char *keys[2 * MOST_KEYS];
	int			n = 0;

	for (int i = 0; common[i] != NULL; i++)
		keys[n++] = common[i];
	for (int i = 0; more[i] != NULL; i++)
		keys[n++] = more[i];
	keys[n] = NULL;
	cl_json_object(node, keys);
}

/* Either kind of characteristic has keys of its own; a key of the other kind is answered with those that are valid. */
void
cl_bins_check_keys(const ClJson *node, const char *const *common)
{
	static const char *const numeric[] = {"bins", "special", "missing", NULL};
	static const char *const categorical[] = {"categories", "missing", "other", NULL};
	static const char *const any[] = {"bins", "categories", "special", "missing", "other", NULL};
	ClJson		bins;
	ClJson		categories;
	bool		has_bins;
	bool		has_categories;

	check_either(node, common, any);
	has_bins = cl_json_get(node, "bins", &bins);
	has_categories = cl_json_get(node, "categories", &categories);
	if (has_bins == has_categories)
		cl_json_error_hint(node, "numeric with \"bins\" or categorical with \"categories\"",
						   "Give exactly one of the two.");
	check_either(node, common, has_bins ? numeric : categorical);
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
put_bin(StringInfo out, const ClCharacteristic *characteristic, int number, const ClBinContent *content, const void *arg)
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
	content->print(out, arg, characteristic, number);
	appendStringInfoChar(out, '}');
}

/* Bins are stored in the order in which they are written, so one pass opens and closes the arrays. */
void
cl_bins_print(StringInfo out, const ClCharacteristic *characteristic, const ClBinContent *content, const void *arg)
{
	static const char *const keys[] = {"bins", "categories", "special", "missing", "other"};

	if (characteristic->scale == CL_SCALE_TEXTS &&
		(characteristic->nbins == 0 || characteristic->bins[0].kind != CL_BIN_CATEGORY))
		appendStringInfoString(out, ", \"categories\": []");
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
		put_bin(out, characteristic, i, content, arg);
		if (last && array)
			appendStringInfoChar(out, ']');
	}
}

/*
 * scorecard_document.c
 *	  The scorecard as a document: JSON to compiled card, compiled card to canonical JSON.
 */
#include "postgres.h"

#include "score/bin_document.h"
#include "score/scorecard.h"

#include "miscadmin.h"

#define ANY_NUMBER 1e300

static const ClScaling default_scaling = {600, 50, 20};

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

/* What a card says of a bin. */
static double
read_content(void *arg, const ClJson *node, ClBin *bin, int number)
{
	ClJson		points;

	(void) arg;
	(void) number;
	cl_json_require(node, "points", &points);
	bin->woe = optional_number(node, "woe", -ANY_NUMBER, ANY_NUMBER, get_float8_nan());
	bin->event_rate = optional_number(node, "event_rate", 0, 1, get_float8_nan());
	bin->count = optional_number(node, "count", 0, ANY_NUMBER, get_float8_nan());
	bin->reason = optional_string(node, "reason", NULL);
	return cl_json_float8(&points, -CL_CARD_MOST_POINTS, CL_CARD_MOST_POINTS);
}

static void put_content(StringInfo out, const void *arg, const ClCharacteristic *characteristic, int number);

static const char *const content_keys[] = {"points", "reason", "woe", "event_rate", "count", NULL};
static const ClBinContent content = {content_keys, read_content, put_content, false};

static void
read_characteristic(ClCharacteristic *characteristic, const ClJson *node)
{
	static const char *const common_keys[] = {
		"name", "reason", "dimension", "coefficient", "neutral_points", "average_points", NULL
	};
	ClJson		name;

	cl_bins_check_keys(node, common_keys);
	cl_json_require(node, "name", &name);
	characteristic->name = cl_json_string(&name);
	characteristic->reason = optional_string(node, "reason", characteristic->name);
	characteristic->dimension = optional_string(node, "dimension", NULL);
	characteristic->coefficient = optional_number(node, "coefficient", -ANY_NUMBER, ANY_NUMBER, get_float8_nan());
	characteristic->neutral_points = optional_number(node, "neutral_points", -CL_CARD_MOST_POINTS, CL_CARD_MOST_POINTS, 0);
	characteristic->average_points =
		optional_number(node, "average_points", -CL_CARD_MOST_POINTS, CL_CARD_MOST_POINTS, get_float8_nan());
	cl_bins_read(characteristic, node, &content, NULL);
}

static void
read_characteristics(ClScorecard *card, const ClJson *root)
{
	ClJson		array;

	cl_json_require(root, "characteristics", &array);
	card->count = cl_json_array(&array, 1, CL_CARD_MOST_CHARACTERISTICS);
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
	scaling->score = optional_number(&node, "score", -CL_CARD_MOST_POINTS, CL_CARD_MOST_POINTS, default_scaling.score);
	if (cl_json_get(&node, "odds", &child))
	{
		scaling->odds = cl_json_float8(&child, -ANY_NUMBER, ANY_NUMBER);
		if (!(scaling->odds > 0))
			cl_json_error_hint(&child, "a number greater than 0",
							   "Odds are good:bad: 50 means one default among 51 borrowers.");
	}
	if (cl_json_get(&node, "pdo", &child))
	{
		scaling->pdo = cl_json_float8(&child, -CL_CARD_MOST_POINTS, CL_CARD_MOST_POINTS);
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
	card->base_points = optional_number(root, "base_points", -CL_CARD_MOST_POINTS, CL_CARD_MOST_POINTS, 0);
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
put_content(StringInfo out, const void *arg, const ClCharacteristic *characteristic, int number)
{
	const ClBin *bin = &characteristic->bins[number];

	(void) arg;
	appendStringInfoString(out, "\"points\": ");
	cl_json_put_float8(out, characteristic->points[number]);
	put_string(out, "reason", bin->reason);
	put_number(out, "woe", bin->woe);
	put_number(out, "event_rate", bin->event_rate);
	put_number(out, "count", bin->count);
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
		cl_bins_print(out, characteristic, &content, NULL);
		appendStringInfoChar(out, '}');
	}
	appendStringInfoString(out, "]}");
}

const ClDocument scorecard_document = {"scorecard", compile, print};

/* cl_scorecard_in, cl_scorecard_out, cl_scorecard_recv, cl_scorecard_send, cl_scorecard_from_jsonb, cl_scorecard_to_jsonb */
CL_DOCUMENT_FUNCTIONS(scorecard)

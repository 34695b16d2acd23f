/*
 * scorecard_pmml.c
 *	  A scorecard as a document of PMML 4.4, model Scorecard: https://dmg.org/pmml/v4-4-1/Scorecard.html
 *
 * PMML takes the first attribute whose predicate is true, and a predicate over a missing value is not true. So the order is:
 * listed values (special ones win over the interval around them), missing, intervals, and last what is in no list. What PMML has
 * no place for (weights of evidence, neutral points, scaling) goes into Extension elements, which other readers skip.
 *
 * The text is put together here and not by libxml, so it needs no server that was built with it.
 */
#include "postgres.h"

#include <math.h>

#include "score/scorecard.h"

#include "miscadmin.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(cl_scorecard_pmml);

/* So many reason codes are put out: what notices of adverse action usually carry. */
#define REASONS 4

/* Text between quotes. XML cannot say most control characters, not even as a reference. */
static void
put_escaped(StringInfo out, const char *text)
{
	for (const char *c = text; *c != '\0'; c++)
	{
		if (*c == '&')
			appendStringInfoString(out, "&amp;");
		else if (*c == '<')
			appendStringInfoString(out, "&lt;");
		else if (*c == '>')
			appendStringInfoString(out, "&gt;");
		else if (*c == '"')
			appendStringInfoString(out, "&quot;");
		else if (*c == '\t' || *c == '\n' || *c == '\r')
			appendStringInfo(out, "&#%d;", *c);
		else if ((unsigned char) *c < ' ')
			ereport(ERROR,
					(errcode(ERRCODE_UNTRANSLATABLE_CHARACTER),
					 errmsg("XML has no control character U+%04X", *c),
					 errdetail("The scorecard has it in a name, a reason or a listed value."),
					 errhint("Write the card without it.")));
		else
			appendStringInfoChar(out, *c);
	}
}

static void
put_attribute(StringInfo out, const char *name, const char *value)
{
	appendStringInfo(out, " %s=\"", name);
	put_escaped(out, value);
	appendStringInfoChar(out, '"');
}

static void
put_extension(StringInfo out, const char *name, const char *value)
{
	appendStringInfoString(out, "<Extension extender=\"credit_limit\"");
	put_attribute(out, "name", name);
	put_attribute(out, "value", value);
	appendStringInfoString(out, "/>");
}

static void
put_number_extension(StringInfo out, const char *name, double value)
{
	if (!isnan(value))
		put_extension(out, name, cl_scorecard_number(value));
}

static void
put_simple(StringInfo out, const ClCharacteristic *characteristic, const char *operator, const char *value)
{
	appendStringInfoString(out, "<SimplePredicate");
	put_attribute(out, "field", characteristic->name);
	put_attribute(out, "operator", operator);
	if (value != NULL)
		put_attribute(out, "value", value);
	appendStringInfoString(out, "/>");
}

static char *
listed_value(const ClCharacteristic *characteristic, const ClCardValue *value)
{
	if (characteristic->scale == CL_SCALE_TEXTS)
		return pstrdup(value->text);
	if (characteristic->scale == CL_SCALE_BOOLEANS)
		return pstrdup(value->number != 0 ? "true" : "false");
	return cl_scorecard_number(value->number);
}

/* An Array cannot say every text: it knows the quote by a backslash, and readers differ on the backslash itself and on breaks. */
static bool
fits_array(const ClCharacteristic *characteristic, const ClBin *bin)
{
	if (characteristic->scale == CL_SCALE_BOOLEANS)
		return false;
	for (int i = 0; i < bin->nvalues; i++)
	{
		if (characteristic->scale == CL_SCALE_TEXTS && strpbrk(bin->values[i].text, "\"\\\t\r\n") != NULL)
			return false;
	}
	return true;
}

static void
put_set(StringInfo out, const ClCharacteristic *characteristic, const ClBin *bin)
{
	const char *quote = characteristic->scale == CL_SCALE_TEXTS ? "\"" : "";

	appendStringInfoString(out, "<SimpleSetPredicate");
	put_attribute(out, "field", characteristic->name);
	appendStringInfo(out, " booleanOperator=\"isIn\"><Array n=\"%d\" type=\"%s\">", bin->nvalues,
					 characteristic->scale == CL_SCALE_TEXTS ? "string" : "real");
	for (int i = 0; i < bin->nvalues; i++)
	{
		appendStringInfo(out, "%s%s", i > 0 ? " " : "", quote);
		put_escaped(out, listed_value(characteristic, &bin->values[i]));
		appendStringInfoString(out, quote);
	}
	appendStringInfoString(out, "</Array></SimpleSetPredicate>");
}

static void
put_listed(StringInfo out, const ClCharacteristic *characteristic, const ClBin *bin)
{
	if (bin->nvalues > 1 && fits_array(characteristic, bin))
	{
		put_set(out, characteristic, bin);
		return;
	}
	if (bin->nvalues > 1)
		appendStringInfoString(out, "<CompoundPredicate booleanOperator=\"or\">");
	for (int i = 0; i < bin->nvalues; i++)
		put_simple(out, characteristic, "equal", listed_value(characteristic, &bin->values[i]));
	if (bin->nvalues > 1)
		appendStringInfoString(out, "</CompoundPredicate>");
}

static void
put_interval(StringInfo out, const ClCharacteristic *characteristic, int number)
{
	bool		first = number == 0;
	bool		last = isinf(characteristic->bins[number].edge);

	if (first && last)
	{
		put_simple(out, characteristic, "isNotMissing", NULL);
		return;
	}
	if (!first && !last)
		appendStringInfoString(out, "<CompoundPredicate booleanOperator=\"and\">");
	if (!first)
		put_simple(out, characteristic, characteristic->right_closed ? "greaterThan" : "greaterOrEqual",
				   cl_scorecard_number(characteristic->bins[number - 1].edge));
	if (!last)
		put_simple(out, characteristic, characteristic->right_closed ? "lessOrEqual" : "lessThan",
				   cl_scorecard_number(characteristic->bins[number].edge));
	if (!first && !last)
		appendStringInfoString(out, "</CompoundPredicate>");
}

static void
put_predicate(StringInfo out, const ClCharacteristic *characteristic, int number)
{
	const ClBin *bin = &characteristic->bins[number];

	switch (bin->kind)
	{
		case CL_BIN_INTERVAL:
			put_interval(out, characteristic, number);
			break;
		case CL_BIN_MISSING:
			put_simple(out, characteristic, "isMissing", NULL);
			break;
		case CL_BIN_OTHER:
			put_simple(out, characteristic, "isNotMissing", NULL);
			break;
		default:
			put_listed(out, characteristic, bin);
	}
}

static void
put_bins(StringInfo out, const ClCharacteristic *characteristic, int kinds)
{
	for (int i = 0; i < characteristic->nbins; i++)
	{
		const ClBin *bin = &characteristic->bins[i];

		if ((kinds & (1 << bin->kind)) == 0)
			continue;
		appendStringInfoString(out, "\n    <Attribute");
		put_attribute(out, "partialScore", cl_scorecard_number(characteristic->points[i]));
		if (bin->reason != NULL)
			put_attribute(out, "reasonCode", bin->reason);
		appendStringInfoChar(out, '>');
		put_number_extension(out, "woe", bin->woe);
		put_number_extension(out, "event_rate", bin->event_rate);
		put_number_extension(out, "count", bin->count);
		put_predicate(out, characteristic, i);
		appendStringInfoString(out, "</Attribute>");
	}
}

static void
put_characteristic(StringInfo out, const ClScorecard *card, const ClCharacteristic *characteristic)
{
	appendStringInfoString(out, "\n   <Characteristic");
	put_attribute(out, "name", characteristic->name);
	put_attribute(out, "reasonCode", characteristic->reason);
	put_attribute(out, "baselineScore", cl_scorecard_number(cl_card_best(card, characteristic)));
	appendStringInfoChar(out, '>');
	if (characteristic->dimension != NULL)
		put_extension(out, "dimension", characteristic->dimension);
	put_number_extension(out, "coefficient", characteristic->coefficient);
	put_number_extension(out, "neutral_points", characteristic->neutral_points);
	put_number_extension(out, "average_points", characteristic->average_points);
	put_bins(out, characteristic, (1 << CL_BIN_CATEGORY) | (1 << CL_BIN_SPECIAL));
	put_bins(out, characteristic, 1 << CL_BIN_MISSING);
	put_bins(out, characteristic, (1 << CL_BIN_INTERVAL) | (1 << CL_BIN_OTHER));
	appendStringInfoString(out, "\n   </Characteristic>");
}

/* NaN is a missing value here, and PMML must be told so. */
static void
put_data_field(StringInfo out, const ClCharacteristic *characteristic)
{
	static const char *const types[] = {"double", "string", "double", "boolean"};
	bool		number = characteristic->scale == CL_SCALE_INTERVALS || characteristic->scale == CL_SCALE_NUMBERS;

	appendStringInfoString(out, "\n  <DataField");
	put_attribute(out, "name", characteristic->name);
	put_attribute(out, "optype", characteristic->scale == CL_SCALE_INTERVALS ? "continuous" : "categorical");
	put_attribute(out, "dataType", types[characteristic->scale]);
	appendStringInfoString(out, number ? "><Value value=\"NaN\" property=\"missing\"/></DataField>" : "/>");
}

static void
put_head(StringInfo out, const ClScorecard *card)
{
	appendStringInfoString(out, "<PMML xmlns=\"http://www.dmg.org/PMML-4_4\" version=\"4.4\">\n <Header");
	put_attribute(out, "description", card->name);
	appendStringInfo(out, "><Application name=\"credit_limit\"/></Header>\n <DataDictionary numberOfFields=\"%d\">", card->count);
	for (int i = 0; i < card->count; i++)
		put_data_field(out, &card->characteristics[i]);
	appendStringInfoString(out, "\n </DataDictionary>\n <Scorecard");
	put_attribute(out, "modelName", card->name);
	appendStringInfoString(out, " functionName=\"regression\"");
	put_attribute(out, "initialScore", cl_scorecard_number(card->base_points));
	appendStringInfo(out, " useReasonCodes=\"true\" reasonCodeAlgorithm=\"%s\" baselineMethod=\"%s\">\n  ",
					 card->scaling.pdo < 0 ? "pointsAbove" : "pointsBelow", card->scaling.pdo < 0 ? "min" : "max");
	put_number_extension(out, "scaling.score", card->scaling.score);
	put_number_extension(out, "scaling.odds", card->scaling.odds);
	put_number_extension(out, "scaling.pdo", card->scaling.pdo);
}

static void
put_fields(StringInfo out, const ClScorecard *card)
{
	appendStringInfoString(out, "\n  <MiningSchema>");
	for (int i = 0; i < card->count; i++)
	{
		appendStringInfoString(out, "\n   <MiningField");
		put_attribute(out, "name", card->characteristics[i].name);
		appendStringInfoString(out, "/>");
	}
	appendStringInfoString(out, "\n  </MiningSchema>\n  <Output>\n   "
						   "<OutputField name=\"score\" optype=\"continuous\" dataType=\"double\" feature=\"predictedValue\"/>");
	for (int i = 1; i <= Min(REASONS, card->count); i++)
		appendStringInfo(out, "\n   <OutputField name=\"reason_code_%d\" optype=\"categorical\" dataType=\"string\" "
						 "feature=\"reasonCode\" rank=\"%d\"/>", i, i);
	appendStringInfoString(out, "\n  </Output>");
}

Datum
cl_scorecard_pmml(PG_FUNCTION_ARGS)
{
	const ClScorecard *card = cl_document_compiled(&scorecard_document, PG_GETARG_DATUM(0));
	StringInfoData out;

	initStringInfo(&out);
	put_head(&out, card);
	put_fields(&out, card);
	appendStringInfoString(&out, "\n  <Characteristics>");
	for (int i = 0; i < card->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		put_characteristic(&out, card, &card->characteristics[i]);
	}
	appendStringInfoString(&out, "\n  </Characteristics>\n </Scorecard>\n</PMML>");
	/* The server keeps xml as the text itself. */
	PG_RETURN_TEXT_P(cstring_to_text_with_len(out.data, out.len));
}

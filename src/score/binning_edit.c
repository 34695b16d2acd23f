/*
 * binning_edit.c
 *	  Bins that an analyst decides on: groups of categories, and bins joined by hand.
 */
#include "postgres.h"

#include <math.h>

#include "score/bin_document.h"
#include "score/binning.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(cl_fixed_binning_groups);
PG_FUNCTION_INFO_V1(cl_binning_merge);

/*
 * Groups: [["own"], ["rent", "free"]]
 */

static void
put_group(StringInfo out, const ClJson *group)
{
	ClJson		value;
	int			n = cl_json_array(group, 1, CL_SKETCH_MOST_CATEGORIES);

	for (int i = 0; i < n; i++)
	{
		cl_json_item(group, i, &value);
		appendStringInfoString(out, i > 0 ? ", " : "");
		if (cl_json_is_string(&value))
			cl_json_put_string(out, cl_json_text(&value));
		else if (cl_json_is_bool(&value))
			appendStringInfoString(out, cl_json_bool(&value) ? "true" : "false");
		else if (cl_json_is_number(&value))
			cl_json_put_float8(out, cl_json_float8(&value, -1e300, 1e300));
		else
			cl_json_error(&value, "a string, a number, true or false");
	}
}

/* The document that these groups are short for; whatever else is wrong with them, its compiler says. */
static char *
document_of_groups(const ClJson *groups)
{
	StringInfoData out;
	int			n = cl_json_array(groups, 1, CL_MOST_BINS);

	initStringInfo(&out);
	appendStringInfoString(&out, "{\"categories\": [");
	for (int i = 0; i < n; i++)
	{
		ClJson		group;

		cl_json_item(groups, i, &group);
		appendStringInfoString(&out, i > 0 ? ", {\"in\": [" : "{\"in\": [");
		put_group(&out, &group);
		appendStringInfoString(&out, "]}");
	}
	appendStringInfoString(&out, "], \"missing\": {}, \"other\": {}}");
	return out.data;
}

Datum
cl_fixed_binning_groups(PG_FUNCTION_ARGS)
{
	ClJson		groups;
	ClJson		json;
	ClJson		document;
	ClBinningOptions options;
	ClBinning  *binning;

	cl_json_open(&groups, "groups", PG_GETARG_JSONB_P(0));
	cl_json_open(&json, "binning options", PG_GETARG_JSONB_P(1));
	cl_binning_options(&json, &options);
	cl_json_parse(&document, "binning", document_of_groups(&groups));
	binning = binning_document.compile(&document);
	cl_binning_set_conventions(binning, &options);
	return cl_document_datum(&binning_document, binning);
}

/*
 * Joining
 */

static void
cannot_join(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("these bins cannot be joined"),
			 errdetail("%s", detail),
			 errhint("Join intervals that are neighbours, or any categories, or any special bins; see binning_table.")));
}

/* Which bins are named; each at most once. */
static bool *
named_bins(ArrayType *array, int nbins, int *named)
{
	bool	   *is_named = palloc0_array(bool, nbins + 1);
	Datum	   *value;
	bool	   *null;

	deconstruct_array(array, INT4OID, sizeof(int32), true, TYPALIGN_INT, &value, &null, named);
	if (*named < 2)
		cannot_join("Fewer than two bins are named.");
	for (int i = 0; i < *named; i++)
	{
		int			bin = null[i] ? 0 : DatumGetInt32(value[i]);

		if (null[i] || bin < 1 || bin > nbins)
			cannot_join(null[i] ? "A number is NULL." : psprintf("There is no bin %d; they go from 1 to %d.", bin, nbins));
		if (is_named[bin - 1])
			cannot_join(psprintf("Bin %d is named twice.", bin));
		is_named[bin - 1] = true;
	}
	return is_named;
}

static void
check_joinable(const ClBinning *binning, const bool *is_named)
{
	const ClBin *bins = binning->c.bins;
	int			last = -1;

	for (int i = 0; i < binning->c.nbins; i++)
	{
		if (!is_named[i])
			continue;
		if (bins[i].kind == CL_BIN_MISSING || bins[i].kind == CL_BIN_OTHER)
			cannot_join(psprintf("Bin %d is the bin \"%s\".", i + 1, bins[i].kind == CL_BIN_MISSING ? "missing" : "other"));
		if (last >= 0 && bins[i].kind != bins[last].kind)
			cannot_join(psprintf("Bins %d and %d are of different kinds.", last + 1, i + 1));
		if (last >= 0 && bins[i].kind == CL_BIN_INTERVAL && last != i - 1)
			cannot_join(psprintf("Between bins %d and %d there are others.", last + 1, i + 1));
		last = i;
	}
}

/* Takes bin number "from" into number "into": bounds, values and counts. */
static void
absorb(ClBinning *binning, int into, int from)
{
	ClBin	   *bin = unconstify(ClBin *, &binning->c.bins[into]);
	const ClBin *other = &binning->c.bins[from];
	ClCardValue *values = palloc_array(ClCardValue, bin->nvalues + other->nvalues + 1);

	if (bin->nvalues > 0)
		memcpy(values, bin->values, bin->nvalues * sizeof(ClCardValue));
	if (other->nvalues > 0)
		memcpy(values + bin->nvalues, other->values, other->nvalues * sizeof(ClCardValue));
	bin->values = values;
	bin->nvalues += other->nvalues;
	bin->edge = other->edge;
	for (int class = 0; class < 2; class++)
	{
		binning->counts[into].n[class] += binning->counts[from].n[class];
		binning->counts[into].weight[class] += binning->counts[from].weight[class];
	}
}

static void
remove_bin(ClBinning *binning, int number)
{
	ClCharacteristic *c = &binning->c;
	ClBin	   *bins = unconstify(ClBin *, c->bins);

	memmove(bins + number, bins + number + 1, (c->nbins - number - 1) * sizeof(ClBin));
	memmove(binning->counts + number, binning->counts + number + 1, (c->nbins - number - 1) * sizeof(ClBinCounts));
	c->nbins--;
	c->missing -= c->missing > number;
	c->other -= c->other > number;
}

Datum
cl_binning_merge(PG_FUNCTION_ARGS)
{
	ClBinning  *binning = cl_document_compiled(&binning_document, PG_GETARG_DATUM(0));
	int			named;
	bool	   *is_named = named_bins(PG_GETARG_ARRAYTYPE_P(1), binning->c.nbins, &named);
	int			into = 0;

	check_joinable(binning, is_named);
	while (!is_named[into])
		into++;
	for (int from = into + 1; from < binning->c.nbins; from++)
	{
		if (is_named[from])
			absorb(binning, into, from);
	}
	/* From the right, so that the numbers of those still to go stay what they are. */
	for (int from = binning->c.nbins - 1; from > into; from--)
	{
		if (is_named[from])
			remove_bin(binning, from);
	}
	cl_binning_made_by_hand(binning);
	cl_binning_evaluate(binning);
	return cl_document_datum(&binning_document, binning);
}

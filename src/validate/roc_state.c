/*
 * roc_state.c
 *	  The state behind the type roc: merging, and its forms as bytes and JSON.
 */
#include "postgres.h"

#include <math.h>

#include "validate/roc_state.h"

#define TYPE_NAME "roc"

static const ClTallyType tally_type = {TYPE_NAME, "score", -INFINITY, INFINITY};
static const char *const directions[] = {"unknown", "higher_is_riskier", "lower_is_riskier", NULL};

static void *
create(void)
{
	ClRoc	   *roc = palloc0_object(ClRoc);
	ClMemory	memory = cl_memory_here();

	cl_tally_init(&roc->tally, &memory, CL_TALLY_COUNTS);
	return roc;
}

/* All rows of a roc say the same of what is risky. */
void
cl_roc_set_direction(ClRoc *roc, ClRocDirection direction)
{
	if (roc->direction == CL_ROC_UNKNOWN)
		roc->direction = direction;
	else if (direction != CL_ROC_UNKNOWN && direction != roc->direction)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("scores of two directions cannot be judged together"),
				 errdetail("For some rows a higher score is riskier, for others a lower one."),
				 errhint("Build a roc for each, or turn one of the scores round.")));
}

const ClRocMeasures *
cl_roc_measures(ClRoc *roc)
{
	int64		n[2];

	cl_tally_settle(&roc->tally);
	cl_tally_rows(&roc->tally, n);
	if (roc->measured != n[0] + n[1] || roc->measured == 0)
		cl_roc_measure(&roc->tally, cl_roc_higher_is_riskier(roc), &roc->measures);
	roc->measured = n[0] + n[1];
	return &roc->measures;
}

static bool
is_empty(const ClRoc *roc)
{
	return cl_tally_is_empty(&roc->tally);
}

/* Amounts are those of all rows, or of none; a side without rows has no say. */
static void
merge_amounts(ClRoc *roc, const ClRoc *other)
{
	if (is_empty(other))
		return;
	if (is_empty(roc))
		roc->amounts = other->amounts;
	else if (roc->amounts != other->amounts)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cannot merge a roc with amounts and one without"),
				 errdetail("The sums would be of some rows only."),
				 errhint("Build both with roc_amount_agg, or both with roc_agg.")));
	roc->decimals = Max(roc->decimals, other->decimals);
	roc->n_without_amount = cl_skipped_sum(roc->n_without_amount, other->n_without_amount);
}

static void
merge(void *into, const void *from)
{
	ClRoc	   *roc = into;
	const ClRoc *other = from;

	cl_roc_set_direction(roc, other->direction);
	merge_amounts(roc, other);
	cl_tally_merge_checked(&roc->tally, &other->tally, &tally_type);
	roc->n_skipped = cl_skipped_sum(roc->n_skipped, other->n_skipped);
}

/*
 * Bytes:
 *		byte	direction
 *		byte	whether there are amounts, and the decimals to show them with (255: none)
 *		int64	n_skipped, n_without_amount
 *		tally (pg/tally.c)
 */
#define NO_AMOUNTS 255

static void
write_head(StringInfo buf, const ClRoc *roc)
{
	pq_sendbyte(buf, roc->direction);
	pq_sendbyte(buf, roc->amounts ? roc->decimals : NO_AMOUNTS);
	pq_sendint64(buf, roc->n_skipped);
	pq_sendint64(buf, roc->n_without_amount);
}

/* Settling a tally changes how the counts are kept, not what they are. */
static void
write_state(StringInfo buf, const void *state)
{
	const ClRoc *roc = state;

	write_head(buf, roc);
	cl_tally_send(buf, &tally_type, unconstify(ClTally *, &roc->tally));
}

static void
transfer(StringInfo buf, const void *state)
{
	const ClRoc *roc = state;

	write_head(buf, roc);
	cl_tally_transfer(buf, &tally_type, unconstify(ClTally *, &roc->tally));
}

/* What contradicts itself in a value from outside, or NULL. */
static const char *
disorder(const ClRoc *roc)
{
	if (roc->direction == CL_ROC_UNKNOWN && !is_empty(roc))
		return "direction is unknown although there are scores";
	if (roc->amounts && roc->tally.kind != CL_TALLY_WEIGHTS && !is_empty(roc))
		return "amounts are missing";
	return NULL;
}

static void *
read_state(StringInfo buf)
{
	ClRoc	   *roc = create();
	int			direction = pq_getmsgbyte(buf);
	int			decimals = pq_getmsgbyte(buf);
	const char *wrong;

	if (direction > CL_ROC_LOWER_IS_RISKIER)
		cl_wire_invalid(TYPE_NAME, psprintf("direction %d is not known", direction));
	if (decimals > CL_TALLY_DECIMALS && decimals != NO_AMOUNTS)
		cl_wire_invalid(TYPE_NAME, psprintf("number of decimals %d is out of range", decimals));
	roc->direction = direction;
	roc->amounts = decimals != NO_AMOUNTS;
	roc->decimals = roc->amounts ? decimals : 0;
	roc->n_skipped = cl_wire_int64(buf, TYPE_NAME, 0, PG_INT64_MAX, "number of rows left out");
	roc->n_without_amount = cl_wire_int64(buf, TYPE_NAME, 0, roc->amounts ? PG_INT64_MAX : 0, "number of rows without amount");
	cl_tally_receive(buf, &tally_type, &roc->tally);
	wrong = disorder(roc);
	if (wrong != NULL)
		cl_wire_invalid(TYPE_NAME, wrong);
	return roc;
}

/*
 * JSON:
 *		{"version": 1, "direction": "higher_is_riskier", "n_skipped": 0, "scores": [[0.1, 1, 0], [0.8, 0, 1]]}
 *
 * with "decimals" and "n_without_amount" when there are amounts. A score is [score, non-events, events], see pg/tally_json.c.
 */
static const char *const json_keys[] = {"version", "direction", "n_skipped", "decimals", "n_without_amount", "scores", NULL};

static void
print(StringInfo out, const void *state)
{
	const ClRoc *roc = state;

	appendStringInfo(out, "{\"version\": %d, \"direction\": \"%s\", \"n_skipped\": " INT64_FORMAT, roc_summary.version,
					 directions[roc->direction], roc->n_skipped);
	if (roc->amounts)
		appendStringInfo(out, ", \"decimals\": %d, \"n_without_amount\": " INT64_FORMAT, roc->decimals, roc->n_without_amount);
	appendStringInfoString(out, ", \"scores\": ");
	cl_tally_print(out, unconstify(ClTally *, &roc->tally));
	appendStringInfoChar(out, '}');
}

static void *
parse(const ClJson *document)
{
	ClRoc	   *roc = create();
	ClJson		node;
	const char *wrong;

	cl_json_object(document, json_keys);
	cl_json_require(document, "version", &node);
	(void) cl_json_int(&node, roc_summary.version, roc_summary.version);
	cl_json_require(document, "direction", &node);
	roc->direction = cl_json_choice(&node, directions);
	cl_json_require(document, "n_skipped", &node);
	roc->n_skipped = cl_json_decimal(&node, 0, 0, PG_INT64_MAX);
	if (cl_json_get(document, "decimals", &node))
	{
		roc->amounts = true;
		roc->decimals = cl_json_int(&node, 0, CL_TALLY_DECIMALS);
	}
	if (cl_json_get(document, "n_without_amount", &node))
		roc->n_without_amount = cl_json_decimal(&node, 0, 0, roc->amounts ? PG_INT64_MAX : 0);
	cl_json_require(document, "scores", &node);
	cl_tally_parse(&node, &tally_type, &roc->tally);
	wrong = disorder(roc);
	if (wrong != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid roc: it contradicts itself"),
				 errdetail("The %s.", wrong),
				 errhint("Build the value with roc_agg.")));
	return roc;
}

const ClSummary roc_summary = {
	.name = TYPE_NAME,
	.version = 1,
	.create = create,
	.merge = merge,
	.write = write_state,
	.transfer = transfer,
	.read = read_state,
	.print = print,
	.parse = parse,
};

/*
 * roc_state.c
 *	  The state behind the type roc: merging, and its forms as bytes and JSON.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "validate/roc_state.h"

#include "miscadmin.h"

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

void
cl_roc_settle(ClRoc *roc)
{
	cl_tally_settle(&roc->tally);
	if (roc->n_cells == 0 || roc->gathered)
		return;
	roc->n_cells = cl_roc_cells_join(roc->cell, roc->n_cells);
	cl_roc_cells_gather(&roc->tally, roc->cell, roc->n_cells);
	roc->gathered = true;
}

ClRocLoss
cl_roc_loss(ClRoc *roc)
{
	cl_roc_settle(roc);
	return cl_roc_cells_loss(&roc->tally, roc->cell, roc->n_cells);
}

const ClRocMeasures *
cl_roc_measures(ClRoc *roc)
{
	int64		n[2];

	cl_roc_settle(roc);
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
merge_cells(ClRoc *roc, const ClRoc *other)
{
	size_t		n = roc->n_cells + other->n_cells;

	roc->gathered = false;
	if (other->n_cells == 0)
		return;
	roc->cell = cl_reallocate(&roc->tally.memory, roc->cell, n * sizeof(ClRocCell));
	memcpy(roc->cell + roc->n_cells, other->cell, other->n_cells * sizeof(ClRocCell));
	roc->n_cells = n;
}

static void
merge(void *into, const void *from)
{
	ClRoc	   *roc = into;
	const ClRoc *other = from;

	cl_roc_set_direction(roc, other->direction);
	merge_amounts(roc, other);
	cl_tally_merge_checked(&roc->tally, &other->tally, &tally_type);
	merge_cells(roc, other);
	roc->n_skipped = cl_skipped_sum(roc->n_skipped, other->n_skipped);
}

/*
 * Bytes:
 *		byte	direction, and 4 more where scores were put together
 *		byte	whether there are amounts, and the decimals to show them with (255: none)
 *		int64	n_skipped, n_without_amount
 *		int64	number of cells, if there are any, and of each the lowest key and (a byte) how many bits its keys have in common
 *		tally (pg/tally.c)
 */
#define NO_AMOUNTS 255
#define COMPACT 4
#define CELL_SIZE 9

/* Between two keys that differ by a power of two less one. */
static int
bits_in_common(const ClRocCell *cell)
{
	return __builtin_clzll(cell->low ^ cell->high);
}

/* Settling changes how the counts are kept, not what they are. */
static ClRoc *
settled(const void *state)
{
	ClRoc	   *roc = unconstify(ClRoc *, (const ClRoc *) state);

	cl_roc_settle(roc);
	return roc;
}

static void
write_head(StringInfo buf, const ClRoc *roc)
{
	pq_sendbyte(buf, roc->direction + (roc->n_cells > 0 ? COMPACT : 0));
	pq_sendbyte(buf, roc->amounts ? roc->decimals : NO_AMOUNTS);
	pq_sendint64(buf, roc->n_skipped);
	pq_sendint64(buf, roc->n_without_amount);
	if (roc->n_cells > 0)
		pq_sendint64(buf, (int64) roc->n_cells);
	for (size_t i = 0; i < roc->n_cells; i++)
	{
		pq_sendint64(buf, (int64) roc->cell[i].low);
		pq_sendbyte(buf, bits_in_common(&roc->cell[i]));
	}
}

static void
write_state(StringInfo buf, const void *state)
{
	ClRoc	   *roc = settled(state);

	write_head(buf, roc);
	cl_tally_send(buf, &tally_type, &roc->tally);
}

static void
transfer(StringInfo buf, const void *state)
{
	ClRoc	   *roc = settled(state);

	write_head(buf, roc);
	cl_tally_transfer(buf, &tally_type, &roc->tally);
}

/* Cells in order, and their rows at their lowest scores. */
static const char *
disorder_of_cells(const ClRoc *roc)
{
	size_t		at = 0;
	size_t		met = 0;
	ClTallyCursor cursor;
	ClTallyItem item;

	for (size_t i = 0; i < roc->n_cells; i++)
	{
		if (!cl_roc_cell_is_valid(&roc->cell[i]) || (i > 0 && roc->cell[i].low <= roc->cell[i - 1].high))
			return "scores are put together in another way than compact does";
	}
	cl_tally_scan(&roc->tally, &cursor, false);
	while (cl_tally_next(&cursor, &item))
	{
		uint64		key = cl_tally_key(item.value);

		for (; at < roc->n_cells && roc->cell[at].high < key; at++)
			;
		if (at == roc->n_cells || key < roc->cell[at].low)
			continue;
		if (key != roc->cell[at].low)
			return "rows stand among scores that are put together";
		met++;
	}
	return met < roc->n_cells ? "rows of some scores that are put together are missing" : NULL;
}

/* What contradicts itself in a value from outside, or NULL. */
static const char *
disorder(const ClRoc *roc)
{
	if (roc->direction == CL_ROC_UNKNOWN && !is_empty(roc))
		return "direction is unknown although there are scores";
	if (roc->amounts && roc->tally.kind != CL_TALLY_WEIGHTS && !is_empty(roc))
		return "amounts are missing";
	return roc->n_cells > 0 ? disorder_of_cells(roc) : NULL;
}

static void
read_cells(StringInfo buf, ClRoc *roc)
{
	int64		n = pq_getmsgint64(buf);

	if (n < 1 || n > (buf->len - buf->cursor) / CELL_SIZE)
		cl_wire_invalid(TYPE_NAME, psprintf("item count " INT64_FORMAT " is more than the value holds", n));
	roc->n_cells = (size_t) n;
	roc->cell = cl_allocate(&roc->tally.memory, roc->n_cells * sizeof(ClRocCell));
	for (size_t i = 0; i < roc->n_cells; i++)
	{
		uint64		low = (uint64) pq_getmsgint64(buf);
		int			bits = pq_getmsgbyte(buf);

		if (bits > 63)
			cl_wire_invalid(TYPE_NAME, psprintf("number of bits %d is out of range", bits));
		roc->cell[i] = (ClRocCell) {low, low | (PG_UINT64_MAX >> bits)};
	}
	roc->gathered = true;
}

static void *
read_state(StringInfo buf)
{
	ClRoc	   *roc = create();
	int			head = pq_getmsgbyte(buf);
	int			direction = head & ~COMPACT;
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
	if (head & COMPACT)
		read_cells(buf, roc);
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
 * Where scores were put together, "compact" says what it may have cost, and from and to which score the rows of a score are:
 *		"compact": {"auc_loss": 0.0001, "ks_loss": 0.0002, "cells": [[0.5, 0.5078124999999999], ...]}
 */
static const char *const json_keys[] = {
	"version", "direction", "n_skipped", "decimals", "n_without_amount", "compact", "scores", NULL
};
static const char *const compact_keys[] = {"auc_loss", "ks_loss", "cells", NULL};

static void
print_cells(StringInfo out, ClRoc *roc)
{
	ClRocLoss	loss = cl_roc_loss(roc);

	appendStringInfoString(out, ", \"compact\": {\"auc_loss\": ");
	cl_json_put_float8(out, loss.auc);
	appendStringInfoString(out, ", \"ks_loss\": ");
	cl_json_put_float8(out, loss.ks);
	appendStringInfoString(out, ", \"cells\": [");
	for (size_t i = 0; i < roc->n_cells; i++)
	{
		appendStringInfoString(out, i > 0 ? ", [" : "[");
		cl_json_put_float8(out, cl_tally_value(roc->cell[i].low));
		appendStringInfoString(out, ", ");
		cl_json_put_float8(out, cl_tally_value(roc->cell[i].high));
		appendStringInfoChar(out, ']');
	}
	appendStringInfoString(out, "]}");
}

static void
print(StringInfo out, const void *state)
{
	ClRoc	   *roc = settled(state);

	appendStringInfo(out, "{\"version\": %d, \"direction\": \"%s\", \"n_skipped\": " INT64_FORMAT, roc_summary.version,
					 directions[roc->direction], roc->n_skipped);
	if (roc->amounts)
		appendStringInfo(out, ", \"decimals\": %d, \"n_without_amount\": " INT64_FORMAT, roc->decimals, roc->n_without_amount);
	if (roc->n_cells > 0)
		print_cells(out, roc);
	appendStringInfoString(out, ", \"scores\": ");
	cl_tally_print(out, &roc->tally);
	appendStringInfoChar(out, '}');
}

static void
parse_cells(const ClJson *compact, ClRoc *roc)
{
	ClJson		cells;

	cl_json_object(compact, compact_keys);
	cl_json_require(compact, "cells", &cells);
	roc->n_cells = (size_t) cl_json_array(&cells, 1, PG_INT32_MAX);
	roc->cell = cl_allocate(&roc->tally.memory, roc->n_cells * sizeof(ClRocCell));
	for (size_t i = 0; i < roc->n_cells; i++)
	{
		ClJson		item;
		ClJson		node;

		CHECK_FOR_INTERRUPTS();
		cl_json_item(&cells, (int) i, &item);
		(void) cl_json_array(&item, 2, 2);
		cl_json_item(&item, 0, &node);
		roc->cell[i].low = cl_tally_key(cl_json_float8(&node, -DBL_MAX, DBL_MAX));
		cl_json_item(&item, 1, &node);
		roc->cell[i].high = cl_tally_key(cl_json_float8(&node, -DBL_MAX, DBL_MAX));
	}
	roc->gathered = true;
}

/* The loss that a document states is that of its counts. */
static void
check_loss(const ClJson *compact, const char *key, double loss)
{
	ClJson		node;

	cl_json_require(compact, key, &node);
	if (fabs(cl_json_float8(&node, 0, 1) - loss) > 1e-9 * loss)
		cl_json_error(&node, psprintf("%.17g, which the counts make it", loss));
}

static void *
parse(const ClJson *document)
{
	ClRoc	   *roc = create();
	ClJson		node;
	ClJson		compact;
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
	if (cl_json_get(document, "compact", &compact))
		parse_cells(&compact, roc);
	cl_json_require(document, "scores", &node);
	cl_tally_parse(&node, &tally_type, &roc->tally);
	wrong = disorder(roc);
	if (wrong != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid roc: it contradicts itself"),
				 errdetail("The %s.", wrong),
				 errhint("Build the value with roc_agg.")));
	if (roc->n_cells > 0)
	{
		ClRocLoss	loss = cl_roc_loss(roc);

		check_loss(&compact, "auc_loss", loss.auc);
		check_loss(&compact, "ks_loss", loss.ks);
	}
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

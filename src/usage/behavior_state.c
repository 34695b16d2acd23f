/*
 * behavior_state.c
 *	  The state behind the type behavior: merging, and its three forms (bytes, JSON, memory).
 */
#include "postgres.h"

#include "usage/behavior_state.h"

#include "pg/numeric.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"

#define TYPE_NAME "behavior"

/* By the bits of a set of columns. */
const char *const cl_behavior_columns[CL_BEHAVIOR_AMOUNTS + 2] = {
	"credit_limit", "balance", "payment", "due", "days_past_due", NULL
};

void
cl_behavior_too_far_apart(const ClBehavior *history, int32_t month)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("months of one account are more than a century apart"),
			 errdetail("Found %s in a history from %s to %s.", cl_month_string(month),
					   cl_month_string(cl_behavior_first(history)),
					   cl_month_string(cl_behavior_last(history))),
			 errhint("Look for a date that stands for \"never\" or \"not known\", and leave its row out.")));
}

/* Contradictions are reported at the end: one in a month that has left the window by then does not matter. */
void
cl_behavior_require_consistent(const ClBehavior *history)
{
	int			columns = 0;
	int32_t		month = cl_behavior_conflict(history, &columns);
	StringInfoData names;

	if (month == 0)
		return;
	initStringInfo(&names);
	for (int i = 0; cl_behavior_columns[i] != NULL; i++)
	{
		if ((columns >> i) & 1)
			appendStringInfo(&names, "%s%s", names.len > 0 ? ", " : "", cl_behavior_columns[i]);
	}
	ereport(ERROR,
			(errcode(ERRCODE_CARDINALITY_VIOLATION),
			 errmsg("rows contradict each other about %s", cl_month_string(month)),
			 errdetail("They differ in %s.", names.data),
			 errhint("Group by account. A month that was restated is one row: the history is built again without the old one.")));
}

static void *
create(void)
{
	ClMemory	memory = cl_memory_here();

	return cl_behavior_new(&memory);
}

static void
merge(void *into, const void *from)
{
	ClMemory	memory = cl_behavior_memory(into);
	const ClBehavior *other = from;

	if (!cl_behavior_merge(into, &memory, other))
		cl_behavior_too_far_apart(into, cl_behavior_first(other) < cl_behavior_first(into) ?
								  cl_behavior_first(other) : cl_behavior_last(other));
}

/*
 * Bytes:
 *		int8	decimals
 *		int8	width of an amount: 4 or 8 bytes, the least that holds all
 *		int32	first month kept
 *		int8	number of months on record, then for each, ascending:
 *				int8 months after the first, int8 conflicts (between workers only), uint16 days past due,
 *				4 amounts; the lowest integer, and 65535 days, are not known
 *		int32	number of runs of months before the window, then for each, ascending: int32 first, int32 last
 */
#define MONTH_BYTES (1 + 1 + 2 + 4 * CL_BEHAVIOR_AMOUNTS)
#define RUN_BYTES (4 + 4)

static int
count_months(const ClBehavior *history)
{
	ClBehaviorMonth row;
	int			count = 0;

	for (int32_t month = history->low; month <= cl_behavior_last(history); month++)
		count += cl_behavior_get(history, month, &row);
	return count;
}

static void
write_months(StringInfo buf, const ClBehavior *history, bool narrow)
{
	ClBehaviorMonth row;

	for (int32_t month = history->low; month <= cl_behavior_last(history); month++)
	{
		if (!cl_behavior_get(history, month, &row))
			continue;
		pq_sendbyte(buf, month - history->low);
		pq_sendbyte(buf, row.conflicts);
		pq_sendint16(buf, (uint16) row.days_past_due);
		for (int i = 0; i < CL_BEHAVIOR_AMOUNTS; i++)
		{
			if (!narrow)
				pq_sendint64(buf, row.amount[i]);
			else
				pq_sendint32(buf, row.amount[i] == CL_BEHAVIOR_UNKNOWN ? PG_INT32_MIN : (int32) row.amount[i]);
		}
	}
}

/* The next run of months before the window that begins at or after *from. */
static bool
next_run(const ClBehavior *history, int32_t *from, int32_t *to)
{
	while (*from < history->low && !cl_behavior_is_earlier(history, *from))
		(*from)++;
	for (*to = *from; cl_behavior_is_earlier(history, *to + 1);)
		(*to)++;
	return *from < history->low;
}

static void
write_earlier(StringInfo buf, const ClBehavior *history)
{
	int			at = buf->len;
	uint32		runs = 0;
	int32_t		to;

	pq_sendint32(buf, 0);
	for (int32_t from = cl_behavior_first(history); next_run(history, &from, &to); from = to + 1)
	{
		pq_sendint32(buf, from);
		pq_sendint32(buf, to);
		runs++;
	}
	runs = pg_hton32(runs);
	memcpy(buf->data + at, &runs, sizeof(runs));
}

static void
write_state(StringInfo buf, const void *state)
{
	const ClBehavior *history = state;
	bool		narrow = cl_behavior_fits_narrow(history);

	pq_sendbyte(buf, history->decimals);
	pq_sendbyte(buf, narrow ? 4 : 8);
	pq_sendint32(buf, history->low);
	pq_sendbyte(buf, count_months(history));
	write_months(buf, history, narrow);
	write_earlier(buf, history);
}

static int64
read_amount(StringInfo buf, int width)
{
	int64		amount = width == 8 ? pq_getmsgint64(buf) : (int32) pq_getmsgint(buf, 4);

	return width == 4 && amount == PG_INT32_MIN ? CL_BEHAVIOR_UNKNOWN : amount;
}

static void
read_month(StringInfo buf, int width, int decimals, ClBehaviorMonth *row)
{
	int			days;

	row->conflicts = pq_getmsgbyte(buf);
	days = (uint16) pq_getmsgint(buf, 2);
	row->days_past_due = days > CL_BEHAVIOR_DAYS ? CL_BEHAVIOR_NO_DAYS : days;
	if (row->conflicts >= CL_BEHAVIOR_DAYS_BIT * 2)
		cl_wire_invalid(TYPE_NAME, "set of contradicting columns is out of range");
	for (int i = 0; i < CL_BEHAVIOR_AMOUNTS; i++)
	{
		row->amount[i] = read_amount(buf, width);
		if (row->amount[i] != CL_BEHAVIOR_UNKNOWN &&
			(!cl_behavior_amount_valid(row->amount[i], decimals) || (i == CL_BEHAVIOR_LIMIT && row->amount[i] < 0)))
			cl_wire_invalid(TYPE_NAME, psprintf("%s is out of range", cl_behavior_columns[i]));
	}
}

static void
read_months(StringInfo buf, ClBehavior *history, const ClMemory *memory, int width)
{
	int32		first = (int32) pq_getmsgint(buf, 4);
	int			count = pq_getmsgbyte(buf);
	int			last_offset = -1;

	if (first < CL_BEHAVIOR_FIRST_MONTH || first > CL_BEHAVIOR_LAST_MONTH)
		cl_wire_invalid(TYPE_NAME, "first month is out of range");
	if (count < 1 || count > CL_BEHAVIOR_MONTHS || count * MONTH_BYTES > buf->len - buf->cursor)
		cl_wire_invalid(TYPE_NAME, psprintf("number of months %d is out of range", count));
	for (int i = 0; i < count; i++)
	{
		int			offset = pq_getmsgbyte(buf);
		ClBehaviorMonth row;

		if (offset <= last_offset || offset >= CL_BEHAVIOR_MONTHS || (i == 0 && offset != 0) ||
			first + offset > CL_BEHAVIOR_LAST_MONTH)
			cl_wire_invalid(TYPE_NAME, "months are out of range or out of order");
		read_month(buf, width, history->decimals, &row);
		(void) cl_behavior_put(history, memory, first + offset, &row);
		last_offset = offset;
	}
}

/* Both forms give runs of months before the window; NULL when this one is in order and was taken. */
static const char *
take_run(ClBehavior *history, const ClMemory *memory, int64 from, int64 to, int64 after)
{
	if (from <= after || to < from || from < CL_BEHAVIOR_FIRST_MONTH || to > CL_BEHAVIOR_LAST_MONTH)
		return "earlier months must be in order, and of the years 1 to 9999";
	for (int32_t month = (int32_t) from; month <= to; month++)
	{
		if (!cl_behavior_put_earlier(history, memory, month))
			return "earlier months must lie before the 36 months up to the latest, and within a century of it";
	}
	return NULL;
}

static void *
read_state(StringInfo buf)
{
	ClBehavior *history = create();
	ClMemory	memory = cl_behavior_memory(history);
	int			width;
	int			runs;
	int64		last = 0;

	history->decimals = (uint8) pq_getmsgbyte(buf);
	width = pq_getmsgbyte(buf);
	if (history->decimals > CL_BEHAVIOR_DECIMALS || (width != 4 && width != 8))
		cl_wire_invalid(TYPE_NAME, "number of decimals or of bytes of an amount is out of range");
	read_months(buf, history, &memory, width);
	runs = cl_wire_count(buf, TYPE_NAME, CL_BEHAVIOR_SPAN, RUN_BYTES);
	for (int i = 0; i < runs; i++)
	{
		int32		from = (int32) pq_getmsgint(buf, 4);
		int32		to = (int32) pq_getmsgint(buf, 4);
		const char *wrong = take_run(history, &memory, from, to, last);

		if (wrong != NULL)
			cl_wire_invalid(TYPE_NAME, wrong);
		last = to;
	}
	return history;
}

/*
 * JSON; a column that is not known is left out:
 *		{"version": 1, "decimals": 2, "months": [{"month": "2026-01", "credit_limit": 1000, "balance": 250.5, "payment": 50,
 *		 "due": 20, "days_past_due": 0}], "earlier": [["2021-03", "2022-12"]]}
 */
static const char *const json_keys[] = {"version", "decimals", "months", "earlier", NULL};
static const char *const month_keys[] = {"month", "credit_limit", "balance", "payment", "due", "days_past_due", NULL};

static void
print_month(StringInfo out, int32_t month, const ClBehaviorMonth *row, int decimals)
{
	appendStringInfo(out, "{\"month\": \"%s\"", cl_month_string(month));
	for (int i = 0; i < CL_BEHAVIOR_AMOUNTS; i++)
	{
		if (row->amount[i] == CL_BEHAVIOR_UNKNOWN)
			continue;
		appendStringInfo(out, ", \"%s\": ", cl_behavior_columns[i]);
		cl_json_put_decimal(out, row->amount[i], decimals);
	}
	if (row->days_past_due != CL_BEHAVIOR_NO_DAYS)
		appendStringInfo(out, ", \"days_past_due\": %d", row->days_past_due);
	appendStringInfoChar(out, '}');
}

static void
print(StringInfo out, const void *state)
{
	const ClBehavior *history = state;
	const char *separator = "";
	ClBehaviorMonth row;
	int32_t		to;

	appendStringInfo(out, "{\"version\": %d, \"decimals\": %d, \"months\": [", behavior_summary.version, history->decimals);
	for (int32_t month = history->low; month <= cl_behavior_last(history); month++)
	{
		if (!cl_behavior_get(history, month, &row))
			continue;
		appendStringInfoString(out, separator);
		print_month(out, month, &row, history->decimals);
		separator = ", ";
	}
	appendStringInfoChar(out, ']');
	separator = ", \"earlier\": [";
	for (int32_t from = cl_behavior_first(history); next_run(history, &from, &to); from = to + 1)
	{
		appendStringInfo(out, "%s[\"%s\", \"%s\"]", separator, cl_month_string(from), cl_month_string(to));
		separator = ", ";
	}
	appendStringInfoString(out, history->earlier != NULL ? "]}" : "}");
}

static void
parse_month(const ClJson *document, ClBehavior *history, const ClMemory *memory)
{
	ClBehaviorMonth row = {{CL_BEHAVIOR_UNKNOWN, CL_BEHAVIOR_UNKNOWN, CL_BEHAVIOR_UNKNOWN, CL_BEHAVIOR_UNKNOWN},
	CL_BEHAVIOR_NO_DAYS, 0};
	int64		largest = PG_INT64_MAX / (int64) cl_pow10_64[CL_BEHAVIOR_DECIMALS - history->decimals];
	int32_t		month;
	ClJson		node;

	cl_json_object(document, month_keys);
	cl_json_require(document, "month", &node);
	month = cl_month_parse(&node);
	if (history->n > 0 && (month <= cl_behavior_last(history) || month - history->low >= CL_BEHAVIOR_MONTHS))
		cl_json_error(&node, psprintf("after the month before it, and within %d months of the first", CL_BEHAVIOR_MONTHS));
	for (int i = 0; i < CL_BEHAVIOR_AMOUNTS; i++)
	{
		if (cl_json_get(document, cl_behavior_columns[i], &node))
			row.amount[i] = cl_json_decimal(&node, history->decimals, i == CL_BEHAVIOR_LIMIT ? 0 : -largest, largest);
	}
	if (cl_json_get(document, "days_past_due", &node))
		row.days_past_due = cl_json_int(&node, 0, CL_BEHAVIOR_DAYS);
	(void) cl_behavior_put(history, memory, month, &row);
}

static void
parse_earlier(const ClJson *document, ClBehavior *history, const ClMemory *memory)
{
	ClJson		runs;
	int			count;
	int32_t		last = 0;

	if (!cl_json_get(document, "earlier", &runs))
		return;
	count = cl_json_array(&runs, 0, CL_BEHAVIOR_SPAN);
	for (int i = 0; i < count; i++)
	{
		ClJson		run;
		ClJson		end[2];
		int32_t		month[2];
		const char *wrong;

		cl_json_item(&runs, i, &run);
		(void) cl_json_array(&run, 2, 2);
		for (int e = 0; e < 2; e++)
		{
			cl_json_item(&run, e, &end[e]);
			month[e] = cl_month_parse(&end[e]);
		}
		wrong = take_run(history, memory, month[0], month[1], last);
		if (wrong != NULL)
			cl_json_error_hint(&run, "first and last of a run of months before the window", psprintf("The %s.", wrong));
		last = month[1];
	}
}

static void *
parse(const ClJson *document)
{
	ClBehavior *history = create();
	ClMemory	memory = cl_behavior_memory(history);
	ClJson		node;
	ClJson		months;
	int			count;

	cl_json_object(document, json_keys);
	cl_json_require(document, "version", &node);
	(void) cl_json_int(&node, behavior_summary.version, behavior_summary.version);
	cl_json_require(document, "decimals", &node);
	history->decimals = (uint8) cl_json_int(&node, 0, CL_BEHAVIOR_DECIMALS);
	cl_json_require(document, "months", &months);
	count = cl_json_array(&months, 1, CL_BEHAVIOR_MONTHS);
	for (int i = 0; i < count; i++)
	{
		cl_json_item(&months, i, &node);
		parse_month(&node, history, &memory);
	}
	parse_earlier(document, history, &memory);
	return history;
}

const ClSummary behavior_summary = {
	.name = TYPE_NAME,
	.version = 1,
	.create = create,
	.merge = merge,
	.write = write_state,
	.read = read_state,
	.print = print,
	.parse = parse,
};

/*
 * forecast_state.c
 *	  The type demand_model: counts of changes, and the options they were counted by.
 */
#include "postgres.h"

#include "pg/cache.h"
#include "usage/behavior_state.h"
#include "usage/forecast_state.h"

#include "miscadmin.h"

#define TYPE_NAME "demand_model"
#define DEFAULT_ORIGINS 12

static const ClForecastOptions default_options = {0, 0, DEFAULT_ORIGINS, CL_FORECAST_ALL_HORIZONS, CL_DEMAND_TOLERANCE};

static void *
create(void)
{
	return palloc0_object(ClForecast);
}

/* The counts grow where the state lives. */
static ClMemory
memory_of(const ClForecast *forecast)
{
	ClMemory	memory = cl_memory_here();

	memory.context = GetMemoryChunkContext((void *) forecast);
	return memory;
}

/*
 * Options
 */

/* A date as a year, a month and a day in a string; its month. 0 where there is none. */
static int32_t
read_month(const ClJson *node, const char *key)
{
	ClJson		child;
	const char *text;
	int			year;
	int			month;
	int			day;
	char		rest;

	if (!cl_json_get(node, key, &child))
		return 0;
	text = cl_json_string(&child);
	if (sscanf(text, "%4d-%2d-%2d%c", &year, &month, &day, &rest) != 3 ||
		year < 1 || month < 1 || month > 12 || day < 1 || day > 31)
		cl_json_error(&child, "a date like \"2025-12-01\"");
	return year * 12 + month - 1;
}

static uint32
read_horizons(const ClJson *list)
{
	int			n = cl_json_array(list, 1, CL_FORECAST_HORIZONS);
	uint32		set = 0;

	for (int i = 0; i < n; i++)
	{
		ClJson		item;
		int			months;
		int			h = 0;

		cl_json_item(list, i, &item);
		months = cl_json_int(&item, 1, CL_FORECAST_LONGEST);
		while (h < CL_FORECAST_HORIZONS && cl_forecast_horizons[h] != months)
			h++;
		if (h == CL_FORECAST_HORIZONS || (set >> h) != 0)
			cl_json_error(&item, "one of 1, 3, 6 and 12, ascending");
		set |= 1u << h;
	}
	return set;
}

static void
read_options(const ClJson *node, ClForecastOptions *options)
{
	ClJson		child;

	*options = default_options;
	options->from = read_month(node, "from");
	options->until = read_month(node, "until");
	if (cl_json_get(node, "origins", &child))
		options->origins = cl_json_int(&child, 1, CL_BEHAVIOR_MONTHS);
	if (cl_json_get(node, "horizons", &child))
		options->horizons = read_horizons(&child);
	if (cl_json_get(node, "tolerance", &child))
		options->tolerance = cl_json_float8(&child, 0, 0.5);
	if (options->until != 0 && options->from >= options->until)
		cl_json_error_hint(node, "an object with from before until",
						   "The last month that is looked at has no month after it to learn from.");
}

static void *
call_options(FunctionCallInfo fcinfo pg_attribute_unused(), Jsonb *jsonb)
{
	static const char *const keys[] = {"from", "until", "origins", "horizons", "tolerance", NULL};
	ClForecastOptions *options = palloc_object(ClForecastOptions);
	ClJson		root;

	*options = default_options;
	if (jsonb == NULL)
		return options;
	cl_json_open(&root, "options", jsonb);
	cl_json_object(&root, keys);
	read_options(&root, options);
	return options;
}

static bool
same_options(const ClForecastOptions *a, const ClForecastOptions *b)
{
	return a->from == b->from && a->until == b->until && a->origins == b->origins && a->horizons == b->horizons &&
		a->tolerance == b->tolerance;
}

static void
take_options(ClForecast *forecast, const ClForecastOptions *options)
{
	if (forecast->has_options && !same_options(&forecast->options, options))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("options of a demand_model must be the same for all its histories"),
				 errdetail("Found origins %d and %d, tolerance %g and %g, or another from, until or horizons.",
						   forecast->options.origins, options->origins, forecast->options.tolerance, options->tolerance),
				 errhint("Learn every part with the same options.")));
	forecast->options = *options;
	forecast->has_options = true;
}

static void
merge(void *into, const void *from)
{
	ClForecast *forecast = into;
	const ClForecast *other = from;
	ClMemory	memory = memory_of(forecast);

	if (!other->has_options)
		return;
	take_options(forecast, &other->options);
	cl_forecast_merge(forecast, &memory, other);
}

/*
 * Bytes: int32 from, until, origins and horizons, float8 tolerance, int64 accounts, those left out, and checksum, int32 counts,
 * and each count: how much its key is above the one before, and the number, both in sevens of bits, the lowest first.
 */
static void
send_sevens(StringInfo buf, uint64 value)
{
	for (; value >= 128; value >>= 7)
		appendStringInfoCharMacro(buf, (char) ((value & 127) | 128));
	appendStringInfoCharMacro(buf, (char) value);
}

static uint64
read_sevens(StringInfo buf)
{
	uint64		value = 0;

	for (int shift = 0; shift < 63; shift += 7)
	{
		int			byte = buf->cursor < buf->len ? (uint8) buf->data[buf->cursor++] : pq_getmsgbyte(buf);

		value |= (uint64) (byte & 127) << shift;
		if (byte < 128)
		{
			if (byte == 0 && shift > 0)
				break;
			return value;
		}
	}
	cl_wire_invalid(TYPE_NAME, "number is not in its shortest form");
}

static void
write_state(StringInfo buf, const void *state)
{
	const ClForecast *forecast = state;
	ClMemory	memory = cl_memory_here();
	ClForecastCount *sorted = cl_forecast_sorted(forecast, &memory);
	uint64		previous = 0;

	pq_sendint32(buf, forecast->options.from);
	pq_sendint32(buf, forecast->options.until);
	pq_sendint32(buf, forecast->options.origins);
	pq_sendint32(buf, forecast->options.horizons);
	cl_wire_send_float8(buf, forecast->options.tolerance);
	pq_sendint64(buf, forecast->n_accounts);
	pq_sendint64(buf, forecast->n_skipped);
	pq_sendint64(buf, forecast->checksum);
	Assert(buf->len == VARHDRSZ + CL_FORECAST_HEAD);
	pq_sendint32(buf, forecast->n);
	for (uint32 i = 0; i < forecast->n; i++)
	{
		send_sevens(buf, sorted[i].key - previous);
		send_sevens(buf, sorted[i].n);
		previous = sorted[i].key;
	}
}

static const char *
options_disorder(const ClForecastOptions *options)
{
	if (options->from != 0 && (options->from < CL_BEHAVIOR_FIRST_MONTH || options->from > CL_BEHAVIOR_LAST_MONTH))
		return "first origin is out of range";
	if (options->until != 0 && (options->until < CL_BEHAVIOR_FIRST_MONTH || options->until > CL_BEHAVIOR_LAST_MONTH))
		return "last month is out of range";
	if (options->until != 0 && options->from >= options->until)
		return "first origin is not before the last month";
	if (options->origins < 1 || options->origins > CL_BEHAVIOR_MONTHS)
		return "number of origins is out of range";
	if (options->horizons < 1 || options->horizons > CL_FORECAST_ALL_HORIZONS)
		return "horizons are out of range";
	if (!(options->tolerance >= 0 && options->tolerance <= 0.5))
		return "tolerance is out of range";
	return NULL;
}

static void *
read_state(StringInfo buf)
{
	ClForecast *forecast = create();
	ClMemory	memory = memory_of(forecast);
	const char *wrong;
	uint64		checksum;
	uint64		key = 0;
	uint64		previous = CL_FORECAST_FREE;
	int			n;

	forecast->has_options = true;
	forecast->options.from = (int32) pq_getmsgint(buf, 4);
	forecast->options.until = (int32) pq_getmsgint(buf, 4);
	forecast->options.origins = (int32) pq_getmsgint(buf, 4);
	forecast->options.horizons = pq_getmsgint(buf, 4);
	forecast->options.tolerance = pq_getmsgfloat8(buf);
	wrong = options_disorder(&forecast->options);
	if (wrong != NULL)
		cl_wire_invalid(TYPE_NAME, wrong);
	forecast->options.tolerance += 0.0;
	forecast->n_accounts = cl_wire_int64(buf, TYPE_NAME, 0, CL_FORECAST_MOST, "number of accounts");
	forecast->n_skipped = cl_wire_int64(buf, TYPE_NAME, 0, CL_FORECAST_MOST, "number of histories left out");
	checksum = (uint64) pq_getmsgint64(buf);
	n = cl_wire_count(buf, TYPE_NAME, PG_INT32_MAX / 4, 2);
	cl_forecast_make_room(forecast, &memory, n);
	for (int i = 0; i < n; i++)
	{
		uint64		step = read_sevens(buf);
		uint64		count = read_sevens(buf);

		if (i > 0 && step == 0)
			cl_wire_invalid(TYPE_NAME, "counts are not in order");
		if (count < 1 || count > CL_FORECAST_MOST)
			cl_wire_invalid(TYPE_NAME, "count is out of range");
		key += step;
		if (step > UINT64_MAX >> 8 || !cl_forecast_key_valid(key, previous))
			cl_wire_invalid(TYPE_NAME, "key of a count is not known here");
		cl_forecast_append(forecast, key, (int64) count);
		previous = key;
		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
	}
	if (forecast->checksum != checksum)
		cl_wire_invalid(TYPE_NAME, "checksum is not that of the counts");
	return forecast;
}

/*
 * JSON: {"version": 1, "from": "2025-01-01", "until": "2025-12-01", "origins": 12, "horizons": [1, 3, 6, 12],
 * "tolerance": 0.02, "n_accounts": 2, "n_skipped": 0, "counts": [[key, n], ...]}, without from and until where there are none.
 */
static const char *const json_keys[] = {"version", "from", "until", "origins", "horizons", "tolerance", "n_accounts", "n_skipped",
"counts", NULL};

static void
put_month(StringInfo out, const char *key, int32_t month)
{
	if (month != 0)
		appendStringInfo(out, ", \"%s\": \"%s-01\"", key, cl_month_string(month));
}

static void
print(StringInfo out, const void *state)
{
	const ClForecast *forecast = state;
	ClMemory	memory = cl_memory_here();
	ClForecastCount *sorted = cl_forecast_sorted(forecast, &memory);

	appendStringInfoString(out, "{\"version\": 1");
	put_month(out, "from", forecast->options.from);
	put_month(out, "until", forecast->options.until);
	appendStringInfo(out, ", \"origins\": %d, \"horizons\": ", forecast->options.origins);
	for (int h = 0; h < CL_FORECAST_HORIZONS; h++)
	{
		if ((forecast->options.horizons >> h & 1) != 0)
			appendStringInfo(out, "%s%d", out->data[out->len - 1] == ' ' ? "[" : ", ", cl_forecast_horizons[h]);
	}
	appendStringInfoString(out, "], \"tolerance\": ");
	cl_json_put_float8(out, forecast->options.tolerance);
	appendStringInfo(out, ", \"n_accounts\": " INT64_FORMAT ", \"n_skipped\": " INT64_FORMAT ", \"counts\": [",
					 forecast->n_accounts, forecast->n_skipped);
	for (uint32 i = 0; i < forecast->n; i++)
		appendStringInfo(out, "%s[" UINT64_FORMAT ", " INT64_FORMAT "]", i > 0 ? ", " : "", sorted[i].key, sorted[i].n);
	appendStringInfoString(out, "]}");
}

static void *
parse(const ClJson *document)
{
	ClForecast *forecast = create();
	ClMemory	memory = memory_of(forecast);
	int64		previous = -1;
	ClJson		node;
	int			n;

	cl_json_object(document, json_keys);
	cl_json_require(document, "version", &node);
	(void) cl_json_int(&node, 1, 1);
	read_options(document, &forecast->options);
	forecast->has_options = true;
	cl_json_require(document, "n_accounts", &node);
	forecast->n_accounts = cl_json_decimal(&node, 0, 0, CL_FORECAST_MOST);
	cl_json_require(document, "n_skipped", &node);
	forecast->n_skipped = cl_json_decimal(&node, 0, 0, CL_FORECAST_MOST);
	cl_json_require(document, "counts", &node);
	n = cl_json_array(&node, 0, PG_INT32_MAX / 4);
	cl_forecast_make_room(forecast, &memory, n);
	for (int i = 0; i < n; i++)
	{
		ClJson		pair;
		ClJson		item;
		int64		key;

		cl_json_item(&node, i, &pair);
		(void) cl_json_array(&pair, 2, 2);
		cl_json_item(&pair, 0, &item);
		key = cl_json_decimal(&item, 0, 0, PG_INT64_MAX);
		if (key <= previous || !cl_forecast_key_valid(key, CL_FORECAST_FREE))
			cl_json_error(&item, "a key of a demand_model above the one before");
		cl_json_item(&pair, 1, &item);
		cl_forecast_append(forecast, key, cl_json_decimal(&item, 0, 1, CL_FORECAST_MOST));
		previous = key;
	}
	return forecast;
}

const ClSummary demand_model_summary = {
	.name = TYPE_NAME,
	.version = 1,
	.create = create,
	.merge = merge,
	.write = write_state,
	.transfer = write_state,
	.read = read_state,
	.print = print,
	.parse = parse,
};

/*
 * cl_demand_model_in, cl_demand_model_out, cl_demand_model_recv, cl_demand_model_send, cl_demand_model_serial,
 * cl_demand_model_deserial, cl_demand_model_combine, cl_demand_model_final, cl_demand_model_rollup
 */
CL_SUMMARY_FUNCTIONS(demand_model)

PG_FUNCTION_INFO_V1(cl_demand_model_transition);

/* The state, a history [, options]. */
Datum
cl_demand_model_transition(PG_FUNCTION_ARGS)
{
	MemoryContext context = cl_agg_context(fcinfo);
	const ClForecastOptions *options = &default_options;
	ClForecast *forecast;
	ClMemory	memory;

	if (PG_ARGISNULL(1))
		return cl_agg_unchanged(fcinfo);
	if (PG_NARGS() > 2)
	{
		if (PG_ARGISNULL(2))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("options of demand_model_agg must not be NULL"),
					 errdetail("Found NULL."),
					 errhint("Leave them out, or give '{}'.")));
		options = cl_call_options(fcinfo, 2, call_options);
	}
	forecast = cl_agg_state(fcinfo, create);
	take_options(forecast, options);
	memory = cl_memory_here();
	memory.context = context;
	cl_forecast_add(forecast, &memory, cl_summary_state(&behavior_summary, PG_GETARG_DATUM(1)));
	PG_RETURN_POINTER(forecast);
}

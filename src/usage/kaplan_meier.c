/*
 * kaplan_meier.c
 *	  The type kaplan_meier: amounts, known or censored, counted per value; the curve and its quantiles.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "core/kaplan_meier.h"
#include "pg/numeric.h"
#include "pg/record.h"
#include "pg/summary.h"
#include "pg/tally.h"

#include "miscadmin.h"

#define TYPE_NAME "kaplan_meier"

typedef struct KaplanMeier
{
	ClTally		tally;			/* known amounts are its events */
	int64		n_skipped;		/* rows with a NULL or NaN among their arguments */
} KaplanMeier;

static const ClTallyType tally_type = {TYPE_NAME, "amount", -DBL_MAX, DBL_MAX};

static void *
create(void)
{
	KaplanMeier *state = palloc0_object(KaplanMeier);
	ClMemory	memory = cl_memory_here();

	cl_tally_init(&state->tally, &memory, CL_TALLY_COUNTS);
	return state;
}

static void
merge(void *into, const void *from)
{
	KaplanMeier *state = into;
	const KaplanMeier *other = from;

	cl_tally_merge_checked(&state->tally, &other->tally, &tally_type);
	state->n_skipped = cl_skipped_sum(state->n_skipped, other->n_skipped);
}

/* Bytes: int64 n_skipped, then the tally (pg/tally.c). Settling it changes how counts are kept, not what they are. */
static void
write_state(StringInfo buf, const void *data)
{
	const KaplanMeier *state = data;

	pq_sendint64(buf, state->n_skipped);
	cl_tally_send(buf, &tally_type, unconstify(ClTally *, &state->tally));
}

static void
transfer(StringInfo buf, const void *data)
{
	const KaplanMeier *state = data;

	pq_sendint64(buf, state->n_skipped);
	cl_tally_transfer(buf, &tally_type, unconstify(ClTally *, &state->tally));
}

static const char *
disorder(const KaplanMeier *state)
{
	return state->tally.kind == CL_TALLY_COUNTS || cl_tally_is_empty(&state->tally) ? NULL : "amounts are weighted";
}

static void *
read_state(StringInfo buf)
{
	KaplanMeier *state = create();
	const char *wrong;

	state->n_skipped = cl_wire_int64(buf, TYPE_NAME, 0, PG_INT64_MAX, "number of rows left out");
	cl_tally_receive(buf, &tally_type, &state->tally);
	wrong = disorder(state);
	if (wrong != NULL)
		cl_wire_invalid(TYPE_NAME, wrong);
	return state;
}

/* JSON: {"version": 1, "n_skipped": 0, "amounts": [[6, 1, 3], [7, 0, 1]]}: an amount, how often censored, how often known. */
static const char *const json_keys[] = {"version", "n_skipped", "amounts", NULL};

static void
print(StringInfo out, const void *data)
{
	const KaplanMeier *state = data;

	appendStringInfo(out, "{\"version\": 1, \"n_skipped\": " INT64_FORMAT ", \"amounts\": ", state->n_skipped);
	cl_tally_print(out, unconstify(ClTally *, &state->tally));
	appendStringInfoChar(out, '}');
}

static void *
parse(const ClJson *document)
{
	KaplanMeier *state = create();
	ClJson		node;

	cl_json_object(document, json_keys);
	cl_json_require(document, "version", &node);
	(void) cl_json_int(&node, 1, 1);
	cl_json_require(document, "n_skipped", &node);
	state->n_skipped = cl_json_decimal(&node, 0, 0, PG_INT64_MAX);
	cl_json_require(document, "amounts", &node);
	cl_tally_parse(&node, &tally_type, &state->tally);
	if (disorder(state) != NULL)
		cl_json_error(&node, "an array of [amount, censored, known]");
	return state;
}

static const ClSummary kaplan_meier_summary = {
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

/*
 * cl_kaplan_meier_in, cl_kaplan_meier_out, cl_kaplan_meier_recv, cl_kaplan_meier_send, cl_kaplan_meier_serial,
 * cl_kaplan_meier_deserial, cl_kaplan_meier_combine, cl_kaplan_meier_final, cl_kaplan_meier_rollup
 */
CL_SUMMARY_FUNCTIONS(kaplan_meier)

PG_FUNCTION_INFO_V1(cl_kaplan_meier_numeric_transition);
PG_FUNCTION_INFO_V1(cl_kaplan_meier_float8_transition);
PG_FUNCTION_INFO_V1(cl_kaplan_meier_table);
PG_FUNCTION_INFO_V1(cl_kaplan_meier_quantile);

static Datum
add_row(FunctionCallInfo fcinfo, double amount)
{
	KaplanMeier *state = cl_agg_state(fcinfo, create);

	if (isinf(amount))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("amount must be finite"),
				 errdetail("Found %s.", amount > 0 ? "Infinity" : "-Infinity"),
				 errhint("Use NULL for an amount that is not known.")));
	if (isnan(amount) || PG_ARGISNULL(2))
		state->n_skipped++;
	else
		cl_tally_add(&state->tally, amount, !PG_GETARG_BOOL(2));
	PG_RETURN_POINTER(state);
}

Datum
cl_kaplan_meier_numeric_transition(PG_FUNCTION_ARGS)
{
	return add_row(fcinfo, PG_ARGISNULL(1) ? NAN : cl_numeric_float8_saturated(PG_GETARG_DATUM(1)));
}

Datum
cl_kaplan_meier_float8_transition(PG_FUNCTION_ARGS)
{
	return add_row(fcinfo, PG_ARGISNULL(1) ? NAN : PG_GETARG_FLOAT8(1));
}

/* The tally inside an argument, settled, which changes how it is kept only. */
static ClTally *
settled_tally(Datum value)
{
	KaplanMeier *state = cl_summary_state(&kaplan_meier_summary, value);

	cl_tally_settle(&state->tally);
	return &state->tally;
}

Datum
cl_kaplan_meier_table(PG_FUNCTION_ARGS)
{
	ClRecord	record;
	ClKaplanMeierScan scan;
	ClKaplanMeierStep step;

	cl_record_open_set(&record, fcinfo);
	cl_kaplan_meier_scan(settled_tally(PG_GETARG_DATUM(0)), &scan);
	while (cl_kaplan_meier_next(&scan, &step))
	{
		CHECK_FOR_INTERRUPTS();
		cl_record_put_float8(&record, step.value);
		cl_record_put_int64(&record, step.n_risk);
		cl_record_put_int64(&record, step.n_event);
		cl_record_put_int64(&record, step.n_censored);
		cl_record_put_float8(&record, step.survival);
		cl_record_put_float8(&record, step.std_error);
		cl_record_next(&record);
	}
	PG_RETURN_NULL();
}

Datum
cl_kaplan_meier_quantile(PG_FUNCTION_ARGS)
{
	double		p = PG_GETARG_FLOAT8(1);
	double		quantile;

	if (!(p >= 0 && p <= 1))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("quantile must be between 0 and 1"),
				 errdetail("Found %g.", p),
				 errhint("The median is 0.5.")));
	quantile = cl_survival_quantile(settled_tally(PG_GETARG_DATUM(0)), p);
	if (isnan(quantile))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(quantile);
}

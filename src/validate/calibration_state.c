/*
 * calibration_state.c
 *	  The state behind the type calibration, its three forms (bytes, JSON, memory), and the aggregates that build it.
 */
#include "postgres.h"

#include "validate/calibration.h"

const ClTallyType cl_calibration_tally_type = {"calibration", "PD", 0, 1};

static const ClPdOption no_options[] = {{NULL, false}};
static const ClPdOption hosmer_lemeshow_options[] = {{"number of groups", false}, {"fitted", true}, {NULL, false}};

static void
merge(void *into, const void *from)
{
	cl_pd_tally_merge(into, from, &cl_calibration_tally_type, no_options);
}

static void
write_state(StringInfo buf, const void *state)
{
	cl_pd_tally_write(buf, state, &cl_calibration_tally_type);
}

static void
transfer(StringInfo buf, const void *state)
{
	cl_pd_tally_transfer(buf, state, &cl_calibration_tally_type);
}

static void *
read_state(StringInfo buf)
{
	ClPdTally  *state = cl_pd_tally_read(buf, &cl_calibration_tally_type);

	if (state->has_options)
		cl_wire_invalid("calibration", "value has options, which only a running aggregate has");
	return state;
}

/*
 * JSON:
 *		{"version": 1, "n_skipped": 0, "values": [[0.01, 250, 2], [0.07, 90, 9]]}
 * with a row of values as pg/tally_json.c has it: PD, non-events, events [, weights of both, two zeros].
 */
static const char *const json_keys[] = {"version", "n_skipped", "values", NULL};

static void
print(StringInfo out, const void *data)
{
	const ClPdTally *state = data;

	cl_pd_tally_require_weight(state, &cl_calibration_tally_type);
	appendStringInfo(out, "{\"version\": %d, \"n_skipped\": " INT64_FORMAT ", \"values\": ", calibration_summary.version,
					 state->n_skipped);
	cl_tally_print(out, &unconstify(ClPdTally *, state)->tally);
	appendStringInfoChar(out, '}');
}

static void *
parse(const ClJson *document)
{
	ClPdTally  *state = cl_pd_tally_create();
	ClJson		node;

	cl_json_object(document, json_keys);
	cl_json_require(document, "version", &node);
	(void) cl_json_int(&node, calibration_summary.version, calibration_summary.version);
	if (cl_json_get(document, "n_skipped", &node))
		state->n_skipped = cl_json_decimal(&node, 0, 0, PG_INT64_MAX);
	cl_json_require(document, "values", &node);
	cl_tally_parse(&node, &cl_calibration_tally_type, &state->tally);
	cl_pd_tally_require_weight(state, &cl_calibration_tally_type);
	return state;
}

const ClSummary calibration_summary = {
	.name = "calibration",
	.version = 1,
	.create = cl_pd_tally_create,
	.merge = merge,
	.write = write_state,
	.transfer = transfer,
	.read = read_state,
	.print = print,
	.parse = parse,
};

/*
 * cl_calibration_in, cl_calibration_out, cl_calibration_recv, cl_calibration_send, cl_calibration_serial,
 * cl_calibration_deserial, cl_calibration_combine, cl_calibration_final, cl_calibration_rollup
 */
CL_SUMMARY_FUNCTIONS(calibration)

/*
 * calibration_agg
 */

static pg_attribute_always_inline Datum
add_row(FunctionCallInfo fcinfo, bool numeric)
{
	ClPdTally  *state = cl_pd_tally_state(fcinfo, PG_NARGS() > 3);
	ClPdRow		row;

	if (likely(cl_pd_row(fcinfo, numeric, 3, &row)))
	{
		(void) cl_pd_checked(row.pd, "PD");
		cl_pd_tally_add(state, &row);
	}
	else
		state->n_skipped++;
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(cl_calibration_float8_transition);
Datum
cl_calibration_float8_transition(PG_FUNCTION_ARGS)
{
	return add_row(fcinfo, false);
}

PG_FUNCTION_INFO_V1(cl_calibration_numeric_transition);
Datum
cl_calibration_numeric_transition(PG_FUNCTION_ARGS)
{
	return add_row(fcinfo, true);
}

/*
 * hosmer_lemeshow as an aggregate: the same state, with its two options
 */

static void
hosmer_lemeshow_merge(void *into, const void *from)
{
	cl_pd_tally_merge(into, from, &cl_calibration_tally_type, hosmer_lemeshow_options);
}

static void *
hosmer_lemeshow_read(StringInfo buf)
{
	return cl_pd_tally_read(buf, &cl_calibration_tally_type);
}

/* Between workers only. */
static const ClSummary hosmer_lemeshow_summary = {
	.name = "hosmer_lemeshow",
	.version = 1,
	.create = cl_pd_tally_create,
	.merge = hosmer_lemeshow_merge,
	.write = transfer,
	.read = hosmer_lemeshow_read,
};

/* cl_hosmer_lemeshow_combine, cl_hosmer_lemeshow_serial, cl_hosmer_lemeshow_deserial */
CL_SUMMARY_FUNCTION(hosmer_lemeshow, combine)
CL_SUMMARY_FUNCTION(hosmer_lemeshow, serial)
CL_SUMMARY_FUNCTION(hosmer_lemeshow, deserial)

static pg_attribute_always_inline Datum
add_hosmer_lemeshow(FunctionCallInfo fcinfo, bool numeric)
{
	ClPdTally  *state;
	ClPdRow		row;
	double		option[CL_PD_OPTIONS];

	if (PG_ARGISNULL(3) || PG_ARGISNULL(4) || !cl_pd_row(fcinfo, numeric, 5, &row))
		return cl_agg_unchanged(fcinfo);
	state = cl_pd_tally_state(fcinfo, false);
	option[0] = cl_groups_checked(PG_GETARG_INT32(3));
	option[1] = PG_GETARG_BOOL(4);
	if (unlikely(!state->has_options || option[0] != state->option[0] || option[1] != state->option[1]))
		cl_pd_tally_options(state, option, hosmer_lemeshow_options);
	(void) cl_pd_checked(row.pd, "PD");
	cl_pd_tally_add(state, &row);
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(cl_hosmer_lemeshow_float8_transition);
Datum
cl_hosmer_lemeshow_float8_transition(PG_FUNCTION_ARGS)
{
	return add_hosmer_lemeshow(fcinfo, false);
}

PG_FUNCTION_INFO_V1(cl_hosmer_lemeshow_numeric_transition);
Datum
cl_hosmer_lemeshow_numeric_transition(PG_FUNCTION_ARGS)
{
	return add_hosmer_lemeshow(fcinfo, true);
}

/*
 * What the readers share
 */

bool
cl_calibration_argument(FunctionCallInfo fcinfo, ClPdTally **state)
{
	*state = cl_summary_state(&calibration_summary, PG_GETARG_DATUM(0));
	return cl_pd_tally_settled(*state);
}

int
cl_groups_checked(int groups)
{
	if (groups < 1 || groups > CL_MOST_GROUPS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("number of groups must be between 1 and %d", CL_MOST_GROUPS),
				 errdetail("Found %d.", groups),
				 errhint("Ten is usual; NULL, where it is allowed, makes a group of every distinct PD.")));
	return groups;
}

int
cl_groups_argument(FunctionCallInfo fcinfo, int argno)
{
	return PG_ARGISNULL(argno) ? CL_EVERY_PD : cl_groups_checked(PG_GETARG_INT32(argno));
}

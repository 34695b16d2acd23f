/*
 * ccf.c
 *	  The type ccf: realised conversion factors of defaulted facilities, in sums that merge.
 */
#include "postgres.h"

#include <math.h>

#include "core/ccf.h"
#include "pg/cache.h"
#include "pg/confidence.h"
#include "pg/exact_sum.h"
#include "pg/numeric.h"
#include "pg/record.h"
#include "pg/summary.h"

#define TYPE_NAME "ccf"
#define VERSION 1

/* Facilities of one value; sums of all stay inside 64 bits. */
#define MOST_FACILITIES (INT64CONST(1) << 50)
/* Without options: a ratio needs a twentieth of the limit below it. */
#define UNSTABLE 0.05

typedef struct Ccf
{
	double		unstable;		/* share of the limit at which a ratio is not formed; NaN before the first row */
	int64		n;				/* facilities */
	int64		n_skipped;		/* rows with something missing */
	ClCcfMoments moments[CL_CONVERSIONS];
} Ccf;

static const char *const measure_names[] = {"leq", "cf", "eadf", "auf"};

PG_FUNCTION_INFO_V1(cl_ccf_numeric_transition);
PG_FUNCTION_INFO_V1(cl_ccf_float8_transition);
PG_FUNCTION_INFO_V1(cl_ccf_table);
PG_FUNCTION_INFO_V1(cl_realised_ccf_of);

/*
 * State
 */

static void *
create(void)
{
	Ccf		   *state = palloc0_object(Ccf);

	state->unstable = NAN;
	return state;
}

static void
set_unstable(Ccf *state, double unstable)
{
	if (isnan(state->unstable))
		state->unstable = unstable;
	else if (state->unstable != unstable)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("facilities of one %s must have the same option \"unstable\"", TYPE_NAME),
				 errdetail("Found %g and %g.", state->unstable, unstable),
				 errhint("Build all parts with the same options.")));
}

static void
too_many(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("too many facilities in a %s", TYPE_NAME),
			 errdetail("Together the summaries count more than " INT64_FORMAT ".", MOST_FACILITIES),
			 errhint("Look for a summary that was not built by ccf_agg.")));
}

static void
merge(void *into, const void *from)
{
	Ccf		   *state = into;
	const Ccf  *other = from;

	set_unstable(state, other->unstable);
	if (state->n > MOST_FACILITIES - other->n)
		too_many();
	state->n += other->n;
	state->n_skipped = cl_skipped_sum(state->n_skipped, other->n_skipped);
	for (int i = 0; i < CL_CONVERSIONS; i++)
		cl_ccf_merge(&state->moments[i], &other->moments[i]);
}

/* Rounding of what is compared, generously: a part of it, and what a row may lose where squares leave double precision. */
#define CLOSE 1e-9
#define LOST 1e-320

/* By Cauchy and Schwarz: no n numbers of that sum have smaller squares. */
static bool
are_possible(double sum, double squares, double n)
{
	return squares >= 0 && sum * sum <= n * (squares * (1 + CLOSE) + n * LOST);
}

/* What contradicts itself in a state from outside, or NULL. */
static const char *
disorder(const Ccf *state)
{
	if (!(state->unstable >= 0 && state->unstable < 1))
		return "share of the limit is out of range";
	if (state->n < 0 || state->n > MOST_FACILITIES)
		return "number of facilities is out of range";
	for (int i = 0; i < CL_CONVERSIONS; i++)
	{
		const ClCcfMoments *m = &state->moments[i];
		double		n = (double) m->n;
		double		sum[CL_CCF_SUMS];

		if (m->n < 0 || m->n > state->n)
			return "number of ratios is out of range";
		for (int k = 0; k < CL_CCF_SUMS; k++)
		{
			sum[k] = m->sum[k].high;
			if (!(fabs(sum[k]) <= 1e220) || (m->n == 0 && sum[k] != 0))
				return "sums are out of range";
		}
		if (m->n == 0)
			continue;
		if (!(sum[CL_CCF_BELOW] > 0) ||
			!are_possible(sum[CL_CCF_RATIO], sum[CL_CCF_RATIO_SQUARE], n) ||
			!are_possible(sum[CL_CCF_ABOVE], sum[CL_CCF_ABOVE_SQUARE], n) ||
			!are_possible(sum[CL_CCF_BELOW], sum[CL_CCF_BELOW_SQUARE], n))
			return "sums contradict each other";
	}
	return NULL;
}

/*
 * Bytes:
 *		float8	unstable
 *		int64	n, n_skipped
 *		for leq, cf, eadf, auf: int64 n, and seven exact sums (pg/exact_sum.h) in the order of the enum in core/ccf.h
 */
static void
write_state(StringInfo buf, const void *data)
{
	const Ccf  *state = data;

	cl_wire_send_float8(buf, state->unstable);
	pq_sendint64(buf, state->n);
	pq_sendint64(buf, state->n_skipped);
	for (int i = 0; i < CL_CONVERSIONS; i++)
	{
		pq_sendint64(buf, state->moments[i].n);
		for (int k = 0; k < CL_CCF_SUMS; k++)
			cl_exact_sum_send(buf, &state->moments[i].sum[k]);
	}
}

static void *
read_state(StringInfo buf)
{
	Ccf		   *state = create();
	const char *wrong;

	state->unstable = pq_getmsgfloat8(buf);
	state->n = pq_getmsgint64(buf);
	state->n_skipped = cl_wire_int64(buf, TYPE_NAME, 0, PG_INT64_MAX, "number of rows left out");
	for (int i = 0; i < CL_CONVERSIONS; i++)
	{
		state->moments[i].n = pq_getmsgint64(buf);
		for (int k = 0; k < CL_CCF_SUMS; k++)
			state->moments[i].sum[k] = cl_exact_sum_receive(buf, TYPE_NAME, "sum");
	}
	wrong = disorder(state);
	if (wrong != NULL)
		cl_wire_invalid(TYPE_NAME, wrong);
	return state;
}

/*
 * JSON:
 *		{"version": 1, "unstable": 0.05, "n": 3, "n_skipped": 0,
 *		 "leq": {"n": 2, "ratio": 1.2, "ratio_square": 0.8, "above": 900, "below": 1500, "above_square": ..., "product": ...,
 *				 "below_square": ...},
 *		 "cf": {"n": 0}, "eadf": {...}, "auf": {...}}
 */
static const char *const json_keys[] = {"version", "unstable", "n", "n_skipped", "leq", "cf", "eadf", "auf", NULL};
static const char *const moment_keys[] = {"n", "ratio", "ratio_square", "above", "below", "above_square", "product",
	"below_square", NULL};

static void
print(StringInfo out, const void *data)
{
	const Ccf  *state = data;

	appendStringInfo(out, "{\"version\": %d, \"unstable\": ", VERSION);
	cl_json_put_float8(out, state->unstable + 0.0);
	appendStringInfo(out, ", \"n\": " INT64_FORMAT ", \"n_skipped\": " INT64_FORMAT, state->n, state->n_skipped);
	for (int i = 0; i < CL_CONVERSIONS; i++)
	{
		appendStringInfo(out, ", \"%s\": {\"n\": " INT64_FORMAT, measure_names[i], state->moments[i].n);
		for (int k = 0; k < CL_CCF_SUMS && state->moments[i].n > 0; k++)
		{
			appendStringInfo(out, ", \"%s\": ", moment_keys[k + 1]);
			cl_exact_sum_print(out, &state->moments[i].sum[k]);
		}
		appendStringInfoChar(out, '}');
	}
	appendStringInfoChar(out, '}');
}

static int64
parse_count(const ClJson *object, const char *key)
{
	ClJson		node;

	cl_json_require(object, key, &node);
	return cl_json_decimal(&node, 0, 0, PG_INT64_MAX);
}

static void *
parse(const ClJson *document)
{
	Ccf		   *state = create();
	const char *wrong;
	ClJson		node;
	ClJson		sum;

	cl_json_object(document, json_keys);
	cl_json_require(document, "version", &node);
	(void) cl_json_int(&node, VERSION, VERSION);
	cl_json_require(document, "unstable", &node);
	state->unstable = cl_json_float8(&node, 0, 1);
	state->n = parse_count(document, "n");
	state->n_skipped = parse_count(document, "n_skipped");
	for (int i = 0; i < CL_CONVERSIONS; i++)
	{
		cl_json_require(document, measure_names[i], &node);
		cl_json_object(&node, moment_keys);
		state->moments[i].n = parse_count(&node, "n");
		for (int k = 0; k < CL_CCF_SUMS && state->moments[i].n > 0; k++)
		{
			cl_json_require(&node, moment_keys[k + 1], &sum);
			state->moments[i].sum[k] = cl_exact_sum_parse(&sum, -1e300, 1e300);
		}
	}
	wrong = disorder(state);
	if (wrong != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid %s: it contradicts itself", TYPE_NAME),
				 errdetail("The %s.", wrong),
				 errhint("Build the value with ccf_agg.")));
	return state;
}

static const ClSummary ccf_summary = {
	.name = TYPE_NAME,
	.version = VERSION,
	.create = create,
	.merge = merge,
	.write = write_state,
	.read = read_state,
	.print = print,
	.parse = parse,
};

/*
 * cl_ccf_in, cl_ccf_out, cl_ccf_recv, cl_ccf_send, cl_ccf_serial, cl_ccf_deserial, cl_ccf_combine, cl_ccf_final, cl_ccf_rollup
 */
CL_SUMMARY_FUNCTIONS(ccf)

/*
 * Rows
 *
 * Arguments of the transitions: state, balance, credit_limit, ead [, options].
 */

static void *
read_options(FunctionCallInfo fcinfo, Jsonb *jsonb)
{
	static const char *const keys[] = {"unstable", NULL};
	double	   *unstable = palloc_object(double);
	ClJson		root;
	ClJson		node;

	(void) fcinfo;
	*unstable = UNSTABLE;
	cl_json_open(&root, "options of ccf_agg", jsonb);
	cl_json_object(&root, keys);
	if (cl_json_get(&root, "unstable", &node))
	{
		*unstable = cl_json_float8(&node, 0, 1);
		if (*unstable == 1)
			cl_json_error(&node, "below 1");
	}
	return unstable;
}

static double
check_amount(double amount, const char *what)
{
	if (fabs(amount) > CL_CCF_LARGEST)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s is out of range", what),
				 errdetail("Found %g; it must be finite and at most %g.", amount, CL_CCF_LARGEST),
				 errhint("Use NULL for an amount that is not known.")));
	return amount;
}

/* A facility's three amounts, a credit balance being nothing drawn; false where one is not known, or there was no limit. */
static bool
check_facility(double *balance, double *limit, double *ead)
{
	if (isnan(*balance) || isnan(*limit) || isnan(*ead) || *limit == 0)
		return false;
	*balance = Max(0, check_amount(*balance, "balance"));
	*ead = Max(0, check_amount(*ead, "exposure at default"));
	if (check_amount(*limit, "credit limit") < 0)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("credit limit must not be negative"),
				 errdetail("Found %g.", *limit),
				 errhint("A facility without a limit has 0 or NULL, and is left out.")));
	return true;
}

static Datum
add_facility(FunctionCallInfo fcinfo, double balance, double limit, double ead)
{
	Ccf		   *state = cl_agg_state(fcinfo, create);
	double		unstable = UNSTABLE;
	ClRealisedCcf ccf;

	if (PG_NARGS() > 4)
	{
		if (PG_ARGISNULL(4))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("options of ccf_agg must not be NULL"),
					 errdetail("Found NULL."),
					 errhint("Without options there is ccf_agg(balance, credit_limit, ead).")));
		unstable = *(const double *) cl_call_options(fcinfo, 4, read_options);
	}
	set_unstable(state, unstable);
	if (!check_facility(&balance, &limit, &ead))
	{
		state->n_skipped++;
		PG_RETURN_POINTER(state);
	}
	state->n++;
	ccf = cl_realised_ccf(balance, limit, ead, unstable);
	for (int i = 0; i < CL_CONVERSIONS; i++)
	{
		if (!isnan(ccf.below[i]))
			cl_ccf_add(&state->moments[i], ccf.above[i], ccf.below[i]);
	}
	PG_RETURN_POINTER(state);
}

Datum
cl_ccf_numeric_transition(PG_FUNCTION_ARGS)
{
	double		amount[3];

	for (int i = 0; i < 3; i++)
		amount[i] = PG_ARGISNULL(i + 1) ? NAN : cl_numeric_float8_saturated(PG_GETARG_DATUM(i + 1));
	return add_facility(fcinfo, amount[0], amount[1], amount[2]);
}

Datum
cl_ccf_float8_transition(PG_FUNCTION_ARGS)
{
	double		amount[3];

	for (int i = 0; i < 3; i++)
		amount[i] = PG_ARGISNULL(i + 1) ? NAN : PG_GETARG_FLOAT8(i + 1);
	return add_facility(fcinfo, amount[0], amount[1], amount[2]);
}

/*
 * Answers
 */

static void
put_estimate(ClRecord *record, ClCcfEstimate estimate, double reach)
{
	cl_record_put_float8(record, estimate.value);
	cl_record_put_float8(record, estimate.value - reach * estimate.error);
	cl_record_put_float8(record, estimate.value + reach * estimate.error);
}

/* ccf, confidence */
Datum
cl_ccf_table(PG_FUNCTION_ARGS)
{
	ClRecord	record;
	const Ccf  *state;
	double		reach;

	cl_record_open_set(&record, fcinfo);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	reach = cl_confidence_reach(PG_GETARG_FLOAT8(1));
	state = cl_summary_state(&ccf_summary, PG_GETARG_DATUM(0));
	for (int i = 0; i < CL_CONVERSIONS; i++)
	{
		const ClCcfMoments *m = &state->moments[i];

		cl_record_put_text(&record, measure_names[i]);
		cl_record_put_int64(&record, m->n);
		cl_record_put_int64(&record, state->n - m->n);
		cl_record_put_int64(&record, state->n_skipped);
		put_estimate(&record, cl_ccf_facility_weighted(m), reach);
		put_estimate(&record, cl_ccf_exposure_weighted(m), reach);
		cl_record_next(&record);
	}
	PG_RETURN_NULL();
}

/* balance, credit_limit, ead, unstable */
Datum
cl_realised_ccf_of(PG_FUNCTION_ARGS)
{
	double		amount[3];
	double		unstable = PG_GETARG_FLOAT8(3);
	bool		known;
	ClRealisedCcf ccf;
	ClRecord	record;

	if (!(unstable >= 0 && unstable < 1))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("unstable must be at least 0 and below 1"),
				 errdetail("Found %g.", unstable),
				 errhint("It is a share of the limit: 0.05 is 5 %%.")));
	for (int i = 0; i < 3; i++)
		amount[i] = cl_numeric_float8_saturated(PG_GETARG_DATUM(i));
	known = check_facility(&amount[0], &amount[1], &amount[2]);
	ccf = cl_realised_ccf(amount[0], amount[1], amount[2], unstable);
	cl_record_open(&record, fcinfo);
	for (int i = 0; i < CL_CONVERSIONS; i++)
		cl_record_put_float8(&record, known ? ccf.above[i] / ccf.below[i] : NAN);
	PG_RETURN_DATUM(cl_record_datum(&record));
}

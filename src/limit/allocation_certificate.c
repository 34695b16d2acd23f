/*
 * allocation_certificate.c
 *	  A certificate as JSON:
 *
 *		{"version": 1, "kind": "rows", "method": "cutting planes", "response": "none", "status": "binding",
 *		 "budgets": [{"name": "exposure", "amount": 1000, "price": 0.031, "used": 990, "slackness": 0.31}],
 *		 "n": 3, "rows": 9, "value": 120.5, "bound": 120.81, "gap": 0.31, "digest": null, "passes": 4, "read": "once"}
 *
 * Of kind float it may have scenarios (certificate_scenarios.c).
 */
#include "postgres.h"

#include "pg/numeric.h"
#include "pg/record.h"
#include "limit/allocation_certificate.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

PG_FUNCTION_INFO_V1(cl_certificate_table);
PG_FUNCTION_INFO_V1(cl_certificate_summary);
PG_FUNCTION_INFO_V1(cl_certificate_repaired);

#define VERSION 1
#define MOST_PASSES 1000000

/* Digits of a number before the point, and decimals. */
#define MOST_DIGITS 60
#define MOST_DECIMALS 100

const char *const cl_allocation_kinds[] = {"rows", "float", NULL};
const char *const cl_allocation_statuses[] = {"binding", "slack", "infeasible", "empty", "ties", "not_converged", NULL};
static const char *const readings[] = {"each pass", "once", NULL};
static const char *const responses[] = {"none", NULL};

/*
 * Arithmetic
 */

static int
compare(Numeric a, Numeric b)
{
	return DatumGetInt32(DirectFunctionCall2(numeric_cmp, NumericGetDatum(a), NumericGetDatum(b)));
}

static Numeric
from_text(const char *text)
{
	return DatumGetNumeric(DirectFunctionCall3(numeric_in, CStringGetDatum(text), ObjectIdGetDatum(InvalidOid),
											   Int32GetDatum(-1)));
}

static int
sign(Numeric value)
{
	return compare(value, from_text("0"));
}

static Numeric
minus(Numeric a, Numeric b)
{
	return DatumGetNumeric(DirectFunctionCall2(numeric_sub, NumericGetDatum(a), NumericGetDatum(b)));
}

Numeric
cl_certificate_slackness(const ClCertifiedBudget *budget)
{
	return DatumGetNumeric(DirectFunctionCall2(numeric_mul, NumericGetDatum(budget->price),
											   NumericGetDatum(minus(budget->amount, budget->used))));
}

Numeric
cl_certificate_gap(const ClAllocationCertificate *certificate)
{
	return minus(certificate->bound, certificate->value);
}

/*
 * Reading
 */

/* In one form, without zeros at the end; NULL when it is not there. */
static Numeric
read_number(const ClJson *object, const char *key, ClJson *node)
{
	ClNumericView view;
	Datum		number;

	if (!cl_json_get(object, key, node))
		return NULL;
	number = DirectFunctionCall1(numeric_trim_scale, NumericGetDatum(cl_json_numeric(node)));
	cl_numeric_open(number, &view);
	if (view.weight >= MOST_DIGITS / CL_NUMERIC_DEC_DIGITS || view.dscale > MOST_DECIMALS)
		cl_json_error(node, psprintf("a number below 1e%d with at most %d decimals", MOST_DIGITS, MOST_DECIMALS));
	return DatumGetNumeric(number);
}

static Numeric
read_not_negative(const ClJson *object, const char *key)
{
	ClJson		node;
	Numeric		number = read_number(object, key, &node);

	if (number != NULL && sign(number) < 0)
		cl_json_error(&node, "a number that is not negative");
	return number;
}

static Numeric
require_number(const ClJson *object, const char *key)
{
	ClJson		node;

	cl_json_require(object, key, &node);
	return read_number(object, key, &node);
}

/* What follows from the others may be left out, or is the same. */
static void
require_same(const ClJson *object, const char *key, Numeric expected, const char *of)
{
	ClJson		node;
	Numeric		found = read_number(object, key, &node);

	if (found != NULL && compare(found, expected) != 0)
		cl_json_error(&node, psprintf("%s, which is %s", of, cl_numeric_string(NumericGetDatum(expected))));
}

static void
forbid(const ClJson *object, const char *key, const char *reason)
{
	ClJson		node;

	if (cl_json_get(object, key, &node))
		cl_json_error(&node, reason);
}

static bool
is_priced(const ClAllocationCertificate *certificate)
{
	return certificate->status != CL_ALLOCATION_INFEASIBLE && certificate->status != CL_ALLOCATION_EMPTY;
}

#define WITHOUT_BOUND "left out: a certificate that is infeasible or empty has no bound"

static void
read_interval(const ClJson *object, ClCertifiedBudget *budget)
{
	ClJson		node;

	budget->price_low = read_not_negative(object, "price_low");
	budget->price_high = read_not_negative(object, "price_high");
	if ((budget->price_low == NULL) != (budget->price_high == NULL))
		cl_json_error(object, "an object with both price_low and price_high, or neither");
	if (budget->price_low != NULL && compare(budget->price_low, budget->price_high) > 0)
	{
		cl_json_require(object, "price_high", &node);
		cl_json_error(&node, "at least price_low");
	}
}

static void
read_budget(const ClJson *budgets, ClAllocationCertificate *certificate, int i)
{
	static const char *const keys[] = {"name", "amount", "price", "decides", "fill_price", "used", "slackness", "price_low",
	"price_high", NULL};
	ClCertifiedBudget *budget = &certificate->budget[i];
	ClJson		object;
	ClJson		node;

	cl_json_item(budgets, i, &object);
	cl_json_object(&object, keys);
	cl_json_require(&object, "name", &node);
	budget->name = cl_json_string(&node);
	for (int j = 0; j < i; j++)
	{
		if (strcmp(certificate->budget[j].name, budget->name) == 0)
			cl_json_error(&node, "the name of no other budget");
	}
	budget->amount = require_number(&object, "amount");
	budget->used = require_number(&object, "used");
	if (is_priced(certificate))
		cl_json_require(&object, "price", &node);
	budget->price = read_not_negative(&object, "price");
	if (is_priced(certificate) && certificate->kind == CL_ALLOCATION_ROWS && compare(budget->used, budget->amount) > 0)
	{
		cl_json_require(&object, "used", &node);
		cl_json_error(&node, "at most the amount of the budget");
	}
	budget->decides = read_not_negative(&object, "decides");
	budget->fill_price = read_not_negative(&object, "fill_price");
	if (budget->price != NULL)
		require_same(&object, "slackness", cl_certificate_slackness(budget), "price * (amount - used)");
	else
		forbid(&object, "slackness", "left out where there is no price");
	read_interval(&object, budget);
}

/* What the status says of the budgets. */
static void
check_status(const ClJson *root, const ClAllocationCertificate *certificate)
{
	bool		priced = false;
	bool		exceeded = false;
	ClJson		node;

	for (int i = 0; i < certificate->n_budgets; i++)
	{
		priced |= certificate->budget[i].price != NULL && sign(certificate->budget[i].price) > 0;
		exceeded |= compare(certificate->budget[i].used, certificate->budget[i].amount) > 0;
	}
	cl_json_require(root, "status", &node);
	if (certificate->status == CL_ALLOCATION_BINDING && !priced)
		cl_json_error(&node, "\"slack\": no budget has a price");
	if (priced && (certificate->status == CL_ALLOCATION_SLACK || !is_priced(certificate)))
		cl_json_error(&node, "\"binding\": a budget has a price");
	if (certificate->status == CL_ALLOCATION_INFEASIBLE && !exceeded)
		cl_json_error(&node, "another: no budget is exceeded");
	if ((certificate->status == CL_ALLOCATION_EMPTY) != (certificate->n == 0))
		cl_json_error(&node, "\"empty\" where n is 0, and only there");
}

static void
read_value(const ClJson *root, ClAllocationCertificate *certificate)
{
	Numeric		lowest;
	ClJson		node;

	if (certificate->kind == CL_ALLOCATION_ROWS)
		forbid(root, "bound_error", "left out: the bound of kind rows is exact");
	if (!is_priced(certificate))
	{
		certificate->value = read_number(root, "value", &node);
		forbid(root, "bound", WITHOUT_BOUND);
		forbid(root, "gap", WITHOUT_BOUND);
		forbid(root, "bound_error", WITHOUT_BOUND);
		return;
	}
	certificate->value = require_number(root, "value");
	certificate->bound = require_number(root, "bound");
	lowest = certificate->value;
	if (certificate->kind == CL_ALLOCATION_FLOAT)
	{
		(void) require_number(root, "bound_error");
		certificate->bound_error = read_not_negative(root, "bound_error");
		lowest = minus(lowest, certificate->bound_error);
	}
	if (compare(certificate->bound, lowest) < 0)
	{
		cl_json_require(root, "bound", &node);
		cl_json_error(&node, "at least the value");
	}
	require_same(root, "gap", cl_certificate_gap(certificate), "bound - value");
}

static void
read_digest(const ClJson *root, ClAllocationCertificate *certificate)
{
	ClJson		node;

	if (!cl_json_get(root, "digest", &node))
		return;
	certificate->digest = cl_json_string(&node);
	if (strlen(certificate->digest) != 64 || strspn(certificate->digest, "0123456789abcdef") != 64)
		cl_json_error(&node, "64 hexadecimal digits in lower case");
}

static void
read_repaired(const ClJson *root, ClAllocationCertificate *certificate)
{
	static const char *const keys[] = {"account_id", "action", NULL};
	ClJson		array;

	if (!cl_json_get(root, "repaired", &array))
		return;
	if (certificate->kind != CL_ALLOCATION_ROWS || !is_priced(certificate))
		cl_json_error(&array, "left out: only accounts that choose among rows are repaired");
	certificate->n_repaired = cl_json_array(&array, 0, (int) Min(certificate->n, CL_MOST_REPAIRED));
	certificate->repaired = palloc_array(ClRepaired, certificate->n_repaired);
	for (int i = 0; i < certificate->n_repaired; i++)
	{
		ClRepaired *repaired = &certificate->repaired[i];
		ClJson		object;
		ClJson		node;

		CHECK_FOR_INTERRUPTS();
		cl_json_item(&array, i, &object);
		cl_json_object(&object, keys);
		cl_json_require(&object, "account_id", &node);
		repaired->account_id = cl_json_decimal(&node, 0, PG_INT64_MIN, PG_INT64_MAX);
		if (i > 0 && repaired->account_id <= repaired[-1].account_id)
			cl_json_error(&node, "larger than the one before");
		cl_json_require(&object, "action", &node);
		repaired->action = cl_json_int(&node, PG_INT32_MIN, PG_INT32_MAX);
	}
}

/* A share, and the price of each budget at which it decides. */
static void
read_fill(const ClJson *root, ClAllocationCertificate *certificate)
{
	ClJson		node;

	certificate->fill = read_not_negative(root, "fill");
	if (certificate->fill != NULL && compare(certificate->fill, from_text("1")) > 0)
	{
		cl_json_require(root, "fill", &node);
		cl_json_error(&node, "a share between 0 and 1");
	}
	for (int i = 0; i < certificate->n_budgets; i++)
	{
		if ((certificate->fill != NULL) != (certificate->budget[i].fill_price != NULL))
			cl_json_error(root, "one with a fill_price of each budget where there is a fill, and only there");
	}
}

static const char *const root_keys[] = {"version", "kind", "method", "response", "status", "budgets", "n", "rows", "value",
	"bound", "gap", "bound_error", "step", "digest", "passes", "read", "fill", "repaired",
"criterion", "alpha", "scenarios", NULL};

static void *
compile(const ClJson *root)
{
	ClAllocationCertificate *certificate = palloc0_object(ClAllocationCertificate);
	ClJson		node;
	ClJson		budgets;

	cl_json_object(root, root_keys);
	cl_json_require(root, "version", &node);
	(void) cl_json_int(&node, VERSION, VERSION);
	cl_json_require(root, "kind", &node);
	certificate->kind = (ClAllocationKind) cl_json_choice(&node, cl_allocation_kinds);
	cl_json_require(root, "method", &node);
	certificate->method = cl_json_string(&node);
	cl_json_require(root, "response", &node);
	(void) cl_json_choice(&node, responses);
	cl_json_require(root, "status", &node);
	certificate->status = (ClAllocationStatus) cl_json_choice(&node, cl_allocation_statuses);
	cl_json_require(root, "n", &node);
	certificate->n = cl_json_decimal(&node, 0, 0, PG_INT64_MAX);
	if (certificate->kind == CL_ALLOCATION_ROWS)
	{
		cl_json_require(root, "rows", &node);
		certificate->rows = cl_json_decimal(&node, 0, certificate->n, PG_INT64_MAX);
	}
	else
		forbid(root, "rows", "left out: a certificate of kind float has no rows of actions");
	cl_json_require(root, "budgets", &budgets);
	certificate->n_budgets = cl_json_array(&budgets, 1, CL_MOST_BUDGETS);
	certificate->budget = palloc0_array(ClCertifiedBudget, certificate->n_budgets);
	for (int i = 0; i < certificate->n_budgets; i++)
		read_budget(&budgets, certificate, i);
	check_status(root, certificate);
	read_value(root, certificate);
	cl_certificate_read_scenarios(root, certificate);
	certificate->step = read_not_negative(root, "step");
	read_digest(root, certificate);
	cl_json_require(root, "passes", &node);
	certificate->passes = cl_json_int(&node, 0, MOST_PASSES);
	cl_json_require(root, "read", &node);
	certificate->read_once = cl_json_choice(&node, readings) == 1;
	read_fill(root, certificate);
	read_repaired(root, certificate);
	return certificate;
}

/*
 * Writing
 */

/* Nothing where there is no number. */
static void
put_number(StringInfo out, const char *key, Numeric value)
{
	if (value != NULL)
		appendStringInfo(out, ", \"%s\": %s", key,
						 cl_numeric_string(DirectFunctionCall1(numeric_trim_scale, NumericGetDatum(value))));
}

static void
put_budget(StringInfo out, const ClCertifiedBudget *budget)
{
	appendStringInfoString(out, "{\"name\": ");
	cl_json_put_string(out, budget->name);
	put_number(out, "amount", budget->amount);
	put_number(out, "price", budget->price);
	put_number(out, "decides", budget->decides);
	put_number(out, "fill_price", budget->fill_price);
	put_number(out, "used", budget->used);
	if (budget->price != NULL)
		put_number(out, "slackness", cl_certificate_slackness(budget));
	put_number(out, "price_low", budget->price_low);
	put_number(out, "price_high", budget->price_high);
	appendStringInfoChar(out, '}');
}

static void
put_repaired(StringInfo out, const ClAllocationCertificate *certificate)
{
	appendStringInfoString(out, ", \"repaired\": [");
	for (int i = 0; i < certificate->n_repaired; i++)
		appendStringInfo(out, "%s{\"account_id\": " INT64_FORMAT ", \"action\": %d}", i > 0 ? ", " : "",
						 certificate->repaired[i].account_id, certificate->repaired[i].action);
	appendStringInfoChar(out, ']');
}

static void
print(StringInfo out, const void *compiled)
{
	const ClAllocationCertificate *certificate = compiled;

	appendStringInfo(out, "{\"version\": %d, \"kind\": \"%s\", \"method\": ", VERSION, cl_allocation_kinds[certificate->kind]);
	cl_json_put_string(out, certificate->method);
	appendStringInfo(out, ", \"response\": \"none\", \"status\": \"%s\", \"budgets\": [",
					 cl_allocation_statuses[certificate->status]);
	for (int i = 0; i < certificate->n_budgets; i++)
	{
		appendStringInfoString(out, i > 0 ? ", " : "");
		put_budget(out, &certificate->budget[i]);
	}
	appendStringInfoChar(out, ']');
	cl_certificate_put_scenarios(out, certificate);
	appendStringInfo(out, ", \"n\": " INT64_FORMAT, certificate->n);
	if (certificate->kind == CL_ALLOCATION_ROWS)
		appendStringInfo(out, ", \"rows\": " INT64_FORMAT, certificate->rows);
	put_number(out, "value", certificate->value);
	put_number(out, "bound", certificate->bound);
	if (certificate->bound != NULL)
		put_number(out, "gap", cl_certificate_gap(certificate));
	put_number(out, "bound_error", certificate->bound_error);
	put_number(out, "step", certificate->step);
	appendStringInfoString(out, ", \"digest\": ");
	if (certificate->digest == NULL)
		appendStringInfoString(out, "null");
	else
		cl_json_put_string(out, certificate->digest);
	appendStringInfo(out, ", \"passes\": %d, \"read\": \"%s\"", certificate->passes, readings[certificate->read_once]);
	put_number(out, "fill", certificate->fill);
	if (certificate->n_repaired > 0)
		put_repaired(out, certificate);
	appendStringInfoChar(out, '}');
}

const ClDocument allocation_certificate_document = {
	.name = "allocation_certificate",
	.compile = compile,
	.print = print,
};

/*
 * cl_allocation_certificate_in, cl_allocation_certificate_out, cl_allocation_certificate_recv, cl_allocation_certificate_send,
 * cl_allocation_certificate_from_jsonb, cl_allocation_certificate_to_jsonb, cl_allocation_certificate_to_json,
 * cl_allocation_certificate_pretty
 */
CL_DOCUMENT_FUNCTIONS(allocation_certificate)

/*
 * Answers
 */

static void
put_numeric(ClRecord *record, Numeric value)
{
	if (value == NULL)
		cl_record_put_null(record);
	else
		cl_record_put(record, DirectFunctionCall1(numeric_trim_scale, NumericGetDatum(value)));
}

Datum
cl_certificate_table(PG_FUNCTION_ARGS)
{
	const ClAllocationCertificate *certificate;
	ClRecord	record;

	cl_record_open_set(&record, fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	certificate = cl_document_compiled(&allocation_certificate_document, PG_GETARG_DATUM(0));
	for (int i = 0; i < certificate->n_budgets; i++)
	{
		const ClCertifiedBudget *budget = &certificate->budget[i];

		cl_record_put_text(&record, budget->name);
		put_numeric(&record, budget->amount);
		put_numeric(&record, budget->used);
		put_numeric(&record, budget->price);
		put_numeric(&record, budget->decides != NULL ? budget->decides : budget->price);
		put_numeric(&record, budget->fill_price);
		put_numeric(&record, budget->price != NULL ? cl_certificate_slackness(budget) : NULL);
		put_numeric(&record, budget->price_low);
		put_numeric(&record, budget->price_high);
		cl_record_next(&record);
	}
	PG_RETURN_NULL();
}

Datum
cl_certificate_summary(PG_FUNCTION_ARGS)
{
	const ClAllocationCertificate *certificate = cl_document_compiled(&allocation_certificate_document, PG_GETARG_DATUM(0));
	ClRecord	record;

	cl_record_open(&record, fcinfo);
	cl_record_put_text(&record, cl_allocation_kinds[certificate->kind]);
	cl_record_put_text(&record, certificate->method);
	cl_record_put_text(&record, cl_allocation_statuses[certificate->status]);
	cl_record_put_int64(&record, certificate->n);
	cl_record_put_if(&record, certificate->kind == CL_ALLOCATION_ROWS, Int64GetDatum(certificate->rows));
	put_numeric(&record, certificate->value);
	put_numeric(&record, certificate->bound);
	put_numeric(&record, certificate->bound != NULL ? cl_certificate_gap(certificate) : NULL);
	put_numeric(&record, certificate->bound_error);
	put_numeric(&record, certificate->step);
	cl_record_put_text(&record, certificate->digest);
	cl_record_put_int32(&record, certificate->passes);
	cl_record_put_text(&record, readings[certificate->read_once]);
	put_numeric(&record, certificate->fill);
	cl_record_put_int32(&record, certificate->n_repaired);
	cl_record_put_text(&record, certificate->n_scenarios > 0 ? cl_certificate_criteria[certificate->criterion] : NULL);
	put_numeric(&record, certificate->alpha);
	PG_RETURN_DATUM(cl_record_datum(&record));
}

/* The accounts that repair moved. */
Datum
cl_certificate_repaired(PG_FUNCTION_ARGS)
{
	const ClAllocationCertificate *certificate;
	ClRecord	record;

	cl_record_open_set(&record, fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	certificate = cl_document_compiled(&allocation_certificate_document, PG_GETARG_DATUM(0));
	for (int i = 0; i < certificate->n_repaired; i++)
	{
		cl_record_put_int64(&record, certificate->repaired[i].account_id);
		cl_record_put_int32(&record, certificate->repaired[i].action);
		cl_record_next(&record);
	}
	PG_RETURN_NULL();
}

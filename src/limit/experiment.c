/*
 * experiment.c
 *	  Champion and challengers: which arm a borrower belongs to.
 *
 * The first 53 bits of SHA-256(experiment, 0x1F, unit), as a fraction, against the cumulative shares. No table has to
 * remember the assignment, every system that has SHA-256 finds the same one, and a new experiment mixes the borrowers
 * anew. hash_any and its like are no substitute: they may change with the major version. The unit separator keeps
 * ("ab", "c") apart from ("a", "bc").
 */
#include "postgres.h"

#include <math.h>

#include "pg/json.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

PG_FUNCTION_INFO_V1(cl_assign_arm);
PG_FUNCTION_INFO_V1(cl_assign_arm_jsonb);

#define MAX_ARMS 1000
#define SHARES_TOLERANCE 1e-9
#define UNIT_SEPARATOR '\x1f'

typedef struct Arms
{
	int			count;
	text	   *name[MAX_ARMS];
	double		share[MAX_ARMS];
} Arms;

/* UTF-8 whatever the database is encoded in, so that two databases agree. */
static void
append_utf8(StringInfo out, const text *value)
{
	int			length = VARSIZE_ANY_EXHDR(value);
	char	   *bytes = pg_server_to_any(VARDATA_ANY(value), length, PG_UTF8);

	appendBinaryStringInfo(out, bytes, bytes == VARDATA_ANY(value) ? length : (int) strlen(bytes));
}

static double
fraction(const text *experiment, const text *unit)
{
	StringInfoData bytes;
	const unsigned char *digest;
	uint64		first = 0;

	initStringInfo(&bytes);
	appendStringInfoSpaces(&bytes, VARHDRSZ);
	append_utf8(&bytes, experiment);
	appendStringInfoChar(&bytes, UNIT_SEPARATOR);
	append_utf8(&bytes, unit);
	SET_VARSIZE(bytes.data, bytes.len);
	digest = (const unsigned char *) VARDATA_ANY(DatumGetByteaPP(DirectFunctionCall1(sha256_bytea,
																					 PointerGetDatum(bytes.data))));
	for (int i = 0; i < 8; i++)
		first = (first << 8) | digest[i];
	return (double) (first >> 11) * 0x1p-53;
}

static void arms_error(const char *problem, const char *detail) pg_attribute_noreturn();

static void
arms_error(const char *problem, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid arms of an experiment: %s", problem),
			 errdetail("%s", detail),
			 errhint("Every arm has a name of its own and a share between 0 and 1; the shares sum to 1.")));
}

static void
add_arm(Arms *arms, text *name, double share)
{
	for (int i = 0; i < arms->count; i++)
	{
		if (VARSIZE_ANY_EXHDR(arms->name[i]) == VARSIZE_ANY_EXHDR(name) &&
			memcmp(VARDATA_ANY(arms->name[i]), VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)) == 0)
			arms_error("an arm is repeated", psprintf("Arm: \"%s\".", text_to_cstring(name)));
	}
	if (!(share >= 0 && share <= 1))
		arms_error("a share is not between 0 and 1", psprintf("Arm \"%s\" has %g.", text_to_cstring(name), share));
	arms->name[arms->count] = name;
	arms->share[arms->count++] = share;
}

/* Rounding of the shares goes to the last arm that has one. */
static text *
choose(const Arms *arms, double at)
{
	double		sum = 0;
	int			last = 0;

	for (int i = 0; i < arms->count; i++)
		sum += arms->share[i];
	if (!(fabs(sum - 1) <= SHARES_TOLERANCE))
		arms_error("the shares do not sum to 1", psprintf("They sum to %.12g.", sum));
	sum = 0;
	for (int i = 0; i < arms->count; i++)
	{
		sum += arms->share[i];
		if (arms->share[i] > 0)
			last = i;
		if (at < sum)
			return arms->name[i];
	}
	return arms->name[last];
}

static void
elements(ArrayType *array, Oid type, const char *what, Datum **items, int *count)
{
	if (ARR_NDIM(array) != 1 || ARR_ELEMTYPE(array) != type)
		arms_error(psprintf("%s must be an array of one dimension", what), psprintf("It has %d.", ARR_NDIM(array)));
	if (array_contains_nulls(array))
		arms_error(psprintf("%s must not contain NULL", what), "A NULL is among them.");
	if (type == TEXTOID)
		deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, items, NULL, count);
	else
		deconstruct_array(array, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, items, NULL, count);
}

/* (experiment text, unit text, arms text[], shares float8[]) */
Datum
cl_assign_arm(PG_FUNCTION_ARGS)
{
	Arms		arms = {.count = 0};
	Datum	   *names;
	Datum	   *shares;
	int			nnames;
	int			nshares;

	elements(PG_GETARG_ARRAYTYPE_P(2), TEXTOID, "arms", &names, &nnames);
	elements(PG_GETARG_ARRAYTYPE_P(3), FLOAT8OID, "shares", &shares, &nshares);
	if (nnames != nshares || nnames > MAX_ARMS)
		arms_error("as many shares as arms are needed, and at most 1000",
				   psprintf("There are %d arms and %d shares.", nnames, nshares));
	for (int i = 0; i < nnames; i++)
		add_arm(&arms, DatumGetTextPP(names[i]), DatumGetFloat8(shares[i]));
	PG_RETURN_TEXT_P(choose(&arms, fraction(PG_GETARG_TEXT_PP(0), PG_GETARG_TEXT_PP(1))));
}

/* (experiment text, unit text, arms jsonb): an array, because an object of jsonb does not keep its order. */
Datum
cl_assign_arm_jsonb(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {"arm", "share", NULL};
	Arms		arms = {.count = 0};
	ClJson		root;
	int			count;

	cl_json_open(&root, "arms of an experiment", PG_GETARG_JSONB_P(2));
	count = cl_json_array(&root, 1, MAX_ARMS);
	for (int i = 0; i < count; i++)
	{
		ClJson		item;
		ClJson		name;
		ClJson		share;

		cl_json_item(&root, i, &item);
		cl_json_object(&item, keys);
		cl_json_require(&item, "arm", &name);
		cl_json_require(&item, "share", &share);
		add_arm(&arms, cstring_to_text(cl_json_string(&name)), cl_json_float8(&share, 0, 1));
	}
	PG_RETURN_TEXT_P(choose(&arms, fraction(PG_GETARG_TEXT_PP(0), PG_GETARG_TEXT_PP(1))));
}

/*
 * json.c
 *	  A JSON document as a person wrote it.
 */
#include "postgres.h"

#include <math.h>

#include "pg/json.h"
#include "pg/numeric.h"

#include "common/shortest_dec.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"

/* How much of a wrong value is shown. */
#define SHOWN_BYTES 60

/*
 * The path of a node as people write it: characteristics[2].bins[0].points
 */
static void
append_path(StringInfo path, const ClJson *node)
{
	if (node->parent == NULL)
		return;
	append_path(path, node->parent);
	if (node->key == NULL)
		appendStringInfo(path, "[%d]", node->index);
	else
		appendStringInfo(path, "%s%s", path->len > 0 ? "." : "", node->key);
}

char *
cl_json_path(const ClJson *node)
{
	StringInfoData path;

	initStringInfo(&path);
	append_path(&path, node);
	return path.len > 0 ? path.data : pstrdup("the document");
}

/* The value as JSON, cut where it gets long. */
static char *
shown(const ClJson *node)
{
	StringInfoData text;

	initStringInfo(&text);
	switch (node->value.type)
	{
		case jbvNull:
			appendStringInfoString(&text, "null");
			break;
		case jbvString:
			escape_json(&text, pnstrdup(node->value.val.string.val, node->value.val.string.len));
			break;
		case jbvNumeric:
			appendStringInfoString(&text, cl_numeric_string(NumericGetDatum(node->value.val.numeric)));
			break;
		case jbvBool:
			appendStringInfoString(&text, node->value.val.boolean ? "true" : "false");
			break;
		default:
			JsonbToCString(&text, node->value.val.binary.data, node->value.val.binary.len);
	}
	if (text.len > SHOWN_BYTES)
	{
		text.len = pg_mbcliplen(text.data, text.len, SHOWN_BYTES);
		text.data[text.len] = '\0';
		appendStringInfoString(&text, " ...");
	}
	return text.data;
}

void
cl_json_error_hint(const ClJson *node, const char *expected, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid %s: %s must be %s", node->document, cl_json_path(node), expected),
			 errdetail("Found %s.", shown(node)),
			 hint != NULL ? errhint("%s", hint) : 0));
}

void
cl_json_error(const ClJson *node, const char *expected)
{
	cl_json_error_hint(node, expected, NULL);
}

/*
 * jsonb keeps the last of two equal keys without a word. A document that people maintain must not lose a line like that, so
 * the text is searched for repeated keys; that it is well-formed is known by then. Keys are compared as written.
 */
typedef struct KeyScan
{
	const char *document;
	const char *at;
} KeyScan;

static void
skip_space(KeyScan *scan)
{
	while (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\n' || *scan->at == '\r')
		scan->at++;
}

static char *
scan_string(KeyScan *scan)
{
	const char *start = ++scan->at;

	while (*scan->at != '"')
		scan->at += *scan->at == '\\' ? 2 : 1;
	return pnstrdup(start, scan->at++ - start);
}

static int
compare_keys(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}

static void
check_repeated_keys(KeyScan *scan)
{
	check_stack_depth();
	skip_space(scan);
	if (*scan->at == '{' || *scan->at == '[')
	{
		char		close = *scan->at == '{' ? '}' : ']';
		List	   *keys = NIL;

		scan->at++;
		skip_space(scan);
		while (*scan->at != close)
		{
			CHECK_FOR_INTERRUPTS();
			if (close == '}')
			{
				keys = lappend(keys, scan_string(scan));
				skip_space(scan);
				scan->at++;		/* the colon */
			}
			check_repeated_keys(scan);
			skip_space(scan);
			if (*scan->at == ',')
				scan->at++;
			skip_space(scan);
		}
		scan->at++;
		list_sort(keys, compare_keys);
		for (int i = 1; i < list_length(keys); i++)
		{
			if (strcmp(list_nth(keys, i - 1), list_nth(keys, i)) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("invalid %s: key \"%s\" is repeated", scan->document, (char *) list_nth(keys, i)),
						 errdetail("Which of the two counts would be unclear."),
						 errhint("Remove one of them.")));
		}
		list_free_deep(keys);
	}
	else if (*scan->at == '"')
		pfree(scan_string(scan));
	else
		scan->at += strcspn(scan->at, ",]} \t\n\r");
}

void
cl_json_open(ClJson *root, const char *document, Jsonb *jsonb)
{
	memset(root, 0, sizeof(*root));
	root->document = document;
	if (JB_ROOT_IS_SCALAR(jsonb))
	{
		JsonbExtractScalar(&jsonb->root, &root->value);
		return;
	}
	root->value.type = jbvBinary;
	root->value.val.binary.data = &jsonb->root;
	root->value.val.binary.len = VARSIZE_ANY_EXHDR(jsonb);
}

void
cl_json_parse(ClJson *root, const char *document, const char *text)
{
	Jsonb	   *jsonb = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text)));
	KeyScan		scan = {document, text};

	check_repeated_keys(&scan);
	cl_json_open(root, document, jsonb);
}

static bool
is_object(const ClJson *node)
{
	return node->value.type == jbvBinary && JsonContainerIsObject(node->value.val.binary.data);
}

static char *
key_list(const char *const *keys)
{
	StringInfoData list;

	initStringInfo(&list);
	for (; *keys != NULL; keys++)
		appendStringInfo(&list, "%s%s", list.len > 0 ? ", " : "", *keys);
	return list.data;
}

void
cl_json_object(const ClJson *node, const char *const *keys)
{
	JsonbIterator *iterator;
	JsonbValue	key;
	JsonbIteratorToken token;

	if (!is_object(node))
		cl_json_error_hint(node, "an object", psprintf("Its keys may be: %s.", key_list(keys)));
	iterator = JsonbIteratorInit(node->value.val.binary.data);
	while ((token = JsonbIteratorNext(&iterator, &key, true)) != WJB_DONE)
	{
		bool		known = false;

		if (token != WJB_KEY)
			continue;
		for (const char *const *k = keys; *k != NULL && !known; k++)
			known = strlen(*k) == (size_t) key.val.string.len && memcmp(*k, key.val.string.val, key.val.string.len) == 0;
		if (!known)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid %s: %s has no key \"%s\"", node->document, cl_json_path(node),
							pnstrdup(key.val.string.val, key.val.string.len)),
					 errdetail("Valid keys are: %s.", key_list(keys)),
					 errhint("Correct the key, or remove it.")));
	}
}

static JsonbValue *
find(const ClJson *node, const char *key)
{
	JsonbValue	name;

	if (!is_object(node))
		cl_json_error(node, "an object");
	name.type = jbvString;
	name.val.string.val = unconstify(char *, key);
	name.val.string.len = strlen(key);
	return findJsonbValueFromContainer(node->value.val.binary.data, JB_FOBJECT, &name);
}

bool
cl_json_is_null(const ClJson *node, const char *key)
{
	JsonbValue *found = find(node, key);

	return found != NULL && found->type == jbvNull;
}

bool
cl_json_get(const ClJson *node, const char *key, ClJson *child)
{
	JsonbValue *found = find(node, key);

	child->document = node->document;
	child->parent = node;
	child->key = key;
	child->index = 0;
	if (found == NULL || found->type == jbvNull)
	{
		child->value.type = jbvNull;
		return false;
	}
	child->value = *found;
	return true;
}

void
cl_json_require(const ClJson *node, const char *key, ClJson *child)
{
	if (!cl_json_get(node, key, child))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid %s: %s is missing", node->document, cl_json_path(child)),
				 errdetail("The key \"%s\" is required there.", key),
				 errhint("Add it.")));
}

int
cl_json_array(const ClJson *node, int fewest, int most)
{
	int			count;

	if (!cl_json_is_array(node))
		cl_json_error(node, "an array");
	count = JsonContainerSize(node->value.val.binary.data);
	if (count < fewest || count > most)
		cl_json_error(node, psprintf("an array of %d to %d items", fewest, most));
	return count;
}

void
cl_json_item(const ClJson *node, int index, ClJson *child)
{
	child->document = node->document;
	child->parent = node;
	child->key = NULL;
	child->index = index;
	child->value = *getIthJsonbValueFromContainer(node->value.val.binary.data, index);
}

bool
cl_json_is_array(const ClJson *node)
{
	return node->value.type == jbvBinary && JsonContainerIsArray(node->value.val.binary.data);
}

bool
cl_json_is_string(const ClJson *node)
{
	return node->value.type == jbvString;
}

bool
cl_json_is_number(const ClJson *node)
{
	return node->value.type == jbvNumeric;
}

bool
cl_json_is_bool(const ClJson *node)
{
	return node->value.type == jbvBool;
}

/* A text as data has it, which may be empty. */
char *
cl_json_text(const ClJson *node)
{
	if (node->value.type != jbvString)
		cl_json_error(node, "a string");
	return pnstrdup(node->value.val.string.val, node->value.val.string.len);
}

char *
cl_json_string(const ClJson *node)
{
	if (node->value.type == jbvString && node->value.val.string.len == 0)
		cl_json_error(node, "a string that is not empty");
	return cl_json_text(node);
}

bool
cl_json_bool(const ClJson *node)
{
	if (node->value.type != jbvBool)
		cl_json_error(node, "true or false");
	return node->value.val.boolean;
}

Numeric
cl_json_numeric(const ClJson *node)
{
	if (node->value.type != jbvNumeric)
		cl_json_error(node, "a number");
	return node->value.val.numeric;
}

static char *
float8_text(double value)
{
	char	   *text = palloc(DOUBLE_SHORTEST_DECIMAL_LEN);

	double_to_shortest_decimal_buf(value, text);
	return text;
}

double
cl_json_float8(const ClJson *node, double lowest, double highest)
{
	double		value = cl_numeric_float8_saturated(NumericGetDatum(cl_json_numeric(node)));
	bool		in_range;

	/* Leaves room for what is computed from it, unless the caller allows more: values that were accepted before are read back. */
	if (fabs(value) > (isfinite(highest) ? fmax(highest, 1e300) : 1e300))
		cl_json_error(node, "a number between -1e300 and 1e300");
	in_range = value >= lowest && value <= highest;
	if (!in_range)
	{
		if (isinf(highest) && lowest == 0)
			cl_json_error(node, "a number that is not negative");
		cl_json_error(node, psprintf("a number between %s and %s", float8_text(lowest), float8_text(highest)));
	}
	return value;
}

double
cl_json_edge(const ClJson *node, bool last, double open)
{
	return last && node->value.type == jbvNull ? open : cl_json_float8(node, -1e15, 1e15);
}

int
cl_json_int(const ClJson *node, int lowest, int highest)
{
	int64		value;

	if (cl_numeric_minor(NumericGetDatum(cl_json_numeric(node)), 0, &value) != CL_NUMERIC_OK ||
		value < lowest || value > highest)
		cl_json_error(node, psprintf("a whole number between %d and %d", lowest, highest));
	return (int) value;
}

int
cl_json_choice(const ClJson *node, const char *const *choices)
{
	if (node->value.type == jbvString)
	{
		for (int i = 0; choices[i] != NULL; i++)
		{
			if (strlen(choices[i]) == (size_t) node->value.val.string.len &&
				memcmp(choices[i], node->value.val.string.val, node->value.val.string.len) == 0)
				return i;
		}
	}
	cl_json_error(node, psprintf("one of: %s", key_list(choices)));
}

int64
cl_json_decimal(const ClJson *node, int decimals, int64 lowest, int64 highest)
{
	Datum		number = NumericGetDatum(cl_json_numeric(node));
	int64		value = 0;
	ClNumericStatus status = cl_numeric_minor(number, decimals, &value);

	if (status == CL_NUMERIC_FINER)
		cl_json_error(node, psprintf("a number with at most %d decimals", decimals));
	if (status != CL_NUMERIC_OK || value < lowest || value > highest)
	{
		char	   *from = cl_numeric_string(cl_minor_numeric(lowest, decimals));
		char	   *to = cl_numeric_string(cl_minor_numeric(highest, decimals));

		cl_json_error(node, psprintf("a number between %s and %s", from, to));
	}
	return value;
}

void
cl_json_put_string(StringInfo out, const char *text)
{
	escape_json(out, text);
}

/*
 * The shortest number that reads back as the same double; the caller keeps NaN and infinities away. There is one zero: that of
 * jsonb has no sign, and -1e-400 is zero in double precision.
 */
void
cl_json_put_float8(StringInfo out, double value)
{
	char		text[DOUBLE_SHORTEST_DECIMAL_LEN] = "null";

	if (!isinf(value))
		double_to_shortest_decimal_buf(value + 0.0, text);
	appendStringInfoString(out, text);
}

/* value / 10^decimals, without trailing zeros. */
void
cl_json_put_decimal(StringInfo out, int64 value, int decimals)
{
	while (decimals > 0 && value % 10 == 0)
	{
		value /= 10;
		decimals--;
	}
	appendStringInfoString(out, cl_numeric_string(cl_minor_numeric(value, decimals)));
}

/*
 * linear_model.c
 *	  Intercept, terms and covariance of a regression's document.
 */
#include "postgres.h"

#include <math.h>

#include "pg/linear_model.h"
#include "pg/regression_row.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"

static const char *const note_names[] = {"estimated", "aliased", "held", "separating", "bounded", NULL};

/*
 * Options
 */

/* Names that differ from each other. */
const char **
cl_model_read_names(const ClJson *array, int *n)
{
	const char **name;

	*n = cl_json_array(array, 0, CL_MOST_TERMS);
	name = palloc_array(const char *, *n + 1);
	for (int i = 0; i < *n; i++)
	{
		ClJson		item;

		cl_json_item(array, i, &item);
		name[i] = cl_json_string(&item);
		for (int j = 0; j < i; j++)
		{
			if (strcmp(name[i], name[j]) == 0)
				cl_json_error(&item, "a name that no other term has");
		}
		if (strcmp(name[i], CL_INTERCEPT_NAME) == 0)
			cl_json_error(&item, "another name than the intercept's");
	}
	return name;
}

void
cl_model_names(const ClJson *root, ClModelNames *names)
{
	ClJson		node;

	*names = (ClModelNames) {-1, NULL};
	if (cl_json_get(root, "names", &node))
		names->name = cl_model_read_names(&node, &names->n);
}

void
cl_model_names_fit(const ClJson *root, const ClModelNames *names, int terms)
{
	ClJson		node;

	if (names->n >= 0 && names->n != terms)
	{
		(void) cl_json_get(root, "names", &node);
		cl_json_error(&node, psprintf("an array of %d items, one for each element of x", terms));
	}
}

const char *
cl_model_term_name(const ClModelNames *names, int term)
{
	return names->n >= 0 ? names->name[term] : psprintf("x%d", term + 1);
}

double
cl_model_confidence(const ClJson *root)
{
	double		confidence = 0.95;
	ClJson		node;

	if (cl_json_get(root, "confidence", &node))
	{
		confidence = cl_json_float8(&node, 0, 1);
		if (confidence == 0 || confidence == 1)
			cl_json_error_hint(&node, "between 0 and 1", "Ninety-five per cent is 0.95.");
	}
	return confidence;
}

/*
 * Reading
 */

double
cl_model_optional(const ClJson *node, const char *key, double lowest, double highest, double otherwise)
{
	ClJson		child;

	return cl_json_get(node, key, &child) ? cl_json_float8(&child, lowest, highest) : otherwise;
}

double
cl_model_number(const ClJson *node, const char *key, double lowest, double highest)
{
	ClJson		child;

	cl_json_require(node, key, &child);
	return cl_json_float8(&child, lowest, highest);
}

int64
cl_model_count(const ClJson *node, const char *key, int64 most)
{
	ClJson		child;

	cl_json_require(node, key, &child);
	return cl_json_decimal(&child, 0, 0, most);
}

static void
read_term(ClModelTerm *all, int number, const ClJson *node)
{
	static const char *const keys[] = {"name", "coefficient", "std_error", "note", NULL};
	ClModelTerm *term = &all[number];
	ClJson		child;

	cl_json_object(node, keys);
	term->name = psprintf("x%d", number);
	if (cl_json_get(node, "name", &child))
		term->name = cl_json_string(&child);
	for (int i = 0; i < number; i++)
	{
		if (strcmp(all[i].name, term->name) == 0)
			cl_json_error_hint(&child, "a name that no other term has", "The intercept is called " CL_INTERCEPT_NAME ".");
	}
	term->coefficient = cl_model_optional(node, "coefficient", -CL_MODEL_ANY_NUMBER, CL_MODEL_ANY_NUMBER, NAN);
	term->std_error = cl_model_optional(node, "std_error", 0, CL_MODEL_ANY_NUMBER, NAN);
	if (cl_json_get(node, "note", &child))
		term->note = cl_json_choice(&child, note_names);
}

ClModelTerm *
cl_model_terms(const ClJson *root, int *terms)
{
	ClModelTerm *term;
	ClJson		array;
	ClJson		item;

	cl_json_require(root, "terms", &array);
	*terms = cl_json_array(&array, 0, CL_MOST_TERMS);
	term = palloc0_array(ClModelTerm, *terms + 1);
	term[0].name = CL_INTERCEPT_NAME;
	term[0].coefficient = cl_model_optional(root, "intercept", -CL_MODEL_ANY_NUMBER, CL_MODEL_ANY_NUMBER, NAN);
	term[0].std_error = NAN;
	for (int j = 1; j <= *terms; j++)
	{
		CHECK_FOR_INTERRUPTS();
		cl_json_item(&array, j - 1, &item);
		read_term(term, j, &item);
	}
	return term;
}

/* The lower triangle, a row for each term. */
double *
cl_model_covariance(const ClJson *root, int n)
{
	double	   *covariance;
	ClJson		array;
	ClJson		row;
	ClJson		item;

	if (!cl_json_get(root, "covariance", &array))
		return NULL;
	(void) cl_json_array(&array, n, n);
	covariance = palloc_array(double, (Size) n * n);
	for (int i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		cl_json_item(&array, i, &row);
		(void) cl_json_array(&row, i + 1, i + 1);
		for (int j = 0; j <= i; j++)
		{
			double		value = NAN;

			cl_json_item(&row, j, &item);
			if (item.value.type != jbvNull)
				value = cl_json_float8(&item, i == j ? 0 : -CL_MODEL_ANY_NUMBER, CL_MODEL_ANY_NUMBER);
			covariance[i * n + j] = covariance[j * n + i] = value;
		}
	}
	return covariance;
}

/* For prediction: 0 where there is no coefficient. */
double *
cl_model_slope(const ClModelTerm *term, int terms)
{
	double	   *slope = palloc_array(double, terms + 1);

	for (int j = 1; j <= terms; j++)
		slope[j - 1] = isnan(term[j].coefficient) ? 0 : term[j].coefficient;
	return slope;
}

/*
 * Writing
 */

static void
put_number(StringInfo out, double value)
{
	if (fabs(value) <= CL_MODEL_ANY_NUMBER)
		cl_json_put_float8(out, value);
	else
		appendStringInfoString(out, "null");
}

void
cl_model_put_named(StringInfo out, const char *key, double value)
{
	if (isnan(value) || fabs(value) > CL_MODEL_ANY_NUMBER)
		return;
	appendStringInfo(out, ", \"%s\": ", key);
	cl_json_put_float8(out, value);
}

void
cl_model_put_terms(StringInfo out, const ClModelTerm *term, int terms, const double *covariance, int n)
{
	appendStringInfoString(out, "{\"intercept\": ");
	put_number(out, term[0].coefficient);
	appendStringInfoString(out, ", \"terms\": [");
	for (int j = 1; j <= terms; j++)
	{
		appendStringInfoString(out, j > 1 ? ", {\"name\": " : "{\"name\": ");
		cl_json_put_string(out, term[j].name);
		appendStringInfoString(out, ", \"coefficient\": ");
		put_number(out, term[j].coefficient);
		/* The covariance says it, unless the square is too large. */
		if (covariance != NULL && !(covariance[j * n + j] <= CL_MODEL_ANY_NUMBER))
			cl_model_put_named(out, "std_error", term[j].std_error);
		if (term[j].note != CL_TERM_ESTIMATED)
			appendStringInfo(out, ", \"note\": \"%s\"", note_names[term[j].note]);
		appendStringInfoChar(out, '}');
	}
	appendStringInfoChar(out, ']');
}

void
cl_model_put_covariance(StringInfo out, const double *covariance, int n)
{
	appendStringInfoString(out, ", \"covariance\": [");
	for (int row = 0; row < n; row++)
	{
		appendStringInfoString(out, row > 0 ? ", [" : "[");
		for (int column = 0; column <= row; column++)
		{
			if (column > 0)
				appendStringInfoString(out, ", ");
			put_number(out, covariance[row * n + column]);
		}
		appendStringInfoChar(out, ']');
	}
	appendStringInfoChar(out, ']');
}

/*
 * What a model says
 */

const char **
cl_model_names_argument(FunctionCallInfo fcinfo, int argno, const ClModelTerm *term, int terms)
{
	const char **name = palloc0_array(const char *, terms + 1);
	Datum	   *value;
	bool	   *null;
	int			n;

	for (int j = 0; j <= terms; j++)
		name[j] = term[j].name;
	if (PG_ARGISNULL(argno))
		return name;
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(argno), TEXTOID, -1, false, TYPALIGN_INT, &value, &null, &n);
	if (n != terms)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("there must be a name for each term"),
				 errdetail("Found %d names; the model has %d terms besides the intercept.", n, terms),
				 errhint("Name the elements of x in their order; the intercept is called " CL_INTERCEPT_NAME ".")));
	for (int j = 0; j < n; j++)
	{
		if (!null[j])
			name[j + 1] = TextDatumGetCString(value[j]);
	}
	return name;
}

void
cl_model_list_terms(StringInfo out, const ClModelTerm *term, int terms, ClTermNote note, const char *before)
{
	bool		first = true;

	for (int j = 1; j <= terms; j++)
	{
		if (term[j].note != note)
			continue;
		if (first)
			appendStringInfo(out, "%s%s", out->len > 0 ? " " : "", before);
		appendStringInfo(out, "%s%s", first ? "" : ", ", term[j].name);
		first = false;
	}
	if (!first)
		appendStringInfoChar(out, '.');
}

/* An array that is no plain one of float8: through a reader of this call. */
static double
linear_of_others(const ClModelTerm *term, const double *slope, int terms, ArrayType *array)
{
	ClRowReader reader = {.context = CurrentMemoryContext};
	const double *x = cl_row_read_x(&reader, array);
	double		linear = term[0].coefficient;

	if (x == NULL)
		return NAN;
	for (int j = 0; j < terms; j++)
		linear += slope[j] * x[j];
	pfree(reader.x);
	return linear;
}

double
cl_model_linear(const ClModelTerm *term, const double *slope, int terms, Datum value)
{
	ArrayType  *array = DatumGetArrayTypeP(value);
	int			n = ARR_NDIM(array) == 0 ? 0 : ARR_DIMS(array)[0];
	double		linear = term[0].coefficient;
	const double *x;

	if (ARR_NDIM(array) > 1 || n != terms)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("x must have an element for each term of the model"),
				 errdetail("Found %d; the model has %d.", ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)), terms),
				 errhint("The intercept has no element.")));
	if (unlikely(ARR_ELEMTYPE(array) != FLOAT8OID || ARR_HASNULL(array)))
		return linear_of_others(term, slope, terms, array);
	x = (const double *) ARR_DATA_PTR(array);
	for (int j = 0; j < terms; j++)
		linear += slope[j] * x[j];
	return linear;
}

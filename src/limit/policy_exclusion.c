/*
 * policy_exclusion.c
 *	  The exclusions of a limit policy: from JSON, and met or not by an account.
 */
#include "postgres.h"

#include <math.h>

#include "limit/policy.h"

const char *const cl_exclusion_action_names[] = {"NO_INCREASE", "FREEZE", "REFER", NULL};
const char *const cl_range_names[CL_RANGE_BOUNDS + 1] = {"at_least", "above", "below", "at_most", NULL};

static const char *const default_reasons[] = {
	"%s excludes a higher limit", "%s freezes the line", "%s needs the decision of a person"
};

static int
compile_range(const ClJson *node, ClExclusion *exclusion)
{
	int			given = 0;
	ClJson		bound;

	for (int i = 0; i < CL_RANGE_BOUNDS; i++)
	{
		exclusion->has_bound[i] = cl_json_get(node, cl_range_names[i], &bound);
		if (exclusion->has_bound[i])
		{
			exclusion->bound[i] = cl_json_float8(&bound, -1e300, 1e300);
			given++;
		}
	}
	return given;
}

/* A range that holds no number would be an exclusion that never excludes. */
static void
check_range(const ClJson *node, const ClExclusion *exclusion)
{
	double		from = -INFINITY;
	double		to = INFINITY;
	bool		open = exclusion->has_bound[CL_RANGE_ABOVE] || exclusion->has_bound[CL_RANGE_BELOW];

	for (int i = 0; i < CL_RANGE_BOUNDS; i++)
	{
		if (!exclusion->has_bound[i])
			continue;
		if (i == CL_RANGE_AT_LEAST || i == CL_RANGE_ABOVE)
			from = Max(from, exclusion->bound[i]);
		else
			to = Min(to, exclusion->bound[i]);
	}
	if (from > to || (from == to && open))
		cl_json_error_hint(node, "an exclusion that some number meets", "Its lower bound is not below its upper bound.");
}

static void
compile_list(const ClJson *node, ClExclusion *exclusion)
{
	exclusion->nvalues = cl_json_array(node, 1, CL_POLICY_MAX_ITEMS);
	exclusion->numbers = palloc0_array(double, exclusion->nvalues);
	exclusion->strings = palloc0_array(char *, exclusion->nvalues);
	for (int i = 0; i < exclusion->nvalues; i++)
	{
		ClJson		item;

		cl_json_item(node, i, &item);
		if (i == 0)
			exclusion->kind = cl_json_is_string(&item) ? CL_EXCLUSION_STRINGS : CL_EXCLUSION_NUMBERS;
		if (cl_json_is_string(&item) != (exclusion->kind == CL_EXCLUSION_STRINGS) ||
			(exclusion->kind == CL_EXCLUSION_NUMBERS && !cl_json_is_number(&item)))
			cl_json_error(&item, i == 0 ? "a string or a number" : "of the kind of the items before: string or number");
		if (exclusion->kind == CL_EXCLUSION_STRINGS)
			exclusion->strings[i] = cl_json_string(&item);
		else
			exclusion->numbers[i] = cl_json_float8(&item, -1e300, 1e300);
	}
}

/*
 * A low PD as an exclusion would give the safer borrower less, and break the promise that a higher PD never gives
 * more.
 */
static void
check_pd(const ClJson *node, const ClPolicy *policy, const ClExclusion *exclusion)
{
	if (strcmp(cl_policy_row_name(policy, exclusion->column), policy->column[CL_INPUT_PD]) == 0 &&
		(exclusion->kind == CL_EXCLUSION_NUMBERS || exclusion->has_bound[CL_RANGE_BELOW] ||
		 exclusion->has_bound[CL_RANGE_AT_MOST]))
		cl_json_error_hint(node, "an exclusion of high PDs only: at_least or above",
						   "A higher PD must not give a higher limit.");
}

static void
compile_exclusion(const ClJson *node, const ClPolicy *policy, ClExclusion *exclusion)
{
	static const char *const keys[] = {
		"column", "at_least", "above", "below", "at_most", "is", "in", "action", "reason", NULL
	};
	ClJson		part;
	int			kinds;

	cl_json_object(node, keys);
	cl_json_require(node, "column", &part);
	exclusion->column = cl_json_string(&part);
	kinds = compile_range(node, exclusion) > 0 ? 1 : 0;
	check_range(node, exclusion);
	if (cl_json_get(node, "is", &part))
	{
		exclusion->kind = CL_EXCLUSION_BOOL;
		exclusion->is = cl_json_bool(&part);
		kinds++;
	}
	if (cl_json_get(node, "in", &part))
	{
		compile_list(&part, exclusion);
		kinds++;
	}
	if (kinds != 1)
		cl_json_error_hint(node, "an exclusion with one kind of condition",
						   "Give numbers (at_least, above, below, at_most), or \"is\": true or false, "
						   "or \"in\": [values].");
	check_pd(node, policy, exclusion);
	if (cl_json_get(node, "action", &part))
		exclusion->action = cl_json_choice(&part, cl_exclusion_action_names);
	exclusion->reason = cl_policy_reason(node, "reason",
										 psprintf(default_reasons[exclusion->action], exclusion->column));
}

void
cl_policy_compile_exclusions(const ClJson *document, ClPolicy *policy)
{
	ClJson		section;

	if (!cl_json_get(document, "exclusions", &section))
		return;
	policy->nexclusions = cl_json_array(&section, 0, CL_POLICY_MAX_ITEMS);
	policy->exclusions = palloc0_array(ClExclusion, policy->nexclusions);
	for (int i = 0; i < policy->nexclusions; i++)
	{
		ClJson		item;

		cl_json_item(&section, i, &item);
		compile_exclusion(&item, policy, &policy->exclusions[i]);
	}
}

/* The types of column that an exclusion can look at. */
int
cl_exclusion_accepts(const ClExclusion *exclusion)
{
	switch (exclusion->kind)
	{
		case CL_EXCLUSION_BOOL:
			return CL_ACCEPT_BOOL;
		case CL_EXCLUSION_STRINGS:
			return CL_ACCEPT_TEXT;
		default:
			return CL_ACCEPT_NUMBER;
	}
}

static bool
in_range(const ClExclusion *exclusion, double x)
{
	const bool *has = exclusion->has_bound;
	const double *bound = exclusion->bound;

	return !(has[CL_RANGE_AT_LEAST] && x < bound[CL_RANGE_AT_LEAST]) &&
		!(has[CL_RANGE_ABOVE] && x <= bound[CL_RANGE_ABOVE]) &&
		!(has[CL_RANGE_BELOW] && x >= bound[CL_RANGE_BELOW]) &&
		!(has[CL_RANGE_AT_MOST] && x > bound[CL_RANGE_AT_MOST]);
}

static bool
among_numbers(const ClExclusion *exclusion, double x)
{
	for (int i = 0; i < exclusion->nvalues; i++)
	{
		if (exclusion->numbers[i] == x)
			return true;
	}
	return false;
}

static bool
among_strings(const ClExclusion *exclusion, const char *text, int length)
{
	for (int i = 0; i < exclusion->nvalues; i++)
	{
		if (strncmp(exclusion->strings[i], text, length) == 0 && exclusion->strings[i][length] == '\0')
			return true;
	}
	return false;
}

/* Whether the row meets the exclusion; *unknown when that cannot be told: NULL, or NaN. */
bool
cl_exclusion_met(const ClExclusion *exclusion, ClRow *row, ClColumn *column, bool *unknown)
{
	const char *text;
	int			length;
	double		x;

	*unknown = cl_column_null(row, column);
	if (*unknown)
		return false;
	switch (exclusion->kind)
	{
		case CL_EXCLUSION_BOOL:
			return DatumGetBool(cl_column_datum(row, column)) == exclusion->is;
		case CL_EXCLUSION_STRINGS:
			text = cl_column_text(row, column, &length);
			return among_strings(exclusion, text, length);
		default:
			x = cl_column_float8(row, column);
			*unknown = isnan(x);
			if (*unknown)
				return false;
			return exclusion->kind == CL_EXCLUSION_RANGE ? in_range(exclusion, x) : among_numbers(exclusion, x);
	}
}

/* What the row calls a column that the document calls name: an exclusion sees the renames too. */
const char *
cl_policy_row_name(const ClPolicy *policy, const char *name)
{
	for (int input = 0; input < CL_POLICY_INPUTS; input++)
	{
		const char *standard = cl_policy_standard_name(policy, input);

		if (standard != NULL && strcmp(standard, name) == 0)
			return policy->column[input];
	}
	return name;
}

/*
 * policy_entitlement.c
 *	  The entitlement of a policy from its JSON: bands of one column, or a grid of two.
 *
 * Nowhere may it rise from a band to the next, so that a better value never gets less.
 */
#include "postgres.h"

#include <math.h>

#include "limit/policy_compile.h"

/* The column of an axis, and whether its edges are given as "from" or as "below". */
static void
open_axis(ClPolicy *policy, int a, const char *column, int n, bool below)
{
	ClBandAxis *axis = &policy->rules.axis[a];

	policy->axis_column[a] = column;
	axis->n = n;
	axis->input = strcmp(column, cl_policy_input_names[CL_INPUT_SCORE]) == 0 ? CL_INPUT_SCORE : CL_INPUT_DOWN + a;
	axis->below = below;
	axis->edge = palloc_array(double, n);
}

static void
set_edge(ClPolicy *policy, int a, int i, const ClJson *node, const char *key)
{
	ClBandAxis *axis = &policy->rules.axis[a];

	axis->edge[i] = cl_json_edge(node, i == axis->n - 1, axis->below ? INFINITY : -INFINITY);
	if (i > 0 && (axis->below ? axis->edge[i] <= axis->edge[i - 1] : axis->edge[i] >= axis->edge[i - 1]))
		cl_json_error_hint(node, psprintf("%s than %s of the band above", axis->below ? "more" : "less", key),
						   psprintf(axis->below ? "Order the bands from the lowest %s up." :
									"Order the bands from the highest %s down.",
									policy->axis_column[a]));
}

/* Whether a section has its edges under "below"; it has them under one of the two. */
static bool
edges_below(const ClJson *section)
{
	ClJson		node;
	bool		below = cl_json_get(section, "below", &node);

	if (cl_json_get(section, "from", &node) == below)
		cl_json_error_hint(section, "an object with either from or below",
						   "from: the more the better, from the highest down; below: the less the better, from the lowest up.");
	return below;
}

static void
no_more_than(const ClJson *node, int64 amount, int64 before, const char *where)
{
	if (amount > before)
		cl_json_error_hint(node, psprintf("no more than in the band %s", where), "A worse band must not give a higher limit.");
}

/*
 * An absent multiple or limit is that of the band above. In the first band it is no bound.
 */
static void
compile_band(const ClJson *node, ClPolicy *policy, int i, bool by_score)
{
	static const char *const score_keys[] = {"score_from", "income_multiple", "limit", NULL};
	static const char *const column_keys[] = {"from", "below", "income_multiple", "limit", NULL};
	const char *key = by_score ? "score_from" : policy->rules.axis[0].below ? "below" : "from";
	ClEntitlement *band = &policy->rules.entitlements[i];
	ClEntitlement above = {CL_NO_CAP, CL_NO_CAP};
	ClJson		part;
	bool		given;

	cl_json_object(node, by_score ? score_keys : column_keys);
	cl_json_require(node, key, &part);
	set_edge(policy, 0, i, &part, key);
	if (i > 0)
		above = band[-1];
	*band = above;
	given = cl_policy_get_rate(node, "income_multiple", 10000, &band->multiple);
	given |= cl_policy_get_amount(node, "limit", policy, &band->limit);
	if (!given)
		cl_json_error_hint(node, "a band with an income_multiple, a limit, or both",
						   "Below the last band nothing is granted.");
	cl_json_get(node, "income_multiple", &part);
	no_more_than(&part, band->multiple, above.multiple, "above");
	cl_json_get(node, "limit", &part);
	no_more_than(&part, band->limit, above.limit, "above");
}

static void
compile_bands(const ClJson *section, ClPolicy *policy)
{
	char	   *column = cl_policy_get_string(section, "column");
	ClJson		bands;
	ClJson		band;
	int			n;

	cl_json_require(section, "bands", &bands);
	n = cl_json_array(&bands, 1, CL_POLICY_MAX_ITEMS);
	policy->rules.entitlements = palloc0_array(ClEntitlement, n);
	cl_json_item(&bands, 0, &band);
	open_axis(policy, 0, column == NULL ? cl_policy_input_names[CL_INPUT_SCORE] : column, n,
			  column != NULL && edges_below(&band));
	for (int i = 0; i < n; i++)
	{
		cl_json_item(&bands, i, &band);
		compile_band(&band, policy, i, column == NULL);
	}
}

static void
compile_axis(const ClJson *grid, const char *key, ClPolicy *policy, int a)
{
	static const char *const keys[] = {"column", "from", "below", "reason", NULL};
	ClJson		section;
	ClJson		edges;
	ClJson		node;
	bool		below;
	int			n;

	cl_json_require(grid, key, &section);
	cl_json_object(&section, keys);
	cl_json_require(&section, "column", &node);
	below = edges_below(&section);
	cl_json_get(&section, below ? "below" : "from", &edges);
	n = cl_json_array(&edges, 1, CL_POLICY_MAX_ITEMS);
	open_axis(policy, a, cl_json_string(&node), n, below);
	for (int i = 0; i < n; i++)
	{
		cl_json_item(&edges, i, &node);
		set_edge(policy, a, i, &node, "the edge");
	}
}

/* A table of amounts or of multiples, a row for each band down. */
static bool
compile_table(const ClJson *grid, const char *key, ClPolicy *policy, bool multiples)
{
	ClPolicyRules *rules = &policy->rules;
	int			width = rules->axis[1].n;
	ClJson		table;
	ClJson		row;
	ClJson		node;
	bool		there = cl_json_get(grid, key, &table);

	if (there)
		(void) cl_json_array(&table, rules->axis[0].n, rules->axis[0].n);
	for (int i = 0; i < rules->axis[0].n * width; i++)
	{
		ClEntitlement *cell = &rules->entitlements[i];
		int64	   *value = multiples ? &cell->multiple : &cell->limit;

		*value = CL_NO_CAP;
		if (!there)
			continue;
		cl_json_item(&table, i / width, &row);
		if (i % width == 0)
			(void) cl_json_array(&row, width, width);
		cl_json_item(&row, i % width, &node);
		*value = multiples ? cl_json_decimal(&node, CL_RATE_DECIMALS, 0, 10000 * CL_RATE_ONE) :
			cl_json_decimal(&node, policy->decimals, 0, CL_POLICY_MAX_AMOUNT);
		if (i >= width)
			no_more_than(&node, *value, multiples ? cell[-width].multiple : cell[-width].limit, "above");
		if (i % width > 0)
			no_more_than(&node, *value, multiples ? cell[-1].multiple : cell[-1].limit, "before");
	}
	return there;
}

static void
compile_grid(const ClJson *grid, ClPolicy *policy)
{
	static const char *const keys[] = {"down", "across", "income_multiple", "limit", NULL};
	ClPolicyRules *rules = &policy->rules;
	bool		given;

	cl_json_object(grid, keys);
	compile_axis(grid, "down", policy, 0);
	compile_axis(grid, "across", policy, 1);
	if ((int64) rules->axis[0].n * rules->axis[1].n > CL_POLICY_MAX_ITEMS)
		cl_json_error(grid, psprintf("a grid of at most %d fields", CL_POLICY_MAX_ITEMS));
	rules->entitlements = palloc0_array(ClEntitlement, rules->axis[0].n * rules->axis[1].n);
	given = compile_table(grid, "income_multiple", policy, true);
	given |= compile_table(grid, "limit", policy, false);
	if (!given)
		cl_json_error(grid, "a grid with an income_multiple, a limit, or both");
}

/* A column as a text begins with it. */
static char *
subject(const char *column)
{
	char	   *text = pstrdup(column);

	text[0] = pg_ascii_toupper((unsigned char) text[0]);
	return text;
}

static char *
axis_reason(const ClJson *section, const char *key, const char *column)
{
	return cl_policy_reason(section, key, psprintf("%s supports no higher limit", subject(column)));
}

/* What is said of all inputs together. Of bands of the score it is always that of both. */
static const char *
joint_reason(const ClPolicy *policy)
{
	const ClPolicyRules *rules = &policy->rules;
	const char *income = cl_policy_input_names[CL_INPUT_INCOME];
	const char *first = policy->axis_column[0];
	const char *second = policy->axis_column[1];
	int			last = rules->axis[0].n * Max(rules->axis[1].n, 1) - 1;

	if (second == NULL && rules->axis[0].input == CL_INPUT_SCORE)
		return "Score and income support no higher limit";
	/* An absent multiple is that of the band above: if there is one, the last band has it. */
	if (rules->entitlements[last].multiple == CL_NO_CAP || strcmp(first, income) == 0 ||
		(second != NULL && strcmp(second, income) == 0))
		income = NULL;
	if (second == NULL)
	{
		second = income;
		income = NULL;
	}
	if (second == NULL)
		return psprintf("%s supports no higher limit", subject(first));
	if (income == NULL)
		return psprintf("%s and %s support no higher limit", subject(first), second);
	return psprintf("%s, %s and %s support no higher limit", subject(first), second, income);
}

void
cl_policy_compile_entitlement(const ClJson *document, ClPolicy *policy)
{
	static const char *const keys[] = {
		"bands", "column", "grid", "reason", "score_reason", "column_reason", "income_reason", "limit_reason", NULL
	};
	static const char *const score_keys[] = {"bands", "reason", "score_reason", "income_reason", "limit_reason", NULL};
	static const char *const column_keys[] = {
		"column", "bands", "reason", "column_reason", "income_reason", "limit_reason", NULL
	};
	static const char *const grid_keys[] = {"grid", "reason", "income_reason", "limit_reason", NULL};
	ClJson		section;
	ClJson		axis;
	ClJson		node;

	if (!cl_json_get(document, "entitlement", &section))
		return;
	cl_json_object(&section, keys);
	if (cl_json_get(&section, "grid", &node))
	{
		cl_json_object(&section, grid_keys);
		compile_grid(&node, policy);
		for (int a = 0; a < CL_BAND_AXES; a++)
		{
			cl_json_get(&node, a == 0 ? "down" : "across", &axis);
			policy->entitlement_reason[CL_REASON_DOWN + a] = axis_reason(&axis, "reason", policy->axis_column[a]);
		}
	}
	else
	{
		bool		by_score = !cl_json_get(&section, "column", &node);

		cl_json_object(&section, by_score ? score_keys : column_keys);
		compile_bands(&section, policy);
		policy->entitlement_reason[CL_REASON_DOWN] =
			axis_reason(&section, by_score ? "score_reason" : "column_reason", policy->axis_column[0]);
	}
	policy->entitlement_reason[CL_REASON_INCOME] = cl_policy_reason(&section, "income_reason", CL_INCOME_REASON);
	policy->entitlement_reason[CL_REASON_LIMIT] = cl_policy_reason(&section, "limit_reason", "Highest limit of the policy");
	policy->reason[CL_RULE_ENTITLEMENT] = cl_policy_reason(&section, "reason", joint_reason(policy));
}

/* What the row calls the columns of the bands; and that no direction contradicts what always holds. */
void
cl_policy_compile_axis_columns(const ClJson *document, ClPolicy *policy)
{
	for (int a = 0; a < CL_BAND_AXES && policy->rules.axis[a].n > 0; a++)
	{
		const ClBandAxis *axis = &policy->rules.axis[a];
		const char *name = cl_policy_row_name(policy, policy->axis_column[a]);

		policy->column[CL_INPUT_DOWN + a] = name;
		if (axis->below ?
			strcmp(name, policy->column[CL_INPUT_SCORE]) == 0 || strcmp(name, policy->column[CL_INPUT_INCOME]) == 0 :
			strcmp(name, policy->column[CL_INPUT_PD]) == 0)
			cl_json_error_hint(document,
							   psprintf("free of bands \"%s\" of the column \"%s\"", axis->below ? "below" : "from", name),
							   "A higher PD must not give a higher limit, nor a higher score or income a lower one.");
		if (a > 0 && strcmp(name, cl_policy_row_name(policy, policy->axis_column[0])) == 0)
			cl_json_error(document, psprintf("free of a grid with the column \"%s\" on both sides", name));
	}
}

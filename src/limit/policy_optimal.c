/*
 * policy_optimal.c
 *	  A target that is the limit of the highest expected profit: what a unit of limit earns and costs, in a document and a row.
 */
#include "postgres.h"

#include <math.h>

#include "limit/policy_compile.h"

/* Either margin and carry, or what they are made of. */
static bool
part_of(ClEconomicsPart part, bool by_margin)
{
	if (part == CL_ECONOMICS_SHADOW_PRICE || part == CL_ECONOMICS_WEIGHT)
		return true;
	return by_margin == (part == CL_ECONOMICS_MARGIN || part == CL_ECONOMICS_CARRY);
}

void
cl_policy_compile_optimal(const ClJson *section, ClPolicy *policy)
{
	ClPolicyOptimal *optimal = palloc0_object(ClPolicyOptimal);
	const char *keys[CL_ECONOMICS_PARTS + 1];
	int			nkeys = 0;
	ClJson		node;

	for (int part = 0; part < CL_ECONOMICS_PARTS; part++)
		keys[nkeys++] = cl_economics_range[part].name;
	keys[nkeys] = NULL;
	cl_json_object(section, keys);
	optimal->by_margin = cl_json_get(section, "margin", &node);
	nkeys = 0;
	for (int part = 0; part < CL_ECONOMICS_PARTS; part++)
	{
		if (part_of(part, optimal->by_margin))
			keys[nkeys++] = cl_economics_range[part].name;
	}
	keys[nkeys] = NULL;
	cl_json_object(section, keys);
	for (int part = 0; part < CL_ECONOMICS_PARTS; part++)
	{
		const ClEconomicsRange *range = &cl_economics_range[part];

		optimal->number[part] = range->otherwise;
		if (!part_of(part, optimal->by_margin))
			continue;
		if (isnan(range->otherwise))
			cl_json_require(section, range->name, &node);
		else if (!cl_json_get(section, range->name, &node))
			continue;
		if (cl_json_is_string(&node))
		{
			optimal->column[part] = cl_json_string(&node);
			policy->rules.target_by |= CL_INPUT_BIT(CL_INPUT_ECONOMICS + part);
		}
		else
			optimal->number[part] = cl_json_float8(&node, range->lowest, range->highest);
	}
	policy->optimal = optimal;
}

/*
 * What the row calls the columns. The PD only lowers the optimum, and only as what it is; score and income, which must not lower
 * a limit, have no say.
 */
void
cl_policy_compile_optimal_columns(const ClJson *document, ClPolicy *policy)
{
	static const ClPolicyInput other[] = {CL_INPUT_PD, CL_INPUT_SCORE, CL_INPUT_INCOME};

	for (int part = 0; policy->optimal != NULL && part < CL_ECONOMICS_PARTS; part++)
	{
		const char *name = policy->optimal->column[part];

		if (name == NULL)
			continue;
		name = policy->column[CL_INPUT_ECONOMICS + part] = cl_policy_row_name(policy, name);
		for (int i = part == CL_ECONOMICS_PD ? 1 : 0; i < (int) lengthof(other); i++)
		{
			if (strcmp(name, policy->column[other[i]]) == 0)
				cl_json_error_hint(document,
								   psprintf("free of the column \"%s\" as %s", name, cl_economics_range[part].name),
								   "A higher PD must not give a higher limit, nor a higher score or income a lower one.");
		}
	}
}

/* Every part, also those that were left out. */
void
cl_policy_put_optimal(StringInfo out, const ClPolicyOptimal *optimal)
{
	cl_policy_put_open(out, "optimal", '{');
	for (int part = 0; part < CL_ECONOMICS_PARTS; part++)
	{
		if (optimal->column[part] != NULL)
			cl_policy_put_string(out, cl_economics_range[part].name, optimal->column[part]);
		else if (part_of(part, optimal->by_margin))
			cl_policy_put_float8(out, cl_economics_range[part].name, optimal->number[part]);
	}
	appendStringInfoChar(out, '}');
}

static void
range_error(const ClPolicyReader *reader, int part)
{
	const ClEconomicsRange *range = &cl_economics_range[part];

	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("column \"%s\" must be between %g and %g", reader->input[CL_INPUT_ECONOMICS + part]->name,
					range->lowest, range->highest),
			 errdetail("Its value is %g; the policy takes it as %s.", reader->account.economics[part], range->name),
			 errhint("Rates are fractions of a unit per year: 0.18 is 18 %%.")));
}

/* Whether all is known of what a unit of limit of this account earns and costs. */
bool
cl_policy_read_economics(ClPolicyReader *reader)
{
	const ClPolicyOptimal *optimal = reader->policy->optimal;
	ClPolicyAccount *account = &reader->account;
	double	   *part = account->economics;

	for (int i = 0; i < CL_ECONOMICS_PARTS; i++)
	{
		part[i] = optimal->number[i];
		if (optimal->column[i] == NULL)
			continue;
		part[i] = cl_policy_read_statistic(reader, CL_INPUT_ECONOMICS + i);
		if (part[i] < cl_economics_range[i].lowest || part[i] > cl_economics_range[i].highest)
			range_error(reader, i);
	}
	if (account->missing & reader->policy->rules.target_by)
		return false;
	if (!optimal->by_margin)
	{
		ClEconomics economics = cl_economics_of(part);

		part[CL_ECONOMICS_MARGIN] = economics.margin;
		part[CL_ECONOMICS_CARRY] = economics.carry;
	}
	return true;
}

/* Which quantile of demand is the limit of the highest profit. A budget that has a price may be left aside. */
double
cl_policy_optimal_ratio(const ClPolicyAccount *account, bool with_price)
{
	const double *part = account->economics;
	ClEconomics economics = {.margin = part[CL_ECONOMICS_MARGIN], .carry = part[CL_ECONOMICS_CARRY]};

	return cl_critical_ratio(&economics, with_price ? cl_policy_price(account) : 0);
}

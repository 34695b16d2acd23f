/*
 * policy_menu.c
 *	  The limits that a policy would let pass, each with what it is expected to earn and what it uses of some budgets.
 */
#include "postgres.h"

#include <math.h>

#include "limit/policy.h"
#include "pg/record.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"

PG_FUNCTION_INFO_V1(cl_limit_menu);

/* As many as action_price() takes for a limit in steps. */
#define MOST_LIMITS 64
#define MOST_BUDGETS 16

typedef enum MenuBudget
{
	MENU_EXPOSURE, MENU_UNDRAWN, MENU_EXPECTED_LOSS, MENU_CAPITAL, MENU_BUDGETS
} MenuBudget;

static const char *const budget_names[MENU_BUDGETS] = {"exposure", "undrawn", "expected_loss", "capital"};

typedef struct MenuBound
{
	ClPolicyReader *reader;
	TupleDesc	desc;
	FmgrInfo	expected_draw;
} MenuBound;

/* One account, and how its changes count. */
typedef struct Menu
{
	const ClPolicyAccount *account;
	double		unit;			/* minor units of one */
	double		acceptance;
	double		notice_years;
	double		cost_of_change;
	int			nbudgets;
	MenuBudget	budget[MOST_BUDGETS];
	int			nlimits;
	int64		limit[MOST_LIMITS];
	double		draw[MOST_LIMITS];	/* NaN: demand is not known */
	double		profit[MOST_LIMITS];
} Menu;

static void
read_budgets(ArrayType *names, const ClPolicy *policy, Menu *menu)
{
	Datum	   *name;
	bool	   *null;

	deconstruct_array(names, TEXTOID, -1, false, TYPALIGN_INT, &name, &null, &menu->nbudgets);
	if (menu->nbudgets < 1 || menu->nbudgets > MOST_BUDGETS || ARR_NDIM(names) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("a menu needs from 1 to %d budgets", MOST_BUDGETS),
				 errdetail("Given are %d.", menu->nbudgets),
				 errhint("Give an array as '{exposure,expected_loss}'.")));
	for (int k = 0; k < menu->nbudgets; k++)
	{
		char	   *given = null[k] ? NULL : TextDatumGetCString(name[k]);
		int			which = 0;

		while (which < MENU_BUDGETS && (given == NULL || strcmp(given, budget_names[which]) != 0))
			which++;
		if (which == MENU_BUDGETS || (which >= MENU_EXPECTED_LOSS && policy->optimal->by_margin))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("policy \"%s\" does not say what a limit uses of budget \"%s\"", policy->name,
							given != NULL ? given : "NULL"),
					 errdetail("Known are exposure and undrawn, and, where target.optimal has pd, lgd, ccf and capital, "
							   "expected_loss and capital."),
					 errhint("Name one of these, or draft a policy with all parts of unit_economics().")));
		menu->budget[k] = which;
	}
}

static void
add_limit(Menu *menu, int64 limit)
{
	int			at = menu->nlimits;

	while (at > 0 && menu->limit[at - 1] > limit)
		at--;
	if (limit == CL_NO_CAP || (at > 0 && menu->limit[at - 1] == limit))
		return;
	Assert(menu->nlimits < MOST_LIMITS);
	memmove(&menu->limit[at + 1], &menu->limit[at], (menu->nlimits++ - at) * sizeof(int64));
	menu->limit[at] = limit;
}

/* In order. Of more steps than there is room for, every second, third, ... and the last one. */
static void
set_limits(Menu *menu, const ClPolicyChoices *choices, int64 step)
{
	menu->nlimits = 0;
	add_limit(menu, choices->keep);
	add_limit(menu, choices->zero);
	if (choices->some)
	{
		int64		old = choices->highest.old_limit;
		int64		every = Max(1, ((choices->upper - choices->lower) / step + MOST_LIMITS - 5) / (MOST_LIMITS - 4));

		for (int64 limit = choices->lower;; limit += every * step)
		{
			if (limit - old >= choices->dead_band || old - limit >= choices->dead_band)
				add_limit(menu, limit);
			if (choices->upper - limit < every * step)
				break;
		}
		add_limit(menu, choices->upper);
	}
}

/* E[min(D, limit)], NaN where the demand says nothing. */
static double
expected_draw(MenuBound *bound, Datum demand, double limit)
{
	LOCAL_FCINFO(call, 2);
	double		draw;

	if (bound->expected_draw.fn_oid == InvalidOid)
	{
		Oid			types[] = {getBaseType(bound->reader->demand->type), FLOAT8OID};

		cl_own_function("expected_draw", lengthof(types), types, bound->reader->row->context, &bound->expected_draw);
	}
	InitFunctionCallInfoData(*call, &bound->expected_draw, 2, InvalidOid, NULL, NULL);
	call->args[0].value = demand;
	call->args[0].isnull = false;
	call->args[1].value = Float8GetDatum(limit);
	call->args[1].isnull = false;
	draw = DatumGetFloat8(FunctionCallInvoke(call));
	return call->isnull ? NAN : draw;
}

/* Of the limit in place i. Where demand is not known, all is drawn; what is not known of losses is none. */
static double
use_of(const Menu *menu, MenuBudget budget, int i)
{
	const double *part = menu->account->economics;
	double		limit = menu->limit[i] / menu->unit;
	double		draw = isnan(menu->draw[i]) ? limit : menu->draw[i];
	double		undrawn = limit - draw;
	double		use = 0;

	switch (budget)
	{
		case MENU_EXPOSURE:
			return limit;
		case MENU_UNDRAWN:
			return isnan(menu->draw[i]) ? limit : undrawn;
		case MENU_EXPECTED_LOSS:
			use = part[CL_ECONOMICS_PD] * part[CL_ECONOMICS_LGD] *
				(part[CL_ECONOMICS_DEFAULT_DRAW_RATIO] * draw + part[CL_ECONOMICS_CCF] * undrawn);
			break;
		default:
			use = part[CL_ECONOMICS_CAPITAL] * (draw + part[CL_ECONOMICS_CCF] * undrawn);
	}
	return isnan(use) ? 0 : use;
}

/*
 * A rise is offered, and earns what it adds where it is accepted; until the notice of a cut is over the old limit earns. Both
 * cost what a change costs.
 */
static double
value_of(const Menu *menu, int i, int keep)
{
	double		gain = menu->profit[i] - menu->profit[keep];

	if (i == keep)
		return menu->profit[i];
	return menu->profit[keep] + gain * (i > keep ? menu->acceptance : 1 - menu->notice_years) - menu->cost_of_change;
}

static Datum
billionths(double value)
{
	Datum		number = DirectFunctionCall1(float8_numeric, Float8GetDatum(value));

	return DirectFunctionCall1(numeric_trim_scale, DirectFunctionCall2(numeric_round, number, Int32GetDatum(9)));
}

static double
option(FunctionCallInfo fcinfo, int argument, double highest, const char *what)
{
	double		value = PG_GETARG_FLOAT8(argument);

	if (!(value >= 0 && value <= highest))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be between 0 and %g", what, highest),
				 errdetail("It is %g.", value),
				 errhint("acceptance is a probability, notice_days are at most 365, cost_of_change is an amount.")));
	return value;
}

/*
 * (limit_policy, account record, as_of date, budgets text[], acceptance float8, notice_days float8, cost_of_change float8
 * [, demand, in place of that of the account]) -> (keep int, known boolean, limits numeric[], values numeric[], uses numeric[])
 */
Datum
cl_limit_menu(PG_FUNCTION_ARGS)
{
	ClDocumentUse *use = cl_document_use(fcinfo, 0, &limit_policy_document);
	const ClPolicy *policy = use->compiled;
	MenuBound  *bound = use->bound;
	ClPolicyAccount *account;
	ClPolicyChoices choices;
	ClRecord	record;
	Menu		menu;
	Datum		demand = (Datum) 0;
	bool		known;
	int			keep = 0;
	int			lower[2] = {1, 1};
	int			dims[2];
	Datum	   *limits;
	Datum	   *values;
	Datum	   *uses;

	if (policy->optimal == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("policy \"%s\" does not say what a limit earns", policy->name),
				 errdetail("It has no target.optimal."),
				 errhint("Give the policy the economics of the product: \"target\": {\"optimal\": {...}}.")));
	if (bound == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(use->context);

		bound = palloc0_object(MenuBound);
		bound->reader = cl_policy_reader(policy, false);
		bound->desc = cl_record_desc(fcinfo);
		MemoryContextSwitchTo(old);
		use->bound = bound;
	}
	account = &bound->reader->account;
	menu.account = account;
	menu.unit = (double) cl_pow10_64[policy->decimals];
	read_budgets(PG_GETARG_ARRAYTYPE_P(3), policy, &menu);
	menu.acceptance = option(fcinfo, 4, 1, "acceptance");
	menu.notice_years = option(fcinfo, 5, 365, "notice_days") / 365;
	menu.cost_of_change = option(fcinfo, 6, 1e15, "cost_of_change");

	/* What is chosen takes the place of the target: that its inputs are missing is no reason to refer. */
	cl_policy_read(bound->reader, PG_GETARG_HEAPTUPLEHEADER(1));
	known = (account->missing & (policy->rules.target_by | CL_INPUT_BIT(CL_INPUT_DEMAND))) == 0;
	account->missing &= ~(policy->rules.target_by | CL_INPUT_BIT(CL_INPUT_DEMAND));
	account->amount[CL_INPUT_DEMAND] = CL_NO_CAP;
	cl_policy_choices(&policy->rules, account, cl_policy_day(PG_GETARG_DATUM(2)), &choices);
	set_limits(&menu, &choices, policy->rules.step);
	if (menu.nlimits == 0)
		PG_RETURN_NULL();
	if (known)
		demand = PG_NARGS() > 7 ? PG_GETARG_DATUM(7) : cl_column_datum(bound->reader->row, bound->reader->demand);
	for (int i = 0; i < menu.nlimits && known; i++)
	{
		menu.draw[i] = expected_draw(bound, demand, menu.limit[i] / menu.unit);
		known = !isnan(menu.draw[i]);
		if (menu.limit[i] == choices.keep)
			keep = i;
		menu.profit[i] = account->economics[CL_ECONOMICS_MARGIN] * menu.draw[i] -
			account->economics[CL_ECONOMICS_CARRY] * (menu.limit[i] / menu.unit - menu.draw[i]);
	}
	if (!known)
	{
		menu.nlimits = 1;
		menu.limit[0] = choices.keep;
		menu.draw[0] = NAN;
		menu.profit[0] = 0;
		keep = 0;
	}

	limits = palloc_array(Datum, menu.nlimits);
	values = palloc_array(Datum, menu.nlimits);
	uses = palloc_array(Datum, menu.nlimits * menu.nbudgets);
	for (int i = 0; i < menu.nlimits; i++)
	{
		limits[i] = cl_minor_numeric(menu.limit[i], policy->decimals);
		values[i] = billionths(value_of(&menu, i, keep));
		for (int k = 0; k < menu.nbudgets; k++)
			uses[i * menu.nbudgets + k] = billionths(use_of(&menu, menu.budget[k], i));
	}
	dims[0] = menu.nlimits;
	dims[1] = menu.nbudgets;
	cl_record_open_desc(&record, bound->desc);
	cl_record_put_int32(&record, keep + 1);
	cl_record_put_bool(&record, known);
	cl_record_put(&record, PointerGetDatum(construct_array(limits, menu.nlimits, NUMERICOID, -1, false, TYPALIGN_INT)));
	cl_record_put(&record, PointerGetDatum(construct_array(values, menu.nlimits, NUMERICOID, -1, false, TYPALIGN_INT)));
	cl_record_put(&record, PointerGetDatum(construct_md_array(uses, NULL, 2, dims, lower, NUMERICOID, -1, false, TYPALIGN_INT)));
	PG_RETURN_DATUM(cl_record_datum(&record));
}

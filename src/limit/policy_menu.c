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
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(cl_limit_menu);

/* As many as action_price() takes for a limit in steps. */
#define MOST_LIMITS 64
#define MOST_BUDGETS 16

typedef enum MenuBudget
{
	MENU_EXPOSURE, MENU_UNDRAWN, MENU_EXPECTED_LOSS, MENU_CAPITAL, MENU_BUDGETS,
	MENU_COLUMN = MENU_BUDGETS	/* what a column says a unit uses */
} MenuBudget;

static const char *const budget_names[MENU_BUDGETS] = {"exposure", "undrawn", "expected_loss", "capital"};

#define MOST_USE 1000.0			/* of a unit, as in shadow_price() */

typedef struct MenuBound
{
	ClPolicyReader *reader;
	TupleDesc	desc;
	FmgrInfo	expected_draw;
	MemoryContext context;		/* of what follows */
	ArrayType  *names;
	int			nbudgets;
	MenuBudget	budget[MOST_BUDGETS];
	ClRow	   *row;			/* NULL: no budget is a column */
	ClColumn   *use[MOST_BUDGETS];
	ClColumn   *draw[MOST_BUDGETS];
} MenuBound;

/* One account, and how its changes count. */
typedef struct Menu
{
	const ClPolicyAccount *account;
	double		unit;			/* minor units of one */
	double		acceptance;
	double		notice_years;
	double		cost_of_change;
	double		use[MOST_BUDGETS];	/* of a unit of limit, and of one drawn, by a column; NaN: not known */
	double		use_drawn[MOST_BUDGETS];
	int			nlimits;
	int64		limit[MOST_LIMITS];
	double		draw[MOST_LIMITS];	/* NaN: demand is not known */
	double		profit[MOST_LIMITS];
} Menu;

static void wrong_budget(const ClPolicy *policy, const char *name) pg_attribute_noreturn();

static void
wrong_budget(const ClPolicy *policy, const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("policy \"%s\" does not say what a limit uses of budget \"%s\"", policy->name, name),
			 errdetail("Known are exposure and undrawn, where target.optimal has pd, lgd, ccf and capital expected_loss and "
					   "capital, and columns of the account."),
			 errhint("Name one of these, draft a policy with all parts of unit_economics(), or add a column with the use of a "
					 "unit of limit.")));
}

/* Which budgets are meant; those of other names are columns. */
static void
find_budgets(const ArrayType *names, const ClPolicy *policy, MenuBound *bound)
{
	ClColumn   *column = palloc0_array(ClColumn, 2 * MOST_BUDGETS);
	int			ncolumns = 0;
	Datum	   *name;
	bool	   *null;

	deconstruct_array((ArrayType *) names, TEXTOID, -1, false, TYPALIGN_INT, &name, &null, &bound->nbudgets);
	if (bound->nbudgets < 1 || bound->nbudgets > MOST_BUDGETS || ARR_NDIM(names) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("a menu needs from 1 to %d budgets", MOST_BUDGETS),
				 errdetail("Given are %d.", bound->nbudgets),
				 errhint("Give an array as '{exposure,expected_loss}'.")));
	for (int k = 0; k < bound->nbudgets; k++)
	{
		char	   *given = null[k] ? "NULL" : TextDatumGetCString(name[k]);
		int			which = 0;

		while (which < MENU_BUDGETS && strcmp(given, budget_names[which]) != 0)
			which++;
		if (null[k] || ((which == MENU_EXPECTED_LOSS || which == MENU_CAPITAL) && policy->optimal->by_margin))
			wrong_budget(policy, given);
		bound->budget[k] = which;
		if (which != MENU_COLUMN)
			continue;
		bound->use[k] = &column[ncolumns++];
		*bound->use[k] = (ClColumn) {.name = given, .accept = CL_ACCEPT_NUMBER, .optional = true};
		bound->draw[k] = &column[ncolumns++];
		*bound->draw[k] = (ClColumn) {.name = psprintf("draw_%s", given), .accept = CL_ACCEPT_NUMBER, .optional = true};
	}
	bound->row = ncolumns > 0 ? cl_row_create(psprintf("the budgets of limit_policy \"%s\"", policy->name), column, ncolumns) :
		NULL;
}

static bool
is_same(const ArrayType *a, const ArrayType *b)
{
	return a != NULL && VARSIZE(a) == VARSIZE(b) && memcmp(a, b, VARSIZE(a)) == 0;
}

/* Looked up again only where others are named than for the row before. */
static void
know_budgets(const ArrayType *names, const ClPolicy *policy, MemoryContext context, MenuBound *bound)
{
	MemoryContext old;

	if (is_same(bound->names, names))
		return;
	bound->names = NULL;
	if (bound->context == NULL)
		bound->context = AllocSetContextCreate(context, "budgets of a menu", ALLOCSET_SMALL_SIZES);
	MemoryContextReset(bound->context);
	old = MemoryContextSwitchTo(bound->context);
	find_budgets(names, policy, bound);
	bound->names = (ArrayType *) pg_detoast_datum_copy((struct varlena *) names);
	MemoryContextSwitchTo(old);
}

static double
number_of(const ClRow *row, const ClColumn *column, double lowest)
{
	double		number = cl_column_null(row, column) ? NAN : cl_column_float8(row, column);

	return number >= lowest && number <= MOST_USE ? number : NAN;
}

/* What columns say of an account; false where one of them says nothing that can be counted. */
static bool
read_uses(const MenuBound *bound, const ClPolicy *policy, HeapTupleHeader account, Menu *menu)
{
	bool		known = true;

	if (bound->row != NULL)
		cl_row_read(bound->row, account);
	for (int k = 0; k < bound->nbudgets; k++)
	{
		if (bound->budget[k] != MENU_COLUMN)
			continue;
		if (bound->use[k]->kind == CL_COLUMN_ABSENT)
			wrong_budget(policy, bound->use[k]->name);
		menu->use[k] = number_of(bound->row, bound->use[k], 0);
		menu->use_drawn[k] = bound->draw[k]->kind == CL_COLUMN_ABSENT ? 0 :
			number_of(bound->row, bound->draw[k], -menu->use[k]);
		known &= !isnan(menu->use[k] + menu->use_drawn[k]);
	}
	return known;
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

/* Of the limit in place i. Where demand is not known, all is drawn; what is not known of losses is none, and of a column NaN. */
static double
use_of(const Menu *menu, MenuBudget budget, int k, int i)
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
		case MENU_COLUMN:
			return menu->use[k] * limit + menu->use_drawn[k] * draw;
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
	bool		uses_known;
	int			keep = 0;
	int			lower[2] = {1, 1};
	int			dims[2];
	Datum	   *limits;
	Datum	   *values;
	Datum	   *uses;
	bool	   *unknown;

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
	know_budgets(PG_GETARG_ARRAYTYPE_P(3), policy, use->context, bound);
	uses_known = read_uses(bound, policy, PG_GETARG_HEAPTUPLEHEADER(1), &menu);
	menu.acceptance = option(fcinfo, 4, 1, "acceptance");
	menu.notice_years = option(fcinfo, 5, 365, "notice_days") / 365;
	menu.cost_of_change = option(fcinfo, 6, 1e15, "cost_of_change");

	/* What is chosen takes the place of the target: that its inputs are missing is no reason to refer. */
	cl_policy_read(bound->reader, PG_GETARG_HEAPTUPLEHEADER(1));
	known = uses_known && (account->missing & (policy->rules.target_by | CL_INPUT_BIT(CL_INPUT_DEMAND))) == 0;
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
	uses = palloc_array(Datum, menu.nlimits * bound->nbudgets);
	unknown = palloc0_array(bool, menu.nlimits * bound->nbudgets);
	for (int i = 0; i < menu.nlimits; i++)
	{
		limits[i] = cl_minor_numeric(menu.limit[i], policy->decimals);
		values[i] = billionths(value_of(&menu, i, keep));
		for (int k = 0; k < bound->nbudgets; k++)
		{
			double		used = use_of(&menu, bound->budget[k], k, i);
			int			place = i * bound->nbudgets + k;

			unknown[place] = isnan(used);
			uses[place] = unknown[place] ? (Datum) 0 : billionths(used);
		}
	}
	dims[0] = menu.nlimits;
	dims[1] = bound->nbudgets;
	cl_record_open_desc(&record, bound->desc);
	cl_record_put_int32(&record, keep + 1);
	cl_record_put_bool(&record, known);
	cl_record_put(&record, PointerGetDatum(construct_array(limits, menu.nlimits, NUMERICOID, -1, false, TYPALIGN_INT)));
	cl_record_put(&record, PointerGetDatum(construct_array(values, menu.nlimits, NUMERICOID, -1, false, TYPALIGN_INT)));
	cl_record_put(&record, PointerGetDatum(construct_md_array(uses, unknown, 2, dims, lower, NUMERICOID, -1, false,
															  TYPALIGN_INT)));
	PG_RETURN_DATUM(cl_record_datum(&record));
}

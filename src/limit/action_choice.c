/*
 * action_choice.c
 *	  What accounts choose by a certificate: see action_choice.h.
 */
#include "postgres.h"

#include <math.h>

#include "limit/action_choice.h"
#include "pg/numeric.h"

#include "catalog/pg_type.h"
#include "utils/fmgrprotos.h"

static void
too_precise(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("prices and amounts have too many digits for exact arithmetic"),
			 errdetail("%s", detail),
			 errhint("Round the amounts to fewer decimals, or measure them in larger units.")));
}

void
cl_exact_or_error(const ClActions *actions, const ClDecimalPrice *price, ClExactPrices *exact)
{
	if (!cl_exact_prices(actions, price, exact))
		too_precise("An amount times a price would need more than 128 bits.");
}

static ClDecimalPrice
decimal_price(Numeric price)
{
	ClDecimalPrice decimal = {.units = 0};
	ClNumericView view;

	cl_numeric_open(NumericGetDatum(price), &view);
	decimal.decimals = cl_numeric_decimals(&view);
	if (decimal.decimals > CL_PRICE_MOST_DECIMALS ||
		cl_numeric_minor_view(&view, decimal.decimals, &decimal.units) != CL_NUMERIC_OK)
		too_precise(psprintf("A price is %s.", cl_numeric_string(NumericGetDatum(price))));
	return decimal;
}

void
cl_certificate_prices(const ClAllocationCertificate *certificate, ClActionPrices *prices)
{
	memset(prices, 0, sizeof(*prices));
	for (int k = 0; k < certificate->n_budgets; k++)
	{
		const ClCertifiedBudget *budget = &certificate->budget[k];

		prices->price[k] = decimal_price(budget->price);
		prices->decides[k] = budget->decides != NULL ? decimal_price(budget->decides) : prices->price[k];
		if (budget->fill_price != NULL)
			prices->fill_price[k] = decimal_price(budget->fill_price);
	}
	/* A place is a whole number of billionths, so one below a share that is none is below the next that is. */
	if (certificate->fill != NULL)
	{
		Datum		places = DirectFunctionCall2(numeric_mul, NumericGetDatum(certificate->fill),
												 cl_minor_numeric(CL_FILL_UNIT, 0));

		prices->fill = DatumGetInt64(DirectFunctionCall1(numeric_int8, DirectFunctionCall1(numeric_ceil, places)));
	}
}

/* V + sum of price * (amount - use), of what is best for each account at the prices. */
Numeric
cl_action_bound(const ClActions *actions, const ClActionPrices *prices, const Numeric *amount)
{
	ClExactPrices exact;
	ClActionTotals totals;
	Datum		bound;

	cl_exact_or_error(actions, prices->price, &exact);
	cl_actions_choose(actions, &exact, &totals, NULL);
	bound = NumericGetDatum(cl_action_number(totals.value, actions->decimals[0]));
	for (int k = 0; k < actions->budgets; k++)
	{
		ClCertifiedBudget budget = {
			.amount = amount[k],
			.used = cl_action_number(totals.use[k], actions->decimals[1 + k]),
			.price = cl_action_number(prices->price[k].units, prices->price[k].decimals)
		};

		bound = DirectFunctionCall2(numeric_add, bound, NumericGetDatum(cl_certificate_slackness(&budget)));
	}
	return DatumGetNumeric(bound);
}

void
cl_action_choices(const ClActionRows *rows, const ClActionPrices *prices, ClActionTotals *totals, size_t *chosen)
{
	const ClActions *actions = &rows->actions;
	ClExactPrices exact;

	cl_exact_or_error(actions, prices->decides, &exact);
	cl_actions_choose(actions, &exact, totals, chosen);
	if (prices->fill == 0)
		return;
	cl_exact_or_error(actions, prices->fill_price, &exact);
	for (size_t i = 0; i < actions->accounts; i++)
	{
		size_t		row = cl_action_choose(actions, &exact, i);

		if (i % 4096 == 0)
			actions->memory->check_for_interrupts();
		/* The hash is looked at only where it matters. */
		if (row != chosen[i] && cl_action_place(rows->group[i]) < prices->fill)
		{
			cl_actions_add(actions, chosen[i], -1, totals);
			cl_actions_add(actions, row, 1, totals);
			chosen[i] = row;
		}
	}
}

bool
cl_action_repair(const ClActionRows *rows, const ClAllocationCertificate *certificate, ClActionTotals *totals, size_t *chosen,
				 int *at)
{
	const ClActions *actions = &rows->actions;
	size_t		account = 0;

	for (*at = 0; *at < certificate->n_repaired; (*at)++)
	{
		const ClRepaired *repaired = &certificate->repaired[*at];
		size_t		row;

		while (account < actions->accounts && rows->group[account] < repaired->account_id)
			account++;
		if (account == actions->accounts || rows->group[account] != repaired->account_id)
			return false;
		for (row = actions->first[account]; row < actions->first[account + 1] && rows->action[row] != repaired->action; row++)
			;
		if (row == actions->first[account + 1])
			return false;
		cl_actions_add(actions, chosen[account], -1, totals);
		cl_actions_add(actions, row, 1, totals);
		chosen[account] = row;
	}
	return true;
}

Datum
cl_action_flip_datum(const double *flip, int budgets)
{
	Datum		value[CL_ACTION_BUDGETS];
	bool		null[CL_ACTION_BUDGETS];
	int			lower = 1;

	for (int k = 0; k < budgets; k++)
	{
		value[k] = Float8GetDatum(flip[k]);
		null[k] = isnan(flip[k]);
	}
	return PointerGetDatum(construct_md_array(value, null, 1, &budgets, &lower, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL,
											  TYPALIGN_DOUBLE));
}

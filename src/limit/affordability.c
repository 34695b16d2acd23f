/*
 * affordability.c
 *	  What a borrower can afford, and what a line leaves to draw, without a policy.
 */
#include "postgres.h"

#include <math.h>

#include "limit/policy.h"

PG_FUNCTION_INFO_V1(cl_affordable_limit);
PG_FUNCTION_INFO_V1(cl_available_credit);

static void argument_error(const char *name, const char *expected, const char *value) pg_attribute_noreturn();

static void
argument_error(const char *name, const char *expected, const char *value)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("\"%s\" must be %s", name, expected),
			 errdetail("It is %s.", value),
			 errhint("Rates are fractions: 0.18 is 18 %%. Amounts are not negative.")));
}

/*
 * A rate in millionths. One that is a hair away from a millionth, as a double must be, is that one; any other is
 * rounded against the borrower.
 */
static int64
rate_argument(FunctionCallInfo fcinfo, int argno, const char *name, double highest, bool up)
{
	double		rate = PG_GETARG_FLOAT8(argno);
	double		millionths = rate * CL_RATE_ONE;
	double		nearest = rint(millionths);

	if (!(rate >= 0 && rate <= highest))
		argument_error(name, psprintf("between 0 and %g", highest), psprintf("%g", rate));
	if (fabs(millionths - nearest) < 1e-6)
		return (int64) nearest;
	return (int64) (up ? ceil(millionths) : floor(millionths));
}

static int64
amount_argument(FunctionCallInfo fcinfo, int argno, const char *name, int decimals, bool up)
{
	return cl_policy_numeric_minor(PG_GETARG_DATUM(argno), decimals, up, name);
}

static int64
positive_argument(FunctionCallInfo fcinfo, int argno, const char *name, int decimals, bool up)
{
	int64		amount = amount_argument(fcinfo, argno, name, decimals, up);

	if (amount < 0)
		argument_error(name, "zero or more", cl_numeric_string(PG_GETARG_DATUM(argno)));
	return amount;
}

static int
decimals_argument(FunctionCallInfo fcinfo, int argno)
{
	int			decimals = PG_GETARG_INT32(argno);

	if (decimals < 0 || decimals > CL_POLICY_MAX_DECIMALS)
		argument_error("decimals", psprintf("between 0 and %d", CL_POLICY_MAX_DECIMALS), psprintf("%d", decimals));
	return decimals;
}

static bool
any_null(FunctionCallInfo fcinfo, const int *arguments, int count)
{
	for (int i = 0; i < count; i++)
	{
		if (PG_ARGISNULL(arguments[i]))
			return true;
	}
	return false;
}

/*
 * (income, obligations, apr, payment_rate, payment_floor, max_debt_to_income, residual_income, fees, decimals): a NULL
 * max_debt_to_income is not looked at, any other NULL makes the answer NULL.
 */
Datum
cl_affordable_limit(PG_FUNCTION_ARGS)
{
	static const int strict[] = {0, 1, 2, 3, 4, 6, 7, 8};
	ClAffordability rule;
	int			decimals;
	int64		income;
	int64		obligations;

	if (any_null(fcinfo, strict, lengthof(strict)))
		PG_RETURN_NULL();
	decimals = decimals_argument(fcinfo, 8);
	income = amount_argument(fcinfo, 0, "income", decimals, CL_ROUND_DOWN);
	obligations = amount_argument(fcinfo, 1, "obligations", decimals, CL_ROUND_UP);
	rule.apr = rate_argument(fcinfo, 2, "apr", 10, true);
	rule.payment_rate = rate_argument(fcinfo, 3, "payment_rate", 1, true);
	rule.payment_floor = positive_argument(fcinfo, 4, "payment_floor", decimals, CL_ROUND_UP);
	rule.max_debt_to_income = PG_ARGISNULL(5) ? CL_NO_CAP : rate_argument(fcinfo, 5, "max_debt_to_income", 10, false);
	rule.residual_income = positive_argument(fcinfo, 6, "residual_income", decimals, CL_ROUND_UP);
	rule.fees = positive_argument(fcinfo, 7, "fees", decimals, CL_ROUND_UP);
	if (rule.apr == 0 && rule.payment_rate == 0)
		argument_error("payment_rate", "more than zero where \"apr\" is zero, or every limit is affordable", "0");
	PG_RETURN_DATUM(cl_minor_numeric(cl_policy_affordable(&rule, income, obligations), decimals));
}

/* As many decimals as the amounts show, and no more than a policy may have: what is finer is rounded against the borrower. */
static int
common_decimals(FunctionCallInfo fcinfo)
{
	int			decimals = 0;

	for (int i = 0; i < 5; i++)
	{
		ClNumericView view;

		if (PG_ARGISNULL(i))
			continue;
		cl_numeric_open(PG_GETARG_DATUM(i), &view);
		decimals = Max(decimals, view.dscale);
	}
	return Min(decimals, CL_POLICY_MAX_DECIMALS);
}

/* (credit_limit, balance, blocked, umbrella_limit, umbrella_drawn): a NULL umbrella_limit is no umbrella. */
Datum
cl_available_credit(PG_FUNCTION_ARGS)
{
	static const int strict[] = {0, 1, 2};
	int			decimals;
	int64		limit;
	int64		drawn;
	int64		umbrella_limit = CL_NO_CAP;
	int64		umbrella_drawn = 0;

	if (any_null(fcinfo, strict, lengthof(strict)) || (!PG_ARGISNULL(3) && PG_ARGISNULL(4)))
		PG_RETURN_NULL();
	decimals = common_decimals(fcinfo);
	limit = positive_argument(fcinfo, 0, "credit_limit", decimals, CL_ROUND_DOWN);
	drawn = cl_policy_drawn(amount_argument(fcinfo, 1, "balance", decimals, CL_ROUND_UP),
							amount_argument(fcinfo, 2, "blocked", decimals, CL_ROUND_UP));
	if (!PG_ARGISNULL(3))
	{
		umbrella_limit = positive_argument(fcinfo, 3, "umbrella_limit", decimals, CL_ROUND_DOWN);
		umbrella_drawn = amount_argument(fcinfo, 4, "umbrella_drawn", decimals, CL_ROUND_UP);
	}
	PG_RETURN_DATUM(cl_minor_numeric(cl_policy_available(limit, drawn, umbrella_limit, umbrella_drawn), decimals));
}

/*
 * exposure.c
 *	  Capital by the internal-ratings formulas, exposure at default, and the expected loss of a revolving line (IFRS 9).
 *
 * What a supervisor sets comes as a document with every call (parameter_sets() has some), so that a capital of last year can be
 * computed again; it is read once for all rows that give the same.
 */
#include "postgres.h"

#include <math.h>

#include "core/exposure.h"
#include "core/gap.h"
#include "pg/argument.h"
#include "pg/cache.h"
#include "pg/json.h"
#include "pg/money.h"
#include "pg/record.h"
#include "pg/regression_row.h"

#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

PG_FUNCTION_INFO_V1(cl_irb_correlation_of);
PG_FUNCTION_INFO_V1(cl_irb_capital_of);
PG_FUNCTION_INFO_V1(cl_risk_weight);
PG_FUNCTION_INFO_V1(cl_ead);
PG_FUNCTION_INFO_V1(cl_stressed_draw);
PG_FUNCTION_INFO_V1(cl_ecl_revolving);
PG_FUNCTION_INFO_V1(cl_marginal_pd_of_cumulative);
PG_FUNCTION_INFO_V1(cl_marginal_pd_of_hazard);

/* Of an amount in minor units: its rates are then exact in 128 bits. */
#define LARGEST_DIGITS 24
#define MOST_DECIMALS 20
/* A line outlives no such number of years, or months for who counts these. */
#define MOST_PERIODS 1200

static const char *const class_names[] = {"mortgage", "qrre", "other_retail", "corporate", NULL};

/*
 * What a supervisor sets
 */

static double
number_of(const ClJson *object, const char *key, double lowest, double highest)
{
	ClJson		node;

	cl_json_require(object, key, &node);
	return cl_json_float8(&node, lowest, highest);
}

/* A number, or two: that of a PD of 0 and that of one far from it. */
static void
read_correlation(const ClJson *object, ClIrbClass *class)
{
	double		ends[2];
	ClJson		node;
	ClJson		end;

	cl_json_require(object, "correlation", &node);
	for (int i = 0; i < 2; i++)
	{
		if (cl_json_is_array(&node))
		{
			(void) cl_json_array(&node, 2, 2);
			cl_json_item(&node, i, &end);
		}
		else
			end = node;
		ends[i] = cl_json_float8(&end, 0, 0.99);
	}
	class->correlation_high = ends[0];
	class->correlation_low = ends[1];
	if (ends[0] != ends[1])
		class->decay = number_of(object, "decay", 1e-6, 1e6);
}

static void
read_class(const ClJson *object, ClIrbClass *class)
{
	static const char *const keys[] = {"correlation", "decay", "pd_floor", "lgd_floor", "small_firm", "maturity", NULL};
	static const char *const small_keys[] = {"reduction", "turnover", NULL};
	static const char *const maturity_keys[] = {"at", "intercept", "slope", NULL};
	ClJson		node;
	ClJson		turnover;
	ClJson		end;

	*class = (ClIrbClass) {.maturity_at = NAN};
	cl_json_object(object, keys);
	read_correlation(object, class);
	if (cl_json_get(object, "pd_floor", &node))
		class->pd_floor = cl_json_float8(&node, 0, 1);
	if (cl_json_get(object, "lgd_floor", &node))
		class->lgd_floor = cl_json_float8(&node, 0, 2);
	if (cl_json_get(object, "small_firm", &node))
	{
		cl_json_object(&node, small_keys);
		class->small_firm = number_of(&node, "reduction", 0, Min(class->correlation_high, class->correlation_low));
		cl_json_require(&node, "turnover", &turnover);
		(void) cl_json_array(&turnover, 2, 2);
		cl_json_item(&turnover, 0, &end);
		class->turnover_low = cl_json_float8(&end, 0, 1e15);
		cl_json_item(&turnover, 1, &end);
		class->turnover_high = cl_json_float8(&end, 0, 1e15);
		if (class->turnover_high <= class->turnover_low)
			cl_json_error(&end, "above the turnover before it");
	}
	if (cl_json_get(object, "maturity", &node))
	{
		cl_json_object(&node, maturity_keys);
		class->maturity_at = number_of(&node, "at", 0, 100);
		class->maturity_intercept = number_of(&node, "intercept", -10, 10);
		class->maturity_slope = number_of(&node, "slope", 0, 10);
	}
}

static void *
read_parameters(FunctionCallInfo fcinfo, Jsonb *jsonb)
{
	static const char *const keys[] = {"confidence", "risk_weight_factor", "classes", "conversion_factors", NULL};
	ClIrb	   *irb = palloc_object(ClIrb);
	ClJson		root;
	ClJson		classes;
	ClJson		node;

	(void) fcinfo;
	cl_json_open(&root, "parameter set", jsonb);
	cl_json_object(&root, keys);
	irb->confidence = number_of(&root, "confidence", 0.5, 1 - 1e-9);
	irb->weight_factor = number_of(&root, "risk_weight_factor", 0, 100);
	cl_json_require(&root, "classes", &classes);
	cl_json_object(&classes, class_names);
	for (int i = 0; i < CL_ASSET_CLASSES; i++)
	{
		cl_json_require(&classes, class_names[i], &node);
		read_class(&node, &irb->class[i]);
	}
	return irb;
}

/* The class of an argument, of the set in the last one. */
static const ClIrbClass *
class_argument(FunctionCallInfo fcinfo, int argno, const ClIrb **irb)
{
	int			class = cl_choice_argument(PG_GETARG_TEXT_PP(argno), class_names, "asset class",
										   "qrre are revolving exposures to individuals, other_retail other loans without a home "
										   "behind them.");

	*irb = cl_call_options(fcinfo, PG_NARGS() - 1, read_parameters);
	return &(*irb)->class[class];
}

static double
rate_argument(FunctionCallInfo fcinfo, int argno, const char *what, double highest)
{
	double		rate = PG_GETARG_FLOAT8(argno);

	if (!(rate >= 0 && rate <= highest))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s must be between 0 and %g", what, highest),
				 errdetail("Found %g.", rate),
				 errhint("Rates are fractions: 0.18 is 18 %%; a maturity is in years.")));
	return rate;
}

/* NULL is not known: the firm is not small. */
static double
turnover_argument(FunctionCallInfo fcinfo, int argno)
{
	double		turnover = PG_ARGISNULL(argno) ? NAN : PG_GETARG_FLOAT8(argno);

	if (turnover < 0)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("turnover must not be negative"),
				 errdetail("Found %g.", turnover),
				 errhint("It is a year's, in the units of the parameter set: millions of EUR in those that are shipped.")));
	return turnover;
}

/* pd, asset_class, turnover, parameters */
Datum
cl_irb_correlation_of(PG_FUNCTION_ARGS)
{
	const ClIrb *irb;
	const ClIrbClass *class;
	double		pd;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(3))
		PG_RETURN_NULL();
	class = class_argument(fcinfo, 1, &irb);
	pd = rate_argument(fcinfo, 0, "PD", 1);
	PG_RETURN_FLOAT8(cl_irb_correlation(class, Max(pd, class->pd_floor), turnover_argument(fcinfo, 2)));
}

/* pd, lgd, asset_class, maturity, turnover, parameters; false where the answer is NULL */
static bool
capital_of(FunctionCallInfo fcinfo, double *capital, const ClIrb **irb)
{
	const ClIrbClass *class;
	double		pd;
	double		lgd;
	double		maturity;
	double		turnover;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(5))
		return false;
	class = class_argument(fcinfo, 2, irb);
	pd = rate_argument(fcinfo, 0, "PD", 1);
	lgd = rate_argument(fcinfo, 1, "LGD", 2);
	turnover = turnover_argument(fcinfo, 4);
	maturity = class->maturity_at;
	if (!PG_ARGISNULL(3) && !isnan(maturity))
		maturity = rate_argument(fcinfo, 3, "maturity in years", 100);
	*capital = cl_irb_capital(*irb, class, pd, lgd, maturity, turnover);
	if (isnan(*capital))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("PD is too small for the maturity adjustment"),
				 errdetail("Found %g.", pd),
				 errhint("Set a \"pd_floor\" for the class in the parameter set.")));
	return true;
}

Datum
cl_irb_capital_of(PG_FUNCTION_ARGS)
{
	const ClIrb *irb;
	double		capital;

	if (!capital_of(fcinfo, &capital, &irb))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(capital);
}

Datum
cl_risk_weight(PG_FUNCTION_ARGS)
{
	const ClIrb *irb;
	double		capital;

	if (!capital_of(fcinfo, &capital, &irb))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(irb->weight_factor * capital);
}

/*
 * Amounts
 */

static int
decimals_argument(FunctionCallInfo fcinfo, int argno)
{
	int			decimals = PG_GETARG_INT32(argno);

	if (decimals < 0 || decimals > MOST_DECIMALS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("decimals must be between 0 and %d", MOST_DECIMALS),
				 errdetail("Found %d.", decimals),
				 errhint("Cents are 2, yen are 0.")));
	return decimals;
}

/* An amount rounded to decimals, in minor units; a negative one is 0 where that has a meaning. */
static cl_int128
amount_argument(FunctionCallInfo fcinfo, int argno, const char *what, int decimals, bool may_be_negative)
{
	Datum		given = PG_GETARG_DATUM(argno);
	cl_int128	minor = 0;

	cl_money_require_finite(given, what);
	given = DirectFunctionCall2(numeric_round, given, Int32GetDatum(decimals));
	if (cl_numeric_minor128(given, decimals, &minor) != CL_NUMERIC_OK || (minor < 0 && !may_be_negative) ||
		minor > (cl_int128) cl_pow10_128(LARGEST_DIGITS))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s must be an amount between 0 and 10^24 minor units", what),
				 errdetail("Found %s.", cl_numeric_string(given)),
				 errhint("Money is not negative here; fewer decimals leave more room.")));
	return Max(minor, 0);
}

/* A rate as a whole number of 10^-12, of an amount. */
static cl_int128
share_of(cl_int128 amount, double rate)
{
	return cl_rate_of(amount, (int64) rint(rate * 1e12));
}

/* balance, credit_limit, ccf, decimals. What is drawn beyond the limit stays; a credit balance is nothing drawn. */
Datum
cl_ead(PG_FUNCTION_ARGS)
{
	int			decimals = decimals_argument(fcinfo, 3);
	cl_int128	drawn = amount_argument(fcinfo, 0, "balance", decimals, true);
	cl_int128	limit = amount_argument(fcinfo, 1, "credit limit", decimals, false);
	double		ccf = rate_argument(fcinfo, 2, "credit conversion factor", 10);

	PG_RETURN_DATUM(cl_minor_numeric(drawn + share_of(Max(limit - drawn, 0), ccf), decimals));
}

/* balance, credit_limit, rate, use_effect, decimals: undrawn * min(1, rate * (1 + use_effect * use)) */
Datum
cl_stressed_draw(PG_FUNCTION_ARGS)
{
	int			decimals = decimals_argument(fcinfo, 4);
	cl_int128	drawn = amount_argument(fcinfo, 0, "balance", decimals, true);
	cl_int128	limit = amount_argument(fcinfo, 1, "credit limit", decimals, false);
	double		rate = rate_argument(fcinfo, 2, "rate", 1);
	double		effect = rate_argument(fcinfo, 3, "effect of use", 1000);
	double		use = limit > 0 ? Min((double) drawn / (double) limit, 1) : 0;

	PG_RETURN_DATUM(cl_minor_numeric(share_of(Max(limit - drawn, 0), Min(1, rate * (1 + effect * use))), decimals));
}

/*
 * PDs by period
 */

static const double *
pd_argument(FunctionCallInfo fcinfo, int argno, int *n)
{
	const double *pd = cl_float8_array(PG_GETARG_ARRAYTYPE_P(argno), n);

	if (pd == NULL || *n > MOST_PERIODS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("PDs must be an array of one dimension, of at most %d periods, without NULLs", MOST_PERIODS),
				 errdetail("Found %s.", pd != NULL ? psprintf("%d periods", *n) :
						   ARR_NDIM(PG_GETARG_ARRAYTYPE_P(argno)) > 1 ? "more dimensions" : "a NULL inside"),
				 errhint("One PD for each year, from the first on.")));
	return pd;
}

static void
pd_error(int i, double pd, const char *expected)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("PD of period %d must be %s", i + 1, expected),
			 errdetail("Found %g.", pd),
			 errhint("Marginal PDs add up to at most 1, and cumulative ones do not fall; marginal_pd and "
					 "marginal_pd_from_hazard make the former.")));
}

/* Rounding of what adds up to 1. */
#define HAIR 1e-9

Datum
cl_marginal_pd_of_cumulative(PG_FUNCTION_ARGS)
{
	int			n;
	const double *cumulative = pd_argument(fcinfo, 0, &n);
	double	   *marginal = palloc_array(double, n + 1);

	for (int i = 0; i < n; i++)
	{
		double		before = i > 0 ? cumulative[i - 1] : 0;

		if (!(cumulative[i] >= before && cumulative[i] <= 1))
			pd_error(i, cumulative[i], "between that before it and 1");
		marginal[i] = cumulative[i] - before;
	}
	PG_RETURN_DATUM(cl_float8_array_datum(marginal, n));
}

Datum
cl_marginal_pd_of_hazard(PG_FUNCTION_ARGS)
{
	int			n;
	const double *hazard = pd_argument(fcinfo, 0, &n);
	double	   *marginal = palloc_array(double, n + 1);
	double		survivors = 1;

	for (int i = 0; i < n; i++)
	{
		if (!(hazard[i] >= 0 && hazard[i] <= 1))
			pd_error(i, hazard[i], "between 0 and 1");
		marginal[i] = survivors * hazard[i];
		survivors *= 1 - hazard[i];
	}
	PG_RETURN_DATUM(cl_float8_array_datum(marginal, n));
}

/*
 * stage, drawn, undrawn, ccf, pd, lgd, eir, decimals
 *
 * ECL = sum over years of PD_t LGD (drawn + CCF undrawn) (1 + EIR)^-t: of the first year in stage 1, of all in 2 and 3.
 */
Datum
cl_ecl_revolving(PG_FUNCTION_ARGS)
{
	int			stage = PG_GETARG_INT32(0);
	int			decimals = decimals_argument(fcinfo, 7);
	cl_int128	drawn = amount_argument(fcinfo, 1, "drawn amount", decimals, true);
	cl_int128	undrawn = amount_argument(fcinfo, 2, "undrawn amount", decimals, false);
	double		ccf = rate_argument(fcinfo, 3, "credit conversion factor", 10);
	double		lgd = rate_argument(fcinfo, 5, "LGD", 2);
	double		eir = PG_GETARG_FLOAT8(6);
	int			n;
	const double *pd = pd_argument(fcinfo, 4, &n);
	double		loss = 0;
	double		total = 0;
	cl_int128	part[2];
	ClRecord	record;

	if (stage < 1 || stage > 3)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("stage must be 1, 2 or 3"),
				 errdetail("Found %d.", stage),
				 errhint("ifrs9_stage says which.")));
	if (!(eir > -1 && eir <= 10))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("effective interest rate must be above -1 and at most 10"),
				 errdetail("Found %g.", eir),
				 errhint("Rates are fractions: 0.18 is 18 %% a year.")));
	for (int i = 0; i < n; i++)
	{
		total += pd[i];
		if (!(pd[i] >= 0 && total <= 1 + HAIR))
			pd_error(i, pd[i], "at least 0, and all together at most 1");
		if (i == 0 || stage > 1)
			loss += pd[i] * lgd * pow(1 + eir, -(i + 1));
	}
	/* 1 + EIR near 0 makes anything of a loss. */
	if (!(loss <= 100))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("discounted loss is out of range"),
				 errdetail("It is %g of the exposure.", loss),
				 errhint("Look at the effective interest rate.")));
	part[0] = share_of(drawn, loss);
	part[1] = share_of(undrawn, loss * ccf);
	cl_record_open(&record, fcinfo);
	cl_record_put(&record, cl_minor_numeric(part[0] + part[1], decimals));
	cl_record_put(&record, cl_minor_numeric(part[0], decimals));
	cl_record_put(&record, cl_minor_numeric(part[1], decimals));
	PG_RETURN_DATUM(cl_record_datum(&record));
}

/*
 * policy_account.c
 *	  What a limit policy wants to know of an account, from a row.
 */
#include "postgres.h"

#include <math.h>

#include "limit/policy.h"

#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"

/* What is owed must not shrink on the way in, and what protects the lender must not grow. */
static const bool rounds_up[CL_POLICY_AMOUNTS] = {
	[CL_INPUT_BALANCE] = CL_ROUND_UP,
	[CL_INPUT_PENDING] = CL_ROUND_UP,
	[CL_INPUT_OBLIGATIONS] = CL_ROUND_UP,
	[CL_INPUT_UMBRELLA_DRAWN] = CL_ROUND_UP,
	[CL_INPUT_UMBRELLA_GRANTED] = CL_ROUND_UP
};

static void amount_error(const char *what, const char *value, int decimals, const char *problem)
			pg_attribute_noreturn();

static void
amount_error(const char *what, const char *value, int decimals, const char *problem)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("amount \"%s\" %s", what, problem),
			 errdetail("Its value is %s.", value),
			 errhint("An amount is a finite number below 2^63 - 1 minor units at %d decimals.", decimals)));
}

/*
 * An amount with more decimals than the policy has: cut off, then one unit away from zero where the direction asks
 * for it.
 */
static int64
rounded_minor(Datum value, int decimals, bool up, const char *what)
{
	Datum		cut = DirectFunctionCall2(numeric_trunc, value, Int32GetDatum(decimals));
	int64		minor = 0;
	bool		negative = DatumGetBool(DirectFunctionCall2(numeric_lt, value,
															 DirectFunctionCall1(int4_numeric, Int32GetDatum(0))));

	if (cl_numeric_minor(cut, decimals, &minor) != CL_NUMERIC_OK ||
		(up && !negative && __builtin_add_overflow(minor, (int64) 1, &minor)) ||
		(!up && negative && __builtin_sub_overflow(minor, (int64) 1, &minor)))
		amount_error(what, cl_numeric_string(value), decimals, "is too large");
	return minor;
}

int64
cl_policy_numeric_minor(Datum value, int decimals, bool up, const char *what)
{
	int64		minor = 0;

	switch (cl_numeric_minor(value, decimals, &minor))
	{
		case CL_NUMERIC_OK:
			/* The largest integer stands for no cap. */
			if (minor == CL_NO_CAP)
				amount_error(what, cl_numeric_string(value), decimals, "is too large");
			break;
		case CL_NUMERIC_FINER:
			return rounded_minor(value, decimals, up, what);
		case CL_NUMERIC_TOO_LARGE:
			amount_error(what, cl_numeric_string(value), decimals, "is too large");
		default:
			amount_error(what, cl_numeric_string(value), decimals, "is not a finite amount");
	}
	return minor;
}

/* By its shortest decimal: what a person sees when the number is printed. */
static int64
decimal_minor(const char *text, int decimals, bool up, const char *what)
{
	Datum		number = DirectFunctionCall3(numeric_in, CStringGetDatum(text), ObjectIdGetDatum(InvalidOid),
											 Int32GetDatum(-1));

	return cl_policy_numeric_minor(number, decimals, up, what);
}

/*
 * A double that is the nearest one to a whole number of minor units is that number: below 2^53 both, and the power of
 * ten, are exact doubles, and a division of exact doubles is rounded correctly.
 */
int64
cl_policy_float8_minor(double value, int decimals, bool up, const char *what)
{
	double		unit = (double) cl_pow10_64[decimals];
	double		nearest = rint(value * unit);
	char		text[DOUBLE_SHORTEST_DECIMAL_LEN];

	if (fabs(nearest) <= 9e15 && nearest / unit == value)
		return (int64) nearest;
	if (isfinite(value))
	{
		double_to_shortest_decimal_buf(value, text);
		return decimal_minor(text, decimals, up, what);
	}
	amount_error(what, isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity", decimals, "is not a finite amount");
}

static int64
float4_minor(float4 value, int decimals, bool up, const char *what)
{
	char		text[FLOAT_SHORTEST_DECIMAL_LEN];

	if (!isfinite(value))
		return cl_policy_float8_minor(value, decimals, up, what);
	float_to_shortest_decimal_buf(value, text);
	return decimal_minor(text, decimals, up, what);
}

static int64
integer_minor(int64 value, int decimals, const char *what)
{
	int64		minor;

	if (__builtin_mul_overflow(value, (int64) cl_pow10_64[decimals], &minor) || minor == CL_NO_CAP)
		amount_error(what, psprintf(INT64_FORMAT, value), decimals, "is too large");
	return minor;
}

static int64
slow_amount(const ClRow *row, const ClColumn *column, int decimals, bool up)
{
	Datum		value = cl_column_datum(row, column);

	switch (column->kind)
	{
		case CL_COLUMN_NUMERIC:
			return cl_policy_numeric_minor(value, decimals, up, column->name);
		case CL_COLUMN_FLOAT8:
			return cl_policy_float8_minor(DatumGetFloat8(value), decimals, up, column->name);
		case CL_COLUMN_FLOAT4:
			return float4_minor(DatumGetFloat4(value), decimals, up, column->name);
		case CL_COLUMN_INT2:
			return integer_minor(DatumGetInt16(value), decimals, column->name);
		case CL_COLUMN_INT4:
			return integer_minor(DatumGetInt32(value), decimals, column->name);
		default:
			return integer_minor(DatumGetInt64(value), decimals, column->name);
	}
}

static inline int64
column_amount(const ClRow *row, const ClColumn *column, int decimals, bool up)
{
	int64		minor = 0;

	if (likely(column->kind == CL_COLUMN_NUMERIC && cl_numeric_fast_path(cl_column_datum(row, column), decimals, &minor)))
		return minor;
	return slow_amount(row, column, decimals, up);
}

static void
negative_error(const ClPolicyReader *reader, ClPolicyInput input)
{
	int64		amount = reader->account.amount[input];

	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("column \"%s\" must not be negative", reader->input[input]->name),
			 errdetail("Its value is %s.", cl_numeric_string(cl_minor_numeric(amount, reader->policy->decimals))),
			 errhint("A limit of zero means that nothing is granted.")));
}

static void
read_amounts(ClPolicyReader *reader)
{
	ClPolicyAccount *account = &reader->account;

	for (int input = 0; input < CL_POLICY_AMOUNTS; input++)
	{
		const ClColumn *column = reader->input[input];

		account->amount[input] = 0;
		if (column == NULL || cl_column_null(reader->row, column))
		{
			account->missing |= CL_INPUT_BIT(input);
			continue;
		}
		account->amount[input] = column_amount(reader->row, column, reader->policy->decimals, rounds_up[input]);
		if (account->amount[input] < 0 && (input == CL_INPUT_CREDIT_LIMIT || input == CL_INPUT_UMBRELLA_LIMIT ||
										   input == CL_INPUT_UMBRELLA_GRANTED))
			negative_error(reader, input);
	}
}

/*
 * A quantile of the column of type demand, to the nearest minor unit: an estimate is not exact to the last bit. False where the
 * demand is not known. Where no amount is enough, there is no cap.
 */
bool
cl_policy_demand(ClPolicyReader *reader, double quantile, bool down, int64 *amount)
{
	LOCAL_FCINFO(call, 3);
	double		limit;

	if (reader->demand_quantile.fn_oid == InvalidOid)
	{
		Oid			types[] = {getBaseType(reader->demand->type), FLOAT8OID, TEXTOID};

		cl_own_function("demand_quantile", lengthof(types), types, reader->row->context, &reader->demand_quantile);
	}
	InitFunctionCallInfoData(*call, &reader->demand_quantile, 3, InvalidOid, NULL, NULL);
	call->args[0].value = cl_column_datum(reader->row, reader->demand);
	call->args[0].isnull = false;
	call->args[1].value = Float8GetDatum(quantile);
	call->args[1].isnull = false;
	call->args[2].value = reader->demand_basis;
	call->args[2].isnull = false;
	limit = DatumGetFloat8(FunctionCallInvoke(call));
	if (call->isnull)
		return false;
	limit *= (double) cl_pow10_64[reader->policy->decimals];
	/* A best limit is not exceeded, so that what prices of a budget allow fits it; an amount that is whole stays so. */
	limit = down ? floor(limit + 1e-6) : rint(limit);
	*amount = limit <= CL_POLICY_MAX_AMOUNT ? (int64) limit : CL_NO_CAP;
	return true;
}

/*
 * A limit stands for months, so what a quantile has to cover is the highest of them: a demand of another basis than peak is an
 * error. A demand that is not known, or that no limit covers, leaves what the column with the amount says.
 */
static void
read_demand(ClPolicyReader *reader)
{
	ClPolicyAccount *account = &reader->account;
	int64		amount;

	if (reader->demand == NULL || cl_column_null(reader->row, reader->demand) ||
		!cl_policy_demand(reader, reader->policy->demand_quantile / 10000.0, false, &amount) || amount == CL_NO_CAP)
		return;
	account->amount[CL_INPUT_DEMAND] = amount;
	account->missing &= ~CL_INPUT_BIT(CL_INPUT_DEMAND);
}

/* The limit of the highest profit, of the demand of all months alike. Where nothing pays, it is 0, and not the least demand. */
static void
read_optimal(ClPolicyReader *reader)
{
	ClPolicyAccount *account = &reader->account;
	double		ratio;
	int64		amount = 0;

	if (!cl_policy_read_economics(reader) || cl_column_null(reader->row, reader->demand))
		return;
	ratio = cl_policy_optimal_ratio(account, true);
	if (!cl_policy_demand(reader, ratio, true, &amount))
		return;
	account->amount[CL_INPUT_DEMAND] = ratio > 0 ? amount : 0;
	account->missing &= ~CL_INPUT_BIT(CL_INPUT_DEMAND);
}

/* A statistic; NaN is as good as none. */
double
cl_policy_read_statistic(ClPolicyReader *reader, ClPolicyInput input)
{
	const ClColumn *column = reader->input[input];
	double		value = NAN;

	if (column != NULL && !cl_column_null(reader->row, column))
		value = cl_column_float8(reader->row, column);
	if (isnan(value))
		reader->account.missing |= CL_INPUT_BIT(input);
	return value;
}

static void
read_pd(ClPolicyReader *reader)
{
	double		pd = cl_policy_read_statistic(reader, CL_INPUT_PD);

	if (pd < 0 || pd > 1)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("column \"%s\" must be a probability", reader->input[CL_INPUT_PD]->name),
				 errdetail("Its value is %g.", pd),
				 errhint("A probability of default lies between 0 and 1: 0.02 is 2 %%.")));
	reader->account.pd = pd;
}

static void
read_exclusions(ClPolicyReader *reader)
{
	ClPolicyAccount *account = &reader->account;

	for (int i = 0; i < reader->policy->nexclusions; i++)
	{
		const ClExclusion *exclusion = &reader->policy->exclusions[i];
		bool		met = cl_exclusion_met(exclusion, reader->row, &reader->exclusion[i],
										   &reader->exclusion_unknown[i]);

		reader->exclusion_met[i] = met;
		account->unknown |= reader->exclusion_unknown[i];
		account->excluded |= met;
		account->frozen |= met && exclusion->action == CL_EXCLUSION_FREEZE;
		account->referred |= met && exclusion->action == CL_EXCLUSION_REFER;
	}
}

void
cl_policy_read(ClPolicyReader *reader, HeapTupleHeader record)
{
	ClPolicyAccount *account = &reader->account;
	const ClColumn *last_change = reader->input[CL_INPUT_LAST_LIMIT_CHANGE];

	cl_row_read(reader->row, record);
	account->missing = 0;
	account->unknown = account->excluded = account->frozen = account->referred = false;
	read_amounts(reader);
	if (reader->without_target)
	{
		account->amount[CL_INPUT_DEMAND] = CL_NO_CAP;
		account->missing &= ~CL_INPUT_BIT(CL_INPUT_DEMAND);
	}
	else if (reader->policy->optimal != NULL)
		read_optimal(reader);
	else
		read_demand(reader);
	account->score = cl_policy_read_statistic(reader, CL_INPUT_SCORE);
	account->band[0] = cl_policy_read_statistic(reader, CL_INPUT_DOWN);
	account->band[1] = cl_policy_read_statistic(reader, CL_INPUT_ACROSS);
	read_pd(reader);
	if (cl_column_null(reader->row, last_change))
		account->missing |= CL_INPUT_BIT(CL_INPUT_LAST_LIMIT_CHANGE);
	else
		account->last_limit_change = DatumGetDateADT(cl_column_datum(reader->row, last_change));
	read_exclusions(reader);
	account->held_out = !cl_column_null(reader->row, reader->held_out) &&
		DatumGetBool(cl_column_datum(reader->row, reader->held_out));
}

/* A reader of accounts in the current context. */
ClPolicyReader *
cl_policy_reader(const ClPolicy *policy, bool without_target)
{
	ClPolicyReader *reader = palloc0_object(ClPolicyReader);
	ClColumn   *columns = palloc0_array(ClColumn, 2 + CL_POLICY_INPUTS + policy->nexclusions);
	int			n = 0;

	reader->policy = policy;
	reader->without_target = without_target;
	if (without_target)
		;						/* no demand is read */
	else if (policy->optimal != NULL)
	{
		reader->demand = &columns[n++];
		reader->demand->name = policy->column[CL_INPUT_DEMAND];
		reader->demand->own_type = "demand";
		reader->demand_basis = CStringGetTextDatum("mixture");
	}
	else if (policy->reads[CL_INPUT_DEMAND] && policy->demand_quantile != 0)
	{
		/* The standard column demand, from which the policy names a quantile. */
		reader->demand = &columns[n++];
		reader->demand->name = reader->demand->own_type = "demand";
		reader->demand->optional = true;
		reader->demand_basis = CStringGetTextDatum("peak");
	}
	for (int input = 0; input < CL_POLICY_INPUTS; input++)
	{
		bool		is_target = input == CL_INPUT_DEMAND || input >= CL_INPUT_ECONOMICS;

		if (!policy->reads[input] || (without_target && is_target) || (input == CL_INPUT_DEMAND && policy->optimal != NULL))
			continue;
		columns[n].name = policy->column[input];
		columns[n].accept = input == CL_INPUT_LAST_LIMIT_CHANGE ? CL_ACCEPT_DATE : CL_ACCEPT_NUMBER;
		columns[n].optional = input == CL_INPUT_PENDING || input == CL_INPUT_LAST_LIMIT_CHANGE;
		if (input == CL_INPUT_DEMAND)
			columns[n].alternative = reader->demand;
		reader->input[input] = &columns[n++];
	}
	reader->exclusion = &columns[n];
	for (int i = 0; i < policy->nexclusions; i++)
	{
		columns[n].name = cl_policy_row_name(policy, policy->exclusions[i].column);
		columns[n++].accept = cl_exclusion_accepts(&policy->exclusions[i]);
	}
	reader->held_out = &columns[n];
	columns[n].name = "held_out";
	columns[n].accept = CL_ACCEPT_BOOL;
	columns[n++].optional = true;
	reader->exclusion_met = palloc0_array(bool, policy->nexclusions);
	reader->exclusion_unknown = palloc0_array(bool, policy->nexclusions);
	reader->row = cl_row_create(psprintf("limit_policy \"%s\"", policy->name), columns, n);
	return reader;
}

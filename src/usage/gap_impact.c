/*
 * gap_impact.c
 *	  What an unused limit costs, by cause.
 *
 * Every measure is a rate of an amount, so it divides among the causes as the amount does; in minor units, and so that the
 * rows add up to the total to the last one (cl_rate_of_parts).
 *
 *		forgone margin = margin * the demand that is not met, as far as it could prudently be met
 *		idle cost      = carry * unused,  carry being what a unit that is granted and not drawn costs a year
 *		contingent EAD = CCF * unused
 *		capital        = K * CCF * unused,  K being capital per unit of exposure (Basel: irb_capital)
 *		expected loss  = PD * LGD * CCF * unused
 */
#include "postgres.h"

#include <math.h>

#include "core/gap.h"
#include "pg/record.h"
#include "usage/gap_row.h"

#include "utils/fmgrprotos.h"

/* Of an amount in minor units: its rates are then exact in 128 bits. */
#define LARGEST_DIGITS 24

PG_FUNCTION_INFO_V1(cl_gap_impact);

enum
{
	ARG_GAP, ARG_MARGIN, ARG_CARRY, ARG_CCF, ARG_PD, ARG_LGD, ARG_CAPITAL, ARG_PRUDENT_ROOM
};

/* The causes that rows are returned for. Unused limit has five, unmet demand three; risk and product are in both. */
typedef enum ImpactCause
{
	IMPACT_RULES, IMPACT_RISK, IMPACT_PRODUCT, IMPACT_DEMAND, IMPACT_DORMANCY, IMPACT_BUFFER, IMPACT_CAUSES
} ImpactCause;

static const char *const cause_names[IMPACT_CAUSES + 1] = {
	"rules", "risk", "product", "demand", "dormancy", "buffer", "total"
};

typedef enum Measure
{
	MEASURE_UNUSED, MEASURE_UNMET, MEASURE_FORGONE_MARGIN, MEASURE_IDLE_COST, MEASURE_CONTINGENT_EAD, MEASURE_CAPITAL,
	MEASURE_EXPECTED_LOSS, MEASURES
} Measure;

typedef struct Impact
{
	int			decimals;
	cl_int128	amount[MEASURES][IMPACT_CAUSES + 1];	/* the last is the total */
} Impact;

static double
take_rate(FunctionCallInfo fcinfo, int arg, const char *what, double lowest, double highest)
{
	double		rate = PG_GETARG_FLOAT8(arg);

	if (!(rate >= lowest && rate <= highest))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s must be between %g and %g", what, lowest, highest),
				 errdetail("Found %g.", rate),
				 errhint("Rates are fractions: 0.18 is 18 %%.")));
	return rate;
}

/* As a whole number of 10^-12. */
static int64
fixed_rate(double rate)
{
	return (int64) rint(rate * 1e12);
}

static cl_int128
take_amount(Datum value, int decimals, const char *what)
{
	cl_int128	minor = 0;

	if (cl_numeric_minor128(value, decimals, &minor) != CL_NUMERIC_OK || minor < 0 ||
		minor > (cl_int128) cl_pow10_128(LARGEST_DIGITS))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s must be an amount between 0 and 10^24 minor units", what),
				 errdetail("Found %s.", cl_numeric_string(value)),
				 errhint("Use what limit_gap or gap_total returned.")));
	return minor;
}

/* The decimals that the amounts show; fewer where they are so many that a large amount would not fit, but all it needs. */
static int
row_decimals(const ClRow *row)
{
	int			shown = 0;
	int			needed = 0;
	int			whole = 0;

	for (int i = 0; i < GAP_AMOUNTS; i++)
	{
		ClNumericView view;

		cl_numeric_open(cl_column_datum(row, &row->columns[i]), &view);
		shown = Max(shown, view.dscale);
		needed = Max(needed, cl_numeric_decimals(&view));
		whole = Max(whole, CL_NUMERIC_DEC_DIGITS * (view.weight + 1));
	}
	return Min(Max(needed, Min(shown, LARGEST_DIGITS - whole)), CL_MAX_DECIMALS);
}

static cl_int128
row_amount(const ClRow *row, const Impact *impact, int column)
{
	return take_amount(cl_column_datum(row, &row->columns[column]), impact->decimals, cl_gap_amount_names[column]);
}

static void
take_row(const ClRow *row, Impact *impact)
{
	cl_int128  *unused = impact->amount[MEASURE_UNUSED];
	cl_int128  *unmet = impact->amount[MEASURE_UNMET];

	impact->decimals = row_decimals(row);
	unused[IMPACT_RISK] = row_amount(row, impact, GAP_RISK);
	unused[IMPACT_PRODUCT] = row_amount(row, impact, GAP_PRODUCT);
	unused[IMPACT_DEMAND] = row_amount(row, impact, GAP_DEMAND);
	unused[IMPACT_DORMANCY] = row_amount(row, impact, GAP_DORMANCY);
	unused[IMPACT_BUFFER] = row_amount(row, impact, GAP_BUFFER);
	unmet[IMPACT_RISK] = row_amount(row, impact, GAP_UNMET_RISK);
	unmet[IMPACT_PRODUCT] = row_amount(row, impact, GAP_UNMET_PRODUCT);
	unmet[IMPACT_RULES] = row_amount(row, impact, GAP_UNMET) - unmet[IMPACT_RISK] - unmet[IMPACT_PRODUCT];
	if (unmet[IMPACT_RULES] < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a gap contradicts itself"),
				 errdetail("Its unmet demand by cause is more than its unmet demand."),
				 errhint("Use what limit_gap or gap_total returned.")));
}

static cl_int128
sum(const cl_int128 *part)
{
	cl_int128	total = 0;

	for (int k = 0; k < IMPACT_CAUSES; k++)
		total += part[k];
	return total;
}

/* The unmet demand that could prudently be met, divided as the unmet demand is. */
static void
within_room(const cl_int128 *unmet, bool bounded, cl_int128 room, cl_int128 *served)
{
	cl_int128	total = sum(unmet);
	cl_int128	running = 0;
	cl_int128	before = 0;

	if (!bounded || room >= total)
	{
		memcpy(served, unmet, IMPACT_CAUSES * sizeof(cl_int128));
		return;
	}
	/* Running totals again, within the room; the quotient of doubles is good to 15 digits, and its end is exact. */
	for (int k = 0; k < IMPACT_CAUSES; k++)
	{
		cl_int128	now;

		running += unmet[k];
		now = running == total ? room : Min(room, (cl_int128) rint((double) running / (double) total * (double) room));
		served[k] = now - before;
		before = now;
	}
}

static void
fill(FunctionCallInfo fcinfo, const ClRow *row, Impact *impact)
{
	double		margin = take_rate(fcinfo, ARG_MARGIN, "margin", -10, 10);
	double		carry = take_rate(fcinfo, ARG_CARRY, "carry", -10, 10);
	double		ccf = take_rate(fcinfo, ARG_CCF, "credit conversion factor", 0, 10);
	double		pd = take_rate(fcinfo, ARG_PD, "PD", 0, 1);
	double		lgd = take_rate(fcinfo, ARG_LGD, "LGD", 0, 2);
	double		capital = take_rate(fcinfo, ARG_CAPITAL, "capital", 0, 2);
	const cl_int128 *unused = impact->amount[MEASURE_UNUSED];
	cl_int128	served[IMPACT_CAUSES];
	bool		bounded = !PG_ARGISNULL(ARG_PRUDENT_ROOM);
	cl_int128	room = 0;

	take_row(row, impact);
	if (bounded)
	{
		/* Finer room than the gap's decimals is cut off: what cannot be paid out cannot be drawn. */
		Datum		cut = DirectFunctionCall2(numeric_trunc, PG_GETARG_DATUM(ARG_PRUDENT_ROOM), Int32GetDatum(impact->decimals));

		room = take_amount(cut, impact->decimals, "prudent room");
	}
	within_room(impact->amount[MEASURE_UNMET], bounded, room, served);
	cl_rate_of_parts(served, IMPACT_CAUSES, fixed_rate(margin), impact->amount[MEASURE_FORGONE_MARGIN]);
	cl_rate_of_parts(unused, IMPACT_CAUSES, fixed_rate(carry), impact->amount[MEASURE_IDLE_COST]);
	cl_rate_of_parts(unused, IMPACT_CAUSES, fixed_rate(ccf), impact->amount[MEASURE_CONTINGENT_EAD]);
	cl_rate_of_parts(unused, IMPACT_CAUSES, fixed_rate(capital * ccf), impact->amount[MEASURE_CAPITAL]);
	cl_rate_of_parts(unused, IMPACT_CAUSES, fixed_rate(pd * lgd * ccf), impact->amount[MEASURE_EXPECTED_LOSS]);
	for (int m = 0; m < MEASURES; m++)
		impact->amount[m][IMPACT_CAUSES] = sum(impact->amount[m]);
}

Datum
cl_gap_impact(PG_FUNCTION_ARGS)
{
	Impact		impact = {0};
	ClRow	   *row = cl_gap_row();
	ClRecord	record;

	cl_record_open_set(&record, fcinfo);
	for (int arg = ARG_GAP; arg < ARG_PRUDENT_ROOM; arg++)
	{
		if (PG_ARGISNULL(arg))
			PG_RETURN_NULL();
	}
	if (!cl_gap_read(row, PG_GETARG_HEAPTUPLEHEADER(ARG_GAP)))
		PG_RETURN_NULL();
	fill(fcinfo, row, &impact);
	for (int cause = 0; cause <= IMPACT_CAUSES; cause++)
	{
		cl_record_put_text(&record, cause_names[cause]);
		for (int m = 0; m < MEASURES; m++)
			cl_record_put(&record, cl_minor_numeric(impact.amount[m][cause], impact.decimals));
		cl_record_next(&record);
	}
	PG_RETURN_NULL();
}

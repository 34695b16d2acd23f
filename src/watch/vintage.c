/*
 * vintage.c
 *	  vintage_agg: accounts by cohort and months on book; vintage_curves: the shares that were ever bad, and that are.
 */
#include "postgres.h"

#include <math.h>

#include "core/transition_matrix.h"
#include "pg/confidence.h"
#include "pg/month.h"
#include "pg/record.h"
#include "pg/amount.h"
#include "watch/vintage_state.h"

#include "miscadmin.h"
#include "utils/date.h"

PG_FUNCTION_INFO_V1(cl_vintage_transition);
PG_FUNCTION_INFO_V1(cl_vintage_numeric_transition);
PG_FUNCTION_INFO_V1(cl_vintage_float8_transition);
PG_FUNCTION_INFO_V1(cl_vintage_curves);

static pg_noinline void
bad_months(int months)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("months on book must be between 0 and %d", CL_VINTAGE_MONTHS),
			 errdetail("Found %d.", months),
			 errhint("months_on_book(opened_on, day) counts them; an account that is not open yet has no row.")));
}

static pg_noinline void
bad_again(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("an account that is bad has been bad"),
			 errdetail("Found current_bad true and ever_bad false."),
			 errhint("ever_bad tells of all months up to this one.")));
}

/* Arguments: state, cohort, months_on_book, ever_bad, current_bad [, amount]. */
static pg_attribute_always_inline Datum
add_row(FunctionCallInfo fcinfo, ClAmountType type)
{
	ClVintage  *vintage = cl_agg_state(fcinfo, vintage_summary.create);
	int64		amount = 0;
	int			months;
	int			measures;
	ClVintageCell *cell;

	cl_vintage_require(vintage, type == CL_NO_AMOUNT ? CL_VINTAGE_COUNTS : CL_VINTAGE_AMOUNTS);
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3) || PG_ARGISNULL(4) ||
		(type != CL_NO_AMOUNT && (PG_ARGISNULL(5) || !cl_amount(PG_GETARG_DATUM(5), type, &amount))))
	{
		vintage->n_skipped++;
		PG_RETURN_POINTER(vintage);
	}
	months = PG_GETARG_INT32(2);
	if (unlikely(months < 0 || months > CL_VINTAGE_MONTHS))
		bad_months(months);
	if (unlikely(PG_GETARG_BOOL(4) && !PG_GETARG_BOOL(3)))
		bad_again();
	cell = cl_vintage_cell(vintage, cl_month_of(PG_GETARG_DATEADT(1)), months);
	if (unlikely(cell == NULL || vintage->n == CL_VINTAGE_MOST))
		cl_vintage_too_many();
	measures = 1 + PG_GETARG_BOOL(3) + PG_GETARG_BOOL(4);
	for (int k = 0; k < measures; k++)
	{
		cell->n[k]++;
		cell->amount[k] += amount;
	}
	vintage->n++;
	PG_RETURN_POINTER(vintage);
}

Datum
cl_vintage_transition(PG_FUNCTION_ARGS)
{
	return add_row(fcinfo, CL_NO_AMOUNT);
}

Datum
cl_vintage_numeric_transition(PG_FUNCTION_ARGS)
{
	return add_row(fcinfo, CL_NUMERIC_AMOUNT);
}

Datum
cl_vintage_float8_transition(PG_FUNCTION_ARGS)
{
	return add_row(fcinfo, CL_FLOAT8_AMOUNT);
}

static void
require_past(const ClVintage *vintage, int32_t as_of)
{
	for (int i = 0; i < vintage->n_cohorts; i++)
	{
		const ClVintageCohort *cohort = &vintage->cohort[i];

		for (int m = 0; m < cohort->n; m++)
		{
			if (cohort->cell[m].n[CL_VINTAGE_ALL] > 0 && cohort->month + m > as_of)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("a cohort is in the future"),
						 errdetail("Cohort %s has rows of %d months on book, and it is %s.", cl_month_string(cohort->month), m,
								   cl_month_string(as_of)),
						 errhint("Look for wrong opening dates, and leave out what was not known then.")));
		}
	}
}

/* A share of what has rows; NaN, which is NULL, where nobody knows yet. */
static double
share(int64 part, int64 whole)
{
	return whole > 0 ? (double) part / (double) whole : NAN;
}

static void
put_amount_shares(ClRecord *record, const ClVintage *vintage, const ClVintageCell *cell)
{
	cl_int128	all = cell->amount[CL_VINTAGE_ALL];

	if (vintage->kind != CL_VINTAGE_AMOUNTS || cell->n[CL_VINTAGE_ALL] == 0)
	{
		for (int k = 0; k < CL_VINTAGE_MEASURES; k++)
			cl_record_put_null(record);
		return;
	}
	cl_record_put(record, cl_amount_datum(all));
	for (int k = CL_VINTAGE_EVER; k < CL_VINTAGE_MEASURES; k++)
		cl_record_put_float8(record, all != 0 ? (double) cell->amount[k] / (double) all : NAN);
}

/* vintage, as_of, confidence */
Datum
cl_vintage_curves(PG_FUNCTION_ARGS)
{
	static const ClVintageCell empty = {0};
	const ClVintage *vintage;
	double		reach;
	int			last;
	ClRecord	record;

	cl_record_open_set(&record, fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	reach = cl_confidence_reach(cl_confidence_argument(fcinfo, 2));
	vintage = cl_summary_state(&vintage_summary, PG_GETARG_DATUM(0));
	if (!PG_ARGISNULL(1))
		require_past(vintage, cl_month_of(PG_GETARG_DATEADT(1)));
	last = cl_vintage_months(vintage);
	for (int i = 0; i < vintage->n_cohorts; i++)
	{
		const ClVintageCohort *cohort = &vintage->cohort[i];
		int64		accounts = cl_vintage_accounts(cohort);

		CHECK_FOR_INTERRUPTS();
		for (int m = 0; m <= last; m++)
		{
			const ClVintageCell *cell = m < cohort->n ? &cohort->cell[m] : &empty;
			int64		n = cell->n[CL_VINTAGE_ALL];
			double		ever = share(cell->n[CL_VINTAGE_EVER], n);
			double		low = NAN;
			double		high = NAN;

			if (n > 0)
				cl_share_interval(ever, (double) n, reach, &low, &high);
			cl_record_put(&record, DateADTGetDatum(cl_month_date(cohort->month)));
			cl_record_put_int32(&record, m);
			cl_record_put_int64(&record, n);
			cl_record_put_int64(&record, accounts);
			cl_record_put_float8(&record, ever);
			cl_record_put_float8(&record, low);
			cl_record_put_float8(&record, high);
			cl_record_put_float8(&record, share(cell->n[CL_VINTAGE_CURRENT], n));
			put_amount_shares(&record, vintage, cell);
			cl_record_next(&record);
		}
	}
	PG_RETURN_NULL();
}

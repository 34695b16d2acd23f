/*
 * months_on_book.c
 *	  The age of an account in calendar months, as vintages and scorecards count it: the days in a month have no say.
 */
#include "postgres.h"

#include "pg/compat.h"

#include "utils/date.h"
#include "utils/datetime.h"

PG_FUNCTION_INFO_V1(cl_months_on_book);

static int
month_number(DateADT date)
{
	int			year;
	int			month;
	int			day;

	j2date(date + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	return 12 * year + month;
}

/* (opened_on date, as_of date) -> int */
Datum
cl_months_on_book(PG_FUNCTION_ARGS)
{
	DateADT		opened_on = PG_GETARG_DATEADT(0);
	DateADT		as_of = PG_GETARG_DATEADT(1);

	if (DATE_NOT_FINITE(opened_on) || DATE_NOT_FINITE(as_of))
		PG_RETURN_NULL();
	PG_RETURN_INT32(month_number(as_of) - month_number(opened_on));
}

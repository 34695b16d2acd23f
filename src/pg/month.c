/*
 * month.c
 *	  Months as numbers: see month.h.
 */
#include "postgres.h"

#include "core/behavior.h"
#include "pg/month.h"

#include "utils/datetime.h"
#include "utils/fmgrprotos.h"

DateADT
cl_month_date(int32_t month)
{
	return date2j(month / 12, month % 12 + 1, 1) - POSTGRES_EPOCH_JDATE;
}

void
cl_month_refused(DateADT date)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
			 errmsg("month of a history is out of range"),
			 errdetail("Found %s.", DatumGetCString(DirectFunctionCall1(date_out, DateADTGetDatum(date)))),
			 errhint("Months are dates of the years 1 to 9999.")));
}

char *
cl_month_string(int32_t month)
{
	return psprintf("%04d-%02d", month / 12, month % 12 + 1);
}

int32_t
cl_month_parse(const ClJson *node)
{
	char	   *text = cl_json_string(node);
	int			month = -1;

	if (strlen(text) == 7 && strspn(text, "0123456789") == 4 && text[4] == '-' && strspn(text + 5, "0123456789") == 2)
		month = atoi(text) * 12 + atoi(text + 5) - 1;
	if (month < CL_BEHAVIOR_FIRST_MONTH || atoi(text + 5) < 1 || atoi(text + 5) > 12)
		cl_json_error(node, "a month such as \"2026-01\"");
	return month;
}

/*
 * month.h
 *	  Months as numbers: 12 * year + month - 1, of the years 1 to 9999.
 */
#ifndef CL_PG_MONTH_H
#define CL_PG_MONTH_H

#include "core/behavior.h"
#include "pg/json.h"

#include "utils/date.h"

extern void cl_month_refused(DateADT date) pg_attribute_noreturn();

/* The month of a date. */
static inline int32_t
cl_month_of(DateADT date)
{
	int32_t		month = cl_behavior_month(date);

	if (unlikely(month == 0))
		cl_month_refused(date);
	return month;
}

/* Its first day. */
extern DateADT cl_month_date(int32_t month);
/* Such as 2026-01. */
extern char *cl_month_string(int32_t month);
extern int32_t cl_month_parse(const ClJson *node);

#endif							/* CL_PG_MONTH_H */

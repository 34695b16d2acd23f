/*
 * Integrals of step functions, against day-by-day addition.
 */
#include <stdlib.h>

#include "check.h"
#include "core/time_weighted_utilization.h"

void		test_time_weighted_utilization(void);

void
test_time_weighted_utilization(void)
{
	uint64_t	state = 24;

	for (int round = 0; round < 20000; round++)
	{
		ClTimePoint points[20];
		int			n = (int) (cl_test_random(&state) % 20);
		int			until = (int) (cl_test_random(&state) % 120);
		double		balance;
		double		limit;
		double		balance_by_day = 0;
		double		limit_by_day = 0;

		for (int i = 0; i < n; i++)
		{
			points[i].at = (int64_t) (i * 5 + cl_test_random(&state) % 5);
			points[i].balance = (double) (cl_test_random(&state) % 1000);
			points[i].limit = 1000;
		}
		for (int i = n - 1; i > 0; i--)
		{
			int			j = (int) (cl_test_random(&state) % (i + 1));
			ClTimePoint swap = points[i];

			points[i] = points[j];
			points[j] = swap;
		}
		qsort(points, n, sizeof(ClTimePoint), cl_time_point_compare);
		CHECK_EQ_INT(cl_time_conflict(points, n), n);
		cl_time_integrals(points, n, until, &balance, &limit);
		for (int day = 0; day < until; day++)
		{
			for (int i = n - 1; i >= 0; i--)
			{
				if (points[i].at <= day)
				{
					balance_by_day += points[i].balance;
					limit_by_day += points[i].limit;
					break;
				}
			}
		}
		CHECK(balance == balance_by_day && limit == limit_by_day);
	}
}

/*
 * time_weighted_utilization.c
 *	  Integrals of step functions.
 */
#include "core/time_weighted_utilization.h"

static int
compare_doubles(double a, double b)
{
	return (a > b) - (a < b);
}

int
cl_time_point_compare(const void *a, const void *b)
{
	const ClTimePoint *p = a;
	const ClTimePoint *q = b;

	if (p->at != q->at)
		return p->at < q->at ? -1 : 1;
	if (p->balance != q->balance)
		return compare_doubles(p->balance, q->balance);
	return compare_doubles(p->limit, q->limit);
}

int
cl_time_conflict(const ClTimePoint *points, int n)
{
	for (int i = 1; i < n; i++)
	{
		if (points[i].at == points[i - 1].at && cl_time_point_compare(&points[i], &points[i - 1]) != 0)
			return i;
	}
	return n;
}

void
cl_time_integrals(const ClTimePoint *points, int n, int64_t until, double *balance, double *limit)
{
	*balance = 0;
	*limit = 0;
	for (int i = 0; i < n && points[i].at < until; i++)
	{
		int64_t		end = i + 1 < n && points[i + 1].at < until ? points[i + 1].at : until;
		double		length = (double) (end - points[i].at);

		*balance += points[i].balance * length;
		*limit += points[i].limit * length;
	}
}

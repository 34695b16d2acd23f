/*
 * adjusted_p.c
 *	  False discovery rates: see adjusted_p.h.
 */
#include "core/adjusted_p.h"

#include <math.h>
#include <stdlib.h>

typedef struct Look
{
	double		p;
	int			place;
} Look;

static int
descending(const void *a, const void *b)
{
	const Look *first = a;
	const Look *second = b;

	return (first->p < second->p) - (first->p > second->p);
}

/* From the largest down: the least of what p times n over its rank is, there and above. */
void
cl_adjust_p(const ClMemory *memory, ClAdjustment method, int n, double *p)
{
	Look	   *look = cl_allocate(memory, sizeof(Look) * n);
	int			looks = 0;
	double		factor = 0;
	double		least = 1;

	for (int i = 0; i < n; i++)
	{
		if (!isnan(p[i]))
			look[looks++] = (Look) {p[i], i};
	}
	for (int i = 1; i <= looks && method == CL_BENJAMINI_YEKUTIELI; i++)
		factor += 1.0 / i;
	qsort(look, looks, sizeof(Look), descending);
	for (int i = 0; i < looks; i++)
	{
		double		adjusted = look[i].p * looks / (looks - i);

		least = fmin(least, method == CL_BENJAMINI_YEKUTIELI ? adjusted * factor : adjusted);
		p[look[i].place] = least;
	}
	cl_release(memory, look);
}

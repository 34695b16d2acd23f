/*
 * kaplan_meier.c
 *	  The product-limit estimate from counts per value.
 */
#include "core/kaplan_meier.h"

#include <math.h>

/* A product of fractions is equal to what it is on paper up to this. */
#define SAME_SURVIVAL 1e-12

void
cl_kaplan_meier_scan(const ClTally *tally, ClKaplanMeierScan *scan)
{
	int64_t		n[2];

	cl_tally_rows(tally, n);
	cl_tally_scan(tally, &scan->cursor, false);
	scan->n_risk = n[CL_EVENT] + n[CL_NON_EVENT];
	scan->survival = 1;
	scan->variance = 0;
}

bool
cl_kaplan_meier_next(ClKaplanMeierScan *scan, ClKaplanMeierStep *step)
{
	ClTallyItem item;
	double		n = (double) scan->n_risk;
	double		d;

	if (!cl_tally_next(&scan->cursor, &item))
		return false;
	d = (double) item.n[CL_EVENT];
	scan->survival *= (n - d) / n;
	if (d > 0)
		scan->variance += d / (n * (n - d));
	step->value = item.value;
	step->n_risk = scan->n_risk;
	step->n_event = item.n[CL_EVENT];
	step->n_censored = item.n[CL_NON_EVENT];
	step->survival = scan->survival;
	step->std_error = scan->survival > 0 ? scan->survival * sqrt(scan->variance) : NAN;
	scan->n_risk -= item.n[CL_EVENT] + item.n[CL_NON_EVENT];
	return true;
}

double
cl_survival_quantile(const ClTally *tally, double p)
{
	ClKaplanMeierScan scan;
	ClKaplanMeierStep step;

	cl_kaplan_meier_scan(tally, &scan);
	while (cl_kaplan_meier_next(&scan, &step))
	{
		if (step.survival <= 1 - p + SAME_SURVIVAL)
			return step.value;
	}
	return NAN;
}

/*
 * pd_test.c
 *	  Tests of the PD of a grade against its defaults, and of two neighbouring grades against each other.
 */
#include "postgres.h"

#include <math.h>

#include "core/distribution.h"
#include "core/pd_test.h"
#include "core/proportion.h"
#include "pg/numeric.h"
#include "pg/record.h"
#include "pg/confidence.h"

#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(cl_pd_binomial_test);
PG_FUNCTION_INFO_V1(cl_pd_jeffreys_test);
PG_FUNCTION_INFO_V1(cl_pd_normal_test);
PG_FUNCTION_INFO_V1(cl_pd_correlated_test);
PG_FUNCTION_INFO_V1(cl_pd_traffic_light);
PG_FUNCTION_INFO_V1(cl_jeffreys_interval_row);
PG_FUNCTION_INFO_V1(cl_grade_heterogeneity_test);

/* A fraction; false for NaN, which is missing. */
static bool
fraction_of(double value, const char *what, const char *hint)
{
	if (isnan(value))
		return false;
	if (value < 0 || value > 1)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s must be between 0 and 1", what),
				 errdetail("Found %s.", cl_float8_string(value)),
				 errhint("%s", hint)));
	return true;
}

/* Time grows with the cube root: so many take less than a tenth of a second, and a double counts them exactly. */
#define MOST_BORROWERS INT64CONST(1000000000000)

static void
check_counts(int64 n, int64 events)
{
	if (n < 0)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("number of borrowers must not be negative"),
				 errdetail("Found " INT64_FORMAT ".", n),
				 errhint("The first argument counts borrowers, the second those of them that defaulted.")));
	if (events < 0 || events > n)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("number of events must be between 0 and the number of borrowers"),
				 errdetail("Found " INT64_FORMAT " events among " INT64_FORMAT " borrowers.", events, n),
				 errhint("The first argument counts borrowers, the second those of them that defaulted.")));
}

static void
check_counts_of_grade(int64 n, int64 events)
{
	check_counts(n, events);
	if (n > MOST_BORROWERS)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("too many borrowers in a grade"),
				 errdetail("Found " INT64_FORMAT "; the most is " INT64_FORMAT ".", n, MOST_BORROWERS),
				 errhint("Give numbers of borrowers, not amounts of money.")));
}

/* n, events and PD of a grade. */
typedef struct Grade
{
	int64		n;
	int64		events;
	double		pd;
} Grade;

/* False when there is nothing to test: no borrowers, or a PD that is not known. */
static bool
grade_arguments(FunctionCallInfo fcinfo, Grade *grade)
{
	grade->n = PG_GETARG_INT64(0);
	grade->events = PG_GETARG_INT64(1);
	grade->pd = PG_GETARG_FLOAT8(2);
	check_counts_of_grade(grade->n, grade->events);
	return fraction_of(grade->pd, "PD", "A PD is a fraction: 0.02 is two per cent.") && grade->n > 0;
}

Datum
cl_pd_binomial_test(PG_FUNCTION_ARGS)
{
	Grade		grade;

	if (!grade_arguments(fcinfo, &grade))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(cl_binomial_upper((double) grade.events, (double) grade.n, grade.pd));
}

Datum
cl_pd_jeffreys_test(PG_FUNCTION_ARGS)
{
	Grade		grade;

	if (!grade_arguments(fcinfo, &grade))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(cl_beta_cdf(grade.pd, (double) grade.events + 0.5, (double) (grade.n - grade.events) + 0.5));
}

Datum
cl_pd_normal_test(PG_FUNCTION_ARGS)
{
	Grade		grade;
	double		z;
	ClRecord	record;

	if (!grade_arguments(fcinfo, &grade))
		PG_RETURN_NULL();
	z = cl_pd_normal_z((double) grade.n, (double) grade.events, grade.pd);
	cl_record_open(&record, fcinfo);
	cl_record_put_float8(&record, z);
	/* 0/0: what was certain happened. */
	cl_record_put_float8(&record, isnan(z) ? 1 : cl_normal_cdf(-z));
	PG_RETURN_DATUM(cl_record_datum(&record));
}

Datum
cl_pd_correlated_test(PG_FUNCTION_ARGS)
{
	double		correlation = PG_GETARG_FLOAT8(3);
	Grade		grade;
	bool		known;

	known = grade_arguments(fcinfo, &grade);
	if (!fraction_of(correlation, "correlation", "Basel's asset correlations are from 0.03 to 0.24.") || !known)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(cl_pd_correlated_upper((double) grade.n, (double) grade.events, grade.pd, correlation));
}

Datum
cl_pd_traffic_light(PG_FUNCTION_ARGS)
{
	double		p_value = PG_GETARG_FLOAT8(0);
	double		yellow = PG_GETARG_FLOAT8(1);
	double		red = PG_GETARG_FLOAT8(2);

	if (!(red > 0 && red <= yellow && yellow < 1))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("levels of a traffic light are out of order"),
				 errdetail("Found yellow %g and red %g.", yellow, red),
				 errhint("Red is above 0, yellow below 1 and not below red: 0.05 and 0.001 are usual.")));
	if (!fraction_of(p_value, "p-value", "Take it from pd_binomial_test or another of the tests."))
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(p_value <= red ? "red" : p_value <= yellow ? "yellow" : "green"));
}

Datum
cl_jeffreys_interval_row(PG_FUNCTION_ARGS)
{
	int64		n = PG_GETARG_INT64(0);
	int64		events = PG_GETARG_INT64(1);
	double		low;
	double		high;
	ClRecord	record;

	check_counts_of_grade(n, events);
	cl_confidence_check(PG_GETARG_FLOAT8(2));
	if (n == 0)
		PG_RETURN_NULL();
	cl_jeffreys_interval((double) n, (double) events, PG_GETARG_FLOAT8(2), &low, &high);
	cl_record_open(&record, fcinfo);
	cl_record_put_float8(&record, low);
	cl_record_put_float8(&record, high);
	PG_RETURN_DATUM(cl_record_datum(&record));
}

Datum
cl_grade_heterogeneity_test(PG_FUNCTION_ARGS)
{
	double		z;
	ClRecord	record;

	check_counts(PG_GETARG_INT64(0), PG_GETARG_INT64(1));
	check_counts(PG_GETARG_INT64(2), PG_GETARG_INT64(3));
	z = cl_proportion_z(PG_GETARG_INT64(0), PG_GETARG_INT64(1), PG_GETARG_INT64(2), PG_GETARG_INT64(3));
	cl_record_open(&record, fcinfo);
	cl_record_put_float8(&record, z);
	cl_record_put_float8(&record, cl_normal_cdf(-z));
	PG_RETURN_DATUM(cl_record_datum(&record));
}

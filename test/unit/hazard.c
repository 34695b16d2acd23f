/*
 * hazard.c
 *	  Curves of durations against their definitions, by brute force over random accounts.
 */
#include "core/hazard.h"

#include <stdlib.h>

#include "check.h"
#include "memory.h"

enum
{
	ACCOUNTS = 60,
	MOST = 20
};

typedef struct Account
{
	int			duration;
	int			cause;			/* 0 censored */
} Account;

static int
count(const Account *account, int duration, int cause, bool or_later)
{
	int			n = 0;

	for (int i = 0; i < ACCOUNTS; i++)
		n += (or_later ? account[i].duration >= duration : account[i].duration == duration) &&
			(cause < 0 || account[i].cause == cause);
	return n;
}

/* Survival and incidence of a cause by the definitions, and its error as the sum over all durations up to this one. */
static void
by_definition(const Account *account, int until, int cause, double *survival, double *incidence, double *error)
{
	double		at[MOST + 1];
	double		before = 1;
	double		variance = 0;

	*incidence = 0;
	for (int t = 0; t <= until; t++)
	{
		double		n = count(account, t, -1, true);
		double		d = count(account, t, 1, false) + count(account, t, 2, false);

		*incidence += n > 0 ? before * count(account, t, cause, false) / n : 0;
		before *= n > 0 ? 1 - d / n : 1;
		at[t] = *incidence;
	}
	*survival = before;
	before = 1;
	for (int t = 0; t <= until; t++)
	{
		double		n = count(account, t, -1, true);
		double		d = count(account, t, 1, false) + count(account, t, 2, false);
		double		own = count(account, t, cause, false);
		double		rest = *incidence - at[t];

		if (n == 0)
			break;
		variance += (d < n ? rest * rest * d / (n * (n - d)) : 0) + before * before * own * (n - own) / (n * n * n)
			- 2 * rest * before * own / (n * n);
		before *= 1 - d / n;
	}
	*error = sqrt(fmax(0, variance));
}

static void
test_random(void)
{
	static const char *const name[] = {NULL, "default", "closure"};
	Account		account[ACCOUNTS];
	ClHazard	hazard;
	ClHazardStep step = {0};
	ClIncidence sum[3] = {{0}};

	cl_hazard_init(&hazard, &cl_test_memory);
	for (int i = 0; i < ACCOUNTS; i++)
	{
		account[i] = (Account) {rand() % (MOST + 1), rand() % 3};
		if (account[i].cause == 0)
			cl_hazard_add_censored(&hazard, account[i].duration, 1);
		else
			CHECK(cl_hazard_add_event(&hazard, account[i].duration, name[account[i].cause], 7, 1));
	}
	CHECK_EQ_INT(cl_hazard_cause(&hazard, "closure", 7), 0);
	CHECK_EQ_INT(cl_hazard_cause(&hazard, "defaul", 6), -1);
	while (cl_hazard_next(&hazard, &step))
	{
		CHECK_EQ_INT(step.n_risk, count(account, step.duration, -1, true));
		for (int cause = 1; cause <= 2; cause++)
		{
			double		survival;
			double		incidence;
			double		error;

			cl_incidence_add(&sum[cause], &step, hazard.cause[2 - cause].n[step.duration]);
			by_definition(account, step.duration, cause, &survival, &incidence, &error);
			CHECK_NEAR(step.survival, survival, 1e-14);
			CHECK_NEAR(sum[cause].incidence, incidence, 1e-14);
			CHECK_NEAR(cl_incidence_error(&sum[cause]), error, 1e-9);
		}
	}
	CHECK_EQ_INT(step.n_risk, 0);
	cl_hazard_free(&hazard);
}

void
test_hazard(void)
{
	srand(7);
	for (int i = 0; i < cl_rounds(2000); i++)
		test_random();
	CHECK_EQ_INT(cl_test_allocated, 0);
}

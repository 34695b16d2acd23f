/*
 * demand_posterior.c
 *	  What an account's months and the population behind it say together of its demand.
 */
#include "postgres.h"

#include <math.h>

#include "usage/demand_prior_state.h"
#include "usage/demand_state.h"

#include "utils/date.h"
#include "utils/fmgrprotos.h"

PG_FUNCTION_INFO_V1(cl_demand_posterior);

#define MOST_AHEAD 36

/* The prior counts for more than the account's own months; of these, so many at the limit hide the 0.9 quantile. */
#define MOSTLY 0.5
#define HIDDEN 0.1

static int
months_ahead(FunctionCallInfo fcinfo, const ClDemandAccount *account)
{
	int			ahead = PG_GETARG_INT32(3);

	if (ahead < 1 || ahead > MOST_AHEAD)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("horizon of a posterior must be between 1 and %d months", MOST_AHEAD),
				 errdetail("Found %d.", ahead),
				 errhint("1 is the month after as_of.")));
	if (!PG_ARGISNULL(2) && account->last > 0)
	{
		DateADT		as_of = PG_GETARG_DATEADT(2);
		int32_t		month = DATE_NOT_FINITE(as_of) ? 0 : cl_behavior_month(as_of);

		if (month < CL_BEHAVIOR_FIRST_MONTH || month > CL_BEHAVIOR_LAST_MONTH)
			ereport(ERROR,
					(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
					 errmsg("day of a posterior is out of range"),
					 errdetail("Found %s.", DatumGetCString(DirectFunctionCall1(date_out, DateADTGetDatum(as_of)))),
					 errhint("Give a date of the years 1 to 9999, or leave it out for the account's last month on file.")));
		if (month < account->last)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("demand of an account holds months after the day of the posterior"),
					 errdetail("Its last month is %d months after that of %s.", account->last - month,
							   DatumGetCString(DirectFunctionCall1(date_out, DateADTGetDatum(as_of)))),
					 errhint("Build the demand of the months up to that day.")));
		ahead += Min(month - account->last, 1200);
	}
	return ahead;
}

/*
 * What carries the 0.9 quantile. That of the month to come may well lie above all that an account ever drew: it has few months,
 * or is on its way up. Its own level and spread say so, unless the limit stopped it too often; beyond what draws of others below
 * their limits have shown, only the form of the distribution does. Where it is the ceiling, nobody knows how far it goes beyond.
 */
static ClDemandStatus
status_of(const ClDemandPosterior *posterior, const ClDemandModel *model, double highest, double seen)
{
	double		q90 = cl_demand_quantile(model, 0.9);

	if (posterior->n == posterior->n_zero)
		return CL_DEMAND_PRIOR_ONLY;
	if (q90 > fmax(highest, seen) || q90 >= model->ceiling)
		return CL_DEMAND_TAIL;
	return posterior->prior_weight > MOSTLY || (q90 > highest && posterior->n_censored > HIDDEN * posterior->n) ?
		CL_DEMAND_MOSTLY_PRIOR : CL_DEMAND_POSTERIOR;
}

/* demand, prior, as_of, horizon. Without a demand it is what is known of an account of the segment that has no months. */
Datum
cl_demand_posterior(PG_FUNCTION_ARGS)
{
	const ClDemandPriorHead *head;
	const ClDemandPopulation *population;
	ClDemandAccountRoom room = {.account = {.limit = 0, .highest = 0}};
	ClDemandAccount *account = &room.account;
	ClDemandSeries series = {0, account->months};
	ClDemandPosterior posterior = {.status = CL_DEMAND_PRIOR_ONLY};
	ClDemandOutlook outlook;
	bool		in_scope = true;
	int			ahead;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(3))
		PG_RETURN_NULL();
	head = cl_demand_prior_head(PG_GETARG_DATUM(1));
	population = &head->fit.population;
	if (!PG_ARGISNULL(0))
	{
		ClDemand   *demand = cl_demand_get(PG_GETARG_DATUM(0));

		if (!cl_demand_dated(demand))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a posterior needs the demand of an account with its months"),
					 errdetail("%s", demand->model != NULL ? "This one was given, or is a posterior." :
							   "This one was built without months."),
					 errhint("Build it by demand_agg(month, balance, available), or demand(behavior).")));
		in_scope = cl_demand_account(account, demand);
		series.n = account->n;
		posterior.n = demand->n;
		posterior.n_zero = demand->n_zero;
		posterior.n_censored = demand->n_censored;
		posterior.n_skipped = demand->n_skipped;
		posterior.highest_limit = demand->highest_limit;
	}
	ahead = months_ahead(fcinfo, account);
	if (head->fit.n == 0)
		PG_RETURN_NULL();
	if (!in_scope)
		series.n = 0;
	cl_demand_outlook(&outlook, &series, population, ahead);
	outlook.ahead.ceiling = cl_demand_ceiling_of(account, head->ceiling, head->n_ceilings);
	posterior.mu = outlook.mu;
	posterior.sigma = outlook.sigma;
	posterior.p_zero = outlook.p_zero;
	posterior.se_mu = outlook.se_mu;
	posterior.se_sigma = outlook.se_sigma;
	posterior.se_p_zero = outlook.se_p_zero;
	posterior.prior_weight = outlook.prior_weight;
	if (!in_scope)
	{
		/* No line for a year: nothing is said of what would be drawn of one. */
		posterior.status = CL_DEMAND_OUT_OF_SCOPE;
		posterior.mu = posterior.sigma = posterior.p_zero = posterior.se_mu = posterior.se_sigma = posterior.se_p_zero = NAN;
		outlook.ahead.mu = outlook.ahead.sigma = outlook.ahead.p_zero = NAN;
	}
	else
		posterior.status = status_of(&posterior, &outlook.ahead, account->highest, head->seen);
	return cl_summary_datum(&demand_summary,
							cl_demand_of_posterior(&outlook.ahead, &posterior, CL_DEMAND_MONTH, PG_GETARG_INT32(3)));
}

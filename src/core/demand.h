/*
 * demand.h
 *	  What a borrower would draw if the limit did not bind: censored observations, their estimate, and what follows from one.
 *
 * A month's balance is the smaller of demand and limit. One at the limit says only that demand was at least that much: it is
 * censored there, each month at its own limit. A month without a balance is a draw of zero.
 *
 *		lognormal	(two parts) no draw with probability p_zero; otherwise log(demand) is normal(mu, sigma)
 *		normal		demand is normal(mu, sigma), and what is below zero is no draw (Tobin 1958); p_zero is 0
 */
#ifndef CL_CORE_DEMAND_H
#define CL_CORE_DEMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "core/memory.h"
#include "core/money.h"

typedef enum ClDemandDistribution
{
	CL_DEMAND_LOGNORMAL,
	CL_DEMAND_NORMAL
} ClDemandDistribution;

#define CL_DEMAND_DISTRIBUTIONS (CL_DEMAND_NORMAL + 1)
#define CL_DEMAND_TOLERANCE 0.02

/* Observations of other options are of another kind: they cannot be put together. */
typedef struct ClDemandOptions
{
	ClDemandDistribution distribution;
	double		tolerance;		/* a balance from (1 - tolerance) x limit on is at the limit; 0 to 0.5 */
	double		half_life;		/* months after which a month counts half; 0: all count the same */
} ClDemandOptions;

static inline bool
cl_demand_same_options(const ClDemandOptions *a, const ClDemandOptions *b)
{
	return a->distribution == b->distribution && a->tolerance == b->tolerance && a->half_life == b->half_life;
}

/*
 * Amounts are kept as integers, the logarithm in units of 10^-12 or the amount itself in units of 10^-6, and weights in units
 * of 10^-9 where there are any. So all sums are integers, and the same whatever the order of the rows.
 */
#define CL_DEMAND_LOG_DECIMALS 12
#define CL_DEMAND_AMOUNT_DECIMALS 6
#define CL_DEMAND_WEIGHT_DECIMALS 9
#define CL_DEMAND_LARGEST 4e12	/* of a normal demand; a lognormal one takes any */
#define CL_DEMAND_LARGEST_POINT (INT64_C(1) << 62)

/* high x 2^64 + low */
typedef struct ClWide
{
	cl_int128	high;
	uint64_t	low;
} ClWide;

/*
 * Censored months whose limits have the same point >> cell_bits: their weight, and the sum over them of how far their point
 * lies above the lower edge of the cell.
 */
typedef struct ClDemandCell
{
	int64_t		key;
	int64_t		weight;
	cl_int128	above;
} ClDemandCell;

/*
 * Limits are few distinct numbers, and as long as there are at most so many each is a cell of its own: the estimate is exact.
 * With more, cells double in width until there are not more. Cells nest, so the width depends on the set of limits only: it
 * is the least that is enough, in whatever order they came.
 *
 * A cell then stands for its months by their mean point. log P(D > c) has a second derivative in c between -1/sigma^2 and 0, so
 * a month's share of the log-likelihood is off by at most width^2 / 8 sigma^2: with limits from 100 to 10,000,000 (a width of
 * 0.0044 in the logarithm) and a sigma of 0.5, by 1e-5.
 */
#define CL_DEMAND_CELLS 4096

typedef enum ClDemandStatus
{
	CL_DEMAND_CONVERGED,
	CL_DEMAND_FEW_OBSERVATIONS, /* an estimate, from two months that are not at the limit */
	CL_DEMAND_NO_SPREAD,		/* all balances are equal: sigma is 0 */
	CL_DEMAND_ONE_OBSERVATION,	/* no estimate from here on */
	CL_DEMAND_ALL_CENSORED,
	CL_DEMAND_NEVER_USED,		/* demand is 0 */
	CL_DEMAND_NO_OBSERVATIONS,
	CL_DEMAND_NOT_CONVERGED,
	CL_DEMAND_GIVEN				/* parameters, not observations */
} ClDemandStatus;

#define CL_DEMAND_STATUSES (CL_DEMAND_GIVEN + 1)

/* NaN: not known. */
typedef struct ClDemandFit
{
	ClDemandStatus status;
	int			iterations;
	double		mu;
	double		sigma;
	double		p_zero;
	double		se_mu;			/* from the observed information */
	double		se_sigma;
	double		se_p_zero;
	double		loglik;			/* of the balances, and the months without one */
} ClDemandFit;

/*
 * There are as many of these as accounts, and a month is added by reading one from memory. So what most months change stands
 * together, and all of it fills no more than a block of 256 bytes; the estimate, which is made at the end, has its own.
 */
typedef struct ClDemand
{
	ClDemandOptions options;
	ClDemandFit *fit;			/* NULL until it is made */
	int64_t		n;				/* months; as follows they include those of all kinds */
	int64_t		weight;			/* of the n months, and so on; the same as n where there are no weights */
	cl_int128	sum;			/* over months with a balance below the limit: weight x point */
	ClWide		squares;		/* weight x point^2 */
	int64_t		n_censored;
	int64_t		weight_censored;
	double		highest_limit;	/* that was reached; 0 when none was */
	ClDemandCell *cells;
	int			n_cells;
	int			size_cells;
	int			cell_bits;
	int			n_slots;
	uint16_t   *slots;			/* hash of cell number + 1, when there are many */
	int64_t		n_zero;
	int64_t		weight_zero;
	int64_t		n_skipped;		/* without balance or without limit: not among n */
	bool		given;			/* the parameters are those of fit, and nothing else counts */
	bool		leans;			/* given by leaning on another; numbers of months and highest_limit tell what it knew itself */
	ClMemory	memory;
} ClDemand;

_Static_assert(sizeof(ClDemand) <= 256, "a demand fills a block of 256 bytes");

extern void cl_demand_init(ClDemand *demand, const ClMemory *memory, const ClDemandOptions *options);
extern bool cl_demand_weighted(const ClDemand *demand);
extern int	cl_demand_point_decimals(const ClDemand *demand);
extern double cl_demand_unit(const ClDemand *demand);	/* of a point */
extern double cl_demand_weight_unit(const ClDemand *demand);

/* The weight of a month so many months ago; 0 when it is too long ago to count. */
extern int64_t cl_demand_weight(const ClDemand *demand, double age);
/* A month with a limit above 0. False when there is no room for it: more rows than 2^63 units of weight, or amounts beyond. */
extern bool cl_demand_add(ClDemand *demand, double balance, double limit, int64_t weight);
extern void cl_demand_skip(ClDemand *demand);
extern bool cl_demand_merge(ClDemand *into, const ClDemand *from);	/* of the same options */
extern void cl_demand_add_cell(ClDemand *demand, int64_t key, int64_t weight, cl_int128 above);
extern void cl_demand_sort_cells(ClDemand *demand);
extern double cl_demand_cell_point(const ClDemand *demand, const ClDemandCell *cell);

extern void cl_wide_add(ClWide *sum, int64_t weight, int64_t x);	/* weight x x^2, weight >= 0 */
extern void cl_wide_subtract(ClWide *sum, int64_t weight, int64_t x);
extern double cl_wide_double(const ClWide *sum);

/* Sum of squares about the mean, in squared units times units of weight; negative when sum and squares contradict each other. */
extern double cl_demand_spread(const ClDemand *demand, double *mean);

/* The estimate, made once; or the parameters that were given. */
extern const ClDemandFit *cl_demand_fit(ClDemand *demand);
/* The estimate when the prior counts as so many months more. Its mu, sigma and p_zero must be known. */
extern ClDemandFit cl_demand_fit_with_prior(ClDemand *demand, const ClDemandFit *prior, double strength);

/*
 * What follows from a distribution. Every answer is NaN when it is not known; limits are 0 or more, and may be Infinity.
 */
typedef struct ClDemandModel
{
	ClDemandDistribution distribution;
	double		mu;
	double		sigma;			/* 0: always the same amount */
	double		p_zero;
} ClDemandModel;

extern double cl_demand_mean(const ClDemandModel *model);
extern double cl_demand_quantile(const ClDemandModel *model, double p);
extern double cl_demand_exceeds(const ClDemandModel *model, double limit);
extern double cl_demand_expected_draw(const ClDemandModel *model, double limit);
extern double cl_demand_expected_unmet(const ClDemandModel *model, double limit);

#endif							/* CL_CORE_DEMAND_H */

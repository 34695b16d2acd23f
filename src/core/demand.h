/*
 * demand.h
 *	  What a borrower would draw if the limit did not bind: censored observations, their estimate, and what follows from one.
 *
 * A month's balance is the smaller of demand and limit. One at the limit says only that demand was at least that much: it is
 * censored there, each month at its own limit. A month without a balance is a draw of zero.
 *
 *		lognormal	(two parts) no draw with probability p_zero; otherwise log(demand) is normal(mu, sigma)
 *		normal		demand is normal(mu, sigma), and what is below zero is no draw (Tobin 1958); p_zero is 0
 *		gamma		(two parts) otherwise demand is gamma with mean mu and deviation sigma: shape (mu / sigma)^2
 *		quantiles	given by points of its quantile function, which is linear between them; not estimated here
 *
 * What nobody has seen cannot be known: the tail of an estimate may lie anywhere. So whatever comes from data is the
 * distribution of min(demand, ceiling), and mean, quantiles and what is unmet are of that.
 */
#ifndef CL_CORE_DEMAND_H
#define CL_CORE_DEMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "core/behavior.h"
#include "core/memory.h"
#include "core/money.h"

typedef enum ClDemandDistribution
{
	CL_DEMAND_LOGNORMAL,
	CL_DEMAND_NORMAL,
	CL_DEMAND_GAMMA,
	CL_DEMAND_QUANTILES
} ClDemandDistribution;

#define CL_DEMAND_DISTRIBUTIONS (CL_DEMAND_QUANTILES + 1)
#define CL_DEMAND_TOLERANCE 0.02
#define CL_DEMAND_CEILING_FACTOR 4.0
#define CL_DEMAND_MOST_CEILING_FACTOR 1e6

/* Of which time a demand is: a month, the months up to a horizon mixed, or the highest of them. */
typedef enum ClDemandBasis
{
	CL_DEMAND_NO_BASIS,			/* not said */
	CL_DEMAND_MONTH,
	CL_DEMAND_MIXTURE,
	CL_DEMAND_PEAK
} ClDemandBasis;

#define CL_DEMAND_BASES (CL_DEMAND_PEAK + 1)
#define CL_DEMAND_MOST_HORIZON 120

/* Observations of other options are of another kind: they cannot be put together. */
typedef struct ClDemandOptions
{
	ClDemandDistribution distribution;
	double		tolerance;		/* a balance from (1 - tolerance) x limit on is at the limit; 0 to 0.5 */
	double		ceiling_factor; /* times the highest limit or balance seen is the ceiling; from 1 on */
	double		ceiling;		/* put on by hand instead; INFINITY: none was */
} ClDemandOptions;

static inline bool
cl_demand_same_options(const ClDemandOptions *a, const ClDemandOptions *b)
{
	return a->distribution == b->distribution && a->tolerance == b->tolerance && a->ceiling_factor == b->ceiling_factor &&
		a->ceiling == b->ceiling;
}

/*
 * Amounts are kept as integers, the logarithm in units of 10^-12 or the amount itself in units of 10^-6. So all sums are
 * integers, and the same whatever the order of the rows.
 */
#define CL_DEMAND_LOG_DECIMALS 12
#define CL_DEMAND_AMOUNT_DECIMALS 6
#define CL_DEMAND_LARGEST 4e12	/* of a normal or gamma demand; a lognormal one takes any */
#define CL_DEMAND_LARGEST_POINT (INT64_C(1) << 62)
/* Of a dated month: a history holds it at four decimals. */
#define CL_DEMAND_LARGEST_DATED 9.2e14

/* high x 2^64 + low */
typedef struct ClWide
{
	cl_int128	high;
	uint64_t	low;
} ClWide;

/*
 * Censored months whose limits have the same point >> cell_bits: their number, and the sum over them of how far their point
 * lies above the lower edge of the cell.
 */
typedef struct ClDemandCell
{
	int64_t		key;
	int64_t		n;
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
	CL_DEMAND_TAIL,				/* an estimate, whose quantile 0.9 lies above every limit and balance seen */
	CL_DEMAND_FEW_OBSERVATIONS, /* an estimate, from two months that are not at the limit */
	CL_DEMAND_NO_SPREAD,		/* all balances are equal: sigma is 0 */
	CL_DEMAND_ONE_OBSERVATION,	/* no estimate from here on */
	CL_DEMAND_ALL_CENSORED,
	CL_DEMAND_NEVER_USED,		/* demand is 0 */
	CL_DEMAND_NO_OBSERVATIONS,
	CL_DEMAND_NOT_CONVERGED,
	CL_DEMAND_GIVEN,			/* a model, not observations */
	CL_DEMAND_POSTERIOR,		/* of a population and the account's own months: these carry it */
	CL_DEMAND_MOSTLY_PRIOR,		/* the population does */
	CL_DEMAND_PRIOR_ONLY,		/* the account has no months of its own */
	CL_DEMAND_OUT_OF_SCOPE		/* nothing is said: mu, sigma and p_zero may be NaN */
} ClDemandStatus;

#define CL_DEMAND_STATUSES (CL_DEMAND_OUT_OF_SCOPE + 1)

/*
 * A distribution of min(D, ceiling). Every answer about it is NaN when it is not known; limits are 0 or more, and may be
 * Infinity.
 */
typedef struct ClDemandModel
{
	ClDemandDistribution distribution;
	double		mu;
	double		sigma;			/* 0: always the same amount */
	double		p_zero;
	double		ceiling;		/* INFINITY: none */
	int			n_points;		/* of quantiles, which have no mu, sigma and p_zero; see demand_quantiles.c */
	const double *probability;
	const double *quantile;
} ClDemandModel;

#define CL_DEMAND_FEWEST_POINTS 2
#define CL_DEMAND_MOST_POINTS 1000
#define CL_DEMAND_LARGEST_QUANTILE 1e300

extern double cl_demand_mean(const ClDemandModel *model);
extern double cl_demand_quantile(const ClDemandModel *model, double p);
extern double cl_demand_exceeds(const ClDemandModel *model, double limit);
extern double cl_demand_density(const ClDemandModel *model, double limit);	/* to its right */
extern double cl_demand_expected_draw(const ClDemandModel *model, double limit);
extern double cl_demand_expected_unmet(const ClDemandModel *model, double limit);
extern double cl_demand_p_zero(const ClDemandModel *model); /* of no draw, whatever the distribution */
/* What is wrong with a model from outside; NULL when it is in order. */
extern const char *cl_demand_model_disorder(const ClDemandModel *model);

/* Of the points of quantiles, without a ceiling. */
extern double cl_quantiles_at(const ClDemandModel *model, double p);
extern double cl_quantiles_exceeds(const ClDemandModel *model, double limit);
extern double cl_quantiles_density(const ClDemandModel *model, double limit);
extern double cl_quantiles_draw(const ClDemandModel *model, double limit);
extern double cl_quantiles_unmet(const ClDemandModel *model, double limit);

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

/* What a model was made of when an account leans on its population; mu, sigma and p_zero are those of the long run. */
typedef struct ClDemandPosterior
{
	ClDemandStatus status;		/* posterior, mostly_prior, prior_only, tail or out_of_scope */
	int64_t		n;				/* own months; as follows they include those of all kinds */
	int64_t		n_zero;
	int64_t		n_censored;
	int64_t		n_skipped;
	double		highest_limit;	/* that was reached; 0 when none was */
	double		mu;
	double		sigma;
	double		p_zero;
	double		se_mu;
	double		se_sigma;
	double		se_p_zero;
	double		prior_weight;	/* share of the population in the estimate, 0 to 1 */
} ClDemandPosterior;

/*
 * Observations are undated, for any number of accounts, or the months of one account (history). Undated ones are kept as sums.
 * The sums of dated ones are made for the estimate and dropped again; numbers of months stay with it, so whoever reads these
 * calls cl_demand_fit() first.
 *
 * There are as many of these as accounts, and a month is added by reading one from memory. So what most months change stands
 * together, and all of it fills no more than a block of 256 bytes; what is made at the end has its own.
 */
typedef struct ClDemand
{
	ClDemandOptions options;
	ClDemandFit *fit;			/* NULL until it is made */
	int64_t		n;				/* months; as follows they include those of all kinds */
	union
	{
		ClBehavior	history;	/* dated: limit and balance by month */
		struct
		{
			cl_int128	sum;	/* of the points of the months with a balance below the limit */
			union
			{
				ClWide		squares;	/* of point^2 */
				cl_int128	log_sum;	/* gamma: of their logarithms */
			};
		};
	};
	double		highest_balance;	/* of all months, skipped ones too; 0 when none is above it */
	double		highest_granted;	/* limit of any month, reached or not */
	int64_t		n_censored;
	double		highest_limit;	/* that was reached; 0 when none was */
	ClDemandCell *cells;
	int			n_cells;
	int			size_cells;
	int			cell_bits;
	int			n_slots;
	uint16_t   *slots;			/* hash of cell number + 1, when there are many */
	int64_t		n_zero;
	int64_t		n_skipped;		/* without balance or without limit: not among n */
	ClDemandModel *model;		/* given, and nothing above but its distribution counts; NULL: observations */
	ClDemandPosterior *posterior;	/* of the model; NULL: none */
	uint8_t		basis;			/* ClDemandBasis; a month where there are observations */
	uint8_t		horizon;		/* in months, 1 to 120; 0: not said */
	bool		dated;
	bool		parts;			/* put together by rollup, which takes no month twice */
	ClMemory	memory;
} ClDemand;

_Static_assert(sizeof(ClDemand) <= 256, "a demand fills a block of 256 bytes");

/* One of the months of a dated demand; NaN: not known. */
typedef struct ClDemandMonth
{
	int32_t		month;			/* as in behavior.h */
	double		balance;
	double		limit;
} ClDemandMonth;

#define CL_DEMAND_MONTHS CL_BEHAVIOR_MONTHS

extern void cl_demand_init(ClDemand *demand, const ClMemory *memory, const ClDemandOptions *options);
extern void cl_demand_date(ClDemand *demand);	/* an empty one, of no months yet */
extern void cl_demand_clear(ClDemand *demand);	/* gives back what it holds */
extern int	cl_demand_point_decimals(const ClDemand *demand);
extern double cl_demand_unit(const ClDemand *demand);	/* of a point */

/*
 * A month; NaN is not known. Amounts are finite and the limit is not negative. A month without balance, or without a limit above
 * 0, is skipped. False when there is no room for it: more rows than an integer counts, or amounts beyond.
 */
extern bool cl_demand_add(ClDemand *demand, double balance, double limit);
/* The same in a dated demand, empty or not. The span of a history is the other thing that may not have room. */
extern bool cl_demand_add_month(ClDemand *demand, int32_t month, double balance, double limit);
/* Of the same options, and both dated or both not; into may be empty. */
extern bool cl_demand_merge(ClDemand *into, const ClDemand *from);
/* A month that is in both, or 0. */
extern int32_t cl_demand_month_in_both(const ClDemand *a, const ClDemand *b);
/* The months of a dated demand, ascending; their number. */
extern int	cl_demand_months(const ClDemand *demand, ClDemandMonth months[CL_DEMAND_MONTHS]);

static inline bool
cl_demand_dated(const ClDemand *demand)
{
	return demand->dated;
}

extern void cl_demand_add_cell(ClDemand *demand, int64_t key, int64_t n, cl_int128 above);
extern void cl_demand_sort_cells(ClDemand *demand);
extern double cl_demand_cell_point(const ClDemand *demand, const ClDemandCell *cell);

extern void cl_wide_add(ClWide *sum, int64_t n, int64_t x);	/* n x x^2, n >= 0 */
extern void cl_wide_subtract(ClWide *sum, int64_t n, int64_t x);
extern double cl_wide_double(const ClWide *sum);

/* Sum of squares about the mean, in squared units; negative when sum and squares contradict each other. Not of gamma. */
extern double cl_demand_spread(const ClDemand *demand, double *mean);

/* The estimate, made once; of a model, its parameters. */
extern const ClDemandFit *cl_demand_fit(ClDemand *demand);
/* The least amount that no draw exceeds: put on by hand, or made of what was seen. INFINITY: none. */
extern double cl_demand_ceiling(const ClDemand *demand);
/* The distribution: the model, or that of the estimate. */
extern ClDemandModel cl_demand_model(ClDemand *demand);

/* Maximum likelihood of gamma; demand_gamma.c. */
extern void cl_demand_fit_gamma(ClDemandFit *fit, ClDemand *demand);

#endif							/* CL_CORE_DEMAND_H */

/*
 * demand_sample.h
 *	  Accounts of a segment, of which those with the smallest hash are kept: the same ones for every order and split of the rows.
 */
#ifndef CL_CORE_DEMAND_SAMPLE_H
#define CL_CORE_DEMAND_SAMPLE_H

#include "core/demand_prior.h"

#define CL_DEMAND_SAMPLE 100000

/* An account: what a fit needs of it, in 24 bytes and 4 more a month. */
typedef struct ClDemandAccount
{
	uint64_t	hash;
	int32_t		last;			/* number of the last month on file, as in behavior.h */
	int			n;
	float		limit;			/* in force in the last month that had one; above 0 */
	float		highest;		/* that was ever drawn or granted */
	float		months[];
} ClDemandAccount;

/* Room for the largest account. */
typedef union ClDemandAccountRoom
{
	ClDemandAccount account;
	char		room[sizeof(ClDemandAccount) + CL_DEMAND_MONTHS * sizeof(float)];
} ClDemandAccountRoom;

typedef struct ClDemandSample
{
	ClMemory	memory;
	int			n;
	int			most;			/* accounts that are kept */
	int			size;
	bool		sorted;			/* by hash; otherwise the largest is the root of a heap */
	ClDemandAccount **account;
	int64_t		n_accounts;		/* in scope, kept or not */
	int64_t		n_out_of_scope;
	int64_t		n_without;		/* a key without a demand */
	int64_t		n_months;		/* of accounts in scope that say something */
} ClDemandSample;

/*
 * Most that borrowers like these may want: the 0.999 quantile of what peers ever drew or were granted, never the highest of
 * them alone. Peers have a limit between the same powers of two; where they are fewer than some, those of the neighbouring
 * classes belong to them.
 */
typedef struct ClDemandCeiling
{
	int32_t		class;			/* 2^class <= limit < 2^(class + 1) */
	int32_t		n;				/* peers */
	double		ceiling;
} ClDemandCeiling;

#define CL_DEMAND_PEERS 200
#define CL_DEMAND_LOWEST_CLASS (-64)
#define CL_DEMAND_HIGHEST_CLASS 63
#define CL_DEMAND_CLASSES (CL_DEMAND_HIGHEST_CLASS - CL_DEMAND_LOWEST_CLASS + 1)

/*
 * All but the hash, from a dated demand, whose numbers of months it counts; false when it is out of scope: no limit above 0 in
 * the last 12 months on file.
 */
extern bool cl_demand_account(ClDemandAccount *account, ClDemand *demand);
/* What is wrong with one from outside; NULL when it is in order. */
extern const char *cl_demand_account_disorder(const ClDemandAccount *account);
extern void cl_demand_sample_init(ClDemandSample *sample, const ClMemory *memory);
/* Of an account in scope; it is copied where it is kept. */
extern void cl_demand_sample_add(ClDemandSample *sample, const ClDemandAccount *account);
extern void cl_demand_sample_merge(ClDemandSample *into, const ClDemandSample *from);
/* False when an account is in it twice. */
extern bool cl_demand_sample_sort(ClDemandSample *sample);
extern int	cl_demand_class(double limit);
/* Ascending by class; their number. The last one, of class CL_DEMAND_HIGHEST_CLASS + 1, is of all accounts together. */
extern int	cl_demand_ceilings(const ClDemandSample *sample, ClDemandCeiling ceiling[CL_DEMAND_CLASSES + 1]);
/*
 * How far draws below a limit have shown what is wanted: of 100 accounts with one, 99 have drawn no more, and more than one has
 * drawn so much. 0: nobody has drawn.
 */
extern double cl_demand_seen(const ClDemandSample *sample);
/*
 * That of peers of an account, at least its own highest; of these, of which there is one. Between the middles of two classes it
 * is a straight line of logarithms, so that a limit just above a power of two has no other than one just below; beyond the
 * outermost middle it is that of the class.
 */
extern double cl_demand_ceiling_of(const ClDemandAccount *account, const ClDemandCeiling *ceiling, int n);

#endif							/* CL_CORE_DEMAND_SAMPLE_H */

/*
 * allocation_certificate.h
 *	  The type allocation_certificate: how a book divided its budgets, at which prices, and how far from the best that can be.
 *
 * Amounts are numeric: what a certificate says is checked in exact arithmetic. Slackness and gap follow from the others, so they
 * are computed where the certificate is written and compared where it is read.
 */
#ifndef CL_LIMIT_ALLOCATION_CERTIFICATE_H
#define CL_LIMIT_ALLOCATION_CERTIFICATE_H

#include "pg/document.h"

#define CL_MOST_BUDGETS 16
#define CL_MOST_REPAIRED 20000

typedef enum ClAllocationKind
{
	CL_ALLOCATION_ROWS,			/* of actions: bound and value are exact */
	CL_ALLOCATION_FLOAT			/* of a continuous choice: they are sums in double precision */
} ClAllocationKind;

typedef enum ClAllocationStatus
{
	CL_ALLOCATION_BINDING,		/* some budget has a price */
	CL_ALLOCATION_SLACK,		/* none has: every account has what is best for it alone */
	CL_ALLOCATION_INFEASIBLE,	/* not even the least fits: no price and no bound */
	CL_ALLOCATION_EMPTY,		/* there were no accounts */
	CL_ALLOCATION_TIES,			/* no prices use the budgets up: too much moves at once */
	CL_ALLOCATION_NOT_CONVERGED /* the search ended before the bound met its tolerance */
} ClAllocationStatus;

typedef struct ClCertifiedBudget
{
	const char *name;
	Numeric		amount;
	Numeric		price;			/* what the bound is computed with; NULL: none */
	Numeric		decides;		/* raised until what every account chooses fits; NULL: as price */
	Numeric		fill_price;		/* of the accounts that the fill share lets in; NULL: there is none */
	Numeric		used;
	Numeric		price_low;		/* interval of the price; NULL: none */
	Numeric		price_high;
} ClCertifiedBudget;

typedef struct ClRepaired
{
	int64		account_id;
	int32		action;
} ClRepaired;

typedef struct ClCertifiedScenario
{
	const char *name;
	Numeric		factor[3];		/* of PD, LGD and demand */
	Numeric		probability;
	Numeric		weight;			/* of the mean that the bound is computed with; NULL: none, as for value */
	Numeric		value;			/* of what was chosen, in this scenario */
} ClCertifiedScenario;

#define CL_MOST_CERTIFIED_SCENARIOS 16

typedef struct ClAllocationCertificate
{
	ClAllocationKind kind;
	const char *method;
	ClAllocationStatus status;
	int			n_budgets;
	ClCertifiedBudget *budget;
	int			criterion;		/* of scenarios, cl_certificate_criteria */
	Numeric		alpha;			/* of the criterion cvar; NULL */
	int			n_scenarios;	/* 0: none */
	ClCertifiedScenario *scenario;
	int64		n;				/* accounts */
	int64		rows;			/* actions of all accounts; of kind rows only */
	Numeric		value;
	Numeric		bound;			/* NULL when infeasible or empty */
	Numeric		bound_error;	/* of kind float only */
	Numeric		step;			/* of limits that were made actions; NULL: none */
	const char *digest;			/* 64 hexadecimal digits, or NULL */
	int			passes;
	bool		read_once;
	Numeric		fill;			/* share of the accounts that decide at fill_price; NULL: none */
	int			n_repaired;
	ClRepaired *repaired;		/* ascending accounts that do not take what the prices say */
} ClAllocationCertificate;

extern const ClDocument allocation_certificate_document;
extern const char *const cl_allocation_kinds[];
extern const char *const cl_allocation_statuses[];

/* price * (amount - used), and bound - value: exact. */
extern Numeric cl_certificate_slackness(const ClCertifiedBudget *budget);
extern Numeric cl_certificate_gap(const ClAllocationCertificate *certificate);

/* Scenarios and criterion of a certificate whose status, value and bounds have been read; and their JSON. */
extern const char *const cl_certificate_criteria[];
extern void cl_certificate_read_scenarios(const ClJson *root, ClAllocationCertificate *certificate);
extern void cl_certificate_put_scenarios(StringInfo out, const ClAllocationCertificate *certificate);

#endif							/* CL_LIMIT_ALLOCATION_CERTIFICATE_H */

/*
 * action_choice.h
 *	  What accounts choose by a certificate: by its prices, by the fill share, or as repair left them.
 */
#ifndef CL_LIMIT_ACTION_CHOICE_H
#define CL_LIMIT_ACTION_CHOICE_H

#include "limit/action_rows.h"

/* From this number of accounts on prices are raised until they decide; below, accounts that do not fit are repaired. */
#define CL_PRICES_DECIDE 10000
#define CL_FILL_UNIT 1000000000

typedef struct ClActionPrices
{
	ClDecimalPrice price[CL_ACTION_BUDGETS];	/* of the bound */
	ClDecimalPrice decides[CL_ACTION_BUDGETS];
	ClDecimalPrice fill_price[CL_ACTION_BUDGETS];
	int64		fill;			/* accounts whose place is below it choose at fill_price; 0: none does */
} ClActionPrices;

/* The prices of a certificate. An error when exact arithmetic cannot hold them. */
extern void cl_certificate_prices(const ClAllocationCertificate *certificate, ClActionPrices *prices);

/* The bound of a certificate at its prices; those of the accounts as "totals" choose there. */
extern Numeric cl_action_bound(const ClActions *actions, const ClActionPrices *prices, const Numeric *amount);

/* What accounts choose by prices and fill share, and their totals. */
extern void cl_action_choices(const ClActionRows *rows, const ClActionPrices *prices, ClActionTotals *totals, size_t *chosen);

/* Puts the repaired accounts to their actions. False at one that is not there: then "at" is its place. */
extern bool cl_action_repair(const ClActionRows *rows, const ClAllocationCertificate *certificate, ClActionTotals *totals,
							 size_t *chosen, int *at);

/* Prices where answers flip, as an array of float8 with NULL for those that never do. */
extern Datum cl_action_flip_datum(const double *flip, int budgets);

extern void cl_exact_or_error(const ClActions *actions, const ClDecimalPrice *price, ClExactPrices *exact);

#endif							/* CL_LIMIT_ACTION_CHOICE_H */

/*
 * sicr.h
 *	  Definitions of a significant increase in credit risk (SICR), compared by what came after.
 *
 * A definition is a test of a month (days past due, the PD against the one at origination, a drop of the score), the months in
 * turn that it must hold (stickiness), and the months in which a default is looked for (outcome period). Botha, Oberholzer,
 * Larney and de Jongh 2023 (arXiv 2303.03080) vary delinquency, stickiness and outcome period in this way. A month of an
 * account that is not in default is flagged or not, and followed by a default or not. It counts where the outcome period has
 * passed; where a month that would tell is missing, it is not known, and nothing is bridged.
 *
 * Months of one account share their outcome, so intervals treat accounts as what is drawn: of each definition there are, beside
 * the sums, the products of each account's sums, from which a ratio has its variance (Cochran 1977, Sampling Techniques, 3rd
 * edition, chapter 6), and the size of a sample of single months that would say as much (Korn and Graubard 1998, Survey
 * Methodology 24, 193), for which the interval is Wilson's.
 */
#ifndef CL_CORE_SICR_H
#define CL_CORE_SICR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/memory.h"

/* Months of one account are never so far apart: a wrong date is. */
#define CL_SICR_SPAN 1200
/* Months of accounts in one value: sums of products stay inside 64 bits. */
#define CL_SICR_MOST (INT64_C(1) << 50)

typedef enum ClSicrMeasure
{
	CL_SICR_DAYS, CL_SICR_PD, CL_SICR_SCORE, CL_SICR_MEASURES
} ClSicrMeasure;

/* 1 to 3 months in turn; 6, 12 and 18 months of outcome. */
#define CL_SICR_STICKINESS 3
#define CL_SICR_OUTCOMES 3
#define CL_SICR_OUTCOME_STEP 6
#define CL_SICR_DEFINITIONS (CL_SICR_MEASURES * CL_SICR_STICKINESS * CL_SICR_OUTCOMES)

typedef struct ClSicrRules
{
	int32_t		as_of;			/* the last month that is known; 0 before the first row */
	int32_t		days_past_due;
	int32_t		default_days;
	double		pd_ratio;
	double		score_drop;
} ClSicrRules;

/* What is summed of the months of an account; GOOD is what is not BAD, where accounts are counted. */
typedef enum ClSicrSum
{
	CL_SICR_ALL, CL_SICR_FLAGGED, CL_SICR_BAD, CL_SICR_HIT, CL_SICR_SUMS, CL_SICR_GOOD = CL_SICR_HIT
} ClSicrSum;

#define CL_SICR_PRODUCTS (CL_SICR_SUMS * (CL_SICR_SUMS + 1) / 2)
#define CL_SICR_NUMBERS (1 + CL_SICR_SUMS + 1 + CL_SICR_SUMS + CL_SICR_PRODUCTS)

/* Of one definition. The numbers are also an array, for the wire. */
typedef union ClSicrCell
{
	struct
	{
		int64_t		n_unknown;	/* months whose flag or outcome is not known */
		int64_t		sum[CL_SICR_SUMS];
		int64_t		lead;		/* months from a flag to its default, of all hits */
		int64_t		accounts[CL_SICR_SUMS]; /* with such a month: all, flagged, bad, good */
		int64_t		product[CL_SICR_PRODUCTS];	/* of the sums of each account, i <= j: 00 01 02 03 11 12 13 22 23 33 */
	};
	int64_t		number[CL_SICR_NUMBERS];
} ClSicrCell;

typedef struct ClSicr
{
	ClSicrRules rules;
	int64_t		n_skipped;		/* rows of which account, month or days past due are not known */
	int64_t		n_default;		/* months in default: in no count */
	ClSicrCell	cell[CL_SICR_DEFINITIONS];	/* measure, stickiness, outcome, the last running fastest */
} ClSicr;

typedef enum ClSicrTest
{
	CL_SICR_NO, CL_SICR_YES, CL_SICR_UNKNOWN
} ClSicrTest;

typedef struct ClSicrRow
{
	int64_t		account;
	int32_t		month;
	uint8_t		in_default;
	uint8_t		test[CL_SICR_MEASURES]; /* a ClSicrTest */
} ClSicrRow;

/* The months of many accounts, in any order until they are counted. */
typedef struct ClSicrPanel
{
	ClMemory	memory;
	ClSicrRules rules;
	int64_t		n_skipped;
	size_t		n;
	size_t		size;
	ClSicrRow  *row;
} ClSicrPanel;

extern void cl_sicr_panel_init(ClSicrPanel *panel, const ClMemory *memory);
extern void cl_sicr_panel_add(ClSicrPanel *panel, const ClSicrRow *row);
/*
 * Puts rows in order and counts them into a value that is all zero; the first row whose month its account has before, or that
 * is more than CL_SICR_SPAN months after its first, or NULL.
 */
extern const ClSicrRow *cl_sicr_count(ClSicrPanel *panel, ClSicr *sicr);

extern bool cl_sicr_same_rules(const ClSicrRules *one, const ClSicrRules *other);
/* False where there would be too many months. Both have the same rules. */
extern bool cl_sicr_merge(ClSicr *into, const ClSicr *from);
/* What no rows give, or NULL. */
extern const char *cl_sicr_disorder(const ClSicr *sicr);

typedef enum ClSicrRate
{
	CL_SICR_FLAGGED_SHARE, CL_SICR_PRECISION, CL_SICR_RECALL, CL_SICR_SPECIFICITY, CL_SICR_RATES
} ClSicrRate;

/* NaN where nothing is below the line; as_many is the number of single months that would say as much. */
extern double cl_sicr_rate(const ClSicrCell *cell, ClSicrRate rate, double *as_many);
/* The coefficient of Matthews 1975 between flag and outcome; NaN where one of them is always the same. */
extern double cl_sicr_correlation(const ClSicrCell *cell);

#endif							/* CL_CORE_SICR_H */

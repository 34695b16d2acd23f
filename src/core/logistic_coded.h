/*
 * logistic_coded.h
 *	  Rows of a logistic regression whose columns have few values each, as weights of evidence have: a byte a value.
 *
 * They are read once and fitted many times, with fewer columns each time. Rows are kept one after the other: the place of each
 * value in the dictionary of its column, then the outcome.
 */
#ifndef CL_CORE_LOGISTIC_CODED_H
#define CL_CORE_LOGISTIC_CODED_H

#include "core/logistic_rows.h"

#define CL_LOGIT_CODES 256
#define CL_LOGIT_CODE_SLOTS 512

typedef struct ClLogitDictionary
{
	int			n;
	double		value[CL_LOGIT_CODES];
	uint16_t	slot[CL_LOGIT_CODE_SLOTS];	/* place + 1, by the hash of the value's bits; 0 is empty */
} ClLogitDictionary;

typedef struct ClLogitCoded
{
	ClMemory	memory;
	int			terms;			/* -1 before the first row */
	bool		given_up;		/* a column has too many values, or there are too many rows: none are kept */
	int64_t		n;
	ClLogitDictionary *dictionary;	/* of each column */
	unsigned char *row;			/* terms + 1 bytes each */
	size_t		size;			/* of it, in bytes */
} ClLogitCoded;

extern void cl_logit_coded_init(ClLogitCoded *coded, const ClMemory *memory);

/* Once the number of terms is known, and before the first row. */
extern void cl_logit_coded_begin(ClLogitCoded *coded, int terms);
extern void cl_logit_coded_add(ClLogitCoded *coded, const double *x, bool event, size_t most_bytes);

/* Both have the same terms, or one has no rows. */
extern void cl_logit_coded_merge(ClLogitCoded *into, const ClLogitCoded *from, size_t most_bytes);
extern void cl_logit_coded_give_up(ClLogitCoded *coded);

/* Appends all rows, with these columns only. */
extern void cl_logit_coded_rows(const ClLogitCoded *coded, const int *column, int n_columns, ClLogitRows *rows);

/* The place of a value, which is entered when it is new; -1 when there is no place left. */
extern int	cl_logit_code(ClLogitDictionary *dictionary, double value);

#endif							/* CL_CORE_LOGISTIC_CODED_H */

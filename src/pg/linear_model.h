/*
 * linear_model.h
 *	  What the documents of regressions (logit_model, tobit_model) have in common: an intercept, named terms and the covariance
 *	  of their coefficients, as options name them, as JSON has them, and as predictions use them.
 */
#ifndef CL_PG_LINEAR_MODEL_H
#define CL_PG_LINEAR_MODEL_H

#include "core/column_scan.h"
#include "pg/document.h"

#define CL_INTERCEPT_NAME "(Intercept)"
#define CL_MODEL_ANY_NUMBER 1e300

/* Why a coefficient is not an ordinary estimate. */
typedef enum ClTermNote
{
	CL_TERM_ESTIMATED,
	CL_TERM_ALIASED,
	CL_TERM_HELD,
	CL_TERM_SEPARATING,
	CL_TERM_AT_BOUND
} ClTermNote;

typedef struct ClModelTerm
{
	const char *name;
	double		coefficient;	/* NaN: none */
	double		std_error;		/* NaN: none */
	ClTermNote	note;
} ClModelTerm;

/* Options: names of terms, and the confidence of intervals. */
typedef struct ClModelNames
{
	int			n;				/* -1: none were given */
	const char **name;
} ClModelNames;

extern const char **cl_model_read_names(const ClJson *array, int *n);
extern void cl_model_names(const ClJson *root, ClModelNames *names);
extern void cl_model_names_fit(const ClJson *root, const ClModelNames *names, int terms);
extern const char *cl_model_term_name(const ClModelNames *names, int term); /* x1, x2, ... where none were given */
extern double cl_model_confidence(const ClJson *root);

/* Reading: number 0 of the terms is the intercept. The covariance is n x n, NaN where there is none, or NULL. */
extern ClModelTerm *cl_model_terms(const ClJson *root, int *terms);
extern double *cl_model_covariance(const ClJson *root, int n);
extern double *cl_model_slope(const ClModelTerm *term, int terms);
extern double cl_model_optional(const ClJson *node, const char *key, double lowest, double highest, double otherwise);
extern double cl_model_number(const ClJson *node, const char *key, double lowest, double highest);
extern int64 cl_model_count(const ClJson *node, const char *key, int64 most);

/* Writing: {"intercept": ..., "terms": [...]; a covariance that is too large for JSON leaves its place to the std_error. */
extern void cl_model_put_terms(StringInfo out, const ClModelTerm *term, int terms, const double *covariance, int n);
extern void cl_model_put_covariance(StringInfo out, const double *covariance, int n);
extern void cl_model_put_named(StringInfo out, const char *key, double value);	/* nothing where there is no number */

/* Names to show, of argument argno: instead of the model's own; NULL elements are those of the model. */
extern const char **cl_model_names_argument(FunctionCallInfo fcinfo, int argno, const ClModelTerm *term, int terms);

/* "before a, b, c." of the terms with that note, if there are any. */
extern void cl_model_list_terms(StringInfo out, const ClModelTerm *term, int terms, ClTermNote note, const char *before);

/* intercept + sum of coefficient * x, of an array of numbers of any type; NaN when it is not known. */
extern double cl_model_linear(const ClModelTerm *term, const double *slope, int terms, Datum array);

#endif							/* CL_PG_LINEAR_MODEL_H */

/*
 * logistic.h
 *	  What the files of the logistic regression share.
 */
#ifndef CL_SCORE_LOGISTIC_H
#define CL_SCORE_LOGISTIC_H

#include "core/logistic.h"
#include "pg/document.h"
#include "pg/memory.h"

#include "utils/array.h"

/*
 * The type logit_model
 */

/* Why a coefficient is not an ordinary estimate. */
typedef enum ClLogitNote
{
	CL_LOGIT_ESTIMATED,
	CL_LOGIT_ALIASED,
	CL_LOGIT_HELD,
	CL_LOGIT_SEPARATING,
	CL_LOGIT_AT_BOUND
} ClLogitNote;

typedef struct ClLogitModelTerm
{
	const char *name;
	double		coefficient;	/* NaN: none */
	double		std_error;		/* NaN: none */
	ClLogitNote note;
} ClLogitModelTerm;

typedef struct ClLogitModel
{
	int			terms;			/* without the intercept */
	ClLogitModelTerm *term;		/* terms + 1; number 0 is the intercept */
	double	   *covariance;		/* (terms + 1)^2, NaN where there is none; or NULL */
	double		confidence;		/* of intervals */

	/* How it was fitted; a model that a person wrote down says nothing of that. */
	bool		fitted;
	ClLogitStatus status;
	ClLogitPenalty penalty;
	double		lambda;
	bool		standardize;
	bool		robust;
	int64		n;
	int64		n_skipped;
	int64		n_event;
	ClLogitTotals totals;
	double		loglik;
	double		null_loglik;
	double		condition;		/* NaN: none */
	int			rank;
	int			iterations;

	/* For prediction: 0 where there is no coefficient; the whole is NULL where there is no intercept. */
	double	   *slope;
} ClLogitModel;

extern const ClDocument logit_model_document;

#define CL_INTERCEPT_NAME "(Intercept)"

extern const char *const cl_logit_status_names[];
extern const char *const cl_logit_penalty_names[];

/*
 * Options
 */
typedef struct ClLogitSettings
{
	ClLogitOptions options;
	double		confidence;
	ClJson		root;
	int			n_names;		/* -1: none were given */
	const char **name;
	int			n_signs;		/* -1: none; 0: one for all terms */
	signed char *sign;

	/* Of logit_stepwise. */
	int			direction;
	int			start;			/* -1: as the direction has it */
	bool		by_bic;
	int			n_forced;
	const char **forced;
	int			max_steps;
} ClLogitSettings;

enum
{
	CL_STEP_BOTH, CL_STEP_FORWARD, CL_STEP_BACKWARD
};

/* From jsonb, or defaults from NULL. The second checks them against the number of terms, once that is known. */
extern void cl_logit_settings(Jsonb *jsonb, bool stepwise, ClLogitSettings *settings);
extern void cl_logit_settings_fit(ClLogitSettings *settings, int terms);

/* A name for each term: those that were given, or x1, x2, ... */
extern const char *cl_logit_term_name(const ClLogitSettings *settings, int term);

/* The model of a fit. */
extern Datum cl_logit_model_of(const ClLogitFit *fit, const ClLogitSettings *settings, int64 n, int64 n_skipped, int64 n_event);

/*
 * Rows
 */

/*
 * x of a row from an array of numbers of any type: valid until the next call. NULL when a value is NULL, NaN or infinite.
 * "what" is what the array is called in messages.
 */
typedef struct ClLogitReader
{
	MemoryContext context;
	double	   *x;
	int			size;
	int			n;				/* values of the row read last */
} ClLogitReader;

extern const double *cl_logit_read_x(ClLogitReader *reader, ArrayType *array);

/* Complains when rows have x of different lengths, and takes the length of the first. */
extern void cl_logit_require_terms(int *terms, int found);

/* NaN for a NULL weight, which is a row that is left out. */
extern double cl_logit_weight(FunctionCallInfo fcinfo, int argno);

/* An array of float8 without NULLs, one-dimensional; NULL when it is not. */
extern const double *cl_float8_array(ArrayType *array, int *n);
extern Datum cl_float8_array_datum(const double *value, int n);
extern Datum cl_float8_matrix_datum(const double *value, int n);

#endif							/* CL_SCORE_LOGISTIC_H */

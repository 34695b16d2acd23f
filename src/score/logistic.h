/*
 * logistic.h
 *	  What the files of the logistic regression share.
 */
#ifndef CL_SCORE_LOGISTIC_H
#define CL_SCORE_LOGISTIC_H

#include "core/logistic.h"
#include "pg/linear_model.h"
#include "pg/memory.h"
#include "pg/regression_row.h"

/*
 * The type logit_model
 */

typedef struct ClLogitModel
{
	int			terms;			/* without the intercept */
	ClModelTerm *term;			/* terms + 1; number 0 is the intercept */
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
	ClModelNames names;
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

/* What options are for: rows in memory, steps of a selection, or a query that is run in passes. */
typedef enum ClLogitUse
{
	CL_LOGIT_ROWS, CL_LOGIT_STEPS, CL_LOGIT_PASSES
} ClLogitUse;

/* From jsonb, or defaults from NULL. The second checks them against the number of terms, once that is known. */
extern void cl_logit_settings(Jsonb *jsonb, ClLogitUse use, ClLogitSettings *settings);
extern void cl_logit_settings_fit(ClLogitSettings *settings, int terms);

/* The model of a fit. */
extern Datum cl_logit_model_of(const ClLogitFit *fit, const ClLogitSettings *settings, int64 n, int64 n_skipped, int64 n_event);

#endif							/* CL_SCORE_LOGISTIC_H */

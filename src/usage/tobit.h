/*
 * tobit.h
 *	  What the files of the Tobit regression share.
 */
#ifndef CL_USAGE_TOBIT_H
#define CL_USAGE_TOBIT_H

#include "core/tobit.h"
#include "pg/linear_model.h"

typedef struct ClTobitSettings
{
	ClJson		root;
	ClModelNames names;
	int			max_iterations;
	double		confidence;
} ClTobitSettings;

typedef struct ClTobitModel
{
	int			terms;			/* without the intercept */
	ClModelTerm *term;			/* terms + 1 */
	double		sigma;			/* NaN: none */
	double	   *covariance;		/* (terms + 2)^2, the last of log(sigma); or NULL */
	double		confidence;		/* of intervals */

	/* How it was fitted; a model that a person wrote down says nothing of that. */
	bool		fitted;
	ClTobitStatus status;
	int64		n;
	int64		n_skipped;
	int64		of_kind[CL_TOBIT_KINDS];
	int64		clusters;		/* 0: errors are those of the likelihood */
	double		weight;
	double		loglik;
	double		condition;		/* NaN: none */
	int			rank;
	int			iterations;

	double	   *slope;			/* for prediction */
} ClTobitModel;

extern const ClDocument tobit_model_document;
extern const char *const cl_tobit_status_names[];

/* The model of a fit. */
extern Datum cl_tobit_model_of(const ClTobitFit *fit, const ClTobitSettings *settings, const ClTobitRows *rows, int64 n_skipped);

#endif							/* CL_USAGE_TOBIT_H */

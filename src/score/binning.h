/*
 * binning.h
 *	  What the files of the binning share: the type binning, a characteristic cut into bins, with what was counted in each.
 */
#ifndef CL_SCORE_BINNING_H
#define CL_SCORE_BINNING_H

#include "core/binning_optimum.h"
#include "core/binning_trend.h"
#include "core/scorecard.h"
#include "pg/document.h"
#include "score/bin_sketch_state.h"

/* What the weight of evidence of a bin beside the values is: a special code, a missing value, a category that is not listed. */
typedef enum ClRestRule
{
	CL_REST_CAPPED,				/* what its rows show, but not safer than the safest bin of values */
	CL_REST_SEPARATE,			/* what its rows show */
	CL_REST_ZERO,
	CL_REST_WORST,				/* of the riskiest bin of values */
	CL_REST_BEST,				/* of the safest one */
	CL_REST_MISSING,			/* that of a missing value, whose rows are counted together with these */
	CL_REST_NUMBER
} ClRestRule;

typedef struct ClRest
{
	ClRestRule	rule;
	double		woe;			/* of CL_REST_NUMBER */
} ClRest;

/* Special, missing, other: place of the rule of such a bin. */
#define CL_RESTS 3
#define CL_REST(kind) ((kind) - CL_BIN_SPECIAL)

typedef struct ClBinning
{
	ClCharacteristic c;			/* its points are weights of evidence */
	bool		counted;		/* else there are cuts, but nothing was counted yet */
	bool		weighted;
	ClBinCounts *counts;		/* of each bin */
	ClBinCounts total;
	int64		n_skipped;
	ClWoeConvention convention;
	ClRest		rest[CL_RESTS];
	int64		min_n[2];		/* with fewer of a class a bin beside the values has a weight of evidence of 0 */
	ClObjective objective;
	const char *status;
	const char *message;		/* why it is not optimal, or NULL */
	ClTrend		trend;			/* of the intervals or categories */
	double		best[CL_PRICES];	/* of the objective over all bins, under some of the rules; NaN: not known */
} ClBinning;

/* Options as the user gave them; see doc/analyst/score.md. */
typedef struct ClBinningOptions
{
	int			max_prebins;
	ClOptimumRules rules;
	double	   *splits;			/* candidates instead of pre-bins, ascending; NULL: none given */
	int			n_splits;
	double	   *fixed;			/* cuts that must be, ascending */
	int			n_fixed;
	double	   *special;		/* codes that are no measurements, ascending */
	int			n_special;
	double		cat_cutoff;
	ClRest		rest[CL_RESTS];
	bool		closed_right;
	ClWoeConvention convention;
} ClBinningOptions;

extern const ClDocument binning_document;
extern const char *const cl_trend_names[];
extern const char *const cl_objective_names[];
extern const char *const cl_woe_sign_names[];
extern const char *const cl_smoothing_names[];
extern const char *const cl_rest_names[];

/* NULL stands for no options. */
extern void cl_binning_options(const ClJson *document, ClBinningOptions *options);

/* Intervals or categories. */
extern int	cl_binning_bins_of_values(const ClBinning *binning);
/* Information value by the weights of evidence that the bins have (cl_binning_measure: by those of their rows); or NaN. */
extern double cl_binning_iv(const ClBinning *binning);

/* Totals, weights of evidence and trend from the counts. */
extern void cl_binning_evaluate(ClBinning *binning);

/* What of this is not what the counts of a bin show, or NULL. */
extern char *cl_binning_remark(const ClBinning *binning);

/* A rule for the bins beside the values, of one kind, from its node. */
extern void cl_binning_rest_read(const ClJson *node, ClBinKind kind, ClRest *rest);

/* The conventions that the options ask for. */
extern void cl_binning_set_conventions(ClBinning *binning, const ClBinningOptions *options);

/* All in the current context. */
extern ClBinning *cl_binning_optimal(ClBinSketch *sketch, const ClBinningOptions *options);
extern ClBinning *cl_binning_at(const double *cut, int n, const ClBinningOptions *options);
extern void cl_binning_count(ClBinning *binning, ClBinSketch *sketch);
extern void cl_binning_counted_anew(ClBinning *binning, bool weighted, int64 n_skipped);

/* What the search said is no longer so. */
extern void cl_binning_made_by_hand(ClBinning *binning);

/* Complains unless values of this kind have bins here. */
extern void cl_binning_require_kind(const ClBinning *binning, bool text);
extern void cl_binning_too_many_categories(const char *hint) pg_attribute_noreturn();

/* Applies what a document of options says to the options; more_keys, which end with NULL, are the caller's own. */
extern void cl_binning_options_add(const ClJson *document, const char *const *more_keys, ClBinningOptions *options);

#endif							/* CL_SCORE_BINNING_H */

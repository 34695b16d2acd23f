/*
 * scorecard.h
 *	  What the files of the scorecard share.
 */
#ifndef CL_SCORE_SCORECARD_H
#define CL_SCORE_SCORECARD_H

#include "core/scorecard.h"
#include "pg/document.h"

#include "utils/float.h"

#define CL_CARD_MOST_CHARACTERISTICS 1000
/* Generous against any card in use, and small enough that a sum of points stays exact to a millionth. */
#define CL_CARD_MOST_POINTS 1e12

extern const ClDocument scorecard_document;

/* A bin as people write it: [0.3, 0.8), {rent, free}, special {-9}, missing, other. */
extern char *cl_scorecard_bin_label(const ClCharacteristic *characteristic, int bin);
extern char *cl_scorecard_number(double number);
extern char *cl_scorecard_value(const ClCharacteristic *characteristic, const ClCardValue *value);

/* The bins of a record, one number for each characteristic of the card, whose compiled form is a ClScorecard. */
extern const int *cl_scorecard_bins(FunctionCallInfo fcinfo, int card_argno, int record_argno, const ClDocumentUse **card);

/* The reason that a bin gives, or else its characteristic. bin may be nbins: none. */
static inline const char *
cl_scorecard_reason(const ClCharacteristic *characteristic, int bin)
{
	if (bin < characteristic->nbins && characteristic->bins[bin].reason != NULL)
		return characteristic->bins[bin].reason;
	return characteristic->reason;
}

#endif							/* CL_SCORE_SCORECARD_H */

/*
 * bin_document.h
 *	  Bins of a characteristic as JSON: where they are is read and written here, what they say by the document they are in.
 */
#ifndef CL_SCORE_BIN_DOCUMENT_H
#define CL_SCORE_BIN_DOCUMENT_H

#include "core/scorecard.h"
#include "pg/json.h"

#define CL_MOST_BINS 1000

/* What a document says of a bin beside its place. */
typedef struct ClBinContent
{
	const char *const *keys;	/* at most 8, ending with NULL */
	double		(*read) (void *arg, const ClJson *node, ClBin *bin, int number);	/* gives the points of the bin */
	void		(*print) (StringInfo out, const void *arg, const ClCharacteristic *characteristic, int number);
	bool		no_categories;	/* "categories" may be empty: all texts are other */
} ClBinContent;

/* That the keys are some of the common ones, and those of one kind of characteristic: "bins" or "categories" and theirs. */
extern void cl_bins_check_keys(const ClJson *node, const char *const *common);

/* Fills what the characteristic has of bins; the rest of it is the caller's. */
extern void cl_bins_read(ClCharacteristic *characteristic, const ClJson *node, const ClBinContent *content, void *arg);

/* , "bins": [...] and so on, in the order of the bins. */
extern void cl_bins_print(StringInfo out, const ClCharacteristic *characteristic, const ClBinContent *content, const void *arg);

#endif							/* CL_SCORE_BIN_DOCUMENT_H */

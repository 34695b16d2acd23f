/*
 * sicr_state.h
 *	  The type sicr: its state is a ClSicr (core/sicr.h).
 */
#ifndef CL_WATCH_SICR_STATE_H
#define CL_WATCH_SICR_STATE_H

#include "core/sicr.h"
#include "pg/summary.h"

#define CL_SICR_MOST_DAYS 65534
#define CL_SICR_MOST_RATIO 1e6
#define CL_SICR_MOST_DROP 1e6

extern const ClSummary sicr_summary;
/* The keys of thresholds, ending with NULL, in options and in the text form; and their values, where a document has them. */
extern const char *const cl_sicr_thresholds[];
extern void cl_sicr_parse_thresholds(const ClJson *document, ClSicrRules *rules);

/* What parts have in common: the same last month and thresholds. */
extern void cl_sicr_require(ClSicrRules *rules, const ClSicrRules *other);
/* Between workers, and at the beginning of the type: int32 as_of, int32 days, int32 default, float8 ratio, float8 drop. */
extern void cl_sicr_send_rules(StringInfo buf, const ClSicrRules *rules);
extern void cl_sicr_receive_rules(StringInfo buf, const char *type, ClSicrRules *rules);

#endif							/* CL_WATCH_SICR_STATE_H */

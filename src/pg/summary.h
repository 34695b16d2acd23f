/*
 * summary.h
 *	  Types that summarise rows (utilization, roc, demand and others): built by an aggregate, stored, merged, read by accessors.
 *
 * A feature describes its state by its callbacks, and this gives it everything else: text form (JSON), binary form, storage,
 * serialisation between workers, combine and rollup. Stored, sent and serialised bytes are the same:
 *
 *		version		1 byte
 *		payload		what the feature's write() appends, in network order
 *
 * and all of them come back through the feature's read(), which believes nothing. A later release may write another version
 * and must still read this one.
 *
 * What an aggregate returns is an expanded object around the state (utils/expandeddatum.h): an accessor called on it reads the
 * state itself, and only storing or sending it costs the bytes. So a callback, and an accessor, must not change what a
 * state says, though it may put it in another order.
 */
#ifndef CL_PG_SUMMARY_H
#define CL_PG_SUMMARY_H

#include "pg/aggregate.h"
#include "pg/json.h"
#include "pg/wire.h"

#include "utils/expandeddatum.h"

typedef struct ClSummary
{
	const char *name;			/* of the SQL type */
	int			version;		/* written first */
	ClStateNew	create;			/* an empty state, in the current context */
	ClStateMerge merge;			/* in the context of the first */
	void		(*write) (StringInfo buf, const void *state);
	void		(*transfer) (StringInfo buf, const void *state);	/* as write, between workers; may say the same less briefly */
	void	   *(*read) (StringInfo buf);	/* all it checks it reports with cl_wire_invalid */
	void		(*print) (StringInfo out, const void *state);
	void	   *(*parse) (const ClJson *document);
} ClSummary;

/*
 * Rows left out of two values together. Nothing is computed from such a number, so a value from outside may say any, and their
 * sum ends at the largest rather than in an error; every type reads what it writes.
 */
static inline int64
cl_skipped_sum(int64 one, int64 other)
{
	int64		sum;

	return __builtin_add_overflow(one, other, &sum) ? PG_INT64_MAX : sum;
}

extern Datum cl_summary_in(FunctionCallInfo fcinfo, const ClSummary *summary);
extern Datum cl_summary_out(FunctionCallInfo fcinfo, const ClSummary *summary);
extern Datum cl_summary_recv(FunctionCallInfo fcinfo, const ClSummary *summary);
extern Datum cl_summary_send(FunctionCallInfo fcinfo, const ClSummary *summary);
extern Datum cl_summary_from_bytea(FunctionCallInfo fcinfo, const ClSummary *summary);
extern Datum cl_summary_from_jsonb(FunctionCallInfo fcinfo, const ClSummary *summary);
extern Datum cl_summary_to_jsonb(FunctionCallInfo fcinfo, const ClSummary *summary);
extern Datum cl_summary_to_json(FunctionCallInfo fcinfo, const ClSummary *summary);
extern Datum cl_summary_serial(FunctionCallInfo fcinfo, const ClSummary *summary);
extern Datum cl_summary_deserial(FunctionCallInfo fcinfo, const ClSummary *summary);
extern Datum cl_summary_combine(FunctionCallInfo fcinfo, const ClSummary *summary);
extern Datum cl_summary_final(FunctionCallInfo fcinfo, const ClSummary *summary);
extern Datum cl_summary_rollup(FunctionCallInfo fcinfo, const ClSummary *summary);

/* The state inside a value: read from its bytes into the current context, or shared and not to be changed. */
extern void *cl_summary_state(const ClSummary *summary, Datum value);
/* A value with these contents; the state must live at least as long as the current context. */
extern Datum cl_summary_datum(const ClSummary *summary, void *state);

#define CL_SUMMARY_FUNCTION(type, what) \
	PG_FUNCTION_INFO_V1(cl_##type##_##what); \
	Datum cl_##type##_##what(PG_FUNCTION_ARGS) { return cl_summary_##what(fcinfo, &type##_summary); }

/* Casts; to bytea it is cl_<type>_send. */
#define CL_SUMMARY_JSON_FUNCTIONS(type) \
	CL_SUMMARY_FUNCTION(type, from_jsonb) \
	CL_SUMMARY_FUNCTION(type, to_jsonb) \
	CL_SUMMARY_FUNCTION(type, to_json)

/*
 * All SQL-callable functions of a summary type, cl_<type>_in and so on, from the description <type>_summary. A comment at each
 * use lists them, so that a search finds them; these four are in all of them: from_jsonb, to_jsonb, to_json, from_bytea.
 */
#define CL_SUMMARY_FUNCTIONS(type) \
	CL_SUMMARY_JSON_FUNCTIONS(type) \
	CL_SUMMARY_FUNCTION(type, from_bytea) \
	CL_SUMMARY_FUNCTION(type, in) \
	CL_SUMMARY_FUNCTION(type, out) \
	CL_SUMMARY_FUNCTION(type, recv) \
	CL_SUMMARY_FUNCTION(type, send) \
	CL_SUMMARY_FUNCTION(type, serial) \
	CL_SUMMARY_FUNCTION(type, deserial) \
	CL_SUMMARY_FUNCTION(type, combine) \
	CL_SUMMARY_FUNCTION(type, final) \
	CL_SUMMARY_FUNCTION(type, rollup)

#endif							/* CL_PG_SUMMARY_H */

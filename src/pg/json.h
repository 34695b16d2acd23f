/*
 * json.h
 *	  Reading a JSON document that a person wrote: every mistake is reported with its path, what was found and what is valid.
 *
 * A node knows its parent, so the path is put together only when there is something to complain about. Absent and null are the
 * same. Keys that the reader does not know are mistakes, not comments. A value is finite by nature: JSON has no infinity.
 */
#ifndef CL_PG_JSON_H
#define CL_PG_JSON_H

#include "pg/compat.h"

#include "utils/jsonb.h"

typedef struct ClJson
{
	const char *document;		/* what the whole is called: "scorecard" */
	const struct ClJson *parent;
	const char *key;			/* in an object */
	int			index;			/* in an array, when key is NULL */
	JsonbValue	value;
} ClJson;

/* Opening a whole document, from text (checked for repeated keys too) or from jsonb. */
extern void cl_json_parse(ClJson *root, const char *document, const char *text);
extern void cl_json_open(ClJson *root, const char *document, Jsonb *jsonb);

/* Objects. keys ends with NULL; an unknown key is an error that lists them. */
extern void cl_json_object(const ClJson *node, const char *const *keys);
extern bool cl_json_get(const ClJson *node, const char *key, ClJson *child);
/* Is the key there, and null? For options whose default is not "none". */
extern bool cl_json_is_null(const ClJson *node, const char *key);
extern void cl_json_require(const ClJson *node, const char *key, ClJson *child);

/* Arrays. */
extern int	cl_json_array(const ClJson *node, int fewest, int most);
extern void cl_json_item(const ClJson *node, int index, ClJson *child);

/* Scalars. */
extern char *cl_json_string(const ClJson *node);	/* not empty: a name, a reason */
extern char *cl_json_text(const ClJson *node);
extern bool cl_json_bool(const ClJson *node);
extern double cl_json_float8(const ClJson *node, double lowest, double highest);
/* An edge of bands; null in the last place: the band is open, and its edge is the infinity that is given. */
extern double cl_json_edge(const ClJson *node, bool last, double open);
extern int	cl_json_int(const ClJson *node, int lowest, int highest);
extern int	cl_json_choice(const ClJson *node, const char *const *choices);
/* The number times 10^decimals, exactly. */
extern int64 cl_json_decimal(const ClJson *node, int decimals, int64 lowest, int64 highest);
extern Numeric cl_json_numeric(const ClJson *node);
extern bool cl_json_is_array(const ClJson *node);
extern bool cl_json_is_string(const ClJson *node);
extern bool cl_json_is_number(const ClJson *node);
extern bool cl_json_is_bool(const ClJson *node);

/* "expected" completes "<path> must be ...". */
extern void cl_json_error(const ClJson *node, const char *expected) pg_attribute_noreturn();
extern void cl_json_error_hint(const ClJson *node, const char *expected, const char *hint) pg_attribute_noreturn();
extern char *cl_json_path(const ClJson *node);

/* Writing. An infinity is null. */
extern void cl_json_put_string(StringInfo out, const char *text);
extern void cl_json_put_float8(StringInfo out, double value);
extern void cl_json_put_decimal(StringInfo out, int64 value, int decimals);

#endif							/* CL_PG_JSON_H */

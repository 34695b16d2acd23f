/*
 * disclosure_release.h
 *	  What is given away of a disclosure_table, as JSON; and the rule by which it is chosen.
 */
#ifndef CL_SHARE_DISCLOSURE_RELEASE_H
#define CL_SHARE_DISCLOSURE_RELEASE_H

#include "share/disclosure_state.h"

/* The rule in a jsonb argument, with its defaults; cells to hide by hand and "secondary" only where they are asked for. */
extern ClDisclosureRule cl_disclosure_rule(Jsonb *jsonb, const ClDisclosure *state, bool *hidden, bool *secondary);

/*
 * Which cells of its table a release hides, and to what it rounds (which goes into the rule). An error where it is not one
 * of that table.
 */
extern bool *cl_disclosure_hidden(Jsonb *released, const ClDisclosure *state, ClDisclosureRule *rule, int number);

/* The release that hides these cells, as jsonb. */
extern Datum cl_disclosure_release(const ClDisclosure *state, const ClDisclosureRule *rule, const bool *hidden);

extern void cl_disclosure_not_protected(const ClDisclosureTable *table) pg_attribute_noreturn();

#endif							/* CL_SHARE_DISCLOSURE_RELEASE_H */

/*
 * summary.c
 *	  What all summary types share.
 */
#include "postgres.h"

#include "pg/summary.h"

static bytea *
pack(const ClSummary *summary, const void *state)
{
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendbyte(&buf, summary->version);
	summary->write(&buf, state);
	return pq_endtypsend(&buf);
}

static void *
unpack(const ClSummary *summary, StringInfo buf)
{
	void	   *state;
	int			version = pq_getmsgbyte(buf);

	if (version != summary->version)
		cl_wire_invalid(summary->name, psprintf("format version %d is not known here", version));
	state = summary->read(buf);
	pq_getmsgend(buf);
	return state;
}

void *
cl_summary_state(const ClSummary *summary, Datum value)
{
	bytea	   *bytes = DatumGetByteaPP(value);
	StringInfoData buf;

	initReadOnlyStringInfo(&buf, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
	return unpack(summary, &buf);
}

Datum
cl_summary_datum(const ClSummary *summary, const void *state)
{
	return PointerGetDatum(pack(summary, state));
}

Datum
cl_summary_in(FunctionCallInfo fcinfo, const ClSummary *summary)
{
	ClJson		document;

	cl_json_parse(&document, summary->name, PG_GETARG_CSTRING(0));
	return cl_summary_datum(summary, summary->parse(&document));
}

Datum
cl_summary_out(FunctionCallInfo fcinfo, const ClSummary *summary)
{
	StringInfoData out;

	initStringInfo(&out);
	summary->print(&out, cl_summary_state(summary, PG_GETARG_DATUM(0)));
	PG_RETURN_CSTRING(out.data);
}

/* Reads the message and writes it anew: what is stored is what this version writes, whoever sent it. */
Datum
cl_summary_recv(FunctionCallInfo fcinfo, const ClSummary *summary)
{
	return cl_summary_datum(summary, unpack(summary, (StringInfo) PG_GETARG_POINTER(0)));
}

Datum
cl_summary_send(FunctionCallInfo fcinfo, const ClSummary *summary)
{
	bytea	   *bytes = PG_GETARG_BYTEA_P_COPY(0);

	(void) summary;
	PG_RETURN_BYTEA_P(bytes);
}

Datum
cl_summary_serial(FunctionCallInfo fcinfo, const ClSummary *summary)
{
	(void) cl_agg_context(fcinfo);
	return cl_summary_datum(summary, PG_GETARG_POINTER(0));
}

Datum
cl_summary_deserial(FunctionCallInfo fcinfo, const ClSummary *summary)
{
	(void) cl_agg_context(fcinfo);
	PG_RETURN_POINTER(cl_summary_state(summary, PG_GETARG_DATUM(0)));
}

Datum
cl_summary_combine(FunctionCallInfo fcinfo, const ClSummary *summary)
{
	return cl_agg_combine(fcinfo, summary->create, summary->merge);
}

Datum
cl_summary_final(FunctionCallInfo fcinfo, const ClSummary *summary)
{
	(void) cl_agg_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	return cl_summary_datum(summary, PG_GETARG_POINTER(0));
}

/* The transition of rollup: merges a stored summary into the state. */
Datum
cl_summary_rollup(FunctionCallInfo fcinfo, const ClSummary *summary)
{
	MemoryContext context = cl_agg_context(fcinfo);
	MemoryContext old;
	void	   *state = PG_ARGISNULL(0) ? NULL : PG_GETARG_POINTER(0);
	void	   *stored;

	if (PG_ARGISNULL(1))
		return cl_agg_unchanged(fcinfo);
	stored = cl_summary_state(summary, PG_GETARG_DATUM(1));
	old = MemoryContextSwitchTo(context);
	if (state == NULL)
		state = summary->create();
	summary->merge(state, stored);
	MemoryContextSwitchTo(old);
	PG_RETURN_POINTER(state);
}

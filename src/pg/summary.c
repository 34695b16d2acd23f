/*
 * summary.c
 *	  What all summary types share.
 */
#include "postgres.h"

#include "pg/summary.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

static bytea *
pack_by(const ClSummary *summary, void (*write_state) (StringInfo, const void *), const void *state)
{
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendbyte(&buf, summary->version);
	write_state(&buf, state);
	return pq_endtypsend(&buf);
}

static bytea *
pack(const ClSummary *summary, const void *state)
{
	return pack_by(summary, summary->write, state);
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

/*
 * Expanded objects
 */

typedef struct Expanded
{
	ExpandedObjectHeader header;
	const ClSummary *summary;
	void	   *state;
	bytea	   *flat;			/* NULL until the bytes are needed */
} Expanded;

static Size
flat_size(ExpandedObjectHeader *header)
{
	Expanded   *object = (Expanded *) header;

	if (object->flat == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(header->eoh_context);

		object->flat = pack(object->summary, object->state);
		MemoryContextSwitchTo(old);
	}
	return VARSIZE(object->flat);
}

static void
flatten(ExpandedObjectHeader *header, void *result, Size size)
{
	memcpy(result, ((Expanded *) header)->flat, size);
}

static const ExpandedObjectMethods methods = {flat_size, flatten};

void *
cl_summary_state(const ClSummary *summary, Datum value)
{
	bytea	   *bytes;
	StringInfoData buf;

	if (VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(value)))
	{
		Expanded   *object = (Expanded *) DatumGetEOHP(value);

		if (object->header.eoh_methods == &methods && object->summary == summary)
			return object->state;
	}
	bytes = DatumGetByteaPP(value);
	initReadOnlyStringInfo(&buf, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
	return unpack(summary, &buf);
}

/*
 * Read-only, so it is never moved or deleted on its own: it goes with the current context. The pointer gets a chunk of its own,
 * since nodeAgg.c of 15 and before copies, and so flattens, a result that is not a chunk of the current context.
 */
Datum
cl_summary_datum(const ClSummary *summary, void *state)
{
	Expanded   *object = palloc0_object(Expanded);
	char	   *pointer = palloc(EXPANDED_POINTER_SIZE);

	EOH_init_header(&object->header, &methods, CurrentMemoryContext);
	object->summary = summary;
	object->state = state;
	memcpy(pointer, object->header.eoh_ro_ptr, EXPANDED_POINTER_SIZE);
	return PointerGetDatum(pointer);
}

static Datum
flat_datum(const ClSummary *summary, const void *state)
{
	return PointerGetDatum(pack(summary, state));
}

Datum
cl_summary_in(FunctionCallInfo fcinfo, const ClSummary *summary)
{
	ClJson		document;

	cl_json_parse(&document, summary->name, PG_GETARG_CSTRING(0));
	return flat_datum(summary, summary->parse(&document));
}

Datum
cl_summary_out(FunctionCallInfo fcinfo, const ClSummary *summary)
{
	StringInfoData out;

	initStringInfo(&out);
	summary->print(&out, cl_summary_state(summary, PG_GETARG_DATUM(0)));
	PG_RETURN_CSTRING(out.data);
}

Datum
cl_summary_from_jsonb(FunctionCallInfo fcinfo, const ClSummary *summary)
{
	ClJson		document;

	cl_json_open(&document, summary->name, PG_GETARG_JSONB_P(0));
	return flat_datum(summary, summary->parse(&document));
}

Datum
cl_summary_to_jsonb(FunctionCallInfo fcinfo, const ClSummary *summary)
{
	return DirectFunctionCall1(jsonb_in, cl_summary_out(fcinfo, summary));
}

Datum
cl_summary_to_json(FunctionCallInfo fcinfo, const ClSummary *summary)
{
	return CStringGetTextDatum(DatumGetCString(cl_summary_out(fcinfo, summary)));
}

/* Reads the message and writes it anew: what is stored is what this version writes, whatever version sent it. */
Datum
cl_summary_recv(FunctionCallInfo fcinfo, const ClSummary *summary)
{
	return flat_datum(summary, unpack(summary, (StringInfo) PG_GETARG_POINTER(0)));
}

/* The same bytes as a value of type bytea. */
Datum
cl_summary_from_bytea(FunctionCallInfo fcinfo, const ClSummary *summary)
{
	bytea	   *bytes = PG_GETARG_BYTEA_PP(0);
	StringInfoData buf;

	initReadOnlyStringInfo(&buf, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
	return flat_datum(summary, unpack(summary, &buf));
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
	PG_RETURN_BYTEA_P(pack_by(summary, summary->transfer != NULL ? summary->transfer : summary->write, PG_GETARG_POINTER(0)));
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

/*
 * inputs.c
 *	  The inputs of a decision: what decision_input says of an account, and what is known when it is decided.
 */
#include "postgres.h"

#include "pg/row.h"

#include "access/tupmacs.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(cl_scored_row);

#define ADDED 5

/* Columns of a row type that are not dropped, and those that are added. */
static TupleDesc
scored_desc(TupleDesc inputs)
{
	TupleDesc	desc;
	int			n = 0;

	for (int i = 0; i < inputs->natts; i++)
		n += !TupleDescAttr(inputs, i)->attisdropped;
	desc = CreateTemplateTupleDesc(n + ADDED);
	n = 0;
	for (int i = 0; i < inputs->natts; i++)
	{
		if (!TupleDescAttr(inputs, i)->attisdropped)
			TupleDescCopyEntry(desc, ++n, inputs, i + 1);
	}
	TupleDescInitEntry(desc, ++n, "version_no", INT4OID, -1, 0);
	TupleDescInitEntry(desc, ++n, "held_out", BOOLOID, -1, 0);
	TupleDescInitEntry(desc, ++n, "score", FLOAT8OID, -1, 0);
	TupleDescInitEntry(desc, ++n, "pd", FLOAT8OID, -1, 0);
	TupleDescInitEntry(desc, ++n, "allocation_id", INT4OID, -1, 0);
	TupleDescFinalize(desc);
	return BlessTupleDesc(desc);
}

/*
 * The row with the added columns behind its own, whose bytes stay where they are: to take a hundred columns apart and put them
 * together again cost a twentieth of a decision.
 */
static HeapTupleHeader
appended(HeapTupleHeader inputs, TupleDesc desc, const NullableDatum *added)
{
	int			n = desc->natts - ADDED;
	bool		has_null = (inputs->t_infomask & HEAP_HASNULL) != 0;
	Size		bytes = HeapTupleHeaderGetDatumLength(inputs) - inputs->t_hoff;
	Size		end = bytes;
	Size		head;
	HeapTupleHeader row;

	for (int i = 0; i < ADDED; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, n + i);

		has_null |= added[i].isnull;
		if (!added[i].isnull)
			end = att_align_nominal(end, attribute->attalign) + attribute->attlen;
	}
	head = MAXALIGN(SizeofHeapTupleHeader + (has_null ? BITMAPLEN(desc->natts) : 0));
	row = palloc0(head + end);
	HeapTupleHeaderSetDatumLength(row, head + end);
	HeapTupleHeaderSetTypeId(row, desc->tdtypeid);
	HeapTupleHeaderSetTypMod(row, desc->tdtypmod);
	HeapTupleHeaderSetNatts(row, desc->natts);
	ItemPointerSetInvalid(&row->t_ctid);
	row->t_hoff = head;
	row->t_infomask = (inputs->t_infomask & (HEAP_HASVARWIDTH | HEAP_HASEXTERNAL)) | (has_null ? HEAP_HASNULL : 0);
	if (inputs->t_infomask & HEAP_HASNULL)
		memcpy(row->t_bits, inputs->t_bits, BITMAPLEN(n));
	for (int i = 0; has_null && i < desc->natts; i++)
	{
		if (i < n ? (inputs->t_infomask & HEAP_HASNULL) == 0 : !added[i - n].isnull)
			row->t_bits[i >> 3] |= 1 << (i & 7);
	}
	memcpy((char *) row + head, (char *) inputs + inputs->t_hoff, bytes);
	end = bytes;
	for (int i = 0; i < ADDED; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, n + i);

		if (added[i].isnull)
			continue;
		end = att_align_nominal(end, attribute->attalign);
		store_att_byval((char *) row + head + end, added[i].value, attribute->attlen);
		end += attribute->attlen;
	}
	return row;
}

/*
 * (inputs record, version_no int, held_out boolean, score float8, pd float8, allocation_id int) -> record
 *
 * A row is built here rather than by SELECT i.*, ...: a plan pays for each of a hundred columns in each of its nodes, and in real
 * time it starts for one row. For the same reason the row type is kept for the session.
 */
Datum
cl_scored_row(PG_FUNCTION_ARGS)
{
	static ClRow *row = NULL;
	static TupleDesc desc = NULL;
	static uint64 identifier = 0;
	HeapTupleHeader inputs;
	Datum	   *values;
	bool	   *isnull;
	int			n = 0;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	inputs = PG_GETARG_HEAPTUPLEHEADER(0);
	if (row == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);

		row = cl_row_create("scored_row", NULL, 0);
		MemoryContextSwitchTo(old);
	}
	cl_row_know(row, inputs);
	if (row->identifier != identifier)
	{
		MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);

		identifier = 0;
		if (desc != NULL)
			FreeTupleDesc(desc);
		desc = NULL;
		desc = scored_desc(row->desc);
		identifier = row->identifier;
		MemoryContextSwitchTo(old);
	}
	/* Not where columns of a row type were dropped, or added after the row was stored. */
	if (FLOAT8PASSBYVAL && HeapTupleHeaderGetNatts(inputs) == desc->natts - ADDED && row->desc->natts == desc->natts - ADDED)
		PG_RETURN_HEAPTUPLEHEADER(appended(inputs, desc, &fcinfo->args[1]));
	cl_row_read(row, inputs);
	values = palloc_array(Datum, desc->natts);
	isnull = palloc_array(bool, desc->natts);
	for (int i = 0; i < row->desc->natts; i++)
	{
		if (TupleDescAttr(row->desc, i)->attisdropped)
			continue;
		values[n] = row->values[i];
		isnull[n++] = row->isnull[i];
	}
	for (int i = 1; i <= ADDED; i++)
	{
		values[n] = fcinfo->args[i].value;
		isnull[n++] = fcinfo->args[i].isnull;
	}
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(desc, values, isnull)));
}

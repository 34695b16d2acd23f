/*
 * disclosure_audit.c
 *	  disclosure_audit: what an attacker learns of every hidden cell from all that was given away.
 *
 * Tables that have nothing to do with each other are networks, and flows give the bounds exactly. Where tables are said to add up
 * to others, the attacker has one linear system over all their cells, and the bounds are those of a linear program.
 */
#include "postgres.h"

#include <math.h>

#include "pg/memory.h"
#include "pg/record.h"
#include "share/disclosure_linked.h"

#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(cl_disclosure_audit);

static ClDisclosureRange
linked_range(ClLinearRange *program, const ClLinkedPart *part, ClDisclosureNeed need, double scale, int place)
{
	double		up = cl_linear_range_extreme(program, part->first + place, true) * scale;
	double		down = -cl_linear_range_extreme(program, part->first + place, false) * scale;
	ClDisclosureRange range = {0};

	if (isnan(up) || isnan(down))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the bounds of a cell were not found"),
				 errdetail("The linear program has %d equations and did not end.", program->rows),
				 errhint("Merge rows or columns, or link fewer tables.")));
	range.safe = up >= (double) need.up - CL_LINKED_ROUNDING * scale && down >= (double) need.down - CL_LINKED_ROUNDING * scale;
	range.high = isinf(up) ? CL_FLOW_UNBOUNDED : part->flow.value[place] + (cl_int128) rint(up);
	range.low = part->flow.value[place] - (cl_int128) rint(down);
	return range;
}

/*
 * Answers
 */

static void
put_value(ClRecord *record, ClDisclosureMeasure measure, cl_int128 value)
{
	cl_record_put(record, measure == CL_DISCLOSURE_AMOUNT ? cl_disclosure_numeric(value) :
				  NumericGetDatum(int64_to_numeric((int64) value)));
}

static void
put_range(ClRecord *record, const ClLinkedPart *part, int number, int place, ClDisclosureMeasure measure,
		  const ClDisclosureRange *range)
{
	const ClDisclosureTable *table = &part->state->table;
	ClDisclosureNeed need = cl_disclosure_need(table, &part->rule, place, measure);
	cl_int128	value = part->flow.value[place];
	int			row = place / (table->columns + 1);
	int			column = place % (table->columns + 1);

	cl_record_put_int32(record, number + 1);
	cl_record_put_text(record, row < table->rows ? part->state->row[row] : NULL);
	cl_record_put_text(record, column < table->columns ? part->state->column[column] : NULL);
	cl_record_put_text(record, measure == CL_DISCLOSURE_AMOUNT ? "amount" : "n");
	put_value(record, measure, value);
	put_value(record, measure, Max(range->low, 0));
	if (range->high < CL_FLOW_UNBOUNDED / 2)
		put_value(record, measure, range->high);
	else
		cl_record_put_null(record);
	put_value(record, measure, value - need.down);
	put_value(record, measure, value + need.up);
	cl_record_put_text(record, range->insider ? "contributor" : "stranger");
	cl_record_put_bool(record, range->safe);
	cl_record_next(record);
}

static void
audit_measure(ClLinkedTables *audit, ClRecord *record, const ClMemory *memory, ClDisclosureMeasure measure)
{
	ClLinearRange program;
	double		scale = 1;

	cl_linked_know(audit, memory, measure);
	if (audit->n_links > 0)
	{
		scale = cl_linked_program(&program, audit, memory, measure);
		cl_linear_range_prepare(&program);
	}
	for (int i = 0; i < audit->n; i++)
	{
		ClLinkedPart *part = &audit->part[i];
		const ClDisclosureTable *table = &part->state->table;

		if (measure == CL_DISCLOSURE_AMOUNT && !table->with_amounts)
			continue;
		for (int place = 0; place < cl_disclosure_size(table); place++)
		{
			ClDisclosureNeed need = cl_disclosure_need(table, &part->rule, place, measure);
			ClDisclosureRange range;

			if (!part->hidden[place] && need.up == 0 && need.down == 0)
				continue;
			range = part->is_linked ? linked_range(&program, part, need, scale, place) :
				cl_disclosure_range(table, &part->rule, part->hidden, measure, &part->flow, place);
			put_range(record, part, i, place, measure, &range);
		}
	}
	if (audit->n_links > 0)
		cl_linear_range_close(&program);
	cl_linked_forget(audit);
}

/* tables, released, rule, links */
Datum
cl_disclosure_audit(PG_FUNCTION_ARGS)
{
	ClMemory	memory = cl_memory_here();
	ClLinkedTables		audit = {0};
	ClRecord	record;

	cl_record_open_set(&record, fcinfo);
	cl_linked_open(&audit, PG_GETARG_ARRAYTYPE_P(0), PG_GETARG_ARRAYTYPE_P(1), PG_GETARG_JSONB_P(2), PG_GETARG_JSONB_P(3));
	audit_measure(&audit, &record, &memory, CL_DISCLOSURE_N);
	audit_measure(&audit, &record, &memory, CL_DISCLOSURE_AMOUNT);
	PG_RETURN_NULL();
}

/*
 * pd_tally.c
 *	  The state of aggregates over the distribution of PDs or scores.
 */
#include "postgres.h"

#include "core/sum.h"
#include "validate/pd_tally.h"

#include "common/shortest_dec.h"

/* Far above what rows can add up to, and far below what would leave double precision. */
#define LARGEST_TOTAL_WEIGHT 1e150

void
cl_pd_invalid(double pd, const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("%s must be between 0 and 1", what),
			 errdetail("Found %g.", pd),
			 pd > 1 && pd <= 100 ? errhint("It is a fraction: divide percentages by 100.") :
			 errhint("It is a fraction: 0.02 is two per cent.")));
}

void
cl_weight_invalid(double weight)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("weight must be finite and not negative"),
			 errdetail("Found %g; the largest is %g.", weight, CL_LARGEST_WEIGHT),
			 errhint("A row that does not count has the weight 0; a weight that is not known is NULL.")));
}

static const char *
option_text(const ClPdOption *option, double value)
{
	char	   *text;

	if (option->boolean)
		return value != 0 ? "true" : "false";
	text = palloc(DOUBLE_SHORTEST_DECIMAL_LEN);
	double_to_shortest_decimal_buf(value, text);
	return text;
}

static void
option_differs(const ClPdOption *option, double one, double other)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s must be the same in all rows", option->name),
			 errdetail("Found %s and %s.", option_text(option, one), option_text(option, other)),
			 errhint("Give a constant, or group by it.")));
}

void *
cl_pd_tally_create(void)
{
	ClPdTally  *state = palloc0_object(ClPdTally);
	ClMemory	memory = cl_memory_here();

	cl_tally_init(&state->tally, &memory, CL_TALLY_COUNTS);
	return state;
}

ClPdTally *
cl_pd_tally_new(FunctionCallInfo fcinfo, bool weighted)
{
	MemoryContext old = MemoryContextSwitchTo(cl_agg_context(fcinfo));
	ClPdTally  *state = cl_pd_tally_create();

	state->tally.kind = weighted ? CL_TALLY_WEIGHTS : CL_TALLY_COUNTS;
	MemoryContextSwitchTo(old);
	return state;
}

void
cl_pd_tally_options(ClPdTally *state, const double *option, const ClPdOption *options)
{
	for (int i = 0; options[i].name != NULL; i++)
	{
		if (!state->has_options)
			state->option[i] = option[i];
		else if (state->option[i] != option[i])
			option_differs(&options[i], state->option[i], option[i]);
	}
	state->has_options = true;
}

void
cl_pd_tally_merge(ClPdTally *into, const ClPdTally *from, const ClTallyType *type, const ClPdOption *options)
{
	if (from->has_options)
		cl_pd_tally_options(into, from->option, options);
	into->n_skipped += from->n_skipped;
	cl_tally_merge_checked(&into->tally, &from->tally, type);
}

/* Bytes: int64 skipped rows, int8 whether there are options, float8 each, then the tally (pg/tally.c). */
static void
write_head(StringInfo buf, const ClPdTally *state)
{
	pq_sendint64(buf, state->n_skipped);
	pq_sendbyte(buf, state->has_options);
	for (int i = 0; state->has_options && i < CL_PD_OPTIONS; i++)
		pq_sendfloat8(buf, state->option[i]);
}

void
cl_pd_tally_write(StringInfo buf, const ClPdTally *state, const ClTallyType *type)
{
	write_head(buf, state);
	cl_tally_send(buf, type, &unconstify(ClPdTally *, state)->tally);
}

void
cl_pd_tally_transfer(StringInfo buf, const ClPdTally *state, const ClTallyType *type)
{
	write_head(buf, state);
	cl_tally_transfer(buf, type, &unconstify(ClPdTally *, state)->tally);
}

/* Sums over weights from strangers stay finite. */
void
cl_pd_tally_require_weight(const ClPdTally *state, const ClTallyType *type)
{
	ClSum	total = {0};
	ClTallyCursor cursor;
	ClTallyItem item;

	if (state->tally.kind != CL_TALLY_WEIGHTS)
		return;
	cl_tally_scan(&state->tally, &cursor, false);
	while (cl_tally_next(&cursor, &item))
		cl_sum_add(&total, item.weight[0] + item.weight[1], 0);
	if (!(total.high <= LARGEST_TOTAL_WEIGHT))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("weights of a %s are out of range", type->name),
				 errdetail("They add up to more than %g.", LARGEST_TOTAL_WEIGHT),
				 errhint("Divide the weights by a constant.")));
}

ClPdTally *
cl_pd_tally_read(StringInfo buf, const ClTallyType *type)
{
	ClPdTally  *state = cl_pd_tally_create();

	state->n_skipped = cl_wire_int64(buf, type->name, 0, CL_TALLY_MAX_ROWS, "number of skipped rows");
	state->has_options = pq_getmsgbyte(buf) != 0;
	for (int i = 0; state->has_options && i < CL_PD_OPTIONS; i++)
		state->option[i] = cl_wire_finite(buf, type->name, "option");
	cl_tally_receive(buf, type, &state->tally);
	cl_pd_tally_require_weight(state, type);
	return state;
}

bool
cl_pd_tally_settled(ClPdTally *state)
{
	int64		n[2];

	cl_tally_settle(&state->tally);
	cl_tally_rows(&state->tally, n);
	return n[0] + n[1] > 0;
}

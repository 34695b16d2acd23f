/*
 * pd_tally.c
 *	  The state of aggregates over the distribution of PDs or scores.
 */
#include "postgres.h"

#include "core/sum.h"
#include "validate/pd_tally.h"

/* Far above what rows can add up to, and far below what would leave double precision. */
#define LARGEST_TOTAL_WEIGHT 1e150

/* What is further above 1 was not rounded: it may be a percentage. */
#define MOST_ROUNDED 1.001

/* All digits are shown: six would make 1 of what is a little more. */
void
cl_pd_invalid(double pd, const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("%s must be between 0 and 1", what),
			 errdetail("Found %s.", cl_float8_string(pd)),
			 isinf(pd) ? errhint("A value that is not known is NULL.") :
			 pd > MOST_ROUNDED && pd <= 100 ? errhint("It is a fraction: divide percentages by 100.") :
			 errhint("It is a fraction: 0.02 is two per cent.")));
}

static const char *
option_text(const ClPdOption *option, double value)
{
	if (option->boolean)
		return value != 0 ? "true" : "false";
	return cl_float8_string(value);
}

void *
cl_pd_tally_create(void)
{
	ClPdTally  *state = palloc0_object(ClPdTally);
	ClMemory	memory = cl_memory_here();

	cl_tally_init(&state->tally, &memory, CL_TALLY_COUNTS);
	return state;
}

void *
cl_pd_tally_create_weighted(void)
{
	ClPdTally  *state = cl_pd_tally_create();

	state->tally.kind = CL_TALLY_WEIGHTS;
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
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s must be the same in all rows", options[i].name),
					 errdetail("Found %s and %s.", option_text(&options[i], state->option[i]),
							   option_text(&options[i], option[i])),
					 errhint("Give a constant, or group by it.")));
	}
	state->has_options = true;
}

void
cl_pd_tally_merge(ClPdTally *into, const ClPdTally *from, const ClTallyType *type, const ClPdOption *options)
{
	if (from->has_options)
		cl_pd_tally_options(into, from->option, options);
	into->n_skipped = cl_skipped_sum(into->n_skipped, from->n_skipped);
	cl_tally_merge_checked(&into->tally, &from->tally, type);
}

/* Bytes: int64 skipped rows, int8 whether there are options, float8 each, then the tally (pg/tally.c). */
static void
write_head(StringInfo buf, const ClPdTally *state)
{
	pq_sendint64(buf, state->n_skipped);
	pq_sendbyte(buf, state->has_options);
	for (int i = 0; state->has_options && i < CL_PD_OPTIONS; i++)
		cl_wire_send_float8(buf, state->option[i]);
}

/* Sums over weights from strangers stay finite, and what is stored can be read again. */
void
cl_pd_tally_require_weight(const ClPdTally *state, const ClTallyType *type)
{
	ClSum		total = {0};
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

void
cl_pd_tally_write(StringInfo buf, const ClPdTally *state, const ClTallyType *type)
{
	cl_pd_tally_require_weight(state, type);
	write_head(buf, state);
	cl_tally_send(buf, type, &unconstify(ClPdTally *, state)->tally);
}

void
cl_pd_tally_transfer(StringInfo buf, const ClPdTally *state, const ClTallyType *type)
{
	write_head(buf, state);
	cl_tally_transfer(buf, type, &unconstify(ClPdTally *, state)->tally);
}

ClPdTally *
cl_pd_tally_read(StringInfo buf, const ClTallyType *type)
{
	ClPdTally  *state = cl_pd_tally_create();

	state->n_skipped = cl_wire_int64(buf, type->name, 0, PG_INT64_MAX, "number of skipped rows");
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
	cl_tally_settle(&state->tally);
	return !cl_tally_is_empty(&state->tally);
}

/*
 * logistic_coded.c
 *	  Rows of a logistic regression, a byte a value.
 */
#include "core/logistic_coded.h"

#include <string.h>

#define FIRST_BYTES 1024
#define BREATH 0xFFFF			/* rows between two of them */

void
cl_logit_coded_init(ClLogitCoded *coded, const ClMemory *memory)
{
	memset(coded, 0, sizeof(ClLogitCoded));
	coded->memory = *memory;
	coded->terms = -1;
}

void
cl_logit_coded_begin(ClLogitCoded *coded, int terms)
{
	coded->terms = terms;
	coded->dictionary = cl_allocate(&coded->memory, (size_t) terms * sizeof(ClLogitDictionary));
	memset(coded->dictionary, 0, (size_t) terms * sizeof(ClLogitDictionary));
}

void
cl_logit_coded_give_up(ClLogitCoded *coded)
{
	coded->given_up = true;
	coded->n = 0;
	cl_release(&coded->memory, coded->row);
	coded->row = NULL;
	coded->size = 0;
}

int
cl_logit_code(ClLogitDictionary *dictionary, double value)
{
	uint64_t	bits;
	unsigned	at;

	memcpy(&bits, &value, sizeof(bits));
	for (at = (unsigned) ((bits * UINT64_C(0x9E3779B97F4A7C15)) >> 55); dictionary->slot[at] != 0;
		 at = (at + 1) % CL_LOGIT_CODE_SLOTS)
	{
		int			place = dictionary->slot[at] - 1;

		/* By bits: 0 and -0 are two values here. */
		if (memcmp(&dictionary->value[place], &value, sizeof(value)) == 0)
			return place;
	}
	if (dictionary->n == CL_LOGIT_CODES)
		return -1;
	dictionary->value[dictionary->n++] = value;
	dictionary->slot[at] = (uint16_t) dictionary->n;
	return dictionary->n - 1;
}

/* Room for so many more rows; false, and nothing is kept any more, when that would be too much. */
static bool
make_room(ClLogitCoded *coded, int64_t more, size_t most_bytes)
{
	size_t		width = (size_t) coded->terms + 1;
	size_t		wanted;

	if ((uint64_t) (coded->n + more) > most_bytes / width)
	{
		cl_logit_coded_give_up(coded);
		return false;
	}
	wanted = (size_t) (coded->n + more) * width;
	if (wanted <= coded->size)
		return true;
	coded->memory.check_for_interrupts();
	coded->size = wanted < FIRST_BYTES ? FIRST_BYTES : wanted > most_bytes / 2 ? most_bytes : 2 * wanted;
	coded->row = cl_reallocate(&coded->memory, coded->row, coded->size);
	return true;
}

void
cl_logit_coded_add(ClLogitCoded *coded, const double *x, bool event, size_t most_bytes)
{
	unsigned char *to;

	if (coded->given_up || !make_room(coded, 1, most_bytes))
		return;
	to = coded->row + (size_t) coded->n * ((size_t) coded->terms + 1);
	for (int j = 0; j < coded->terms; j++)
	{
		int			place = cl_logit_code(&coded->dictionary[j], x[j]);

		if (place < 0)
		{
			cl_logit_coded_give_up(coded);
			return;
		}
		to[j] = (unsigned char) place;
	}
	to[coded->terms] = event;
	coded->n++;
}

/* The places that values of another dictionary have in this one, column by column; false when there is no room for them. */
static bool
translate(ClLogitCoded *into, const ClLogitCoded *from, unsigned char *place)
{
	for (int j = 0; j < into->terms; j++)
	{
		for (int i = 0; i < from->dictionary[j].n; i++)
		{
			int			found = cl_logit_code(&into->dictionary[j], from->dictionary[j].value[i]);

			if (found < 0)
				return false;
			place[j * CL_LOGIT_CODES + i] = (unsigned char) found;
		}
	}
	return true;
}

void
cl_logit_coded_merge(ClLogitCoded *into, const ClLogitCoded *from, size_t most_bytes)
{
	size_t		width = (size_t) from->terms + 1;
	unsigned char *place;

	if (from->given_up && !into->given_up)
		cl_logit_coded_give_up(into);
	if (into->given_up || from->terms < 0)
		return;
	if (into->terms < 0)
		cl_logit_coded_begin(into, from->terms);
	if (!make_room(into, from->n, most_bytes))
		return;
	place = cl_allocate(&into->memory, (size_t) from->terms * CL_LOGIT_CODES);
	if (!translate(into, from, place))
		cl_logit_coded_give_up(into);
	for (int64_t i = 0; !into->given_up && i < from->n; i++)
	{
		const unsigned char *row = from->row + (size_t) i * width;
		unsigned char *to = into->row + (size_t) into->n++ * width;

		if ((i & BREATH) == 0)
			into->memory.check_for_interrupts();
		for (int j = 0; j < from->terms; j++)
			to[j] = place[j * CL_LOGIT_CODES + row[j]];
		to[from->terms] = row[from->terms];
	}
	cl_release(&into->memory, place);
}

void
cl_logit_coded_rows(const ClLogitCoded *coded, const int *column, int n_columns, ClLogitRows *rows)
{
	double	   *x = cl_allocate(&coded->memory, (size_t) n_columns * sizeof(double));
	size_t		width = (size_t) coded->terms + 1;

	rows->terms = n_columns;
	for (int64_t i = 0; i < coded->n; i++)
	{
		const unsigned char *row = coded->row + (size_t) i * width;

		if ((i & BREATH) == 0)
			coded->memory.check_for_interrupts();
		for (int j = 0; j < n_columns; j++)
			x[j] = coded->dictionary[column[j]].value[row[column[j]]];
		cl_logit_rows_add(rows, x, row[coded->terms] != 0, 1);
	}
	cl_release(&coded->memory, x);
}

/*
 * logistic_coded.c
 *	  Rows that are kept as a byte a value: what comes out is what went in, whatever was merged; and when they are given up.
 */
#include "core/logistic_coded.h"

#include <string.h>

#include "check.h"
#include "memory.h"

#define TERMS 3
#define ROWS 1000
#define ENOUGH ((size_t) 1 << 20)

static void
release(ClLogitCoded *coded)
{
	cl_release(&coded->memory, coded->dictionary);
	cl_release(&coded->memory, coded->row);
}

/* Row i: the second column has all the places that there are, the third has 0 and -0. */
static void
row(int i, double *x)
{
	x[0] = i % 7 * 0.1;
	x[1] = i * 37 % CL_LOGIT_CODES;
	x[2] = i % 2 == 0 ? 0.0 : -0.0;
}

static void
add(ClLogitCoded *coded, int from, int to)
{
	double		x[TERMS];

	cl_logit_coded_init(coded, &cl_test_memory);
	cl_logit_coded_begin(coded, TERMS);
	for (int i = from; i < to; i++)
	{
		row(i, x);
		cl_logit_coded_add(coded, x, i % 5 == 0, ENOUGH);
	}
}

/* The rows with two of the columns, bit for bit. */
static void
check_rows(const ClLogitCoded *coded)
{
	const int	column[2] = {2, 1};
	ClLogitRows rows;
	int			i = 0;
	bool		same = true;

	cl_logit_rows_init(&rows, &cl_test_memory, false);
	cl_logit_coded_rows(coded, column, 2, &rows);
	CHECK_EQ_INT(rows.n, ROWS);
	CHECK_EQ_INT(rows.n_event, ROWS / 5);
	for (const ClLogitBlock *block = rows.first; block != NULL; block = block->next)
	{
		for (int k = 0; k < block->rows; k++, i++)
		{
			double		x[TERMS];

			row(i, x);
			same &= memcmp(&block->x[k], &x[2], sizeof(double)) == 0 && block->x[block->capacity + k] == x[1] &&
				block->event[k] == (i % 5 == 0);
		}
	}
	CHECK(same);
	CHECK_EQ_INT(i, ROWS);
	cl_logit_rows_free(&rows);
}

static void
test_merge(void)
{
	ClLogitCoded whole;
	ClLogitCoded into;
	ClLogitCoded more;

	add(&whole, 0, ROWS);
	check_rows(&whole);
	for (int at = 0; at <= ROWS; at += ROWS / 4)
	{
		add(&into, 0, at);
		add(&more, at, ROWS);
		cl_logit_coded_merge(&into, &more, ENOUGH);
		check_rows(&into);
		release(&into);
		release(&more);
	}
	cl_logit_coded_init(&into, &cl_test_memory);
	cl_logit_coded_merge(&into, &whole, ENOUGH);
	check_rows(&into);
	release(&into);
	release(&whole);
}

static void
test_given_up(void)
{
	double		x[TERMS] = {0.1, 0.5, 0};
	ClLogitCoded coded;
	ClLogitCoded other;

	/* A value too many, in a row and from another. */
	add(&coded, 0, ROWS);
	add(&other, 0, 0);
	cl_logit_coded_add(&other, x, true, ENOUGH);
	CHECK(!other.given_up);
	cl_logit_coded_merge(&coded, &other, ENOUGH);
	CHECK(coded.given_up && coded.n == 0 && coded.row == NULL);
	cl_logit_coded_add(&coded, x, true, ENOUGH);
	CHECK_EQ_INT(coded.n, 0);
	cl_logit_coded_merge(&other, &coded, ENOUGH);
	CHECK(other.given_up);
	release(&coded);
	release(&other);

	add(&coded, 0, ROWS);
	cl_logit_coded_add(&coded, x, true, ENOUGH);
	CHECK(coded.given_up);
	release(&coded);

	/* A row more than there is room for. */
	add(&coded, 0, 0);
	for (int i = 0; i < 10; i++)
		cl_logit_coded_add(&coded, x, false, 10 * (TERMS + 1));
	CHECK_EQ_INT(coded.n, 10);
	cl_logit_coded_add(&coded, x, false, 10 * (TERMS + 1));
	CHECK(coded.given_up);
	release(&coded);
}

void
test_logistic_coded(void)
{
	size_t		before = cl_test_allocated;

	test_merge();
	test_given_up();
	CHECK_EQ_INT(cl_test_allocated, before);
}

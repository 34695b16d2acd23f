/*
 * logistic_scan.c
 *	  What one scan of the rows adds up: log-likelihood, gradient, information; Firth's correction; the triangle R.
 */
#include "core/logistic_rows.h"

#include <math.h>
#include <string.h>

/* Two doubles side by side: what every processor of 64 bits adds at once. */
typedef double Pair __attribute__((vector_size(16)));

#define PAIRS (CL_LOGIT_BLOCK_ROWS / 2)
#define ROUND_UP(n, to) (((n) + (to) - 1) / (to) * (to))

/*
 * A block as a scan sees it. Columns are those of the frame, number 0 is the intercept's; a row beyond the last has weight and
 * residual 0, a column beyond the last is 0, so that loops need no remainder.
 */
typedef struct Scratch
{
	int			size;			/* columns, the intercept's included */
	int			columns;		/* the same, rounded up to 4 */
	int			pairs;			/* of rows */
	Pair	   *x;				/* [column * PAIRS + pair] */
	Pair	   *linear;			/* the linear predictor */
	Pair	   *weight;			/* w = p (1 - p) times the row's weight */
	Pair	   *residual;		/* y - p, times the row's weight */
	Pair	   *half;			/* 1/2 - p */
	Pair	   *product[2];		/* w times a column */
	double	   *block;			/* products of columns of this block: [row * columns + column] */
	double	   *side;			/* columns of them */
	void	   *allocated;
} Scratch;

static Pair *
aligned(void *memory)
{
	return (Pair *) (((uintptr_t) memory + 15) & ~(uintptr_t) 15);
}

static Scratch *
scratch_new(const ClMemory *memory, int size)
{
	int			columns = ROUND_UP(size, 4);
	size_t		pairs = (size_t) (columns + 6) * PAIRS;
	size_t		values = (size_t) columns * (size_t) (columns + 1);
	Scratch    *scratch = cl_allocate(memory, sizeof(Scratch));
	Pair	   *next;

	scratch->allocated = cl_allocate(memory, pairs * sizeof(Pair) + values * sizeof(double) + 16);
	next = aligned(scratch->allocated);
	memset(next, 0, pairs * sizeof(Pair));
	scratch->size = size;
	scratch->columns = columns;
	scratch->x = next;
	next += (size_t) columns * PAIRS;
	scratch->linear = next;
	scratch->weight = next + PAIRS;
	scratch->residual = next + 2 * PAIRS;
	scratch->half = next + 3 * PAIRS;
	scratch->product[0] = next + 4 * PAIRS;
	scratch->product[1] = next + 5 * PAIRS;
	scratch->block = (double *) (next + 6 * PAIRS);
	scratch->side = scratch->block + (size_t) columns * columns;
	return scratch;
}

static void
scratch_free(const ClMemory *memory, Scratch *scratch)
{
	cl_release(memory, scratch->allocated);
	cl_release(memory, scratch);
}

static Scratch *
scratch_of(ClLogitSums *sums)
{
	if (sums->scratch == NULL)
		sums->scratch = scratch_new(&sums->memory, sums->size);
	return sums->scratch;
}

void
cl_logit_sums_init(ClLogitSums *sums, const ClMemory *memory, int terms)
{
	sums->memory = *memory;
	sums->size = terms + 1;
	sums->gradient = cl_allocate(memory, (size_t) sums->size * sizeof(ClSum));
	sums->information = cl_allocate(memory, (size_t) sums->size * sums->size * sizeof(ClSum));
	sums->scratch = NULL;
	cl_logit_sums_clear(sums);
}

void
cl_logit_sums_free(ClLogitSums *sums)
{
	cl_release(&sums->memory, sums->gradient);
	cl_release(&sums->memory, sums->information);
	if (sums->scratch != NULL)
		scratch_free(&sums->memory, sums->scratch);
}

void
cl_logit_sums_clear(ClLogitSums *sums)
{
	sums->loglik = (ClSum) {0, 0};
	memset(sums->gradient, 0, (size_t) sums->size * sizeof(ClSum));
	memset(sums->information, 0, (size_t) sums->size * sums->size * sizeof(ClSum));
}

void
cl_logit_sums_merge(ClLogitSums *into, const ClLogitSums *from)
{
	int			n = into->size * into->size;

	cl_sum_add(&into->loglik, from->loglik.high, from->loglik.low);
	for (int i = 0; i < into->size; i++)
		cl_sum_add(&into->gradient[i], from->gradient[i].high, from->gradient[i].low);
	for (int i = 0; i < n; i++)
		cl_sum_add(&into->information[i], from->information[i].high, from->information[i].low);
}

/*
 * One block: its columns, the linear predictor, and what follows from it for each row
 */

static void
load_columns(Scratch *s, const ClLogitBlock *block, const ClLogitFrame *frame, const double *beta)
{
	s->pairs = (block->rows + 1) / 2;
	for (int i = 0; i < s->pairs; i++)
	{
		s->x[i] = (Pair) {1, 1};
		s->linear[i] = (Pair) {beta[0], beta[0]};
	}
	for (int j = 0; j < frame->terms; j++)
	{
		const double *from = block->x + (size_t) frame->column[j] * block->capacity;
		Pair	   *x = s->x + (size_t) (j + 1) * PAIRS;
		double		center = frame->center[j];
		double		factor = 1 / frame->scale[j];
		double		coefficient = beta[j + 1];

		for (int i = 0; i < s->pairs; i++)
		{
			Pair		value = {from[2 * i], from[2 * i + 1]};

			x[i] = (value - center) * factor;
			s->linear[i] += x[i] * coefficient;
		}
	}
}

/* ln p of what happened, to last digit at either end, and p (1 - p) from the smaller of the two. */
static inline double
weigh_row(Scratch *s, int row, bool event, double weight)
{
	double		linear = ((double *) s->linear)[row];
	double		e = exp(-fabs(linear));
	double		larger = 1 / (1 + e);
	double		smaller = e * larger;
	bool		wrong = (linear < 0) == event;
	double		missed = wrong ? larger : smaller;

	((double *) s->weight)[row] = weight * larger * smaller;
	((double *) s->residual)[row] = event ? weight * missed : -weight * missed;
	((double *) s->half)[row] = linear < 0 ? 0.5 - smaller : smaller - 0.5;
	return -weight * (log1p(e) + (wrong ? fabs(linear) : 0));
}

static double
weigh_rows(Scratch *s, const ClLogitBlock *block)
{
	double		loglik = 0;

	for (int i = 0; i < block->rows; i++)
		loglik += weigh_row(s, i, block->event[i], block->weight != NULL ? block->weight[i] : 1);
	if (block->rows % 2 == 1)
		((double *) s->weight)[block->rows] = ((double *) s->residual)[block->rows] = 0;
	return loglik;
}

/*
 * Products of columns. Two of them with four at a time: eight sums that stay in registers.
 */

static inline double
both(Pair sum)
{
	return sum[0] + sum[1];
}

static void
products_of_two(const Pair *a, const Pair *b, const Pair *x, int pairs, double *to_a, double *to_b)
{
	Pair		a0 = {0, 0}, a1 = {0, 0}, a2 = {0, 0}, a3 = {0, 0};
	Pair		b0 = {0, 0}, b1 = {0, 0}, b2 = {0, 0}, b3 = {0, 0};

	for (int i = 0; i < pairs; i++)
	{
		Pair		x0 = x[i], x1 = x[i + PAIRS], x2 = x[i + 2 * PAIRS], x3 = x[i + 3 * PAIRS];

		a0 += a[i] * x0;
		b0 += b[i] * x0;
		a1 += a[i] * x1;
		b1 += b[i] * x1;
		a2 += a[i] * x2;
		b2 += b[i] * x2;
		a3 += a[i] * x3;
		b3 += b[i] * x3;
	}
	to_a[0] = both(a0);
	to_a[1] = both(a1);
	to_a[2] = both(a2);
	to_a[3] = both(a3);
	to_b[0] = both(b0);
	to_b[1] = both(b1);
	to_b[2] = both(b2);
	to_b[3] = both(b3);
}

static void
products_of_one(const Pair *a, const Pair *x, int pairs, double *to)
{
	Pair		sum[4] = {{0, 0}, {0, 0}, {0, 0}, {0, 0}};

	for (int i = 0; i < pairs; i++)
	{
		for (int k = 0; k < 4; k++)
			sum[k] += a[i] * x[i + k * PAIRS];
	}
	for (int k = 0; k < 4; k++)
		to[k] = both(sum[k]);
}

static void
add_gradient(ClLogitSums *sums, Scratch *s)
{
	for (int j = 0; j < s->columns; j += 4)
		products_of_one(s->residual, s->x + (size_t) j * PAIRS, s->pairs, s->side + j);
	for (int j = 0; j < s->size; j++)
		cl_sum_add(&sums->gradient[j], s->side[j], 0);
}

static void
add_information(ClLogitSums *sums, Scratch *s)
{
	for (int j = 0; j < s->size; j += 2)
	{
		const Pair *x = s->x + (size_t) j * PAIRS;

		for (int i = 0; i < s->pairs; i++)
		{
			s->product[0][i] = s->weight[i] * x[i];
			s->product[1][i] = s->weight[i] * x[i + PAIRS];
		}
		for (int k = 0; k <= j + 1; k += 4)
			products_of_two(s->product[0], s->product[1], s->x + (size_t) k * PAIRS, s->pairs,
							s->block + (size_t) j * s->columns + k, s->block + (size_t) (j + 1) * s->columns + k);
	}
	for (int j = 0; j < s->size; j++)
	{
		for (int k = 0; k <= j; k++)
			cl_sum_add(&sums->information[j * s->size + k], s->block[j * s->columns + k], 0);
	}
}

void
cl_logit_sums_add(ClLogitSums *sums, const ClLogitBlock *block, const ClLogitFrame *frame, const double *beta)
{
	Scratch    *s = scratch_of(sums);

	load_columns(s, block, frame, beta);
	cl_sum_add(&sums->loglik, weigh_rows(s, block), 0);
	add_gradient(sums, s);
	add_information(sums, s);
}

/* A row of weight w is w rows, each with its own residual. */
void
cl_logit_sums_add_meat(ClLogitSums *sums, const ClLogitBlock *block, const ClLogitFrame *frame, const double *beta)
{
	Scratch    *s = scratch_of(sums);

	load_columns(s, block, frame, beta);
	(void) weigh_rows(s, block);
	for (int i = 0; i < block->rows; i++)
	{
		double		residual = ((double *) s->residual)[i];

		((double *) s->weight)[i] = residual * residual / (block->weight != NULL ? block->weight[i] : 1);
	}
	add_information(sums, s);
}

/*
 * Firth: the leverage h of a row is w |x'R^-1|^2. Each row counts as if it came h times more, half of these as events and half
 * not, so that is what it adds to the information too.
 */
void
cl_logit_sums_add_firth(ClLogitSums *sums, const ClLogitBlock *block, const ClLogitFrame *frame, const double *beta,
						const double *inverse)
{
	Scratch    *s = scratch_of(sums);
	Pair	   *turned = s->product[0];
	Pair	   *leverage = s->product[1];

	load_columns(s, block, frame, beta);
	(void) weigh_rows(s, block);
	memset(leverage, 0, (size_t) s->pairs * sizeof(Pair));
	for (int k = 0; k < s->size; k++)
	{
		memset(turned, 0, (size_t) s->pairs * sizeof(Pair));
		for (int j = 0; j <= k; j++)
		{
			double		factor = inverse[j * s->size + k];

			for (int i = 0; i < s->pairs; i++)
				turned[i] += s->x[(size_t) j * PAIRS + i] * factor;
		}
		for (int i = 0; i < s->pairs; i++)
			leverage[i] += turned[i] * turned[i];
	}
	for (int i = 0; i < s->pairs; i++)
	{
		Pair		added = leverage[i] * s->weight[i];

		s->residual[i] = added * s->half[i];
		s->weight[i] *= added;
	}
	add_gradient(sums, s);
	add_information(sums, s);
}

/*
 * The triangle: each block is eliminated against it by Householder reflections.
 */

/* x'y of the rows of a block, and y -= factor x. */
static double
dot(const Pair *x, const Pair *y, int pairs)
{
	Pair		sum = {0, 0};

	for (int i = 0; i < pairs; i++)
		sum += x[i] * y[i];
	return both(sum);
}

static void
eliminate(Scratch *s, double *triangle, int n)
{
	for (int j = 0; j < n; j++)
	{
		Pair	   *x = s->x + (size_t) j * PAIRS;
		double		squares = dot(x, x, s->pairs);
		double		pivot = triangle[j * n + j];
		double		norm = sqrt(pivot * pivot + squares);
		double		head;

		if (squares == 0)
			continue;
		if (pivot > 0)
			norm = -norm;
		/* v = (head, x): the reflection is 1 - 2 v v' / v'v, and v'v = -2 norm head. */
		head = pivot - norm;
		triangle[j * n + j] = norm;
		for (int k = j + 1; k < n; k++)
		{
			Pair	   *y = s->x + (size_t) k * PAIRS;
			double		factor = (head * triangle[j * n + k] + dot(x, y, s->pairs)) / (-norm * head);

			triangle[j * n + k] -= factor * head;
			for (int i = 0; i < s->pairs; i++)
				y[i] -= x[i] * factor;
		}
	}
}

void
cl_logit_triangle_add(ClLogitSums *sums, const ClLogitBlock *block, const ClLogitFrame *frame, const double *beta,
					  double *triangle)
{
	Scratch    *s = scratch_of(sums);
	int			last = s->size - 1;
	double	   *column = (double *) (s->x + (size_t) last * PAIRS);

	/* The last column of the frame is a place for the working residual. */
	load_columns(s, block, frame, beta);
	cl_sum_add(&sums->loglik, weigh_rows(s, block), 0);
	for (int i = 0; i < 2 * s->pairs; i++)
	{
		double		root = sqrt(((double *) s->weight)[i]);

		for (int j = 0; j < last; j++)
			((double *) (s->x + (size_t) j * PAIRS))[i] *= root;
		column[i] = root > 0 ? ((double *) s->residual)[i] / root : 0;
	}
	eliminate(s, triangle, s->size);
}

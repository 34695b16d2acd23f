/*
 * tobit_scan.c
 *	  Sums over the rows of a Tobit regression: moments, least squares, likelihood with derivatives, scores of clusters.
 */
#include "core/tobit_scan.h"

#include <string.h>

#include "core/distribution.h"

#define HALF_LOG_2PI 0.91893853320467274178

/*
 * One row. With t = theta y - m a row that is seen has the density theta phi(t), and one between bounds Phi(t_high) - Phi(t_low).
 */

static void
point_seen(double y, double m, double theta, ClTobitPoint *at)
{
	double		t = theta * y - m;

	at->loglik = log(theta) - HALF_LOG_2PI - 0.5 * t * t;
	at->by_m = t;
	at->by_theta = 1 / theta - t * y;
	at->mm = 1;
	at->mt = -y;
	at->tt = 1 / (theta * theta) + y * y;
}

/* phi(t) / Phi(t), and log Phi(t). */
static double
tail_ratio(double t, double *log_cdf)
{
	double		value;

	if (t > -4)
	{
		value = cl_normal_cdf(t);
		*log_cdf = t > 4 ? log1p(-cl_normal_cdf(-t)) : log(value);
		return cl_normal_density(t) / value;
	}
	value = cl_normal_mills(-t);
	*log_cdf = -0.5 * t * t - HALF_LOG_2PI + log(value);
	return 1 / value;
}

/* At most y, or with sign -1 at least y. */
static void
point_beyond(double y, double m, double theta, double sign, ClTobitPoint *at)
{
	double		t = sign * (theta * y - m);
	double		ratio = tail_ratio(t, &at->loglik);
	double		curve = ratio * (ratio + t);

	at->by_m = -sign * ratio;
	at->by_theta = sign * ratio * y;
	at->mm = curve;
	at->mt = -curve * y;
	at->tt = curve * y * y;
}

/* phi(t_low) and phi(t_high) by the probability between; the logarithm of that. For low + high >= 0. */
static void
ratios_between(double low, double high, double *ratio_low, double *ratio_high, double *log_between)
{
	double		between;

	if (low >= 0)
	{
		double		shrink = exp(-0.5 * (high - low) * (high + low));

		between = cl_normal_mills(low) - shrink * cl_normal_mills(high);
		*ratio_low = 1 / between;
		*ratio_high = shrink / between;
		*log_between = -0.5 * low * low - HALF_LOG_2PI + log(between);
		return;
	}
	between = 1 - cl_normal_cdf(low) - cl_normal_cdf(-high);
	*ratio_low = cl_normal_density(low) / between;
	*ratio_high = cl_normal_density(high) / between;
	*log_between = log(between);
}

static void
point_between_wide(double low, double high, double t_low, double t_high, ClTobitPoint *at)
{
	double		a;
	double		b;

	if (t_low + t_high >= 0)
		ratios_between(t_low, t_high, &a, &b, &at->loglik);
	else
		ratios_between(-t_high, -t_low, &b, &a, &at->loglik);
	at->by_m = a - b;
	at->by_theta = b * high - a * low;
	a *= t_low;
	b *= t_high;
	at->mm = at->by_m * at->by_m + b - a;
	at->mt = at->by_m * at->by_theta + a * low - b * high;
	at->tt = at->by_theta * at->by_theta + b * high * high - a * low * low;
}

/*
 * A narrow interval loses its digits in differences. There it is theta times its width times a mean of phi(u + h s) over s from
 * -1 to 1, by Gauss and Legendre's rule of 16 points, and derivatives are moments of s.
 */
static void
point_between_narrow(double low, double high, double u, double h, double theta, ClTobitPoint *at)
{
	static const double rule[8][2] = {
		{0.98940093499164993259, 0.02715245941175409485},
		{0.94457502307323257607, 0.06225352393864789286},
		{0.86563120238783174388, 0.09515851168249278480},
		{0.75540440835500303389, 0.12462897125553387205},
		{0.61787624440264374844, 0.14959598881657673208},
		{0.45801677765722738634, 0.16915651939500253818},
		{0.28160355077925891323, 0.18260341504492358886},
		{0.09501250983763744018, 0.18945061045506849628}
	};
	double		center = 0.5 * (low + high);
	double		half = 0.5 * (high - low);
	double		sum = 0;
	double		z = 0;			/* means over the interval, with z = u + h s */
	double		zs = 0;
	double		z2 = 0;
	double		z2s = 0;
	double		z2s2 = 0;
	double		uu;
	double		uh;
	double		hh;

	for (int i = 0; i < 16; i++)
	{
		double		s = i < 8 ? rule[i][0] : -rule[i - 8][0];
		double		weight = rule[i % 8][1] * exp(-h * s * (u + 0.5 * h * s));
		double		place = u + h * s;

		sum += weight;
		z += weight * place;
		zs += weight * place * s;
		z2 += weight * (place * place - 1);
		z2s += weight * (place * place - 1) * s;
		z2s2 += weight * (place * place - 1) * s * s;
	}
	z /= sum;
	zs /= sum;
	uu = z * z - z2 / sum;
	uh = z * zs - z2s / sum;
	hh = zs * zs - z2s2 / sum;
	at->loglik = log(theta * half * sum) - HALF_LOG_2PI - 0.5 * u * u;
	at->by_m = z;
	at->by_theta = 1 / theta - center * z - half * zs;
	at->mm = uu;
	at->mt = -(center * uu + half * uh);
	at->tt = 1 / (theta * theta) + center * center * uu + 2 * center * half * uh + half * half * hh;
}

static void
point_between(double low, double high, double m, double theta, ClTobitPoint *at)
{
	double		u = theta * (0.5 * (low + high)) - m;
	double		h = theta * (0.5 * (high - low));

	if (h <= 0.5 && fabs(u) * h <= 8)
		point_between_narrow(low, high, u, h, theta, at);
	else
		point_between_wide(low, high, theta * low - m, theta * high - m, at);
}

void
cl_tobit_point(double low, double high, double m, double theta, ClTobitPoint *at)
{
	switch (cl_tobit_kind(low, high))
	{
		case CL_TOBIT_EXACT:
			point_seen(low, m, theta, at);
			break;
		case CL_TOBIT_LEFT:
			point_beyond(high, m, theta, 1, at);
			break;
		case CL_TOBIT_RIGHT:
			point_beyond(low, m, theta, -1, at);
			break;
		case CL_TOBIT_INTERVAL:
			point_between(low, high, m, theta, at);
			break;
	}
}

/*
 * Blocks of rows
 */

typedef struct Block
{
	ClColumnScan *scan;
	int			rows;
	const double *row[CL_SCAN_ROWS];
	double		by_theta[CL_SCAN_ROWS];	/* scores */
} Block;

static void
block_open(Block *block, const ClTobitData *data, int size)
{
	block->scan = cl_column_scan_new(&data->memory, size);
}

/* The rows from *next on; false when there are none left. */
static bool
block_next(Block *block, const ClTobitData *data, int64_t *next)
{
	data->memory.check_for_interrupts();
	block->rows = 0;
	for (; *next < data->n && block->rows < CL_SCAN_ROWS; *next += data->stride)
		block->row[block->rows++] = data->row[*next];
	return block->rows > 0;
}

/* Columns as they came, without an intercept. Rows are anywhere in memory: those to come are asked for in time. */
static void
load_columns(Block *block, const ClTobitData *data, const int *column, int n, int first)
{
	double	   *x = (double *) (block->scan->x + (size_t) first * CL_SCAN_PAIRS);

	for (int i = 0; i < block->rows; i++)
	{
		const double *from = block->row[i] + data->head;
		const double *ahead = block->row[i + 8 < block->rows ? i + 8 : i];

		__builtin_prefetch(ahead);
		__builtin_prefetch(ahead + 8);
		for (int j = 0; j < n; j++)
			x[(size_t) j * CL_SCAN_ROWS + i] = from[column != NULL ? column[j] : j];
	}
	if (block->rows % 2 == 1)
	{
		for (int j = 0; j < n; j++)
			x[(size_t) j * CL_SCAN_ROWS + block->rows] = 0;
	}
}

/* The columns of the frame, and the linear predictor. */
static void
load_frame(Block *block, const ClTobitData *data, const ClTobitFrame *frame, const double *gamma)
{
	ClColumnScan *s = block->scan;

	load_columns(block, data, frame->column, frame->terms, 1);
	cl_column_scan_begin(s, block->rows, gamma[0]);
	for (int j = 0; j < frame->terms; j++)
	{
		ClPair	   *x = s->x + (size_t) (j + 1) * CL_SCAN_PAIRS;
		double		center = frame->center[j];
		double		factor = 1 / frame->scale[j];
		double		coefficient = gamma[j + 1];

		for (int i = 0; i < s->pairs; i++)
		{
			x[i] = (x[i] - center) * factor;
			s->linear[i] += x[i] * coefficient;
		}
	}
	if (block->rows % 2 == 1)
		((double *) s->weight)[block->rows] = ((double *) s->residual)[block->rows] =
			((double *) s->extra)[block->rows] = 0;
}

static double
weight_of(const ClTobitData *data, const double *row)
{
	return data->head > 2 ? row[2] : 1;
}

/* y where it is seen, and else its bound or the middle of its interval. */
static double
stand_in(const double *row)
{
	if (isinf(row[0]))
		return row[1];
	return isinf(row[1]) ? row[0] : 0.5 * row[0] + 0.5 * row[1];
}

/*
 * Moments: of each block by itself, then together (Chan, Golub and LeVeque 1983, The American Statistician 37, 242).
 */
static void
add_moments(const double *x, const double *weight, int rows, double own, double before, double *mean, double *squares)
{
	double		block_mean = 0;
	double		block_squares = 0;
	double		apart;

	for (int i = 0; i < rows; i++)
		block_mean += weight[i] * x[i];
	block_mean /= own;
	for (int i = 0; i < rows; i++)
		block_squares += weight[i] * (x[i] - block_mean) * (x[i] - block_mean);
	apart = block_mean - *mean;
	*mean += apart * (own / (before + own));
	*squares += block_squares + apart * apart * (before * (own / (before + own)));
}

double
cl_tobit_moments(const ClTobitData *data, double *mean, double *deviation, double *exact_weight)
{
	int			n = data->terms + 1;
	int64_t		next = data->stride / 2;
	double		before = 0;
	ClSum		total = {0, 0};
	ClSum		exact = {0, 0};
	Block		block;
	double	   *x;
	double	   *weight;

	block_open(&block, data, n);
	x = (double *) block.scan->x;
	weight = (double *) block.scan->weight;
	memset(mean, 0, (size_t) n * sizeof(double));
	memset(deviation, 0, (size_t) n * sizeof(double));
	while (block_next(&block, data, &next))
	{
		double		own = 0;

		load_columns(&block, data, NULL, data->terms, 0);
		for (int i = 0; i < block.rows; i++)
		{
			x[(size_t) data->terms * CL_SCAN_ROWS + i] = stand_in(block.row[i]);
			weight[i] = weight_of(data, block.row[i]);
			own += weight[i];
			cl_sum_add(&total, weight[i], 0);
			if (block.row[i][0] == block.row[i][1])
				cl_sum_add(&exact, weight[i], 0);
		}
		for (int j = 0; j < n; j++)
			add_moments(x + (size_t) j * CL_SCAN_ROWS, weight, block.rows, own, before, &mean[j], &deviation[j]);
		before += own;
	}
	for (int j = 0; j < n && before > 0; j++)
		deviation[j] = sqrt(deviation[j] / before);
	cl_column_scan_free(&data->memory, block.scan);
	*exact_weight = exact.high;
	return total.high;
}

static void
copy_sums(const ClSum *sum, int n, double *to)
{
	for (int j = 0; j < n; j++)
		to[j] = sum[j].high;
}

/* The lower triangle, n x n, into both triangles of a matrix whose rows are "apart" long. */
static void
copy_triangle(const ClSum *sum, int n, double *to, int apart)
{
	for (int j = 0; j < n; j++)
	{
		for (int k = 0; k <= j; k++)
			to[j * apart + k] = to[k * apart + j] = sum[j * n + k].high;
	}
}

static ClSum *
new_sums(const ClMemory *memory, size_t n)
{
	ClSum	   *sum = cl_allocate(memory, n * sizeof(ClSum));

	memset(sum, 0, n * sizeof(ClSum));
	return sum;
}

double
cl_tobit_least_squares(const ClTobitData *data, const ClTobitFrame *frame, double *squares, double *product)
{
	int			n = frame->terms + 1;
	int64_t		next = data->stride / 2;
	ClSum	   *sum = new_sums(&data->memory, (size_t) n * (n + 1));
	double	   *zero = cl_allocate(&data->memory, (size_t) n * sizeof(double));
	ClSum		square = {0, 0};
	Block		block;

	memset(zero, 0, (size_t) n * sizeof(double));
	block_open(&block, data, n);
	while (block_next(&block, data, &next))
	{
		load_frame(&block, data, frame, zero);
		for (int i = 0; i < block.rows; i++)
		{
			double		weight = weight_of(data, block.row[i]);
			double		y = (stand_in(block.row[i]) - frame->y_center) / frame->y_scale;

			((double *) block.scan->weight)[i] = weight;
			((double *) block.scan->residual)[i] = weight * y;
			cl_sum_add(&square, weight * y * y, 0);
		}
		cl_column_scan_gradient(block.scan, block.scan->residual, sum);
		cl_column_scan_information(block.scan, sum + n);
	}
	copy_sums(sum, n, product);
	copy_triangle(sum + n, n, squares, n);
	cl_column_scan_free(&data->memory, block.scan);
	cl_release(&data->memory, zero);
	cl_release(&data->memory, sum);
	return square.high;
}

/* Sums of theta's own: log-likelihood, score, information. */
typedef struct ThetaSums
{
	double		loglik;
	double		score;
	double		square;
} ThetaSums;

static ThetaSums
weigh_rows(Block *block, const ClTobitData *data, const ClTobitFrame *frame, double theta)
{
	ClColumnScan *s = block->scan;
	double		factor = 1 / frame->y_scale;
	ThetaSums	sums = {0, 0, 0};

	for (int i = 0; i < block->rows; i++)
	{
		const double *row = block->row[i];
		double		weight = weight_of(data, row);
		ClTobitPoint at;

		cl_tobit_point((row[0] - frame->y_center) * factor, (row[1] - frame->y_center) * factor, ((double *) s->linear)[i], theta,
					   &at);
		((double *) s->weight)[i] = weight * at.mm;
		((double *) s->residual)[i] = weight * at.by_m;
		((double *) s->extra)[i] = weight * at.mt;
		block->by_theta[i] = weight * at.by_theta;
		sums.loglik += weight * at.loglik;
		sums.score += weight * at.by_theta;
		sums.square += weight * at.tt;
	}
	return sums;
}

double
cl_tobit_evaluate(const ClTobitData *data, const ClTobitFrame *frame, const double *place, double *gradient, double *information)
{
	int			n = frame->terms + 1;
	int			all = n + 1;
	int64_t		next = data->stride / 2;
	ClSum	   *sum = new_sums(&data->memory, (size_t) n * (n + 2));
	ClSum	   *cross = sum + n;
	ClSum		loglik = {0, 0};
	ClSum		score = {0, 0};
	ClSum		square = {0, 0};
	Block		block;

	block_open(&block, data, n);
	while (block_next(&block, data, &next))
	{
		ThetaSums	own;

		load_frame(&block, data, frame, place);
		own = weigh_rows(&block, data, frame, place[n]);
		cl_sum_add(&loglik, own.loglik, 0);
		cl_sum_add(&score, own.score, 0);
		cl_sum_add(&square, own.square, 0);
		cl_column_scan_gradient(block.scan, block.scan->residual, sum);
		cl_column_scan_gradient(block.scan, block.scan->extra, cross);
		cl_column_scan_information(block.scan, cross + n);
	}
	copy_sums(sum, n, gradient);
	gradient[n] = score.high;
	copy_triangle(cross + n, n, information, all);
	for (int j = 0; j < n; j++)
		information[j * all + n] = information[n * all + j] = cross[j].high;
	information[n * all + n] = square.high;
	cl_column_scan_free(&data->memory, block.scan);
	cl_release(&data->memory, sum);
	return loglik.high;
}

static void
add_outer(double *score, int n, double *meat)
{
	for (int j = 0; j < n; j++)
	{
		for (int k = 0; k < n; k++)
			meat[j * n + k] += score[j] * score[k];
	}
	memset(score, 0, (size_t) n * sizeof(double));
}

/* Rows of a cluster stand side by side. */
int64_t
cl_tobit_meat(const ClTobitData *data, const ClTobitFrame *frame, const double *place, double *meat)
{
	int			n = frame->terms + 1;
	int			all = n + 1;
	int64_t		next = data->stride / 2;
	int64_t		clusters = 0;
	double	   *score = cl_allocate(&data->memory, (size_t) all * sizeof(double));
	const double *before = NULL;
	Block		block;

	memset(score, 0, (size_t) all * sizeof(double));
	memset(meat, 0, (size_t) all * all * sizeof(double));
	block_open(&block, data, n);
	while (block_next(&block, data, &next))
	{
		load_frame(&block, data, frame, place);
		(void) weigh_rows(&block, data, frame, place[n]);
		for (int i = 0; i < block.rows; i++)
		{
			double		residual = ((double *) block.scan->residual)[i];

			if (before == NULL || memcmp(before + 3, block.row[i] + 3, 2 * sizeof(double)) != 0)
			{
				add_outer(score, all, meat);
				clusters++;
			}
			for (int j = 0; j < n; j++)
				score[j] += residual * ((double *) (block.scan->x + (size_t) j * CL_SCAN_PAIRS))[i];
			score[n] += block.by_theta[i];
			before = block.row[i];
		}
	}
	add_outer(score, all, meat);
	cl_column_scan_free(&data->memory, block.scan);
	cl_release(&data->memory, score);
	return clusters;
}

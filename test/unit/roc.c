/*
 * roc.c
 *	  AUC, KS and DeLong's variance against their definitions over all pairs, and against closed forms for ten million rows.
 */
#include "check.h"
#include "memory.h"
#include "release.h"

#include "core/auc_test.h"
#include "core/roc.h"
#include "core/tied_group.h"

#define MOST_ROWS 60

typedef struct Sample
{
	int			n;
	double		score[2][MOST_ROWS];	/* of two models */
	bool		event[MOST_ROWS];
	int			repeat[MOST_ROWS];	/* how often the row occurs: its weight */
} Sample;

/* Is a riskier than b? Ties one half. */
static double
riskier(double a, double b, bool higher_is_riskier)
{
	if (a == b)
		return 0.5;
	return (a > b) == higher_is_riskier ? 1 : 0;
}

/* The mean of psi over the rows of the other class: the placement of one row. */
static double
placement(const Sample *s, int score, int row, bool higher_is_riskier)
{
	double		sum = 0;
	double		n = 0;

	for (int other = 0; other < s->n; other++)
	{
		if (s->event[other] == s->event[row])
			continue;
		sum += s->repeat[other] * (s->event[row] ? riskier(s->score[score][row], s->score[score][other], higher_is_riskier) :
								   riskier(s->score[score][other], s->score[score][row], higher_is_riskier));
		n += s->repeat[other];
	}
	return sum / n;
}

typedef struct Class
{
	double		n;
	double		mean;
	double		variance;		/* sample variance */
} Class;

/* Placements under a score, or their difference when minus >= 0. */
static Class
placements_of(const Sample *s, int score, int minus, bool event, const bool *higher_is_riskier)
{
	Class		c = {0, 0, 0};

	for (int pass = 0; pass < 2; pass++)
	{
		for (int row = 0; row < s->n; row++)
		{
			double		v;

			if (s->event[row] != event)
				continue;
			v = placement(s, score, row, higher_is_riskier[score]);
			if (minus >= 0)
				v -= placement(s, minus, row, higher_is_riskier[minus]);
			if (pass == 0)
			{
				c.n += s->repeat[row];
				c.mean += s->repeat[row] * v;
			}
			else
				c.variance += s->repeat[row] * (v - c.mean) * (v - c.mean);
		}
		if (pass == 0)
			c.mean /= c.n;
	}
	c.variance /= c.n - 1;
	return c;
}

static double
ks_by_definition(const Sample *s)
{
	double		most = 0;

	for (int at = 0; at < s->n; at++)
	{
		double		below[2] = {0, 0};
		double		total[2] = {0, 0};

		for (int row = 0; row < s->n; row++)
		{
			total[s->event[row]] += s->repeat[row];
			if (s->score[0][row] <= s->score[0][at])
				below[s->event[row]] += s->repeat[row];
		}
		most = fmax(most, fabs(below[0] / total[0] - below[1] / total[1]));
	}
	return most;
}

static Sample
random_sample(uint64_t *seed)
{
	Sample		s = {.n = 2 + (int) (cl_test_random(seed) % (MOST_ROWS - 1))};
	int			distinct = 1 + (int) (cl_test_random(seed) % 40);

	for (int row = 0; row < s.n; row++)
	{
		s.event[row] = row == 0 || (row > 1 && cl_test_random(seed) % 3 == 0);
		s.repeat[row] = 1 + (int) (cl_test_random(seed) % 3);
		for (int score = 0; score < 2; score++)
			s.score[score][row] = (double) (cl_test_random(seed) % (unsigned) distinct) + (s.event[row] ? 3 * score : 0);
	}
	return s;
}

/* Repeated rows, and the same as weights; both directions. */
static void
check_sample(const Sample *s, bool weighted, bool higher_is_riskier)
{
	const bool	direction[2] = {higher_is_riskier, higher_is_riskier};
	Class		class[2] = {placements_of(s, 0, -1, false, direction), placements_of(s, 0, -1, true, direction)};
	double		variance = class[0].variance / class[0].n + class[1].variance / class[1].n;
	ClTally		tally;
	ClRocMeasures m;

	cl_tally_init(&tally, &cl_test_memory, weighted ? CL_TALLY_WEIGHTS : CL_TALLY_COUNTS);
	for (int row = 0; row < s->n; row++)
	{
		if (weighted)
			cl_tally_add_weighted(&tally, s->score[0][row], s->event[row], s->repeat[row], 0);
		for (int i = 0; !weighted && i < s->repeat[row]; i++)
			cl_tally_add(&tally, s->score[0][row], s->event[row]);
	}
	cl_tally_settle(&tally);
	cl_roc_measure(&tally, higher_is_riskier, &m);
	CHECK_NEAR(m.auc, class[1].mean, 1e-14);
	CHECK_NEAR(m.ks, ks_by_definition(s), 1e-14);
	if (class[0].n > 1 && class[1].n > 1)
		CHECK_NEAR(cl_roc_auc_variance(&tally, higher_is_riskier, &m), variance, 1e-13);
	else
		CHECK(isnan(cl_roc_auc_variance(&tally, higher_is_riskier, &m)));
	/* The shares at the cut-off are those of the riskier side. */
	if (m.ks > 0)
	{
		double		flagged[2] = {0, 0};

		for (int row = 0; row < s->n; row++)
			flagged[s->event[row]] += (s->score[0][row] >= m.ks_cutoff) == higher_is_riskier ? s->repeat[row] : 0;
		CHECK_NEAR(m.ks_share[0], flagged[0] / class[0].n, 1e-14);
		CHECK_NEAR(m.ks_share[1], flagged[1] / class[1].n, 1e-14);
	}
	release_tally(&tally);
}

static void
check_pair(const Sample *s, bool higher_a, bool higher_b)
{
	const bool	direction[2] = {higher_a, higher_b};
	Class		non_event = placements_of(s, 0, 1, false, direction);
	Class		event = placements_of(s, 0, 1, true, direction);
	ClAucPairs	pairs;
	ClAucTest	test;

	cl_auc_pairs_init(&pairs, &cl_test_memory);
	for (int row = 0; row < s->n; row++)
	{
		for (int i = 0; i < s->repeat[row]; i++)
			cl_auc_pairs_add(&pairs, cl_tally_key(s->score[0][row]), cl_tally_key(s->score[1][row]), s->event[row]);
	}
	CHECK(cl_auc_test(&pairs, direction, &test));
	CHECK_NEAR(test.auc[0], placements_of(s, 0, -1, true, direction).mean, 1e-14);
	CHECK_NEAR(test.auc[1], placements_of(s, 1, -1, true, direction).mean, 1e-14);
	if (event.n > 1 && non_event.n > 1)
		CHECK_NEAR(test.variance, event.variance / event.n + non_event.variance / non_event.n, 1e-13);
	else
		CHECK(isnan(test.variance));
	cl_release(&cl_test_memory, pairs.key[0]);
	cl_release(&cl_test_memory, pairs.key[1]);
}

/*
 * Scores 1 .. 5m, every fifth an event: the event at 5j has 4j non-events below it, and of the non-events four each have
 * 1, 2, .. m events above them. So the moments of the placements are those of whole numbers.
 */
static void
check_ten_million(void)
{
	const double m = 2000000;
	const double n = 4 * m;
	double		event = 16 * m * (m + 1) / 12 / (n * n) / m;
	double		non_event = 4 * m * (m * m - 1) / 12 / (4 * m - 1) / (m * m) / n;
	ClTally		tally;
	ClRocMeasures measures;

	cl_tally_init(&tally, &cl_test_memory, CL_TALLY_COUNTS);
	for (int i = 1; i <= 5 * (int) m; i++)
	{
		int			shuffled = (int) ((int64_t) i * 7654321 % (5 * (int) m)) + 1;

		cl_tally_add(&tally, shuffled, shuffled % 5 == 0);
	}
	cl_tally_settle(&tally);
	cl_roc_measure(&tally, true, &measures);
	CHECK_NEAR(measures.auc, 4 * (m + 1) / 2 / n, 1e-15);
	CHECK_NEAR(cl_roc_auc_variance(&tally, true, &measures) / (event + non_event), 1, 1e-14);
	/* Just before the event at 5j, 4j non-events and j - 1 events were passed: the distance is 1 / m everywhere. */
	CHECK_NEAR(measures.ks * m, 1, 1e-14);
	release_tally(&tally);
}

/* More pairs than 64 bits can count: three billion rows of either class at each of two scores. */
static void
check_overflow(void)
{
	const int64_t rows = INT64_C(3000000000);
	ClTallyCount count[2] = {{cl_tally_key(1), {3 * rows, rows}}, {cl_tally_key(2), {rows, 3 * rows}}};
	ClTally		tally;
	ClRocMeasures m;

	cl_tally_init(&tally, &cl_test_memory, CL_TALLY_COUNTS);
	tally.count = count;
	tally.n_count = 2;
	cl_tally_recount(&tally);
	cl_roc_measure(&tally, true, &m);
	CHECK_NEAR(m.auc, 0.75, 1e-15);
	CHECK_NEAR(m.ks, 0.5, 1e-15);
	/* Placements are 3/8 and 7/8, three in four at the larger: variance 3/64 in either class. */
	CHECK_NEAR(cl_roc_auc_variance(&tally, true, &m) * 4.0 * (double) rows, 2 * 3.0 / 64, 1e-9);
}

static void
check_groups(void)
{
	/* Twenty rows in four groups, one by one. */
	int			group = -1;

	for (int row = 0; row < 20; row++)
	{
		group = cl_tied_group(group, row, 1, 20, 4);
		CHECK_EQ_INT(group, row / 5);
	}
	/* A block over three groups goes where its middle falls, and nothing is beyond the last group. */
	CHECK_EQ_INT(cl_tied_group(0, 4, 8, 20, 4), 1);
	CHECK_EQ_INT(cl_tied_group(1, 12, 8, 20, 4), 3);
	CHECK_EQ_INT(cl_tied_group(-1, 0, 20, 20, 1), 0);
}

void
test_roc(void)
{
	uint64_t	seed = 7;

	for (int round = 0; round < cl_rounds(1000); round++)
	{
		Sample		s = random_sample(&seed);

		for (int kind = 0; kind < 4; kind++)
		{
			check_sample(&s, kind & 1, kind & 2);
			check_pair(&s, kind & 1, kind & 2);
		}
	}
	check_ten_million();
	check_overflow();
	check_groups();
	CHECK_EQ_INT(cl_test_allocated, 0);
	/* R: sqrt((A*(1-A) + (m-1)*(A/(2-A) - A^2) + (n-1)*(2*A^2/(1+A) - A^2)) / (m*n)); the second is the example of the paper. */
	CHECK_NEAR(cl_roc_hanley_mcneil(0.75, 100, 900), 0.029086283790850716, 1e-14);
	CHECK_NEAR(cl_roc_hanley_mcneil(0.893, 51, 58), 0.032511581767646583, 1e-14);
}

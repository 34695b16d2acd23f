/*
 * logistic_stepwise.c
 *	  Stepwise selection as R's step() does it: each term that may move is tried, and the best move is made.
 *
 * The criterion of every candidate is exact: each is fitted to the end, from coefficients that the fit before it suggests. All
 * see the same rows. Of moves that are equally good the first in the order of columns is made.
 */
#include "core/logistic_stepwise.h"

#include <math.h>
#include <string.h>

/* Differences below this are rounding errors of sums, and a term that is aliased makes no more. */
#define NO_BETTER 1e-9

typedef struct Search
{
	const ClLogitSearch *search;
	ClMemory	memory;
	ClLogitMemorySource source;
	int			terms;
	bool	   *in;
	int		   *columns;
	double	   *start;
	ClLogitFit	fit;			/* of the terms that are in */
	double		value;			/* its criterion */
} Search;

static double
criterion(const Search *s, const ClLogitFit *fit)
{
	double		price = s->search->by_bic ? log(fit->totals.weight) : 2;

	return -2 * fit->loglik + price * fit->rank;
}

static void
fit_selected(Search *s, const double *start, ClLogitFit *fit)
{
	int			n = 0;

	for (int j = 0; j < s->terms; j++)
	{
		if (s->in[j])
			s->columns[n++] = j;
	}
	cl_logit_fit(&s->source.source, &s->memory, s->search->options, s->columns, n, start, fit);
}

/*
 * Where to begin without a term, or with one more: the other coefficients move as the parabola at the maximum has it. A fit
 * that has no covariance is no place to begin.
 */
static const double *
suggest_start(Search *s, int term)
{
	int			n = s->terms + 1;
	const double *row = s->fit.covariance + (size_t) (term + 1) * n;
	double		leaves = s->fit.term[term + 1].coefficient;
	double		variance = row[term + 1];

	if (!isfinite(s->fit.covariance[0]))
		return NULL;
	for (int j = 0; j < n; j++)
	{
		s->start[j] = s->fit.term[j].coefficient;
		if (!s->in[term] && variance > 0 && isfinite(row[j]))
			s->start[j] -= row[j] / variance * leaves;
	}
	return s->start;
}

static void
accept_move(Search *s, int term, const ClLogitFit *fit)
{
	s->in[term] = !s->in[term];
	cl_logit_fit_free(&s->memory, &s->fit);
	s->fit = *fit;
	s->value = criterion(s, fit);
}

/* The best move, and its fit; -1 when none is better than to stay. */
static int
best_move(Search *s, ClLogitFit *best)
{
	double		least = s->value;
	int			term = -1;

	for (int j = 0; j < s->terms; j++)
	{
		ClLogitFit	fit;

		if (s->search->forced[j] || !(s->in[j] ? s->search->may_drop : s->search->may_add))
			continue;
		/* The fit after a term moved, which it does only for as long as that takes. */
		s->in[j] = !s->in[j];
		fit_selected(s, suggest_start(s, j), &fit);
		s->in[j] = !s->in[j];
		if (criterion(s, &fit) < least - NO_BETTER * (fabs(least) + 1))
		{
			if (term >= 0)
				cl_logit_fit_free(&s->memory, best);
			*best = fit;
			least = criterion(s, &fit);
			term = j;
		}
		else
			cl_logit_fit_free(&s->memory, &fit);
	}
	return term;
}

/* Terms that depend on others go before anything is compared. Forced ones stay, for their owner to see. */
static void
drop_aliased(Search *s, ClLogitReport report, void *data)
{
	for (int j = 0; j < s->terms; j++)
	{
		if (!s->in[j] || !s->fit.term[j + 1].aliased || s->search->forced[j])
			continue;
		s->in[j] = false;
		report(data, CL_LOGIT_DROP_ALIASED, j, &s->fit, s->in);
	}
}

static void
walk(Search *s, ClLogitReport report, void *data)
{
	fit_selected(s, NULL, &s->fit);
	s->value = criterion(s, &s->fit);
	report(data, CL_LOGIT_START, -1, &s->fit, s->in);
	drop_aliased(s, report, data);
	for (int step = 0; step < s->search->max_steps; step++)
	{
		ClLogitFit	best;
		int			term = best_move(s, &best);

		if (term < 0)
			break;
		accept_move(s, term, &best);
		report(data, s->in[term] ? CL_LOGIT_ADD : CL_LOGIT_DROP, term, &s->fit, s->in);
	}
	cl_logit_fit_free(&s->memory, &s->fit);
}

void
cl_logit_stepwise(const ClLogitRows *rows, const ClMemory *memory, const ClLogitSearch *search, ClLogitReport report, void *data)
{
	Search		s = {.search = search, .memory = *memory};
	size_t		terms = rows->terms < 0 ? 0 : (size_t) rows->terms;

	cl_logit_memory_source(rows, memory, &s.source);
	s.terms = (int) terms;
	s.in = cl_allocate(memory, terms);
	s.columns = cl_allocate(memory, terms * sizeof(int));
	s.start = cl_allocate(memory, (terms + 1) * sizeof(double));
	for (size_t j = 0; j < terms; j++)
		s.in[j] = search->start_with_all || search->forced[j];
	walk(&s, report, data);
	cl_release(memory, s.in);
	cl_release(memory, s.columns);
	cl_release(memory, s.start);
	cl_logit_memory_source_free(memory, &s.source);
}

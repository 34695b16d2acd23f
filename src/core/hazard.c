/*
 * hazard.c
 *	  Counts of events and of censored accounts by duration, and the curves that they make.
 */
#include "core/hazard.h"

#include <math.h>
#include <string.h>

void
cl_hazard_init(ClHazard *hazard, const ClMemory *memory)
{
	memset(hazard, 0, sizeof(*hazard));
	hazard->memory = *memory;
}

void
cl_hazard_free(ClHazard *hazard)
{
	for (int i = 0; i < hazard->n_causes; i++)
	{
		cl_release(&hazard->memory, hazard->cause[i].name);
		cl_release(&hazard->memory, hazard->cause[i].n);
	}
	cl_release(&hazard->memory, hazard->censored);
}

static int64_t *
grow(const ClMemory *memory, int64_t *n, int old, int size)
{
	n = cl_reallocate(memory, n, sizeof(int64_t) * size);
	memset(n + old, 0, sizeof(int64_t) * (size - old));
	return n;
}

static void
make_room(ClHazard *hazard, int duration)
{
	int			size = hazard->size > 0 ? hazard->size : 64;

	if (duration < hazard->size)
		return;
	while (size <= duration)
		size *= 2;
	if (size > CL_HAZARD_DURATION + 1)
		size = CL_HAZARD_DURATION + 1;
	hazard->censored = grow(&hazard->memory, hazard->censored, hazard->size, size);
	for (int i = 0; i < hazard->n_causes; i++)
		hazard->cause[i].n = grow(&hazard->memory, hazard->cause[i].n, hazard->size, size);
	hazard->size = size;
}

/* The place of a name, or where it belongs. */
static int
place_of(const ClHazard *hazard, const char *name, int length, bool *found)
{
	int			at = 0;
	int			order = 1;

	for (; at < hazard->n_causes; at++)
	{
		const ClCause *cause = &hazard->cause[at];

		order = memcmp(cause->name, name, cause->length < length ? cause->length : length);
		if (order == 0)
			order = cause->length - length;
		if (order >= 0)
			break;
	}
	*found = at < hazard->n_causes && order == 0;
	return at;
}

int
cl_hazard_cause(const ClHazard *hazard, const char *name, int length)
{
	bool		found;
	int			at = place_of(hazard, name, length, &found);

	return found ? at : -1;
}

void
cl_hazard_add_censored(ClHazard *hazard, int duration, int64_t n)
{
	make_room(hazard, duration);
	hazard->censored[duration] += n;
	hazard->n += n;
}

bool
cl_hazard_add_event(ClHazard *hazard, int duration, const char *name, int length, int64_t n)
{
	bool		found;
	int			at = place_of(hazard, name, length, &found);

	make_room(hazard, duration);
	if (!found)
	{
		if (hazard->n_causes == CL_HAZARD_CAUSES)
			return false;
		memmove(&hazard->cause[at + 1], &hazard->cause[at], sizeof(ClCause) * (hazard->n_causes - at));
		hazard->cause[at] = (ClCause) {memcpy(cl_allocate(&hazard->memory, length), name, length), length,
			grow(&hazard->memory, NULL, 0, hazard->size)};
		hazard->n_causes++;
	}
	hazard->cause[at].n[duration] += n;
	hazard->n += n;
	return true;
}

bool
cl_hazard_merge(ClHazard *into, const ClHazard *from)
{
	if (into->n > CL_HAZARD_MOST - from->n)
		return false;
	for (int t = 0; t < from->size; t++)
	{
		if (from->censored[t] > 0)
			cl_hazard_add_censored(into, t, from->censored[t]);
		for (int i = 0; i < from->n_causes; i++)
		{
			const ClCause *cause = &from->cause[i];

			if (cause->n[t] > 0 && !cl_hazard_add_event(into, t, cause->name, cause->length, cause->n[t]))
				return false;
		}
	}
	return true;
}

bool
cl_hazard_next(const ClHazard *hazard, ClHazardStep *step)
{
	bool		first = step->n_risk == 0;
	int			duration = first ? 0 : step->duration + 1;
	double		n;
	double		d;

	step->n_risk = first ? hazard->n : step->n_risk - step->n_event - step->n_censored;
	step->before = first ? 1 : step->survival;
	if (step->n_risk == 0)
		return false;
	for (;; duration++)
	{
		step->n_event = 0;
		step->n_censored = hazard->censored[duration];
		for (int i = 0; i < hazard->n_causes; i++)
			step->n_event += hazard->cause[i].n[duration];
		if (step->n_event + step->n_censored > 0)
			break;
	}
	n = (double) step->n_risk;
	d = (double) step->n_event;
	step->duration = duration;
	step->survival = step->before * ((n - d) / n);
	step->greenwood = step->survival > 0 ? step->greenwood + d / (n * (n - d)) : NAN;
	return true;
}

void
cl_incidence_add(ClIncidence *sum, const ClHazardStep *step, int64_t n_cause)
{
	double		n = (double) step->n_risk;
	double		d = (double) step->n_event;
	double		own = (double) n_cause;
	double		all = n > d ? d / (n * (n - d)) : 0;	/* nothing comes after the last */
	double		both = step->before * own / (n * n);

	sum->incidence += step->before * own / n;
	sum->all += all;
	sum->all_first += all * sum->incidence;
	sum->all_second += all * sum->incidence * sum->incidence;
	sum->own += step->before * step->before * own * (n - own) / (n * n * n);
	sum->both += both;
	sum->both_first += both * sum->incidence;
}

/* The sums over s of (I - I(s))^2 d / (n (n - d)) + S^2 d_k (n - d_k) / n^3 - 2 (I - I(s)) S d_k / n^2. */
double
cl_incidence_error(const ClIncidence *sum)
{
	double		now = sum->incidence;
	double		variance = now * now * sum->all - 2 * now * sum->all_first + sum->all_second + sum->own
		- 2 * (now * sum->both - sum->both_first);

	return sqrt(fmax(0, variance));
}

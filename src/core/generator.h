/*
 * generator.h
 *	  The rates at which a chain in continuous time moves, from states that were seen at some times only.
 *
 * Between two looks, time apart, the chain went from one state to the other with the probability exp(time Q), whatever it did in
 * between; Q has the rate of each move, and rows that add up to 0. The generator is the Q of the greatest likelihood (Kalbfleisch
 * and Lawless 1985, Journal of the American Statistical Association 80, 863). An entry into a state whose time is known exactly
 * (default, closure) has the density: sum over the states k before it of exp(time Q)[from, k] Q[k, state]. Matrices are
 * [from * states + to].
 */
#ifndef CL_CORE_GENERATOR_H
#define CL_CORE_GENERATOR_H

#include <stdbool.h>

#include "core/memory.h"

#define CL_GENERATOR_STATES 32

/* How often the chain was seen in one state, and so much later in another. */
typedef struct ClPanelFlow
{
	double		time;
	int			from;
	int			to;
	double		n;
} ClPanelFlow;

typedef enum ClGeneratorStatus
{
	CL_GENERATOR_CONVERGED,
	CL_GENERATOR_AT_ZERO,		/* converged, with rates that are 0: they have no interval */
	CL_GENERATOR_NOT_IDENTIFIED,	/* other rates are as likely: there are no intervals */
	CL_GENERATOR_MAX_ITERATIONS
} ClGeneratorStatus;

typedef struct ClGenerator
{
	int			states;
	const bool *move;			/* where a rate may be above 0; not on the diagonal */
	const bool *exact;			/* of a state: the time of entry is known, and it is not left */
	double	   *rate;
	double	   *log_error;		/* standard error of log(rate), NaN where there is none */
	double		log_likelihood;
} ClGenerator;

/* exp(time Q) */
extern void cl_generator_probability(const ClMemory *memory, int states, const double *rate, double time, double *probability);

/*
 * Flows ascend by time. For each there is a way of moves from its state to the other; where none of its moves was ever made
 * directly, a rate begins with a guess.
 */
extern ClGeneratorStatus cl_generator_fit(const ClMemory *memory, const ClPanelFlow *flow, int flows, ClGenerator *generator);

#endif							/* CL_CORE_GENERATOR_H */

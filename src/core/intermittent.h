/*
 * intermittent.h
 *	  A forecast for borrowers who draw rarely: the size of draws and the interval between them, smoothed separately.
 *
 *		Croston (1972, Operational Research Quarterly 23, 289): at a draw x that comes q periods after the last one (the first one
 *		after the start), size += alpha (x - size), interval += beta (q - interval); forecast size / interval per period. Size and
 *		interval start with those of the first draw.
 *
 *		SBA (Syntetos and Boylan 2005, International Journal of Forecasting 21, 303): times 1 - beta / 2, as the quotient of
 *		Croston is too high on average.
 *
 *		TSB (Teunter, Syntetos and Babai 2011, European Journal of Operational Research 214, 606): in every period
 *		probability += beta (drawn - probability), drawn being 1 or 0, and size as above at a draw; forecast probability x size.
 *		So it fades while nothing is drawn. The probability starts with the first period's 1 or 0.
 */
#ifndef CL_CORE_INTERMITTENT_H
#define CL_CORE_INTERMITTENT_H

#include <stdint.h>

typedef enum ClIntermittentMethod
{
	CL_INTERMITTENT_CROSTON,
	CL_INTERMITTENT_SBA,
	CL_INTERMITTENT_TSB
} ClIntermittentMethod;

#define CL_INTERMITTENT_METHODS (CL_INTERMITTENT_TSB + 1)

typedef struct ClIntermittent
{
	ClIntermittentMethod method;
	double		alpha;			/* above 0, at most 1, both */
	double		beta;
	double		n;				/* periods */
	double		n_draws;
	double		since;			/* periods after the last draw, or since the start */
	double		size;
	double		interval;
	double		probability;
} ClIntermittent;

/* A period; an amount of 0 or below is no draw. */
extern void cl_intermittent_add(ClIntermittent *state, double amount);
/* Per period; 0 before the first draw. */
extern double cl_intermittent_forecast(const ClIntermittent *state);

#endif							/* CL_CORE_INTERMITTENT_H */

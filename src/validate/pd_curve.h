/*
 * pd_curve.h
 *	  The type pd_curve, between the file of its document and that of its functions.
 */
#ifndef CL_VALIDATE_PD_CURVE_H
#define CL_VALIDATE_PD_CURVE_H

#include "core/pd_curve.h"
#include "pg/document.h"

/* Larger scores, squared and summed, might leave double precision. */
#define CL_LARGEST_SCORE 1e100

/* What a curve may have, hand-written or estimated: jsonb holds 256 megabytes. */
#define CL_MOST_CURVE_POINTS 2000000

extern const ClDocument cl_pd_curve_document;

#endif							/* CL_VALIDATE_PD_CURVE_H */

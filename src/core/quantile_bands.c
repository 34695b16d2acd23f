/*
 * quantile_bands.c
 *	  Bands of about equal size.
 *
 * A bound can only stand before a distinct value. For each of the wanted cuts, at k/bands of the rows, the one is taken that has
 * the number of rows below it nearest to that, the lower one of two that are equally near.
 */
#include "core/quantile_bands.h"

/* Twice the distance does not matter: everything is multiplied by the number of bands, to stay whole. */
static int64_t
distance(int64_t below, int bands, int64_t wanted)
{
	int64_t		off = below * bands - wanted;

	return off < 0 ? -off : off;
}

int
cl_quantile_bands(const ClTally *settled, int bands, double *bounds)
{
	ClTallyCursor cursor;
	ClTallyItem item;
	int64_t		n[2];
	int64_t		below = 0;
	int64_t		below_before = 0;
	double		before = 0;
	int			found = 0;
	int			k = 1;

	cl_tally_rows(settled, n);
	cl_tally_scan(settled, &cursor, false);
	while (k < bands && cl_tally_next(&cursor, &item))
	{
		/* Cuts that the bound before is at least as near to as this one, and all later ones, are decided. */
		while (below_before > 0 && k < bands &&
			   distance(below_before, bands, k * (n[0] + n[1])) <= distance(below, bands, k * (n[0] + n[1])))
		{
			if (found == 0 || bounds[found - 1] < before)
				bounds[found++] = before;
			k++;
		}
		below_before = below;
		before = item.value;
		below += item.n[0] + item.n[1];
	}
	if (k < bands && below_before > 0 && (found == 0 || bounds[found - 1] < before))
		bounds[found++] = before;
	return found;
}

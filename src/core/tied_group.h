/*
 * tied_group.h
 *	  Groups of about equal size over sorted values, of which equal ones are never divided: of a gains table, of Hosmer and
 *	  Lemeshow's test, of a calibration table.
 */
#ifndef CL_CORE_TIED_GROUP_H
#define CL_CORE_TIED_GROUP_H

/* Sums of weights carry rounding errors: a place so near to an edge is on it. Counts of rows are whole or half numbers. */
#define CL_SAME_PLACE 1e-13

/*
 * The group, from 0, of a block of equal values: the one into which the middle of the block falls. "last" is the group of the
 * block before it, or -1; "before" and "own" are the rows, or their weight, before the block and in it. Scales with the weights,
 * and gives the mirror image when the order is turned round.
 */
static inline int
cl_tied_group(int last, double before, double own, double total, int groups)
{
	double		middle = (before + own / 2) * groups;
	int			group = last < 0 ? 0 : last;

	if (middle >= (group + 1) * total * (1 - CL_SAME_PLACE))
		group = (int) (middle / total * (1 + CL_SAME_PLACE));
	return group < groups ? group : groups - 1;
}

#endif							/* CL_CORE_TIED_GROUP_H */

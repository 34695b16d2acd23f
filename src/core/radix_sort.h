/*
 * radix_sort.h
 *	  A radix sort from the most significant bits that differ, for the type RADIX_TYPE with the 64-bit key RADIX_KEY(element).
 *
 * Each level finds the highest bit in which keys of the range differ, distributes the range over up to 256 buckets by that bit
 * and those below it, and sorts each bucket in the same way, with the two arrays in exchanged roles; few elements are sorted by
 * insertion. A level uses up at least four bits, so there are at most sixteen, whatever the keys are.
 *
 * Interrupts are looked for only while "from" holds all elements: it may be the state of an aggregate, which is read again when
 * somebody has caught the error. So a level of many copies them back before it sorts the buckets.
 *
 * Included once for each type; RADIX_NAME is the name of the function.
 */
#define RADIX_FEW 24
#define RADIX_MOST_BUCKETS 256
#define RADIX_MANY 65536		/* elements from which interrupts are looked for */

#define RADIX_JOIN2(a, b) a##_##b
#define RADIX_JOIN(a, b) RADIX_JOIN2(a, b)
#define RADIX_INSERT RADIX_JOIN(RADIX_NAME, insert)
#define RADIX_DIFFERENCE RADIX_JOIN(RADIX_NAME, difference)

static void
RADIX_INSERT(RADIX_TYPE *element, size_t n)
{
	for (size_t i = 1; i < n; i++)
	{
		RADIX_TYPE		moved = element[i];
		size_t		at = i;

		for (; at > 0 && RADIX_KEY(moved) < RADIX_KEY(element[at - 1]); at--)
			element[at] = element[at - 1];
		element[at] = moved;
	}
}

/* The bits in which any two keys differ; 0 also when they are in order already. */
static uint64_t
RADIX_DIFFERENCE(const RADIX_TYPE *element, size_t n)
{
	uint64_t	difference = 0;
	uint64_t	before = RADIX_KEY(element[0]);
	bool		in_order = true;

	for (size_t i = 1; i < n; i++)
	{
		uint64_t	key = RADIX_KEY(element[i]);

		difference |= key ^ before;
		in_order &= key >= before;
		before = key;
	}
	return in_order ? 0 : difference;
}

/* Sorts what is in "from"; the result stays, or goes to "to" where there are not many, and the other array is of no use then. */
static void
RADIX_NAME(const ClMemory *memory, RADIX_TYPE *from, RADIX_TYPE *to, size_t n, bool move)
{
	size_t		end[RADIX_MOST_BUCKETS];
	uint64_t	difference;
	size_t		start = 0;
	int			bits = n >= 2048 ? 8 : n >= 256 ? 6 : 4;
	int			shift;
	uint64_t	mask;

	difference = n > RADIX_FEW ? RADIX_DIFFERENCE(from, n) : 0;
	if (difference == 0)
	{
		if (n <= RADIX_FEW)
			RADIX_INSERT(from, n);
		if (move)
			memcpy(to, from, n * sizeof(RADIX_TYPE));
		return;
	}
	shift = 64 - __builtin_clzll(difference) - bits;
	if (shift < 0)
		shift = 0;
	mask = (UINT64_C(1) << bits) - 1;

	memset(end, 0, sizeof(size_t) << bits);
	for (size_t i = 0; i < n; i++)
		end[RADIX_KEY(from[i]) >> shift & mask]++;
	for (uint64_t bucket = 0; bucket <= mask; bucket++)
	{
		size_t		count = end[bucket];

		end[bucket] = start;
		start += count;
	}
	for (size_t i = 0; i < n; i++)
		to[end[RADIX_KEY(from[i]) >> shift & mask]++] = from[i];
	if (n >= RADIX_MANY)
		memcpy(from, to, n * sizeof(RADIX_TYPE));

	start = 0;
	for (uint64_t bucket = 0; bucket <= mask; bucket++)
	{
		size_t		count = end[bucket] - start;

		if (n >= RADIX_MANY)
		{
			memory->check_for_interrupts();
			RADIX_NAME(memory, from + start, to + start, count, false);
		}
		else if (count > 1)
			RADIX_NAME(memory, to + start, from + start, count, !move);
		else if (count == 1 && !move)
			from[start] = to[start];
		start = end[bucket];
	}
}

#undef RADIX_FEW
#undef RADIX_MOST_BUCKETS
#undef RADIX_MANY
#undef RADIX_JOIN2
#undef RADIX_JOIN
#undef RADIX_INSERT
#undef RADIX_DIFFERENCE
#undef RADIX_NAME
#undef RADIX_TYPE
#undef RADIX_KEY

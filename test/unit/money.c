/*
 * Powers of ten and rescaling.
 */
#include "check.h"
#include "core/money.h"

void		test_money(void);

void
test_money(void)
{
	cl_uint128	power = 1;
	cl_int128	amount = 123;

	for (int i = 0; i <= CL_MAX_DECIMALS; i++)
	{
		CHECK(cl_pow10_128(i) == power);
		power *= 10;
	}
	CHECK(cl_rescale(&amount, 2, 5) && amount == 123000);
	CHECK(cl_rescale(&amount, 5, 5) && amount == 123000);
	CHECK(!cl_rescale(&amount, 5, 2) && amount == 123000);
	CHECK(!cl_rescale(&amount, 0, 38) && amount == 123000);
	amount = 0;
	CHECK(cl_rescale(&amount, 0, 100) && amount == 0);
	amount = -7;
	CHECK(cl_rescale(&amount, 0, 37) && amount == -7 * (cl_int128) cl_pow10_128(37));
}

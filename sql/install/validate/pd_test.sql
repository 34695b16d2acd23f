-- pd_test: the PD of a grade against its defaults. Scalars of counts, so they stand beside GROUP BY grade.

CREATE FUNCTION credit_limit.pd_binomial_test(n bigint, events bigint, pd float8)
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_pd_binomial_test' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.pd_binomial_test(bigint, bigint, float8) IS
'p-value, one-sided and exact: the probability of at least this many events among n borrowers if the PD (a fraction) is right '
'and defaults are independent. Small: the PD is too low, not conservative; near 1: the PD is high for what happened, which is '
'conservative. 1 without events; with the PD 0 it is 0 at the first event. NULL if an argument is NULL, the PD NaN, or n is 0. '
'Error: counts negative, events above n, n above 10^12, PD outside 0 to 1. Source: Basel Committee on Banking Supervision, '
'Working Paper 14 (2005).';

CREATE FUNCTION credit_limit.pd_jeffreys_test(n bigint, events bigint, pd float8)
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_pd_jeffreys_test' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.pd_jeffreys_test(bigint, bigint, float8) IS
'p-value, one-sided: the posterior probability that the true default rate is not above the PD, given Jeffreys'' prior: the '
'distribution function of Beta(events + 1/2, n - events + 1/2) at the PD (a fraction). Small: the PD is too low, not '
'conservative; near 1: conservative. 0 for the PD 0 and 1 for the PD 1, whatever happened. NULL if an argument is NULL, the PD '
'NaN, or n is 0. Error: counts negative, events above n, n above 10^12, PD outside 0 to 1. Source: European Central Bank, '
'Instructions for reporting the validation results of internal models (2019), section 2.5.';

CREATE FUNCTION credit_limit.pd_normal_test(n bigint, events bigint, pd float8, OUT z float8, OUT p_value float8)
AS 'MODULE_PATHNAME', 'cl_pd_normal_test' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.pd_normal_test(bigint, bigint, float8) IS
'The normal approximation of pd_binomial_test, without a correction for continuity: z = (events - n pd) / sqrt(n pd (1 - pd)), '
'p_value = P[Z >= z]. Small p_value (large z): the PD is too low, not conservative. Poor unless n pd (1 - pd) is above 9. With '
'the PD 0 or 1 z is infinite where events contradict it, else NULL with the p_value 1. NULL and errors as pd_binomial_test.';

CREATE FUNCTION credit_limit.pd_correlated_test(n bigint, events bigint, pd float8, correlation float8)
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_pd_correlated_test' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.pd_correlated_test(bigint, bigint, float8, float8) IS
'p-value, one-sided: the probability of at least this many events if the PD (a fraction) is right and defaults are correlated by '
'the one-factor model with this asset correlation (0 to 1): the binomial test where years are good and bad, by quadrature to '
'1e-11 relative. Small: the PD is too low, not conservative. Correlation 0 is pd_binomial_test; more correlation makes many '
'defaults less surprising, so it is easier on a PD that is too low. NULL if an argument is NULL or NaN, or n is 0. Error: '
'counts negative, events above n, n above 10^12, PD or correlation outside 0 to 1. Source: Vasicek, The distribution of loan '
'portfolio value, Risk 15 (2002); Basel Committee, Working Paper 14 (2005).';

CREATE FUNCTION credit_limit.pd_traffic_light(p_value float8, yellow float8 DEFAULT 0.05, red float8 DEFAULT 0.001)
RETURNS text
AS 'MODULE_PATHNAME', 'cl_pd_traffic_light' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.pd_traffic_light(float8, float8, float8) IS
'green, yellow or red for the p-value of a test of a PD: red at or below the level red, yellow at or below the level yellow, '
'else green. The defaults are confidences of 95 and 99.9 per cent. NULL if an argument is NULL or the p-value NaN. Error: '
'p-value outside 0 to 1, or not 0 < red <= yellow < 1. Source: Tasche, A traffic lights approach to PD validation (2003).';

CREATE FUNCTION credit_limit.jeffreys_interval(n bigint, events bigint, confidence float8
  DEFAULT 0.95, OUT conf_low float8, OUT conf_high float8)
AS 'MODULE_PATHNAME', 'cl_jeffreys_interval_row' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.jeffreys_interval(bigint, bigint, float8) IS
'Interval of a default rate (a fraction) from events among n borrowers: equal tails of Beta(events + 1/2, n - events + 1/2), '
'down to 0 without events and up to 1 where all are events. NULL if an argument is NULL or n is 0. Error: counts negative, '
'events above n, n above 10^12, confidence not strictly between 0 and 1. Source: Brown, Cai and DasGupta, Interval estimation '
'for a binomial proportion, Statistical Science 16 (2001).';

CREATE FUNCTION credit_limit.grade_heterogeneity_test(n1 bigint, d1 bigint, n2 bigint, d2 bigint, OUT z float8,
  OUT p_value float8)
AS 'MODULE_PATHNAME', 'cl_grade_heterogeneity_test' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.grade_heterogeneity_test(bigint, bigint, bigint, bigint) IS
'Does the second, riskier grade default more than the first? z of d2/n2 - d1/n1 with the pooled variance, no correction for '
'continuity, and the one-sided p_value = P[Z >= z]. Small: the grades differ in the right order; near 1: their order is wrong; '
'otherwise they might be one grade. NULL columns where a grade has no borrowers or all or none of both defaulted, NULL if an '
'argument is NULL. Error: counts negative or defaults above borrowers. Source: the two-proportion test (Fleiss, Statistical '
'Methods for Rates and Proportions, 1981).';

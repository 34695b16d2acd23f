-- Realised conversion factors.

CREATE FUNCTION credit_limit.realised_ccf(balance numeric, credit_limit numeric, ead numeric, unstable float8 DEFAULT 0.05,
    OUT leq float8, OUT cf float8, OUT eadf float8, OUT auf float8)
    AS 'MODULE_PATHNAME', 'cl_realised_ccf_of' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION credit_limit.realised_ccf(numeric, numeric, numeric, float8) IS
    'how much was drawn by the default of one facility, balance and credit_limit at a date before: leq (ead - balance) / (limit '
    '- balance), cf ead / balance, eadf ead / limit, auf (ead - balance) / limit. leq and cf are NULL where their denominator '
    'is not above unstable (0 up to, but not, 1) times the limit: there they may be anything. No ratio above 1e9 is formed. '
    'Fractions, not clipped. NULL gives NULL, a limit of 0 or NaN NULLs. Error: negative limit, amounts beyond 1e100';

CREATE FUNCTION credit_limit.ccf_table(facilities credit_limit.ccf, confidence float8 DEFAULT 0.95, OUT measure text,
    OUT n bigint, OUT n_unstable bigint,
    OUT n_skipped bigint, OUT facility_weighted float8, OUT facility_low float8, OUT facility_high float8,
    OUT exposure_weighted float8, OUT exposure_low float8, OUT exposure_high float8) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'cl_ccf_table' LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 4;
COMMENT ON FUNCTION credit_limit.ccf_table(credit_limit.ccf, float8) IS
    'the average conversion factors, a row each for leq, cf, eadf and auf (realised_ccf): n facilities whose ratio is formed '
    'and n_unstable whose is not, n_skipped rows with something missing. facility_weighted: the mean of the ratios, each '
    'facility the same; exposure_weighted: the ratio of the sums. low and high: the interval of that confidence (0 to 1), by '
    'the normal distribution, of independent facilities; NULL below two. A NULL argument gives no rows. Source of the second '
    'interval: Cochran 1977, Sampling Techniques, 6.4';

-- utilization: how much of granted limits is drawn.

CREATE FUNCTION credit_limit.utilization(balance numeric, credit_limit numeric)
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_utilization_numeric' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.utilization(numeric, numeric) IS
'Balance divided by credit limit, as a fraction: 0.9 is ninety per cent. Above 1 over the limit, negative with a credit '
'balance. 0/0 is NULL, x/0 is Infinity. NULL if either is NULL. Error: negative limit, NaN or infinite amount.';

CREATE FUNCTION credit_limit.utilization(balance float8, credit_limit float8)
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_utilization_float8' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.utilization(float8, float8) IS
'Balance divided by credit limit, as a fraction; see utilization(numeric, numeric).';

CREATE FUNCTION credit_limit.utilization_stats(
  credit_limit.utilization,
  OUT n bigint,
  OUT balance numeric,
  OUT credit_limit numeric,
  OUT unused numeric,
  OUT over_limit numeric,
  OUT ratio float8,
  OUT mean float8,
  OUT stddev float8,
  OUT share_idle float8,
  OUT share_above_90 float8,
  OUT p10 float8,
  OUT p50 float8,
  OUT p90 float8,
  OUT n_undefined bigint)
AS 'MODULE_PATHNAME', 'cl_utilization_stats' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.utilization_stats(credit_limit.utilization) IS
'One row: n accounts; sums of balance, credit_limit, unused (limit less what is drawn; a credit balance leaves the limit '
'unused, not more) and over_limit, exact; ratio of the sums; mean and sample standard deviation of the ratios (accounts with a '
'limit); shares of accounts with nothing drawn and strictly above 90 %; quantiles of the ratio to 0.001 up to the limit, as '
'utilization_quantile; '
'n_undefined accounts without limit and without balance, which have no ratio. NULL where there is nothing to divide by.';

CREATE FUNCTION credit_limit.share_above(credit_limit.utilization, x float8)
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_share_above' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.share_above(credit_limit.utilization, float8) IS
'Share of accounts with a utilization strictly above x (a fraction, not negative): exact for x in steps of 0.001 up to 1 and of '
'0.01 up to 2, interpolated between. share_above(u, 1) is the share over the limit. NULL for x beyond 1048576 (2^20) if '
'ratios lie '
'there, which are not told apart: see share_above_at_least. Error: negative or NaN x.';

CREATE FUNCTION credit_limit.share_above_at_least(credit_limit.utilization, x float8)
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_share_above_at_least' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.share_above_at_least(credit_limit.utilization, float8) IS
'As share_above; where that is not known, the share that is certainly above x: of accounts that draw without a limit.';

CREATE FUNCTION credit_limit.utilization_quantile(credit_limit.utilization, p float8)
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_utilization_quantile' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.utilization_quantile(credit_limit.utilization, float8) IS
'Quantile p (0 to 1) of the utilization of accounts: to 0.001 up to the limit, to 0.01 up to twice, to 3.2 % beyond. Infinity '
'where it falls among accounts that draw without a limit, 0 among those that have nothing drawn or a credit balance. NULL beyond '
'1048576 (2^20), where ratios are not told apart: see utilization_quantile_at_least. Error: p outside of 0 to 1.';

CREATE FUNCTION credit_limit.utilization_quantile_at_least(credit_limit.utilization, p float8)
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_utilization_quantile_at_least' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.utilization_quantile_at_least(credit_limit.utilization, float8) IS
'As utilization_quantile; where that is not known, its lower bound 1048576.';

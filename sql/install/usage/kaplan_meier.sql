-- kaplan_meier: the distribution of censored amounts without a formula for it.

CREATE FUNCTION credit_limit.kaplan_meier_table(credit_limit.kaplan_meier)
RETURNS TABLE (
  amount float8,
  n_risk bigint,
  n_event bigint,
  n_censored bigint,
  survival float8,
  std_error float8)
AS 'MODULE_PATHNAME', 'cl_kaplan_meier_table' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 100;

COMMENT ON FUNCTION credit_limit.kaplan_meier_table(credit_limit.kaplan_meier) IS
'The curve of Kaplan and Meier, a row for each distinct amount, ascending: n_risk amounts that are at least this, n_event of '
'them known to be this, n_censored at least this; survival, the probability of more than this; std_error by Greenwood, NULL '
'where survival is 0.';

CREATE FUNCTION credit_limit.kaplan_meier_quantile(credit_limit.kaplan_meier, p float8)
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_kaplan_meier_quantile' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.kaplan_meier_quantile(credit_limit.kaplan_meier, float8) IS
'The least amount that is not exceeded with a probability of at least p (0 to 1). NULL when the curve never falls to 1 - p: the '
'largest amounts are censored, and how much more they are is not known.';

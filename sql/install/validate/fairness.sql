-- fairness: do groups get favourable decisions, and scores, alike?

CREATE FUNCTION credit_limit.adverse_impact_ratio(
  n_favourable bigint,
  n bigint,
  n_favourable_reference bigint,
  n_reference bigint,
  confidence float8 DEFAULT 0.95,
  OUT impact_ratio float8,
  OUT conf_low float8,
  OUT conf_high float8,
  OUT z float8,
  OUT p_value float8,
  OUT below_four_fifths boolean)
AS 'MODULE_PATHNAME', 'cl_adverse_impact_ratio' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.adverse_impact_ratio(bigint, bigint, bigint, bigint, float8) IS
'Rate of favourable decisions of a group divided by that of a reference group. Interval: logarithm of the ratio, Katz et al., '
'Biometrics 34 (1978); where a cell of the table is empty a half is added to each cell, for the interval only, and the ratio 0 '
'has the lower end 0. z (negative: the group fares worse) and two-sided p_value: two proportions with pooled variance, no '
'correction for continuity. below_four_fifths: the ratio is below 0.8, decided exactly; US Uniform Guidelines, 29 CFR 1607.4 '
'(D), which take the group with the highest rate as reference. The ratio, its interval and the flag are NULL where a group has '
'no decisions or the reference no favourable one; z and p_value where both rates are 0 or both 1. NULL if an argument is NULL. '
'Error: counts negative or favourable above all, confidence not strictly between 0 and 1.';

CREATE FUNCTION credit_limit.standardized_mean_difference(
  n bigint,
  mean float8,
  stddev float8,
  n_reference bigint,
  mean_reference float8,
  stddev_reference float8,
  confidence float8 DEFAULT 0.95,
  OUT smd float8,
  OUT conf_low float8,
  OUT conf_high float8)
AS 'MODULE_PATHNAME', 'cl_standardized_mean_difference' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.standardized_mean_difference(bigint, float8, float8, bigint, float8, float8, float8) IS
'Mean of a group less that of a reference group, divided by the pooled sample standard deviation (Cohen''s d, no correction for '
'small samples): positive where the group scores higher. Interval by its large-sample variance, (n + m) / nm + d^2 / 2(n + m): '
'Hedges and Olkin, Statistical Methods for Meta-Analysis (1985), chapter 5. Columns are NULL where a group has no score, the '
'pooled deviation is 0, or a number is NaN; NULL if an argument is NULL. Error: n or a deviation negative, an infinite number, '
'confidence not strictly between 0 and 1.';

CREATE FUNCTION credit_limit.fairness_stats(
  credit_limit.fairness,
  OUT n_groups int,
  OUT n bigint,
  OUT n_favourable bigint,
  OUT rate float8,
  OUT n_unknown bigint,
  OUT n_skipped bigint)
AS 'MODULE_PATHNAME', 'cl_fairness_stats' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.fairness_stats(credit_limit.fairness) IS
'One row: number of groups that have a name; decisions, favourable ones and their rate (a fraction; NULL without decisions) '
'over all groups; n_unknown of these decisions whose member is NULL; n_skipped rows without a decision, which count nowhere '
'else.';

CREATE FUNCTION credit_limit.fairness_table(
  credit_limit.fairness,
  reference text DEFAULT NULL,
  confidence float8 DEFAULT 0.95,
  basis text DEFAULT 'largest')
RETURNS TABLE (
  member text,
  is_reference boolean,
  n bigint,
  n_favourable bigint,
  rate float8,
  impact_ratio float8,
  conf_low float8,
  conf_high float8,
  z float8,
  p_value float8,
  below_four_fifths boolean,
  n_score bigint,
  mean_score float8,
  stddev_score float8,
  smd float8,
  smd_low float8,
  smd_high float8)
AS 'MODULE_PATHNAME', 'cl_fairness_table' LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 10;

COMMENT ON FUNCTION credit_limit.fairness_table(credit_limit.fairness, text, float8, text) IS
'One row per group, by name; the group that is not known has the member NULL and comes last. Each is compared with the '
'reference: the group of that name or, if NULL, by basis: largest, the one with most decisions, or highest_rate, of the groups '
'with at least two per cent of the decisions of known groups (29 CFR 1607.4 (D) and 1607.15 A (2) (a)); of equals the first by '
'name. The group that is not known is compared, and never the reference by itself. n decisions, rate of favourable ones (a '
'fraction); impact_ratio to below_four_fifths as in adverse_impact_ratio; n_score scores, their mean and sample standard '
'deviation; smd, smd_low, smd_high as in standardized_mean_difference. The reference has no interval, test or smd of its own. '
'NULL where there is nothing to compute; a NULL summary or basis gives no rows. Error: reference that is no group, unknown '
'basis, confidence NULL or not strictly between 0 and 1.';

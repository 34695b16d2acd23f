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
'Rate of favourable decisions of a group divided by that of a reference group. Interval: logarithm of the ratio, Katz et al., Biometrics 34 (1978); where a cell of the table is empty a half is added to each cell, for the interval only, and the ratio 0 has the lower end 0. z (negative: the group fares worse) and two-sided p_value: two proportions with pooled variance, no correction for continuity. below_four_fifths: the ratio is below 0.8, decided exactly; US Uniform Guidelines, 29 CFR 1607.4 (D), which take the group with the highest rate as reference. The ratio, its interval and the flag are NULL where a group has no decisions or the reference no favourable one; z and p_value where both rates are 0 or both 1. NULL if an argument is NULL. Error: counts negative or favourable above all, confidence not strictly between 0 and 1.';

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
'Mean of a group less that of a reference group, divided by the pooled sample standard deviation (Cohen''s d, no correction for small samples): positive where the group scores higher. Interval by its large-sample variance, (n + m) / nm + d^2 / 2(n + m): Hedges and Olkin, Statistical Methods for Meta-Analysis (1985), chapter 5. Columns are NULL where a group has no score, the pooled deviation is 0, or a number is NaN; NULL if an argument is NULL. Error: n or a deviation negative, an infinite number, confidence not strictly between 0 and 1.';

CREATE TYPE credit_limit.fairness;

CREATE FUNCTION credit_limit_internal.fairness_in(cstring) RETURNS credit_limit.fairness
AS 'MODULE_PATHNAME', 'cl_fairness_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.fairness_out(credit_limit.fairness) RETURNS cstring
AS 'MODULE_PATHNAME', 'cl_fairness_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.fairness_recv(internal) RETURNS credit_limit.fairness
AS 'MODULE_PATHNAME', 'cl_fairness_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.fairness_send(credit_limit.fairness) RETURNS bytea
AS 'MODULE_PATHNAME', 'cl_fairness_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.fairness_in(cstring) IS 'Input of type fairness: JSON.';
COMMENT ON FUNCTION credit_limit_internal.fairness_out(credit_limit.fairness) IS 'Output of type fairness: JSON.';
COMMENT ON FUNCTION credit_limit_internal.fairness_recv(internal) IS 'Binary input of type fairness; every byte is checked.';
COMMENT ON FUNCTION credit_limit_internal.fairness_send(credit_limit.fairness) IS 'Binary output of type fairness.';

CREATE TYPE credit_limit.fairness (
  INPUT = credit_limit_internal.fairness_in,
  OUTPUT = credit_limit_internal.fairness_out,
  RECEIVE = credit_limit_internal.fairness_recv,
  SEND = credit_limit_internal.fairness_send,
  INTERNALLENGTH = VARIABLE,
  STORAGE = extended
);

COMMENT ON TYPE credit_limit.fairness IS
'Decisions and scores of each group of borrowers: how many, how many favourable, and the sums behind mean and deviation of the scores. Text form is JSON. Any plan and order of rows stores the same bytes: sums to 83 bits; merging stored parts may end in another last one of these. Built by fairness_agg, merged by rollup, read by fairness_table and fairness_stats.';

CREATE FUNCTION credit_limit_internal.fairness_transition(internal, text, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_fairness_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.fairness_transition(internal, text, boolean, float8) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_fairness_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.fairness_transition(internal, text, boolean, numeric) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_fairness_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.fairness_rollup_transition(internal, credit_limit.fairness) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_fairness_rollup' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.fairness_combine(internal, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_fairness_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.fairness_serial(internal) RETURNS bytea
AS 'MODULE_PATHNAME', 'cl_fairness_serial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.fairness_deserial(bytea, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_fairness_deserial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.fairness_final(internal) RETURNS credit_limit.fairness
AS 'MODULE_PATHNAME', 'cl_fairness_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.fairness_transition(internal, text, boolean) IS 'Transition of fairness_agg.';
COMMENT ON FUNCTION credit_limit_internal.fairness_transition(internal, text, boolean, float8) IS 'Transition of fairness_agg.';
COMMENT ON FUNCTION credit_limit_internal.fairness_transition(internal, text, boolean, numeric) IS 'Transition of fairness_agg.';
COMMENT ON FUNCTION credit_limit_internal.fairness_rollup_transition(internal, credit_limit.fairness) IS 'Transition of rollup.';
COMMENT ON FUNCTION credit_limit_internal.fairness_combine(internal, internal) IS 'Combines the states of two workers.';
COMMENT ON FUNCTION credit_limit_internal.fairness_serial(internal) IS 'State of fairness_agg as bytes.';
COMMENT ON FUNCTION credit_limit_internal.fairness_deserial(bytea, internal) IS 'State of fairness_agg from bytes.';
COMMENT ON FUNCTION credit_limit_internal.fairness_final(internal) IS 'Result of fairness_agg and rollup.';

CREATE AGGREGATE credit_limit.fairness_agg(member text, favourable boolean, score float8) (
  SFUNC = credit_limit_internal.fairness_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.fairness_final,
  COMBINEFUNC = credit_limit_internal.fairness_combine,
  SERIALFUNC = credit_limit_internal.fairness_serial,
  DESERIALFUNC = credit_limit_internal.fairness_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.fairness_agg(text, boolean, float8) IS
'Decisions and scores by group: member is the value of one protected attribute, favourable is true for the good outcome (approved, limit raised). A NULL member is counted as a group that is not known; a NULL decision leaves the row out and counts it; a score that is NULL or NaN leaves the decision. No rows give NULL. At most 1000 groups, with names of at most 1000 bytes. Error: more groups, a longer name, a score that is infinite or beyond 1e100. Memory: 1 kB and 150 bytes per group.';

CREATE AGGREGATE credit_limit.fairness_agg(member text, favourable boolean, score numeric) (
  SFUNC = credit_limit_internal.fairness_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.fairness_final,
  COMBINEFUNC = credit_limit_internal.fairness_combine,
  SERIALFUNC = credit_limit_internal.fairness_serial,
  DESERIALFUNC = credit_limit_internal.fairness_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.fairness_agg(text, boolean, numeric) IS
'As fairness_agg(text, boolean, float8), for scores in numeric columns.';

CREATE AGGREGATE credit_limit.fairness_agg(member text, favourable boolean) (
  SFUNC = credit_limit_internal.fairness_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.fairness_final,
  COMBINEFUNC = credit_limit_internal.fairness_combine,
  SERIALFUNC = credit_limit_internal.fairness_serial,
  DESERIALFUNC = credit_limit_internal.fairness_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.fairness_agg(text, boolean) IS
'As fairness_agg(text, boolean, float8), for decisions without a score.';

CREATE AGGREGATE credit_limit.rollup(credit_limit.fairness) (
  SFUNC = credit_limit_internal.fairness_rollup_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.fairness_final,
  COMBINEFUNC = credit_limit_internal.fairness_combine,
  SERIALFUNC = credit_limit_internal.fairness_serial,
  DESERIALFUNC = credit_limit_internal.fairness_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.rollup(credit_limit.fairness) IS
'Merges stored summaries: the same as fairness_agg over all their rows. NULLs are left out; no rows give NULL.';

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
'One row: number of groups that have a name; decisions, favourable ones and their rate (a fraction; NULL without decisions) over all groups; n_unknown of these decisions whose member is NULL; n_skipped rows without a decision, which count nowhere else.';

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
'One row per group, by name; the group that is not known has the member NULL and comes last. Each is compared with the reference: the group of that name or, if NULL, by basis: largest, the one with most decisions, or highest_rate, of the groups with at least two per cent of the decisions of known groups (29 CFR 1607.4 (D) and 1607.15 A (2) (a)); of equals the first by name. The group that is not known is compared, and never the reference by itself. n decisions, rate of favourable ones (a fraction); impact_ratio to below_four_fifths as in adverse_impact_ratio; n_score scores, their mean and sample standard deviation; smd, smd_low, smd_high as in standardized_mean_difference. The reference has no interval, test or smd of its own. NULL where there is nothing to compute; a NULL summary or basis gives no rows. Error: reference that is no group, unknown basis, confidence NULL or not strictly between 0 and 1.';

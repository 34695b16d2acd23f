-- calibration: are the PDs right? Expected against observed, from exact counts per distinct PD.

CREATE FUNCTION credit_limit.calibration_stats(
  credit_limit.calibration, groups integer DEFAULT 10,
  OUT n bigint,
  OUT n_event bigint,
  OUT n_skipped bigint,
  OUT n_distinct bigint,
  OUT weight float8,
  OUT mean_pd float8,
  OUT event_rate float8,
  OUT brier float8,
  OUT brier_skill float8,
  OUT log_loss float8,
  OUT n_clipped bigint,
  OUT intercept float8,
  OUT slope float8,
  OUT citl float8,
  OUT ece float8,
  OUT mce float8,
  OUT status text)
AS 'MODULE_PATHNAME', 'cl_calibration_stats' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.calibration_stats(credit_limit.calibration, integer) IS
'One row: n rows, n_event events, n_skipped rows left out, n_distinct PDs; weight the sum of weights (n without); mean_pd and '
'event_rate; brier score and brier_skill = 1 - brier / (event_rate (1 - event_rate)), NULL with one class; log_loss, in which '
'the probability of what happened counts at least 1e-15, and n_clipped rows where it was less; intercept, slope and citl of the '
'calibration line with its status (see calibration_line); ece and mce the mean and the largest distance of mean PD and event '
'rate of a group, groups as in calibration_table (NULL: every distinct PD). NULL gives NULL. Sources: Brier 1950, Murphy 1973, '
'Cox 1958, Naeini, Cooper and Hauskrecht 2015.';

CREATE FUNCTION credit_limit.calibration_table(
  credit_limit.calibration, groups integer DEFAULT 10, confidence float8 DEFAULT 0.95)
RETURNS TABLE (
  group_id integer,
  n bigint,
  n_event bigint,
  weight float8,
  pd_low float8,
  pd_high float8,
  mean_pd float8,
  expected float8,
  observed float8,
  event_rate float8,
  conf_low float8,
  conf_high float8,
  chi2 float8,
  p_value float8)
AS 'MODULE_PATHNAME', 'cl_calibration_table' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.calibration_table(credit_limit.calibration, integer, float8) IS
'Expected against observed, one row per group from the lowest PD up. Groups are of equal size as far as ties allow, which are '
'never split: a block of equal PDs belongs to the group in which its middle falls, and groups without a block do not appear. '
'groups NULL: every distinct PD is one, as for the grades of a master scale. n rows, n_event events, weight their weight; '
'pd_low, pd_high, mean_pd; expected and observed events (sums of weights); event_rate with the Jeffreys interval conf_low, '
'conf_high; chi2 the part of Hosmer-Lemeshow, NULL where all PDs are 0 or all are 1 and so it came, Infinity where it did not; '
'p_value of the Jeffreys test, one-sided: small says that the PD of the group is too low. Beyond 1e12 rows neither interval nor '
'p_value. NULL gives no rows. Error: groups not between 1 and 100000, confidence NULL or not between 0 and 1. Sources: Hosmer '
'and Lemeshow 1980, Brown, Cai and DasGupta 2001, ECB instructions for reporting the validation results of internal models 2019.';

CREATE FUNCTION credit_limit.calibration_line(
  credit_limit.calibration,
  OUT intercept float8,
  OUT intercept_std_error float8,
  OUT slope float8,
  OUT slope_std_error float8,
  OUT covariance float8,
  OUT citl float8,
  OUT citl_std_error float8,
  OUT chi2 float8,
  OUT df integer,
  OUT p_value float8,
  OUT n bigint,
  OUT n_degenerate bigint,
  OUT iterations integer,
  OUT status text)
AS 'MODULE_PATHNAME', 'cl_calibration_line_row' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.calibration_line(credit_limit.calibration) IS
'The calibration line: logistic regression of the event on the log-odds of its PD, by maximum likelihood. Right PDs have '
'intercept 0 and slope 1; a slope below 1 means PDs too extreme. covariance is that of intercept and slope; citl (calibration '
'in the large) is the intercept with the slope fixed at 1, positive when PDs are too low; chi2 with df 2 and p_value the '
'likelihood ratio test of intercept 0 and slope 1. n rows used; n_degenerate rows with a PD of exactly 0 or 1, which have no '
'log-odds, are left out. status: converged; degenerate_pd (there are such rows; over the others, NULL where they '
'give no line); separation, '
'quasi_separation (a PD divides events from non-events: no finite slope), constant (one PD: no slope), '
'one_class, empty, max_iterations; what cannot '
'be estimated is NULL. NULL gives NULL. Sources: Cox 1958, Miller, Hui and Tierney 1991, Albert and Anderson 1984.';

CREATE FUNCTION credit_limit.brier_decomposition(
  credit_limit.calibration, groups integer DEFAULT NULL,
  OUT brier float8,
  OUT reliability float8,
  OUT resolution float8,
  OUT uncertainty float8,
  OUT within float8,
  OUT groups_used integer)
AS 'MODULE_PATHNAME', 'cl_brier_decomposition_row' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.brier_decomposition(credit_limit.calibration, integer) IS
'The Brier score in parts: brier = reliability - resolution + uncertainty + within. reliability: mean squared distance of mean '
'PD and event rate of a group (small is good); resolution: variance of the event rates of groups (large is good); uncertainty: '
'event_rate (1 - event_rate); within: variance of the PDs inside groups less twice their covariance with the event, 0 when '
'every distinct PD is a group (groups NULL). Groups as in calibration_table. NULL gives NULL. Error: groups not between 1 and '
'100000. Sources: Murphy 1973, Stephenson, Coelho and Jolliffe 2008.';

CREATE TYPE credit_limit.hosmer_lemeshow_result AS (
  chi2 float8,
  df integer,
  p_value float8,
  groups_used integer
);

COMMENT ON TYPE credit_limit.hosmer_lemeshow_result IS
'What hosmer_lemeshow gives.';
COMMENT ON COLUMN credit_limit.hosmer_lemeshow_result.chi2 IS
'Sum over groups of (observed - expected)^2 / (expected (1 - expected / n)).';
COMMENT ON COLUMN credit_limit.hosmer_lemeshow_result.df IS
'groups_used - 2 for the sample on which the PDs were fitted, groups_used for any other.';
COMMENT ON COLUMN credit_limit.hosmer_lemeshow_result.p_value IS 'Upper tail; NULL when df is below 1.';
COMMENT ON COLUMN credit_limit.hosmer_lemeshow_result.groups_used IS
'Groups with something to vary: not empty, and with a PD that is neither 0 nor 1.';

CREATE FUNCTION credit_limit.hosmer_lemeshow(credit_limit.calibration, groups integer DEFAULT 10, fitted boolean DEFAULT true)
  RETURNS credit_limit.hosmer_lemeshow_result
AS 'MODULE_PATHNAME', 'cl_calibration_hosmer_lemeshow' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.hosmer_lemeshow(credit_limit.calibration, integer, boolean) IS
'Hosmer-Lemeshow test of expected against observed events in groups of PDs, which are those of calibration_table; a small '
'p_value says that the PDs are wrong. fitted: true on the sample on which the PDs were estimated (df = groups - 2), false on '
'any other. Choose so few groups that each expects about 5 events. Fewer groups than asked for are used when PDs are tied. A '
'group whose PDs are all 0 or all 1 has nothing to vary: it does not count when it came so, and makes chi2 infinite when it did '
'not. groups NULL: every distinct PD. NULL gives NULL. Error: groups not between 1 and 100000. Source: Hosmer and Lemeshow 1980.';

CREATE TYPE credit_limit.spiegelhalter_result AS (
  z float8,
  p_value float8
);

COMMENT ON TYPE credit_limit.spiegelhalter_result IS
'What spiegelhalter_test gives.';
COMMENT ON COLUMN credit_limit.spiegelhalter_result.z IS
'Brier score less its expectation, in standard deviations; positive: worse than right PDs would be. NULL when all PDs are 0, '
'1/2 or 1.';
COMMENT ON COLUMN credit_limit.spiegelhalter_result.p_value IS 'Two-sided, of the standard normal distribution.';

CREATE FUNCTION credit_limit.spiegelhalter_test(credit_limit.calibration) RETURNS credit_limit.spiegelhalter_result
AS 'MODULE_PATHNAME', 'cl_calibration_spiegelhalter' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.spiegelhalter_test(credit_limit.calibration) IS
'Spiegelhalters test whether the Brier score is what right PDs would have: needs no groups; a small p_value says that the PDs '
'are wrong. NULL gives NULL. Source: Spiegelhalter 1986.';

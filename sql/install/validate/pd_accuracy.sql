-- pd_accuracy: Brier score, log loss and Spiegelhalter's test in constant memory.

CREATE FUNCTION credit_limit_internal.pd_accuracy_combine(internal, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_pd_accuracy_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.pd_accuracy_serial(internal) RETURNS bytea
AS 'MODULE_PATHNAME', 'cl_pd_accuracy_serial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.pd_accuracy_deserial(bytea, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_pd_accuracy_deserial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.pd_accuracy_mean(internal) RETURNS float8
AS 'MODULE_PATHNAME', 'cl_pd_accuracy_mean' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.spiegelhalter_final(internal) RETURNS credit_limit.spiegelhalter_result
AS 'MODULE_PATHNAME', 'cl_spiegelhalter_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.pd_accuracy_combine(internal, internal) IS 'Combines the states of two workers.';
COMMENT ON FUNCTION credit_limit_internal.pd_accuracy_serial(internal) IS 'State of brier_score, log_loss and spiegelhalter_test as bytes.';
COMMENT ON FUNCTION credit_limit_internal.pd_accuracy_deserial(bytea, internal) IS 'State of brier_score, log_loss and spiegelhalter_test from bytes.';
COMMENT ON FUNCTION credit_limit_internal.pd_accuracy_mean(internal) IS 'Result of brier_score and log_loss.';
COMMENT ON FUNCTION credit_limit_internal.spiegelhalter_final(internal) IS 'Result of spiegelhalter_test.';

CREATE FUNCTION credit_limit_internal.brier_score_transition(internal, float8, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_brier_score_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.brier_score_transition(internal, numeric, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_brier_score_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.brier_score_transition(internal, float8, boolean, float8) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_brier_score_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.brier_score_transition(internal, numeric, boolean, float8) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_brier_score_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.brier_score_transition(internal, float8, boolean) IS 'Transition of brier_score.';
COMMENT ON FUNCTION credit_limit_internal.brier_score_transition(internal, numeric, boolean) IS 'Transition of brier_score.';
COMMENT ON FUNCTION credit_limit_internal.brier_score_transition(internal, float8, boolean, float8) IS 'Transition of brier_score.';
COMMENT ON FUNCTION credit_limit_internal.brier_score_transition(internal, numeric, boolean, float8) IS 'Transition of brier_score.';

CREATE AGGREGATE credit_limit.brier_score(pd float8, event boolean) (
  SFUNC = credit_limit_internal.brier_score_transition,
  STYPE = internal,
  SSPACE = 64,
  FINALFUNC = credit_limit_internal.pd_accuracy_mean,
  COMBINEFUNC = credit_limit_internal.pd_accuracy_combine,
  SERIALFUNC = credit_limit_internal.pd_accuracy_serial,
  DESERIALFUNC = credit_limit_internal.pd_accuracy_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.brier_score(float8, boolean) IS
'Mean squared distance of PD and event, 0 (perfect) to 1; event true is the default. Rows where anything is NULL or NaN are left out; no rows give NULL. Error: a PD outside 0..1. Memory: 48 bytes. Source: Brier 1950 (half of his score, which sums over both classes).';

CREATE AGGREGATE credit_limit.brier_score(pd numeric, event boolean) (
  SFUNC = credit_limit_internal.brier_score_transition,
  STYPE = internal,
  SSPACE = 64,
  FINALFUNC = credit_limit_internal.pd_accuracy_mean,
  COMBINEFUNC = credit_limit_internal.pd_accuracy_combine,
  SERIALFUNC = credit_limit_internal.pd_accuracy_serial,
  DESERIALFUNC = credit_limit_internal.pd_accuracy_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.brier_score(numeric, boolean) IS
'As brier_score(float8, boolean), reading numeric columns directly.';

CREATE AGGREGATE credit_limit.brier_score(pd float8, event boolean, weight float8) (
  SFUNC = credit_limit_internal.brier_score_transition,
  STYPE = internal,
  SSPACE = 64,
  FINALFUNC = credit_limit_internal.pd_accuracy_mean,
  COMBINEFUNC = credit_limit_internal.pd_accuracy_combine,
  SERIALFUNC = credit_limit_internal.pd_accuracy_serial,
  DESERIALFUNC = credit_limit_internal.pd_accuracy_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.brier_score(float8, boolean, float8) IS
'As brier_score(float8, boolean), with frequency weights: a weight of 2 counts as two rows, 0 as none. Error: a weight that is neither 0 nor between 1e-100 and 1e100.';

CREATE AGGREGATE credit_limit.brier_score(pd numeric, event boolean, weight float8) (
  SFUNC = credit_limit_internal.brier_score_transition,
  STYPE = internal,
  SSPACE = 64,
  FINALFUNC = credit_limit_internal.pd_accuracy_mean,
  COMBINEFUNC = credit_limit_internal.pd_accuracy_combine,
  SERIALFUNC = credit_limit_internal.pd_accuracy_serial,
  DESERIALFUNC = credit_limit_internal.pd_accuracy_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.brier_score(numeric, boolean, float8) IS
'As brier_score(float8, boolean, float8), reading numeric columns directly.';

CREATE FUNCTION credit_limit_internal.log_loss_transition(internal, float8, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_log_loss_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.log_loss_transition(internal, numeric, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_log_loss_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.log_loss_transition(internal, float8, boolean, float8) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_log_loss_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.log_loss_transition(internal, numeric, boolean, float8) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_log_loss_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.log_loss_transition(internal, float8, boolean) IS 'Transition of log_loss.';
COMMENT ON FUNCTION credit_limit_internal.log_loss_transition(internal, numeric, boolean) IS 'Transition of log_loss.';
COMMENT ON FUNCTION credit_limit_internal.log_loss_transition(internal, float8, boolean, float8) IS 'Transition of log_loss.';
COMMENT ON FUNCTION credit_limit_internal.log_loss_transition(internal, numeric, boolean, float8) IS 'Transition of log_loss.';

CREATE AGGREGATE credit_limit.log_loss(pd float8, event boolean) (
  SFUNC = credit_limit_internal.log_loss_transition,
  STYPE = internal,
  SSPACE = 64,
  FINALFUNC = credit_limit_internal.pd_accuracy_mean,
  COMBINEFUNC = credit_limit_internal.pd_accuracy_combine,
  SERIALFUNC = credit_limit_internal.pd_accuracy_serial,
  DESERIALFUNC = credit_limit_internal.pd_accuracy_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.log_loss(float8, boolean) IS
'Mean of minus the natural logarithm of the probability that the PD gave to what happened, 0 (perfect) and up. That probability counts at least 1e-15, so a default that was said to be impossible costs 34.5; calibration_stats tells in n_clipped how many rows that were. Rows where anything is NULL or NaN are left out; no rows give NULL. Error: a PD outside 0..1. Memory: 48 bytes. Source: Good 1952.';

CREATE AGGREGATE credit_limit.log_loss(pd numeric, event boolean) (
  SFUNC = credit_limit_internal.log_loss_transition,
  STYPE = internal,
  SSPACE = 64,
  FINALFUNC = credit_limit_internal.pd_accuracy_mean,
  COMBINEFUNC = credit_limit_internal.pd_accuracy_combine,
  SERIALFUNC = credit_limit_internal.pd_accuracy_serial,
  DESERIALFUNC = credit_limit_internal.pd_accuracy_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.log_loss(numeric, boolean) IS
'As log_loss(float8, boolean), reading numeric columns directly.';

CREATE AGGREGATE credit_limit.log_loss(pd float8, event boolean, weight float8) (
  SFUNC = credit_limit_internal.log_loss_transition,
  STYPE = internal,
  SSPACE = 64,
  FINALFUNC = credit_limit_internal.pd_accuracy_mean,
  COMBINEFUNC = credit_limit_internal.pd_accuracy_combine,
  SERIALFUNC = credit_limit_internal.pd_accuracy_serial,
  DESERIALFUNC = credit_limit_internal.pd_accuracy_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.log_loss(float8, boolean, float8) IS
'As log_loss(float8, boolean), with frequency weights: a weight of 2 counts as two rows, 0 as none. Error: a weight that is neither 0 nor between 1e-100 and 1e100.';

CREATE AGGREGATE credit_limit.log_loss(pd numeric, event boolean, weight float8) (
  SFUNC = credit_limit_internal.log_loss_transition,
  STYPE = internal,
  SSPACE = 64,
  FINALFUNC = credit_limit_internal.pd_accuracy_mean,
  COMBINEFUNC = credit_limit_internal.pd_accuracy_combine,
  SERIALFUNC = credit_limit_internal.pd_accuracy_serial,
  DESERIALFUNC = credit_limit_internal.pd_accuracy_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.log_loss(numeric, boolean, float8) IS
'As log_loss(float8, boolean, float8), reading numeric columns directly.';

CREATE FUNCTION credit_limit_internal.spiegelhalter_transition(internal, float8, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_spiegelhalter_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.spiegelhalter_transition(internal, numeric, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_spiegelhalter_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.spiegelhalter_transition(internal, float8, boolean, float8) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_spiegelhalter_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.spiegelhalter_transition(internal, numeric, boolean, float8) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_spiegelhalter_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.spiegelhalter_transition(internal, float8, boolean) IS 'Transition of spiegelhalter_test.';
COMMENT ON FUNCTION credit_limit_internal.spiegelhalter_transition(internal, numeric, boolean) IS 'Transition of spiegelhalter_test.';
COMMENT ON FUNCTION credit_limit_internal.spiegelhalter_transition(internal, float8, boolean, float8) IS 'Transition of spiegelhalter_test.';
COMMENT ON FUNCTION credit_limit_internal.spiegelhalter_transition(internal, numeric, boolean, float8) IS 'Transition of spiegelhalter_test.';

CREATE AGGREGATE credit_limit.spiegelhalter_test(pd float8, event boolean) (
  SFUNC = credit_limit_internal.spiegelhalter_transition,
  STYPE = internal,
  SSPACE = 64,
  FINALFUNC = credit_limit_internal.spiegelhalter_final,
  COMBINEFUNC = credit_limit_internal.pd_accuracy_combine,
  SERIALFUNC = credit_limit_internal.pd_accuracy_serial,
  DESERIALFUNC = credit_limit_internal.pd_accuracy_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.spiegelhalter_test(float8, boolean) IS
'Test whether the Brier score is what right PDs would have, without groups: z and its two-sided p_value; small says that the PDs are wrong. Rows where anything is NULL or NaN are left out; no rows give NULL. Error: a PD outside 0..1. Memory: 48 bytes. Source: Spiegelhalter 1986.';

CREATE AGGREGATE credit_limit.spiegelhalter_test(pd numeric, event boolean) (
  SFUNC = credit_limit_internal.spiegelhalter_transition,
  STYPE = internal,
  SSPACE = 64,
  FINALFUNC = credit_limit_internal.spiegelhalter_final,
  COMBINEFUNC = credit_limit_internal.pd_accuracy_combine,
  SERIALFUNC = credit_limit_internal.pd_accuracy_serial,
  DESERIALFUNC = credit_limit_internal.pd_accuracy_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.spiegelhalter_test(numeric, boolean) IS
'As spiegelhalter_test(float8, boolean), reading numeric columns directly.';

CREATE AGGREGATE credit_limit.spiegelhalter_test(pd float8, event boolean, weight float8) (
  SFUNC = credit_limit_internal.spiegelhalter_transition,
  STYPE = internal,
  SSPACE = 64,
  FINALFUNC = credit_limit_internal.spiegelhalter_final,
  COMBINEFUNC = credit_limit_internal.pd_accuracy_combine,
  SERIALFUNC = credit_limit_internal.pd_accuracy_serial,
  DESERIALFUNC = credit_limit_internal.pd_accuracy_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.spiegelhalter_test(float8, boolean, float8) IS
'As spiegelhalter_test(float8, boolean), with frequency weights: a weight of 2 counts as two rows, 0 as none. Error: a weight that is neither 0 nor between 1e-100 and 1e100.';

CREATE AGGREGATE credit_limit.spiegelhalter_test(pd numeric, event boolean, weight float8) (
  SFUNC = credit_limit_internal.spiegelhalter_transition,
  STYPE = internal,
  SSPACE = 64,
  FINALFUNC = credit_limit_internal.spiegelhalter_final,
  COMBINEFUNC = credit_limit_internal.pd_accuracy_combine,
  SERIALFUNC = credit_limit_internal.pd_accuracy_serial,
  DESERIALFUNC = credit_limit_internal.pd_accuracy_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.spiegelhalter_test(numeric, boolean, float8) IS
'As spiegelhalter_test(float8, boolean, float8), reading numeric columns directly.';

-- auc_test: two scores of the same borrowers compared.

CREATE TYPE credit_limit.auc_comparison AS (
  auc_a float8,
  auc_b float8,
  diff float8,
  std_error float8,
  z float8,
  p_value float8
);

COMMENT ON TYPE credit_limit.auc_comparison IS
'Result of auc_test and auc_difference: both AUCs, their difference a - b, its standard error, z and the two-sided p-value.';

CREATE FUNCTION credit_limit_internal.auc_test_transition(internal, float8, float8, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_auc_test_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.auc_test_transition(internal, float8, float8, boolean, boolean, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_auc_test_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.auc_test_transition(internal, numeric, numeric, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_auc_test_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.auc_test_transition(internal, numeric, numeric, boolean, boolean, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_auc_test_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.auc_test_combine(internal, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_auc_test_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.auc_test_serial(internal) RETURNS bytea
AS 'MODULE_PATHNAME', 'cl_auc_test_serial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.auc_test_deserial(bytea, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_auc_test_deserial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.auc_test_final(internal) RETURNS credit_limit.auc_comparison
AS 'MODULE_PATHNAME', 'cl_auc_test_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.auc_test_transition(internal, float8, float8, boolean) IS 'Transition of auc_test.';
COMMENT ON FUNCTION credit_limit_internal.auc_test_transition(internal, float8, float8, boolean, boolean, boolean) IS 'Transition of auc_test.';
COMMENT ON FUNCTION credit_limit_internal.auc_test_transition(internal, numeric, numeric, boolean) IS 'Transition of auc_test.';
COMMENT ON FUNCTION credit_limit_internal.auc_test_transition(internal, numeric, numeric, boolean, boolean, boolean) IS 'Transition of auc_test.';
COMMENT ON FUNCTION credit_limit_internal.auc_test_combine(internal, internal) IS 'Combines the states of two workers.';
COMMENT ON FUNCTION credit_limit_internal.auc_test_serial(internal) IS 'State of auc_test as bytes.';
COMMENT ON FUNCTION credit_limit_internal.auc_test_deserial(bytea, internal) IS 'State of auc_test from bytes.';
COMMENT ON FUNCTION credit_limit_internal.auc_test_final(internal) IS 'Result of auc_test.';

CREATE AGGREGATE credit_limit.auc_test(risk_a float8, risk_b float8, event boolean) (
  SFUNC = credit_limit_internal.auc_test_transition,
  STYPE = internal,
  SSPACE = 2048,
  FINALFUNC = credit_limit_internal.auc_test_final,
  COMBINEFUNC = credit_limit_internal.auc_test_combine,
  SERIALFUNC = credit_limit_internal.auc_test_serial,
  DESERIALFUNC = credit_limit_internal.auc_test_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.auc_test(float8, float8, boolean) IS
'Do two scores of the same rows differ in AUC? Paired test of DeLong, DeLong and Clarke-Pearson (1988), two-sided. A larger number is riskier, as with a PD. Rows where an argument is NULL or NaN are left out, so both AUCs are of the same rows. NULL when a class has no rows; standard error NULL with fewer than two rows of a class; z and p_value NULL where it is 0, as with identical scores. Memory: 16 bytes per row, about 80 while the answer is computed.';

CREATE AGGREGATE credit_limit.auc_test(risk_a numeric, risk_b numeric, event boolean) (
  SFUNC = credit_limit_internal.auc_test_transition,
  STYPE = internal,
  SSPACE = 2048,
  FINALFUNC = credit_limit_internal.auc_test_final,
  COMBINEFUNC = credit_limit_internal.auc_test_combine,
  SERIALFUNC = credit_limit_internal.auc_test_serial,
  DESERIALFUNC = credit_limit_internal.auc_test_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.auc_test(numeric, numeric, boolean) IS
'As auc_test(float8, float8, boolean), for numeric columns.';

CREATE AGGREGATE credit_limit.auc_test(score_a float8, score_b float8, event boolean, higher_is_riskier_a boolean, higher_is_riskier_b boolean) (
  SFUNC = credit_limit_internal.auc_test_transition,
  STYPE = internal,
  SSPACE = 2048,
  FINALFUNC = credit_limit_internal.auc_test_final,
  COMBINEFUNC = credit_limit_internal.auc_test_combine,
  SERIALFUNC = credit_limit_internal.auc_test_serial,
  DESERIALFUNC = credit_limit_internal.auc_test_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.auc_test(float8, float8, boolean, boolean, boolean) IS
'As auc_test(float8, float8, boolean), with the direction of each score: true where higher is riskier. Error: a direction is NULL or not the same in all rows.';

CREATE AGGREGATE credit_limit.auc_test(score_a numeric, score_b numeric, event boolean, higher_is_riskier_a boolean, higher_is_riskier_b boolean) (
  SFUNC = credit_limit_internal.auc_test_transition,
  STYPE = internal,
  SSPACE = 2048,
  FINALFUNC = credit_limit_internal.auc_test_final,
  COMBINEFUNC = credit_limit_internal.auc_test_combine,
  SERIALFUNC = credit_limit_internal.auc_test_serial,
  DESERIALFUNC = credit_limit_internal.auc_test_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.auc_test(numeric, numeric, boolean, boolean, boolean) IS
'As auc_test(float8, float8, boolean, boolean, boolean), for numeric columns.';

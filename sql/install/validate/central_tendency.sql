-- central_tendency: moving PDs to another level without touching their order.

CREATE FUNCTION credit_limit.pd_bayes_adjust(pd float8, sample_rate float8, population_rate float8) RETURNS float8
AS 'MODULE_PATHNAME', 'cl_pd_bayes_adjust' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.pd_bayes_adjust(float8, float8, float8) IS
'The PD in a population with another event rate than the sample that it was estimated on, as after under-sampling of non-events: pd odds times population odds by sample odds, which is exact by the theorem of Bayes. All fractions. A PD of exactly 0 or 1 stays. NULL or NaN gives NULL. Error: a PD outside 0..1, a rate not strictly between 0 and 1. Source: Elkan 2001.';

CREATE FUNCTION credit_limit.pd_shift(pd float8, shift float8, slope float8 DEFAULT 1) RETURNS float8
AS 'MODULE_PATHNAME', 'cl_pd_shift' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.pd_shift(float8, float8, float8) IS
'The PD whose log-odds are shift + slope times those of pd (a fraction): applies the shift of pd_central_tendency, or intercept and slope of calibration_line. A PD of exactly 0 or 1 has no log-odds and stays where it is. NULL or NaN gives NULL. Error: a PD outside 0..1, an infinite shift or slope.';

CREATE TYPE credit_limit.central_tendency_result AS (
  n bigint,
  n_skipped bigint,
  mean_pd float8,
  target float8,
  shift float8,
  n_fixed bigint,
  factor float8,
  n_above_one bigint,
  status text
);

COMMENT ON TYPE credit_limit.central_tendency_result IS
'What pd_central_tendency gives.';
COMMENT ON COLUMN credit_limit.central_tendency_result.n IS 'Rows.';
COMMENT ON COLUMN credit_limit.central_tendency_result.n_skipped IS 'Rows left out since something was NULL or NaN.';
COMMENT ON COLUMN credit_limit.central_tendency_result.mean_pd IS 'Mean PD as it is (weighted where there are weights).';
COMMENT ON COLUMN credit_limit.central_tendency_result.target IS 'Mean PD as it shall be.';
COMMENT ON COLUMN credit_limit.central_tendency_result.shift IS 'What to add to the log-odds of every PD; pd_shift applies it. NULL unless status is converged.';
COMMENT ON COLUMN credit_limit.central_tendency_result.n_fixed IS 'Rows with a PD of exactly 0 or 1, which no shift moves.';
COMMENT ON COLUMN credit_limit.central_tendency_result.factor IS 'What to multiply every PD by instead; NULL when all are 0.';
COMMENT ON COLUMN credit_limit.central_tendency_result.n_above_one IS 'Rows whose PD the factor would push above 1.';
COMMENT ON COLUMN credit_limit.central_tendency_result.status IS 'converged; unreachable: PDs of exactly 0 or 1 keep the mean from its target; empty: no rows.';

CREATE FUNCTION credit_limit_internal.central_tendency_transition(internal, float8, float8) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_central_tendency_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.central_tendency_transition(internal, numeric, float8) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_central_tendency_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.central_tendency_transition(internal, float8, float8, float8) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_central_tendency_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.central_tendency_transition(internal, numeric, float8, float8) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_central_tendency_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.central_tendency_combine(internal, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_central_tendency_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.central_tendency_serial(internal) RETURNS bytea
AS 'MODULE_PATHNAME', 'cl_central_tendency_serial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.central_tendency_deserial(bytea, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_central_tendency_deserial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.central_tendency_final(internal) RETURNS credit_limit.central_tendency_result
AS 'MODULE_PATHNAME', 'cl_central_tendency_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.central_tendency_transition(internal, float8, float8) IS 'Transition of pd_central_tendency.';
COMMENT ON FUNCTION credit_limit_internal.central_tendency_transition(internal, numeric, float8) IS 'Transition of pd_central_tendency.';
COMMENT ON FUNCTION credit_limit_internal.central_tendency_transition(internal, float8, float8, float8) IS 'Transition of pd_central_tendency.';
COMMENT ON FUNCTION credit_limit_internal.central_tendency_transition(internal, numeric, float8, float8) IS 'Transition of pd_central_tendency.';
COMMENT ON FUNCTION credit_limit_internal.central_tendency_combine(internal, internal) IS 'Combines the states of two workers.';
COMMENT ON FUNCTION credit_limit_internal.central_tendency_serial(internal) IS 'State of pd_central_tendency as bytes.';
COMMENT ON FUNCTION credit_limit_internal.central_tendency_deserial(bytea, internal) IS 'State of pd_central_tendency from bytes.';
COMMENT ON FUNCTION credit_limit_internal.central_tendency_final(internal) IS 'Result of pd_central_tendency.';

CREATE AGGREGATE credit_limit.pd_central_tendency(pd float8, target float8) (
  SFUNC = credit_limit_internal.central_tendency_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.central_tendency_final,
  COMBINEFUNC = credit_limit_internal.central_tendency_combine,
  SERIALFUNC = credit_limit_internal.central_tendency_serial,
  DESERIALFUNC = credit_limit_internal.central_tendency_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.pd_central_tendency(float8, float8) IS
'The shift of log-odds after which the mean of the PDs (fractions) is the target, a constant strictly between 0 and 1; the order of PDs stays, and none leaves 0..1. Beside it the factor that would do the same by multiplying, and how many PDs it would push above 1. PDs of exactly 0 or 1 stay where they are. Rows where something is NULL or NaN are left out and counted; no rows give NULL. Error: a PD outside 0..1, a target that is not in range or differs between rows. Memory: 8 to 32 bytes per distinct PD.';

CREATE AGGREGATE credit_limit.pd_central_tendency(pd numeric, target float8) (
  SFUNC = credit_limit_internal.central_tendency_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.central_tendency_final,
  COMBINEFUNC = credit_limit_internal.central_tendency_combine,
  SERIALFUNC = credit_limit_internal.central_tendency_serial,
  DESERIALFUNC = credit_limit_internal.central_tendency_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.pd_central_tendency(numeric, float8) IS
'As pd_central_tendency(float8, float8), reading numeric columns directly.';

CREATE AGGREGATE credit_limit.pd_central_tendency(pd float8, target float8, weight float8) (
  SFUNC = credit_limit_internal.central_tendency_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.central_tendency_final,
  COMBINEFUNC = credit_limit_internal.central_tendency_combine,
  SERIALFUNC = credit_limit_internal.central_tendency_serial,
  DESERIALFUNC = credit_limit_internal.central_tendency_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.pd_central_tendency(float8, float8, float8) IS
'As pd_central_tendency(float8, float8), of the weighted mean. Error: a weight that is neither 0 nor between 1e-100 and 1e100.';

CREATE AGGREGATE credit_limit.pd_central_tendency(pd numeric, target float8, weight float8) (
  SFUNC = credit_limit_internal.central_tendency_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.central_tendency_final,
  COMBINEFUNC = credit_limit_internal.central_tendency_combine,
  SERIALFUNC = credit_limit_internal.central_tendency_serial,
  DESERIALFUNC = credit_limit_internal.central_tendency_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.pd_central_tendency(numeric, float8, float8) IS
'As pd_central_tendency(float8, float8, float8), reading numeric columns directly.';

CREATE FUNCTION credit_limit.pd_central_tendency(credit_limit.calibration, target float8) RETURNS credit_limit.central_tendency_result
AS 'MODULE_PATHNAME', 'cl_calibration_central_tendency' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.pd_central_tendency(credit_limit.calibration, float8) IS
'As the aggregate, over the PDs of a stored calibration. NULL gives NULL. Error: a target not strictly between 0 and 1.';

-- central_tendency: moving PDs to another level without touching their order.

CREATE FUNCTION credit_limit.pd_bayes_adjust(pd float8, sample_rate float8, population_rate float8) RETURNS float8
AS 'MODULE_PATHNAME', 'cl_pd_bayes_adjust' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.pd_bayes_adjust(float8, float8, float8) IS
'The PD in a population with another event rate than the sample that it was estimated on, as after under-sampling of '
'non-events: pd odds times population odds by sample odds, which is exact by the theorem of Bayes. All fractions. A PD of '
'exactly 0 or 1 stays. NULL or NaN gives NULL. Error: a PD outside 0..1, a rate not strictly between 0 and 1. Source: Elkan '
'2001.';

CREATE FUNCTION credit_limit.pd_shift(pd float8, shift float8, slope float8 DEFAULT 1) RETURNS float8
AS 'MODULE_PATHNAME', 'cl_pd_shift' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.pd_shift(float8, float8, float8) IS
'The PD whose log-odds are shift + slope times those of pd (a fraction): applies the shift of pd_central_tendency, or intercept '
'and slope of calibration_line. A PD of exactly 0 or 1 has no log-odds and stays where it is. NULL or NaN gives NULL. Error: a '
'PD outside 0..1, an infinite shift or slope.';

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
COMMENT ON COLUMN credit_limit.central_tendency_result.shift IS
'What to add to the log-odds of every PD; pd_shift applies it. NULL unless status is converged.';
COMMENT ON COLUMN credit_limit.central_tendency_result.n_fixed IS 'Rows with a PD of exactly 0 or 1, which no shift moves.';
COMMENT ON COLUMN credit_limit.central_tendency_result.factor IS 'What to multiply every PD by instead; NULL when all are 0.';
COMMENT ON COLUMN credit_limit.central_tendency_result.n_above_one IS 'Rows whose PD the factor would push above 1.';
COMMENT ON COLUMN credit_limit.central_tendency_result.status IS
'converged; unreachable: PDs of exactly 0 or 1 keep the mean from its target; empty: no rows.';

CREATE FUNCTION credit_limit.pd_central_tendency(credit_limit.calibration, target float8)
  RETURNS credit_limit.central_tendency_result
AS 'MODULE_PATHNAME', 'cl_calibration_central_tendency' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.pd_central_tendency(credit_limit.calibration, float8) IS
'As the aggregate, over the PDs of a stored calibration. NULL gives NULL. Error: a target not strictly between 0 and 1.';

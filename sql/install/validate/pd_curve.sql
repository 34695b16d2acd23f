-- pd_curve: a curve from any score to a PD, estimated or written by hand.

CREATE FUNCTION credit_limit.calibrated_pd(credit_limit.pd_curve, score float8) RETURNS float8
AS 'MODULE_PATHNAME', 'cl_calibrated_pd' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;

COMMENT ON FUNCTION credit_limit.calibrated_pd(credit_limit.pd_curve, float8) IS
'The PD (a fraction) of a score on a curve: straight between points, the first or last PD beyond them. Infinite scores are '
'beyond. NULL or NaN gives NULL, as does a curve without coefficients (see pd_curve_stats: its status says why).';

CREATE FUNCTION credit_limit.pd_curve_points(
  credit_limit.pd_curve)
RETURNS TABLE (
  score float8,
  pd float8)
AS 'MODULE_PATHNAME', 'cl_pd_curve_points_table' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.pd_curve_points(credit_limit.pd_curve) IS
'The points of an isotonic curve as rows, by score; none for the method platt. NULL gives no rows.';

CREATE FUNCTION credit_limit.pd_curve_stats(
  credit_limit.pd_curve,
  OUT method text,
  OUT higher_is_riskier boolean,
  OUT n bigint,
  OUT n_event bigint,
  OUT n_skipped bigint,
  OUT n_points integer,
  OUT intercept float8,
  OUT slope float8,
  OUT status text)
AS 'MODULE_PATHNAME', 'cl_pd_curve_stats' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.pd_curve_stats(credit_limit.pd_curve) IS
'One row about a curve: n rows and n_event events it was estimated from, n_skipped rows left out, n_points of an isotonic '
'curve, intercept and slope of one of the method platt. status: given (written by hand), converged; one_class (only events or '
'only non-events), constant (a single score), wrong_direction (the data do not say that risk rises in the stated direction: a '
'curve of the method platt is flat at the event rate; an isotonic one, whose area under the curve is below one half, is flat '
'but for stray pieces at its ends), separation and quasi_separation (a score divides events from non-events: no coefficients; '
'smoothing gives some), max_iterations. NULL gives NULL.';

CREATE FUNCTION credit_limit.isotonic_calibration(credit_limit.calibration) RETURNS credit_limit.pd_curve
AS 'MODULE_PATHNAME', 'cl_calibration_isotonic' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.isotonic_calibration(credit_limit.calibration) IS
'The isotonic curve from the PDs of a stored calibration to better ones; a higher PD is riskier. A calibration without rows, '
'and NULL, give NULL.';

-- pd_curve: a curve from any score to a PD, estimated or written by hand.

CREATE TYPE credit_limit.pd_curve;

CREATE FUNCTION credit_limit_internal.pd_curve_in(cstring) RETURNS credit_limit.pd_curve
AS 'MODULE_PATHNAME', 'cl_pd_curve_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.pd_curve_out(credit_limit.pd_curve) RETURNS cstring
AS 'MODULE_PATHNAME', 'cl_pd_curve_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.pd_curve_recv(internal) RETURNS credit_limit.pd_curve
AS 'MODULE_PATHNAME', 'cl_pd_curve_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.pd_curve_send(credit_limit.pd_curve) RETURNS bytea
AS 'MODULE_PATHNAME', 'cl_pd_curve_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.pd_curve_in(cstring) IS 'Input of type pd_curve: JSON, checked.';
COMMENT ON FUNCTION credit_limit_internal.pd_curve_out(credit_limit.pd_curve) IS 'Output of type pd_curve: JSON.';
COMMENT ON FUNCTION credit_limit_internal.pd_curve_recv(internal) IS 'Binary input of type pd_curve; every byte is checked.';
COMMENT ON FUNCTION credit_limit_internal.pd_curve_send(credit_limit.pd_curve) IS 'Binary output of type pd_curve.';

CREATE TYPE credit_limit.pd_curve (
  INPUT = credit_limit_internal.pd_curve_in,
  OUTPUT = credit_limit_internal.pd_curve_out,
  RECEIVE = credit_limit_internal.pd_curve_recv,
  SEND = credit_limit_internal.pd_curve_send,
  INTERNALLENGTH = VARIABLE,
  STORAGE = extended
);

COMMENT ON TYPE credit_limit.pd_curve IS
'A curve from a score to a PD, as JSON that can be written by hand, stored and reviewed. Either {"method": "isotonic", "higher_is_riskier": true, "points": [[score, PD], ...]}: straight between points, flat beyond them; scores ascend, and PDs never go against the direction. Or {"method": "platt", "higher_is_riskier": false, "intercept": a, "slope": b}: PD = 1 / (1 + exp(-(a + b score))). Estimated curves have status, n, n_event, n_skipped (and smoothing) beside them. Made by isotonic_calibration and platt_scaling, applied by calibrated_pd. Scores to 1e100; at most 2000000 points.';

CREATE FUNCTION credit_limit.pd_curve(jsonb) RETURNS credit_limit.pd_curve
AS 'MODULE_PATHNAME', 'cl_pd_curve_from_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION credit_limit.pd_curve(jsonb) IS 'A pd_curve from jsonb, validated as its text form is; NULL gives NULL.';

CREATE CAST (jsonb AS credit_limit.pd_curve) WITH FUNCTION credit_limit.pd_curve(jsonb) AS ASSIGNMENT;
COMMENT ON CAST (jsonb AS credit_limit.pd_curve) IS 'Validates the document as its text form is.';

CREATE FUNCTION credit_limit_internal.pd_curve_to_jsonb(credit_limit.pd_curve) RETURNS pg_catalog.jsonb
AS 'MODULE_PATHNAME', 'cl_pd_curve_to_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION credit_limit_internal.pd_curve_to_jsonb(credit_limit.pd_curve) IS 'The document of a pd_curve as jsonb; NULL gives NULL.';

CREATE CAST (credit_limit.pd_curve AS jsonb) WITH FUNCTION credit_limit_internal.pd_curve_to_jsonb(credit_limit.pd_curve) AS ASSIGNMENT;
COMMENT ON CAST (credit_limit.pd_curve AS jsonb) IS 'The document; jsonb_pretty() of it is good to read.';

CREATE FUNCTION credit_limit.calibrated_pd(credit_limit.pd_curve, score float8) RETURNS float8
AS 'MODULE_PATHNAME', 'cl_calibrated_pd' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;

COMMENT ON FUNCTION credit_limit.calibrated_pd(credit_limit.pd_curve, float8) IS
'The PD (a fraction) of a score on a curve: straight between points, the first or last PD beyond them. Infinite scores are beyond. NULL or NaN gives NULL, as does a curve without coefficients (see pd_curve_stats: its status says why).';

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
'One row about a curve: n rows and n_event events it was estimated from, n_skipped rows left out, n_points of an isotonic curve, intercept and slope of one of the method platt. status: given (written by hand), converged; one_class (only events or only non-events), constant (a single score), wrong_direction (the data do not say that risk rises in the stated direction: a curve of the method platt is flat at the event rate; an isotonic one, whose area under the curve is below one half, is flat but for stray pieces at its ends), separation and quasi_separation (a score divides events from non-events: no coefficients; smoothing gives some), max_iterations. NULL gives NULL.';

CREATE FUNCTION credit_limit_internal.isotonic_transition(internal, float8, boolean, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_isotonic_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.isotonic_transition(internal, numeric, boolean, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_isotonic_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.isotonic_transition(internal, float8, boolean, boolean, float8) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_isotonic_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.isotonic_transition(internal, numeric, boolean, boolean, float8) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_isotonic_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.platt_transition(internal, float8, boolean, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_platt_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.platt_transition(internal, numeric, boolean, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_platt_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.platt_transition(internal, float8, boolean, boolean, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_platt_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.platt_transition(internal, numeric, boolean, boolean, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_platt_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.platt_transition(internal, float8, boolean, boolean, boolean, float8) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_platt_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.platt_transition(internal, numeric, boolean, boolean, boolean, float8) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_platt_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.pd_curve_combine(internal, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_pd_curve_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.pd_curve_serial(internal) RETURNS bytea
AS 'MODULE_PATHNAME', 'cl_pd_curve_serial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.pd_curve_deserial(bytea, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_pd_curve_deserial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.isotonic_final(internal) RETURNS credit_limit.pd_curve
AS 'MODULE_PATHNAME', 'cl_isotonic_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.platt_final(internal) RETURNS credit_limit.pd_curve
AS 'MODULE_PATHNAME', 'cl_platt_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.isotonic_transition(internal, float8, boolean, boolean) IS 'Transition of isotonic_calibration.';
COMMENT ON FUNCTION credit_limit_internal.isotonic_transition(internal, numeric, boolean, boolean) IS 'Transition of isotonic_calibration.';
COMMENT ON FUNCTION credit_limit_internal.isotonic_transition(internal, float8, boolean, boolean, float8) IS 'Transition of isotonic_calibration.';
COMMENT ON FUNCTION credit_limit_internal.isotonic_transition(internal, numeric, boolean, boolean, float8) IS 'Transition of isotonic_calibration.';
COMMENT ON FUNCTION credit_limit_internal.platt_transition(internal, float8, boolean, boolean) IS 'Transition of platt_scaling.';
COMMENT ON FUNCTION credit_limit_internal.platt_transition(internal, numeric, boolean, boolean) IS 'Transition of platt_scaling.';
COMMENT ON FUNCTION credit_limit_internal.platt_transition(internal, float8, boolean, boolean, boolean) IS 'Transition of platt_scaling.';
COMMENT ON FUNCTION credit_limit_internal.platt_transition(internal, numeric, boolean, boolean, boolean) IS 'Transition of platt_scaling.';
COMMENT ON FUNCTION credit_limit_internal.platt_transition(internal, float8, boolean, boolean, boolean, float8) IS 'Transition of platt_scaling.';
COMMENT ON FUNCTION credit_limit_internal.platt_transition(internal, numeric, boolean, boolean, boolean, float8) IS 'Transition of platt_scaling.';
COMMENT ON FUNCTION credit_limit_internal.pd_curve_combine(internal, internal) IS 'Combines the states of two workers.';
COMMENT ON FUNCTION credit_limit_internal.pd_curve_serial(internal) IS 'State of isotonic_calibration and platt_scaling as bytes.';
COMMENT ON FUNCTION credit_limit_internal.pd_curve_deserial(bytea, internal) IS 'State of isotonic_calibration and platt_scaling from bytes.';
COMMENT ON FUNCTION credit_limit_internal.isotonic_final(internal) IS 'Result of isotonic_calibration.';
COMMENT ON FUNCTION credit_limit_internal.platt_final(internal) IS 'Result of platt_scaling.';

CREATE AGGREGATE credit_limit.isotonic_calibration(score float8, event boolean, higher_is_riskier boolean) (
  SFUNC = credit_limit_internal.isotonic_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.isotonic_final,
  COMBINEFUNC = credit_limit_internal.pd_curve_combine,
  SERIALFUNC = credit_limit_internal.pd_curve_serial,
  DESERIALFUNC = credit_limit_internal.pd_curve_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.isotonic_calibration(float8, boolean, boolean) IS
'The curve from score to PD that fits the events best among all that never go against the stated direction (least squares and maximum likelihood alike), by pooling adjacent violators. At every score that occurs it gives the event rate of the scores pooled with it, so PDs of exactly 0 and 1 are usual at the ends: floor them with greatest() where a PD must not be 0. Between scores the curve is straight. Rows where something is NULL or NaN are left out and counted; no others give NULL. Error: an infinite score, a direction that differs between rows. Memory: 8 to 32 bytes per distinct score. Sources: Ayer, Brunk, Ewing, Reid and Silverman 1955; de Leeuw, Hornik and Mair 2009; Zadrozny and Elkan 2002.';

CREATE AGGREGATE credit_limit.isotonic_calibration(score numeric, event boolean, higher_is_riskier boolean) (
  SFUNC = credit_limit_internal.isotonic_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.isotonic_final,
  COMBINEFUNC = credit_limit_internal.pd_curve_combine,
  SERIALFUNC = credit_limit_internal.pd_curve_serial,
  DESERIALFUNC = credit_limit_internal.pd_curve_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.isotonic_calibration(numeric, boolean, boolean) IS
'As isotonic_calibration(float8, boolean, boolean), reading numeric columns directly.';

CREATE AGGREGATE credit_limit.isotonic_calibration(score float8, event boolean, higher_is_riskier boolean, weight float8) (
  SFUNC = credit_limit_internal.isotonic_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.isotonic_final,
  COMBINEFUNC = credit_limit_internal.pd_curve_combine,
  SERIALFUNC = credit_limit_internal.pd_curve_serial,
  DESERIALFUNC = credit_limit_internal.pd_curve_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.isotonic_calibration(float8, boolean, boolean, float8) IS
'As isotonic_calibration(float8, boolean, boolean), with frequency weights. Error: a weight that is neither 0 nor between 1e-100 and 1e100.';

CREATE AGGREGATE credit_limit.isotonic_calibration(score numeric, event boolean, higher_is_riskier boolean, weight float8) (
  SFUNC = credit_limit_internal.isotonic_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.isotonic_final,
  COMBINEFUNC = credit_limit_internal.pd_curve_combine,
  SERIALFUNC = credit_limit_internal.pd_curve_serial,
  DESERIALFUNC = credit_limit_internal.pd_curve_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.isotonic_calibration(numeric, boolean, boolean, float8) IS
'As isotonic_calibration(float8, boolean, boolean, float8), reading numeric columns directly.';

CREATE AGGREGATE credit_limit.platt_scaling(score float8, event boolean, higher_is_riskier boolean) (
  SFUNC = credit_limit_internal.platt_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.platt_final,
  COMBINEFUNC = credit_limit_internal.pd_curve_combine,
  SERIALFUNC = credit_limit_internal.pd_curve_serial,
  DESERIALFUNC = credit_limit_internal.pd_curve_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.platt_scaling(float8, boolean, boolean) IS
'The curve from score to PD whose log-odds are linear in the score: logistic regression of the event on it, by plain maximum likelihood, so that the mean PD is the event rate. It is Platts method without his smoothing of the events. A slope against the stated direction gives a flat curve, and a status that says so. Rows where something is NULL or NaN are left out and counted; no others give NULL. Error: an infinite score, a direction that differs between rows. Memory: 8 to 32 bytes per distinct score. Source: Platt 1999.';

CREATE AGGREGATE credit_limit.platt_scaling(score numeric, event boolean, higher_is_riskier boolean) (
  SFUNC = credit_limit_internal.platt_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.platt_final,
  COMBINEFUNC = credit_limit_internal.pd_curve_combine,
  SERIALFUNC = credit_limit_internal.pd_curve_serial,
  DESERIALFUNC = credit_limit_internal.pd_curve_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.platt_scaling(numeric, boolean, boolean) IS
'As platt_scaling(float8, boolean, boolean), reading numeric columns directly.';

CREATE AGGREGATE credit_limit.platt_scaling(score float8, event boolean, higher_is_riskier boolean, smoothing boolean) (
  SFUNC = credit_limit_internal.platt_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.platt_final,
  COMBINEFUNC = credit_limit_internal.pd_curve_combine,
  SERIALFUNC = credit_limit_internal.pd_curve_serial,
  DESERIALFUNC = credit_limit_internal.pd_curve_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.platt_scaling(float8, boolean, boolean, boolean) IS
'As platt_scaling(float8, boolean, boolean); with smoothing true events count as (N1 + 1) / (N1 + 2) and non-events as 1 / (N0 + 2), N1 and N0 being their numbers: finite even when scores separate them, and nearer to 1/2. Sources: Platt 1999; Lin, Lin and Weng 2007.';

CREATE AGGREGATE credit_limit.platt_scaling(score numeric, event boolean, higher_is_riskier boolean, smoothing boolean) (
  SFUNC = credit_limit_internal.platt_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.platt_final,
  COMBINEFUNC = credit_limit_internal.pd_curve_combine,
  SERIALFUNC = credit_limit_internal.pd_curve_serial,
  DESERIALFUNC = credit_limit_internal.pd_curve_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.platt_scaling(numeric, boolean, boolean, boolean) IS
'As platt_scaling(float8, boolean, boolean, boolean), reading numeric columns directly.';

CREATE AGGREGATE credit_limit.platt_scaling(score float8, event boolean, higher_is_riskier boolean, smoothing boolean, weight float8) (
  SFUNC = credit_limit_internal.platt_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.platt_final,
  COMBINEFUNC = credit_limit_internal.pd_curve_combine,
  SERIALFUNC = credit_limit_internal.pd_curve_serial,
  DESERIALFUNC = credit_limit_internal.pd_curve_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.platt_scaling(float8, boolean, boolean, boolean, float8) IS
'As platt_scaling(float8, boolean, boolean, boolean), with frequency weights. Error: a weight that is neither 0 nor between 1e-100 and 1e100.';

CREATE AGGREGATE credit_limit.platt_scaling(score numeric, event boolean, higher_is_riskier boolean, smoothing boolean, weight float8) (
  SFUNC = credit_limit_internal.platt_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.platt_final,
  COMBINEFUNC = credit_limit_internal.pd_curve_combine,
  SERIALFUNC = credit_limit_internal.pd_curve_serial,
  DESERIALFUNC = credit_limit_internal.pd_curve_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.platt_scaling(numeric, boolean, boolean, boolean, float8) IS
'As platt_scaling(float8, boolean, boolean, boolean, float8), reading numeric columns directly.';

CREATE FUNCTION credit_limit.isotonic_calibration(credit_limit.calibration) RETURNS credit_limit.pd_curve
AS 'MODULE_PATHNAME', 'cl_calibration_isotonic' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.isotonic_calibration(credit_limit.calibration) IS
'The isotonic curve from the PDs of a stored calibration to better ones; a higher PD is riskier. A calibration without rows, and NULL, give NULL.';

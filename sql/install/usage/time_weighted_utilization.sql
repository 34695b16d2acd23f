-- time_weighted_utilization: how much of a limit was drawn over time.

CREATE FUNCTION credit_limit_internal.time_weighted_transition(internal, timestamptz, numeric, numeric, timestamptz) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_time_weighted_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.time_weighted_transition(internal, timestamptz, float8, float8, timestamptz) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_time_weighted_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.time_weighted_combine(internal, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_time_weighted_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.time_weighted_serial(internal) RETURNS bytea
AS 'MODULE_PATHNAME', 'cl_time_weighted_serial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.time_weighted_deserial(bytea, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_time_weighted_deserial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.time_weighted_final(internal) RETURNS float8
AS 'MODULE_PATHNAME', 'cl_time_weighted_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.time_weighted_transition(internal, timestamptz, numeric, numeric, timestamptz) IS 'Transition of time_weighted_utilization.';
COMMENT ON FUNCTION credit_limit_internal.time_weighted_transition(internal, timestamptz, float8, float8, timestamptz) IS 'Transition of time_weighted_utilization.';
COMMENT ON FUNCTION credit_limit_internal.time_weighted_combine(internal, internal) IS 'Combines the states of two workers.';
COMMENT ON FUNCTION credit_limit_internal.time_weighted_serial(internal) IS 'State of time_weighted_utilization as bytes.';
COMMENT ON FUNCTION credit_limit_internal.time_weighted_deserial(bytea, internal) IS 'State of time_weighted_utilization from bytes.';
COMMENT ON FUNCTION credit_limit_internal.time_weighted_final(internal) IS 'Result of time_weighted_utilization.';

CREATE AGGREGATE credit_limit.time_weighted_utilization(at timestamptz, balance numeric, credit_limit numeric, until timestamptz) (
  SFUNC = credit_limit_internal.time_weighted_transition,
  STYPE = internal,
  SSPACE = 512,
  FINALFUNC = credit_limit_internal.time_weighted_final,
  COMBINEFUNC = credit_limit_internal.time_weighted_combine,
  SERIALFUNC = credit_limit_internal.time_weighted_serial,
  DESERIALFUNC = credit_limit_internal.time_weighted_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.time_weighted_utilization(timestamptz, numeric, numeric, timestamptz) IS
'Time-weighted utilization of one account: the integral of the balance by that of the limit, a fraction. A row holds from its time to the next, the last one to until; rows at until or later do not count; with until NULL the last row only ends the one before. Rows in any order; a row with a NULL is left out, so what held before holds on. No time or no limit: NULL, drawn without a limit: Infinity. Memory: 24 bytes per row. Error: two rows of the same time that differ (group by account), an until that differs, a negative limit, an infinite amount or time.';

CREATE AGGREGATE credit_limit.time_weighted_utilization(at timestamptz, balance float8, credit_limit float8, until timestamptz) (
  SFUNC = credit_limit_internal.time_weighted_transition,
  STYPE = internal,
  SSPACE = 512,
  FINALFUNC = credit_limit_internal.time_weighted_final,
  COMBINEFUNC = credit_limit_internal.time_weighted_combine,
  SERIALFUNC = credit_limit_internal.time_weighted_serial,
  DESERIALFUNC = credit_limit_internal.time_weighted_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.time_weighted_utilization(timestamptz, float8, float8, timestamptz) IS
'As time_weighted_utilization over numeric amounts.';

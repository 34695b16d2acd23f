-- logistic_coded: rows of weights of evidence, read once and fitted many times.

CREATE FUNCTION credit_limit_internal.logit_coded_transition(internal, boolean, float8[]) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_logit_coded_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.logit_coded_combine(internal, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_logit_coded_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.logit_coded_serial(internal) RETURNS bytea
AS 'MODULE_PATHNAME', 'cl_logit_coded_serial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.logit_coded_deserial(bytea, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_logit_coded_deserial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.logit_coded_final(internal) RETURNS bytea
AS 'MODULE_PATHNAME', 'cl_logit_coded_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.logit_coded_transition(internal, boolean, float8[]) IS 'Transition of logit_coded_rows.';
COMMENT ON FUNCTION credit_limit_internal.logit_coded_combine(internal, internal) IS 'Combines the states of two workers.';
COMMENT ON FUNCTION credit_limit_internal.logit_coded_serial(internal) IS 'State of logit_coded_rows as bytes.';
COMMENT ON FUNCTION credit_limit_internal.logit_coded_deserial(bytea, internal) IS 'State of logit_coded_rows from bytes.';
COMMENT ON FUNCTION credit_limit_internal.logit_coded_final(internal) IS 'Result of logit_coded_rows.';

CREATE AGGREGATE credit_limit.logit_coded_rows(event boolean, x float8[]) (
  SFUNC = credit_limit_internal.logit_coded_transition,
  STYPE = internal,
  SSPACE = 65536,
  FINALFUNC = credit_limit_internal.logit_coded_final,
  COMBINEFUNC = credit_limit_internal.logit_coded_combine,
  SERIALFUNC = credit_limit_internal.logit_coded_serial,
  DESERIALFUNC = credit_limit_internal.logit_coded_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.logit_coded_rows(boolean, float8[]) IS
'Rows for logit_coded_fit, a byte a value: for columns that have few values each, as weights of evidence have. A row is left out, and counted, where the event, x or an element of x is NULL or NaN. NULL without rows, where a column has more than 256 values, and above 512 megabytes. Error: x of different lengths, an element beyond 1e100.';

CREATE FUNCTION credit_limit.logit_coded_fit(rows bytea, columns int[], options jsonb DEFAULT '{}') RETURNS credit_limit.logit_model
AS 'MODULE_PATHNAME', 'cl_logit_coded_fit' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.logit_coded_fit(bytea, int[], jsonb) IS
'The model that logistic_regression gives for these rows with the elements of x that columns numbers, from 1; the options are those of logistic_regression. NULL when an argument is NULL, and with fewer columns where rows were left out for an element of x, since these might count then. Error: bytes that are not rows of logit_coded_rows, a number that x has not or that comes twice, more than 1000, invalid options.';

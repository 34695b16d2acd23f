-- utilization: how much of granted limits is drawn.

CREATE FUNCTION credit_limit.utilization(balance numeric, credit_limit numeric)
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_utilization_numeric' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.utilization(numeric, numeric) IS
'Balance divided by credit limit, as a fraction: 0.9 is ninety per cent. Above 1 over the limit, negative with a credit balance. 0/0 is NULL, x/0 is Infinity. NULL if either is NULL. Error: negative limit, NaN or infinite amount.';

CREATE FUNCTION credit_limit.utilization(balance float8, credit_limit float8)
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_utilization_float8' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.utilization(float8, float8) IS
'Balance divided by credit limit, as a fraction; see utilization(numeric, numeric).';

CREATE TYPE credit_limit.utilization;

CREATE FUNCTION credit_limit_internal.utilization_in(cstring) RETURNS credit_limit.utilization
AS 'MODULE_PATHNAME', 'cl_utilization_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.utilization_out(credit_limit.utilization) RETURNS cstring
AS 'MODULE_PATHNAME', 'cl_utilization_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.utilization_recv(internal) RETURNS credit_limit.utilization
AS 'MODULE_PATHNAME', 'cl_utilization_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.utilization_send(credit_limit.utilization) RETURNS bytea
AS 'MODULE_PATHNAME', 'cl_utilization_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.utilization_in(cstring) IS 'Input of type utilization: JSON.';
COMMENT ON FUNCTION credit_limit_internal.utilization_out(credit_limit.utilization) IS 'Output of type utilization: JSON.';
COMMENT ON FUNCTION credit_limit_internal.utilization_recv(internal) IS 'Binary input of type utilization; every byte is checked.';
COMMENT ON FUNCTION credit_limit_internal.utilization_send(credit_limit.utilization) IS 'Binary output of type utilization.';

CREATE TYPE credit_limit.utilization (
  INPUT = credit_limit_internal.utilization_in,
  OUTPUT = credit_limit_internal.utilization_out,
  RECEIVE = credit_limit_internal.utilization_recv,
  SEND = credit_limit_internal.utilization_send,
  INTERNALLENGTH = VARIABLE,
  STORAGE = extended
);

COMMENT ON TYPE credit_limit.utilization IS
'Summary of the utilization of many accounts: exact sums of money, mean and deviation of the ratios, and their distribution to 0.001 up to the limit. Text form is JSON. Built by utilization_agg, merged by rollup, read by utilization_stats, share_above and utilization_quantile.';

CREATE FUNCTION credit_limit_internal.utilization_transition(internal, numeric, numeric) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_utilization_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.utilization_transition(internal, float8, float8) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_utilization_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.utilization_rollup_transition(internal, credit_limit.utilization) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_utilization_rollup' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.utilization_combine(internal, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_utilization_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.utilization_serial(internal) RETURNS bytea
AS 'MODULE_PATHNAME', 'cl_utilization_serial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.utilization_deserial(bytea, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_utilization_deserial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.utilization_final(internal) RETURNS credit_limit.utilization
AS 'MODULE_PATHNAME', 'cl_utilization_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.utilization_transition(internal, numeric, numeric) IS 'Transition of utilization_agg.';
COMMENT ON FUNCTION credit_limit_internal.utilization_transition(internal, float8, float8) IS 'Transition of utilization_agg.';
COMMENT ON FUNCTION credit_limit_internal.utilization_rollup_transition(internal, credit_limit.utilization) IS 'Transition of rollup.';
COMMENT ON FUNCTION credit_limit_internal.utilization_combine(internal, internal) IS 'Combines the states of two workers.';
COMMENT ON FUNCTION credit_limit_internal.utilization_serial(internal) IS 'State of utilization_agg as bytes.';
COMMENT ON FUNCTION credit_limit_internal.utilization_deserial(bytea, internal) IS 'State of utilization_agg from bytes.';
COMMENT ON FUNCTION credit_limit_internal.utilization_final(internal) IS 'Result of utilization_agg and rollup.';

CREATE AGGREGATE credit_limit.utilization_agg(balance numeric, credit_limit numeric) (
  SFUNC = credit_limit_internal.utilization_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.utilization_final,
  COMBINEFUNC = credit_limit_internal.utilization_combine,
  SERIALFUNC = credit_limit_internal.utilization_serial,
  DESERIALFUNC = credit_limit_internal.utilization_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.utilization_agg(numeric, numeric) IS
'Summary of balance against credit limit over many accounts. Money is summed exactly; rows where either is NULL are left out; no rows give NULL. Error: negative limit, NaN or infinite amount. Memory: 0.5 to 16 kB per group.';

CREATE AGGREGATE credit_limit.utilization_agg(balance float8, credit_limit float8) (
  SFUNC = credit_limit_internal.utilization_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.utilization_final,
  COMBINEFUNC = credit_limit_internal.utilization_combine,
  SERIALFUNC = credit_limit_internal.utilization_serial,
  DESERIALFUNC = credit_limit_internal.utilization_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.utilization_agg(float8, float8) IS
'As utilization_agg(numeric, numeric); amounts are taken to six decimals, and up to 9.2e12.';

CREATE AGGREGATE credit_limit.rollup(credit_limit.utilization) (
  SFUNC = credit_limit_internal.utilization_rollup_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.utilization_final,
  COMBINEFUNC = credit_limit_internal.utilization_combine,
  SERIALFUNC = credit_limit_internal.utilization_serial,
  DESERIALFUNC = credit_limit_internal.utilization_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.rollup(credit_limit.utilization) IS
'Merges stored summaries: the same as utilization_agg over all their rows. NULLs are left out; no rows give NULL.';

CREATE FUNCTION credit_limit.utilization_stats(
  credit_limit.utilization,
  OUT n bigint,
  OUT balance numeric,
  OUT credit_limit numeric,
  OUT unused numeric,
  OUT over_limit numeric,
  OUT ratio float8,
  OUT mean float8,
  OUT stddev float8,
  OUT share_idle float8,
  OUT share_above_90 float8,
  OUT p10 float8,
  OUT p50 float8,
  OUT p90 float8,
  OUT n_undefined bigint)
AS 'MODULE_PATHNAME', 'cl_utilization_stats' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.utilization_stats(credit_limit.utilization) IS
'One row: n accounts; sums of balance, credit_limit, unused (limit less what is drawn; a credit balance leaves the limit unused, not more) and over_limit, exact; ratio of the sums; mean and sample standard deviation of the ratios (accounts with a limit); shares of accounts with nothing drawn and strictly above 90 %; quantiles of the ratio to 0.001 up to the limit; n_undefined accounts without limit and without balance, which have no ratio. NULL where there is nothing to divide by.';

CREATE FUNCTION credit_limit.share_above(credit_limit.utilization, x float8)
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_share_above' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.share_above(credit_limit.utilization, float8) IS
'Share of accounts with a utilization strictly above x (a fraction, not negative): exact for x in steps of 0.001 up to 1 and of 0.01 up to 2, interpolated between. share_above(u, 1) is the share over the limit.';

CREATE FUNCTION credit_limit.utilization_quantile(credit_limit.utilization, p float8)
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_utilization_quantile' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.utilization_quantile(credit_limit.utilization, float8) IS
'Quantile p (0 to 1) of the utilization of accounts: to 0.001 up to the limit, to 0.01 up to twice, to 3.2 % beyond. Infinity where it falls among accounts that draw without a limit.';

-- kaplan_meier: the distribution of censored amounts without a formula for it.

CREATE TYPE credit_limit.kaplan_meier;

CREATE FUNCTION credit_limit_internal.kaplan_meier_in(cstring) RETURNS credit_limit.kaplan_meier
AS 'MODULE_PATHNAME', 'cl_kaplan_meier_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.kaplan_meier_out(credit_limit.kaplan_meier) RETURNS cstring
AS 'MODULE_PATHNAME', 'cl_kaplan_meier_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.kaplan_meier_recv(internal) RETURNS credit_limit.kaplan_meier
AS 'MODULE_PATHNAME', 'cl_kaplan_meier_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.kaplan_meier_send(credit_limit.kaplan_meier) RETURNS bytea
AS 'MODULE_PATHNAME', 'cl_kaplan_meier_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.kaplan_meier_in(cstring) IS 'Input of type kaplan_meier: JSON.';
COMMENT ON FUNCTION credit_limit_internal.kaplan_meier_out(credit_limit.kaplan_meier) IS 'Output of type kaplan_meier: JSON.';
COMMENT ON FUNCTION credit_limit_internal.kaplan_meier_recv(internal) IS 'Binary input of type kaplan_meier; every byte is checked.';
COMMENT ON FUNCTION credit_limit_internal.kaplan_meier_send(credit_limit.kaplan_meier) IS 'Binary output of type kaplan_meier.';

CREATE TYPE credit_limit.kaplan_meier (
  INPUT = credit_limit_internal.kaplan_meier_in,
  OUTPUT = credit_limit_internal.kaplan_meier_out,
  RECEIVE = credit_limit_internal.kaplan_meier_recv,
  SEND = credit_limit_internal.kaplan_meier_send,
  INTERNALLENGTH = VARIABLE,
  STORAGE = extended
);

COMMENT ON TYPE credit_limit.kaplan_meier IS
'How often each amount was met, known and censored. Text form is JSON. Built by kaplan_meier_agg, merged by rollup, read by kaplan_meier_table and kaplan_meier_quantile.';

CREATE FUNCTION credit_limit_internal.kaplan_meier_transition(internal, numeric, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_kaplan_meier_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.kaplan_meier_transition(internal, float8, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_kaplan_meier_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.kaplan_meier_rollup_transition(internal, credit_limit.kaplan_meier) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_kaplan_meier_rollup' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.kaplan_meier_combine(internal, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_kaplan_meier_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.kaplan_meier_serial(internal) RETURNS bytea
AS 'MODULE_PATHNAME', 'cl_kaplan_meier_serial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.kaplan_meier_deserial(bytea, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_kaplan_meier_deserial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.kaplan_meier_final(internal) RETURNS credit_limit.kaplan_meier
AS 'MODULE_PATHNAME', 'cl_kaplan_meier_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.kaplan_meier_transition(internal, numeric, boolean) IS 'Transition of kaplan_meier_agg.';
COMMENT ON FUNCTION credit_limit_internal.kaplan_meier_transition(internal, float8, boolean) IS 'Transition of kaplan_meier_agg.';
COMMENT ON FUNCTION credit_limit_internal.kaplan_meier_rollup_transition(internal, credit_limit.kaplan_meier) IS 'Transition of rollup.';
COMMENT ON FUNCTION credit_limit_internal.kaplan_meier_combine(internal, internal) IS 'Combines the states of two workers.';
COMMENT ON FUNCTION credit_limit_internal.kaplan_meier_serial(internal) IS 'State of kaplan_meier_agg as bytes.';
COMMENT ON FUNCTION credit_limit_internal.kaplan_meier_deserial(bytea, internal) IS 'State of kaplan_meier_agg from bytes.';
COMMENT ON FUNCTION credit_limit_internal.kaplan_meier_final(internal) IS 'Result of kaplan_meier_agg and rollup.';

CREATE AGGREGATE credit_limit.kaplan_meier_agg(amount numeric, censored boolean) (
  SFUNC = credit_limit_internal.kaplan_meier_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.kaplan_meier_final,
  COMBINEFUNC = credit_limit_internal.kaplan_meier_combine,
  SERIALFUNC = credit_limit_internal.kaplan_meier_serial,
  DESERIALFUNC = credit_limit_internal.kaplan_meier_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.kaplan_meier_agg(numeric, boolean) IS
'Amounts, of which the censored ones are known only to be at least so much: balances, censored where they are at the limit of their month. Rows with a NULL or NaN say nothing and are counted; no rows give NULL. Any order, split and plan gives the same. Memory: 8 to 32 bytes per distinct amount. Error: infinite amount. Source: Kaplan and Meier 1958.';

CREATE AGGREGATE credit_limit.kaplan_meier_agg(amount float8, censored boolean) (
  SFUNC = credit_limit_internal.kaplan_meier_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.kaplan_meier_final,
  COMBINEFUNC = credit_limit_internal.kaplan_meier_combine,
  SERIALFUNC = credit_limit_internal.kaplan_meier_serial,
  DESERIALFUNC = credit_limit_internal.kaplan_meier_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.kaplan_meier_agg(float8, boolean) IS
'As kaplan_meier_agg(numeric, boolean).';

CREATE AGGREGATE credit_limit.rollup(credit_limit.kaplan_meier) (
  SFUNC = credit_limit_internal.kaplan_meier_rollup_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.kaplan_meier_final,
  COMBINEFUNC = credit_limit_internal.kaplan_meier_combine,
  SERIALFUNC = credit_limit_internal.kaplan_meier_serial,
  DESERIALFUNC = credit_limit_internal.kaplan_meier_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.rollup(credit_limit.kaplan_meier) IS
'Merges counts: the same as kaplan_meier_agg over all their rows. NULLs are left out; no rows give NULL.';

CREATE FUNCTION credit_limit.kaplan_meier_table(credit_limit.kaplan_meier)
RETURNS TABLE (
  amount float8,
  n_risk bigint,
  n_event bigint,
  n_censored bigint,
  survival float8,
  std_error float8)
AS 'MODULE_PATHNAME', 'cl_kaplan_meier_table' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 100;

COMMENT ON FUNCTION credit_limit.kaplan_meier_table(credit_limit.kaplan_meier) IS
'The curve of Kaplan and Meier, a row for each distinct amount, ascending: n_risk amounts that are at least this, n_event of them known to be this, n_censored at least this; survival, the probability of more than this; std_error by Greenwood, NULL where survival is 0.';

CREATE FUNCTION credit_limit.kaplan_meier_quantile(credit_limit.kaplan_meier, p float8)
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_kaplan_meier_quantile' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.kaplan_meier_quantile(credit_limit.kaplan_meier, float8) IS
'The least amount that is not exceeded with a probability of at least p (0 to 1). NULL when the curve never falls to 1 - p: the largest amounts are censored, and how much more they are is not known.';

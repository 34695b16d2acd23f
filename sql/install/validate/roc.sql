-- roc: how well a score tells events from non-events.

CREATE TYPE credit_limit.roc;

CREATE FUNCTION credit_limit_internal.roc_in(cstring) RETURNS credit_limit.roc
AS 'MODULE_PATHNAME', 'cl_roc_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.roc_out(credit_limit.roc) RETURNS cstring
AS 'MODULE_PATHNAME', 'cl_roc_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.roc_recv(internal) RETURNS credit_limit.roc
AS 'MODULE_PATHNAME', 'cl_roc_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.roc_send(credit_limit.roc) RETURNS bytea
AS 'MODULE_PATHNAME', 'cl_roc_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.roc_in(cstring) IS 'Input of type roc: JSON.';
COMMENT ON FUNCTION credit_limit_internal.roc_out(credit_limit.roc) IS 'Output of type roc: JSON.';
COMMENT ON FUNCTION credit_limit_internal.roc_recv(internal) IS 'Binary input of type roc; every byte is checked.';
COMMENT ON FUNCTION credit_limit_internal.roc_send(credit_limit.roc) IS 'Binary output of type roc.';

CREATE TYPE credit_limit.roc (
  INPUT = credit_limit_internal.roc_in,
  OUTPUT = credit_limit_internal.roc_out,
  RECEIVE = credit_limit_internal.roc_recv,
  SEND = credit_limit_internal.roc_send,
  INTERNALLENGTH = VARIABLE,
  STORAGE = extended
);

COMMENT ON TYPE credit_limit.roc IS
'Events and non-events per distinct score, exactly, with the direction of the score, and weights and amounts if given. Text form is JSON. Built by roc_agg, merged by rollup; read by roc_stats, auc, gini, ks, auc_interval, roc_curve, cap_curve, gains_table, confusion, cutoff_table and cutoff_table_at.';

CREATE FUNCTION credit_limit_internal.roc_rollup_transition(internal, credit_limit.roc) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_roc_rollup' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.roc_combine(internal, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_roc_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.roc_serial(internal) RETURNS bytea
AS 'MODULE_PATHNAME', 'cl_roc_serial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.roc_deserial(bytea, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_roc_deserial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.roc_final(internal) RETURNS credit_limit.roc
AS 'MODULE_PATHNAME', 'cl_roc_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.auc_final(internal) RETURNS float8
AS 'MODULE_PATHNAME', 'cl_roc_auc_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.gini_final(internal) RETURNS float8
AS 'MODULE_PATHNAME', 'cl_roc_gini_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.ks_final(internal) RETURNS float8
AS 'MODULE_PATHNAME', 'cl_roc_ks_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.roc_rollup_transition(internal, credit_limit.roc) IS 'Transition of rollup.';
COMMENT ON FUNCTION credit_limit_internal.roc_combine(internal, internal) IS 'Combines the states of two workers.';
COMMENT ON FUNCTION credit_limit_internal.roc_serial(internal) IS 'State of roc_agg as bytes.';
COMMENT ON FUNCTION credit_limit_internal.roc_deserial(bytea, internal) IS 'State of roc_agg from bytes.';
COMMENT ON FUNCTION credit_limit_internal.roc_final(internal) IS 'Result of roc_agg and rollup.';
COMMENT ON FUNCTION credit_limit_internal.auc_final(internal) IS 'Result of auc.';
COMMENT ON FUNCTION credit_limit_internal.gini_final(internal) IS 'Result of gini.';
COMMENT ON FUNCTION credit_limit_internal.ks_final(internal) IS 'Result of ks.';

-- The transitions: (risk, event), (score, event, higher_is_riskier), with a weight, with an amount.
CREATE FUNCTION credit_limit_internal.roc_transition(internal, float8, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_roc_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.roc_transition(internal, float8, boolean, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_roc_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.roc_transition(internal, float8, boolean, boolean, float8) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_roc_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.roc_amount_transition(internal, float8, boolean, boolean, numeric) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_roc_amount_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.roc_transition(internal, numeric, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_roc_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.roc_transition(internal, numeric, boolean, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_roc_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.roc_transition(internal, numeric, boolean, boolean, float8) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_roc_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.roc_amount_transition(internal, numeric, boolean, boolean, numeric) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_roc_amount_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.roc_transition(internal, float8, boolean) IS 'Transition of roc_agg, auc, gini and ks.';
COMMENT ON FUNCTION credit_limit_internal.roc_transition(internal, float8, boolean, boolean) IS 'Transition of roc_agg, auc, gini and ks.';
COMMENT ON FUNCTION credit_limit_internal.roc_transition(internal, float8, boolean, boolean, float8) IS 'Transition of roc_agg, auc, gini and ks.';
COMMENT ON FUNCTION credit_limit_internal.roc_amount_transition(internal, float8, boolean, boolean, numeric) IS 'Transition of roc_amount_agg.';
COMMENT ON FUNCTION credit_limit_internal.roc_transition(internal, numeric, boolean) IS 'Transition of roc_agg, auc, gini and ks.';
COMMENT ON FUNCTION credit_limit_internal.roc_transition(internal, numeric, boolean, boolean) IS 'Transition of roc_agg, auc, gini and ks.';
COMMENT ON FUNCTION credit_limit_internal.roc_transition(internal, numeric, boolean, boolean, float8) IS 'Transition of roc_agg, auc, gini and ks.';
COMMENT ON FUNCTION credit_limit_internal.roc_amount_transition(internal, numeric, boolean, boolean, numeric) IS 'Transition of roc_amount_agg.';

CREATE AGGREGATE credit_limit.roc_agg(risk float8, event boolean) (
  SFUNC = credit_limit_internal.roc_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.roc_final,
  COMBINEFUNC = credit_limit_internal.roc_combine,
  SERIALFUNC = credit_limit_internal.roc_serial,
  DESERIALFUNC = credit_limit_internal.roc_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.roc_agg(float8, boolean) IS
'Events and non-events per distinct score, exactly. A larger number is riskier, as with a PD. Rows where an argument is NULL or NaN are left out and counted; no rows give NULL. Infinite scores are extreme values. Memory: 8 to 32 bytes per distinct score, twice that while sorting.';

CREATE AGGREGATE credit_limit.roc_agg(risk numeric, event boolean) (
  SFUNC = credit_limit_internal.roc_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.roc_final,
  COMBINEFUNC = credit_limit_internal.roc_combine,
  SERIALFUNC = credit_limit_internal.roc_serial,
  DESERIALFUNC = credit_limit_internal.roc_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.roc_agg(numeric, boolean) IS
'As roc_agg(float8, boolean), for numeric columns.';

CREATE AGGREGATE credit_limit.roc_agg(score float8, event boolean, higher_is_riskier boolean) (
  SFUNC = credit_limit_internal.roc_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.roc_final,
  COMBINEFUNC = credit_limit_internal.roc_combine,
  SERIALFUNC = credit_limit_internal.roc_serial,
  DESERIALFUNC = credit_limit_internal.roc_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.roc_agg(float8, boolean, boolean) IS
'As roc_agg(float8, boolean). higher_is_riskier says the direction, which is never guessed: true for a PD, false for a credit score. An error if it is NULL or not the same in all rows.';

CREATE AGGREGATE credit_limit.roc_agg(score numeric, event boolean, higher_is_riskier boolean) (
  SFUNC = credit_limit_internal.roc_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.roc_final,
  COMBINEFUNC = credit_limit_internal.roc_combine,
  SERIALFUNC = credit_limit_internal.roc_serial,
  DESERIALFUNC = credit_limit_internal.roc_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.roc_agg(numeric, boolean, boolean) IS
'As roc_agg(float8, boolean, boolean), for numeric columns.';

CREATE AGGREGATE credit_limit.roc_agg(score float8, event boolean, higher_is_riskier boolean, weight float8) (
  SFUNC = credit_limit_internal.roc_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.roc_final,
  COMBINEFUNC = credit_limit_internal.roc_combine,
  SERIALFUNC = credit_limit_internal.roc_serial,
  DESERIALFUNC = credit_limit_internal.roc_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.roc_agg(float8, boolean, boolean, float8) IS
'As roc_agg(float8, boolean). higher_is_riskier says the direction, which is never guessed: true for a PD, false for a credit score. An error if it is NULL or not the same in all rows. The fourth argument is a weight, not an amount: each row counts as so many rows (frequency weight: 0, which is no row, or 1e-100 to 1e100). Memory: 88 bytes per distinct score, about twice that while building.';

CREATE AGGREGATE credit_limit.roc_agg(score numeric, event boolean, higher_is_riskier boolean, weight float8) (
  SFUNC = credit_limit_internal.roc_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.roc_final,
  COMBINEFUNC = credit_limit_internal.roc_combine,
  SERIALFUNC = credit_limit_internal.roc_serial,
  DESERIALFUNC = credit_limit_internal.roc_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.roc_agg(numeric, boolean, boolean, float8) IS
'As roc_agg(float8, boolean, boolean, float8), for numeric columns.';

CREATE AGGREGATE credit_limit.roc_amount_agg(score float8, event boolean, higher_is_riskier boolean, amount numeric) (
  SFUNC = credit_limit_internal.roc_amount_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.roc_final,
  COMBINEFUNC = credit_limit_internal.roc_combine,
  SERIALFUNC = credit_limit_internal.roc_serial,
  DESERIALFUNC = credit_limit_internal.roc_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.roc_amount_agg(float8, boolean, boolean, numeric) IS
'As roc_agg(float8, boolean, boolean), with the amount of money of each row (a limit, a balance), which gains_table and cutoff_table add up exactly. A row whose amount is NULL or NaN counts as a row and is shown as n_without_amount by roc_stats. Error: an amount that is infinite, has more than six decimals, or is beyond 10^18. Memory: 88 bytes per distinct score, about twice that while building.';

CREATE AGGREGATE credit_limit.roc_amount_agg(score numeric, event boolean, higher_is_riskier boolean, amount numeric) (
  SFUNC = credit_limit_internal.roc_amount_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.roc_final,
  COMBINEFUNC = credit_limit_internal.roc_combine,
  SERIALFUNC = credit_limit_internal.roc_serial,
  DESERIALFUNC = credit_limit_internal.roc_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.roc_amount_agg(numeric, boolean, boolean, numeric) IS
'As roc_amount_agg(float8, boolean, boolean, numeric), for numeric scores.';

CREATE AGGREGATE credit_limit.rollup(credit_limit.roc) (
  SFUNC = credit_limit_internal.roc_rollup_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.roc_final,
  COMBINEFUNC = credit_limit_internal.roc_combine,
  SERIALFUNC = credit_limit_internal.roc_serial,
  DESERIALFUNC = credit_limit_internal.roc_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.rollup(credit_limit.roc) IS
'Merges stored summaries: the same as roc_agg over all their rows. NULLs are left out; no rows give NULL. Error: directions differ, or only some have weights or amounts.';

-- bin_sketch: events and non-events of every distinct value of a characteristic, from which any binning is made.

CREATE TYPE credit_limit.bin_sketch;

CREATE FUNCTION credit_limit_internal.bin_sketch_in(cstring) RETURNS credit_limit.bin_sketch
AS 'MODULE_PATHNAME', 'cl_bin_sketch_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.bin_sketch_out(credit_limit.bin_sketch) RETURNS cstring
AS 'MODULE_PATHNAME', 'cl_bin_sketch_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.bin_sketch_recv(internal) RETURNS credit_limit.bin_sketch
AS 'MODULE_PATHNAME', 'cl_bin_sketch_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.bin_sketch_send(credit_limit.bin_sketch) RETURNS bytea
AS 'MODULE_PATHNAME', 'cl_bin_sketch_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.bin_sketch_in(cstring) IS 'Input of type bin_sketch: JSON.';
COMMENT ON FUNCTION credit_limit_internal.bin_sketch_out(credit_limit.bin_sketch) IS 'Output of type bin_sketch: JSON.';
COMMENT ON FUNCTION credit_limit_internal.bin_sketch_recv(internal) IS 'Binary input of type bin_sketch; every byte is checked.';
COMMENT ON FUNCTION credit_limit_internal.bin_sketch_send(credit_limit.bin_sketch) IS 'Binary output of type bin_sketch.';

CREATE TYPE credit_limit.bin_sketch (
  INPUT = credit_limit_internal.bin_sketch_in,
  OUTPUT = credit_limit_internal.bin_sketch_out,
  RECEIVE = credit_limit_internal.bin_sketch_recv,
  SEND = credit_limit_internal.bin_sketch_send,
  INTERNALLENGTH = VARIABLE,
  STORAGE = extended
);

COMMENT ON TYPE credit_limit.bin_sketch IS
'Events and non-events of every distinct value of one characteristic (a number or a text), exactly, and of rows without a value; with weights if given. Text form is JSON. Built by bin_sketch_agg, merged by rollup, read by bin_sketch_stats. Store one per day and segment, and bin any window of them without the rows.';

CREATE FUNCTION credit_limit_internal.bin_sketch_rollup_transition(internal, credit_limit.bin_sketch) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_bin_sketch_rollup' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.bin_sketch_combine(internal, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_bin_sketch_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.bin_sketch_serial(internal) RETURNS bytea
AS 'MODULE_PATHNAME', 'cl_bin_sketch_serial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.bin_sketch_deserial(bytea, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_bin_sketch_deserial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.bin_sketch_final(internal) RETURNS credit_limit.bin_sketch
AS 'MODULE_PATHNAME', 'cl_bin_sketch_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.bin_sketch_transition(internal, float8, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_bin_sketch_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.bin_sketch_transition(internal, float8, boolean, float8) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_bin_sketch_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.bin_sketch_transition(internal, numeric, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_bin_sketch_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.bin_sketch_transition(internal, numeric, boolean, float8) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_bin_sketch_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.bin_sketch_transition(internal, text, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_bin_sketch_text_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.bin_sketch_transition(internal, text, boolean, float8) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_bin_sketch_text_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.bin_sketch_rollup_transition(internal, credit_limit.bin_sketch) IS 'Transition of rollup.';
COMMENT ON FUNCTION credit_limit_internal.bin_sketch_combine(internal, internal) IS 'Combines the states of two workers.';
COMMENT ON FUNCTION credit_limit_internal.bin_sketch_serial(internal) IS 'State of bin_sketch_agg as bytes.';
COMMENT ON FUNCTION credit_limit_internal.bin_sketch_deserial(bytea, internal) IS 'State of bin_sketch_agg from bytes.';
COMMENT ON FUNCTION credit_limit_internal.bin_sketch_final(internal) IS 'Result of bin_sketch_agg and rollup.';
COMMENT ON FUNCTION credit_limit_internal.bin_sketch_transition(internal, float8, boolean) IS 'Transition of bin_sketch_agg.';
COMMENT ON FUNCTION credit_limit_internal.bin_sketch_transition(internal, float8, boolean, float8) IS 'Transition of bin_sketch_agg.';
COMMENT ON FUNCTION credit_limit_internal.bin_sketch_transition(internal, numeric, boolean) IS 'Transition of bin_sketch_agg.';
COMMENT ON FUNCTION credit_limit_internal.bin_sketch_transition(internal, numeric, boolean, float8) IS 'Transition of bin_sketch_agg.';
COMMENT ON FUNCTION credit_limit_internal.bin_sketch_transition(internal, text, boolean) IS 'Transition of bin_sketch_agg.';
COMMENT ON FUNCTION credit_limit_internal.bin_sketch_transition(internal, text, boolean, float8) IS 'Transition of bin_sketch_agg.';

CREATE AGGREGATE credit_limit.bin_sketch_agg(x float8, event boolean) (
  SFUNC = credit_limit_internal.bin_sketch_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.bin_sketch_final,
  COMBINEFUNC = credit_limit_internal.bin_sketch_combine,
  SERIALFUNC = credit_limit_internal.bin_sketch_serial,
  DESERIALFUNC = credit_limit_internal.bin_sketch_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.bin_sketch_agg(float8, boolean) IS
'Counts the events and non-events of every distinct value of a characteristic. NULL and NaN are the value "missing", infinities extreme values; rows with a NULL event are left out and counted; no rows give NULL. Memory: 8 to 32 bytes per distinct value.';

CREATE AGGREGATE credit_limit.bin_sketch_agg(x float8, event boolean, weight float8) (
  SFUNC = credit_limit_internal.bin_sketch_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.bin_sketch_final,
  COMBINEFUNC = credit_limit_internal.bin_sketch_combine,
  SERIALFUNC = credit_limit_internal.bin_sketch_serial,
  DESERIALFUNC = credit_limit_internal.bin_sketch_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.bin_sketch_agg(float8, boolean, float8) IS
'As bin_sketch_agg(float8, boolean); each row counts as weight rows: 0 is no row, NULL or NaN leaves it out and counts it. Error: a weight that is neither 0 nor between 1e-100 and 1e100.';

CREATE AGGREGATE credit_limit.bin_sketch_agg(x numeric, event boolean) (
  SFUNC = credit_limit_internal.bin_sketch_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.bin_sketch_final,
  COMBINEFUNC = credit_limit_internal.bin_sketch_combine,
  SERIALFUNC = credit_limit_internal.bin_sketch_serial,
  DESERIALFUNC = credit_limit_internal.bin_sketch_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.bin_sketch_agg(numeric, boolean) IS
'As bin_sketch_agg(float8, boolean), for numeric columns, which are read as float8.';

CREATE AGGREGATE credit_limit.bin_sketch_agg(x numeric, event boolean, weight float8) (
  SFUNC = credit_limit_internal.bin_sketch_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.bin_sketch_final,
  COMBINEFUNC = credit_limit_internal.bin_sketch_combine,
  SERIALFUNC = credit_limit_internal.bin_sketch_serial,
  DESERIALFUNC = credit_limit_internal.bin_sketch_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.bin_sketch_agg(numeric, boolean, float8) IS
'As bin_sketch_agg(numeric, boolean); each row counts as weight rows: 0 is no row, NULL or NaN leaves it out and counts it. Error: a weight that is neither 0 nor between 1e-100 and 1e100.';

CREATE AGGREGATE credit_limit.bin_sketch_agg(x text, event boolean) (
  SFUNC = credit_limit_internal.bin_sketch_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.bin_sketch_final,
  COMBINEFUNC = credit_limit_internal.bin_sketch_combine,
  SERIALFUNC = credit_limit_internal.bin_sketch_serial,
  DESERIALFUNC = credit_limit_internal.bin_sketch_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.bin_sketch_agg(text, boolean) IS
'As bin_sketch_agg(float8, boolean), for categories. More than 100,000 distinct texts, or one of more than 1,000 bytes, are no categories: they are counted together, and bin_sketch_stats shows n_distinct NULL.';

CREATE AGGREGATE credit_limit.bin_sketch_agg(x text, event boolean, weight float8) (
  SFUNC = credit_limit_internal.bin_sketch_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.bin_sketch_final,
  COMBINEFUNC = credit_limit_internal.bin_sketch_combine,
  SERIALFUNC = credit_limit_internal.bin_sketch_serial,
  DESERIALFUNC = credit_limit_internal.bin_sketch_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.bin_sketch_agg(text, boolean, float8) IS
'As bin_sketch_agg(text, boolean); each row counts as weight rows: 0 is no row, NULL or NaN leaves it out and counts it. Error: a weight that is neither 0 nor between 1e-100 and 1e100.';

CREATE AGGREGATE credit_limit.rollup(credit_limit.bin_sketch) (
  SFUNC = credit_limit_internal.bin_sketch_rollup_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.bin_sketch_final,
  COMBINEFUNC = credit_limit_internal.bin_sketch_combine,
  SERIALFUNC = credit_limit_internal.bin_sketch_serial,
  DESERIALFUNC = credit_limit_internal.bin_sketch_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.rollup(credit_limit.bin_sketch) IS
'Merges stored sketches: the same as bin_sketch_agg over all their rows. NULLs are left out; no rows give NULL. Error: numbers with texts, or only some have weights.';

CREATE FUNCTION credit_limit.bin_sketch_stats(
  credit_limit.bin_sketch,
  OUT kind text,
  OUT n bigint,
  OUT n_event bigint,
  OUT n_missing bigint,
  OUT n_skipped bigint,
  OUT n_distinct bigint,
  OUT identical_rate float8)
AS 'MODULE_PATHNAME', 'cl_bin_sketch_stats' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.bin_sketch_stats(credit_limit.bin_sketch) IS
'One row: numeric or text; rows, those with an event, those without a value, those left out for want of an outcome or weight; distinct values; share of the most frequent value in the rows that have one (NULL where none has). The last two are NULL where there were too many categories. Counts are of rows, whatever their weights.';

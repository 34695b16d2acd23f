-- stability: whether today's population is the one that the score was built on.

CREATE TYPE credit_limit.psi_result AS (
  psi float8,
  n_empty integer,
  n float8,
  m float8,
  critical_value_95 float8,
  empty text,
  n_bands integer,
  p_value float8,
  status text,
  n_skipped bigint
);

COMMENT ON TYPE credit_limit.psi_result IS
'A population stability index and what it takes to read it.';
COMMENT ON COLUMN credit_limit.psi_result.psi IS 'Sum of (A - E) ln(A / E) over the shares of actual and expected rows. NULL when a sample has no rows.';
COMMENT ON COLUMN credit_limit.psi_result.n_empty IS 'Bins that only one of the samples uses: above 0, psi depends on the convention in column empty.';
COMMENT ON COLUMN credit_limit.psi_result.n IS 'Expected rows (or the sum of their weights); NULL for shares.';
COMMENT ON COLUMN credit_limit.psi_result.m IS 'Actual rows (or the sum of their weights); NULL for shares.';
COMMENT ON COLUMN credit_limit.psi_result.critical_value_95 IS 'What psi exceeds by chance once in twenty times when nothing has changed, by chi-squared; see psi_critical_value. NULL for shares and for fewer than two bins.';
COMMENT ON COLUMN credit_limit.psi_result.empty IS 'The convention for bins that only one sample uses, as it was asked for.';
COMMENT ON COLUMN credit_limit.psi_result.n_bands IS 'Bins that either sample uses.';
COMMENT ON COLUMN credit_limit.psi_result.p_value IS 'Probability of so large a psi, or a larger one, when nothing has changed. NULL as critical_value_95.';
COMMENT ON COLUMN credit_limit.psi_result.status IS 'stable below 0.1, investigate to 0.25, shifted above (Siddiqi 2006).';
COMMENT ON COLUMN credit_limit.psi_result.n_skipped IS 'Rows that belong to neither sample or have no weight, and were left out.';

CREATE TYPE credit_limit.stability;

CREATE FUNCTION credit_limit_internal.stability_in(cstring) RETURNS credit_limit.stability
AS 'MODULE_PATHNAME', 'cl_stability_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.stability_out(credit_limit.stability) RETURNS cstring
AS 'MODULE_PATHNAME', 'cl_stability_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.stability_recv(internal) RETURNS credit_limit.stability
AS 'MODULE_PATHNAME', 'cl_stability_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.stability_send(credit_limit.stability) RETURNS bytea
AS 'MODULE_PATHNAME', 'cl_stability_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.stability_in(cstring) IS 'Input of type stability: JSON.';
COMMENT ON FUNCTION credit_limit_internal.stability_out(credit_limit.stability) IS 'Output of type stability: JSON.';
COMMENT ON FUNCTION credit_limit_internal.stability_recv(internal) IS 'Binary input of type stability; every byte is checked.';
COMMENT ON FUNCTION credit_limit_internal.stability_send(credit_limit.stability) IS 'Binary output of type stability; names of bins are in the encoding of the database.';

CREATE TYPE credit_limit.stability (
  INPUT = credit_limit_internal.stability_in,
  OUTPUT = credit_limit_internal.stability_out,
  RECEIVE = credit_limit_internal.stability_recv,
  SEND = credit_limit_internal.stability_send,
  INTERNALLENGTH = VARIABLE,
  STORAGE = extended
);

COMMENT ON TYPE credit_limit.stability IS
'How many rows of an expected and of an actual sample are in each bin. Text form is JSON: [name, expected, actual] for every bin. Built by stability_agg, merged by rollup, put side by side by stability_compare, read by psi, psi_table and stability_divergence. At most 100000 bins with names of at most 1000 bytes.';

CREATE FUNCTION credit_limit_internal.stability_transition(internal, text, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_stability_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.stability_transition(internal, text, boolean, float8) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_stability_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.stability_transition(internal, text, boolean, numeric) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_stability_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.stability_rollup_transition(internal, credit_limit.stability) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_stability_rollup' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.stability_combine(internal, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_stability_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.stability_serial(internal) RETURNS bytea
AS 'MODULE_PATHNAME', 'cl_stability_serial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.stability_deserial(bytea, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_stability_deserial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.stability_final(internal) RETURNS credit_limit.stability
AS 'MODULE_PATHNAME', 'cl_stability_agg_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.psi_final(internal) RETURNS credit_limit.psi_result
AS 'MODULE_PATHNAME', 'cl_psi_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.stability_transition(internal, text, boolean) IS 'Transition of stability_agg and psi.';
COMMENT ON FUNCTION credit_limit_internal.stability_transition(internal, text, boolean, float8) IS 'Transition of stability_agg and psi.';
COMMENT ON FUNCTION credit_limit_internal.stability_transition(internal, text, boolean, numeric) IS 'Transition of stability_agg and psi.';
COMMENT ON FUNCTION credit_limit_internal.stability_rollup_transition(internal, credit_limit.stability) IS 'Transition of rollup.';
COMMENT ON FUNCTION credit_limit_internal.stability_combine(internal, internal) IS 'Combines the states of two workers.';
COMMENT ON FUNCTION credit_limit_internal.stability_serial(internal) IS 'State of stability_agg as bytes.';
COMMENT ON FUNCTION credit_limit_internal.stability_deserial(bytea, internal) IS 'State of stability_agg from bytes.';
COMMENT ON FUNCTION credit_limit_internal.stability_final(internal) IS 'Result of stability_agg and rollup.';
COMMENT ON FUNCTION credit_limit_internal.psi_final(internal) IS 'Result of the aggregate psi.';

CREATE AGGREGATE credit_limit.stability_agg(bin text, is_actual boolean) (
  SFUNC = credit_limit_internal.stability_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.stability_final,
  COMBINEFUNC = credit_limit_internal.stability_combine,
  SERIALFUNC = credit_limit_internal.stability_serial,
  DESERIALFUNC = credit_limit_internal.stability_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.stability_agg(text, boolean) IS
'Counts rows by bin and sample: is_actual is false for the sample that a score was built on, true for the one to be compared with it. A NULL bin is the bin "missing". Rows with a NULL is_actual are left out and counted; no other rows give NULL. Counts are exact. Error: more than 100000 bins, a name beyond 1000 bytes. Memory: about 100 bytes a bin.';

CREATE AGGREGATE credit_limit.stability_agg(bin text, is_actual boolean, weight float8) (
  SFUNC = credit_limit_internal.stability_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.stability_final,
  COMBINEFUNC = credit_limit_internal.stability_combine,
  SERIALFUNC = credit_limit_internal.stability_serial,
  DESERIALFUNC = credit_limit_internal.stability_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.stability_agg(text, boolean, float8) IS
'As stability_agg(text, boolean) with rows that stand for weight rows each; a weight of 3 is three equal rows. Rows with a NULL or NaN weight are left out and counted, a weight of 0 is no row. Sums do not depend on the order of rows to 1e-15. Error: a weight that is neither 0 nor between 1e-100 and 1e100.';

CREATE AGGREGATE credit_limit.stability_agg(bin text, is_actual boolean, weight numeric) (
  SFUNC = credit_limit_internal.stability_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.stability_final,
  COMBINEFUNC = credit_limit_internal.stability_combine,
  SERIALFUNC = credit_limit_internal.stability_serial,
  DESERIALFUNC = credit_limit_internal.stability_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.stability_agg(text, boolean, numeric) IS
'As stability_agg(text, boolean, float8).';

CREATE AGGREGATE credit_limit.rollup(credit_limit.stability) (
  SFUNC = credit_limit_internal.stability_rollup_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.stability_final,
  COMBINEFUNC = credit_limit_internal.stability_combine,
  SERIALFUNC = credit_limit_internal.stability_serial,
  DESERIALFUNC = credit_limit_internal.stability_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.rollup(credit_limit.stability) IS
'Adds up stored counts: the same as stability_agg over all their rows. NULLs are left out; no rows give NULL.';

CREATE AGGREGATE credit_limit.psi(bin text, is_actual boolean) (
  SFUNC = credit_limit_internal.stability_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.psi_final,
  COMBINEFUNC = credit_limit_internal.stability_combine,
  SERIALFUNC = credit_limit_internal.stability_serial,
  DESERIALFUNC = credit_limit_internal.stability_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.psi(text, boolean) IS
'Population stability index of the actual against the expected rows, over bins; see psi(stability, text) for the columns. Bins that only one sample uses are smoothed by the convention laplace; for another one use psi(stability_agg(bin, is_actual), convention). A NULL bin is the bin "missing"; rows with a NULL is_actual are left out and counted; no other rows give NULL. Source: Siddiqi 2006, chapter 9.';

CREATE AGGREGATE credit_limit.psi(bin text, is_actual boolean, weight float8) (
  SFUNC = credit_limit_internal.stability_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.psi_final,
  COMBINEFUNC = credit_limit_internal.stability_combine,
  SERIALFUNC = credit_limit_internal.stability_serial,
  DESERIALFUNC = credit_limit_internal.stability_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.psi(text, boolean, float8) IS
'As psi(text, boolean) with rows that stand for weight rows each. critical_value_95 and p_value take the sums of the weights as numbers of rows: right for repeated rows, wrong for sampling weights.';

CREATE AGGREGATE credit_limit.psi(bin text, is_actual boolean, weight numeric) (
  SFUNC = credit_limit_internal.stability_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.psi_final,
  COMBINEFUNC = credit_limit_internal.stability_combine,
  SERIALFUNC = credit_limit_internal.stability_serial,
  DESERIALFUNC = credit_limit_internal.stability_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.psi(text, boolean, numeric) IS
'As psi(text, boolean, float8).';

CREATE FUNCTION credit_limit.psi(credit_limit.stability, empty text DEFAULT 'laplace')
RETURNS credit_limit.psi_result
AS 'MODULE_PATHNAME', 'cl_psi_stability' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.psi(credit_limit.stability, text) IS
'Population stability index: sum of (A - E) ln(A / E) over the shares of actual and expected rows in each bin. empty says what is done about a bin that only one sample uses, where that is infinite: laplace (as soon as there is one, 0.5 is added to every count; without one nothing is added), laplace_always, prior (as soon as there is one, 1 row spread as both samples together is added to each), one, half (a count of 0 becomes that), floor (a share of 0 becomes 1e-4), epsilon (1e-4 is added to every share, empty or not), drop (the bin is left out), infinity, error; or with a number: laplace=, laplace_always=, prior=, count=, floor=, epsilon=. Bins that neither sample uses do not count. NULL arguments give NULL. Error: unknown convention; empty bins under error. Source: Siddiqi 2006, chapter 9; chance: Yurdakul 2018.';

CREATE FUNCTION credit_limit.psi(expected float8[], actual float8[], empty text DEFAULT 'laplace', shares boolean DEFAULT false)
RETURNS credit_limit.psi_result
AS 'MODULE_PATHNAME', 'cl_psi_arrays' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.psi(float8[], float8[], text, boolean) IS
'Population stability index of counts, one for each band in both arrays; conventions for empty bands as in psi(stability, text). shares => true says that the arrays are shares (fractions that add up to 1 within 0.02; they are scaled to do so exactly): then there are no n, m, critical value and p-value, and conventions that work on counts are an error where there is an empty band. NULL arguments and arrays without bands give NULL. Error: arrays of different lengths, NULL, NaN, infinite or negative elements.';

CREATE FUNCTION credit_limit.psi(expected text, actual text, empty text DEFAULT 'laplace', shares boolean DEFAULT false)
RETURNS credit_limit.psi_result LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN credit_limit.psi(expected::float8[], actual::float8[], empty, shares);

COMMENT ON FUNCTION credit_limit.psi(text, text, text, boolean) IS
'As psi(float8[], float8[], text, boolean), of arrays written as literals, which then need no cast. Error also: text that is no array of numbers.';

CREATE FUNCTION credit_limit.psi_table(
  credit_limit.stability,
  empty text DEFAULT 'laplace',
  OUT bin text,
  OUT n_expected float8,
  OUT n_actual float8,
  OUT expected_share float8,
  OUT actual_share float8,
  OUT psi float8,
  OUT is_empty boolean)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'cl_psi_table' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 20;

COMMENT ON FUNCTION credit_limit.psi_table(credit_limit.stability, text) IS
'One row per bin: rows of either sample, their shares before any smoothing, and what the bin adds to psi under the convention (see psi). is_empty: only one sample uses it. Ordered by name, numbers in names by size, "missing" last. The parts add up to the psi of psi(). Shares are NULL for a sample without rows, psi when either is.';

CREATE FUNCTION credit_limit.stability(bins text[], expected float8[], actual float8[])
RETURNS credit_limit.stability
AS 'MODULE_PATHNAME', 'cl_stability_from_arrays' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.stability(text[], float8[], float8[]) IS
'A stability from the names of bins and the counts of either sample. A NULL name is the bin "missing", equal names are added up, bins without rows are left out; without any rows NULL. Error: arrays of different lengths, NULL, NaN, infinite or negative counts.';

CREATE FUNCTION credit_limit.stability_compare(expected credit_limit.stability, actual credit_limit.stability)
RETURNS credit_limit.stability
AS 'MODULE_PATHNAME', 'cl_stability_compare' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.stability_compare(credit_limit.stability, credit_limit.stability) IS
'All rows of the first as expected, all rows of the second as actual, whatever they were: any stored counts against any others. NULL if either is NULL.';

CREATE FUNCTION credit_limit.psi_critical_value(
  n float8,
  m float8,
  bands integer,
  confidence float8 DEFAULT 0.95,
  method text DEFAULT 'chi2')
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_psi_critical_value' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.psi_critical_value(float8, float8, integer, float8, text) IS
'What the psi of n expected and m actual rows in so many bands exceeds with probability 1 - confidence when nothing has changed. chi2: (1/n + 1/m) times the quantile of chi-squared with bands - 1 degrees of freedom; normal: the same by its mean and variance. confidence strictly between 0 and 1. NULL if any is NULL. Error: n or m not positive, fewer than 2 bands. Source: Yurdakul 2018, "Statistical properties of population stability index".';

CREATE FUNCTION credit_limit.stability_divergence(
  credit_limit.stability,
  empty text DEFAULT 'laplace',
  OUT kl_actual float8,
  OUT kl_expected float8,
  OUT jensen_shannon float8,
  OUT hellinger float8,
  OUT triangular float8,
  OUT ks float8)
AS 'MODULE_PATHNAME', 'cl_stability_divergence' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.stability_divergence(credit_limit.stability, text) IS
'Relatives of PSI over the shares A and E: Kullback-Leibler kl_actual = sum A ln(A/E) and kl_expected = sum E ln(E/A), which add up to psi and use the convention for empty bins; jensen_shannon (natural logarithm, 0 to ln 2), hellinger (half the sum of (sqrt A - sqrt E)^2, 0 to 1) and triangular (sum (A-E)^2/(A+E), 0 to 2), which need none. ks is NULL: bins with names have no order. NULL when a sample has no rows.';

CREATE FUNCTION credit_limit.stability_divergence(
  expected float8[],
  actual float8[],
  empty text DEFAULT 'laplace',
  shares boolean DEFAULT false,
  OUT kl_actual float8,
  OUT kl_expected float8,
  OUT jensen_shannon float8,
  OUT hellinger float8,
  OUT triangular float8,
  OUT ks float8)
AS 'MODULE_PATHNAME', 'cl_stability_divergence_arrays' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.stability_divergence(float8[], float8[], text, boolean) IS
'As stability_divergence(stability, text), of counts or shares as in psi. ks is the largest distance of the cumulative shares, in the order of the bands.';

CREATE FUNCTION credit_limit.stability_divergence(
  expected text,
  actual text,
  empty text DEFAULT 'laplace',
  shares boolean DEFAULT false,
  OUT kl_actual float8,
  OUT kl_expected float8,
  OUT jensen_shannon float8,
  OUT hellinger float8,
  OUT triangular float8,
  OUT ks float8)
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
  SELECT d.* FROM credit_limit.stability_divergence(expected::float8[], actual::float8[], empty, shares) d;
END;

COMMENT ON FUNCTION credit_limit.stability_divergence(text, text, text, boolean) IS
'As stability_divergence(float8[], float8[], text, boolean), of arrays written as literals, which then need no cast.';

-- How far the score moved.

CREATE FUNCTION credit_limit_internal.score_shift_transition(internal, float8, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_score_shift_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.score_shift_transition(internal, numeric, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_score_shift_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.score_shift_combine(internal, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_score_shift_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.score_shift_serial(internal) RETURNS bytea
AS 'MODULE_PATHNAME', 'cl_score_shift_serial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.score_shift_deserial(bytea, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_score_shift_deserial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.score_shift_final(internal) RETURNS float8
AS 'MODULE_PATHNAME', 'cl_score_shift_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.score_shift_transition(internal, float8, boolean) IS 'Transition of score_shift.';
COMMENT ON FUNCTION credit_limit_internal.score_shift_transition(internal, numeric, boolean) IS 'Transition of score_shift.';
COMMENT ON FUNCTION credit_limit_internal.score_shift_combine(internal, internal) IS 'Combines the states of two workers.';
COMMENT ON FUNCTION credit_limit_internal.score_shift_serial(internal) IS 'State of score_shift as bytes.';
COMMENT ON FUNCTION credit_limit_internal.score_shift_deserial(bytea, internal) IS 'State of score_shift from bytes.';
COMMENT ON FUNCTION credit_limit_internal.score_shift_final(internal) IS 'Result of score_shift.';

CREATE AGGREGATE credit_limit.score_shift(points float8, is_actual boolean) (
  SFUNC = credit_limit_internal.score_shift_transition,
  STYPE = internal,
  SSPACE = 64,
  FINALFUNC = credit_limit_internal.score_shift_final,
  COMBINEFUNC = credit_limit_internal.score_shift_combine,
  SERIALFUNC = credit_limit_internal.score_shift_serial,
  DESERIALFUNC = credit_limit_internal.score_shift_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.score_shift(float8, boolean) IS
'Mean points of actual rows less mean points of expected rows: what Siddiqi calls characteristic stability, sum of (A% - E%) * points over the bins of a characteristic (2006, chapter 9). The shifts of all characteristics add up to that of the score. Rows where either is NULL, or the points NaN, are left out; without rows of both samples NULL. Error: points beyond 1e100.';

CREATE AGGREGATE credit_limit.score_shift(points numeric, is_actual boolean) (
  SFUNC = credit_limit_internal.score_shift_transition,
  STYPE = internal,
  SSPACE = 64,
  FINALFUNC = credit_limit_internal.score_shift_final,
  COMBINEFUNC = credit_limit_internal.score_shift_combine,
  SERIALFUNC = credit_limit_internal.score_shift_serial,
  DESERIALFUNC = credit_limit_internal.score_shift_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.score_shift(numeric, boolean) IS
'As score_shift(float8, boolean).';

-- Whether a bin still has the event rate that it had.

CREATE TYPE credit_limit.event_rate_comparison AS (
  n_expected bigint,
  events_expected bigint,
  n_actual bigint,
  events_actual bigint,
  event_rate_expected float8,
  event_rate_actual float8,
  chi2 float8,
  p_value float8,
  n_skipped bigint
);

COMMENT ON TYPE credit_limit.event_rate_comparison IS
'Event rates (fractions) of an expected and an actual sample, Pearson''s chi-squared of their difference with one degree of freedom and without continuity correction, and its p-value. Rates are NULL for a sample without rows, the test when either is. n_skipped: rows left out for a NULL.';

CREATE FUNCTION credit_limit.event_rate_test(
  n_expected bigint,
  events_expected bigint,
  n_actual bigint,
  events_actual bigint)
RETURNS credit_limit.event_rate_comparison
AS 'MODULE_PATHNAME', 'cl_event_rate_test_counts' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.event_rate_test(bigint, bigint, bigint, bigint) IS
'Whether two event rates differ, from counts of rows and events of the expected and the actual sample: chi-squared with one degree of freedom, no continuity correction; two rates of 0, or of 1, do not differ. NULL if any is NULL. Error: events below 0 or above the rows.';

CREATE FUNCTION credit_limit_internal.event_rate_test_transition(internal, boolean, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_event_rate_test_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.event_rate_test_combine(internal, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_event_rate_test_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.event_rate_test_serial(internal) RETURNS bytea
AS 'MODULE_PATHNAME', 'cl_event_rate_test_serial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.event_rate_test_deserial(bytea, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_event_rate_test_deserial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.event_rate_test_final(internal) RETURNS credit_limit.event_rate_comparison
AS 'MODULE_PATHNAME', 'cl_event_rate_test_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.event_rate_test_transition(internal, boolean, boolean) IS 'Transition of event_rate_test.';
COMMENT ON FUNCTION credit_limit_internal.event_rate_test_combine(internal, internal) IS 'Combines the states of two workers.';
COMMENT ON FUNCTION credit_limit_internal.event_rate_test_serial(internal) IS 'State of event_rate_test as bytes.';
COMMENT ON FUNCTION credit_limit_internal.event_rate_test_deserial(bytea, internal) IS 'State of event_rate_test from bytes.';
COMMENT ON FUNCTION credit_limit_internal.event_rate_test_final(internal) IS 'Result of event_rate_test.';

CREATE AGGREGATE credit_limit.event_rate_test(event boolean, is_actual boolean) (
  SFUNC = credit_limit_internal.event_rate_test_transition,
  STYPE = internal,
  SSPACE = 64,
  FINALFUNC = credit_limit_internal.event_rate_test_final,
  COMBINEFUNC = credit_limit_internal.event_rate_test_combine,
  SERIALFUNC = credit_limit_internal.event_rate_test_serial,
  DESERIALFUNC = credit_limit_internal.event_rate_test_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.event_rate_test(boolean, boolean) IS
'Whether the actual rows have the event rate of the expected ones; group by bin for a test of each. event: true is the bad outcome. Rows where either is NULL are left out and counted; no other rows give NULL.';

-- Bands of numbers.

CREATE FUNCTION credit_limit_internal.quantile_bands_transition(internal, float8, integer) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_quantile_bands_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.quantile_bands_transition(internal, numeric, integer) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_quantile_bands_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.quantile_bands_combine(internal, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_quantile_bands_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.quantile_bands_serial(internal) RETURNS bytea
AS 'MODULE_PATHNAME', 'cl_quantile_bands_serial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.quantile_bands_deserial(bytea, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_quantile_bands_deserial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.quantile_bands_final(internal) RETURNS float8[]
AS 'MODULE_PATHNAME', 'cl_quantile_bands_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.quantile_bands_transition(internal, float8, integer) IS 'Transition of quantile_bands.';
COMMENT ON FUNCTION credit_limit_internal.quantile_bands_transition(internal, numeric, integer) IS 'Transition of quantile_bands.';
COMMENT ON FUNCTION credit_limit_internal.quantile_bands_combine(internal, internal) IS 'Combines the states of two workers.';
COMMENT ON FUNCTION credit_limit_internal.quantile_bands_serial(internal) IS 'State of quantile_bands as bytes.';
COMMENT ON FUNCTION credit_limit_internal.quantile_bands_deserial(bytea, internal) IS 'State of quantile_bands from bytes.';
COMMENT ON FUNCTION credit_limit_internal.quantile_bands_final(internal) IS 'Result of quantile_bands.';

CREATE AGGREGATE credit_limit.quantile_bands(score float8, bands integer) (
  SFUNC = credit_limit_internal.quantile_bands_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.quantile_bands_final,
  COMBINEFUNC = credit_limit_internal.quantile_bands_combine,
  SERIALFUNC = credit_limit_internal.quantile_bands_serial,
  DESERIALFUNC = credit_limit_internal.quantile_bands_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.quantile_bands(float8, integer) IS
'Bounds for width_bucket(score, bounds) that cut the scores into so many bands (2 to 1000) of about equal size; bands are closed on the left, as those of width_bucket, and numbered from 0. Each bound is the score that has the number of rows below it nearest to k/bands of all. Equal scores stay together and no band of these scores is empty, so many ties give fewer bands; if all are equal the array is empty. NULL and NaN are left out; no rows give NULL. Exact for any plan. Memory: 8 to 32 bytes per distinct score. Error: bands NULL, out of range or not the same in all rows.';

CREATE AGGREGATE credit_limit.quantile_bands(score numeric, bands integer) (
  SFUNC = credit_limit_internal.quantile_bands_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.quantile_bands_final,
  COMBINEFUNC = credit_limit_internal.quantile_bands_combine,
  SERIALFUNC = credit_limit_internal.quantile_bands_serial,
  DESERIALFUNC = credit_limit_internal.quantile_bands_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.quantile_bands(numeric, integer) IS
'As quantile_bands(float8, integer).';

-- Reports over tables.

CREATE FUNCTION credit_limit.psi_by_period(
  relation regclass,
  bin_expression text,
  period_expression text,
  reference text DEFAULT NULL,
  empty text DEFAULT 'laplace',
  OUT period text,
  OUT n bigint,
  OUT psi float8,
  OUT n_empty integer,
  OUT critical_value_95 float8,
  OUT status text,
  OUT significant boolean,
  OUT p_value float8,
  OUT n_bands integer)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'cl_psi_by_period' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000 ROWS 50;

COMMENT ON FUNCTION credit_limit.psi_by_period(regclass, text, text, text, text) IS
'PSI of every period of a table or view against one of them, in one scan, ordered by period. The relation is a name; for a sub-select make a view. bin_expression and period_expression are SQL expressions over the columns of the relation, of any type that has an order; they run with the rights and the search_path of the caller, so never build them from what a stranger wrote. reference is a value of the period expression; without it the first period. A NULL bin is the bin "missing"; rows without a period are a row of their own, the last. status: stable below 0.1, investigate to 0.25, shifted above, or reference; significant: psi is above critical_value_95, that is, more than chance. empty as in psi. A NULL relation, expression or convention gives no rows, nor does an empty relation. Error: text that is not one expression, a reference that no row has, more than 1000000 pairs of period and bin.';

CREATE FUNCTION credit_limit_internal.scorecard_bin_counts_transition(internal, credit_limit.scorecard, record) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_scorecard_bin_counts_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.scorecard_bin_counts_combine(internal, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_scorecard_bin_counts_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.scorecard_bin_counts_serial(internal) RETURNS bytea
AS 'MODULE_PATHNAME', 'cl_scorecard_bin_counts_serial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.scorecard_bin_counts_deserial(bytea, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_scorecard_bin_counts_deserial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.scorecard_bin_counts_final(internal) RETURNS bigint[]
AS 'MODULE_PATHNAME', 'cl_scorecard_bin_counts_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.scorecard_bin_counts_transition(internal, credit_limit.scorecard, record) IS 'Transition of scorecard_bin_counts.';
COMMENT ON FUNCTION credit_limit_internal.scorecard_bin_counts_combine(internal, internal) IS 'Combines the states of two workers.';
COMMENT ON FUNCTION credit_limit_internal.scorecard_bin_counts_serial(internal) IS 'State of scorecard_bin_counts as bytes.';
COMMENT ON FUNCTION credit_limit_internal.scorecard_bin_counts_deserial(bytea, internal) IS 'State of scorecard_bin_counts from bytes.';
COMMENT ON FUNCTION credit_limit_internal.scorecard_bin_counts_final(internal) IS 'Result of scorecard_bin_counts.';

CREATE AGGREGATE credit_limit_internal.scorecard_bin_counts(card credit_limit.scorecard, borrower record) (
  SFUNC = credit_limit_internal.scorecard_bin_counts_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.scorecard_bin_counts_final,
  COMBINEFUNC = credit_limit_internal.scorecard_bin_counts_combine,
  SERIALFUNC = credit_limit_internal.scorecard_bin_counts_serial,
  DESERIALFUNC = credit_limit_internal.scorecard_bin_counts_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit_internal.scorecard_bin_counts(credit_limit.scorecard, record) IS
'What stability_report counts in either table: rows, rows with a score, then for every bin of every characteristic in the order of scorecard_table, with one more per characteristic for values that have no bin, the rows in it, then the same for rows with a score. Rows where either is NULL are left out; no rows give NULL. Error: two different cards, and those of score().';

CREATE FUNCTION credit_limit.stability_report(
  card credit_limit.scorecard,
  expected regclass,
  actual regclass,
  empty text DEFAULT 'laplace',
  OUT characteristic text,
  OUT bin_id integer,
  OUT bin text,
  OUT n_expected bigint,
  OUT n_actual bigint,
  OUT expected_share float8,
  OUT actual_share float8,
  OUT psi float8,
  OUT points float8,
  OUT score_shift float8)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'cl_stability_report' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 10000 ROWS 100;

COMMENT ON FUNCTION credit_limit.stability_report(credit_limit.scorecard, regclass, regclass, text) IS
'How the borrowers of two tables or views are spread over the bins of a scorecard, from one scan of either. A row per bin in the order of scorecard_table, and one called "no bin" (bin_id and points NULL) where a value has none. Counts, shares and psi (what the bin adds to the PSI of its characteristic; empty as in psi) are of all borrowers. score_shift is (A - E) * points with the shares A and E among borrowers who have a score, so that it adds up, over all rows, to mean actual score less mean expected score. It runs with the rights of the caller. NULL arguments give no rows. Errors: those of score().';

CREATE FUNCTION credit_limit.stability_summary(
  card credit_limit.scorecard,
  expected regclass,
  actual regclass,
  empty text DEFAULT 'laplace',
  OUT characteristic text,
  OUT n_expected bigint,
  OUT n_actual bigint,
  OUT no_bin_expected bigint,
  OUT no_bin_actual bigint,
  OUT psi float8,
  OUT n_empty integer,
  OUT critical_value_95 float8,
  OUT p_value float8,
  OUT status text,
  OUT score_shift float8)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'cl_stability_summary' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 10000 ROWS 20;

COMMENT ON FUNCTION credit_limit.stability_summary(credit_limit.scorecard, regclass, regclass, text) IS
'stability_report in one row per characteristic: its PSI over all its bins, "no bin" being one, with what psi() says of it, the borrowers whose value has no bin, and the points that the mean score moved because of it. The last row, "total", has the borrowers without a score and the shift of the score, which is the sum of the others; PSIs of characteristics do not add up to anything, so it has none.';

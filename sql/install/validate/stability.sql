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
COMMENT ON COLUMN credit_limit.psi_result.psi IS
'Sum of (A - E) ln(A / E) over the shares of actual and expected rows. NULL when a sample has no rows.';
COMMENT ON COLUMN credit_limit.psi_result.n_empty IS
'Bins that only one of the samples uses: above 0, psi depends on the convention in column empty.';
COMMENT ON COLUMN credit_limit.psi_result.n IS 'Expected rows (or the sum of their weights); NULL for shares.';
COMMENT ON COLUMN credit_limit.psi_result.m IS 'Actual rows (or the sum of their weights); NULL for shares.';
COMMENT ON COLUMN credit_limit.psi_result.critical_value_95 IS
'What psi exceeds by chance once in twenty times when nothing has changed, by chi-squared; see psi_critical_value. NULL for '
'shares and for fewer than two bins.';
COMMENT ON COLUMN credit_limit.psi_result.empty IS 'The convention for bins that only one sample uses, as it was asked for.';
COMMENT ON COLUMN credit_limit.psi_result.n_bands IS 'Bins that either sample uses.';
COMMENT ON COLUMN credit_limit.psi_result.p_value IS
'Probability of so large a psi, or a larger one, when nothing has changed. NULL as critical_value_95.';
COMMENT ON COLUMN credit_limit.psi_result.status IS
'stable below 0.1, investigate to 0.25, shifted above (Siddiqi 2006). Where chance alone reaches 0.1 (critical_value_95), a psi '
'from there on to twice the critical value says nothing: too many bands if ten would do for so many rows, else too few rows. no '
'expected rows, no actual rows, no rows: there is no psi.';
COMMENT ON COLUMN credit_limit.psi_result.n_skipped IS 'Rows that belong to neither sample or have no weight, and were left out.';

CREATE FUNCTION credit_limit.psi(credit_limit.stability, empty text DEFAULT 'laplace')
RETURNS credit_limit.psi_result
AS 'MODULE_PATHNAME', 'cl_psi_stability' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.psi(credit_limit.stability, text) IS
'Population stability index: sum of (A - E) ln(A / E) over the shares of actual and expected rows in each bin. empty says what '
'is done about a bin that only one sample uses, where that is infinite: laplace (as soon as there is one, 0.5 is added to every '
'count; without one nothing is added), laplace_always, prior (as soon as there is one, 1 row spread as both samples together is '
'added to each), one, half (a count of 0 becomes that), floor (a share of 0 becomes 1e-4), epsilon (1e-4 is added to every '
'share, empty or not), drop (the bin is left out), infinity, error; or with a number: laplace=, laplace_always=, prior=, '
'count=, floor=, epsilon=. Bins that neither sample uses do not count. NULL arguments give NULL. Error: unknown convention; '
'empty bins under error. Source: Siddiqi 2006, chapter 9; chance: Yurdakul 2018.';

CREATE FUNCTION credit_limit.psi(expected float8[], actual float8[], empty text DEFAULT 'laplace', shares boolean DEFAULT false)
RETURNS credit_limit.psi_result
AS 'MODULE_PATHNAME', 'cl_psi_arrays' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.psi(float8[], float8[], text, boolean) IS
'Population stability index of counts, one for each band in both arrays; conventions for empty bands as in psi(stability, '
'text). shares => true says that the arrays are shares (fractions that add up to 1 within 0.02; they are scaled to do so '
'exactly): then there are no n, m, critical value and p-value, and conventions that work on counts are an error where there is '
'an empty band. NULL arguments and arrays without bands give NULL. Error: arrays of different lengths, NULL, NaN, infinite or '
'negative elements.';

CREATE FUNCTION credit_limit.psi(expected text, actual text, empty text DEFAULT 'laplace', shares boolean DEFAULT false)
RETURNS credit_limit.psi_result LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN credit_limit.psi(expected::float8[], actual::float8[], empty, shares);

COMMENT ON FUNCTION credit_limit.psi(text, text, text, boolean) IS
'As psi(float8[], float8[], text, boolean), of arrays written as literals, which then need no cast. Error also: text that is no '
'array of numbers.';

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
'One row per bin: rows of either sample, their shares before any smoothing, and what the bin adds to psi under the convention '
'(see psi). is_empty: only one sample uses it. Ordered by name, numbers in names by size, "missing" last. The parts add up to '
'the psi of psi(). Shares are NULL for a sample without rows, psi when either is.';

CREATE FUNCTION credit_limit.stability(bins text[], expected float8[], actual float8[])
RETURNS credit_limit.stability
AS 'MODULE_PATHNAME', 'cl_stability_from_arrays' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.stability(text[], float8[], float8[]) IS
'A stability from the names of bins and the counts of either sample. A NULL name is the bin "missing", equal names are added '
'up, bins without rows are left out; without any rows NULL. Error: arrays of different lengths, NULL, NaN, infinite or negative '
'counts.';

CREATE FUNCTION credit_limit.stability_compare(expected credit_limit.stability, actual credit_limit.stability)
RETURNS credit_limit.stability
AS 'MODULE_PATHNAME', 'cl_stability_compare' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.stability_compare(credit_limit.stability, credit_limit.stability) IS
'All rows of the first as expected, all rows of the second as actual, whatever they were: any stored counts against any others. '
'NULL if either is NULL.';

CREATE FUNCTION credit_limit.psi_critical_value(
  n float8,
  m float8,
  bands integer,
  confidence float8 DEFAULT 0.95,
  method text DEFAULT 'chi2')
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_psi_critical_value' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.psi_critical_value(float8, float8, integer, float8, text) IS
'What the psi of n expected and m actual rows in so many bands exceeds with probability 1 - confidence when nothing has '
'changed. chi2: (1/n + 1/m) times the quantile of chi-squared with bands - 1 degrees of freedom; normal: the same by its mean '
'and variance. confidence strictly between 0 and 1. NULL if any is NULL. Error: n or m not positive, fewer than 2 bands. '
'Source: Yurdakul 2018, "Statistical properties of population stability index".';

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
'Relatives of PSI over the shares A and E: Kullback-Leibler kl_actual = sum A ln(A/E) and kl_expected = sum E ln(E/A), which '
'add up to psi and use the convention for empty bins; jensen_shannon (natural logarithm, 0 to ln 2), hellinger (half the sum of '
'(sqrt A - sqrt E)^2, 0 to 1) and triangular (sum (A-E)^2/(A+E), 0 to 2), which need none. ks is NULL: bins with names have no '
'order. NULL when a sample has no rows.';

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
'As stability_divergence(stability, text), of counts or shares as in psi. ks is the largest distance of the cumulative shares, '
'in the order of the bands.';

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
'Event rates (fractions) of an expected and an actual sample, Pearson''s chi-squared of their difference with one degree of '
'freedom and without continuity correction, and its p-value. Rates are NULL for a sample without rows, the test when either is. '
'n_skipped: rows left out for a NULL.';

CREATE FUNCTION credit_limit.event_rate_test(
  n_expected bigint,
  events_expected bigint,
  n_actual bigint,
  events_actual bigint)
RETURNS credit_limit.event_rate_comparison
AS 'MODULE_PATHNAME', 'cl_event_rate_test_counts' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.event_rate_test(bigint, bigint, bigint, bigint) IS
'Whether two event rates differ, from counts of rows and events of the expected and the actual sample: chi-squared with one '
'degree of freedom, no continuity correction; two rates of 0, or of 1, do not differ. NULL if any is NULL. Error: events below '
'0 or above the rows.';

-- Bands of numbers.

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
'PSI of every period of a table or view against one of them, in one scan, ordered by period. The relation is a name; for a '
'sub-select make a view. bin_expression and period_expression are SQL expressions over the columns of the relation, of any type '
'that has an order; they run with the rights and the search_path of the caller, so never build them from what a stranger wrote. '
'reference is a value of the period expression; without it the first period. A NULL bin is the bin "missing"; rows without a '
'period are a row of their own, the last. status: as in psi_result, or reference; significant: psi is above critical_value_95, '
'that is, more than chance, as it is wherever status says investigate or shifted; NULL where there are too many bands or too few '
'rows to say. empty as in psi. A NULL relation, expression or '
'convention gives no rows, nor does an empty relation. Error: text that is not one expression, a reference that no row has, '
'more than 1000000 pairs of period and bin.';

CREATE FUNCTION credit_limit_internal.scorecard_bins(card credit_limit.scorecard, borrower record) RETURNS integer[]
AS 'MODULE_PATHNAME', 'cl_scorecard_bin_numbers' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION credit_limit_internal.scorecard_bins(credit_limit.scorecard, record) IS
'The bin of every characteristic, numbered from 0 in the order of scorecard_table; the number of bins where a value has none. '
'NULL if either is NULL. Errors: those of score().';

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
'How the borrowers of two tables or views are spread over the bins of a scorecard, from one scan of either. A row per bin in '
'the order of scorecard_table, and one called "no bin" (bin_id and points NULL) where a value has none. Counts, shares and psi '
'(what the bin adds to the PSI of its characteristic; empty as in psi) are of all borrowers. score_shift is (A - E) * points '
'with the shares A and E among borrowers who have a score, so that it adds up, over all rows, to mean actual score less mean '
'expected score. It runs with the rights of the caller. NULL arguments give no rows. Errors: those of score().';

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
  OUT unseen_actual bigint,
  OUT psi float8,
  OUT n_empty integer,
  OUT critical_value_95 float8,
  OUT p_value float8,
  OUT status text,
  OUT score_shift float8)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'cl_stability_summary' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 10000 ROWS 20;

COMMENT ON FUNCTION credit_limit.stability_summary(credit_limit.scorecard, regclass, regclass, text) IS
'stability_report in one row per characteristic. It has the PSI over all its bins, with "no bin" as one, and what psi() says of '
'it; the borrowers whose value has no bin; the actual borrowers in bins that no expected borrower has (unseen_actual), whose '
'points are not known; and the points by which the mean score moved because of it. The last row, "total", has the borrowers '
'without a score and the shift of the score, which is the sum of the others. PSIs of characteristics do not add up, so it has '
'none.';

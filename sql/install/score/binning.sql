-- binning: a characteristic cut into bins, with what was counted in each.

CREATE TYPE credit_limit.binning;

CREATE FUNCTION credit_limit_internal.binning_in(cstring) RETURNS credit_limit.binning
AS 'MODULE_PATHNAME', 'cl_binning_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.binning_out(credit_limit.binning) RETURNS cstring
AS 'MODULE_PATHNAME', 'cl_binning_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.binning_recv(internal) RETURNS credit_limit.binning
AS 'MODULE_PATHNAME', 'cl_binning_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.binning_send(credit_limit.binning) RETURNS bytea
AS 'MODULE_PATHNAME', 'cl_binning_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.binning_in(cstring) IS 'Input of type binning: JSON, validated.';
COMMENT ON FUNCTION credit_limit_internal.binning_out(credit_limit.binning) IS 'Output of type binning: JSON.';
COMMENT ON FUNCTION credit_limit_internal.binning_recv(internal) IS 'Binary input of type binning, validated as its text is.';
COMMENT ON FUNCTION credit_limit_internal.binning_send(credit_limit.binning) IS 'Binary output of type binning.';

CREATE TYPE credit_limit.binning (
  INPUT = credit_limit_internal.binning_in,
  OUTPUT = credit_limit_internal.binning_out,
  RECEIVE = credit_limit_internal.binning_recv,
  SEND = credit_limit_internal.binning_send,
  INTERNALLENGTH = VARIABLE,
  STORAGE = extended
);

COMMENT ON TYPE credit_limit.binning IS
'A characteristic cut into bins, with the events and non-events of each, the conventions of its weights of evidence, and how it was found. Text form is JSON, which may be written and changed by hand; doc/score.md describes it. Made by optimal_binning, fixed_binning and fixed_binning, counted anew by refit, read by binning_table, binning_summary and information_value, applied by woe and bin_id.';

CREATE FUNCTION credit_limit.binning(jsonb) RETURNS credit_limit.binning
AS 'MODULE_PATHNAME', 'cl_binning_from_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.binning_to_jsonb(credit_limit.binning) RETURNS jsonb
AS 'MODULE_PATHNAME', 'cl_binning_to_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.binning(jsonb) IS 'Cast from jsonb: the document is validated.';
COMMENT ON FUNCTION credit_limit_internal.binning_to_jsonb(credit_limit.binning) IS 'Cast to jsonb.';

CREATE CAST (jsonb AS credit_limit.binning) WITH FUNCTION credit_limit.binning(jsonb);
CREATE CAST (credit_limit.binning AS jsonb) WITH FUNCTION credit_limit_internal.binning_to_jsonb(credit_limit.binning);

COMMENT ON CAST (jsonb AS credit_limit.binning) IS 'Validates the document.';
COMMENT ON CAST (credit_limit.binning AS jsonb) IS 'The document as jsonb.';

CREATE FUNCTION credit_limit_internal.optimal_binning_final(internal) RETURNS credit_limit.binning
AS 'MODULE_PATHNAME', 'cl_optimal_binning_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.optimal_binning_final(internal) IS 'Result of optimal_binning.';

CREATE FUNCTION credit_limit.optimal_binning(credit_limit.bin_sketch, options jsonb DEFAULT '{}')
RETURNS credit_limit.binning
AS 'MODULE_PATHNAME', 'cl_optimal_binning' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.optimal_binning(credit_limit.bin_sketch, jsonb) IS
'The bins with the largest information value that keep all rules, found exactly. Options (default): max_n_prebins (100), min_n_bins (2), max_n_bins (8), min_bin_size (0.05, of all rows), max_bin_size (1), min_bin_n_event and min_bin_n_non_event (0), monotonic_trend of the event rate (auto: ascending or descending, or a peak or valley where the likelihood ratio against them is significant at 0.001; monotone, best of the four, one of them, or none), min_event_rate_diff (0) and max_pvalue (1) between neighbours, objective (iv, js, hellinger, triangular), splits (candidates instead of pre-bins), splits_fixed (cuts that must be), special_codes ([]: a bin each), cat_cutoff (0.01, of rows with a value: rarer categories are "other"), missing (separate, zero, worst, best or a weight of evidence), closed (left: [a, b)), woe_sign (non_event_over_event), smoothing (prior, none, laplace, sas). What cannot be done is said in status and message; an unknown key is an error.';

CREATE AGGREGATE credit_limit.optimal_binning(x float8, event boolean) (
  SFUNC = credit_limit_internal.bin_sketch_transition, STYPE = internal, SSPACE = 1024,
  FINALFUNC = credit_limit_internal.optimal_binning_final,
  COMBINEFUNC = credit_limit_internal.bin_sketch_combine, SERIALFUNC = credit_limit_internal.bin_sketch_serial, DESERIALFUNC = credit_limit_internal.bin_sketch_deserial,
  PARALLEL = SAFE
);

CREATE AGGREGATE credit_limit.optimal_binning(x numeric, event boolean) (
  SFUNC = credit_limit_internal.bin_sketch_transition, STYPE = internal, SSPACE = 1024,
  FINALFUNC = credit_limit_internal.optimal_binning_final,
  COMBINEFUNC = credit_limit_internal.bin_sketch_combine, SERIALFUNC = credit_limit_internal.bin_sketch_serial, DESERIALFUNC = credit_limit_internal.bin_sketch_deserial,
  PARALLEL = SAFE
);

CREATE AGGREGATE credit_limit.optimal_binning(x text, event boolean) (
  SFUNC = credit_limit_internal.bin_sketch_transition, STYPE = internal, SSPACE = 1024,
  FINALFUNC = credit_limit_internal.optimal_binning_final,
  COMBINEFUNC = credit_limit_internal.bin_sketch_combine, SERIALFUNC = credit_limit_internal.bin_sketch_serial, DESERIALFUNC = credit_limit_internal.bin_sketch_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.optimal_binning(float8, boolean) IS
'optimal_binning of a column with the default options, in one step. NULL and NaN are the value "missing"; rows with a NULL event are left out and counted; no rows give NULL. With weights: optimal_binning(bin_sketch_agg(x, event, weight)).';
COMMENT ON AGGREGATE credit_limit.optimal_binning(numeric, boolean) IS
'optimal_binning of a column with the default options, in one step. NULL and NaN are the value "missing"; rows with a NULL event are left out and counted; no rows give NULL. With weights: optimal_binning(bin_sketch_agg(x, event, weight)).';
COMMENT ON AGGREGATE credit_limit.optimal_binning(text, boolean) IS
'optimal_binning of a column of categories with the default options, in one step. NULL and NaN are the value "missing"; rows with a NULL event are left out and counted; no rows give NULL. With weights: optimal_binning(bin_sketch_agg(x, event, weight)).';

CREATE FUNCTION credit_limit_internal.optimal_binning_transition(internal, float8, boolean, jsonb) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_optimal_binning_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.optimal_binning_transition(internal, numeric, boolean, jsonb) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_optimal_binning_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.optimal_binning_transition(internal, text, boolean, jsonb) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_optimal_binning_text_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.optimal_binning_combine(internal, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_optimal_binning_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.optimal_binning_serial(internal) RETURNS bytea
AS 'MODULE_PATHNAME', 'cl_optimal_binning_serial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.optimal_binning_deserial(bytea, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_optimal_binning_deserial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.optimal_binning_options_final(internal) RETURNS credit_limit.binning
AS 'MODULE_PATHNAME', 'cl_optimal_binning_options_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.optimal_binning_transition(internal, float8, boolean, jsonb) IS 'Transition of optimal_binning.';
COMMENT ON FUNCTION credit_limit_internal.optimal_binning_transition(internal, numeric, boolean, jsonb) IS 'Transition of optimal_binning.';
COMMENT ON FUNCTION credit_limit_internal.optimal_binning_transition(internal, text, boolean, jsonb) IS 'Transition of optimal_binning.';
COMMENT ON FUNCTION credit_limit_internal.optimal_binning_combine(internal, internal) IS 'Combines the states of two workers.';
COMMENT ON FUNCTION credit_limit_internal.optimal_binning_serial(internal) IS 'State of optimal_binning as bytes.';
COMMENT ON FUNCTION credit_limit_internal.optimal_binning_deserial(bytea, internal) IS 'State of optimal_binning from bytes.';
COMMENT ON FUNCTION credit_limit_internal.optimal_binning_options_final(internal) IS 'Result of optimal_binning.';

CREATE AGGREGATE credit_limit.optimal_binning(x float8, event boolean, options jsonb) (
  SFUNC = credit_limit_internal.optimal_binning_transition, STYPE = internal, SSPACE = 1024,
  FINALFUNC = credit_limit_internal.optimal_binning_options_final,
  COMBINEFUNC = credit_limit_internal.optimal_binning_combine, SERIALFUNC = credit_limit_internal.optimal_binning_serial,
  DESERIALFUNC = credit_limit_internal.optimal_binning_deserial,
  PARALLEL = SAFE
);

CREATE AGGREGATE credit_limit.optimal_binning(x numeric, event boolean, options jsonb) (
  SFUNC = credit_limit_internal.optimal_binning_transition, STYPE = internal, SSPACE = 1024,
  FINALFUNC = credit_limit_internal.optimal_binning_options_final,
  COMBINEFUNC = credit_limit_internal.optimal_binning_combine, SERIALFUNC = credit_limit_internal.optimal_binning_serial,
  DESERIALFUNC = credit_limit_internal.optimal_binning_deserial,
  PARALLEL = SAFE
);

CREATE AGGREGATE credit_limit.optimal_binning(x text, event boolean, options jsonb) (
  SFUNC = credit_limit_internal.optimal_binning_transition, STYPE = internal, SSPACE = 1024,
  FINALFUNC = credit_limit_internal.optimal_binning_options_final,
  COMBINEFUNC = credit_limit_internal.optimal_binning_combine, SERIALFUNC = credit_limit_internal.optimal_binning_serial,
  DESERIALFUNC = credit_limit_internal.optimal_binning_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.optimal_binning(float8, boolean, jsonb) IS
'optimal_binning of a column in one step, with options: see optimal_binning(bin_sketch, jsonb). NULL and NaN are the value "missing"; rows with a NULL event are left out and counted; no rows give NULL. Error: options that are NULL, not valid (at the first row), or not the same in all rows.';
COMMENT ON AGGREGATE credit_limit.optimal_binning(numeric, boolean, jsonb) IS
'optimal_binning of a column in one step, with options: see optimal_binning(bin_sketch, jsonb). NULL and NaN are the value "missing"; rows with a NULL event are left out and counted; no rows give NULL. Error: options that are NULL, not valid (at the first row), or not the same in all rows.';
COMMENT ON AGGREGATE credit_limit.optimal_binning(text, boolean, jsonb) IS
'optimal_binning of a column of categories in one step, with options: see optimal_binning(bin_sketch, jsonb). NULL is the value "missing"; rows with a NULL event are left out and counted; no rows give NULL. Error: options that are NULL, not valid (at the first row), or not the same in all rows.';

CREATE FUNCTION credit_limit.fixed_binning(splits float8[], options jsonb DEFAULT '{}')
RETURNS credit_limit.binning
AS 'MODULE_PATHNAME', 'cl_fixed_binning' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.fixed_binning(float8[], jsonb) IS
'Bins between given cuts, not counted yet: binning_refit counts them. Options as in optimal_binning; of use are special_codes, missing, closed, woe_sign and smoothing. Error: a cut that is NULL, not finite, or there twice.';

CREATE FUNCTION credit_limit.fixed_binning(groups jsonb, options jsonb DEFAULT '{}')
RETURNS credit_limit.binning
AS 'MODULE_PATHNAME', 'cl_fixed_binning_groups' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.fixed_binning(jsonb, jsonb) IS
'Bins of categories as given, not counted yet: binning_refit counts them. groups is an array of arrays, [["own"], ["rent", "free"]], of strings, numbers or booleans, one kind in all; what is not listed is "other". Options as in optimal_binning; of use are missing, woe_sign and smoothing. Error: an empty group, or a value that is there twice.';

CREATE FUNCTION credit_limit.fixed_binning(bins text, options jsonb DEFAULT '{}')
RETURNS credit_limit.binning LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN bins ~ '^\s*\[' THEN credit_limit.fixed_binning(bins::jsonb, options)
  ELSE credit_limit.fixed_binning(bins::float8[], options) END;

COMMENT ON FUNCTION credit_limit.fixed_binning(text, jsonb) IS
'As fixed_binning(float8[], jsonb) of cuts ''{1000, 2000}'', or as fixed_binning(jsonb, jsonb) of groups ''[["own"], ["rent", "free"]]'': a literal needs no cast.';

CREATE FUNCTION credit_limit.binning_refit(credit_limit.binning, credit_limit.bin_sketch)
RETURNS credit_limit.binning
AS 'MODULE_PATHNAME', 'cl_binning_refit' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.binning_refit(credit_limit.binning, credit_limit.bin_sketch) IS
'The same bins with the counts of other rows: a hold-out, a later year, or after the bins were changed by hand. Values without a bin are left out. Error: a binning of numbers for texts, or the reverse.';

CREATE FUNCTION credit_limit_internal.binning_refit_transition(internal, credit_limit.binning, float8, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_binning_refit_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.binning_refit_transition(internal, credit_limit.binning, numeric, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_binning_refit_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.binning_refit_transition(internal, credit_limit.binning, text, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_binning_refit_text_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.binning_refit_combine(internal, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_binning_refit_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.binning_refit_serial(internal) RETURNS bytea
AS 'MODULE_PATHNAME', 'cl_binning_refit_serial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.binning_refit_deserial(bytea, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_binning_refit_deserial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.binning_refit_final(internal) RETURNS credit_limit.binning
AS 'MODULE_PATHNAME', 'cl_binning_refit_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.binning_refit_transition(internal, credit_limit.binning, float8, boolean) IS 'Transition of binning_refit.';
COMMENT ON FUNCTION credit_limit_internal.binning_refit_transition(internal, credit_limit.binning, numeric, boolean) IS 'Transition of binning_refit.';
COMMENT ON FUNCTION credit_limit_internal.binning_refit_transition(internal, credit_limit.binning, text, boolean) IS 'Transition of binning_refit.';
COMMENT ON FUNCTION credit_limit_internal.binning_refit_combine(internal, internal) IS 'Combines the states of two workers.';
COMMENT ON FUNCTION credit_limit_internal.binning_refit_serial(internal) IS 'State of binning_refit as bytes.';
COMMENT ON FUNCTION credit_limit_internal.binning_refit_deserial(bytea, internal) IS 'State of binning_refit from bytes.';
COMMENT ON FUNCTION credit_limit_internal.binning_refit_final(internal) IS 'Result of binning_refit.';

CREATE AGGREGATE credit_limit.binning_refit(credit_limit.binning, x float8, event boolean) (
  SFUNC = credit_limit_internal.binning_refit_transition, STYPE = internal, SSPACE = 4096,
  FINALFUNC = credit_limit_internal.binning_refit_final,
  COMBINEFUNC = credit_limit_internal.binning_refit_combine, SERIALFUNC = credit_limit_internal.binning_refit_serial, DESERIALFUNC = credit_limit_internal.binning_refit_deserial,
  PARALLEL = SAFE
);

CREATE AGGREGATE credit_limit.binning_refit(credit_limit.binning, x numeric, event boolean) (
  SFUNC = credit_limit_internal.binning_refit_transition, STYPE = internal, SSPACE = 4096,
  FINALFUNC = credit_limit_internal.binning_refit_final,
  COMBINEFUNC = credit_limit_internal.binning_refit_combine, SERIALFUNC = credit_limit_internal.binning_refit_serial, DESERIALFUNC = credit_limit_internal.binning_refit_deserial,
  PARALLEL = SAFE
);

CREATE AGGREGATE credit_limit.binning_refit(credit_limit.binning, x text, event boolean) (
  SFUNC = credit_limit_internal.binning_refit_transition, STYPE = internal, SSPACE = 4096,
  FINALFUNC = credit_limit_internal.binning_refit_final,
  COMBINEFUNC = credit_limit_internal.binning_refit_combine, SERIALFUNC = credit_limit_internal.binning_refit_serial, DESERIALFUNC = credit_limit_internal.binning_refit_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.binning_refit(credit_limit.binning, float8, boolean) IS
'The same bins with the counts of these rows: a hold-out, a later year. Equal to binning_refit(binning, bin_sketch_agg(x, event)), in memory for the bins only. Values without a bin and rows with a NULL binning are left out; rows with a NULL event are left out and counted; no rows give NULL. Error: texts in the binning, or not the same binning in all rows of a group.';
COMMENT ON AGGREGATE credit_limit.binning_refit(credit_limit.binning, numeric, boolean) IS
'The same bins with the counts of these rows: a hold-out, a later year. Equal to binning_refit(binning, bin_sketch_agg(x, event)), in memory for the bins only. Values without a bin and rows with a NULL binning are left out; rows with a NULL event are left out and counted; no rows give NULL. Error: texts in the binning, or not the same binning in all rows of a group.';
COMMENT ON AGGREGATE credit_limit.binning_refit(credit_limit.binning, text, boolean) IS
'The same bins with the counts of these rows: a hold-out, a later year. Equal to binning_refit(binning, bin_sketch_agg(x, event)), in memory for the bins only. Values without a bin and rows with a NULL binning are left out; rows with a NULL event are left out and counted; no rows give NULL. Error: numbers in the binning, or not the same binning in all rows of a group.';

CREATE FUNCTION credit_limit.binning_merge(credit_limit.binning, bin_ids int[]) RETURNS credit_limit.binning
AS 'MODULE_PATHNAME', 'cl_binning_merge' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.binning_merge(credit_limit.binning, int[]) IS
'Joins bins by the numbers of binning_table: intervals that are neighbours, any categories, or any special bins; their counts add up, and the result has status fixed. Information value never rises by it, but for smoothing. To divide a bin, count fixed_binning with one cut more by refit. Error: fewer than two bins, one that is not there or there twice, bins of different kinds, intervals that are no neighbours, missing, other.';

CREATE FUNCTION credit_limit.binning_sql(credit_limit.binning, expression text, what text DEFAULT 'woe') RETURNS text
AS 'MODULE_PATHNAME', 'cl_binning_sql' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.binning_sql(credit_limit.binning, text, text) IS
'A CASE expression over a column, for databases without the extension. what: woe (equal to woe() bit for bit), bin_id (to bin_id()) or bin (the label). The expression is pasted as it is, several times: quote names as in SQL, and compute what is slow or volatile in a sub-select. It must be of a type that casts to float8, to text for categories, to int for boolean categories. Error: an empty expression, another what.';

CREATE FUNCTION credit_limit.woe(credit_limit.binning, x float8) RETURNS float8
AS 'MODULE_PATHNAME', 'cl_woe_float8' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit.woe(credit_limit.binning, x numeric) RETURNS float8
AS 'MODULE_PATHNAME', 'cl_woe_numeric' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit.woe(credit_limit.binning, x text) RETURNS float8
AS 'MODULE_PATHNAME', 'cl_woe_text' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit.bin_id(credit_limit.binning, x float8) RETURNS int
AS 'MODULE_PATHNAME', 'cl_bin_id_float8' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit.bin_id(credit_limit.binning, x numeric) RETURNS int
AS 'MODULE_PATHNAME', 'cl_bin_id_numeric' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit.bin_id(credit_limit.binning, x text) RETURNS int
AS 'MODULE_PATHNAME', 'cl_bin_id_text' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.woe(credit_limit.binning, float8) IS
'Weight of evidence of the bin of a value. NULL and NaN are in the bin "missing"; a category that is not listed is in "other". NULL for a NULL binning, where there is no such bin, and where nothing was counted. Error: a text for a binning of numbers, or the reverse.';
COMMENT ON FUNCTION credit_limit.woe(credit_limit.binning, numeric) IS
'Weight of evidence of the bin of a value. NULL and NaN are in the bin "missing"; a category that is not listed is in "other". NULL for a NULL binning, where there is no such bin, and where nothing was counted. Error: a text for a binning of numbers, or the reverse.';
COMMENT ON FUNCTION credit_limit.woe(credit_limit.binning, text) IS
'Weight of evidence of the bin of a value. NULL and NaN are in the bin "missing"; a category that is not listed is in "other". NULL for a NULL binning, where there is no such bin, and where nothing was counted. Error: a text for a binning of numbers, or the reverse.';
COMMENT ON FUNCTION credit_limit.bin_id(credit_limit.binning, float8) IS
'Number of the bin of a value, as in binning_table; see woe.';
COMMENT ON FUNCTION credit_limit.bin_id(credit_limit.binning, numeric) IS
'Number of the bin of a value, as in binning_table; see woe.';
COMMENT ON FUNCTION credit_limit.bin_id(credit_limit.binning, text) IS
'Number of the bin of a value, as in binning_table; see woe.';

CREATE FUNCTION credit_limit.information_value(credit_limit.binning) RETURNS float8
AS 'MODULE_PATHNAME', 'cl_binning_information_value' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.information_value(credit_limit.binning) IS
'Information value: sum over all bins, missing and special ones included, of (share of non-events - share of events) times the weight of evidence. Below 0.02 unpredictive, to 0.1 weak, to 0.3 medium, above strong, from 0.5 suspicious (Siddiqi 2006). NULL when a class has no rows, or nothing was counted.';

CREATE FUNCTION credit_limit_internal.information_value_final(internal) RETURNS float8
AS 'MODULE_PATHNAME', 'cl_information_value_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.information_value_transition(internal, int, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_bin_sketch_int4_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.information_value_final(internal) IS 'Result of information_value.';
COMMENT ON FUNCTION credit_limit_internal.information_value_transition(internal, int, boolean) IS 'Transition of information_value.';

CREATE AGGREGATE credit_limit.information_value(bin text, event boolean) (
  SFUNC = credit_limit_internal.bin_sketch_transition, STYPE = internal, SSPACE = 1024,
  FINALFUNC = credit_limit_internal.information_value_final,
  COMBINEFUNC = credit_limit_internal.bin_sketch_combine, SERIALFUNC = credit_limit_internal.bin_sketch_serial, DESERIALFUNC = credit_limit_internal.bin_sketch_deserial,
  PARALLEL = SAFE
);

CREATE AGGREGATE credit_limit.information_value(bin int, event boolean) (
  SFUNC = credit_limit_internal.information_value_transition, STYPE = internal, SSPACE = 1024,
  FINALFUNC = credit_limit_internal.information_value_final,
  COMBINEFUNC = credit_limit_internal.bin_sketch_combine, SERIALFUNC = credit_limit_internal.bin_sketch_serial, DESERIALFUNC = credit_limit_internal.bin_sketch_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.information_value(text, boolean) IS
'Information value of bins that are there already, each text one bin, NULL one more; smoothing prior. Every distinct value is a bin: of a raw column it says nothing. Rows with a NULL event are left out; NULL when a class has no rows. Error: more than 100,000 bins. Source: Siddiqi 2006.';
COMMENT ON AGGREGATE credit_limit.information_value(int, boolean) IS
'As information_value(text, boolean), for bins by number, such as those of bin_id or width_bucket.';

CREATE FUNCTION credit_limit.binning_table(credit_limit.binning)
RETURNS TABLE (
  bin_id int,
  kind text,
  bin text,
  lower float8,
  upper float8,
  "values" text[],
  count float8,
  count_share float8,
  non_event float8,
  event float8,
  event_rate float8,
  event_rate_low float8,
  event_rate_high float8,
  woe float8,
  iv float8)
AS 'MODULE_PATHNAME', 'cl_binning_table' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 8;

COMMENT ON FUNCTION credit_limit.binning_table(credit_limit.binning) IS
'A row per bin: kind (interval, category, special, missing, other), label, bounds or listed values; rows or sums of weights, share of all rows; event rate with its 95 % Jeffreys interval; weight of evidence, and what the bin contributes to the information value. NULL where nothing was counted or there is nothing to divide by.';

CREATE FUNCTION credit_limit.binning_summary(
  credit_limit.binning,
  OUT n float8,
  OUT n_event float8,
  OUT n_missing float8,
  OUT n_special float8,
  OUT n_other float8,
  OUT n_skipped bigint,
  OUT n_bins int,
  OUT iv float8,
  OUT js float8,
  OUT gini float8,
  OUT ks float8,
  OUT cramers_v float8,
  OUT hhi_normalised float8,
  OUT trend text,
  OUT status text,
  OUT message text,
  OUT iv_unconstrained float8,
  OUT iv_min_size float8,
  OUT iv_trend float8,
  OUT iv_max_pvalue float8)
AS 'MODULE_PATHNAME', 'cl_binning_summary' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.binning_summary(credit_limit.binning) IS
'One row: rows (or sums of weights) in all, with an event, missing, special, other, left out; bins of values; information value, Jensen-Shannon divergence, Gini of the event rates, KS, Cramer V, concentration of the bins; trend of the event rate; status (optimal, infeasible, single_bin, one_class, all_missing, too_many_categories, fixed) and why; what the objective would be, over all bins and without smoothing, with the number of bins as the only rule, then with those of size, then of trend, then of p-value: the price of each.';

-- binning: a characteristic cut into bins, with what was counted in each.

CREATE FUNCTION credit_limit.optimal_binning(credit_limit.bin_sketch, options jsonb DEFAULT '{}')
RETURNS credit_limit.binning
AS 'MODULE_PATHNAME', 'cl_optimal_binning' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.optimal_binning(credit_limit.bin_sketch, jsonb) IS
'The bins with the largest information value that keep all rules, found exactly. Options (default): max_n_prebins (100), '
'min_n_bins (2), max_n_bins (8), min_bin_size (0.05, of all rows or of all events), max_bin_size (1), min_bin_n_event and '
'min_bin_n_non_event (0; a special, missing or other bin with fewer has a weight of evidence of 0), monotonic_trend of the '
'event rate (auto: ascending or descending, or a peak or valley where the likelihood ratio against them is significant at '
'0.001; monotone, best of the four, one of them, or none), min_event_rate_diff (0) and max_pvalue (1) between neighbours, '
'objective (iv, js, hellinger, triangular), splits (candidates instead of pre-bins), splits_fixed (cuts that must be), '
'special_codes ([]: a bin each), cat_cutoff (0.01, of rows with a value: rarer categories are "other"), missing, special and '
'other (capped: what the rows of the bin show, but not safer than the safest bin of values; separate: what they show; zero; '
'worst; best; a weight of evidence; special and other also missing: counted together with the missing values), closed (left: '
'[a, b)), woe_sign (non_event_over_event), smoothing (prior: half a row of the rarer class more, and of the other as go with '
'it; none; laplace; sas). What cannot be done is said in status and message; an unknown key is an error.';

CREATE FUNCTION credit_limit.fixed_binning(splits float8[], options jsonb DEFAULT '{}')
RETURNS credit_limit.binning
AS 'MODULE_PATHNAME', 'cl_fixed_binning' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.fixed_binning(float8[], jsonb) IS
'Bins between given cuts, not counted yet: binning_refit counts them. Options as in optimal_binning; of use are special_codes, '
'missing, special, closed, woe_sign, smoothing and min_bin_n_event. Error: a cut that is NULL, not finite, or there twice.';

CREATE FUNCTION credit_limit.fixed_binning(groups jsonb, options jsonb DEFAULT '{}')
RETURNS credit_limit.binning
AS 'MODULE_PATHNAME', 'cl_fixed_binning_groups' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.fixed_binning(jsonb, jsonb) IS
'Bins of categories as given, not counted yet: binning_refit counts them. groups is an array of arrays, [["own"], ["rent", '
'"free"]], of strings, numbers or booleans, one kind in all; what is not listed is "other". Options as in optimal_binning; of '
'use are missing, other, woe_sign, smoothing and min_bin_n_event. Error: an empty group, or a value that is there twice.';

CREATE FUNCTION credit_limit.fixed_binning(bins text, options jsonb DEFAULT '{}')
RETURNS credit_limit.binning LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN bins ~ '^[[:space:]]*[[]' THEN credit_limit.fixed_binning(bins::jsonb, options)
  ELSE credit_limit.fixed_binning(bins::float8[], options) END;

COMMENT ON FUNCTION credit_limit.fixed_binning(text, jsonb) IS
'As fixed_binning(float8[], jsonb) of cuts ''{1000, 2000}'', or as fixed_binning(jsonb, jsonb) of groups ''[["own"], ["rent", '
'"free"]]'': a literal needs no cast.';

CREATE FUNCTION credit_limit.binning_refit(credit_limit.binning, credit_limit.bin_sketch)
RETURNS credit_limit.binning
AS 'MODULE_PATHNAME', 'cl_binning_refit' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.binning_refit(credit_limit.binning, credit_limit.bin_sketch) IS
'The same bins with the counts of other rows: a hold-out, a later year, or after the bins were changed by hand. Values without '
'a bin are left out. Error: a binning of numbers for texts, or the reverse.';

CREATE FUNCTION credit_limit.binning_merge(credit_limit.binning, bin_ids int[]) RETURNS credit_limit.binning
AS 'MODULE_PATHNAME', 'cl_binning_merge' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.binning_merge(credit_limit.binning, int[]) IS
'Joins bins by the numbers of binning_table: intervals that are neighbours, any categories, or any special bins; their counts '
'add up, and the result has status fixed. Information value never rises by it, but for smoothing. To divide a bin, count '
'fixed_binning with one cut more by refit. Error: fewer than two bins, one that is not there or there twice, bins of different '
'kinds, intervals that are no neighbours, missing, other.';

CREATE FUNCTION credit_limit.binning_sql(credit_limit.binning, expression text, what text DEFAULT 'woe') RETURNS text
AS 'MODULE_PATHNAME', 'cl_binning_sql' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.binning_sql(credit_limit.binning, text, text) IS
'A CASE expression over a column, for databases without the extension. what: woe (equal to woe() bit for bit), bin_id (to '
'bin_id()) or bin (the label). The expression is pasted as it is, several times: quote names as in SQL, and compute what is '
'slow or volatile in a sub-select. It must be of a type that casts to float8, to text for categories, to int for boolean '
'categories. Error: an empty expression, another what.';

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
'Weight of evidence of the bin of a value. NULL and NaN are in the bin "missing"; a category that is not listed is in "other". '
'NULL for a NULL binning, where there is no such bin, and where nothing was counted. Error: a text for a binning of numbers, or '
'the reverse.';
COMMENT ON FUNCTION credit_limit.woe(credit_limit.binning, numeric) IS
'Weight of evidence of the bin of a value. NULL and NaN are in the bin "missing"; a category that is not listed is in "other". '
'NULL for a NULL binning, where there is no such bin, and where nothing was counted. Error: a text for a binning of numbers, or '
'the reverse.';
COMMENT ON FUNCTION credit_limit.woe(credit_limit.binning, text) IS
'Weight of evidence of the bin of a value. NULL and NaN are in the bin "missing"; a category that is not listed is in "other". '
'NULL for a NULL binning, where there is no such bin, and where nothing was counted. Error: a text for a binning of numbers, or '
'the reverse.';
COMMENT ON FUNCTION credit_limit.bin_id(credit_limit.binning, float8) IS
'Number of the bin of a value, as in binning_table; see woe.';
COMMENT ON FUNCTION credit_limit.bin_id(credit_limit.binning, numeric) IS
'Number of the bin of a value, as in binning_table; see woe.';
COMMENT ON FUNCTION credit_limit.bin_id(credit_limit.binning, text) IS
'Number of the bin of a value, as in binning_table; see woe.';

CREATE FUNCTION credit_limit.information_value(credit_limit.binning) RETURNS float8
AS 'MODULE_PATHNAME', 'cl_binning_information_value' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.information_value(credit_limit.binning) IS
'Information value: sum over all bins, missing and special ones included, of (share of non-events - share of events) times the '
'weight of evidence, and 0 where a weight that is capped or given has the other sign than what the rows of its bin show. Below '
'0.02 unpredictive, to 0.1 weak, to 0.3 medium, above strong, from 0.5 suspicious (Siddiqi 2006). NULL when a class has no '
'rows, or nothing was counted.';

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
'A row per bin: kind (interval, category, special, missing, other), label, bounds or listed values; rows or sums of weights, '
'share of all rows; event rate with its 95 % Jeffreys interval; weight of evidence, and what the bin contributes to the '
'information value. NULL where nothing was counted or there is nothing to divide by.';

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
  OUT iv_max_pvalue float8,
  OUT remark text)
AS 'MODULE_PATHNAME', 'cl_binning_summary' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.binning_summary(credit_limit.binning) IS
'One row: rows (or sums of weights) in all, with an event, missing, special, other, left out; bins of values; information '
'value, Jensen-Shannon divergence, Gini of the event rates, KS, Cramer V, concentration of the bins; trend of the event rate; '
'status (optimal, infeasible, single_bin, one_class, all_missing, all_special, too_many_categories, fixed) and why; what the '
'objective would be, over all bins and without smoothing, with the number of bins as the only rule, then with those of size, '
'then of trend, then of p-value: the price of each. remark: bins whose weight of evidence is not what their rows show, or that '
'no row has.';

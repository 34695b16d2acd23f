-- roc_table: what a roc tells, and tests of AUCs.

CREATE FUNCTION credit_limit.auc(credit_limit.roc) RETURNS float8
AS 'MODULE_PATHNAME', 'cl_roc_auc' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit.gini(credit_limit.roc) RETURNS float8
AS 'MODULE_PATHNAME', 'cl_roc_gini' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit.ks(credit_limit.roc) RETURNS float8
AS 'MODULE_PATHNAME', 'cl_roc_ks' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.auc(credit_limit.roc) IS
'Area under the ROC curve, 0 to 1; tied pairs count one half. NULL when a class has no rows.';
COMMENT ON FUNCTION credit_limit.gini(credit_limit.roc) IS
'2 AUC - 1. NULL when a class has no rows.';
COMMENT ON FUNCTION credit_limit.ks(credit_limit.roc) IS
'Kolmogorov-Smirnov distance, 0 to 1, between distinct scores only. NULL when a class has no rows.';

CREATE FUNCTION credit_limit.roc_stats(
  credit_limit.roc,
  OUT n bigint,
  OUT n_event bigint,
  OUT n_non_event bigint,
  OUT n_skipped bigint,
  OUT n_distinct bigint,
  OUT event_rate float8,
  OUT auc float8,
  OUT gini float8,
  OUT ks float8,
  OUT ks_cutoff float8,
  OUT ks_event_share float8,
  OUT ks_non_event_share float8,
  OUT higher_is_riskier boolean,
  OUT n_without_amount bigint,
  OUT auc_loss float8,
  OUT ks_loss float8)
AS 'MODULE_PATHNAME', 'cl_roc_stats' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.roc_stats(credit_limit.roc) IS
'One row: rows, events, non-events; rows left out for a NULL or NaN; distinct scores; event rate (of weights); AUC, Gini, KS; '
'the cut-off at which the KS distance is reached, and the shares of events and of non-events on its riskier side; direction; '
'rows without an amount (NULL unless built by roc_amount_agg); how far AUC and KS may be from those of the scores before '
'compact, 0 where that was not called. NULL where a class has no rows, and for ks_cutoff where the distance is 0.';

CREATE FUNCTION credit_limit.auc_interval(
  credit_limit.roc,
  confidence float8 DEFAULT 0.95,
  OUT auc float8,
  OUT std_error float8,
  OUT conf_low float8,
  OUT conf_high float8)
AS 'MODULE_PATHNAME', 'cl_roc_auc_interval' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.auc_interval(credit_limit.roc, float8) IS
'AUC with its standard error (DeLong, DeLong and Clarke-Pearson 1988) and a normal interval, cut at 0 and 1. Standard error '
'NULL with fewer than two rows of a class; with weights, which count as repeated rows, a class needs more weight than 1. '
'After compact both ends are wider by roc_stats.auc_loss, and the standard error is that of the scores put together. '
'Perfect separation and a score that is the same for all have the standard error 0: no information about it, not certainty.';

CREATE FUNCTION credit_limit.auc_deterioration_test(
  auc float8,
  auc_reference float8,
  n_event bigint,
  n_non_event bigint,
  alternative text DEFAULT 'less',
  OUT diff float8,
  OUT std_error float8,
  OUT z float8,
  OUT p_value float8)
AS 'MODULE_PATHNAME', 'cl_auc_deterioration_test' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.auc_deterioration_test(float8, float8, bigint, bigint, text) IS
'Has the AUC fallen below a reference that is taken as given, such as that of the development? Standard error by Hanley and '
'McNeil (1982) from the AUC of today and its class sizes; z normal. alternative: less (p_value small: it has fallen), greater, '
'two_sided. NULL if an argument is; z NULL where the standard error is 0. Error: an AUC outside 0 to 1, a class without rows.';

CREATE FUNCTION credit_limit.auc_deterioration_test(
  credit_limit.roc,
  auc_reference float8,
  alternative text DEFAULT 'less',
  OUT diff float8,
  OUT std_error float8,
  OUT z float8,
  OUT p_value float8)
AS 'MODULE_PATHNAME', 'cl_roc_auc_deterioration_test' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.auc_deterioration_test(credit_limit.roc, float8, text) IS
'The same with the standard error of auc_interval (DeLong), which knows the scores. NULL where there is no AUC, z also where '
'the standard error is 0 or unknown.';

CREATE FUNCTION credit_limit.auc_difference(a credit_limit.roc, b credit_limit.roc)
RETURNS credit_limit.auc_comparison
AS 'MODULE_PATHNAME', 'cl_auc_difference' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.auc_difference(credit_limit.roc, credit_limit.roc) IS
'Do the AUCs of two samples without common rows differ, such as development and today, or two segments? Variances of DeLong, '
'DeLong and Clarke-Pearson (1988) add up; z normal, two-sided. For two scores of the same rows use auc_test. NULL where a '
'sample has no AUC; z and p_value also where the standard error is 0 or unknown.';

CREATE FUNCTION credit_limit.roc_curve(credit_limit.roc, points int DEFAULT NULL)
RETURNS TABLE (cutoff float8, tp float8, fp float8, tn float8, fn float8, tpr float8, fpr float8, flagged_share float8)
AS 'MODULE_PATHNAME', 'cl_roc_curve' LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 1000;

COMMENT ON FUNCTION credit_limit.roc_curve(credit_limit.roc, int) IS
'The ROC curve from nothing flagged to everything, a row per distinct score, or about so many points spread evenly over the '
'rows. Flagged is at or above the cut-off where higher is riskier, below it otherwise; the cut-off beyond all scores is '
'Infinity. tp and fp are flagged events and non-events (sums of weights), tpr and fpr their shares. No rows from NULL.';

-- Both parameters have names: pg_upgrade restores the body from its text, where one without a name cannot be written beside
-- others.
CREATE FUNCTION credit_limit.cap_curve(roc credit_limit.roc, points int DEFAULT NULL)
RETURNS TABLE (cutoff float8, population_share float8, event_share float8)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1000
BEGIN ATOMIC
  SELECT c.cutoff, c.flagged_share, c.tpr FROM credit_limit.roc_curve(roc, points) c;
END;

COMMENT ON FUNCTION credit_limit.cap_curve(credit_limit.roc, int) IS
'The cumulative accuracy profile: share of all rows and share of all events on the riskier side of each cut-off of roc_curve. '
'Twice the area between it and the diagonal over the share of non-events is the Gini coefficient.';

CREATE FUNCTION credit_limit.gains_table(credit_limit.roc, groups int DEFAULT 10)
RETURNS TABLE (
  gain_group int,
  score_low float8,
  score_high float8,
  n float8,
  n_event float8,
  n_non_event float8,
  n_share float8,
  event_rate float8,
  cum_share float8,
  cum_event_share float8,
  cum_non_event_share float8,
  cum_event_rate float8,
  lift float8,
  cum_lift float8,
  ks float8,
  amount numeric,
  amount_event numeric)
AS 'MODULE_PATHNAME', 'cl_gains_table' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10;

COMMENT ON FUNCTION credit_limit.gains_table(credit_limit.roc, int) IS
'Groups of about equal size from the riskiest scores down. Rows of one score are never divided: they go where their middle '
'falls, so groups differ in size and there may be fewer than asked for. n, n_event, n_non_event are rows, or sums of weights; '
'cum_ columns cumulate from the riskiest group; lift is the event rate over that of all; ks the distance after the group; '
'amounts only from roc_amount_agg. Error: groups not from 1 to 100000.';

CREATE FUNCTION credit_limit.confusion_matrix(
  credit_limit.roc,
  cutoff float8,
  OUT tp float8,
  OUT fp float8,
  OUT tn float8,
  OUT fn float8,
  OUT tpr float8,
  OUT tnr float8,
  OUT ppv float8,
  OUT npv float8,
  OUT accuracy float8,
  OUT f1 float8,
  OUT mcc float8,
  OUT youden float8)
AS 'MODULE_PATHNAME', 'cl_confusion_matrix' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.confusion_matrix(credit_limit.roc, float8) IS
'The confusion matrix at a cut-off, flagged being predicted as event: at or above it where higher is riskier, below it '
'otherwise. tpr is sensitivity or recall, tnr specificity, ppv precision; f1, Matthews correlation, Youden''s J. NULL where '
'there is nothing to divide by. Error: the cut-off is NaN.';

CREATE FUNCTION credit_limit.cutoff_table(credit_limit.roc, groups int DEFAULT 20)
RETURNS TABLE (
  cutoff float8,
  approved float8,
  approval_rate float8,
  approved_event float8,
  bad_rate float8,
  rejected float8,
  rejected_bad_rate float8,
  event_avoided_share float8,
  non_event_lost_share float8,
  approved_amount numeric,
  approved_event_amount numeric)
AS 'MODULE_PATHNAME', 'cl_cutoff_table' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 20;

COMMENT ON FUNCTION credit_limit.cutoff_table(credit_limit.roc, int) IS
'What each cut-off would approve, ascending: the first scores of about so many equal groups, and Infinity. Approved is below '
'the cut-off where higher is riskier, at or above it otherwise. approved and rejected are rows, or sums of weights; bad_rate is '
'the event rate of the approved; event_avoided_share of all events and non_event_lost_share of all non-events would be '
'rejected; amounts only from roc_amount_agg.';

CREATE FUNCTION credit_limit.cutoff_table_at(credit_limit.roc, cutoffs float8[])
RETURNS TABLE (
  cutoff float8,
  approved float8,
  approval_rate float8,
  approved_event float8,
  bad_rate float8,
  rejected float8,
  rejected_bad_rate float8,
  event_avoided_share float8,
  non_event_lost_share float8,
  approved_amount numeric,
  approved_event_amount numeric)
AS 'MODULE_PATHNAME', 'cl_cutoff_table_at' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 20;

COMMENT ON FUNCTION credit_limit.cutoff_table_at(credit_limit.roc, float8[]) IS
'What the cut-offs asked for would approve, ascending; columns as in cutoff_table. Error: a cut-off is NULL or NaN.';

CREATE FUNCTION credit_limit.average_precision(roc credit_limit.roc) RETURNS float8
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (SELECT CASE WHEN credit_limit.auc(roc) IS NOT NULL THEN sum((c.tpr - c.before) * c.tp / (c.tp + c.fp)) END
  FROM (SELECT k.tp, k.fp, k.tpr, lag(k.tpr) OVER (ORDER BY k.fpr, k.tpr) AS before FROM credit_limit.roc_curve(roc) k) c
  WHERE c.tpr > c.before);

COMMENT ON FUNCTION credit_limit.average_precision(credit_limit.roc) IS
'Average precision, 0 to 1: precision (the share of events among the flagged) at each cut-off, weighted by the events that it '
'adds; a score without information has the event rate. NULL when a class has no rows. Source: Manning, Raghavan and Schuetze '
'2008.';

CREATE FUNCTION credit_limit.partial_auc(
  roc credit_limit.roc,
  fpr_low float8 DEFAULT 0,
  fpr_high float8 DEFAULT 0.1,
  OUT auc float8,
  OUT standardized float8)
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT (fpr_low >= 0 AND fpr_low < fpr_high AND fpr_high <= 1) THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
      MESSAGE = 'a partial AUC needs two false positive rates between 0 and 1',
      DETAIL = format('Found %s and %s.', fpr_low, fpr_high), HINT = 'The first is the smaller one.';
  END IF;
  -- Between two cut-offs the curve is a straight line.
  WITH line AS (SELECT c.fpr AS x1, c.tpr AS y1, lag(c.fpr) OVER w AS x0, lag(c.tpr) OVER w AS y0
    FROM credit_limit.roc_curve(roc) c WINDOW w AS (ORDER BY c.fpr, c.tpr)),
  part AS (SELECT greatest(l.x0, fpr_low) AS low, least(l.x1, fpr_high) AS high, l.x0, l.y0,
      (l.y1 - l.y0) / nullif(l.x1 - l.x0, 0) AS slope
    FROM line l)
  SELECT sum((p.high - p.low) * (p.y0 + p.slope * ((p.low + p.high) / 2 - p.x0))) INTO auc FROM part p WHERE p.high > p.low;
  -- Of the mean height of the part: chance has the middle of the rates, a perfect score 1. Differences from 1 are exact near 1.
  standardized := (1 + (auc / (fpr_high - fpr_low) - (fpr_low + fpr_high) / 2) * 2 / ((1 - fpr_low) + (1 - fpr_high))) / 2;
END $$;

COMMENT ON FUNCTION credit_limit.partial_auc(credit_limit.roc, float8, float8) IS
'The area under the ROC curve between two false positive rates, 0 to their difference: how well the score works where it is '
'used. standardized: 0.5 is chance and 1 perfect, whatever the range (McClish 1989). NULL if an argument is, or a class has no '
'rows. Error: rates that are not 0 <= low < high <= 1.';

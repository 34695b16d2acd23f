-- roc: AUC, KS, intervals, curves, gains and cut-offs.
\i test/helpers.sql

-- Published values: ClickHouse, scikit-learn and cuML (0.75); BigQuery DataFrames (0.625); MADlib (1/3); all tied (0.5).
SELECT auc(s, e), gini(s, e), ks(s, e) FROM (VALUES (.1::float8, false), (.4, false), (.35, true), (.8, true)) v (s, e);
SELECT auc(s, e = 1) FROM unnest('{0,0,1,1,0,1,0,1,1,1}'::int[], '{.1,.4,.35,.8,.65,.9,.5,.3,.6,.45}'::numeric[]) v (e, s);
SELECT auc(s, e = 1) FROM (VALUES (0.5::float8, 0), (0.3, 0), (0.2, 1), (0.1, 0)) v (s, e);
-- Three rows the wrong way round may be chance: no notice.
SELECT auc(x::float8, x = 1) FROM generate_series(1, 3) x;
SELECT auc(7::float8, e), gini(7::float8, e), ks(7::float8, e) FROM unnest('{t,f,f}'::bool[]) e;

-- 200 rows that anybody can rebuild. R 4.2: outer() over all pairs for AUC and DeLong's standard error (0.585063404780608254,
-- 0.042747184697048267; 0.630849511839299715, 0.041031207668465755), wilcox.test for U, ks.test for D (0.18370553248793622).
CREATE TABLE sample AS
SELECT i, s1, s2, ((i * i * 7 + 3 * s1 + 2 * s2) % 389) < 150 AND s1 + s2 > 60 AS event
FROM (SELECT i, (i * 37) % 101 AS s1, (i * 53) % 97 + (i % 3) * 5 AS s2 FROM generate_series(1, 200) i) s;
SELECT near(a.auc, 0.585063404780608254, 1e-15) AS auc, near(a.std_error, 0.042747184697048267, 1e-14) AS std_error,
  near(a.conf_low, 0.585063404780608254 - 1.959963984540054 * 0.042747184697048267, 1e-14) AS low,
  near(a.conf_high, 0.585063404780608254 + 1.959963984540054 * 0.042747184697048267, 1e-14) AS high,
  near(b.auc, 0.630849511839299715, 1e-15) AS auc_2, near(b.std_error, 0.041031207668465755, 1e-14) AS std_error_2,
  near(ks(r1), 0.18370553248793622, 1e-15) AS ks
FROM (SELECT roc_agg(s1, event) AS r1, roc_agg(s2, event) AS r2 FROM sample) s, auc_interval(r1) a, auc_interval(r2) b;
SELECT * FROM roc_stats((SELECT roc_agg(s1, event) FROM sample));

-- The direction is said, never guessed: a score turned round has the same AUC, and read the wrong way one minus it.
SELECT auc(s1, event) = auc(-s1, event, false) AS turned, near(auc(s1, event, false), 1 - auc(s1, event), 1e-15) AS wrong_way,
  auc(exp(s1 / 10.0), event) = auc(s1, event) AS monotone, ks(s1, event) = ks(s1, event, false) AS ks FROM sample;
SELECT auc(s1, event, s1 > 50) FROM sample;
SELECT auc(s1, event, NULL) FROM sample;

-- Nothing to judge: no rows, no rows that count, one class.
SELECT auc(s1, event) IS NULL AS no_rows, roc_agg(s1, event) IS NULL AS no_roc, ks(s1, event) IS NULL AS no_ks FROM sample WHERE false;
SELECT auc(s, e) AS auc, (roc_stats(roc_agg(s, e))).* FROM (VALUES ('NaN'::float8, true), (NULL, false), (1, NULL)) v (s, e);
SELECT auc(s1, event) AS auc, gini(s1, event) AS gini, ks(s1, event) AS ks, (auc_interval(roc_agg(s1, event))).* FROM sample WHERE event;
SELECT n, n_event, auc, ks, ks_cutoff FROM roc_stats((SELECT roc_agg(s1, event) FROM sample WHERE NOT event));
-- One event: an AUC, but no standard error. Perfect separation: an error of 0.
SELECT (auc_interval(roc_agg(i, i = 3))).* FROM generate_series(1, 4) i;
SELECT (auc_interval(roc_agg(i, i > 2))).* FROM generate_series(1, 4) i;
SELECT * FROM auc_interval((SELECT roc_agg(s1, event) FROM sample), 95);
SELECT round(conf_low::numeric, 6) AS low, round(conf_high::numeric, 6) AS high FROM auc_interval((SELECT roc_agg(s1, event) FROM sample), 0.5);

-- Infinite scores are extreme values, both zeros are one, numeric is read as float8.
SELECT auc(s, e), roc_agg(s, e) FROM (VALUES ('-Infinity'::float8, false), ('-0', false), ('0', true), ('Infinity', true)) v (s, e);
SELECT auc(s, e), roc_agg(s, e) FROM (VALUES ('-Infinity'::numeric, false), (1e400, true), ('NaN', true)) v (s, e);

-- Weights: whole ones are repeated rows, 0 is no row, 1 is a row; any others scale.
SELECT near(auc(s1, event, true, w), (SELECT auc(s1, event) FROM sample, generate_series(1, 1 + i % 3)), 1e-14) AS auc,
  near(ks(s1, event, true, w), (SELECT ks(s1, event) FROM sample, generate_series(1, 1 + i % 3)), 1e-14) AS ks,
  near((auc_interval(roc_agg(s1, event, true, w))).std_error,
       (SELECT (auc_interval(roc_agg(s1, event))).std_error FROM sample, generate_series(1, 1 + i % 3)), 1e-14) AS std_error
FROM (SELECT *, (1 + i % 3)::float8 AS w FROM sample) s;
SELECT near(auc(s1, event, true, 0.1), auc(s1, event), 1e-14) AS scaled, auc(s1, event, true, CASE WHEN i > 100 THEN 0 ELSE 1 END) =
  auc(s1, event) FILTER (WHERE i <= 100) AS zero FROM sample;
SELECT auc(s1, event, true, -1) FROM sample;
SELECT auc(s1, event, true, 'Infinity') FROM sample;
SELECT auc(s1, event, true, 1e101) FROM sample;
SELECT auc(s1, event, true, 1e-101) FROM sample;
SELECT near(auc(s1, event, true, 1e100), auc(s1, event), 1e-14) AS heavy, near(auc(s1, event, true, 1e-100), auc(s1, event), 1e-14) AS light,
  near(ks(s1, event, true, 1e100), ks(s1, event), 1e-14) AS ks, roc_agg(s1, event, true, 1e-100)::text::roc::text = roc_agg(s1,
    event, true, 1e-100)::text AS stored FROM sample;
SELECT count(*), sum(n) / 1e100 AS n FROM gains_table((SELECT roc_agg(s1, event, true, 1e100) FROM sample), 100000);
SELECT n, n_skipped FROM roc_stats((SELECT roc_agg(s1, event, true, nullif(i % 4, 0)) FROM sample));

-- The curve: a row per score, from nothing flagged to everything; its trapezoids are the AUC.
SELECT * FROM roc_curve((SELECT roc_agg(s, e) FROM (VALUES (.1::float8, false), (.4, false), (.4, true), (.8, true)) v (s, e)));
SELECT * FROM roc_curve((SELECT roc_agg(s, e, false) FROM (VALUES (500, true), (600, false), (600, true), (700, false)) v (s, e)));
SELECT near(sum((fpr - lag_fpr) * (tpr + lag_tpr) / 2), max(auc), 1e-14) AS trapezoids, near(max(tpr - fpr), max(ks), 1e-15) AS ks
FROM (SELECT c.*, lag(fpr, 1, 0::float8) OVER w AS lag_fpr, lag(tpr, 1, 0::float8) OVER w AS lag_tpr, auc(r) AS auc, ks(r) AS ks
      FROM (SELECT roc_agg(s2, event) AS r FROM sample) s, roc_curve(r) c WINDOW w AS (ORDER BY flagged_share)) c;
SELECT count(*), min(flagged_share), max(flagged_share), bool_and(tp + fn = 67 AND fp + tn = 133) AS whole
FROM roc_curve((SELECT roc_agg(s1, event) FROM sample), 11);
SELECT count(*), min(flagged_share), max(flagged_share) FROM roc_curve((SELECT roc_agg(s1, event, false) FROM sample), 11);
SELECT count(*) FROM roc_curve(NULL);
SELECT count(*) FROM roc_curve((SELECT roc_agg(NULL::float8, event) FROM sample));
SELECT * FROM roc_curve((SELECT roc_agg(s1, event) FROM sample), 1);
-- CAP: twice the area over the diagonal, over the share of non-events, is the Gini coefficient.
SELECT near(2 * (sum((population_share - lag_p) * (event_share + lag_e) / 2) - 0.5) / (133 / 200.0), max(gini), 1e-14) AS accuracy_ratio
FROM (SELECT c.*, lag(population_share, 1, 0::float8) OVER w AS lag_p, lag(event_share, 1, 0::float8) OVER w AS lag_e, gini(r) AS gini
      FROM (SELECT roc_agg(s2, event) AS r FROM sample) s, cap_curve(r) c WINDOW w AS (ORDER BY population_share)) c;

-- Gains: groups of 20, from the riskiest down; against ntile, which is the same where nothing is tied.
SELECT gain_group, n, n_event, round(event_rate::numeric, 4) AS rate, round(cum_event_share::numeric, 4) AS cum, round(lift::numeric, 4) AS lift,
  round(cum_lift::numeric, 4) AS cum_lift, round(ks::numeric, 4) AS ks
FROM gains_table((SELECT roc_agg(s1, event) FROM sample), 4);
SELECT count(*) AS wrong
FROM gains_table((SELECT roc_agg(i, event) FROM sample), 8) g
  FULL JOIN (SELECT tile, min(i) AS low, max(i) AS high, count(*) AS n, count(*) FILTER (WHERE event) AS n_event
             FROM (SELECT i, event, ntile(8) OVER (ORDER BY i DESC) AS tile FROM sample) s GROUP BY tile) t ON tile = gain_group
WHERE (score_low, score_high, g.n, g.n_event) IS DISTINCT FROM (low, high, t.n, t.n_event);
-- Ties are never divided; more groups than scores gives as many groups as scores.
SELECT gain_group, score_low, score_high, n, cum_share FROM gains_table((SELECT roc_agg(s, s > 2) FROM unnest('{1,2,2,2,2,2,2,3,3,4}'::int[]) s), 5);
SELECT count(*), bool_and(score_low = score_high) AS single FROM gains_table((SELECT roc_agg(i % 7, event) FROM sample), 100);
SELECT gain_group, score_low, score_high, n, event_rate FROM gains_table((SELECT roc_agg(s, s < 3, false) FROM generate_series(1, 6) s), 3);
SELECT gain_group, n, event_rate, lift, ks FROM gains_table((SELECT roc_agg(s, false) FROM generate_series(1, 6) s), 2);
SELECT * FROM gains_table((SELECT roc_agg(s1, event) FROM sample), 0);

-- Cut-offs with amounts: every figure against plain SQL, in both directions.
CREATE TABLE applicant AS SELECT i, s1 AS score, s1 / 100.0 AS pd, event, (i * 1234.56 + 0.01 * (i % 7))::numeric(14,2) AS amount FROM sample;
SELECT count(*) AS cutoffs, count(*) FILTER (WHERE
  (c.approved, c.approved_event, c.rejected, c.approved_amount, c.approved_event_amount) IS DISTINCT FROM (q.approved,
    q.approved_event, 200 - q.approved, q.amount, q.amount_event)
  OR NOT near(c.approval_rate, q.approved / 200.0, 1e-15) OR (c.bad_rate IS NULL) <> (q.approved = 0)
  OR NOT near(coalesce(c.bad_rate, 0), q.approved_event / greatest(q.approved, 1)::float8, 1e-15)
  OR NOT near(c.event_avoided_share, 1 - q.approved_event / 67.0, 1e-14)) AS wrong
FROM (SELECT roc_amount_agg(pd, event, true, amount) AS r FROM applicant) s, cutoff_table_at(r, '{0.9, 0, 0.5, 0.505, 2, 0.73}'::float8[]) c,
  LATERAL (SELECT count(*) AS approved, count(*) FILTER (WHERE event) AS approved_event, coalesce(sum(amount), 0) AS amount,
    coalesce(sum(amount) FILTER (WHERE event), 0) AS amount_event FROM applicant a WHERE a.pd < c.cutoff) q;
SELECT count(*) AS cutoffs, count(*) FILTER (WHERE (c.approved, c.approved_event, c.approved_amount) IS DISTINCT FROM (q.approved,
  q.approved_event, q.amount)) AS wrong
FROM (SELECT roc_amount_agg(score, event, false, amount) AS r FROM applicant) s, cutoff_table(r) c,
  LATERAL (SELECT count(*) AS approved, count(*) FILTER (WHERE event) AS approved_event, coalesce(sum(amount), 0) AS amount
    FROM applicant a WHERE a.score >= c.cutoff) q;
SELECT cutoff, approved, approval_rate, approved_event, round(bad_rate::numeric, 4) AS bad_rate, rejected, approved_amount
FROM cutoff_table((SELECT roc_amount_agg(score, event, false, amount) FROM applicant), 4);
SELECT sum(amount) = (SELECT sum(amount) FROM applicant) AS adds_up, sum(amount_event) = (SELECT sum(amount) FROM applicant WHERE event) AS events
FROM gains_table((SELECT roc_amount_agg(pd, event, true, amount) FROM applicant), 7);
SELECT * FROM cutoff_table_at((SELECT roc_agg(pd, event) FROM applicant), '{0.5, NULL}');
-- A row without an amount counts as a row.
SELECT n, n_skipped, n_without_amount, near(auc, (SELECT auc(pd, event) FROM applicant), 1e-14) AS auc
FROM roc_stats((SELECT roc_amount_agg(pd, event, true, CASE i % 4 WHEN 0 THEN NULL WHEN 1 THEN 'NaN' ELSE amount END) FROM applicant));
SELECT roc_amount_agg(pd, event, true, 'Infinity'::numeric) FROM applicant;
SELECT roc_amount_agg(pd, event, true, 0.0000001) FROM applicant;
SELECT roc_amount_agg(pd, event, true, 1e19) FROM applicant;
-- The largest amounts survive being stored, and merged.
SELECT amount, approved_amount FROM (SELECT rollup(r::text::roc) AS r FROM (SELECT roc_amount_agg(i % 2, i = 3, true, 1e18) AS r
  FROM generate_series(1, 3) i, generate_series(1, 2) g GROUP BY g) s) s,
  LATERAL (SELECT amount FROM gains_table(r, 1)) g, LATERAL (SELECT approved_amount FROM cutoff_table_at(r::text::roc, '{1}')) c;
-- A side without rows has no say in whether there are amounts; rows with and without do not mix.
SELECT amount IS NULL AS none FROM gains_table((SELECT rollup(r) FROM (VALUES
  ('{"version":1,"direction":"higher_is_riskier","n_skipped":0,"decimals":6,"scores":[]}'::roc),
  ('{"version":1,"direction":"higher_is_riskier","n_skipped":0,"scores":[[0.1,1,0],[0.2,1,1]]}')) v (r)), 1);
SELECT rollup(r) FROM (SELECT roc_amount_agg(pd, event, true, amount) AS r FROM applicant UNION ALL SELECT roc_agg(pd, event, true, 1) FROM applicant) s;

-- The confusion matrix against plain SQL; measures by their definitions.
SELECT tp, fp, tn, fn, near(tpr, tp / 67, 1e-15) AS tpr, near(tnr, tn / 133, 1e-15) AS tnr, near(ppv, tp / (tp + fp), 1e-15) AS ppv,
  near(npv, tn / (tn + fn), 1e-15) AS npv, near(accuracy, (tp + tn) / 200, 1e-15) AS accuracy, near(f1, 2 * ppv * tpr / (ppv + tpr), 1e-14) AS f1,
  near(mcc, (tp * tn - fp * fn) / sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)), 1e-14) AS mcc, near(youden, tpr + tnr - 1, 1e-14) AS youden,
  (tp, fp) = (SELECT count(*) FILTER (WHERE event), count(*) FILTER (WHERE NOT event) FROM applicant WHERE pd >= 0.5) AS counts
FROM confusion_matrix((SELECT roc_agg(pd, event) FROM applicant), 0.5);
SELECT tp, fp, tn, fn FROM confusion_matrix((SELECT roc_agg(score, event, false) FROM applicant), 50);
SELECT * FROM confusion_matrix((SELECT roc_agg(pd, event) FROM applicant), 9);
SELECT * FROM confusion_matrix((SELECT roc_agg(pd, event) FROM applicant), 'NaN');

-- Has an AUC fallen? Hanley and McNeil's standard error of the 1982 paper's formula, in R:
-- 0.029086283790850716, z -1.719023315578316558, p 0.042805063275976933, 0.957194936724023115, 0.085610126551953866.
SELECT alternative, near(std_error, 0.029086283790850716, 1e-14) AS std_error, near(z, -1.719023315578316558, 1e-13) AS z,
  near(p_value, p, 1e-13) AS p_value
FROM (VALUES ('less', 0.042805063275976933), ('greater', 0.957194936724023115), ('two_sided', 0.085610126551953866)) v (alternative, p),
  auc_deterioration_test(0.75, 0.80, 100, 900, alternative);
-- With DeLong's error, which the scores give: R, as above, and pnorm. Two samples: variances add up.
SELECT near(diff, 0.585063404780608254 - 0.65, 1e-14) AS diff, near(std_error, 0.042747184697048267, 1e-14) AS std_error,
  near(z, (0.585063404780608254 - 0.65) / 0.042747184697048267, 1e-13) AS z, near(p_value, 0.0643705858146107, 1e-13) AS p_value
FROM auc_deterioration_test((SELECT roc_agg(s1, event) FROM sample), 0.65);
SELECT near(d.diff, 0.585063404780608254 - 0.630849511839299715, 1e-14) AS diff,
  near(d.std_error, sqrt(0.042747184697048267 ^ 2 + 0.041031207668465755 ^ 2), 1e-14) AS std_error, near(d.z, d.diff / d.std_error, 1e-15) AS z
FROM auc_difference((SELECT roc_agg(s1, event) FROM sample), (SELECT roc_agg(s2, event) FROM sample)) d;
SELECT * FROM auc_difference((SELECT roc_agg(s1, event) FROM sample), (SELECT roc_agg(s2, event) FROM sample WHERE event));
SELECT * FROM auc_deterioration_test((SELECT roc_agg(s1, event) FROM sample), -0.1);
SELECT * FROM auc_deterioration_test(1, 0.8, 100, 900);
SELECT * FROM auc_deterioration_test(0.7, 1.8, 100, 900);
SELECT * FROM auc_deterioration_test(0.7, 0.8, 0, 900);
SELECT * FROM auc_deterioration_test(0.7, 0.8, 10, 900, 'lower');

-- 145,000 rows: more pairs than 32 bits count. DeLong through window functions in exact arithmetic.
CREATE TABLE large AS SELECT i, (i * 7919::bigint) % 104729 AS score, (i * i + 31 * i) % 100 < 30 + ((i * 7919::bigint) % 104729) / 4000 AS event
FROM generate_series(1, 145000::bigint) i;
WITH placed AS (
  SELECT event, CASE WHEN event THEN 2 * good - tied_good ELSE 2 * (sum(event::int) OVER () - bad) + tied_bad END AS p
  FROM (SELECT event, count(*) FILTER (WHERE NOT event) OVER (ORDER BY score) AS good, count(*) FILTER (WHERE event) OVER (ORDER BY score) AS bad,
          count(*) FILTER (WHERE NOT event) OVER (PARTITION BY score) AS tied_good, count(*) FILTER (WHERE event) OVER (PARTITION BY score) AS tied_bad
        FROM large) s),
by_sql AS (
  SELECT avg(p) FILTER (WHERE event) / (2 * count(*) FILTER (WHERE NOT event)) AS auc,
    sqrt((var_samp(p) FILTER (WHERE event)) / power(2 * count(*) FILTER (WHERE NOT event), 2) / (count(*) FILTER (WHERE event)) +
         (var_samp(p) FILTER (WHERE NOT event)) / power(2 * count(*) FILTER (WHERE event), 2) / (count(*) FILTER (WHERE NOT event))) AS std_error
  FROM placed)
SELECT near(a.auc, q.auc::float8, 1e-15) AS auc, near(a.std_error / q.std_error::float8, 1, 1e-13) AS std_error
FROM auc_interval((SELECT roc_agg(score, event) FROM large)) a, by_sql q;

-- Any split, any order, any plan: the same bytes. Score ranges from few values, many rows each, to one row each.
CREATE TABLE many AS SELECT i, i % 4 AS part, (i * 7919) % 1000003 AS unique_score, (i * 7919) % 601 AS score, (i * 31) % 7 < 2 AS event,
  1 + (i % 5) / 3.0 AS weight, (i % 1000) * 1.01 AS amount FROM generate_series(1, 100000) i;
CREATE TABLE whole AS SELECT credit_limit_internal.roc_send(roc_agg(unique_score, event)) AS a,
  credit_limit_internal.roc_send(roc_agg(score, event, false)) AS b,
  credit_limit_internal.roc_send(roc_amount_agg(score, event, false, amount)) AS c, auc(unique_score, event) AS auc FROM many;
SELECT credit_limit_internal.roc_send(rollup(a)) = (SELECT a FROM whole) AS a,
  credit_limit_internal.roc_send(rollup(b)) = (SELECT b FROM whole) AS b, credit_limit_internal.roc_send(rollup(c)) = (SELECT c
  FROM whole) AS c
FROM (SELECT part, roc_agg(unique_score, event) AS a, roc_agg(score, event, false) AS b, roc_amount_agg(score, event, false,
  amount) AS c FROM many GROUP BY part) s;
SELECT credit_limit_internal.roc_send(roc_agg(unique_score, event ORDER BY i DESC)) = (SELECT a FROM whole) AS a,
  credit_limit_internal.roc_send(roc_agg(score, event, false ORDER BY unique_score)) = (SELECT b FROM whole) AS b,
  credit_limit_internal.roc_send(roc_amount_agg(score, event, false, amount ORDER BY i DESC)) = (SELECT c FROM whole) AS c FROM many;
SELECT length(b) < 601 * 25 AS small FROM whole;
ALTER TABLE many SET (parallel_workers = 3);
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 3;
SELECT uses_parallel('SELECT credit_limit.roc_agg(score, event) FROM many'), uses_parallel('SELECT credit_limit.auc(score, event) FROM many');
SELECT credit_limit_internal.roc_send(roc_agg(unique_score, event)) = (SELECT a FROM whole) AS a,
  credit_limit_internal.roc_send(roc_agg(score, event, false)) = (SELECT b FROM whole) AS b,
  credit_limit_internal.roc_send(roc_amount_agg(score, event, false, amount)) = (SELECT c FROM whole) AS c,
    auc(unique_score, event) = (SELECT auc FROM whole) AS auc FROM many;
SELECT auc(unique_score, event) IS NULL AS nothing FROM many WHERE i < 0;
SELECT roc_agg(nullif(score, score), event) AS only_null FROM many;
-- Only one worker sees rows, and one that sees none of a class.
SELECT auc(score, event) FROM many WHERE i <= 10;
SELECT n, n_event FROM roc_stats((SELECT roc_agg(score, event) FROM many WHERE event));
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;

-- Several measures share one state; as a window aggregate each frame has its own answer.
SELECT auc(s1, event), ks(s1, event), (roc_stats(roc_agg(s1, event))).auc = auc(s1, event) AS same FROM sample;
SELECT array_agg(round(a::numeric, 4) ORDER BY i) FROM (SELECT i, auc(s1, event) OVER (ORDER BY i) AS a FROM sample) s WHERE i <= 12;
SELECT array_agg(n ORDER BY i) FROM (SELECT i, (roc_stats(roc_agg(s1, event) OVER (ORDER BY i))).n FROM sample) s WHERE i <= 5;
-- A summary read more than once, before and after it is stored.
SELECT auc(r) = auc(r) AND (SELECT count(*) FROM gains_table(r)) = 10 AS twice, r::text = r::text::roc::text AS stored
  FROM (SELECT roc_agg(s1, event) AS r FROM sample OFFSET 0) s;

-- Months stored as summaries: any window of months without its rows.
CREATE TABLE month_roc AS SELECT part AS month, roc_agg(score, event, false) AS r FROM many GROUP BY part;
SELECT near(auc(rollup(r)), (SELECT auc(score, event, false) FROM many WHERE part IN (1, 2)), 1e-15) AS two_months FROM month_roc WHERE month IN (1, 2);
SELECT rollup(r) FROM (SELECT roc_agg(s1, event) AS r FROM sample UNION ALL SELECT roc_agg(s1, event, false) FROM sample) s;
SELECT rollup(r) FROM (SELECT roc_agg(s1, event) AS r FROM sample UNION ALL SELECT roc_agg(s1, event, true, 2) FROM sample) s;
SELECT rollup(r) IS NULL AS nothing FROM month_roc WHERE false;
SELECT rollup(NULL::roc) IS NULL AS nothing FROM month_roc;

-- Text and binary forms round trip.
CREATE TABLE copied (month int, r roc);
INSERT INTO month_roc SELECT 10, roc_amount_agg(score, event, false, amount) FROM many;
INSERT INTO month_roc SELECT 11, roc_agg(s, e) FROM (VALUES ('-Infinity'::float8, true), (1e300, false), ('Infinity', false)) v (s, e);
DO $$ BEGIN
  EXECUTE format('COPY month_roc TO %L (FORMAT binary)', data_file('test'));
  EXECUTE format('COPY copied FROM %L (FORMAT binary)', data_file('test'));
END $$;
SELECT count(*), bool_and(credit_limit_internal.roc_send(m.r) = credit_limit_internal.roc_send(c.r)) AS bytes,
  bool_and(m.r::text = c.r::text) AND bool_and(m.r::text::roc::text = m.r::text) AS text
FROM month_roc m JOIN copied c USING (month);
SELECT '{}'::roc;
SELECT '{"version": 1, "direction": "sideways", "n_skipped": 0, "scores": []}'::roc;
SELECT '{"version": 1, "direction": "unknown", "n_skipped": 0, "scores": [[1, 1, 0]]}'::roc;
SELECT '{"version": 1, "direction": "higher_is_riskier", "n_skipped": 0, "scores": [[1, 1, 0], [1, 0, 1]]}'::roc;
SELECT '{"version": 1, "direction": "higher_is_riskier", "n_skipped": 0, "scores": [[1, 0, 0]]}'::roc;
SELECT '{"version": 1, "direction": "higher_is_riskier", "n_skipped": 0, "scores": [[1, 1.5, 0]]}'::roc;
SELECT '{"version": 1, "direction": "higher_is_riskier", "n_skipped": 0, "scores": [[1, 1099511627777, 0]]}'::roc;
SELECT '{"version": 1, "direction": "higher_is_riskier", "n_skipped": 0, "decimals": 2, "scores": [[1, 1, 0]]}'::roc;
SELECT '{"version": 1, "direction": "higher_is_riskier", "n_skipped": 0, "scores": [[1, 1, 0, -2, 0, 0, 0]]}'::roc;
SELECT auc('{"version": 1, "direction": "higher_is_riskier", "n_skipped": 0, "scores": []}'::roc) IS NULL AS empty;

-- Bytes of strangers: every byte of a value changed, and every length cut, is an error or a value that still answers.
CREATE TABLE attacked (r roc);
CREATE FUNCTION use_value() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM auc(r), ks(r), (auc_interval(r)).std_error, r::text::roc, (SELECT count(*) FROM gains_table(r)), (SELECT count(*)
    FROM cutoff_table(r)) FROM (VALUES (NEW.r)) v (r);
  PERFORM rollup(r) FROM (VALUES (NEW.r), (NEW.r)) s (r);
  RETURN NULL;
END $$;
CREATE TRIGGER use_value BEFORE INSERT ON attacked FOR EACH ROW EXECUTE FUNCTION use_value();
CREATE TABLE victim AS
SELECT 1 AS kind, credit_limit_internal.roc_send(roc_agg(s1 % 9, event)) AS bytes FROM sample WHERE i < 20
UNION ALL SELECT 2, credit_limit_internal.roc_send(roc_amount_agg(s1 % 5, event, false, i * 1.5)) FROM sample WHERE i < 20
UNION ALL SELECT 3, credit_limit_internal.roc_send(roc_agg(s1 % 5, event, false, i / 3.0)) FROM sample WHERE i < 20;
SELECT kind, attack(bytes) FROM victim;
SELECT attack(bytes || '\x00') FROM victim;

CALL remove_data_files();

-- Partial AUC and average precision against R 4.2.2: pROC 1.18, auc(r, partial.auc = c(1, 0.9)), with partial.auc.correct = TRUE, and c(0.8, 0.5);
-- average precision by its definition. The score is that of glm(y ~ x1 + x2 + x3, binomial), rounded to two digits.
CREATE TABLE against_r AS
SELECT i, x1, i::bigint * 104729 % 57 / 7.0::float8 + x1 / 2 AS x2, (i * 31 % 13)::float8 AS x3,
  i::bigint * 48271 % 1009 / 1009.0 < 1 / (1 + exp(3 - 0.3 * x1 - 0.1 * (i * 31 % 13))) AS y
FROM (SELECT i, (i * 7919 % 101)::float8 / 10 AS x1 FROM generate_series(1, 600) i) s;
CREATE TABLE against_r_roc AS SELECT roc_agg(round(logit_predict(m, ARRAY[x1, x2, x3])::numeric, 2), y) AS r
FROM against_r, (SELECT logistic_regression(y, ARRAY[x1, x2, x3]) AS m FROM against_r) f;
SELECT near(auc(r), 0.745533396645, 1e-11) AS auc, near((partial_auc(r, 0, 0.1)).auc, 0.0215463754353, 1e-11) AS part,
  near((partial_auc(r)).standardized, 0.587086186501, 1e-11) AS standardized,
  near((partial_auc(r, 0, 0.3)).auc, 0.129791073124, 1e-11) AS part_3, near((partial_auc(r, 0, 0.3)).standardized, 0.666257006126, 1e-11) AS standardized_3,
  near((partial_auc(r, 0.2, 0.5)).auc, 0.213100890879, 1e-11) AS middle, near((partial_auc(r, 0, 1)).auc, auc(r), 1e-12) AS whole,
  near(average_precision(r), 0.591704415504, 1e-11) AS average_precision
FROM against_r_roc;
-- The example of scikit-learn's average_precision_score: 0.8333.
SELECT round(average_precision(roc_agg(s, y))::numeric, 4) AS published FROM (VALUES (false, 0.1), (false, 0.4), (true, 0.35), (true, 0.8)) v (y, s);
SELECT average_precision(roc_agg(s, true)) IS NULL AS one_class, partial_auc(roc_agg(s, true)) AS part FROM generate_series(1, 3) s;
-- At the other end, where differences of squares would leave nothing: the mean height of the last part of the curve is that of its middle.
SELECT low, near(auc / (1 - low), height, 1e-9) AS part, near(standardized, (1 + (height - (1 + low) / 2) / (1 - (1 + low) / 2)) / 2, 1e-3) AS standardized
FROM (SELECT low, p.*, 1 - (1 - low) / 2 * slope AS height
  FROM (SELECT c.tpr, (1 - c.tpr) / (1 - c.fpr) AS slope FROM against_r_roc, roc_curve(r) c WHERE c.fpr < 1 ORDER BY c.fpr DESC, c.tpr DESC LIMIT 1) e,
    unnest(ARRAY[0.9999, 0.999999999]::float8[]) low, against_r_roc, partial_auc(r, low, 1) p) q;
SELECT partial_auc(r, 1 - 1.2e-16, 1) IS NOT NULL AS an_answer FROM against_r_roc;
\set SHOW_CONTEXT never
SELECT partial_auc(r, 0.3, 0.2) FROM against_r_roc;
SELECT partial_auc(r, 0, 'NaN') FROM against_r_roc;
-- A score that is read the wrong way round is told so, once a query; one that chance explains is not.
SET client_min_messages = notice;
SELECT i % 3 AS part, round(auc(600 - i, i > 300)::numeric, 3) AS auc, round(gini(600 - i, i > 300)::numeric, 3) AS gini
FROM generate_series(1, 600) i GROUP BY i % 3 ORDER BY 1;
-- One pair or three say nothing, whatever they look like; ten of either class do.
SELECT n, auc(-i, i > n) FROM unnest(ARRAY[1, 3, 10]) n, generate_series(1, 2 * n) i GROUP BY n ORDER BY n;
SELECT auc(600 - i, i > 300, false) AS told, auc(i * 7919 % 601, i % 2 = 0) < 0.5 AS chance FROM generate_series(1, 600) i;
SET client_min_messages = warning;

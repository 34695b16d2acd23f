-- Definitions of a significant increase in credit risk: 27 in one pass.
\set VERBOSITY terse
\i test/helpers.sql

-- By hand: account 1 is 30 days late in April and May, cured in June, 30 and 60 late in September and October, in default in
-- November. Account 2 is never late, and nobody knows of its September. Today is November 2026: six months have passed after May.
CREATE TABLE small AS
SELECT 1 AS account_id, make_date(2026, m::int, 15) AS month, d AS days, 0.01 * (1 + d / 30) AS pd, 620 - d AS score
FROM unnest('{0, 0, 0, 30, 40, 0, 0, 0, 30, 60, 90}'::int[]) WITH ORDINALITY u (d, m)
UNION ALL SELECT 2, make_date(2026, m, 1), 0, CASE WHEN m <> 2 THEN 0.03 END, 600 FROM generate_series(1, 12) m WHERE m <> 9;
CREATE TABLE small_sicr AS SELECT sicr_agg(account_id, month, days, pd, 0.01, score, 620, '2026-11-30') AS s FROM small;
-- Account 1: January to May count, of which April and May are flagged, and May is followed by a default, 6 months later. Account 2:
-- January and February count; of March to May the outcome is not known.
SELECT stickiness, n, n_unknown, n_flagged, n_bad, n_hit, "precision", recall, round(specificity::numeric, 4) AS specificity, lift,
  round(mcc::numeric, 4) AS mcc, lead_months FROM small_sicr, sicr_backtest(s) WHERE measure = 'days_past_due' AND outcome_months = 6;
-- The PD of account 2 has tripled in January, and is not known in February: neither is it known of January whether it had before.
SELECT stickiness, n, n_unknown, n_flagged, n_bad, n_hit FROM small_sicr, sicr_backtest(s) WHERE measure = 'pd_ratio' AND outcome_months = 6;
SELECT count(*) AS definitions, count(*) FILTER (WHERE n + n_unknown = 0) AS not_ripe FROM small_sicr, sicr_backtest(s);

-- Against plain SQL, one definition at a time, on a panel with gaps, months that are not known, defaults and cures.
CREATE TABLE panel AS
SELECT a AS account_id, (DATE '2022-01-10' + make_interval(months => m))::date AS month,
  CASE WHEN draw(a, m) < 0.01 THEN NULL ELSE greatest(0, (30 * (a % 5 + 3 * draw(a, m / 4 + 100) + draw(a, m) - 3.5))::int) END AS days,
  CASE WHEN draw(a, m + 200) > 0.1 THEN 0.4 * draw(a, m / 5 + 300) END AS pd, CASE WHEN a % 50 > 0 THEN 0.1 ELSE 0 END AS first_pd,
  CASE WHEN draw(a, m + 400) < 0.02 THEN 'NaN' ELSE 600 - 60 * draw(a, m / 3 + 500) END AS score, nullif(600.0, a) AS first_score
FROM generate_series(1, 200) a, generate_series(0, 35) m WHERE draw(a, m + 600) < 0.97 AND (a % 7 > 0 OR m < 20);
CREATE TABLE whole AS SELECT sicr_agg(account_id, month, days, pd, first_pd, score, first_score, '2024-12-31') AS s FROM panel;
CREATE TABLE tested AS
SELECT account_id, month, days, measure, t, row_number() OVER (PARTITION BY account_id, measure ORDER BY t) AS place,
  CASE WHEN measure = 'days_past_due' THEN days >= 30 WHEN measure = 'pd_ratio' THEN pd / nullif(first_pd, 0) >= 2
    WHEN score <> 'NaN' THEN first_score - score >= 20 END AS yes
FROM (SELECT *, 12 * extract(year FROM month)::int + extract(month FROM month)::int AS t FROM panel WHERE days IS NOT NULL) p,
  unnest('{days_past_due, pd_ratio, score_drop}'::text[]) measure;
ANALYZE tested;
CREATE TABLE flagged AS
SELECT h.*, stickiness, CASE WHEN NOT yes OR stickiness = 1 THEN yes WHEN stickiness = 2 THEN yes AND before
  ELSE yes AND CASE before WHEN true THEN long_before ELSE before END END AS flag
FROM (SELECT a.*, b.yes AS before, c.yes AS long_before FROM tested a LEFT JOIN tested b ON (b.account_id, b.measure, b.t) = (a.account_id, a.measure, a.t - 1)
  LEFT JOIN tested c ON (c.account_id, c.measure, c.t) = (a.account_id, a.measure, a.t - 2)) h, generate_series(1, 3) stickiness;
UPDATE flagged SET flag = NULL WHERE yes IS NULL;
-- A default within k months that no gap comes before, or k months without one.
CREATE TABLE outcome AS
SELECT a.account_id, a.t, k, min(b.t - a.t) FILTER (WHERE b.days >= 90) AS lead, min(b.place - a.place) FILTER (WHERE b.days >= 90) AS months,
  count(b.t) AS seen
FROM (SELECT * FROM tested WHERE measure = 'days_past_due' AND days < 90) a CROSS JOIN unnest('{6, 12, 18}'::int[]) k
LEFT JOIN tested b ON b.account_id = a.account_id AND b.measure = a.measure AND b.t > a.t AND b.t <= a.t + k
WHERE a.t + k <= 12 * 2024 + 12 GROUP BY 1, 2, 3;
CREATE TABLE judged AS
SELECT f.account_id, f.measure, stickiness, k AS outcome_months, flag, lead,
  CASE WHEN months = lead THEN true WHEN lead IS NULL AND seen = k THEN false END AS bad
FROM flagged f JOIN outcome o USING (account_id, t) WHERE f.days < 90;
ANALYZE judged;
CREATE TABLE by_hand AS
SELECT measure, stickiness, outcome_months, count(*) FILTER (WHERE known) AS n, count(*) FILTER (WHERE NOT known) AS n_unknown,
  count(*) FILTER (WHERE known AND flag) AS n_flagged, count(*) FILTER (WHERE known AND bad) AS n_bad, count(*) FILTER (WHERE known AND flag AND bad) AS n_hit,
  avg(lead) FILTER (WHERE known AND flag AND bad)::float8 AS lead_months, corr(flag::int, bad::int) FILTER (WHERE known) AS mcc
FROM (SELECT *, num_nulls(flag, bad) = 0 AS known FROM judged) j GROUP BY 1, 2, 3;
SELECT count(*) AS definitions, min(b.n_hit) > 40 AS many, min(b.n_unknown) > 100 AS unknown,
  count(*) FILTER (WHERE (a.n, a.n_unknown, a.n_flagged, a.n_bad, a.n_hit) IS DISTINCT FROM (b.n, b.n_unknown, b.n_flagged, b.n_bad, b.n_hit)) AS differ,
  bool_and(near(a.flagged_share, b.n_flagged::float8 / b.n) AND near(a.precision, b.n_hit::float8 / b.n_flagged) AND near(a.recall, b.n_hit::float8 / b.n_bad)
    AND near(a.specificity, (b.n - b.n_flagged - b.n_bad + b.n_hit)::float8 / (b.n - b.n_bad)) AND near(a.lift, b.n_hit::float8 * b.n / b.n_flagged / b.n_bad)
    AND near(a.mcc, b.mcc) AND near(a.lead_months, b.lead_months)) AS rates
FROM whole, sicr_backtest(s) a JOIN by_hand b USING (measure, stickiness, outcome_months);

-- Intervals: the variance of a ratio over accounts, from what each account is off by; Wilson's of as many single months.
CREATE TABLE by_account AS
SELECT measure, stickiness, outcome_months, account_id, rate, count(*) FILTER (WHERE below) AS below, count(*) FILTER (WHERE below AND above) AS above
FROM judged, LATERAL (VALUES ('flagged', true, flag), ('precision', flag, bad), ('recall', bad, flag), ('specificity', NOT bad, NOT flag))
  v (rate, below, above)
WHERE num_nulls(flag, bad) = 0 GROUP BY 1, 2, 3, 4, 5;
CREATE TABLE wilson AS
SELECT measure, stickiness, outcome_months, rate, (share + z * z / 2 / m) / (1 + z * z / m) AS middle,
  z * sqrt(share * (1 - share) / m + z * z / 4 / m ^ 2) / (1 + z * z / m) AS half, m, below
FROM (SELECT 1.6448536269514722 AS z, s.*, greatest(1, least(below, share * (1 - share) / variance)) AS m
  FROM (SELECT measure, stickiness, outcome_months, rate, share, s.below,
      sum((a.above - share * a.below) ^ 2) / s.below ^ 2 * accounts / (accounts - 1) AS variance
    FROM by_account a JOIN (SELECT measure, stickiness, outcome_months, rate, sum(above)::float8 / sum(below)::float8 AS share, sum(below)::float8 AS below,
        count(*)::float8 AS accounts FROM by_account WHERE below > 0 GROUP BY 1, 2, 3, 4) s USING (measure, stickiness, outcome_months, rate)
    GROUP BY 1, 2, 3, 4, share, s.below, accounts) s) m;
SELECT count(*) AS intervals, bool_and(w.m < w.below) AS wider_than_of_single_months,
  bool_and(near(low, middle - half, 1e-10) AND near(high, middle + half, 1e-10)) AS same
FROM (SELECT measure, stickiness, outcome_months, v.* FROM whole, sicr_backtest(s, 0.9), LATERAL (VALUES ('flagged', flagged_low, flagged_high),
    ('precision', precision_low, precision_high), ('recall', recall_low, recall_high),
    ('specificity', specificity_low, specificity_high)) v (rate, low, high)) b
JOIN wilson w USING (measure, stickiness, outcome_months, rate);

-- Where all went one way, as many looks as accounts (R 4.2, prop.test(0, 3, correct = FALSE)$conf.int).
SELECT n_flagged, "precision", near(precision_low, 0) AS low, near(precision_high, 0.561497031755045) AS high
FROM sicr_backtest((SELECT sicr_agg(a, make_date(2024, m, 1), 30, NULL, NULL, NULL, NULL, '2025-12-01') FROM generate_series(1, 3) a, generate_series(1, 12) m))
WHERE measure = 'days_past_due' AND stickiness = 1 AND outcome_months = 6;

-- No look ahead: what is known after as_of changes nothing.
SELECT s = (SELECT sicr_agg(account_id, month, days, pd, first_pd, score, first_score, '2023-12-01') FROM (SELECT account_id, month,
    CASE WHEN month < '2024-01-01' THEN days ELSE 95 END AS days, pd, first_pd, score, first_score FROM panel) p) AS same
FROM (SELECT sicr_agg(account_id, month, days, pd, first_pd, score, first_score, '2023-12-01') AS s FROM panel WHERE month < '2024-01-01') p;

-- The same bytes for any order, split by accounts, workers, and through text and bytes.
CREATE TABLE shuffled AS SELECT * FROM panel ORDER BY draw(account_id, extract(epoch FROM month)::int);
SELECT (SELECT sicr_agg(account_id, month, days, pd, first_pd, score, first_score, '2024-12-01') FROM shuffled) = s AS shuffled,
  (SELECT rollup(p) FROM (SELECT sicr_agg(account_id, month, days, pd, first_pd, score, first_score, '2024-12-31') AS p
    FROM shuffled GROUP BY account_id) a) = s    AS split, s::text::sicr = s AS text, s::bytea::sicr = s AS bytes,
  (SELECT sicr_agg(account_id, month, days, pd, first_pd, score, first_score, '2024-12-31',
    '{"days_past_due": 30, "pd_ratio": 2, "score_drop": 20, "default_days": 90}') FROM panel) = s AS options,
  (SELECT sicr_agg(account_id, month, days, pd, first_pd, score, first_score, '2024-12-31', '{"pd_ratio": 1.5}') FROM panel) = s AS others
FROM whole;
ANALYZE panel;
SET max_parallel_workers_per_gather = 3;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
\set call 'sicr_agg(account_id, month, days, pd, first_pd, score, first_score, ''2024-12-31'')'
SELECT uses_parallel('SELECT ' || :'call' || ' FROM panel') AS parallel, (SELECT :call FROM panel) = s AS same FROM whole;
RESET max_parallel_workers_per_gather;

-- What is not known, and what cannot be.
SELECT sicr_agg(NULL, '2026-01-01', 0, 0, 0, 0, 0, '2026-01-01')::jsonb - 'definitions' AS nothing,
  sicr_agg(1, '2026-01-01', 0, 0, 0, 0, 0, '2026-01-01') FILTER (WHERE false) IS NULL AS no_rows, rollup(NULL::sicr) IS NULL AS rollup;
SELECT count(*) AS rows FROM sicr_backtest(NULL);
SELECT count(*) AS definitions, count(n) AS with_n,
  sum(num_nonnulls(flagged_share, flagged_low, "precision", recall, specificity, lift, mcc, lead_months)) AS rates
FROM sicr_backtest((SELECT sicr_agg(NULL, '2026-01-01', 0, 0, 0, 0, 0, '2026-01-01')));
SELECT sicr_agg(1, '2026-01-01', -1, 0, 0, 0, 0, '2026-01-01');
SELECT sicr_agg(1, '2026-01-01', 0, 1.01, 0, 0, 0, '2026-01-01');
SELECT sicr_agg(1, '2026-01-01', 0, 0, -0.01, 0, 0, '2026-01-01');
SELECT sicr_agg(1, '2026-01-01', 0, 0, 0, 0, 0, NULL);
SELECT sicr_agg(1, '2026-01-01', 0, 0, 0, 0, 0, '2026-01-01', NULL);
SELECT sicr_agg(1, '2026-01-01', 0, 0, 0, 0, 0, '2026-01-01', '{"pd": 2}');
SELECT sicr_agg(1, '2026-01-01', 0, 0, 0, 0, 0, '2026-01-01', '{"pd_ratio": -1}');
SELECT sicr_agg(1, '2026-01-01', 0, 0, 0, 0, 0, '2026-01-01', '{"default_days": 0}');
SELECT sicr_agg(1, d, 0, 0, 0, 0, 0, '2026-05-01') FROM unnest('{2026-01-01, 2026-01-31}'::date[]) d;
SELECT sicr_agg(1, d, 0, 0, 0, 0, 0, '2026-05-01') FROM unnest('{1926-01-01, 2026-02-01}'::date[]) d;
SELECT sicr_agg(1, '2026-01-01', 0, 0, 0, 0, 0, d) FROM unnest('{2026-01-01, 2026-02-01}'::date[]) d;
SELECT rollup(p) FROM (SELECT s AS p FROM whole UNION ALL SELECT s FROM small_sicr) s;
SELECT sicr_backtest(s, 0) FROM small_sicr;
SELECT sicr_backtest(s, NULL) FROM small_sicr;
SELECT jsonb_set(s::jsonb, '{definitions, 0, 4}', '99')::sicr FROM small_sicr;
SELECT (s::jsonb - 'as_of')::sicr FROM small_sicr;
SELECT set_byte(s::bytea, 60, 200)::sicr FROM small_sicr;

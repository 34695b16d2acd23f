-- scorecard_refit: the bins of a card, and what newer rows say about them.
SET extra_float_digits = 0;
\i test/helpers.sql
\set SHOW_CONTEXT never
\pset null -

-- 1. On the rows that it was trained on, a card comes back: the same points, with all kinds of columns.
SELECT setseed(0.25);
CREATE TABLE refit_book AS
SELECT i AS id, use, income, arrears, housing, phone, grade,
  1 / (1 + exp(2.3 + 0.8 * (ln(coalesce(income, 1500)) - 7.3) - 2 * use - 0.3 * greatest(coalesce(arrears, 0), 0)
    - CASE housing WHEN 'rent' THEN 0.8 ELSE 0 END + CASE WHEN phone THEN 0.6 ELSE 0 END - 0.3 * grade)) > random() AS bad
FROM (SELECT i, random() AS use, CASE WHEN random() < 0.95 THEN round((800 * exp(2 * random()))::numeric, 2) END AS income,
    CASE WHEN random() < 0.1 THEN -9 ELSE floor(4 * random())::int END AS arrears, (ARRAY['own', 'rent', NULL])[1 + floor(3 * random())::int] AS housing,
    random() < 0.5 AS phone, round((1 + floor(3 * random()))::numeric, 1) AS grade FROM generate_series(1, 12000) i) s;
CREATE TABLE refit_trained AS
SELECT t.* FROM train_scorecard('refit_book', 'bad', '{use, income, arrears, housing, phone, grade}',
  '{"screening": {"columns": {"arrears": {"special_codes": [-9]}}}, "card": {"name": "first", "pdo": 40, "reasons": {"use": "High use"}}}') t;
SELECT scorecard_hash(r.card) = scorecard_hash(t.card) AS same_card, r.card::text = t.card::text AS same_text
FROM refit_trained t, scorecard_refit(t.card, 'refit_book', 'bad') r;

-- 2. Words stay, whatever place they have, and so do categories that are numbers or booleans.
CREATE TABLE refit_written AS SELECT '{"name": "by hand", "scaling": {"score": 500, "odds": 20, "pdo": 50}, "characteristics": [
  {"name": "use", "reason": "High use", "dimension": "line", "bins": [{"up_to": 0.3, "points": 0}, {"up_to": 0.7, "points": 0,
    "reason": "Some use"}, {"points": 0}]},
  {"name": "grade", "categories": [{"in": [1], "points": 1}, {"in": [2, 3], "points": 2, "reason": "Low grade"}],
    "other": {"points": 0, "reason": "No grade"}, "missing": {"points": 0}},
  {"name": "phone", "categories": [{"in": [true], "points": 0}, {"in": [false], "points": 0}]},
  {"name": "arrears", "bins": [{"below": 1, "points": 0}, {"points": 0}], "special": [{"values": [-9, -8], "points": 3,
    "reason": "No history"}], "missing": {"points": 0, "reason": "Unknown"}}
]}'::scorecard AS card;
CREATE TABLE refit_result AS SELECT r.* FROM refit_written w, scorecard_refit(w.card, 'refit_book', 'bad') r;
SELECT jsonb_path_query_array(card::jsonb, 'strict $.** ? (exists (@.reason)).reason') AS reasons, card::jsonb -> 'name' AS name,
  card::jsonb -> 'scaling' AS scaling FROM refit_result;
SELECT jsonb_path_query_array(card::jsonb, 'strict $.** ? (exists (@.in)).in') AS categories, jsonb_path_query_array(card::jsonb,
  'strict $.** ? (exists (@.values)).values') AS special,
  jsonb_path_query_array(card::jsonb, '$.characteristics[*].bins[*].up_to') AS up_to FROM refit_result;
-- Weights of evidence and points against their definitions in SQL: ln(share of good / share of bad) of counts with half an event
-- more, and the non-events that go with it.
SELECT t.characteristic, t.bin,
  abs(t.woe - (ln((good + all_good / all_bad / 2) / (bad + 0.5)) - ln(all_good / all_bad)))
  < 1e-12 AS woe_is_right,
  abs(t.points - (-50 / ln(2) * c.estimate * t.woe)) <= 0.5 AS points_are_right
FROM refit_result r, scorecard_table(r.card) t,
  LATERAL (SELECT estimate FROM logit_coefficients(r.model) WHERE term = t.characteristic) c,
  LATERAL (SELECT count(*) FILTER (WHERE NOT bad)::float8 AS all_good, count(*) FILTER (WHERE bad)::float8 AS all_bad,
    count(*) FILTER (WHERE NOT bad AND here)::float8 AS good, count(*) FILTER (WHERE bad AND here)::float8 AS bad
    FROM refit_book b, LATERAL (SELECT CASE t.characteristic
      WHEN 'use' THEN t.bin = CASE WHEN use <= 0.3 THEN '(-inf, 0.3]' WHEN use <= 0.7 THEN '(0.3, 0.7]' ELSE '(0.7, inf)' END
      WHEN 'grade' THEN t.bin = CASE grade WHEN 1 THEN '{1}' ELSE '{2, 3}' END
      WHEN 'phone' THEN t.bin = CASE WHEN phone THEN '{true}' ELSE '{false}' END
      ELSE t.bin = CASE WHEN arrears IN (-9, -8) THEN '{-9, -8}' WHEN arrears < 1 THEN '(-inf, 1)' ELSE '[1, inf)' END END) h (here)) n
WHERE good + bad > 0 ORDER BY t.characteristic, t.bin;
SELECT round(auc(score(card, b), bad, false)::numeric, 3) AS auc, round(avg(score_pd(card, b))::numeric, 3) AS mean_pd,
  round(avg(bad::int)::numeric, 3) AS bad_rate FROM refit_result, refit_book b;
SELECT e ->> 'characteristic' AS characteristic, round((e ->> 'iv')::numeric, 3) AS iv, round((e ->> 'coefficient')::numeric,
  2) AS coefficient, e ->> 'reason' AS reason
FROM refit_result, jsonb_array_elements(report) e;

-- 3. A cut moved by hand, and options.
SELECT r.card::jsonb -> 'name' AS name, r.card::jsonb -> 'scaling' AS scaling, (SELECT array_agg(bin) FROM scorecard_table(r.card)
  WHERE characteristic = 'use') AS bins
FROM refit_written, LATERAL (SELECT jsonb_set(card::jsonb, '{characteristics,0,bins,0,up_to}', '0.5')::scorecard AS moved) m,
  scorecard_refit(moved, 'refit_book', 'bad', '{"name": "second", "base_score": 600, "base_odds": 50, "pdo": 20}') r;
SELECT characteristic, binning::jsonb - '{version,trend,status,objective,n_skipped}'::text[] AS binning FROM refit_written, scorecard_binnings(card);

-- A card on which a high score is a high risk stays so: mirrored at 600, the same PD, and reasons for the same bins.
SELECT t.card::jsonb #> '{scaling,pdo}' AS pdo, r.card::jsonb = t.card::jsonb AS same_card
FROM (SELECT jsonb_set(card::jsonb, '{scaling,pdo}', '-40')::scorecard AS high FROM refit_trained) h, scorecard_refit(high, 'refit_book', 'bad',
  '{"rounding": "none"}') t, scorecard_refit(t.card, 'refit_book', 'bad', '{"rounding": "none"}') r;
SELECT count(*) AS borrowers, bool_and(near(score(down.card, b), 1200 - score(up.card, b), 1e-12)) AS mirrored,
  bool_and(near(score_pd(down.card, b), score_pd(up.card, b), 1e-12)) AS same_pd,
  bool_and(reason_codes(down.card, b) = reason_codes(up.card, b)) AS same_reasons,
  bool_and(near((SELECT sum(points_lost) FROM score_points(down.card, b)), (SELECT sum(points_lost) FROM score_points(up.card, b)), 1e-9)) AS same_losses
FROM refit_trained t, scorecard_refit(t.card, 'refit_book', 'bad', '{"rounding": "none"}') up,
  scorecard_refit(t.card, 'refit_book', 'bad', '{"rounding": "none", "pdo": -40}') down, (SELECT * FROM refit_book WHERE id <= 500) b;
-- A missing value that the card likes best of all is not brought down to the values, whichever sign of points is good.
SELECT pdo, b.binning::jsonb -> 'missing_woe' AS missing, b.binning::jsonb -> 'special_woe' AS special
FROM unnest('{20, -20}'::int[]) pdo, scorecard_binnings(jsonb_build_object('name', 'x', 'scaling', jsonb_build_object('pdo', pdo),
  'characteristics', jsonb_build_array(
    jsonb_build_object('name', 'use', 'bins', jsonb_build_array(jsonb_build_object('below', 1, 'points', pdo), '{"points": 0}'::jsonb),
    'special', jsonb_build_array(jsonb_build_object('values', '[-9]'::jsonb, 'points', pdo)),
    'missing', jsonb_build_object('points', 2 * pdo))))::scorecard) b;

-- Missing values that look safer than every value get no more than these, and the report says so, unless the card had more for them.
CREATE TABLE refit_gaps AS SELECT CASE WHEN i % 4 > 0 THEN i % 10 END AS x, i % 4 > 0 AND i * 7919 % 100 < 5 + i % 10 * 2 AS bad
FROM generate_series(1, 4000) i;
SELECT missing, t.points AS of_missing, max(v.points) AS best, r.report #>> '{0,remark}' AS remark
FROM unnest('{0, 30}'::int[]) missing, scorecard_refit(jsonb_build_object('name', 'gaps', 'characteristics', jsonb_build_array(jsonb_build_object('name', 'x',
    'bins', '[{"below": 5, "points": 20}, {"points": 0}]'::jsonb, 'missing', jsonb_build_object('points', missing))))::scorecard, 'refit_gaps', 'bad') r,
  scorecard_table(r.card) t, scorecard_table(r.card) v WHERE t.kind = 'missing' AND v.kind = 'interval'
GROUP BY missing, t.points, r.report #>> '{0,remark}' ORDER BY 1;

-- 4. A characteristic that turned, mistakes, and NULLs.
CREATE VIEW refit_suppressed AS SELECT use, grade, phone, use - 0.16 * bad::int AS arrears, bad FROM refit_book;
CREATE VIEW refit_one_class AS SELECT * FROM refit_book WHERE bad;
CREATE VIEW refit_no_rows AS SELECT * FROM refit_book WHERE false;
CREATE VIEW refit_without AS SELECT id, use, bad FROM refit_book;
SELECT e ->> 'characteristic' AS characteristic, e ->> 'reason' AS reason
FROM refit_written, LATERAL (SELECT jsonb_set(card::jsonb, '{characteristics,3,bins,0,below}', '0.5')::scorecard AS moved) m,
  scorecard_refit(moved, 'refit_suppressed', 'bad') r, jsonb_array_elements(report) e;
SELECT r.* FROM refit_written, scorecard_refit(card, 'refit_without', 'bad') r;
SELECT r.* FROM refit_written, scorecard_refit(card, 'refit_no_rows', 'bad') r;
SELECT r.* FROM refit_written, scorecard_refit(card, 'refit_one_class', 'bad') r;
SELECT r.* FROM refit_written, scorecard_refit(card, 'refit_book', 'income') r;
SELECT r.* FROM refit_written, scorecard_refit(card, 'refit_book', 'bad', '{"pod": 20}') r;
SELECT r.* FROM refit_written, scorecard_refit(card, NULL, 'bad') r;
SELECT count(*) FROM scorecard_binnings(NULL);

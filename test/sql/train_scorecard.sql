-- train_scorecard: from the columns of a table to a card.
SET extra_float_digits = 0;
\i test/helpers.sql
\pset null -

-- A book with known drivers: income, months, arrears (-9 is a code, NULL is missing), housing, phone and "Use \"%\"". Beside them
-- what every table has: noise, an identifier, a constant, a copy of a driver, a date, an empty column. set 0 is the hold-out.
CREATE SCHEMA "Train ""It""";
CREATE DOMAIN "Train ""It""".share AS real;
CREATE DOMAIN "Train ""It""".yes AS boolean;
CREATE TYPE "Train ""It""".housing AS ENUM ('own', 'rent', 'free');
SELECT setseed(0.4);
CREATE TABLE "Train ""It"""."Loan Book" AS
SELECT i AS id, i % 3 AS set, CASE WHEN random() > 0.04 THEN round((800 * exp(random() * 2))::numeric, 2) END AS income,
  (random() * 120)::int::smallint AS months, CASE WHEN random() < 0.08 THEN -9 WHEN random() < 0.1 THEN NULL ELSE floor(random() * 5) END::float8 AS arrears,
  (ARRAY['own', 'rent', 'free'])[1 + floor(random() * 3)::int]::"Train ""It""".housing AS housing, (random() < 0.6)::"Train ""It""".yes AS phone,
  round(random()::numeric, 2)::real::"Train ""It""".share AS "Use ""%""", (ARRAY['north', 'it''s south', NULL])[1 + floor(random() * 3)::int] AS region,
  random() AS noise, (random() * 1000)::bigint AS "Noise 2", 7 AS one_value, md5(i::text) AS hash,
    DATE '2024-01-01' + i % 300 AS opened, NULL::numeric AS nothing, random() AS luck
FROM generate_series(1, 15000) i;
ALTER TABLE "Train ""It"""."Loan Book" ADD copy_of_use float8, ADD bad boolean;
UPDATE "Train ""It"""."Loan Book" SET copy_of_use = "Use ""%"""::text::float8,
  bad = CASE WHEN id % 97 > 0 THEN luck < 1 / (1 + exp(2.4 + 0.6 * (ln(coalesce(income, 1500)) - 7.5)
    + 0.012 * months - 0.4 * CASE arrears WHEN -9 THEN 2 ELSE coalesce(arrears, 0) END
    - CASE housing WHEN 'rent' THEN 0.8 ELSE 0 END + CASE WHEN phone THEN 0.7 ELSE 0 END - 1.8 * "Use ""%""" - CASE region
      WHEN 'it''s south' THEN 0.4 ELSE 0 END)) END;
ALTER TABLE "Train ""It"""."Loan Book" DROP COLUMN luck;
CREATE VIEW "Train ""It"""."Dev Part" AS SELECT * FROM "Train ""It"""."Loan Book" WHERE set > 0;
CREATE VIEW hold_out AS SELECT * FROM "Train ""It"""."Loan Book" WHERE set = 0;
SELECT count(*), count(*) FILTER (WHERE bad) AS bad, count(*) FILTER (WHERE bad IS NULL) AS unknown FROM "Train ""It"""."Dev Part";

CREATE TABLE trained AS
SELECT t.* FROM train_scorecard('"Train ""It"""."Dev Part"', 'bad', NULL,
  '{"screening": {"columns": {"arrears": {"special_codes": [-9]}}}, "card": {"name": "first"}}') t;
-- The report, step by step.
SELECT r ->> 'characteristic' AS characteristic, round((r ->> 'iv')::numeric, 4) AS iv, r ->> 'bins' AS bins,
  r ->> 'trend' AS trend, r ->> 'selected' AS selected, r ->> 'reason' AS reason
FROM trained, jsonb_array_elements(report) r WHERE r ->> 'step' = 'screening';
SELECT r ->> 'step' AS step, r ->> 'number' AS fit, coalesce(r ->> 'characteristic', r ->> 'characteristics') AS characteristics,
  r ->> 'reason' AS reason, r ->> 'status' AS status,
  round((r ->> 'deviance')::numeric, 2) AS deviance, r ->> 'n' AS n, r ->> 'n_event' AS events, r ->> 'n_skipped' AS skipped,
    r ->> 'lowest' AS lowest, r ->> 'highest' AS highest
FROM trained, jsonb_array_elements(report) r WHERE r ->> 'step' <> 'screening';
-- Bins that no row had are counted, and named.
SELECT (r ->> 'n_never_seen')::int = (SELECT count(*) FROM scorecard_table(card, true) WHERE event_rate IS NULL AND count = 0) AS counted,
  r -> 'never_seen' AS never_seen
FROM trained, jsonb_array_elements(report) r WHERE r ->> 'step' = 'card';
SELECT characteristic, bin_id, bin, round(woe::numeric, 3) AS woe, points, kind FROM trained, scorecard_table(card);

-- By hand, step for step, the card is the same to the bit: its columns in the order of their information values.
WITH binned AS (
  SELECT optimal_binning("Use ""%"""::text::float8, bad) AS use_bins, optimal_binning(arrears, bad,
    '{"special_codes": [-9]}') AS arrears_bins, optimal_binning(months::float8, bad) AS months_bins,
    optimal_binning(housing::text, bad) AS housing_bins, optimal_binning(phone::text, bad) AS phone_bins, optimal_binning(income, bad) AS income_bins
  FROM "Train ""It"""."Dev Part"),
listed AS (
  SELECT array_agg(name ORDER BY information_value(bins) DESC) AS names, array_agg(bins ORDER BY information_value(bins) DESC) AS binnings,
    array_agg(place ORDER BY information_value(bins) DESC) AS places
  FROM binned, LATERAL (VALUES ('Use "%"', use_bins, 1), ('arrears', arrears_bins, 2), ('months', months_bins, 3),
    ('housing', housing_bins, 4), ('phone', phone_bins, 5),
    ('income', income_bins, 6)) v (name, bins, place)),
fitted AS (
  SELECT logistic_regression(bad, ARRAY(SELECT (ARRAY[woe(use_bins, "Use ""%"""::text::float8), woe(arrears_bins, arrears),
    woe(months_bins, months::float8), woe(housing_bins, housing::text),
    woe(phone_bins, phone::text), woe(income_bins, income)])[p] FROM unnest(places) WITH ORDINALITY u (p, o) ORDER BY o), '{"signs": "-"}'::jsonb) AS model
  FROM binned, listed, "Train ""It"""."Dev Part")
SELECT names, replace(replace(scorecard(f.model, names, binnings, '{"name": "first"}')::text, '["true"]', '[true]'), '["false"]',
  '[false]') = t.card::text AS same_card,
  (SELECT bool_and(a.estimate = b.estimate AND a.std_error = b.std_error) FROM logit_coefficients(t.model) WITH ORDINALITY a
    JOIN logit_coefficients(f.model) WITH ORDINALITY b USING (ordinality)) AS same_model
FROM listed, fitted f, trained t;
-- Nothing is left that has the wrong sign or does not count.
SELECT bool_and(estimate < 0) FILTER (WHERE term <> '(Intercept)') AS all_negative, bool_and(p_value <= 0.05) AS all_count
  FROM trained, logit_coefficients(model);

-- The card reads the table as it is: a real under a domain, an enum, a boolean under a domain, a numeric, quoted names. The scores of
-- the model and of the card agree, and the borrowers that were kept aside are ranked as well as those that were learnt from.
SELECT count(*) AS borrowers, count(score(card, h)) AS scored,
  count(*) FILTER (WHERE score(card, h) <> score(card, to_jsonb(h))) AS json_differs FROM trained, hold_out h;
SELECT max(abs(score_pd(exact.card, h) - logit_predict(trained.model, ARRAY(SELECT p.woe FROM score_points(exact.card, h) p)))) < 1e-12 AS pd_of_the_model
FROM trained, hold_out h, (SELECT t.card FROM train_scorecard('"Train ""It"""."Dev Part"', 'bad', NULL,
  '{"screening": {"columns": {"arrears": {"special_codes": [-9]}}}, "card": {"name": "first", "rounding": "none"}}') t) exact;
SELECT set = 0 AS hold_out, round(auc(score(card, b), bad, false)::numeric, 4) AS auc, round(avg(score_pd(card, b))::numeric,
  3) AS pd, round(avg(bad::int), 3) AS event_rate
FROM trained, "Train ""It"""."Loan Book" b WHERE bad IS NOT NULL GROUP BY set = 0 ORDER BY 1;

-- Columns by name and fewer of them; a threshold; the other sign; a permutation of the columns and of the rows changes nothing.
SELECT jsonb_path_query_array(report, '$[*] ? (@.step == "left out")') AS left_out
  FROM train_scorecard('"Train ""It"""."Dev Part"', 'bad', '{months,phone,arrears}', '{"max_characteristics": 2}');
SELECT jsonb_path_query_array(report, '$[*] ? (@.step == "left out").characteristic') AS left_out
FROM train_scorecard('"Train ""It"""."Dev Part"', 'bad', '{months,phone,noise,"Noise 2",housing}', '{"screening": {"min_iv": 0}, "max_pvalue": 1e-10}');
SELECT bool_and(score(a.card, h) = score(trained.card, h)) AS other_sign FROM trained, hold_out h, train_scorecard('"Train ""It"""."Dev Part"', 'bad', NULL,
  '{"screening": {"woe_sign": "event_over_non_event", "columns": {"arrears": {"special_codes": [-9]}}}, "card": {"name": "first"}}') a;
-- One column may have its WoE the other way.
SELECT bool_and(score(a.card, h) = score(trained.card, h)) AS mixed_signs FROM trained, hold_out h, train_scorecard('"Train ""It"""."Dev Part"', 'bad', NULL,
  '{"screening": {"columns": {"arrears": {"special_codes": [-9]}, "months": {"woe_sign": "event_over_non_event"}}}, "card": {"name": "first"}}') a;
CREATE TABLE shuffled AS SELECT * FROM "Train ""It"""."Dev Part" ORDER BY hash;
SELECT bool_and(score(a.card, h) = score(trained.card, h)) AS other_order FROM trained, hold_out h, train_scorecard('shuffled', 'bad',
  '{region,income,phone,housing,months,arrears,"Use \"%\""}', '{"screening": {"columns": {"arrears": {"special_codes": [-9]}}}, "card": {"name": "first"}}') a;
-- One characteristic is never left out.
SELECT jsonb_path_query_array(report, '$[*] ? (@.step != "screening").step') AS steps
  FROM train_scorecard('"Train ""It"""."Dev Part"', 'bad', '{noise}', '{"screening": {"min_iv": 0}, "max_pvalue": 0}');

-- Change a bin by hand, count the bins on newer rows, fit again, and install the card as the next version.
CREATE TABLE installed (version int PRIMARY KEY, card scorecard NOT NULL);
INSERT INTO installed SELECT 1, card FROM trained;
CREATE TABLE by_hand AS
SELECT binning_refit(fixed_binning('{36,72}'), months::float8, bad) AS months_bins, binning_refit(fixed_binning('{0.25,0.5,0.75}'),
  "Use ""%"""::text::float8, bad) AS use_bins FROM hold_out;
INSERT INTO installed
SELECT 2, scorecard((SELECT logistic_regression(bad, ARRAY[woe(months_bins, months::float8),
  woe(use_bins, "Use ""%"""::text::float8)]) FROM hold_out), '{months,"Use \"%\""}', ARRAY[months_bins, use_bins])
FROM by_hand;
SELECT version, characteristic, array_agg(bin || ' ' || points ORDER BY bin_id) AS points FROM installed, scorecard_table(card)
  WHERE version = 2 GROUP BY version, characteristic;
SELECT version, round(auc(score(card, b), bad, false)::numeric, 4) AS auc FROM installed, "Train ""It"""."Dev Part" b
  WHERE bad IS NOT NULL GROUP BY version ORDER BY version;

-- Nothing to do.
SELECT card IS NULL AND model IS NULL AND report IS NULL AS nothing FROM train_scorecard(NULL, 'bad');
SELECT card IS NULL AND model IS NULL AND report IS NULL AS nothing FROM train_scorecard('hold_out', NULL);
SELECT card IS NULL AND model IS NULL AND report IS NULL AS nothing FROM train_scorecard('hold_out', 'bad', NULL, NULL);
CREATE VIEW nobody AS SELECT * FROM hold_out WHERE false;
CREATE VIEW no_outcome AS SELECT months, phone, NULL::boolean AS bad FROM hold_out;
CREATE VIEW only_bad AS SELECT months, phone, true AS bad FROM hold_out;
CREATE TABLE only_event (bad boolean);
\set SHOW_CONTEXT never
SELECT card FROM train_scorecard('nobody', 'bad', '{months}');
SELECT card FROM train_scorecard('no_outcome', 'bad');
SELECT card FROM train_scorecard('only_bad', 'bad');
SELECT card FROM train_scorecard('only_event', 'bad');
SELECT card FROM train_scorecard('hold_out', 'bad', '{}');

-- Mistakes.
SELECT card FROM train_scorecard('hold_out', 'bad', '{noise,one_value,opened}');
SELECT card FROM train_scorecard('hold_out', 'bad', '{nonsense}');
SELECT card FROM train_scorecard('hold_out', 'bad', '{bad}');
SELECT card FROM train_scorecard('hold_out', 'months');
SELECT card FROM train_scorecard('hold_out', 'bad) FROM hold_out; DROP TABLE installed; --');
SELECT card FROM train_scorecard('hold_out', 'bad', NULL, '{"max_p_value": 0.1}');
SELECT card FROM train_scorecard('hold_out', 'bad', NULL, '{"max_pvalue": 1.5}');
SELECT card FROM train_scorecard('hold_out', 'bad', NULL, '{"max_pvalue": "low"}');
SELECT card FROM train_scorecard('hold_out', 'bad', NULL, '{"max_characteristics": 0}');
SELECT card FROM train_scorecard('hold_out', 'bad', NULL, '{"max_characteristics": "two"}');
SELECT card FROM train_scorecard('hold_out', 'bad', NULL, '[1]');
SELECT card FROM train_scorecard('hold_out', 'bad', NULL, '{"screening": 3}');
SELECT card FROM train_scorecard('hold_out', 'bad', NULL, '{"screening": {"min_vi": 0.1}}');
SELECT card FROM train_scorecard('hold_out', 'bad', NULL, '{"card": {"pdo": 0}}');
SELECT card FROM train_scorecard('hold_out', 'bad', NULL, '{"card": "blue"}');

DROP TABLE trained, shuffled, installed, by_hand, only_event;
DROP VIEW nobody, no_outcome, only_bad, hold_out;
DROP SCHEMA "Train ""It""" CASCADE;

-- What knows the outcome gives no points, and mistakes in the options are found before the work.
\set SHOW_CONTEXT never
CREATE TABLE known AS SELECT i % 2 AS x, i % 7 AS y, i % 2 = 0 AS bad, i * 7919 % 11 = 0 AND i % 2 = 0 OR i % 5 = 0 AS other FROM generate_series(1, 1000) i;
SELECT card FROM train_scorecard('known', 'bad', '{x, y}');
SELECT card FROM train_scorecard('known', 'bad', '{x, y}', '{"screening": {"max_iv": null, "max_auc": null}}');
-- A penalty or a bound makes points of it, and the report says where the bound binds.
SELECT o, (SELECT r ->> 'status' FROM jsonb_array_elements(t.report) r WHERE r ->> 'step' = 'fit' LIMIT 1) AS status,
  (SELECT r ->> 'message' FROM jsonb_array_elements(t.report) r WHERE r ->> 'step' = 'fit' LIMIT 1) AS message,
  (SELECT round(max(abs(estimate))::numeric, 6) FROM logit_coefficients(t.model) WHERE term = 'x') AS coefficient, count(*) AS bins
FROM (VALUES ('{"penalty": "firth"}'::jsonb), ('{"max_coefficient": 2}'), ('{"penalty": "firth", "max_coefficient": 0.5}')) v (o),
  train_scorecard('known', 'bad', '{x}', o || '{"screening": {"max_iv": null, "max_auc": null}}') t, scorecard_table(t.card)
GROUP BY o, t.report, t.model ORDER BY o;
SELECT card FROM train_scorecard('known', 'bad', '{x, y}', '{"penalty": "l2"}');
SELECT card FROM train_scorecard('known', 'bad', '{x, y}', '{"max_coefficient": 0}');
SELECT (SELECT string_agg(c ->> 'reason', ', ') FROM jsonb_array_elements(card::jsonb -> 'characteristics') c) AS reasons
FROM train_scorecard('known', 'other', '{x, y}', '{"screening": {"min_iv": 0}, "max_characteristics": 1, "card": {"reasons": {"x": "Odd", "y": "Week"}}}');
SELECT card FROM train_scorecard('known', 'other', '{x, y}', '{"card": {"reasons": {"z": "Odd"}}}');
SELECT card FROM train_scorecard('known', 'other', '{x, y}', '{"card": {"reasons": 3}}');
SELECT card FROM train_scorecard('known', 'other', '{x, y}', '{"card": {"nmae": "first"}}');
SELECT card FROM train_scorecard('known', 'other', '{x, y}', '{"max_characteristics": 2.5}');
SELECT card FROM train_scorecard('known', 'other', '{x, y}', '{"screening": {"max_iv": 0.00001, "min_iv": 0}}');

-- One text for values on both sides of the best is false to some borrowers, and so may be that of values for missing ones: the report
-- says so, until every side has a text.
CREATE TABLE paid AS SELECT CASE WHEN i % 40 > 0 THEN i % 5 - 1 END AS days_late,
  draw(i, 1) < CASE i % 5 WHEN 0 THEN 0.2 WHEN 1 THEN 0.05 ELSE 0.1 + 0.1 * (i % 5) END AS bad
FROM generate_series(1, 8000) i;
SELECT r ->> 'characteristic' AS characteristic, r ->> 'remark' AS remark, reason_codes(card, '{"days_late": -1}') AS paid_early
FROM train_scorecard('paid', 'bad', '{days_late}', '{"card": {"reasons": {"days_late": "Pays late"}}}'), jsonb_array_elements(report) r
WHERE r ->> 'step' = 'reasons';
SELECT count(*) FILTER (WHERE r ->> 'step' = 'reasons') AS remarks, reason_codes(card, '{"days_late": -1}') AS paid_early,
  reason_codes(card, '{"days_late": 2}') AS paid_late, reason_codes(card, '{"days_late": null}') AS unknown
FROM train_scorecard('paid', 'bad', '{days_late}',
    '{"card": {"reasons": {"days_late": {"low": "Pays early", "high": "Pays late", "missing": "Unknown"}}}}') t,
  jsonb_array_elements(report) r GROUP BY t.card::text, 2, 3, 4;
SELECT count(*) FILTER (WHERE r ->> 'step' = 'reasons') AS without_texts
FROM train_scorecard('paid', 'bad', '{days_late}'), jsonb_array_elements(report) r;
-- Some bins have a text, others that lose points only the name of the column.
SELECT r ->> 'remark' AS remark, (SELECT string_agg(DISTINCT t.bin, ' ') FROM scorecard_table(card) t WHERE t.reason = 'days_late') AS own_name
FROM train_scorecard('paid', 'bad', '{days_late}', '{"card": {"reasons": {"days_late": {"high": "Pays late"}}}}'), jsonb_array_elements(report) r
WHERE r ->> 'step' = 'reasons';
SELECT card FROM train_scorecard('paid', 'bad', '{days_late}', '{"card": {"reasons": {"days_late": {"above": "Pays late"}}}}');

-- 368 of 1,565 borrowers have no value, and none of them went bad, at a base rate of 1.9 %: so few events are too few to be judged. Without
-- that rule the bins have no event of their own, the regression makes much of it, and the report says so; with a bound their
-- probability of default is what half an event in 368 rows and its share says.
CREATE TABLE nobody_bad AS
SELECT CASE WHEN i <= 368 THEN NULL ELSE (i * 37 % 100)::float8 END AS x, i > 368 AND i * 7 % 23 = 0 AND i * 37 % 100 < 60 AS bad
FROM generate_series(1, 1565) i;
SELECT o, (SELECT points FROM scorecard_table(card) WHERE kind = 'missing') AS missing,
  (SELECT max(points) FROM scorecard_table(card) WHERE kind = 'interval') AS best,
  round(score_pd(card, '{"x": null}')::numeric, 5) AS pd, (SELECT string_agg(r ->> 'remark', '; ') FROM jsonb_array_elements(report) r) AS remarks
FROM unnest(ARRAY['{"screening": {"max_n_bins": 3, "min_bin_n_event": 10}}', '{"screening": {"max_n_bins": 3}}',
    '{"screening": {"max_n_bins": 3}, "max_coefficient": 1}']) WITH ORDINALITY v (o, place),
  LATERAL (SELECT * FROM train_scorecard('nobody_bad', 'bad', '{x}', o::jsonb)) t
ORDER BY place;

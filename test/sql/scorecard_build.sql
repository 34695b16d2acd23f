-- scorecard_build: from a model and binnings to points.
\i test/helpers.sql

-- A book with a number, codes, missing values and categories.
CREATE TABLE book AS
SELECT i, CASE WHEN i % 20 = 0 THEN NULL WHEN i % 33 = 0 THEN -9 ELSE 20 + i * 7919 % 50 END::float8 AS age,
  (ARRAY['own', 'rent', 'family', NULL])[1 + i * 31 % 4] AS housing,
  (i * 104729::bigint % 1009) / 1009.0 < 0.05 + (i * 7919 % 50) / 200.0 + CASE i * 31 % 4 WHEN 1 THEN 0.1 ELSE 0 END AS bad
FROM generate_series(1, 20000) i;
CREATE TABLE fitted AS
WITH binned AS (SELECT optimal_binning(bin_sketch_agg(age, bad), '{"special_codes": [-9]}') AS age_bins,
  optimal_binning(housing, bad) AS housing_bins FROM book)
SELECT age_bins, housing_bins, (SELECT logistic_regression(bad, ARRAY[woe(age_bins, age), woe(housing_bins, housing)]) FROM book) AS model FROM binned;
CREATE TABLE card AS
SELECT allocation, rounding, scorecard(model, '{age,housing}', ARRAY[age_bins, housing_bins], jsonb_build_object('name', 'built',
  'allocation', allocation, 'rounding', rounding, 'reasons', jsonb_build_object('age', 'Young'))) AS card
FROM fitted, unnest('{base_points,spread,zero_minimum}'::text[]) allocation, unnest('{none,nearest,range}'::text[]) rounding;

-- The PD of the unrounded card is that of the model, for every borrower and allocation; so the scores are the same.
SELECT allocation, count(*) AS borrowers,
  count(*) FILTER (WHERE NOT coalesce(near(score_pd(card, b),
  logit_predict(model, ARRAY[woe(age_bins, age), woe(housing_bins, housing)]), 1e-12), false)) AS wrong,
  round(max(score(card, b))::numeric, 6) AS highest
FROM card, fitted, book b WHERE rounding = 'none' GROUP BY allocation ORDER BY allocation;
-- Rounded: within half a point for each number; the range of the exact card is kept where that is asked for.
SELECT c.allocation, c.rounding, max(abs(score(c.card, b) - score(e.card, b))) <= 1.5 + 1e-9 AS within,
  (scorecard_summary(c.card::text::scorecard)).min_score - round((scorecard_summary(e.card::text::scorecard)).min_score)
    AS lowest_off, (scorecard_summary(c.card::text::scorecard)).max_score - round((scorecard_summary(e.card::text::scorecard)).max_score) AS highest_off
FROM card c JOIN card e ON e.allocation = c.allocation AND e.rounding = 'none', book b WHERE c.rounding <> 'none'
  GROUP BY c.allocation, c.rounding, c.card::text, e.card::text ORDER BY 1, 2;
SELECT characteristic, bin_id, bin, round(woe::numeric, 4) AS woe, round(coefficient::numeric, 4) AS coefficient, points, kind, reason
FROM card, scorecard_table(card) WHERE allocation = 'base_points' AND rounding = 'nearest';
SELECT min(points) FROM card, scorecard_table(card) WHERE allocation = 'zero_minimum' AND rounding = 'none' GROUP BY characteristic;

-- The sign of the WoE changes no point.
SELECT bool_and(near(score(a.card, b), score(flipped.card, b), 1e-12)) AS same
FROM book b, (SELECT card FROM card WHERE allocation = 'base_points' AND rounding = 'none') a,
  (WITH binned AS (SELECT optimal_binning(bin_sketch_agg(age, bad), '{"special_codes": [-9], "woe_sign": "event_over_non_event"}') AS x,
     optimal_binning(bin_sketch_agg(housing, bad), '{"woe_sign": "event_over_non_event"}') AS h FROM book)
   SELECT scorecard((SELECT logistic_regression(bad, ARRAY[woe(x, age), woe(h, housing)]) FROM book), '{age,housing}', ARRAY[x, h],
     '{"rounding": "none"}') AS card FROM binned) flipped;

-- Published scaling: factor 28.85390081777927, offset 487.1228762045055 at 600, 50:1, 20 (scoring literature; R: 20/log(2), 600-20/log(2)*log(50)).
SELECT near((scorecard_summary(c)).min_score, 487.1228762045055 - 28.85390081777927 * (-2 + 0.5 * max_woe), 1e-12) AS lowest
FROM (SELECT scorecard_from_coefficients(-2, '{0.5}', '{age}', ARRAY[age_bins], '{"rounding": "none"}') AS c,
        (SELECT max(woe) FROM binning_table(age_bins)) AS max_woe FROM fitted) s;

-- Mistakes.
SELECT scorecard(model, '{age}', ARRAY[age_bins, housing_bins]) FROM fitted;
SELECT scorecard(model, '{age,housing,income}', ARRAY[age_bins, housing_bins, age_bins]) FROM fitted;
SELECT scorecard(model, '{age,age}', ARRAY[age_bins, housing_bins]) FROM fitted;
SELECT scorecard(model, '{}', ARRAY[]::binning[]) FROM fitted;
SELECT scorecard(model, '{age,NULL}', ARRAY[age_bins, housing_bins]) FROM fitted;
SELECT scorecard(model, '{age,housing}', ARRAY[age_bins, fixed_binning(ARRAY[1.0])]) FROM fitted;
SELECT scorecard(model, '{age,housing}', ARRAY[age_bins, housing_bins], '{"pdo": 0}') FROM fitted;
SELECT scorecard(model, '{age,housing}', ARRAY[age_bins, housing_bins], '{"alocation": "spread"}') FROM fitted;
SELECT scorecard_from_coefficients(-2, '{NaN}', '{age}', ARRAY[age_bins]) FROM fitted;
SELECT scorecard((SELECT logistic_regression(bad, ARRAY[age, 2 * age]) FROM book WHERE age > 0), '{age,housing}', ARRAY[age_bins, housing_bins]) FROM fitted;
SELECT scorecard(NULL, '{age}', ARRAY[age_bins]) IS NULL AS nothing FROM fitted;

DROP TABLE book, fitted, card;

-- Terms that have names are those of the characteristics, and a model that is no estimate makes no points.
CREATE TABLE build_known AS SELECT i % 2 AS x, i % 7 AS y, i % 2 = 0 AS bad, i * 7919 % 11 = 0 AND i % 2 = 0 OR i % 5 = 0 AS other
  FROM generate_series(1, 1000) i;
CREATE TABLE build_bins AS SELECT optimal_binning(x, other) AS bx, optimal_binning(y, other) AS b_y FROM build_known;
CREATE TABLE build_model AS SELECT bx, b_y, m.* FROM build_bins b,
  LATERAL (SELECT logistic_regression(other, ARRAY[woe(bx, x), woe(b_y, y)], '{"names": ["x", "y"]}') AS named,
    logistic_regression(other, ARRAY[woe(bx, x), woe(b_y, y)]) AS plain,
    logistic_regression(bad, ARRAY[woe(bx, x), woe(b_y, y)]) AS separated, logistic_regression(bad, ARRAY[woe(bx, x), woe(b_y, y)],
      '{"penalty": "firth"}') AS firth FROM build_known) m;
SELECT scorecard(named, '{x, y}', ARRAY[bx, b_y]) IS NOT NULL AS named, scorecard(plain, '{x, y}',
  ARRAY[bx, b_y]) IS NOT NULL AS plain, scorecard(firth, '{x, y}', ARRAY[bx, b_y]) IS NOT NULL AS firth FROM build_model;
SELECT scorecard(named, '{y, x}', ARRAY[bx, b_y]) FROM build_model;
SELECT scorecard(separated, '{x, y}', ARRAY[bx, b_y]) FROM build_model;
SELECT scorecard(plain, '{x, y}', ARRAY[bx, b_y], '{"reasons": {"z": "Odd"}}') FROM build_model;

-- Reasons of bins: of values below and above the best, of listed values, special codes, missing and other. Who paid early is not told
-- that he paid late.
CREATE TABLE told AS SELECT pdo, scorecard_from_coefficients(-3, '{-1, -1}', '{late, housing}', ARRAY[
  '{"bins": [{"below": 0, "non_event": 800, "event": 20}, {"below": 1, "non_event": 900, "event": 10}, {"below": 2, "non_event": 300, "event": 30},
    {"non_event": 50, "event": 30}], "special": [{"values": [-9], "non_event": 90, "event": 10}, {"values": [-8, -7], "non_event": 80, "event": 10}],
    "missing": {"non_event": 100, "event": 10}}',
  '{"categories": [{"in": ["own"], "non_event": 900, "event": 10}, {"in": ["free", "rent"], "non_event": 300, "event": 30},
    {"in": ["hotel"], "non_event": 300, "event": 50}], "missing": {"non_event": 90, "event": 10}, "other": {"non_event": 9, "event": 3}}']::binning[],
  format('{"pdo": %s, "reasons": {"late": {"low": "Pays early", "high": "Pays late", "values": {"-7": "Never billed"}, "special": "Cannot be said",
    "missing": "No payment on file"}, "housing": {"values": {"rent": "Rents", "boat": "Lives on a boat"},
    "other": "Lives elsewhere", "reason": "Does not own a home"}}}', pdo)::jsonb) AS card
FROM unnest('{20, -20}'::int[]) pdo;
SELECT characteristic, bin, points, reason FROM told, scorecard_table(card) WHERE pdo > 0;
-- Where a high score is a high risk, the best bin is the one with the fewest points.
SELECT count(*) AS bins, bool_and(t.reason = o.reason) AS same_reasons, bool_and(abs(t.points + o.points) <= 1) AS opposite_points
FROM told a, told b, scorecard_table(a.card) o JOIN LATERAL scorecard_table(b.card) t USING (characteristic, bin_id) WHERE a.pdo > 0 AND b.pdo < 0;
SELECT late, reason_codes(card, jsonb_build_object('late', late, 'housing', 'own')) AS reasons FROM told, unnest('{-1, 0, 1, NULL}'::int[]) late WHERE pdo > 0;
SELECT scorecard_from_coefficients(0, '{-1}', '{x}', ARRAY['{"bins": [{"non_event": 1, "event": 1}]}'::binning], '{"reasons": {"x": {"up": "Up"}}}');
SELECT scorecard_from_coefficients(0, '{-1}', '{x}', ARRAY['{"bins": [{"non_event": 1, "event": 1}]}'::binning], '{"reasons": {"x": {"low": 3}}}');
SELECT scorecard_from_coefficients(0, '{-1}', '{x}', ARRAY['{"bins": [{"non_event": 1, "event": 1}]}'::binning], '{"reasons": {"x": 3}}');

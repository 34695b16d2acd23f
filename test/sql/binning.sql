-- binning: optimal, fixed and refitted bins, weight of evidence and information value.
SET extra_float_digits = 0;
\i test/helpers.sql

-- 1. Published numbers.
-- "mean radius" of the breast cancer data, by pre-bins: optbinning 0.20 README, binary example: splits and IV, and its tables.
CREATE TABLE radius AS
SELECT x, i <= e AS event
FROM unnest('{11, 11.425, 12.33, 12.775, 13.095, 13.705, 14.255, 15.045, 16.925}'::float8[], '{3, 3, 5, 2, 10, 13, 15, 44, 117}'::int[],
  '{115, 76, 32, 29, 39, 22, 33, 10, 1}'::int[]) u (x, n, e), generate_series(1, n + e) i;
CREATE TABLE made (name text PRIMARY KEY, b binning);
INSERT INTO made SELECT 'radius', optimal_binning(x, event,
  '{"splits": [11.425, 12.33, 12.775, 13.095, 13.705, 14.255, 15.045, 16.925], "max_n_bins": 20, "smoothing": "none", "special_codes": [-1]}') FROM radius;
SELECT bin_id, kind, bin, lower, upper, count, round(count_share::numeric, 8) AS share, non_event, event, round(event_rate::numeric, 6) AS rate,
  round(event_rate_low::numeric, 6) AS low, round(event_rate_high::numeric, 6) AS high, round(woe::numeric, 6) AS woe, round(iv::numeric, 6) AS iv
FROM made, binning_table(b) WHERE name = 'radius';
SELECT n, n_event, n_missing, n_special, n_other, n_skipped, n_bins, round(iv::numeric, 8) AS iv, round(js::numeric, 8) AS js, round(gini::numeric, 8) AS gini,
  round(ks::numeric, 8) AS ks, round(cramers_v::numeric, 8) AS v, round(hhi_normalised::numeric, 8) AS hhi, trend, status, message
FROM made, binning_summary(b) WHERE name = 'radius';
-- What is found is what the last price says, also with missing values and special codes.
SELECT near(s.iv, s.iv_max_pvalue) AS same, s.n_missing > 0 AND s.n_special > 0 AS with_the_rest
FROM binning_summary((SELECT optimal_binning(nullif(i % 100, 3), i % 7 < 1 + i % 100 / 40,
  '{"smoothing": "none", "special_codes": [50]}') FROM generate_series(1, 20000) i)) s;
-- The intervals of the rates are those of jeffreys_interval.
SELECT bool_and(near(event_rate_low, j.conf_low) AND near(event_rate_high, j.conf_high)) AS jeffreys
FROM made, binning_table(b) t, jeffreys_interval(t.count::bigint, t.event::bigint) j WHERE name = 'radius' AND t.count > 0;
-- With user splits and max_pvalue (optbinning, tests/test_binning.py): splits 13, 15, 17 and this IV to the last digit.
SELECT array_agg(upper) AS upper, near(sum(iv), 4.819661314733627, 1e-15) AS iv
FROM binning_table((SELECT optimal_binning(x, event,
  '{"splits": [11, 12, 13, 14, 15, 17], "max_pvalue": 0.05, "min_bin_size": 0, "smoothing": "none", "max_n_bins": 20}')
  FROM unnest('{10, 11, 12, 13, 14, 15, 17}'::int[], '{1, 5, 6, 20, 19, 44, 117}'::int[], '{84, 79, 81, 61, 39, 12, 1}'::int[]) u (x, n, e),
    LATERAL (SELECT i <= e AS event FROM generate_series(1, n + e) i) s));
-- Siddiqi (2006), Credit Risk Scorecards, table of age: weights of evidence in hundredths, IV 0.668.
CREATE TABLE siddiqi AS SELECT * FROM (VALUES (NULL::int, 860, 140), (18, 3040, 960), (23, 4920, 1080), (27, 8100, 900),
  (30, 9500, 500), (35, 6800, 200), (44, 2940, 60)) v (age, good, bad);
INSERT INTO made SELECT 'age', binning_refit(fixed_binning(ARRAY[23, 27, 30, 35, 44], '{"smoothing": "none"}'), s)
FROM (SELECT bin_sketch_agg(age, event, n) AS s FROM siddiqi, LATERAL (VALUES (false, good), (true, bad)) c (event, n)) q;
SELECT bin, count, round((100 * woe)::numeric, 3) AS woe FROM made, binning_table(b) WHERE name = 'age';
SELECT round(information_value(b)::numeric, 10) AS iv FROM made WHERE name = 'age';
-- SAS/STAT, PROC HPBIN, Example 3.4: WOEADJUST 0.5.
SELECT bin, round(woe::numeric, 5) AS woe, round(iv::numeric, 5) AS iv
FROM binning_table('{"smoothing": "sas", "bins": [{"below": 1, "non_event": 2, "event": 0}, {"below": 2, "non_event": 1, '
  '"event": 0}, {"non_event": 3, "event": 3}]}');
-- One variable under every smoothing (data of an issue of the R package scorecard, no. 43); ln(event/non-event).
SELECT smoothing, sign, round(max(woe) FILTER (WHERE bin_id = 1)::numeric, 8) AS one_row,
  round(max(woe) FILTER (WHERE bin_id = 2)::numeric, 8) AS next, round(sum(iv)::numeric, 8) AS iv
FROM unnest('{none, sas, laplace, prior}'::text[]) WITH ORDINALITY smoothing (smoothing, place),
  unnest('{event_over_non_event, non_event_over_event}'::text[]) sign,
  binning_table(format('{"smoothing": "%s", "woe_sign": "%s", "bins": [{"below": 1, "non_event": 1, "event": 0}, {"below": 2, "non_event": 300, "event": 101},
    {"below": 3, "non_event": 1800, "event": 391}, {"below": 4, "non_event": 3033, "event": 453}, {"non_event": 307, "event": 34}]}', smoothing, sign)::binning)
GROUP BY place, smoothing, sign ORDER BY place, sign;

-- 2. The optimum is the best of all divisions: against all 64 of seven values, for 40 samples and three trends.
CREATE FUNCTION all_divisions(n int[], e int[], smallest float8, trend text, most int) RETURNS TABLE (cuts int[], iv float8) LANGUAGE sql
BEGIN ATOMIC
  WITH bins AS (
    SELECT mask, bin, sum(n[x])::float8 AS n, sum(e[x])::float8 AS e, sum(sum(n[x])) OVER w AS all_n, sum(sum(e[x])) OVER w AS all_e
    FROM generate_series(0, 63) mask, LATERAL (SELECT x, sum(CASE WHEN x > 1 THEN (mask >> (x - 2)) & 1
      ELSE 0 END) OVER (ORDER BY x) AS bin FROM generate_series(1, 7) x) s
    GROUP BY mask, bin WINDOW w AS (PARTITION BY mask)),
  rated AS (SELECT *, e / (n + e) AS rate, lag(e / (n + e)) OVER (PARTITION BY mask ORDER BY bin) AS before FROM bins)
  SELECT (SELECT array_agg(x ORDER BY x) FROM generate_series(2, 7) x WHERE (mask >> (x - 2)) & 1 = 1),
    sum((n / all_n - e / all_e) * ln((n / all_n) / (e / all_e)))
  FROM rated GROUP BY mask
  HAVING bool_and(n + e >= smallest * (all_n + all_e) OR e >= smallest * all_e) AND count(*) BETWEEN 2 AND most
    AND coalesce(CASE trend WHEN 'ascending' THEN bool_and(rate >= before) WHEN 'descending' THEN bool_and(rate <= before) ELSE true END, true);
END;
CREATE TABLE samples AS
SELECT g, array_agg(5 + (draw(10 * g + x, 1) * 60)::int ORDER BY x) AS n, array_agg(1 + (draw(10 * g + x, 2) * 20 + g % 3 * x)::int
  ORDER BY x) AS e, draw(g, 3) * 0.2 AS least, 2 + g % 5 AS most
FROM generate_series(1, 40) g, generate_series(1, 7) x GROUP BY g;
SELECT k AS trend, count(*) AS samples, count(best.iv) AS feasible,
  bool_and(CASE WHEN best.iv IS NULL THEN s.status = 'infeasible' ELSE near(s.iv, best.iv) AND s.status = 'optimal' END) AS optimal,
  bool_and(best.iv IS NULL OR best.cuts = t.cuts) AS same_cuts
FROM samples, unnest('{none, ascending, descending}'::text[]) k
  LEFT JOIN LATERAL (SELECT * FROM all_divisions(n, e, least, k, most) ORDER BY iv DESC LIMIT 1) best ON true,
  LATERAL (SELECT optimal_binning(bin_sketch_agg(x, event, w), jsonb_build_object('min_bin_size', 0, 'max_n_bins', most,
    'monotonic_trend', k, 'smoothing', 'none')
      || jsonb_build_object('min_bin_size', least)) AS b
    FROM (SELECT x, event, 1 AS w FROM generate_series(1, 7) x, LATERAL (VALUES (false, n[x]), (true, e[x])) c (event, rows), generate_series(1, rows)) r) o,
  binning_summary(b) s, LATERAL (SELECT array_agg(upper::int ORDER BY upper) AS cuts FROM binning_table(b) WHERE upper < 'Infinity') t
GROUP BY k ORDER BY k;
-- "best" is at least as good as each of the four, which are not better than none; "auto" is "best" or "monotone"; each rule has its price.
SELECT count(*) AS samples, bool_and(best.iv >= greatest(asc_.iv, desc_.iv, peak.iv, valley.iv) - 1e-12) AS best_of_four,
  bool_and(none.iv >= best.iv - 1e-12) AS none_is_best,
  bool_and(monotone.iv = greatest(asc_.iv, desc_.iv) AND auto.iv IN (monotone.iv, best.iv)) AS auto_is_either,
  bool_and(auto.iv_unconstrained >= auto.iv_min_size - 1e-12 AND auto.iv_min_size >= auto.iv_trend - 1e-12
    AND auto.iv_trend >= auto.iv_max_pvalue - 1e-12) AS prices
FROM samples, LATERAL (SELECT bin_sketch_agg(x, event) AS k FROM generate_series(1, 7) x, LATERAL (VALUES (false, n[x]),
  (true, e[x])) c (event, k), generate_series(1, k)) s,
  binning_summary(optimal_binning(k, '{"max_pvalue": 0.2}')) auto, binning_summary(optimal_binning(k, '{"max_pvalue": 0.2, "monotonic_trend": "best"}')) best,
  binning_summary(optimal_binning(k, '{"max_pvalue": 0.2, "monotonic_trend": "monotone"}')) monotone,
    binning_summary(optimal_binning(k, '{"max_pvalue": 0.2, "monotonic_trend": "none"}')) none,
  binning_summary(optimal_binning(k, '{"max_pvalue": 0.2, "monotonic_trend": "ascending"}')) asc_,
    binning_summary(optimal_binning(k, '{"max_pvalue": 0.2, "monotonic_trend": "descending"}')) desc_,
  binning_summary(optimal_binning(k, '{"max_pvalue": 0.2, "monotonic_trend": "peak"}')) peak,
    binning_summary(optimal_binning(k, '{"max_pvalue": 0.2, "monotonic_trend": "valley"}')) valley
WHERE 'infeasible' <> ALL (ARRAY[auto.status, none.status, asc_.status, desc_.status, peak.status, valley.status]);

-- 3. A book of 20,000 loans.
CREATE TABLE loan AS
SELECT i, CASE WHEN i % 20 = 0 THEN NULL WHEN i % 33 = 0 THEN -9 ELSE income END AS income, grade, flag, w,
  draw(i, 4) < 0.05 + 0.25 / (1 + income / 1500) + CASE grade WHEN 'A' THEN 0.05 WHEN '' THEN 0.1 ELSE 0 END AS event
FROM (SELECT i, round((800 * exp(1.5 * draw(i, 5) + draw(i, 6)))::numeric, 2) AS income,
  (ARRAY['A', 'B', 'C', '', NULL, 'it''s', 'x\y', 'D'])[1 + floor(draw(i, 7) * 7.995)::int] AS grade,
  draw(i, 8) < 0.3 AS flag, 1 + (draw(i, 9) * 3)::int AS w FROM generate_series(1, 20000) i) s;
INSERT INTO made SELECT 'income', optimal_binning(income, event, '{"special_codes": [-9], "min_bin_size": 0.1}') FROM loan;
INSERT INTO made SELECT 'grade', optimal_binning(grade, event, '{"cat_cutoff": 0.142}') FROM loan;
INSERT INTO made SELECT 'flag', optimal_binning(flag::text, event) FROM loan;
SELECT name, bin_id, kind, bin, "values", count, event FROM made, binning_table(b) WHERE name IN ('income', 'grade', 'flag') ORDER BY name, bin_id;
-- Counts by bin_id() are those of the table, and so is woe(), whatever the kind.
CREATE VIEW by_bin AS
SELECT 'income' AS name, bin_id(b, income) AS bin_id, woe(b, income) AS woe, event FROM loan, made WHERE name = 'income'
UNION ALL SELECT 'grade', bin_id(b, grade), woe(b, grade), event FROM loan, made WHERE name = 'grade'
UNION ALL SELECT 'flag', bin_id(b, flag::text), woe(b, flag::text), event FROM loan, made WHERE name = 'flag';
SELECT name, count(*) AS bins, bool_and(t.count = coalesce(q.n, 0) AND t.event = coalesce(q.e, 0) AND (q.n IS NULL OR q.woe = t.woe AND q.one)) AS same
FROM made, binning_table(b) t LEFT JOIN LATERAL (SELECT count(*) AS n, count(*) FILTER (WHERE event) AS e, min(woe) AS woe, min(woe) = max(woe) AS one
  FROM by_bin v WHERE v.name = made.name AND v.bin_id = t.bin_id HAVING count(*) > 0) q ON true
WHERE name IN ('income', 'grade', 'flag') GROUP BY name ORDER BY name;
-- Definitions, in SQL: prior smoothing (events are the rarer class here: half of one), shares, IV.
SELECT name, bool_and(near(woe, CASE WHEN count = 0 THEN 0 ELSE ln((non_event + gn / ge / 2) / (event + 0.5) * ge / gn) END)) AS woe,
  bool_and(near(count_share, count / (gn + ge))) AS share, near(sum(iv), sum((non_event / gn - event / ge) * woe)) AS iv,
    near(min(information_value(b)), sum(iv)) AS information_value
FROM (SELECT name, b, t.*, sum(non_event) OVER w AS gn, sum(event) OVER w AS ge FROM made, binning_table(b) t
  WHERE name IN ('income', 'grade', 'flag') WINDOW w AS (PARTITION BY name)) s
GROUP BY name ORDER BY name;
-- The one-step aggregates of finished bins.
SELECT near(information_value(bin_id(b, income), event, '{"smoothing": "prior"}'), min(information_value(b))) AS numbers,
  near(information_value('bin ' || bin_id(b, income), event, '{"smoothing": "prior"}'), min(information_value(b))) AS texts
FROM loan, made WHERE name = 'income';
SELECT near(information_value(grade, event),
  information_value(optimal_binning(grade, event,
  '{"smoothing": "none", "min_bin_size": 0, "cat_cutoff": 0, "monotonic_trend": "none", "max_n_bins": 20}')), 0.002) AS every_category FROM loan;
SELECT information_value(1, event) AS one_bin, information_value(NULL::int, event) AS missing, information_value(income::int,
  NULL) IS NULL AS no_outcome, information_value(grade, true) IS NULL AS one_class,
  information_value(grade, event) FILTER (WHERE i < 0) IS NULL AS no_rows FROM loan;
-- Published: checking account and foreign worker of German credit (the R packages scorecard and PDtoolkit), age of Siddiqi (2006); unsmoothed, as tables in
-- books are. Then every smoothing, by the figures of the table above.
SELECT near(information_value(g, i <= e), 0.6660115034, 1e-10) AS german
FROM (VALUES ('<0', 274, 135), ('<200', 269, 105), ('200', 63, 14), ('none', 394, 46)) t (g, n, e), generate_series(1, n) i;
SELECT near(information_value(g, i <= e), 0.043877, 1e-6) AS foreign_worker FROM (VALUES ('yes', 963, 296), ('no', 37, 4)) t (g, n, e), generate_series(1, n) i;
SELECT near(information_value(age, i <= bad), 0.6680562518, 1e-10) AS siddiqi FROM siddiqi, generate_series(1, good + bad) i;
SELECT s AS smoothing, round(information_value(bin, i <= event, jsonb_build_object('smoothing', s))::numeric, 8) AS iv
FROM unnest('{none, sas, laplace, prior}'::text[]) WITH ORDINALITY s (s, place),
  (VALUES (1, 1, 0), (2, 300, 101), (3, 1800, 391), (4, 3033, 453), (5, 307, 34)) t (bin, non_event, event),
  generate_series(1, non_event + event) i
GROUP BY place, s ORDER BY place;
SELECT information_value(1, true, '{"smoothing": "much"}');
SELECT information_value(i::text, true) FROM generate_series(1, 100001) i;
SELECT array_agg(round(v::numeric, 6))
FROM (SELECT information_value(i % 3, i % 2 = 0, '{"smoothing": "prior"}') OVER (ORDER BY i) AS v FROM generate_series(1, 6) i) s;

-- 4. Values and bins. Special codes win over the interval around them; infinities are values; NaN is missing; a category that is not listed is other.
SELECT x, bin_id(b, x), bin_id(b, x::numeric) AS of_numeric, near(woe(b, x), woe(b, x::numeric)) AS same
FROM made, unnest('{-9, -9.001, -Infinity, Infinity, NaN, NULL, 0}'::float8[]) x WHERE name = 'income';
SELECT x, t.bin FROM made, unnest(ARRAY['A', '', 'a', NULL, 'it''s', 'unseen']) x, binning_table(b) t WHERE name = 'grade' AND t.bin_id = bin_id(b, x);
SELECT woe(NULL::binning, 1) IS NULL AS no_binning, bin_id(NULL::binning, 'x'::text) IS NULL AS either;
SELECT bin_id('{"bins": [{"below": 5}, {}]}', x) FROM unnest('{4, 5, NULL}'::float8[]) x;
SELECT woe('{"bins": [{"below": 5}, {}]}', 4) IS NULL AS not_counted;
SELECT bin_id('{"categories": [{"in": [1, 2]}, {"in": [3]}], "other": {}}', x) FROM unnest('{1, 3, 4, NULL}'::float8[]) x;
SELECT woe(b, 'x'::text) FROM made WHERE name = 'income';
SELECT bin_id(b, 1) FROM made WHERE name = 'grade';
-- [a, b) or (a, b].
SELECT closed, array_agg(bin_id(b, x) ORDER BY x) AS bins, min((SELECT array_agg(bin) FROM binning_table(b))) AS labels
FROM unnest('{left, right}'::text[]) closed, LATERAL (SELECT fixed_binning(ARRAY[1, 2], jsonb_build_object('closed', closed)) AS b)
  f, unnest('{0.9, 1, 1.1, 2, 2.1}'::float8[]) x GROUP BY closed ORDER BY closed;
-- A cut between values is the number with the fewest digits that divides them.
SELECT closed, (SELECT array_agg(upper) FROM binning_table(b)) AS cuts
FROM unnest('{left, right}'::text[]) closed, LATERAL (SELECT optimal_binning(x, i <= e, jsonb_build_object('closed', closed, 'min_bin_size', 0)) AS b
  FROM (VALUES (1499.5, 10), (1500.7, 40), (2000, 60), (2113.25, 90)) v (x, e), generate_series(1, 100) i) s;

-- 368 borrowers of 1,565 have no value, and nobody of them went bad, at a base rate of 1.9 %: that much says that they are good, but
-- not how good. Half an event is the prior: ln((368 + 0.5 (1-p)/p) / 0.5 * p/(1-p)); never safer than the safest value, unless it is asked
-- for; and 0 where so few events are too few.
CREATE TABLE nobody_bad AS
SELECT CASE WHEN i <= 368 THEN NULL WHEN i <= 500 THEN -7 ELSE (i * 37 % 100)::float8 END AS x,
  i > 368 AND i * 7 % 23 = 0 AND (i * 37 % 100 < 60 OR i % 9 = 0) AS bad
FROM generate_series(1, 1565) i;
SELECT rule, t.bin, t.count, t.event, round(t.woe::numeric, 4) AS woe, s.remark
FROM unnest(ARRAY['{}', '{"missing": "separate"}', '{"special": "missing", "missing": "separate"}', '{"special": "worst", "missing": "zero"}',
    '{"special": "zero", "missing": -0.5}', '{"special": 0.25, "missing": "best"}',
    '{"min_bin_n_event": 6, "missing": "separate", "special": "separate"}']) WITH ORDINALITY r (rule, place),
  LATERAL (SELECT optimal_binning(x, bad, rule::jsonb || '{"max_n_bins": 2, "special_codes": [-7, -8]}') AS b FROM nobody_bad) o,
  binning_table(b) t, binning_summary(b) s
ORDER BY place, t.bin_id;
SELECT round(ln((368 + 0.5 * good / bad) / 0.5 * bad / good)::numeric, 4) AS missing_alone,
  round(ln((368 + no_code + 0.5 * good / bad) / (bad_code + 0.5) * bad / good)::numeric, 4) AS with_codes
FROM (SELECT count(*) FILTER (WHERE bad)::float8 AS bad, count(*) FILTER (WHERE NOT bad)::float8 AS good,
  count(*) FILTER (WHERE x = -7 AND bad) AS bad_code, count(*) FILTER (WHERE x = -7 AND NOT bad) AS no_code FROM nobody_bad) s;
-- The rules are part of the binning: they hold for the counts of other rows, and in its text.
SELECT b::text::binning::text = b::text AS text, woe(b, NULL::float8) AS counted, woe(binning_refit(b, k), NULL::float8) > 0 AS counted_again,
  remark
FROM (SELECT optimal_binning(x, bad, '{"min_bin_n_event": 5, "missing": "separate", "special": "missing", "special_codes": [-7]}') AS b,
  bin_sketch_agg(x, bad, 10) AS k FROM nobody_bad) s, binning_summary(b);
-- Other: rare categories, all good, are not better than the best listed one; and so it is for either sign.
SELECT sign, bool_and(near(o.woe, best)) FILTER (WHERE rule = 'capped') AS capped,
  bool_and(abs(o.woe) > abs(best)) FILTER (WHERE rule = 'separate') AS separate
FROM unnest('{non_event_over_event, event_over_non_event}'::text[]) sign, unnest('{capped, separate}'::text[]) rule,
  LATERAL (SELECT optimal_binning(CASE WHEN i % 60 = 7 THEN i::text ELSE chr(97 + i % 3) END, i % 60 <> 7 AND i % 7 <= i % 3,
    jsonb_build_object('woe_sign', sign, 'other', rule)) AS b FROM generate_series(1, 6000) i) s,
  LATERAL (SELECT CASE WHEN sign LIKE 'non%' THEN max(woe) ELSE min(woe) END AS best FROM binning_table(b) WHERE kind = 'category') v,
  LATERAL (SELECT woe FROM binning_table(b) WHERE kind = 'other') o GROUP BY sign ORDER BY sign;
-- Weights: half an event is half a row of weight 1.
SELECT bool_and(near(t.woe, ln((non_event + 0.5 * gn / ge) / (event + 0.5) * ge / gn))) AS by_weight
FROM (SELECT t.*, sum(non_event) OVER () AS gn, sum(event) OVER () AS ge
  FROM (SELECT optimal_binning(bin_sketch_agg(x, bad, 3), '{"missing": "separate"}') AS b FROM nobody_bad) s, binning_table(b) t) t WHERE count > 0;

-- Few borrowers are far behind, and they are most of those who default: 2 % of the rows have 29 % of the events, and two bins by default.
CREATE TABLE arrears AS SELECT CASE WHEN i % 50 > 0 THEN 0 ELSE 1 + i / 50 % 2 END AS months_late,
  CASE WHEN i % 50 > 0 THEN i % 33 = 0 ELSE i / 50 % 5 < 2 + i / 50 % 2 * 2 END AS bad
FROM generate_series(1, 10000) i;
SELECT bin, count, event, round((event / sum(event) OVER ())::numeric, 3) AS share_of_events
FROM (SELECT optimal_binning(months_late, bad) AS b FROM arrears) s, binning_table(b) WHERE kind = 'interval';
SELECT bin, count, event FROM (SELECT optimal_binning(months_late, bad, '{"min_bin_size": 0.2}') AS b FROM arrears) s, binning_table(b) WHERE kind = 'interval';

-- What becomes of missing values: shown, neutral, as the worst or the best bin, or as told; the table shows it, and counts stay.
SELECT rule, round(min(woe(b, NULL::float8))::numeric, 6) AS missing, round(min(t.woe)::numeric, 6) AS lowest,
  round(max(t.woe)::numeric, 6) AS highest, round(min(information_value(b))::numeric, 6) AS iv
FROM unnest(ARRAY['"separate"', '"zero"', '"worst"', '"best"', '-0.25', 'null']::jsonb[]) WITH ORDINALITY r (rule, place),
  LATERAL (SELECT optimal_binning(income, event, jsonb_build_object('missing', rule)) AS b FROM loan) s, binning_table(b) t
WHERE t.kind = 'interval' GROUP BY place, rule ORDER BY place;
-- The information value is the sum by these weights.
SELECT rule, abs(information_value(b) - i.iv) < 1e-9 AND abs(m.iv - i.iv) < 1e-9 AS its_sum
FROM unnest(ARRAY['"separate"', '"zero"', '"worst"', '"best"', '-0.25', '"capped"']::jsonb[]) rule,
  LATERAL (SELECT optimal_binning(income, event, jsonb_build_object('missing', rule)) AS b FROM loan) s, binning_summary(b) m,
  LATERAL (SELECT sum(greatest(0, (t.non_event / n.non_events - t.event / n.events) * t.woe)) AS iv FROM binning_table(b) t,
    (SELECT sum(o.non_event) AS non_events, sum(o.event) AS events FROM binning_table(b) o) n) i;
SELECT rule, sign, round(woe(b, NULL::float8)::numeric, 6) AS missing
FROM unnest('{worst, best}'::text[]) rule, unnest('{non_event_over_event, event_over_non_event}'::text[]) sign,
  LATERAL (SELECT optimal_binning(income, event, jsonb_build_object('missing', rule, 'woe_sign', sign)) AS b FROM loan) s;
-- The sign of WoE changes that, and nothing else.
SELECT count(*) AS bins, bool_and(p.woe = -m.woe AND p.iv = m.iv AND p.bin = m.bin AND p.event = m.event) AS mirrored
FROM (SELECT optimal_binning(income, event) AS a, optimal_binning(income, event, '{"woe_sign": "event_over_non_event"}') AS b
  FROM loan) s, binning_table(a) p JOIN LATERAL binning_table(b) m USING (bin_id);

-- 5. Options, each with what it is for.
CREATE FUNCTION try(options jsonb) RETURNS TABLE (options text, cuts float8[], trend text, status text, message text) LANGUAGE sql
BEGIN ATOMIC
  SELECT options::text, array_remove((SELECT array_agg(upper) FROM binning_table(b)), 'Infinity'), s.trend, s.status, s.message
  FROM (SELECT optimal_binning(bin_sketch_agg(income, event), options) AS b FROM loan) q, binning_summary(b) s;
END;
SELECT t.* FROM unnest('{
  "{}",
  "{\"max_n_prebins\": 2}", "{\"max_n_prebins\": 500, \"max_n_bins\": 3}", "{\"max_n_bins\": 1}", "{\"min_n_bins\": 8, \"monotonic_trend\": \"none\"}",
  "{\"min_bin_size\": 0.3}", "{\"max_bin_size\": 0.2}", "{\"min_bin_n_event\": 900}", "{\"min_bin_n_non_event\": 5000}",
  "{\"monotonic_trend\": \"ascending\"}", "{\"monotonic_trend\": \"descending\"}", "{\"monotonic_trend\": \"peak\"}",
    "{\"monotonic_trend\": \"valley\"}", "{\"monotonic_trend\": \"none\"}",
  "{\"min_event_rate_diff\": 0.05}", "{\"max_pvalue\": 0.0001}", "{\"objective\": \"js\"}", "{\"objective\": \"hellinger\"}", "{\"objective\": \"triangular\"}",
  "{\"splits\": [1000, 5000, 2000]}", "{\"splits\": [1000, 2000, 5000], \"splits_fixed\": [3000]}", "{\"splits_fixed\": [1234.5],
    \"max_n_bins\": 3}", "{\"special_codes\": [-9, 0]}"
}'::jsonb[]) o, try(o) t;
-- Nothing keeps all rules: one bin, and the rule in the way.
SELECT t.* FROM unnest('{
  "{\"min_bin_size\": 0.6}", "{\"max_bin_size\": 0.2, \"max_n_bins\": 3}", "{\"min_bin_n_event\": 100000}",
    "{\"min_event_rate_diff\": 0.5}", "{\"max_pvalue\": 0}",
  "{\"min_bin_size\": 0.4, \"min_n_bins\": 3}", "{\"splits\": [1000, 2000], \"splits_fixed\": [1000, 2000], \"max_n_bins\": 2}",
    "{\"monotonic_trend\": \"ascending\", \"splits\": [1000, 4000]}"
}'::jsonb[]) o, try(o) t;
-- Every mistake in them.
SELECT optimal_binning(bin_sketch_agg(1, true), '{"max_bins": 3}');
SELECT optimal_binning(bin_sketch_agg(1, true), '[]');
SELECT optimal_binning(bin_sketch_agg(1, true), '{"max_n_prebins": 501}');
SELECT optimal_binning(bin_sketch_agg(1, true), '{"max_n_bins": 3, "min_n_bins": 4}');
SELECT optimal_binning(bin_sketch_agg(1, true), '{"max_n_bins": 101}');
SELECT optimal_binning(bin_sketch_agg(1, true), '{"min_bin_size": 1.5}');
SELECT optimal_binning(bin_sketch_agg(1, true), '{"min_bin_size": 0.2, "max_bin_size": 0.1}');
SELECT optimal_binning(bin_sketch_agg(1, true), '{"min_bin_n_event": -1}');
SELECT optimal_binning(bin_sketch_agg(1, true), '{"monotonic_trend": "up"}');
SELECT optimal_binning(bin_sketch_agg(1, true), '{"max_pvalue": "0.05"}');
SELECT optimal_binning(bin_sketch_agg(1, true), '{"splits": [1, 2, 1]}');
SELECT optimal_binning(bin_sketch_agg(1, true), '{"splits": 1}');
SELECT optimal_binning(bin_sketch_agg(1, true), '{"special_codes": ["-9"]}');
SELECT optimal_binning(bin_sketch_agg(1, true), '{"missing": "merge"}');
SELECT optimal_binning(bin_sketch_agg(1, true), '{"closed": "both"}');
SELECT optimal_binning(bin_sketch_agg(1, true), '{"woe_sign": "bad"}');
SELECT optimal_binning(bin_sketch_agg(1, true), '{"smoothing": 0.5}');
SELECT optimal_binning(bin_sketch_agg(1, true), jsonb_build_object('splits', (SELECT jsonb_agg(i) FROM generate_series(1, 500) i)));
SELECT optimal_binning(1, true, '{"max_bins": 3}') FROM generate_series(1, 3);
SELECT optimal_binning(1, true, NULL) FROM generate_series(1, 3);
SELECT optimal_binning(i, true, jsonb_build_object('max_n_bins', i)) FROM generate_series(2, 3) i;

-- 6. Data that cannot be binned says so.
SELECT what, b.* FROM (VALUES ('all missing', NULL::float8, 0), ('one value', 1, 0), ('one class', 2, 1)) v (what, x, k),
  LATERAL (SELECT optimal_binning(CASE WHEN k = 1 THEN i ELSE x END, k = 1 OR i % 2 = 0) AS b FROM generate_series(1, 10) i) b;
SELECT what, b.* FROM (VALUES ('all missing', NULL::text, 0), ('one value', 'a', 0), ('one class', 'b', 1)) v (what, x, k),
  LATERAL (SELECT optimal_binning(CASE WHEN k = 1 THEN (i % 2)::text ELSE x END, k = 1 OR i % 2 = 0) AS b FROM generate_series(1, 10) i) b;
SELECT optimal_binning(i::text, i % 10 = 0) FROM generate_series(1, 1000) i;
SELECT optimal_binning(i::text, i % 10 = 0) FROM generate_series(1, 100001) i;
SELECT optimal_binning(x, NULL) AS no_outcome FROM generate_series(1, 3) x;
SELECT optimal_binning(x, true) IS NULL AS no_rows, optimal_binning(x, true, '{}') IS NULL AS with_options FROM generate_series(1, 0) x;
SELECT optimal_binning(NULL::bin_sketch) IS NULL AS no_sketch, woe(optimal_binning(NULL::text, true), 'x') AS only_missing;
SELECT information_value(optimal_binning(NULL::text, x % 2 = 0)) AS all_missing,
  information_value(optimal_binning(x, true)) AS one_class FROM generate_series(1, 9) x;
-- A binning without categories is stored and applied as others are.
SELECT b::text::binning::text = b::text AS same, bin_id(b, 'x'::text), bin_id(b, NULL::text), s.status, s.n_bins, s.n_other
FROM (SELECT optimal_binning(i::text, i % 10 = 0) AS b FROM generate_series(1, 1000) i) q, binning_summary(b) s;

-- 7. One answer, however it is asked for: in one step or from a sketch, of float8 or numeric, in any order, split, or plan.
SELECT optimal_binning(income, event)::text = optimal_binning(bin_sketch_agg(income, event))::text AS sketch,
  optimal_binning(income::float8, event)::text = optimal_binning(income, event)::text AS float8,
  optimal_binning(income, event, '{"special_codes": [-9]}')::text = optimal_binning(bin_sketch_agg(income, event), '{"special_codes": [-9]}')::text AS options,
  optimal_binning(grade, event, '{"cat_cutoff": 0.142}')::text = optimal_binning(bin_sketch_agg(grade, event), '{"cat_cutoff": 0.142}')::text AS texts,
  optimal_binning(income, event ORDER BY i DESC)::text = optimal_binning(income, event)::text AS ordered FROM loan;
-- Whole weights are repeated rows under every rule, here where rows and weights disagree about sizes: large incomes and grade D weigh most.
CREATE TABLE heavy AS SELECT i, income, grade, event, CASE WHEN grade = 'D' THEN 5 WHEN income > 3000 THEN 3 WHEN i % 9 = 0 THEN 0
  ELSE 1 END AS weight FROM loan;
CREATE TABLE by_weight AS
SELECT place, options, optimal_binning(w, options) AS w, optimal_binning(r, options) AS r, optimal_binning(rows, options) AS rows
FROM (SELECT bin_sketch_agg(income, event, weight) AS w, bin_sketch_agg(income, event) AS rows FROM heavy) a,
  (SELECT bin_sketch_agg(income, event) AS r FROM heavy, generate_series(1, weight)) b,
  unnest(ARRAY['{}', '{"min_bin_size": 0.2}', '{"max_bin_size": 0.25, "special_codes": [-9]}', '{"min_bin_n_event": 900}',
    '{"min_bin_n_non_event": 6000}', '{"max_n_prebins": 12, "special_codes": [-9]}',
    '{"min_bin_size": 0, "max_pvalue": 0.0001}', '{"min_event_rate_diff": 0.02, "monotonic_trend": "none"}',
      '{"splits": [900, 1500, 2500, 3500, 6000], "min_bin_size": 0.15}']::jsonb[]) WITH ORDINALITY o (options, place)
UNION ALL
SELECT 100 + place, options, optimal_binning(w, options), optimal_binning(r, options), optimal_binning(rows, options)
FROM (SELECT bin_sketch_agg(grade, event, weight) AS w, bin_sketch_agg(grade, event) AS rows FROM heavy) a,
  (SELECT bin_sketch_agg(grade, event) AS r FROM heavy, generate_series(1, weight)) b,
  unnest(ARRAY['{}', '{"cat_cutoff": 0.11}', '{"cat_cutoff": 0.13, "min_bin_size": 0.3}', '{"min_bin_n_event": 1500}',
    '{"max_n_prebins": 3}']::jsonb[]) WITH ORDINALITY o (options, place);
-- The columns of binning_table and binning_summary are equal to the bit, and more often than not unweighted rows give other bins.
SELECT place >= 100 AS texts, count(*) AS binnings, count(*) FILTER (WHERE (SELECT jsonb_agg(t)
  FROM binning_table(w) t) = (SELECT jsonb_agg(t) FROM binning_table(r) t)) AS same_bins,
  count(*) FILTER (WHERE to_jsonb(binning_summary(w)) = to_jsonb(binning_summary(r))) AS same_summary,
  count(*) FILTER (WHERE (SELECT array_agg(t.bin) FROM binning_table(rows) t) <> (SELECT array_agg(t.bin) FROM binning_table(r) t)) AS rows_differ
FROM by_weight GROUP BY 1 ORDER BY 1;
-- Ten rows that weigh a tenth are one row; a rule of counts asks for weight.
SELECT count(*) AS bins, bool_and(a.bin = c.bin AND near(a.count, c.count) AND near(a.woe, c.woe, 1e-10)) AS same
FROM (SELECT optimal_binning(bin_sketch_agg(income, event, 0.1), '{"min_bin_size": 0.2, "min_bin_n_event": 300}') AS b FROM loan, generate_series(1, 10)) x,
  (SELECT optimal_binning(income, event, '{"min_bin_size": 0.2, "min_bin_n_event": 300}') AS d FROM loan) y, binning_table(b) a
    JOIN LATERAL binning_table(d) c USING (bin_id);
SELECT weight, s.n, s.status, s.message FROM unnest('{1, 0.001}'::float8[]) weight,
  LATERAL (SELECT optimal_binning(bin_sketch_agg(income, event, weight), '{"min_bin_n_event": 10}') AS b FROM loan) q,
  binning_summary(b) s ORDER BY 1;
-- Sketches of any parts of the rows, merged in any order, give the bytes of one pass.
SELECT count(*) AS splits, bool_and(income = whole.a) AS numbers, bool_and(grade = whole.b) AS texts, bool_and(weighted = whole.c) AS weighted
FROM (SELECT credit_limit_internal.binning_send(optimal_binning(bin_sketch_agg(income, event))) AS a,
  credit_limit_internal.binning_send(optimal_binning(bin_sketch_agg(grade, event))) AS b,
  credit_limit_internal.binning_send(optimal_binning(bin_sketch_agg(income, event, w * 0.25))) AS c FROM loan) whole,
  LATERAL (SELECT split, credit_limit_internal.binning_send(optimal_binning(rollup(a ORDER BY part))) AS income,
    credit_limit_internal.binning_send(optimal_binning(rollup(b ORDER BY part DESC))) AS grade,
    credit_limit_internal.binning_send(optimal_binning(rollup(c ORDER BY md5(part::text)))) AS weighted
    FROM (SELECT split, floor(draw(i, 20 + split) * (1 + split * split))::int AS part, bin_sketch_agg(income, event) AS a,
      bin_sketch_agg(grade, event) AS b, bin_sketch_agg(income, event, w * 0.25) AS c
      FROM loan, generate_series(1, 4) split GROUP BY 1, 2) p GROUP BY split) s;
DROP TABLE heavy, by_weight;
CREATE TABLE serial_answer AS
SELECT optimal_binning(income, event)::text AS a, optimal_binning(income, event,
  '{"special_codes": [-9], "max_pvalue": 0.05}')::text AS b, optimal_binning(grade, event, '{"cat_cutoff": 0.142}')::text AS c,
  information_value(grade, event) AS d, information_value(i % 7, event) AS e FROM loan;
CREATE TABLE serial_refit AS SELECT name, binning_refit(b, income, event)::text AS f FROM loan, made WHERE name = 'income' GROUP BY name;
INSERT INTO serial_refit SELECT name, binning_refit(b, grade, event) FROM loan, made WHERE name = 'grade' GROUP BY name;
ALTER TABLE loan SET (parallel_workers = 2);
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
SELECT uses_parallel($$SELECT optimal_binning(income, event), optimal_binning(income, event, '{"max_n_bins": 3}'),
  binning_refit((SELECT b FROM made WHERE name = 'income'), income, event) FROM loan$$);
SELECT optimal_binning(income, event)::text = a AS a, optimal_binning(income, event,
  '{"special_codes": [-9], "max_pvalue": 0.05}')::text = b AS b, optimal_binning(grade, event, '{"cat_cutoff": 0.142}')::text = c AS c,
  near(information_value(grade, event), d) AS d, near(information_value(i % 7, event), e) AS e FROM loan, serial_answer GROUP BY serial_answer.*, a, b, c, d, e;
SELECT binning_refit((SELECT b FROM made WHERE name = 'income'), income, event)::text = (SELECT f FROM serial_refit WHERE name = 'income') AS numbers,
  binning_refit((SELECT b FROM made WHERE name = 'grade'), grade, event)::text = (SELECT f FROM serial_refit WHERE name = 'grade') AS texts FROM loan;
SELECT binning_refit((SELECT b FROM made WHERE name = 'income'), income, event) IS NULL AS nothing, optimal_binning(grade, event,
  '{}') IS NULL AS nothing_either FROM loan WHERE i < 0;
SELECT (binning_summary(binning_refit((SELECT b FROM made WHERE name = 'income'), income, event))).n AS one FROM loan WHERE i = 77;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;
-- As window aggregates: the final functions leave the state alone.
SELECT array_agg(n) FROM (SELECT (binning_summary(optimal_binning(i, i % 2 = 0, '{"min_bin_size": 0}') OVER (ORDER BY i))).n FROM generate_series(1, 5) i) s;
SELECT array_agg(n) FROM (SELECT (binning_summary(binning_refit(fixed_binning(ARRAY[3]), i, i % 2 = 0) OVER (ORDER BY i))).n FROM generate_series(1, 5) i) s;

-- 8. Refit: the same bins on other rows, from a sketch or in one step.
CREATE VIEW halves AS SELECT name, binning_refit(b, income, event) AS r, binning_refit((SELECT b FROM made WHERE name = 'income'),
  bin_sketch_agg(income, event)) AS s FROM loan, made WHERE name = 'income' AND i > 10000 GROUP BY name;
SELECT r::text = s::text AS same, (binning_summary(r)).n, (binning_summary(r)).status FROM halves;
SELECT count(*) AS bins, bool_and(h.bin = d.bin AND h.kind = d.kind) AS same_bins, bool_and(h.count < d.count OR d.count = 0) AS fewer_rows
FROM halves, made, binning_table(r) h JOIN LATERAL binning_table(b) d USING (bin_id) WHERE made.name = 'income';
SELECT binning_refit(b, income, event)::text::jsonb - '{status, iv_unconstrained, iv_min_size, iv_trend, iv_max_pvalue}'::text[]
  = min(b::text)::jsonb - '{status, iv_unconstrained, iv_min_size, iv_trend, iv_max_pvalue}'::text[] AS same_rows_same_counts
FROM loan, made WHERE name = 'income';
SELECT binning_refit('{"bins": [{"below": 5}, {}]}', x, e) AS no_bin_for_missing FROM (VALUES (1, true), (NULL, true), (6, false), (7, NULL)) v (x, e);
SELECT binning_refit(fixed_binning('[["a"], ["b", ""]]'), x, e) FROM (VALUES ('a', true), (NULL, true), ('', false), ('z', false), ('b', NULL)) v (x, e);
SELECT binning_refit(NULL::binning, 1, true) IS NULL AS no_binning, binning_refit(CASE WHEN i > 1 THEN fixed_binning(ARRAY[2]) END,
  i, true) AS some FROM generate_series(1, 3) i;
SELECT binning_refit(fixed_binning(ARRAY[i]), i, true) FROM generate_series(1, 2) i;
SELECT binning_refit(fixed_binning(ARRAY[1]), 'x'::text, true);
SELECT binning_refit(fixed_binning('[["a"]]'), 1, true);
SELECT binning_refit(fixed_binning(ARRAY[1]), bin_sketch_agg('x', true));
SELECT binning_refit(fixed_binning('[["1"]]'), bin_sketch_agg(i::text, true)) FROM generate_series(1, 100001) i;
SELECT binning_refit(fixed_binning('[["1"]]'), i::text, true) FROM generate_series(1, 100001) i;
-- A large binning, stored compressed in one row and written out in another, is one binning.
CREATE TABLE large (b binning);
INSERT INTO large SELECT fixed_binning(array_agg(i)) FROM generate_series(1, 900) i;
SELECT pg_column_size(b) < length(b::text) AS compressed FROM large;
SELECT (binning_summary(binning_refit(x.b, i, true))).n FROM (SELECT b FROM large UNION ALL SELECT b::text::binning FROM large) x, generate_series(1, 10) i;

-- 9. By hand.
SELECT fixed_binning(ARRAY[30, 10, 20], '{"closed": "right", "special_codes": [-1], "smoothing": "none"}');
SELECT fixed_binning('{}');
SELECT fixed_binning(ARRAY[1, NULL]);
SELECT fixed_binning(ARRAY[1, 'Infinity']::float8[]);
SELECT fixed_binning(ARRAY[1, 2, 1]);
SELECT fixed_binning((SELECT array_agg(i) FROM generate_series(1, 1000) i));
SELECT fixed_binning('[["own"], ["rent", "free", ""]]', '{"woe_sign": "event_over_non_event", "missing": "zero"}');
SELECT fixed_binning('[[1, 2], [3.5]]'), fixed_binning('[[true], [false]]');
SELECT fixed_binning('{}'::jsonb);
SELECT fixed_binning('[]');
SELECT fixed_binning('[["a"], []]');
SELECT fixed_binning('[["a"], "b"]');
SELECT fixed_binning('[["a", null]]');
SELECT fixed_binning('[["a"], ["b", "a"]]');
SELECT fixed_binning('[["a"], [1]]');
-- Joining: counts add up, and information never rises without smoothing.
SELECT bin_id, bin, count, event FROM made, binning_table(binning_merge(b, '{2, 1}')) WHERE name = 'age';
SELECT bin_id, bin, count, event FROM made, binning_table(binning_merge(b, '{1, 3}')) WHERE name = 'grade';
SELECT m FROM binning_merge(fixed_binning(ARRAY[1, 2], '{"special_codes": [-9, -8]}'), '{4, 5}') m;
SELECT count(*) AS pairs, bool_and(information_value(binning_merge(b, ARRAY[i, i + 1])) <= information_value(b) + 1e-15)
  AS never_more, bool_and((binning_summary(binning_merge(b, ARRAY[i, i + 1]))).n = s.n) AS rows_stay
FROM made, binning_summary(b) s, generate_series(1, s.n_bins - 1) i WHERE name IN ('radius', 'age');
SELECT binning_merge(b, '{1, 2}')::text::binning::text = binning_merge(b, '{1, 2}')::text AS same FROM made WHERE name <> 'flag' ORDER BY name;
SELECT binning_merge(b, '{1}') FROM made WHERE name = 'age';
SELECT binning_merge(b, '{1, 3}') FROM made WHERE name = 'age';
SELECT binning_merge(b, '{1, 1}') FROM made WHERE name = 'age';
SELECT binning_merge(b, '{1, 99}') FROM made WHERE name = 'age';
SELECT binning_merge(b, '{1, NULL}') FROM made WHERE name = 'age';
SELECT binning_merge(b, '{6, 7}') FROM made WHERE name = 'age';
SELECT binning_merge(b, '{7, 8}') FROM made WHERE name = 'radius';

-- 10. As SQL: equal bit for bit, at bounds, between them, and for what is no number.
SELECT binning_sql(b, 'income', 'bin_id') FROM made WHERE name = 'income';
SELECT binning_sql(b, '"Housing"', 'bin') FROM made WHERE name = 'grade';
CREATE FUNCTION differences(b binning, x float8[]) RETURNS TABLE (woe bigint, bin_id bigint, bin bigint) LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY EXECUTE format('SELECT count(*) FILTER (WHERE float8send(%s) IS DISTINCT FROM float8send(woe($1, x))), '
    'count(*) FILTER (WHERE (%s) IS DISTINCT FROM bin_id($1, x)),
    count(*) FILTER (WHERE (%s) IS DISTINCT FROM (SELECT t.bin FROM binning_table($1) t WHERE t.bin_id = bin_id($1, x))) FROM unnest($2) x',
    binning_sql(b, 'x'), binning_sql(b, 'x', 'bin_id'), binning_sql(b, 'x', 'bin')) USING b, x;
END $$;
CREATE FUNCTION differences(b binning, x text[]) RETURNS TABLE (woe bigint, bin_id bigint, bin bigint) LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY EXECUTE format('SELECT count(*) FILTER (WHERE float8send(%s) IS DISTINCT FROM float8send(woe($1, x))), '
    'count(*) FILTER (WHERE (%s) IS DISTINCT FROM bin_id($1, x)),
    count(*) FILTER (WHERE (%s) IS DISTINCT FROM (SELECT t.bin FROM binning_table($1) t WHERE t.bin_id = bin_id($1, x))) FROM unnest($2) x',
    binning_sql(b, 'x'), binning_sql(b, 'x', 'bin_id'), binning_sql(b, 'x', 'bin')) USING b, x;
END $$;
SELECT setseed(0.9);
CREATE TABLE tests AS
SELECT array_agg(x) || '{0, -0, NaN, Infinity, -Infinity, NULL, -9, 1e300, 1e-300}'::float8[] AS x
FROM (SELECT exp(20 * random() - 10) * (CASE WHEN random() < 0.3 THEN -1 ELSE 1 END) AS x FROM generate_series(1, 2000)
  UNION ALL SELECT u + d FROM made, binning_table(b), unnest(ARRAY[lower, upper]) u,
    unnest('{0, 1e-13, -1e-13, 1e-9, -1e-9}'::float8[]) d WHERE kind = 'interval' AND abs(u) < 1e10) s;
SELECT name, cardinality(x) > 2000 AS thousands, d.* FROM made, tests, differences(b, x) d WHERE name IN ('radius', 'age', 'income') ORDER BY name;
SELECT closed, sum(d.woe) AS woe, sum(d.bin_id) AS bin_id, sum(d.bin) AS bin, count(*) AS binnings
FROM tests, generate_series(1, 20) g, unnest('{left, right}'::text[]) closed,
  LATERAL (SELECT binning_refit(fixed_binning(array_agg(DISTINCT v), jsonb_build_object('closed', closed, 'special_codes',
    (SELECT jsonb_agg(v) FROM (SELECT DISTINCT x[i] AS v FROM generate_series(1, 50, 7) i) y), 'smoothing', 'none')),
      bin_sketch_agg(v, v > 0)) AS b FROM (SELECT x[(random() * 1999)::int + 1] AS v FROM generate_series(1, g)) s) f,
        differences(b, x) d GROUP BY closed ORDER BY closed;
SELECT name, d.* FROM made, differences(b, ARRAY['A', 'B', 'C', '', NULL, 'it''s', 'x\y', 'D', 'a', 'A ', 'NaN', 'true', 'false',
  E'\n']) d WHERE name IN ('grade', 'flag') ORDER BY name;
SELECT d.* FROM differences((SELECT binning_refit(fixed_binning(to_jsonb(ARRAY[ARRAY['"', '\', ''''], ARRAY['$$', '%', '{}'],
  ARRAY[E'\t', ' ', '--']])), v, v < 'a')
  FROM unnest(ARRAY['"', '\', ' ', '--', 'z', '{}']) v), ARRAY['"', '\', '''', '$$', '%', '{}', E'\t', ' ', '--', '', NULL, '\\', '''''']) d;
SELECT d.* FROM differences((SELECT binning_refit(fixed_binning('[[1, 2], [0.1, 0.3]]'), v, v < 1)
  FROM unnest('{1, 2, 0.1, 0.3, 7}'::float8[]) v), '{1, 2, 0.1, 0.3, 0.30000000000000004, NaN, NULL, -0}'::float8[]) d;
SELECT d.* FROM differences('{"bins": [{"below": 5}, {}], "missing": {}}', '{1, 5, NULL}'::float8[]) d;
DO $$
DECLARE answer int[];
BEGIN
  EXECUTE format('SELECT array_agg(%s) FROM unnest(''{true, false, NULL}''::boolean[]) x',
    binning_sql(fixed_binning('[[true], [false]]'), 'x', 'bin_id')) INTO answer;
  RAISE WARNING '%', answer;
END $$;
SELECT binning_sql(b, ' ') FROM made WHERE name = 'age';
SELECT binning_sql(b, 'x', 'points') FROM made WHERE name = 'age';

-- 11. The document: text, jsonb and binary forms; what people might write.
SELECT name, b::text::binning::text = b::text AS text, b::jsonb::binning::text = b::text AS jsonb FROM made ORDER BY name;
CREATE TABLE copied (LIKE made);
DO $$ BEGIN
  EXECUTE format('COPY made TO %L (FORMAT binary)', data_file('test'));
  EXECUTE format('COPY copied FROM %L (FORMAT binary)', data_file('test'));
END $$;
SELECT count(*), bool_and(m.b::text = c.b::text) AS same FROM made m JOIN copied c USING (name);
SELECT '{"bins": [{"non_event": 5, "event": 1}]}'::binning;
SELECT '{}'::binning;
SELECT '{"bins": []}'::binning;
SELECT '{"bins": [{}], "other": {}}'::binning;
SELECT '{"bins": [{"below": 1, "non_event": 1, "event": 1}, {}]}'::binning;
SELECT '{"bins": [{"below": 1}, {"non_event": 1, "event": 1}]}'::binning;
SELECT '{"bins": [{"non_event": 1}]}'::binning;
SELECT '{"bins": [{"non_event": 1, "event": 1.5}]}'::binning;
SELECT '{"bins": [{"non_event": 1, "event": -1}]}'::binning;
SELECT '{"weighted": true, "bins": [{"non_event": 1, "event": 0, "non_event_weight": 0, "event_weight": 0}]}'::binning;
SELECT '{"bins": [{}], "status": "good"}'::binning;
SELECT '{"bins": [{}], "missing_woe": "low"}'::binning;
SELECT '{"bins": [{}], "points": 3}'::binning;
SELECT '{"categories": [{"in": ["a"]}, {"in": ["a"]}]}'::binning;

-- Bytes of strangers: every length cut, and every byte changed, is an error or a binning that still answers.
CREATE TABLE attacked (b binning);
CREATE FUNCTION use_value() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM binning_summary(b), b::text::binning, binning_sql(b, 'x'), (SELECT count(*) FROM binning_table(b)) FROM (VALUES (NEW.b)) v (b);
  RETURN NULL;
END $$;
CREATE TRIGGER use_value BEFORE INSERT ON attacked FOR EACH ROW EXECUTE FUNCTION use_value();
CREATE TABLE victim AS SELECT credit_limit_internal.binning_send(b) AS bytes
  FROM unnest(ARRAY['{"bins": [{"below": 5, "non_event": 9, "event": 1}, {"non_event": 3, "event": 2}], '
  '"special": [{"values": [-9], "non_event": 1, "event": 0}]}',
  '{"categories": [{"in": ["a", ""], "non_event": 9, "event": 1}], "other": {"non_event": 3, "event": 2}}']::binning[]) b;
SELECT attack(bytes) FROM victim;

CALL remove_data_files();

-- validate_scorecard: a card on two samples, and a training on parts of its rows. Beside: binnings of one's own, dates, short errors.
SET extra_float_digits = 0;
\i test/helpers.sql
\pset null -

CREATE TABLE loan AS
SELECT i AS id, (i * 7919 % 1000) / 10.0 AS use_of_line, (ARRAY['own', 'rent', 'family', 'boat'])[1 + i * 31 % 4] AS home,
  CASE WHEN i % 11 > 0 THEN round((500 + 4000 * draw(i, 1))::numeric, 2) END AS income, (draw(i, 2) * 9)::int AS noise,
  CASE WHEN i % 50 > 0 THEN draw(i, 3) < 0.02 + (i * 7919 % 1000) / 4000.0 + CASE i * 31 % 4 WHEN 1 THEN 0.15 ELSE 0 END END AS bad
FROM generate_series(1, 6000) i;
CREATE VIEW development AS SELECT * FROM loan WHERE id % 3 > 0;
CREATE VIEW hold_out AS SELECT * FROM loan WHERE id % 3 = 0;
CREATE TABLE trained AS SELECT * FROM train_scorecard('development', 'bad', '{use_of_line, home, income}');

-- 1. Every measure against its definition in plain SQL: pairs, cumulated shares, sums.
CREATE TABLE validated AS SELECT v.* FROM trained, validate_scorecard(card, 'development', 'hold_out', 'bad') WITH ORDINALITY v;
SELECT section, measure, development_value IS NOT NULL AS development, hold_out_value IS NOT NULL AS hold_out, remark FROM validated ORDER BY ordinality;
CREATE TABLE scored AS SELECT id % 3 = 0 AS kept, score_pd(card, b) AS pd, score(card, b) AS score, bad FROM trained, loan b;
CREATE FUNCTION value_of(what text, kept boolean) RETURNS float8 LANGUAGE sql STABLE
  RETURN (SELECT CASE WHEN kept THEN hold_out_value ELSE development_value END FROM validated WHERE measure = what);
SELECT kept, value_of('rows', kept) = count(*) AS rows, value_of('events', kept) = count(*) FILTER (WHERE bad) AS events,
  value_of('without outcome', kept) = count(*) FILTER (WHERE bad IS NULL) AS without_outcome, value_of('without score', kept) = 0 AS without_score,
  near(value_of('event rate', kept), avg(bad::int)::float8) AS event_rate, near(value_of('mean PD', kept), avg(pd) FILTER (WHERE bad IS NOT NULL)) AS mean_pd,
  near(value_of('Brier score', kept), avg((pd - bad::int) ^ 2)) AS brier
FROM scored GROUP BY kept ORDER BY kept;
SELECT kept, near(value_of('AUC', kept), pairs) AS auc, near(value_of('Gini', kept), 2 * pairs - 1) AS gini,
  value_of('AUC, lower bound', kept) < pairs AND value_of('AUC, upper bound', kept) > pairs AS interval
FROM (SELECT a.kept, avg(CASE WHEN a.pd > b.pd THEN 1 WHEN a.pd = b.pd THEN 0.5 ELSE 0 END::float8) AS pairs
  FROM scored a JOIN scored b ON b.kept = a.kept AND NOT b.bad WHERE a.bad GROUP BY a.kept) p ORDER BY kept;
SELECT kept, near(value_of('KS', kept), max(abs(f1 - f0))) AS ks FROM (SELECT kept, pd,
    (sum(sum(bad::int)) OVER w / sum(sum(bad::int)) OVER (PARTITION BY kept))::float8 AS f1,
    (sum(sum((NOT bad)::int)) OVER w / sum(sum((NOT bad)::int)) OVER (PARTITION BY kept))::float8 AS f0
  FROM scored WHERE bad IS NOT NULL GROUP BY kept, pd WINDOW w AS (PARTITION BY kept ORDER BY pd)) c GROUP BY kept ORDER BY kept;
-- Population stability: groups are those of the development.
SELECT near(value_of('PSI of the score', true), sum((a - e) * ln(a / e))) AS psi
FROM (SELECT count(*) FILTER (WHERE kept)::float8 / sum(count(*) FILTER (WHERE kept)) OVER () AS a,
    count(*) FILTER (WHERE NOT kept)::float8 / sum(count(*) FILTER (WHERE NOT kept)) OVER () AS e
  FROM scored, (SELECT quantile_bands(score, 10) AS bounds FROM scored WHERE NOT kept) q GROUP BY width_bucket(score, bounds)) b;
SELECT bool_and(development_value = cum_event_share) AS gains FROM validated, (SELECT g.* FROM (SELECT roc_agg(pd, bad) AS r FROM scored WHERE NOT kept) s,
  gains_table(r) g) g WHERE section = 'gains' AND measure = format('share of events in the riskiest %s of 10 groups', gain_group);
-- A card that ranks the wrong way round gets remarks.
SELECT measure, remark FROM trained t, LATERAL (SELECT jsonb_set(jsonb_set(t.card::jsonb, '{scaling,pdo}', '-20'), '{scaling,odds}', '10')::scorecard) w (card),
  validate_scorecard(w.card, 'development', 'hold_out', 'bad') WHERE remark IS NOT NULL;
-- A sample without outcomes, without rows, and NULL.
SELECT measure, development_value IS NULL AS development, hold_out_value FROM trained, validate_scorecard(card, 'hold_out',
  'development', 'bad', 4) WHERE section = 'sample';
CREATE VIEW nobody AS SELECT * FROM loan WHERE false;
SELECT count(*), count(hold_out_value) AS known FROM trained, validate_scorecard(card, 'development', 'nobody', 'bad');
SELECT count(*), count(development_value) AS known FROM trained, validate_scorecard(card, 'nobody', 'nobody', 'bad');
SELECT count(*) FROM validate_scorecard(NULL, 'development', 'hold_out', 'bad');
SELECT count(*) FROM trained, validate_scorecard(card, 'development', 'hold_out', 'home');
SELECT count(*) FROM trained, validate_scorecard(card, 'development', 'hold_out', 'bad', 1);

-- 2. Cross-validation: a fold's card is that of a training on the other rows, and its measures are those of the rows that were kept aside.
CREATE TABLE folds AS SELECT * FROM cross_validate('loan', 'bad', '{use_of_line, home, income, noise}', '{"max_pvalue": 0.01}', 4, 'id');
SELECT fold, n + n_hold_out = 5880 AS all_rows, n_hold_out BETWEEN 1350 AND 1600 AS a_quarter, characteristics_used, remark FROM folds ORDER BY fold;
CREATE VIEW other_folds AS SELECT *, 1 + ('x' || substr(md5(id::text), 1, 8))::bit(32)::bigint % 4 AS fold FROM loan;
CREATE VIEW without_two AS SELECT * FROM other_folds WHERE fold <> 2;
SELECT f.card = t.card AS same_card, near(f.auc, o.auc) AS auc, near(f.auc_development, d.auc) AS auc_development, near(f.brier, o.brier) AS brier,
  near(f.ks, o.ks) AS ks, f.n = d.n AS n, f.n_hold_out = o.n AS n_hold_out
FROM folds f, train_scorecard('without_two', 'bad', '{use_of_line, home, income, noise}', '{"max_pvalue": 0.01}') t,
  LATERAL (SELECT auc(score_pd(t.card, b), bad), ks(score_pd(t.card, b), bad), brier_score(score_pd(t.card, b), bad) AS brier, count(bad) AS n
    FROM other_folds b WHERE fold = 2) o,
  LATERAL (SELECT auc(score_pd(t.card, b), bad), count(bad) AS n FROM other_folds b WHERE fold <> 2) d WHERE f.fold = 2;
-- No order of rows shows, and rows of a fold are not looked at: with other outcomes in it, its card is the same.
CREATE TABLE shuffled AS SELECT * FROM loan ORDER BY md5(id::text);
SELECT bool_and((SELECT array_agg(points) FROM scorecard_table(a.card)) = (SELECT array_agg(points) FROM scorecard_table(b.card))
  AND near(a.auc, b.auc)) AS same FROM folds a JOIN cross_validate('shuffled', 'bad', '{use_of_line, home, income, noise}',
  '{"max_pvalue": 0.01}', 4, 'id') b USING (fold);
CREATE VIEW changed AS SELECT id, use_of_line, home, CASE WHEN fold = 2 THEN 0 ELSE income END AS income, noise,
  CASE WHEN fold = 2 THEN NOT bad ELSE bad END AS bad
FROM other_folds;
SELECT a.fold, a.card = b.card AS same_card, b.remark FROM folds a JOIN cross_validate('changed', 'bad', '{use_of_line, home, income, noise}',
  '{"max_pvalue": 0.01}', 4, 'id') b USING (fold) WHERE fold = 2;
SELECT count(*), count(DISTINCT n_hold_out) > 1 AS by_row FROM cross_validate('loan', 'bad', '{use_of_line, home}', '{}', 3);
-- A column may have any name: those of the aliases in the queries too.
CREATE TABLE named AS SELECT l.*, '{"use_of_line": 1, "home": "own"}'::text AS t, '{"use_of_line": 1, "home": "own"}'::jsonb AS s, 1 AS b FROM loan l;
SELECT count(*) AS rows, count(*) FILTER (WHERE (n.development_value, n.hold_out_value) IS DISTINCT FROM (v.development_value, v.hold_out_value)) AS differ
FROM trained, validate_scorecard(card, 'loan', 'loan', 'bad') v JOIN validate_scorecard((SELECT card FROM trained), 'named', 'named', 'bad') n USING (measure);
SELECT bool_and(a.card = b.card AND a.auc = b.auc) AS same FROM folds a JOIN cross_validate('named', 'bad', '{use_of_line, home, income, noise}',
  '{"max_pvalue": 0.01}', 4, 'id') b USING (fold);
SELECT count(*) AS folds, min(n_hold_out) > 1000 AS whole FROM cross_validate('named', 'bad', '{use_of_line, home}', '{}', 3);
-- Folds and cards are the same whatever the session prints.
CREATE TABLE printed AS SELECT (use_of_line / 7)::real AS use_of_line, DATE '2026-01-01' + id AS day, bad FROM loan;
CREATE TABLE plainly AS SELECT fold, n, auc, card FROM cross_validate('printed', 'bad', '{use_of_line}', '{}', 2);
CREATE TABLE plain_training AS SELECT card FROM train_scorecard('printed', 'bad', '{use_of_line}');
CREATE TABLE plain_screening AS SELECT binning FROM variable_screening('printed', 'bad', '{use_of_line}');
CREATE TABLE plain_refit AS SELECT r.card FROM plain_training p, scorecard_refit(p.card, 'printed', 'bad') r;
SET extra_float_digits = -4;
SET datestyle = 'German';
SELECT (SELECT bool_and(a.n = b.n AND a.auc = b.auc AND a.card = b.card) FROM plainly a JOIN cross_validate('printed', 'bad', '{use_of_line}', '{}', 2) b
    USING (fold)) AS folds,
  (SELECT a.card = b.card FROM plain_training a, train_scorecard('printed', 'bad', '{use_of_line}') b) AS training,
  (SELECT a.binning = b.binning FROM plain_screening a, variable_screening('printed', 'bad', '{use_of_line}') b) AS screening,
  (SELECT a.card = b.card FROM plain_refit a, plain_training p, scorecard_refit(p.card, 'printed', 'bad') b) AS refit;
SET extra_float_digits = 0;
SET datestyle = 'ISO, MDY';
-- A fold without rows, and an AUC of 0 of two rows, which says nothing.
CREATE TABLE few AS SELECT i, i % 10 AS x, draw(i, 5) < 0.4 AS bad FROM generate_series(1, 60) i;
SELECT count(*) > 3 AS many, count(*) FILTER (WHERE n_hold_out = 0) > 3 AS empty, count(remark) AS remarks, bool_or(auc = 0) AS of_two_rows,
  bool_and(n + n_hold_out = 60) AS all_rows FROM cross_validate('few', 'bad', '{x}', '{"screening": {"min_iv": 0}}', 60);
SELECT * FROM cross_validate('loan', 'bad', NULL, '{}', 1);
SELECT * FROM cross_validate('loan', 'bad', NULL, '{}', 2, 'borrower');
SELECT count(*) FROM cross_validate(NULL, 'bad');

-- 3. Bins that the analyst made stay as they are and are counted on the rows; the others are screened as before.
CREATE TABLE made (variable text, binning binning);
INSERT INTO made VALUES ('use_of_line', fixed_binning(ARRAY[25, 50]::float8[])), ('home', fixed_binning('[["own", "boat"], ["rent"]]'));
CREATE TABLE by_hand AS SELECT o.what, t.* FROM (VALUES ('relation', '{"binnings": "test_validate_scorecard.made"}'::jsonb),
    ('object', jsonb_build_object('binnings', (SELECT jsonb_object_agg(variable, binning::jsonb) FROM made))),
    ('groups', '{"binnings": {"use_of_line": {"bins": [{"below": 25}, {"below": 50}, {}], "missing": {}}}, "groups": {"home": [["own", "boat"], ["rent"]]}}'))
    o (what, options), train_scorecard('development', 'bad', '{use_of_line, home, income}', options) t;
SELECT what, characteristic, bin, count FROM by_hand, scorecard_table(card) WHERE what = 'relation' ORDER BY characteristic, bin_id;
SELECT bool_and(a.card = b.card) AS same FROM by_hand a, by_hand b;
SELECT t.bin, t.count = count(b.*) AS counted, near(t.event_rate, avg(b.bad::int)) AS rate
FROM by_hand h, scorecard_table(h.card) t, development b
WHERE h.what = 'groups' AND t.characteristic = 'use_of_line' AND b.use_of_line >= t.lower AND b.use_of_line < t.upper AND b.bad IS NOT NULL
GROUP BY t.bin, t.count, t.event_rate ORDER BY 1;
SELECT r ->> 'characteristic' AS characteristic, r ->> 'selected' AS selected, r ->> 'reason' AS reason, r ->> 'remark' AS remark
FROM by_hand, jsonb_array_elements(report) r WHERE what = 'groups' AND r ->> 'step' = 'screening' ORDER BY 1;
SELECT card FROM train_scorecard('development', 'bad', '{income}', '{"groups": {"house": [["own"]]}}');
SELECT card FROM train_scorecard('development', 'bad', '{income}', '{"groups": [["own"]]}');
SELECT card FROM train_scorecard('development', 'bad', '{income}', '{"binnings": "made"}');
-- Which of two would be taken by chance.
CREATE VIEW made_twice AS TABLE made UNION ALL SELECT 'home', fixed_binning('[["own"], ["boat", "rent"]]');
SELECT card FROM train_scorecard('development', 'bad', '{home}', '{"binnings": "test_validate_scorecard.made_twice"}');
SELECT card FROM train_scorecard('development', 'bad', '{home}', '{"binnings": "test_validate_scorecard.made", "groups": {"home": [["own"]]}}');
CREATE VIEW made_of_nothing AS SELECT NULL::text AS variable, NULL::binning AS binning UNION ALL SELECT * FROM made WHERE variable = 'home';
SELECT t.card = u.card AS same FROM train_scorecard('development', 'bad', '{home}', '{"binnings": "test_validate_scorecard.made_of_nothing"}') t,
  train_scorecard('development', 'bad', '{home}', '{"groups": {"home": [["own", "boat"], ["rent"]]}}') u;

-- 4. Dates are days before a day, and nothing without it; none is missing.
CREATE TABLE dated AS SELECT (DATE '2026-11-30' - (d || ' days')::interval)::date AS opened, TIMESTAMP '2026-11-30 12:00' - (d || ' days')::interval AS seen,
  CASE WHEN d % 100 = 0 THEN 'infinity'::date WHEN d % 100 = 1 THEN '-infinity' WHEN d % 10 <> 2 THEN DATE '2026-11-30' - d END AS odd, d AS days,
  CASE WHEN d % 100 = 0 THEN '-Infinity'::float8 WHEN d % 100 = 1 THEN 'Infinity' WHEN d % 10 <> 2 THEN d END AS odd_days, bad
FROM (SELECT i * 7919 % 1000 AS d, draw(i, 4) < 0.1 + (i * 7919 % 1000) / 2000.0 AS bad FROM generate_series(1, 2000) i) s;
SELECT variable, type, selected, reason FROM variable_screening('dated', 'bad', '{opened, seen, odd}');
SELECT a.variable, a.selected, a.missing_rate, a.iv = b.iv AS same_iv, a.binning = b.binning AS same_bins
FROM variable_screening('dated', 'bad', '{opened, seen, odd}', '{"reference_date": "2026-11-30"}') a
  JOIN variable_screening('dated', 'bad', '{days, odd_days}') b ON b.variable = CASE a.variable WHEN 'odd' THEN 'odd_days' ELSE 'days' END;
SELECT variable FROM variable_screening('dated', 'bad', '{opened}', '{"reference_date": "soon"}');
SELECT card FROM train_scorecard('dated', 'bad', '{days}', '{"screening": {"reference_date": "2026-11-30"}}');

-- 5. Errors are those of what was asked, without the statements inside.
CREATE VIEW broken AS SELECT id, 1 / (id - 5) AS x, bad FROM loan;
CREATE FUNCTION context_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE context text; message text; state text;
BEGIN
  EXECUTE statement;
  RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS context = PG_EXCEPTION_CONTEXT, message = MESSAGE_TEXT, state = RETURNED_SQLSTATE;
  RETURN concat_ws(': ', state, message, nullif(context, ''));
END $$;
SELECT context_of(s) FROM unnest(ARRAY[
  $$SELECT train_scorecard('broken', 'bad')$$,
  $$SELECT train_scorecard('loan', 'bad', '{noise}')$$,
  $$SELECT * FROM variable_screening('broken', 'bad')$$,
  $$SELECT * FROM variable_screening('loan', 'bad', options => '{"min_ivv": 1}')$$,
  $$SELECT scorecard_refit(card, 'hold_out', 'bad', '{"pod": 1}') FROM trained$$,
  $$SELECT scorecard_refit(card, 'broken', 'bad') FROM trained$$,
  $$SELECT * FROM trained, validate_scorecard(card, 'development', 'broken', 'bad')$$,
  $$SELECT * FROM cross_validate('broken', 'bad')$$]) s;

-- 6. Documents for people: the same value on several lines.
SELECT pretty('{"name": "a: \"card\" [1]", "characteristics": [{"name": "x", "bins": [{"below": 1, "points": 2, "reason": "Low, low"},
  {"points": 1}]}]}'::scorecard);
SELECT bool_and(pretty(card)::scorecard = card) AS same, bool_and(pretty(model)::logit_model = model) AS same_model,
  max(length(line)) < 300 AS short_lines FROM trained, regexp_split_to_table(pretty(card), '\n') line;
SELECT bool_and(pretty(binning)::binning = binning) AS same FROM made;
SELECT pretty(NULL::limit_policy) IS NULL AS nothing;
SELECT bin FROM scorecard_table('{"name": "a", "characteristics": [{"name": "x", "bins": [{"below": -0.000012, "points": 2}, {"below": 5e-06, "points": 1},
  {"below": 0.000123, "points": 1}, {"below": 1e15, "points": 1}, {"points": 0}]}]}');

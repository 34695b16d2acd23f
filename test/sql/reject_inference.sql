-- reject_inference: rejects as weights.
\i test/helpers.sql
\pset null -
\set SHOW_CONTEXT never

-- What an applicant contributes.
SELECT a.*, r.* FROM (VALUES (1, true, true, 0.3), (2, true, false, NULL), (3, true, NULL, 0.3), (4, false, NULL, 0.3), (5, false, true, 0.3), (6, false, NULL, NULL),
  (7, false, NULL, 'NaN'), (8, NULL, true, 0.3), (9, false, NULL, 0.8), (10, false, NULL, 0)) a (id, accepted, outcome, pd), reject_inference(accepted, outcome, pd, 1.5) r ORDER BY id, event DESC;
SELECT inferred_pd(0.1) AS same, inferred_pd(0.1, 3) AS times, inferred_pd(0.5, 3) AS most, inferred_pd(0.1, 0) AS none, inferred_pd(NULL, 2) AS no_pd, inferred_pd('NaN', 2) AS nan, inferred_pd(0.1, NULL) AS no_factor;
SELECT augmentation_weight(80, 20) AS weight, augmentation_weight(3, 0) AS nobody_rejected, augmentation_weight(0, 5) AS nobody_accepted, augmentation_weight(NULL, 5) AS unknown;
SELECT inferred_pd(1.01);
SELECT inferred_pd(-0.01);
SELECT inferred_pd('Infinity');
SELECT inferred_pd(0.1, -1);
SELECT inferred_pd(0.1, 'NaN');
SELECT inferred_pd(0.1, 'Infinity');
SELECT * FROM reject_inference(false, NULL, 5);
SELECT augmentation_weight(-1, 5);
SELECT augmentation_weight(1, -5);

-- Applicants; who was accepted depends on x and a little chance. What rejects would have done (truth) the lender does not see.
SELECT setseed(0.7);
CREATE TABLE application AS
SELECT id, x, z, accepted, CASE WHEN accepted THEN truth END AS bad, truth
FROM (SELECT id, x, z, random() < 1 / (1 + exp(2 * x - 1 + 0.5 * z)) AS accepted, random() < 1 / (1 + exp(2 - x - 0.5 * z)) AS truth
  FROM (SELECT id, random() * 4 - 2 AS x, floor(random() * 3) AS z FROM generate_series(1, 20000) id) a) a;
SELECT count(*), count(*) FILTER (WHERE accepted) AS accepted, round(avg(truth::int) FILTER (WHERE accepted), 3) AS rate_of_accepts, round(avg(truth::int) FILTER (WHERE NOT accepted), 3) AS rate_of_rejects FROM application;
CREATE TABLE known AS SELECT logistic_regression(bad, ARRAY[x, z]) AS model FROM application WHERE accepted;
CREATE FUNCTION furthest(a logit_model, b logit_model) RETURNS float8 LANGUAGE sql
  RETURN (SELECT max(abs(a.estimate - b.estimate)) FROM logit_coefficients(a) WITH ORDINALITY a JOIN logit_coefficients(b) WITH ORDINALITY b USING (ordinality));
CREATE VIEW scored AS SELECT a.*, logit_predict(model, ARRAY[x, z]) AS pd, ntile(10) OVER (ORDER BY logit_predict(model, ARRAY[x, z]), id) AS band FROM application a, known;

-- Fuzzy augmentation with the factor 1 is a no-op: the coefficients stay to 1e-10 (the score equations of the rejects are zero at
-- the solution of the accepts). Only the standard errors shrink, which they should not.
SELECT furthest(model, fuzzy) < 1e-10 AS coefficients_stay, (SELECT bool_and(f.std_error < k.std_error) FROM logit_coefficients(model) k JOIN logit_coefficients(fuzzy) f USING (term)) AS errors_shrink,
  (logit_summary(fuzzy)).weight = 20000 AS everybody_counts
FROM known, (SELECT logistic_regression(r.event, ARRAY[x, z], r.weight, '{}') AS fuzzy FROM scored, reject_inference(accepted, bad, pd) r) f;
-- The repaired book has the event rate that was assumed: predictions add up to the events (the equation of the intercept).
SELECT factor, abs(sum(logit_predict(f.model, ARRAY[x, z])) - sum(CASE WHEN accepted THEN bad::int ELSE least(1, pd * factor) END)) < 1e-5 AS adds_up,
  round((sum(logit_predict(f.model, ARRAY[x, z])) / 20000)::numeric, 4) AS rate
FROM scored, (SELECT factor, logistic_regression(r.event, ARRAY[x, z], r.weight, '{}') AS model FROM scored, unnest('{1,1.5,3}'::float8[]) factor, reject_inference(accepted, bad, pd, factor) r GROUP BY factor) f
GROUP BY factor ORDER BY factor;
-- Weights or rows, the same: each reject ten times, events among them by the fraction.
SELECT furthest(a.model, b.model) < 1e-10 AS same
FROM (SELECT logistic_regression(r.event, ARRAY[x, z], r.weight, '{}') AS model FROM scored, reject_inference(accepted, bad, round(pd::numeric, 1)::float8) r WHERE id <= 300) a,
  (SELECT logistic_regression(CASE WHEN accepted THEN bad ELSE i <= round(pd::numeric, 1) * 10 END, ARRAY[x, z], 0.1, '{}') AS model FROM scored, generate_series(1, 10) i WHERE id <= 300) b;

-- Augmentation: the accepts of a band stand for all of it.
CREATE VIEW augmented AS
SELECT * FROM (SELECT *, augmentation_weight(count(*) FILTER (WHERE accepted) OVER w, count(*) FILTER (WHERE NOT accepted) OVER w) AS weight FROM scored WINDOW w AS (PARTITION BY band)) s WHERE accepted;
SELECT count(*) AS bands, bool_and(abs(weight - 2000) < 1e-9) AS all_of_each FROM (SELECT band, sum(weight) AS weight FROM augmented GROUP BY band) b;
-- Where the score explains who was accepted it brings back the event rate of all applicants; where nobody was rejected it changes nothing.
SELECT round((sum(weight * bad::int) / sum(weight))::numeric, 3) AS augmented, round(avg(truth::int), 3) AS truth, round(avg(bad::int), 3) AS accepts FROM application LEFT JOIN (SELECT id, weight FROM augmented) g USING (id);
SELECT furthest(a.model, b.model) = 0 AS same
FROM (SELECT logistic_regression(truth, ARRAY[x, z], augmentation_weight(count, 0), '{}') AS model FROM application, (SELECT count(*) FROM application) c) a, (SELECT logistic_regression(truth, ARRAY[x, z]) AS model FROM application) b;

-- Parcelling: in each band rejects go bad at the rate of its accepts, times the factor. By fractions, so nothing depends on chance or order.
CREATE VIEW parcelled AS
SELECT s.id, s.x, s.z, s.band, s.accepted, s.rate, r.event, r.weight FROM (SELECT *, avg(bad::int) FILTER (WHERE accepted) OVER (PARTITION BY band) AS rate FROM scored) s, reject_inference(accepted, bad, rate, 1.5) r;
SELECT bool_and(abs(events - least(1, rate * 1.5) * n) < 1e-8) AS the_rate_of_the_band, count(*) AS bands
FROM (SELECT band, rate, sum(weight) FILTER (WHERE event) AS events, sum(weight) AS n FROM parcelled WHERE NOT accepted GROUP BY band, rate) b;
SELECT furthest(a.model, b.model) < 1e-12 AS any_order
FROM (SELECT logistic_regression(event, ARRAY[x, z], weight, '{}') AS model FROM parcelled) a, (SELECT logistic_regression(event, ARRAY[x, z], weight, '{}' ORDER BY md5(id::text)) AS model FROM parcelled) b;

-- The planner sees through the function: no function scan.
EXPLAIN (COSTS OFF) SELECT r.* FROM application, reject_inference(accepted, bad, x) r;

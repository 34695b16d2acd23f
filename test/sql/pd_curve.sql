-- pd_curve: isotonic_calibration, platt_scaling, calibrated_pd.
\i test/helpers.sql
SET extra_float_digits = 0;

-- Events 0,0,1,0,1,0,1,1,0,1 in order of the score give 0,0,1/2,1/2,1/2,1/2,2/3,2/3,2/3,1 (scikit-learn, R isoreg).
CREATE TABLE ten AS SELECT ord AS score, e = 1 AS event FROM unnest('{0,0,1,0,1,0,1,1,0,1}'::int[]) WITH ORDINALITY u (e, ord);
SELECT isotonic_calibration(score, event, true) FROM ten;
SELECT array_agg(round(calibrated_pd(c, score)::numeric, 6) ORDER BY score) FROM ten, (SELECT isotonic_calibration(score, event, true) AS c FROM ten) s;
SELECT array_agg(round(calibrated_pd(c, -score)::numeric, 6) ORDER BY score) FROM ten, (SELECT isotonic_calibration(-score, event, false) AS c FROM ten) s;
-- Between two blocks the curve is straight, beyond the ends it is flat.
SELECT x, calibrated_pd(c, x) FROM (SELECT isotonic_calibration(score, event, true) AS c FROM ten) s,
  unnest('{-Infinity, 0, 2.5, 3, 5.5, 6.5, 9.75, 10, 11, Infinity}'::float8[]) x;
SELECT * FROM pd_curve_points((SELECT isotonic_calibration(score, event, true) FROM ten));
SELECT * FROM pd_curve_stats((SELECT isotonic_calibration(score, event, true) FROM ten));

-- Random cases against the max-min formula: at the i-th score max over s <= i of min over t >= i of the mean from s to t (Robertson, Wright
-- and Dykstra 1988), with ties and weights.
\set n 40
\if :soak
\set n 200
\endif
SELECT setseed(0.101);
CREATE TABLE random_case AS
SELECT k, floor(random() * 12) AS score, random() < 0.4 AS event, 1 + floor(random() * 3) AS weight FROM generate_series(1, :n) k, generate_series(1, 15) g;
CREATE TABLE grouped AS
SELECT k, row_number() OVER (PARTITION BY k ORDER BY score) AS i, score, sum(weight) AS w, sum(weight * event::int) AS e FROM random_case GROUP BY k, score;
CREATE TABLE max_min AS
SELECT k, g.score, (SELECT max(m) FROM (SELECT s.i, min(mean) AS m FROM grouped s, LATERAL (SELECT t.i, (SELECT sum(e) / sum(w) FROM grouped b
    WHERE b.k = g.k AND b.i BETWEEN s.i AND t.i) AS mean FROM grouped t WHERE t.k = g.k AND t.i >= g.i) x WHERE s.k = g.k AND s.i <= g.i GROUP BY s.i) y) AS pd
FROM grouped g;
CREATE TABLE curves AS SELECT k, isotonic_calibration(score, event, true, weight) AS up, isotonic_calibration(-score, event, false, weight) AS down,
  isotonic_calibration(score::numeric, event, true, weight) AS up_numeric FROM random_case GROUP BY k;
SELECT count(*) > 7 * :n AS cases, count(*) FILTER (WHERE NOT abs(calibrated_pd(up, score) - pd) <= 1e-14) AS wrong,
  count(*) FILTER (WHERE NOT abs(calibrated_pd(down, -score) - pd) <= 1e-14) AS wrong_down,
  count(*) FILTER (WHERE up::text <> up_numeric::text) AS wrong_numeric FROM max_min JOIN curves USING (k);
-- The mean PD is the event rate; the PD never falls with risk; fitting the fit changes nothing; integer weights are repeated rows.
SELECT bool_and(near_relative(mean, rate, 1e-13)) AS mean
  FROM (SELECT k, sum(weight * calibrated_pd(up, score)) / sum(weight) AS mean, sum(weight * event::int) / sum(weight) AS rate
  FROM random_case JOIN curves USING (k) GROUP BY k) s;
SELECT bool_and(pd >= before) AS rises FROM (SELECT pd, lag(pd, 1, 0::float8) OVER (PARTITION BY k ORDER BY score) AS before
  FROM curves, pd_curve_points(up)) s;
SELECT bool_and(near_relative(calibrated_pd(again, p), p, 1e-14)) AS same
  FROM (SELECT k, isotonic_calibration(p, event, true, weight) AS again, array_agg(p) AS ps
  FROM (SELECT k, event, weight, calibrated_pd(up, score) AS p FROM random_case JOIN curves USING (k)) s GROUP BY k) t, unnest(ps) p;
SELECT bool_and(up::text::jsonb - '{n,n_event}'::text[] = r.c::text::jsonb - '{n,n_event}'::text[]) AS repeated
FROM curves JOIN (SELECT k, isotonic_calibration(score, event, true) AS c FROM random_case, generate_series(1, weight::int) GROUP BY k) r USING (k);
-- From a stored calibration: PDs to better PDs.
SELECT isotonic_calibration(calibration_agg(p, e)), isotonic_calibration('{"version": 1, "values": []}'::calibration) IS NULL AS empty
FROM (VALUES (0.1, false), (0.2, true), (0.2, false), (0.3, false), (0.9, true)) v (p, e);

-- Platt: 300 rows against R 4.2, Newton on glm(event ~ score, binomial) to the last digit; smoothing: the targets (n1 + 1) / (n1 + 2), 1 / (n0 + 2).
CREATE TABLE sample AS
SELECT i, 600 - 4 * round(20 * ln(pd / (1 - pd))) AS score, event, weight
FROM (SELECT i, (1 + i * 37 % 101) / 250.0::float8 AS pd, (i * i * 7 + i * 13) % 97 * 2500 < 97 * (1 + i * 37 % 101) * 12 AS event,
  (1 + i % 3)::float8 AS weight
      FROM generate_series(1, 300) i) s;
CREATE TABLE platt_by_r (kind text, intercept float8, slope float8);
INSERT INTO platt_by_r VALUES ('plain', 6.2394461803044603, -0.010258998110660507), ('weighted', 5.9470052789871355, -0.0098645768463969004),
  ('smoothed', 6.0480887623433466, -0.0099852477754758424), ('smoothed weighted', 5.853754726431375, -0.0097313891311941059);
CREATE TABLE fits AS SELECT platt_scaling(score, event, false) AS plain, platt_scaling(score, event, false, false, weight) AS weighted,
  platt_scaling(score, event, false, true) AS smoothed, platt_scaling(score, event, false, true, weight) AS smoothed_weighted FROM sample;
SELECT kind, near_relative(s.intercept, r.intercept, 1e-11) AS intercept, near_relative(s.slope, r.slope, 1e-11) AS slope, n, n_event, n_points, status
FROM fits, platt_by_r r, pd_curve_stats(CASE kind WHEN 'plain' THEN plain WHEN 'weighted' THEN weighted WHEN 'smoothed'
  THEN smoothed ELSE smoothed_weighted END) s ORDER BY kind;
SELECT a = plain::text AS plain, b = smoothed_weighted::text AS weighted, c = smoothed::text AS smoothed
  FROM fits, (SELECT platt_scaling(score::numeric, event, false)::text AS a,
  platt_scaling(score::numeric, event, false, true, weight)::text AS b, platt_scaling(score::numeric, event, false, true)::text AS c FROM sample) s;
-- Applied in plain SQL or by the function: the same. The mean PD is the event rate. Another scale of the score changes no PD.
SELECT bool_and(near_relative(calibrated_pd(plain, score), 1 / (1 + exp(-(s.intercept + s.slope * score))), 1e-14)) AS by_sql,
  near_relative(avg(calibrated_pd(plain, score)), avg(event::int)::float8, 1e-13) AS mean FROM sample, fits, pd_curve_stats(plain) s;
SELECT bool_and(near_relative(calibrated_pd(c, -score * 1e6 + 5e9), calibrated_pd(plain, score), 1e-9)) AS scale FROM sample, fits,
  (SELECT platt_scaling(-score * 1e6 + 5e9, event, true) AS c FROM sample) s;
-- The log-odds of a PD as the score: the calibration line.
SELECT near_relative(s.slope, l.slope, 1e-12) AS slope, near_relative(s.intercept, l.intercept, 1e-11) AS intercept
FROM (SELECT platt_scaling(ln(p / (1 - p)), event, true) AS c, calibration_agg(p, event) AS k
  FROM sample, LATERAL (SELECT 1 / (1 + exp((score - 500) / 50))) v (p)) q,
  pd_curve_stats(c) s, calibration_line(k) l;

-- Separation: no coefficients, no PD, and a status; with smoothing there are (R: -2.97185515660408937, 0.66041225702313089).
SELECT c, calibrated_pd(c, 3) FROM (SELECT platt_scaling(x, x > 4, true) AS c FROM generate_series(1, 8) x) s;
SELECT near_relative(s.intercept, -2.9718551566040894, 1e-12) AS intercept, near_relative(s.slope, 0.66041225702313089, 1e-12) AS slope, status
FROM pd_curve_stats((SELECT platt_scaling(x, x > 4, true, true) FROM generate_series(1, 8) x)) s;
SELECT what, (pd_curve_stats(platt_scaling(x, e, up, smooth))).*, calibrated_pd(platt_scaling(x, e, up, smooth), 1) AS pd
FROM (VALUES ('quasi', 1, false, true, false), ('quasi', 2, false, true, false), ('quasi', 2, true, true, false), ('quasi', 3, true, true, false),
  ('one class', 1, true, true, false), ('one class', 2, true, true, false), ('one class, smoothed', 1, true, true, true),
    ('one class, smoothed', 2, true, true, true),
  ('one score', 5, true, true, false), ('one score', 5, false, true, false), ('one score', 5, false, true, false),
  ('wrong direction', 1, true, true, false), ('wrong direction', 2, true, true, false), ('wrong direction', 2, false, true, false),
    ('wrong direction', 3, false, true, false),
  ('no direction', 1, true, false, false), ('no direction', 1, false, false, false), ('no direction', 3, true, false, false),
    ('no direction', 3, false, false, false)
  ) v (what, x, e, up, smooth) GROUP BY what ORDER BY what;
SELECT what, isotonic_calibration(x, e, true) FROM (VALUES ('one class', 1, true), ('one class', 2, true), ('one score', 5, true), ('one score', 5, false),
  ('wrong direction', 1, true), ('wrong direction', 2, false)) v (what, x, e) GROUP BY what ORDER BY what;
-- A stray block at the end does not make a direction: the area under the curve is below one half. At one half it stands.
SELECT what, auc, (pd_curve_stats(c)).n_points, (pd_curve_stats(c)).status, (pd_curve_stats(w)).status AS weighted,
  (pd_curve_stats(opposite)).status AS opposite
FROM (SELECT what, auc(x, e, true) AS auc, isotonic_calibration(x, e, true) AS c, isotonic_calibration(x, e, true, 2.5) AS w,
  isotonic_calibration(x, e, false) AS opposite
  FROM (SELECT 'falls, then one event' AS what, x, x <= 30 OR x = 100 AS e FROM generate_series(1, 100) x
        UNION ALL SELECT 'rises, then one non-event', x, x > 70 AND x < 100 FROM generate_series(1, 100) x
        UNION ALL SELECT 'both halves alike', x, x IN (1, 4) FROM generate_series(1, 4) x) v GROUP BY what) s ORDER BY what;

-- No rows, and rows that are left out and counted.
SELECT isotonic_calibration(score, event, true) IS NULL AS iso, platt_scaling(score, event, true) IS NULL AS platt FROM sample WHERE i < 0;
SELECT isotonic_calibration(NULL::float8, event, true) IS NULL AS iso, platt_scaling(score, NULL, true) IS NULL AS platt,
  platt_scaling(score, event, NULL) IS NULL AS direction,
  platt_scaling(score, event, true, NULL) IS NULL AS smoothing, isotonic_calibration(score, event, true, 0) IS NULL AS weight FROM sample;
SELECT isotonic_calibration(x, e, false) FROM (VALUES (1::float8, true), (2, false), (NULL, true), ('NaN', true), (5, NULL)) v (x, e);
SELECT calibrated_pd(plain, NULL) IS NULL AS null, calibrated_pd(plain, 'NaN') IS NULL AS nan, calibrated_pd(NULL, 5) IS NULL AS no_curve,
  calibrated_pd(plain, 'Infinity') AS high, calibrated_pd(plain, '-Infinity') AS low FROM fits;

-- Any order, split and plan; a hundred thousand scores.
CREATE TABLE book AS SELECT g, (g * 7919::bigint) % 10007 / 10.0::float8 AS score,
  (g * 104729::bigint) % 1000 < (g * 7919::bigint) % 10007 / 20 AS event FROM generate_series(1, 100000) g;
ALTER TABLE book SET (parallel_workers = 2);
CREATE TABLE serial AS SELECT isotonic_calibration(score, event, true) AS i, platt_scaling(score, event, true, true) AS p,
  isotonic_calibration(score, event, true, 0.1) AS w FROM book;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
SELECT uses_parallel('SELECT credit_limit.isotonic_calibration(score, event, true), credit_limit.platt_scaling(score, event, true, true) FROM book');
SELECT isotonic_calibration(score, event, true)::text = (SELECT i::text FROM serial) AS iso, platt_scaling(score, event, true,
  true)::text = (SELECT p::text FROM serial) AS platt,
  isotonic_calibration(score, event, true, 0.1)::text = (SELECT w::text FROM serial) AS weighted FROM book;
SELECT isotonic_calibration(score, event, true) IS NULL AS nothing FROM book WHERE score < -1;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;
SELECT isotonic_calibration(score, event, true ORDER BY g DESC)::text = (SELECT i::text FROM serial) AS ordered FROM book;
SELECT n, n_event, n_points BETWEEN 100 AND 10000 AS points, status FROM serial, pd_curve_stats(i);
SELECT count(*) FILTER (WHERE pd NOT BETWEEN 0 AND 1) AS outside, near_relative(avg(pd), avg(event::int)::float8, 1e-12) AS mean
FROM (SELECT event, calibrated_pd(i, score) AS pd FROM book, serial) s;

-- Written by hand, and what people might get wrong.
SELECT calibrated_pd('{"method": "isotonic", "higher_is_riskier": false, "points": [[420, 0.21], [500, 0.08], [580, 0.02]]}', 540);
SELECT round(calibrated_pd('{"method": "platt", "higher_is_riskier": false, "intercept": 6.2, "slope": -0.018}', 540)::numeric, 6);
SELECT '{"points": [[1, 0.5]], "higher_is_riskier": true, "method": "isotonic"}'::pd_curve,
  ('{"points": [[1, 0.5]], "higher_is_riskier": true, "method": "isotonic"}'::jsonb)::pd_curve::jsonb ->> 'status' AS status;
SELECT '{}'::pd_curve;
SELECT '{"method": "spline", "higher_is_riskier": true}'::pd_curve;
SELECT '{"method": "isotonic", "points": [[1, 0.5]]}'::pd_curve;
SELECT '{"method": "isotonic", "higher_is_riskier": true}'::pd_curve;
SELECT '{"method": "isotonic", "higher_is_riskier": true, "points": []}'::pd_curve;
SELECT '{"method": "isotonic", "higher_is_riskier": true, "points": [[1, 0.5], [1, 0.6]]}'::pd_curve;
SELECT '{"method": "isotonic", "higher_is_riskier": true, "points": [[1, 0.5], [2, 0.4]]}'::pd_curve;
SELECT '{"method": "isotonic", "higher_is_riskier": false, "points": [[1, 0.5], [2, 0.6]]}'::pd_curve;
SELECT '{"method": "isotonic", "higher_is_riskier": true, "points": [[1, 1.5]]}'::pd_curve;
SELECT '{"method": "isotonic", "higher_is_riskier": true, "points": [[1]]}'::pd_curve;
SELECT '{"method": "isotonic", "higher_is_riskier": true, "points": [[1, 0.5]], "slope": 1}'::pd_curve;
SELECT '{"method": "isotonic", "higher_is_riskier": true, "points": [[1, 0.5]], "smoothing": true}'::pd_curve;
SELECT '{"method": "platt", "higher_is_riskier": true, "points": [[1, 0.5]], "intercept": 1, "slope": 1}'::pd_curve;
SELECT '{"method": "platt", "higher_is_riskier": true, "slope": 1}'::pd_curve;
SELECT '{"method": "platt", "higher_is_riskier": true, "intercept": 1}'::pd_curve;
SELECT '{"method": "platt", "higher_is_riskier": true, "intercept": 1, "slope": -1}'::pd_curve;
SELECT '{"method": "platt", "higher_is_riskier": false, "intercept": 1, "slope": 1}'::pd_curve;
SELECT '{"method": "platt", "higher_is_riskier": false, "status": "separation", "slope": -1}'::pd_curve;
SELECT '{"method": "platt", "higher_is_riskier": false, "status": "good", "intercept": 1, "slope": -1}'::pd_curve;
SELECT '{"method": "platt", "higher_is_riskier": false, "n": 5, "n_event": 6, "intercept": 1, "slope": -1}'::pd_curve;
SELECT '{"method": "platt", "higher_is_riskier": false, "a": 1}'::pd_curve;
SELECT isotonic_calibration('Infinity'::float8, true, true);
SELECT platt_scaling(1e101::numeric, true, true);
SELECT isotonic_calibration(1, true, true, -1);
SELECT isotonic_calibration(x, true, x = 1) FROM generate_series(1, 2) x;
SELECT platt_scaling(x, true, true, x = 1) FROM generate_series(1, 2) x;

-- Text and binary forms round trip; bytes of strangers.
CREATE TABLE copied (p pd_curve);
DO $$ BEGIN
  EXECUTE format('COPY (SELECT up FROM curves UNION ALL SELECT p FROM serial) TO %L (FORMAT binary)', data_file('pd_curve'));
  EXECUTE format('COPY copied FROM %L (FORMAT binary)', data_file('pd_curve'));
END $$;
SELECT (SELECT array_agg(p::text ORDER BY p::text) FROM copied) = (SELECT array_agg(p ORDER BY p) FROM (SELECT up::text AS p
  FROM curves UNION ALL SELECT p::text FROM serial) s) AS same,
  (SELECT bool_and(p::text::pd_curve::text = p::text) FROM copied) AS text;
CREATE TABLE attacked (p pd_curve);
CREATE FUNCTION use_value() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM calibrated_pd(p, 2.5), pd_curve_stats(p), (SELECT count(*) FROM pd_curve_points(p)), p::text::pd_curve FROM (VALUES (NEW.p)) v (p);
  RETURN NULL;
END $$;
CREATE TRIGGER use_value BEFORE INSERT ON attacked FOR EACH ROW EXECUTE FUNCTION use_value();
CREATE TABLE victim AS SELECT credit_limit_internal.pd_curve_send(isotonic_calibration(score, event, true)) AS bytes FROM ten
  UNION ALL SELECT credit_limit_internal.pd_curve_send(plain) FROM fits;
SELECT attack(bytes) FROM victim;

CALL remove_data_files();

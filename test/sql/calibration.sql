-- calibration: the summary type, its statistics and tests.
\i test/helpers.sql
SET extra_float_digits = 0;

-- By hand: ten at 1 % with one event, ten at 10 % with one, five at 40 % with three; one PD and one outcome unknown.
CREATE TABLE small (pd numeric, event boolean);
INSERT INTO small SELECT 0.01, g = 1 FROM generate_series(1, 10) g;
INSERT INTO small SELECT 0.1, g = 1 FROM generate_series(1, 10) g;
INSERT INTO small SELECT 0.4, g <= 3 FROM generate_series(1, 5) g;
INSERT INTO small VALUES (NULL, true), (0.3, NULL), ('NaN', false);
SELECT calibration_agg(pd, event) FROM small;
SELECT n, n_event, n_skipped, n_distinct, weight, mean_pd, 3.1 / 25 AS by_hand, event_rate,
  brier, (1 * 0.99 ^ 2 + 9 * 0.01 ^ 2 + 1 * 0.9 ^ 2 + 9 * 0.1 ^ 2 + 3 * 0.6 ^ 2 + 2 * 0.4 ^ 2) / 25 AS by_hand,
  round(brier_skill::numeric, 12) AS brier_skill, ece, (10 * 0.09 + 0 + 5 * 0.2) / 25 AS by_hand, mce, status
FROM calibration_stats((SELECT calibration_agg(pd, event) FROM small));
-- Groups: the middles of the three blocks are at 0.2, 0.6 and 0.9 of the rows. Two groups: the first block, the other two.
SELECT group_id, n, n_event, weight, pd_low, pd_high, mean_pd, expected, observed, event_rate, round(chi2::numeric, 10) AS chi2
FROM calibration_table((SELECT calibration_agg(pd, event) FROM small), 2);
SELECT groups, array_agg(n ORDER BY group_id) AS n, array_agg(group_id ORDER BY group_id) AS group_id
FROM unnest('{1, 2, 3, 4, 5, 10, 100000, NULL}'::int[]) groups,
  (SELECT calibration_agg(pd, event) AS c FROM small) s, calibration_table(c, groups) GROUP BY groups ORDER BY groups;

-- 300 rows against R 4.2: glm(event ~ qlogis(pd), binomial, epsilon = 1e-14), offset(qlogis(pd)), pchisq, qbeta, pbeta, sums.
CREATE TABLE sample AS
SELECT i, (1 + i * 37 % 101) / 250.0 AS pd, (i * i * 7 + i * 13) % 97 * 2500 < 97 * (1 + i * 37 % 101) * 12 AS event,
  (1 + i % 3)::float8 AS weight
FROM generate_series(1, 300) i;
CREATE TABLE ours AS SELECT calibration_agg(pd, event) AS c, calibration_agg(pd, event, weight) AS w FROM sample;
CREATE TABLE line_by_r (weighted boolean, intercept float8, intercept_se float8, slope float8, slope_se float8, cov float8, citl float8,
  citl_se float8, chi2 float8, p_value float8);
-- Standard errors at the final coefficients, by solve(crossprod(X, X * w * p * (1 - p))): those of glm are of the iteration before.
INSERT INTO line_by_r VALUES
  (false, 0.087390190179651037, 0.27385447253784784, 0.82306704305038425, 0.18937934055396619, 0.044784219389702513,
   0.30352847209927347, 0.13993472939962004, 5.3411916241062727, 0.069210976288352363),
  (true, 0.027270728192073261, 0.19280217945940967, 0.78806302898642244, 0.13196977151803979, 0.021924849875813196,
   0.28696418777996946, 0.099367451187948624, 10.426476526015449, 0.0054440159573955768);
SELECT weighted, near_relative(l.intercept, r.intercept, 1e-11) AS intercept, near_relative(l.intercept_std_error, r.intercept_se, 1e-11) AS se,
  near_relative(l.slope, r.slope, 1e-12) AS slope, near_relative(l.slope_std_error, r.slope_se, 1e-12) AS se, near_relative(l.covariance, r.cov, 1e-11) AS cov,
  near_relative(l.citl, r.citl, 1e-12) AS citl, near_relative(l.citl_std_error, r.citl_se, 1e-12) AS se, near_relative(l.chi2, r.chi2, 1e-10) AS chi2, l.df,
  near_relative(l.p_value, r.p_value, 1e-10) AS p_value, n, n_degenerate, iterations < 10 AS soon, status
FROM ours, line_by_r r, calibration_line(CASE WHEN weighted THEN w ELSE c END) l ORDER BY weighted;
SELECT n, n_event, n_skipped, n_distinct, weight, near_relative(mean_pd, 0.20478666666666667, 1e-14) AS mean_pd,
  near_relative(event_rate, 0.25333333333333335, 1e-15) AS rate,
  near_relative(brier, 0.17683429333333334, 1e-14) AS brier, near_relative(brier_skill, 1 - 0.17683429333333334 / 0.18915555555555555, 1e-13) AS skill,
  near_relative(log_loss, 0.53242168417405855, 1e-14) AS log_loss, n_clipped, near_relative(ece, 0.048546666666666669, 1e-13) AS ece,
  near_relative(mce, 0.095405405405405388, 1e-13) AS mce, near_relative(citl, 0.30352847209927342, 1e-12) AS citl, status FROM ours, calibration_stats(c, 4);
SELECT n, n_event, weight, near_relative(mean_pd, 0.20435999999999999, 1e-14) AS mean_pd, event_rate, near_relative(brier, 0.17561498666666664, 1e-14) AS brier,
  near_relative(log_loss, 0.53124425673237385, 1e-14) AS log_loss, near_relative(ece, 0.04564, 1e-13) AS ece,
    near_relative(mce, 0.079450980392156853, 1e-13) AS mce
FROM ours, calibration_stats(w, 4);
SELECT near_relative((spiegelhalter_test(c)).z, 2.3673343808570686, 1e-13) AS z, near_relative((spiegelhalter_test(c)).p_value,
  0.017916737058899849, 1e-12) AS p_value,
  near_relative((spiegelhalter_test(w)).z, 3.2405869545105062, 1e-13) AS zw FROM ours;
CREATE TABLE hl_by_r (weighted boolean, groups int, chi2 float8, p_fitted float8, p_fixed float8);
INSERT INTO hl_by_r VALUES (false, 10, 12.006127684443328, 0.15093068991991687, 0.28464660643077905),
  (false, 4, 6.8933369960214037, 0.03185157339552315, 0.14163338802994857),
  (true, 10, 38.583740265842884, 5.8710817814124096e-06, 3.0021982513866777e-05),
  (true, 4, 15.198231960536292, 0.00050089403798935981, 0.0043072459264953435);
SELECT weighted, groups, near_relative(h.chi2, r.chi2, 1e-12) AS chi2, h.df, near_relative(h.p_value, p_fitted, 1e-11) AS fitted,
  f.df, near_relative(f.p_value, p_fixed, 1e-11) AS fixed,
  f.groups_used
FROM ours, hl_by_r r, LATERAL (SELECT CASE WHEN weighted THEN w ELSE c END AS x) s, hosmer_lemeshow(x, groups) h, hosmer_lemeshow(x, groups, false) f
ORDER BY 1, 2;
CREATE TABLE table_by_r (group_id int, n int, o int, e float8, low float8, high float8, conf_low float8, conf_high float8, p float8, chi2 float8);
INSERT INTO table_by_r VALUES
  (1, 74, 7, 3.896, 0.004, 0.1, 0.043317086052076292, 0.17675259756092798, 0.062879879803912964, 2.6104380912746588),
  (2, 77, 14, 11.9, 0.104, 0.204, 0.10820755107173184, 0.27881447090453604, 0.24747688741925461, 0.43833017077798847),
  (3, 74, 26, 18.94, 0.208, 0.304, 0.24992852750743746, 0.46414885015128537, 0.033177810702277384, 3.5369175836209763),
  (4, 75, 29, 26.7, 0.308, 0.404, 0.28243317231540871, 0.49946028242386842, 0.28695642249819714, 0.30765115034777973);
SELECT group_id, t.n = r.n AND t.n_event = o AND observed = o AND t.weight = t.n AND t.pd_low = low AND t.pd_high = high AS counts,
  near_relative(expected, e, 1e-14) AS expected, near_relative(t.conf_low, r.conf_low, 1e-12) AS conf_low,
    near_relative(t.conf_high, r.conf_high, 1e-12) AS conf_high,
  near_relative(t.p_value, r.p, 1e-12) AS p_value, near_relative(t.chi2, r.chi2, 1e-12) AS chi2
FROM ours, calibration_table(c, 4) t JOIN table_by_r r USING (group_id) ORDER BY group_id;
SELECT near_relative(conf_low, 0.065254413378024581, 1e-12) AS conf_low, near_relative(p_value, 0.0033703938222510018, 1e-12) AS p_value, n, weight
FROM ours, calibration_table(w, 4) LIMIT 1;
SELECT near_relative(d.brier, 0.17683429333333334, 1e-14) AS brier, near_relative(reliability, 0.0031052281299481319, 1e-12) AS reliability,
  near_relative(resolution, 0.01434250614250614, 1e-12) AS resolution, near_relative(uncertainty, 0.18915555555555555, 1e-15) AS uncertainty,
  near_relative(within, -0.0010839842096642097, 1e-11) AS within, groups_used FROM ours, brier_decomposition(c, 4) d;
SELECT near_relative(reliability, 0.053392764444444435, 1e-12) AS reliability, near_relative(resolution, 0.065277777777777768,
  1e-13) AS resolution, within, groups_used
FROM ours, brier_decomposition(w);

-- brier = reliability - resolution + uncertainty + within for any grouping, and brier is that of the rows.
SELECT bool_and(abs(d.brier - (reliability - resolution + uncertainty + within)) < 1e-15) AS parts, bool_and(near_relative(d.brier, s.brier, 1e-14)) AS brier,
  bool_and(reliability >= 0 AND resolution >= 0) AS sign, count(*)
FROM (SELECT c FROM ours UNION ALL SELECT w FROM ours) o, calibration_stats(c) s, generate_series(1, 150) groups, brier_decomposition(c, groups) d;
-- The chi2 of the table sums to the test, its expected events to the mean PD; groups against window functions over the rows.
SELECT bool_and(near_relative(h.chi2, t.chi2, 1e-13) AND h.groups_used = t.groups AND near_relative(t.expected, 300 * s.mean_pd, 1e-14)) AS same
FROM ours, calibration_stats(c) s, generate_series(1, 120) g, hosmer_lemeshow(c, g) h,
  LATERAL (SELECT sum(chi2) AS chi2, count(*) AS groups, sum(expected) AS expected FROM calibration_table(c, g)) t;
SELECT bool_and(ours.n = sql.n AND ours.n_event = sql.n_event AND near_relative(mean_pd, sql.m::float8, 1e-14)) AS same, count(*)
FROM unnest('{1, 2, 3, 7, 10, 60, 101, 300}'::int[]) g,
  LATERAL (SELECT row_number() OVER (ORDER BY pd_low) AS k, t.* FROM ours, calibration_table(c, g) t) ours
  FULL JOIN LATERAL (SELECT row_number() OVER (ORDER BY min(pd)) AS k, count(*) AS n, count(*) FILTER (WHERE event) AS n_event, avg(pd) AS m
    FROM (SELECT pd, event, (g * (count(*) OVER (ORDER BY pd) + count(*) OVER (ORDER BY pd) - count(*) OVER (PARTITION BY pd))) / 600 AS grp FROM sample) s
    GROUP BY grp) sql USING (k);

-- A group for each row of distinct PDs: Hosmer-Lemeshow is Pearson's chi-squared. After a logistic fit sum of PDs is sum of events, and
-- fitting again changes nothing.
SELECT near_relative((hosmer_lemeshow(calibration_agg(p, e), 500, false)).chi2, sum((e::int - p) ^ 2 / (p * (1 - p))), 1e-12) AS pearson
FROM (SELECT (g - 0.5) / 500 AS p, g * g % 37 < 20 AS e FROM generate_series(1, 500) g) s;
SELECT near_relative(mean_pd, event_rate, 1e-13) AS sums, abs(intercept) < 1e-12 AS intercept, abs(slope - 1) < 1e-12 AS slope, abs(citl) < 1e-12 AS citl
FROM calibration_stats((SELECT calibration_agg(pd_shift(pd, l.intercept, l.slope), event) FROM sample, ours, calibration_line(c) l));

-- The aggregate hosmer_lemeshow is the function over the type; numeric and float8 are the same.
SELECT a = hosmer_lemeshow(c) AS same, b = hosmer_lemeshow(c, 4, false) AS same, a
FROM ours, (SELECT hosmer_lemeshow(pd, event, 10, true) AS a, hosmer_lemeshow(pd::float8, event, 4, false) AS b FROM sample) s;
SELECT calibration_agg(pd, event)::text = calibration_agg(pd::float8, event)::text AS same,
  calibration_agg(pd, event, weight)::text = calibration_agg(pd::float8, event, weight)::text AS weighted FROM sample;

-- Integer weights are repeated rows; a weight of 0 is no row; another unit of weight changes no rate.
SELECT s.brier = r.brier AND s.event_rate = r.event_rate AND near_relative(s.slope, r.slope, 1e-12) AND near_relative(s.log_loss,
  r.log_loss, 1e-14) AND s.weight = r.n AS same,
  (SELECT bool_and(near_relative(a.chi2, b.chi2, 1e-13) AND a.p_value = b.p_value) FROM calibration_table(w) a
    JOIN calibration_table(rep) b USING (group_id)) AS tables
FROM ours, (SELECT calibration_agg(pd, event) AS rep FROM sample, generate_series(1, weight::int)) r0, calibration_stats(w) s, calibration_stats(rep) r;
SELECT calibration_agg(pd, event, CASE WHEN i % 2 = 0 THEN 1 ELSE 0 END)::text = calibration_agg(pd, event,
  1) FILTER (WHERE i % 2 = 0)::text AS same FROM sample;
SELECT near_relative(b.brier, s.brier, 1e-14) AND near_relative(b.slope, s.slope, 1e-12) AND near_relative(b.ece, s.ece, 1e-12) AS same
FROM ours, calibration_stats(w) s, (SELECT calibration_agg(pd, event, weight / 3e7) AS c FROM sample) o, calibration_stats(o.c) b;

-- No rows, only rows that are left out, NULL arguments.
SELECT calibration_agg(pd, event) IS NULL AS none, hosmer_lemeshow(pd, event, 10, true) IS NULL AS hl,
  rollup(NULL::calibration) IS NULL AS rolled FROM sample WHERE i < 0;
SELECT calibration_agg(NULL::numeric, event) AS only_null, hosmer_lemeshow(NULL::numeric, event, 10, true) IS NULL AS hl,
  hosmer_lemeshow(pd, event, NULL, true) IS NULL AS no_groups, calibration_agg(pd, event, NULL::float8) AS no_weight FROM sample;
SELECT * FROM calibration_stats('{"version": 1, "n_skipped": 5, "values": []}');
SELECT (SELECT count(*) FROM calibration_table(e)) AS rows, calibration_line(e) IS NULL AS line, brier_decomposition(e) IS NULL AS parts,
  hosmer_lemeshow(e) IS NULL AS hl, spiegelhalter_test(e) IS NULL AS z FROM (SELECT '{"version": 1, "values": []}'::calibration AS e) s;
SELECT calibration_stats(NULL) IS NULL AS stats, calibration_line(NULL) IS NULL AS line, brier_decomposition(NULL) IS NULL AS parts,
  hosmer_lemeshow(NULL::calibration) IS NULL AS hl, spiegelhalter_test(NULL::calibration) IS NULL AS z, (SELECT count(*) FROM calibration_table(NULL)) AS rows;

-- One class: scores yes, skill and line no.
SELECT status, brier, round(log_loss::numeric, 12) AS log_loss, brier_skill, slope, citl, ece,
  (hosmer_lemeshow(c, 2, false)).groups_used, (hosmer_lemeshow(c, 2, false)).p_value < 1 AS p,
  (spiegelhalter_test(c)).z IS NOT NULL AS z
FROM (SELECT calibration_agg(p, false) AS c FROM unnest('{0.1, 0.2, 0.3}'::float8[]) p) s, calibration_stats(c);
SELECT status, event_rate, brier, brier_skill, slope, citl FROM (SELECT calibration_agg(p, true) AS c
  FROM unnest('{0.1, 0.2, 0.3}'::float8[]) p) s, calibration_stats(c);
-- What a line can meet: one PD, separation complete and not, PDs of 0 and 1.
SELECT what, l.status, intercept, slope, round(citl::numeric, 10) AS citl, n, n_degenerate
FROM (VALUES (1, 'one PD', '{0.2, 0.2, 0.2, 0.2}'::float8[], '{t, f, f, f}'::boolean[]),
  (2, 'separation', '{0.1, 0.2, 0.3, 0.4}', '{f, f, t, t}'), (3, 'the other way round', '{0.1, 0.2, 0.3, 0.4}', '{t, t, f, f}'),
  (4, 'but for one PD', '{0.1, 0.2, 0.2, 0.4}', '{f, f, t, t}'), (5, 'one class between 0 and 1', '{0, 0.2, 0.3, 1}', '{f, f, f, t}'),
  (6, 'only 0 and 1', '{0, 0, 1, 1}', '{f, f, t, t}')) v (k, what, p, e),
  LATERAL (SELECT calibration_agg(pd, event) AS c FROM unnest(p, e) u (pd, event)) s, calibration_line(c) l ORDER BY k;
SELECT l.status, l.n, l.n_degenerate, near_relative(l.slope, m.slope, 1e-15) AS slope, l.citl = m.citl AS citl, n_clipped, s.status
FROM ours, (SELECT calibration_agg(p, e) AS d FROM (SELECT pd::float8, event FROM sample UNION ALL VALUES (0, false), (0, true),
  (1, true), (1, false)) v (p, e)) o,
  calibration_line(d) l, calibration_line(c) m, calibration_stats(d) s;
-- A slope that is finite, but steep: the classes overlap by a hair.
SELECT status, iterations < 50 AS soon, slope > 20 AS steep FROM calibration_line((SELECT calibration_agg(p, e) FROM
  (VALUES (0.1::float8, false), (0.2, false), (0.2000001, true), (0.2000002, false), (0.3, true), (0.4, true)) v (p, e)));

-- Groups with nothing to vary: right they do not count, wrong they make chi2 infinite.
SELECT h.* FROM (VALUES (1, '{0, 0, 0.5, 0.5, 1, 1}'::float8[], '{f, f, f, t, t, t}'::boolean[]), (2, '{0, 0, 0.5, 0.5}', '{f, t, f, t}'),
  (3, '{1, 1, 0.5, 0.5}', '{t, f, f, t}'), (4, '{0, 0}', '{f, f}'), (5, '{0.5, 0.5, 0.7}', '{f, t, t}')) v (k, p, e),
  LATERAL (SELECT calibration_agg(pd, event) AS c FROM unnest(p, e) u (pd, event)) s, hosmer_lemeshow(c, NULL, false) h ORDER BY k;
SELECT pd_low, n_event, conf_low = 0 AS low_0, conf_high = 1 AS high_1, chi2, round(p_value::numeric, 6) AS p_value
FROM calibration_table((SELECT calibration_agg(p, e) FROM unnest('{0, 0, 0.1, 0.1, 1}'::float8[], '{f, t, f, f, t}'::boolean[]) u (p, e)), NULL, 0.9);
-- df below 1 gives no p-value.
SELECT * FROM hosmer_lemeshow((SELECT calibration_agg(pd, event) FROM small), 2);

-- Tiny PDs keep their digits.
SELECT near_relative(mean_pd, 2e-12, 1e-14) AS mean_pd, near_relative(brier, (1 + 999 * 4e-24 - 4e-12 + 4e-24) / 1000,
  1e-14) AS brier, near_relative(citl, ln(1e-3 / 0.999) - ln(2e-12), 1e-12) AS citl
FROM calibration_stats((SELECT calibration_agg(2e-12::float8, g = 1) FROM generate_series(1, 1000) g));

-- Any split, any order, any plan.
SELECT setseed(0.2611);
CREATE TABLE book AS SELECT g, pd, CASE WHEN g % 1000 = 0 THEN NULL ELSE random() < pd * 1.1 END AS event, random() * 3 AS weight
FROM (SELECT g, CASE WHEN g % 3 = 0 THEN round(random()::numeric, 2)::float8 ELSE random() ^ 3 END AS pd FROM generate_series(1, 200000) g) s;
CREATE TABLE whole AS SELECT calibration_agg(pd, event) AS c, calibration_agg(pd, event, weight) AS w FROM book;
SELECT (SELECT rollup(c)::text FROM (SELECT calibration_agg(pd, event) AS c FROM book GROUP BY g % 17) p) = c::text AS rolled FROM whole;
SELECT a.n = b.n AND a.n_skipped = b.n_skipped AND near_relative(a.brier, b.brier, 1e-14) AND near_relative(a.slope, b.slope,
  1e-12) AND near_relative(a.ece, b.ece, 1e-12) AS rolled
FROM whole, (SELECT rollup(c) AS r FROM (SELECT calibration_agg(pd, event, weight) AS c FROM book GROUP BY g % 17) p) q,
  calibration_stats(w) a, calibration_stats(r) b;
SELECT (SELECT calibration_agg(pd, event ORDER BY pd DESC, g)::text FROM book) = c::text AS ordered FROM whole;
ALTER TABLE book SET (parallel_workers = 2);
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
SELECT uses_parallel('SELECT credit_limit.calibration_agg(pd, event), credit_limit.calibration_agg(pd, event, weight), '
  'credit_limit.hosmer_lemeshow(pd, event, 10, true) FROM book');
CREATE TABLE parallel AS SELECT calibration_agg(pd, event) AS c, calibration_agg(pd, event, weight) AS w, hosmer_lemeshow(pd, event, 20, false) AS h FROM book;
SELECT parallel.c::text = whole.c::text AS same, h = hosmer_lemeshow(whole.c, 20, false) AS hl,
  (SELECT near_relative(a.brier, b.brier, 1e-14) AND near_relative(a.slope, b.slope, 1e-12) AND a.n_skipped = b.n_skipped
   FROM calibration_stats(parallel.w) a, calibration_stats(whole.w) b) AS weighted FROM parallel, whole;
SELECT calibration_agg(pd, event) IS NULL AS nothing, hosmer_lemeshow(pd, event, 10, true) IS NULL AS hl FROM book WHERE pd > 2;
SELECT calibration_agg(NULLIF(pd, pd), event) AS only_null FROM book;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;
-- Against plain SQL on 200,000 rows.
SELECT s.n = q.n AND s.n_event = q.n_event AND s.n_skipped = q.skipped AND s.n_distinct = q.n_distinct AS counts,
  near_relative(s.mean_pd, q.mean_pd, 1e-12) AS mean,
  near_relative(s.brier, q.brier, 1e-12) AS brier, near_relative(s.log_loss, q.log_loss, 1e-12) AS log_loss, s.brier = b AS one_step
FROM whole, calibration_stats(c) s, (SELECT brier_score(pd, event) AS b FROM book) o,
  (SELECT count(event) AS n, count(*) FILTER (WHERE event) AS n_event, count(*) - count(event) AS skipped,
    count(DISTINCT pd) FILTER (WHERE event IS NOT NULL) AS n_distinct,
     avg(pd) FILTER (WHERE event IS NOT NULL) AS mean_pd, avg((pd - event::int) ^ 2) AS brier,
     avg(least(CASE WHEN event THEN CASE WHEN pd > 0 THEN -ln(pd) END ELSE CASE WHEN pd < 1 THEN -ln(1 - pd) END END,
       -ln(1e-15::float8))) FILTER (WHERE event IS NOT NULL) AS log_loss FROM book) q;

-- As a window aggregate: the final function leaves the state alone.
SELECT array_agg((calibration_stats(c)).n ORDER BY i), array_agg((h).groups_used ORDER BY i)
FROM (SELECT i, calibration_agg(pd, event) OVER w AS c, hosmer_lemeshow(pd, event, 3, true) OVER w AS h FROM sample WHERE i <= 6 WINDOW w AS (ORDER BY i)) s;

-- Mistakes.
SELECT calibration_agg(1.5, true);
SELECT calibration_agg(-1e-9::float8, true);
SELECT calibration_agg(0.5, true, -2);
SELECT calibration_agg(0.5::float8, true, '-Infinity');
SELECT hosmer_lemeshow(0.5, true, 0, true);
SELECT hosmer_lemeshow(p, true, 10 + (p > 0.5)::int, true) FROM unnest('{0.1, 0.9}'::numeric[]) p;
SELECT hosmer_lemeshow(p, true, 10, p < 0.5) FROM unnest('{0.1, 0.9}'::numeric[]) p;
SELECT hosmer_lemeshow(2, true, 10, true);
SELECT hosmer_lemeshow(c, -1) FROM ours;
SELECT calibration_table(c, 0) FROM ours;
SELECT calibration_table(c, 10, 1) FROM ours;
SELECT calibration_table(c, 10, 'NaN') FROM ours;
SELECT brier_decomposition(c, 0) FROM ours;
SELECT calibration_stats(c, 0) FROM ours;
SELECT rollup(x) FROM (SELECT c FROM ours UNION ALL SELECT w FROM ours) v (x);

-- What people might write.
SELECT '{"version": 1, "values": [[0.01, 250, 2], [0.07, 90, 9]]}'::calibration;
SELECT '{"version": 1, "n_skipped": 3, "values": [[0.01, 2, 1, 2.5, 0.5, 0, 0]]}'::calibration;
SELECT '{}'::calibration;
SELECT 'nonsense'::calibration;
SELECT '{"version": 2, "values": []}'::calibration;
SELECT '{"version": 1, "n": 5, "values": []}'::calibration;
SELECT '{"version": 1, "values": [[0.2, 5, 1], [0.1, 5, 1]]}'::calibration;
SELECT '{"version": 1, "values": [[1.2, 5, 1]]}'::calibration;
SELECT '{"version": 1, "values": [[0.2, -5, 1]]}'::calibration;
SELECT '{"version": 1, "values": [[0.2, 0, 0]]}'::calibration;
SELECT '{"version": 1, "values": [[0.2, 5, 1, 1e299, 1, 0, 0]]}'::calibration;
-- Weights beyond what the beta distribution is computed for: no interval, the rest stays.
SELECT n, weight, event_rate, conf_low, conf_high, p_value, chi2 IS NOT NULL AS chi2
FROM calibration_table('{"version": 1, "values": [[0.2, 5, 1, 1e20, 1e20, 0, 0], [0.3, 5, 0, 1e20, 0, 0, 0]]}', NULL);

-- Text and binary forms round trip.
CREATE TABLE copied (c calibration, w calibration);
DO $$ BEGIN
  EXECUTE format('COPY (SELECT c, w FROM ours) TO %L (FORMAT binary)', data_file('calibration'));
  EXECUTE format('COPY copied FROM %L (FORMAT binary)', data_file('calibration'));
END $$;
SELECT o.c::text = k.c::text AND o.w::text = k.w::text AS binary, o.c::text::calibration::text = o.c::text AND o.w::text::calibration::text = o.w::text AS text
FROM ours o, copied k;

-- Bytes of strangers: every byte of a value changed, and every length cut, is an error or a value that still answers.
CREATE TABLE attacked (c calibration);
CREATE FUNCTION use_value() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM calibration_stats(c), calibration_line(c), brier_decomposition(c, 3), hosmer_lemeshow(c), spiegelhalter_test(c), c::text::calibration,
    isotonic_calibration(c), pd_central_tendency(c, 0.1), (SELECT count(*) FROM calibration_table(c)) FROM (VALUES (NEW.c)) v (c);
  PERFORM rollup(c) FROM (VALUES (NEW.c), (NEW.c)) s (c);
  RETURN NULL;
END $$;
CREATE TRIGGER use_value BEFORE INSERT ON attacked FOR EACH ROW EXECUTE FUNCTION use_value();
CREATE TABLE victim AS SELECT credit_limit_internal.calibration_send(calibration_agg(b / 20.0, b % 3 = 0)) AS bytes
  FROM generate_series(1, 19) g, LATERAL (SELECT g - g % 2 + 1) v (b)
  UNION ALL SELECT credit_limit_internal.calibration_send(calibration_agg(b / 20.0, b % 3 = 0, b / 7.0)) FROM generate_series(1, 4) b;
SELECT attack(bytes) FROM victim;
SELECT attack(bytes || '\x00') FROM victim;
SELECT setseed(0.5);

-- The ends of what may be said: numbers that look right, a missing confidence, groups, weights, rows left out.
SELECT calibration_agg(1 + 1e-15::float8, true);
SELECT calibration_agg('Infinity'::float8, true);
SELECT calibration_agg(2, true);
SELECT calibration_agg(101, true);
SELECT calibration_agg(1e-400::numeric, true)::text AS tiny, brier_score(1e-400::numeric, true) AS brier, brier_score(1e-400::numeric, false) AS none;
SELECT calibration_agg(-1e400::numeric, true);
SELECT * FROM calibration_table((SELECT calibration_agg(pd, event) FROM small), 10, NULL);
SELECT * FROM calibration_table((SELECT calibration_agg(pd, event) FROM small), 100001);
SELECT calibration_agg(0.1, true, 1e-101);
SELECT calibration_agg(0.1, true, 1e-100)::text AS smallest, calibration_agg(0.1, true, 0)::text AS none;
-- What is stored can be read again: rows left out end at the largest number, weights that are too much together are not stored.
CREATE TABLE brim AS SELECT rollup(c) AS c
  FROM unnest('{"{\"version\": 1, \"n_skipped\": 9223372036854775807, \"values\": [[0.2, 1, 0]]}", "{\"version\": 1, '
  '\"n_skipped\": 5, \"values\": []}"}'::calibration[]) c;
SELECT c, credit_limit_internal.calibration_send(c) = credit_limit_internal.calibration_send(c::text::calibration) AS read_again,
  (calibration_stats(c)).n_skipped FROM brim;
CREATE TABLE too_much AS SELECT rollup(c) AS c
  FROM (SELECT '{"version": 1, "values": [[0.2, 1, 0, 9e149, 0, 0, 0]]}'::calibration AS c FROM generate_series(1, 2)) s;
SELECT rollup(c)::text FROM (SELECT '{"version": 1, "values": [[0.2, 1, 0, 9e149, 0, 0, 0]]}'::calibration AS c FROM generate_series(1, 2)) s;
DROP TABLE brim;

-- Distinct PDs, a million in a soak.
\set n 100000
\if :soak
\set n 1000000
\endif
CREATE TABLE million AS SELECT random() ^ 3 AS pd, random() < 0.2 AS event FROM generate_series(1, :n);
SELECT n = :n AS all, n_distinct > 0.99 * :n AS distinct_pds, near_relative(brier, (SELECT brier_score(pd, event) FROM million), 1e-14) AS brier, status
FROM calibration_stats((SELECT calibration_agg(pd, event) FROM million));

CALL remove_data_files();

-- PDs of 0 and 1 have no log-odds. Where nothing else is left to draw a line through, that is the reason, whatever the rest lacks.
SELECT v.what, s.n, s.n_event, s.status, l.n, l.n_degenerate, l.status
FROM (SELECT 'only 0 and 1' AS what, calibration_agg(p, e) AS c FROM (VALUES (0.0::float8, true), (1.0, false)) v (p, e)
  UNION ALL SELECT 'and one PD', calibration_agg(p, e) FROM (VALUES (0.0::float8, false), (0.5, true), (0.5, false)) v (p, e)
  UNION ALL SELECT 'and one row', calibration_agg(p, e) FROM (VALUES (0.0::float8, false), (0.5, true)) v (p, e)
  UNION ALL SELECT 'and separated', calibration_agg(p, e) FROM (VALUES (0.0::float8, false), (0.2, false), (0.5, true)) v (p, e)) v,
  calibration_stats(c) s, calibration_line(c) l;

-- fairness: ratio of rates, distance of means, the summary type and its table.
\i test/helpers.sql
-- Twelve digits, which every processor agrees on.
SET extra_float_digits = -3;

CREATE FUNCTION digits(a float8, b float8, tolerance float8 DEFAULT 1e-12) RETURNS boolean LANGUAGE sql
  RETURN abs(a - b) <= tolerance * abs(b) OR (a IS NULL AND b IS NULL);

-- Two groups from their counts. R 4.2.2: exp(log(ratio) -+ qnorm(0.5 + confidence / 2) * sqrt(1/a - 1/n + 1/b - 1/m)), with a half
-- added to each of the four cells where one is empty; z and p_value: prop.test(c(a, b), c(n, m), correct = FALSE). The second is the
-- aspirin study of Agresti (2002), Categorical Data Analysis: relative risk 1.82.
CREATE TABLE impact (a bigint, n bigint, b bigint, m bigint, confidence float8, ratio float8, low float8, high float8, z float8, p float8);
INSERT INTO impact VALUES
  (12, 40, 48, 80, 0.95, 0.5, 0.301432941045597, 0.829371863382984, -3.09838667696593, 0.00194577369373915),
  (189, 11034, 104, 11037, 0.95, 1.81780179445351, 1.43303090305056, 2.30588423242245, 5.00138820400838, 5.69189697374084e-07),
  (0, 25, 30, 60, 0.95, 0, 0, 0.60554679460039, -4.39524536495766, 1.10647699943845e-05),
  (25, 25, 30, 60, 0.95, 2, 1.51751502690579, 2.53548272529464, 4.39524536495766, 1.10647699943845e-05),
  (3, 9, 60, 60, 0.9, 0.333333333333333, 0.173653576273778, 0.717135592456338, -6.61887632529297, 3.61939492149592e-11),
  (40, 50, 50, 50, 0.95, 0.8, 0.695546266522405, 0.924700870341258, -3.33333333333333, 0.000858120666393674),
  (799, 1000, 1000, 1250, 0.99, 0.99875, 0.945551169725741, 1.0549419158239, -0.0588765580400603, 0.953050429628196);
SELECT i.a, i.n, i.b, i.m, r.* FROM impact i, adverse_impact_ratio(a, n, b, m, confidence) r;
SELECT bool_and(digits(r.impact_ratio, i.ratio)) AS ratio, bool_and(digits(r.conf_low, i.low)) AS low, bool_and(digits(r.conf_high, i.high)) AS high,
  bool_and(digits(r.z, i.z)) AS z, bool_and(digits(r.p_value, i.p, 1e-11)) AS p
FROM impact i, adverse_impact_ratio(a, n, b, m, confidence) r;

-- The example of the Questions and Answers on the Uniform Guidelines (44 FR 11996, 1979): against 60 %, adverse impact is indicated by
-- the 75 % of American Indians (45), but not by the 80 % of Hispanics (48) or the 85 % of Blacks (51).
SELECT rate, impact_ratio, below_four_fifths FROM unnest('{45, 48, 51}'::bigint[]) rate, adverse_impact_ratio(rate, 100, 60, 100);
-- Four fifths are decided exactly, however large the counts; one more decision the other way is beyond them.
SELECT n, (adverse_impact_ratio(a, n, n, n)).below_four_fifths AS at, (adverse_impact_ratio(a - 1, n, n, n)).below_four_fifths AS below
FROM (VALUES (4, 5), (36, 45), (4000000000000000000, 5000000000000000000), (7378697629483820644, 9223372036854775805)) v (a, n);
-- Empty cells, and nothing to divide by.
SELECT v.*, r.* FROM (VALUES (0, 10, 0, 20), (0, 10, 5, 20), (5, 10, 0, 20), (10, 10, 20, 20), (0, 0, 5, 20), (5, 10, 0, 0), (0, 0, 0, 0)) v (a, n, b, m),
  adverse_impact_ratio(a, n, b, m) r;
SELECT adverse_impact_ratio(NULL, 1, 1, 1) IS NULL AND adverse_impact_ratio(1, 1, 1, 1, NULL) IS NULL AS unknown;
-- The interval holds the ratio whatever the confidence, and exchanged groups have the reciprocal of both.
SELECT bool_and(conf_low <= impact_ratio AND impact_ratio <= conf_high) AS inside
FROM generate_series(0, 12) a, generate_series(1, 12) b, unnest('{1e-9, 0.5, 0.999}'::float8[]) c, adverse_impact_ratio(a, 12, b, 12, c);
SELECT bool_and(digits(r.impact_ratio, 1 / s.impact_ratio) AND digits(r.conf_low, 1 / s.conf_high) AND digits(r.conf_high, 1 / s.conf_low)
  AND digits(r.z, -s.z) AND digits(r.p_value, s.p_value)) AS reciprocal
FROM generate_series(1, 30) a, generate_series(1, 30) b, adverse_impact_ratio(a, 31, b, 47) r, adverse_impact_ratio(b, 47, a, 31) s;
SELECT adverse_impact_ratio(11, 10, 5, 20);
SELECT adverse_impact_ratio(5, 10, -1, 20);
SELECT adverse_impact_ratio(0, -1, 1, 20);
SELECT adverse_impact_ratio(1, 2, 1, 2, 1);

-- Two groups from their scores. R 4.2.2: d = (m1 - m2) / sqrt(((n1-1) s1^2 + (n2-1) s2^2) / (n1+n2-2)),
-- d -+ qnorm(0.5 + confidence / 2) * sqrt((n1+n2) / (n1 n2) + d^2 / (2 (n1+n2))). The first is the example of Borenstein et al.
-- (2009), Introduction to Meta-Analysis: d 0.5970, variance 0.0418, standard error 0.2044.
CREATE TABLE distance (n bigint, mean float8, sd float8, n2 bigint, mean2 float8, sd2 float8, confidence float8, smd float8, low float8, high float8);
INSERT INTO distance VALUES
  (50, 103, 5.5, 50, 100, 4.5, 0.95, 0.597022314125993, 0.196392164158888, 0.997652464093099),
  (1000, 588.2, 71.3, 12000, 611.9, 66.4, 0.95, -0.354846948665629, -0.419501293696725, -0.290192603634534),
  (5, -3, 0, 9, 2, 1.5, 0.9, -4.08248290463863, -5.64842261049025, -2.51654319878701),
  (1, 610, 0, 40, 600, 50, 0.95, 0.2, -1.78478441488315, 2.18478441488315);
SELECT r.*, digits(r.smd, d.smd) AS smd, digits(r.conf_low, d.low) AS low, digits(r.conf_high, d.high) AS high,
  round(((r.conf_high - r.conf_low) / 2 / 1.959963984540054)::numeric, 4) AS error_at_95
FROM distance d, standardized_mean_difference(n, mean, sd, n2, mean2, sd2, confidence) r;
-- No scores, no deviation, not a number.
SELECT v.*, r.* FROM (VALUES (0, 5::float8, 1, 9, 5, 1::float8), (5, 5, 0, 5, 6, 0), (1, 5, 0, 1, 6, 0), (5, 'NaN', 1, 5, 5, 1), (5, 5, 1, 5, 5, 'NaN'),
  (5, 5, 1, 0, 5, 1))
  v (n, mean, sd, n2, mean2, sd2), standardized_mean_difference(n, mean, sd, n2, mean2, sd2) r;
SELECT standardized_mean_difference(5, 5, NULL, 5, 5, 1) IS NULL AS unknown;
SELECT standardized_mean_difference(-5, 5, 1, 5, 5, 1);
SELECT standardized_mean_difference(5, 5, -1, 5, 5, 1);
SELECT standardized_mean_difference(5, 5, 1, 5, 'Infinity', 1);
SELECT standardized_mean_difference(5, 5, 1, 5, 5, 1, 95);

-- The summary, by hand.
CREATE TABLE decision (member text, approved boolean, score numeric(7,2));
INSERT INTO decision VALUES ('F', true, 620), ('F', false, 540), ('F', true, NULL), ('F', NULL, 900), ('M', true, 700), ('M', true, 640), ('M', false, 610),
  ('M', true, 'NaN'), (NULL, true, 655), (NULL, false, NULL), (NULL, NULL, 1);
SELECT fairness_agg(member, approved, score) FROM decision;
SELECT * FROM fairness_stats((SELECT fairness_agg(member, approved, score) FROM decision));
SELECT * FROM fairness_table((SELECT fairness_agg(member, approved, score) FROM decision));
SELECT member, is_reference, rate, impact_ratio, smd, n_score FROM fairness_table((SELECT fairness_agg(member, approved, score) FROM decision), 'F', 0.9);
-- Decisions without scores; scores of other types; a member that is empty is not one that is missing.
SELECT * FROM fairness_table((SELECT fairness_agg(member, approved) FROM decision));
SELECT fairness_agg(member, approved, score::float8)::text = fairness_agg(member, approved, score)::text AS float8,
  fairness_agg(member, approved, score::int)::text = fairness_agg(member, approved, score)::text AS int,
  fairness_agg(member, approved, NULL)::text = fairness_agg(member, approved)::text AS no_score FROM decision WHERE score <> 'NaN' OR score IS NULL;
SELECT member IS NULL AS missing, n FROM fairness_table((SELECT fairness_agg(m, true) FROM (VALUES (''), (NULL), ('')) v (m)));

-- The four ways to see no row, rows without a decision, only members that are not known.
SELECT fairness_agg(member, approved, score) IS NULL AS no_rows FROM decision WHERE false;
SELECT rollup(NULL::fairness) IS NULL AS rollup_null FROM decision;
SELECT rollup(f) IS NULL AS rollup_nothing FROM (SELECT NULL::fairness AS f WHERE false) s;
SELECT fairness_stats(NULL) IS NULL AS stats, (SELECT count(*) FROM fairness_table(NULL)) AS table_rows;
SELECT (fairness_stats(f)).*, (SELECT count(*) FROM fairness_table(f)) AS table_rows FROM (SELECT fairness_agg(member, NULL, score) AS f FROM decision) s;
SELECT member, is_reference, n, rate, impact_ratio, z, below_four_fifths, mean_score, smd
  FROM fairness_table((SELECT fairness_agg(NULL, approved, score) FROM decision));
SELECT count(*) FROM fairness_table((SELECT fairness_agg(member, approved) FROM decision), NULL, NULL);
SELECT count(*) FROM fairness_table((SELECT fairness_agg(member, approved) FROM decision), NULL, 0.95, NULL);

-- Who is compared with whom.
CREATE TABLE compared AS SELECT fairness_agg(m, g <= k) AS f
FROM (VALUES ('a', 100, 50), ('b', 100, 60), ('c', 3, 3), ('d', 97, 70), (NULL, 500, 500)) v (m, n, k), generate_series(1, n) g;
SELECT basis, member AS reference, n, rate FROM compared, unnest('{largest, highest_rate}'::text[]) basis, fairness_table(f, basis => basis) WHERE is_reference;
SELECT member, impact_ratio, below_four_fifths FROM compared, fairness_table(f, 'c');
-- Many small groups: none has two per cent, so the largest is taken.
SELECT member, n FROM fairness_table((SELECT fairness_agg(g::text, g % 3 = 0) FROM generate_series(1, 200) g, generate_series(1, 1 + (g = 77)::int)),
  basis => 'highest_rate') WHERE is_reference;
-- Of equals the first by name, in the order of bytes.
SELECT string_agg(coalesce(member, 'NULL') || CASE WHEN is_reference THEN '*' ELSE '' END, ' ' ORDER BY o)
FROM fairness_table((SELECT fairness_agg(m, true) FROM unnest('{b, B, é, a, aa, Z, z, NULL}'::text[]) m)) WITH ORDINALITY
  AS t (member, is_reference, n, f, r, i, l, h, z, p, b, ns, ms, ss, smd, sl, sh, o);
SELECT count(*) FROM compared, fairness_table(f, 'x');
SELECT count(*) FROM compared, fairness_table(f, '');
SELECT count(*) FROM fairness_table((SELECT fairness_agg(g::text, true) FROM generate_series(101, 120) g), 'nobody');
SELECT count(*) FROM fairness_table((SELECT fairness_agg(NULL, true)), 'nobody');
SELECT count(*) FROM compared, fairness_table(f, basis => 'smallest');
SELECT count(*) FROM compared, fairness_table(f, 'a', 1.5);

-- Bounds.
SELECT n_groups, n FROM fairness_stats((SELECT fairness_agg(g::text, true) FROM generate_series(1, 1000) g, generate_series(1, 2)));
SELECT n_groups, n_unknown FROM fairness_stats((SELECT fairness_agg(NULLIF(g, 1001)::text, true) FROM generate_series(1, 1001) g));
SELECT fairness_agg(g::text, true) IS NULL FROM generate_series(1, 1001) g;
SELECT length(member) FROM fairness_table((SELECT fairness_agg(repeat('x', 1000), true)));
SELECT fairness_agg(repeat('é', 501), true);
SELECT fairness_agg('a', true, 'Infinity'::float8);
SELECT fairness_agg('a', true, -1.1e100);
SELECT fairness_agg('a', true, 'Infinity'::numeric);
SELECT mean_score, stddev_score FROM fairness_table((SELECT fairness_agg('a', true, s) FROM unnest('{1e100, -1e100}'::float8[]) s));
-- Equal scores have no deviation, wherever they are; a mean far away costs no digit.
SELECT bool_and(stddev_score = 0 AND digits(mean_score, s, 1e-15)) AS none
FROM (SELECT s, fairness_agg('a', true, s) AS f FROM unnest('{0.1, 1e-9, 700.3, 123456789.123456789, -1e90}'::float8[]) s, generate_series(1, 1000)
      GROUP BY s) a, fairness_table(f);
SELECT mean_score - 1e12 AS mean, stddev_score FROM fairness_table((SELECT fairness_agg('a', true, 1e12 + g) FROM generate_series(1, 9) g));

-- A book of 20,000 decisions against plain SQL; seeded, so every run sees the same.
SELECT setseed(0.2806);
CREATE TABLE book AS
SELECT CASE WHEN u < 0.45 THEN 'white' WHEN u < 0.7 THEN 'black' WHEN u < 0.85 THEN 'hispanic' WHEN u < 0.9 THEN 'asian' END AS member,
  CASE WHEN random() < 0.02 THEN NULL ELSE random() < 0.5 + 0.2 * (u < 0.45)::int END AS approved,
  CASE WHEN random() < 0.1 THEN NULL ELSE round((620 - 40 * u + 150 * (random() - 0.5))::numeric, 1) END AS score
FROM (SELECT random() AS u FROM generate_series(1, 20000)) s;
CREATE TABLE by_sql AS
SELECT member, count(*) AS n, count(*) FILTER (WHERE approved) AS k, avg(approved::int)::float8 AS rate, count(score) AS n_score, avg(score)::float8 AS mean,
  stddev(score)::float8 AS sd FROM book WHERE approved IS NOT NULL GROUP BY member;
CREATE TABLE ours AS SELECT fairness_agg(member, approved, score) AS f FROM book;
SELECT member, is_reference, n, rate, impact_ratio, p_value, below_four_fifths, mean_score, smd FROM ours, fairness_table(f);
SELECT t.member, t.n = q.n AND t.n_favourable = q.k AND t.n_score = q.n_score AS counts, digits(t.rate, q.rate) AS rate,
  digits(t.impact_ratio, q.rate / w.rate) AS ratio,
  digits(t.conf_low, exp(ln(q.rate / w.rate) - 1.959963984540054 * sqrt(1.0 / q.k - 1.0 / q.n + 1.0 / w.k - 1.0 / w.n))) AS low,
  digits(t.conf_high, exp(ln(q.rate / w.rate) + 1.959963984540054 * sqrt(1.0 / q.k - 1.0 / q.n + 1.0 / w.k - 1.0 / w.n))) AS high,
  digits(t.z, (q.rate - w.rate) / sqrt(p * (1 - p) * (1.0 / q.n + 1.0 / w.n))) AS z, t.below_four_fifths = (q.rate < 0.8 * w.rate) AS fifths,
  digits(t.mean_score, q.mean) AS mean, digits(t.stddev_score, q.sd) AS sd, digits(t.smd, d) AS smd,
  digits(t.smd_low, d - 1.959963984540054 * sqrt(1.0 / q.n_score + 1.0 / w.n_score + d ^ 2 / (2 * (q.n_score + w.n_score)))) AS smd_low,
  digits(t.smd_high, d + 1.959963984540054 * sqrt(1.0 / q.n_score + 1.0 / w.n_score + d ^ 2 / (2 * (q.n_score + w.n_score)))) AS smd_high
FROM ours, fairness_table(f) t JOIN by_sql q ON q.member IS NOT DISTINCT FROM t.member JOIN by_sql w ON w.member = 'white',
  LATERAL (SELECT (q.k + w.k)::float8 / (q.n + w.n) AS p, (q.mean - w.mean) /
    sqrt(((q.n_score - 1) * q.sd ^ 2 + (w.n_score - 1) * w.sd ^ 2) / (q.n_score + w.n_score - 2)) AS d) s
WHERE NOT is_reference;

-- Any split, any order, any plan: counts exactly, moments to the last digits.
CREATE FUNCTION same(a fairness, b fairness) RETURNS boolean LANGUAGE sql RETURN
  (SELECT count(*) = count(t.n) AND count(*) = count(s.n) AND bool_and(t.n = s.n AND t.n_favourable = s.n_favourable AND t.n_score = s.n_score
    AND digits(t.mean_score, s.mean_score, 1e-15) AND digits(t.stddev_score, s.stddev_score, 1e-15) AND digits(t.smd, s.smd, 1e-13)
    AND t.z IS NOT DISTINCT FROM s.z AND t.conf_low IS NOT DISTINCT FROM s.conf_low)
   FROM fairness_table(a) t FULL JOIN fairness_table(b) s ON coalesce(t.member, '-') = coalesce(s.member, '-'))
  AND fairness_stats(a) = fairness_stats(b);
SELECT parts, same(rollup(part), (SELECT f FROM ours)) AS same
FROM unnest('{1, 2, 7, 500}'::int[]) parts,
  LATERAL (SELECT fairness_agg(member, approved, score) AS part FROM (SELECT *, row_number() OVER () % parts AS g FROM book) b
    GROUP BY g) p GROUP BY parts ORDER BY parts;
SELECT same(a, f) AS by_score, same(b, f) AS by_member
FROM ours, (SELECT fairness_agg(member, approved, score ORDER BY score) AS a, fairness_agg(member, approved, score
  ORDER BY member DESC, score DESC) AS b FROM book) s;

ALTER TABLE book SET (parallel_workers = 2);
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
SELECT uses_parallel('SELECT credit_limit.fairness_agg(member, approved, score) FROM book') AS numeric,
  uses_parallel('SELECT credit_limit.fairness_agg(member, approved, score::float8) FROM book') AS float8,
  uses_parallel('SELECT credit_limit.fairness_agg(member, approved) FROM book') AS decisions;
SELECT same(fairness_agg(member, approved, score), (SELECT f FROM ours)) AS same FROM book;
SELECT fairness_agg(member, approved, score) IS NULL AS nothing FROM book WHERE score < 0;
SELECT (fairness_stats(fairness_agg(member, NULLIF(approved, approved), score))).* FROM book;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;

-- As a window aggregate: the final function leaves the state alone.
SELECT array_agg(n ORDER BY n) FROM (SELECT (fairness_stats(fairness_agg('a', true, g) OVER (ORDER BY g))).n FROM generate_series(1, 5) g) s;

-- Text and binary forms round trip, whatever the names are.
INSERT INTO ours SELECT fairness_agg(m, g % 2 = 0, g / 3.0)
FROM unnest(ARRAY['', ' ', '"', '\', E'a\nb', 'null', 'ä', '日本', NULL]) m, generate_series(1, 5) g;
INSERT INTO ours VALUES ('{"version": 1, "n_skipped": 3, "groups": []}');
CREATE TABLE copied (f fairness);
DO $$ BEGIN
  EXECUTE format('COPY ours TO %L (FORMAT binary)', data_file('fairness'));
  EXECUTE format('COPY copied FROM %L (FORMAT binary)', data_file('fairness'));
END $$;
SELECT (SELECT count(*) FROM copied) AS copied, bool_and(f::text::fairness::text = f::text) AS text,
  bool_and(f::text IN (SELECT c.f::text FROM copied c)) AS "binary",
    bool_and(credit_limit_internal.fairness_send(f::text::fairness) = credit_limit_internal.fairness_send(f)) AS bytes FROM ours;

-- What people might write.
SELECT '{}'::fairness;
SELECT 'nonsense'::fairness;
SELECT '{"version": 2, "n_skipped": 0, "groups": []}'::fairness;
SELECT '{"version": 1, "n_skipped": 0, "groups": [], "rows": 3}'::fairness;
SELECT '{"version": 1, "n_skipped": 0, "groups": [{"member": "a", "n": 1, "n_favourable": 2, "n_score": 0}]}'::fairness;
SELECT '{"version": 1, "n_skipped": 0, "groups": [{"member": "a", "n": 0, "n_favourable": 0, "n_score": 0}]}'::fairness;
SELECT '{"version": 1, "n_skipped": 0, "groups": [{"member": "a", "n": 1, "n_favourable": 1, "n_score": 2, "sum": [1, 0], '
  '"squares": [1, 0], "lowest": 0, "highest": 1}]}'::fairness;
SELECT '{"version": 1, "n_skipped": 0, "groups": [{"member": "a", "n": 2, "n_favourable": 1, "n_score": 2}]}'::fairness;
SELECT '{"version": 1, "n_skipped": 0, "groups": [{"member": "a", "n": 2, "n_favourable": 1, "n_score": 2, "sum": [4], "squares": [8, 0]}]}'::fairness;
SELECT '{"version": 1, "n_skipped": 0, "groups": [{"member": "a", "n": 2, "n_favourable": 1, "n_score": 2, "sum": [4, 3], '
  '"squares": [8, 0], "lowest": 2, "highest": 2}]}'::fairness;
SELECT '{"version": 1, "n_skipped": 0, "groups": [{"member": "a", "n": 2, "n_favourable": 1, "n_score": 2, "sum": [4, 0], '
  '"squares": [7, 0], "lowest": 1, "highest": 3}]}'::fairness;
SELECT '{"version": 1, "n_skipped": 0, "groups": [{"member": "a", "n": 2, "n_favourable": 1, "n_score": 2, "sum": [4e150, 0], '
  '"squares": [1e290, 0], "lowest": 1, "highest": 3}]}'::fairness;
SELECT '{"version": 1, "n_skipped": 0, "groups": [{"member": "a", "n": 2, "n_favourable": 1, "n_score": 2, "sum": [4, 0], '
  '"squares": [10, 0], "lowest": 2.5, "highest": 3}]}'::fairness;
SELECT '{"version": 1, "n_skipped": 0, "groups": [{"member": "a", "n": 2, "n_favourable": 1, "n_score": 2, "sum": [4, 0], '
  '"squares": [10, 0], "lowest": 1, "highest": 1.5}]}'::fairness;
SELECT '{"version": 1, "n_skipped": 0, "groups": [{"member": "a", "n": 1, "n_favourable": 1, "n_score": 0}, {"member": "a", "n": 1, '
  '"n_favourable": 1, "n_score": 0}]}'::fairness;
SELECT '{"version": 1, "n_skipped": 0, "groups": [{"member": null, "n": 1, "n_favourable": 1, "n_score": 0}, '
  '{"n": 1, "n_favourable": 1, "n_score": 0}]}'::fairness;
SELECT '{"version": 1, "n_skipped": 0, "groups": [{"member": 5, "n": 1, "n_favourable": 1, "n_score": 0}]}'::fairness;
SELECT '{"version": 1, "n_skipped": -1, "groups": []}'::fairness;
SELECT '{"version": 1, "n_skipped": 0, "groups": [{"member": "b", "n": 4, "n_favourable": 1, "n_score": 2, "sum": [4, 0], '
  '"squares": [8, 0], "lowest": 2, "highest": 2}, {"member": "a", "n": 2, "n_favourable": 1, "n_score": 0}]}'::fairness;
SELECT rollup(f) FROM (SELECT '{"version": 1, "n_skipped": 0, "groups": [{"member": "a", "n": 1125899906842624, "n_favourable": 1, '
  '"n_score": 0}]}'::fairness AS f FROM generate_series(1, 2)) s;
SELECT '{"version": 1, "n_skipped": 0, "groups": [{"member": "a", "n": 1125899906842625, "n_favourable": 1, "n_score": 0}]}'::fairness;
SELECT n_skipped FROM fairness_stats((SELECT rollup(f)
  FROM (SELECT '{"version": 1, "n_skipped": 9223372036854775807, "groups": []}'::fairness AS f FROM generate_series(1, 2)) s));

-- Bytes of strangers: every byte of a value changed, and every length cut, is an error or a value that still answers.
CREATE TABLE attacked (f fairness);
CREATE FUNCTION use_value() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM fairness_stats(f), f::text::fairness FROM (VALUES (NEW.f)) v (f);
  PERFORM t.* FROM (VALUES (NEW.f)) v (f), fairness_table(f) t;
  PERFORM rollup(f) FROM (VALUES (NEW.f), (NEW.f)) s (f);
  RETURN NULL;
END $$;
CREATE TRIGGER use_value BEFORE INSERT ON attacked FOR EACH ROW EXECUTE FUNCTION use_value();
CREATE TABLE victim AS SELECT credit_limit_internal.fairness_send(fairness_agg(m, g % 2 = 0, g / 3.0)) AS bytes
  FROM unnest(ARRAY['a', 'ä', '', NULL]) m, generate_series(1, 5) g;
SELECT attack(bytes) FROM victim;
SELECT attack(bytes || '\x00') FROM victim;

-- What is stored can be read again, though squares of the smallest scores are no doubles; confidence must be given.
SELECT x, fairness_agg('a', true, x)::text::fairness::text = fairness_agg('a', true, x)::text AS read_again,
  (fairness_table(fairness_agg('a', true, x))).mean_score = x AS mean
FROM unnest('{1e-100, 1e-154, 1e-160, 1e-162, 3e-162, 1e-300, 5e-324, -1e-162}'::float8[]) x, generate_series(1, 1000) GROUP BY x ORDER BY x;
SELECT fairness_agg('a', true, x)::text::fairness::text = fairness_agg('a', true, x)::text AS mixed
  FROM unnest('{1e-162, -2e-163, 3e-165, 0, 1e-155}'::float8[]) x;
SELECT * FROM fairness_table((SELECT fairness_agg('a', true)), NULL, NULL);
-- Sums are stored without the bits that depend on the order of rows: equal bytes, here for a hundred orders. Parts that were
-- stored lost theirs before they were put together, so of those the leading double alone is the same.
SELECT count(*) AS orders, count(DISTINCT bytes) AS stored FROM (
  SELECT credit_limit_internal.fairness_send(fairness_agg('a', true, sqrt(g)::float8 * 31 ORDER BY hashint4(g + 1000 * k))) AS bytes
  FROM generate_series(1, 500) g, generate_series(1, 100) k GROUP BY k) s;
SELECT count(DISTINCT (j #>> '{groups, 0, sum, 0}', j #>> '{groups, 0, squares, 0}')) AS leading FROM (
  SELECT rollup(part)::text::jsonb AS j FROM (
    SELECT k, fairness_agg('a', true, sqrt(g)::float8 * 31) AS part
    FROM generate_series(1, 500) g, generate_series(1, 100) k GROUP BY k, g * k % 7 % (1 + k % 4)) s GROUP BY k) s;

CALL remove_data_files();

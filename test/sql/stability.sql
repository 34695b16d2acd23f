-- stability: PSI and its relatives, the summary type, score shift, event rates, bands.
\i test/helpers.sql

-- 1. Published numbers. One pair of distributions, and what the field's tools say of it; recomputed in R 4.2 as
-- sum((q - p) * log(q / p)) after the treatment that each convention stands for.
SELECT convention, round(p.psi::numeric, 10) AS psi, near(p.psi, published, 1e-8) AS same, p.n_empty, p.n, p.m, p.empty, p.n_bands, p.status
FROM (VALUES ('drop', 0.06558528), ('one', 0.63274547), ('count=0.99', 0.63497374), ('count=0.9', 0.65604788), ('half', 0.78383998),
    ('laplace', 0.79550024), ('laplace_always', 0.79550024), ('floor', 1.58500568), ('epsilon', 1.58584817),
      ('floor=1e-6', 2.50678760)) v (convention, published),
  psi(ARRAY[50, 30, 20], ARRAY[55, 45, 0], convention) p;
SELECT psi, n_empty, critical_value_95 > 0 AS critical, p_value, status FROM psi(ARRAY[50, 30, 20], ARRAY[55, 45, 0], 'infinity');
SELECT psi(ARRAY[50, 30, 20], ARRAY[55, 45, 0], 'error');
-- 1 row spread as both samples together: (20 + 1 * 20/200)/101 against (0 + 1 * 20/200)/101, and so on.
SELECT near(p.psi, (SELECT sum((a - e) * ln(a / e)) FROM (VALUES ((50 + 0.525) / 101, (55 + 0.525) / 101), ((30 + 0.375) / 101, (45 + 0.375) / 101),
  ((20 + 0.1) / 101, 0.1 / 101)) v (e, a))::float8, 1e-14) AS prior FROM psi(ARRAY[50, 30, 20], ARRAY[55, 45, 0], 'prior') p;
-- optbinning's tutorial on monitoring: PSI 0.004776, without smoothing; critical values from R's qchisq and qnorm (Yurdakul 2018).
SELECT round(psi::numeric, 10) AS psi, n_empty, n, m, round(critical_value_95::numeric, 10) AS critical, empty, n_bands,
  round(p_value::numeric, 9) AS p_value, status, n_skipped
FROM psi(ARRAY[565, 803, 807, 729, 1015, 565, 417, 752, 823, 845], ARRAY[236, 334, 331, 310, 416, 269, 185, 298, 407, 352]);
SELECT round(psi_critical_value(7321, 3138, 10)::numeric, 10) AS chi2, round(psi_critical_value(7321, 3138, 10, method => 'normal')::numeric, 10) AS normal,
  psi_critical_value(7321, 3138, 10, 0.99) > psi_critical_value(7321, 3138, 10) AS surer, psi_critical_value(NULL, 1, 10) IS NULL AS unknown;
-- With no empty band, laplace adds nothing; laplace_always and epsilon always add. R: 0.00476940071604 and 0.00477124047274.
SELECT convention, round(p.psi::numeric, 14) AS psi
FROM unnest('{laplace,prior,half,floor,drop,infinity,error,laplace_always,epsilon}'::text[]) convention,
  psi(ARRAY[565, 803, 807, 729, 1015, 565, 417, 752, 823, 845], ARRAY[236, 334, 331, 310, 416, 269, 185, 298, 407, 352], convention) p;
-- optbinning's README, mean radius: the information value of a variable is the PSI of its events against its non-events.
SELECT round(psi::numeric, 8) AS psi FROM psi(ARRAY[3, 3, 7, 10, 28, 44, 117], ARRAY[115, 76, 61, 39, 55, 10, 1]);
SELECT round(jensen_shannon::numeric, 8) AS js, round(hellinger::numeric, 8) AS hellinger, round(triangular::numeric, 8) AS triangular,
  round(ks::numeric, 8) AS ks, near(kl_actual + kl_expected, 5.04392547, 1e-9) AS both_ways
FROM stability_divergence(ARRAY[3, 3, 7, 10, 28, 44, 117], ARRAY[115, 76, 61, 39, 55, 10, 1]);
-- With an empty band only Kullback-Leibler needs a convention: sum p ln(p/q) of the same shares as above.
SELECT round(kl_actual::numeric, 12) AS kl_actual, kl_expected, round(jensen_shannon::numeric, 12) AS js, round(hellinger::numeric, 12) AS hellinger,
  round(triangular::numeric, 12) AS triangular, round(ks::numeric, 12) AS ks
FROM stability_divergence(ARRAY[50, 30, 20], ARRAY[55, 45, 0], 'infinity');
SELECT near(kl_actual + kl_expected, 0.79550024, 1e-8) AS adds_up FROM stability_divergence(ARRAY[50, 30, 20], ARRAY[55, 45, 0]);
SELECT * FROM stability_divergence(ARRAY[1, 2], ARRAY[0, 0]);

-- 2. Shares: no counts, no chance.
SELECT round(psi::numeric, 10) AS psi, n_empty, n, m, critical_value_95, empty, n_bands, p_value, status
FROM psi(ARRAY[0.5, 0.3, 0.2], ARRAY[0.55, 0.35, 0.10], shares => true);
SELECT near(s.psi, c.psi, 1e-14) AS as_counts FROM psi(ARRAY[0.33, 0.33, 0.33], ARRAY[0.25, 0.25, 0.5], shares => true) s,
  psi(ARRAY[1, 1, 1], ARRAY[1, 1, 2]) c;
SELECT convention, round(p.psi::numeric, 8) AS psi FROM unnest('{floor,epsilon,drop}'::text[]) convention,
  psi(ARRAY[0.5, 0.3, 0.2], ARRAY[0.55, 0.45, 0], convention, true) p;
SELECT psi(ARRAY[0.5, 0.3, 0.2], ARRAY[0.55, 0.45, 0], shares => true);
SELECT psi(ARRAY[0.5, 0.5], ARRAY[0.6, 0.4], 'laplace_always', true);
SELECT psi(ARRAY[50, 30, 20], ARRAY[55, 45, 0], shares => true);
SELECT psi(ARRAY[0.5, 0.5], ARRAY[0.5, 0.6], shares => true);

-- 3. What people might write, and what there is nothing to say of.
SELECT psi('{}'::float8[], '{}') IS NULL AS no_bands, psi(NULL::float8[], '{1}') IS NULL AS no_array, psi(ARRAY[1], ARRAY[1], NULL) IS NULL AS no_convention;
SELECT * FROM psi(ARRAY[1, 2], ARRAY[0, 0]);
SELECT psi, n_empty, critical_value_95, n_bands, p_value, status FROM psi(ARRAY[5], ARRAY[9]);
SELECT psi, n_empty, n_bands FROM psi(ARRAY[5, 0, 5], ARRAY[1, 0, 1], 'laplace_always');
SELECT psi(ARRAY[1, 2], ARRAY[1]);
SELECT psi(ARRAY[1, NULL], ARRAY[1, 2]);
SELECT psi(ARRAY[1, 2], ARRAY[1, -2]);
SELECT psi(ARRAY[1, 'NaN'::float8], ARRAY[1, 2]);
SELECT psi(ARRAY[1, 'Infinity'::float8], ARRAY[1, 2]);
SELECT psi(ARRAY[[1, 2], [3, 4]], ARRAY[1, 2]);
SELECT psi(ARRAY[1, 2], ARRAY[1, 2], 'Laplace');
SELECT psi(ARRAY[1, 2], ARRAY[1, 2], 'floor=2');
SELECT psi(ARRAY[1, 2], ARRAY[1, 2], 'count');
SELECT psi_critical_value(0, 5, 10);
SELECT psi_critical_value(5, 'Infinity', 10);
SELECT psi_critical_value(5, 5, 1);
SELECT psi_critical_value(5, 5, 3, 1);
SELECT psi_critical_value(5, 5, 3, 0.95, 'exact');
-- What the field calls it.
SELECT round((p).psi::numeric, 6) AS psi, (p).status FROM (SELECT psi(ARRAY[1e6, 1e6], ARRAY[1e6 + d, 1e6 - d]) AS p
  FROM unnest('{0, 3e5, 4e5, 5e5}'::float8[]) d) s;

-- 4. Rows. The first table again; a NULL bin is the bin missing, a row of neither sample is left out and counted.
CREATE TABLE st_row (bin text, is_actual boolean);
INSERT INTO st_row SELECT 'low', false FROM generate_series(1, 50) UNION ALL SELECT 'middle', false FROM generate_series(1, 30)
  UNION ALL SELECT NULL, false FROM generate_series(1, 20) UNION ALL SELECT 'low', true FROM generate_series(1, 55)
  UNION ALL SELECT 'middle', true FROM generate_series(1, 45) UNION ALL SELECT 'low', NULL FROM generate_series(1, 7);
SELECT round((psi(bin, is_actual)).psi::numeric, 8) AS psi, (psi(bin, is_actual)).n_empty, (psi(bin, is_actual)).n, (psi(bin, is_actual)).m,
  (psi(bin, is_actual)).n_skipped FROM st_row;
SELECT stability_agg(bin, is_actual) FROM st_row;
SELECT stability_agg(bin, is_actual)::text = stability_agg(coalesce(bin, 'missing'), is_actual)::text AS missing_is_one FROM st_row;
SELECT bin, n_expected, n_actual, expected_share, actual_share, round(psi::numeric, 10) AS psi, is_empty
FROM psi_table((SELECT stability_agg(bin, is_actual) FROM st_row));
SELECT convention, round(sum(t.psi)::numeric, 8) AS psi, min(t.psi) < 0 AS negative
FROM (SELECT stability_agg(bin, is_actual) AS s FROM st_row) q, unnest('{drop,one,half,laplace,floor,epsilon,prior}'::text[]) convention,
  psi_table(s, convention) t GROUP BY convention ORDER BY convention;
SELECT psi(stability_agg(bin, is_actual), 'error') FROM st_row;
SELECT * FROM psi_table((SELECT stability_agg(bin, is_actual) FROM st_row), 'error');
SELECT stability_divergence(stability_agg(bin, is_actual), 'error') FROM st_row;
SELECT near(d.kl_actual + d.kl_expected, (psi(s)).psi, 1e-14) AS adds_up, d.ks FROM (SELECT stability_agg(bin, is_actual) AS s
  FROM st_row) q, stability_divergence(s) d;
-- The four ways to see no row, and one sample without the other.
SELECT stability_agg(bin, is_actual) IS NULL AS no_rows, psi(bin, is_actual) IS NULL AS no_psi FROM st_row WHERE false;
SELECT stability_agg(bin, NULL) IS NULL AS all_null, psi(bin, NULL::boolean) IS NULL AS psi_null, rollup(NULL::stability) IS NULL AS rollup_null FROM st_row;
SELECT psi(NULL::stability) IS NULL AS psi_null, (SELECT count(*) FROM psi_table(NULL)) AS table_null, stability_compare(NULL, NULL) IS NULL AS compare_null;
SELECT (psi(bin, is_actual)).* FROM st_row WHERE is_actual;
SELECT * FROM psi_table((SELECT stability_agg(bin, is_actual) FROM st_row WHERE is_actual));
-- Order of bins: numbers by size, missing last.
SELECT array_agg(bin) FROM psi_table((SELECT stability_agg(b, true) FROM unnest('{10,9,NULL,"[100, 200)","[20, 100)",b10,b9,"",zz,1}'::text[]) b));

-- 5. A book of 20,000 rows against plain SQL.
CREATE TABLE st_book (segment text, bin text, is_actual boolean, weight numeric(6,2), points numeric(8,2), event boolean);
INSERT INTO st_book SELECT (ARRAY['card', 'line'])[1 + g % 2], CASE WHEN r < 0.02 THEN NULL ELSE 'band ' || floor(r * (CASE WHEN a THEN 11 ELSE 12 END)) END, a,
  g % 301 / 100.0, round(100 * r, 2), g * 7919 % 1009 < 500 * r
FROM (SELECT g, g * 48271::bigint % 10007 / 10007.0 AS r, g * 6151 % 1000 < 400 AS a FROM generate_series(1, 20000) g) s;
CREATE TABLE st_ours AS SELECT segment, stability_agg(bin, is_actual) AS s FROM st_book GROUP BY segment;
CREATE VIEW st_by_sql AS
SELECT segment, bin, e, a, e::float8 / sum(e) OVER w AS es, a::float8 / sum(a) OVER w AS "as"
FROM (SELECT segment, coalesce(bin, 'missing') AS bin, count(*) FILTER (WHERE NOT is_actual) AS e, count(*) FILTER (WHERE is_actual) AS a
      FROM st_book GROUP BY 1, 2) c WINDOW w AS (PARTITION BY segment);
SELECT o.segment, count(*) AS bins, bool_and(t.n_expected = q.e AND t.n_actual = q.a) AS counts, bool_and(t.expected_share = q.es
  AND t.actual_share = q."as") AS shares,
  near(sum(t.psi), sum(CASE WHEN q.e > 0 AND q.a > 0 THEN (q."as" - q.es) * ln(q."as" / q.es) END), 1e-14) AS drop_psi,
  sum(is_empty::int) AS n_empty
FROM st_ours o, psi_table(s, 'drop') t JOIN st_by_sql q USING (bin) WHERE q.segment = o.segment GROUP BY o.segment ORDER BY o.segment;
-- laplace by hand: 0.5 on every count, half the number of bins on every total.
SELECT segment, near((psi(s)).psi, l.psi, 1e-13) AS laplace
FROM st_ours JOIN (SELECT segment,
  sum(((a + 0.5) / (ta + k / 2.0) - (e + 0.5) / (te + k / 2.0)) * ln((a + 0.5) / (ta + k / 2.0) / ((e + 0.5) / (te + k / 2.0)))) AS psi
  FROM (SELECT segment, e, a, sum(e) OVER w AS te, sum(a) OVER w AS ta, count(*) OVER w AS k FROM st_by_sql WINDOW w
    AS (PARTITION BY segment)) x GROUP BY segment) l
  USING (segment) ORDER BY segment;

-- Any split, any order, any plan: to the last byte.
SELECT segment, r::text = s::text AS same
FROM (SELECT segment, rollup(part) AS r FROM (SELECT segment, g, stability_agg(bin, is_actual) AS part
      FROM (SELECT *, (row_number() OVER ()) % 7 AS g FROM st_book) a GROUP BY segment, g) p GROUP BY segment) q JOIN st_ours USING (segment) ORDER BY segment;
SELECT segment, r::text = s::text AS same FROM (SELECT segment, stability_agg(bin, is_actual ORDER BY bin DESC, points) AS r FROM st_book GROUP BY segment) q
  JOIN st_ours USING (segment) ORDER BY segment;
CREATE TABLE st_serial AS SELECT segment, psi(bin, is_actual) AS p, stability_agg(bin, is_actual, weight) AS w, score_shift(points, is_actual) AS shift,
  event_rate_test(event, is_actual) AS e, quantile_bands(points, 10) AS q FROM st_book GROUP BY segment;
ALTER TABLE st_book SET (parallel_workers = 2);
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
SELECT bool_and(uses_parallel('SELECT ' || f || ' FROM st_book')) AS parallel
FROM unnest('{"stability_agg(bin, is_actual)","stability_agg(bin, is_actual, weight)","psi(bin, is_actual)","psi(bin, is_actual, '
  'weight::float8)","score_shift(points, is_actual)","score_shift(points::float8, is_actual)","event_rate_test(event, '
  'is_actual)","quantile_bands(points, 10)","quantile_bands(points::float8, 10)"}'::text[]) f;
SELECT segment, stability_agg(bin, is_actual)::text = o.s::text AS counts, psi(bin, is_actual) = p AS psi,
  near((psi(stability_agg(bin, is_actual, weight))).psi, (psi(w)).psi, 1e-12) AS weighted, near(score_shift(points, is_actual), shift, 1e-13) AS shift,
  event_rate_test(event, is_actual) = e AS events, quantile_bands(points, 10) = q AS bands
FROM st_book b JOIN st_ours o USING (segment) JOIN st_serial USING (segment) GROUP BY segment, o.s::text, p, (psi(w)).psi, shift, e, q ORDER BY segment;
-- Workers that see nothing, workers that see only NULL, and workers that see one bin each.
SELECT stability_agg(bin, is_actual) IS NULL AS nothing FROM st_book WHERE points < 0;
SELECT stability_agg(bin, NULLIF(is_actual, is_actual)) IS NULL AS only_null, score_shift(NULLIF(points, points), is_actual) IS NULL AS no_shift,
  event_rate_test(NULLIF(event, event), is_actual) IS NULL AS no_events, quantile_bands(NULLIF(points, points), 5) IS NULL AS no_bands FROM st_book;
SELECT (psi(bin, CASE WHEN bin = 'band 3' THEN is_actual END)).n_bands, (psi(bin, CASE WHEN bin = 'band 3' THEN is_actual END)).n_skipped
  = count(*) FILTER (WHERE bin IS DISTINCT FROM 'band 3') AS skipped FROM st_book;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;
-- As window aggregates: the final functions leave the state alone.
SELECT array_agg((p).n + (p).m ORDER BY (p).n + (p).m) AS rows, array_agg(shift) AS shift, array_agg(array_length(q, 1)) AS bands
FROM (SELECT psi(g::text, g % 2 = 0) OVER w AS p, score_shift(g, g % 2 = 0) OVER w AS shift, quantile_bands(g, 3) OVER w AS q
  FROM generate_series(1, 6) g WINDOW w AS (ORDER BY g)) s;

-- 6. Properties of a divergence. Symmetric to the last bit; zero for equal shares and only for them; merging bins never raises it.
SELECT bool_and((psi(stability_compare(a.s, b.s), c)).psi = (psi(stability_compare(b.s, a.s), c)).psi) AS symmetric,
  bool_and((psi(stability_compare(a.s, b.s), c)).psi > 0) AS positive, bool_and((psi(stability_compare(a.s, a.s), c)).psi = 0) AS zero
FROM st_ours a, st_ours b, unnest('{laplace,laplace_always,prior,one,half,floor,epsilon,drop}'::text[]) c WHERE a.segment = 'card' AND b.segment = 'line';
-- (Merging an empty bin away also takes away what its convention did, so that this holds among bins that both samples use.)
SELECT bool_and((psi(coarse, c)).psi <= (psi(fine, c)).psi) AS merging_never_raises, bool_and((psi(coarse, c)).n_bands < (psi(fine, c)).n_bands) AS merged
FROM (SELECT segment, stability_agg(bin, is_actual) AS fine, stability_agg(CASE WHEN bin < 'band 3' THEN 'x' WHEN bin < 'band 6'
  THEN 'y' ELSE bin END, is_actual) AS coarse
      FROM st_book WHERE bin <> 'band 11' GROUP BY segment) s, unnest('{laplace,laplace_always,prior,drop,infinity}'::text[]) c;
-- Chance: both samples from one population. PSI exceeds its critical value in about 5 % of cases; 600 seeded draws.
SELECT setseed(0.95);
SELECT count(*) AS draws, avg(((p).psi > (p).critical_value_95)::int) BETWEEN 0.03 AND 0.07 AS about_5_percent,
  avg((p).p_value) BETWEEN 0.45 AND 0.55 AS uniform
FROM (SELECT psi((floor(random() * 8))::text, g % 3 = 0) AS p FROM generate_series(1, 600) draw, generate_series(1, 600) g GROUP BY draw) s;

-- 7. Weights: a weight of 3 is three rows; 0 is none; NULL and NaN are left out.
SELECT psi(bin, a, w) = psi(bin, a, w::numeric) AS numeric, (psi(bin, a, w)).n, (psi(bin, a, w)).m, (psi(bin, a, w)).n_skipped, (psi(bin, a, w)).n_bands,
  near((psi(bin, a, w)).psi, (SELECT (psi(v.bin, v.a)).psi FROM (VALUES ('a', false), ('a', false), ('a', false), ('b', false),
    ('a', true), ('b', true), ('b', true)) v (bin, a)), 1e-15) AS as_rows
FROM (VALUES ('a', false, 3.0::float8), ('b', false, 1), ('a', true, 0.5), ('a', true, 0.5), ('b', true, 2), ('c', true, 0), ('d', true, NULL), ('d', NULL, 1),
  ('d', true, 'NaN')) v (bin, a, w);
SELECT segment, near((psi(w)).n + (psi(w)).m, (SELECT sum(weight) FROM st_book b WHERE b.segment = x.segment)::float8,
  1e-14) AS total FROM st_serial x ORDER BY segment;
SELECT stability_agg('a', true, 0) IS NULL AS nothing, stability_agg('a', true, NULL::float8) IS NULL AS unknown;
-- An empty text is a name like any other.
SELECT stability_agg('', true)::text::stability;
SELECT stability_agg('a', true, -1::float8);
SELECT stability_agg('a', true, -0.5);
SELECT psi('a', true, 'Infinity'::float8);
SELECT stability_agg('a', true, 1e101);

-- 8. Stored counts: each month against the development sample and against the month before.
CREATE TABLE st_monthly AS SELECT m, stability_agg(bin, true) AS s FROM (SELECT *, 1 + (weight * 100)::int % 4 AS m FROM st_book) b GROUP BY m;
SELECT m, round((psi(stability_compare(development.s, monthly.s))).psi::numeric, 6) AS psi,
  round((psi(stability_compare(lag(monthly.s) OVER (ORDER BY m), monthly.s))).psi::numeric, 6) AS change
FROM st_monthly monthly, (SELECT rollup(s) AS s FROM st_ours) development ORDER BY m;
SELECT stability_compare(s, s) FROM (SELECT stability(ARRAY['a', NULL, 'b', 'a', 'empty'], ARRAY[1, 2, 3, 4, 0], ARRAY[0, 5, 0.5, 0, 0]) AS s) q;
SELECT (psi(stability(ARRAY['1', '2', '3'], ARRAY[50, 30, 20], ARRAY[55, 45, 0]))).psi = (psi(ARRAY[50, 30, 20], ARRAY[55, 45, 0])).psi AS same,
  stability('{a}', '{0}', '{0}') IS NULL AS nothing, stability('{}', '{}', '{}') IS NULL AS no_bins;
SELECT stability(ARRAY['a'], ARRAY[1, 2], ARRAY[3, 4]);
SELECT stability(ARRAY['a'], ARRAY[-1], ARRAY[3]);

-- 9. Score shift: mean points actual less mean points expected, which is sum((A% - E%) * points) over bins.
SELECT score_shift(p, a) AS shift, score_shift(p::float8, a) AS float8, score_shift(p, NOT a) AS back, score_shift(nullif(p, 'NaN')::int, a) AS of_integers
FROM (VALUES (10.5, false), (20.5, false), (30.25, true), (NULL, true), (7, NULL), ('NaN', true)) v (p, a);
SELECT score_shift(p, true) IS NULL AS one_sample, score_shift(NULL::numeric, true) IS NULL AS all_null FROM unnest('{1, 2}'::numeric[]) p;
SELECT score_shift(p, true) IS NULL AS no_rows FROM unnest('{}'::numeric[]) p;
SELECT score_shift('Infinity'::float8, true);
SELECT score_shift(1e101::numeric, true);
-- Compensated: in 1e16 + 1 - 1e16 the 1 survives.
SELECT score_shift(p, a) FROM (VALUES (1e16::float8, true), (1, true), (-1e16, true), (0, false)) v (p, a);
SELECT segment, near(shift, (SELECT avg(points) FILTER (WHERE is_actual) - avg(points) FILTER (WHERE NOT is_actual) FROM st_book b
  WHERE b.segment = x.segment)::float8, 1e-13) AS by_sql
FROM st_serial x ORDER BY segment;

-- 10. Event rates by bin. optbinning's tutorial, first bin: 518 of 565 and 216 of 236; R's chisq.test(correct = FALSE).
SELECT n_expected, events_expected, n_actual, events_actual, round(event_rate_expected::numeric, 6) AS expected, round(event_rate_actual::numeric, 6) AS actual,
  round(chi2::numeric, 6) AS chi2, round(p_value::numeric, 6) AS p_value FROM event_rate_test(565, 518, 236, 216);
SELECT event_rate_test(e, a) = event_rate_test(565, 518, 236, 216) AS same
FROM (SELECT g <= 518 AS e, false AS a FROM generate_series(1, 565) g UNION ALL SELECT g <= 216, true FROM generate_series(1, 236) g) s;
SELECT n_expected, events_expected, n_actual, events_actual, event_rate_expected, event_rate_actual, round(chi2::numeric, 12) AS chi2,
  round(p_value::numeric, 12) AS p_value, n_skipped
FROM (SELECT (event_rate_test(e, a)).* FROM (VALUES (true, true), (false, true), (NULL, true), (true, NULL), (false, false)) v (e, a)) t;
SELECT chi2, p_value FROM event_rate_test(10, 0, 20, 0) UNION ALL SELECT chi2, p_value FROM event_rate_test(10, 10, 20, 20);
SELECT * FROM event_rate_test(0, 0, 5, 1);
SELECT event_rate_test(NULL::boolean, true) IS NULL AS all_null, event_rate_test(NULL, 1, 1, 1) IS NULL AS unknown;
SELECT event_rate_test(true, true) IS NULL AS no_rows WHERE false;
SELECT event_rate_test(5, 6, 5, 1);
SELECT event_rate_test(5, 1, 5, -1);
-- The square of the z-test of two proportions, bin by bin.
SELECT count(*) AS bins, bool_and(near((t).chi2, z * z, 1e-12)) AS by_sql
FROM (SELECT bin, event_rate_test(event, is_actual) AS t, (avg(event::int) FILTER (WHERE is_actual) - avg(event::int) FILTER (WHERE NOT is_actual))::float8
  / sqrt(avg(event::int)::float8 * (1 - avg(event::int)::float8) * (1.0 / count(*) FILTER (WHERE is_actual) + 1.0 / count(*) FILTER
    (WHERE NOT is_actual))::float8) AS z
  FROM st_book GROUP BY bin HAVING count(*) FILTER (WHERE is_actual) > 0 AND count(*) FILTER (WHERE NOT is_actual) > 0 AND count(*) FILTER (WHERE event) > 0) s;

-- 11. Bands of about equal size, ties never split.
SELECT quantile_bands(x, 4) FROM generate_series(1, 100) x;
SELECT quantile_bands(x % 3, 10) AS three_values, quantile_bands(x / 90, 10) AS two_values FROM generate_series(0, 99) x;
SELECT quantile_bands(7, 10) AS one_value, quantile_bands(NULL::float8, 10) IS NULL AS all_null FROM generate_series(1, 5);
SELECT quantile_bands(x, 4) AS extremes FROM unnest('{-Infinity, 0, 0, 1, Infinity, NaN, NULL}'::float8[]) x;
SELECT quantile_bands(x, 2) AS zeros FROM unnest('{-0, 0, 0, 1}'::float8[]) x;
SELECT quantile_bands(x, 10) IS NULL AS no_rows FROM unnest('{}'::numeric[]) x;
SELECT width_bucket(points, q) AS band, count(*), min(points), max(points)
FROM st_book b JOIN (SELECT segment, q::numeric[] FROM st_serial) s USING (segment) WHERE segment = 'card' GROUP BY 1 ORDER BY 1;
-- The definition in SQL: for each k the distinct score with the number of rows below it nearest to k/10, the lower of two.
SELECT s.q = array_agg(DISTINCT t.x ORDER BY t.x) AS by_definition
FROM (SELECT quantile_bands(x, 10) AS q FROM (SELECT round(points / 7) AS x FROM st_book) b) s,
  generate_series(1, 9) k, LATERAL (SELECT x::float8 FROM (SELECT x, sum(count(*)) OVER (ORDER BY x) - count(*) AS below, sum(count(*)) OVER () AS n
    FROM (SELECT round(points / 7) AS x FROM st_book) b GROUP BY x) d WHERE below > 0 ORDER BY abs(below * 10 - k * n), x LIMIT 1) t GROUP BY s.q;
SELECT quantile_bands(1, 0);
SELECT quantile_bands(1::float8, -5);
SELECT quantile_bands(NULL::float8, 0) IS NULL AS no_score;
SELECT quantile_bands(1, 1);
SELECT quantile_bands(1, 1001);
SELECT quantile_bands(1, NULL);
SELECT quantile_bands(1, g) FROM generate_series(2, 3) g;

-- 12. Limits.
SELECT stability_agg(g::text, true) FROM generate_series(0, 100000) g;
SELECT stability_agg(repeat('ä', 501), true);
SELECT stability_agg('a', true, 1e100) IS NOT NULL AS heavy;
SELECT rollup(s) FROM (SELECT '{"version": 1, "n_skipped": 0, "bins": [["a", 1e200, 0]]}'::stability AS s FROM generate_series(1, 2)) q;
SELECT rollup(s) FROM (SELECT '{"version": 1, "n_skipped": 9223372036854775807, "bins": [["a", 1, 0]]}'::stability AS s FROM generate_series(1, 2)) q;
-- 3,000 bins: the hash grows, and is no smaller for it.
SELECT (psi(s)).n_bands, (psi(s)).n + (psi(s)).m AS rows FROM (SELECT stability_agg((g % 3000)::text, g % 2 = 0) AS s FROM generate_series(1, 12000) g) q;

-- 13. Text and binary forms round trip.
CREATE TABLE st_copied (segment text, s stability);
DO $$ BEGIN
  EXECUTE format('COPY (SELECT segment, s FROM st_ours UNION ALL SELECT segment, w FROM st_serial) TO %L (FORMAT binary)', data_file('test'));
  EXECUTE format('COPY st_copied FROM %L (FORMAT binary)', data_file('test'));
END $$;
SELECT count(*), bool_and(c.s::text = o.s::text AND o.s::text::stability::text = o.s::text) AS same
FROM (SELECT segment, s FROM st_ours UNION ALL SELECT segment, w FROM st_serial) o JOIN st_copied c ON c.segment = o.segment AND c.s::text = o.s::text;
SELECT stability_agg(b, true) FROM unnest(ARRAY['quote " and \', E'line\nbreak', 'ümlaut', '']) b;

-- What people might write.
SELECT '{}'::stability;
SELECT 'nonsense'::stability;
SELECT '{"version": 2, "n_skipped": 0, "bins": []}'::stability;
SELECT '{"version": 1, "n_skipped": -1, "bins": []}'::stability;
SELECT '{"version": 1, "n_skipped": 0, "bins": [["a", 1, 2], ["a", 1, 2]]}'::stability;
SELECT '{"version": 1, "n_skipped": 0, "bins": [["a", 0, 0]]}'::stability;
SELECT '{"version": 1, "n_skipped": 0, "bins": [["a", -1, 0]]}'::stability;
SELECT '{"version": 1, "n_skipped": 0, "bins": [["a", 1]]}'::stability;
SELECT '{"version": 1, "n_skipped": 0, "bins": [[1, 1, 1]]}'::stability;
SELECT '{"version": 1, "n_skipped": 0, "bins": [], "rows": 3}'::stability;
-- An empty one says nothing, and does no harm.
SELECT (psi(s)).*, (SELECT count(*) FROM psi_table(s)) AS rows, rollup(s) OVER () IS NULL AS rolled
  FROM (SELECT '{"version": 1, "n_skipped": 5, "bins": []}'::stability AS s) q;

-- Bytes of strangers: every byte of a value changed, and every length cut, is an error or a value that still answers.
CREATE TABLE attacked (s stability);
CREATE FUNCTION use_value() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM psi(s), psi(s, 'prior'), stability_divergence(s), s::text::stability FROM (VALUES (NEW.s)) v (s);
  PERFORM count(*) FROM (VALUES (NEW.s)) v (s), psi_table(s);
  PERFORM rollup(s) FROM (VALUES (NEW.s), (NEW.s)) q (s);
  RETURN NULL;
END $$;
CREATE TRIGGER use_value BEFORE INSERT ON attacked FOR EACH ROW EXECUTE FUNCTION use_value();
CREATE TABLE st_victim AS SELECT credit_limit_internal.stability_send(stability_agg(b, is_actual)) AS bytes
  FROM (VALUES ('a', true), ('bc', false), (NULL, true), ('ä', true), ('a', NULL)) v (b, is_actual);
SELECT attack(bytes) FROM st_victim;
SELECT attack(bytes || '\x00') FROM st_victim;

-- What is stored can be read again: counts that are too large together are refused, rows left out end at the largest number.
SELECT stability('{a, a}'::text[], '{9e199, 9e199}'::float8[], '{0, 0}'::float8[]);
SELECT stability_compare('{"version": 1, "n_skipped": 0, "bins": [["a", 9e199, 9e199]]}', '{"version": 1, "n_skipped": 0, "bins": [["a", 1, 0]]}');
SELECT rollup(s) FROM (SELECT '{"version": 1, "n_skipped": 0, "bins": [["a", 9e199, 0]]}'::stability AS s FROM generate_series(1, 2)) v;
SELECT stability_compare(s, s), stability_compare(s, s)::text::stability::text = stability_compare(s, s)::text AS read_again
FROM (SELECT '{"version": 1, "n_skipped": 9223372036854775807, "bins": [["a", 1, 0]]}'::stability AS s) v;
SELECT stability_agg('a', true, 1e-101);
SELECT stability_agg('a', true, 1e-400::numeric) IS NULL AS nothing, stability_agg('a', true, 1e-100) AS smallest;
SELECT psi_critical_value(100, 100, 10, 1);

CALL remove_data_files();

-- Of one sample only there is no PSI, and the status says which one is missing.
SELECT p.psi, p.n, p.m, p.status FROM (SELECT psi(i::text, false) AS r FROM generate_series(1, 3) i) q, LATERAL (SELECT (r).*) p
UNION ALL SELECT p.psi, p.n, p.m, p.status FROM (SELECT psi(i::text, true) AS r FROM generate_series(1, 3) i) q, LATERAL (SELECT (r).*) p
UNION ALL SELECT psi, n, m, status FROM psi('{0, 0}', '{0, 0}');
-- Much more than 0.1 of few rows is no more than chance; shares know no rows.
SELECT psi > 0.25 AS large, p_value > 0.05 AS by_chance, status FROM psi('{3, 4, 3}', '{5, 4, 1}')
UNION ALL SELECT psi > 0.25, p_value > 0.05, status FROM psi('{0.3, 0.4, 0.3}', '{0.5, 0.4, 0.1}', shares => true)
UNION ALL SELECT psi > 0.25, p_value > 0.05, status FROM psi('{300, 400, 300}', '{500, 400, 100}');

-- Charts over months: ewma, cusum, traffic_light as window functions; run lengths, limits, many looks.
\set VERBOSITY terse
\i test/helpers.sql

-- NIST/SEMATECH e-Handbook 6.3.2.4: target 50, deviation 2.0539, lambda 0.3; the values as printed there, the upper limit 52.5884.
CREATE TABLE nist AS SELECT i, x FROM unnest('{52,47,53,49.3,50.1,47,51,50.1,51.2,50.5,49.6,47.6,49.9,51.3,47.8,51.2,52.6,52.4,53.6,52.1}'::float8[])
  WITH ORDINALITY u (x, i);
SELECT array_agg(round((e).value::numeric, 2) ORDER BY i) = '{50.60,49.52,50.56,50.18,50.16,49.21,49.75,49.85,50.26,50.33,50.11,49.36,49.52,50.05,49.38,
  49.92,50.73,51.23,51.94,51.99}' AS value, min(round((e).upper::numeric, 4)) AS upper, max(round((e).lower::numeric, 4)) AS lower, bool_or((e).alarm) AS alarm
FROM (SELECT i, ewma(x, 50, 0.3, 3, 2.0539) OVER (ORDER BY i) AS e FROM nist) s;

-- Against the definitions in plain SQL, with months that are not known, over many partitions; an alarm is beyond the limit.
CREATE TABLE measure AS
SELECT s AS segment, i AS month,
  CASE WHEN draw(s, 900 + i) < 0.1 THEN NULL WHEN draw(s, 900 + i) < 0.12 THEN 'NaN' ELSE 3 + draw(s, i) * 2 + i / 30.0 END::float8 AS x
FROM generate_series(1, 20) s, generate_series(1, 60) i;
CREATE TABLE charted AS
SELECT segment, month, x, ewma(x, 4, 0.2, 2.5, 0.6) OVER w AS e, cusum(x, 4, 0.5, 4, 1.5, 0.6) OVER w AS c FROM measure
WINDOW w AS (PARTITION BY segment ORDER BY month);
CREATE TABLE defined AS
WITH RECURSIVE d AS (
  SELECT segment, 0 AS month, NULL::float8 AS x, 4::float8 AS z, 1.5::float8 AS up, 1.5::float8 AS down FROM measure GROUP BY 1
  UNION ALL
  SELECT m.segment, m.month, nullif(m.x, 'NaN'), CASE WHEN m.x <> 'NaN' THEN 0.2 * m.x + 0.8 * d.z ELSE d.z END,
    CASE WHEN m.x <> 'NaN' THEN greatest(0, d.up + (m.x - 4) / 0.6 - 0.5) ELSE d.up END,
    CASE WHEN m.x <> 'NaN' THEN greatest(0, d.down - (m.x - 4) / 0.6 - 0.5) ELSE d.down END
  FROM d JOIN measure m ON m.segment = d.segment AND m.month = d.month + 1)
SELECT * FROM d WHERE month > 0;
SELECT count(*) AS rows, count(*) FILTER (WHERE NOT near((e).value, z) OR NOT near((c).upper, up) OR NOT near((c).lower, down)
    OR NOT near((c).value, greatest(up, down)) OR NOT near((e).upper, 4 + 2.5 * 0.6 * sqrt(0.2 / 1.8)) OR NOT near((e).upper + (e).lower, 8)) AS differ,
  count(*) FILTER (WHERE (e).alarm IS DISTINCT FROM CASE WHEN d.x IS NOT NULL THEN abs(z - 4) > 0.5 END
    OR (c).alarm IS DISTINCT FROM CASE WHEN d.x IS NOT NULL THEN greatest(up, down) > 4 END) AS alarms_differ,
  count(*) FILTER (WHERE (e).alarm) > 50 AS ewma, count(*) FILTER (WHERE (c).alarm) > 50 AS cusum, count(*) FILTER (WHERE d.x IS NULL) > 100 AS not_known
FROM charted JOIN defined d USING (segment, month);
-- The same under any frame, and with no more than the months up to each.
SELECT count(*) FILTER (WHERE f <> e OR l <> e OR g <> c) AS differ FROM (SELECT e, c, ewma(x, 4, 0.2, 2.5, 0.6) OVER (PARTITION BY segment ORDER BY month
    ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) AS f, ewma(x, 4, 0.2, 2.5, 0.6) OVER (PARTITION BY segment ORDER BY month
    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE CURRENT ROW) AS l,
  cusum(x, 4, 0.5, 4, 1.5, 0.6) OVER (PARTITION BY segment ORDER BY month GROUPS BETWEEN CURRENT ROW AND CURRENT ROW) AS g FROM charted) s;
SELECT count(*) FILTER (WHERE s.c <> charted.c) AS look_ahead
FROM charted JOIN (SELECT segment, month, cusum(x, 4, 0.5, 4, 1.5, 0.6) OVER (PARTITION BY segment ORDER BY month) AS c FROM measure
  WHERE month <= 30) s USING (segment, month);

-- A light is entered at once and left after two months below what holds it; from red it goes to amber while amber holds. By hand:
-- - g a a a a a a g r r r r r a r r g a r r a a g
SELECT string_agg(coalesce(left(t, 1), '-'), ' ' ORDER BY i) AS light, string_agg(left(plain, 1), ' ' ORDER BY i) AS without_hysteresis
FROM (SELECT i, traffic_light(x, 0.10, 0.25, 0.08, 0.20, 2) OVER (ORDER BY i) AS t, traffic_light(x, 0.10, 0.25) OVER (ORDER BY i) AS plain
  FROM unnest('{NULL,0.05,0.10,0.09,0.07,0.09,0.07,NULL,0.07,0.30,0.22,0.19,0.21,0.19,0.19,0.26,0.01,0.01,0.24,0.25,0.12,0.12,0.01,0.01}'::float8[])
  WITH ORDINALITY u (x, i)) s;

-- What is refused.
SELECT ewma(x, 50, 0.3, 3) FROM nist;
SELECT ewma(x, 50, 0, 3) OVER () FROM nist;
SELECT ewma(x, 50, 0.3, 'NaN') OVER () FROM nist;
SELECT ewma(x, NULL, 0.3, 3) OVER () FROM nist;
SELECT ewma(x, 'Infinity', 0.3, 3) OVER () FROM nist;
SELECT ewma(x, 50 + i, 0.3, 3) OVER () FROM nist;
SELECT count(ewma) FROM (SELECT ewma(x, 50 + i, 0.3, 3) OVER (PARTITION BY i) FROM nist) s;
SELECT ewma(-1 / (x - 52.0001) * 'Infinity', 50, 0.3, 3) OVER () FROM nist;
SELECT cusum(x, 50, -1, 4) OVER () FROM nist;
SELECT cusum(x, 50, 1, 4, 4) OVER () FROM nist;
SELECT cusum(x, 50, 1, 4, 0, 0) OVER () FROM nist;
SELECT traffic_light(x, 2, 1) OVER () FROM nist;
SELECT traffic_light(x, 1, 2, 1.5) OVER () FROM nist;
SELECT traffic_light(x, 1, 2, 0.5, 0.4) OVER () FROM nist;
SELECT traffic_light(x, 1, 2, NULL, NULL, 0) OVER () FROM nist;
SELECT traffic_light(x, 1, 2, NULL, NULL, i::int) OVER () FROM nist;

-- A hint is of the argument that is wrong.
\set VERBOSITY default
SELECT traffic_light(x, 0.25, 0.10) OVER () FROM nist;
SELECT cusum(x, 50, 0.5, 0) OVER () FROM nist;

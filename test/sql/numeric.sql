-- Reading and writing numeric without text (src/pg/numeric.h), against the server's own conversion.
-- utilization(x, 1) is x as float8; utilization_agg(x, 1) sums x through minor units and writes it back.
\i test/helpers.sql

-- Values that lie on the edges of the stored form: base-10000 digits, weights, scales, headers, 2^53, 2^63, 2^127.
CREATE TEMP TABLE edge AS
  SELECT sign * v AS x
  FROM (SELECT (10::numeric ^ e + d * 10::numeric ^ -s) AS v
        FROM generate_series(-30, 45) e, generate_series(-2, 2) d, generate_series(-3, 25, 4) s
        UNION ALL
        SELECT 2::numeric ^ e + d FROM generate_series(50, 130) e, generate_series(-2, 2) d
        UNION ALL
        SELECT v::numeric FROM unnest('{0, 0.00, 0.000000000000000000000000000000000000000000000000000000000000000000,
          1.10, 9999.9999, 10000, 10000.0001, 0.0001, 0.00010001, 1e-40, 1e40, 123456789012.34, 999999999999.99,
          1e100, 1.5e-100, 1e300, 1e-300, 1.7976931348623157e308}'::text[]) v) s,
       (VALUES (1), (-1)) t (sign);

SELECT count(*) > 3000 AS enough, count(*) FILTER (WHERE utilization(x, 1) IS DISTINCT FROM x::float8) AS wrong FROM edge;

-- What the checks of a book's tables take for an amount, as plain SQL says it.
SELECT count(*) FILTER (WHERE is_amount) > 1000 AS enough, count(*) FILTER (WHERE is_amount IS DISTINCT FROM (x >= 0 AND x < 9e14)) AS wrong
FROM (SELECT x, credit_limit_internal.is_amount(x) FROM (TABLE edge UNION ALL VALUES ('NaN'::numeric), ('Infinity'), ('-Infinity'), (NULL), (9e14),
  (9e14 - 1e-9), (-9e14), (9e14 + 1e-9), (8.99e14), (9.01e14)) e) a;

-- Exact sums of one and of three values, as the server sums them; text form included; zeros at the end are not kept.
SELECT count(*) FILTER (WHERE s.balance::text IS DISTINCT FROM trim_scale(x)::text) AS wrong
FROM edge, LATERAL (SELECT (utilization_stats(utilization_agg(v, 1))).balance FROM (VALUES (x)) t (v)) s
WHERE abs(x) <= 1e100;

SELECT count(*) FILTER (WHERE s.balance::text IS DISTINCT FROM trim_scale(x + 1.23 + x)::text) AS wrong
FROM edge, LATERAL (SELECT (utilization_stats(utilization_agg(v, 1))).balance FROM (VALUES (x), (1.23), (x)) t (v)) s
WHERE abs(x) <= 1e100;

-- Random values of all sizes and scales, half of them written with the decimals of their column; two million in a soak.
\set n 80000
\if :soak
\set n 2000000
\endif
SELECT setseed(0.20261122);

CREATE TEMP TABLE random_value AS
  SELECT g / 8 AS bunch,
         round((random()::numeric * 10::numeric ^ (random() * 14)::int + random()::numeric * 10::numeric ^ -(random() * 12)::int)
               * CASE WHEN random() < 0.3 THEN -1 ELSE 1 END, scale) AS x
  FROM (SELECT g, CASE WHEN g % 2 = 0 THEN 2 ELSE (random() * 20)::int END AS scale FROM generate_series(1, :n) g) s;

SELECT count(*) = :n AS all, count(*) FILTER (WHERE utilization(x, 1) IS DISTINCT FROM x::float8) AS wrong FROM random_value;

SELECT count(*) > :n / 8 AS all, count(*) FILTER (WHERE ours::text IS DISTINCT FROM trim_scale(theirs)::text) AS wrong
FROM (SELECT (utilization_stats(utilization_agg(x, 1))).balance AS ours, sum(x) AS theirs FROM random_value GROUP BY bunch) s;

SELECT (utilization_stats(utilization_agg(x, 1))).balance::text = trim_scale(sum(x))::text AS same FROM random_value;

-- Digits that only numeric has: 15 to 60 significant ones.
SELECT count(*) FILTER (WHERE utilization(x, 1) IS DISTINCT FROM x::float8) AS wrong_float8,
       count(*) FILTER (WHERE (SELECT (utilization_stats(utilization_agg(v, 1))).balance FROM (VALUES (x)) t (v))::text
                              IS DISTINCT FROM trim_scale(x)::text) AS wrong_sum
FROM (SELECT (CASE WHEN g % 3 = 0 THEN '-' ELSE '' END || (1 + g % 9) || left(md5digits, 14 + g % 46))::numeric
             / 10::numeric ^ (g % 45) AS x
      FROM (SELECT g, translate(md5(g::text) || md5(g::text || 'a'), 'abcdef', '012345') AS md5digits
            FROM generate_series(1, :n / 10) g) d) s;

-- What money cannot be.
SELECT utilization('NaN'::numeric, 1);
SELECT utilization('Infinity'::numeric, 1);
SELECT utilization(1, '-Infinity'::numeric);
SELECT utilization_agg(v, 1) FROM (VALUES (1.0), ('NaN'::numeric)) t (v);
SELECT utilization_agg(1, v) FROM (VALUES (1.0), ('Infinity'::numeric)) t (v);

-- A numeric that is stored out of line, and one that no double holds.
CREATE TEMP TABLE toasted (x numeric);
ALTER TABLE toasted ALTER x SET STORAGE external;
INSERT INTO toasted SELECT ('1.' || repeat('7', 12000))::numeric;
SELECT pg_column_size(x) > 5000 AS out_of_line, utilization(x, 1) = x::float8 AS same_float8 FROM toasted;
SELECT (utilization_stats(utilization_agg(x, 2 * x))).balance = sum(x) AS same_sum FROM toasted;
SELECT utilization(0, repeat('7', 400)::numeric);

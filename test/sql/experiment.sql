\i test/helpers.sql

-- The same arm as the server's own sha256 gives, in plain SQL: first 8 bytes as a fraction of 2^64. 20000 units.
CREATE FUNCTION pg_temp.fraction(experiment text, unit text) RETURNS numeric LANGUAGE sql AS $$
  SELECT sum(get_byte(h, i) * 256::numeric ^ (7 - i)) / 18446744073709551616::numeric
    FROM sha256(convert_to(experiment || chr(31) || unit, 'UTF8')) h, generate_series(0, 7) i
$$;
WITH u AS (
  SELECT 'unit-' || i AS unit, pg_temp.fraction('rates-2026', 'unit-' || i) AS f FROM generate_series(1, 20000) i
), a AS (
  SELECT f, assign_arm('rates-2026', unit, ARRAY['champion', 'a', 'b'], ARRAY[0.7, 0.2, 0.1]) AS arm,
         assign_arm('rates-2026', unit,
           '[{"arm": "champion", "share": 0.7}, {"arm": "a", "share": 0.2}, {"arm": "b", "share": 0.1}]') AS arm_jsonb
    FROM u
)
SELECT count(*) FILTER (WHERE arm <> CASE WHEN f < 0.7 THEN 'champion' WHEN f < 0.9 THEN 'a' ELSE 'b' END) AS wrong,
       count(*) FILTER (WHERE arm <> arm_jsonb) AS differ,
       -- Four standard deviations of a share among 20000 are below 0.013.
       abs(avg((arm = 'champion')::int) - 0.7) < 0.013 AND abs(avg((arm = 'b')::int) - 0.1) < 0.009 AS shares_hold
  FROM a;

-- Values that must never change: sha256sum of the same bytes gives them outside of any database.
SELECT u, encode(substr(sha256(convert_to('e' || chr(31) || u, 'UTF8')), 1, 8), 'hex') AS first_bytes,
       assign_arm('e', u, ARRAY['a', 'b'], ARRAY[0.5, 0.5]) AS arm
  FROM unnest(ARRAY['1', '2', '3', '']) u;

-- Another experiment mixes anew: about half stay together.
SELECT abs(avg((assign_arm('x', i::text, ARRAY['a', 'b'], ARRAY[0.5, 0.5]) =
                assign_arm('y', i::text, ARRAY['a', 'b'], ARRAY[0.5, 0.5]))::int) - 0.5) < 0.02 AS independent
  FROM generate_series(1, 20000) i;
-- The separator keeps names and units apart; an arm without a share is never chosen; one arm takes all.
SELECT count(*) FILTER (WHERE assign_arm('e', i::text, ARRAY['z', 'a', 'y'], ARRAY[0, 1, 0]) <> 'a') AS wrong,
       count(DISTINCT assign_arm('ab', 'c' || i, ARRAY['a', 'b'], ARRAY[0.5, 0.5])
                   || assign_arm('a', 'bc' || i, ARRAY['a', 'b'], ARRAY[0.5, 0.5])) AS combinations
  FROM generate_series(1, 1000) i;
-- Shares that floating point does not sum to exactly 1.
SELECT count(DISTINCT assign_arm('e', i::text, ARRAY['a','b','c','d','e','f','g','h','i','j'],
                                 array_fill(0.1::float8, ARRAY[10]))) FROM generate_series(1, 1000) i;
SELECT assign_arm(NULL, 'u', ARRAY['a'], ARRAY[1.0]) IS NULL, assign_arm('e', NULL, '[]') IS NULL;

SELECT assign_arm('e', 'u', ARRAY['a', 'b'], ARRAY[0.5, 0.6]);
SELECT assign_arm('e', 'u', ARRAY['a', 'b'], ARRAY[1.0]);
SELECT assign_arm('e', 'u', ARRAY['a', 'a'], ARRAY[0.5, 0.5]);
SELECT assign_arm('e', 'u', ARRAY['a', 'b'], ARRAY[-0.5, 1.5]);
SELECT assign_arm('e', 'u', ARRAY['a', 'b'], ARRAY['NaN', 1]::float8[]);
SELECT assign_arm('e', 'u', ARRAY['a', NULL], ARRAY[0.5, 0.5]);
SELECT assign_arm('e', 'u', '{}'::text[], '{}'::float8[]);
SELECT assign_arm('e', 'u', ARRAY[['a', 'b']], ARRAY[[0.5, 0.5]]);
SELECT assign_arm('e', 'u', '[]');
SELECT assign_arm('e', 'u', '{"a": 1}');
SELECT assign_arm('e', 'u', '[{"arm": "a", "shares": 1}]');
SELECT assign_arm('e', 'u', '[{"arm": "a"}]');
SELECT assign_arm('e', 'u', '[{"arm": "a", "share": 2}]');
SELECT assign_arm('e', 'u', '[{"arm": "a", "share": 0.9}]');

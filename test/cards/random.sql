-- Random cards of four characteristics, and borrowers on and around their bounds; for tests of what cards become elsewhere.
SELECT setseed(0.25);
CREATE FUNCTION se_random_card(seed int) RETURNS scorecard LANGUAGE sql AS $$
  SELECT scorecard(jsonb_build_object('name', 'random ' || seed, 'base_points', random() * 100, 'characteristics', jsonb_agg(c)))
  FROM (SELECT jsonb_build_object('name', 'x' || i, CASE WHEN random() < 0.5 THEN 'neutral_points' ELSE 'average_points' END, random())
    || CASE WHEN (seed + i) % 3 > 0 THEN jsonb_build_object('bins', (SELECT jsonb_agg(jsonb_build_object(k, x, 'points', random() * 9 - 5) ORDER BY x)
          FROM (SELECT DISTINCT round((random() * 10)::numeric, (random() * 2)::int) AS x, CASE WHEN (seed + i) % 2 = 0
            THEN 'below' ELSE 'up_to' END AS k FROM generate_series(1, 1 + seed % 9)) b)
        || '[{"points": 3}]') || CASE WHEN seed % 5 = 0
          THEN '{"special": [{"values": [1, 2, -3.5], "points": 0.1}, {"values": [7], "points": 0.2}]}' ELSE '{}'::jsonb END
      ELSE jsonb_build_object('categories', jsonb_build_array(jsonb_build_object('in', ARRAY[1, 2 + i], 'points', random()),
        jsonb_build_object('in', ARRAY[7.5], 'points', random())))
        || CASE WHEN seed % 2 = 0 THEN '{"other": {"points": -1}}' ELSE '{}'::jsonb END END
    || CASE WHEN (seed + i) % 4 = 0 THEN '{}'::jsonb ELSE '{"missing": {"points": 0.3, "reason": "none"}}' END AS c
  FROM generate_series(1, 4) i) s
$$;
CREATE TABLE se_random AS SELECT g AS seed, se_random_card(g) AS card FROM generate_series(1, 60) g;
CREATE TABLE se_x AS SELECT x[1] AS x1, x[2] AS x2, x[3] AS x3, x[4] AS x4
FROM (SELECT array_agg((ARRAY[NULL, 'NaN', 'Infinity', '-Infinity', 7.5, 7, 1, 2, 3, -3.5, round(random() * 10),
  round((random() * 10)::numeric, 1), random() * 12 - 1]::float8[])[1 + floor(random() * 13)]) AS x
  FROM generate_series(1, 100) g, generate_series(1, 4) GROUP BY g) s;

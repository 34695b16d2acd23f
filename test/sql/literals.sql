-- literals: a call with plain constants finds its function without a cast.
\i test/helpers.sql

-- What a user types for a type: quoted for everything but numbers, truth values and rows.
CREATE FUNCTION typed(type text, whole boolean) RETURNS text LANGUAGE sql IMMUTABLE
  RETURN CASE WHEN type IN ('float8', 'numeric') THEN CASE WHEN whole THEN '1' ELSE '0.5' END WHEN type IN ('int4', 'int8') THEN '1' WHEN type = 'bool' THEN 'true'
    WHEN type IN ('date', 'timestamptz') THEN '''2024-01-01''' WHEN type = 'jsonb' THEN '''{}''' WHEN type = 'anyarray' THEN 'ARRAY[1, 2]' WHEN type = 'record' THEN 'ROW(1)'
    WHEN type ~ '^_' THEN '''{1,2}''' ELSE '''x''' END;
-- Every public function with every number of its arguments, planned only.
CREATE FUNCTION outcome(call text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE 'EXPLAIN SELECT ' || call;
  RETURN 'found';
EXCEPTION WHEN ambiguous_function OR undefined_function THEN
  RETURN SQLERRM;
WHEN OTHERS THEN
  RETURN 'found';
END $$;
CREATE TABLE tried AS
SELECT DISTINCT call FROM (
  SELECT p.oid, n, whole, p.proname || '(' || string_agg(typed(t.typname, whole), ', ' ORDER BY place) FILTER (WHERE place <= n) || ')' AS call
  FROM pg_proc p, unnest(p.proargtypes) WITH ORDINALITY a (type, place) JOIN pg_type t ON t.oid = a.type, generate_series(1, p.pronargs) n, unnest('{false, true}'::boolean[]) whole
  WHERE p.pronamespace = 'credit_limit'::regnamespace AND p.provariadic = 0 AND n >= p.pronargs - p.pronargdefaults
    AND p.proname !~ '_(transition|final|serial|deserial|combine|in|out|recv|send)$' AND NOT 'internal'::regtype = ANY (p.proargtypes::oid[])
  GROUP BY p.oid, p.proname, n, whole) s;
SELECT count(*) > 200 AS many FROM tried;
-- What is left takes a summary or the columns of a row, which come from a table and are never typed.
SELECT call, outcome FROM tried, outcome(call) WHERE outcome <> 'found' ORDER BY call COLLATE "C";

-- And it is the function that was meant.
SELECT fixed_binning('{1,2}')::text = fixed_binning(ARRAY[1, 2], '{}')::text AS cuts, fixed_binning('[["a"], ["b"]]')::text = fixed_binning('[["a"], ["b"]]'::jsonb, '{}'::jsonb)::text AS groups;
SELECT logit_summary(logistic_regression(i % 3 = 0, ARRAY[i], '{"names": ["i"]}')) = logit_summary(logistic_regression(i % 3 = 0, ARRAY[i])) AS options,
  (logit_summary(logistic_regression(i % 3 = 0, ARRAY[i], 2, '{}'))).weight AS weight, (logit_summary(logistic_regression(i % 3 = 0, ARRAY[i], 2))).weight AS same_weight FROM generate_series(1, 20) i;
SELECT (psi('{50,30,20}', '{55,45,0}')).psi = (psi(ARRAY[50, 30, 20], ARRAY[55, 45, 0])).psi AS psi,
  stability_divergence('{1,2}', '{2,1}') = stability_divergence(ARRAY[1, 2], ARRAY[2, 1]) AS divergence;
CREATE TABLE card AS SELECT '{"name": "one", "base_points": 500, "scaling": {"score": 600, "odds": 50, "pdo": 20}, "characteristics": [{"name": "a", "reason": "Low a", "bins": [{"below": 3, "points": 1}, {"points": 20}]}]}'::scorecard AS c;
SELECT score(c, '{"a": 5}') AS score, score(c, '{"a": 5}'::jsonb) AS jsonb, round(score_pd(c, '{"a": 5}')::numeric, 6) = round(score_pd(c, '{"a": 5}'::jsonb)::numeric, 6) AS pd,
  reason_codes(c, '{"a": 1}') AS reasons, reason_codes(c, '{"a": 1}', 1, 'neutral') AS neutral, score(c, NULL) IS NULL AS nothing FROM card;
SELECT p.* FROM card, score_points(c, '{"a": 1}') p;
SELECT count(*) FROM card, score_points(c, NULL) p;
SELECT score(c, '{"b": 1}') FROM card;
\set VERBOSITY terse
SELECT score(c, 'a') FROM card;
\set VERBOSITY default

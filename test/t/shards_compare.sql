-- Each aggregate of shards_rows.sql, asked of three servers and of one.
SET client_min_messages = warning;
SET auto_explain.log_min_duration = -1;
SET search_path = one, credit_limit, public;
SET enable_partitionwise_aggregate = on;

-- How far two answers are from each other, relative to the larger: 0 is the same text, NULL another form or other words.
CREATE FUNCTION one.distance(a text, b text) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN a = b THEN 0
    WHEN regexp_replace(a, '-?\d{1,30}(\.\d+)?(e[-+]?\d+)?', '#', 'g') = regexp_replace(b, '-?\d{1,30}(\.\d+)?(e[-+]?\d+)?', '#', 'g')
    THEN (SELECT max(abs(x.n::float8 - y.n::float8) / greatest(abs(x.n::float8), abs(y.n::float8), 1e-300))
      FROM (SELECT m[1] AS n, row_number() OVER () AS i FROM regexp_matches(a, '(-?\d{1,30}(?:\.\d+)?(?:e[-+]?\d+)?)', 'g') m) x
      JOIN (SELECT m[1] AS n, row_number() OVER () AS i FROM regexp_matches(b, '(-?\d{1,30}(?:\.\d+)?(?:e[-+]?\d+)?)', 'g') m) y USING (i)
      WHERE x.n <> y.n) END $$;

CREATE FUNCTION one.answer(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE answer text;
BEGIN
  EXECUTE format('SELECT string_agg(s::text, E''\n'' ORDER BY k) FROM (%s) s (k, v)', query) INTO answer;
  RETURN answer;
END $$;
-- How often a plan has these words.
CREATE FUNCTION one.planned(query text, words text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  line text;
  n int := 0;
BEGIN
  FOR line IN EXECUTE 'EXPLAIN (VERBOSE, COSTS OFF) ' || query LOOP n := n + (line LIKE '%' || words || '%')::int; END LOOP;
  RETURN n;
END $$;

-- pushed: servers that are sent the aggregate whole, where each has groups of its own. two_step: the same of a summary for each server, asked
-- at the same time. Distances: of the groups, and of one answer for all rows (for all of each account, where it is about one account).
CREATE TABLE one.compared (signature text, pushed int, by_group float8, two_step int, together float8);
CREATE FUNCTION one.query(c one.call, by_account boolean, schema text) RETURNS text LANGUAGE sql AS $$
  SELECT format('SELECT %s, %s FROM %I.%I', CASE WHEN by_account THEN 'account' ELSE '1' END, c.call, schema, c.relation)
    || CASE WHEN by_account THEN ' GROUP BY account' ELSE '' END $$;
CREATE FUNCTION one.compare(c one.call) RETURNS one.compared LANGUAGE plpgsql AS $$
DECLARE
  r one.compared := ROW(c.signature);
  written text;
BEGIN
  r.pushed := one.planned(one.query(c, true, 'parts'), 'Relations: Aggregate on');
  r.by_group := one.distance(one.answer(one.query(c, true, 'parts')), one.answer(one.query(c, true, 'one')));
  BEGIN
    written := sharded_query(c.call, ARRAY['parts.' || c.relation]::regclass[], ARRAY[CASE WHEN c.of_account THEN 'account' ELSE '1' END]);
    r.two_step := least(one.planned(written, 'Relations: Aggregate on'), one.planned(written, 'Async Foreign Scan'));
  EXCEPTION WHEN invalid_parameter_value THEN
    -- Nothing merges what it returns: its rows travel, and the answer is right.
    written := one.query(c, c.of_account, 'parts');
  END;
  r.together := one.distance(one.answer(written), one.answer(one.query(c, c.of_account, 'one')));
  RETURN r;
END $$;
INSERT INTO one.compared SELECT r.* FROM one.call c, one.compare(c) r WHERE c.call IS NOT NULL;

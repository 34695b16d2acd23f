-- What test/t/011_shards.pl asks of three servers: each public aggregate, by the catalog, over rows on three servers and over the
-- same rows on one. Schema one has the rows, schema parts has them as foreign partitions; who runs this has made the servers.
SET client_min_messages = warning;
SET auto_explain.log_min_duration = -1;
SET search_path = one, credit_limit, public;

CREATE SCHEMA one;
CREATE VIEW one.aggregate AS
SELECT p.oid::regprocedure AS signature, p.proname AS name, p.prorettype::regtype AS result, ARRAY(SELECT u::regtype FROM unnest(p.proargtypes) u) AS types,
  coalesce(p.proargnames, array_fill(''::text, ARRAY[p.pronargs::int])) AS names, pg_get_function_arguments(p.oid) AS arguments, a.aggcombinefn = 0 AS in_order
FROM pg_aggregate a JOIN pg_proc p ON p.oid = a.aggfnoid
WHERE p.pronamespace = 'credit_limit'::regnamespace;

-- ---- Recipes: what each argument is made of ----

-- Of an argument with this name, of this type, in an aggregate whose arguments have this in them; NULL is any. The closest counts.
-- Of an array, its elements. A function of the values must be immutable, else postgres_fdw keeps it here.
CREATE TABLE one.recipe (name text, type text, beside text, expression text);
INSERT INTO one.recipe VALUES
  ('balance', NULL, NULL, 'balance'), ('credit_limit', NULL, NULL, 'available'), ('available', NULL, NULL, 'available'),
  ('cap', NULL, NULL, 'available'), ('ead', NULL, NULL, 'balance + available / 10'), ('payment', NULL, NULL, 'due / 2'),
  ('due', NULL, NULL, 'due'), ('days_past_due', NULL, NULL, 'days'), ('amount', NULL, NULL, 'balance'), ('regret', NULL, NULL, 'due'),
  ('regret_side', NULL, NULL, 'side'), ('account', NULL, NULL, 'i'), ('account', 'text', NULL, 'code'), ('account_id', NULL, NULL, 'account'),
  ('contributor', NULL, NULL, 'i'), ('cluster', NULL, NULL, 'account'), ('cluster', 'text', NULL, 'name'),
  ('month', NULL, NULL, 'month'), ('cohort', NULL, NULL, 'month'), ('at', NULL, NULL, 'at'), ('until', NULL, NULL, '''2027-01-01 00:00+00'''),
  ('as_of', NULL, NULL, '''2026-11-30'''), ('months_on_book', NULL, NULL, 'i % 36'), ('duration', NULL, NULL, 'days'),
  ('demand', NULL, 'account', 'demand(behavior_add(NULL, month, available, balance, NULL, NULL, NULL))'),
  ('demand', NULL, 'prices', 'demand(6 + score / 200, 0.3 + pd)'),
  ('history', NULL, NULL,
    'behavior_add(behavior_add(NULL, month, available, balance, NULL, NULL, NULL), next_month, available, balance + i, NULL, NULL, NULL)'),
  ('gap', NULL, NULL, 'limit_gap(50000, 30000, 40000, available, 12000.00, balance, 0)'),
  (NULL, 'limit_gap', NULL, 'limit_gap(50000, 30000, 40000, available, 12000.00, balance, 0)'),
  (NULL, 'double precision', 'regret', '0.1'), ('carry', NULL, NULL, '0.01'), ('carry', NULL, 'scenarios', '0.1'),
  ('margin', NULL, NULL, '0.15 - pd / 10'), ('ccf', NULL, NULL, '0.4'),
  ('lgd', NULL, NULL, '0.75'), ('capital', NULL, NULL, '0.05'), ('pd', NULL, NULL, 'pd'), ('floor', NULL, NULL, '0'),
  ('mu', NULL, NULL, '6 + score / 200'), ('sigma', NULL, NULL, '0.3 + pd'), ('p_zero', NULL, NULL, 'x / 2'),
  ('uses', NULL, NULL, '1'), ('draws', NULL, NULL, '-pd'), ('prices', NULL, NULL, '0.01'), ('prices', NULL, 'scenarios', '0.01, 0.3, 0.7'),
  ('risk', 'double precision[]', NULL, 'pd / 9, 0.5, 0.4, 1, x / 5, 900'), ('scenarios', NULL, NULL, '1, 1, 1, 2, 1.1, 0.8'),
  ('event', NULL, NULL, 'event'), ('censored', NULL, NULL, 'event'), ('favourable', NULL, NULL, 'event'), ('current_bad', NULL, NULL, 'event'),
  ('ever_bad', NULL, NULL, 'event OR i % 5 = 0'), ('is_actual', NULL, NULL, 'i % 2 = 0'), ('fitted', NULL, NULL, 'true'),
  ('smoothing', NULL, NULL, 'true'), ('higher_is_riskier', NULL, NULL, 'false'), ('higher_is_riskier_a', NULL, NULL, 'true'),
  ('higher_is_riskier_b', NULL, NULL, 'false'), ('weight', NULL, NULL, 'weight'), ('groups', NULL, NULL, '5'), ('bands', NULL, NULL, '10'),
  ('target', NULL, NULL, '0.1'), ('options', NULL, NULL, '''{}'''), ('x', NULL, NULL, 'x'), ('x', 'text', NULL, 'label'),
  ('bin', NULL, NULL, 'number'), ('bin', 'text', NULL, 'label'), ('member', NULL, NULL, 'label'), ('row_label', NULL, NULL, 'name'),
  ('column_label', NULL, NULL, 'state'), ('cause', NULL, NULL, 'label'), ('from_state', NULL, NULL, 'number'), ('from_state', 'text', NULL, 'label'),
  ('to_state', NULL, NULL, 'i % 5'), ('to_state', 'text', NULL, 'state'), ('state', NULL, NULL, 'number'), ('state', 'text', NULL, 'state'),
  ('score', NULL, NULL, 'score'), ('risk', NULL, NULL, 'pd'), ('points', NULL, NULL, 'number'), ('risk_a', NULL, NULL, 'pd'),
  ('risk_b', NULL, NULL, 'x'), ('score_a', NULL, NULL, 'pd'), ('score_b', NULL, NULL, 'score'), ('pd_at_origination', NULL, NULL, 'x'),
  ('score_at_origination', NULL, NULL, '300'), ('y', NULL, NULL, 'drawn'), ('lower', NULL, NULL, '0'), ('upper', NULL, NULL, 'available'),
  (NULL, 'binning', NULL, 'fixed_binning(ARRAY[0.1, 0.5])'), (NULL, 'binning', 'x text', 'fixed_binning(''[["A", "B"], ["C"]]''::jsonb)'),
  ('beta', NULL, NULL, '0.1, 0.02, -0.03'), ('center', NULL, NULL, '1, 2'), ('scale', NULL, NULL, '2, 3');
-- Columns of a regression.
INSERT INTO one.recipe SELECT 'x', t || '[]', NULL, 'number, i % 7'
FROM unnest(ARRAY['double precision', 'numeric', 'real', 'bigint', 'integer', 'smallint']) t;

CREATE FUNCTION one.argument(name text, type regtype, arguments text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN $2::text LIKE '%[]'
    THEN 'ARRAY[' || regexp_replace(r.expression, '([^,]+)', '(\1)::' || left($2::text, -2), 'g') || ']' ELSE format('(%s)::%s', r.expression, $2) END
  FROM one.recipe r
  WHERE coalesce(r.name = $1, true) AND coalesce(r.type = $2::text, true) AND coalesce($3 LIKE '%' || r.beside || '%', true)
    AND (r.name IS NOT NULL OR $1 = '')
  ORDER BY num_nulls(r.name, r.type, r.beside) LIMIT 1 $$;

-- The call of each aggregate, and the relation it is of; NULL where an argument has no recipe. Summaries to merge are columns of kept, called
-- as their types. A history of months is that of one account, unless accounts are told apart; what cannot be combined is told the order. Rows
-- that come in the order in which they were read are looked at through what they are made for; fits take time, and get fewer rows.
CREATE TABLE one.call AS
SELECT a.signature, a.result, CASE WHEN a.name = 'rollup' THEN 'kept' ELSE 'book' END AS relation,
  CASE WHEN a.name = 'rollup' THEN format('rollup(%I)', (SELECT typname FROM pg_type WHERE oid = a.types[1]))
    ELSE (SELECT CASE WHEN count(*) = count(e) THEN format(CASE a.name WHEN 'logit_coded_rows' THEN 'logit_coded_fit(%s(%s), ''{1,2}''::int[])'
          WHEN 'demand_prior_agg' THEN '%s(%s) FILTER (WHERE i %% 9 = 0)' ELSE '%s(%s%s)' END,
        a.name, string_agg(e, ', ' ORDER BY n), CASE WHEN a.in_order THEN ' ORDER BY month' END) END
      FROM unnest(a.names, a.types) WITH ORDINALITY u (name, type, n), one.argument(u.name, u.type, a.arguments) e) END AS call,
  a.in_order OR (a.names && '{month,at}' AND NOT a.names && '{account_id}') OR a.types[1] = 'behavior'::regtype AND a.name = 'rollup' AS of_account
FROM one.aggregate a;

-- ---- The rows, here and there ----

CREATE TABLE one.book AS
SELECT i, account, (DATE '2025-01-01' + make_interval(months => m))::date AS month, (DATE '2025-01-01' + make_interval(months => m + 1))::date AS next_month,
  TIMESTAMPTZ '2025-01-01 00:00+00' + make_interval(days => 31 * m) AS at, round((i * 7919 % 5003)::numeric * 1.01, 2) AS balance,
  500 + (i * 104729 % 5009)::numeric AS available, round((i * 31 % 503)::numeric, 1) AS due, i * 13 % 97 AS days,
  i * 7919 % 11 < 3 AS event, 1 + (i * 31 % 17) / 8.0::float8 AS weight, (i * 7919 % 41) / 41.0::float8 AS x,
  (1 + i * 104729 % 997) / 1000.0::float8 AS pd, (i * 104743 % 70001) / 100.0::float8 AS score, i * 31 % 6 AS number,
  nullif(chr(65 + i * 7919 % 5), 'E') AS label, chr(65 + i * 31 % 4) AS name, chr(65 + i * 13 % 5) AS state,
  least((i * 7919 % 5003)::numeric, 500 + (i * 104729 % 5009)) AS drawn, (ARRAY['too_low', 'too_high'])[1 + i % 2] AS side, 'c' || i AS code
FROM generate_series(0, 11) account, generate_series(0, 29) m, LATERAL (SELECT 30 * account + m AS i) i;
SELECT 'CREATE TABLE one.kept AS SELECT account, ' || string_agg(format('%s AS %s', c.call, c.name), ', ') || ' FROM one.book GROUP BY account, i % 2'
FROM (SELECT DISTINCT ON (result) call, (SELECT typname FROM pg_type t WHERE t.oid = c.result) AS name FROM one.call c
  WHERE relation = 'book' AND 'rollup(' || result || ')' IN (SELECT signature::text FROM one.call) ORDER BY result, of_account, signature::text) c \gexec

-- The same columns on each server, then the rows by the hash of their account: INSERT finds the partition.
CREATE FUNCTION one.columns(relation regclass) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum)
  FROM pg_attribute WHERE attrelid = relation AND attnum > 0 $$;

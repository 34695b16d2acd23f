-- An aggregate over several relations as a summary of each and a rollup above. Servers are in test/t/011_shards.pl.
\i test/helpers.sql

CREATE TABLE account (account_id bigint, region text, balance numeric, credit_limit numeric, defaulted boolean) PARTITION BY HASH (account_id);
CREATE TABLE part_0 PARTITION OF account FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE part_1 PARTITION OF account FOR VALUES WITH (MODULUS 2, REMAINDER 1) PARTITION BY LIST (region);
CREATE TABLE "Part 1 A" PARTITION OF part_1 FOR VALUES IN ('A');
CREATE TABLE part_1_rest PARTITION OF part_1 DEFAULT;
INSERT INTO account SELECT i, chr(65 + i % 3), i * 7919 % 1009, 1009 + i % 5, i * 31 % 7 = 0 FROM generate_series(1, 600) i;
CREATE VIEW half AS SELECT * FROM account WHERE account_id % 2 = 0;
CREATE TABLE other_half AS SELECT defaulted, credit_limit, balance, region, account_id FROM account WHERE account_id % 2 = 1;

-- What is written: each partition below the parent, names quoted, and what travels as bytea.
SELECT sharded_query('utilization_agg(balance, credit_limit)', '{account}');
SELECT sharded_query('roc_agg(balance / credit_limit, defaulted) FILTER (WHERE account_id > 7)', '{half,other_half}',
  '{region,"account_id % 3"}', 'balance > 5 OR defaulted');

-- The answer is that of the aggregate over all rows: of every summary type that these columns make, and by group.
CREATE FUNCTION answers(call text, shards regclass[], group_by text[], condition text) RETURNS TABLE (answer text) LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY EXECUTE format('SELECT s::text FROM (%s) s ORDER BY 1', sharded_query(call, shards, group_by, condition));
END $$;
CREATE FUNCTION expected(call text, group_by text[], condition text) RETURNS TABLE (answer text) LANGUAGE plpgsql AS $$
DECLARE keys text := (SELECT string_agg(k || ', ', '' ORDER BY n) FROM unnest(group_by) WITH ORDINALITY u (k, n));
BEGIN
  RETURN QUERY EXECUTE format('SELECT s::text FROM (SELECT %s%s FROM account WHERE %s %s) s ORDER BY 1', keys, call, coalesce(condition, 'true'),
    'GROUP BY ' || rtrim(keys, ', '));
END $$;
CREATE TABLE call (call text);
INSERT INTO call VALUES ('utilization_agg(balance, credit_limit)'), ('roc_agg(balance, defaulted)'), ('calibration_agg(balance / 1010, defaulted, 2)'),
  ('bin_sketch_agg(region, defaulted)'), ('transitions_agg(region, chr(65 + (balance % 4)::int), balance)'), ('concentration_agg(balance)'),
  ('kaplan_meier_agg(balance, defaulted)'), ('stability_agg(region, defaulted)'), ('fairness_agg(region, defaulted, balance)'),
  ('ccf_agg(balance, credit_limit, balance + 1)'), ('hazard_agg(balance::int, defaulted)'), ('disclosure_table_agg(region, ''x'', account_id, balance)'),
  ('gap_total(limit_gap(50000, 30000, 40000, credit_limit, 12000.00, balance, 0))'),
  ('rollup(stability(ARRAY[region], ARRAY[balance], ARRAY[1]))');
SELECT call, s, g AS by FROM call, (VALUES ('{account}'::regclass[]), ('{half,other_half}'), (ARRAY['part_0', '"Part 1 A"', 'part_1_rest']::regclass[])) v (s),
  (VALUES ('{}'::text[], NULL), ('{region}', NULL), ('{region,"account_id % 3"}', 'balance > 5 OR defaulted')) w (g, condition)
WHERE ARRAY(SELECT a.answer FROM answers(call, s, g, condition) a)
  IS DISTINCT FROM ARRAY(SELECT e.answer FROM expected(call, g, condition) e);
-- Rows that two relations show count twice, and no rows are no value.
SELECT answers('utilization_agg(balance, credit_limit)', '{half,part_0}', '{}', 'false'),
  (SELECT answer FROM answers('hazard_agg(1, defaulted)', '{account,half,other_half}', '{}', NULL))
  = (SELECT ROW(rollup(h))::text FROM (SELECT hazard_agg(1, defaulted) AS h FROM account UNION ALL SELECT hazard_agg(1, defaulted) FROM account) s) AS twice;
SELECT sharded_query(NULL, '{account}'), sharded_query('x', NULL), sharded_query('x', '{account}', NULL);

-- ---- What is refused says what is wrong, and with which shard ----

SELECT sharded_query('auc(balance, defaulted)', '{account}');
SELECT sharded_query('sum(balance)', '{account}');
\set VERBOSITY terse
SELECT sharded_query('hazard_agg(1, DISTINCT defaulted)', '{account}');
SELECT sharded_query('hazard_agg(DISTINCT 1, defaulted)', '{account}');
SELECT sharded_query('auc(roc_agg(balance, defaulted))', '{account}');
SELECT sharded_query('utilization_agg(balance, credit_limit), 1', '{account}');
SELECT sharded_query('utilization_agg(balance, credit_limit) OVER ()', '{account}');
SELECT sharded_query('utilization_agg(balance, credit_limit) -- all', '{account}');
SELECT sharded_query('roc_agg(random(), defaulted)', '{account}');
\set VERBOSITY default
SELECT sharded_query('utilization_agg(balance, credit_limit)', '{}');
SELECT sharded_query('utilization_agg(balance, credit_limit)', '{NULL}');
SELECT sharded_query('utilization_agg(balance, credit_limit)', '{account,part_1_rest}');
SELECT sharded_query('utilization_agg(balance, credit_limit)', '{account}', '{region,NULL}');
SELECT sharded_query('utilization_agg(balance, credit_limit)', '{account}', '{region,"region"}');
SELECT sharded_query('utilization_agg(balance, credit_limit)', ARRAY[7213]::oid[]::regclass[]);
CREATE TABLE in_float8 AS SELECT region, balance::float8, credit_limit::float8, defaulted FROM account;
CREATE TABLE in_varchar AS SELECT region::varchar, balance, credit_limit FROM account;
SELECT sharded_query('utilization_agg(balance, credit_limit)', '{half,in_float8}');
SELECT sharded_query('utilization_agg(balance, credit_limit)', '{half,in_varchar}', '{region}');
SELECT sharded_query('hazard_agg(1, defaulted)', '{half,in_varchar}');

-- ---- Before the first pass ----
\set SHOW_CONTEXT never

SELECT * FROM check_shards('{account,half}');
SELECT * FROM check_shards(NULL) UNION ALL SELECT * FROM check_shards('{}');
-- A search asks what may be on another server, and asks less where nothing can be written.
BEGIN READ ONLY;
SELECT credit_limit_internal.require_shards('{account,half}');
COMMIT;
ALTER TABLE account DETACH PARTITION part_0;
SELECT * FROM check_shards('{half,account}');
SELECT credit_limit_internal.require_shards('{half,account}');
ALTER TABLE account DETACH PARTITION part_1;
SELECT * FROM check_shards('{account}');
CREATE VIEW broken AS SELECT 1 / (n - 1) AS x FROM generate_series(1, 1) n;
SELECT * FROM check_shards('{part_0,broken}');

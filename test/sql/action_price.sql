-- Prices of budgets at which accounts choose among actions: against brute force, plain SQL, and the published figures of two instances.
\i test/helpers.sql

-- ---- Khan's instances I01 and I02 of "one item of each group, several budgets" (2002), as COIN-OR's Dip keeps them ----
-- Optima as published: 173 and 364. Bounds of the linear relaxation by lpSolve 5.6.18: 182.714509 and 365.576923.
CREATE TABLE khan (instance text, "group" bigint, action int, value numeric, uses numeric[]);
COPY khan FROM STDIN (FORMAT csv, DELIMITER ' ');
I01 1 1 7 "{1,3,1,1,6}"
I01 1 2 17 "{1,4,9,9,3}"
I01 1 3 25 "{4,3,9,8,2}"
I01 1 4 35 "{4,5,8,0,6}"
I01 1 5 36 "{6,8,3,0,7}"
I01 2 1 9 "{0,0,4,4,2}"
I01 2 2 10 "{0,0,1,8,7}"
I01 2 3 10 "{1,1,6,0,6}"
I01 2 4 39 "{9,1,2,2,4}"
I01 2 5 44 "{8,7,0,8,2}"
I01 3 1 15 "{2,0,5,5,5}"
I01 3 2 19 "{2,3,2,6,2}"
I01 3 3 20 "{3,1,6,4,7}"
I01 3 4 44 "{6,7,5,6,9}"
I01 3 5 50 "{9,5,9,2,2}"
I01 4 1 5 "{0,1,3,8,0}"
I01 4 2 25 "{2,2,7,0,8}"
I01 4 3 32 "{5,5,6,1,9}"
I01 4 4 37 "{6,3,6,9,1}"
I01 4 5 37 "{7,9,7,2,3}"
I01 5 1 24 "{4,0,7,0,2}"
I01 5 2 30 "{4,8,9,0,0}"
I01 5 3 32 "{5,2,7,2,0}"
I01 5 4 43 "{5,5,9,5,2}"
I01 5 5 44 "{9,2,2,2,3}"
I02 1 1 7 "{1,3,1,1,6}"
I02 1 2 17 "{1,4,9,9,3}"
I02 1 3 25 "{4,3,9,8,2}"
I02 1 4 35 "{4,5,8,0,6}"
I02 1 5 36 "{6,8,3,0,7}"
I02 2 1 9 "{0,0,4,4,2}"
I02 2 2 10 "{0,0,1,8,7}"
I02 2 3 10 "{1,1,6,0,6}"
I02 2 4 39 "{9,1,2,2,4}"
I02 2 5 44 "{8,7,0,8,2}"
I02 3 1 15 "{2,0,5,5,5}"
I02 3 2 19 "{2,3,2,6,2}"
I02 3 3 20 "{3,1,6,4,7}"
I02 3 4 44 "{6,7,5,6,9}"
I02 3 5 50 "{9,5,9,2,2}"
I02 4 1 5 "{0,1,3,8,0}"
I02 4 2 25 "{2,2,7,0,8}"
I02 4 3 32 "{5,5,6,1,9}"
I02 4 4 37 "{6,3,6,9,1}"
I02 4 5 37 "{7,9,7,2,3}"
I02 5 1 24 "{4,0,7,0,2}"
I02 5 2 30 "{4,8,9,0,0}"
I02 5 3 32 "{5,2,7,2,0}"
I02 5 4 43 "{5,5,9,5,2}"
I02 5 5 44 "{9,2,2,2,3}"
I02 6 1 17 "{1,6,0,4,0}"
I02 6 2 22 "{5,1,2,7,0}"
I02 6 3 31 "{5,2,7,9,9}"
I02 6 4 36 "{5,3,6,1,8}"
I02 6 5 41 "{5,7,9,9,6}"
I02 7 1 15 "{0,2,6,5,5}"
I02 7 2 23 "{1,3,7,2,5}"
I02 7 3 25 "{2,2,6,1,9}"
I02 7 4 25 "{2,8,2,3,2}"
I02 7 5 27 "{6,3,4,9,4}"
I02 8 1 25 "{0,9,5,0,2}"
I02 8 2 27 "{6,5,2,2,8}"
I02 8 3 34 "{8,2,5,9,4}"
I02 8 4 36 "{8,5,4,2,2}"
I02 8 5 42 "{6,2,9,0,3}"
I02 9 1 24 "{5,3,4,2,9}"
I02 9 2 28 "{5,9,2,2,9}"
I02 9 3 33 "{3,4,9,7,7}"
I02 9 4 38 "{5,7,7,4,6}"
I02 9 5 44 "{7,7,6,0,8}"
I02 10 1 13 "{0,5,4,5,1}"
I02 10 2 35 "{5,9,4,0,6}"
I02 10 3 38 "{8,8,2,1,0}"
I02 10 4 40 "{5,4,8,0,1}"
I02 10 5 42 "{9,4,8,7,8}"
\.
CREATE TABLE khan_certified AS
SELECT instance, action_price(format('SELECT "group", action, value, uses FROM khan WHERE instance = %L', instance), budgets) AS c
FROM (VALUES ('I01', ARRAY[25, 25, 25, 25, 25]::numeric[]), ('I02', ARRAY[50, 50, 50, 50, 50])) v (instance, budgets);
SELECT instance, s.status, s.n, s.rows, near(s.bound::float8, CASE instance WHEN 'I01' THEN 182.714509 ELSE 365.576923 END, 3e-9) AS bound_of_lpsolve,
  s.value >= 0.99 * CASE instance WHEN 'I01' THEN 173 ELSE 364 END AND s.value <= CASE instance WHEN 'I01' THEN 173 ELSE 364 END AS near_optimum
FROM khan_certified, certificate_summary(c) s ORDER BY instance;
-- The choice itself, counted in plain SQL.
SELECT instance, count(*) = s.n AND sum(a.value) = s.value AS value, bool_and(a.value = k.value AND a.uses = k.uses) AS rows,
  sum(a.uses[1]) <= max(t.amount) AND sum(a.uses[2]) <= max(t.amount) AND sum(a.uses[3]) <= max(t.amount) AND sum(a.uses[4]) <= max(t.amount)
    AND sum(a.uses[5]) <= max(t.amount) AS fits
FROM khan_certified JOIN khan k USING (instance), certificate_summary(c) s, LATERAL (SELECT max(amount) AS amount FROM certificate_table(c)) t,
  allocation_actions(c, format('SELECT "group", action, value, uses FROM khan WHERE instance = %L', instance)) a
WHERE k."group" = a.account_id AND k.action = a.action GROUP BY instance, s.n, s.value ORDER BY instance;

-- ---- Small cases: between brute force and bound ----
CREATE TABLE small AS
SELECT c AS case, g::bigint AS "group", a AS action, (10 * a + floor(30 * draw(c * 1000 + g * 10 + a, 1)))::numeric / 4 AS value,
  ARRAY[a * 5 + floor(20 * draw(c * 1000 + g * 10 + a, 2)) * (a > 0)::int, floor(20 * draw(c * 1000 + g * 10 + a, 3)) * (a > 0)::int]::numeric[] AS uses
FROM generate_series(1, 60) c, generate_series(1, 4) g, generate_series(0, 2) a;
CREATE TABLE small_budget AS SELECT c AS case, ARRAY[round(60 * draw(c, 4)), round(50 * draw(c, 5))]::numeric[] AS budgets FROM generate_series(1, 60) c;
CREATE TABLE brute AS
SELECT s1.case, max(s1.value + s2.value + s3.value + s4.value) AS best
FROM small s1 JOIN small s2 USING ("case") JOIN small s3 USING ("case") JOIN small s4 USING ("case") JOIN small_budget b USING ("case")
WHERE (s1."group", s2."group", s3."group", s4."group") = (1, 2, 3, 4)
  AND s1.uses[1] + s2.uses[1] + s3.uses[1] + s4.uses[1] <= b.budgets[1] AND s1.uses[2] + s2.uses[2] + s3.uses[2] + s4.uses[2] <= b.budgets[2]
GROUP BY s1.case;
CREATE TABLE small_certified AS
SELECT b.case, action_price(format('SELECT "group", action, value, uses FROM small WHERE "case" = %s', b.case), b.budgets) AS c FROM small_budget b;
SELECT count(*) AS cases, count(*) FILTER (WHERE s.value <= best) AS not_above_the_best, count(*) FILTER (WHERE s.bound >= best) AS bound_not_below,
  count(*) FILTER (WHERE s.value = best) >= 57 AS nearly_all_the_best
FROM small_certified JOIN brute USING ("case"), certificate_summary(c) s;
SELECT count(*) AS cases, bool_and(v.holds) AS verified FROM small_certified,
  LATERAL (SELECT bool_and(holds) AS holds FROM verify_allocation(c, format('SELECT "group", action, value, uses FROM small WHERE "case" = %s', "case"))) v;

-- ---- A book of accounts: the same bytes whatever the order, plan and types; the proof is plain SQL ----
CREATE TABLE action AS
SELECT g::bigint AS "group", a AS action,
  CASE a WHEN 0 THEN 0 ELSE round((sqrt(a) * (20 + 80 * draw(g, 1)) + 10 * draw(g * 4 + a, 2))::numeric, 2) END AS value,
  ARRAY[1000 * a + (g % 7) * 10 * a, round((a * 5 * draw(g, 3))::numeric, 2)]::numeric[] AS uses
FROM generate_series(1, 3000) g, generate_series(0, 3) a;
CREATE TABLE certified AS SELECT action_price('TABLE action', ARRAY[3000000, 7000], '{"names": ["exposure", "expected loss"]}') AS c;
SELECT s.status, s.n, s.rows, s.gap < 1e-4 * s.bound AS close, s.n_repaired < 20 AS few, length(s.digest), s.read FROM certified, certificate_summary(c) s;
CREATE TABLE shuffled AS SELECT * FROM action ORDER BY md5("group" || ' ' || action);
SELECT c = action_price('TABLE shuffled', ARRAY[3000000, 7000], '{"names": ["exposure", "expected loss"]}') AS shuffled,
  c = action_price('SELECT action, uses::float8[], "group"::int, value::float8 FROM action', ARRAY[3000000, 7000.0],
    '{"names": ["exposure", "expected loss"]}') AS by_name_and_in_double,
  c = action_price('SELECT "group" AS account, action, value * 1.000, uses FROM action', ARRAY[3000000, 7000],
    '{"names": ["exposure", "expected loss"]}') AS by_place
FROM certified;
ALTER TABLE shuffled SET (parallel_workers = 2);
BEGIN;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SELECT c = action_price('SELECT * FROM shuffled', ARRAY[3000000, 7000], '{"names": ["exposure", "expected loss"]}') AS parallel FROM certified;
COMMIT;
SELECT bool_and(v.holds) AS verified, count(*) AS checks FROM certified, verify_allocation(c, 'action'::regclass) v;
-- The prices of all, given to thirds of the accounts: each third uses what its accounts choose by plain SQL, and proves that it is worth most.
CREATE TABLE price AS SELECT jsonb_agg(t.price ORDER BY t.budget = 'expected loss') AS p FROM certified, certificate_table(c) t;
CREATE TABLE third AS SELECT part, action_price(format('SELECT * FROM action WHERE "group" %% 3 = %s', part), ARRAY[3000000, 7000],
  jsonb_build_object('names', '["exposure", "expected loss"]'::jsonb, 'prices', p)) AS c FROM generate_series(0, 2) part, price;
SELECT count(*) AS thirds, bool_and(s.method = 'given prices' AND s.status = 'binding' AND s.gap = 0 AND s.n_repaired = 0) AS given,
  bool_and(s.value = b.value AND e.used = b.exposure AND e.amount = b.exposure AND l.used = b.loss) AS as_chosen
FROM third, certificate_summary(c) s, certificate_table(c) e, certificate_table(c) l,
  LATERAL (SELECT sum(value) AS value, sum(uses[1]) AS exposure, sum(uses[2]) AS loss
  FROM (SELECT DISTINCT ON ("group") * FROM action, price WHERE "group" % 3 = part
    ORDER BY "group", value - (p ->> 0)::numeric * uses[1] - (p ->> 1)::numeric * uses[2] DESC, action) x) b
WHERE e.budget = 'exposure' AND l.budget = 'expected loss';
SELECT bool_and(v.holds) AS verified FROM third, verify_allocation(c, format('SELECT * FROM action WHERE "group" %% 3 = %s', part)) v;
SELECT (certificate_summary(action_price('TABLE action', ARRAY[1e9, 1e9], '{"prices": [0, 0]}'))).status,
  (certificate_summary(action_price('SELECT * FROM action WHERE false', ARRAY[1, 1], '{"prices": [0, 0.5]}'))).status AS of_nobody;
SELECT action_price('TABLE action', ARRAY[3000000, 7000], '{"prices": [0, 0]}');
SELECT action_price('TABLE action', ARRAY[3000000, 7000], '{"prices": [0]}');
SELECT action_price('TABLE action', ARRAY[3000000, 7000], '{"prices": [-1, 0]}');
SELECT action_price('TABLE action', ARRAY[3000000, 7000], '{"prices": [null, "much"]}');
-- Columns by their names, whatever their places; of four columns without these names by place; never a mixture.
SELECT c = action_price('SELECT value, action, uses, "group" AS account_id, 5 AS more FROM action', ARRAY[3000000, 7000],
    '{"names": ["exposure", "expected loss"]}') AS by_name,
  c = action_price('SELECT "group" AS a, action AS b, value AS c, uses AS d FROM action', ARRAY[3000000, 7000],
    '{"names": ["exposure", "expected loss"]}') AS by_place FROM certified;

-- The prices decide: whoever is not repaired takes what best_action says, and beyond a flip price it says something else.
CREATE TABLE taken AS SELECT a.* FROM certified, allocation_actions(c, 'TABLE action') a;
CREATE TABLE account AS
SELECT "group" AS account_id, array_agg(value ORDER BY action) AS "values", array_agg(uses ORDER BY action) AS uses FROM action GROUP BY 1;
SELECT chosen_by, count(*) > 0 AS some, bool_and(t.action = b - 1) AS best, bool_and(t.flip_up IS NULL) AS no_flip
FROM taken t JOIN account a USING (account_id), certified, LATERAL (SELECT array_agg(price) AS prices FROM certificate_table(c)) p,
  best_action(a.values, a.uses, p.prices) b GROUP BY chosen_by ORDER BY chosen_by;
SELECT side, count(*) > 2000 AS many, bool_and(before = t.action + 1) AS same_before, bool_and(beyond <> t.action + 1) AS other_beyond
FROM taken t JOIN account a USING (account_id), certified, LATERAL (SELECT array_agg(price) AS p FROM certificate_table(c)) p,
  LATERAL (VALUES ('up', t.flip_up[1]::numeric, 1), ('down', t.flip_down[1]::numeric, -1)) f (side, flip, sign),
  best_action(a.values, a.uses, ARRAY[f.flip - sign * 1e-9, p.p[2]]) before, best_action(a.values, a.uses, ARRAY[f.flip + sign * 1e-9, p.p[2]]) beyond
WHERE t.chosen_by = 'price' AND f.flip > 1e-8 AND abs(f.flip - p.p[1]) > 1e-8 GROUP BY side ORDER BY side;

-- ---- From 10,000 accounts on prices decide for everyone; where many tie, a share of them ----
CREATE TABLE large AS
SELECT g::bigint AS "group", a AS action, CASE a WHEN 0 THEN 0 ELSE round((sqrt(a) * (20 + 80 * draw(g, 1)))::numeric, 4) END AS value,
  ARRAY[1000 * a + (g % 7) * 10 * a, round((a * 5 * draw(g, 3))::numeric, 2)]::numeric[] AS uses
FROM generate_series(1, 12000) g, generate_series(0, 3) a;
CREATE TABLE large_certified AS SELECT action_price('TABLE large', ARRAY[12000000, 28000]) AS c;
SELECT s.status, s.n_repaired, s.fill, s.gap < 1e-3 * s.bound AS close FROM large_certified, certificate_summary(c) s;
SELECT count(*) AS accounts, bool_and(chosen_by = 'price') AS by_price, sum(a.value) = s.value AS value,
  sum(uses[1]) <= 12000000 AND sum(uses[2]) <= 28000 AS fits
FROM large_certified, certificate_summary(c) s, allocation_actions(c, 'TABLE large') a GROUP BY s.value;
-- 12,000 accounts of three kinds: any price gives all of a kind the same.
CREATE TABLE alike AS SELECT g::bigint AS "group", a AS action, (a * (3 + g % 3))::numeric AS value, ARRAY[100 * a]::numeric[] AS uses
FROM generate_series(1, 12000) g, generate_series(0, 1) a;
CREATE TABLE alike_certified AS SELECT action_price('TABLE alike', ARRAY[600000]) AS c;
SELECT s.status, s.bound, s.value, s.gap < 0.001 * s.bound AS close, s.fill > 0.4 AND s.fill < 0.6 AS about_half, s.n_repaired, t.price
FROM alike_certified, certificate_summary(c) s, certificate_table(c) t;
SELECT chosen_by, action, count(*) FROM alike_certified, allocation_actions(c, 'TABLE alike') GROUP BY 1, 2 ORDER BY 1, 2;
SELECT bool_and(v.holds) AS verified FROM alike_certified, verify_allocation(c, 'alike'::regclass) v;

-- ---- The proof without the extension ----
SELECT statement AS bound_of_action FROM certified, certificate_sql(c, 'action') LIMIT 1 \gset
SELECT statement AS value_of_action FROM certified, certificate_sql(c, 'action') OFFSET 1 \gset
SELECT statement AS value_of_alike FROM alike_certified, certificate_sql(c, 'alike') OFFSET 1 \gset
SELECT statement AS value_of_large FROM large_certified, certificate_sql(c, 'large') OFFSET 1 \gset
SELECT :'bound_of_action' AS statement;
\set here :DBNAME
CREATE DATABASE regress_action_price TEMPLATE template0;
SELECT data_file('action') AS action_file, data_file('alike') AS alike_file, data_file('large') AS large_file \gset
COPY action TO :'action_file';
COPY alike TO :'alike_file';
COPY large TO :'large_file';
\c regress_action_price
SELECT count(*) FROM pg_extension WHERE extname = 'credit_limit';
\set ECHO none
SET client_min_messages = warning;
CREATE SCHEMA test_action_price;
CREATE TABLE test_action_price.action ("group" bigint, action int, value numeric, uses numeric[]);
CREATE TABLE test_action_price.alike (LIKE test_action_price.action);
CREATE TABLE test_action_price.large (LIKE test_action_price.action);
COPY test_action_price.action FROM :'action_file';
COPY test_action_price.alike FROM :'alike_file';
COPY test_action_price.large FROM :'large_file';
\set ECHO all
SELECT proved FROM (:bound_of_action) s;
SELECT proved FROM (:value_of_action) s;
SELECT proved FROM (:value_of_alike) s;
SELECT proved FROM (:value_of_large) s;
-- A row that changed is not proved.
UPDATE test_action_price.action SET value = value + 0.01 WHERE "group" = 7 AND action = 3;
UPDATE test_action_price.action SET value = value + 0.01 WHERE "group" = 7;
SELECT proved FROM (:bound_of_action) s;
SELECT proved FROM (:value_of_action) s;
\c :here
\set ECHO none
SET search_path = test_action_price, credit_limit;
SET client_min_messages = warning;
\set ECHO all
DROP DATABASE regress_action_price;

-- ---- What is wrong is named ----
CREATE FUNCTION failing(c allocation_certificate, query text) RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(what || coalesce(' of account ' || account_id, ''), ', ') FILTER (WHERE NOT holds) FROM verify_allocation(c, query) $$;
CREATE FUNCTION changed(what text) RETURNS text LANGUAGE sql AS $$
  SELECT 'SELECT "group", action, ' || what || ' FROM action' $$;
SELECT failing(c, 'TABLE action') AS nothing,
  failing(c, changed('value + 0.01 * ("group" = 7)::int, uses')) AS a_value,
  failing(c, changed('value - 100 * ("group" = 7 AND action = 3)::int, uses')) AS a_value_of_no_use,
  failing(c, changed('value, CASE WHEN "group" = 7 THEN ARRAY[uses[1] + 1, uses[2]] ELSE uses END')) AS a_use,
  failing(c, 'SELECT * FROM action WHERE "group" <> 7') AS an_account,
  failing(c, 'SELECT * FROM action WHERE ("group", action) <> (7, 3)') AS a_row,
  failing(c, 'SELECT "group" + 1, action, value, uses FROM action') AS numbers,
  failing(jsonb_set(c::jsonb #- '{budgets,0,slackness}', '{budgets,0,price}', '0.02')::allocation_certificate, 'TABLE action') ~ '^bound, value' AS a_price
FROM certified \gx
SELECT failing(c, format('SELECT * FROM action WHERE ("group", action) <> (%s, %s)', r.account_id, r.action))
  ~ format('repaired of account %s,', r.account_id) AS repaired FROM certified, certificate_repaired(c) r LIMIT 1;

-- The digest by hand, of three accounts: leaves begin with a byte 0, what joins two with a byte 1 (RFC 6962, 2.1).
CREATE TABLE digested AS SELECT * FROM (VALUES (1, 0, 0, 0, '0 0e0 0e0;'), (1, 1, 12.50, 100, '1 125e-1 100e0;'), (2, 5, 1000, 0.030, '5 1000e0 3e-2;'),
  (30, -1, -0.25, 7, '-1 -25e-2 7e0;')) v ("group", action, value, use, text);
WITH leaf AS (
  SELECT "group" AS g, sha256('\x00'::bytea || convert_to("group" || ':' || string_agg(text, '' ORDER BY action), 'UTF8')) AS h FROM digested GROUP BY 1)
SELECT s.digest = encode(sha256('\x01'::bytea || sha256('\x01'::bytea || a.h || b.h) || c.h), 'hex') AS digest
FROM leaf a, leaf b, leaf c, action_price('SELECT "group", action, value, ARRAY[use] FROM digested', ARRAY[1000]) p, certificate_summary(p) s
WHERE (a.g, b.g, c.g) = (1, 2, 30);
SELECT s.digest = encode(sha256('\x00'), 'hex') AS of_nothing FROM action_price('SELECT * FROM action WHERE false', ARRAY[1]) p, certificate_summary(p) s;
SELECT s.digest IS NULL AS left_out FROM action_price('TABLE action', ARRAY[1e9, 1e9], '{"digest": false}') p, certificate_summary(p) s;

-- ---- Statuses, and nothing half-written ----
SELECT s.status, s.value, s.bound, s.gap, t.used, t.price
FROM action_price('TABLE action', ARRAY[1e9, 1e9]) c, certificate_summary(c) s, certificate_table(c) t;
SELECT s.status, s.value, s.bound, t.budget, t.amount, t.used, t.price
FROM action_price('SELECT "group", action + 1, value, ARRAY[uses[1] + 10] FROM action', ARRAY[29999.99]) c,
  certificate_summary(c) s, certificate_table(c) t;
SELECT s.status, s.n, s.value, t.used FROM action_price('SELECT * FROM action WHERE false', ARRAY[1]) c, certificate_summary(c) s, certificate_table(c) t;
-- One row an account, uses below zero, a budget of nothing; no spread.
SELECT s.status, s.value, s.bound, t.used FROM action_price('SELECT 1, 1, 2.5, ARRAY[-3]', ARRAY[-3]) c, certificate_summary(c) s, certificate_table(c) t;
SELECT s.status, s.value, s.bound, t.price FROM action_price('SELECT g, a, a, ARRAY[a] FROM generate_series(1, 10) g, generate_series(0, 1) a', ARRAY[0]) c,
  certificate_summary(c) s, certificate_table(c) t;
SELECT action_price(NULL, ARRAY[1]) IS NULL AND action_price('TABLE action', NULL) IS NULL AS null_is_null;

CREATE FUNCTION refusal(query text, budgets numeric[] DEFAULT '{1}', options jsonb DEFAULT '{}') RETURNS text LANGUAGE plpgsql AS $$
DECLARE detail text;
BEGIN
  PERFORM action_price(query, budgets, options);
  RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
  RETURN sqlstate || ' ' || sqlerrm || ' / ' || detail;
END $$;
SELECT what, refusal(query, budgets, options) FROM (VALUES
  (1, 'three columns', 'SELECT 1, 2, 3', '{1}'::numeric[], '{}'::jsonb),
  (2, 'an account of text', 'SELECT ''a'', 1, 2, ARRAY[1]', '{1}', '{}'),
  (3, 'a use that is no array', 'SELECT 1, 1, 2, 1', '{1}', '{}'),
  (4, 'too few uses', 'SELECT 1, 1, 2, ARRAY[1]', '{1, 2}', '{}'),
  (5, 'a NULL use', 'SELECT 1, 1, 2, ARRAY[NULL::int]', '{1}', '{}'),
  (6, 'a NULL account', 'SELECT NULL::int, 1, 2, ARRAY[1]', '{1}', '{}'),
  (7, 'a NULL value', 'SELECT 5, 1, NULL::float8, ARRAY[1]', '{1}', '{}'),
  (8, 'a NaN', 'SELECT 5, 1, ''NaN''::float8, ARRAY[1]', '{1}', '{}'),
  (9, 'an infinite use', 'SELECT 5, 1, 1, ARRAY[''Infinity''::numeric]', '{1}', '{}'),
  (10, 'too large', 'SELECT 5, 1, 1e19, ARRAY[1]', '{1}', '{}'),
  (11, 'too large for its decimals', 'SELECT 5, a, CASE a WHEN 1 THEN 0.000000001 ELSE 5e9 END, ARRAY[1] FROM generate_series(1, 2) a', '{1}', '{}'),
  (12, 'an action twice', 'SELECT 5, 1, a, ARRAY[1] FROM generate_series(1, 2) a', '{1}', '{}'),
  (13, 'volatile', 'SELECT 5, 1, random(), ARRAY[1]', '{1}', '{}'),
  (14, 'an infinite budget', 'TABLE action', '{Infinity, 1}', '{}'),
  (15, 'no budget', 'TABLE action', '{}', '{}'),
  (16, 'an unknown option', 'TABLE action', '{1, 1}', '{"seed": 1}'),
  (17, 'too few names', 'TABLE action', '{1, 1}', '{"names": ["a"]}'),
  (18, 'a name twice', 'TABLE action', '{1, 1}', '{"names": ["a", "a"]}')) v (n, what, query, budgets, options) ORDER BY n;
CREATE FUNCTION refused(call text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE call;
  RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN RETURN sqlstate || ' ' || sqlerrm;
END $$;
CREATE TABLE floating AS SELECT '{"version": 1, "kind": "float", "method": "m", "response": "none", "status": "slack", "n": 3, "value": 12, "bound": 12,
  "budgets": [{"name": "a", "amount": 1, "price": 0, "used": 1}], "bound_error": 0.25, "passes": 5, "read": "each pass"}'::allocation_certificate AS c;
SELECT refused('SELECT s.* FROM floating, certificate_sql(c, ''action'') s'), refused('SELECT s.* FROM floating, verify_allocation(c, ''TABLE action'') s'),
  refused('SELECT s.* FROM floating, allocation_actions(c, ''TABLE action'') s'),
  refused('SELECT s.* FROM certified, allocation_actions(c, ''SELECT * FROM action WHERE "group" > 2990'') s') \gx
-- A cancel and a timeout end it.
\set VERBOSITY terse
SET statement_timeout = '20ms';
SELECT action_price('SELECT g, a, (a * g) % 17, ARRAY[a] FROM generate_series(1, 3000000) g, generate_series(0, 1) a', ARRAY[1000]);
RESET statement_timeout;
\set VERBOSITY default

-- ---- One account ----
SELECT best_action(ARRAY[0, 7.5], ARRAY[[0], [100]], ARRAY[0.05]) AS dear, best_action(ARRAY[0, 7.5], ARRAY[[0], [100]], ARRAY[0.075]) AS tie,
  best_action(ARRAY[0, 7.5], ARRAY[[0], [100]], ARRAY[0.0750001]) AS too_dear, best_action(NULL, ARRAY[[0]], ARRAY[1]) AS unknown;
SELECT * FROM flip_price(ARRAY[0, 7.5, 9], ARRAY[[0, 1], [100, 1], [200, 0]], ARRAY[0.05, 0]);
SELECT refused('SELECT best_action(ARRAY[0, 1], ARRAY[[0]], ARRAY[1])'), refused('SELECT best_action(ARRAY[0], ARRAY[[0]], ARRAY[-1])'),
  refused('SELECT best_action(ARRAY[0], ARRAY[[0]], ARRAY[1e-40])') \gx

-- ---- Limits in steps ----
SELECT * FROM limit_actions(demand(8, 1), 0.1, 0.01, 500, 2600, 1000, ARRAY[1, 0.01], ARRAY[0, 0.02], 'month');
SELECT count(*) AS actions, bool_and(near(a.value::float8, limit_profit(d, a.credit_limit, 0.1, 0.01, 'month'), 1e-9)) AS values,
  bool_and(near(a.uses_of_limit[2]::float8, 0.01 * a.credit_limit::float8 + 0.02 * expected_draw(d, a.credit_limit), 1e-9)) AS uses
FROM demand(8, 1) d, limit_actions(d, 0.1, 0.01, 0, 6300, 100, ARRAY[1, 0.01], ARRAY[0, 0.02], 'month') a;
SELECT refused('SELECT limit_actions(NULL, 0.1, 0.01, 0, 6300, 100, ARRAY[1])'),
  refused('SELECT limit_actions(demand(8, 1), 0.1, 0.01, 0, NULL, 100, ARRAY[1])') \gx
SELECT refused('SELECT limit_actions(demand(8, 1), 0.1, 0.01, 0, 6400, 100, ARRAY[1])'),
  refused('SELECT limit_actions(demand(8, 1), 0.1, 0.01, 10, 0, 100, ARRAY[1])'),
  refused('SELECT limit_actions(demand(8, 1), 0.1, 0.01, 0, 100, 100, ARRAY[1, 2], ARRAY[1])') \gx
-- The best of them at a price is the limit that optimal_limit finds, to a step.
SELECT count(*) AS limits, max(abs((b - 1) * 100 - optimal_limit(d, 0.1, 0.01, 0, 6300, p, basis => 'month'))) <= 100 AS within_a_step
FROM generate_series(1, 20) i, LATERAL (SELECT demand(6 + 0.1 * i, 0.7) AS d, 0.003 * i AS p) x,
  LATERAL (SELECT array_agg(value ORDER BY action) AS "values", array_agg(uses_of_limit ORDER BY action) AS uses
    FROM limit_actions(d, 0.1, 0.01, 0, 6300, 100, ARRAY[1], basis => 'month')) a, best_action(a.values, a.uses, ARRAY[p::numeric]) b;
CALL remove_data_files();
-- Columns are never taken half by name and half by place.
SELECT refused('SELECT action_price(''SELECT action, "group" AS b, value, uses FROM action'', ARRAY[3000000, 7000])') AS mixed,
  refused('SELECT action_price(''SELECT "group", action, value, uses[1] AS a, uses AS b FROM action'', ARRAY[3000000, 7000])') AS five,
  refused('SELECT certificate_sql(c, ''pg_class'') FROM certified') AS relation \gx

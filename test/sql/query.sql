-- SQL that a caller gives as text: hostile texts in every place that takes a query, a relation, a column or an expression.
\i test/helpers.sql
CREATE SCHEMA query_test;
SET search_path = query_test, credit_limit;

CREATE TABLE loan AS SELECT i AS id, DATE '2024-01-01' + 31 * (i % 4) AS m, chr(65 + i % 5) AS grade, (i * 7919) % 101 AS age,
  (i * 31) % 7 < 2 AS bad FROM generate_series(1, 700) i;
CREATE TABLE loan_demand AS SELECT id, demand_agg(m, age, 100) AS d FROM loan WHERE id <= 20 GROUP BY id;
-- Whatever runs that must not leaves a row here.
CREATE TABLE witness (what text);
CREATE FUNCTION testify() RETURNS int LANGUAGE sql AS 'INSERT INTO query_test.witness VALUES (1) RETURNING 1';
CREATE FUNCTION testify(int) RETURNS boolean LANGUAGE sql AS 'INSERT INTO query_test.witness VALUES (1) RETURNING true';
CREATE SEQUENCE ticket;
CREATE VIEW with_random AS SELECT *, random() AS r FROM loan;
CREATE VIEW with_lock AS SELECT * FROM loan FOR UPDATE;

CREATE TABLE place (what text, call text, good text);
INSERT INTO place VALUES
  ('chart_html query', 'SELECT credit_limit.chart_html(%L, ''bar'')', 'SELECT grade, age FROM loan'),
  ('logistic_regression_fit query', 'SELECT credit_limit.logistic_regression_fit(%L)', 'SELECT bad, ARRAY[age] FROM loan'),
  ('demand_prior_fit query', 'SELECT credit_limit.demand_prior_fit(%L)', 'SELECT id, d FROM loan_demand'),
  ('shadow_price query', 'SELECT credit_limit.shadow_price(%L, ''{"a": 9}'')', 'SELECT id AS account_id, 5 AS mu, 1 AS sigma, 0 AS p_zero, 0.1 AS margin, '
    '0.02 AS carry, 1 AS use_a FROM loan'),
  ('shadow_price query of shards', 'SELECT credit_limit.shadow_price(%L, ''{"a": 9}'', ''{"shards": ["loan"]}'')', 'SELECT id AS account_id, 5 AS mu, '
    '1 AS sigma, 0 AS p_zero, 0.1 AS margin, 0.02 AS carry, 1 AS use_a FROM shard'),
  ('shadow_price query in scenarios', 'SELECT credit_limit.shadow_price(%L, ''{"a": 9}'', ''{"scenarios": [{"name": "s", "pd": 2}]}'')',
    'SELECT id AS account_id, 5 AS mu, 1 AS sigma, 0.1 AS margin, 0.02 AS carry, 0.01 AS pd, 0.5 AS lgd, 0.4 AS ccf, 1 AS use_a FROM loan'),
  ('budget_frontier query', 'SELECT * FROM credit_limit.budget_frontier(%L, ''a'', 1, ''{"to": 9}'')', 'SELECT id AS account_id, 5 AS mu, 1 AS sigma, '
    '0 AS p_zero, 0.1 AS margin, 0.02 AS carry, 1 AS use_a FROM loan'),
  ('budget_frontier budget', 'SELECT * FROM credit_limit.budget_frontier(''SELECT id AS account_id, 5 AS mu, 1 AS sigma, 0 AS p_zero, 0.1 AS margin, '
    '0.02 AS carry, 1 AS use_a FROM loan'', %L, 1, ''{"to": 9}'')', 'a'),
  ('action_price query', 'SELECT credit_limit.action_price(%L, ''{1000}'')', 'SELECT id, 1, age, ARRAY[age] FROM loan'),
  ('allocation_actions query', 'SELECT * FROM cards, credit_limit.allocation_actions(certificate, %L)', 'SELECT id, 1, age, ARRAY[age] FROM loan'),
  ('verify_allocation query', 'SELECT * FROM cards, credit_limit.verify_allocation(certificate, %L)', 'SELECT id, 1, age, ARRAY[age] FROM loan'),
  ('verify_allocation relation', 'SELECT * FROM cards, credit_limit.verify_allocation(certificate, %L::regclass)', 'loan_action'),
  ('certificate_sql relation', 'SELECT * FROM cards, credit_limit.certificate_sql(certificate, %L)', 'loan_action'),
  ('band_policy query', 'SELECT * FROM credit_limit.band_policy(%L, ''{"down": {"column": "age", "limit": "rises"}, "across": {"column": "half", '
    '"limit": "falls"}}'', ''{"down": 2, "across": 2}'', ''{"a": 900}'')', 'SELECT id AS account_id, 5 AS mu, 1 AS sigma, 0 AS p_zero, 0.1 AS margin, '
    '0.02 AS carry, 1 AS use_a, age, age / 2 AS half FROM loan'),
  ('band_policy column', 'SELECT * FROM credit_limit.band_policy(''SELECT id AS account_id, 5 AS mu, 1 AS sigma, 0 AS p_zero, 0.1 AS margin, '
    '0.02 AS carry, 1 AS use_a, age, age / 2 AS half FROM loan'', jsonb_build_object(''down'', jsonb_build_object(''column'', %L::text, ''limit'', '
    '''rises''), ''across'', ''{"column": "half", "limit": "falls"}''::jsonb), ''{"down": 2, "across": 2}'', ''{"a": 900}'')', 'age'),
  ('logit_stepwise query', 'SELECT * FROM credit_limit.logit_stepwise(%L, ARRAY[''age''])', 'SELECT bad, ARRAY[age] FROM loan'),
  ('logit_stepwise terms', 'SELECT * FROM credit_limit.logit_stepwise(''SELECT bad, ARRAY[age] FROM loan'', ARRAY[%L])', 'age'),
  ('psi_by_period relation', 'SELECT * FROM credit_limit.psi_by_period(%L, ''grade'', ''m'')', 'loan'),
  ('psi_by_period bin', 'SELECT * FROM credit_limit.psi_by_period(''loan'', %L, ''m'')', 'grade'),
  ('psi_by_period period', 'SELECT * FROM credit_limit.psi_by_period(''loan'', ''grade'', %L)', 'm'),
  ('psi_by_period reference', 'SELECT * FROM credit_limit.psi_by_period(''loan'', ''grade'', ''m'', %L)', '2024-01-01'),
  ('stability_report expected', 'SELECT * FROM credit_limit.stability_report((SELECT card FROM cards), %L, ''loan'')', 'loan'),
  ('stability_report actual', 'SELECT * FROM credit_limit.stability_report((SELECT card FROM cards), ''loan'', %L)', 'loan'),
  ('stability_summary expected', 'SELECT * FROM credit_limit.stability_summary((SELECT card FROM cards), %L, ''loan'')', 'loan'),
  ('variable_screening relation', 'SELECT * FROM credit_limit.variable_screening(%L, ''bad'')', 'loan'),
  ('variable_screening event', 'SELECT * FROM credit_limit.variable_screening(''loan'', %L)', 'bad'),
  ('variable_screening columns', 'SELECT * FROM credit_limit.variable_screening(''loan'', ''bad'', ARRAY[%L])', 'age'),
  ('train_scorecard relation', 'SELECT * FROM credit_limit.train_scorecard(%L, ''bad'', NULL, ''{"screening": {"min_iv": 0}}'')', 'loan'),
  ('train_scorecard event', 'SELECT * FROM credit_limit.train_scorecard(''loan'', %L, NULL, ''{"screening": {"min_iv": 0}}'')', 'bad'),
  ('train_scorecard characteristics', 'SELECT * FROM credit_limit.train_scorecard(''loan'', ''bad'', ARRAY[%L], ''{"screening": {"min_iv": 0}}'')', 'age'),
  ('scorecard_refit relation', 'SELECT * FROM credit_limit.scorecard_refit((SELECT card FROM cards), %L, ''bad'')', 'loan'),
  ('scorecard_refit event', 'SELECT * FROM credit_limit.scorecard_refit((SELECT card FROM cards), ''loan'', %L)', 'bad'),
  ('cross_validate relation', 'SELECT * FROM credit_limit.cross_validate(%L, ''bad'', ARRAY[''age''], ''{"screening": {"min_iv": 0}}'', 2)', 'loan'),
  ('cross_validate fold_by', 'SELECT * FROM credit_limit.cross_validate(''loan'', ''bad'', ARRAY[''age''], ''{"screening": {"min_iv": 0}}'', 2, %L)', 'id'),
  ('release_table query', 'SELECT pg_typeof(credit_limit_internal.table_of_query(%L))', 'SELECT disclosure_table_agg(''a'', ''x'', id, age) FROM loan'),
  ('make_release query', 'SELECT * FROM credit_limit_internal.noisy_table(%L, ''{"rows": ["a"], "columns": ["x"], "epsilon_n": 1}'')',
    'SELECT ''a'', ''x'', id, age FROM loan'),
  ('sharded_query aggregate', 'SELECT credit_limit.sharded_query(%L, ''{loan}'')', 'hazard_agg(age, bad)'),
  ('sharded_query group_by', 'SELECT credit_limit.sharded_query(''hazard_agg(age, bad)'', ''{loan}'', ARRAY[%L])', 'age'),
  ('sharded_query condition', 'SELECT credit_limit.sharded_query(''hazard_agg(age, bad)'', ''{loan}'', ''{age}'', %L)', 'bad'),
  ('swap_set relation', 'SELECT * FROM cards c, credit_limit.swap_set(%L, c.card, c.card, 500, 500)', 'loan'),
  ('swap_set event', 'SELECT * FROM cards c, credit_limit.swap_set(''loan'', c.card, c.card, 500, 500, %L)', 'bad'),
  ('a card read back as SQL', 'SELECT credit_limit.scorecard_sql(jsonb_set(card::jsonb, ''{characteristics,0,name}'', '
    'to_jsonb(%L::text))::credit_limit.scorecard) FROM cards', 'age'),
  ('a binning written as SQL', 'SELECT credit_limit.binning_sql(credit_limit.optimal_binning(age, bad), %L) FROM loan', 'age');
CREATE TABLE loan_action AS SELECT id, 1 AS action, age, ARRAY[age] FROM loan;
CREATE TABLE cards AS SELECT card, action_price('TABLE query_test.loan_action', '{100000}') AS certificate
FROM train_scorecard('loan', 'bad', ARRAY['age', 'grade'], '{"screening": {"min_iv": 0}}');
-- Every argument of these names has a place above.
SELECT p.proname, string_agg(a.name, ', ' ORDER BY a.n) AS arguments
FROM pg_proc p, unnest(p.proargnames) WITH ORDINALITY a (name, n)
WHERE p.pronamespace = 'credit_limit'::regnamespace AND a.name IN ('query', 'relation', 'bin_expression', 'period_expression', 'expression', 'terms')
  AND a.n <= p.pronargs AND p.proname NOT IN ('require_repeatable', 'require_event_column', 'is_report', 'alert_sql', 'latest_row')
GROUP BY p.oid, p.proname ORDER BY p.proname, arguments;

CREATE TABLE hostile (text text);
INSERT INTO hostile VALUES
  -- what closes a parenthesis and goes on
  ('SELECT true, ARRAY[1.0]) AS q(event, x); SELECT * FROM (SELECT true AS e, ARRAY[1.0] AS x'),
  ('SELECT true AS x, ARRAY[1.0] AS event) AS q UNION ALL SELECT NULL, NULL FROM (SELECT 1, 2'),
  ('bad) FROM loan; SELECT testify(); SELECT (1'), ('grade) AS b FROM loan) s GROUP BY 1, 2; SELECT testify(); SELECT s.b, s.b FROM (SELECT (1'),
  ('age), testify(), (1'), ('age) FROM loan, (SELECT testify()) t, LATERAL (SELECT 1'), ('1)) AS b FROM (SELECT testify()) t) s --'),
  (')'), ('('), ('()'), ('1) --'), ('1)/*'), ('*/ 1'), ('/* '), ('--'), ('1 --'), ('1 -- )'), (E'1 --\n'), (E'1 \n) AS q --'),
  -- several statements, other statements
  ('SELECT bad, ARRAY[age] FROM loan; SELECT 1'), ('SELECT bad, ARRAY[age] FROM loan;'), ('SELECT bad, ARRAY[age] FROM loan; -- that is all'),
  (';'), (';;'), (''), (' '), (E'\n\t'), ('SELECT'), ('SELECT FROM loan'), ('VALUES (true, ARRAY[1.0])'), ('TABLE loan'), ('TABLE witness'),
  ('INSERT INTO witness VALUES (1)'), ('INSERT INTO witness VALUES (1) RETURNING true, ARRAY[1.0]'), ('DELETE FROM loan RETURNING bad, ARRAY[age]'),
  ('UPDATE loan SET age = 0 RETURNING bad, ARRAY[age]'), ('TRUNCATE loan'), ('DROP TABLE loan'), ('CREATE TABLE taken AS SELECT 1'),
  ('SELECT bad, ARRAY[age] INTO taken FROM loan'), ('WITH w AS (INSERT INTO witness VALUES (1) RETURNING 1) SELECT bad, ARRAY[age] FROM loan, w'),
  ('SELECT bad, ARRAY[age] FROM (WITH w AS (DELETE FROM loan RETURNING *) SELECT * FROM w) w'), ('EXPLAIN ANALYZE SELECT testify()'),
  ('COPY loan TO STDOUT'), ('SET search_path = nowhere'), ('RESET ALL'), ('BEGIN'), ('COMMIT'), ('ROLLBACK'), ('SAVEPOINT a'),
  ('DO $$ BEGIN PERFORM testify(); END $$'), ('CALL testify()'), ('PREPARE p AS SELECT 1'), ('EXECUTE p'), ('DECLARE c CURSOR FOR SELECT 1'),
  ('FETCH c'), ('SHOW search_path'), ('LOCK TABLE loan'), ('VACUUM'), ('DISCARD ALL'), ('NOTIFY x'),
    ('MERGE INTO loan USING witness ON true WHEN MATCHED THEN DELETE'),
  -- reads that write, lock, or differ from one time to the next
  ('SELECT testify(1), ARRAY[1.0]'), ('SELECT bad, ARRAY[testify()] FROM loan'), ('SELECT bad, ARRAY[age] FROM loan WHERE testify(1)'),
  ('SELECT bad, ARRAY[age] FROM loan ORDER BY testify()'), ('SELECT bad, ARRAY[age] FROM loan LIMIT testify()'), ('testify()'), ('testify(1)'),
  ('SELECT bad, ARRAY[age] FROM loan FOR UPDATE'), ('SELECT bad, ARRAY[age] FROM loan FOR KEY SHARE'), ('SELECT bad, ARRAY[age] FROM with_lock'),
  ('SELECT bad, ARRAY[age] FROM with_random'), ('with_random'), ('with_lock'), ('SELECT bad, ARRAY[nextval(''ticket'')] FROM loan'), ('nextval(''ticket'')'),
  ('SELECT bad, ARRAY[random()] FROM loan'), ('random()::text'), ('SELECT bad, ARRAY[age] FROM loan TABLESAMPLE bernoulli (50)'), ('clock_timestamp()'),
  ('SELECT set_config(''search_path'', ''nowhere'', true) IS NULL, ARRAY[1.0]'), ('set_config(''search_path'', ''nowhere'', false)'), ('pg_sleep(0)'),
  ('SELECT pg_terminate_backend(pg_backend_pid()), ARRAY[1.0]'), ('SELECT true, ARRAY[lo_creat(-1)::float8]'), ('SELECT dblink(1), ARRAY[1.0]'),
  -- columns that are not those
  ('SELECT 1, ARRAY[1.0]'), ('SELECT ARRAY[1.0], true'), ('SELECT true, 1'), ('SELECT true'), ('SELECT true, ARRAY[1.0], 1, 1'), ('SELECT NULL, NULL'),
  ('SELECT true AS x, ARRAY[1.0] AS event'), ('SELECT ARRAY[1.0] AS x, true AS event'), ('SELECT true AS event, ARRAY[1.0] AS x, 1 AS wait'),
  ('SELECT true, ARRAY[''a'']'), ('SELECT true, ARRAY[ROW(1)]'), ('SELECT true, ARRAY[[1.0]]'), ('SELECT true, ''{}''::float8[]'),
    ('SELECT true, NULL::float8[]'),
  ('SELECT true, ARRAY[NULL]::float8[]'), ('SELECT true, ARRAY[1.0], ''a'''), ('SELECT true, ARRAY[1.0], ARRAY[1.0]'), ('SELECT true, ARRAY[1.0], -1'),
  ('SELECT true, ARRAY[''NaN''::float8, ''Infinity'']'), ('SELECT true, ARRAY[1e200]'), ('SELECT true, array_fill(1.0, ARRAY[1001])'),
  ('SELECT true, ARRAY[1.0] FROM generate_series(1, 3) i UNION ALL SELECT false, ARRAY[1.0, 2.0]'), ('SELECT l, l FROM loan l'),
    ('SELECT ''c''::cstring, ''c''::cstring'),
  ('SELECT ROW(true), ROW(ARRAY[1.0])'), ('SELECT true, int2vector ''1 2'''), ('SELECT true, oidvector ''1 2'''), ('SELECT true, ARRAY[1::oid]'),
  ('SELECT id, d FROM loan_demand'), ('SELECT d, id FROM loan_demand'), ('SELECT id, d FROM loan_demand FOR SHARE'), ('SELECT testify(), d FROM loan_demand'),
  ('SELECT d AS demand, id AS account FROM loan_demand) AS q (demand, account); SELECT testify() FROM (SELECT 1'), ('SELECT 1, d FROM loan_demand'),
  ('SELECT 7213::bigint, 7213::bigint'), ('SELECT ''internal'', ARRAY[1]'), ('SELECT unnest(ARRAY[true, false]), ARRAY[1.0]'),
    ('SELECT true, ARRAY[1.0] WHERE false'),
  ('SELECT $1, ARRAY[1.0]'), ('SELECT true, $1'), ('$1'), ('$1::text'), ('SELECT true, ARRAY[1.0] FROM q'),
    ('SELECT q.event, q.x FROM q'), ('q.event'), ('s.p'),
  -- names that must be quoted, and things that break quoting
  ('"'), (''''), ('''''; SELECT testify(); --'), ('"); SELECT testify(); --'), ('$$'), ('$a$ 1 $b$'), (E'\\'), (E'a\\''b'), ('%'),
    ('%s%I%L%n'), ('@'), ('@book@'),
  ('pg_class'), ('pg_catalog.pg_class'), ('information_schema.tables'), ('0'), ('-1'), ('4294967295'), ('loan; DROP TABLE loan'),
    ('loan, witness'), ('query_test.loan t, witness'),
  ('LOAN'), ('"loan"'), ('loan.id'), ('loan_pkey'), ('ticket'), ('tableoid'), ('ctid'), ('xmin'), ('*'), ('loan.*'), ('(loan).*'),
    ('bad::int'), ('NOT bad'), ('id'), ('m'),
  ('grade'), ('grade, age'), ('DISTINCT grade'), ('grade AS b'), ('grade b'), ('(SELECT testify())'),
    ('(SELECT 1 FROM with_lock LIMIT 1)'), ('grade COLLATE "C"'), ('DEFAULT'),
  ('ALL'), ('count(*)'), ('rank() OVER ()'), ('generate_series(1, 3)'), ('ARRAY[1]'), ('ROW(1)'), ('loan'), ('NULL'), ('1/0'), ('repeat(grade, 100000)'),
  (U&'caf\00e9'), (U&'\4e2d\6587'), (E'\u202e1'), (repeat('(', 5000) || '1' || repeat(')', 5000)), (repeat('a', 100000)), (repeat('-', 1001));

CREATE TABLE outcome (place text, hostile text, state text, message text);
DO $$
DECLARE
  p record;
  h record;
BEGIN
  FOR p IN SELECT * FROM place LOOP
    -- The call is one that works.
    EXECUTE format(p.call, p.good);
    FOR h IN SELECT * FROM hostile LOOP
      BEGIN
        EXECUTE format(p.call, h.text);
        INSERT INTO outcome VALUES (p.what, h.text, '00000');
      EXCEPTION WHEN OTHERS THEN
        INSERT INTO outcome VALUES (p.what, h.text, SQLSTATE, SQLERRM);
      END;
    END LOOP;
  END LOOP;
END $$;
SELECT count(*) > 3500 AS many, count(*) FILTER (WHERE state = '00000') > 300 AS some_are_harmless FROM outcome;
-- Nothing ran that writes, and nothing is the server's own fault or a failed check of ours.
SELECT count(*) FROM witness;
SELECT last_value, is_called, (SELECT count(*) FROM loan), to_regclass('taken'), current_setting('search_path') FROM ticket;
SELECT place, left(hostile, 60) AS hostile, state, left(message, 100) AS message FROM outcome
WHERE state ~ '^(XX|58|53|08|25|40|55P)' ORDER BY 1, 2;

-- Where the columns turn while the text is prepared, an error and not a crash: a function that says it is immutable moves the search_path.
CREATE SCHEMA s1; CREATE SCHEMA s2;
CREATE TABLE s1.ta AS SELECT i % 2 = 0 AS e, ARRAY[i::float8] AS x FROM generate_series(1, 9) i;
CREATE TABLE s2.ta AS SELECT ARRAY[i::float8] AS e, i % 2 = 0 AS x FROM generate_series(1, 9) i;
CREATE FUNCTION turn() RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM set_config('search_path', 's2, query_test', true); RETURN 1; END $$;
CREATE FUNCTION still() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN turn(); END $$;
CREATE FUNCTION calm() RETURNS int LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN turn(); END $$;
DO $$
DECLARE
  what text;
BEGIN
  FOREACH what IN ARRAY ARRAY['logistic_regression_fit(%L)', 'logit_stepwise(%L, ARRAY[''a''])'] LOOP
    FOR i IN 1 .. 2 LOOP
      BEGIN
        PERFORM set_config('search_path', 's1, query_test', true);
        EXECUTE format('SELECT count(*) FROM credit_limit.' || what, format('SELECT e, x FROM ta WHERE query_test.%s() = 1', (ARRAY['still', 'calm'])[i]));
      EXCEPTION WHEN OTHERS THEN
        ASSERT SQLSTATE IN ('42804', '42883', '55000'), SQLSTATE || SQLERRM;
      END;
    END LOOP;
  END LOOP;
END $$;
-- Rows that differ from scan to scan, behind a function that lies.
CREATE FUNCTION half(i int) RETURNS boolean LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN random() < 0.5; END $$;
SELECT logistic_regression_fit('SELECT bad, ARRAY[age] FROM loan WHERE half(id)');
-- Columns by name, in any order; else by place.
SELECT logistic_regression_fit('SELECT ARRAY[age] AS x, bad AS event FROM loan')::text
  = logistic_regression_fit('SELECT bad, ARRAY[age] FROM loan; -- all')::text AS by_name;
SELECT logistic_regression_fit('SELECT 1 AS weight, ARRAY[age] AS x, bad AS event FROM loan')::text
  = logistic_regression_fit('SELECT bad, ARRAY[age], 1 FROM loan')::text AS by_name;
SELECT logistic_regression_fit('SELECT bad AS event, ARRAY[age] AS x, 1 AS wait FROM loan');
DROP SCHEMA query_test, s1, s2 CASCADE;

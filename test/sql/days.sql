-- Every date that a public function takes, from the catalog: what is no day is refused, or means what is documented, and nothing loops or
-- fills a disk. A new function with a date has no call here, and the test says so.
\set VERBOSITY terse
\i test/helpers.sql
SELECT create_book('book_days');
INSERT INTO book_days.product VALUES ('cash', 'Cash line', 'standby_cash', 'CNY', NULL, NULL);
INSERT INTO book_days.borrower (borrower_id) VALUES (1);
INSERT INTO book_days.account (account_id, borrower_id, product, currency, opened_on, credit_limit) VALUES (1, 1, 'cash', 'CNY', '2026-03-10', 1000);
SELECT draft_policy('book_days', 'p', '{"name": "p", "entitlement": {"bands": [{"score_from": 500, "income_multiple": 1}]}, "product": {"cap": 1000}}')
  AS policy, draft_scorecard('book_days', 'c', '{"name": "c", "base_points": 400, "characteristics": [{"name": "income", "bins": [{"points": 1}]}]}') AS card;
INSERT INTO book_days.allocation_version (name, document, as_of, products, options)
VALUES ('a', action_price('SELECT 1::bigint AS "group", 1 AS action, 0 AS value, ARRAY[0] AS uses', '{5}', '{"names": ["exposure"]}'), '2026-01-01',
  '{}', '{}');
INSERT INTO book_days.allocation_account VALUES (1, 1, 'cash', 1, 1, true, NULL, '{0}', '{0}', '{{0}}', sha256('1:{0}:{0}:{{0}}'), 0, 'price');
CREATE TABLE chosen AS SELECT '{"name": "p", "product": {"cap": 1000}, "target": {"optimal": {"margin": 0.1, "carry": 0}}}'::limit_policy AS p,
  1.0 AS credit_limit, 1.0 AS balance, demand(5, 1) AS demand_mixture;
CREATE TABLE learned AS SELECT demand_model_agg(h) AS m, min(h::text)::behavior AS h
FROM (SELECT behavior_agg(m::date, 100, a * 7 % 90, 5, 5, 0) AS h
  FROM generate_series(1, 40) a, generate_series('2025-01-01'::date, '2026-03-01', '1 month') m GROUP BY a) s;
CREATE TABLE call (function text, argument text, statement text, PRIMARY KEY (function, argument));
\set month '%L, 100::numeric, 50::numeric, NULL::numeric, NULL::numeric, NULL::int'
\set month_float '%L, 100::float8, 50::float8, NULL::float8, NULL::float8, NULL::int'
\set decided '''{"name": "p", "product": {"cap": 1000}}''::limit_policy, (SELECT a FROM (SELECT 1.0 AS credit_limit, 1.0 AS balance) a), %L'
\set months_of_accounts 'sicr_agg(bigint,date,integer,double precision,double precision,double precision,double precision,date'
\set said ')::jsonb - ''definitions'''
INSERT INTO call VALUES
  ('months_on_book(date,date)', 'opened_on', 'SELECT months_on_book(%L, ''2026-01-01'')'),
  ('months_on_book(date,date)', 'as_of', 'SELECT months_on_book(''2026-01-01'', %L)'),
  ('behavior_agg(date,numeric,numeric,numeric,numeric,integer)', 'month', 'SELECT behavior_agg(' || :'month' || ')'),
  ('behavior_agg(date,double precision,double precision,double precision,double precision,integer)', 'month',
    'SELECT behavior_agg(' || :'month_float' || ')'),
  ('behavior_features(date,numeric,numeric,numeric,numeric,integer)', 'month', 'SELECT behavior_features(' || :'month' || ')'),
  ('behavior_features(date,double precision,double precision,double precision,double precision,integer)', 'month',
    'SELECT behavior_features(' || :'month_float' || ')'),
  ('state_path_agg(date,integer)', 'month', 'SELECT state_path_agg(%L, 1)'),
  ('state_path_agg(date,text)', 'month', 'SELECT state_path_agg(%L, ''a''::text)'),
  ('state_path_agg(date,integer,numeric)', 'month', 'SELECT state_path_agg(%L, 1, 2.5)'),
  ('state_path_agg(date,text,numeric)', 'month', 'SELECT state_path_agg(%L, ''a''::text, 2.5)'),
  ('state_path_agg(date,integer,double precision)', 'month', 'SELECT state_path_agg(%L, 1, 2.5::float8)'),
  ('state_path_agg(date,text,double precision)', 'month', 'SELECT state_path_agg(%L, ''a''::text, 2.5::float8)'),
  ('vintage_agg(date,integer,boolean,boolean)', 'cohort', 'SELECT vintage_agg(%L, 1, true, true)'),
  ('vintage_agg(date,integer,boolean,boolean,numeric)', 'cohort', 'SELECT vintage_agg(%L, 1, true, true, 2.5)'),
  ('vintage_agg(date,integer,boolean,boolean,double precision)', 'cohort', 'SELECT vintage_agg(%L, 1, true, true, 2.5::float8)'),
  ('vintage_curves(vintage,date,double precision)', 'as_of',
    'SELECT count(*) FROM vintage_curves((SELECT vintage_agg(''2026-01-01'', 1, true, true)), %L)'),
  (:'months_of_accounts' || ')', 'month', 'SELECT sicr_agg(1, %L, 0, 0, 0, 0, 0, ''2026-01-01''' || :'said'),
  (:'months_of_accounts' || ')', 'as_of', 'SELECT sicr_agg(1, ''2026-01-01'', 0, 0, 0, 0, 0, %L' || :'said'),
  (:'months_of_accounts' || ',jsonb)', 'month', 'SELECT sicr_agg(1, %L, 0, 0, 0, 0, 0, ''2026-01-01'', ''{}''' || :'said'),
  (:'months_of_accounts' || ',jsonb)', 'as_of', 'SELECT sicr_agg(1, ''2026-01-01'', 0, 0, 0, 0, 0, %L, ''{}''' || :'said'),
  ('state_path_agg(bigint,date,integer)', 'month', 'SELECT state_path_agg(5, %L, 1)'),
  ('state_path_agg(bigint,date,text)', 'month', 'SELECT state_path_agg(5, %L, ''a''::text)'),
  ('state_path_agg(bigint,date,integer,numeric)', 'month', 'SELECT state_path_agg(5, %L, 1, 2.5)'),
  ('state_path_agg(bigint,date,text,numeric)', 'month', 'SELECT state_path_agg(5, %L, ''a''::text, 2.5)'),
  ('state_path_agg(bigint,date,integer,double precision)', 'month', 'SELECT state_path_agg(5, %L, 1, 2.5::float8)'),
  ('state_path_agg(bigint,date,text,double precision)', 'month', 'SELECT state_path_agg(5, %L, ''a''::text, 2.5::float8)'),
  ('demand_agg(date,numeric,numeric)', 'month', 'SELECT demand_agg(%L, 5.0, 10.0)'),
  ('demand_agg(date,numeric,numeric,jsonb)', 'month', 'SELECT demand_agg(%L, 5.0, 10.0, ''{}'')'),
  ('demand_agg(date,double precision,double precision)', 'month', 'SELECT demand_agg(%L, 5.0::float8, 10.0::float8)'),
  ('demand_agg(date,double precision,double precision,jsonb)', 'month', 'SELECT demand_agg(%L, 5.0::float8, 10.0::float8, ''{}'')'),
  ('demand_posterior(demand,demand_prior,date,integer)', 'as_of',
    'SELECT demand_posterior(demand_agg(''2001-01-01'', 5.0, 10.0), demand_prior_agg(1, demand(''{"version": 1, "decimals": 0, "months": '
    '[{"month": "2026-01", "credit_limit": 20, "balance": 5}]}''::behavior)), %L) '),
  ('forecast_balance(demand_model,behavior,date,integer)', 'as_of', 'SELECT forecast_balance(m, h, %L) FROM learned'),
  ('forecast_demand(demand_model,behavior,date,integer,text)', 'as_of', 'SELECT forecast_demand(m, h, %L) FROM learned'),
  ('behavior_features(behavior,date)', 'as_of', 'SELECT (behavior_features(behavior_agg(''2026-01-01'', 1.0, 1, 1, 1, 1), %L)).n_12m'),
  ('behavior_add(behavior,date,numeric,numeric,numeric,numeric,integer)', 'month', 'SELECT behavior_add(NULL, ' || :'month' || ')'),
  ('behavior_add(behavior,date,double precision,double precision,double precision,double precision,integer)', 'month',
    'SELECT behavior_add(NULL, ' || :'month_float' || ')'),
  ('decide_limit(limit_policy,record,date)', 'as_of', 'SELECT decide_limit(' || :'decided' || ')'),
  ('limit_choices(limit_policy,record,date)', 'as_of', 'SELECT limit_choices(' || :'decided' || ')'),
  ('explain_limit(limit_policy,record,date)', 'as_of', 'SELECT explain_limit(' || :'decided' || ')'),
  ('decide_limit(limit_policy,record,date,numeric,text)', 'as_of', 'SELECT decide_limit(p, chosen, %L, 5) FROM chosen'),
  ('explain_limit(limit_policy,record,date,numeric)', 'as_of', 'SELECT explain_limit(p, chosen, %L, 5) FROM chosen'),
  ('limit_menu(limit_policy,record,date,text[],double precision,double precision,double precision)', 'as_of',
    'SELECT limit_menu(p, chosen, %L, ''{exposure}'') FROM chosen'),
  ('draft_allocation(text,date,jsonb,jsonb)', 'as_of', 'SELECT draft_allocation(''book_days'', %L, ''{"exposure": 5}'')'),
  ('approve_allocation(text,integer,date,date,bytea)', 'valid_from',
    'SELECT approve_allocation(''book_days'', 1, %L, digest => version_digest(''book_days'', ''allocation'', 1))'),
  ('approve_allocation(text,integer,date,date,bytea)', 'valid_to',
    'SELECT approve_allocation(''book_days'', 1, ''2026-01-01'', %L, version_digest(''book_days'', ''allocation'', 1))'),
  ('add_months(text,date,integer)', 'first_month', 'SELECT add_months(''book_days'', %L, 1)'),
  ('set_business_date(text,date)', 'business_date', 'SELECT set_business_date(''book_days'', %L)'),
  ('preview_decisions(text,date,jsonb)', 'as_of', 'SELECT preview_decisions(''book_days'', %L)'),
  ('simulate_policy(text,integer,integer,date,jsonb)', 'as_of', 'SELECT simulate_policy(''book_days'', 1, 1, %L)'),
  ('refresh_features(text,date,boolean)', 'as_of', 'SELECT refresh_features(''book_days'', %L)'),
  ('refresh_demand(text,date,jsonb)', 'as_of', 'SELECT refresh_demand(''book_days'', %L)'),
  ('refresh_reports(text,date)', 'as_of', 'SELECT refresh_reports(''book_days'', %L)'),
  ('apply_overrides(text,date)', 'as_of', 'SELECT apply_overrides(''book_days'', %L)'),
  ('available_to_draw(text,bigint,date)', 'as_of', 'SELECT available_to_draw(''book_days'', 1, %L)'),
  ('authorize_draw(text,bigint,numeric,date)', 'as_of', 'SELECT authorize_draw(''book_days'', 1, 5, %L)'),
  ('erase_borrower(text,bigint,date,text)', 'erased_on', 'SELECT erase_borrower(''book_days'', 1, %L, ''asked'')'),
  ('retire_allocations(text,date)', 'before', 'SELECT retire_allocations(''book_days'', %L)'),
  ('retire_decisions(text,date,text,text)', 'before', 'SELECT retire_decisions(''book_days'', %L, ''time'')'),
  ('approve_policy(text,integer,date,date,bytea)', 'valid_from',
    'SELECT approve_policy(''book_days'', 1, %L, digest => version_digest(''book_days'', ''policy'', 1))'),
  ('approve_policy(text,integer,date,date,bytea)', 'valid_to',
    'SELECT approve_policy(''book_days'', 1, ''2026-01-01'', %L, version_digest(''book_days'', ''policy'', 1))'),
  ('approve_scorecard(text,integer,date,date,bytea)', 'valid_from',
    'SELECT approve_scorecard(''book_days'', 1, %L, digest => version_digest(''book_days'', ''scorecard'', 1))'),
  ('approve_scorecard(text,integer,date,date,bytea)', 'valid_to',
    'SELECT approve_scorecard(''book_days'', 1, ''2026-01-01'', %L, version_digest(''book_days'', ''scorecard'', 1))'),
  ('retire_version(text,text,integer,date)', 'last_day', 'SELECT retire_version(''book_days'', ''policy'', 1, %L)'),
  ('draft_holdout(text,double precision,integer,date)', 'first_day', 'SELECT draft_holdout(''book_days'', 0.1, 6, %L)'),
  ('replay_decisions(text,date,date)', 'from_day', 'SELECT replay_decisions(''book_days'', %L, ''2026-01-31'')'),
  ('replay_decisions(text,date,date)', 'to_day', 'SELECT replay_decisions(''book_days'', ''2026-01-01'', %L)'),
  ('run_alerts(text,date)', 'as_of', 'SELECT run_alerts(''book_days'', %L)'),
  ('backtest_alerts(text,date,date,jsonb)', 'first_month', 'SELECT backtest_alerts(''book_days'', %L, ''2026-01-31'')'),
  ('backtest_alerts(text,date,date,jsonb)', 'last_month', 'SELECT backtest_alerts(''book_days'', ''2026-01-01'', %L)'),
  ('work_case(text,bigint,text,text,text,date)', 'until', 'SELECT work_case(''book_days'', 1, ''snooze'', until => %L)'),
  ('confirm_group(text,date)', 'until', 'CALL confirm_group(''book_days'', %L)'),
  ('run_job(text,text,date)', 'as_of', 'CALL run_job(''book_days'', ''reports'', %L)'),
  ('run_decisions(text,date,jsonb)', 'as_of', 'CALL run_decisions(''book_days'', %L)');
-- All of them, and no other.
CREATE VIEW public_dates AS SELECT p.oid::regprocedure::text AS function, coalesce(p.proargnames[a.n], '?') AS argument, p.prokind
FROM pg_proc p, LATERAL unnest(p.proargtypes) WITH ORDINALITY a(type, n) WHERE p.pronamespace = 'credit_limit'::regnamespace AND a.type = 'date'::regtype;
SELECT * FROM (SELECT function, argument FROM public_dates EXCEPT SELECT function, argument FROM call) missing;
SELECT * FROM (SELECT function, argument FROM call EXCEPT SELECT function, argument FROM public_dates) gone;

CREATE FUNCTION tried(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  answer text;
BEGIN
  EXECUTE statement INTO answer;
  RETURN coalesce(left(answer, 40), 'NULL');
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE;
END $$;
-- 22023: no day; 22004 is the error of an erasure, 22008 that of the months of a history, years 1 to 9999. months_on_book counts, and knows no
-- month of infinity; a history has no months near a year far away.
SELECT c.function, c.argument, string_agg(tried(format(c.statement, d.day)), ', ' ORDER BY d.n) AS answers
FROM call c, unnest(ARRAY['infinity', '-infinity', '0044-03-15 BC', '5874897-12-31', '1899-12-31', '2200-01-01']::date[]) WITH ORDINALITY d(day, n)
WHERE c.statement NOT LIKE 'CALL%' GROUP BY 1, 2 ORDER BY 3, 1, 2;
-- Procedures that commit cannot be called from there.
\set VERBOSITY sqlstate
SELECT format(c.statement, d.day) FROM call c, unnest(ARRAY['infinity', '0044-03-15 BC', '2200-01-01']::date[]) WITH ORDINALITY d(day, n)
WHERE c.statement LIKE 'CALL%' ORDER BY c.function, n \gexec
\set VERBOSITY terse
-- Nothing was made, moved, approved or erased.
SELECT (SELECT count(*) FROM pg_inherits WHERE inhparent = 'book_days.decision'::regclass) AS partitions,
  (SELECT business_date FROM book_days.business_day) AS day, (SELECT string_agg(status, ' ') FROM book_days.policy_version) AS policy,
  (SELECT pending FROM book_days.account) AS pending, (SELECT count(*) FROM book_days.erasure) AS erased,
  (SELECT count(*) FROM book_days.run WHERE run_id <> 0) AS runs;
-- Nor does a table take such a day: every date column that somebody else than the extension writes.
SELECT c.relname, a.attname, count(k.*) FILTER (WHERE pg_get_constraintdef(k.oid) ~ ('is_day\(' || a.attname || '\)')) > 0 AS kept
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'c'
WHERE c.relnamespace = 'book_days'::regnamespace AND a.atttypid = 'date'::regtype AND a.attnum > 0 AND c.relkind IN ('r', 'p') AND NOT c.relispartition
GROUP BY 1, 2 ORDER BY 3, 1, 2;
INSERT INTO book_days.account_month (account_id, month, credit_limit, balance) VALUES (1, '0044-03-01 BC', 0, 0);

-- A draw before the opening, and on the day.
SELECT available_to_draw('book_days', 1, '2026-03-09'), available_to_draw('book_days', 1, '2026-03-10');
SELECT authorize_draw('book_days', 1, 5, '2026-03-09');
SELECT authorize_draw('book_days', 1, 5, '2026-03-10');
DROP SCHEMA book_days, book_days_report CASCADE;

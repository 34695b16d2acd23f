\i test/helpers.sql

--
-- The document
--

CREATE TABLE policy_test (name text, policy limit_policy);
INSERT INTO policy_test VALUES ('line', '{"name": "cash-line",
  "entitlement": {"bands": [{"score_from": 800, "income_multiple": 3.0, "limit": 200000},
                            {"score_from": 700, "income_multiple": 1.5}, {"score_from": 600, "income_multiple": 0.8}]},
  "risk_cap": [{"pd_below": 0.02, "limit": 300000}, {"pd_below": 0.05, "limit": 50000}, {"limit": 5000}],
  "product": {"floor": 500, "cap": 200000, "step": 100},
  "affordability": {"max_debt_to_income": 0.55, "residual_income": 2000, "apr": 0.18, "payment_rate": 0.05, "payment_floor": 50},
  "regulatory_cap": {"limit": 200000, "source": "Interim Measures 2020"},
  "exclusions": [{"column": "days_past_due", "at_least": 30, "reason": "Past due"},
                 {"column": "fraud_flag", "is": true, "action": "FREEZE", "reason": "Fraud"}],
  "movement": {"max_increase": 0.5, "max_decrease": 0.3, "dead_band": 0.05, "cooling_off_days": {"increase": 90, "decrease": 30}},
  "target": {"demand_quantile": 0.9}, "approval": {"above": 100000}}');
-- Every default is written out; an absent limit is that of the band above.
\pset format unaligned
SELECT policy FROM policy_test;
-- Through text, jsonb and back it stays the same, and so does a policy that uses every key.
INSERT INTO policy_test VALUES ('all', '{"name": "all \"keys\"", "version": "7", "decimals": 3, "currency": "KWD",
  "entitlement": {"bands": [{"score_from": 7e2, "limit": 5000.125}, {"score_from": -1.5, "income_multiple": 0.000001}], "reason": "E"},
  "target": {"column": "wanted_limit", "headroom": 1.25, "reason": "T"},
  "risk_cap": {"bands": [{"limit": 1000}], "reason": "R"},
  "product": {"floor": 1, "cap": 9000, "step": 0.5, "reason": "P", "floor_reason": "F"},
  "affordability": {"residual_income": 10, "apr": 0, "payment_rate": 1, "payment_floor": 5, "fees": 1.5, "reason": "A"},
  "umbrella": {"type": "partitioned", "reason": "U"},
  "regulatory_cap": [{"limit": 900, "valid_from": "2026-02-28", "valid_to": "2026-02-28", "reason": "L1"},
                     {"limit": 800, "source": "law", "valid_to": "2024-02-29"}, {"limit": 7000}],
  "exclusions": [{"column": "a", "above": 1, "at_most": 5, "action": "REFER"}, {"column": "b", "in": ["x", "y\u0041"], "reason": "B"},
                 {"column": "c", "in": [1, 2.5, -3]}, {"column": "d", "is": false, "action": "FREEZE"}, {"column": "pd", "at_least": 0.5}],
  "movement": {"max_increase": 1.5, "max_decrease": 1, "max_increase_amount": 100, "max_decrease_amount": 0.001, "dead_band": 0,
               "risk_decrease_at_once": true, "reason": "M", "dead_band_reason": "D", "cooling_off_reason": "C"},
  "approval": {"above": 0, "reason": "Q"},
  "columns": {"income": "net_income", "umbrella_drawn": "used elsewhere"}}');
SELECT policy FROM policy_test WHERE name = 'all';
\pset format aligned
SELECT name, policy::text::limit_policy::text = policy::text AS text, policy::jsonb::limit_policy::text = policy::text AS jsonb,
       get_byte(credit_limit_internal.limit_policy_send(policy), 0) AS version
  FROM policy_test;
SELECT columns_read('{"name": "n", "risk_cap": [{"limit": 1}], "target": {"demand_quantile": 0.975}}'::limit_policy) @> '{demand_q97_5}' AS q97_5,
  columns_read('{"name": "n", "risk_cap": [{"limit": 1}], "target": {"demand_quantile": 0.9205}}'::limit_policy) @> '{demand_q92_05}' AS q92_05;

-- What is wrong is named with its path, what was found and what is valid.
CREATE FUNCTION pg_temp.try(document text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE m text; d text; h text;
BEGIN
  RETURN 'accepted: ' || document::credit_limit.limit_policy;
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS m = MESSAGE_TEXT, d = PG_EXCEPTION_DETAIL, h = PG_EXCEPTION_HINT;
  RETURN m || ' | ' || d || ' | ' || h;
END $$;
\pset format unaligned
\pset tuples_only on
-- The whole
SELECT pg_temp.try(d) FROM (VALUES ('[]'), ('7'), ('{}'), ('{"name": ""}'), ('{"name": 1}'), ('{"name": "n"}'),
  ('{"name": "n", "nam": 1}'), ('{"name": "n", "name": "m"}'), ('{"name": "n", "decimals": 5}'), ('{"name": "n", "decimals": 1.5}'),
  ('{"name": "n", "regulatory_cap": {"limit": 5}, "target": {"column": "d"}}')) v(d);
-- Each section, put into a policy that is otherwise valid
SELECT pg_temp.try('{"name": "n", "product": {"cap": 1000}, ' || d || '}') FROM (VALUES
  ('"entitlement": []'), ('"entitlement": {}'), ('"entitlement": {"bands": []}'), ('"entitlement": {"bands": {"score_from": 1}}'),
  ('"entitlement": {"bands": [{"limit": 1}]}'), ('"entitlement": {"bands": [{"score_from": 1}]}'),
  ('"entitlement": {"bands": [{"score_from": "high", "limit": 1}]}'),
  ('"entitlement": {"bands": [{"score_from": 1, "limit": 1, "income": 2}]}'),
  ('"entitlement": {"bands": [{"score_from": 1, "limit": -1}]}'), ('"entitlement": {"bands": [{"score_from": 1, "limit": 1.001}]}'),
  ('"entitlement": {"bands": [{"score_from": 1, "income_multiple": 0.1234567}]}'),
  ('"entitlement": {"bands": [{"score_from": 1, "limit": 1}, {"score_from": 1, "limit": 1}]}'),
  ('"entitlement": {"bands": [{"score_from": 2, "limit": 1}, {"score_from": 1, "limit": 2}]}'),
  ('"entitlement": {"bands": [{"score_from": 2, "income_multiple": 1}, {"score_from": 1, "income_multiple": 2}]}'),
  ('"risk_cap": []'), ('"risk_cap": 5'), ('"risk_cap": {"reason": "r"}'), ('"risk_cap": [{"pd_below": 0.1}]'),
  ('"risk_cap": [{"pd_below": 0.1, "limit": 5}]'), ('"risk_cap": [{"limit": 5}, {"limit": 5}]'),
  ('"risk_cap": [{"pd_below": 5, "limit": 5}, {"limit": 5}]'), ('"risk_cap": [{"pd_below": 0.1, "limit": 5}, {"limit": 6}]'),
  ('"risk_cap": [{"pd_below": 0.1, "limit": 5}, {"pd_below": 0.1, "limit": 5}, {"limit": 5}]'),
  ('"umbrella": {}'), ('"umbrella": {"type": "Shared"}'), ('"umbrella": "shared"'),
  ('"affordability": {}'), ('"affordability": {"residual_income": 1}'), ('"affordability": {"residual_income": 1, "apr": 0.1}'),
  ('"affordability": {"residual_income": 1, "apr": 0, "payment_rate": 0}'),
  ('"affordability": {"max_debt_to_income": -1, "apr": 0, "payment_rate": 0.1}'),
  ('"affordability": {"max_debt_to_income": 1, "apr": 18000, "payment_rate": 0.1}')) v(d);
SELECT pg_temp.try('{"name": "n", "product": {"cap": 1000}, ' || d || '}') FROM (VALUES
  ('"regulatory_cap": []'), ('"regulatory_cap": {}'), ('"regulatory_cap": {"limit": "200k"}'),
  ('"regulatory_cap": {"limit": 1, "valid_from": "30.11.2026"}'), ('"regulatory_cap": {"limit": 1, "valid_from": "2026-02-29"}'),
  ('"regulatory_cap": {"limit": 1, "valid_from": "2026-13-01"}'), ('"regulatory_cap": {"limit": 1, "valid_from": 2026}'),
  ('"regulatory_cap": {"limit": 1, "valid_from": "2026-02-01", "valid_to": "2026-01-31"}'),
  ('"exclusions": {}'), ('"exclusions": [{}]'), ('"exclusions": [{"column": "a"}]'), ('"exclusions": [{"column": "a", "at_least": "x"}]'),
  ('"exclusions": [{"column": "a", "at_least": 1, "is": true}]'), ('"exclusions": [{"column": "a", "is": 1}]'),
  ('"exclusions": [{"column": "a", "in": []}]'), ('"exclusions": [{"column": "a", "in": [true]}]'),
  ('"exclusions": [{"column": "a", "in": [1, "x"]}]'), ('"exclusions": [{"column": "a", "in": ["x", 1]}]'),
  ('"exclusions": [{"column": "a", "is": true, "action": "STOP"}]'), ('"exclusions": [{"column": "a", "equals": 1}]'),
  ('"exclusions": [{"column": "pd", "below": 0.01}]'), ('"exclusions": [{"column": "pd", "in": [0.01]}]'),
  ('"movement": {"max_increase": "50%"}'), ('"movement": {"max_decrease": 1.5}'), ('"movement": {"dead_band": -0.1}'),
  ('"movement": {"cooling_off_days": 30}'), ('"movement": {"cooling_off_days": {"increase": 1.5}}'),
  ('"movement": {"risk_decrease_at_once": 1}'), ('"movement": {"max": 1}'),
  ('"target": {}'), ('"target": {"demand_quantile": 1}'), ('"target": {"demand_quantile": 0.5, "column": "c"}'),
  ('"target": {"column": "c", "headroom": 0.9}'), ('"approval": {}'), ('"approval": {"above": 1e30}'),
  ('"columns": {"revenue": "x"}'), ('"columns": {"income": 5}'), ('"columns": {"income": ""}')) v(d);
SELECT pg_temp.try('{"name": "n", "product": ' || d || '}') FROM (VALUES ('{"floor": 5, "cap": 4}'), ('{"step": 0}'), ('{"step": 0.001}'),
  ('{"cap": 99999999999999999999}'), ('{"floor": 1}')) v(d);
\pset tuples_only off
\pset format aligned

--
-- Decisions, each worked out by hand
--

CREATE TABLE policy_account (id int, credit_limit numeric, balance numeric, pending numeric, score float8, pd float8, income numeric,
  obligations numeric, last_limit_change date, demand_q90 numeric, days_past_due int, fraud_flag boolean);
INSERT INTO policy_account VALUES
  -- entitlement 1.5 * 30000; movement 20000 * 1.5
  (1, 20000, 1500, 100, 720, 0.03, 30000, 3000, '2026-01-01', NULL, 0, false),
  -- a new account takes no steps: entitlement 45000, demand 31234.56 rounds down to the step
  (2, 0, 0, NULL, 720, 0.03, 30000, 3000, NULL, 31234.56, 0, false),
  -- PD 0.05 is not below 0.05: 5000, but one decision takes no more than 30 %
  (3, 20000, 0, 0, 720, 0.05, 30000, 3000, NULL, 20000, 0, false),
  -- the same, and 15555 are in use
  (4, 20000, 15000, 555, 720, 0.05, 30000, 3000, NULL, 20000, 0, false),
  -- less than 5 % of 20000 is no change; 5 % is one
  (5, 20000, 0, 0, 720, 0.03, 30000, 3000, NULL, 20999.99, 0, false),
  (6, 20000, 0, 0, 720, 0.03, 30000, 3000, NULL, 21000, 0, false),
  -- raised 89 days ago, 90 days ago; lowered 29 days ago, 30 days ago; changed on the day
  (7, 20000, 0, 0, 720, 0.03, 30000, 3000, '2026-09-02', NULL, 0, false),
  (8, 20000, 0, 0, 720, 0.03, 30000, 3000, '2026-09-01', NULL, 0, false),
  (9, 20000, 0, 0, 720, 0.05, 30000, 3000, '2026-11-01', NULL, 0, false),
  (10, 20000, 0, 0, 720, 0.05, 30000, 3000, '2026-10-31', NULL, 0, false),
  (11, 20000, 0, 0, 720, 0.05, 30000, 3000, '2026-11-30', NULL, 0, false),
  -- excluded: no increase, but a decrease passes; frozen
  (12, 20000, 100, 0, 720, 0.03, 30000, 3000, NULL, NULL, 30, false),
  (13, 20000, 100, 0, 720, 0.05, 30000, 3000, NULL, NULL, 30, false),
  (14, 20000, 100, 0, 720, 0.03, 30000, 3000, NULL, NULL, 30, true),
  -- 120000 would be the limit: 100000 is granted, the rest is referred; an old limit above that needs no approval to fall
  (15, 0, 0, 0, 850, 0.01, 40000, 0, NULL, NULL, 0, false),
  (16, 150000, 0, 0, 850, 0.01, 40000, 0, NULL, NULL, 0, false),
  -- score below the last band, nothing in use and 450 in use: 30 % of 700 leave 490, rounded up to a step
  (17, 700, 0, 0, 500, 0.01, 40000, 0, NULL, NULL, 0, false),
  (18, 700, 450, 0, 500, 0.01, 40000, 0, NULL, NULL, 0, false),
  -- an old limit below the floor may rise to the floor
  (19, 200, 0, 0, 720, 0.01, 40000, 0, NULL, NULL, 0, false),
  -- over the law: at once, whatever movement and cooling-off say; but not below what is in use
  (20, 260000, 0, 0, 850, 0.01, 90000, 0, '2026-11-29', NULL, 0, false),
  (21, 260000, 230050, 0, 850, 0.01, 90000, 0, '2026-11-29', NULL, 0, false),
  -- slack 0.55 * 5000 - 2500 = 250: 250 / 0.065 = 3846.15
  (22, 0, 0, 0, 720, 0.01, 5000, 2500, NULL, NULL, 0, false),
  -- a credit balance is nothing drawn; over the limit nothing is available
  (23, 5000, -50, 0, 720, 0.01, 30000, 0, NULL, 5000, 0, false),
  (24, 5000, 6000, 0, 720, 0.01, 30000, 0, NULL, 5000, 0, false);
SELECT id, (d).action, (d).new_limit, (d).proposed, (d).available, (d).binding, (d).reasons
  FROM (SELECT id, decide_limit(policy, a, '2026-11-30') AS d FROM policy_account a, policy_test p WHERE p.name = 'line' OFFSET 0) s
 ORDER BY id;
SELECT id, (d).old_limit, (d).entitlement, (d).target, (d).risk_cap, (d).product_cap, (d).affordability_cap, (d).umbrella_cap, (d).regulatory_cap
  FROM (SELECT id, decide_limit(policy, a, '2026-11-30') AS d FROM policy_account a, policy_test p WHERE p.name = 'line' OFFSET 0) s
 WHERE id IN (2, 15, 22) ORDER BY id;

-- A legal cap has its days; the smallest in force rules, and says so in its own words.
SELECT day, (d).regulatory_cap, (d).new_limit, (d).reasons
  FROM (SELECT day, decide_limit('{"name": "law", "product": {"cap": 500}, "regulatory_cap": [
          {"limit": 200, "source": "old law", "valid_to": "2026-06-30"}, {"limit": 300, "source": "new law", "valid_from": "2026-06-30"}]}',
          r, day) AS d FROM (SELECT 0 AS credit_limit, 0 AS balance) r,
          unnest(ARRAY['2026-06-29', '2026-06-30', '2026-07-01']::date[]) day OFFSET 0) s ORDER BY day;

-- Shared: limits overlap, their use does not. Partitioned: the limits of the other products count too.
SELECT kind, (d).umbrella_cap, (d).new_limit, (d).available, (d).binding
  FROM (SELECT kind, decide_limit(format('{"name": "u", "product": {"cap": 9000}, "umbrella": {"type": "%s"}}', kind)::limit_policy, r, '2026-11-30') AS d
          FROM (SELECT 0 AS credit_limit, 100 AS balance, 50 AS pending, 10000 AS umbrella_limit, 7000.005 AS umbrella_drawn,
                       8000 AS umbrella_granted) r, unnest(ARRAY['shared', 'partitioned']) kind OFFSET 0) s ORDER BY kind;

-- A higher PD at once, whatever holds other decreases back.
SELECT at_once, (d).new_limit, (d).binding, (d).reasons
  FROM (SELECT at_once, decide_limit(format('{"name": "r", "risk_cap": [{"pd_below": 0.1, "limit": 9000}, {"limit": 1000}],
          "movement": {"max_decrease": 0.1, "cooling_off_days": {"decrease": 60}, "risk_decrease_at_once": %s}}', at_once)::limit_policy, r, '2026-11-30') AS d
          FROM (SELECT 5000 AS credit_limit, 0 AS balance, 0.2 AS pd, date '2026-11-01' AS last_limit_change) r,
               unnest(ARRAY['false', 'true']) at_once OFFSET 0) s ORDER BY at_once;

-- The explanation: every step in order, and the same decision.
SELECT s ->> 'step' AS step, s ->> 'before' AS before, s ->> 'after' AS after, s ->> 'bound' AS bound, s ->> 'text' AS text
  FROM policy_account a, policy_test p, jsonb_array_elements(explain_limit(policy, a, '2026-11-30') -> 'steps') WITH ORDINALITY t(s, n)
 WHERE p.name = 'line' AND id = 4 ORDER BY n;
\pset format unaligned
SELECT explain_limit(policy, a, '2026-11-30') - 'steps' AS explanation FROM policy_account a, policy_test p WHERE p.name = 'line' AND id = 14;
\pset format aligned
SELECT count(*) AS explained, count(*) FILTER (WHERE e -> 'decision' <> to_jsonb(d)) AS differ
  FROM (SELECT decide_limit(policy, a, '2026-11-30') AS d, explain_limit(policy, a, '2026-11-30') AS e
          FROM policy_account a, policy_test p WHERE p.name = 'line' OFFSET 0) s;

--
-- What is not known, and what cannot be
--

CREATE FUNCTION pg_temp.decide(row_sql text, document text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE d credit_limit.limit_decision; m text; t text; h text;
BEGIN
  EXECUTE format('SELECT (decide_limit(coalesce($1::limit_policy, (SELECT policy FROM policy_test WHERE name = ''line'')), r, ''2026-11-30'')).*
     FROM (SELECT %s) r', row_sql) INTO d USING document;
  RETURN d.action || ' ' || coalesce(d.old_limit::text, 'NULL') || ' -> ' || coalesce(d.new_limit::text, 'NULL') || ', available '
      || coalesce(d.available::text, 'NULL') || ', ' || d.binding || ' ' || d.reasons::text;
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS m = MESSAGE_TEXT, t = PG_EXCEPTION_DETAIL, h = PG_EXCEPTION_HINT;
  RETURN SQLSTATE || ' ' || m || ' | ' || t || ' | ' || h;
END $$;
\pset format unaligned
\pset tuples_only on
SELECT pg_temp.decide(format('%s AS credit_limit, %s AS balance, %s AS score, %s AS pd, %s AS income, %s AS obligations,
  NULL::numeric AS demand_q90, %s AS days_past_due, %s AS fraud_flag', l, b, s, p, i, o, d, f))
  FROM (VALUES ('NULL::numeric', '100', '700', '0.01', '9000', '0', '0', 'false'), ('5000', 'NULL::int', '700', '0.01', '9000', '0', '0', 'false'),
    ('5000', '100', 'NULL::int', '0.01', '9000', '0', '0', 'false'), ('5000', '100', '''NaN''::float8', '0.01', '9000', '0', '0', 'false'),
    ('5000', '100', '700', 'NULL::float8', '9000', '0', '0', 'false'), ('5000', '100', '700', '''NaN''::numeric', '9000', '0', '0', 'false'),
    ('5000', '100', '700', '0.01', 'NULL::numeric', 'NULL::numeric', 'NULL::int', 'NULL::boolean'),
    ('5000', '100', 'NULL::int', 'NULL::float8', 'NULL::numeric', 'NULL::numeric', 'NULL::int', 'NULL::boolean'),
    ('5000', '100', '700', '0.01', '9000', '0', '''NaN''::float8', 'true'), ('5000', '100', '700', 'NULL::float8', '9000', '0', '0', 'true'),
    ('5000', '100', '''Infinity''::float8', '0', '90000', '0', '0', 'false'), ('0', '0', '''-Infinity''::float8', '1', '90000', '0', '0', 'false'),
    ('0', '0', '900', '0', '-90000', '0', '0', 'false'),
    ('-1', '100', '700', '0.01', '9000', '0', '0', 'false'), ('5000', '100', '700', '1.01', '9000', '0', '0', 'false'),
    ('5000', '100', '700', '-0.5', '9000', '0', '0', 'false'), ('5000', '100', '700', '''Infinity''::float8', '9000', '0', '0', 'false'),
    ('5000', '''Infinity''::numeric', '700', '0.01', '9000', '0', '0', 'false'), ('5000', '''NaN''::float8', '700', '0.01', '9000', '0', '0', 'false'),
    ('5000', '100', '700', '0.01', '1e18', '0', '0', 'false'), ('5000', '100', '700', '0.01', '1e300::float8', '0', '0', 'false'),
    ('9223372036854775807', '100', '700', '0.01', '9000', '0', '0', 'false'),
    ('92233720368547758.07', '92233720368547758.07', '700', '0.01', '92233720368547758.07', '0', '0', 'false'),
    ('5000', '-1e17', '700', '0.01', '9000', '0', '0', 'false'), ('5000', '100', '''high''', '0.01', '9000', '0', '0', 'false'),
    ('5000', '100', '700', '0.01', '9000', '0', '0', '1')) v(l, b, s, p, i, o, d, f);
SELECT pg_temp.decide(c, '{"name": "c", "decimals": 0, "umbrella": {"type": "partitioned"}, "target": {"column": "wanted"},
    "exclusions": [{"column": "state", "in": ["dead", "lost"], "action": "REFER"}, {"column": "code", "in": [7], "reason": "Code"},
                   {"column": "balance", "above": 10, "below": 20}], "columns": {"balance": "owed"}}') FROM (VALUES
  ('1 AS credit_limit'), ('1 AS credit_limit, 0 AS owed, 5 AS umbrella_limit, 0 AS umbrella_drawn, 0 AS umbrella_granted, 9 AS wanted, ''ok'' AS state'),
  ('1 AS credit_limit, 0 AS owed, 5 AS umbrella_limit, 0 AS umbrella_drawn, 0 AS umbrella_granted, 9 AS wanted, ''ok'' AS state, 7.0 AS code'),
  ('1 AS credit_limit, 0 AS owed, 5 AS umbrella_limit, 0 AS umbrella_drawn, 0 AS umbrella_granted, 9 AS wanted, ''lost''::char(9) AS state, 6::int2 AS code'),
  ('1 AS credit_limit, 15 AS owed, 50 AS umbrella_limit, 0 AS umbrella_drawn, 0 AS umbrella_granted, 9 AS wanted, ''los''::name AS state, 6::float4 AS code'),
  ('1 AS credit_limit, 0 AS owed, 5 AS umbrella_limit, 0 AS umbrella_drawn, 7 AS umbrella_granted, 9 AS wanted, ''deader'' AS state, 6 AS code'),
  ('1 AS credit_limit, 0 AS owed, -5 AS umbrella_limit, 0 AS umbrella_drawn, 7 AS umbrella_granted, 9 AS wanted, ''ok'' AS state, 6 AS code'),
  ('1 AS credit_limit, 0 AS owed, 5 AS umbrella_limit, 0 AS umbrella_drawn, -7 AS umbrella_granted, 9 AS wanted, ''ok'' AS state, 6 AS code'),
  ('1 AS credit_limit, 0 AS owed, 5 AS umbrella_limit, 0 AS umbrella_drawn, 0 AS umbrella_granted, 9 AS wanted, 5 AS state, 6 AS code'),
  ('1 AS credit_limit, 0 AS owed, 0 AS owed, 5 AS umbrella_limit, 0 AS umbrella_drawn, 0 AS umbrella_granted, 9 AS wanted, '''' AS state, 6 AS code'),
  ('1 AS credit_limit, 0 AS owed, 5 AS umbrella_limit, 0 AS umbrella_drawn, 0 AS umbrella_granted, 9 AS wanted, '''' AS state, '
    '6 AS code, 5 AS last_limit_change')) v(c);
-- Finer than the policy's decimals: income and limits down, what is owed up. As numeric, double precision, real.
SELECT pg_temp.decide(format('0::%1$s AS credit_limit, 10.001::%1$s AS balance, 0.009::%1$s AS pending, 100.019::%1$s AS wanted, -0.001::%1$s AS x', t),
  '{"name": "d", "product": {"cap": 1000}, "target": {"column": "wanted"}}') FROM unnest(ARRAY['numeric', 'float8', 'float4']) t;
SELECT pg_temp.decide(format('0 AS credit_limit, 1::%1$s AS balance, 100::%1$s AS wanted', t),
  '{"name": "d", "product": {"cap": 1000}, "target": {"column": "wanted"}}') FROM unnest(ARRAY['int2', 'int4', 'int8']) t;
\pset tuples_only off
\pset format aligned
SELECT decide_limit(NULL, a, '2026-11-30') IS NULL, decide_limit(policy, NULL::policy_account, '2026-11-30') IS NULL, decide_limit(policy, a, NULL) IS NULL
  FROM policy_account a, policy_test WHERE id = 1 AND name = 'line';
SELECT decide_limit(policy, a, 'infinity') FROM policy_account a, policy_test WHERE id = 1 AND name = 'line';
-- Dates without end in the row.
SELECT day, (d).new_limit, (d).binding
  FROM (SELECT day, decide_limit('{"name": "t", "product": {"cap": 9}, "movement": {"cooling_off_days": {"increase": 5}}}', r, '2026-11-30') AS d
          FROM (SELECT 1 AS credit_limit, 0 AS balance, day AS last_limit_change
                  FROM unnest(ARRAY['-infinity', 'infinity', NULL]::date[]) day) r(credit_limit, balance, last_limit_change),
                    LATERAL (SELECT last_limit_change AS day) x OFFSET 0) s
 ORDER BY day;

--
-- The whole decision against plain arithmetic with numeric: other code, another order of thought
--

CREATE FUNCTION pg_temp.oracle(a policy_account, umbrella numeric, elsewhere numeric, as_of date) RETURNS numeric[] LANGUAGE plpgsql AS $$
DECLARE
  old numeric := a.credit_limit;
  used numeric := greatest(a.balance, 0) + greatest(coalesce(a.pending, 0), 0);
  multiple numeric := CASE WHEN a.score >= 800 THEN 3 WHEN a.score >= 700 THEN 1.5 WHEN a.score >= 600 THEN 0.8 ELSE 0 END;
  risk numeric := CASE WHEN a.pd < 0.02 THEN 60000 WHEN a.pd < 0.05 THEN 20000 ELSE 5000 END;
  slack numeric := least(0.55 * a.income, a.income - 2000) - a.obligations;
  afford numeric := CASE WHEN slack < 50 THEN 0 ELSE slack / (0.05 + 0.18 / 12) END;
  in_use numeric := least(old, ceil(used / 100) * 100);
  excluded boolean := a.days_past_due >= 30 OR a.fraud_flag;
  wish numeric; goal numeric; proposed numeric;
BEGIN
  wish := least(trunc(multiple * a.income, 2), trunc(coalesce(a.demand_q90, 1e9) * 1.1, 2), trunc(afford, 2), umbrella, 80000, risk);
  IF wish < 500 THEN wish := 0; END IF;
  IF excluded THEN wish := least(wish, old); END IF;
  goal := wish;
  IF old > 0 AND goal > old THEN
    goal := least(goal, greatest(500, old + trunc(old * 0.5, 2)));
  ELSIF old > 0 THEN
    goal := greatest(goal, least(old, ceil((old - trunc(old * 0.3, 2)) / 100) * 100));
  END IF;
  IF old > 0 AND abs(goal - old) < greatest(100, 0.05 * old) THEN goal := old; END IF;
  IF a.last_limit_change >= as_of OR (a.last_limit_change + CASE WHEN goal > old THEN 90 ELSE 30 END) > as_of THEN goal := old; END IF;
  IF goal <> old THEN
    goal := floor(goal / 100) * 100;
    IF goal < 500 THEN goal := 0; END IF;
  END IF;
  IF goal > risk THEN goal := floor(risk / 100) * 100; END IF;
  proposed := greatest(goal, in_use);
  -- Of a rise that needs approval only a part that the dead band would let pass is granted.
  goal := least(proposed, CASE WHEN old > 0 AND 40000 - old < greatest(100, 0.05 * old) THEN old ELSE greatest(old, 40000) END);
  RETURN ARRAY[goal, proposed, CASE WHEN a.fraud_flag THEN 0 ELSE greatest(0, least(goal - used, umbrella - elsewhere - used)) END];
END $$;
CREATE TABLE policy_random AS SELECT a.*, 10000.00 AS umbrella_limit, 0.00 AS umbrella_drawn FROM policy_account a LIMIT 0;
SELECT setseed(0.2026);
INSERT INTO policy_random
SELECT i, CASE WHEN random() < 0.2 THEN 0 ELSE round((random() * 60000)::numeric, -(random() * 2)::int) END,
       (random() * 30000 - 2000)::numeric(12,2), CASE WHEN random() < 0.3 THEN (random() * 1000)::numeric(12,2) END,
       500 + (random() * 400)::int, round((random() * 0.08)::numeric, 2), (random() * 40000)::numeric(12,2), (random() * 8000)::numeric(12,2),
       CASE WHEN random() < 0.7 THEN date '2026-11-30' - (random() * 150)::int END, CASE WHEN random() < 0.8 THEN (random() * 60000)::numeric(12,2) END,
       (random() * 35)::int, random() < 0.05, (random() * 100000)::numeric(12,2), (random() * 20000)::numeric(12,2)
  FROM generate_series(1, 10000) i;
INSERT INTO policy_test VALUES ('random', '{"name": "random",
  "entitlement": {"bands": [{"score_from": 800, "income_multiple": 3}, {"score_from": 700, "income_multiple": 1.5},
    {"score_from": 600, "income_multiple": 0.8}]},
  "target": {"demand_quantile": 0.9, "headroom": 1.1},
  "risk_cap": [{"pd_below": 0.02, "limit": 60000}, {"pd_below": 0.05, "limit": 20000}, {"limit": 5000}],
  "product": {"floor": 500, "cap": 80000, "step": 100},
  "affordability": {"max_debt_to_income": 0.55, "residual_income": 2000, "apr": 0.18, "payment_rate": 0.05, "payment_floor": 50},
  "umbrella": {"type": "shared"},
  "exclusions": [{"column": "days_past_due", "at_least": 30}, {"column": "fraud_flag", "is": true, "action": "FREEZE"}],
  "movement": {"max_increase": 0.5, "max_decrease": 0.3, "dead_band": 0.05, "cooling_off_days": {"increase": 90, "decrease": 30},
    "risk_decrease_at_once": true},
  "approval": {"above": 40000}}');
CREATE TABLE policy_decided AS
SELECT id, r, decide_limit(policy, r, '2026-11-30') AS d FROM policy_random r, policy_test p WHERE p.name = 'random';
SELECT count(*) AS accounts,
       count(*) FILTER (WHERE ARRAY[(d).new_limit, (d).proposed, (d).available] <>
         pg_temp.oracle(ROW((r).id, (r).credit_limit, (r).balance, (r).pending, (r).score, (r).pd, (r).income, (r).obligations,
           (r).last_limit_change, (r).demand_q90, (r).days_past_due, (r).fraud_flag)::policy_account, (r).umbrella_limit,
             (r).umbrella_drawn, '2026-11-30')) AS wrong
  FROM policy_decided;
-- What must not make a higher PD give more: the PD under another name, as an exclusion or as an amount.
SELECT '{"name": "x", "product": {"cap": 1000}, "columns": {"pd": "pd12"}, "risk_cap": [{"limit": 500}],
  "exclusions": [{"column": "pd12", "below": 0.5}]}'::limit_policy;
SELECT '{"name": "x", "product": {"cap": 1000}, "risk_cap": [{"limit": 500}], "target": {"column": "pd"}}'::limit_policy;
-- What would never exclude, never offer, or is meant in per cent.
SELECT '{"name": "x", "product": {"cap": 1000}, "exclusions": [{"column": "c", "at_least": 10, "at_most": 5}]}'::limit_policy;
SELECT '{"name": "x", "product": {"cap": 1000}, "exclusions": [{"column": "c", "above": 5, "at_most": 5}]}'::limit_policy;
SELECT '{"name": "x", "product": {"cap": 1000}, "exclusions": [{"column": "c", "at_least": 5, "at_most": 5}]}'::limit_policy;
SELECT '{"name": "x", "product": {"floor": 150, "cap": 190, "step": 200}}'::limit_policy;
SELECT '{"name": "x", "risk_cap": [{"pd_below": 0, "limit": 500}, {"limit": 100}]}'::limit_policy;
SELECT '{"name": "x", "product": {"cap": 1000}, "movement": {"max_increase": 50}}'::limit_policy;
-- A real is its shortest decimal: 0.02 is not below 0.02, 0.7 is at least 0.7.
SELECT (decide_limit('{"name": "x", "risk_cap": [{"pd_below": 0.02, "limit": 500}, {"limit": 100}],
  "exclusions": [{"column": "u", "at_least": 0.7, "action": "FREEZE"}]}', a, '2026-11-30')).*
FROM (SELECT 0 AS credit_limit, 0 AS balance, 0.02::real AS pd, 0.7::real AS u) a;
-- A part of a rise that the dead band would not let pass is not granted; a larger one is.
SELECT old, (decide_limit('{"name": "x", "product": {"cap": 50000, "step": 100}, "movement": {"dead_band": 0.1},
  "approval": {"above": 20100}}', a, '2026-11-30')).new_limit, (decide_limit('{"name": "x", "product": {"cap": 50000, "step": 100},
  "movement": {"dead_band": 0.1}, "approval": {"above": 20100}}', a, '2026-11-30')).proposed
FROM (SELECT old, old AS credit_limit, 0 AS balance FROM unnest(ARRAY[20000, 15000]) old) a;

-- Every kind of decision is among them.
SELECT (d).action, (d).binding FROM policy_decided GROUP BY 1, 2 ORDER BY 1, 2;
SELECT count(*) AS explained, count(*) FILTER (WHERE e -> 'decision' <> to_jsonb(d)) AS differ
  FROM (SELECT d, explain_limit(policy, r, '2026-11-30') AS e FROM policy_decided, policy_test p WHERE p.name = 'random' AND id <= 1000 OFFSET 0) s;

-- The guarantees over the same accounts: counts of violations.
SELECT count(*) FILTER (WHERE (d).new_limit < least((r).credit_limit, greatest((r).balance, 0) + coalesce((r).pending, 0))) AS below_drawn,
       count(*) FILTER (WHERE ((r).days_past_due >= 30 OR (r).fraud_flag) AND (d).new_limit > (r).credit_limit) AS excluded_rise,
       count(*) FILTER (WHERE (d).new_limit > (r).credit_limit AND (d).new_limit > least((d).entitlement, (d).target, (d).risk_cap, (d).product_cap,
                                                                                   (d).affordability_cap, (d).umbrella_cap)) AS above_cap,
       count(*) FILTER (WHERE cardinality((d).reasons) NOT BETWEEN 1 AND 4) AS reasons,
       count(*) FILTER (WHERE (d).available > 0 AND (d).available + greatest((r).balance, 0) + coalesce((r).pending,
         0) + (r).umbrella_drawn > (r).umbrella_limit) AS over_umbrella
  FROM policy_decided;
-- Higher PD, lower score, lower income: never more.
SELECT count(*) FILTER (WHERE (decide_limit(policy, s, '2026-11-30')).new_limit > old_new) AS more
  FROM (SELECT (d).new_limit AS old_new, (r).id, (r).credit_limit, (r).balance, (r).pending, (r).score - k * 40 AS score, (r).pd + (1 - k) * 0.03 AS pd,
               (r).income * (1 - k * 0.1) AS income, (r).obligations, (r).last_limit_change, (r).demand_q90, (r).days_past_due, (r).fraud_flag,
               (r).umbrella_limit, (r).umbrella_drawn FROM policy_decided, generate_series(0, 1) k) s, policy_test p WHERE p.name = 'random';
-- A second run on the same day changes nothing, and a run is the same for several workers and document values.
WITH applied AS (
  SELECT (d).new_limit AS credit_limit, (r).balance, (r).pending, (r).score, (r).pd, (r).income, (r).obligations,
         CASE WHEN (d).new_limit <> (d).old_limit THEN date '2026-11-30' ELSE (r).last_limit_change END AS last_limit_change,
         (r).demand_q90, (r).days_past_due, (r).fraud_flag, (r).umbrella_limit, (r).umbrella_drawn FROM policy_decided)
SELECT count(*) FILTER (WHERE (d).new_limit <> (d).old_limit) AS changed
  FROM (SELECT decide_limit(policy, a, '2026-11-30') AS d FROM applied a, policy_test p WHERE p.name = 'random' OFFSET 0) s;
-- Champion and challengers row by row, more of them than are kept compiled.
WITH p AS (SELECT n, jsonb_set(policy::jsonb, '{product,cap}', to_jsonb(1000 * n))::limit_policy AS policy
             FROM policy_test, generate_series(1, 12) n WHERE name = 'random')
SELECT count(*) FILTER (WHERE (d).product_cap <> 1000 * n) AS wrong, count(*)
  FROM (SELECT n, decide_limit(policy, r, '2026-11-30') AS d FROM policy_random r, p WHERE r.id <= 200 OFFSET 0) s;

--
-- The target from a column of type demand
--

-- Demand exp(N(7, 0.5^2)): its quantile 0.9 is exp(7 + 0.5 * 1.2815515655446) = 2081.36, to the nearest cent, and the step is 100.
CREATE TABLE demand_policy AS SELECT '{"name": "d", "target": {"demand_quantile": 0.9}, "product": {"cap": 50000, "step": 1}}'::limit_policy AS p,
  '{"version": 1, "distribution": "lognormal", "basis": "peak", "horizon": 3, "posterior": {"status": "out_of_scope", "n": 0, "n_zero": 0, "n_censored": 0,
    "n_skipped": 0, "highest_limit": 0}}'::demand AS unknown;
SELECT what, (d).action, (d).new_limit, (d).target, (d).binding FROM demand_policy, LATERAL (
  SELECT 1 AS n, 'from the estimate' AS what, decide_limit(p, a, '2026-11-30') AS d FROM (SELECT 0 AS credit_limit, 0 AS balance, demand(7, 0.5) AS demand) a
  UNION ALL SELECT 2, 'another quantile', decide_limit('{"name": "d", "target": {"demand_quantile": 0.5}, "product": {"cap": 50000}}', a, '2026-11-30')
    FROM (SELECT 0 AS credit_limit, 0 AS balance, demand(7, 0.5) AS demand) a
  UNION ALL SELECT 3, 'before demand_q90', decide_limit(p, a, '2026-11-30') FROM (SELECT 0 AS credit_limit, 0 AS balance,
    demand(7, 0.5) AS demand, 777 AS demand_q90) a
  UNION ALL SELECT 4, 'unknown: demand_q90', decide_limit(p, a, '2026-11-30') FROM (SELECT 0 AS credit_limit, 0 AS balance,
    unknown AS demand, 777 AS demand_q90) a
  UNION ALL SELECT 5, 'NULL: demand_q90', decide_limit(p, a, '2026-11-30') FROM (SELECT 0 AS credit_limit, 0 AS balance,
    NULL::demand AS demand, 777 AS demand_q90) a
  UNION ALL SELECT 6, 'unknown altogether', decide_limit(p, a, '2026-11-30') FROM (SELECT 0 AS credit_limit, 0 AS balance, unknown AS demand) a
  UNION ALL SELECT 7, 'never used', decide_limit(p, a, '2026-11-30') FROM (SELECT 0 AS credit_limit, 0 AS balance,
    demand_from_quantiles('{0, 1}', '{0, 0}') AS demand) a
  UNION ALL SELECT 8, 'a peak of 500', decide_limit(p, a, '2026-11-30') FROM (SELECT 0 AS credit_limit, 0 AS balance,
    demand_with_basis(demand_from_quantiles('{0, 1}', '{500, 500}'), 'peak', 3) AS demand) a
  UNION ALL SELECT 9, 'no limit is enough', decide_limit(p, a, '2026-11-30') FROM (SELECT 0 AS credit_limit, 0 AS balance, demand(700, 100) AS demand) a
  UNION ALL SELECT 10, 'demand of another type', decide_limit(p, a, '2026-11-30') FROM (SELECT 0 AS credit_limit, 0 AS balance,
    5 AS demand, 777 AS demand_q90) a) s ORDER BY n;
SELECT explain_limit(p, a, '2026-11-30') -> 'inputs' AS inputs FROM demand_policy, (SELECT 0 AS credit_limit, 0 AS balance, demand(7, 0.5) AS demand) a;
-- Rows of a table, stored.
CREATE TABLE demand_account AS SELECT g AS id, 1000.00 AS credit_limit, 10.00 AS balance, demand(6 + g % 3, 0.5) AS demand FROM generate_series(1, 300) g;
SELECT count(*) AS n, bool_and((d).target = round(exp(6 + id % 3 + 0.5 * 1.2815515655446004)::numeric, 2)) AS target
FROM (SELECT a.id, decide_limit(p, a, '2026-11-30') AS d FROM demand_policy, demand_account a) s;
-- A limit stands for months: what it has to cover is their peak, and not what one month is.
SELECT decide_limit(p, a, '2026-11-30') FROM demand_policy, (SELECT 0 AS credit_limit, 0 AS balance, demand_agg(5, 10) AS demand, 777 AS demand_q90) a;
-- Neither column.
SELECT decide_limit(p, a, '2026-11-30') FROM demand_policy, (SELECT 0 AS credit_limit, 0 AS balance) a;
SELECT decide_limit(p, a, '2026-11-30') FROM demand_policy, (SELECT 0 AS credit_limit, 0 AS balance, 5 AS demand) a;
DROP TABLE demand_policy, demand_account;

--
-- Bytes from strangers: mutated binary forms and mutated text never do harm, and what is accepted prints and decides
--

CREATE FUNCTION pg_temp.mutate(original bytea) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE b bytea := original;
BEGIN
  FOR i IN 0 .. (random() * 2)::int LOOP
    b := set_byte(b, (random() * (length(b) - 1))::int, (random() * 255)::int);
  END LOOP;
  RETURN CASE WHEN random() < 0.2 THEN substr(b, 1, (random() * length(b))::int) ELSE b END;
END $$;
CREATE TABLE policy_fuzz (policy limit_policy);
DO $$
DECLARE
  file text := data_file('fuzz');
  original bytea; mutant bytea; o oid; document limit_policy;
BEGIN
  PERFORM setseed(0.77);
  SELECT credit_limit_internal.limit_policy_send(policy) INTO original FROM policy_test WHERE name = 'line';
  FOR i IN 1 .. 500 LOOP
    mutant := CASE WHEN i = 1 THEN original ELSE pg_temp.mutate(original) END;
    -- Header, one row of one column: its length, then the bytes; and the end.
    o := lo_from_bytea(0, '\x5047434f50590aff0d0a000000000000000000'::bytea || '\x0001'::bytea || int4send(length(mutant)) || mutant || '\xffff'::bytea);
    PERFORM lo_export(o, file);
    PERFORM lo_unlink(o);
    BEGIN
      EXECUTE format('COPY policy_fuzz FROM %L (FORMAT binary)', file);
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
    BEGIN
      document := replace(convert_from(pg_temp.mutate(convert_to((SELECT policy::text FROM policy_test WHERE name = 'all'), 'UTF8')), 'UTF8'), 'zz', '');
      INSERT INTO policy_fuzz VALUES (document);
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
  END LOOP;
END $$;
SELECT count(*) > 10 AS some_accepted, count(*) FILTER (WHERE policy::text::limit_policy::text <> policy::text) AS not_canonical FROM policy_fuzz;
DO $$
DECLARE f record; n int := 0;
BEGIN
  FOR f IN SELECT policy FROM policy_fuzz LOOP
    BEGIN
      PERFORM decide_limit(f.policy, a, '2026-11-30'), explain_limit(f.policy, a, '2026-11-30') FROM policy_account a;
      n := n + 1;
    EXCEPTION WHEN undefined_column OR datatype_mismatch OR numeric_value_out_of_range THEN NULL;
    END;
  END LOOP;
END $$;

-- Pure functions, safe in parallel.
SELECT proname, provolatile, proparallel, proisstrict FROM pg_proc
 WHERE pronamespace = 'credit_limit'::regnamespace AND proname IN ('decide_limit', 'explain_limit', 'affordable_limit', 'available_credit', 'assign_arm')
 ORDER BY 1, 2, pronargs;

DROP FUNCTION pg_temp.oracle(policy_account, numeric, numeric, date);
DROP TABLE policy_test, policy_account, policy_random, policy_decided, policy_fuzz;
CALL remove_data_files();

-- Without an entitlement an unknown demand is no reason to go up to the cap of the product.
SELECT d.action, d.new_limit, d.reasons FROM (VALUES (500.00), (NULL)) v (demand_q90),
  LATERAL (SELECT 1000.00 AS credit_limit, 100.00 AS balance, v.demand_q90) a,
  LATERAL decide_limit('{"name": "by demand", "product": {"cap": 1000000}, "target": {"demand_quantile": 0.9}}'::limit_policy, a, DATE '2026-11-30') d;

-- Of the entitlement the reason is what bound: against trying a perfect score, and a large income. Of affordability, without obligations
-- only the income.
SELECT score, income, a.entitlement, a.reasons, better.entitlement > a.entitlement AS score_would, richer.entitlement > a.entitlement AS income_would
FROM unnest('{900, 750, 650, 500}'::int[]) score, unnest('{1500, 100000}'::int[]) income,
  (SELECT '{"name": "t", "entitlement": {"bands": [{"score_from": 800, "income_multiple": 3, "limit": 50000},
    {"score_from": 700, "limit": 20000}, {"score_from": 600, "income_multiple": 1}]}}'::limit_policy) p (policy),
  LATERAL (SELECT d.* FROM (SELECT 60000 AS credit_limit, 0 AS balance, score, income) r, decide_limit(policy, r, '2026-11-30') d) a,
  LATERAL (SELECT d.* FROM (SELECT 60000 AS credit_limit, 0 AS balance, 900 AS score, income) r, decide_limit(policy, r, '2026-11-30') d) better,
  LATERAL (SELECT d.* FROM (SELECT 60000 AS credit_limit, 0 AS balance, score, 1e9 AS income) r, decide_limit(policy, r, '2026-11-30') d) richer
ORDER BY income, score DESC;
SELECT obligations, d.reasons FROM unnest('{0, 100}'::int[]) obligations,
  LATERAL (SELECT d.* FROM (SELECT 60000 AS credit_limit, 0 AS balance, 1000 AS income, obligations) r,
    decide_limit('{"name": "t", "affordability": {"max_debt_to_income": 0.5, "apr": 0, "payment_rate": 0.1, "income_reason": "Only income"}}',
      r, '2026-11-30') d) d;

-- Bands of any column, and a grid of two: against plain SQL, on every edge. Beyond the last band nothing is granted, and what is unknown is a REFER.
CREATE TABLE banded (name text PRIMARY KEY, policy limit_policy);
INSERT INTO banded VALUES
  ('by income', '{"name": "by income", "entitlement": {"column": "income", "bands": [{"from": 5000, "limit": 20000}, {"from": 2000, "limit": 6000}]},
    "columns": {"income": "net_income"}}'),
  ('less is better', '{"name": "less is better", "entitlement": {"column": "debt_to_income", "bands": [{"below": 0.3, "limit": 9000},
    {"below": 0.5, "income_multiple": 1}]}, "columns": {"income": "net_income"}}'),
  ('grid', '{"name": "grid", "entitlement": {"grid": {"down": {"column": "score", "from": [700, 600]}, "across": {"column": "income", "from": [5000, 2000, 0]},
    "limit": [[20000, 10000, 3000], [10000, 10000, 1000]]}}, "columns": {"income": "net_income"}}'),
  ('grid of multiples', '{"name": "grid of multiples", "entitlement": {"grid": {"down": {"column": "score", "from": [700, 600], "reason": "Score too low"},
    "across": {"column": "debt_to_income", "below": [0.3, 0.5], "reason": "Debts are high"}, "income_multiple": [[3, 2], [2, 0.5]],
    "limit": [[12000, 8000], [8000, 4000]]}}, "columns": {"income": "net_income"}}');
SELECT policy FROM banded ORDER BY name;
SELECT count(*) FILTER (WHERE policy::text::limit_policy::text <> policy::text OR policy::jsonb::limit_policy <> policy) AS not_canonical FROM banded;
CREATE TABLE bands_case AS
SELECT 0::numeric AS credit_limit, 0::numeric AS balance, s AS score, i AS net_income, d AS debt_to_income
FROM unnest('{300, 599.9, 600, 650, 700, 900, NULL}'::float8[]) s, unnest('{0, 1999.99, 2000, 3000, 5000, 80000, NULL}'::numeric[]) i,
  unnest('{-1, 0.29, 0.3, 0.49, 0.5, 2, NULL}'::float8[]) d;
SELECT name, count(*) AS tried, count(DISTINCT d.entitlement) AS amounts,
  count(*) FILTER (WHERE d.entitlement IS DISTINCT FROM e.entitlement OR (d.action = 'REFER') <> (e.entitlement IS NULL)) AS wrong
FROM banded b, bands_case c, decide_limit(b.policy, c, '2026-11-30') d,
  LATERAL (SELECT CASE b.name
    WHEN 'by income' THEN CASE WHEN net_income >= 5000 THEN 20000 WHEN net_income >= 2000 THEN 6000 WHEN net_income >= 0 THEN 0 END
    WHEN 'less is better' THEN CASE WHEN net_income IS NULL OR debt_to_income IS NULL THEN NULL WHEN debt_to_income < 0.3 THEN 9000
      WHEN debt_to_income < 0.5 THEN least(9000, net_income) ELSE 0 END
    WHEN 'grid' THEN CASE WHEN score IS NULL OR net_income IS NULL THEN NULL WHEN score < 600 THEN 0
      WHEN score >= 700 AND net_income >= 5000 THEN 20000 WHEN net_income >= 2000 THEN 10000 WHEN score >= 700 THEN 3000 ELSE 1000 END
    ELSE CASE WHEN score IS NULL OR net_income IS NULL OR debt_to_income IS NULL THEN NULL WHEN score < 600 OR debt_to_income >= 0.5 THEN 0
      WHEN score >= 700 AND debt_to_income < 0.3 THEN least(12000, 3 * net_income) WHEN score >= 700 OR debt_to_income < 0.3 THEN least(8000, 2 * net_income)
      ELSE least(4000, trunc(0.5 * net_income, 2)) END END AS entitlement) e GROUP BY name ORDER BY name;
-- Each reason names what bound: the column that alone would give more, all where only together they would, the policy where nothing would.
SELECT name, v.score, v.net_income, v.debt_to_income, d.entitlement, d.reasons
FROM (VALUES (1, 'by income', 800, 3000, 0.1), (2, 'by income', 800, 9000, 0.1), (3, 'less is better', 0, 9000, 0.4), (4, 'less is better', 0, 4000, 0.4),
    (5, 'less is better', 0, 4000, 0.9), (6, 'grid', 800, 3000, 0), (7, 'grid', 650, 9000, 0), (8, 'grid', 650, 3000, 0), (9, 'grid', 650, 100, 0),
    (10, 'grid', 800, 9000, 0), (11, 'grid', NULL, 3000, 0), (12, 'grid of multiples', 650, 9000, 0.1), (13, 'grid of multiples', 650, 9000, 0.4),
    (14, 'grid of multiples', 800, 3000, 0.1), (15, 'grid of multiples', 650, 3000, 0.4)) v (i, name, score, net_income, debt_to_income)
  JOIN banded b USING (name),
  LATERAL (SELECT 50000 AS credit_limit, 0 AS balance, v.score, v.net_income, v.debt_to_income) a, decide_limit(b.policy, a, '2026-11-30') d ORDER BY i;
-- Bands of the score with a multiple: neither alone would give more, but both.
SELECT d.entitlement, d.reasons FROM (SELECT 5000 AS credit_limit, 0 AS balance, 650 AS score, 1000 AS income) a,
  decide_limit('{"name": "both", "entitlement": {"bands": [{"score_from": 700, "income_multiple": 1, "limit": 5000}, {"score_from": 600, "limit": 1000}]}}', a,
    '2026-11-30') d;
-- What is looked at, and the step, are explained.
SELECT x -> 'inputs' AS inputs, x #>> '{steps,0,text}' AS step FROM banded b,
  LATERAL (SELECT 0 AS credit_limit, 0 AS balance, 650 AS score, 3000.00 AS net_income, 0.4 AS debt_to_income) a,
  LATERAL (SELECT explain_limit(b.policy, a, '2026-11-30') AS x) e ORDER BY b.name;
-- Mistakes.
CREATE FUNCTION refused(entitlement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE detail text; hint text;
BEGIN
  RETURN format('{"name": "p", "entitlement": %s}', entitlement)::limit_policy;
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
  RETURN concat_ws(' | ', SQLERRM, detail, hint);
END $$;
SELECT refused(e) FROM unnest(ARRAY[
  '{"column": "tenure", "bands": [{"limit": 5}]}', '{"column": "tenure", "bands": [{"from": 1, "below": 2, "limit": 5}]}',
  '{"column": "tenure", "bands": [{"score_from": 1, "limit": 5}]}', '{"column": "tenure", "bands": [{"from": 1, "limit": 5}, {"from": 2, "limit": 4}]}',
  '{"column": "late", "bands": [{"below": 2, "limit": 5}, {"below": 1, "limit": 4}]}',
  '{"column": "late", "bands": [{"below": 2, "limit": 5}, {"from": 1, "limit": 4}]}',
  '{"column": "late", "bands": [{"below": 2, "limit": 5}, {"below": 3, "limit": 6}]}',
  '{"column": "late", "bands": [{"below": 2, "limit": 5}], "score_reason": "x"}',
  '{"column": "income", "bands": [{"below": 2, "limit": 5}]}', '{"column": "score", "bands": [{"below": 2, "limit": 5}]}',
  '{"column": "pd", "bands": [{"from": 0.1, "limit": 5}]}', '{"column": "score", "bands": [{"from": 2, "limit": 5}]}',
  '{"grid": {"down": {"column": "score", "from": [2]}, "across": {"column": "score", "from": [1]}, "limit": [[1]]}}',
  '{"grid": {"down": {"column": "a", "from": [2, 1]}, "across": {"column": "b", "from": [1]}, "limit": [[1]]}}',
  '{"grid": {"down": {"column": "a", "from": [2]}, "across": {"column": "b", "from": [1]}, "limit": [[1, 2]]}}',
  '{"grid": {"down": {"column": "a", "from": [2, 1]}, "across": {"column": "b", "from": [1]}, "limit": [[1], [2]]}}',
  '{"grid": {"down": {"column": "a", "from": [2]}, "across": {"column": "b", "from": [2, 1]}, "limit": [[1, 2]]}}',
  '{"grid": {"down": {"column": "a", "from": [1, 2]}, "across": {"column": "b", "from": [1]}, "limit": [[2], [1]]}}',
  '{"grid": {"down": {"column": "a", "from": [2]}, "across": {"column": "b", "from": [1]}}}',
  '{"grid": {"down": {"column": "a", "from": [null, 1]}, "across": {"column": "b", "from": [1]}, "limit": [[2], [1]]}}',
  '{"grid": {"down": {"column": "a", "from": [2]}, "limit": [[1]]}}', '{"grid": [], "bands": []}', '{"grid": {}}']) e;

-- Which limits a decision may grant: against decide_limit with each of them as the target. The same over millions of cases without a server:
-- test/unit/policy.c.
\set VERBOSITY terse
\i test/helpers.sql

-- One account by hand: 1000 at steps of 100, at most half more or 30 % less, no change below 15 %, 550 in use, a cap of 1800, approval above 1250.
CREATE TABLE line AS SELECT '{"name": "line", "product": {"floor": 300, "cap": 1800, "step": 100}, "target": {"demand_quantile": 0.9},
  "movement": {"max_increase": 0.5, "max_decrease": 0.3, "dead_band": 0.15, "cooling_off_days": {"increase": 90, "decrease": 30}}, "approval": {"above": 1250},
  "exclusions": [{"column": "days_past_due", "at_least": 30, "reason": "Past due"}]}'::limit_policy AS p;
CREATE TABLE account AS SELECT i AS id, l AS credit_limit, b AS balance, d::date AS last_limit_change, late AS days_past_due, held AS held_out
FROM (VALUES (1, 1000, 550, '2026-01-01', 0, false), (2, 1000, 550, '2026-10-15', 0, false), (3, 1000, 550, '2026-11-15', 0, false), (4, 1000, 0, NULL, 30,
  false),
  (5, 1000, 0, NULL, 0, true), (6, 0, 0, NULL, 0, false), (7, 200, 120, NULL, 0, false), (8, 5000, 4321, NULL, 0, false), (9, 5000, 100, NULL, 0, false),
  (10, NULL, 0, NULL, 0, false), (11, 1000, NULL, NULL, 0, false), (12, 450, 0, NULL, 0, false)) v (i, l, b, d, late, held);
SELECT id, c.* FROM line, account a, limit_choices(p, a, '2026-11-30') c ORDER BY id;
-- What binds at once: the law, where cooling-off would keep the limit.
SELECT c.* FROM (SELECT 1000 AS credit_limit, 250 AS balance, '2026-11-30'::date AS last_limit_change) a,
  limit_choices('{"name": "law", "product": {"cap": 2000, "step": 50}, "regulatory_cap": {"limit": 725}}', a, '2026-11-30') c;
-- Neither demand nor economics are read: not even a demand that decide_limit refuses.
SELECT c.lower, c.upper FROM (SELECT 0 AS credit_limit, 0 AS balance, demand_agg(5, 5) AS demand) a,
  limit_choices('{"name": "d", "product": {"cap": 2000, "step": 50}, "target": {"demand_quantile": 0.9}}', a, '2026-11-30') c;
SELECT c.lower, c.upper, c.reasons FROM (SELECT 0 AS credit_limit, 0 AS balance) a,
  limit_choices('{"name": "o", "product": {"cap": 2000, "step": 50}, "target": {"optimal": {"margin": "m", "carry": "c"}}}', a, '2026-11-30') c;

-- Random policies and accounts, each with every whole limit up to 130.
\set policies 150
\if :soak
\set policies 2000
\endif
SELECT setseed(0.31);
CREATE TABLE random_policy AS
SELECT n, format('{"name": "p%s", "decimals": 0, "risk_cap": {"bands": [{"pd_below": 0.05, "limit": %s}, {"limit": %s}]}, "product": {"floor": %s,
  "cap": %s, "step": %s},
  "umbrella": {"type": "%s"}, "regulatory_cap": [{"limit": %s, "valid_to": "2026-12-%s"}], "exclusions": [{"column": "late", "at_least": 1, "action": "%s"}],
  "movement": {%s "dead_band": %s, "cooling_off_days": {"increase": %s, "decrease": %s}, "risk_decrease_at_once": %s}, "approval": {"above": %s}}', n,
  60 + (random() * 60)::int, (random() * 60)::int, (random() * random() * 30)::int, 60 + (random() * 60)::int, 1 + (random() * random() * 12)::int,
  CASE WHEN random() < 0.5 THEN 'shared' ELSE 'partitioned' END, (random() * 130)::int, 10 + (random() * 9)::int,
  (ARRAY['NO_INCREASE', 'FREEZE', 'REFER'])[1 + (random() * 2)::int],
  CASE WHEN random() < 0.7 THEN format('"max_increase": %s, "max_decrease": %s, ', round(random()::numeric, 2), round(random()::numeric, 2)) END,
  round((random() * random() * 0.3)::numeric, 2), (random() * 3)::int, (random() * 3)::int, (random() < 0.5)::text, (random() * 150)::int)::limit_policy AS p
FROM generate_series(1, :policies) n;
CREATE TABLE random_account AS
SELECT i AS id, CASE WHEN random() < 0.2 THEN 0 ELSE (random() * 100)::int END AS credit_limit, (random() * random() * 100 - 10)::int AS balance,
  random() * 0.1 AS pd,
  (random() * 5)::int AS pending, 40 + (random() * 120)::int AS umbrella_limit, (random() * 30)::int AS umbrella_drawn,
  (random() * 40)::int AS umbrella_granted,
  CASE WHEN random() < 0.7 THEN '2026-11-30'::date - (random() * 4)::int END AS last_limit_change, (random() < 0.15)::int AS late, random() < 0.1 AS held_out
FROM generate_series(1, 20) i;
-- Some of what a policy asks for is not known of the last one.
UPDATE random_account SET pd = NULL WHERE id = 20;
CREATE TABLE chosen AS SELECT n, a AS account, limit_choices(p, a, '2026-11-30') AS c FROM random_policy, random_account a;
CREATE FUNCTION tried(number int, OUT tried bigint, OUT wrong bigint, OUT granted bigint) LANGUAGE plpgsql AS $$
DECLARE
  q limit_policy := (SELECT jsonb_set(p::jsonb, '{target}', '{"column": "x"}') FROM random_policy WHERE n = number);
BEGIN
  SELECT count(*), count(*) FILTER (WHERE (d.new_limit = a.x) <> coalesce(
      a.x IN (c.keep, c.zero) OR (a.x BETWEEN c.lower AND c.upper AND a.x % c.step = 0 AND abs(a.x - c.old_limit) >= c.dead_band), false)),
    count(*) FILTER (WHERE d.new_limit = a.x) INTO tried, wrong, granted
  FROM (SELECT account, (chosen.c).* FROM chosen WHERE n = number OFFSET 0) c, generate_series(0, 130) w,
    LATERAL (SELECT (account).credit_limit, (account).balance, (account).pd, (account).pending, (account).umbrella_limit, (account).umbrella_drawn,
      (account).umbrella_granted, (account).last_limit_change, (account).late, (account).held_out, w AS x) a, decide_limit(q, a, '2026-11-30') d;
END $$;
SELECT sum(tried) = :policies * 20 * 131 AS tried, sum(wrong) AS wrong, sum(granted) > 30 * :policies AS granted FROM generate_series(1, :policies) n, tried(n);
-- Why there is no more: as a decision without a target.
SELECT count(*) FILTER (WHERE (c).reasons IS DISTINCT FROM (decide_limit(p, a, '2026-11-30')).reasons) AS differ
FROM chosen JOIN random_policy USING (n) JOIN random_account a ON a.id = (account).id;
-- Serial and parallel, NULL, and what is refused.
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
CREATE TABLE many AS SELECT a.* FROM random_account a, generate_series(1, 200);
SELECT uses_parallel('SELECT sum((limit_choices((SELECT p FROM random_policy WHERE n = 7), m, ''2026-11-30'')).upper) FROM many m') AS parallel,
  sum((limit_choices((SELECT p FROM random_policy WHERE n = 7), m,
  '2026-11-30')).upper) = 200 * (SELECT sum((c).upper) FROM chosen WHERE n = 7) AS same FROM many m;
SELECT limit_choices(NULL, a, '2026-11-30') IS NULL AND limit_choices(p, NULL::account, '2026-11-30') IS NULL AND limit_choices(p, a, NULL) IS NULL AS nulls
FROM line, account a WHERE id = 1;
SELECT limit_choices(p, a, 'infinity') FROM line, account a WHERE id = 1;
SELECT limit_choices(p, a, '2026-11-30') FROM line, (SELECT 5 AS credit_limit) a;

-- band_policy: the best table of limits under budgets. The search itself is held against all tables of small cases in
-- test/unit/band_policy.c; here are the accounts of a query: against plain SQL over all tables, and against what the policy then decides.
\i test/helpers.sql
CREATE TABLE line AS SELECT i AS account_id, 7 + sin(i * 1.7) + (i % 97) / 97.0 AS mu, 0.4 + (i % 7) / 10.0 AS sigma, (i % 5) / 20.0 AS p_zero,
  500 + i * 7919 % 400 AS score, (i * 7727 % 1000) / 1000.0 AS debt_to_income, 0.05 + (i * 7919 % 400) / 4e3::float8 AS margin,
  0.01 + (i * 7727 % 1000) / 5e4::float8 AS carry, CASE WHEN i % 9 = 0 THEN 700 ELSE 0 END AS floor, CASE WHEN i % 4 > 0 THEN 6000 + i % 5000 END AS cap,
  1 AS use_exposure, -1 AS draw_idle, 1 AS use_idle, (1000 + i * 31 % 4000)::numeric(12, 2) AS credit_limit
FROM generate_series(1, 3000) i;
CREATE FUNCTION axes() RETURNS jsonb LANGUAGE sql AS $$ SELECT
  '{"down": {"column": "score", "limit": "rises"}, "across": {"column": "debt_to_income", "limit": "falls"}}'::jsonb $$;
CREATE VIEW plain AS SELECT account_id, mu, sigma, p_zero, margin, carry, floor, cap, use_exposure, score, debt_to_income, credit_limit FROM line;

-- Given cuts and levels: every table of two by two bands with three limits that do not rise to the right or down, in plain SQL.
CREATE TABLE worth AS SELECT (l.score < 700)::int AS down, (l.debt_to_income >= 0.4)::int AS across, v.level,
  sum(limit_profit(demand(l.mu, l.sigma, l.p_zero), g.granted, l.margin, l.carry)) AS worth, sum(g.granted) AS used
FROM line l, (VALUES (0), (2000), (7000)) v(level), LATERAL (SELECT least(greatest(v.level, l.floor), l.cap) AS granted) g
WHERE l.score >= 500 AND l.debt_to_income < 0.9 GROUP BY 1, 2, 3;
CREATE TABLE best AS SELECT b.budget, t.* FROM (VALUES (1000000), (4000000), (7000000), (100000000)) b(budget),
  LATERAL (SELECT jsonb_build_array(jsonb_build_array(a.level, b1.level), jsonb_build_array(c.level, d.level)) AS limits,
      a.worth + b1.worth + c.worth + d.worth AS worth, a.used + b1.used + c.used + d.used AS used
    FROM worth a, worth b1, worth c, worth d
    WHERE (a.down, a.across, b1.down, b1.across, c.down, c.across, d.down, d.across) = (0, 0, 0, 1, 1, 0, 1, 1) AND a.level >= b1.level AND a.level >= c.level
      AND b1.level >= d.level AND c.level >= d.level AND a.used + b1.used + c.used + d.used <= b.budget
    ORDER BY 2 DESC LIMIT 1) t;
SELECT b.budget, b.limits, p.status, p.policy::jsonb #> '{entitlement,grid,limit}' = b.limits AS same_table, abs(p.value / b.worth - 1) < 1e-12 AS same_value,
  abs((p.uses ->> 'exposure')::float8 - b.used) < 1e-6 AS same_use, p.table_bound >= p.value AS bound, p.value <= p.optimum_bound AS below_all, p.n, p.n_outside
FROM best b, LATERAL band_policy('SELECT * FROM plain', axes(), '{"down": [700, 500], "across": [0.4, 0.9]}', jsonb_build_object('exposure', b.budget),
  '{"levels": [0, 2000, 7000]}') p ORDER BY 1;

-- Today's limits and one for all, with plain SQL; shares are of the bound of shadow_price.
CREATE TABLE found AS SELECT p.* FROM band_policy('SELECT * FROM plain', axes(), '{"down": 4, "across": 3}', '{"exposure": 6000000}',
  '{"name": "table of spring", "levels": 10, "fine": 30}') p;
SELECT f.policy::jsonb ->> 'name' AS name, f.status, f.n, f.n_outside, jsonb_array_length(f.policy::jsonb #> '{entitlement,grid,limit}') AS down,
  abs(f.today_value / t.today - 1) < 1e-12 AS today, abs(f.flat_value / t.flat - 1) < 1e-12 AS flat, t.used <= 6000000 AS flat_fits,
  abs(f.optimum_bound / (c.bound ->> 'bound')::float8 - 1) < 1e-9 AS bound, abs(f.share_of_optimum - f.value / f.optimum_bound) < 1e-15 AS share,
  abs(f.share_of_gain - (f.value - f.today_value) / (f.optimum_bound - f.today_value)) < 1e-15 AS gain, f.flat_share < f.share_of_optimum AS better,
  f.share_of_optimum BETWEEN 0.5 AND 1 AS sane, abs(f.today_share - t.today / f.optimum_bound) < 1e-12 AS today_share
FROM found f, LATERAL (SELECT sum(limit_profit(d, l.credit_limit, l.margin, l.carry)) AS today,
    sum(limit_profit(d, g, l.margin, l.carry)) AS flat, sum(g) AS used
  FROM line l, demand(l.mu, l.sigma, l.p_zero) d, CAST(least(greatest(f.flat_limit, l.floor), l.cap) AS numeric) g) t,
  LATERAL (SELECT shadow_price('SELECT account_id, mu, sigma, p_zero, margin, carry, floor, cap, use_exposure FROM plain',
    '{"exposure": 6000000}')::jsonb AS bound) c;
-- One limit for all is the best of every step of ten up to the highest level, where the budget ends it and where it does not; a lowest level that does not
-- fit has none.
CREATE VIEW few AS SELECT * FROM plain WHERE account_id <= 60;
CREATE TABLE step AS SELECT step, sum(limit_profit(demand(l.mu, l.sigma, l.p_zero), g.granted, l.margin, l.carry)) AS worth, sum(g.granted) AS used
FROM few l, generate_series(0, 7000, 10) step, LATERAL (SELECT least(greatest(step, l.floor), l.cap) AS granted) g GROUP BY step;
SELECT budget, p.flat_limit = s.step AS best, abs(p.flat_value / s.worth - 1) < 1e-12 AS worth, p.flat_limit NOT IN (0, 2000, 7000) AS between_levels,
  s.used > budget - 600 AS at_the_budget
FROM (VALUES (1000), (60000), (150000), (1000000)) b(budget), LATERAL band_policy('SELECT * FROM few', axes(), '{"down": 2, "across": 2}',
  jsonb_build_object('exposure', budget), '{"levels": [0, 2000, 7000]}') p
  LEFT JOIN LATERAL (SELECT * FROM step WHERE used <= budget ORDER BY worth DESC, step LIMIT 1) s ON true ORDER BY 1;

-- What the policy grants, decided account by account, is what the table says of itself.
SELECT abs(sum(g) - min((f.uses ->> 'exposure')::float8)) < 1e-6 AS uses,
  abs(sum(limit_profit(demand(l.mu, l.sigma, l.p_zero), g, l.margin, l.carry))
  / min(f.value) - 1) < 1e-12 AS value, count(*) FILTER (WHERE d.entitlement IS NULL) AS undecided
FROM found f, line l, LATERAL (SELECT l.score, l.debt_to_income, 0 AS credit_limit, 0 AS balance) a,
  decide_limit(f.policy, a, DATE '2027-03-31') d,
  LATERAL (SELECT least(greatest(d.entitlement, l.floor), l.cap) AS g) x;
-- The last band of a side that was found is open: whoever has a score below all of these, or more debt, is in it.
SELECT policy::jsonb #> '{entitlement,grid,down,from,-1}' AS lowest, policy::jsonb #> '{entitlement,grid,across,below,-1}' AS highest,
  (d.entitlement).entitlement = (policy::jsonb #>> '{entitlement,grid,limit,-1,-1}')::numeric AS last_cell
FROM found, LATERAL (SELECT -5 AS score, 1e6 AS debt_to_income, 0 AS credit_limit, 0 AS balance) r,
  LATERAL (SELECT decide_limit(policy, r, '2027-03-31') AS entitlement) d;
-- Cuts that were found are not worse than cuts of equal parts, nor more bands than fewer.
SELECT f.value >= e.value AS cuts, m.value >= f.value AS bands FROM found f,
  LATERAL (SELECT jsonb_agg(score ORDER BY score DESC) AS down
    FROM (SELECT percentile_disc(ARRAY[0, .25, .5, .75]) WITHIN GROUP (ORDER BY score) AS s FROM line) q, unnest(q.s) score) s,
  band_policy('SELECT * FROM plain', axes(), jsonb_build_object('down', s.down, 'across', '[0.334, 0.667, 1]'::jsonb), '{"exposure": 6000000}',
    jsonb_build_object('levels', (SELECT
      jsonb_agg(DISTINCT x::float8 ORDER BY x::float8) FROM jsonb_path_query(f.policy::jsonb, '$.entitlement.grid.limit[*][*]') x))) e,
  band_policy('SELECT * FROM plain', axes(), '{"down": 8, "across": 4}', '{"exposure": 6000000}', '{"levels": 10, "fine": 30}') m;

-- Any order and any plan give the same; so do several budgets.
CREATE TABLE shuffled AS SELECT * FROM plain ORDER BY account_id * 7919 % 3001;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
SELECT p = f AS shuffled FROM found f, band_policy('SELECT * FROM shuffled', axes(), '{"down": 4, "across": 3}', '{"exposure": 6000000}',
  '{"name": "table of spring", "levels": 10, "fine": 30}') p;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;
SELECT p.status, (p.uses ->> 'exposure')::float8 <= 6000000 AS exposure,
  (p.uses ->> 'idle')::float8 <= 3000000 AS idle, p.value <= f.value AS less, p.value <= p.optimum_bound AS bound
FROM found f, band_policy('SELECT l.*, 0 AS draw_exposure FROM line l', axes(), '{"down": 4, "across": 3}', '{"exposure": 6000000, "idle": 3000000}',
  '{"levels": 10, "fine": 30}') p;

-- Without today's limits; nobody; who is in no band gets nothing; budgets that the floors break; a search that gives up says what it knows.
SELECT p.status, p.today_value, p.today_share, p.share_of_gain, p.share_of_optimum > 0 AS share, p.n,
  p.n_outside = (SELECT count(*) FROM line WHERE score < 600) AS outside
FROM band_policy('SELECT account_id, mu, sigma, p_zero, margin, carry, use_exposure, score, debt_to_income FROM plain', axes(),
  '{"down": [800, 600], "across": [1]}', '{"exposure": 6000000}') p;
SELECT p IS NULL AS nothing FROM band_policy('SELECT * FROM plain WHERE false', axes(), '{"down": 4, "across": 3}', '{"exposure": 6000000}') p;
SELECT p.policy, p.status, p.value, p.uses, p.flat_limit FROM band_policy('SELECT * FROM plain', axes(), '{"down": 4, "across": 3}', '{"exposure": 100000}') p;
SELECT p.status, p.table_bound > p.value AS bound
FROM band_policy('SELECT * FROM plain', axes(), '{"down": 8, "across": 4}', '{"exposure": 5000000}', '{"steps": 1}') p;
SELECT band_policy(NULL, axes(), '{"down": 4, "across": 3}', '{"exposure": 1}') IS NULL AS no_query;

-- Mistakes.
\set VERBOSITY terse
SELECT band_policy('SELECT * FROM plain', '{"down": {"column": "score", "limit": "rises"}}', '{"down": 4, "across": 3}', '{"exposure": 1}');
SELECT band_policy('SELECT * FROM plain',
  '{"down": {"column": "score", "limit": "up"}, "across": {"column": "x", "limit": "falls"}}', '{"down": 4, "across": 3}', '{"exposure": 1}');
SELECT band_policy('SELECT * FROM plain', axes(), '{"down": [500, 600], "across": 3}', '{"exposure": 1}');
SELECT band_policy('SELECT * FROM plain', axes(), '{"down": 4, "across": [0.5, 0.2]}', '{"exposure": 1}');
SELECT band_policy('SELECT * FROM plain', axes(), '{"down": 0, "across": 3}', '{"exposure": 1}');
SELECT band_policy('SELECT * FROM plain', axes(), '{"down": 4, "across": 3}', '{"exposure": 1}', '{"levels": [0, 0]}');
SELECT band_policy('SELECT * FROM plain', axes(), '{"down": 4, "across": 3}', '{"exposure": 1}', '{"levels": 65}');
SELECT band_policy('SELECT * FROM plain', axes(), '{"down": 4, "across": 3}', '{"exposure": 1}', '{"level": 5}');
\set VERBOSITY default
SELECT band_policy('SELECT * FROM plain', axes(), '{"down": 20, "across": 20}', '{"exposure": 1}', '{"levels": 40}');
SELECT band_policy('SELECT account_id % 3 AS score, *
  FROM (SELECT account_id, mu, sigma, p_zero, margin, carry, use_exposure, debt_to_income FROM plain) p', axes(),
  '{"down": 4, "across": 3}', '{"exposure": 1}');
\set VERBOSITY terse
SELECT band_policy('SELECT account_id, nullif(score, 512) AS score, mu, sigma, p_zero, margin, carry, use_exposure, debt_to_income
  FROM plain ORDER BY account_id', axes(),
  '{"down": 4, "across": 3}', '{"exposure": 1}');
\set VERBOSITY terse
SELECT band_policy('SELECT account_id, mu, sigma, p_zero, margin, carry, use_exposure, score FROM plain', axes(),
  '{"down": 4, "across": 3}', '{"exposure": 1}');
SELECT band_policy('SELECT *, 1 AS other FROM plain', axes(), '{"down": 4, "across": 3}', '{"exposure": 1}');
SELECT band_policy('DELETE FROM line', axes(), '{"down": 4, "across": 3}', '{"exposure": 1}');
SELECT band_policy('SELECT *, random() AS r FROM plain', axes(), '{"down": 4, "across": 3}', '{"exposure": 1}');
-- A higher PD never gives a higher limit: the policy refuses such a table.
SELECT band_policy('SELECT account_id, mu, sigma, p_zero, margin, carry, use_exposure, score, debt_to_income AS pd FROM plain',
  '{"down": {"column": "score", "limit": "rises"}, "across": {"column": "pd", "limit": "rises"}}', '{"down": 4, "across": 3}', '{"exposure": 6000000}');

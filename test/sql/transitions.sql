-- Transitions between states: pairs and paths, roll rates, net flow rates, chains.
\set VERBOSITY terse
\i test/helpers.sql

-- By hand: of three in state 0 one rolled to 1, of two in 1 both to 2; one row lacks its state.
CREATE TABLE pair (f int, t int, a numeric);
INSERT INTO pair VALUES (0, 0, 100), (0, 0, 50.5), (0, 1, 30), (1, 2, 10), (1, 2, 20.25), (NULL, 1, 5);
SELECT transitions_agg(f, t, a), transitions_agg(f::text, t::text) FROM pair;
SELECT * FROM transitions_stats((SELECT transitions_agg(f, t, a) FROM pair));
SELECT from_state, to_state, n, n_from, round(rate::numeric, 6) AS rate, amount, round(amount_rate::numeric, 6) AS amount_rate
FROM roll_rates((SELECT transitions_agg(f, t, a) FROM pair));
SELECT * FROM net_flow_rates((SELECT transitions_agg(f, t, a) FROM pair));
-- Names have no order but the one that is given: in that of the alphabet, bad before current, no rate would be one. The same flows as numbers and as
-- names have the same rates; a state that is left out is in no row.
SELECT count(*) AS flows,
  count(*) FILTER (WHERE (n.n_before, n.n_after, n.rate, n.amount_rate) IS DISTINCT FROM (m.n_before, m.n_after, m.rate, m.amount_rate)) AS differ
FROM (SELECT transitions_agg(f, t, a) AS number, transitions_agg((ARRAY['current', 'late', 'bad'])[1 + f], (ARRAY['current', 'late', 'bad'])[1 + t], a) AS name
    FROM (SELECT i % 3 AS f, i * 7 % 11 % 3 AS t, i * 1.25 AS a FROM generate_series(1, 200) i) s) x,
  net_flow_rates(number) WITH ORDINALITY n, net_flow_rates(name, '{current,late,bad}') WITH ORDINALITY m WHERE n.ordinality = m.ordinality;
CREATE TABLE named AS SELECT transitions_agg(f, t) AS t
FROM (VALUES ('current', 'late'), ('current', 'current'), ('late', 'bad'), ('current', 'closed')) v (f, t);
SELECT state, next_state, n_before, n_after, rate FROM named, net_flow_rates(t, '{current,late,bad}');
SELECT count(*) FROM named, net_flow_rates(t, '{late}');
SELECT count(*) FROM named, net_flow_rates(NULL, '{late}');
-- Names of which none was seen.
SELECT count(*) FROM (SELECT transitions_agg('a'::text, NULL) AS t) n, net_flow_rates(t);
\set VERBOSITY default
SELECT * FROM named, net_flow_rates(t);
\set VERBOSITY terse
SELECT * FROM named, net_flow_rates(t, '{current,lost}');
SELECT * FROM named, net_flow_rates(t, '{current,NULL}');
SELECT * FROM named, net_flow_rates(t, '{current,late,current}');
SELECT transition_states(t), transition_matrix(t) FROM (SELECT transitions_agg(f, t, a) AS t FROM pair) s;
-- Numbers are in their order, names in that of their bytes.
SELECT transition_states(transitions_agg(n, -n)), transition_states(transitions_agg(n::text, 'Z')) FROM unnest('{10, 9, 100, -1, 31, 32, 300}'::int[]) n;

-- Intervals by R 4.2, prop.test(x, n, correct = FALSE).
SELECT r.n, r.n_from, near(r.low, v.low, 1e-12) AS low, near(r.high, v.high, 1e-12) AS high
FROM (VALUES (3, 10, 0.107791267406301, 0.603221852538855), (0, 5, 0.565517535216825, 1), (5, 5, 0.565517535216825, 1),
  (250, 1000, 0.224153098983691, 0.277760280259086)) v (x, n, low, high),
  LATERAL (SELECT transitions_agg(0, (i <= v.x)::int) AS t FROM generate_series(1, v.n) i) t, roll_rates(t) r
WHERE r.to_state = CASE WHEN v.x = 0 THEN '0' ELSE '1' END;

-- A path against lag() over a panel with gaps, of numbers and of names, with amounts and without; across a gap nothing is bridged.
CREATE TABLE panel AS
SELECT i AS account_id, (DATE '2024-01-15' + make_interval(months => m))::date AS month, floor(6 * draw(i, m) * draw(i, 100 + m))::int AS state,
  'bucket ' || floor(6 * draw(i, m) * draw(i, 100 + m)) AS name, round((1000 * draw(i, 200 + m))::numeric, 2) AS amount
FROM generate_series(1, 400) i, generate_series(0, 23) m WHERE draw(i, 300 + m) < 0.9;
CREATE TABLE step AS
SELECT account_id, lag(state) OVER w AS f, state AS t, lag(name) OVER w AS f_name, name AS t_name, lag(amount) OVER w AS a,
  (extract(year FROM age(date_trunc('month', month), lag(date_trunc('month', month)) OVER w)) * 12
    + extract(month FROM age(date_trunc('month', month), lag(date_trunc('month', month)) OVER w)))::int AS months
FROM panel WINDOW w AS (PARTITION BY account_id ORDER BY month);
CREATE TABLE whole AS
SELECT rollup(n) AS n, rollup(a) AS a, rollup(x) AS x
FROM (SELECT state_path_agg(month, state) AS n, state_path_agg(month, state, amount) AS a, state_path_agg(month, name, amount::float8) AS x
  FROM panel GROUP BY account_id) s;
SELECT s.n = c.pairs AS pairs, s.n_gaps = c.gaps AS gaps, s.n_skipped, s.n_states = 6 AS states, s.amount = c.amount AS amount
FROM whole, transitions_stats(a) s, (SELECT count(*) FILTER (WHERE months = 1) AS pairs, count(*) FILTER (WHERE months > 1) AS gaps,
  sum(a) FILTER (WHERE months = 1) AS amount FROM step) c;
SELECT count(*) > 25 AS many, count(*) FILTER (WHERE (r.n, r.amount) IS DISTINCT FROM (c.n, c.amount)) AS differ,
  count(*) FILTER (WHERE NOT near(r.rate, c.n::float8 / c.n_from) OR NOT near(r.amount_rate, (c.amount / c.amount_from)::float8)) AS rates_differ
FROM whole, roll_rates(a) r FULL JOIN (SELECT f::text, t::text, count(*) AS n, sum(a) AS amount, sum(count(*)) OVER (PARTITION BY f) AS n_from,
  sum(sum(a)) OVER (PARTITION BY f) AS amount_from FROM step WHERE months = 1 GROUP BY f, t) c ON (r.from_state, r.to_state) = (c.f, c.t)
WHERE r.n > 0 OR c.n > 0;
SELECT count(*) AS rows, count(*) FILTER (WHERE n.n <> x.n OR n.amount IS NOT NULL OR 'bucket ' || n.to_state <> x.to_state) AS differ
FROM whole, LATERAL (SELECT r.*, row_number() OVER () AS k FROM roll_rates(whole.n) r) n
  JOIN LATERAL (SELECT r.*, row_number() OVER () AS k FROM roll_rates(whole.x) r) x USING (k);
SELECT count(*) AS states, count(*) FILTER (WHERE (r.n_before, r.n_after, r.amount_before, r.amount_after)
    IS DISTINCT FROM (c.before, c.after, c.amount_before, c.amount_after)) AS differ
FROM whole, net_flow_rates(a) r, LATERAL (SELECT count(*) FILTER (WHERE f::text = r.state) AS before, count(*) FILTER (WHERE t::text = r.next_state) AS after,
  sum(a) FILTER (WHERE f::text = r.state) AS amount_before, sum(a) FILTER (WHERE t::text = r.next_state) AS amount_after FROM step WHERE months = 1) c;

-- The same bytes for pairs and paths, any order, split, workers, and a window that ends with all rows.
CREATE TABLE shuffled AS SELECT * FROM panel ORDER BY draw(account_id, month - DATE '2020-01-01');
SELECT (SELECT rollup(s) FROM (SELECT state_path_agg(month, state, amount) AS s FROM shuffled GROUP BY account_id) x) = a AS shuffled,
  (SELECT rollup(r) FROM (SELECT rollup(s) AS r FROM (SELECT account_id, state_path_agg(month, state, amount) AS s FROM shuffled GROUP BY account_id) x
    GROUP BY account_id % 7) y) = a AS split,
  (SELECT transitions_agg(f, t, a) FROM step WHERE months = 1) = (SELECT rollup(transitions_agg) FROM (SELECT transitions_agg(f, t, a) FROM step
    WHERE months = 1 GROUP BY account_id % 5 ORDER BY account_id % 5 DESC) y) AS pairs,
  a::text::transitions = a AS text, a::bytea::transitions = a AS bytes
FROM whole;
SELECT count(*) AS differ FROM (SELECT account_id, month, state_path_agg(month, state) OVER (PARTITION BY account_id ORDER BY month
  ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS w FROM panel WHERE account_id < 20) s
JOIN (SELECT account_id, state_path_agg(month, state) AS g FROM panel GROUP BY 1) g USING (account_id) WHERE w <> g;
-- All accounts in one aggregate: the same, whatever the order; accounts may come back, months backwards, and in groups.
SELECT (SELECT state_path_agg(account_id, month, state, amount) FROM panel) = a AS ordered,
  (SELECT state_path_agg(account_id, month, state, amount::float8) FROM shuffled) = a AS shuffled,
  (SELECT state_path_agg(-account_id::bigint << 40, month, state, amount ORDER BY account_id, month DESC) FROM panel) = a AS backwards,
  (SELECT state_path_agg(account_id, month, state, amount ORDER BY month) FROM panel) = a AS by_month,
  (SELECT rollup(p) FROM (SELECT state_path_agg(account_id, month, state, amount) AS p FROM shuffled GROUP BY account_id % 7) s) = a AS split,
  (SELECT state_path_agg(account_id, month, state) FROM panel) = n AS counts, (SELECT state_path_agg(account_id, month, name, amount) FROM panel) = x AS names,
  (SELECT state_path_agg(account_id, month, name) FROM shuffled) = (SELECT rollup(s) FROM (SELECT state_path_agg(month, name) AS s FROM panel
    GROUP BY account_id) s) AS names_only, (SELECT state_path_agg(account_id, month, name, amount::float8) FROM shuffled) = x AS float8
FROM whole;
SELECT state_path_agg(a, m, s, x) FROM (VALUES (1, DATE '2026-01-09', 1, 5), (2, '2026-02-01', 3, 1), (1, '2026-02-01', 2, 6), (1, '2026-04-01', 2, 8),
  (NULL, '2026-04-01', 2, 8), (3, NULL, 2, 8), (3, '2026-04-01', NULL, 8), (3, '2026-04-01', 7, NULL)) v (a, m, s, x);
SELECT state_path_agg(1, m, 1) FROM (VALUES (DATE '2026-01-01'), ('2026-02-01'), ('2026-01-31')) v (m);
SELECT state_path_agg(a, m, 1) FROM (VALUES (1, DATE '2026-01-01'), (2, '2026-01-01'), (1, '2026-01-01')) v (a, m);
SELECT state_path_agg(1, m, 1) FROM (VALUES (DATE '1900-01-01'), ('2026-02-01')) v (m);
SELECT state_path_agg(1, 'infinity', 1);
SELECT state_path_agg(1, '2026-01-01', '');
SELECT state_path_agg(1, '2026-01-01', i) FROM generate_series(1, 257) i;
ANALYZE panel, step, shuffled;
SET max_parallel_workers_per_gather = 3;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT uses_parallel('SELECT transitions_agg(f, t, a) FROM step WHERE months = 1') AS pairs,
  uses_parallel('SELECT account_id, state_path_agg(month, name, amount)
  FROM panel GROUP BY account_id') AS paths;
SELECT uses_parallel('SELECT state_path_agg(account_id, month, name, amount) FROM shuffled') AS panel,
  (SELECT state_path_agg(account_id, month, state, amount) FROM shuffled) = a AS same,
  (SELECT state_path_agg(account_id, month, name, amount) FROM shuffled) = x AS names FROM whole;
SELECT (SELECT transitions_agg(f_name, t_name, a) FROM step WHERE months = 1)::text = (SELECT transitions_agg(f_name, t_name, a::float8) FROM
  (SELECT * FROM step WHERE months = 1 OFFSET 0) s)::text AS pairs,
  (SELECT rollup(s) FROM (SELECT state_path_agg(month, state, amount) AS s FROM panel GROUP BY account_id) x) = a AS paths FROM whole;
RESET max_parallel_workers_per_gather;

-- Rows that are there twice count once, and those that contradict each other are an error, as months a century apart are.
SELECT state_path_agg(m, s, a) FROM (VALUES (DATE '2026-01-01', 1, 5), ('2026-02-01', 2, 6), ('2026-01-31', 1, 5), ('2026-03-01', NULL, 7),
  ('2026-04-01', 2, NULL), (NULL, 2, 2), ('2026-05-01', 1, 1)) v (m, s, a);
SELECT state_path_agg('2026-01-01'::date, 7) = '{"version": 1, "states": "numbers", "amounts": false, "n_skipped": 0, "transitions": []}'::transitions
  AS one_month;
SELECT state_path_agg(m, s) FROM (VALUES (DATE '2026-01-01', 1), ('2026-02-01', 2), ('2026-01-31', 2)) v (m, s);
SELECT state_path_agg(m, 1) FROM (VALUES (DATE '1900-01-01'), ('2026-02-01')) v (m);
SELECT state_path_agg('infinity', 1);
-- All accounts together may have more states than there is room for in one value, an account may not; those that a path has stay its own.
CREATE TABLE many AS
SELECT i AS account_id, (DATE '2026-01-01' + make_interval(months => m))::date AS month, 1000 + i * m AS state, 'of ' || i || ' ' || m AS name
FROM generate_series(1, 400) i, generate_series(0, 2) m;
SELECT count(*) AS accounts, count(*) FILTER (WHERE n IS DISTINCT FROM number_pairs) AS numbers_differ,
  count(*) FILTER (WHERE x IS DISTINCT FROM name_pairs) AS names_differ
FROM (SELECT account_id, state_path_agg(month, state) AS n, state_path_agg(month, name) AS x FROM many GROUP BY account_id) p
JOIN (SELECT account_id, transitions_agg(f, state) AS number_pairs, transitions_agg(f_name, name) AS name_pairs
  FROM (SELECT *, lag(state) OVER w AS f, lag(name) OVER w AS f_name FROM many WINDOW w AS (PARTITION BY account_id ORDER BY month)) s
  WHERE f IS NOT NULL GROUP BY account_id) q USING (account_id);
SELECT transition_states(state_path_agg(DATE '2000-01-01' + 31 * i, i)) IS NOT NULL AS room FROM generate_series(1, 256) i;
SELECT state_path_agg(DATE '2000-01-01' + 31 * i, i) FROM generate_series(1, 257) i;
SELECT transitions_agg(NULL::int, 1) AS nothing, transitions_agg(1, 2) FILTER (WHERE false) IS NULL AS no_rows, rollup(NULL::transitions) IS NULL AS rollup;
SELECT transitions_agg(1, i) FROM generate_series(1, 257) i;
SELECT n_states FROM transitions_stats((SELECT transitions_agg(1, i) FROM generate_series(1, 256) i));
SELECT transitions_agg('', 'x');
SELECT transitions_agg(repeat('x', 257), 'x');
SELECT transitions_agg(1, 2, 0.00001);
SELECT transitions_agg(1, 2, 'Infinity'::float8);
SELECT rollup(t) FROM (SELECT transitions_agg(1, 2) AS t UNION ALL SELECT transitions_agg('1', '2')) s;
SELECT rollup(t) FROM (SELECT transitions_agg(1, 2) AS t UNION ALL SELECT transitions_agg(1, 2, 3::numeric)) s;
SELECT roll_rates(transitions_agg(1, 2), NULL);
SELECT roll_rates(transitions_agg(1, 2), 1);
SELECT transition_pd(transitions_agg(1, 2), 12, '{3}');
SELECT transition_pd(transitions_agg(1, 2), -1, '{2}');
SELECT expected_states(transitions_agg(1, 2), '{1}', 12);
SELECT expected_states(transitions_agg(1, 2), '{1, NaN}', 12);
SELECT aalen_johansen(ARRAY[transitions_agg(1, 2), NULL]);
SELECT '{"version": 1, "states": "numbers", "amounts": false, "n_skipped": 0, "transitions": [[1, 0, 1, 5], [1, 0, 1, 5]]}'::transitions;
SELECT '{"version": 1, "states": "names", "amounts": true, "n_skipped": 0, "transitions": [[1, "a", "b", 5]]}'::transitions;
SELECT '{"version": 1, "states": "unknown", "amounts": false, "n_skipped": 0, "transitions": [[1, 0, 1, 5]]}'::transitions;

-- A chain by the powers of its matrix, month by month in plain SQL; a default is not left again; a state from which nothing went keeps what it has.
CREATE TABLE chain AS SELECT transitions_agg(f, t) AS t FROM step WHERE months = 1;
CREATE FUNCTION power(matrix float8[], absorbing boolean[], months int) RETURNS float8[] LANGUAGE plpgsql AS $$
DECLARE
  n int := array_length(matrix, 1);
  r float8[] := (SELECT array_agg(a) FROM (SELECT array_agg((i = j)::int::float8 ORDER BY j) AS a FROM generate_series(1, n) i, generate_series(1, n) j
    GROUP BY i ORDER BY i) s);
BEGIN
  FOR m IN 1 .. months LOOP
    r := (SELECT array_agg(a) FROM (SELECT i, array_agg(p ORDER BY j) AS a FROM (SELECT i, j, sum(r[i][k] * CASE WHEN absorbing[k] THEN (k = j)::int
        ELSE matrix[k][j] END) AS p FROM generate_series(1, n) i, generate_series(1, n) j, generate_series(1, n) k GROUP BY i, j) c GROUP BY i ORDER BY i) s);
  END LOOP;
  RETURN r;
END $$;
SELECT d.state, near(d.pd, p.r[d.k][5] + p.r[d.k][6], 1e-12) AS same, d.pd = 1 AS in_default
FROM chain, LATERAL (SELECT power(transition_matrix(chain.t), '{f,f,f,f,t,t}', 12) AS r) p,
  LATERAL (SELECT *, row_number() OVER ()::int AS k FROM transition_pd(chain.t, 12, '{4,5}')) d;
SELECT count(*) AS rows, count(*) FILTER (WHERE NOT near(e.expected, 100 * r[1][e.state::int + 1] + 50 * r[2][e.state::int + 1], 1e-12)) AS differ,
  bool_and(near(total, 150, 1e-12)) AS nobody_is_lost
FROM chain, LATERAL (SELECT *, sum(expected) OVER (PARTITION BY month) AS total FROM expected_states(chain.t, '{100,50,0,0,0,0}', 6)) e,
  LATERAL (SELECT power(transition_matrix(chain.t), '{f,f,f,f,f,f}', e.month) AS r) p;
SELECT * FROM transition_pd((SELECT transitions_agg(f, t) FROM pair), 2, '{2}');
SELECT * FROM transition_pd((SELECT transitions_agg(f, t) FROM pair), 0, '{}');

-- Accounts that come and go, by R 4.2 with survival 3.5: survfit(Surv(t1, t2, event) ~ 1, id, istate, p0).
CREATE TABLE coming AS
SELECT i, m, ((i * i + m * m * m + i * m * 5) % 7) / 3 AS state FROM generate_series(0, 59) i, generate_series(0, 8) m WHERE m BETWEEN i % 3 AND 5 + i % 4;
CREATE TABLE period AS
SELECT m, transitions_agg(f, state) AS t FROM (SELECT m, state, lag(state) OVER (PARTITION BY i ORDER BY m) AS f FROM coming) s WHERE f IS NOT NULL GROUP BY m;
SELECT count(*) AS given, count(*) FILTER (WHERE NOT near(a.probability, v.p, 1e-13)) AS differ
FROM (VALUES (2, '0', 0.22448979591837, 0.45918367346939, 0.31632653061224), (5, '0', 0.13723684690424, 0.55398024756121, 0.30878290553455),
  (6, '0', 0.59240637033492, 0.12784159559105, 0.27975203407403), (2, '1', 0.39285714285714, 0.42857142857143, 0.17857142857143),
  (5, '1', 0.12626661524338, 0.58963350045901, 0.28409988429761), (6, '1', 0.60654109189795, 0.13606926933669, 0.25738963876536),
  (3, '2', 0.5, 0, 0.5), (5, '2', 0.17478991596639, 0.431932773109244, 0.39327731092437),
  (6, '2', 0.54402068519716, 0.099676793794441, 0.35630252100840)) r (k, f, p0, p1, p2), LATERAL (VALUES ('0', p0), ('1', p1), ('2', p2)) v (t, p),
  aalen_johansen((SELECT array_agg(t ORDER BY m) FROM period)) a
WHERE (a.period, a.from_state, a.to_state) = (r.k, r.f, v.t);

-- demand_prior: the population behind the accounts, and what an account's own months make of it. The mathematics is held against brute force
-- and simulated truth in test/unit/demand_population.c; here are the generated panel, what a user meets, and every plan.
\i test/helpers.sql
\set ECHO none
\i demo/panel.sql
\set ECHO all
CREATE TABLE seen AS SELECT * FROM pg_temp.panel(320, 24);
CREATE TABLE account AS SELECT * FROM pg_temp.panel_account(320, 24);
-- Twenty months are known, the last four are to come.
CREATE TABLE known AS SELECT account_id, segment, demand_agg(month, balance, credit_limit) AS d FROM seen WHERE month < '2026-09-01' GROUP BY 1, 2;
CREATE TABLE prior AS SELECT demand_prior_agg(account_id, d) AS p FROM known;

-- What the population is, against the panel's truth: levels (logarithm), the share of months without a draw, and deviations that persist.
SELECT s.n_accounts = (SELECT count(*) FROM known) - s.n_out_of_scope AS accounts, s.n_kept = s.n_accounts AS kept, s.n_out_of_scope > 0 AS out_of_scope,
  s.n_without, abs(s.level_mean - t.mu) < 0.5 AS level, s.carry > 0.5 AS persist, s.p_zero BETWEEN 0.05 AND 0.5 AS p_zero, s.stays > s.stops AS chain, s.status
FROM prior, demand_prior_stats(p) s, (SELECT avg(mu) AS mu FROM account WHERE NOT whale) t;

-- Ceilings by plain SQL: the 0.999 quantile of so few peers would be the highest of one account, so it is the second; with fewer than 200 in a
-- class the neighbours are peers too.
CREATE TABLE scope AS SELECT k.account_id, x.credit_limit, x.highest, floor(log(2, x.credit_limit)) AS class
FROM known k, LATERAL (SELECT (array_agg(m.credit_limit ORDER BY m.month DESC) FILTER (WHERE m.credit_limit > 0))[1] AS credit_limit,
  max(greatest(m.balance, m.credit_limit)) AS highest, max(m.month) FILTER (WHERE m.credit_limit > 0) > max(m.month) - interval '12 months' AS line
  FROM seen m WHERE m.account_id = k.account_id AND m.month < '2026-09-01') x WHERE x.line;
SELECT count(*) AS accounts, count(*) = (SELECT n_accounts FROM prior, demand_prior_stats(p)) AS in_scope FROM scope;
SELECT bool_and(near(c.ceiling, b.second, 1e-6)) AS ceilings, bool_and(c.n_peers = b.n) AS peers,
  count(*) = (SELECT count(DISTINCT class) FROM scope) AS classes
FROM prior, demand_prior_ceilings(p) c, LATERAL (SELECT log(2, c.limit_from::numeric) AS class OFFSET 0) l,
  LATERAL (SELECT min(w) AS w FROM generate_series(0, 60) w, LATERAL (SELECT count(*) AS n FROM scope s WHERE abs(s.class - l.class) <= w) x
    WHERE x.n >= 200 OR x.n = (SELECT count(*) FROM scope)) w,
  LATERAL (SELECT count(*) AS n, (array_agg(s.highest ORDER BY s.highest DESC))[2] AS second FROM scope s WHERE abs(s.class - l.class) <= w.w) b;

-- The posterior: of the month after the last, bounded by peers or by itself, its parts in order; better than what is known without it.
CREATE TABLE posterior AS SELECT k.account_id, k.d, demand_posterior(k.d, c.p) AS q FROM known k, (SELECT compact(p) AS p FROM prior) c;
SELECT s.status, count(*) > 0 AS some, bool_and(s.basis = 'month' AND s.horizon = 1) AS month, bool_and(s.n = o.n AND s.n_censored = o.n_censored) AS months,
  bool_and(s.prior_weight BETWEEN 0 AND 1) AS weight,
  bool_and(demand_quantile(q, 0.5) <= demand_quantile(q, 0.9) AND demand_quantile(q, 1) <= s.ceiling) AS ordered
FROM posterior, demand_stats(q) s, demand_stats(d) o GROUP BY 1 ORDER BY 1;
-- Statuses by plain SQL. Nobody has seen what lies above an account's own highest and above what 99 of 100 others drew below their limits, or what
-- lies above the ceiling.
SELECT near(max(s.seen), max(p.draw), 1e-6) AS seen, bool_and(t.status = CASE WHEN t.n = t.n_zero THEN 'prior_only'
    WHEN demand_quantile(q, 0.9) > greatest(c.highest, s.seen) OR demand_exceeds(demand_with_ceiling(q, 1e14), t.ceiling) >= 0.1 THEN 'tail'
    WHEN t.prior_weight > 0.5 OR demand_quantile(q, 0.9) > c.highest AND t.n_censored > 0.1 * t.n THEN 'mostly_prior' ELSE 'posterior' END) AS status,
  count(*) FILTER (WHERE t.status = 'posterior' AND demand_quantile(q, 0.9) > c.highest) > 0 AS above_own,
  count(*) FILTER (WHERE t.status = 'tail') < 0.1 * count(*) AS few_tails
FROM posterior JOIN scope c USING (account_id), prior, demand_prior_stats(p) s, demand_stats(q) t,
  (SELECT (array_agg(draw ORDER BY draw DESC))[greatest(2, count(*) / 100 + 1)]::float8 AS draw FROM (SELECT max(m.balance) AS draw FROM seen m JOIN scope
    USING (account_id) WHERE m.month < '2026-09-01' AND m.balance > 0 AND m.balance < 0.98 * m.credit_limit GROUP BY account_id) x) p;
SELECT avg(abs(least(demand_quantile(q, 0.5), l.credit_limit::float8) - n.balance::float8)) < 0.95 * avg(abs(w.mean - n.balance::float8)) AS than_mean,
  avg(abs(least(demand_quantile(q, 0.5), l.credit_limit::float8) - n.balance::float8)) < 1.05 * avg(abs(l.balance - n.balance)) AS than_last,
  avg((n.balance::float8 <= demand_quantile(q, 0.9))::int) BETWEEN 0.85 AND 0.97 AS covered
FROM posterior JOIN seen n USING (account_id) JOIN seen l USING (account_id), LATERAL (SELECT avg(balance)::float8 AS mean FROM seen m
  WHERE m.account_id = posterior.account_id AND m.month BETWEEN '2025-09-01' AND '2026-08-01') w
WHERE n.month = '2026-09-01' AND l.month = '2026-08-01' AND demand_quantile(q, 0.5) IS NOT NULL;
-- Further ahead it is wider, and comes to the long run; as of a later day likewise.
SELECT avg(ln(demand_quantile(demand_posterior(d, p, horizon => 12), 0.9) / demand_quantile(q, 0.9))) > 0 AS wider
FROM posterior, prior WHERE demand_quantile(q, 0.9) > 0 AND account_id <= 100;
SELECT bool_and((demand_stats(a)).mean = (demand_stats(b)).mean) AS as_of
FROM (SELECT demand_posterior(d, p, '2026-10-31', 1) AS a, demand_posterior(d, p, NULL, 3) AS b
  FROM known, prior WHERE account_id <= 60 AND (demand_stats(d)).n = 20) x;

-- The four NULL cases, an account without months, one without a line for a year, one without a draw.
SELECT demand_posterior(NULL, NULL) IS NULL AS neither, demand_posterior(d, NULL) IS NULL AS no_prior, demand_posterior(d, p, NULL, NULL) IS NULL AS no_horizon,
  (demand_stats(demand_posterior(NULL, p))).status AS no_months, demand_prior_stats(NULL) IS NULL AS stats, compact(NULL::demand_prior) IS NULL AS compact
FROM known, prior WHERE account_id = 1;
SELECT what, s.status, s.n, s.mu IS NULL AS mu, demand_quantile(q, 0.9) IS NULL AS q90, demand_quantile(q, 0.5) = 0 AS median_0
FROM prior, LATERAL (VALUES ('no line', (SELECT demand_agg(m::date, 0::numeric, 0::numeric)
      FROM generate_series('2025-09-01'::date, '2026-08-01', '1 month') m)),
    ('no line of late', (SELECT demand_agg(m::date, 100::numeric, CASE WHEN m < '2025-01-01' THEN 500 ELSE 0 END::numeric)
      FROM generate_series('2024-09-01'::date, '2026-08-01', '1 month') m)),
    ('no draw', (SELECT demand_agg(m::date, 0::numeric, 900::numeric) FROM generate_series('2025-09-01'::date, '2026-08-01', '1 month') m)),
    ('always at the limit', (SELECT demand_agg(m::date, 900::numeric, 900::numeric) FROM generate_series('2025-09-01'::date, '2026-08-01', '1 month') m)),
    ('three draws of 24', (SELECT demand_agg(m::date, CASE i WHEN 1 THEN 1 WHEN 2 THEN 5 WHEN 3 THEN 20 ELSE 100 END::numeric, 100::numeric)
      FROM generate_series('2024-09-01'::date, '2026-08-01', '1 month') WITH ORDINALITY g (m, i)))) v (what, d),
  demand_posterior(v.d, p) q, demand_stats(q) s ORDER BY what;
SELECT demand_prior_agg(account_id, d) IS NULL AS no_rows FROM known WHERE false;
SELECT s.n_accounts, s.n_without, s.status, s.distribution, demand_posterior(NULL, p) IS NULL AS nothing
FROM (SELECT demand_prior_agg(a, d) AS p FROM (VALUES (1, NULL::demand), (2, NULL), (NULL, NULL)) v (a, d)) x, demand_prior_stats(p) s;

-- Any order, split and plan: the same bytes.
CREATE FUNCTION bytes(demand_prior) RETURNS text LANGUAGE sql RETURN md5(credit_limit_internal.demand_prior_send($1));
CREATE TABLE whole AS SELECT bytes(p) AS bytes FROM prior;
SELECT bytes(demand_prior_agg(account_id, d)) = bytes AS backwards FROM (SELECT * FROM known ORDER BY account_id DESC) k, whole GROUP BY bytes;
SELECT bytes(rollup(p)) = (SELECT bytes FROM whole) AS split FROM (SELECT demand_prior_agg(account_id, d) AS p FROM known GROUP BY account_id % 3) s;
SELECT bytes(p) = bytes AS as_text FROM whole, (SELECT p::text::demand_prior AS p FROM prior) t;
SELECT bytes(p) = bytes AS as_bytes, p = q.q AS equal FROM whole, (SELECT p::bytea::demand_prior AS p FROM prior) t, (SELECT p AS q FROM prior) q;
SELECT compact(p)::text::demand_prior = compact(p) AS compact, length(compact(p)::bytea) < 2000 AS small FROM prior;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 3;
SELECT uses_parallel('SELECT demand_prior_agg(account_id, d) FROM known') AS parallel;
SELECT bytes(demand_prior_agg(account_id, d)) = bytes AS parallel FROM known, whole GROUP BY bytes;
SET parallel_leader_participation = off;
SELECT bytes(demand_prior_agg(account_id, d)) = bytes AS workers FROM known, whole GROUP BY bytes;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET max_parallel_workers_per_gather;
RESET parallel_leader_participation;
SELECT bool_and(demand_posterior(d, p)::text = q::text) AS stored_or_compact FROM posterior, prior;
-- A text key is another sample of the same size; a family may be asked for.
SELECT s.n_kept = t.n_kept AS kept, t.distribution, t.log_score_normal IS NULL AS others_not_tried
FROM (SELECT demand_prior_agg(account_id::text, d, '{"distribution": "gamma"}') AS p FROM known) g, demand_prior_stats(g.p) t, prior,
  demand_prior_stats(prior.p) s;
-- Fewer accounts, if asked: those first by hash, which the whole lists in that order; fitted as they are alone; all are counted. Marked.
CREATE TABLE few AS SELECT demand_prior_agg(account_id, d, '{"accounts": 200}') AS p FROM known;
SELECT s.n_accounts = a.n_accounts AS accounts, s.n_kept, length(few.p::bytea) < length(prior.p::bytea) * 0.9 AS shorter,
  few.p::jsonb -> 'most_kept' AS most_kept,
  to_jsonb(s) - '{n_accounts,n_months}'::text[] = to_jsonb(t) - '{n_accounts,n_months}'::text[] AS fitted, few.p::text::demand_prior = few.p AS as_text,
  few.p::bytea::demand_prior = few.p AS as_bytes, compact(few.p)::text::demand_prior = compact(few.p) AS compact
FROM few, prior, demand_prior_stats(few.p) s, demand_prior_stats(prior.p) a,
  LATERAL (SELECT (prior.p::jsonb - '{population,seen,ceilings}'::text[] || jsonb_build_object('n_accounts', 200, 'accounts',
    (SELECT jsonb_agg(x ORDER BY n) FROM jsonb_array_elements(prior.p::jsonb -> 'accounts') WITH ORDINALITY x (x, n) WHERE n <= 200)))::demand_prior AS p) l,
  demand_prior_stats(l.p) t;
SELECT bytes(rollup(p)) = (SELECT bytes(p) FROM few) AS split FROM (SELECT demand_prior_agg(account_id, d, '{"accounts": 200}') AS p FROM known
  GROUP BY account_id % 3) s;
SELECT demand_prior_agg(account_id, d, '{"accounts": 100000}') = (SELECT p FROM prior) AS as_default FROM known;
SELECT demand_prior_agg(account_id, d, '{"accounts": 199}') FROM known;
SELECT demand_prior_agg(account_id, d, '{"accounts": 100001}') FROM known;
SELECT demand_prior_agg(account_id, d, CASE WHEN account_id % 2 = 0 THEN '{"accounts": 200}' ELSE '{"accounts": 300}' END::jsonb) FROM known;
SELECT rollup(p) FROM (SELECT p FROM few UNION ALL SELECT demand_prior_agg(1000000 + account_id, d) FROM known) s;
SELECT '{"version": 1, "most_kept": 200, "compact": true, "n_kept": 201, "n_accounts": 300, "n_out_of_scope": 0, "n_without": 0, "n_months": 1}'::demand_prior;

-- From a query: the same as the aggregate up to 100,000 accounts; of more, the level of all. Those with draws have three logarithms whose mean
-- is known, weighed nearly alike; where 100,000 are kept, some of them are not.
SELECT demand_prior_fit('SELECT account_id, d FROM known') = c.p AS same,
  demand_prior_fit('SELECT d AS demand, account_id::int AS account FROM known; --') = c.p AS named,
  demand_prior_fit('SELECT account_id::text, d FROM known', '{"distribution": "normal"}') = t.p AS text FROM (SELECT compact(p) AS p FROM prior) c,
  (SELECT compact(demand_prior_agg(account_id::text, d, '{"distribution": "normal"}')) AS p FROM known) t;
CREATE TABLE many AS SELECT account, demand_agg(month, CASE WHEN account % 40 = 0 THEN exp(6 + account % 1009 / 400.0
  + (account % 97 / 300.0 + 0.05) * k) ELSE 0 END, 1e6::float8) AS demand FROM generate_series(1, 100400) account,
  (VALUES (DATE '2026-01-01', -1), ('2026-02-01', 0), ('2026-03-01', 1)) m (month, k) GROUP BY 1;
CREATE TABLE fitted AS SELECT demand_prior_fit('SELECT account, demand FROM many') AS p;
SELECT s.n_accounts, s.n_kept, s.n_fitted, s.status, abs(s.level_mean - t.level) < 3e-4 AS of_all, abs(a.level_mean - t.level) > 3e-4 AS not_of_kept,
  s.carry = a.carry AS carry, s.ceiling = a.ceiling AS ceiling
FROM fitted, demand_prior_stats(p) s, (SELECT demand_prior_agg(account, demand) AS p FROM many) k, demand_prior_stats(k.p) a,
  (SELECT avg(6 + account % 1009 / 400.0) AS level FROM generate_series(40, 100400, 40) account) t;
SELECT bytes(demand_prior_fit('SELECT account, demand FROM many ORDER BY account % 1009')) = bytes(p) AS any_order, p::text::demand_prior = p AS as_text,
  p::bytea::demand_prior = p AS as_bytes FROM fitted;
SELECT demand_prior_fit('SELECT account_id, d FROM known WHERE false') IS NULL AS no_rows, demand_prior_fit(NULL) IS NULL AS no_query,
  demand_prior_fit('SELECT account_id, d FROM known', NULL) IS NULL AS no_options,
  (demand_prior_stats(demand_prior_fit('SELECT account_id, NULL::demand FROM known WHERE account_id < 4'))).n_without;
CREATE FUNCTION half(bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN random() < 0.5 AND $1 > 0; END $$;
SELECT demand_prior_fit('SELECT account, demand FROM many WHERE account % 1000 > 0 OR half(account)');
SELECT demand_prior_fit('SELECT account_id FROM known');
SELECT demand_prior_fit('SELECT d, account_id FROM known');
SELECT demand_prior_fit('SELECT account_id, 1 FROM known');
SELECT demand_prior_fit('SELECT 1, d FROM known');
SELECT demand_prior_fit('SELECT account_id, demand(7, 1) FROM known');
SELECT demand_prior_fit('SELECT account_id, d FROM known', '{"family": "gamma"}');
SELECT demand_prior_fit('SELECT account_id, d FROM known WHERE random() < 2');
SELECT demand_prior_fit('DELETE FROM known RETURNING account_id, d');
SELECT rollup(p) FROM fitted;

-- Mistakes.
SELECT demand_prior_agg(1, d) FROM known;
SELECT demand_prior_agg(account_id, demand(7, 1)) FROM known;
SELECT demand_prior_agg(account_id, q) FROM posterior;
SELECT demand_prior_agg(account_id, x.d) FROM (SELECT account_id, demand_agg(balance, credit_limit) AS d FROM seen GROUP BY account_id) x;
SELECT demand_prior_agg(account_id, d, '{"distribution": "quantiles"}') FROM known;
SELECT demand_prior_agg(account_id, d, '{"family": "gamma"}') FROM known;
SELECT demand_prior_agg(account_id, d, NULL) FROM known;
SELECT demand_prior_agg(account_id, d, CASE WHEN account_id % 2 = 0 THEN '{}' ELSE '{"distribution": "gamma"}' END::jsonb) FROM known;
SELECT rollup(p) FROM (SELECT p FROM prior UNION ALL SELECT p FROM prior) s;
SELECT rollup(p) FROM (SELECT compact(p) AS p FROM prior) s;
SELECT rollup(p) FROM (SELECT demand_prior_agg(account_id, d) AS p FROM known WHERE account_id < 9 UNION ALL
  SELECT demand_prior_agg(account_id, d, '{"distribution": "gamma"}') FROM known WHERE account_id > 9) s;
SELECT demand_posterior(demand(7, 1), p) FROM prior;
SELECT demand_posterior(q, p) FROM posterior, prior LIMIT 1;
SELECT demand_posterior(d, p, horizon => 0) FROM known, prior LIMIT 1;
SELECT demand_posterior(d, p, horizon => 37) FROM known, prior LIMIT 1;
SELECT demand_posterior(d, p, '2026-01-31') FROM known, prior WHERE account_id = 1;
SELECT demand_posterior(d, p, 'infinity') FROM known, prior WHERE account_id = 1;
SELECT rollup(q) FROM posterior;
-- A population of nobody, whose fit is sums of nothing, and the largest amount come back from text as the same bytes.
SELECT count(*) AS values, bool_and(p::text::demand_prior::bytea = p::bytea) AS same FROM (VALUES
  ('{"version": 1, "n_accounts": 0, "n_out_of_scope": 0, "n_without": 7, "n_months": 0, "ceilings": [], "accounts": []}'::demand_prior),
  ('{"version": 1, "n_accounts": 1, "n_out_of_scope": 0, "n_without": 0, "n_months": 1,
    "accounts": [["0000000000000012", "2026-01", 5, 3.4028235e+38, [-3.4028235e+38]]]}')) v(p);
SELECT '{"version": 1, "n_accounts": 1, "n_out_of_scope": 0, "n_without": 0, "n_months": 1, "accounts": [["12", "2026-01", 5, 5, [1]]]}'::demand_prior;
SELECT '{"version": 1, "n_accounts": 1, "n_out_of_scope": 0, "n_without": 0, "n_months": 1,
  "accounts": [["0000000000000012", "2026-01", 5, 4, [1]]]}'::demand_prior;
SELECT '{"version": 1, "n_accounts": 0, "n_out_of_scope": 0, "n_without": 0, "n_months": 1,
  "accounts": [["0000000000000012", "2026-01", 5, 5, [1]]]}'::demand_prior;

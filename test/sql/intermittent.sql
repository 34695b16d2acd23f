-- intermittent: forecasts for who draws rarely.
\i test/helpers.sql

-- Seventeen months with five draws, against R 4.2: the smoothings by HoltWinters of its package stats,
--
--   x <- c(0,0,120,0,300,0,0,0,80,0,0,150,60,0,0,0,0); d <- which(x > 0)
--   hw <- function(y, a) coef(HoltWinters(ts(y), alpha = a, beta = FALSE, gamma = FALSE, l.start = y[1]))
--   z <- hw(x[d], alpha); q <- hw(diff(c(0, d)), beta); p <- hw(as.numeric(x > 0), beta)
--   c(z, q, p, z / q, z / q * (1 - beta / 2), z * p)
CREATE TABLE month AS SELECT month, x::numeric AS drawn FROM unnest('{0,0,120,0,300,0,0,0,80,0,0,150,60,0,0,0,0}'::int[]) WITH ORDINALITY u (x, month);
CREATE TABLE by_r (method text, alpha float8, beta float8, size float8, periods_between float8, probability float8, forecast float8);
INSERT INTO by_r VALUES
  ('croston', 0.1, 0.1, 126.582, 2.8081, 0.218825467103, 45.0774545066), ('sba', 0.1, 0.1, 126.582, 2.8081, 0.218825467103, 42.8235817813),
  ('tsb', 0.1, 0.1, 126.582, 2.8081, 0.218825467103, 27.6993652768), ('croston', 0.3, 0.15, 120.942, 2.71625625, 0.222482027131, 44.5252541987),
  ('sba', 0.3, 0.15, 120.942, 2.71625625, 0.222482027131, 41.1858601338), ('tsb', 0.3, 0.15, 120.942, 2.71625625, 0.222482027131, 26.9074213253);
SELECT r.method, r.alpha, r.beta, abs(f.size - r.size) < 1e-9 AS size, abs(f.periods_between - r.periods_between) < 1e-9 AS periods,
  abs(f.probability - r.probability) < 1e-11 AS probability, abs(f.forecast - r.forecast) < 1e-9 AS forecast, f.n, f.n_draws, f.method = r.method AS method
FROM by_r r, LATERAL (SELECT (i).* FROM (SELECT intermittent_forecast(m.drawn, jsonb_build_object('method', r.method, 'alpha', r.alpha, 'beta', r.beta) ORDER BY m.month) AS i FROM month m) s) f
ORDER BY r.alpha, r.method;
-- The default is sba at 0.1; beta follows alpha.
SELECT intermittent_forecast(drawn ORDER BY month) = intermittent_forecast(drawn, '{"method": "sba", "alpha": 0.1, "beta": 0.1}' ORDER BY month) AS is_default,
  intermittent_forecast(drawn::float8 ORDER BY month) = intermittent_forecast(drawn ORDER BY month) AS float8,
  intermittent_forecast(drawn::float8, '{"alpha": 0.2}' ORDER BY month) = intermittent_forecast(drawn, '{"alpha": 0.2, "beta": 0.2}' ORDER BY month) AS beta FROM month;

-- As a window function it says what was expected after each month: that of the aggregate over the months so far.
SELECT count(*) AS n, bool_and(w = a) AS same, bool_and((w).forecast >= 0) AS not_negative
FROM (SELECT month, intermittent_forecast(drawn, '{"method": "tsb"}') OVER (ORDER BY month) AS w FROM month) s,
  LATERAL (SELECT intermittent_forecast(m.drawn, '{"method": "tsb"}' ORDER BY m.month) AS a FROM month m WHERE m.month <= s.month) l;
-- Without draws tsb fades, the others stay.
SELECT month, round((t).forecast::numeric, 2) AS tsb, round((s).forecast::numeric, 2) AS sba
FROM (SELECT month, intermittent_forecast(drawn, '{"method": "tsb"}') OVER w AS t, intermittent_forecast(drawn) OVER w AS s FROM month WINDOW w AS (ORDER BY month)) q WHERE month > 11 ORDER BY month;

-- A draw in every month: simple exponential smoothing. Never drawn: 0, and no size. Not known: no period.
SELECT round((f).forecast::numeric, 6) AS forecast, (f).periods_between, (f).probability FROM (SELECT intermittent_forecast(x, '{"method": "croston"}') AS f FROM unnest('{100, 200, 300}'::numeric[]) x) s;
SELECT intermittent_forecast(x) FROM unnest('{0, -5, 0}'::numeric[]) x;
SELECT (f).n, (f).n_draws, (f).size FROM (SELECT intermittent_forecast(x) AS f FROM unnest('{0, NULL, NaN, 5}'::numeric[]) x) s;
SELECT intermittent_forecast(x) IS NULL AS none FROM unnest('{}'::numeric[]) x;
SELECT intermittent_forecast(NULL::numeric) IS NULL AS nothing_known;

-- Mistakes.
SELECT intermittent_forecast('Infinity'::numeric);
SELECT intermittent_forecast(1, '{"alpha": 0}');
SELECT intermittent_forecast(1, '{"alpha": 1.5}');
SELECT intermittent_forecast(1, '{"method": "holt"}');
SELECT intermittent_forecast(1, '{"gamma": 1}');
SELECT intermittent_forecast(1, NULL);
SELECT credit_limit_internal.intermittent_transition('{1,2}', 5::numeric);
CREATE AGGREGATE own(numeric) (SFUNC = credit_limit_internal.intermittent_transition, STYPE = float8[], INITCOND = '{7,1,1,0,0,0,0,0,0}');
SELECT own(1);
DROP AGGREGATE own(numeric);
CREATE AGGREGATE own(numeric) (SFUNC = credit_limit_internal.intermittent_transition, STYPE = float8[], INITCOND = '{0,1,NaN,NaN,0,0,0,0,0}', FINALFUNC = credit_limit_internal.intermittent_final);
SELECT own(1);
DROP AGGREGATE own(numeric);
SELECT credit_limit_internal.intermittent_final('{0,1,1,1,1,1,1,1,1}');

-- Options of accounts that take turns are forgotten one by one (in the memory of the query all were 7 MB), and an account has one
-- state, of the two arrays that it had (in that of the groups 15 MB).
SET enable_sort = off;
SELECT n, (SELECT sum(used_bytes) FROM pg_backend_memory_contexts WHERE name = 'ExecutorState') < 1000000 AS little_for_options,
  (SELECT sum(used_bytes) FROM pg_backend_memory_contexts WHERE name = 'ExprContext') < 12000000 AS little_for_states
FROM (SELECT count(f) AS n FROM (SELECT intermittent_forecast(i, CASE i % 2 WHEN 0 THEN '{"alpha": 0.2}' ELSE '{"alpha": 0.3}' END::jsonb) AS f
  FROM (SELECT generate_series(1, 40000) AS i) g GROUP BY i) s OFFSET 0) s;
RESET enable_sort;

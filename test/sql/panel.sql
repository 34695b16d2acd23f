-- panel: the generated panel that tests, benchmarks and the demo use keeps what demo/panel.sql says of it.
\i test/helpers.sql
\set ECHO none
\i demo/panel.sql
\set ECHO all
\set n 4000
\if :soak
\set n 20000
\endif
CREATE TABLE account AS SELECT * FROM pg_temp.panel_account(:n);
CREATE TABLE seen AS SELECT * FROM pg_temp.panel(:n);
CREATE TABLE truth AS SELECT * FROM pg_temp.panel_demand(:n);

-- The same rows everywhere. A digest of other rows is another generator: every figure found by it is to be looked at again.
SELECT count(*), md5(string_agg(concat_ws(',', account_id, segment, month, credit_limit, balance, payment, due, days_past_due, demand), ';'
  ORDER BY account_id, month)) FROM seen JOIN truth USING (account_id, month) WHERE account_id <= 200;
-- For every plan, and a small panel is the beginning of a large one; another seed is another panel.
SET enable_nestloop = off;
SET enable_hashjoin = off;
SET enable_material = off;
SELECT count(*) AS other_plan FROM (SELECT * FROM pg_temp.panel(200) EXCEPT SELECT * FROM seen) d;
RESET enable_nestloop;
RESET enable_hashjoin;
RESET enable_material;
SET work_mem = '64kB';
SELECT count(*) AS no_memory FROM (SELECT * FROM pg_temp.panel(200) EXCEPT SELECT * FROM seen) d;
RESET work_mem;
SELECT count(*) FILTER (WHERE o.balance = s.balance AND s.balance > 0) < 0.02 * count(*) AS other_seed
FROM pg_temp.panel(200, seed => 2) o JOIN seen s USING (account_id, month);
SELECT count(*) AS none FROM pg_temp.panel(0);
SELECT count(*) AS accounts, count(*) = 3 AS one_month_each FROM pg_temp.panel(3, 1);

-- Uniform and independent: chi square of 100 cells (99 degrees of freedom, mean 99, standard deviation 14.1) for accounts, for places,
-- and for pairs of neighbours of either.
SELECT what, sum((n - 400.0) ^ 2 / 400) BETWEEN 50 AND 160 AS even, count(*) AS cells FROM (
  SELECT what, cell, count(*) AS n FROM (SELECT i, pg_temp.panel_u(1, i, -1001) AS a, pg_temp.panel_u(1, 7, i) AS p,
      floor(10 * pg_temp.panel_u(1, i, -1001)) AS a10, floor(10 * pg_temp.panel_u(1, i, -1002)) AS b10, floor(10 * pg_temp.panel_u(1, 7, i)) AS p10,
      floor(10 * pg_temp.panel_u(1, 7, i + 1)) AS q10, floor(10 * pg_temp.panel_u(1, i + 1, -1001)) AS c10, floor(10 * pg_temp.panel_u(2, i, -1001)) AS s10
    FROM generate_series(1, 40000) i) u,
    LATERAL (VALUES ('accounts', floor(100 * a)), ('places', floor(100 * p)), ('places of an account', 10 * a10 + b10),
      ('neighbours in place', 10 * p10 + q10), ('neighbours in account', 10 * a10 + c10), ('seeds', 10 * a10 + s10)) v (what, cell)
  GROUP BY what, cell) c GROUP BY what ORDER BY what;

-- Shares as they are written in the generator, within four standard errors.
SELECT what, round(share::numeric, 3) AS share, abs(avg(hit::int) - share) < 4 * sqrt(share * (1 - share) / count(*)) AS found
FROM account, LATERAL (VALUES ('employed', 0.55, segment = 'employed'), ('self-employed', 0.2, segment = 'self-employed'),
  ('student', 0.13, segment = 'student'), ('business', 0.12, segment = 'business'), ('still', 0.26, kind = 'still'), ('revolver', 0.29, kind = 'revolver'),
  ('transactor', 0.25, kind = 'transactor'), ('occasional', 0.1, kind = 'occasional'), ('dormant', 0.1, kind = 'dormant'), ('rho 0', 0.1, rho = 0),
  ('rho 0.5', 0.2, rho = 0.5), ('rho 0.9', 0.7, rho = 0.9), ('whales', 1 / 300.0, whale), ('starts within', 0.2, opened > 0),
  ('a limit of zero', 0.1, zero_from IS NOT NULL)) v (what, share, hit)
GROUP BY what, share ORDER BY what;

-- The truth is what it says. Deviations of the demand from mu and season have mean 0, standard deviation 1, and from month to month the
-- correlation rho; months without a draw have the share p_zero. The standard errors are those of independent accounts.
CREATE TABLE month AS
SELECT s.*, kind, rho, p_zero, whale, opened, demand,
  CASE WHEN demand > 1 THEN (ln(demand::float8) - mu - season * pg_temp.panel_season(1, number)) / sigma END AS d
FROM seen s JOIN truth USING (account_id, month) JOIN account USING (account_id),
  LATERAL (SELECT (12 * extract(year FROM month) + extract(month FROM month) - 1)::int AS number) n;
SELECT rho, abs(avg(mean)) < 4 * stddev(mean) / sqrt(count(*)) AS mean_0, abs(avg(square) - 1) < 4 * stddev(square) / sqrt(count(*)) AS variance_1,
  abs(sum(product) / sum(pairs) - rho) < 0.02 AS correlation
FROM (SELECT rho, avg(d) AS mean, avg(d * d) AS square, sum(d * before) AS product, count(d * before) AS pairs
  FROM (SELECT *, lag(d) OVER (PARTITION BY account_id ORDER BY month) AS before FROM month) x GROUP BY account_id, rho HAVING count(d) > 0) a
GROUP BY rho ORDER BY rho;
SELECT kind, p_zero, abs(avg(zeros) - p_zero) <= 4 * stddev(zeros) / sqrt(count(*)) AS share_of_zeros
FROM (SELECT kind, p_zero, avg((demand = 0)::int) AS zeros FROM month GROUP BY account_id, kind, p_zero) a GROUP BY kind, p_zero ORDER BY p_zero;
-- Without the truth: over ten years the balances themselves are correlated by rho, where the limit is hardly reached. In n months the
-- estimate is too low by (1 + 3 rho) / n (Kendall 1954, Marriott and Pope 1954).
SELECT rho, abs(avg(r + (1 + 3 * rho) / n) - rho) < 0.01 + 4 * stddev(r) / sqrt(count(*)) AS near, 4 * stddev(r) / sqrt(count(*)) < 0.1 AS enough
FROM (SELECT account_id, corr(ln(balance), ln(before)) AS r, count(*) AS n
  FROM (SELECT *, lag(balance) OVER (PARTITION BY account_id ORDER BY month) AS before FROM pg_temp.panel(1000, 120)) l
  WHERE balance > 0 AND before > 0 GROUP BY account_id HAVING count(*) > 60 AND avg((balance >= 0.98 * credit_limit)::int) < 0.02) a
JOIN pg_temp.panel_account(1000, 120) USING (account_id) WHERE kind IN ('revolver', 'transactor') GROUP BY rho ORDER BY rho;
-- Sigmas differ between accounts, up to 2, and so do levels.
SELECT kind, stddev(ln(sigma)) BETWEEN 0.45 AND 0.65 AS sigmas_differ, stddev(mu) > 0.8 AS levels_differ, max(sigma) <= 2 AS bounded
FROM account GROUP BY kind ORDER BY kind;

-- What is seen follows from the truth, month by month.
SELECT count(*) > 0 AS some, count(*) FILTER (WHERE balance > demand AND balance <= credit_limit) AS above_demand,
  count(*) FILTER (WHERE balance < least(demand, credit_limit)) AS below_both, count(*) FILTER (WHERE balance > 1.03 * credit_limit + 0.01) AS too_far_above,
  count(*) FILTER (WHERE balance > credit_limit AND demand < credit_limit) AS above_for_nothing,
  count(*) FILTER (WHERE balance < 0 OR credit_limit < 0 OR demand < 0) AS negative, count(*) FILTER (WHERE credit_limit = 0 AND balance > 0) AS without_a_line
FROM month;
CREATE TABLE step AS
SELECT *, balance / nullif(credit_limit, 0) AS use, lag(balance / nullif(credit_limit, 0)) OVER w AS use_before, lag(balance) OVER w AS before,
  lag(credit_limit) OVER w AS limit_before, lag(month) OVER w AS month_before, lag(days_past_due) OVER w AS late_before,
  CASE WHEN count(*) OVER four = 4 THEN avg(balance) OVER four END AS mean_of_4
FROM month WINDOW w AS (PARTITION BY account_id ORDER BY month), four AS (w ROWS BETWEEN 4 PRECEDING AND 1 PRECEDING);
SELECT count(*) > 0 AS some, count(*) FILTER (WHERE balance - before + payment < 0) AS negative_draw,
  count(*) FILTER (WHERE days_past_due > 0 AND payment > 0) AS late_and_paid, count(*) FILTER (WHERE days_past_due = 0 AND payment < due) AS paid_less_than_due,
  count(*) FILTER (WHERE due > before) AS due_more_than_owed, count(*) FILTER (WHERE month <> month_before + interval '1 month') AS gaps,
  count(*) FILTER (WHERE days_past_due > late_before + 30) AS late_too_soon, count(*) FILTER (WHERE late_before >= 120) AS after_write_off
FROM step WHERE month_before IS NOT NULL;
-- Each account is there from its start to its end.
SELECT count(*) = :n AS all_there, bool_and(first = greatest(DATE '2025-01-01', (DATE '2025-01-01' + make_interval(months => opened - 1))::date)) AS from_start,
  bool_and(last = DATE '2026-12-01' OR last = DATE '2025-01-01' + make_interval(months => closed - 1) OR late >= 120) AS to_the_end,
  avg((last < '2026-12-01')::int) BETWEEN 0.1 AND 0.16 AS end_within
FROM account JOIN (SELECT account_id, min(month) AS first, max(month) AS last, max(days_past_due) AS late FROM seen GROUP BY account_id) s USING (account_id);

-- Moments like those of a public file of cards (Yeh 2009, UCI data set 350: 30,000 clients, April to September 2005). There the correlation
-- of use from month to month is .914 (August to September .935); 7.2 % of balances are at 98 % of the limit or more and 4.6 % above it (in
-- September 10.3 % and 7.1 %); nothing is paid of a balance in 8.5 % of months, all of it in 25 %; the logarithm of a balance moves by less
-- than .07 in half of the months, and by more than 1.17 in a tenth; the last balance misses the next by 15 % of the mean balance, and the mean
-- of four months by 26 %. Of other books: more accounts that rest.
SELECT corr(use, use_before) BETWEEN 0.87 AND 0.95 AS correlation, avg((use >= 0.98)::int) BETWEEN 0.09 AND 0.14 AS at_limit,
  avg((use > 1)::int) BETWEEN 0.06 AND 0.1 AS above, avg((payment = 0)::int) FILTER (WHERE before > 0) BETWEEN 0.05 AND 0.09 AS nothing_paid,
  avg((payment >= before)::int) FILTER (WHERE before > 0) BETWEEN 0.15 AND 0.3 AS all_paid FROM step;
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(ln(balance / before))) BETWEEN 0.05 AND 0.1 AS moves_little,
  percentile_cont(0.9) WITHIN GROUP (ORDER BY abs(ln(balance / before))) BETWEEN 0.6 AND 1.3 AS moves_much FROM step WHERE balance > 0 AND before > 0;
SELECT avg(abs(balance - before)) BETWEEN 0.14 * avg(balance) AND 0.28 * avg(balance) AS by_last,
  avg(abs(balance - before)) < 0.95 * avg(abs(balance - mean_of_4)) AS last_beats_mean FROM step WHERE mean_of_4 IS NOT NULL;
-- In the second year: balances that stay within a tenth; lines at zero, also for all of it; accounts without a draw; and always at the limit.
SELECT avg((n = 12 AND low > 0 AND high < 1.1 * low)::int) BETWEEN 0.08 AND 0.25 AS still_for_a_year,
  avg((zeros > 0)::int) BETWEEN 0.05 AND 0.12 AS lines_at_zero,
  avg((zeros = 12)::int) BETWEEN 0.003 AND 0.02 AS all_year, avg((high = 0)::int) BETWEEN 0.05 AND 0.15 AS never_drawn,
  avg((at_limit = n)::int) BETWEEN 0.02 AND 0.12 AS always_at_limit
FROM (SELECT count(*) AS n, min(balance) AS low, max(balance) AS high, count(*) FILTER (WHERE credit_limit = 0) AS zeros,
    count(*) FILTER (WHERE use >= 0.98) AS at_limit FROM step WHERE month >= '2026-01-01' GROUP BY account_id) y;
-- Limits follow balances: use before a rise is high, before a cut low. Who uses much is late more often.
SELECT avg(use_before) FILTER (WHERE credit_limit > limit_before) > 0.7 AS before_rises,
  avg(use_before) FILTER (WHERE credit_limit < limit_before) < 0.05 AS before_cuts,
  avg((credit_limit > limit_before)::int) BETWEEN 0.005 AND 0.03 AS rises, avg((credit_limit < limit_before)::int) BETWEEN 0.003 AND 0.02 AS cuts
FROM step WHERE limit_before > 0 AND credit_limit > 0;
SELECT avg((days_past_due > 0)::int) FILTER (WHERE use_before > 0.8)
    > 1.5 * avg((days_past_due > 0)::int) FILTER (WHERE use_before BETWEEN 0.01 AND 0.5) AS by_use,
  avg((days_past_due > 0)::int) BETWEEN 0.03 AND 0.08 AS late, count(*) FILTER (WHERE days_past_due >= 90) > 0 AS very_late FROM step;
-- Segments want different amounts; few whales hold much; in December more is wanted than in February.
SELECT string_agg(segment, ', ' ORDER BY middle) AS by_demand
FROM (SELECT segment, percentile_cont(0.5) WITHIN GROUP (ORDER BY demand) AS middle FROM month WHERE demand > 0 GROUP BY segment) s;
SELECT sum(balance) FILTER (WHERE whale) / sum(balance) BETWEEN 0.02 AND 0.2 AS whales FROM month;
SELECT avg(ln(demand)) FILTER (WHERE extract(month FROM month) = 12) - avg(ln(demand)) FILTER (WHERE extract(month FROM month) = 2)
    BETWEEN 0.05 AND 0.4 AS season
FROM month WHERE demand > 0 AND opened < 1;

-- A generated book of :borrowers borrowers, the same on every machine and every server version.
--
-- What happened month by month is the generated panel (panel.sql), in which accounts start and end, rest, hardly move, have no
-- line for months, and get limits that follow their balances. Those that have a line at the end are the book. Who the borrowers
-- are is drawn here, to fit: income and appetite (hunger for credit) make the level of demand; who is prone to be late has less
-- quality (ability and will to repay), and so has who has appetite: who needs credit most is not who gets it cheapest. What the
-- lender sees is a noisy trace of these. Default follows quality, appetite, use, payments and arrears through a logit with an
-- intercept for a bad rate near 5 %; as in real files, who never draws is not the safest.
--
-- true_demand, true_pd and table true_month are the truth that no lender sees; true_month has also the month to come. Decisions use the
-- demand as estimated from the months, and where that hangs on others demand_q90, a noisy estimate of somebody else of the amount
-- that covers nine months in ten.
\ir panel.sql

CREATE FUNCTION pg_temp.u(borrower bigint, k int) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN pg_temp.panel_u(2, borrower, k);
CREATE FUNCTION pg_temp.normal(borrower bigint, k int) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN pg_temp.panel_normal(2, borrower, k);

-- One account in six has ended, or has no line in the last month.
CREATE TEMP TABLE path AS SELECT * FROM pg_temp.panel_path((100 + 1.25 * :borrowers)::int, 13, '2025-12-01', 1);
CREATE TEMP TABLE kept AS
SELECT account_id, (row_number() OVER (ORDER BY account_id))::int AS borrower_id
FROM path WHERE month = '2026-11-01' AND credit_limit > 0 ORDER BY account_id LIMIT :borrowers;
ANALYZE path, kept;

CREATE TABLE account_month AS
SELECT borrower_id, month, balance, credit_limit AS available, payment, due, days_past_due FROM path JOIN kept USING (account_id)
WHERE month < '2026-12-01' ORDER BY borrower_id, month;
COMMENT ON TABLE account_month IS 'balances and limits of the last twelve months, or fewer for who came later';
CREATE TABLE true_month AS SELECT borrower_id, month, demand FROM path JOIN kept USING (account_id) ORDER BY borrower_id, month;
COMMENT ON TABLE true_month IS 'what the borrower would have drawn without a limit, in the month to come too; known only because the book is made up';
VACUUM ANALYZE account_month, true_month;

-- Each layer stands behind OFFSET 0, so that the planner computes it once instead of repeating it in every use.
CREATE TABLE borrower AS
WITH months AS (
  SELECT borrower_id, behavior_features(month, available, balance, payment, due, days_past_due) AS f,
    min((DATE '2026-11-01' - month) / 30) FILTER (WHERE days_past_due > 0) AS months_since_late
  FROM account_month GROUP BY borrower_id
), wanted AS (
  SELECT borrower_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY demand) AS usual,
    percentile_cont(0.9) WITHIN GROUP (ORDER BY demand) AS q90
  FROM true_month WHERE month < '2026-12-01' GROUP BY borrower_id
), traits AS (
  SELECT k.borrower_id AS id, segment, whale, prone, 12 - opened AS months_on_book, usual, q90, months_since_late, (m.f).*,
    -- Level of demand = 0.525 * income + 0.851 * appetite, both of them standard normal and independent.
    0.525 * level + 0.851 * pg_temp.normal(k.borrower_id, 0) AS income,
    0.851 * level - 0.525 * pg_temp.normal(k.borrower_id, 0) AS appetite,
    CASE segment WHEN 'student' THEN 18 + floor(9 * pg_temp.u(k.borrower_id, 2))::int
      ELSE 23 + floor(52 * pg_temp.u(k.borrower_id, 2) ^ 1.2)::int END AS age
  FROM kept k JOIN pg_temp.panel_account((100 + 1.25 * :borrowers)::int, 13, 1) a USING (account_id)
    JOIN months m USING (borrower_id) JOIN wanted w USING (borrower_id)
  OFFSET 0
), people AS (
  SELECT *, -0.8 * prone - 0.25 * appetite + 0.55 * pg_temp.normal(id, 4) AS quality,
    CASE WHEN segment = 'business' OR whale THEN 'small business' WHEN pg_temp.u(id, 6) < 0.68 THEN 'retail card'
      ELSE 'cash line' END AS product
  FROM traits
  OFFSET 0
), jobs AS (
  SELECT *,
    CASE WHEN product = 'small business' OR segment = 'self-employed' THEN 'self-employed' WHEN segment = 'student' THEN 'student'
      WHEN age >= 66 THEN 'retired' WHEN pg_temp.u(id, 7) + 0.08 * quality > 0.25 THEN 'permanent'
      WHEN pg_temp.u(id, 7) + 0.08 * quality > 0.06 THEN 'contract' ELSE 'none' END AS employment,
    CASE WHEN pg_temp.u(id, 8) + 0.12 * quality + (age - 45) * 0.008 > 0.80 THEN 'own'
      WHEN pg_temp.u(id, 8) + 0.12 * quality + (age - 45) * 0.002 > 0.45 THEN 'mortgage'
      WHEN age < 30 AND pg_temp.u(id, 8) < 0.2 THEN 'family' ELSE 'rent' END AS housing,
    round(exp(CASE segment WHEN 'student' THEN 7.4 WHEN 'self-employed' THEN 8.6 WHEN 'business' THEN 9.6 ELSE 8.3 END
      + 0.5 * income + 0.1 * quality + CASE WHEN whale THEN 2.7 ELSE 0 END)::numeric, 2) AS monthly_income
  FROM people
  OFFSET 0
), debts AS (
  SELECT *,
    monthly_income::float8 * (0.10 + 0.28 * pg_temp.u(id, 9) + 0.03 * greatest(-2, appetite) - 0.03 * least(2, quality))
      AS debt_service,
    -4.5 - 1.2 * quality + 0.30 * appetite + 0.9 * (utilization_3m - 0.3) + 0.3 * (days_past_due_worst_12m > 0)::int
      + 0.7 * (days_past_due_worst_12m >= 30)::int + 0.6 * coalesce(payment_rate_3m < 0.06, false)::int + 1.3 * (months_inactive > 2)::int
      + CASE product WHEN 'small business' THEN 0.25 WHEN 'cash line' THEN 0.15 ELSE -0.1 END AS logit
  FROM jobs
  OFFSET 0
)
SELECT id AS borrower_id, product,
  -- What the scorecard reads.
  days_past_due_worst_12m,
  CASE WHEN months_since_late IS NOT NULL THEN months_since_late
    WHEN pg_temp.u(id, 10) < 0.12 - 0.05 * least(2, quality) AND months_on_book > 12
      THEN least(months_on_book, 12 + floor(48 * pg_temp.u(id, 11))::int) END AS months_since_delinquency,
  months_on_book,
  greatest(0, floor(1.3 + 0.9 * appetite - 0.5 * quality + 1.1 * pg_temp.normal(id, 12)))::int AS enquiries_6m,
  -- One income in fifty is not known: somebody has to look at such a borrower.
  CASE WHEN pg_temp.u(id, 14) >= 0.02 THEN monthly_income END AS monthly_income,
  round(debt_service::numeric, 2) AS obligations,
  round((debt_service / monthly_income::float8)::numeric, 4)::float8 AS debt_to_income,
  round(utilization_3m::numeric, 4)::float8 AS utilization_3m, round(payment_rate_3m::numeric, 4)::float8 AS payment_ratio_3m,
  months_inactive,
  CASE WHEN balance = 0 THEN 0 ELSE round(greatest(0, least(1,
    0.10 - 0.06 * quality + 0.06 * appetite + 0.3 * (pg_temp.u(id, 15) - 0.5)))::numeric, 3)::float8 END AS cash_advance_share,
  round((monthly_income::float8 * exp(-0.2 + 0.75 * quality + 0.9 * pg_temp.normal(id, 16)))::numeric, 2) AS savings_balance,
  housing, employment,
  round(CASE WHEN employment IN ('permanent', 'contract', 'self-employed')
    THEN least(age - 17, exp(1.2 + 0.25 * quality + 0.8 * pg_temp.normal(id, 18))) ELSE 0
    END::numeric, 1)::numeric(4, 1) AS years_at_job,
  age,
  -- What the policy reads besides.
  credit_limit::numeric(14, 2) AS credit_limit,
  round(CASE WHEN balance = 0 AND pg_temp.u(id, 20) < 0.06 THEN -150 * pg_temp.u(id, 21) ELSE balance END::numeric, 2) AS balance,
  round(CASE WHEN balance > 0 AND pg_temp.u(id, 22) < 0.12
    THEN least(0.02 * credit_limit, greatest(0, credit_limit - balance)) * pg_temp.u(id, 23) ELSE 0 END::numeric, 2) AS pending,
  days_past_due,
  pg_temp.u(id, 24) < 0.001 AS fraud_flag,
  CASE WHEN months_since_limit_change IS NOT NULL
      THEN (DATE '2026-11-01' - make_interval(months => months_since_limit_change))::date
    WHEN months_on_book > 18 AND pg_temp.u(id, 25) < 0.5
      THEN DATE '2025-11-30' - floor(180 * pg_temp.u(id, 26))::int END AS last_limit_change,
  (1000 * round((6 * monthly_income + 2 * credit_limit::numeric) / 1000))::numeric(14, 2) AS umbrella_limit,
  round(CASE WHEN pg_temp.u(id, 27) < 0.3 THEN monthly_income * 4 * (pg_temp.u(id, 27))::numeric ELSE 0 END, 2) AS umbrella_drawn,
  -- What the product lets be used, whatever the policy would give: a card of the shop, cash in one payment, a firm's account.
  CASE product WHEN 'retail card' THEN 8000.00 WHEN 'cash line' THEN 6000.00 ELSE 50000.00 END AS product_limit,
  -- A forecast is missing for files too thin for one.
  CASE WHEN months_on_book >= 6 THEN round((q90 * exp(0.2 * pg_temp.normal(id, 28)))::numeric, 2) END AS demand_q90,
  -- The truth.
  round(usual::numeric, 2) AS true_demand, (1 / (1 + exp(-logit)))::numeric(8, 6) AS true_pd,
  pg_temp.u(id, 30) < 1 / (1 + exp(-logit)) AS defaulted
FROM debts
ORDER BY id;
DROP TABLE path, kept;

ALTER TABLE borrower ADD PRIMARY KEY (borrower_id);
COMMENT ON TABLE borrower IS 'a generated book: no such people';
COMMENT ON COLUMN borrower.true_demand IS 'the median of the twelve months in true_month; known only because the book is made up';
VACUUM ANALYZE borrower;

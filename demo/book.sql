-- A generated book of :borrowers borrowers, the same on every machine and every server version.
--
-- Random numbers: random() depends on the plan and hashtext() on the server version, so each borrower draws from the SHA-512 of
-- his own number: 16 integers of 32 bits from each of two hashes, and u(hash, k) is the k-th as a number inside (0,1). Normal
-- deviates come from pairs of them (Box and Muller 1958). What leaves the generator is rounded, so that the last bit in which
-- one libm differs from another does not.
--
-- The shape is that of a real card book. Two hidden traits make the borrower: quality (ability and will to repay) and appetite
-- (hunger for credit), correlated -0.25: who needs credit most is not who gets it cheapest. Everything that the lender sees is
-- a noisy trace of the two. Limits are lognormal, a multiple of income. A quarter hardly uses the line; demand of the others
-- is lognormal too, and where it exceeds the limit the balance stops there. Default follows quality and the burden of debt
-- through a logit with an intercept for a bad rate near 5 %. true_demand is the truth that no lender sees: decisions use the
-- demand as estimated from the months, and where that is not known the forecast demand_q90, a noisy estimate of the amount that
-- covers nine months in ten.

CREATE FUNCTION pg_temp.u(hash bytea, k int) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (get_byte(hash, 4 * k) * 16777216.0::float8 + get_byte(hash, 4 * k + 1) * 65536 + get_byte(hash, 4 * k + 2) * 256
    + get_byte(hash, 4 * k + 3) + 0.5::float8) / 4294967296.0::float8
$$;

CREATE FUNCTION pg_temp.normal(hash bytea, k int) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT sqrt(-2 * ln(pg_temp.u(hash, k))) * cos(2 * pi() * pg_temp.u(hash, k + 1))
$$;

-- Each layer stands behind OFFSET 0, so that the planner computes it once instead of repeating it in every use.
CREATE TABLE borrower AS
WITH hashes AS (
  SELECT i AS borrower_id, sha512(convert_to('borrower ' || i, 'UTF8')) AS a, sha512(convert_to('account ' || i, 'UTF8')) AS b
  FROM generate_series(1, :borrowers) AS i
  OFFSET 0
), traits AS (
  SELECT borrower_id, a, b, pg_temp.normal(a, 0) AS quality,
    -0.25 * pg_temp.normal(a, 0) + 0.968 * pg_temp.normal(a, 2) AS appetite,
    CASE WHEN pg_temp.u(a, 4) < 0.60 THEN 'retail card' WHEN pg_temp.u(a, 4) < 0.88 THEN 'cash line' ELSE 'small business' END AS product,
    21 + floor(54 * pg_temp.u(a, 5) ^ 1.3)::int AS age
  FROM hashes
  OFFSET 0
), people AS (
  SELECT *,
    CASE WHEN product = 'small business' THEN 'self-employed' WHEN age >= 66 THEN 'retired'
      WHEN age < 25 AND pg_temp.u(a, 6) < 0.5 THEN 'student'
      WHEN pg_temp.u(a, 6) + 0.08 * quality > 0.32 THEN 'permanent' WHEN pg_temp.u(a, 6) + 0.08 * quality > 0.14 THEN 'contract'
      WHEN pg_temp.u(a, 6) + 0.08 * quality > 0.03 THEN 'self-employed' ELSE 'none' END AS employment,
    CASE WHEN pg_temp.u(a, 7) + 0.12 * quality + (age - 45) * 0.008 > 0.80 THEN 'own'
      WHEN pg_temp.u(a, 7) + 0.12 * quality + (age - 45) * 0.002 > 0.45 THEN 'mortgage'
      WHEN age < 30 AND pg_temp.u(a, 7) < 0.2 THEN 'family' ELSE 'rent' END AS housing,
    round(exp(8.05 + 0.42 * pg_temp.normal(a, 8) + 0.16 * quality
      + CASE product WHEN 'small business' THEN 0.55 WHEN 'cash line' THEN -0.15 ELSE 0 END)::numeric, 2) AS monthly_income
  FROM traits
  OFFSET 0
), lines AS (
  SELECT *,
    3 + floor(150 * pg_temp.u(a, 10) ^ 1.6)::int AS months_on_book,
    least(150000, greatest(300, 100 * round(monthly_income::float8 / 100
      * exp(0.10 + 0.30 * quality + 0.50 * pg_temp.normal(b, 0))))) AS line,
    -- A quarter wants nothing or nearly nothing; the rest what income and appetite say.
    CASE WHEN pg_temp.u(b, 2) < 0.17 THEN 0
      WHEN pg_temp.u(b, 2) < 0.25 THEN monthly_income::float8 * 0.03 * pg_temp.u(b, 3)
      ELSE monthly_income::float8 * exp(-0.55 + 0.90 * appetite
        + CASE product WHEN 'cash line' THEN 0.35 WHEN 'small business' THEN 0.20 ELSE -0.15 END) END AS wanted,
    monthly_income::float8 * (0.10 + 0.28 * pg_temp.u(a, 11) + 0.03 * greatest(-2, appetite)
      - 0.03 * least(2, quality)) AS debt_service
  FROM people
  OFFSET 0
), drawn AS (
  SELECT *,
    CASE WHEN wanted = 0 THEN 0
      WHEN wanted >= 0.97 * line THEN line * (0.96 + 0.045 * pg_temp.u(b, 4))
      ELSE wanted * (0.80 + 0.20 * pg_temp.u(b, 4)) END AS used,
    -3.88 - 1.15 * quality + 0.30 * appetite + 0.9 * (least(wanted / line, 1.2) - 0.4)
      + CASE product WHEN 'small business' THEN 0.25 WHEN 'cash line' THEN 0.15 ELSE -0.1 END AS logit
  FROM lines
  OFFSET 0
), traces AS (
  SELECT *,
    -- Months late in the last year follow the same danger as default, seen through noise.
    CASE WHEN logit + 1.0 * pg_temp.normal(b, 5) > -0.35 THEN 90 WHEN logit + 1.0 * pg_temp.normal(b, 5) > -0.95 THEN 60
      WHEN logit + 1.0 * pg_temp.normal(b, 5) > -1.75 THEN 30
      WHEN logit + 1.0 * pg_temp.normal(b, 5) > -2.5 THEN 1 + floor(28 * pg_temp.u(b, 7))::int ELSE 0 END AS worst
  FROM drawn
  OFFSET 0
)
SELECT borrower_id, product,
  -- What the scorecard reads.
  least(worst, 3 * months_on_book * 10) AS days_past_due_worst_12m,
  CASE WHEN worst > 0 THEN floor(12 * pg_temp.u(b, 8) ^ 1.5)::int
    WHEN pg_temp.u(b, 8) < 0.12 - 0.05 * least(2, quality) THEN least(months_on_book, 12 + floor(48 * pg_temp.u(b, 9))::int)
    END AS months_since_delinquency,
  months_on_book,
  greatest(0, floor(1.3 + 0.9 * appetite - 0.5 * quality + 1.1 * pg_temp.normal(a, 12)))::int AS enquiries_6m,
  -- One income in fifty is not known: somebody has to look at such a borrower.
  CASE WHEN pg_temp.u(b, 10) >= 0.02 THEN monthly_income END AS monthly_income,
  round(debt_service::numeric, 2) AS obligations,
  round((debt_service / monthly_income::float8)::numeric, 4)::float8 AS debt_to_income,
  round((used / line * (0.92 + 0.16 * pg_temp.u(a, 14)))::numeric, 4)::float8 AS utilization_3m,
  CASE WHEN used > 0 THEN round(least(1, greatest(0.01,
    0.42 + 0.20 * quality - 0.30 * (used / line) + 0.16 * pg_temp.normal(b, 11)))::numeric, 4)::float8 END AS payment_ratio_3m,
  CASE WHEN wanted = 0 THEN 4 + floor(32 * pg_temp.u(b, 3))::int WHEN pg_temp.u(b, 2) < 0.25 THEN floor(9 * pg_temp.u(b, 4))::int
    ELSE greatest(0, floor(4 * pg_temp.u(b, 7) - 2))::int END AS months_inactive,
  CASE WHEN used = 0 THEN 0 ELSE round(greatest(0, least(1,
    0.12 - 0.10 * quality + 0.06 * appetite + 0.15 * (pg_temp.u(a, 15) - 0.5)))::numeric, 3)::float8 END AS cash_advance_share,
  round((monthly_income::float8 * exp(-0.2 + 0.75 * quality + 0.9 * pg_temp.normal(b, 13)))::numeric, 2) AS savings_balance,
  housing, employment,
  round(CASE WHEN employment IN ('permanent', 'contract', 'self-employed')
    THEN least(age - 19, exp(1.2 + 0.25 * quality + 0.8 * pg_temp.normal(a, 13))) ELSE 0 END::numeric, 1)::numeric(4, 1) AS years_at_job,
  age,
  -- What the policy reads besides.
  line::numeric(14, 2) AS credit_limit,
  round(CASE WHEN wanted = 0 AND pg_temp.u(b, 4) < 0.06 THEN -150 * pg_temp.u(b, 7) ELSE used END::numeric, 2) AS balance,
  round(CASE WHEN used > 0 AND pg_temp.u(b, 12) < 0.12 THEN least(0.02 * line, greatest(0, line - used)) * pg_temp.u(b, 6)
    ELSE 0 END::numeric, 2) AS pending,
  CASE WHEN worst >= 30 AND pg_temp.u(b, 8) < 0.30 THEN worst WHEN worst > 0 AND pg_temp.u(b, 8) < 0.2 THEN least(worst, 29)
    ELSE 0 END AS days_past_due,
  pg_temp.u(b, 15) < 0.001 AS fraud_flag,
  CASE WHEN months_on_book > 4 AND pg_temp.u(b, 14) < 0.8
    THEN DATE '2026-11-30' - least(30 * months_on_book, floor(1500 * pg_temp.u(b, 14) ^ 1.2)::int + 3) END AS last_limit_change,
  (1000 * round((6 * monthly_income + 2 * line::numeric) / 1000))::numeric(14, 2) AS umbrella_limit,
  round(CASE WHEN pg_temp.u(b, 6) < 0.3 THEN monthly_income * 4 * (pg_temp.u(b, 6))::numeric ELSE 0 END, 2) AS umbrella_drawn,
  -- What the product lets be used, whatever the policy would give: a card of the shop, cash in one payment, a firm's account.
  CASE product WHEN 'retail card' THEN 8000.00 WHEN 'cash line' THEN 6000.00 ELSE 50000.00 END AS product_limit,
  -- A forecast is missing for files too thin for one.
  CASE WHEN months_on_book >= 6 THEN round((wanted * exp(0.45 + 0.25 * pg_temp.normal(a, 14)))::numeric, 2) END AS demand_q90,
  -- The truth.
  round(wanted::numeric, 2) AS true_demand,
  pg_temp.u(b, 13) < 1 / (1 + exp(-logit)) AS defaulted
FROM traces
ORDER BY borrower_id;

ALTER TABLE borrower ADD PRIMARY KEY (borrower_id);
COMMENT ON TABLE borrower IS 'a generated book: no such people';
COMMENT ON COLUMN borrower.true_demand IS 'what the borrower would draw without a limit; known only because the book is made up';
VACUUM ANALYZE borrower;

-- The last twelve months, or fewer for who came later. The true demand is the median of a month's, which is lognormal with a sigma of
-- 0.4, and the balance is what the limit of that month lets through; before its last change the limit was a fifth lower.
CREATE TABLE account_month AS
SELECT borrower_id, month, round(least(wanted, available), 2)::numeric(14, 2) AS balance, available
FROM (SELECT borrower_id, month,
    CASE WHEN DATE '2026-11-30' - last_limit_change < 30 * month THEN round(0.8 * credit_limit, -2) ELSE credit_limit END::numeric(14, 2) AS available,
    round((true_demand::float8 * exp(0.4 * pg_temp.normal(CASE WHEN month <= 8 THEN a ELSE b END, 2 * ((month - 1) % 8))))::numeric, 2) AS wanted
  FROM (SELECT borrower_id, credit_limit, true_demand, last_limit_change, months_on_book,
      sha512(convert_to('months of ' || borrower_id, 'UTF8')) AS a, sha512(convert_to('months before of ' || borrower_id, 'UTF8')) AS b
    FROM borrower OFFSET 0) h, generate_series(1, least(12, months_on_book)) AS month OFFSET 0) m;
COMMENT ON TABLE account_month IS 'balances and limits of twelve months, 1 being the newest';
VACUUM ANALYZE account_month;

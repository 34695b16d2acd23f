-- The book of a real bank: 30,000 credit card clients in Taiwan, April to September 2005, and who defaulted in October.
-- UCI Machine Learning Repository 350, "Default of credit card clients" (Yeh and Lien 2009), CC BY 4.0.
--
-- PAY_0 is September, PAY_2 August, ... PAY_6 April: -2 not used, -1 paid in full, 0 revolving, 1 and more months late.
-- BILL_AMT1 and PAY_AMT1 are September. Sex, education, marriage and age are loaded and never looked at.

CREATE TEMPORARY TABLE client (
  id int, limit_bal numeric, sex int, education int, marriage int, age int, pay_0 int, pay_2 int, pay_3 int, pay_4 int,
  pay_5 int, pay_6 int, bill_amt1 numeric, bill_amt2 numeric, bill_amt3 numeric, bill_amt4 numeric, bill_amt5 numeric,
  bill_amt6 numeric, pay_amt1 numeric, pay_amt2 numeric, pay_amt3 numeric, pay_amt4 numeric, pay_amt5 numeric,
  pay_amt6 numeric, defaulted int);

-- The file comes through standard input: demo/run opens it.
\copy client FROM pstdin (FORMAT csv, HEADER)

-- What the scorecard and the policy of these clients read (demo/uci_card.json, demo/uci_policy.json).

CREATE TABLE borrower AS
SELECT id AS borrower_id,
  CASE WHEN limit_bal < 50000 THEN '1 under 50,000' WHEN limit_bal < 150000 THEN '2 under 150,000'
    WHEN limit_bal < 300000 THEN '3 under 300,000' ELSE '4 300,000 and over' END AS product,
  -- for the scorecard
  greatest(0, pay_0) AS months_late,
  greatest(0, pay_2, pay_3, pay_4, pay_5, pay_6) AS worst_months_late_before,
  (pay_0 > 0)::int + (pay_2 > 0)::int + (pay_3 > 0)::int + (pay_4 > 0)::int + (pay_5 > 0)::int + (pay_6 > 0)::int
    AS times_late,
  ((bill_amt1 + bill_amt2 + bill_amt3) / 3 / limit_bal)::float8 AS utilization_3m,
  -- what was paid of the bills of the month before; nobody pays a share of no bill
  (least(1, (pay_amt1 + pay_amt2 + pay_amt3)
    / nullif(greatest(0, bill_amt2) + greatest(0, bill_amt3) + greatest(0, bill_amt4), 0)))::float8 AS payment_ratio_3m,
  CASE WHEN pay_0 > -2 THEN 0 WHEN pay_2 > -2 THEN 1 WHEN pay_3 > -2 THEN 2 WHEN pay_4 > -2 THEN 3 WHEN pay_5 > -2 THEN 4
    WHEN pay_6 > -2 THEN 5 ELSE 6 END AS months_inactive,
  ((pay_amt1 + pay_amt2 + pay_amt3 + pay_amt4 + pay_amt5 + pay_amt6) / 6)::float8 AS mean_payment,
  -- for the policy
  limit_bal AS credit_limit,
  bill_amt1 AS balance,
  -- the peak of six bills stands for the demand; a limit of the lender's may have hidden more
  greatest(0, bill_amt1, bill_amt2, bill_amt3, bill_amt4, bill_amt5, bill_amt6) AS highest_bill,
  NULL::numeric AS product_limit, -- the file knows of one product
  NULL::numeric AS true_demand, -- nor does anybody know this
  defaulted = 1 AS defaulted
FROM client
ORDER BY id;

ALTER TABLE borrower ADD PRIMARY KEY (borrower_id);
VACUUM ANALYZE borrower;

-- Six bills against the limit, of which the file has one for all months.
CREATE TABLE account_month AS
SELECT id AS borrower_id, (DATE '2005-10-01' - make_interval(months => month::int))::date AS month, bill AS balance, limit_bal AS available
FROM client, unnest(ARRAY[bill_amt1, bill_amt2, bill_amt3, bill_amt4, bill_amt5, bill_amt6]) WITH ORDINALITY AS b (bill, month);
VACUUM ANALYZE account_month;
CREATE TABLE true_month (borrower_id int, month date, demand numeric); -- nobody knows it

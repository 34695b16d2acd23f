\i test/helpers.sql

-- By hand: min(0.55 * 30000, 30000 - 2000) - 3000 = 13500; 13500 / (0.05 + 0.18 / 12) = 207692.3077, rounded down.
SELECT affordable_limit(30000, 3000, 0.18, 0.05, 50, 0.55, 2000);
-- Residual income rules: 4000 - 2000 - 500 = 1500; (1500 - 10) / 0.065 = 22923.0769.
SELECT affordable_limit(4000, 500, 0.18, 0.05, 50, 0.9, 2000, 10);
-- No ratio; no decimals; three decimals.
SELECT affordable_limit(4000, 500, 0.18, 0.05) AS no_ratio,
       affordable_limit(4000, 500, 0.18, 0.05, decimals => 0) AS whole,
       affordable_limit(4000, 500, 0.18, 0.05, decimals => 3) AS three;
-- Slack below the floor of the payment, slack that the fee eats up, more obligations than income: nothing.
SELECT affordable_limit(1000, 960, 0.18, 0.05, 50), affordable_limit(1000, 950, 0.18, 0.05, 50) AS just_enough,
       affordable_limit(1000, 990, 0.18, 0.05, fees => 10), affordable_limit(1000, 2000, 0.18, 0.05),
       affordable_limit(-1000, 0, 0.18, 0.05);
-- Income finer than a cent rounds down, obligations round up; rates of type double precision are taken to a millionth.
SELECT affordable_limit(100.009, 0, 0, 0.1) AS down, affordable_limit(100, 0.001, 0, 0.1) AS up,
       affordable_limit(100, 0, 0.1::float8 + 0.2::float8, 0) = affordable_limit(100, 0, 0.3, 0) AS millionth;

-- A NULL ratio is not looked at; any other NULL gives NULL.
SELECT affordable_limit(NULL, 0, 0.18, 0.05) IS NULL AND affordable_limit(1, NULL, 0.18, 0.05) IS NULL
   AND affordable_limit(1, 0, NULL, 0.05) IS NULL AND affordable_limit(1, 0, 0.18, NULL) IS NULL
   AND affordable_limit(1, 0, 0.18, 0.05, NULL) IS NULL AND affordable_limit(1, 0, 0.18, 0.05, 0, NULL) IS NOT NULL
   AND affordable_limit(1, 0, 0.18, 0.05, 0, NULL, NULL) IS NULL;

-- The answer against its definition (Regulation Z, 12 CFR 1026.51): payable at the limit, not at a cent more. 5000 cases.
SELECT setseed(0.26);
WITH c AS (
  SELECT (random() * 20000 - 500)::numeric(14,2) AS income, (random() * 5000)::numeric(14,2) AS obligations,
         round((random() * 0.5)::numeric, 4) AS apr, round((0.001 + random() * 0.2)::numeric, 4) AS rate,
         (random() * 100)::numeric(14,2) AS floor, round((random() * 1.2)::numeric, 3) AS dti,
         (random() * 3000)::numeric(14,2) AS residual, (random() * 20)::numeric(14,2) AS fees
    FROM generate_series(1, 5000)
), l AS (
  SELECT *, affordable_limit(income, obligations, apr::float8, rate::float8, floor, dti::float8, residual, fees) AS cap FROM c
), p AS (
  SELECT *, greatest(floor, rate * cap + cap * apr / 12 + fees) AS pay,
         greatest(floor, rate * (cap + 0.01) + (cap + 0.01) * apr / 12 + fees) AS more FROM l
)
SELECT count(*) FILTER (WHERE cap > 0) > 1000 AS enough_cases,
       count(*) FILTER (WHERE cap > 0 AND (obligations + pay > dti * income OR income - obligations - pay < residual)) AS not_payable,
       count(*) FILTER (WHERE obligations + more <= dti * income AND income - obligations - more >= residual) AS too_small
  FROM p;

SELECT affordable_limit(1000, 0, 0, 0);
SELECT affordable_limit(1000, 0, -0.1, 0.05);
SELECT affordable_limit(1000, 0, 'NaN', 0.05);
SELECT affordable_limit(1000, 0, 0.18, 5);
SELECT affordable_limit(1000, 0, 0.18, 0.05, -1);
SELECT affordable_limit('Infinity', 0, 0.18, 0.05);
SELECT affordable_limit('NaN', 0, 0.18, 0.05);
SELECT affordable_limit(1e30, 0, 0.18, 0.05);
SELECT affordable_limit(1000, 0, 0.18, 0.05, decimals => 5);

-- Available: min(L - B - blocked, U - sum of B - sum of blocked), never negative.
SELECT available_credit(10000, 2500.50) AS plain, available_credit(10000, 2500.50, 500) AS blocked,
       available_credit(10000, -300) AS credit_balance, available_credit(1000, 1200) AS over_limit,
       available_credit(10000, 2500, 500, 12000, 8000) AS umbrella, available_credit(10000, 2500, 500, 12000, 11000) AS full;
SELECT available_credit(NULL, 1) IS NULL AND available_credit(1, NULL) IS NULL AND available_credit(1, 1, NULL) IS NULL
   AND available_credit(10, 1, 0, 5, NULL) IS NULL AND available_credit(10, 1, 0, NULL, 7) = 9;
SELECT setseed(0.5);
WITH c AS (SELECT (random() * 1000)::numeric(12,3) AS l, (random() * 1500 - 200)::numeric(12,2) AS b,
                  (random() * 100)::numeric(12,1) AS k, (random() * 2000)::numeric(12,2) AS u, (random() * 900)::numeric(12,2) AS o
             FROM generate_series(1, 5000))
SELECT count(*) AS wrong FROM c
 WHERE available_credit(l, b, k, u, o) <> greatest(0, least(l - greatest(b, 0) - k, u - o - greatest(b, 0) - k));
-- Finer than four decimals: the limit rounds down, what is used rounds up.
SELECT available_credit(10000.0 / 3, 1000.0 / 3);
SELECT available_credit(-1, 0);
SELECT available_credit(1, 'Infinity');
SELECT available_credit(1e25, 0);

-- Rules as rows, clauses that a policy includes, and what a payment repays.
\set VERBOSITY terse
\i test/helpers.sql

-- By R 4.2, s (1 - (1 + i)^-n) / i: 8072.418558, 21207.859745 and 89.552239; without interest payment x months.
SELECT repayable_limit(300, 0.2, 36) AS three_years, repayable_limit(300, 0.2, 36, 6) AS finer, repayable_limit(450.5, 0.0999, 60, 6) AS five_years,
  repayable_limit(100, 1.4, 1, 6) AS one_month, repayable_limit(100, 0, 36) AS no_interest, repayable_limit(-5, 0.2, 36) AS nothing, repayable_limit(0.01,
  0.2, 36) AS least;
-- It is repaid to the last cent, and one more is not: months of interest and payment, one after the other.
CREATE FUNCTION owed(balance numeric, apr numeric, months int, payment numeric) RETURNS numeric LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1 .. months LOOP
    balance := round(balance * (1 + apr / 12) - payment, 30);
  END LOOP;
  RETURN balance;
END $$;
SELECT bool_and(owed(l, apr, n, 300) <= 0 AND owed(l + 0.01, apr, n, 300) > 0) AS repaid FROM (VALUES (0.2, 36), (0.05, 12), (0.99, 120)) v (apr, n),
  LATERAL (SELECT repayable_limit(300, apr::float8, n) AS l) x;
SELECT repayable_limit(NULL, 0.2, 36) IS NULL AND repayable_limit(300, NULL, 36) IS NULL AS nulls;
SELECT repayable_limit('NaN', 0.2, 36);
SELECT repayable_limit('Infinity', 0.2, 36);
SELECT repayable_limit(300, 'NaN', 36);
SELECT repayable_limit(300, 20, 36);
SELECT repayable_limit(300, 0.2, 0);

-- Each rule says where it was read, and each clause does what it says: a new or a raised limit with and without it.
SELECT rule, jurisdiction, needs, source FROM limit_rules() ORDER BY rule;
CREATE TABLE borrower AS SELECT 100000 AS credit_limit, 0 AS balance, false AS increase_requested, 12 AS months_since_approval, 250000 AS umbrella_limit,
  0 AS umbrella_drawn,
  110000 AS umbrella_granted, false AS consents_to_increase, 12 AS months_in_persistent_debt;
CREATE TABLE free AS SELECT '{"name": "free", "product": {"cap": 300000}}'::limit_policy AS p;
SELECT rule, d.action, d.new_limit, d.binding, d.reasons FROM free, limit_rules() r, borrower b, decide_limit(policy_with_rules(p, ARRAY[clause]), b,
  '2026-11-30') d
WHERE clause IS NOT NULL ORDER BY rule;
-- Who meets them all may rise, up to the law.
SELECT d.action, d.new_limit, d.binding FROM free, decide_limit(policy_with_rules(p,
  (SELECT array_agg(clause ORDER BY rule) FROM limit_rules() WHERE rule <> 'cn_card_elsewhere')),
  (SELECT b FROM (SELECT 100000 AS credit_limit, 0 AS balance, true AS increase_requested, 11 AS months_since_approval, true AS consents_to_increase,
  11 AS months_in_persistent_debt) b), '2026-11-30') d;
-- A rule is included once, beside what the policy has; another umbrella, and other sections, are refused.
SELECT policy_with_rules(q, c) = q AS once, jsonb_array_length(q::jsonb -> 'exclusions') AS exclusions, jsonb_array_length(q::jsonb -> 'regulatory_cap') AS caps
FROM (SELECT array_agg(clause ORDER BY rule) AS c FROM limit_rules()) s, LATERAL (SELECT policy_with_rules('{"name": "p", "product": {"cap": 9},
  "regulatory_cap": {"limit": 5},
  "exclusions": [{"column": "late", "at_least": 30}]}', c) AS q) x;
SELECT policy_with_rules(NULL, NULL) IS NULL AND policy_with_rules(p, ARRAY[NULL::jsonb]) = p AND policy_with_rules(p, '{}') = p AS nothing FROM free;
SELECT policy_with_rules('{"name": "p", "umbrella": {"type": "shared"}}', ARRAY['{"umbrella": {"type": "partitioned"}}'::jsonb]);
SELECT policy_with_rules(p, ARRAY['{"product": {"cap": 5}}'::jsonb]) FROM free;
SELECT policy_with_rules(p, ARRAY['{"exclusions": [{"column": "x"}]}'::jsonb]) FROM free;
SELECT policy_with_rules(p, ARRAY['5'::jsonb]) FROM free;
SELECT policy_with_rules(p, (SELECT array_agg(clause) FROM limit_rules() WHERE rule = 'cn_internet_lon')) FROM free;

-- Persistent debt, by hand: of 100 paid a month 60 are interest in the latest four, an excess of 20 each; of the fifth 10, or 80 the other way.
SELECT persistent_debt_months(ARRAY[100,100,100,100,100], ARRAY[60,60,60,60,10]) AS four, persistent_debt_months(ARRAY[100,100,100,100,99],
  ARRAY[60,60,60,60,10]) AS five, persistent_debt_months(ARRAY[100,100,100], ARRAY[10,60,60]) AS none, persistent_debt_months(ARRAY[100,100,100,0],
  ARRAY[10,60,60,90]) AS again, persistent_debt_months(ARRAY[0,0], ARRAY[0,0]) AS unused, persistent_debt_months(ARRAY[0,0], ARRAY[5,5]) AS nothing_paid,
  persistent_debt_months(ARRAY[100,100,NULL,100], ARRAY[60,60,60,60]) AS known, persistent_debt_months(ARRAY[NULL,100], ARRAY[60,60]) AS unknown,
  persistent_debt_months('{1,1}', '{1}') AS shorter, persistent_debt_months('{}', '{}') AS empty, persistent_debt_months(NULL, '{}') AS null;
-- Against a sum of every number of months, for random accounts.
SELECT count(*) AS accounts, count(*) FILTER (WHERE b.n IS DISTINCT FROM persistent_debt_months(a.p, a.c)) AS wrong, count(DISTINCT b.n) > 12 AS varied
FROM (SELECT i, array_agg((draw(i * 100 + m, 1) * 100)::int::numeric ORDER BY m) AS p, array_agg((draw(i * 100 + m, 2) * 50)::int::numeric ORDER BY m) AS c
  FROM generate_series(1, 400) i, generate_series(1, 24) m GROUP BY i) a,
  LATERAL (SELECT coalesce(max(n), 0) AS n FROM generate_series(1, 24) n WHERE (SELECT sum(x) FROM unnest(a.c[:n]) x)
    > (SELECT sum(x) FROM unnest(a.p[:n]) x) - (SELECT sum(x) FROM unnest(a.c[:n]) x)) b;

-- A book has rules of the lender beside them, and in place of them.
SELECT create_book('book_l');
INSERT INTO book_l.limit_rule (rule, clause, summary, source) VALUES ('cn_internet_loan', '{"regulatory_cap": {"limit": 300000}}', 'Raised', 'Circular 7'),
  ('house', NULL, 'No limit on a Friday', 'The board');
SELECT rule, clause, source FROM limit_rules('book_l') WHERE rule IN ('cn_internet_loan', 'house', 'opt_in') ORDER BY rule;
SELECT count(*) - count(DISTINCT rule) AS twice FROM limit_rules('book_l');
SELECT limit_rules('nowhere');
DROP SCHEMA book_l, book_l_report CASCADE;

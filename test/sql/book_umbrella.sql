-- Umbrellas: what may be drawn, no draw above the umbrella, and limits that fit a partitioned one.
\set VERBOSITY terse
\i test/helpers.sql
CREATE ROLE regress_umbrella_maker;
SELECT credit_limit.create_book('book_u');
GRANT USAGE ON SCHEMA book_u, credit_limit, credit_limit_internal TO regress_umbrella_maker;
GRANT ALL ON ALL TABLES IN SCHEMA book_u TO regress_umbrella_maker;
SET ROLE regress_umbrella_maker;
SELECT credit_limit.draft_policy('book_u', 'part', '{"name": "part", "product": {"cap": 8000, "step": 100}, "umbrella": {"type": "partitioned"}}') AS p1,
  credit_limit.draft_policy('book_u', 'shared', '{"name": "shared", "product": {"cap": 8000, "step": 100}, "umbrella": {"type": "shared"}}') AS p2,
  credit_limit.draft_policy('book_u', 'blind', '{"name": "blind", "product": {"cap": 8000, "step": 100}}') AS p3;
RESET ROLE;
SELECT credit_limit.approve_policy('book_u', p, '2026-01-01', digest => credit_limit.version_digest('book_u', 'policy', p)) FROM generate_series(1, 3) p;
INSERT INTO book_u.product VALUES ('cash', 'Cash', 'standby_cash', 'CNY', 'part', NULL), ('shop', 'Shop', 'instalment', 'CNY',
  'part', NULL), ('firm', 'Firm', 'small_business', 'CNY', 'shared', NULL);
INSERT INTO book_u.borrower (borrower_id) VALUES (1), (2), (3);
INSERT INTO book_u.umbrella VALUES (10, 1, 'partitioned', 'CNY', 10000, '2026-01-01', NULL), (20, 2, 'shared', 'CNY', 5000,
  '2026-01-01', '2026-12-31'), (30, 3, 'partitioned', 'CNY', 9000, '2026-01-01', NULL);
INSERT INTO book_u.account (account_id, borrower_id, product, currency, umbrella_id, opened_on, credit_limit, balance, pending) VALUES
  (100, 1, 'cash', 'CNY', 10, '2026-01-01', 1000, 0, 0), (101, 1, 'shop', 'CNY', 10, '2026-01-01', 1000, 0, 0),
    (102, 1, 'shop', 'CNY', 10, '2026-01-01', 0, 0, 0),
  (200, 2, 'firm', 'CNY', 20, '2026-01-01', 4000, 1000, 0), (201, 2, 'firm', 'CNY', 20, '2026-01-01', 4000, 2000, 500),
    (202, 2, 'firm', 'CNY', NULL, '2026-01-01', 700, -50, 0);

-- Available: the smaller of what the limit and what the umbrella leave. By hand: 4000 - 1000 and 5000 - 2500 - 1000; 4000 - 2500 and 5000 - 1000 - 2500.
SELECT account_id, credit_limit.available_to_draw('book_u', account_id, '2026-06-01') FROM book_u.account ORDER BY 1;
SELECT credit_limit.available_to_draw('book_u', 999, '2026-06-01') AS no_account, credit_limit.available_to_draw('book_u', 200, NULL) AS no_day,
  credit_limit.available_to_draw('book_u', 200, '2027-01-01') AS umbrella_over, credit_limit.available_to_draw('book_u', 202, '2027-01-01') AS without_umbrella;
-- Blocked and ad hoc amounts count on their days only, ad hoc within the umbrella: 4000 + 900 - 2500 = 2400 against 1500; 4000 -
-- 1000 - 600 = 2400 against 1500 - 600.
INSERT INTO book_u.limit_adjustment (account_id, kind, amount, valid_from, valid_to, reason) VALUES
  (201, 'ad_hoc', 900, '2026-06-01', '2026-06-30', 'holiday'), (200, 'blocked', 600, '2026-06-10', '2026-06-20', 'dispute'),
    (202, 'ad_hoc', 300, '2026-06-01', '2026-06-01', 'sale');
SELECT d::date AS day, credit_limit.available_to_draw('book_u', 200, d::date) AS a200, credit_limit.available_to_draw('book_u',
  201, d::date) AS a201, credit_limit.available_to_draw('book_u', 202, d::date) AS a202
FROM unnest(ARRAY['2026-05-31', '2026-06-01', '2026-06-10', '2026-06-20', '2026-06-21', '2026-07-01']) d;
-- Draws: one after the other until the umbrella is full.
SELECT credit_limit.authorize_draw('book_u', 200, 1000, '2026-07-01');
SELECT credit_limit.authorize_draw('book_u', 201, 600, '2026-07-01');
SELECT credit_limit.authorize_draw('book_u', 201, 500, '2026-07-01');
SELECT credit_limit.authorize_draw('book_u', 200, 0.01, '2026-07-01');
SELECT sum(greatest(balance, 0) + pending) AS drawn FROM book_u.account WHERE umbrella_id = 20;
SELECT credit_limit.authorize_draw('book_u', 202, 750, '2026-07-01');
SELECT credit_limit.authorize_draw('book_u', 202, -1, '2026-07-01');
SELECT credit_limit.authorize_draw('book_u', 202, 'NaN', '2026-07-01');
SELECT credit_limit.authorize_draw('book_u', 999, 1, '2026-07-01');
-- Under an older snapshot the draws of others are not seen.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT credit_limit.authorize_draw('book_u', 202, 1, '2026-07-01');
ROLLBACK;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT credit_limit.authorize_draw('book_u', 202, 1, '2026-07-01');
ROLLBACK;
-- Frozen: by an exclusion from its first day on, before any decision.
INSERT INTO book_u.exclusion (borrower_id, kind, action, valid_from) VALUES (1, 'fraud', 'FREEZE', '2026-07-02');
SELECT credit_limit.available_to_draw('book_u', 100, '2026-07-01') AS before, credit_limit.available_to_draw('book_u', 100, '2026-07-02') AS after;
DELETE FROM book_u.exclusion;

-- A partitioned umbrella is shared out in the order of the accounts, each seeing what the one before was given:
-- 8000 to the first (1000 of 10000 being the second's), then 1000 + 1000, then nothing is left.
CALL credit_limit.run_decisions('book_u', '2026-07-05');
SELECT account_id, action, old_limit, new_limit, umbrella_cap, binding FROM book_u.decision WHERE borrower_id = 1 ORDER BY 1;
SELECT u.umbrella_id, u.credit_limit, sum(a.credit_limit) AS granted FROM book_u.umbrella u JOIN book_u.account a
  USING (umbrella_id) WHERE u.kind = 'partitioned' GROUP BY 1, 2;
SELECT count(*), bool_and((credit_limit.replay_decision('book_u', decision_id)).same) FROM book_u.decision;
-- Many borrowers with random lines: never above the umbrella, nothing that could be granted left.
INSERT INTO book_u.borrower (borrower_id) SELECT i FROM generate_series(1000, 1199) i;
INSERT INTO book_u.umbrella SELECT i, i, 'partitioned', 'CNY', 100 * (i * 7919 % 300), '2026-01-01' FROM generate_series(1000, 1199) i;
INSERT INTO book_u.account (account_id, borrower_id, product, currency, umbrella_id, opened_on) SELECT 10 * i + k, i, 'cash', 'CNY', i, '2026-01-01'
  FROM generate_series(1000, 1199) i, generate_series(0, 3) k WHERE i % (k + 1) = 0;
CALL credit_limit.run_decisions('book_u', '2026-07-06', '{"chunk_size": 37}');
SELECT count(*) AS umbrellas, count(*) FILTER (WHERE granted > credit_limit) AS over,
  count(*) FILTER (WHERE granted < least(credit_limit, 8000 * lines)) AS under
FROM (SELECT u.credit_limit, sum(a.credit_limit) AS granted, count(*) AS lines FROM book_u.umbrella u JOIN book_u.account a
  USING (umbrella_id) WHERE u.umbrella_id >= 1000 GROUP BY u.umbrella_id) s;
-- A policy that does not look at the umbrella cannot overfill it: the table refuses, and the run names the borrower.
INSERT INTO book_u.account (account_id, borrower_id, product, currency, umbrella_id, opened_on, credit_limit)
  VALUES (300, 3, 'cash', 'CNY', 30, '2026-01-01', 100), (301, 3, 'cash', 'CNY', 30, '2026-01-01', 100);
UPDATE book_u.product SET policy = 'blind' WHERE product = 'cash';
CALL credit_limit.run_decisions('book_u', '2026-07-07', '{"chunk_size": 50}');
SELECT lowest, highest, sqlstate, message FROM book_u.run_chunk WHERE status = 'failed' AND highest = 3;
SELECT account_id, credit_limit FROM book_u.account WHERE borrower_id = 3 ORDER BY 1;
SELECT * FROM credit_limit.verify_log('book_u');
-- By hand neither; a decrease is never refused.
UPDATE book_u.account SET credit_limit = 9000 WHERE borrower_id = 3;
INSERT INTO book_u.account (account_id, borrower_id, product, currency, umbrella_id, opened_on, credit_limit)
  VALUES (302, 3, 'cash', 'CNY', 30, '2026-01-01', 8801);
UPDATE book_u.umbrella SET credit_limit = 50 WHERE umbrella_id = 30;
UPDATE book_u.account SET credit_limit = 60 WHERE borrower_id = 3;
SELECT relation, problem, row_count FROM credit_limit.check_book('book_u')
WHERE relation IN ('umbrella', 'policy_version') AND problem NOT LIKE 'role%';
-- The counter sees a line that leaves its umbrella, and one that comes under it: what is granted is the sum of the open lines.
UPDATE book_u.account SET umbrella_id = NULL WHERE account_id = 300;
SELECT u.granted = (SELECT sum(a.credit_limit) FROM book_u.account a WHERE a.umbrella_id = 30 AND a.status = 'open') AS left
FROM book_u.umbrella u WHERE umbrella_id = 30;
UPDATE book_u.umbrella SET credit_limit = 9000 WHERE umbrella_id = 30;
UPDATE book_u.account SET umbrella_id = 30 WHERE account_id = 300;
SELECT u.granted = (SELECT sum(a.credit_limit) FROM book_u.account a WHERE a.umbrella_id = 30 AND a.status = 'open') AS came
FROM book_u.umbrella u WHERE umbrella_id = 30;
-- The function that counts must belong to whom the table belongs; lines without an umbrella do not need it.
ALTER FUNCTION book_u.keep_umbrella() OWNER TO regress_umbrella_maker;
UPDATE book_u.account SET credit_limit = 1 WHERE account_id = 300;
UPDATE book_u.account SET credit_limit = 701 WHERE account_id = 202;
DROP SCHEMA book_u, book_u_report CASCADE;
DROP OWNED BY regress_umbrella_maker;
DROP ROLE regress_umbrella_maker;

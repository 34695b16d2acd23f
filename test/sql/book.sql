-- A book: what create_book makes, which rows its tables refuse, and what check_book finds.
\set VERBOSITY terse
\i test/helpers.sql
SELECT credit_limit.create_book('book_a');
SELECT count(*) AS tables, bool_and(relowner = current_user::regrole) AS mine,
  bool_or(EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')) AS of_the_extension
FROM pg_class c WHERE relnamespace = 'book_a'::regnamespace AND relkind IN ('r', 'p');
-- An empty book is in order.
SELECT * FROM credit_limit.check_book('book_a');
-- Names.
SELECT credit_limit.create_book('book_a');
SELECT credit_limit.create_book('Book; DROP TABLE x');
SELECT credit_limit.create_book('pg_book');
SELECT credit_limit.create_book(NULL);
SELECT credit_limit.log_end('nowhere');
SELECT credit_limit.log_end('public');
-- A schema for the reports is made, not taken.
CREATE SCHEMA book_b_report;
SELECT credit_limit.create_book('book_b');
SELECT to_regnamespace('book_b');
DROP SCHEMA book_b_report;

INSERT INTO book_a.product VALUES ('cash', 'Cash line', 'standby_cash', 'CNY', NULL, NULL), ('shop', 'Shop', 'instalment', 'EUR', NULL, NULL);
INSERT INTO book_a.borrower (borrower_id, income, obligations) VALUES (1, 5000, 0), (2, NULL, NULL);
INSERT INTO book_a.umbrella VALUES (10, 1, 'shared', 'CNY', 20000, '2026-01-01');
INSERT INTO book_a.account (account_id, borrower_id, product, currency, umbrella_id, opened_on, credit_limit, balance)
  VALUES (100, 1, 'cash', 'CNY', 10, '2026-01-01', 5000, 100);

-- Rows that the tables refuse: every one of these is an error.
INSERT INTO book_a.product VALUES ('x', 'x', 'card', 'yuan');
INSERT INTO book_a.borrower (borrower_id, income) VALUES (3, -1);
INSERT INTO book_a.borrower (borrower_id, income) VALUES (3, 'NaN');
INSERT INTO book_a.borrower (borrower_id, external_pd) VALUES (3, 1.5);
INSERT INTO book_a.account (account_id, borrower_id, product, currency, opened_on, credit_limit) VALUES (101, 1, 'cash', 'CNY', '2026-01-01', -1);
INSERT INTO book_a.account (account_id, borrower_id, product, currency, opened_on, credit_limit) VALUES (101, 1, 'cash', 'CNY', '2026-01-01', 'Infinity');
INSERT INTO book_a.account (account_id, borrower_id, product, currency, opened_on, balance) VALUES (101, 1, 'cash', 'CNY', '2026-01-01', 'NaN');
INSERT INTO book_a.account (account_id, borrower_id, product, currency, opened_on) VALUES (101, 1, 'cash', 'EUR', '2026-01-01');
INSERT INTO book_a.account (account_id, borrower_id, product, currency, opened_on) VALUES (101, 9, 'cash', 'CNY', '2026-01-01');
INSERT INTO book_a.account (account_id, borrower_id, product, currency, umbrella_id, opened_on) VALUES (101, 2, 'cash', 'CNY', 10, '2026-01-01');
INSERT INTO book_a.account (account_id, borrower_id, product, currency, umbrella_id, opened_on) VALUES (101, 1, 'shop', 'EUR', 10, '2026-01-01');
INSERT INTO book_a.account_month VALUES (100, '2026-02-02', 0, 0);
INSERT INTO book_a.account_month VALUES (100, 'infinity', 0, 0);
UPDATE book_a.account SET opened_on = 'infinity' WHERE account_id = 100;
UPDATE book_a.account SET last_limit_change = '-infinity' WHERE account_id = 100;
INSERT INTO book_a.account_month VALUES (100, '2026-02-01', 0, 'NaN');
INSERT INTO book_a.account_month VALUES (100, '2026-02-01', 0, 0, 0, 0, -1);
INSERT INTO book_a.account_month VALUES (999, '2026-02-01', 0, 0);
INSERT INTO book_a.exclusion (borrower_id, kind, valid_from) VALUES (1, 'mood', '2026-01-01');
INSERT INTO book_a.exclusion (borrower_id, kind, valid_from, valid_to) VALUES (1, 'fraud', '2026-02-01', '2026-01-01');
INSERT INTO book_a.limit_adjustment (account_id, kind, amount, valid_from, valid_to, reason) VALUES (100, 'blocked', 0, '2026-01-01', '2026-01-02', '');
-- And one that is right, twice.
INSERT INTO book_a.account_month VALUES (100, '2026-02-01', 5000, 100, 50, 50, 0);
INSERT INTO book_a.account_month VALUES (100, '2026-02-01', 5000, 100, 50, 50, 0);

-- Partitions: made where they are missing, and the default one holds what came too early.
SELECT credit_limit.add_months('book_a', '2026-03-15', 2) AS made, credit_limit.add_months('book_a', '2026-03-01', 3) AS more;
SELECT credit_limit.add_months('book_a', '2026-03-15', 0);
INSERT INTO book_a.account_month VALUES (100, '2026-04-01', 5000, 100, 50, 50, 0);
SELECT tableoid::regclass, month FROM book_a.account_month ORDER BY month;
-- check_book counts: the February row has no partition, March is missing, and what the constraints would have refused.
ALTER TABLE book_a.account DROP CONSTRAINT account_borrower_id_fkey, DROP CONSTRAINT account_product_currency_fkey,
  DROP CONSTRAINT account_umbrella_id_borrower_id_currency_fkey;
ALTER TABLE book_a.account_month DROP CONSTRAINT account_month_account_id_fkey;
INSERT INTO book_a.account (account_id, borrower_id, product, currency, umbrella_id, opened_on, credit_limit, balance) VALUES
  (102, 77, 'cash', 'CNY', NULL, '2026-01-01', 0, 0), (103, 1, 'shop', 'CNY', NULL, '2026-01-01', 100, 0),
  (104, 1, 'none', 'CNY', NULL, '2026-01-01', 0, 0), (105, 1, 'cash', 'USD', 10, '2026-01-01', 0, 25000), (106, 2, 'cash', 'CNY', 11, '2026-01-01', 0, 0);
INSERT INTO book_a.account_month VALUES (555, '2026-04-01', 0, 0);
UPDATE book_a.product SET policy = 'p', scorecard = 's' WHERE product = 'cash';
-- An experiment of no product, whose arm names a policy that is not there.
INSERT INTO book_a.experiment VALUES ('e', 'nothing', '2026-01-01');
INSERT INTO book_a.experiment_arm VALUES ('e', 'one', 1, 'q', NULL);
-- A policy for shared umbrellas, where one is partitioned; and a decision_input that lacks columns.
CREATE ROLE regress_book_approver;
GRANT USAGE ON SCHEMA book_a, credit_limit, credit_limit_internal TO regress_book_approver;
GRANT SELECT, UPDATE ON book_a.policy_version, book_a.scorecard_version TO regress_book_approver;
GRANT SELECT ON book_a.allocation_version, book_a.group_membership TO regress_book_approver;
SELECT credit_limit.draft_policy('book_a', 'shop',
  '{"name": "shop", "umbrella": {"type": "shared"}, "product": {"cap": 1}, "exclusions": [{"column": "excluded", "is": true}]}') AS id;
SET ROLE regress_book_approver;
SELECT credit_limit.approve_policy('book_a', 1, '2026-01-01', digest => credit_limit.version_digest('book_a', 'policy', 1));
RESET ROLE;
UPDATE book_a.product SET policy = 'shop' WHERE product = 'shop';
INSERT INTO book_a.umbrella VALUES (12, 1, 'partitioned', 'EUR', 20000, '2026-01-01');
INSERT INTO book_a.account (account_id, borrower_id, product, currency, umbrella_id, opened_on) VALUES (107, 1, 'shop', 'EUR', 12, '2026-01-01');
DROP FUNCTION book_a.decision_input(date);
CREATE FUNCTION book_a.decision_input(as_of date) RETURNS TABLE (account_id bigint, borrower_id bigint, product text, balance numeric, pending numeric,
  external_score float8, external_pd float8, umbrella_limit numeric)
    LANGUAGE sql AS 'SELECT NULL::bigint, NULL::bigint, NULL, NULL::numeric, NULL::numeric, NULL::float8, NULL::float8, NULL::numeric';
SELECT * FROM credit_limit.check_book('book_a');
-- The contract is the names: a lender's own table behind a view, with other types and one column less.
CREATE SCHEMA book_b;
CREATE TABLE book_b.customers (no int PRIMARY KEY, monthly_income float8, branch text);
CREATE VIEW book_b.borrower AS SELECT no AS borrower_id, branch AS segment, monthly_income AS income, 0::numeric AS obligations,
  NULL::float8 AS external_score, 'x'::text AS external_pd FROM book_b.customers;
CREATE TABLE book_b.account (account_id bigint PRIMARY KEY, borrower_id int, product text, currency text, umbrella_id bigint, status text,
  opened_on date, credit_limit numeric, balance numeric, pending numeric, last_limit_change date, frozen boolean);
SELECT credit_limit.create_book('book_b');
SELECT * FROM credit_limit.check_book('book_b');
-- The whole contract is what create_book makes.
DROP SCHEMA book_a, book_a_report CASCADE;
SELECT credit_limit.create_book('book_a');
SELECT c.relation, c.column_name FROM credit_limit_internal.book_contract() c LEFT JOIN pg_attribute a
  ON a.attrelid = to_regclass('book_a.' || c.relation) AND a.attname = c.column_name WHERE a.attname IS NULL;
SELECT credit_limit.translate_reasons('book_a', ARRAY['Regulatory cap', 'our own words'], 'zh'),
  credit_limit.translate_reasons('book_a', ARRAY['Regulatory cap'], 'en'), credit_limit.translate_reasons('book_a', NULL, 'en');
-- Every reason in English has its Chinese.
SELECT reason FROM book_a.reason_text GROUP BY reason HAVING count(*) <> 2;
-- A book goes as a whole, its owner's hand and nobody else's; not while others use what is in it, not what is no book.
CREATE VIEW book_user AS SELECT * FROM book_a.product;
CREATE TABLE book_key (no bigint REFERENCES book_a.borrower);
CREATE VIEW book_reader AS SELECT rule FROM book_a_report.report_alerts;
\set VERBOSITY default
SELECT credit_limit.drop_book('book_a');
\set VERBOSITY terse
DROP VIEW book_user, book_reader;
DROP TABLE book_key;
GRANT USAGE ON SCHEMA book_a TO regress_book_approver;
SET ROLE regress_book_approver;
SELECT credit_limit.drop_book('book_a');
RESET ROLE;
SELECT credit_limit.drop_book('book_a');
SELECT to_regnamespace('book_a'), to_regnamespace('book_a_report');
SELECT credit_limit.drop_book('book_a');
SELECT credit_limit.drop_book('public');
SELECT credit_limit.drop_book('book_b');
SELECT credit_limit.drop_book(NULL);
SELECT credit_limit.add_months('book_b', '2026-01-01', 121);
DROP OWNED BY regress_book_approver;
DROP ROLE regress_book_approver;

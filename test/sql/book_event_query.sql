-- Real time keeps its query with the versions of a day in it: whatever changes them, the next event decides by what is valid then.
-- Each step says which version must decide by hand; preview_decisions(), which finds the versions each time, must agree.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS credit_limit;
CREATE ROLE regress_book_maker;
CALL credit_limit.create_book('book_e');
GRANT USAGE ON SCHEMA book_e, credit_limit TO regress_book_maker;
GRANT ALL ON ALL TABLES IN SCHEMA book_e TO regress_book_maker;
SET ROLE regress_book_maker;
SELECT credit_limit.draft_policy('book_e', 'cash', format('{"name": "cash", "product": {"cap": %s}}', cap)::credit_limit.limit_policy) FROM unnest(ARRAY[1000, 2000]) cap;
SELECT credit_limit.draft_policy('book_e', 'other', '{"name": "other", "product": {"cap": 3000}}');
RESET ROLE;
SELECT credit_limit.approve_policy('book_e', 1, '2026-01-01'), credit_limit.approve_policy('book_e', 3, '2026-01-01');
-- Names that would be harmful in the text of a query.
INSERT INTO book_e.product VALUES ('it''s @version@ $1 %s', 'Cash', 'standby_cash', 'CNY', 'cash', NULL), ('idle', 'Idle', 'card', 'CNY', NULL, NULL);
INSERT INTO book_e.borrower (borrower_id) SELECT generate_series(1, 200);
INSERT INTO book_e.account (account_id, borrower_id, product, currency, opened_on, credit_limit)
  SELECT i, i, 'it''s @version@ $1 %s', 'CNY', '2026-01-01', 100 FROM generate_series(1, 200) i;
INSERT INTO book_e.account (account_id, borrower_id, product, currency, opened_on, credit_limit) VALUES (1001, 1, 'idle', 'CNY', '2026-01-01', 100);
SELECT credit_limit.set_business_date('book_e', '2026-11-01');
SELECT credit_limit.enable_realtime('book_e');

-- Two events; which policy and arm decided, whether a preview says the same, and how often the query was made: 0 when it was kept
-- before, 1 when the first event made it anew, 2 when nothing may be kept.
SET track_functions = 'pl';
CREATE FUNCTION pg_temp.event(what text, OUT step text, OUT policies text, OUT arms text, OUT as_preview boolean, OUT made bigint) LANGUAGE plpgsql AS $$
BEGIN
  step := what;
  made := coalesce(pg_stat_get_xact_function_calls('credit_limit.make_event_query'::regproc), 0);
  INSERT INTO book_e.exclusion (borrower_id, kind, action, valid_from) SELECT i, 'dispute', 'NO_INCREASE', '2026-11-01' FROM generate_series(1, 10) i;
  INSERT INTO book_e.exclusion (borrower_id, kind, action, valid_from) SELECT i, 'dispute', 'NO_INCREASE', '2026-11-01' FROM generate_series(11, 20) i;
  made := coalesce(pg_stat_get_xact_function_calls('credit_limit.make_event_query'::regproc), 0) - made;
  SELECT string_agg(DISTINCT d.policy_id::text, ' ' ORDER BY d.policy_id::text), string_agg(DISTINCT d.arm, ' ' ORDER BY d.arm),
    bool_and((d.policy_id, d.experiment, d.arm, d.new_limit) IS NOT DISTINCT FROM (p.policy_id, p.experiment, p.arm, (p.decision).new_limit))
  INTO policies, arms, as_preview
  FROM (SELECT DISTINCT ON (account_id) * FROM book_e.decision ORDER BY account_id, decision_id DESC) d
  LEFT JOIN credit_limit.preview_decisions('book_e', (SELECT business_date FROM book_e.business_day)) p USING (account_id)
  WHERE d.borrower_id <= 20;
END $$;
-- One session writes one lane, so the last decision is the one with the highest number.
SELECT * FROM pg_temp.event('the first version');
SELECT * FROM pg_temp.event('the same again');
SELECT credit_limit.approve_policy('book_e', 2, '2026-11-15');
SELECT * FROM pg_temp.event('another begins later');
SELECT credit_limit.set_business_date('book_e', '2026-11-20');
SELECT * FROM pg_temp.event('its day has come');
SELECT credit_limit.set_business_date('book_e', '2026-11-01');
SELECT * FROM pg_temp.event('the day of the first again');
SELECT credit_limit.set_business_date('book_e', '2026-11-20');
UPDATE book_e.product SET policy = 'other' WHERE policy = 'cash';
SELECT * FROM pg_temp.event('the product names another policy');
BEGIN;
UPDATE book_e.product SET policy = 'cash' WHERE policy = 'other';
SELECT * FROM pg_temp.event('changed in the same transaction');
ROLLBACK;
SELECT * FROM pg_temp.event('which was undone');
BEGIN;
SAVEPOINT s;
UPDATE book_e.product SET policy = 'cash' WHERE policy = 'other';
SELECT * FROM pg_temp.event('changed in a subtransaction');
ROLLBACK TO s;
SELECT * FROM pg_temp.event('which was undone');
COMMIT;
INSERT INTO book_e.experiment VALUES ('trial', 'it''s @version@ $1 %s', '2026-11-15', NULL);
SELECT * FROM pg_temp.event('an experiment without arms');
INSERT INTO book_e.experiment_arm VALUES ('trial', 'champion', 0.1 + 0.2, NULL, NULL), ('trial', 'it''s another', 0.7, 'cash', NULL);
SELECT * FROM pg_temp.event('two arms');
UPDATE book_e.experiment_arm SET share = 1 - share;
SELECT * FROM pg_temp.event('other shares');
DELETE FROM book_e.experiment_arm WHERE arm <> 'champion';
UPDATE book_e.experiment_arm SET share = 1;
SELECT * FROM pg_temp.event('one arm');
TRUNCATE book_e.experiment_arm;
SELECT * FROM pg_temp.event('no arm');
INSERT INTO book_e.experiment_arm VALUES ('trial', 'champion', 1, 'cash', NULL);
COPY book_e.experiment (experiment, product, valid_from) FROM stdin;
later	idle	2026-11-01
\.
UPDATE book_e.experiment SET valid_to = '2026-11-19' WHERE experiment = 'trial';
SELECT * FROM pg_temp.event('the experiment is over');
-- A version that is missing: the event fails, and says which.
UPDATE book_e.product SET policy = 'nowhere' WHERE policy = 'other';
SELECT * FROM pg_temp.event('no version');
UPDATE book_e.product SET policy = NULL;
INSERT INTO book_e.exclusion (borrower_id, kind, action, valid_from) VALUES (1, 'dispute', 'NO_INCREASE', '2026-11-01');
SELECT max(as_of) AS decided FROM book_e.decision;
UPDATE book_e.product SET policy = 'other' WHERE product <> 'idle';
SELECT * FROM pg_temp.event('decided again');

-- Who changes rows with triggers off, as a replica does, is heard of all the same; who switches this trigger off is not, and
-- then nothing is kept.
SET session_replication_role = replica;
UPDATE book_e.product SET policy = 'cash' WHERE policy = 'other';
RESET session_replication_role;
SELECT * FROM pg_temp.event('by a replica');
ALTER TABLE book_e.product ENABLE TRIGGER version_changed;
SELECT * FROM pg_temp.event('not always');
SET session_replication_role = replica;
UPDATE book_e.product SET policy = 'other' WHERE policy = 'cash';
RESET session_replication_role;
SELECT * FROM pg_temp.event('by a replica, unheard');
ALTER TABLE book_e.product DISABLE TRIGGER version_changed;
SELECT * FROM pg_temp.event('off');
UPDATE book_e.product SET policy = 'cash' WHERE policy = 'other';
SELECT * FROM pg_temp.event('changed with the trigger off');
DROP TRIGGER version_changed ON book_e.product;
UPDATE book_e.product SET policy = 'other' WHERE policy = 'cash';
SELECT * FROM pg_temp.event('without the trigger');
-- A trigger of that name that does something else, and one for some changes only.
CREATE TRIGGER version_changed AFTER INSERT OR DELETE ON book_e.product FOR EACH ROW EXECUTE FUNCTION credit_limit.version_changed();
ALTER TABLE book_e.product ENABLE ALWAYS TRIGGER version_changed;
SELECT * FROM pg_temp.event('a trigger for some changes');
UPDATE book_e.product SET policy = 'cash' WHERE policy = 'other';
SELECT * FROM pg_temp.event('another change');
DROP TRIGGER version_changed ON book_e.product;
CREATE TRIGGER version_changed AFTER INSERT OR UPDATE OR DELETE ON book_e.product FOR EACH ROW WHEN (pg_trigger_depth() > 9) EXECUTE FUNCTION credit_limit.version_changed();
ALTER TABLE book_e.product ENABLE ALWAYS TRIGGER version_changed;
SELECT * FROM pg_temp.event('a trigger with a condition');
UPDATE book_e.product SET policy = 'other' WHERE policy = 'cash';
SELECT * FROM pg_temp.event('which is not met');
-- A lender's own products: a view over a table, one with row-level security, one with a child.
ALTER TABLE book_e.account DROP CONSTRAINT account_product_currency_fkey;
ALTER TABLE book_e.product RENAME TO own_product;
CREATE VIEW book_e.product AS SELECT * FROM book_e.own_product;
SELECT * FROM pg_temp.event('a view');
UPDATE book_e.own_product SET policy = 'cash' WHERE policy = 'other';
SELECT * FROM pg_temp.event('the table below changed');
DROP VIEW book_e.product;
ALTER TABLE book_e.own_product RENAME TO product;
DROP TRIGGER version_changed ON book_e.product;
CREATE TRIGGER version_changed AFTER INSERT OR UPDATE OR DELETE ON book_e.product FOR EACH ROW EXECUTE FUNCTION credit_limit.version_changed();
ALTER TABLE book_e.product ENABLE ALWAYS TRIGGER version_changed;
SELECT * FROM pg_temp.event('a table again');
ALTER TABLE book_e.product ENABLE ROW LEVEL SECURITY;
SELECT * FROM pg_temp.event('row-level security');
ALTER TABLE book_e.product DISABLE ROW LEVEL SECURITY;
SELECT * FROM pg_temp.event('none');

-- One statement that changes a product and is an event: the event's trigger fires before version_changed, which tells of the change.
-- So it may be when the trigger is deferred.
WITH p AS (UPDATE book_e.product SET policy = 'other' WHERE policy = 'cash')
INSERT INTO book_e.exclusion (borrower_id, kind, action, valid_from) VALUES (30, 'dispute', 'NO_INCREASE', '2026-11-01');
SELECT policy_id FROM book_e.decision WHERE borrower_id = 30;
CREATE FUNCTION pg_temp.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'undone'; END $$;
CREATE TRIGGER a_fail AFTER UPDATE ON book_e.product FOR EACH ROW EXECUTE FUNCTION pg_temp.fail();
WITH p AS (UPDATE book_e.product SET policy = 'cash' WHERE policy = 'other')
INSERT INTO book_e.exclusion (borrower_id, kind, action, valid_from) VALUES (31, 'dispute', 'NO_INCREASE', '2026-11-01');
DROP TRIGGER a_fail ON book_e.product;
SELECT * FROM pg_temp.event('nothing is left of what failed');
DROP TRIGGER version_changed ON book_e.product;
CREATE CONSTRAINT TRIGGER version_changed AFTER INSERT OR UPDATE OR DELETE ON book_e.product DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION credit_limit.version_changed();
ALTER TABLE book_e.product ENABLE ALWAYS TRIGGER version_changed;
SELECT * FROM pg_temp.event('a trigger that is deferred');
BEGIN;
UPDATE book_e.product SET policy = 'cash' WHERE policy = 'other';
SELECT * FROM pg_temp.event('not yet fired');
COMMIT;
SELECT * FROM pg_temp.event('fired');
-- A name that is padded finds its accounts.
ALTER TABLE book_e.product ALTER COLUMN product TYPE char(40);
SELECT count(*) AS before FROM book_e.decision \gset
SELECT * FROM pg_temp.event('padded');
SELECT count(*) - :before AS decided FROM book_e.decision;
ALTER TABLE book_e.product ALTER COLUMN product TYPE text;
-- So many that a plan with all of them would be large: the query finds them.
BEGIN;
INSERT INTO book_e.product SELECT 'p' || i, 'P', 'card', 'CNY', 'cash', NULL FROM generate_series(1, 200) i;
SELECT credit_limit.event_query('book_e', '2026-11-20') LIKE '%VALUES%' AS named;
SELECT * FROM pg_temp.event('many products');
DELETE FROM book_e.product WHERE product = 'p200';
SELECT credit_limit.event_query('book_e', '2026-11-20') LIKE '%VALUES%' AS named;
SELECT * FROM pg_temp.event('one less');
ROLLBACK;
CREATE TABLE book_e.more_products () INHERITS (book_e.product);
INSERT INTO book_e.more_products SELECT product, name, kind, currency, 'other' FROM ONLY book_e.product WHERE policy = 'cash';
DELETE FROM ONLY book_e.product WHERE policy = 'cash';
SELECT * FROM pg_temp.event('a child');
UPDATE book_e.more_products SET policy = 'cash';
SELECT * FROM pg_temp.event('which changed');

-- Books and days in turn, more than are kept.
DO $$ BEGIN
  FOR i IN 1 .. 40 LOOP
    PERFORM credit_limit.set_business_date('book_e', DATE '2026-10-01' + (i * 37) % 60);
    INSERT INTO book_e.exclusion (borrower_id, kind, action, valid_from) VALUES (100 + i, 'dispute', 'NO_INCREASE', '2026-10-01');
  END LOOP;
END $$;
SELECT count(*), count(*) FILTER (WHERE policy_id = CASE WHEN as_of < '2026-11-15' THEN 1 ELSE 2 END) AS right FROM book_e.decision WHERE borrower_id > 100;
SELECT count(*) AS problems FROM credit_limit.verify_log('book_e');
SELECT count(*) > 500 AS many, bool_and((credit_limit.replay_decision('book_e', decision_id)).same) AS same FROM book_e.decision;

-- A schema that takes another's name: the query has the name in it.
CALL credit_limit.create_book('book_f');
CREATE FUNCTION pg_temp.of_itself(book text) RETURNS boolean LANGUAGE sql AS
  $$ SELECT q ~ (book || '.policy') AND q !~ translate(book, 'ef', 'fe') FROM credit_limit.event_query(book, '2026-11-01') q $$;
ALTER TABLE book_e.more_products NO INHERIT book_e.product;
ANALYZE book_e.product;
SELECT pg_temp.of_itself('book_e') AS e, pg_temp.of_itself('book_f') AS f;
ALTER SCHEMA book_e RENAME TO book_g;
ALTER SCHEMA book_f RENAME TO book_e;
ALTER SCHEMA book_g RENAME TO book_f;
SELECT pg_temp.of_itself('book_e') AS e, pg_temp.of_itself('book_f') AS f;
DROP SCHEMA book_f CASCADE;

-- The same schema made anew is another book.
DROP SCHEMA book_e CASCADE;
CALL credit_limit.create_book('book_e');
SELECT credit_limit.event_query('book_e', '2026-11-01') LIKE '%VALUES (NULL::int,%' AS nothing_decides;
SELECT credit_limit.event_query('nowhere', '2026-11-01');
SELECT credit_limit.event_query('public', '2026-11-01');
CREATE TABLE book_e.wrong (a int);
CREATE TRIGGER wrong BEFORE INSERT ON book_e.wrong FOR EACH ROW EXECUTE FUNCTION credit_limit.version_changed();
INSERT INTO book_e.wrong VALUES (1);
DROP SCHEMA book_e CASCADE;
DROP OWNED BY regress_book_maker;
DROP ROLE regress_book_maker;

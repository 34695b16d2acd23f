-- A group of two books in one database: where borrowers belong, how versions travel, what a book of a group refuses, heads,
-- reports and moves. Several servers, and servers that die, are in test/t/012_group.pl.
\set VERBOSITY default
\set SHOW_CONTEXT never
\i test/helpers.sql
CREATE ROLE regress_group_maker;
CREATE ROLE regress_group_checker;
CREATE ROLE regress_group_committee;

-- Shards: Python's int(hashlib.sha256(str(i).encode()).hexdigest()[:15], 16) % 3 of some numbers, the smallest and the largest
-- with them.
SELECT i, borrower_shard(i, 3) FROM unnest(ARRAY[0, 1, 2, 3, 42, 1000000007, 9223372036854775807, -9223372036854775808]) i;
SELECT count(*) AS unlike FROM generate_series(1::bigint, 2000) i WHERE borrower_shard(i, 7)
  <> ('x' || substr(encode(sha256(i::text::bytea), 'hex'), 1, 15))::bit(60)::bigint % 7;
-- Evenly: of 20,000 borrowers in 8 shards chi-squared with 7 degrees of freedom is below 24.3 in 999 of 1000 hashes.
SELECT sum((n - 2500) ^ 2 / 2500) < 24.3 AS even FROM (SELECT count(*) AS n FROM generate_series(1, 20000) i GROUP BY borrower_shard(i, 8)) s;
SELECT borrower_shard(1, 0);
SELECT borrower_shard(NULL, 3) IS NULL AND borrower_shard(1, NULL) IS NULL AS null_of_null;

SELECT create_book('group_a'), create_book('group_b');
SELECT grant_book('group_a', policy_owner => 'regress_group_maker', approver => 'regress_group_checker');
SELECT grant_book('group_b', policy_owner => 'regress_group_maker', approver => 'regress_group_checker', committee => 'regress_group_committee');
INSERT INTO group_a.product VALUES ('cash', 'Cash', 'card', 'CNY', 'cash', NULL);
CREATE FUNCTION policy(cap int) RETURNS limit_policy LANGUAGE sql AS $$ SELECT format('{"name": "cash", "entitlement": {"bands":
  [{"score_from": 600, "income_multiple": 2}]}, "product": {"cap": %s, "step": 100}}', cap)::limit_policy $$;
CREATE PROCEDURE approve(book text, cap int, first_day date) LANGUAGE plpgsql AS $$
DECLARE id int;
BEGIN
  SET LOCAL ROLE regress_group_maker;
  id := draft_policy(book, 'cash', policy(cap));
  SET LOCAL ROLE regress_group_checker;
  PERFORM approve_policy(book, id, first_day, digest => version_digest(book, 'policy', id));
  RESET ROLE;
END $$;
GRANT USAGE ON SCHEMA :"test_schema" TO PUBLIC;
CALL approve('group_a', 20000, '2026-01-01');

-- ---- a group is made, or nothing is ----

SELECT create_book_group('Bank', 'group_a', 2);
SELECT create_book_group('group_bank', 'group_a', 0);
SELECT create_book_group('group_bank', 'nowhere', 2);
SELECT create_book_group(NULL, 'group_a', 2);
SELECT to_regnamespace('group_bank') IS NULL AS nothing_is_made;
SELECT create_book_group('group_bank', 'group_a', 2);
SELECT create_book_group('group_bank', 'group_a', 2);
SELECT add_group_member('nowhere', 1, 'group_b');
SELECT add_group_member('group_b', 1, 'group_b');
SELECT add_group_member('group_bank', 2, 'group_b');
SELECT add_group_member('group_bank', 0, 'group_b');
SELECT add_group_member('group_bank', 1, 'group_a');
-- Borrowers of another shard, another currency, versions and drafts of its own.
INSERT INTO group_b.borrower (borrower_id) SELECT i FROM generate_series(1, 4) i WHERE borrower_shard(i, 2) = 0;
SELECT add_group_member('group_bank', 1, 'group_b');
TRUNCATE group_b.borrower CASCADE;
INSERT INTO group_b.product VALUES ('cash', 'Cash', 'card', 'EUR', 'cash', NULL);
SELECT add_group_member('group_bank', 1, 'group_b');
DELETE FROM group_b.product;
SET ROLE regress_group_maker;
SELECT draft_policy('group_b', 'own', '{"name": "own", "product": {"cap": 1}}');
RESET ROLE;
SELECT add_group_member('group_bank', 1, 'group_b');
DELETE FROM group_b.policy_version;
-- An order of another version of the extension.
INSERT INTO group_b.group_order (order_key, kind, content) VALUES ('x', 'join', '{"group": "group_bank", "shard": 1, "shards": 2, "extension": "0.0"}');
-- An order of a group that it is no part of.
INSERT INTO group_b.group_order (order_key, kind, content) SELECT 'x', 'confirm', jsonb_build_object('group', 'other', 'extension', extversion)
FROM pg_extension WHERE extname = 'credit_limit';
SELECT count(*) AS orders, (SELECT count(*) FROM group_b.group_membership) AS memberships FROM group_b.group_order;
-- The role of the committee joins the book to a group where its owner has written the place, and nowhere else.
CREATE PROCEDURE give(order_key text, kind text, content jsonb) LANGUAGE sql AS $$
  INSERT INTO group_b.group_order (order_key, kind, content) SELECT order_key, kind, jsonb_build_object('group', 'group_bank', 'extension', extversion)
    || content FROM pg_extension WHERE extname = 'credit_limit' $$;
SELECT jsonb_build_object('shard', 1, 'shards', 2, 'state', credit_limit_internal.state_of('group_a')) AS place \gset
SET SESSION AUTHORIZATION regress_group_committee;
CALL give('x', 'join', :'place');
RESET SESSION AUTHORIZATION;
BEGIN;
INSERT INTO group_b.group_membership (group_name, shard, shards) VALUES ('group_bank', 1, 2);
SET SESSION AUTHORIZATION regress_group_committee;
CALL give('x', 'join', :'place');
SELECT group_name, shard, shards FROM group_b.group_membership;
ROLLBACK;
CALL publish_group('group_bank');
SELECT add_group_member('group_bank', 1, 'group_b'), add_group_member('group_bank', 1, 'group_b');
SELECT shard, book, publication, confirmed_until FROM group_bank.member ORDER BY shard;
SELECT create_book_group('group_other', 'group_b', 2);
SELECT to_regnamespace('group_other') IS NULL AS nothing_is_made;

-- ---- versions ----

CALL run_decisions('group_b', '2026-11-30');
CALL confirm_group('group_bank', '2026-11-30');
CALL publish_group('group_bank');
CALL publish_group('group_bank');
SELECT count(*) AS publications FROM group_bank.publication;
SELECT kind, count(*) FROM group_b.group_order GROUP BY kind ORDER BY kind;
CALL confirm_group('group_bank', NULL);
CALL confirm_group('group_bank', '2026-11-30');
CALL confirm_group('group_bank', '2026-11-29');
-- A slip in the year would end all changes of versions.
CALL confirm_group('group_bank', '2199-12-31');
SELECT count(DISTINCT confirmed_until) AS days, max(confirmed_until) FROM group_bank.member;
SELECT p.policy_id, p.created_by, p.approved_by, p.digest = a.digest AS same FROM group_b.policy_version p JOIN group_a.policy_version a USING (policy_id);
-- A version changes no day that is confirmed, and comes from the committee.
CALL approve('group_a', 1500, '2026-11-30');
CALL approve('group_b', 1500, '2026-12-02');
SELECT retire_version('group_a', 'policy', 1, '2026-11-29');
CALL approve('group_a', 1500, '2026-12-02');
CALL confirm_group('group_bank', '2026-12-05');
CALL publish_group('group_bank');
-- A book that decides by something else is not confirmed, and runs until where it was.
INSERT INTO group_b.experiment VALUES ('own', 'cash', '2026-12-01');
CALL confirm_group('group_bank', '2026-12-05');
SELECT shard, publication, confirmed_until, away, problem FROM group_bank.member ORDER BY shard;
CALL run_decisions('group_b', '2026-12-01');
SELECT set_business_date('group_b', '2026-12-01'), enable_realtime('group_b');
INSERT INTO group_b.borrower (borrower_id, segment, income, external_score)
  SELECT i, 's', 1000, 650 FROM generate_series(1, 20) i WHERE borrower_shard(i, 2) = 1;
INSERT INTO group_b.account (account_id, borrower_id, product, currency, opened_on, credit_limit, balance)
  SELECT borrower_id, borrower_id, 'cash', 'CNY', '2026-08-15', 1000, 10 FROM group_b.borrower;
INSERT INTO group_b.exclusion (borrower_id, kind, valid_from) SELECT min(borrower_id), 'dispute', '2026-12-01' FROM group_b.borrower;
SELECT disable_realtime('group_b');
CALL publish_group('group_bank');
CALL confirm_group('group_bank', '2026-12-05');
SELECT (SELECT count(*) FROM group_b.experiment) AS experiments, shard, publication, confirmed_until, problem FROM group_bank.member ORDER BY shard;
-- Products and experiments go with the versions.
INSERT INTO group_a.experiment VALUES ('caps', 'cash', '2027-01-01');
INSERT INTO group_a.experiment_arm (experiment, arm, share) VALUES ('caps', 'a', 0.3), ('caps', 'b', 0.7);
INSERT INTO group_a.product VALUES ('shop', 'Shop', 'card', 'CNY', NULL, NULL);
CALL publish_group('group_bank');
SELECT p.product, e.experiment, x.arm, x.share FROM group_b.product p LEFT JOIN group_b.experiment e USING (product)
  LEFT JOIN group_b.experiment_arm x USING (experiment)
ORDER BY 1, 3;
-- The role of the committee gives orders, and does nothing else.
SET ROLE regress_group_committee;
UPDATE group_b.group_membership SET confirmed_until = '2030-01-01';
INSERT INTO group_b.policy_version (name, document) VALUES ('own', '{"name": "own", "product": {"cap": 1}}');
UPDATE group_b.group_order SET obeyed = false;
RESET ROLE;
-- Nor by orders: it takes back no day, gives itself no accounts of others, not even one that came later, and closes none that has not left.
SELECT max(account_id) AS victim, max(borrower_id) AS owner FROM group_b.account \gset
SELECT jsonb_build_object('account', jsonb_build_array(to_jsonb(a) || '{"account_id": 7771}')) AS theirs,
  jsonb_build_object('account', jsonb_build_array(to_jsonb(a) || '{"borrower_id": 777, "credit_limit": 900000000}')) AS stolen,
  jsonb_build_object('borrower', '[{"borrower_id": 777}]'::jsonb, 'account', jsonb_build_array(to_jsonb(a) || '{"borrower_id": 777, "account_id": 7770}'))
    AS own, jsonb_build_object('account_month', jsonb_build_array(jsonb_build_object('account_id', account_id, 'month', '2026-12-01'))) AS month
FROM group_b.account a WHERE account_id = :victim \gset
CREATE FUNCTION arrival(rows jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_build_object('move', 'm', 'borrower', 777, 'from', 0, 'rows', rows,
  'digest', encode(sha256(convert_to(rows::text, 'UTF8')), 'hex')) $$;
CREATE TEMP TABLE untouched AS SELECT * FROM group_b.account;
SET SESSION AUTHORIZATION regress_group_committee;
CALL give('c', 'confirm', jsonb_build_object('digest', credit_limit_internal.deciding_digest(credit_limit_internal.state_of('group_b'))));
CALL give('m receive', 'receive', arrival(:'theirs'));
CALL give('m receive', 'receive', arrival(:'stolen'));
CALL give('m receive', 'receive', arrival(:'month'));
\set VERBOSITY terse
CALL give('m receive', 'receive', arrival(:'own') || '{"digest": "x"}');
\set VERBOSITY default
CALL give('m close', 'close', jsonb_build_object('move', 'm', 'borrower', :owner));
RESET SESSION AUTHORIZATION;
BEGIN;
CALL give('m receive', 'receive', arrival(:'own'));
INSERT INTO group_b.account (account_id, borrower_id, product, currency, opened_on, credit_limit)
  VALUES (7770, :owner, 'cash', 'CNY', '2026-08-15', 1000);
CALL give('m activate', 'activate', '{"move": "m", "borrower": 777}');
ROLLBACK;
SELECT count(*) AS changed FROM (TABLE untouched EXCEPT TABLE group_b.account) c;
UPDATE group_b.group_order SET answer = '{"x": 1}' WHERE kind = 'confirm';
DELETE FROM group_b.group_order;

-- ---- a night, and its reports ----

INSERT INTO group_a.borrower (borrower_id, segment, income, external_score)
  SELECT i, 's', 1000, 650 FROM generate_series(1, 20) i WHERE borrower_shard(i, 2) = 0;
INSERT INTO group_a.account (account_id, borrower_id, product, currency, opened_on, credit_limit, balance)
  SELECT borrower_id, borrower_id, 'cash', 'CNY', '2026-08-15', 1000, 10 * borrower_id FROM group_a.borrower;
UPDATE group_b.account SET balance = 10 * borrower_id;
INSERT INTO group_a.account_month (account_id, month, credit_limit, balance, days_past_due)
  SELECT account_id, m, 1000, balance, 31 * account_id % 97 FROM group_a.account, generate_series(DATE '2026-10-01', '2026-11-01', '1 month') m;
INSERT INTO group_b.account_month (account_id, month, credit_limit, balance, days_past_due)
  SELECT account_id, m, 1000, balance, 31 * account_id % 97 FROM group_b.account, generate_series(DATE '2026-10-01', '2026-11-01', '1 month') m;
CALL run_decisions('group_a', '2026-12-01');
CALL run_decisions('group_b', '2026-12-01');
SELECT refresh_reports('group_a', '2026-12-01') + refresh_reports('group_b', '2026-12-01') AS positions;
-- Before anything was collected every shard is missing.
SELECT currency, accounts, missing FROM group_bank_report.report_summary;
SELECT * FROM refresh_group('group_bank');
-- Against plain SQL over the tables of both books.
CREATE TEMP TABLE everybody AS SELECT m.* FROM group_a.account_month m UNION ALL SELECT m.* FROM group_b.account_month m;
SELECT u.month, u.accounts = e.n AND u.balance = e.balance AND near(u.median::float8, e.median, 0.006) AND u.missing = '{}' AS right
FROM group_bank_report.report_utilization u
JOIN (SELECT month, count(*) AS n, sum(balance) AS balance, percentile_cont(0.5) WITHIN GROUP (ORDER BY balance / credit_limit) AS median
  FROM everybody GROUP BY month) e USING (month) ORDER BY 1;
SELECT d.decisions, d.change = (SELECT sum(new_limit - old_limit) FROM (SELECT * FROM group_a.decision UNION ALL SELECT * FROM group_b.decision) x) AS right
FROM group_bank_report.report_decisions d;
SELECT s.accounts, s.borrowers, s.drawn, s.gap = (SELECT sum(unused) FROM group_bank_report.report_gap WHERE cause <> 'above_entitlement') AS adds_up, s.missing
FROM group_bank_report.report_summary s;
SELECT sum(accounts) AS in_transit, bool_and(missing = '{}') AS complete FROM group_bank_report.report_transitions;
-- A part that cannot be read is missing, and marked.
ALTER SCHEMA group_b_report RENAME TO group_b_report_away;
SELECT * FROM refresh_group('group_bank');
SELECT s.accounts = (SELECT count(*) FROM group_a.account) AS only_here, s.missing FROM group_bank_report.report_summary s;
SELECT shard, problem, missing FROM group_bank_report.report_shards ORDER BY shard;
ALTER SCHEMA group_b_report_away RENAME TO group_b_report;

-- ---- heads ----

SELECT * FROM witness_group('group_bank');
SELECT shard, heads FROM witness_group('group_bank');
SELECT * FROM check_witnesses('group_bank');
UPDATE group_bank.witness SET place = 0;
BEGIN;
SET LOCAL session_replication_role = replica;
DELETE FROM group_b.decision d USING group_b.log_lane l WHERE l.lane < 64 AND d.decision_id = 64 * l.place + l.lane;
UPDATE group_b.log_lane l SET place = place - 1 WHERE lane < 64 AND place > 0;
UPDATE group_a.log_act SET hash = sha256('x') WHERE place = (SELECT max(place) FROM group_a.log_act);
SELECT shard, book, problem, lane, place > 0 AS place, left(detail, 18) AS detail FROM check_witnesses('group_bank');
ROLLBACK;

-- ---- prices from all books ----

-- One budget over the accounts of both: by the shards of each pass, and by one table.
CREATE VIEW choice_a AS SELECT account_id, 5 + 0.1 * (account_id % 7)::float8 AS mu, 0.5::float8 AS sigma, 0.1::float8 AS p_zero,
  0.1::float8 AS margin, 0.01::float8 AS carry FROM group_a.account;
CREATE VIEW choice_b AS SELECT account_id, 5 + 0.1 * (account_id % 7)::float8 AS mu, 0.5::float8 AS sigma, 0.1::float8 AS p_zero,
  0.1::float8 AS margin, 0.01::float8 AS carry FROM group_b.account;
CREATE VIEW choice AS SELECT * FROM choice_a UNION ALL SELECT * FROM choice_b;
SELECT (shadow_price('SELECT *, 1 AS use_exposure FROM shard', '{"exposure": 3000}', '{"shards": ["choice_a", "choice_b"]}')::jsonb - 'passes' - 'read')
  = (shadow_price('SELECT *, 1 AS use_exposure FROM choice', '{"exposure": 3000}')::jsonb - 'passes' - 'read') AS same_prices;

-- Prices and scorecards are published as policies are, with the bytes that were approved.
INSERT INTO group_a.allocation_version (name, document, as_of, products, options) SELECT 'budget',
  shadow_price('SELECT *, 1 AS use_exposure FROM shard', '{"exposure": 3000}', '{"shards": ["choice_a", "choice_b"]}'), '2026-12-01', '{cash}',
  '{"acceptance": 0.5}';
SET ROLE regress_group_maker;
SELECT draft_scorecard('group_a', 'card', '{"name": "card", "base_points": 500, "characteristics": [{"name": "income", "reason": "Low income",
  "bins": [{"below": 2000, "points": 0.1}, {"points": 60}]}]}') AS card \gset
SET ROLE regress_group_checker;
SELECT approve_scorecard('group_a', :card, '2026-12-06', digest => version_digest('group_a', 'scorecard', :card));
SELECT approve_allocation('group_a', 1, '2026-12-06', '2027-01-31', version_digest('group_a', 'allocation', 1));
RESET ROLE;
CALL publish_group('group_bank');
SELECT a.name, b.document = a.document AND b.digest = a.digest AND (b.valid_to, b.as_of, b.products, b.options, b.approved_by)
  = (a.valid_to, a.as_of, a.products, a.options, a.approved_by) AS same
FROM group_a.allocation_version a JOIN group_b.allocation_version b USING (allocation_id);
SELECT a.name, b.document = a.document AND b.digest = a.digest AS same FROM group_a.scorecard_version a JOIN group_b.scorecard_version b USING (scorecard_id);

-- ---- a move ----

SELECT min(borrower_id) AS moving FROM group_b.borrower \gset
INSERT INTO group_b.exclusion (borrower_id, kind, valid_from) VALUES (:moving, 'dispute', '2026-12-01');
INSERT INTO group_b.umbrella VALUES (7, :moving, 'shared', 'CNY', 9000, '2026-01-01');
UPDATE group_b.account SET umbrella_id = 7 WHERE borrower_id = :moving;
INSERT INTO group_b.limit_adjustment (account_id, kind, amount, valid_from, valid_to, reason)
  VALUES (:moving, 'blocked', 5, '2026-01-01', '2027-01-01', 'test');
SELECT refresh_features('group_b', '2026-12-01') > 0 AS features;
SELECT to_jsonb(a) - 'frozen' AS was FROM group_b.account a WHERE account_id = :moving \gset
SELECT group_shard('group_bank', :moving), group_shard('group_bank', NULL) IS NULL AS null_of_null;
CALL move_borrower('group_bank', :moving, 5);
CALL move_borrower('group_bank', NULL, 0);
CALL move_borrower('group_bank', :moving, 1);
-- Step by step: frozen, he is left alone.
SELECT credit_limit_internal.begin_move('group_bank', :moving, 0) AS move \gset
SELECT credit_limit_internal.move_step('group_bank', :move);
SELECT state FROM group_bank.move;
SELECT authorize_draw('group_b', :moving, 1, '2026-12-01');
UPDATE group_b.account SET balance = 0 WHERE borrower_id = :moving;
DELETE FROM group_b.account_month WHERE account_id = :moving;
INSERT INTO group_b.exclusion (borrower_id, kind, valid_from) VALUES (:moving, 'fraud', '2026-12-01');
DELETE FROM group_b.limit_adjustment;
UPDATE group_b.umbrella SET credit_limit = 0;
CALL run_decisions('group_b', '2026-12-02');
SELECT status, failed FROM group_b.run WHERE run_key = '2026-12-02';
SELECT count(*) FILTER (WHERE borrower_id = :moving) AS his, count(*) = (SELECT count(*) - 1 FROM group_b.account) AS of_all_others
FROM group_b.decision WHERE as_of = '2026-12-02';
-- He is not closed before the other book has what was packed here, and both logs tell of what, by its SHA-256.
SELECT move AS move_key FROM group_b.group_move \gset
\set VERBOSITY terse
CALL give('x close', 'close', jsonb_build_object('move', :'move_key', 'borrower', :moving));
SELECT credit_limit_internal.move_step('group_bank', :move);
SELECT encode(sha256(convert_to((content -> 'rows')::text, 'UTF8')), 'hex') AS rows_digest FROM group_a.group_order WHERE content ? 'rows' \gset
CALL give('x close', 'close', jsonb_build_object('move', :'move_key', 'borrower', :moving));
\set VERBOSITY default
-- A step that is taken twice does nothing: the server of the group died before it wrote it down.
UPDATE group_bank.move SET state = 'planned';
CALL move_borrower('group_bank', :moving, 0);
SELECT book, kind, content #>> '{answer,limits}' AS limits FROM (SELECT 1 AS n, 'a' AS book, place, a.content::jsonb ->> 'kind' AS kind, a.content::jsonb
    FROM group_a.log_act a WHERE a.kind = 'order'
  UNION ALL SELECT 2, 'b', place, a.content::jsonb ->> 'kind', a.content::jsonb FROM group_b.log_act a WHERE a.kind = 'order') a
WHERE :'rows_digest' IN (content #>> '{answer,digest}', content #>> '{content,digest}') ORDER BY n, place;
UPDATE group_bank.move SET state = 'copied';
CALL move_borrower('group_bank', :moving, 0);
SELECT state FROM group_bank.move;
SELECT to_jsonb(a) - 'frozen' = :'was'::jsonb AS same_account, a.frozen, u.granted = a.credit_limit AS under_umbrella,
  (SELECT count(*) FROM group_a.account_month m WHERE m.account_id = a.account_id) AS months,
  (SELECT count(*) FROM group_a.account_feature m WHERE m.account_id = a.account_id) AS features,
  (SELECT count(*) FROM group_a.limit_adjustment m WHERE m.account_id = a.account_id) AS adjustments,
  (SELECT count(*) FROM group_a.exclusion x WHERE x.borrower_id = a.borrower_id) AS exclusions
FROM group_a.account a JOIN group_a.umbrella u USING (umbrella_id) WHERE a.account_id = :moving;
SELECT status, balance FROM group_b.account WHERE account_id = :moving;
SELECT count(*) AS left_behind FROM group_b.account_month WHERE account_id = :moving;
SELECT group_shard('group_bank', :moving);
-- And back, to his closed account.
CALL move_borrower('group_bank', :moving, 1);
SELECT to_jsonb(a) - 'frozen' = :'was'::jsonb AS same_account, a.frozen FROM group_b.account a WHERE account_id = :moving;
SELECT count(*) AS accounts FROM (SELECT account_id FROM group_a.account WHERE status = 'open'
  UNION ALL SELECT account_id FROM group_b.account WHERE status = 'open') a;
SELECT refresh_reports('group_a', '2026-12-01') + refresh_reports('group_b', '2026-12-01') AS positions;
SELECT bool_and(collected) FROM refresh_group('group_bank');
SELECT sum(accounts) AS account_months FROM group_bank_report.report_utilization;
CALL move_borrower('group_bank', 999, 0);
CALL cancel_move('group_bank', :moving);
CALL cancel_move('group_bank', 998);
CALL cancel_move('group_bank', NULL);
-- A move that is taken back after each step, also one that the group has not written down: all rows of both books are what they were, before a first
-- move and after others. He moves again later.
CREATE FUNCTION rows_of(book text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  part text;
  found text;
  rows text := '';
BEGIN
  FOREACH part IN ARRAY '{borrower,account,account_month,account_feature,limit_adjustment,exclusion,umbrella,group_move}'::text[] LOOP
    EXECUTE format('SELECT count(*) || md5(string_agg(t::text, '','' ORDER BY t::text COLLATE "C")) FROM %I.%I t', book, part) INTO found;
    rows := concat_ws(' ', rows, part, found);
  END LOOP;
  RETURN rows;
END $$;
UPDATE group_b.account SET frozen = true WHERE account_id = (SELECT max(account_id) FROM group_b.account WHERE borrower_id <> :moving AND status = 'open');
SELECT max(borrower_id) AS other FROM group_b.account WHERE frozen \gset
CREATE TABLE before AS SELECT rows_of('group_a') AS a, rows_of('group_b') AS b;
CREATE PROCEDURE take_back(borrower bigint, steps int, forget text) LANGUAGE plpgsql AS $$
DECLARE
  n CONSTANT bigint := credit_limit_internal.begin_move('group_bank', borrower, 0);
BEGIN
  PERFORM credit_limit_internal.move_step('group_bank', n) FROM generate_series(1, steps);
  UPDATE group_bank.move m SET state = coalesce(forget, m.state) WHERE m.move = n;
  COMMIT;
  CALL credit_limit.cancel_move('group_bank', borrower);
END $$;
CREATE VIEW taken_back AS SELECT a = rows_of('group_a') AS same_there, b = rows_of('group_b') AS same_here, m.state,
  group_shard('group_bank', m.borrower_id) AS shard, (SELECT count(*) FROM group_a.group_order WHERE content ? 'rows' OR answer ? 'rows')
    + (SELECT count(*) FROM group_b.group_order WHERE content ? 'rows' OR answer ? 'rows') AS copies
FROM before, (SELECT * FROM group_bank.move ORDER BY move DESC LIMIT 1) m;
CALL take_back(:moving, 0, NULL);
TABLE taken_back;
CALL take_back(:moving, 1, NULL);
TABLE taken_back;
CALL take_back(:moving, 2, NULL);
TABLE taken_back;
CALL take_back(:other, 1, 'planned');
TABLE taken_back;
CALL take_back(:other, 2, 'frozen');
TABLE taken_back;
CALL cancel_move('group_bank', :other);
CALL take_back(:other, 3, 'copied');
SELECT state FROM group_bank.move WHERE borrower_id = :other AND state <> 'cancelled';
UPDATE group_bank.move SET state = 'cancelling' WHERE borrower_id = :other AND state = 'copied';
CALL cancel_move('group_bank', :other);
CALL move_borrower('group_bank', :other, 0);
UPDATE group_bank.move SET state = 'copied' WHERE borrower_id = :other AND state = 'cancelling';
CALL move_borrower('group_bank', :other, 0);
SELECT group_shard('group_bank', :other), (SELECT bool_and(frozen) FROM group_a.account WHERE borrower_id = :other) AS frozen_as_before;
BEGIN;
CALL cancel_move('group_bank', :other);
ROLLBACK;
-- The logs hold it all.
SELECT problem, detail FROM verify_log('group_a') UNION ALL SELECT problem, detail FROM verify_log('group_b');
SELECT * FROM check_witnesses('group_bank');
SELECT relation, problem FROM check_book('group_a') WHERE relation LIKE 'group%'
UNION ALL SELECT relation, problem FROM check_book('group_b') WHERE relation LIKE 'group%';

DROP VIEW taken_back, choice, choice_a, choice_b;
DROP SCHEMA group_bank, group_bank_report CASCADE;
SELECT drop_book('group_a'), drop_book('group_b');
DROP OWNED BY regress_group_maker, regress_group_checker, regress_group_committee;
DROP ROLE regress_group_maker, regress_group_checker, regress_group_committee;

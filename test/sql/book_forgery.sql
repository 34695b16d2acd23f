-- Who owns a book may do everything with its tables. He rewrites, removes and adds, switches off what stands in his way and switches
-- it on again, and computes hashes anew: what he did is found, by verify_log() and an end of the log that was kept elsewhere, by a
-- copy of what was retired, or by check_book().
\set VERBOSITY terse
\i test/helpers.sql
CREATE ROLE regress_forgery_owner LOGIN;
CREATE ROLE regress_forgery_checker;
GRANT USAGE ON SCHEMA credit_limit, credit_limit_internal TO regress_forgery_owner WITH GRANT OPTION;
SELECT format('GRANT CREATE ON DATABASE %I TO regress_forgery_owner', current_database()) \gexec
GRANT CREATE ON SCHEMA test_book_forgery TO regress_forgery_owner;
SET ROLE regress_forgery_owner;
SELECT create_book('book_f'), grant_book('book_f', approver => 'regress_forgery_checker');
SELECT add_months('book_f', '2026-09-01', 3);
SELECT draft_policy('book_f', 'cash', '{"name": "cash", "entitlement": {"bands": [{"score_from": 0, "income_multiple": 2}]},
  "product": {"cap": 20000, "step": 100}, "exclusions": [{"column": "excluded", "is": true, "reason": "Excluded"}]}');
RESET ROLE; SET ROLE regress_forgery_checker;
SELECT approve_policy('book_f', 1, '2026-01-01', digest => version_digest('book_f', 'policy', 1));
RESET ROLE; SET ROLE regress_forgery_owner;
INSERT INTO book_f.product VALUES ('cash', 'Cash', 'standby_cash', 'CNY', 'cash', NULL);
INSERT INTO book_f.borrower (borrower_id, income, external_score, external_pd) SELECT i, 1000 + i, 600, 0.01 FROM generate_series(1, 40) i;
INSERT INTO book_f.account (account_id, borrower_id, product, currency, opened_on) SELECT i, i, 'cash', 'CNY', '2026-01-01' FROM generate_series(1, 40) i;
CALL run_decisions('book_f', '2026-09-30');
CALL run_decisions('book_f', '2026-10-31');
CALL run_decisions('book_f', '2026-11-30');
SELECT * FROM check_book('book_f');
SELECT * FROM verify_log('book_f');
SELECT log_end('book_f') AS anchor \gset

-- What the forger needs: the hash that a decision has after he has changed it, and no trigger in his way.
CREATE FUNCTION rehash(id bigint) RETURNS void LANGUAGE sql AS $$
  UPDATE book_f.decision d SET hash = credit_limit_internal.decision_hash(d, p.digest, NULL) FROM book_f.policy_version p
  WHERE d.decision_id = id AND p.policy_id = d.policy_id $$;
CREATE FUNCTION triggers(state text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE t record;
BEGIN
  FOR t IN SELECT g.tgrelid::regclass AS relation, g.tgname AS name FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
      WHERE c.relnamespace = 'book_f'::regnamespace AND g.tgname ~ '^(keep_|write_act)' LOOP
    EXECUTE format('ALTER TABLE %s %s TRIGGER %I', t.relation, state, t.name);
  END LOOP;
END $$;
CREATE FUNCTION past(statement text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN PERFORM triggers('DISABLE'); EXECUTE statement; PERFORM triggers('ENABLE'); END $$;
-- Everything the reader sees: what verify_log says with and without the end that he kept, and check_book. Digests differ from time to time.
CREATE FUNCTION seen(anchor jsonb) RETURNS TABLE (by text, problem text, detail text) LANGUAGE sql AS $$
  SELECT 'log', v.problem, v.detail FROM verify_log('book_f') v
  UNION ALL SELECT 'end', v.problem, regexp_replace(v.detail, '[0-9a-f]{64}', '(digest)') FROM verify_log('book_f', anchor) v
  WHERE NOT EXISTS (SELECT FROM verify_log('book_f') w WHERE (w.problem, w.detail) = (v.problem, v.detail))
  UNION ALL SELECT 'book', c.relation, c.problem FROM check_book('book_f') c WHERE c.row_count IS NULL $$;

-- One limit is changed and hashed anew, the decision after it is sacrificed, and a row in retirement bridges the gap.
CREATE FUNCTION bridge(retired_month date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE previous text; hash text;
BEGIN
  PERFORM triggers('DISABLE');
  SELECT encode(d.hash, 'hex') INTO hash FROM book_f.decision d WHERE decision_id = 64 * 86;
  DELETE FROM book_f.decision WHERE decision_id = 64 * 86;
  DELETE FROM book_f.decision_evidence WHERE decision_id = 64 * 86;
  UPDATE book_f.decision SET new_limit = 49999 WHERE decision_id = 64 * 85;
  PERFORM rehash(64 * 85);
  SELECT encode(d.hash, 'hex') INTO previous FROM book_f.decision d WHERE decision_id = 64 * 85;
  PERFORM triggers('ENABLE');
  INSERT INTO book_f.retirement (month, decisions, stretches, log_end, reason) VALUES (retired_month, 1,
    jsonb_build_array(jsonb_build_array(0, 86, 86, previous, hash)), log_end('book_f'), 'kept for 84 months');
END $$;
BEGIN;
SELECT bridge('2026-11-01');
SELECT * FROM seen(:'anchor');
ROLLBACK;
-- He says that it was another month, of which nothing is left.
BEGIN;
SELECT bridge('2020-01-01');
SELECT * FROM seen(:'anchor');
ROLLBACK;
-- Past log_act.
BEGIN;
SELECT past($$SELECT bridge('2020-01-01'); SELECT triggers('DISABLE');
  INSERT INTO book_f.retirement (month, decisions, stretches, log_end, reason) VALUES ('2020-02-01', 1, '[]', '[]', 'x')$$);
SELECT * FROM seen(:'anchor');
ROLLBACK;
-- The whole of October goes, so that September can be rewritten at its end: nothing is wrong in what is there. The reader sees that
-- a month was retired after his end; nothing that he has of October has that digest.
BEGIN;
CREATE TABLE october AS TABLE book_f.decision_2026_10;
SELECT past($$UPDATE book_f.decision SET new_limit = 49999 WHERE decision_id = 64 * 40; SELECT rehash(64 * 40);
  UPDATE book_f.decision SET previous_hash = (SELECT hash FROM book_f.decision WHERE decision_id = 64 * 40) WHERE decision_id = 64 * 41$$);
ALTER TABLE book_f.decision DETACH PARTITION book_f.decision_2026_09;
SELECT retire_decisions('book_f', '2026-11-01', 'kept for 84 months');
ALTER TABLE book_f.decision ATTACH PARTITION book_f.decision_2026_09 FOR VALUES FROM ('2026-09-01') TO ('2026-10-01');
SELECT * FROM seen(:'anchor');
SELECT decisions, changed, retired_month FROM verify_archive('book_f', 'october');
ROLLBACK;

-- An honest retirement: listed with the end that was kept, no problem; the copy proves itself. An end of later knows of it.
BEGIN;
CREATE TABLE september AS TABLE book_f.decision_2026_09;
SELECT retire_decisions('book_f', '2026-10-01', 'kept for 84 months');
SELECT * FROM seen(:'anchor');
SELECT * FROM seen(log_end('book_f'));
SELECT decisions, changed, retired_month FROM verify_archive('book_f', 'september');
-- Its row is changed, or goes.
SELECT past($$UPDATE book_f.retirement SET reason = 'never'$$);
SELECT * FROM seen(:'anchor');
SELECT past('DELETE FROM book_f.retirement');
SELECT * FROM seen(:'anchor');
ROLLBACK;

-- A retirement that moves the month: the archive proves itself, with its inputs; a borrower who is erased is erased there, too.
BEGIN;
SELECT * FROM retire_decisions('book_f', '2026-10-01', 'kept for 84 months', 'nowhere');
ROLLBACK;
BEGIN;
CREATE SCHEMA book_f_archive;
SELECT count(*) AS n FROM book_f.decision_2026_09 \gset
SELECT retire_decisions('book_f', '2026-10-01', 'kept for 84 months', 'book_f_archive') = :n AS moved, to_regclass('book_f.decision_2026_09') AS left_over;
SELECT problem FROM verify_log('book_f');
SELECT decisions = :n AS decisions, changed, inputs_wrong, retired_month
FROM verify_archive('book_f', 'book_f_archive.decision_2026_09', 'book_f_archive.decision_evidence_2026_09');
UPDATE book_f.account SET status = 'closed' WHERE borrower_id = 7;
SELECT relation, row_count > 0 AS some FROM borrower_traces('book_f', 7) WHERE relation ~ '_09';
SELECT erase_borrower('book_f', 7, '2026-11-30', 'asked') > 0 AS erased;
SELECT count(*) AS inputs_left FROM book_f_archive.decision_2026_09 d JOIN book_f_archive.decision_evidence_2026_09 e USING (decision_id) WHERE borrower_id = 7;
SELECT changed, inputs_wrong FROM verify_archive('book_f', 'book_f_archive.decision_2026_09', 'book_f_archive.decision_evidence_2026_09');
DELETE FROM book_f_archive.decision_evidence_2026_09 WHERE decision_id = (SELECT min(decision_id) FROM book_f_archive.decision_evidence_2026_09);
UPDATE book_f_archive.decision_evidence_2026_09 SET inputs = inputs || ' '
WHERE decision_id = (SELECT max(decision_id) FROM book_f_archive.decision_evidence_2026_09);
UPDATE book_f_archive.decision_2026_09 SET new_limit = new_limit + 1 WHERE decision_id = (SELECT max(decision_id) FROM book_f_archive.decision_2026_09);
SELECT changed, inputs_wrong FROM verify_archive('book_f', 'book_f_archive.decision_2026_09', 'book_f_archive.decision_evidence_2026_09');
SELECT verify_archive('book_f', 'book_f_archive.decision_2026_09', 'book_f_archive.decision_2026_09');
ROLLBACK;

-- An erasure excuses what was decided before it, not what came after; nor does one that is forged.
BEGIN;
UPDATE book_f.account SET status = 'closed' WHERE borrower_id = 7;
SELECT erase_borrower('book_f', 7, '2026-11-30', 'asked');
SELECT * FROM seen(:'anchor');
UPDATE book_f.account SET status = 'open' WHERE borrower_id = 7;
UPDATE book_f.borrower SET income = 1, external_score = 600, external_pd = 0.01 WHERE borrower_id = 7;
COMMIT;
CALL run_decisions('book_f', '2026-12-31');
DELETE FROM book_f.decision_evidence e USING book_f.decision d WHERE d.decision_id = e.decision_id AND d.borrower_id = 7;
BEGIN;
SELECT past($$DELETE FROM book_f.decision_evidence e USING book_f.decision d WHERE d.decision_id = e.decision_id AND d.borrower_id = 7$$);
SELECT * FROM seen(:'anchor');
ROLLBACK;
BEGIN;
SELECT past($$DELETE FROM book_f.decision_evidence e USING book_f.decision d WHERE d.decision_id = e.decision_id AND d.borrower_id = 8;
  INSERT INTO book_f.erasure (borrower_id, erased_on, reason) VALUES (8, '2026-11-30', 'asked')$$);
SELECT by, problem, count(*), min(detail) FROM seen(:'anchor') GROUP BY 1, 2 ORDER BY 1, 2;
ROLLBACK;
-- Erased again, what came after the first time may go too.
UPDATE book_f.account SET status = 'closed' WHERE borrower_id = 7;
SELECT erase_borrower('book_f', 7, '2026-12-31', 'asked again');
SELECT * FROM seen(:'anchor');

-- Versions: another window, another approver, another document with its digest, a version that goes, one that comes.
SELECT past($$UPDATE book_f.policy_version SET approved_by = created_by, created_by = 'nobody', valid_from = '2020-01-01'$$);
SELECT * FROM seen(:'anchor');
SELECT past($$UPDATE book_f.policy_version SET approved_by = 'regress_forgery_checker', created_by = 'regress_forgery_owner', valid_from = '2026-01-01'$$);
SELECT * FROM seen(:'anchor');
BEGIN;
ALTER TABLE book_f.policy_version DROP CONSTRAINT approved_is_valid;
SELECT past($$UPDATE book_f.policy_version SET document = jsonb_set(document::jsonb, '{product,cap}', '99999')::text::limit_policy;
  UPDATE book_f.policy_version SET source = document::text, digest = sha256(convert_to(document::text, 'UTF8')),
    approved_digest = sha256(convert_to(document::text, 'UTF8'))$$);
SELECT by, problem, count(*) > 100 AS many, min(detail) FROM seen(:'anchor') GROUP BY 1, 2 ORDER BY 1, 2;
ROLLBACK;
BEGIN;
SELECT past($$INSERT INTO book_f.policy_version (name, version, document, status, created_by, created_role, created_login, created_login_role,
    approved_by, approved_digest, valid_from, source, digest)
  SELECT 'other', 1, document, status, created_by, created_role, created_login, created_login_role, approved_by, approved_digest, valid_from, source, digest
  FROM book_f.policy_version$$);
SELECT * FROM seen(:'anchor');
ROLLBACK;

-- log_act itself: changed, cut, and written anew from the start with the right hashes.
BEGIN;
SELECT past($$UPDATE book_f.log_act SET content = replace(content, '2026-01-01', '2025-01-01') WHERE kind = 'policy'$$);
SELECT * FROM seen(:'anchor');
ROLLBACK;
BEGIN;
SELECT past($$DELETE FROM book_f.log_act WHERE place > 1; UPDATE book_f.log_lane l SET place = 1, hash = a.hash FROM book_f.log_act a WHERE lane = 64$$);
SELECT by, problem, regexp_replace(detail, 'run \S+', 'run') AS detail, count(*) FROM seen(:'anchor') GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
ROLLBACK;
BEGIN;
CREATE FUNCTION anew() RETURNS void LANGUAGE plpgsql AS $$
DECLARE a record; previous bytea := credit_limit_internal.lane_origin(64);
BEGIN
  FOR a IN SELECT * FROM book_f.log_act ORDER BY place LOOP
    UPDATE book_f.log_act SET previous_hash = previous,
      hash = credit_limit_internal.act_hash(previous, a.kind, a.id, a.written_at, a.login, a.content) WHERE place = a.place RETURNING hash INTO previous;
  END LOOP;
  UPDATE book_f.log_lane SET hash = previous WHERE lane = 64;
  UPDATE book_f.run SET log_end = NULL;
END $$;
SELECT past($$UPDATE book_f.log_act SET content = replace(content, '2026-01-01', '2025-01-01') WHERE kind = 'policy';
  UPDATE book_f.policy_version SET valid_from = '2025-01-01'; SELECT anew()$$);
SELECT * FROM seen(:'anchor');
ROLLBACK;

-- Guards that are off, changed or gone, also on one partition, in a function, or for PUBLIC. What is on again is not seen any more: that
-- is what hashes are for.
BEGIN;
SELECT triggers('DISABLE');
SELECT by, count(*) > 30 AS many FROM seen(:'anchor') GROUP BY 1;
ROLLBACK;
BEGIN;
ALTER TABLE book_f.policy_version DROP CONSTRAINT maker_is_not_checker, DROP CONSTRAINT policy_one_on_a_day,
  ADD CONSTRAINT maker_is_not_checker CHECK (approved_by <> created_by OR true);
ALTER TABLE book_f.policy_version ALTER created_login DROP NOT NULL;
ALTER TABLE book_f.decision_2026_11 DISABLE TRIGGER keep_all;
DROP TRIGGER keep_all_rows ON book_f.decision_2026_10;
ALTER TABLE book_f.decision ENABLE REPLICA TRIGGER keep_all_rows;
DROP TRIGGER write_act ON book_f.erasure;
ALTER TABLE book_f.account DROP CONSTRAINT account_borrower_id_fkey;
CREATE OR REPLACE FUNCTION book_f.write_act() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  AS 'BEGIN RETURN NULL; END';
GRANT UPDATE ON book_f.decision TO regress_forgery_checker;
GRANT UPDATE (created_by, approved_by) ON book_f.policy_version TO regress_forgery_checker;
GRANT TRUNCATE ON book_f.decision_2026_11 TO regress_forgery_checker;
GRANT SELECT ON book_f.borrower TO PUBLIC;
SELECT relation, problem FROM check_book('book_f');
SET LOCAL quote_all_identifiers = on;
SELECT count(*) FROM check_book('book_f');
ROLLBACK;
SELECT * FROM check_book('book_f');

-- Who may write decisions writes one that no policy gives, with hashes that are right: verify_log() has nothing to say, a replay has, and
-- says why. By turns: no column that a policy reads; no policy; a draft; another limit than the inputs give; a PD that is not that of the inputs;
-- inputs of somebody else; frozen where the policy does not freeze.
CREATE FUNCTION engine(what text, inputs text, changes jsonb, source text DEFAULT 'realtime') RETURNS TABLE (written text, problems bigint,
  same boolean, why text[]) LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE rows refcursor; w record;
BEGIN
  PERFORM credit_limit_internal.open_book('book_f');
  OPEN rows FOR EXECUTE format($q$SELECT d.*, r AS inputs, p.digest AS policy_digest, NULL::bytea AS scorecard_digest
    FROM decision o, LATERAL jsonb_populate_record(NULL::credit_limit_internal.log_entry, to_jsonb(o) || jsonb_build_object('run_id', NULL,
      'decided_at', clock_timestamp(), 'source', %L) || %L) d LEFT JOIN policy_version p ON p.policy_id = d.policy_id, LATERAL (SELECT %s) r
    WHERE o.decision_id = 64 * 90$q$, source, changes, inputs);
  w := credit_limit_internal.write_decisions(credit_limit_internal.take_lane(), rows);
  written := what;
  problems := (SELECT count(*) FROM credit_limit.verify_log('book_f'));
  SELECT r.same, r.differences INTO same, why FROM credit_limit.replay_decisions('book_f', '2026-11-30', '2026-11-30') r
  WHERE r.decision_id = 64 * (w.ends).place + (w.ends).lane;
  RETURN NEXT;
END $$;
SELECT draft_policy('book_f', 'draft', '{"name": "draft", "product": {"cap": 99999}}') AS draft \gset
SELECT $$o.account_id, o.borrower_id, o.product, 600::float8 AS external_score, 0.01::float8 AS external_pd, 600::float8 AS score, 0.01::float8 AS pd,
  (1000 + o.borrower_id)::numeric AS income, 0::numeric AS credit_limit, 0::numeric AS balance, 0::numeric AS pending, false AS excluded,
  NULL::date AS last_limit_change$$ AS inputs \gset
UPDATE book_f.account SET credit_limit = 0;
CALL run_decisions('book_f', '2026-11-30', '{"run_key": "again", "move_limits": false}');
BEGIN;
SELECT e.* FROM (SELECT to_jsonb(d) - '{decision_id,hash,previous_hash,input_hash,run_id,decided_at,source}'::text[] AS good
  FROM book_f.decision d JOIN book_f.run r USING (run_id) WHERE r.run_key = 'again' AND d.account_id = 10) g, LATERAL (
  SELECT * FROM engine('as the policy has it', :'inputs', g.good)
  UNION ALL SELECT * FROM engine('no inputs', '1 AS x', g.good)
  UNION ALL SELECT * FROM engine('no policy', :'inputs', g.good || '{"policy_id": null}')
  UNION ALL SELECT * FROM engine('a draft', :'inputs', g.good || jsonb_build_object('policy_id', :draft))
  UNION ALL SELECT * FROM engine('a limit', :'inputs', g.good || '{"new_limit": 50000.00, "reasons": ["because I say so"]}')
  UNION ALL SELECT * FROM engine('digits', :'inputs', g.good || '{"old_limit": 0.000}')
  UNION ALL SELECT * FROM engine('a PD', replace(:'inputs', '0.01::float8 AS pd', '0.001::float8 AS pd'), g.good)
  UNION ALL SELECT * FROM engine('a score', replace(:'inputs', '600::float8 AS score', '601::float8 AS score'), g.good)
  UNION ALL SELECT * FROM engine('of somebody else', replace(:'inputs', 'o.borrower_id,', 'o.borrower_id + 1 AS borrower_id,'), g.good)
  UNION ALL SELECT * FROM engine('frozen', :'inputs', g.good || '{"frozen": true}')
  UNION ALL SELECT * FROM engine('a person', :'inputs', g.good || '{"policy_id": null}', 'override')) e;
SELECT (r).same, (r).differences FROM (SELECT replay_decision('book_f', max(decision_id) FILTER (WHERE reasons = '{because I say so}')) AS r
  FROM book_f.decision) s;
ROLLBACK;
-- Erased inputs are nobody's fault; missing ones are.
BEGIN;
SELECT past('DELETE FROM book_f.decision_evidence WHERE decision_id = 64 * 90');
SELECT same, differences, count(*) FROM replay_decisions('book_f', '2026-01-01', '2026-12-31') GROUP BY 1, 2 ORDER BY 1, 2;
ROLLBACK;

-- More problems than are listed are counted.
BEGIN;
SELECT past('UPDATE book_f.decision SET new_limit = new_limit + 1');
SELECT problem, count(*), max(detail) FILTER (WHERE problem = 'more') AS more FROM verify_log('book_f') GROUP BY 1 ORDER BY 1;
SELECT problem, decision_id, detail FROM verify_log('book_f', most => 2);
SELECT problem, detail FROM verify_log('book_f', most => 0);
SELECT count(*) = (SELECT count(*) FROM book_f.decision) AS all_of_them FROM verify_log('book_f', most => NULL);
ROLLBACK;
RESET ROLE;
DROP SCHEMA book_f, book_f_report CASCADE;
DROP OWNED BY regress_forgery_owner, regress_forgery_checker;
DROP ROLE regress_forgery_owner, regress_forgery_checker;

-- Jobs: schedules, what is said where there is no pg_cron, the log of jobs with the errors they met. (A server with pg_cron: test/t.)
\set VERBOSITY terse
\i test/helpers.sql
SET timezone = 'GMT';
SELECT credit_limit.create_book('book_j');
SELECT credit_limit.schedule('book_j', '{"nightly": "0 2 * * *"}');
SELECT credit_limit.schedule('book_j', '{"decisions": 2}');
SELECT credit_limit.schedule('book_j', '{"as_of": "tomorrow"}');
SELECT credit_limit.schedule('book_j', '{"keep_decisions": 0.5}');
SELECT credit_limit.schedule('book_j', '[]');
SELECT credit_limit.schedule('book_j', NULL);
-- Nothing was scheduled by any of them.
SELECT count(*) FROM book_j.job WHERE schedule IS NOT NULL;
-- What is to be called, whoever starts it: the lender's scheduler by psql, or pg_cron, where the server preloads it, from its database.
CREATE FUNCTION pg_temp.call(how text, command text) RETURNS text LANGUAGE sql AS $$
  SELECT CASE
    WHEN how = 'for your scheduler' AND current_setting('cron.database_name', true) IS NULL
      THEN substring(command FROM '^psql -X -v ON_ERROR_STOP=1 -d ''' || current_database() || ''' -c "(.*)"$')
    WHEN how = format('to be run in database "%s"', current_setting('cron.database_name', true))
      THEN replace(substring(command FROM '^SELECT cron\.schedule_in_database\(.*''(CALL .*\))'', '''), '''''', '''')
    ELSE how || ': ' || command END
$$;
SELECT job, schedule, pg_temp.call(how, command) FROM credit_limit.schedule('book_j');
SELECT job, schedule, pg_temp.call(how, command) FROM credit_limit.schedule('book_j',
  '{"decisions": "0 2 * * 1-5", "alerts": null, "reports": null, "overrides": null, "months": null, "as_of": "yesterday", '
    '"keep_decisions": 84, "keep_job_runs": 30}');
-- A schedule that leaves days out needs another expected_every; a part of a day does not, nor retention, which is monthly.
BEGIN;
SET LOCAL client_min_messages = notice;
\set VERBOSITY default
SELECT job FROM credit_limit.schedule('book_j', '{"decisions": "*/5 7-19 * * *", "alerts": null, "reports": "0  4 1 * *",
  "overrides": null, "months": null}');
\set VERBOSITY terse
ROLLBACK;
SELECT job, schedule, as_of, parameters FROM book_j.job ORDER BY job;
SELECT job, schedule, expected_every, overdue, status, runs FROM book_j.job_status ORDER BY job;
-- What the command says is what runs.
SELECT pg_temp.call(how, command) AS command FROM credit_limit.schedule('book_j', '{"as_of": "yesterday"}') WHERE job = 'months' \gset
:command;
SELECT job, status, as_of = (now() AT TIME ZONE 'GMT')::date - 1 AS yesterday, row_count FROM book_j.run WHERE run_id > 0;
SELECT overdue FROM book_j.job_status WHERE job = 'months';
-- A scheduled job that has not done its work for longer than it should is overdue.
UPDATE book_j.job SET scheduled_at = scheduled_at - interval '30 hours';
SELECT job, overdue FROM book_j.job_status WHERE job IN ('months', 'retention', 'alerts') ORDER BY job;
UPDATE book_j.run SET started_at = started_at - interval '27 hours', ended_at = ended_at - interval '27 hours' WHERE job = 'months';
SELECT overdue FROM book_j.job_status WHERE job = 'months';
UPDATE book_j.job SET expected_every = '28 hours' WHERE job = 'months';
SELECT overdue FROM book_j.job_status WHERE job = 'months';
-- A start for the same day is no new work: a business date that stood still is found.
CALL credit_limit.run_job('book_j', 'reports', '2026-12-01');
UPDATE book_j.run SET ended_at = ended_at - interval '30 hours' WHERE job = 'reports';
CALL credit_limit.run_job('book_j', 'reports', '2026-12-01');
SELECT job, runs, last_success > now() - interval '1 hour' AS succeeds, overdue FROM book_j.job_status WHERE job = 'reports';
CALL credit_limit.run_job('book_j', 'reports', '2026-12-02');
SELECT job, overdue FROM book_j.job_status WHERE job = 'reports';
-- What only the owner may run, nobody else schedules.
CREATE ROLE regress_jobs_engine;
SELECT credit_limit.grant_book('book_j', engine => 'regress_jobs_engine');
SET ROLE regress_jobs_engine;
\set VERBOSITY default
SELECT count(*) FROM credit_limit.schedule('book_j', '{"decisions": null, "overrides": null, "reports": null, "alerts": null}');
\set VERBOSITY terse
RESET ROLE;
SELECT job, CASE WHEN how = 'for your scheduler' THEN command IS NULL
  ELSE command = format('SELECT cron.unschedule(%L)', format('book_j %s in %s', job, current_database())) END AS right FROM credit_limit.unschedule('book_j');
SELECT count(*) FROM credit_limit.unschedule('book_j');

-- Jobs that fail say so twice: to who started them, and in the log with the SQLSTATE; what they began is undone.
CALL credit_limit.run_job('book_j', 'monthly');
CALL credit_limit.run_job('book_j', NULL);
\set VERBOSITY default
CALL credit_limit.run_job('book_j', 'decisions');
\set VERBOSITY terse
SELECT credit_limit.set_business_date('book_j', '2026-11-30');
INSERT INTO book_j.product VALUES ('cash', 'Cash', 'standby_cash', 'CNY', 'cash', NULL);
CALL credit_limit.run_job('book_j', 'decisions');
SELECT count(*) FROM book_j.run_chunk;
CALL credit_limit.run_job('book_j', 'alerts', '2026-12-02');
CALL credit_limit.run_job('book_j', 'alerts');
SELECT job, status, CASE WHEN job = 'months' AND as_of BETWEEN current_date - 2 AND current_date - 1 THEN 'yesterday'
  ELSE to_char(as_of, 'YYYY-MM-DD') END AS as_of, row_count, sqlstate, message FROM book_j.run WHERE run_id > 0 ORDER BY run_id;
SELECT job, status, sqlstate, runs, failures, last_success IS NOT NULL AS once FROM book_j.job_status ORDER BY job;
-- The nightly run, with a borrower whose row is wrong.
CREATE ROLE regress_jobs_maker;
SELECT credit_limit.grant_book('book_j', policy_owner => 'regress_jobs_maker');
SET ROLE regress_jobs_maker;
SELECT credit_limit.draft_policy('book_j', 'cash',
  '{"name": "cash", "product": {"cap": 900}, "exclusions": [{"column": "excluded", "is": true, "reason": "Excluded"}]}');
RESET ROLE;
SELECT credit_limit.approve_policy('book_j', 1, '2026-01-01', digest => credit_limit.version_digest('book_j', 'policy', 1));
INSERT INTO book_j.borrower (borrower_id) SELECT generate_series(1, 50);
INSERT INTO book_j.account (account_id, borrower_id, product, currency, opened_on) SELECT i, i, 'cash', 'CNY', '2026-01-01' FROM generate_series(1, 50) i;
ALTER TABLE book_j.account ADD CHECK (account_id <> 13 OR credit_limit = 0);
CALL credit_limit.run_job('book_j', 'decisions');
CALL credit_limit.run_job('book_j', 'decisions');
SELECT run_key, status, row_count, sqlstate, message FROM book_j.run WHERE job = 'decisions' ORDER BY run_id;
SELECT count(*) FROM book_j.decision;
SELECT failed, failures, status FROM book_j.job_status WHERE job = 'decisions';
-- A job that is cancelled is written down too.
CREATE FUNCTION book_j.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$;
CREATE TRIGGER slow BEFORE UPDATE ON book_j.report_refresh FOR EACH ROW EXECUTE FUNCTION book_j.slow();
SET statement_timeout = '300ms';
CALL credit_limit.run_job('book_j', 'reports', '2026-12-03');
RESET statement_timeout;
DROP TRIGGER slow ON book_j.report_refresh;
-- One that died without a word is found by the next start.
INSERT INTO book_j.run (job, as_of, pid, backend_start) VALUES ('reports', '2026-12-03', 0, '2026-01-01');
CALL credit_limit.run_job('book_j', 'reports', '2026-12-03');
SELECT status, sqlstate, message FROM book_j.run WHERE job = 'reports' AND as_of = '2026-12-03' ORDER BY run_id;
-- So is one whose process number another role's process has now, also by a role from which pg_stat_activity hides when that began;
-- the role does not hide from others when its own session began. One that works is left alone.
INSERT INTO book_j.run (job, as_of, pid, backend_start) SELECT 'reports', '2026-12-04', a.pid, a.backend_start - interval '1 day'
  FROM pg_stat_activity a WHERE a.backend_type = 'checkpointer';
SET ROLE regress_jobs_engine;
SELECT backend_start IS NULL AS hidden FROM pg_stat_activity WHERE pid = pg_backend_pid();
CALL credit_limit.run_job('book_j', 'reports', '2026-12-04');
RESET ROLE;
SELECT r.status, r.message, r.backend_start = a.backend_start AS mine FROM book_j.run r, pg_stat_activity a
  WHERE r.job = 'reports' AND r.as_of = '2026-12-04' AND a.pid = pg_backend_pid() ORDER BY r.run_id;
INSERT INTO book_j.run (job, as_of, pid, backend_start, started_at) SELECT 'reports', '2026-12-04', a.pid, a.backend_start,
  '2026-12-04 05:06:07+00' FROM pg_stat_activity a WHERE a.backend_type = 'checkpointer';
SET ROLE regress_jobs_engine;
CALL credit_limit.run_job('book_j', 'reports', '2026-12-04');
RESET ROLE;
SELECT string_agg(status, ', ' ORDER BY run_id) AS left_alone FROM book_j.run WHERE job = 'reports' AND as_of = '2026-12-04';
DELETE FROM book_j.run WHERE started_at = '2026-12-04 05:06:07+00';
-- Retention: months, and the log of jobs itself.
SELECT count(*) FROM credit_limit.schedule('book_j', '{"keep_decisions": 1, "keep_job_runs": 1000}');
UPDATE book_j.run SET ended_at = '2020-12-01' WHERE job = 'alerts';
CALL credit_limit.run_job('book_j', 'retention', '2026-12-10');
CALL credit_limit.run_job('book_j', 'retention', '2027-02-10');
SELECT as_of, status, row_count FROM book_j.run WHERE job = 'retention' ORDER BY run_id;
SELECT count(*) AS decisions, (SELECT count(*) FROM book_j.run WHERE job = 'alerts') AS alert_runs, (SELECT count(*)
  FROM credit_limit.verify_log('book_j')) AS problems FROM book_j.decision;
-- Not inside a transaction block: it commits.
\set VERBOSITY default
BEGIN;
CALL credit_limit.run_job('book_j', 'months');
ROLLBACK;
\set VERBOSITY terse
DROP SCHEMA book_j, book_j_report CASCADE;
DROP OWNED BY regress_jobs_maker, regress_jobs_engine;
DROP ROLE regress_jobs_maker, regress_jobs_engine;

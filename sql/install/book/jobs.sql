-- Jobs: the nightly run, overrides, reports, alerts, partitions ahead and retention, by pg_cron where it is installed and by any
-- other scheduler where it is not. The table run keeps how they ended.

CREATE FUNCTION credit_limit_internal.check_job(job text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF job IS NULL OR job NOT IN ('decisions', 'overrides', 'reports', 'alerts', 'months', 'retention') THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
      MESSAGE = format('there is no job %s', coalesce('"' || job || '"', 'NULL')),
      HINT = 'Valid are decisions, overrides, reports, alerts, months and retention.';
  END IF;
END
$$;
COMMENT ON FUNCTION credit_limit_internal.check_job(text) IS 'an error (22023) when there is no such job';

-- A lock of the session would stay after an error, one of the transaction goes at the first commit: so who runs is written down,
-- with what tells whether that session still works. Decisions are one run for each day, other jobs one for each start.
CREATE FUNCTION credit_limit_internal.begin_job(book text, job text, as_of date) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  name CONSTANT text := begin_job.job;
  day date := begin_job.as_of;
  key text;
  other record;
  id bigint;
  code text;
  wrong text;
BEGIN
  PERFORM credit_limit_internal.check_job(name);
  IF pg_is_in_recovery() THEN
    RAISE NOTICE 'job "%" of book "%" does nothing on a replica', name, book;
    RETURN NULL;
  END IF;
  PERFORM credit_limit_internal.open_book(book);
  day := coalesce(day, (SELECT d.business_date FROM business_day d));
  key := CASE name WHEN 'decisions' THEN to_char(day, 'YYYY-MM-DD') END;
  PERFORM FROM job j WHERE j.job = name FOR NO KEY UPDATE;
  UPDATE run r SET status = 'lost', ended_at = clock_timestamp(), message = 'its session ended before the job did'
  WHERE r.job = name AND r.run_key IS NOT DISTINCT FROM key AND r.status = 'running'
    AND (r.pid = pg_backend_pid() OR NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.pid = r.pid
      AND (a.backend_start = r.backend_start OR a.backend_start IS NULL) AND a.state IS DISTINCT FROM 'idle'));
  SELECT r.started_at INTO other FROM run r WHERE r.job = name AND r.run_key IS NOT DISTINCT FROM key AND r.status = 'running';
  IF FOUND THEN
    RAISE NOTICE 'job "%" of book "%" is running since %: nothing to do', name, book,
      to_char(other.started_at AT TIME ZONE 'GMT', 'YYYY-MM-DD HH24:MI:SS "GMT"');
    RETURN NULL;
  END IF;
  IF key IS NOT NULL THEN
    BEGIN
      RETURN credit_limit_internal.begin_run(book, day, '{}');
    EXCEPTION WHEN OTHERS THEN
      code := SQLSTATE;
      wrong := SQLERRM;
    END;
  END IF;
  INSERT INTO run AS r (job, as_of, backend_start, status, ended_at, sqlstate, message)
  VALUES (name, day, credit_limit_internal.my_backend_start(), CASE WHEN code IS NULL THEN 'running' ELSE 'failed' END,
    CASE WHEN code IS NOT NULL THEN clock_timestamp() END, code, wrong) RETURNING r.run_id INTO id;
  RETURN id;
END
$$;
COMMENT ON FUNCTION credit_limit_internal.begin_job(text, text, date) IS
    'part of run_job(): writes down that a job starts; NULL: it is running in another session, the decisions of the day are '
    'made, or the server is a replica. Errors: no such job (22023)';

-- A piece of a job's work; more: another one follows, in a transaction of its own.
CREATE FUNCTION credit_limit_internal.job_work(book text, job text, as_of date, run bigint, OUT more boolean, OUT n bigint,
    OUT remark text)
LANGUAGE plpgsql
AS $$
DECLARE
  p jsonb := (SELECT j.parameters FROM job j WHERE j.job = job_work.job);
  a record;
BEGIN
  IF as_of IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = format('book "%s" has no business date', book),
      HINT = 'Call credit_limit.set_business_date(book, date), or give run_job() a day.';
  END IF;
  more := false;
  n := 0;
  IF job = 'decisions' THEN
    more := credit_limit_internal.run_chunk(book, run);
  ELSIF job = 'overrides' THEN
    a := credit_limit.apply_overrides(book, as_of);
    n := a.applied;
    remark := CASE WHEN a.refused > 0 THEN format('requests that were refused: %s', a.refused) END;
  ELSIF job = 'reports' THEN
    n := credit_limit.refresh_reports(book, as_of);
  ELSIF job = 'alerts' THEN
    a := credit_limit_internal.run_alert_rules(as_of);
    n := a.opened + a.closed;
    remark := format('opened %s, closed %s', a.opened, a.closed);
  ELSIF job = 'months' THEN
    n := credit_limit.add_months(book, as_of, 1 + coalesce((p ->> 'ahead')::int, 3));
  ELSE
    IF p ->> 'keep_decisions' IS NOT NULL THEN
      n := credit_limit.retire_decisions(book,
        (date_trunc('month', as_of::timestamp) - make_interval(months => (p ->> 'keep_decisions')::int))::date,
        format('kept for %s months', p ->> 'keep_decisions'));
    END IF;
    DELETE FROM run r WHERE r.run_key IS NULL AND r.run_id <> 0
      AND r.ended_at < (job_work.as_of - coalesce((p ->> 'keep_job_runs')::int, 400))::timestamp AT TIME ZONE 'GMT';
  END IF;
END
$$;
COMMENT ON FUNCTION credit_limit_internal.job_work(text, text, date, bigint) IS
    'in an open book: the next piece of work of a job, its rows and a remark';

CREATE FUNCTION credit_limit_internal.job_step(book text, run bigint) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  r record;
  w record;
  code text;
  wrong text;
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  SELECT * INTO r FROM run t WHERE t.run_id = job_step.run;
  IF r.status = 'failed' THEN
    RETURN false;
  END IF;
  BEGIN
    w := credit_limit_internal.job_work(book, r.job, r.as_of, r.run_id);
    IF r.job <> 'decisions' THEN
      UPDATE run t SET status = 'done', ended_at = clock_timestamp(), row_count = w.n, message = w.remark
      WHERE t.run_id = job_step.run;
    END IF;
    RETURN w.more;
  EXCEPTION WHEN OTHERS OR query_canceled THEN
    code := SQLSTATE;
    wrong := SQLERRM;
    UPDATE run t SET status = 'failed', ended_at = clock_timestamp(), sqlstate = code, message = wrong
    WHERE t.run_id = job_step.run;
    RETURN false;
  END;
END
$$;
COMMENT ON FUNCTION credit_limit_internal.job_step(text, bigint) IS
    'part of run_job(): a piece of work, and what came of it in run, an error with its SQLSTATE; true: another piece follows';

CREATE FUNCTION credit_limit_internal.raise_job_error(book text, run bigint) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  r record;
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  SELECT * INTO r FROM run t WHERE t.run_id = raise_job_error.run;
  IF r.status = 'failed' THEN
    RAISE EXCEPTION USING ERRCODE = r.sqlstate, MESSAGE = format('job "%s" of book "%s" failed: %s', r.job, book, r.message),
      HINT = 'The table run of the book has it too.';
  END IF;
END
$$;
COMMENT ON FUNCTION credit_limit_internal.raise_job_error(text, bigint) IS
    'part of run_job(): raises the error that a job ended with, for whoever started it';

-- It commits, so it may not set the search_path: nothing in it is looked up there.
CREATE PROCEDURE credit_limit.run_job(book text, job text, as_of date DEFAULT NULL)
LANGUAGE plpgsql
AS $$
DECLARE
  run pg_catalog.int8;
  more pg_catalog.bool;
BEGIN
  run := credit_limit_internal.begin_job(book, job, as_of);
  COMMIT;
  more := run IS NOT NULL;
  WHILE more LOOP
    more := credit_limit_internal.job_step(book, run);
    COMMIT;
  END LOOP;
  IF run IS NOT NULL THEN
    PERFORM credit_limit_internal.raise_job_error(book, run);
  END IF;
END
$$;
COMMENT ON PROCEDURE credit_limit.run_job(text, text, date) IS
    'runs a job of a book as of a day, by default its business date, and writes to the table run how it ended, an error with '
    'its SQLSTATE, which it then raises. decisions: run_decisions(); overrides: apply_overrides(); reports: '
    'refresh_reports(); alerts: run_alerts(); months: partitions of the month and some ahead; retention: retires decisions '
    'older than keep_decisions months and forgets runs of other jobs older than keep_job_runs days. A start while it runs, '
    'one of decisions that are made, and one on a replica do nothing and say so. Not inside a transaction block. Errors: no '
    'such job (22023), no business date (55000)';

-- ---- schedule ----

-- pg_cron by its extension, not by a schema that anybody may have named cron.
CREATE FUNCTION credit_limit_internal.has_cron() RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM FROM pg_extension e
  JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
    AND d.classid = 'pg_proc'::regclass
  JOIN pg_proc p ON p.oid = d.objid JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE e.extname = 'pg_cron' AND n.nspname = 'cron' AND p.proname = 'schedule' AND p.pronargs = 3;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  IF NOT has_schema_privilege('cron', 'USAGE') THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'pg_cron is there, but not for you',
      DETAIL = format('Role "%s" may not use schema cron.', current_user),
      HINT = format('GRANT USAGE ON SCHEMA cron TO %I;', current_user);
  END IF;
  RETURN true;
END
$$;
COMMENT ON FUNCTION credit_limit_internal.has_cron() IS
    'whether this database has pg_cron. Errors: the current role may not use it (42501)';

-- The database where pg_cron lives, if it is another one; NULL: it is this one, the server has none, or the role may not see it.
CREATE FUNCTION credit_limit_internal.cron_elsewhere() RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN nullif(current_setting('cron.database_name', true), current_database());
EXCEPTION WHEN insufficient_privilege THEN
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION credit_limit_internal.cron_elsewhere() IS 'the other database in which pg_cron lives';

CREATE FUNCTION credit_limit_internal.cron_name(book text, job text) RETURNS text
LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$ SELECT format('%s %s in %s', book, job, current_database()) $$;
COMMENT ON FUNCTION credit_limit_internal.cron_name(text, text) IS
    'the name by which pg_cron knows a job of a book of this database';

CREATE FUNCTION credit_limit_internal.schedule_options(options jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  wrong text;
BEGIN
  SELECT format('"%s" is %s.', o.key, o.value) INTO wrong
  FROM jsonb_each(CASE jsonb_typeof(options) WHEN 'object' THEN options ELSE jsonb_build_object('the document', options) END) o
  WHERE CASE WHEN o.key IN ('decisions', 'overrides', 'reports', 'alerts', 'months', 'retention')
      THEN jsonb_typeof(o.value) NOT IN ('string', 'null')
    WHEN o.key = 'as_of' THEN o.value NOT IN ('"business_day"', '"today"', '"yesterday"')
    WHEN o.key = 'keep_decisions' AND o.value = 'null' THEN false
    WHEN o.key IN ('ahead', 'keep_decisions', 'keep_job_runs')
      THEN NOT coalesce(jsonb_path_match(o.value, '$ >= 1 && $ <= 1200 && $.floor() == $', silent => true), false) ELSE true END
  ORDER BY o.key LIMIT 1;
  IF wrong IS NOT NULL OR options IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'options of schedule are not valid',
      DETAIL = coalesce(wrong, 'They are NULL.'),
      HINT = 'Valid are decisions, overrides, reports, alerts, months and retention (when, as pg_cron has it, or null: leave it '
        'as it is), as_of (business_day, today or yesterday), ahead (months), keep_decisions (months, or null: for good) and '
        'keep_job_runs (days).';
  END IF;
  RETURN '{"decisions": "30 1 * * *", "overrides": "*/10 * * * *", "reports": "0 4 * * *", "alerts": "30 4 * * *",
    "months": "15 0 * * *", "retention": "45 5 1 * *"}'::jsonb || options;
END
$$;
COMMENT ON FUNCTION credit_limit_internal.schedule_options(jsonb) IS
    'the options of schedule() with their defaults; an unknown one is an error (22023)';

CREATE FUNCTION credit_limit.schedule(book text, options jsonb DEFAULT '{}')
RETURNS TABLE (job text, schedule text, how text, command text)
LANGUAGE plpgsql ROWS 6 SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  o jsonb := credit_limit_internal.schedule_options(options);
  here boolean := credit_limit_internal.has_cron();
  elsewhere text := credit_limit_internal.cron_elsewhere();
  j record;
  other text;
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  SELECT string_agg(format('%s is scheduled by "%s"', t.job, t.scheduled_by), '; ' ORDER BY t.job) INTO other
  FROM job t WHERE t.scheduled_by <> current_user AND o ->> t.job IS NOT NULL;
  IF here AND other IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'object_in_use', MESSAGE = 'a job would be scheduled twice', DETAIL = other || '.',
      HINT = 'That role calls credit_limit.unschedule() first; or leave the job as it is: {"decisions": null}.';
  END IF;
  FOR j IN SELECT v.name, o ->> v.name AS at, CASE v.name WHEN 'months' THEN ARRAY['ahead']
        WHEN 'retention' THEN ARRAY['keep_decisions', 'keep_job_runs'] ELSE '{}' END AS parameters
      FROM unnest(ARRAY['months', 'decisions', 'overrides', 'reports', 'alerts', 'retention']) v(name)
      WHERE o ->> v.name IS NOT NULL LOOP
    job := j.name;
    schedule := j.at;
    UPDATE job t SET schedule = j.at, as_of = coalesce(o ->> 'as_of', t.as_of), scheduled_by = current_user,
      scheduled_at = clock_timestamp() WHERE t.job = j.name
    RETURNING format('CALL credit_limit.run_job(%L, %L%s)', book, t.job, CASE t.as_of
      WHEN 'today' THEN ', (pg_catalog.now() AT TIME ZONE ''GMT'')::pg_catalog.date'
      WHEN 'yesterday' THEN ', (pg_catalog.now() AT TIME ZONE ''GMT'')::pg_catalog.date OPERATOR(pg_catalog.-) 1' ELSE '' END)
    INTO command;
    IF o ?| j.parameters THEN
      UPDATE job t SET parameters = t.parameters || (SELECT jsonb_object_agg(p.key, p.value) FROM jsonb_each(o) p
        WHERE p.key = ANY (j.parameters)) WHERE t.job = j.name;
    END IF;
    IF here THEN
      how := 'pg_cron';
      EXECUTE 'SELECT cron.schedule($1, $2, $3)' USING credit_limit_internal.cron_name(book, j.name), j.at, command;	-- pg_cron
    ELSIF elsewhere IS NOT NULL THEN
      how := format('to be run in database "%s"', elsewhere);
      command := format('SELECT cron.schedule_in_database(%L, %L, %L, %L, %L)', credit_limit_internal.cron_name(book, j.name),
        j.at, command, current_database(), current_user);
    ELSE
      how := 'for your scheduler';
      -- In double quotes: the name of a book is plain, so nothing in the command means anything to a shell.
      -- psql takes a name with "=" in it, or that begins as an address, for connection parameters.
      command := format('psql -X -v ON_ERROR_STOP=1 -d %s -c "%s"',
        credit_limit_internal.shell_quoted(CASE WHEN current_database() ~ '=|^postgres(ql)?://'
          THEN format('dbname=''%s''', regexp_replace(current_database(), '([\\''])', '\\\1', 'g')) ELSE current_database() END),
        command);
    END IF;
    RETURN NEXT;
  END LOOP;
END
$$;
COMMENT ON FUNCTION credit_limit.schedule(text, jsonb) IS
    'schedules the jobs of a book: a row for each. With pg_cron in this database they are scheduled (how is pg_cron), to run '
    'as the current role, and pg_cron says what is no schedule; with pg_cron in another database command is what schedules '
    'them there; else it is a line for any other scheduler. Options: decisions, overrides, reports, alerts, months, '
    'retention: when, as in cron and, with pg_cron, in GMT (30 1 * * *, */10 * * * *, 0 4 * * *, 30 4 * * *, 15 0 * * *, 45 '
    '5 1 * *); null leaves a job as it is. as_of: the day they work for, business_day (default), today or yesterday in GMT. '
    'ahead (3), keep_decisions (null: for good), keep_job_runs (400). months and retention need the rights of the owner of '
    'the book. Errors: options (22023), pg_cron that the role may not use (42501), a job that another role has scheduled '
    'with pg_cron (55006)';

CREATE FUNCTION credit_limit_internal.shell_quoted(word text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN chr(39) || replace(word, chr(39), chr(39) || chr(92) || chr(39) || chr(39)) || chr(39);
COMMENT ON FUNCTION credit_limit_internal.shell_quoted(text) IS 'a text as one word of a POSIX shell';

CREATE FUNCTION credit_limit.unschedule(book text) RETURNS TABLE (job text, how text, command text)
LANGUAGE plpgsql ROWS 6 SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  here boolean := credit_limit_internal.has_cron();
  elsewhere text := credit_limit_internal.cron_elsewhere();
  j record;
  known boolean;
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  FOR j IN SELECT t.job AS name, t.scheduled_by FROM job t WHERE t.schedule IS NOT NULL ORDER BY t.job LOOP
    job := j.name;
    command := NULL;
    IF here AND j.scheduled_by <> current_user THEN
      how := format('stays: scheduled by "%s"', j.scheduled_by);
      RETURN NEXT;
      CONTINUE;
    END IF;
    UPDATE job t SET schedule = NULL, scheduled_by = NULL, scheduled_at = NULL WHERE t.job = j.name;
    how := 'for your scheduler';
    IF here THEN
      how := 'pg_cron';
      command := format('SELECT cron.unschedule(%L)', credit_limit_internal.cron_name(book, j.name));
      EXECUTE 'SELECT EXISTS (SELECT FROM cron.job c WHERE c.jobname = $1 AND c.username = current_user)' INTO known
        USING credit_limit_internal.cron_name(book, j.name);	-- pg_cron
      IF known THEN
        EXECUTE command;	-- pg_cron
      END IF;
    ELSIF elsewhere IS NOT NULL THEN
      how := format('to be run in database "%s"', elsewhere);
      command := format('SELECT cron.unschedule(%L)', credit_limit_internal.cron_name(book, j.name));
    END IF;
    RETURN NEXT;
  END LOOP;
END
$$;
COMMENT ON FUNCTION credit_limit.unschedule(text) IS
    'ends schedule(): a row for each job that was scheduled. Jobs of pg_cron in this database are removed if the current '
    'role scheduled them, else they stay; with pg_cron in another database command is what removes them there; from another '
    'scheduler remove them yourself';

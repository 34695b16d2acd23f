-- Jobs: the nightly run, overrides, reports, alerts, partitions ahead and retention, by pg_cron where it is installed and by any
-- other scheduler where it is not. The table run keeps how they ended.

-- part of run_job(): writes down that a job starts; NULL: it is running in another session, the decisions of the day are made, or
-- the server is a replica. Errors: no such job (22023)
CREATE FUNCTION credit_limit_internal.begin_job(book text, job text, as_of date) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
  -- A lock of the session would stay after an error, one of the transaction goes at the first commit: so who runs is written
  -- down, with what tells whether that session still works. Decisions are one run for each day, other jobs one for each start.
#variable_conflict use_column
DECLARE
  name CONSTANT text := begin_job.job;
  day date := begin_job.as_of;
  key text;
  other record;
  id bigint;
BEGIN
  IF pg_is_in_recovery() THEN
    RAISE NOTICE 'job "%" of book "%" does nothing on a replica', name, book;
    RETURN NULL;
  END IF;
  PERFORM credit_limit_internal.open_book(book);
  day := coalesce(day, (SELECT d.business_date FROM business_day d));
  IF day IS NOT NULL THEN
    PERFORM credit_limit_internal.need_day('a job', day);
  END IF;
  key := CASE name WHEN 'decisions' THEN to_char(day, 'YYYY-MM-DD') END;
  PERFORM FROM job j WHERE j.job = name FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
      MESSAGE = format('there is no job %s', coalesce('"' || name || '"', 'NULL')),
      HINT = format('Valid are %s.', (SELECT string_agg(j.job, ', ' ORDER BY j.job) FROM job j));
  END IF;
  UPDATE run r SET status = 'lost', ended_at = clock_timestamp(), message = 'its session ended before the job did'
  WHERE r.job = name AND r.run_key IS NOT DISTINCT FROM key AND r.status = 'running'
    AND (r.pid = pg_backend_pid() OR NOT credit_limit_internal.session_works(r.pid, r.backend_start));
  SELECT r.started_at INTO other FROM run r WHERE r.job = name AND r.run_key IS NOT DISTINCT FROM key AND r.status = 'running';
  IF FOUND THEN
    RAISE NOTICE 'job "%" of book "%" is running since %: nothing to do', name, book,
      to_char(other.started_at AT TIME ZONE 'GMT', 'YYYY-MM-DD HH24:MI:SS "GMT"');
    RETURN NULL;
  END IF;
  BEGIN
    IF key IS NOT NULL THEN
      RETURN credit_limit_internal.begin_run(book, day, '{}');
    END IF;
    INSERT INTO run AS r (job, as_of) VALUES (name, day) RETURNING r.run_id INTO id;
  EXCEPTION WHEN OTHERS THEN
    INSERT INTO run AS r (job, as_of, status, ended_at, sqlstate, message)
    VALUES (name, day, 'failed', clock_timestamp(), SQLSTATE, SQLERRM) RETURNING r.run_id INTO id;
  END;
  RETURN id;
END
$$;

-- part of run_job(): a piece of the work of a job, and what came of it in run, an error with its SQLSTATE; more: another piece
-- follows, in a transaction of its own; code, message and hint: of the error
CREATE FUNCTION credit_limit_internal.job_step(book text, run bigint, OUT more boolean, OUT code text, OUT message text,
    OUT hint text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  r record;
  p jsonb;
  a record;
  n bigint := 0;
  remark text;
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  SELECT t.*, j.parameters INTO r FROM run t JOIN job j ON j.job = t.job WHERE t.run_id = job_step.run;
  p := r.parameters;
  more := false;
  code := r.sqlstate;
  message := r.message;
  IF r.status = 'failed' THEN
    RETURN;
  END IF;
  BEGIN
    IF r.as_of IS NULL THEN
      RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
        MESSAGE = format('book "%s" has no business date', book),
        HINT = 'Call credit_limit.set_business_date(book, date), or give run_job() a day.';
    END IF;
    CASE r.job
      WHEN 'decisions' THEN
        more := credit_limit_internal.run_chunk(book, run);
        RETURN;
      WHEN 'features' THEN
        n := credit_limit.refresh_features(book, r.as_of);
      WHEN 'demand' THEN
        n := credit_limit.refresh_demand(book, r.as_of, p);
      WHEN 'overrides' THEN
        a := credit_limit.apply_overrides(book, r.as_of);
        n := a.applied;
        remark := CASE WHEN a.refused > 0 THEN format('requests that were refused: %s', a.refused) END;
      WHEN 'reports' THEN
        IF r.row_count IS NULL THEN
          PERFORM credit_limit_internal.mark_unwatched();
        END IF;
        a := credit_limit_internal.count_month(r.as_of);
        IF a.month IS NOT NULL THEN
          UPDATE run t SET row_count = coalesce(t.row_count, 0) + 1, message = CASE WHEN a.again
            THEN coalesce(t.message || ', ', 'months counted anew: ') || to_char(a.month, 'YYYY-MM') ELSE t.message END
          WHERE t.run_id = job_step.run;
          more := true;
          RETURN;
        END IF;
        n := credit_limit_internal.refresh_positions(r.as_of);
        remark := nullif(concat_ws('; ', r.message, credit_limit_internal.stale_months()), '');
        PERFORM credit_limit.refresh_page(book);
      WHEN 'alerts' THEN
        a := credit_limit_internal.run_alert_rules(r.as_of);
        n := a.opened + a.closed;
        remark := a.message;
      WHEN 'months' THEN
        n := credit_limit.add_months(book, r.as_of, 1 + coalesce((p ->> 'ahead')::int, 3));
      WHEN 'retention' THEN
        IF p ->> 'keep_decisions' IS NOT NULL THEN
          n := credit_limit.retire_decisions(book,
            (date_trunc('month', r.as_of::timestamp) - make_interval(months => (p ->> 'keep_decisions')::int))::date,
            format('kept for %s months', p ->> 'keep_decisions'), p ->> 'archive');
        END IF;
        DELETE FROM run t WHERE t.run_key IS NULL AND t.run_id <> 0
          AND t.ended_at < (r.as_of - coalesce((p ->> 'keep_job_runs')::int, 400))::timestamp AT TIME ZONE 'GMT';
        n := n + credit_limit.retire_allocations(book, r.as_of - coalesce((p ->> 'keep_allocations')::int, 400));
    END CASE;
    UPDATE run t SET status = 'done', ended_at = clock_timestamp(), row_count = n, message = remark
    WHERE t.run_id = job_step.run;
  EXCEPTION WHEN OTHERS OR query_canceled THEN
    GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
    hint := nullif(hint, '');
    UPDATE run t SET status = 'failed', ended_at = clock_timestamp(), sqlstate = job_step.code, message = job_step.message
    WHERE t.run_id = job_step.run;
  END;
END
$$;

-- runs a job of a book as of a day, by default its business date, and writes to the table run how it ended, an error with its
-- SQLSTATE, which it then raises. features: refresh_features(); demand: refresh_demand(); decisions: run_decisions(); overrides:
-- apply_overrides(); reports: refresh_reports(), each month in a transaction of its own, and refresh_page(); alerts:
-- run_alerts(); months: partitions of the month and some ahead; retention: retires decisions older than keep_decisions months,
-- rows of allocations older than keep_allocations days that no decision needs, and runs of other jobs older than keep_job_runs
-- days. A start while it runs, one of decisions that are made, and one on a replica do nothing and say so. Errors: inside a
-- transaction block (25001), no such job (22023), no business date (55000)
CREATE PROCEDURE credit_limit.run_job(book text, job text, as_of date DEFAULT NULL)
LANGUAGE plpgsql
AS $$
  -- It commits, so it may not set the search_path: nothing in it is looked up there.
DECLARE
  run pg_catalog.int8;
  step pg_catalog.record;
BEGIN
  PERFORM credit_limit_internal.need_autocommit('run_job');
  run := credit_limit_internal.begin_job(book, job, as_of);
  COMMIT;
  WHILE run IS NOT NULL LOOP
    step := credit_limit_internal.job_step(book, run);
    COMMIT;
    IF step.code IS NOT NULL THEN
      RAISE EXCEPTION 'job "%" of book "%" failed: %', job, book, step.message USING ERRCODE = step.code,
        HINT = coalesce(step.hint, 'The table run of the book has it too.');
    END IF;
    EXIT WHEN NOT step.more;
  END LOOP;
END
$$;

-- ---- schedule ----

-- whether this database has pg_cron. Errors: the current role may not use it (42501)
CREATE FUNCTION credit_limit_internal.has_cron() RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  -- pg_cron by its extension, not by a schema that anybody may have named cron.
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
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'the current role has no right to use pg_cron',
      DETAIL = format('Role "%s" may not use schema cron.', current_user),
      HINT = format('GRANT USAGE ON SCHEMA cron TO %I;', current_user);
  END IF;
  RETURN true;
END
$$;

-- schedules the jobs of a book: a row for each. With pg_cron in this database they are scheduled (how is pg_cron), to run as the
-- current role, and pg_cron says what is no schedule; with pg_cron in another database command is what schedules them there; else
-- it is a line for any other scheduler. Options: features, demand, decisions, overrides, reports, alerts, months, retention:
-- when, as in cron and, with pg_cron, in GMT (20 1 * * *, 40 0 5 * *, 30 1 * * *, */10 * * * *, 0 4 * * *, 30 4 * * *, 15 0 * *
-- *, 45 5 1 * *); null leaves a job as it is. as_of: the day they work for, business_day (default), today or yesterday in GMT.
-- ahead (3), keep_decisions (null: for good), archive (where older ones go; null: they are dropped), keep_allocations (400),
-- keep_job_runs (400); peak_months (3), keep_forecasts (24), fill_features (true): see refresh_demand(). Errors: options
-- (22023), pg_cron that the role may not use, months and retention by a role without the rights of the owner of the book
-- (42501), a job that another role has scheduled with pg_cron (55006)
CREATE FUNCTION credit_limit.schedule(book text, options jsonb DEFAULT '{}')
RETURNS TABLE (job text, schedule text, how text, command text)
LANGUAGE plpgsql ROWS 8 SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  times CONSTANT jsonb := '{"months": "15 0 * * *", "demand": "40 0 5 * *", "features": "20 1 * * *",
    "decisions": "30 1 * * *", "overrides": "*/10 * * * *", "reports": "0 4 * * *", "alerts": "30 4 * * *",
    "retention": "45 5 1 * *"}';
  time_rules CONSTANT jsonb := (SELECT jsonb_object_agg(t.key, '$.type() == "string" || $ == null') FROM jsonb_each(times) t);
  o CONSTANT jsonb := times || options;
  here boolean := credit_limit_internal.has_cron();
  elsewhere CONSTANT text := (SELECT nullif(s.setting, current_database()) FROM pg_settings s
    WHERE s.name = 'cron.database_name');
  j record;
  other text;
  cron_name text;
  backslash CONSTANT text := chr(92);	-- a literal one means something else without standard_conforming_strings
BEGIN
  options := credit_limit_internal.check_options('schedule', options, time_rules || $r${
      "as_of": "$ == \"business_day\" || $ == \"today\" || $ == \"yesterday\"",
      "ahead": "$ >= 1 && $ <= 100 && $.floor() == $", "keep_job_runs": "$ >= 1 && $ <= 36500 && $.floor() == $",
      "keep_allocations": "$ >= 1 && $ <= 36500 && $.floor() == $",
      "keep_decisions": "$ == null || $ >= 1 && $ <= 1200 && $.floor() == $", "archive": "$ == null || $.type() == \"string\"",
      "peak_months": "$ == 1 || $ == 3 || $ == 6 || $ == 12", "keep_forecasts": "$ >= 1 && $ <= 1200 && $.floor() == $",
      "fill_features": "$.type() == \"boolean\""}$r$,
    'Valid are features, demand, decisions, overrides, reports, alerts, months and retention (when, as pg_cron has it, or '
    'null: leave it as it is), as_of (business_day, today or yesterday), ahead (1 to 100 months), keep_decisions (months, '
    'or null: for good), archive (the schema where older ones go, or null: they are dropped), keep_allocations and '
    'keep_job_runs (days), and peak_months, keep_forecasts and fill_features of '
    'refresh_demand().');
  PERFORM credit_limit_internal.open_book(book);
  IF num_nonnulls(o ->> 'months', o ->> 'retention') > 0
    AND NOT pg_has_role((SELECT c.relowner FROM pg_class c WHERE c.oid = to_regclass('decision')), 'USAGE') THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
      MESSAGE = 'months and retention run with the rights of the owner of the book only',
      DETAIL = format('"%s" is not the owner.', current_user),
      HINT = 'The owner schedules them; leave them as they are: {"months": null, "retention": null}.';
  END IF;
  SELECT string_agg(format('%s is scheduled by "%s"', t.job, t.scheduled_by), '; ' ORDER BY t.job) INTO other
  FROM job t WHERE t.scheduled_by <> current_user AND o ->> t.job IS NOT NULL;
  IF here AND other IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'object_in_use', MESSAGE = 'a job would be scheduled twice', DETAIL = other || '.',
      HINT = 'That role calls credit_limit.unschedule() first; or leave the job as it is: {"decisions": null}.';
  END IF;
  -- A statement of its own: the engine has no right on what the jobs of the owner keep.
  IF options ?| ARRAY['ahead', 'keep_decisions', 'archive', 'keep_allocations', 'keep_job_runs', 'peak_months',
    'keep_forecasts', 'fill_features'] THEN
    UPDATE job t SET parameters = t.parameters || coalesce((SELECT jsonb_object_agg(p.key, p.value) FROM jsonb_each(o) p
      WHERE p.key = ANY (k.keys)), '{}')
    FROM (VALUES ('months', ARRAY['ahead']),
      ('retention', ARRAY['keep_decisions', 'archive', 'keep_allocations', 'keep_job_runs']),
      ('demand', ARRAY['peak_months', 'keep_forecasts', 'fill_features'])) k(job, keys)
    WHERE t.job = k.job AND options ?| k.keys AND o ->> t.job IS NOT NULL;
  END IF;
  FOR j IN WITH scheduled AS (
      UPDATE job t SET schedule = o ->> t.job, as_of = coalesce(o ->> 'as_of', t.as_of), scheduled_by = current_user,
        scheduled_at = clock_timestamp()
      WHERE o ->> t.job IS NOT NULL RETURNING t.*)
    SELECT t.job AS name, t.schedule AS at, t.expected_every, CASE t.as_of
        WHEN 'today' THEN ', (pg_catalog.now() AT TIME ZONE ''GMT'')::pg_catalog.date'
        WHEN 'yesterday' THEN ', (pg_catalog.now() AT TIME ZONE ''GMT'')::pg_catalog.date OPERATOR(pg_catalog.-) 1'
        ELSE '' END AS day FROM scheduled t ORDER BY t.job LOOP
    -- Minute and hour may be anything; the day of the month and of the week may leave days out.
    IF j.at !~ '^[^ ]+ +[^ ]+ +[*] +[^ ]+ +[*]$|second' AND j.expected_every < interval '3 days' THEN
      RAISE NOTICE USING MESSAGE = format('job "%s" is overdue after %s without a new day', j.name, j.expected_every),
        DETAIL = format('Its schedule "%s" seems to leave days out.', j.at),
        HINT = format('Say how often it is due: UPDATE %I.job SET expected_every = ''32 days'' WHERE job = %L;', book, j.name);
    END IF;
    job := j.name;
    schedule := j.at;
    command := format('CALL credit_limit.run_job(%L, %L%s)', book, j.name, j.day);
    cron_name := format('%s %s in %s', book, j.name, current_database());
    IF here THEN
      how := 'pg_cron';
      EXECUTE 'SELECT cron.schedule($1, $2, $3)' USING cron_name, j.at, command;	-- pg_cron
    ELSIF elsewhere IS NOT NULL THEN
      how := format('to be run in database "%s"', elsewhere);
      command := format('SELECT cron.schedule_in_database(%L, %L, %L, %L, %L)', cron_name, j.at, command, current_database(),
        current_user);
    ELSE
      how := 'for your scheduler';
      -- psql takes a name with "=" in it, or that begins as an address, for connection parameters. The command is in double
      -- quotes: the name of a book is plain, so nothing in it means anything to a shell.
      command := format('psql -X -v ON_ERROR_STOP=1 -d ''%s'' -c "%s"', replace(CASE
          WHEN current_database() ~ '=|^postgres(ql)?://' THEN format('dbname=''%s''', replace(replace(current_database(),
            backslash, backslash || backslash), '''', backslash || ''''))
          ELSE current_database() END, '''', '''' || backslash || ''''''), command);
    END IF;
    RETURN NEXT;
  END LOOP;
END
$$;

-- ends schedule(): a row for each job that was scheduled. Jobs of pg_cron in this database are removed if the current role
-- scheduled them, else they stay; with pg_cron in another database command is what removes them there; from another scheduler
-- remove them yourself
CREATE FUNCTION credit_limit.unschedule(book text) RETURNS TABLE (job text, how text, command text)
LANGUAGE plpgsql ROWS 8 SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  here boolean := credit_limit_internal.has_cron();
  elsewhere CONSTANT text := (SELECT nullif(s.setting, current_database()) FROM pg_settings s
    WHERE s.name = 'cron.database_name');
  cron_name text;
  j record;
  known boolean;
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  FOR j IN SELECT t.job AS name, t.scheduled_by FROM job t WHERE t.schedule IS NOT NULL ORDER BY t.job LOOP
    job := j.name;
    command := NULL;
    cron_name := format('%s %s in %s', book, j.name, current_database());
    IF here AND j.scheduled_by <> current_user THEN
      how := format('stays: scheduled by "%s"', j.scheduled_by);
      RETURN NEXT;
      CONTINUE;
    END IF;
    UPDATE job t SET schedule = NULL, scheduled_by = NULL, scheduled_at = NULL WHERE t.job = j.name;
    how := 'for your scheduler';
    IF here THEN
      how := 'pg_cron';
      command := format('SELECT cron.unschedule(%L)', cron_name);
      EXECUTE 'SELECT EXISTS (SELECT FROM cron.job c WHERE c.jobname = $1 AND c.username = current_user)' INTO known
        USING cron_name;	-- pg_cron
      IF known THEN
        EXECUTE command;	-- pg_cron
      END IF;
    ELSIF elsewhere IS NOT NULL THEN
      how := format('to be run in database "%s"', elsewhere);
      command := format('SELECT cron.unschedule(%L)', cron_name);
    END IF;
    RETURN NEXT;
  END LOOP;
END
$$;

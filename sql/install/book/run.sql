-- Runs: all accounts of a book decided in chunks, each committed with its decisions, so that a run may die anywhere and go on.
-- The table run is the ledger of everything that is done again and again: decisions, and the other jobs of jobs.sql.

-- what tells this session from a later one with the same pid
CREATE FUNCTION credit_limit_internal.my_backend_start() RETURNS timestamptz
    AS 'MODULE_PATHNAME', 'cl_my_backend_start' LANGUAGE C STABLE PARALLEL RESTRICTED;

-- whether a session is there and not idle, whoever asks: pg_stat_activity says it only to some roles
CREATE FUNCTION credit_limit_internal.session_works(pid int, backend_start timestamptz) RETURNS boolean
    AS 'MODULE_PATHNAME', 'cl_session_works' LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED;

-- in an open book: a warning when decisions as of a later day are in force
CREATE FUNCTION credit_limit_internal.warn_of_older_day(as_of date) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  later date;
BEGIN
  IF as_of < (SELECT max(l.latest) FROM log_lane l) THEN
    SELECT max(d.as_of) INTO later FROM decision d LEFT JOIN run r ON r.run_id = d.run_id
    WHERE d.as_of > warn_of_older_day.as_of AND coalesce(r.move_limits, true);
    IF later IS NOT NULL THEN
      RAISE WARNING USING MESSAGE = format('decisions as of %s do not move what was decided later', to_char(as_of, 'YYYY-MM-DD')),
        DETAIL = format('Decisions as of %s are in force: their accounts keep limit and frozen.', to_char(later, 'YYYY-MM-DD')),
        HINT = 'A run as of a later day decides on everybody anew.';
    END IF;
  END IF;
END
$$;

-- part of run_decisions(): the number of the run of that key, planned if it is new; NULL if it is done. Errors: a run of that key
-- with other arguments (22023), a product without an approved version, a day that the group of the book has not confirmed
-- (55000), a transaction that is not READ COMMITTED (25000)
CREATE FUNCTION credit_limit_internal.begin_run(book text, as_of date, options jsonb) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  day CONSTANT date := begin_run.as_of;
  key text := coalesce(options ->> 'run_key', to_char(begin_run.as_of, 'YYYY-MM-DD'));
  move CONSTANT boolean := coalesce((options ->> 'move_limits')::boolean, true);
  id bigint;
  was record;
  free bigint;
BEGIN
  PERFORM credit_limit_internal.need_day('a run of decisions', day);
  PERFORM credit_limit_internal.need_read_committed('a run of decisions');
  PERFORM credit_limit_internal.open_book_to_decide(book);
  PERFORM credit_limit_internal.need_every_row('a run of decisions');
  PERFORM credit_limit_internal.need_confirmed(day);
  PERFORM credit_limit_internal.need_months_near('decide', day);
  -- A second start waits here for the first, and then finds its run.
  INSERT INTO run AS r (run_key, as_of, move_limits, chunk_size)
  VALUES (key, day, move, coalesce((options ->> 'chunk_size')::int, 5000))
  ON CONFLICT (run_key) DO NOTHING RETURNING r.run_id INTO id;
  IF id IS NULL THEN
    -- Locked, so that nobody ends the run meanwhile.
    SELECT r.run_id, r.as_of, r.move_limits, r.status INTO was FROM run r WHERE r.run_key = key FOR NO KEY UPDATE;
    IF was.as_of <> day OR was.move_limits <> move THEN
      RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('run "%s" is another one', key),
        DETAIL = format('It decides as of %s with move_limits %s.', to_char(was.as_of, 'YYYY-MM-DD'), was.move_limits),
        HINT = 'Give the new run a run_key of its own.';
    END IF;
    IF (options ->> 'retry_failed')::boolean THEN
      UPDATE run_chunk k SET status = 'pending', tries = 0, ended_at = NULL, sqlstate = NULL, message = NULL
      WHERE k.run_id = was.run_id AND k.status = 'failed';
      was.status := CASE WHEN FOUND THEN 'running' ELSE was.status END;
    END IF;
    IF was.status = 'done' THEN
      RAISE NOTICE 'run "%" is done: nothing to do', key;
      RETURN NULL;
    END IF;
    UPDATE run r SET status = 'running', ended_at = NULL, sqlstate = NULL, message = NULL, log_end = NULL,
      pid = pg_backend_pid(), backend_start = DEFAULT
    WHERE r.run_id = was.run_id;
    id := was.run_id;
    -- Whoever decides on a chunk holds its row: where one is held, or has decisions, the versions stay.
    PERFORM FROM run_chunk k WHERE k.run_id = id AND coalesce(k.decisions, 0) = 0 FOR UPDATE SKIP LOCKED;
    GET DIAGNOSTICS free = ROW_COUNT;
    IF free < (SELECT count(*) FROM run_chunk k WHERE k.run_id = id) THEN
      PERFORM credit_limit_internal.warn_of_older_day(CASE WHEN move THEN day END);
      RETURN id;
    END IF;
  ELSE
    INSERT INTO run_chunk (run_id, chunk, lowest, highest, borrowers)
    SELECT id, n.c, min(n.b), max(n.b), count(*)
    FROM (SELECT b.borrower_id AS b, (row_number() OVER (ORDER BY b.borrower_id) - 1) / r.chunk_size + 1 AS c
      FROM run r, borrower b WHERE r.run_id = id) n GROUP BY n.c ORDER BY n.c;
  END IF;
  PERFORM credit_limit_internal.check_versions(day);
  PERFORM credit_limit_internal.warn_of_older_day(CASE WHEN move THEN day END);
  DELETE FROM run_version w WHERE w.run_id = id;
  INSERT INTO run_version SELECT id, v.* FROM credit_limit_internal.versions_on(day) v;
  UPDATE run r SET inputs = credit_limit_internal.inputs_read(id, NULL) WHERE r.run_id = id;
  PERFORM credit_limit_internal.know_layout(id);
  PERFORM credit_limit_internal.add_month_of(book, day);
  RETURN id;
END
$$;

-- in an open book: replaces a chunk in which an error occurred by halves; one borrower alone is marked as failed with the error
CREATE FUNCTION credit_limit_internal.split_chunk(run bigint, chunk int, lowest bigint, highest bigint, code text, message text)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  UPDATE run_chunk k SET status = CASE WHEN split_chunk.lowest = split_chunk.highest THEN 'failed' ELSE 'split' END,
    ended_at = clock_timestamp(), sqlstate = split_chunk.code, message = split_chunk.message
  WHERE k.run_id = split_chunk.run AND k.chunk = split_chunk.chunk;
  IF lowest = highest THEN
    RETURN;
  END IF;
  -- The run's row keeps two workers from giving the same number twice.
  PERFORM FROM run r WHERE r.run_id = split_chunk.run FOR NO KEY UPDATE;
  INSERT INTO run_chunk (run_id, chunk, lowest, highest, borrowers)
  SELECT split_chunk.run, (SELECT max(k.chunk) FROM run_chunk k WHERE k.run_id = split_chunk.run) + n.half, min(n.b), max(n.b),
    count(*)
  FROM (SELECT b.borrower_id AS b, ntile(2) OVER (ORDER BY b.borrower_id) AS half
    FROM borrower b WHERE b.borrower_id BETWEEN split_chunk.lowest AND split_chunk.highest) n GROUP BY n.half;
END
$$;

-- part of run_decisions(): decides the next chunk of a run that no other session has, in the transaction of the caller. False:
-- there is none, or the run was cancelled
CREATE FUNCTION credit_limit_internal.run_chunk(book text, run bigint) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan SET random_page_cost = 1.1
AS $$
  -- One plan for all chunks: what belongs to a chunk lies close together, and to reach it through indexes costs much less than
  -- the default for random pages.
DECLARE
  r record;
  k record;
  borrowers bigint[];
  done record;
  detail text;
BEGIN
  PERFORM credit_limit_internal.need_read_committed('a run of decisions');
  PERFORM credit_limit_internal.open_book_to_decide(book);
  PERFORM credit_limit_internal.need_every_row('a run of decisions');
  SELECT w.as_of, w.move_limits, w.status INTO r FROM run w WHERE w.run_id = run_chunk.run;
  IF r.status IS DISTINCT FROM 'running' THEN
    RETURN false;
  END IF;
  SELECT c.chunk, c.lowest, c.highest INTO k FROM run_chunk c WHERE c.run_id = run_chunk.run AND c.status = 'pending'
  ORDER BY c.chunk LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    -- Whoever makes chunks wait again holds this lock: they are seen after it.
    PERFORM FROM run w WHERE w.run_id = run_chunk.run FOR NO KEY UPDATE;
    UPDATE run w SET status = 'done', ended_at = clock_timestamp(), log_end = credit_limit.log_end(book), row_count = c.decisions,
      failed = c.failed, message = nullif(concat_ws('; ',
        CASE WHEN c.failed > 0 THEN format('borrowers that could not be decided: %s, named in run_chunk', c.failed) END,
        CASE WHEN c.decisions > 0 AND NOT EXISTS (SELECT FROM account_month m WHERE m.month <= w.as_of
            AND m.month >= (date_trunc('month', w.as_of::timestamp) - interval '1 month')::date)
          THEN 'account_month knows neither the month nor the one before' END), '')
    FROM (SELECT coalesce(sum(x.decisions), 0) AS decisions, count(*) FILTER (WHERE x.status = 'failed') AS failed,
        count(*) FILTER (WHERE x.status = 'pending') AS pending FROM run_chunk x WHERE x.run_id = run_chunk.run) c
    WHERE w.run_id = run_chunk.run AND w.status = 'running' AND c.pending = 0;
    RETURN false;
  END IF;
  BEGIN
    -- In the order of their numbers, as everybody does who locks borrowers of a book.
    SELECT coalesce(array_agg(l.borrower_id), '{}') INTO borrowers FROM (SELECT b.borrower_id FROM borrower b
      WHERE b.borrower_id BETWEEN k.lowest AND k.highest ORDER BY b.borrower_id FOR NO KEY UPDATE) l;
    -- Asked after they were locked: who freezes a borrower holds the same lock.
    IF EXISTS (SELECT FROM group_move m WHERE m.state <> 'active') THEN
      borrowers := ARRAY(SELECT b FROM unnest(borrowers) b
        WHERE NOT EXISTS (SELECT FROM group_move m WHERE m.borrower_id = b AND m.state <> 'active') ORDER BY b);
    END IF;
    done := credit_limit_internal.decide(run, r.as_of, borrowers, 'run', r.move_limits);
    UPDATE run_chunk c SET status = 'done', ended_at = clock_timestamp(), decisions = done.decisions, moves = done.moves
    WHERE c.run_id = run_chunk.run AND c.chunk = k.chunk;
  EXCEPTION
    -- Somebody else's event on a borrower: the chunk stays pending and is taken again, in a new transaction.
    WHEN serialization_failure OR deadlock_detected THEN
      UPDATE run_chunk c SET tries = c.tries + 1 WHERE c.run_id = run_chunk.run AND c.chunk = k.chunk RETURNING c.tries INTO done;
      -- So often it is nobody else's doing.
      IF done.tries >= 20 THEN
        PERFORM credit_limit_internal.split_chunk(run, k.chunk, k.lowest, k.highest, SQLSTATE, SQLERRM);
      END IF;
    -- Not the fault of a row: the chunk stays as it is, and the run can be started again. Class 42 is a decision_input that lacks
    -- a column, or rights that are missing: every borrower would fail.
    WHEN transaction_rollback OR lock_not_available OR insufficient_resources OR operator_intervention OR system_error THEN
      RAISE;
    WHEN syntax_error_or_access_rule_violation THEN
      GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
      RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = detail,
        HINT = 'Correct that and start the run again: as long as it has no decision, it takes the versions of that time. '
          'credit_limit.check_book() says what else is wrong.';
    WHEN OTHERS THEN
      PERFORM credit_limit_internal.split_chunk(run, k.chunk, k.lowest, k.highest, SQLSTATE, SQLERRM);
  END;
  RETURN true;
END
$$;

-- decides on every open account of a book as of a day, in chunks of borrowers that are committed one by one. Options: run_key
-- (the day) names the run: started again it goes on where it stopped, and a start while it runs helps. chunk_size: borrowers in a
-- chunk (5000). move_limits: false writes decisions only. A borrower whose rows raise an error is left out, and named in
-- run_chunk; retry_failed: true decides on them, also when the run was done. The versions are those valid at the start, or, as
-- long as the run has no decision, when it is started again. Where a decision as of a later day is in force, a decision moves
-- nothing; a warning says so. In a group of books, borrowers who are on their way to another book are left to it. Errors:
-- options, or a day more than a year after the latest month of account_month (22023), in a transaction block (25001), not in READ
-- COMMITTED (25000), a day that the group of the book has not confirmed (55000), rows that row-level security hides (42501)
CREATE PROCEDURE credit_limit.run_decisions(book text, as_of date, options jsonb DEFAULT '{}')
LANGUAGE plpgsql
AS $$
  -- It commits, so it may not set the search_path: nothing in it is looked up there.
DECLARE
  run pg_catalog.int8;
  more pg_catalog.bool;
BEGIN
  PERFORM credit_limit_internal.need_autocommit('run_decisions');
  options := credit_limit_internal.check_options('run_decisions', options, $r${"run_key": "$.type() == \"string\"",
    "chunk_size": "$ >= 1 && $ <= 1000000 && $.floor() == $", "move_limits": "$ == true || $ == false",
    "retry_failed": "$ == true || $ == false"}$r$,
    'Valid are run_key (a string), chunk_size (1 to 1000000 borrowers), move_limits and retry_failed (true or false).');
  run := credit_limit_internal.begin_run(book, as_of, options);
  COMMIT;
  more := run IS NOT NULL;
  WHILE more LOOP
    more := credit_limit_internal.run_chunk(book, run);
    COMMIT;
  END LOOP;
END
$$;

-- stops a run after the chunks that are being decided; what is decided stays. Starting it again goes on. False: no such run is
-- running
CREATE FUNCTION credit_limit.cancel_run(book text, run_key text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  UPDATE run r SET status = 'cancelled' WHERE r.run_key = cancel_run.run_key AND r.status = 'running';
  RETURN FOUND;
END
$$;

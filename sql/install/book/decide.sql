-- Decisions of a book in sets: one statement scores, decides, explains, hashes and writes a whole chunk of borrowers.

-- Inputs with the number of their version, score and PD: what the policy sees, and what is kept as evidence.
CREATE FUNCTION credit_limit.scored_sql(book text, filter text) RETURNS text
LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN replace(replace($q$
    SELECT i.*, w.version_no, o.score,
      CASE WHEN w.scorecard_id IS NULL THEN i.external_pd ELSE credit_limit.score_pd(w.card, o.score) END AS pd
    FROM (SELECT i.* FROM @book@.decision_input($1) i WHERE @filter@ OFFSET 0) i
    JOIN version w ON w.product = i.product
      AND (w.arm IS NULL OR w.arm = credit_limit.assign_arm(w.experiment, i.borrower_id::text, w.arms, w.shares))
    CROSS JOIN LATERAL (SELECT CASE WHEN w.scorecard_id IS NULL THEN i.external_score ELSE credit_limit.score(w.card, i) END AS score OFFSET 0) o
    OFFSET 0
  $q$, '@book@', credit_limit.book_schema(book)), '@filter@', filter);
END
$$;
COMMENT ON FUNCTION credit_limit.scored_sql(text, text) IS
    'SQL of the accounts of a book as of $1 with version_no, score and pd; it needs a query "version" before it. filter is SQL over i';

-- The layout of that, without reading a row.
CREATE FUNCTION credit_limit.input_layout(book text, as_of date) RETURNS text
LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  r record;
BEGIN
  r := credit_limit.kept_row(format('SELECT credit_limit.row_layout(s) AS layout FROM (SELECT i.*, 0 AS version_no, 0::float8 AS score,
      0::float8 AS pd
    FROM (SELECT 1) one LEFT JOIN LATERAL (SELECT * FROM %s.decision_input($1) LIMIT 0) i ON true) s', credit_limit.book_schema(book)), as_of);
  RETURN r.layout;
END
$$;
COMMENT ON FUNCTION credit_limit.input_layout(text, date) IS 'row_layout() of what a policy of the book sees';

CREATE FUNCTION credit_limit.layout_number(book text, layout text) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  s text := credit_limit.book_schema(book);
  r record;
BEGIN
  LOOP
    r := credit_limit.kept_row(format('SELECT l.layout FROM %s.evidence_layout l WHERE l.columns = $1', s), layout);
    IF r IS NOT NULL THEN
      RETURN r.layout;
    END IF;
    EXECUTE format('INSERT INTO %s.evidence_layout (columns) VALUES ($1) ON CONFLICT DO NOTHING', s) USING layout;
  END LOOP;
END
$$;
COMMENT ON FUNCTION credit_limit.layout_number(text, text) IS 'the number of a layout in evidence_layout, written there if it is new';

CREATE FUNCTION credit_limit.decided_sql(book text, filter text) RETURNS text
LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN replace($q$
    SELECT s.account_id, s.borrower_id, s.product, s.score, s.pd, s.balance, s.pending, s.umbrella_limit, s.umbrella_drawn,
      v.policy_id, v.scorecard_id, v.experiment, v.arm, v.policy_digest, v.card_digest, s.inputs,
      CASE WHEN NOT v.missing THEN credit_limit.decide_limit(v.policy, s.inputs, $1) END AS d
    FROM (SELECT s AS inputs, s.* FROM (@scored@) s OFFSET 0) s JOIN version v ON v.version_no = s.version_no
    OFFSET 0
  $q$, '@scored@', credit_limit.scored_sql(book, filter));
END
$$;
COMMENT ON FUNCTION credit_limit.decided_sql(text, text) IS
    'SQL of the decisions d on the accounts of a book as of $1, with their inputs. filter is SQL over i';

-- What write_decisions() needs. Parameters: $1 as_of, $2 lowest and $3 highest borrower or $6 the borrowers, $4 place among the
-- lines of a partitioned umbrella, $5 run. In the order of account_id, so that the same book gives the same log. The day is written
-- into what reads the book: the plan that is kept for the events of a day knows its month then, and leaves out all others.
CREATE FUNCTION credit_limit.seal_query(book text, as_of date, version text, filter text) RETURNS text
LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  day text := format('(DATE %L + %s)', '2000-01-01', as_of - DATE '2000-01-01');
BEGIN
  RETURN replace(replace($q$
    WITH version AS MATERIALIZED (@version@)
    SELECT t.account_id, t.borrower_id, t.product, t.policy_id, t.scorecard_id, t.experiment, t.arm, t.score, t.pd,
      t.policy_digest, t.card_digest,
      (t.d).action = 'FREEZE' OR ((t.d).action = 'REFER' AND (t.d).available IS NOT DISTINCT FROM 0 AND coalesce(credit_limit.available_credit(
        (t.d).new_limit, t.balance, t.pending, t.umbrella_limit, t.umbrella_drawn) > 0, false)) AS frozen, t.inputs, t.d
    FROM (@decided@) t ORDER BY t.account_id
  $q$, '@decided@', replace(credit_limit.decided_sql(book, filter), '$1', day)), '@version@', version);
END
$$;
COMMENT ON FUNCTION credit_limit.seal_query(text, date, text, text) IS
    'SQL of decisions as of a day for write_decisions(); version is SQL of the versions that decide, filter is SQL over i';

-- The versions of a day by number, in the place of a query that finds them: that takes as long as a decision.
CREATE FUNCTION credit_limit.make_event_query(book text, as_of date) RETURNS text
LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp SET extra_float_digits = 1
AS $$
DECLARE
  versions text;
  n bigint;
BEGIN
  EXECUTE format($q$
    SELECT string_agg(format('(%%s, %%L, %%L, %%L, %%L::text[], %%L::float8[], %%L::int, %%L::int, %%L::bool)', w.version_no,
      w.product::text, w.experiment::text, w.arm::text, w.arms::text[], w.shares::float8[], w.policy_id, w.scorecard_id,
      w.missing), ', ' ORDER BY w.version_no), count(*) FROM (%s) w
  $q$, credit_limit.version_sql(book)) INTO versions, n USING as_of;
  -- A plan with thousands of them in it takes tens of megabytes, for each day.
  IF n > 200 THEN
    RETURN credit_limit.seal_query(book, as_of, credit_limit.version_sql(book), 'i.borrower_id = ANY ($6)');
  END IF;
  RETURN credit_limit.seal_query(book, as_of, format($q$
    SELECT r.version_no, r.product, r.experiment, r.arm, r.arms, r.shares, r.policy_id, v.document AS policy,
      v.digest AS policy_digest, r.scorecard_id, c.document AS card, c.digest AS card_digest, r.missing
    FROM (VALUES %2$s) r(version_no, product, experiment, arm, arms, shares, policy_id, scorecard_id, missing)
    LEFT JOIN %1$s.policy v ON v.policy_id = r.policy_id
    LEFT JOIN %1$s.scorecard c ON c.scorecard_id = r.scorecard_id
  $q$, credit_limit.book_schema(book), coalesce(versions,
    '(NULL::int, NULL, NULL, NULL, NULL::text[], NULL::float8[], NULL::int, NULL::int, NULL::bool)')), 'i.borrower_id = ANY ($6)');
END
$$;
COMMENT ON FUNCTION credit_limit.make_event_query(text, date) IS
    'seal_query() for the borrowers $6 of a book on a day, with the versions that are valid on it now; of more than 200, with the query that finds them';

CREATE FUNCTION credit_limit.event_query(book text, as_of date) RETURNS text
    AS 'MODULE_PATHNAME', 'cl_event_query' LANGUAGE C VOLATILE STRICT COST 100;
COMMENT ON FUNCTION credit_limit.event_query(text, date) IS
    'part of real time: make_event_query(), which a backend keeps until a table of versions changes. Kept is none where a change could go unseen: where product, experiment, experiment_arm, policy or scorecard is a view, has row-level security or children, or no trigger version_changed that fires always; nor in a transaction that is not READ COMMITTED, or that may have changed one of them itself. Errors: no such schema (3F000)';

CREATE FUNCTION credit_limit.write_decisions(book text, query text, as_of date, lowest bigint, highest bigint, turn int, run_id bigint,
    borrowers bigint[], source text, lane int, place bigint, previous_hash bytea,
    locked bigint[] DEFAULT NULL, OUT decisions bigint, OUT hash bytea, OUT accounts bigint[], OUT limits numeric[], OUT frozen boolean[])
    AS 'MODULE_PATHNAME', 'cl_write_decisions' LANGUAGE C VOLATILE CALLED ON NULL INPUT COST 1000;
COMMENT ON FUNCTION credit_limit.write_decisions(text, text, date, bigint, bigint, int, bigint, bigint[], text, int, bigint, bytea, bigint[]) IS
    'part of runs and real time: writes the decisions of a query of seal_query() to decision and decision_evidence, as the continuation of a lane that ends at place with previous_hash. Returns how many they are, the hash of the last, and what the limits of their accounts are to be. Errors: a query with other columns (42804), an account without a version that decides (55000), one that the query gives twice (21000), decisions within decisions (55006), a borrower who is not among those locked (40001; NULL: not looked at), a lane that is not 0 to 63, a hash that has not 32 bytes (22023), NULL (22004), no right to insert (42501)';

-- Parameters: accounts, limits and frozen as write_decisions() returns them, and the day.
CREATE FUNCTION credit_limit.move_sql(book text) RETURNS text
LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN replace($q$
    WITH moved AS (UPDATE @book@.account a SET credit_limit = d.new_limit, frozen = d.frozen,
        last_limit_change = CASE WHEN d.new_limit IS DISTINCT FROM a.credit_limit THEN $4 ELSE a.last_limit_change END
      FROM unnest($1, $2, $3) d(account_id, new_limit, frozen)
      WHERE a.account_id = d.account_id AND (d.new_limit IS DISTINCT FROM a.credit_limit OR d.frozen IS DISTINCT FROM a.frozen)
      RETURNING 1)
    SELECT count(*) AS moves FROM moved
  $q$, '@book@', credit_limit.book_schema(book));
END
$$;
COMMENT ON FUNCTION credit_limit.move_sql(text) IS 'SQL that moves the limits of accounts as decisions say, and counts the accounts that changed';

-- Locks borrowers, decides on all their open accounts, and continues a lane that is free. Lines of a partitioned umbrella are
-- decided one after the other, so that each sees what the one before was granted. What belongs to a chunk lies close together: to
-- reach it through indexes costs much less than the planner's default for random pages, which would have it read whole tables.
CREATE FUNCTION credit_limit.decide_borrowers(book text, as_of date, run_id bigint, lowest bigint, highest bigint, borrowers bigint[],
    source text, move boolean, OUT decisions bigint, OUT moves bigint)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET random_page_cost = 1.1
AS $$
DECLARE
  s text := credit_limit.book_schema(book);
  filter text := CASE WHEN borrowers IS NULL THEN 'i.borrower_id BETWEEN $2 AND $3' ELSE 'i.borrower_id = ANY ($6)' END;
  these text := CASE WHEN borrowers IS NULL THEN 'i.borrower_id BETWEEN $1 AND $2' ELSE 'i.borrower_id = ANY ($3)' END;
  changed CONSTANT text := 'lines under an umbrella came or went while they were decided';
  kept boolean := run_id IS NULL AND borrowers IS NOT NULL;
  query text;
  umbrellas text;
  r record;
  free record;
  lines record;
  most int;
  locked bigint[];
BEGIN
  decisions := 0;
  moves := 0;
  -- In the order of their numbers, as everybody does who locks borrowers of a book.
  r := credit_limit.kept_row(format('SELECT coalesce(array_agg(l.borrower_id ORDER BY l.borrower_id), ''{}'') AS borrowers
    FROM (SELECT i.borrower_id FROM %s.borrower i WHERE %s ORDER BY i.borrower_id FOR NO KEY UPDATE) l', s, these),
    lowest, highest, borrowers);
  locked := r.borrowers;
  -- Who keeps an older snapshot may have waited for a decision that he does not see.
  query := format('SELECT count(*) FROM %s.decision i WHERE %s', s, these);
  IF current_setting('transaction_isolation') <> 'read committed'
    AND credit_limit.kept_row(query, lowest, highest, borrowers) <> credit_limit.latest_row(query, lowest, highest, borrowers) THEN
    RAISE EXCEPTION USING ERRCODE = 'serialization_failure', MESSAGE = 'could not serialize access due to a decision on the same borrower',
      DETAIL = format('The transaction is %s and began before that decision was committed.', upper(current_setting('transaction_isolation'))),
      HINT = 'Run the transaction again.';
  END IF;
  umbrellas := format('SELECT coalesce(max(p.n), 0)::int AS most, array_agg(p.lines ORDER BY p.umbrella_id) AS lines
    FROM (SELECT u.umbrella_id, count(*) - 1 AS n, string_agg(i.account_id::text, '','' ORDER BY i.account_id) AS lines
      FROM %1$s.account i JOIN %1$s.umbrella u ON u.umbrella_id = i.umbrella_id
      WHERE u.kind = ''partitioned'' AND i.status = ''open'' AND %2$s GROUP BY u.umbrella_id) p', s, these);
  lines := credit_limit.kept_row(umbrellas, lowest, highest, borrowers);
  most := lines.most;
  -- Every account has its turn, whatever place a decision_input of the lender gives.
  IF NOT kept OR most > 0 THEN
    query := credit_limit.seal_query(book, as_of, CASE WHEN run_id IS NULL THEN credit_limit.version_sql(book)
      ELSE credit_limit.run_version_sql(book) END, filter
      || CASE WHEN most > 0 THEN format(' AND greatest(least(coalesce(i.umbrella_place, 0), %s), 0) = $4', most) ELSE '' END);
  END IF;
  FOR turn IN 0 .. most LOOP
    -- A lane that nobody continues; when all are taken, one is waited for.
    free := credit_limit.kept_row(format('SELECT l.lane, l.place, l.hash FROM %s.log_lane l ORDER BY l.lane LIMIT 1 FOR UPDATE SKIP LOCKED', s));
    IF free IS NULL THEN
      free := credit_limit.kept_row(format('SELECT l.lane, l.place, l.hash FROM %s.log_lane l WHERE l.lane = pg_backend_pid() %% 64 FOR UPDATE', s));
    END IF;
    -- Who has waited decides by the versions of then.
    IF kept AND most = 0 THEN
      query := credit_limit.event_query(book, as_of);
    END IF;
    r := credit_limit.write_decisions(book, query, as_of, lowest, highest, turn, run_id, borrowers, source, free.lane, free.place,
      free.hash, locked);
    CONTINUE WHEN r.decisions = 0;
    decisions := decisions + r.decisions;
    -- Before limits move: a trigger on account may decide, too, and this transaction does not skip its own lock.
    free := credit_limit.kept_row(format('UPDATE %s.log_lane SET place = $2, hash = $3 WHERE lane = $1', s), free.lane::int,
      free.place + r.decisions, r.hash);
    CONTINUE WHEN NOT move;
    IF lines.lines IS NULL THEN
      r := credit_limit.kept_row(credit_limit.move_sql(book), r.accounts, r.limits, r.frozen, as_of);
    ELSE
      BEGIN
        r := credit_limit.kept_row(credit_limit.move_sql(book), r.accounts, r.limits, r.frozen, as_of);
      EXCEPTION WHEN check_violation THEN
        -- A line that came has taken what others were granted: not the fault of a row, and no reason to leave the borrower out.
        IF credit_limit.latest_row(umbrellas, lowest, highest, borrowers) <> lines THEN
          RAISE EXCEPTION USING ERRCODE = 'serialization_failure', MESSAGE = changed, DETAIL = SQLERRM || '.',
            HINT = 'Try again.';
        END IF;
        RAISE;
      END;
    END IF;
    moves := moves + r.moves;
  END LOOP;
  -- A line that came or went between turns moved the places of the others.
  IF most > 0 AND credit_limit.kept_row(umbrellas, lowest, highest, borrowers) <> lines THEN
    RAISE EXCEPTION USING ERRCODE = 'serialization_failure', MESSAGE = changed, HINT = 'Try again.';
  END IF;
END
$$;
COMMENT ON FUNCTION credit_limit.decide_borrowers(text, date, bigint, bigint, bigint, bigint[], text, boolean) IS
    'part of runs and real time: locks the borrowers from lowest to highest, or those of an array, decides on all their open accounts, writes the decisions to the log, and moves the limits if move says so; returns how many decisions were made and how many accounts changed';

CREATE FUNCTION credit_limit.preview_decisions(book text, as_of date)
RETURNS TABLE (account_id bigint, borrower_id bigint, product text, experiment text, arm text, policy_id int, scorecard_id int,
    score float8, pd float8, decision credit_limit.limit_decision)
LANGUAGE plpgsql STABLE ROWS 100000 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM credit_limit.check_versions(book, as_of);
  RETURN QUERY EXECUTE format('WITH version AS MATERIALIZED (%s)
    SELECT t.account_id, t.borrower_id, t.product, t.experiment, t.arm, t.policy_id, t.scorecard_id, t.score, t.pd, t.d FROM (%s) t',
    credit_limit.version_sql(book), credit_limit.decided_sql(book, 'true')) USING as_of;
END
$$;
COMMENT ON FUNCTION credit_limit.preview_decisions(text, date) IS
    'what a run as of the day would decide now, account by account, without writing anything. Lines of a partitioned umbrella are seen as they are, not as the run would leave the line before. Errors: a product without an approved version (55000)';

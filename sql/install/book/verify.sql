-- What proves a log: log_end, verify_log, verify_archive; and what takes from it: erase_borrower, retire_decisions.

-- in an open book: the hash that a row of decision should have, with the digests of its policy and scorecard: see src/book/seal.c
CREATE FUNCTION credit_limit_internal.decision_hash(decision record, policy_digest bytea, scorecard_digest bytea) RETURNS bytea
LANGUAGE plpgsql STABLE
AS $$
BEGIN
  RETURN sha256(decision.previous_hash || convert_to(rtrim(credit_limit_internal.canonical_columns(decision, '{run_id, source,
    account_id, borrower_id, product, as_of, decided_at, policy_id, scorecard_id, experiment, arm, arm_probability, score, pd,
    action, old_limit, new_limit, available, entitlement, risk_cap, product_cap, affordability_cap, umbrella_cap, regulatory_cap,
    target, binding, reasons, proposed, frozen, input_hash}'), ']') || ','
    || ltrim(credit_limit_internal.canonical_columns(ROW (policy_digest, scorecard_digest), '{f1, f2}'), '['), 'UTF8'));
END
$$;

-- where the log ends now: [lane, place, hash] of every lane; lane 64 is log_act. Kept somewhere else, it proves later what was
-- removed or changed since: verify_log(book, log_end)
CREATE FUNCTION credit_limit.log_end(book text) RETURNS jsonb
LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  RETURN (SELECT coalesce(jsonb_agg(jsonb_build_array(l.lane, l.place, encode(l.hash, 'hex')) ORDER BY l.lane), '[]')
    FROM log_lane l WHERE l.place > 0);
END
$$;

-- what an act wrote, or NULL where somebody changed it so that it is no document any more; the chain tells that
CREATE FUNCTION credit_limit_internal.as_document(content text) RETURNS jsonb LANGUAGE plpgsql STABLE STRICT
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN content::jsonb;
EXCEPTION WHEN data_exception THEN
  RETURN NULL;
END
$$;

-- what is wrong with the log of a book: at most this many rows (NULL: all), then the number of others. No rows: nothing is
-- wrong. changed: a decision or an act does not give its hash. removed, inserted: places of a lane that are missing or there
-- twice. broken: a row does not follow the one before it. backdated: it says a time that is more than an hour before that of the
-- one before it. end: the last rows of a lane are missing. known end: the same, by what a finished run noted, or by known, an
-- earlier log_end(). evidence: inputs that are missing or changed. policy, scorecard, erasure, retirement, release, budget: a row
-- that differs from log_act, an act that changes what was approved or written, a version that is not the approved one, a month
-- that was removed in part. With known there is also a row retired, which is no problem, for each retired month that known
-- included. Errors: rows that row-level security hides (42501)
CREATE FUNCTION credit_limit.verify_log(book text, known jsonb DEFAULT NULL, most int DEFAULT 100)
RETURNS TABLE (problem text, decision_id bigint, detail text)
LANGUAGE plpgsql STABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET bytea_output = hex SET timezone = 'UTC' SET jit = off
AS $$
  -- Nearly all the time goes to sha256 and the text of rows: compiled expressions save nothing, and a small log waited for them.
  -- Stretches that were retired stand in for their decisions: only the hashes at their ends are known.
#variable_conflict use_column
DECLARE
  moves CONSTANT text[] := '{status,valid_to,retired_by}';	-- of a version, after it was approved
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  PERFORM credit_limit_internal.need_every_row('a proof of the log');
  RETURN QUERY
    WITH stretch AS (
      SELECT r.retirement_id, (s.item ->> 0)::int AS lane, (s.item ->> 1)::bigint AS first_place,
        (s.item ->> 2)::bigint AS last_place, decode(s.item ->> 3, 'hex') AS previous_hash, decode(s.item ->> 4, 'hex') AS hash
      FROM retirement r, jsonb_array_elements(r.stretches) s(item)),
    link AS (
      SELECT (d.decision_id % 64)::int AS lane, d.decision_id / 64 AS first_place, d.decision_id / 64 AS last_place,
        d.decision_id, d.account_id, NULL AS act, d.decided_at AS at, d.previous_hash, d.hash,
        credit_limit_internal.decision_hash(d, p.digest, c.digest) = d.hash AS sound
      FROM decision d LEFT JOIN policy_version p ON p.policy_id = d.policy_id
        LEFT JOIN scorecard_version c ON c.scorecard_id = d.scorecard_id
      UNION ALL
      SELECT s.lane, s.first_place, s.last_place, 64 * s.first_place + s.lane, NULL, NULL, NULL, s.previous_hash, s.hash, true
      FROM stretch s
      UNION ALL
      SELECT 64, a.place, a.place, NULL, NULL, format('%s %s in log_act', a.kind, a.id), a.written_at, a.previous_hash, a.hash,
        credit_limit_internal.act_hash(a.previous_hash, a.kind, a.id, a.written_at, a.login, a.content) = a.hash
      FROM log_act a),
    placed AS (
      SELECT l.*, lag(l.last_place, 1, 0::bigint) OVER w AS before_place, lag(l.hash) OVER w AS before_hash,
        lag(l.at) OVER w AS before_at
      FROM link l WINDOW w AS (PARTITION BY l.lane ORDER BY l.first_place, l.last_place)),
    ends AS (SELECT DISTINCT ON (l.lane) l.lane, l.last_place, l.hash FROM link l ORDER BY l.lane, l.last_place DESC),
    known_end AS (
      SELECT k.source, (k.item ->> 0)::int AS lane, (k.item ->> 1)::bigint AS place, decode(k.item ->> 2, 'hex') AS hash
      FROM (SELECT 'run ' || r.run_key AS source, jsonb_array_elements(r.log_end) AS item FROM run r WHERE r.log_end IS NOT NULL
        UNION ALL SELECT 'retirement ' || r.retirement_id, jsonb_array_elements(r.log_end) FROM retirement r
        UNION ALL SELECT 'the end that was given', jsonb_array_elements(verify_log.known)) k),
    problems AS (
      SELECT 1 AS kind, 'changed' AS problem, p.decision_id,
        format('%s: what is written does not give the hash', coalesce(p.act, 'account ' || p.account_id)) AS detail
      FROM placed p WHERE p.sound IS NOT TRUE
      UNION ALL
      SELECT 2, CASE WHEN p.first_place <= p.before_place THEN 'inserted' ELSE 'removed' END, p.decision_id,
        CASE WHEN p.first_place <= p.before_place THEN format('lane %s has place %s twice', p.lane, p.first_place)
          ELSE format('lane %s has nothing between the places %s and %s', p.lane, p.before_place, p.first_place) END
      FROM placed p WHERE p.first_place <> p.before_place + 1
      UNION ALL
      SELECT 3, 'broken', p.decision_id, format('previous_hash is not the hash of the one before, lane %s, place %s', p.lane,
        p.first_place)
      FROM placed p WHERE p.first_place = p.before_place + 1
        AND p.previous_hash <> coalesce(p.before_hash, credit_limit_internal.lane_origin(p.lane))
      UNION ALL
      -- A lane is held from before the clock is read: only a clock that is set, or another server's, goes back, not by so much.
      SELECT 3, 'backdated', p.decision_id, format('%s: written at %s, and the one before it, lane %s, place %s, at %s',
        coalesce(p.act, 'account ' || p.account_id), p.at, p.lane, p.before_place, p.before_at)
      FROM placed p WHERE p.at < p.before_at - interval '1 hour'
      UNION ALL
      SELECT 4, 'end', NULL,
        format('lane %s ends at place %s, and should at %s', coalesce(l.lane, e.lane), coalesce(e.last_place, 0), l.place)
      FROM log_lane l FULL JOIN ends e ON e.lane = l.lane
      WHERE l.place IS DISTINCT FROM coalesce(e.last_place, 0)
        OR l.hash IS DISTINCT FROM coalesce(e.hash, credit_limit_internal.lane_origin(l.lane))
      UNION ALL
      SELECT 5, 'known end', NULL, format('%s knows another end at lane %s, place %s', k.source, k.lane, k.place)
      FROM known_end k WHERE NOT EXISTS (SELECT FROM link l WHERE l.lane = k.lane AND l.last_place = k.place AND l.hash = k.hash)
        AND NOT EXISTS (SELECT FROM stretch s WHERE s.lane = k.lane AND s.first_place <= k.place AND k.place < s.last_place)
      UNION ALL
      SELECT 6, 'evidence', coalesce(d.decision_id, e.decision_id),
        CASE WHEN d.decision_id IS NULL THEN 'there are inputs without a decision'
          WHEN e.decision_id IS NULL THEN 'the inputs are missing, and the borrower was not erased after it'
          ELSE 'the inputs are not those of the decision' END
      FROM decision d FULL JOIN decision_evidence e ON e.decision_id = d.decision_id AND e.as_of = d.as_of
        LEFT JOIN evidence_layout y ON y.layout = e.layout
      WHERE credit_limit.input_hash(e.salt, y.columns, e.inputs) IS DISTINCT FROM d.input_hash
        AND NOT (e.decision_id IS NULL AND credit_limit_internal.is_erased(d.borrower_id, d.decided_at))
      UNION ALL
      SELECT 7, v.kind, NULL, format('version %s of %s "%s" is not what was approved', v.version, v.kind, v.name)
      FROM (SELECT 'policy' AS kind, p.version, p.name, p.source, p.digest,
          p.source::credit_limit.limit_policy OPERATOR(credit_limit.=) p.document AS same FROM policy_version p
        UNION ALL SELECT 'scorecard', c.version, c.name, c.source, c.digest,
          c.source::credit_limit.scorecard OPERATOR(credit_limit.=) c.document FROM scorecard_version c
        UNION ALL SELECT 'allocation', a.version, a.name, a.source, a.digest,
          a.source::credit_limit.allocation_certificate OPERATOR(credit_limit.=) a.document FROM allocation_version a) v
      WHERE NOT v.same OR sha256(convert_to(v.source, 'UTF8')) <> v.digest
      UNION ALL
      SELECT 8, kind, NULL, format('%s %s %s', kind, id, CASE WHEN a.content IS NULL THEN 'is not in log_act'
          WHEN k.content IS NULL THEN 'is gone' ELSE 'is not what log_act says' END)
      FROM credit_limit_internal.kept_rows() k FULL JOIN (SELECT DISTINCT ON (a.kind, a.id) a.kind, a.id, a.content FROM log_act a
        WHERE a.kind <> 'guards' ORDER BY a.kind, a.id, a.place DESC) a USING (kind, id)
      WHERE a.content IS DISTINCT FROM k.content
      UNION ALL
      -- Whoever switches off the trigger that keeps a row, and changes it, has the change written as an act.
      SELECT 8, a.kind, NULL, format('%s %s was changed: place %s of log_act', a.kind, a.id, a.place)
      FROM (SELECT a.place, a.kind, a.id, credit_limit_internal.as_document(a.content) AS now,
          lag(credit_limit_internal.as_document(a.content)) OVER w AS was
        FROM log_act a WHERE a.kind NOT IN ('guards', 'budget') WINDOW w AS (PARTITION BY a.kind, a.id ORDER BY a.place)) a
      WHERE a.was IS NOT NULL AND (a.kind IN ('erasure', 'retirement', 'order') OR a.now - moves <> a.was - moves
        OR (a.now <> a.was AND a.was ->> 'status' <> 'approved')
        OR coalesce(a.now ->> 'valid_to', 'infinity') COLLATE "C" > coalesce(a.was ->> 'valid_to', 'infinity'))
      UNION ALL
      SELECT 9, 'retirement', min(d.decision_id), format('retirement %s is not of the whole month %s: decisions left: %s',
        r.retirement_id, to_char(r.month, 'YYYY-MM'), count(*))
      FROM retirement r, jsonb_array_elements(r.log_end) e(item), decision d
      WHERE d.as_of >= r.month AND d.as_of < r.month + interval '1 month' AND d.decision_id % 64 = (e.item ->> 0)::int
        AND d.decision_id / 64 <= (e.item ->> 1)::bigint
      GROUP BY r.retirement_id, r.month
      UNION ALL
      SELECT 9, 'retirement', NULL, format('retirement %s does not tell where its decisions lay', r.retirement_id)
      FROM retirement r JOIN stretch s ON s.retirement_id = r.retirement_id GROUP BY r.retirement_id, r.decisions
      HAVING bool_or(s.lane NOT BETWEEN 0 AND 63) OR sum(s.last_place - s.first_place + 1) <> r.decisions),
    numbered AS (SELECT p.*, row_number() OVER (ORDER BY p.kind, p.decision_id % 64, p.decision_id, p.detail) AS n
      FROM problems p)
    SELECT w.problem, w.decision_id, w.detail FROM (
      SELECT 1 AS part, w.n, w.problem, w.decision_id, w.detail FROM numbered w WHERE (w.n > verify_log.most) IS NOT TRUE
      UNION ALL
      SELECT 2, NULL, 'more', NULL, format('problems that are not listed: %s', count(*)) FROM numbered w
      WHERE w.n > verify_log.most HAVING count(*) > 0
      UNION ALL
      SELECT 3, r.retirement_id, 'retired', NULL, format('%s, decisions: %s, digest: %s, by %s%s', to_char(r.month, 'YYYY-MM'),
        r.decisions, encode(r.digest, 'hex'), r.retired_by, CASE WHEN NOT EXISTS (SELECT FROM known_end k JOIN log_act a
          ON a.place <= k.place WHERE k.source = 'the end that was given' AND k.lane = 64 AND a.kind = 'retirement'
          AND a.id = r.retirement_id) THEN '; after the end that was given' ELSE '' END)
      FROM retirement r
      WHERE EXISTS (SELECT FROM known_end k JOIN stretch s ON s.lane = k.lane AND s.first_place <= k.place
        WHERE k.source = 'the end that was given' AND s.retirement_id = r.retirement_id)) w
    ORDER BY w.part, w.n;
END
$$;

-- ---- erasure and retirement ----

-- in an open book: the tables of decisions, and of their inputs, that retire_decisions() moved and that are still there. Errors:
-- one of that name that is no plain table of the book's owner, in a schema that is his alone (42501)
CREATE FUNCTION credit_limit_internal.archived() RETURNS TABLE (decisions regclass, evidence regclass)
LANGUAGE plpgsql STABLE
AS $$
  -- Archives go when they are kept elsewhere, and then anybody may make something of their name. Looked up in the catalog, as the
  -- schema may be one that this role may not use.
DECLARE
  t record;
BEGIN
  FOR t IN SELECT r.archive, d.oid AS decisions, e.oid AS evidence, coalesce(
        (SELECT w FROM credit_limit_internal.foreign_parts(r.archive, b.relowner) w LIMIT 1),
        (SELECT format('%I is no table.', x.relname) FROM pg_class x WHERE x.oid IN (d.oid, e.oid) AND x.relkind <> 'r' LIMIT 1))
        AS wrong
      FROM pg_class b, retirement r JOIN pg_namespace n ON n.nspname = r.archive
      JOIN pg_class d ON d.relnamespace = n.oid AND d.relname = 'decision_' || to_char(r.month, 'YYYY_MM')
      LEFT JOIN pg_class e ON e.relnamespace = n.oid AND e.relname = 'decision_evidence_' || to_char(r.month, 'YYYY_MM')
      WHERE b.oid = to_regclass('decision') ORDER BY r.month LOOP
    IF t.wrong IS NOT NULL THEN
      RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
        MESSAGE = format('schema "%s" is not an archive of the book alone', t.archive), DETAIL = t.wrong,
        HINT = 'Decisions were moved into a schema of that name. If they are still there, give it and what is in it to the owner '
          'of the book alone; else have it dropped or renamed.';
    END IF;
    decisions := t.decisions;
    evidence := t.evidence;
    RETURN NEXT;
  END LOOP;
END
$$;

-- the tables of a book, also a lender's own, that name a borrower or an account of his, and in how many rows; also archives that
-- retire_decisions() made. NULL: none. Errors: a schema of the name of an archive that is not the book's owner's alone (42501)
CREATE FUNCTION credit_limit.borrower_traces(book text, borrower_id bigint) RETURNS TABLE (relation text, row_count bigint)
LANGUAGE plpgsql STABLE ROWS 10 SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  t record;
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  FOR t IN SELECT s.relation, c.relname, s.key FROM (SELECT f.relation, f.key FROM credit_limit_internal.segment_tables() f
        UNION ALL SELECT a.decisions, 'borrower_id' FROM credit_limit_internal.archived() a) s
      JOIN pg_class c ON c.oid = s.relation WHERE s.key IS NOT NULL ORDER BY c.relname LOOP
    EXECUTE format(CASE t.key WHEN 'borrower_id' THEN 'SELECT count(*) FROM %s t WHERE t.borrower_id = $1'
      ELSE 'SELECT count(*) FROM %s t JOIN account a ON a.account_id = t.account_id WHERE a.borrower_id = $1' END,
      t.relation) INTO row_count USING borrower_traces.borrower_id;	-- a relation of the user's own
    relation := t.relname;
    CONTINUE WHEN row_count = 0;
    RETURN NEXT;
  END LOOP;
END
$$;

-- removes the inputs of all decisions on a borrower, in archives too, what borrower knows of him, his exclusions, positions,
-- forecasts and features, and what people wrote about him. The decisions stay and the log still verifies, but entitlement and
-- affordability_cap divided by the factors of the policy tell his income, and reasons what was said. A notice lists what is left.
-- Returns how many inputs were removed. Errors: open accounts (55006), no such borrower (P0002), NULL or no day (22004), not in
-- READ COMMITTED (25000), rows of the book that row-level security hides, a schema of the name of an archive that is not the
-- book's owner's alone (42501)
CREATE FUNCTION credit_limit.erase_borrower(book text, borrower_id bigint, erased_on date, reason text) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  id CONSTANT bigint := erase_borrower.borrower_id;
  found_here boolean;
  past record;
  removed bigint;
  n bigint;
BEGIN
  IF id IS NULL OR credit_limit_internal.is_day(erase_borrower.erased_on) IS NOT TRUE OR erase_borrower.reason IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed', MESSAGE = 'a borrower is erased on a day and for a reason',
      DETAIL = format('The borrower is %s, the day %s, the reason %s.', coalesce(id::text, 'NULL'),
        coalesce(erase_borrower.erased_on::text, 'NULL'), coalesce(quote_literal(erase_borrower.reason), 'NULL')),
      HINT = 'Give the borrower, the day and the reason.';
  END IF;
  PERFORM credit_limit_internal.need_read_committed('an erasure');
  PERFORM credit_limit_internal.open_book(book);
  PERFORM credit_limit_internal.need_every_row('an erasure');
  PERFORM FROM borrower b WHERE b.borrower_id = id FOR NO KEY UPDATE;
  found_here := FOUND;
  -- An erasure excuses missing inputs, so it must be of somebody. A lender may have deleted his row already.
  IF NOT found_here AND NOT EXISTS (SELECT FROM decision d WHERE d.borrower_id = id) THEN
    RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = format('there is no borrower %s', id),
      DETAIL = format('Neither a row of %I.borrower nor a decision has that number.', book), HINT = 'Give the borrower_id.';
  END IF;
  SELECT count(*) INTO n FROM account a WHERE a.borrower_id = id AND a.status <> 'closed';
  IF n > 0 THEN
    RAISE EXCEPTION USING ERRCODE = 'object_in_use', MESSAGE = format('borrower %s has open accounts', id),
      DETAIL = format('There are %s.', n), HINT = 'Close them first.';
  END IF;
  INSERT INTO erasure (borrower_id, erased_on, reason) VALUES (id, erase_borrower.erased_on, erase_borrower.reason);
  DELETE FROM decision_evidence e USING decision d
  WHERE d.borrower_id = id AND e.decision_id = d.decision_id AND e.as_of = d.as_of;
  GET DIAGNOSTICS n = ROW_COUNT;
  FOR past IN SELECT a.decisions, a.evidence FROM credit_limit_internal.archived() a WHERE a.evidence IS NOT NULL LOOP
    EXECUTE format('DELETE FROM %s e USING %s d WHERE d.borrower_id = $1 AND e.decision_id = d.decision_id AND e.as_of = d.as_of',
      past.evidence, past.decisions) USING id;	-- a relation of the user's own
    GET DIAGNOSTICS removed = ROW_COUNT;
    n := n + removed;
  END LOOP;
  UPDATE borrower b SET segment = NULL, income = NULL, obligations = NULL, external_score = NULL, external_pd = NULL,
    erased_on = erase_borrower.erased_on WHERE b.borrower_id = id;
  DELETE FROM exclusion x WHERE x.borrower_id = id;
  -- What was computed of him, and what people wrote about him.
  DELETE FROM report_position p USING account a WHERE a.borrower_id = id AND p.account_id = a.account_id;
  DELETE FROM report_first f USING account a WHERE a.borrower_id = id AND f.account_id = a.account_id;
  DELETE FROM report_figure;
  PERFORM credit_limit_internal.mark_months(book, ARRAY(SELECT DISTINCT m.month FROM account_month m
    JOIN account a ON a.account_id = m.account_id WHERE a.borrower_id = id));
  DELETE FROM allocation_account r USING account a WHERE a.borrower_id = id AND r.account_id = a.account_id;
  DELETE FROM demand_forecast f USING account a WHERE a.borrower_id = id AND f.account_id = a.account_id;
  UPDATE alert_case_act k SET note = NULL WHERE k.borrower_id = id AND k.note IS NOT NULL;
  UPDATE alert_case c SET status = 'closed', closed_on = greatest(erase_borrower.erased_on, c.opened_on), outcome = 'lapsed',
    snoozed_until = NULL WHERE c.borrower_id = id AND c.status <> 'closed';
  UPDATE override_request q SET note = NULL, reason = 'erased' WHERE q.borrower_id = id;
  UPDATE run_chunk k SET message = NULL WHERE id BETWEEN k.lowest AND k.highest AND k.message IS NOT NULL;
  IF (SELECT c.relkind FROM pg_class c WHERE c.oid = to_regclass('limit_adjustment')) = 'r' THEN
    UPDATE limit_adjustment j SET reason = 'erased' FROM account a WHERE a.borrower_id = id AND j.account_id = a.account_id;
  END IF;
  IF (SELECT c.relkind FROM pg_class c WHERE c.oid = to_regclass('account_feature')) = 'r' THEN
    DELETE FROM account_feature f USING account a WHERE a.borrower_id = id AND f.account_id = a.account_id;
  END IF;
  RAISE NOTICE USING MESSAGE = format('what is left of borrower %s', id), DETAIL = (SELECT string_agg(format('%s: %s', t.relation,
    t.row_count), ', ') || '.' FROM credit_limit.borrower_traces(book, id) t),
    HINT = 'Decisions keep amounts, scores and reasons permanently. Clear months and tables of your own yourself.';
  RETURN n;
END
$$;

-- in an open book: of a table of decisions, how many there are, how many do not give their hash or do not follow the one before,
-- and the ends of their stretches as in retirement
CREATE FUNCTION credit_limit_internal.copied(relation regclass, OUT decisions bigint, OUT changed bigint, OUT stretches jsonb)
LANGUAGE plpgsql STABLE
AS $$
BEGIN
  EXECUTE format($q$
    SELECT coalesce(sum(s.n), 0), coalesce(sum(s.changed), 0), jsonb_agg(jsonb_build_array(s.lane, s.first_place, s.last_place,
      encode(s.previous_hash, 'hex'), encode(s.hash, 'hex')) ORDER BY s.lane, s.first_place)
    FROM (SELECT l.lane, min(l.place) AS first_place, max(l.place) AS last_place, count(*) AS n,
        count(*) FILTER (WHERE l.sound IS NOT TRUE OR (l.place = l.before_place + 1 AND l.previous_hash <> l.before_hash))
          AS changed,
        (array_agg(l.previous_hash ORDER BY l.place))[1] AS previous_hash, (array_agg(l.hash ORDER BY l.place DESC))[1] AS hash
      FROM (SELECT d.decision_id %% 64 AS lane, d.decision_id / 64 AS place, d.previous_hash, d.hash,
          d.decision_id / 64 - row_number() OVER w AS island, lag(d.decision_id / 64) OVER w AS before_place,
          lag(d.hash) OVER w AS before_hash,
          credit_limit_internal.decision_hash(d, p.digest, c.digest) = d.hash AS sound
        FROM %s d LEFT JOIN policy_version p ON p.policy_id = d.policy_id
          LEFT JOIN scorecard_version c ON c.scorecard_id = d.scorecard_id
        WINDOW w AS (PARTITION BY d.decision_id %% 64 ORDER BY d.decision_id)) l
      GROUP BY l.lane, l.island) s$q$, relation) INTO decisions, changed, stretches;	-- a relation of the user's own
END
$$;

-- proves a month of decisions that was copied or archived, a table with the columns of decision: how many there are, how many do
-- not give their hash or do not follow the one before, the digest, and the retired month that has it (NULL: none). evidence is
-- the table of their inputs: inputs_wrong tells how many are missing or changed, those of erased borrowers left out; NULL: it is
-- not given. Versions are looked up in the book. Without book or archive NULL. Errors: a table that is none of decisions, or of
-- inputs (42703)
CREATE FUNCTION credit_limit.verify_archive(book text, archive regclass, evidence regclass DEFAULT NULL, OUT decisions bigint,
    OUT changed bigint, OUT inputs_wrong bigint, OUT digest bytea, OUT retired_month date)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  c record;
BEGIN
  IF book IS NULL OR archive IS NULL THEN
    RETURN;
  END IF;
  PERFORM credit_limit_internal.open_book(book);
  c := credit_limit_internal.copied(archive);
  decisions := c.decisions;
  changed := c.changed;
  IF evidence IS NOT NULL THEN
    EXECUTE format($q$
      SELECT count(*) FROM %s d FULL JOIN %s e ON e.decision_id = d.decision_id AND e.as_of = d.as_of
        LEFT JOIN evidence_layout y ON y.layout = e.layout
      WHERE credit_limit.input_hash(e.salt, y.columns, e.inputs) IS DISTINCT FROM d.input_hash
        AND NOT (e.decision_id IS NULL AND credit_limit_internal.is_erased(d.borrower_id, d.decided_at))$q$,
      archive, evidence) INTO inputs_wrong;	-- a relation of the user's own
  END IF;
  digest := sha256(convert_to(c.stretches::text, 'UTF8'));
  retired_month := (SELECT min(r.month) FROM retirement r WHERE r.digest = verify_archive.digest);
END
$$;

-- in an open book: takes a partition out of its table and moves it into a schema, under a name
CREATE FUNCTION credit_limit_internal.move_partition(parent text, partition text, name text, archive text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  IF to_regclass(quote_ident(partition)) IS NOT NULL THEN
    EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', parent, partition);	-- DDL
    IF partition <> name THEN
      EXECUTE format('ALTER TABLE %I RENAME TO %I', partition, name);	-- DDL
    END IF;
    EXECUTE format('ALTER TABLE %I SET SCHEMA %I', name, archive);	-- DDL
  END IF;
END
$$;

-- takes the monthly partitions of decisions and their inputs that lie before a day out of the book, and returns how many
-- decisions went: drops them, or moves them into the schema archive, to be kept elsewhere. retirement keeps of each month their
-- number, a digest that proves an archive or copy of them, and what joins the log on both sides. Errors: no day, no reason, no
-- schema of that name (22023, 3F000), one that is not the book's owner's alone (42501), a table of that name there (42P07), not
-- in READ COMMITTED (25000), somebody who uses the log for five seconds more (55P03)
CREATE FUNCTION credit_limit.retire_decisions(book text, before date, reason text, archive text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s'
AS $$
DECLARE
  wrong text;
  part record;
  gone record;
  retired bigint := 0;
BEGIN
  -- A day that is not known lies after every partition, or before none: nothing may go by it.
  IF credit_limit_internal.is_day(before) IS NOT TRUE OR reason IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'decisions are retired before a day and for a reason',
      DETAIL = format('The day is %s, the reason %s.', coalesce(before::text, 'NULL'), coalesce(quote_literal(reason), 'NULL')),
      HINT = 'Give the first day that is kept, and the reason.';
  END IF;
  PERFORM credit_limit_internal.need_read_committed('a retirement');
  PERFORM credit_limit_internal.open_book(book);
  IF to_regnamespace(quote_ident(archive)) IS NULL AND archive IS NOT NULL OR archive IN (book, book || '_report') THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_schema_name',
      MESSAGE = format('decisions cannot be moved into schema "%s"', archive),
      DETAIL = CASE WHEN to_regnamespace(quote_ident(archive)) IS NULL THEN 'There is none of that name.'
        ELSE 'It is one of the book itself.' END,
      HINT = format('CREATE SCHEMA %I makes one that only its owner reads.',
        CASE WHEN to_regnamespace(quote_ident(archive)) IS NULL THEN archive ELSE book || '_archive' END);
  END IF;
  wrong := (SELECT w FROM pg_class c, credit_limit_internal.foreign_parts(archive, c.relowner) w
    WHERE c.oid = to_regclass('decision') LIMIT 1);
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
      MESSAGE = format('decisions cannot be moved into schema "%s"', archive), DETAIL = wrong,
      HINT = 'Others can run code there with the rights of the owner of the book: give a schema that is his alone.';
  END IF;
  -- Nobody may continue a lane in a stretch that goes.
  LOCK TABLE decision, decision_evidence IN ACCESS EXCLUSIVE MODE;
  -- Partitions that are no month, made by hand, stay: what does not lie between the quotes of their bounds is no date.
  FOR part IN SELECT b.relname AS name, regexp_replace(b.relname, '^decision_', 'decision_evidence_') AS evidence, b.month
      FROM (SELECT c.relname, substring(x.bound FROM $r$FROM \('([0-9][^']*)'\)$r$)::date AS month,
          substring(x.bound FROM $r$ TO \('([0-9][^']*)'\)$r$)::date AS ends
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid, LATERAL (SELECT pg_get_expr(c.relpartbound, c.oid)) x(bound)
        WHERE i.inhparent = to_regclass('decision')) b
      WHERE b.ends <= before AND b.ends = b.month + interval '1 month' AND extract(day FROM b.month) = 1 ORDER BY b.month LOOP
    gone := credit_limit_internal.copied(format('%I.%I', book, part.name)::regclass);
    IF gone.decisions > 0 THEN
      INSERT INTO retirement (month, decisions, stretches, log_end, archive, reason)
      VALUES (part.month, gone.decisions, gone.stretches, credit_limit.log_end(book), retire_decisions.archive,
        retire_decisions.reason);
    END IF;
    retired := retired + gone.decisions;
    IF archive IS NULL OR gone.decisions = 0 THEN
      EXECUTE format('DROP TABLE %I.%I', book, part.name);	-- DDL
      EXECUTE format('DROP TABLE IF EXISTS %I.%I', book, part.evidence);	-- DDL
    ELSE
      PERFORM credit_limit_internal.move_partition('decision', part.name, 'decision_' || to_char(part.month, 'YYYY_MM'), archive);
      PERFORM credit_limit_internal.move_partition('decision_evidence', part.evidence,
        'decision_evidence_' || to_char(part.month, 'YYYY_MM'), archive);
    END IF;
  END LOOP;
  RETURN retired;
END
$$;

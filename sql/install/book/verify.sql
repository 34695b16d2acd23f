-- What proves a log: verify_log, replay_decision; and what takes from it: erase_borrower, retire_decisions.

CREATE FUNCTION credit_limit.log_end(book text) RETURNS jsonb
LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  answer jsonb;
BEGIN
  EXECUTE format('SELECT coalesce(jsonb_agg(jsonb_build_array(lane, place, encode(hash, ''hex'')) ORDER BY lane), ''[]'')
    FROM %s.log_lane WHERE place > 0', credit_limit.book_schema(book)) INTO answer;
  RETURN answer;
END
$$;
COMMENT ON FUNCTION credit_limit.log_end(text) IS
    'where the log ends now: [lane, place, hash] of every lane. Kept somewhere else, it proves later that nothing up to there was removed: verify_log(book, log_end)';

-- Stretches that were retired stand in for their decisions: only the hashes at their ends are known.
CREATE FUNCTION credit_limit.verify_log(book text, known jsonb DEFAULT NULL, most int DEFAULT 100)
RETURNS TABLE (problem text, decision_id bigint, detail text)
LANGUAGE plpgsql STABLE ROWS 10 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN QUERY EXECUTE replace(replace($q$
    WITH link AS (
      SELECT (x.decision_id % 64)::int AS lane, x.decision_id / 64 AS first_place, x.decision_id / 64 AS last_place, x.decision_id, x.account_id,
        x.previous_hash, x.hash, sha256(x.previous_hash || convert_to(credit_limit.canonical_row((SELECT c FROM (SELECT @content@) c), $1), 'UTF8'))
          = x.hash AS sound
      FROM (SELECT d.*, p.digest AS policy_digest, s.digest AS card_digest FROM @book@.decision d
        LEFT JOIN @book@.policy p ON p.policy_id = d.policy_id LEFT JOIN @book@.scorecard s ON s.scorecard_id = d.scorecard_id) x
      UNION ALL
      SELECT r.lane, r.first_place, r.last_place, 64 * r.first_place + r.lane, NULL, r.previous_hash, r.hash, true FROM @book@.retirement r),
    placed AS (
      SELECT l.*, lag(l.last_place, 1, 0::bigint) OVER w AS before_place, lag(l.hash) OVER w AS before_hash
      FROM link l WINDOW w AS (PARTITION BY l.lane ORDER BY l.first_place, l.last_place)),
    ends AS (SELECT DISTINCT ON (lane) lane, last_place, hash FROM link ORDER BY lane, last_place DESC),
    known AS (
      SELECT k.source, (k.item ->> 0)::int AS lane, (k.item ->> 1)::bigint AS place, decode(k.item ->> 2, 'hex') AS hash
      FROM (SELECT 'run ' || run_key AS source, jsonb_array_elements(log_end) AS item FROM @book@.run WHERE log_end IS NOT NULL
        UNION ALL SELECT 'the end that was given', jsonb_array_elements($2)) k),
    problems AS (
      SELECT 1 AS kind, 'changed' AS problem, decision_id, format('account %s: what is written does not give the hash', account_id) AS detail
      FROM placed WHERE sound IS NOT TRUE
      UNION ALL
      SELECT 2, CASE WHEN first_place <= before_place THEN 'inserted' ELSE 'removed' END, decision_id,
        CASE WHEN first_place <= before_place THEN format('lane %s has place %s twice', lane, first_place)
          ELSE format('lane %s has nothing between the places %s and %s', lane, before_place, first_place) END
      FROM placed WHERE first_place <> before_place + 1
      UNION ALL
      SELECT 3, 'broken', decision_id, format('previous_hash is not the hash of the decision before, lane %s', lane)
      FROM placed WHERE first_place = before_place + 1
        AND previous_hash <> coalesce(before_hash, credit_limit.lane_origin(lane))
      UNION ALL
      SELECT 4, 'end', NULL, format('lane %s ends at place %s, and should at %s', coalesce(l.lane, e.lane), coalesce(e.last_place, 0), l.place)
      FROM @book@.log_lane l FULL JOIN ends e ON e.lane = l.lane
      WHERE l.place IS DISTINCT FROM coalesce(e.last_place, 0) OR l.hash IS DISTINCT FROM coalesce(e.hash, credit_limit.lane_origin(l.lane))
      UNION ALL
      SELECT 5, 'known end', NULL, format('%s knows another decision at lane %s, place %s', k.source, k.lane, k.place)
      FROM known k WHERE NOT EXISTS (SELECT FROM link l WHERE l.lane = k.lane AND l.last_place = k.place AND l.hash = k.hash)
        AND NOT EXISTS (SELECT FROM @book@.retirement r WHERE r.lane = k.lane AND r.first_place <= k.place AND k.place < r.last_place)
      UNION ALL
      SELECT 6, 'evidence', coalesce(d.decision_id, e.decision_id), CASE WHEN d.decision_id IS NULL THEN 'there are inputs without a decision'
          WHEN e.decision_id IS NULL THEN 'the inputs are missing, and the borrower was not erased'
          ELSE 'the inputs are not those of the decision' END
      FROM @book@.decision d FULL JOIN @book@.decision_evidence e ON e.decision_id = d.decision_id AND e.as_of = d.as_of
        LEFT JOIN @book@.evidence_layout y ON y.layout = e.layout
      WHERE credit_limit.input_hash(e.salt, y.columns, e.inputs) IS DISTINCT FROM d.input_hash
        AND NOT (e.decision_id IS NULL AND EXISTS (SELECT FROM @book@.erasure x WHERE x.borrower_id = d.borrower_id))
      UNION ALL
      SELECT 7, 'policy', NULL, format('version %s of policy "%s" is not what was approved', version, name) FROM @book@.policy
      WHERE sha256(convert_to(source, 'UTF8')) <> digest OR (source::credit_limit.limit_policy)::text <> document::text
      UNION ALL
      SELECT 7, 'scorecard', NULL, format('version %s of scorecard "%s" is not what was approved', version, name) FROM @book@.scorecard
      WHERE sha256(convert_to(source, 'UTF8')) <> digest OR (source::credit_limit.scorecard)::text <> document::text)
    SELECT problem, decision_id, detail FROM problems ORDER BY kind, decision_id % 64, decision_id, detail LIMIT $3
  $q$, '@content@', credit_limit.decision_content('x', 'x.policy_digest', 'x.card_digest')),
    '@book@', credit_limit.book_schema(book))
    USING credit_limit.decision_layout(), known, most;
END
$$;
COMMENT ON FUNCTION credit_limit.verify_log(text, jsonb, int) IS
    'what is wrong with the log of a book, at most so many rows; none: nothing is. changed: a decision does not give its hash; removed and inserted: places of a lane that are missing or there twice; broken: a link; end: the last decisions of a lane are gone; known end: so are those of a finished run or of known, an earlier log_end(); evidence: inputs that are missing or changed; policy and scorecard: a version that is not the one approved';

CREATE FUNCTION credit_limit.evidence_row_sql(layout text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
  SELECT string_agg(CASE c.item ->> 1
      WHEN 'text[]' THEN format('CASE jsonb_typeof($1 -> %1$s) WHEN ''array'' THEN ARRAY(SELECT jsonb_array_elements_text($1 -> %1$s))
        ELSE ($1 ->> %1$s)::text[] END AS %2$I', c.n - 1, c.item ->> 0)
      ELSE format('($1 ->> %s)::%s AS %I', c.n - 1, c.item ->> 1, c.item ->> 0) END, ', ' ORDER BY c.n)
  FROM jsonb_array_elements(layout::jsonb) WITH ORDINALITY c(item, n)
  WHERE c.item ->> 1 IN ('numeric', 'bigint', 'integer', 'double precision', 'boolean', 'text', 'date', 'timestamp with time zone',
    'timestamp without time zone', 'smallint', 'real', 'uuid',
    'bytea', 'text[]')
$$;
COMMENT ON FUNCTION credit_limit.evidence_row_sql(text) IS 'select list that makes the row again of canonical_row() in $1, a jsonb';

CREATE FUNCTION credit_limit.replay_decision(book text, decision_id bigint, OUT same boolean, OUT score float8,
    OUT decision credit_limit.limit_decision, OUT differences text[])
LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  s text := credit_limit.book_schema(book);
  d record;
  e record;
  again record;
BEGIN
  EXECUTE format('SELECT d.*, p.document AS policy, c.document AS card FROM %1$s.decision d
    LEFT JOIN %1$s.policy p ON p.policy_id = d.policy_id LEFT JOIN %1$s.scorecard c ON c.scorecard_id = d.scorecard_id
    WHERE d.decision_id = $1', s) INTO d USING decision_id;
  IF d.decision_id IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = format('there is no decision %s', decision_id),
      HINT = format('Decisions are in %s.decision.', s);
  END IF;
  EXECUTE format('SELECT e.salt, e.inputs, l.columns FROM %1$s.decision_evidence e JOIN %1$s.evidence_layout l ON l.layout = e.layout
    WHERE e.decision_id = $1 AND e.as_of = $2', s) INTO e USING decision_id, d.as_of;
  IF e.inputs IS NULL OR d.policy IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = format('the inputs of decision %s are not there', decision_id),
      DETAIL = CASE WHEN d.policy IS NULL THEN 'It was made by a person.' ELSE 'They were erased or retired.' END,
      HINT = 'verify_log() says whether they are rightly missing.';
  END IF;
  EXECUTE format('SELECT CASE WHEN $2 IS NULL THEN r.external_score ELSE credit_limit.score($2, r) END AS score,
      credit_limit.decide_limit($3, r, $4) AS decision
    FROM (SELECT %s) r', credit_limit.evidence_row_sql(e.columns))
    INTO again USING e.inputs::jsonb, d.card, d.policy, d.as_of;
  score := again.score;
  decision := again.decision;
  SELECT coalesce(array_agg(v.what ORDER BY v.n), '{}') INTO differences
  FROM (VALUES (0, 'inputs', encode(credit_limit.input_hash(e.salt, e.columns, e.inputs), 'hex'), encode(d.input_hash, 'hex')),
    (1, 'score', score::text, d.score::text), (2, 'action', decision.action, d.action),
    (3, 'old_limit', decision.old_limit::text, d.old_limit::text), (4, 'new_limit', decision.new_limit::text, d.new_limit::text),
    (5, 'available', decision.available::text, d.available::text), (6, 'entitlement', decision.entitlement::text, d.entitlement::text),
    (7, 'risk_cap', decision.risk_cap::text, d.risk_cap::text), (8, 'product_cap', decision.product_cap::text, d.product_cap::text),
    (9, 'affordability_cap', decision.affordability_cap::text, d.affordability_cap::text),
    (10, 'umbrella_cap', decision.umbrella_cap::text, d.umbrella_cap::text),
    (11, 'regulatory_cap', decision.regulatory_cap::text, d.regulatory_cap::text), (12, 'target', decision.target::text, d.target::text),
    (13, 'binding', decision.binding, d.binding), (14, 'reasons', decision.reasons::text, d.reasons::text),
    (15, 'proposed', decision.proposed::text, d.proposed::text)) v(n, what, now, was)
  WHERE v.now IS DISTINCT FROM v.was;
  same := differences = '{}';
END
$$;
COMMENT ON FUNCTION credit_limit.replay_decision(text, bigint) IS
    'decides again from what was kept: the inputs in decision_evidence, the policy and the scorecard of the decision. same: everything is as it was written; differences names the columns that are not. Errors: no such decision, or its inputs were erased (P0002). NULL gives NULL';

CREATE FUNCTION credit_limit.erase_borrower(book text, borrower_id bigint, erased_on date, reason text) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  s text := credit_limit.book_schema(book);
  lines bigint;
  n bigint;
  known boolean;
BEGIN
  IF borrower_id IS NULL OR NOT coalesce(isfinite(erased_on), false) OR reason IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed', MESSAGE = 'a borrower is erased on a day and for a reason',
      DETAIL = format('The borrower is %s, the day %s, the reason %s.', coalesce(borrower_id::text, 'NULL'), coalesce(erased_on::text, 'NULL'),
        coalesce(quote_literal(reason), 'NULL')), HINT = 'Give the borrower, the day and the reason.';
  END IF;
  PERFORM credit_limit.need_read_committed('an erasure');
  EXECUTE format('SELECT count(*) FROM (SELECT FROM %s.borrower b WHERE b.borrower_id = $1 FOR NO KEY UPDATE) l', s) INTO n USING borrower_id;
  -- An erasure excuses missing inputs, so it must be of somebody. A lender may have deleted his row already.
  EXECUTE format('SELECT $2 > 0 OR EXISTS (SELECT FROM %s.decision d WHERE d.borrower_id = $1)', s) INTO known USING borrower_id, n;
  IF NOT known THEN
    RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = format('there is no borrower %s', borrower_id),
      DETAIL = format('Neither a row of %s.borrower nor a decision has that number.', s), HINT = 'Give the borrower_id.';
  END IF;
  EXECUTE format('SELECT count(*) FROM %s.account a WHERE a.borrower_id = $1 AND a.status <> ''closed''', s) INTO lines USING borrower_id;
  IF lines > 0 THEN
    RAISE EXCEPTION USING ERRCODE = 'object_in_use', MESSAGE = format('borrower %s has open accounts', borrower_id),
      DETAIL = format('There are %s.', lines), HINT = 'Close them first.';
  END IF;
  EXECUTE format('INSERT INTO %s.erasure (borrower_id, erased_on, reason) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', s)
    USING borrower_id, erased_on, reason;
  EXECUTE format('DELETE FROM %1$s.decision_evidence e USING %1$s.decision d
    WHERE d.borrower_id = $1 AND e.decision_id = d.decision_id AND e.as_of = d.as_of', s) USING borrower_id;
  GET DIAGNOSTICS n = ROW_COUNT;
  EXECUTE format('UPDATE %s.borrower b SET segment = NULL, income = NULL, obligations = NULL, external_score = NULL, external_pd = NULL,
    erased_on = $2 WHERE b.borrower_id = $1', s) USING borrower_id, erased_on;
  EXECUTE format('DELETE FROM %s.exclusion x WHERE x.borrower_id = $1', s) USING borrower_id;
  EXECUTE format('UPDATE %s.override_request q SET note = NULL WHERE q.borrower_id = $1 AND q.note IS NOT NULL', s) USING borrower_id;
  RETURN n;
END
$$;
COMMENT ON FUNCTION credit_limit.erase_borrower(text, bigint, date, text) IS
    'removes the inputs of all decisions on a borrower, what borrower knows of him, his exclusions and notes of overrides; the decisions stay and the log still verifies. Without the salt the hashes of the inputs tell nothing. Returns how many inputs were removed. Errors: open accounts (55006), no such borrower (P0002), NULL or an infinite day (22004), a transaction that is not READ COMMITTED (25000)';

CREATE FUNCTION credit_limit.retire_decisions(book text, before date, reason text) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  s text := credit_limit.book_schema(book);
  part record;
  n bigint;
  retired bigint := 0;
BEGIN
  -- A day that is not known lies after every partition, or before none: nothing may go by it.
  IF NOT coalesce(isfinite(before), false) OR reason IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'decisions are retired before a day and for a reason',
      DETAIL = format('The day is %s, the reason %s.', coalesce(before::text, 'NULL'), coalesce(quote_literal(reason), 'NULL')),
      HINT = 'Give the first day that is kept, and the reason.';
  END IF;
  PERFORM credit_limit.need_read_committed('a retirement');
  FOR part IN SELECT c.oid::regclass AS relation, regexp_replace(pg_get_expr(c.relpartbound, c.oid), '^.* TO \(''(.*)''\)$', '\1') AS ends,
        regexp_replace(c.relname, '^decision_', 'decision_evidence_') AS evidence
      FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = to_regclass(s || '.decision') AND c.relname <> 'decision_rest' ORDER BY 2 LOOP
    -- A partition without an end, made by hand, stays.
    CONTINUE WHEN CASE WHEN part.ends ~ '^[0-9]' THEN part.ends::date > before ELSE true END;
    -- Nobody may continue a lane in a stretch that goes.
    EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', part.relation);
    EXECUTE format('INSERT INTO %1$s.retirement (lane, first_place, last_place, previous_hash, hash, reason)
      SELECT lane, min(place), max(place), (array_agg(previous_hash ORDER BY place))[1], (array_agg(hash ORDER BY place DESC))[1], $1
      FROM (SELECT decision_id %% 64 AS lane, decision_id / 64 AS place, previous_hash, hash,
          decision_id / 64 - row_number() OVER (PARTITION BY decision_id %% 64 ORDER BY decision_id) AS island FROM %2$s) d
      GROUP BY lane, island', s, part.relation) USING reason;
    EXECUTE format('SELECT count(*) FROM %s', part.relation) INTO n;
    retired := retired + n;
    EXECUTE format('DROP TABLE %s', part.relation);
    IF to_regclass(s || '.' || quote_ident(part.evidence)) IS NOT NULL THEN
      EXECUTE format('DROP TABLE %s.%I', s, part.evidence);
    END IF;
  END LOOP;
  RETURN retired;
END
$$;
COMMENT ON FUNCTION credit_limit.retire_decisions(text, date, text) IS
    'drops the monthly partitions of decisions and their inputs that lie before a day, and keeps in retirement what joins the log on both sides; returns how many decisions went. Months without a partition of their own stay. Errors: NULL or an infinite day (22023), a transaction that is not READ COMMITTED (25000)';

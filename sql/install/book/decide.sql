-- Decisions of a book in sets: one statement scores, decides, explains, hashes and writes a whole chunk of borrowers.

-- Inputs with the number of their version, score and PD: what the policy sees, and what is kept as evidence.
CREATE FUNCTION credit_limit.scored_sql(book text, filter text) RETURNS text
LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN replace(replace($q$
    SELECT i.*, w.version_no,
      CASE WHEN w.scorecard_id IS NULL THEN i.external_score ELSE credit_limit.score(w.card, i) END AS score,
      CASE WHEN w.scorecard_id IS NULL THEN i.external_pd ELSE credit_limit.score_pd(w.card, i) END AS pd
    FROM (SELECT i.* FROM @book@.decision_input($1) i WHERE @filter@ OFFSET 0) i
    JOIN version w ON w.product = i.product
      AND (w.arm IS NULL OR w.arm = credit_limit.assign_arm(w.experiment, i.borrower_id::text, w.arms, w.shares))
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
  layout text;
BEGIN
  EXECUTE format('SELECT credit_limit.row_layout(s) FROM (SELECT i.*, 0 AS version_no, 0::float8 AS score, 0::float8 AS pd
    FROM (SELECT 1) one LEFT JOIN LATERAL (SELECT * FROM %s.decision_input($1) LIMIT 0) i ON true) s', credit_limit.book_schema(book))
    INTO layout USING as_of;
  RETURN layout;
END
$$;
COMMENT ON FUNCTION credit_limit.input_layout(text, date) IS 'row_layout() of what a policy of the book sees';

CREATE FUNCTION credit_limit.layout_number(book text, layout text) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  s text := credit_limit.book_schema(book);
  number int;
BEGIN
  LOOP
    EXECUTE format('SELECT layout FROM %s.evidence_layout WHERE columns = $1', s) INTO number USING layout;
    IF number IS NOT NULL THEN
      RETURN number;
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
      v.policy_id, v.scorecard_id, v.experiment, v.arm, v.policy_digest, v.card_digest, @evidence@
      credit_limit.decide_limit(v.policy, s, $1) AS d
    FROM (@scored@) s JOIN version v ON v.version_no = s.version_no
    OFFSET 0
  $q$, '@scored@', credit_limit.scored_sql(book, filter));
END
$$;
COMMENT ON FUNCTION credit_limit.decided_sql(text, text) IS
    'SQL of the decisions d on the accounts of a book as of $1; @evidence@ in it stands for further columns. filter is SQL over i';

-- Parameters: $1 as_of, $2 lowest and $3 highest borrower or $14 the borrowers, $4 place among the lines of a partitioned
-- umbrella, $5 run, $6 source, $7 lane, $8 place and $9 hash where the lane ends, $10 number and $11 text of the layout of the
-- inputs, $12 whether limits are moved, $13 layout of a decision.
CREATE FUNCTION credit_limit.write_sql(book text, version text, filter text) RETURNS text
LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN replace(replace(replace(replace($q$
    WITH version AS MATERIALIZED (@version@),
    decided AS MATERIALIZED (
      SELECT 64 * ($8 + g.place) + $7 AS decision_id, g.*, (g.link).previous_hash, (g.link).hash
      FROM (SELECT n.*, row_number() OVER w AS place,
          credit_limit.chain_link($9, credit_limit.canonical_row((SELECT c FROM (SELECT @content@) c), $13)) OVER w AS link
        FROM (SELECT $5 AS run_id, $6 AS source,
            t.account_id, t.borrower_id, t.product, $1 AS as_of, t.policy_id, t.scorecard_id, t.experiment, t.arm, t.score, t.pd,
            (t.d).action, (t.d).old_limit, (t.d).new_limit, (t.d).available, (t.d).entitlement, (t.d).risk_cap, (t.d).product_cap,
            (t.d).affordability_cap, (t.d).umbrella_cap, (t.d).regulatory_cap, (t.d).target, (t.d).binding, (t.d).reasons, (t.d).proposed,
            (t.d).action = 'FREEZE' OR ((t.d).action = 'REFER' AND (t.d).available = 0 AND coalesce(credit_limit.available_credit(
              (t.d).new_limit, t.balance, t.pending, t.umbrella_limit, t.umbrella_drawn) > 0, false)) AS frozen,
            sha256(t.salt || convert_to(t.inputs, 'UTF8')) AS input_hash, t.policy_digest, t.card_digest, t.salt, t.inputs
          FROM (@decided@) t OFFSET 0) n WINDOW w AS (ORDER BY n.account_id)) g),
    evidence AS (INSERT INTO @book@.decision_evidence (decision_id, as_of, salt, layout, inputs)
      SELECT decision_id, as_of, salt, $10, inputs FROM decided),
    moved AS (UPDATE @book@.account a SET credit_limit = d.new_limit, frozen = d.frozen,
        last_limit_change = CASE WHEN d.new_limit <> a.credit_limit THEN d.as_of ELSE a.last_limit_change END
      FROM decided d WHERE $12 AND a.account_id = d.account_id AND d.new_limit IS NOT NULL
        AND (d.new_limit <> a.credit_limit OR d.frozen <> a.frozen)
      RETURNING 1),
    written AS (INSERT INTO @book@.decision (decision_id, run_id, source, account_id, borrower_id, product, as_of, policy_id,
        scorecard_id, experiment, arm, score, pd, action, old_limit, new_limit, available, entitlement, risk_cap, product_cap,
        affordability_cap, umbrella_cap, regulatory_cap, target, binding, reasons, proposed, frozen, input_hash, previous_hash, hash)
      SELECT decision_id, run_id, source, account_id, borrower_id, product, as_of, policy_id,
        scorecard_id, experiment, arm, score, pd, action, old_limit, new_limit, available, entitlement, risk_cap, product_cap,
        affordability_cap, umbrella_cap, regulatory_cap, target, binding, reasons, proposed, frozen, input_hash, previous_hash, hash
      FROM decided)
    SELECT count(*), (SELECT count(*) FROM moved), (SELECT hash FROM decided ORDER BY decision_id DESC LIMIT 1) FROM decided
  $q$, '@version@', version),
    '@content@', credit_limit.decision_content('n', 'n.policy_digest', 'n.card_digest')),
    '@decided@', replace(credit_limit.decided_sql(book, filter || ' AND i.umbrella_place = $4'), '@evidence@',
      'credit_limit.canonical_row(s, $11) AS inputs, uuid_send(gen_random_uuid()) AS salt,')),
    '@book@', credit_limit.book_schema(book));
END
$$;
COMMENT ON FUNCTION credit_limit.write_sql(text, text, text) IS
    'SQL that decides on the accounts of some borrowers and writes decisions, evidence and limits; version is SQL of the versions that decide';

-- Locks borrowers, decides on all their open accounts, and continues a lane that is free. Lines of a partitioned umbrella are
-- decided one after the other, so that each sees what the one before was granted.
CREATE FUNCTION credit_limit.decide_borrowers(book text, as_of date, run_id bigint, lowest bigint, highest bigint, borrowers bigint[],
    source text, move boolean, layout text, OUT decisions bigint, OUT moves bigint)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  s text := credit_limit.book_schema(book);
  layout_no int := credit_limit.layout_number(book, layout);
  filter text := CASE WHEN borrowers IS NULL THEN 'i.borrower_id BETWEEN $2 AND $3' ELSE 'i.borrower_id = ANY ($14)' END;
  statement text;
  lane int;
  place bigint;
  last_hash bytea;
  new_hash bytea;
  n bigint;
  m bigint;
  most int;
BEGIN
  decisions := 0;
  moves := 0;
  -- In the order of their numbers, as everybody does who locks borrowers of a book.
  EXECUTE format('SELECT count(*) FROM (SELECT FROM %s.borrower i WHERE %s ORDER BY i.borrower_id FOR NO KEY UPDATE) l', s,
    CASE WHEN borrowers IS NULL THEN 'i.borrower_id BETWEEN $1 AND $2' ELSE 'i.borrower_id = ANY ($3)' END)
    INTO n USING lowest, highest, borrowers;
  EXECUTE format('SELECT coalesce(max(p.n), 0) FROM (SELECT count(*) - 1 AS n FROM %1$s.account i JOIN %1$s.umbrella u
    ON u.umbrella_id = i.umbrella_id WHERE u.kind = ''partitioned'' AND i.status = ''open'' AND %2$s GROUP BY u.umbrella_id) p', s,
    CASE WHEN borrowers IS NULL THEN 'i.borrower_id BETWEEN $1 AND $2' ELSE 'i.borrower_id = ANY ($3)' END)
    INTO most USING lowest, highest, borrowers;
  -- A lane that nobody continues; when all are taken, one is waited for.
  EXECUTE format('SELECT l.lane, l.place, l.hash FROM %s.log_lane l ORDER BY l.lane LIMIT 1 FOR UPDATE SKIP LOCKED', s)
    INTO lane, place, last_hash;
  IF lane IS NULL THEN
    EXECUTE format('SELECT l.lane, l.place, l.hash FROM %s.log_lane l WHERE l.lane = pg_backend_pid() %% 64 FOR UPDATE', s)
      INTO lane, place, last_hash;
  END IF;
  statement := credit_limit.write_sql(book, CASE WHEN run_id IS NULL THEN credit_limit.version_sql(book)
    ELSE credit_limit.run_version_sql(book) END, filter);
  FOR turn IN 0 .. most LOOP
    EXECUTE statement INTO n, m, new_hash USING as_of, lowest, highest, turn, run_id, source, lane, place, last_hash, layout_no,
      layout, move, credit_limit.decision_layout(), borrowers;
    decisions := decisions + n;
    moves := moves + m;
    place := place + n;
    last_hash := coalesce(new_hash, last_hash);
  END LOOP;
  IF decisions > 0 THEN
    EXECUTE format('UPDATE %s.log_lane SET place = $2, hash = $3 WHERE lane = $1', s) USING lane, place, last_hash;
  END IF;
END
$$;
COMMENT ON FUNCTION credit_limit.decide_borrowers(text, date, bigint, bigint, bigint, bigint[], text, boolean, text) IS
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
    credit_limit.version_sql(book), replace(credit_limit.decided_sql(book, 'true'), '@evidence@', '')) USING as_of;
END
$$;
COMMENT ON FUNCTION credit_limit.preview_decisions(text, date) IS
    'what a run as of the day would decide now, account by account, without writing anything. Lines of a partitioned umbrella are seen as they are, not as the run would leave the line before. Errors: a product without an approved version (55000)';

-- Decisions made again from what was kept of them: replay_decision, replay_decisions, explain_decision.

-- select list that makes the row again of canonical_row() in $1, a jsonb
CREATE FUNCTION credit_limit_internal.evidence_columns(layout text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
  SELECT string_agg(CASE c.item ->> 1
      WHEN 'text[]' THEN format('CASE jsonb_typeof($1 -> %1$s) WHEN ''array''
        THEN ARRAY(SELECT jsonb_array_elements_text($1 -> %1$s)) ELSE ($1 ->> %1$s)::text[] END AS %2$I', c.n - 1, c.item ->> 0)
      ELSE format('($1 ->> %s)::%s AS %I', c.n - 1, c.item ->> 1, c.item ->> 0) END, ', ' ORDER BY c.n)
  FROM jsonb_array_elements(layout::jsonb) WITH ORDINALITY c(item, n)
  WHERE c.item ->> 1 IN ('numeric', 'bigint', 'integer', 'double precision', 'boolean', 'text', 'date', 'smallint', 'real',
    'uuid', 'timestamp with time zone', 'timestamp without time zone', 'bytea', 'text[]',
    'credit_limit.demand')
$$;

-- Inputs are rows of a stored layout, so the statements that read them are made here: one for many decisions.

-- what a decision is when it is made again, and what it is not the same in
CREATE TYPE credit_limit_internal.replay AS (decision_id bigint, same boolean, score float8,
    decision credit_limit.limit_decision, differences text[]);

-- the columns in which two decisions differ
CREATE FUNCTION credit_limit_internal.decision_differences(now credit_limit.limit_decision, was credit_limit.limit_decision)
RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  -- As they print: 100 and 100.00 are not the same here.
  SELECT coalesce(array_agg(n.key ORDER BY n.place), '{}')
  FROM json_each_text(row_to_json(now)) WITH ORDINALITY n(key, value, place)
    JOIN json_each_text(row_to_json(was)) w ON w.key = n.key
  WHERE n.value IS DISTINCT FROM w.value
$$;

-- in an open book: decides again on what has inputs of a layout, of decisions by number and day. An error is a difference
CREATE FUNCTION credit_limit_internal.replay(layout bigint, lowest bigint, highest bigint, from_day date, to_day date)
RETURNS SETOF credit_limit_internal.replay
LANGUAGE plpgsql STABLE ROWS 10000
AS $$
DECLARE
  columns text := (SELECT y.columns FROM evidence_layout y WHERE y.layout = replay.layout);
  written text := (SELECT string_agg(format('d.%I', a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
    WHERE a.attrelid = 'credit_limit.limit_decision'::regclass AND a.attnum > 0);
  answers credit_limit_internal.replay[];
  wrong text;
  middle CONSTANT bigint := lowest + (highest - lowest) / 2;
BEGIN
  BEGIN
    EXECUTE format($q$
      WITH policy AS MATERIALIZED (SELECT p.policy_id, p.document FROM policy_version p WHERE p.status <> 'draft'),
        card AS MATERIALIZED (SELECT c.scorecard_id, c.document FROM scorecard_version c WHERE c.status <> 'draft'),
        allocation AS MATERIALIZED (SELECT a.allocation_id, credit_limit_internal.allocation_terms(a.allocation_id) AS terms
          FROM allocation_version a WHERE a.status <> 'draft'
            AND EXISTS (SELECT FROM allocation_account r WHERE r.allocation_id = a.allocation_id))
      SELECT array_agg(ROW(a.decision_id, a.differences = '{}', a.score, a.now, a.differences)::credit_limit_internal.replay)
      FROM (SELECT t.decision_id, t.score, t.now, array_remove(ARRAY[CASE WHEN t.sound IS NOT TRUE THEN 'inputs' END,
            CASE WHEN t.policy IS NULL THEN 'policy' END,
            CASE WHEN t.terms IS NULL AND t.allocation_id IS NOT NULL THEN 'allocation' END,
            CASE WHEN t.card IS NULL AND t.has_card THEN 'scorecard' END,
            CASE WHEN t.score IS DISTINCT FROM t.was_score OR t.read_score IS DISTINCT FROM t.was_score THEN 'score' END,
            CASE WHEN t.read_pd IS DISTINCT FROM t.was_pd OR t.was_pd IS DISTINCT FROM CASE WHEN t.card IS NULL
              THEN t.external_pd ELSE credit_limit.score_pd(t.card, t.score) END THEN 'pd' END,
            CASE WHEN t.frozen <> ((t.now).action = 'FREEZE') AND NOT ((t.now).action = 'REFER'
              AND (t.now).available IS NOT DISTINCT FROM 0) THEN 'frozen' END], NULL)
          || CASE WHEN t.now *= t.was THEN '{}' ELSE credit_limit_internal.decision_differences(t.now, t.was) END AS differences
        FROM (SELECT s.*, CASE WHEN s.allocation_id IS NULL THEN credit_limit.decide_limit(s.policy, s.inputs, s.as_of)
            ELSE credit_limit_internal.decide_allocated(s.policy, s.inputs, s.as_of, s.account_id, s.terms) END AS now
          FROM (SELECT d.decision_id, d.account_id, d.as_of, ROW(%1$s)::credit_limit.limit_decision AS was, d.score AS was_score,
              d.pd AS was_pd, d.frozen, d.scorecard_id IS NOT NULL AS has_card, p.document AS policy, c.document AS card,
              (r.*)::record AS inputs, %2$s AS allocation_id, o.terms,
              r.score AS read_score, r.pd AS read_pd, r.external_pd, d.input_hash = sha256(e.salt || $1 || e.bytes)
                AND (r.account_id, r.borrower_id, r.product) = (d.account_id, d.borrower_id, d.product) AS sound,
              CASE WHEN c.document IS NULL THEN r.external_score ELSE credit_limit.score(c.document, r.*) END AS score
            FROM (SELECT e.decision_id, e.as_of, e.salt, e.inputs::jsonb AS j, convert_to(e.inputs, 'UTF8') AS bytes
              FROM decision_evidence e WHERE e.layout = $2 AND e.decision_id BETWEEN $3 AND $4 AND e.as_of BETWEEN $5 AND $6
              OFFSET 0) e
            JOIN decision d ON d.decision_id = e.decision_id AND d.as_of = e.as_of AND d.policy_id IS NOT NULL
              AND d.decision_id BETWEEN $3 AND $4 AND d.as_of BETWEEN $5 AND $6
            LEFT JOIN policy p ON p.policy_id = d.policy_id LEFT JOIN card c ON c.scorecard_id = d.scorecard_id
            CROSS JOIN LATERAL (SELECT %3$s OFFSET 0) r
            LEFT JOIN allocation o ON o.allocation_id = %2$s OFFSET 0) s OFFSET 0) t) a$q$,
      written, CASE WHEN columns::jsonb @> '[["allocation_id", "integer"]]' THEN 'r.allocation_id' ELSE 'NULL::int' END,
      replace(credit_limit_internal.evidence_columns(columns), '$1', 'e.j'))	-- a row of a stored layout
      INTO answers USING sha256(convert_to(columns, 'UTF8')), layout, lowest, highest, from_day, to_day;
  EXCEPTION
    WHEN transaction_rollback OR insufficient_resources OR operator_intervention OR system_error OR internal_error THEN
      RAISE;
    WHEN OTHERS THEN
      wrong := SQLERRM;
  END;
  IF wrong IS NULL THEN
    RETURN QUERY SELECT * FROM unnest(answers);
  ELSIF lowest < highest THEN
    -- Halves, down to the row that nobody can decide on.
    RETURN QUERY SELECT * FROM credit_limit_internal.replay(layout, lowest, middle, from_day, to_day);
    RETURN QUERY SELECT * FROM credit_limit_internal.replay(layout, middle + 1, highest, from_day, to_day);
  ELSE
    RETURN QUERY SELECT d.decision_id, false, NULL::float8, NULL::credit_limit.limit_decision, array_remove(ARRAY[CASE WHEN
        credit_limit.input_hash(e.salt, columns, e.inputs) <> d.input_hash THEN 'inputs' END, wrong], NULL)
      FROM decision d JOIN decision_evidence e ON e.decision_id = d.decision_id AND e.as_of = d.as_of
      WHERE d.decision_id = lowest AND d.as_of BETWEEN from_day AND to_day AND e.layout = replay.layout
        AND d.policy_id IS NOT NULL;
  END IF;
END
$$;

-- replay_decision() of all decisions as of some days, the last one too, a row each in no order. same is NULL where nothing can be
-- decided again: inputs that were erased, and decisions of persons by a request that was approved; differences says which.
-- Errors: a day that is NULL or infinite (22023), rows of the book that row-level security hides (42501)
CREATE FUNCTION credit_limit.replay_decisions(book text, from_day date, to_day date)
RETURNS TABLE (decision_id bigint, same boolean, differences text[])
LANGUAGE plpgsql STABLE ROWS 100000 SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  batch record;
BEGIN
  PERFORM credit_limit_internal.need_day('a replay', from_day);
  PERFORM credit_limit_internal.need_day('a replay', to_day);
  PERFORM credit_limit_internal.open_book(book);
  PERFORM credit_limit_internal.need_every_row('a replay');
  FOR batch IN SELECT w.layout, min(w.decision_id) AS lowest, max(w.decision_id) AS highest
      FROM (SELECT e.layout, e.decision_id, row_number() OVER (PARTITION BY e.layout ORDER BY e.decision_id) / 10000 AS n
        FROM decision_evidence e WHERE e.as_of BETWEEN from_day AND to_day) w GROUP BY w.layout, w.n LOOP
    RETURN QUERY SELECT r.decision_id, r.same, r.differences
      FROM credit_limit_internal.replay(batch.layout, batch.lowest, batch.highest, from_day, to_day) r;
  END LOOP;
  -- A person's decision has nothing to decide it by but his request, nor has one whose inputs were erased.
  RETURN QUERY SELECT d.decision_id, CASE WHEN NOT CASE d.source WHEN 'override' THEN q.approved
      ELSE credit_limit_internal.is_erased(d.borrower_id, d.decided_at) END THEN false END,
    ARRAY[CASE WHEN d.source = 'override' THEN CASE WHEN q.approved THEN 'made by a person' ELSE 'no request' END
      WHEN d.policy_id IS NULL THEN 'policy' ELSE 'no inputs' END]
  FROM decision d LEFT JOIN decision_evidence e ON e.decision_id = d.decision_id AND e.as_of = d.as_of,
    LATERAL (SELECT EXISTS (SELECT FROM override_request r WHERE r.override_id = d.decision_id AND r.status = 'applied'
      AND r.account_id = d.account_id AND r.new_limit = d.new_limit) AS approved) q
  WHERE d.as_of BETWEEN from_day AND to_day AND (d.policy_id IS NULL OR e.layout IS NULL);
END
$$;

-- in an open book: a decision with its inputs and versions. Errors: there is none (P0002)
CREATE FUNCTION credit_limit_internal.decision_versions(book text, decision_id bigint) RETURNS record
LANGUAGE plpgsql STABLE
AS $$
DECLARE
  written record;
  retired record;
BEGIN
  SELECT d.*, e.layout, e.inputs, y.columns, p.name AS policy_name, p.version AS policy_version, p.document AS policy,
    c.name AS card_name, c.version AS card_version, c.document AS card INTO written
  FROM decision d LEFT JOIN policy_version p ON p.policy_id = d.policy_id
    LEFT JOIN scorecard_version c ON c.scorecard_id = d.scorecard_id
    LEFT JOIN decision_evidence e ON e.decision_id = d.decision_id AND e.as_of = d.as_of
    LEFT JOIN evidence_layout y ON y.layout = e.layout
  WHERE d.decision_id = decision_versions.decision_id;
  IF NOT FOUND THEN
    SELECT r.month, r.archive INTO retired FROM retirement r, jsonb_array_elements(r.stretches) s
    WHERE (s ->> 0)::int = decision_versions.decision_id % 64
      AND decision_versions.decision_id / 64 BETWEEN (s ->> 1)::bigint AND (s ->> 2)::bigint;
    RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = format('there is no decision %s', decision_id),
      DETAIL = coalesce(format('It was retired with those of %s.', to_char(retired.month, 'YYYY-MM')), ''),
      HINT = CASE WHEN retired.archive IS NOT NULL THEN format('It was moved to %I.decision_%s.', retired.archive,
          to_char(retired.month, 'YYYY_MM')) ELSE format('Decisions are in %I.decision.', book) END;
  END IF;
  RETURN written;
END
$$;

-- decides again by the inputs, the policy and the scorecard that were kept. same: everything is as it was written; differences
-- names the columns that are not, "inputs" where these are not what was hashed or of another account, or the error that they
-- give. Errors: no such decision, inputs that were erased, a decision of a person (P0002). NULL gives NULL
CREATE FUNCTION credit_limit.replay_decision(book text, decision_id bigint, OUT same boolean, OUT score float8,
    OUT decision credit_limit.limit_decision, OUT differences text[])
LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  d record;
  again credit_limit_internal.replay;
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  d := credit_limit_internal.decision_versions(book, decision_id);
  IF d.inputs IS NULL OR d.policy_id IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = format('the inputs of decision %s are not there', decision_id),
      DETAIL = CASE WHEN d.policy_id IS NULL THEN 'It was made by a person.' ELSE 'They were erased.' END,
      HINT = 'verify_log() says whether they are rightly missing.';
  END IF;
  again := credit_limit_internal.replay(d.layout, d.decision_id, d.decision_id, d.as_of, d.as_of);
  same := again.same;
  score := again.score;
  decision := again.decision;
  differences := again.differences;
END
$$;

-- inputs by name, the points of the card, its factors that cost most, and the steps of the limit, by inputs that were kept; by
-- the target that an allocation chose, if one did
CREATE FUNCTION credit_limit_internal.explain(inputs text, layout text, card credit_limit.scorecard,
    policy credit_limit.limit_policy, as_of date, target numeric) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  answer jsonb;
  allocated CONSTANT boolean := (SELECT inputs::jsonb -> (c.n - 1)::int <> 'null' FROM jsonb_array_elements(layout::jsonb)
    WITH ORDINALITY c(item, n) WHERE c.item ->> 0 = 'allocation_id');
BEGIN
  IF inputs IS NULL THEN
    RETURN NULL;
  END IF;
  EXECUTE format('SELECT jsonb_build_object(''inputs'', to_jsonb(r.*), ''points'', (SELECT jsonb_agg(p.*) FROM
      credit_limit.score_points($2, r.*) p), ''factors'', credit_limit.reason_codes($2, r.*, 3), ''limit'',
      coalesce(credit_limit.explain_limit($3, r.*, $4, $5), credit_limit.explain_limit($3, r.*, $4))) FROM (SELECT %s) r',
      credit_limit_internal.evidence_columns(layout))
    INTO answer USING inputs::jsonb, card, policy, as_of, CASE WHEN allocated THEN target END;	-- a row of a stored layout
  RETURN answer;
END
$$;

-- why a decision is as it is: what was written, name and version of its policy and scorecard, its inputs by name, the points of
-- each characteristic, the factors that cost most, and every step of the limit (explain_limit). NULL stands for what was erased,
-- and for the points and steps of a decision of a person. NULL gives NULL. Errors: no such decision (P0002)
CREATE FUNCTION credit_limit.explain_decision(book text, decision_id bigint) RETURNS jsonb
LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  d record;
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  d := credit_limit_internal.decision_versions(book, decision_id);
  RETURN jsonb_build_object('decision_id', d.decision_id, 'account_id', d.account_id, 'borrower_id', d.borrower_id,
    'product', d.product, 'as_of', d.as_of, 'source', d.source, 'action', d.action, 'old_limit', d.old_limit,
    'new_limit', d.new_limit, 'reasons', d.reasons, 'score', d.score, 'pd', d.pd, 'experiment', d.experiment, 'arm', d.arm,
    'policy', CASE WHEN d.policy_id IS NOT NULL THEN
      jsonb_build_object('policy_id', d.policy_id, 'name', d.policy_name, 'version', d.policy_version) END,
    'scorecard', CASE WHEN d.scorecard_id IS NOT NULL THEN
      jsonb_build_object('scorecard_id', d.scorecard_id, 'name', d.card_name, 'version', d.card_version) END)
    || coalesce(credit_limit_internal.explain(d.inputs, d.columns, d.card, d.policy, d.as_of, d.target),
      '{"inputs": null, "points": null, "factors": null, "limit": null}');
END
$$;

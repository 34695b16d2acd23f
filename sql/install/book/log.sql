-- The decision log: it only grows, every decision carries the hash of the one before it in its lane, and what it was made of.
--
-- A chain must not make everybody wait for everybody: there are 64 of them (lanes), and a transaction continues one that is
-- free. decision_id = 64 place + lane, so the identifier says where a decision stands and a gap is a removal. What is hashed is
-- said in src/book/seal.c; the first previous_hash of a lane is the hash of its name, so the hashes cover lane and place too. The
-- inputs are personal, lie in decision_evidence, and may be erased.

-- ---- rows as text that is the same everywhere ----

-- names and types of the columns of a row, as a JSON array of [name, type] pairs in their order: what canonical_row() leaves out.
-- A NULL row gives NULL. Errors: a column of a type that has no canonical text (42804)
CREATE FUNCTION credit_limit.row_layout(r record) RETURNS text
    AS 'MODULE_PATHNAME', 'cl_row_layout' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;

-- row_layout() of the columns that have one of these names: what seal() keeps of inputs
CREATE FUNCTION credit_limit_internal.row_layout(r record, kept text[]) RETURNS text
    AS 'MODULE_PATHNAME', 'cl_row_layout' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;

-- the values of a row as a JSON array, byte for byte the same on every server and under every setting. layout must be
-- row_layout() of the row. Numbers print in full, double precision in the shortest decimal that reads back as the same double;
-- NaN and infinities, dates (YYYY-MM-DD), uuid and bytea (hexadecimal) are strings. NULL row or layout: NULL. Errors (42804):
-- another layout, a type without canonical text
CREATE FUNCTION credit_limit.canonical_row(r record, layout text) RETURNS text
    AS 'MODULE_PATHNAME', 'cl_canonical_row_text' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;

-- canonical_row() of the columns of these names, in this order; a column that is not there is left out
CREATE FUNCTION credit_limit_internal.canonical_columns(r record, kept text[]) RETURNS text
    AS 'MODULE_PATHNAME', 'cl_canonical_columns_text' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;

-- the number of a layout in evidence_layout: the first eight bytes of its SHA-256
CREATE FUNCTION credit_limit_internal.layout_number(layout text) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ('x'::text || left(encode(sha256(convert_to(layout, 'UTF8'::name)), 'hex'::text), 16))::bit(64)::bigint;

-- the hash of the inputs of a decision: SHA-256(salt || SHA-256(layout) || inputs), layout being evidence_layout.columns, text in
-- UTF-8. NULL gives NULL
CREATE FUNCTION credit_limit.input_hash(salt bytea, layout text, inputs text) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN sha256(salt || sha256(convert_to(layout, 'UTF8'::name)) || convert_to(inputs, 'UTF8'::name));

-- ---- the columns of a decision ----

-- What lies between decision_id and the three hashes is what the hash covers, in this order. A column is added here and in
-- decision_hash(); its value is that of the column of the same name in what decide() selects.

-- a row of the table decision; from action to proposed as in limit_decision
CREATE TYPE credit_limit_internal.log_entry AS (
    decision_id bigint,
    run_id bigint,
    source text,
    account_id bigint,
    borrower_id bigint,
    product text,
    as_of date,
    decided_at timestamptz,
    policy_id int,
    scorecard_id int,
    experiment text,
    arm text,
    arm_probability float8,
    score float8,
    pd float8,
    action text,
    old_limit numeric,
    new_limit numeric,
    available numeric,
    entitlement numeric,
    risk_cap numeric,
    product_cap numeric,
    affordability_cap numeric,
    umbrella_cap numeric,
    regulatory_cap numeric,
    target numeric,
    binding text,
    reasons text[],
    proposed numeric,
    frozen boolean,
    input_hash bytea,
    previous_hash bytea,
    hash bytea
);

-- a row of the table decision_evidence
CREATE TYPE credit_limit_internal.log_evidence AS (decision_id bigint, as_of date, salt bytea, layout bigint, inputs text);

-- a row of the table evidence_layout
CREATE TYPE credit_limit_internal.log_layout AS (layout bigint, columns text);

-- the hash before the first decision of a lane: SHA-256 of its name
CREATE FUNCTION credit_limit_internal.lane_origin(lane int) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN sha256(convert_to('credit_limit lane '::text || lane::text, 'UTF8'::name));

-- trigger of decision_evidence: an error (42501), except for what was decided on a borrower before he was erased
CREATE FUNCTION credit_limit_internal.keep_evidence() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM credit_limit_internal.open_book(TG_TABLE_SCHEMA::text);
  IF TG_OP = 'DELETE' AND EXISTS (SELECT FROM decision d WHERE d.decision_id = OLD.decision_id AND d.as_of = OLD.as_of
      AND credit_limit_internal.is_erased(d.borrower_id, d.decided_at)) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format('evidence of decision %s is kept', OLD.decision_id),
    DETAIL = format('%s of "%s.%s".', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME),
    HINT = 'credit_limit.erase_borrower() removes the personal inputs of a borrower, and says so in the table erasure.';
END
$$;

-- ---- acts ----

-- in an open book: the rows that log_act must hold, as the last act of their kind and id has them
CREATE FUNCTION credit_limit_internal.kept_rows() RETURNS TABLE (kind text, id bigint, content text)
LANGUAGE sql STABLE ROWS 100
AS $$
  -- Versions decide, and erasures and retirements take from the log by right: whoever could change or add one would change what
  -- the log says. So every row of theirs, as it was written, stands in log_act, a chain that log_end() covers: lane 64. Callers
  -- set bytea_output and the time zone.
  SELECT 'erasure', e.erasure_id, to_jsonb(e)::text FROM erasure e
  UNION ALL SELECT 'retirement', r.retirement_id, to_jsonb(r)::text FROM retirement r
  UNION ALL SELECT 'policy', v.policy_id, to_jsonb(c)::text FROM policy_version v, LATERAL (SELECT v.name, v.version, v.status,
    v.created_by, v.created_login, v.approved_by, v.retired_by, v.valid_from, v.valid_to, v.digest) c WHERE v.status <> 'draft'
  UNION ALL SELECT 'scorecard', v.scorecard_id, to_jsonb(c)::text FROM scorecard_version v, LATERAL (SELECT v.name, v.version,
    v.status, v.created_by, v.created_login, v.approved_by, v.retired_by, v.valid_from, v.valid_to, v.digest) c
    WHERE v.status <> 'draft'
  UNION ALL SELECT 'allocation', v.allocation_id, to_jsonb(c)::text FROM allocation_version v, LATERAL (SELECT v.name, v.version,
    v.as_of, v.products, v.options, v.status, v.created_by, v.created_login, v.approved_by, v.retired_by, v.valid_from,
    v.valid_to, v.digest) c WHERE v.status <> 'draft'
  UNION ALL SELECT 'release', r.release_id, to_jsonb(c)::text FROM release r, LATERAL (SELECT r.name, r.recipient, r.coalition,
    r.kind, r.epsilon, r.created_by, r.created_at, r.digest) c
  -- A new book has a budget of 0, and says nothing of it.
  UNION ALL SELECT 'budget', 0, jsonb_build_object('epsilon', b.epsilon)::text FROM release_budget b
    WHERE b.epsilon > 0 OR EXISTS (SELECT FROM log_act a WHERE a.kind = 'budget')
  UNION ALL SELECT 'order', o.order_id, to_jsonb(c)::text FROM group_order o, LATERAL (SELECT o.order_key, o.kind,
    o.content - '{rows,state}'::text[] AS content, o.digest, o.answer - 'rows' AS answer, o.received_by, o.received_at) c
    WHERE o.obeyed
$$;

-- the hash that a row of log_act should have
CREATE FUNCTION credit_limit_internal.act_hash(previous_hash bytea, kind text, id bigint, written_at timestamptz, login text,
    content text) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN sha256(previous_hash || convert_to(credit_limit_internal.canonical_columns(ROW (kind, id, written_at, login, content),
  '{f1, f2, f3, f4, f5}'::text[]), 'UTF8'::name));

-- part of the trigger write_act of a book: continues log_act with a row of kept_rows(), or with the content given
CREATE FUNCTION credit_limit_internal.write_act(book text, kind text, id bigint, content text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET bytea_output = hex SET timezone = 'UTC'
AS $$
DECLARE
  lane record;
  act text;
  written_at timestamptz;
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  act := coalesce(write_act.content, (SELECT k.content FROM credit_limit_internal.kept_rows() k
    WHERE k.kind = write_act.kind AND k.id = write_act.id));
  SELECT l.place, l.hash INTO lane FROM log_lane l WHERE l.lane = 64 FOR UPDATE;
  written_at := clock_timestamp();
  INSERT INTO log_act VALUES (lane.place + 1, write_act.kind, write_act.id, written_at, session_user, act, lane.hash,
    credit_limit_internal.act_hash(lane.hash, write_act.kind, write_act.id, written_at, session_user, act));
  UPDATE log_lane l SET place = a.place, hash = a.hash FROM log_act a WHERE l.lane = 64 AND a.place = lane.place + 1;
END
$$;

-- trigger of log_lane: an error (42501) where anybody but write_act(), which has the owner's rights, moves the end of log_act
CREATE FUNCTION credit_limit_internal.keep_acts() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT (SELECT pg_has_role(c.relowner, 'USAGE') FROM pg_class c WHERE c.oid = TG_RELID) THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'lane 64 ends where log_act does',
      DETAIL = format('UPDATE of "%s.%s".', TG_TABLE_SCHEMA, TG_TABLE_NAME),
      HINT = 'A trigger writes log_act, and moves its end.';
  END IF;
  RETURN NEW;
END
$$;

-- in an open book: whether a borrower was erased after something was decided on him
CREATE FUNCTION credit_limit_internal.is_erased(borrower_id bigint, decided_at timestamptz) RETURNS boolean
LANGUAGE sql STABLE
AS $$
  SELECT EXISTS (SELECT FROM erasure e JOIN log_act a ON a.kind = 'erasure' AND a.id = e.erasure_id
    WHERE e.borrower_id = is_erased.borrower_id AND a.written_at >= is_erased.decided_at)
$$;

-- ---- writing ----

-- where a lane of a log ends: place and hash of its last decision
CREATE TYPE credit_limit_internal.lane_end AS (lane int, place bigint, hash bytea);

-- in an open book: the end of a lane of the log, locked until the transaction ends. Nothing else in the transaction decides on
-- the book until write_decisions() has continued it. Errors: something does (55006)
CREATE FUNCTION credit_limit_internal.take_lane() RETURNS credit_limit_internal.lane_end
LANGUAGE plpgsql
AS $$
  -- A lane is continued from its end, which is read when it is locked. What decides within a decision (a trigger on the log, a
  -- decision_input of the lender) would continue it at the same place: its own transaction does not skip the lock. A rollback,
  -- also to a savepoint, brings back the setting that tells.
DECLARE
  taken credit_limit_internal.lane_end;
  writing text := current_setting('credit_limit.writing', true);
BEGIN
  IF writing = current_setting('search_path') THEN
    RAISE EXCEPTION USING ERRCODE = 'object_in_use', MESSAGE = 'decisions of the book are being written already',
      DETAIL = 'decision_input(), or a trigger on the log, decides while it is read or written.',
      HINT = 'Let the event come after the transaction of the decisions that caused it.';
  END IF;
  writing := set_config('credit_limit.writing', current_setting('search_path'), true);
  -- A lane that nobody continues; when all are taken, one is waited for.
  SELECT l.lane, l.place, l.hash INTO taken FROM log_lane l WHERE l.lane < 64 ORDER BY l.lane LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    SELECT l.lane, l.place, l.hash INTO taken FROM log_lane l WHERE l.lane = pg_backend_pid() % 64 FOR UPDATE;
  END IF;
  IF taken.hash IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = 'the log has no lane to continue',
      DETAIL = 'The table log_lane lacks rows, or the role does not see them.',
      HINT = 'It holds the lanes that create_book() made.';
  END IF;
  RETURN taken;
END
$$;

-- rows for the log, what the limits of their accounts are to be, and where the lane ends with them
CREATE TYPE credit_limit_internal.sealed AS (decisions credit_limit_internal.log_entry[],
    evidence credit_limit_internal.log_evidence[], layouts credit_limit_internal.log_layout[], accounts bigint[],
    limits numeric[], frozen boolean[], place bigint, hash bytea);

-- the next decisions of a cursor, at most so many, as the continuation of a lane that ends at place with previous_hash, and of
-- rows that end with previous_account (NULL: none). The cursor gives the columns of log_entry but decision_id and the hashes, by
-- name, as columns or as fields of a column decision; besides inputs (a row), policy_digest, scorecard_digest, and kept (text[]),
-- the names of the inputs to keep, if not all. Errors: a cursor that does not (34000, 42P11), an account without a version that
-- decides (55000) or twice in a row (21000), no end of a lane (22023), no account, product, day or inputs (22004)
CREATE FUNCTION credit_limit_internal.seal(rows refcursor, most int, lane int, place bigint, previous_hash bytea,
    previous_account bigint) RETURNS credit_limit_internal.sealed
    AS 'MODULE_PATHNAME', 'cl_seal' LANGUAGE C VOLATILE COST 10000;

-- in an open book: writes the decisions of a cursor, and closes it, to decision and decision_evidence as the continuation of a
-- lane that was taken. Returns how many they are, where the lane ends now, the latest day in all lanes, and what the limits of
-- their accounts are to be.
-- Errors: those of seal(); no right to insert (42501)
CREATE FUNCTION credit_limit_internal.write_decisions(lane credit_limit_internal.lane_end, rows refcursor, OUT decisions bigint,
    OUT ends credit_limit_internal.lane_end, OUT latest date, OUT accounts bigint[], OUT limits numeric[], OUT frozen boolean[])
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
  most CONSTANT int := 200;	-- at once: more would not stay in the caches of the processor
  sealed credit_limit_internal.sealed;
  day date;
BEGIN
  decisions := 0;
  ends := lane;
  accounts := '{}';
  LOOP
    sealed := credit_limit_internal.seal(rows, most, ends.lane, ends.place, ends.hash, accounts[cardinality(accounts)]);
    EXIT WHEN sealed.place = ends.place;
    WITH layout AS (INSERT INTO evidence_layout SELECT l.* FROM unnest(sealed.layouts) l ON CONFLICT DO NOTHING),
      evidence AS (INSERT INTO decision_evidence SELECT e.* FROM unnest(sealed.evidence) e)
    INSERT INTO decision SELECT d.* FROM unnest(sealed.decisions) d;
    decisions := decisions + sealed.place - ends.place;
    day := (sealed.decisions[1]).as_of;
    ends.place := sealed.place;
    ends.hash := sealed.hash;
    accounts := accounts || sealed.accounts;
    limits := limits || sealed.limits;
    frozen := frozen || sealed.frozen;
    EXIT WHEN cardinality(sealed.accounts) < most;
  END LOOP;
  CLOSE rows;
  UPDATE log_lane l SET place = (write_decisions.ends).place, hash = (write_decisions.ends).hash,
    latest = greatest(l.latest, day)
  WHERE l.lane = (write_decisions.ends).lane AND decisions > 0
  RETURNING (SELECT max(o.latest) FROM log_lane o) INTO latest;
  PERFORM set_config('credit_limit.writing', '', true);
END
$$;

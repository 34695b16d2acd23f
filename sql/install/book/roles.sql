-- Who may do what in a book. Functions of the extension run with the rights of whoever calls them, so the rights on the tables of
-- the book decide, and nothing is granted to PUBLIC. The one exception is real time: see realtime.sql.

CREATE PROCEDURE credit_limit.create_book_rights(book text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $create$
DECLARE
  f record;
BEGIN
  CALL credit_limit.create_book_table(book, 'analyst_segment', $$
    CREATE TABLE @book@.analyst_segment (
      role_name text NOT NULL,
      segment text NOT NULL,
      PRIMARY KEY (role_name, segment));
    COMMENT ON TABLE @book@.analyst_segment IS 'the segments that a restricted analyst sees: credit_limit.restrict_analyst()'
  $$);
  -- decision_input, and in PostgreSQL 14 the functions inside of reports.
  FOR f IN SELECT p.oid::regprocedure AS name FROM pg_proc p WHERE p.pronamespace = to_regnamespace(quote_ident(book))
      AND (p.proname IN ('decision_input', 'standard_input') OR p.proname LIKE 'report\_%') AND pg_has_role(p.proowner, 'USAGE') LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f.name);
  END LOOP;
END
$create$;
COMMENT ON PROCEDURE credit_limit.create_book_rights(text) IS 'part of create_book: segments of analysts, and nothing for PUBLIC';

-- Rights of the kinds of roles. "reader" is what all but the loader have. Locking a row takes the right to update some column of it:
-- borrower_id of borrower and umbrella_id of umbrella are columns that a foreign key keeps as they are while an account uses them.
CREATE FUNCTION credit_limit.book_rights() RETURNS TABLE (kind text, relation text, privilege text, columns text[])
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 100 SET search_path = pg_catalog, pg_temp
AS $$
  SELECT v.kind, r.relation, btrim(p.privilege), string_to_array(v.columns, ' ')
  FROM (VALUES
    ('reader', 'product account account_month account_feature umbrella limit_adjustment exclusion business_day experiment experiment_arm reason_text policy scorecard run run_version decision evidence_layout log_lane erasure retirement alert_rule alert alert_run analyst_segment job job_run report_assumption report_refresh report_position lender_contact', 'SELECT', NULL),
    ('analyst', 'borrower', 'SELECT', 'borrower_id segment erased_on'),
    ('analyst', 'run_chunk', 'SELECT', 'run_id chunk lowest highest borrowers status decisions moves ended_at sqlstate'),
    ('policy_owner', 'borrower run_chunk', 'SELECT', NULL),
    ('policy_owner', 'policy scorecard', 'INSERT', 'name version document created_by'),
    ('policy_owner', 'policy scorecard', 'UPDATE', 'document'),
    ('policy_owner', 'policy scorecard', 'DELETE', NULL),
    ('policy_owner', 'alert_rule report_assumption', 'INSERT, UPDATE, DELETE', NULL),
    ('approver', 'borrower run_chunk', 'SELECT', NULL),
    ('approver', 'policy scorecard', 'UPDATE', 'status approved_by valid_from valid_to retired_by'),
    ('reviewer', 'borrower run_chunk override_request', 'SELECT', NULL),
    ('reviewer', 'override_request', 'INSERT', 'decision_id new_limit reason note'),
    ('reviewer', 'override_request', 'UPDATE', 'status'),
    ('engine', 'borrower run_chunk decision_evidence override_request', 'SELECT', NULL),
    ('engine', 'override_request', 'UPDATE', 'status override_id message'),
    ('engine', 'decision decision_evidence evidence_layout run_version', 'INSERT', NULL),
    ('engine', 'log_lane', 'UPDATE', 'place hash'),
    ('engine', 'run run_chunk alert alert_run job_run', 'INSERT, UPDATE', NULL),
    ('engine', 'alert_state', 'SELECT, INSERT, UPDATE, DELETE', NULL),
    ('engine', 'report_position', 'INSERT, DELETE', NULL),
    ('engine', 'report_refresh', 'UPDATE', 'as_of latest_month'),
    ('engine', 'job', 'UPDATE', 'schedule as_of scheduled_by'),
    ('engine', 'business_day', 'UPDATE', 'business_date'),
    ('engine', 'account', 'UPDATE', 'credit_limit last_limit_change frozen'),
    ('engine', 'borrower', 'UPDATE', 'borrower_id'),
    ('engine', 'umbrella', 'UPDATE', 'umbrella_id'),
    ('loader', 'product borrower account account_month account_feature umbrella limit_adjustment exclusion business_day', 'SELECT', NULL),
    ('loader', 'account_month account_feature exclusion', 'INSERT, UPDATE, DELETE', NULL),
    ('loader', 'borrower', 'INSERT', 'borrower_id segment income obligations external_score external_pd'),
    ('loader', 'borrower', 'UPDATE', 'segment income obligations external_score external_pd'),
    ('loader', 'account', 'INSERT', 'account_id borrower_id product currency umbrella_id status opened_on balance pending'),
    ('loader', 'account', 'UPDATE', 'status balance pending'),
    ('loader', 'umbrella', 'UPDATE', 'umbrella_id')) v(kind, relations, privileges, columns),
    LATERAL regexp_split_to_table(v.relations, ' ') r(relation), LATERAL regexp_split_to_table(v.privileges, ',') p(privilege)
$$;
COMMENT ON FUNCTION credit_limit.book_rights() IS
    'what grant_book() grants to which kind of role: privileges on a relation of the book, or on some columns of it. The rights of reader are those of all but the loader too';

CREATE FUNCTION credit_limit.book_owner(book text) RETURNS oid
LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  owner oid := (SELECT relowner FROM pg_class WHERE oid = to_regclass(credit_limit.book_schema(book) || '.decision'));
BEGIN
  IF NOT pg_has_role(owner, 'USAGE') THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format('book "%s" is not yours', book),
      DETAIL = format('It belongs to "%s".', pg_get_userbyid(owner)), HINT = 'Its owner grants and revokes.';
  END IF;
  RETURN owner;
END
$$;
COMMENT ON FUNCTION credit_limit.book_owner(text) IS 'the role that owns a book. Errors: the current role has not its rights (42501)';

CREATE FUNCTION credit_limit.check_role(role_name text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM FROM pg_roles r WHERE r.rolname = role_name;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_object', MESSAGE = format('there is no role "%s"', role_name),
      DETAIL = 'A book grants to roles of the server.', HINT = format('CREATE ROLE %I makes one.', coalesce(role_name, 'analysts'));
  END IF;
END
$$;
COMMENT ON FUNCTION credit_limit.check_role(text) IS 'an error (42704) when there is no such role';

CREATE FUNCTION credit_limit.grant_kind(book text, kind text, role_name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  s text := credit_limit.book_schema(book);
  restricted boolean := EXISTS (SELECT FROM pg_policy o JOIN pg_class c ON c.oid = o.polrelid
    WHERE c.relnamespace = to_regnamespace(s) AND o.polname = 'segments of ' || role_name);
  g record;
BEGIN
  IF restricted AND kind <> 'analyst' THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('role "%s" sees some segments only', role_name),
      DETAIL = format('As %s it would work on a part of the book.', kind), HINT = 'Give an analyst a role of his own, or lift the restriction: credit_limit.restrict_analyst(book, role, NULL).';
  END IF;
  EXECUTE format('GRANT USAGE ON SCHEMA %s TO %I', s, role_name);
  FOR g IN SELECT n.name FROM unnest(ARRAY['credit_limit', 'credit_limit_internal']) n(name) WHERE NOT has_schema_privilege(role_name, n.name, 'USAGE') LOOP
    IF NOT has_schema_privilege(g.name, 'USAGE WITH GRANT OPTION') THEN
      RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format('role "%s" may not use schema %s', role_name, g.name),
        DETAIL = 'Only the owner of the extension can grant that.',
        HINT = format('GRANT USAGE ON SCHEMA credit_limit, credit_limit_internal TO %I;', role_name);
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', g.name, role_name);
  END LOOP;
  -- Of a lender's own relations some columns may be missing.
  FOR g IN SELECT b.relation, b.privilege, b.columns, (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
          WHERE a.attrelid = c.oid AND a.attname = ANY (b.columns) AND NOT a.attisdropped) AS present
      FROM credit_limit.book_rights() b JOIN pg_class c ON c.oid = to_regclass(s || '.' || quote_ident(b.relation))
      WHERE (b.kind = kind OR (b.kind = 'reader' AND kind <> 'loader')) AND NOT (restricted AND b.relation = 'run_chunk')
      -- Views show what their owner sees, reports what the reader does.
      UNION ALL SELECT c.relname, 'SELECT', NULL, NULL FROM pg_class c
      WHERE c.relnamespace = to_regnamespace(s) AND c.relkind IN ('v', 'm') AND kind <> 'loader'
        AND (NOT restricted OR credit_limit.is_report(c.oid))
        AND c.relname NOT IN (SELECT t.relation FROM credit_limit.book_contract() t) LOOP
    CONTINUE WHEN g.columns IS NOT NULL AND g.present IS NULL;
    EXECUTE format('GRANT %s%s ON %s.%I TO %I', g.privilege, ' (' || g.present || ')', s, g.relation, role_name);
  END LOOP;
  -- standard_input is what create_book made, where the lender's own decision_input reads it.
  FOR g IN SELECT p.oid::regprocedure AS name FROM pg_proc p WHERE p.pronamespace = to_regnamespace(s)
      AND ((p.proname IN ('decision_input', 'standard_input') AND kind IN ('policy_owner', 'approver', 'engine', 'reviewer'))
        OR (p.proname LIKE 'report\_%' AND kind <> 'loader')) LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', g.name, role_name);
  END LOOP;
END
$$;
COMMENT ON FUNCTION credit_limit.grant_kind(text, text, text) IS 'part of grant_book(): the rights of one kind to one role';

CREATE PROCEDURE credit_limit.grant_book(book text, analyst text DEFAULT NULL, policy_owner text DEFAULT NULL, approver text DEFAULT NULL,
    engine text DEFAULT NULL, loader text DEFAULT NULL, reviewer text DEFAULT NULL)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  g record;
BEGIN
  PERFORM credit_limit.book_owner(book);
  IF policy_owner = approver THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'who drafts does not approve',
      DETAIL = format('policy_owner and approver are both "%s".', approver), HINT = 'Give two roles.';
  END IF;
  FOR g IN SELECT v.kind, v.role_name FROM (VALUES ('analyst', analyst), ('policy_owner', policy_owner), ('approver', approver),
      ('engine', engine), ('loader', loader), ('reviewer', reviewer)) v(kind, role_name) WHERE v.role_name IS NOT NULL LOOP
    PERFORM credit_limit.check_role(g.role_name);
    PERFORM credit_limit.grant_kind(book, g.kind, g.role_name);
  END LOOP;
END
$$;
COMMENT ON PROCEDURE credit_limit.grant_book(text, text, text, text, text, text, text) IS
    'grants the rights of a kind to a role that exists, for each kind that is not NULL. analyst reads all but personal inputs (income, obligations and external scores of borrower; decision_evidence). policy_owner drafts and simulates, and sets rules of alerts. approver approves and retires versions. engine runs run_decisions, run_alerts, run_job and sets the business date: only it writes decisions. loader writes borrowers, months, features, exclusions and balances, never limits. reviewer proposes and approves overrides. Grant again after a view or table was added. Errors: no such role (42704), one role as policy_owner and approver, a restricted analyst as anything else (22023), a book of somebody else (42501)';

CREATE PROCEDURE credit_limit.revoke_book(book text, role_name text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  s text := credit_limit.book_schema(book);
  owner text := pg_get_userbyid(credit_limit.book_owner(book));
BEGIN
  PERFORM credit_limit.check_role(role_name);
  -- Foreign keys are checked with the owner's rights: without them nobody could write.
  IF role_name = owner THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('role "%s" owns book "%s"', role_name, book),
      DETAIL = 'A book does not work without the rights of its owner.', HINT = 'Revoke from a role that they were granted to.';
  END IF;
  PERFORM credit_limit.lift_restriction(book, role_name);
  EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %s FROM %I', s, role_name);
  EXECUTE format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA %s FROM %I', s, role_name);
  EXECUTE format('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA %s FROM %I', s, role_name);
  EXECUTE format('REVOKE ALL ON SCHEMA %s FROM %I', s, role_name);
END
$$;
COMMENT ON PROCEDURE credit_limit.revoke_book(text, text) IS
    'takes from a role whatever it was granted in a book, and its restriction to segments. What it has through another role stays. Errors: no such role (42704), the owner of the book (22023), a book of somebody else (42501)';

-- Segments. A restrictive policy for each restricted analyst: nobody else pays for it, and the engine sees every row.

CREATE FUNCTION credit_limit.segment_tables() RETURNS TABLE (relation text, condition text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 10 SET search_path = pg_catalog, pg_temp
AS $$
  SELECT r.relation, c.condition
  FROM (VALUES
    ('borrower', 'segment IN (SELECT s.segment FROM @book@.analyst_segment s WHERE s.role_name = @role@)'),
    ('account umbrella exclusion decision override_request', 'borrower_id IN (SELECT b.borrower_id FROM @book@.borrower b)'),
    ('account_month account_feature limit_adjustment report_position', 'account_id IN (SELECT a.account_id FROM @book@.account a)'),
    ('alert', 'borrower_id IN (SELECT b.borrower_id FROM @book@.borrower b) OR segment IN (SELECT s.segment FROM @book@.analyst_segment s WHERE s.role_name = @role@)'))
    c(relations, condition), LATERAL regexp_split_to_table(c.relations, ' ') r(relation)
$$;
COMMENT ON FUNCTION credit_limit.segment_tables() IS
    'the tables of which a restricted analyst sees some rows, and which: policies of the tables named in them hold there too';

CREATE FUNCTION credit_limit.lift_restriction(book text, role_name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  s text := credit_limit.book_schema(book);
  p record;
BEGIN
  FOR p IN SELECT o.polname, o.polrelid::regclass AS relation FROM pg_policy o JOIN pg_class c ON c.oid = o.polrelid
      JOIN credit_limit.segment_tables() t ON t.relation = c.relname
      WHERE c.relnamespace = to_regnamespace(s) AND o.polname = 'segments of ' || lift_restriction.role_name LOOP
    EXECUTE format('DROP POLICY %I ON %s', p.polname, p.relation);
  END LOOP;
  EXECUTE format('DELETE FROM %s.analyst_segment a WHERE a.role_name = $1', s) USING role_name;
END
$$;
COMMENT ON FUNCTION credit_limit.lift_restriction(text, text) IS 'part of restrict_analyst() and revoke_book(): drops the policies and segments of a role';

CREATE PROCEDURE credit_limit.restrict_analyst(book text, role_name text, segments text[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  s text := credit_limit.book_schema(book);
  t record;
BEGIN
  PERFORM credit_limit.book_owner(book);
  PERFORM credit_limit.check_role(role_name);
  PERFORM credit_limit.lift_restriction(book, role_name);
  IF segments IS NULL THEN
    PERFORM credit_limit.grant_kind(book, 'analyst', role_name);
    RETURN;
  END IF;
  IF length('segments of ' || role_name) > 63 OR array_position(segments, NULL) IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'this restriction cannot be made',
      DETAIL = CASE WHEN array_position(segments, NULL) IS NULL THEN 'The name of the role is too long.' ELSE 'A segment is NULL.' END,
      HINT = 'Give a role with a name of at most 51 characters, and the segments that it sees.';
  END IF;
  IF has_any_column_privilege(role_name, s || '.decision', 'INSERT') OR has_any_column_privilege(role_name, s || '.decision_evidence', 'SELECT') THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('role "%s" is more than an analyst', role_name),
      DETAIL = 'It writes decisions or reads their inputs: it would decide on a part of the book only.', HINT = 'Give an analyst a role of his own.';
  END IF;
  EXECUTE format('INSERT INTO %s.analyst_segment (role_name, segment) SELECT $1, u FROM (SELECT DISTINCT unnest($2)) u(u)', s)
    USING role_name, segments;
  FOR t IN SELECT f.relation, f.condition, c.relkind, c.relrowsecurity FROM credit_limit.segment_tables() f
      JOIN pg_class c ON c.oid = to_regclass(s || '.' || quote_ident(f.relation)) LOOP
    IF t.relkind NOT IN ('r', 'p') THEN
      RAISE EXCEPTION USING ERRCODE = 'wrong_object_type', MESSAGE = format('rows of "%s.%s" cannot be restricted', book, t.relation),
        DETAIL = 'It is not a table.', HINT = 'Let the view show what current_user may see.';
    END IF;
    -- Where rows are restricted already, by policies of the lender's own, these go on top of them.
    IF NOT t.relrowsecurity THEN
      EXECUTE format('CREATE POLICY every_row ON %s.%I USING (true) WITH CHECK (true)', s, t.relation);
      EXECUTE format('ALTER TABLE %s.%I ENABLE ROW LEVEL SECURITY', s, t.relation);
    END IF;
    EXECUTE format('CREATE POLICY %I ON %s.%I AS RESTRICTIVE FOR SELECT TO %I USING (%s)', 'segments of ' || role_name, s, t.relation,
      role_name, replace(replace(t.condition, '@book@', s), '@role@', quote_literal(role_name)));
  END LOOP;
  -- A view shows what its owner sees, whoever asks: unless it is made to ask as he who reads it, it is not for this role.
  FOR t IN SELECT c.oid, c.relname FROM pg_class c WHERE c.relnamespace = to_regnamespace(s)
      AND c.relkind IN ('r', 'p', 'v', 'm') AND (c.relkind IN ('v', 'm') OR c.relispartition OR c.relname IN ('run_chunk', 'alert_state'))
      AND NOT credit_limit.is_report(c.oid) ORDER BY c.relname LOOP
    EXECUTE format('REVOKE ALL ON %s.%I FROM %I', s, t.relname, role_name);
    IF has_any_column_privilege(role_name, t.oid, 'SELECT') THEN
      RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('role "%s" sees every segment in "%s.%s"', role_name, book, t.relname),
        DETAIL = 'It has that right through another role, or through PUBLIC.', HINT = 'Grant the book to the role itself, and not to a role that it is a member of.';
    END IF;
  END LOOP;
END
$$;
COMMENT ON PROCEDURE credit_limit.restrict_analyst(text, text, text[]) IS
    'lets an analyst see only borrowers of some segments, and their accounts, months, decisions and alerts: row-level security, which the owner and all other roles do not notice. Views that show what their owner sees, and partitions, are taken from the role. From then on COPY FROM into these tables needs BYPASSRLS, as PostgreSQL wants it for all roles but the owner. NULL segments lift it; an empty array shows nothing. Errors: no such role (42704), a role that writes decisions or has a view through another role (22023), a relation that is no table (42809), a book of somebody else (42501)';

-- Who may do what in a book. Functions of the extension run with the rights of whoever calls them, so the rights on the tables of
-- the book decide, and nothing is granted to PUBLIC. The exceptions are the trigger functions of the book: see create_guards().

-- part of create_book and add_months: takes what default privileges gave on a new table
CREATE FUNCTION credit_limit_internal.close_relation(relation regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  g record;
BEGIN
  FOR g IN SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS role_name
      FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = relation AND a.grantee <> c.relowner LOOP
    EXECUTE format('REVOKE ALL ON %s FROM %s', relation, g.role_name);	-- rights
  END LOOP;
END
$$;

-- part of create_book and grant_book: takes the functions of a book from PUBLIC
CREATE FUNCTION credit_limit_internal.hide_functions(book text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
  -- A lender may have brought a decision_input of his own, and a restore without privileges leaves functions to everybody.
DECLARE
  f record;
BEGIN
  FOR f IN SELECT p.oid::regprocedure AS name FROM pg_proc p WHERE p.pronamespace = to_regnamespace(quote_ident(book))
      AND p.proname ~
        '^((decision|standard)_input(_at)?|keep_umbrella|renew_versions|write_act|work_case|mark_months|decide_changed|obey_order'
        '|keep_settled)$' LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f.name);	-- rights
  END LOOP;
END
$$;

-- what grant_book() grants to which kind of role: privileges on a relation of the book, or on some columns of it. The rights of
-- reader are those of all but the loader and bi too
CREATE FUNCTION credit_limit_internal.book_rights() RETURNS TABLE (kind text, relation text, privilege text, columns text[])
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 100 SET search_path = pg_catalog, pg_temp
AS $$
  -- Rights of the kinds of roles. "reader" is what all but the loader have. Locking a row takes the right to update some column
  -- of it: borrower_id of borrower is one that a trigger keeps as it is, only_row and one_row can be true only. Who draws sees as
  -- of which day an account was decided.
  SELECT v.kind, r.relation, btrim(p.privilege), string_to_array(v.columns, ' ')
  FROM (VALUES
    ('reader', 'product account account_month account_feature umbrella limit_adjustment exclusion business_day experiment '
      'experiment_arm reason_text policy_version scorecard_version run run_version decision evidence_layout log_lane log_act '
      'erasure retirement alert_rule alert_setting alert alert_case analyst_segment job report_assumption report_refresh '
      'report_position report_month report_cohort report_figure lender_contact '
      'demand_model_version demand_forecast limit_rule allocation_version allocation_account '
      'allocation_frontier allocation_rule parameter_set group_membership group_move',
      'SELECT', NULL),
    ('reader', 'group_order', 'SELECT', 'order_id order_key kind digest obeyed received_by received_at'),
    ('committee', 'group_order report_change', 'SELECT', NULL),
    ('committee', 'group_order', 'INSERT', NULL),
    ('committee', 'borrower', 'SELECT', 'borrower_id segment erased_on'),
    ('reader', 'alert_case_act', 'SELECT', 'act_id case_id act outcome until borrower_id done_by done_login done_at'),
    ('analyst', 'borrower', 'SELECT', 'borrower_id segment erased_on'),
    ('analyst', 'run_chunk', 'SELECT', 'run_id chunk lowest highest borrowers status decisions moves ended_at sqlstate'),
    ('policy_owner', 'borrower run_chunk', 'SELECT', NULL),
    ('policy_owner', 'policy_version scorecard_version', 'INSERT', 'name document'),
    ('policy_owner', 'policy_version scorecard_version', 'UPDATE', 'document'),
    ('policy_owner', 'policy_version scorecard_version allocation_version', 'DELETE', NULL),
    ('reader', 'release', 'SELECT', 'release_id name recipient coalition kind released epsilon created_by created_at digest'),
    ('reader', 'release_budget', 'SELECT', NULL),
    ('policy_owner', 'release', 'SELECT', NULL),
    ('policy_owner', 'release_budget', 'UPDATE', 'one_row'),
    ('policy_owner', 'release', 'INSERT', 'name recipient coalition kind options links cells released epsilon'),
    ('policy_owner', 'parameter_set', 'INSERT', 'name parameters source'),
    ('policy_owner', 'allocation_version', 'INSERT', 'name document as_of products options'),
    ('policy_owner', 'allocation_version', 'UPDATE', 'document'),
    ('policy_owner', 'allocation_account allocation_frontier allocation_rule', 'INSERT', NULL),
    ('policy_owner', 'allocation_account', 'UPDATE', 'choice chosen_by cross_fitted'),
    ('policy_owner', 'alert_rule report_assumption limit_rule', 'INSERT, UPDATE, DELETE', NULL),
    ('policy_owner', 'alert_setting', 'UPDATE', 'cases_a_month saved_of_drawn held_out notify'),
    ('approver', 'borrower run_chunk decision_evidence override_request group_order', 'SELECT', NULL),
    ('approver', 'policy_version scorecard_version allocation_version', 'UPDATE', 'status approved_digest valid_from valid_to'),
    ('reviewer', 'borrower run_chunk decision_evidence override_request alert_case_act group_order', 'SELECT', NULL),
    ('reviewer', 'override_request', 'INSERT', 'decision_id new_limit reason note'),
    ('reviewer', 'override_request', 'UPDATE', 'status'),
    ('reviewer', 'alert_case_act', 'INSERT', 'case_id act note outcome until'),
    ('engine', 'borrower run_chunk decision_evidence override_request group_order', 'SELECT', NULL),
    ('engine', 'override_request', 'UPDATE', 'status override_id message'),
    ('engine', 'decision decision_evidence evidence_layout run_version', 'INSERT', NULL),
    ('engine', 'run_version', 'DELETE', NULL),
    ('engine', 'log_lane', 'UPDATE', 'place hash latest'),
    ('engine', 'run run_chunk alert alert_case', 'INSERT, UPDATE', NULL),
    ('engine', 'alert_setting', 'UPDATE', 'only_row'),
    ('engine', 'account_feature', 'INSERT, UPDATE', NULL),
    ('engine', 'alert_state', 'SELECT, INSERT, UPDATE, DELETE', NULL),
    ('engine', 'report_position demand_model_version demand_forecast', 'INSERT, UPDATE, DELETE', NULL),
    ('engine', 'report_change report_first report_month report_cohort report_figure', 'SELECT, INSERT, UPDATE, DELETE', NULL),
    ('engine', 'report_refresh', 'UPDATE', 'as_of latest_month whole_month partitions'),
    ('engine', 'job', 'UPDATE', 'schedule expected_every as_of scheduled_by scheduled_at'),
    ('engine', 'business_day', 'UPDATE', 'business_date'),
    ('engine', 'account', 'UPDATE', 'credit_limit last_limit_change frozen'),
    ('engine', 'borrower', 'UPDATE', 'borrower_id'),
    ('loader', 'product borrower account account_month account_feature umbrella limit_adjustment exclusion business_day',
      'SELECT', NULL),
    ('loader', 'decision', 'SELECT', 'borrower_id account_id run_id as_of'),
    ('loader', 'run', 'SELECT', 'run_id move_limits'),
    ('loader', 'log_lane', 'SELECT', 'latest'),
    ('loader', 'account_month account_feature exclusion', 'INSERT, UPDATE, DELETE', NULL),
    ('loader', 'borrower', 'INSERT', 'borrower_id segment income obligations external_score external_pd'),
    ('loader', 'borrower', 'UPDATE', 'segment income obligations external_score external_pd'),
    ('loader', 'account', 'INSERT', 'account_id borrower_id product currency umbrella_id status opened_on balance pending'),
    ('loader', 'account', 'UPDATE', 'status balance pending')) v(kind, relations, privileges, columns),
    LATERAL unnest(string_to_array(v.relations, ' ')) r(relation), LATERAL unnest(string_to_array(v.privileges, ',')) p(privilege)
$$;

-- an error (42704) when there is no such role
CREATE FUNCTION credit_limit_internal.check_role(role_name text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM FROM pg_roles r WHERE r.rolname = role_name;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_object', MESSAGE = format('there is no role "%s"', role_name),
      DETAIL = 'A book grants to roles of the server.',
      HINT = format('CREATE ROLE %I makes one.', coalesce(role_name, 'analysts'));
  END IF;
END
$$;

-- whether a policy of a book restricts a role, or one that it has the rights of, to some rows
CREATE FUNCTION credit_limit_internal.is_restricted(book text, role_name text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  -- A policy also holds for roles that have the rights of another; a superuser, and who owns the book, see everything.
  SELECT EXISTS (SELECT FROM pg_policy o JOIN pg_class c ON c.oid = o.polrelid, unnest(o.polroles) r(role), pg_roles m
    WHERE c.relnamespace = to_regnamespace(quote_ident(book)) AND NOT o.polpermissive AND r.role <> 0 AND m.rolname = role_name
      AND pg_has_role(m.oid, r.role, 'USAGE') AND NOT (m.rolsuper OR m.rolbypassrls OR pg_has_role(m.oid, c.relowner, 'USAGE')))
$$;

-- whether a view shows its reader what his own rights show him
CREATE FUNCTION credit_limit_internal.is_invoker_view(relation oid) RETURNS boolean
LANGUAGE sql STABLE STRICT
RETURN EXISTS (SELECT FROM pg_class c WHERE c.oid = relation AND c.relkind = 'v'
  AND c.reloptions && ARRAY['security_invoker=true', 'security_invoker=on', 'security_invoker=1']);

-- in an open book: whether a table has row-level security that holds for the current role, or is a view: without asking more
-- than each event can pay for
CREATE FUNCTION credit_limit_internal.may_hide_rows() RETURNS boolean
    AS 'MODULE_PATHNAME', 'cl_may_hide_rows' LANGUAGE C STABLE;

-- in an open book: an error (42501) that names what was to be done, where row-level security may hide rows of the book, or of
-- tables under its views, from the current role
CREATE FUNCTION credit_limit_internal.need_every_row(what text) RETURNS void
LANGUAGE plpgsql STABLE
AS $$
DECLARE
  book CONSTANT oid := (SELECT d.relnamespace FROM pg_class d WHERE d.oid = to_regclass('decision'));
  me CONSTANT oid := quote_ident(current_user)::regrole;
  hidden record;
BEGIN
  -- Tables of the book, those under a lender's views, and those that functions of the book are seen to read. A view reads as its
  -- owner, unless it is made to read as he who asks.
  PERFORM FROM pg_class c WHERE c.relrowsecurity AND c.relname !~ '^report_(position|month|cohort|figure)$';
  IF NOT FOUND THEN
    RETURN;
  END IF;
  WITH RECURSIVE seen AS (
    SELECT c.oid, me AS reader FROM pg_class c
    WHERE (c.relnamespace = book AND NOT c.relispartition AND c.relname !~ '^report_(position|month|cohort|figure)$'
        AND (c.relkind <> 'v' OR c.relname IN (SELECT k.relation FROM credit_limit_internal.book_contract() k)))
      OR c.oid IN (SELECT d.refobjid FROM pg_proc f JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = f.oid
        AND d.refclassid = 'pg_class'::regclass WHERE f.pronamespace = book)
    UNION SELECT d.refobjid, CASE WHEN credit_limit_internal.is_invoker_view(v.oid) THEN me ELSE v.relowner END
    FROM seen s JOIN pg_class v ON v.oid = s.oid AND v.relkind = 'v' JOIN pg_rewrite w ON w.ev_class = v.oid
    JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass)
  SELECT format('%s.%I', c.relnamespace::regnamespace, c.relname) AS relation, m.rolname, p.restrictive INTO hidden
  FROM seen s JOIN pg_class c ON c.oid = s.oid AND c.relrowsecurity AND c.relkind IN ('r', 'p')
    JOIN pg_roles m ON m.oid = s.reader AND NOT m.rolsuper AND NOT m.rolbypassrls,
    (VALUES ('r', 'SELECT'), ('w', 'UPDATE')) v(command, privilege),
    LATERAL (SELECT bool_or(o.polpermissive AND o.qual = 'true') AS all_rows,
        min(o.polname) FILTER (WHERE NOT o.polpermissive AND o.qual <> 'true') AS restrictive
      FROM (SELECT w.*, pg_get_expr(w.polqual, w.polrelid) AS qual FROM pg_policy w WHERE w.polrelid = c.oid) o
      WHERE o.polcmd IN ('*', v.command)
        AND EXISTS (SELECT FROM unnest(o.polroles) r(role) WHERE r.role = 0 OR pg_has_role(m.oid, r.role, 'USAGE'))) p
  WHERE (c.relforcerowsecurity OR NOT pg_has_role(m.oid, c.relowner, 'USAGE'))
    AND has_any_column_privilege(m.oid, c.oid, v.privilege) AND (p.restrictive IS NOT NULL OR p.all_rows IS NOT TRUE)
  ORDER BY c.relname LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format('%s would see a part of the book', what),
      DETAIL = format('Row-level security may hide rows of %s from "%s"%s.', hidden.relation, hidden.rolname,
        ': policy ' || quote_ident(hidden.restrictive)),
      HINT = 'Use a role that is no member of a restricted one, and that a policy USING (true) shows every row.';
  END IF;
END
$$;

-- an error (42501) where the schema of a book's reports is not that of the book's owner alone: whoever reads them runs what is in
-- it. Nothing where there is no such schema
CREATE FUNCTION credit_limit_internal.need_own_reports(book text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  -- Looked up in the catalog, as who reads reports only may not use the schema of the book.
DECLARE
  owner CONSTANT oid := (SELECT c.relowner FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = book AND c.relname = 'decision');
  foreign_part text;
BEGIN
  IF owner IS NULL THEN
    PERFORM credit_limit_internal.open_book(book);	-- says why it is none
  END IF;
  foreign_part := (SELECT w FROM credit_limit_internal.foreign_parts(book || '_report', coalesce(owner, 0)) w LIMIT 1);
  IF foreign_part IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
      MESSAGE = format('schema "%s_report" is not that of the reports of the book', book), DETAIL = foreign_part,
      HINT = 'Drop what is of somebody else there; credit_limit.create_book_reports() makes the reports anew.';
  END IF;
END
$$;

-- part of grant_book(): the reports of a book, and the columns of its tables that they read
CREATE FUNCTION credit_limit_internal.grant_reports(book text, role_name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
  -- Who reads reports needs the columns that the views read: they look with his rights.
DECLARE
  reports oid := to_regnamespace(quote_ident(book || '_report'));
  g record;
BEGIN
  IF reports IS NULL THEN
    RETURN;
  END IF;
  PERFORM credit_limit_internal.need_own_reports(book);
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', book || '_report', role_name);	-- rights
  FOR g IN SELECT c.oid::regclass AS relation, NULL AS columns FROM pg_class c
      WHERE c.relnamespace = reports AND credit_limit_internal.is_invoker_view(c.oid)
    UNION ALL
      SELECT a.attrelid::regclass, string_agg(DISTINCT quote_ident(a.attname), ', ')
      FROM pg_class c JOIN pg_rewrite w ON w.ev_class = c.oid
      JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass
      JOIN pg_class t ON t.oid = d.refobjid AND t.relnamespace = to_regnamespace(quote_ident(book))
      JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid AND a.attnum > 0
      WHERE c.relnamespace = reports AND credit_limit_internal.is_invoker_view(c.oid) GROUP BY a.attrelid LOOP
    EXECUTE format('GRANT SELECT%s ON %s TO %I', ' (' || g.columns || ')', g.relation, role_name);	-- rights
  END LOOP;
END
$$;

-- the column of borrower that the engine may update, so that it can lock rows: borrower_id, which a trigger keeps as it is; of a
-- view, which has no such trigger, one that cannot be updated. NULL: the view has none
CREATE FUNCTION credit_limit_internal.lock_column(book text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
RETURN (SELECT a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE c.oid = to_regclass(format('%I.borrower', book)) AND CASE WHEN c.relkind IN ('r', 'p') THEN a.attname = 'borrower_id'
    ELSE NOT pg_column_is_updatable(c.oid, a.attnum, true) END ORDER BY a.attname <> 'borrower_id', a.attnum LIMIT 1);

-- part of grant_book(): the rights of one kind to one role
CREATE FUNCTION credit_limit_internal.grant_kind(book text, kind text, role_name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  restricted CONSTANT boolean := credit_limit_internal.is_restricted(book, role_name);
  schema text;
  g record;
BEGIN
  IF restricted AND kind NOT IN ('analyst', 'bi') THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('role "%s" sees some segments only', role_name),
      DETAIL = format('As %s it would work on a part of the book.', kind),
      HINT = 'Give an analyst a role of his own, or lift the restriction: credit_limit.restrict_analyst(book, role, NULL).';
  END IF;
  IF kind <> 'loader' THEN
    PERFORM credit_limit_internal.grant_reports(book, role_name);
  END IF;
  IF kind = 'bi' THEN
    RETURN;
  END IF;
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', book, role_name);	-- rights
  FOR schema IN SELECT n.nspname FROM pg_namespace n
      WHERE n.nspname IN ('credit_limit', 'credit_limit_internal') AND NOT has_schema_privilege(role_name, n.oid, 'USAGE') LOOP
    IF NOT has_schema_privilege(schema, 'USAGE WITH GRANT OPTION') THEN
      RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
        MESSAGE = format('role "%s" may not use schema %s', role_name, schema),
        DETAIL = 'Only the owner of the extension can grant that.',
        HINT = format('GRANT USAGE ON SCHEMA credit_limit, credit_limit_internal TO %I;', role_name);
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', schema, role_name);	-- rights
  END LOOP;
  -- Of a lender's own relations some columns may be missing.
  FOR g IN SELECT b.relation, b.privilege, b.columns, (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
          FROM pg_attribute a WHERE a.attrelid = c.oid AND NOT a.attisdropped AND a.attname = ANY (CASE
            WHEN b.columns = '{borrower_id}' AND b.privilege = 'UPDATE' AND b.relation = 'borrower'
              THEN ARRAY[coalesce(credit_limit_internal.lock_column(book), 'borrower_id')] ELSE b.columns END)) AS present
      FROM credit_limit_internal.book_rights() b JOIN pg_class c ON c.oid = to_regclass(format('%I.%I', book, b.relation))
      WHERE (b.kind = grant_kind.kind OR (b.kind = 'reader' AND grant_kind.kind <> 'loader'))
        AND NOT (restricted AND b.relation IN ('run_chunk', 'log_act'))
      -- Other views show what their owner sees.
      UNION ALL SELECT c.relname, 'SELECT', NULL, NULL FROM pg_class c
      WHERE c.relnamespace = to_regnamespace(quote_ident(book)) AND c.relkind IN ('v', 'm') AND grant_kind.kind <> 'loader'
        AND (NOT restricted OR credit_limit_internal.is_invoker_view(c.oid))
        AND c.relname NOT IN (SELECT t.relation FROM credit_limit_internal.book_contract() t) LOOP
    CONTINUE WHEN g.columns IS NOT NULL AND g.present IS NULL;
    EXECUTE format('GRANT %s%s ON %I.%I TO %I', g.privilege, ' (' || g.present || ')', book, g.relation, role_name);	-- rights
  END LOOP;
  -- standard_input is what create_book made, where the lender's own decision_input reads it.
  FOR g IN SELECT p.oid::regprocedure AS name FROM pg_proc p WHERE p.pronamespace = to_regnamespace(quote_ident(book))
      AND p.proname ~ '^(decision|standard)_input(_at)?$' AND kind IN ('policy_owner', 'approver', 'engine', 'reviewer') LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', g.name, role_name);	-- rights
  END LOOP;
END
$$;

-- grants the rights of kinds to roles that exist. analyst reads all but personal inputs (income, obligations, external scores,
-- decision_evidence), though entitlement divided by the multiple of the policy is an income. bi reads the reports, and nothing
-- else by name. policy_owner drafts and simulates, and sets rules of alerts and how many cases there may be. approver approves
-- and retires versions. engine runs decisions, alerts and jobs and sets the business date: only it writes decisions. loader
-- writes borrowers, months, features, exclusions and balances, never limits. reviewer proposes and approves overrides, and works
-- cases. committee is as whom a group of books works on this one: it reads what an analyst does, and gives orders, by which
-- versions come and borrowers leave. Grant again after a view or table was added. Errors: no such role (42704), one role as
-- policy_owner and approver, a restricted analyst as anything but a reader (22023), a book of somebody else (42501)
CREATE FUNCTION credit_limit.grant_book(book text, analyst text DEFAULT NULL, policy_owner text DEFAULT NULL,
    approver text DEFAULT NULL, engine text DEFAULT NULL, loader text DEFAULT NULL, reviewer text DEFAULT NULL,
    bi text DEFAULT NULL, committee text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  g record;
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  PERFORM credit_limit_internal.book_owner(book);
  IF policy_owner = approver THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'a role that drafts cannot approve',
      DETAIL = format('policy_owner and approver are both "%s".', approver), HINT = 'Give two roles.';
  END IF;
  FOR g IN SELECT v.kind, v.role_name FROM (VALUES ('analyst', analyst), ('policy_owner', policy_owner), ('approver', approver),
      ('engine', engine), ('loader', loader), ('reviewer', reviewer), ('bi', bi), ('committee', committee)) v(kind, role_name)
      WHERE v.role_name IS NOT NULL LOOP
    PERFORM credit_limit_internal.check_role(g.role_name);
    PERFORM credit_limit_internal.grant_kind(book, g.kind, g.role_name);
  END LOOP;
  PERFORM credit_limit_internal.hide_functions(book);
END
$$;

-- takes from a role whatever it was granted in a book, its restriction to segments and, where it has no other book, the use of
-- the extension that the owner of the book let it have. What it has through another role stays. A notice names what only the
-- owner can take. Errors: no such role (42704), the owner of the book (22023), a book of somebody else (42501)
CREATE FUNCTION credit_limit.revoke_book(book text, role_name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  owner text;
  schema text;
  g record;
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  owner := credit_limit_internal.book_owner(book);
  PERFORM credit_limit_internal.check_role(role_name);
  -- Foreign keys are checked with the owner's rights: without them nobody could write.
  IF role_name = owner THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('role "%s" owns book "%s"', role_name, book),
      DETAIL = 'A book does not work without the rights of its owner.', HINT = 'Revoke from a role that they were granted to.';
  END IF;
  PERFORM credit_limit_internal.lift_restriction(role_name);
  FOR schema IN SELECT n.nspname FROM pg_namespace n WHERE n.nspname IN (book, book || '_report') LOOP
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %1$I FROM %2$I; REVOKE ALL ON ALL SEQUENCES IN SCHEMA %1$I FROM %2$I;
      REVOKE ALL ON ALL FUNCTIONS IN SCHEMA %1$I FROM %2$I; REVOKE ALL ON SCHEMA %1$I FROM %2$I', schema, role_name);	-- rights
  END LOOP;
  -- DROP OWNED takes only what the owner of the extension granted, and a superuser revokes in his name.
  FOR g IN SELECT n.nspname, pg_has_role(n.nspowner, 'USAGE') AS for_extension FROM pg_namespace n, aclexplode(n.nspacl) a
      WHERE n.nspname IN ('credit_limit', 'credit_limit_internal') AND a.grantor = quote_ident(owner)::regrole
        AND a.grantor <> n.nspowner AND a.grantee = quote_ident(role_name)::regrole AND NOT a.is_grantable
        AND NOT EXISTS (SELECT FROM pg_class c JOIN pg_namespace o ON o.oid = c.relnamespace, aclexplode(o.nspacl) e
          WHERE c.relname IN ('decision', 'publication') AND o.nspname <> book AND e.grantee = a.grantee) ORDER BY 1 LOOP
    IF g.for_extension THEN
      RAISE NOTICE USING MESSAGE = format('role "%s" may use schema %s', role_name, g.nspname),
        DETAIL = format('That was granted by "%s".', owner), HINT = format('SET ROLE %I, and revoke again.', owner);
    ELSE
      EXECUTE format('REVOKE USAGE ON SCHEMA %I FROM %I', g.nspname, role_name);	-- rights
    END IF;
  END LOOP;
END
$$;

-- Segments. A restrictive policy for restricted analysts: nobody else pays for it, and the engine sees every row.

-- in an open book: the tables that name a borrower or an account, by which key, and those that count them, whose key is NULL; the
-- rows that a restricted analyst sees: policies of the tables named in the conditions hold there too
CREATE FUNCTION credit_limit_internal.segment_tables() RETURNS TABLE (relation regclass, key text, condition text)
LANGUAGE sql STABLE
AS $$
  SELECT c.oid::regclass, CASE WHEN n.names @> '{borrower_id}' THEN 'borrower_id'
      WHEN n.names @> '{account_id}' THEN 'account_id' END,
    replace(CASE WHEN c.relname IN ('borrower', 'report_month', 'report_cohort') THEN mine.segment
      WHEN n.names @> '{borrower_id,segment}' THEN mine.borrower || ' OR (borrower_id IS NULL AND ' || mine.segment || ')'
      WHEN n.names @> '{borrower_id}' THEN mine.borrower
      ELSE 'account_id IN (SELECT a.account_id FROM @book@.account a)' END, '@book@', c.relnamespace::regnamespace::text)
  FROM pg_class c, LATERAL (SELECT array_agg(a.attname::text) AS names FROM pg_attribute a
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) n,
    (VALUES ('segment IN (SELECT s.segment FROM @book@.analyst_segment s WHERE pg_has_role(s.role::oid, ''USAGE''))',
      'borrower_id IN (SELECT b.borrower_id FROM @book@.borrower b)')) mine(segment, borrower)
  WHERE c.relnamespace = (SELECT d.relnamespace FROM pg_class d WHERE d.oid = to_regclass('decision'))
    AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND (n.names && '{borrower_id,account_id}' OR c.relname IN ('report_month', 'report_cohort'))
$$;

-- in an open book: the roles that restrict_analyst() has restricted
CREATE FUNCTION credit_limit_internal.restricted_roles() RETURNS oid[]
LANGUAGE sql STABLE
AS $$
  SELECT coalesce(array_agg(DISTINCT r.role), '{}') FROM (SELECT a.role::oid FROM analyst_segment a
    UNION ALL SELECT unnest(o.polroles) FROM pg_policy o WHERE o.polname = 'segments'
      AND o.polrelid IN (SELECT f.relation FROM credit_limit_internal.segment_tables() f)) r(role)
  WHERE EXISTS (SELECT FROM pg_roles w WHERE w.oid = r.role)
$$;

-- in an open book: a role that is not restricted, reads what names borrowers, and that a role may become by SET ROLE
CREATE FUNCTION credit_limit_internal.other_role(role oid) RETURNS text
LANGUAGE sql STABLE
AS $$
  SELECT min(m.rolname) FROM pg_roles m WHERE pg_has_role(other_role.role, m.oid, 'MEMBER') AND m.oid <> other_role.role
    AND m.oid <> ALL (credit_limit_internal.restricted_roles())
    AND EXISTS (SELECT FROM credit_limit_internal.segment_tables() f WHERE has_any_column_privilege(m.oid, f.relation, 'SELECT'))
$$;

-- in an open book: the roles that see rows of their segments only, none but these
CREATE FUNCTION credit_limit_internal.restrict_roles(roles oid[]) RETURNS void
LANGUAGE plpgsql
AS $$
  -- One policy for all of them. Where rows are restricted already, by policies of the lender's own, it goes on top of them.
DECLARE
  t record;
BEGIN
  FOR t IN SELECT f.relation, f.condition, c.relrowsecurity,
        EXISTS (SELECT FROM pg_policy o WHERE o.polrelid = c.oid AND o.polname = 'segments') AS restricted,
        EXISTS (SELECT FROM pg_policy o WHERE o.polrelid = c.oid AND o.polname = 'every_row') AS shown
      FROM credit_limit_internal.segment_tables() f JOIN pg_class c ON c.oid = f.relation LOOP
    IF t.restricted THEN
      EXECUTE format('DROP POLICY segments ON %s', t.relation);	-- rights
    END IF;
    CONTINUE WHEN roles = '{}';
    IF NOT t.relrowsecurity THEN
      IF NOT t.shown THEN
        EXECUTE format('CREATE POLICY every_row ON %s USING (true) WITH CHECK (true)', t.relation);	-- rights
      END IF;
      EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t.relation);	-- rights
    END IF;
    EXECUTE format('CREATE POLICY segments ON %s AS RESTRICTIVE FOR SELECT TO %s USING (%s)', t.relation,
      (SELECT string_agg(r::regrole::text, ', ') FROM unnest(roles) r), t.condition);	-- rights
  END LOOP;
END
$$;

-- in an open book: shows a role every segment again
CREATE FUNCTION credit_limit_internal.lift_restriction(role_name text) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  id CONSTANT oid := quote_ident(role_name)::regrole;
BEGIN
  IF id = ANY (credit_limit_internal.restricted_roles()) THEN
    PERFORM credit_limit_internal.restrict_roles(array_remove(credit_limit_internal.restricted_roles(), id));
  END IF;
  -- Also of roles that are gone: another one may get their number.
  DELETE FROM analyst_segment a WHERE a.role = id OR NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = a.role);
END
$$;

-- lets an analyst see only borrowers of some segments, and what names them or their accounts in tables of the book, by row-level
-- security. Restrict again when you have added such tables. Views that show what their owner sees, and partitions, are taken from
-- the role. COPY FROM into these tables then needs BYPASSRLS, but for the owner. NULL segments lift it; an empty array shows
-- nothing. A notice names segments in which no borrower is. Errors: no such role (42704), a role that does more than read, has a
-- member that does, or may become one that sees more (22023), a relation that is no table (42809), a book of somebody else
-- (42501), somebody who uses a table for five seconds more (55P03)
CREATE FUNCTION credit_limit.restrict_analyst(book text, role_name text, segments text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s'
AS $$
DECLARE
  owner text;
  empty text;
  t record;
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  owner := credit_limit_internal.book_owner(book);
  PERFORM credit_limit_internal.check_role(role_name);
  IF segments IS NULL THEN
    PERFORM credit_limit_internal.lift_restriction(role_name);
    PERFORM credit_limit_internal.grant_kind(book,
      CASE WHEN has_schema_privilege(role_name, book, 'USAGE') THEN 'analyst' ELSE 'bi' END, role_name);
    RETURN;
  END IF;
  IF array_position(segments, NULL) IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'this restriction cannot be made',
      DETAIL = 'A segment is NULL.', HINT = 'Give the segments that the role sees.';
  END IF;
  SELECT c.relname INTO t FROM pg_class c JOIN credit_limit_internal.book_contract() k ON c.oid = to_regclass(k.relation)
  WHERE k.column_name IN ('borrower_id', 'account_id') AND c.relkind NOT IN ('r', 'p') ORDER BY c.relname LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'wrong_object_type',
      MESSAGE = format('rows of "%s.%s" cannot be restricted', book, t.relname),
      DETAIL = 'It is not a table.', HINT = 'Let the view show what current_user may see.';
  END IF;
  -- A policy holds for every role that has the rights of this one.
  SELECT m.rolname, b.privilege, b.relation INTO t
  FROM pg_roles m, credit_limit_internal.book_rights() b JOIN pg_class c ON c.oid = to_regclass(b.relation)
  WHERE pg_has_role(m.oid, quote_ident(role_name)::regrole, 'USAGE')
    AND (m.rolname = role_name OR NOT (m.rolsuper OR m.rolbypassrls OR pg_has_role(m.oid, owner, 'USAGE')))
    AND (b.privilege IN ('INSERT', 'UPDATE') OR b.relation IN ('decision_evidence', 'override_request'))
    AND has_any_column_privilege(m.oid, c.oid, b.privilege) ORDER BY m.rolname <> role_name, m.rolname, b.relation LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('role "%s" is more than an analyst', t.rolname),
      DETAIL = format('It has %s on "%s.%s": it would work on a part of the book only.', t.privilege, book, t.relation),
      HINT = 'Give an analyst a role of his own.';
  END IF;
  IF credit_limit_internal.other_role(quote_ident(role_name)::regrole) IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
      MESSAGE = format('role "%s" would see every segment', role_name),
      DETAIL = format('It is a member of "%s", and may become it.',
        credit_limit_internal.other_role(quote_ident(role_name)::regrole)),
      HINT = 'Grant the book to the role itself, and not to a role that it is a member of.';
  END IF;
  PERFORM credit_limit_internal.lift_restriction(role_name);
  INSERT INTO analyst_segment (role, segment)
  SELECT quote_ident(role_name)::regrole, u.segment FROM (SELECT DISTINCT unnest(segments)) u(segment);
  SELECT string_agg(DISTINCT u.segment, ', ') INTO empty FROM unnest(segments) u(segment)
  WHERE NOT EXISTS (SELECT FROM borrower b WHERE b.segment = u.segment);
  IF empty IS NOT NULL THEN
    RAISE NOTICE 'no borrower is in these segments: %', empty;
  END IF;
  PERFORM credit_limit_internal.restrict_roles(credit_limit_internal.restricted_roles() || quote_ident(role_name)::regrole::oid);
  -- The policies read it, also for a role that reads reports only.
  EXECUTE format('GRANT SELECT ON %I.analyst_segment TO %I', book, role_name);	-- rights
  -- A view shows what its owner sees, whoever asks: unless it is made to ask as he who reads it, it is not for this role.
  FOR t IN SELECT c.oid, n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname IN (book, book || '_report') AND c.relkind IN ('r', 'p', 'v', 'm')
      AND (c.relkind IN ('v', 'm') OR c.relispartition OR c.relname IN ('run_chunk', 'alert_state', 'log_act'))
      AND NOT credit_limit_internal.is_invoker_view(c.oid) ORDER BY c.relname LOOP
    EXECUTE format('REVOKE ALL ON %I.%I FROM %I', t.nspname, t.relname, role_name);	-- rights
    IF has_any_column_privilege(role_name, t.oid, 'SELECT') THEN
      RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
        MESSAGE = format('role "%s" sees every segment in "%s.%s"', role_name, t.nspname, t.relname),
        DETAIL = 'It has that right through another role, or through PUBLIC.',
        HINT = 'Grant the book to the role itself, and not to a role that it is a member of.';
    END IF;
  END LOOP;
END
$$;

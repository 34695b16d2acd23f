-- The guards of a book: triggers, constraints and rights that keep what hashes do not. create_book() writes what it has made to
-- log_act, so no list is kept by hand, and check_book() compares.

-- whether a relation of a book is a table, and not a view of the lender
CREATE FUNCTION credit_limit_internal.is_table(book text, relation text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN EXISTS (SELECT FROM pg_class c WHERE c.oid = to_regclass(format('%I.%I', book, relation)) AND c.relkind IN ('r', 'p'));

-- which columns of a relation name a row of another one, whose key has the same names
CREATE FUNCTION credit_limit_internal.book_keys() RETURNS TABLE (relation text, columns text, target text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
  VALUES ('umbrella', 'borrower_id', 'borrower'), ('account', 'borrower_id', 'borrower'),
    ('account', 'product, currency', 'product'), ('account', 'umbrella_id, borrower_id, currency', 'umbrella'),
    ('limit_adjustment', 'account_id', 'account'), ('account_month', 'account_id', 'account'),
    ('account_feature', 'account_id', 'account'), ('exclusion', 'borrower_id', 'borrower')
$$;

-- part of create_book: the trigger functions that run with the rights of the owner of the book, and triggers and foreign keys of
-- what are tables
CREATE FUNCTION credit_limit_internal.create_guards(book text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $create$
  -- Trigger functions that belong to the book run with the rights of its owner: a loader who closes an account has no right on
  -- umbrella, and whoever approves a version none on run_version. (Functions of the extension would run with the rights of its
  -- owner, who may be a superuser.) They take no argument, look nothing up outside pg_catalog, nobody else may use them, and they
  -- do nothing for a table that belongs to somebody else. None names the book, so that its schema may be renamed.
DECLARE
  k record;
  relation text;
BEGIN
  -- A view has no key to refer to, and check_book looks instead.
  FOR k IN SELECT * FROM credit_limit_internal.book_keys() b
      WHERE credit_limit_internal.is_table(book, b.relation) AND credit_limit_internal.is_table(book, b.target) LOOP
    BEGIN
      EXECUTE format('ALTER TABLE %1$I.%2$I ADD FOREIGN KEY (%3$s) REFERENCES %1$I.%4$I (%3$s)', book, k.relation, k.columns,
        k.target);	-- DDL
    EXCEPTION WHEN invalid_foreign_key OR datatype_mismatch OR undefined_column OR foreign_key_violation
        OR insufficient_privilege THEN
      RAISE WARNING 'no foreign key from %.% to %.%: %', book, k.relation, book, k.target, SQLERRM;
    END;
  END LOOP;
  FOREACH relation IN ARRAY ARRAY['decision', 'evidence_layout', 'log_act', 'erasure', 'retirement'] LOOP
    EXECUTE format('CREATE TRIGGER keep_all BEFORE UPDATE OR DELETE ON %I.%I
      FOR EACH ROW EXECUTE FUNCTION credit_limit_internal.refuse_change()', book, relation);	-- DDL
  END LOOP;
  FOREACH relation IN ARRAY ARRAY['decision', 'decision_rest', 'evidence_layout', 'decision_evidence', 'decision_evidence_rest',
      'log_lane', 'log_act', 'erasure', 'retirement', 'allocation_account', 'allocation_frontier', 'allocation_rule',
      'group_order'] LOOP
    EXECUTE format('CREATE TRIGGER keep_all_rows BEFORE TRUNCATE ON %I.%I
      EXECUTE FUNCTION credit_limit_internal.refuse_change()', book, relation);	-- DDL
  END LOOP;
  -- An allocation has as many rows as the book has accounts.
  FOREACH relation IN ARRAY ARRAY['allocation_account', 'allocation_frontier', 'allocation_rule'] LOOP
    FOR k IN SELECT * FROM (VALUES ('insert', 'NEW TABLE AS changed'), ('update', 'OLD TABLE AS changed NEW TABLE AS became'),
        ('delete', 'OLD TABLE AS changed')) v(event, tables) LOOP
      EXECUTE format('CREATE TRIGGER keep_allocation_%1$s AFTER %1$s ON %2$I.%3$I REFERENCING %4$s
        FOR EACH STATEMENT EXECUTE FUNCTION credit_limit_internal.keep_allocation()', k.event, book, relation, k.tables);	-- DDL
    END LOOP;
  END LOOP;
  EXECUTE replace($$
    CREATE FUNCTION @book@.keep_umbrella() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $body$
    DECLARE
      raised bigint[];
      changed bigint[];
    BEGIN
      IF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT n.umbrella_id) INTO raised FROM new_account n WHERE n.umbrella_id IS NOT NULL;
      ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT o.umbrella_id) INTO changed FROM old_account o WHERE o.umbrella_id IS NOT NULL;
      ELSE
        SELECT array_agg(DISTINCT n.umbrella_id) FILTER (WHERE n.status = 'open' AND (o.status <> 'open'
            OR n.credit_limit > o.credit_limit OR o.umbrella_id IS DISTINCT FROM n.umbrella_id)),
          array_agg(DISTINCT u.umbrella_id)
        INTO raised, changed
        FROM new_account n FULL JOIN old_account o ON o.account_id = n.account_id,
          LATERAL (VALUES (n.umbrella_id), (o.umbrella_id)) u(umbrella_id)
        WHERE u.umbrella_id IS NOT NULL AND (n.credit_limit, n.status, n.umbrella_id)
          IS DISTINCT FROM (o.credit_limit, o.status, o.umbrella_id);
      END IF;
      IF credit_limit_internal.has_moves(credit_limit_internal.trigger_book(TG_RELID)) THEN
        IF TG_OP = 'INSERT' THEN
          PERFORM credit_limit_internal.need_settled(credit_limit_internal.trigger_book(TG_RELID),
            ARRAY(SELECT n.borrower_id FROM new_account n));
        ELSE
          PERFORM credit_limit_internal.need_settled(credit_limit_internal.trigger_book(TG_RELID),
            ARRAY(SELECT o.borrower_id FROM old_account o));
        END IF;
      END IF;
      IF coalesce(raised, changed) IS NOT NULL THEN
        PERFORM credit_limit_internal.count_granted(credit_limit_internal.trigger_book(TG_RELID), coalesce(raised, '{}'),
          coalesce(changed, '{}'));
      END IF;
      RETURN NULL;
    END
    $body$;
    COMMENT ON FUNCTION @book@.keep_umbrella() IS
    'trigger of account: keeps umbrella.granted, and refuses limits that exceed a partitioned umbrella';

    CREATE FUNCTION @book@.renew_versions() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $body$
    BEGIN
      PERFORM credit_limit_internal.renew_versions(credit_limit_internal.trigger_book(TG_RELID));
      RETURN NULL;
    END
    $body$;
    COMMENT ON FUNCTION @book@.renew_versions() IS
    'trigger of what decides on a day: writes anew by what real time decides, run_version of run 0; fires always';

    CREATE FUNCTION @book@.write_act() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $body$
    BEGIN
      PERFORM credit_limit_internal.write_act(credit_limit_internal.trigger_book(TG_RELID), TG_ARGV[0],
        coalesce((to_jsonb(NEW) ->> (TG_ARGV[0] || '_id'))::bigint, 0));
      RETURN NULL;
    END
    $body$;
    COMMENT ON FUNCTION @book@.write_act() IS
    'trigger of erasure, retirement, release, its budget and versions: continues log_act with what was written';

    CREATE FUNCTION @book@.work_case() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $body$
    BEGIN
      PERFORM credit_limit_internal.apply_case_act(credit_limit_internal.trigger_book(TG_RELID), NEW.act_id);
      RETURN NULL;
    END
    $body$;
    COMMENT ON FUNCTION @book@.work_case() IS
    'trigger of alert_case_act: gives the case the status that follows from what was done';

    CREATE FUNCTION @book@.mark_months() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $body$
    DECLARE
      months date[];
    BEGIN
      IF TG_OP = 'INSERT' THEN
        months := ARRAY(SELECT n.month FROM became n GROUP BY n.month);
      ELSIF TG_OP = 'DELETE' THEN
        months := ARRAY(SELECT o.month FROM changed o GROUP BY o.month);
      ELSIF TG_OP = 'UPDATE' THEN
        months := ARRAY(SELECT o.month FROM changed o UNION SELECT n.month FROM became n);
      END IF;
      IF credit_limit_internal.has_moves(credit_limit_internal.trigger_book(TG_RELID)) THEN
        IF TG_OP IN ('INSERT', 'UPDATE') THEN
          PERFORM credit_limit_internal.need_settled(credit_limit_internal.trigger_book(TG_RELID), '{}',
            ARRAY(SELECT n.account_id FROM became n));
        ELSIF TG_OP = 'DELETE' THEN
          PERFORM credit_limit_internal.need_settled(credit_limit_internal.trigger_book(TG_RELID), '{}',
            ARRAY(SELECT o.account_id FROM changed o));
        END IF;
      END IF;
      PERFORM credit_limit_internal.mark_months(credit_limit_internal.trigger_book(TG_RELID), months);
      RETURN NULL;
    END
    $body$;
    COMMENT ON FUNCTION @book@.mark_months() IS
    'trigger of account_month: says in report_change which months are to be counted, NULL being all of them';

    CREATE FUNCTION @book@.keep_settled() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $body$
    BEGIN
      IF NOT credit_limit_internal.has_moves(credit_limit_internal.trigger_book(TG_RELID)) THEN
        RETURN NULL;
      END IF;
      IF TG_TABLE_NAME = 'limit_adjustment' THEN
        PERFORM credit_limit_internal.need_settled(credit_limit_internal.trigger_book(TG_RELID), '{}',
          ARRAY(SELECT c.account_id FROM changed c));
      ELSE
        PERFORM credit_limit_internal.need_settled(credit_limit_internal.trigger_book(TG_RELID),
          ARRAY(SELECT c.borrower_id FROM changed c));
      END IF;
      RETURN NULL;
    END
    $body$;
    COMMENT ON FUNCTION @book@.keep_settled() IS
    'trigger of what a move takes along: an error while its borrower is on his way to another book of the group';

    CREATE FUNCTION @book@.obey_order() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $body$
    BEGIN
      IF TG_WHEN = 'AFTER' THEN
        PERFORM credit_limit_internal.obey_order(credit_limit_internal.trigger_book(TG_RELID), NEW.order_id);
        RETURN NULL;
      END IF;
      -- Whoever inserts through a foreign table gives NULL for what he leaves out, and is not asked what he may not say.
      NEW.order_id := nextval(pg_get_serial_sequence(format('%I.%I', credit_limit_internal.trigger_book(TG_RELID),
        TG_TABLE_NAME), 'order_id'));
      NEW.digest := sha256(convert_to(NEW.content::text, 'UTF8'));
      NEW.obeyed := false;
      NEW.answer := NULL;
      NEW.received_by := session_user;
      NEW.received_at := clock_timestamp();
      RETURN NEW;
    END
    $body$;
    COMMENT ON FUNCTION @book@.obey_order() IS
    'trigger of group_order: does what the group of the book has ordered, with the rights of the owner of the book';
    CREATE TRIGGER take_order BEFORE INSERT ON @book@.group_order FOR EACH ROW EXECUTE FUNCTION @book@.obey_order();
    CREATE TRIGGER obey_order AFTER INSERT ON @book@.group_order FOR EACH ROW EXECUTE FUNCTION @book@.obey_order();
    CREATE TRIGGER work_case AFTER INSERT ON @book@.alert_case_act FOR EACH ROW EXECUTE FUNCTION @book@.work_case();
    CREATE TRIGGER write_act AFTER INSERT OR UPDATE ON @book@.erasure FOR EACH ROW EXECUTE FUNCTION @book@.write_act('erasure');
    CREATE TRIGGER write_act AFTER INSERT OR UPDATE ON @book@.release FOR EACH ROW EXECUTE FUNCTION @book@.write_act('release');
    CREATE TRIGGER write_act AFTER INSERT OR UPDATE OF epsilon ON @book@.release_budget
      FOR EACH ROW EXECUTE FUNCTION @book@.write_act('budget');
    CREATE TRIGGER write_act AFTER INSERT OR UPDATE ON @book@.retirement
      FOR EACH ROW EXECUTE FUNCTION @book@.write_act('retirement')
  $$, '@book@', quote_ident(book));	-- DDL
  FOREACH relation IN ARRAY ARRAY['exclusion', 'limit_adjustment', 'umbrella'] LOOP
    CONTINUE WHEN NOT credit_limit_internal.is_table(book, relation);
    EXECUTE format('CREATE TRIGGER settled_insert AFTER INSERT ON %1$I.%2$I REFERENCING NEW TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION %1$I.keep_settled();
      CREATE TRIGGER settled_update AFTER UPDATE ON %1$I.%2$I REFERENCING OLD TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION %1$I.keep_settled();
      CREATE TRIGGER settled_delete AFTER DELETE ON %1$I.%2$I REFERENCING OLD TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION %1$I.keep_settled()', book, relation);	-- DDL
  END LOOP;
  IF credit_limit_internal.is_table(book, 'account') THEN
    EXECUTE replace($$
      CREATE TRIGGER umbrella_insert AFTER INSERT ON @book@.account REFERENCING NEW TABLE AS new_account
        FOR EACH STATEMENT EXECUTE FUNCTION credit_limit_internal.keep_umbrella();
      CREATE TRIGGER umbrella_update AFTER UPDATE ON @book@.account REFERENCING OLD TABLE AS old_account NEW TABLE AS new_account
        FOR EACH STATEMENT EXECUTE FUNCTION credit_limit_internal.keep_umbrella();
      CREATE TRIGGER umbrella_delete AFTER DELETE ON @book@.account REFERENCING OLD TABLE AS old_account
        FOR EACH STATEMENT EXECUTE FUNCTION credit_limit_internal.keep_umbrella()
    $$, '@book@', quote_ident(book));	-- DDL
  END IF;
  FOR k IN SELECT c.relname FROM pg_class c
      WHERE c.relkind IN ('r', 'p') AND (c.oid = to_regclass(format('%I.account_month', book))
        OR c.oid IN (SELECT i.inhrelid FROM pg_inherits i WHERE i.inhparent = to_regclass(format('%I.account_month', book)))) LOOP
    PERFORM credit_limit_internal.watch_months(book, k.relname);
  END LOOP;
  IF credit_limit_internal.is_table(book, 'borrower') THEN
    -- Locking a row takes the right to update a column, and a foreign key lets two rows exchange their keys in one statement.
    EXECUTE format('CREATE TRIGGER keep_key BEFORE UPDATE OF borrower_id ON %I.borrower FOR EACH ROW WHEN
      (NEW.borrower_id IS DISTINCT FROM OLD.borrower_id) EXECUTE FUNCTION credit_limit_internal.refuse_change()', book);	-- DDL
  END IF;
  FOREACH relation IN ARRAY ARRAY['product', 'experiment', 'experiment_arm', 'business_day'] LOOP
    CONTINUE WHEN NOT credit_limit_internal.is_table(book, relation);
    EXECUTE format('CREATE TRIGGER renew_versions AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON %1$I.%2$I
        FOR EACH STATEMENT EXECUTE FUNCTION %1$I.renew_versions();
      ALTER TABLE %1$I.%2$I ENABLE ALWAYS TRIGGER renew_versions', book, relation);	-- DDL
  END LOOP;
  -- A draft decides nothing: whoever has one open keeps nobody waiting.
  FOREACH relation IN ARRAY ARRAY['policy_version', 'scorecard_version', 'allocation_version'] LOOP
    EXECUTE format('CREATE TRIGGER renew_versions AFTER TRUNCATE ON %1$I.%2$I
        FOR EACH STATEMENT EXECUTE FUNCTION %1$I.renew_versions();
      CREATE TRIGGER renew_versions_insert AFTER INSERT ON %1$I.%2$I
        FOR EACH ROW WHEN (NEW.status <> ''draft'') EXECUTE FUNCTION %1$I.renew_versions();
      CREATE TRIGGER renew_versions_update AFTER UPDATE ON %1$I.%2$I
        FOR EACH ROW WHEN (NEW.* IS DISTINCT FROM OLD.* AND (OLD.status <> ''draft'' OR NEW.status <> ''draft''))
        EXECUTE FUNCTION %1$I.renew_versions();
      CREATE TRIGGER renew_versions_delete AFTER DELETE ON %1$I.%2$I
        FOR EACH ROW WHEN (OLD.status <> ''draft'') EXECUTE FUNCTION %1$I.renew_versions();
      CREATE TRIGGER write_act AFTER INSERT OR UPDATE ON %1$I.%2$I
        FOR EACH ROW WHEN (NEW.status <> ''draft'') EXECUTE FUNCTION %1$I.write_act(%3$L);
      ALTER TABLE %1$I.%2$I ENABLE ALWAYS TRIGGER renew_versions, ENABLE ALWAYS TRIGGER renew_versions_insert,
        ENABLE ALWAYS TRIGGER renew_versions_update, ENABLE ALWAYS TRIGGER renew_versions_delete', book, relation,
      split_part(relation, '_', 1));	-- DDL
  END LOOP;
END
$create$;

-- in an open book: its triggers, constraints, unique indexes, rules and trigger functions; made_as: the table that create_book()
-- made so
CREATE FUNCTION credit_limit_internal.guards() RETURNS TABLE (relation text, made_as text, guard text, definition text)
LANGUAGE sql STABLE ROWS 300 SET quote_all_identifiers = off SET intervalstyle = postgres SET datestyle = ISO
  SET extra_float_digits = 1
AS $$
  WITH t AS (
    -- A partition has the guards of the one for the rest.
    SELECT c.oid, c.relname::text AS relation, c.relispartition, coalesce(p.relname || '_rest', c.relname) AS made_as
    FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid AND c.relispartition LEFT JOIN pg_class p ON p.oid = i.inhparent
    WHERE c.relnamespace = (SELECT d.relnamespace FROM pg_class d WHERE d.oid = to_regclass('decision'))
      AND c.relkind IN ('r', 'p'))
  SELECT t.relation, t.made_as, 'trigger ' || g.tgname, regexp_replace(pg_get_triggerdef(g.oid), ' ON [^ ]+ ', ' ')
    || ' ' || g.tgenabled::text FROM t JOIN pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal
  UNION ALL
  -- With the state of the triggers of a foreign key.
  SELECT t.relation, t.made_as, 'constraint ' || n.conname, concat_ws(' ', pg_get_constraintdef(n.oid), CASE WHEN n.convalidated
    THEN 'valid' END, (SELECT string_agg(DISTINCT g.tgenabled::text, '') FROM pg_trigger g WHERE g.tgconstraint = n.oid))
  FROM t JOIN pg_constraint n ON n.conrelid = t.oid AND n.contype IN ('c', 'f', 'p', 'u', 'x') WHERE NOT t.relispartition
  UNION ALL
  SELECT t.relation, t.made_as, 'constraint NOT NULL of ' || a.attname, 'NOT NULL'
  FROM t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnotnull AND a.attnum > 0 WHERE NOT t.relispartition
  UNION ALL
  SELECT t.relation, t.made_as, 'unique index ' || x.relname, regexp_replace(pg_get_indexdef(x.oid), ' ON [^ ]+ ', ' ')
  FROM t JOIN pg_index i ON i.indrelid = t.oid AND i.indisunique JOIN pg_class x ON x.oid = i.indexrelid
  WHERE NOT t.relispartition AND NOT EXISTS (SELECT FROM pg_constraint n WHERE n.conindid = x.oid)
  UNION ALL
  SELECT t.relation, t.made_as, 'rule ' || w.rulename, w.ev_enabled::text FROM t JOIN pg_rewrite w ON w.ev_class = t.oid
  UNION ALL
  SELECT f.proname, f.proname, 'function', encode(sha256(convert_to(concat_ws(' ', f.prosrc, f.prosecdef, f.proconfig), 'UTF8')),
    'hex')
  FROM pg_proc f WHERE f.prorettype = 'trigger'::regtype
    AND f.pronamespace = (SELECT d.relnamespace FROM pg_class d WHERE d.oid = to_regclass('decision'))
$$;

-- in an open book: guards that create_book() made and that are missing, off or changed, what was put before them, rights that
-- grant_book() does not give, and restrictions to segments that do not hold
CREATE FUNCTION credit_limit_internal.check_guards() RETURNS TABLE (relation text, problem text)
LANGUAGE sql STABLE
AS $$
  WITH now AS MATERIALIZED (SELECT * FROM credit_limit_internal.guards()),
  made AS (SELECT m.* FROM log_act a, jsonb_to_recordset(a.content::jsonb) m(made_as text, guard text, definition text)
    WHERE a.kind = 'guards' AND a.place = 1)
  (SELECT coalesce(r.relation, m.made_as) AS relation, format('%s is %s', m.guard, CASE WHEN n.guard IS NULL THEN 'missing'
      ELSE 'off, or not as create_book() made it' END)
  FROM made m LEFT JOIN (SELECT DISTINCT w.relation, w.made_as FROM now w) r ON r.made_as = m.made_as
    LEFT JOIN now n ON n.relation = r.relation AND n.guard = m.guard
  WHERE n.definition IS DISTINCT FROM m.definition
    -- A view over a lender's own table has none.
    AND NOT EXISTS (SELECT FROM pg_class v JOIN credit_limit_internal.book_contract() k ON k.relation = v.relname
      WHERE v.oid = to_regclass(quote_ident(m.made_as)) AND v.relkind NOT IN ('r', 'p'))
  UNION ALL
  -- What fires before a row is written, or in its place, may exchange what the guards have seen.
  SELECT n.relation, format('%s is not of create_book()', n.guard) FROM now n
  WHERE (n.guard LIKE 'rule %' OR (n.guard LIKE 'trigger %' AND n.definition LIKE '% BEFORE %' AND EXISTS (SELECT FROM made m
      WHERE m.made_as = n.made_as AND m.guard IN ('trigger keep_all', 'trigger keep_version', 'trigger keep_request'))))
    AND NOT EXISTS (SELECT FROM made m WHERE m.made_as = n.made_as AND m.guard = n.guard)
  UNION ALL
  SELECT 'log_act', 'does not say what create_book() made' WHERE NOT EXISTS (SELECT FROM made)
  UNION ALL
  SELECT c.relname, format('%s may %s: more than grant_book() grants', CASE a.grantee WHEN 0 THEN 'everybody'
      ELSE format('role "%s"', pg_get_userbyid(a.grantee)) END, string_agg(DISTINCT a.privilege_type, ', '))
  FROM pg_class c, LATERAL (SELECT e.grantee, e.privilege_type, NULL AS column_name FROM aclexplode(c.relacl) e
    UNION ALL SELECT e.grantee, e.privilege_type, t.attname FROM pg_attribute t, aclexplode(t.attacl) e
      WHERE t.attrelid = c.oid) a
  WHERE c.relnamespace = (SELECT d.relnamespace FROM pg_class d WHERE d.oid = to_regclass('decision')) AND a.grantee <> c.relowner
    AND (c.relispartition OR EXISTS (SELECT FROM credit_limit_internal.book_rights() r WHERE r.relation = c.relname))
    AND (a.grantee = 0 OR a.privilege_type <> 'SELECT' OR c.relispartition)
    AND NOT EXISTS (SELECT FROM credit_limit_internal.book_rights() r WHERE r.relation = c.relname
      AND r.privilege = a.privilege_type AND a.grantee <> 0 AND (r.columns IS NULL OR a.column_name = ANY (r.columns)))
    AND NOT (c.relname = 'borrower' AND a.privilege_type = 'UPDATE' AND a.grantee <> 0
      AND coalesce(a.column_name = credit_limit_internal.lock_column(c.relnamespace::regnamespace::name), false))
  GROUP BY c.relname, a.grantee
  UNION ALL
  -- Of a table a trigger keeps them.
  SELECT c.relname, format('role "%s" may change the numbers of borrowers in this view: give it a column that is an expression, '
    'revoke and grant again', pg_get_userbyid(a.grantee))
  FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid AND t.attname = 'borrower_id', aclexplode(t.attacl) a
  WHERE c.oid = to_regclass('borrower') AND c.relkind NOT IN ('r', 'p') AND a.grantee NOT IN (0, c.relowner)
    AND a.privilege_type = 'UPDATE' AND pg_column_is_updatable(c.oid, t.attnum, true)
  UNION ALL
  SELECT t.relname, format('role "%s" is to see some segments only, and sees every row: credit_limit.restrict_analyst() again',
    pg_get_userbyid(r.role))
  FROM unnest(credit_limit_internal.restricted_roles()) r(role), pg_class t
    LEFT JOIN credit_limit_internal.segment_tables() f ON f.relation = t.oid
    LEFT JOIN pg_policy o ON o.polrelid = t.oid AND o.polname = 'segments'
  WHERE t.relnamespace = (SELECT d.relnamespace FROM pg_class d WHERE d.oid = to_regclass('decision'))
    AND has_any_column_privilege(r.role, t.oid, 'SELECT') AND CASE WHEN t.relkind IN ('v', 'm')
      THEN NOT credit_limit_internal.is_invoker_view(t.oid) WHEN f.relation IS NOT NULL THEN NOT coalesce(t.relrowsecurity
        AND NOT o.polpermissive AND r.role = ANY (o.polroles) AND pg_get_expr(o.polqual, o.polrelid) <> 'true', false)
      ELSE false END
  UNION ALL
  SELECT 'analyst_segment', format('role "%s" is to see some segments only, and may become "%s", which sees every row',
    pg_get_userbyid(r.role), o) FROM unnest(credit_limit_internal.restricted_roles()) r(role),
    credit_limit_internal.other_role(r.role) o WHERE o IS NOT NULL) ORDER BY 1, 2
$$;

-- The guards of a book: triggers, constraints and rights that keep what hashes do not. create_book() writes what it has made to
-- log_act, so no list is kept by hand, and check_book() compares.

CREATE FUNCTION credit_limit_internal.guards() RETURNS TABLE (relation text, made_as text, guard text, definition text)
LANGUAGE sql STABLE ROWS 300 SET quote_all_identifiers = off
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
  SELECT f.proname, f.proname, 'function', encode(sha256(convert_to(concat_ws(' ', f.prosrc, f.prosecdef, f.proconfig), 'UTF8')),
    'hex')
  FROM pg_proc f WHERE f.prorettype = 'trigger'::regtype
    AND f.pronamespace = (SELECT d.relnamespace FROM pg_class d WHERE d.oid = to_regclass('decision'))
$$;
COMMENT ON FUNCTION credit_limit_internal.guards() IS
    'in an open book: its triggers, constraints and trigger functions; made_as: the table that create_book() made so';

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
  SELECT 'log_act', 'does not say what create_book() made' WHERE NOT EXISTS (SELECT FROM made)
  UNION ALL
  SELECT c.relname, format('%s may %s: more than grant_book() grants', CASE a.grantee WHEN 0 THEN 'everybody'
      ELSE format('role "%s"', pg_get_userbyid(a.grantee)) END, string_agg(DISTINCT a.privilege_type, ', '))
  FROM pg_class c, LATERAL (SELECT e.grantee, e.privilege_type, NULL AS column_name FROM aclexplode(c.relacl) e
    UNION ALL SELECT e.grantee, e.privilege_type, t.attname FROM pg_attribute t, aclexplode(t.attacl) e
      WHERE t.attrelid = c.oid) a
  WHERE c.relnamespace = (SELECT d.relnamespace FROM pg_class d WHERE d.oid = to_regclass('decision')) AND a.grantee <> c.relowner
    AND (c.relispartition OR EXISTS (SELECT FROM credit_limit_internal.book_rights() r WHERE r.relation = c.relname))
    AND (a.grantee = 0 OR a.privilege_type <> 'SELECT') AND NOT EXISTS (SELECT FROM credit_limit_internal.book_rights() r
      WHERE r.relation = c.relname AND r.privilege = a.privilege_type AND a.grantee <> 0
        AND (r.columns IS NULL OR a.column_name = ANY (r.columns)))
  GROUP BY c.relname, a.grantee) ORDER BY 1, 2
$$;
COMMENT ON FUNCTION credit_limit_internal.check_guards() IS
    'in an open book: guards that create_book() made and that are missing, off or changed, and rights to write that '
    'grant_book() does not give';

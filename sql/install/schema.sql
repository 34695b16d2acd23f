-- The two schemas: credit_limit is what users call; credit_limit_internal is helpers, transition and wire functions.
--
-- Whoever may create in a schema of the extension could put functions and operators under its feet, so neither may hold anything
-- before it: schema credit_limit must be empty, credit_limit_internal is new.

SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

DO $$
DECLARE
  found text;
BEGIN
  SELECT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) INTO found
  FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_namespace n ON n.oid = d.refobjid
  WHERE d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND n.nspname = 'credit_limit'
    AND d.classid <> 'pg_catalog.pg_extension'::pg_catalog.regclass
  ORDER BY 1 LIMIT 1;
  IF found IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = 'schema "credit_limit" is not empty',
      DETAIL = pg_catalog.format('It holds %s.', found),
      HINT = 'Drop or move what is in it; the extension needs the schema for itself.';
  END IF;
END
$$;

CREATE SCHEMA credit_limit_internal;
ALTER SCHEMA credit_limit_internal OWNER TO @extowner@;
COMMENT ON SCHEMA credit_limit_internal IS
    'credit_limit: helpers, transition and wire functions. Nothing here is meant to be called; it may change with every release';

-- A restore by a superuser makes schema credit_limit for its old owner, who owns books; a dump does not say whose the other is.
-- He uses both, and lets others use them, as before. But anybody may have made that schema: unless he owns the database, it is
-- his no more, and nobody else may create in it.
DO $$
DECLARE
  owner pg_catalog.oid := (SELECT n.nspowner FROM pg_catalog.pg_namespace n WHERE n.nspname = 'credit_limit');
  g record;
BEGIN
  IF owner <> (SELECT n.nspowner FROM pg_catalog.pg_namespace n WHERE n.nspname = 'credit_limit_internal') THEN
    IF owner <> (SELECT d.datdba FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()) THEN
      ALTER SCHEMA credit_limit OWNER TO @extowner@;
    END IF;
    EXECUTE pg_catalog.format('GRANT USAGE ON SCHEMA credit_limit, credit_limit_internal TO %s WITH GRANT OPTION',
      owner::pg_catalog.regrole);
  END IF;
  FOR g IN SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::pg_catalog.regrole::text END AS role_name
      FROM pg_catalog.pg_namespace n, pg_catalog.aclexplode(n.nspacl) a
      WHERE n.nspname = 'credit_limit' AND a.privilege_type = 'CREATE' AND a.grantee <> n.nspowner LOOP
    EXECUTE pg_catalog.format('REVOKE CREATE ON SCHEMA credit_limit FROM %s CASCADE', g.role_name);
  END LOOP;
END
$$;

-- the options; an error (22023) if they are no object, or one has no rule (a JSON path) or breaks it. Assigned, not performed, so
-- that no statement with all the rules is in the context of the error
CREATE FUNCTION credit_limit_internal.check_options(what text, options jsonb, rules jsonb, hint text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  wrong text;
BEGIN
  SELECT format(CASE WHEN rules ? o.key OR jsonb_typeof(options) IS DISTINCT FROM 'object' THEN '"%s" is %s.'
    ELSE 'There is no option "%s".' END, o.key, o.value) INTO wrong
  FROM jsonb_each(CASE jsonb_typeof(options) WHEN 'object' THEN options ELSE jsonb_build_object('the document', options) END) o
  WHERE NOT coalesce(jsonb_path_match(o.value, ('strict ' || (rules ->> o.key))::jsonpath, silent => true), false)
  ORDER BY o.key LIMIT 1;
  IF wrong IS NOT NULL OR options IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('options of %s are not valid', what),
      DETAIL = coalesce(wrong, 'They are NULL.'), HINT = hint;
  END IF;
  RETURN options;
END
$$;

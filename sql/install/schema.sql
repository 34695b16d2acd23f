-- The two schemas: credit_limit is what users call; credit_limit_internal is helpers, transition and wire functions.
--
-- Whoever may create in a schema of the extension could put functions and operators under its feet, so neither may hold anything
-- before it: schema credit_limit must be empty (another owner is no matter: a restore looks so), credit_limit_internal is new.

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
-- A dump keeps the owner of schema credit_limit, but no member's owner: restored by a superuser, this schema is the superuser's.
-- Then whoever had it, and owns books, needs it and grants it as before.
DO $$
DECLARE
  owner pg_catalog.regrole := (SELECT n.nspowner FROM pg_catalog.pg_namespace n WHERE n.nspname = 'credit_limit');
BEGIN
  IF owner <> (SELECT n.nspowner FROM pg_catalog.pg_namespace n WHERE n.nspname = 'credit_limit_internal') THEN
    EXECUTE pg_catalog.format('GRANT USAGE ON SCHEMA credit_limit_internal TO %s WITH GRANT OPTION', owner);
  END IF;
END
$$;
COMMENT ON SCHEMA credit_limit_internal IS
    'credit_limit: helpers, transition and wire functions. Nothing here is meant to be called; it may change with every release';

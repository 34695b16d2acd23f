\set ECHO none
-- What every regression test begins with: a schema of its own, test_<name>, in front of the extension's, and a few functions in it.
-- pg_regress tells the name of the test by the application's. The extension itself is made once for all (--load-extension).
SET client_min_messages = warning;
SET datestyle = 'ISO, MDY';
SELECT 'test_' || split_part(current_setting('application_name'), '/', 2) AS test_schema \gset
DROP SCHEMA IF EXISTS :"test_schema" CASCADE;
CREATE SCHEMA :"test_schema";
GRANT USAGE ON SCHEMA :"test_schema" TO PUBLIC;
SET search_path = :"test_schema", credit_limit;

-- CREDIT_LIMIT_SOAK=1 (make soak) asks for the full counts: \if :soak.
\set soak 0
\getenv soak CREDIT_LIMIT_SOAK

-- Equal up to a tolerance, relative above 1 and absolute below. A NULL is near to nothing.
CREATE FUNCTION near(a float8, b float8, tolerance float8 DEFAULT 1e-12) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN coalesce(abs(a - b) <= tolerance * greatest(1, abs(b)), false);
-- Relative everywhere, for numbers that may be tiny.
CREATE FUNCTION near_relative(a float8, b float8, tolerance float8) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN coalesce(abs(a - b) <= tolerance * greatest(1e-300, abs(b)), false);
-- Uniform on [0, 1): the same numbers on every version, unlike random().
CREATE FUNCTION draw(place int, stream int) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN ('x' || substr(md5(place || ' ' || stream), 1, 8))::bit(32)::bigint / 4294967296.0::float8;
CREATE FUNCTION uses_parallel(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE plan json;
BEGIN
  EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
  RETURN plan::text LIKE '%Partial%';
END $$;

-- Files that the server writes and reads, for COPY in binary form; a test that uses one ends with CALL remove_data_files().
CREATE FUNCTION data_file(name text) RETURNS text LANGUAGE sql
  RETURN current_setting('data_directory') || '/credit_limit_' || current_schema() || '_' || name;
CREATE PROCEDURE remove_data_files() LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('COPY (SELECT WHERE false) TO PROGRAM %L', 'rm -f credit_limit_' || current_schema() || '_*');
END $$;

-- Bytes of strangers: the binary input of the type of table "attacked" gets them; a trigger of that table, if it accepts them, uses the
-- value. Nothing is stored.
CREATE FUNCTION attack(bytes bytea) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('COPY (SELECT %L::bytea) TO %L (FORMAT binary)', bytes, data_file('attack'));
  EXECUTE format('COPY attacked FROM %L (FORMAT binary)', data_file('attack'));
  RETURN 'accepted';
EXCEPTION WHEN data_exception OR protocol_violation OR program_limit_exceeded OR cardinality_violation THEN
  RETURN 'refused';
END $$;
\set ECHO all

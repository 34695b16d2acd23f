-- plpgsql_check over every PL/pgSQL function of the extension: statements that do not parse or name what is not there, variables that nobody
-- uses. Functions on a book look up its tables, so a book and a group are made, and their search_path set to both, in a transaction that
-- is rolled back.
\set ON_ERROR_STOP on
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE EXTENSION credit_limit;
CREATE EXTENSION plpgsql_check;
SELECT credit_limit.create_book('checked') AS made, credit_limit.enable_realtime('checked') AS realtime,
  credit_limit.create_book_group('checked_group', 'checked', 1) AS grouped \gset
BEGIN;
CREATE TEMP TABLE subject AS
SELECT p.oid, p.oid::regprocedure::text AS name, coalesce(t.tgrelid, 0) AS relation, string_to_array(p.prosrc, E'\n') AS lines,
  t.tgoldtable, t.tgnewtable
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang AND l.lanname = 'plpgsql'
LEFT JOIN LATERAL (SELECT DISTINCT ON (g.tgrelid) g.tgrelid, g.tgoldtable, g.tgnewtable FROM pg_trigger g
  WHERE g.tgfoid = p.oid AND g.tgparentid = 0 ORDER BY g.tgrelid, g.tgoldtable, g.tgnewtable) t ON true
WHERE p.pronamespace IN ('credit_limit'::regnamespace, 'credit_limit_internal'::regnamespace)
  AND (p.prorettype <> 'trigger'::regtype OR t.tgrelid IS NOT NULL);
SELECT format('ALTER FUNCTION %s SET search_path = pg_catalog, checked, checked_group, pg_temp', s.name)
FROM (SELECT DISTINCT s.oid, s.name FROM subject s) s JOIN pg_proc p ON p.oid = s.oid AND p.prokind = 'f' \gexec
SELECT 'not ok ' || s.name || CASE WHEN s.relation <> 0 THEN ' of ' || s.relation::regclass
  ELSE '' END || ' line ' || coalesce(c.lineno, 0) || ': ' || c.message
FROM subject s CROSS JOIN LATERAL plpgsql_check_function_tb(s.oid, s.relation, fatal_errors => false, performance_warnings => false,
  oldtable => s.tgoldtable, newtable => s.tgnewtable) c
CROSS JOIN coalesce(split_part(array_to_string(s.lines[c.lineno:], E'\n'), ';', 1), '') AS t(statement)
WHERE c.level IN ('error', 'warning', 'warning extra')
  -- Where a cast is written or not is a matter of taste; pg_cron need not be there; what a stored layout gives cannot be known.
  AND c.message !~ '^target type is different|^composite OUT variable|^cannot determinate a result of dynamic SQL|is maybe unmodified$'
  -- Newer versions (2.10) compare volatility. What opens a book is volatile, as it sets the search_path, but changes nothing else; format
  -- and JSON functions are only stable, as a date among the values would depend on settings: here these are numbers and texts.
  -- A database keeps its encoding.
  AND NOT (c.message = 'routine is marked as STABLE, but expression is VOLATILE' AND t.statement ~ 'PERFORM credit_limit_internal\.open_(book|group)')
  AND NOT (c.message = 'routine is marked as IMMUTABLE, but expression is STABLE'
    AND t.statement ~ '\m(format|jsonb_build_object|jsonb_build_array|jsonb_agg|jsonb_to_recordset|getdatabaseencoding)\(')
  AND NOT (s.name ~ '\.(un)?schedule\(' AND c.message ~ 'cron')
  AND NOT (s.name ~ '\.((replay|explain)_decision|principal_reasons)\(' AND c.message ~ '"(d|place)"')
  -- It makes the foreign table that it reads.
  AND NOT (s.name ~ '\.check_shards\(' AND c.message ~ 'credit_limit_shard')
  -- This branch is of allocation_account.
  AND NOT (s.name ~ '\.keep_allocation\(' AND s.relation <> 'checked.allocation_account'::regclass AND c.message ~ 'account_id')
  -- What columns an argument of type record has is known when it is called.
  AND s.name !~ '\.decision_hash\(record'
  AND NOT (s.name ~ '\.keep_request\(' AND c.message ~ '"d"')
ORDER BY 1;
SELECT 'ok plpgsql_check of ' || count(DISTINCT oid) || ' functions' FROM subject HAVING count(DISTINCT oid) > 100;
SELECT 'not ok ' || p.oid::regprocedure || ': a trigger function without a trigger in a book' FROM pg_proc p
JOIN pg_language l ON l.oid = p.prolang AND l.lanname = 'plpgsql'
WHERE p.pronamespace = 'credit_limit_internal'::regnamespace AND p.prorettype = 'trigger'::regtype
  AND NOT EXISTS (SELECT FROM subject s WHERE s.oid = p.oid);
ROLLBACK;

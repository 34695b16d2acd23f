-- What makes the names of a function mean the tables of a book and nothing else: who may open it, what it must hold, and what it may not.
\set VERBOSITY terse
\i test/helpers.sql
CREATE ROLE regress_open_owner;
CREATE ROLE regress_open_reader;
CREATE ROLE regress_open_engine;
GRANT USAGE ON SCHEMA credit_limit, credit_limit_internal TO regress_open_owner WITH GRANT OPTION;
SELECT format('GRANT CREATE ON DATABASE %I TO regress_open_owner', current_database()) \gexec
CREATE FUNCTION test_book_open.regress_same(numeric, int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
SET ROLE regress_open_owner;
SELECT credit_limit.create_book('book_x');
SELECT credit_limit.create_book('book_y');
SELECT credit_limit.grant_book('book_x', analyst => 'regress_open_reader', engine => 'regress_open_engine');
INSERT INTO book_x.product VALUES ('cash', 'Cash', 'standby_cash', 'CNY', NULL, NULL);
INSERT INTO book_x.borrower (borrower_id) VALUES (1);
INSERT INTO book_x.account (account_id, borrower_id, product, currency, opened_on, credit_limit) VALUES (7, 1, 'cash', 'CNY', '2026-01-01', 500);
INSERT INTO book_y.product SELECT * FROM book_x.product;
INSERT INTO book_y.borrower (borrower_id) VALUES (1);
INSERT INTO book_y.account (account_id, borrower_id, product, currency, opened_on, credit_limit) VALUES (7, 1, 'cash', 'CNY', '2026-01-01', 900);
-- What a statement ends with: its answer or its SQLSTATE and detail. Everything is undone.
CREATE FUNCTION pg_temp.tried(before text, look text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE answer text; detail text;
BEGIN
  BEGIN
    EXECUTE before;
    EXECUTE look INTO answer;
    RAISE EXCEPTION USING ERRCODE = 'XX999';
  EXCEPTION WHEN SQLSTATE 'XX999' THEN NULL;
    WHEN OTHERS THEN
      GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
      RETURN SQLSTATE || ': ' || SQLERRM || CASE WHEN detail <> '' THEN ' ' || detail ELSE '' END;
  END;
  RETURN answer;
END $$;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA pg_temp TO PUBLIC;
\set draw 'SELECT credit_limit.available_to_draw(''book_x'', 7, ''2026-11-30'')'

-- Two books in turn: the kept plans of one are not those of the other. The search_path of the session has no say, and stays.
SELECT n, credit_limit.available_to_draw('book_x', 7, '2026-11-30') AS x, credit_limit.available_to_draw('book_y', 7,
  '2026-11-30') AS y FROM generate_series(1, 8) n;
SET search_path = book_y, pg_temp;
SELECT credit_limit.available_to_draw('book_x', 7, '2026-11-30'), current_setting('search_path');
RESET search_path;

-- Operators and functions that would change what a statement means. PostgreSQL takes operators of IN, CASE, NULLIF, IS DISTINCT FROM, JOIN USING by
-- name, and the best match of all schemas of the path.
SELECT pg_temp.tried(before, :'draw') FROM (VALUES
  ('CREATE OPERATOR book_x.= (LEFTARG = numeric, RIGHTARG = int, FUNCTION = test_book_open.regress_same)'),
  ('CREATE OPERATOR book_x.~~~ (LEFTARG = numeric, RIGHTARG = int, FUNCTION = test_book_open.regress_same)'),
  ('CREATE FUNCTION book_x.coalesce_all() RETURNS int LANGUAGE sql AS ''SELECT 1'''),
  ('CREATE FUNCTION book_x.count(text) RETURNS bigint LANGUAGE sql AS ''SELECT 1::bigint'''),
  ('CREATE FUNCTION book_x.sum(book_x.account) RETURNS bigint LANGUAGE sql AS ''SELECT 1::bigint'''),
  ('CREATE AGGREGATE book_x.max(numeric) (SFUNC = numeric_larger, STYPE = numeric)'),
  ('CREATE PROCEDURE book_x.lower(text) LANGUAGE sql AS ''SELECT 1'''),
  ('CREATE FUNCTION book_x.own(text) RETURNS text LANGUAGE sql AS ''SELECT 1'''),
  ('CREATE TYPE book_x.numeric AS (a int)'), ('CREATE DOMAIN book_x.date AS int')) v(before);
-- It is looked at again when something of the kind has changed, also by a rename or a move, and in check_book and create_book.
CREATE FUNCTION book_x.own(a text) RETURNS text LANGUAGE sql AS 'SELECT 1';
SELECT pg_temp.tried('SELECT 1', :'draw');
ALTER FUNCTION book_x.own(text) RENAME TO upper;
SELECT pg_temp.tried('SELECT 1', :'draw');
SELECT pg_temp.tried('SELECT 1', 'SELECT count(*) FROM credit_limit.check_book(''book_x'')');
ALTER FUNCTION book_x.upper(text) RENAME TO own;
SELECT pg_temp.tried('SELECT 1', :'draw');
DROP FUNCTION book_x.own(text);
SELECT pg_temp.tried('CREATE SCHEMA book_z; CREATE FUNCTION book_z.sum(text) RETURNS text LANGUAGE sql AS ''SELECT 1''',
  'SELECT credit_limit.create_book(''book_z'')');

-- A relation that is missing is not looked for elsewhere: each of those that functions name. (Views for people are not.)
CREATE TEMP TABLE account AS SELECT 7 AS account_id, 1 AS borrower_id, 1e9 AS credit_limit;
SELECT pg_temp.tried('SELECT 1', :'draw');
SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'book_x'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
  AND pg_temp.tried(format('ALTER TABLE book_x.%I RENAME TO gone', c.relname), :'draw') NOT LIKE '42P01: book "book_x" has no "'
    || c.relname || '"%' ORDER BY 1;
DROP TABLE pg_temp.account;
-- A view in place of a table does as well, and shows what it shows.
SELECT pg_temp.tried('ALTER TABLE book_x.account RENAME TO line;
  CREATE VIEW book_x.account AS SELECT account_id, borrower_id, product, currency, umbrella_id, status, opened_on,
    credit_limit + 11 AS credit_limit, balance, pending,
    last_limit_change, frozen FROM book_x.line', :'draw');
-- Names that are none, and schemas that are no book.
SELECT pg_temp.tried('SELECT 1', format('SELECT credit_limit.log_end(%L)', name))
FROM unnest(ARRAY['nowhere', 'nowhere_report', 'book_x_report', 'public', 'Book', 'pg_catalog', 'credit_limit', 'book_x, public', '', repeat('b', 57)]) name;
SELECT pg_temp.tried('SELECT 1', 'SELECT credit_limit.set_business_date(NULL, ''2026-11-30'')');
RESET ROLE;

-- Rights. Plans that another role has made do not stand in for them.
SET ROLE regress_open_reader;
SELECT pg_temp.tried('SELECT 1', :'draw'), pg_temp.tried('SELECT 1', 'SELECT count(*) FROM credit_limit.preview_decisions(''book_x'', ''2026-11-30'')');
RESET ROLE;
SET ROLE regress_open_engine;
SELECT pg_temp.tried('SELECT 1', :'draw'), pg_temp.tried('SELECT 1', 'SELECT count(*) FROM credit_limit.preview_decisions(''book_x'', ''2026-11-30'')');
SELECT pg_temp.tried('SELECT 1', 'SELECT credit_limit.available_to_draw(''book_y'', 7, ''2026-11-30'')');
RESET ROLE;
REVOKE EXECUTE ON FUNCTION book_x.decision_input(date) FROM regress_open_engine;
SET ROLE regress_open_engine;
SELECT pg_temp.tried('SELECT 1', 'SELECT count(*) FROM credit_limit.preview_decisions(''book_x'', ''2026-11-30'')');
RESET ROLE;
REVOKE USAGE ON SCHEMA book_x FROM regress_open_engine;
SET ROLE regress_open_engine;
SELECT pg_temp.tried('SELECT 1', :'draw');
RESET ROLE;
ALTER FUNCTION book_x.decision_input(date) RENAME TO other_input;
SELECT pg_temp.tried('SELECT 1', 'SELECT count(*) FROM credit_limit.preview_decisions(''book_x'', ''2026-11-30'')');
ALTER FUNCTION book_x.other_input(date) RENAME TO decision_input;
-- In a function with the rights of its owner, tables of the caller are not read.
CREATE FUNCTION book_x.for_all() RETURNS numeric LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  AS $$ SELECT credit_limit.available_to_draw('book_x', 7, '2026-11-30') $$;
GRANT USAGE ON SCHEMA book_x TO regress_open_engine;
GRANT EXECUTE ON FUNCTION book_x.for_all() TO regress_open_engine;
SET ROLE regress_open_engine;
CREATE TEMP TABLE account AS SELECT 7 AS account_id, 1 AS borrower_id, 'cash' AS product, NULL::bigint AS umbrella_id,
  'open' AS status, 1e9 AS credit_limit, 0 AS balance,
  0 AS pending, false AS frozen;
SELECT book_x.for_all();
RESET ROLE;
DROP TABLE pg_temp.account;

-- create_book takes a new schema, or one of the caller's own in which nobody else may make or change anything.
CREATE SCHEMA book_z;
GRANT USAGE ON SCHEMA book_z TO regress_open_owner;
SET ROLE regress_open_owner;
SELECT pg_temp.tried('SELECT 1', 'SELECT credit_limit.create_book(''book_z'')');
RESET ROLE;
SELECT pg_temp.tried('GRANT CREATE ON SCHEMA book_z TO PUBLIC', 'SELECT credit_limit.create_book(''book_z'')');
SELECT pg_temp.tried('GRANT CREATE ON SCHEMA book_z TO regress_open_reader', 'SELECT credit_limit.create_book(''book_z'')');
SELECT pg_temp.tried('CREATE VIEW book_z.borrower AS SELECT 1 AS borrower_id; ALTER VIEW book_z.borrower OWNER TO '
  'regress_open_reader', 'SELECT credit_limit.create_book(''book_z'')');
SELECT pg_temp.tried('CREATE FUNCTION book_z.decision_input(date) RETURNS int LANGUAGE sql AS ''SELECT 1''; ALTER FUNCTION '
  'book_z.decision_input(date) OWNER TO regress_open_reader',
  'SELECT credit_limit.create_book(''book_z'')');
DROP SCHEMA book_z;
DROP SCHEMA book_x, book_y, book_x_report, book_y_report CASCADE;
DROP OWNED BY regress_open_owner, regress_open_reader, regress_open_engine;
DROP ROLE regress_open_owner, regress_open_reader, regress_open_engine;

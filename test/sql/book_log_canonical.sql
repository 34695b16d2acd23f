-- Canonical text of rows, and chains of hashes over it.
\set VERBOSITY terse
\i test/helpers.sql
CREATE TYPE book_mood AS ENUM ('glad "so"');
CREATE DOMAIN book_money AS numeric(10, 3);
CREATE TABLE book_row (a smallint, b int, c bigint, gone int, d numeric, e book_money, f real, g double precision, h boolean,
  i text, j varchar(9), k char(5), l name, m date, n uuid, o bytea, p text[], q book_mood);
ALTER TABLE book_row DROP COLUMN gone;
INSERT INTO book_row VALUES (-32768, 2147483647, -9223372036854775808, 12345678901234567890.1200, 1.5, 0.1, 0.1, true,
  E'a"b\\c\né', 'v ', 'c', 'n', '2026-01-31', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', '\x00ff5c', ARRAY['x,y', NULL, '"', ''], 'glad "so"'),
  (0, 0, 0, 'NaN', 0, 'NaN', '-Infinity', false, '', '', '', '', 'infinity', '00000000-0000-0000-0000-000000000000', '', '{}', NULL),
  (0, 0, 0, '-Infinity', 0, 1e30, 1e-300, false, '', '', '', '', '0044-03-15 BC', '00000000-0000-0000-0000-000000000000', '', '{}', NULL);
INSERT INTO book_row (a) VALUES (NULL);
SELECT row_layout(r) FROM book_row r LIMIT 1;
SELECT canonical_row(r, row_layout(r)) FROM book_row r;
-- It is JSON, with the values that PostgreSQL itself makes of the rows.
SELECT count(*) AS rows, bool_and(canonical_row(r, row_layout(r))::jsonb ->> 6 IS NOT DISTINCT FROM to_jsonb(r) ->> 'g') AS floats,
  bool_and(canonical_row(r, row_layout(r))::jsonb ->> 8 IS NOT DISTINCT FROM to_jsonb(r) ->> 'i') AS texts,
    bool_and(canonical_row(r, row_layout(r))::jsonb -> 15 IS NOT DISTINCT FROM to_jsonb(r) -> 'p') AS arrays
FROM book_row r;
-- Times in UTC, whatever the session shows; what is written reads back.
CREATE TABLE book_time AS SELECT t AT TIME ZONE 'UTC' AS a, t AS b
  FROM (SELECT timestamptz '2026-01-31 23:59:59.5+00' + i * interval '29 hours 13 minutes 7.000001 seconds' AS t
  FROM generate_series(-2000, 2000, 37) i
  UNION ALL SELECT unnest(ARRAY['infinity', '-infinity', '0044-03-15 12:00:00+00 BC', '4713-01-01 00:00:00+00 BC',
    '294276-12-31 23:59:59.999999+00', '2026-01-31 12:00:00.120000+00', NULL]::timestamptz[])) s;
SET timezone = 'Asia/Kathmandu';
SET datestyle = 'German';
SELECT canonical_row(r, row_layout(r)) FROM book_time r ORDER BY b DESC LIMIT 5;
SELECT canonical_row(r, row_layout(r)) FROM book_time r ORDER BY b LIMIT 3;
SELECT count(*), count(*) FILTER (WHERE (c ->> 0)::timestamp IS DISTINCT FROM a OR (c ->> 1)::timestamptz IS DISTINCT FROM b) AS other_read,
  count(*) FILTER (WHERE isfinite(b) AND b > '0001-01-02' AND c ->> 1 <> regexp_replace(to_char(b AT TIME ZONE 'UTC',
    'FMYYYY-MM-DD"T"HH24:MI:SS.US'), '\.?0*$', '') || '+00:00') AS other_text,
  count(*) FILTER (WHERE isfinite(b) AND c ->> 0 || '+00:00' <> replace(c ->> 1, ' BC', '') AND b > '0001-01-02') AS other_zone
    FROM (SELECT r.*, canonical_row(r, row_layout(r))::jsonb AS c FROM book_time r) s;
RESET timezone;
RESET datestyle;
SELECT credit_limit_internal.evidence_columns(row_layout(r)) FROM book_time r LIMIT 1;
DROP TABLE book_time;
-- Arrays of every shape have texts of their own, and read back as they are.
CREATE TABLE book_array (a text[]);
INSERT INTO book_array VALUES ('{}'), ('{a,b}'), ('[5:6]={a,b}'), ('{{a},{b}}'), ('{{a,b}}'), ('[0:1][2:2]={{a},{NULL}}'), ('{"[5:6]={a,b}"}'), (NULL);
SELECT canonical_row(r, row_layout(r)) FROM book_array r;
SELECT replace(credit_limit_internal.evidence_columns(row_layout(r)), '$1', 'canonical_row(r, row_layout(r))::jsonb') AS read FROM book_array r LIMIT 1 \gset
SELECT count(*) AS arrays, count(*) FILTER (WHERE s.a IS DISTINCT FROM s.was OR array_dims(s.a) IS DISTINCT FROM array_dims(s.was))
  AS otherwise FROM (SELECT :read, r.a AS was FROM book_array r) s;
DROP TABLE book_array;
-- Numbers of every size and scale, against what numeric prints.
SELECT count(*) AS numbers, count(*) FILTER (WHERE canonical_row(s, '[["x","numeric"]]') <> '[' || x || ']') AS different
FROM (SELECT round(sign * (m::numeric * 10::numeric ^ e), d) AS x FROM unnest(ARRAY[0, 1, 7, 10, 99, 10000, 12345678, 9999999999, 9223372036854775807]) m,
  generate_series(-20, 25) e, generate_series(0, 22) d, unnest(ARRAY[1, -1]) sign) s;
-- No setting has a say.
CREATE TABLE book_text AS SELECT a, canonical_row(r, row_layout(r)) AS text FROM book_row r;
SET datestyle = 'German, DMY'; SET extra_float_digits = -5; SET timezone = 'Asia/Shanghai'; SET bytea_output = 'escape';
  SET lc_numeric = 'C'; SET intervalstyle = 'iso_8601';
SELECT count(*) FROM (SELECT canonical_row(r, row_layout(r)) FROM book_row r EXCEPT SELECT text FROM book_text) s;
RESET datestyle; RESET extra_float_digits; RESET timezone; RESET bytea_output;
-- Rows of sub-selects, changing shapes in one call, and mistakes.
SELECT canonical_row(s, row_layout(s)) FROM (SELECT 1 AS x, 2.50 AS y) s;
SELECT row_layout(v) FROM (VALUES (1)) v(x) UNION ALL SELECT row_layout(v) FROM (VALUES (1.0)) v(x);
SELECT canonical_row(s, '[]') FROM (SELECT 1 AS x) s;
SELECT row_layout(s) FROM (SELECT interval '1 day' AS x) s;
SELECT row_layout(s) FROM (SELECT ARRAY[1] AS x) s;
SELECT canonical_row(NULL::book_row, '[]') IS NULL AS no_row, canonical_row(s, NULL) IS NULL AS no_layout FROM (SELECT 1 AS x) s;
-- scored_row() gives what SELECT with five more columns gives, also where rows of two types come in turn and one is altered.
SELECT count(*) AS rows, bool_and(row_layout(x) = row_layout(s) AND canonical_row(x, row_layout(x)) = canonical_row(s, row_layout(s))) AS same
FROM book_row w, LATERAL (SELECT w.*, 7 AS version_no, w.a IS NULL AS held_out, 600::float8 AS score, NULL::float8 AS pd, 3 AS allocation_id) s,
  LATERAL (SELECT credit_limit_internal.scored_row(w, 7, w.a IS NULL, 600, NULL, 3) AS x OFFSET 0) o;
SELECT canonical_row(r, row_layout(r)) FROM (SELECT CASE WHEN i % 2 = 0 THEN credit_limit_internal.scored_row(s, i, NULL, NULL, 0.5, NULL)
  ELSE credit_limit_internal.scored_row(t, i, false, 1, NULL, i) END AS r FROM generate_series(1, 3) i, (SELECT 1 AS x) s, (SELECT 'a' AS y, 2 AS z) t) q;
-- The same for every alignment of the row's end, and for every NULL among the five and in the row.
SELECT count(*) AS rows, count(*) FILTER (WHERE canonical_row(x, row_layout(x)) IS DISTINCT FROM canonical_row(s, row_layout(s))) AS differ
FROM generate_series(0, 31) n, generate_series(0, 9) wide,
  LATERAL (SELECT 1::int2 AS a, CASE WHEN n < 16 THEN repeat('x', wide) END AS b) w,
  LATERAL (SELECT CASE WHEN n & 1 = 0 THEN wide END AS i, CASE WHEN n & 2 = 0 THEN true END AS t, CASE WHEN n & 4 = 0 THEN 0.1::float8 END AS f,
    CASE WHEN n & 8 = 0 THEN -2.5::float8 END AS g,
    CASE WHEN n & 3 > 0 THEN n END AS l) v,
  LATERAL (SELECT w.*, v.i AS version_no, v.t AS held_out, v.f AS score, v.g AS pd, v.l AS allocation_id) s,
  LATERAL (SELECT credit_limit_internal.scored_row(w, v.i, v.t, v.f, v.g, v.l) AS x OFFSET 0) o;
-- A row that was stored before a column came is shorter than its type.
CREATE TABLE book_short AS SELECT 1 AS a;
ALTER TABLE book_short ADD COLUMN b text DEFAULT 'new', ADD COLUMN d int;
SELECT canonical_row(x, row_layout(x)) FROM book_short w, LATERAL (SELECT credit_limit_internal.scored_row(w, 7, true, 1, 0.5, 9) AS x OFFSET 0) o;
DROP TABLE book_short;
ALTER TABLE book_row DROP COLUMN c;
SELECT bool_and(row_layout(x) = row_layout(s)) AS same FROM book_row w, LATERAL (SELECT w.*, 7 AS version_no, true AS held_out, 1::float8 AS score,
  1::float8 AS pd, 9 AS allocation_id) s, LATERAL (SELECT credit_limit_internal.scored_row(w, 7, true, 1, 1, 9) AS x OFFSET 0) o;
SELECT credit_limit_internal.scored_row(NULL::book_row, 1, true, 1, 1, 1) IS NULL AS no_row;
DROP TABLE book_row, book_text; DROP DOMAIN book_money; DROP TYPE book_mood;

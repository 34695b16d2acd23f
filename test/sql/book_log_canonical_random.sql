-- Canonical text of random rows against what PostgreSQL's own to_json() prints, under all settings; read again; and told apart.
\set VERBOSITY terse
\i test/helpers.sql
SELECT setseed(0.6);
CREATE TYPE random_mood AS ENUM ('glad', 'sad "so"', E'back\\slash', '喜');
CREATE DOMAIN random_money AS numeric(30, 4);
CREATE DOMAIN random_note AS text CHECK (VALUE <> 'never');
CREATE DOMAIN random_deep AS random_money CHECK (VALUE > -1e30);
CREATE TYPE random_pair AS (a int, b text);
-- One of many, or nothing once in ten times.
CREATE FUNCTION pg_temp.pick(VARIADIC these anycompatiblearray) RETURNS anycompatible LANGUAGE sql AS $$ SELECT CASE WHEN random() > 0.1 THEN these[1 + floor(random() * array_length(these, 1))::int] END $$;
CREATE FUNCTION pg_temp.words() RETURNS text LANGUAGE sql AS $$
  SELECT CASE WHEN random() > 0.1 THEN (SELECT coalesce(string_agg((ARRAY['', ' ', '"', '\', '''', ',', '[', ']', '{', '}', 'null', 'NULL', 'NaN', '-0', '\u0041', '\"', '\\', '/', '$1', '%', '@', E'\n', E'\r', E'\t', E'\b', E'\f',
    E'\x01', E'\x1f', E'\x7f', 'é', '中', '😀', U&'\0301', U&'\2028', U&'\FEFF', 'Ä', '2026-01-31', '0', 'true'])[1 + floor(random() * 39)::int], ''), '') FROM generate_series(0, floor(random() * 6)::int) WHERE random() > 0.05) END $$;
CREATE TABLE random_row AS SELECT i AS id,
  pg_temp.pick(-32768, 32767, 0, -1, floor(random() * 60000 - 30000)::int)::smallint AS small,
  pg_temp.pick(-2147483648, 2147483647, 0, floor(random() * 2e9)::int) AS whole,
  pg_temp.pick(-9223372036854775808, 9223372036854775807, 0, floor(random() * 1e15)::bigint) AS big,
  pg_temp.pick('NaN'::numeric, 'Infinity', '-Infinity', 0, 0.00, 0.000000000000000000000001, 1.5, 1.50, -1.500, 1e100, -1e-100, 92233720368547758.07, 92233720368547758.08, 0.9223372036854775807, -9223372036854775808,
    round((random() - 0.5)::numeric * 10::numeric ^ floor(random() * 40)::int, floor(random() * 30)::int),
    round((random() - 0.5)::numeric * 10::numeric ^ floor(random() * 10)::int, 2)) AS amount,
  pg_temp.pick(0, 12.3456, -99999.9, round(random()::numeric * 1e6, 5))::random_money AS money,
  pg_temp.pick(0, 12.3456, -99999.9, round(random()::numeric * 1e6, 5))::random_deep AS deep,
  pg_temp.pick('NaN'::float8, 'Infinity', '-Infinity', 0, '-0', 0.1, 1e-45, 3.4028235e38, 16777217, random(), -random() * 10.0 ^ floor(random() * 60 - 30))::real AS thin,
  pg_temp.pick('NaN'::float8, 'Infinity', '-Infinity', 0, '-0', 0.1, 5e-324, 1.7976931348623157e308, 2.2250738585072014e-308, 9007199254740993, 1e15, 1e16, 1e-5, 1e-4, random(), -random() * 10::float8 ^ floor(random() * 600 - 300)) AS real,
  pg_temp.pick(true, false) AS flag, pg_temp.words() AS words, pg_temp.words()::varchar(12) AS short, pg_temp.words()::char(8) AS padded, pg_temp.words()::name AS named,
  pg_temp.words()::random_note AS note,
  pg_temp.pick(DATE 'infinity', '-infinity', '4713-01-01 BC', '4714-11-24 BC', '0001-12-31 BC', '0001-01-01', '0099-12-31', '1582-10-10', '1999-02-03', '2000-02-29', '9999-12-31', '10000-01-01', '5874897-12-31',
    DATE '2000-01-01' + floor(random() * 40000 - 20000)::int, '0001-01-01'::date + floor(random() * 4000000 - 1000000)::int) AS day,
  pg_temp.pick(gen_random_uuid(), '00000000-0000-0000-0000-000000000000') AS uuid,
  pg_temp.pick(''::bytea, '\x00', '\x5c78', sha256(i::text::bytea), substr(sha256(i::text::bytea), 1, floor(random() * 32)::int)) AS bytes,
  CASE WHEN random() > 0.1 THEN ARRAY(SELECT pg_temp.words() FROM generate_series(1, floor(random() * 5)::int) WHERE random() > 0.01) END AS list,
  pg_temp.pick('glad'::text, 'sad "so"', E'back\\slash', '喜')::random_mood AS mood
FROM generate_series(1, 500) i;
CREATE TABLE random_text AS SELECT id, canonical_row(r, row_layout(r)) AS text, row_layout(r) AS layout FROM random_row r;
-- What is read again: without the sign of a zero, which jsonb does not keep.
CREATE TABLE random_read AS SELECT * FROM random_row;
UPDATE random_read SET thin = thin + 0::real, real = real + 0;

-- The source that is not ours: to_json() of every value, in its own settings; hexadecimal of bytes; char(n) without its padding.
SELECT count(*) AS rows, count(*) FILTER (WHERE t.text IS DISTINCT FROM '[' || concat_ws(',', id, coalesce(to_json(small)::text, 'null'), coalesce(to_json(whole)::text, 'null'), coalesce(to_json(big)::text, 'null'),
    coalesce(to_json(amount)::text, 'null'), coalesce(to_json(money)::text, 'null'), coalesce(to_json(deep)::text, 'null'), coalesce(to_json(thin)::text, 'null'), coalesce(to_json(real)::text, 'null'),
    coalesce(to_json(flag)::text, 'null'), coalesce(to_json(words)::text, 'null'), coalesce(to_json(short)::text, 'null'), coalesce(to_json(padded::text)::text, 'null'), coalesce(to_json(named)::text, 'null'),
    coalesce(to_json(note)::text, 'null'), coalesce(to_json(day)::text, 'null'), coalesce(to_json(uuid)::text, 'null'), coalesce('"\\x' || encode(bytes, 'hex') || '"', 'null'),
    coalesce(array_to_json(list)::text, 'null'), coalesce(to_json(mood)::text, 'null')) || ']') AS different
FROM random_row r JOIN random_text t USING (id);
SELECT count(*) FILTER (WHERE text LIKE '%"NaN"%') > 50 AS nan, count(*) FILTER (WHERE text LIKE '%"-Infinity"%') > 50 AS infinities, count(*) FILTER (WHERE text LIKE '% BC"%') > 50 AS before_christ,
  count(*) FILTER (WHERE text LIKE '%,-0,%') > 20 AS negative_zero, count(*) FILTER (WHERE text LIKE '%null%') > 300 AS nulls, count(*) FILTER (WHERE text LIKE '%\\u0001%' OR text LIKE '%\\u001f%') > 50 AS control, count(*) FILTER (WHERE text LIKE '%😀%') > 50 AS unicode
FROM random_text;

-- It is read again as it was, and no setting has a say, in writing or in reading.
CREATE FUNCTION pg_temp.under_settings(OUT settings bigint, OUT written_otherwise bigint, OUT read_otherwise bigint) LANGUAGE plpgsql AS $$
DECLARE
  style text; digits text; bytes text; zone text;
  n bigint;
  may_be_off CONSTANT boolean := current_setting('server_version_num')::int < 190000; -- of standard_conforming_strings
  read text := (SELECT credit_limit_internal.evidence_columns(layout) FROM random_text LIMIT 1);
BEGIN
  settings := 0; written_otherwise := 0; read_otherwise := 0;
  FOREACH style IN ARRAY ARRAY['ISO, MDY', 'ISO, DMY', 'ISO, YMD', 'SQL, DMY', 'SQL, MDY', 'German, DMY', 'Postgres, MDY', 'Postgres, YMD'] LOOP
    FOREACH digits IN ARRAY ARRAY['-15', '0', '3'] LOOP
      bytes := CASE WHEN settings % 2 = 0 THEN 'escape' ELSE 'hex' END;
      zone := (ARRAY['UTC', 'Asia/Kathmandu', 'America/Caracas', 'Pacific/Apia'])[1 + settings % 4];
      PERFORM set_config('datestyle', style, true), set_config('extra_float_digits', digits, true), set_config('bytea_output', bytes, true), set_config('timezone', zone, true),
        set_config('intervalstyle', (ARRAY['iso_8601', 'postgres', 'sql_standard'])[1 + settings % 3], true), set_config('standard_conforming_strings', CASE WHEN settings % 5 = 0 AND may_be_off THEN 'off' ELSE 'on' END, true);
      settings := settings + 1;
      SELECT count(*) INTO n FROM random_row r JOIN random_text t USING (id) WHERE canonical_row(r, row_layout(r)) IS DISTINCT FROM t.text OR row_layout(r) <> t.layout;
      written_otherwise := written_otherwise + n;
      EXECUTE format('SELECT count(*) FROM (SELECT t.*, n AS was FROM random_text t JOIN random_read n USING (id) OFFSET 0) t CROSS JOIN LATERAL (SELECT %s) r WHERE row_layout(r) <> t.layout OR canonical_row(r, t.layout) IS DISTINCT FROM canonical_row(t.was, t.layout)',
        replace(read, '$1', 't.text::jsonb')) INTO n;
      read_otherwise := read_otherwise + n;
    END LOOP;
  END LOOP;
END $$;
SELECT * FROM pg_temp.under_settings();
RESET datestyle; RESET extra_float_digits; RESET bytea_output; RESET timezone; RESET intervalstyle; RESET standard_conforming_strings;

-- Different values have different texts, column by column; equal rows equal ones.
DO $$
DECLARE
  c record;
  n bigint;
BEGIN
  FOR c IN SELECT attname FROM pg_attribute WHERE attrelid = 'random_row'::regclass AND attnum > 0 LOOP
    EXECUTE format('SELECT count(*) FROM (SELECT canonical_row(s, row_layout(s)) AS text FROM (SELECT %1$I FROM random_row) s GROUP BY 1 HAVING count(DISTINCT %1$I) + count(*) FILTER (WHERE %1$I IS NULL) > CASE WHEN bool_and(%1$I IS NULL) THEN count(*) ELSE 1 END) x', c.attname) INTO n;
    IF n > 0 THEN
      RAISE WARNING 'column % has % texts for several values', c.attname, n;
    END IF;
  END LOOP;
END $$;
SELECT count(*) AS rows, count(DISTINCT t.text) AS texts FROM random_text t;
SELECT count(*) AS otherwise FROM (SELECT canonical_row(r, row_layout(r)) AS text FROM (SELECT * FROM random_row ORDER BY id DESC) r EXCEPT SELECT text FROM random_text) s;
-- The boundaries between values cannot be moved: one text, one list of values.
SELECT count(DISTINCT canonical_row(s, row_layout(s))) AS different FROM (VALUES ('a', 'b,c'), ('a,b', 'c'), ('a","b', 'c'), ('a', 'b","c'), ('a\', '"b'), ('', 'a,b,c'), (NULL, 'null'), ('null', NULL), (NULL, NULL), ('', '')) s(x, y);
SELECT count(DISTINCT canonical_row(s, row_layout(s))) AS different FROM (VALUES ('{}'::text[]), ('{""}'), ('{NULL}'), ('{null,NULL}'), ('{"null"}'), ('{"a,b"}'), ('{a,b}'), ('{"a\",\"b"}'), (NULL)) s(x);

-- Types without canonical text, at any depth, are a clean error that names the column.
CREATE FUNCTION pg_temp.refused(type text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  detail text;
BEGIN
  EXECUTE format('SELECT row_layout(s) FROM (SELECT 1 AS a, NULL::%s AS b) s', type);
  RETURN 'accepted';
EXCEPTION WHEN datatype_mismatch THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
  RETURN SQLERRM || ': ' || detail;
END $$;
SELECT pg_temp.refused(t) FROM unnest(ARRAY['time', 'timetz', 'interval', 'json', 'jsonb', 'xml', 'money', 'inet', 'bit(3)', 'oid', '"char"', 'point', 'int[]', 'numeric[]', 'varchar[]', 'date[]', 'random_mood[]', 'random_pair', 'random_pair[]', 'int4range', 'regclass']) t;

-- No layout but its own is accepted: every mutation of it is the same error, and never read beyond its end.
DO $$
DECLARE
  r random_row;
  layout text;
  mutant text;
  at int;
  refused int := 0;
  tried int := 0;
BEGIN
  SELECT * INTO r FROM random_row WHERE id = 1;
  layout := row_layout(r);
  FOR i IN 1 .. 5000 LOOP
    at := 1 + floor(random() * length(layout))::int;
    mutant := CASE i % 5 WHEN 0 THEN left(layout, at - 1) WHEN 1 THEN overlay(layout placing chr(32 + floor(random() * 90)::int) FROM at FOR 1) WHEN 2 THEN overlay(layout placing '' FROM at FOR 1 + i % 7)
      WHEN 3 THEN left(layout, at) || substr(layout, at, 1 + i % 9) || substr(layout, at + 1) ELSE layout || left(layout, at) END;
    CONTINUE WHEN mutant = layout;
    tried := tried + 1;
    BEGIN
      PERFORM canonical_row(r, mutant);
    EXCEPTION WHEN datatype_mismatch THEN
      refused := refused + 1;
    END;
  END LOOP;
  IF tried < 4900 OR refused <> tried THEN
    RAISE WARNING '% of % layouts were refused', refused, tried;
  END IF;
END $$;

-- A book with tables of a lender whose names and comments would break YAML, or be executed by dbt.
CREATE EXTENSION credit_limit;
SELECT credit_limit.create_book('book_d');
CREATE TABLE book_d."Größe: {{ 1 / 0 }} 'a' ""b"" \ #1" ("Key" int PRIMARY KEY,
  "no: yes" text UNIQUE, " - x" numeric(12,2)[], "{% raw" text NOT NULL);
CREATE TABLE book_d.child (parent int NOT NULL REFERENCES book_d."Größe: {{ 1 / 0 }} 'a' ""b"" \ #1", a int, b int, account_id bigint
  REFERENCES book_d.account, UNIQUE (a, b));
CREATE TABLE book_d.part (day date PRIMARY KEY) PARTITION BY RANGE (day);
CREATE TABLE book_d.part_1 PARTITION OF book_d.part FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE VIEW book_d."true" AS SELECT 1 AS "null", 2 AS "2026-01-01";
COMMENT ON VIEW book_d."true" IS
  E'two\nlines: {{ env_var("HOME") }} {# gone #} {{{ {{% -- ''single'' "double" \\ back\\nslash\t#hash & *star !tag | > %percent @at `tick`\n';
COMMENT ON SCHEMA book_d IS '这是一本书: 𝄞';
-- Every character of the basic plane but NUL and surrogates, 256 in a comment.
SELECT format('CREATE TABLE book_d.chars (%s)', string_agg(format('c%s int', i), ', ')) FROM generate_series(0, 255) i \gexec
SELECT format('COMMENT ON COLUMN book_d.chars.c%s IS %L', i, (SELECT string_agg(chr(c), '' ORDER BY c)
  FROM generate_series(greatest(1, 256 * i), 256 * i + 255) c WHERE c NOT BETWEEN 55296 AND 57343) || '.')
FROM generate_series(0, 255) i \gexec

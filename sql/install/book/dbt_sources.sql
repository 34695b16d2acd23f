-- A book as sources of dbt: its tables and reports, described by their comments, with the tests that its constraints promise.

-- a text as a double-quoted scalar of YAML, which dbt reads as that text; code: it is to be run by Jinja
CREATE FUNCTION credit_limit_internal.yaml(value text, code boolean DEFAULT false) RETURNS text
LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  -- dbt renders what it reads with Jinja.
  quoted CONSTANT text := to_json(CASE WHEN code THEN value
    ELSE regexp_replace(value, '\{([{%#])', '{{ ''{\1'' }}', 'g') END)::text;
  -- What JSON may contain and YAML may not, or takes for the end of a line.
  unsafe CONSTANT text := CASE WHEN getdatabaseencoding() = 'UTF8' THEN '[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]'
    ELSE '\u007f' END;
BEGIN
  IF quoted !~ unsafe THEN
    RETURN quoted;
  END IF;
  RETURN (SELECT string_agg(CASE WHEN c.c ~ unsafe THEN '\u' || lpad(to_hex(ascii(c.c)), 4, '0') ELSE c.c END, '' ORDER BY c.n)
    FROM regexp_split_to_table(quoted, '') WITH ORDINALITY c(c, n));
END
$$;

-- a sources.yml of dbt (1.8 and later) for a book: its tables and reports that the current role may read, with their columns and
-- types, descriptions from their comments, and tests: not_null, unique and relationships, from constraints on one column.
-- Partitions are left out, their table is there. dbt executes nothing that stands in a name or comment. Errors: no such book
-- (3F000, 42P01), no right on it (42501), NULL (22004)
CREATE FUNCTION credit_limit.dbt_sources(book text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  RETURN (WITH source AS (
      SELECT n.oid, n.nspname, n.nspname <> book AS is_report FROM pg_namespace n
      WHERE n.nspname IN (book, book || '_report')),
    relation AS (
      SELECT c.oid, c.relname, s.oid AS source, s.nspname
      FROM source s JOIN pg_class c ON c.relnamespace = s.oid
      WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND has_any_column_privilege(c.oid, 'SELECT')),
    -- conkey is an array; of one column, that column.
    key AS (
      SELECT k.conrelid, k.conkey[1] AS place, k.contype, k.confrelid, t.relname, t.nspname, quote_ident(f.attname) AS field,
        has_column_privilege(f.attrelid, f.attnum, 'SELECT') AS readable
      FROM pg_constraint k LEFT JOIN relation t ON t.oid = k.confrelid
      LEFT JOIN pg_attribute f ON f.attrelid = k.confrelid AND f.attnum = k.confkey[1]
      WHERE cardinality(k.conkey) = 1),
    test AS (
      SELECT a.attrelid, a.attnum, 1 AS place, '- not_null' AS test FROM pg_attribute a WHERE a.attnotnull
      UNION SELECT k.conrelid, k.place, 2, '- unique' FROM key k WHERE k.contype IN ('p', 'u')
      UNION SELECT k.conrelid, k.place, 3, format(E'- relationships:\n                  to: %s\n                  field: %s',
        credit_limit_internal.yaml(format('source(''%s'', ''%s'')', regexp_replace(k.nspname, '([\\''])', '\\\1', 'g'),
          regexp_replace(k.relname, '([\\''])', '\\\1', 'g')), true), credit_limit_internal.yaml(k.field))
      FROM key k WHERE k.contype = 'f' AND k.relname IS NOT NULL AND k.readable),
    described AS (
      SELECT a.attrelid, string_agg(format(E'          - name: %s\n', credit_limit_internal.yaml(a.attname::text))
          || coalesce('            description: ' || credit_limit_internal.yaml(col_description(a.attrelid, a.attnum))
            || E'\n', '')
          || format(E'            data_type: %s\n', credit_limit_internal.yaml(format_type(a.atttypid, a.atttypmod)))
          || CASE WHEN quote_ident(a.attname) <> a.attname THEN E'            quote: true\n' ELSE '' END
          || coalesce((SELECT E'            data_tests:\n'
            || string_agg(format(E'              %s\n', t.test), '' ORDER BY t.place, t.test COLLATE "C")
            FROM test t WHERE t.attrelid = a.attrelid AND t.attnum = a.attnum), ''), '' ORDER BY a.attnum) AS columns
      FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE has_column_privilege(r.oid, a.attnum, 'SELECT') GROUP BY a.attrelid)
    SELECT E'version: 2\nsources:\n' || string_agg(format(E'  - name: %s\n', credit_limit_internal.yaml(s.nspname::text))
      || coalesce('    description: ' || credit_limit_internal.yaml(obj_description(s.oid, 'pg_namespace')) || E'\n', '')
      || E'    tables:\n' || (SELECT string_agg(format(E'      - name: %s\n', credit_limit_internal.yaml(r.relname::text))
          || coalesce('        description: ' || credit_limit_internal.yaml(obj_description(r.oid, 'pg_class')) || E'\n', '')
          || E'        columns:\n' || d.columns, '' ORDER BY r.relname COLLATE "C")
        FROM relation r JOIN described d ON d.attrelid = r.oid WHERE r.source = s.oid), '' ORDER BY s.is_report)
    FROM source s WHERE EXISTS (SELECT FROM relation r WHERE r.source = s.oid));
END
$$;

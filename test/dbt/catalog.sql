SET search_path = book_d;
-- What the sources are to say, from information_schema, the comments and the definitions of foreign keys, as JSON:
-- source, table, column, type, description, tests.
SELECT jsonb_agg(jsonb_build_array(c.table_schema, c.table_name, c.column_name,
  format_type(a.atttypid, a.atttypmod), col_description(a.attrelid, a.attnum),
  obj_description(a.attrelid, 'pg_class'), obj_description(c.table_schema::regnamespace, 'pg_namespace'),
  c.is_nullable = 'NO', EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisunique AND i.indnkeyatts = 1
    AND i.indpred IS NULL AND i.indkey[0] = a.attnum AND EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)),
  (SELECT jsonb_agg(jsonb_build_array(k.confrelid::regclass::text, f.m[3]))
    FROM pg_constraint k, regexp_match(pg_get_constraintdef(k.oid), '^FOREIGN KEY \(("?)([^,]*)\1\) REFERENCES .*\(([^,()]*)\)') f(m)
    WHERE k.conrelid = a.attrelid AND k.contype = 'f' AND f.m[2] = c.column_name)))
FROM information_schema.columns c
JOIN pg_attribute a ON a.attrelid = format('%I.%I', c.table_schema, c.table_name)::regclass AND a.attname = c.column_name
JOIN pg_class t ON t.oid = a.attrelid AND NOT t.relispartition
WHERE c.table_schema IN ('book_d', 'book_d_report');

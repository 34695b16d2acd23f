-- What counts.sql and round.sql begin with: what they were given, the agreement, and the rows, each checked before it is used.
\set QUIET 1
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
\pset null ''
SET client_min_messages = notice;
\ir checks.sql
\if :{?lender}
\else
	\set lender ''
\endif
\if :{?folder}
\else
	\set folder ''
\endif
\if :{?rows}
\else
	\set rows ''
\endif
\if :{?accept}
\else
	\set accept ''
\endif
SELECT pg_temp.refuse('something was not given', format('Given are lender "%s", folder "%s" and rows "%s".', :'lender', :'folder', :'rows'),
  'For example: psql -d bank -v lender=a -v folder=files -v rows=application -f counts.sql') WHERE '' IN (:'lender', :'folder', :'rows');
-- Files say which version wrote them. A change of what they hold gets the next format.
SELECT jsonb_build_object('format', 1, 'extension', extversion) AS version FROM pg_extension WHERE extname = 'credit_limit' \gset
\set agreement `cat :'folder'/agreement.json 2> /dev/null`
SELECT pg_temp.refuse('there is no agreement', format('The folder "%s" has no file agreement.json.', :'folder'),
  'All lenders have the same: begin with that of demo/together.') WHERE :'agreement' = '';

SELECT pg_temp.check_agreement(:'agreement');
SELECT pg_temp.refuse(format('the agreement has no lender "%s"', :'lender'), format('It has %s.', :'agreement'::jsonb -> 'lenders'),
  'Write your name as all have agreed on it.') WHERE NOT :'agreement'::jsonb -> 'lenders' ? :'lender';

-- The rows: numbers are read once, without a copy of anything else. A name of a table is made whole, since tables follow that could hide it.
SELECT pg_temp.refuse(format('there is no table "%s"', :'rows'), format('The role is %s.', current_user),
  'Give a table or view with borrower_id, defaulted and the characteristics.') WHERE to_regclass(:'rows') IS NULL;
SELECT format('%I.%I', n.nspname, c.relname) AS rows FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass(:'rows') \gset
-- What tells two lenders of one name apart, and one of two names: a digest of the server, the database and the table, of no borrower.
SELECT md5(format('%s %s %s', c.system_identifier, d.oid, :'rows')) AS source FROM pg_control_system() c, pg_database d WHERE d.datname = current_database() \gset
CREATE TEMP TABLE lender AS SELECT l.place, l.name FROM jsonb_array_elements_text(:'agreement'::jsonb -> 'lenders') WITH ORDINALITY l (name, place);
CREATE TEMP TABLE characteristic AS
SELECT c.place, c.v ->> 'name' AS name, c.v ->> 'unit' AS unit,
  ARRAY(SELECT s.v::text::float8 FROM jsonb_array_elements(c.v -> 'splits') WITH ORDINALITY s (v, i) ORDER BY s.i) AS splits
FROM jsonb_array_elements(:'agreement'::jsonb -> 'characteristics') WITH ORDINALITY c (v, place);
SELECT pg_temp.refuse(format('column "%s" of %s is %s', k.name, :'rows', coalesce(format_type(a.atttypid, a.atttypmod), 'not there')),
  format('It is to be %s.', k.needed), 'Make a view that has it, and give its name as rows.')
FROM (SELECT 0 AS place, 'borrower_id' AS name, 'bigint, or another whole number: number the borrowers where it is something else' AS needed
  UNION ALL SELECT 0, 'defaulted', 'boolean, or a number that is 0 or 1'
  UNION ALL SELECT c.place, c.name, 'a number: bands are intervals' FROM characteristic c) k
LEFT JOIN pg_attribute a ON a.attrelid = to_regclass(:'rows') AND a.attname = k.name AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_type t ON t.oid = a.atttypid
WHERE CASE k.name WHEN 'borrower_id' THEN a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
  WHEN 'defaulted' THEN t.typcategory IN ('B', 'N') ELSE t.typcategory = 'N' END IS NOT TRUE ORDER BY k.place LIMIT 1;
SELECT CASE typcategory WHEN 'B' THEN 'r.defaulted::boolean::text' ELSE 'trim_scale(r.defaulted::numeric)::text' END AS event FROM pg_type
WHERE oid = (SELECT atttypid FROM pg_attribute WHERE attrelid = to_regclass(:'rows') AND attname = 'defaulted') \gset
SELECT string_agg(format('r.%I::float8', c.name), ', ' ORDER BY c.place) AS columns FROM characteristic c \gset
CREATE TEMP TABLE applicant AS SELECT r.borrower_id::bigint AS borrower_id, :event AS event, ARRAY[:columns] AS x FROM :rows r;
ANALYZE applicant;
SELECT pg_temp.refuse('an outcome is neither 0 nor 1', format('"defaulted" of borrower %s is %s.', borrower_id, coalesce(event, 'NULL')),
  'Leave out borrowers whose outcome is not known, in a view.') FROM applicant
WHERE event IN ('true', 'false', '0', '1') IS NOT TRUE LIMIT 1;
SELECT pg_temp.refuse('a borrower is there twice, or is NULL', format('borrower_id %s has %s rows.', coalesce(borrower_id::text, 'NULL'), count(*)),
  'Leave one row of each borrower, in a view.') FROM applicant GROUP BY borrower_id HAVING count(*) > 1 OR borrower_id IS NULL LIMIT 1;
-- Bands by the binning that scores later, so that each value, NaN too, is counted where it is scored. The last bin is that of missing values.
CREATE TEMP TABLE applicant_band AS
SELECT a.borrower_id, a.event IN ('true', '1') AS defaulted, c.place, CASE WHEN b.id > cardinality(c.splits) + 1 THEN 'missing' ELSE (b.id - 1)::text END AS label
FROM applicant a, characteristic c,
  LATERAL (SELECT credit_limit.bin_id(credit_limit.fixed_binning(c.splits), a.x[c.place]) AS id) b;
SELECT format('%s%s: %s', c.name, ' (' || c.unit || ')', array_to_string(ARRAY(SELECT pg_temp.band(c.splits, i::text)
  FROM generate_series(0, cardinality(c.splits)) i), ', ')) FROM characteristic c ORDER BY c.place;

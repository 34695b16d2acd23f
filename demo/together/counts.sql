-- A lender's first file: his borrowers by band and outcome, for each characteristic of the agreement, without small cells.
--
--	psql -d bank -v lender=a -v folder=files -v rows=application -f counts.sql
--
-- rows: a table or view with borrower_id (a whole number, no borrower twice), defaulted (boolean, or 0 and 1) and the characteristics,
-- which are numbers. It only reads it, and writes files/counts_a.json, which goes to the others.
\set ON_ERROR_STOP 1
\ir files.sql
CREATE TEMP TABLE released AS
SELECT c.place, c.name, c.splits, credit_limit.suppress(credit_limit.disclosure_table_agg(b.label, b.defaulted::text, b.borrower_id),
  coalesce(:'agreement'::jsonb -> 'rule', '{}')) AS cells
FROM characteristic c JOIN applicant_band b ON b.place = c.place GROUP BY c.place, c.name, c.splits;
SELECT pg_temp.refuse('there are no rows', format('%s is empty.', :'rows'), 'Give the table of all borrowers whose outcome is known.')
WHERE NOT EXISTS (SELECT FROM released);
SELECT pg_temp.refuse('some bands have too few borrowers', string_agg(format('%s %s, %s', r.name, coalesce(pg_temp.band(r.splits, c.row_label), 'in all'),
  CASE c.column_label WHEN 'true' THEN 'defaulted' WHEN 'false' THEN 'not defaulted' ELSE 'in all' END), '; ' ORDER BY r.place) || ' (or hidden to protect these).',
  'Agree on wider bands.') FROM released r, credit_limit.released_cells(r.cells) c WHERE c.n IS NULL HAVING count(*) > 0;
SELECT pg_temp.check_unit(r.name, :'lender', r.splits, r.cells) FROM released r ORDER BY r.place;

SELECT pg_temp.refuse('the sums of the rounds would tell of few borrowers', t.detail,
  'Agree on wider bands or more characteristics, or exchange secret shares of the sums. To send them all the same: -v accept=small_cells')
FROM pg_temp.told_of_few(coalesce((:'agreement'::jsonb #>> '{rule,minimum_frequency}')::int, 5)) t (detail)
WHERE :'accept' <> 'small_cells' AND t.detail IS NOT NULL;
-- What was sent cannot be taken back: a second table of the same borrowers must not be subtracted from the first.
SELECT :'version'::jsonb || jsonb_build_object('agreement', :'agreement'::jsonb, 'lender', :'lender', 'source', :'source',
  'counts', jsonb_object_agg(r.name, r.cells)) AS counts
FROM released r \gset
\set before `cat :'folder'/counts_:'lender'.json 2> /dev/null`
SELECT format('counts_%s.json', :'lender') AS name, :'before' <> '' AS there \gset
\if :there
	SELECT pg_temp.check_version(:'name', pg_temp.parse(:'name', :'before'), :'version');
	SELECT pg_temp.check_own(:'name', :'before', :'source');
	SELECT pg_temp.check_again(:'name', :'before', :'counts');
\endif
\set file :folder '/counts_' :lender '.json'
\o :file
SELECT :'counts'::jsonb;
\o
\echo 'Send' :file 'to the others when all of them have theirs.'

-- A lender's first file: his borrowers by band and outcome, for each characteristic of the agreement, without small cells.
--
--	psql -d bank -v lender=a -v folder=files -v rows=application -f counts.sql
--
-- rows: a table or view with borrower_id, defaulted (boolean) and the characteristics. It only reads it, and writes
-- files/counts_a.json, which goes to the others.
\ir files.sql
\if :known
\else
	\warn 'The agreement has no lender' :lender
	DO $$ BEGIN RAISE EXCEPTION 'nothing was done'; END $$;
\endif
CREATE TEMP TABLE released AS
SELECT c.name, credit_limit.suppress(credit_limit.disclosure_table_agg(
    coalesce(width_bucket((to_jsonb(r) ->> c.name)::float8, c.splits)::text, 'missing'), r.defaulted::text, r.borrower_id),
  coalesce(:'agreement'::jsonb -> 'rule', '{}')) AS cells
FROM characteristic c, :rows r GROUP BY c.name;
SELECT coalesce(string_agg(DISTINCT r.name, ', '), '') AS hidden FROM released r, credit_limit.released_cells(r.cells) c WHERE c.n IS NULL \gset
SELECT :'hidden' <> '' AS small \gset
\if :small
	\warn 'Some bands have too few borrowers. Agree on wider bands of' :hidden
	DO $$ BEGIN RAISE EXCEPTION 'nothing was done'; END $$;
\endif
\set file :folder '/counts_' :lender '.json'
\o :file
SELECT jsonb_build_object('agreement', :'agreed', 'lender', :'lender', 'counts', jsonb_object_agg(r.name, r.cells)) FROM released r;
\o
\echo 'Send' :file 'to the others.'

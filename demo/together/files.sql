-- What counts.sql and round.sql begin with: what they were given, and the agreement.
\set ON_ERROR_STOP 1
\set QUIET 1
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
\set agreement `cat :'folder'/agreement.json`
SELECT md5(:'agreement'::jsonb::text) AS agreed, :'agreement'::jsonb -> 'lenders' ? :'lender' AS known \gset
CREATE TEMP TABLE characteristic AS
SELECT c.place, c.v ->> 'name' AS name, ARRAY(SELECT s.v::float8 FROM jsonb_array_elements(c.v -> 'splits') WITH ORDINALITY s(v, i) ORDER BY s.i) AS splits
FROM jsonb_array_elements(:'agreement'::jsonb -> 'characteristics') WITH ORDINALITY c(v, place);

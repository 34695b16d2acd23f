-- The last page of the demo.
\set step 'end'
\ir step.sql
\echo === How long it took ===
SELECT name AS step, to_char(extract(epoch FROM lead(started) OVER w - started), 'FM990.00') AS seconds
FROM step WINDOW w AS (ORDER BY started) ORDER BY started LIMIT (SELECT count(*) - 1 FROM step);

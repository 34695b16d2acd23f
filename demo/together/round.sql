-- A lender's next file, and in the end the card: to be run again whenever the files of the others have come.
--
--	psql -d bank -v lender=a -v folder=files -v rows=application -f round.sql
--
-- From the counts of all it makes the bins; from the sums of all at one set of coefficients the next; and it writes this
-- lender's own sums at those, files/step_3_a.json, which go to the others. All lenders compute the same, each for himself.
\set ON_ERROR_STOP 1
\ir files.sql
-- Each file as a line: its name, a tabulator, its content.
\set files `for f in :'folder'/counts_*.json :'folder'/step_*.json; do [ ! -f "$f" ] || printf '%s\t%s\n' "$(basename "$f")" "$(tr '\n\r\t' '   ' < "$f")"; done`
CREATE TEMP TABLE file AS SELECT split_part(f.line, E'\t', 1) AS name, pg_temp.parse(split_part(f.line, E'\t', 1), split_part(f.line, E'\t', 2)) AS v
FROM string_to_table(:'files', E'\n') f (line) WHERE f.line <> '';

-- What is no file of this version and agreement, by its name.
SELECT pg_temp.check_version(name, v, :'version') FROM file;
SELECT pg_temp.refuse(format('file "%s" is not of a lender of the agreement', f.name), format('Its lender is "%s".', f.v ->> 'lender'),
  'Remove it from the folder.') FROM file f WHERE NOT EXISTS (SELECT FROM lender l WHERE l.name = f.v ->> 'lender') LIMIT 1;
SELECT pg_temp.refuse(format('file "%s" has another name than what is in it', f.name), format('It should be "%s".', f.should),
  'Remove it if it is a copy, else rename it.') FROM (SELECT name,
    CASE WHEN v ? 'counts' THEN 'counts_' ELSE format('step_%s_', v ->> 'round') END || (v ->> 'lender') || '.json' AS should FROM file) f
WHERE f.name <> f.should LIMIT 1;
SELECT pg_temp.refuse(format('file "%s" is by another agreement', f.name), format('%s is %s there and %s here.', d.what, coalesce(d.there, 'missing'),
  coalesce(d.here, 'missing')), 'Compare agreement.json, and begin again with counts.sql.')
FROM file f, LATERAL (SELECT coalesce(t.k, h.k) AS what, t.v AS there, h.v AS here
  FROM (SELECT k, v::text AS v FROM jsonb_each(f.v -> 'agreement') e (k, v) WHERE k <> 'characteristics'
    UNION ALL SELECT 'characteristic ' || (c.v ->> 'name'), format('%s, the number %s', c.v, c.i)
    FROM jsonb_array_elements(f.v #> '{agreement,characteristics}') WITH ORDINALITY c (v, i)) t
  FULL JOIN (SELECT k, v::text AS v FROM jsonb_each(:'agreement') e (k, v) WHERE k <> 'characteristics'
    UNION ALL SELECT 'characteristic ' || (c.v ->> 'name'), format('%s, the number %s', c.v, c.i)
    FROM jsonb_array_elements(:'agreement'::jsonb -> 'characteristics') WITH ORDINALITY c (v, i)) h ON h.k = t.k
  WHERE t.v IS DISTINCT FROM h.v) d WHERE f.v ? 'counts' AND jsonb_typeof(f.v -> 'agreement') = 'object' LIMIT 1;
SELECT pg_temp.refuse(format('file "%s" is by another agreement', f.name), 'It has none, or another one.', 'Have its lender begin again with counts.sql.')
FROM file f WHERE f.v ? 'counts' AND f.v -> 'agreement' IS DISTINCT FROM :'agreement'::jsonb LIMIT 1;

-- Two lenders of one name, and one of two names.
SELECT pg_temp.check_own(name, v, :'source') FROM file WHERE v ->> 'lender' = :'lender';
SELECT pg_temp.refuse(format('file "%s" is not by the lender of "%s"', f.name, c.name), format('Two lenders write as "%s", or one of them from two tables.',
  f.v ->> 'lender'), 'Each lender has a name of his own in agreement.json, and one table.')
FROM file f JOIN file c ON c.v ? 'counts' AND c.v -> 'lender' = f.v -> 'lender' WHERE f.v -> 'source' IS DISTINCT FROM c.v -> 'source' LIMIT 1;
SELECT pg_temp.refuse(format('files "%s" and "%s" are of the same table', f.name, g.name), 'Its borrowers would count twice.',
  'Each lender takes part under one name. Lenders in one database have tables of their own.')
FROM file f JOIN file g ON g.v ? 'counts' AND f.v ? 'counts' AND g.name > f.name AND g.v -> 'source' = f.v -> 'source' LIMIT 1;

-- The counts of all.
CREATE TEMP TABLE counts AS
SELECT l.place, l.name AS lender, f.name AS file, f.v -> 'counts' AS counts, c.n, c.n_event
FROM lender l JOIN file f ON f.v ->> 'lender' = l.name AND f.v ? 'counts', LATERAL pg_temp.check_counts(f.name, f.v,
  (SELECT jsonb_object_agg(name, splits) FROM characteristic)) c;
SELECT string_agg(format('counts_%s.json', l.name), ', ' ORDER BY l.place) AS missing, count(*) > 0 AS waits
FROM lender l WHERE l.name NOT IN (SELECT c.lender FROM counts c) \gset
\if :waits
	\echo 'Waiting for' :missing
	\q
\endif
SELECT pg_temp.refuse(format('the rows are not those of "%s"', c.file), format('There are %s rows with %s events; it has %s with %s.', r.n, r.n_event, c.n, c.n_event),
  'Give the same rows in all rounds, or begin again with counts.sql.')
FROM counts c, (SELECT count(*) AS n, count(*) FILTER (WHERE b.defaulted) AS n_event FROM applicant_band b WHERE b.place = 1) r
WHERE c.lender = :'lender' AND (r.n, r.n_event) <> (c.n, c.n_event);
SELECT pg_temp.check_unit(h.name, c.lender, h.splits, c.counts -> h.name) FROM counts c, characteristic h ORDER BY c.place, h.place;
SELECT md5(string_agg(format('%s %s', c.lender, c.counts), ' ' ORDER BY c.place) || (:'agreement'::jsonb)) AS counted FROM counts c \gset

-- The bins of all rows together. The lower end of a band stands for its borrowers: that is all that a binning needs.
CREATE TEMP TABLE bins AS
SELECT h.place, h.name, credit_limit.binning_refit(credit_limit.fixed_binning(h.splits), CASE b.row_label WHEN 'missing' THEN NULL
    WHEN '0' THEN h.splits[1] - 1 ELSE h.splits[b.row_label::int] END, b.column_label::boolean) AS binning
FROM characteristic h, counts c, credit_limit.released_cells(c.counts -> h.name) b, generate_series(1, b.n) k
WHERE b.row_label IS NOT NULL AND b.column_label IS NOT NULL GROUP BY h.place, h.name, h.splits;

-- The coefficients of each round of which all sums are there, intercept first. Sums that were made from other counts, or at other coefficients,
-- are refused: those here are the same for all lenders to the last digits.
SELECT pg_temp.refuse(format('file "%s" was made from other counts', f.name), 'A file of counts, or the agreement, is not the same at its lender.',
  'Compare these files, and have its lender run round.sql again.') FROM file f
WHERE NOT f.v ? 'counts' AND f.v -> 'counted' IS DISTINCT FROM to_jsonb(:'counted'::text) LIMIT 1;
CREATE TEMP TABLE step AS
SELECT f.name AS file, (f.v ->> 'round')::int AS round, c.place, c.lender, s.step, s.beta
FROM file f JOIN counts c ON c.lender = f.v ->> 'lender', LATERAL pg_temp.check_step(f.name, f.v, c.n, c.n_event,
    (SELECT 1 + count(*)::int FROM bins)) s
WHERE NOT f.v ? 'counts';
CREATE FUNCTION pg_temp.near(x float8[], y float8[]) RETURNS boolean LANGUAGE sql
RETURN cardinality(x) = cardinality(y) AND (SELECT bool_and(abs(a - b) <= 1e-9 * (1 + abs(a))) FROM unnest(x, y) u (a, b));
CREATE TEMP TABLE round AS
WITH RECURSIVE r AS (
  SELECT 1 AS round, array_fill(0::float8, ARRAY[1 + count(*)::int]) AS beta, NULL::float8 AS loglik, NULL::float8 AS change FROM bins
  UNION ALL
  SELECT r.round + 1, n.next_beta, n.loglik, (SELECT max(abs(x - y)) FROM unnest(r.beta, n.next_beta) u(x, y))
  FROM r, LATERAL (SELECT array_agg(s.step ORDER BY s.place) AS steps FROM step s WHERE s.round = r.round AND pg_temp.near(r.beta, s.beta)) s,
    credit_limit.logit_next(r.beta, s.steps) n
  WHERE cardinality(s.steps) = (SELECT count(*) FROM lender) AND r.change > 1e-10 IS NOT FALSE)
SELECT * FROM r;
SELECT pg_temp.refuse(format('file "%s" was made at other coefficients', s.file), format('Those of round %s are %s, and %s in the file.', r.round, r.beta, s.beta),
  'Compare the files of the rounds before, and have its lender run round.sql again.')
FROM round r JOIN step s USING (round) WHERE NOT pg_temp.near(r.beta, s.beta) AND r.change > 1e-10 IS NOT FALSE ORDER BY r.round, s.place LIMIT 1;
SELECT pg_temp.refuse('the likelihood falls', format('It is %s after round %s, and was %s before.', x.loglik, x.round - 1, x.before),
  'Some bins separate good from bad: agree on wider bands.')
FROM (SELECT round, loglik, lag(loglik) OVER (ORDER BY round) AS before FROM round) x WHERE x.loglik < x.before - 1e-9 * abs(x.before) LIMIT 1;
SELECT max(round) AS round, bool_or(change <= 1e-10) IS TRUE AS found FROM round \gset
\if :found
	\set file :folder '/card_' :lender '.json'
	\set report :folder '/report_' :lender '.json'
	CREATE TEMP TABLE card AS
	SELECT r.beta, r.loglik, credit_limit.scorecard_from_coefficients(r.beta[1], r.beta[2:], array_agg(b.name ORDER BY b.place),
	  array_agg(b.binning ORDER BY b.place)) AS card FROM round r, bins b WHERE r.round = :round GROUP BY r.beta, r.loglik;
	\o :file
	SELECT card FROM card;
	\o :report
	-- Standard errors are roots of the diagonal of the inverse of the information of all, at the coefficients of the last round.
	WITH total AS (SELECT array_agg(u.x ORDER BY u.i) AS information FROM (SELECT t.i, sum(t.x) AS x FROM step s, unnest((s.step).information)
	    WITH ORDINALITY t (x, i) WHERE s.round = :round - 1 GROUP BY t.i) u)
	SELECT jsonb_pretty(:'version'::jsonb || jsonb_build_object('agreement', :'agreement'::jsonb, 'n', (SELECT sum(n) FROM counts), 'n_event', (SELECT sum(n_event) FROM counts),
	  'rounds', :round - 1, 'loglik', c.loglik, 'card_md5', md5(c.card::text), 'never_seen', (SELECT coalesce(jsonb_object_agg(n.name, n.bins), '{}')
	    FROM (SELECT b.name, array_agg(t.bin ORDER BY t.bin_id) AS bins FROM bins b, credit_limit.binning_table(b.binning) t WHERE t.count = 0
	      GROUP BY b.name) n), 'coefficients', (SELECT jsonb_agg(jsonb_build_object('name', coalesce(b.name,
	    'intercept'), 'estimate', t.estimate, 'standard_error', sqrt((credit_limit_internal.logit_solve(total.information,
	    (SELECT array_agg((j = t.i)::int::float8 ORDER BY j) FROM generate_series(1, cardinality(c.beta)) j)))[t.i])) ORDER BY t.i)
	  FROM unnest(c.beta) WITH ORDINALITY t (estimate, i) LEFT JOIN bins b ON b.place = t.i - 1)))
	FROM card c, total;
	\o
	\echo 'The card is in' :file 'and what it rests on in' :report
	SELECT format('The md5 of the card is %s: compare it with the others by telephone.', md5(card::text)) FROM card;
	\q
\endif
\set file :folder '/step_' :round '_' :lender '.json'
\o :file
SELECT :'version'::jsonb || jsonb_build_object('agreement', md5((:'agreement'::jsonb)::text), 'counted', :'counted', 'lender', :'lender', 'source', :'source',
  'round', :round, 'beta', r.beta, 'step', to_jsonb(s.step) - 'checksum')
FROM round r, LATERAL (SELECT credit_limit.logit_newton_step(a.event IN ('true', '1'), a.woe, r.beta) AS step
  FROM (SELECT p.event, ARRAY(SELECT credit_limit.woe(b.binning, p.x[b.place])
    FROM bins b ORDER BY b.place) AS woe FROM applicant p) a) s WHERE r.round = :round;
\o
\echo 'Send' :file 'to the others.'
SELECT format('Then run this again. It waits for %s.', string_agg(format('step_%s_%s.json', :round, l.name), ', ' ORDER BY l.place))
FROM lender l WHERE l.name <> :'lender' AND NOT EXISTS (SELECT FROM step s WHERE s.round = :round AND s.lender = l.name) HAVING count(*) > 0;
SELECT 'Theirs are there: run this again.' WHERE NOT EXISTS (SELECT FROM lender l WHERE l.name <> :'lender'
  AND NOT EXISTS (SELECT FROM step s WHERE s.round = :round AND s.lender = l.name));

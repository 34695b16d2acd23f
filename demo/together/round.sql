-- A lender's next file, and in the end the card: to be run again whenever the files of the others have come.
--
--	psql -d bank -v lender=a -v folder=files -v rows=application -f round.sql
--
-- From the counts of all it makes the bins; from the sums of all at one set of coefficients the next; and it writes this
-- lender's own sums at those, files/step_3_a.json, which go to the others. All lenders compute the same, each for himself.
\ir files.sql
\if :known
\else
	\warn 'The agreement has no lender' :lender
	DO $$ BEGIN RAISE EXCEPTION 'nothing was done'; END $$;
\endif
\set files `cat :'folder'/counts_*.json :'folder'/step_*.json 2> /dev/null`
CREATE TEMP TABLE file AS SELECT f.line::jsonb AS v FROM string_to_table(:'files', E'\n') f(line) WHERE f.line <> '';

-- Files of another agreement, and those that are missing.
SELECT coalesce(string_agg(DISTINCT f.v ->> 'lender', ', '), '') AS others FROM file f WHERE f.v ->> 'agreement' <> :'agreed' \gset
SELECT :'others' = '' AS agreed_by_all \gset
\if :agreed_by_all
\else
	\warn 'There are files by another agreement, from lender' :others
	\warn 'Compare agreement.json, remove these files and begin with counts.sql.'
	DO $$ BEGIN RAISE EXCEPTION 'nothing was done'; END $$;
\endif
SELECT coalesce(string_agg(l.lender, ', '), '') AS missing FROM jsonb_array_elements_text(:'agreement'::jsonb -> 'lenders') l(lender)
WHERE NOT EXISTS (SELECT FROM file f WHERE f.v ? 'counts' AND f.v ->> 'lender' = l.lender) \gset
SELECT :'missing' = '' AS all_counted \gset
\if :all_counted
\else
	\echo 'Waiting for the counts of' :missing
	\q
\endif

-- The bins of all rows together. The lower end of a band stands for its borrowers: that is all that a binning needs.
CREATE TEMP TABLE bins AS
SELECT c.place, c.name, credit_limit.binning_refit(credit_limit.fixed_binning(c.splits), CASE b.row_label WHEN 'missing' THEN NULL
    WHEN '0' THEN c.splits[1] - 1 ELSE c.splits[b.row_label::int] END, b.column_label::boolean) AS binning
FROM characteristic c, file f, credit_limit.released_cells(f.v -> 'counts' -> c.name) b, generate_series(1, b.n) k
WHERE f.v ? 'counts' AND b.row_label IS NOT NULL AND b.column_label IS NOT NULL GROUP BY c.place, c.name, c.splits;

-- The coefficients of each round of which all sums are there, intercept first.
CREATE TEMP TABLE step AS
SELECT (f.v ->> 'round')::int AS round, f.v ->> 'lender' AS lender, jsonb_populate_record(NULL::credit_limit.logit_step, f.v -> 'step') AS step
FROM file f WHERE f.v ? 'step';
CREATE TEMP TABLE round AS
WITH RECURSIVE r AS (
  SELECT 1 AS round, array_fill(0::float8, ARRAY[1 + count(*)::int]) AS beta, NULL::float8 AS loglik, NULL::float8 AS change FROM bins
  UNION ALL
  SELECT r.round + 1, n.next_beta, n.loglik, (SELECT max(abs(x - y)) FROM unnest(r.beta, n.next_beta) u(x, y))
  FROM r, LATERAL (SELECT array_agg(s.step ORDER BY s.lender) AS steps FROM step s WHERE s.round = r.round) s,
    credit_limit.logit_next(r.beta, s.steps) n
  WHERE cardinality(s.steps) = jsonb_array_length(:'agreement'::jsonb -> 'lenders') AND r.change > 1e-10 IS NOT FALSE)
SELECT * FROM r;
SELECT max(round) AS round, (SELECT bool_or(change <= 1e-10) IS TRUE FROM round) AS found,
  EXISTS (SELECT FROM (SELECT loglik, lag(loglik) OVER (ORDER BY round) AS before FROM round) x
    WHERE x.loglik < x.before - 1e-9 * abs(x.before)) AS falls FROM round \gset
\if :falls
	\warn 'The likelihood falls: some bins separate good from bad. Agree on wider bands.'
	DO $$ BEGIN RAISE EXCEPTION 'nothing was done'; END $$;
\endif
\if :found
	\set file :folder '/card_' :lender '.json'
	\o :file
	SELECT credit_limit.scorecard_from_coefficients(r.beta[1], r.beta[2:], array_agg(b.name ORDER BY b.place),
	  array_agg(b.binning ORDER BY b.place)) FROM round r, bins b WHERE r.change <= 1e-10 GROUP BY r.beta;
	\o
	\echo 'The card is in' :file
	\q
\endif
SELECT coalesce(string_agg(l.lender, ', '), '') AS missing FROM jsonb_array_elements_text(:'agreement'::jsonb -> 'lenders') l(lender)
WHERE l.lender <> :'lender' AND :round > 1 AND NOT EXISTS (SELECT FROM step s WHERE s.round = :round AND s.lender = l.lender) \gset
\set file :folder '/step_' :round '_' :lender '.json'
\o :file
SELECT jsonb_build_object('agreement', :'agreed', 'lender', :'lender', 'round', :round, 'step', to_jsonb(s.step) - 'checksum')
FROM (SELECT credit_limit.logit_newton_step(x.defaulted, x.woe, r.beta) AS step
  FROM (SELECT a.defaulted, ARRAY(SELECT credit_limit.woe(b.binning, (to_jsonb(a) ->> b.name)::float8) FROM bins b ORDER BY b.place) AS woe
    FROM :rows a) x, (SELECT beta FROM round WHERE round = :round) r) s;
\o
\echo 'Send' :file 'to the others, and run this again when theirs have come.'

-- What the sums of a round tell of the joint table of two characteristics, by brute force. Random lenders have 2 by 2 or 2 by 3 cells. The attacker
-- is the other lender: he has the counts of each characteristic, and of the sums only the information of the first two rounds, and tries every joint
-- table that the counts allow. A cell of 1 to 9 borrowers is found out where no such table has 10 in it. Prints what is wrong; figures by -v figures=1.
SET search_path = credit_limit, public;
SET client_min_messages = warning;
\ir ../../demo/together/checks.sql
SELECT :'tables' = '' AS few \gset
\if :few
	\set tables 200
\endif
CREATE FUNCTION pg_temp.random(text) RETURNS float8 LANGUAGE sql
RETURN ('x' || substr(md5($1), 1, 8))::bit(32)::bigint / 4294967296.0;
-- Every second lender has at least 10 borrowers in a cell; the others have cells with fewer.
CREATE TEMP TABLE cell AS SELECT *, floor((n + 1) * (0.15 + 0.1 * i + 0.7 * pg_temp.random(format('bad %s %s %s %s', s, side, i, j))))::int AS bad
FROM (SELECT s, side, i, j, CASE WHEN s % 2 = 0 THEN 10 ELSE 2 END
    + floor(40 * pg_temp.random(format('n %s %s %s %s', s, side, i, j)))::int AS n
  FROM generate_series(1, :tables) s, unnest('{a,b}'::text[]) side, generate_series(0, 1) i, generate_series(0, 1 + s / 2 % 2) j) c;
CREATE TEMP TABLE borrower AS SELECT row_number() OVER () AS borrower_id, s, side, i, j, k <= bad AS bad FROM cell, generate_series(1, n) k;
-- those whose counts are sent: no cell of a characteristic and an outcome is below 10
CREATE TEMP TABLE sent AS SELECT s FROM (SELECT s, side, i, 0 AS j, bad, count(*) AS n FROM borrower GROUP BY s, side, i, bad
  UNION ALL SELECT s, side, -1, j, bad, count(*) FROM borrower GROUP BY s, side, j, bad) c
GROUP BY s HAVING min(n) >= 10 AND count(*) = 2 * 2 * (2 + 2 + s / 2 % 2);
DELETE FROM cell WHERE s NOT IN (TABLE sent);
DELETE FROM borrower WHERE s NOT IN (TABLE sent);

-- What is sent: the sums of lender a at the coefficients of two rounds, which come from the sums of both.
CREATE TEMP TABLE scored AS SELECT c.s, c.i, c.j, ARRAY[1, woe(b.u, c.i::float8), woe(b.g, c.j::float8)] AS x
FROM (SELECT s, binning_refit(fixed_binning('{1}'), i::float8, bad) AS u, binning_refit(fixed_binning('{1,2}'), j::float8, bad) AS g
  FROM borrower GROUP BY s) b JOIN cell c ON c.s = b.s AND c.side = 'a';
-- Bands that pay alike have one weight, and nobody can tell them apart.
DELETE FROM sent WHERE s IN (SELECT a.s FROM scored a JOIN scored b USING (s)
  WHERE a.i < b.i AND abs(a.x[2] - b.x[2]) < 0.01 OR a.j < b.j AND abs(a.x[3] - b.x[3]) < 0.01);
DELETE FROM scored WHERE s NOT IN (TABLE sent);
CREATE TEMP TABLE step AS SELECT s, side, 1 AS round, '{0,0,0}'::float8[] AS beta, logit_newton_step(b.bad, x[2:], '{0,0,0}') AS step
FROM borrower b JOIN scored USING (s, i, j) GROUP BY s, side;
INSERT INTO step SELECT b.s, b.side, 2, r.next_beta, logit_newton_step(b.bad, x[2:], r.next_beta)
FROM borrower b JOIN scored USING (s, i, j)
JOIN (SELECT s, (logit_next('{0,0,0}', array_agg(step ORDER BY side))).next_beta FROM step GROUP BY s) r USING (s)
WHERE side = 'a' GROUP BY b.s, b.side, r.next_beta;

-- The attack. An equation is what a borrower of each cell adds to a number that was sent, and that number.
CREATE TEMP TABLE equation AS SELECT s, array_agg(p * (1 - p) * x[k] * x[l] ORDER BY i, j) AS w, (step).information[k][l] AS sum
FROM (SELECT *, 1 / (1 + exp(- beta[1] - beta[2] * x[2] - beta[3] * x[3])) AS p FROM step JOIN scored USING (s) WHERE side = 'a') t,
  generate_series(1, 3) k, generate_series(k, 3) l GROUP BY s, round, k, l, step;
-- All tables with given sums of rows and columns, of which there are two or three, as cells of the first row and of the second.
CREATE FUNCTION pg_temp.tables(r int[], c int[]) RETURNS SETOF int[] LANGUAGE sql AS $$
  SELECT CASE WHEN cardinality(c) = 2 THEN ARRAY[a, b, c[1] - a, c[2] - b] ELSE ARRAY[a, b, r[1] - a - b, c[1] - a, c[2] - b, c[3] - r[1] + a + b] END
  FROM generate_series(0, least(r[1], c[1])) a, generate_series(greatest(0, r[1] - a - coalesce(c[3], 0)), least(r[1] - a, c[2])) b $$;
CREATE TEMP TABLE margin AS
SELECT s, (SELECT array_agg(n ORDER BY i) FROM (SELECT i, sum(n)::int AS n FROM cell c WHERE (c.s, side) = (l.s, 'a') GROUP BY i) c) AS r,
  (SELECT array_agg(n ORDER BY j) FROM (SELECT j, sum(n)::int AS n FROM cell c WHERE (c.s, side) = (l.s, 'a') GROUP BY j) c) AS c,
  (SELECT array_agg(n ORDER BY i) FROM (SELECT i, sum(bad)::int AS n FROM cell c WHERE (c.s, side) = (l.s, 'a') GROUP BY i) c) AS bad_r,
  (SELECT array_agg(n ORDER BY j) FROM (SELECT j, sum(bad)::int AS n FROM cell c WHERE (c.s, side) = (l.s, 'a') GROUP BY j) c) AS bad_c,
  (SELECT array_agg(n ORDER BY i, j) FROM cell c WHERE (c.s, side) = (l.s, 'a')) AS n,
  (SELECT array_agg(bad ORDER BY i, j) FROM cell c WHERE (c.s, side) = (l.s, 'a')) AS bad
FROM sent l;
CREATE TEMP TABLE guess AS SELECT m.s, g.n FROM margin m, pg_temp.tables(r, c) g (n);
CREATE INDEX ON guess (s);
CREATE INDEX ON equation (s);
ANALYZE guess, equation;
CREATE TEMP TABLE told AS SELECT s, n FROM guess g WHERE NOT EXISTS (SELECT FROM equation e WHERE e.s = g.s AND abs(e.sum
  - w[1] * n[1] - w[2] * n[2] - w[3] * n[3] - w[4] * n[4] - coalesce(w[5] * n[5] + w[6] * n[6], 0)) > 1e-12 * (1 + abs(e.sum)));
-- Then outcomes: all that the counts allow, with no more of either in a cell than the borrowers that were told.
CREATE TEMP TABLE bad_guess AS SELECT m.s, g.bad, ARRAY(SELECT x - y FROM unnest(t.n, g.bad) WITH ORDINALITY u (x, y, k) ORDER BY k) AS good
FROM margin m JOIN told t USING (s), pg_temp.tables(bad_r, bad_c) g (bad);
DELETE FROM bad_guess WHERE 0 > ANY (good);
CREATE INDEX ON bad_guess (s);
ANALYZE bad_guess, told;
-- how many of the cells with 1 to 9 are found out: of borrowers by the counts alone, of borrowers, of either outcome
CREATE TEMP TABLE found AS SELECT m.s, min(x.n) AS smallest,
  count(*) FILTER (WHERE x.n < 10 AND (SELECT max(g.n[k]) FROM guess g WHERE g.s = m.s) < 10) AS by_counts,
  count(*) FILTER (WHERE x.n < 10) AS few, count(*) FILTER (WHERE x.n < 10 AND (SELECT max(t.n[k]) FROM told t WHERE t.s = m.s) < 10) AS of_n,
  count(*) FILTER (WHERE x.bad BETWEEN 1 AND 9 AND (SELECT max(g.bad[k]) FROM bad_guess g WHERE g.s = m.s) < 10)
    + count(*) FILTER (WHERE x.n - x.bad BETWEEN 1 AND 9 AND (SELECT max(g.good[k]) FROM bad_guess g WHERE g.s = m.s) < 10) AS of_outcome
FROM margin m, unnest(m.n, m.bad) WITH ORDINALITY x (n, bad, k) GROUP BY m.s;

-- What counts.sql says of each.
CREATE TEMP TABLE characteristic AS SELECT * FROM (VALUES (1, 'i'), (2, 'j')) c (place, name);
CREATE TEMP TABLE applicant_band (borrower_id bigint, defaulted boolean, place int, label text);
CREATE FUNCTION pg_temp.refused(lender int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  TRUNCATE applicant_band;
  INSERT INTO applicant_band SELECT b.borrower_id, b.bad, c.place, CASE c.place WHEN 1 THEN b.i ELSE b.j END
  FROM borrower b, characteristic c WHERE b.s = lender AND b.side = 'a';
  RETURN pg_temp.told_of_few(10);
END $$;
CREATE TEMP TABLE verdict AS SELECT f.*, pg_temp.refused(f.s) AS refused FROM found f;

SELECT format('%s of %s joint tables are not told exactly', count(*) FILTER (WHERE t.n IS DISTINCT FROM m.n), count(*))
FROM margin m LEFT JOIN told t USING (s) HAVING count(*) FILTER (WHERE t.n IS DISTINCT FROM m.n) > 0 OR count(*) < :tables / 5;
SELECT format('%s cells are found out by the counts alone', sum(by_counts)) FROM verdict HAVING sum(by_counts) > 0;
SELECT format('the attack finds only %s of %s cells of few borrowers, and %s of few outcomes', sum(of_n), sum(few),
    sum(of_outcome) FILTER (WHERE smallest >= 10)) FROM verdict
HAVING sum(of_n) < sum(few) OR sum(few) = 0 OR sum(of_outcome) FILTER (WHERE smallest >= 10) > 0 IS NOT TRUE;
SELECT format('lender %s was not refused: %s and %s cells are found out', s, of_n, of_outcome) FROM verdict
WHERE refused IS NULL AND of_n + of_outcome > 0;
SELECT format('%s are sent, %s refused', count(*) FILTER (WHERE refused IS NULL), count(refused)) FROM verdict
HAVING count(*) FILTER (WHERE refused IS NULL) < :tables / 8;
\if :{?figures}
	SELECT format('%s joint tables, %s with a cell of few borrowers, %s such cells, %s found out; cells of few outcomes found out: %s, and %s where no cell '
	  'has few borrowers; refused %s, of these %s without a cell that is found out', count(*), count(*) FILTER (WHERE few > 0), sum(few), sum(of_n),
	  sum(of_outcome), sum(of_outcome) FILTER (WHERE few = 0), count(refused),
	  count(*) FILTER (WHERE refused IS NOT NULL AND of_n + of_outcome = 0)) FROM verdict;
\endif

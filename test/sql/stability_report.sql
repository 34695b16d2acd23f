-- stability reports: PSI by period, and the characteristics of a scorecard.
\i test/helpers.sql

-- 1. PSI by period. Twelve months; the population drifts from June on.
CREATE SCHEMA "Odd ""Name""";
CREATE TABLE "Odd ""Name"""."Loan Book" (month date, "Score" numeric(6,2), grade text);
INSERT INTO "Odd ""Name"""."Loan Book" SELECT DATE '2024-01-01' + 31 * (g % 12), score, CASE WHEN score >= 400 THEN chr(65 + (score / 100)::int % 7) END
FROM (SELECT g, round(300 + 500 * power(g * 48271::bigint % 10007 / 10007.0, CASE WHEN g % 12 < 5 THEN 1 ELSE 1 + (g % 12 - 5) / 20.0 END), 2) AS score
      FROM generate_series(1, 24000) g) s;
CREATE VIEW loan AS SELECT *, date_trunc('month', month)::date AS m FROM "Odd ""Name"""."Loan Book";
SELECT period, n, round(psi::numeric, 6) AS psi, n_empty, round(critical_value_95::numeric, 6) AS critical, status, significant,
  round(p_value::numeric, 4) AS p_value, n_bands
FROM psi_by_period('loan', 'grade', 'm');
-- Plain SQL over the type says the same.
SELECT count(*) AS periods, bool_and(p.psi = (psi(stability_compare(r.s, q.s))).psi AND p.n = (psi(stability_compare(r.s, q.s))).m) AS same
FROM (SELECT m, stability_agg(grade, true) AS s FROM loan GROUP BY m) q JOIN psi_by_period('loan', 'grade', 'm', '2024-03-01') p ON p.period = q.m::text,
  (SELECT stability_agg(grade, true) AS s FROM loan WHERE m = '2024-03-01') r;
-- Also where each period has bins of its own, which must leave no trace in the next.
SELECT count(*) AS periods, max(p.n_bands) AS bands, max(p.n_empty) AS empty,
  bool_and(p.psi = (psi(stability_compare(r.s, q.s))).psi AND p.n_bands = (psi(stability_compare(r.s, q.s))).n_bands) AS same
FROM (SELECT m, stability_agg(coalesce(grade, to_char(m, 'MM')), true) AS s FROM loan GROUP BY m) q
  JOIN psi_by_period('loan', $$coalesce(grade, to_char(m, 'MM'))$$, 'm', '2024-03-01') p ON p.period = q.m::text,
  (SELECT stability_agg(coalesce(grade, to_char(m, 'MM')), true) AS s FROM loan WHERE m = '2024-03-01') r;
-- So does the definition.
SELECT count(*) AS periods, bool_and(near(p.psi, d.psi, 1e-12)) AS by_definition
FROM psi_by_period('loan', 'coalesce(grade, $$none$$)', 'm', '2024-03-01') p JOIN (
  SELECT m::text AS period, sum((share - base) * ln(share / base)) AS psi
  FROM (SELECT m, grade, count(*)::float8 / sum(count(*)) OVER (PARTITION BY m) AS share FROM loan GROUP BY 1, 2) a
    JOIN (SELECT grade AS g, count(*)::float8 / sum(count(*)) OVER () AS base FROM loan WHERE m = '2024-03-01' GROUP BY 1) b ON g IS NOT DISTINCT FROM grade
  GROUP BY 1) d USING (period);
-- Names that need quotes; numbers cut into bands of the reference; another convention; a year folded into one period.
SELECT round(max(psi)::numeric, 6) AS psi, max(n_bands) AS bands, count(*) FILTER (WHERE significant) AS significant
FROM psi_by_period('"Odd ""Name"""."Loan Book"', format('width_bucket("Score", %L::numeric[])',
  (SELECT quantile_bands("Score", 10)::numeric[] FROM loan WHERE m < '2024-06-01')), 'month');
SELECT period, n, round(psi::numeric, 6) AS psi, status FROM psi_by_period('loan', 'grade', $$CASE WHEN m < '2024-06-01'
  THEN 'development' ELSE to_char(m, 'YYYY-MM') END$$, 'development', 'floor=1e-6');
-- The reference is a value, not a text: 1 finds 1.0, a day finds its midnight.
SELECT period, status FROM psi_by_period('loan', 'grade', 'extract(quarter FROM m)::numeric(3,1)', '2');
SELECT period, status FROM psi_by_period('loan', 'grade', $$date_trunc('quarter', m::timestamp)$$, '2024-07-01');
-- Rows without a period are a row of their own; a NULL bin is the bin missing.
SELECT period, n, round(psi::numeric, 6) AS psi, n_bands FROM psi_by_period('loan', 'grade', $$CASE WHEN m > '2024-02-01' THEN NULL ELSE m END$$);
-- Scores that were not cut into bands: chance alone gives so much. Ten bands of them are enough rows; of thirty rows nothing is.
CREATE TABLE raw_score AS SELECT g, CASE WHEN g % 2 = 0 THEN 'a' ELSE 'b' END AS p, 400 + (draw(g, 1) * 162)::int AS score
FROM generate_series(1, 3000) g;
CREATE VIEW few_scores AS SELECT * FROM raw_score WHERE g <= 60;
SELECT relation, expression, p.n, p.n_bands, p.psi > 0.1 AS large, p.significant, p.p_value > 0.05 AS by_chance, p.status
FROM (VALUES ('raw_score'::regclass, 'score'), ('raw_score', 'score / 16'), ('few_scores', 'score'), ('few_scores', 'score / 16')) v (relation, expression),
  psi_by_period(relation, expression, 'p') p WHERE p.period = 'b';
-- Where the status is investigate or shifted, psi is above its critical value, whatever the shift, the rows and the bands.
SELECT count(*) > 100 AS many, count(DISTINCT status) AS statuses,
  bool_and(significant) FILTER (WHERE status IN ('investigate', 'shifted')) AS agree,
  bool_and(critical_value_95 >= 0.1) FILTER (WHERE status LIKE 'too%') AS by_chance, bool_and(psi >= 0.1) FILTER (WHERE status LIKE 'too%') AS large
FROM generate_series(1, 80) g, LATERAL (SELECT array_agg(round(draw(i, g) * power(g, 1.5))) AS expected,
    array_agg(round(draw(i, CASE g % 3 WHEN 0 THEN g ELSE g + 100 END) * power(g, 1.5) * (1 + i * (g % 4) / 10.0))) AS actual
    FROM generate_series(1, 3 + g / 3) i) s,
  LATERAL (SELECT q.*, q.psi > q.critical_value_95 AS significant
    FROM unnest('{laplace, prior, drop, infinity}'::text[]) e, psi(expected, actual, e) q
    WHERE q.psi IS NOT NULL) p;
-- Nothing to report.
SELECT count(*) FROM psi_by_period(NULL, 'grade', 'm');
CREATE VIEW no_loan AS SELECT * FROM loan WHERE false;
SELECT count(*) FROM psi_by_period('no_loan', 'grade', 'm', '2024-01-01');
-- Empty bins under error name one.
SELECT period FROM psi_by_period('loan', $$CASE WHEN m < '2024-03-01' THEN 'old' ELSE 'new' END$$, 'm', empty => 'error');

-- What people might write.
SELECT * FROM psi_by_period('loan', 'grade', 'm', '2023-01-01');
SELECT * FROM psi_by_period('loan', 'grade', $$m - DATE '2000-01-01'$$, '7');
SELECT * FROM psi_by_period('loan', 'grade', 'm', 'January');
SELECT * FROM psi_by_period('loan', 'no_such_column', 'm');
SELECT * FROM psi_by_period('loan', 'grade +', 'm');
SELECT * FROM psi_by_period('loan', '', 'm');
SELECT * FROM psi_by_period('loan', 'grade', 'm', empty => 'none');
SELECT * FROM psi_by_period('no_such_table', 'grade', 'm');
SELECT * FROM psi_by_period(1::regclass, 'grade', 'm');
-- One expression, nothing that closes the parenthesis and goes on: whatever parses as a whole is still asked for on its own.
CREATE TABLE witness (what text);
CREATE FUNCTION testify(what text) RETURNS text LANGUAGE sql AS 'INSERT INTO test_stability_report.witness VALUES ($1) RETURNING what';
SELECT * FROM psi_by_period('loan', 'grade), (testify($$second column$$)', 'm');
SELECT * FROM psi_by_period('loan', $$grade) AS b FROM loan) s GROUP BY 1, 2; SELECT testify('statement'); SELECT s.b, s.b FROM (SELECT (1$$, 'm');
SELECT * FROM psi_by_period('loan', 'grade', $$testify('in the middle')) AS q, (m$$);
SELECT * FROM psi_by_period('loan', $$grade) AS b FROM loan UNION SELECT current_date, ('x'$$, 'm');
SELECT * FROM psi_by_period('loan', 'grade ORDER BY 1', 'm');
SELECT * FROM psi_by_period('loan', '*/', 'm) AS p, (grade /*');
SELECT count(*) AS testified FROM witness;
-- A comment at the end, a row, a subquery are expressions.
SELECT count(*) FROM psi_by_period('loan', 'grade -- the grade', 'm -- month');
SELECT count(*), max(n_bands) FROM psi_by_period('loan', '(grade, "Score" > 500)', 'm');
SELECT count(*) FROM psi_by_period('loan', '(SELECT max(x) FROM (VALUES (grade), (NULL)) v (x))', 'm');

-- The rights of the caller, and his search_path for his expressions only.
CREATE ROLE regress_stability_report_stranger;
GRANT USAGE ON SCHEMA credit_limit, credit_limit_internal TO regress_stability_report_stranger;
GRANT SELECT ON loan TO regress_stability_report_stranger;
CREATE SCHEMA trap;
GRANT USAGE ON SCHEMA trap TO regress_stability_report_stranger;
CREATE FUNCTION trap.count() RETURNS bigint LANGUAGE sql AS 'SELECT 7::bigint';
CREATE FUNCTION trap.trapped(date, date) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'trapped'; END $$;
CREATE OPERATOR trap.= (LEFTARG = date, RIGHTARG = date, FUNCTION = trap.trapped);
CREATE OPERATOR trap.< (LEFTARG = date, RIGHTARG = date, FUNCTION = trap.trapped);
CREATE DOMAIN trap.text AS int;
SET ROLE regress_stability_report_stranger;
SET search_path = trap, pg_catalog;
SELECT count(period), sum(n) FROM credit_limit.psi_by_period('test_stability_report.loan', 'grade', 'm', '2024-02-01');
SELECT * FROM credit_limit.psi_by_period('"Odd ""Name"""."Loan Book"', 'grade', 'month');
RESET ROLE;
SET search_path = test_stability_report, credit_limit;

-- 2. The characteristics of a scorecard.
\set card '{"name": "retail", "base_points": 449, "characteristics": [{"name": "utilization_3m", "reason": "u", '
\set card :card '"bins": [{"below": 0.3, "points": 25}, {"below": 0.8, "points": 0.5}, {"points": -40}], '
\set card :card '"special": [{"values": [-9], "points": 0}], "missing": {"points": -5}}, {"name": "housing", "reason": "h", '
\set card :card '"categories": [{"in": ["own"], "points": 14}, {"in": ["rent", "free"], "points": -12.25}]}]}'
CREATE TABLE then_ (borrower int, utilization_3m numeric, housing text, borrower_1 text);
CREATE TABLE now_ (LIKE then_);
INSERT INTO then_ SELECT g, CASE WHEN g % 20 = 0 THEN NULL WHEN g % 33 = 0 THEN -9 ELSE g % 100 / 100.0 END,
  (ARRAY['own', 'rent', 'free'])[1 + g % 3] FROM generate_series(1, 4000) g;
INSERT INTO now_ SELECT g, CASE WHEN g % 50 = 0 THEN NULL ELSE (g % 100 + 10) / 100.0 END,
  (ARRAY['own', 'rent', 'rent', 'boat', NULL])[1 + g % 5] FROM generate_series(1, 2500) g;
SELECT characteristic, bin_id, bin, n_expected, n_actual, expected_share, actual_share, round(psi::numeric, 6) AS psi, points,
  round(score_shift::numeric, 6) AS score_shift
FROM stability_report(:'card', 'then_', 'now_');
SELECT characteristic, n_expected, n_actual, no_bin_expected, no_bin_actual, round(psi::numeric, 6) AS psi, n_empty,
  round(critical_value_95::numeric, 6) AS critical,
  p_value < 0.001 AS surely, status, round(score_shift::numeric, 6) AS score_shift
FROM stability_summary(:'card', 'then_', 'now_');
-- Σ score_shift is the shift of the score, on the engine that scores; rows without a score have none, and are counted.
SELECT near(sum(r.score_shift), a.score - e.score, 1e-12) AS adds_up, round((a.score - e.score)::numeric, 6) AS shift,
  e.n AS scored_expected, a.n AS scored_actual
FROM stability_report(:'card', 'then_', 'now_') r, (SELECT avg(score(:'card', b)) AS score, count(score(:'card', b)) AS n FROM then_ b) e,
  (SELECT avg(score(:'card', b)) AS score, count(score(:'card', b)) AS n FROM now_ b) a GROUP BY a.score, e.score, e.n, a.n;
SELECT near(s.score_shift, score_shift(score, is_actual), 1e-12) AS aggregate,
  s.no_bin_expected = count(*) FILTER (WHERE score IS NULL AND NOT is_actual) AS expected,
  s.no_bin_actual = count(*) FILTER (WHERE score IS NULL AND is_actual) AS actual
FROM (SELECT score(:'card', b) AS score, false AS is_actual FROM then_ b UNION ALL SELECT score(:'card', b), true FROM now_ b) x,
  stability_summary(:'card', 'then_', 'now_') s WHERE s.characteristic = 'total' GROUP BY s.score_shift, s.no_bin_expected, s.no_bin_actual;
-- Borrowers in bins that nobody had before are counted: a code that is new, and the first missing values; not those without a bin.
CREATE VIEW seen AS SELECT * FROM then_ WHERE utilization_3m >= 0;
SELECT s.characteristic, s.unseen_actual, count(*) FILTER (WHERE utilization_3m = -9 OR utilization_3m IS NULL) AS by_hand
FROM stability_summary(:'card', 'seen', 'then_') s, then_ GROUP BY 1, 2 ORDER BY 1;
-- Bins as score_points finds them, borrower by borrower.
CREATE VIEW by_points AS SELECT is_actual, p.characteristic, coalesce(p.bin, 'no bin') AS bin, p.points, score IS NOT NULL AS scored
FROM (SELECT false AS is_actual, b, score(:'card', b) AS score FROM (SELECT utilization_3m, housing FROM then_) b
      UNION ALL SELECT true, b, score(:'card', b) FROM (SELECT utilization_3m, housing FROM now_) b) x, score_points(:'card', b) p;
SELECT count(*) AS bins, bool_and(r.n_expected = coalesce(q.e, 0) AND r.n_actual = coalesce(q.a, 0)) AS counts
FROM stability_report(:'card', 'then_', 'now_') r
  LEFT JOIN (SELECT characteristic, bin, count(*) FILTER (WHERE NOT is_actual) AS e, count(*) FILTER (WHERE is_actual) AS a
  FROM by_points GROUP BY 1, 2) q USING (characteristic, bin);
SELECT characteristic, near(s.psi, (psi(bin, is_actual)).psi, 1e-13) AS psi,
  near(s.critical_value_95, (psi(bin, is_actual)).critical_value_95, 1e-13) AS critical,
  near(s.score_shift, score_shift(points, is_actual) FILTER (WHERE scored), 1e-12) AS shift
FROM by_points JOIN stability_summary(:'card', 'then_', 'now_') s USING (characteristic) GROUP BY characteristic, s.psi,
  s.critical_value_95, s.score_shift ORDER BY 1;
-- A table against itself; against nothing; nothing against nothing.
SELECT max(psi) AS psi, max(abs(score_shift)) AS shift FROM stability_report(:'card', 'then_', 'then_');
CREATE VIEW nobody AS SELECT * FROM now_ WHERE false;
SELECT characteristic, bin, n_expected, n_actual, actual_share, psi, points, score_shift
  FROM stability_report(:'card', 'then_', 'nobody') WHERE characteristic = 'housing';
SELECT * FROM stability_summary(:'card', 'then_', 'nobody');
SELECT count(*), count(psi), sum(n_expected) FROM stability_report(:'card', 'nobody', 'nobody');
SELECT count(*) FROM stability_report(NULL, 'then_', 'now_');
SELECT * FROM stability_report('{"name": "nothing", "characteristics": []}', 'then_', 'now_');
-- Conventions, and what goes wrong.
SELECT convention, round(s.psi::numeric, 6) AS psi FROM unnest('{drop,floor,infinity,prior}'::text[]) convention,
  stability_summary(:'card', 'then_', 'now_', convention) s WHERE characteristic = 'housing';
SELECT * FROM stability_report(:'card', 'then_', 'now_', 'error');
SELECT characteristic, n_expected, n_actual, no_bin_expected, no_bin_actual, round(psi::numeric, 6) AS psi, status
  FROM stability_summary('{"name": "one", "characteristics": [{"name": "housing", "reason": "h", "categories": [{"in": ["own"], '
  '"points": 1}]}]}', 'then_', 'now_', 'error');
INSERT INTO witness VALUES ('no borrower');
SELECT * FROM stability_report(:'card', 'then_', 'witness');
SELECT * FROM stability_report(:'card', 'then_', 'no_such_table');
SELECT * FROM stability_report(:'card', 1::regclass, 'now_');
SELECT * FROM stability_summary(:'card', 'then_', 'now_', 'none');
SET ROLE regress_stability_report_stranger;
SELECT count(*) FROM credit_limit.stability_report(:'card', 'test_stability_report.then_', 'test_stability_report.now_');
RESET ROLE;

-- 3. What it counts: merges, for any plan; one card at a time.
SELECT credit_limit_internal.scorecard_bin_counts(:'card',
    credit_limit_internal.scorecard_bins(:'card', b)) FROM now_ b;
SELECT credit_limit_internal.scorecard_bin_counts(:'card',
    credit_limit_internal.scorecard_bins(:'card', b)) IS NULL AS no_rows FROM nobody b;
SELECT credit_limit_internal.scorecard_bin_counts(NULL,
    credit_limit_internal.scorecard_bins(NULL, b)) IS NULL AS no_card, credit_limit_internal.scorecard_bin_counts(:'card',
    credit_limit_internal.scorecard_bins(:'card', NULL::now_)) IS NULL AS no_borrower FROM now_ b;
CREATE TABLE serial_counts AS SELECT credit_limit_internal.scorecard_bin_counts(:'card',
    credit_limit_internal.scorecard_bins(:'card', b)) AS c FROM then_ b;
ALTER TABLE then_ SET (parallel_workers = 2);
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
SELECT uses_parallel(format('SELECT credit_limit_internal.scorecard_bin_counts(%1$L,
    credit_limit_internal.scorecard_bins(%1$L, b)) FROM then_ b', :'card'));
SELECT credit_limit_internal.scorecard_bin_counts(:'card',
    credit_limit_internal.scorecard_bins(:'card', b)) = c AS same FROM then_ b, serial_counts GROUP BY c;
SELECT credit_limit_internal.scorecard_bin_counts(:'card',
    credit_limit_internal.scorecard_bins(:'card', b)) IS NULL AS nothing FROM then_ b WHERE borrower < 0;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;
SELECT credit_limit_internal.scorecard_bin_counts(c,
    credit_limit_internal.scorecard_bins(c, b)) FROM then_ b, (VALUES (1, :'card'::scorecard),
  (2, replace(:'card', 'rent', 'lent')::scorecard)) v (n, c) WHERE borrower % 2 = n - 1;
-- Numbers of nobody's bins.
\set small '{"name": "c", "characteristics": [{"name": "x", "bins": [{"points": 1}]}]}'
SELECT credit_limit_internal.scorecard_bin_counts(:'card', '{}');
SELECT credit_limit_internal.scorecard_bin_counts(:'small', bins) FROM (VALUES ('{0}'::int[]), ('{1}')) v (bins);
SELECT credit_limit_internal.scorecard_bin_counts(:'small', bins) FROM (VALUES ('{0}'::int[]), ('{1}'), ('{-1}')) v (bins);
SELECT credit_limit_internal.scorecard_bin_counts(:'small', bins) FROM (VALUES ('{0}'::int[]), ('{1}'), ('{NULL}')) v (bins);
SELECT credit_limit_internal.scorecard_bin_counts(:'small', bins) FROM (VALUES ('{0}'::int[]), ('{1}'), ('{2}')) v (bins);
-- More cards than are kept compiled, group by group in turn: a card that returns is the same one, and another is refused even
-- where its compiled form has taken the memory of the first.
CREATE TABLE st_cards (id serial, g int, c scorecard);
INSERT INTO st_cards (g, c) SELECT k,
  format('{"name": "c%s", "characteristics": [{"name": "x", "bins": [{"below": 1, "points": 1}, {"points": -1}], '
  '"missing": {"points": 0}}]}', k)::scorecard
FROM generate_series(0, 299) k ORDER BY k;
INSERT INTO st_cards (g, c) SELECT g, c FROM st_cards ORDER BY id;
SET enable_sort = off;
SELECT count(*) AS cards, min(counts::text) AS least, max(counts::text) AS most
FROM (SELECT g, credit_limit_internal.scorecard_bin_counts(c,
    credit_limit_internal.scorecard_bins(c, b)) AS counts FROM (SELECT g, c FROM st_cards ORDER BY id OFFSET 0) q,
  LATERAL (SELECT 0.5::float8 AS x) b GROUP BY g) q;
INSERT INTO st_cards (g, c) VALUES (0,
  '{"name": "c0", "characteristics": [{"name": "x", "bins": [{"below": 0, "points": 0}, {"below": 1, "points": 1}, '
  '{"below": 2, "points": 2}, {"points": 3}], "missing": {"points": 0}}]}');
SELECT g, credit_limit_internal.scorecard_bin_counts(c,
    credit_limit_internal.scorecard_bins(c, b)) AS counts FROM (SELECT g, c FROM st_cards ORDER BY id OFFSET 0) q,
  LATERAL (SELECT 0.5::float8 AS x) b GROUP BY g;
-- The same for every number of cards between, and a compiled form of the same size and of others.
DO $$
DECLARE refused int := 0;
BEGIN
  FOR between_ IN 60..70 LOOP
    FOR bins IN 1..4 LOOP
      BEGIN
        PERFORM g, credit_limit_internal.scorecard_bin_counts(c,
    credit_limit_internal.scorecard_bins(c, b))
        FROM (SELECT g, c FROM (SELECT 0 AS n, 0 AS g, c FROM test_stability_report.st_cards WHERE id = 1
                                UNION ALL SELECT id, g, c FROM test_stability_report.st_cards WHERE id BETWEEN 2 AND 1 + between_
                                UNION ALL SELECT 1000, 0, format('{"name": "z", "characteristics": [{"name": "x", "bins": [%s{"points": 9}]}]}',
                                                                  (SELECT string_agg(format('{"below": %s, "points": 1}, ', i), ''
                                                                    ORDER BY i) FROM generate_series(1,
                                                                    bins * bins * bins) i))::credit_limit.scorecard) u
              ORDER BY n OFFSET 0) q, LATERAL (SELECT 700::float8 AS x) b GROUP BY g;
      EXCEPTION WHEN invalid_parameter_value THEN refused := refused + 1;
      END;
    END LOOP;
  END LOOP;
  RAISE WARNING 'refused % of 44', refused;
END $$;
RESET enable_sort;
DROP TABLE st_cards;

DROP VIEW loan, no_loan, nobody, by_points CASCADE;
DROP TABLE then_, now_, witness, serial_counts CASCADE;
DROP SCHEMA trap CASCADE;
DROP SCHEMA "Odd ""Name""" CASCADE;
REVOKE USAGE ON SCHEMA credit_limit, credit_limit_internal FROM regress_stability_report_stranger;
DROP ROLE regress_stability_report_stranger;

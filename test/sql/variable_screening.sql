-- variable_screening: which columns of a table are worth a place in a model.
SET extra_float_digits = 0;
\i test/helpers.sql
\set SHOW_CONTEXT never
\pset null -

-- A table with all that tables have: names that need quotes, domains, enums, types that cannot be binned, a dropped column.
CREATE SCHEMA "Odd ""Name""";
CREATE DOMAIN "Odd ""Name""".share AS numeric CHECK (VALUE >= 0);
CREATE DOMAIN "Odd ""Name""".fraction AS "Odd ""Name""".share;
CREATE DOMAIN "Odd ""Name""".truth AS boolean;
CREATE TYPE "Odd ""Name""".housing AS ENUM ('own', 'rent', 'free');
CREATE TABLE "Odd ""Name"""."Loan Book" AS
SELECT i AS id, i AS gone, round((1000 * exp(draw(i, 1) * 2))::numeric, 2) AS "Monthly ""Income""",
  (draw(i, 2) * 10)::int::smallint AS children, (draw(i, 3) * 50)::int::bigint AS months,
  ((draw(i, 4) * 7)::int / 10.0)::real AS ratio, draw(i, 5)::numeric(4, 3)::"Odd ""Name""".fraction AS usage,
    (ARRAY['own', 'rent', 'free'])[1 + (draw(i, 6) * 2)::int]::"Odd ""Name""".housing AS housing,
  draw(i, 7) < 0.4 AS phone, (ARRAY['a', 'b', 'c'])[1 + (draw(i, 8) * 2)::int]::char(3) AS region,
    (ARRAY['x', 'y'])[1 + (draw(i, 9))::int]::varchar(5) AS channel,
  CASE WHEN draw(i, 10) < 0.97 THEN NULL ELSE draw(i, 11) END AS mostly_missing, CASE WHEN draw(i, 12) < 0.97 THEN 0
    ELSE draw(i, 13) END AS mostly_zero, CASE WHEN draw(i, 14) < 0.3 THEN 1 END AS flag_or_null,
  7 AS one_value, NULL::text AS no_value, md5(i::text) AS hash, DATE '2024-01-01' + i AS opened, '{}'::jsonb AS payload, ARRAY[i] AS list, NULL::boolean AS bad
FROM generate_series(1, 6000) i;
ALTER TABLE "Odd ""Name"""."Loan Book" DROP COLUMN gone;
UPDATE "Odd ""Name"""."Loan Book" SET bad = CASE WHEN id % 50 = 0 THEN NULL
  ELSE draw(id, 15) < 0.05 + 0.2 * usage + CASE housing WHEN 'rent' THEN 0.1 ELSE 0 END + CASE WHEN flag_or_null IS NULL THEN 0.1
    ELSE 0 END + 150 / "Monthly ""Income""" END;
ALTER TABLE "Odd ""Name"""."Loan Book" ADD COLUMN leak text;
UPDATE "Odd ""Name"""."Loan Book" SET leak = CASE WHEN bad THEN 'collections' ELSE 'none' END;
CREATE VIEW loan AS SELECT * FROM "Odd ""Name"""."Loan Book";

SELECT variable, type, n, round(missing_rate::numeric, 4) AS missing, round(identical_rate::numeric, 4) AS identical, n_distinct,
  round(iv::numeric, 6) AS iv, round(gini::numeric, 6) AS gini,
  round(ks::numeric, 6) AS ks, trend, n_bins, selected, reason FROM variable_screening('"Odd ""Name"""."Loan Book"', 'bad');
-- Column by column, with the functions it is made of.
SELECT v.variable, v.n = s.n AS n, v.iv = information_value(b) AS iv, v.binning::text = b::text AS binning, v.gini = m.gini
  AND v.ks = m.ks AND v.trend = m.trend AND v.n_bins = m.n_bins AS measures,
  v.n_distinct = s.n_distinct AND v.missing_rate = s.n_missing / s.n::float8 AND v.identical_rate = s.identical_rate AS stats
FROM (SELECT 'usage' AS variable, bin_sketch_agg(usage, bad) AS k FROM loan UNION ALL SELECT 'housing', bin_sketch_agg(housing::text, bad) FROM loan
  UNION ALL SELECT 'phone', bin_sketch_agg(phone::text, bad) FROM loan UNION ALL SELECT 'months', bin_sketch_agg(months, bad) FROM loan
  UNION ALL SELECT 'region', bin_sketch_agg(region, bad) FROM loan) q
  JOIN variable_screening('loan', 'bad') v USING (variable), bin_sketch_stats(k) s, optimal_binning(k) b, binning_summary(b) m ORDER BY 1;
-- A real column is cut at the decimals that people see, as a scorecard reads it.
SELECT array_agg(upper) FROM variable_screening('loan', 'bad', '{ratio}',
  '{"min_bin_size": 0, "splits": [0.1, 0.3, 0.6], "monotonic_trend": "none"}') v, binning_table(binning) WHERE kind = 'interval';
SELECT bool_and(c.count = t.count) AS as_a_scorecard_reads_it
FROM variable_screening('loan', 'bad', '{ratio}', '{"splits": [0.1, 0.3, 0.6]}') v, binning_table(binning) t
  JOIN LATERAL (SELECT count(*) FROM loan WHERE bad IS NOT NULL AND bin_id(binning, ratio::text::float8) = t.bin_id) c ON true;
-- Columns by name, in the order asked for; a sub-select applies the bins.
SELECT variable, selected FROM variable_screening('loan', 'bad', '{usage, housing, "Monthly \"Income\""}');
SELECT count(DISTINCT woe(v.binning, l.usage)) = max(v.n_bins) AS applied FROM loan l, variable_screening('loan', 'bad', '{usage}') v;

-- Thresholds, and options for one column.
SELECT variable, n_bins, selected, reason FROM variable_screening('loan', 'bad', '{usage, housing, leak, flag_or_null, mostly_missing, one_value, phone}',
  '{"min_iv": 0.05, "max_iv": 2, "max_missing_rate": 0.5, "max_identical_rate": 1, "max_n_bins": 3, '
    '"columns": {"housing": {"min_iv": 0, "max_n_bins": 2}, "mostly_missing": {"max_missing_rate": 1}}}');
SELECT variable, n_bins, selected, reason FROM variable_screening('loan', 'bad', '{usage, housing}',
  '{"min_bin_size": 0.4, "monotonic_trend": "descending", "columns": {"housing": {"min_bin_size": 0.01}}}');
SELECT variable, (SELECT array_agg(bin) FROM binning_table(binning) WHERE kind = 'special') AS special
  FROM variable_screening('loan', 'bad', '{months, children, housing}',
  '{"special_codes": [7], "columns": {"children": {"special_codes": []}}}');
-- From stored sketches, without the rows.
SELECT s.n, s.n_bins, s.selected, s.reason FROM (SELECT rollup(k) AS k FROM (SELECT bin_sketch_agg(usage, bad) AS k FROM loan
  GROUP BY id % 5) q) r, screen_variable(k, 'usage', '{"columns": {"usage": {"max_n_bins": 2}}}') s;
SELECT screen_variable(NULL, 'x') IS NULL AS no_sketch, screen_variable(bin_sketch_agg(1, true), NULL) IS NULL AS no_name,
  screen_variable(bin_sketch_agg(1, true), 'x', NULL) IS NULL AS no_options;

-- Nothing to screen.
SELECT count(*) FROM variable_screening(NULL, 'bad');
SELECT count(*) FROM variable_screening('loan', NULL);
SELECT count(*) FROM variable_screening('loan', 'bad', '{}');
SELECT variable, n, selected, reason FROM variable_screening('loan', 'bad', '{opened, list}');
CREATE VIEW no_loan AS SELECT usage, phone, opened, bad FROM loan WHERE false;
CREATE VIEW no_outcome AS SELECT usage, phone, opened, NULL::boolean AS bad FROM loan;
CREATE VIEW only_bad AS SELECT usage, phone, opened, true::"Odd ""Name""".truth AS bad FROM loan;
SELECT variable, n, iv, selected, reason FROM variable_screening('no_loan', 'bad');
SELECT variable, n, iv, selected, reason FROM variable_screening('no_outcome', 'bad');
SELECT variable, n, iv, selected, reason FROM variable_screening('only_bad', 'bad');
CREATE TABLE only_event (bad boolean);
SELECT count(*) FROM variable_screening('only_event', 'bad');

-- What people might write.
SELECT * FROM variable_screening('loan', 'id');
SELECT * FROM variable_screening('loan', 'Bad');
SELECT * FROM variable_screening('loan', 'bad IS TRUE) FROM loan; SELECT (true');
SELECT * FROM variable_screening('loan', 'bad', '{usage, nonsense}');
SELECT * FROM variable_screening('loan', 'bad', '{usage, NULL}');
SELECT * FROM variable_screening('loan', 'bad', '{usage, bad}');
SELECT * FROM variable_screening('loan', 'bad', '{usage, phone, usage}');
SELECT * FROM variable_screening('loan', 'bad', '{"usage\") FROM loan; DROP TABLE only_event; --"}');
SELECT * FROM variable_screening('loan', 'bad', '{ctid}');
SELECT * FROM variable_screening('no_such_table', 'bad');
SELECT * FROM variable_screening(1::regclass, 'bad');
SELECT * FROM variable_screening('loan', 'bad', options => '{"min_information": 0.1}');
SELECT * FROM variable_screening('loan', 'bad', options => '{"min_iv": -1}');
SELECT * FROM variable_screening('loan', 'bad', options => '{"max_missing_rate": 95}');
SELECT * FROM variable_screening('loan', 'bad', options => '{"columns": ["usage"]}');
SELECT * FROM variable_screening('loan', 'bad', options => '{"columns": {"utilization": {}}}');
SELECT * FROM variable_screening('loan', 'bad', options => '{"columns": {"usage": {"columns": {}}}}');
SELECT * FROM variable_screening('loan', 'bad', options => '{"columns": {"usage": 3}}');

-- The rights of the caller, whatever his search_path finds first; a plan with workers gives the same.
CREATE ROLE regress_variable_screening_stranger;
GRANT USAGE ON SCHEMA credit_limit, credit_limit_internal TO regress_variable_screening_stranger;
GRANT SELECT ON loan TO regress_variable_screening_stranger;
CREATE SCHEMA trap;
GRANT USAGE ON SCHEMA trap TO regress_variable_screening_stranger;
CREATE FUNCTION trap.format(text, text) RETURNS text LANGUAGE sql AS $$SELECT 'SELECT 1'$$;
CREATE TABLE trap.pg_attribute (attrelid oid);
CREATE DOMAIN trap.text AS int;
CREATE TABLE whole AS SELECT variable, binning::text AS b FROM variable_screening('loan', 'bad');
GRANT SELECT ON whole TO regress_variable_screening_stranger;
SET ROLE regress_variable_screening_stranger;
SET search_path = trap, pg_catalog;
SELECT count(*), bool_and(v.binning::pg_catalog.text IS NOT DISTINCT FROM w.b) AS same
  FROM credit_limit.variable_screening('test_variable_screening.loan', 'bad') v JOIN test_variable_screening.whole w USING (variable);
SELECT * FROM credit_limit.variable_screening('"Odd ""Name"""."Loan Book"', 'bad');
RESET ROLE;
SET search_path = test_variable_screening, credit_limit;
ALTER TABLE "Odd ""Name"""."Loan Book" SET (parallel_workers = 2);
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
SELECT count(*), bool_and(v.binning::text IS NOT DISTINCT FROM w.b) AS same FROM variable_screening('loan', 'bad') v JOIN whole w USING (variable);
-- Of a table, workers share the columns; of a view, one scan makes whole sketches.
RESET parallel_tuple_cost;
SELECT count(*), bool_and(v.binning::text IS NOT DISTINCT FROM w.b) AS same
  FROM variable_screening('"Odd ""Name"""."Loan Book"', 'bad') v JOIN whole w USING (variable);
CREATE FUNCTION pg_temp.plan_of(relation regclass, parts int) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY EXECUTE replace('EXPLAIN (COSTS OFF) ' ||
    credit_limit_internal.screening_query(relation, relation::text, 'bad', '{usage,region,children}', parts, NULL, NULL), '$1', $q$'{}'$q$);
END $$;
SELECT line FROM pg_temp.plan_of('"Odd ""Name"""."Loan Book"', 3) line WHERE line ~ 'Gather|Append|Aggregate|Seq Scan';
SELECT line FROM pg_temp.plan_of('loan', 1) line WHERE line ~ 'Append|Aggregate|Seq Scan';
RESET parallel_setup_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;

-- What tells the classes apart knows the outcome, and is left out by its name, unless it is asked for; from an information value of 0.5 on
-- a column is suspicious, which arrears are too: they stay. A code that no row has is said.
CREATE TABLE known AS SELECT i % 20 = 0 AS bad, CASE WHEN i % 20 = 0 THEN 'written off' ELSE 'open' END AS status,
  (i % 20 = 0 AND i % 41 > 0)::int AS recovered, CASE WHEN i % 20 = 0 THEN i / 20 % 4 ELSE i % 11 / 9 END AS months_late,
  CASE WHEN i % 1000 = 0 THEN 0 ELSE (i % 20 = 0)::int * 1000 + i % 1000 END AS collected, i % 3 AS noise
FROM generate_series(1, 10000) i;
SELECT variable, round(iv::numeric, 3) AS iv, round(gini::numeric, 3) AS gini, selected, reason, remark
FROM variable_screening('known', 'bad', options => '{"columns": {"noise": {"special_codes": [-1]}}}');
SELECT variable, selected, reason, remark FROM variable_screening('known', 'bad', '{status, recovered, months_late}',
  '{"max_iv": null, "max_auc": null, "columns": {"months_late": {"max_iv": 0.7}}}');
-- The area under the curve is that of the bins as a score.
SELECT near((1 + gini) / 2, auc(-woe(binning, status), bad)) AS auc FROM variable_screening('known', 'bad', '{status}'), known GROUP BY gini;
SELECT variable, selected, reason FROM variable_screening('known', 'bad', '{status, months_late}', '{"max_iv": null, "max_auc": 0.5}');
SELECT r ->> 'characteristic' AS characteristic, r ->> 'selected' AS selected, r ->> 'reason' AS reason, r ->> 'remark' AS remark
FROM train_scorecard('known', 'bad', '{status, recovered, months_late}'), jsonb_array_elements(report) r WHERE r ->> 'step' = 'screening';
DROP TABLE known;

-- What cannot be binned says why: rules that no bins keep, more texts than there are categories.
SELECT variable, n_bins, selected, reason FROM variable_screening('loan', 'bad', '{usage}', '{"monotonic_trend": "descending", "min_event_rate_diff": 0.1}');
CREATE TABLE many AS SELECT i::text AS id, i % 10 = 0 AS bad FROM generate_series(1, 100001) i;
SELECT variable, n, n_distinct, iv, n_bins, selected, reason FROM variable_screening('many', 'bad');
DROP TABLE many;

DROP VIEW loan, no_loan, no_outcome, only_bad;
DROP TABLE only_event, whole;
DROP SCHEMA trap CASCADE;
DROP SCHEMA "Odd ""Name""" CASCADE;
REVOKE USAGE ON SCHEMA credit_limit, credit_limit_internal FROM regress_variable_screening_stranger;
DROP ROLE regress_variable_screening_stranger;

-- A column that has nothing but special codes is no empty column: its bins are those of the codes, and their information value is counted in SQL.
CREATE TABLE only_codes AS SELECT CASE WHEN i % 10 > 0 THEN 1 + i % 3 END AS x, i % 7 < 1 + i % 3 AS bad FROM generate_series(1, 700) i;
SELECT s.missing_rate, s.selected, s.reason, s.n_bins, b.status,
  near(s.iv, (SELECT sum((g / ga - b / ba) * ln((g / ga) / (b / ba)))
    FROM (SELECT x, count(*) FILTER (WHERE NOT bad)::float8 AS g, count(*) FILTER (WHERE bad)::float8 AS b FROM only_codes GROUP BY x) c,
      (SELECT count(*) FILTER (WHERE NOT bad)::float8 AS ga, count(*) FILTER (WHERE bad)::float8 AS ba FROM only_codes) a), 1e-12) AS iv
FROM variable_screening('only_codes', 'bad', options => '{"special_codes": [1, 2, 3], "smoothing": "none"}') s, binning_summary(s.binning) b;
SELECT t.bin FROM train_scorecard('only_codes', 'bad', '{x}', '{"screening": {"special_codes": [1, 2, 3]}}') c, scorecard_table(c.card) t;

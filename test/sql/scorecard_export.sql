-- Cards for other systems: SQL, PMML and back, the hash.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS credit_limit;
SET search_path = credit_limit, public;

-- The expert card of the demonstration, a card with everything that can be said, and one whose names and texts are hard to quote.
CREATE TABLE se_card (name text, card scorecard);
\set file `cat demo/expert_card.json`
INSERT INTO se_card VALUES ('expert', :'file');
INSERT INTO se_card VALUES ('wide', '{"name": "wide", "base_points": 100.1, "scaling": {"score": 600.5, "odds": 15, "pdo": -33.3}, "characteristics": [
  {"name": "f", "bins": [{"below": -1, "points": 0.1, "woe": -0.30000000000000004}, {"below": 0, "points": 0.2}, {"below": 0.1, "points": 0.7}, {"below": 0.30000000000000004, "points": 1.3}, {"points": -2.9}], "missing": {"points": 7, "reason": "No f"}},
  {"name": "r", "average_points": 1.5, "neutral_points": 2, "coefficient": -0.9, "dimension": "d", "bins": [{"up_to": -1, "points": 1.1}, {"up_to": 0, "points": 2.2, "event_rate": 0.1}, {"up_to": 0.1, "points": 3.3}, {"points": 4.4}], "special": [{"values": [-9, 0.1], "points": 20.5}, {"values": [-8], "points": 30}], "missing": {"points": -7}},
  {"name": "m", "bins": [{"below": 100, "points": 5}, {"below": 2500.01, "points": 6}, {"points": 9}]},
  {"name": "k", "bins": [{"below": 2, "points": 5}, {"below": 5, "points": 6.6}, {"points": 9}], "special": [{"values": [3], "points": 11}], "missing": {"points": 1e-7}},
  {"name": "t", "categories": [{"in": ["a", "bb", ""], "points": 1}, {"in": ["c", "C"], "points": 2.25}], "other": {"points": 3}, "missing": {"points": 4}},
  {"name": "n", "categories": [{"in": [1, 2.5], "points": 1}, {"in": [-3], "points": 2}], "other": {"points": 3}, "missing": {"points": 4}},
  {"name": "y", "categories": [{"in": [true], "points": 1}], "other": {"points": 3.125}, "missing": {"points": 4}},
  {"name": "yi", "bins": [{"below": 0.5, "points": 1}, {"points": 2}], "missing": {"points": 1}},
  {"name": "re", "bins": [{"below": 0.1, "points": 1}, {"below": 0.3, "points": 2}, {"below": 0.7, "points": 4}, {"points": 8}], "special": [{"values": [0.9], "points": 16}], "missing": {"points": 0}}]}');
INSERT INTO se_card VALUES ('hard', '{"name": "a <\"hard\"> & ''odd'' card", "characteristics": [
  {"name": "The \"Column\"", "reason": "<reason>", "categories": [{"in": ["it''s", "x\\y", "say \"no\""], "points": 1}, {"in": ["two words", "a]]>b", "  ", "<&>"], "points": 2}, {"in": ["\t", "line\nbreak\r"], "points": 4}, {"in": ["true", "$1", "%s", "ü€"], "points": 8}], "missing": {"points": 16}},
  {"name": "select", "bins": [{"points": 32}], "special": [{"values": [1, 2], "points": 64}]},
  {"name": "all", "categories": [{"in": [true, false], "points": 128}], "missing": {"points": 256}}]}');

-- 1. As SQL.
SELECT scorecard_sql('{"name": "s", "base_points": 449, "characteristics": [{"name": "use", "bins": [{"below": 0.3, "points": 25}, {"points": -40}], "special": [{"values": [-9], "points": 0}], "missing": {"points": -5}},
  {"name": "Housing", "categories": [{"in": ["own"], "points": 14}], "other": {"points": 0}}, {"name": "late", "categories": [{"in": [true], "points": -7.5}], "other": {"points": 0}}]}', 'b');
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
SELECT id, f::real AS f, r::numeric AS r, m::float8 AS m, k::bigint AS k, (CASE WHEN t = '' THEN 'bb' ELSE t END)::char(9) AS t, n::real AS n, y, yi::int::numeric AS yi, re::text::numeric AS re
FROM se_wide WHERE r NOT IN ('Infinity', '-Infinity');
CREATE TABLE se_enum AS SELECT id, f, r::real AS r, m::numeric AS m, k::int AS k,
  (ARRAY[NULL, 'a', 'bb', 'c', 'C', 'd']::se_letter[])[1 + id % 6] AS t, n::float8, y, yi::int::real AS yi, re::float8 AS re FROM se_wide;
CREATE TABLE se_hard AS
SELECT (ARRAY[NULL, 'it''s', 'x\y', 'say "no"', 'two words', 'a]]>b', '  ', '<&>', E'\t', E'line\nbreak\r', 'true', '$1', '%s', 'ü€', 'u', '', ' ', E'line\nbreak\n'])[1 + g % 18] AS "The ""Column""",
  (ARRAY[NULL, 1, 2, 3, 'NaN', 'Infinity', 1.5]::float8[])[1 + g % 7] AS "select", (ARRAY[NULL, true, false])[1 + g % 3] AS "all"
FROM generate_series(1, 500) g;
-- A borrower of the expert card: numbers on and around its bounds.
CREATE TABLE se_expert AS
SELECT g AS id, x[1] AS days_past_due_worst_12m, x[2] AS months_since_delinquency, x[3] AS months_on_book, x[4] AS enquiries_6m, x[5] AS monthly_income,
  x[6] AS obligations, x[7]::numeric AS debt_to_income, x[8]::real AS utilization_3m, x[9] AS payment_ratio_3m, x[10] AS months_inactive, x[11] AS cash_advance_share,
  x[12]::numeric AS savings_balance, h AS housing, e AS employment, x[13] AS years_at_job
FROM (SELECT g, array_agg((ARRAY[NULL, 'NaN', 0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.35, 0.5, 0.6, 0.65, 0.85, 0.95, 1, 3, 6, 7, 12, 24, 30, 36, 60, 200, 500, 800,
      1000, 2000, 4000, 8000, 10000, -1, random(), random() * 100, random() * 10000]::float8[])[1 + floor(random() * 35)]) AS x,
    (ARRAY[NULL, 'own', 'mortgage', 'family', 'rent', 'boat'])[1 + g % 6] AS h,
    (ARRAY[NULL, 'permanent', 'contract', 'retired', 'self-employed', 'student', 'none', 'pirate'])[1 + g / 6 % 8] AS e
  FROM generate_series(1, 3000) g, generate_series(1, 13) GROUP BY g) s;
CREATE FUNCTION se_differences(card scorecard, borrowers regclass, row_name text DEFAULT NULL) RETURNS TABLE (n bigint, scored bigint, differ bigint)
LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY EXECUTE format('SELECT count(*), count(score($1, %1$I)), count(*) FILTER (WHERE float8send(%2$s) IS DISTINCT FROM float8send(score($1, %1$I))) FROM %3$s AS %1$I',
    coalesce(row_name, 'b'), scorecard_sql(card, row_name), borrowers) USING card;
END $$;
SELECT t AS relation, d.n, d.scored > d.n / 2 AS mostly_scored, d.scored < d.n AS some_not, d.differ
FROM (VALUES ('wide', 'se_wide'), ('wide', 'se_other'), ('wide', 'se_enum')) v(name, t) JOIN se_card USING (name), se_differences(card, t::regclass) d;
SELECT name, d.* FROM (VALUES ('expert', 'se_expert'), ('hard', 'se_hard')) v(name, t) JOIN se_card USING (name), se_differences(card, t::regclass, 'A "Row"') d;
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
SELECT scorecard_hash('{"name": "ü", "characteristics": [{"name": "m", "bins": [{"points": 1}]}]}') = encode(sha256(convert_to('{"name": "ü", "characteristics": [{"name": "m", "bins": [{"points": 1}]}]}'::scorecard::text, 'UTF8')), 'hex') AS not_of_the_client;
RESET client_encoding;

-- 3. PMML: well-formed, and the elements in the order of the schema of PMML 4.4.1.
SELECT scorecard_pmml('{"name": "s", "base_points": 449, "characteristics": [{"name": "use", "bins": [{"below": 0.3, "points": 25, "woe": 0.5}, {"below": 0.8, "points": 0}, {"points": -40, "reason": "High use"}], "special": [{"values": [-9, -8], "points": 0}], "missing": {"points": -5}},
  {"name": "housing", "categories": [{"in": ["own"], "points": 14}, {"in": ["rent", "for <free>"], "points": 2}], "other": {"points": 0}}]}');
SELECT name, scorecard_pmml(card) IS DOCUMENT AS document, xpath('/p:PMML/*/p:Characteristics/preceding-sibling::*[1]/@*|/p:PMML/@version', scorecard_pmml(card), '{{p,http://www.dmg.org/PMML-4_4}}') AS version,
  (xpath('count(//p:Characteristic)', scorecard_pmml(card), '{{p,http://www.dmg.org/PMML-4_4}}'))[1]::text::int = (scorecard_summary(card)).n_characteristics AS characteristics,
  (xpath('count(//p:Attribute)', scorecard_pmml(card), '{{p,http://www.dmg.org/PMML-4_4}}'))[1]::text::int = (SELECT count(*) FROM scorecard_table(card)) AS attributes
FROM se_card ORDER BY name;
SELECT scorecard_pmml(NULL) IS NULL AS no_card;
SELECT scorecard_pmml('{"name": "bell", "characteristics": [{"name": "m", "reason": "\u0007", "bins": [{"points": 1}]}]}');

-- 4. And back: the same card, to the last bit.
SELECT name, scorecard_from_pmml(scorecard_pmml(card))::text = card::text AS same_card FROM se_card ORDER BY name;
SELECT scorecard_from_pmml(NULL) IS NULL AS no_document;
-- Random cards: the same text, and the same scores.
CREATE FUNCTION se_random_card(seed int) RETURNS scorecard LANGUAGE sql AS $$
  SELECT scorecard(jsonb_build_object('name', 'random ' || seed, 'base_points', random() * 100, 'characteristics', jsonb_agg(c)))
  FROM (SELECT jsonb_build_object('name', 'x' || i, CASE WHEN random() < 0.5 THEN 'neutral_points' ELSE 'average_points' END, random())
    || CASE WHEN (seed + i) % 3 > 0 THEN jsonb_build_object('bins', (SELECT jsonb_agg(jsonb_build_object(k, x, 'points', random() * 9 - 5) ORDER BY x)
          FROM (SELECT DISTINCT round((random() * 10)::numeric, (random() * 2)::int) AS x, CASE WHEN (seed + i) % 2 = 0 THEN 'below' ELSE 'up_to' END AS k FROM generate_series(1, 1 + seed % 9)) b)
        || '[{"points": 3}]') || CASE WHEN seed % 5 = 0 THEN '{"special": [{"values": [1, 2, -3.5], "points": 0.1}, {"values": [7], "points": 0.2}]}' ELSE '{}'::jsonb END
      ELSE jsonb_build_object('categories', jsonb_build_array(jsonb_build_object('in', ARRAY[1, 2 + i], 'points', random()), jsonb_build_object('in', ARRAY[7.5], 'points', random())))
        || CASE WHEN seed % 2 = 0 THEN '{"other": {"points": -1}}' ELSE '{}'::jsonb END END
    || CASE WHEN (seed + i) % 4 = 0 THEN '{}'::jsonb ELSE '{"missing": {"points": 0.3, "reason": "none"}}' END AS c
  FROM generate_series(1, 4) i) s
$$;
CREATE TABLE se_random AS SELECT g AS seed, se_random_card(g) AS card FROM generate_series(1, 60) g;
CREATE TABLE se_x AS SELECT x[1] AS x1, x[2] AS x2, x[3] AS x3, x[4] AS x4
FROM (SELECT array_agg((ARRAY[NULL, 'NaN', 'Infinity', '-Infinity', 7.5, 7, 1, 2, 3, -3.5, round(random() * 10), round((random() * 10)::numeric, 1), random() * 12 - 1]::float8[])[1 + floor(random() * 13)]) AS x
  FROM generate_series(1, 100) g, generate_series(1, 4) GROUP BY g) s;
SELECT count(*) AS cards, count(*) FILTER (WHERE scorecard_from_pmml(scorecard_pmml(card))::text <> card::text) AS differ,
  (SELECT count(*) FROM se_random r, LATERAL (SELECT scorecard_from_pmml(scorecard_pmml(r.card)) AS back OFFSET 0) q, se_x x WHERE score(back, x) IS DISTINCT FROM score(r.card, x)) AS scores_differ,
  (SELECT sum(d.differ) FROM se_random r, se_differences(r.card, 'se_x') d) AS sql_differs
FROM se_random;

-- 5. Of others: first match wins, bounds left out, "or", a catch-all for missing and unlisted values, an older version with a prefix.
\set foreign '<m:PMML xmlns:m="http://www.dmg.org/PMML-4_2" version="4.2"><m:Header/><m:DataDictionary><m:DataField name="age" optype="continuous" dataType="integer"/><m:DataField name="department" optype="categorical" dataType="string"/><m:DataField name="income" optype="continuous" dataType="double"/><m:DataField name="score" optype="continuous" dataType="double"/></m:DataDictionary><m:Scorecard functionName="regression" useReasonCodes="false" initialScore="1.5e1"><m:MiningSchema><m:MiningField name="age"/><m:MiningField name="department"/><m:MiningField name="income"/><m:MiningField name="score" usageType="target"/></m:MiningSchema><m:Characteristics><m:Characteristic name="departmentScore"><m:Attribute partialScore="-9"><m:SimplePredicate field="department" operator="isMissing"/></m:Attribute><m:Attribute partialScore="19"><m:CompoundPredicate booleanOperator="or"><m:SimplePredicate field="department" operator="equal" value="marketing"/><m:SimpleSetPredicate field="department" booleanOperator="isIn"><m:Array n="2" type="string">"human resources" sales</m:Array></m:SimpleSetPredicate></m:CompoundPredicate></m:Attribute><m:Attribute partialScore="1"><m:True/></m:Attribute></m:Characteristic><m:Characteristic name="ageScore" reasonCode="A"><m:Attribute partialScore="-3"><m:SimplePredicate field="age" operator="lessOrEqual" value="18"/></m:Attribute><m:Attribute partialScore="12" reasonCode="A2"><m:SimplePredicate field="age" operator="lessOrEqual" value="39"/></m:Attribute><m:Attribute partialScore="18"><m:True/></m:Attribute></m:Characteristic><m:Characteristic><m:Attribute partialScore="5"><m:SimplePredicate field="income" operator="greaterOrEqual" value="1000"/></m:Attribute><m:Attribute partialScore="2"><m:CompoundPredicate booleanOperator="or"><m:SimplePredicate field="income" operator="isMissing"/><m:SimplePredicate field="income" operator="lessThan" value="1000"/></m:CompoundPredicate></m:Attribute></m:Characteristic></m:Characteristics></m:Scorecard></m:PMML>'
SELECT jsonb_pretty(scorecard_from_pmml(:'foreign')::jsonb - 'scaling');
-- 15 - 9 + 18 + 2; 15 + 19 - 3 + 5; 15 + 1 + 12 + 2.
SELECT score(scorecard_from_pmml(:'foreign'), b) FROM (VALUES (NULL::int, NULL, NULL::float8), (18, 'human resources', 1000), (19, 'cook', 999.99)) b(age, department, income);
-- What does not map, and what is no PMML: the change, and what is said.
CREATE FUNCTION se_refused(document text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  detail text;
  hint text;
BEGIN
  RETURN 'accepted: ' || (scorecard_from_pmml(document::xml) IS NOT NULL);
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
  RETURN CASE WHEN SQLSTATE LIKE '2200%' THEN SQLSTATE ELSE concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, ''), nullif(hint, '')) END;
END $$;
SELECT n, se_refused(replace(:'foreign', old, new)) FROM (VALUES
  (1, 'PMML-4_2', 'other'), (2, 'm:Scorecard', 'm:TreeModel'), (3, '<m:Header/>', '<m:Header/><m:TransformationDictionary><m:DerivedField name="d"/></m:TransformationDictionary>'),
  (4, '<m:MiningField name="age"/>', '<m:MiningField name="age" missingValueReplacement="3"/>'), (5, '<m:MiningField name="age"/>', '<m:MiningField name="age" outliers="asExtremeValues"/>'),
  (6, 'operator="equal"', 'operator="notEqual"'), (7, 'isIn', 'isNotIn'), (8, 'field="age" operator="lessOrEqual" value="39"', 'field="income" operator="lessOrEqual" value="39"'),
  (9, 'dataType="integer"', 'dataType="date"'), (10, '"age" optype', '"old" optype'), (11, 'operator="lessThan" value="1000"', 'operator="lessThan" value="999"'),
  (12, 'greaterOrEqual', 'greaterThan'), (13, '<m:True/>', '<m:False/>'), (14, 'value="18"', 'value="45"'), (15, 'value="18"', 'value="x"'), (16, 'partialScore="12"', ''),
  (17, '<m:Attribute partialScore="-3">', '<m:Attribute partialScore="0"><m:True/></m:Attribute><m:Attribute partialScore="-3">'), (18, '<m:Attribute partialScore="-3">', '<m:Attribute partialScore="0"><m:ComplexPartialScore/></m:Attribute><m:Attribute partialScore="-3">'),
  (19, 'operator="greaterOrEqual" value="1000"', 'operator="equal" value="1000"'), (20, 'booleanOperator="or"', 'booleanOperator="xor"'),
  (21, 'functionName=', 'isScorable="false" functionName='), (22, '<m:DataField name="age" optype="continuous" dataType="integer"/>', '<m:DataField name="age" optype="continuous" dataType="integer"><m:Value value="-1" property="missing"/></m:DataField>'),
  (23, '<m:Attribute partialScore="2">', '<m:Attribute partialScore="2"><m:SimplePredicate field="income" operator="equal" value="5000"/></m:Attribute><m:Attribute partialScore="2">'), (24, '', '')) c(n, old, new) ORDER BY n;
SELECT se_refused('<a/>'), se_refused('text'), se_refused('<a>');

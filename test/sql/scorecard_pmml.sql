-- PMML: what scorecard_pmml writes is valid and says the same card, and what others write is read or refused.
\i test/helpers.sql
-- A server without libxml reads no XML: the other expected file.
\set VERBOSITY terse
SELECT '<a/>'::xml IS DOCUMENT AS libxml \gset
\set VERBOSITY default
\if :{?libxml}
\else
\echo skipped the server was built without libxml
\quit
\endif

CREATE TABLE pm_card (name text, card scorecard);
\set file `cat demo/expert_card.json`
INSERT INTO pm_card VALUES ('expert', :'file');
\set file `cat demo/uci_card.json`
INSERT INTO pm_card VALUES ('uci', :'file');
\set file `cat test/cards/wide.json`
INSERT INTO pm_card VALUES ('wide', :'file');
\set file `cat test/cards/hard.json`
INSERT INTO pm_card VALUES ('hard', :'file');

-- 1. Well-formed and complete.
SELECT name, scorecard_pmml(card) IS DOCUMENT AS document, xpath('/p:PMML/*/p:Characteristics/preceding-sibling::*[1]/@*|/p:PMML/@version', scorecard_pmml(card), '{{p,http://www.dmg.org/PMML-4_4}}') AS version,
  (xpath('count(//p:Characteristic)', scorecard_pmml(card), '{{p,http://www.dmg.org/PMML-4_4}}'))[1]::text::int = (scorecard_summary(card)).n_characteristics AS characteristics,
  (xpath('count(//p:Attribute)', scorecard_pmml(card), '{{p,http://www.dmg.org/PMML-4_4}}'))[1]::text::int = (SELECT count(*) FROM scorecard_table(card)) AS attributes
FROM pm_card ORDER BY name;

-- 2. And back: the same card, to the last bit.
SELECT name, scorecard_from_pmml(scorecard_pmml(card))::text = card::text AS same_card FROM pm_card ORDER BY name;
SELECT scorecard_from_pmml(NULL) IS NULL AS no_document;
-- Random cards: the same text, and the same scores.
\i test/cards/random.sql
SELECT count(*) AS cards, count(*) FILTER (WHERE scorecard_from_pmml(scorecard_pmml(card))::text <> card::text) AS differ,
  (SELECT count(*) FROM se_random r, LATERAL (SELECT scorecard_from_pmml(scorecard_pmml(r.card)) AS back OFFSET 0) q, se_x x WHERE score(back, x) IS DISTINCT FROM score(r.card, x)) AS scores_differ
FROM se_random;

-- 3. Of others: first match wins, bounds left out, "or", a catch-all for missing and unlisted values, an older version with a prefix.
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

-- scorecard_export: a card for other systems: as SQL, as PMML and back, and what identifies it.

CREATE FUNCTION credit_limit.scorecard_sql(card credit_limit.scorecard, row_name text DEFAULT NULL) RETURNS text
AS 'MODULE_PATHNAME', 'cl_scorecard_sql' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION credit_limit.scorecard_sql(credit_limit.scorecard, text) IS
'The card as one SQL expression for PostgreSQL without the extension: equal to score(card, row) bit for bit, and NULL where
that is NULL. row_name: the alias of the row whose columns it reads (quoted where needed); NULL for bare names. Columns may be
of any type that score() takes, char(n), enum and domains too. Numbers are read through their text, so extra_float_digits must
not be below its default 1; a numeric that no double holds (1e400) is an error (22003) where score() takes it for an infinity
or zero. A number in a text column is read as a number, where score() reports the wrong type. NULL for a NULL card. Error: an
empty row_name (22023).';

CREATE FUNCTION credit_limit.scorecard_hash(card credit_limit.scorecard) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(card::pg_catalog.text, 'UTF8')), 'hex');
COMMENT ON FUNCTION credit_limit.scorecard_hash(credit_limit.scorecard) IS
'SHA-256 of the canonical JSON of the card in UTF-8, 64 hexadecimal digits: two cards that were written differently and say the
same have the same hash, in every database. NULL gives NULL.';

CREATE FUNCTION credit_limit.scorecard_pmml(card credit_limit.scorecard) RETURNS xml
AS 'MODULE_PATHNAME', 'cl_scorecard_pmml' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION credit_limit.scorecard_pmml(credit_limit.scorecard) IS
'The card as PMML 4.4, model Scorecard: the score is initialScore plus the partialScore of every characteristic, reason codes are
those of reason_codes(card, row, 4, max) (pointsBelow the best points, with a negative pdo pointsAbove them; PMML does not leave
out a reason that was said before).
NaN is declared a missing value. What PMML has no place for (scaling, woe, event_rate, count, dimension, coefficient,
neutral_points, average_points) is in Extension elements with extender credit_limit. Needs no libxml. NULL gives NULL. Error:
a control character
that XML does not have (22P05). Source: Data Mining Group, PMML 4.4.1, Scorecard.';

-- Back from PMML. These three are for scorecard_from_pmml only; a value arrives as text, an attribute as a jsonb object.

CREATE FUNCTION credit_limit_internal.pmml_values(listed text, is_array boolean, data_type text) RETURNS pg_catalog.jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT pg_catalog.jsonb_agg(CASE data_type WHEN 'string' THEN pg_catalog.to_jsonb(v.value)
      WHEN 'boolean' THEN pg_catalog.to_jsonb(v.value::boolean) ELSE pg_catalog.to_jsonb(v.value::numeric) END ORDER BY v.place)
  FROM (SELECT listed AS value, 1 AS place WHERE NOT is_array
    UNION ALL
    SELECT coalesce(pg_catalog.replace(m.parts[1], $r$\"$r$, '"'), m.parts[2]), m.place
    FROM pg_catalog.regexp_matches(listed, $r$"((?:[^"\\]|\\.)*)"|(\S+)$r$, 'g') WITH ORDINALITY AS m(parts, place)
    WHERE is_array) AS v;
END;
COMMENT ON FUNCTION credit_limit_internal.pmml_values(text, boolean, text) IS
'Part of scorecard_from_pmml: a value, or the values of a PMML Array (separated by spaces, quoted where they have some), as a JSON
array of strings, booleans or numbers by the dataType of the field.';

CREATE FUNCTION credit_limit_internal.pmml_intervals(field text, terms pg_catalog.jsonb) RETURNS pg_catalog.jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  term record;
  end_at numeric;
  end_below numeric;
  end_place int;
  bins jsonb := '[]';
BEGIN
  FOR term IN
    SELECT t.*, coalesce(t.below, t.up_to) AS upper, coalesce(t.at_least, t.above) AS lower
    FROM jsonb_to_recordset(terms) AS t(place int, kind text, content jsonb, below numeric, up_to numeric, at_least numeric,
      above numeric)
    WHERE t.kind = 'interval'
      OR t.kind = 'rest' AND NOT jsonb_path_exists(terms, '$[*] ? (@.kind == "interval" && @.below == null && @.up_to == null)')
    ORDER BY upper NULLS LAST, t.place
  LOOP
    -- A lower bound that is not said is the one before it, if that attribute comes first.
    IF bins = '[]' AND term.lower IS NOT NULL
      OR bins <> '[]' AND (end_at IS NULL
        OR term.lower IS NULL AND term.place < end_place
        OR term.lower IS NOT NULL AND (term.lower <> end_at OR (term.at_least IS NULL) <> (end_below IS NULL)))
    THEN
      RAISE EXCEPTION 'intervals of "%" in PMML have a gap or overlap', field USING
        ERRCODE = 'invalid_parameter_value',
        DETAIL = format('The interval from %s does not begin where another ends at %s.', coalesce(term.lower::text, '-infinity'),
          CASE WHEN bins = '[]' THEN '-infinity' ELSE coalesce(end_at::text, 'infinity') END),
        HINT = 'Every number must have points in exactly one attribute, from -infinity to infinity.';
    END IF;
    bins := bins || (jsonb_strip_nulls(jsonb_build_object('below', term.below, 'up_to', term.up_to)) || term.content);
    end_at := term.upper;
    end_below := term.below;
    end_place := term.place;
  END LOOP;
  IF end_at IS NOT NULL THEN
    RAISE EXCEPTION 'intervals of "%" in PMML have a gap or overlap', field USING
      ERRCODE = 'invalid_parameter_value',
      DETAIL = format('No interval goes from %s to infinity.', end_at),
      HINT = 'Every number must have points in exactly one attribute, from -infinity to infinity.';
  END IF;
  RETURN bins;
END $$;
COMMENT ON FUNCTION credit_limit_internal.pmml_intervals(text, pg_catalog.jsonb) IS
'Part of scorecard_from_pmml: the intervals of a characteristic as the "bins" of a card. Error: a gap or an overlap (22023).';

CREATE FUNCTION credit_limit_internal.pmml_characteristic(field text, continuous boolean, terms pg_catalog.jsonb)
RETURNS pg_catalog.jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  late text;
  listed jsonb;
  intervals boolean := jsonb_path_exists(terms, '$[*] ? (@.kind == "interval")')
    OR continuous AND jsonb_path_exists(terms, '$[*] ? (@.kind == "rest")');
  missing jsonb;
  rest jsonb;
BEGIN
  -- PMML takes the first attribute that is true; a card takes listed values before all others.
  SELECT format('Attribute %s stands behind attribute %s.', b.place, a.place) INTO late
  FROM jsonb_to_recordset(terms) AS a(place int, kind text, everything boolean),
    jsonb_to_recordset(terms) AS b(place int, kind text)
  WHERE a.place < b.place AND (b.kind = 'list' AND a.kind IN ('interval', 'rest')
      OR a.kind = 'rest' AND b.kind IN ('interval', 'rest') OR a.everything)
  ORDER BY b.place LIMIT 1;
  IF late IS NOT NULL THEN
    RAISE EXCEPTION 'attributes of "%" in PMML are in an order that a scorecard does not have', field USING
      ERRCODE = 'feature_not_supported', DETAIL = late,
      HINT = 'Put listed values first, then isMissing, then intervals, and what is true for all others last.';
  END IF;
  SELECT jsonb_agg(jsonb_build_object(CASE WHEN intervals THEN 'values' ELSE 'in' END, l.items) || l.content ORDER BY l.place)
    INTO listed
  FROM (SELECT t.place, t.content, jsonb_agg(v ORDER BY t.part, n) AS items
    FROM jsonb_to_recordset(terms) AS t(place int, part int, kind text, content jsonb, items jsonb),
      jsonb_array_elements(t.items) WITH ORDINALITY AS e(v, n)
    WHERE t.kind = 'list' GROUP BY t.place, t.content) AS l;
  SELECT t.content INTO missing
  FROM jsonb_to_recordset(terms) AS t(place int, kind text, everything boolean, content jsonb)
  WHERE t.kind = 'missing' OR t.everything ORDER BY t.place LIMIT 1;
  SELECT t.content INTO rest FROM jsonb_to_recordset(terms) AS t(kind text, content jsonb) WHERE t.kind = 'rest';
  IF intervals THEN
    RETURN jsonb_strip_nulls(jsonb_build_object('bins', credit_limit_internal.pmml_intervals(field, terms), 'special', listed,
      'missing', missing));
  END IF;
  RETURN jsonb_strip_nulls(jsonb_build_object('categories', coalesce(listed, '[]'), 'other', rest, 'missing', missing));
END $$;
COMMENT ON FUNCTION credit_limit_internal.pmml_characteristic(text, boolean, pg_catalog.jsonb) IS
'Part of scorecard_from_pmml: the attributes of a characteristic as bins of a card. Errors: attributes in an order that means
something else in a card (0A000), a gap or an overlap of intervals (22023).';

CREATE FUNCTION credit_limit_internal.pmml_require(document xml, uri text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  names text[] := ARRAY[ARRAY['p', coalesce(uri, '')]];
  wrong text;
BEGIN
  IF uri IS NULL OR uri NOT LIKE 'http://www.dmg.org/PMML-%' THEN
    RAISE EXCEPTION 'the document is not PMML' USING ERRCODE = 'invalid_parameter_value',
      DETAIL = format('The namespace of its root is "%s".', uri),
      HINT = 'PMML 4 has a namespace like http://www.dmg.org/PMML-4_4.';
  END IF;
  SELECT w.what INTO wrong
  FROM (VALUES
    (1, 'not(/p:PMML/p:Scorecard)', 'a model other than Scorecard'),
    (2, '/p:PMML/p:Scorecard[2]', 'more than one Scorecard'),
    (3, '//p:Scorecard[@isScorable="false"]', 'a Scorecard that is not scorable'),
    (4, '//p:DerivedField', 'DerivedField: compute the column before'),
    (5, '//p:ComplexPartialScore', 'ComplexPartialScore: points that are computed'),
    (6, '//p:MiningField[@missingValueReplacement]', 'missingValueReplacement: give isMissing points of its own'),
    (7, '//p:MiningField[@outliers and @outliers != "asIs"]', 'outliers: give them points of their own'),
    (8, '//p:DataField/p:Value[@property="missing" and @value != "NaN"]', 'a value that means missing: list it, or make it NULL'),
    (9, '//p:Scorecard/p:Targets', 'Targets: a score that is changed afterwards')) AS w(n, path, what)
  WHERE (xpath('boolean(' || w.path || ')', document, names))[1]::text = 'true'
  ORDER BY w.n LIMIT 1;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION 'the PMML document has something that a scorecard cannot express' USING ERRCODE = 'feature_not_supported',
      DETAIL = format('Found is %s.', wrong), HINT = 'Change the document, or write the card by hand.';
  END IF;
END $$;
COMMENT ON FUNCTION credit_limit_internal.pmml_require(xml, text) IS
'Part of scorecard_from_pmml: an error (0A000, 22023) when the document is not PMML or has what no scorecard can say.';

CREATE FUNCTION credit_limit.scorecard_from_pmml(document xml) RETURNS credit_limit.scorecard
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  uri text;
  card jsonb;
  found record;
  terms jsonb;
  characteristics jsonb := '[]';
BEGIN
  -- The server's functions for XML read UTF-8, and answer in it, whatever the encoding of the database.
  IF getdatabaseencoding() <> 'UTF8' AND document::text ~ '[^[:ascii:]]|&#(?!(9|10|13|34|38|39|60|62);)' THEN
    RAISE EXCEPTION 'PMML with characters beyond ASCII can be read in a UTF8 database only' USING
      ERRCODE = 'feature_not_supported',
      DETAIL = format('The encoding of this database is %s.', getdatabaseencoding()),
      HINT = 'Read it in a UTF8 database, and copy the card from there as text.';
  END IF;
  uri := (xpath('namespace-uri(/*)', document))[1];
  PERFORM credit_limit_internal.pmml_require(document, uri);
  SELECT jsonb_strip_nulls(jsonb_build_object('name', coalesce(nullif(m.name, ''), nullif(m.description, ''), 'PMML'),
      'base_points', m.base_points,
      'scaling', nullif(jsonb_strip_nulls(jsonb_build_object('score', m.score, 'odds', m.odds, 'pdo', m.pdo)), '{}'))) INTO card
  FROM xmltable(xmlnamespaces(uri AS p), '/p:PMML/p:Scorecard' PASSING document COLUMNS
    name text PATH '@modelName', description text PATH '/p:PMML/p:Header/@description', base_points numeric PATH '@initialScore',
    score numeric PATH 'p:Extension[@extender="credit_limit" and @name="scaling.score"]/@value',
    odds numeric PATH 'p:Extension[@extender="credit_limit" and @name="scaling.odds"]/@value',
    pdo numeric PATH 'p:Extension[@extender="credit_limit" and @name="scaling.pdo"]/@value') AS m;
  FOR found IN
    SELECT c.*, d.data_type, d.optype
    FROM xmltable(xmlnamespaces(uri AS p), '/p:PMML/p:Scorecard/p:Characteristics/p:Characteristic' PASSING document COLUMNS
        place FOR ORDINALITY, node xml PATH '.', reason text PATH '@reasonCode', field text PATH 'string((.//@field)[1])',
        nfields int PATH 'count(.//*[@field != (ancestor::p:Characteristic//@field)[1]])',
        dimension text PATH 'p:Extension[@extender="credit_limit" and @name="dimension"]/@value',
        coefficient numeric PATH 'p:Extension[@extender="credit_limit" and @name="coefficient"]/@value',
        neutral_points numeric PATH 'p:Extension[@extender="credit_limit" and @name="neutral_points"]/@value',
        average_points numeric PATH 'p:Extension[@extender="credit_limit" and @name="average_points"]/@value') AS c
      LEFT JOIN xmltable(xmlnamespaces(uri AS p), '/p:PMML/p:DataDictionary/p:DataField' PASSING document COLUMNS
        name text PATH '@name', data_type text PATH '@dataType', optype text PATH '@optype') AS d ON d.name = c.field
    ORDER BY c.place
  LOOP
    IF found.nfields > 0 OR found.data_type IS NULL
      OR found.data_type NOT IN ('string', 'boolean', 'double', 'float', 'integer') THEN
      RAISE EXCEPTION 'characteristic % of the PMML document does not look at one field that a scorecard can read',
        found.place USING
        ERRCODE = 'feature_not_supported',
        DETAIL = CASE WHEN found.nfields > 0 THEN 'Its predicates look at several fields.'
          WHEN found.data_type IS NULL THEN format('There is no DataField "%s".', found.field)
          ELSE format('Field "%s" has dataType %s.', found.field, found.data_type) END,
        HINT = 'A characteristic is one column: string, boolean, double, float or integer.';
    END IF;
    SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('place', a.place, 'part', t.part, 'below', t.below, 'up_to', t.up_to,
        'at_least', t.at_least, 'above', t.above, 'everything', nullif(t.element = 'True', false),
        'content', jsonb_build_object('points', a.points, 'reason', a.reason, 'woe', a.woe, 'event_rate', a.event_rate,
          'count', a.count),
        'items', CASE WHEN t.operator IN ('equal', 'isIn')
          THEN credit_limit_internal.pmml_values(coalesce(t.listed, t.value), t.operator = 'isIn',
          found.data_type) END,
        'kind', CASE WHEN t.element = 'True' OR t.operator = 'isNotMissing' THEN 'rest'
          WHEN t.operator = 'isMissing' THEN 'missing'
          WHEN t.operator IN ('equal', 'isIn') THEN 'list'
          WHEN found.data_type IN ('double', 'float', 'integer') AND t.tests = num_nonnulls(t.below, t.up_to, t.at_least, t.above)
            AND num_nonnulls(t.below, t.up_to) <= 1 AND num_nonnulls(t.at_least, t.above) <= 1 THEN 'interval'
          ELSE format('%s %s', t.element, t.operator) END)) ORDER BY a.place, t.part) INTO terms
    FROM xmltable(xmlnamespaces(uri AS p), '/p:Characteristic/p:Attribute' PASSING found.node COLUMNS
        place FOR ORDINALITY, node xml PATH '.', points numeric PATH '@partialScore', reason text PATH '@reasonCode',
        woe numeric PATH 'p:Extension[@extender="credit_limit" and @name="woe"]/@value',
        event_rate numeric PATH 'p:Extension[@extender="credit_limit" and @name="event_rate"]/@value',
        count numeric PATH 'p:Extension[@extender="credit_limit" and @name="count"]/@value') AS a,
      xmltable(xmlnamespaces(uri AS p),
        '/p:Attribute/*[not(self::p:Extension) and not(self::p:CompoundPredicate[@booleanOperator="or"])]
          | /p:Attribute/p:CompoundPredicate[@booleanOperator="or"]/*[not(self::p:Extension)]' PASSING a.node COLUMNS
        part FOR ORDINALITY, element text PATH 'local-name(.)', operator text PATH 'string(@operator | @booleanOperator)',
        value text PATH '@value', listed text PATH 'p:Array',
        tests int PATH 'count(self::p:SimplePredicate
          | self::p:CompoundPredicate[@booleanOperator="and"]/*[not(self::p:Extension)])',
        below numeric PATH '(. | *)[@operator="lessThan"]/@value', up_to numeric PATH '(. | *)[@operator="lessOrEqual"]/@value',
        at_least numeric PATH '(. | *)[@operator="greaterOrEqual"]/@value',
        above numeric PATH '(. | *)[@operator="greaterThan"]/@value') AS t;
    IF jsonb_path_exists(terms,
      '$[*] ? (@.kind != "rest" && @.kind != "missing" && @.kind != "list" && @.kind != "interval")') THEN
      RAISE EXCEPTION 'characteristic "%" of the PMML document has a predicate that a scorecard does not know', found.field USING
        ERRCODE = 'feature_not_supported', DETAIL = format('Found is %s.', jsonb_path_query_first(terms,
          '$[*] ? (@.kind != "rest" && @.kind != "missing" && @.kind != "list" && @.kind != "interval").kind') #>> '{}'),
        HINT = 'A scorecard can have listed values, intervals of numbers, missing, and all others.';
    END IF;
    characteristics := characteristics
      || (jsonb_strip_nulls(jsonb_build_object('name', found.field, 'reason', nullif(found.reason, ''),
        'dimension', found.dimension, 'coefficient', found.coefficient, 'neutral_points', found.neutral_points,
        'average_points', found.average_points))
      || credit_limit_internal.pmml_characteristic(found.field, found.optype = 'continuous', terms));
  END LOOP;
  RETURN credit_limit.scorecard(card || jsonb_build_object('characteristics', characteristics));
END $$;
COMMENT ON FUNCTION credit_limit.scorecard_from_pmml(xml) IS
'The scorecard in a PMML 4 document: what scorecard_pmml wrote comes back as the same card; plain Scorecard models of others as
far as a card can say what they say. The characteristic has the name of its field. Scores are the same for values that the
DataDictionary calls valid; of invalid ones, which PMML may refuse, the card makes what the predicates say. A Scorecard of others
has the default scaling: give it one before score_pd means anything. Reason codes are texts, and ranked as reason_codes() does.
NULL gives NULL. Errors: no PMML, a gap between intervals (22023), what a card cannot say (0A000: DerivedField,
ComplexPartialScore, several fields, notEqual, isNotIn, missingValueReplacement and others, named), a number that is none (22P02),
a server without libxml, and characters beyond ASCII in a database that is not UTF8 (0A000).';

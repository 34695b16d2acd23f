-- scorecard_refit: the bins of a card stay, and newer rows say what they are worth.

-- A value of a category as the text of a column has it: numbers without trailing zeros, booleans as true and false.
CREATE FUNCTION credit_limit_internal.category_text(value jsonb) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE jsonb_typeof(value) WHEN 'number' THEN trim_scale((value #>> '{}')::numeric)::text ELSE value #>> '{}' END;

COMMENT ON FUNCTION credit_limit_internal.category_text(jsonb) IS 'A category of a card as text; for scorecard_binnings.';

CREATE FUNCTION credit_limit.scorecard_binnings(
  card credit_limit.scorecard,
  OUT characteristic text,
  OUT binning credit_limit.binning)
RETURNS SETOF record
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET jit = off
BEGIN ATOMIC
  SELECT c.part ->> 'name', (jsonb_strip_nulls(jsonb_build_object(
    'bins', (SELECT jsonb_agg(b.bin - '{points,reason,woe,event_rate,count}'::text[] ORDER BY b.place)
      FROM jsonb_array_elements(c.part -> 'bins') WITH ORDINALITY b (bin, place)),
    'categories', (SELECT jsonb_agg(jsonb_build_object('in',
      (SELECT jsonb_agg(credit_limit_internal.category_text(v.value) ORDER BY v.place)
        FROM jsonb_array_elements(b.bin -> 'in') WITH ORDINALITY v (value, place))) ORDER BY b.place)
      FROM jsonb_array_elements(c.part -> 'categories') WITH ORDINALITY b (bin, place)),
    'special', (SELECT jsonb_agg(b.bin - '{points,reason,woe,event_rate,count}'::text[] ORDER BY b.place)
      FROM jsonb_array_elements(c.part -> 'special') WITH ORDINALITY b (bin, place))))
    || CASE WHEN c.part ? 'categories' THEN '{"missing": {}, "other": {}}'::jsonb
      ELSE '{"missing": {}}'::jsonb END || coalesce(a.asked_for, '{}'))::credit_limit.binning
  FROM jsonb_array_elements(card::jsonb -> 'characteristics') WITH ORDINALITY c (part, place)
    -- A bin beside the values that the card gives more points than every value has them on purpose.
    LEFT JOIN (SELECT k.characteristic,
        jsonb_object_agg(k.kind || '_woe', 'separate') FILTER (WHERE k.best > k.of_values) AS asked_for
      FROM (SELECT t.characteristic, t.kind, max(t.points * s.sign) AS best,
          max(max(t.points * s.sign) FILTER (WHERE t.kind IN ('interval', 'category')))
            OVER (PARTITION BY t.characteristic) AS of_values
        FROM credit_limit.scorecard_table(card, true) t, (SELECT sign((card::jsonb #>> '{scaling,pdo}')::float8)) s (sign)
        GROUP BY t.characteristic, t.kind) k
      GROUP BY k.characteristic) a ON a.characteristic = c.part ->> 'name'
  ORDER BY c.place;
END;

COMMENT ON FUNCTION credit_limit.scorecard_binnings(credit_limit.scorecard) IS
'The bins of a card as binnings without counts, in the order of its characteristics: to count them again on newer rows '
'(binning_refit), or to change them (binning_merge). A category that is a number or a boolean is its text. Where the card '
'gives a special, missing or other value more points than every value, its rule is separate. NULL gives no rows.';

-- Points, weights of evidence and event rates of one card; reasons, dimensions and the kind of categories of another with the
-- same bins.
CREATE FUNCTION credit_limit_internal.scorecard_described(points jsonb, words jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
  SELECT jsonb_set(points, '{characteristics}', (
    SELECT jsonb_agg(
      c.part || jsonb_strip_nulls(jsonb_build_object('reason', w.part -> 'reason', 'dimension', w.part -> 'dimension'))
        || (SELECT coalesce(jsonb_object_agg(l.key, (SELECT jsonb_agg(b.bin
                || jsonb_strip_nulls(jsonb_build_object('reason', w.part -> l.key -> (b.place::int - 1) -> 'reason',
                  'in', w.part -> l.key -> (b.place::int - 1) -> 'in')) ORDER BY b.place)
              FROM jsonb_array_elements(l.value) WITH ORDINALITY b (bin, place))), '{}')
            FROM jsonb_each(c.part) l WHERE l.key IN ('bins', 'categories', 'special'))
        || (SELECT coalesce(jsonb_object_agg(l.key, l.value
          || jsonb_strip_nulls(jsonb_build_object('reason', w.part -> l.key -> 'reason'))), '{}')
            FROM jsonb_each(c.part) l WHERE l.key IN ('missing', 'other'))
      ORDER BY c.place)
    FROM jsonb_array_elements(points -> 'characteristics') WITH ORDINALITY c (part, place)
      JOIN jsonb_array_elements(words -> 'characteristics') WITH ORDINALITY w (part, place) USING (place)));
END;

COMMENT ON FUNCTION credit_limit_internal.scorecard_described(jsonb, jsonb) IS
'A card with the reasons, dimensions and categories of another that has the same bins; for scorecard_refit.';

CREATE FUNCTION credit_limit.scorecard_refit(
  old credit_limit.scorecard,
  relation regclass,
  event text,
  options jsonb DEFAULT '{}',
  OUT card credit_limit.scorecard,
  OUT model credit_limit.logit_model,
  OUT report jsonb)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET extra_float_digits = 1
AS $$
DECLARE
  names text[];
  values_of text[];
  binnings credit_limit.binning[];
  lacking text;
  state text;
  message text;
  detail text;
  hint text;
  scaling jsonb := old::jsonb -> 'scaling';
BEGIN
  IF old IS NULL OR relation IS NULL OR event IS NULL OR options IS NULL THEN
    RETURN;
  END IF;
  PERFORM credit_limit_internal.require_repeatable(relation);
  PERFORM credit_limit_internal.require_event_column(relation, event);
  SELECT array_agg(b.characteristic), array_agg(b.binning),
    array_agg(CASE WHEN NOT b.binning::jsonb ? 'categories'
        THEN CASE t.base WHEN 'numeric'::regtype THEN 'numeric' WHEN 'real'::regtype THEN 'text::float8' ELSE 'float8' END
      WHEN t.base IN ('smallint'::regtype, 'int'::regtype, 'bigint'::regtype, 'numeric'::regtype, 'real'::regtype,
        'float8'::regtype) THEN 'numeric' ELSE 'text' END),
    min(b.characteristic) FILTER (WHERE a.attname IS NULL)
  INTO names, binnings, values_of, lacking
  FROM credit_limit.scorecard_binnings(old) b
    LEFT JOIN pg_attribute a ON a.attrelid = relation AND a.attname = b.characteristic AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN LATERAL (SELECT credit_limit_internal.screened_type(a.atttypid)) t (base) ON true;
  IF lacking IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_column',
      MESSAGE = format('column "%s" of the scorecard does not exist in %s', lacking, relation),
      HINT = 'Make a view that has all characteristics of the card.';
  END IF;
  SELECT array_agg(format(CASE WHEN v.type = 'numeric' AND b.binning::jsonb ? 'categories'
    THEN 'trim_scale(t.%I::text::numeric)::text' ELSE 't.%I::' || v.type END, b.name)
    ORDER BY b.place)
  INTO values_of FROM unnest(names, binnings, values_of) WITH ORDINALITY b (name, binning, type, place),
    LATERAL (SELECT b.type) v;

  EXECUTE format('SELECT ARRAY[%s] FROM %s t',
    (SELECT string_agg(format('credit_limit.binning_refit(%L::credit_limit.binning, %s, t.%I::boolean)', b.binning, b.value,
      event), ', ' ORDER BY b.place)
     FROM unnest(binnings, values_of) WITH ORDINALITY b (binning, value, place)), relation) INTO binnings;
  IF binnings[1] IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = format('%s has no rows to refit the scorecard on', relation),
      HINT = format('"%s" must be known in some rows.', event);
  END IF;
  EXECUTE format('SELECT credit_limit.logistic_regression(t.%I::boolean, ARRAY[%s], $1) FROM %s t', event,
    (SELECT string_agg(format('credit_limit.woe(%L::credit_limit.binning, %s)', b.binning, b.value), ', ' ORDER BY b.place)
     FROM unnest(binnings, values_of) WITH ORDINALITY b (binning, value, place)), relation)
  INTO model USING jsonb_build_object('names', to_jsonb(names), 'signs',
    to_jsonb(array_fill('-'::text, ARRAY[cardinality(names)])));

  card := credit_limit_internal.scorecard_described(credit_limit.scorecard(model, names, binnings,
    jsonb_build_object('name', old::jsonb -> 'name',
    'base_score', scaling -> 'score', 'base_odds', scaling -> 'odds', 'pdo', scaling -> 'pdo') || options)::jsonb, old::jsonb);
  SELECT jsonb_agg(jsonb_build_object('characteristic', t.term, 'iv', credit_limit.information_value(binnings[t.ordinality - 1]),
    'coefficient', t.estimate, 'p_value', t.p_value,
    'reason', CASE WHEN t.estimate = 0 THEN 'no points: its sign would contradict its bins' END,
    'remark', (SELECT s.remark FROM credit_limit.binning_summary(binnings[t.ordinality - 1]) s)) ORDER BY t.ordinality)
  INTO report
  FROM credit_limit.logit_coefficients(model) WITH ORDINALITY t
  WHERE t.ordinality > 1;
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
    hint = PG_EXCEPTION_HINT;
  PERFORM credit_limit_internal.raise_anew(state, message, detail, hint);
END $$;

COMMENT ON FUNCTION credit_limit.scorecard_refit(credit_limit.scorecard, regclass, text, jsonb) IS
'The card with the same characteristics and bins, and the points that the rows of a relation give them: counts every bin '
'again, fits a logistic regression on the weights of evidence, and scales. event is a boolean column, true is the bad outcome; '
'rows where it is NULL are left out. Reasons, dimensions, name and scaling stay; options are those of scorecard and win over '
'them. A characteristic whose sign would contradict its bins has no points. report has an element for each characteristic: iv, '
'coefficient, p_value, reason, remark (that of binning_summary). NULL if an argument is. Error: a column that does not exist, '
'no rows, one class only. Weights of evidence with prior smoothing.';

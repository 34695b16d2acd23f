-- train_scorecard: from raw columns to a card in one call.

CREATE FUNCTION credit_limit.train_scorecard(
  relation regclass,
  event text,
  characteristics text[] DEFAULT NULL,
  options jsonb DEFAULT '{}',
  OUT card credit_limit.scorecard,
  OUT model credit_limit.logit_model,
  OUT report jsonb)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  unknown text;
  screening jsonb := coalesce(options -> 'screening', '{}');
  max_pvalue float8 := coalesce((options ->> 'max_pvalue')::float8, 0.05);
  most int := coalesce((options ->> 'max_characteristics')::int, 15);
  sign text := CASE WHEN screening ->> 'woe_sign' = 'event_over_non_event' THEN '+' ELSE '-' END;
  names text[];
  casts text[];
  binnings credit_limit.binning[];
  place int;
  reason text;
  fit int := 0;
BEGIN
  IF relation IS NULL OR event IS NULL OR options IS NULL THEN
    RETURN;
  END IF;
  SELECT k INTO unknown FROM jsonb_object_keys(options) k
  WHERE k <> ALL ('{screening,max_pvalue,max_characteristics,card}'::text[]) ORDER BY 1 LIMIT 1;
  IF unknown IS NOT NULL OR max_pvalue NOT BETWEEN 0 AND 1 OR most < 1 THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'options of train_scorecard are not valid',
      DETAIL = CASE WHEN unknown IS NOT NULL THEN format('There is no option "%s".', unknown)
        ELSE format('max_pvalue is %s, max_characteristics %s.', max_pvalue, most) END,
      HINT = 'Valid are screening (an object: options of variable_screening), max_pvalue (0 to 1), max_characteristics (from 1) and card (an object: options of scorecard).';
  END IF;

  -- Bins of every characteristic in one scan, and why some are left out.
  WITH screened AS (SELECT * FROM credit_limit.variable_screening(relation, event, characteristics, screening) WITH ORDINALITY s
    (variable, type, n, missing_rate, identical_rate, n_distinct, iv, gini, ks, trend, n_bins, selected, reason, binning, place))
  SELECT array_agg(s.variable ORDER BY s.iv DESC, s.place) FILTER (WHERE s.selected),
    array_agg(CASE WHEN s.binning::jsonb ? 'categories' THEN 'text' WHEN s.type LIKE 'numeric%' THEN 'numeric'
      WHEN s.type = 'real' THEN 'text::float8' ELSE 'float8' END ORDER BY s.iv DESC, s.place) FILTER (WHERE s.selected),
    array_agg(s.binning ORDER BY s.iv DESC, s.place) FILTER (WHERE s.selected),
    jsonb_agg(jsonb_build_object('step', 'screening', 'characteristic', s.variable, 'iv', s.iv, 'bins', s.n_bins, 'trend', s.trend,
      'selected', s.selected, 'reason', s.reason) ORDER BY s.place)
  INTO names, casts, binnings, report FROM screened s;
  IF names IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'no characteristic is left after screening',
      DETAIL = coalesce((SELECT string_agg(format('%s: %s', r ->> 'characteristic', r ->> 'reason'), '; ') FROM jsonb_array_elements(report) r),
        'There are no columns.'),
      HINT = 'See variable_screening; lower min_iv under "screening", or give other columns.';
  END IF;

  -- Fit; leave out what has the wrong sign, then the weakest one by one, until all that is left counts.
  LOOP
    fit := fit + 1;
    EXECUTE format('SELECT credit_limit.logistic_regression(t.%I::boolean, ARRAY[%s], $1) FROM %s t', event,
      (SELECT string_agg(format('credit_limit.woe(%L::credit_limit.binning, t.%I::%s)', b.binning, b.name, b.type), ', ' ORDER BY b.place)
       FROM unnest(names, binnings, casts) WITH ORDINALITY b (name, binning, type, place)), relation)
    INTO model USING jsonb_build_object('names', to_jsonb(names), 'signs', sign);
    report := report || (SELECT jsonb_build_object('step', 'fit', 'number', fit, 'characteristics', to_jsonb(names), 'status', s.status,
      'deviance', s.deviance, 'aic', s.aic) FROM credit_limit.logit_summary(model) s);
    SELECT c.place - 1, c.reason INTO place, reason
    FROM (SELECT t.place, CASE WHEN t.estimate IS NULL OR t.estimate = 0 THEN 'its sign would contradict its bins, or it repeats others'
          WHEN t.p_value > max_pvalue THEN format('p-value %s', round(t.p_value::numeric, 4))
          WHEN cardinality(names) > most THEN format('more than %s characteristics, and the weakest', most) END AS reason,
        coalesce(abs(t.z), 0) AS strength
      FROM credit_limit.logit_coefficients(model) WITH ORDINALITY t (term, estimate, std_error, z, p_value, conf_low, conf_high, odds_ratio,
        aliased, note, place)
      WHERE t.place > 1) c
    WHERE c.reason IS NOT NULL ORDER BY c.strength, c.place DESC LIMIT 1;
    EXIT WHEN NOT FOUND OR cardinality(names) = 1;
    report := report || jsonb_build_object('step', 'left out', 'characteristic', names[place], 'reason', reason);
    names := names[:place - 1] || names[place + 1:];
    casts := casts[:place - 1] || casts[place + 1:];
    binnings := binnings[:place - 1] || binnings[place + 1:];
  END LOOP;

  card := credit_limit.scorecard(model, names, binnings, coalesce(options -> 'card', '{}'));
  report := report || (SELECT jsonb_build_object('step', 'card', 'n', s.n, 'n_event', s.n_event, 'n_skipped', s.n_skipped,
    'characteristics', cardinality(names), 'lowest', c.min_score, 'highest', c.max_score)
    FROM credit_limit.logit_summary(model) s, credit_limit.scorecard_summary(card) c);
END $$;

COMMENT ON FUNCTION credit_limit.train_scorecard(regclass, text, text[], jsonb) IS
'A scorecard from the columns of a relation: screens and bins all of them in one scan, fits a logistic regression on the weights of evidence, leaves out what has the wrong sign or a p-value above max_pvalue (0.05), one by one, and the weakest beyond max_characteristics (15), and scales the rest to points. event is a boolean column, true for the bad outcome; characteristics are column names, NULL for all. Other options: screening (those of variable_screening), card (those of scorecard). Gives the card, the model, and a report of each step. Runs with the rights of the caller. Error: no characteristic left, an unknown option.';

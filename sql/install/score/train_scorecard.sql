-- train_scorecard: from raw columns to a card in one call.

-- What may be wrong with a card that was trained. A text that is said of values below the best and of values above it, or of a
-- value that is missing, is false to one of them. A characteristic alone has a coefficient of 1 either way: much more is not what
-- its bins show, but a separation that weights of evidence hide, as where bins have no event.
CREATE FUNCTION credit_limit_internal.card_remarks(card credit_limit.scorecard) RETURNS jsonb
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
  WITH bins AS (SELECT t.characteristic, t.bin_id, t.bin, t.kind, t.reason, t.event_rate, t.coefficient,
      t.points * s.sign AS points, max(t.points * s.sign) OVER w AS best,
      max(t.points * s.sign) FILTER (WHERE t.kind = 'interval') OVER w AS best_interval
    FROM credit_limit.scorecard_table(card, true) t, (SELECT sign((card::jsonb #>> '{scaling,pdo}')::float8)) s (sign)
    WINDOW w AS (PARTITION BY t.characteristic)),
  sides AS (SELECT b.*, count(*) FILTER (WHERE b.points = b.best_interval AND b.kind = 'interval')
        OVER (PARTITION BY b.characteristic ORDER BY b.bin_id) = 0 AS low,
      count(*) FILTER (WHERE b.points = b.best_interval AND b.kind = 'interval')
        OVER (PARTITION BY b.characteristic ORDER BY b.bin_id DESC) = 0 AS high
    FROM bins b),
  said AS (SELECT s.characteristic, s.reason, bool_or(s.low) FILTER (WHERE s.kind = 'interval') AS low,
      bool_or(s.high) FILTER (WHERE s.kind = 'interval') AS high,
      string_agg(s.bin, ', ' ORDER BY s.bin_id) FILTER (WHERE s.kind IN ('special', 'missing', 'other')) AS rest
    FROM sides s WHERE s.reason <> s.characteristic AND s.points < s.best AND s.event_rate IS NOT NULL
    GROUP BY s.characteristic, s.reason HAVING bool_or(s.kind IN ('interval', 'category')))
  SELECT coalesce(jsonb_agg(jsonb_build_object('step', r.step, 'characteristic', r.characteristic, 'remark', r.remark)
    ORDER BY r.step, r.characteristic, r.remark), '[]')
  FROM (
    SELECT 'reasons' AS step, s.characteristic, format('"%s" is said of %s', s.reason, concat_ws(', and of ',
      CASE WHEN s.low AND s.high THEN 'values below and above the best: give texts "low" and "high"' END,
      s.rest || ': give them a text of their own')) AS remark
    FROM said s WHERE s.low AND s.high OR s.rest IS NOT NULL
    UNION
    SELECT 'reasons', b.characteristic, format('"%s", its name, is said of %s: give them a text', b.characteristic,
      string_agg(b.bin, ', ' ORDER BY b.bin_id) FILTER (WHERE b.reason = b.characteristic AND b.points < b.best))
    FROM bins b GROUP BY b.characteristic
    HAVING bool_or(b.reason <> b.characteristic) AND bool_or(b.reason = b.characteristic AND b.points < b.best)
    UNION
    SELECT 'coefficient', b.characteristic, format('points are %s times what the bins show, as where bins have no event: '
      'min_bin_n_event joins them, max_coefficient bounds it', round(abs(b.coefficient)::numeric, 1))
    FROM bins b WHERE abs(b.coefficient) > 2) r;
END;

COMMENT ON FUNCTION credit_limit_internal.card_remarks(credit_limit.scorecard) IS
'Steps of the report of train_scorecard: coefficients beyond 2; reasons of a card that one text gives to opposite values, or '
'to values and to those that are missing; bins that have no text of their own, where others have. Characteristics without any '
'text are not looked at.';

-- Binnings that an analyst made, counted on the rows of the training: all in one scan.
CREATE FUNCTION credit_limit_internal.given_binnings(relation regclass, source text, event text, options jsonb, shards regclass[])
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  given jsonb := options -> 'binnings';
  unknown text;
  counted jsonb;
BEGIN
  IF jsonb_typeof(given) = 'string' THEN
    IF to_regclass(given #>> '{}') IS NULL THEN
      RAISE EXCEPTION USING ERRCODE = 'undefined_table',
        MESSAGE = format('relation "%s" with binnings does not exist', given #>> '{}'),
        HINT = 'Write its schema before its name, unless it is temporary.';
    END IF;
    EXECUTE format('SELECT jsonb_object_agg(b.variable, b.binning::jsonb), min(b.variable) FILTER (WHERE b.n > 1)
      FROM (SELECT b.variable::text, b.binning, count(*) OVER (PARTITION BY b.variable) AS n FROM %s b
        WHERE b.variable IS NOT NULL) b', to_regclass(given #>> '{}')) INTO given, unknown;
  END IF;
  unknown := coalesce(unknown, (SELECT min(k) FROM jsonb_object_keys(given) k WHERE options -> 'groups' ? k));
  IF unknown IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'a column has two binnings',
      DETAIL = format('They are given for "%s".', unknown), HINT = 'Give one, among binnings or groups.';
  END IF;
  given := coalesce(given, '{}') || coalesce((SELECT jsonb_object_agg(g.key, credit_limit.fixed_binning(g.value)::jsonb)
    FROM jsonb_each(options -> 'groups') g), '{}');
  IF given = '{}' THEN
    RETURN given;
  END IF;
  PERFORM credit_limit_internal.require_event_column(relation, event);
  SELECT g.key INTO unknown FROM jsonb_object_keys(given) g (key) WHERE g.key = event OR NOT EXISTS (SELECT FROM pg_attribute a
    WHERE a.attrelid = relation AND a.attname = g.key AND a.attnum > 0 AND NOT a.attisdropped) ORDER BY 1 LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_column', MESSAGE = 'bins are given for a column that is not there',
      DETAIL = format('"%s" is no column of %s besides the event.', unknown, relation), HINT = 'Correct the name.';
  END IF;
  -- Shards send sketches of the columns, since counts in bins have nothing that merges them.
  WITH column_of AS (SELECT g.key, quote_literal(g.value) || '::credit_limit.binning' AS bins,
      quote_ident('s ' || g.key) AS sketch, format('t.%I::%s, t.%I::boolean', g.key, CASE WHEN g.value ? 'categories' THEN 'text'
        WHEN b.base = 'numeric'::regtype THEN 'numeric' WHEN b.base = 'real'::regtype THEN 'text::float8' ELSE 'float8' END,
        event) AS arguments
    FROM jsonb_each(given) g JOIN pg_attribute a ON a.attrelid = relation AND a.attname = g.key AND NOT a.attisdropped,
      LATERAL (SELECT credit_limit_internal.screened_type(a.atttypid)) b (base))
  SELECT format('SELECT jsonb_build_object(%s) FROM %s t', string_agg(format('%L, credit_limit.binning_refit(%s, %s)::jsonb',
      c.key, c.bins, CASE WHEN shards IS NULL THEN c.arguments
        ELSE format('credit_limit.rollup(t.%s::credit_limit.bin_sketch)', c.sketch) END), ', '),
    CASE WHEN shards IS NULL THEN source ELSE format('(%s)', (SELECT string_agg(format('SELECT %s FROM %s t',
        string_agg(format('credit_limit.bin_sketch_agg(%s)::bytea AS %s', c.arguments, c.sketch), ', '), r), ' UNION ALL ')
      FROM unnest(shards) r)) END)
  INTO unknown FROM column_of c;
  -- of a relation of the user's own
  EXECUTE unknown INTO counted;
  RETURN jsonb_strip_nulls(counted);
END $$;

COMMENT ON FUNCTION credit_limit_internal.given_binnings(regclass, text, text, jsonb, regclass[]) IS
'The binnings and groups in the options of train_scorecard with the counts of the rows of source, or of shards, by column.';

CREATE FUNCTION credit_limit_internal.trained(
  relation regclass,
  source text,
  event text,
  characteristics text[],
  options jsonb,
  shards regclass[],
  OUT card credit_limit.scorecard,
  OUT model credit_limit.logit_model,
  OUT report jsonb)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  unknown text;
  screening jsonb := coalesce(options -> 'screening', '{}');
  max_pvalue float8;
  most float8;
  names text[];
  casts text[];
  binnings credit_limit.binning[];
  places int[];
  rows bytea;
  arguments text;
  -- Firth's penalty needs the rows.
  by_sums CONSTANT boolean := shards IS NOT NULL AND options ->> 'penalty' IS DISTINCT FROM 'firth';
  fit_options jsonb;
  dropped text[];
  left_out jsonb;
  given jsonb;
  fit int := 0;
BEGIN
  PERFORM credit_limit_internal.require_repeatable(relation);
  SELECT format('"%s" is %s.', o.key, o.value) INTO unknown FROM jsonb_each(CASE jsonb_typeof(options) WHEN 'object' THEN options
    ELSE jsonb_build_object('the document', options) END) o
  WHERE CASE WHEN o.key IN ('screening', 'card', 'groups') THEN jsonb_typeof(o.value) <> 'object'
    WHEN o.key = 'binnings' THEN jsonb_typeof(o.value) NOT IN ('object', 'string')
    WHEN o.key = 'max_pvalue' THEN NOT coalesce(jsonb_path_match(o.value, '$ >= 0 && $ <= 1'), false)
    WHEN o.key = 'penalty' THEN o.value NOT IN ('"none"', '"firth"')
    WHEN o.key = 'max_coefficient' THEN NOT coalesce(jsonb_path_match(o.value, '$ > 0 && $ <= 1e100'), false)
    WHEN o.key = 'max_characteristics' THEN NOT coalesce(jsonb_path_match(o.value, '$ >= 1 && $ == $.floor()'), false)
    ELSE true END
  ORDER BY o.key LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'options of train_scorecard are not valid',
      DETAIL = unknown,
      HINT = 'Valid are screening (an object: options of variable_screening), max_pvalue (0 to 1), max_characteristics (a whole '
        'number from 1), penalty (none or firth), max_coefficient (above 0), binnings (an object by column, or the name of a '
        'relation of variable and binning), groups (an object by column) and card (an object: options of scorecard).';
  END IF;
  max_pvalue := coalesce((options ->> 'max_pvalue')::float8, 0.05);
  most := coalesce((options ->> 'max_characteristics')::float8, 15);
  -- A mistake in the options of the card is found before the work, not after it.
  PERFORM credit_limit.scorecard_from_coefficients(0, array_fill(-1::float8, ARRAY[cardinality(k.names)]), k.names,
    array_fill('{"bins": [{"non_event": 1, "event": 1}]}'::credit_limit.binning, ARRAY[cardinality(k.names)]),
    coalesce(options -> 'card', '{}'))
  FROM (SELECT coalesce(array_agg(r.name), '{"names of columns"}')
    FROM jsonb_object_keys(CASE jsonb_typeof(options #> '{card,reasons}') WHEN 'object' THEN options #> '{card,reasons}'
      ELSE '{}' END) r (name)) k (names);

  IF screening ? 'reference_date' THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'a card reads no dates',
      DETAIL = format('"reference_date" is %s.', screening -> 'reference_date'),
      HINT = 'Make a view with the number of days as a column; the card needs it too.';
  END IF;
  given := credit_limit_internal.given_binnings(relation, source, event, options, shards);

  -- Bins of every other characteristic in one scan, and why some are left out.
  WITH screened AS (
    SELECT s.variable, s.iv, s.trend, s.n_bins, s.selected, s.reason, s.remark, s.binning, row_number() OVER () AS place
    FROM credit_limit_internal.screened(relation, source, event,
      (SELECT coalesce(array_agg(w.name ORDER BY w.place) FILTER (WHERE NOT coalesce(given ? w.name, false)), '{}')
       FROM unnest(coalesce(characteristics, (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a
         WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped AND a.attname <> event)))
         WITH ORDINALITY w (name, place)), screening, shards) s
    UNION ALL
    SELECT g.key, credit_limit.information_value(b.binning), m.trend, m.n_bins, true, NULL, 'bins were given', b.binning,
      1000000 + row_number() OVER (ORDER BY g.key)
    FROM jsonb_each(given) g, LATERAL (SELECT g.value::credit_limit.binning) b (binning),
      credit_limit.binning_summary(b.binning) m)
  SELECT array_agg(s.variable ORDER BY s.iv DESC, s.place) FILTER (WHERE s.selected),
    array_agg(CASE b.base WHEN 'boolean'::regtype THEN 'boolean::text' WHEN 'numeric'::regtype THEN 'numeric'
      WHEN 'real'::regtype THEN 'text::float8'
      ELSE CASE WHEN s.binning::jsonb ? 'categories' THEN 'text' ELSE 'float8' END END
      ORDER BY s.iv DESC, s.place) FILTER (WHERE s.selected),
    array_agg(s.binning ORDER BY s.iv DESC, s.place) FILTER (WHERE s.selected),
    jsonb_agg(jsonb_build_object('step', 'screening', 'characteristic', s.variable, 'iv', s.iv, 'bins', s.n_bins,
      'trend', s.trend,
      'selected', s.selected, 'reason', s.reason, 'remark', s.remark) ORDER BY s.place)
  INTO names, casts, binnings, report
  FROM screened s JOIN pg_attribute a ON a.attrelid = relation AND a.attname = s.variable AND a.attnum > 0 AND NOT a.attisdropped,
    LATERAL (SELECT credit_limit_internal.screened_type(a.atttypid)) b (base);
  IF names IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'no characteristic is left after screening',
      DETAIL = coalesce((SELECT string_agg(format('%s: %s', r ->> 'characteristic', r ->> 'reason'), '; ')
        FROM jsonb_array_elements(report) r),
        'There are no columns.'),
      HINT = CASE WHEN jsonb_path_exists(report, '$[*] ? (@.reason starts with "iv above" || @.reason starts with "auc above")')
        THEN 'See variable_screening; what tells the classes apart mostly knows the outcome. {"max_iv": null, "max_auc": null} '
          'under "screening" keeps it.'
        WHEN jsonb_path_exists(report, '$[*] ? (@.reason starts with "iv below")')
        THEN 'See variable_screening; lower min_iv under "screening", or give other columns.'
        ELSE 'See variable_screening; give other rows or columns.' END;
  END IF;
  IF cardinality(names) > 1000 THEN
    RAISE EXCEPTION USING ERRCODE = 'program_limit_exceeded', MESSAGE = 'too many characteristics are left after screening',
      DETAIL = format('There are %s, and a model has at most 1000.', cardinality(names)),
      HINT = 'Raise min_iv under "screening", or name fewer columns.';
  END IF;
  SELECT r.key INTO unknown FROM jsonb_object_keys(options #> '{card,reasons}') r (key)
  WHERE NOT EXISTS (SELECT FROM jsonb_array_elements(report) s WHERE s ->> 'characteristic' = r.key) ORDER BY 1 LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'options of train_scorecard are not valid',
      DETAIL = format('"reasons" has a text for "%s", which is no characteristic.', unknown),
      HINT = 'Reasons are by the names of columns.';
  END IF;

  -- Fit, and leave out: all that are held at 0 or aliased, for the others fit as well without them, and of those the weakest.
  -- Again, until all that is left counts.
  LOOP
    fit := fit + 1;
    fit_options := jsonb_build_object('names', to_jsonb(names), 'signs',
      (SELECT jsonb_agg(CASE b.binning::jsonb ->> 'woe_sign' WHEN 'event_over_non_event' THEN '+' ELSE '-' END ORDER BY b.place)
       FROM unnest(binnings) WITH ORDINALITY b (binning, place)))
      || coalesce((SELECT jsonb_object_agg(o.key, o.value) FROM jsonb_each(options) o
        WHERE o.key IN ('penalty', 'max_coefficient')), '{}');
    SELECT format('t.%I::boolean, ARRAY[%s]', event,
      string_agg(format('credit_limit.woe(%L::credit_limit.binning, t.%I::%s)', b.binning, b.name, b.type),
        ', ' ORDER BY b.place))
    INTO arguments FROM unnest(names, binnings, casts) WITH ORDINALITY b (name, binning, type, place);
    -- The relation is read once more, for all fits; for each of them where its rows cannot be kept. Shards send sums for a step.
    IF fit = 1 AND NOT by_sums THEN
      EXECUTE format('SELECT credit_limit.logit_coded_rows(%s) FROM %s t', arguments, source) INTO rows;
    END IF;
    places := coalesce(places, ARRAY(SELECT generate_series(1, cardinality(names))));
    IF by_sums THEN
      model := credit_limit.logistic_regression_fit(format('SELECT %s FROM shard t', arguments),
        fit_options || jsonb_build_object('shards', shards::text[]));
    ELSE
      model := credit_limit.logit_coded_fit(rows, places, fit_options);
    END IF;
    IF model IS NULL THEN
      EXECUTE format('SELECT credit_limit.logistic_regression(%s, $1) FROM %s t', arguments, source) INTO model
        USING fit_options;
    END IF;
    report := report || (SELECT jsonb_build_object('step', 'fit', 'number', fit, 'characteristics', to_jsonb(names),
      'status', s.status,
      'message', s.message, 'deviance', s.deviance, 'aic', s.aic) FROM credit_limit.logit_summary(model) s);
    WITH term AS (SELECT t.term AS name, t.p_value, t.ordinality AS place, t.aliased OR t.estimate = 0 AS idle,
        row_number() OVER (ORDER BY t.aliased OR t.estimate = 0, abs(t.z), t.ordinality DESC) AS weakest,
        count(*) FILTER (WHERE NOT t.aliased AND t.estimate <> 0) OVER () AS n
      FROM credit_limit.logit_coefficients(model) WITH ORDINALITY t
      WHERE t.ordinality > 1),
    leaving AS (SELECT t.*, CASE WHEN idle THEN 'its sign would contradict its bins, or it repeats others'
        WHEN p_value > max_pvalue THEN format('p-value %s', round(p_value::numeric, 4))
        ELSE format('more than %s characteristics, and the weakest', most) END AS reason
      FROM term t
      WHERE n > 0 AND (idle OR weakest = 1 AND n > 1 AND (p_value > max_pvalue OR n > most)))
    SELECT array_agg(l.name), jsonb_agg(jsonb_build_object('step', 'left out', 'characteristic', l.name, 'reason', l.reason)
      ORDER BY l.idle DESC, l.place)
    INTO dropped, left_out FROM leaving l;
    EXIT WHEN dropped IS NULL;
    report := report || left_out;
    SELECT array_agg(b.name ORDER BY b.place), array_agg(b.type ORDER BY b.place), array_agg(b.binning ORDER BY b.place),
      array_agg(b.element ORDER BY b.place)
    INTO names, casts, binnings, places
    FROM unnest(names, casts, binnings, places) WITH ORDINALITY b (name, type, binning, element, place)
      WHERE b.name <> ALL (dropped);
  END LOOP;

  card := credit_limit.scorecard(model, names, binnings, coalesce(options -> 'card', '{}')
    || CASE WHEN options #> '{card,reasons}' IS NULL THEN '{}'
      ELSE jsonb_build_object('reasons', coalesce((SELECT jsonb_object_agg(r.key, r.value)
      FROM jsonb_each(options #> '{card,reasons}') r WHERE r.key = ANY (names)), '{}')) END);
  -- Bins know a boolean column by its texts; a card reads it as it is.
  IF 'boolean::text' = ANY (casts) THEN
    card := jsonb_set(card::jsonb, '{characteristics}', (SELECT jsonb_agg(CASE WHEN casts[c.place] <> 'boolean::text' THEN c.part
        ELSE jsonb_set(c.part, '{categories}', (SELECT jsonb_agg(jsonb_set(g.bin, '{in}', (SELECT jsonb_agg(v.value::boolean)
            FROM jsonb_array_elements_text(g.bin -> 'in') v (value))) ORDER BY g.place)
          FROM jsonb_array_elements(c.part -> 'categories') WITH ORDINALITY g (bin, place))) END ORDER BY c.place)
      FROM jsonb_array_elements(card::jsonb -> 'characteristics') WITH ORDINALITY c (part, place)));
  END IF;
  -- Bins that no row had, whose points nobody can know.
  report := report || credit_limit_internal.card_remarks(card) || (SELECT jsonb_build_object('step', 'card', 'n', s.n,
    'n_event', s.n_event, 'n_skipped', s.n_skipped, 'characteristics', cardinality(names), 'lowest', c.min_score,
    'highest', c.max_score, 'n_never_seen', u.n, 'never_seen', u.bins)
    FROM credit_limit.logit_summary(model) s, credit_limit.scorecard_summary(card) c,
      (SELECT coalesce(sum(cardinality(b.bins)), 0) AS n, coalesce(jsonb_object_agg(b.name, b.bins), '{}') AS bins
       FROM (SELECT n.name, array_agg(t.bin ORDER BY t.bin_id) AS bins FROM unnest(names, binnings) n (name, binning),
         credit_limit.binning_table(n.binning) t WHERE t.count = 0 GROUP BY n.name) b) u);
END $$;

COMMENT ON FUNCTION credit_limit_internal.trained(regclass, text, text, text[], jsonb, regclass[]) IS
'train_scorecard on the rows of source, an item of FROM that has the columns of the relation; shards: shards_below, or NULL.';

CREATE FUNCTION credit_limit.train_scorecard(
  relation regclass,
  event text,
  characteristics text[] DEFAULT NULL,
  options jsonb DEFAULT '{}',
  OUT card credit_limit.scorecard,
  OUT model credit_limit.logit_model,
  OUT report jsonb)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET extra_float_digits = 1
AS $$
DECLARE
  state text;
  message text;
  detail text;
  hint text;
BEGIN
  IF relation IS NULL OR event IS NULL OR options IS NULL THEN
    RETURN;
  END IF;
  SELECT t.* INTO card, model, report
  FROM credit_limit_internal.trained(relation, relation::text, event, characteristics, options,
    credit_limit_internal.shards_below(relation)) t;
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
    hint = PG_EXCEPTION_HINT;
  PERFORM credit_limit_internal.raise_anew(state, message, detail, hint);
END $$;

COMMENT ON FUNCTION credit_limit.train_scorecard(regclass, text, text[], jsonb) IS
'A scorecard from the columns of a relation. It screens and bins all of them in one scan and fits a logistic regression on the '
'weights of evidence. It leaves out columns with the wrong sign or that repeat others, all at once; then those with a p-value '
'above max_pvalue (0.05), one by one; then the weakest beyond max_characteristics (15). The rest is scaled to points. event is '
'a boolean column, true for the bad outcome; characteristics are column names, NULL for all. Other options: screening (those of '
'variable_screening), card (those of scorecard), penalty (firth: columns that separate do no harm), max_coefficient (the '
'largest size of a coefficient; where one reaches it, the status of the model is bounded), binnings (an object by column, or '
'the name of a relation with columns variable and binning: these columns are not screened, their bins are counted and kept) and '
'groups (of categories, by column: {"home": [["own"], ["rent", "family"]]}). One characteristic is never left out. Returns the '
'card, the model, and a report of each step. The report has coefficients and reasons that may be false and, in its last step '
'never_seen, bins that no row had. Partitions of which some are foreign tables send sketches of columns and sums of each step of '
'a fit; a notice says where rows travel. Runs with the rights of the caller. Error: no characteristic left, an unknown option.';

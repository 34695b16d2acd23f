-- validate_scorecard: a card on the rows that it was made of and on others, and a training on parts of its rows.

-- Below one half by more than three standard errors of a score that knows nothing, as the notice of auc().
CREATE FUNCTION credit_limit_internal.auc_remark(auc float8, n_event bigint, n_non_event bigint) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN auc + 3 * (SELECT t.std_error FROM credit_limit.auc_deterioration_test(0.5, 0.5, n_event, n_non_event) t) < 0.5
  THEN 'below one half: the score ranks the wrong way round' END;

COMMENT ON FUNCTION credit_limit_internal.auc_remark(float8, bigint, bigint) IS
'A remark on an AUC that no chance explains, or NULL.';

-- A SELECT of the shards of a sample, called u: each counts its scores in a sketch, where all rows are events.
CREATE FUNCTION credit_limit_internal.sample_of_shards(shards regclass[], more text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT format('(%s) u', string_agg(format(
    'SELECT credit_limit.bin_sketch_agg(credit_limit.score($1, t.*), true)::bytea AS scores%s FROM %s t', more, r),
    ' UNION ALL ')) FROM unnest(shards) r;
END;

-- Scores and how many rows have them, of such a sketch.
CREATE FUNCTION credit_limit_internal.counted_scores(scores credit_limit.bin_sketch, OUT score float8, OUT n bigint)
RETURNS SETOF record
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 1000
BEGIN ATOMIC
  SELECT (v.value ->> 0)::float8, (v.value ->> 2)::bigint FROM jsonb_array_elements(scores::jsonb -> 'values') v;
END;

-- Bounds of score bands, as of quantile_bands.
CREATE FUNCTION credit_limit_internal.score_bands(card credit_limit.scorecard, relation regclass, groups int) RETURNS float8[]
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  shards CONSTANT regclass[] := credit_limit_internal.shards_below(relation);
  bounds float8[];
  scores credit_limit.bin_sketch;
BEGIN
  IF shards IS NULL THEN
    -- of a relation of the user's own
    EXECUTE format('SELECT credit_limit.quantile_bands(credit_limit.score($1, t.*), $2) FROM %s t', relation) INTO bounds
      USING card, groups;
  ELSE
    -- of a relation of the user's own
    EXECUTE format('SELECT credit_limit.rollup(u.scores::credit_limit.bin_sketch) FROM %s',
      credit_limit_internal.sample_of_shards(shards, '')) INTO scores USING card;
    SELECT credit_limit.quantile_bands(c.score, groups) INTO bounds
    FROM credit_limit_internal.counted_scores(scores) c, generate_series(1, c.n);
  END IF;
  RETURN bounds;
END $$;

CREATE FUNCTION credit_limit_internal.validated_sample(
  card credit_limit.scorecard,
  relation regclass,
  event text,
  bounds float8[],
  OUT n bigint,
  OUT n_without_score bigint,
  OUT n_without_outcome bigint,
  OUT ranks credit_limit.roc,
  OUT pds credit_limit.calibration,
  OUT bands jsonb)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  shards CONSTANT regclass[] := credit_limit_internal.shards_below(relation);
  scores credit_limit.bin_sketch;
  query text;
  plan jsonb;
BEGIN
  IF shards IS NOT NULL THEN
    query := format('SELECT sum(u.n), sum(u.no_outcome), credit_limit.rollup(u.scores::credit_limit.bin_sketch),
        credit_limit.rollup(u.ranks::credit_limit.roc), credit_limit.rollup(u.pds::credit_limit.calibration) FROM %s',
      credit_limit_internal.sample_of_shards(shards, format(', count(*) AS n, count(*) - count(t.%1$I) AS no_outcome,
        credit_limit.roc_agg(credit_limit.score_pd($1, t.*), t.%1$I::boolean)::bytea AS ranks,
        credit_limit.calibration_agg(credit_limit.score_pd($1, t.*), t.%1$I::boolean)::bytea AS pds', event)));
    -- of a relation of the user's own
    EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan USING card;
    PERFORM credit_limit_internal.notice_rows(plan);
    EXECUTE query INTO n, n_without_outcome, scores, ranks, pds USING card;
    SELECT jsonb_object_agg(b.band, b.n), validated_sample.n - coalesce(sum(b.n), 0) INTO bands, n_without_score
    FROM (SELECT width_bucket(c.score, bounds) AS band, sum(c.n) AS n FROM credit_limit_internal.counted_scores(scores) c
      GROUP BY 1) b;
    IF n_without_score > 0 THEN
      bands := coalesce(bands, '{}') || jsonb_build_object('no score', n_without_score);
    END IF;
    n := nullif(n, 0);
    RETURN;
  END IF;
  EXECUTE format(
    'SELECT sum(b.n), sum(CASE WHEN b.band = ''no score'' THEN b.n ELSE 0 END), sum(b.no_outcome), credit_limit.rollup(b.ranks),
       credit_limit.rollup(b.pds), jsonb_object_agg(b.band, b.n)
     FROM (SELECT coalesce(width_bucket(s.score, $2)::text, ''no score'') AS band, count(*) AS n,
         count(*) FILTER (WHERE s.event IS NULL) AS no_outcome,
         credit_limit.roc_agg(s.pd, s.event) AS ranks, credit_limit.calibration_agg(s.pd, s.event) AS pds
       FROM (SELECT credit_limit.score($1, t.*) AS score, credit_limit.score_pd($1, t.*) AS pd, t.%I::boolean AS event
         FROM %s t) s
       GROUP BY 1) b', event, relation)
  INTO n, n_without_score, n_without_outcome, ranks, pds, bands USING card, bounds;
END $$;

COMMENT ON FUNCTION credit_limit_internal.validated_sample(credit_limit.scorecard, regclass, text, float8[]) IS
'One sample of validate_scorecard, counted in one scan, or one of each server; bounds of score bands as of quantile_bands.';

CREATE FUNCTION credit_limit.validate_scorecard(
  card credit_limit.scorecard,
  development regclass,
  hold_out regclass,
  event text,
  groups int DEFAULT 10,
  confidence float8 DEFAULT 0.95)
RETURNS TABLE (section text, measure text, development_value float8, hold_out_value float8, remark text)
LANGUAGE plpgsql VOLATILE ROWS 50 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  bounds float8[];
  d record;
  h record;
  p credit_limit.psi_result;
  difference credit_limit.auc_comparison;
  state text;
  message text;
  detail text;
  hint text;
BEGIN
  IF card IS NULL OR development IS NULL OR hold_out IS NULL OR event IS NULL OR groups IS NULL OR confidence IS NULL THEN
    RETURN;
  END IF;
  PERFORM credit_limit_internal.require_repeatable(r.relation), credit_limit_internal.require_event_column(r.relation, event)
  FROM (VALUES (development), (hold_out)) r (relation);
  bounds := credit_limit_internal.score_bands(card, development, groups);
  SELECT s.* INTO d FROM credit_limit_internal.validated_sample(card, development, event, coalesce(bounds, '{}')) s;
  SELECT s.* INTO h FROM credit_limit_internal.validated_sample(card, hold_out, event, coalesce(bounds, '{}')) s;
  difference := credit_limit.auc_difference(d.ranks, h.ranks);
  WITH band AS (SELECT k.band, coalesce((d.bands ->> k.band)::float8, 0) AS expected,
      coalesce((h.bands ->> k.band)::float8, 0) AS actual
    FROM jsonb_object_keys(coalesce(d.bands, '{}') || coalesce(h.bands, '{}')) k (band)),
  both_samples AS (SELECT credit_limit.stability(array_agg(b.band), array_agg(b.expected), array_agg(b.actual)) AS s
    FROM band b HAVING sum(b.expected) > 0 AND sum(b.actual) > 0)
  SELECT r.* INTO p FROM both_samples b, credit_limit.psi(b.s) r;

  RETURN QUERY
  SELECT v.* FROM (SELECT) one LEFT JOIN credit_limit.roc_stats(d.ranks) dr ON true
    LEFT JOIN credit_limit.roc_stats(h.ranks) hr ON true
    LEFT JOIN credit_limit.auc_interval(d.ranks, confidence) di ON true
    LEFT JOIN credit_limit.auc_interval(h.ranks, confidence) hi ON true
    LEFT JOIN credit_limit.calibration_stats(d.pds, groups) dc ON true
    LEFT JOIN credit_limit.calibration_stats(h.pds, groups) hc ON true
    LEFT JOIN credit_limit.calibration_line(d.pds) dl ON true LEFT JOIN credit_limit.calibration_line(h.pds) hl ON true
    LEFT JOIN credit_limit.hosmer_lemeshow(h.pds, groups, false) hl_test ON true,
    LATERAL (VALUES
      ('sample', 'rows', coalesce(d.n, 0)::float8, coalesce(h.n, 0)::float8, NULL),
      ('sample', 'events', dr.n_event::float8, hr.n_event::float8, NULL),
      ('sample', 'without outcome', d.n_without_outcome::float8, h.n_without_outcome::float8, NULL),
      ('sample', 'without score', d.n_without_score::float8, h.n_without_score::float8, NULL),
      ('sample', 'event rate', dr.event_rate, hr.event_rate, NULL),
      ('discrimination', 'AUC', di.auc, hi.auc, coalesce(credit_limit_internal.auc_remark(di.auc, dr.n_event, dr.n_non_event),
        credit_limit_internal.auc_remark(hi.auc, hr.n_event, hr.n_non_event))),
      ('discrimination', 'AUC, lower bound', di.conf_low, hi.conf_low, NULL),
      ('discrimination', 'AUC, upper bound', di.conf_high, hi.conf_high, NULL),
      ('discrimination', 'AUC, p-value of the difference', NULL::float8, difference.p_value,
        CASE WHEN difference.p_value < 1 - confidence THEN 'the AUCs differ' END),
      ('discrimination', 'Gini', dr.gini, hr.gini, NULL),
      ('discrimination', 'KS', dr.ks, hr.ks, NULL),
      ('discrimination', 'average precision', credit_limit.average_precision(d.ranks), credit_limit.average_precision(h.ranks),
        NULL),
      ('calibration', 'mean PD', dc.mean_pd, hc.mean_pd, NULL),
      ('calibration', 'calibration in the large', dl.citl, hl.citl,
        CASE WHEN hl.citl > 1.96 * hl.citl_std_error THEN 'PDs are too low'
          WHEN hl.citl < -1.96 * hl.citl_std_error THEN 'PDs are too high' END),
      ('calibration', 'slope', dl.slope, hl.slope,
        CASE WHEN hl.slope < 1 - 1.96 * hl.slope_std_error THEN 'PDs are too extreme'
          WHEN hl.slope > 1 + 1.96 * hl.slope_std_error THEN 'PDs are not extreme enough' END),
      ('calibration', 'Brier score', dc.brier, hc.brier, NULL),
      ('calibration', 'Hosmer-Lemeshow, p-value', (SELECT t.p_value FROM credit_limit.hosmer_lemeshow(d.pds, groups, true) t),
        hl_test.p_value,
        CASE WHEN hl_test.p_value < 1 - confidence THEN 'PDs of some groups are wrong: see calibration_table' END),
      ('stability', 'PSI of the score', NULL, p.psi, nullif(p.status, 'stable')),
      ('stability', 'PSI, p-value', NULL, p.p_value, NULL)) v (section, measure, development_value, hold_out_value, remark);
  RETURN QUERY
  SELECT 'gains', format('share of events in the riskiest %s of %s groups', g.id, groups), dg.cum_event_share, hg.cum_event_share,
    NULL
  FROM generate_series(1, groups) g (id)
    LEFT JOIN credit_limit.gains_table(d.ranks, groups) dg ON dg.gain_group = g.id
    LEFT JOIN credit_limit.gains_table(h.ranks, groups) hg ON hg.gain_group = g.id
  WHERE dg.gain_group IS NOT NULL OR hg.gain_group IS NOT NULL ORDER BY g.id;
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
    hint = PG_EXCEPTION_HINT;
  PERFORM credit_limit_internal.raise_anew(state, message, detail, hint);
END $$;

COMMENT ON FUNCTION credit_limit.validate_scorecard(credit_limit.scorecard, regclass, regclass, text, int, float8) IS
'A card on the rows that it was made of and on rows that were held out, a row for each measure: size of the '
'samples, AUC with its '
'interval and the test of their difference (DeLong), Gini, KS, average precision; mean PD, calibration in the '
'large, slope, Brier '
'score and Hosmer-Lemeshow (df of fitted PDs on the development, of given ones on the hold-out); PSI of the score in groups of '
'the development; gains. Partitions of which some are foreign tables send summaries. event is a boolean column of '
'both, true for the bad outcome. remark says what is amiss. Runs with the '
'rights of the caller. A NULL argument gives no rows. Error: a column that is not there, groups not from 2 to 1000.';

CREATE FUNCTION credit_limit.cross_validate(
  relation regclass,
  event text,
  characteristics text[] DEFAULT NULL,
  options jsonb DEFAULT '{}',
  folds int DEFAULT 5,
  fold_by text DEFAULT NULL)
RETURNS TABLE (
  fold int,
  n bigint,
  n_event bigint,
  n_hold_out bigint,
  n_event_hold_out bigint,
  auc_development float8,
  auc float8,
  ks float8,
  brier float8,
  mean_pd float8,
  event_rate float8,
  characteristics_used text[],
  card credit_limit.scorecard,
  remark text)
LANGUAGE plpgsql VOLATILE ROWS 5 SET search_path = pg_catalog, pg_temp SET extra_float_digits = 1 SET datestyle = 'ISO'
AS $$
DECLARE
  place text;
  learnt credit_limit.roc;
  tested credit_limit.roc;
  pds credit_limit.calibration;
  state text;
  message text;
  detail text;
  hint text;
BEGIN
  IF relation IS NULL OR event IS NULL OR options IS NULL OR folds IS NULL THEN
    RETURN;
  END IF;
  IF folds NOT BETWEEN 2 AND 100 THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'the number of folds must be from 2 to 100',
      DETAIL = format('Found %s.', folds), HINT = 'Five and ten are usual.';
  END IF;
  PERFORM credit_limit_internal.require_event_column(relation, event);
  IF fold_by IS NOT NULL AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = relation AND a.attname = fold_by
    AND a.attnum > 0 AND NOT a.attisdropped) THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_column', MESSAGE = format('column "%s" does not exist in %s', fold_by, relation),
      HINT = 'fold_by is a column whose rows stay together, such as the borrower.';
  END IF;
  -- A row's fold depends on its own values only: not on the order of the rows, nor on which others there are.
  place := format('1 + (''x'' || substr(md5(%s), 1, 8))::bit(32)::bigint %% %s',
    CASE WHEN fold_by IS NULL THEN '(t.*)::text' ELSE format('coalesce(t.%I::text, '''')', fold_by) END, folds);
  FOR i IN 1..folds LOOP
    fold := i;
    SELECT r.card INTO card FROM credit_limit_internal.trained(relation,
      format('(SELECT t.* FROM %s t WHERE %s <> %s)', relation, place, fold), event, characteristics, options, NULL) r;
    EXECUTE format('SELECT credit_limit.roc_agg(s.pd, s.event) FILTER (WHERE s.fold <> $2),
        credit_limit.roc_agg(s.pd, s.event) FILTER (WHERE s.fold = $2),
        credit_limit.calibration_agg(s.pd, s.event) FILTER (WHERE s.fold = $2)
      FROM (SELECT credit_limit.score_pd($1, t.*) AS pd, t.%I::boolean AS event, %s AS fold FROM %s t) s', event, place, relation)
    INTO learnt, tested, pds USING card, fold;
    SELECT a.n, a.n_event, coalesce(b.n, 0), coalesce(b.n_event, 0), a.auc, b.auc, b.ks, c.brier, c.mean_pd, c.event_rate,
      credit_limit_internal.auc_remark(b.auc, b.n_event, b.n_non_event)
    INTO n, n_event, n_hold_out, n_event_hold_out, auc_development, auc, ks, brier, mean_pd, event_rate, remark
    FROM credit_limit.roc_stats(learnt) a LEFT JOIN credit_limit.roc_stats(tested) b ON true
      LEFT JOIN credit_limit.calibration_stats(pds) c ON true;
    characteristics_used := ARRAY(SELECT c.part ->> 'name'
      FROM jsonb_array_elements(card::jsonb -> 'characteristics') WITH ORDINALITY c (part, place) ORDER BY c.place);
    RETURN NEXT;
  END LOOP;
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
    hint = PG_EXCEPTION_HINT;
  PERFORM credit_limit_internal.raise_anew(state, message, detail, hint);
END $$;

COMMENT ON FUNCTION credit_limit.cross_validate(regclass, text, text[], jsonb, int, text) IS
'Cross-validation of a whole training: for each fold a card is trained by train_scorecard on the other folds, binning and '
'selection included, and measured on this one. A row for each: rows and events of either part, AUC on both, KS, Brier score, '
'mean PD and event rate on the fold that was held out, the characteristics that were used, and the card. Folds come from a '
'hash of column fold_by, such as the borrower, whose rows stay together; NULL: of the whole row, its times in the zone of the'
' session. Equal rows give equal folds, in any order. Options are those of train_scorecard. Runs with the rights of the '
'caller. NULL arguments but characteristics and fold_by give no rows. Error: folds not from 2 to 100, and those of '
'train_scorecard.';

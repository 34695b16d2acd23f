-- demand_backtest: what forecasts of demand are worth, on months that they had not seen.

CREATE FUNCTION credit_limit_internal.t_quantile(p float8, df float8) RETURNS float8
AS 'MODULE_PATHNAME', 'cl_t_quantile_of' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.t_quantile(float8, float8) IS 'Quantile of Student''s t.';

-- How much of a probability that lies evenly from low to high is in a cell, of ten between 0 and 1.
CREATE FUNCTION credit_limit_internal.share_of_cell(low float8, high float8, cell int) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN high - low > 1e-9 THEN greatest(0, least(high, cell / 10.0) - greatest(low, (cell - 1) / 10.0)) / (high - low)
  WHEN high - low IS NOT NULL THEN (least(1 + floor(10 * high), 10) = cell)::int END;

-- The scores of one origin, the first of a month, by method and, once more, by segment; options are complete. A forecast is a
-- number or a distribution. That of a demand (latent) is seen up to the limit of the month, that of a balance always. Amounts a
-- billionth apart are the same: a rounding parts them. Means are of numeric, which adds without rounding: the same in any order.
CREATE FUNCTION credit_limit_internal.demand_backtest_origin(source text, origin date, methods text[], options jsonb)
RETURNS TABLE (method text, segment text, n bigint, n_forecast bigint, mae float8, difference float8, pinball50 float8,
  pinball90 float8, coverage90 float8, n_coverage bigint, not_identified float8, log_score float8, pit float8[])
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  horizon constant int := options ->> 'horizon';
  forecasts constant jsonb := '{"own": ["NULL", "a.own", "true"],
    "posterior": ["NULL",
      "credit_limit.demand_posterior(a.own, (SELECT p.prior FROM prior p WHERE p.segment = a.segment), $1, $3)", "true"],
    "forecast_balance": ["NULL", "credit_limit.forecast_balance((SELECT m.model FROM model m), a.history, $1, $3)", "false"],
    "forecast_demand": ["NULL", "credit_limit.forecast_demand((SELECT m.model FROM model m), a.history, $1, $3)", "true"],
    "last_balance": ["a.last_balance", "NULL", "false"], "mean_12": ["a.mean_12", "NULL", "false"],
    "maximum": ["a.maximum", "NULL", "false"], "croston": ["a.croston", "NULL", "false"]}';
BEGIN
  -- VALUES would forget, from row to row, the model that a function has read.
  -- of a relation of the user's own
  RETURN QUERY EXECUTE format($sql$
    WITH past AS MATERIALIZED (
      SELECT m.account_id,
        credit_limit.behavior_agg(m.month, m.credit_limit, m.balance, m.payment, m.due, m.days_past_due) AS history,
        credit_limit.demand_agg(m.month, m.balance, m.credit_limit, $4) AS own,
        coalesce(substr(max(to_char(m.month, 'YYYYMMDD') || m.segment COLLATE "C"), 9), '') AS segment
      FROM (%1$s) m WHERE m.month < $1 + interval '1 month' GROUP BY m.account_id),
    prior AS MATERIALIZED (
      SELECT p.segment, credit_limit.compact(credit_limit.demand_prior_agg(p.account_id::text, p.own, $5)) AS prior
      FROM past p GROUP BY p.segment),
    model AS MATERIALIZED (
      SELECT d.model FROM (SELECT credit_limit.demand_model_agg(p.history, $6) AS model FROM past p) d,
        credit_limit.demand_model_summary(d.model) s WHERE $3 = ANY (s.horizons)),
    target AS (
      SELECT m.account_id, max(nullif(m.balance, 'NaN'))::float8 AS balance,
        nullif(max(nullif(m.credit_limit, 'NaN')), 0)::float8 AS credit_limit
      FROM (%1$s) m WHERE m.month >= $2 AND m.month < $2 + interval '1 month' GROUP BY m.account_id),
    asked AS (
      SELECT p.segment, p.history, p.own, t.balance, t.credit_limit, b.*,
        (SELECT s.prior FROM prior s WHERE s.segment = p.segment) AS prior
      FROM past p JOIN target t ON t.account_id = p.account_id AND t.balance IS NOT NULL, LATERAL (
        SELECT (max(h.balance) FILTER (WHERE h.month = $1))::float8 AS last_balance,
          (max(greatest(h.credit_limit, h.balance)) FILTER (WHERE h.month = $1))::float8 AS within,
          (avg(h.balance) FILTER (WHERE h.month > $1 - interval '12 months'))::float8 AS mean_12,
          max(h.balance)::float8 AS maximum, max(greatest(h.credit_limit, h.balance))::float8 AS highest,
          (credit_limit.intermittent_forecast(h.balance, $7 ORDER BY h.month)).forecast AS croston
        FROM credit_limit.behavior_months(p.history) h) b
      WHERE b.last_balance IS NOT NULL OFFSET 0),
    forecast AS (
      SELECT a.segment, a.balance, a.credit_limit, a.last_balance, a.within, a.highest, f.*,
        coalesce(f.point, credit_limit.demand_quantile(f.demand, 0.5)) AS q50, credit_limit.demand_quantile(f.demand, 0.9) AS q90,
        CASE WHEN NOT f.latent OR a.credit_limit IS NOT NULL THEN f.demand END AS judged,
        CASE WHEN f.latent THEN a.credit_limit ELSE 'Infinity' END AS seen_to,
        f.latent AND a.balance >= (1 - $8) * a.credit_limit AS censored,
        0.02 * nullif(a.highest, 0) AS width, ceil(a.balance / (0.02 * nullif(a.highest, 0)) - 1e-6) AS cell
      FROM asked a, LATERAL (%2$s OFFSET 0) f (method, point, demand, latent) OFFSET 0),
    probability AS (
      SELECT f.*, CASE WHEN f.latent AND f.q50 > f.within THEN f.within ELSE f.q50 END AS balance50,
        CASE WHEN f.latent AND f.q90 > f.within THEN f.within ELSE f.q90 END AS balance90,
        CASE WHEN f.censored THEN 1 - credit_limit.demand_exceeds(f.judged, f.credit_limit * (1 - 1e-9))
          WHEN f.balance > 0 THEN 1 - credit_limit.demand_exceeds(f.judged, f.balance * (1 - 1e-9)) ELSE 0 END AS low,
        CASE WHEN f.censored THEN 1
          ELSE 1 - credit_limit.demand_exceeds(f.judged, greatest(f.balance, 0) * (1 + 1e-9)) END AS high,
        CASE WHEN f.balance > 0 THEN credit_limit.demand_exceeds(f.judged, f.width * (f.cell - 1) * (1 + 1e-9))
          - credit_limit.demand_exceeds(f.judged, least(f.width * f.cell, f.seen_to) * (1 + 1e-9)) END AS in_cell
      FROM forecast f OFFSET 0)
    SELECT p.method, p.segment, count(*), count(p.q50), avg(abs(p.balance - p.balance50)::numeric)::float8,
      avg((abs(p.balance - p.balance50) - abs(p.balance - p.last_balance))::numeric)::float8,
      (avg(((p.balance - p.balance50) * (0.5 - (p.balance < p.balance50)::int))::numeric) FILTER (WHERE p.point IS NULL))::float8,
      avg(((p.balance - p.balance90) * (0.9 - (p.balance < p.balance90)::int))::numeric)::float8,
      (avg((NOT p.censored AND p.balance <= p.q90 * (1 + 1e-9))::int) FILTER (WHERE p.q90 < p.seen_to))::float8,
      count(*) FILTER (WHERE p.q90 < p.seen_to),
      (avg((p.q90 IS NULL OR p.q90 >= p.highest)::int) FILTER (WHERE p.latent))::float8,
      (avg(ln(greatest(p.chance, 1e-6))::numeric) FILTER (WHERE p.chance IS NOT NULL))::float8,
      CASE WHEN count(p.high - p.low) > 0 THEN ARRAY[%3$s] END
    FROM (SELECT p.*, CASE WHEN p.censored THEN 1 - p.low WHEN p.balance > 0 THEN p.in_cell ELSE p.high END AS chance
      FROM probability p) p
    GROUP BY GROUPING SETS (p.method, (p.method, p.segment))
  $sql$, source,
    (SELECT string_agg(format('SELECT %L, %s::float8, %s::credit_limit.demand, %s', f.key, f.value ->> 0, f.value ->> 1,
      f.value ->> 2), ' UNION ALL ') FROM jsonb_each(forecasts) f WHERE f.key = ANY (methods)),
    (SELECT string_agg(format('avg(credit_limit_internal.share_of_cell(p.low, p.high, %s)::numeric)::float8', i), ', ')
      FROM generate_series(1, 10) i))
  USING origin, (origin + make_interval(months => horizon))::date, horizon, options -> 'own', options -> 'posterior',
    options -> 'forecast', options -> 'croston', (options ->> 'tolerance')::float8;
END
$$;

CREATE FUNCTION credit_limit.demand_backtest(
  relation regclass,
  options jsonb DEFAULT '{}',
  OUT method text,
  OUT segment text,
  OUT origin date,
  OUT n_origins int,
  OUT n bigint,
  OUT n_forecast bigint,
  OUT mae float8,
  OUT mae_low float8,
  OUT mae_high float8,
  OUT difference float8,
  OUT difference_se float8,
  OUT difference_low float8,
  OUT difference_high float8,
  OUT pinball50 float8,
  OUT pinball90 float8,
  OUT coverage90 float8,
  OUT n_coverage bigint,
  OUT not_identified float8,
  OUT log_score float8,
  OUT pit float8[]
) RETURNS SETOF record
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  known constant text[] := '{own,posterior,forecast_balance,forecast_demand,last_balance,mean_12,maximum,croston}';
  settings jsonb;
  methods text[];
  source text;
  horizon int;
  step int;
  first_month date;
  last_month date;
  before text;
  origins date[];
BEGIN
  IF relation IS NULL OR options IS NULL THEN
    RETURN;
  END IF;
  options := credit_limit_internal.check_options('demand_backtest', options, $r${"columns": "$.type() == \"object\"",
    "methods": "$.type() == \"array\" && $.size() > 0", "horizon": "$ == 1 || $ == 3 || $ == 6 || $ == 12",
    "origins": "$ >= 1 && $ <= 36 && $.floor() == $", "step": "$ >= 1 && $ <= 36 && $.floor() == $",
    "tolerance": "$ >= 0 && $ <= 0.5", "own": "$.type() == \"object\"", "posterior": "$.type() == \"object\"",
    "forecast": "$.type() == \"object\"", "croston": "$.type() == \"object\""}$r$,
    'Options are columns and methods (lists), horizon (1, 3, 6 or 12), origins and step (1 to 36), tolerance (0 to 0.5), and of '
    'methods: own, posterior, forecast, croston.');
  settings := '{"horizon": 1, "origins": 12, "tolerance": 0.02, "posterior": {}, "croston": {}}'::jsonb
    || jsonb_build_object('step', coalesce(options -> 'horizon', '1')) || options;
  settings := settings || (SELECT jsonb_object_agg(m,
      jsonb_build_object('tolerance', settings -> 'tolerance') || coalesce(options -> m, '{}'))
    FROM unnest('{own,forecast}'::text[]) m);
  horizon := settings ->> 'horizon';
  step := settings ->> 'step';
  methods := coalesce((SELECT array_agg(m) FROM jsonb_array_elements_text(options -> 'methods') m), known);
  IF NOT methods <@ known OR array_position(methods, NULL) IS NOT NULL THEN
    RAISE EXCEPTION 'no such method of forecasting demand' USING ERRCODE = 'invalid_parameter_value',
      DETAIL = format('Found %s.', options -> 'methods'), HINT = format('Methods are %s.', array_to_string(known, ', '));
  END IF;
  source := credit_limit_internal.account_months(relation, coalesce(options -> 'columns', '{}'),
    '{account_id,month,credit_limit,balance,payment,due,days_past_due,segment,currency}');
  -- of a relation of the user's own
  EXECUTE format('SELECT date_trunc(''month'', min(m.month)), date_trunc(''month'', max(m.month)) FROM (%s) m '
    'WHERE m.balance IS NOT NULL', source) INTO first_month, last_month;
  SELECT array_agg(o::date) INTO origins
  FROM generate_series(0, (settings ->> 'origins')::int - 1) i,
    LATERAL (SELECT last_month - make_interval(months => horizon + step * i)) x (o)
  WHERE o >= first_month + make_interval(months => horizon);
  IF origins IS NULL THEN
    RAISE EXCEPTION 'relation % has too few months for a forecast that can be tried', relation
      USING ERRCODE = 'invalid_parameter_value',
        DETAIL = coalesce('Balances are of ' || to_char(first_month, 'YYYY-MM') || to_char(last_month, '" to "YYYY-MM.'),
          'It has no balance.'),
        HINT = format('With horizon %s it needs %s months: a change to learn from, and one to try it on.', horizon,
          2 * horizon + 1);
  END IF;
  BEGIN
    RETURN QUERY
      WITH score AS MATERIALIZED (
        SELECT o.origin, s.* FROM unnest(origins) o (origin),
          LATERAL credit_limit_internal.demand_backtest_origin(source, o.origin, methods, settings) s
        ORDER BY s.method, s.segment, o.origin),	-- float8 is added in this order
      total AS (
        SELECT s.method, s.segment, count(*)::int AS n_origins, sum(s.n)::bigint AS n, sum(s.n_forecast)::bigint AS n_forecast,
          avg(s.mae) AS mae, stddev_samp(s.mae) / sqrt(nullif(count(s.mae), 0)) AS mae_se, avg(s.difference) AS difference,
          stddev_samp(s.difference) / sqrt(nullif(count(s.mae), 0)) AS difference_se,
          CASE WHEN count(s.mae) >= 6 AND step >= horizon THEN credit_limit_internal.t_quantile(0.975, count(s.mae) - 1) END AS t,
          avg(s.pinball50) AS pinball50, avg(s.pinball90) AS pinball90, avg(s.coverage90) AS coverage90,
          sum(s.n_coverage)::bigint AS n_coverage, avg(s.not_identified) AS not_identified, avg(s.log_score) AS log_score,
          CASE WHEN count(s.pit) > 0 THEN ARRAY[avg(s.pit[1]), avg(s.pit[2]), avg(s.pit[3]), avg(s.pit[4]), avg(s.pit[5]),
            avg(s.pit[6]), avg(s.pit[7]), avg(s.pit[8]), avg(s.pit[9]), avg(s.pit[10])] END AS pit
        FROM score s GROUP BY s.method, s.segment),
      result AS (
        SELECT t.method, t.segment, NULL::date AS origin, t.n_origins, t.n, t.n_forecast, t.mae, t.mae - t.t * t.mae_se,
          t.mae + t.t * t.mae_se, t.difference, t.difference_se + 0 * t.t, t.difference - t.t * t.difference_se,
          t.difference + t.t * t.difference_se, t.pinball50, t.pinball90, t.coverage90, t.n_coverage, t.not_identified,
          t.log_score, t.pit
        FROM total t
        UNION ALL
        SELECT s.method, s.segment, s.origin, 1, s.n, s.n_forecast, s.mae, NULL, NULL, s.difference, NULL, NULL, NULL,
          s.pinball50, s.pinball90, s.coverage90, s.n_coverage, s.not_identified, s.log_score, s.pit
        FROM score s)
      SELECT r.* FROM result r
      WHERE r.segment IS NULL OR EXISTS (SELECT FROM score s WHERE s.segment <> '')
      ORDER BY r.segment COLLATE "C" NULLS FIRST, array_position(methods, r.method), r.origin NULLS FIRST;
  EXCEPTION WHEN data_exception OR cardinality_violation THEN
    PERFORM credit_limit_internal.name_account(source);
    RAISE;
  END;
  IF NOT FOUND THEN
    -- of a relation of the user's own
    EXECUTE format('SELECT to_char(max(m.month), ''YYYY-MM'') FROM (%s) m WHERE m.balance IS NOT NULL AND m.month < $1', source)
      INTO before USING last_month;
    RAISE EXCEPTION 'no origin has an account to try a forecast on'
      USING ERRCODE = 'invalid_parameter_value',
        DETAIL = format('Origins are counted back from %s, the last month with a balance; the one before it is %s.',
          to_char(last_month, 'YYYY-MM'), before),
        HINT = 'Look for a date with a wrong year, and leave its row out.';
  END IF;
END
$$;

COMMENT ON FUNCTION credit_limit.demand_backtest(regclass, jsonb) IS
'How good forecasts of demand were on months that they had not seen: of each origin, everything is learned from the months up '
'to it, and tried on the balance horizon months later. Columns of the relation as in train_demand, and, where it has one, '
'segment. Rows: method; segment (NULL: all; one for each if there is a column segment; it is that of the last month known at '
'the origin); origin (NULL: the mean of all origins, each counting the same). n: accounts whose balance is known at the '
'origin and horizon months later; n_forecast of them with a forecast, of which the figures are. mae: mean absolute error of '
'the median, or of the number that is forecast, in units of money. difference: mae less that of the last balance on the same '
'accounts. mae_low to difference_high: 0.95 intervals by Student''s t over origins; NULL with fewer than six, or if horizons '
'overlap. pinball50 and pinball90: mean quantile loss. coverage90: share at or below the 0.9 quantile, of n_coverage, those '
'whose quantile lies below the limit of the month. not_identified: share whose 0.9 quantile of demand is not known or not '
'below all that the account ever drew or was granted. log_score: mean logarithm of the probability that was given to what came, '
'in cells of 2 % of the highest limit or balance, or to at least the limit; at least 1e-6. pit: share in each tenth of the '
'distribution. Methods: own (demand_agg of the account''s months), posterior (demand_posterior with the prior of the segment), '
'forecast_balance, forecast_demand; as numbers last_balance, mean_12 (of 12 months), maximum (of 36), croston '
'(intermittent_forecast). Of demand, errors are of the amount cut at the limit or balance of the origin, if that is higher, '
'and what is at its limit counts as at least that. Options: columns; methods, a list; horizon 1, 3, 6 or 12 (default 1); '
'origins, at most (12, 1 to 36); step, months between origins (horizon); tolerance (0.02); own, posterior, forecast and '
'croston, options of demand_agg, demand_prior_agg, demand_model_agg and intermittent_forecast. Runs with the rights of the '
'caller. NULL gives no rows. Errors: no such column, a column currency with more than one (NULL counts as one), months fewer '
'than 2 horizon + 1, no '
'account with a balance at an origin and horizon months later (a mistyped year sets the last month), months of an account that '
'contradict each other or are out of range, another option or method.';

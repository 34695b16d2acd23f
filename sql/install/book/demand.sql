-- Demand of a book: what balances and demand will be, learned once a month from all months on file, and kept to be judged.

-- in an open book: the months of each account up to a month, 36 at most, first and latest
CREATE FUNCTION credit_limit_internal.histories(until date)
RETURNS TABLE (account_id bigint, product text, currency text, open boolean, first date, latest date,
    history credit_limit.behavior)
LANGUAGE sql STABLE ROWS 10000
AS $$
  SELECT a.account_id, a.product, a.currency, a.status = 'open', min(m.month), max(m.month), credit_limit.behavior_agg(m.month,
    round(m.credit_limit::numeric, 4), round(m.balance::numeric, 4), round(m.payment::numeric, 4), round(m.due::numeric, 4),
    m.days_past_due::int)
  FROM account a JOIN account_month m ON m.account_id = a.account_id
  WHERE m.month <= histories.until AND m.month > histories.until - interval '36 months'
  GROUP BY a.account_id, a.product, a.currency, a.status
$$;

-- in an open book: the months of an account up to a month, 36 at most
CREATE FUNCTION credit_limit_internal.history_of(account_id bigint, until date)
RETURNS TABLE (first date, latest date, history credit_limit.behavior)
LANGUAGE sql STABLE ROWS 1
AS $$
  SELECT min(m.month), max(m.month), credit_limit.behavior_agg(m.month, round(m.credit_limit::numeric, 4),
    round(m.balance::numeric, 4), round(m.payment::numeric, 4), round(m.due::numeric, 4), m.days_past_due::int)
  FROM account_month m
  WHERE m.account_id = history_of.account_id AND m.month <= history_of.until AND m.month > history_of.until - interval '36 months'
$$;

-- in an open book: forecasts of the month after the latest on file, and of the next months up to a horizon, by the models that
-- have seen the latest
CREATE FUNCTION credit_limit_internal.forecasts(latest date, peak int)
RETURNS TABLE (account_id bigint, credit_limit numeric, last_balance numeric, balance_q50 numeric, balance_q90 numeric,
    balance_mean numeric, demand_mean numeric, demand_q90 numeric, demand_is_known boolean, chance_at_limit float8,
    turned_away numeric, demand_mixture credit_limit.demand)
LANGUAGE sql STABLE ROWS 10000
AS $$
  WITH learned AS MATERIALIZED (
    SELECT v.product, v.currency, v.model, (credit_limit.demand_model_summary(v.model)).horizons @> ARRAY[forecasts.peak] AS far
    FROM demand_model_version v WHERE v.until = forecasts.latest)
  SELECT h.account_id, trim_scale(l.credit_limit), trim_scale(l.balance), credit_limit.demand_amount(q.balance, 0.5),
    credit_limit.demand_amount(q.balance, 0.9), credit_limit.demand_mean_amount(q.balance),
    -- Of the largest lines that a book takes, more may be wanted than an amount of a book: see is_amount().
    CASE WHEN w.mean < 899999999999999 THEN w.mean WHEN w.mean IS NOT NULL THEN 899999999999999 END,
    CASE WHEN w.q90 < 899999999999999 THEN w.q90 WHEN w.q90 IS NOT NULL THEN 899999999999999 END,
    credit_limit.demand_quantile(q.demand, 0.9) < (credit_limit.demand_stats(q.demand)).ceiling,
    -- Nothing can be wanted of a line that is closed; what is drawn over the limit was not turned away.
    CASE WHEN l.credit_limit > 0 THEN credit_limit.demand_exceeds(q.demand, 0.98 * l.credit_limit) END,
    CASE WHEN l.credit_limit > 0 THEN credit_limit.expected_unmet_amount(q.demand, greatest(l.credit_limit, l.balance)) END,
    q.mixture
  FROM credit_limit_internal.histories(forecasts.latest) h
  JOIN learned v ON v.product = h.product AND v.currency = h.currency
  CROSS JOIN LATERAL (SELECT credit_limit.forecast_balance(v.model, h.history, forecasts.latest) AS balance,
      credit_limit.forecast_demand(v.model, h.history, forecasts.latest) AS demand,
      CASE WHEN v.far THEN credit_limit.forecast_demand(v.model, h.history, forecasts.latest, forecasts.peak, 'peak') END AS peak,
      CASE WHEN v.far THEN credit_limit.forecast_demand(v.model, h.history, forecasts.latest, forecasts.peak, 'mixture') END
        AS mixture OFFSET 0) q
  CROSS JOIN LATERAL (SELECT credit_limit.demand_mean_amount(q.demand) AS mean,
      credit_limit.demand_amount(q.peak, 0.9, 2, 'peak') AS q90 OFFSET 0) w
  CROSS JOIN LATERAL credit_limit.behavior_features(h.history, h.latest) l
  WHERE h.open AND q.balance IS NOT NULL
$$;

-- learns of each product and currency how balances change, from the months of account_month up to a day (NULL: the business
-- date), 36 at most, and forecasts for every open account the month after the latest: demand_model_version, demand_forecast.
-- account_feature gets demand_mean, the mean of that month's demand, and of the next peak_months demand_q90, what covers their
-- highest nine times in ten, and demand_mixture, the demand of all of them alike; NULL where there is no forecast. A second time
-- on the same months gives the same. Returns how many forecasts there are. Options: peak_months (1, 3, 6 or 12; default 3),
-- keep_forecasts (months, default 24), fill_features (default true; false leaves account_feature to you). Errors: no day, options
-- (22023), an account_feature of the lender, unless fill_features is false (55000), rows that row-level security hides (42501)
CREATE FUNCTION credit_limit.refresh_demand(book text, as_of date DEFAULT NULL, options jsonb DEFAULT '{}') RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  today date := as_of;
  latest date;
  next date;
  peak CONSTANT int := coalesce((options ->> 'peak_months')::int, 3);
  -- Horizons that nobody asks for would make models several times as large.
  learn CONSTANT jsonb := jsonb_build_object('horizons', CASE peak WHEN 1 THEN ARRAY[1] ELSE ARRAY[1, peak] END);
  fill boolean;
BEGIN
  options := credit_limit_internal.check_options('refresh_demand', options,
    $o${"peak_months": "$ == 1 || $ == 3 || $ == 6 || $ == 12", "keep_forecasts": "$ >= 1 && $ <= 1200 && $.floor() == $",
      "fill_features": "$.type() == \"boolean\""}$o$,
    'Valid are peak_months (1, 3, 6 or 12), keep_forecasts (1 to 1200 months) and fill_features (true or false).');
  fill := (options ->> 'fill_features')::boolean IS NOT FALSE;
  PERFORM credit_limit_internal.open_book(book);
  PERFORM credit_limit_internal.need_every_row('a forecast of demand');
  today := coalesce(today, (SELECT d.business_date FROM business_day d));
  PERFORM credit_limit_internal.need_day('a forecast of demand', today);
  IF fill THEN
    PERFORM credit_limit_internal.need_features_of_book(book, 'Or forecast without it: {"fill_features": false}.');
  END IF;
  -- A second one waits for the first.
  PERFORM FROM job j WHERE j.job = 'demand' FOR NO KEY UPDATE;
  latest := credit_limit_internal.latest_month(today);
  next := latest + interval '1 month';
  INSERT INTO demand_model_version (product, currency, until, learned_on, model)
  SELECT s.product, s.currency, latest, today, s.model
  FROM (SELECT h.product, h.currency, credit_limit.demand_model_agg(h.history, learn) AS model
    FROM credit_limit_internal.histories(latest) h WHERE h.product IS NOT NULL AND h.currency IS NOT NULL
    GROUP BY h.product, h.currency) s
  WHERE (credit_limit.demand_model_summary(s.model)).n_accounts > 0
  ON CONFLICT (product, currency, until) DO UPDATE SET (learned_on, model) = ROW (excluded.learned_on, excluded.model);
  DELETE FROM demand_forecast f
  WHERE f.month = next OR f.month <= next - make_interval(months => coalesce((options ->> 'keep_forecasts')::int, 24));
  DELETE FROM demand_model_version v
  WHERE v.until <= latest - make_interval(months => coalesce((options ->> 'keep_forecasts')::int, 24));
  IF fill THEN
    WITH forecast AS MATERIALIZED (SELECT f.* FROM credit_limit_internal.forecasts(latest, peak) f),
      kept AS (INSERT INTO demand_forecast (account_id, month, made_on, credit_limit, last_balance, balance_q50, balance_q90,
          balance_mean, demand_mean, demand_q90, demand_is_known, chance_at_limit, turned_away)
        SELECT f.account_id, next, today, f.credit_limit, f.last_balance, f.balance_q50, f.balance_q90, f.balance_mean,
          f.demand_mean, f.demand_q90, f.demand_is_known, f.chance_at_limit, f.turned_away
        FROM forecast f)
    INSERT INTO account_feature (account_id, computed_on, demand_q90, demand_mean, demand_mixture)
    SELECT a.account_id, today, f.demand_q90, f.demand_mean, f.demand_mixture
    FROM account a
    LEFT JOIN forecast f ON f.account_id = a.account_id
    LEFT JOIN account_feature n ON n.account_id = a.account_id
    WHERE a.status = 'open' AND ROW (f.demand_q90, f.demand_mean, f.demand_mixture)::record *<>
      ROW (n.demand_q90, n.demand_mean, n.demand_mixture)::record
    ON CONFLICT (account_id) DO UPDATE SET (computed_on, demand_q90, demand_mean, demand_mixture) =
      ROW (excluded.computed_on, excluded.demand_q90, excluded.demand_mean, excluded.demand_mixture);
  ELSE
    INSERT INTO demand_forecast (account_id, month, made_on, credit_limit, last_balance, balance_q50, balance_q90, balance_mean,
      demand_mean, demand_q90, demand_is_known, chance_at_limit, turned_away)
    SELECT f.account_id, next, today, f.credit_limit, f.last_balance, f.balance_q50, f.balance_q90, f.balance_mean, f.demand_mean,
      f.demand_q90, f.demand_is_known, f.chance_at_limit, f.turned_away
    FROM credit_limit_internal.forecasts(latest, peak) f;
  END IF;
  RETURN (SELECT count(*) FROM demand_forecast f WHERE f.month = next);
END
$$;

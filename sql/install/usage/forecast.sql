-- forecast: what a balance, and a demand, will be.

CREATE FUNCTION credit_limit.forecast_balance(
  model credit_limit.demand_model,
  history credit_limit.behavior,
  as_of date,
  horizon integer DEFAULT 1
) RETURNS credit_limit.demand
AS 'MODULE_PATHNAME', 'cl_forecast_balance' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;

COMMENT ON FUNCTION credit_limit.forecast_balance(credit_limit.demand_model, credit_limit.behavior, date, integer) IS
'The distribution of the balance that will be seen horizon (1, 3, 6 or 12) months after as_of, in units of money: the last '
'balance and, on the scale of the account, the change of accounts like it; a credit balance is 0. A demand given by quantiles, '
'of basis month. '
'Months after as_of have no effect. NULL when an argument is NULL, when no balance is known from three months before as_of '
'on, or the account never had a limit or a balance. Error: a horizon that the model has not learned.';

CREATE FUNCTION credit_limit.forecast_demand(
  model credit_limit.demand_model,
  history credit_limit.behavior,
  as_of date,
  horizon integer DEFAULT 1,
  basis text DEFAULT 'month'
) RETURNS credit_limit.demand
AS 'MODULE_PATHNAME', 'cl_forecast_demand' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;

COMMENT ON FUNCTION credit_limit.forecast_demand(credit_limit.demand_model, credit_limit.behavior, date, integer, text) IS
'The distribution of what would be drawn after as_of if the limit did not bind, in units of money: as forecast_balance, with '
'months at their limit as censored (Kaplan and Meier). basis: month, the month that lies horizon months on; mixture, the '
'months up to it, one of them at random; peak, the highest of them, at no probability below the month that lies 1, 3, 6 or 12 '
'months on, up to horizon. The limit of the last month has no effect. Where the data '
'do not say how high demand goes, the quantiles rise to the ceiling: the scale times the 0.999 quantile of what peers ever '
'reached on theirs. NULL as forecast_balance. Errors: a horizon that the model has not learned, another basis.';

CREATE FUNCTION credit_limit.demand_model_table(
  model credit_limit.demand_model,
  OUT target text,
  OUT basis text,
  OUT horizon integer,
  OUT cell integer,
  OUT parent integer,
  OUT accounts_like text,
  OUT n bigint,
  OUT n_censored bigint,
  OUT p_not_identified float8,
  OUT change_q10 float8,
  OUT change_q50 float8,
  OUT change_q90 float8
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'cl_demand_model_table' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100000 ROWS 5000;

COMMENT ON FUNCTION credit_limit.demand_model_table(credit_limit.demand_model) IS
'The cells that forecasts come from, those of a target (balance, demand), basis and horizon (months) as a tree: cell 1 is '
'all. accounts_like: the classes of features that make a cell. standing: with what was due. use: last balance / scale. '
'payment: last payment / balance before it. change: last change of the balance / scale. level: last balance less the mean of '
'the three before it / scale. scale: itself, in units of money, cut at 1 and 3 times powers of ten. n: observations, one for '
'each account and origin; n_censored of them were at the limit. '
'change_q10, change_q50 and change_q90: quantiles of the change from the last balance / scale, leaning on the parent with 50 '
'observations; NULL in the part p_not_identified that only the limit has seen. NULL gives no rows.';

CREATE FUNCTION credit_limit.demand_model_summary(
  model credit_limit.demand_model,
  OUT n_accounts bigint,
  OUT n_skipped bigint,
  OUT horizons integer[],
  OUT origins integer,
  OUT first_origin date,
  OUT until date,
  OUT tolerance float8
) RETURNS record
AS 'MODULE_PATHNAME', 'cl_demand_model_summary' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;

COMMENT ON FUNCTION credit_limit.demand_model_summary(credit_limit.demand_model) IS
'How a model was learned: accounts that say something, accounts without a month that has one after it (n_skipped), the '
'horizons in months that can be forecast, and the options; first_origin and until are NULL where there is no such bound. NULL '
'gives NULL.';

-- A query of the months of a relation under the names that are asked for, of which it must have the first four; "columns" says
-- what it calls them. Errors: another key, no such column (42703), amounts of several currencies.
CREATE FUNCTION credit_limit_internal.account_months(relation regclass, columns jsonb, wanted text[]) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  types constant jsonb := '{"month": "date", "credit_limit": "numeric", "balance": "numeric", "payment": "numeric",
    "due": "numeric", "days_past_due": "int", "segment": "text", "currency": "text"}';
  source text;
  missing text;
  currency text;
  currencies bigint;
  unknown bigint;
BEGIN
  IF jsonb_typeof(columns) <> 'object' OR EXISTS (SELECT FROM jsonb_object_keys(columns) k WHERE k <> ALL (wanted)) THEN
    RAISE EXCEPTION 'columns must be an object that names the columns of the relation'
      USING ERRCODE = 'invalid_parameter_value', DETAIL = format('Found %s.', columns),
        HINT = format('Its keys are among %s.', array_to_string(wanted, ', '));
  END IF;
  SELECT format('SELECT %s FROM %s r', string_agg(coalesce('r.' || quote_ident(a.attname), 'NULL')
      || coalesce('::' || (types ->> w.name), '') || ' AS ' || w.name, ', ' ORDER BY w.place), relation),
    (array_agg(w.name ORDER BY w.place) FILTER (WHERE a.attname IS NULL AND (columns ? w.name OR w.place <= 4)))[1],
    max(a.attname) FILTER (WHERE w.name = 'currency')
    INTO source, missing, currency
  FROM unnest(wanted) WITH ORDINALITY w (name, place)
  LEFT JOIN pg_attribute a ON a.attrelid = relation AND a.attname = coalesce(columns ->> w.name, w.name) AND a.attnum > 0
    AND NOT a.attisdropped;
  IF missing IS NOT NULL THEN
    RAISE EXCEPTION 'relation % has no column %', relation, quote_ident(coalesce(columns ->> missing, missing))
      USING ERRCODE = 'undefined_column', DETAIL = format('It is to be the %s.', missing),
        HINT = 'Say what the column is called, as in {"columns": {"account_id": "card"}}.';
  END IF;
  IF currency IS NOT NULL THEN
    EXECUTE format('SELECT count(DISTINCT r.%1$I), count(*) - count(r.%1$I) FROM %2$s r', currency, relation)
      INTO currencies, unknown;
    IF currencies > 1 OR currencies = 1 AND unknown > 0 THEN
      RAISE EXCEPTION 'relation % has amounts of several currencies', relation
        USING ERRCODE = 'invalid_parameter_value',
          DETAIL = format('Found currencies: %s; rows without one: %s.', currencies, unknown),
          HINT = 'Take a view of the accounts of one.';
    END IF;
  END IF;
  RETURN source;
END
$$;

-- After an error in the histories of a source of account_months: raises it again, saying of which account it is.
CREATE FUNCTION credit_limit_internal.name_account(source text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  id text;
  months date[];
  limits numeric[];
  balances numeric[];
  payments numeric[];
  dues numeric[];
  days int[];
  code text;
  message text;
  detail text;
  hint text;
BEGIN
  -- of a relation of the user's own
  FOR id, months, limits, balances, payments, dues, days IN
      EXECUTE format('SELECT m.account_id::text, array_agg(m.month), array_agg(m.credit_limit), array_agg(m.balance), '
        'array_agg(m.payment), array_agg(m.due), array_agg(m.days_past_due) FROM (%s) m GROUP BY m.account_id '
        'ORDER BY m.account_id', source) LOOP
    PERFORM credit_limit.behavior_agg(m.month, m.credit_limit, m.balance, m.payment, m.due, m.days_past_due)
    FROM unnest(months, limits, balances, payments, dues, days) m (month, credit_limit, balance, payment, due, days_past_due);
  END LOOP;
EXCEPTION WHEN data_exception OR cardinality_violation THEN
  GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
    hint = PG_EXCEPTION_HINT;
  RAISE EXCEPTION '%', message USING ERRCODE = code, DETAIL = format('Account %s: %s', id, detail), HINT = hint;
END
$$;

CREATE FUNCTION credit_limit.train_demand(relation regclass, options jsonb DEFAULT '{}')
RETURNS credit_limit.demand_model
-- So that partitions on other servers make the behavior of each of their accounts.
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET enable_partitionwise_aggregate = on AS $$
DECLARE
  model credit_limit.demand_model;
  source text;
BEGIN
  IF relation IS NULL OR options IS NULL THEN
    RETURN NULL;
  END IF;
  source := credit_limit_internal.account_months(relation, coalesce(options -> 'columns', '{}'),
    '{account_id,month,credit_limit,balance,payment,due,days_past_due,currency}');
  BEGIN
    -- of a relation of the user's own
    EXECUTE format('SELECT credit_limit.demand_model_agg(s.h, $1) FROM (SELECT credit_limit.behavior_agg(m.month, '
      'm.credit_limit, m.balance, m.payment, m.due, m.days_past_due) AS h FROM (%s) m GROUP BY m.account_id) s', source)
      INTO model USING options - 'columns';
  EXCEPTION WHEN data_exception OR cardinality_violation THEN
    PERFORM credit_limit_internal.name_account(source);
    RAISE;
  END;
  IF model IS NULL OR (credit_limit.demand_model_summary(model)).n_accounts = 0 THEN
    RAISE EXCEPTION 'relation % has no account with two months to learn from', relation
      USING ERRCODE = 'invalid_parameter_value',
        DETAIL = format('Accounts found: %s.', coalesce((credit_limit.demand_model_summary(model)).n_skipped, 0)),
        HINT = 'A change needs a month and one after it; look at from and until, too.';
  END IF;
  RETURN model;
END
$$;

COMMENT ON FUNCTION credit_limit.train_demand(regclass, jsonb) IS
'A demand_model learned from a relation with a row for each account and month, in one scan with the rights of the caller: '
'behavior_agg of each account, then demand_model_agg. Columns: account_id, month, credit_limit, balance and, where it has '
'them, payment, due, days_past_due; options'' key columns gives other names, as in {"columns": {"account_id": "card"}}. The '
'other options are those of demand_model_agg. NULL when an argument is NULL. Errors: no such column, a column currency with '
'more than one (NULL counts as one), no account with two months; of months that contradict each other or are out of range, '
'with their account.';

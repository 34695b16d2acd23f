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
'balance and, on the scale of the account, the change of accounts like it. A demand given by quantiles, of basis month. '
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
'months up to it, one of them at random; peak, the highest of them. The limit of the last month has no effect. Where the data '
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
'the three before it / scale. n: observations, one for each account and origin; n_censored of them were at the limit. '
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

CREATE FUNCTION credit_limit.train_demand(relation regclass, options jsonb DEFAULT '{}')
RETURNS credit_limit.demand_model
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  wanted constant text[] := '{account_id,month,credit_limit,balance,payment,due,days_past_due,currency}';
  columns constant jsonb := coalesce(options -> 'columns', '{}');
  name text;
  named text;
  expression text[] := '{}';
  currencies bigint;
  model credit_limit.demand_model;
BEGIN
  IF relation IS NULL OR options IS NULL THEN
    RETURN NULL;
  END IF;
  IF pg_catalog.jsonb_typeof(columns) <> 'object'
    OR EXISTS (SELECT FROM pg_catalog.jsonb_object_keys(columns) k WHERE k <> ALL (wanted)) THEN
    RAISE EXCEPTION 'columns must be an object that names the columns of the relation'
      USING ERRCODE = 'invalid_parameter_value', DETAIL = pg_catalog.format('Found %s.', columns),
        HINT = pg_catalog.format('Its keys are among %s.', pg_catalog.array_to_string(wanted, ', '));
  END IF;
  FOREACH name IN ARRAY wanted LOOP
    named := coalesce(columns ->> name, name);
    IF EXISTS (SELECT FROM pg_catalog.pg_attribute a
      WHERE a.attrelid = relation AND a.attname = named AND a.attnum > 0 AND NOT a.attisdropped) THEN
      expression := expression || pg_catalog.format('r.%I', named);
    ELSIF columns ? name OR name IN ('account_id', 'month', 'credit_limit', 'balance') THEN
      RAISE EXCEPTION 'relation % has no column %', relation, pg_catalog.quote_ident(named)
        USING ERRCODE = 'undefined_column', DETAIL = pg_catalog.format('It is to be the %s.', name),
          HINT = 'Say what the column is called, as in {"columns": {"account_id": "card"}}.';
    ELSE
      expression := expression || 'NULL'::text;
    END IF;
  END LOOP;
  IF expression[8] <> 'NULL' THEN
    EXECUTE pg_catalog.format('SELECT pg_catalog.count(DISTINCT %s) FROM %s r', expression[8], relation) INTO currencies;
    IF currencies > 1 THEN
      RAISE EXCEPTION 'relation % has amounts of several currencies', relation
        USING ERRCODE = 'invalid_parameter_value', DETAIL = pg_catalog.format('Found %s currencies.', currencies),
          HINT = 'Learn a model for each, from a view of its accounts.';
    END IF;
  END IF;
  EXECUTE pg_catalog.format(
    'SELECT credit_limit.demand_model_agg(s.h, $1) FROM (SELECT credit_limit.behavior_agg(%s::date, %s::numeric, %s::numeric, '
    '%s::numeric, %s::numeric, %s::int) AS h FROM %s r GROUP BY %s) s',
    expression[2], expression[3], expression[4], expression[5], expression[6], expression[7], relation, expression[1])
    INTO model USING options - 'columns';
  IF model IS NULL OR (credit_limit.demand_model_summary(model)).n_accounts = 0 THEN
    RAISE EXCEPTION 'relation % has no account with two months to learn from', relation
      USING ERRCODE = 'invalid_parameter_value',
        DETAIL = pg_catalog.format('Accounts found: %s.', coalesce((credit_limit.demand_model_summary(model)).n_skipped, 0)),
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
'more than one, no account with two months.';

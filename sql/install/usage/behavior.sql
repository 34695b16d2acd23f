-- behavior: the monthly history of an account, and the features that are read off it.

CREATE TYPE credit_limit.behavior_features AS (
  as_of date,
  first_month date,
  last_month date,
  n_months int,
  n_missing int,
  n_dropped int,
  n_1m int,
  n_3m int,
  n_6m int,
  n_12m int,
  balance_3m float8,
  balance_6m float8,
  balance_12m float8,
  balance_slope_6m float8,
  balance_slope_12m float8,
  utilization_1m float8,
  utilization_3m float8,
  utilization_6m float8,
  utilization_12m float8,
  utilization_mean_3m float8,
  utilization_mean_6m float8,
  utilization_mean_12m float8,
  utilization_max_3m float8,
  utilization_max_6m float8,
  utilization_max_12m float8,
  utilization_min_3m float8,
  utilization_min_6m float8,
  utilization_min_12m float8,
  utilization_slope_6m float8,
  utilization_slope_12m float8,
  utilization_stddev_6m float8,
  utilization_stddev_12m float8,
  at_limit_6m int,
  at_limit_12m int,
  over_limit_6m int,
  over_limit_12m int,
  days_past_due int,
  days_past_due_worst_3m int,
  days_past_due_worst_6m int,
  days_past_due_worst_12m int,
  days_past_due_worst int,
  times_30_6m int,
  times_30_12m int,
  times_60_6m int,
  times_60_12m int,
  times_90_6m int,
  times_90_12m int,
  months_inactive int,
  inactive_12m int,
  limit_increases_12m int,
  limit_decreases_12m int,
  payment_3m float8,
  payment_6m float8,
  payment_12m float8,
  short_paid_6m int,
  short_paid_12m int,
  paid_full_6m int,
  paid_full_12m int,
  payment_ratio_1m float8,
  payment_ratio_3m float8,
  payment_ratio_6m float8,
  payment_ratio_12m float8,
  payment_rate_1m float8,
  payment_rate_3m float8,
  payment_rate_6m float8,
  payment_rate_12m float8,
  months_since_30 int,
  months_since_90 int,
  months_since_limit_change int,
  credit_limit numeric,
  balance numeric,
  payment numeric,
  due numeric,
  balance_max_12m numeric,
  limit_change numeric
);

COMMENT ON TYPE credit_limit.behavior_features IS
'What the history of an account says as of a month. A window of 3 months is as_of and the 2 before it. Measures are over the '
'months of the window that know what they need, and NULL if none does; n_3m and so on say how many there are. Money in its '
'unit, ratios as fractions (0.9 is ninety per cent). The columns'' comments define them.';
COMMENT ON COLUMN credit_limit.behavior_features.as_of IS 'The month the features are of: its first day.';
COMMENT ON COLUMN credit_limit.behavior_features.first_month IS
'First month on record up to as_of, dropped ones included; NULL if there is none.';
COMMENT ON COLUMN credit_limit.behavior_features.last_month IS 'Last month on record up to as_of; NULL if there is none.';
COMMENT ON COLUMN credit_limit.behavior_features.n_months IS 'Months on record up to as_of that the history keeps: at most 36.';
COMMENT ON COLUMN credit_limit.behavior_features.n_missing IS 'Months without a row between first_month and last_month.';
COMMENT ON COLUMN credit_limit.behavior_features.n_dropped IS
'Months on record that are older than the 36 kept: counted, and used for nothing else.';
COMMENT ON COLUMN credit_limit.behavior_features.n_1m IS '1 if there is a row for as_of, else 0.';
COMMENT ON COLUMN credit_limit.behavior_features.n_3m IS 'Months on record of the 3 that end with as_of.';
COMMENT ON COLUMN credit_limit.behavior_features.n_6m IS 'Months on record of the last 6.';
COMMENT ON COLUMN credit_limit.behavior_features.n_12m IS 'Months on record of the last 12.';
COMMENT ON COLUMN credit_limit.behavior_features.balance_3m IS
'Mean balance over the months of the last 3 that know it; NULL if none does.';
COMMENT ON COLUMN credit_limit.behavior_features.balance_6m IS 'As balance_3m, over 6 months.';
COMMENT ON COLUMN credit_limit.behavior_features.balance_12m IS 'As balance_3m, over 12 months.';
COMMENT ON COLUMN credit_limit.behavior_features.balance_slope_6m IS
'Slope of the least-squares line through the balances of the last 6 months, money per month; NULL with fewer than two.';
COMMENT ON COLUMN credit_limit.behavior_features.balance_slope_12m IS 'As balance_slope_6m, over 12 months.';
COMMENT ON COLUMN credit_limit.behavior_features.utilization_1m IS
'Balance divided by limit in the month as_of, as utilization(): a fraction; Infinity if drawn without a limit; NULL if 0/0 or '
'not known.';
COMMENT ON COLUMN credit_limit.behavior_features.utilization_3m IS
'Ratio of sums over the last 3 months: sum of balances divided by sum of limits, of the months that know both. Infinity if the '
'limits are 0 and the sum of balances is not; NULL if there is nothing to divide by.';
COMMENT ON COLUMN credit_limit.behavior_features.utilization_6m IS 'As utilization_3m, over 6 months.';
COMMENT ON COLUMN credit_limit.behavior_features.utilization_12m IS 'As utilization_3m, over 12 months.';
COMMENT ON COLUMN credit_limit.behavior_features.utilization_mean_3m IS
'Mean of the ratios of the last 3 months that have a limit: every month counts alike, whatever the limit was. NULL if none has.';
COMMENT ON COLUMN credit_limit.behavior_features.utilization_mean_6m IS 'As utilization_mean_3m, over 6 months.';
COMMENT ON COLUMN credit_limit.behavior_features.utilization_mean_12m IS 'As utilization_mean_3m, over 12 months.';
COMMENT ON COLUMN credit_limit.behavior_features.utilization_max_3m IS
'Peak: the largest ratio of the last 3 months that have a limit. NULL if none has.';
COMMENT ON COLUMN credit_limit.behavior_features.utilization_max_6m IS 'As utilization_max_3m, over 6 months.';
COMMENT ON COLUMN credit_limit.behavior_features.utilization_max_12m IS 'As utilization_max_3m, over 12 months.';
COMMENT ON COLUMN credit_limit.behavior_features.utilization_min_3m IS 
'The smallest ratio of the last 3 months that have a limit. NULL if none has.';
COMMENT ON COLUMN credit_limit.behavior_features.utilization_min_6m IS 'As utilization_min_3m, over 6 months.';
COMMENT ON COLUMN credit_limit.behavior_features.utilization_min_12m IS 'As utilization_min_3m, over 12 months.';
COMMENT ON COLUMN credit_limit.behavior_features.utilization_slope_6m IS
'Slope of the least-squares line through the ratios of the last 6 months that have a limit, per month: 0.02 is two points a '
'month. NULL with fewer than two.';
COMMENT ON COLUMN credit_limit.behavior_features.utilization_slope_12m IS 'As utilization_slope_6m, over 12 months.';
COMMENT ON COLUMN credit_limit.behavior_features.utilization_stddev_6m IS
'Sample standard deviation of the ratios of the last 6 months that have a limit; NULL with fewer than two.';
COMMENT ON COLUMN credit_limit.behavior_features.utilization_stddev_12m IS 'As utilization_stddev_6m, over 12 months.';
COMMENT ON COLUMN credit_limit.behavior_features.at_limit_6m IS
'Months of the last 6 with a utilization of 0.98 or more, also without a limit if something is drawn; NULL if none knows limit '
'and balance.';
COMMENT ON COLUMN credit_limit.behavior_features.at_limit_12m IS 'As at_limit_6m, over 12 months.';
COMMENT ON COLUMN credit_limit.behavior_features.over_limit_6m IS
'Months of the last 6 with a balance above the limit; NULL if none knows limit and balance.';
COMMENT ON COLUMN credit_limit.behavior_features.over_limit_12m IS 'As over_limit_6m, over 12 months.';
COMMENT ON COLUMN credit_limit.behavior_features.days_past_due IS 'Days past due in the month as_of.';
COMMENT ON COLUMN credit_limit.behavior_features.days_past_due_worst_3m IS
'Most days past due in the last 3 months; NULL if no month knows them.';
COMMENT ON COLUMN credit_limit.behavior_features.days_past_due_worst_6m IS 'As days_past_due_worst_3m, over 6 months.';
COMMENT ON COLUMN credit_limit.behavior_features.days_past_due_worst_12m IS 'As days_past_due_worst_3m, over 12 months.';
COMMENT ON COLUMN credit_limit.behavior_features.days_past_due_worst IS 'Most days past due in any month kept up to as_of.';
COMMENT ON COLUMN credit_limit.behavior_features.times_30_6m IS
'Months of the last 6 with 30 days past due or more; NULL if no month knows them.';
COMMENT ON COLUMN credit_limit.behavior_features.times_30_12m IS 'As times_30_6m, over 12 months.';
COMMENT ON COLUMN credit_limit.behavior_features.times_60_6m IS 'Months of the last 6 with 60 days past due or more.';
COMMENT ON COLUMN credit_limit.behavior_features.times_60_12m IS 'As times_60_6m, over 12 months.';
COMMENT ON COLUMN credit_limit.behavior_features.times_90_6m IS 'Months of the last 6 with 90 days past due or more.';
COMMENT ON COLUMN credit_limit.behavior_features.times_90_12m IS 'As times_90_6m, over 12 months.';
COMMENT ON COLUMN credit_limit.behavior_features.months_inactive IS
'Consecutive months up to as_of that were idle: a balance of 0 or below, no payment, and no credit balance drawn on. A payment '
'that is not known does not end the run; a month without row, or one that paid nothing and does not know its balance, does. '
'NULL if as_of is such a month.';
COMMENT ON COLUMN credit_limit.behavior_features.inactive_12m IS
'Months of the last 12 that were idle, as in months_inactive; NULL if none says whether it was.';
COMMENT ON COLUMN credit_limit.behavior_features.limit_increases_12m IS
'Months of the last 12 whose limit is above the one known before it, whatever lies between; NULL if no month has one to compare '
'with.';
COMMENT ON COLUMN credit_limit.behavior_features.limit_decreases_12m IS 'As limit_increases_12m, below.';
COMMENT ON COLUMN credit_limit.behavior_features.payment_3m IS
'Mean payment over the months of the last 3 that know it; NULL if none does.';
COMMENT ON COLUMN credit_limit.behavior_features.payment_6m IS 'As payment_3m, over 6 months.';
COMMENT ON COLUMN credit_limit.behavior_features.payment_12m IS 'As payment_3m, over 12 months.';
COMMENT ON COLUMN credit_limit.behavior_features.short_paid_6m IS
'Months of the last 6 with a payment below the amount due; NULL if no month knows both.';
COMMENT ON COLUMN credit_limit.behavior_features.short_paid_12m IS 'As short_paid_6m, over 12 months.';
COMMENT ON COLUMN credit_limit.behavior_features.paid_full_6m IS
'Months of the last 6 with a payment of at least the balance of the month before, that being positive; NULL if no month has '
'such a balance before it and knows its payment.';
COMMENT ON COLUMN credit_limit.behavior_features.paid_full_12m IS 'As paid_full_6m, over 12 months.';
COMMENT ON COLUMN credit_limit.behavior_features.payment_ratio_1m IS
'Payment divided by amount due in the month as_of; above 1 when more was paid. NULL if nothing was due or either is not known.';
COMMENT ON COLUMN credit_limit.behavior_features.payment_ratio_3m IS
'Ratio of sums over the months of the last 3 that know payment and due; NULL if nothing was due.';
COMMENT ON COLUMN credit_limit.behavior_features.payment_ratio_6m IS 'As payment_ratio_3m, over 6 months.';
COMMENT ON COLUMN credit_limit.behavior_features.payment_ratio_12m IS 'As payment_ratio_3m, over 12 months.';
COMMENT ON COLUMN credit_limit.behavior_features.payment_rate_1m IS
'Payment of the month as_of divided by the balance of the month before; NULL if that was not positive or either is not known.';
COMMENT ON COLUMN credit_limit.behavior_features.payment_rate_3m IS
'Ratio of sums: payments divided by the balances of the months before, over the months of the last 3 that know their payment '
'and have a positive balance the month before. NULL if none.';
COMMENT ON COLUMN credit_limit.behavior_features.payment_rate_6m IS 'As payment_rate_3m, over 6 months.';
COMMENT ON COLUMN credit_limit.behavior_features.payment_rate_12m IS 'As payment_rate_3m, over 12 months.';
COMMENT ON COLUMN credit_limit.behavior_features.months_since_30 IS
'Calendar months from the last month with 30 days past due or more to as_of, 0 if it is as_of; NULL if no month kept has them.';
COMMENT ON COLUMN credit_limit.behavior_features.months_since_90 IS 'As months_since_30, with 90 days.';
COMMENT ON COLUMN credit_limit.behavior_features.months_since_limit_change IS
'Calendar months from the first month with the new limit to as_of; NULL if there was no change.';
COMMENT ON COLUMN credit_limit.behavior_features.credit_limit IS
'Credit limit in the month as_of; NULL if not known, as are balance, payment, due and days_past_due.';
COMMENT ON COLUMN credit_limit.behavior_features.balance IS 'Balance in the month as_of; negative is a credit balance.';
COMMENT ON COLUMN credit_limit.behavior_features.payment IS 'Payments of the month as_of.';
COMMENT ON COLUMN credit_limit.behavior_features.due IS 'Amount due in the month as_of.';
COMMENT ON COLUMN credit_limit.behavior_features.balance_max_12m IS 'Largest balance of the last 12 months.';
COMMENT ON COLUMN credit_limit.behavior_features.limit_change IS
'The last change of the limit in the months kept: new less old; NULL if there was none.';

CREATE FUNCTION credit_limit.behavior_features(history credit_limit.behavior)
RETURNS credit_limit.behavior_features
AS 'MODULE_PATHNAME', 'cl_behavior_features_last' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.behavior_features(credit_limit.behavior) IS
'Features as of the last month of a history, one row; the columns of type behavior_features are documented there.';

CREATE FUNCTION credit_limit.behavior_features(history credit_limit.behavior, as_of date)
RETURNS credit_limit.behavior_features
AS 'MODULE_PATHNAME', 'cl_behavior_features_as_of' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.behavior_features(credit_limit.behavior, date) IS
'Features as of the month of a date, as if the later months were not there. After the last month, the months between are '
'without row; before the first, all but the counts is NULL. Error: one of the 12 months before as_of, or as_of, was dropped '
'(as_of more than 23 months before the last, in a history of more than 36); an infinite date.';

CREATE FUNCTION credit_limit.behavior_months(
  history credit_limit.behavior,
  OUT month date,
  OUT credit_limit numeric,
  OUT balance numeric,
  OUT payment numeric,
  OUT due numeric,
  OUT days_past_due int)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'cl_behavior_months' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 24;

COMMENT ON FUNCTION credit_limit.behavior_months(credit_limit.behavior) IS
'The months that a history keeps, ascending: the rows behavior_agg was given.';

CREATE FUNCTION credit_limit.behavior_add(history credit_limit.behavior, month date, credit_limit numeric, balance numeric,
  payment numeric, due numeric, days_past_due int)
RETURNS credit_limit.behavior
AS 'MODULE_PATHNAME', 'cl_behavior_numeric_add' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.behavior_add(credit_limit.behavior, date, numeric, numeric, numeric, numeric, int) IS
'A history with one more month: the same as building it again with that row. Of a NULL history, one of that month alone; a NULL '
'month changes nothing. Errors as behavior_agg.';

CREATE FUNCTION credit_limit.behavior_add(history credit_limit.behavior, month date, credit_limit float8, balance float8,
  payment float8, due float8, days_past_due int)
RETURNS credit_limit.behavior
AS 'MODULE_PATHNAME', 'cl_behavior_float8_add' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.behavior_add(credit_limit.behavior, date, float8, float8, float8, float8, int) IS
'As behavior_add(behavior, date, numeric, numeric, numeric, numeric, int); amounts are rounded to four decimals.';

CREATE FUNCTION credit_limit.behavior_project_idle(history credit_limit.behavior, months int)
RETURNS credit_limit.behavior
AS 'MODULE_PATHNAME', 'cl_behavior_project_idle' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.behavior_project_idle(credit_limit.behavior, int) IS
'What if the line stayed unused: the history followed by that many months (0 to 120) with the last known limit, and balance, '
'payment, due and days past due of 0; a credit balance stays as it is. A column that no month kept knows stays not known.';

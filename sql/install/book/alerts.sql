-- Alerts: indicators of accounts, umbrellas, segments and products from a fixed list, rules with hysteresis, alerts that open and
-- close. A rule is data: it names an indicator, and no text of a table is ever run as SQL.

-- what rules of alerts look at: the indicator, what its subject is, and what it means (higher is worse; parts are fractions)
CREATE FUNCTION credit_limit.alert_indicators() RETURNS TABLE (indicator text, subject text, description text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 12 SET search_path = pg_catalog, pg_temp
AS $$
  VALUES
    ('utilization', 'account', 'balance / limit now'),
    ('utilization_rise', 'account', 'utilization of the latest month less that of three months before'),
    ('balance_rise', 'account', '(balance of the latest month - that of the month before) / limit'),
    ('days_past_due', 'account', 'days past due of the latest month'),
    ('payment_shortfall', 'account', 'part of what was due in the latest month that was not paid; 0 if nothing was due'),
    ('months_dormant', 'account',
      'months in a row, of the last 24, in which a line had neither balance nor payment; 0 without a line'),
    ('limit_not_affordable', 'account',
      'part of the limit above the affordability cap of the latest decision of the last 92 days'),
    ('umbrella_exceeded', 'umbrella',
      'part of what is drawn and pending under an umbrella that it does not cover; outside its days it covers nothing'),
    ('segment_share', 'segment and currency', 'part of what is drawn in a currency that is drawn by the borrowers of a segment'),
    ('segment_past_due', 'segment',
      'part of the accounts of a segment, of those whose latest month is known, that are 30 days past due or more'),
    ('product_utilization', 'product', 'balances / limits of a product now'),
    ('product_refer', 'product',
      'part of the decisions of the latest day on which a run moved limits, of the last 92, that wait for a person')
$$;

-- trigger of alert_rule: an error (22023) for an indicator that is not in alert_indicators()
CREATE FUNCTION credit_limit_internal.check_alert_rule() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM FROM credit_limit.alert_indicators() i WHERE i.indicator = NEW.indicator;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('there is no indicator "%s"', NEW.indicator),
      DETAIL = format('Rule "%s" names it.', NEW.rule),
      HINT = format('Valid are %s.',
        (SELECT string_agg(i.indicator, ', ' ORDER BY i.indicator) FROM credit_limit.alert_indicators() i));
  END IF;
  RETURN NEW;
END
$$;

-- in an open book: an indicator as of a day: for every subject that there is its value, NULL if it is not known, and the period
-- of the value. this_month and last_month are the month of the day and the one before
CREATE FUNCTION credit_limit_internal.reading(indicator text, as_of date, this_month date, last_month date)
RETURNS TABLE (subject text, borrower_id bigint, segment text, value float8, period date)
LANGUAGE sql STABLE ROWS 10000
AS $$
  -- The indicator is a constant when the query is planned, so that all other branches go, and the months are, so that few
  -- partitions are read. m is the month of the day or the one before, whichever is later and there; p an earlier one.
  SELECT a.account_id::text, a.borrower_id, NULL::text, credit_limit.utilization(a.balance, a.credit_limit), reading.as_of
  FROM account a WHERE a.status = 'open' AND reading.indicator = 'utilization'
UNION ALL
  SELECT a.account_id::text, a.borrower_id, NULL, CASE reading.indicator
      WHEN 'utilization_rise'
        THEN credit_limit.utilization(m.balance, m.credit_limit) - credit_limit.utilization(p.balance, p.credit_limit)
      WHEN 'balance_rise' THEN ((m.balance - p.balance)::numeric / nullif(m.credit_limit, 0)::numeric)::float8
      WHEN 'days_past_due' THEN m.days_past_due
      ELSE CASE WHEN m.due > 0 THEN greatest(1 - m.payment::numeric / m.due::numeric, 0)::float8 WHEN m.due = 0 THEN 0 END END,
    coalesce(m.month, reading.as_of)
  FROM account a
  LEFT JOIN (SELECT h.* FROM account_month h WHERE h.month = reading.this_month
    UNION ALL SELECT h.* FROM account_month h WHERE h.month = reading.last_month AND NOT EXISTS (
      SELECT FROM account_month n WHERE n.account_id = h.account_id AND n.month = reading.this_month)) m
    ON m.account_id = a.account_id
  CROSS JOIN (SELECT interval '1 month' * CASE reading.indicator WHEN 'utilization_rise' THEN 3 ELSE 1 END AS back) b
  LEFT JOIN account_month p ON p.account_id = m.account_id AND reading.indicator IN ('utilization_rise', 'balance_rise')
    AND p.month = (m.month - b.back)::date
    AND p.month IN ((reading.this_month - b.back)::date, (reading.last_month - b.back)::date)
  WHERE a.status = 'open'
    AND reading.indicator IN ('utilization_rise', 'balance_rise', 'days_past_due', 'payment_shortfall')
UNION ALL
  SELECT a.account_id::text, a.borrower_id, NULL, CASE WHEN a.credit_limit = 0 THEN 0
      ELSE 12 * (extract(year FROM h.latest) - extract(year FROM h.used)) + extract(month FROM h.latest)
        - extract(month FROM h.used) END, coalesce(h.latest, reading.as_of)
  FROM account a
  LEFT JOIN (SELECT h.account_id, max(h.month) AS latest,
      coalesce(max(h.month) FILTER (WHERE h.balance > 0 OR h.payment > 0), min(h.month) - interval '1 month') AS used
    FROM account_month h WHERE h.month > (reading.this_month - interval '24 months')::date AND h.month <= reading.this_month
    GROUP BY h.account_id) h ON h.account_id = a.account_id AND h.latest >= reading.last_month
  WHERE a.status = 'open' AND reading.indicator = 'months_dormant'
UNION ALL
  SELECT a.account_id::text, a.borrower_id, NULL,
    CASE WHEN a.credit_limit > 0 THEN greatest(1 - d.affordability_cap / a.credit_limit::numeric, 0)
      WHEN d.account_id IS NOT NULL THEN 0 END, reading.as_of
  FROM account a
  LEFT JOIN (SELECT DISTINCT ON (w.account_id) w.account_id, w.affordability_cap FROM decision w
    WHERE w.as_of > reading.as_of - 92 AND w.as_of <= reading.as_of AND w.affordability_cap IS NOT NULL
    ORDER BY w.account_id, w.as_of DESC, w.decided_at DESC, w.decision_id DESC) d ON d.account_id = a.account_id
  WHERE a.status = 'open' AND reading.indicator = 'limit_not_affordable'
UNION ALL
  SELECT u.umbrella_id::text, u.borrower_id, NULL, CASE WHEN o.drawn > 0 THEN greatest(1 - CASE
      WHEN u.valid_from <= reading.as_of AND (u.valid_to >= reading.as_of OR u.valid_to IS NULL)
      THEN u.credit_limit ELSE 0 END::numeric / o.drawn::numeric, 0) ELSE 0 END, reading.as_of
  FROM umbrella u
  JOIN (SELECT a.umbrella_id, sum(greatest(a.balance, 0) + a.pending) AS drawn FROM account a WHERE a.status = 'open'
    GROUP BY a.umbrella_id) o ON o.umbrella_id = u.umbrella_id
  WHERE reading.indicator = 'umbrella_exceeded'
UNION ALL
  SELECT g.segment || ' ' || g.currency, NULL, g.segment,
    g.drawn::numeric / nullif(sum(g.drawn) OVER (PARTITION BY g.currency), 0)::numeric, reading.as_of
  FROM (SELECT coalesce(b.segment, '(none)') AS segment, a.currency, sum(greatest(a.balance, 0)) AS drawn
    FROM account a JOIN borrower b ON b.borrower_id = a.borrower_id WHERE a.status = 'open' GROUP BY 1, 2) g
  WHERE reading.indicator = 'segment_share'
UNION ALL
  SELECT coalesce(b.segment, '(none)'), NULL, coalesce(b.segment, '(none)'),
    avg(CASE WHEN m.days_past_due >= 30 THEN 1 WHEN m.account_id IS NOT NULL THEN 0 END), coalesce(max(m.month), reading.as_of)
  FROM account a JOIN borrower b ON b.borrower_id = a.borrower_id
  LEFT JOIN (SELECT h.account_id, h.month, h.days_past_due FROM account_month h,
      (SELECT max(x.month) AS month FROM account_month x WHERE x.month IN (reading.this_month, reading.last_month)) l
    WHERE h.month = l.month AND h.days_past_due IS NOT NULL AND h.month IN (reading.this_month, reading.last_month)) m
    ON m.account_id = a.account_id
  WHERE a.status = 'open' AND reading.indicator = 'segment_past_due' GROUP BY coalesce(b.segment, '(none)')
UNION ALL
  SELECT a.product, NULL, NULL, sum(greatest(a.balance, 0))::numeric / nullif(sum(a.credit_limit), 0)::numeric, reading.as_of
  FROM account a WHERE a.status = 'open' AND reading.indicator = 'product_utilization' GROUP BY a.product
UNION ALL
  SELECT d.product, NULL, NULL, avg(CASE d.action WHEN 'REFER' THEN 1 ELSE 0 END), d.as_of
  FROM (SELECT max(r.as_of) AS as_of FROM run r WHERE r.move_limits AND r.as_of > reading.as_of - 92 AND r.as_of <= reading.as_of
      AND EXISTS (SELECT FROM decision x WHERE x.run_id = r.run_id AND x.as_of = r.as_of)) l
  JOIN decision d ON d.as_of = l.as_of AND d.as_of > reading.as_of - 92 AND d.as_of <= reading.as_of
  JOIN run r ON r.run_id = d.run_id AND r.move_limits
  WHERE reading.indicator = 'product_refer' GROUP BY d.product, d.as_of
$$;

-- in an open book: run_alerts() without its row in the ledger
CREATE FUNCTION credit_limit_internal.run_alert_rules(as_of date, OUT opened bigint, OUT closed bigint)
LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
  day CONSTANT date := run_alert_rules.as_of;
  this_month date;
  latest date;
  r record;
  n record;
BEGIN
  PERFORM credit_limit_internal.need_day('a run of alerts', day);
  PERFORM credit_limit_internal.need_every_row('a run of alerts');
  this_month := date_trunc('month', day::timestamp);
  -- One after the other, until the end of the transaction; readers do not wait.
  LOCK TABLE alert_state IN SHARE ROW EXCLUSIVE MODE;
  SELECT max(r.as_of) INTO latest FROM run r WHERE r.job = 'alerts' AND r.status = 'done';
  IF latest > day THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
      MESSAGE = format('alerts of %s were looked for already', to_char(latest, 'YYYY-MM-DD')),
      DETAIL = format('The day is %s: alerts do not go back.', to_char(day, 'YYYY-MM-DD')),
      HINT = 'Give that day or a later one.';
  END IF;
  opened := 0;
  closed := 0;
  -- The count of periods goes on only when the period of the value does, so that a day may be run again.
  FOR r IN SELECT w.* FROM alert_rule w ORDER BY w.rule LOOP
    WITH seen AS MATERIALIZED (
        SELECT q.subject, q.borrower_id, q.segment, q.value, q.period
        FROM (SELECT i.subject, i.borrower_id, i.segment, nullif(i.value, 'NaN') AS value, i.period
          FROM credit_limit_internal.reading(CASE WHEN r.active THEN r.indicator END, day, this_month,
            (this_month - interval '1 month')::date) i) q
        WHERE q.value >= r.enter_at OR q.subject IN (SELECT w.subject FROM alert_state w WHERE w.rule = r.rule)),
      next AS MATERIALIZED (
        SELECT coalesce(q.subject, w.subject) AS subject, q.borrower_id, q.segment, q.value, q.period, w.alert_id,
          q.subject IS NULL AS gone,
          CASE WHEN q.value >= r.enter_at THEN coalesce(w.above, 0) + 1 ELSE 0 END AS above,
          CASE WHEN q.value < r.leave_at THEN coalesce(w.below, 0) + 1 ELSE 0 END AS below
        FROM seen q FULL JOIN (SELECT * FROM alert_state w WHERE w.rule = r.rule) w ON w.subject = q.subject
        WHERE q.subject IS NULL OR w.subject IS NULL OR (q.period > w.period AND q.value IS NOT NULL)),
      raised AS (
        INSERT INTO alert AS a (rule, as_of, subject, value, severity, borrower_id, segment)
        SELECT r.rule, day, n.subject, n.value, r.severity, n.borrower_id, n.segment FROM next n
        WHERE n.alert_id IS NULL AND NOT n.gone AND n.above >= r.enter_after
        ON CONFLICT (rule, as_of, subject) DO UPDATE SET closed_on = NULL, value = excluded.value
        RETURNING a.alert_id, a.subject),
      ended AS (
        UPDATE alert a SET closed_on = greatest(day, a.as_of) FROM next n
        WHERE a.alert_id = n.alert_id AND (n.gone OR n.below >= r.leave_after) RETURNING a.subject),
      dropped AS (
        DELETE FROM alert_state w USING next n WHERE w.rule = r.rule AND w.subject = n.subject
          AND (n.gone OR (n.alert_id IS NOT NULL AND n.below >= r.leave_after) OR (n.alert_id IS NULL AND n.above = 0))),
      kept AS (
        INSERT INTO alert_state AS w (rule, subject, period, value, above, below, alert_id)
        SELECT r.rule, n.subject, n.period, n.value, n.above, n.below, coalesce(n.alert_id, x.alert_id)
        FROM next n LEFT JOIN raised x ON x.subject = n.subject
        WHERE NOT n.gone AND CASE WHEN n.alert_id IS NULL THEN n.above > 0 ELSE n.below < r.leave_after END
        ON CONFLICT (rule, subject) DO UPDATE SET period = excluded.period, value = excluded.value, above = excluded.above,
          below = excluded.below, alert_id = excluded.alert_id)
    SELECT (SELECT count(*) FROM raised) AS opened, (SELECT count(*) FROM ended) AS closed INTO n;
    opened := opened + n.opened;
    closed := closed + n.closed;
  END LOOP;
END
$$;

-- opens and closes alerts by all rules as of a day, and returns how many. A rule opens one when its indicator was at or above
-- enter_at for enter_after periods in a row, and closes it when it was below leave_at for leave_after, the subject is gone or the
-- rule is not active; a period is a day of run_alerts(), or the month of what is known by the month. The same day again counts
-- nothing twice, and a value that is not known changes nothing. Errors: no day, or one before the latest (22023)
CREATE FUNCTION credit_limit.run_alerts(book text, as_of date, OUT opened bigint, OUT closed bigint)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  n record;
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  n := credit_limit_internal.run_alert_rules(as_of);
  opened := n.opened;
  closed := n.closed;
  INSERT INTO run (job, as_of, status, ended_at, row_count, message)
  VALUES ('alerts', run_alerts.as_of, 'done', clock_timestamp(), n.opened + n.closed,
    format('opened %s, closed %s', n.opened, n.closed));
END
$$;

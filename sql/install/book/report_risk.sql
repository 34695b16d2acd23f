-- Reports of risk: transitions between bands of arrears, vintages, how well the score ranks in each segment, drift, and alerts.
--
-- A log of nightly runs is long. Where a report looks at chosen runs, their days reach decision as parameters, behind OFFSET 0 or as scalar
-- queries, so that only the partitions of these days are read.

CREATE PROCEDURE credit_limit.create_risk_reports(book text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $create$
BEGIN
  CALL credit_limit.create_report(book, 'report_transitions',
    'From a month to the next: accounts and balances by band of days past due, product and currency. share: of the accounts that were in from_band. gone: no row in the next month. The last month has no next one yet',
    $$SELECT g.month, g.product, g.currency, g.from_band, g.to_band, g.accounts,
        g.accounts / sum(g.accounts) OVER (PARTITION BY g.month, g.product, g.currency, g.from_band)::float8 AS share, g.balance
      FROM (SELECT c.month, c.product, c.currency, c.from_band, c.to_band, c.accounts, c.balance,
          bool_or(c.to_band <> 'gone') OVER (PARTITION BY c.month) AS has_next
        FROM (SELECT m.month, a.product, a.currency, credit_limit.arrears_band(m.days_past_due::int) AS from_band,
            CASE WHEN n.account_id IS NULL THEN 'gone' ELSE credit_limit.arrears_band(n.days_past_due::int) END AS to_band,
            count(*) AS accounts, sum(m.balance) AS balance
          FROM @book@.account_month m
          JOIN @book@.account a ON a.account_id = m.account_id
          LEFT JOIN @book@.account_month n ON n.account_id = m.account_id AND n.month = (m.month + interval '1 month')::date
          GROUP BY 1, 2, 3, 4, 5) c) g
      WHERE g.has_next$$);

  CALL credit_limit.create_report(book, 'report_vintages',
    'Accounts by the month in which they were opened: how many of them had been bad (bad_days past due) up to so many months on book. Accounts whose first months are not in account_month are left out; months that have not come yet have no row',
    $$WITH history AS (
        SELECT m.account_id, min(m.month) AS first_month, max(m.month) AS last_month
        FROM @book@.account_month m GROUP BY m.account_id),
      bad AS (
        SELECT m.account_id, min(m.month) AS bad_month FROM @book@.account_month m JOIN @book@.account a ON a.account_id = m.account_id
        LEFT JOIN @book@.report_assumption own ON own.product = a.product
        JOIN @book@.report_assumption x ON x.product = coalesce(own.product, '')
        WHERE m.days_past_due >= x.bad_days GROUP BY m.account_id),
      line AS (
        SELECT date_trunc('month', a.opened_on::timestamp)::date AS cohort, a.product, a.currency, b.bad_month, max(h.last_month) OVER () AS latest,
          h.first_month
        FROM @book@.account a JOIN history h ON h.account_id = a.account_id LEFT JOIN bad b ON b.account_id = a.account_id),
      cell AS (
        SELECT l.cohort, l.product, l.currency, l.latest, l.bad_month, count(*) AS accounts FROM line l
        WHERE l.first_month <= (l.cohort + interval '1 month')::date GROUP BY l.cohort, l.product, l.currency, l.latest, l.bad_month)
      SELECT c.cohort, c.product, c.currency, g.n AS months_on_book, sum(c.accounts)::bigint AS accounts,
        coalesce(sum(c.accounts) FILTER (WHERE c.bad_month <= (c.cohort + make_interval(months => g.n))::date), 0)::bigint AS bad,
        coalesce(sum(c.accounts) FILTER (WHERE c.bad_month <= (c.cohort + make_interval(months => g.n))::date), 0)::float8
          / sum(c.accounts)::float8 AS bad_rate
      FROM cell c
      CROSS JOIN LATERAL generate_series(0, credit_limit.months_on_book(c.cohort, c.latest)) g(n)
      GROUP BY c.cohort, c.product, c.currency, g.n$$);

  CALL credit_limit.create_report(book, 'report_scores',
    'How well the score ranks in each segment of a product: the long tail. By the latest finished run whose outcome_months are over (the most in report_assumption; a what-if run counts): n accounts with a score, not bad on its day, and with a later month; n_event: those that turned bad. auc with its 95 % interval (DeLong); auc_product: of all segments. verdict: too few (under 30 events or non-events), does not rank (the interval reaches 0.5), weaker (the interval lies below auc_product), ranks. segment NULL: borrowers without one',
    $$WITH chosen AS MATERIALIZED (
        SELECT r.run_id, r.as_of, date_trunc('month', r.as_of::timestamp)::date AS month,
          (date_trunc('month', r.as_of::timestamp) + make_interval(months => x.outcome_months))::date AS until
        FROM @book@.run r
        CROSS JOIN @book@.report_refresh f
        CROSS JOIN (SELECT max(outcome_months) AS outcome_months FROM @book@.report_assumption) x
        WHERE r.status = 'done' AND date_trunc('month', r.as_of::timestamp) + make_interval(months => x.outcome_months) <= f.latest_month
        ORDER BY r.as_of DESC, r.run_id DESC LIMIT 1),
      outcome AS (
        SELECT m.account_id, max(m.days_past_due) FILTER (WHERE m.month > (SELECT as_of FROM chosen)) AS worst,
          max(m.days_past_due) FILTER (WHERE m.month <= (SELECT as_of FROM chosen)) AS before,
          bool_or(m.month > (SELECT as_of FROM chosen)) AS observed
        FROM @book@.account_month m
        WHERE m.month >= (SELECT month FROM chosen) AND m.month <= (SELECT until FROM chosen)
        GROUP BY m.account_id),
      scored AS (
        SELECT d.product, d.run_id, d.as_of, b.segment, d.score, coalesce(o.worst >= x.bad_days, false) AS bad
        FROM @book@.decision d
        JOIN @book@.account a ON a.account_id = d.account_id
        JOIN @book@.borrower b ON b.borrower_id = a.borrower_id
        JOIN outcome o ON o.account_id = d.account_id
        LEFT JOIN @book@.report_assumption own ON own.product = d.product
        JOIN @book@.report_assumption x ON x.product = coalesce(own.product, '')
        WHERE d.as_of = (SELECT as_of FROM chosen) AND d.run_id = (SELECT run_id FROM chosen) AND d.score IS NOT NULL
          AND o.observed AND NOT coalesce(o.before >= x.bad_days, false)),
      ranked AS (
        SELECT o.product, o.run_id, o.as_of, o.segment, credit_limit.roc_agg(o.score, o.bad, false) AS roc
        FROM scored o GROUP BY o.product, o.run_id, o.as_of, o.segment)
      SELECT r.product, r.segment, r.run_id, r.as_of, s.n, s.n_event, s.event_rate, i.auc, i.conf_low, i.conf_high, w.auc AS auc_product,
        CASE WHEN least(s.n_event, s.n_non_event) < 30 THEN 'too few' WHEN i.conf_low <= 0.5 THEN 'does not rank'
          WHEN i.conf_high < w.auc THEN 'weaker' ELSE 'ranks' END AS verdict
      FROM ranked r
      JOIN (SELECT product, credit_limit.auc(credit_limit.rollup(roc)) AS auc FROM ranked GROUP BY product) w ON w.product = r.product
      CROSS JOIN LATERAL credit_limit.roc_stats(r.roc) s
      CROSS JOIN LATERAL credit_limit.auc_interval(r.roc) i$$);

  CALL credit_limit.create_report(book, 'report_drift',
    'Whether the scores of a month are distributed as those of the first: psi over ten bands of the first month''s scores, by product and scorecard (NULL: external). Of each month the last finished run counts. status: stable below 0.1, investigate to 0.25, shifted above; p_value: of so large a psi when nothing has changed',
    $$WITH chosen AS (
        SELECT DISTINCT ON (date_trunc('month', r.as_of::timestamp)) date_trunc('month', r.as_of::timestamp)::date AS month, r.run_id, r.as_of
        FROM @book@.run r WHERE r.status = 'done' ORDER BY date_trunc('month', r.as_of::timestamp), r.as_of DESC, r.run_id DESC),
      scored AS MATERIALIZED (
        SELECT c.month, d.product, d.scorecard_id, d.score, min(c.month) OVER (PARTITION BY d.product, d.scorecard_id) AS first_month
        FROM chosen c
        CROSS JOIN LATERAL (SELECT s.product, s.scorecard_id, s.score, s.account_id FROM @book@.decision s
          WHERE s.as_of = c.as_of AND s.run_id = c.run_id AND s.score IS NOT NULL OFFSET 0) d
        JOIN @book@.account a ON a.account_id = d.account_id),
      bound AS (
        SELECT s.product, s.scorecard_id, s.first_month, credit_limit.quantile_bands(s.score, 10) AS bands
        FROM scored s WHERE s.month = s.first_month GROUP BY s.product, s.scorecard_id, s.first_month),
      counted AS (
        SELECT s.month, s.product, s.scorecard_id, b.first_month, width_bucket(s.score, b.bands)::text AS band, count(*)::float8 AS n, avg(s.score) * count(*) AS total
        FROM scored s JOIN bound b ON b.product = s.product AND b.scorecard_id IS NOT DISTINCT FROM s.scorecard_id
        GROUP BY s.month, s.product, s.scorecard_id, b.first_month, width_bucket(s.score, b.bands)::text)
      SELECT g.month, g.product, g.scorecard_id, g.first_month, g.accounts, g.mean_score, (g.psi).psi, (g.psi).critical_value_95, (g.psi).p_value,
        (g.psi).status
      FROM (SELECT t.month, t.product, t.scorecard_id, t.first_month, sum(v.n) FILTER (WHERE v.is_actual)::bigint AS accounts,
          sum(v.total) FILTER (WHERE v.is_actual) / nullif(sum(v.n) FILTER (WHERE v.is_actual), 0) AS mean_score,
          credit_limit.psi(v.band, v.is_actual, v.n) AS psi
        FROM (SELECT DISTINCT month, product, scorecard_id, first_month FROM counted) t
        JOIN LATERAL (SELECT c.band, c.n, c.total, k.is_actual FROM counted c CROSS JOIN (VALUES (true), (false)) k(is_actual)
          WHERE c.product = t.product AND c.scorecard_id IS NOT DISTINCT FROM t.scorecard_id
            AND c.month = CASE WHEN k.is_actual THEN t.month ELSE t.first_month END) v ON true
        GROUP BY t.month, t.product, t.scorecard_id, t.first_month) g$$);

  CALL credit_limit.create_report(book, 'report_alerts',
    'Alerts that are open; days_open: up to the business date, NULL without one',
    $$SELECT x.alert_id, x.rule, r.indicator, x.severity, x.subject, x.as_of, x.value, r.enter_at, r.leave_at, d.business_date - x.as_of AS days_open
      FROM @book@.alert x
      JOIN @book@.alert_rule r ON r.rule = x.rule
      LEFT JOIN @book@.business_day d ON true
      WHERE x.closed_on IS NULL$$);
END
$create$;
COMMENT ON PROCEDURE credit_limit.create_risk_reports(text) IS 'part of create_book: reports of arrears, vintages, scores, drift and alerts';

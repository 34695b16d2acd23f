-- Reports of decisions: what was decided and why, and champion against challenger.

CREATE PROCEDURE credit_limit.create_decision_reports(book text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $create$
BEGIN
  CALL credit_limit.create_report(book, 'report_decisions',
    'Decisions by day, run, product, currency, action and the rule that decided (binding). run_key NULL: real time. moved: false for what-if runs, whose decisions changed no limit. change: new less old limits of decisions that have both',
    $$SELECT d.as_of, r.run_key, d.source, coalesce(r.move_limits, true) AS moved, d.product, a.currency, d.action, d.binding,
        count(*) AS decisions, sum(d.old_limit) AS old_limit, sum(d.new_limit) AS new_limit, sum(d.new_limit - d.old_limit) AS change
      FROM @book@.decision d
      JOIN @book@.account a ON a.account_id = d.account_id
      LEFT JOIN @book@.run r ON r.run_id = d.run_id
      GROUP BY d.as_of, r.run_key, d.source, coalesce(r.move_limits, true), d.product, a.currency, d.action, d.binding$$);

  CALL credit_limit.create_report(book, 'report_reasons',
    'Reasons of decisions by day, run, product, currency and action. A decision with several reasons is counted in each of them, so neither counts nor amounts of different reasons may be added; as_first: decisions of which it is the first reason. change: new less old limits',
    $$SELECT d.as_of, r.run_key, d.source, coalesce(r.move_limits, true) AS moved, d.product, a.currency, d.action, e.reason,
        count(*) AS decisions, count(*) FILTER (WHERE e.place = 1) AS as_first, sum(d.new_limit - d.old_limit) AS change
      FROM @book@.decision d
      JOIN @book@.account a ON a.account_id = d.account_id
      LEFT JOIN @book@.run r ON r.run_id = d.run_id
      CROSS JOIN LATERAL unnest(d.reasons) WITH ORDINALITY e(reason, place)
      GROUP BY d.as_of, r.run_key, d.source, coalesce(r.move_limits, true), d.product, a.currency, d.action, e.reason$$);

  -- The first decision that moved limits puts an account under its arm; what follows is compared by that arm, whatever happened
  -- later (intention to treat). first_no is one key for experiment and account: a join by both may be made by the first alone.
  CALL credit_limit.create_report(book, 'report_experiment',
    'Champion against challenger: the arms of each experiment by product and currency. An account counts from the first decision of the experiment that moved limits, what-if runs left out. old_limit, new_limit, change: of that decision; credit_limit, drawn, exposure (drawn + ccf unused), expected_loss (pd lgd exposure): now. observed: accounts with a later month; bad: those of them with bad_days past due in one; utilization: drawn by limits over the later months; margin_a_year: margin on what was drawn in a mean month. reference: the arm without policy and scorecard of its own, the first by name; p_value: of a bad rate equal to that of the reference (chi-squared); z_change: of the mean change of limits being equal (Welch), beyond +-1.96 by chance once in twenty',
    $$WITH first AS MATERIALIZED (
        SELECT row_number() OVER () AS first_no, s.* FROM (SELECT DISTINCT ON (d.experiment, d.account_id) d.experiment, d.arm, d.account_id, d.product, d.as_of, d.old_limit, d.new_limit, d.pd
        FROM @book@.experiment e
        CROSS JOIN LATERAL (SELECT s.* FROM @book@.decision s WHERE s.experiment = e.experiment
          AND s.as_of BETWEEN e.valid_from AND coalesce(e.valid_to, 'infinity') OFFSET 0) d
        LEFT JOIN @book@.run r ON r.run_id = d.run_id
        WHERE d.run_id IS NULL OR r.move_limits
        ORDER BY d.experiment, d.account_id, d.as_of, d.decided_at, d.decision_id) s),
      later AS (
        SELECT f.first_no, count(*) AS months, max(m.days_past_due) AS worst, sum(greatest(m.balance, 0)) AS drawn,
          sum(m.credit_limit) AS credit_limit
        FROM first f JOIN @book@.account_month m ON m.account_id = f.account_id AND m.month > f.as_of
        GROUP BY f.first_no),
      arm AS (
        SELECT f.experiment, f.arm, f.product, a.currency, min(f.as_of) AS since, count(*) AS accounts,
          sum(f.old_limit) AS old_limit, sum(f.new_limit) AS new_limit, sum(f.new_limit - f.old_limit) AS change,
          avg((f.new_limit - f.old_limit)::float8) AS mean_change,
          var_samp((f.new_limit - f.old_limit)::float8) / nullif(count(f.new_limit - f.old_limit), 0) AS error_change,
          sum(a.credit_limit) AS credit_limit, sum(greatest(a.balance, 0)) AS drawn, sum(e.exposure) AS exposure,
          sum(f.pd * x.lgd * e.exposure::float8) AS expected_loss,
          count(l.months) AS observed, count(*) FILTER (WHERE l.worst >= x.bad_days) AS bad,
          (sum(l.drawn) / nullif(sum(l.credit_limit), 0))::float8 AS utilization,
          sum(x.margin * (l.drawn / l.months)::float8) AS margin_a_year,
          bool_and(v.policy IS NULL AND v.scorecard IS NULL) AS is_champion
        FROM first f
        JOIN @book@.account a ON a.account_id = f.account_id
        LEFT JOIN later l ON l.first_no = f.first_no
        LEFT JOIN @book@.experiment_arm v ON v.experiment = f.experiment AND v.arm = f.arm
        LEFT JOIN @book@.report_assumption own ON own.product = f.product
        JOIN @book@.report_assumption x ON x.product = coalesce(own.product, '')
        CROSS JOIN LATERAL (SELECT greatest(a.balance, 0) + x.ccf::numeric * greatest(a.credit_limit - greatest(a.balance, 0), 0) AS exposure) e
        GROUP BY f.experiment, f.arm, f.product, a.currency),
      compared AS (
        SELECT a.*, first_value(a.arm) OVER w AS reference, first_value(a.observed) OVER w AS reference_observed, first_value(a.bad) OVER w AS reference_bad,
          first_value(a.mean_change) OVER w AS reference_change, first_value(a.error_change) OVER w AS reference_error
        FROM arm a WINDOW w AS (PARTITION BY a.experiment, a.product, a.currency ORDER BY a.is_champion DESC NULLS LAST, a.arm COLLATE "C"))
      SELECT c.experiment, c.arm, c.product, c.currency, c.arm = c.reference AS is_reference, c.since, c.accounts, c.old_limit, c.new_limit,
        c.change, c.credit_limit, c.drawn, c.exposure, c.expected_loss, c.observed, c.bad, c.bad::float8 / nullif(c.observed, 0) AS bad_rate,
        c.utilization, c.margin_a_year,
        CASE WHEN c.arm <> c.reference AND c.observed > 0 AND c.reference_observed > 0
          THEN (credit_limit.event_rate_test(c.reference_observed, c.reference_bad, c.observed, c.bad)).p_value END AS p_value,
        CASE WHEN c.arm <> c.reference
          THEN (c.mean_change - c.reference_change) / nullif(sqrt(c.error_change + c.reference_error), 0) END AS z_change
      FROM compared c$$);
END
$create$;
COMMENT ON PROCEDURE credit_limit.create_decision_reports(text) IS 'part of create_book: reports of decisions, reasons and experiments';

-- The reports of a book, view by view: use and gap; decisions and experiments; alerts; the summary. Those of how risk moves are
-- in watch_reports.sql, of scores in score_reports.sql, and those for pages only in report_html.sql.

-- makes the reports of a book that has none: views in the schema of its name and _report. Grant the book again afterwards.
-- Errors: that schema exists (42P06), a book of somebody else (42501), a relation of the lender that lacks a column (42703)
CREATE FUNCTION credit_limit.create_book_reports(book text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $create$
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  PERFORM credit_limit_internal.book_owner(book);
  IF to_regnamespace(quote_ident(book || '_report')) IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'duplicate_schema', MESSAGE = format('schema "%s_report" exists already', book),
      DETAIL = 'The reports of a book are made in a new schema of that name.',
      HINT = format('If it holds reports only: DROP SCHEMA %I CASCADE, and grant the book again afterwards.', book || '_report');
  END IF;
  EXECUTE format('CREATE SCHEMA %I; COMMENT ON SCHEMA %1$I IS %L', book || '_report', format('reports of book %s',
    book));	-- DDL
  PERFORM credit_limit_internal.create_report(book, 'report_currency',
    'To how many decimals the reports round amounts: those of the policies of products in that currency',
    '{"decimals": "of approved policies, the most; 2 without one"}',
    $$SELECT p.currency, coalesce(max((v.document::jsonb ->> 'decimals')::int), 2) AS decimals
      FROM @book@.product p LEFT JOIN @book@.policy_version v ON v.name = p.policy AND v.status <> 'draft'
      GROUP BY p.currency$$);

  -- The placeholders are the defaults of report_assumption.
  PERFORM credit_limit_internal.create_report(book, 'report_assumptions',
    'What the reports assume, by product, and where nobody has put numbers of the lender: table report_assumption',
    '{"product": "that has a row of its own; empty: all others", "margin": "earned in a year on what is drawn",
      "carry": "cost in a year of what is granted and not drawn", "ccf": "part of the unused limit that is drawn in a default",
      "lgd": "loss given default", "capital": "for each unit of exposure",
      "bad_days": "days past due from which on a borrower is bad", "outcome_months": "months in which a borrower turns out bad",
      "demand_ceiling": "demand of a month counts up to this multiple of the larger of limit and entitlement",
      "exchange_rate": "of the currency of the product, by which cases are ranked",
      "is_default": "margin, carry, ccf, lgd and capital are the placeholders that a new book has: costs are no figures of the '
      'lender"}',
    $$SELECT x.product, x.margin::numeric AS margin, x.carry::numeric AS carry, x.ccf::numeric AS ccf, x.lgd::numeric AS lgd,
        x.capital::numeric AS capital, x.bad_days, x.outcome_months, x.demand_ceiling, x.exchange_rate,
        (x.margin, x.carry, x.ccf, x.lgd, x.capital) = (0.12, 0.006, 0.4, 0.75, 0.08) AS is_default
      FROM @book@.report_assumption x$$);

  PERFORM credit_limit_internal.create_report(book, 'report_offer',
    'The smallest and the highest limit of each product, by its policy on the day of the reports',
    '{"floor": "smallest limit", "cap": "highest; NULL: none", "step": "the unit of limits; NULL: the minor unit"}',
    $$SELECT p.product, p.currency, (v.document::jsonb #>> '{product,floor}')::numeric AS floor,
        (v.document::jsonb #>> '{product,cap}')::numeric AS cap, (v.document::jsonb #>> '{product,step}')::numeric AS step
      FROM @book@.product p JOIN @book@.policy_version v ON v.name = p.policy AND v.status <> 'draft'
      JOIN @book@.report_refresh f ON f.as_of >= v.valid_from AND (f.as_of <= v.valid_to OR v.valid_to IS NULL)$$);

  PERFORM credit_limit_internal.create_report(book, 'report_gap',
    'Why what the rules would give is not drawn, and what that costs in a year, by product, segment, currency and cause, in the '
    'order of place; the causes add up. Limit and balance are those of now; entitlement, caps and demand those of '
    'credit_limit.refresh_reports(); an account without a decision that has an entitlement has its limit for one, and one '
    'inactive for 6 months and more is dormant. Forgone margin is what demand turned away would earn. Costs are those of what is '
    'granted and not drawn, at the rates of report_assumption and the PD of the account, rounded there',
    '{"place": "order of the causes", "cause": "rules, risk, product, ungranted, demand, dormancy, buffer or above_entitlement, '
      'see credit_limit.limit_gap. rules: demand above what the rules give; dormancy: what dormant accounts would be expected to '
      'draw, the rest of their limits being under demand; above_entitlement: limits above what the rules give",
      "accounts": "number of accounts, the same for each cause: not to be summed over causes",
      "unused": "of the entitlement, by this cause", "share": "of what is unused by all causes; not to be summed over groups",
      "granted": "of the limits, what is not drawn by this cause: in all causes report_summary.unused",
      "unmet": "demand that limits turn away", "largest_share_unused": "largest part of unused that is one account''s",
      "largest_share_unmet": "the same of unmet", "weak_share_unused": "part of unused, for demand, dormancy or buffer, that '
      'follows from a demand of status mostly_prior, prior_only or tail; 0 for other causes", "weak_share_unmet": "part of unmet '
      'that does", "forgone_margin": "margin on unmet", "idle_cost": "carry of what is granted",
      "contingent_ead": "part of granted that would be drawn in a default", "capital_tied": "capital for contingent_ead",
      "expected_loss": "pd x lgd of contingent_ead, of accounts with a PD; with what is drawn it is report_summary.expected_loss",
      "regret": "what the limits forgo against those that would earn most, net, by the economics of a policy whose target is '
      'optimal; NULL: it has another"}',
    $$SELECT g.product, g.segment, g.currency, i.place, i.cause, g.accounts, i.unused, i.share, i.granted, i.unmet,
        round(g.largest_unused[i.place] / nullif(i.unused, 0), 4) AS largest_share_unused,
        round(g.largest_unmet[i.place] / nullif(i.unmet, 0), 4) AS largest_share_unmet,
        round(g.weak_unused[i.place] / nullif(i.unused, 0), 4) AS weak_share_unused,
        round(g.weak_unmet[i.place] / nullif(i.unmet, 0), 4) AS weak_share_unmet,
        i.forgone_margin, i.idle_cost, i.contingent_ead, i.capital_tied, i.expected_loss, i.regret
      FROM (SELECT a.product, b.segment, a.currency, count(*) AS accounts,
          credit_limit.gap_impact_total(q.gap, x.margin, x.carry, x.ccf, p.pd, x.lgd, x.capital, p.regret,
            p.regret_side) AS impact,
          ARRAY[0, max((q.gap).risk), max((q.gap).product), max((q.gap).ungranted), max((q.gap).demand), max((q.gap).dormancy),
            max((q.gap).buffer), 0] AS largest_unused,
          ARRAY[max((q.gap).unmet_rules), max((q.gap).unmet_risk), max((q.gap).unmet_product), max((q.gap).unmet_ungranted),
            0, 0, 0, 0] AS largest_unmet,
          ARRAY[0, 0, 0, 0, sum((q.gap).demand * w.weak), sum((q.gap).dormancy * w.weak), sum((q.gap).buffer * w.weak), 0]
            AS weak_unused,
          ARRAY[sum((q.gap).unmet_rules * w.weak), sum((q.gap).unmet_risk * w.weak), sum((q.gap).unmet_product * w.weak),
            sum((q.gap).unmet_ungranted * w.weak), 0, 0, 0, 0] AS weak_unmet
        FROM @book@.report_position p
        JOIN @book@.account a ON a.account_id = p.account_id
        JOIN @book@.borrower b ON b.borrower_id = a.borrower_id
        JOIN @report@.report_currency k ON k.currency = a.currency
        LEFT JOIN @book@.report_assumption own ON own.product = a.product
        JOIN @book@.report_assumption x ON x.product = coalesce(own.product, '')
        CROSS JOIN LATERAL (SELECT coalesce(p.demand_status IN ('mostly_prior', 'prior_only', 'tail'), false)::int AS weak) w
        CROSS JOIN LATERAL (SELECT credit_limit.limit_gap(coalesce(p.entitlement, a.credit_limit::numeric), p.risk_cap,
          p.product_cap, a.credit_limit::numeric, p.demand_mean, a.balance::numeric, p.months_inactive,
          decimals => k.decimals) AS gap OFFSET 0) q
        WHERE a.status = 'open'
        GROUP BY a.product, b.segment, a.currency) g
      CROSS JOIN LATERAL unnest(g.impact) i
      WHERE i.cause <> 'total'$$);

  PERFORM credit_limit_internal.create_report(book, 'report_dormancy',
    'How many lines lie dormant, by product, segment and currency: open, with a limit, and without a balance in any of the last '
    '6 months on file. Rules cap their share in a product (credit_limit.limit_rules)',
    '{"lines": "open accounts with a limit that have 6 months on file", "dormant": "lines that are dormant",
      "share": "dormant by lines",
      "share_of_product": "the same of the product, all segments together", "credit_limit": "sum of their limits",
      "credit_limit_dormant": "limits of the dormant lines"}',
    $$SELECT a.product, b.segment, a.currency, count(*) AS lines, count(*) FILTER (WHERE d.dormant) AS dormant,
        round(count(*) FILTER (WHERE d.dormant) / count(*)::numeric, 4) AS share,
        round(sum(count(*) FILTER (WHERE d.dormant)) OVER p / sum(count(*)) OVER p, 4) AS share_of_product,
        round(sum(a.credit_limit::numeric), max(k.decimals)) AS credit_limit,
        round(coalesce(sum(a.credit_limit::numeric) FILTER (WHERE d.dormant), 0), max(k.decimals)) AS credit_limit_dormant
      FROM @book@.report_position p
      JOIN @book@.account a ON a.account_id = p.account_id
      JOIN @book@.borrower b ON b.borrower_id = a.borrower_id
      JOIN @report@.report_currency k ON k.currency = a.currency
      CROSS JOIN LATERAL (SELECT p.months_inactive >= 6 AND a.balance <= 0 AS dormant) d
      WHERE a.status = 'open' AND a.credit_limit > 0 AND p.months >= 6
      GROUP BY a.product, b.segment, a.currency WINDOW p AS (PARTITION BY a.product, a.currency)$$);

  PERFORM credit_limit_internal.create_report(book, 'report_demand',
    'What is known of the demand of the month after the latest on file, by product, segment and currency, and how sure that is: '
    'by the status of each account in report_position',
    '{"posterior": "accounts whose months carry the estimate", "mostly_prior": "accounts whose population does",
      "prior_only": "accounts that have not drawn, or have no months",
      "tail": "accounts whose demand may lie far above all that they ever drew or were granted",
      "out_of_scope": "accounts without a line for a year, of which nothing is said",
      "unknown": "accounts in a segment where nobody has drawn", "demand_mean": "sum of the means",
      "demand_q90": "mean of the amounts that cover nine months in ten",
      "largest_share": "largest part of demand_mean that is one account''s",
      "weak_share": "part of demand_mean that is of accounts of status mostly_prior, prior_only or tail",
      "months_at_limit": "part of the months that say only: at least so much"}',
    $$SELECT g.product, g.segment, g.currency, g.accounts, g.posterior, g.mostly_prior, g.prior_only, g.tail, g.out_of_scope,
        g.accounts - g.posterior - g.mostly_prior - g.prior_only - g.tail - g.out_of_scope AS unknown,
        round(g.demand_mean, k.decimals) AS demand_mean, round(g.demand_q90, k.decimals) AS demand_q90,
        round(g.largest / nullif(g.demand_mean, 0), 4) AS largest_share,
        round(g.weak / nullif(g.demand_mean, 0), 4) AS weak_share, round(g.at_limit / nullif(g.months, 0), 4) AS months_at_limit
      FROM (SELECT a.product, b.segment, a.currency, count(*) AS accounts,
          count(*) FILTER (WHERE p.demand_status = 'posterior') AS posterior,
          count(*) FILTER (WHERE p.demand_status = 'mostly_prior') AS mostly_prior,
          count(*) FILTER (WHERE p.demand_status = 'prior_only') AS prior_only,
          count(*) FILTER (WHERE p.demand_status = 'tail') AS tail,
          count(*) FILTER (WHERE p.demand_status = 'out_of_scope') AS out_of_scope,
          sum(p.demand_mean) AS demand_mean, avg(p.demand_q90) AS demand_q90, max(p.demand_mean) AS largest,
          coalesce(sum(p.demand_mean) FILTER (WHERE p.demand_status IN ('mostly_prior', 'prior_only', 'tail')), 0) AS weak,
          sum(s.n_censored) AS at_limit, sum(s.n) AS months
        FROM @book@.report_position p
        JOIN @book@.account a ON a.account_id = p.account_id
        JOIN @book@.borrower b ON b.borrower_id = a.borrower_id
        LEFT JOIN LATERAL credit_limit.demand_stats(p.demand) s ON true
        GROUP BY a.product, b.segment, a.currency) g
      JOIN @report@.report_currency k ON k.currency = g.currency$$);

  PERFORM credit_limit_internal.create_report(book, 'report_product_fit',
    'What is wanted against what is on offer, by product, segment, currency and band: where the amount that covers nine months '
    'in ten (report_position.demand_q90) lies between floor and cap of the product by its policy. Of refresh_reports()',
    '{"band": "nothing wanted, below the floor, within, above the cap, or not known", "floor": "smallest limit of the product",
      "cap": "highest; NULL: none", "wanted": "sum of the amounts", "credit_limit": "sum of the limits",
      "beyond": "of what is wanted, what lies above the cap", "fits_another": "accounts outside whose amount lies between floor '
      'and cap of another product of that currency"}',
    $$SELECT g.product, g.segment, g.currency, g.band, min(g.floor) AS floor, min(g.cap) AS cap, count(*) AS accounts,
        round(coalesce(sum(g.wanted), 0), k.decimals) AS wanted, round(sum(g.credit_limit), k.decimals) AS credit_limit,
        round(coalesce(sum(greatest(g.wanted - g.cap, 0)), 0), k.decimals) AS beyond,
        count(*) FILTER (WHERE g.band IN ('below the floor', 'above the cap') AND EXISTS (SELECT FROM @report@.report_offer o
          WHERE o.currency = g.currency AND o.product <> g.product AND g.wanted >= o.floor
            AND (g.wanted <= o.cap OR o.cap IS NULL))) AS fits_another
      FROM (SELECT a.product, b.segment, a.currency, a.credit_limit::numeric AS credit_limit, p.demand_q90 AS wanted, o.floor,
          o.cap,
          CASE WHEN p.demand_q90 IS NULL OR o.floor IS NULL THEN 'not known' WHEN p.demand_q90 = 0 THEN 'nothing wanted'
            WHEN p.demand_q90 < o.floor THEN 'below the floor' WHEN p.demand_q90 > o.cap THEN 'above the cap'
            ELSE 'within' END AS band
        FROM @book@.report_position p
        JOIN @book@.account a ON a.account_id = p.account_id
        JOIN @book@.borrower b ON b.borrower_id = a.borrower_id
        LEFT JOIN @report@.report_offer o ON o.product = a.product
        WHERE a.status = 'open') g
      JOIN @report@.report_currency k ON k.currency = g.currency
      GROUP BY g.product, g.segment, g.currency, g.band, k.decimals$$);

  PERFORM credit_limit_internal.create_report(book, 'report_demand_quality',
    'How good the forecasts were: of the balance of a month that has come since, by product, segment and currency. Of '
    'credit_limit.refresh_demand(); a credit balance is 0',
    '{"segment": "of the borrower in that month, where account_month says it, else now; NULL: none",
      "accounts": "with a forecast, and that month on file", "error": "mean absolute error of the median, balance_q50",
      "error_last_balance": "that of the last balance before, which costs nothing to forecast with",
      "error_ratio": "error by error_last_balance: below 1 the forecast is worth having",
      "pinball_q50": "mean pinball loss of the median, half its error", "pinball_q90": "that of balance_q90; the less the better",
      "coverage_q90": "part of accounts_coverage whose balance was at most balance_q90; 0.9 is right",
      "accounts_coverage": "whose forecast balance_q90 lay below the limit of that month, which may not have bound it",
      "share_not_known": "part of the accounts whose 0.9 quantile of demand no data identify: demand_is_known is false",
      "chance_at_limit": "mean chance that an account comes to its limit, as it was forecast",
      "share_at_limit": "part of these accounts that did, by 98 % of the limit then; the same is right"}',
    $$SELECT g.month, g.product, g.segment, g.currency, g.accounts, round(g.error, k.decimals) AS error,
        round(g.error_last_balance, k.decimals) AS error_last_balance,
        round(g.error / nullif(g.error_last_balance, 0), 4) AS error_ratio, round(g.error / 2, k.decimals) AS pinball_q50,
        round(g.pinball_q90, k.decimals) AS pinball_q90, round(g.coverage_q90, 4) AS coverage_q90, g.accounts_coverage,
        round(g.share_not_known, 4) AS share_not_known, round(g.chance_at_limit, 4) AS chance_at_limit,
        round(g.share_at_limit, 4) AS share_at_limit
      FROM (SELECT f.month, a.product, @segment@ AS segment, a.currency, count(*) AS accounts,
          avg(abs(x.drawn - f.balance_q50)) AS error, avg(abs(x.drawn - greatest(f.last_balance, 0))) AS error_last_balance,
          avg((x.drawn - f.balance_q90) * (0.9 - (x.drawn < f.balance_q90)::int)) AS pinball_q90,
          avg((x.drawn <= f.balance_q90)::int) FILTER (WHERE f.balance_q90 < m.credit_limit) AS coverage_q90,
          count(*) FILTER (WHERE f.balance_q90 < m.credit_limit) AS accounts_coverage,
          avg((NOT f.demand_is_known)::int) AS share_not_known,
          -- Numeric, so that the order of rows does not matter.
          avg(f.chance_at_limit::numeric) AS chance_at_limit,
          avg((m.balance::numeric >= 0.98 * f.credit_limit)::int) FILTER (WHERE f.chance_at_limit IS NOT NULL) AS share_at_limit
        FROM @book@.demand_forecast f
        JOIN @book@.account_month m ON m.account_id = f.account_id AND m.month = f.month
        JOIN @book@.account a ON a.account_id = f.account_id
        JOIN @book@.borrower b ON b.borrower_id = a.borrower_id
        CROSS JOIN LATERAL (SELECT greatest(m.balance::numeric, 0) AS drawn) x
        GROUP BY f.month, a.product, @segment@, a.currency) g
      JOIN @report@.report_currency k ON k.currency = g.currency$$);

  PERFORM credit_limit_internal.create_report(book, 'report_decisions',
    'Decisions by day, run, product, currency, action and the rule that decided',
    '{"binding": "the rule that decided", "decisions": "number of decisions", "old_limit": "sum of the limits before",
      "new_limit": "sum of the limits after", "change": "new less old limits of decisions that have both"}',
    $$SELECT d.as_of, r.run_key, d.source, coalesce(r.move_limits, true) AS moved, d.product, a.currency, d.action, d.binding,
        count(*) AS decisions, round(sum(d.old_limit), k.decimals) AS old_limit,
        round(sum(d.new_limit), k.decimals) AS new_limit, round(sum(d.new_limit - d.old_limit), k.decimals) AS change
      FROM @book@.decision d
      JOIN @book@.account a ON a.account_id = d.account_id
      JOIN @report@.report_currency k ON k.currency = a.currency
      LEFT JOIN @book@.run r ON r.run_id = d.run_id
      GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, k.decimals$$);

  PERFORM credit_limit_internal.create_report(book, 'report_reasons',
    'Reasons of decisions by day, run, product, currency and action. A decision with several reasons is counted in each of them, '
    'so neither counts nor amounts of different reasons may be added',
    '{"reason": "the reason", "decisions": "decisions that have it: not to be summed over reasons",
      "as_first": "decisions of which it is the first",
      "change": "new less old limits: not to be summed over reasons"}',
    $$SELECT d.as_of, r.run_key, d.source, coalesce(r.move_limits, true) AS moved, d.product, a.currency, d.action, e.reason,
        count(*) AS decisions, count(*) FILTER (WHERE e.place = 1) AS as_first,
        round(sum(d.new_limit - d.old_limit), k.decimals) AS change
      FROM @book@.decision d
      JOIN @book@.account a ON a.account_id = d.account_id
      JOIN @report@.report_currency k ON k.currency = a.currency
      LEFT JOIN @book@.run r ON r.run_id = d.run_id
      CROSS JOIN LATERAL unnest(d.reasons) WITH ORDINALITY e(reason, place)
      GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, k.decimals$$);

  -- The first decision that moved limits puts an account under its arm; what follows is compared by that arm, whatever happened
  -- later (intention to treat). first_no is one key for experiment and account: a join by both may be made by the first alone.
  PERFORM credit_limit_internal.create_report(book, 'report_experiment',
    'Champion against challenger: the arms of each experiment by product and currency. An account counts from the first decision '
    'of the experiment that moved limits, what-if runs left out',
    '{"is_reference": "the arm without policy and scorecard of its own, the first by name: others are compared with it",
      "referred": "accounts whose first decision waits for a person", "withheld": "accounts of which a rise was withheld",
      "overridden": "accounts whose limit a person set during the experiment: they stay in their arm",
      "since": "day of its first decision", "old_limit": "before that decision", "new_limit": "after it",
      "change": "new less old limits", "credit_limit": "now", "drawn": "now", "exposure": "now: drawn + ccf x unused",
      "expected_loss": "pd x lgd x exposure of accounts with a PD",
      "observed": "accounts with a later month, up to the latest that most accounts have",
      "bad": "those of them with bad_days past due in one", "bad_rate": "bad by observed",
      "utilization": "drawn by limits over the later months", "margin_a_year": "margin on what was drawn in a mean month",
      "p_value": "of a bad rate equal to that of the reference (chi-squared)",
      "z_change": "of equal mean changes of limits (Welch), beyond +-1.96 by chance once in twenty"}',
    $$WITH first AS MATERIALIZED (
        SELECT row_number() OVER () AS first_no, s.*
        FROM (SELECT DISTINCT ON (d.experiment, d.account_id) d.experiment, d.arm, d.account_id, d.product, d.as_of, d.old_limit,
            d.new_limit, d.pd, d.action, bool_or(d.binding = 'holdout') OVER w AS withheld,
            bool_or(d.source = 'override') OVER w AS overridden
          FROM @book@.experiment e
          CROSS JOIN LATERAL (SELECT s.decision_id, s.experiment, s.arm, s.account_id, s.product, s.as_of, s.decided_at,
              s.old_limit, s.new_limit, s.pd, s.run_id, s.action, s.binding, s.source
            FROM @book@.decision s WHERE s.experiment = e.experiment
              AND s.as_of BETWEEN e.valid_from AND coalesce(e.valid_to, 'infinity') OFFSET 0) d
          LEFT JOIN @book@.run r ON r.run_id = d.run_id
          WHERE d.run_id IS NULL OR r.move_limits
          WINDOW w AS (PARTITION BY d.experiment, d.account_id)
          ORDER BY d.experiment, d.account_id, d.as_of, d.decided_at, d.decision_id) s),
      later AS (
        SELECT f.first_no, count(*) AS months, max(m.days_past_due) AS worst, sum(greatest(m.balance::numeric, 0)) AS drawn,
          sum(m.credit_limit::numeric) AS credit_limit
        FROM first f JOIN @book@.account_month m ON m.account_id = f.account_id AND m.month > f.as_of
          AND m.month <= (SELECT r.whole_month FROM @book@.report_refresh r)
        GROUP BY f.first_no),
      arm AS (
        SELECT f.experiment, f.arm, f.product, a.currency, k.decimals, min(f.as_of) AS since, count(*) AS accounts,
          count(*) FILTER (WHERE f.action = 'REFER') AS referred, count(*) FILTER (WHERE f.withheld) AS withheld,
          count(*) FILTER (WHERE f.overridden) AS overridden,
          sum(f.old_limit) AS old_limit, sum(f.new_limit) AS new_limit, sum(f.new_limit - f.old_limit) AS change,
          avg(f.new_limit - f.old_limit) AS mean_change,
          var_samp(f.new_limit - f.old_limit) / nullif(count(f.new_limit - f.old_limit), 0) AS error_change,
          sum(a.credit_limit::numeric) AS credit_limit, sum(greatest(a.balance::numeric, 0)) AS drawn,
          sum(round(e.exposure, k.decimals)) AS exposure,
          sum(credit_limit.expected_loss(f.pd, x.lgd, x.ccf, a.balance::numeric, a.credit_limit::numeric, k.decimals))
            AS expected_loss,
          count(l.months) AS observed, count(*) FILTER (WHERE l.worst >= x.bad_days) AS bad,
          sum(l.drawn) / nullif(sum(l.credit_limit), 0) AS utilization,
          sum(round(x.margin::numeric * l.drawn / l.months, k.decimals)) AS margin_a_year,
          bool_and(v.policy IS NULL AND v.scorecard IS NULL) AS is_champion
        FROM first f
        JOIN @book@.account a ON a.account_id = f.account_id
        JOIN @report@.report_currency k ON k.currency = a.currency
        LEFT JOIN later l ON l.first_no = f.first_no
        LEFT JOIN @book@.experiment_arm v ON v.experiment = f.experiment AND v.arm = f.arm
        LEFT JOIN @book@.report_assumption own ON own.product = f.product
        JOIN @book@.report_assumption x ON x.product = coalesce(own.product, '')
        CROSS JOIN LATERAL (SELECT greatest(a.balance::numeric, 0)
          + x.ccf::numeric * greatest(a.credit_limit::numeric - greatest(a.balance::numeric, 0), 0) AS exposure) e
        GROUP BY f.experiment, f.arm, f.product, a.currency, k.decimals),
      compared AS (
        SELECT a.*, first_value(a.arm) OVER w AS reference, first_value(a.observed) OVER w AS reference_observed,
          first_value(a.bad) OVER w AS reference_bad, first_value(a.mean_change) OVER w AS reference_change,
          first_value(a.error_change) OVER w AS reference_error
        FROM arm a WINDOW w AS (PARTITION BY a.experiment, a.product, a.currency
          ORDER BY a.is_champion DESC NULLS LAST, a.arm COLLATE "C"))
      SELECT c.experiment, c.arm, c.product, c.currency, c.arm = c.reference AS is_reference, c.since, c.accounts,
        c.referred, c.withheld, c.overridden,
        round(c.old_limit, c.decimals) AS old_limit, round(c.new_limit, c.decimals) AS new_limit,
        round(c.change, c.decimals) AS change, round(c.credit_limit, c.decimals) AS credit_limit,
        round(c.drawn, c.decimals) AS drawn, c.exposure, c.expected_loss, c.observed, c.bad,
        round(c.bad::numeric / nullif(c.observed, 0), 6) AS bad_rate, round(c.utilization, 4) AS utilization, c.margin_a_year,
        CASE WHEN c.arm <> c.reference AND c.observed > 0 AND c.reference_observed > 0
          THEN round((credit_limit.event_rate_test(c.reference_observed, c.reference_bad, c.observed, c.bad)).p_value::numeric, 6)
          END AS p_value,
        CASE WHEN c.arm <> c.reference THEN
          round((c.mean_change - c.reference_change) / nullif(sqrt(c.error_change + c.reference_error), 0), 6) END AS z_change
      FROM compared c$$);

  -- A log of nightly runs is long. Where a report looks at chosen runs, their days reach decision as parameters, behind OFFSET 0
  -- or as scalar queries, so that only the partitions of these days are read.

  PERFORM credit_limit_internal.create_report(book, 'report_programmes',
    'Months in which many limits were moved, by product: such a month is not like the others, and a chart of one should say so. '
    'What-if runs are left out; decisions that were retired are gone',
    '{"accounts": "with a row of that month", "moved": "accounts whose limit a decision of that month changed",
      "share_moved": "moved by accounts"}',
    $$SELECT g.month, g.product, g.accounts, coalesce(d.moved, 0) AS moved,
        round(coalesce(d.moved, 0) / g.accounts::numeric, 4) AS share_moved
      FROM (SELECT m.month, a.product, count(*) AS accounts FROM @book@.account_month m
        JOIN @book@.account a ON a.account_id = m.account_id GROUP BY m.month, a.product) g
      LEFT JOIN (SELECT date_trunc('month', d.as_of::timestamp)::date AS month, a.product, count(DISTINCT d.account_id) AS moved
        FROM @book@.decision d JOIN @book@.account a ON a.account_id = d.account_id
        LEFT JOIN @book@.run r ON r.run_id = d.run_id
        WHERE (d.run_id IS NULL OR r.move_limits) AND d.new_limit <> d.old_limit
        GROUP BY 1, 2) d ON d.month = g.month AND d.product = g.product$$);

  PERFORM credit_limit_internal.create_report(book, 'report_drift',
    'Whether the scores of a month are distributed as those of the first, by product and scorecard. Of each month the last '
    'finished run counts',
    '{"scorecard_id": "version of the scorecard; NULL: external score", "first_month": "the month that others are compared with",
      "mean_score": "of the accounts", "psi": "population stability index over ten bands of the first month''s scores",
      "critical_value_95": "what psi exceeds by chance once in twenty times when nothing has changed",
      "p_value": "of so large a psi when nothing has changed", "status": "stable below 0.1, investigate to 0.25, shifted above"}',
    $$WITH chosen AS (
        SELECT DISTINCT ON (date_trunc('month', r.as_of::timestamp)) date_trunc('month', r.as_of::timestamp)::date AS month,
          r.run_id, r.as_of
        FROM @book@.run r WHERE r.status = 'done' AND r.run_key IS NOT NULL
        ORDER BY date_trunc('month', r.as_of::timestamp), r.as_of DESC, r.run_id DESC),
      scored AS MATERIALIZED (
        SELECT c.month, d.product, d.scorecard_id, d.score,
          min(c.month) OVER (PARTITION BY d.product, d.scorecard_id) AS first_month
        FROM chosen c
        CROSS JOIN LATERAL (SELECT s.product, s.scorecard_id, s.score, s.account_id FROM @book@.decision s
          WHERE s.as_of = c.as_of AND s.run_id = c.run_id AND s.score IS NOT NULL OFFSET 0) d
        JOIN @book@.account a ON a.account_id = d.account_id),
      bound AS (
        SELECT s.product, s.scorecard_id, s.first_month, credit_limit.quantile_bands(s.score, 10) AS bands
        FROM scored s WHERE s.month = s.first_month GROUP BY s.product, s.scorecard_id, s.first_month),
      counted AS (
        SELECT s.month, s.product, s.scorecard_id, b.first_month, width_bucket(s.score, b.bands)::text AS band,
          count(*)::float8 AS n, sum(s.score::numeric) AS total
        FROM scored s JOIN bound b ON b.product = s.product AND b.scorecard_id IS NOT DISTINCT FROM s.scorecard_id
        GROUP BY s.month, s.product, s.scorecard_id, b.first_month, width_bucket(s.score, b.bands)::text)
      SELECT g.month, g.product, g.scorecard_id, g.first_month, g.accounts, round(g.mean_score, 4) AS mean_score,
        round((g.psi).psi::numeric, 6) AS psi, round((g.psi).critical_value_95::numeric, 6) AS critical_value_95,
        round((g.psi).p_value::numeric, 6) AS p_value, (g.psi).status
      FROM (SELECT t.month, t.product, t.scorecard_id, t.first_month, sum(v.n) FILTER (WHERE v.is_actual)::bigint AS accounts,
          sum(v.total) FILTER (WHERE v.is_actual) / nullif(sum(v.n) FILTER (WHERE v.is_actual), 0)::numeric AS mean_score,
          credit_limit.psi(v.band, v.is_actual, v.n) AS psi
        FROM (SELECT DISTINCT c.month, c.product, c.scorecard_id, c.first_month FROM counted c) t
        JOIN LATERAL (SELECT c.band, c.n, c.total, k.is_actual FROM counted c CROSS JOIN (VALUES (true), (false)) k(is_actual)
          WHERE c.product = t.product AND c.scorecard_id IS NOT DISTINCT FROM t.scorecard_id
            AND c.month = CASE WHEN k.is_actual THEN t.month ELSE t.first_month END) v ON true
        GROUP BY t.month, t.product, t.scorecard_id, t.first_month) g$$);

  PERFORM credit_limit_internal.create_report(book, 'report_alerts',
    'Alerts that are open',
    '{"alert_id": "number of the alert", "rule": "rule that raised it", "indicator": "what the rule looks at",
      "severity": "of the rule", "subject": "account, umbrella, product or segment", "as_of": "day of the alert",
      "value": "of the indicator on that day",
      "enter_at": "from which value on the rule raises an alert", "leave_at": "below which it is closed",
      "days_open": "up to the business date or the latest run of alerts, whichever is later"}',
    $$SELECT x.alert_id, x.rule, r.indicator, x.severity, x.subject, x.as_of, round(x.value::numeric, 6) AS value,
        round(r.enter_at::numeric, 6) AS enter_at, round(r.leave_at::numeric, 6) AS leave_at,
        greatest(d.business_date, (SELECT max(a.as_of) FROM @book@.run a WHERE a.job = 'alerts' AND a.status = 'done')) - x.as_of
          AS days_open
      FROM @book@.alert x
      JOIN @book@.alert_rule r ON r.rule = x.rule AND r.valid_from = x.rule_from
      LEFT JOIN @book@.business_day d ON true
      WHERE x.closed_on IS NULL$$);

  PERFORM credit_limit_internal.create_report(book, 'report_cases',
    'Cases to work on, those first that avoid most loss',
    '{"case_id": "number of the case", "opened_on": "day on which it was opened",
      "days_open": "up to the business date or the latest run of alerts, whichever is later",
      "status": "open, acknowledged or snoozed",
      "snoozed_until": "day on which it is open again",
      "account_id": "of the account", "product": "of the account", "segment": "of the borrower", "currency": "of the amounts",
      "severity": "the highest of its rules", "rules": "with an open alert that feeds it", "alerts": "how many these are",
      "pd": "probability of default that it was ranked by; NULL: not known", "expected_loss": "pd x lgd x (drawn + ccf x unused) '
      'as of the latest run of alerts", "loss_avoided": "part of expected_loss that working the case avoids", '
      '"place": "in the ranking of the day on which it was opened"}',
    $$SELECT c.case_id, c.opened_on, greatest(d.business_date, (SELECT max(r.as_of) FROM @book@.run r WHERE r.job = 'alerts'
          AND r.status = 'done')) - c.opened_on AS days_open, c.status, c.snoozed_until, c.account_id,
        a.product, b.segment, a.currency, c.severity, x.rules, x.alerts, round(c.pd::numeric, 6) AS pd, c.expected_loss,
        c.loss_avoided, c.place
      FROM @book@.alert_case c
      JOIN @book@.account a ON a.account_id = c.account_id
      JOIN @book@.borrower b ON b.borrower_id = c.borrower_id
      LEFT JOIN @book@.business_day d ON true
      CROSS JOIN LATERAL (SELECT string_agg(x.rule, ', ' ORDER BY x.rule) AS rules, count(*) AS alerts FROM @book@.alert x
        WHERE x.case_id = c.case_id AND x.closed_on IS NULL) x
      LEFT JOIN @book@.report_assumption own ON own.product = a.product
      JOIN @book@.report_assumption p ON p.product = coalesce(own.product, '')
      WHERE c.status <> 'closed' AND NOT c.held_out ORDER BY c.loss_avoided * p.exchange_rate DESC, c.case_id$$);

  PERFORM credit_limit_internal.create_report(book, 'report_case_outcomes',
    'What became of cases, by the rules whose alerts fed them: a case counts for each of its rules',
    '{"rule": "of alert_rule", "cases": "that it fed", "held_out": "cases shown to nobody", "open": "not closed",
      "confirmed": "closed: the risk was real", "unfounded": "closed: it was not", "unclear": "closed: it could not be told",
      "lapsed": "the alerts closed before anybody had looked", "share_confirmed": "confirmed / (confirmed + unfounded)",
      "low": "lower end of its interval (95 %, Wilson)", "high": "upper end", "median_days": "from opening to closing, of those '
      'that a person closed"}',
    $$SELECT g.rule, g.cases, g.held_out, g.open, g.confirmed, g.unfounded, g.unclear, g.lapsed,
        round(g.confirmed::numeric / nullif(g.confirmed + g.unfounded, 0), 4) AS share_confirmed,
        round(w.middle - w.half, 4) AS low, round(w.middle + w.half, 4) AS high, g.median_days
      FROM (SELECT f.rule, count(*) AS cases, count(*) FILTER (WHERE c.held_out) AS held_out,
          count(*) FILTER (WHERE c.status <> 'closed') AS open, count(*) FILTER (WHERE c.outcome = 'confirmed') AS confirmed,
          count(*) FILTER (WHERE c.outcome = 'unfounded') AS unfounded, count(*) FILTER (WHERE c.outcome = 'unclear') AS unclear,
          count(*) FILTER (WHERE c.outcome = 'lapsed') AS lapsed,
          percentile_disc(0.5) WITHIN GROUP (ORDER BY c.closed_on - c.opened_on) FILTER (WHERE c.outcome <> 'lapsed')
            AS median_days
        FROM (SELECT DISTINCT x.rule, x.case_id FROM @book@.alert x WHERE x.case_id IS NOT NULL) f
        JOIN @book@.alert_case c ON c.case_id = f.case_id GROUP BY f.rule) g
      CROSS JOIN LATERAL (SELECT g.confirmed::numeric AS k, nullif(g.confirmed + g.unfounded, 0)::numeric AS n,
        1.959963984540054 ^ 2 AS z2) v
      CROSS JOIN LATERAL (SELECT (v.k + v.z2 / 2) / (v.n + v.z2) AS middle,
        sqrt(v.z2 * (v.k * (v.n - v.k) / v.n + v.z2 / 4)) / (v.n + v.z2) AS half) w$$);

  PERFORM credit_limit_internal.create_report(book, 'report_case_effect',
    'Whether working cases helps: how many accounts turned bad after a case, where it was shown to people and where it was held '
    'out. Of cases that are old enough to tell, of accounts that had not been bad by the month of the case',
    '{"held_out": "false: the case was shown; true: to nobody", "cases": "that were opened outcome_months before the latest '
      'month that most accounts have, or earlier",
      "turned_bad": "accounts bad for the first time in the outcome_months after the month of the case",
      "share": "turned_bad by cases", "low": "lower end of its interval (95 %, Wilson)", "high": "upper end"}',
    $$SELECT g.held_out, g.cases, g.turned_bad, round(g.turned_bad::numeric / g.cases, 4) AS share,
        round(w.middle - w.half, 4) AS low, round(w.middle + w.half, 4) AS high
      FROM (SELECT c.held_out, count(*) AS cases, count(*) FILTER (WHERE f.bad_month <= d.told_by) AS turned_bad
        FROM @book@.alert_case c
        JOIN @book@.account a ON a.account_id = c.account_id
        JOIN @book@.report_first f ON f.account_id = c.account_id
        JOIN @book@.report_refresh r ON true
        LEFT JOIN @book@.report_assumption own ON own.product = a.product
        JOIN @book@.report_assumption x ON x.product = coalesce(own.product, '')
        CROSS JOIN LATERAL (SELECT date_trunc('month', c.opened_on::timestamp)::date AS month) o
        CROSS JOIN LATERAL (SELECT (o.month + x.outcome_months * interval '1 month')::date AS told_by) d
        WHERE d.told_by <= r.whole_month AND (f.bad_month > o.month OR f.bad_month IS NULL) GROUP BY c.held_out) g
      CROSS JOIN LATERAL (SELECT g.turned_bad::numeric AS k, g.cases::numeric AS n, 1.959963984540054 ^ 2 AS z2) v
      CROSS JOIN LATERAL (SELECT (v.k + v.z2 / 2) / (v.n + v.z2) AS middle,
        sqrt(v.z2 * (v.k * (v.n - v.k) / v.n + v.z2 / 4)) / (v.n + v.z2) AS half) w$$);

  PERFORM credit_limit_internal.create_report(book, 'report_jobs',
    'Jobs of the book with their latest run, and whether one is overdue: scheduled, and without a new day for longer than '
    'job.expected_every',
    '{"job": "name of the job", "scheduled": "a scheduler was told to run it", "overdue": "scheduled, and without a new day for '
      'too long", "status": "of the latest run: running, done, failed, lost or cancelled; NULL: it never ran",
      "as_of": "day for which that run worked", "started_at": "when it began",
      "minutes": "that it took; NULL: it has not ended", "row_count": "what it did, as in run", "failed": "borrowers that it '
      'could not decide", "sqlstate": "of its error", "runs": "on file", "failures": "runs that failed, were lost or '
      'left borrowers out"}',
    $$SELECT j.job, j.schedule IS NOT NULL AS scheduled,
        j.schedule IS NOT NULL
          AND coalesce(clock_timestamp() - greatest(w.ended_at, j.scheduled_at) > j.expected_every, true) AS overdue,
        r.status, r.as_of, r.started_at, round(extract(epoch FROM r.ended_at - r.started_at) / 60, 1) AS minutes, r.row_count,
        r.failed, r.sqlstate, c.runs, c.failures
      FROM @book@.job j
      LEFT JOIN LATERAL (SELECT r.status, r.as_of, r.started_at, r.ended_at, r.row_count, r.failed, r.sqlstate FROM @book@.run r
        WHERE r.job = j.job ORDER BY r.started_at DESC, r.run_id DESC LIMIT 1) r ON true
      LEFT JOIN LATERAL (SELECT r.ended_at FROM @book@.run r WHERE r.job = j.job AND r.status = 'done'
        AND r.move_limits IS NOT false ORDER BY r.as_of DESC, r.ended_at LIMIT 1) w ON true
      LEFT JOIN LATERAL (SELECT count(*) AS runs,
          count(*) FILTER (WHERE r.status IN ('failed', 'lost') OR r.failed > 0) AS failures
        FROM @book@.run r WHERE r.job = j.job) c ON true$$);

  PERFORM credit_limit_internal.create_report(book, 'report_summary',
    'The book in one row for each currency. Positions are as of credit_limit.refresh_reports()',
    '{"as_of": "of the positions: demand, caps and latest decisions are of that day, limits and balances of now",
      "latest_month": "of account_month, up to as_of", "accounts": "that are open", "borrowers": "who have them",
      "credit_limit": "sum of the limits", "drawn": "sum of the balances above 0", "unused": "limits less what is drawn",
      "utilization": "drawn by limits of now; that of report_utilization is by limits and balances of the month file, credit '
      'balances being negative",
      "gap": "between what rules give and what is drawn", "gap_risk": "part of gap: caps of risk and affordability",
      "gap_product": "caps of product, law and umbrella, and the target",
      "gap_ungranted": "allowed by rules and caps, and not granted", "gap_demand": "demand smaller than the limit",
      "gap_dormancy": "what accounts not used for 6 months would be expected to draw",
      "gap_buffer": "expected demand of other accounts that is not drawn now",
      "unmet": "demand that limits turn away", "largest_share_gap": "largest part of gap that is one account''s",
      "largest_share_unmet": "the same of unmet", "weak_share_gap": "part of gap, by demand, dormancy or buffer, that follows '
      'from a demand of status mostly_prior, prior_only or tail", "weak_share_unmet": "part of unmet that does",
      "expected_loss": "pd x lgd x (drawn + ccf x unused) of accounts with a PD, rounded for each; that of what is not drawn is '
      'in report_gap", "expected_loss_drawn": "part of expected_loss: pd x lgd x drawn",
      "late_accounts": "30 days and more past due in the month of as_of or else the one before; NULL: neither is on file",
      "late_balance": "balances of these",
      "increases": "latest decisions that raised a limit", "decreases": "that lowered one", "freezes": "that froze one",
      "referrals": "that wait for a person", "limit_change": "new less old limits of the latest decisions",
      "alerts_open": "of all currencies, the same in each row: not to be summed",
      "cases_open": "to be worked, of all currencies, the same in each row: not to be summed"}',
    $$SELECT f.as_of, f.latest_month, s.currency, s.accounts, s.borrowers, s.credit_limit, s.drawn, s.unused, s.utilization,
        (s.total).gap, (s.total).risk AS gap_risk, (s.total).product AS gap_product, (s.total).ungranted AS gap_ungranted,
        (s.total).demand AS gap_demand, (s.total).dormancy AS gap_dormancy, (s.total).buffer AS gap_buffer, (s.total).unmet,
        round(s.largest_gap / nullif((s.total).gap, 0), 4) AS largest_share_gap,
        round(s.largest_unmet / nullif((s.total).unmet, 0), 4) AS largest_share_unmet,
        round(s.weak_gap / nullif((s.total).gap, 0), 4) AS weak_share_gap,
        round(s.weak_unmet / nullif((s.total).unmet, 0), 4) AS weak_share_unmet,
        s.expected_loss, s.expected_loss_drawn,
        CASE WHEN credit_limit_internal.is_recent(f.latest_month, f.as_of) THEN s.late_accounts END AS late_accounts,
        CASE WHEN credit_limit_internal.is_recent(f.latest_month, f.as_of) THEN s.late_balance END AS late_balance,
        s.increases, s.decreases, s.freezes, s.referrals, s.limit_change,
        (SELECT count(*) FROM @book@.alert x WHERE x.closed_on IS NULL) AS alerts_open,
        (SELECT count(*) FROM @book@.alert_case c WHERE c.status <> 'closed' AND NOT c.held_out) AS cases_open
      FROM @book@.report_refresh f
      CROSS JOIN (SELECT a.currency, k.decimals, count(*) AS accounts, count(DISTINCT a.borrower_id) AS borrowers,
          round(sum(a.credit_limit::numeric), k.decimals) AS credit_limit, sum(e.drawn) AS drawn, sum(e.unused) AS unused,
          round(sum(e.drawn) / nullif(sum(a.credit_limit::numeric), 0), 4) AS utilization,
          credit_limit.gap_total(q.gap) AS total, max((q.gap).gap) AS largest_gap, max((q.gap).unmet) AS largest_unmet,
          sum(((q.gap).demand + (q.gap).dormancy + (q.gap).buffer) * w.weak) AS weak_gap,
          sum((q.gap).unmet * w.weak) AS weak_unmet,
          sum(credit_limit.expected_loss(p.pd, x.lgd, x.ccf, a.balance::numeric, a.credit_limit::numeric, k.decimals))
            AS expected_loss,
          sum(credit_limit.expected_loss(p.pd, x.lgd, 0, a.balance::numeric, 0, k.decimals)) AS expected_loss_drawn,
          count(*) FILTER (WHERE coalesce(m.days_past_due, before.days_past_due) >= 30) AS late_accounts,
          round(sum(coalesce(m.balance, before.balance)::numeric)
            FILTER (WHERE coalesce(m.days_past_due, before.days_past_due) >= 30), k.decimals) AS late_balance,
          count(*) FILTER (WHERE p.action = 'INCREASE') AS increases, count(*) FILTER (WHERE p.action = 'DECREASE') AS decreases,
          count(*) FILTER (WHERE p.action = 'FREEZE') AS freezes, count(*) FILTER (WHERE p.action = 'REFER') AS referrals,
          round(sum(p.new_limit - p.old_limit), k.decimals) AS limit_change
        FROM @book@.account a
        JOIN @book@.borrower b ON b.borrower_id = a.borrower_id
        JOIN @report@.report_currency k ON k.currency = a.currency
        LEFT JOIN @book@.report_position p ON p.account_id = a.account_id
        LEFT JOIN @book@.account_month m ON m.account_id = a.account_id
          AND m.month = (SELECT l.latest_month FROM @book@.report_refresh l)
        -- A month that is not loaded whole yet: the other accounts are as in the one before.
        LEFT JOIN @book@.account_month before ON m.account_id IS NULL AND before.account_id = a.account_id
          AND before.month = (SELECT q.month
            FROM @book@.report_refresh l, LATERAL (SELECT (l.latest_month - interval '1 month')::date AS month) q
            WHERE credit_limit_internal.is_recent(q.month, l.as_of))
        LEFT JOIN @book@.report_assumption own ON own.product = a.product
        JOIN @book@.report_assumption x ON x.product = coalesce(own.product, '')
        CROSS JOIN LATERAL (SELECT round(greatest(a.balance::numeric, 0), k.decimals) AS drawn,
          greatest(round(a.credit_limit::numeric, k.decimals) - round(greatest(a.balance::numeric, 0), k.decimals), 0)
            AS unused) e
        CROSS JOIN LATERAL (SELECT coalesce(p.demand_status IN ('mostly_prior', 'prior_only', 'tail'), false)::int AS weak) w
        CROSS JOIN LATERAL (SELECT CASE WHEN p.account_id IS NOT NULL THEN credit_limit.limit_gap(coalesce(p.entitlement,
          a.credit_limit::numeric), p.risk_cap, p.product_cap, a.credit_limit::numeric, p.demand_mean, a.balance::numeric,
          p.months_inactive, decimals => k.decimals) END AS gap OFFSET 0) q
        WHERE a.status = 'open'
        GROUP BY a.currency, k.decimals) s$$);
  PERFORM credit_limit_internal.create_watch_reports(book);
  PERFORM credit_limit_internal.create_score_reports(book);
  PERFORM credit_limit_internal.create_page_reports(book);
  PERFORM credit_limit_internal.create_allocation_reports(book);
END
$create$;

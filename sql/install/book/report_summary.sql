-- One row for each currency: what a board looks at.

CREATE PROCEDURE credit_limit.create_summary_report(book text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $create$
BEGIN
  CALL credit_limit.create_report(book, 'report_summary',
    'The book in one row for each currency: open accounts and borrowers, limits, drawn and unused now; the gap between what rules give and what is drawn by cause, and demand that limits turn away; expected loss (pd lgd (drawn + ccf unused) of accounts with a PD); accounts 30 days and more past due in the latest month and their balances; what the latest decisions did; alerts that are open, of all currencies. Positions are as of credit_limit.refresh_reports()',
    $$SELECT f.as_of, s.*, (SELECT count(*) FROM @book@.alert x WHERE x.closed_on IS NULL) AS alerts_open
      FROM @book@.report_refresh f
      CROSS JOIN (SELECT a.currency, count(*) AS accounts, count(DISTINCT a.borrower_id) AS borrowers, sum(a.credit_limit) AS credit_limit,
          sum(e.drawn) AS drawn, sum(e.unused) AS unused, (sum(e.drawn) / nullif(sum(a.credit_limit), 0))::float8 AS utilization,
          (credit_limit.gap_total(g.gap)).gap, (credit_limit.gap_total(g.gap)).risk AS gap_risk,
          (credit_limit.gap_total(g.gap)).product AS gap_product, (credit_limit.gap_total(g.gap)).demand AS gap_demand,
          (credit_limit.gap_total(g.gap)).dormancy AS gap_dormancy, (credit_limit.gap_total(g.gap)).buffer AS gap_buffer,
          (credit_limit.gap_total(g.gap)).unmet, sum(p.pd * x.lgd * (e.drawn + x.ccf::numeric * e.unused)::float8) AS expected_loss,
          count(*) FILTER (WHERE m.days_past_due >= 30) AS late_accounts, sum(m.balance) FILTER (WHERE m.days_past_due >= 30) AS late_balance,
          count(*) FILTER (WHERE p.action = 'INCREASE') AS increases, count(*) FILTER (WHERE p.action = 'DECREASE') AS decreases,
          count(*) FILTER (WHERE p.action = 'FREEZE') AS freezes, count(*) FILTER (WHERE p.action = 'REFER') AS referrals,
          sum(p.new_limit - p.old_limit) AS limit_change
        FROM @book@.account a
        JOIN @book@.borrower b ON b.borrower_id = a.borrower_id
        LEFT JOIN @book@.report_position p ON p.account_id = a.account_id
        LEFT JOIN @book@.account_month m ON m.account_id = a.account_id AND m.month = (SELECT latest_month FROM @book@.report_refresh)
        LEFT JOIN @book@.report_assumption own ON own.product = a.product
        JOIN @book@.report_assumption x ON x.product = coalesce(own.product, '')
        CROSS JOIN LATERAL (SELECT greatest(a.balance, 0) AS drawn, greatest(a.credit_limit - greatest(a.balance, 0), 0) AS unused) e
        CROSS JOIN LATERAL (SELECT credit_limit.limit_gap(p.entitlement, p.risk_cap, p.product_cap, p.demand_used, a.balance::numeric,
          p.months_inactive) AS gap) g
        WHERE a.status = 'open'
        GROUP BY a.currency) s$$);
END
$create$;
COMMENT ON PROCEDURE credit_limit.create_summary_report(text) IS 'part of create_book: the report in one row for each currency';

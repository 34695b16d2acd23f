-- Reports of use: utilization by month, the gap by cause with its cost, and the demand of segments.

CREATE PROCEDURE credit_limit.create_usage_reports(book text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $create$
BEGIN
  CALL credit_limit.create_report(book, 'report_utilization',
    'Use of the limits at the end of each month by product, segment and currency. unused: limit less what is drawn; utilization: ratio of the sums; mean, share_idle (nothing drawn) and share_above_90: over accounts with a limit. A condition on month reads the partitions of that month only',
    $$SELECT g.month, g.product, g.segment, g.currency, s.n AS accounts, s.credit_limit, s.balance, s.unused, s.over_limit,
        s.ratio AS utilization, s.mean, s.p50 AS median, s.share_idle, s.share_above_90, s.n_undefined AS without_limit
      FROM (SELECT m.month, a.product, b.segment, a.currency,
          credit_limit.utilization_agg(m.balance::numeric, m.credit_limit::numeric) AS used
        FROM @book@.account_month m
        JOIN @book@.account a ON a.account_id = m.account_id
        JOIN @book@.borrower b ON b.borrower_id = a.borrower_id
        GROUP BY m.month, a.product, b.segment, a.currency) g
      CROSS JOIN LATERAL credit_limit.utilization_stats(g.used) s$$);

  CALL credit_limit.create_report(book, 'report_gap',
    'Why what the rules would give is not drawn, and what that costs in a year, by product, segment and currency: a row for each cause and one for the total (credit_limit.gap_impact). accounts: those with a decision that has an entitlement. unused: by cause, exact; unmet: demand that limits turn away. Drawn is the balance now; entitlement, caps and demand are those of credit_limit.refresh_reports(), a borrower inactive for 6 months and more being dormant; rates are those of report_assumption; pd is the mean',
    $$SELECT g.product, g.segment, g.currency, i.cause, (g.total).n AS accounts, i.unused,
        i.unused / nullif((g.total).gap, 0) AS share, i.unmet, i.forgone_margin, i.idle_cost, i.contingent_ead, i.capital_tied,
        CASE WHEN g.pd IS NOT NULL THEN i.expected_loss END AS expected_loss
      FROM (SELECT a.product, b.segment, a.currency, avg(p.pd) AS pd, credit_limit.gap_total(credit_limit.limit_gap(
            p.entitlement, p.risk_cap, p.product_cap, p.demand_used, a.balance::numeric, p.months_inactive)) AS total
        FROM @book@.report_position p
        JOIN @book@.account a ON a.account_id = p.account_id
        JOIN @book@.borrower b ON b.borrower_id = a.borrower_id
        WHERE p.entitlement IS NOT NULL AND a.status = 'open'
        GROUP BY a.product, b.segment, a.currency) g
      CROSS JOIN LATERAL (SELECT * FROM @book@.report_assumption x WHERE x.product IN (g.product, '') ORDER BY x.product DESC LIMIT 1) x
      CROSS JOIN LATERAL credit_limit.gap_impact(g.total, x.margin, x.carry, x.ccf, coalesce(g.pd, 0), x.lgd, x.capital) i$$);

  CALL credit_limit.create_report(book, 'report_demand',
    'What is known of demand by product, segment and currency, and what shrinkage makes of accounts that tell too little. own: accounts whose months give an estimate; forecast: others with a demand_q90 in account_feature; leaning: others that take theirs from the segment; unknown: none of these. demand_own, demand_shrunk: mean of the amounts that cover nine months in ten, of accounts with an own estimate and of the others when they lean on the segment; demand_segment: that amount of all months of the segment; months_at_limit: the part of the months that say only "at least so much"',
    $$SELECT a.product, b.segment, a.currency, count(*) AS accounts, count(*) FILTER (WHERE p.demand_basis = 'own') AS own,
        count(*) FILTER (WHERE p.demand_basis = 'forecast') AS forecast, count(*) FILTER (WHERE p.demand_basis = 'segment') AS leaning,
        count(*) FILTER (WHERE p.demand_basis IS NULL) AS unknown, round(avg(p.demand_own), 2) AS demand_own,
        round(avg(p.demand_shrunk), 2) AS demand_shrunk,
        credit_limit.demand_amount(credit_limit.rollup(p.demand)) AS demand_segment,
        (credit_limit.demand_stats(credit_limit.rollup(p.demand))).n_censored::float8
          / nullif((credit_limit.demand_stats(credit_limit.rollup(p.demand))).n, 0) AS months_at_limit
      FROM @book@.report_position p
      JOIN @book@.account a ON a.account_id = p.account_id
      JOIN @book@.borrower b ON b.borrower_id = a.borrower_id
      GROUP BY a.product, b.segment, a.currency$$);
END
$create$;
COMMENT ON PROCEDURE credit_limit.create_usage_reports(text) IS 'part of create_book: reports of utilization, gap and demand';

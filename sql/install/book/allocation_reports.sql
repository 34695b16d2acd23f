-- Reports of allocations: promised and granted, what rules cost, and what other amounts of a budget would be worth.

-- part of create_book_reports: what allocations promised, and what became of it
CREATE FUNCTION credit_limit_internal.create_allocation_reports(book text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $create$
BEGIN
  PERFORM credit_limit_internal.create_report(book, 'report_allocation',
    'What an allocation certified and what the first decision of a run under it granted, by product and what made the difference',
    '{"allocation_id": "of allocation_version", "name": "of the allocation", "version": "of that name", "status": "of it",
      "cause": "as certified; other inputs: the account chose another limit by the same prices, as its inputs had changed; else '
      'the rule that decided, as in limit_decision.binding; not decided: no run yet", "certified": "sum of the limits that were '
      'chosen", "granted": "sum of the limits that decisions left", "difference": "granted less certified",
      "promised": "profit of a year that the limits that were chosen promise", "cross_fitted": "the same where other months '
      'judge it than those that chose, as draft_allocation() says; an account of which that is not known counts as promised. '
      'NULL: it is known of none",
      "flipped": "accounts whose limits decisions under it have moved both up and down"}',
    $$WITH decided AS MATERIALIZED (SELECT w.allocation_id, d.account_id,
          (array_agg(d.new_limit ORDER BY d.as_of, d.decision_id))[1] AS new_limit,
          (array_agg(d.target ORDER BY d.as_of, d.decision_id))[1] AS target,
          (array_agg(d.binding ORDER BY d.as_of, d.decision_id))[1] AS binding,
          bool_or(d.new_limit > d.old_limit) AND bool_or(d.new_limit < d.old_limit) AS flipped
        FROM @book@.run n
        JOIN @book@.run_version w ON w.run_id = n.run_id AND w.allocation_id IS NOT NULL
        JOIN @book@.decision d ON d.run_id = n.run_id AND d.as_of = n.as_of AND d.product = w.product
          AND d.arm IS NOT DISTINCT FROM w.arm
        WHERE n.move_limits GROUP BY w.allocation_id, d.account_id)
      SELECT v.allocation_id, v.name, v.version, v.status, r.product, p.currency, c.cause, count(*) AS accounts,
        sum(r.choice) AS certified, sum(d.new_limit) AS granted, sum(d.new_limit - r.choice) AS difference,
        round(sum(w.promised), 2) AS promised, CASE WHEN count(r.cross_fitted) > 0
          THEN round(sum(coalesce(r.cross_fitted, w.promised)), 2) END AS cross_fitted,
        count(*) FILTER (WHERE d.flipped) AS flipped
      FROM @book@.allocation_version v
      JOIN @book@.allocation_account r ON r.allocation_id = v.allocation_id
      JOIN @book@.product p ON p.product = r.product
      LEFT JOIN decided d ON d.allocation_id = r.allocation_id AND d.account_id = r.account_id
      CROSS JOIN LATERAL (SELECT CASE WHEN d.account_id IS NULL THEN 'not decided' WHEN d.new_limit = r.choice THEN 'as certified'
        WHEN d.target <> r.choice THEN 'other inputs' ELSE d.binding END AS cause) c
      CROSS JOIN LATERAL (SELECT r."values"[array_position(r.limits, r.choice)] AS promised) w
      GROUP BY v.allocation_id, v.name, v.version, v.status, r.product, p.currency, c.cause$$);
  PERFORM credit_limit_internal.create_report(book, 'report_allocation_rules',
    'What rules on the movement of limits cost under an allocation: what accounts would earn more a year if their policy were '
    'without the rule, after the price of what they would use of the budgets. Each rule alone: they do not add up',
    '{"allocation_id": "of allocation_version", "name": "of the allocation", "version": "of that name", "status": "of it",
      "rule": "of the movement of the policy", "accounts": "that would choose another limit", "cost": "a year"}',
    $$SELECT v.allocation_id, v.name, v.version, v.status, r.product, p.currency, r.rule, r.accounts, round(r.cost, 2) AS cost
      FROM @book@.allocation_version v JOIN @book@.allocation_rule r ON r.allocation_id = v.allocation_id
      JOIN @book@.product p ON p.product = r.product$$);
  PERFORM credit_limit_internal.create_report(book, 'report_frontier',
    'What a budget of an allocation is worth where it is smaller or larger, the others being as they are',
    '{"allocation_id": "of allocation_version", "name": "of the allocation", "version": "of that name", "status": "of it",
      "budget": "name of the budget", "amount": "that there would be", "drafted": "true: the amount of the allocation",
      "solved": "status of the certificate with that amount", "value": "of a year", "used": "of the amount",
      "price": "what one more of it would earn"}',
    $$SELECT v.allocation_id, v.name, v.version, v.status, f.budget, f.amount, f.amount = t.amount AS drafted, f.status AS solved,
        f.value, f.used, f.price
      FROM @book@.allocation_version v JOIN @book@.allocation_frontier f ON f.allocation_id = v.allocation_id
      CROSS JOIN LATERAL credit_limit.certificate_table(v.document) t WHERE t.budget = f.budget$$);
END
$create$;

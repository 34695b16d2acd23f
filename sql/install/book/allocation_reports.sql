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
    -- Accounts and decisions come together by grouping: a join would go by how many rows of an allocation the planner expects,
    -- which nobody has counted on the day that it is drafted.
    $$SELECT v.allocation_id, v.name, v.version, v.status, a.product, p.currency, c.cause, count(*) AS accounts,
        sum(a.choice) AS certified, sum(a.new_limit) AS granted, sum(a.new_limit - a.choice) AS difference,
        round(sum(a.promised), 2) AS promised, CASE WHEN count(a.cross_fitted) > 0
          THEN round(sum(coalesce(a.cross_fitted, a.promised)), 2) END AS cross_fitted,
        count(*) FILTER (WHERE a.flipped) AS flipped
      FROM (SELECT u.allocation_id, max(u.product) AS product, max(u.choice) AS choice, max(u.promised) AS promised,
          max(u.cross_fitted) AS cross_fitted, count(u.decision_id) > 0 AS decided,
          (array_agg(u.new_limit ORDER BY u.as_of, u.decision_id) FILTER (WHERE u.decision_id IS NOT NULL))[1] AS new_limit,
          (array_agg(u.target ORDER BY u.as_of, u.decision_id) FILTER (WHERE u.decision_id IS NOT NULL))[1] AS target,
          (array_agg(u.binding ORDER BY u.as_of, u.decision_id) FILTER (WHERE u.decision_id IS NOT NULL))[1] AS binding,
          bool_or(u.new_limit > u.old_limit) AND bool_or(u.new_limit < u.old_limit) AS flipped
        FROM (SELECT r.allocation_id, r.account_id, r.product, r.choice,
            r."values"[array_position(r.limits, r.choice)] AS promised, r.cross_fitted, NULL::bigint AS decision_id,
            NULL::date AS as_of, NULL::numeric AS old_limit, NULL::numeric AS new_limit, NULL::numeric AS target,
            NULL::text AS binding
          FROM @book@.allocation_account r
          UNION ALL SELECT w.allocation_id, d.account_id, NULL, NULL, NULL, NULL, d.decision_id, d.as_of, d.old_limit,
            d.new_limit, d.target, d.binding
          FROM @book@.run n
          JOIN @book@.run_version w ON w.run_id = n.run_id AND w.allocation_id IS NOT NULL
          JOIN @book@.decision d ON d.run_id = n.run_id AND d.as_of = n.as_of AND d.product = w.product
            AND d.arm IS NOT DISTINCT FROM w.arm
          WHERE n.move_limits) u
        GROUP BY u.allocation_id, u.account_id HAVING count(u.product) > 0) a
      JOIN @book@.allocation_version v ON v.allocation_id = a.allocation_id
      JOIN @book@.product p ON p.product = a.product
      CROSS JOIN LATERAL (SELECT CASE WHEN NOT a.decided THEN 'not decided' WHEN a.new_limit = a.choice THEN 'as certified'
        WHEN a.target <> a.choice THEN 'other inputs' ELSE a.binding END AS cause) c
      GROUP BY v.allocation_id, v.name, v.version, v.status, a.product, p.currency, c.cause$$);
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

-- decision_input: the one place that says what is known of an account on a day. It belongs to the book, not to the extension: a
-- lender replaces it. Scores, decisions, simulations, runs and real time all read it.

CREATE PROCEDURE credit_limit.create_book_input(book text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $create$
BEGIN
  IF EXISTS (SELECT FROM pg_proc p WHERE p.pronamespace = to_regnamespace(quote_ident(book)) AND p.proname = 'decision_input') THEN
    RETURN;
  END IF;
  EXECUTE replace($$
    CREATE FUNCTION @book@.decision_input(as_of date)
    RETURNS TABLE (account_id bigint, borrower_id bigint, product text, currency text, segment text, months_on_book int,
      credit_limit numeric, balance numeric, pending numeric, last_limit_change date, utilization float8,
      income numeric, obligations numeric, external_score float8, external_pd float8,
      days_past_due int, last_payment numeric, last_due numeric,
      demand_q90 numeric, demand_mean numeric, worst_days_past_due_12m int, utilization_3m float8, payment_ratio_3m float8,
      months_inactive int, excluded boolean, excluded_freeze boolean, excluded_refer boolean,
      umbrella_limit numeric, umbrella_drawn numeric, umbrella_granted numeric, umbrella_place int)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
      SELECT a.account_id, a.borrower_id, a.product, a.currency, b.segment,
        credit_limit.months_on_book(a.opened_on, as_of),
        a.credit_limit, a.balance, a.pending, a.last_limit_change, credit_limit.utilization(a.balance, a.credit_limit),
        b.income, b.obligations, b.external_score, b.external_pd,
        -- The month of the day or the one before; older is not known. An account without a line is not late.
        CASE WHEN m.account_id IS NOT NULL THEN m.days_past_due WHEN l.account_id IS NOT NULL THEN l.days_past_due
          WHEN a.credit_limit = 0 THEN 0 END,
        CASE WHEN m.account_id IS NOT NULL THEN m.payment ELSE l.payment END,
        CASE WHEN m.account_id IS NOT NULL THEN m.due ELSE l.due END,
        f.demand_q90, f.demand_mean, f.worst_days_past_due_12m, f.utilization_3m, f.payment_ratio_3m, f.months_inactive,
        x.kinds > 0, x.kinds & 2 > 0, x.kinds & 4 > 0,
        CASE WHEN u.valid_from <= as_of AND (u.valid_to >= as_of OR u.valid_to IS NULL) THEN u.credit_limit
          WHEN u.umbrella_id IS NOT NULL THEN 0 END,
        o.drawn, o.granted, CASE u.kind WHEN 'partitioned' THEN o.place ELSE 0 END::int
      FROM @book@.account a
      JOIN @book@.borrower b ON b.borrower_id = a.borrower_id
      LEFT JOIN @book@.umbrella u ON u.umbrella_id = a.umbrella_id
      LEFT JOIN @book@.account_feature f ON f.account_id = a.account_id
      LEFT JOIN @book@.account_month m ON m.account_id = a.account_id AND m.month = date_trunc('month', as_of::timestamp)::date
      -- Read only where the other is missing: OFFSET 0 keeps the condition in front of the look-up.
      LEFT JOIN LATERAL (SELECT n.account_id, n.days_past_due, n.payment, n.due FROM @book@.account_month n
        WHERE m.account_id IS NULL AND n.account_id = a.account_id
          AND n.month = (date_trunc('month', as_of::timestamp) - interval '1 month')::date OFFSET 0) l ON true
      -- 1: an exclusion, 2: one that freezes, 4: one that refers.
      CROSS JOIN LATERAL (SELECT coalesce(bit_or(CASE e.action WHEN 'FREEZE' THEN 3 WHEN 'REFER' THEN 5 ELSE 1 END), 0) AS kinds
        FROM @book@.exclusion e
        WHERE e.borrower_id = a.borrower_id AND e.valid_from <= as_of AND (e.valid_to >= as_of OR e.valid_to IS NULL)) x
      -- The borrower's other lines under the same umbrella, and how many of them are decided before this one.
      LEFT JOIN LATERAL (SELECT q.drawn, q.granted, q.place FROM (SELECT
            coalesce(sum(greatest(p.balance, 0) + p.pending + coalesce((SELECT sum(j.amount) FROM @book@.limit_adjustment j
              WHERE j.account_id = p.account_id AND j.kind = 'blocked' AND as_of BETWEEN j.valid_from AND j.valid_to), 0)), 0) AS drawn,
            coalesce(sum(p.credit_limit), 0) AS granted,
            count(*) FILTER (WHERE p.account_id < a.account_id) AS place
          FROM @book@.account p
          WHERE p.umbrella_id = a.umbrella_id AND p.account_id <> a.account_id AND p.status = 'open' OFFSET 0) q
        WHERE a.umbrella_id IS NOT NULL OFFSET 0) o ON true
      WHERE a.status = 'open';
    END
  $$, '@book@', quote_ident(book));
  EXECUTE replace($$
    COMMENT ON FUNCTION @book@.decision_input(date) IS 'what scorecards and policies see of every open account as of a day. Replace it to add features: a card or a policy may read any column of it. Needed are account_id, borrower_id, product, credit_limit, balance, pending, external_score, external_pd, umbrella_limit, umbrella_drawn and umbrella_place; version_no, score and pd are added to it'
  $$, '@book@', quote_ident(book));
END
$create$;
COMMENT ON PROCEDURE credit_limit.create_book_input(text) IS 'part of create_book: the function decision_input of a book';

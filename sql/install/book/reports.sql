-- Reports of a book: how they are made, what they assume, and the positions that are too slow to compute at every look.
--
-- They are views in a schema of their own, lending_report for the book lending, where readers find them and nothing else. A
-- report shows a reader what his own rights show him of the tables under it (security_invoker), so row-level security of analysts
-- holds. Amounts of different currencies never add up: every report with an amount has the currency among its groups. Whoever
-- reads a report twice sees the same digits: sums are of numeric, and rounded.

-- Bands of days past due as collections count them. An expression, so that it is inlined into queries of many rows.

-- band of days past due: 0, 1-29, 30-59, 60-89, 90+, or not known for NULL
CREATE FUNCTION credit_limit.arrears_band(days_past_due int) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN days_past_due IS NULL THEN 'not known' WHEN days_past_due <= 0 THEN '0' WHEN days_past_due < 30 THEN '1-29'
  WHEN days_past_due < 60 THEN '30-59' WHEN days_past_due < 90 THEN '60-89' ELSE '90+' END;

-- whether a month tells how accounts are on a day: it is that of the day or the one before, which comes to account_month when
-- it is over
CREATE FUNCTION credit_limit_internal.is_recent(month date, day date) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN month >= date_trunc('month', day::timestamp) - interval '1 month';

-- in an open book: the latest month of account_month up to a day; NULL: none. Where it is one of the last three, only these are
-- looked into: the other partitions grow for as long as the book does
CREATE FUNCTION credit_limit_internal.latest_month(day date) RETURNS date
LANGUAGE sql STABLE
AS $$
  SELECT coalesce(
    (SELECT max(s.month)::date
     FROM generate_series(date_trunc('month', day::timestamp) - interval '2 months', day, interval '1 month') s(month),
       LATERAL (SELECT FROM account_month m WHERE m.month = s.month::date LIMIT 1) has_rows),
    (SELECT max(m.month) FROM account_month m WHERE m.month <= day))
$$;

-- in an open book: what limits of open accounts forgo in a year against those that would earn most, by the economics of the
-- policies that decide on the day; no rows for products whose target is another
CREATE FUNCTION credit_limit_internal.regrets(today date)
RETURNS TABLE (account_id bigint, best_limit numeric, regret numeric, side text)
LANGUAGE plpgsql STABLE ROWS 10000
AS $$
BEGIN
  IF EXISTS (SELECT FROM credit_limit_internal.versions_on(today) w JOIN policy_version p ON p.policy_id = w.policy_id
      WHERE p.document::jsonb #> '{target,optimal}' IS NOT NULL) THEN
    -- The price of a budget is a cost of every unit, drawn or not.
    RETURN QUERY SELECT a.account_id::bigint, r.best_limit, round(r.regret::numeric, 4), r.side
      FROM credit_limit_internal.decided(true, NULL, today, true, NULL, NULL, NULL) t
      JOIN policy_version p ON p.policy_id = t.policy_id
      JOIN account a ON a.account_id = t.account_id
      CROSS JOIN LATERAL (SELECT credit_limit.policy_economics(p.document, t.inputs) AS e OFFSET 0) x
      CROSS JOIN LATERAL credit_limit.limit_regret((x.e).demand, a.credit_limit::numeric, (x.e).margin - (x.e).price,
        (x.e).carry + (x.e).price) r
      WHERE r.regret IS NOT NULL;
  END IF;
END
$$;

-- computes report_position as of a day: of every open account its demand in the month after the latest on file, by its 12 months
-- up to that day and the population of its product, currency and segment (demand_posterior; learned from 2,000 of its accounts,
-- drawn by a hash), its latest decision since the last finished run that moved limits, and, of a policy with a target optimal,
-- what its limit forgoes. NULL: the business date, or else the end of the latest month. Writes the positions that changed, in one
-- transaction, and returns how many there are. Before, it counts the months up to that day that are new or were changed, in the
-- same transaction; a notice names those that it counts anew. Notices also say when account_month has neither the month of the
-- day nor the one before, and when the day is past: limits and balances are always those of now. Analyze report_position after
-- the first. Errors: no such book (3F000, 42P01)
CREATE FUNCTION credit_limit.refresh_reports(book text, as_of date DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
  today date := as_of;
  counted record;
  again text;
  n bigint;
  business_date date;
  latest date;
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  PERFORM credit_limit_internal.mark_unwatched();
  today := coalesce(today, (SELECT d.business_date FROM business_day d),
    (SELECT (max(m.month) + interval '1 month')::date - 1 FROM account_month m));
  IF today IS NOT NULL THEN
    PERFORM credit_limit_internal.need_day('a refresh of reports', today);
  END IF;
  LOOP
    counted := credit_limit_internal.count_month(today);
    EXIT WHEN counted.month IS NULL;
    again := CASE WHEN counted.again THEN concat_ws(', ', again, to_char(counted.month, 'YYYY-MM')) ELSE again END;
  END LOOP;
  IF again IS NOT NULL THEN
    RAISE NOTICE 'months counted anew: %', again;
  END IF;
  n := credit_limit_internal.refresh_positions(today);
  again := credit_limit_internal.stale_months();
  IF again IS NOT NULL THEN
    RAISE NOTICE '%', again;
  END IF;
  business_date := (SELECT d.business_date FROM business_day d);
  latest := (SELECT greatest(max(r.as_of), business_date) FROM run r
    WHERE r.job = 'decisions' AND r.move_limits AND r.status = 'done');
  IF today < latest THEN
    RAISE NOTICE 'limits and balances are those of now, not of %', today
      USING DETAIL = format('The book has worked up to %s.', latest), HINT = CASE WHEN business_date = latest
        THEN 'Refresh again without a day, or with that one.'
        ELSE format('Refresh again with that day. Without one it is as of %s; credit_limit.set_business_date() sets the business '
          'date.', coalesce('the business date, ' || business_date, 'the end of the latest month')) END;
  END IF;
  RETURN n;
END
$$;

-- in an open book: what to say where the latest month of account_month tells nothing of the day of the latest refresh; NULL: it
-- does
CREATE FUNCTION credit_limit_internal.stale_months() RETURNS text
LANGUAGE sql STABLE
AS $$
  SELECT format('the latest month of account_month is %s: late accounts of %s are not known', to_char(f.latest_month, 'YYYY-MM'),
    f.as_of)
  FROM report_refresh f WHERE NOT credit_limit_internal.is_recent(f.latest_month, f.as_of)
$$;

-- in an open book: the part of refresh_reports() that computes report_position
CREATE FUNCTION credit_limit_internal.refresh_positions(today date) RETURNS bigint
LANGUAGE plpgsql
AS $$
  -- Demand of an account takes its months and all others, its latest decision a look into the log: so they are kept.
#variable_conflict use_column
DECLARE
  latest date;
  since date;
BEGIN
  -- A second refresh waits for the first. Pictures that were kept are of the one before.
  DELETE FROM report_figure;
  UPDATE report_refresh SET as_of = today, latest_month = credit_limit_internal.latest_month(today), whole_month = (
    SELECT max(w.month) FROM (SELECT m.month, sum(m.accounts) < lag(sum(m.accounts)) OVER (ORDER BY m.month) / 2 AS few
      FROM report_month m WHERE m.month <= today GROUP BY m.month) w WHERE w.few IS NOT TRUE)
  RETURNING latest_month INTO latest;
  SELECT max(r.as_of) INTO since FROM run r WHERE r.move_limits AND r.status = 'done' AND r.as_of <= today;
  DELETE FROM report_position p
  WHERE NOT EXISTS (SELECT FROM account a WHERE a.account_id = p.account_id AND a.status = 'open');
  -- Only what changed is written.
  WITH month AS MATERIALIZED (
      SELECT m.account_id, count(*) AS months,
        credit_limit.demand_agg(m.month, round(m.balance::numeric, 4), round(m.credit_limit::numeric, 4)) AS demand,
        coalesce(credit_limit.months_on_book(max(m.month) FILTER (WHERE m.balance > 0), max(m.month)), count(*))::int
          AS months_inactive
      FROM account_month m
      WHERE m.month <= today AND m.month > today - interval '12 months' GROUP BY m.account_id),
    line AS MATERIALIZED (
      SELECT a.account_id, a.product, a.currency, b.segment, a.credit_limit::numeric, m.months, m.months_inactive, m.demand,
        row_number() OVER (PARTITION BY a.product, a.currency, b.segment ORDER BY hashint8(a.account_id), a.account_id) AS draw
      FROM account a JOIN borrower b ON b.borrower_id = a.borrower_id LEFT JOIN month m ON m.account_id = a.account_id
      WHERE a.status = 'open'),
    population AS MATERIALIZED (
      SELECT l.product, l.currency, l.segment,
        credit_limit.compact(credit_limit.demand_prior_agg(l.account_id::bigint, l.demand)) AS prior
      FROM line l WHERE l.draw <= 2000
      GROUP BY l.product, l.currency, l.segment),
    decided AS (
      SELECT DISTINCT ON (d.account_id) d.* FROM decision d LEFT JOIN run r ON r.run_id = d.run_id
      WHERE d.as_of <= today AND d.as_of >= coalesce(since, '-infinity') AND (d.run_id IS NULL OR r.move_limits)
      ORDER BY d.account_id, d.as_of DESC, d.decided_at DESC, d.decision_id DESC)
  INSERT INTO report_position AS o
    SELECT l.account_id, coalesce(l.months, 0)::int, coalesce(l.months_inactive, 0), q.demand, s.status,
      credit_limit.demand_amount(q.demand), credit_limit.expected_draw_amount(q.demand, x.ceiling),
      d.decision_id, d.as_of, d.action, d.pd, d.old_limit, d.new_limit, d.entitlement, least(d.risk_cap, d.affordability_cap),
      least(d.product_cap, d.regulatory_cap, d.umbrella_cap, d.target), w.best_limit, w.regret, w.side
    FROM line l
    LEFT JOIN population p ON p.product = l.product AND p.currency = l.currency
      AND coalesce(p.segment, '') = coalesce(l.segment, '') AND (p.segment IS NULL) = (l.segment IS NULL)
    LEFT JOIN decided d ON d.account_id = l.account_id
    LEFT JOIN credit_limit_internal.regrets(today) w ON w.account_id = l.account_id
    LEFT JOIN report_assumption own ON own.product = l.product
    JOIN report_assumption any_product ON any_product.product = coalesce(own.product, '')
    CROSS JOIN LATERAL (SELECT any_product.demand_ceiling * greatest(l.credit_limit, d.entitlement) AS ceiling) x
    CROSS JOIN LATERAL (SELECT credit_limit.demand_posterior(l.demand, p.prior, latest) AS demand OFFSET 0) q
    LEFT JOIN LATERAL credit_limit.demand_stats(q.demand) s ON true
  ON CONFLICT (account_id) DO UPDATE
    SET (account_id, months, months_inactive, demand, demand_status, demand_q90, demand_mean, decision_id,
      decided_on, action, pd, old_limit, new_limit, entitlement, risk_cap, product_cap, best_limit, regret, regret_side)
      = ROW (excluded.*)
    WHERE o.* IS DISTINCT FROM excluded.*;
  RETURN (SELECT count(*) FROM report_position);
END
$$;

-- ---- the views ----

-- part of create_book: a view in the schema of the reports, @book@ and @report@ in its definition being the schemas, @segment@
-- that of an account_month m or borrower b, @month_segment@ that of the month alone; with what its columns mean
CREATE FUNCTION credit_limit_internal.create_report(book text, report text, description text, columns jsonb, definition text)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  view text := format('%I.%I', book || '_report', report);
  -- The segment of a past month is the lender's to give.
  month_segment CONSTANT text := CASE WHEN credit_limit_internal.has_column(book, 'account_month', 'segment') THEN 'm.segment'
    ELSE 'NULL::text' END;
  known CONSTANT jsonb := '{"product": "what is lent", "segment": "of the borrower now; NULL: none",
    "currency": "ISO 4217; amounts of different currencies never add up", "month": "its first day, so 2026-11-01",
    "as_of": "the day as of which it was decided", "run_key": "the run; NULL: real time, or a person",
    "source": "run, realtime or override", "moved": "false: of a what-if run, whose decisions changed no limit",
    "action": "of the decision: INCREASE, DECREASE, KEEP, FREEZE, REFER ...", "accounts": "number of accounts",
    "experiment": "name of the experiment", "arm": "arm of the experiment",
    "missing": "shards of the group whose part is not in the report"}';
  c record;
BEGIN
  -- In a group of books each report says which are missing in it, also where it has no other row.
  IF to_regclass(format('%I.missing', book)) IS NOT NULL THEN
    definition := format('SELECT r.*, s.missing FROM @book@.missing s LEFT JOIN (%s) r ON true
      WHERE NOT r IS NULL OR cardinality(s.missing) > 0', definition);
  END IF;
  EXECUTE format('CREATE VIEW %s WITH (security_invoker = true) AS %s', view,
    replace(replace(replace(replace(definition, '@segment@', format('coalesce(%s, b.segment)', month_segment)),
      '@month_segment@', month_segment), '@book@', quote_ident(book)), '@report@', quote_ident(book || '_report')));	-- DDL
  EXECUTE format('COMMENT ON VIEW %s IS %L', view, description);	-- DDL
  FOR c IN SELECT a.attname FROM pg_attribute a WHERE a.attrelid = to_regclass(view) AND a.attnum > 0 LOOP
    EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', view, c.attname, (known || columns) ->> c.attname);	-- DDL
  END LOOP;
END
$$;

-- Reports of a book: how they are made, what they assume, and the positions that are too slow to compute at every look.
--
-- A report shows a reader what his own rights show him of the tables under it, so that row-level security of analysts holds: from
-- PostgreSQL 15 on a view says so (security_invoker). In 14 a view looks with the rights of its owner, but a function inside it
-- with those of the reader: there each report is a view over a function of the same name.
--
-- Amounts of different currencies never add up: every report with an amount has the currency among its groups.

CREATE PROCEDURE credit_limit.create_report(book text, report text, description text, definition text,
    invoker boolean DEFAULT pg_catalog.current_setting('server_version_num')::int >= 150000)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  name text := format('%I.%I', book, report);
  query text := replace(definition, '@book@', quote_ident(book));
  columns text;
BEGIN
  IF to_regclass(name) IS NOT NULL THEN
    RETURN;
  END IF;
  IF invoker THEN
    EXECUTE format('CREATE VIEW %s WITH (security_invoker = true) AS %s', name, query);
  ELSE
    -- The view tells the names and types of the columns, and goes.
    EXECUTE format('CREATE VIEW %s AS %s', name, query);
    SELECT string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum) INTO columns
    FROM pg_attribute WHERE attrelid = to_regclass(name) AND attnum > 0;
    EXECUTE format('DROP VIEW %s', name);
    EXECUTE format('CREATE FUNCTION %s() RETURNS TABLE (%s) LANGUAGE sql STABLE BEGIN ATOMIC %s; END', name, columns, query);
    EXECUTE format('COMMENT ON FUNCTION %s() IS %L', name, description);
    EXECUTE format('CREATE VIEW %s AS SELECT * FROM %s()', name, name);
  END IF;
  EXECUTE format('COMMENT ON VIEW %s IS %L', name, description);
END
$$;
COMMENT ON PROCEDURE credit_limit.create_report(text, text, text, text, boolean) IS
    'part of create_book: a view over the tables of a book, @book@ in its definition being the schema, that shows a reader what his own rights show him; nothing if the book has a relation of that name. invoker: by security_invoker (from PostgreSQL 15 on), or by a function inside the view';

CREATE FUNCTION credit_limit.is_report(relation oid) RETURNS boolean
LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
  SELECT EXISTS (SELECT FROM pg_class c WHERE c.oid = relation AND c.relkind = 'v'
    AND (c.reloptions && ARRAY['security_invoker=true', 'security_invoker=on', 'security_invoker=1']
      OR EXISTS (SELECT FROM pg_proc p JOIN pg_rewrite w ON w.ev_class = c.oid
          JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_proc'::regclass AND d.refobjid = p.oid
        WHERE p.pronamespace = c.relnamespace AND p.proname = c.relname AND NOT p.prosecdef)
        AND NOT EXISTS (SELECT FROM pg_rewrite w JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
          AND d.refclassid = 'pg_class'::regclass WHERE w.ev_class = c.oid AND d.refobjid <> c.oid)))
$$;
COMMENT ON FUNCTION credit_limit.is_report(oid) IS
    'whether a view shows its reader what his own rights show him: by security_invoker, or as one over nothing but a function of its name that is not SECURITY DEFINER. NULL gives NULL';

-- Bands of days past due as collections count them. An expression, so that it is inlined into queries of many rows.
CREATE FUNCTION credit_limit.arrears_band(days_past_due int) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN days_past_due IS NULL THEN 'not known' WHEN days_past_due <= 0 THEN '0' WHEN days_past_due < 30 THEN '1-29'
  WHEN days_past_due < 60 THEN '30-59' WHEN days_past_due < 90 THEN '60-89' ELSE '90+' END;
COMMENT ON FUNCTION credit_limit.arrears_band(int) IS 'band of days past due: 0, 1-29, 30-59, 60-89, 90+, or not known for NULL';

CREATE PROCEDURE credit_limit.create_book_positions(book text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $create$
BEGIN
  CALL credit_limit.create_book_table(book, 'report_assumption', $$
    CREATE TABLE @book@.report_assumption (
      product text PRIMARY KEY,
      margin float8 NOT NULL DEFAULT 0.12 CHECK (margin BETWEEN -1 AND 10),
      carry float8 NOT NULL DEFAULT 0.006 CHECK (carry BETWEEN 0 AND 10),
      ccf float8 NOT NULL DEFAULT 0.4 CHECK (ccf BETWEEN 0 AND 10),
      lgd float8 NOT NULL DEFAULT 0.75 CHECK (lgd BETWEEN 0 AND 2),
      capital float8 NOT NULL DEFAULT 0.08 CHECK (capital BETWEEN 0 AND 2),
      bad_days int NOT NULL DEFAULT 90 CHECK (bad_days > 0),
      outcome_months int NOT NULL DEFAULT 12 CHECK (outcome_months BETWEEN 1 AND 120));
    INSERT INTO @book@.report_assumption (product) VALUES ('');
    COMMENT ON TABLE @book@.report_assumption IS 'what reports assume of a product; the row of the empty name is for products without one of their own. Rates are fractions a year';
    COMMENT ON COLUMN @book@.report_assumption.margin IS 'earned in a year on what is drawn';
    COMMENT ON COLUMN @book@.report_assumption.carry IS 'cost in a year of what is granted and not drawn';
    COMMENT ON COLUMN @book@.report_assumption.ccf IS 'part of the unused limit that is drawn when a borrower defaults';
    COMMENT ON COLUMN @book@.report_assumption.capital IS 'capital for each unit of exposure';
    COMMENT ON COLUMN @book@.report_assumption.bad_days IS 'days past due from which on a borrower is bad';
    COMMENT ON COLUMN @book@.report_assumption.outcome_months IS 'months after a decision in which a borrower turns out bad, or does not'
  $$);
  CALL credit_limit.create_book_table(book, 'report_refresh', $$
    CREATE TABLE @book@.report_refresh (
      only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
      as_of date,
      latest_month date);
    INSERT INTO @book@.report_refresh DEFAULT VALUES;
    COMMENT ON TABLE @book@.report_refresh IS 'the day and the latest month of account_month of which report_position tells: credit_limit.refresh_reports()'
  $$);
  -- Demand of an account takes all its months, its latest decision a look into the log: a minute for a million, so they are kept. Who
  -- may not see an account may not see its position.
  CALL credit_limit.create_book_table(book, 'report_position', $$
    CREATE TABLE @book@.report_position (
      account_id bigint PRIMARY KEY,
      months int NOT NULL,
      months_inactive int NOT NULL,
      demand credit_limit.demand,
      demand_status text,
      demand_own numeric,
      demand_shrunk numeric,
      demand_used numeric,
      demand_basis text,
      decision_id bigint,
      decided_on date,
      action text,
      pd float8,
      old_limit numeric,
      new_limit numeric,
      entitlement numeric,
      risk_cap numeric,
      product_cap numeric);
    COMMENT ON TABLE @book@.report_position IS 'open accounts as of credit_limit.refresh_reports(): their demand, and the latest decision that was in force';
    COMMENT ON COLUMN @book@.report_position.months IS 'months of account_month that were looked at, at most 12';
    COMMENT ON COLUMN @book@.report_position.months_inactive IS 'of these, since the last with a balance';
    COMMENT ON COLUMN @book@.report_position.demand_own IS 'amount that covers nine months in ten, by the account''s own months; NULL: they do not tell';
    COMMENT ON COLUMN @book@.report_position.demand_shrunk IS 'where there is none: the same, leaning on product, currency and segment. A segment of many kinds of borrowers has a long tail, so this is often far above what one of them wants';
    COMMENT ON COLUMN @book@.report_position.demand_used IS 'what the gap takes as demand: own, else the forecast account_feature.demand_q90, else shrunk';
    COMMENT ON COLUMN @book@.report_position.demand_basis IS 'which of them: own, forecast, segment; NULL: not known';
    COMMENT ON COLUMN @book@.report_position.risk_cap IS 'the lower of the caps of risk and affordability';
    COMMENT ON COLUMN @book@.report_position.product_cap IS 'the lowest of the caps of product, law and umbrella';
    ALTER TABLE @book@.report_position ENABLE ROW LEVEL SECURITY;
    CREATE POLICY as_account ON @book@.report_position
      USING (EXISTS (SELECT FROM @book@.account a WHERE a.account_id = report_position.account_id))
  $$);
  -- Reports of decisions are asked by day: days come in order, so an index of ranges is a few pages and costs a run nothing.
  IF EXISTS (SELECT FROM pg_class WHERE oid = to_regclass(format('%I.decision', book)) AND relkind IN ('r', 'p'))
    AND to_regclass(format('%I.decision_by_day', book)) IS NULL THEN
    EXECUTE format('CREATE INDEX decision_by_day ON %I.decision USING brin (as_of, run_id)', book);
  END IF;
END
$create$;
COMMENT ON PROCEDURE credit_limit.create_book_positions(text) IS 'part of create_book: tables of the reports';

CREATE PROCEDURE credit_limit.create_book_reports(book text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  CALL credit_limit.create_book_positions(book);
  CALL credit_limit.create_usage_reports(book);
  CALL credit_limit.create_decision_reports(book);
  CALL credit_limit.create_risk_reports(book);
  CALL credit_limit.create_summary_report(book);
END
$$;
COMMENT ON PROCEDURE credit_limit.create_book_reports(text) IS
    'part of create_book: makes the reports that a book lacks; call it for a book that was made without';

CREATE FUNCTION credit_limit.refresh_reports(book text, as_of date DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  s text := credit_limit.book_schema(book);
  today date := as_of;
  since date;
  n bigint;
BEGIN
  IF to_regclass(s || '.report_position') IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_table', MESSAGE = format('book "%s" has no reports', book),
      HINT = format('CALL credit_limit.create_book_reports(%L) makes them.', book);
  END IF;
  IF today IS NULL THEN
    EXECUTE format('SELECT business_date FROM %s.business_day', s) INTO today;
  END IF;
  IF today IS NULL THEN
    EXECUTE format('SELECT (max(month) + interval ''1 month'')::date - 1 FROM %s.account_month', s) INTO today;
  END IF;
  -- A second refresh waits for the first.
  EXECUTE format('UPDATE %1$s.report_refresh SET as_of = $1, latest_month = (SELECT max(m.month) FROM %1$s.account_month m WHERE m.month <= $1)', s)
    USING today;
  EXECUTE format('SELECT max(r.as_of) FROM %s.run r WHERE r.move_limits AND r.status = ''done'' AND r.as_of <= $1', s)
    INTO since USING today;
  EXECUTE format('DELETE FROM %s.report_position', s);
  EXECUTE replace($q$
    WITH month AS MATERIALIZED (
      SELECT m.account_id, count(*) AS months, credit_limit.demand_agg(m.balance::numeric, m.credit_limit::numeric) AS demand,
        coalesce(12 * (extract(year FROM max(m.month)) - extract(year FROM max(m.month) FILTER (WHERE m.balance > 0)))
          + extract(month FROM max(m.month)) - extract(month FROM max(m.month) FILTER (WHERE m.balance > 0)), count(*))::int AS months_inactive
      FROM @book@.account_month m
      WHERE m.month <= $1 AND m.month > $1 - interval '12 months' GROUP BY m.account_id),
    line AS MATERIALIZED (
      SELECT a.account_id, a.product, a.currency, b.segment, m.months, m.months_inactive, m.demand,
        (credit_limit.demand_stats(m.demand)).status
      FROM @book@.account a JOIN @book@.borrower b ON b.borrower_id = a.borrower_id LEFT JOIN month m ON m.account_id = a.account_id
      WHERE a.status = 'open'),
    prior AS MATERIALIZED (
      SELECT product, currency, segment, credit_limit.rollup(demand) AS demand FROM line GROUP BY product, currency, segment),
    latest AS (
      SELECT DISTINCT ON (d.account_id) d.* FROM @book@.decision d LEFT JOIN @book@.run r ON r.run_id = d.run_id
      WHERE d.as_of <= $1 AND d.as_of >= coalesce($2, '-infinity') AND (d.run_id IS NULL OR r.move_limits)
      ORDER BY d.account_id, d.as_of DESC, d.decided_at DESC, d.decision_id DESC)
    INSERT INTO @book@.report_position
    SELECT l.account_id, coalesce(l.months, 0), coalesce(l.months_inactive, 0), l.demand, l.status,
      v.own, v.shrunk, coalesce(v.own, f.demand_q90, v.shrunk),
      CASE WHEN v.own IS NOT NULL THEN 'own' WHEN f.demand_q90 IS NOT NULL THEN 'forecast' WHEN v.shrunk IS NOT NULL THEN 'segment' END,
      d.decision_id, d.as_of, d.action, d.pd, d.old_limit, d.new_limit, d.entitlement, least(d.risk_cap, d.affordability_cap),
      least(d.product_cap, d.regulatory_cap, d.umbrella_cap)
    FROM line l
    LEFT JOIN prior p ON p.product = l.product AND p.currency = l.currency AND coalesce(p.segment, '') = coalesce(l.segment, '')
      AND (p.segment IS NULL) = (l.segment IS NULL)
    LEFT JOIN @book@.account_feature f ON f.account_id = l.account_id
    CROSS JOIN LATERAL (SELECT
        CASE WHEN l.status IN ('converged', 'never_used', 'no_spread') THEN credit_limit.demand_amount(l.demand) END AS own,
        CASE WHEN l.status NOT IN ('converged', 'never_used', 'no_spread')
          THEN credit_limit.demand_amount(credit_limit.demand_shrink(l.demand, p.demand)) END AS shrunk OFFSET 0) v
    LEFT JOIN latest d ON d.account_id = l.account_id
  $q$, '@book@', s) USING today, since;
  GET DIAGNOSTICS n = ROW_COUNT;
  RETURN n;
END
$$;
COMMENT ON FUNCTION credit_limit.refresh_reports(text, date) IS
    'computes report_position anew as of a day: of every open account the demand by its 12 months up to that day, where they tell too little also that of its product, currency and segment, and the latest decision since the last finished run that moved limits, what-if runs left out. NULL: the business date, or else the end of the latest month. Returns the number of accounts. In one transaction: readers see the old positions until it commits. Analyze report_position after the first. Errors: a book without reports (42P01)';

-- Reports of how risk moves, from counts kept by month, product and segment. A refresh counts a month that is new or has changed,
-- and no other: what it costs does not depend on how many months there are.

-- part of create_book: the tables of what is counted
CREATE FUNCTION credit_limit_internal.watch_tables() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $ddl$

-- months to be counted by the next credit_limit.refresh_reports(), once or several times. Triggers of account_month write here
-- what changed, and the month after, and a refresh those of a partition that was attached; after other changes of months that
-- fire no trigger, insert a row
CREATE TABLE @book@.report_change (
  month date NOT NULL)

-- since when an account is on file, and since when it has been bad: kept from one count to the next
CREATE TABLE @book@.report_first (
  account_id bigint PRIMARY KEY,
  first_month date NOT NULL,	-- its first; infinity: no row any more
  bad_month date)	-- its first with report_assumption.bad_days past due; NULL: none

-- accounts of a month, counted by credit_limit.refresh_reports()
CREATE TABLE @book@.report_month (
  month date NOT NULL,	-- transitions are those from the month before into this one
  product text NOT NULL,
  currency text NOT NULL,
  segment text,	-- of the borrower in that month, where account_month says it, else as it was when the month was counted; of an
    -- account that has left that of the month before
  bad_days int NOT NULL,	-- of report_assumption, when it was counted
  accounts bigint NOT NULL,	-- with a row in that month
  borrowers bigint NOT NULL,	-- who have these
  drawn numeric NOT NULL,	-- by these borrowers: sum of what is drawn, credit balances being 0
  drawn_squares numeric NOT NULL,	-- sum of the squares of what each has drawn
  drawn_largest numeric NOT NULL,	-- the most that one has drawn
  used credit_limit.utilization,	-- of the limits by the balances of these accounts; NULL: no account
  transitions credit_limit.transitions,	-- by band of days past due, from the month before, with the balance there; NULL: no
    -- account had a row then
  UNIQUE NULLS NOT DISTINCT (month, product, currency, segment));
ALTER TABLE @book@.report_month ENABLE ROW LEVEL SECURITY;
CREATE POLICY as_borrower ON @book@.report_month
  USING ((SELECT has_table_privilege('@book@.report_month'::regclass, 'DELETE'))
    OR (SELECT credit_limit_internal.shows_sums('@book@.borrower') AND credit_limit_internal.shows_sums('@book@.account')))

-- accounts of a month by the month in which they were opened, counted by credit_limit.refresh_reports(). Segments as in
-- report_month
CREATE TABLE @book@.report_cohort (
  month date NOT NULL,
  product text NOT NULL,
  currency text NOT NULL,
  segment text,	-- as in report_month
  cohort date NOT NULL,	-- month of opening
  entered bigint NOT NULL,	-- accounts whose first row is of that month, if that is not later than the one after cohort
  entered_bad bigint NOT NULL,	-- of those that ever entered, bad for the first time
  at_risk bigint NOT NULL,	-- accounts of the month before, or opened since, that had not been bad
  bad bigint NOT NULL,	-- of them, bad for the first time
  gone bigint NOT NULL,	-- of them, without a row in that month
  UNIQUE NULLS NOT DISTINCT (month, product, currency, segment, cohort));
ALTER TABLE @book@.report_cohort ENABLE ROW LEVEL SECURITY;
CREATE POLICY as_borrower ON @book@.report_cohort
  USING ((SELECT has_table_privilege('@book@.report_cohort'::regclass, 'DELETE'))
    OR (SELECT credit_limit_internal.shows_sums('@book@.borrower') AND credit_limit_internal.shows_sums('@book@.account')))

-- the pictures of a page, kept by credit_limit.refresh_page() until the next refresh of reports
CREATE TABLE @book@.report_figure (
  figure text NOT NULL,	-- its name, as credit_limit.report_html() has it; empty: the currencies of the book
  currency text NOT NULL,
  query text NOT NULL,	-- what made it
  result jsonb NOT NULL,	-- its columns and rows
  made_at timestamptz NOT NULL DEFAULT clock_timestamp(),	-- when it was computed
  PRIMARY KEY (figure, currency));
ALTER TABLE @book@.report_figure ENABLE ROW LEVEL SECURITY;
CREATE POLICY as_borrower ON @book@.report_figure
  USING ((SELECT has_table_privilege('@book@.report_figure'::regclass, 'DELETE'))
    OR (SELECT credit_limit_internal.shows_sums('@book@.borrower', NULL)
      AND credit_limit_internal.shows_sums('@book@.account', NULL)))
$ddl$;

-- whether the current role may see sums over all rows of a table: no policy hides rows of it, but for that of restrict_analyst(),
-- which holds for the sums too, where they have segments; NULL: they have none
CREATE FUNCTION credit_limit_internal.shows_sums(relation regclass, by_segment text DEFAULT 'segments') RETURNS boolean
LANGUAGE sql STABLE
RETURN NOT row_security_active(relation::oid) OR (SELECT coalesce(bool_or(p.polpermissive AND p.qual = 'true'), false)
    AND NOT bool_or(NOT p.polpermissive AND p.qual <> 'true' AND p.polname IS DISTINCT FROM by_segment)
  FROM (SELECT o.*, pg_get_expr(o.polqual, o.polrelid) AS qual FROM pg_policy o WHERE o.polrelid = relation) p
  WHERE p.polcmd IN ('*', 'r')
    AND EXISTS (SELECT FROM unnest(p.polroles) r(role) WHERE r.role = 0 OR pg_has_role(r.role, 'USAGE')));

-- ---- what changed ----

-- part of the trigger mark_months of account_month, and of erase_borrower(): these months are to be counted, and those after
-- them; NULL: all that were
CREATE FUNCTION credit_limit_internal.mark_months(book text, months date[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  INSERT INTO report_change (month) SELECT DISTINCT (m.month + make_interval(months => n))::date
  FROM (SELECT unnest(months) AS month UNION ALL SELECT r.month FROM report_month r WHERE months IS NULL) m,
    generate_series(0, 1) n;
END
$$;

-- part of create_book and add_months: the triggers of account_month, or of a partition of it, that say which months change
CREATE FUNCTION credit_limit_internal.watch_months(book text, relation text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  k record;
BEGIN
  FOR k IN SELECT * FROM (VALUES ('insert', 'REFERENCING NEW TABLE AS became'),
      ('update', 'REFERENCING OLD TABLE AS changed NEW TABLE AS became'), ('delete', 'REFERENCING OLD TABLE AS changed'),
      ('truncate', '')) v(event, tables) LOOP
    EXECUTE format('CREATE TRIGGER mark_months_%1$s AFTER %1$s ON %2$I.%3$I %4$s FOR EACH STATEMENT
      EXECUTE FUNCTION %2$I.mark_months()', k.event, book, relation, k.tables);	-- DDL
  END LOOP;
END
$$;

-- in an open book, part of mark_unwatched(): marks the months of partitions that were attached since the latest refresh, which
-- fires no trigger. Months of a partition that was dropped keep their counts
CREATE FUNCTION credit_limit_internal.mark_attached() RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  known text[];
  parts text[];
BEGIN
  SELECT f.partitions INTO known FROM report_refresh f;
  -- One that was taken off and put back has been attached by another transaction.
  parts := ARRAY(SELECT format('%s %s', i.inhrelid::oid, i.xmin) FROM pg_partition_tree(to_regclass('account_month')) t
    JOIN pg_inherits i ON i.inhrelid = t.relid ORDER BY 1);
  IF parts IS NOT DISTINCT FROM known THEN
    RETURN;
  END IF;
  UPDATE report_refresh SET partitions = parts;
  IF known IS NULL OR parts <@ known THEN
    RETURN;
  END IF;
  WITH attached AS MATERIALIZED (
      SELECT CASE WHEN t.level = 1 AND pg_get_partkeydef(to_regclass('account_month')::oid) = 'RANGE (month)' THEN
        regexp_match(pg_get_expr(c.relpartbound, c.oid),
          '^FOR VALUES FROM [(]''([^'']+)''[)] TO [(]''([^'']+)''[)]$')::date[] END AS days
      FROM pg_partition_tree(to_regclass('account_month')) t JOIN pg_inherits i ON i.inhrelid = t.relid
      JOIN pg_class c ON c.oid = t.relid WHERE format('%s %s', i.inhrelid::oid, i.xmin) <> ALL (known)),
    month AS (
      SELECT m.day::date AS month FROM attached a CROSS JOIN LATERAL generate_series(date_trunc('month', a.days[1]::timestamp),
        a.days[2]::timestamp - interval '1 day', interval '1 month') m(day)
      UNION SELECT m.month FROM account_month m WHERE EXISTS (SELECT FROM attached a WHERE a.days IS NULL)
      UNION SELECT r.month FROM report_month r WHERE EXISTS (SELECT FROM attached a WHERE a.days IS NULL))
  INSERT INTO report_change (month) SELECT DISTINCT (m.month + make_interval(months => n))::date
  FROM month m, generate_series(0, 1) n
  WHERE EXISTS (SELECT FROM account_month h WHERE h.month = m.month)
    OR EXISTS (SELECT FROM report_month r WHERE r.month = m.month);
END
$$;

-- in an open book, before months are counted: marks all months where nothing tells which changed (account_month is a view, or its
-- triggers are off), or where report_assumption has another number of bad_days
CREATE FUNCTION credit_limit_internal.mark_unwatched() RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  other boolean;
BEGIN
  PERFORM credit_limit_internal.need_every_row('a refresh of reports');
  PERFORM FROM report_refresh FOR NO KEY UPDATE;
  PERFORM credit_limit_internal.mark_attached();
  other := EXISTS (SELECT FROM report_month r LEFT JOIN report_assumption own ON own.product = r.product
    JOIN report_assumption x ON x.product = coalesce(own.product, '') WHERE x.bad_days <> r.bad_days);
  IF other THEN
    DELETE FROM report_first;
  END IF;
  IF other OR NOT EXISTS (SELECT FROM report_month) OR 4 > (SELECT count(*) FROM pg_trigger g
    WHERE g.tgrelid = to_regclass('account_month') AND g.tgname ~ '^mark_months_' AND g.tgenabled IN ('O', 'A')) THEN
    INSERT INTO report_change (month) SELECT m.month FROM account_month m UNION SELECT r.month FROM report_month r;
  END IF;
END
$$;

-- ---- counting ----

-- in an open book: counts the first of the months up to a day that are marked; month: which, NULL if none is; again: whether it
-- had been counted before
CREATE FUNCTION credit_limit_internal.count_month(today date, OUT month date, OUT again boolean)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
  t date;
  before date;
  moved boolean;
BEGIN
  -- One refresh at a time, also of the transactions of a job. The marks go first: what is written from here on is marked again.
  PERFORM FROM report_refresh FOR NO KEY UPDATE;
  t := (SELECT min(c.month) FROM report_change c WHERE c.month <= today);
  month := t;
  again := false;
  IF t IS NULL THEN
    -- A month that comes has been marked by each statement on the one before.
    WITH later AS (DELETE FROM report_change c RETURNING c.month)
    INSERT INTO report_change SELECT DISTINCT l.month FROM later l;
    RETURN;
  END IF;
  before := (t - interval '1 month')::date;
  DELETE FROM report_change c WHERE c.month = t;
  DELETE FROM report_cohort r WHERE r.month = t;
  DELETE FROM report_month r WHERE r.month = t;
  again := FOUND;
  WITH line AS MATERIALIZED (
      SELECT m.account_id::bigint, coalesce(m.days_past_due >= x.bad_days, false) AS bad
      FROM account_month m
      JOIN account a ON a.account_id = m.account_id
      JOIN borrower b ON b.borrower_id = a.borrower_id
      LEFT JOIN report_assumption own ON own.product = a.product
      JOIN report_assumption x ON x.product = coalesce(own.product, '')
      WHERE m.month = t AND b.erased_on IS NULL),
    now AS MATERIALIZED (
      SELECT account_id, v.first_month, v.bad_month, f.account_id IS NOT NULL AS known
      FROM line l FULL JOIN report_first f USING (account_id)
      CROSS JOIN LATERAL (SELECT CASE WHEN l.bad IS NOT NULL THEN least(f.first_month, t) WHEN f.first_month = t THEN 'infinity'
          ELSE f.first_month END AS first_month,
        CASE WHEN l.bad THEN least(f.bad_month, t) WHEN f.bad_month <> t THEN f.bad_month END AS bad_month) v
      WHERE (v.first_month, v.bad_month) IS DISTINCT FROM (f.first_month, f.bad_month)),
    written AS (
      INSERT INTO report_first SELECT n.account_id, n.first_month, n.bad_month FROM now n
      ON CONFLICT (account_id) DO UPDATE SET first_month = excluded.first_month, bad_month = excluded.bad_month)
  SELECT coalesce(bool_or(n.known), false) INTO moved FROM now n;
  -- Later months count who had been bad before them: where that changed, they are counted after this one.
  IF moved THEN
    INSERT INTO report_change SELECT DISTINCT r.month FROM report_month r WHERE r.month > t;
  END IF;
  PERFORM FROM account_month m WHERE m.month = t LIMIT 1;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  -- A view of the lender need not have a segment: then the name is that of the row of nothing.
  WITH pair AS MATERIALIZED (
      SELECT a.product, a.currency, coalesce(c.segment, b.segment) AS segment, a.borrower_id, c.is_here, c.was_here,
        c.balance, c.credit_limit, c.balance_before, c.from_band, c.to_band, x.bad_days, v.cohort, v.next, f.first_month,
        f.bad_month,
        (c.was_here OR v.next >= t) AND (f.bad_month IS NULL OR f.bad_month >= t) AS at_risk
      FROM (VALUES (NULL::text)) nothing(segment)
      CROSS JOIN LATERAL (
        SELECT account_id, coalesce(n.segment, p.segment) AS segment, n.balance, n.credit_limit, p.balance AS balance_before,
          n.balance IS NOT NULL AS is_here, p.balance IS NOT NULL AS was_here,
          credit_limit.arrears_band(p.days_past_due) AS from_band,
          CASE WHEN n.balance IS NULL THEN 'gone' ELSE credit_limit.arrears_band(n.days_past_due) END AS to_band
        FROM (SELECT m.account_id, m.balance::numeric, m.credit_limit::numeric, m.days_past_due::int, segment
          FROM account_month m WHERE m.month = t) n
        FULL JOIN (SELECT m.account_id, m.balance::numeric, m.days_past_due::int, segment FROM account_month m
          WHERE m.month = before) p USING (account_id)) c
      JOIN account a ON a.account_id = c.account_id
      JOIN borrower b ON b.borrower_id = a.borrower_id
      LEFT JOIN report_first f ON f.account_id = c.account_id
      LEFT JOIN report_assumption own ON own.product = a.product
      JOIN report_assumption x ON x.product = coalesce(own.product, '')
      CROSS JOIN LATERAL (SELECT date_trunc('month', a.opened_on::timestamp)::date AS cohort,
        (date_trunc('month', a.opened_on::timestamp) + interval '1 month')::date AS next) v
      WHERE b.erased_on IS NULL),
    cohort AS (
      INSERT INTO report_cohort
      SELECT t, p.product, p.currency, p.segment, p.cohort,
        count(*) FILTER (WHERE greatest(p.first_month, p.cohort) = t AND p.first_month <= p.next),
        count(*) FILTER (WHERE p.bad_month <= t AND greatest(p.bad_month, p.cohort) = t AND p.first_month <= p.next),
        count(*) FILTER (WHERE p.at_risk), count(*) FILTER (WHERE p.at_risk AND p.bad_month = t),
        count(*) FILTER (WHERE p.at_risk AND NOT p.is_here)
      FROM pair p WHERE p.cohort <= t GROUP BY p.product, p.currency, p.segment, p.cohort),
    who AS (
      SELECT w.product, w.currency, w.segment, count(*) AS borrowers, sum(w.drawn) AS drawn, sum(w.drawn * w.drawn) AS squares,
        max(w.drawn) AS largest
      FROM (SELECT p.product, p.currency, p.segment, p.borrower_id, sum(greatest(p.balance, 0)) AS drawn FROM pair p
        WHERE p.is_here GROUP BY p.product, p.currency, p.segment, p.borrower_id) w
      GROUP BY w.product, w.currency, w.segment)
  INSERT INTO report_month
  SELECT t, g.product, g.currency, g.segment, g.bad_days, g.accounts, coalesce(w.borrowers, 0), coalesce(w.drawn, 0),
    coalesce(w.squares, 0), coalesce(w.largest, 0), g.used, g.transitions
  FROM (SELECT p.product, p.currency, p.segment, p.bad_days, count(*) FILTER (WHERE p.is_here) AS accounts,
      credit_limit.utilization_agg(p.balance, p.credit_limit) FILTER (WHERE p.is_here) AS used,
      credit_limit.transitions_agg(p.from_band, p.to_band, round(p.balance_before, 4)) FILTER (WHERE p.was_here) AS transitions
    FROM pair p GROUP BY p.product, p.currency, p.segment, p.bad_days) g
  LEFT JOIN who w ON w.product = g.product AND w.currency = g.currency AND coalesce(w.segment, '') = coalesce(g.segment, '')
    AND (w.segment IS NULL) = (g.segment IS NULL);
END
$$;

-- ---- the views ----

-- part of create_book_reports and create_book_group: the reports of what is counted
CREATE FUNCTION credit_limit_internal.create_count_reports(book text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $create$
BEGIN
  PERFORM credit_limit_internal.create_report(book, 'report_utilization',
    'Use of the limits at the end of each month by product, segment and currency. Of refresh_reports()',
    '{"segment": "of the borrower in that month, where account_month says it, else when the month was counted; NULL: none",
      "accounts": "on file, also those of without_limit", "credit_limit": "sum of the limits",
      "balance": "sum, credit balances being negative", "unused": "limit less what is drawn",
      "over_limit": "drawn above limits",
      "utilization": "ratio of the sums, by the limits of the month file; that of report_summary is by the limits of now",
      "mean": "of the ratios of accounts with a limit", "median": "of these ratios",
      "share_idle": "part of the accounts with a limit that have nothing drawn",
      "share_above_90": "part of the accounts with a limit that are drawn above 90 %",
      "without_limit": "accounts without limit and balance"}',
    $$SELECT g.month, g.product, g.segment, g.currency, s.n AS accounts, round(s.credit_limit, k.decimals) AS credit_limit,
        round(s.balance, k.decimals) AS balance, round(s.unused, k.decimals) AS unused,
        round(s.over_limit, k.decimals) AS over_limit,
        round(s.ratio::numeric, 4) AS utilization, round(s.mean::numeric, 4) AS mean, round(s.p50::numeric, 4) AS median,
        round(s.share_idle::numeric, 4) AS share_idle, round(s.share_above_90::numeric, 4) AS share_above_90,
        s.n_undefined AS without_limit
      -- In a group of books there is a row of each.
      FROM (SELECT m.month, m.product, m.segment, m.currency, credit_limit.rollup(m.used) AS used
        FROM @book@.report_month m WHERE m.accounts > 0 GROUP BY m.month, m.product, m.segment, m.currency) g
      JOIN @report@.report_currency k ON k.currency = g.currency
      CROSS JOIN LATERAL credit_limit.utilization_stats(g.used) s$$);

  PERFORM credit_limit_internal.create_report(book, 'report_transitions',
    'From a month to the next: accounts and balances by band of days past due, product and currency. The last month has no next '
    'one yet. Of refresh_reports()',
    '{"month": "from which accounts went, its first day", '
      '"from_band": "days past due in the month: 0, 1-29, 30-59, 60-89, 90+, or not known",
      "to_band": "in the next; gone: no row then, as the account has left or the file of that month was not complete",
      "share": "of the accounts that were in from_band", "share_on_file": "of those that have a row in the next month; NULL for '
      'gone",
      "low": "lower end of its interval (95 %, Wilson)", "high": "upper end", "balance": "in the month",
      "balance_share": "of what was in from_band"}',
    $$SELECT (g.month - interval '1 month')::date AS month, g.product, g.currency, r.from_state AS from_band,
        r.to_state AS to_band, r.n AS accounts, round(r.rate::numeric, 4) AS share,
        CASE WHEN r.to_state <> 'gone' THEN round(r.n / sum(r.n) FILTER (WHERE r.to_state <> 'gone') OVER (PARTITION BY g.month,
          g.product, g.currency, r.from_state), 4) END AS share_on_file, round(r.low::numeric, 4) AS low,
        round(r.high::numeric, 4) AS high, round(r.amount, k.decimals) AS balance,
        round(r.amount_rate::numeric, 4) AS balance_share
      FROM (SELECT m.month, m.product, m.currency, credit_limit.rollup(m.transitions) AS transitions
        FROM @book@.report_month m GROUP BY m.month, m.product, m.currency) g
      JOIN @report@.report_currency k ON k.currency = g.currency
      CROSS JOIN LATERAL credit_limit.roll_rates(g.transitions) r
      WHERE r.n > 0$$);

  PERFORM credit_limit_internal.create_report(book, 'report_vintages',
    'Accounts by the month in which they were opened: how many of them had been bad up to so many months on book. Accounts whose '
    'first months are not in account_month are left out; months that have not come yet have no row. Of refresh_reports()',
    '{"cohort": "month of opening", "months_on_book": "up to so many months after it",
      "bad": "accounts that had been bad_days past due by then", "bad_rate": "bad by accounts"}',
    $$SELECT v.cohort, v.product, v.currency, v.months_on_book, v.accounts, v.bad,
        round(v.bad::numeric / v.accounts, 6) AS bad_rate
      FROM (SELECT c.cohort, c.product, c.currency, g.n AS months_on_book, c.accounts,
          coalesce(sum(b.bad) OVER (PARTITION BY c.cohort, c.product, c.currency ORDER BY g.n), 0)::bigint AS bad
        FROM (SELECT r.cohort, r.product, r.currency, sum(r.entered)::bigint AS accounts FROM @book@.report_cohort r
          GROUP BY r.cohort, r.product, r.currency HAVING sum(r.entered) > 0) c
        CROSS JOIN LATERAL generate_series(0, credit_limit.months_on_book(c.cohort, (SELECT max(m.month)
          FROM @book@.report_month m))) g(n)
        LEFT JOIN (SELECT r.cohort, r.product, r.currency, r.month, sum(r.entered_bad) AS bad FROM @book@.report_cohort r
          GROUP BY r.cohort, r.product, r.currency, r.month) b ON b.cohort = c.cohort AND b.product = c.product
          AND b.currency = c.currency AND b.month = (c.cohort + make_interval(months => g.n))::date) v$$);

  PERFORM credit_limit_internal.create_report(book, 'report_survival',
    'How long accounts last until they are bad for the first time, by months on book: of all months on file, in each the '
    'accounts of that age that were there the month before, so that accounts opened before the first month count from there on. '
    'Of refresh_reports()',
    '{"months_on_book": "months after that of opening", "at_risk": "accounts seen at that age that had not been bad",
      "bad": "those that turned bad at that age, for the first time", "gone": "those no longer on file",
      "hazard": "bad by at_risk",
      "survival": "probability not to have been bad by then, if none left (Kaplan-Meier)",
      "std_error": "of survival (Greenwood); NULL where that is 0", "incidence": "probability to have been bad by then, where '
      'some leave before (Aalen-Johansen)"}',
    $$SELECT s.product, s.currency, s.months_on_book, s.at_risk, s.bad, s.gone, round(s.bad / s.at_risk, 6) AS hazard,
        round(s.survival::numeric, 6) AS survival, round((nullif(s.survival, 0) * sqrt(s.variance))::numeric, 6) AS std_error,
        round(sum(s.bad / s.at_risk * coalesce(s.lasted, 1)::numeric) OVER w, 6) AS incidence
      FROM (SELECT r.*, CASE WHEN bool_or(r.bad = r.at_risk) OVER w THEN 0
            ELSE exp(sum(ln(1 - r.bad / nullif(r.at_risk, r.bad))) OVER w) END::float8 AS survival,
          (sum(r.bad / (r.at_risk * nullif(r.at_risk - r.bad, 0))) OVER w)::float8 AS variance,
          CASE WHEN bool_or(r.bad + r.gone = r.at_risk) OVER p THEN 0
            ELSE exp(sum(ln(1 - (r.bad + r.gone) / nullif(r.at_risk, r.bad + r.gone))) OVER p) END::float8 AS lasted
        FROM (SELECT c.product, c.currency, credit_limit.months_on_book(c.cohort, c.month) AS months_on_book,
            sum(c.at_risk) AS at_risk, sum(c.bad) AS bad, sum(c.gone) AS gone
          FROM @book@.report_cohort c GROUP BY c.product, c.currency, 3 HAVING sum(c.at_risk) > 0) r
        WINDOW w AS (PARTITION BY r.product, r.currency ORDER BY r.months_on_book),
          p AS (w ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) s
      WINDOW w AS (PARTITION BY s.product, s.currency ORDER BY s.months_on_book)$$);

  -- The limit of the sums: cusum_limit(120, 0.5, 1, 0, 0, 12), which takes too long to be computed at each look.
  PERFORM credit_limit_internal.create_report(book, 'report_bad_rate',
    'Whether more accounts turn bad than did, by product, segment and currency: a control chart (CUSUM) of each month after the '
    'first thirteen of the product on file. The first says of new accounts only that they had not been bad before; mean and '
    'deviation are those of the next twelve months of the group, each by its accounts at risk. A false alarm '
    'comes once in ten years, on average, if months do not depend on each other. Of refresh_reports()',
    '{"segment": "of the borrower in that month", "at_risk": "accounts that had not been bad",
      "bad": "those that turned bad in that month, for the first time", "bad_rate": "bad by at_risk",
      "mean": "rate of twelve months, from the second of the product on, in which the group had accounts; NULL, as deviation, '
      'above and alarm are: it has no more than these",
      "deviation": "of the rates of these months about it; where all had the same rate, that of chance, as if at least one '
      'account had turned bad",
      "above": "sum of what lies more than half a deviation above the mean, in deviations, since it was last 0; NULL in '
      'those twelve months", "alarm": "above is more than 4.1; NULL where that is",
      "limits_moved": "a run changed limits in that month: rates may move for that reason"}',
    $$SELECT c.month, c.product, c.segment, c.currency, c.at_risk, c.bad, round(c.rate, 6) AS bad_rate,
        round(c.mean, 6) AS mean, round(c.deviation, 6) AS deviation,
        CASE WHEN c.place > 12 AND c.deviation > 0 THEN round((c.point).upper::numeric, 4) END AS above,
        CASE WHEN c.place > 12 AND c.deviation > 0 THEN (c.point).upper > 4.1 END AS alarm,
        EXISTS (SELECT FROM @book@.run r WHERE r.job = 'decisions' AND r.status = 'done'
          AND r.move_limits AND r.as_of >= c.month AND r.as_of < c.month + interval '1 month') AS limits_moved
      FROM (SELECT d.*, credit_limit.cusum(CASE WHEN d.place > 12 THEN d.rate::float8 END, coalesce(d.mean, 0)::float8, 0.5, 4.1,
            0, coalesce(nullif(d.deviation, 0), 1)::float8)
          OVER (PARTITION BY d.product, d.currency, d.segment ORDER BY d.month) AS point
        FROM (SELECT b.month, b.product, b.segment, b.currency, b.at_risk, b.bad, b.rate, b.place, b.age,
            CASE WHEN b.months > 12 THEN b.bad_before / b.before END AS mean,
            CASE WHEN b.months > 12 THEN CASE WHEN b.least = b.most
                THEN sqrt(greatest(b.bad_before, 1) / b.before * (1 - greatest(b.bad_before, 1) / b.before) * 12 / b.before)
                ELSE sqrt((b.squares - b.bad_before * b.bad_before / b.before) / b.before * 12 / 11) END END AS deviation
          FROM (SELECT n.*, count(*) OVER w AS months, min(n.rate) FILTER (WHERE n.place <= 12) OVER w AS least,
              max(n.rate) FILTER (WHERE n.place <= 12) OVER w AS most,
              sum(n.at_risk) FILTER (WHERE n.place <= 12) OVER w AS before,
              sum(n.bad) FILTER (WHERE n.place <= 12) OVER w AS bad_before,
              sum(n.bad * n.rate) FILTER (WHERE n.place <= 12) OVER w AS squares
            FROM (SELECT m.*, row_number() OVER (PARTITION BY m.product, m.currency, m.segment ORDER BY m.month) AS place
              FROM (SELECT r.month, r.product, r.segment, r.currency, sum(r.at_risk)::bigint AS at_risk,
                  sum(r.bad)::bigint AS bad, sum(r.bad) / sum(r.at_risk) AS rate,
                  dense_rank() OVER (PARTITION BY r.product, r.currency ORDER BY r.month) AS age
                FROM @book@.report_cohort r GROUP BY r.month, r.product, r.segment, r.currency HAVING sum(r.at_risk) > 0) m
              WHERE m.age > 1) n
            WINDOW w AS (PARTITION BY n.product, n.currency, n.segment)) b) d) c
      WHERE c.age > 13$$);

  PERFORM credit_limit_internal.create_report(book, 'report_concentration',
    'How much of what is drawn is in few hands, by month and currency: of the borrowers of a product, of the segments, and of '
    'the products. A borrower with accounts in two segments or products counts in each. Of refresh_reports()',
    '{"of": "borrowers, segments or products", "product": "whose borrowers; NULL: of segments and products of the book",
      "n": "how many there are", "drawn": "by all together", "hhi": "sum of the squared shares: 1 / n, all equal, to 1, one has '
      'everything; see credit_limit.hhi", "effective_number": "as many equal ones would give that",
      "largest_share": "part of drawn that the largest has"}',
    $$SELECT g.month, g.currency, g."of", g.product, g.n, round(g.drawn, k.decimals) AS drawn,
        round(g.squares / nullif(g.drawn * g.drawn, 0), 6) AS hhi,
        round(g.drawn * g.drawn / nullif(g.squares, 0), 4) AS effective_number,
        round(g.largest / nullif(g.drawn, 0), 4) AS largest_share
      FROM (SELECT m.month, m.currency, 'borrowers' AS "of", m.product, sum(m.borrowers)::bigint AS n, sum(m.drawn) AS drawn,
          sum(m.drawn_squares) AS squares, max(m.drawn_largest) AS largest
        FROM @book@.report_month m GROUP BY m.month, m.currency, m.product
        UNION ALL SELECT s.month, s.currency, s."of", NULL, count(*), sum(s.drawn), sum(s.drawn * s.drawn), max(s.drawn)
        FROM (SELECT m.month, m.currency, 'segments' AS "of", sum(m.drawn) AS drawn FROM @book@.report_month m
            GROUP BY m.month, m.currency, m.segment
          UNION ALL SELECT m.month, m.currency, 'products', sum(m.drawn) FROM @book@.report_month m
            GROUP BY m.month, m.currency, m.product) s
        GROUP BY s.month, s.currency, s."of") g
      JOIN @report@.report_currency k ON k.currency = g.currency$$);
END
$create$;

-- part of create_book_reports: the reports of what is counted, and of what nobody has looked at
CREATE FUNCTION credit_limit_internal.create_watch_reports(book text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $create$
BEGIN
  PERFORM credit_limit_internal.create_count_reports(book);
  PERFORM credit_limit_internal.create_report(book, 'report_unreviewed_lines',
    'Lines on which nobody has decided for a year, by product, segment and currency: open, with a limit, and opened more than '
    '365 days before the day of the reports. Rules want a line of more than a year approved again',
    '{"lines": "open accounts with a limit that are older than a year", "unreviewed": "lines without a decision for 365 days, '
      'those of what-if runs left out", "share": "unreviewed by lines", "credit_limit": "sum of their limits",
      "credit_limit_unreviewed": "of the unreviewed"}',
    $$SELECT l.product, l.segment, l.currency, count(*) AS lines, count(*) FILTER (WHERE l.unreviewed) AS unreviewed,
        round(count(*) FILTER (WHERE l.unreviewed) / count(*)::numeric, 4) AS share,
        round(sum(l.credit_limit), l.decimals) AS credit_limit,
        round(coalesce(sum(l.credit_limit) FILTER (WHERE l.unreviewed), 0), l.decimals) AS credit_limit_unreviewed
      FROM (SELECT a.product, b.segment, a.currency, a.credit_limit::numeric AS credit_limit, k.decimals,
          coalesce(p.decided_on <= f.as_of - 365, true) AND NOT EXISTS (SELECT FROM @book@.decision d
            LEFT JOIN @book@.run r ON r.run_id = d.run_id
            WHERE d.borrower_id = a.borrower_id AND d.account_id = a.account_id AND d.as_of > f.as_of - 365
              AND d.as_of <= f.as_of AND (d.run_id IS NULL OR r.move_limits)) AS unreviewed
        FROM @book@.report_refresh f
        CROSS JOIN @book@.report_position p
        JOIN @book@.account a ON a.account_id = p.account_id
        JOIN @book@.borrower b ON b.borrower_id = a.borrower_id
        JOIN @report@.report_currency k ON k.currency = a.currency
        WHERE a.status = 'open' AND a.credit_limit > 0 AND a.opened_on < f.as_of - 365) l
      GROUP BY l.product, l.segment, l.currency, l.decimals$$);
END
$create$;

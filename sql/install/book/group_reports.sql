-- Reports of a group of books: the parts of its books side by side, and the reports of a book over them.
--
-- A part is what sums up: counts, amounts, or a summary type, which rollup() merges. Reports of counts and of use are the very
-- definitions of a book's, over tables of the same names that hold all parts; no median is made of medians.

-- part of create_book_group: the tables of the parts, and the reports in the schema of its name and _report
CREATE FUNCTION credit_limit_internal.create_group_reports(book_group text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $create$
DECLARE
  definition text;
BEGIN
  FOREACH definition IN ARRAY regexp_split_to_array($ddl$
-- decimals of each book: its report_currency
CREATE TABLE @book@.part_currency (shard int NOT NULL, currency text NOT NULL, decimals int NOT NULL)

-- the gap in each book: its report_gap
CREATE TABLE @book@.part_gap (shard int NOT NULL, product text NOT NULL, segment text, currency text NOT NULL,
  place bigint NOT NULL, cause text NOT NULL, accounts bigint, unused numeric, granted numeric, unmet numeric,
  forgone_margin numeric, idle_cost numeric, contingent_ead numeric, capital_tied numeric, expected_loss numeric,
  regret numeric)

-- decisions in each book: its report_decisions
CREATE TABLE @book@.part_decisions (shard int NOT NULL, as_of date NOT NULL, run_key text, source text NOT NULL,
  moved boolean NOT NULL, product text NOT NULL, currency text NOT NULL, action text NOT NULL, binding text NOT NULL,
  decisions bigint NOT NULL, old_limit numeric, new_limit numeric, change numeric)

-- each book in a row for each currency: its report_summary
CREATE TABLE @book@.part_summary (shard int NOT NULL, as_of date, latest_month date, currency text NOT NULL, accounts bigint,
  borrowers bigint, credit_limit numeric, drawn numeric, unused numeric, gap numeric, gap_risk numeric, gap_product numeric,
  gap_ungranted numeric, gap_demand numeric, gap_dormancy numeric, gap_buffer numeric, unmet numeric, expected_loss numeric,
  late_accounts bigint, late_balance numeric, increases bigint, decreases bigint, freezes bigint, referrals bigint,
  limit_change numeric, cases_open bigint)

-- open cases of each book: its report_cases
CREATE TABLE @book@.part_cases (shard int NOT NULL, case_id bigint NOT NULL, opened_on date, status text, account_id bigint,
  product text, segment text, currency text, severity text, rules text, pd numeric, expected_loss numeric, loss_avoided numeric)

-- counts of months of each book: its report_month
CREATE TABLE @book@.report_month (shard int NOT NULL, month date NOT NULL, product text NOT NULL, currency text NOT NULL,
  segment text, accounts bigint NOT NULL, borrowers bigint NOT NULL, drawn numeric NOT NULL, drawn_squares numeric NOT NULL,
  drawn_largest numeric NOT NULL, used credit_limit.utilization, transitions credit_limit.transitions)

-- counts of cohorts of each book: its report_cohort
CREATE TABLE @book@.report_cohort (shard int NOT NULL, month date NOT NULL, product text NOT NULL, currency text NOT NULL,
  segment text, cohort date NOT NULL, entered bigint NOT NULL, entered_bad bigint NOT NULL, at_risk bigint NOT NULL,
  bad bigint NOT NULL, gone bigint NOT NULL)

-- days on which runs of each book moved limits
CREATE TABLE @book@.run (shard int NOT NULL, job text NOT NULL, status text NOT NULL, move_limits boolean, as_of date)

-- shards whose part the reports are without
CREATE VIEW @book@.missing AS
  SELECT coalesce(array_agg(n.shard ORDER BY n.shard), '{}') AS missing
  FROM @book@.setting s, generate_series(0, s.shards - 1) n(shard)
  WHERE NOT EXISTS (SELECT FROM @book@.member m WHERE m.shard = n.shard AND m.collected_at IS NOT NULL)
$ddl$, E'\n\n') LOOP
    PERFORM credit_limit_internal.create_table(book_group, definition);
  END LOOP;
  EXECUTE format('CREATE SCHEMA %I; COMMENT ON SCHEMA %1$I IS %L', book_group || '_report', format('reports of group %s',
    book_group));	-- DDL
  EXECUTE replace(replace($ddl$
    CREATE VIEW @report@.report_currency AS
      SELECT p.currency, max(p.decimals) AS decimals FROM @book@.part_currency p GROUP BY p.currency;
    COMMENT ON VIEW @report@.report_currency IS 'to how many decimals the reports round: the most of any book'
  $ddl$, '@book@', quote_ident(book_group)), '@report@', quote_ident(book_group || '_report'));	-- DDL
  PERFORM credit_limit_internal.create_count_reports(book_group);

  PERFORM credit_limit_internal.create_report(book_group, 'report_gap',
    'Why what the rules would give is not drawn, and what that costs in a year, by product, segment, currency and cause: sums of '
    'report_gap of the books',
    '{"place": "order of the causes", "cause": "see credit_limit.limit_gap", "accounts": "the same for each cause",
      "unused": "of the entitlement, by this cause", "share": "of what is unused by all causes",
      "granted": "of the limits, what is not drawn by this cause", "unmet": "demand that limits turn away",
      "forgone_margin": "margin on unmet", "idle_cost": "carry of what is granted",
      "contingent_ead": "what of it would be drawn in a default", "capital_tied": "capital for that",
      "expected_loss": "pd x lgd of that", "regret": "what the limits forgo against those that would earn most"}',
    $$SELECT p.product, p.segment, p.currency, p.place, p.cause, sum(p.accounts)::bigint AS accounts, sum(p.unused) AS unused,
        round(sum(p.unused) / nullif(sum(sum(p.unused)) OVER (PARTITION BY p.product, p.segment, p.currency), 0), 4) AS share,
        sum(p.granted) AS granted, sum(p.unmet) AS unmet, sum(p.forgone_margin) AS forgone_margin,
        sum(p.idle_cost) AS idle_cost, sum(p.contingent_ead) AS contingent_ead, sum(p.capital_tied) AS capital_tied,
        sum(p.expected_loss) AS expected_loss, sum(p.regret) AS regret
      FROM @book@.part_gap p GROUP BY p.product, p.segment, p.currency, p.place, p.cause$$);

  PERFORM credit_limit_internal.create_report(book_group, 'report_decisions',
    'Decisions by day, run, product, currency, action and the rule that decided: sums of report_decisions of the books',
    '{"binding": "the rule that decided", "decisions": "number of decisions", "old_limit": "sum of the limits before",
      "new_limit": "sum of the limits after", "change": "new less old limits of decisions that have both"}',
    $$SELECT p.as_of, p.run_key, p.source, p.moved, p.product, p.currency, p.action, p.binding,
        sum(p.decisions)::bigint AS decisions, sum(p.old_limit) AS old_limit, sum(p.new_limit) AS new_limit,
        sum(p.change) AS change
      FROM @book@.part_decisions p GROUP BY 1, 2, 3, 4, 5, 6, 7, 8$$);

  PERFORM credit_limit_internal.create_report(book_group, 'report_cases',
    'Cases to work on in all books, those first that avoid most loss',
    '{"shard": "of the book", "case_id": "number of the case in its book", "opened_on": "day on which it was opened",
      "status": "open, acknowledged or snoozed", "account_id": "of the account", "product": "of the account",
      "segment": "of the borrower", "currency": "of the amounts", "severity": "the highest of its rules",
      "rules": "with an open alert that feeds it", "pd": "probability of default that it was ranked by",
      "expected_loss": "as of the latest run of alerts", "loss_avoided": "of it, what working the case avoids"}',
    $$SELECT p.* FROM @book@.part_cases p ORDER BY p.loss_avoided DESC, p.shard, p.case_id$$);

  PERFORM credit_limit_internal.create_report(book_group, 'report_summary',
    'The group in one row for each currency: sums of report_summary of the books',
    '{"as_of": "of the positions, of the book that is furthest behind", "latest_month": "on file, of that which is",
      "accounts": "that are open",
      "borrowers": "who have them", "credit_limit": "sum of the limits", "drawn": "sum of the balances above 0",
      "unused": "limits less what is drawn", "utilization": "drawn by limits", "gap": "between what rules give and what is drawn",
      "gap_risk": "of it: caps of risk and affordability", "gap_product": "caps of product, law and umbrella, and the target",
      "gap_ungranted": "allowed, and not granted", "gap_demand": "demand smaller than the limit",
      "gap_dormancy": "what accounts not used for 6 months would be expected to draw",
      "gap_buffer": "expected demand that is not drawn now",
      "unmet": "demand that limits turn away", "expected_loss": "of accounts with a PD",
      "late_accounts": "30 days and more past due in the latest month; NULL: not known of a book",
      "late_balance": "balances of these",
      "increases": "latest decisions that raised a limit", "decreases": "that lowered one", "freezes": "that froze one",
      "referrals": "that wait for a person", "limit_change": "new less old limits of the latest decisions",
      "cases_open": "of all currencies, the same in each row: not to be summed"}',
    $$SELECT min(p.as_of) AS as_of, min(p.latest_month) AS latest_month, p.currency,
        sum(p.accounts)::bigint AS accounts, sum(p.borrowers)::bigint AS borrowers, sum(p.credit_limit) AS credit_limit,
        sum(p.drawn) AS drawn, sum(p.unused) AS unused, round(sum(p.drawn) / nullif(sum(p.credit_limit), 0), 4) AS utilization,
        sum(p.gap) AS gap, sum(p.gap_risk) AS gap_risk,
        sum(p.gap_product) AS gap_product, sum(p.gap_ungranted) AS gap_ungranted, sum(p.gap_demand) AS gap_demand,
        sum(p.gap_dormancy) AS gap_dormancy, sum(p.gap_buffer) AS gap_buffer, sum(p.unmet) AS unmet,
        sum(p.expected_loss) AS expected_loss,
        CASE WHEN count(p.late_accounts) = count(*) THEN sum(p.late_accounts)::bigint END AS late_accounts,
        CASE WHEN count(p.late_accounts) = count(*) THEN sum(p.late_balance) END AS late_balance,
        sum(p.increases)::bigint AS increases, sum(p.decreases)::bigint AS decreases, sum(p.freezes)::bigint AS freezes,
        sum(p.referrals)::bigint AS referrals, sum(p.limit_change) AS limit_change,
        (SELECT sum(c.cases_open) FROM (SELECT DISTINCT ON (s.shard) s.cases_open FROM @book@.part_summary s) c)::bigint
          AS cases_open
      FROM @book@.part_summary p GROUP BY p.currency$$);

  PERFORM credit_limit_internal.create_report(book_group, 'report_shards',
    'The books of the group: whose part is in the reports, and how old it is',
    '{"shard": "its place", "book": "its schema", "confirmed_until": "the last day that it may decide on",
      "collected_at": "when the reports last had its part; NULL: they are without it",
      "as_of": "of its positions", "to_count": "months that its refresh_reports() has to count anew",
      "problem": "what went wrong when it was last asked"}',
    $$SELECT m.shard, m.book, m.confirmed_until, m.collected_at, m.as_of, m.to_count, m.problem FROM @book@.member m$$);
END
$create$;

-- part of refresh_group: the parts of one book, which replace those of before
CREATE FUNCTION credit_limit_internal.collect_parts(book_group text, shard int, book text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
  p record;
BEGIN
  FOR p IN SELECT v.* FROM (VALUES
      ('part_currency', book || '_report', 'report_currency', 'currency, decimals'),
      ('part_gap', book || '_report', 'report_gap', 'product, segment, currency, place, cause, accounts, unused, granted, unmet,
        forgone_margin, idle_cost, contingent_ead, capital_tied, expected_loss, regret'),
      ('part_decisions', book || '_report', 'report_decisions', 'as_of, run_key, source, moved, product, currency, action,
        binding, decisions, old_limit, new_limit, change'),
      ('part_summary', book || '_report', 'report_summary', 'as_of, latest_month, currency, accounts, borrowers, credit_limit,
        drawn, unused, gap, gap_risk, gap_product, gap_ungranted, gap_demand, gap_dormancy, gap_buffer, unmet, expected_loss,
        late_accounts, late_balance, increases, decreases, freezes, referrals, limit_change, cases_open'),
      ('part_cases', book || '_report', 'report_cases', 'case_id, opened_on, status, account_id, product, segment, currency,
        severity, rules, pd, expected_loss, loss_avoided'),
      ('report_month', book, 'report_month', 'month, product, currency, segment, accounts, borrowers, drawn, drawn_squares,
        drawn_largest, used, transitions'),
      ('report_cohort', book, 'report_cohort', 'month, product, currency, segment, cohort, entered, entered_bad, at_risk, bad,
        gone'),
      ('run', book, 'run', 'job, status, move_limits, as_of')) v(part, schema, relation, columns) LOOP
    EXECUTE format('INSERT INTO %I.%I (shard, %s) SELECT $1, %3$s FROM %I.%I%s', book_group, p.part, p.columns, p.schema,
      p.relation, CASE p.part WHEN 'run' THEN ' WHERE job = ''decisions'' AND status = ''done'' AND move_limits' END)
      USING collect_parts.shard;	-- a relation of the user's own
  END LOOP;
  EXECUTE format('UPDATE %I.member m SET collected_at = clock_timestamp(), as_of = (SELECT f.as_of FROM %I.report_refresh f),
    to_count = (SELECT count(DISTINCT c.month) FROM %2$I.report_change c, %2$I.report_refresh f
      WHERE c.month <= f.as_of OR f.as_of IS NULL) WHERE m.shard = $1', book_group, book)
    USING collect_parts.shard;	-- a relation of the user's own
END
$$;

-- part of refresh_group: a borrower who is active in the book that he goes to is closed in the one that he leaves. The shards
-- that could not be asked are not to be counted: he might be in both, or in none
CREATE FUNCTION credit_limit_internal.settle_moves(book_group text) RETURNS int[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  m record;
  unsure int[] := '{}';
BEGIN
  PERFORM credit_limit_internal.open_group(book_group);
  FOR m IN SELECT w.move, w.state, w.from_shard, w.to_shard, t.book AS target FROM move w JOIN member t ON t.shard = w.to_shard
      WHERE w.state IN ('copied', 'active') ORDER BY w.move LOOP
    BEGIN
      IF m.state = 'copied' THEN
        CONTINUE WHEN NOT credit_limit_internal.has_arrived(m.target, credit_limit_internal.move_key(m.move));
        UPDATE move w SET state = 'active', changed_at = clock_timestamp() WHERE w.move = m.move;
      END IF;
    EXCEPTION WHEN OTHERS THEN
      -- Counted where he comes from.
      unsure := unsure || m.to_shard;
      CONTINUE;
    END;
    BEGIN
      PERFORM credit_limit_internal.move_step(book_group, m.move);
    EXCEPTION WHEN OTHERS THEN
      unsure := unsure || m.from_shard;
    END;
  END LOOP;
  RETURN unsure;
END
$$;

-- whether a borrower is active in the book to which a move takes him
CREATE FUNCTION credit_limit_internal.has_arrived(book text, move text) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  RETURN EXISTS (SELECT FROM group_move m WHERE m.move = has_arrived.move AND m.state = 'active');
END
$$;

-- collects the parts of all books for the reports of a group, in one transaction, and returns a row for each shard: whether its
-- part is there, or why not. Reports then say in the column missing which parts they are without. Each book refreshes its own
-- positions and counts: refresh_reports(). A borrower who moves is counted in one book. Errors: no such group (3F000, 42P01)
CREATE FUNCTION credit_limit.refresh_group(book_group text) RETURNS TABLE (shard int, book text, collected boolean, problem text)
LANGUAGE plpgsql ROWS 10 SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  unsure int[];
  part text;
  code text;
BEGIN
  PERFORM credit_limit_internal.open_group(book_group);
  PERFORM FROM setting FOR UPDATE;
  FOREACH part IN ARRAY ARRAY['part_currency', 'part_gap', 'part_decisions', 'part_summary', 'part_cases',
      'report_month', 'report_cohort', 'run'] LOOP
    EXECUTE format('DELETE FROM %I.%I', book_group, part);	-- a relation of the user's own
  END LOOP;
  UPDATE member SET collected_at = NULL, as_of = NULL, to_count = NULL;
  unsure := credit_limit_internal.settle_moves(book_group);
  FOR shard, book IN SELECT n, m.book FROM setting s, generate_series(0, s.shards - 1) n LEFT JOIN member m ON m.shard = n
      ORDER BY n LOOP
    collected := false;
    code := NULL;
    problem := CASE WHEN book IS NULL THEN 'the group has no book for it'
      WHEN shard = ANY (unsure) THEN 'a borrower moves, and it could not be asked where he is' END;
    IF problem IS NULL THEN
      BEGIN
        PERFORM credit_limit_internal.collect_parts(book_group, refresh_group.shard, refresh_group.book);
        collected := true;
      EXCEPTION WHEN OTHERS THEN
        problem := SQLERRM;
        code := SQLSTATE;
      END;
    END IF;
    PERFORM credit_limit_internal.note_answer(refresh_group.shard, code, problem);
    RETURN NEXT;
  END LOOP;
END
$$;

-- The page of a book for a credit committee: pictures of its reports, drawn as chart_html draws them. It reads report views only.

-- part of create_book_reports: reports that pages need
CREATE FUNCTION credit_limit_internal.create_page_reports(book text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $create$
BEGIN
  PERFORM credit_limit_internal.create_report(book, 'report_utilization_bands',
    'How much of its limit each open account uses now, in tenths, by product and currency',
    '{"place": "order of the bands", "band": "nothing drawn, up to 10 %, ..., over the limit, or no limit",
      "credit_limit": "sum of the limits", "balance": "sum, credit balances being negative"}',
    $$SELECT u.product, u.currency, u.place, u.band, count(*) AS accounts, round(sum(u.credit_limit), k.decimals) AS credit_limit,
        round(sum(u.balance), k.decimals) AS balance
      FROM (SELECT w.*, CASE w.place WHEN 0 THEN 'nothing drawn' WHEN 11 THEN 'over the limit' WHEN 12 THEN 'no limit'
            ELSE format('%s-%s %%', 10 * w.place - 10, 10 * w.place) END AS band
          FROM (SELECT a.product, a.currency, a.credit_limit::numeric AS credit_limit, a.balance::numeric AS balance,
              CASE WHEN a.balance <= 0 AND a.credit_limit > 0 THEN 0 WHEN a.credit_limit <= 0 THEN 12
                WHEN a.balance > a.credit_limit THEN 11
                ELSE ceil(10 * a.balance::numeric / a.credit_limit::numeric)::int END AS place
            FROM @book@.account a WHERE a.status = 'open') w) u
      JOIN @report@.report_currency k ON k.currency = u.currency
      GROUP BY u.product, u.currency, u.place, u.band, k.decimals$$);

  PERFORM credit_limit_internal.create_report(book, 'report_limit_profit',
    'What other limits would earn in a year on one account of each currency: the one whose limit forgoes most against the best '
    'one, or else the one that wants most beyond its limit. By the rates of report_assumption and the demand of a month',
    '{"account_id": "of the account", "credit_limit": "a limit that it could have", "profit": "expected in a year",
      "expected_draw": "mean of what would be drawn", "current_limit": "the limit that it has"}',
    $$SELECT c.product, c.currency, c.account_id, round(p.credit_limit::numeric, c.decimals) AS credit_limit,
        round(p.profit::numeric, c.decimals) AS profit, round(p.expected_draw::numeric, c.decimals) AS expected_draw,
        round(c.credit_limit, c.decimals) AS current_limit
      FROM (SELECT DISTINCT ON (a.currency) a.currency, a.product, a.account_id, a.credit_limit::numeric AS credit_limit,
          p.demand, greatest(2 * a.credit_limit::numeric, 1.5 * p.demand_q90) AS highest, k.decimals
        FROM @book@.report_position p
        JOIN @book@.account a ON a.account_id = p.account_id
        JOIN @report@.report_currency k ON k.currency = a.currency
        WHERE a.status = 'open' AND a.credit_limit > 0 AND p.demand_q90 > 0
        ORDER BY a.currency, p.regret DESC NULLS LAST, p.demand_q90 - a.credit_limit::numeric DESC, a.account_id) c
      LEFT JOIN @book@.report_assumption own ON own.product = c.product
      JOIN @book@.report_assumption x ON x.product = coalesce(own.product, '')
      CROSS JOIN LATERAL (
        SELECT v.credit_limit, v.profit, v.expected_draw
        FROM credit_limit.limit_profit_curve(c.demand, x.margin, x.carry, 0, c.highest, 41, 'month') v
        UNION SELECT c.credit_limit::float8, credit_limit.limit_profit(c.demand, c.credit_limit, x.margin, x.carry, 'month'),
          credit_limit.expected_draw(c.demand, c.credit_limit::float8)) p$$);

  PERFORM credit_limit_internal.create_report(book, 'report_challenger',
    'Champion against challenger, decision by decision: the latest what-if run of a day on which a run moved limits, against '
    'that run. The swap set is what lies off the diagonal',
    '{"champion": "action of the run that moved limits", "challenger": "action of the what-if run", "challenger_run": "its key",
      "limit_champion": "sum of the new limits of the champion", "limit_challenger": "of the challenger"}',
    $$WITH chosen AS MATERIALIZED (
        SELECT w.as_of, w.run_id AS challenger, w.run_key, (SELECT r.run_id FROM @book@.run r WHERE r.as_of = w.as_of
            AND r.move_limits AND r.status = 'done' AND r.run_key IS NOT NULL ORDER BY r.run_id DESC LIMIT 1) AS champion
        FROM @book@.run w
        WHERE NOT w.move_limits AND w.status = 'done' AND w.run_key IS NOT NULL AND EXISTS (SELECT FROM @book@.run r
          WHERE r.as_of = w.as_of AND r.move_limits AND r.status = 'done' AND r.run_key IS NOT NULL)
        ORDER BY w.as_of DESC, w.run_id DESC LIMIT 1)
      SELECT d.as_of, c.run_key AS challenger_run, d.product, a.currency, d.action AS champion, e.action AS challenger,
        count(*) AS accounts, round(sum(d.new_limit), k.decimals) AS limit_champion,
        round(sum(e.new_limit), k.decimals) AS limit_challenger
      FROM chosen c
      JOIN @book@.decision d ON d.as_of = (SELECT as_of FROM chosen) AND d.run_id = (SELECT champion FROM chosen)
      JOIN @book@.decision e ON e.as_of = (SELECT as_of FROM chosen) AND e.run_id = (SELECT challenger FROM chosen)
        AND e.account_id = d.account_id
      JOIN @book@.account a ON a.account_id = d.account_id
      JOIN @report@.report_currency k ON k.currency = a.currency
      GROUP BY d.as_of, c.run_key, d.product, a.currency, d.action, e.action, k.decimals$$);
END
$create$;

-- part of report_html: the figures of a page, in their order. fill: what fills one that has no rows. In a query @report@ is the
-- schema of the reports, @currency@ the currency, as a text of SQL
CREATE FUNCTION credit_limit_internal.page_figures()
RETURNS TABLE (name text, title text, note text, fill text, kind text, options jsonb, query text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $figures$
  VALUES
    ('use', 'How much of their limits do accounts use?',
      'Open accounts by what they have drawn of their limit today, after the latest run.',
      'It shows the open accounts of table account.',
      'bar', '{}'::jsonb,
      $$SELECT band, sum(accounts) AS accounts
FROM @report@.report_utilization_bands WHERE currency = @currency@
GROUP BY place, band ORDER BY place$$),
    ('utilization', 'How does the use of limits move?',
      'What is drawn at the end of a month, as part of the limits in the file of that month. The latest month is shown when at '
      'least half of the accounts are in it.',
      'It needs months in account_month, counted by the job reports.',
      'line', '{"percent": true}',
      $$SELECT month, product, utilization
FROM (SELECT month, product, round(sum(balance) / nullif(sum(credit_limit), 0), 4) AS utilization,
    lead(month) OVER w IS NULL AND sum(accounts) < lag(sum(accounts)) OVER w / 2 AS incomplete
  FROM @report@.report_utilization WHERE currency = @currency@
  GROUP BY month, product WINDOW w AS (PARTITION BY product ORDER BY month)) v
WHERE incomplete IS NOT TRUE ORDER BY month, product$$),
    ('unused', 'Why is credit that the rules would give not drawn?',
      'Each cause has its part, and the parts add up. risk, product: caps press the limit down; ungranted: not granted yet; '
      'demand: less is wanted than the limit; dormancy: what dormant accounts would be expected to draw, while the rest of their '
      'limits is under demand; buffer: expected demand that is not drawn now.',
      'The job reports fills it; what rules and caps do is known after a run of decisions (run_decisions).',
      'waterfall', '{"total": "all not drawn"}',
      $$SELECT replace(cause, '_', ' ') AS cause, sum(unused) AS unused
FROM @report@.report_gap WHERE currency = @currency@
GROUP BY place, cause HAVING sum(unused) <> 0 ORDER BY place$$),
    ('granted', 'Why are limits not drawn?',
      'What is unused of the limits of today, by cause: less is wanted than the limit; expected demand of dormant accounts, or '
      'of others (buffer); or the limit is above what the rules would give (above entitlement).',
      'The job reports fills it.',
      'waterfall', '{"total": "unused limits"}',
      $$SELECT replace(cause, '_', ' ') AS cause, sum(granted) AS unused
FROM @report@.report_gap WHERE currency = @currency@
GROUP BY place, cause HAVING sum(granted) <> 0 ORDER BY place$$),
    ('cost', 'What do limits forgo, and what do unused ones cost, in a year?',
      'forgone margin: on demand that limits turn away, so no cost of unused credit. idle cost, expected loss: of limits that '
      'are not drawn, to keep them, and on what would be drawn before a default. rules: demand above what the rules would give; '
      'above entitlement: limits above it.',
      'The job reports fills it, by the margin, carry and lgd of report_assumption.',
      'bar', '{}',
      $$SELECT replace(cause, '_', ' ') AS cause, sum(forgone_margin) AS forgone_margin, sum(idle_cost) AS idle_cost,
  sum(expected_loss) AS expected_loss
FROM @report@.report_gap WHERE currency = @currency@
GROUP BY place, cause
HAVING sum(forgone_margin) <> 0 OR sum(idle_cost) <> 0 OR sum(expected_loss) <> 0 ORDER BY place$$),
    ('gains', 'How many of the bad accounts do the lowest scores hold?',
      'Accounts sorted by score, the worst first. Without a score a tenth of them would hold a tenth of the bad ones.',
      'It needs a run of decisions with scores, and account_month for the outcome_months (report_assumption) after it, in '
      'which somebody turned bad.',
      'line', '{"percent": true, "marks": [{"slope": 1, "label": "without a score"}]}',
      $$WITH v AS MATERIALIZED (
  SELECT product, share_accounts, share_bad FROM @report@.report_score_bands WHERE share_bad IS NOT NULL)
SELECT share_accounts, product, share_bad FROM v UNION SELECT 0, product, 0 FROM v ORDER BY product, share_accounts$$),
    ('calibration', 'Is the PD right?',
      'Tenths of the accounts by score: the PD that was given (across), and the part that turned bad since (upwards). On the '
      'line they are equal; above it the PD was too low. With few bad accounts a dot lies off it by chance.',
      'It needs a run of decisions with PDs, and account_month for the outcome_months (report_assumption) after it.',
      'dot', '{"percent": true, "marks": [{"slope": 1, "label": "as promised"}]}',
      $$SELECT round(sum(pd * accounts) / sum(accounts), 6) AS pd, round(sum(bad) / sum(accounts), 6) AS turned_bad,
  CASE band WHEN 1 THEN 'lowest scores' END AS tenth
FROM @report@.report_score_bands
WHERE pd IS NOT NULL
GROUP BY band ORDER BY band$$),
    ('ranking', 'Where does the score rank, and where does it not?',
      'Area under the ROC curve by segment, with its 95 % interval: 0.5 is chance. The long tail has wide intervals.',
      'It needs a run of decisions with scores, and account_month for the outcome_months (report_assumption) after it.',
      'band', '{"marks": [{"y": 0.5, "label": "chance"}]}',
      $$SELECT concat_ws(', ', product, segment) AS segment, auc, conf_low, conf_high
FROM @report@.report_scores ORDER BY product, segment$$),
    ('stability', 'Are scores distributed as they were?',
      'Population stability index of each month against the first.',
      'It needs a run of decisions with scores (run_decisions), and then one of each month.',
      'line', '{"marks": [{"y": 0.1, "label": "look into it"}, {"y": 0.25, "label": "shifted"}]}',
      $$SELECT month, product, psi
FROM @report@.report_drift ORDER BY month, product$$),
    ('roll', 'Where do accounts go from one month to the next?',
      'Days past due in a month (down, with the number of accounts) and in the next (across); the shares of a line '
      'add up to one. gone: without a row in the next month, as the account left or the file was not complete. The latest month '
      'of which most accounts have a next.',
      'It needs two months in a row in account_month, counted by the job reports.',
      'heat', '{"percent": true}',
      $$WITH v AS MATERIALIZED (SELECT * FROM @report@.report_transitions WHERE currency = @currency@),
  moved AS (SELECT from_band, to_band, sum(accounts) AS accounts FROM v
    WHERE month = (SELECT max(month) FROM (SELECT month FROM v GROUP BY month
      HAVING sum(accounts) FILTER (WHERE to_band <> 'gone') > sum(accounts) / 2) full_month)
    GROUP BY from_band, to_band),
  band AS (SELECT b, place FROM unnest('{0,1-29,30-59,60-89,90+,not known,gone}'::text[]) WITH ORDINALITY u(b, place)
    WHERE b IN (SELECT from_band FROM moved UNION SELECT to_band FROM moved))
SELECT f.b || ' (' || sum(m.accounts) OVER w || ')' AS from_band, t.b AS to_band,
  round(m.accounts / sum(m.accounts) OVER w, 4) AS share
FROM band f CROSS JOIN band t LEFT JOIN moved m ON m.from_band = f.b AND m.to_band = t.b
WHERE f.b <> 'gone' WINDOW w AS (PARTITION BY f.b) ORDER BY f.place, t.place$$),
    ('vintages', 'Do younger accounts turn bad faster?',
      'Accounts by the quarter in which they were opened: the part that had been bad up to so many months later. Where a '
      'month of the quarter has not come so far, nothing is shown.',
      'It needs accounts whose first months are in account_month, counted by the job reports.',
      'line', '{"percent": true}',
      $$WITH v AS MATERIALIZED (
  SELECT to_char(cohort, 'YYYY "Q"Q') AS opened, cohort, months_on_book, accounts, bad
  FROM @report@.report_vintages WHERE currency = @currency@),
  whole AS (SELECT opened, count(DISTINCT cohort) AS cohorts FROM v GROUP BY opened ORDER BY opened DESC LIMIT 8)
SELECT months_on_book, opened, round(sum(bad) / sum(accounts), 6) AS bad_rate
FROM v JOIN whole USING (opened)
GROUP BY opened, months_on_book, cohorts HAVING count(DISTINCT cohort) = cohorts
ORDER BY opened, months_on_book$$),
    ('turned_bad', 'Do more accounts turn bad than did?',
      'Part of the accounts that turned bad in a month, for the first time, beside the mean of the first year of '
      'their segments. report_bad_rate says for which segments it is an alarm; one that has no more than thirteen months on file '
      'has no mean, and no alarm.',
      'It needs more than thirteen months in account_month, counted by the job reports.',
      'line', '{"percent": true}',
      $$WITH v AS MATERIALIZED (SELECT * FROM @report@.report_bad_rate WHERE currency = @currency@)
SELECT month, product, round(sum(bad) / sum(at_risk), 6) AS bad_rate FROM v GROUP BY month, product
UNION ALL SELECT month, product || ', first year', round(sum(mean * at_risk) / sum(at_risk), 6) FROM v
WHERE mean IS NOT NULL GROUP BY month, product
ORDER BY month, product$$),
    ('survival', 'How many accounts turn bad in their life?',
      'Part of the accounts that had been bad up to so many months on book, if none were closed before (Kaplan-Meier).',
      'It needs two months in a row in account_month, counted by the job reports.',
      'line', '{"percent": true}',
      $$SELECT months_on_book, product, 1 - survival AS turned_bad
FROM @report@.report_survival WHERE currency = @currency@ ORDER BY product, months_on_book$$),
    ('concentration', 'How much hangs on few borrowers?',
      'As many borrowers with equal debts would be as concentrated (one over the index of Herfindahl and Hirschman). The '
      'latest month is shown when at least half of the borrowers are in it.',
      'It needs balances in account_month, counted by the job reports.',
      'line', '{}',
      $$SELECT month, product, equal_borrowers
FROM (SELECT month, product, effective_number AS equal_borrowers,
    lead(month) OVER w IS NULL AND n < lag(n) OVER w / 2 AS incomplete
  FROM @report@.report_concentration WHERE currency = @currency@ AND "of" = 'borrowers'
  WINDOW w AS (PARTITION BY product ORDER BY month)) v
WHERE incomplete IS NOT TRUE AND equal_borrowers IS NOT NULL ORDER BY month, product$$),
    ('dormant', 'How many lines lie dormant?',
      'Part of the lines without a balance in the last six months. Rules cap it.',
      'It needs lines with six months in account_month, as of the job reports.',
      'bar', '{"percent": true}',
      $$SELECT product, round(sum(dormant) / sum(lines), 4) AS dormant
FROM @report@.report_dormancy WHERE currency = @currency@
GROUP BY product ORDER BY product$$),
    ('forecast', 'How good were the forecasts of balances?',
      'Mean absolute error of the forecast of a month that has come, and of taking the last balance for it, which costs '
      'nothing. The latest month is shown when at least half of the accounts are in it.',
      'It needs forecasts of the job demand (refresh_demand) of a month that has come to account_month since.',
      'bar', '{}',
      $$SELECT to_char(month, 'YYYY-MM') || ', ' || product AS month, forecast, last_balance
FROM (SELECT month, product, round(sum(error * accounts) / sum(accounts), 2) AS forecast,
    round(sum(error_last_balance * accounts) / sum(accounts), 2) AS last_balance,
    lead(month) OVER w IS NULL AND sum(accounts) < lag(sum(accounts)) OVER w / 2 AS incomplete
  FROM @report@.report_demand_quality WHERE currency = @currency@
  GROUP BY month, product WINDOW w AS (PARTITION BY product ORDER BY month)) v
WHERE incomplete IS NOT TRUE ORDER BY v.month DESC, product LIMIT 12$$),
    ('frontier', 'What would more or less exposure earn?',
      'The best division of each budget over the accounts; the latest allocation.',
      'It needs an allocation (draft_allocation) whose budgets suffice, and shares in its option frontier.',
      'dot', '{"joined": true}',
      $$WITH v AS MATERIALIZED (SELECT * FROM @report@.report_frontier WHERE amount IS NOT NULL)
SELECT amount, value, CASE WHEN drafted THEN 'drafted' END AS drafted
FROM v WHERE allocation_id = (SELECT max(allocation_id) FROM v) AND value IS NOT NULL ORDER BY amount$$),
    ('profit', 'What would another limit earn on one account?',
      'The account whose limit forgoes most, or that wants most beyond its limit, by the margin and carry of report_assumption.',
      'The job reports fills it, for a line whose demand it can estimate from account_month.',
      'dot', '{"joined": true}',
      $$SELECT credit_limit, profit, CASE WHEN credit_limit = current_limit THEN 'limit today' END AS today
FROM @report@.report_limit_profit WHERE currency = @currency@ ORDER BY credit_limit$$),
    ('limits', 'How did the latest run move limits?',
      'Sums of the limits before and after, by action.',
      'It needs a run of decisions that moves limits: run_decisions.',
      'bar', '{}',
      $$WITH v AS MATERIALIZED (
  SELECT * FROM @report@.report_decisions WHERE currency = @currency@ AND moved AND run_key IS NOT NULL)
SELECT action, sum(old_limit) AS before, sum(new_limit) AS after
FROM v WHERE as_of = (SELECT max(as_of) FROM v)
GROUP BY action HAVING sum(old_limit) IS NOT NULL ORDER BY action$$),
    ('experiment', 'What do the arms of an experiment earn and lose?',
      'A year, per account: margin on what was drawn, and expected loss.',
      'It needs an experiment (table experiment), and a run of decisions that moves limits.',
      'bar', '{}',
      $$SELECT experiment || ', ' || arm AS arm, round(sum(margin_a_year) / nullif(sum(observed), 0), 2) AS margin,
  round(sum(expected_loss) / sum(accounts), 2) AS expected_loss
FROM @report@.report_experiment WHERE currency = @currency@
GROUP BY experiment, arm ORDER BY experiment, arm$$),
    ('swap', 'Which accounts would a challenger decide otherwise?',
      'Action of the champion (down) and of the challenger (across), accounts. What lies off the diagonal is the swap set.',
      'It needs a what-if run (run_decisions with the option "move_limits": false) of a day on which another run moved '
      'limits.',
      'heat', '{}',
      $$SELECT champion, challenger, sum(accounts) AS accounts
FROM @report@.report_challenger WHERE currency = @currency@
GROUP BY champion, challenger ORDER BY champion, challenger$$),
    ('cases', 'How long have cases been open?',
      'Cases by days since they were opened, and by what the graver of their rules says.',
      'It shows open cases, which run_alerts or the job alerts opens.',
      'stacked', '{}',
      $$SELECT CASE WHEN days_open < 7 THEN 'under a week' WHEN days_open < 30 THEN 'under 30 days' WHEN days_open < 90
    THEN 'under 90 days' ELSE '90 days and more' END AS open_for, severity, count(*) AS cases
FROM @report@.report_cases WHERE currency = @currency@
GROUP BY 1, severity ORDER BY min(days_open), severity DESC$$),
    ('worth', 'Which rules lead to the cases that are worth most?',
      'What working the open cases avoids of their expected loss, by the rules that led to them.',
      'It shows open cases, which run_alerts or the job alerts opens.',
      'bar', '{}',
      $$SELECT rules, sum(loss_avoided) AS loss_avoided
FROM @report@.report_cases WHERE currency = @currency@
GROUP BY rules ORDER BY sum(loss_avoided) DESC LIMIT 12$$)
$figures$;

-- part of report_html and refresh_page: which currencies a book has, those of most accounts first
CREATE FUNCTION credit_limit_internal.page_currencies(book text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN format('SELECT currency, as_of FROM %I.report_summary ORDER BY accounts DESC, currency', book || '_report');

-- part of report_html and refresh_page: the figures of a book in a currency, with their queries. kept: by refresh_page(); open
-- cases are read at each look, as alerts run after the reports and people work on cases all day
CREATE FUNCTION credit_limit_internal.book_figures(book text, currency text)
RETURNS TABLE (place bigint, name text, title text, note text, fill text, kind text, options jsonb, query text, kept boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT p.place, p.name, p.title, p.note, p.fill, p.kind, p.options, replace(replace(p.query, '@report@',
    quote_ident(book_figures.book || '_report')), '@currency@', quote_literal(book_figures.currency)),
    p.name NOT IN ('cases', 'worth')
  FROM credit_limit_internal.page_figures() WITH ORDINALITY p(name, title, note, fill, kind, options, query, place);
END;

-- part of report_html: the rows of a figure's query, kept ones where there are any that the current role may read
CREATE FUNCTION credit_limit_internal.figure_rows(book text, figure text, currency text, query text, kept boolean)
RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  result jsonb;
BEGIN
  IF kept THEN
    EXECUTE format('SELECT f.result FROM %I.report_figure f WHERE f.figure = $1 AND f.currency = $2 AND f.query = $3', book)
      INTO result USING figure, currency, query;	-- a relation of the user's own
  END IF;
  IF result IS NULL THEN
    RETURN credit_limit_internal.picture_rows(query);
  END IF;
  -- Whether he may read it.
  EXECUTE format('SELECT FROM (%s) q LIMIT 0', query);	-- a relation of the user's own
  RETURN result;
END
$$;

-- part of report_html: whether the current role may read the book and sees every row of it, so that kept figures are his own
CREATE FUNCTION credit_limit_internal.sees_book(book text) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  PERFORM credit_limit_internal.need_every_row('a kept picture');
  RETURN has_table_privilege(to_regclass('report_figure'), 'SELECT');
EXCEPTION WHEN insufficient_privilege THEN
  RETURN false;
END
$$;

-- part of report_html: the segments that restrict_analyst() shows the current role; NULL: it sees all
CREATE FUNCTION credit_limit_internal.seen_segments(book text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  IF credit_limit_internal.is_restricted(book, current_user) AND EXISTS (SELECT FROM pg_policy o, unnest(o.polroles) r(role)
      WHERE o.polrelid = to_regclass('borrower') AND o.polname = 'segments' AND pg_has_role(r.role, 'USAGE')) THEN
    RETURN coalesce((SELECT string_agg(DISTINCT a.segment, ', ') FROM analyst_segment a
      WHERE pg_has_role(a.role::oid, 'USAGE')), 'none');
  END IF;
  RETURN NULL;
EXCEPTION WHEN insufficient_privilege THEN
  RETURN NULL;	-- who may not use the book is told what is left out
END
$$;

-- computes the pictures of report_html() and keeps them until the next refresh of reports, so that pages are there at once; those
-- of open cases are computed at each look. Returns how many. The job reports does it every night. Errors: a book without reports
-- (3F000), a role that does not see every row, reports that are not of the book's owner alone (42501)
CREATE FUNCTION credit_limit.refresh_page(book text) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
  f record;
  result jsonb;
  n bigint := 0;
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  PERFORM credit_limit_internal.need_every_row('a refresh of pictures');
  PERFORM credit_limit_internal.need_own_reports(book);
  PERFORM FROM report_refresh FOR NO KEY UPDATE;
  DELETE FROM report_figure;
  FOR f IN SELECT '' AS currency, '' AS name, credit_limit_internal.page_currencies(book) AS query
      UNION ALL SELECT c.currency, p.name, p.query FROM (SELECT DISTINCT a.currency FROM account a WHERE a.status = 'open') c,
        credit_limit_internal.book_figures(book, c.currency) p WHERE p.kept LOOP
    BEGIN
      result := credit_limit_internal.picture_rows(f.query);
      INSERT INTO report_figure (figure, currency, query, result) VALUES (f.name, f.currency, f.query, result);
      n := n + (f.name <> '')::int;
    EXCEPTION WHEN insufficient_privilege OR program_limit_exceeded THEN
      NULL;	-- who may read it computes it, or hears that it has too many rows; a night goes on without
    END;
  END LOOP;
  RETURN n;
END
$$;

-- a page of a book for a credit committee, as HTML that is read offline: pictures of its reports, each with its question, the
-- table behind it and the SQL that made it. Runs with the rights of the caller: what his role may not read is left out and named.
-- Pictures are those that refresh_page() has kept, for a role that sees every row, and the page says since when; others are
-- computed. For a restricted analyst it says which segments it shows. options: currency (by
-- default the one of most accounts), figures (names of those that are wanted, in this order), kept (false: all are computed).
-- Errors: a book without reports (3F000), reports that are not of the book's owner alone (42501), an option, currency or figure
-- that there is not (22023), NULL (22004)
CREATE FUNCTION credit_limit.report_html(book text, options jsonb DEFAULT '{}') RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
  reports CONSTANT text := quote_ident(book || '_report');
  currencies text[];
  chosen text;
  known text;	-- names of figures
  f record;
  kept boolean;
  kept_at timestamptz;
  figures jsonb := '[]';
  kept_out text[] := '{}';
  as_of text;
  introduction text;
BEGIN
  IF book IS NULL OR report_html.options IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed', MESSAGE = 'a page needs a book, and options that are not NULL';
  END IF;
  IF to_regnamespace(reports) IS NULL THEN
    IF right(book, 7) = '_report' THEN
      PERFORM credit_limit_internal.open_book(book);	-- says which book it is
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'invalid_schema_name', MESSAGE = format('book "%s" has no reports', book),
      DETAIL = format('There is no schema %s.', reports),
      HINT = format('SELECT credit_limit.create_book_reports(%L) makes them; they are read in the database of the book.', book);
  END IF;
  known := (SELECT string_agg(p.name, '|') FROM credit_limit_internal.page_figures() p);
  report_html.options := credit_limit_internal.check_options('a page', report_html.options, jsonb_build_object(
    'currency', '$.type() == "string"', 'kept', '$.type() == "boolean"',
    'figures', format('$.type() == "array" && $.size() > 0 && !exists($[*] ? (@.type() != "string" '
      '|| !(@ like_regex "^(%s)$")))', known)),
    format('Options are currency, kept (true or false), and figures, an array of: %s.', replace(known, '|', ', ')));
  PERFORM credit_limit_internal.need_own_reports(book);
  kept := coalesce((report_html.options ->> 'kept')::boolean, true) AND credit_limit_internal.sees_book(book);
  BEGIN
    SELECT array_agg(r.v ->> 0 ORDER BY r.place), min(r.v ->> 1) INTO currencies, as_of
    FROM jsonb_array_elements(credit_limit_internal.figure_rows(book, '', '', credit_limit_internal.page_currencies(book),
      kept) -> 'rows') WITH ORDINALITY r(v, place);
  EXCEPTION WHEN insufficient_privilege THEN
    EXECUTE format('SELECT array_agg(currency ORDER BY currency) FROM %s.report_currency', reports)
      INTO currencies;	-- a relation of the user's own
  END;
  chosen := coalesce(report_html.options ->> 'currency', currencies[1], '');
  IF report_html.options ? 'currency' AND chosen <> ALL (coalesce(currencies, '{}')) THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('book "%s" has no accounts in %s', book, chosen),
      DETAIL = format('It has %s.', coalesce(array_to_string(currencies, ', '), 'no accounts')),
      HINT = 'Leave currency out, or give one of these.';
  END IF;
  FOR f IN SELECT p.* FROM credit_limit_internal.book_figures(book, chosen) p
      LEFT JOIN jsonb_array_elements_text(report_html.options -> 'figures') WITH ORDINALITY w(name, place) ON w.name = p.name
      WHERE w.name IS NOT NULL OR NOT report_html.options ? 'figures' ORDER BY coalesce(w.place, p.place) LOOP
    BEGIN
      figures := figures || (credit_limit_internal.figure(
        credit_limit_internal.figure_rows(book, f.name, chosen, f.query, kept AND f.kept),
        f.query, f.kind, f.options || jsonb_build_object('title', f.title, 'note', f.note))
        || jsonb_build_object('id', f.name, 'fill', f.fill));
    EXCEPTION WHEN insufficient_privilege THEN
      kept_out := kept_out || f.title;
    END;
  END LOOP;
  IF kept THEN
    EXECUTE format('SELECT min(f.made_at) FROM %I.report_figure f WHERE f.currency = $1', book) INTO kept_at
      USING chosen;	-- a relation of the user's own
  END IF;
  introduction := format('<p class="soft">%s</p>', credit_limit_internal.html(concat_ws(' ', format('Book %s%s%s.', book,
      ', amounts in ' || nullif(chosen, ''), ', reports of ' || as_of),
    'Only segments: ' || credit_limit_internal.seen_segments(book) || '.',
    'The pictures were kept at ' || to_char(kept_at AT TIME ZONE 'GMT', 'YYYY-MM-DD HH24:MI "GMT"')
      || ', but for those of cases, which are of now.',
    CASE WHEN cardinality(currencies) > 1
      THEN format('There are pages of %s, too.', array_to_string(array_remove(currencies, chosen), ', ')) END,
    CASE WHEN cardinality(kept_out) > 0 THEN format('Left out, as role %s may not read them: %s', current_user,
      array_to_string(kept_out, ' ')) END)))
    || format('<nav><ol>%s</ol></nav>', (SELECT string_agg(format('<li><a href="#%s">%s</a></li>', e.v ->> 'id',
        credit_limit_internal.html(e.v ->> 'title')), '' ORDER BY e.place)
      FROM jsonb_array_elements(figures) WITH ORDINALITY e(v, place)));
  RETURN credit_limit_internal.html_page(format('Credit limits of %s', book), introduction, figures);
END
$$;

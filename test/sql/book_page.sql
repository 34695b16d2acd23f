-- The page of a book: every figure is its report, a role sees what it may, and what it may not is named.
\set SHOW_CONTEXT never
\i test/helpers.sql
CREATE ROLE regress_page_analyst;
CREATE ROLE regress_page_stranger;
SELECT create_book('book_pg');
SELECT grant_book('book_pg', analyst => 'regress_page_analyst');
CREATE FUNCTION figures(page text) RETURNS jsonb LANGUAGE sql IMMUTABLE
  RETURN substring(page FROM '<script type="application/json" id="figures">([^<]*)</script>')::jsonb;
CREATE FUNCTION said(page text) RETURNS text LANGUAGE sql IMMUTABLE
  RETURN regexp_replace(substring(page FROM '<p class="soft">([^<]*)</p>'), '\d{4}-\d\d-\d\d \d\d:\d\d GMT', 'TIME');

-- An empty book has a page: its figures have nothing to show.
SELECT said(p), jsonb_array_length(figures(p)) AS figures, (SELECT bool_and(f -> 'rows' = '[]') FROM jsonb_array_elements(figures(p)) f) AS all_empty
FROM report_html('book_pg') p;
-- Each says what would fill it: jobs, functions, tables, columns and an option that there are.
CREATE FUNCTION fills(page text) RETURNS TABLE (figure text, fill text) LANGUAGE sql
  AS $$ SELECT m[1], m[2] FROM regexp_matches(page, '<figure class="chart" id="(\w+)">\n<h2>[^<]*</h2>\n<p class="note">[^<]*</p>\n'
    '<p class="soft">([^<]*)</p>', 'g') m $$;
SELECT count(*) AS figures, count(*) FILTER (WHERE fill ~ '^Nothing to show yet\. [A-Z].*\.$') AS say, count(DISTINCT fill) AS ways
FROM report_html('book_pg') p, fills(p);
SELECT count(*) AS words, count(DISTINCT word) AS ones, array_agg(DISTINCT word) FILTER (WHERE to_regproc('credit_limit.' || word) IS NULL
    AND NOT EXISTS (SELECT FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = 'book_pg'::regnamespace
      AND word IN (c.relname, attname))
    AND NOT EXISTS (SELECT FROM pg_proc WHERE pronamespace = 'credit_limit'::regnamespace AND proname = word)) AS wrong
FROM report_html('book_pg') p, fills(p), LATERAL (SELECT m[1] AS word FROM regexp_matches(fill, '\m[a-z]+_[a-z_]+\M', 'g') m
  UNION ALL SELECT m[1] FROM regexp_matches(fill, 'table (\w+)', 'g') m) w;
SELECT array_agg(DISTINCT m[1]) AS jobs, bool_and(EXISTS (SELECT FROM book_pg.job j WHERE j.job = m[1])) AS there
FROM report_html('book_pg') p, fills(p), regexp_matches(fill, 'job (\w+)', 'g') m;

INSERT INTO book_pg.product VALUES ('card', 'Card', 'card', 'CNY', NULL, NULL), ('cash', 'Cash </script><b>', 'cash', 'CNY', NULL, NULL),
  ('abroad', 'Abroad', 'card', 'USD', NULL, NULL);
INSERT INTO book_pg.borrower (borrower_id, segment, external_pd) SELECT i, CASE WHEN i % 3 = 0 THEN 'town </script><b>' ELSE 'farm' END, 0.01 + i % 7 / 100.0
FROM generate_series(1, 90) i;
INSERT INTO book_pg.account (account_id, borrower_id, product, currency, opened_on, credit_limit, balance)
SELECT i, i, v.product, v.currency, '2025-01-01', 1000 * (i % 5), 11 * (i * 37 % 397) - 100
FROM generate_series(1, 90) i, LATERAL (SELECT CASE WHEN i % 9 = 0 THEN 'abroad' WHEN i % 2 = 0 THEN 'card' ELSE 'cash' END AS product,
  CASE WHEN i % 9 = 0 THEN 'USD' ELSE 'CNY' END AS currency) v;
INSERT INTO book_pg.account_month SELECT a.account_id, m, a.credit_limit, greatest(0, a.balance - 10 * extract(month FROM m)::int), 10, 10,
  CASE WHEN a.account_id % 10 = extract(month FROM m)::int THEN 35 WHEN a.account_id % 10 + 1 = extract(month FROM m)::int THEN 65 ELSE 0 END
FROM book_pg.account a, (VALUES (DATE '2025-01-01'), ('2025-02-01'), ('2025-03-01'), ('2025-04-01')) v(m);
-- Two runs of a day, the one of the challenger without moving limits.
INSERT INTO book_pg.run (run_id, run_key, as_of, move_limits, chunk_size, status) VALUES (201, 'champion', '2025-04-30', true, 1, 'done'),
  (202, 'challenger', '2025-04-30', false, 1, 'done');
INSERT INTO book_pg.decision (decision_id, run_id, source, account_id, borrower_id, product, as_of, decided_at, action, score, pd, old_limit, new_limit, 
  binding, reasons, frozen, input_hash, previous_hash, hash)
SELECT 64 * (2 * i + r), 201 + r, 'run', i, i, a.product, '2025-04-30', '2025-04-30', CASE WHEN i % 5 = r THEN 'INCREASE' ELSE 'KEEP' END, 600 + i * 13 % 50,
  0.02, a.credit_limit, a.credit_limit + CASE WHEN i % 5 = r THEN 500 ELSE 0 END, 'x', '{}', false, '', '', ''
FROM generate_series(1, 90) i, generate_series(0, 1) r, book_pg.account a WHERE a.account_id = i;
SELECT refresh_reports('book_pg', '2025-04-30');

-- Figures against queries of the tables, written independently of the reports.
SELECT p AS page FROM report_html('book_pg') p \gset
SELECT said(:'page');
SELECT f ->> 'id' AS figure, f ->> 'kind' AS kind, jsonb_array_length(f -> 'rows') AS rows FROM jsonb_array_elements(figures(:'page')) f;
SELECT figure, fill FROM fills(:'page');
CREATE FUNCTION rows_of(page text, figure text) RETURNS jsonb LANGUAGE sql
  RETURN (SELECT f -> 'rows' FROM jsonb_array_elements(figures(page)) f WHERE f ->> 'id' = figure);
SELECT (SELECT sum((r ->> 1)::int) FROM jsonb_array_elements(rows_of(:'page', 'use')) r) AS accounts,
  (SELECT (r ->> 1)::int FROM jsonb_array_elements(rows_of(:'page', 'use')) r WHERE r ->> 0 = '30-40 %')
    = (SELECT count(*) FROM book_pg.account WHERE currency = 'CNY' AND credit_limit > 0 AND balance * 10 > 3 * credit_limit
      AND balance * 10 <= 4 * credit_limit)
    AS a_tenth,
  (SELECT (r ->> 1)::int FROM jsonb_array_elements(rows_of(:'page', 'use')) r WHERE r ->> 0 = 'nothing drawn')
    = (SELECT count(*) FROM book_pg.account WHERE currency = 'CNY' AND credit_limit > 0 AND balance <= 0) AS nothing_drawn,
  (SELECT (r ->> 1)::int FROM jsonb_array_elements(rows_of(:'page', 'use')) r WHERE r ->> 0 = 'no limit')
    = (SELECT count(*) FROM book_pg.account WHERE currency = 'CNY' AND credit_limit = 0) AS no_limit;
SELECT rows_of(:'page', 'swap') AS swap, (SELECT jsonb_agg(jsonb_build_array(x.champion, x.challenger, x.n) ORDER BY 1) FROM (
  SELECT d.action AS champion, e.action AS challenger, count(*) AS n FROM book_pg.decision d JOIN book_pg.decision e USING (account_id)
  JOIN book_pg.account a USING (account_id) WHERE d.run_id = 201 AND e.run_id = 202 AND a.currency = 'CNY' GROUP BY 1, 2 ORDER BY 1, 2) x) AS by_hand;
SELECT (SELECT jsonb_agg(jsonb_build_array(split_part(r ->> 0, ' (', 1), r -> 1, r -> 2) ORDER BY r ->> 0, r ->> 1)
  FROM jsonb_array_elements(rows_of(:'page', 'roll')) r WHERE r ->> 2 IS NOT NULL)
  = (SELECT jsonb_agg(jsonb_build_array(x.f, x.t, x.share) ORDER BY x.f, x.t) FROM (
  SELECT credit_limit.arrears_band(m.days_past_due) AS f, credit_limit.arrears_band(n.days_past_due) AS t,
    round(count(*) / sum(count(*)) OVER (PARTITION BY credit_limit.arrears_band(m.days_past_due)), 4) AS share
  FROM book_pg.account_month m JOIN book_pg.account_month n ON n.account_id = m.account_id AND n.month = '2025-04-01'
  JOIN book_pg.account a ON a.account_id = m.account_id
  WHERE m.month = '2025-03-01' AND a.currency = 'CNY' GROUP BY 1, 2) x) AS roll_rates;
SELECT (SELECT sum((r ->> 1)::numeric) FROM jsonb_array_elements(rows_of(:'page', 'unused')) r)
    = (SELECT gap FROM book_pg_report.report_summary WHERE currency = 'CNY')
  AS the_parts_of_the_gap_add_up,
  (SELECT sum((r ->> 1)::numeric) FROM jsonb_array_elements(rows_of(:'page', 'granted')) r)
    = (SELECT sum(greatest(credit_limit - greatest(balance, 0), 0)) FROM book_pg.account WHERE currency = 'CNY') AS those_of_limits_too;
-- Costs are shown, too, where no account has a PD, so that no loss is known.
BEGIN;
UPDATE book_pg.report_position SET pd = NULL;
SELECT sum((r ->> 2)::numeric) = (SELECT sum(round(0.006 * greatest(a.credit_limit - greatest(a.balance, 0), 0), 2)) FROM book_pg.account a
    WHERE currency = 'CNY' AND status = 'open') AS idle_cost, bool_and(r ->> 3 IS NULL) AS no_loss
FROM jsonb_array_elements(rows_of(report_html('book_pg', '{"figures": ["cost"]}'), 'cost')) r;
ROLLBACK;
-- A refresh of a past day is said to mix days; where the latest month says nothing of the day, who is late is not known.
BEGIN;
SET LOCAL client_min_messages = notice;
SELECT refresh_reports('book_pg', '2025-04-29') AS positions;
-- So is one by a business date that a run is ahead of: another refresh without a day would say it again.
UPDATE book_pg.business_day SET business_date = '2025-04-29';
SELECT refresh_reports('book_pg') AS positions;
UPDATE book_pg.business_day SET business_date = NULL;
SELECT refresh_reports('book_pg', '2025-06-01') AS positions;
SELECT currency, as_of, latest_month, late_accounts, late_balance FROM book_pg_report.report_summary ORDER BY 1;
SELECT refresh_reports('book_pg', '2025-05-31') AS positions;
SELECT currency, latest_month, (late_accounts, late_balance) = (SELECT count(*), sum(m.balance) FROM book_pg.account_month m JOIN book_pg.account a
  USING (account_id) WHERE m.month = '2025-04-01' AND days_past_due >= 30 AND a.currency = s.currency) AS late FROM book_pg_report.report_summary s ORDER BY 1;
ROLLBACK;
-- A month that has few accounts yet is no point of a line, and is one when half of them have come.
BEGIN;
INSERT INTO book_pg.account_month SELECT account_id, '2025-05-01', 1000, 900, 10, 10, 0 FROM book_pg.account WHERE product = 'card' ORDER BY 1 LIMIT 5;
SELECT refresh_reports('book_pg', '2025-05-31');
SELECT f.figure, max(r ->> 0) AS latest FROM (VALUES ('utilization'), ('concentration')) f(figure),
  jsonb_array_elements(rows_of(report_html('book_pg'), f.figure)) r WHERE r ->> 1 = 'card' GROUP BY 1;
INSERT INTO book_pg.account_month SELECT account_id, '2025-05-01', 1000, 900, 10, 10, 0 FROM book_pg.account
WHERE product = 'card' ORDER BY 1 LIMIT 15 OFFSET 5;
SELECT refresh_reports('book_pg', '2025-05-31');
SELECT f.figure, max(r ->> 0) AS latest, count(*) FILTER (WHERE r ->> 0 = '2025-05-01') AS points FROM (VALUES ('utilization'), ('concentration')) f(figure),
  jsonb_array_elements(rows_of(report_html('book_pg'), f.figure)) r WHERE r ->> 1 = 'card' GROUP BY 1;
-- Nor does check_book() miss the others before.
SELECT count(*) AS months, (SELECT count(*) FROM check_book('book_pg') c WHERE c.problem ~ 'latest month') AS missed
FROM book_pg.account_month WHERE month = '2025-05-01';
INSERT INTO book_pg.account_month SELECT account_id, '2025-05-01', 1000, 900, 10, 10, 0 FROM book_pg.account WHERE product <> 'card';
SELECT count(*) AS months, (SELECT c.row_count FROM check_book('book_pg') c WHERE c.problem ~ 'latest month') AS missed,
  (SELECT count(*) FROM book_pg.account a WHERE a.credit_limit > 0 AND NOT EXISTS (SELECT FROM book_pg.account_month m
    WHERE m.account_id = a.account_id AND m.month = '2025-05-01')) AS without
FROM book_pg.account_month WHERE month = '2025-05-01';
ROLLBACK;
SELECT count(*) AS limits, count(*) FILTER (WHERE r ->> 2 = 'limit today') AS today, bool_and((r ->> 0)::numeric >= 0) AS right
FROM jsonb_array_elements(rows_of(:'page', 'profit')) r;
SELECT position('</script><b>' IN :'page') AS tags_of_a_lender;

-- Scores: the outcome lies three months later; the tenths against ntile() over the tables.
UPDATE book_pg.report_assumption SET outcome_months = 3, bad_days = 60;
INSERT INTO book_pg.account_month SELECT account_id, m, credit_limit, 50, 10, 10, CASE WHEN account_id * 13 % 50 < 20 AND account_id % 2 = 0 THEN 70 ELSE 0 END
FROM book_pg.account, (VALUES (DATE '2025-05-01'), ('2025-06-01'), ('2025-07-01')) v(m);
SELECT refresh_reports('book_pg', '2025-07-31');
CREATE TEMP TABLE truth AS SELECT a.product, d.score, a.account_id, a.account_id * 13 % 50 < 20 AND a.account_id % 2 = 0 AS bad
FROM book_pg.decision d JOIN book_pg.account a USING (account_id)
WHERE d.run_id = 202 AND a.account_id % 10 <> 3;	-- 65 days late in April: bad on the day
SELECT b.product, count(*) AS bands, bool_and(b.bad = t.bad AND b.accounts = t.n AND b.from_score = t.low AND b.to_score = t.high) AS same,
  bool_and(b.bad_rate = round(t.bad::numeric / t.n, 6) AND b.pd = 0.02) AS rates, max(b.share_accounts) AS all_accounts, max(b.share_bad) AS all_bad,
  bool_and(b.share_bad = round(t.bad_before / t.bad_all, 4)) AS gains
FROM book_pg_report.report_score_bands b JOIN (
  SELECT product, band, count(*) AS n, count(*) FILTER (WHERE bad) AS bad, min(score)::numeric AS low, max(score)::numeric AS high,
    sum(count(*) FILTER (WHERE bad)) OVER (PARTITION BY product ORDER BY band) AS bad_before,
    nullif(sum(count(*) FILTER (WHERE bad)) OVER (PARTITION BY product), 0) AS bad_all
  FROM (SELECT *, ntile(10) OVER (PARTITION BY product ORDER BY score, account_id) AS band FROM truth) x GROUP BY product, band) t USING (product, band)
GROUP BY b.product ORDER BY b.product;
-- Not before most accounts are in the last month of the outcome.
BEGIN;
DELETE FROM book_pg.account_month WHERE month = '2025-07-01' AND account_id > 5;
SELECT refresh_reports('book_pg', '2025-07-31');
SELECT latest_month, whole_month, (SELECT count(*) FROM book_pg_report.report_score_bands) AS bands FROM book_pg.report_refresh;
ROLLBACK;

-- Another currency, some figures in another order.
SELECT said(p), (SELECT string_agg(f ->> 'id', ' ') FROM jsonb_array_elements(figures(p)) f) AS figures, rows_of(p, 'limits') AS limits
FROM report_html('book_pg', '{"currency": "USD", "figures": ["limits", "use"]}') p;

-- Kept pictures are those of the last refresh, for who sees every row and may read the reports; a refresh of reports drops them.
CALL run_job('book_pg', 'reports', '2025-07-31');
SELECT count(*) AS kept, count(DISTINCT currency) - 1 AS currencies FROM book_pg.report_figure;
SELECT md5(figures(report_html('book_pg', '{"kept": false}'))::text) AS live \gset
SELECT md5(figures(report_html('book_pg'))::text) = :'live' AS as_computed;
UPDATE book_pg.account SET balance = 4000 WHERE account_id = 2;
SELECT md5(figures(report_html('book_pg'))::text) = :'live' AS as_kept,
  md5(figures(report_html('book_pg', '{"kept": false}'))::text) <> :'live' AS balances_moved;
SET ROLE regress_page_analyst;
SELECT md5(figures(report_html('book_pg'))::text) = :'live' AS as_kept, (SELECT count(*) > 0 FROM book_pg.report_figure) AS seen;
SELECT refresh_page('book_pg');
RESET ROLE;
REVOKE SELECT ON book_pg_report.report_cases FROM regress_page_analyst;
SET ROLE regress_page_analyst;
SELECT said(p), jsonb_array_length(figures(p)) AS figures FROM report_html('book_pg') p;
RESET ROLE;
GRANT SELECT ON book_pg_report.report_cases TO regress_page_analyst;
BEGIN;
SET LOCAL client_min_messages = notice;
SELECT restrict_analyst('book_pg', 'regress_page_analyst', '{farm,fram}');
SET LOCAL ROLE regress_page_analyst;
SELECT (SELECT count(*) FROM book_pg.report_figure) AS kept,
  (SELECT sum((r ->> 1)::int) FROM jsonb_array_elements(rows_of(report_html('book_pg'), 'use')) r) AS accounts_in_the_figure,
  (SELECT count(*) FROM book_pg.account WHERE currency = 'CNY' AND status = 'open') AS accounts_seen;
SELECT said(report_html('book_pg'));
ROLLBACK;
-- Cases are those of now; the page says of when the others are, and none where all were computed.
BEGIN;
INSERT INTO book_pg.alert_case (case_id, account_id, borrower_id, opened_on, severity, pd, expected_loss, loss_avoided, place)
VALUES (1, 2, 2, '2025-07-31', 'act', 0.3, 100, 60, 1);
SELECT set_business_date('book_pg', '2025-08-01');
SELECT position('kept at ' || (SELECT to_char(min(made_at) AT TIME ZONE 'GMT', 'YYYY-MM-DD HH24:MI "GMT"') FROM book_pg.report_figure
    WHERE currency = 'CNY') || ',' IN p) > 0 AS minute, said(p), rows_of(p, 'cases') AS cases, rows_of(p, 'worth') AS worth
FROM report_html('book_pg') p;
SELECT said(p), rows_of(p, 'cases') AS cases FROM report_html('book_pg', '{"kept": false}') p;
ROLLBACK;
SELECT refresh_page('book_pg');
SELECT md5(figures(report_html('book_pg'))::text) <> :'live' AS anew;
SELECT refresh_reports('book_pg', '2025-07-31');
SELECT count(*) AS kept FROM book_pg.report_figure;
UPDATE book_pg.account SET balance = 11 * (2 * 37 % 397) - 100 WHERE account_id = 2;

-- A role that reads reports; one report is taken from it, and is named; a stranger has none, and a page without figures.
SELECT md5(figures(report_html('book_pg'))::text) AS owners \gset
SET ROLE regress_page_analyst;
SELECT said(p), (SELECT md5(figures(p)::text)) = :'owners' AS as_the_owner
FROM report_html('book_pg') p;
RESET ROLE;
SELECT jsonb_array_length(figures(report_html('book_pg'))) AS figures \gset
REVOKE SELECT ON book_pg_report.report_cases, book_pg_report.report_summary FROM regress_page_analyst;
SET ROLE regress_page_analyst;
SELECT said(p), :figures - jsonb_array_length(figures(p)) AS fewer FROM report_html('book_pg') p;
RESET ROLE;
GRANT USAGE ON SCHEMA credit_limit TO regress_page_stranger;
SET ROLE regress_page_stranger;
SELECT report_html('book_pg');
RESET ROLE;
-- A role that reads reports only has the page, computed, once it may use the functions.
GRANT USAGE ON SCHEMA credit_limit_internal TO regress_page_stranger;
SELECT grant_book('book_pg', bi => 'regress_page_stranger');
SET ROLE regress_page_stranger;
SELECT said(p), (SELECT md5(figures(p)::text)) = :'owners' AS as_the_owner FROM report_html('book_pg') p;
RESET ROLE;

-- What is refused.
SELECT report_html(NULL);
SELECT report_html('book_pg', NULL);
SELECT report_html('no_book');
SELECT report_html('book_pg_report');
SELECT report_html('book_pg', '{"currency": "EUR"}');
SELECT report_html('book_pg', '{"currency": 5}');
SELECT report_html('book_pg', '{"figures": ["use", "abuse"]}');
SELECT report_html('book_pg', '{"figure": "use"}');
SELECT report_html('book_pg', '7');
SELECT drop_book('book_pg');
DROP OWNED BY regress_page_analyst, regress_page_stranger;
DROP ROLE regress_page_analyst, regress_page_stranger;

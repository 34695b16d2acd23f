-- Reports of how risk moves, from counts by month, product and segment: each equals plain SQL over account_month, whatever changed
-- there, and only the months that it touches are counted anew.
\set VERBOSITY terse
\i test/helpers.sql
CREATE ROLE regress_watch_analyst;
CREATE ROLE regress_watch_branch;
CREATE ROLE regress_watch_engine;
CREATE ROLE regress_watch_loader;
SELECT credit_limit.create_book('book_wr');
SELECT credit_limit.grant_book('book_wr', analyst => 'regress_watch_analyst', bi => 'regress_watch_branch', engine => 'regress_watch_engine',
  loader => 'regress_watch_loader');
-- Before there is a month, there is nothing to count.
SELECT credit_limit.refresh_reports('book_wr') AS positions, credit_limit.refresh_reports('book_wr', '2026-11-30') AS positions;
SELECT credit_limit.add_months('book_wr', '2025-06-01', 18);
INSERT INTO book_wr.product VALUES ('cash', 'Cash line', 'standby_cash', 'CNY', NULL, NULL), ('card', 'Card', 'card', 'USD', NULL, NULL);
INSERT INTO book_wr.borrower (borrower_id, segment) SELECT i, (ARRAY['town', 'country', NULL])[1 + i % 3] FROM generate_series(1, 80) i;
-- A third was opened before the first month on file; some borrowers have two accounts of a product.
INSERT INTO book_wr.account (account_id, borrower_id, product, currency, opened_on, credit_limit)
  SELECT 100 + i, 1 + i % 80, p, CASE p WHEN 'cash' THEN 'CNY' ELSE 'USD' END, DATE '2025-03-15' + (i * 7 % 9) * 30, 1000
  FROM generate_series(0, 129) i, LATERAL (SELECT CASE WHEN i % 5 < 3 THEN 'cash' ELSE 'card' END) v(p);
-- Some leave, some are not there for a month, some come late; the segment of a month is that of the borrower, or another one.
CREATE TABLE months AS
  SELECT account_id, m::date AS month, 1000 AS credit_limit, round((draw(i + 1, k) * 900 - 50)::numeric, 2) AS balance, 50 AS payment, 50 AS due,
    CASE WHEN d < 0.04 THEN NULL WHEN d < 0.1 THEN 95 WHEN d < 0.3 THEN (draw(i + 3, k) * 80)::int ELSE 0 END AS days_past_due,
    CASE WHEN draw(i + 4, k) < 0.2 THEN 'moved' END AS segment
  FROM book_wr.account, generate_series(0, 17) k,
    LATERAL (SELECT DATE '2025-06-01' + make_interval(months => k), 10 * account_id::int, draw(10 * account_id::int + 2, k)) v(m, i, d)
  WHERE m >= date_trunc('month', opened_on) + make_interval(months => CASE WHEN account_id % 17 = 0 THEN 3 ELSE 0 END)
    AND draw(i + 5, k) > 0.02 AND NOT (account_id % 13 = 0 AND k > 9);
\set load 'INSERT INTO book_wr.account_month (account_id, month, credit_limit, balance, payment, due, days_past_due, segment) SELECT * FROM months'
GRANT SELECT ON months TO regress_watch_loader;
GRANT USAGE ON SCHEMA test_book_watch_reports TO regress_watch_loader;
SET ROLE regress_watch_loader;
:load WHERE month < '2026-11-01';
RESET ROLE;

-- By plain SQL: every account in every month in which, or in the month before which, it has a row.
CREATE MATERIALIZED VIEW pair AS
SELECT t.month, a.account_id, a.borrower_id, a.product, a.currency, c.cohort, coalesce(n.segment, p.segment, b.segment) AS segment,
  n.account_id IS NOT NULL AS here, p.account_id IS NOT NULL AS before, n.balance, p.balance AS balance_before,
  CASE WHEN p.days_past_due IS NULL THEN 'not known' WHEN p.days_past_due = 0 THEN '0'
    ELSE (ARRAY['1-29', '30-59', '60-89', '90+'])[least(p.days_past_due / 30, 3) + 1] END AS from_band,
  CASE WHEN n.account_id IS NULL THEN 'gone' WHEN n.days_past_due IS NULL THEN 'not known' WHEN n.days_past_due = 0 THEN '0'
    ELSE (ARRAY['1-29', '30-59', '60-89', '90+'])[least(n.days_past_due / 30, 3) + 1] END AS to_band,
  (p.account_id IS NOT NULL OR c.cohort >= t.month - interval '1 month') AND c.cohort <= t.month
    AND coalesce(t.month <= e.bad_month, true) AS at_risk,
  coalesce(n.days_past_due >= x.bad_days, false) AS bad
FROM (SELECT DISTINCT month FROM book_wr.account_month) t CROSS JOIN book_wr.account a JOIN book_wr.borrower b USING (borrower_id)
CROSS JOIN book_wr.report_assumption x
LEFT JOIN (SELECT m.account_id, min(m.month) AS bad_month FROM book_wr.account_month m, book_wr.report_assumption x WHERE m.days_past_due >= x.bad_days
  GROUP BY 1) e ON e.account_id = a.account_id
CROSS JOIN LATERAL (SELECT date_trunc('month', a.opened_on)::date AS cohort) c
LEFT JOIN book_wr.account_month n ON n.account_id = a.account_id AND n.month = t.month
LEFT JOIN book_wr.account_month p ON p.account_id = a.account_id AND p.month = (t.month - interval '1 month')::date
WHERE (n.account_id IS NOT NULL OR p.account_id IS NOT NULL) AND b.erased_on IS NULL;
CREATE FUNCTION transitions(mine text[]) RETURNS TABLE (month date, product text, currency text, from_band text, to_band text, accounts bigint,
  share numeric, share_on_file numeric, balance numeric, balance_share numeric) LANGUAGE sql AS $$
  SELECT (month - interval '1 month')::date, product, currency, from_band, to_band, count(*), round(count(*) / sum(count(*)) OVER w, 4),
    CASE WHEN to_band <> 'gone' THEN round(count(*) / sum(count(*)) FILTER (WHERE to_band <> 'gone') OVER w, 4) END,
    round(sum(balance_before), 2), round(sum(balance_before) / nullif(sum(sum(balance_before)) OVER w, 0), 4)
  FROM pair WHERE before AND (mine IS NULL OR segment = ANY (mine)) GROUP BY month, product, currency, from_band, to_band
  WINDOW w AS (PARTITION BY month, product, currency, from_band)
$$;
-- An account belongs to a cohort whose first rows are on file; what happened to it counts in the segment that it had then.
CREATE FUNCTION vintages(mine text[]) RETURNS TABLE (cohort date, product text, currency text, months_on_book int, accounts bigint, bad bigint)
LANGUAGE sql AS $$
  WITH life AS (SELECT p.account_id, min(month) FILTER (WHERE here) AS seen, greatest(min(month) FILTER (WHERE here), p.cohort) AS first,
      CASE WHEN bool_or(bad) THEN greatest(min(month) FILTER (WHERE bad), p.cohort) END AS bad_month FROM pair p GROUP BY 1, p.cohort),
    event AS (SELECT p.*, first, bad_month FROM pair p JOIN life USING (account_id)
      WHERE seen <= p.cohort + interval '1 month' AND p.cohort <= p.month AND (mine IS NULL OR segment = ANY (mine)))
  SELECT e.cohort, e.product, e.currency, n, count(*) FILTER (WHERE month = first), count(*) FILTER (WHERE month = bad_month
      AND month <= e.cohort + make_interval(months => n))
  FROM event e, generate_series(0, 30) n WHERE e.cohort + make_interval(months => n) <= (SELECT max(month) FROM pair)
  GROUP BY 1, 2, 3, 4 HAVING count(*) FILTER (WHERE month = first) > 0
$$;
-- Survival: month after month, multiplied.
CREATE FUNCTION survival(mine text[]) RETURNS TABLE (product text, currency text, months_on_book int, at_risk numeric, bad numeric, gone numeric,
  survival numeric, std_error numeric, incidence numeric) LANGUAGE sql AS $$
  WITH RECURSIVE age AS (SELECT product, currency, k::int, count(*)::numeric AS n, count(*) FILTER (WHERE bad) AS d, count(*) FILTER (WHERE NOT here) AS c,
      row_number() OVER (PARTITION BY product, currency ORDER BY k) AS place
    FROM pair, LATERAL (SELECT 12 * extract(year FROM age(month, cohort)) + extract(month FROM age(month, cohort)) AS k) v
    WHERE at_risk AND (mine IS NULL OR segment = ANY (mine)) GROUP BY product, currency, k),
  life AS (SELECT a.*, 1 - d / n AS s, d / n / nullif(n - d, 0) AS v, d / n AS f, 1 - (d + c) / n AS lasted FROM age a WHERE place = 1
    UNION ALL SELECT a.*, l.s * (1 - a.d / a.n), l.v + a.d / a.n / nullif(a.n - a.d, 0), l.f + l.lasted * a.d / a.n, l.lasted * (1 - (a.d + a.c) / a.n)
    FROM life l JOIN age a ON (a.product, a.currency, a.place) = (l.product, l.currency, l.place + 1))
  SELECT product, currency, k, n, d, c, round(s, 6), CASE WHEN s > 0 THEN round(s * sqrt(v), 6) END, round(f, 6) FROM life
$$;
CREATE FUNCTION concentration(mine text[]) RETURNS TABLE (month date, currency text, "of" text, product text, n bigint, drawn numeric, hhi numeric,
  largest_share numeric) LANGUAGE sql AS $$
  WITH who AS (
    SELECT month, currency, 'borrowers' AS "of", product, sum(greatest(balance, 0)) AS x FROM pair
    WHERE here AND (mine IS NULL OR segment = ANY (mine)) GROUP BY month, currency, product, segment, borrower_id
    UNION ALL SELECT month, currency, 'segments', NULL, coalesce(sum(greatest(balance, 0)) FILTER (WHERE here), 0) FROM pair
    WHERE mine IS NULL OR segment = ANY (mine) GROUP BY month, currency, segment
    UNION ALL SELECT month, currency, 'products', NULL, coalesce(sum(greatest(balance, 0)) FILTER (WHERE here), 0) FROM pair
    WHERE mine IS NULL OR segment = ANY (mine) GROUP BY month, currency, product)
  SELECT month, currency, "of", product, count(*), round(sum(x), 2), round(sum(x * x) / nullif(sum(x) ^ 2, 0), 6),
    round(max(x) / nullif(sum(x), 0), 4) FROM who GROUP BY 1, 2, 3, 4
$$;
-- The chart, month after month, from the second of the product on: none of a group without a thirteenth month then. Months weigh as their
-- accounts. Where nobody turned bad in twelve months, the deviation is that of twelve in which one did, of 12 / n each: sqrt(1 / n (1 - 1 / n) 12 / n).
CREATE FUNCTION bad_rate(mine text[]) RETURNS TABLE (month date, product text, segment text, currency text, at_risk bigint, bad bigint, above numeric,
  alarm boolean) LANGUAGE sql AS $$
  WITH RECURSIVE at_risk AS (SELECT p.* FROM pair p WHERE p.at_risk AND (mine IS NULL OR p.segment = ANY (mine))),
  rate AS (
    SELECT p.month, p.product, p.segment, p.currency, count(*) AS n, count(*) FILTER (WHERE p.bad) AS d, avg(p.bad::int) AS r,
      row_number() OVER (PARTITION BY p.product, p.segment, p.currency ORDER BY p.month) AS place
    FROM at_risk p WHERE p.month > (SELECT min(e.month) FROM at_risk e WHERE e.product = p.product) GROUP BY 1, 2, 3, 4),
  -- One row for each account at risk, so that a month weighs as it should.
  base AS (SELECT g.product, g.segment, g.currency, g.mean, CASE WHEN mean = 0 THEN sqrt(12 / n ^ 2 * (1 - 1 / n)) ELSE sqrt(variance * 12 / 11) END AS sd
    FROM (SELECT product, segment, currency, avg(r) AS mean, count(*)::numeric AS n, var_pop(r) AS variance
      FROM rate, generate_series(1, n) WHERE place <= 12 GROUP BY 1, 2, 3) g),
  chart AS (SELECT r.*, mean, sd, greatest((r.r - mean) / sd - 0.5, 0) AS up FROM rate r JOIN base b ON (r.product, r.currency) = (b.product, b.currency)
      AND r.segment IS NOT DISTINCT FROM b.segment WHERE place = 13
    UNION ALL SELECT r.*, mean, sd, greatest(up + (r.r - mean) / sd - 0.5, 0) FROM chart c JOIN rate r ON (r.product, r.currency, r.place)
      = (c.product, c.currency, c.place + 1) AND r.segment IS NOT DISTINCT FROM c.segment),
  first AS (SELECT f.product, f.month FROM (SELECT DISTINCT product, month FROM rate) f
    WHERE 12 = (SELECT count(DISTINCT month) FROM rate e WHERE e.product = f.product AND e.month < f.month))
  SELECT r.month, r.product, r.segment, r.currency, r.n, r.d, round(c.up, 4), c.up > 4.1
  FROM rate r JOIN first f ON f.product = r.product AND r.month >= f.month
  LEFT JOIN chart c ON (c.month, c.product) = (r.month, r.product) AND c.segment IS NOT DISTINCT FROM r.segment
$$;
-- What differs, in both directions, in the columns that the plain form has.
CREATE FUNCTION differ(mine text[] DEFAULT NULL) RETURNS TABLE (report text, report_rows bigint, differ bigint) LANGUAGE plpgsql AS $$
DECLARE columns text;
BEGIN
  FOREACH report IN ARRAY ARRAY['transitions', 'vintages', 'survival', 'concentration', 'bad_rate'] LOOP
    SELECT string_agg(format('%I', a), ', ' ORDER BY i) INTO columns
    FROM pg_proc, unnest(proargnames, proargmodes) WITH ORDINALITY u(a, mode, i) WHERE oid = (report || '(text[])')::regprocedure AND mode = 't';
    EXECUTE format('WITH r AS MATERIALIZED (SELECT %1$s FROM book_wr_report.report_%2$s), p AS MATERIALIZED (SELECT %1$s FROM %2$s($1))
      SELECT (SELECT count(*) FROM r), (SELECT count(*) FROM (TABLE r EXCEPT ALL TABLE p) x) + (SELECT count(*) FROM (TABLE p EXCEPT ALL TABLE r) x)',
      columns, report) INTO report_rows, differ USING mine;
    RETURN NEXT;
  END LOOP;
END $$;
-- Which months a refresh counted, by the rows that it wrote.
CREATE TABLE was (month date, written text);
CREATE FUNCTION counted() RETURNS text LANGUAGE plpgsql AS $$
DECLARE months text;
BEGIN
  SELECT CASE WHEN count(*) > 3 THEN format('%s to %s, %s', min(month), max(month), count(*)) ELSE string_agg(month::text, ' ' ORDER BY month) END
  INTO months FROM (SELECT to_char(m.month, 'YYYY-MM') AS month FROM book_wr.report_month m
    WHERE (m.month, m.xmin::text) NOT IN (SELECT w.month, w.written FROM was w) GROUP BY 1) m;
  REFRESH MATERIALIZED VIEW pair;
  DELETE FROM was;
  INSERT INTO was SELECT DISTINCT month, xmin::text FROM book_wr.report_month;
  RETURN months;
END $$;
-- What a refresh does before the positions, which take longest.
CREATE FUNCTION recounted() RETURNS text LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE path text = current_setting('search_path');
BEGIN
  SET LOCAL search_path = pg_catalog, book_wr, pg_temp;
  PERFORM credit_limit_internal.mark_unwatched();
  WHILE (credit_limit_internal.count_month('2026-11-30')).month IS NOT NULL LOOP
  END LOOP;
  PERFORM set_config('search_path', path, true);
  RETURN counted();
END $$;
SELECT credit_limit.refresh_reports('book_wr', '2026-10-31') AS positions, counted();
SELECT * FROM differ();
-- A new month: it alone is counted. Nothing new: none.
SET ROLE regress_watch_loader;
:load WHERE month = '2026-11-01';
RESET ROLE;
SET ROLE regress_watch_engine;
SELECT credit_limit.refresh_reports('book_wr', '2026-10-31') AS positions;
RESET ROLE;
SELECT counted() AS not_yet;
SELECT credit_limit.refresh_reports('book_wr', '2026-11-30') AS positions, counted();
SELECT credit_limit.refresh_reports('book_wr', '2026-11-30') AS positions, counted();
SELECT * FROM differ();

-- March is restated. A balance is part of March, and of what April came from; who turned bad is known to all later months. The notice says
-- which are counted anew.
SELECT account_id AS good FROM book_wr.account_month GROUP BY 1 HAVING count(*) > 12 AND max(days_past_due) < 90 AND count(days_past_due) = count(*)
  ORDER BY 1 LIMIT 1 \gset
UPDATE book_wr.account_month SET balance = balance + 500 WHERE account_id = :good AND month = '2026-03-01';
SET client_min_messages = notice;
SELECT credit_limit.refresh_reports('book_wr', '2026-11-30') IS NOT NULL AS positions, counted();
SET client_min_messages = warning;
SELECT * FROM differ();
UPDATE book_wr.account_month SET days_past_due = 120 WHERE account_id = :good AND month = '2026-03-01';
SELECT recounted();
SELECT * FROM differ();
-- The row goes, with it what was bad; a first row comes before the first, and goes again.
DELETE FROM book_wr.account_month WHERE account_id = :good AND month = '2026-03-01';
SELECT recounted();
SELECT * FROM differ();
SELECT account_id AS late FROM book_wr.account_month JOIN book_wr.account USING (account_id) GROUP BY 1, opened_on
  HAVING min(month) = date_trunc('month', opened_on) + interval '3 months' ORDER BY 1 LIMIT 1 \gset
INSERT INTO book_wr.account_month (account_id, month, credit_limit, balance, days_past_due)
  SELECT account_id, date_trunc('month', opened_on), 1000, 10, 0 FROM book_wr.account WHERE account_id = :late;
SELECT recounted();
SELECT * FROM differ();
DELETE FROM book_wr.account_month m USING book_wr.account a WHERE a.account_id = :late AND m.account_id = :late AND m.month < a.opened_on;
SELECT recounted();
SELECT * FROM differ();
-- Also past the table, in a partition; and a partition that is emptied.
UPDATE book_wr.account_month_2026_05 SET balance = balance + 1 WHERE account_id = :good;
SELECT recounted();
TRUNCATE book_wr.account_month_2026_11;
SELECT recounted();
SELECT * FROM differ();
SELECT count(*) AS november FROM book_wr.report_month WHERE month = '2026-11-01';
:load WHERE month = '2026-11-01';
SELECT recounted();
SELECT * FROM differ();
-- A partition that comes with its rows fires no trigger; that one is taken off, or an empty one comes, counts nothing.
BEGIN;
ALTER TABLE book_wr.account_month DETACH PARTITION book_wr.account_month_2026_06;
SELECT recounted(), (SELECT count(*) > 0 FROM book_wr.report_month WHERE month = '2026-06-01') AS kept;
CREATE TABLE june (LIKE book_wr.account_month INCLUDING CONSTRAINTS);
INSERT INTO june SELECT * FROM book_wr.account_month_2026_06;
UPDATE june SET balance = balance + account_id % 7;
ALTER TABLE book_wr.account_month ATTACH PARTITION june FOR VALUES FROM ('2026-06-01') TO ('2026-07-01');
SELECT count(*) FILTER (WHERE differ > 0) AS outdated FROM differ();
SELECT recounted();
SELECT * FROM differ();
ROLLBACK;
SELECT add_months('book_wr', '2031-01-01', 1), recounted(), (SELECT count(*) FROM book_wr.report_change WHERE month >= '2031-01-01') AS marked;
-- Where bounds are no months, all months are counted: here those of a partition of the partition.
BEGIN;
ALTER TABLE book_wr.account_month DETACH PARTITION book_wr.account_month_2026_06;
CREATE TABLE june PARTITION OF book_wr.account_month FOR VALUES FROM ('2026-06-01') TO ('2026-07-01') PARTITION BY HASH (account_id);
CREATE TABLE june_all PARTITION OF june FOR VALUES WITH (MODULUS 1, REMAINDER 0);
SELECT recounted();
SELECT sum(differ) AS differ FROM differ();
ROLLBACK;
-- A segment in which nobody turned bad in a year, and one that is new, count in the picture as in the report; the first has alarms.
BEGIN;
UPDATE book_wr.account_month SET segment = 'quiet', days_past_due = CASE WHEN month >= '2026-07-01' AND account_id % 4 = 0 THEN 95 ELSE 0 END
WHERE account_id % 7 = 0;
UPDATE book_wr.account_month SET segment = 'new' WHERE account_id % 7 = 1 AND month >= '2026-01-01';
SELECT recounted();
SELECT * FROM differ();
SELECT segment, count(*) > 0 AS some, count(mean) AS mean, count(*) FILTER (WHERE mean = 0) > 0 AS none_bad, count(alarm) > 0 AS judged,
  bool_or(alarm) AS alarm FROM book_wr_report.report_bad_rate WHERE segment IN ('quiet', 'new') GROUP BY 1 ORDER BY 1;
SELECT count(*) > 0 AS some, count(*) FILTER (WHERE (r ->> 2)::numeric IS DISTINCT FROM (SELECT round(avg(p.bad::int), 6) FROM pair p
    WHERE p.at_risk AND (p.product, p.currency, p.month) = (r ->> 1, 'CNY', (r ->> 0)::date))) AS differ
FROM report_html('book_wr', '{"currency": "CNY", "figures": ["turned_bad"], "kept": false}') h,
  jsonb_array_elements(substring(h FROM 'id="figures">([^<]*)</script>')::jsonb #> '{0,rows}') r WHERE r ->> 1 = 'cash';
ROLLBACK;
-- From another number of days on an account is bad: all months.
UPDATE book_wr.report_assumption SET bad_days = 30;
SELECT recounted();
SELECT * FROM differ();
UPDATE book_wr.report_assumption SET bad_days = 90;
SELECT recounted();
-- Where nothing tells what changed: all months.
ALTER TABLE book_wr.account_month DISABLE TRIGGER mark_months_update;
SELECT recounted();
ALTER TABLE book_wr.account_month ENABLE TRIGGER mark_months_update;

-- The same bytes in any order of rows, and by another plan.
CREATE TABLE counts AS SELECT m::text AS row FROM book_wr.report_month m UNION ALL SELECT c::text FROM book_wr.report_cohort c;
CREATE TABLE moved AS SELECT * FROM book_wr.account_month ORDER BY md5(account_id::text || month);
DELETE FROM book_wr.account_month;
INSERT INTO book_wr.account_month SELECT * FROM moved;
SET enable_hashjoin = off;
SET enable_hashagg = off;
SELECT recounted();
RESET enable_hashjoin;
RESET enable_hashagg;
SELECT count(*) > 100 AS some, count(c.row) = count(*) AND count(n.row) = count(*) AS same FROM counts c
  FULL JOIN (SELECT m::text AS row FROM book_wr.report_month m UNION ALL SELECT c::text FROM book_wr.report_cohort c) n USING (row);

-- The job counts a month in each transaction. One that cannot be counted leaves those before it, and the next start goes on.
UPDATE book_wr.account_month SET balance = balance - 1 WHERE account_id = :good AND month IN ('2026-01-01', '2026-06-01');
-- A view of the lender may show such an amount; the table's check is off meanwhile.
ALTER TABLE book_wr.account_month DROP CONSTRAINT account_month_balance_check;
UPDATE book_wr.account_month SET balance = 950000000000000 WHERE account_id = :good AND month = '2026-08-01';
CALL credit_limit.run_job('book_wr', 'reports', '2026-11-30');
SELECT counted(), (SELECT string_agg(DISTINCT to_char(month, 'YYYY-MM'), ' ') FROM book_wr.report_change WHERE month < '2026-12-01') AS left_over;
UPDATE book_wr.account_month SET balance = 1 WHERE account_id = :good AND month = '2026-08-01';
ALTER TABLE book_wr.account_month ADD CONSTRAINT account_month_balance_check CHECK (credit_limit_internal.is_amount(abs(balance)));
CALL credit_limit.run_job('book_wr', 'reports', '2026-11-30');
SELECT counted();
SELECT status, sqlstate, row_count, message FROM book_wr.run WHERE job = 'reports' ORDER BY run_id;
SELECT * FROM differ();

-- A restricted analyst sees what is counted of his segments, as plain SQL does; who is not restricted sees all; who is kept from rows by a
-- policy of the lender's own sees no sums.
SELECT credit_limit.restrict_analyst('book_wr', 'regress_watch_analyst', '{town,moved}');
GRANT SELECT ON pair TO regress_watch_analyst;
SET ROLE regress_watch_analyst;
SELECT * FROM differ('{town,moved}');
SELECT DISTINCT segment FROM book_wr.report_month UNION SELECT DISTINCT segment FROM book_wr.report_cohort ORDER BY 1;
SELECT count(*) > 0 AS some, count(*) = count(a.account_id) AS own FROM book_wr.report_first f LEFT JOIN (book_wr.account a JOIN book_wr.borrower b
  ON b.borrower_id = a.borrower_id AND b.segment IN ('town', 'moved')) ON a.account_id = f.account_id;
SET ROLE regress_watch_branch;
SELECT count(*) > 0 AS transitions, (SELECT count(*) > 0 FROM book_wr_report.report_vintages) AS vintages FROM book_wr_report.report_transitions;
RESET ROLE;
CREATE POLICY branch ON book_wr.borrower AS RESTRICTIVE FOR SELECT TO regress_watch_branch USING (borrower_id < 40);
SET ROLE regress_watch_branch;
SELECT count(*) AS transitions, (SELECT count(*) FROM book_wr_report.report_vintages) AS vintages FROM book_wr_report.report_transitions;
RESET ROLE;
DROP POLICY branch ON book_wr.borrower;

-- A borrower who is erased leaves the counts: of him at once, of the sums with the next refresh.
SELECT borrower_id AS erased FROM book_wr.account JOIN book_wr.account_month USING (account_id) WHERE days_past_due >= 90 GROUP BY 1 ORDER BY 1 LIMIT 1 \gset
UPDATE book_wr.account SET status = 'closed' WHERE borrower_id = :erased;
SELECT credit_limit.erase_borrower('book_wr', :erased, '2026-11-30', 'wish');
SELECT count(*) AS first FROM book_wr.report_first JOIN book_wr.account USING (account_id) WHERE borrower_id = :erased;
SELECT credit_limit.refresh_reports('book_wr', '2026-11-30') IS NOT NULL AS positions, counted();
SELECT count(*) AS first FROM book_wr.report_first JOIN book_wr.account USING (account_id) WHERE borrower_id = :erased;
SELECT * FROM differ();

-- Lines that nobody decided on for a year: a decision of a what-if run is none.
INSERT INTO book_wr.run (run_id, job, status, as_of, run_key, move_limits, chunk_size) VALUES
  (901, 'decisions', 'done', '2026-07-31', 'a', true, 1), (902, 'decisions', 'done', '2026-08-31', 'b', false, 1),
  (903, 'decisions', 'done', '2025-10-31', 'c', true, 1);
SET session_replication_role = replica;
INSERT INTO book_wr.decision (decision_id, as_of, source, run_id, account_id, borrower_id, product, decided_at, action, binding, reasons, frozen, input_hash,
  previous_hash, hash)
SELECT 64 * row_number() OVER () + run_id - 900, r.as_of, 'run', r.run_id, a.account_id, a.borrower_id, a.product, '2026-01-01', 'KEEP', 'x', '{}', false,
  '', '', ''
FROM book_wr.account a JOIN book_wr.run r ON r.run_id = 901 + a.account_id % 4;
RESET session_replication_role;
UPDATE book_wr.account SET opened_on = '2025-12-15' WHERE account_id % 10 = 0;
SELECT credit_limit.refresh_reports('book_wr', '2026-11-30') IS NOT NULL AS positions;
SELECT count(*) AS rows, sum(r.lines) AS lines, sum(r.unreviewed) AS unreviewed, count(*) FILTER (WHERE (r.lines, r.unreviewed, r.share, r.credit_limit,
  r.credit_limit_unreviewed) IS DISTINCT FROM (h.lines, h.unreviewed, round(h.unreviewed::numeric / h.lines, 4), 1000 * h.lines, 1000 * h.unreviewed)) AS differ
FROM book_wr_report.report_unreviewed_lines r FULL JOIN (SELECT product, segment, currency, count(*) AS lines,
    count(*) FILTER (WHERE account_id % 4 <> 0) AS unreviewed
  FROM book_wr.account JOIN book_wr.borrower USING (borrower_id) WHERE status = 'open' AND opened_on <> '2025-12-15' GROUP BY 1, 2, 3) h
ON (r.product, r.currency) = (h.product, h.currency) AND r.segment IS NOT DISTINCT FROM h.segment;
-- Months in which limits moved are marked; the limit of the chart is that of a false alarm in 120 months.
SELECT DISTINCT month, limits_moved FROM book_wr_report.report_bad_rate WHERE limits_moved ORDER BY 1;
SELECT round(credit_limit.cusum_limit(120, 0.5, 1, 0, 0, 12)::numeric, 1) AS h;

-- account_month may be a view of the lender, without segments: all months are counted at each refresh.
BEGIN;
DROP SCHEMA book_wr_report CASCADE;
ALTER TABLE book_wr.account_month RENAME TO lender_month;
CREATE VIEW book_wr.account_month AS SELECT account_id::int, month, credit_limit::float8, balance::float8, payment, due, days_past_due::bigint
  FROM book_wr.lender_month;
SELECT credit_limit.create_book_reports('book_wr');
SELECT credit_limit.refresh_reports('book_wr', '2026-11-30') IS NOT NULL AS positions, counted();
SELECT * FROM differ() WHERE report IN ('transitions', 'vintages', 'survival');
SELECT DISTINCT segment FROM book_wr.report_month ORDER BY 1;
ROLLBACK;
DROP SCHEMA book_wr, book_wr_report CASCADE;
DROP OWNED BY regress_watch_analyst, regress_watch_branch, regress_watch_engine, regress_watch_loader;
DROP ROLE regress_watch_analyst, regress_watch_branch, regress_watch_engine, regress_watch_loader;

-- Alerts: indicators against the same by hand, rules that open and close with hysteresis, days that are run twice.
\set VERBOSITY terse
\i test/helpers.sql
SELECT credit_limit.create_book('book_l');
-- Every rule that comes with a book names an indicator there is, and every indicator has a rule.
SELECT count(*) AS rules, count(DISTINCT indicator) = (SELECT count(*) FROM credit_limit.alert_indicators()) AS all_indicators FROM book_l.alert_rule;
-- A rule is data, and validated. (Its versions: in book_cases.)
INSERT INTO book_l.alert_rule (rule, indicator, enter_at, leave_at) VALUES ('x', 'SELECT 1', 1, 1);
INSERT INTO book_l.alert_rule (rule, indicator, enter_at, leave_at) VALUES ('x', 'utilization', 1, 2);
INSERT INTO book_l.alert_rule (rule, indicator, enter_at, leave_at) VALUES ('x', 'utilization', 'NaN', 0);
INSERT INTO book_l.alert_rule (rule, indicator, enter_at, leave_at, enter_after) VALUES ('x', 'utilization', 1, 1, 0);
INSERT INTO book_l.alert_rule (rule, indicator, enter_at, leave_at, severity) VALUES ('x', 'utilization', 1, 1, 'panic');
UPDATE book_l.alert_rule SET indicator = 'mood' WHERE rule = 'past due';
SELECT credit_limit.run_alerts('book_l', NULL);
SELECT credit_limit.run_alerts('book_l', 'infinity');
SELECT credit_limit.run_alerts('book_l', '2026-01-01');
SELECT count(*) FROM book_l.alert;

INSERT INTO book_l.product VALUES ('cash', 'Cash', 'standby_cash', 'CNY', NULL, NULL), ('euro', 'Euro', 'card', 'EUR', NULL, NULL);
INSERT INTO book_l.borrower (borrower_id, segment) VALUES (1, 'retail'), (2, 'retail'), (3, 'farm'), (4, NULL);
INSERT INTO book_l.umbrella VALUES (7, 1, 'shared', 'CNY', 800, '2026-01-01', '2026-06-30');
INSERT INTO book_l.account (account_id, borrower_id, product, currency, umbrella_id, opened_on, credit_limit, balance, pending) VALUES
  (10, 1, 'cash', 'CNY', 7, '2024-01-01', 1000, 960, 40), (20, 2, 'cash', 'CNY', NULL, '2024-01-01', 1000, 100, 0),
  (30, 3, 'cash', 'CNY', NULL, '2024-01-01', 500, 0, 0), (40, 4, 'euro', 'EUR', NULL, '2024-01-01', 0, 0, 0),
    (41, 4, 'euro', 'EUR', NULL, '2024-01-01', 100, 30, 0);
-- 10: use rises from 10 % to 96 %, 45 days late. 20: pays a fifth of what is due. 30: idle since February 2025. 40: no line, 41: no months.
INSERT INTO book_l.account_month SELECT 10, m, 1000, CASE WHEN m = '2026-04-01' THEN 960 WHEN m = '2026-03-01' THEN 300 ELSE 100 END, 50, 50,
  CASE WHEN m = '2026-04-01' THEN 45 ELSE 0 END FROM generate_series('2025-01-01'::date, '2026-04-01', interval '1 month') m;
INSERT INTO book_l.account_month SELECT 20, m, 1000, 100, 10, 50, 0 FROM generate_series('2025-01-01'::date, '2026-04-01', interval '1 month') m;
INSERT INTO book_l.account_month SELECT 30, m, 500, CASE WHEN m < '2025-03-01' THEN 10 ELSE 0 END, 0, 0, 0
  FROM generate_series('2025-01-01'::date, '2026-04-01', interval '1 month') m;
INSERT INTO book_l.account_month VALUES (40, '2026-04-01', 0, 0, 0, 0, 0);
-- The run of 1 May moves nothing, so nobody waits for a person by it.
INSERT INTO book_l.run (run_id, run_key, as_of, move_limits, chunk_size) VALUES (101, 'a', '2026-04-20', true, 1), (102, 'b', '2026-04-30', true, 1),
  (103, 'what if', '2026-05-01', false, 1);
INSERT INTO book_l.decision (decision_id, run_id, source, account_id, borrower_id, product, as_of, decided_at, action,
  affordability_cap, binding, reasons, frozen, input_hash, previous_hash, hash) VALUES
  (64, 101, 'run', 10, 1, 'cash', '2026-04-20', '2026-04-20', 'KEEP', 500, 'x', '{}', false, '', '', ''),
    (66, 102, 'run', 10, 1, 'cash', '2026-04-30', '2026-04-30 12:00', 'REFER', 750, 'x', '{}', false, '', '', ''),
  -- Earlier on the same day, though further in its lane.
  (320, NULL, 'realtime', 10, 1, 'cash', '2026-04-30', '2026-04-30 11:00', 'REFER', 1, 'x', '{}', false, '', '', ''),
  (192, 102, 'run', 20, 2, 'cash', '2026-04-30', '2026-04-30', 'KEEP', 5000, 'x', '{}', false, '', '', ''),
    (65, NULL, 'realtime', 20, 2, 'cash', '2026-05-01', '2026-05-01', 'REFER', NULL, 'x', '{}', false, '', '', ''),
  (256, 103, 'run', 10, 1, 'cash', '2026-05-01', '2026-05-01', 'REFER', NULL, 'x', '{}', false, '', '', '');
-- All indicators on 2 May, by hand: 960/1000; 0.96 - 0.1; (960 - 300)/1000; 45; 1 - 10/50; 14 months after February 2025 = March 2025 to April 2026;
-- 1 - 750/1000; 1 - 800/1000; 1060 of 1060 CNY by retail, 30 of 30 EUR; retail 1 of 2; cash 1060/2500; 1 of 2 decisions.
CREATE FUNCTION pg_temp.reading(name text, day date) RETURNS TABLE (subject text, borrower_id bigint, value numeric, period date)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM credit_limit_internal.open_book('book_l');
  RETURN QUERY SELECT i.subject, i.borrower_id, round(i.value::numeric, 4), i.period
  FROM credit_limit_internal.reading(name, day, date_trunc('month', day::timestamp)::date, (date_trunc('month', day::timestamp) - interval '1 month')::date) i
  ORDER BY 1;
END $$;
SELECT i.indicator, string_agg(r.subject || ': ' || coalesce(r.value::text, '?') || ' ' || to_char(r.period, 'MM-DD'), ', ' ORDER BY r.subject) AS readings
FROM credit_limit.alert_indicators() i, LATERAL pg_temp.reading(i.indicator, '2026-05-02') r GROUP BY 1 ORDER BY 1;
-- The limits of hysteresis: rules of this test only. A change of a rule is a version of it, from the day after the latest run.
CREATE PROCEDURE pg_temp.change(rules text, changes jsonb) LANGUAGE sql AS $$
  INSERT INTO book_l.alert_rule SELECT (x.p).* FROM (SELECT DISTINCT ON (w.rule) jsonb_populate_record(w, changes || '{"valid_from": null}') AS p
    FROM book_l.alert_rule w WHERE w.rule ~ rules ORDER BY w.rule, w.valid_from DESC) x $$;
CALL pg_temp.change('', '{"active": false}');
INSERT INTO book_l.alert_rule (rule, indicator, enter_at, leave_at, enter_after, leave_after, severity) VALUES
  ('twice', 'utilization', 0.9, 0.7, 2, 2, 'watch'), ('late', 'days_past_due', 30, 1, 2, 1, 'act');
SELECT rule, enter_at, leave_at FROM book_l.alert_rule WHERE active AND valid_from > '2026-01-01' ORDER BY rule;
CREATE PROCEDURE pg_temp.day(day date, used numeric) LANGUAGE plpgsql AS $$
BEGIN
  UPDATE book_l.account SET balance = used WHERE account_id = 10;
  PERFORM credit_limit.run_alerts('book_l', day);
END $$;
-- One day above is not enough; a second in a row opens.
CALL pg_temp.day('2026-05-02', 950);
CALL pg_temp.day('2026-05-02', 950);
SELECT count(*) FROM book_l.alert;
CALL pg_temp.day('2026-05-03', 800);
CALL pg_temp.day('2026-05-04', 950);
SELECT count(*) FROM book_l.alert;
CALL pg_temp.day('2026-05-05', 900);
SELECT rule, as_of, subject, value, severity, closed_on, borrower_id FROM book_l.alert;
-- Again: nothing new.
CALL pg_temp.day('2026-05-05', 900);
SELECT count(*), (SELECT string_agg(message, '; ' ORDER BY run_id) FROM book_l.run WHERE as_of = '2026-05-05') FROM book_l.alert;
-- Between the two thresholds it stays; below, it closes on the second day in a row, and a day between starts the count again.
CALL pg_temp.day('2026-05-06', 600);
CALL pg_temp.day('2026-05-07', 750);
CALL pg_temp.day('2026-05-08', 600);
SELECT closed_on FROM book_l.alert WHERE rule = 'twice';
CALL pg_temp.day('2026-05-09', 600);
CALL pg_temp.day('2026-05-09', 600);
SELECT rule, as_of, subject, closed_on FROM book_l.alert WHERE rule = 'twice';
-- Days past due are known by the month: three weeks of nights in one month count as one. The next month is the second.
SELECT count(*) AS late FROM book_l.alert WHERE rule = 'late';
SELECT rule, subject, period, above, alert_id IS NULL AS counting FROM book_l.alert_state;
INSERT INTO book_l.account_month VALUES (10, '2026-05-01', 1000, 900, 0, 50, 61);
SELECT credit_limit.run_alerts('book_l', '2026-05-31');
SELECT rule, as_of, subject, value, closed_on FROM book_l.alert WHERE rule = 'late';
-- A month that is not known changes nothing; one that is paid closes.
SELECT credit_limit.run_alerts('book_l', '2026-07-15');
SELECT closed_on FROM book_l.alert WHERE rule = 'late';
INSERT INTO book_l.account_month VALUES (10, '2026-07-01', 1000, 900, 500, 50, 0);
SELECT credit_limit.run_alerts('book_l', '2026-07-31');
SELECT closed_on FROM book_l.alert WHERE rule = 'late';
-- Alerts do not go back in time.
SELECT credit_limit.run_alerts('book_l', '2026-07-01');
-- A slip in the year would end them, and decisions: no month is near.
SELECT credit_limit.run_alerts('book_l', '2099-07-01');
SELECT credit_limit.set_business_date('book_l', '2126-07-01');
CALL credit_limit.run_decisions('book_l', '2126-07-01');
-- An account that is closed, and a rule that is not active any more, end their alerts.
CALL pg_temp.change('twice|late', '{"enter_after": 1}');
INSERT INTO book_l.account_month VALUES (20, '2026-08-01', 1000, 900, 500, 50, 90);
UPDATE book_l.account SET balance = 1000 WHERE account_id IN (10, 20);
SELECT credit_limit.run_alerts('book_l', '2026-08-31');
SELECT rule, subject FROM book_l.alert WHERE closed_on IS NULL ORDER BY 1, 2;
UPDATE book_l.account SET status = 'closed' WHERE account_id = 10;
CALL pg_temp.change('late', '{"active": false}');
SELECT credit_limit.run_alerts('book_l', '2026-09-01');
SELECT rule, subject, closed_on FROM book_l.alert WHERE as_of = '2026-08-31' ORDER BY 1, 2;
-- An alert opens again in the place of one that was closed on the same day.
CALL pg_temp.change('late', '{"active": true}');
UPDATE book_l.account_month SET month = '2026-09-01' WHERE account_id = 20 AND month = '2026-08-01';
SELECT credit_limit.run_alerts('book_l', '2026-09-02');
UPDATE book_l.account SET status = 'closed' WHERE account_id = 20;
SELECT credit_limit.run_alerts('book_l', '2026-09-02');
SELECT as_of, subject, closed_on FROM book_l.alert WHERE rule = 'late' AND as_of = '2026-09-02';
UPDATE book_l.account SET status = 'open' WHERE account_id = 20;
SELECT credit_limit.run_alerts('book_l', '2026-09-02');
SELECT as_of, subject, closed_on FROM book_l.alert WHERE rule = 'late' AND as_of = '2026-09-02';
SELECT as_of, row_count, message FROM book_l.run WHERE job = 'alerts' AND row_count > 0 ORDER BY run_id;

-- Many accounts: the set of open alerts against a loop by hand over the same balances. (A cheap random walk, the same every time.)
CALL pg_temp.change('late', '{"active": false}');
CALL pg_temp.change('twice', '{"enter_at": 0.8, "leave_at": 0.5, "leave_after": 3, "enter_after": 2}');
SELECT credit_limit.run_alerts('book_l', '2026-09-30');
DELETE FROM book_l.alert_state;
TRUNCATE book_l.alert;
UPDATE book_l.account SET status = 'closed';
INSERT INTO book_l.borrower (borrower_id) SELECT 1000 + i FROM generate_series(1, 300) i;
INSERT INTO book_l.account (account_id, borrower_id, product, currency, opened_on, credit_limit) SELECT 1000 + i, 1000 + i, 'cash',
  'CNY', '2026-01-01', 100 FROM generate_series(1, 300) i;
CREATE TABLE book_l.walk AS SELECT 1000 + i AS account_id, '2026-10-01'::date + d AS day,
  round((50 + 50 * sin(i * 0.7 + d * (0.3 + (i % 7) * 0.11)) )::numeric) AS balance
FROM generate_series(1, 300) i, generate_series(0, 39) d;
CREATE FUNCTION pg_temp.by_hand() RETURNS TABLE (account_id bigint, opened date, closed date) LANGUAGE plpgsql AS $$
DECLARE w record; prev bigint; up int; down int; since date;
BEGIN
  FOR w IN SELECT * FROM book_l.walk k ORDER BY k.account_id, k.day LOOP
    IF w.account_id IS DISTINCT FROM prev THEN
      IF since IS NOT NULL THEN account_id := prev; opened := since; closed := NULL; RETURN NEXT; END IF;
      up := 0; down := 0; since := NULL; prev := w.account_id;
    END IF;
    up := CASE WHEN w.balance >= 80 THEN up + 1 ELSE 0 END;
    down := CASE WHEN w.balance < 50 THEN down + 1 ELSE 0 END;
    IF since IS NULL AND up >= 2 THEN since := w.day;
    ELSIF since IS NOT NULL AND down >= 3 THEN account_id := w.account_id; opened := since; closed := w.day; RETURN NEXT; since := NULL;
    END IF;
  END LOOP;
  IF since IS NOT NULL THEN account_id := prev; opened := since; closed := NULL; RETURN NEXT; END IF;
END $$;
DO $$
BEGIN
  FOR d IN 0 .. 39 LOOP
    UPDATE book_l.account a SET balance = w.balance FROM book_l.walk w WHERE w.account_id = a.account_id AND w.day = '2026-10-01'::date + d;
    PERFORM credit_limit.run_alerts('book_l', '2026-10-01'::date + d);
    IF d % 5 = 0 THEN PERFORM credit_limit.run_alerts('book_l', '2026-10-01'::date + d); END IF;
  END LOOP;
END $$;
SELECT count(*) > 300 AS many, count(*) FILTER (WHERE closed IS NULL) > 50 AS open,
  (SELECT count(*) FROM ((SELECT subject::bigint, as_of, closed_on FROM book_l.alert EXCEPT SELECT * FROM pg_temp.by_hand())
    UNION ALL (SELECT * FROM pg_temp.by_hand() EXCEPT SELECT subject::bigint, as_of, closed_on FROM book_l.alert)) x) AS differ FROM pg_temp.by_hand();
DROP SCHEMA book_l, book_l_report CASCADE;

-- Rules of alerts on past months: by hand, against loops over the same rows, against run_alerts month by month; what comes later does not
-- choose; intervals against published ones.
\set VERBOSITY terse
\i test/helpers.sql
CREATE ROLE regress_alert_backtest_analyst;
SELECT create_book('book_ab');
SELECT grant_book('book_ab', analyst => 'regress_alert_backtest_analyst');
INSERT INTO book_ab.product VALUES ('cash', 'Cash', 'cash', 'CNY', NULL, NULL), ('card', 'Card', 'card', 'EUR', NULL, NULL);
-- Wilson's intervals of Newcombe (1998, Statistics in Medicine 17, 857-872), table I: 81/263, 15/148, 0/20, 1/29.
SELECT x, n, round(low::numeric, 4) AS low, round(high::numeric, 4) AS high
FROM (VALUES (81, 263), (15, 148), (0, 20), (1, 29)) v(x, n), credit_limit_internal.share_interval(x, n, x, x, n, n);
-- Two accounts of each borrower that turn bad together are worth one; more than the accounts there are, none is worth.
SELECT w.low = t.low AND w.high = t.high AS pairs_are_one, n.low = o.low AS not_more
FROM credit_limit_internal.share_interval(30, 100, 60, 60, 200, 100) w, credit_limit_internal.share_interval(15, 50, 15, 15, 50, 50) t,
  credit_limit_internal.share_interval(30, 60, 31, 60, 120, 60) n, credit_limit_internal.share_interval(30, 60, 30, 30, 60, 60) o;

-- A count: its ends are where (n - mean)^2 = z^2 mean; borrowers of two alerts each are worth half as many; nothing is at most z^2.
SELECT near((10 - low) ^ 2, 1.959963984540054 ^ 2 * low) AND near((10 - high) ^ 2, 1.959963984540054 ^ 2 * high) AND low < 10 AND high > 10 AS ten,
  near(p.l, 2 * low) AND near(p.h, 2 * high) AS pairs, round(z.l::numeric, 4) AS none, round(z.h::numeric, 4) AS at_most
FROM credit_limit_internal.count_interval(10, 10), credit_limit_internal.count_interval(20, 40) p(l, h),
  credit_limit_internal.count_interval(NULL, NULL) z(l, h);
-- A share of losses, of which a few are large and the large ones are caught more often: its interval covers the truth in 93 of 100 samples.
\set samples 100
\if :soak
\set samples 2000
\endif
WITH account AS (SELECT s, round(exp(3 * (draw(100 * s + b, 1) + draw(100 * s + b, 2) - 1))::numeric, 4) AS w, draw(100 * s + b, 3) AS u
    FROM generate_series(1, :samples) s, generate_series(1, 60) b),
  caught AS (SELECT s, w, 0.2 + 0.6 * w / (1 + w) AS p, CASE WHEN u < 0.2 + 0.6 * w / (1 + w) THEN w ELSE 0 END AS x FROM account),
  sample AS (SELECT i.* FROM (SELECT s, sum(x) AS x, sum(w) AS w, sum(x * x) AS xx, sum(x * w) AS xw, sum(w * w) AS ww, count(*) AS n FROM caught GROUP BY s) t,
    credit_limit_internal.share_interval(x, w, xx, xw, ww, n) i)
SELECT avg((low <= p AND p <= high)::int) BETWEEN 0.91 AND 0.98 AS covered FROM sample, (SELECT sum(p * w) / sum(w) AS p FROM caught) t;

-- Three accounts. Months 1 to 4 choose, the outcome takes 3, so 5 to 7 of 10 are judged. 1: used up from month 5, bad in 7. 2: used up from 6, never
-- bad. 3: never used, 30 days late in month 6, bad in 8. So of 2 accounts with an alert 1 turned bad; in month 5 2 of 3 accounts turn bad, in
-- month 6 only account 2 counts and does not: base (2/3 + 0)/2, lift 1.5. Of 2 bad accounts 1 was seen, 2 months before, and of the loss 0.75 x 800
-- of 0.75 x 1000. Wilson's interval of 1/2 is (.0945, .9055).
INSERT INTO book_ab.borrower (borrower_id, segment) VALUES (1, 'a'), (2, 'a'), (3, 'b');
INSERT INTO book_ab.account (account_id, borrower_id, product, currency, opened_on, credit_limit) SELECT i, i, 'cash', 'CNY', '2022-01-01', 1000
FROM generate_series(1, 3) i;
INSERT INTO book_ab.account_month SELECT i, ('2022-01-01'::date + make_interval(months => m - 1))::date, 1000,
  CASE WHEN i = 1 AND m = 7 THEN 800 WHEN i = 1 AND m >= 5 OR i = 2 AND m >= 6 THEN 950 WHEN i = 3 THEN 200 ELSE 0 END, 10, 10,
  CASE WHEN i = 1 AND m IN (6, 7) THEN 45 * (m - 5) WHEN i = 3 AND m IN (6, 7, 8) THEN 30 * (m - 5) ELSE 0 END
FROM generate_series(1, 3) i, generate_series(1, 10) m;
\set used '{"rule": "used", "indicator": "utilization", "enter_at": 0.9}'
SELECT kind, chosen, judged_from, judged_to, alerts, alerts_a_month, accounts, precision, round(precision_low::numeric, 4) AS low,
  round(precision_high::numeric, 4) AS high, base_rate, lift, bad_accounts, recall, lead_median, loss, loss_caught, status
FROM backtest_alerts('book_ab', '2022-01-01', '2022-10-31', ('{"train_months": 4, "outcome_months": 3, "rules": [' || :'used' || ']}')::jsonb);
-- Bankrupt is bad, without a day past due: account 2 in month 7, by its drawn 950.
BEGIN;
INSERT INTO book_ab.exclusion (borrower_id, kind, valid_from) VALUES (2, 'bankrupt', '2022-07-31');
SELECT accounts, precision, bad_accounts, recall, loss
FROM backtest_alerts('book_ab', '2022-01-01', '2022-10-31', ('{"train_months": 4, "outcome_months": 3, "rules": [' || :'used' || ']}')::jsonb)
WHERE kind = 'rule';
ROLLBACK;

-- 60 accounts of 45 borrowers in 30 months, drawn at random: gaps, months without days past due, lines of zero, cuts, a borrower that changes
-- his segment, late spells that end or not, two products with days and rates of their own.
DELETE FROM book_ab.account_month;
DELETE FROM book_ab.account;
DELETE FROM book_ab.borrower;
INSERT INTO book_ab.report_assumption (product, lgd, ccf, bad_days, exchange_rate) VALUES ('card', 0.5, 0.8, 60, 7.5);
INSERT INTO book_ab.borrower (borrower_id, segment) SELECT i, CASE WHEN i % 3 = 0 THEN 'farm' ELSE 'town' END FROM generate_series(1, 45) i;
INSERT INTO book_ab.account (account_id, borrower_id, product, currency, opened_on, credit_limit)
SELECT 100 + i, 1 + i % 45, CASE WHEN i % 4 = 0 THEN 'card' ELSE 'cash' END, CASE WHEN i % 4 = 0 THEN 'EUR' ELSE 'CNY' END, '2022-01-01', 1
FROM generate_series(1, 60) i;
INSERT INTO book_ab.account_month
SELECT 100 + i, ('2022-01-01'::date + make_interval(months => m - 1))::date, line, round((line * level)::numeric, 2),
  CASE WHEN draw(i * 100 + m, 1) < 0.9 THEN round((50 * draw(i * 100 + m, 2))::numeric) END, CASE WHEN draw(i * 100 + m, 3) < 0.7 THEN 50 ELSE 0 END,
  CASE WHEN draw(i * 100 + m, 4) < 0.05 THEN NULL WHEN m BETWEEN late AND late + 5 AND i % 5 < 3 THEN 20 * (m - late + 1)
    WHEN draw(i * 100 + m, 5) < 0.1 THEN 15 ELSE 0 END, CASE WHEN i = 30 AND m >= 16 THEN 'farm' WHEN i % 2 = 0 AND (1 + i % 45) % 3 = 0 THEN 'farm'
    WHEN i % 2 = 0 THEN 'town' END
FROM generate_series(1, 60) i, generate_series(1, 30) m, LATERAL (SELECT floor(4 + 24 * draw(i, 6))::int AS late,
  CASE WHEN i % 9 = 0 AND m BETWEEN 12 AND 14 THEN 0 WHEN i % 7 = 0 AND m > 13 THEN 800
    WHEN i % 4 = 1 AND m > 14 + i % 11 THEN 700 ELSE 1000 + 100 * (i % 5) END AS line,
  greatest(0, least(1, 0.5 + 0.6 * sin(i + m * (0.15 + draw(i, 7))) + 0.2 * draw(i * 100 + m, 8))) AS level) v
WHERE NOT ((m <> 11 AND (i * 7 + m * 3) % 23 = 0) OR (i % 12 = 5 AND m > 24) OR (i = 33 AND m > late + 5));
UPDATE book_ab.account_month SET balance = 0, payment = 0 WHERE account_id IN (104, 113) AND month > '2022-05-01';
INSERT INTO book_ab.exclusion (borrower_id, kind, valid_from, valid_to) VALUES (4, 'bankrupt', '2023-05-10', NULL),
  (5, 'bankrupt', '2023-04-01', '2023-06-30'), (6, 'fraud', '2023-05-10', NULL);
-- A PD every other month, for four accounts of five; some decisions freeze or cut.
INSERT INTO book_ab.decision (decision_id, run_id, source, account_id, borrower_id, product, as_of, decided_at, action, pd, binding, reasons, frozen,
  input_hash, previous_hash, hash)
SELECT 64 * (i * 100 + m), NULL, 'realtime', a.account_id, a.borrower_id, a.product, d, d + interval '1 hour' * (m % 3),
  CASE WHEN draw(i * 100 + m, 9) < 0.03 THEN 'FREEZE' WHEN draw(i * 100 + m, 9) < 0.06 THEN 'DECREASE' ELSE 'KEEP' END,
  CASE WHEN m % 10 < 9 THEN round(draw(i * 100 + m, 10)::numeric, 4) END, 'x', '{}', false, '', '', ''
FROM generate_series(1, 60) i JOIN book_ab.account a ON a.account_id = 100 + i, generate_series(1, 30, 2) m,
  LATERAL (SELECT ('2022-01-01'::date + make_interval(months => m - 1))::date + (i + m) % 28 AS d) d WHERE i % 5 > 0;
-- Cases that somebody worked in those months: a trigger says when, so it is off for this.
INSERT INTO book_ab.alert_case (case_id, account_id, borrower_id, opened_on, severity, expected_loss, loss_avoided, place)
SELECT account_id, account_id, borrower_id, '2023-02-01', 'watch', 1, 1, 1 FROM book_ab.account WHERE account_id % 6 = 0;
ALTER TABLE book_ab.alert_case_act DISABLE TRIGGER USER;
INSERT INTO book_ab.alert_case_act (case_id, act, borrower_id, done_by, done_login, done_at)
SELECT case_id, 'note', borrower_id, 'x', 'x', timestamptz '2023-01-15 12:00 UTC' + make_interval(months => (case_id % 14)::int)
FROM book_ab.alert_case;
ALTER TABLE book_ab.alert_case_act ENABLE TRIGGER USER;

-- The same by loops and correlated queries. First the months, counted from 1, ...
CREATE TABLE look AS
SELECT h.account_id, a.borrower_id, a.product, coalesce(h.segment, b.segment) AS segment,
  ((h.month - '2022-01-01'::date) / 30.4 + 1)::int AS m, h.credit_limit, h.balance, h.payment, h.due, h.days_past_due,
  coalesce(h.days_past_due >= CASE a.product WHEN 'card' THEN 60 ELSE 90 END, false) OR EXISTS (SELECT FROM book_ab.exclusion x WHERE x.borrower_id =
    a.borrower_id AND x.kind = 'bankrupt' AND h.month + interval '1 month' - interval '1 day' BETWEEN x.valid_from AND coalesce(x.valid_to, 'infinity')) AS bad,
  CASE a.product WHEN 'card' THEN 0.5 ELSE 0.75 END AS lgd, CASE a.product WHEN 'card' THEN 0.8 ELSE 0.4 END AS ccf,
  CASE a.product WHEN 'card' THEN 7.5 ELSE 1 END AS rate
FROM book_ab.account_month h JOIN book_ab.account a USING (account_id) JOIN book_ab.borrower b USING (borrower_id);
SELECT count(*) = (SELECT count(*) FROM look) AS months_are_right FROM book_ab.account_month h, look l
WHERE h.account_id = l.account_id AND h.month = '2022-01-01'::date + make_interval(months => l.m - 1);
ALTER TABLE look ADD fits boolean, ADD late boolean, ADD PRIMARY KEY (account_id, m);
UPDATE look SET fits = coalesce(credit_limit > 0 AND NOT bad AND days_past_due < 30, false), late = bad OR coalesce(days_past_due >= 30, false);
-- ... what an indicator was, ...
CREATE FUNCTION reading(l look, indicator text) RETURNS numeric LANGUAGE sql STABLE AS $$
  SELECT CASE indicator WHEN 'utilization' THEN l.balance / nullif(l.credit_limit, 0)
    WHEN 'utilization_rise' THEN l.balance / nullif(l.credit_limit, 0) - (SELECT p.balance / nullif(p.credit_limit, 0) FROM look p
      WHERE p.account_id = l.account_id AND p.m = l.m - 3)
    WHEN 'balance_rise' THEN (l.balance - (SELECT p.balance FROM look p WHERE p.account_id = l.account_id AND p.m = l.m - 1)) / nullif(l.credit_limit, 0)
    WHEN 'days_past_due' THEN l.days_past_due
    WHEN 'payment_shortfall' THEN CASE WHEN l.due = 0 THEN 0 WHEN l.payment > l.due THEN 0 ELSE 1 - l.payment / l.due END
    WHEN 'months_dormant' THEN CASE WHEN l.credit_limit = 0 THEN 0 ELSE l.m - coalesce((SELECT max(p.m) FROM look p WHERE p.account_id = l.account_id
      AND p.m BETWEEN l.m - 23 AND l.m AND (p.balance > 0 OR p.payment > 0)), (SELECT min(p.m) - 1 FROM look p WHERE p.account_id = l.account_id
      AND p.m BETWEEN l.m - 23 AND l.m)) END END $$;
-- ... when alerts open, and in which months they are open, ...
CREATE TABLE rule (rule text, indicator text, enter_at float8, leave_at float8, enter_after int, leave_after int, products text[], segments text[]);
INSERT INTO rule VALUES ('used', 'utilization', 0.9, 0.6, 2, 1, NULL, NULL), ('used in town', 'utilization', 0.8, 0.8, 1, 2, NULL, '{town}'),
  ('rise', 'utilization_rise', 0.3, 0.1, 1, 1, NULL, NULL), ('jump', 'balance_rise', 0.2, 0.05, 1, 2, '{card}', NULL),
  ('late', 'days_past_due', 15, 1, 1, 2, NULL, NULL), ('very late', 'days_past_due', 30, 1, 1, 1, NULL, NULL),
  ('short', 'payment_shortfall', 0.5, 0.2, 1, 1, NULL, NULL), ('idle', 'months_dormant', 3, 1, 1, 1, NULL, NULL);
CREATE TABLE opened (rule text, account_id bigint, m int, opens boolean);
CREATE PROCEDURE loop_over_months(first int, last int) LANGUAGE plpgsql AS $$
DECLARE r rule; l look; v float8; up int; down int; is_open boolean; account bigint; was boolean;
BEGIN
  FOR r IN SELECT * FROM rule LOOP
    account := NULL;
    FOR l IN SELECT * FROM look WHERE m BETWEEN first AND last AND (r.products IS NULL OR product = ANY (r.products)) ORDER BY account_id, m LOOP
      IF l.account_id IS DISTINCT FROM account THEN
        up := 0; down := 0; is_open := false; account := l.account_id;
      END IF;
      was := is_open;
      v := reading(l, r.indicator);
      IF l.segment <> ALL (r.segments) THEN
        up := 0; is_open := false;
      ELSIF v IS NOT NULL THEN
        up := CASE WHEN v >= r.enter_at THEN up + 1 ELSE 0 END;
        down := CASE WHEN v < r.leave_at THEN down + 1 ELSE 0 END;
        is_open := CASE WHEN is_open THEN down < r.leave_after ELSE up >= r.enter_after END;
      END IF;
      IF is_open THEN
        INSERT INTO opened VALUES (r.rule, l.account_id, l.m, NOT was);
      END IF;
    END LOOP;
  END LOOP;
END $$;
-- ... what came of a month, as far as it was known until another (months 1 to 10 choose, and their outcome ends with them; it takes 5), ...
ALTER TABLE look ADD until int, ADD bad_at int, ADD counts boolean;
UPDATE look SET until = CASE WHEN m <= 10 THEN least(m + 5, 10) ELSE m + 5 END;
UPDATE look l SET bad_at = (SELECT min(x.m) FROM look x WHERE x.account_id = l.account_id AND x.m > l.m AND x.m <= l.until AND x.bad),
  counts = fits AND EXISTS (SELECT FROM look x WHERE x.account_id = l.account_id AND x.m > l.m AND x.m <= l.until AND x.days_past_due IS NOT NULL);
-- ... and an interval: the variance by the deviations of each borrower.
CREATE FUNCTION interval_of(shares jsonb) RETURNS float8[] LANGUAGE plpgsql STRICT AS $$
-- shares: of each account its borrower, x and w; the answer: share, low end, high end
DECLARE w float8; p float8; v float8; n float8; z float8 := 1.959963984540054; accounts int;
BEGIN
  SELECT sum((s ->> 2)::float8), sum((s ->> 1)::float8) / sum((s ->> 2)::float8), count(*) INTO w, p, accounts FROM jsonb_array_elements(shares) s;
  SELECT sum(d * d) / w ^ 2, w ^ 2 / sum(g * g) INTO v, n FROM (SELECT sum((s ->> 1)::float8 - p * (s ->> 2)::float8) AS d, sum((s ->> 2)::float8) AS g
    FROM jsonb_array_elements(shares) s GROUP BY s ->> 0) b;
  n := least(accounts, CASE WHEN p > 0 AND p < 1 AND v > 1e-20 THEN p * (1 - p) / v ELSE n END);
  RETURN ARRAY[p, (p + z * z / (2 * n) - z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n),
    (p + z * z / (2 * n) + z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n)];
END $$;
-- Months 1 to 10 choose, the outcome takes 5 of 30: 11 to 25 are judged.
CALL loop_over_months(1, 10);
CREATE TABLE early AS SELECT * FROM opened;
TRUNCATE opened;
CALL loop_over_months(11, 25);
CREATE TABLE base AS SELECT m, count(bad_at)::float8 / count(*) AS rate FROM look WHERE m <= 25 AND counts GROUP BY m;
-- Rules that the early months choose, by the first alert of each account that counts.
CREATE TABLE choice AS SELECT rule, accounts, i[1] / nullif(rate, 0) AS lift, i[2] / nullif(rate, 0) AS low, i[3] / nullif(rate, 0) AS high
FROM (SELECT r.rule, count(l.m) AS accounts, avg(b.rate) AS rate, interval_of(jsonb_agg(ARRAY[l.borrower_id, (l.bad_at IS NOT NULL)::int, 1])
    FILTER (WHERE l.m > 0)) AS i FROM rule r
  LEFT JOIN (SELECT DISTINCT ON (e.rule, e.account_id) e.rule, l.* FROM early e JOIN look l USING (account_id, m) WHERE e.opens AND l.counts
    ORDER BY e.rule, e.account_id, m) l USING (rule) LEFT JOIN base b USING (m) GROUP BY r.rule) c;
-- Cases: month by month the best of those with an open alert of a chosen rule and no case. The PD is that of the latest decision of the month
-- or the two before, else the mean of the others.
CREATE TABLE pd AS SELECT l.account_id, l.m, (SELECT d.pd FROM book_ab.decision d WHERE d.account_id = l.account_id AND d.pd IS NOT NULL
  AND (extract(year FROM d.as_of) - 2022) * 12 + extract(month FROM d.as_of) BETWEEN l.m - 2 AND l.m
  ORDER BY d.as_of DESC, d.decided_at DESC, d.decision_id DESC LIMIT 1) AS pd FROM look l WHERE m BETWEEN 11 AND 25;
CREATE TABLE marked (kind text, rule text, cases int, account_id bigint, m int);
INSERT INTO marked SELECT 'rule', rule, NULL, account_id, m FROM opened WHERE opens;
CREATE PROCEDURE open_cases(cases int) LANGUAGE plpgsql AS $$
DECLARE a record;
BEGIN
  FOR month IN 11..25 LOOP
    FOR a IN SELECT x.account_id FROM (
          SELECT w.*, round(pd * lgd * (used + ccf * greatest(credit_limit - used, 0)), 2) - round(pd * lgd * used, 2) AS unused,
            round(pd * lgd * used, 2) AS drawn
          FROM (SELECT l.*, greatest(l.balance, 0) AS used, coalesce(d.pd, (avg(d.pd) OVER ())::float8, 1)::numeric AS pd FROM look l
            JOIN pd d USING (account_id, m) WHERE l.m = month AND (NOT l.late OR (SELECT late_cases FROM book_ab.alert_setting))
              AND l.account_id IN (SELECT o.account_id FROM opened o JOIN choice c ON c.rule = o.rule AND c.low > 1 WHERE o.m = month)) w) x
        WHERE x.unused + round(0.2 * x.drawn, 2) > 0 AND x.account_id NOT IN (SELECT k.account_id FROM marked k WHERE k.kind = 'cases'
          AND k.cases = open_cases.cases) ORDER BY (x.unused + round(0.2 * x.drawn, 2)) * x.rate DESC, x.account_id LIMIT open_cases.cases LOOP
      INSERT INTO marked VALUES ('cases', NULL, open_cases.cases, a.account_id, month);
    END LOOP;
    INSERT INTO marked SELECT 'pd', NULL, open_cases.cases, d.account_id, month FROM pd d JOIN look l USING (account_id, m) WHERE d.m = month
      AND d.pd IS NOT NULL AND (NOT l.late OR (SELECT late_cases FROM book_ab.alert_setting)) AND (l.credit_limit > 0 OR l.balance > 0) AND NOT EXISTS (
      SELECT FROM marked k WHERE k.kind = 'pd' AND k.cases = open_cases.cases AND k.account_id = d.account_id)
    ORDER BY d.pd DESC, d.account_id LIMIT open_cases.cases;
  END LOOP;
END $$;
CALL open_cases(1);
CALL open_cases(3);
-- Whether the first alert of an account was followed, before it turned bad or its outcome ended, by a lower limit, an act or a decision.
CREATE FUNCTION was_acted_on(account bigint, month int, bad_at int) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM look l WHERE l.account_id = account AND l.m > month AND l.m < u AND l.credit_limit <
      (SELECT p.credit_limit FROM look p WHERE p.account_id = account AND p.m < l.m ORDER BY p.m DESC LIMIT 1))
    OR EXISTS (SELECT FROM book_ab.alert_case_act k JOIN book_ab.alert_case c USING (case_id) WHERE c.account_id = account
      AND k.done_at AT TIME ZONE 'UTC' >= since AND k.done_at AT TIME ZONE 'UTC' < before)
    OR EXISTS (SELECT FROM book_ab.decision d WHERE d.account_id = account AND d.action IN ('FREEZE', 'DECREASE') AND d.as_of >= since AND d.as_of < before)
  FROM (SELECT coalesce(bad_at, month + 6) AS u) w, LATERAL (SELECT timestamp '2022-01-01' + make_interval(months => month) - interval '1 day' AS since,
    timestamp '2022-01-01' + make_interval(months => u - 1) AS before) x $$;
-- The measures of each list.
CREATE TABLE bad AS SELECT account_id, borrower_id, b.bad_at, round(greatest(d.balance, 0) * d.lgd * d.rate, 2) AS loss
FROM (SELECT account_id, min(bad_at) AS bad_at FROM look WHERE m BETWEEN 11 AND 25 AND counts GROUP BY 1) b JOIN look d USING (account_id)
WHERE d.m = b.bad_at;
CREATE TABLE first_mark AS SELECT DISTINCT ON (kind, rule, cases, account_id) k.*, l.borrower_id, l.bad_at, was_acted_on(account_id, m, bad_at) AS acted
FROM marked k JOIN look l USING (account_id, m) WHERE l.counts ORDER BY kind, rule, cases, account_id, m;
CREATE TABLE caught AS SELECT k.kind, k.rule, k.cases, b.*, (SELECT b.bad_at - min(m) FROM marked w JOIN look l USING (account_id, m)
  WHERE (w.kind, w.rule, w.cases) IS NOT DISTINCT FROM (k.kind, k.rule, k.cases) AND account_id = b.account_id AND m BETWEEN b.bad_at - 5 AND b.bad_at - 1
    AND l.counts) AS lead
FROM (SELECT 'rule' AS kind, rule, NULL::int AS cases FROM rule
  UNION ALL SELECT k, NULL, c FROM unnest('{cases,pd}'::text[]) k, unnest('{1,3}'::int[]) c) k, bad b;
CREATE TABLE by_hand AS
SELECT k.kind, k.rule, k.cases, (SELECT count(*) FROM marked w WHERE (w.kind, w.rule, w.cases) IS NOT DISTINCT FROM (k.kind, k.rule, k.cases)) AS alerts,
  (SELECT sum(n * n) FROM (SELECT count(*) AS n FROM marked w JOIN book_ab.account USING (account_id)
    WHERE (w.kind, w.rule, w.cases) IS NOT DISTINCT FROM (k.kind, k.rule, k.cases) GROUP BY borrower_id) b) AS squares, c.sorted,
  f.accounts, f.rate, interval_of(f.hits) AS p, interval_of(f.acted) AS a, interval_of(f.untouched) AS u, f.n_acted,
  (SELECT count(*) FROM bad) AS bad_accounts, interval_of(c.recall) AS r, interval_of(c.loss) AS l, c.q, (SELECT sum(loss) FROM bad) AS loss
FROM (SELECT DISTINCT kind, rule, cases FROM caught) k
CROSS JOIN LATERAL (SELECT count(*) AS accounts, avg(b.rate) AS rate, count(*) FILTER (WHERE acted) AS n_acted,
    jsonb_agg(ARRAY[borrower_id, (bad_at IS NOT NULL)::int, 1]) AS hits,
    jsonb_agg(ARRAY[borrower_id, (bad_at IS NOT NULL)::int, 1]) FILTER (WHERE acted) AS acted,
    jsonb_agg(ARRAY[borrower_id, (bad_at IS NOT NULL)::int, 1]) FILTER (WHERE NOT acted) AS untouched
  FROM first_mark m JOIN base b USING (m) WHERE (m.kind, m.rule, m.cases) IS NOT DISTINCT FROM (k.kind, k.rule, k.cases)) f
CROSS JOIN LATERAL (SELECT jsonb_agg(ARRAY[borrower_id, (lead IS NOT NULL)::int, 1]) AS recall,
    jsonb_agg(ARRAY[borrower_id, CASE WHEN lead IS NOT NULL THEN loss ELSE 0 END, loss]) AS loss,
    percentile_cont('{0.25,0.5,0.75}'::float8[]) WITHIN GROUP (ORDER BY lead) AS q, array_agg(lead ORDER BY lead) FILTER (WHERE lead > 0) AS sorted
  FROM caught c WHERE (c.kind, c.rule, c.cases) IS NOT DISTINCT FROM (k.kind, k.rule, k.cases)) c;
CREATE FUNCTION options() RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('train_months', 10, 'outcome_months', 5, 'cases_a_month', '[3, 1]'::jsonb, 'rules', jsonb_agg(to_jsonb(r))) FROM rule r $$;
CREATE TABLE judged AS SELECT b.* FROM backtest_alerts('book_ab', '2022-01-01', '2024-06-15', options()) b;
CREATE FUNCTION again() RETURNS SETOF judged LANGUAGE sql STABLE AS $$
  SELECT * FROM backtest_alerts('book_ab', '2022-01-01', '2024-06-15', options()) $$;
-- What there is to compare: alerts that count and do not, bad accounts that were seen and were not, touched and untouched, chosen and not.
SELECT count(*) AS lists, sum(alerts) > 3 * sum(accounts) / 2 AS alerts, min(bad_accounts) AS bad, count(DISTINCT recall) > 5 AS recalls,
  bool_or(chosen) AND NOT bool_and(chosen) AS some_chosen, count(*) FILTER (WHERE acted_on > 0 AND acted_on < accounts) > 5 AS touched,
  count(DISTINCT lead_median) > 2 AS leads, bool_and(status = 'judged' OR rule = 'very late') AS judged FROM judged;
SELECT count(*) AS lists, bool_and(j.alerts = h.alerts AND near(j.alerts_a_month, h.alerts / 15.0) AND j.accounts = h.accounts
  AND j.bad_accounts = h.bad_accounts AND j.acted_on = h.n_acted AND j.loss = h.loss AND j.judged_from = '2022-11-01' AND j.judged_to = '2024-01-01') AS counts,
  bool_and(near(h.p[1], j.precision) AND near(h.p[2], j.precision_low) AND near(h.p[3], j.precision_high) OR h.accounts = 0) AS precision,
  bool_and(near(j.base_rate, h.rate) AND near(j.lift, h.p[1] / h.rate) AND near(j.lift_low, h.p[2] / h.rate) AND near(j.lift_high, h.p[3] / h.rate)
    OR h.accounts = 0) AS lift, bool_and(near(h.r[1], j.recall) AND near(h.r[2], j.recall_low) AND near(h.r[3], j.recall_high)) AS recall,
  bool_and(near(h.l[1], j.loss_caught) AND near(h.l[2], j.loss_caught_low) AND near(h.l[3], j.loss_caught_high)) AS loss,
  bool_and(near(h.a[1], j.precision_acted) AND near(h.a[2], j.precision_acted_low) AND near(h.a[3], j.precision_acted_high) OR h.n_acted = 0) AS acted,
  bool_and(near(h.u[1], j.precision_untouched) AND near(h.u[2], j.precision_untouched_low) AND near(h.u[3], j.precision_untouched_high)
    OR h.n_acted = h.accounts) AS untouched,
  bool_and(h.q IS NOT DISTINCT FROM CASE WHEN j.lead_q1 > 0 THEN ARRAY[j.lead_q1, j.lead_median, j.lead_q3] END) AS lead,
  bool_and(near(j.alerts_a_month_low * 15, h.squares / h.alerts * i.low) AND near(j.alerts_a_month_high * 15, least(h.squares / h.alerts * i.high,
    15 * h.cases))) AS work
FROM judged j JOIN by_hand h ON (h.kind, h.rule, h.cases) IS NOT DISTINCT FROM (j.kind, j.rule, j.cases_a_month),
  credit_limit_internal.count_interval(h.alerts * h.alerts / h.squares, h.alerts * h.alerts / h.squares) i;
-- The interval of the median lead is between the place-th of n from either end: the binomial distribution says how often that holds it.
SELECT t.*, 1 - 2 * (SELECT sum(factorial(n) / factorial(k) / factorial(n - k)) FROM generate_series(0, place - 1) k) / 2.0 ^ n >= 0.95 AS holds,
  bool_and(j.lead_low = sorted[place] AND j.lead_high = sorted[n + 1 - place]) AS same
FROM (VALUES (6, 1), (7, 1), (17, 4)) t(n, place)
LEFT JOIN (judged j JOIN by_hand h ON (h.kind, h.rule, h.cases) IS NOT DISTINCT FROM (j.kind, j.rule, j.cases_a_month))
  ON n = cardinality(sorted) GROUP BY n, place ORDER BY n;
SELECT count(*) FILTER (WHERE lead_low > 0) AS with_interval FROM judged;
-- Accounts that are late already take cases as in run_alerts, unless the book says that they do not; they are told apart.
CREATE VIEW late_by_hand AS SELECT kind, rule, cases, count(*) AS alerts, count(DISTINCT account_id) FILTER (WHERE late) AS late_accounts,
  count(DISTINCT account_id) FILTER (WHERE counts) AS accounts FROM marked JOIN look USING (account_id, m) GROUP BY kind, rule, cases;
SELECT count(*) AS lists, count(*) FILTER (WHERE j.late_accounts > 0) AS some, bool_and((j.alerts, j.late_accounts, j.accounts) = (h.alerts, h.late_accounts,
  h.accounts)) AS same FROM judged j JOIN late_by_hand h ON (h.kind, h.rule, h.cases) IS NOT DISTINCT FROM (j.kind, j.rule, j.cases_a_month);
BEGIN;
UPDATE book_ab.alert_setting SET late_cases = false;
DELETE FROM marked WHERE kind <> 'rule';
CALL open_cases(1);
CALL open_cases(3);
SELECT count(*) AS lists, sum(j.late_accounts) FILTER (WHERE kind <> 'rule') AS late, bool_and((j.alerts, j.late_accounts, j.accounts) = (h.alerts,
  coalesce(h.late_accounts, 0), h.accounts)) AS same, bool_or(j.accounts > w.accounts) AS more_that_count
FROM backtest_alerts('book_ab', '2022-01-01', '2024-06-15', options()) j
JOIN late_by_hand h USING (kind) JOIN judged w USING (kind) WHERE (h.rule, h.cases) IS NOT DISTINCT FROM (j.rule, j.cases_a_month)
  AND (w.rule, w.cases_a_month) IS NOT DISTINCT FROM (j.rule, j.cases_a_month);
ROLLBACK;
SELECT count(*) AS rules, bool_and(j.chosen = coalesce(c.low > 1, false)) AS chosen, bool_and(j.train_accounts = c.accounts AND near(j.train_lift, c.lift)
  AND near(j.train_lift_low, c.low) AND near(j.train_lift_high, c.high) OR c.accounts = 0) AS lift FROM judged j JOIN choice c USING (rule);
-- A rule without an alert that counts, and lists that there are not, say so.
SELECT kind, rule, status, accounts, precision, recall, bad_accounts FROM judged WHERE rule = 'very late'
UNION ALL SELECT kind, rule, status, accounts, precision, recall, bad_accounts FROM backtest_alerts('book_ab', '2022-01-01', '2024-06-15',
  options() || '{"min_lift": 99}') WHERE kind = 'cases' AND cases_a_month = 1
UNION ALL SELECT kind, rule, status, accounts, precision, recall, bad_accounts FROM backtest_alerts('book_ab', '2022-01-01', '2022-12-31',
  '{"train_months": 10, "outcome_months": 1}') WHERE rule IN ('umbrella below what is drawn') OR kind = 'cases';

-- Alerts are those of run_alerts, called at the end of each of eight months with what was known then. An account is what it was in that month.
DELETE FROM book_ab.alert_rule;
INSERT INTO book_ab.alert_rule SELECT r.rule, '2022-01-01', r.indicator, enter_at, leave_at, enter_after, leave_after, 'watch', products, segments FROM rule r;
DO $$
DECLARE day date;
BEGIN
  FOR month IN 11..18 LOOP
    day := '2022-01-01'::date + make_interval(months => month) - interval '1 day';
    UPDATE book_ab.account a SET balance = coalesce(l.balance, 0), credit_limit = coalesce(l.credit_limit, 0)
    FROM book_ab.account o LEFT JOIN look l ON l.account_id = o.account_id AND l.m = month WHERE a.account_id = o.account_id;
    UPDATE book_ab.borrower b SET segment = l.segment FROM look l WHERE l.borrower_id = b.borrower_id AND l.m = month AND l.segment <> b.segment;
    PERFORM credit_limit.run_alerts('book_ab', day);
  END LOOP;
END $$;
SELECT count(*) > 150 AS many, count(a.rule) = count(*) AS in_run_alerts, count(o.rule) = count(*) AS in_loops FROM book_ab.alert a
FULL JOIN (SELECT * FROM opened WHERE opens AND m <= 18) o ON o.rule = a.rule AND o.account_id = a.account_id
  AND '2022-01-01'::date + make_interval(months => o.m) - interval '1 day' = a.as_of;
-- The rules of the book in their latest version, unless it is not active, are what is judged without any.
INSERT INTO book_ab.alert_rule SELECT rule, '2030-01-01', indicator, enter_at, leave_at, enter_after, leave_after, severity, products, segments, false
FROM book_ab.alert_rule WHERE rule = 'idle';
SELECT count(*) AS rules, bool_and(to_jsonb(b) = to_jsonb(j)) AS same FROM backtest_alerts('book_ab', '2022-01-01', '2024-06-15',
  options() - 'rules') b JOIN judged j USING (rule);

-- The same by any plan.
SET enable_hashjoin = off;
SET enable_hashagg = off;
SELECT (SELECT jsonb_agg(w) FROM again() w)::text = (SELECT jsonb_agg(w) FROM judged w)::text AS same;
RESET enable_hashjoin;
RESET enable_hashagg;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET enable_mergejoin = off;
SELECT (SELECT jsonb_agg(w) FROM again() w)::text = (SELECT jsonb_agg(w) FROM judged w)::text AS same;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET enable_mergejoin;
-- No look ahead: what comes after the first months does not choose, ...
BEGIN;
UPDATE book_ab.account_month SET balance = credit_limit - balance, days_past_due = 120 - days_past_due WHERE month >= '2022-11-01';
SELECT count(*) AS rules, bool_and((b.chosen, b.train_accounts, b.train_lift, b.train_lift_low, b.train_lift_high) IS NOT DISTINCT FROM (o.chosen,
  o.train_accounts, o.train_lift, o.train_lift_low, o.train_lift_high)) AS same, bool_or(b.precision <> o.precision) AS judged_anew
FROM again() b JOIN judged o USING (rule);
ROLLBACK;
-- ... and what comes after the last judged month changes no alert and no case, only what is said of them.
BEGIN;
UPDATE book_ab.account_month SET balance = credit_limit - balance, days_past_due = 120 - days_past_due, credit_limit = 5 WHERE month >= '2024-02-01';
DELETE FROM book_ab.account_month WHERE month >= '2024-02-01' AND account_id % 3 = 0;
INSERT INTO book_ab.decision (decision_id, source, account_id, borrower_id, product, as_of, decided_at, action, pd, binding, reasons, frozen, input_hash,
  previous_hash, hash) SELECT 64 * account_id, 'realtime', account_id, borrower_id, product, '2024-02-01', '2024-02-01', 'KEEP', draw(account_id::int, 11), 'x',
  '{}', false, '', '', '' FROM book_ab.account;
SELECT count(*) AS lists, bool_and(b.alerts = o.alerts) AS same, bool_or(b.precision <> o.precision) AS judged_anew
FROM again() b JOIN judged o ON (o.rule, o.kind, o.cases_a_month) IS NOT DISTINCT FROM (b.rule, b.kind, b.cases_a_month);
ROLLBACK;

-- An analyst sees what the owner does; one who is restricted judges by the accounts that he sees, as if there were no others.
SELECT options() AS options \gset
BEGIN;
DELETE FROM book_ab.account_month WHERE account_id IN (SELECT account_id FROM book_ab.account JOIN book_ab.borrower USING (borrower_id)
  WHERE segment <> 'farm');
DELETE FROM book_ab.account WHERE borrower_id IN (SELECT borrower_id FROM book_ab.borrower WHERE segment <> 'farm');
CREATE TABLE farm AS SELECT to_jsonb(b) AS j FROM backtest_alerts('book_ab', '2022-01-01', '2024-06-15', :'options') b;
SELECT jsonb_agg(j) AS farm FROM farm \gset
ROLLBACK;
SET ROLE regress_alert_backtest_analyst;
SELECT jsonb_agg(b) AS seen FROM backtest_alerts('book_ab', '2022-01-01', '2024-06-15', :'options') b \gset
RESET ROLE;
SELECT restrict_analyst('book_ab', 'regress_alert_backtest_analyst', '{farm}');
SET ROLE regress_alert_backtest_analyst;
SELECT jsonb_agg(b) AS restricted FROM backtest_alerts('book_ab', '2022-01-01', '2024-06-15', :'options') b \gset
RESET ROLE;
SELECT (SELECT jsonb_agg(w) FROM judged w) = :'seen'::jsonb AS all_alike, :'restricted'::jsonb = :'farm'::jsonb AS farm_alone,
  :'seen' <> :'restricted' AS differ, :'restricted'::jsonb #>> '{0,bad_accounts}' AS bad;

-- What cannot be judged.
SELECT backtest_alerts('book_ab', '2024-06-01', '2022-01-01');
SELECT backtest_alerts('book_ab', '2022-01-01', '2022-12-31');
SELECT backtest_alerts('book_ab', '2022-01-01', '2022-12-31', '{"train_months": 10, "outcome_months": 2}');
SELECT backtest_alerts('book_ab', NULL, '2022-12-31');
SELECT backtest_alerts('book_ab', '2022-01-01', 'infinity');
SELECT backtest_alerts('book_ab', '2022-01-01', '2024-06-01', NULL);
SELECT backtest_alerts('book_ab', '2022-01-01', '2024-06-01', '{"train": 10}');
SELECT backtest_alerts('book_ab', '2022-01-01', '2024-06-01', '{"train_months": 2.5}');
SELECT backtest_alerts('book_ab', '2022-01-01', '2024-06-01', '{"cases_a_month": 0}');
SELECT backtest_alerts('book_ab', '2022-01-01', '2024-06-01', '{"cases_a_month": [5, 0]}');
SELECT backtest_alerts('book_ab', '2022-01-01', '2024-06-01', '{"cases_a_month": ["5"]}');
SELECT backtest_alerts('book_ab', '2022-01-01', '2024-06-01', '{"rules": []}');
SELECT backtest_alerts('book_ab', '2022-01-01', '2024-06-01', '{"rules": [{"rule": "a", "indicator": "utilization"}]}');
SELECT backtest_alerts('book_ab', '2022-01-01', '2024-06-01', '{"rules": [{"rule": "a", "indicator": "product_refer", "enter_at": 1}]}');
SELECT backtest_alerts('book_ab', '2022-01-01', '2024-06-01', '{"rules": [{"rule": "a", "indicator": "utilization", "enter_at": 1, "leave_at": 2}]}');
SELECT backtest_alerts('book_ab', '2022-01-01', '2024-06-01', '{"rules": [{"rule": "a", "indicator": "utilization", "enter_at": "1"}]}');
SELECT backtest_alerts('book_ab', '2022-01-01', '2024-06-01', '{"rules": [{"rule": "a", "indicator": "utilization", "enter_at": 1, "when": 2}]}');
SELECT backtest_alerts('book_ab', '2022-01-01', '2024-06-01', '{"rules": [7]}');
SELECT backtest_alerts('book_ab', '2022-01-01', '2024-06-01', jsonb_build_object('rules', jsonb_build_array(:'used'::jsonb, :'used'::jsonb)));
-- A row of alert_rule has columns that decide nothing here.
SELECT backtest_alerts('book_ab', '2022-01-01', '2024-06-01', '{"rules": [{"rule": "a", "indicator": "utilization", "enter_at": 1, "severity": "act"}]}');
SELECT backtest_alerts('no_book', '2022-01-01', '2024-06-01');
-- The context of an error has no list of all rules of options.
CREATE FUNCTION context_of(options jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  context text;
BEGIN
  PERFORM credit_limit.backtest_alerts('book_ab', '2022-01-01', '2024-06-01', options);
EXCEPTION WHEN invalid_parameter_value THEN
  GET STACKED DIAGNOSTICS context = PG_EXCEPTION_CONTEXT;
  RETURN context;
END
$$;
SELECT bool_and(c LIKE '%backtest_alerts%') AS named, bool_or(c LIKE '%floor()%' OR c LIKE '%type()%') AS with_rules
FROM (VALUES (context_of('{"train": 10}')), (context_of('{"rules": [7]}'))) v (c);
-- leave_at is enter_at by default.
CREATE TABLE tried AS SELECT jsonb_agg(to_jsonb(r) || jsonb_build_object('leave_at', r.enter_at)) AS whole,
  jsonb_agg(to_jsonb(r) - 'leave_at') AS part FROM rule r;
SELECT jsonb_agg(b) AS whole FROM tried, backtest_alerts('book_ab', '2022-01-01', '2024-06-15', jsonb_build_object('rules', whole)) b \gset
SELECT :'whole'::jsonb = jsonb_agg(b) AS same,
  (SELECT jsonb_agg(alerts) FROM judged WHERE kind = 'rule') <> jsonb_agg(alerts) FILTER (WHERE kind = 'rule') AS others
FROM tried, backtest_alerts('book_ab', '2022-01-01', '2024-06-15', jsonb_build_object('rules', part)) b;
-- A book without days past due says that nothing is known; one without months is refused.
BEGIN;
UPDATE book_ab.account_month SET days_past_due = NULL;
SELECT DISTINCT kind, chosen, status, precision, recall FROM backtest_alerts('book_ab', '2022-01-01', '2024-06-15', :'options');
TRUNCATE book_ab.account_month;
SELECT backtest_alerts('book_ab', '2022-01-01', '2024-06-01');
ROLLBACK;
-- A view of the lender's own may lack the segment of the month, and have floats: then it is that of the borrower.
BEGIN;
UPDATE book_ab.account_month SET segment = NULL;
CREATE TABLE now AS SELECT jsonb_agg(w) AS j FROM again() w;
ALTER TABLE book_ab.account_month RENAME TO their_month;
CREATE VIEW book_ab.account_month AS SELECT account_id, month, credit_limit::float8, balance::float8, payment::float8, due::float8, days_past_due
FROM book_ab.their_month;
SELECT j = (SELECT jsonb_agg(w) FROM again() w) AS same FROM now;
ROLLBACK;
SELECT drop_book('book_ab');
DROP OWNED BY regress_alert_backtest_analyst;
DROP ROLE regress_alert_backtest_analyst;

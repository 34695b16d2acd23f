-- product_fit: a product that does not exist yet, against brute force in plain SQL. Demand is uniform between 0 and c:
-- E[min(D, x)] = x - x^2 / 2c up to c, and c / 2 beyond. report_product_fit: what is wanted against what is on offer.
\set VERBOSITY terse
SELECT credit_limit.create_book('book_f');
CREATE ROLE regress_fit_maker;
GRANT USAGE ON SCHEMA book_f, credit_limit, credit_limit_internal TO regress_fit_maker;
GRANT ALL ON ALL TABLES IN SCHEMA book_f TO regress_fit_maker;
SET ROLE regress_fit_maker;
SELECT credit_limit.draft_policy('book_f', 'cash', '{"name": "cash", "product": {"floor": 500, "cap": 4000, "step": 100}}') AS cash,
  credit_limit.draft_policy('book_f', 'card', '{"name": "card", "product": {"floor": 2000, "cap": 20000, "step": 100}}') AS card;
RESET ROLE;
SELECT credit_limit.approve_policy('book_f', i, '2026-01-01', digest => credit_limit.version_digest('book_f', 'policy', i)) FROM generate_series(1, 2) i;
INSERT INTO book_f.product VALUES ('cash', 'Cash line', 'standby_cash', 'CNY', 'cash', NULL), ('card', 'Card', 'card', 'CNY', 'card', NULL),
  ('dollar', 'Card', 'card', 'USD', 'card', NULL);
INSERT INTO book_f.borrower (borrower_id, segment, external_score, external_pd)
  SELECT i, CASE i % 3 WHEN 0 THEN 'town' WHEN 1 THEN 'country' END, 700, CASE WHEN i % 11 > 0 THEN (i % 9) * 0.02 END
  FROM generate_series(1, 150) i;
INSERT INTO book_f.umbrella (umbrella_id, borrower_id, credit_limit, kind, valid_from, valid_to, currency)
  SELECT i, i, 1500 + 100 * (i % 20) + 2100 * (1 - i / 4 % 2), CASE WHEN i / 4 % 2 = 0 THEN 'partitioned' ELSE 'shared' END,
    DATE '2026-01-01', DATE '2027-01-01', 'CNY' FROM generate_series(4, 150, 4) i
  UNION ALL SELECT i, i, 2500, 'shared', DATE '2026-01-01', DATE '2027-01-01', 'CNY' FROM generate_series(5, 150, 40) i;
INSERT INTO book_f.account (account_id, borrower_id, product, currency, opened_on, credit_limit, balance, pending, umbrella_id)
  SELECT i, i, CASE WHEN i % 5 = 0 THEN 'card' WHEN i % 17 = 0 THEN 'dollar' ELSE 'cash' END,
    CASE WHEN i % 5 > 0 AND i % 17 = 0 THEN 'USD' ELSE 'CNY' END, '2025-01-01',
    250 * (i % 14), CASE WHEN i % 10 = 9 THEN -20 ELSE 10 * (i % 25) END, i % 3 * 7,
    (SELECT umbrella_id FROM book_f.umbrella WHERE borrower_id = i AND (i % 5 = 0 OR i % 17 > 0))
  FROM generate_series(1, 150) i;
-- Some borrowers have two lines.
INSERT INTO book_f.account (account_id, borrower_id, product, currency, opened_on, credit_limit, balance, umbrella_id)
  SELECT 1000 + i, i, 'card', 'CNY', '2025-01-01', 300, 250,
    (SELECT umbrella_id FROM book_f.umbrella WHERE borrower_id = i) FROM generate_series(2, 150, 6) i;
UPDATE book_f.umbrella SET credit_limit = granted + 400 + 100 * (umbrella_id / 4 % 12) WHERE kind = 'partitioned';
INSERT INTO book_f.account_feature (account_id, computed_on, demand_mixture)
  SELECT account_id, '2026-11-30', credit_limit.demand_from_quantiles('{0, 1}', ARRAY[0, 700 * (1 + account_id % 8)])
  FROM book_f.account WHERE account_id % 7 > 0;
INSERT INTO book_f.report_assumption (product, margin, carry, ccf, lgd, capital) VALUES ('card', 0.10, 0.01, 0.5, 0.5, 0.1);
SELECT credit_limit.set_business_date('book_f', '2026-11-30');
-- What is on offer before anything is known of demand.
SELECT * FROM book_f_report.report_product_fit;

CREATE FUNCTION draws(c float8, x float8) RETURNS float8 LANGUAGE sql IMMUTABLE RETURN CASE WHEN x >= c THEN c / 2 ELSE x - x * x / 2 / c END;
CREATE FUNCTION by_hand(floor numeric, cap numeric, step numeric, z float8, owed float8, moves float8, price float8, only_segment text DEFAULT NULL)
RETURNS TABLE (product text, segment text, accounts bigint, not_known bigint, offered bigint, credit_limit float8, draw float8, unmet float8,
  caught float8, taken float8, unused float8, replaced float8, profit float8, lost float8, cost float8) LANGUAGE sql AS $$
  WITH line AS (
    SELECT a.account_id, a.borrower_id, a.product, a.credit_limit::float8, b.segment, b.external_pd AS pd, 700.0::float8 * (1 + account_id % 8) AS c,
      (a.product = 'card')::int AS card, least(cap, (SELECT u.credit_limit - CASE u.kind
        WHEN 'partitioned' THEN (SELECT sum(o.credit_limit) FROM book_f.account o WHERE o.umbrella_id = u.umbrella_id)
        ELSE (SELECT sum(greatest(o.balance, 0) + o.pending) FROM book_f.account o WHERE o.umbrella_id = u.umbrella_id) END
      FROM book_f.umbrella u WHERE u.umbrella_id = a.umbrella_id)) AS room
    FROM book_f.account a JOIN book_f.borrower b USING (borrower_id)
    WHERE a.currency = 'CNY' AND (only_segment IS NULL OR b.segment = only_segment)),
  offered AS (
    SELECT l.*, new, coalesce(f.draw, 0) AS draw, coalesce(f.taken, 0) AS taken, 0.2 - 0.03 - pd * lgd - k * 0.1 AS margin,
      ccf * (pd * lgd + k * 0.1) AS carry
    FROM line l, LATERAL (SELECT 0.75 - 0.25 * card AS lgd, 0.4 + 0.1 * card AS ccf, 0.08 + 0.02 * card AS k) r,
      LATERAL (SELECT (floor + n * step)::float8 AS new FROM generate_series(0, ((room - floor) / step)::int) n
        WHERE floor + n * step <= room AND floor + n * step >= z) v,
      -- The mean over 40 demands: who draws the candidate first, and who draws it last.
      LATERAL (SELECT avg(moves * first + (1 - moves) * last) AS draw, avg(moves * (least(d, credit_limit) - least(d - first, credit_limit))) AS taken
        FROM (SELECT d, CASE WHEN d > z THEN least(d, new) ELSE 0 END AS first,
            CASE WHEN d - credit_limit > z THEN least(d - credit_limit, new) ELSE 0 END AS last
          FROM generate_series(0, 39) g, LATERAL (SELECT (g + 0.5) / 40 * c AS d) e) e) f
    WHERE account_id % 7 > 0 AND pd IS NOT NULL),
  worth AS (SELECT *, owed * margin * draw - carry * (new - draw) AS profit, CASE card WHEN 1 THEN 0.11 ELSE 0.126 END * taken AS lost,
    price * new AS cost FROM offered),
  best AS (SELECT DISTINCT ON (borrower_id) * FROM worth WHERE profit - lost - cost > 0
    ORDER BY borrower_id, profit - lost - cost DESC, account_id, new)
  SELECT l.product, l.segment, count(*), count(*) FILTER (WHERE l.account_id % 7 = 0 OR l.pd IS NULL), count(b.account_id),
    coalesce(sum(b.new), 0), sum(b.draw), sum(l.c / 2 - draws(l.c, l.credit_limit)) FILTER (WHERE l.account_id % 7 > 0), sum(b.draw - b.taken),
    sum(b.taken), sum(l.credit_limit - draws(l.c, l.credit_limit)) FILTER (WHERE l.account_id % 7 > 0),
    sum(moves * (least(l.credit_limit, b.new) - draws(l.c, least(l.credit_limit, b.new)))) FILTER (WHERE b.new > 0), sum(b.profit), sum(b.lost),
    sum(b.cost)
  FROM line l LEFT JOIN best b USING (account_id) GROUP BY 1, 2
$$;
CREATE FUNCTION compared(candidate text, options jsonb, floor numeric, cap numeric, step numeric, z float8, owed float8, moves float8, price float8,
  s text DEFAULT NULL)
RETURNS TABLE (groups bigint, accounts numeric, not_known numeric, offered numeric, counts_differ bigint, amounts_differ bigint, add_up boolean)
LANGUAGE sql AS $$
  SELECT count(*), sum(f.accounts), sum(f.not_known), sum(f.offered), count(*) FILTER (WHERE (f.accounts, f.not_known, f.offered, f.credit_limit)
      IS DISTINCT FROM (h.accounts, h.not_known, h.offered, h.credit_limit::numeric)),
    count(*) FILTER (WHERE (greatest(abs(f.expected_draw - coalesce(h.draw, 0)), abs(f.unmet_caught - coalesce(h.caught, 0)),
        abs(f.taken - coalesce(h.taken, 0))) <= 0.001 * f.expected_draw + 0.5 + z / 20 AND greatest(abs(f.unmet_today - h.unmet),
        abs(f.unused_today - h.unused), abs(f.unused_replaced - coalesce(h.replaced, 0)), abs(f.profit - coalesce(h.profit, 0)),
        abs(f.lost - coalesce(h.lost, 0)), abs(f.budget_cost - coalesce(h.cost, 0))) <= 0.5 + z / 100) IS NOT TRUE),
    bool_and(f.expected_draw = f.unmet_caught + f.taken AND f.net = f.profit - f.lost - f.budget_cost AND f.currency = 'CNY')
  FROM credit_limit.product_fit('book_f', (candidate || ', "currency": "CNY", "rate": 0.2, "funding": 0.03, "cost_of_capital": 0.1}')::jsonb, options) f
  FULL JOIN by_hand(floor, cap, step, z, owed, moves, price, s) h ON h.product = f.product AND h.segment IS NOT DISTINCT FROM f.segment
$$;
-- Everybody draws it first; nobody does; some do, and draws up to 400 are not to be had.
SELECT * FROM compared('{"floor": 500, "cap": 2000, "step": 100', '{}', 500, 2000, 100, 0, 1, 1, 0);
SELECT * FROM compared('{"floor": 500, "cap": 2000, "step": 100', '{"moves": 0, "shadow_price": 0.0037}', 500, 2000, 100, 0, 1, 0, 0.0037);
SELECT * FROM compared('{"floor": 500, "cap": 1500, "step": 100, "smallest_draw": 400', '{"moves": 0.25}', 500, 1500, 100, 400, 1, 0.25, 0);
-- A budget that has a price; a segment; a loan of 24 months, of which .5537 is owed on average (by its 24 balances).
SELECT * FROM compared('{"floor": 300, "cap": 1500, "step": 100', '{"moves": 0.5, "shadow_price": 0.01}', 300, 1500, 100, 0, 1, 0.5, 0.01);
SELECT * FROM compared('{"floor": 300, "cap": 1500, "step": 100, "customers": {"segment": ["town", "sea"], "product": ["cash", "card"]}',
  '{"moves": 0.5}', 300, 1500, 100, 0, 1, 0.5, 0, 'town');
WITH RECURSIVE owed AS (SELECT 0 AS n, 1.0::float8 AS balance
  UNION ALL SELECT n + 1, balance * (1 + 0.2 / 12) - (0.2 / 12) / (1 - (1 + 0.2 / 12) ^ -24) FROM owed WHERE n < 23)
SELECT avg(balance) AS owed FROM owed \gset
SELECT abs(:owed - credit_limit_internal.mean_owed(24, 0.2)) < 1e-12 AS owed, round(:owed::numeric, 4) AS about, credit_limit_internal.mean_owed(3, 0)
  AS without_interest;
SELECT * FROM compared('{"floor": 300, "cap": 1500, "step": 100, "term": 24', '{"moves": 0.5}', 300, 1500, 100, 0, :owed, 0.5, 0);
-- A price by a certificate.
\set candidate '{"floor": 300, "cap": 1500, "step": 100, "currency": "CNY", "rate": 0.2, "funding": 0.03}'
CREATE TABLE priced AS SELECT credit_limit.shadow_price('SELECT i AS account_id, 7.0 AS mu, 0.5 AS sigma, 0.0 AS p_zero, 0.1 AS margin,
  0.01 AS carry, 1 AS use_exposure FROM generate_series(1, 50) i', '{"exposure": 40000}') AS certificate;
SELECT a.price > 0 AS price, count(*) AS groups, count(*) FILTER (WHERE f.* IS DISTINCT FROM g.*) AS differ, sum(f.budget_cost) > 0 AS cost
FROM priced, LATERAL (SELECT t.price, jsonb_build_object('moves', 0.5, 'certificate', certificate::text::jsonb, 'uses', '{"exposure": 0.5}'::jsonb)
    AS by_certificate, jsonb_build_object('moves', 0.5, 'shadow_price', t.price::float8 * 0.5) AS by_price
    FROM credit_limit.certificate_table(certificate) t) a,
  credit_limit.product_fit('book_f', :'candidate', by_certificate) f FULL JOIN credit_limit.product_fit('book_f', :'candidate', by_price) g
  ON g.product = f.product AND g.segment IS NOT DISTINCT FROM f.segment GROUP BY 1;
-- One account of a lognormal demand, by 20,000 of its quantiles: a limit of 4000 beside one of 3000, draws above 1000.
UPDATE book_f.account SET status = 'closed' WHERE account_id <> 1;
UPDATE book_f.account SET credit_limit = 3000, umbrella_id = NULL WHERE account_id = 1;
UPDATE book_f.account_feature SET demand_mixture = credit_limit.demand(8.3, 0.7, 0.2) WHERE account_id = 1;
SELECT f.offered, f.credit_limit, abs(f.expected_draw - n.draw) < 0.3 AS draw, abs(f.unmet_caught - n.caught) < 0.3 AS caught,
  abs(f.taken - n.taken) < 0.3 AS taken, abs(f.unmet_today - n.unmet) < 0.5 AS unmet, round(f.expected_draw) AS about
FROM credit_limit.product_fit('book_f',
    '{"floor": 4000, "cap": 4000, "smallest_draw": 1000, "currency": "CNY", "rate": 0.2, "funding": 0.03}', '{"moves": 0.6}') f,
  (SELECT avg(0.6 * first + 0.4 * last)::numeric AS draw, avg(0.6 * (least(d, 3000) - least(d - first, 3000)))::numeric AS taken,
      avg(0.6 * (first - least(d, 3000) + least(d - first, 3000)) + 0.4 * last)::numeric AS caught,
      avg(greatest(d - 3000, 0))::numeric AS unmet
    FROM (SELECT d, CASE WHEN d > 1000 THEN least(d, 4000) ELSE 0 END AS first,
        CASE WHEN d > 4000 THEN least(d - 3000, 4000) ELSE 0 END AS last
      FROM generate_series(0, 19999) g, LATERAL (SELECT credit_limit.demand_quantile(credit_limit.demand(8.3, 0.7, 0.2), (g + 0.5) / 20000) AS d) q) q) n;
UPDATE book_f.account SET status = 'open';

-- What is wanted against what is on offer.
SELECT credit_limit.add_months('book_f', '2026-01-01', 12);
INSERT INTO book_f.account_month SELECT account_id, (DATE '2026-01-01' + make_interval(months => k))::date, 30000,
    CASE WHEN account_id % 13 = 0 THEN 0 ELSE 37 * account_id % 2900 * (1 + k % 3) END, 50, 50, 0 FROM book_f.account, generate_series(0, 10) k;
SELECT credit_limit.refresh_reports('book_f', '2026-11-30');
SELECT * FROM book_f_report.report_offer ORDER BY product;
SELECT r.product, r.band, sum(r.accounts) AS accounts, bool_and((r.accounts, r.wanted, r.credit_limit, r.beyond, r.fits_another) IS NOT DISTINCT FROM
  (h.n, h.wanted, h.lim, h.beyond, h.other)) AS right, sum(r.fits_another) > 0 AS another
FROM book_f_report.report_product_fit r FULL JOIN (
  SELECT product, segment, band, count(*) AS n, coalesce(sum(w), 0) AS wanted, sum(lim) AS lim, coalesce(sum(greatest(w - cap, 0)), 0) AS beyond,
    count(*) FILTER (WHERE band IN ('above the cap', 'below the floor')
      AND CASE product WHEN 'cash' THEN w BETWEEN 2000 AND 20000 WHEN 'card' THEN w BETWEEN 500 AND 4000 END) AS other
  FROM (SELECT a.product, b.segment, p.demand_q90 AS w, a.credit_limit AS lim, o.cap,
      CASE WHEN p.demand_q90 IS NULL THEN 'not known' WHEN p.demand_q90 = 0 THEN 'nothing wanted'
      WHEN p.demand_q90 < o.floor THEN 'below the floor' WHEN p.demand_q90 <= o.cap THEN 'within' ELSE 'above the cap' END AS band
    FROM book_f.report_position p JOIN book_f.account a USING (account_id) JOIN book_f.borrower b USING (borrower_id)
      JOIN (VALUES ('cash', 500, 4000), ('card', 2000, 20000), ('dollar', 2000, 20000)) o(product, floor, cap) ON o.product = a.product) x GROUP BY 1, 2, 3) h
  ON h.product = r.product AND h.segment IS NOT DISTINCT FROM r.segment AND h.band = r.band GROUP BY 1, 2 ORDER BY 1, 2;

-- Mistakes.
\set SHOW_CONTEXT never
\set VERBOSITY default
SELECT credit_limit.product_fit('book_f', '{"currency": "CNY", "cap": 100, "rate": 0.2}');
SELECT credit_limit.product_fit('book_f', '{"currency": "CNY", "floor": 500, "cap": 100, "rate": 0.2, "funding": 0.03}');
SELECT credit_limit.product_fit('book_f', '{"currency": "CNY", "cap": 100, "rate": -0.2, "funding": 0.03}');
SELECT credit_limit.product_fit('book_f', '{"currency": "CNY", "cap": 100, "rate": 0.2, "funding": 0.03, "term": 2.5}');
SELECT credit_limit.product_fit('book_f', '{"currency": "EUR", "cap": 100, "rate": 0.2, "funding": 0.03}');
SELECT credit_limit.product_fit('book_f', '{"currency": "CNY", "cap": 100, "rate": 0.2, "funding": 0.03, "colour": "red"}');
SELECT credit_limit.product_fit('book_f', '{"currency": "CNY", "cap": 100, "rate": 0.2, "funding": 0.03, "smallest_draw": 101}');
SELECT credit_limit.product_fit('book_f', NULL);
SELECT credit_limit.product_fit('book_f', '[]');
SELECT credit_limit.product_fit('book_f', '{"currency": "CNY", "cap": 100, "rate": 0.2, "funding": 0.03, "customers": {"eyes": "blue"}}');
\set good '{"currency": "CNY", "cap": 100, "rate": 0.2, "funding": 0.03}'
SELECT credit_limit.product_fit('book_f', :'good', '{"moves": 2}');
SELECT credit_limit.product_fit('book_f', :'good', '{"certificate": {}}');
SELECT credit_limit.product_fit('book_f', :'good', '{"uses": {"exposure": 1}}');
SELECT credit_limit.product_fit('book_f', :'good', jsonb_build_object('certificate', certificate::text::jsonb, 'shadow_price', 0.01)) FROM priced;
SELECT credit_limit.product_fit('book_f', :'good', jsonb_build_object('certificate', certificate::text::jsonb, 'uses', '{"loss": 1}'::jsonb))
  FROM priced;
SELECT credit_limit.product_fit('book_f', :'good', jsonb_build_object('certificate', certificate::text::jsonb, 'uses', '{"exposure": -1}'::jsonb))
  FROM priced;
SELECT credit_limit.product_fit('book_f', :'good', jsonb_build_object('certificate', credit_limit.shadow_price('SELECT 1 AS account_id, 7.0 AS mu, 0.5 AS sigma,
  0.0 AS p_zero, 0.1 AS margin, 0.01 AS carry, 50 AS floor, 1 AS use_exposure', '{"exposure": 40}')::text::jsonb));
SELECT credit_limit.product_fit('book_f', '{"currency": "CNY", "cap": 100, "rate": 0.2, "funding": 0.03, "customers": {"segment": {"in": ["town"]}}}');
SELECT credit_limit.product_fit('book_f', :'good', '{"as_of": "infinity"}');
SELECT credit_limit.product_fit('no_book', :'good');
SET client_min_messages = warning;
DROP SCHEMA book_f, book_f_report CASCADE;
DROP OWNED BY regress_fit_maker;
DROP ROLE regress_fit_maker;

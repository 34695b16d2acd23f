-- Budgets divided over a book: drafted from rows that stay, approved by another role, decided by prices that are published, and decided again later.
\set VERBOSITY terse
\i test/helpers.sql
CREATE ROLE regress_allocation_owner; CREATE ROLE regress_allocation_approver; CREATE ROLE regress_allocation_engine;
SELECT create_book('book_al');
SELECT grant_book('book_al', policy_owner => 'regress_allocation_owner', approver => 'regress_allocation_approver', engine => 'regress_allocation_engine');
GRANT USAGE ON SCHEMA :"test_schema" TO regress_allocation_owner, regress_allocation_approver;
CREATE TABLE economics AS SELECT '{"optimal": {"rate": 0.2, "funding": 0.03, "pd": "pd", "lgd": 0.75, "ccf": 0.4, "capital": 0.08,
  "cost_of_capital": 0.1}}'::jsonb AS target;
GRANT SELECT ON economics TO PUBLIC;
SET ROLE regress_allocation_owner;
SELECT draft_policy('book_al', v.name, jsonb_build_object('name', v.name, 'product', '{"floor": 500, "cap": 20000, "step": 500}'::jsonb, 'movement',
  '{"max_increase": 0.5, "max_decrease": 0.5}'::jsonb, 'target', target)::text::jsonb::limit_policy) AS drafted
FROM economics, (VALUES ('cash'), ('line')) v(name) ORDER BY v.name;
SELECT draft_policy('book_al', 'other', '{"name": "other", "product": {"cap": 100}}') AS drafted;
UPDATE book_al.policy_version SET document = jsonb_set(document::jsonb, '{umbrella}', '{"type": "partitioned"}')::limit_policy WHERE name = 'line';
SET ROLE regress_allocation_approver;
SELECT count(approve_policy('book_al', i, '2026-01-01', digest => version_digest('book_al', 'policy', i))) AS approved FROM generate_series(1, 3) i;
RESET ROLE;
INSERT INTO book_al.product (product, name, kind, currency, policy) VALUES ('cash', 'Cash', 'cash', 'CNY', 'cash'), ('line', 'Line', 'cash', 'CNY', 'line'),
  ('other', 'Other', 'cash', 'EUR', 'other');
SELECT add_months('book_al', '2026-03-01', 8);
INSERT INTO book_al.borrower (borrower_id, segment, external_pd) SELECT i, 'retail', 0.01 + (i % 10) / 100.0 FROM generate_series(1, 200) i;
-- Line 7 and three more of borrower 7 stand under one umbrella, which leaves 2000 beyond what they have.
INSERT INTO book_al.umbrella (umbrella_id, borrower_id, kind, currency, credit_limit, valid_from) VALUES (7, 7, 'partitioned', 'CNY', 14000, '2020-01-01');
INSERT INTO book_al.account (account_id, borrower_id, product, currency, umbrella_id, opened_on, credit_limit, balance)
SELECT i, i, CASE i WHEN 7 THEN 'line' ELSE 'cash' END, 'CNY', CASE i WHEN 7 THEN 7 END, '2025-01-01'::date, 1000 * (1 + i % 8), 300 * (i % 5)
FROM generate_series(1, 200) i
UNION ALL SELECT i, 7, 'line', 'CNY', 7, '2025-01-01', 1000 * (i - 1000), 0 FROM generate_series(1001, 1003) i
UNION ALL SELECT 2001, 1, 'other', 'EUR', NULL, '2025-01-01', 50, 0;
UPDATE book_al.account SET credit_limit = 6000 WHERE account_id = 7;
-- What is wanted of three accounts in a hundred is not known.
INSERT INTO book_al.account_feature (account_id, computed_on, demand_mixture)
SELECT account_id, '2026-01-01', demand_with_basis(demand(7 + (account_id % 17) / 10.0, 0.6), 'mixture', 3) FROM book_al.account WHERE account_id % 50 <> 3
  OR account_id > 1000;
UPDATE book_al.account_feature f SET demand_mixture = demand(9, 0.6) FROM book_al.account a WHERE a.account_id = f.account_id AND a.umbrella_id = 7;

-- What is refused.
SET ROLE regress_allocation_owner;
SELECT draft_allocation('book_al', '2026-03-31', NULL);
SELECT draft_allocation('book_al', '2026-03-31', '{}');
SELECT draft_allocation('book_al', '2026-03-31', '{"exposure": -1}');
SELECT draft_allocation('book_al', '2026-03-31', '{"exposure": "much"}');
SELECT draft_allocation('book_al', '2026-03-31', '{"exposure": 5}', '{"products": ["cash", "other"]}');
SELECT draft_allocation('book_al', '2026-03-31', '{"exposure": 5}', '{"products": ["none"]}');
SELECT draft_allocation('book_al', '2026-03-31', '{"exposure": 5}', '{"acceptance": 2}');
SELECT draft_allocation('book_al', NULL, '{"exposure": 5}');
SELECT draft_allocation('book_al', '2025-03-31', '{"exposure": 5}');
SELECT count(*) AS half_written FROM book_al.allocation_version;

-- One budget that is too small, and one of each kind that binds.
SELECT draft_allocation('book_al', '2026-03-31', '{"exposure": 100000}', '{"frontier": []}') AS small;
SELECT draft_allocation('book_al', '2026-03-31', '{"exposure": 560000, "expected_loss": 19000}', '{"acceptance": 0.8, "notice_days": 30,
  "cost_of_change": 1}') AS allocation;
SELECT v.allocation_id, v.name, v.version, v.status, v.created_by, v.as_of, v.products, v.options, s.status, s.n, s.rows, s.gap / s.value < 1e-4 AS near_bound,
  s.n_repaired
FROM book_al.allocation_version v, certificate_summary(v.document) s ORDER BY 1;
SELECT t.budget, t.amount, t.used <= t.amount AS fits, t.price > 0 AS binds FROM book_al.allocation_version v, certificate_table(v.document) t
WHERE allocation_id = 2;

-- Rows: a limit of which nothing is known stays; lines under an umbrella have shares of it; every hash, choice and number is as certified.
SELECT account_id, keep, known, most, limits, choice, chosen_by FROM book_al.allocation_account WHERE allocation_id = 2
  AND account_id IN (3, 7, 8, 1001, 1002, 1003) ORDER BY 1;
SELECT what, holds FROM verify_allocation('book_al', 2);
-- In plain SQL: the row hash, the best at the prices but for accounts that repair moved, and the share of the umbrella by the rule that is stated.
SELECT count(*) FILTER (WHERE row_hash <> sha256(convert_to(format('%s:%s:%s:%s', account_id, limits, "values", uses), 'UTF8'))) AS hashes_differ,
  count(*) FILTER (WHERE choice <> best AND chosen_by = 'price') AS choices_differ, count(*) FILTER (WHERE chosen_by = 'price') > 190 AS by_price
FROM book_al.allocation_account r, LATERAL (SELECT limits[i] AS best FROM generate_subscripts(limits, 1) i, book_al.allocation_version v,
    LATERAL (SELECT array_agg(t.price) AS p FROM certificate_table(v.document) t) p
  WHERE v.allocation_id = r.allocation_id ORDER BY "values"[i] - p[1] * uses[i][1] - p[2] * uses[i][2] DESC, i LIMIT 1) b
WHERE allocation_id = 2;
RESET ROLE;
CREATE TABLE wish AS SELECT a.account_id, a.credit_limit, m.limits[best_action(m."values", m.uses, '{0,0}')] AS wanted
FROM book_al.account a, book_al.policy_version p, LATERAL (SELECT a.credit_limit, a.balance, 0.08 AS pd, f.demand_mixture, NULL::date AS last_limit_change,
    14000 AS umbrella_limit, 0 AS umbrella_drawn, (SELECT sum(o.credit_limit) FROM book_al.account o WHERE o.umbrella_id = 7 AND o.account_id <> a.account_id)
    AS umbrella_granted
  FROM book_al.account_feature f WHERE f.account_id = a.account_id) x, limit_menu(p.document, x, '2026-03-31', '{exposure,expected_loss}', 0.8, 30, 1) m
WHERE a.umbrella_id = 7 AND p.name = 'line';
SELECT account_id, wanted, base, more, trunc(base + (14000 - sum(base) OVER ()) * more / sum(more) OVER (), 4) AS most,
  (SELECT r.most FROM book_al.allocation_account r WHERE r.allocation_id = 2 AND r.account_id = w.account_id) AS given
FROM (SELECT *, least(wanted, credit_limit) AS base, greatest(wanted - credit_limit, 0) AS more FROM wish) w ORDER BY 1;
-- The proof that needs nothing of this extension.
CREATE TEMP TABLE action AS SELECT r.account_id AS "group", i AS action, "values"[i] AS value, ARRAY[uses[i][1], uses[i][2]] AS uses
FROM book_al.allocation_account r, generate_subscripts(limits, 1) i WHERE allocation_id = 2;
SELECT statement FROM book_al.allocation_version v, certificate_sql(v.document, 'action') p WHERE v.allocation_id = 2 \gexec
-- What other budgets would be worth: never less where there is more, and the price is about what one more brings.
SELECT budget, amount, status, round(value) AS value, used <= amount AS fits, round(price, 3) AS price FROM book_al.allocation_frontier ORDER BY 1, 2;

-- What each rule on movement costs, each alone: none at all costs least, and in plain SQL by the menus of policies without it.
SELECT product, rule, accounts > 0 AS some, cost > 0 AS costs FROM book_al.allocation_rule WHERE allocation_id = 2 ORDER BY 1, 2;
SELECT near(sum(b.best - a.best)::float8, (SELECT cost FROM book_al.allocation_rule WHERE allocation_id = 2 AND product = 'cash'
  AND rule = 'max_increase')::float8, 1e-9) AS as_reported
FROM book_al.allocation_account r JOIN book_al.account x USING (account_id) JOIN book_al.borrower w USING (borrower_id) LEFT JOIN book_al.account_feature f
    USING (account_id), book_al.policy_version p,
  (SELECT array_agg(t.price) AS p FROM book_al.allocation_version v, certificate_table(v.document) t WHERE allocation_id = 2) price,
  LATERAL (SELECT x.credit_limit, x.balance, w.external_pd AS pd, f.demand_mixture, NULL::date AS last_limit_change) i,
  limit_menu((p.document::jsonb #- '{movement,max_increase}')::limit_policy, i, '2026-03-31', '{exposure,expected_loss}', 0.8, 30, 1) m,
  LATERAL (SELECT max(r."values"[k] - price.p[1] * r.uses[k][1] - price.p[2] * r.uses[k][2]) AS best FROM generate_subscripts(r.limits, 1) k) a,
  LATERAL (SELECT max(m."values"[k] - price.p[1] * m.uses[k][1] - price.p[2] * m.uses[k][2]) AS best FROM generate_subscripts(m.limits, 1) k) b
WHERE r.allocation_id = 2 AND r.product = 'cash' AND p.name = 'cash';
-- Against today's policy, before anybody is asked to approve it.
SELECT action_b, accounts, limit_a - limit_b > 0 AS less FROM simulate_policy('book_al', 1, 1, '2026-03-31', '{"allocation": 2}') WHERE action_a IS NULL;
SELECT sum(s.limit_b) = (SELECT sum(r.choice) FROM book_al.allocation_account r WHERE r.allocation_id = 2 AND r.product = 'cash') AS as_certified
FROM simulate_policy('book_al', 1, 1, '2026-03-31', '{"allocation": 2}') s WHERE action_a IS NULL;
SELECT simulate_policy('book_al', 1, 1, '2026-03-31', '{"allocation": 9}');

-- Four eyes, and the digest that was read; nothing that is infeasible; then nothing changes.
SET ROLE regress_allocation_owner;
SELECT approve_allocation('book_al', 2, '2026-04-01', digest => version_digest('book_al', 'allocation', 2));
SET ROLE regress_allocation_approver;
SELECT approve_allocation('book_al', 1, '2026-04-01', digest => version_digest('book_al', 'allocation', 1));
SELECT approve_allocation('book_al', 9, '2026-04-01', digest => 'x');
SELECT approve_allocation('book_al', 2, '2026-04-01', digest => 'x');
SELECT approve_allocation('book_al', 2, '2026-04-01', digest => version_digest('book_al', 'allocation', 2));
RESET ROLE;
UPDATE book_al.allocation_account SET choice = 1 WHERE allocation_id = 2 AND account_id = 8;
DELETE FROM book_al.allocation_account WHERE allocation_id = 2 AND account_id = 8;
DELETE FROM book_al.allocation_frontier WHERE allocation_id = 2;
UPDATE book_al.allocation_account SET allocation_id = 2, account_id = account_id + 5000 WHERE allocation_id = 1;
TRUNCATE book_al.allocation_account;
UPDATE book_al.allocation_version SET options = '{}' WHERE allocation_id = 2;
DELETE FROM book_al.allocation_version WHERE allocation_id = 2;
DELETE FROM book_al.allocation_version WHERE allocation_id = 1;
SELECT allocation_id, count(*) FROM book_al.allocation_account GROUP BY 1;
-- A row that was changed before it was approved is found out.
SET ROLE regress_allocation_owner;
SELECT draft_allocation('book_al', '2026-03-31', '{"exposure": 560000}', '{"frontier": []}') AS forged;
RESET ROLE;
BEGIN;
UPDATE book_al.allocation_account SET "values" = "values"[:cardinality("values") - 1] || 999999.0 WHERE allocation_id = 3 AND account_id = 8;
SET ROLE regress_allocation_approver;
SELECT what, holds, account_id FROM verify_allocation('book_al', 3) WHERE NOT holds;
SELECT approve_allocation('book_al', 3, '2026-04-01', digest => version_digest('book_al', 'allocation', 3));
ROLLBACK;

-- The run of the day grants what was certified, but to two accounts whose demand has changed: also to the accounts that repair moved.
UPDATE book_al.account_feature SET demand_mixture = demand(5, 0.5) WHERE account_id IN (30, 31);
SET ROLE regress_allocation_engine;
CALL run_decisions('book_al', '2026-03-31', '{"move_limits": false, "run_key": "before"}');
CALL run_decisions('book_al', '2026-04-30');
RESET ROLE;
SELECT w.run_id, w.product, w.allocation_id FROM book_al.run_version w WHERE w.run_id > 0 ORDER BY 1, 2;
SELECT count(*) AS decisions, array_agg(d.account_id) FILTER (WHERE d.new_limit <> r.choice) AS differ, sum(d.new_limit) AS granted,
  count(*) FILTER (WHERE r.chosen_by = 'repair') AS repaired
FROM book_al.decision d JOIN book_al.allocation_account r ON r.account_id = d.account_id AND r.allocation_id = 2 WHERE d.as_of = '2026-04-30';
SELECT regexp_replace(r, '0[.][0-9]+', '#', 'g') AS reason, count(*) FROM book_al.decision d, unnest(d.reasons) r WHERE d.as_of = '2026-04-30'
GROUP BY 1 ORDER BY 2 DESC, 1;

-- Three months later demand and balances are others: so are decisions, by the same prices, and each is decided again from its row.
UPDATE book_al.account_feature SET demand_mixture = demand_with_basis(demand(7 + (account_id % 13) / 9.0, 0.7), 'mixture', 3), computed_on = '2026-07-01'
WHERE account_id % 50 <> 3;
UPDATE book_al.account SET balance = 100 * (account_id % 7) WHERE account_id <= 200;
CALL run_decisions('book_al', '2026-07-31');
SELECT count(*) FILTER (WHERE d.new_limit <> r.choice) > 50 AS differ, bool_and(d.new_limit >= least(d.old_limit, 600)) AS drawn_stays
FROM book_al.decision d JOIN book_al.allocation_account r ON r.account_id = d.account_id AND r.allocation_id = 2 WHERE d.as_of = '2026-07-31';
SELECT same, count(*), max(differences::text) AS differences FROM replay_decisions('book_al', '2026-01-01', '2026-12-31') GROUP BY 1;
-- What was promised, what came of it, and why not all.
SELECT product, currency, cause, accounts, certified, granted, difference, flipped FROM book_al_report.report_allocation WHERE allocation_id = 2 ORDER BY 1, 3;
SELECT sum(accounts) AS accounts, sum(granted) = (SELECT sum(d.new_limit) FROM book_al.decision d JOIN book_al.allocation_account r
  ON r.account_id = d.account_id AND r.allocation_id = 2 WHERE d.as_of = '2026-04-30') AS granted,
  sum(flipped) = (SELECT count(*) FROM (SELECT account_id FROM book_al.decision
  WHERE as_of > '2026-03-31' GROUP BY 1 HAVING bool_or(new_limit > old_limit) AND bool_or(new_limit < old_limit)) f) AS flipped
FROM book_al_report.report_allocation WHERE allocation_id = 2;
SELECT DISTINCT cause FROM book_al_report.report_allocation WHERE allocation_id = 3;
SELECT count(*) AS rules, bool_and(cost >= 0) AS costs FROM book_al_report.report_allocation_rules WHERE allocation_id = 2;
SELECT budget, count(*) AS points, count(*) FILTER (WHERE drafted) AS drafted FROM book_al_report.report_frontier WHERE allocation_id = 2 GROUP BY 1 ORDER BY 1;
-- Where budgets do not suffice, the page says so instead of axes without a line.
BEGIN;
SELECT draft_allocation('book_al', '2026-03-31', '{"exposure": 1000}') AS small;
SELECT p ~ 'It needs an allocation \(draft_allocation\) whose budgets suffice' AS said FROM report_html('book_al', '{"figures": ["frontier"]}') p;
ROLLBACK;
-- Not so with other prices, nor without the row of a repaired account.
BEGIN;
ALTER TABLE book_al.allocation_version DISABLE TRIGGER keep_version;
UPDATE book_al.allocation_version v SET document = (SELECT d.document FROM book_al.allocation_version d WHERE d.allocation_id = 3) WHERE allocation_id = 2;
SELECT same, count(*) > 20 AS many FROM replay_decisions('book_al', '2026-01-01', '2026-12-31') GROUP BY 1 ORDER BY 1;
SELECT problem, detail FROM verify_log('book_al');
ROLLBACK;
SELECT * FROM verify_log('book_al');
SELECT x #>> '{limit,decision,new_limit}' = x ->> 'new_limit' AS explained, x #>> '{inputs,allocation_id}' AS allocation, x #> '{limit,optimum}' AS optimum
FROM book_al.decision d, LATERAL (SELECT explain_decision('book_al', d.decision_id) AS x OFFSET 0) s WHERE d.as_of = '2026-07-31' AND d.account_id IN (7, 8);
-- Its last day, and a successor.
SELECT retire_version('book_al', 'allocation', 2, '2026-08-31');
SELECT count(DISTINCT p.account_id) AS others FROM preview_decisions('book_al', '2026-08-31') p JOIN preview_decisions('book_al', '2026-09-01') q
  ON q.account_id = p.account_id WHERE (p.decision).new_limit <> (q.decision).new_limit HAVING count(*) > 10;
-- Who is erased leaves no row.
UPDATE book_al.account SET status = 'closed' WHERE account_id = 8;
SELECT erase_borrower('book_al', 8, '2026-09-01', 'asked for it') AS inputs;
SELECT count(*) AS rows_left FROM book_al.allocation_account WHERE account_id = 8;

-- A cancel at the last step of a draft leaves nothing of it.
CREATE FUNCTION cancel_me() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_cancel_backend(pg_backend_pid()), pg_sleep(60); RETURN NULL; END $$;
CREATE TRIGGER cancel_me AFTER INSERT ON book_al.allocation_rule FOR EACH STATEMENT EXECUTE FUNCTION cancel_me();
SELECT draft_allocation('book_al', '2026-03-31', '{"exposure": 560000}', '{"frontier": []}');
DROP TRIGGER cancel_me ON book_al.allocation_rule;
SELECT allocation_id, (SELECT count(*) > 0 FROM book_al.allocation_account a WHERE a.allocation_id = v.allocation_id) AS rows FROM book_al.allocation_version v
ORDER BY 1;

-- Rows go when nobody needs them: of drafts, and of an allocation whose days are over and of which the log has no decision any more. The rest stays.
DELETE FROM book_al.allocation_account WHERE allocation_id = 2;
SELECT retire_allocations('book_al', '2026-03-31') AS of_an_earlier_day, retire_allocations('book_al', '2026-04-01') AS of_drafts,
  retire_allocations('book_al', '2027-01-01') AS none;
SELECT retire_allocations('book_al', NULL);
SELECT retire_allocations('book_al', 'infinity');
SELECT what, holds, certified, recomputed FROM verify_allocation('book_al', 3);
SET ROLE regress_allocation_approver;
SELECT approve_allocation('book_al', 3, '2026-11-01', digest => version_digest('book_al', 'allocation', 3));
RESET ROLE;
BEGIN;
-- Where somebody took them all the same, decisions are not made again from less than they had.
ALTER TABLE book_al.allocation_account DISABLE TRIGGER keep_allocation_delete;
DELETE FROM book_al.allocation_account;
SELECT differences[1] AS first, same, count(*) > 200 AS many FROM replay_decisions('book_al', '2026-04-01', '2026-12-31') GROUP BY 1, 2 ORDER BY 1;
ROLLBACK;
SELECT retire_decisions('book_al', '2026-09-01', 'too old') > 400 AS decisions_gone;
-- Its days are not known to be over while the log knows no later day.
SELECT retire_allocations('book_al', '2027-01-01') AS none;
CALL run_decisions('book_al', '2026-09-30');
INSERT INTO book_al.allocation_account SELECT (jsonb_populate_record(r, '{"account_id": -1}')).* FROM book_al.allocation_account r
WHERE allocation_id = 2 LIMIT 1;
SELECT set_business_date('book_al', '2027-12-31');
CALL run_job('book_al', 'retention');
SELECT row_count > 190 AS rows, (SELECT count(*) FROM book_al.allocation_account) AS rows_left,
  (SELECT count(*) FROM book_al.allocation_frontier) > 0 AS frontier_left FROM book_al.run WHERE job = 'retention';
SELECT allocation_id, (certificate_summary(document)).digest IS NOT NULL AS certified, digest IS NOT NULL AS digest FROM book_al.allocation_version ORDER BY 1;
SELECT problem FROM verify_log('book_al');
-- A budget that nothing says the use of, and one of which it is not said of all accounts.
SELECT draft_allocation('book_al', '2026-09-30', '{"carbon": 5}');
SELECT draft_allocation('book_al', '2026-09-30', '{"demand_q90": 5}');

-- Prices that were sought elsewhere: accounts choose by them, by plain SQL, and the certificate is of what they use.
SET ROLE regress_allocation_owner;
SELECT draft_allocation('book_al', '2026-03-31', '{"exposure": 560000, "expected_loss": 19000}',
  '{"prices": {"expected_loss": 0.6, "exposure": 0.01}}') AS given \gset
SELECT s.method, s.status, s.gap, v.options, (SELECT sum(r.choice) FROM book_al.allocation_account r
    WHERE r.allocation_id = v.allocation_id) = t.used AS limits_used, t.used = t.amount AND t.used < 560000 AS amount, t.price,
  (SELECT count(*) FROM book_al.allocation_frontier f WHERE f.allocation_id = v.allocation_id) AS frontier
FROM book_al.allocation_version v, certificate_summary(v.document) s, certificate_table(v.document) t WHERE v.allocation_id = :given AND t.budget = 'exposure';
SELECT count(*) > 190 AS accounts, count(*) FILTER (WHERE r.choice <> b.best) AS differ FROM book_al.allocation_account r, LATERAL (SELECT r.limits[i] AS best
  FROM generate_subscripts(r.limits, 1) i ORDER BY r."values"[i] - 0.01 * r.uses[i][1] - 0.6 * r.uses[i][2] DESC, i LIMIT 1) b WHERE r.allocation_id = :given;
SELECT what FROM verify_allocation('book_al', :given) WHERE NOT holds;
SELECT draft_allocation('book_al', '2026-03-31', '{"exposure": 5000, "expected_loss": 19000}', '{"prices": {"expected_loss": 0.6, "exposure": 0.01}}');
SELECT draft_allocation('book_al', '2026-03-31', '{"exposure": 560000, "expected_loss": 19000}', '{"prices": {"exposure": 0.01}}');
SELECT draft_allocation('book_al', '2026-03-31', '{"exposure": 560000}', '{"prices": [0.01]}');
SELECT draft_allocation('book_al', '2026-03-31', '{"exposure": 5}', '{"products": []}');
-- Rules of a draft that does not fit cost nothing; a product that an allocation is not of is simulated without it.
SELECT draft_allocation('book_al', '2026-03-31', '{"exposure": 5}', '{"products": ["line"], "frontier": []}') AS of_line \gset
RESET ROLE;
SELECT count(*) FROM book_al.allocation_rule WHERE allocation_id = :of_line;
SELECT sum(limit_a) = sum(limit_b) AS as_the_policy, bool_and(action_a = action_b) AS same
FROM simulate_policy('book_al', 1, 1, '2026-03-31', jsonb_build_object('allocation', :of_line)) WHERE action_a IS NOT NULL;
RESET ROLE;

-- From 10,000 accounts on prices decide everything; where many are alike, a share of them by hash: the run does the same.
SELECT create_book('book_al2');
INSERT INTO book_al2.policy_version (name, document) SELECT 'cash', jsonb_build_object('name', 'cash', 'product', '{"cap": 3000, "step": 1000}'::jsonb,
  'target', target)::limit_policy FROM economics;
GRANT USAGE ON SCHEMA book_al2 TO regress_allocation_approver;
SELECT grant_book('book_al2', approver => 'regress_allocation_approver');
SET ROLE regress_allocation_approver;
SELECT approve_policy('book_al2', 1, '2026-01-01', digest => version_digest('book_al2', 'policy', 1));
RESET ROLE;
INSERT INTO book_al2.product (product, name, kind, currency, policy) VALUES ('cash', 'Cash', 'cash', 'CNY', 'cash');
INSERT INTO book_al2.borrower (borrower_id, external_pd, income) SELECT i, 0.02, (i % 5) / 4.0 FROM generate_series(1, 10000) i;
INSERT INTO book_al2.account (account_id, borrower_id, product, currency, opened_on) SELECT i, i, 'cash', 'CNY', '2025-01-01' FROM generate_series(1, 10000) i;
INSERT INTO book_al2.account_feature (account_id, computed_on, demand_mixture) SELECT i, '2026-01-01', demand(7.5 + (i % 4) / 10.0, 0.6)
FROM generate_series(1, 10000) i;
-- A column of decision_input that no policy reads may be a budget: what a unit of limit uses of it. Decisions keep it as evidence.
SELECT draft_allocation('book_al2', '2026-03-31', '{"exposure": 24321000, "income": 13000000}', '{"frontier": []}') AS allocation;
SELECT s.status, s.fill BETWEEN 0.01 AND 0.99 AS shared, s.n_repaired, t.used <= t.amount AS fits, t.used / t.amount > 0.99 AS used
FROM book_al2.allocation_version v, certificate_summary(v.document) s, certificate_table(v.document) t WHERE t.budget = 'exposure';
SELECT t.used <= t.amount AS fits, t.used = sum(r.choice * b.income) AS used
FROM book_al2.allocation_account r JOIN book_al2.borrower b ON b.borrower_id = r.account_id, book_al2.allocation_version v, certificate_table(v.document) t
WHERE t.budget = 'income' GROUP BY t.used, t.amount;
SELECT what, holds FROM verify_allocation('book_al2', 1) WHERE NOT holds;
SET ROLE regress_allocation_approver;
SELECT approve_allocation('book_al2', 1, '2026-04-01', digest => version_digest('book_al2', 'allocation', 1));
RESET ROLE;
-- A quarter of the accounts is enough to see that. Where the use of one is not known any more its limit stays.
UPDATE book_al2.account SET status = 'closed' WHERE account_id % 4 <> account_id / 4 % 4;
UPDATE book_al2.borrower SET income = NULL WHERE borrower_id = (SELECT min(r.account_id) FROM book_al2.allocation_account r JOIN book_al2.account a
  USING (account_id) WHERE a.status = 'open' AND r.choice > 0);
CALL run_decisions('book_al2', '2026-04-30');
SELECT count(*) AS decisions, count(*) FILTER (WHERE d.new_limit <> r.choice) AS differ,
  count(*) FILTER (WHERE d.new_limit <> r.choice AND d.new_limit = d.old_limit) AS stay, count(*) FILTER (WHERE r.chosen_by = 'fill') > 100 AS by_share
FROM book_al2.decision d JOIN book_al2.allocation_account r ON r.account_id = d.account_id;
ANALYZE book_al2.decision, book_al2.decision_evidence;
SELECT same, count(*) FROM replay_decisions('book_al2', '2026-01-01', '2026-12-31') GROUP BY 1;
DROP SCHEMA book_al, book_al_report, book_al2, book_al2_report CASCADE;
DROP OWNED BY regress_allocation_owner, regress_allocation_approver, regress_allocation_engine CASCADE;
DROP ROLE regress_allocation_owner, regress_allocation_approver, regress_allocation_engine;

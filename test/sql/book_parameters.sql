-- Parameter sets of a lender's own: in the book's table, and in the evidence of decisions by them.
\set VERBOSITY terse
\i test/helpers.sql
CREATE ROLE regress_parameters_owner;
SELECT create_book('book_ps');
SELECT grant_book('book_ps', policy_owner => 'regress_parameters_owner');
SET ROLE regress_parameters_owner;
INSERT INTO book_ps.parameter_set (name, parameters, source) VALUES ('own', jsonb_set(parameter_set('basel_3'), '{classes,qrre,lgd_floor}', '0.6'), 'Letter 7'),
  ('mine', '{"classes": {}}', 'Ours');
-- Whoever drafts policies gave the name of a shipped set another meaning, for everybody.
INSERT INTO book_ps.parameter_set (name, parameters, source) SELECT s.name, '{"classes": {}}', 'Ours' FROM parameter_sets() s WHERE s.name = 'basel_2';
INSERT INTO book_ps.parameter_set (name, parameters, source) VALUES ('crr_3', '{"classes": {}}', 'Ours');
SELECT count(*) AS as_shipped FROM parameter_sets() s WHERE parameter_set('book_ps', s.name) = s.parameters;
SELECT p.name, p.source IN ('Letter 7', 'Ours') AS ours, p.parameters = s.parameters AS shipped FROM parameter_sets('book_ps') p LEFT JOIN parameter_sets() s
  ON s.name = p.name ORDER BY 1;
-- By the formula with an LGD of 0.6 in both, as the floor is above the 0.45 that is given.
SELECT near(irb_capital(0.03, 0.45, 'qrre', parameters => parameter_set('book_ps', 'own')), irb_capital(0.03, 0.6, 'qrre')) AS by_floor,
  parameter_set('book_ps', 'basel_3') = parameter_set('basel_3') AS shipped, parameter_set('book_ps', NULL) IS NULL AS null_of_null;
SELECT parameter_set('book_ps', 'none');
INSERT INTO book_ps.parameter_set (name, parameters, source) VALUES ('list', '[]', 'x');
RESET ROLE;
UPDATE book_ps.parameter_set SET source = 'another';
DELETE FROM book_ps.parameter_set;
TRUNCATE book_ps.parameter_set;

-- A decision_input that computes capital says by which set, and the decision keeps both, also of a policy that reads the capital only.
INSERT INTO book_ps.product (product, name, kind, currency, policy) VALUES ('cash', 'Cash', 'cash', 'CNY', 'cash');
INSERT INTO book_ps.borrower (borrower_id, external_pd) SELECT i, i / 100.0 FROM generate_series(1, 3) i;
INSERT INTO book_ps.account (account_id, borrower_id, product, currency, opened_on, credit_limit) SELECT i, i, 'cash', 'CNY', '2025-01-01', 1000
FROM generate_series(1, 3) i;
INSERT INTO book_ps.account_feature (account_id, computed_on, demand_mixture) SELECT i, '2026-01-01', demand(8, 0.5) FROM generate_series(1, 3) i;
ALTER FUNCTION book_ps.decision_input(date) RENAME TO standard_input;
CREATE VIEW book_ps.input_row AS SELECT i.*, 0::float8 AS capital, ''::text AS parameter_set FROM book_ps.standard_input(NULL) i WHERE false;
CREATE FUNCTION book_ps.decision_input(as_of date) RETURNS SETOF book_ps.input_row LANGUAGE sql STABLE AS $$
  SELECT i.*, credit_limit.irb_capital(i.external_pd, 0.45, 'qrre', parameters => p.parameters), 'own'
  FROM book_ps.standard_input(as_of) i, credit_limit.parameter_set('book_ps', 'own') p(parameters) $$;
INSERT INTO book_ps.policy_version (name, document) VALUES ('cash', '{"name": "cash", "product": {"cap": 9000, "step": 100}, "target": {"optimal":
  {"rate": 0.2, "funding": 0.03, "pd": "external_pd", "lgd": 0.75, "ccf": 0.4, "capital": "capital", "cost_of_capital": 0.1}}}');
CREATE ROLE regress_parameters_approver;
SELECT grant_book('book_ps', approver => 'regress_parameters_approver');
SET ROLE regress_parameters_approver;
SELECT approve_policy('book_ps', 1, '2026-01-01', digest => version_digest('book_ps', 'policy', 1));
RESET ROLE;
CALL run_decisions('book_ps', '2026-03-31');
SELECT x #>> '{inputs,parameter_set}' AS parameter_set, near((x #>> '{inputs,capital}')::float8, irb_capital(d.pd, 0.6, 'qrre')) AS capital, r.same
FROM book_ps.decision d, LATERAL (SELECT explain_decision('book_ps', d.decision_id) AS x OFFSET 0) e, replay_decision('book_ps', d.decision_id) r;
DROP SCHEMA book_ps, book_ps_report CASCADE;
DROP OWNED BY regress_parameters_owner, regress_parameters_approver CASCADE;
DROP ROLE regress_parameters_owner, regress_parameters_approver;

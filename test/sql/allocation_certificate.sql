-- Certificates: what is accepted, what contradicts itself, and what is read from them.
\i test/helpers.sql

CREATE TABLE sample AS SELECT '{"version": 1, "kind": "rows", "method": "by hand", "response": "none", "status": "binding",
  "budgets": [{"name": "exposure", "amount": 1000.50, "price": 3e-2, "decides": 0.04, "fill_price": 0.02, "used": 990, "slackness": 0.3150},
              {"name": "loss", "amount": 7, "price": 0, "fill_price": 0, "used": -7, "price_low": 0, "price_high": 0.10}],
  "n": 3, "rows": 9, "value": 12.0, "bound": 13.25, "gap": 1.25, "digest": null, "passes": 5, "read": "once", "fill": 0.250,
  "repaired": [{"account_id": 1, "action": 2}, {"account_id": 3, "action": -2}]}'::jsonb AS c;
-- One form, whatever the form was; what follows from the others is written out. 0.03 * (1000.5 - 990) = 0.315.
SELECT c::allocation_certificate FROM sample;
SELECT (c #- '{gap}' #- '{budgets,0,slackness}')::allocation_certificate = c::allocation_certificate AS same FROM sample;
SELECT t.* FROM sample, certificate_table(c::allocation_certificate) t;
SELECT s.* FROM sample, certificate_summary(c::allocation_certificate) s \gx
SELECT r.* FROM sample, certificate_repaired(c::allocation_certificate) r;
-- NULL gives no rows, or NULL.
SELECT count(*) FROM certificate_table(NULL), certificate_repaired(NULL);
SELECT s IS NULL AS nothing FROM certificate_summary(NULL) s;

-- Each contradiction is refused, and named.
CREATE FUNCTION refusal(c jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM c::allocation_certificate;
  RETURN 'accepted';
EXCEPTION WHEN invalid_parameter_value OR invalid_text_representation THEN RETURN regexp_replace(sqlerrm, '^invalid allocation_certificate: ', '');
END $$;
SELECT v.what, refusal(CASE WHEN v.value IS NULL THEN c #- v.path ELSE jsonb_set(c, v.path, v.value) END)
FROM sample, (VALUES
  (1, 'a slackness of its own', '{budgets,0,slackness}'::text[], '0.3151'::jsonb),
  (2, 'a gap of its own', '{gap}', '1'),
  (3, 'more than there is', '{budgets,0,used}', '1000.51'),
  (4, 'a negative price', '{budgets,0,price}', '-0.01'),
  (5, 'a bound below the value', '{bound}', '11.99'),
  (6, 'no price', '{budgets,0,price}', NULL),
  (7, 'binding without a price', '{budgets,0}', '{"name": "exposure", "amount": 1000, "price": 0, "fill_price": 0, "used": 990}'),
  (8, 'slack with a price', '{status}', '"slack"'),
  (9, 'empty with accounts', '{status}', '"empty"'),
  (10, 'infeasible with prices', '{status}', '"infeasible"'),
  (11, 'fewer rows than accounts', '{rows}', '2'),
  (12, 'a name twice', '{budgets,1,name}', '"exposure"'),
  (13, 'no budget', '{budgets}', '[]'),
  (14, 'half an interval', '{budgets,1,price_low}', NULL),
  (15, 'an interval that is none', '{budgets,1,price_low}', '0.2'),
  (16, 'a bound_error of what is exact', '{bound_error}', '0'),
  (17, 'a response', '{response}', '"0.3"'),
  (18, 'a share above 1', '{fill}', '1.1'),
  (19, 'a fill without its price', '{budgets,1,fill_price}', NULL),
  (20, 'a fill_price without a fill', '{fill}', NULL),
  (21, 'a digest that is none', '{digest}', '"ABC"'),
  (22, 'accounts out of order', '{repaired,1,account_id}', '1'),
  (23, 'more repaired than accounts', '{n}', '1'),
  (24, 'an unknown key', '{signed}', 'true'),
  (25, 'another version', '{version}', '2'),
  (26, 'a number out of bounds', '{value}', '-1e70'),
  (27, 'decimals without end', '{value}', '1e-101'),
  (28, 'infinite by JSON', '{value}', '"Infinity"'),
  (29, 'another reading', '{read}', '"twice"')) v (n, what, path, value) ORDER BY v.n;
-- Of kind float: a bound may lack its error, and rows are not told of.
CREATE TABLE floating AS SELECT '{"version": 1, "kind": "float", "method": "m", "response": "none", "status": "slack", "n": 3, "value": 12, "bound": 11.75,
  "budgets": [{"name": "a", "amount": 1, "price": 0, "used": 1.000001}], "bound_error": 0.25, "passes": 5, "read": "each pass"}'::jsonb AS c;
SELECT refusal(c) AS floating, refusal(jsonb_set(c, '{bound_error}', '0.2')) AS below, refusal(c #- '{bound_error}') AS unknown,
  refusal(c || '{"rows": 3}') AS rows, refusal(c || '{"repaired": []}') AS repaired FROM floating;
-- Infeasible, and of no accounts: without prices, value and bound.
CREATE TABLE nothing AS SELECT '{"version": 1, "kind": "rows", "method": "m", "response": "none", "status": "infeasible", "n": 3, "rows": 3,
  "budgets": [{"name": "a", "amount": 1, "used": 2}], "passes": 1, "read": "once"}'::jsonb AS c;
SELECT refusal(c) AS infeasible, refusal(c || '{"value": 1}') AS value, refusal(c || '{"bound": 1}') AS bound,
  refusal(jsonb_set(c, '{budgets,0,price}', '1')) AS price, refusal(jsonb_set(c, '{budgets,0,slackness}', '0')) AS slackness,
  refusal(jsonb_set(c, '{budgets,0,used}', '1')) AS fits,
  refusal(c || '{"status": "empty"}') AS filled, refusal(c || '{"status": "empty", "n": 0, "rows": 0}') AS empty FROM nothing;
SELECT t.* FROM nothing, certificate_table(c::allocation_certificate) t;
SELECT s.status, s.n, s.value, s.bound, s.gap FROM nothing, certificate_summary(c::allocation_certificate) s;

-- Prices in the order of the uses, not of the document.
SELECT certificate_prices(c, '{loss,exposure}') AS one, certificate_prices(c, '{exposure,loss}') AS other, certificate_prices(NULL, '{loss}') IS NULL AS null
FROM (SELECT '{"version": 1, "kind": "rows", "method": "by hand", "response": "none", "status": "binding", "budgets": [{"name": "loss", "amount": 10,
  "price": 0.5, "used": 10}, {"name": "exposure", "amount": 1000, "price": 0.03, "used": 1000}], "n": 3, "rows": 9, "value": 35, "bound": 35, "passes": 1,
  "read": "once"}'::allocation_certificate AS c) s;
SELECT certificate_prices(shadow_price('SELECT 1 AS account_id, 5 AS mu, 1 AS sigma, 0 AS p_zero, 0.1 AS margin, 0.01 AS carry, 1 AS use_exposure',
  '{"exposure": 10}'), '{exposure,loss}');

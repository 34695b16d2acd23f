-- What test/t/008_mutations.pl needs in the server.
SET client_min_messages = warning;

CREATE TABLE problem (type text, form text, problem text, data bytea);
CREATE FUNCTION try_mutants(name text, type regtype, is_binary boolean, seeds bytea[], tries bigint, seed bigint, checks text[],
  calls text[]) RETURNS void LANGUAGE c AS :'module', 'try_mutants';
CREATE VIEW own_type AS
SELECT t.oid, t.typname::text AS name,
  EXISTS (SELECT FROM pg_cast c WHERE c.castsource = 'bytea'::regtype AND c.casttarget = t.oid) AS summary
FROM pg_type t WHERE t.typnamespace = 'credit_limit'::regnamespace AND t.typtype = 'b' AND t.typcategory <> 'A';

-- Values to begin with: small, of every kind that the type has.
CREATE TABLE row AS
SELECT i, i % 3 = 0 AS event, sin(i) AS x, i * 1.25 AS amount, 100 + i % 4 AS available, (i % 7) / 8.0::float8 AS pd, 0.5 + i % 3 AS weight,
  chr(65 + i % 4) AS label, (DATE '2020-01-01' + make_interval(months => i))::date AS month,
  format('{"version": 1, "decimals": 0, "months": [{"month": "2026-01", "credit_limit": 20, "balance": %s}, {"month": "2026-03",
    "credit_limit": 20, "balance": %s}]}', i, 2 * i)::behavior AS history,
  format('{"version": 1, "decimals": 0, "months": [{"month": "2026-01", "credit_limit": 20, "balance": %s}, {"month": "2026-02",
    "credit_limit": 20, "balance": %s}, {"month": "2026-03", "credit_limit": 20, "balance": 3}]}', i, 2 * i)::behavior AS past
FROM generate_series(1, 12) i;
CREATE FUNCTION seed(type text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE call text;
BEGIN
  FOREACH call IN ARRAY CASE type
    WHEN 'bin_sketch' THEN ARRAY['bin_sketch_agg(x, event)', 'bin_sketch_agg(nullif(pd, 0), event, weight)', 'bin_sketch_agg(label, event)',
      'bin_sketch_agg(nullif(label, ''A''), event, weight / 3)', 'bin_sketch_agg(repeat(label, 1001), event)', 'bin_sketch_agg(NULL::text, event)']
    WHEN 'calibration' THEN ARRAY['calibration_agg(pd, event)', 'calibration_agg(pd, event, weight / 7)', 'calibration_agg(pd, NULL)',
      'calibration_agg(pd, NULL, weight)']
    WHEN 'roc' THEN ARRAY['roc_agg(x, event, true)', 'roc_agg(pd, event, false, weight / 3)', 'roc_amount_agg(x, event, true, amount)',
      'compact(roc_agg(pd, event, true), ''{"auc_loss": 0.05, "ks_loss": 1}'')',
      'roc_agg(CASE i WHEN 1 THEN ''Infinity'' WHEN 2 THEN ''-Infinity'' ELSE x END, event, true)',
      'roc_agg(NULL::float8, event, true)', 'roc_agg(NULL::float8, event, true, weight)']
    WHEN 'stability' THEN ARRAY['stability_agg(label, event)', 'stability_agg(nullif(label, ''A''), event, weight / 3)']
    WHEN 'fairness' THEN ARRAY['fairness_agg(label, event, x)', 'fairness_agg(nullif(label, ''A''), event, nullif(pd, 0))', 'fairness_agg(label, event)']
    WHEN 'allocation_step' THEN ARRAY['allocation_step_agg(5 + x, 0.5, pd, 0.12, 0.01, i, 900, ARRAY[1, pd], ARRAY[0, pd], ''{0.01, 0.02}'')',
      'allocation_step_agg(demand_with_basis(demand(3, 1), ''mixture'', i), 0.1, 0, 0::numeric, NULL, ''{1}'', NULL, ''{0}'')',
      'allocation_step_agg(NULL::demand, 0.1, 0, 0::numeric, NULL, ''{1}'', NULL, ''{0}'')',
      'allocation_step_agg(5 + x, 0.5, 0, 0.1, 0.2, 0, i * 900, ARRAY[1], NULL, ''{0.01, 0.3, 0.7}'', ARRAY[pd, 0.5, 0.4, 1, 0.1, 900],
        ''{1, 1, 1, 2, 1.1, 0.8}'')']
    WHEN 'ccf' THEN ARRAY['ccf_agg(amount, available, x)', 'ccf_agg(amount, 10, 10 * pd, ''{"unstable": 0.3}'')', 'ccf_agg(amount, NULL, x)']
    WHEN 'utilization' THEN ARRAY['utilization_agg(amount, available)', 'utilization_agg(x, available)', 'utilization_agg(amount, i % 3)',
      'utilization_agg(amount * 1e30, 0.01)', 'utilization_agg(-amount, available)']
    WHEN 'demand' THEN ARRAY['demand_agg(amount, 10)', 'demand_agg(amount, 12, ''{"distribution": "gamma"}'')',
      'demand_agg(month, amount, available)', 'demand_from_quantiles(''{0.1, 0.5, 1}'', ''{0, 5.5, 70}'', 50)',
      'demand_with_basis(demand_with_ceiling(demand(3, 1), 50), ''peak'', 3)',
      'demand_agg(amount, 12, ''{"distribution": "normal"}'')', 'demand(3, 1, 0.2)',
      'demand_posterior(demand_agg(month, amount, available), demand_prior_agg(i::bigint, demand(history)))', 'demand_agg(0, 100)',
      'demand_agg(g, 1 + sqrt(g))']
    WHEN 'demand_prior' THEN ARRAY['demand_prior_agg(i::bigint, demand(history))',
      'demand_prior_agg(i::bigint, demand(history), ''{"accounts": 200}'')', 'demand_prior_agg(label, NULL::demand)']
    WHEN 'demand_model' THEN ARRAY['demand_model_agg(past)']
    WHEN 'disclosure_table' THEN ARRAY['disclosure_table_agg(label, (i % 3)::text, (i / 2)::bigint, amount)',
      'disclosure_table_agg(label, ''x'', i::bigint)', 'disclosure_table_agg(NULL, ''x'', 1, 1)']
    WHEN 'concentration' THEN ARRAY['concentration_agg(amount)', 'concentration_agg(x)', 'concentration_agg(exp(5 * x)) FILTER (WHERE i > 0)',
      'concentration_agg(NULL::float8)']
    WHEN 'transitions' THEN ARRAY['transitions_agg(i % 4, i % 3)', 'transitions_agg(label, ''B'', amount)', 'state_path_agg(month, i % 4, x)',
      'transitions_agg(NULL::int, 1)']
    WHEN 'hazard' THEN ARRAY['hazard_agg(i, event, label)', 'hazard_agg(100 * i, event)', 'hazard_agg(NULL, event)']
    WHEN 'sicr' THEN ARRAY['sicr_agg(i % 2, month, 8 * i, pd, 0.2, x, 20 * pd, ''2023-01-01'')', 'sicr_agg(i, NULL, 1, 1, 1, 1, 1, month) FILTER (WHERE i = 1)']
    WHEN 'vintage' THEN ARRAY['vintage_agg(month, i, i > 3, event AND i > 3, amount)', 'vintage_agg(month, i % 3, event, false)',
      'vintage_agg(NULL, i, event, event)']
    WHEN 'kaplan_meier' THEN ARRAY['kaplan_meier_agg(amount, event)', 'kaplan_meier_agg(pd, event)']
    WHEN 'behavior' THEN ARRAY['behavior_agg(month, available, amount, 5, 6, i)',
      'behavior_agg(month, available, amount * 1e9, NULL, round(x::numeric, 2), NULL)',
      'behavior_agg((month + make_interval(years => 4 * (i % 3)))::date, 0, 0, 0, 0, 0)']
    WHEN 'binning' THEN ARRAY['optimal_binning(x, event)', 'optimal_binning(label, event, ''{"smoothing": "laplace"}'')',
      'binning_refit(fixed_binning(ARRAY[0.5], ''{"special_codes": [0.25]}''), pd, event)', 'fixed_binning(''[["A", "B"], ["C"]]'')']
    WHEN 'logit_model' THEN ARRAY['logistic_regression(event, ARRAY[x])', 'logistic_regression(event, ARRAY[x, pd], ''{"penalty": "firth"}'')']
    WHEN 'tobit_model' THEN ARRAY['tobit_regression(amount, 0, 10 + amount, ARRAY[x, pd])', 'tobit_regression(least(amount, 9), 0, 9, ARRAY[x], 1, i, NULL)',
      'tobit_regression(0, 0, NULL, ARRAY[x])']
    WHEN 'pd_curve' THEN ARRAY['isotonic_calibration(pd, event, true)', 'platt_scaling(x, event, false)']
    WHEN 'scorecard' THEN ARRAY[$q$min('{"name": "c", "base_points": 300, "characteristics": [
        {"name": "x", "reason": "why", "bins": [{"below": 0.5, "points": 1},
        {"below": 2, "points": 7, "reason": "so"}, {"points": 2}], "special": [{"values": [-9, -8], "points": 0}], "missing": {"points": -5}},
        {"name": "label", "categories": [{"in": ["A", "B"], "points": 14, "woe": 0.5}, {"in": ["C"], "points": -12}],
         "other": {"points": 0}}]}'::text)::scorecard$q$,
      $q$min('{"name": "c", "scaling": {"score": 500, "odds": 20, "pdo": 40},
        "characteristics": [{"name": "x", "bins": [{"points": 1}]}]}'::text)::scorecard$q$]
    WHEN 'allocation_certificate' THEN ARRAY[
      $q$min('{"version": 1, "kind": "rows", "method": "m", "response": "none", "status": "binding", "budgets": [{"name": "a", "amount": 100.5,
        "price": 0.5, "decides": 0.6, "fill_price": 0.4, "used": 90}, {"name": "b", "amount": 7, "price": 0, "fill_price": 0, "used": -7}], "n": 3,
        "rows": 9, "value": 12, "bound": 13, "digest": null, "passes": 5, "read": "once", "fill": 0.25,
        "repaired": [{"account_id": 1, "action": 2}, {"account_id": 3, "action": -2}]}'::text)::allocation_certificate$q$,
      $q$min('{"version": 1, "kind": "float", "method": "m", "response": "none", "status": "slack", "budgets": [{"name": "a", "amount": 100.5,
        "price": 0, "used": 90, "price_low": 0, "price_high": 1}], "n": 3, "value": 12, "bound": 12, "bound_error": 1e-9, "passes": 5,
        "read": "each pass"}'::text)::allocation_certificate$q$,
      $q$min('{"version": 1, "kind": "float", "method": "m", "response": "none", "status": "binding", "budgets": [{"name": "a", "amount": 9,
        "price": 0.5, "used": 9}], "n": 3, "value": 12, "bound": 13, "bound_error": 0, "criterion": "cvar", "alpha": 0.5, "scenarios": [{"name": "b",
        "pd": 1, "lgd": 1, "demand": 1, "probability": 0.5, "weight": 0.25, "value": 20}, {"name": "c", "pd": 3, "lgd": 1.1, "demand": 2,
        "probability": 0.5, "weight": 0.75, "value": 12}], "passes": 5, "read": "each pass"}'::text)::allocation_certificate$q$,
      $q$min('{"version": 1, "kind": "rows", "method": "m", "response": "none", "status": "infeasible", "budgets": [{"name": "a", "amount": 1,
        "used": 90}], "n": 1, "rows": 1, "passes": 1, "read": "once"}'::text)::allocation_certificate$q$]
    WHEN 'limit_policy' THEN ARRAY[
      $q$min('{"name": "p", "product": {"cap": 1000.00, "floor": 50, "step": 10},
        "movement": {"max_increase": 0.5, "dead_band": 0.05}}'::text)::limit_policy$q$,
      $q$min('{"name": "p", "product": {"cap": 1000.00}, "target": {"optimal": {"rate": "apr", "funding": 0.03, "pd": "pd", "lgd": 0.75, "ccf": 0.4,
        "shadow_price": 0.01}, "budget_reason": "b"}}'::text)::limit_policy$q$,
      $q$min('{"name": "p", "entitlement": {"bands": [{"score_from": 700, "income_multiple": 1.5, "limit": 9000}, {"score_from": 600, "income_multiple": 0.8}]},
        "risk_cap": [{"pd_below": 0.02, "limit": 30000}, {"limit": 500}], "exclusions": [{"column": "days_past_due", "at_least": 30, "reason": "late"}],
        "affordability": {"max_debt_to_income": 0.55, "residual_income": 200, "apr": 0.18, "payment_rate": 0.05, "payment_floor": 50}}'::text)::limit_policy$q$]
    END
  LOOP
    RETURN QUERY EXECUTE format('SELECT (%s)::text FROM (SELECT row.*, i AS g FROM row) b', call);
  END LOOP;
END $$;

CREATE TABLE first_seed AS SELECT name AS type, (SELECT min(v) FROM seed(name) v) AS v FROM own_type;
CREATE TABLE given (type regtype, value text);
INSERT INTO given VALUES ('text', '''B''::text'), ('jsonb', '''{"x": 1, "label": "A"}''::jsonb'), ('date', 'DATE ''2024-05-01'''), ('anyarray', 'ARRAY[0.5]'),
  ('int4', '3'), ('int8', '3::bigint'), ('bool', 'true'), ('float8', '0.5::float8'), ('numeric', '0.5'), ('float8[]', 'ARRAY[0.25, 0.5]::float8[]'),
  ('int4[]', 'ARRAY[1, 2]'), ('text[]', 'ARRAY[''x'']'), ('transitions[]', '''{}''::transitions[]'),
  ('jsonb[]', 'ARRAY[''{"regulatory_cap": {"limit": 900}}'']::jsonb[]');
-- Calls of every function whose first argument is the type; others that have a default keep it, the rest are what their types take.
CREATE FUNCTION calls(type text) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT format('SELECT count(f::text%s) FROM %s(%s) f', max('::' || r.name), p.oid::regproc, string_agg(CASE
      WHEN a.type = t.oid THEN '$1'
      WHEN p.proargnames[a.i] = 'query' THEN '''TABLE action'''
      WHEN a.type = 'record'::regtype THEN '(SELECT r FROM known r)'
      WHEN a.type = 'binning[]'::regtype THEN '(SELECT ARRAY[binning] FROM known_binning)'
      WHEN a.type::regtype::text ~ '^credit_limit[.]' OR a.type IN (SELECT oid FROM own_type)
        THEN format('(SELECT v::%s FROM first_seed WHERE type = %L)', a.type::regtype, (SELECT name FROM own_type o WHERE o.oid = a.type))
      ELSE g.value END, ', ' ORDER BY a.i))
  FROM own_type t JOIN pg_proc p ON t.oid = p.proargtypes[0] LEFT JOIN own_type r ON r.oid = p.prorettype,
    unnest(p.proargtypes::oid[]) WITH ORDINALITY a (type, i) LEFT JOIN given g ON g.type = a.type
  WHERE t.name = calls.type AND p.pronamespace = 'credit_limit'::regnamespace AND p.prokind = 'f' AND a.i <= greatest(1, p.pronargs - p.pronargdefaults)
  GROUP BY p.oid, p.proname HAVING NOT bool_or(a.type = 'regclass'::regtype)
  UNION ALL
  SELECT 'SELECT count(r::text::' || name || ') FROM (SELECT credit_limit.rollup(v) AS r FROM (VALUES ($1), ($1), ($1)) v (v)) s'
  FROM own_type t WHERE t.name = calls.type AND t.summary
$$;
CREATE TABLE action AS SELECT i::bigint AS account_id, a AS action, a * i AS value, ARRAY[a, i % 3]::numeric[] AS uses FROM row, generate_series(-2, 2) a;
CREATE TABLE known_binning AS SELECT credit_limit.optimal_binning(x, event) AS binning FROM row;
CREATE TABLE known AS SELECT 0.5::float8 AS x, 'A'::text AS label, 720.0 AS score, 0.01::float8 AS pd, 3000.0 AS income, 100.0 AS obligations,
  1000.0 AS credit_limit, 200.0 AS balance, 0 AS days_past_due, DATE '2024-01-01' AS last_increase, DATE '2024-01-01' AS last_decrease;

-- Reads and uses "tries" mutants of the seeds: what is accepted is kept, its text, its json and its bytes say the same again, and every
-- call answers or refuses.
CREATE PROCEDURE try(type text, form text, tries bigint, seed bigint) LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  seeds bytea[];
BEGIN
  EXECUTE format('SELECT array_agg(%s) FROM seed(%L) v', CASE form WHEN 'text' THEN 'convert_to(v, ''UTF8'')'
    ELSE format('credit_limit_internal.%s_send(v::%1$s)', type) END, type) INTO seeds;
  PERFORM try_mutants(type, ('credit_limit.' || type)::regtype, form = 'bytes', seeds, tries, seed,
    ARRAY[format('SELECT $1 = $1::json::jsonb::%s AND $1 = $1::jsonb::%1$s AND $1 >= $1', type)]
      || ARRAY(SELECT format('SELECT $1 = $1::bytea::%s', name) FROM own_type WHERE name = type AND summary),
    ARRAY(SELECT c FROM calls(type) c));
END $$;

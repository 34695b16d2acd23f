-- Values as values: equality, order and hash of every type, casts, and the same value for every order, split and plan.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS credit_limit;
CREATE SCHEMA types_test;
SET search_path = types_test, credit_limit, public;

-- ---- What the catalog says, of every type and aggregate that there will ever be ----

CREATE VIEW base_type AS
SELECT t.oid::regtype AS type, t.oid AS id FROM pg_type t
WHERE t.typnamespace IN ('credit_limit'::regnamespace, 'credit_limit_internal'::regnamespace) AND t.typtype = 'b' AND t.typcategory <> 'A';

SELECT count(*) AS types FROM base_type;
SELECT type FROM base_type
WHERE (SELECT count(*) FROM pg_operator o WHERE o.oprleft = id AND o.oprright = id AND o.oprresult = 'boolean'::regtype
    AND o.oprname IN ('=', '<>', '<', '<=', '>', '>=') AND o.oprcom <> 0 AND o.oprnegate <> 0) <> 6
  OR NOT EXISTS (SELECT FROM pg_operator o WHERE o.oprleft = id AND o.oprname = '=' AND o.oprcanhash AND o.oprcanmerge)
  OR (SELECT count(*) FROM pg_opclass c JOIN pg_am a ON a.oid = c.opcmethod
    WHERE c.opcintype = id AND c.opcdefault AND a.amname IN ('btree', 'hash')) <> 2
  OR (SELECT count(*) FROM pg_cast c WHERE c.castmethod = 'f' AND (c.castsource, c.casttarget) IN
    ((id, 'json'::regtype), (id, 'jsonb'::regtype), ('jsonb'::regtype, id))) <> 3;
-- Summaries are those that rollup takes.
SELECT type FROM base_type
WHERE EXISTS (SELECT FROM pg_proc p WHERE p.proname = 'rollup' AND p.proargtypes[0] = id)
  AND (SELECT count(*) FROM pg_cast c WHERE c.castmethod = 'f' AND (c.castsource, c.casttarget) IN
    ((id, 'bytea'::regtype), ('bytea'::regtype, id))) <> 2;

-- Shards and workers take all aggregates but the one that needs the order of time: a state that is combined has lost it.
CREATE VIEW aggregate AS
SELECT p.oid::regprocedure AS name, p.proargtypes, p.proparallel, a.* FROM pg_aggregate a JOIN pg_proc p ON p.oid = a.aggfnoid
WHERE p.pronamespace IN ('credit_limit'::regnamespace, 'credit_limit_internal'::regnamespace);
SELECT name FROM aggregate WHERE proparallel <> 's' OR aggcombinefn = 0 ORDER BY name::text COLLATE "C";
SELECT name FROM aggregate WHERE aggtranstype = 'internal'::regtype AND (aggserialfn = 0 OR aggdeserialfn = 0);
SELECT name FROM aggregate WHERE aggtransspace = 0 OR aggkind <> 'n' OR aggfinalmodify <> 'r';
SELECT name FROM aggregate WHERE EXISTS (SELECT FROM unnest(proargtypes::oid[]) u (type) JOIN pg_type t ON t.oid = u.type WHERE t.typtype = 'p');

-- ---- The same rows, in any order, split or shared among workers, are the same value ----

SELECT setseed(0.15);
CREATE TABLE book AS
SELECT i, random() AS key, round((random() * 5000)::numeric, i % 4) AS balance, round((500 + random() * 5000)::numeric, i % 3) AS available,
  random() < 0.2 AS event, exp(8 * random() - 4) AS weight, CASE WHEN i % 11 = 0 THEN -0.0 ELSE (random() * 40)::int / 40.0::float8 END AS x,
  exp(-5 * random()) AS pd, nullif(chr(65 + (random() * 6)::int), 'A') AS label, random() * 700 AS score,
  (DATE '2015-01-01' + make_interval(months => i))::date AS month
FROM generate_series(1, 6000) i;
CREATE TABLE shuffled AS SELECT * FROM book ORDER BY key;
ALTER TABLE book SET (parallel_workers = 2);
ALTER TABLE shuffled SET (parallel_workers = 3);
ANALYZE book, shuffled;

CREATE FUNCTION small_card() RETURNS scorecard LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT '{"name": "c", "characteristics": [{"name": "x", "bins": [{"below": 0.3, "points": 1}, {"points": 2}]},
    {"name": "score", "bins": [{"below": 300, "points": 1}, {"points": 2}]}]}'::credit_limit.scorecard $$;

CREATE TABLE recipe (type regtype, of text, call text, parts boolean);
INSERT INTO recipe SELECT type::regtype, of, call, coalesce(parts, true) FROM (VALUES
  ('bin_sketch', 'numbers', 'bin_sketch_agg(x, event)', NULL::boolean),
  ('bin_sketch', 'numbers with weights', 'bin_sketch_agg(nullif(x, 0.5), event, weight)', NULL),
  ('bin_sketch', 'texts with weights', 'bin_sketch_agg(label, event, weight)', NULL),
  ('calibration', 'rows', 'calibration_agg(pd, event)', NULL),
  ('calibration', 'rows with weights', 'calibration_agg(x, event, weight)', NULL),
  ('roc', 'rows', 'roc_agg(score, event, false)', NULL),
  ('roc', 'rows with weights', 'roc_agg(x, event, true, weight)', NULL),
  ('roc', 'rows with amounts', 'roc_amount_agg(x, event, true, balance)', NULL),
  ('roc', 'compact', 'compact(roc_agg(score, event, false), ''{"auc_loss": 0.01, "ks_loss": 0.1}'')', false),
  ('stability', 'rows with weights', 'stability_agg(label, event, weight)', NULL),
  ('ccf', 'facilities', 'ccf_agg(balance, available, balance + score::numeric)', NULL),
  ('ccf', 'float8 with options', 'ccf_agg(balance::float8, available::float8, score, ''{"unstable": 0.2}'')', NULL),
  ('fairness', 'scores', 'fairness_agg(label, event, score)', NULL),
  ('fairness', 'small scores', 'fairness_agg(label, event, pd)', NULL),
  ('allocation_step', 'numeric amounts', 'allocation_step_agg(6 + score / 200, 0.3 + pd, x / 2, 0.15 - pd / 5, 0.01, nullif(round(balance / 100), 7), '
    'available, ARRAY[1, pd], ARRAY[0, -pd], ''{0.01, 0.2}'')', NULL),
  ('allocation_step', 'demands', 'allocation_step_agg(demand(6 + score / 200, 0.3 + pd), 0.15 - pd / 5, 0.01, weight, 100 + score, ARRAY[weight / 60], '
    'NULL, ''{0.05}'')', NULL),
  ('allocation_step', 'scenarios', 'allocation_step_agg(6 + score / 200, 0.3 + pd, 0, 0.15 - pd / 5, 0.1, 0, weight * 1000, ARRAY[1], NULL, '
    '''{0.01, 0.3, 0.7}'', ARRAY[pd / 9, 0.5, 0.4, 1, x / 5, 900], ''{1, 1, 1, 2, 1.1, 0.8}'')', NULL),
  ('utilization', 'amounts', 'utilization_agg(balance, available)', NULL),
  ('utilization', 'float8', 'utilization_agg(balance::float8, available::float8)', NULL),
  ('demand', 'months', 'demand_agg(balance, available)', NULL),
  ('demand', 'gamma', 'demand_agg(balance, available, ''{"distribution": "gamma"}'')', NULL),
  ('demand', 'months with dates', 'demand_agg(month, balance, available) FILTER (WHERE i <= 100)', NULL),
  ('demand_prior', 'accounts', 'demand_prior_agg(i::bigint, demand(format(''{"version": 1, "decimals": 4, "months": [{"month": "2026-01", "credit_limit": %s, '
    '"balance": %s}, {"month": "2026-03", "credit_limit": %s, "balance": 7}]}'', available, balance, available)::behavior)) FILTER (WHERE i <= 200)', NULL),
  ('demand_model', 'two months', 'demand_model_agg(behavior_add(behavior_add(NULL, month, available, balance, NULL, NULL, NULL),
    (month + interval ''1 month'')::date, available, balance + i, NULL, NULL, NULL))', NULL),
  ('kaplan_meier', 'amounts', 'kaplan_meier_agg(balance, event)', NULL),
  ('disclosure_table', 'amounts', 'disclosure_table_agg(label, (i % 5)::text, i::bigint, balance)', NULL),
  ('disclosure_table', 'counts', 'disclosure_table_agg(label, chr(65 + i % 3), i::bigint)', NULL),
  ('concentration', 'few amounts', 'concentration_agg(balance)', NULL),
  ('concentration', 'many', 'concentration_agg(score * (1 + i % 97)) FILTER (WHERE i % 2 = 0)', NULL),
  ('transitions', 'numbers', 'transitions_agg((score / 100)::int, i % 5, balance)', NULL),
  ('transitions', 'names', 'transitions_agg(label, nullif(chr(65 + i % 5), ''B''))', NULL),
  ('transitions', 'a path', 'state_path_agg(month, label, balance::float8) FILTER (WHERE i <= 900)', false),
  ('sicr', 'months', 'sicr_agg(i, month, i % 120, pd, x, score, 300, ''2026-11-30'')', NULL),
  ('sicr', 'a panel', 'sicr_agg(i % 7, month, i % 50, x / 20, pd, score, balance, ''2040-06-01'', ''{"pd_ratio": 1.25, "default_days": 45}'') '
    'FILTER (WHERE i <= 900)', false),
  ('hazard', 'causes', 'hazard_agg(i % 91, event, label)', NULL),
  ('hazard', 'one cause', 'hazard_agg(i % 1000, nullif(event, i % 97 = 0))', NULL),
  ('transitions', 'a panel', 'state_path_agg(i % 7, month, label, balance::float8) FILTER (WHERE i <= 900)', false),
  ('vintage', 'amounts', 'vintage_agg(month, i % 36, event OR i % 5 = 0, event, balance) FILTER (WHERE i <= 900)', NULL),
  ('vintage', 'counts', 'vintage_agg((''2026-01-01''::date + i % 900), i % 36, event OR i % 5 = 0, nullif(event, i % 97 = 0))', NULL),
  ('tobit_model', 'numbers', 'tobit_regression(least(balance, available), 0, available, ARRAY[x, pd])', false),
  ('tobit_model', 'weights and clusters', 'tobit_regression(least(balance, available), 0, available, ARRAY[x], weight, label, NULL) '
    'FILTER (WHERE label IS NOT NULL)', false),
  ('behavior', 'months', 'behavior_agg(month, available, balance, round(balance / 7, 2), round(balance / 9, 2), i % 90) FILTER (WHERE i <= 100)', NULL),
  ('binning', 'numbers', 'optimal_binning(score, event)', false),
  ('binning', 'numbers with options', 'optimal_binning(score, event, ''{"max_n_bins": 4}'')', false),
  ('binning', 'texts with options', 'optimal_binning(label, event, ''{"max_n_bins": 3}'')', false),
  ('binning', 'counted anew', 'binning_refit(fixed_binning(ARRAY[100, 200]), score, event)', false),
  ('pd_curve', 'isotonic', 'isotonic_calibration(x, event, true)', false),
  ('double precision[]', 'bands', 'quantile_bands(score, 10)', false),
  ('double precision', 'shift', 'score_shift((x * 40)::int, event)', false),
  ('double precision', 'shift of fractions', 'score_shift(balance, event)', false),
  ('bigint[]', 'bins of a card', 'credit_limit_internal.scorecard_bin_counts(small_card(), '
    'credit_limit_internal.scorecard_bins(small_card(), b))', false)) v (type, of, call, parts);
-- No rows can be shuffled into a scorecard or a policy, and a fit is the same only by chance: these four come below.
SELECT type FROM base_type WHERE type NOT IN (SELECT type FROM recipe) ORDER BY type::text COLLATE "C";

-- Whether the plan has partial aggregates whose rows come from more than one process.
CREATE FUNCTION shared(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE plan text := ''; line text;
BEGIN
  FOR line IN EXECUTE 'EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) ' || query LOOP plan := plan || line || E'\n'; END LOOP;
  RETURN plan LIKE '%Finalize Aggregate%' AND plan LIKE '%Partial Aggregate (actual rows=1% loops=2)%';
END $$;

CREATE FUNCTION parallel(workers int) RETURNS void LANGUAGE sql AS $$
  SELECT set_config(name, value, false) FROM (VALUES ('max_parallel_workers_per_gather', workers::text), ('parallel_setup_cost', '0'),
    ('parallel_tuple_cost', '0'), ('min_parallel_table_scan_size', '0'), ('parallel_leader_participation', 'off')) v (name, value) $$;

CREATE FUNCTION compare(r recipe, OUT ordered boolean, OUT split boolean, OUT plan boolean, OUT workers boolean) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM parallel(0);
  EXECUTE format('CREATE TABLE value AS SELECT %s AS v FROM book b', r.call);
  EXECUTE format('SELECT v = (SELECT %s FROM (SELECT * FROM book ORDER BY key DESC OFFSET 0) b) FROM value', r.call) INTO ordered;
  IF r.parts THEN
    EXECUTE format('SELECT v = (SELECT rollup(part ORDER BY key) FROM (SELECT min(key) AS key, %s AS part FROM shuffled b GROUP BY i %% 7) p) FROM value',
      r.call) INTO split;
  END IF;
  PERFORM parallel(2);
  plan := shared(format('SELECT %s FROM shuffled b', r.call));
  EXECUTE format('SELECT v = w FROM value, (SELECT %s AS w FROM shuffled b) s', r.call) INTO workers;
  DROP TABLE value;
  PERFORM parallel(0);
END $$;
SELECT r.type, r.of, c.* FROM recipe r, compare(r) c ORDER BY type::text COLLATE "C", of COLLATE "C";

-- ---- A value through text, json and bytes is equal and has the same hash ----

CREATE TABLE value (type regtype, of text, v text, json boolean, jsonb boolean, object boolean, text boolean, bytes boolean, hash boolean);
CREATE FUNCTION store(r recipe) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format($q$INSERT INTO value SELECT $1, $2, md5(v::text), v = v::json::jsonb::%1$s, v = v::jsonb::%1$s, jsonb_typeof(to_jsonb(v)) = 'object',
      v = v::text::%1$s AND NOT v <> v::text::%1$s AND NOT v < v::text::%1$s, NULL,
      credit_limit_internal.value_hash(v) = credit_limit_internal.value_hash(v::text::%1$s)
        AND credit_limit_internal.value_hash_extended(v, 7) = credit_limit_internal.value_hash_extended(v::text::%1$s, 7)
    FROM (SELECT %2$s AS v FROM book b OFFSET 0) s$q$, r.type, r.call) USING r.type, r.of;
  IF r.parts THEN
    EXECUTE format('UPDATE value SET bytes = s.v = s.v::bytea::%1$s FROM (SELECT %2$s AS v FROM book b OFFSET 0) s WHERE type = $1 AND of = $2',
      r.type, r.call) USING r.type, r.of;
  END IF;
END $$;
INSERT INTO recipe VALUES
  ('logit_model', 'fit', 'logistic_regression(event, ARRAY[x, pd])', false),
  ('scorecard', 'written',
    $r$min('{"name": "c", "characteristics": [{"name": "x", "bins": [{"below": 0.30, "points": 1e1}, {"points": -0.0}]}]}'::text)::scorecard$r$, false),
  ('allocation_certificate', 'written', $r$min('{"version": 1, "kind": "rows", "method": "m", "response": "none", "status": "binding",
    "budgets": [{"name": "a", "amount": 100.50, "price": 5e-1, "used": 9}], "n": 3, "rows": 9, "value": 12.0, "bound": 58, "digest": null, "passes": 5,
    "read": "once"}'::text)::allocation_certificate$r$, false),
  ('allocation_certificate', 'scenarios', $r$min('{"version": 1, "kind": "float", "method": "m", "response": "none", "status": "binding",
    "budgets": [{"name": "a", "amount": 100.50, "price": 5e-1, "used": 9}], "n": 3, "value": 12.0, "bound": 58, "bound_error": 0, "digest": null,
    "criterion": "cvar", "alpha": 5.0e-1, "scenarios": [{"name": "b", "pd": 1.0, "lgd": 1, "demand": 1, "probability": 0.5, "weight": 0.25, "value": 20},
    {"name": "c", "pd": 3, "lgd": 1.10, "demand": 2, "probability": 0.50, "weight": 0.75, "value": 1.2e1}], "passes": 5,
    "read": "once"}'::text)::allocation_certificate$r$, false),
  ('limit_policy', 'written', $r$min('{"name": "p", "product": {"cap": 1000.00}}'::text)::limit_policy$r$, false);
SELECT count(*) FROM recipe r, store(r) WHERE r.type IN (SELECT type FROM base_type);
SELECT type, of, json, jsonb, object, text, bytes, hash FROM value ORDER BY type::text COLLATE "C", of COLLATE "C";
SELECT type FROM base_type WHERE type NOT IN (SELECT type FROM value);

-- ---- In the places where SQL compares ----

CREATE TABLE kept AS SELECT g, utilization_agg(balance, available) AS u, NULL::scorecard AS card FROM (SELECT *, i % 3 AS g FROM book) b GROUP BY g;
UPDATE kept SET card = '{"name": "c", "characteristics": [{"name": "x", "bins": [{"points": 1}]}]}' WHERE g < 2;
INSERT INTO kept SELECT g + 10, u::text::utilization, card FROM kept;
SELECT count(DISTINCT u) AS values, count(DISTINCT card) AS cards FROM kept;
SELECT count(*) FROM (SELECT u FROM kept UNION SELECT u FROM kept) s;
SELECT count(*) AS equal, min(g) AS of FROM kept GROUP BY u ORDER BY 2;
SELECT count(*) FROM kept a JOIN kept b USING (u, g);
SELECT count(*) FROM kept a JOIN kept b ON a.u = b.u AND a.g < b.g;
SELECT array_agg(u ORDER BY u) = array_agg(u ORDER BY u, g DESC) AS sorted, count(*) FILTER (WHERE u > (SELECT u FROM kept WHERE g = 0)) +
  count(*) FILTER (WHERE u <= (SELECT u FROM kept WHERE g = 0)) AS all FROM kept;
CREATE INDEX ON kept (card);
CREATE INDEX ON kept USING hash (u);
SET enable_seqscan = off;
SELECT g FROM kept WHERE u = (SELECT u FROM kept WHERE g = 1) ORDER BY g;
SELECT g FROM kept WHERE card = (SELECT card FROM kept WHERE g = 1) ORDER BY g;
RESET enable_seqscan;
SELECT ROW(u, card) IS NOT DISTINCT FROM ROW(u::text::utilization, card::jsonb::scorecard) AS same FROM kept WHERE g = 0;

-- A trigger that writes down what changed, whole rows compared and one column.
CREATE TABLE change (g int, of text);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW IS DISTINCT FROM OLD THEN INSERT INTO change VALUES (NEW.g, 'row'); END IF;
  IF NEW.u IS DISTINCT FROM OLD.u THEN INSERT INTO change VALUES (NEW.g, 'u'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER note AFTER UPDATE ON kept FOR EACH ROW EXECUTE FUNCTION note();
UPDATE kept SET u = u::text::utilization;
UPDATE kept SET u = (SELECT u FROM kept WHERE g = 2) WHERE g = 1;
UPDATE kept SET card = NULL WHERE g = 0;
SELECT * FROM change ORDER BY g, of;

-- An operator of the extension is found by its schema where the path has none.
SET search_path = pg_catalog;
SELECT count(*) FROM types_test.kept a, types_test.kept b WHERE a.u OPERATOR(credit_limit.=) b.u;
SET search_path = types_test, credit_limit, public;

-- Bytes and documents of strangers.
SELECT '\x00'::bytea::utilization;
SELECT substr(u::bytea, 1, 20)::utilization FROM kept WHERE g = 2;
SELECT '{"n": 1}'::jsonb::roc;
SELECT jsonb_set(u::jsonb, '{n}', '1')::utilization FROM kept WHERE g = 2;
-- What is accepted can be read again: weights where the value says there are none; amounts of which none can be; contradictions that only
-- workers tell each other; ends of scores that are not there.
SELECT '{"version": 1, "kind": "numeric", "n_skipped": 0, "missing": [0, 0], "values": [[0, 4, 1, 42, 10.5, 0, 0]]}'::bin_sketch;
SELECT '{"version": 1, "n": 3, "n_undefined": 0, "balance": 22.2, "credit_limit": 7.8, "unused": -5.0, "over_limit": 14.4, "ratio_n": 3,
  "ratio_sum": 8.538461538461538, "ratio_squares": 25, "cells": [[1114, 3]]}'::utilization;
SELECT '{"version": 1, "n": 1, "n_undefined": 0, "balance": 1, "credit_limit": 1, "unused": 0, "over_limit": 0, "ratio_n": 1,
  "ratio_sum": 1e150, "ratio_squares": 1e300, "cells": [[1000, 1]]}'::utilization;
SELECT overlay(v::bytea PLACING '\x01'::bytea FROM 10)::behavior FROM (SELECT behavior_agg('2026-01-01', 1000, 1, 1, 1, 1) AS v) s;
SELECT overlay(v::bytea PLACING '\x01'::bytea FROM 46)::fairness FROM (SELECT fairness_agg('A', true) AS v) s;
-- One form for equal values: zero has no sign, and no rows have no weights.
SELECT overlay(v::bytea PLACING '\x80'::bytea FROM 14)::demand = v AS zero FROM (SELECT demand(0, 1) AS v) s;
SELECT v::text::roc = v AS roc, w::text::calibration = w AS calibration, b::text::bin_sketch = b AS bin_sketch
FROM (SELECT roc_agg(NULL::float8, true, true, 1) AS v, calibration_agg(NULL::float8, true, 1) AS w, bin_sketch_agg(NULL::float8, true, 1) AS b) s;

SET client_min_messages = error;
DROP SCHEMA types_test CASCADE;

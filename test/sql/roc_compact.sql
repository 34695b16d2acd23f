-- compact: scores put together, at a loss that is stated and never more.
\i test/helpers.sql

-- ---- 1,000 rocs of all kinds: the bound against the value before ----

-- Scores of one binary order and of many, negative ones, ties, events among the high, the low or any scores, few rows and one class.
CREATE TABLE sample AS
SELECT g, i, (g % 5 < 3) AS higher, CASE g % 4
    WHEN 0 THEN draw(i, g) WHEN 1 THEN round((600 + 80 * (draw(i, g) + draw(i, g + 7000) - 1))::numeric, g % 3)::float8
    WHEN 2 THEN (draw(i, g) - 0.5) * 10 ^ (draw(i, g + 7000) * 8 - 4) ELSE exp(-9 * draw(i, g)) END AS score,
  g % 97 <> 0 AND draw(i, g + 3000) < CASE g % 3 WHEN 0 THEN 0.3 WHEN 1 THEN draw(i, g) ELSE 1 - draw(i, g) END AS event,
  1 + (i % 7) / 3.0::float8 AS weight, round((draw(i, g) * 100)::numeric, 2) AS amount, i % 3 AS part
FROM generate_series(1, 1000) g, generate_series(1, 20 + g % 60) i;
CREATE INDEX ON sample (g);
CREATE TABLE ranked AS
SELECT g, roc_agg(score, event, higher) AS plain, roc_agg(score, event, higher, weight) AS weighted, roc_amount_agg(score, event, higher, amount) AS amounts
FROM sample GROUP BY g;
CREATE TABLE loss AS
SELECT g, what, roc, allowed, compact(roc, jsonb_build_object('auc_loss', allowed, 'ks_loss', CASE WHEN g % 2 = 0 THEN 2 * allowed ELSE 1 END)) AS small
FROM ranked, LATERAL (VALUES ('plain', plain), ('weighted', weighted), ('amounts', amounts)) v (what, roc),
  LATERAL (SELECT (ARRAY[0, 0.0005, 0.003, 0.01, 0.05, 0.5])[1 + g % 6]) a (allowed);
CREATE VIEW compared AS
SELECT l.*, a.auc, b.auc AS small_auc, a.ks, b.ks AS small_ks, b.auc_loss, b.ks_loss, a.n_distinct, b.n_distinct AS small_distinct
FROM loss l, roc_stats(roc) a, roc_stats(small) b;
-- 1e-14: both AUCs are rounded.
SELECT count(*), count(*) FILTER (WHERE abs(auc - small_auc) > auc_loss + 1e-14) AS auc_beyond,
  count(*) FILTER (WHERE ks - small_ks NOT BETWEEN -1e-14 AND ks_loss + 1e-14) AS ks_beyond,
  count(*) FILTER (WHERE auc_loss > allowed) AS more_than_allowed, count(*) FILTER (WHERE g % 2 = 0 AND ks_loss > 2 * allowed + 1e-14) AS more_of_ks,
  count(*) FILTER (WHERE allowed = 0 AND small <> roc) AS not_the_same,
  count(*) FILTER (WHERE allowed = 0.5 AND small_distinct * 2 > n_distinct) AS not_smaller,
  count(*) FILTER (WHERE small_distinct < n_distinct) > 700 AS many, count(*) FILTER (WHERE auc IS NULL) > 0 AS one_class FROM compared;
-- The loss that is stated, by all pairs: those of the scores that stand together, which the text form names.
SELECT count(*), count(*) FILTER (WHERE NOT near(c.auc_loss, coalesce(p.pairs, 0) / 2, 1e-12)) AS other FROM compared c, LATERAL (
  SELECT sum(a.weight * b.weight) / nullif((SELECT sum(weight) FROM sample s WHERE s.g = c.g AND s.event)
    * (SELECT sum(weight) FROM sample s WHERE s.g = c.g AND NOT s.event), 0) AS pairs
  FROM (SELECT (cell ->> 0)::float8 AS low, (cell ->> 1)::float8 AS high FROM jsonb_array_elements(small::jsonb -> 'compact' -> 'cells') cell) cell,
    sample a, sample b
  WHERE a.g = c.g AND b.g = c.g AND a.event AND NOT b.event AND a.score BETWEEN low AND high AND b.score BETWEEN low AND high) p
WHERE what = 'weighted' AND c.g <= 200 AND small::jsonb ? 'compact' AND auc IS NOT NULL;
-- What is left of the curve is of the curve: counts at every cut-off, and amounts.
SELECT count(*), count(*) FILTER (WHERE r.cutoff IS NULL) AS not_of_it FROM loss l, roc_curve(small) s LEFT JOIN LATERAL (
  SELECT r.* FROM roc_curve(l.roc) r WHERE r.tp = s.tp AND r.fp = s.fp AND r.fn = s.fn) r ON true
WHERE what = 'plain' AND l.g <= 300;
SELECT count(*), bool_and(sum(a.amount) IS NOT DISTINCT FROM sum(b.amount)) OVER () AS amounts
FROM loss l, gains_table(roc, 1) a, gains_table(small, 1) b WHERE what = 'amounts' GROUP BY l.g ORDER BY l.g LIMIT 1;

-- ---- The bound is nearly reached where it can be ----

-- Wherever scores stand together, events are all below non-events: as bad as it gets.
SELECT a.auc AS before, b.auc AS after, b.auc_loss FROM (SELECT roc_agg(1 + i / 1000.0::float8, i < 128) AS r FROM generate_series(0, 249) i) s,
  roc_stats(r) a, roc_stats(compact(r, '{"auc_loss": 0.4999999, "ks_loss": 1}')) b;
CREATE TABLE cell AS SELECT roc_agg(1 + (i / 64) / 64.0 + (i % 64) / 4096.0::float8, i % 64 < 32) AS r FROM generate_series(0, 4095) i;
SELECT b.auc_loss <= 0.01 AS allowed, abs(a.auc - b.auc) / b.auc_loss > 0.95 AS reached
FROM cell, roc_stats(r) a, roc_stats(compact(r, '{"auc_loss": 0.01, "ks_loss": 1}')) b;
-- The interval holds the AUC that was, and is wider by the loss.
SELECT near(i.conf_high - i.auc, j.conf_high - j.auc + b.auc_loss, 1e-3) AS wider, i.conf_low <= j.auc AND j.auc <= i.conf_high AS holds
FROM cell, LATERAL compact(r, '{"auc_loss": 0.01, "ks_loss": 1}') c, auc_interval(c) i, auc_interval(r) j, roc_stats(c) b;

-- ---- Merged, in any order ----

CREATE TABLE part AS
SELECT g, part, compact(roc_agg(score, event, higher), jsonb_build_object('auc_loss', 0.02 * (1 + part), 'ks_loss', 0.2)) AS small
FROM sample GROUP BY g, part, higher;
SELECT count(*), count(*) FILTER (WHERE abs(a.auc - b.auc) > b.auc_loss + 1e-14) AS auc_beyond,
  count(*) FILTER (WHERE a.ks - b.ks NOT BETWEEN -1e-14 AND b.ks_loss + 1e-14) AS ks_beyond, count(*) FILTER (WHERE backward <> forward) AS other,
  count(*) FILTER (WHERE again <> forward) AS other, count(*) FILTER (WHERE b.auc_loss > 0) > 500 AS many
FROM (SELECT g, rollup(small ORDER BY part) AS forward, rollup(small ORDER BY part DESC) AS backward FROM part GROUP BY g) m
JOIN (SELECT g, rollup(two) AS again FROM (SELECT g, rollup(small) AS two FROM part GROUP BY g, part = 1) p GROUP BY g) t USING (g)
JOIN ranked USING (g), roc_stats(plain) a, roc_stats(forward) b;
-- With one that is exact, whose scores inside move too; and what is compact stays so.
SELECT count(*), count(*) FILTER (WHERE abs(a.auc - b.auc) > b.auc_loss + 1e-14) AS beyond, count(*) FILTER (WHERE compact(m, '{"auc_loss": 0}') <> m) AS other,
  count(*) FILTER (WHERE compact(m, '{"auc_loss": 0.5}')::jsonb #>> '{compact,auc_loss}' < m::jsonb #>> '{compact,auc_loss}') AS finer
FROM (SELECT g, rollup(small) AS m FROM (SELECT g, small FROM part WHERE part = 0
    UNION ALL SELECT g, roc_agg(score, event, higher) FROM sample WHERE part > 0 GROUP BY g, higher) u GROUP BY g) m
JOIN ranked USING (g), roc_stats(plain) a, roc_stats(m) b;

-- ---- Forms ----

SELECT count(*), count(*) FILTER (WHERE small::text::roc <> small OR small::jsonb::roc <> small OR small::bytea::roc <> small) AS other FROM loss;
SELECT compact(roc_agg(0.5 + i / 64.0, i > 3), '{"auc_loss": 0.2, "ks_loss": 1}') FROM generate_series(0, 7) i;
\set VERBOSITY terse
CREATE FUNCTION written(cells text, auc_loss float8 DEFAULT 0.5, ks_loss float8 DEFAULT 1) RETURNS roc LANGUAGE sql AS $$
  SELECT format('{"version": 1, "direction": "higher_is_riskier", "n_skipped": 0, "compact": {"auc_loss": %s, "ks_loss": %s, "cells": %s}, '
    '"scores": [[0.5, 3, 4], [3, 0, 1]]}', auc_loss, ks_loss, cells)::roc $$;
SELECT written('[[0.5, 0.9999999999999999]]', 0.4);
SELECT written('[[0.5, 0.9999999999999999]]');
SELECT written('[]');
SELECT written('[[0.5, 0.75]]');
SELECT written('[[0.5, 3]]');
SELECT written('[[0.50000001, 0.75]]');
SELECT written('[[0.5, 0.7499999999999999], [0.5, 0.9999999999999999]]');
SELECT written('[[2, 3.9999999999999996]]');
SELECT written('[[1, 1.9999999999999998]]');
SELECT compact(NULL::roc), compact(roc_agg(1, true), NULL) FROM generate_series(1, 1);
SELECT compact(roc_agg(1, true), '{"loss": 0.1}');
SELECT compact(roc_agg(1, true), '{"auc_loss": 0.6}');
-- No rows, infinite scores, zeros of both signs.
SELECT compact(roc_agg(NULL::float8, true)) = roc_agg(NULL::float8, true) AS none;
SELECT abs(auc(r) - auc(c)) <= (roc_stats(c)).auc_loss AS held, c::text::roc = c AS same, jsonb_array_length(c::jsonb -> 'compact' -> 'cells') AS cells FROM (
  SELECT r, compact(r, '{"auc_loss": 0.5, "ks_loss": 1}') AS c FROM (SELECT roc_agg(x, i % 2 = 0) AS r FROM unnest(ARRAY['Infinity', '-Infinity', 0.0, '-0.0',
    4.9e-324, -4.9e-324, 1.7e308, -1.7e308, -1e308, 1e308, 1.5e308]::float8[]) WITH ORDINALITY u (x, i)) s) s;

-- ---- Many scores: a million in a soak ----

\set n 200000
\if :soak
\set n 1000000
\endif

CREATE TABLE many AS SELECT roc_agg(1 / (1 + exp(4 - 3 * z)), e) AS r FROM (
  SELECT (i * 7919::bigint % 1000003) / 1000003.0 * 2 + (i * 104729::bigint % 1000003) / 1000003.0 * 2 - 2 AS z, i * 15485863::bigint % 1000003 < 50000 AS e
  FROM generate_series(1, :n) i) s;
SELECT what, kb BETWEEN least AND most AS kilobytes, abs(auc(r) - auc(c)) <= s.auc_loss AND s.auc_loss <= allowed AS held, s.n = :n AS rows FROM (
  SELECT *, length(c::bytea) / 1024.0 AS kb FROM many, LATERAL (VALUES ('as it is', :n * 7 / 1000, :n * 9 / 1000, 0, r), ('default', 50, 400, 1e-4, compact(r)),
    ('coarse', 5, 40, 1e-3, compact(r, '{"auc_loss": 0.001, "ks_loss": 0.01}'))) v (what, least, most, allowed, c)) m, roc_stats(c) s;

-- pd_accuracy: brier_score, log_loss, spiegelhalter_test as aggregates in constant memory.
\i test/helpers.sql
SET extra_float_digits = 0;

-- By hand: (0.1 - 0)^2, (0.3 - 1)^2, (0.8 - 1)^2 and their mean; -ln 0.9, -ln 0.3, -ln 0.8.
SELECT brier_score(p, e), (0.01 + 0.49 + 0.04) / 3 AS by_hand, log_loss(p, e), -(ln(0.9) + ln(0.3) + ln(0.8)) / 3 AS by_hand
FROM (VALUES (0.1::float8, false), (0.3, true), (0.8, true)) v (p, e);
-- Half of what Brier (1950) summed over both classes: certainty is right, or costs 1.
SELECT brier_score(p, e) FROM (VALUES (1::float8, true), (1, true), (0, false), (0, true)) v (p, e);

-- 300 rows against R 4.2: mean(w * (pd - y)^2) and so on with the formulas of the comments; 2 * pnorm(-abs(z)).
CREATE TABLE sample AS
SELECT i, (1 + i * 37 % 101) / 250.0 AS pd, (i * i * 7 + i * 13) % 97 * 2500 < 97 * (1 + i * 37 % 101) * 12 AS event,
  (1 + i % 3)::float8 AS weight
FROM generate_series(1, 300) i;
SELECT near_relative(brier_score(pd, event), 0.17683429333333334, 1e-14) AS brier, near_relative(log_loss(pd, event), 0.53242168417405855, 1e-14) AS log_loss,
  near_relative((spiegelhalter_test(pd, event)).z, 2.3673343808570686, 1e-13) AS z,
  near_relative((spiegelhalter_test(pd, event)).p_value, 0.017916737058899849, 1e-12) AS p_value FROM sample;
SELECT near_relative(brier_score(pd, event, weight), 0.17561498666666664, 1e-14) AS brier,
  near_relative(log_loss(pd, event, weight), 0.53124425673237385, 1e-14) AS log_loss,
  near_relative((spiegelhalter_test(pd, event, weight)).z, 3.2405869545105062, 1e-13) AS z,
  near_relative((spiegelhalter_test(pd, event, weight)).p_value, 0.0011928388553037136, 1e-12) AS p_value FROM sample;

-- numeric columns and float8 columns: the same to the last bit. Integer weights are repeated rows, weights in another unit change nothing.
SELECT brier_score(pd, event) = brier_score(pd::float8, event) AS brier, log_loss(pd, event) = log_loss(pd::float8, event) AS log_loss,
  spiegelhalter_test(pd, event) = spiegelhalter_test(pd::float8, event) AS z,
  brier_score(pd, event, weight) = brier_score(pd::float8, event, weight) AS weighted_brier,
  log_loss(pd, event, weight) = log_loss(pd::float8, event, weight) AS weighted_log_loss,
  spiegelhalter_test(pd, event, weight) = spiegelhalter_test(pd::float8, event, weight) AS weighted_z FROM sample;
SELECT s.b = brier_score(pd, event) AS brier, s.l = log_loss(pd, event) AS log_loss, near_relative((s.t).z, (spiegelhalter_test(pd, event)).z, 1e-14) AS z
FROM sample, generate_series(1, weight::int),
  (SELECT brier_score(pd, event, weight) b, log_loss(pd, event, weight) l, spiegelhalter_test(pd, event, weight) t FROM sample) s
GROUP BY s.b, s.l, s.t;
SELECT near_relative(brier_score(pd, event, weight / 7), 0.17561498666666664, 1e-14) AS brier,
  near_relative(log_loss(pd, event, weight * 1e90), 0.53124425673237385, 1e-14) AS log_loss FROM sample;

-- No row: none at all, only NULL, only NaN, only rows that weigh nothing. What is missing is left out, even beside something wrong.
SELECT brier_score(pd, event) IS NULL AS brier, log_loss(pd, event) IS NULL AS log_loss, spiegelhalter_test(pd, event) IS NULL AS z
FROM sample WHERE false;
SELECT brier_score(NULL::float8, event) IS NULL AND brier_score(pd, NULL) IS NULL AND brier_score(pd, event, NULL) IS NULL AS brier,
  log_loss('NaN'::float8, event) IS NULL AND log_loss('NaN'::numeric, event) IS NULL AND log_loss(pd, event, 'NaN') IS NULL AS log_loss,
  spiegelhalter_test(pd, event, 0) IS NULL AS z FROM sample;
SELECT brier_score(p, e, w) FROM (VALUES (0.5::float8, true, 1::float8), (NULL, true, 1), ('NaN', false, 1), (0.9, NULL, 1), (0.9, false, NULL),
  (0.9, false, 'NaN'), (0.9, false, 0), (7, NULL, 1), (7, true, NULL)) v (p, e, w);

-- Certain and wrong: log loss is clipped at 1e-15, and symmetric. Certain and right costs nothing.
SELECT log_loss(0::float8, true), log_loss(1::float8, false), -ln(1e-15::float8) AS clip, log_loss(1e-300::float8, true) AS below,
  log_loss(0::float8, false) AS right_0, log_loss(1::float8, true) AS right_1, log_loss(1e-12::float8, true) AS above;
-- PDs of 0, 1/2 and 1 have no variance to test with.
SELECT z IS NULL AS z, p_value IS NULL AS p_value FROM (SELECT (spiegelhalter_test(p, p > 0.4)).* FROM unnest('{0, 0.5, 1}'::float8[]) p) s;

-- Mistakes.
SELECT brier_score(2.5::float8, true);
SELECT log_loss(-0.01, true);
SELECT spiegelhalter_test(250::float8, true);
SELECT brier_score('Infinity'::numeric, true);
SELECT brier_score(0.1::float8, true, -1);
SELECT log_loss(0.1, true, 'Infinity');
SELECT brier_score(0.1, true, 1e101);

-- Many rows (a million in a soak), one order or another, one worker or more: 1e-12, and against sums in exact arithmetic.
\set n 100000
\if :soak
\set n 1000000
\endif
SELECT setseed(0.26);
CREATE TABLE book AS
SELECT pd, random() < pd * 1.1 AS event, random() * 3 AS weight FROM (SELECT random() ^ 3 * 0.5 AS pd FROM generate_series(1, :n)) s;
CREATE TABLE serial AS SELECT brier_score(pd, event) b, log_loss(pd, event) l, (spiegelhalter_test(pd, event)).z,
  brier_score(pd, event, weight) bw, log_loss(pd, event, weight) lw, (spiegelhalter_test(pd, event, weight)).z AS zw FROM book;
SELECT near_relative(b, (SELECT avg((pd::numeric - event::int) ^ 2) FROM book WHERE pd < 0.001)::float8, 1e-12) AS exact
FROM (SELECT brier_score(pd, event) AS b FROM book WHERE pd < 0.001) s;
ALTER TABLE book SET (parallel_workers = 2);
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
SELECT uses_parallel('SELECT credit_limit.brier_score(pd, event), credit_limit.log_loss(pd, event, weight), credit_limit.spiegelhalter_test(pd, event) FROM book');
SELECT near_relative(brier_score(pd, event), b, 1e-15) AS b, near_relative(log_loss(pd, event), l, 1e-15) AS l, near_relative((spiegelhalter_test(pd, event)).z, z, 1e-12) AS z,
  near_relative(brier_score(pd, event, weight), bw, 1e-15) AS bw, near_relative(log_loss(pd, event, weight), lw, 1e-15) AS lw,
  near_relative((spiegelhalter_test(pd, event, weight)).z, zw, 1e-12) AS zw FROM book, serial GROUP BY b, l, z, bw, lw, zw;
SELECT brier_score(pd, event) IS NULL AS nothing FROM book WHERE pd > 2;
SELECT log_loss(NULLIF(pd, pd), event) IS NULL AS only_null FROM book;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;
SELECT near_relative(brier_score(pd, event ORDER BY pd), b, 1e-15) AS ordered FROM book, serial GROUP BY b;

-- As a window aggregate.
SELECT array_agg(round(b::numeric, 6) ORDER BY i) FROM (SELECT i, brier_score(pd, event) OVER (ORDER BY i) AS b FROM sample WHERE i <= 5) s;

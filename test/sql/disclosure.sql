-- disclosure_table, suppress and disclosure_audit: what of a table may be given away, and what an attacker makes of it.
\i test/helpers.sql

-- 1. Cells and margins against plain SQL. A borrower has several rows in a cell, in several cells of a row, and some without a label.
CREATE TABLE loan AS
SELECT (40 * draw(i, 1))::bigint AS borrower, nullif((ARRAY['north', 'south', 'east', 'west', 'x'])[1 + (draw(i, 2) * 5)::int % 5], 'x') AS region,
  (ARRAY['card', 'line', 'instalment'])[1 + (draw(i, 3) * 3)::int % 3] AS product,
  CASE WHEN i % 50 = 0 THEN NULL WHEN i % 51 = 0 THEN 'NaN' ELSE round((exp(8 * draw(i, 4)))::numeric, 2) END AS balance
FROM generate_series(1, 600) i;
ALTER TABLE loan SET (parallel_workers = 2);
CREATE TABLE t AS SELECT disclosure_table_agg(region, product, borrower, balance) AS t, disclosure_table_agg(region, product, borrower) AS counts FROM loan;
CREATE VIEW by_hand AS
WITH known AS (SELECT * FROM loan WHERE region IS NOT NULL AND balance <> 'NaN'),
per_borrower AS (SELECT region, product, borrower, sum(balance) AS amount FROM known GROUP BY GROUPING SETS
  ((region, product, borrower), (region, borrower), (product, borrower), (borrower))),
cell AS (SELECT region, product, count(*) AS contributors, sum(amount) AS amount, (array_agg(amount ORDER BY amount DESC))[1] AS largest,
  coalesce((array_agg(amount ORDER BY amount DESC))[2], 0) AS second_largest FROM per_borrower GROUP BY region, product)
SELECT c.*, (SELECT sum(i.contributors) FROM cell i WHERE i.region IS NOT NULL AND i.product IS NOT NULL
  AND (i.region = c.region OR c.region IS NULL) AND (i.product = c.product OR c.product IS NULL)) AS n FROM cell c;
SELECT count(*) AS cells, count(*) FILTER (WHERE h IS NULL OR c IS NULL) AS different FROM t, disclosure_cells(t) c FULL JOIN by_hand h
  ON (c.row_label, c.column_label) IS NOT DISTINCT FROM (h.region, h.product)
    AND (c.n, c.contributors, c.amount, c.largest, c.second_largest) = (h.n, h.contributors, h.amount, h.largest, h.second_largest);
SELECT (t::jsonb ->> 'n_skipped')::int = (SELECT count(*) FROM loan WHERE region IS NULL OR balance IS NULL OR balance = 'NaN') AS skipped,
  counts::jsonb ? 'amount' AS has_amounts FROM t;
SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
SELECT uses_parallel('SELECT disclosure_table_agg(region, product, borrower, balance) FROM loan');
SELECT (SELECT disclosure_table_agg(region, product, borrower, balance) FROM loan) = t AS same,
  (SELECT disclosure_table_agg(region, product, borrower) FROM loan) = counts AS same_counts FROM t;
RESET max_parallel_workers_per_gather;
-- Parts of different borrowers.
SELECT (SELECT rollup(part) FROM (SELECT disclosure_table_agg(region, product, borrower, balance) AS part FROM loan GROUP BY borrower % 5) s) = t AS same
FROM t;
-- More rows than are kept at once: the same borrowers again and again.
SELECT disclosure_table_agg(r, 'all', b::bigint, 1.5) AS folded
FROM generate_series(1, 20000) k, (VALUES ('a', 1), ('a', 2), ('b', 1), ('b', 3), ('b', 4)) v (r, b) \gset
SELECT * FROM disclosure_cells(:'folded');
SELECT disclosure_table_agg('a', 'b', 1, 1) FROM loan WHERE false;
SELECT disclosure_table_agg(NULL, 'b', 1, 1);
SELECT rollup(v) FROM (SELECT disclosure_table_agg(NULL, 'b', 1, 1) AS v UNION ALL SELECT disclosure_table_agg('a', 'b', 7) UNION ALL SELECT NULL) s;
-- Counts from elsewhere.
SELECT row_label, column_label, n FROM disclosure_cells((SELECT disclosure_table(array_agg(from_state), array_agg(to_state), array_agg(n))
  FROM roll_rates((SELECT transitions_agg(i % 3, i % 2) FROM generate_series(1, 20) i))));
SELECT disclosure_table('{a,a,b,NULL,a}', '{x,y,x,x,x}', '{4,5,6,7,NULL}');
SELECT disclosure_table('{a}', '{x,y}', '{4}');
SELECT disclosure_table('{a}', '{x}', '{-4}');
SELECT disclosure_table('{}', '{}', '{}') AS nothing, disclosure_table(NULL, '{}', '{}') IS NULL AS no_array;

-- 2. What is sensitive, by hand. 10, 60 and 30 of 100: the second (30) knows the first to within 10, which is 1/6 of 60.
SELECT disclosure_table_agg('r', c, b, a) AS rules FROM (VALUES ('few', 1, 10), ('few', 2, 10), ('p', 1, 60), ('p', 2, 30), ('p', 3, 10),
  ('one', 1, 81), ('one', 2, 10), ('one', 3, 9), ('two', 1, 45), ('two', 2, 45), ('two', 3, 5), ('two', 4, 5), ('fair', 1, 1), ('fair', 2, 1), ('fair', 3, 1))
  v (c, b, a) \gset
SELECT column_label, string_agg(sensitive, ' ' ORDER BY number) AS sensitive FROM (VALUES (1, '{"minimum_frequency": 3, "p": 0}'::jsonb),
    (2, '{"minimum_frequency": 1, "p": 0.16}'), (3, '{"minimum_frequency": 1, "p": 0.17}'),
    (4, '{"minimum_frequency": 1, "p": 0, "dominance": {"n": 1, "share": 0.8}}'),
    (5, '{"minimum_frequency": 1, "p": 0, "dominance": {"n": 2, "share": 0.89}}')) v (number, rule), disclosure_cells(:'rules', rule)
WHERE row_label IS NOT NULL AND column_label IS NOT NULL GROUP BY column_label ORDER BY column_label;

-- 3. What an attacker learns. Bounds of the hidden cells of this table by R 4.2, lpSolve 5.6.18 (lp("max") and lp("min") over 16 cells,
-- 8 equations, published cells fixed).
CREATE TABLE small (r text, c text, borrower bigint, amount numeric);
INSERT INTO small SELECT r, c, 100 * i + k, a FROM (VALUES (1, 'a', 'x', '{20,50,10,8,22}'::int[]), (2, 'a', 'y', '{10,20,15,5}'),
  (3, 'a', 'z', '{8,9,10,11,12,13}'),
  (4, 'b', 'x', '{5,7,6,3,9}'), (5, 'b', 'y', '{40}'), (6, 'b', 'z', '{30,20,10,10,5,25}'), (7, 'c', 'x', '{9,8,7,6,5,4}'), (8, 'c', 'y', '{12,13,14,15,16}'),
  (9, 'c', 'z', '{17,19,6,6,5}')) v (i, r, c, amounts), unnest(amounts) WITH ORDINALITY u (a, k);
SELECT disclosure_table_agg(r, c, borrower, amount) AS small FROM small \gset
SELECT suppress(:'small') AS released \gset
SELECT row_label, column_label, n, amount FROM released_cells(:'released');
SELECT row_label, column_label, measure, value, low, high, low_required, high_required, attacker, safe
FROM disclosure_audit(ARRAY[:'small']::disclosure_table[], ARRAY[:'released']::jsonb[]);
-- Without secondary suppression every sensitive cell is given away.
SELECT count(*) AS cells, count(*) FILTER (WHERE NOT safe) AS unsafe, count(*) FILTER (WHERE low = value AND high = value) AS known
FROM disclosure_audit(ARRAY[:'small']::disclosure_table[], ARRAY[suppress(:'small', '{"secondary": false}')]);
-- A release that hides nothing.
SELECT row_label, column_label, measure, low, high, safe FROM disclosure_audit(ARRAY[:'small']::disclosure_table[],
  ARRAY[suppress(:'small', '{"minimum_frequency": 1, "p": 0}')]);

-- 4. Differences. The same borrowers in two tables, all of them and without the newcomers; each is safe alone. Who has both has the newcomers,
-- of whom nothing was given away.
SELECT disclosure_table_agg(r, c, borrower, amount) FILTER (WHERE borrower % 100 > 1) AS rest,
  disclosure_table_agg(r, c, borrower, amount) FILTER (WHERE borrower % 100 = 1) AS came FROM small \gset
\set rule '{"minimum_frequency": 3}'
SELECT count(*) FILTER (WHERE NOT safe) AS unsafe FROM disclosure_audit(ARRAY[:'small', :'rest']::disclosure_table[],
  ARRAY[suppress(:'small', :'rule'), suppress(:'rest', :'rule')], :'rule');
-- Bounds of what came, by lpSolve as above, 48 cells in one program.
SELECT row_label, column_label, value, low, high, safe FROM disclosure_audit(ARRAY[:'small', :'rest', :'came']::disclosure_table[],
  ARRAY[suppress(:'small', :'rule'), suppress(:'rest', :'rule'), NULL], :'rule', '[{"sum": [2, 3], "equals": [1]}]')
WHERE table_number = 3 AND measure = 'amount';
-- Two releases of one table that hide different cells, to two recipients who talk to each other: together they hide nothing.
SELECT suppress(:'small', '{"minimum_frequency": 1, "p": 0, "hide": [["a", "y"], ["b", "y"], ["a", "x"], ["b", "x"]]}') AS one,
  suppress(:'small', '{"minimum_frequency": 1, "p": 0, "hide": [["a", "y"], ["b", "y"], ["a", "z"], ["b", "z"]]}') AS other \gset
SELECT count(*) FILTER (WHERE NOT safe) AS unsafe FROM disclosure_audit(ARRAY[:'small', :'small']::disclosure_table[], ARRAY[:'one', :'other']::jsonb[],
  '{"minimum_frequency": 2}');
SELECT table_number, row_label, column_label, value, low, high, safe FROM disclosure_audit(ARRAY[:'small', :'small']::disclosure_table[],
  ARRAY[:'one', :'other']::jsonb[], '{"minimum_frequency": 2}', '[{"sum": [1], "equals": [2]}]') WHERE measure = 'amount';

-- Columns that are merged in a second release, which hides nothing, undo the first: it hid y and z, and has published x beside x + y.
SELECT disclosure_table_agg(r, CASE c WHEN 'z' THEN c ELSE 'x or y' END, borrower, amount) AS merged,
  disclosure_table_agg(CASE r WHEN 'c' THEN r ELSE 'a or b' END, c, borrower, amount) AS fewer FROM small \gset
SELECT suppress(:'small', '{"minimum_frequency": 1, "p": 0, "hide": [["a", "y"], ["b", "y"], ["a", "z"], ["b", "z"]]}') AS one,
  suppress(:'merged', '{"minimum_frequency": 1, "p": 0, "hide": [["a", "x or y"], ["b", "x or y"], ["a", "z"], ["b", "z"]]}') AS both_hidden \gset
SELECT v.given, v.link, count(*) FILTER (WHERE low = value AND high = value) AS known, count(*) AS hidden FROM (VALUES (1, 'nothing hidden', NULL),
    (2, 'nothing hidden', '{"sum": [1], "equals": [2], "merge_columns": [["x or y", "x", "y"]]}'),
    (3, 'hidden', '{"sum": [1], "equals": [2], "merge_columns": [["x or y", "x", "y"]]}')) v (i, given, link),
  disclosure_audit(ARRAY[:'small', :'merged']::disclosure_table[], ARRAY[:'one', CASE i WHEN 3 THEN :'both_hidden'
    ELSE suppress(:'merged', '{"minimum_frequency": 1, "p": 0}') END]::jsonb[], '{"minimum_frequency": 2}',
    CASE WHEN link IS NULL THEN '[]' ELSE jsonb_build_array(link::jsonb) END) WHERE measure = 'amount' GROUP BY i, given, link ORDER BY i;
-- The same with rows: a and b are one.
SELECT row_label, column_label, value, low, high FROM disclosure_audit(ARRAY[:'small', :'fewer']::disclosure_table[],
  ARRAY[suppress(:'small', '{"minimum_frequency": 1, "p": 0, "hide": [["a", "y"], ["c", "y"], ["a", "z"], ["c", "z"]]}'),
    suppress(:'fewer', '{"minimum_frequency": 1, "p": 0}')]::jsonb[], '{"minimum_frequency": 2}',
  '[{"sum": [1], "equals": [2], "merge_rows": [["a or b", "a", "b"]]}]') WHERE measure = 'amount';
-- Labels that one side has not, a label that is merged twice, one that is not merged into anything.
SELECT * FROM disclosure_audit(ARRAY[:'small', :'merged']::disclosure_table[], ARRAY[:'one', NULL]::jsonb[], '{}', '[{"sum": [1], "equals": [2]}]');
SELECT * FROM disclosure_audit(ARRAY[:'small', :'merged']::disclosure_table[], ARRAY[:'one', NULL]::jsonb[], '{}', '[{"sum": [2], "equals": [1]}]');
SELECT * FROM disclosure_audit(ARRAY[:'small', :'merged']::disclosure_table[], ARRAY[:'one', NULL]::jsonb[], '{}',
  '[{"sum": [1], "equals": [2], "merge_columns": [["x or y", "x", "y"], ["z", "x"]]}]');
SELECT * FROM disclosure_audit(ARRAY[:'small', :'merged']::disclosure_table[], ARRAY[:'one', NULL]::jsonb[], '{}',
  '[{"sum": [1], "equals": [2], "merge_columns": [["x or y"]]}]');
SELECT * FROM disclosure_audit(ARRAY[:'small', :'merged']::disclosure_table[], ARRAY[:'one', NULL]::jsonb[], '{}',
  '[{"sum": [1], "equals": [2], "merge_columns": [["x or y", "x", "z"], ["z", "y"]]}]');

-- 5. Who is alone in a hidden cell knows it. Row one has two borrowers, each alone in a cell: hiding both keeps strangers out, and each of the two
-- would read the other's amount off the margin. So a third cell goes.
SELECT disclosure_table_agg(r, c, b, 100) AS pair FROM (SELECT r, c, CASE WHEN r = 'one' AND c IN ('x', 'y') THEN 1 ELSE 9 END AS n
  FROM unnest('{one,two,three}'::text[]) r, unnest('{x,y,z}'::text[]) c) s, generate_series(1, n) k, LATERAL (SELECT hashtext(r || c || k)::bigint AS b) h \gset
SELECT row_label, column_label, low, high, attacker, safe FROM disclosure_audit(ARRAY[:'pair']::disclosure_table[],
  ARRAY[suppress(:'pair', '{"minimum_frequency": 1, "p": 0, "hide": [["one", "x"], ["one", "y"], ["two", "x"], ["two", "y"]]}')]) WHERE measure = 'amount';
SELECT string_agg(concat_ws(' ', row_label, column_label), ', ') AS hidden FROM released_cells(suppress(:'pair')) WHERE n IS NULL;
SELECT bool_and(safe) AS safe FROM disclosure_audit(ARRAY[:'pair']::disclosure_table[], ARRAY[suppress(:'pair')]);

-- 6. Values coarsened. Each published amount is the nearest multiple of 100, and what is not known of the others protects the hidden: fewer are hidden.
SELECT count(*) FILTER (WHERE amount IS NULL) AS hidden, count(*) FILTER (WHERE amount % 100 <> 0 OR n % 10 <> 0) AS not_rounded
FROM released_cells(suppress(:'small', '{"round": 100, "round_n": 10}'));
SELECT row_label, column_label, measure, value, low, high, safe FROM disclosure_audit(ARRAY[:'small']::disclosure_table[],
  ARRAY[suppress(:'small', '{"round": 100, "round_n": 10}')]);
SELECT count(*) AS cells, bool_and(c.amount BETWEEN a.low AND a.high AND r.n IS NULL) AS inside, bool_and(a.safe) AS safe FROM t,
  disclosure_audit(ARRAY[t], ARRAY[suppress(t, '{"round": 500, "minimum_frequency": 22}')], '{"minimum_frequency": 22}') a
  JOIN disclosure_cells(t) c USING (row_label, column_label)
  JOIN released_cells(suppress(t, '{"round": 500, "minimum_frequency": 22}')) r USING (row_label, column_label) WHERE a.measure = 'amount';

-- 7. Mistakes.
SELECT disclosure_table_agg('a', 'b', 1, -1);
SELECT disclosure_table_agg('a', 'b', 1, 'Infinity');
SELECT disclosure_table_agg('a', 'b', 1, 0.00001);
SELECT disclosure_table_agg(repeat('a', 257), 'b', 1);
SELECT disclosure_table_agg(i::text, 'b', 1) FROM generate_series(1, 201) i;
SELECT rollup(v) FROM (SELECT disclosure_table_agg('a', 'b', 1, 1) AS v UNION ALL SELECT disclosure_table_agg('a', 'b', 7)) s;
SELECT suppress(:'small', '{"minimum": 5}');
SELECT suppress(:'small', '{"p": 1.5}');
SELECT suppress(:'small', '{"dominance": {"n": 3, "share": 0.5}}');
SELECT suppress(:'small', '{"round": 0}');
SELECT suppress(:'small', '{"hide": [["a", "q"]]}');
SELECT * FROM released_cells('{"version": 1, "rows": ["a"], "columns": [], "n": [[1], [-1]]}');
SELECT * FROM released_cells('{"version": 1, "rows": ["a"], "columns": [], "n": [[1]]}');
SELECT * FROM disclosure_audit(ARRAY[:'small']::disclosure_table[], ARRAY[suppress(:'rest')]);
SELECT * FROM disclosure_audit(ARRAY[:'small']::disclosure_table[], ARRAY[suppress(:'rules')]);
SELECT * FROM disclosure_audit(ARRAY[:'small']::disclosure_table[], '{}');
SELECT * FROM disclosure_audit(ARRAY[NULL]::disclosure_table[], '{NULL}');
SELECT * FROM disclosure_audit(ARRAY[:'small', :'rest']::disclosure_table[], '{NULL,NULL}', '{}', '[{"sum": [1], "equals": [2]}]');
SELECT * FROM disclosure_audit(ARRAY[:'small']::disclosure_table[], '{NULL}', '{}', '[{"sum": [1], "equals": [2]}]');
SELECT count(*) FROM disclosure_audit(NULL, NULL), disclosure_cells(NULL), released_cells(NULL);
SELECT suppress(NULL) IS NULL AS nothing,
  suppress('{"version": 1, "n_skipped": 0, "rows": [], "columns": [], "n": [[0]], "contributors": [[], [], 0]}') AS empty;

-- 8. Text and bytes that contradict themselves.
SELECT jsonb_set(:'small', '{n,0,0}', '7')::disclosure_table;
SELECT jsonb_set(:'small', '{largest,0,0}', '7')::disclosure_table;
SELECT jsonb_set(:'small', '{rows,0}', '"z"')::disclosure_table;
SELECT jsonb_set(:'small', '{amount,3,3}', '1e40')::disclosure_table;
CREATE TABLE attacked (v disclosure_table);
CREATE FUNCTION use_it() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM suppress(NEW.v), count(*) FROM disclosure_cells(NEW.v) c;
  PERFORM rollup(v) FROM (SELECT NEW.v AS v UNION ALL SELECT NEW.v) s;
  RETURN NULL;
END $$;
CREATE TRIGGER use_it BEFORE INSERT ON attacked FOR EACH ROW EXECUTE FUNCTION use_it();
\set n 80
\if :soak
\set n 5000
\endif
SELECT attack(:'small'::disclosure_table::bytea);
SELECT count(*) = :n AS tried, count(*) FILTER (WHERE answer = 'refused') > :n / 2 AS mostly_refused FROM (SELECT attack(set_byte(b,
  (draw(i, 7) * (length(b) - 1))::int, (draw(i, 8) * 255)::int)) AS answer FROM generate_series(1, :n) i, (SELECT :'small'::disclosure_table::bytea AS b) s) a;
SELECT count(*) FILTER (WHERE attack(substr(b, 1, i)) <> 'refused') AS cut_and_accepted FROM (SELECT :'small'::disclosure_table::bytea AS b) s,
  generate_series(0, length(b) - 1, 37) i;
CALL remove_data_files();

-- Tables that add up, protected together: books divided by two marks, so that four parts add up to one table twice. Suppressed alone most of them
-- give each other away, which the audit finds; together none does.
\set cases 15
\if :soak
\set cases 1000
\endif
\set links '[{"sum": [2, 3], "equals": [1]}, {"sum": [4, 5], "equals": [1]}]'
CREATE TABLE divided AS SELECT s, ARRAY[disclosure_table_agg(r, c, b, a), disclosure_table_agg(r, c, b, a) FILTER (WHERE m),
  disclosure_table_agg(r, c, b, a) FILTER (WHERE NOT m), disclosure_table_agg(r, c, b, a) FILTER (WHERE w),
  disclosure_table_agg(r, c, b, a) FILTER (WHERE NOT w)] AS tables
FROM (SELECT s, b, chr(97 + (3 * draw(b, 4 * s))::int % 3) AS r, chr(120 + (3 * draw(b, 4 * s + 1))::int % 3) AS c,
  round((exp(5 * draw(b, 4 * s + 2)))::numeric, 2) AS a,
  draw(b, 4 * s + 3) < 0.6 AS m, draw(b, 4 * s + 3) BETWEEN 0.3 AND 0.8 AS w FROM generate_series(1, :cases) s, generate_series(1, 40 + s % 40) b) x GROUP BY s;
CREATE TABLE given AS SELECT s, tables, ARRAY(SELECT suppress(t) FROM unnest(tables) WITH ORDINALITY u (t, i) ORDER BY i) AS alone,
  suppress_linked(tables, '{}', :'links') AS together FROM divided;
SELECT count(DISTINCT s) = :cases AS all_cases, count(DISTINCT s) FILTER (WHERE NOT safe) > :cases / 2 AS given_away
FROM given, disclosure_audit(tables, alone, '{}', :'links');
SELECT count(DISTINCT s) = :cases AS all_cases, count(*) FILTER (WHERE NOT safe) AS given_away FROM given, disclosure_audit(tables, together, '{}', :'links');
SELECT bool_and(r.n IS NULL) AS hides_what_alone_is_hidden, count(*) > 0 AS some FROM given, generate_series(1, 5) i, released_cells(alone[i]) a,
  released_cells(together[i]) r WHERE a.n IS NULL AND (a.row_label, a.column_label) IS NOT DISTINCT FROM (r.row_label, r.column_label);
-- By brute force: counts of two tables that add up, as the recipient of all three could fill them in. Each hidden cell that has fewer than 3 may have 3.
CREATE TABLE pair AS SELECT s, array_agg(n ORDER BY part, r, c) AS n, ARRAY[disclosure_table(array_agg(r), array_agg(c), array_agg(n)),
  disclosure_table(array_agg(r) FILTER (WHERE part = 1), array_agg(c) FILTER (WHERE part = 1), array_agg(n) FILTER (WHERE part = 1)),
  disclosure_table(array_agg(r) FILTER (WHERE part = 2), array_agg(c) FILTER (WHERE part = 2), array_agg(n) FILTER (WHERE part = 2))] AS tables
FROM (SELECT s, part, r, c, 1 + floor(6 * draw(s, 10 * part + ascii(r) + 3 * ascii(c)))::bigint AS n FROM generate_series(1, :cases) s,
  generate_series(1, 2) part,
  unnest('{a,b}'::text[]) r, unnest('{x,y}'::text[]) c) x GROUP BY s;
CREATE FUNCTION fills(released jsonb) RETURNS SETOF int[] LANGUAGE sql AS $$
  SELECT ARRAY[a, b, c, d] FROM (SELECT array_agg(v::int ORDER BY i, j) AS m FROM jsonb_array_elements(released -> 'n') WITH ORDINALITY l (l, i),
      jsonb_array_elements_text(l) WITH ORDINALITY w (v, j)) x, generate_series(coalesce(m[1], 1), coalesce(m[1], 9)) a,
    generate_series(coalesce(m[2], 1), coalesce(m[2], 9)) b, generate_series(coalesce(m[4], 1), coalesce(m[4], 9)) c,
    generate_series(coalesce(m[5], 1), coalesce(m[5], 9)) d
  WHERE a + b = coalesce(m[3], a + b) AND c + d = coalesce(m[6], c + d) AND a + c = coalesce(m[7], a + c) AND b + d = coalesce(m[8], b + d)
    AND a + b + c + d = coalesce(m[9], a + b + c + d) $$;
CREATE FUNCTION found_out(tables disclosure_table[], released jsonb[], n bigint[]) RETURNS bigint LANGUAGE sql AS $$
  WITH sums AS (SELECT array_agg(v::int ORDER BY i, j) AS m FROM jsonb_array_elements(released[1] -> 'n') WITH ORDINALITY l (l, i),
      jsonb_array_elements_text(l) WITH ORDINALITY w (v, j)),
    both_tables AS (SELECT p, q FROM sums, fills(released[2]) p, fills(released[3]) q WHERE p[1] + q[1] = coalesce(m[1], p[1] + q[1])
      AND p[2] + q[2] = coalesce(m[2], p[2] + q[2]) AND p[3] + q[3] = coalesce(m[4], p[3] + q[3]) AND p[4] + q[4] = coalesce(m[5], p[4] + q[4])
      AND p[1] + q[1] + p[2] + q[2] IN (m[3], CASE WHEN m[3] IS NULL THEN p[1] + q[1] + p[2] + q[2] END)
      AND p[3] + q[3] + p[4] + q[4] IN (m[6], CASE WHEN m[6] IS NULL THEN p[3] + q[3] + p[4] + q[4] END)
      AND p[1] + q[1] + p[3] + q[3] IN (m[7], CASE WHEN m[7] IS NULL THEN p[1] + q[1] + p[3] + q[3] END)
      AND p[2] + q[2] + p[4] + q[4] IN (m[8], CASE WHEN m[8] IS NULL THEN p[2] + q[2] + p[4] + q[4] END))
  SELECT count(*) FROM (SELECT k, max(p[k]) AS p, max(q[k]) AS q, max(p[k] + q[k]) AS sum FROM both_tables, generate_series(1, 4) k GROUP BY k) x
  WHERE n[k] < 3 AND p < 3 OR n[4 + k] < 3 AND q < 3 OR n[k] + n[4 + k] < 3 AND sum < 3 $$;
SELECT count(*) FILTER (WHERE found_out(tables, suppress_linked(tables, '{"minimum_frequency": 3}', '[{"sum": [2, 3], "equals": [1]}]'), n) > 0) AS together,
  count(*) FILTER (WHERE found_out(tables, ARRAY(SELECT suppress(t, '{"minimum_frequency": 3}') FROM unnest(tables) WITH ORDINALITY u (t, i)
    ORDER BY i), n) > 0)
    > count(*) / 4 AS alone FROM pair;
SELECT suppress_linked('{}', '{}', '[]') AS nothing, suppress_linked(NULL, '{}', '[]') IS NULL AS no_array,
  suppress_linked(tables, '{}', '[]') = alone AS without_links
FROM given WHERE s = 1;
SELECT suppress_linked(ARRAY[NULL::disclosure_table], '{}', '[]');
SELECT suppress_linked(tables, '{"secondary": false}', :'links') FROM given WHERE s = 1;
SELECT suppress_linked(tables[1:2], '{}', '[{"sum": [2], "equals": [1]}]') FROM given WHERE s = 1;
-- Of a table of one borrower nothing can be given away.
SELECT suppress_linked(ARRAY[disclosure_table('{a,a,b,b}', '{x,y,x,y}', '{9,9,9,9}'), disclosure_table('{a,a,b,b}', '{x,y,x,y}', '{8,9,9,9}'),
  disclosure_table('{a}', '{x}', '{1}')], '{}', '[{"sum": [2, 3], "equals": [1]}]');

-- Sums that two tables have in common. By hand: one shows those of all rows and of c, the other that of its column b; what is left is that of a, 35 - 20 - 12,
-- and 70 - 40 - 24. Counts of the third table are others, as who has two products counts twice, and say nothing; its amounts do.
CREATE TABLE common AS SELECT disclosure_table_agg(r, CASE WHEN b % 2 = 0 AND r <> 'a' THEN 'x' ELSE 'y' END, b, 2) AS one,
  disclosure_table_agg(CASE WHEN b % 3 = 0 AND r <> 'a' THEN 'young' ELSE 'old' END, r, b, 2) AS two
FROM unnest('{a,b,c}'::text[], '{3,12,20}'::int[]) v (r, n), generate_series(1, n) b;
ALTER TABLE common ADD three disclosure_table;
UPDATE common SET three = (SELECT disclosure_table_agg(p, r, b, 1)
  FROM unnest('{a,b,c}'::text[], '{3,12,20}'::int[]) v (r, n), generate_series(1, n) b, unnest('{p,q}'::text[]) p);
CREATE TABLE hiding AS SELECT c.*, suppress(one, '{"p": 0, "hide": [["b", null], ["b", "y"]]}') AS one_given,
  suppress(two, '{"p": 0, "hide": [[null, "c"], ["old", "c"]]}') AS two_given,
  suppress(three, '{"p": 0, "hide": [[null, "c"], ["p", "c"], ["q", "c"]]}') AS three_given FROM common c;
SELECT v.i, v.link, bool_or(row_label = 'a' AND column_label IS NULL AND measure = 'n' AND low = 3 AND high = 3) AS n_known,
  bool_or(row_label = 'a' AND column_label IS NULL AND measure = 'amount' AND low = 6 AND high = 6) AS amount_known
FROM hiding h, LATERAL (VALUES (1, '[]', two, two_given), (2, '[{"sum": [1], "equals": [2], "margins": ["rows", "columns"]}]', two, two_given),
    (3, '[{"sum": [2], "equals": [1], "margins": ["columns", "rows"]}]', two, two_given),
    (4, '[{"sum": [1], "equals": [2], "margins": ["rows", "columns"]}]', three, three_given)) v (i, link, other, other_given),
  disclosure_audit(ARRAY[one, v.other], ARRAY[one_given, v.other_given], '{"p": 0}', v.link::jsonb) a GROUP BY v.i, v.link ORDER BY v.i;
\set links '[{"sum": [1], "equals": [2], "margins": ["rows", "columns"]}, {"sum": [1], "equals": [3], "margins": ["rows", "columns"]}]'
SELECT count(*) FILTER (WHERE NOT safe) AS given_away, count(*) > 0 AS some
FROM common, disclosure_audit(ARRAY[one, two, three], suppress_linked(ARRAY[one, two, three], '{}', :'links'), '{}', :'links');
-- Sums of rows, of which the other table has two in one; sums that do not agree, a side that there is not, one side.
SELECT count(*) FILTER (WHERE row_label = 'a' AND low = high) AS known FROM hiding, disclosure_table('{d,d,bc,bc}', '{u,v,u,v}', '{1,2,16,16}') t,
  disclosure_audit(ARRAY[one, t], ARRAY[one_given, suppress(t, '{"minimum_frequency": 1}')], '{"minimum_frequency": 2}',
    '[{"sum": [1], "equals": [2], "margins": ["rows", "rows"], "merge_rows": [["d", "a"], ["bc", "b", "c"]]}]');
SELECT * FROM common, disclosure_audit(ARRAY[one, two], '{NULL,NULL}', '{}', '[{"sum": [1], "equals": [2], "margins": ["rows", "rows"]}]');
SELECT * FROM common, disclosure_audit(ARRAY[one, two], '{NULL,NULL}', '{}', '[{"sum": [1], "equals": [2], "margins": ["rows", "total"]}]');
SELECT * FROM common, disclosure_audit(ARRAY[one, two], '{NULL,NULL}', '{}', '[{"sum": [1], "equals": [2], "margins": ["rows"]}]');

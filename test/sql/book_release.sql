-- Releases of a book: a ledger that judges each with all before it, and noise from a budget.
\i test/helpers.sql
\set SHOW_CONTEXT never
SELECT create_book('release_book');
CREATE TABLE small (r text, c text, borrower bigint, amount numeric);
INSERT INTO small SELECT r, c, 100 * i + k, a FROM (VALUES (1, 'a', 'x', '{20,50,10,8,22}'::int[]), (2, 'a', 'y', '{10,20,15,5}'),
  (3, 'a', 'z', '{8,9,10,11,12,13}'), (4, 'b', 'x', '{5,7,6,3,9}'), (5, 'b', 'y', '{40}'), (6, 'b', 'z', '{30,20,10,10,5,25}'),
  (7, 'c', 'x', '{9,8,7,6,5,4}'), (8, 'c', 'y', '{12,13,14,15,16}'), (9, 'c', 'z', '{17,19,6,6,5}')) v (i, r, c, amounts),
  unnest(amounts) WITH ORDINALITY u (a, k);
CREATE TABLE part AS SELECT disclosure_table_agg(r, c, borrower, amount) AS everyone,
  disclosure_table_agg(r, c, borrower, amount) FILTER (WHERE borrower % 100 > 1) AS rest,
  disclosure_table_agg(r, c, borrower, amount) FILTER (WHERE borrower % 100 = 1) AS came FROM small;
SELECT everyone FROM part \gset

-- 1. Hidden cells: what is read is the committed row.
\set rule '{"minimum_frequency": 3}'
CALL release_table('release_book', 'bank', 'all', 'SELECT everyone FROM part', :'rule');
SELECT name, recipient, coalition, kind, epsilon, released = suppress(:'everyone', :'rule') AS suppressed FROM release_book.release;
-- The same again is the same; another of that name is not.
CALL release_table('release_book', 'bank', 'all', 'SELECT everyone FROM part', :'rule');
CALL release_table('release_book', 'bank', 'all', 'SELECT everyone FROM part', '{"minimum_frequency": 4}');
CALL release_table('release_book', 'fund', 'all', 'SELECT rest FROM part', :'rule');
CALL release_table('release_book', 'bank', 'all', 'SELECT rest FROM part', :'rule');
SELECT count(*) FROM release_book.release;

-- 2. Differences. Without the ledger the second release is safe (test disclosure); with it, it gives the newcomers away, to the same recipient or to
-- one of his coalition; a stranger to both may have it.
CALL release_table('release_book', NULL, 'came', 'SELECT came FROM part', :'rule');
CALL release_table('release_book', 'bank', 'rest', 'SELECT rest FROM part', :'rule', '[{"sum": ["rest", "came"], "equals": ["all"]}]');
CALL release_table('release_book', 'fund', 'rest', 'SELECT rest FROM part', :'rule', '[{"sum": ["rest", "came"], "equals": ["all"]}]', 'bank');
CALL release_table('release_book', 'fund', 'rest', 'SELECT rest FROM part', :'rule', '[{"sum": ["rest", "came"], "equals": ["all"]}]');
-- What links say is true for everybody.
CALL release_table('release_book', 'bank', 'rest', 'SELECT rest FROM part', :'rule');
CALL release_table('release_book', 'bank', 'other', 'SELECT rest FROM part', :'rule', '[{"sum": ["nobody"], "equals": ["all"]}]');
CALL release_table('release_book', 'bank', 'other', 'SELECT rest FROM part', :'rule', '[{"sum": ["other"], "equals": ["all"]}]');
CALL release_table('release_book', 'bank', 'other', 'SELECT rest FROM part', :'rule', '[{"sum": "all"}]');
CALL release_table('release_book', 'bank', 'other', NULL);
CALL release_table('release_book', 'bank', 'other', 'SELECT everyone FROM part', NULL);
CALL release_table('release_book', 'bank', 'other', 'SELECT r FROM small');
CALL release_table('release_book', 'bank', 'other', 'SELECT everyone FROM part, small');
CALL release_table('release_book', 'bank', 'other', 'SELECT disclosure_table_agg(r, c, borrower, amount) FROM small WHERE false');
-- Two releases of one table that hide different cells.
CALL release_table('release_book', 'us', 'one', 'SELECT everyone FROM part', '{"minimum_frequency": 2, "p": 0, "hide": [["a", "y"], ["a", "x"], ["b", "x"]]}');
CALL release_table('release_book', 'us', 'two', 'SELECT everyone FROM part', '{"minimum_frequency": 2, "p": 0, "hide": [["a", "y"], ["a", "z"], ["b", "z"]]}',
  '[{"sum": ["one"], "equals": ["two"]}]');
SELECT name, recipient, coalition, released IS NULL AS nobody FROM release_book.release ORDER BY release_id;
-- Columns merged after the table as it was: refused where a link says so.
CREATE TABLE merged AS SELECT disclosure_table_agg(r, CASE c WHEN 'z' THEN c ELSE 'x or y' END, borrower, amount) AS t FROM small;
CALL release_table('release_book', 'them', 'apart', 'SELECT everyone FROM part',
  '{"minimum_frequency": 2, "p": 0, "hide": [["a", "y"], ["b", "y"], ["a", "z"], ["b", "z"]]}');
CALL release_table('release_book', 'them', 'merged', 'SELECT t FROM merged', '{"minimum_frequency": 2, "p": 0}',
  '[{"sum": ["apart"], "equals": ["merged"], "merge_columns": [["x or y", "x", "y"]]}]');
CALL release_table('release_book', 'them', 'merged', 'SELECT t FROM merged', '{"minimum_frequency": 2, "p": 0}', '[{"sum": ["apart"], "equals": ["merged"]}]');
-- Bands that moved: neither table shows the four borrowers who are 30 years old, of whom one is bad, and their difference does.
CREATE TABLE moved AS SELECT disclosure_table('{1,1,2,2}', '{good,bad,good,bad}', '{40,20,53,31}') AS by_30,
  disclosure_table('{1,1,2,2}', '{good,bad,good,bad}', '{43,21,50,30}') AS by_31,
  disclosure_table('{1,1,2,2,3,3}', '{good,bad,good,bad,good,bad}', '{40,20,3,1,50,30}') AS by_both;
CALL release_table('release_book', 'peer', 'by 30', 'SELECT by_30 FROM moved');
CALL release_table('release_book', NULL, 'by both', 'SELECT by_both FROM moved', '{}',
  '[{"sum": ["by both"], "equals": ["by 30"], "merge_rows": [["2", "2", "3"]]}]');
CALL release_table('release_book', 'peer', 'by 31', 'SELECT by_31 FROM moved', '{}',
  '[{"sum": ["by both"], "equals": ["by 31"], "merge_rows": [["1", "1", "2"], ["2", "3"]]}]');
CALL release_table('release_book', 'other peer', 'by 31', 'SELECT by_31 FROM moved');
-- Sums in common, which no link tells of. Of region a are 3 borrowers. "by product" shows the sum of c, "by age" that of b, and both that of all:
-- 35 - 20 - 12. What either shows alone is safe; counts of "by age" have regions as columns.
CREATE TABLE common AS SELECT disclosure_table('{a,a,b,b,c,c}', '{x,y,x,y,x,y}', '{3,0,6,6,10,10}') AS by_product,
  disclosure_table('{young,old,young,old,young,old}', '{a,a,b,b,c,c}', '{3,0,7,5,9,11}') AS by_age,
  disclosure_table('{young,old,young,old,young,old}', '{a,a,b,b,c,c}', '{3,0,7,5,9,12}') AS next_month;
\set by_product '{"hide": [["a", "x"], ["b", "x"], ["b", null]]}'
\set by_age '{"hide": [["young", "a"], ["young", "c"], [null, "c"]]}'
CALL release_table('release_book', 'pension', 'by product', 'SELECT by_product FROM common', :'by_product');
CALL release_table('release_book', 'pension', 'by age', 'SELECT by_age FROM common', :'by_age');
CALL release_table('release_book', 'insurer', 'by age', 'SELECT by_age FROM common', :'by_age');
-- The other order, and a coalition; sums of other rows are no sign of the same borrowers.
CALL release_table('release_book', 'reinsurer', 'by product', 'SELECT by_product FROM common', :'by_product', coalition => 'insurer');
CALL release_table('release_book', 'pension', 'next month', 'SELECT next_month FROM common', :'by_age');
SELECT r.name, string_agg(concat_ws(' ', label, n), ', ' ORDER BY label) AS sums FROM release_book.release r, released_cells(released) c,
  coalesce(CASE r.name WHEN 'by age' THEN column_label ELSE row_label END, 'of all') label
WHERE r.name IN ('by product', 'by age') AND CASE r.name WHEN 'by age' THEN row_label ELSE column_label END IS NULL GROUP BY r.name ORDER BY r.name;
-- The same table with other cells hidden, which no link tells of, either.
CALL release_table('release_book', 'us', 'two', 'SELECT everyone FROM part', '{"minimum_frequency": 2, "p": 0, "hide": [["a", "y"], ["a", "z"], ["b", "z"]]}');
-- What a link tells is not linked again, nor what both show.
SELECT credit_limit_internal.common_margins(ARRAY[by_product, by_age], ARRAY[suppress(by_product, :'by_product'), suppress(by_age, :'by_age')],
    '[{"sum": [1], "equals": [2], "margins": ["rows", "columns"]}]') AS linked,
  credit_limit_internal.common_margins(ARRAY[by_product, by_age], ARRAY[suppress(by_product, :'by_product'), suppress(by_age, :'by_age')], '[]') AS not_yet,
  credit_limit_internal.common_margins(ARRAY[by_product, by_age], ARRAY[suppress(by_product, :'rule'), suppress(by_age, :'rule')], '[]') AS shown FROM common;
-- A laxer rule does not give away what another has hidden.
CALL release_table('release_book', 'bank', 'again', 'SELECT everyone FROM part', '{"minimum_frequency": 1, "p": 0}', '[{"sum": ["again"], "equals": ["all"]}]');
-- A coalition that is named with one release only. What the recipient has alone counts, and what the coalition has counts later: the two tables
-- that give the newcomers away do so in each order, and however they came together.
\set linked '[{"sum": ["rest", "came"], "equals": ["all"]}]'
CALL release_table('release_book', 'bank', 'rest', 'SELECT rest FROM part', :'rule', :'linked', 'club');
CALL release_table('release_book', 'press', 'rest', 'SELECT rest FROM part', :'rule', :'linked', 'club');
CALL release_table('release_book', 'press', 'all', 'SELECT everyone FROM part', :'rule');
CALL release_table('release_book', 'agency', 'all', 'SELECT everyone FROM part', :'rule', coalition => 'club');
CALL release_table('release_book', 'agency', 'all', 'SELECT everyone FROM part', :'rule');
CALL release_table('release_book', 'agency', 'all', 'SELECT everyone FROM part', :'rule', coalition => 'club');
-- agency has one of the two alone, press the other in the club: a third table, about other borrowers, would make agency one of the club.
CREATE TABLE elsewhere AS SELECT disclosure_table_agg(r, c, b) AS t FROM unnest('{p,q}'::text[]) r, unnest('{u,v}'::text[]) c, generate_series(1, 9) b;
CALL release_table('release_book', 'agency', 'elsewhere', 'SELECT t FROM elsewhere', :'rule', '[]', 'club');
CALL release_table('release_book', 'broker', 'elsewhere', 'SELECT t FROM elsewhere', :'rule', '[]', 'agency');
CALL release_table('release_book', 'broker', 'rest', 'SELECT rest FROM part', :'rule');
-- What nobody can judge is said: another spelling, a table without links to one that is there, exact and noisy ones.
SET client_min_messages = notice;
CALL release_table('release_book', 'Press', 'elsewhere', 'SELECT t FROM elsewhere', :'rule');
CALL release_table('release_book', 'press', 'elsewhere', 'SELECT t FROM elsewhere', :'rule');
SET client_min_messages = warning;

-- 3. Noise. Nothing is left of a budget of 0; then counts of 1 and amounts of 1 each take their epsilon.
\set options '{"rows": ["a", "b", "d"], "columns": ["y", "z"], "epsilon_n": 0.5}'
CALL make_release('release_book', 'bank', 'noisy', 'SELECT r, c, borrower, amount FROM small', :'options');
UPDATE release_book.release_budget SET epsilon = 1.2;
SET client_min_messages = notice;
CALL make_release('release_book', 'bank', 'noisy', 'SELECT r, c, borrower, amount FROM small', :'options');
SET client_min_messages = warning;
SELECT row_label, column_label, n IS NOT NULL AS n, amount FROM release_book.release r, released_cells(released) WHERE r.name = 'noisy';
-- Again, and for another: the same noise, and nothing more is taken.
CALL make_release('release_book', 'bank', 'noisy', 'SELECT r, c, borrower, amount FROM small', :'options');
CALL make_release('release_book', 'fund', 'noisy', 'SELECT r, c, borrower, amount FROM small', :'options');
CALL make_release('release_book', 'bank', 'noisy', 'SELECT r, c, borrower, amount FROM small WHERE amount > 0', :'options');
SELECT count(*) AS recipients, count(DISTINCT released) AS different, sum(epsilon) AS taken FROM release_book.release WHERE name = 'noisy';
-- Two recipients together stay within the budget: what is left may be too little for one release, and then nothing is left.
CALL make_release('release_book', 'fund', 'second', 'SELECT r, c, borrower, amount FROM small', '{"rows": ["a"], "columns": ["x"], "epsilon_n": 0.71}');
CALL make_release('release_book', 'fund', 'second', 'SELECT r, c, borrower, amount FROM small',
  '{"rows": ["a"], "columns": ["x"], "epsilon_n": 0.2, "epsilon_amount": 0.5, "clip": 30}');
CALL make_release('release_book', 'bank', 'third', 'SELECT r, c, borrower, amount FROM small', '{"rows": ["a"], "columns": ["x"], "epsilon_n": 0.000001}');

-- 4. A transaction that is rolled back buys nothing: a thousand requests inside transactions, savepoints and subtransactions.
UPDATE release_book.release_budget SET epsilon = 50;
BEGIN;
CALL make_release('release_book', 'bank', 'fourth', 'SELECT r, c, borrower, amount FROM small', :'options');
ROLLBACK;
BEGIN;
SAVEPOINT s;
CALL make_release('release_book', 'bank', 'fourth', 'SELECT r, c, borrower, amount FROM small', :'options');
ROLLBACK TO s;
CALL release_table('release_book', 'fund', 'fourth', 'SELECT rest FROM part');
ROLLBACK;
DO $$
DECLARE
  refused int := 0;
BEGIN
  FOR i IN 1 .. 1000 LOOP
    BEGIN
      CALL credit_limit.make_release('release_book', 'bank', 'fourth', 'SELECT r, c, borrower, amount FROM small',
        '{"rows": ["a"], "columns": ["x"], "epsilon_n": 0.01}');
    EXCEPTION WHEN active_sql_transaction OR invalid_transaction_termination OR invalid_transaction_state THEN
      refused := refused + 1;
    END;
  END LOOP;
  RAISE WARNING 'refused: %', refused;
END $$;
SELECT count(*) FROM release_book.release WHERE name = 'fourth';

-- 5. What is drawn is what it says. Without noise to speak of (epsilon 100): a borrower counts in two cells, those with the most, for 25 at most.
CREATE TABLE many AS SELECT b AS borrower, r, c, 10 * b + 7 * i AS amount FROM generate_series(1, 5) b,
  unnest('{p,q}'::text[], '{u,v}'::text[]) WITH ORDINALITY s (r, c, i)
UNION ALL SELECT b, 'p', 'v', 1 FROM generate_series(1, 5) b;
SELECT row_label, column_label, r.n BETWEEN h.n - 1 AND h.n + 1 AS n,
  r.amount BETWEEN h.amount - 20 AND h.amount + 20 AS amount
FROM credit_limit_internal.noisy_table('SELECT r, c, borrower, amount FROM many', '{"rows": ["p", "q"], "columns": ["u", "v"], "cells": 2, "clip": 25,
  "epsilon_n": 100, "epsilon_amount": 100}') d, released_cells(d.released) r
  JOIN (VALUES ('p', 'u', 5, 17 + 25 * 4), ('p', 'v', 0, 0), ('q', 'u', 0, 0), ('q', 'v', 5, 24 + 25 * 4)) h (row_label, column_label, n, amount)
  USING (row_label, column_label);
-- Counts of 200 empty cells at epsilon 1: 0 comes with probability 0.462, so 92 times, with a standard deviation of 7.
SELECT count(*) AS cells, count(*) FILTER (WHERE n = 0) BETWEEN 92 - 40 AND 92 + 40 AS zeros, count(DISTINCT n) > 3 AS different
FROM credit_limit_internal.noisy_table('SELECT r, c, borrower, amount FROM small WHERE false',
  (SELECT jsonb_build_object('rows', jsonb_agg(i::text), 'columns', '["x"]'::jsonb, 'epsilon_n', 1) FROM generate_series(1, 200) i)) d,
  released_cells(d.released) WHERE row_label IS NOT NULL AND column_label IS NOT NULL;

-- 6. Mistakes.
SET client_min_messages = notice;
SELECT epsilon FROM credit_limit_internal.noisy_table('SELECT r, c, borrower, amount FROM small', '{"rows": ["A"], "columns": ["x"], "epsilon_n": 1}');
SET client_min_messages = warning;
CALL make_release('release_book', 'bank', 'fifth', 'SELECT r, c, borrower FROM small', :'options');
CALL make_release('release_book', 'bank', 'fifth', 'DELETE FROM small', :'options');
CALL make_release('release_book', 'bank', 'fifth', 'SELECT r, c, borrower, amount FROM small', '{"rows": ["a"], "columns": ["x"]}');
CALL make_release('release_book', 'bank', 'fifth', 'SELECT r, c, borrower, amount FROM small', '{"rows": ["a"], "columns": ["x"], "epsilon_n": 0}');
CALL make_release('release_book', 'bank', 'fifth', 'SELECT r, c, borrower, amount FROM small', '{"rows": ["a"], "columns": ["x"], "epsilon_amount": 1}');
CALL make_release('release_book', 'bank', NULL, 'SELECT r, c, borrower, amount FROM small', :'options');
SELECT * FROM disclosure_audit(ARRAY[:'everyone']::disclosure_table[], (SELECT ARRAY[released] FROM release_book.release WHERE name = 'noisy' LIMIT 1));

-- 7. The ledger stays, stands in the log, and who reads does not write it.
UPDATE release_book.release SET epsilon = 0;
DELETE FROM release_book.release;
SELECT count(*) = (SELECT count(*) FROM release_book.release) AS acts FROM release_book.log_act WHERE kind = 'release';
SELECT count(*) AS violations FROM verify_log('release_book');
-- Each change of the budget is in the log, with its login; one that is not is found.
SELECT a.content, a.login = session_user AS login FROM release_book.log_act a WHERE a.kind = 'budget' ORDER BY a.place;
ALTER TABLE release_book.release_budget DISABLE TRIGGER write_act, DISABLE TRIGGER keep_row;
UPDATE release_book.release_budget SET epsilon = 999;
SELECT * FROM verify_log('release_book');
DELETE FROM release_book.release_budget;
SELECT * FROM verify_log('release_book');
ALTER TABLE release_book.release_budget ENABLE TRIGGER write_act, ENABLE TRIGGER keep_row;
INSERT INTO release_book.release_budget (epsilon) VALUES (50);
SELECT * FROM verify_log('release_book');
SELECT count(*) AS acts FROM release_book.log_act a WHERE a.kind = 'budget';
ALTER TABLE release_book.release DISABLE TRIGGER ALL;
UPDATE release_book.release SET released = '{}' WHERE name = 'noisy' AND recipient = 'fund';
ALTER TABLE release_book.release ENABLE TRIGGER ALL;
SELECT * FROM verify_log('release_book');
CREATE ROLE regress_release_reader;
SELECT grant_book('release_book', analyst => 'regress_release_reader');
GRANT SELECT ON small TO regress_release_reader;
SET ROLE regress_release_reader;
SELECT count(*) AS readable FROM (SELECT name, released FROM release_book.release) s;
SELECT cells FROM release_book.release;
CALL credit_limit.make_release('release_book', 'bank', 'sixth', 'SELECT r, c, borrower, amount FROM small', :'options');
INSERT INTO release_book.release (name, kind, options) VALUES ('x', 'noise', '{}');
RESET ROLE;
SELECT revoke_book('release_book', 'regress_release_reader');
DROP OWNED BY regress_release_reader;
DROP ROLE regress_release_reader;
DROP SCHEMA release_book, release_book_report CASCADE;

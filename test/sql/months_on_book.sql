-- months_on_book against the calendar of PostgreSQL itself: the years and months of both days.
\set VERBOSITY terse
\i test/helpers.sql
SELECT months_on_book('2026-01-31', '2026-01-31'), months_on_book('2026-01-31', '2026-02-01'), months_on_book('2024-02-29', '2026-11-30'), months_on_book('2026-03-01', '2026-02-28');
SELECT count(*) AS pairs, count(*) FILTER (WHERE months_on_book(a, b) <> 12 * (extract(year FROM b) - extract(year FROM a)) + extract(month FROM b) - extract(month FROM a)) AS different
FROM (SELECT DATE '1900-01-01' + i * 97 AS a FROM generate_series(0, 800) i) x, (SELECT DATE '1999-12-25' + j AS b FROM generate_series(0, 800) j) y;
-- In the years before Christ PostgreSQL has no year 0: 1 BC comes right before 1.
SELECT months_on_book('0001-12-31 BC', '0001-01-01');
SELECT months_on_book(NULL, '2026-01-01') IS NULL AS no_opening, months_on_book('2026-01-01', NULL) IS NULL AS no_day, months_on_book('-infinity', '2026-01-01') IS NULL AS always, months_on_book('2026-01-01', 'infinity') IS NULL AS never;
SELECT months_on_book('4714-11-24 BC', '5874897-12-31');

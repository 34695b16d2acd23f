-- Pages with pictures: what is written into them, and what is refused. How they look in a browser: test/page/run.
\set SHOW_CONTEXT never
\i test/helpers.sql
-- The JSON of a page, and the page without the scripts and the style that all have.
CREATE FUNCTION figures(page text) RETURNS jsonb LANGUAGE sql IMMUTABLE
  RETURN substring(page FROM '<script type="application/json" id="figures">([^<]*)</script>')::jsonb;
CREATE FUNCTION body(page text) RETURNS text LANGUAGE sql IMMUTABLE
  RETURN regexp_replace(substring(page FROM '<body>.*</main>'), '>\n?<', E'>\n<', 'g');
CREATE TABLE sold (product text, granted numeric, drawn float8, month date, at timestamptz, kept boolean, tags text[]);
INSERT INTO sold VALUES ('card </script><b>', 12345678.50, 3000, '2026-01-31', '2026-01-31 12:00+00', true, '{a,b}'),
  ('line & "loan"', 99999, 'NaN', '2026-02-28', '2026-02-28 12:00+08', false, NULL), (NULL, -12345, '-Infinity', NULL, NULL, NULL, '{}'),
  ('two' || chr(8232) || 'lines' || chr(8233) || '<!--', 2026, NULL, '2026-03-31', '2026-03-31', true, '{<i>}');

-- The whole of it once, as an analyst would read it.
SELECT body(chart_html('SELECT product, granted FROM sold ORDER BY granted DESC', 'bar',
  '{"title": "What is <granted>?", "note": "Limits & lines"}')) AS page \gset
\echo :page

-- The data in the page is the result: numbers as they are, what JSON has no number for as text, days whatever the DateStyle.
SET datestyle = 'SQL, DMY';
SET timezone = 'Asia/Shanghai';
SELECT jsonb_pretty(figures(chart_html('SELECT kept, granted, drawn FROM sold ORDER BY granted', 'line')) #> '{0,rows}') AS numbers;
SELECT r FROM jsonb_array_elements(figures(chart_html('SELECT month, at, granted FROM sold', 'heat')) #> '{0,rows}') r;
SELECT r FROM jsonb_array_elements(figures(chart_html('SELECT tags, month, granted FROM sold', 'heat')) #> '{0,rows}') r;
RESET datestyle;
RESET timezone;
SELECT figures(chart_html('SELECT kept, granted FROM sold WHERE false', 'bar')) AS empty,
  chart_html('SELECT kept, granted FROM sold WHERE false', 'bar') LIKE '%Nothing to show yet%' AS said;
CREATE DOMAIN share AS numeric CHECK (value <= 1);
SELECT figures(chart_html($$SELECT 'a', 0.50::share$$, 'bar')) #>> '{0,columns}' AS "a domain is what it is made of";

-- No text of a lender ends a script or begins a tag: the page has the tags of the functions only.
SELECT x.page LIKE '%</script><b>%' AS raw_tag, x.page LIKE '%<!--%' AS raw_comment,
  x.page ~ ('[' || chr(8232) || chr(8233) || ']') AS raw_separator,
  (SELECT count(*) FROM regexp_matches(x.page, '<(/?)script', 'g')) AS script_tags, figures(x.page) #>> '{0,rows,0,0}' AS same
FROM (SELECT regexp_replace(chart_html('SELECT product, granted FROM sold ORDER BY product', 'bar'), E'<td>two[^<]*</td>', '') AS page) x \gx

-- Every kind takes the columns that picture_kinds() says; the page carries the library, and loads nothing.
SELECT kind, columns FROM picture_kinds();
CREATE TABLE number AS SELECT i AS x, i * i AS y, i - 1 AS low, i * i + 1 AS high, 'n' || i AS name, 'g' || i % 2 AS series FROM generate_series(1, 6) i;
SELECT kind, figures(p) #>> '{0,kind}' = kind AND p LIKE '%d3js.org v7.9.0%' AND p LIKE '%@observablehq/plot v0.6.17%' AND p LIKE '%<!DOCTYPE html>%' AS whole,
  (SELECT count(*) FROM regexp_matches(p, '<[^>]*(src|href)=', 'g')) AS loads, length(figures(p) #>> '{0,rows}') > 40 AS has_rows
FROM (VALUES ('bar', 'name, y'), ('bar', 'name, y, high'), ('bar', 'name, series, y'), ('stacked', 'name, series, y'), ('waterfall', 'name, y'),
  ('line', 'x, y'), ('line', 'x, series, y'), ('band', 'x, y, low, high'), ('dot', 'x, y'), ('dot', 'x, y, name'),
  ('heat', 'name, series, y')) v(kind, columns),
  chart_html('SELECT ' || columns || ' FROM number', kind,
    '{"percent": true, "joined": false, "total": "sum", "marks": [{"y": 1, "label": "one"}, {"x": 2}]}') p;

-- What is refused.
SELECT chart_html(NULL, 'bar');
SELECT chart_html('SELECT 1', NULL);
SELECT chart_html('SELECT 1', 'pie');
SELECT chart_html('SELECT 1, 2', 'bar', NULL);
SELECT chart_html('SELECT 1, 2', 'bar', '[]');
SELECT chart_html('SELECT 1, 2', 'bar', '{"titel": "x"}');
SELECT chart_html('SELECT 1, 2', 'bar', '{"title": 3}');
SELECT chart_html('SELECT 1, 2', 'bar', '{"marks": {"x": 1}}');
SELECT chart_html('SELECT 1, 2', 'bar', '{"marks": [{"label": "nowhere"}]}');
SELECT chart_html('SELECT 1, 2', 'line', '{"marks": [{"slope": "steep"}]}');
SELECT chart_html('SELECT 1, 2', 'line', '{"marks": [{"slope": 1, "intercept": "high"}]}');
SELECT chart_html('SELECT ''a'', 2', 'line', '{"marks": [{"slope": 1}]}');
SELECT chart_html('SELECT 1, 2', 'line', '{"marks": [{"slope": 1, "intercept": 0.5, "label": "equal"}]}') ~ '"slope": 1' AS sloping;
SELECT chart_html('SELECT 1, 2', 'bar', '{"marks": [{"x": 1, "label": 2}, {"y": 1}]}');
SELECT chart_html('SELECT 1', 'bar');
SELECT chart_html('SELECT name, series FROM number', 'bar');
SELECT chart_html('SELECT name, y FROM number', 'dot');
SELECT chart_html('SELECT name, y, low FROM number', 'band');
SELECT chart_html('SELECT y, name FROM number', 'heat');
SELECT chart_html('SELECT i, i FROM generate_series(1, 5001) i', 'line');
SELECT jsonb_array_length(figures(chart_html('SELECT i, i FROM generate_series(1, 5000) i', 'line')) #> '{0,rows}') AS rows;
SELECT chart_html('SELECT 1, nothing', 'bar');

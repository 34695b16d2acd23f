-- Pages: pictures of results, with the tables behind them, in one file that is read without a network. What a page shows is
-- written out in SQL; assets/page.js draws it with a charting library, which comes from the shared object.

-- part of pages: a file that is in the shared object, of assets/
CREATE FUNCTION credit_limit_internal.page_asset(name text) RETURNS text
    AS 'MODULE_PATHNAME', 'cl_page_asset' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

-- part of pages: the rows of a query, and what its columns are. Errors: not one SELECT that only reads (22023), more than 5000
-- rows (54000)
CREATE FUNCTION credit_limit_internal.picture_rows(query text) RETURNS jsonb
    AS 'MODULE_PATHNAME', 'cl_picture_rows' LANGUAGE C STABLE STRICT;

-- part of pages: a text as HTML, in an element or in an attribute
CREATE FUNCTION credit_limit_internal.html(words text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN replace(replace(replace(replace(replace(words, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"', '&quot;'), '''', '&#39;');

-- part of pages: JSON that may stand in a script element: no text in it ends the element or a line of a program
CREATE FUNCTION credit_limit_internal.html_json(value jsonb) RETURNS text
    AS 'MODULE_PATHNAME', 'cl_html_json' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

-- part of pages: a value of a table; numbers of five digits and more with a comma before each three
CREATE FUNCTION credit_limit_internal.html_value(value text, kind text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN html_value.kind = 'number' AND html_value.value ~ '^-?[0-9]{5}'
  THEN regexp_replace(substring(html_value.value FROM '^-?[0-9]+'), '([0-9])(?=([0-9]{3})+$)', $r$\1,$r$, 'g')
    || credit_limit_internal.html(substring(html_value.value FROM '^-?[0-9]+(.*)$'))
  ELSE credit_limit_internal.html(coalesce(html_value.value, '')) END;

-- part of pages: the rows of a figure as a table
CREATE FUNCTION credit_limit_internal.html_table(columns jsonb, rows jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '<table><thead><tr>'
  || (SELECT string_agg(format('<th%s>%s</th>', CASE c.v ->> 'kind' WHEN 'number' THEN ' class="number"' END,
      credit_limit_internal.html(replace(c.v ->> 'name', '_', ' '))), '' ORDER BY c.place)
    FROM jsonb_array_elements(html_table.columns) WITH ORDINALITY c(v, place))
  || '</tr></thead><tbody>'
  || coalesce((SELECT string_agg('<tr>' || (
      SELECT string_agg(format('<td%s>%s</td>', CASE c.v ->> 'kind' WHEN 'number' THEN ' class="number"' END,
        credit_limit_internal.html_value(r.v ->> (c.place::int - 1), c.v ->> 'kind')), '' ORDER BY c.place)
      FROM jsonb_array_elements(html_table.columns) WITH ORDINALITY c(v, place)) || '</tr>', E'\n' ORDER BY r.place)
    FROM jsonb_array_elements(html_table.rows) WITH ORDINALITY r(v, place)), '')
  || '</tbody></table>';

-- part of pages: a figure as HTML: its question, a place for the picture, the table behind it, and the SQL that made it
CREATE FUNCTION credit_limit_internal.html_figure(figure jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN format(E'<figure class="chart" id="%s">\n<h2>%s</h2>\n%s', figure ->> 'id',
    credit_limit_internal.html(figure ->> 'title'),
    coalesce(format(E'<p class="note">%s</p>\n', credit_limit_internal.html(figure ->> 'note')), ''))
  || CASE WHEN jsonb_array_length(figure -> 'rows') = 0 THEN format(E'<p class="soft">%s</p>\n', credit_limit_internal.html(
      'Nothing to show yet' || coalesce('. ' || (figure ->> 'fill'), ': the query has no rows.')))
    ELSE format(E'<div class="picture"></div>\n<details class="table" open><summary>Table</summary><div class="scroll">%s</div>'
      || E'</details>\n', credit_limit_internal.html_table(figure -> 'columns', figure -> 'rows')) END
  || format(E'<details><summary>SQL</summary><pre>%s</pre></details>\n</figure>\n', credit_limit_internal.html(figure ->> 'sql'));

-- part of pages: the whole page. figures is an array of objects with id, title, note, fill (what fills it where it has
-- no rows), kind, options, columns, rows and sql
CREATE FUNCTION credit_limit_internal.html_page(title text, introduction text, figures jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN format(E'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    || E'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>%1$s</title>\n<style>\n%2$s</style>\n'
    || E'</head>\n<body>\n<h1>%1$s</h1>\n%3$s\n<main>\n', credit_limit_internal.html(title),
    credit_limit_internal.page_asset('page.css'), introduction)
  || (SELECT string_agg(credit_limit_internal.html_figure(f.v), '' ORDER BY f.place)
    FROM jsonb_array_elements(figures) WITH ORDINALITY f(v, place))
  || format(E'</main>\n<script type="application/json" id="figures">%s</script>\n', credit_limit_internal.html_json((
    SELECT jsonb_agg(f.v - '{sql,title,note,fill}'::text[] ORDER BY f.place)
    FROM jsonb_array_elements(figures) WITH ORDINALITY f(v, place))))
  || format(E'<script>%s</script>\n<script>%s</script>\n<script>%s</script>\n</body>\n</html>\n',
    credit_limit_internal.page_asset('d3.min.js'), credit_limit_internal.page_asset('plot.min.js'),
    credit_limit_internal.page_asset('page.js'));

-- what chart_html can draw: the kinds of pictures, and which columns a query must have for each
CREATE FUNCTION credit_limit.picture_kinds() RETURNS TABLE (kind text, columns text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 7 SET search_path = pg_catalog, pg_temp
AS $$
  VALUES
    ('bar', 'a label and one or more columns of numbers, or a label, a series and a number'),
    ('stacked', 'a label and one or more columns of numbers, or a label, a series and a number'),
    ('waterfall', 'a label and a number; a last bar is the sum'),
    ('line', 'a number, a day or a label, and one or more columns of numbers, or a series and a number'),
    ('band', 'a number, a day or a label; a value, and the low and high end of its interval'),
    ('dot', 'a number or a day, a number, and perhaps a label'),
    ('heat', 'a row, a column and a number')
$$;

-- part of pages: a figure of the picture_rows() of a query. Errors: a kind that there is not, columns that it cannot draw, an
-- option that there is not (22023)
CREATE FUNCTION credit_limit_internal.figure(result jsonb, query text, kind text, options jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  kinds text;	-- of the columns, a letter each
  pattern text;	-- of the letters that the kind can draw
BEGIN
  IF query IS NULL OR options IS NULL OR NOT EXISTS (SELECT FROM credit_limit.picture_kinds() k WHERE k.kind = figure.kind) THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'a picture needs a query, a kind, and options',
      DETAIL = format('The kind is %s.', coalesce('"' || kind || '"', 'NULL')),
      HINT = format('Kinds are %s.', (SELECT string_agg(k.kind, ', ') FROM credit_limit.picture_kinds() k));
  END IF;
  options := credit_limit_internal.check_options('a picture', options, ($o${
    "title": "$.type() == \"string\"", "note": "$.type() == \"string\"", "total": "$.type() == \"string\"",
    "percent": "$.type() == \"boolean\"", "joined": "$.type() == \"boolean\"", "marks": "$.type() == \"array\" && !exists($[*] $o$
    || $o$? (@.type() != \"object\" || ((exists(@.x)) is unknown && (exists(@.y)) is unknown && (exists(@.slope)) is unknown) $o$
    || $o$|| @.label.type() != \"string\" || @.slope.type() != \"number\" || @.intercept.type() != \"number\"))"}$o$)::jsonb,
    'Options are title, note and total (text), percent and joined (true or false), and marks, an array of lines to draw: '
    '[{"x": 1000, "label": "limit"}], [{"y": 0.1, "label": "watch"}] or [{"slope": 1, "label": "equal"}].');
  SELECT string_agg(left(c ->> 'kind', 1), '' ORDER BY place) INTO kinds
  FROM jsonb_array_elements(result -> 'columns') WITH ORDINALITY e(c, place);
  pattern := CASE WHEN kind IN ('bar', 'stacked', 'line') THEN '^.(n+|.n)$' WHEN kind = 'waterfall' THEN '^.n$'
    WHEN kind = 'band' THEN '^.nnn$' WHEN kind = 'dot' THEN '^[nd]n.?$' ELSE '^..n$' END;
  IF kinds !~ pattern THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
      MESSAGE = format('the query has not the columns of a picture of kind %s', kind),
      DETAIL = format('They are %s.', (SELECT string_agg(format('%s (%s)', c ->> 'name', c ->> 'kind'), ', ' ORDER BY place)
        FROM jsonb_array_elements(result -> 'columns') WITH ORDINALITY e(c, place))),
      HINT = format('Select %s.', (SELECT k.columns FROM credit_limit.picture_kinds() k WHERE k.kind = figure.kind));
  END IF;
  IF kinds !~ '^n' AND jsonb_path_exists(options, '$.marks[*].slope') THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'a mark with a slope needs numbers in the first column',
      DETAIL = format('Column %s is a %s.', result #>> '{columns,0,name}', result #>> '{columns,0,kind}'),
      HINT = 'Give a mark with y, or number what the picture runs along.';
  END IF;
  RETURN result || jsonb_build_object('kind', kind, 'options', options, 'sql', query, 'title', options ->> 'title',
    'note', options ->> 'note');
END
$$;

-- a page with one picture of a query, as HTML that is read offline, with the table behind it. kind: bar, stacked (label and
-- numbers, or label, series and number), waterfall (label and number; a last bar is the sum), line (what it runs along, and as
-- bar), band (what it runs along, value, low, high), dot (two numbers and a label), heat (row, column and number). options:
-- title, note, total (name of the sum of a waterfall), percent (numbers are shares), joined (a line through dots), marks (lines
-- to draw: [{"x" or "y": number, "label": text}], or y = intercept (0) + slope x: [{"slope": 1}]). Runs with the rights and the
-- search_path of the caller. Errors: not one SELECT that only reads, columns that the kind cannot draw, an option or kind that
-- there is not, NULL (22023), more than 5000 rows (54000)
CREATE FUNCTION credit_limit.chart_html(query text, kind text, options jsonb DEFAULT '{}') RETURNS text
LANGUAGE sql STABLE
RETURN (SELECT credit_limit_internal.html_page(t.title, '', jsonb_build_array(f.figure
    || jsonb_build_object('id', 'f1', 'title', t.title)))
  FROM credit_limit_internal.figure(credit_limit_internal.picture_rows(chart_html.query), chart_html.query, chart_html.kind,
      chart_html.options) f(figure),
    LATERAL (SELECT coalesce(f.figure ->> 'title', chart_html.kind) AS title) t);

-- What files.sql and round.sql refuse. These functions end with the session.

CREATE FUNCTION pg_temp.refuse(message text, detail text, hint text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING MESSAGE = message, DETAIL = detail, HINT = hint;
END
$$;

-- an agreement that is not valid is an error, which says what is wrong with it
CREATE FUNCTION pg_temp.check_agreement(a jsonb) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  wrong text;
  c jsonb;
BEGIN
  IF jsonb_typeof(a) <> 'object' THEN
    PERFORM pg_temp.refuse('agreement.json is not valid', 'It is no object.', 'Begin with that of demo/together.');
  END IF;
  SELECT format('It has a key "%s".', k) INTO wrong FROM jsonb_object_keys(a) k
  WHERE k NOT IN ('lenders', 'characteristics', 'rule') LIMIT 1;
  IF jsonb_typeof(a -> 'lenders') IS DISTINCT FROM 'array' OR jsonb_array_length(a -> 'lenders') < 2
      OR EXISTS (SELECT FROM jsonb_array_elements(a -> 'lenders') l WHERE jsonb_typeof(l) <> 'string' OR l #>> '{}' !~ '^[A-Za-z0-9_-]+$')
      OR (SELECT count(DISTINCT lower(l)) < count(*) FROM jsonb_array_elements_text(a -> 'lenders') l) THEN
    wrong := coalesce(wrong, '"lenders" are not two or more different names of letters, digits, _ and -; a and A are one name of a file.');
  END IF;
  IF jsonb_typeof(a -> 'characteristics') IS DISTINCT FROM 'array' OR a -> 'characteristics' = '[]' THEN
    wrong := coalesce(wrong, 'It has no characteristics.');
  END IF;
  IF jsonb_typeof(coalesce(a -> 'rule', '{}')) <> 'object' OR a -> 'rule' ?| '{round,round_n,hide,secondary}' THEN
    wrong := coalesce(wrong, 'Its rule rounds or hides more, and the bins need exact counts.');
  END IF;
  FOR c IN SELECT jsonb_array_elements(a -> 'characteristics') WHERE wrong IS NULL LOOP
    IF jsonb_typeof(c) <> 'object' OR jsonb_typeof(c -> 'name') IS DISTINCT FROM 'string' OR c ->> 'name' = ''
        OR EXISTS (SELECT FROM jsonb_object_keys(c) k WHERE k NOT IN ('name', 'splits', 'unit'))
        OR jsonb_typeof(coalesce(c -> 'unit', '""')) <> 'string' THEN
      wrong := format('A characteristic has a name, splits and perhaps a unit, not %s.', c);
    ELSIF jsonb_typeof(c -> 'splits') IS DISTINCT FROM 'array' OR c -> 'splits' = '[]'
        OR EXISTS (SELECT FROM jsonb_array_elements(c -> 'splits') s WHERE jsonb_typeof(s) <> 'number') THEN
      wrong := format('"%s" has no splits that are numbers.', c ->> 'name');
    ELSIF EXISTS (SELECT FROM (SELECT s.v::text::float8 AS v, lag(s.v::text::float8) OVER (ORDER BY s.i) AS before
        FROM jsonb_array_elements(c -> 'splits') WITH ORDINALITY s (v, i)) s WHERE s.v <= s.before) THEN
      wrong := format('Splits of "%s" do not ascend.', c ->> 'name');
    ELSIF (SELECT count(*) > 1 FROM jsonb_array_elements(a -> 'characteristics') o WHERE o ->> 'name' = c ->> 'name') THEN
      wrong := format('"%s" is there twice.', c ->> 'name');
    END IF;
  END LOOP;
  IF wrong IS NOT NULL THEN
    PERFORM pg_temp.refuse('agreement.json is not valid', wrong,
      'For example: {"lenders": ["a", "b"], "characteristics": [{"name": "age", "splits": [30, 45], "unit": "years"}], '
      '"rule": {"minimum_frequency": 10}}');
  END IF;
END
$$;

-- what a band of a characteristic is called
CREATE FUNCTION pg_temp.band(splits float8[], label text) RETURNS text LANGUAGE sql
RETURN CASE label WHEN 'missing' THEN 'missing' WHEN '0' THEN 'below ' || splits[1]
  WHEN cardinality(splits)::text THEN splits[cardinality(splits)] || ' or more'
  ELSE splits[label::int] || ' to below ' || splits[label::int + 1] END;

-- the JSON of a file, or an error that names the file
CREATE FUNCTION pg_temp.parse(file text, content text) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  IF jsonb_typeof(content::jsonb) <> 'object' THEN
    RAISE invalid_text_representation;
  END IF;
  RETURN content;
EXCEPTION WHEN data_exception THEN
  PERFORM pg_temp.refuse(format('file "%s" is not valid', file), format('It is no JSON object but begins with "%s".', left(content, 40)),
    'Have it sent again.');
END
$$;

-- an error that names a file which another version wrote, since its numbers may mean something else
CREATE FUNCTION pg_temp.check_version(file text, v jsonb, version jsonb) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
  IF NOT v @> version THEN
    PERFORM pg_temp.refuse(format('file "%s" is of another version', file), format('It is of format %s by extension %s; here it is format %s by extension %s.',
      coalesce(v ->> 'format', 'unknown'), coalesce(v ->> 'extension', 'unknown'), version ->> 'format', version ->> 'extension'),
      'All lenders need the same release of credit_limit with its demo/together: the lender of the older one installs the newer, and writes his files again.');
  END IF;
END
$$;

-- an error that names a file of this lender's name which he did not write from these rows
CREATE FUNCTION pg_temp.check_own(file text, v jsonb, source text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
  IF v ->> 'source' IS DISTINCT FROM source THEN
    PERFORM pg_temp.refuse(format('file "%s" is by another lender of that name, or of another table', file),
      'It was not written from the table that was given, in this database and server.',
      'Each lender has a name of his own in agreement.json, and writes no other''s files. If it is yours, from another table, give that one, or remove your '
      'files and begin again.');
  END IF;
END
$$;

-- the number of rows and of events that a file of counts is of; an error that names the file, if it is not what counts.sql writes
CREATE FUNCTION pg_temp.check_counts(file text, v jsonb, splits jsonb, OUT n bigint, OUT n_event bigint) LANGUAGE plpgsql AS $$
DECLARE
  wrong text;
  name text;
  cell record;
BEGIN
  IF ARRAY(SELECT k COLLATE "C" FROM jsonb_object_keys(v) k ORDER BY 1) <> '{agreement,counts,extension,format,lender,source}'
      OR jsonb_typeof(v -> 'counts') <> 'object' THEN
    wrong := 'It has other keys than format, extension, agreement, lender, source and counts.';
  ELSE
    SELECT format('Characteristic "%s" is in one of the file and the agreement only.', coalesce(c.k, s.k)) INTO wrong
    FROM jsonb_object_keys(v -> 'counts') c (k) FULL JOIN jsonb_object_keys(splits) s (k) ON c.k = s.k
    WHERE c.k IS NULL OR s.k IS NULL LIMIT 1;
  END IF;
  FOR name IN SELECT jsonb_object_keys(splits) WHERE wrong IS NULL LOOP
    BEGIN
      SELECT bool_or(c.n IS NULL OR c.n < 0) AS hidden, count(*) <> count(DISTINCT (c.row_label, c.column_label)) AS twice,
        bool_or(c.row_label <> 'missing' AND NOT c.row_label = ANY (ARRAY(SELECT generate_series(0,
          jsonb_array_length(splits -> name))::text)) OR c.column_label NOT IN ('false', 'true')) AS stranger,
        coalesce(sum(c.n) FILTER (WHERE c.row_label IS NULL AND c.column_label IS NULL), 0)::bigint AS n,
        coalesce(sum(c.n) FILTER (WHERE c.row_label IS NULL AND c.column_label = 'true'), 0)::bigint AS n_event
      INTO cell FROM credit_limit.released_cells(v -> 'counts' -> name) c;
      wrong := CASE WHEN cell.hidden THEN 'Cells of "%s" are hidden or below 0.' WHEN cell.twice THEN 'Cells of "%s" are there twice.'
        WHEN cell.stranger THEN '"%s" has bands or outcomes that the agreement has not.'
        WHEN (cell.n, cell.n_event) <> (check_counts.n, check_counts.n_event) THEN '"%s" counts other rows than the one before it.'
        WHEN EXISTS (SELECT FROM credit_limit.released_cells(v -> 'counts' -> name) m, LATERAL (SELECT coalesce(sum(c.n), 0) AS n
            FROM credit_limit.released_cells(v -> 'counts' -> name) c WHERE c.row_label = coalesce(m.row_label, c.row_label)
              AND c.column_label = coalesce(m.column_label, c.column_label)) s
          WHERE (m.row_label IS NULL OR m.column_label IS NULL) AND m.n <> s.n) THEN 'Cells of "%s" do not add up.' END;
      n := cell.n;
      n_event := cell.n_event;
    EXCEPTION WHEN data_exception THEN
      wrong := '"%s" has no table that suppress() wrote.';
    END;
    wrong := format(wrong, name);
    EXIT WHEN wrong IS NOT NULL;
  END LOOP;
  IF wrong IS NOT NULL THEN
    PERFORM pg_temp.refuse(format('file "%s" is not valid', file), wrong, 'Have its lender run counts.sql again.');
  END IF;
END
$$;

-- the sums of a file of a round; an error that names the file, if they cannot be those of so many rows and coefficients
CREATE FUNCTION pg_temp.check_step(file text, v jsonb, n bigint, n_event bigint, k int, OUT step credit_limit.logit_step, OUT beta float8[])
LANGUAGE plpgsql AS $$
DECLARE
  s credit_limit.logit_step;
  wrong text;
BEGIN
  BEGIN
    s := jsonb_populate_record(NULL::credit_limit.logit_step, v -> 'step');
    step := s;
    beta := (jsonb_populate_record(s, jsonb_build_object('gradient', v -> 'beta'))).gradient;
    wrong := CASE
      WHEN ARRAY(SELECT x COLLATE "C" FROM jsonb_object_keys(v) x ORDER BY 1) <> '{agreement,beta,counted,extension,format,lender,round,source,step}'
        OR ARRAY(SELECT x COLLATE "C" FROM jsonb_object_keys(v -> 'step') x ORDER BY 1) <> '{gradient,information,loglik,n,n_event,n_skipped}'
        OR jsonb_path_exists(v - '{agreement,counted,extension,lender,source}'::text[], '$.** ? (@.type() != "number" && @.type() != "array" && @.type() != "object")')
        OR array_dims(beta) <> format('[1:%s]', k) OR array_dims(s.gradient) <> format('[1:%s]', k) OR array_dims(s.information) <> format('[1:%s][1:%s]', k, k)
        THEN 'It has not the sums of a round.'
      WHEN (s.n, s.n_event, s.n_skipped) <> (check_step.n, check_step.n_event, 0)
        THEN format('It is of %s rows with %s events; the counts of its lender have %s with %s.', s.n, s.n_event, check_step.n, check_step.n_event)
      WHEN EXISTS (SELECT FROM generate_series(1, k) i, generate_series(1, i) j
        WHERE abs(s.information[i][j] - s.information[j][i]) > 1e-9 * abs(s.information[i][j]) OR s.information[i][i] < 0)
        THEN 'Its information is no symmetric matrix with a diagonal above 0.' END;
  EXCEPTION WHEN data_exception THEN
    wrong := 'It has not the sums of a round.';
  END;
  IF wrong IS NOT NULL THEN
    PERFORM pg_temp.refuse(format('file "%s" is not valid', file), wrong, 'Have its lender run round.sql again.');
  END IF;
END
$$;

-- a notice where nearly all of a lender's known values are in one band, as they are in another unit than that of the splits
CREATE FUNCTION pg_temp.check_unit(name text, lender text, splits float8[], released jsonb) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  most record;
BEGIN
  SELECT c.row_label, 100 * c.n / sum(c.n) OVER () AS share INTO most FROM credit_limit.released_cells(released) c
  WHERE c.row_label <> 'missing' AND c.column_label IS NULL ORDER BY c.n DESC LIMIT 1;
  IF most.share > 95 THEN
    RAISE NOTICE USING MESSAGE = format('%s %% of the known values of "%s" of lender "%s" are in one band, %s', round(most.share, 1), name, lender,
      pg_temp.band(splits, most.row_label)), HINT = 'Are they in the unit of the splits?';
  END IF;
END
$$;

-- Counts that are written again, where those of the file may have been sent: an error unless whoever has that file can compute the new ones by
-- adding up its bands. Else the two could be subtracted from each other.
CREATE FUNCTION pg_temp.check_again(file text, before jsonb, now jsonb) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  old CONSTANT jsonb := (SELECT jsonb_object_agg(c ->> 'name', c -> 'splits') FROM jsonb_array_elements(before #> '{agreement,characteristics}') c);
  wrong text;
BEGIN
  PERFORM pg_temp.check_counts(file, before, old);
  SELECT CASE WHEN NOT old ? s.name THEN format('It has no "%s": what was left out before cannot come back in other bands.', s.name)
    WHEN NOT s.splits <@ (old -> s.name) THEN
      format('Splits of "%s" are %s, and were %s: subtracting gives the borrowers between the one and the other.', s.name, s.splits, old -> s.name)
    ELSE format('"%s" is of other borrowers or outcomes: subtracting gives those that came, left or changed.', s.name) END INTO wrong
  FROM jsonb_to_recordset(now #> '{agreement,characteristics}') s (name text, splits jsonb)
  WHERE (s.splits <@ (old -> s.name)) IS NOT TRUE OR EXISTS (
    SELECT FROM (SELECT CASE WHEN (c.row_label IN ('missing', '0')) IS NOT FALSE THEN c.row_label ELSE (SELECT count(*)::text FROM jsonb_array_elements(s.splits) x
        WHERE x <= old -> s.name -> (c.row_label::int - 1)) END AS row_label, c.column_label, c.n
      FROM credit_limit.released_cells(before -> 'counts' -> s.name) c
      UNION ALL SELECT c.row_label, c.column_label, - c.n FROM credit_limit.released_cells(now -> 'counts' -> s.name) c) d
    WHERE d.row_label IS NOT NULL AND d.column_label IS NOT NULL GROUP BY d.row_label, d.column_label HAVING sum(d.n) <> 0)
  ORDER BY s.name LIMIT 1;
  IF wrong IS NOT NULL THEN
    PERFORM pg_temp.refuse(format('another file "%s" is there, and may have been sent', file), wrong,
      'If nobody has it, remove it. Else leave splits or characteristics out, but change none, and give the same rows; or begin in another folder, '
      'with the rows of another time.');
  END IF;
END
$$;

-- What the sums of eight rounds tell of fewer borrowers than the rule allows, or NULL. Of k coefficients a round has k (k + 1) / 2 sums of the
-- information, k of the gradient and the likelihood. Each is an equation for how many borrowers are in the cells of all characteristics together, and
-- where there are no fewer equations than cells these can be solved. The outcomes of a cell are in none of them: of these the sums have only what the
-- counts of each characteristic say, already. But who knows how many borrowers a cell has knows that no more of them are bad, and no more are good.
CREATE FUNCTION pg_temp.told_of_few(minimum int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  equations CONSTANT bigint := (SELECT 8 * (c.k * (c.k + 1) / 2 + c.k + 1) FROM (SELECT 1 + count(DISTINCT place) AS k FROM applicant_band) c);
  cells CONSTANT numeric := (SELECT round(exp(sum(ln(b.n)))) FROM (SELECT count(DISTINCT label) AS n FROM applicant_band GROUP BY place) b);
  smallest bigint;
  bad record;
BEGIN
  IF cells > equations THEN
    RETURN NULL;
  END IF;
  SELECT count(*) INTO smallest FROM (SELECT array_agg(label ORDER BY place) AS cell FROM applicant_band GROUP BY borrower_id) b
  GROUP BY cell ORDER BY 1 LIMIT 1;
  IF smallest < minimum THEN
    RETURN format('Eight rounds are %s equations for the borrowers in %s cells of all characteristics together; the smallest cell has %s.',
      equations, cells, smallest);
  END IF;
  SELECT p.place, p.other, a.* INTO bad
  FROM (SELECT x.place, y.place AS other, credit_limit.disclosure_table_agg(x.label, y.label, x.borrower_id) AS everyone,
      credit_limit.disclosure_table_agg(x.label, y.label, x.borrower_id) FILTER (WHERE x.defaulted) AS events,
      credit_limit.disclosure_table_agg(x.label, y.label, x.borrower_id) FILTER (WHERE NOT x.defaulted) AS others
    FROM applicant_band x JOIN applicant_band y ON y.borrower_id = x.borrower_id AND y.place > x.place GROUP BY x.place, y.place) p,
  LATERAL (SELECT array_agg(credit_limit.suppress(t.cells, jsonb_build_object('minimum_frequency', 1, 'secondary', false, 'hide',
      coalesce((SELECT jsonb_agg(jsonb_build_array(c.row_label, c.column_label)) FROM credit_limit.disclosure_cells(t.cells) c
        WHERE t.i > 1 AND c.row_label IS NOT NULL AND c.column_label IS NOT NULL AND c.n > 0), '[]'))) ORDER BY t.i) AS known
    FROM unnest(ARRAY[p.everyone, p.events, p.others]) WITH ORDINALITY t (cells, i)) k,
  LATERAL credit_limit.disclosure_audit(ARRAY[p.everyone, p.events, p.others], k.known, jsonb_build_object('minimum_frequency', minimum),
    '[{"sum": [2, 3], "equals": [1]}]') a
  WHERE NOT a.safe AND a.table_number > 1 ORDER BY p.place, p.other, a.table_number, a.row_label, a.column_label LIMIT 1;
  RETURN CASE WHEN FOUND THEN format('Eight rounds are %s equations for the borrowers in %s cells of all characteristics together. With these, and the '
    'counts, others can tell that %s to %s borrowers of a cell of "%s" and "%s" have %sdefaulted.', equations, cells, bad.low, bad.high,
    (SELECT c.name FROM characteristic c WHERE c.place = bad.place), (SELECT c.name FROM characteristic c WHERE c.place = bad.other),
    CASE WHEN bad.table_number = 3 THEN 'not ' ELSE '' END) END;
END
$$;

-- variable_screening: which columns of a table are worth a place in a model.

CREATE FUNCTION credit_limit.screen_variable(
  credit_limit.bin_sketch,
  variable text,
  options jsonb DEFAULT '{}',
  OUT n bigint,
  OUT missing_rate float8,
  OUT identical_rate float8,
  OUT n_distinct bigint,
  OUT iv float8,
  OUT gini float8,
  OUT ks float8,
  OUT trend text,
  OUT n_bins int,
  OUT selected boolean,
  OUT reason text,
  OUT remark text,
  OUT binning credit_limit.binning)
AS 'MODULE_PATHNAME', 'cl_screen_variable' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.screen_variable(credit_limit.bin_sketch, text, jsonb) IS
'One row of variable_screening from a sketch, such as the rollup of stored ones. The name of the variable chooses its entry '
'under "columns" in the options, which are checked even without a sketch. NULL when an argument is NULL.';

CREATE TYPE credit_limit.screened_variable AS (
  variable text,
  type text,
  n bigint,
  missing_rate float8,
  identical_rate float8,
  n_distinct bigint,
  iv float8,
  gini float8,
  ks float8,
  trend text,
  n_bins int,
  selected boolean,
  reason text,
  remark text,
  binning credit_limit.binning);

COMMENT ON TYPE credit_limit.screened_variable IS
'A row of variable_screening, which says what the columns are.';

CREATE FUNCTION credit_limit_internal.screened_type(oid) RETURNS oid LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN (WITH RECURSIVE base (oid, next) AS (
    SELECT t.oid, t.typbasetype FROM pg_catalog.pg_type t WHERE t.oid = $1
    UNION ALL
    SELECT t.oid, t.typbasetype FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.next)
  SELECT b.oid FROM base b WHERE b.next = 0);

COMMENT ON FUNCTION credit_limit_internal.screened_type(oid) IS
'The type under a domain, or the type itself; for variable_screening.';

CREATE FUNCTION credit_limit_internal.require_repeatable(relation regclass) RETURNS void
AS 'MODULE_PATHNAME', 'cl_require_repeatable' LANGUAGE C STABLE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION credit_limit_internal.require_repeatable(regclass) IS
'Error (22023) unless a relation is the same each time it is read in one statement: a view must not lock rows or call volatile '
'functions.';

CREATE FUNCTION credit_limit_internal.require_event_column(relation regclass, event text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  event_type regtype;
BEGIN
  SELECT credit_limit_internal.screened_type(a.atttypid) INTO event_type
  FROM pg_attribute a WHERE a.attrelid = relation AND a.attname = event AND a.attnum > 0 AND NOT a.attisdropped;
  IF event_type IS DISTINCT FROM 'boolean'::regtype THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_column', MESSAGE = format('the event must be a boolean column of %s', relation),
      DETAIL = CASE WHEN event_type IS NULL THEN format('It has no column "%s".', event)
        ELSE format('Column "%s" is of type %s.', event, event_type) END,
      HINT = 'Make a view with the outcome as a boolean column: true is the bad outcome.';
  END IF;
END $$;

COMMENT ON FUNCTION credit_limit_internal.require_event_column(regclass, text) IS
'Error unless the relation has the boolean column of that name; for what takes an event by its name.';

CREATE FUNCTION credit_limit_internal.raise_anew(sqlstate text, message text, detail text, hint text) RETURNS void
AS 'MODULE_PATHNAME', 'cl_raise_anew' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION credit_limit_internal.raise_anew(text, text, text, text) IS
'Raises an error that was caught, without the pages of context of the statements inside.';

-- Partitions that a scan asks one by one, since some are on other servers: their aggregates are sent, and one over all is not.
-- NULL where there are none, and where the partitioned table shows the caller something else than its partitions would.
CREATE FUNCTION credit_limit_internal.shards_below(relation regclass) RETURNS regclass[]
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT array_agg(t.relid ORDER BY c.relnamespace::regnamespace::text, c.relname)
  FROM pg_partition_tree(relation) t JOIN pg_class c ON c.oid = t.relid
  WHERE t.isleaf AND EXISTS (SELECT FROM pg_class p WHERE p.oid = relation AND p.relkind = 'p' AND NOT p.relrowsecurity)
  HAVING bool_or(c.relkind = 'f') AND bool_and(has_table_privilege(t.relid, 'SELECT') AND NOT c.relrowsecurity);
END;

-- The plan, by EXPLAIN, of a query over shards_below: it is right, but slow, if an aggregate is not sent.
CREATE FUNCTION credit_limit_internal.notice_rows(plan jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  travelling text;
BEGIN
  SELECT string_agg(DISTINCT r ->> 0, ', ' ORDER BY r ->> 0) INTO travelling
  FROM jsonb_path_query(plan, 'strict $.** ? (@."Node Type" == "Foreign Scan")."Relation Name"') r;
  IF travelling IS NOT NULL THEN
    RAISE NOTICE USING MESSAGE = format('rows of %s travel, instead of summaries', travelling),
      HINT = 'A server makes texts of no boolean or enum, and no double precision of a real: make such columns text and double '
        'precision in a view there. Set the option extensions of the server, and a larger fdw_tuple_cost.';
  END IF;
END $$;

-- A sketch of each column, then a row of each sketch. A real column is read by its shortest decimal, as scorecards do.
--
-- Workers share the columns, not the rows: each bins those of its part from a scan of its own, and sends a row for each. Sketches
-- of some of the rows would be as large as the columns and cost more to send and to merge than to make; an aggregate that cannot
-- be split, as one with DISTINCT, keeps the server from making them.
-- source is the relation in FROM, or a part of its rows; day, if any, what dates are counted back from; shards: shards_below.
CREATE FUNCTION credit_limit_internal.screening_query(relation regclass, source text, event text, wanted text[], parts int,
  day date, shards regclass[]) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  WITH screened AS (
    SELECT w.place, w.place % parts AS part, w.name, format_type(a.atttypid, a.atttypmod) AS type,
      CASE WHEN b.oid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'float8'::regtype)
        THEN format('t.%I::float8', w.name)
        WHEN b.oid = 'numeric'::regtype THEN format('t.%I::numeric', w.name)
        WHEN b.oid = 'float4'::regtype THEN format('t.%I::text::float8', w.name)
        WHEN b.typcategory IN ('S', 'B', 'E') THEN format('t.%I::text', w.name)
        WHEN b.oid IN ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype) AND day IS NOT NULL
        THEN format('CASE WHEN isfinite(t.%1$I) THEN (%2$L::date - t.%1$I::date)::float8
          WHEN t.%1$I > %2$L::date THEN ''-Infinity''::float8 WHEN t.%1$I < %2$L::date THEN ''Infinity'' END', w.name, day) END
        AS expression
    FROM unnest(wanted) WITH ORDINALITY w (name, place)
      JOIN pg_attribute a ON a.attrelid = relation AND a.attname = w.name AND a.attnum > 0 AND NOT a.attisdropped
      JOIN pg_type b ON b.oid = credit_limit_internal.screened_type(a.atttypid)
  ), sketches AS (
    SELECT c.part, string_agg(format('credit_limit.bin_sketch_agg(%s, t.%I::boolean)%s AS s%s', c.expression, event,
        CASE WHEN shards IS NOT NULL THEN '::bytea' END, c.place), ', ' ORDER BY c.place) AS made,
      string_agg(format('credit_limit.rollup(u.s%1$s::credit_limit.bin_sketch) AS s%1$s', c.place), ', ' ORDER BY c.place)
        AS merged
    FROM screened c WHERE c.expression IS NOT NULL GROUP BY c.part
  ), scan AS (
    SELECT format(
      'SELECT v.*, r.* FROM (%s) s,
         LATERAL (VALUES %s) v (place, variable, type, sketch, nothing),
         LATERAL credit_limit.screen_variable(v.sketch, v.variable, $1) r',
      CASE WHEN shards IS NULL OR m.made IS NULL
        THEN format('SELECT %s FROM %s t HAVING count(DISTINCT 0) FILTER (WHERE false) = 0', m.made, source)
        ELSE format('SELECT %s FROM (%s) u', m.merged, (SELECT string_agg(format('SELECT %s FROM %s t', m.made, r), ' UNION ALL ')
          FROM unnest(shards) r)) END,
      string_agg(format('(%s, %L::text, %L::text, %s, %s)', c.place, c.name, c.type,
        CASE WHEN c.expression IS NULL THEN 'NULL::credit_limit.bin_sketch' ELSE 's.s' || c.place END,
        CASE WHEN c.expression IS NULL THEN '''type not supported''' ELSE '''no rows''' END), ', ' ORDER BY c.place)) AS query
    FROM screened c LEFT JOIN sketches m USING (part) GROUP BY c.part, m.made, m.merged)
  SELECT string_agg(query, ' UNION ALL ') FROM scan;
END;

COMMENT ON FUNCTION credit_limit_internal.screening_query(regclass, text, text, text[], int, date, regclass[]) IS
'The query of variable_screening, with its options as $1: a scan for each part of the columns. NULL without columns.';

CREATE FUNCTION credit_limit_internal.screened(
  relation regclass,
  source text,
  event text,
  columns text[],
  options jsonb,
  shards regclass[])
RETURNS SETOF credit_limit.screened_variable
LANGUAGE plpgsql VOLATILE ROWS 50 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  wanted text[];
  unknown text;
  query text;
  plan jsonb;
  day date;
BEGIN
  IF jsonb_typeof(options) = 'object' AND options ? 'reference_date' THEN
    IF NOT coalesce(options ->> 'reference_date' ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$', false) THEN
      RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'reference_date must be a day',
        DETAIL = format('Found %s.', options -> 'reference_date'), HINT = 'Write it as "2026-11-30".';
    END IF;
    day := options ->> 'reference_date';
    options := options - 'reference_date';
  END IF;
  PERFORM credit_limit.screen_variable(NULL::credit_limit.bin_sketch, '', options);
  IF (SELECT count(*) FROM pg_class c WHERE c.oid = relation) = 0 THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_table', MESSAGE = 'there is no such relation',
      DETAIL = format('Its OID would be %s.', relation::oid),
      HINT = 'Write the name of a table or view as a string, such as ''lending.account''.';
  END IF;

  -- What is asked for is there, once, and is not the answer itself.
  PERFORM credit_limit_internal.require_event_column(relation, event);
  SELECT coalesce(columns, array_agg(a.attname::text ORDER BY a.attnum)) INTO wanted
  FROM pg_attribute a WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped AND a.attname <> event;
  SELECT coalesce(w.name, 'NULL') INTO unknown FROM unnest(wanted) WITH ORDINALITY w (name, place)
  WHERE w.name = event OR NOT EXISTS (SELECT FROM pg_attribute a
    WHERE a.attrelid = relation AND a.attname = w.name AND a.attnum > 0 AND NOT a.attisdropped)
  ORDER BY w.place LIMIT 1;
  IF unknown IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_column', MESSAGE = 'columns must be columns of the relation other than the event',
      DETAIL = format('"%s" is not.', unknown), HINT = 'Leave columns out to take all of them.';
  END IF;
  SELECT min(w.name) INTO unknown FROM unnest(wanted) w (name) GROUP BY w.name HAVING count(*) > 1 LIMIT 1;
  IF unknown IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'columns must differ',
      DETAIL = format('"%s" is there twice.', unknown), HINT = 'Remove one of them.';
  END IF;
  IF jsonb_typeof(options -> 'columns') <> 'null' THEN
    SELECT k.name INTO unknown FROM jsonb_object_keys(options -> 'columns') k (name)
      WHERE k.name <> ALL (wanted) ORDER BY 1 LIMIT 1;
    IF unknown IS NOT NULL THEN
      RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'screening options name a column that is not screened',
        DETAIL = format('"%s" is not among the columns.', unknown), HINT = 'Correct the name under "columns".';
    END IF;
    PERFORM credit_limit.screen_variable(NULL::credit_limit.bin_sketch, k.name, options)
      FROM jsonb_object_keys(options -> 'columns') k (name);
  END IF;

  -- As many parts as processes may work on it, if the server would give the parts to workers; one scan for all of them otherwise.
  -- A view may have other rows in the next scan.
  query := credit_limit_internal.screening_query(relation, source, event, wanted,
    CASE WHEN shards IS NULL AND (SELECT c.relkind FROM pg_class c WHERE c.oid = relation) IN ('r', 'p', 'm')
      THEN least(current_setting('max_parallel_workers_per_gather')::int + 1, 4, cardinality(wanted)) ELSE 1 END, day, shards);
  IF query IS NULL THEN
    RETURN;
  END IF;
  EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan USING options;
  IF shards IS NOT NULL THEN
    PERFORM credit_limit_internal.notice_rows(plan);
  ELSIF NOT plan @? '$.** ? (@."Node Type" starts with "Gather").** ? (@."Partial Mode" == "Simple")' THEN
    query := credit_limit_internal.screening_query(relation, source, event, wanted, 1, day, NULL);
  END IF;
  RETURN QUERY EXECUTE format(
    'SELECT q.variable, q.type, q.n, q.missing_rate, q.identical_rate, q.n_distinct, q.iv, q.gini, q.ks, q.trend, q.n_bins,
       coalesce(q.selected, false), CASE WHEN q.selected IS NULL THEN q.nothing ELSE q.reason END, q.remark, q.binning
     FROM (%s) q ORDER BY q.place', query) USING options;
END $$;

COMMENT ON FUNCTION credit_limit_internal.screened(regclass, text, text, text[], jsonb, regclass[]) IS
'variable_screening of the rows of source, an item of FROM that has the columns of the relation; shards: shards_below, or NULL.';

CREATE FUNCTION credit_limit.variable_screening(
  relation regclass,
  event text,
  columns text[] DEFAULT NULL,
  options jsonb DEFAULT '{}')
RETURNS SETOF credit_limit.screened_variable
LANGUAGE plpgsql VOLATILE ROWS 50 SET search_path = pg_catalog, pg_temp SET extra_float_digits = 1
AS $$
DECLARE
  state text;
  message text;
  detail text;
  hint text;
BEGIN
  IF relation IS NULL OR event IS NULL OR options IS NULL THEN
    RETURN;
  END IF;
  RETURN QUERY SELECT s.* FROM credit_limit_internal.screened(relation, relation::text, event, columns, options,
    credit_limit_internal.shards_below(relation)) s;
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
    hint = PG_EXCEPTION_HINT;
  PERFORM credit_limit_internal.raise_anew(state, message, detail, hint);
END $$;

COMMENT ON FUNCTION credit_limit.variable_screening(regclass, text, text[], jsonb) IS
'Bins every column against a boolean event column, and says which are useful in a model and why others are not: a row for each '
'column, in their order. It takes one scan, or one for each process where workers share the columns of a table, or a sketch of '
'each column from every partition where some are foreign tables. Numbers are '
'cut, texts, enums and booleans grouped. n: rows with an outcome; missing_rate of n; identical_rate: share of the most frequent '
'value in rows that have one; measures are those of binning_summary. Options: those of optimal_binning, min_iv (0.02), max_iv '
'(5) and max_auc (0.98), beyond which a column must contain the outcome, max_missing_rate (0.95), max_identical_rate (0.95), '
'each null for none, columns: {"age": {...}} with other options for one column, and reference_date: dates and timestamps (by '
'the time zone of the session) are days before it, and not supported without it. remark: that of binning_summary, and from an '
'iv of 0.5 on the question whether the column contains the outcome. Reasons: type not supported, no rows, no rows with an '
'outcome, all missing, too many categories, one class, missing rate above x, one value, identical rate above x, no bins keep '
'all rules, iv below x, iv above x, auc above x. Runs with the rights of the caller on any table, view or foreign table; '
'memory: 8 to 32 bytes per column and distinct value. NULL arguments give no rows. Error: an event that is not a boolean '
'column, a column that is not there or there twice, invalid options. Source of the thresholds: Siddiqi 2006; scorecard '
'var_filter.';

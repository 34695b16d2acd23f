-- A book as sources of dbt: its tables and reports, described by their comments, with the tests that its constraints promise.

-- a text as a double-quoted scalar of YAML, which dbt reads as that text; code: it is to be run by Jinja
CREATE FUNCTION credit_limit_internal.yaml(value text, code boolean DEFAULT false) RETURNS text
LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  -- dbt renders what it reads with Jinja.
  quoted CONSTANT text := to_json(CASE WHEN code THEN value
    ELSE regexp_replace(value, '[{]([{%#])', $r${{ '{\1' }}$r$, 'g') END)::text;
  -- What JSON may contain and YAML may not, or takes for the end of a line.
  unsafe CONSTANT text := CASE WHEN getdatabaseencoding() = 'UTF8' THEN $r$[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]$r$
    ELSE $r$\u007f$r$ END;
BEGIN
  IF quoted !~ unsafe THEN
    RETURN quoted;
  END IF;
  RETURN (SELECT string_agg(CASE WHEN c.c ~ unsafe THEN $r$\u$r$ || lpad(to_hex(ascii(c.c)), 4, '0') ELSE c.c END, ''
      ORDER BY c.n)
    FROM regexp_split_to_table(quoted, '') WITH ORDINALITY c(c, n));
END
$$;

-- what columns of the tables of a book mean that have no comment of their own, by their name: also for doc/operator/tables.md, so
-- with its marks
CREATE FUNCTION credit_limit_internal.common_meanings() RETURNS TABLE (column_name text, meaning text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 150 SET search_path = pg_catalog, pg_temp
AS $$
  VALUES
    ('arm_probability', 'the share of the arm when it was assigned'), ('unit', 'as in `experiment`'),
    ('held_out', 'as in `experiment_arm`'),
    ('allocation_id', 'of `allocation_version`'),
    ('account_id', 'of `account`'), ('borrower_id', 'of `borrower`'), ('product', 'of `product`'),
    ('umbrella_id', 'of `umbrella`'), ('currency', 'ISO 4217'),
    ('segment', 'group of borrowers, for reports and for analysts who see some of them only'),
    ('policy_id', 'of `policy_version`'), ('scorecard_id', 'of `scorecard_version`'), ('run_id', 'of `run`'),
    ('decision_id', 'of `decision`'), ('experiment', 'of `experiment`'), ('arm', 'of `experiment_arm`'),
    ('lane', 'chain of the log, 0 to 63'), ('rule', 'of `alert_rule`'), ('as_of', 'the day as of which it was done'),
    ('valid_from', 'first day'), ('valid_to', 'last day; NULL: open'), ('started_at', 'when it began'),
    ('ended_at', 'when it ended'), ('sqlstate', 'of the error'), ('message', 'the error, or a remark'),
    ('credit_limit', 'the limit'), ('balance', 'drawn; negative: a credit balance'), ('old_limit', 'before the decision'),
    ('new_limit', 'after it'), ('score', 'the score that decided'), ('pd', 'probability of default, 0 to 1'),
    ('only_row', 'the table has one row'), ('share', 'part of the borrowers, 0 to 1'),
    ('created_by', 'the role that drafted it'), ('approved_by', 'the role that approved it'),
    ('retired_by', 'the role that ended it'), ('document', 'the policy, the scorecard or the certificate'),
    ('computed_on', 'the day as of which it was computed'), ('previous_hash', 'of the row before in its lane'),
    ('hash', 'of the row, and so of all before it'), ('place', 'in its lane, counted from 1'),
    ('layout', 'of `evidence_layout`'), ('salt', 'random, so that inputs cannot be guessed from their hash'),
    ('inputs', 'what decided: a JSON array'), ('entitlement', 'what the rules give'), ('risk_cap', 'what the risk allows'),
    ('product_cap', 'what the product allows'), ('affordability_cap', 'what income and obligations allow'),
    ('umbrella_cap', 'what the umbrella leaves'), ('regulatory_cap', 'what the law allows'),
    ('target', 'what expected demand needs'), ('binding', 'the rule that decided'),
    ('reasons', 'why, the principal reason first'), ('proposed', 'the limit that waits for a person'),
    ('available', 'what may be drawn after it'), ('frozen', 'nothing may be drawn'), ('source', 'what decided'),
    ('action', 'what it does to the limit: see [policy](../analyst/limit.md#policy)'), ('missing', 'a version is missing'),
    ('borrowers', 'number of borrowers'), ('decisions', 'number of decisions'), ('moves', 'accounts whose limit changed'),
    ('lowest', 'first borrower'), ('highest', 'last borrower'), ('tries', 'times that it was tried'),
    ('opened_on', 'the day on which the line was opened'), ('last_limit_change', 'the day on which the limit last moved'),
    ('enter_at', 'an alert opens at this value'), ('leave_at', 'it closes below this value'),
    ('enter_after', 'number of periods in a row that it takes'), ('leave_after', 'number of periods in a row that it takes'),
    ('severity', 'how grave it is'),
    ('active', 'false: the rule is not looked at'), ('language', 'as in en or zh'), ('lgd', 'loss given default, 0 to 2'),
    ('closed_on', 'NULL: open'), ('value', 'of the indicator'), ('erased_on', 'the day of the erasure'),
    ('month', 'its first day'), ('made_on', 'the day as of which it was made'),
    ('learned_on', 'the day as of which it was learned'), ('model', 'what was learned'),
    ('business_date', 'the day; NULL: none is set'), ('alert_id', 'of `alert`'), ('case_id', 'of `alert_case`'),
    ('act_id', 'its number'), ('act', 'what was done'), ('done_at', 'when'),
    ('exclusion_id', 'of `exclusion`'), ('adjustment_id', 'of `limit_adjustment`'), ('request_id', 'of `override_request`'),
    ('subject', 'as in `alert`'), ('role_name', 'the role that is restricted'), ('role', 'the role that is restricted'),
    ('erased_by', 'the role that erased'), ('reason', 'why'), ('columns', 'names and types of the inputs: a JSON array'),
    ('scheduled_at', 'when it was scheduled'), ('job', 'of `job`'), ('schedule', 'when it runs, as the scheduler has it'),
    ('expected_every', 'how often it should work for a new day'), ('status', 'how far it is'), ('row_count', 'as in `run`'),
    ('failed', 'borrowers that could not be decided'), ('runs', 'number of runs'),
    ('failures', 'runs that failed, were lost or left borrowers out'), ('last_success', 'when a run last ended well'),
    ('last_work', 'when its latest day was first done'),
    ('overdue', 'it has not worked for a new day for longer than expected_every'), ('lender', 'name of the lender'),
    ('address', 'where to write'), ('phone', 'where to call'), ('email', 'where to mail'),
    ('supervisor', 'who supervises the lender'), ('amount', 'in the currency of the account'),
    ('proposed_by', 'the role that proposed'), ('proposed_login', 'with this login'),
    ('decided_by', 'the role that approved or declined'), ('name', 'its name'), ('version', 'counted from 1 for each name'),
    ('text', 'in that language'), ('demand', 'the demand by its own months'), ('demand_status', 'as in `demand_stats()`'),
    ('decided_on', 'the day of its latest decision in force'), ('latest_month', 'the latest month on file'),
    ('first_place', 'first place in the lane'), ('last_place', 'last place'), ('move_limits', 'false: decisions only'),
    ('chunk_size', 'borrowers in a chunk'), ('started_by', 'the role that started it'), ('pid', 'process of the session'),
    ('backend_start', 'when the session began'), ('chunk', 'its number'), ('run_key', 'its name: by default the day'),
    ('chunks', 'number of chunks'), ('chunks_done', 'of them done'), ('borrowers_done', 'of them decided'),
    ('percent', 'of the borrowers that are done'), ('taken', 'time so far'), ('decisions_per_second', 'so far'),
    ('time_left', 'at that speed'), ('version_no', 'its number in the run'), ('arms', 'all arms of the experiment'),
    ('shares', 'their shares'), ('erasure_id', 'of `erasure`'), ('retirement_id', 'of `retirement`'),
    ('written_at', 'when'), ('login', 'with this login'), ('content', 'what is hashed')
$$;

-- a sources.yml of dbt (1.8 and later) for a book: its tables and reports that the current role may read, with their columns and
-- types, descriptions from their comments or, of columns of the book, what their name means in every table, and tests: not_null,
-- unique and relationships, from constraints on one column. Partitions are left out, their table is there. dbt executes nothing
-- that stands in a name or comment. Errors: no such book (3F000, 42P01), no right on it (42501), NULL (22004)
CREATE FUNCTION credit_limit.dbt_sources(book text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  RETURN (WITH source AS (
      SELECT n.oid, n.nspname, n.nspname <> book AS is_report FROM pg_namespace n
      WHERE n.nspname IN (book, book || '_report')),
    relation AS (
      SELECT c.oid, c.relname, s.oid AS source, s.nspname,
        NOT s.is_report AND c.relname IN (SELECT g.relation FROM credit_limit_internal.book_rights() g
          UNION VALUES ('job_status'), ('run_progress')) AS of_book
      FROM source s JOIN pg_class c ON c.relnamespace = s.oid
      WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND has_any_column_privilege(c.oid, 'SELECT')),
    -- conkey is an array; of one column, that column.
    key AS (
      SELECT k.conrelid, k.conkey[1] AS place, k.contype, k.confrelid, t.relname, t.nspname, quote_ident(f.attname) AS field,
        has_column_privilege(f.attrelid, f.attnum, 'SELECT') AS readable
      FROM pg_constraint k LEFT JOIN relation t ON t.oid = k.confrelid
      LEFT JOIN pg_attribute f ON f.attrelid = k.confrelid AND f.attnum = k.confkey[1]
      WHERE cardinality(k.conkey) = 1),
    test AS (
      SELECT a.attrelid, a.attnum, 1 AS place, '- not_null' AS test FROM pg_attribute a WHERE a.attnotnull
      UNION SELECT k.conrelid, k.place, 2, '- unique' FROM key k WHERE k.contype IN ('p', 'u')
      UNION SELECT k.conrelid, k.place, 3, format(E'- relationships:\n                  to: %s\n                  field: %s',
        credit_limit_internal.yaml(format('source(''%s'', ''%s'')', regexp_replace(k.nspname, $r$([\\'])$r$, $r$\\\1$r$, 'g'),
          regexp_replace(k.relname, $r$([\\'])$r$, $r$\\\1$r$, 'g')), true), credit_limit_internal.yaml(k.field))
      FROM key k WHERE k.contype = 'f' AND k.relname IS NOT NULL AND k.readable),
    common AS MATERIALIZED (
      SELECT m.column_name, regexp_replace(m.meaning, '`|[[]([^]]*)[]][(][^)]*[)]', $r$\1$r$, 'g') AS meaning
      FROM credit_limit_internal.common_meanings() m),
    described AS (
      SELECT a.attrelid, string_agg(format(E'          - name: %s\n', credit_limit_internal.yaml(a.attname::text))
          || coalesce('            description: ' || credit_limit_internal.yaml(coalesce(col_description(a.attrelid, a.attnum),
              (SELECT CASE m.meaning WHEN 'of ' || r.relname THEN 'its key' ELSE m.meaning END FROM common m
                WHERE r.of_book AND m.column_name = a.attname),
              (SELECT col_description(f.attrelid, f.attnum) FROM pg_attribute f WHERE r.of_book
                AND r.relname = 'account_feature' AND f.attrelid = 'credit_limit.behavior_features'::regclass
                AND f.attname = a.attname)))
            || E'\n', '')
          || format(E'            data_type: %s\n', credit_limit_internal.yaml(format_type(a.atttypid, a.atttypmod)))
          || CASE WHEN quote_ident(a.attname) <> a.attname THEN E'            quote: true\n' ELSE '' END
          || coalesce((SELECT E'            data_tests:\n'
            || string_agg(format(E'              %s\n', t.test), '' ORDER BY t.place, t.test COLLATE "C")
            FROM test t WHERE t.attrelid = a.attrelid AND t.attnum = a.attnum), ''), '' ORDER BY a.attnum) AS columns
      FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE has_column_privilege(r.oid, a.attnum, 'SELECT') GROUP BY a.attrelid)
    SELECT E'version: 2\nsources:\n' || string_agg(format(E'  - name: %s\n', credit_limit_internal.yaml(s.nspname::text))
      || coalesce('    description: ' || credit_limit_internal.yaml(obj_description(s.oid, 'pg_namespace')) || E'\n', '')
      || E'    tables:\n' || (SELECT string_agg(format(E'      - name: %s\n', credit_limit_internal.yaml(r.relname::text))
          || coalesce('        description: ' || credit_limit_internal.yaml(obj_description(r.oid, 'pg_class')) || E'\n', '')
          || E'        columns:\n' || d.columns, '' ORDER BY r.relname COLLATE "C")
        FROM relation r JOIN described d ON d.attrelid = r.oid WHERE r.source = s.oid), '' ORDER BY s.is_report)
    FROM source s WHERE EXISTS (SELECT FROM relation r WHERE r.source = s.oid));
END
$$;

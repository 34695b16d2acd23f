-- The sources of dbt that a book prints: what a role may not read is left out, and what is not there is an error. Whether it is YAML and
-- says what the catalog says: test/dbt/run.
\set VERBOSITY terse
\i test/helpers.sql
CREATE ROLE regress_dbt_analyst;
SELECT create_book('book_dbt');
SELECT grant_book('book_dbt', analyst => 'regress_dbt_analyst');
CREATE TABLE book_dbt.own ("Key" int PRIMARY KEY, account_id bigint REFERENCES book_dbt.account, note text NOT NULL);
COMMENT ON TABLE book_dbt.own IS E'of a lender: "{{ env_var(''HOME'') }}"\n# 中文';
CREATE FUNCTION part(sources text, name text) RETURNS text LANGUAGE sql IMMUTABLE
  RETURN substring(sources FROM format('\n      - name: "%s"\n.*?(?=\n      - name|\n  - name|$)', name));
SELECT dbt_sources('book_dbt') AS sources \gset
\pset format unaligned
SELECT part(:'sources', 'own') AS own;
SELECT part(:'sources', 'report_jobs') AS report;
\pset format aligned
-- Columns of the book that have no comment of their own say what their name means everywhere, a lender's own nothing that is not there.
SELECT part(:'sources', 'decision') ~ '"run_id"\n +description: "of run"' AS link, part(:'sources', 'run') ~ '"run_id"\n +description: "its key"' AS key,
  part(:'sources', 'account_feature') ~ 'balance_3m"\n +description: "[A-Z]' AS feature, part(:'sources', 'account_feature') !~ '`|\]\(' AS plain;
-- Columns that are named, against the catalog.
SELECT regexp_count = (SELECT count(*) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relnamespace IN ('book_dbt'::regnamespace, 'book_dbt_report'::regnamespace) AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
      AND a.attnum > 0 AND NOT a.attisdropped) AS all_columns
FROM (SELECT count(*) AS regexp_count FROM regexp_matches(:'sources', '^          - name:', 'gn')) n;
-- An analyst does not read incomes, nor a table that nobody granted him: neither is there.
SET ROLE regress_dbt_analyst;
SELECT part(s, 'borrower') ~ '"segment"' AS segment, part(s, 'borrower') ~ '"income"' AS income, part(s, 'own') AS own,
  part(s, 'decision_evidence') AS evidence, part(s, 'account') ~ 'relationships' AS related, part(s, 'report_summary') IS NOT NULL AS reports
FROM dbt_sources('book_dbt') s;
RESET ROLE;
REVOKE USAGE ON SCHEMA book_dbt FROM regress_dbt_analyst;
SET ROLE regress_dbt_analyst;
SELECT dbt_sources('book_dbt');
RESET ROLE;
SELECT dbt_sources('nowhere');
SELECT dbt_sources(NULL);
DROP SCHEMA book_dbt, book_dbt_report CASCADE;
DROP OWNED BY regress_dbt_analyst;
DROP ROLE regress_dbt_analyst;

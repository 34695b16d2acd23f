-- check_book: what is missing in a book, of another type, or contradicts itself.

CREATE FUNCTION credit_limit.book_contract() RETURNS TABLE (relation text, column_name text, types text[])
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 80 SET search_path = pg_catalog, pg_temp
AS $$
  SELECT c.relation, t.column_name, CASE t.kind
      WHEN 'id' THEN ARRAY['bigint', 'integer', 'smallint']
      WHEN 'money' THEN ARRAY['numeric', 'bigint', 'integer', 'double precision']
      WHEN 'number' THEN ARRAY['double precision', 'numeric', 'real', 'integer', 'bigint', 'smallint']
      WHEN 'int' THEN ARRAY['integer', 'smallint', 'bigint']
      WHEN 'text' THEN ARRAY['text', 'character varying', 'character', 'name']
      ELSE ARRAY[t.kind] END
  FROM (VALUES
    ('product', 'product text, name text, kind text, currency text, policy text, scorecard text'),
    ('borrower', 'borrower_id id, segment text, income money, obligations money, external_score number, external_pd number, erased_on date'),
    ('account', 'account_id id, borrower_id id, product text, currency text, umbrella_id id, status text, opened_on date, credit_limit money, balance money, pending money, last_limit_change date, frozen boolean'),
    ('account_month', 'account_id id, month date, credit_limit money, balance money, payment money, due money, days_past_due int'),
    ('account_feature', 'account_id id, computed_on date, demand_q90 money, demand_mean money, worst_days_past_due_12m int, utilization_3m number, payment_ratio_3m number, months_inactive int'),
    ('umbrella', 'umbrella_id id, borrower_id id, kind text, currency text, credit_limit money, valid_from date, valid_to date'),
    ('limit_adjustment', 'account_id id, kind text, amount money, valid_from date, valid_to date'),
    ('exclusion', 'borrower_id id, kind text, action text, valid_from date, valid_to date'),
    ('business_day', 'business_date date'),
    ('experiment', 'experiment text, product text, valid_from date, valid_to date'),
    ('experiment_arm', 'experiment text, arm text, share number, policy text, scorecard text'),
    ('reason_text', 'reason text, language text, text text')) c(relation, columns),
    LATERAL (SELECT split_part(btrim(x), ' ', 1) AS column_name, split_part(btrim(x), ' ', 2) AS kind FROM regexp_split_to_table(c.columns, ',') x) t
$$;
COMMENT ON FUNCTION credit_limit.book_contract() IS
    'the relations and columns that a book has, as tables or as views over a lender''s own tables, with the types that each may be of';

-- Each check is SQL that gives one number of rows; it runs only where its relations and columns are there.
CREATE FUNCTION credit_limit.book_checks() RETURNS TABLE (relation text, problem text, needs text[], query text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 20 SET search_path = pg_catalog, pg_temp
AS $$
  VALUES
    ('account', 'accounts of a borrower who is not there', ARRAY['borrower'],
      'SELECT count(*) FROM @account a WHERE NOT EXISTS (SELECT FROM @borrower b WHERE b.borrower_id = a.borrower_id)'),
    ('account', 'accounts of a product that is not there', ARRAY['product'],
      'SELECT count(*) FROM @account a WHERE NOT EXISTS (SELECT FROM @product p WHERE p.product = a.product)'),
    ('account', 'accounts in another currency than their product', ARRAY['product'],
      'SELECT count(*) FROM @account a JOIN @product p ON p.product = a.product WHERE a.currency <> p.currency'),
    ('account', 'accounts under an umbrella that is not there', ARRAY['umbrella'],
      'SELECT count(*) FROM @account a WHERE a.umbrella_id IS NOT NULL AND NOT EXISTS (SELECT FROM @umbrella u WHERE u.umbrella_id = a.umbrella_id)'),
    ('account', 'accounts in another currency than their umbrella', ARRAY['umbrella'],
      'SELECT count(*) FROM @account a JOIN @umbrella u ON u.umbrella_id = a.umbrella_id WHERE a.currency <> u.currency'),
    ('account', 'accounts under the umbrella of another borrower', ARRAY['umbrella'],
      'SELECT count(*) FROM @account a JOIN @umbrella u ON u.umbrella_id = a.umbrella_id WHERE a.borrower_id <> u.borrower_id'),
    ('account', 'limits that are negative, or not known', '{}',
      'SELECT count(*) FROM @account a WHERE a.status = ''open'' AND (a.credit_limit < 0 OR a.credit_limit IS NULL)'),
    ('account', 'balances that are not known, or not finite', '{}',
      'SELECT count(*) FROM @account a WHERE a.status = ''open'' AND (a.balance IS NULL OR a.balance::text IN (''NaN'', ''Infinity'', ''-Infinity''))'),
    ('account', 'account_id that are not unique', '{}',
      'SELECT count(*) - count(DISTINCT a.account_id) FROM @account a'),
    ('account_month', 'open accounts with a line and without a row for the latest month', ARRAY['account'],
      'SELECT count(*) FROM @account a, (SELECT max(m.month) AS month FROM @account_month m) l
       WHERE a.status = ''open'' AND a.credit_limit > 0 AND a.opened_on < l.month
         AND NOT EXISTS (SELECT FROM @account_month m WHERE m.account_id = a.account_id AND m.month = l.month)'),
    ('account_month', 'months missing between the first and the last of an account', '{}',
      'SELECT coalesce(sum(n), 0)::bigint FROM (SELECT 1 + 12 * (extract(year FROM max(month)) - extract(year FROM min(month)))
         + extract(month FROM max(month)) - extract(month FROM min(month)) - count(*) AS n FROM @account_month GROUP BY account_id) g WHERE n > 0'),
    ('account_month', 'months of an account that is not there', ARRAY['account'],
      'SELECT count(*) FROM @account_month m WHERE NOT EXISTS (SELECT FROM @account a WHERE a.account_id = m.account_id)'),
    ('account_month', 'months that are not the first day of a month', '{}',
      'SELECT count(*) FROM @account_month m WHERE NOT isfinite(m.month) OR extract(day FROM m.month) <> 1'),
    ('account_month', 'months of an account that are there twice', '{}',
      'SELECT coalesce(sum(n - 1), 0)::bigint FROM (SELECT count(*) AS n FROM @account_month GROUP BY account_id, month HAVING count(*) > 1) g'),
    ('umbrella', 'umbrellas below what is drawn and pending under them', ARRAY['account'],
      'SELECT count(*) FROM @umbrella u WHERE u.credit_limit < (SELECT sum(greatest(a.balance, 0) + a.pending) FROM @account a
         WHERE a.umbrella_id = u.umbrella_id AND a.status = ''open'')'),
    ('umbrella', 'partitioned umbrellas below the limits under them', ARRAY['account'],
      'SELECT count(*) FROM @umbrella u WHERE u.kind = ''partitioned'' AND u.credit_limit < (SELECT sum(a.credit_limit) FROM @account a
         WHERE a.umbrella_id = u.umbrella_id AND a.status = ''open'')'),
    ('exclusion', 'exclusions of a borrower who is not there', ARRAY['borrower'],
      'SELECT count(*) FROM @exclusion x WHERE NOT EXISTS (SELECT FROM @borrower b WHERE b.borrower_id = x.borrower_id)'),
    ('product', 'products whose policy has no approved version', '{}',
      'SELECT count(*) FROM @product p WHERE p.policy IS NOT NULL AND NOT EXISTS (SELECT FROM @policy v WHERE v.name = p.policy AND v.status <> ''draft'')'),
    ('product', 'products whose scorecard has no approved version', '{}',
      'SELECT count(*) FROM @product p WHERE p.scorecard IS NOT NULL AND NOT EXISTS (SELECT FROM @scorecard v WHERE v.name = p.scorecard AND v.status <> ''draft'')'),
    ('policy', 'policies of one umbrella type, of products with accounts under an umbrella of the other', ARRAY['product', 'account', 'umbrella'],
      'SELECT count(*) FROM @policy v WHERE v.status = ''approved'' AND EXISTS (SELECT FROM @product p JOIN @account a ON a.product = p.product
         JOIN @umbrella u ON u.umbrella_id = a.umbrella_id WHERE p.policy = v.name AND u.kind <> v.document::jsonb #>> ''{umbrella,type}'')'),
    ('policy', 'policies of products, in force or to come, that do not read the table exclusion', ARRAY['product'],
      'SELECT count(*) FROM @policy v WHERE v.status = ''approved'' AND EXISTS (SELECT FROM @product p WHERE p.policy = v.name)
         AND NOT (v.document::jsonb -> ''exclusions'') @> ''[{"column": "excluded"}]'''),
    ('policy', 'policies without an umbrella section, of products with accounts under one', ARRAY['product', 'account'],
      'SELECT count(*) FROM @policy v WHERE v.status = ''approved'' AND jsonb_typeof(v.document::jsonb -> ''umbrella'') IS DISTINCT FROM ''object''
         AND EXISTS (SELECT FROM @product p JOIN @account a ON a.product = p.product WHERE p.policy = v.name AND a.umbrella_id IS NOT NULL)'),
    ('experiment', 'experiments of a product that is not there', ARRAY['product'],
      'SELECT count(*) FROM @experiment e WHERE NOT EXISTS (SELECT FROM @product p WHERE p.product = e.product)'),
    ('experiment_arm', 'arms whose policy or scorecard has no approved version', ARRAY['policy', 'scorecard'],
      'SELECT count(*) FROM @experiment_arm x
         WHERE (x.policy IS NOT NULL AND NOT EXISTS (SELECT FROM @policy v WHERE v.name = x.policy AND v.status <> ''draft''))
            OR (x.scorecard IS NOT NULL AND NOT EXISTS (SELECT FROM @scorecard v WHERE v.name = x.scorecard AND v.status <> ''draft''))'),
    ('experiment_arm', 'experiments whose shares do not sum to 1', ARRAY['experiment'],
      'SELECT count(*) FROM (SELECT FROM @experiment_arm GROUP BY experiment HAVING abs(sum(share) - 1) > 1e-9) g')
$$;
COMMENT ON FUNCTION credit_limit.book_checks() IS
    'the checks of check_book(): SQL for a number of rows, @name being a relation of the book, and the relations that it needs besides its own';

CREATE FUNCTION credit_limit.check_book(book text)
RETURNS TABLE (relation text, problem text, row_count bigint)
LANGUAGE plpgsql STABLE ROWS 20 SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  s text := credit_limit.book_schema(book);
  bad text[] := '{}';
  k record;
BEGIN
  FOR k IN SELECT c.relation, c.column_name, c.types, to_regclass(s || '.' || quote_ident(c.relation)) AS found, format_type(a.atttypid, NULL) AS type
      FROM credit_limit.book_contract() c
      LEFT JOIN pg_attribute a ON a.attrelid = to_regclass(s || '.' || quote_ident(c.relation)) AND a.attname = c.column_name
        AND a.attnum > 0 AND NOT a.attisdropped LOOP
    CONTINUE WHEN k.type = ANY (k.types);
    IF k.found IS NOT NULL OR NOT k.relation = ANY (bad) THEN
      relation := k.relation;
      problem := CASE WHEN k.found IS NULL THEN 'is missing' WHEN k.type IS NULL THEN format('has no column "%s" (%s)', k.column_name, k.types[1])
        ELSE format('column "%s" is of type %s, and should be of type %s', k.column_name, k.type, k.types[1]) END;
      row_count := NULL;
      RETURN NEXT;
    END IF;
    bad := bad || k.relation;
  END LOOP;
  IF to_regprocedure(s || '.decision_input(date)') IS NULL THEN
    relation := 'decision_input';
    problem := 'is missing: a function of a date, as create_book() makes it';
    row_count := NULL;
    RETURN NEXT;
  END IF;
  -- What every decision reads; what policies and cards read besides is theirs to miss.
  FOR k IN SELECT r.name FROM regexp_split_to_table('account_id borrower_id product balance pending external_score external_pd umbrella_limit umbrella_drawn umbrella_place', ' ') r(name)
      JOIN pg_proc f ON f.oid = to_regprocedure(s || '.decision_input(date)')
      WHERE NOT EXISTS (SELECT FROM unnest(f.proargnames, f.proargmodes) g(name, mode) WHERE g.name = r.name AND g.mode IN ('t', 'o'))
        AND NOT EXISTS (SELECT FROM pg_type t JOIN pg_attribute a ON a.attrelid = t.typrelid
          WHERE t.oid = f.prorettype AND a.attname = r.name AND a.attnum > 0 AND NOT a.attisdropped) LOOP
    relation := 'decision_input';
    problem := format('has no column "%s"', k.name);
    row_count := NULL;
    RETURN NEXT;
  END LOOP;
  FOR k IN SELECT * FROM credit_limit.book_checks() LOOP
    CONTINUE WHEN k.relation = ANY (bad) OR k.needs && bad;
    EXECUTE regexp_replace(k.query, '@([a-z_]+)', s || '.\1', 'g') INTO row_count;
    IF row_count > 0 THEN
      relation := k.relation;
      problem := k.problem;
      RETURN NEXT;
    END IF;
  END LOOP;
  -- Rows of months that got no partition in time stay where retirement does not find them.
  FOR k IN SELECT r.name FROM unnest(ARRAY['account_month', 'decision']) r(name) WHERE to_regclass(s || '.' || r.name || '_rest') IS NOT NULL LOOP
    EXECUTE format('SELECT count(*) FROM %s.%I', s, k.name || '_rest') INTO row_count;
    IF row_count > 0 THEN
      relation := k.name;
      problem := 'rows of months without a partition: credit_limit.add_months()';
      RETURN NEXT;
    END IF;
  END LOOP;
END
$$;
COMMENT ON FUNCTION credit_limit.check_book(text) IS
    'what is wrong with a book, a row each: relations and columns that are missing or of another type (row_count NULL), and rows that contradict others, with their number. No rows: nothing is. The contract is the column names: views over other tables do as well';

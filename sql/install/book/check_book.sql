-- check_book: what is missing in a book, of another type, or contradicts itself.

CREATE FUNCTION credit_limit_internal.book_contract() RETURNS TABLE (relation text, column_name text, types text[])
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 80 SET search_path = pg_catalog, pg_temp
AS $$
  SELECT c.relation, split_part(btrim(x.item), ' ', 1), CASE split_part(btrim(x.item), ' ', 2)
      WHEN 'id' THEN ARRAY['int8', 'int4', 'int2']
      WHEN 'money' THEN ARRAY['numeric', 'int8', 'int4', 'float8']
      WHEN 'number' THEN ARRAY['float8', 'numeric', 'float4', 'int4', 'int8', 'int2']
      WHEN 'int' THEN ARRAY['int4', 'int2', 'int8']
      WHEN 'text' THEN ARRAY['text', 'varchar', 'bpchar', 'name']
      ELSE ARRAY[split_part(btrim(x.item), ' ', 2)] END
  FROM (VALUES
    ('product', 'product text, name text, kind text, currency text, policy text, scorecard text'),
    ('borrower', 'borrower_id id, segment text, income money, obligations money, external_score number, external_pd number, '
      'erased_on date'),
    ('account', 'account_id id, borrower_id id, product text, currency text, umbrella_id id, status text, opened_on date, '
      'credit_limit money, balance money, pending money, last_limit_change date, frozen bool'),
    ('account_month', 'account_id id, month date, credit_limit money, balance money, payment money, due money, '
      'days_past_due int'),
    ('account_feature', 'account_id id, computed_on date, demand_q90 money, demand_mean money, worst_days_past_due_12m int, '
      'utilization_3m number, payment_ratio_3m number, months_inactive int'),
    ('umbrella', 'umbrella_id id, borrower_id id, kind text, currency text, credit_limit money, valid_from date, valid_to date'),
    ('limit_adjustment', 'account_id id, kind text, amount money, valid_from date, valid_to date'),
    ('exclusion', 'borrower_id id, kind text, action text, valid_from date, valid_to date'),
    ('business_day', 'business_date date'),
    ('experiment', 'experiment text, product text, valid_from date, valid_to date'),
    ('experiment_arm', 'experiment text, arm text, share number, policy text, scorecard text'),
    ('reason_text', 'reason text, language text, text text')) c(relation, columns),
    LATERAL regexp_split_to_table(c.columns, ',') x(item)
$$;
COMMENT ON FUNCTION credit_limit_internal.book_contract() IS
    'the relations and columns that a book has, as tables or as views over a lender''s own tables, with the types that each '
    'may be of';

CREATE FUNCTION credit_limit_internal.check_contract() RETURNS TABLE (relation text, problem text)
LANGUAGE plpgsql STABLE
AS $$
DECLARE
  input oid := to_regprocedure('decision_input(date)');
BEGIN
  RETURN QUERY
    SELECT s.relation, s.problem FROM (
      SELECT c.relation, min(n.n) AS n, CASE WHEN r.oid IS NULL THEN 'is missing'
          WHEN a.attname IS NULL THEN format('has no column "%s" (%s)', c.column_name, format_type(c.types[1]::regtype, NULL))
          ELSE format('column "%s" is of type %s, and should be of type %s', c.column_name, format_type(a.atttypid, NULL),
            format_type(c.types[1]::regtype, NULL)) END AS problem
      FROM credit_limit_internal.book_contract() WITH ORDINALITY c(relation, column_name, types, n)
      CROSS JOIN LATERAL (SELECT c.n) n
      LEFT JOIN pg_class r ON r.oid = to_regclass(quote_ident(c.relation))
      LEFT JOIN pg_attribute a ON a.attrelid = r.oid AND a.attname = c.column_name AND a.attnum > 0 AND NOT a.attisdropped
      WHERE a.atttypid IS NULL OR a.atttypid <> ALL (c.types::regtype[]::oid[])
      GROUP BY 1, 3) s ORDER BY s.n;
  IF input IS NULL THEN
    RETURN QUERY SELECT 'decision_input', 'is missing: a function of a date, as create_book() makes it';
  END IF;
  -- What every decision reads; what policies and cards read besides is theirs to miss.
  RETURN QUERY
    SELECT 'decision_input', format('has no column "%s"', r.name)
    FROM unnest(ARRAY['account_id', 'borrower_id', 'product', 'balance', 'pending', 'external_score', 'external_pd',
      'umbrella_limit', 'umbrella_drawn', 'umbrella_place']) r(name)
    JOIN pg_proc f ON f.oid = input
    WHERE NOT EXISTS (SELECT FROM unnest(f.proargnames, f.proargmodes) g(name, mode)
        WHERE g.name = r.name AND g.mode IN ('t', 'o'))
      AND NOT EXISTS (SELECT FROM pg_type t JOIN pg_attribute a ON a.attrelid = t.typrelid
        WHERE t.oid = f.prorettype AND a.attname = r.name AND a.attnum > 0 AND NOT a.attisdropped);
END
$$;
COMMENT ON FUNCTION credit_limit_internal.check_contract() IS
    'in an open book: relations and columns that are missing or of another type';

-- A check is a number of rows; it runs only where the relations that it reads are as they should be.
CREATE FUNCTION credit_limit.check_book(book text) RETURNS TABLE (relation text, problem text, row_count bigint)
LANGUAGE plpgsql STABLE ROWS 20 SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  c record;
  bad text[] := '{}';
BEGIN
  PERFORM credit_limit_internal.open_book_to_check(book);
  FOR c IN SELECT * FROM credit_limit_internal.check_contract() LOOP
    bad := bad || c.relation;
    relation := c.relation;
    problem := c.problem;
    RETURN NEXT;
  END LOOP;
  FOR c IN SELECT r.name FROM unnest(ARRAY['policy_version', 'scorecard_version', 'decision', 'run', 'log_lane']) r(name)
      WHERE to_regclass(r.name) IS NULL LOOP
    bad := bad || c.name;
    relation := c.name;
    problem := 'is missing';
    RETURN NEXT;
  END LOOP;
  IF NOT bad && '{account,borrower}' THEN
    RETURN QUERY SELECT 'account', 'accounts of a borrower who is not there', count(*) FROM account a
      WHERE NOT EXISTS (SELECT FROM borrower b WHERE b.borrower_id = a.borrower_id) HAVING count(*) > 0;
  END IF;
  IF NOT bad && '{account,product}' THEN
    RETURN QUERY SELECT 'account', 'accounts of a product that is not there', count(*) FROM account a
      WHERE NOT EXISTS (SELECT FROM product p WHERE p.product = a.product) HAVING count(*) > 0;
    RETURN QUERY SELECT 'account', 'accounts in another currency than their product', count(*)
      FROM account a JOIN product p ON p.product = a.product WHERE a.currency <> p.currency HAVING count(*) > 0;
  END IF;
  IF NOT bad && '{account,umbrella}' THEN
    RETURN QUERY SELECT 'account', 'accounts under an umbrella that is not there', count(*) FROM account a
      WHERE a.umbrella_id IS NOT NULL AND NOT EXISTS (SELECT FROM umbrella u WHERE u.umbrella_id = a.umbrella_id)
      HAVING count(*) > 0;
    RETURN QUERY SELECT 'account', 'accounts in another currency than their umbrella', count(*)
      FROM account a JOIN umbrella u ON u.umbrella_id = a.umbrella_id WHERE a.currency <> u.currency HAVING count(*) > 0;
    RETURN QUERY SELECT 'account', 'accounts under the umbrella of another borrower', count(*)
      FROM account a JOIN umbrella u ON u.umbrella_id = a.umbrella_id WHERE a.borrower_id <> u.borrower_id HAVING count(*) > 0;
    RETURN QUERY SELECT 'umbrella', 'umbrellas below what is drawn and pending under them', count(*) FROM umbrella u
      WHERE u.credit_limit < (SELECT sum(greatest(a.balance, 0) + a.pending) FROM account a
        WHERE a.umbrella_id = u.umbrella_id AND a.status = 'open') HAVING count(*) > 0;
    RETURN QUERY SELECT 'umbrella', 'partitioned umbrellas below the limits under them', count(*) FROM umbrella u
      WHERE u.kind = 'partitioned' AND u.credit_limit < (SELECT sum(a.credit_limit) FROM account a
        WHERE a.umbrella_id = u.umbrella_id AND a.status = 'open') HAVING count(*) > 0;
  END IF;
  IF NOT 'account' = ANY (bad) THEN
    RETURN QUERY SELECT 'account', 'limits that are negative, or not known', count(*) FROM account a
      WHERE a.status = 'open' AND (a.credit_limit < 0 OR a.credit_limit IS NULL) HAVING count(*) > 0;
    RETURN QUERY SELECT 'account', 'balances that are not known, or not finite', count(*) FROM account a WHERE a.status = 'open'
      AND (a.balance IS NULL OR a.balance::text IN ('NaN', 'Infinity', '-Infinity')) HAVING count(*) > 0;
    RETURN QUERY SELECT 'account', 'account_id that are not unique', count(*) - count(DISTINCT a.account_id) FROM account a
      HAVING count(*) > count(DISTINCT a.account_id);
  END IF;
  IF NOT bad && '{account,account_month}' THEN
    RETURN QUERY SELECT 'account_month', 'open accounts with a line and without a row for the latest month', count(*)
      FROM account a, (SELECT max(m.month) AS month FROM account_month m) l
      WHERE a.status = 'open' AND a.credit_limit > 0 AND a.opened_on < l.month
        AND NOT EXISTS (SELECT FROM account_month m WHERE m.account_id = a.account_id AND m.month = l.month) HAVING count(*) > 0;
    RETURN QUERY SELECT 'account_month', 'months of an account that is not there', count(*) FROM account_month m
      WHERE NOT EXISTS (SELECT FROM account a WHERE a.account_id = m.account_id) HAVING count(*) > 0;
  END IF;
  IF NOT 'account_month' = ANY (bad) THEN
    RETURN QUERY SELECT 'account_month', 'months missing between the first and the last of an account', sum(g.n)::bigint
      FROM (SELECT 1 + 12 * (extract(year FROM max(m.month)) - extract(year FROM min(m.month)))
          + extract(month FROM max(m.month)) - extract(month FROM min(m.month)) - count(*) AS n
        FROM account_month m GROUP BY m.account_id) g WHERE g.n > 0 HAVING sum(g.n) > 0;
    RETURN QUERY SELECT 'account_month', 'months that are not the first day of a month', count(*) FROM account_month m
      WHERE NOT isfinite(m.month) OR extract(day FROM m.month) <> 1 HAVING count(*) > 0;
    RETURN QUERY SELECT 'account_month', 'months of an account that are there twice', sum(g.n - 1)::bigint
      FROM (SELECT count(*) AS n FROM account_month m GROUP BY m.account_id, m.month HAVING count(*) > 1) g HAVING sum(g.n) > 0;
  END IF;
  IF NOT bad && '{exclusion,borrower}' THEN
    RETURN QUERY SELECT 'exclusion', 'exclusions of a borrower who is not there', count(*) FROM exclusion x
      WHERE NOT EXISTS (SELECT FROM borrower b WHERE b.borrower_id = x.borrower_id) HAVING count(*) > 0;
  END IF;
  IF NOT bad && '{product,policy_version,scorecard_version}' THEN
    RETURN QUERY SELECT 'product', 'products whose policy has no approved version', count(*) FROM product p
      WHERE p.policy IS NOT NULL
        AND NOT EXISTS (SELECT FROM policy_version v WHERE v.name = p.policy AND v.status <> 'draft') HAVING count(*) > 0;
    RETURN QUERY SELECT 'product', 'products whose scorecard has no approved version', count(*) FROM product p
      WHERE p.scorecard IS NOT NULL
        AND NOT EXISTS (SELECT FROM scorecard_version v WHERE v.name = p.scorecard AND v.status <> 'draft') HAVING count(*) > 0;
    RETURN QUERY SELECT 'policy_version', 'policies of products, in force or to come, that do not read the table exclusion',
        count(*) FROM policy_version v WHERE v.status = 'approved' AND EXISTS (SELECT FROM product p WHERE p.policy = v.name)
        AND NOT (v.document::jsonb -> 'exclusions') @> '[{"column": "excluded"}]' HAVING count(*) > 0;
  END IF;
  IF NOT bad && '{product,policy_version,account,umbrella}' THEN
    RETURN QUERY SELECT 'policy_version',
        'policies of one umbrella type, of products with accounts under an umbrella of the other', count(*) FROM policy_version v
      WHERE v.status = 'approved' AND EXISTS (SELECT FROM product p JOIN account a ON a.product = p.product
        JOIN umbrella u ON u.umbrella_id = a.umbrella_id
        WHERE p.policy = v.name AND u.kind <> v.document::jsonb #>> '{umbrella,type}') HAVING count(*) > 0;
    RETURN QUERY SELECT 'policy_version', 'policies without an umbrella section, of products with accounts under one', count(*)
      FROM policy_version v
      WHERE v.status = 'approved' AND jsonb_typeof(v.document::jsonb -> 'umbrella') IS DISTINCT FROM 'object'
        AND EXISTS (SELECT FROM product p JOIN account a ON a.product = p.product
          WHERE p.policy = v.name AND a.umbrella_id IS NOT NULL) HAVING count(*) > 0;
  END IF;
  IF NOT bad && '{experiment,product}' THEN
    RETURN QUERY SELECT 'experiment', 'experiments of a product that is not there', count(*) FROM experiment e
      WHERE NOT EXISTS (SELECT FROM product p WHERE p.product = e.product) HAVING count(*) > 0;
  END IF;
  IF NOT bad && '{experiment_arm,policy_version,scorecard_version}' THEN
    RETURN QUERY SELECT 'experiment_arm', 'arms whose policy or scorecard has no approved version', count(*) FROM experiment_arm x
      WHERE (x.policy IS NOT NULL
          AND NOT EXISTS (SELECT FROM policy_version v WHERE v.name = x.policy AND v.status <> 'draft'))
        OR (x.scorecard IS NOT NULL
          AND NOT EXISTS (SELECT FROM scorecard_version v WHERE v.name = x.scorecard AND v.status <> 'draft'))
      HAVING count(*) > 0;
    RETURN QUERY SELECT 'experiment_arm', 'experiments whose shares do not sum to 1', count(*)
      FROM (SELECT FROM experiment_arm x GROUP BY x.experiment HAVING abs(sum(x.share) - 1) > 1e-9) g HAVING count(*) > 0;
  END IF;
  RETURN QUERY SELECT f.proname::text, 'is a function that everybody may execute: grant_book() takes it from PUBLIC', NULL::bigint
    FROM pg_proc f WHERE f.pronamespace = to_regnamespace(quote_ident(book)) AND (f.prosecdef OR f.proname = 'decision_input')
      AND EXISTS (SELECT FROM aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) a WHERE a.grantee = 0);
  RETURN QUERY SELECT f.proname::text, 'is a trigger function of another owner than the tables: REASSIGN OWNED', NULL::bigint
    FROM pg_proc f JOIN pg_class c ON c.oid = to_regclass('decision')
    WHERE f.pronamespace = to_regnamespace(quote_ident(book)) AND f.prosecdef AND f.prorettype = 'trigger'::regtype
      AND f.proowner <> c.relowner;
  -- Rows of months that got no partition in time stay where retirement does not find them.
  IF to_regclass('account_month_rest') IS NOT NULL THEN
    RETURN QUERY SELECT 'account_month', 'rows of months without a partition: credit_limit.add_months()', count(*)
      FROM account_month_rest m HAVING count(*) > 0;
  END IF;
  IF to_regclass('decision_rest') IS NOT NULL THEN
    RETURN QUERY SELECT 'decision', 'rows of months without a partition: credit_limit.add_months()', count(*)
      FROM decision_rest d HAVING count(*) > 0;
  END IF;
END
$$;
COMMENT ON FUNCTION credit_limit.check_book(text) IS
    'what is wrong with a book, a row each: relations and columns that are missing or of another type (row_count NULL), and '
    'rows that contradict others, with their number. No rows: nothing is. The contract is the column names: views over other '
    'tables do as well. Errors: a schema that holds what would change the meaning of statements (55000)';

-- check_book: what is missing in a book, of another type, or contradicts itself.

-- the relations and columns that a book has, as tables or as views over a lender's own tables, with the types that each may be of
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
    ('account_feature', 'account_id id, computed_on date, demand_q90 money, demand_mean money'),
    ('umbrella', 'umbrella_id id, borrower_id id, kind text, currency text, credit_limit money, valid_from date, valid_to date'),
    ('limit_adjustment', 'account_id id, kind text, amount money, valid_from date, valid_to date'),
    ('exclusion', 'borrower_id id, kind text, action text, valid_from date, valid_to date'),
    ('business_day', 'business_date date'),
    ('experiment', 'experiment text, product text, valid_from date, valid_to date, unit text'),
    ('experiment_arm', 'experiment text, arm text, share number, policy text, scorecard text, held_out bool'),
    ('reason_text', 'reason text, language text, text text')) c(relation, columns),
    LATERAL regexp_split_to_table(c.columns, ',') x(item)
$$;

-- in an open book: the columns of decision_input or decision_input_at
CREATE FUNCTION credit_limit_internal.input_columns(input text) RETURNS SETOF text
LANGUAGE sql STABLE ROWS 100
AS $$
  SELECT c.name FROM pg_proc f,
    LATERAL (SELECT g.name FROM unnest(f.proargnames, f.proargmodes) g(name, mode) WHERE g.mode IN ('t', 'o')
      UNION ALL SELECT a.attname FROM pg_type t JOIN pg_attribute a ON a.attrelid = t.typrelid
        WHERE t.oid = f.prorettype AND a.attnum > 0 AND NOT a.attisdropped) c
  WHERE f.oid = to_regprocedure(input_columns.input || '(date)')
$$;

-- in an open book: which column a policy or a card reads that decision_input lacks, or has of another type; NULL: none
CREATE FUNCTION credit_limit_internal.version_problem(policy credit_limit.limit_policy, card credit_limit.scorecard) RETURNS text
LANGUAGE plpgsql STABLE
AS $$
  -- What a card or a policy asks of decision_input is asked of a row of NULLs, in the same way as in a night.
BEGIN
  PERFORM credit_limit.score(card, i.*), credit_limit.decide_limit(policy, s.*, '2000-01-01')
  FROM (SELECT i.* FROM (SELECT) one LEFT JOIN LATERAL (SELECT * FROM decision_input('2000-01-01') LIMIT 0) i ON true) i,
    LATERAL (SELECT i.*, 0 AS version_no, 0::float8 AS score, 0::float8 AS pd) s;
  RETURN NULL;
EXCEPTION
  WHEN undefined_column OR datatype_mismatch THEN
    RETURN SQLERRM;
  WHEN OTHERS THEN
    RETURN NULL;
END
$$;

-- in an open book: the first borrower, by halves, whose decision as of a day raises an error, and the error; all NULL: none does
CREATE FUNCTION credit_limit_internal.failing_borrower(as_of date, history boolean, OUT borrower_id bigint, OUT code text,
    OUT message text, OUT detail text, OUT hint text)
LANGUAGE plpgsql STABLE
AS $$
#variable_conflict use_variable
DECLARE
  left_over bigint[] := ARRAY(SELECT b.borrower_id FROM borrower b ORDER BY b.borrower_id);
  tried bigint[] := left_over;
  failed boolean;
BEGIN
  LOOP
    BEGIN
      failed := false;
      IF history THEN
        PERFORM count(t.decision)
        FROM credit_limit_internal.decided_at(true, NULL, as_of, code IS NULL, tried, NULL, NULL) t;
      ELSE
        PERFORM count(t.decision)
        FROM credit_limit_internal.decided(true, NULL, as_of, code IS NULL, tried, NULL, NULL) t;
      END IF;
    EXCEPTION
      WHEN transaction_rollback OR insufficient_resources OR operator_intervention OR system_error THEN
        RAISE;
      WHEN OTHERS THEN
        failed := true;
        GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
          detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    END;
    -- Everybody fails in class 42: a column or a right is missing.
    EXIT WHEN (NOT failed AND tried = left_over) OR code LIKE '42%' OR tried = '{}';
    IF failed AND cardinality(tried) = 1 THEN
      borrower_id := tried[1];
      EXIT;
    END IF;
    left_over := CASE WHEN failed THEN tried ELSE left_over[cardinality(tried) + 1:] END;
    tried := CASE WHEN cardinality(left_over) = 1 THEN left_over ELSE left_over[:cardinality(left_over) / 2] END;
  END LOOP;
END
$$;

-- in an open book: how many rows contradict others, by problem; nothing is said of relations that are bad
CREATE FUNCTION credit_limit_internal.check_rows(bad text[]) RETURNS TABLE (relation text, problem text, row_count bigint)
LANGUAGE plpgsql STABLE
AS $$
#variable_conflict use_column
DECLARE
  k record;
BEGIN
  FOR k IN SELECT * FROM credit_limit_internal.book_keys() b WHERE NOT bad && ARRAY[b.relation, b.target] LOOP
    RETURN QUERY EXECUTE format('SELECT %1$L, %4$L, count(*) FROM %1$I r LEFT JOIN %2$I t USING (%3$s)
      WHERE t IS NULL AND ROW (%3$s) IS NOT NULL', k.relation, k.target, k.columns,
      format('rows whose %s is not in %s', k.columns, k.target));	-- a relation of the user's own
  END LOOP;
  IF NOT bad && '{account,umbrella}' THEN
    RETURN QUERY SELECT 'account', v.problem, count(*)
      FROM account a, LATERAL (VALUES ('limits that are negative, or not known', a.credit_limit < 0 OR a.credit_limit IS NULL),
        ('balances that are not known, or not finite', a.balance IS NULL OR a.balance::text IN ('NaN', 'Infinity', '-Infinity')))
        v(problem, is_so) WHERE a.status = 'open' AND v.is_so GROUP BY v.problem ORDER BY v.problem DESC;
    RETURN QUERY SELECT 'account', 'account_id that are not unique', count(*) - count(DISTINCT a.account_id) FROM account a;
    RETURN QUERY SELECT 'umbrella', v.problem, count(*)
      FROM umbrella u JOIN (SELECT a.umbrella_id, sum(greatest(a.balance, 0) + a.pending) AS drawn,
          sum(a.credit_limit) AS granted FROM account a WHERE a.status = 'open' GROUP BY a.umbrella_id) g
        ON g.umbrella_id = u.umbrella_id,
        LATERAL (VALUES (1, 'umbrellas below what is drawn and pending under them', u.credit_limit < g.drawn),
          (2, 'partitioned umbrellas below the limits under them', u.kind = 'partitioned' AND u.credit_limit < g.granted))
          v(n, problem, is_so) WHERE v.is_so GROUP BY v.n, v.problem ORDER BY v.n;
  END IF;
  IF NOT bad && '{account,decision,run}' THEN
    RETURN QUERY SELECT 'account', v.problem, count(*)
      FROM account a JOIN (SELECT DISTINCT ON (d.account_id) d.account_id, d.new_limit, d.frozen
        FROM decision d LEFT JOIN run r ON r.run_id = d.run_id
        WHERE d.new_limit IS NOT NULL AND r.move_limits IS NOT false
        ORDER BY d.account_id, d.as_of DESC, d.decided_at DESC, d.decision_id DESC) d ON d.account_id = a.account_id,
        LATERAL (VALUES (1, 'limits that are not those of their latest decision in force',
            a.credit_limit::numeric <> d.new_limit),
          (2, 'accounts that are frozen, or not, against their latest decision in force', a.frozen IS DISTINCT FROM d.frozen))
          v(n, problem, is_so) WHERE a.status = 'open' AND v.is_so GROUP BY v.n, v.problem ORDER BY v.n;
  END IF;
  IF NOT bad && '{account,account_month}' THEN
    RETURN QUERY SELECT 'account_month', 'open accounts with a line and without a row for the latest month', count(*)
      -- A month of which little has come yet, as by real time, is not late.
      FROM account a, (SELECT max(n.month) AS month
          FROM (SELECT m.month, count(*) < lag(count(*)) OVER (ORDER BY m.month) / 2 AS few FROM account_month m
            GROUP BY m.month) n WHERE n.few IS NOT TRUE) l
      WHERE a.status = 'open' AND a.credit_limit > 0 AND a.opened_on < l.month
        AND NOT EXISTS (SELECT FROM account_month m WHERE m.account_id = a.account_id AND m.month = l.month);
    RETURN QUERY SELECT 'account_month', v.problem, sum(v.n)::bigint
      FROM (SELECT count(*) - count(DISTINCT m.month) AS twice, count(*) FILTER (WHERE NOT credit_limit_internal.is_day(m.month)
            OR extract(day FROM m.month) <> 1) AS odd,
          1 + credit_limit.months_on_book(min(m.month), max(m.month)) - count(DISTINCT m.month) AS gaps
        FROM account_month m GROUP BY m.account_id) g,
        LATERAL (VALUES ('months missing between the first and the last of an account', greatest(g.gaps, 0)),
          ('months that are not the first day of a month', g.odd), ('months of an account that are there twice', g.twice))
          v(problem, n) WHERE v.n > 0 GROUP BY v.problem ORDER BY v.problem;
  END IF;
  IF NOT bad && '{product,policy_version,scorecard_version,experiment,experiment_arm}' THEN
    RETURN QUERY SELECT n.relation, k.problem, count(*)
      FROM (SELECT 'product' AS relation, p.policy, p.scorecard FROM product p
        UNION ALL SELECT 'experiment_arm', x.policy, x.scorecard FROM experiment_arm x) n,
        LATERAL (VALUES ('policy', n.policy, 'policies without an approved version'),
          ('scorecard', n.scorecard, 'scorecards without an approved version')) k(kind, name, problem)
      WHERE k.name IS NOT NULL AND NOT EXISTS (SELECT FROM credit_limit_internal.version_list() v
        WHERE v.kind = k.kind AND v.name = k.name AND v.status <> 'draft')
      GROUP BY n.relation, k.problem ORDER BY n.relation DESC, k.problem;
    RETURN QUERY SELECT 'policy_version', 'policies of products, in force or to come, that do not read the table exclusion',
        count(*) FROM policy_version v WHERE v.status = 'approved' AND EXISTS (SELECT FROM product p WHERE p.policy = v.name)
        AND NOT (v.document::jsonb -> 'exclusions') @> '[{"column": "excluded"}]';
    RETURN QUERY SELECT 'experiment', 'experiments of a product that is not there', count(*) FROM experiment e
      WHERE NOT EXISTS (SELECT FROM product p WHERE p.product = e.product);
    RETURN QUERY SELECT 'experiment_arm', 'experiments whose shares do not sum to 1', count(*)
      FROM (SELECT FROM experiment_arm x GROUP BY x.experiment HAVING abs(sum(x.share) - 1) > 1e-9) g;
  END IF;
  IF NOT bad && '{product,policy_version,account,umbrella}' THEN
    RETURN QUERY SELECT 'policy_version', v.problem, count(*)
      FROM (SELECT v.document::jsonb -> 'umbrella' AS section, array_agg(u.kind) AS kinds
        FROM policy_version v JOIN product p ON p.policy = v.name JOIN account a ON a.product = p.product
        JOIN umbrella u ON u.umbrella_id = a.umbrella_id WHERE v.status = 'approved' GROUP BY v.policy_id, 1) g,
        LATERAL (VALUES ('policies of one umbrella type, of products with accounts under an umbrella of the other',
            g.section ->> 'type' <> ANY (g.kinds)),
          ('policies without an umbrella section, of products with accounts under one',
            jsonb_typeof(g.section) IS DISTINCT FROM 'object')) v(problem, is_so)
      WHERE v.is_so GROUP BY v.problem ORDER BY v.problem;
  END IF;
  -- Rows of months that got no partition in time stay where retirement does not find them.
  FOR k IN SELECT r.relation FROM (VALUES ('account_month'), ('decision')) r(relation)
      WHERE has_table_privilege(to_regclass(r.relation || '_rest'), 'SELECT') LOOP
    RETURN QUERY EXECUTE format('SELECT %L, %L, count(*) FROM %I', k.relation,
      'rows of months without a partition: credit_limit.add_months()', k.relation || '_rest');	-- a relation of the user's own
  END LOOP;
END
$$;

-- what is wrong with a book, a row each; none: nothing is. Relations and columns that are missing or of another type; a business
-- date or months that are missing; columns that an approved version reads and decision_input lacks; the first borrower who cannot
-- be decided on the business date, or at the end of the last month on file; triggers, constraints and rights that are not as
-- create_book() and grant_book() made them (row_count NULL); rows that contradict others, with their number. It takes as long as
-- a preview; without EXECUTE on decision_input what needs it is left out. Errors: names that change the meaning of statements
-- (55000)
CREATE FUNCTION credit_limit.check_book(book text) RETURNS TABLE (relation text, problem text, row_count bigint)
LANGUAGE plpgsql STABLE ROWS 20 SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  missing record;
  bad text[] := '{}';
  today date;
  day date;
  f record;
BEGIN
  PERFORM credit_limit_internal.open_book_to_check(book);
  PERFORM credit_limit_internal.need_every_row('a check');
  FOR missing IN
    (SELECT c.relation, CASE WHEN r.oid IS NULL THEN 'is missing'
        WHEN a.attname IS NULL THEN format('has no column "%s" (%s)', c.column_name, format_type(c.types[1]::regtype, NULL))
        ELSE format('column "%s" is of type %s, and should be of type %s', c.column_name, format_type(a.atttypid, NULL),
          format_type(c.types[1]::regtype, NULL)) END AS problem
      FROM credit_limit_internal.book_contract() WITH ORDINALITY c(relation, column_name, types, n)
      LEFT JOIN pg_class r ON r.oid = to_regclass(c.relation)
      LEFT JOIN pg_attribute a ON a.attrelid = r.oid AND a.attname = c.column_name AND a.attnum > 0 AND NOT a.attisdropped
      WHERE a.atttypid IS NULL OR a.atttypid <> ALL (c.types::regtype[]::oid[]) GROUP BY 1, 2 ORDER BY min(c.n))
    UNION ALL SELECT i.name, 'is missing: a function of a date, as create_book_input() makes it'
      FROM unnest(ARRAY['decision_input', 'decision_input_at']) i(name) WHERE to_regprocedure(i.name || '(date)') IS NULL
    -- What every decision reads; what policies and cards read besides is theirs to miss.
    UNION ALL SELECT 'decision_input', format('has no column "%s"', r.name)
      FROM unnest(ARRAY['account_id', 'borrower_id', 'product', 'balance', 'pending', 'external_score', 'external_pd',
        'umbrella_limit', 'umbrella_drawn', 'umbrella_place']) r(name)
      WHERE to_regprocedure('decision_input(date)') IS NOT NULL
        AND r.name NOT IN (SELECT credit_limit_internal.input_columns('decision_input'))
    UNION ALL SELECT 'decision_input_at', format('has no column "%s", which decision_input has', c.name)
      FROM credit_limit_internal.input_columns('decision_input') c(name)
      WHERE to_regprocedure('decision_input_at(date)') IS NOT NULL
        AND c.name NOT IN (SELECT credit_limit_internal.input_columns('decision_input_at'))
    UNION ALL SELECT r.name, 'is missing'
      FROM unnest(ARRAY['policy_version', 'scorecard_version', 'allocation_version', 'allocation_account', 'decision', 'run',
        'log_lane', 'log_act', 'job', 'analyst_segment']) r(name)
      WHERE to_regclass(r.name) IS NULL LOOP
    bad := bad || missing.relation;
    relation := missing.relation;
    problem := missing.problem;
    RETURN NEXT;
  END LOOP;
  RETURN QUERY SELECT * FROM credit_limit_internal.check_rows(bad) c WHERE c.row_count > 0;
  RETURN QUERY SELECT f.proname::text, 'is a function that everybody may execute: grant_book() takes it from PUBLIC', NULL::bigint
    FROM pg_proc f
    WHERE f.pronamespace = to_regnamespace(quote_ident(book)) AND (f.prosecdef OR f.proname ~ '^decision_input(_at)?$')
      AND EXISTS (SELECT FROM aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) a WHERE a.grantee = 0);
  RETURN QUERY SELECT f.proname::text, 'is a trigger function of another owner than the tables: REASSIGN OWNED', NULL::bigint
    FROM pg_proc f JOIN pg_class c ON c.oid = to_regclass('decision')
    WHERE f.pronamespace = to_regnamespace(quote_ident(book)) AND f.prosecdef AND f.prorettype = 'trigger'::regtype
      AND f.proowner <> c.relowner;
  RETURN QUERY SELECT s.name, format('the schema is not its owner''s alone. %s', w), NULL::bigint
    FROM pg_class c, (VALUES (book), (book || '_report')) s(name), credit_limit_internal.foreign_parts(s.name, c.relowner) w
    WHERE c.oid = to_regclass('decision');
  -- A restore of a restored database by a superuser knows no more to whom the first one gave the schemas of the extension.
  RETURN QUERY SELECT 'decision', format('role "%s" may use the book, and not the extension: GRANT USAGE ON SCHEMA credit_limit, '
      'credit_limit_internal TO %I', r.rolname, r.rolname) || CASE WHEN r.oid = n.nspowner THEN ' WITH GRANT OPTION' ELSE '' END,
      NULL::bigint
    FROM pg_namespace n, pg_roles r
    WHERE n.nspname = book AND (r.oid = n.nspowner OR EXISTS (SELECT FROM aclexplode(n.nspacl) a WHERE a.grantee = r.oid))
      AND NOT (has_schema_privilege(r.oid, 'credit_limit', 'USAGE')
        AND has_schema_privilege(r.oid, 'credit_limit_internal', 'USAGE'));
  IF NOT coalesce(bad, '{}') && '{log_act,analyst_segment}' THEN
    RETURN QUERY SELECT g.relation, g.problem, NULL::bigint FROM credit_limit_internal.check_guards() g;
  END IF;
  -- What the next night would fail by, or do nothing by.
  IF NOT bad <@ '{decision_input_at}' THEN
    RETURN;
  END IF;
  today := (SELECT d.business_date FROM business_day d);
  day := coalesce(today, (SELECT (max(m.month) + interval '1 month')::date - 1 FROM account_month m), '2000-01-01');
  RETURN QUERY SELECT 'business_day', 'there is no business date: credit_limit.set_business_date()', NULL::bigint
    WHERE today IS NULL AND (EXISTS (SELECT FROM job j WHERE j.schedule IS NOT NULL AND j.as_of = 'business_day')
      OR to_regprocedure('decide_changed()') IS NOT NULL);
  RETURN QUERY SELECT 'account_month', format('no row since %s: what is late on the business date is not known',
      to_char(since.month, 'YYYY-MM')), NULL::bigint
    FROM (SELECT (date_trunc('month', today::timestamp) - interval '1 month')::date AS month) since
    WHERE today IS NOT NULL AND EXISTS (SELECT FROM account a WHERE a.status = 'open' AND a.credit_limit > 0)
      AND NOT EXISTS (SELECT FROM account_month m WHERE m.month >= since.month AND m.month <= today);
  IF NOT has_function_privilege('decision_input(date)', 'EXECUTE') THEN
    RETURN;
  END IF;
  RETURN QUERY SELECT v.relation, format('%s %s: %s', v.name, v.version, v.problem), NULL::bigint
    FROM (SELECT 'policy_version' AS relation, v.name, v.version, v.valid_to,
        credit_limit_internal.version_problem(v.document, NULL) AS problem FROM policy_version v WHERE v.status = 'approved'
      UNION ALL SELECT 'scorecard_version', v.name, v.version, v.valid_to,
        credit_limit_internal.version_problem(NULL, v.document) FROM scorecard_version v WHERE v.status = 'approved') v
    WHERE v.problem IS NOT NULL AND coalesce(v.valid_to >= day, true) ORDER BY 1, 2;
  IF NOT FOUND THEN
    f := credit_limit_internal.failing_borrower(day, false);
    IF f.code IS NOT NULL THEN
      relation := 'decision_input';
      problem := format('%s cannot be decided: %s', coalesce('borrower ' || f.borrower_id, 'the book'), f.message);
      RETURN NEXT;
    END IF;
  END IF;
END
$$;

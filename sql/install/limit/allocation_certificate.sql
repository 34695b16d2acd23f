-- What an allocation_certificate says.

CREATE FUNCTION credit_limit.certificate_table(
  certificate credit_limit.allocation_certificate,
  OUT budget text,
  OUT amount numeric,
  OUT used numeric,
  OUT price numeric,
  OUT decides numeric,
  OUT fill_price numeric,
  OUT slackness numeric,
  OUT price_low numeric,
  OUT price_high numeric
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'cl_certificate_table' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100 ROWS 2;

COMMENT ON FUNCTION credit_limit.certificate_table(credit_limit.allocation_certificate) IS
'The budgets of a certificate: amount that there is, what the choices use of it, and its shadow price: what one unit more '
'would earn. The bound is computed with price; accounts choose by decides, which is the same or raised until what all '
'choose fits, and those of the fill share by fill_price. slackness: price * (amount - used), what the unused part costs '
'the bound. price_low and price_high: an interval of the price, where one was computed. There are no prices where the '
'certificate is infeasible or empty. NULL gives no rows.';

-- the prices that accounts choose by (decides), in the order of these budgets: what allocation_limit, best_action and
-- allocation_step_agg take with uses in that order. NULL where there are none; a NULL certificate gives NULL. Errors: another
-- number of budgets than the certificate has, or one that it does not have (22023)
CREATE FUNCTION credit_limit.certificate_prices(certificate credit_limit.allocation_certificate, budgets text[])
RETURNS float8[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  has text[] := ARRAY(SELECT t.budget FROM credit_limit.certificate_table(certificate) t);
BEGIN
  IF NOT (budgets <@ has AND has <@ budgets AND cardinality(budgets) = cardinality(has)) THEN
    RAISE EXCEPTION 'these are not the budgets of the certificate' USING ERRCODE = 'invalid_parameter_value',
      DETAIL = format('Found %s; it has %s.', array_to_string(budgets, ', ', 'NULL'), array_to_string(has, ', ')),
      HINT = 'Name each of its budgets once, in the order of your uses.';
  END IF;
  RETURN (SELECT array_agg(t.decides::float8 ORDER BY b.k) FILTER (WHERE t.decides IS NOT NULL)
    FROM unnest(budgets) WITH ORDINALITY b(budget, k), credit_limit.certificate_table(certificate) t WHERE t.budget = b.budget);
END
$$;

CREATE FUNCTION credit_limit.certificate_summary(
  certificate credit_limit.allocation_certificate,
  OUT kind text,
  OUT method text,
  OUT status text,
  OUT n bigint,
  OUT rows bigint,
  OUT value numeric,
  OUT bound numeric,
  OUT gap numeric,
  OUT bound_error numeric,
  OUT step numeric,
  OUT digest text,
  OUT passes integer,
  OUT read text,
  OUT fill numeric,
  OUT n_repaired integer,
  OUT criterion text,
  OUT alpha numeric
) RETURNS record
AS 'MODULE_PATHNAME', 'cl_certificate_summary' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;

COMMENT ON FUNCTION credit_limit.certificate_summary(credit_limit.allocation_certificate) IS
'A certificate as a whole. kind: rows, where every number is exact and certificate_sql proves it, or float. status: '
'binding; slack: no budget has a price; infeasible: the floors or first actions do not fit; empty: no accounts; ties: no '
'prices use the budgets up, since too much moves at once; not_converged: the search ended before the bound met its '
'tolerance, and the certificate holds all the same. n accounts with rows actions. value: of what was chosen; bound: what no '
'choice within the budgets exceeds; gap: bound - value. bound_error: how far both may be off in double precision (kind '
'float). digest: '
'SHA-256 of the rows, NULL where it was not asked for. passes over the accounts, which were read in each pass or once. '
'fill: the share of accounts that choose by fill_price; n_repaired: accounts that do not choose by prices at all. '
'criterion and alpha: what value is of scenarios (certificate_scenarios), NULL without these. NULL gives NULL.';

CREATE FUNCTION credit_limit.certificate_scenarios(
  certificate credit_limit.allocation_certificate,
  OUT scenario text,
  OUT pd float8,
  OUT lgd float8,
  OUT demand float8,
  OUT probability float8,
  OUT weight float8,
  OUT value numeric
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'cl_certificate_scenarios' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100 ROWS 3;

COMMENT ON FUNCTION credit_limit.certificate_scenarios(credit_limit.allocation_certificate) IS
'The scenarios of a certificate, in their order: the factors of PD, LGD and demand, the probability, the weight with which '
'each decides about limits (allocation_limit takes the weights after the prices; they add up to 1), and the value of the '
'limits in it. weight and value are NULL where the certificate has no bound. No rows without scenarios; NULL gives none.';

CREATE FUNCTION credit_limit.certificate_repaired(
  certificate credit_limit.allocation_certificate,
  OUT account_id bigint,
  OUT action integer
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'cl_certificate_repaired' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100 ROWS 100;

COMMENT ON FUNCTION credit_limit.certificate_repaired(credit_limit.allocation_certificate) IS
'The accounts that do not take what the prices say, and the action that they take, by account. None where the prices '
'decide everything. NULL gives no rows.';

CREATE FUNCTION credit_limit_internal.counted_rows(relation regclass, budgets int) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  c record;
BEGIN
  SELECT array_agg(a.attname ORDER BY a.attnum) AS there, CASE
      WHEN array_agg(a.attname) @> '{account_id, action, value, uses}' THEN ARRAY['account_id', 'action', 'value', 'uses']
      WHEN array_agg(a.attname) @> '{group, action, value, uses}' THEN ARRAY['group', 'action', 'value', 'uses']
      -- Four columns with other names are taken by place, as action_price does.
      WHEN count(*) = 4 AND NOT bool_or(a.attname IN ('account_id', 'group') AND a.attnum <> 1 OR a.attname = 'action' AND
        a.attnum <> 2 OR a.attname = 'value' AND a.attnum <> 3 OR a.attname = 'uses' AND a.attnum <> 4)
        THEN array_agg(a.attname ORDER BY a.attnum) END AS names
  INTO c FROM pg_attribute a WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped;
  IF c.names IS NULL THEN
    RAISE EXCEPTION 'the relation must have columns account_id, action, value and uses' USING ERRCODE = 'undefined_column',
      DETAIL = format('%s has %s.', relation, array_to_string(c.there, ', ')), HINT = 'A view can give them these names.';
  END IF;
  RETURN format('SELECT %I AS g, %I AS a, round(%I::numeric, 9) AS v', c.names[1], c.names[2], c.names[3])
    || (SELECT string_agg(format(', round(%I[%s]::numeric, 9) AS u%s', c.names[4], k, k), '' ORDER BY k)
      FROM generate_series(1, budgets) k)
    || format(' FROM %s', relation);
END
$$;
COMMENT ON FUNCTION credit_limit_internal.counted_rows(regclass, int) IS
    'the actions of a relation as certificates count them, to nine decimals, as SQL: g, a, v, u1, u2, ...';

CREATE FUNCTION credit_limit.certificate_sql(certificate credit_limit.allocation_certificate, relation regclass,
    OUT proves text, OUT statement text) RETURNS SETOF record
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  about record;
  of_budgets record;
  repaired text;
  worth text;
BEGIN
  IF certificate IS NULL OR relation IS NULL THEN
    RETURN;
  END IF;
  SELECT * INTO about FROM credit_limit.certificate_summary(certificate) s;
  IF about.kind <> 'rows' OR about.bound IS NULL THEN
    RAISE EXCEPTION 'there is no exact proof of this certificate' USING ERRCODE = 'feature_not_supported',
      DETAIL = format('Its kind is %s, its status %s.', about.kind, about.status),
      HINT = 'Make limits in steps actions (limit_actions), and certify those with action_price.';
  END IF;
  SELECT count(*)::int AS n, string_agg(format('%s * %s', t.price, t.amount), ' + ' ORDER BY t.k) AS spent,
    string_agg(format(' - %s * u%s', t.price, t.k), '' ORDER BY t.k) AS cost,
    string_agg(format(' - %s * u%s', t.decides, t.k), '' ORDER BY t.k) AS cost_decides,
    string_agg(format(' - %s * u%s', t.fill_price, t.k), '' ORDER BY t.k) AS cost_fill,
    string_agg('use' || t.k, ', ' ORDER BY t.k) AS names,
    string_agg(format('sum(u%s) AS use%s', t.k, t.k), ', ' ORDER BY t.k) AS sums,
    string_agg(format('use%s = %s AND use%s <= %s', t.k, t.used, t.k, t.amount), ' AND ' ORDER BY t.k) AS kept
  INTO of_budgets
  FROM (SELECT *, row_number() OVER () AS k FROM credit_limit.certificate_table(certificate)) t;

  proves := 'bound';
  statement := format(E'SELECT bound, bound = %s AS proved FROM (\n'
      '  SELECT sum(best) + %s AS bound FROM (\n'
      '    SELECT g, max(v%s) AS best FROM (\n'
      '      %s) r GROUP BY g) a) s',
    about.bound, of_budgets.spent, of_budgets.cost, credit_limit_internal.counted_rows(relation, of_budgets.n));
  RETURN NEXT;

  worth := 'v' || of_budgets.cost_decides;
  IF about.fill > 0 THEN
    worth := format(E'CASE WHEN (''x'' || substr(encode(sha256(convert_to(g::text, ''UTF8'')), ''hex''), 1, 15))::bit(60)\n'
        '      ::bigint %% 1000000000 < %s THEN v%s ELSE %s END',
      ceil(about.fill * 1000000000), of_budgets.cost_fill, worth);
  END IF;
  SELECT string_agg(format('(%s::bigint, %s)', r.account_id, r.action), ', ' ORDER BY r.account_id) INTO repaired
  FROM credit_limit.certificate_repaired(certificate) r;
  proves := 'value and uses';
  statement := format(E'SELECT accounts, value, %s,\n'
      '  accounts = %s AND value = %s AND %s AS proved FROM (\n'
      '  SELECT count(*) AS accounts, sum(v) AS value, %s FROM (\n'
      '    SELECT DISTINCT ON (g) r.* FROM (\n'
      '      %s) r%s\n'
      '    ORDER BY g, %s%s DESC, r.a) c) s',
    of_budgets.names, about.n, about.value, of_budgets.kept, of_budgets.sums,
    credit_limit_internal.counted_rows(relation, of_budgets.n),
    E'\n      LEFT JOIN (VALUES ' || repaired || ') p (g, a) USING (g)',
    CASE WHEN repaired IS NOT NULL THEN 'coalesce(r.a = p.a, false) DESC, ' END, worth);
  RETURN NEXT;
END
$$;
COMMENT ON FUNCTION credit_limit.certificate_sql(credit_limit.allocation_certificate, regclass) IS
    'two statements that prove a certificate of kind rows in exact arithmetic, on any PostgreSQL that has the relation of '
    'actions (columns account_id or group, action, value, uses) and not this extension: bound, that no choice '
    'is worth more, and value and uses, that the accounts choose so, that this fits, and what it is worth. Each returns what '
    'it found and proved. NULL gives no rows. Error 0A000: a certificate of kind float, infeasible or empty';

CREATE FUNCTION credit_limit.allocation_actions(certificate credit_limit.allocation_certificate, query text,
    OUT account_id bigint, OUT action int, OUT value numeric, OUT uses numeric[], OUT chosen_by text, OUT flip_up float8[],
    OUT flip_down float8[]) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'cl_allocation_actions' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000 ROWS 10000;
COMMENT ON FUNCTION credit_limit.allocation_actions(credit_limit.allocation_certificate, text) IS
    'what each account takes by a certificate of kind rows, from the query of actions that was certified, by account: action '
    'with its value and uses; chosen_by: price (what is best for it at the prices that decide, of equal actions the first), '
    'fill (at fill_price), or repair; and for each budget the price above (flip_up) and below (flip_down) at which its answer '
    'changes while the others stay, NULL where it never does; both NULL for a repaired account. No rows where the certificate '
    'is infeasible or empty, or an argument is NULL. Errors: kind float (0A000), rows without the action of a repaired '
    'account, and those of action_price';

CREATE FUNCTION credit_limit.verify_allocation(certificate credit_limit.allocation_certificate, query text,
    OUT what text, OUT holds boolean, OUT account_id bigint, OUT certified text, OUT recomputed text) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'cl_verify_allocation' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000 ROWS 10;
COMMENT ON FUNCTION credit_limit.verify_allocation(credit_limit.allocation_certificate, text) IS
    'a certificate of kind rows against the rows of a query, one check a row: accounts and rows (their number), digest, '
    'bound, repaired (only where the action of an account is not there, which is named), value and the use of each budget. '
    'holds, what the certificate says (certified), and what the rows say (recomputed). NULL gives no rows. Errors: kind float '
    '(0A000), and those of action_price';

CREATE FUNCTION credit_limit.verify_allocation(certificate credit_limit.allocation_certificate, relation regclass,
    OUT what text, OUT holds boolean, OUT account_id bigint, OUT certified text, OUT recomputed text) RETURNS SETOF record
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    BEGIN ATOMIC
      SELECT v.what, v.holds, v.account_id, v.certified, v.recomputed
      FROM credit_limit.verify_allocation(certificate, format('TABLE %s', relation)) v;
    END;
COMMENT ON FUNCTION credit_limit.verify_allocation(credit_limit.allocation_certificate, regclass) IS
    'verify_allocation(certificate, query) of all rows of a relation';

-- Actions of accounts, and the prices of budgets at which accounts choose among them.

CREATE FUNCTION credit_limit.action_price(query text, budgets numeric[], options jsonb DEFAULT '{}')
    RETURNS credit_limit.allocation_certificate
    AS 'MODULE_PATHNAME', 'cl_action_price' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 100000;
COMMENT ON FUNCTION credit_limit.action_price(text, numeric[], jsonb) IS
    'the prices of budgets at which accounts, each choosing the action that is best for it, use them best, with a certificate '
    'of kind rows. query: rows of account (group bigint), action (int), value (a number), uses (an array with a number for '
    'each budget), columns by these names or else by place; one SELECT that only reads, with the rights of the caller. '
    'Amounts count to nine decimals. The first action of an account, that of the least number, is what it keeps if all else '
    'fails: where those of all accounts together exceed a budget, the status is infeasible. Ties go to the lesser action. '
    'From 10,000 accounts on prices are raised until what all choose fits, and where many tie a fill share is kept; below, '
    'what does not fit is repaired, and the accounts are listed. options: names of the budgets (["1", "2", ...]), digest '
    '(true) of the rows, prices (an array: not sought, but given, as those of more accounts than these; budgets are then the '
    'most that may be used, and those of the certificate what is used, within which no other choice is worth more). '
    'Memory: 20 bytes a row and 8 for each budget, and as much again where rows do not come by account '
    'and action. NULL gives NULL. Errors: a query that does something else or returns other columns, a NULL, an infinite '
    'amount, an action twice, uses of another number, given prices at which a budget '
    'does not suffice. Source: the Lagrangian bound of the multiple-choice knapsack (Sinha and '
    'Zoltners 1979)';

CREATE FUNCTION credit_limit.best_action("values" numeric[], uses numeric[], prices numeric[]) RETURNS int
    AS 'MODULE_PATHNAME', 'cl_best_action' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION credit_limit.best_action(numeric[], numeric[], numeric[]) IS
    'the place, from 1, of the action that is best at prices: the largest value - sum of price * use, of equal ones the '
    'first, compared exactly. uses: a row for each value, a number in it for each price. Amounts count to nine decimals, as '
    'in action_price. NULL if an argument is NULL. Error: arrays that do not fit each other, a NULL or an infinite number in '
    'them, a negative price';

CREATE FUNCTION credit_limit.flip_price("values" numeric[], uses numeric[], prices numeric[], OUT up float8[], OUT down float8[])
    AS 'MODULE_PATHNAME', 'cl_flip_price' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION credit_limit.flip_price(numeric[], numeric[], numeric[]) IS
    'for each price, at which price above and below it the answer of best_action changes while the others stay; NULL where it '
    'never does. NULL and errors as best_action';

CREATE FUNCTION credit_limit.limit_actions(demand credit_limit.demand, margin float8, carry float8, floor numeric, cap numeric,
    step numeric, uses float8[], draws float8[] DEFAULT NULL, basis text DEFAULT 'mixture',
    OUT action int, OUT credit_limit numeric, OUT value numeric, OUT uses_of_limit numeric[]) RETURNS SETOF record
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1000 ROWS 20 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- Without a row the account would silently be in no allocation.
  IF demand IS NULL OR num_nulls(margin, carry, floor, cap, step, uses, basis) > 0 THEN
    RAISE EXCEPTION 'something is not known of the limits of an account' USING ERRCODE = 'null_value_not_allowed',
      DETAIL = format('Found margin %s, carry %s, floor %s, cap %s, step %s, uses %s, basis %s, demand %s.', margin, carry, floor,
        cap, step, uses, basis, CASE WHEN demand IS NULL THEN NULL ELSE 'that is known' END),
      HINT = 'Exclude such accounts in the query.';
  END IF;
  IF NOT (floor >= 0 AND cap >= floor AND step > 0 AND cap - floor < 64 * step AND cap < 'Infinity') THEN
    RAISE EXCEPTION 'limits from floor to cap must be 1 to 64 actions' USING ERRCODE = 'invalid_parameter_value',
      DETAIL = format('Found floor %s, cap %s and step %s.', floor, cap, step), HINT = 'A larger step makes fewer actions.';
  END IF;
  IF cardinality(draws) <> cardinality(uses) THEN
    RAISE EXCEPTION 'draws must have a number for each budget, as uses has' USING ERRCODE = 'array_subscript_error',
      DETAIL = format('Found %s and %s.', cardinality(draws), cardinality(uses)), HINT = 'What is not used is 0.';
  END IF;
  RETURN QUERY SELECT i.i, l.l, trim_scale(round(e.profit::numeric, 9)),
    ARRAY(SELECT trim_scale(round((u.u * l.l::float8 + coalesce(u.d * e.draw, 0))::numeric, 9))
      FROM unnest(uses, draws) WITH ORDINALITY u (u, d, k) ORDER BY u.k)
  FROM generate_series(0, trunc((cap - floor) / step)::int) i (i), LATERAL (SELECT floor + i.i * step) l (l),
    LATERAL (SELECT credit_limit.limit_profit(demand, l.l, margin, carry, basis) AS profit,
      CASE WHEN draws IS NOT NULL THEN credit_limit.expected_draw(demand, l.l) END AS draw OFFSET 0) e;
END
$$;
COMMENT ON FUNCTION credit_limit.limit_actions(credit_limit.demand, float8, float8, numeric, numeric, numeric, float8[], float8[],
  text) IS
    'the limits of an account in steps from floor to cap as actions of action_price, numbered from 0: at most 64. value: '
    'limit_profit. uses_of_limit: for each budget uses * limit + draws * expected_draw(demand, limit). Errors: an argument '
    'other than draws is NULL (22004), more than 64 limits, a floor above the cap, draws of another number than uses, and those '
    'of limit_profit';

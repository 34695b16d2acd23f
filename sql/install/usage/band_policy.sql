-- The table of limits that a committee can approve.

CREATE FUNCTION credit_limit_internal.band_accounts(query text, axes jsonb) RETURNS text
AS 'MODULE_PATHNAME', 'cl_band_accounts' LANGUAGE C STRICT;
COMMENT ON FUNCTION credit_limit_internal.band_accounts(text, jsonb) IS
'part of band_policy(): its query without the columns that shadow_price() does not read';

CREATE FUNCTION credit_limit_internal.band_table(query text, axes jsonb, cuts jsonb, budgets jsonb, options jsonb,
  prices float8[],
  OUT policy text, OUT status text, OUT n bigint, OUT n_outside bigint, OUT value float8,
  OUT bound float8, OUT uses float8[], OUT today_value float8, OUT flat_limit float8, OUT flat_value float8)
AS 'MODULE_PATHNAME', 'cl_band_table' LANGUAGE C STRICT COST 100000;
COMMENT ON FUNCTION credit_limit_internal.band_table(text, jsonb, jsonb, jsonb, jsonb, float8[]) IS
'part of band_policy(): the best table, given prices at which limits are worth having';

CREATE FUNCTION credit_limit.band_policy(query text, axes jsonb, cuts jsonb, budgets jsonb, options jsonb DEFAULT '{}',
  OUT policy credit_limit.limit_policy, OUT status text, OUT n bigint, OUT n_outside bigint, OUT value float8,
  OUT table_bound float8, OUT optimum_bound float8, OUT share_of_optimum float8, OUT share_of_gain float8, OUT today_value float8,
  OUT today_share float8, OUT flat_limit float8, OUT flat_value float8, OUT flat_share float8, OUT uses jsonb)
LANGUAGE sql STRICT
BEGIN ATOMIC
  SELECT t.policy::credit_limit.limit_policy, t.status, t.n, t.n_outside, t.value, t.bound, o.bound, t.value / o.positive,
    (t.value - t.today_value) / CASE WHEN o.bound > t.today_value THEN o.bound - t.today_value END,
    t.today_value, t.today_value / o.positive, t.flat_limit, t.flat_value, t.flat_value / o.positive,
    (SELECT pg_catalog.jsonb_object_agg(b.item ->> 'name', t.uses[b.n])
      FROM pg_catalog.jsonb_array_elements(c.certificate -> 'budgets') WITH ORDINALITY b(item, n) WHERE t.uses IS NOT NULL)
  FROM credit_limit_internal.band_accounts(query, axes) a(accounts)
  CROSS JOIN LATERAL (SELECT credit_limit.shadow_price(a.accounts, budgets)::jsonb AS certificate OFFSET 0) c
  CROSS JOIN LATERAL (SELECT pg_catalog.array_agg(coalesce((b.item ->> 'price')::float8, 0) ORDER BY b.n) AS price
    FROM pg_catalog.jsonb_array_elements(c.certificate -> 'budgets') WITH ORDINALITY b(item, n)) p
  CROSS JOIN LATERAL (SELECT b.bound, CASE WHEN b.bound > 0 THEN b.bound END AS positive
    FROM (SELECT (c.certificate ->> 'bound')::float8 + (c.certificate ->> 'bound_error')::float8) b(bound)) o
  CROSS JOIN LATERAL credit_limit_internal.band_table(query, axes, cuts, budgets, options, p.price) t;
END;
COMMENT ON FUNCTION credit_limit.band_policy(text, jsonb, jsonb, jsonb, jsonb) IS
'The best table of limits under budgets that a committee can read and approve: a policy whose entitlement is a grid of bands '
'of two columns, with limits that do not rise to the right or down. query: that of shadow_price, with the two columns and, '
'optionally, credit_limit, that of today. axes: {"down": {"column": name, "limit": "rises" | "falls"}, "across": the same}: '
'how the limit goes as the column grows. cuts: for each side the edges as a policy writes them (limits that rise: from the '
'highest down; that fall: below, from the lowest up; null in the last place leaves that band open; who is in no band gets no '
'limit), or a number of bands, the last one open, whose cuts are then found among those of about as many accounts and improved '
'one by one. For its cuts and levels the table is the best one, if status is best; gave up: none above table_bound; '
'infeasible: even the lowest levels do not fit. An account''s limit is that of its band, kept to its floor and cap. value: '
'expected profit of all in a year. optimum_bound: no limits of any kind within the budgets earn more (shadow_price); '
'share_of_optimum is value by it, share_of_gain the part of what lies between today and it that the table gives; NULL where a '
'denominator is not positive. flat: the best one limit for all within the budgets, of all steps of the third digit of the '
'highest level up to it (where that is 7000, 0, 10, 20 ...) and the levels; to a billionth of its value. uses: of each budget. '
'Options: levels (16), amounts or how many, found among what pays best; fine (64) bands from which cuts are put together; '
'steps (1e9, of seconds) after half of which cuts stay where they are, and after all of which the search gives up; name of the '
'policy. The flat limit takes further scans, mostly two; all else after two scans does not depend on the number of accounts. '
'No accounts give NULL columns, a NULL argument NULL. Errors: as shadow_price; an account of which a column is '
'not known (22004); fewer different values than bands (22023); a '
'table whose rows have too many forms (54000); a policy that refuses the columns or their direction (22023).';

-- Allocations: budgets divided over the accounts of a book, from rows that stay, by prices that another role approves.
--
-- An allocation is a version whose document is its certificate. Its rows are made of decision_input by credit_limit.limit_menu();
-- prices, certificate and digest are computed from the rows only. As long as it is valid, a decision is a function of its inputs
-- and the prices: so it can be made again years later.

-- part of create_book: columns that allocation_version has beside those of all versions
CREATE FUNCTION credit_limit_internal.allocation_columns() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ltrim($ddl$
  as_of date NOT NULL CHECK (credit_limit_internal.is_day(as_of)),	-- the day of its inputs
  products text[] NOT NULL,	-- whose limits it chooses
  options jsonb NOT NULL,	-- acceptance, notice_days and cost_of_change, as credit_limit.limit_menu() takes them
$ddl$, E'\n');

-- part of create_book: the tables of the rows of allocations
CREATE FUNCTION credit_limit_internal.allocation_tables() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $ddl$
-- the limits among which an allocation chose, what each earns and uses, and the choice: credit_limit.draft_allocation(). Erased
-- with a borrower, and removed by credit_limit.retire_allocations() when no decision needs them
CREATE TABLE @book@.allocation_account (
  allocation_id int NOT NULL REFERENCES @book@.allocation_version ON DELETE CASCADE,
  account_id bigint NOT NULL,
  product text NOT NULL,
  policy_id int NOT NULL,	-- the policy that let the limits pass
  keep int NOT NULL,	-- place of what is left of the old limit
  known boolean NOT NULL,	-- false: demand or economics are not known, and the limit stays
  most numeric,	-- the share of an umbrella that was given to the account before prices were sought; NULL: none is over-wanted
  limits numeric[] NOT NULL,	-- in ascending order; from credit_limit.limit_menu(), as are values and uses
  "values" numeric[] NOT NULL,	-- of a year, before the price of a budget
  uses numeric[] NOT NULL,	-- for each limit a row with a number for each budget
  row_hash bytea NOT NULL,	-- SHA-256 of account_id, limits, values and uses as text, with colons between them
  choice numeric,	-- the limit that was chosen; NULL: the budgets are too small for any division
  chosen_by text CHECK (chosen_by IN ('price', 'fill', 'repair')),	-- as credit_limit.allocation_actions() says
  cross_fitted numeric,	-- the value of the choice, less what it owes to months that both chose it and judge it: see
    -- credit_limit.draft_allocation(). NULL: not known
  PRIMARY KEY (allocation_id, account_id)) WITH (fillfactor = 50);

-- what other amounts of a budget would be worth, the other budgets as they are: by credit_limit.draft_allocation()
CREATE TABLE @book@.allocation_frontier (
  allocation_id int NOT NULL REFERENCES @book@.allocation_version ON DELETE CASCADE,
  budget text NOT NULL,	-- its name
  amount numeric NOT NULL,
  status text NOT NULL,	-- of the certificate with that amount
  value numeric,	-- of a year
  bound numeric,	-- what no division is worth more than
  used numeric,	-- of the amount
  price numeric,	-- what one more of the budget would earn
  PRIMARY KEY (allocation_id, budget, amount));

-- what a rule on the movement of limits costs: what accounts would earn more a year, after the price of what they would use, if
-- their policy were without it
CREATE TABLE @book@.allocation_rule (
  allocation_id int NOT NULL REFERENCES @book@.allocation_version ON DELETE CASCADE,
  product text NOT NULL,
  rule text NOT NULL,	-- max_increase, max_decrease, dead_band or cooling_off_days
  accounts bigint NOT NULL,	-- that would choose another limit
  cost numeric NOT NULL,	-- at the prices of the allocation; the other rules stay
  PRIMARY KEY (allocation_id, product, rule))
$ddl$;

-- in an open book: whether nobody needs the rows of an allocation any more: it is a draft, or its days are over and the log has
-- no decision of them
CREATE FUNCTION credit_limit_internal.allocation_is_over(allocation int) RETURNS boolean
LANGUAGE sql STABLE
AS $$
  SELECT v.status = 'draft' OR (coalesce(v.valid_to < (SELECT max(l.latest) FROM log_lane l), false)
    AND NOT EXISTS (SELECT FROM decision d WHERE d.as_of BETWEEN v.valid_from AND v.valid_to))
  FROM allocation_version v WHERE v.allocation_id = allocation
$$;

-- trigger of the rows of allocations, once for a statement: an error (42501) where they change after it was approved. Rows of a
-- borrower who is erased go, and those of accounts when allocation_is_over()
CREATE FUNCTION credit_limit_internal.keep_allocation() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  may_go CONSTANT boolean := TG_OP = 'DELETE' AND TG_TABLE_NAME = 'allocation_account';
  touched int[];
  id int;
BEGIN
  PERFORM credit_limit_internal.open_book(TG_TABLE_SCHEMA::text);
  IF may_go THEN
    touched := ARRAY(SELECT DISTINCT c.allocation_id FROM changed c WHERE c.account_id NOT IN (SELECT a.account_id FROM account a
      JOIN erasure e ON e.borrower_id = a.borrower_id));
  ELSIF TG_OP = 'UPDATE' THEN
    touched := ARRAY(SELECT c.allocation_id FROM changed c UNION SELECT c.allocation_id FROM became c);
  ELSE
    touched := ARRAY(SELECT DISTINCT c.allocation_id FROM changed c);
  END IF;
  -- Whoever approves meanwhile waits until these rows can be seen, and then verifies them.
  PERFORM FROM allocation_version v WHERE v.allocation_id = ANY (touched) AND v.status = 'draft' ORDER BY v.allocation_id
  FOR SHARE;
  SELECT v.allocation_id INTO id FROM allocation_version v WHERE v.allocation_id = ANY (touched)
    AND CASE WHEN may_go THEN NOT credit_limit_internal.allocation_is_over(v.allocation_id) ELSE v.status <> 'draft' END LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format('allocation %s was approved: its rows stay', id),
      DETAIL = format('%s of "%s.%s".', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME),
      HINT = 'Decisions are made again from them. Draft a new allocation: credit_limit.draft_allocation(). When the log has no '
        'decision of its days any more, credit_limit.retire_allocations() removes them.';
  END IF;
  RETURN NULL;
END
$$;

-- by what an allocation decides: prices of its budgets, those of the accounts below a share by hash, and how changes count
CREATE TYPE credit_limit_internal.allocation_terms AS (allocation_id int, names text[], prices numeric[], fill_prices numeric[],
  fill_places bigint, acceptance float8, notice_days float8, cost_of_change float8, reason text);

-- in an open book: the terms of an allocation
CREATE FUNCTION credit_limit_internal.allocation_terms(allocation int) RETURNS credit_limit_internal.allocation_terms
LANGUAGE sql STABLE
AS $$
  SELECT v.allocation_id, t.names, t.prices, t.fill_prices, ceil(s.fill * 1000000000)::bigint,
    coalesce((v.options ->> 'acceptance')::float8, 1), coalesce((v.options ->> 'notice_days')::float8, 0),
    coalesce((v.options ->> 'cost_of_change')::float8, 0), 'A budget bound: ' || t.costs
  FROM allocation_version v, credit_limit.certificate_summary(v.document) s,
    LATERAL (SELECT array_agg(b.budget) AS names, array_agg(coalesce(b.decides, 0)) AS prices,
        array_agg(coalesce(b.fill_price, b.decides, 0)) AS fill_prices,
        string_agg(format('one more of %s costs %s', b.budget, trim_scale(round(b.decides, greatest(4,
          3 - floor(log(b.decides))::int)))), ', ') FILTER (WHERE b.price > 0 AND b.decides > 0) AS costs
      FROM credit_limit.certificate_table(v.document) b) t
  WHERE v.allocation_id = allocation_terms.allocation
$$;

-- where an account stands by hash, 0 to 999999999: below the fill share of a certificate it chooses by the fill prices
CREATE FUNCTION credit_limit_internal.fill_place(account_id bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ('x' || substr(encode(sha256(convert_to(account_id::text, 'UTF8'::name)), 'hex'::text), 1, 15))::bit(60)::bigint
  % 1000000000;

-- in an open book: what an account would choose under an allocation by its inputs, and what it would without the budgets. An
-- account that the certificate names keeps what it was given. NULL: the old limit is not known; without_budgets: something else
CREATE FUNCTION credit_limit_internal.allocated(policy credit_limit.limit_policy, account record, as_of date, account_id bigint,
    terms credit_limit_internal.allocation_terms, OUT target numeric, OUT without_budgets numeric)
LANGUAGE plpgsql STABLE
AS $$
DECLARE
  mine record;
  menu record;
  n int;
BEGIN
  SELECT r.most, CASE WHEN r.chosen_by = 'repair' THEN r.choice END AS repaired INTO mine FROM allocation_account r
  WHERE r.allocation_id = terms.allocation_id AND r.account_id = allocated.account_id;
  SELECT m.limits, m."values", m.uses, m.known INTO menu
  FROM credit_limit.limit_menu(policy, account, as_of, terms.names, terms.acceptance, terms.notice_days, terms.cost_of_change) m;
  -- What is not known of an account leaves its limit as it is, which is then the only one.
  IF menu.limits IS NULL OR NOT menu.known THEN
    target := menu.limits[1];
    RETURN;
  END IF;
  n := credit_limit_internal.limits_within(menu.limits, mine.most);
  menu."values" := menu."values"[:n];
  menu.uses := menu.uses[1:n][:];
  without_budgets := menu.limits[credit_limit.best_action(menu."values", menu.uses, array_fill(0::numeric,
    ARRAY[cardinality(terms.names)]))];
  target := coalesce(mine.repaired, menu.limits[credit_limit.best_action(menu."values", menu.uses, CASE
    WHEN credit_limit_internal.fill_place(account_id) < terms.fill_places THEN terms.fill_prices ELSE terms.prices END)]);
END
$$;

-- how many of some ascending limits are no more than an amount, and at least one; NULL: all
CREATE FUNCTION credit_limit_internal.limits_within(limits numeric[], most numeric) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN most IS NULL THEN cardinality(limits)
  ELSE greatest(1, (SELECT count(*) FROM unnest(limits) l(l) WHERE l.l <= most))::int END;

-- in an open book: the decision on an account under an allocation
CREATE FUNCTION credit_limit_internal.decide_allocated(policy credit_limit.limit_policy, account record, as_of date,
    account_id bigint, terms credit_limit_internal.allocation_terms) RETURNS credit_limit.limit_decision
LANGUAGE plpgsql STABLE
AS $$
DECLARE
  chosen record;
  by_policy credit_limit.limit_decision;
BEGIN
  chosen := credit_limit_internal.allocated(policy, account, as_of, account_id, terms);
  IF chosen.without_budgets IS NULL THEN
    -- The policy says what it does not know, unless that is only a use of a budget.
    by_policy := credit_limit.decide_limit(policy, account, as_of);
    IF chosen.target IS NULL OR by_policy.action = 'REFER' THEN
      RETURN by_policy;
    END IF;
  END IF;
  RETURN credit_limit.decide_limit(policy, account, as_of, chosen.target, CASE
    WHEN chosen.without_budgets IS NULL THEN 'A budget bound: what the account uses of it is not known'
    WHEN chosen.target < chosen.without_budgets THEN terms.reason END);
END
$$;

-- the query of the rows of an allocation as action_price() takes it: actions are numbered by limit from 1
CREATE FUNCTION credit_limit_internal.allocation_query(book text, allocation int, budgets int) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
  SELECT format('SELECT r.account_id AS "group", g.i AS action, r."values"[g.i] AS value, ARRAY[%s] AS uses '
      'FROM %I.allocation_account r, generate_subscripts(r.limits, 1) g(i) WHERE r.allocation_id = %s',
    string_agg(format('r.uses[g.i][%s]', k), ', ' ORDER BY k), book, allocation)
  FROM generate_series(1, budgets) k
$$;

-- the hash of a row of allocation_account
CREATE FUNCTION credit_limit_internal.allocation_hash(account_id bigint, limits numeric[], "values" numeric[], uses numeric[])
RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN sha256(convert_to(account_id || ':' || limits::text || ':' || "values"::text || ':' || uses::text, 'UTF8'::name));

-- in an open book: writes the rows of an allocation that is a draft
CREATE FUNCTION credit_limit_internal.write_allocation(allocation int, names text[]) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  v record;
  free CONSTANT numeric[] := array_fill(0::numeric, ARRAY[cardinality(names)]);
BEGIN
  SELECT w.as_of, w.products, coalesce((w.options ->> 'acceptance')::float8, 1) AS acceptance,
    coalesce((w.options ->> 'notice_days')::float8, 0) AS notice_days,
    coalesce((w.options ->> 'cost_of_change')::float8, 0) AS cost_of_change INTO v
  FROM allocation_version w WHERE w.allocation_id = allocation;
  -- Under an umbrella each line keeps what it has, or what it would rather have if that is less. What the umbrella leaves is
  -- divided in proportion to what each would take more if no budget bound.
  INSERT INTO allocation_account (allocation_id, account_id, product, policy_id, keep, known, most, limits, "values", uses,
    row_hash)
  WITH menu AS MATERIALIZED (
      SELECT t.account_id, t.product, t.policy_id, m.*,
        m.limits[CASE WHEN m.known THEN credit_limit.best_action(m."values", m.uses, free) ELSE 1 END] AS wanted
      FROM credit_limit_internal.decided(true, NULL, v.as_of, true, NULL, NULL, NULL) t
      JOIN policy_version p ON p.policy_id = t.policy_id
      CROSS JOIN LATERAL (SELECT credit_limit.limit_menu(p.document, t.inputs, v.as_of, names, v.acceptance, v.notice_days,
        v.cost_of_change) AS m OFFSET 0) q
      CROSS JOIN LATERAL (SELECT (q.m).keep, (q.m).known, (q.m).limits, (q.m)."values", (q.m).uses OFFSET 0) m
      WHERE t.product = ANY (v.products) AND m.limits IS NOT NULL AND jsonb_path_exists(p.document::jsonb, '$.target.optimal')),
    line AS (
      SELECT m.*, a.umbrella_id, least(m.wanted, m.limits[m.keep]) AS base, greatest(m.wanted - m.limits[m.keep], 0) AS more
      FROM menu m JOIN account a ON a.account_id = m.account_id),
    divided AS (
      SELECT l.umbrella_id, sum(l.base) AS base, sum(l.more) AS more, greatest(CASE WHEN v.as_of BETWEEN u.valid_from
          AND coalesce(u.valid_to, 'infinity') THEN u.credit_limit ELSE 0 END - sum(l.base) - coalesce((SELECT sum(o.credit_limit)
        FROM account o WHERE o.umbrella_id = l.umbrella_id AND o.status = 'open'
          AND o.account_id NOT IN (SELECT i.account_id FROM menu i)), 0), 0) AS room
      FROM line l JOIN umbrella u ON u.umbrella_id = l.umbrella_id GROUP BY l.umbrella_id, u.umbrella_id),
    cut AS (
      SELECT l.*, CASE WHEN d.more > d.room THEN trunc(l.base + d.room * l.more / d.more, 4) END AS most
      FROM line l LEFT JOIN divided d ON d.umbrella_id = l.umbrella_id)
  SELECT allocation, c.account_id, c.product, c.policy_id, least(c.keep, n.n), c.known, c.most, n.limits, n."values", n.uses,
    credit_limit_internal.allocation_hash(c.account_id, n.limits, n."values", n.uses)
  FROM cut c CROSS JOIN LATERAL (SELECT i.n, c.limits[:i.n] AS limits, c."values"[:i.n] AS "values", c.uses[1:i.n][:] AS uses
    FROM (SELECT credit_limit_internal.limits_within(c.limits, c.most) AS n) i OFFSET 0) n;
END
$$;

-- which of the first n limits is best at prices of budgets
CREATE FUNCTION credit_limit_internal.best_of("values" numeric[], uses numeric[], prices numeric[], n int) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN credit_limit.best_action("values"[:n], uses[1:n][:], prices);

-- what a limit is worth after what its uses of budgets cost. No function of SQL calls this one for each row: it would be planned
-- again for each
CREATE FUNCTION credit_limit_internal.worth("values" numeric[], uses numeric[], prices numeric[], place int) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN "values"[place] - (SELECT sum(prices[k] * uses[place][k]) FROM generate_subscripts(prices, 1) k(k));

-- in an open book: how much too good the promise of an allocation is for having been chosen, of each account: what limits that
-- demand learned from one half of the months chooses promise by it, less what they earn by demand learned from the other half,
-- the mean of both ways, at the prices of the allocation. The halves are of the changes that refresh_demand() learned from: the
-- later ones, and as many before them. Accounts without a forecast by both are left out
CREATE FUNCTION credit_limit_internal.optimism(allocation int) RETURNS TABLE (account_id bigint, optimism numeric)
LANGUAGE plpgsql STABLE
AS $$
#variable_conflict use_column
DECLARE
  x CONSTANT credit_limit_internal.allocation_terms := credit_limit_internal.allocation_terms(allocation);
  v record;
BEGIN
  SELECT w.as_of, w.products, (SELECT max(d.until) FROM demand_model_version d WHERE d.until <= w.as_of) AS latest INTO v
  FROM allocation_version w WHERE w.allocation_id = allocation;
  RETURN QUERY
    WITH history AS MATERIALIZED (
        SELECT h.account_id, h.product, h.currency, h.first, h.history FROM credit_limit_internal.histories(v.latest) h
        WHERE h.product = ANY (v.products)),
      half AS MATERIALIZED (
        SELECT d.product, d.currency, s.horizons, s.horizons[cardinality(s.horizons)] AS horizon, h.n
        FROM demand_model_version d, LATERAL credit_limit.demand_model_summary(d.model) s, LATERAL (
          SELECT least(12, round((v.latest - min(i.first)) / 30.4)::int + 1 - s.horizons[cardinality(s.horizons)]) / 2 AS n
          FROM history i WHERE i.product = d.product AND i.currency = d.currency) h
        WHERE d.until = v.latest AND d.product = ANY (v.products) AND h.n > 0),
      model AS MATERIALIZED (
        SELECT f.product, f.currency, f.horizon, credit_limit.demand_model_agg(h.history, f.early) AS early,
          credit_limit.demand_model_agg(h.history, f.late) AS late
        FROM (SELECT *, jsonb_build_object('horizons', horizons, 'origins', n) AS late, jsonb_build_object('horizons', horizons,
            'origins', n, 'until', (v.latest - make_interval(months => n))::date) AS early FROM half OFFSET 0) f
          JOIN history h ON h.product = f.product AND h.currency = f.currency
        GROUP BY f.product, f.currency, f.horizon),
      usable AS MATERIALIZED (
        SELECT * FROM model m WHERE (credit_limit.demand_model_summary(m.early)).horizons @> ARRAY[m.horizon]
          AND (credit_limit.demand_model_summary(m.late)).horizons @> ARRAY[m.horizon])
    SELECT r.account_id, (credit_limit_internal.worth(e."values", e.uses, r.prices, b.early)
      - credit_limit_internal.worth(l."values", l.uses, r.prices, b.early)
      + credit_limit_internal.worth(l."values", l.uses, r.prices, b.late)
      - credit_limit_internal.worth(e."values", e.uses, r.prices, b.late)) / 2
    FROM (SELECT t.account_id, t.inputs, a.policy_id, cardinality(a.limits) AS n,
        CASE WHEN credit_limit_internal.fill_place(t.account_id) < x.fill_places THEN x.fill_prices ELSE x.prices END AS prices,
        credit_limit.forecast_demand(m.early, h.history, v.latest, m.horizon, 'mixture') AS early,
        credit_limit.forecast_demand(m.late, h.history, v.latest, m.horizon, 'mixture') AS late
      FROM credit_limit_internal.decided(true, NULL, v.as_of, true, NULL, NULL, NULL) t
        CROSS JOIN LATERAL (SELECT * FROM allocation_account w WHERE w.allocation_id = allocation
          AND w.account_id = t.account_id AND w.known OFFSET 0) a	-- by its key: nothing has counted these rows yet
        JOIN account b ON b.account_id = t.account_id
        JOIN usable m ON m.product = b.product AND m.currency = b.currency
        CROSS JOIN LATERAL credit_limit_internal.history_of(t.account_id, v.latest) h OFFSET 0) r
    JOIN policy_version p ON p.policy_id = r.policy_id
    CROSS JOIN LATERAL credit_limit_internal.limit_menu(p.document, r.inputs, v.as_of, x.names, x.acceptance, x.notice_days,
      x.cost_of_change, r.early) e
    CROSS JOIN LATERAL credit_limit_internal.limit_menu(p.document, r.inputs, v.as_of, x.names, x.acceptance, x.notice_days,
      x.cost_of_change, r.late) l
    CROSS JOIN LATERAL (SELECT credit_limit_internal.best_of(e."values", e.uses, r.prices, r.n) AS early,
      credit_limit_internal.best_of(l."values", l.uses, r.prices, r.n) AS late OFFSET 0) b;
END
$$;

-- in an open book: writes what the rules on movement cost under an allocation that is a draft
CREATE FUNCTION credit_limit_internal.write_rule_costs(allocation int, as_of date) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  x CONSTANT credit_limit_internal.allocation_terms := credit_limit_internal.allocation_terms(allocation);
BEGIN
  INSERT INTO allocation_rule (allocation_id, product, rule, accounts, cost)
  WITH freed AS MATERIALIZED (
      SELECT p.policy_id, f.rule, f.document::credit_limit.limit_policy AS document
      FROM policy_version p, (VALUES ('max_increase', 'max_increase_amount'), ('max_decrease', 'max_decrease_amount'),
          ('dead_band', 'dead_band'), ('cooling_off_days', 'cooling_off_days')) r(rule, amount),
        LATERAL (SELECT r.rule, p.document::jsonb #- ARRAY['movement', r.rule] #- ARRAY['movement', r.amount] AS document) f
      WHERE p.policy_id IN (SELECT a.policy_id FROM allocation_account a WHERE a.allocation_id = allocation)
        AND f.document::credit_limit.limit_policy OPERATOR(credit_limit.<>) p.document)
  SELECT allocation, g.product, g.rule, count(*) FILTER (WHERE g.gain > 0), coalesce(sum(g.gain), 0)
  FROM (SELECT r.product, f.rule, CASE WHEN r.known AND m.known THEN greatest(credit_limit_internal.worth(m."values", m.uses,
        x.prices, credit_limit_internal.best_of(m."values", m.uses, x.prices, m.n)) - r.worth, 0) ELSE 0 END AS gain
    FROM credit_limit_internal.decided(true, NULL, write_rule_costs.as_of, true, NULL, NULL, NULL) t
    CROSS JOIN LATERAL (SELECT a.*, CASE WHEN a.known THEN credit_limit_internal.worth(a."values", a.uses, x.prices,
        credit_limit.best_action(a."values", a.uses, x.prices)) END AS worth
      FROM allocation_account a WHERE a.allocation_id = allocation AND a.account_id = t.account_id OFFSET 0) r
    JOIN freed f ON f.policy_id = r.policy_id
    CROSS JOIN LATERAL (SELECT m.*, credit_limit_internal.limits_within(m.limits, r.most) AS n
      FROM credit_limit.limit_menu(f.document, t.inputs, write_rule_costs.as_of, x.names, x.acceptance, x.notice_days,
        x.cost_of_change) m OFFSET 0) m) g	-- accounts by their key: nothing has counted these rows yet
  GROUP BY g.product, g.rule;
END
$$;

-- divides budgets over the accounts of products whose policy on a day says what a limit earns (target.optimal): writes their
-- limits to choose among, with values and uses, to allocation_account in one statement, and prices, certificate and choices
-- from these rows, as a draft that another role approves. Nothing else changes. budgets: amounts by name, exposure, undrawn,
-- expected_loss, capital, or a column of decision_input with the use of a unit of limit, as limit_menu() says. Options: name
-- ("allocation"), products (an array; all that have such a policy), acceptance, notice_days and cost_of_change (as limit_menu),
-- frontier (shares of each amount for which allocation_frontier says what it would be worth; [0.8, 0.9, 1.1, 1.2]), rules
-- (true: allocation_rule says what each rule on movement costs), cross_fit (true: allocation_account.cross_fitted is the value
-- of the choice less how much better limits look to the months that chose them than to others: demand is learned from each half
-- of the months, and what it chooses is judged by the other; NULL without forecasts by refresh_demand()), prices (by
-- budget: not sought but given, as those that shadow_price() finds over all books of a group; the amounts are then the most that
-- the accounts here may use, those of the certificate what they use, and there is no frontier). Returns the
-- allocation_id. Errors: no day, budgets, options, products of several currencies or without such a policy (22023), a column
-- that does not say what some accounts use (22004), a product without an approved version (55000), rows that row-level security
-- hides (42501)
CREATE FUNCTION credit_limit.draft_allocation(book text, as_of date, budgets jsonb, options jsonb DEFAULT '{}') RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
  id int;
  names text[];
  amounts numeric[];
  query text;
  how jsonb;
  certificate credit_limit.allocation_certificate;
  found_here record;
  strange text;
  unknown record;
  name_option CONSTANT text := coalesce(options ->> 'name', 'allocation');
BEGIN
  options := credit_limit_internal.check_options('draft_allocation', options, $o${"name": "$.type() == \"string\"",
    "products": "$.type() == \"array\"", "acceptance": "$ >= 0 && $ <= 1", "notice_days": "$ >= 0 && $ <= 365",
    "cost_of_change": "$ >= 0", "frontier": "$.type() == \"array\"", "rules": "$ == true || $ == false",
    "cross_fit": "$ == true || $ == false", "prices": "$.type() == \"object\""}$o$,
    'Valid are name, products (an array), acceptance (0 to 1), notice_days (0 to 365), cost_of_change, frontier (an array), '
    'rules and cross_fit (true or false), prices (an object).');
  IF budgets IS NULL OR jsonb_typeof(budgets) <> 'object' OR budgets = '{}'
    OR jsonb_path_exists(budgets, '$.* ? (!(@.type() == "number" && @ >= 0))') THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'budgets are amounts by name',
      DETAIL = format('They are %s.', coalesce(budgets::text, 'NULL')),
      HINT = 'Give amounts of exposure, undrawn, expected_loss, capital, or columns of decision_input, as {"exposure": 1000000}.';
  END IF;
  SELECT array_agg(b.key ORDER BY b.n), array_agg(b.value::numeric ORDER BY b.n) INTO names, amounts
  FROM jsonb_each_text(budgets) WITH ORDINALITY b(key, value, n);
  how := jsonb_build_object('names', names);
  IF options ? 'prices' THEN
    IF ARRAY(SELECT jsonb_object_keys(options -> 'prices') ORDER BY 1) <> ARRAY(SELECT unnest(names) ORDER BY 1) THEN
      RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'prices are one for each budget',
        DETAIL = format('Budgets are %s, prices %s.', array_to_string(names, ', '), options -> 'prices'),
        HINT = 'Give a price of each budget, as {"exposure": 0.03}; what does not bind has the price 0.';
    END IF;
    how := how || jsonb_build_object('prices', (SELECT jsonb_agg(options -> 'prices' -> b.name ORDER BY b.n)
      FROM unnest(names) WITH ORDINALITY b(name, n)));
  END IF;
  PERFORM credit_limit_internal.need_day('an allocation', as_of);
  PERFORM credit_limit_internal.open_book_to_decide(book);
  PERFORM credit_limit_internal.need_every_row('an allocation');
  PERFORM credit_limit_internal.check_versions(as_of);
  SELECT array_agg(DISTINCT p.product::text ORDER BY p.product::text) FILTER (WHERE w.optimal) AS products,
    count(DISTINCT p.currency) FILTER (WHERE w.optimal) AS currencies, string_agg(DISTINCT p.product, ', ')
      FILTER (WHERE NOT w.optimal AND options ? 'products') AS other INTO found_here
  FROM product p LEFT JOIN LATERAL (SELECT bool_or(jsonb_path_exists(v.document::jsonb, '$.target.optimal')) IS TRUE AS optimal
    FROM credit_limit_internal.versions_on(draft_allocation.as_of) n JOIN policy_version v ON v.policy_id = n.policy_id
    WHERE n.product = p.product) w ON true
  WHERE NOT options ? 'products' OR options -> 'products' ? p.product::text;
  SELECT n.n INTO strange FROM jsonb_array_elements_text(options -> 'products') n(n)
  WHERE NOT EXISTS (SELECT FROM product p WHERE p.product = n.n) LIMIT 1;
  IF found_here.products IS NULL OR found_here.other IS NOT NULL OR found_here.currencies > 1 OR strange IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'there are no products that could share budgets',
      DETAIL = CASE WHEN strange IS NOT NULL THEN format('The book has no product %s.', strange)
        WHEN options -> 'products' = '[]' THEN 'The option products names none.'
        WHEN found_here.currencies > 1 THEN format('Those of %s are in %s currencies.',
          array_to_string(found_here.products, ', '), found_here.currencies)
        WHEN found_here.other IS NOT NULL THEN format('The policy of %s has no target.optimal on the day.', found_here.other)
        ELSE 'No policy of the day has a target.optimal.' END,
      HINT = 'Name products of one currency whose policies say what a limit earns: {"products": [...]}.';
  END IF;
  INSERT INTO allocation_version AS v (name, document, as_of, products, options)
  VALUES (name_option, credit_limit.action_price('SELECT 1::bigint AS "group", 1 AS action, 0 AS value, ''{}''::int[] AS uses '
    'WHERE false', amounts, jsonb_build_object('names', names)), draft_allocation.as_of, found_here.products,
    options - '{name,products,frontier,rules,cross_fit,prices}'::text[]) RETURNING v.allocation_id INTO id;
  PERFORM credit_limit_internal.write_allocation(id, names);
  SELECT count(*) AS n, min(r.account_id) AS first INTO unknown FROM allocation_account r
  WHERE r.allocation_id = id AND EXISTS (SELECT FROM unnest(r.uses) u(u) WHERE u.u IS NULL);
  IF unknown.n > 0 THEN
    RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed',
      MESSAGE = format('what they use of a budget is not known of %s accounts', unknown.n),
      DETAIL = format('The first is account %s: a column of the budgets is NULL, or not between 0 and 1000.', unknown.first),
      HINT = 'Let decision_input give a number for each account of the products.';
  END IF;
  query := credit_limit_internal.allocation_query(book, id, cardinality(names));
  certificate := credit_limit.action_price(query, amounts, how);
  UPDATE allocation_version v SET document = certificate WHERE v.allocation_id = id;
  UPDATE allocation_account r SET choice = r.limits[c.action], chosen_by = c.chosen_by,
    cross_fitted = trim_scale(r."values"[c.action] - x.optimism)
  FROM credit_limit.allocation_actions(certificate, query) c
    LEFT JOIN credit_limit_internal.optimism(CASE WHEN (options ->> 'cross_fit')::boolean IS NOT FALSE THEN id END) x
      ON x.account_id = c.account_id
  WHERE r.allocation_id = id AND r.account_id = c.account_id;
  INSERT INTO allocation_frontier (allocation_id, budget, amount, status, value, bound, used, price)
  SELECT id, names[p.k], CASE WHEN options ? 'prices' THEN t.amount ELSE p.amount END, s.status, s.value, s.bound, t.used, t.price
  FROM (SELECT DISTINCT k.k, amounts[k.k] * f.share::numeric AS amount FROM generate_subscripts(names, 1) k(k),
      jsonb_array_elements_text(CASE WHEN options ? 'prices' THEN '[]'
        ELSE coalesce(options -> 'frontier', '[0.8, 0.9, 1.1, 1.2]') END || '[1]') f(share)) p,
    LATERAL (SELECT CASE WHEN p.amount = amounts[p.k] THEN certificate ELSE credit_limit.action_price(query,
        amounts[:p.k - 1] || p.amount || amounts[p.k + 1:], jsonb_build_object('names', names, 'digest', false)) END AS c
      OFFSET 0) q, credit_limit.certificate_summary(q.c) s, credit_limit.certificate_table(q.c) t WHERE t.budget = names[p.k];
  IF coalesce((options ->> 'rules')::boolean, true)
    AND (SELECT s.status FROM credit_limit.certificate_summary(certificate) s) <> 'infeasible' THEN
    PERFORM credit_limit_internal.write_rule_costs(id, as_of);
  END IF;
  RETURN id;
END
$$;

-- part of the trigger keep_version, in an open book: an error where an allocation that is approved divides nothing (22023), or is
-- not what its rows give (55000)
CREATE FUNCTION credit_limit_internal.need_sound_allocation(book text, allocation int) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
  -- Who changes rows holds the version, which is locked here: all rows that were changed are seen. keep_allocation()
DECLARE
  found_status text;
  wrong record;
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  PERFORM credit_limit_internal.need_read_committed('the approval of an allocation');
  SELECT s.status INTO found_status FROM allocation_version v, credit_limit.certificate_summary(v.document) s
  WHERE v.allocation_id = allocation;
  IF found_status IN ('infeasible', 'empty') THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
      MESSAGE = format('allocation %s divides nothing', allocation), DETAIL = format('Its certificate is %s.', found_status),
      HINT = CASE found_status WHEN 'empty' THEN 'No account had a limit to choose: draft it as of another day.'
        ELSE 'Even the lowest limits do not fit: draft it with larger budgets.' END;
  END IF;
  SELECT v.what, v.recomputed INTO wrong FROM credit_limit.verify_allocation(book, allocation) v WHERE NOT v.holds LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
      MESSAGE = format('allocation %s is not what its rows give', allocation),
      DETAIL = format('%s: %s.', wrong.what, wrong.recomputed),
      HINT = 'credit_limit.verify_allocation() says more. Draft it anew.';
  END IF;
END
$$;

-- approves a draft of an allocation, so that from its first day to its last (NULL: open) its prices choose the limits of its
-- products. digest: version_digest(book, 'allocation', allocation_id) as it was read. Errors: as approve_policy(), an allocation
-- whose budgets do not suffice, or that is empty (22023), and one that is not what its rows give (55000)
CREATE FUNCTION credit_limit.approve_allocation(book text, allocation_id int, valid_from date, valid_to date DEFAULT NULL,
    digest bytea DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  PERFORM credit_limit_internal.approve_version(book, 'allocation', allocation_id, valid_from, valid_to, digest);
END
$$;

CREATE FUNCTION credit_limit.verify_allocation(book text, allocation_id int)
RETURNS TABLE (what text, holds boolean, account_id bigint, certified text, recomputed text)
LANGUAGE plpgsql VOLATILE ROWS 10 SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  certificate credit_limit.allocation_certificate;
  query text;
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  PERFORM credit_limit_internal.find_version('allocation', verify_allocation.allocation_id);
  SELECT v.document, credit_limit_internal.allocation_query(book, v.allocation_id, t.n::int) INTO certificate, query
  FROM allocation_version v, LATERAL (SELECT count(*) AS n FROM credit_limit.certificate_table(v.document)) t
  WHERE v.allocation_id = verify_allocation.allocation_id;
  PERFORM FROM allocation_account r WHERE r.allocation_id = verify_allocation.allocation_id;
  IF NOT FOUND THEN
    RETURN QUERY SELECT 'rows', s.rows = 0, NULL::bigint, s.rows::text, '0: they were removed, and prove nothing any more'
      FROM credit_limit.certificate_summary(certificate) s;
    RETURN;
  END IF;
  RETURN QUERY SELECT 'row_hash', count(*) = 0, min(r.account_id), NULL, format('%s rows differ', count(*))
    FROM allocation_account r WHERE r.allocation_id = verify_allocation.allocation_id
      AND r.row_hash <> credit_limit_internal.allocation_hash(r.account_id, r.limits, r."values", r.uses);
  RETURN QUERY SELECT 'choice', count(*) = 0, min(r.account_id), NULL, format('%s rows differ', count(*))
    FROM allocation_account r LEFT JOIN credit_limit.allocation_actions(certificate, query) c ON c.account_id = r.account_id
    WHERE r.allocation_id = verify_allocation.allocation_id
      AND (r.choice, r.chosen_by) IS DISTINCT FROM (r.limits[c.action], c.chosen_by);
  RETURN QUERY SELECT v.what, v.holds, v.account_id, v.certified, v.recomputed
    FROM credit_limit.verify_allocation(certificate, query) v;
END
$$;
COMMENT ON FUNCTION credit_limit.verify_allocation(text, int) IS
    'an allocation of a book against its rows: row_hash (SHA-256 of each), choice, and the checks of '
    'verify_allocation(certificate, query); rows alone where all were removed. Errors: no such allocation (22023)';

-- removes from allocation_account the rows of drafts made as of a day before a given one, and of allocations whose last day lies
-- before it, if the log has no decision of their days any more; returns how many. Versions stay, with certificate and digest, and
-- so do frontier and rules. Errors: no day (22023)
CREATE FUNCTION credit_limit.retire_allocations(book text, before date) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  removed bigint;
BEGIN
  PERFORM credit_limit_internal.need_day('a retirement of allocations', before);
  PERFORM credit_limit_internal.open_book(book);
  DELETE FROM allocation_account r WHERE r.allocation_id IN (SELECT v.allocation_id FROM allocation_version v
    WHERE CASE v.status WHEN 'draft' THEN v.as_of ELSE v.valid_to END < before
      AND credit_limit_internal.allocation_is_over(v.allocation_id));
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN removed;
END
$$;

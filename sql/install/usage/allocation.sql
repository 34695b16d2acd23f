-- Budgets divided over accounts.

CREATE FUNCTION credit_limit.allocation_step_stats(
  step credit_limit.allocation_step,
  budgets float8[] DEFAULT NULL,
  OUT n bigint,
  OUT n_skipped bigint,
  OUT n_endless bigint,
  OUT n_at_floor bigint,
  OUT n_at_cap bigint,
  OUT value float8,
  OUT bound float8,
  OUT bound_error float8,
  OUT credit_limit float8,
  OUT expected_draw float8,
  OUT prices float8[],
  OUT uses float8[],
  OUT floor_uses float8[],
  OUT derivatives float8[],
  OUT checksum bigint,
  OUT weights float8[],
  OUT outcomes float8[])
AS 'MODULE_PATHNAME', 'cl_allocation_step_stats' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.allocation_step_stats(credit_limit.allocation_step, float8[]) IS
'What accounts take at the prices of budgets (allocation_step_agg). n accounts, n_skipped rows left out, n_endless accounts '
'whose best limit has no end (no cap, and nothing that it costs): where there are any, sums are NULL. n_at_floor, n_at_cap: '
'how many floor or cap hold. value: expected profit of all in a year. bound: value + sum of price * (budget - use) + what the '
'straight line forgoes in which limits go to 0 (allocation_limit). No limits that fit into the budgets exceed it, whatever '
'the prices are; NULL without budgets. bound_error: what rounding may '
'make of value and bound. credit_limit and expected_draw: sums over accounts. uses, floor_uses: of each budget, by these '
'limits and by the floors alone. derivatives: matrix of the use of budget k by price l, none above 0. checksum: of what the '
'accounts are, in any order; two passes over the same rows have the same. weights and outcomes: of scenarios, and what the '
'limits earn in each; value is their mean, and derivatives go on with minus the outcomes by the weights. A NULL step gives '
'NULL. Error: budgets that are not as many as prices.';

CREATE FUNCTION credit_limit.allocation_limit(
  demand credit_limit.demand,
  margin float8,
  carry float8,
  floor float8,
  cap float8,
  uses float8[],
  draws float8[],
  prices float8[])
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_allocation_limit_demand' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.allocation_limit(credit_limit.demand, float8, float8, float8, float8, float8[], float8[],
  float8[]) IS
'The limit of one account that pays best at the prices of the budgets: what allocation_step_agg sums, with its arguments. '
'It is optimal_limit where the margin is less sum of prices * draws, and the shadow price is sum of prices * uses; but where '
'P(0 < demand <= limit) is below 1e-6 it goes to 0 in a straight line, so that no price makes it jump. Not rounded. NULL '
'where the demand is not known, margin, carry, uses or prices are NULL, or the limit has no end. Errors as '
'allocation_step_agg.';

CREATE FUNCTION credit_limit.allocation_limit(
  mu float8,
  sigma float8,
  p_zero float8,
  margin float8,
  carry float8,
  floor float8,
  cap float8,
  uses float8[],
  draws float8[],
  prices float8[])
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_allocation_limit_lognormal' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.allocation_limit(float8, float8, float8, float8, float8, float8, float8, float8[], float8[],
  float8[]) IS
'As allocation_limit(demand, float8, float8, float8, float8, float8[], float8[], float8[]), for a demand that is 0 with '
'probability p_zero and else lognormal(mu, sigma).';

CREATE FUNCTION credit_limit.allocation_limit(
  demand credit_limit.demand,
  margin float8,
  carry float8,
  floor float8,
  cap float8,
  uses float8[],
  draws float8[],
  prices float8[],
  risk float8[],
  scenarios float8[])
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_allocation_limit_demand' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.allocation_limit(credit_limit.demand, float8, float8, float8, float8, float8[], float8[],
  float8[], float8[], float8[]) IS
'As allocation_limit(demand, float8, float8, float8, float8, float8[], float8[], float8[]), in scenarios, or of an account '
'whose PD moves with the limit: risk and scenarios, and prices with the weights of these, are those of allocation_step_agg. '
'Where a scenario scales demand or the PD moves there is no closed form; of limits that earn the same it is the least. NULL '
'too where risk is NULL or has a NULL in it.';

CREATE FUNCTION credit_limit.allocation_limit(
  mu float8,
  sigma float8,
  p_zero float8,
  margin float8,
  carry float8,
  floor float8,
  cap float8,
  uses float8[],
  draws float8[],
  prices float8[],
  risk float8[],
  scenarios float8[])
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_allocation_limit_lognormal' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.allocation_limit(float8, float8, float8, float8, float8, float8, float8, float8[], float8[],
  float8[], float8[], float8[]) IS
'As allocation_limit(demand, float8, float8, float8, float8, float8[], float8[], float8[], float8[], float8[]), for a demand '
'that is 0 with probability p_zero and else lognormal(mu, sigma).';

CREATE FUNCTION credit_limit.shadow_price(query text, budgets jsonb, options jsonb DEFAULT '{}')
RETURNS credit_limit.allocation_certificate
AS 'MODULE_PATHNAME', 'cl_shadow_price' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 100000;

COMMENT ON FUNCTION credit_limit.shadow_price(text, jsonb, jsonb) IS
'Divides budgets over the accounts of a query so that their expected profit is highest: the prices of the budgets at which '
'the limits that pay best for each account, prices included, just fit. budgets: an object of 1 to 8 names and amounts, 0 to '
'1e25. The query returns, by name and nothing else, account_id (integer), demand, or mu, sigma and p_zero of one that is '
'lognormal, margin and carry (per year and unit, unit_economics), floor (NULL: 0) and cap (NULL: none), which may be left '
'out, and for each budget use_NAME, its use per unit of limit (0 to 1000), and optionally draw_NAME, its use per unit of '
'expected draw, from -use_NAME on. Prices have twelve digits, rounded up, in the order in which jsonb keeps the names; of '
'several that are as good the first in lexicographic order. allocation_limit gives each account its limit. Status: binding, '
'slack (all prices 0), infeasible (the floors use more), ties (limits jump, so that no price uses the budgets up to a '
'millionth), empty. '
'Accounts are read once where they fit into maintenance_work_mem; else each pass runs the query through '
'allocation_step_agg, in parallel where the planner can, after a share of the accounts by hash has given a start; both give '
'the same numbers. price_low and price_high: what other accounts of the same kind would make of the price, as a bootstrap '
'(Efron 1979) of the accounts says it, from sums of their uses, squares and products, with no chance in it. Options: '
'start {NAME: price} of an earlier certificate, which saves passes and changes nothing else; '
'shards, names of relations, for each of which the query runs in turn, reading it under the name shard, so that only sums '
'leave it: each pass is run there, and no accounts are read for a start (check_shards is asked first); confidence (0.95) of the '
'interval; '
'scenarios [{name, pd, lgd, demand, probability}] for limits that are best by a criterion: mean (the default), worst, or cvar '
'with alpha (0 to below 1), the mean of the worst 1 - alpha. pd, lgd and demand are factors (1), a PD is 1 at most, and '
'probabilities add up to 1 (without any, all are as likely). Uses of budgets are as expected. Scenarios need columns pd, lgd '
'and ccf, and may have default_draw_ratio (1): what the loss within margin and carry is made of. Budgets and scenarios are at '
'most 8. Accounts whose PD moves with the limit have these columns, pd_limit_elasticity (0 to 10) and pd_limit: their PD is '
'least(1, pd (L / pd_limit) ^ pd_limit_elasticity). '
'The query must be one SELECT that only reads, without volatile functions and row locks, runs with the rights and the '
'search_path of the caller, and all passes see one snapshot. NULL gives NULL. Errors: other columns (42804), '
'a query that does something else (22023), an account of which something is not known (22004), one that comes twice (22023; '
'found among the accounts that are kept in memory), demands of several horizons or limits without an end (22023), passes that '
'see different rows (55000).';

CREATE FUNCTION credit_limit.budget_frontier(
  query text,
  budget text,
  points integer DEFAULT 10,
  options jsonb DEFAULT '{}',
  OUT amount float8,
  OUT status text,
  OUT price float8,
  OUT used float8,
  OUT value float8,
  OUT bound float8,
  OUT credit_limit float8,
  OUT expected_draw float8,
  OUT idle float8,
  OUT uses jsonb,
  OUT passes integer,
  OUT outcomes jsonb)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'cl_budget_frontier' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 100000 ROWS 10;

COMMENT ON FUNCTION credit_limit.budget_frontier(text, text, integer, jsonb) IS
'What the accounts of a query are expected to earn at 1 to 64 amounts of one budget, each divided over them as shadow_price '
'does, with its columns and its status. Amounts lie evenly between options from and to; without these, to is what accounts '
'use at no price, and from is one step above what the floors use. price, used, value and bound: those of shadow_price with '
'that amount, NULL where it is infeasible (used is that of the floors then). credit_limit and expected_draw: sums over '
'accounts; idle: what of the limits is expected not to be drawn. uses: of the budgets that option also names, which have no '
'price, for example {"also": ["loss"]} with columns use_loss and draw_loss. passes: over the accounts for all amounts '
'together, since each pass serves all of them. Options shards, scenarios, criterion and alpha as in shadow_price: value and '
'bound are then those of the criterion, outcomes is what the limits earn in each scenario (else NULL), and what accounts use '
'at no price is with the scenarios as likely as they are said to be. A NULL argument gives no rows. Errors as shadow_price; '
'points out of range (22003).';

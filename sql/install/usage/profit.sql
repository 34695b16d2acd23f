-- What a limit earns, and the limit that earns most.

CREATE FUNCTION credit_limit.unit_economics(
  rate float8,
  funding float8,
  pd float8,
  lgd float8,
  ccf float8,
  capital float8 DEFAULT 0,
  cost_of_capital float8 DEFAULT 0,
  fee float8 DEFAULT 0,
  revolve_share float8 DEFAULT 1,
  interchange float8 DEFAULT 0,
  liquidity_share float8 DEFAULT 0,
  liquidity_spread float8 DEFAULT 0,
  default_draw_ratio float8 DEFAULT 1,
  OUT margin float8,
  OUT carry float8,
  OUT critical_ratio float8)
AS 'MODULE_PATHNAME', 'cl_unit_economics' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.unit_economics(float8, float8, float8, float8, float8, float8, float8, float8, float8, float8,
  float8, float8, float8) IS
'What a unit of a limit earns and costs in a year. margin, of a unit that is drawn: rate revolve_share + interchange + fee - '
'funding - pd lgd default_draw_ratio - capital cost_of_capital. carry, of one that is granted and not drawn: ccf (pd lgd + '
'capital cost_of_capital) + liquidity_share liquidity_spread. critical_ratio: margin / (margin + carry), the share of demand '
'that it pays to serve; 0 where the margin is not above 0. All are fractions: rate and funding of what is drawn; revolve_share '
'(0 to 1) of what is drawn that bears interest, for who pays in full bears none; interchange a year of purchases per unit '
'drawn; capital per unit of exposure (irb_capital), cost_of_capital its price; liquidity_share of what is not drawn that is '
'kept liquid, liquidity_spread what that costs; default_draw_ratio E[draw | default] / E[draw], above 1 where those draw more '
'who default. NULL if any is NULL. Error: a value out of range.';

CREATE FUNCTION credit_limit.limit_profit(
  demand credit_limit.demand,
  credit_limit numeric,
  margin float8,
  carry float8,
  basis text DEFAULT 'mixture',
  pd_limit_elasticity float8 DEFAULT 0,
  pd float8 DEFAULT NULL,
  lgd float8 DEFAULT NULL,
  ccf float8 DEFAULT NULL,
  default_draw_ratio float8 DEFAULT 1,
  pd_limit numeric DEFAULT NULL)
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_limit_profit_of' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.limit_profit(credit_limit.demand, numeric, float8, float8, text, float8, float8, float8, float8,
  float8, numeric) IS
'What a limit is expected to earn in a year, in units of money: margin E[min(demand, limit)] - carry E[max(0, limit - demand)]. '
'A limit stands for months, so demand is the mixture of them (forecast_demand); basis names another that is meant. '
'unit_economics makes margin (-100 to 100) and carry (0 to 100). With a pd_limit_elasticity above 0 (to 10) the PD within '
'them rises with the limit: least(1, pd (credit_limit / pd_limit) ^ pd_limit_elasticity), where pd, at the limit pd_limit, lgd, '
'ccf and default_draw_ratio are those that margin and carry were made of. NULL if one is NULL (the last five count only with '
'an elasticity) or demand is not known. Error: a demand of another basis, a negative or infinite limit, a number out of range, '
'a carry below ccf pd lgd.';

CREATE FUNCTION credit_limit.marginal_profit(
  demand credit_limit.demand,
  credit_limit numeric,
  margin float8,
  carry float8,
  basis text DEFAULT 'mixture',
  pd_limit_elasticity float8 DEFAULT 0,
  pd float8 DEFAULT NULL,
  lgd float8 DEFAULT NULL,
  ccf float8 DEFAULT NULL,
  default_draw_ratio float8 DEFAULT 1,
  pd_limit numeric DEFAULT NULL)
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_marginal_profit_of' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.marginal_profit(credit_limit.demand, numeric, float8, float8, text, float8, float8, float8,
  float8, float8, numeric) IS
'What one more unit of limit is expected to earn in a year: margin P(demand > limit) - carry P(demand <= limit), which falls as '
'the limit rises; with a pd_limit_elasticity also less what it costs that the PD of the whole limit rises. Arguments, NULLs '
'and errors as limit_profit.';

CREATE FUNCTION credit_limit.optimal_limit(
  demand credit_limit.demand,
  margin float8,
  carry float8,
  floor numeric DEFAULT 0,
  cap numeric DEFAULT NULL,
  shadow_price float8 DEFAULT 0,
  weight float8 DEFAULT 1,
  step numeric DEFAULT NULL,
  basis text DEFAULT 'mixture',
  pd_limit_elasticity float8 DEFAULT 0,
  pd float8 DEFAULT NULL,
  lgd float8 DEFAULT NULL,
  ccf float8 DEFAULT NULL,
  default_draw_ratio float8 DEFAULT 1,
  pd_limit numeric DEFAULT NULL)
RETURNS numeric
AS 'MODULE_PATHNAME', 'cl_optimal_limit_of' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.optimal_limit(credit_limit.demand, float8, float8, numeric, numeric, float8, float8, numeric,
  text, float8, float8, float8, float8, float8, numeric) IS
'The limit that is expected to earn most (limit_profit), from floor (NULL: 0) to cap (NULL: none): the quantile of demand at '
'(margin - shadow_price weight) / (margin + carry), the newsvendor''s. shadow_price: what a unit of a budget is worth, weight '
'what a unit of this limit uses of it. With a step it is rounded down to a multiple of it, but not below the floor. '
'With a pd_limit_elasticity (limit_profit) there is no closed form, and may be several limits that earn more than those beside '
'them: it is the best of all, of equal ones the least. NULL when '
'another argument is NULL, demand is not known, or the more the better and no cap. Error: a demand of another basis, a floor '
'above the cap, a rate out of range. Source: Arrow, Harris and Marschak 1951 (Econometrica 19, 250).';

CREATE FUNCTION credit_limit.limit_profit_curve(
  demand credit_limit.demand,
  margin float8,
  carry float8,
  lowest numeric,
  highest numeric,
  points integer DEFAULT 51,
  basis text DEFAULT 'mixture',
  OUT credit_limit float8,
  OUT profit float8,
  OUT marginal_profit float8,
  OUT expected_draw float8,
  OUT expected_idle float8)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'cl_limit_profit_curve' LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 51;

COMMENT ON FUNCTION credit_limit.limit_profit_curve(credit_limit.demand, float8, float8, numeric, numeric, integer, text) IS
'What limits from lowest to highest, as many as points (2 to 10000) at equal distances, are expected to earn in a year: profit '
'and marginal_profit (limit_profit, marginal_profit), expected_draw of them, and expected_idle, the rest of the limit. A NULL '
'argument gives no rows. Errors as limit_profit.';

CREATE FUNCTION credit_limit.limit_regret(
  demand credit_limit.demand,
  credit_limit numeric,
  margin float8,
  carry float8,
  floor numeric DEFAULT 0,
  cap numeric DEFAULT NULL,
  step numeric DEFAULT NULL,
  basis text DEFAULT 'mixture',
  OUT best_limit numeric,
  OUT profit float8,
  OUT best_profit float8,
  OUT regret float8,
  OUT side text)
AS 'MODULE_PATHNAME', 'cl_limit_regret' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.limit_regret(credit_limit.demand, numeric, float8, float8, numeric, numeric, numeric, text) IS
'What a limit forgoes in a year against the best one: best_limit (optimal_limit of the same floor, cap and step), the profit '
'expected of the limit and of the best one, regret, their difference, and side: too_low, too_high or best. Net: what a higher '
'limit earns less what it costs. Below 0 only where floor or cap keep the best one from the limit; a limit that only the step, '
'by which the best one is rounded down, keeps it from is best, with a regret of 0. NULL and errors as optimal_limit.';

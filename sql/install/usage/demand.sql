-- demand: what borrowers would draw if their limits did not bind.

CREATE FUNCTION credit_limit.demand(mu float8, sigma float8, p_zero float8 DEFAULT 0, distribution text DEFAULT 'lognormal')
RETURNS credit_limit.demand
AS 'MODULE_PATHNAME', 'cl_demand_construct' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.demand(float8, float8, float8, text) IS
'A demand of known distribution. lognormal: no draw with probability p_zero, otherwise log(demand) is normal with mean mu and '
'deviation sigma; normal: demand is normal, and no draw below zero (p_zero must be 0). sigma 0: always the same amount. NULL if '
'any is NULL. Error: sigma below 0, p_zero outside 0 to 1, NaN.';

CREATE FUNCTION credit_limit.demand_shrink(demand credit_limit.demand, prior credit_limit.demand, strength float8 DEFAULT 6)
RETURNS credit_limit.demand
AS 'MODULE_PATHNAME', 'cl_demand_shrink' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.demand_shrink(credit_limit.demand, credit_limit.demand, float8) IS
'The demand of an account leaning on that of its segment: the estimate when the prior counts as strength more months (above 0, '
'default 6) that look like it. Of n months with a draw, none of them at the limit, mu becomes (n mu + strength prior mu) / (n + '
'strength); p_zero likewise, of all months. Months at the limit count as in the likelihood, so that accounts without an '
'estimate of their own get one. The result has mu, sigma and p_zero, and of the account its status, its numbers of months '
'and its '
'lower bound, so that demand_stats still says what it rests on; it cannot be merged. NULL if one is NULL or the prior has no '
'estimate. Error: different distributions, a first demand without observations.';

CREATE FUNCTION credit_limit.demand_stats(
  credit_limit.demand,
  OUT n bigint,
  OUT n_zero bigint,
  OUT n_censored bigint,
  OUT mu float8,
  OUT sigma float8,
  OUT p_zero float8,
  OUT mean float8,
  OUT lower_bound float8,
  OUT status text,
  OUT se_mu float8,
  OUT se_sigma float8,
  OUT se_p_zero float8,
  OUT loglik float8,
  OUT iterations integer,
  OUT n_skipped bigint,
  OUT weight float8,
  OUT n_limits bigint,
  OUT distribution text)
AS 'MODULE_PATHNAME', 'cl_demand_stats' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.demand_stats(credit_limit.demand) IS
'One row: n months, n_zero of them without a draw, n_censored at their limit; mu and sigma of log(demand) (of demand when '
'normal); p_zero, the probability of no draw (0 when normal); mean of demand; lower_bound, the highest limit that was reached; '
'status: converged, few_observations (an estimate from two months below the limit), no_spread (equal balances: sigma is 0), and '
'without estimate one_observation, all_censored, never_used (demand is 0), no_observations, not_converged, or given '
'(parameters, no observations); standard errors from the observed information; log-likelihood of the balances, comparable '
'between distributions; iterations of Newton; n_skipped months that say nothing; weight of the n months; n_limits distinct '
'limits that were reached, or cells of them. NULL where it is not known.';

CREATE FUNCTION credit_limit.demand_mean(credit_limit.demand)
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_demand_mean_of' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.demand_mean(credit_limit.demand) IS
'Expected demand in a month, months without a draw included, in units of the balances; NULL when it is not known. Infinity when '
'no double holds it.';

CREATE FUNCTION credit_limit.demand_quantile(credit_limit.demand, p float8)
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_demand_quantile_of' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.demand_quantile(credit_limit.demand, float8) IS
'The limit that covers the demand of a share p (0 to 1) of months, months without a draw included; 0 up to p_zero, which is '
'known even where nothing else is. NULL when it is not known.';

CREATE FUNCTION credit_limit.demand_amount(credit_limit.demand, p float8 DEFAULT 0.9, decimals integer DEFAULT 2)
RETURNS numeric
AS 'MODULE_PATHNAME', 'cl_demand_amount' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.demand_amount(credit_limit.demand, float8, integer) IS
'demand_quantile as money, to the nearest unit of a number of decimals (0 to 20): an amount to set a limit by. (limit_gap takes '
'the mean, demand_mean_amount.) NULL when it is not known or no amount is enough.';

CREATE FUNCTION credit_limit.demand_mean_amount(credit_limit.demand, decimals integer DEFAULT 2)
RETURNS numeric
AS 'MODULE_PATHNAME', 'cl_demand_mean_amount' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.demand_mean_amount(credit_limit.demand, integer) IS
'demand_mean as money, to the nearest unit of a number of decimals (0 to 20): what limit_gap takes as demand against the balance '
'of a month. NULL when it is not known or no amount is enough. A wide lognormal has a mean that few months make: see '
'expected_draw_amount.';

CREATE FUNCTION credit_limit.demand_exceeds(demand credit_limit.demand, credit_limit numeric)
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_demand_exceeds_numeric' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.demand_exceeds(credit_limit.demand, numeric) IS
'The probability that demand exceeds a limit in a month. NULL when it is not known or the limit is NaN. Error: negative or '
'infinite limit.';

CREATE FUNCTION credit_limit.demand_exceeds(demand credit_limit.demand, credit_limit float8)
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_demand_exceeds_float8' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.demand_exceeds(credit_limit.demand, float8) IS
'As demand_exceeds(demand, numeric).';

CREATE FUNCTION credit_limit.expected_draw(demand credit_limit.demand, credit_limit numeric)
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_expected_draw_numeric' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.expected_draw(credit_limit.demand, numeric) IS
'The part of demand that a limit lets through, E[min(demand, limit)] per month: rising and concave in the limit, its slope is '
'demand_exceeds. The limited expected value of insurance (Klugman, Panjer and Willmot, Loss Models). NULL when it is not known '
'or the limit is NaN. Error: negative or infinite limit.';

CREATE FUNCTION credit_limit.expected_draw(demand credit_limit.demand, credit_limit float8)
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_expected_draw_float8' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.expected_draw(credit_limit.demand, float8) IS
'As expected_draw(demand, numeric).';

CREATE FUNCTION credit_limit.expected_unmet(demand credit_limit.demand, credit_limit numeric)
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_expected_unmet_numeric' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.expected_unmet(credit_limit.demand, numeric) IS
'The part of demand that a limit turns away, E[max(0, demand - limit)] per month; expected_draw and it add up to demand_mean. '
'NULL when it is not known or the limit is NaN. Error: negative or infinite limit.';

CREATE FUNCTION credit_limit.expected_unmet(demand credit_limit.demand, credit_limit float8)
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_expected_unmet_float8' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.expected_unmet(credit_limit.demand, float8) IS
'As expected_unmet(demand, numeric).';

CREATE FUNCTION credit_limit.expected_draw_amount(demand credit_limit.demand, credit_limit numeric, decimals integer DEFAULT 2)
RETURNS numeric
AS 'MODULE_PATHNAME', 'cl_expected_draw_amount' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.expected_draw_amount(credit_limit.demand, numeric, integer) IS
'expected_draw as money, to the nearest unit of a number of decimals (0 to 20): the mean demand of a month, each month counted '
'up to the limit only, which no wide distribution lifts above it.';

CREATE FUNCTION credit_limit.expected_unmet_amount(demand credit_limit.demand, credit_limit numeric, decimals integer DEFAULT 2)
RETURNS numeric
AS 'MODULE_PATHNAME', 'cl_expected_unmet_amount' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.expected_unmet_amount(credit_limit.demand, numeric, integer) IS
'expected_unmet as money, to the nearest unit of a number of decimals (0 to 20). NULL also where no amount is enough.';

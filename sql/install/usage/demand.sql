-- demand: what borrowers would draw if their limits did not bind.

CREATE FUNCTION credit_limit.demand(mu float8, sigma float8, p_zero float8 DEFAULT 0, distribution text DEFAULT 'lognormal')
RETURNS credit_limit.demand
AS 'MODULE_PATHNAME', 'cl_demand_construct' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.demand(float8, float8, float8, text) IS
'A demand of known distribution, without a ceiling and of no basis. lognormal: no draw with probability p_zero, otherwise '
'log(demand) is normal with mean mu and deviation sigma; gamma: otherwise demand is gamma with mean mu above 0 and deviation '
'sigma up to 100 mu; normal: demand is normal, and no draw below zero (p_zero must be 0). sigma 0: always the same amount. '
'NULL if any is NULL. Error: sigma below 0, p_zero outside 0 to 1, NaN.';

CREATE FUNCTION credit_limit.demand_from_quantiles(probabilities float8[], quantiles float8[], ceiling numeric DEFAULT NULL)
RETURNS credit_limit.demand
AS 'MODULE_PATHNAME', 'cl_demand_from_quantiles' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.demand_from_quantiles(float8[], float8[], numeric) IS
'A demand given by 2 to 1000 points of its quantile function, which is linear between them: probabilities from 0 to 1 that '
'rise, and amounts from 0 to 1e300 that do not fall; equal ones are an amount with that probability. Below the first point '
'demand is the first quantile, above the last the last. ceiling: demand counts up to it; NULL is none. Of no basis. NULL if '
'an array is NULL. Error: points out of order or range, arrays of different lengths, a NULL in one.';

CREATE FUNCTION credit_limit.demand(behavior credit_limit.behavior, options jsonb DEFAULT '{}')
RETURNS credit_limit.demand
AS 'MODULE_PATHNAME', 'cl_demand_of_behavior' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.demand(credit_limit.behavior, jsonb) IS
'The demand of a stored history: demand_agg(month, balance, credit_limit, options) of the months that it kept, with those '
'that it dropped counted. NULL if one is NULL. Error: an unknown option.';

CREATE FUNCTION credit_limit.demand_with_ceiling(demand credit_limit.demand, ceiling numeric)
RETURNS credit_limit.demand
AS 'MODULE_PATHNAME', 'cl_demand_with_ceiling' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.demand_with_ceiling(credit_limit.demand, numeric) IS
'The same demand, no draw of which counts above the ceiling: the distribution of min(demand, ceiling). It takes the place of '
'the ceiling that the demand had, be that lower or higher. NULL if one is NULL. Error: a ceiling below 0, or not finite.';

CREATE FUNCTION credit_limit.demand_with_basis(demand credit_limit.demand, basis text, horizon integer DEFAULT 1)
RETURNS credit_limit.demand
AS 'MODULE_PATHNAME', 'cl_demand_with_basis' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.demand_with_basis(credit_limit.demand, text, integer) IS
'Says what a given demand is of: month (the month at the horizon), mixture (any of the months up to it) or peak (the highest '
'of them), and the horizon in months, 1 to 120. NULL if one is NULL. Error: another basis, a horizon out of range, a demand '
'that was built from months, which is of one month.';

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
  OUT n_dropped bigint,
  OUT n_limits bigint,
  OUT distribution text,
  OUT ceiling float8,
  OUT basis text,
  OUT horizon integer,
  OUT prior_weight float8)
AS 'MODULE_PATHNAME', 'cl_demand_stats' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.demand_stats(credit_limit.demand) IS
'One row: n months, n_zero of them without a draw, n_censored at their limit; mu and sigma of log(demand) (of demand when '
'normal or gamma; NULL of quantiles); p_zero, the probability of no draw (0 when normal); mean of min(demand, ceiling); '
'lower_bound, the highest limit that was reached; status: converged, tail (an estimate whose quantile 0.9 lies above every '
'limit and balance seen: it hangs on the distribution), few_observations (an estimate from two months below the limit), '
'no_spread (equal balances: sigma is 0), and without estimate one_observation, all_censored, never_used (demand is 0), '
'no_observations, not_converged; given (a distribution, no observations); and of an account that leans on its population '
'posterior, mostly_prior, prior_only, tail or out_of_scope, where mu to p_zero are those of the long run; standard errors; '
'log-likelihood of the balances, comparable between distributions; iterations; n_skipped months that say nothing; n_dropped '
'months before the 36 that are kept of a dated demand, of which n tells nothing; n_limits distinct limits that were reached, '
'or cells of them, of an undated one; ceiling; basis and horizon in months; prior_weight, the share of the population in the '
'estimate. NULL where it is not known.';

CREATE FUNCTION credit_limit.demand_mean(credit_limit.demand)
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_demand_mean_of' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.demand_mean(credit_limit.demand) IS
'Expected demand up to its ceiling, months without a draw included, in units of the balances; NULL when it is not known. '
'Infinity when no double holds it.';

CREATE FUNCTION credit_limit.demand_quantile(credit_limit.demand, p float8)
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_demand_quantile_of' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.demand_quantile(credit_limit.demand, float8) IS
'The limit that covers the demand of a share p (0 to 1) of months, months without a draw included; 0 up to p_zero, which is '
'known even where nothing else is. NULL when it is not known.';

CREATE FUNCTION credit_limit.demand_quantile(credit_limit.demand, p float8, basis text)
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_demand_quantile_of_basis' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.demand_quantile(credit_limit.demand, float8, text) IS
'As demand_quantile(demand, p), of a demand of that basis (month, mixture or peak), or of none. Error: another basis.';

CREATE FUNCTION credit_limit.demand_amount(credit_limit.demand, p float8 DEFAULT 0.9, decimals integer DEFAULT 2,
  basis text DEFAULT 'month')
RETURNS numeric
AS 'MODULE_PATHNAME', 'cl_demand_amount' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.demand_amount(credit_limit.demand, float8, integer, text) IS
'demand_quantile as money, to the nearest unit of a number of decimals (0 to 20): an amount to set a limit by. (limit_gap '
'takes the mean, demand_mean_amount.) NULL when it is not known or no amount is enough. Error: a demand of another basis than '
'is asked for; one of no basis is taken for it.';

CREATE FUNCTION credit_limit.demand_mean_amount(credit_limit.demand, decimals integer DEFAULT 2, basis text DEFAULT 'month')
RETURNS numeric
AS 'MODULE_PATHNAME', 'cl_demand_mean_amount' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.demand_mean_amount(credit_limit.demand, integer, text) IS
'demand_mean as money, to the nearest unit of a number of decimals (0 to 20): what limit_gap takes as demand against the '
'balance of a month. NULL when it is not known or no amount is enough. Error: a demand of another basis.';

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
'demand_exceeds. The limited expected value of insurance (Klugman, Panjer and Willmot, Loss Models). NULL when it is not '
'known or the limit is NaN. Error: negative or infinite limit.';

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

CREATE FUNCTION credit_limit.expected_draw_amount(demand credit_limit.demand, credit_limit numeric, decimals integer DEFAULT 2,
  basis text DEFAULT 'month')
RETURNS numeric
AS 'MODULE_PATHNAME', 'cl_expected_draw_amount' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.expected_draw_amount(credit_limit.demand, numeric, integer, text) IS
'expected_draw as money, to the nearest unit of a number of decimals (0 to 20): the mean demand of a month, each month '
'counted up to the limit only. Error: a demand of another basis.';

CREATE FUNCTION credit_limit.expected_unmet_amount(demand credit_limit.demand, credit_limit numeric, decimals integer DEFAULT 2,
  basis text DEFAULT 'month')
RETURNS numeric
AS 'MODULE_PATHNAME', 'cl_expected_unmet_amount' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.expected_unmet_amount(credit_limit.demand, numeric, integer, text) IS
'expected_unmet as money, to the nearest unit of a number of decimals (0 to 20). NULL also where no amount is enough. Error: '
'a demand of another basis.';

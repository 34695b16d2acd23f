-- demand: what borrowers would draw if their limits did not bind.

CREATE TYPE credit_limit.demand;

CREATE FUNCTION credit_limit_internal.demand_in(cstring) RETURNS credit_limit.demand
AS 'MODULE_PATHNAME', 'cl_demand_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.demand_out(credit_limit.demand) RETURNS cstring
AS 'MODULE_PATHNAME', 'cl_demand_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.demand_recv(internal) RETURNS credit_limit.demand
AS 'MODULE_PATHNAME', 'cl_demand_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.demand_send(credit_limit.demand) RETURNS bytea
AS 'MODULE_PATHNAME', 'cl_demand_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.demand_in(cstring) IS 'Input of type demand: JSON.';
COMMENT ON FUNCTION credit_limit_internal.demand_out(credit_limit.demand) IS 'Output of type demand: JSON.';
COMMENT ON FUNCTION credit_limit_internal.demand_recv(internal) IS 'Binary input of type demand; every byte is checked.';
COMMENT ON FUNCTION credit_limit_internal.demand_send(credit_limit.demand) IS 'Binary output of type demand.';

CREATE TYPE credit_limit.demand (
  INPUT = credit_limit_internal.demand_in,
  OUTPUT = credit_limit_internal.demand_out,
  RECEIVE = credit_limit_internal.demand_recv,
  SEND = credit_limit_internal.demand_send,
  INTERNALLENGTH = VARIABLE,
  STORAGE = extended
);

COMMENT ON TYPE credit_limit.demand IS
'What a borrower or a segment would draw in a month if the limit did not bind: the months that were observed, of which those at the limit say only "at least so much", or a distribution given by its parameters. Text form is JSON. Built by demand_agg, demand and demand_shrink, merged by rollup, read by demand_stats, demand_mean, demand_quantile, demand_exceeds, expected_draw and expected_unmet.';

CREATE FUNCTION credit_limit_internal.demand_transition(internal, numeric, numeric) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_demand_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.demand_transition(internal, numeric, numeric, jsonb) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_demand_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.demand_transition(internal, numeric, numeric, float8, jsonb) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_demand_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.demand_transition(internal, float8, float8) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_demand_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.demand_transition(internal, float8, float8, jsonb) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_demand_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.demand_transition(internal, float8, float8, float8, jsonb) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_demand_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.demand_rollup_transition(internal, credit_limit.demand) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_demand_rollup' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.demand_combine(internal, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_demand_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.demand_serial(internal) RETURNS bytea
AS 'MODULE_PATHNAME', 'cl_demand_serial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.demand_deserial(bytea, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_demand_deserial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.demand_final(internal) RETURNS credit_limit.demand
AS 'MODULE_PATHNAME', 'cl_demand_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.demand_transition(internal, numeric, numeric) IS 'Transition of demand_agg.';
COMMENT ON FUNCTION credit_limit_internal.demand_transition(internal, numeric, numeric, jsonb) IS 'Transition of demand_agg.';
COMMENT ON FUNCTION credit_limit_internal.demand_transition(internal, numeric, numeric, float8, jsonb) IS 'Transition of demand_agg.';
COMMENT ON FUNCTION credit_limit_internal.demand_transition(internal, float8, float8) IS 'Transition of demand_agg.';
COMMENT ON FUNCTION credit_limit_internal.demand_transition(internal, float8, float8, jsonb) IS 'Transition of demand_agg.';
COMMENT ON FUNCTION credit_limit_internal.demand_transition(internal, float8, float8, float8, jsonb) IS 'Transition of demand_agg.';
COMMENT ON FUNCTION credit_limit_internal.demand_rollup_transition(internal, credit_limit.demand) IS 'Transition of rollup.';
COMMENT ON FUNCTION credit_limit_internal.demand_combine(internal, internal) IS 'Combines the states of two workers.';
COMMENT ON FUNCTION credit_limit_internal.demand_serial(internal) IS 'State of demand_agg as bytes.';
COMMENT ON FUNCTION credit_limit_internal.demand_deserial(bytea, internal) IS 'State of demand_agg from bytes.';
COMMENT ON FUNCTION credit_limit_internal.demand_final(internal) IS 'Result of demand_agg and rollup.';

CREATE AGGREGATE credit_limit.demand_agg(balance numeric, available numeric) (
  SFUNC = credit_limit_internal.demand_transition,
  STYPE = internal,
  SSPACE = 512,
  FINALFUNC = credit_limit_internal.demand_final,
  COMBINEFUNC = credit_limit_internal.demand_combine,
  SERIALFUNC = credit_limit_internal.demand_serial,
  DESERIALFUNC = credit_limit_internal.demand_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.demand_agg(numeric, numeric) IS
'What the months of an account or of a whole segment say of demand. available: the limit that could be drawn up to in that month. A balance from 98 % of it on was at the limit: demand was at least the limit, each month its own. A balance of 0 or below is no draw. Months with a NULL, NaN or zero limit or a NULL or NaN balance say nothing: they are counted (n_skipped). No rows give NULL. Estimated by maximum likelihood where it is read: no draw with a probability, a lognormal amount otherwise. Any order, split and plan gives the same bytes. Memory: 0.5 kB per account, at most 400 kB with more than 4096 distinct limits, which are then put into cells. Error: negative limit, infinite amount. Source: Olsen 1978 (Econometrica 46, 1211).';

CREATE AGGREGATE credit_limit.demand_agg(balance numeric, available numeric, options jsonb) (
  SFUNC = credit_limit_internal.demand_transition,
  STYPE = internal,
  SSPACE = 512,
  FINALFUNC = credit_limit_internal.demand_final,
  COMBINEFUNC = credit_limit_internal.demand_combine,
  SERIALFUNC = credit_limit_internal.demand_serial,
  DESERIALFUNC = credit_limit_internal.demand_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.demand_agg(numeric, numeric, jsonb) IS
'As demand_agg(numeric, numeric), with options, the same for all rows of a group: {"distribution": "lognormal"} (default), or "normal", whose part below zero is no draw (Tobin 1958), with amounts up to 4e12; {"tolerance": 0.02}: a balance from 1 - tolerance of the limit on was at the limit (0 to 0.5). Error: an unknown option.';

CREATE AGGREGATE credit_limit.demand_agg(balance numeric, available numeric, age_months float8, options jsonb) (
  SFUNC = credit_limit_internal.demand_transition,
  STYPE = internal,
  SSPACE = 512,
  FINALFUNC = credit_limit_internal.demand_final,
  COMBINEFUNC = credit_limit_internal.demand_combine,
  SERIALFUNC = credit_limit_internal.demand_serial,
  DESERIALFUNC = credit_limit_internal.demand_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.demand_agg(numeric, numeric, float8, jsonb) IS
'As demand_agg(numeric, numeric, jsonb), where a month counts 0.5^(age_months / half_life): age_months from 0 for the newest; option half_life in months, required. A month whose age is NULL or NaN, or so long ago that it would count less than 5e-10, is left out and counted (n_skipped). Error: negative age.';

CREATE AGGREGATE credit_limit.demand_agg(balance float8, available float8) (
  SFUNC = credit_limit_internal.demand_transition,
  STYPE = internal,
  SSPACE = 512,
  FINALFUNC = credit_limit_internal.demand_final,
  COMBINEFUNC = credit_limit_internal.demand_combine,
  SERIALFUNC = credit_limit_internal.demand_serial,
  DESERIALFUNC = credit_limit_internal.demand_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.demand_agg(float8, float8) IS
'As demand_agg(numeric, numeric).';

CREATE AGGREGATE credit_limit.demand_agg(balance float8, available float8, options jsonb) (
  SFUNC = credit_limit_internal.demand_transition,
  STYPE = internal,
  SSPACE = 512,
  FINALFUNC = credit_limit_internal.demand_final,
  COMBINEFUNC = credit_limit_internal.demand_combine,
  SERIALFUNC = credit_limit_internal.demand_serial,
  DESERIALFUNC = credit_limit_internal.demand_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.demand_agg(float8, float8, jsonb) IS
'As demand_agg(numeric, numeric, jsonb).';

CREATE AGGREGATE credit_limit.demand_agg(balance float8, available float8, age_months float8, options jsonb) (
  SFUNC = credit_limit_internal.demand_transition,
  STYPE = internal,
  SSPACE = 512,
  FINALFUNC = credit_limit_internal.demand_final,
  COMBINEFUNC = credit_limit_internal.demand_combine,
  SERIALFUNC = credit_limit_internal.demand_serial,
  DESERIALFUNC = credit_limit_internal.demand_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.demand_agg(float8, float8, float8, jsonb) IS
'As demand_agg(numeric, numeric, float8, jsonb).';

CREATE AGGREGATE credit_limit.rollup(credit_limit.demand) (
  SFUNC = credit_limit_internal.demand_rollup_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.demand_final,
  COMBINEFUNC = credit_limit_internal.demand_combine,
  SERIALFUNC = credit_limit_internal.demand_serial,
  DESERIALFUNC = credit_limit_internal.demand_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.rollup(credit_limit.demand) IS
'Merges demands: the same as demand_agg over all their rows, byte for byte. NULLs are left out; no rows give NULL. Error: different options, a demand given by its parameters.';

CREATE FUNCTION credit_limit.demand(mu float8, sigma float8, p_zero float8 DEFAULT 0, distribution text DEFAULT 'lognormal')
RETURNS credit_limit.demand
AS 'MODULE_PATHNAME', 'cl_demand_construct' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.demand(float8, float8, float8, text) IS
'A demand of known distribution. lognormal: no draw with probability p_zero, otherwise log(demand) is normal with mean mu and deviation sigma; normal: demand is normal, and no draw below zero (p_zero must be 0). sigma 0: always the same amount. NULL if any is NULL. Error: sigma below 0, p_zero outside 0 to 1, NaN.';

CREATE FUNCTION credit_limit.demand_shrink(demand credit_limit.demand, prior credit_limit.demand, strength float8 DEFAULT 6)
RETURNS credit_limit.demand
AS 'MODULE_PATHNAME', 'cl_demand_shrink' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.demand_shrink(credit_limit.demand, credit_limit.demand, float8) IS
'The demand of an account leaning on that of its segment: the estimate when the prior counts as strength more months (above 0, default 6) that look like it. Of n months with a draw, none of them at the limit, mu becomes (n mu + strength prior mu) / (n + strength); p_zero likewise, of all months. Months at the limit count as in the likelihood, so that accounts without an estimate of their own get one. The result is a demand given by its parameters. NULL if one is NULL or the prior has no estimate. Error: different distributions, a first demand without observations.';

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
'One row: n months, n_zero of them without a draw, n_censored at their limit; mu and sigma of log(demand) (of demand when normal); p_zero, the probability of no draw (0 when normal); mean of demand; lower_bound, the highest limit that was reached; status: converged, few_observations (an estimate from two months below the limit), no_spread (equal balances: sigma is 0), and without estimate one_observation, all_censored, never_used (demand is 0), no_observations, not_converged, or given (parameters, no observations); standard errors from the observed information; log-likelihood of the balances, comparable between distributions; iterations of Newton; n_skipped months that say nothing; weight of the n months; n_limits distinct limits that were reached, or cells of them. NULL where it is not known.';

CREATE FUNCTION credit_limit.demand_mean(credit_limit.demand)
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_demand_mean_of' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.demand_mean(credit_limit.demand) IS
'Expected demand in a month, months without a draw included, in units of the balances; NULL when it is not known. Infinity when no double holds it.';

CREATE FUNCTION credit_limit.demand_quantile(credit_limit.demand, p float8)
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_demand_quantile_of' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.demand_quantile(credit_limit.demand, float8) IS
'The limit that covers the demand of a share p (0 to 1) of months, months without a draw included; 0 up to p_zero, which is known even where nothing else is. NULL when it is not known.';

CREATE FUNCTION credit_limit.demand_amount(credit_limit.demand, p float8 DEFAULT 0.9, decimals integer DEFAULT 2)
RETURNS numeric
AS 'MODULE_PATHNAME', 'cl_demand_amount' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.demand_amount(credit_limit.demand, float8, integer) IS
'demand_quantile as money, to the nearest unit of a number of decimals (0 to 20): what limit_gap takes as demand. NULL when it is not known or no amount is enough.';

CREATE FUNCTION credit_limit.demand_exceeds(demand credit_limit.demand, credit_limit numeric)
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_demand_exceeds_numeric' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.demand_exceeds(credit_limit.demand, numeric) IS
'The probability that demand exceeds a limit in a month. NULL when it is not known or the limit is NaN. Error: negative or infinite limit.';

CREATE FUNCTION credit_limit.demand_exceeds(demand credit_limit.demand, credit_limit float8)
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_demand_exceeds_float8' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.demand_exceeds(credit_limit.demand, float8) IS
'As demand_exceeds(demand, numeric).';

CREATE FUNCTION credit_limit.expected_draw(demand credit_limit.demand, credit_limit numeric)
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_expected_draw_numeric' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.expected_draw(credit_limit.demand, numeric) IS
'The part of demand that a limit lets through, E[min(demand, limit)] per month: rising and concave in the limit, its slope is demand_exceeds. The limited expected value of insurance (Klugman, Panjer and Willmot, Loss Models). NULL when it is not known or the limit is NaN. Error: negative or infinite limit.';

CREATE FUNCTION credit_limit.expected_draw(demand credit_limit.demand, credit_limit float8)
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_expected_draw_float8' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.expected_draw(credit_limit.demand, float8) IS
'As expected_draw(demand, numeric).';

CREATE FUNCTION credit_limit.expected_unmet(demand credit_limit.demand, credit_limit numeric)
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_expected_unmet_numeric' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.expected_unmet(credit_limit.demand, numeric) IS
'The part of demand that a limit turns away, E[max(0, demand - limit)] per month; expected_draw and it add up to demand_mean. NULL when it is not known or the limit is NaN. Error: negative or infinite limit.';

CREATE FUNCTION credit_limit.expected_unmet(demand credit_limit.demand, credit_limit float8)
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_expected_unmet_float8' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.expected_unmet(credit_limit.demand, float8) IS
'As expected_unmet(demand, numeric).';

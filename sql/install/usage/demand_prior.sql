-- demand_prior: what the accounts of a segment have in common, and what an account's own months make of it.

CREATE FUNCTION credit_limit.demand_prior_fit(query text, options jsonb DEFAULT '{}') RETURNS credit_limit.demand_prior
AS 'MODULE_PATHNAME', 'cl_demand_prior_fit' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 100000;

COMMENT ON FUNCTION credit_limit.demand_prior_fit(text, jsonb) IS
'The population behind all accounts of a query, which returns account (an integer or text) and demand (with its months, one for '
'each account), by these names or by place. Up to 100,000 accounts it is compact(demand_prior_agg(account, demand, options)). '
'Of more, the level and sigma of all count, and each step of the search runs the query again, some three to ten times, in '
'parallel where the planner can; carry, start, the months without a draw, log scores and ceilings are those of the 100,000 '
'with the smallest hash. It is compact, and cannot be merged. The query must be one SELECT that only reads, without volatile '
'functions and row locks. It runs with the rights and the search_path of the caller; all scans see the snapshot of the calling '
'statement. No accounts, and a NULL query or options, give NULL. Errors: other columns (42804), anything else than one SELECT '
'that only reads, or a demand without months (22023), scans that see different rows (55000).';

CREATE FUNCTION credit_limit.demand_prior_stats(
  credit_limit.demand_prior,
  OUT n_accounts bigint,
  OUT n_kept integer,
  OUT n_fitted integer,
  OUT n_out_of_scope bigint,
  OUT n_without bigint,
  OUT n_months bigint,
  OUT distribution text,
  OUT level_mean float8,
  OUT level_sd float8,
  OUT spread_mean float8,
  OUT spread_sd float8,
  OUT carry float8,
  OUT start float8,
  OUT p_zero float8,
  OUT stops float8,
  OUT stays float8,
  OUT ceiling float8,
  OUT seen float8,
  OUT status text,
  OUT log_score_lognormal float8,
  OUT log_score_normal float8,
  OUT log_score_gamma float8)
AS 'MODULE_PATHNAME', 'cl_demand_prior_stats' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.demand_prior_stats(credit_limit.demand_prior) IS
'One row: n_accounts in scope, n_kept of them kept, n_fitted of these with a draw; n_out_of_scope accounts without a limit '
'above 0 in their last 12 months; n_without a demand; n_months that say something. distribution, the one of the best log '
'score (per month with a draw, log_score_lognormal and so on, of one that is clearly worse as far as it was looked into; NULL '
'where not tried) unless an option named it. level_mean and level_sd of the logarithm of an account''s middle draw; '
'spread_mean and spread_sd of log sigma, sigma being how far draws lie from it, relative to it, level_sd and spread_sd with '
'the errors of the means; carry, the coefficient from month to '
'month of the deviations (0 to 0.998: balances stay where they are until something happens); start, their variance in the '
'first month relative to that of later ones (1 where a history goes on as it began); p_zero, the share of months without a '
'draw, stops, that of months after a draw, and stays, '
'that of months after one without; ceiling of all accounts together; seen, the amount that 99 of 100 accounts with a draw below '
'their limit never drew more than there (NULL without one); status: converged, max_iterations, or no_draws '
'(nothing is estimated).';

CREATE FUNCTION credit_limit.demand_prior_ceilings(credit_limit.demand_prior)
RETURNS TABLE (
  limit_from float8,
  limit_below float8,
  n_peers integer,
  ceiling float8)
AS 'MODULE_PATHNAME', 'cl_demand_prior_ceilings' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 20;

COMMENT ON FUNCTION credit_limit.demand_prior_ceilings(credit_limit.demand_prior) IS
'A row for each class of limits, from one power of two to the next, that kept accounts have: ceiling is the 0.999 quantile '
'of what n_peers of them ever drew or were granted, and never the highest of one account. With fewer than 200 accounts in a '
'class, those of the classes next to it are peers too. An account between the middles of two classes has a ceiling between '
'theirs, in a straight line of logarithms.';

CREATE FUNCTION credit_limit.compact(credit_limit.demand_prior)
RETURNS credit_limit.demand_prior
AS 'MODULE_PATHNAME', 'cl_demand_prior_compact' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.compact(credit_limit.demand_prior) IS
'The same without its accounts, in 1 kB or so: all that demand_posterior needs. It cannot be merged any more. NULL gives '
'NULL.';

CREATE FUNCTION credit_limit.demand_posterior(
  demand credit_limit.demand,
  prior credit_limit.demand_prior,
  as_of date DEFAULT NULL,
  horizon integer DEFAULT 1)
RETURNS credit_limit.demand
AS 'MODULE_PATHNAME', 'cl_demand_posterior' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;

COMMENT ON FUNCTION credit_limit.demand_posterior(credit_limit.demand, credit_limit.demand_prior, date, integer) IS
'The demand of one account by its own months and the population behind it (empirical Bayes): of the month that lies '
'horizon (1 to 36) months after as_of, which is the last month on file where it is NULL. What its last months deviate from '
'its level is carried on, as the population does; what is not known of level and spread is inside the quantiles; none lies '
'above the ceiling, that of peers of its limit, or the highest it ever drew or was granted. demand_stats gives mu, sigma '
'and p_zero of the long run with their standard errors. Status: posterior (carried by the account''s own months), '
'mostly_prior (prior_weight is above 0.5, or the 0.9 quantile lies above all it ever drew or was granted and more than a '
'tenth of its months reached the limit), prior_only (no month with a draw), tail (the 0.9 quantile is the ceiling, or lies '
'above that and above what demand_prior_stats calls seen: only the form of the distribution says so), out_of_scope (no '
'limit above 0 in its last 12 months: nothing is said). A NULL demand is an account without months, which gets what is '
'known of the segment; a NULL prior or horizon, or a prior without draws, gives NULL. It holds no months and cannot be '
'merged. Error: a demand without months (22023), months after as_of.';

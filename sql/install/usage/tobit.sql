-- tobit: what a tobit_model says.

CREATE FUNCTION credit_limit.tobit_table(
  model credit_limit.tobit_model,
  names text[] DEFAULT NULL,
  OUT term text,
  OUT estimate float8,
  OUT std_error float8,
  OUT z float8,
  OUT p_value float8,
  OUT conf_low float8,
  OUT conf_high float8,
  OUT note text
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'cl_tobit_table' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100 ROWS 20;

COMMENT ON FUNCTION credit_limit.tobit_table(credit_limit.tobit_model, text[]) IS
'The coefficients of a model, the intercept first, in units of y by unit of x, and in the last row Log(scale), the logarithm '
'of sigma: estimate, standard error, Wald''s z with its two-sided p_value, and the interval of the model''s confidence. A '
'coefficient says how the y moves that is not censored. names stand for those of the model, a NULL among them for no other. '
'An aliased term has no estimate; after separation no term has a standard error, and the separating ones are noted: their '
'estimates are infinite, and what is shown is where the search ended. NULL gives no rows. Error: names of another number.';

CREATE FUNCTION credit_limit.tobit_summary(
  model credit_limit.tobit_model,
  OUT n bigint,
  OUT n_skipped bigint,
  OUT n_exact bigint,
  OUT n_left bigint,
  OUT n_right bigint,
  OUT n_interval bigint,
  OUT weight float8,
  OUT n_clusters bigint,
  OUT sigma float8,
  OUT sigma_std_error float8,
  OUT loglik float8,
  OUT aic float8,
  OUT bic float8,
  OUT n_coefficients integer,
  OUT iterations integer,
  OUT condition_number float8,
  OUT status text,
  OUT message text
) RETURNS record
AS 'MODULE_PATHNAME', 'cl_tobit_summary' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;

COMMENT ON FUNCTION credit_limit.tobit_summary(credit_limit.tobit_model) IS
'How a model was fitted: rows that count, rows left out, and of those that count how many have a y that is seen, at most '
'lower, at least upper, or between. weight: the sum of the weights (n without weights). n_clusters: NULL where there are '
'none. sigma: the standard deviation of y around its mean, without censoring. loglik is that of y in its own unit; aic and '
'bic count the coefficients and sigma, and bic takes the logarithm of weight. condition_number: largest over smallest '
'singular value of the centred, weighted columns of length 1, above 30 they hardly differ. status: converged; rank_deficient:'
' converged, and some terms are aliased; one_cluster: converged, without standard errors; separation: all rows of a term are '
'censored at one side, message names it; all_censored: sigma cannot be estimated, no coefficients; perfect_fit: no scatter, '
'sigma is 0; max_iterations: not settled. All NULL for a model that was written down; NULL gives NULL.';

CREATE FUNCTION credit_limit.tobit_predict(
  model credit_limit.tobit_model,
  x anyarray,
  lower float8 DEFAULT NULL,
  upper float8 DEFAULT NULL
) RETURNS float8
AS 'MODULE_PATHNAME', 'cl_tobit_predict' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;

COMMENT ON FUNCTION credit_limit.tobit_predict(credit_limit.tobit_model, anyarray, float8, float8) IS
'The mean of y at x, in units of y. Without bounds that of the y that is not censored: intercept + sum of coefficient * x. '
'With bounds that of the y that would be seen: the mean of min(max(y, lower), upper); a NULL bound is none. x has an element '
'for each term, numbers of any type; aliased terms count nothing. NULL when x or an element of it is NULL, NaN or infinite, '
'when the model is NULL or has no coefficients, or has no sigma and there are bounds. Errors: x of another length, lower '
'above upper, a bound that is not finite.';

CREATE FUNCTION credit_limit.demand(model credit_limit.tobit_model, x float8[]) RETURNS credit_limit.demand
AS 'MODULE_PATHNAME', 'cl_demand_of_tobit' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION credit_limit.demand(credit_limit.tobit_model, float8[]) IS
'The demand that a Tobit regression of balances expects of a borrower with x, one number for each term: normal, mu the model''s '
'mean at x without bounds and sigma that of the model, in units of y; no ceiling, no basis. The same sigma for all, and nothing '
'of the borrower''s own months. NULL when an argument is NULL, an element of x is NaN or infinite, or the model has no '
'coefficients or no sigma. Errors: x of another length (2202E), a NULL in x (22004).';

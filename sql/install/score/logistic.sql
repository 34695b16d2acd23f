-- logistic: logistic regression, from one pass over the rows or from several, and the model that it gives.

CREATE TYPE credit_limit.logit_step AS (
  n bigint,
  n_skipped bigint,
  n_event bigint,
  checksum bigint,
  loglik float8,
  gradient float8[],
  information float8[]
);

COMMENT ON TYPE credit_limit.logit_step IS
'What logit_newton_step adds up: with it beta + inverse(information) * gradient is Newton''s next beta. Those of parts of the '
'rows are added element by element, but for the checksum.';
COMMENT ON COLUMN credit_limit.logit_step.n IS 'Rows that count.';
COMMENT ON COLUMN credit_limit.logit_step.n_skipped IS 'Rows left out for a NULL, NaN or infinite value.';
COMMENT ON COLUMN credit_limit.logit_step.n_event IS 'Events among the rows that count.';
COMMENT ON COLUMN credit_limit.logit_step.checksum IS
'Of the rows that count, in any order: two scans that saw the same rows have the same.';
COMMENT ON COLUMN credit_limit.logit_step.loglik IS 'Log-likelihood at beta. NULL, as the others, when no row counts.';
COMMENT ON COLUMN credit_limit.logit_step.gradient IS 'Its derivative by beta, the intercept first.';
COMMENT ON COLUMN credit_limit.logit_step.information IS 'Minus its second derivative, a symmetric matrix.';

CREATE FUNCTION credit_limit.logistic_regression_fit(query text, options jsonb DEFAULT '{}') RETURNS credit_limit.logit_model
AS 'MODULE_PATHNAME', 'cl_logistic_regression_fit' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 100000;

COMMENT ON FUNCTION credit_limit.logistic_regression_fit(text, jsonb) IS
'The logistic regression of the rows (event boolean, x array of numbers [, weight]) of a query, of which none is kept: each '
'step of Newton''s method runs the query through logit_newton_step, in parallel and partition by partition where the planner '
'can. For rows that do not fit into memory, and for partitioned, foreign and distributed tables. Columns are found by name if '
'the query has an event and an x, else by place. The query must be one SELECT that only reads, without volatile functions and '
'row locks. It runs with the rights and the search_path of the caller; all scans see the snapshot of the calling statement. '
'Options and results as in logistic_regression, but without the penalty firth, and columns are aliased where their squares '
'depend on those before them to 1e-12. Option shards, names of relations: each step sums up the query of each of them in turn, '
'which it reads under the name shard, so that foreign tables send sums. No rows, and a NULL query or options, give NULL. '
'Errors: other columns (42804), anything '
'else than one SELECT that only reads (22023), scans that see different rows (55000).';

CREATE FUNCTION credit_limit.logit_coefficients(
  model credit_limit.logit_model,
  names text[] DEFAULT NULL,
  OUT term text,
  OUT estimate float8,
  OUT std_error float8,
  OUT z float8,
  OUT p_value float8,
  OUT conf_low float8,
  OUT conf_high float8,
  OUT odds_ratio float8,
  OUT aliased boolean,
  OUT note text,
  OUT vif float8
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'cl_logit_coefficients' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100 ROWS 20;

COMMENT ON FUNCTION credit_limit.logit_coefficients(credit_limit.logit_model, text[]) IS
'The coefficients of a model, the intercept first: estimate, standard error, Wald''s z with its two-sided p_value, the interval '
'of the model''s confidence, and exp(estimate). names stand for those of the model, a NULL among them for no other. An aliased '
'term has no estimate, a term that is held at 0 by its sign no standard error, and after separation no term has one, and the '
'separating ones are noted: their estimates are infinite, and what is shown is where the search ended. After l2 the standard '
'errors are those of the penalised information, without the bias. vif: the variance inflation factor of a term, above 10 its '
'estimate says little without the others (Fox and Monette 1992); NULL after robust. NULL gives no rows. Error: names of another '
'number.';

CREATE FUNCTION credit_limit.logit_summary(
  model credit_limit.logit_model,
  OUT n bigint,
  OUT n_skipped bigint,
  OUT n_event bigint,
  OUT loglik float8,
  OUT null_deviance float8,
  OUT deviance float8,
  OUT aic float8,
  OUT bic float8,
  OUT iterations integer,
  OUT condition_number float8,
  OUT status text,
  OUT message text,
  OUT weight float8,
  OUT event_weight float8,
  OUT n_coefficients integer,
  OUT df_residual float8,
  OUT mcfadden_r2 float8,
  OUT lr_chi2 float8,
  OUT lr_df integer,
  OUT lr_p_value float8,
  OUT penalty text,
  OUT lambda float8,
  OUT nagelkerke_r2 float8,
  OUT robust boolean
) RETURNS record
AS 'MODULE_PATHNAME', 'cl_logit_summary' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;

COMMENT ON FUNCTION credit_limit.logit_summary(credit_limit.logit_model) IS
'How a model was fitted. status: converged; rank_deficient: converged, and some terms are aliased; bounded: '
'converged, and some are at max_coefficient; separation, '
'quasi_separation: the likelihood has no maximum, message names the terms; max_iterations: not settled; one_class: all rows '
'have the same outcome, no coefficients. loglik and deviance are without the penalty; null_deviance is that of the intercept '
'alone; aic and bic count n_coefficients, those that were estimated, and bic takes the logarithm of weight, the sum of the '
'weights (n without weights). condition_number: largest over smallest singular value of the centred, weighted columns of length '
'1, above 30 they hardly differ (Belsley, Kuh and Welsch 1980). lr_chi2, lr_df, lr_p_value: the likelihood ratio test against '
'the intercept alone. nagelkerke_r2: of what the likelihood can gain, the part that it has (Nagelkerke 1991). '
'All NULL for a model '
'that was written down; NULL gives NULL.';

CREATE FUNCTION credit_limit.logit_predict(model credit_limit.logit_model, x anyarray) RETURNS float8
AS 'MODULE_PATHNAME', 'cl_logit_predict' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION credit_limit.logit_predict(credit_limit.logit_model, anyarray) IS
'The probability of the event, a fraction: 1 / (1 + exp(-logit_link)). x has an element for each term, numbers of any type; '
'aliased terms count nothing. NULL when x or an element of it is NULL, NaN or infinite, or the model has no coefficients. '
'Error: x of another length.';

CREATE FUNCTION credit_limit.logit_link(model credit_limit.logit_model, x anyarray) RETURNS float8
AS 'MODULE_PATHNAME', 'cl_logit_link' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION credit_limit.logit_link(credit_limit.logit_model, anyarray) IS
'The linear predictor of a model, the logarithm of the odds of the event: intercept + sum of coefficient * x. Arguments as in '
'logit_predict.';

CREATE FUNCTION credit_limit.logit_stepwise(
  query text,
  terms text[],
  options jsonb DEFAULT '{}',
  OUT step integer,
  OUT action text,
  OUT term text,
  OUT n_coefficients integer,
  OUT deviance float8,
  OUT aic float8,
  OUT bic float8,
  OUT status text,
  OUT n bigint,
  OUT n_skipped bigint,
  OUT selected text[]
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'cl_logit_stepwise_query' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000 ROWS 20;

COMMENT ON FUNCTION credit_limit.logit_stepwise(text, text[], jsonb) IS
'Selects terms of a logistic regression as R''s step does: of all terms that may be added or dropped the one that lowers the '
'criterion most, until none does; of equals the first in the order of x. The query returns (event boolean, x array of numbers '
'[, weight]) and is read once; terms names the elements of x. A row with a NULL in any of them is left out for all candidates. '
'A row for the start and for each step, with the terms that are in after it; action: start, add, drop, or drop aliased, of '
'terms that depend on those before them. Options: direction both (default), forward, backward; start all or none (default all, '
'for forward none); criterion aic (default), bic; force: terms that are always in; max_steps (10000); max_iterations, tolerance '
'and signs as in logistic_regression. No rows, and a NULL query or terms, give no rows. Memory as of logistic_regression. '
'Error: other columns, terms of another number, a forced term that is none.';

-- logistic: logistic regression, from one pass over the rows or from several, and the model that it gives.

CREATE TYPE credit_limit.logit_model;

CREATE FUNCTION credit_limit_internal.logit_model_in(cstring) RETURNS credit_limit.logit_model
AS 'MODULE_PATHNAME', 'cl_logit_model_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.logit_model_out(credit_limit.logit_model) RETURNS cstring
AS 'MODULE_PATHNAME', 'cl_logit_model_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.logit_model_recv(internal) RETURNS credit_limit.logit_model
AS 'MODULE_PATHNAME', 'cl_logit_model_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.logit_model_send(credit_limit.logit_model) RETURNS bytea
AS 'MODULE_PATHNAME', 'cl_logit_model_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.logit_model_in(cstring) IS 'Input of type logit_model: JSON, validated.';
COMMENT ON FUNCTION credit_limit_internal.logit_model_out(credit_limit.logit_model) IS 'Output of type logit_model: canonical JSON.';
COMMENT ON FUNCTION credit_limit_internal.logit_model_recv(internal) IS 'Binary input of type logit_model: a version byte, then JSON, validated.';
COMMENT ON FUNCTION credit_limit_internal.logit_model_send(credit_limit.logit_model) IS 'Binary output of type logit_model: a version byte, then canonical JSON.';

CREATE TYPE credit_limit.logit_model (
  INPUT = credit_limit_internal.logit_model_in,
  OUTPUT = credit_limit_internal.logit_model_out,
  RECEIVE = credit_limit_internal.logit_model_recv,
  SEND = credit_limit_internal.logit_model_send,
  INTERNALLENGTH = VARIABLE,
  STORAGE = extended
);

COMMENT ON TYPE credit_limit.logit_model IS
'A logistic model of the probability of an event: intercept, terms [{name, coefficient, note}], confidence (0.95) of its intervals, and, when it was fitted here, fit (status, counts, likelihoods) and the covariance of its coefficients (the lower triangle). Only intercept and terms are needed, so a model from elsewhere can be written down. Made by logistic_regression and logistic_regression_fit; read by logit_coefficients, logit_summary, logit_predict and logit_link. At most 1000 terms.';

CREATE FUNCTION credit_limit.logit_model(jsonb) RETURNS credit_limit.logit_model
AS 'MODULE_PATHNAME', 'cl_logit_model_from_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION credit_limit.logit_model(jsonb) IS
'A logit_model from jsonb, validated as its text form is; NULL gives NULL.';

CREATE CAST (jsonb AS credit_limit.logit_model) WITH FUNCTION credit_limit.logit_model(jsonb) AS ASSIGNMENT;
COMMENT ON CAST (jsonb AS credit_limit.logit_model) IS 'validates the document as its text form is';

CREATE FUNCTION credit_limit_internal.logit_model_to_jsonb(credit_limit.logit_model) RETURNS pg_catalog.jsonb
AS 'MODULE_PATHNAME', 'cl_logit_model_to_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION credit_limit_internal.logit_model_to_jsonb(credit_limit.logit_model) IS
'The canonical document of a logit_model as jsonb; NULL gives NULL.';

CREATE CAST (credit_limit.logit_model AS jsonb) WITH FUNCTION credit_limit_internal.logit_model_to_jsonb(credit_limit.logit_model) AS ASSIGNMENT;
COMMENT ON CAST (credit_limit.logit_model AS jsonb) IS 'the canonical document; jsonb_pretty() of it is good to read';

CREATE FUNCTION credit_limit_internal.logistic_transition(internal, boolean, anyarray) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_logistic_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.logistic_transition(internal, boolean, anyarray, jsonb) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_logistic_options_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.logistic_transition(internal, boolean, anyarray, text) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_logistic_text_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.logistic_transition(internal, boolean, anyarray, float8) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_logistic_weight_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.logistic_transition(internal, boolean, anyarray, float8, jsonb) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_logistic_weight_options_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.logistic_combine(internal, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_logistic_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.logistic_serial(internal) RETURNS bytea
AS 'MODULE_PATHNAME', 'cl_logistic_serial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.logistic_deserial(bytea, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_logistic_deserial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.logistic_final(internal) RETURNS credit_limit.logit_model
AS 'MODULE_PATHNAME', 'cl_logistic_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.logistic_transition(internal, boolean, anyarray) IS 'Transition of logistic_regression.';
COMMENT ON FUNCTION credit_limit_internal.logistic_transition(internal, boolean, anyarray, jsonb) IS 'Transition of logistic_regression.';
COMMENT ON FUNCTION credit_limit_internal.logistic_transition(internal, boolean, anyarray, text) IS 'Transition of logistic_regression.';
COMMENT ON FUNCTION credit_limit_internal.logistic_transition(internal, boolean, anyarray, float8) IS 'Transition of logistic_regression.';
COMMENT ON FUNCTION credit_limit_internal.logistic_transition(internal, boolean, anyarray, float8, jsonb) IS 'Transition of logistic_regression.';
COMMENT ON FUNCTION credit_limit_internal.logistic_combine(internal, internal) IS 'Combines the states of two workers.';
COMMENT ON FUNCTION credit_limit_internal.logistic_serial(internal) IS 'State of logistic_regression as bytes.';
COMMENT ON FUNCTION credit_limit_internal.logistic_deserial(bytea, internal) IS 'State of logistic_regression from bytes.';
COMMENT ON FUNCTION credit_limit_internal.logistic_final(internal) IS 'Result of logistic_regression.';

CREATE AGGREGATE credit_limit.logistic_regression(event boolean, x anyarray) (
  SFUNC = credit_limit_internal.logistic_transition,
  STYPE = internal,
  SSPACE = 65536,
  FINALFUNC = credit_limit_internal.logistic_final,
  COMBINEFUNC = credit_limit_internal.logistic_combine,
  SERIALFUNC = credit_limit_internal.logistic_serial,
  DESERIALFUNC = credit_limit_internal.logistic_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.logistic_regression(boolean, anyarray) IS
'The logistic regression of event (true: the bad outcome) on the elements of x, with an intercept. x is an array of numbers of any type, of the same length in all rows; numeric elements are read without a detour. Rows where event, x, or an element of it is NULL, NaN or infinite are left out and counted; no rows give NULL. The coefficients are those of R''s glm (family binomial, logit link) to 1e-8, and so are standard errors and deviance, taken at the coefficients themselves; columns that depend on those before them are aliased, with R''s tolerance of 1e-11. The answer does not depend on the order of the rows or on workers beyond 1e-10. What cannot be estimated is told by the status: see logit_summary. Memory: 8 bytes per element of x and 1 per row, 8 more with weights; for more rows than fit use logistic_regression_fit. Error: x of different lengths, of more than 1000 elements, or beyond 1e100. Source: McCullagh and Nelder (1989), Generalized Linear Models.';

CREATE AGGREGATE credit_limit.logistic_regression(event boolean, x anyarray, options jsonb) (
  SFUNC = credit_limit_internal.logistic_transition,
  STYPE = internal,
  SSPACE = 65536,
  FINALFUNC = credit_limit_internal.logistic_final,
  COMBINEFUNC = credit_limit_internal.logistic_combine,
  SERIALFUNC = credit_limit_internal.logistic_serial,
  DESERIALFUNC = credit_limit_internal.logistic_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.logistic_regression(boolean, anyarray, jsonb) IS
'As logistic_regression(boolean, anyarray), with options, the same in all rows. penalty: none, l2 (least -loglik + lambda / 2 * sum of squared coefficients, without the intercept), firth (Firth 1993: the bias is reduced, and separation does no harm). lambda: of l2. standardize (false): l2 sees coefficients of columns with standard deviation 1. max_iterations (50), tolerance (1e-10, of the deviance, relative). signs: "+" or "-" for all terms, or an array of "+", "-" and null, one for each: a coefficient that would leave its sign is held at 0. confidence (0.95) of the intervals. names: of the terms. NULL is no options. Error: an unknown key, and options that contradict each other.';

CREATE AGGREGATE credit_limit.logistic_regression(event boolean, x anyarray, options text) (
  SFUNC = credit_limit_internal.logistic_transition,
  STYPE = internal,
  SSPACE = 65536,
  FINALFUNC = credit_limit_internal.logistic_final,
  COMBINEFUNC = credit_limit_internal.logistic_combine,
  SERIALFUNC = credit_limit_internal.logistic_serial,
  DESERIALFUNC = credit_limit_internal.logistic_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.logistic_regression(boolean, anyarray, text) IS
'As logistic_regression(boolean, anyarray, jsonb), of options written as a literal, which then need no cast.';

CREATE AGGREGATE credit_limit.logistic_regression(event boolean, x anyarray, weight float8) (
  SFUNC = credit_limit_internal.logistic_transition,
  STYPE = internal,
  SSPACE = 65536,
  FINALFUNC = credit_limit_internal.logistic_final,
  COMBINEFUNC = credit_limit_internal.logistic_combine,
  SERIALFUNC = credit_limit_internal.logistic_serial,
  DESERIALFUNC = credit_limit_internal.logistic_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.logistic_regression(boolean, anyarray, float8) IS
'As logistic_regression(boolean, anyarray), with a frequency weight for each row: weight w is the same as w equal rows. Rows with a NULL or NaN weight are left out and counted, a weight of 0 is no row. Error: a weight that is negative, infinite, or outside 1e-100 to 1e100.';

CREATE AGGREGATE credit_limit.logistic_regression(event boolean, x anyarray, weight float8, options jsonb) (
  SFUNC = credit_limit_internal.logistic_transition,
  STYPE = internal,
  SSPACE = 65536,
  FINALFUNC = credit_limit_internal.logistic_final,
  COMBINEFUNC = credit_limit_internal.logistic_combine,
  SERIALFUNC = credit_limit_internal.logistic_serial,
  DESERIALFUNC = credit_limit_internal.logistic_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.logistic_regression(boolean, anyarray, float8, jsonb) IS
'As logistic_regression(boolean, anyarray, jsonb), with a frequency weight for each row: weight w is the same as w equal rows. Options may be ''{}''. Rows with a NULL or NaN weight are left out and counted, a weight of 0 is no row. Error: a weight that is neither 0 nor between 1e-100 and 1e100.';

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
'What logit_newton_step adds up: with it beta + inverse(information) * gradient is Newton''s next beta. Those of parts of the rows are added element by element, but for the checksum.';
COMMENT ON COLUMN credit_limit.logit_step.n IS 'Rows that count.';
COMMENT ON COLUMN credit_limit.logit_step.n_skipped IS 'Rows left out for a NULL, NaN or infinite value.';
COMMENT ON COLUMN credit_limit.logit_step.n_event IS 'Events among the rows that count.';
COMMENT ON COLUMN credit_limit.logit_step.checksum IS 'Of the rows that count, in any order: two scans that saw the same rows have the same.';
COMMENT ON COLUMN credit_limit.logit_step.loglik IS 'Log-likelihood at beta. NULL, as the others, when no row counts.';
COMMENT ON COLUMN credit_limit.logit_step.gradient IS 'Its derivative by beta, the intercept first.';
COMMENT ON COLUMN credit_limit.logit_step.information IS 'Minus its second derivative, a symmetric matrix.';

CREATE FUNCTION credit_limit_internal.logit_step_transition(internal, boolean, anyarray, float8[]) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_logit_step_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.logit_step_transition(internal, boolean, anyarray, float8[], float8) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_logit_step_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.logit_step_transition(internal, boolean, anyarray, float8[], float8, float8[], float8[]) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_logit_step_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.logit_step_combine(internal, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_logit_step_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.logit_step_serial(internal) RETURNS bytea
AS 'MODULE_PATHNAME', 'cl_logit_step_serial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.logit_step_deserial(bytea, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_logit_step_deserial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.logit_step_final(internal) RETURNS credit_limit.logit_step
AS 'MODULE_PATHNAME', 'cl_logit_step_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.logit_step_transition(internal, boolean, anyarray, float8[]) IS 'Transition of logit_newton_step.';
COMMENT ON FUNCTION credit_limit_internal.logit_step_transition(internal, boolean, anyarray, float8[], float8) IS 'Transition of logit_newton_step.';
COMMENT ON FUNCTION credit_limit_internal.logit_step_transition(internal, boolean, anyarray, float8[], float8, float8[], float8[]) IS 'Transition of logit_newton_step.';
COMMENT ON FUNCTION credit_limit_internal.logit_step_combine(internal, internal) IS 'Combines the states of two workers.';
COMMENT ON FUNCTION credit_limit_internal.logit_step_serial(internal) IS 'State of logit_newton_step as bytes.';
COMMENT ON FUNCTION credit_limit_internal.logit_step_deserial(bytea, internal) IS 'State of logit_newton_step from bytes.';
COMMENT ON FUNCTION credit_limit_internal.logit_step_final(internal) IS 'Result of logit_newton_step.';

CREATE AGGREGATE credit_limit.logit_newton_step(event boolean, x anyarray, beta float8[]) (
  SFUNC = credit_limit_internal.logit_step_transition,
  STYPE = internal,
  SSPACE = 65536,
  FINALFUNC = credit_limit_internal.logit_step_final,
  COMBINEFUNC = credit_limit_internal.logit_step_combine,
  SERIALFUNC = credit_limit_internal.logit_step_serial,
  DESERIALFUNC = credit_limit_internal.logit_step_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.logit_newton_step(boolean, anyarray, float8[]) IS
'Log-likelihood of a logistic regression at given coefficients, its gradient and its information: what a step of Newton''s method needs of the rows, in one parallel scan, for drivers of your own and for institutions that share sums instead of borrowers. beta has the intercept first, is the same in all rows, and may be empty: all coefficients 0. x, NULLs and no rows as in logistic_regression. Sums are compensated: the same to 1e-12 for every plan. Memory: some 2 kB per element of x, and 24 bytes per pair of them. Error: beta of another length, NULL, or not the same in all rows.';

CREATE AGGREGATE credit_limit.logit_newton_step(event boolean, x anyarray, beta float8[], weight float8) (
  SFUNC = credit_limit_internal.logit_step_transition,
  STYPE = internal,
  SSPACE = 65536,
  FINALFUNC = credit_limit_internal.logit_step_final,
  COMBINEFUNC = credit_limit_internal.logit_step_combine,
  SERIALFUNC = credit_limit_internal.logit_step_serial,
  DESERIALFUNC = credit_limit_internal.logit_step_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.logit_newton_step(boolean, anyarray, float8[], float8) IS
'As logit_newton_step(boolean, anyarray, float8[]), with a frequency weight for each row, as in logistic_regression.';

CREATE AGGREGATE credit_limit.logit_newton_step(event boolean, x anyarray, beta float8[], weight float8, center float8[], scale float8[]) (
  SFUNC = credit_limit_internal.logit_step_transition,
  STYPE = internal,
  SSPACE = 65536,
  FINALFUNC = credit_limit_internal.logit_step_final,
  COMBINEFUNC = credit_limit_internal.logit_step_combine,
  SERIALFUNC = credit_limit_internal.logit_step_serial,
  DESERIALFUNC = credit_limit_internal.logit_step_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.logit_newton_step(boolean, anyarray, float8[], float8, float8[], float8[]) IS
'As logit_newton_step(boolean, anyarray, float8[], float8), for columns that enter as (x - center) / scale; beta, gradient and information are those of such columns. For values that are large against their spread, such as dates, this keeps the digits. Either may be empty: 0, and 1. Error: a scale that is not positive.';

CREATE FUNCTION credit_limit.logistic_regression_fit(query text, options jsonb DEFAULT '{}') RETURNS credit_limit.logit_model
AS 'MODULE_PATHNAME', 'cl_logistic_regression_fit' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 100000;

COMMENT ON FUNCTION credit_limit.logistic_regression_fit(text, jsonb) IS
'The logistic regression of the rows (event boolean, x array of numbers [, weight]) of a query, of which none is kept: each step of Newton''s method runs the query through logit_newton_step, in parallel and partition by partition where the planner can. For rows that do not fit into memory, and for partitioned, foreign and distributed tables. Columns are found by name if the query has an event and an x, else by place. The query must be one SELECT that only reads, without volatile functions and row locks. It runs with the rights and the search_path of the caller; all scans see the snapshot of the calling statement. Options and results as in logistic_regression, but without the penalty firth, and columns are aliased where their squares depend on those before them to 1e-12. No rows, and a NULL query or options, give NULL. Errors: other columns (42804), anything else than one SELECT that only reads (22023), scans that see different rows (55000).';

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
  OUT note text
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'cl_logit_coefficients' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100 ROWS 20;

COMMENT ON FUNCTION credit_limit.logit_coefficients(credit_limit.logit_model, text[]) IS
'The coefficients of a model, the intercept first: estimate, standard error, Wald''s z with its two-sided p_value, the interval of the model''s confidence, and exp(estimate). names stand for those of the model, a NULL among them for no other. An aliased term has no estimate, a term that is held at 0 by its sign no standard error, and after separation no term has one, and the separating ones are noted: their estimates are infinite, and what is shown is where the search ended. After l2 the standard errors are those of the penalised information, without the bias. NULL gives no rows. Error: names of another number.';

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
  OUT lambda float8
) RETURNS record
AS 'MODULE_PATHNAME', 'cl_logit_summary' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;

COMMENT ON FUNCTION credit_limit.logit_summary(credit_limit.logit_model) IS
'How a model was fitted. status: converged; rank_deficient: converged, and some terms are aliased; separation, quasi_separation: the likelihood has no maximum, message names the terms; max_iterations: not settled; one_class: all rows have the same outcome, no coefficients. loglik and deviance are without the penalty; null_deviance is that of the intercept alone; aic and bic count n_coefficients, those that were estimated, and bic takes the logarithm of weight, the sum of the weights (n without weights). condition_number: largest over smallest singular value of the centred, weighted columns of length 1, above 30 they hardly differ (Belsley, Kuh and Welsch 1980). lr_chi2, lr_df, lr_p_value: the likelihood ratio test against the intercept alone. All NULL for a model that was written down; NULL gives NULL.';

CREATE FUNCTION credit_limit.logit_predict(model credit_limit.logit_model, x anyarray) RETURNS float8
AS 'MODULE_PATHNAME', 'cl_logit_predict' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION credit_limit.logit_predict(credit_limit.logit_model, anyarray) IS
'The probability of the event, a fraction: 1 / (1 + exp(-logit_link)). x has an element for each term, numbers of any type; aliased terms count nothing. NULL when x or an element of it is NULL, NaN or infinite, or the model has no coefficients. Error: x of another length.';

CREATE FUNCTION credit_limit.logit_link(model credit_limit.logit_model, x anyarray) RETURNS float8
AS 'MODULE_PATHNAME', 'cl_logit_link' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION credit_limit.logit_link(credit_limit.logit_model, anyarray) IS
'The linear predictor of a model, the logarithm of the odds of the event: intercept + sum of coefficient * x. Arguments as in logit_predict.';

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
'Selects terms of a logistic regression as R''s step does: of all terms that may be added or dropped the one that lowers the criterion most, until none does; of equals the first in the order of x. The query returns (event boolean, x array of numbers [, weight]) and is read once; terms names the elements of x. A row with a NULL in any of them is left out for all candidates. A row for the start and for each step, with the terms that are in after it; action: start, add, drop, or drop aliased, of terms that depend on those before them. Options: direction both (default), forward, backward; start all or none (default all, for forward none); criterion aic (default), bic; force: terms that are always in; max_steps (10000); max_iterations, tolerance and signs as in logistic_regression. No rows, and a NULL query or terms, give no rows. Memory as of logistic_regression. Error: other columns, terms of another number, a forced term that is none.';

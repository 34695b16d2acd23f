-- scorecard_build: from a model and binnings to a card.

CREATE FUNCTION credit_limit.scorecard_from_coefficients(
  intercept float8,
  coefficients float8[],
  characteristics text[],
  binnings credit_limit.binning[],
  options jsonb DEFAULT '{}')
RETURNS credit_limit.scorecard
AS 'MODULE_PATHNAME', 'cl_scorecard_from_coefficients' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.scorecard_from_coefficients(float8, float8[], text[], credit_limit.binning[], jsonb) IS
'The scorecard of a logistic regression of the event on weights of evidence, wherever it was estimated: intercept and '
'coefficients on the log-odds of the event, names and binnings of the characteristics in the same order. Options (default): '
'name, base_score (600) at base_odds good:bad (50), pdo (20; negative: a higher score is a higher risk), allocation '
'(base_points, spread, zero_minimum), rounding (nearest, none, range: lowest and highest score are those of the exact card, '
'rounded), reasons (an object by characteristic: a text, or an object of texts: low and high for values below and above those '
'with the best points, values by category or special code, special, missing, other, and reason for the rest). NULL if an '
'argument is. Error: arrays of different lengths, a NULL or infinite number, a bin without a weight '
'of evidence.';

CREATE FUNCTION credit_limit.scorecard(
  credit_limit.logit_model,
  characteristics text[],
  binnings credit_limit.binning[],
  options jsonb DEFAULT '{}')
RETURNS credit_limit.scorecard
AS 'MODULE_PATHNAME', 'cl_scorecard_from_model' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.scorecard(credit_limit.logit_model, text[], credit_limit.binning[], jsonb) IS
'The scorecard of a model that was estimated on the weights of evidence of these binnings, in this order. Options as in '
'scorecard_from_coefficients. Error also when the model has no coefficient for a term (aliased, separating, one class).';

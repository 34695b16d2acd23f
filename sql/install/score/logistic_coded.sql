-- logistic_coded: rows of weights of evidence, read once and fitted many times.

CREATE FUNCTION credit_limit.logit_coded_fit(rows bytea, columns int[], options jsonb DEFAULT '{}')
  RETURNS credit_limit.logit_model
AS 'MODULE_PATHNAME', 'cl_logit_coded_fit' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.logit_coded_fit(bytea, int[], jsonb) IS
'The model that logistic_regression gives for these rows with the elements of x that columns numbers, from 1; the options are '
'those of logistic_regression. NULL when an argument is NULL, and with fewer columns where rows were left out for an element of '
'x, since these might count then. Error: bytes that are not rows of logit_coded_rows, a number that x has not or that comes '
'twice, more than 1000, invalid options.';

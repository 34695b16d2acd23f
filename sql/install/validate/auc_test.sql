-- auc_test: two scores of the same borrowers compared.

CREATE TYPE credit_limit.auc_comparison AS (
  auc_a float8,
  auc_b float8,
  diff float8,
  std_error float8,
  z float8,
  p_value float8
);

COMMENT ON TYPE credit_limit.auc_comparison IS
'Result of auc_test and auc_difference: both AUCs, their difference a - b, its standard error, z and the two-sided p-value.';

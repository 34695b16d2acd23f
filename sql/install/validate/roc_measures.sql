-- roc_measures: AUC, Gini and KS in one step.

CREATE AGGREGATE credit_limit.auc(risk float8, event boolean) (
  SFUNC = credit_limit_internal.roc_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.auc_final,
  COMBINEFUNC = credit_limit_internal.roc_combine,
  SERIALFUNC = credit_limit_internal.roc_serial,
  DESERIALFUNC = credit_limit_internal.roc_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.auc(float8, boolean) IS
'Area under the ROC curve: the probability that an event is scored riskier than a non-event, ties one half; 0 to 1, 0.5 is chance. A larger number is riskier, as with a PD. Rows where an argument is NULL or NaN are left out; no rows give NULL, and so does a class without rows. Infinite scores are extreme values. Memory: 8 to 32 bytes per distinct score, twice that while sorting.';

CREATE AGGREGATE credit_limit.auc(risk numeric, event boolean) (
  SFUNC = credit_limit_internal.roc_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.auc_final,
  COMBINEFUNC = credit_limit_internal.roc_combine,
  SERIALFUNC = credit_limit_internal.roc_serial,
  DESERIALFUNC = credit_limit_internal.roc_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.auc(numeric, boolean) IS
'As auc(float8, boolean), for numeric columns.';

CREATE AGGREGATE credit_limit.auc(score float8, event boolean, higher_is_riskier boolean) (
  SFUNC = credit_limit_internal.roc_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.auc_final,
  COMBINEFUNC = credit_limit_internal.roc_combine,
  SERIALFUNC = credit_limit_internal.roc_serial,
  DESERIALFUNC = credit_limit_internal.roc_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.auc(float8, boolean, boolean) IS
'As auc(float8, boolean). higher_is_riskier says the direction, which is never guessed: true for a PD, false for a credit score. An error if it is NULL or not the same in all rows.';

CREATE AGGREGATE credit_limit.auc(score numeric, event boolean, higher_is_riskier boolean) (
  SFUNC = credit_limit_internal.roc_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.auc_final,
  COMBINEFUNC = credit_limit_internal.roc_combine,
  SERIALFUNC = credit_limit_internal.roc_serial,
  DESERIALFUNC = credit_limit_internal.roc_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.auc(numeric, boolean, boolean) IS
'As auc(float8, boolean, boolean), for numeric columns.';

CREATE AGGREGATE credit_limit.auc(score float8, event boolean, higher_is_riskier boolean, weight float8) (
  SFUNC = credit_limit_internal.roc_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.auc_final,
  COMBINEFUNC = credit_limit_internal.roc_combine,
  SERIALFUNC = credit_limit_internal.roc_serial,
  DESERIALFUNC = credit_limit_internal.roc_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.auc(float8, boolean, boolean, float8) IS
'As auc(float8, boolean). higher_is_riskier says the direction, which is never guessed: true for a PD, false for a credit score. An error if it is NULL or not the same in all rows. Each row counts as weight rows (frequency weight: 0, which is no row, or 1e-100 to 1e100).';

CREATE AGGREGATE credit_limit.auc(score numeric, event boolean, higher_is_riskier boolean, weight float8) (
  SFUNC = credit_limit_internal.roc_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.auc_final,
  COMBINEFUNC = credit_limit_internal.roc_combine,
  SERIALFUNC = credit_limit_internal.roc_serial,
  DESERIALFUNC = credit_limit_internal.roc_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.auc(numeric, boolean, boolean, float8) IS
'As auc(float8, boolean, boolean, float8), for numeric columns.';

CREATE AGGREGATE credit_limit.gini(risk float8, event boolean) (
  SFUNC = credit_limit_internal.roc_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.gini_final,
  COMBINEFUNC = credit_limit_internal.roc_combine,
  SERIALFUNC = credit_limit_internal.roc_serial,
  DESERIALFUNC = credit_limit_internal.roc_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.gini(float8, boolean) IS
'Gini coefficient, or accuracy ratio: 2 AUC - 1; -1 to 1, 0 is chance. A larger number is riskier, as with a PD. Rows where an argument is NULL or NaN are left out; no rows give NULL, and so does a class without rows. Infinite scores are extreme values. Memory: 8 to 32 bytes per distinct score, twice that while sorting.';

CREATE AGGREGATE credit_limit.gini(risk numeric, event boolean) (
  SFUNC = credit_limit_internal.roc_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.gini_final,
  COMBINEFUNC = credit_limit_internal.roc_combine,
  SERIALFUNC = credit_limit_internal.roc_serial,
  DESERIALFUNC = credit_limit_internal.roc_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.gini(numeric, boolean) IS
'As gini(float8, boolean), for numeric columns.';

CREATE AGGREGATE credit_limit.gini(score float8, event boolean, higher_is_riskier boolean) (
  SFUNC = credit_limit_internal.roc_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.gini_final,
  COMBINEFUNC = credit_limit_internal.roc_combine,
  SERIALFUNC = credit_limit_internal.roc_serial,
  DESERIALFUNC = credit_limit_internal.roc_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.gini(float8, boolean, boolean) IS
'As gini(float8, boolean). higher_is_riskier says the direction, which is never guessed: true for a PD, false for a credit score. An error if it is NULL or not the same in all rows.';

CREATE AGGREGATE credit_limit.gini(score numeric, event boolean, higher_is_riskier boolean) (
  SFUNC = credit_limit_internal.roc_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.gini_final,
  COMBINEFUNC = credit_limit_internal.roc_combine,
  SERIALFUNC = credit_limit_internal.roc_serial,
  DESERIALFUNC = credit_limit_internal.roc_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.gini(numeric, boolean, boolean) IS
'As gini(float8, boolean, boolean), for numeric columns.';

CREATE AGGREGATE credit_limit.gini(score float8, event boolean, higher_is_riskier boolean, weight float8) (
  SFUNC = credit_limit_internal.roc_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.gini_final,
  COMBINEFUNC = credit_limit_internal.roc_combine,
  SERIALFUNC = credit_limit_internal.roc_serial,
  DESERIALFUNC = credit_limit_internal.roc_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.gini(float8, boolean, boolean, float8) IS
'As gini(float8, boolean). higher_is_riskier says the direction, which is never guessed: true for a PD, false for a credit score. An error if it is NULL or not the same in all rows. Each row counts as weight rows (frequency weight: 0, which is no row, or 1e-100 to 1e100).';

CREATE AGGREGATE credit_limit.gini(score numeric, event boolean, higher_is_riskier boolean, weight float8) (
  SFUNC = credit_limit_internal.roc_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.gini_final,
  COMBINEFUNC = credit_limit_internal.roc_combine,
  SERIALFUNC = credit_limit_internal.roc_serial,
  DESERIALFUNC = credit_limit_internal.roc_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.gini(numeric, boolean, boolean, float8) IS
'As gini(float8, boolean, boolean, float8), for numeric columns.';

CREATE AGGREGATE credit_limit.ks(risk float8, event boolean) (
  SFUNC = credit_limit_internal.roc_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.ks_final,
  COMBINEFUNC = credit_limit_internal.roc_combine,
  SERIALFUNC = credit_limit_internal.roc_serial,
  DESERIALFUNC = credit_limit_internal.roc_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.ks(float8, boolean) IS
'Kolmogorov-Smirnov distance: the largest difference of the cumulated shares of events and non-events, between distinct scores only; 0 to 1. It has no sign: a score read the wrong way round shows the same distance, and an AUC below 0.5. A larger number is riskier, as with a PD. Rows where an argument is NULL or NaN are left out; no rows give NULL, and so does a class without rows. Infinite scores are extreme values. Memory: 8 to 32 bytes per distinct score, twice that while sorting.';

CREATE AGGREGATE credit_limit.ks(risk numeric, event boolean) (
  SFUNC = credit_limit_internal.roc_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.ks_final,
  COMBINEFUNC = credit_limit_internal.roc_combine,
  SERIALFUNC = credit_limit_internal.roc_serial,
  DESERIALFUNC = credit_limit_internal.roc_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.ks(numeric, boolean) IS
'As ks(float8, boolean), for numeric columns.';

CREATE AGGREGATE credit_limit.ks(score float8, event boolean, higher_is_riskier boolean) (
  SFUNC = credit_limit_internal.roc_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.ks_final,
  COMBINEFUNC = credit_limit_internal.roc_combine,
  SERIALFUNC = credit_limit_internal.roc_serial,
  DESERIALFUNC = credit_limit_internal.roc_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.ks(float8, boolean, boolean) IS
'As ks(float8, boolean). higher_is_riskier says the direction, which is never guessed: true for a PD, false for a credit score. An error if it is NULL or not the same in all rows.';

CREATE AGGREGATE credit_limit.ks(score numeric, event boolean, higher_is_riskier boolean) (
  SFUNC = credit_limit_internal.roc_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.ks_final,
  COMBINEFUNC = credit_limit_internal.roc_combine,
  SERIALFUNC = credit_limit_internal.roc_serial,
  DESERIALFUNC = credit_limit_internal.roc_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.ks(numeric, boolean, boolean) IS
'As ks(float8, boolean, boolean), for numeric columns.';

CREATE AGGREGATE credit_limit.ks(score float8, event boolean, higher_is_riskier boolean, weight float8) (
  SFUNC = credit_limit_internal.roc_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.ks_final,
  COMBINEFUNC = credit_limit_internal.roc_combine,
  SERIALFUNC = credit_limit_internal.roc_serial,
  DESERIALFUNC = credit_limit_internal.roc_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.ks(float8, boolean, boolean, float8) IS
'As ks(float8, boolean). higher_is_riskier says the direction, which is never guessed: true for a PD, false for a credit score. An error if it is NULL or not the same in all rows. Each row counts as weight rows (frequency weight: 0, which is no row, or 1e-100 to 1e100).';

CREATE AGGREGATE credit_limit.ks(score numeric, event boolean, higher_is_riskier boolean, weight float8) (
  SFUNC = credit_limit_internal.roc_transition,
  STYPE = internal,
  SSPACE = 1024,
  FINALFUNC = credit_limit_internal.ks_final,
  COMBINEFUNC = credit_limit_internal.roc_combine,
  SERIALFUNC = credit_limit_internal.roc_serial,
  DESERIALFUNC = credit_limit_internal.roc_deserial,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.ks(numeric, boolean, boolean, float8) IS
'As ks(float8, boolean, boolean, float8), for numeric columns.';

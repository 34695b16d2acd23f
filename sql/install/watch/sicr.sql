-- Definitions of a significant increase in credit risk: how good each is.

-- 27 definitions side by side: 3 measures (days_past_due, pd_ratio, score_drop) x stickiness, the months in turn that the test
-- must hold (1, 2, 3) x outcome_months in which a default is looked for (6, 12, 18). n: months of accounts that were not in
-- default, whose flag and outcome are known; n_unknown: those that would count, were the measure, a month before or a month
-- after not missing; n_flagged, n_bad (a default followed), n_hit (both). flagged_share: n_flagged / n; precision: n_hit /
-- n_flagged; recall: n_hit / n_bad; specificity: the share not flagged of those that no default followed; each with the
-- interval of that confidence (0 to 1), which takes accounts as what is drawn, not their months. lift: precision / (n_bad / n);
-- mcc: correlation of flag and outcome, -1 to 1; lead_months: mean months from a flagged month to its default. NULL where there
-- is nothing to divide by; NULL sicr gives no rows. Error: confidence NULL (22004) or out of range (22003). Sources: Botha,
-- Oberholzer, Larney and de Jongh 2023 (arXiv 2303.03080); Cochran 1977; Korn and Graubard 1998
CREATE FUNCTION credit_limit.sicr_backtest(sicr credit_limit.sicr, confidence float8 DEFAULT 0.95, OUT measure text,
    OUT stickiness int, OUT outcome_months int, OUT n bigint, OUT n_unknown bigint, OUT n_flagged bigint, OUT n_bad bigint,
    OUT n_hit bigint, OUT flagged_share float8, OUT flagged_low float8, OUT flagged_high float8, OUT "precision" float8,
    OUT precision_low float8, OUT precision_high float8, OUT recall float8, OUT recall_low float8, OUT recall_high float8,
    OUT specificity float8, OUT specificity_low float8, OUT specificity_high float8, OUT lift float8, OUT mcc float8,
    OUT lead_months float8) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'cl_sicr_backtest' LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 27;

CREATE FUNCTION credit_limit.compact(roc credit_limit.roc, options jsonb DEFAULT '{}')
RETURNS credit_limit.roc
AS 'MODULE_PATHNAME', 'cl_roc_compact' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.compact(credit_limit.roc, jsonb) IS
'The same roc with scores put together, so that one of a million distinct scores takes kilobytes, at a stated loss: the AUC is '
'at most auc_loss away from that of the scores there were, the KS at most ks_loss below it. roc_stats shows both, and the text '
'form under "compact". options: the most that may be lost, auc_loss (0.0001, 0 to 0.5) and ks_loss (0.001, 0 to 1). Neighbouring '
'scores, those whose binary forms begin alike, move to the lowest of them; cut-offs that are left divide rows as before, so '
'roc_curve, cutoff_table and gains_table are exact at the scores they show. rollup merges compact ones, in any order to the same '
'bytes, and counts the loss anew from what then stands together: that of parts whose scores are alike is about theirs, and it is '
'right for any. What is compact already stays so. NULL gives NULL. Error: an unknown option.';

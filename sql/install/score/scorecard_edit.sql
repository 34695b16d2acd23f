-- scorecard_edit: one bin of a card changed by hand.

CREATE FUNCTION credit_limit.scorecard_set(card credit_limit.scorecard, characteristic text, bin_id int, points float8)
RETURNS credit_limit.scorecard
AS 'MODULE_PATHNAME', 'cl_scorecard_set' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.scorecard_set(credit_limit.scorecard, text, int, float8) IS
'The card with other points for one bin, numbered as in scorecard_table; -1e12 to 1e12. What rows had on the average '
'(average_points) is not known any more where they change; weight of evidence and event rate stay what was counted. NULL if an '
'argument is. Error: no such characteristic or bin, points beyond the bounds.';

CREATE FUNCTION credit_limit.scorecard_set_reason(card credit_limit.scorecard, characteristic text, reason text)
RETURNS credit_limit.scorecard
AS 'MODULE_PATHNAME', 'cl_scorecard_set_reason' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.scorecard_set_reason(credit_limit.scorecard, text, text) IS
'The card with another reason for a characteristic; its bins that have one of their own keep it. NULL if an argument is. '
'Error: no such characteristic, an empty text.';

CREATE FUNCTION credit_limit.scorecard_set_reason(card credit_limit.scorecard, characteristic text, bin_id int, reason text)
RETURNS credit_limit.scorecard
AS 'MODULE_PATHNAME', 'cl_scorecard_set_bin_reason' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.scorecard_set_reason(credit_limit.scorecard, text, int, text) IS
'The card with a reason of its own for one bin, numbered as in scorecard_table. NULL if an argument is. Error: no such '
'characteristic or bin, an empty text.';

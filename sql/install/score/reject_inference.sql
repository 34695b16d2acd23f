-- reject_inference: rejected applicants in the development sample, as weights that logistic_regression takes.

CREATE FUNCTION credit_limit.inferred_pd(pd float8, bad_rate_factor float8 DEFAULT 1) RETURNS float8
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF bad_rate_factor < 0 OR bad_rate_factor > 1e6 THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'bad_rate_factor must be from 0 to 1e6',
      DETAIL = format('Found %s.', bad_rate_factor),
      HINT = 'How many times as often rejects go bad as accepts of the same PD; 1 is no difference.';
  END IF;
  IF pd = 'NaN' THEN
    RETURN NULL;
  END IF;
  IF pd < 0 OR pd > 1 THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'pd must be from 0 to 1',
      DETAIL = format('Found %s.', pd), HINT = 'It is a fraction: 0.05, not 5. Of a score: score_pd or pd_from_score.';
  END IF;
  RETURN CASE WHEN pd * bad_rate_factor > 1 THEN 1 ELSE pd * bad_rate_factor END;
END $$;

COMMENT ON FUNCTION credit_limit.inferred_pd(float8, float8) IS
'The probability of the event that is assumed of a reject: pd (0 to 1) times bad_rate_factor (0 to 1e6), at most 1. NULL for a '
'NULL or NaN pd and a NULL factor. Error: values out of range.';

CREATE FUNCTION credit_limit.reject_inference(accepted boolean, outcome boolean, pd float8, bad_rate_factor float8 DEFAULT 1)
RETURNS TABLE (event boolean, weight float8)
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1 ROWS 2
BEGIN ATOMIC
  SELECT v.event, v.weight
  FROM (SELECT CASE WHEN NOT accepted THEN credit_limit.inferred_pd(pd, bad_rate_factor) END AS p) s,
    LATERAL (VALUES (accepted IS NOT FALSE, CASE WHEN accepted THEN outcome END, 1::float8), (NOT accepted, true, s.p),
      (NOT accepted, false, 1 - s.p))
      v (there, event, weight)
  WHERE v.there;
END;

COMMENT ON FUNCTION credit_limit.reject_inference(boolean, boolean, float8, float8) IS
'What an applicant contributes to a sample with rejects: an accepted one a row with the outcome and the weight 1; a rejected '
'one two rows, the event with the weight p and no event with 1 - p, where p = inferred_pd(pd, bad_rate_factor). With pd of a '
'model of the accepts this is fuzzy augmentation, with pd the event rate of the accepts in the score band it is parcelling, '
'here without chance: fractions instead of a draw. Fuzzy augmentation with the factor 1 changes no coefficient: the rejects '
'repeat what the model said. NULL outcome, accepted and pd make event or weight NULL, which logistic_regression leaves out and '
'counts. Error: pd or factor out of range. Source: Siddiqi 2006, chapter 6.';

CREATE FUNCTION credit_limit.augmentation_weight(n_accepted bigint, n_rejected bigint) RETURNS float8
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF n_accepted < 0 OR n_rejected < 0 THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'counts must not be negative',
      DETAIL = format('There are %s accepted and %s rejected.', n_accepted, n_rejected),
      HINT = 'Count both in the same score band.';
  END IF;
  RETURN (n_accepted::float8 + n_rejected) / nullif(n_accepted, 0);
END $$;

COMMENT ON FUNCTION credit_limit.augmentation_weight(bigint, bigint) IS
'The weight of an accepted applicant who stands for the rejects of his score band too: (n_accepted + n_rejected) / n_accepted. '
'NULL where nobody was accepted, and for NULL. Error: a negative count. Source: Hsia '
'1978; Siddiqi 2006, chapter 6.';

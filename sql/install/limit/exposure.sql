-- Exposure at default, what it needs in capital, and what a revolving line is expected to lose.

CREATE FUNCTION credit_limit.parameter_sets(OUT name text, OUT parameters jsonb, OUT source text) RETURNS SETOF record
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  WITH basel_2 (parameters) AS (VALUES ('{
    "confidence": 0.999, "risk_weight_factor": 12.5,
    "classes": {
      "mortgage": {"correlation": 0.15},
      "qrre": {"correlation": 0.04},
      "other_retail": {"correlation": [0.16, 0.03], "decay": 35},
      "corporate": {"correlation": [0.24, 0.12], "decay": 50,
        "small_firm": {"reduction": 0.04, "turnover": [5, 50]},
        "maturity": {"at": 2.5, "intercept": 0.11852, "slope": 0.05478}}}}'::jsonb)),
  basel_3 (parameters) AS (
    SELECT jsonb_set(jsonb_set(jsonb_set(jsonb_set(b.parameters,
      '{classes,mortgage,pd_floor}', '0.0005'),
      '{classes,qrre}', b.parameters #> '{classes,qrre}' || '{"pd_floor": 0.0005, "lgd_floor": 0.5}'),
      '{classes,other_retail}', b.parameters #> '{classes,other_retail}' || '{"pd_floor": 0.0005, "lgd_floor": 0.3}'),
      '{conversion_factors}', '{"direct_substitute": 1, "note_issuance_facility": 0.5, "transaction_related": 0.5,
        "other_commitment": 0.4, "trade": 0.2, "unconditionally_cancellable": 0.1}')
    FROM basel_2 b)
  VALUES
    ('basel_2', (SELECT b.parameters FROM basel_2 b),
      'Basel II (2006), paragraphs 272, 273 and 328 to 330, without floors. Its risk-weighted assets are multiplied by 1.06 as '
      'a whole.'),
    ('basel_3', (SELECT b.parameters FROM basel_3 b),
      'Basel Framework, CRE31 (formulas), CRE32 (floors of PD and LGD of retail exposures; those of secured exposures, of '
      'revolvers among qrre and of corporates are not in it), CRE20 (conversion factors of the standardised approach).'),
    ('crr_3', (SELECT jsonb_set(b.parameters, '{conversion_factors,unconditionally_cancellable}', '0') FROM basel_3 b),
      'Regulation (EU) 2024/1623: as basel_3, with the transitional conversion factor of commitments that can be cancelled at '
      'any time.')
$$;
COMMENT ON FUNCTION credit_limit.parameter_sets() IS
    'what supervisors set for capital, as documents that irb_capital, irb_correlation and risk_weight take: confidence, '
    'risk_weight_factor (of capital to risk weight), classes (mortgage, qrre, other_retail, corporate) with correlation (a '
    'number, or that of a PD of 0 and that of one far from it, with decay), pd_floor and lgd_floor (none where absent), '
    'small_firm {reduction, turnover: [from, to] in millions of EUR}, maturity {at, intercept, slope}; and conversion_factors '
    'by kind of commitment, for ead. Change what your supervisor has otherwise (jsonb_set), and keep the document with what was '
    'decided by it';

CREATE FUNCTION credit_limit.parameter_set(set_name text) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  parameters jsonb := (SELECT s.parameters FROM credit_limit.parameter_sets() s WHERE s.name = set_name);
BEGIN
  IF parameters IS NULL THEN
    RAISE EXCEPTION 'there is no parameter set %', quote_literal(set_name) USING ERRCODE = 'invalid_parameter_value',
      DETAIL = format('There are %s.', (SELECT string_agg(s.name, ', ' ORDER BY s.name) FROM credit_limit.parameter_sets() s)),
      HINT = 'Give a document of your own where a parameter set is asked for.';
  END IF;
  RETURN parameters;
END
$$;
COMMENT ON FUNCTION credit_limit.parameter_set(text) IS
    'the parameters of that name in parameter_sets(): basel_2, basel_3, crr_3. NULL gives NULL. Error: another name';

CREATE FUNCTION credit_limit.irb_correlation(pd float8, asset_class text, turnover float8 DEFAULT NULL,
    parameters jsonb DEFAULT credit_limit.parameter_set('basel_3')) RETURNS float8
    AS 'MODULE_PATHNAME', 'cl_irb_correlation_of' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION credit_limit.irb_correlation(float8, text, float8, jsonb) IS
    'R, how far the assets of borrowers move together (CRE31): of mortgage, qrre, other_retail or corporate. pd: 0 to 1, of a '
    'year, raised to the floor of the class. turnover: of a year, in millions of EUR in the sets that are shipped; it makes '
    'small firms of corporate less correlated, NULL is not small. Other NULLs give NULL. Error: another class, a PD out of '
    'range, a document that is none';

CREATE FUNCTION credit_limit.irb_capital(pd float8, lgd float8, asset_class text, maturity float8 DEFAULT NULL,
    turnover float8 DEFAULT NULL, parameters jsonb DEFAULT credit_limit.parameter_set('basel_3')) RETURNS float8
    AS 'MODULE_PATHNAME', 'cl_irb_capital_of' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION credit_limit.irb_capital(float8, float8, text, float8, float8, jsonb) IS
    'K, capital per unit of exposure at default by the internal-ratings formula (CRE31): LGD N((G(PD) + sqrt(R) G(0.999)) / '
    'sqrt(1 - R)) - PD LGD, for corporate times the maturity adjustment. pd: 0 to 1, and lgd: 0 to 2, raised to the floors of '
    'the class; maturity in years, NULL is that at which the adjustment is centred (2.5); turnover as in irb_correlation. 0 of '
    'a PD of 0 or 1: a defaulted exposure needs greatest(0, LGD - best estimate of the loss). Other NULLs give NULL. Error: '
    'another class, a value out of range, a PD too small for the maturity adjustment (below 3e-6)';

CREATE FUNCTION credit_limit.risk_weight(pd float8, lgd float8, asset_class text, maturity float8 DEFAULT NULL,
    turnover float8 DEFAULT NULL, parameters jsonb DEFAULT credit_limit.parameter_set('basel_3')) RETURNS float8
    AS 'MODULE_PATHNAME', 'cl_risk_weight' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION credit_limit.risk_weight(float8, float8, text, float8, float8, jsonb) IS
    'the risk weight, as a fraction: risk_weight_factor (12.5) times irb_capital. Times the exposure at default it gives '
    'risk-weighted assets. NULLs and errors as irb_capital';

CREATE FUNCTION credit_limit.ead(balance numeric, credit_limit numeric, ccf float8, decimals int DEFAULT 2) RETURNS numeric
    AS 'MODULE_PATHNAME', 'cl_ead' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION credit_limit.ead(numeric, numeric, float8, int) IS
    'exposure at default: balance + ccf (credit_limit - balance), a credit balance being nothing drawn, and one above the limit '
    'drawn in full. ccf: 0 to 10, taken to 1e-12. Rounded at decimals (0 to 20), half up. NULL gives NULL. Error: a negative '
    'limit, an amount beyond 10^24 minor units';

CREATE FUNCTION credit_limit.stressed_draw(balance numeric, credit_limit numeric, rate float8, use_effect float8 DEFAULT 0,
    decimals int DEFAULT 2) RETURNS numeric
    AS 'MODULE_PATHNAME', 'cl_stressed_draw' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION credit_limit.stressed_draw(numeric, numeric, float8, float8, int) IS
    'what of an undrawn limit is drawn under stress: undrawn * min(1, rate (1 + use_effect * balance / limit)). rate: 0 to 1, '
    'of the undrawn; use_effect: 0 to 1000, by how much more those draw who draw already. Rounded at decimals (0 to 20). NULL '
    'gives NULL. Error: a negative limit, a rate out of range';

CREATE FUNCTION credit_limit.marginal_pd(cumulative float8[]) RETURNS float8[]
    AS 'MODULE_PATHNAME', 'cl_marginal_pd_of_cumulative' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION credit_limit.marginal_pd(float8[]) IS
    'the PD of each period, seen from today, from the PDs up to the end of each: what ecl_revolving takes. NULL gives NULL. '
    'Error: a NULL inside, PDs that fall or leave 0 to 1, more than 1200 periods';

CREATE FUNCTION credit_limit.marginal_pd_from_hazard(hazard float8[]) RETURNS float8[]
    AS 'MODULE_PATHNAME', 'cl_marginal_pd_of_hazard' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION credit_limit.marginal_pd_from_hazard(float8[]) IS
    'the PD of each period, seen from today, from the PDs of those who have survived so far: the hazard times the share '
    'without a default before. NULL gives NULL. Error: a NULL inside, a PD outside 0 to 1, more than 1200 periods';

CREATE FUNCTION credit_limit.ifrs9_stage(days_past_due int, credit_impaired boolean DEFAULT false,
    significant_increase boolean DEFAULT false, stage_2_above int DEFAULT 30, stage_3_from int DEFAULT 90) RETURNS int
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN credit_impaired OR days_past_due OPERATOR(pg_catalog.>=) stage_3_from THEN 3
      WHEN days_past_due IS NULL THEN NULL
      WHEN significant_increase OR days_past_due OPERATOR(pg_catalog.>) stage_2_above THEN 2 ELSE 1 END;
COMMENT ON FUNCTION credit_limit.ifrs9_stage(int, boolean, boolean, int, int) IS
    'the stage of a line: 3 when credit-impaired, or stage_3_from days past due or more (IFRS 9 B5.5.37: default is no later '
    'than at 90); 2 when its credit risk has increased significantly since it was granted, or it is more than stage_2_above '
    'days past due (5.5.11: more than 30); 1 otherwise. NULL flags are false; NULL days are not known: NULL, unless it is '
    'credit-impaired';

CREATE FUNCTION credit_limit.ecl_revolving(stage int, drawn numeric, undrawn numeric, ccf float8, pd float8[], lgd float8,
    eir float8 DEFAULT 0, decimals int DEFAULT 2, OUT ecl numeric, OUT ecl_drawn numeric, OUT ecl_undrawn numeric)
    AS 'MODULE_PATHNAME', 'cl_ecl_revolving' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION credit_limit.ecl_revolving(int, numeric, numeric, float8, float8[], float8, float8, int) IS
    'expected credit loss of a revolving line (IFRS 9 5.5.20, B5.5.39): the sum over years t of pd[t] lgd (drawn + ccf undrawn) '
    '(1 + eir)^-t, of the first year in stage 1 and of all in stages 2 and 3. pd: marginal, a year each, up to the end of the '
    'life that the lender behaves by (marginal_pd makes them of cumulative ones). ecl_drawn reduces the asset, ecl_undrawn is a '
    'provision (IFRS 7 B8E); each is rounded at decimals, and ecl is their sum. A line past its cure, of PD 1, is {1}. NULL '
    'gives NULL. Error: another stage, PDs that add up to more than 1, a rate out of range';

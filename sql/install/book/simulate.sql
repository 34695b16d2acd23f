-- simulate_policy: what another policy would change, without writing anything.

CREATE FUNCTION credit_limit.simulation_options(options jsonb, OUT lgd float8, OUT ccf float8, OUT margin float8)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  wrong text;
BEGIN
  SELECT format('"%s" is %s.', o.key, o.value) INTO wrong
  FROM jsonb_each(CASE jsonb_typeof(options) WHEN 'object' THEN options ELSE jsonb_build_object('the document', options) END) o
  WHERE o.key NOT IN ('lgd', 'ccf', 'margin') OR NOT coalesce(jsonb_path_match(o.value, '$ >= 0 && $ <= 1'), false)
  ORDER BY o.key LIMIT 1;
  IF FOUND OR options IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'options of simulate_policy are not valid',
      DETAIL = coalesce(wrong, 'They are NULL.'), HINT = 'Valid are lgd, ccf and margin, fractions from 0 to 1.';
  END IF;
  lgd := coalesce((options ->> 'lgd')::float8, 0.75);
  ccf := coalesce((options ->> 'ccf')::float8, 0.5);
  margin := coalesce((options ->> 'margin')::float8, 0.12);
END
$$;
COMMENT ON FUNCTION credit_limit.simulation_options(jsonb) IS
    'the options of simulate_policy() with their defaults: lgd 0.75, ccf 0.5, margin 0.12; an unknown one is an error (22023)';

CREATE FUNCTION credit_limit.simulate_policy(book text, policy_a int, policy_b int, as_of date, options jsonb DEFAULT '{}')
RETURNS TABLE (currency text, action_a text, action_b text, accounts bigint, old_limit numeric, limit_a numeric, limit_b numeric,
    exposure_a numeric, exposure_b numeric, expected_loss_a float8, expected_loss_b float8, revenue_a float8, revenue_b float8)
LANGUAGE plpgsql STABLE ROWS 30 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  o record;
  found int;
BEGIN
  o := credit_limit.simulation_options(options);
  EXECUTE format('SELECT count(DISTINCT policy_id) FROM %s.policy WHERE policy_id IN ($1, $2)', credit_limit.book_schema(book))
    INTO found USING policy_a, policy_b;
  IF found < (CASE WHEN policy_a = policy_b THEN 1 ELSE 2 END) OR policy_a IS NULL OR policy_b IS NULL OR as_of IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'there is nothing to compare',
      DETAIL = format('policy_a is %s, policy_b is %s, as_of is %s.', coalesce(policy_a::text, 'NULL'), coalesce(policy_b::text, 'NULL'),
        coalesce(as_of::text, 'NULL')), HINT = 'Give two policy_id of the book, drafts or not, and a day.';
  END IF;
  RETURN QUERY EXECUTE replace(replace($q$
    WITH version AS MATERIALIZED (
      SELECT (row_number() OVER (ORDER BY p.product))::int AS version_no, p.product, p.currency, NULL::text AS experiment, NULL::text AS arm,
        NULL::text[] AS arms, NULL::float8[] AS shares, c.scorecard_id, c.document AS card
      FROM @book@.product p
      LEFT JOIN @book@.scorecard c ON c.name = p.scorecard AND c.status <> 'draft' AND c.valid_from <= $1
        AND (c.valid_to >= $1 OR c.valid_to IS NULL)
      WHERE p.policy = (SELECT name FROM @book@.policy WHERE policy_id = $2)),
    decided AS (
      SELECT v.currency, s.pd, greatest(s.balance, 0) AS drawn,
        credit_limit.decide_limit((SELECT document FROM @book@.policy WHERE policy_id = $2), s, $1) AS a,
        credit_limit.decide_limit((SELECT document FROM @book@.policy WHERE policy_id = $3), s, $1) AS b
      FROM (@scored@) s JOIN version v ON v.version_no = s.version_no OFFSET 0),
    amounts AS (
      SELECT d.currency, (d.a).action AS action_a, (d.b).action AS action_b, d.pd, d.drawn, (d.a).old_limit, (d.a).new_limit AS limit_a,
        (d.b).new_limit AS limit_b FROM decided d OFFSET 0),
    exposed AS (
      SELECT m.*, m.drawn + $5 * greatest(m.limit_a - m.drawn, 0) AS exposure_a, m.drawn + $5 * greatest(m.limit_b - m.drawn, 0) AS exposure_b,
        m.drawn / nullif(m.old_limit, 0) AS used FROM amounts m)
    SELECT e.currency, e.action_a, e.action_b, count(*), sum(e.old_limit), sum(e.limit_a), sum(e.limit_b), sum(e.exposure_a), sum(e.exposure_b),
      sum(e.pd * $4 * e.exposure_a::float8), sum(e.pd * $4 * e.exposure_b::float8),
      sum($6 * (e.used * e.limit_a)::float8), sum($6 * (e.used * e.limit_b)::float8)
    FROM exposed e GROUP BY GROUPING SETS ((e.currency, e.action_a, e.action_b), (e.currency)) ORDER BY 1, 2 NULLS LAST, 3
  $q$, '@scored@', credit_limit.scored_sql(book, 'true')), '@book@', credit_limit.book_schema(book))
    USING as_of, policy_a, policy_b, o.lgd, o.ccf::numeric, o.margin;
END
$$;
COMMENT ON FUNCTION credit_limit.simulate_policy(text, int, int, date, jsonb) IS
    'two policies, drafts or not, over the accounts of the products that policy_a decides: in each currency a row for each pair of actions, those that differ being the swap sets, and a last one (actions NULL) for all: amounts of different currencies never add up. Exposure = drawn + ccf (limit - drawn); expected loss = sum of pd lgd exposure, of the accounts that have a PD; revenue = margin a year on what is drawn when the limit is used to the same part as before. Options, all fractions: lgd 0.75, ccf 0.5, margin 0.12. Nothing is written; experiments are not looked at. Errors: no such policy (22023)';

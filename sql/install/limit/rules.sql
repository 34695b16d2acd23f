-- Rules of law and of the trade, as clauses that a policy may include: dates and amounts change, so they are rows.

CREATE FUNCTION credit_limit.limit_rules(OUT rule text, OUT jurisdiction text, OUT clause jsonb, OUT needs text[],
    OUT valid_from date, OUT summary text, OUT source text) RETURNS SETOF record
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
  SELECT v.rule, v.jurisdiction, v.clause::jsonb, v.needs::text[], v.valid_from::date, v.summary, v.source FROM (VALUES
    ('au_three_years', 'AU', NULL, NULL, NULL,
      'A limit is unsuitable unless it can be repaid within three years at the highest rate: repayable_limit() of what the '
      'borrower can pay a month is a cap.', 'National Credit Act s133(3AA); ASIC 2018/753'),
    ('au_no_invitation', 'AU', '{"exclusions": [{"column": "increase_requested", "is": false,
        "reason": "An increase has to be asked for"}]}', '{increase_requested}', NULL,
      'A lender may not invite to an increase.', 'National Credit Act; ASIC 2018/753'),
    ('cn_internet_loan', 'CN', '{"regulatory_cap": {"limit": 200000, "source": "Internet loans (2020), article 6",
        "reason": "Regulatory cap"}}', NULL, NULL,
      'Consumer lines granted online: at most 200,000 CNY a customer.', 'Interim measures for internet loans (2020), article 6'),
    ('cn_internet_loan_yearly', 'CN', '{"exclusions": [{"column": "months_since_approval", "at_least": 12, "action": "REFER",
        "reason": "The line is due for its yearly approval"}]}', '{months_since_approval}', NULL,
      'Lines granted online for more than a year are approved again each year.',
      'Interim measures for internet loans (2020), article 6'),
    ('cn_card_elsewhere', 'CN', '{"umbrella": {"type": "partitioned"}}', '{umbrella_granted}', NULL,
      'From the limit of a card those that other lenders granted are deducted: umbrella_granted is their sum.',
      'Card rules of the supervisor'),
    ('cn_card_dormant', 'CN', NULL, NULL, NULL,
      'At most 20 % of the cards may be dormant: report_dormancy of a book shows the share.', 'Card rules of the supervisor'),
    ('opt_in', 'AU CA IE NL ZA', '{"exclusions": [{"column": "consents_to_increase", "is": false,
        "reason": "No consent to an increase"}]}', '{consents_to_increase}', NULL,
      'A limit rises only with the consent of the borrower.', 'Survey of FICO'),
    ('uk_persistent_debt', 'GB', '{"exclusions": [{"column": "months_in_persistent_debt", "at_least": 12,
        "reason": "Persistent debt"}]}', '{months_in_persistent_debt}', NULL,
      'No increase that was not asked for after twelve months of persistent debt, in which more was paid as interest, fees and '
      'charges than as principal: persistent_debt_months() counts them.', 'CONC 6.7.27R; agreement of the industry (2017)'),
    ('us_ability_to_pay', 'US', NULL, NULL, NULL,
      'Each increase needs the ability to pay for it: the section affordability of a policy, with your own ratios.',
      '12 CFR 1026.51')) v(rule, jurisdiction, clause, needs, valid_from, summary, source)
$$;
COMMENT ON FUNCTION credit_limit.limit_rules() IS
    'rules that a lender may have to keep, as found in public sources in November 2026: read the text of the law before you rely '
    'on one. clause: the part of a limit_policy that keeps the rule, for policy_with_rules(); NULL: no clause alone does, and '
    'summary says what does. needs: columns of the account that the clause reads and a book does not have by itself. valid_from: '
    'first day; NULL: the source that was read does not say it';

-- The policy with the regulatory caps, exclusions and umbrella of some clauses (limit_rules()) beside its own; what it has
-- already is not added again. A NULL policy gives NULL; a NULL clause is skipped: a rule that no clause keeps. Errors: no
-- clauses, which a name of no rule gives (22004); a clause with other sections, or another umbrella (22023)
CREATE FUNCTION credit_limit.policy_with_rules(policy credit_limit.limit_policy, clauses jsonb[])
RETURNS credit_limit.limit_policy
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  p jsonb := policy;
  part record;
BEGIN
  IF policy IS NULL THEN
    RETURN NULL;
  ELSIF clauses IS NULL THEN
    RAISE EXCEPTION 'there are no clauses' USING ERRCODE = 'null_value_not_allowed', DETAIL = 'Found NULL.',
      HINT = 'Look for the names of the rules among those of limit_rules().';
  END IF;
  FOR part IN SELECT s.key, i.value FROM unnest(clauses) WITH ORDINALITY c(clause, n),
      jsonb_each(CASE WHEN jsonb_typeof(c.clause) = 'object' THEN c.clause ELSE jsonb_build_object('nothing', c.clause) END) s,
      jsonb_array_elements(CASE jsonb_typeof(s.value) WHEN 'array' THEN s.value ELSE jsonb_build_array(s.value) END) i
      WHERE c.clause IS NOT NULL ORDER BY c.n LOOP
    IF part.key IN ('regulatory_cap', 'exclusions') THEN
      p := jsonb_set(p, ARRAY[part.key], coalesce(p -> part.key, '[]'));
      IF NOT p -> part.key @> jsonb_build_array(part.value) THEN
        p := jsonb_set(p, ARRAY[part.key], (p -> part.key) || part.value);
      END IF;
    ELSIF part.key = 'umbrella' AND coalesce(p -> 'umbrella' ->> 'type' = part.value ->> 'type', true) THEN
      p := jsonb_set(p, '{umbrella}', coalesce(p -> 'umbrella', part.value));
    ELSE
      RAISE EXCEPTION 'the policy cannot take a clause of %', quote_literal(part.key) USING ERRCODE = 'invalid_parameter_value',
        DETAIL = format('It is %s; the policy has %s.', part.value, coalesce((p -> part.key)::text, 'none')),
        HINT = 'Clauses have regulatory_cap, exclusions, or an umbrella of the kind of the policy. Change the rest by hand.';
    END IF;
  END LOOP;
  RETURN p::credit_limit.limit_policy;
END
$$;

-- The limit that a payment a month repays within some months, drawn in full: payment (1 - (1 + apr / 12)^-months) / (apr / 12),
-- rounded down at decimals (0 to 20). apr: a fraction from 0 to 10; months: 1 to 1200. A payment below 0 repays nothing. NULL
-- gives NULL. Error: a value out of range (22003). Source: the annuity; ASIC 2018/753 takes 36 months at the highest rate
CREATE FUNCTION credit_limit.repayable_limit(payment numeric, apr float8, months int, decimals int DEFAULT 2) RETURNS numeric
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  i numeric;
BEGIN
  IF NOT (apr BETWEEN 0 AND 10 AND months BETWEEN 1 AND 1200 AND decimals BETWEEN 0 AND 20 AND abs(payment) <= 1e24) THEN
    RAISE EXCEPTION 'payment, apr, months or decimals are out of range' USING ERRCODE = 'numeric_value_out_of_range',
      DETAIL = format('Found payment %s, apr %s, months %s, decimals %s.', payment, apr, months, decimals),
      HINT = 'A payment is finite; apr is a fraction of a year, 0.2 being 20 %, from 0 to 10; months go from 1 to 1200.';
  END IF;
  -- Forty decimals: what is cut off is far below a minor unit of the largest payment.
  i := round(apr::numeric, 40) / 12;
  RETURN trunc(greatest(payment, 0) * CASE WHEN i = 0 THEN months ELSE (1 - round((1 + i), 40) ^ -months) / i END, decimals);
END
$$;

-- Months of persistent debt up to the latest: the largest number of latest months over which more was paid as interest, fees and
-- charges than as principal, that is sum(charges) > sum(payment) - sum(charges). Amounts of consecutive months, the latest first;
-- charges: interest, fees and charges billed in the month. The first NULL ends what is known; NULL where that is the latest
-- month. NULL gives NULL. Source: CONC 6.7.27R, which looks at 18 months and leaves out a balance that fell below 200 GBP
CREATE FUNCTION credit_limit.persistent_debt_months(payment numeric[], charges numeric[]) RETURNS int
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
  SELECT max(CASE WHEN m.excess > 0 THEN m.n ELSE 0 END)::int
  FROM (SELECT u.n, sum(2 * u.charged - u.paid) OVER w AS excess, bool_and(u.charged + u.paid IS NOT NULL) OVER w AS known
    FROM ROWS FROM (unnest(persistent_debt_months.payment), unnest(persistent_debt_months.charges)) WITH ORDINALITY
      u(paid, charged, n)
    WINDOW w AS (ORDER BY u.n)) m
  WHERE m.known;
END;

-- Notices of adverse decisions: what a borrower must be told, in his language.
--
-- Source: Regulation B, 12 CFR 1002.9(a)(2) and (b)(2): a statement of the principal reasons, specific ones; that a score was too low
-- is not enough, the factors that made it so are (official interpretation, 9(b)(2)); more than four are of no help to anybody.

CREATE PROCEDURE credit_limit.create_book_notices(book text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $create$
BEGIN
  CALL credit_limit.create_book_table(book, 'lender_contact', $$
    CREATE TABLE @book@.lender_contact (
      language text PRIMARY KEY CHECK (language ~ '^[a-z]{2}(-[A-Za-z]+)?$'),
      lender text NOT NULL CHECK (lender <> ''),
      address text,
      phone text,
      email text,
      supervisor text);
    COMMENT ON TABLE @book@.lender_contact IS 'whom a borrower may ask about a decision, and who supervises the lender, as notices give them; the rows that are there at first are placeholders';
    INSERT INTO @book@.lender_contact VALUES
      ('en', '[name of the lender]', '[address]', '[telephone]', '[e-mail]', '[supervisory authority]'),
      ('zh', '［贷款机构名称］', '［地址］', '［电话］', '［电子邮箱］', '［监管机构］')
  $$);
END
$create$;
COMMENT ON PROCEDURE credit_limit.create_book_notices(text) IS 'part of create_book: contact of the lender in notices';

-- The principal reasons: the factors of the score that cost most follow the reason of the policy that speaks of it.
CREATE FUNCTION credit_limit.principal_reasons(book text, decision_id bigint) RETURNS text[]
LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  s text := credit_limit.book_schema(book);
  d record;
  factors text[];
  place int;
BEGIN
  EXECUTE format('SELECT d.reasons, p.document::jsonb AS policy, c.document AS card, e.inputs, l.columns FROM %1$s.decision d
    LEFT JOIN %1$s.policy p ON p.policy_id = d.policy_id
    LEFT JOIN %1$s.scorecard c ON c.scorecard_id = d.scorecard_id
    LEFT JOIN %1$s.decision_evidence e ON e.decision_id = d.decision_id AND e.as_of = d.as_of
    LEFT JOIN %1$s.evidence_layout l ON l.layout = e.layout WHERE d.decision_id = $1', s) INTO d USING decision_id;
  -- Where the first reason stands that is the score's.
  SELECT min(r.n) INTO place FROM unnest(d.reasons) WITH ORDINALITY r(reason, n)
  WHERE r.reason IN (d.policy #>> '{entitlement,reason}', d.policy #>> '{risk_cap,reason}');
  IF place IS NULL OR d.card IS NULL OR d.inputs IS NULL THEN
    RETURN d.reasons[:4];
  END IF;
  EXECUTE format('SELECT credit_limit.reason_codes($2, r, 3) FROM (SELECT %s) r', credit_limit.evidence_row_sql(d.columns))
    INTO factors USING d.inputs::jsonb, d.card;
  RETURN (d.reasons[:place] || coalesce(factors, '{}') || d.reasons[place + 1:])[:4];
END
$$;
COMMENT ON FUNCTION credit_limit.principal_reasons(text, bigint) IS
    'at most four reasons of a decision, the principal one first. The reason of the policy''s entitlement or risk cap is followed by up to three factors of the scorecard that lost most points, by the inputs that were kept; without these (external score, erased borrower) the reasons are those of the policy. NULL for a decision that is not there';

CREATE FUNCTION credit_limit.adverse_notice(book text, decision_id bigint, language text)
RETURNS TABLE (decided_on date, adverse boolean, borrower_id bigint, account_id bigint, product text,
    product_name text, currency text, action text, old_limit numeric, new_limit numeric, available numeric, reasons text[],
    untranslated text[], lender text, address text, phone text, email text, supervisor text)
LANGUAGE plpgsql STABLE STRICT ROWS 1 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN QUERY EXECUTE replace($q$
    SELECT d.as_of, coalesce(v.move_limits, true) AND (d.frozen OR coalesce(d.new_limit < d.old_limit, false)), d.borrower_id, d.account_id, d.product,
      p.name, a.currency, d.action, d.old_limit, d.new_limit, d.available, credit_limit.translate_reasons($3, w.reasons, $2),
      ARRAY(SELECT r FROM unnest(w.reasons) r WHERE NOT EXISTS (SELECT FROM @book@.reason_text t WHERE t.reason = r AND t.language = $2)),
      c.lender, c.address, c.phone, c.email, c.supervisor
    FROM @book@.decision d
    JOIN @book@.account a ON a.account_id = d.account_id
    LEFT JOIN @book@.product p ON p.product = d.product
    LEFT JOIN @book@.run v ON v.run_id = d.run_id
    LEFT JOIN @book@.lender_contact c ON c.language = $2
    CROSS JOIN LATERAL (SELECT credit_limit.principal_reasons($3, d.decision_id) AS reasons) w
    WHERE d.decision_id = $1
  $q$, '@book@', credit_limit.book_schema(book)) USING decision_id, language, book;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = format('there is no decision %s', decision_id),
      HINT = format('Decisions are in %s.decision.', credit_limit.book_schema(book));
  END IF;
END
$$;
COMMENT ON FUNCTION credit_limit.adverse_notice(text, bigint, text) IS
    'what a borrower is told of a decision, in a language of reason_text: at most four principal reasons (principal_reasons()), old and new limit in the currency of the account, the day, and whom to ask (lender_contact). adverse: the limit fell or was frozen, which a run without move_limits does to nobody; to refuse what the borrower asked for is adverse too, but only the lender knows that he asked. untranslated: reasons without a text in the language, given in the words of policy or scorecard: no notice should go out with one. Errors: no such decision (P0002). NULL gives no row. Source: 12 CFR 1002.9';

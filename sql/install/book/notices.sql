-- Notices of adverse decisions: what a borrower must be told, in his language.
--
-- Source: Regulation B, 12 CFR 1002.9(a)(2) and (b)(2): a statement of the principal reasons, specific ones; that a score was too
-- low is not enough, the factors that made it so are (official interpretation, 9(b)(2)); more than four help nobody.

-- part of create_book: texts of reasons in English, and in Chinese where the encoding of the database can hold it; contact of the
-- lender
CREATE FUNCTION credit_limit_internal.create_texts(book text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $create$
DECLARE
  chinese text := $$,
      ('Score and income support no higher limit', 'zh', '您的评分和收入暂不支持更高的额度'),
      ('Score supports no higher limit', 'zh', '您的评分暂不支持更高的额度'),
      ('Income supports no higher limit', 'zh', '您的收入暂不支持更高的额度'),
      ('Highest limit of the policy', 'zh', '已达到我们可授予的最高额度'),
      ('Expected demand needs no higher limit', 'zh', '您的预期用款无需更高的额度'),
      ('A higher limit is not expected to earn more', 'zh', '您的预期用款暂不支持更高的额度'),
      ('A budget bound', 'zh', '我们目前无法授予更高的额度'),
      ('Income and obligations support no higher limit', 'zh', '您的收入与负债情况暂不支持更高的额度'),
      ('Highest limit of the product', 'zh', '已达到该产品的最高额度'),
      ('Limit across all products of the borrower', 'zh', '已达到您名下各产品的总额度'),
      ('Regulatory cap', 'zh', '已达到监管规定的额度上限'),
      ('Probability of default caps the limit', 'zh', '根据风险评估暂不能给予更高的额度'),
      ('Below the smallest limit of the product', 'zh', '可授予的额度低于该产品的最低额度'),
      ('Largest change that one decision may make', 'zh', '单次调整幅度已达上限'),
      ('Change too small to be made', 'zh', '调整幅度过小，额度保持不变'),
      ('Too soon after the last change', 'zh', '距上次额度调整时间过短'),
      ('Drawn amount is above what the policy supports', 'zh', '已使用金额高于可支持的额度'),
      ('Above the amount that needs approval', 'zh', '该额度需人工审批'),
      ('Withheld by an experiment', 'zh', '本次提额暂在部分客户中试行'),
      ('The line is due for its yearly approval', 'zh', '该额度已到年度复核时间'),
      ('An increase has to be asked for', 'zh', '提额须由您本人申请'),
      ('No consent to an increase', 'zh', '您尚未同意提额'),
      ('Persistent debt', 'zh', '您的欠款长期未能减少'),
      ('score is unknown', 'zh', '我们暂无您的评分'),
      ('income is unknown', 'zh', '我们暂不了解您的收入'),
      ('obligations is unknown', 'zh', '我们暂不了解您的其他还款负担'),
      ('pd is unknown', 'zh', '我们暂无您的风险评估'),
      ('demand_mixture is unknown', 'zh', '我们暂不了解您的用款需求'),
      ('days_past_due is unknown', 'zh', '我们暂不了解您的还款情况')$$;
  chinese_contact text := $$,
      ('zh', '［贷款机构名称］', '［地址］', '［电话］', '［电子邮箱］', '［监管机构］')$$;
BEGIN
  BEGIN
    -- Whether the database can hold them: they are part of the definitions below.
    EXECUTE 'VALUES ' || substr(chinese, 2) || '; VALUES ' || substr(chinese_contact, 2);	-- DDL
  EXCEPTION WHEN untranslatable_character OR feature_not_supported THEN
    RAISE NOTICE 'Chinese texts of reasons are left out: encoding % of the database cannot hold them', getdatabaseencoding();
    chinese := '';
    chinese_contact := '';
  END;
  PERFORM credit_limit_internal.create_table(book, $$
-- reasons of decisions in the words that a borrower reads, by language; those of your policies go here too
    CREATE TABLE @book@.reason_text (
      reason text NOT NULL,
      language text NOT NULL CHECK (language ~ '^[a-z]{2}(-[A-Za-z]+)?$'),
      text text NOT NULL,
      PRIMARY KEY (reason, language));
    INSERT INTO @book@.reason_text VALUES
      ('Score and income support no higher limit', 'en', 'Your score and income do not support a higher limit.'),
      ('Score supports no higher limit', 'en', 'Your score does not support a higher limit.'),
      ('Income supports no higher limit', 'en', 'Your income does not support a higher limit.'),
      ('Highest limit of the policy', 'en', 'We grant no higher limit.'),
      ('Expected demand needs no higher limit', 'en', 'Your expected use does not need a higher limit.'),
      ('A higher limit is not expected to earn more', 'en', 'Your expected use does not support a higher limit.'),
      ('A budget bound', 'en', 'We can grant no more at present.'),
      ('Income and obligations support no higher limit', 'en', 'Your income and obligations do not support a higher limit.'),
      ('Highest limit of the product', 'en', 'This product has no higher limit.'),
      ('Limit across all products of the borrower', 'en', 'The limit across all your products is reached.'),
      ('Regulatory cap', 'en', 'The law allows no higher limit.'),
      ('Probability of default caps the limit', 'en', 'Our assessment of risk does not allow a higher limit.'),
      ('Below the smallest limit of the product', 'en', 'The limit would be below the smallest of this product.'),
      ('Largest change that one decision may make', 'en', 'A limit can change only so far at one time.'),
      ('Change too small to be made', 'en', 'The change would be too small.'),
      ('Too soon after the last change', 'en', 'The last change was a short time ago.'),
      ('Drawn amount is above what the policy supports', 'en', 'The amount in use is above what we can support.'),
      ('Above the amount that needs approval', 'en', 'A limit this high is decided by a person.'),
      ('Withheld by an experiment', 'en', 'We are trying out increases with some borrowers first.'),
      ('The line is due for its yearly approval', 'en', 'The yearly review of your limit is due.'),
      ('An increase has to be asked for', 'en', 'We raise a limit only where you ask for it.'),
      ('No consent to an increase', 'en', 'You have not agreed to an increase.'),
      ('Persistent debt', 'en', 'Your debt has not fallen for a long time.'),
      ('score is unknown', 'en', 'We have no score for you.'),
      ('income is unknown', 'en', 'We do not know your income.'),
      ('obligations is unknown', 'en', 'We do not know what you pay elsewhere.'),
      ('pd is unknown', 'en', 'We have no assessment of your risk.'),
      ('demand_mixture is unknown', 'en', 'We do not know what you expect to use.'),
      ('days_past_due is unknown', 'en', 'We do not know how you have paid.')$$ || chinese);
  PERFORM credit_limit_internal.create_table(book, $$
-- whom a borrower may ask about a decision, and who supervises the lender; the first rows are placeholders
    CREATE TABLE @book@.lender_contact (
      language text PRIMARY KEY CHECK (language ~ '^[a-z]{2}(-[A-Za-z]+)?$'),
      lender text NOT NULL CHECK (lender <> ''),
      address text,
      phone text,
      email text,
      supervisor text);
    INSERT INTO @book@.lender_contact VALUES
      ('en', '[name of the lender]', '[address]', '[telephone]', '[e-mail]', '[supervisory authority]')$$ || chinese_contact);
END
$create$;

-- in an open book: the words of reason_text for a reason, or for what stands in it before a colon (A budget bound: one more of
-- exposure costs 0.03); NULL: none
CREATE FUNCTION credit_limit_internal.reason_words(reason text, language text) RETURNS text
LANGUAGE sql STABLE
AS $$
  SELECT t.text FROM reason_text t WHERE t.language = reason_words.language
    AND t.reason IN (reason_words.reason, split_part(reason_words.reason, ': ', 1))
  ORDER BY t.reason = reason_words.reason DESC LIMIT 1
$$;

-- the reasons of a decision in the words of reason_text for a language (en, zh), where not of a whole reason those of what stands
-- in it before a colon; one without a text there stays as it is. NULL gives NULL
CREATE FUNCTION credit_limit.translate_reasons(book text, reasons text[], language text) RETURNS text[]
LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  RETURN (SELECT coalesce(array_agg(coalesce(credit_limit_internal.reason_words(r.reason, language), r.reason) ORDER BY r.n),
    '{}') FROM unnest(reasons) WITH ORDINALITY r(reason, n));
END
$$;

-- at most four reasons of a decision, the principal one first. The reason of the policy's entitlement or risk cap is followed by
-- up to three factors of the scorecard that lost most points, by the inputs that were kept, where they are. Errors: no such
-- decision (P0002). NULL gives NULL
CREATE FUNCTION credit_limit.principal_reasons(book text, decision_id bigint) RETURNS text[]
LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  d record;
  place int;
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  d := credit_limit_internal.decision_versions(book, decision_id);
  -- Where the first reason stands that is the score's: bands of other columns do not speak of it.
  SELECT min(r.n) INTO place FROM unnest(d.reasons) WITH ORDINALITY r(reason, n),
    LATERAL (SELECT d.policy::jsonb -> 'entitlement' AS entitlement) e,
    LATERAL (SELECT coalesce(e.entitlement ->> 'score_reason',
      jsonb_path_query_first(e.entitlement, '$.grid.* ? (@.column == "score").reason') #>> '{}') AS score_reason) s
  WHERE r.reason IN (s.score_reason, CASE WHEN s.score_reason IS NOT NULL THEN e.entitlement ->> 'reason' END,
    d.policy::jsonb #>> '{risk_cap,reason}');
  IF place IS NULL OR d.card IS NULL OR d.inputs IS NULL THEN
    RETURN d.reasons[:4];
  END IF;
  RETURN (d.reasons[:place] || ARRAY(SELECT jsonb_array_elements_text(credit_limit_internal.explain(d.inputs, d.columns, d.card,
    d.policy, d.as_of, d.target) -> 'factors')) || d.reasons[place + 1:])[:4];
END
$$;

-- what a borrower is told of a decision, in a language of reason_text: principal_reasons(), old and new limit in the currency of
-- the account, the day, and the contact. adverse: the limit fell or was frozen, which a run without move_limits never does;
-- whether he asked for more only the lender knows. untranslated: reasons without a text in the language: no notice should go out
-- with one. Errors: no such decision (P0002). NULL gives no row. Source: 12 CFR 1002.9
CREATE FUNCTION credit_limit.adverse_notice(book text, decision_id bigint, language text)
RETURNS TABLE (decided_on date, adverse boolean, borrower_id bigint, account_id bigint, product text,
    product_name text, currency text, action text, old_limit numeric, new_limit numeric, available numeric, reasons text[],
    untranslated text[], lender text, address text, phone text, email text, supervisor text)
LANGUAGE plpgsql STABLE STRICT ROWS 1 SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  principal CONSTANT text[] := credit_limit.principal_reasons(book, adverse_notice.decision_id);
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  RETURN QUERY
    SELECT d.as_of, coalesce(v.move_limits, true) AND (d.frozen OR coalesce(d.new_limit < d.old_limit, false)), d.borrower_id,
      d.account_id, d.product, p.name, a.currency, d.action, d.old_limit, d.new_limit, d.available,
      credit_limit.translate_reasons(book, principal, adverse_notice.language),
      ARRAY(SELECT r FROM unnest(principal) r WHERE credit_limit_internal.reason_words(r, adverse_notice.language) IS NULL),
      c.lender, c.address, c.phone, c.email, c.supervisor
    FROM decision d
    JOIN account a ON a.account_id = d.account_id
    LEFT JOIN product p ON p.product = d.product
    LEFT JOIN run v ON v.run_id = d.run_id
    LEFT JOIN lender_contact c ON c.language = adverse_notice.language
    WHERE d.decision_id = adverse_notice.decision_id;
END
$$;

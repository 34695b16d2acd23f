-- Texts of reasons by language.

CREATE PROCEDURE credit_limit.create_book_reasons(book text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $create$
BEGIN
  CALL credit_limit.create_book_table(book, 'reason_text', $$
    CREATE TABLE @book@.reason_text (
      reason text NOT NULL,
      language text NOT NULL CHECK (language ~ '^[a-z]{2}(-[A-Za-z]+)?$'),
      text text NOT NULL,
      PRIMARY KEY (reason, language));
    COMMENT ON TABLE @book@.reason_text IS 'reasons of decisions in the words that a borrower reads, by language; those of your policies go here too';
    INSERT INTO @book@.reason_text VALUES
      ('Score and income support no higher limit', 'en', 'Your score and income do not support a higher limit.'),
      ('Score and income support no higher limit', 'zh', '您的评分和收入暂不支持更高的额度'),
      ('Expected demand needs no higher limit', 'en', 'Your expected use does not need a higher limit.'),
      ('Expected demand needs no higher limit', 'zh', '您的预期用款无需更高的额度'),
      ('Income and obligations support no higher limit', 'en', 'Your income and obligations do not support a higher limit.'),
      ('Income and obligations support no higher limit', 'zh', '您的收入与负债情况暂不支持更高的额度'),
      ('Highest limit of the product', 'en', 'This product has no higher limit.'),
      ('Highest limit of the product', 'zh', '已达到该产品的最高额度'),
      ('Limit across all products of the borrower', 'en', 'The limit across all your products is reached.'),
      ('Limit across all products of the borrower', 'zh', '已达到您名下各产品的总额度'),
      ('Regulatory cap', 'en', 'The law allows no higher limit.'),
      ('Regulatory cap', 'zh', '已达到监管规定的额度上限'),
      ('Probability of default caps the limit', 'en', 'Our assessment of risk does not allow a higher limit.'),
      ('Probability of default caps the limit', 'zh', '根据风险评估暂不能给予更高的额度'),
      ('Below the smallest limit of the product', 'en', 'The limit would be below the smallest of this product.'),
      ('Below the smallest limit of the product', 'zh', '可授予的额度低于该产品的最低额度'),
      ('Largest change that one decision may make', 'en', 'A limit moves in steps.'),
      ('Largest change that one decision may make', 'zh', '单次调整幅度已达上限'),
      ('Change too small to be made', 'en', 'The change would be too small.'),
      ('Change too small to be made', 'zh', '调整幅度过小，额度保持不变'),
      ('Too soon after the last change', 'en', 'The last change was a short time ago.'),
      ('Too soon after the last change', 'zh', '距上次额度调整时间过短'),
      ('Drawn amount is above what the policy supports', 'en', 'The amount in use is above what we can support.'),
      ('Drawn amount is above what the policy supports', 'zh', '已使用金额高于可支持的额度'),
      ('Above the amount that needs approval', 'en', 'A limit this high is decided by a person.'),
      ('Above the amount that needs approval', 'zh', '该额度需人工审批')
  $$);
END
$create$;
COMMENT ON PROCEDURE credit_limit.create_book_reasons(text) IS 'part of create_book: texts of reasons in English and Chinese';

CREATE FUNCTION credit_limit.translate_reasons(book text, reasons text[], language text) RETURNS text[]
LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  answer text[];
BEGIN
  EXECUTE format('SELECT coalesce(array_agg(coalesce(t.text, r.reason) ORDER BY r.n), ''{}'')
    FROM unnest($1) WITH ORDINALITY r(reason, n) LEFT JOIN %s.reason_text t ON t.reason = r.reason AND t.language = $2',
    credit_limit.book_schema(book)) INTO answer USING reasons, language;
  RETURN answer;
END
$$;
COMMENT ON FUNCTION credit_limit.translate_reasons(text, text[], text) IS
    'the reasons of a decision in the words of reason_text for a language (en, zh); one without a text there stays as it is. NULL gives NULL';

-- What may be drawn, with blocked and ad hoc amounts and the umbrella; and that partitioned umbrellas are not overfilled.

CREATE FUNCTION credit_limit.keep_umbrella() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  over record;
  raised bigint[];
BEGIN
  -- Most lines have none, and every decision comes here.
  PERFORM FROM changed n WHERE n.umbrella_id IS NOT NULL LIMIT 1;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  IF TG_OP = 'INSERT' THEN
    SELECT array_agg(DISTINCT n.umbrella_id) INTO raised FROM changed n WHERE n.umbrella_id IS NOT NULL;
  ELSE
    SELECT array_agg(DISTINCT n.umbrella_id) INTO raised FROM changed n JOIN before o ON o.account_id = n.account_id
    WHERE n.umbrella_id IS NOT NULL AND n.status = 'open'
      AND (n.credit_limit > o.credit_limit OR o.umbrella_id IS DISTINCT FROM n.umbrella_id OR o.status <> 'open');
  END IF;
  IF raised IS NULL THEN
    RETURN NULL;
  END IF;
  -- One after the other: the next one sees what this one leaves.
  EXECUTE format('SELECT count(*) FROM (SELECT FROM %I.umbrella u WHERE u.umbrella_id = ANY ($1) AND u.kind = ''partitioned''
    ORDER BY u.umbrella_id FOR NO KEY UPDATE) l', TG_TABLE_SCHEMA) USING raised;
  over := credit_limit.latest_row(format('SELECT u.umbrella_id, u.credit_limit, sum(a.credit_limit) AS granted FROM %1$I.umbrella u
    JOIN %1$I.account a ON a.umbrella_id = u.umbrella_id AND a.status = ''open''
    WHERE u.umbrella_id = ANY ($1) AND u.kind = ''partitioned'' GROUP BY u.umbrella_id, u.credit_limit
    HAVING sum(a.credit_limit) > u.credit_limit ORDER BY u.umbrella_id LIMIT 1', TG_TABLE_SCHEMA), raised);
  IF over IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = format('limits exceed the partitioned umbrella %s', over.umbrella_id),
      DETAIL = format('It is %s; the limits of its open accounts would be %s.', over.credit_limit, over.granted),
      HINT = 'A policy with "umbrella": {"type": "partitioned"} grants no more than is left.';
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION credit_limit.keep_umbrella() IS
    'trigger of account: an error (23514) when a limit is raised and the limits under a partitioned umbrella exceed it, with those that others have committed meanwhile';

CREATE FUNCTION credit_limit.available_to_draw(book text, account_id bigint, as_of date) RETURNS numeric
LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  answer numeric;
BEGIN
  EXECUTE replace($q$
    SELECT CASE WHEN a.frozen OR a.status <> 'open' OR EXISTS (SELECT FROM @book@.exclusion x WHERE x.borrower_id = a.borrower_id
        AND x.action = 'FREEZE' AND x.valid_from <= $2 AND (x.valid_to >= $2 OR x.valid_to IS NULL)) THEN 0
      ELSE credit_limit.available_credit(a.credit_limit + coalesce(j.ad_hoc, 0), a.balance, a.pending + coalesce(j.blocked, 0),
        CASE WHEN u.umbrella_id IS NULL THEN NULL WHEN u.valid_from <= $2 AND (u.valid_to >= $2 OR u.valid_to IS NULL)
          THEN u.credit_limit ELSE 0 END, o.drawn) END
    FROM @book@.account a
    LEFT JOIN @book@.umbrella u ON u.umbrella_id = a.umbrella_id
    CROSS JOIN LATERAL (SELECT sum(j.amount) FILTER (WHERE j.kind = 'ad_hoc') AS ad_hoc,
        sum(j.amount) FILTER (WHERE j.kind = 'blocked') AS blocked
      FROM @book@.limit_adjustment j WHERE j.account_id = a.account_id AND $2 BETWEEN j.valid_from AND j.valid_to) j
    CROSS JOIN LATERAL (SELECT coalesce(sum(greatest(p.balance, 0) + p.pending + coalesce((SELECT sum(b.amount)
        FROM @book@.limit_adjustment b WHERE b.account_id = p.account_id AND b.kind = 'blocked'
          AND $2 BETWEEN b.valid_from AND b.valid_to), 0)), 0) AS drawn
      FROM @book@.account p WHERE p.umbrella_id = a.umbrella_id AND p.account_id <> a.account_id AND p.status = 'open') o
    WHERE a.account_id = $1
  $q$, '@book@', credit_limit.book_schema(book)) INTO answer USING account_id, as_of;
  RETURN answer;
END
$$;
COMMENT ON FUNCTION credit_limit.available_to_draw(text, bigint, date) IS
    'what may be drawn from an account on a day: limit plus ad hoc amounts, less balance, pending and blocked amounts, and no more than the umbrella leaves beside the borrower''s other lines; 0 when it is closed, frozen, or under an exclusion that freezes. NULL: no such account, or a NULL argument';

CREATE FUNCTION credit_limit.authorize_draw(book text, account_id bigint, amount numeric, as_of date) RETURNS numeric
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  s text := credit_limit.book_schema(book);
  n bigint;
  left_over numeric;
BEGIN
  IF amount IS NULL OR NOT (amount > 0 AND amount < 'Infinity') OR as_of IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'a draw needs a positive amount and a day',
      DETAIL = format('They are %s and %s.', coalesce(amount::text, 'NULL'), coalesce(as_of::text, 'NULL')),
      HINT = 'Give the amount in the currency of the account.';
  END IF;
  PERFORM credit_limit.need_read_committed('a draw');
  -- Whoever draws or decides on lines of one borrower waits for the other.
  EXECUTE format('SELECT count(*) FROM (SELECT FROM %1$s.borrower b WHERE b.borrower_id = (SELECT a.borrower_id FROM %1$s.account a
    WHERE a.account_id = $1) FOR NO KEY UPDATE) l', s) INTO n USING account_id;
  left_over := credit_limit.available_to_draw(book, account_id, as_of) - amount;
  IF left_over < 0 OR left_over IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = format('account %s does not allow a draw of %s', account_id, amount),
      DETAIL = CASE WHEN left_over IS NULL THEN 'There is no such account.' ELSE format('Available are %s.', left_over + amount) END,
      HINT = 'credit_limit.available_to_draw() says what may be drawn.';
  END IF;
  EXECUTE format('UPDATE %s.account a SET pending = a.pending + $2 WHERE a.account_id = $1', s) USING account_id, amount;
  RETURN left_over;
END
$$;
COMMENT ON FUNCTION credit_limit.authorize_draw(text, bigint, numeric, date) IS
    'adds an amount to pending of an account if it is available, and returns what is available after it. Draws on lines of one borrower happen one after the other, so that together they never exceed the umbrella. Errors: more than is available, no such account (23514), an amount that is not positive, NULL (22023), a transaction that is not READ COMMITTED, as it would not see the draws of others (25000)';

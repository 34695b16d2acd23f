-- What may be drawn, with blocked and ad hoc amounts and the umbrella; and that partitioned umbrellas are not overfilled.

-- trigger of account after a statement: where a line has an umbrella, it calls keep_umbrella() of the book
CREATE FUNCTION credit_limit_internal.keep_umbrella() RETURNS trigger
    AS 'MODULE_PATHNAME', 'cl_keep_umbrella' LANGUAGE C;

-- part of the trigger keep_umbrella of a book: counts what is granted under umbrellas, and raises an error (23514) when limits
-- were raised and those under a partitioned umbrella exceed it
CREATE FUNCTION credit_limit_internal.count_granted(book text, raised bigint[], changed bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
  -- Where umbrella is a table, granted is counted: the row is locked first, so that the sum sees what others have committed, and
  -- a transaction with an older snapshot ends in a serialization failure when somebody else has counted meanwhile. A view has no
  -- such column: there the sum is only compared, and an older snapshot would not do. The check is here and not a constraint,
  -- since a line under an umbrella that was lowered may still be reduced.
DECLARE
  counted boolean;
  over record;
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  counted := EXISTS (SELECT FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.oid = to_regclass('umbrella') AND c.relkind = 'r' AND a.attname = 'granted' AND NOT a.attisdropped);
  IF NOT counted THEN
    PERFORM credit_limit_internal.need_read_committed('a change of limits under an umbrella that is a view');
  END IF;
  PERFORM FROM umbrella u WHERE u.umbrella_id = ANY (raised || changed) ORDER BY u.umbrella_id FOR NO KEY UPDATE;
  IF counted THEN
    UPDATE umbrella u SET granted = g.granted
    FROM (SELECT w.umbrella_id, coalesce((SELECT sum(a.credit_limit) FROM account a
        WHERE a.umbrella_id = w.umbrella_id AND a.status = 'open'), 0) AS granted FROM umbrella w
      WHERE w.umbrella_id = ANY (raised || changed)) g
    WHERE u.umbrella_id = g.umbrella_id AND u.granted <> g.granted;
  END IF;
  SELECT u.umbrella_id, u.credit_limit, sum(a.credit_limit) AS granted INTO over
  FROM umbrella u JOIN account a ON a.umbrella_id = u.umbrella_id AND a.status = 'open'
  WHERE u.umbrella_id = ANY (raised) AND u.kind = 'partitioned' GROUP BY u.umbrella_id, u.credit_limit
  HAVING sum(a.credit_limit) > u.credit_limit ORDER BY u.umbrella_id LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = format('limits exceed the partitioned umbrella %s', over.umbrella_id),
      DETAIL = format('It is %s; the limits of its open accounts would be %s.', over.credit_limit, over.granted),
      HINT = 'A policy with "umbrella": {"type": "partitioned"} grants no more than is left.';
  END IF;
END
$$;

-- what may be drawn from an account on a day: limit plus ad hoc amounts, less balance, pending and blocked amounts, and no more
-- than the umbrella leaves beside the borrower's other lines; 0 when it is closed, not yet opened, frozen, or under an exclusion
-- that freezes. NULL: no such account, or a NULL argument. Errors: a date before 1900 or after 2199 (22023)
CREATE FUNCTION credit_limit.available_to_draw(book text, account_id bigint, as_of date) RETURNS numeric
LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM credit_limit_internal.need_day('what may be drawn', as_of);
  PERFORM credit_limit_internal.open_book(book);
  RETURN (SELECT CASE WHEN a.frozen OR a.status <> 'open' OR a.opened_on > available_to_draw.as_of
        OR EXISTS (SELECT FROM exclusion x WHERE x.borrower_id = a.borrower_id AND x.action = 'FREEZE'
        AND x.valid_from <= available_to_draw.as_of AND (x.valid_to >= available_to_draw.as_of OR x.valid_to IS NULL)) THEN 0
      ELSE credit_limit.available_credit(a.credit_limit + coalesce(j.ad_hoc, 0), a.balance, a.pending + coalesce(j.blocked, 0),
        CASE WHEN a.umbrella_id IS NULL THEN NULL WHEN u.valid_from <= available_to_draw.as_of
            AND (u.valid_to >= available_to_draw.as_of OR u.valid_to IS NULL) THEN u.credit_limit ELSE 0 END, o.drawn) END
    FROM account a
    LEFT JOIN umbrella u ON u.umbrella_id = a.umbrella_id
    CROSS JOIN LATERAL (SELECT sum(j.amount) FILTER (WHERE j.kind = 'ad_hoc') AS ad_hoc,
        sum(j.amount) FILTER (WHERE j.kind = 'blocked') AS blocked
      FROM limit_adjustment j WHERE j.account_id = a.account_id AND available_to_draw.as_of BETWEEN j.valid_from AND j.valid_to) j
    CROSS JOIN LATERAL (SELECT coalesce(sum(greatest(p.balance, 0) + p.pending + coalesce((SELECT sum(b.amount)
        FROM limit_adjustment b WHERE b.account_id = p.account_id AND b.kind = 'blocked'
          AND available_to_draw.as_of BETWEEN b.valid_from AND b.valid_to), 0)), 0) AS drawn
      FROM account p WHERE p.umbrella_id = a.umbrella_id AND p.account_id <> a.account_id AND p.status = 'open') o
    WHERE a.account_id = available_to_draw.account_id);
END
$$;

-- adds an amount to pending of an account if it is available on the day, and on the business date before it, and returns what is
-- available after it. Draws on lines of one borrower happen one after the other. Errors: more than is available, no such account,
-- a day before the business date or that of the latest decision on the account (23514), an amount that is not positive, NULL
-- (22023), not in READ COMMITTED (25000), rows of the book that row-level security hides (42501)
CREATE FUNCTION credit_limit.authorize_draw(book text, account_id bigint, amount numeric, as_of date) RETURNS numeric
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  left_over numeric;
  borrower bigint;
  later date;
BEGIN
  IF amount IS NULL OR NOT (amount > 0 AND amount < 'Infinity') OR as_of IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'a draw needs a positive amount and a day',
      DETAIL = format('They are %s and %s.', coalesce(amount::text, 'NULL'), coalesce(as_of::text, 'NULL')),
      HINT = 'Give the amount in the currency of the account.';
  END IF;
  PERFORM credit_limit_internal.need_day('a draw', as_of);
  PERFORM credit_limit_internal.need_read_committed('a draw');
  PERFORM credit_limit_internal.open_book(book);
  IF credit_limit_internal.may_hide_rows() THEN
    PERFORM credit_limit_internal.need_every_row('a draw');
  END IF;
  -- Whoever draws or decides on lines of one borrower waits for the other.
  SELECT b.borrower_id INTO borrower FROM borrower b
  WHERE b.borrower_id = (SELECT a.borrower_id FROM account a WHERE a.account_id = authorize_draw.account_id) FOR NO KEY UPDATE;
  -- Who draws as of an earlier day would pass by a freeze of since then.
  later := greatest((SELECT d.business_date FROM business_day d),
    credit_limit_internal.decided_later(borrower, account_id, as_of));
  IF as_of < later THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = format('a draw as of %s comes too late', as_of),
      DETAIL = format('The business date, or that of the latest decision on account %s, is %s.', account_id, later),
      HINT = 'Give the day on which the draw happens.';
  END IF;
  -- Nor does one as of a later day pass by what ends before it.
  left_over := least(credit_limit.available_to_draw(book, account_id, as_of),
    credit_limit.available_to_draw(book, account_id, nullif(later, as_of))) - amount;
  IF left_over < 0 OR left_over IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation',
      MESSAGE = format('account %s does not allow a draw of %s', account_id, amount),
      DETAIL = CASE WHEN left_over IS NULL THEN 'There is no such account.'
        ELSE format('Available are %s.', left_over + amount) END,
      HINT = 'credit_limit.available_to_draw() says what may be drawn.';
  END IF;
  UPDATE account a SET pending = a.pending + amount WHERE a.account_id = authorize_draw.account_id;
  RETURN left_over;
END
$$;

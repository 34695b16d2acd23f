-- A borrower who moves from one book of a group to another: five steps, each of which can be done again. Before the other book
-- has made him its own, cancel_move() takes them back.
--
-- frozen: the book that he leaves packs his rows and lets nobody draw, decide or load on him. copied: the other one has the rows,
-- and the end of the first one's log, in its own. active: it has made them his. closed: the first one has closed his accounts and
-- removed what the other has. Whoever counts borrowers sees him in one book: refresh_group() closes what is active first.

-- part of triggers of account and account_month: an error (55006) when one of these borrowers is on his way or has gone, unless
-- an order of the group writes
CREATE FUNCTION credit_limit_internal.need_settled(book text, borrowers bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  PERFORM FROM group_order o WHERE NOT o.obeyed;
  IF NOT FOUND THEN
    PERFORM credit_limit_internal.need_present(borrowers);
  END IF;
END
$$;

-- in an open book: part of obey_order(): his rows, and the end of the log; nothing happens to him from now on. Errors: no such
-- borrower, or he was erased (P0002), another move of his (55006)
CREATE FUNCTION credit_limit_internal.freeze_borrower(book text, content jsonb) RETURNS jsonb
LANGUAGE plpgsql
AS $$
DECLARE
  id CONSTANT bigint := content ->> 'borrower';
  accounts bigint[];
  rows jsonb;
  before jsonb;
BEGIN
  -- Who decides or draws holds the same lock, and sees the move after it.
  PERFORM FROM borrower b WHERE b.borrower_id = id AND b.erased_on IS NULL FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = format('there is no borrower %s in book "%s"', id, book),
      DETAIL = 'The table borrower does not have him, or he was erased.', HINT = 'Give a borrower of that book.';
  END IF;
  before := (SELECT to_jsonb(m) FROM group_move m WHERE m.borrower_id = id);
  INSERT INTO group_move AS m (borrower_id, move, state, other_shard)
  VALUES (id, content ->> 'move', 'frozen', (content ->> 'to')::int)
  ON CONFLICT (borrower_id) DO UPDATE SET move = excluded.move, state = 'frozen', other_shard = excluded.other_shard
    WHERE m.state = 'active';
  IF NOT FOUND THEN
    PERFORM credit_limit_internal.need_present(ARRAY[id]);
  END IF;
  accounts := ARRAY(SELECT a.account_id FROM account a WHERE a.borrower_id = id);
  -- With salt, so that the digest of the order tells nothing about rows that are erased.
  rows := jsonb_build_object('salt', gen_random_uuid(),
    'borrower', (SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]') FROM borrower t WHERE t.borrower_id = id),
    'umbrella', (SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]') FROM umbrella t WHERE t.borrower_id = id),
    'account', (SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]') FROM account t WHERE t.borrower_id = id),
    'exclusion', (SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]') FROM exclusion t WHERE t.borrower_id = id),
    'limit_adjustment', (SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]') FROM limit_adjustment t
      WHERE t.account_id = ANY (accounts)),
    'account_feature', (SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]') FROM account_feature t
      WHERE t.account_id = ANY (accounts)),
    'account_month', (SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]') FROM account_month t WHERE t.account_id = ANY (accounts)));
  UPDATE account a SET frozen = true WHERE a.borrower_id = id AND a.status = 'open';
  RETURN jsonb_build_object('rows', rows, 'log_end', credit_limit.log_end(book), 'before', before);
END
$$;

-- in an open book: part of obey_order(): the rows are in the order, and where the log of the other book ends is in the log here
CREATE FUNCTION credit_limit_internal.receive_borrower(content jsonb) RETURNS jsonb
LANGUAGE plpgsql
AS $$
DECLARE
  id CONSTANT bigint := content ->> 'borrower';
  before CONSTANT jsonb := (SELECT to_jsonb(m) FROM group_move m WHERE m.borrower_id = id);
BEGIN
  INSERT INTO group_move AS m (borrower_id, move, state, other_shard)
  VALUES (id, content ->> 'move', 'arriving', (content ->> 'from')::int)
  ON CONFLICT (borrower_id) DO UPDATE SET move = excluded.move, state = 'arriving', other_shard = excluded.other_shard
    WHERE m.state = 'closed';
  IF NOT FOUND OR (EXISTS (SELECT FROM account a WHERE a.borrower_id = id AND a.status = 'open')) THEN
    RAISE EXCEPTION USING ERRCODE = 'object_in_use', MESSAGE = format('borrower %s is in the other book already', id),
      DETAIL = 'It has open accounts of his, or another move.', HINT = 'See group_move and account of that book.';
  END IF;
  RETURN jsonb_build_object('before', before);
END
$$;

-- in an open book: part of obey_order(): the rows that it received are his
CREATE FUNCTION credit_limit_internal.activate_borrower(content jsonb) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  id CONSTANT bigint := content ->> 'borrower';
  rows jsonb;
BEGIN
  UPDATE group_move m SET state = 'active'
  WHERE m.borrower_id = id AND m.move = content ->> 'move' AND m.state = 'arriving';
  SELECT o.content -> 'rows' INTO rows FROM group_order o
  WHERE FOUND AND o.order_key = (activate_borrower.content ->> 'move') || ' receive';
  IF rows IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = format('borrower %s did not arrive', id),
      DETAIL = format('There are no rows of move %s.', content ->> 'move'), HINT = 'CALL credit_limit.move_borrower() again.';
  END IF;
  -- A borrower who comes back finds his closed accounts.
  INSERT INTO borrower AS t SELECT r.* FROM jsonb_populate_recordset(NULL::borrower, rows -> 'borrower') r
  ON CONFLICT (borrower_id) DO UPDATE SET segment = excluded.segment, income = excluded.income,
    obligations = excluded.obligations, external_score = excluded.external_score, external_pd = excluded.external_pd;
  -- The trigger of account counts what is granted.
  INSERT INTO umbrella AS t SELECT (jsonb_populate_record(r, '{"granted": 0}')).*
  FROM jsonb_populate_recordset(NULL::umbrella, rows -> 'umbrella') r
  ON CONFLICT (umbrella_id) DO UPDATE SET kind = excluded.kind, credit_limit = excluded.credit_limit,
    valid_from = excluded.valid_from, valid_to = excluded.valid_to;
  INSERT INTO account AS t SELECT r.* FROM jsonb_populate_recordset(NULL::account, rows -> 'account') r
  ON CONFLICT (account_id) DO UPDATE SET umbrella_id = excluded.umbrella_id, status = excluded.status,
    credit_limit = excluded.credit_limit, balance = excluded.balance, pending = excluded.pending,
    last_limit_change = excluded.last_limit_change, frozen = excluded.frozen;
  INSERT INTO limit_adjustment (account_id, kind, amount, valid_from, valid_to, reason)
  SELECT r.account_id, r.kind, r.amount, r.valid_from, r.valid_to, r.reason
  FROM jsonb_populate_recordset(NULL::limit_adjustment, rows -> 'limit_adjustment') r;
  INSERT INTO account_feature SELECT r.* FROM jsonb_populate_recordset(NULL::account_feature, rows -> 'account_feature') r;
  INSERT INTO exclusion (borrower_id, kind, action, valid_from, valid_to, reason)
  SELECT r.borrower_id, r.kind, r.action, r.valid_from, r.valid_to, r.reason
  FROM jsonb_populate_recordset(NULL::exclusion, rows -> 'exclusion') r;
  INSERT INTO account_month SELECT r.* FROM jsonb_populate_recordset(NULL::account_month, rows -> 'account_month') r;
  UPDATE group_order o SET content = o.content - 'rows', answer = o.answer - 'rows'
  WHERE o.order_key = (activate_borrower.content ->> 'move') || ' receive';
END
$$;

-- in an open book: part of obey_order(): what the other book has now is not here any more; decisions and closed accounts stay
CREATE FUNCTION credit_limit_internal.close_borrower(content jsonb) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  id CONSTANT bigint := content ->> 'borrower';
  accounts bigint[];
BEGIN
  UPDATE group_move m SET state = 'closed' WHERE m.borrower_id = id AND m.move = content ->> 'move';
  accounts := ARRAY(SELECT a.account_id FROM account a WHERE a.borrower_id = id);
  DELETE FROM account_month t WHERE t.account_id = ANY (accounts);
  DELETE FROM account_feature t WHERE t.account_id = ANY (accounts);
  DELETE FROM limit_adjustment t WHERE t.account_id = ANY (accounts);
  DELETE FROM report_position t WHERE t.account_id = ANY (accounts);
  DELETE FROM report_first t WHERE t.account_id = ANY (accounts);
  DELETE FROM demand_forecast t WHERE t.account_id = ANY (accounts);
  UPDATE account a SET status = 'closed', balance = 0, pending = 0 WHERE a.borrower_id = id AND a.status = 'open';
  DELETE FROM exclusion t WHERE t.borrower_id = id;
  UPDATE borrower b SET income = NULL, obligations = NULL, external_score = NULL, external_pd = NULL WHERE b.borrower_id = id;
  UPDATE group_order o SET content = o.content - 'rows', answer = o.answer - 'rows'
  WHERE o.order_key = (close_borrower.content ->> 'move') || ' freeze';
END
$$;

-- in an open book: part of obey_order(): a move that comes to nothing. What it froze is as it was, what it brought is gone. The
-- book may not have heard of it. Errors: he was made a borrower of the other book (55000)
CREATE FUNCTION credit_limit_internal.cancel_borrower(content jsonb) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  id CONSTANT bigint := content ->> 'borrower';
  here text;
  was jsonb;
  was_move jsonb;
BEGIN
  PERFORM FROM borrower b WHERE b.borrower_id = id FOR NO KEY UPDATE;
  SELECT m.state INTO here FROM group_move m WHERE m.borrower_id = id AND m.move = content ->> 'move' FOR UPDATE;
  IF NOT FOUND THEN
    RETURN;
  ELSIF here IN ('active', 'closed') THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
      MESSAGE = format('the move of borrower %s has been made', id), DETAIL = format('In this book he is %s.', here),
      HINT = 'Complete it: CALL credit_limit.move_borrower(), and move him back.';
  END IF;
  SELECT o.answer INTO was FROM group_order o WHERE o.order_key = (cancel_borrower.content ->> 'move') || ' '
    || CASE here WHEN 'frozen' THEN 'freeze' ELSE 'receive' END;
  IF here = 'frozen' THEN
    UPDATE account a SET frozen = false FROM jsonb_populate_recordset(NULL::account, was #> '{rows,account}') w
    WHERE a.borrower_id = id AND w.account_id = a.account_id AND NOT w.frozen AND a.frozen;
  END IF;
  was_move := nullif(was -> 'before', 'null');
  IF was_move IS NULL THEN
    DELETE FROM group_move m WHERE m.borrower_id = id;
  ELSE
    UPDATE group_move m SET move = w.move, state = w.state, other_shard = w.other_shard
    FROM jsonb_populate_record(NULL::group_move, was_move) w WHERE m.borrower_id = id;
  END IF;
  UPDATE group_order o SET content = o.content - 'rows', answer = o.answer - 'rows'
  WHERE o.order_key IN ((cancel_borrower.content ->> 'move') || ' freeze', (cancel_borrower.content ->> 'move') || ' receive');
END
$$;

-- ---- where the group is ----

-- which book of a group has a borrower: that of his latest move, or else the one of borrower_shard(). NULL: NULL
CREATE FUNCTION credit_limit.group_shard(book_group text, borrower_id bigint) RETURNS int
LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM credit_limit_internal.open_group(book_group);
  RETURN coalesce((SELECT CASE WHEN m.state IN ('active', 'closed') THEN m.to_shard ELSE m.from_shard END FROM move m
      WHERE m.borrower_id = group_shard.borrower_id ORDER BY m.move DESC LIMIT 1),
    (SELECT credit_limit.borrower_shard(group_shard.borrower_id, s.shards) FROM setting s));
END
$$;

-- in an open group: what a move is called in the books
CREATE FUNCTION credit_limit_internal.move_key(move bigint) RETURNS text
LANGUAGE sql STABLE
AS $$ SELECT format('%s move %s', s.group_id, move_key.move) FROM setting s $$;

-- part of move_borrower(): the number of the move of a borrower that is not done, or a new one; NULL: he is there
CREATE FUNCTION credit_limit_internal.begin_move(book_group text, borrower bigint, shard int) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  m record;
  here int;
  id bigint;
BEGIN
  PERFORM credit_limit_internal.open_group(book_group);
  IF borrower IS NULL OR shard IS NULL OR NOT EXISTS (SELECT FROM member w WHERE w.shard = begin_move.shard) THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'a borrower moves to a book of the group',
      DETAIL = format('The borrower is %s, the shard %s.', coalesce(borrower::text, 'NULL'), coalesce(shard::text, 'NULL')),
      HINT = format('Shards are in %I.member.', book_group);
  END IF;
  PERFORM FROM setting FOR UPDATE;
  SELECT w.* INTO m FROM move w WHERE w.borrower_id = borrower AND w.state NOT IN ('closed', 'cancelled');
  IF FOUND THEN
    IF m.state = 'cancelling' THEN
      RAISE EXCEPTION USING ERRCODE = 'object_in_use', MESSAGE = format('a move of borrower %s is being taken back', borrower),
        DETAIL = format('It is move %s.', m.move), HINT = 'CALL credit_limit.cancel_move() again, then move him.';
    END IF;
    IF m.to_shard <> shard THEN
      RAISE EXCEPTION USING ERRCODE = 'object_in_use', MESSAGE = format('borrower %s is on his way already', borrower),
        DETAIL = format('Move %s takes him to shard %s.', m.move, m.to_shard),
        HINT = 'Complete that move: CALL it with the same shard.';
    END IF;
    RETURN m.move;
  END IF;
  here := credit_limit.group_shard(book_group, borrower);
  IF here = shard THEN
    RETURN NULL;
  END IF;
  INSERT INTO move (borrower_id, from_shard, to_shard) VALUES (borrower, here, shard) RETURNING move.move INTO id;
  RETURN id;
END
$$;

-- part of move_borrower() and refresh_group(): the next step of a move. False: it is done
CREATE FUNCTION credit_limit_internal.move_step(book_group text, move bigint) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  m record;
  key text;
  content jsonb;
  packed jsonb;
  done text;
BEGIN
  PERFORM credit_limit_internal.open_group(book_group);
  PERFORM FROM setting FOR UPDATE;
  SELECT w.*, f.book AS source, t.book AS target INTO m FROM move w JOIN member f ON f.shard = w.from_shard
    JOIN member t ON t.shard = w.to_shard WHERE w.move = move_step.move;
  IF m.state IN ('closed', 'cancelling', 'cancelled') THEN
    RETURN false;
  END IF;
  key := format('move %s', m.move);
  content := jsonb_build_object('move', credit_limit_internal.move_key(m.move), 'borrower', m.borrower_id, 'from', m.from_shard,
    'to', m.to_shard);
  CASE m.state
    WHEN 'planned' THEN
      PERFORM credit_limit_internal.send_order(book_group, m.source, key || ' freeze', 'freeze', content);
      done := 'frozen';
    WHEN 'frozen' THEN
      packed := credit_limit_internal.send_order(book_group, m.source, key || ' freeze', 'freeze', content);
      PERFORM credit_limit_internal.send_order(book_group, m.target, key || ' receive', 'receive', content || packed);
      done := 'copied';
    WHEN 'copied' THEN
      PERFORM credit_limit_internal.send_order(book_group, m.target, key || ' activate', 'activate', content);
      done := 'active';
    WHEN 'active' THEN
      PERFORM credit_limit_internal.send_order(book_group, m.source, key || ' close', 'close', content);
      done := 'closed';
  END CASE;
  UPDATE move w SET state = done, changed_at = clock_timestamp() WHERE w.move = move_step.move;
  RETURN done <> 'closed';
END
$$;

-- moves a borrower with his accounts, months, features and exclusions to another book of the group; his decisions stay where they
-- were made, and where the log of that book ended is in the log of the other. It commits step by step (frozen, copied, active,
-- closed: table move of the group); started again it goes on where it stopped. From frozen to active nobody draws, decides or
-- loads on him. Errors: in a transaction block (25001), no such group (3F000, 42P01), shard (22023) or borrower (P0002), another
-- move of his (55006), a server that is away (08001, 08006)
CREATE PROCEDURE credit_limit.move_borrower(book_group text, borrower_id bigint, to_shard int)
LANGUAGE plpgsql
AS $$
  -- It commits, so it may not set the search_path: nothing in it is looked up there.
DECLARE
  move pg_catalog.int8;
  more pg_catalog.bool;
BEGIN
  PERFORM credit_limit_internal.need_autocommit('move_borrower');
  move := credit_limit_internal.begin_move(book_group, borrower_id, to_shard);
  COMMIT;
  more := move IS NOT NULL;
  WHILE more LOOP
    more := credit_limit_internal.move_step(book_group, move);
    COMMIT;
  END LOOP;
END
$$;

-- part of cancel_move(): the number of the move that is to be taken back, from now on; NULL: it was taken back. Under the lock of
-- those who give orders, so that what has not arrived does not arrive later. Errors: no move that can be taken back (55000)
CREATE FUNCTION credit_limit_internal.begin_cancel(book_group text, borrower bigint) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  m record;
BEGIN
  PERFORM credit_limit_internal.open_group(book_group);
  PERFORM FROM setting FOR UPDATE;
  SELECT w.*, t.book AS target INTO m FROM move w JOIN member t ON t.shard = w.to_shard
  WHERE w.borrower_id = borrower ORDER BY w.move DESC LIMIT 1;
  IF m.state = 'cancelled' THEN
    RETURN NULL;
  END IF;
  IF m.move IS NULL OR m.state IN ('active', 'closed')
    OR m.state = 'copied' AND credit_limit_internal.has_arrived(m.target, credit_limit_internal.move_key(m.move)) THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
      MESSAGE = format('there is no move of borrower %s that could be taken back', coalesce(borrower::text, 'NULL')),
      DETAIL = CASE WHEN m.move IS NULL THEN 'He did not move.'
        ELSE format('Move %s has made him one of shard %s.', m.move, m.to_shard) END,
      HINT = CASE WHEN m.move IS NULL THEN format('Moves are in %I.move.', book_group)
        ELSE 'Complete it: CALL credit_limit.move_borrower(), and move him back.' END;
  END IF;
  UPDATE move w SET state = 'cancelling', changed_at = clock_timestamp() WHERE w.move = m.move;
  RETURN m.move;
END
$$;

-- part of cancel_move(): one of the two books forgets the move; the one that he would have come to first
CREATE FUNCTION credit_limit_internal.cancel_step(book_group text, move bigint, at_target boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  m record;
BEGIN
  PERFORM credit_limit_internal.open_group(book_group);
  PERFORM FROM setting FOR UPDATE;
  SELECT w.*, b.book INTO m FROM move w JOIN member b ON b.shard = CASE WHEN at_target THEN w.to_shard ELSE w.from_shard END
  WHERE w.move = cancel_step.move;
  PERFORM credit_limit_internal.send_order(book_group, m.book, format('move %s cancel', m.move), 'cancel',
    jsonb_build_object('move', credit_limit_internal.move_key(m.move), 'borrower', m.borrower_id));
  IF NOT at_target THEN
    UPDATE move w SET state = 'cancelled', changed_at = clock_timestamp() WHERE w.move = m.move;
  END IF;
END
$$;

-- takes back the move of a borrower whom the other book has not made its own: there what it received is gone, and where he is he
-- is as he was. It commits step by step, like move_borrower; started again it goes on where it stopped, and does nothing where
-- the latest move was taken back. Errors: in a transaction block (25001), no such group (3F000, 42P01), no move, or one that has
-- made him active (55000), a server that is away (08001, 08006)
CREATE PROCEDURE credit_limit.cancel_move(book_group text, borrower_id bigint)
LANGUAGE plpgsql
AS $$
  -- It commits, so it may not set the search_path: nothing in it is looked up there.
DECLARE
  move pg_catalog.int8;
BEGIN
  PERFORM credit_limit_internal.need_autocommit('cancel_move');
  move := credit_limit_internal.begin_cancel(book_group, borrower_id);
  COMMIT;
  IF move IS NOT NULL THEN
    PERFORM credit_limit_internal.cancel_step(book_group, move, true);
    COMMIT;
    PERFORM credit_limit_internal.cancel_step(book_group, move, false);
    COMMIT;
  END IF;
END
$$;

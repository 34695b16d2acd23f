-- A borrower who moves from one book of a group to another: five steps, each of which can be done again. Before the other book
-- has made him its own, cancel_move() takes them back.
--
-- frozen: the book that he leaves lets nobody draw, decide or load on him. copied: it has packed his rows, and the other one has
-- them, and the end of the first one's log, in its own. active: it has made them his. closed: the first one has closed his
-- accounts and removed what the other has. Whoever counts borrowers sees him in one book: refresh_group() closes what is active
-- first. The rows are in no log, so their SHA-256 is in both: who packs, receives, makes them his and closes says the same one.

-- part of triggers: whether a borrower is on his way to another book of the group, or has gone there
CREATE FUNCTION credit_limit_internal.has_moves(book text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  RETURN EXISTS (SELECT FROM group_move m WHERE m.state <> 'active');
END
$$;

-- part of triggers: an error (55006) when one of these borrowers, or of those of these accounts, is on his way or has gone,
-- unless an order of the group writes
CREATE FUNCTION credit_limit_internal.need_settled(book text, borrowers bigint[], accounts bigint[] DEFAULT '{}') RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  PERFORM FROM group_order o WHERE NOT o.obeyed;
  IF NOT FOUND THEN
    PERFORM credit_limit_internal.need_present(borrowers
      || ARRAY(SELECT a.borrower_id::bigint FROM account a WHERE a.account_id = ANY (accounts)));
  END IF;
END
$$;

-- SHA-256 of the rows of a borrower who moves
CREATE FUNCTION credit_limit_internal.rows_digest(rows jsonb) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN encode(sha256(convert_to(rows::text, 'UTF8'::name)), 'hex'::text);

-- in an open book: part of freeze_borrower(): locks all that a move takes along, and waits for nobody. Errors: somebody writes to
-- it, and has not ended his transaction (55P03)
CREATE FUNCTION credit_limit_internal.lock_rows(id bigint) RETURNS void
LANGUAGE plpgsql
AS $$
  -- Whoever inserts a row that refers to him or his accounts has locked those FOR KEY SHARE, which only FOR UPDATE excludes.
  -- Others lock an account first, or a borrower: who waits here, with the borrower locked, could wait for them and they for him.
DECLARE
  accounts bigint[];
BEGIN
  PERFORM FROM borrower b WHERE b.borrower_id = id FOR UPDATE NOWAIT;
  SELECT array_agg(l.account_id) INTO accounts
  FROM (SELECT a.account_id FROM account a WHERE a.borrower_id = id FOR UPDATE NOWAIT) l;
  PERFORM FROM umbrella t WHERE t.borrower_id = id FOR UPDATE NOWAIT;
  PERFORM FROM exclusion t WHERE t.borrower_id = id FOR UPDATE NOWAIT;
  PERFORM FROM limit_adjustment t WHERE t.account_id = ANY (accounts) FOR UPDATE NOWAIT;
  PERFORM FROM account_month t WHERE t.account_id = ANY (accounts) FOR UPDATE NOWAIT;
EXCEPTION WHEN lock_not_available THEN
  RAISE EXCEPTION USING ERRCODE = 'lock_not_available', MESSAGE = format('somebody writes rows of borrower %s', id),
    DETAIL = 'A transaction that has not ended has written to him or to what is his: it would not move with him.',
    HINT = 'When it has ended CALL credit_limit.move_borrower() again.';
END
$$;

-- in an open book: part of obey_order(): nothing happens to him from now on. Returns which of his accounts it froze. Errors: no
-- such borrower, or he was erased (P0002), another move of his (55006), somebody writes rows of his (55P03)
CREATE FUNCTION credit_limit_internal.freeze_borrower(book text, content jsonb) RETURNS jsonb
LANGUAGE plpgsql
AS $$
DECLARE
  id CONSTANT bigint := content ->> 'borrower';
  before jsonb;
  froze jsonb;
BEGIN
  -- Who decides or draws holds the same lock, and sees the move after it.
  PERFORM FROM borrower b WHERE b.borrower_id = id AND b.erased_on IS NULL FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = format('there is no borrower %s in book "%s"', id, book),
      DETAIL = 'The table borrower does not have him, or he was erased.', HINT = 'Give a borrower of that book.';
  END IF;
  PERFORM credit_limit_internal.lock_rows(id);
  before := (SELECT to_jsonb(m) FROM group_move m WHERE m.borrower_id = id);
  INSERT INTO group_move AS m (borrower_id, move, state, other_shard)
  VALUES (id, content ->> 'move', 'frozen', (content ->> 'to')::int)
  ON CONFLICT (borrower_id) DO UPDATE SET move = excluded.move, state = 'frozen', other_shard = excluded.other_shard
    WHERE m.state = 'active';
  IF NOT FOUND THEN
    PERFORM credit_limit_internal.need_present(ARRAY[id]);
  END IF;
  froze := (SELECT coalesce(jsonb_agg(a.account_id ORDER BY a.account_id), '[]') FROM account a
    WHERE a.borrower_id = id AND a.status = 'open' AND NOT a.frozen);
  UPDATE account a SET frozen = true WHERE a.borrower_id = id AND a.status = 'open';
  -- A new version of his row: to that a transaction cannot refer that has an older snapshot, and does not see the move.
  UPDATE borrower b SET segment = b.segment WHERE b.borrower_id = id;
  RETURN jsonb_build_object('froze', froze, 'before', before);
END
$$;

-- in an open book: part of obey_order(): his rows, their digest, and the end of the log. Errors: he is not frozen for this move
-- (55000)
CREATE FUNCTION credit_limit_internal.pack_borrower(book text, content jsonb) RETURNS jsonb
LANGUAGE plpgsql
AS $$
  -- Not where he is frozen: postgres_fdw works with one snapshot from before the locks, and what was committed until they were
  -- had would not be seen.
DECLARE
  id CONSTANT bigint := content ->> 'borrower';
  froze jsonb;
  accounts bigint[];
  rows jsonb;
BEGIN
  SELECT o.answer -> 'froze' INTO froze FROM group_move m JOIN group_order o ON o.order_key = m.move || ' freeze'
  WHERE m.borrower_id = id AND m.move = pack_borrower.content ->> 'move' AND m.state = 'frozen' AND o.kind = 'freeze';
  IF froze IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = format('borrower %s is not frozen', id),
      DETAIL = format('This book has no move %s of his that begins.', content ->> 'move'),
      HINT = 'CALL credit_limit.move_borrower() where the group is: it takes the steps in their order.';
  END IF;
  accounts := ARRAY(SELECT a.account_id FROM account a WHERE a.borrower_id = id);
  -- With salt, so that the digest tells nothing about rows that are erased.
  rows := jsonb_build_object('salt', gen_random_uuid(),
    'borrower', (SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]') FROM borrower t WHERE t.borrower_id = id),
    'umbrella', (SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]') FROM umbrella t WHERE t.borrower_id = id),
    'account', (SELECT coalesce(jsonb_agg(to_jsonb(t)
        || jsonb_build_object('frozen', t.frozen AND NOT froze @> to_jsonb(t.account_id))), '[]')
      FROM account t WHERE t.borrower_id = id),
    'exclusion', (SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]') FROM exclusion t WHERE t.borrower_id = id),
    'limit_adjustment', (SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]') FROM limit_adjustment t
      WHERE t.account_id = ANY (accounts)),
    'account_feature', (SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]') FROM account_feature t
      WHERE t.account_id = ANY (accounts)),
    'account_month', (SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]') FROM account_month t WHERE t.account_id = ANY (accounts)));
  RETURN jsonb_build_object('rows', rows, 'digest', credit_limit_internal.rows_digest(rows),
    'log_end', credit_limit.log_end(book));
END
$$;

-- in an open book: an error (42501) when rows that came with a borrower are not all his, or this book has one of his accounts or
-- umbrellas as that of somebody else
CREATE FUNCTION credit_limit_internal.need_own_rows(id bigint, rows jsonb) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  wrong text;
BEGIN
  SELECT string_agg(DISTINCT format('%s %s', t.relation, coalesce(r.item ->> CASE WHEN t.relation = 'umbrella' THEN 'umbrella_id'
    WHEN t.relation IN ('borrower', 'exclusion') THEN 'borrower_id' ELSE 'account_id' END, 'of nobody')), ', ') INTO wrong
  FROM jsonb_each(rows) t(relation, items), jsonb_array_elements(CASE jsonb_typeof(t.items) WHEN 'array' THEN t.items END) r(item)
  WHERE CASE WHEN t.relation IN ('borrower', 'umbrella', 'account', 'exclusion')
      THEN (r.item ->> 'borrower_id')::bigint IS DISTINCT FROM id
      ELSE NOT EXISTS (SELECT FROM jsonb_array_elements(rows -> 'account') a(item)
        WHERE a.item ->> 'account_id' = r.item ->> 'account_id') END
    OR t.relation = 'account' AND EXISTS (SELECT FROM account a
      WHERE a.account_id = (r.item ->> 'account_id')::bigint AND a.borrower_id <> id)
    OR t.relation = 'umbrella' AND EXISTS (SELECT FROM umbrella u
      WHERE u.umbrella_id = (r.item ->> 'umbrella_id')::bigint AND u.borrower_id <> id);
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format('borrower %s came with rows of others', id),
      DETAIL = format('They are %s.', wrong),
      HINT = 'No two accounts, or umbrellas, of a group have one number: CALL credit_limit.cancel_move(), and renumber.';
  END IF;
END
$$;

-- in an open book: part of obey_order(): the rows are in the order, and where the log of the other book ends is in the log here.
-- Errors: he is here already (55006), rows of others (42501), rows that are not those that were packed (55000)
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
  PERFORM credit_limit_internal.need_own_rows(id, content -> 'rows');
  IF credit_limit_internal.rows_digest(content -> 'rows') IS DISTINCT FROM content ->> 'digest' THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
      MESSAGE = format('the rows of borrower %s are not those that were packed', id),
      DETAIL = format('Their SHA-256 is %s, and was %s.', coalesce(credit_limit_internal.rows_digest(content -> 'rows'), 'NULL'),
        coalesce(content ->> 'digest', 'NULL')), HINT = 'CALL credit_limit.cancel_move(), and move him again.';
  END IF;
  RETURN jsonb_build_object('before', before);
END
$$;

-- in an open book: part of obey_order(): the rows that it received are his. Returns their digest and the limits, which no
-- decision of this book set. Errors: he did not arrive by this move (55000), rows of others (42501)
CREATE FUNCTION credit_limit_internal.activate_borrower(content jsonb) RETURNS jsonb
LANGUAGE plpgsql
AS $$
DECLARE
  id CONSTANT bigint := content ->> 'borrower';
  rows jsonb;
BEGIN
  UPDATE group_move m SET state = 'active'
  WHERE m.borrower_id = id AND m.move = content ->> 'move' AND m.state = 'arriving';
  SELECT o.content -> 'rows' INTO rows FROM group_order o
  WHERE FOUND AND o.order_key = (activate_borrower.content ->> 'move') || ' receive' AND o.kind = 'receive';
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
  -- Again, and last: an account of that number may have come since, also while this was being done.
  PERFORM credit_limit_internal.need_own_rows(id, rows);
  UPDATE group_order o SET content = o.content - 'rows', answer = o.answer - 'rows'
  WHERE o.order_key = (activate_borrower.content ->> 'move') || ' receive';
  RETURN jsonb_build_object('digest', credit_limit_internal.rows_digest(rows), 'limits',
    (SELECT coalesce(jsonb_object_agg(a.account_id, a.credit_limit), '{}') FROM account a WHERE a.borrower_id = id));
END
$$;

-- in an open book: part of obey_order(): what the other book has now is not here any more; decisions and closed accounts stay.
-- Errors: he did not leave by this move, or what the other book made its own is not what was packed here (55000)
CREATE FUNCTION credit_limit_internal.close_borrower(content jsonb) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  id CONSTANT bigint := content ->> 'borrower';
  accounts bigint[];
BEGIN
  UPDATE group_move m SET state = 'closed' FROM group_order o
  WHERE m.borrower_id = id AND m.move = close_borrower.content ->> 'move' AND m.state = 'frozen'
    AND o.order_key = m.move || ' pack' AND o.kind = 'pack' AND o.answer ->> 'digest' = close_borrower.content ->> 'digest';
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = format('borrower %s has not left', id),
      DETAIL = format('By move %s this book has not frozen and packed him, or the other one has not made those rows its own.',
        content ->> 'move'),
      HINT = 'CALL credit_limit.move_borrower() where the group is: it closes what the other book has made active.';
  END IF;
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
  WHERE o.order_key = (close_borrower.content ->> 'move') || ' pack';
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
    UPDATE account a SET frozen = false WHERE a.borrower_id = id AND was -> 'froze' @> to_jsonb(a.account_id) AND a.frozen;
  END IF;
  was_move := nullif(was -> 'before', 'null');
  IF was_move IS NULL THEN
    DELETE FROM group_move m WHERE m.borrower_id = id;
  ELSE
    UPDATE group_move m SET move = w.move, state = w.state, other_shard = w.other_shard
    FROM jsonb_populate_record(NULL::group_move, was_move) w WHERE m.borrower_id = id;
  END IF;
  UPDATE group_order o SET content = o.content - 'rows', answer = o.answer - 'rows'
  WHERE o.order_key IN ((cancel_borrower.content ->> 'move') || ' pack', (cancel_borrower.content ->> 'move') || ' receive');
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
  taken text;
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
      packed := credit_limit_internal.send_order(book_group, m.source, key || ' pack', 'pack', content);
      PERFORM credit_limit_internal.send_order(book_group, m.target, key || ' receive', 'receive', content || packed);
      done := 'copied';
    WHEN 'copied' THEN
      taken := credit_limit_internal.send_order(book_group, m.target, key || ' activate', 'activate', content) ->> 'digest';
      done := 'active';
    WHEN 'active' THEN
      PERFORM credit_limit_internal.send_order(book_group, m.source, key || ' close', 'close',
        content || jsonb_build_object('digest', m.digest));
      done := 'closed';
  END CASE;
  UPDATE move w SET state = done, digest = coalesce(taken, w.digest), changed_at = clock_timestamp()
  WHERE w.move = move_step.move;
  RETURN done <> 'closed';
END
$$;

-- moves a borrower with his accounts, months, features and exclusions to another book of the group; his decisions stay where they
-- were made, and where the log of that book ended is in the log of the other. It commits step by step (frozen, copied, active,
-- closed: table move of the group); started again it goes on where it stopped. From frozen to active nobody draws, decides or
-- loads on him. Errors: in a transaction block (25001), no such group (3F000, 42P01), shard (22023) or borrower (P0002), another
-- move of his (55006), somebody who writes rows of his and has not committed (55P03), an account whose number the other book has
-- for somebody else (42501), a server that is away (08001, 08006)
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

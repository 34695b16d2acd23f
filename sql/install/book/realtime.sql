-- Real time: what happens to a borrower moves his limits in the same transaction.
--
-- Whoever loads months and exclusions must not be able to write decisions himself. So the trigger function belongs to the book
-- and runs with the rights of the book's owner: see create_guards(). What decides is run 0: its versions are written anew by
-- the trigger renew_versions when a version, an experiment, a product or the business date changes. Where such a change could go
-- unseen, events look for the versions of the day each time.

-- in an open book: whether the versions of run 0 are those that decide now. Not so where product, experiment, experiment_arm,
-- policy_version, scorecard_version or business_day is a view, has children or row-level security, or lacks the trigger
-- renew_versions that fires always
CREATE FUNCTION credit_limit_internal.versions_stand(book text) RETURNS boolean
    AS 'MODULE_PATHNAME', 'cl_versions_stand' LANGUAGE C STABLE STRICT;

-- part of real time: decides on all open accounts of some borrowers, or of those who have some accounts, as of the business date,
-- by the versions valid on it.
-- Errors: no business date, no approved version, a business date that the group of the book has not confirmed (55000), a borrower
-- who moves to another book of it (55006), a transaction that is not READ COMMITTED (25000), rows that row-level
-- security hides from the owner of the book (42501)
CREATE FUNCTION credit_limit_internal.decide_event(book text, borrowers bigint[], accounts bigint[] DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan SET random_page_cost = 1.1
AS $$
  -- One plan for all events of a session.
DECLARE
  today date;
  locked bigint[];
  grouped boolean;
  done record;
BEGIN
  IF borrowers IS NULL AND accounts IS NULL THEN
    RETURN;
  END IF;
  -- Asked here: it is a call for each event.
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    PERFORM credit_limit_internal.need_read_committed('a decision in real time');
  END IF;
  PERFORM credit_limit_internal.open_book_to_decide(book);
  IF credit_limit_internal.may_hide_rows() THEN
    PERFORM credit_limit_internal.need_every_row('a decision in real time');
  END IF;
  borrowers := coalesce(borrowers, ARRAY(SELECT a.borrower_id FROM account a WHERE a.account_id = ANY (accounts)));
  SELECT coalesce(array_agg(l.borrower_id), '{}'), (SELECT d.business_date FROM business_day d),
    EXISTS (SELECT FROM group_membership) INTO locked, today, grouped
  FROM (SELECT b.borrower_id FROM borrower b WHERE b.borrower_id = ANY (borrowers) ORDER BY b.borrower_id FOR NO KEY UPDATE) l;
  IF today IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = format('book "%s" has no business date', book),
      DETAIL = 'Decisions in real time are made as of that day.', HINT = 'Call credit_limit.set_business_date(book, date).';
  END IF;
  IF grouped THEN
    PERFORM credit_limit_internal.need_confirmed(today);
    PERFORM credit_limit_internal.need_present(locked);
  END IF;
  done := credit_limit_internal.decide(CASE WHEN credit_limit_internal.versions_stand(book) THEN 0 END, today, locked, 'realtime',
    true);
  -- Run 0 is of the business date: after it moved it decides nothing as of the day before.
  IF done.decisions = 0 THEN
    IF today IS DISTINCT FROM (SELECT d.business_date FROM business_day d) THEN
      RAISE EXCEPTION USING ERRCODE = 'serialization_failure', MESSAGE = 'the business date moved while decisions were made',
        HINT = 'Try again.';
    END IF;
  END IF;
END
$$;

-- from now on a new row of account_month, and a new, changed or removed one of exclusion, decides on the borrower's limits in its
-- own transaction, as of the business date, with the rights of the owner of the book: a role that loads needs none on the log.
-- Events on one borrower happen one after the other, and need READ COMMITTED. Load many rows with it disabled, and
-- run_decisions() after. Errors: a book of somebody else (42501), account_month or exclusion that is a view (42809), somebody
-- who writes to one of them for five seconds more (55P03)
CREATE FUNCTION credit_limit.enable_realtime(book text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s'
AS $enable$
DECLARE
  owner text;
  other text;
BEGIN
  PERFORM credit_limit_internal.open_book_to_decide(book);
  owner := credit_limit_internal.book_owner(book);
  SELECT c.relname INTO other FROM pg_class c
  WHERE c.oid IN (to_regclass('account_month'), to_regclass('exclusion')) AND c.relkind NOT IN ('r', 'p');
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'wrong_object_type', MESSAGE = format('"%s" of book "%s" is not a table', other, book),
      DETAIL = 'Real time needs triggers on account_month and exclusion, which a view cannot have.',
      HINT = 'Decide by runs, or copy the rows into tables of these names.';
  END IF;
  PERFORM credit_limit_internal.know_layout(0);
  PERFORM credit_limit.disable_realtime(book);
  EXECUTE replace($$
    CREATE FUNCTION @book@.decide_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $body$
    BEGIN
      IF TG_TABLE_NAME = 'account_month' THEN
        PERFORM credit_limit_internal.decide_event(credit_limit_internal.trigger_book(TG_RELID),
          NULL, (SELECT array_agg(DISTINCT c.account_id) FROM changed c));
      ELSIF TG_OP = 'UPDATE' THEN
        PERFORM credit_limit_internal.decide_event(credit_limit_internal.trigger_book(TG_RELID),
          (SELECT array_agg(DISTINCT b.borrower_id)
            FROM (SELECT c.borrower_id FROM changed c UNION ALL SELECT o.borrower_id FROM before o) b));
      ELSE
        PERFORM credit_limit_internal.decide_event(credit_limit_internal.trigger_book(TG_RELID),
          (SELECT array_agg(DISTINCT c.borrower_id) FROM changed c));
      END IF;
      RETURN NULL;
    END
    $body$;
    REVOKE ALL ON FUNCTION @book@.decide_changed() FROM PUBLIC;
    COMMENT ON FUNCTION @book@.decide_changed() IS
    'trigger of account_month and exclusion: decides on the borrowers of the rows with the rights of the owner of the book';
    CREATE TRIGGER decide_inserted AFTER INSERT ON @book@.account_month REFERENCING NEW TABLE AS changed
      FOR EACH STATEMENT EXECUTE FUNCTION @book@.decide_changed();
    CREATE TRIGGER decide_inserted AFTER INSERT ON @book@.exclusion REFERENCING NEW TABLE AS changed
      FOR EACH STATEMENT EXECUTE FUNCTION @book@.decide_changed();
    CREATE TRIGGER decide_updated AFTER UPDATE ON @book@.exclusion REFERENCING OLD TABLE AS before NEW TABLE AS changed
      FOR EACH STATEMENT EXECUTE FUNCTION @book@.decide_changed();
    CREATE TRIGGER decide_deleted AFTER DELETE ON @book@.exclusion REFERENCING OLD TABLE AS changed
      FOR EACH STATEMENT EXECUTE FUNCTION @book@.decide_changed()
  $$, '@book@', quote_ident(book));	-- DDL
  EXECUTE format('ALTER FUNCTION %I.decide_changed() OWNER TO %I', book, owner);	-- DDL
END
$enable$;

-- ends enable_realtime(). Errors: as there
CREATE FUNCTION credit_limit.disable_realtime(book text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s'
AS $$
DECLARE
  t record;
BEGIN
  PERFORM credit_limit_internal.open_book_to_check(book);
  FOR t IN SELECT g.tgname, c.relname FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
      WHERE g.tgfoid = to_regprocedure('decide_changed()') AND g.tgparentid = 0 LOOP
    EXECUTE format('DROP TRIGGER %I ON %I.%I', t.tgname, book, t.relname);	-- DDL
  END LOOP;
  EXECUTE format('DROP FUNCTION IF EXISTS %I.decide_changed()', book);	-- DDL
END
$$;

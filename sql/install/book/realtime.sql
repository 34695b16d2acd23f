-- Real time: what happens to a borrower moves his limits in the same transaction.
--
-- Who loads months and exclusions must not be able to write decisions himself. So the trigger function belongs to the book and runs
-- with the rights of the book's owner: not those of the extension's owner, who may be a superuser and would then run the lender's
-- decision_input. It takes no argument, fires only for rows that really came in, looks nothing up outside pg_catalog, and nobody
-- else may make triggers of it.

CREATE FUNCTION credit_limit.decide_touched(book text, borrowers bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  today date;
  n record;
BEGIN
  IF borrowers IS NULL THEN
    RETURN;
  END IF;
  n := credit_limit.kept_row(format('SELECT d.business_date FROM %s.business_day d', credit_limit.book_schema(book)));
  today := n.business_date;
  IF today IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = format('book "%s" has no business date', book),
      DETAIL = 'Decisions in real time are made as of that day.', HINT = 'Call credit_limit.set_business_date(book, date).';
  END IF;
  n := credit_limit.decide_borrowers(book, today, NULL, NULL, NULL, borrowers, 'realtime', true);
END
$$;
COMMENT ON FUNCTION credit_limit.decide_touched(text, bigint[]) IS
    'part of real time: decides on all open accounts of some borrowers, as of the business date, by the versions valid on it. Errors: no business date, no approved version (55000)';

CREATE FUNCTION credit_limit.enable_realtime(book text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $enable$
DECLARE
  s text := credit_limit.book_schema(book);
  owner oid := credit_limit.book_owner(book);
BEGIN
  PERFORM credit_limit.disable_realtime(book);
  -- The layout of the inputs gets its number here, so that the first events do not wait for one another.
  PERFORM credit_limit.layout_number(book, credit_limit.input_layout(book, DATE '2000-01-01'));
  EXECUTE replace(replace($$
    CREATE FUNCTION @book@.decide_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $body$
    BEGIN
      IF TG_TABLE_NAME = 'account_month' THEN
        PERFORM credit_limit.decide_touched(@name@, (SELECT array_agg(DISTINCT a.borrower_id) FROM changed c
          JOIN @book@.account a ON a.account_id = c.account_id));
      ELSIF TG_OP = 'UPDATE' THEN
        PERFORM credit_limit.decide_touched(@name@, (SELECT array_agg(DISTINCT b.borrower_id) FROM (SELECT c.borrower_id FROM changed c
          UNION ALL SELECT o.borrower_id FROM before o) b));
      ELSE
        PERFORM credit_limit.decide_touched(@name@, (SELECT array_agg(DISTINCT c.borrower_id) FROM changed c));
      END IF;
      RETURN NULL;
    END
    $body$;
    REVOKE ALL ON FUNCTION @book@.decide_changed() FROM PUBLIC;
    COMMENT ON FUNCTION @book@.decide_changed() IS 'trigger of account_month and exclusion: decides on the borrowers of the rows with the rights of the owner of the book, so that who loads needs none on the log';
    CREATE TRIGGER decide_inserted AFTER INSERT ON @book@.account_month REFERENCING NEW TABLE AS changed
      FOR EACH STATEMENT EXECUTE FUNCTION @book@.decide_changed();
    CREATE TRIGGER decide_inserted AFTER INSERT ON @book@.exclusion REFERENCING NEW TABLE AS changed
      FOR EACH STATEMENT EXECUTE FUNCTION @book@.decide_changed();
    CREATE TRIGGER decide_updated AFTER UPDATE ON @book@.exclusion REFERENCING OLD TABLE AS before NEW TABLE AS changed
      FOR EACH STATEMENT EXECUTE FUNCTION @book@.decide_changed();
    CREATE TRIGGER decide_deleted AFTER DELETE ON @book@.exclusion REFERENCING OLD TABLE AS changed
      FOR EACH STATEMENT EXECUTE FUNCTION @book@.decide_changed()
  $$, '@name@', quote_literal(book)), '@book@', s);
  EXECUTE format('ALTER FUNCTION %s.decide_changed() OWNER TO %I', s, pg_get_userbyid(owner));
END
$enable$;
COMMENT ON FUNCTION credit_limit.enable_realtime(text) IS
    'from now on a new row of account_month, and a new, changed or removed one of exclusion, decides on the borrower''s limits in its own transaction, as of the business date, with the rights of the owner of the book: who loads needs none on the log. Events on one borrower happen one after the other. Load many rows with it disabled, and run_decisions() after. Errors: a book of somebody else (42501)';

CREATE FUNCTION credit_limit.disable_realtime(book text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  s text := credit_limit.book_schema(book);
  t record;
BEGIN
  FOR t IN SELECT g.tgname, g.tgrelid::regclass AS relation FROM pg_trigger g
      WHERE g.tgfoid = to_regprocedure(s || '.decide_changed()') AND g.tgparentid = 0 LOOP
    EXECUTE format('DROP TRIGGER %I ON %s', t.tgname, t.relation);
  END LOOP;
  IF to_regprocedure(s || '.decide_changed()') IS NOT NULL THEN
    EXECUTE format('DROP FUNCTION %s.decide_changed()', s);
  END IF;
END
$$;
COMMENT ON FUNCTION credit_limit.disable_realtime(text) IS 'ends enable_realtime()';

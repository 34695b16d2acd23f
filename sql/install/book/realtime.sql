-- Real time: what happens to a borrower moves his limits in the same transaction.

CREATE FUNCTION credit_limit.decide_changed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  lines bigint[];
  touched bigint[];
  today date;
  n record;
BEGIN
  IF TG_TABLE_NAME = 'account_month' THEN
    SELECT array_agg(DISTINCT c.account_id) INTO lines FROM changed c;
    n := credit_limit.kept_row(format('SELECT array_agg(DISTINCT a.borrower_id) AS touched FROM %I.account a WHERE a.account_id = ANY ($1)',
      TG_TABLE_SCHEMA), lines);
    touched := n.touched;
  ELSE
    SELECT array_agg(DISTINCT c.borrower_id) INTO touched FROM changed c;
  END IF;
  IF touched IS NULL THEN
    RETURN NULL;
  END IF;
  n := credit_limit.kept_row(format('SELECT d.business_date FROM %I.business_day d', TG_TABLE_SCHEMA));
  today := n.business_date;
  IF today IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = format('book "%s" has no business date', TG_TABLE_SCHEMA),
      DETAIL = 'Decisions in real time are made as of that day.', HINT = 'Call credit_limit.set_business_date(book, date).';
  END IF;
  PERFORM credit_limit.check_versions(TG_TABLE_SCHEMA, today);
  n := credit_limit.decide_borrowers(TG_TABLE_SCHEMA, today, NULL, NULL, NULL, touched, 'realtime', true,
    credit_limit.input_layout(TG_TABLE_SCHEMA, today));
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION credit_limit.decide_changed() IS
    'trigger of account_month and exclusion in real time: decides on all open accounts of the borrowers concerned, as of the business date, by the versions valid on it';

CREATE FUNCTION credit_limit.enable_realtime(book text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  s text := credit_limit.book_schema(book);
BEGIN
  PERFORM credit_limit.disable_realtime(book);
  -- The layout of the inputs gets its number here, so that the first events do not wait for one another.
  PERFORM credit_limit.layout_number(book, credit_limit.input_layout(book, DATE '2000-01-01'));
  EXECUTE format('CREATE TRIGGER decide_inserted AFTER INSERT ON %s.account_month REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION credit_limit.decide_changed()', s);
  EXECUTE format('CREATE TRIGGER decide_inserted AFTER INSERT ON %s.exclusion REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION credit_limit.decide_changed()', s);
  EXECUTE format('CREATE TRIGGER decide_updated AFTER UPDATE ON %s.exclusion REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION credit_limit.decide_changed()', s);
  EXECUTE format('CREATE TRIGGER decide_deleted AFTER DELETE ON %s.exclusion REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION credit_limit.decide_changed()', s);
END
$$;
COMMENT ON FUNCTION credit_limit.enable_realtime(text) IS
    'from now on a new row of account_month, and a new, changed or removed one of exclusion, decides on the borrower''s limits in its own transaction, as of the business date. Events on one borrower happen one after the other. Load many rows with it disabled, and run_decisions() after';

CREATE FUNCTION credit_limit.disable_realtime(book text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  t record;
BEGIN
  FOR t IN SELECT g.tgname, g.tgrelid::regclass AS relation FROM pg_trigger g
      WHERE g.tgfoid = to_regproc('credit_limit.decide_changed') AND NOT g.tgisinternal
        AND g.tgrelid IN (to_regclass(credit_limit.book_schema(book) || '.account_month'), to_regclass(credit_limit.book_schema(book) || '.exclusion')) LOOP
    EXECUTE format('DROP TRIGGER %I ON %s', t.tgname, t.relation);
  END LOOP;
END
$$;
COMMENT ON FUNCTION credit_limit.disable_realtime(text) IS 'ends enable_realtime()';

-- create_book: a schema of ordinary tables, owned by whoever calls it, and what all functions on a book share.

CREATE FUNCTION credit_limit.book_schema(book text) RETURNS text
    AS 'MODULE_PATHNAME', 'cl_book_schema' LANGUAGE C STABLE;
COMMENT ON FUNCTION credit_limit.book_schema(text) IS
    'the name of the schema of a book, quoted for use in SQL. Errors: no such schema (3F000), a schema that is no book (42P01), NULL (22004)';

CREATE FUNCTION credit_limit.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
    MESSAGE = format('%s of "%s.%s" is not allowed', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME),
    DETAIL = 'What is written there is never changed or removed.',
    HINT = 'A decision is corrected by another one; credit_limit.retire_decisions() ends what need not be kept.';
END
$$;
COMMENT ON FUNCTION credit_limit.refuse_change() IS 'trigger of tables that only grow: an error (42501) on UPDATE, DELETE and TRUNCATE';

CREATE PROCEDURE credit_limit.create_book(book text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF book IS NULL OR book !~ '^[a-z_][a-z0-9_]*$' OR book ~ '^pg_' OR book = 'credit_limit' THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'the name of a book is not valid',
      DETAIL = format('It is %s.', coalesce(quote_literal(book), 'NULL')),
      HINT = 'Use small letters, digits and underscores, as for a schema: lending.';
  END IF;
  IF to_regnamespace(quote_ident(book)) IS NULL THEN
    EXECUTE format('CREATE SCHEMA %I', book);
  END IF;
  IF to_regclass(format('%I.decision', book)) IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'duplicate_table', MESSAGE = format('schema "%s" is a book already', book),
      HINT = format('SELECT * FROM credit_limit.check_book(%L) says what is wrong with it.', book);
  END IF;
  CALL credit_limit.create_book_tables(book);
  CALL credit_limit.create_book_keys(book);
  CALL credit_limit.create_book_versions(book);
  CALL credit_limit.create_book_log(book);
  CALL credit_limit.create_book_run(book);
  CALL credit_limit.create_book_reasons(book);
  CALL credit_limit.create_book_alerts(book);
  CALL credit_limit.create_book_overrides(book);
  CALL credit_limit.create_book_jobs(book);
  CALL credit_limit.create_book_notices(book);
  BEGIN
    CALL credit_limit.create_book_input(book);
  EXCEPTION WHEN undefined_column OR undefined_function OR datatype_mismatch OR cannot_coerce OR invalid_function_definition THEN
    RAISE WARNING USING MESSAGE = format('function decision_input of book "%s" could not be made', book), DETAIL = SQLERRM,
      HINT = format('See SELECT * FROM credit_limit.check_book(%1$L); then CALL credit_limit.create_book_input(%1$L).', book);
  END;
  BEGIN
    CALL credit_limit.create_book_reports(book);
  EXCEPTION WHEN undefined_column OR undefined_table OR undefined_function OR datatype_mismatch OR cannot_coerce OR invalid_function_definition THEN
    RAISE WARNING USING MESSAGE = format('reports of book "%s" could not be made', book), DETAIL = SQLERRM,
      HINT = format('See SELECT * FROM credit_limit.check_book(%1$L); then CALL credit_limit.create_book_reports(%1$L).', book);
  END;
  CALL credit_limit.create_book_rights(book);
END
$$;
COMMENT ON PROCEDURE credit_limit.create_book(text) IS
    'makes a book: a schema of ordinary tables that belong to the caller. Tables and views of the contract that are there already (a lender''s own) are left as they are and used. Errors: a name that is no plain schema name (22023), a schema that is a book already (42P07)';

-- Months and decisions grow: partitions by month, and one for what has none yet.

CREATE FUNCTION credit_limit.add_months(book text, first_month date, months int DEFAULT 12) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  s text := credit_limit.book_schema(book);
  parent text;
  lower_bound date;
  part text;
  made int := 0;
BEGIN
  IF first_month IS NULL OR months IS NULL OR months < 1 OR months > 1200 OR NOT isfinite(first_month) THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'months to add are not valid',
      DETAIL = format('From %s, %s months.', first_month, months), HINT = 'Give a day of the first month, and 1 to 1200 months.';
  END IF;
  FOREACH parent IN ARRAY ARRAY['account_month', 'decision', 'decision_evidence'] LOOP
    CONTINUE WHEN (SELECT c.relkind FROM pg_class c WHERE c.oid = to_regclass(s || '.' || parent)) IS DISTINCT FROM 'p';
    FOR n IN 0 .. months - 1 LOOP
      lower_bound := (date_trunc('month', first_month::timestamp) + make_interval(months => n))::date;
      part := parent || to_char(lower_bound, '"_"YYYY"_"MM');
      CONTINUE WHEN to_regclass(s || '.' || quote_ident(part)) IS NOT NULL;
      EXECUTE format('CREATE TABLE %s.%I PARTITION OF %s.%I FOR VALUES FROM (%L) TO (%L)', s, part, s, parent,
        lower_bound, (lower_bound::timestamp + interval '1 month')::date);
      IF parent <> 'account_month' THEN
        EXECUTE format('CREATE TRIGGER keep_all_rows BEFORE TRUNCATE ON %s.%I EXECUTE FUNCTION credit_limit.refuse_change()', s, part);
      END IF;
      made := made + 1;
    END LOOP;
  END LOOP;
  RETURN made;
END
$$;
COMMENT ON FUNCTION credit_limit.add_months(text, date, int) IS
    'makes the monthly partitions of account_month, decision and decision_evidence from the month of first_month on, where they are missing; returns how many were made. Rows of a month without a partition are kept in the default partition: add months before their rows come. Errors: fewer than 1 or more than 1200 months (22023)';

-- Decisions of a day go to the partition of its month, if the caller may make it and the default one has no rows of it yet.
CREATE FUNCTION credit_limit.add_month_of(book text, day date) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF pg_has_role((SELECT relowner FROM pg_class WHERE oid = to_regclass(credit_limit.book_schema(book) || '.decision')), 'USAGE') THEN
    PERFORM credit_limit.add_months(book, day, 1);
  END IF;
EXCEPTION WHEN check_violation THEN
  RAISE NOTICE 'decisions of % stay in the default partition: it has some of that month', to_char(day, 'YYYY-MM');
END
$$;
COMMENT ON FUNCTION credit_limit.add_month_of(text, date) IS
    'part of runs and of set_business_date(): add_months() of the month of a day, if the caller owns the book and the default partition has no row of that month';

CREATE FUNCTION credit_limit.set_business_date(book text, business_date date) RETURNS date
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  s text := credit_limit.book_schema(book);
BEGIN
  EXECUTE format('UPDATE %s.business_day SET business_date = $1', s) USING business_date;
  IF business_date IS NOT NULL THEN
    PERFORM credit_limit.add_month_of(book, business_date);
  END IF;
  RETURN business_date;
END
$$;
COMMENT ON FUNCTION credit_limit.set_business_date(text, date) IS
    'sets the business date of a book: the day as of which real-time decisions are made. Nothing reads the clock: the day changes when the lender says so. Makes the partitions of its month if the caller owns the book';

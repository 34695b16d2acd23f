-- create_book: a schema of ordinary tables, owned by whoever calls it, and what all functions on a book share.
--
-- Functions on a book have search_path = pg_catalog, pg_temp as a clause of their own, call open_book(), which adds the book, and
-- then contain ordinary statements: an unqualified name is a relation of the book, or pg_catalog's. Helpers without that clause,
-- which only such functions call, say "in an open book" in their comments. Procedures that commit may have neither, and call
-- functions that do. EXECUTE is for relations of the user's own, DDL and rights, pg_cron, and rows of a stored layout.

-- sets the search_path to pg_catalog, the book and pg_temp until the calling function ends, which has search_path as a clause of
-- its own. Errors: no such schema (3F000), one that is no book or lacks a relation (42P01), not a plain name (22023), NULL
-- (22004), no USAGE (42501), operators or functions in it that would change the meaning of statements (55000)
CREATE FUNCTION credit_limit_internal.open_book(book text) RETURNS void
    AS 'MODULE_PATHNAME', 'cl_open_book' LANGUAGE C VOLATILE;

-- open_book() for functions that call decision_input. Errors besides: no such function (42883), no EXECUTE on it (42501)
CREATE FUNCTION credit_limit_internal.open_book_to_decide(book text) RETURNS void
    AS 'MODULE_PATHNAME', 'cl_open_book_to_decide' LANGUAGE C VOLATILE;

-- part of triggers that run with the rights of the owner of a book: the book that a table is of. Errors: a table of somebody else
-- (42501)
CREATE FUNCTION credit_limit_internal.trigger_book(relation oid) RETURNS text
    AS 'MODULE_PATHNAME', 'cl_trigger_book' LANGUAGE C STABLE STRICT;

-- open_book() of a schema that need not have all relations of a book
CREATE FUNCTION credit_limit_internal.open_book_to_check(book text) RETURNS void
    AS 'MODULE_PATHNAME', 'cl_open_book_to_check' LANGUAGE C VOLATILE;

-- open_book() of the schema of a group of books
CREATE FUNCTION credit_limit_internal.open_group(book_group text) RETURNS void
    AS 'MODULE_PATHNAME', 'cl_open_group' LANGUAGE C VOLATILE;

-- part of procedures that commit: an error (25001) that names what was called inside a transaction block or a function
CREATE FUNCTION credit_limit_internal.need_autocommit(what text) RETURNS void
    AS 'MODULE_PATHNAME', 'cl_need_autocommit' LANGUAGE C VOLATILE STRICT;

-- in an open book, or before it is opened: an error (25000) that names what was to be done, in a transaction that keeps an older
-- snapshot: for what must see the latest row
CREATE FUNCTION credit_limit_internal.need_read_committed(what text) RETURNS void
LANGUAGE plpgsql STABLE
AS $$
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_transaction_state',
      MESSAGE = format('%s needs a transaction that is READ COMMITTED', what),
      DETAIL = format('This one is %s: it does not see what others wrote since it began.',
        upper(current_setting('transaction_isolation'))),
      HINT = 'SET default_transaction_isolation = ''read committed'', or BEGIN ISOLATION LEVEL READ COMMITTED.';
  END IF;
END
$$;

-- What lies outside is a slip of the keyboard, or no day: infinity has no month, and 0026-11-30 decides nothing.

-- whether a date is a day in the life of a book: 1900-01-01 to 2199-12-31. NULL for NULL
CREATE FUNCTION credit_limit_internal.is_day(day date) RETURNS boolean
    AS 'MODULE_PATHNAME', 'cl_is_day' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

-- whether a number is an amount of a book: not negative, below 9e14, not NaN. NULL for NULL
CREATE FUNCTION credit_limit_internal.is_amount(amount numeric) RETURNS boolean
    AS 'MODULE_PATHNAME', 'cl_is_amount' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

-- an error (22023) that names what was to be done, for NULL and for dates that are no day: see is_day()
CREATE FUNCTION credit_limit_internal.need_day(what text, day date) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF credit_limit_internal.is_day(day) IS NOT TRUE THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('%s needs a day', what),
      DETAIL = format('It is %s.', coalesce(day::text, 'NULL')),
      HINT = 'Give a date from 1900-01-01 to 2199-12-31. Jobs take the business date, which set_business_date() sets.';
  END IF;
END
$$;

-- trigger of tables that only grow, and of keys: an error (42501) on UPDATE, DELETE and TRUNCATE
CREATE FUNCTION credit_limit_internal.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
    MESSAGE = format('%s of "%s.%s" is not allowed', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME),
    DETAIL = CASE TG_NAME WHEN 'keep_key' THEN 'The log names rows by their keys.'
      WHEN 'keep_row' THEN 'The table has one row; whoever changes what it stands for waits at it for others.'
      ELSE 'What is written there is never changed or removed.' END,
    HINT = CASE TG_NAME WHEN 'keep_key' THEN 'Insert a row with the new key, and close the accounts of the old one.'
      WHEN 'keep_row' THEN 'Use UPDATE.'
      ELSE 'A decision is corrected by another one; credit_limit.retire_decisions() ends what need not be kept.' END;
END
$$;

-- the role that owns a book. Errors: the current role has not its rights (42501)
CREATE FUNCTION credit_limit_internal.book_owner(book text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  owner oid := (SELECT c.relowner FROM pg_class c WHERE c.oid = to_regclass(format('%I.decision', book)));
BEGIN
  IF NOT pg_has_role(owner, 'USAGE') THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format('book "%s" is not yours', book),
      DETAIL = format('It belongs to "%s".', pg_get_userbyid(owner)), HINT = 'Its owner grants and revokes.';
  END IF;
  RETURN pg_get_userbyid(owner);
END
$$;

-- whether a relation of a book, which may be a view of the lender, has a column that he may leave out
CREATE FUNCTION credit_limit_internal.has_column(book text, relation text, column_name text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = to_regclass(format('%I.%I', book, relation))
  AND a.attname = column_name AND a.attnum > 0 AND NOT a.attisdropped);

-- what in a schema is not its owner's alone: the schema, a right to create in it, relations, functions, and what triggers run
CREATE FUNCTION credit_limit_internal.foreign_parts(schema text, owner oid) RETURNS SETOF text
LANGUAGE sql STABLE ROWS 1 SET search_path = pg_catalog, pg_temp
AS $$
  -- Whoever was once granted ALL on a table may have left a trigger there: it runs with the rights of who writes. One is not of a
  -- stranger whose functions, operators and types, also those of its WHEN, are of the owner, the extension, or a superuser, who
  -- needs no trigger.
  SELECT w.what FROM pg_namespace n, LATERAL (
    SELECT 1 AS place, format('It belongs to "%s".', pg_get_userbyid(n.nspowner)) AS what WHERE n.nspowner <> foreign_parts.owner
    UNION ALL SELECT 2, format('%s may create in it.',
        CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE format('Role "%s"', pg_get_userbyid(a.grantee)) END)
      FROM aclexplode(n.nspacl) a WHERE a.privilege_type = 'CREATE' AND a.grantee NOT IN (n.nspowner, foreign_parts.owner)
    UNION ALL SELECT 3, format('%s in it belongs to "%s".', o.what, pg_get_userbyid(o.owner))
      FROM (SELECT format('Relation %I', c.relname) AS what, c.relowner AS owner FROM pg_class c
          WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
        UNION ALL SELECT format('Function %s', p.oid::regprocedure), p.proowner FROM pg_proc p WHERE p.pronamespace = n.oid) o
      WHERE o.owner <> foreign_parts.owner
    UNION ALL SELECT 4, format('Trigger %I of %I in it runs what belongs to "%s": %s.', g.tgname, c.relname,
        pg_get_userbyid(u.owner), pg_describe_object(d.refclassid, d.refobjid, 0))
      -- OFFSET 0: by their indexes, and not by a join with all that depends on something.
      FROM (SELECT r.oid, r.relname FROM pg_class r WHERE r.relnamespace = n.oid AND r.relhastriggers OFFSET 0) c,
        LATERAL (SELECT t.oid, t.tgname FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgparentid = 0
          OFFSET 0) g,
        LATERAL (SELECT p.refclassid, p.refobjid FROM pg_depend p WHERE p.classid = 'pg_trigger'::regclass AND p.objid = g.oid
          AND p.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_type'::regclass) OFFSET 0) d,
        LATERAL (SELECT p.proowner FROM pg_proc p WHERE d.refclassid = 'pg_proc'::regclass AND p.oid = d.refobjid
          UNION ALL SELECT p.oprowner FROM pg_operator p WHERE d.refclassid = 'pg_operator'::regclass AND p.oid = d.refobjid
          UNION ALL SELECT t.typowner FROM pg_type t WHERE d.refclassid = 'pg_type'::regclass AND t.oid = d.refobjid
          OFFSET 0) u(owner)
      WHERE u.owner <> foreign_parts.owner
        AND NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = u.owner AND r.rolsuper)
        AND NOT EXISTS (SELECT FROM pg_depend m JOIN pg_extension e ON e.oid = m.refobjid AND e.extname = 'credit_limit'
          WHERE m.classid = d.refclassid AND m.objid = d.refobjid AND m.refclassid = 'pg_extension'::regclass
          AND m.deptype = 'e')) w
  WHERE n.nspname = foreign_parts.schema ORDER BY w.place, w.what
$$;

-- makes a book: a schema of tables that belong to the caller, and a schema of its name and _report with views for readers. A
-- lender's own tables and views of the contract are used as they are. Errors: not a plain name of at most 56 letters (22023),
-- NULL (22004), a schema that is a book already (42P07) or has its reports (42P06), one of somebody else, in which others may
-- create or have left triggers (42501), names in it that change the meaning of statements (55000), encoding MULE_INTERNAL (0A000)
CREATE FUNCTION credit_limit.create_book(book text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  wrong text;
  step text;
BEGIN
  IF getdatabaseencoding() = 'MULE_INTERNAL' THEN
    RAISE EXCEPTION USING ERRCODE = 'feature_not_supported', MESSAGE = 'a book cannot be in a database of encoding MULE_INTERNAL',
      DETAIL = 'Decisions are hashed in UTF-8, and the server has no conversion to it.',
      HINT = 'Make the book in a UTF8 database.';
  END IF;
  IF book IS NOT NULL AND to_regnamespace(quote_ident(book)) IS NULL THEN
    EXECUTE format('CREATE SCHEMA %I', book);	-- DDL
  ELSIF to_regclass(quote_ident(book) || '.decision') IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'duplicate_table', MESSAGE = format('schema "%s" is a book already', book),
      HINT = format('SELECT * FROM credit_limit.check_book(%L) says what is wrong with it.', book);
  END IF;
  -- What is there already must be of somebody whom the caller trusts with his rights: he will run what is in it.
  wrong := (SELECT w FROM credit_limit_internal.foreign_parts(book, quote_ident(current_user)::regrole) w LIMIT 1);
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format('schema "%s" cannot become a book', book),
      DETAIL = wrong,
      HINT = 'The owner of these can run code with the rights of everybody who works on the book: use your own schema.';
  END IF;
  PERFORM credit_limit_internal.open_book_to_check(book);
  PERFORM credit_limit_internal.create_tables(book);
  PERFORM credit_limit_internal.create_texts(book);
  PERFORM credit_limit_internal.create_guards(book);
  PERFORM credit_limit_internal.hide_functions(book);
  PERFORM credit_limit_internal.close_relation(c.oid) FROM pg_class c
  WHERE c.relnamespace = to_regnamespace(book) AND c.relkind IN ('r', 'p', 'v')
    AND c.relname NOT IN (SELECT k.relation FROM credit_limit_internal.book_contract() k);
  PERFORM credit_limit_internal.write_act(book, 'guards', 0, (SELECT jsonb_agg(g)::text FROM credit_limit_internal.guards() g));
  FOREACH step IN ARRAY ARRAY['create_book_input', 'create_book_reports'] LOOP
    BEGIN
      EXECUTE format('SELECT credit_limit.%I(%L)', step, book);	-- DDL
    EXCEPTION WHEN undefined_column OR undefined_table OR undefined_function OR datatype_mismatch OR cannot_coerce
        OR invalid_function_definition THEN
      RAISE WARNING USING MESSAGE = format('credit_limit.%s(%L) fails', step, book), DETAIL = SQLERRM,
        HINT = format('See SELECT * FROM credit_limit.check_book(%L), and call it again.', book);
    END;
  END LOOP;
END
$$;

-- drops a book with its log and reports, and unschedules its jobs. Nothing proves its decisions afterwards: dump it before.
-- Errors: no book (3F000, 42P01), one of somebody else (42501), uses of it elsewhere (2BP01), jobs of pg_cron of another role
-- (55006)
CREATE FUNCTION credit_limit.drop_book(book text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET client_min_messages = warning
AS $$
DECLARE
  others text;
BEGIN
  PERFORM credit_limit_internal.open_book_to_check(book);
  IF num_nulls(to_regclass('decision'), to_regclass('log_lane'), to_regclass('job')) > 0 THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_table', MESSAGE = format('schema "%s" is not a book', book),
      DETAIL = 'It has no decision log, or no jobs.', HINT = 'Give the schema of a book.';
  END IF;
  PERFORM credit_limit_internal.book_owner(book);
  SELECT string_agg(o.what, ', ' ORDER BY o.what) INTO others
  FROM (SELECT DISTINCT pg_describe_object(d.classid, d.objid, 0) AS what
    FROM pg_namespace n
    JOIN (SELECT 'pg_class'::regclass AS class, c.oid, c.relnamespace AS schema FROM pg_class c
      UNION ALL SELECT 'pg_proc'::regclass, p.oid, p.pronamespace FROM pg_proc p) o ON o.schema = n.oid
    JOIN pg_depend d ON d.refclassid = o.class AND d.refobjid = o.oid AND d.deptype = 'n',
      LATERAL pg_identify_object_as_address(d.classid, d.objid, d.objsubid) a
    WHERE n.nspname IN (book, book || '_report') AND a.object_names[1] NOT IN (book, book || '_report')) o;
  IF others IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'dependent_objects_still_exist', MESSAGE = format('others use what is in book "%s"', book),
      DETAIL = format('They are: %s.', others), HINT = 'Drop these first.';
  END IF;
  IF EXISTS (SELECT FROM job j WHERE j.schedule IS NOT NULL) THEN
    SELECT string_agg(coalesce(u.command, u.job || substring(u.how FROM ' ?stays.*'), u.job), '; ' ORDER BY u.job) INTO others
    FROM credit_limit.unschedule(book) u WHERE u.how <> 'pg_cron';
    IF others ~ 'stays: ' THEN
      RAISE EXCEPTION USING ERRCODE = 'object_in_use', MESSAGE = format('jobs of book "%s" are scheduled by somebody else', book),
        DETAIL = others || '.', HINT = 'That role calls credit_limit.unschedule() first.';
    ELSIF others IS NOT NULL THEN
      RAISE WARNING 'remove the jobs of book "%" from your scheduler: %', book, others;
    END IF;
  END IF;
  -- Another one's may have that name, where a book lost its reports.
  IF (SELECT n.nspowner FROM pg_namespace n WHERE n.nspname = book || '_report')
    = (SELECT c.relowner FROM pg_class c WHERE c.oid = to_regclass('decision')) THEN
    EXECUTE format('DROP SCHEMA %I CASCADE', book || '_report');	-- DDL
  END IF;
  EXECUTE format('DROP SCHEMA %I CASCADE', book);	-- DDL
END
$$;

-- makes the monthly partitions of account_month, decision and decision_evidence that are missing, from first_month on; returns
-- how many. Add months before their rows come: one with rows in the default partition gets a warning, and no partition. Errors:
-- fewer than 1 or more than 120 months (22023), somebody who reads or writes the table for five seconds more (55P03)
CREATE FUNCTION credit_limit.add_months(book text, first_month date, months int DEFAULT 12) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s'
AS $$
DECLARE
  p record;
  made int := 0;
BEGIN
  PERFORM credit_limit_internal.need_day('adding months', first_month);
  IF months IS NULL OR months NOT BETWEEN 1 AND 120 THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'months to add are not valid',
      DETAIL = format('From %s, %s months.', first_month, months),
      HINT = 'Give 1 to 120 months: each takes some 30 locks until the transaction ends.';
  END IF;
  PERFORM credit_limit_internal.open_book(book);
  FOR p IN SELECT c.relname AS parent, c.relname || to_char(m, '"_"YYYY"_"MM') AS part, m::date AS first_day,
        (m + interval '1 month')::date AS next_month
      FROM pg_class c, generate_series(0, months - 1) n,
        LATERAL (SELECT date_trunc('month', first_month::timestamp) + make_interval(months => n)) f(m)
      WHERE c.oid IN (to_regclass('account_month'), to_regclass('decision'), to_regclass('decision_evidence')) AND c.relkind = 'p'
      ORDER BY c.relname, n LOOP
    CONTINUE WHEN to_regclass(quote_ident(p.part)) IS NOT NULL;
    BEGIN
      EXECUTE format('CREATE TABLE %1$I.%2$I PARTITION OF %1$I.%3$I FOR VALUES FROM (%4$L) TO (%5$L)', book, p.part, p.parent,
        p.first_day, p.next_month);	-- DDL
    EXCEPTION WHEN check_violation THEN
      RAISE WARNING '% gets no partition for %', p.parent, to_char(p.first_day, 'YYYY-MM') USING
        DETAIL = 'Rows of that month are in its default partition.', HINT = 'Move them out, and add the month again.';
      CONTINUE;
    WHEN lock_not_available THEN
      RAISE EXCEPTION USING ERRCODE = 'lock_not_available', MESSAGE = format('others use "%s.%s"', book, p.parent),
        DETAIL = format('Its partition of %s could not be made within five seconds.', to_char(p.first_day, 'YYYY-MM')),
        HINT = 'Try again when they are done, or make the partitions of coming months ahead: credit_limit.add_months().';
    END;
    IF p.parent = 'account_month' THEN
      PERFORM credit_limit_internal.watch_months(book, p.part);
    ELSE
      EXECUTE format('CREATE TRIGGER keep_all_rows BEFORE TRUNCATE ON %I.%I
        EXECUTE FUNCTION credit_limit_internal.refuse_change()', book, p.part);	-- DDL
    END IF;
    PERFORM credit_limit_internal.close_relation(format('%I.%I', book, p.part)::regclass);
    made := made + 1;
  END LOOP;
  RETURN made;
END
$$;

-- in an open book: an error (22023) where account_month has months, but none of the year before a day, or later. Decisions and
-- alerts do not go back, so a slip in the year would end a book
CREATE FUNCTION credit_limit_internal.need_months_near(what text, day date) RETURNS void
LANGUAGE plpgsql STABLE
AS $$
BEGIN
  IF EXISTS (SELECT FROM account_month)
    AND NOT EXISTS (SELECT FROM account_month h WHERE h.month > (day - interval '1 year')::date) THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
      MESSAGE = format('there are no months to %s as of %s', what, to_char(day, 'YYYY-MM-DD')),
      DETAIL = 'account_month has none of the year before that day, or later.',
      HINT = 'Load the months first. If the day is wrong: no earlier one can follow it, so it is refused.';
  END IF;
END
$$;

-- part of runs and of set_business_date(): add_months() of the month of a day, if the caller owns the book
CREATE FUNCTION credit_limit_internal.add_month_of(book text, day date) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
  SELECT credit_limit.add_months(book, day, 1)
  FROM pg_class c WHERE c.oid = to_regclass(format('%I.decision', book)) AND pg_has_role(c.relowner, 'USAGE')
$$;

-- sets the day as of which real-time decisions are made; NULL: none. Nothing reads the clock. Makes the partitions of its month
-- if the caller owns the book. Errors: a date before 1900 or after 2199, or a year after the latest month of account_month
-- (22023), a table business_day without its row (55000)
CREATE FUNCTION credit_limit.set_business_date(book text, business_date date) RETURNS date
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  IF set_business_date.business_date IS NOT NULL THEN
    PERFORM credit_limit_internal.need_day('a business date', set_business_date.business_date);
    PERFORM credit_limit_internal.need_months_near('decide', set_business_date.business_date);
    PERFORM credit_limit_internal.add_month_of(book, set_business_date.business_date);
  END IF;
  UPDATE business_day SET business_date = set_business_date.business_date;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = format('%s.business_day has no row', book),
      DETAIL = 'The business date is kept in its only row.', HINT = format('INSERT INTO %s.business_day DEFAULT VALUES;', book);
  END IF;
  RETURN set_business_date.business_date;
END
$$;

-- Policies and scorecards as versions: drafted by one role, approved by another, valid for some days, never changed after.

-- A range of names: with it an exclusion constraint says "of one name, on no day two" without an operator class of btree_gist.
CREATE TYPE credit_limit_internal.text_range AS RANGE (SUBTYPE = pg_catalog.text, COLLATION = pg_catalog."C",
    MULTIRANGE_TYPE_NAME = credit_limit_internal.text_multirange);
COMMENT ON TYPE credit_limit_internal.text_range IS 'a range of texts in the order of their bytes: [name, name] in exclusion constraints of versions';
COMMENT ON TYPE credit_limit_internal.text_multirange IS 'ranges of texts in the order of their bytes';
COMMENT ON FUNCTION credit_limit_internal.text_range(text, text) IS 'the texts from the first up to, without, the second';
COMMENT ON FUNCTION credit_limit_internal.text_range(text, text, text) IS 'the texts between two bounds, which the third argument says are inside or not: []';
COMMENT ON FUNCTION credit_limit_internal.text_multirange() IS 'no range of texts';
COMMENT ON FUNCTION credit_limit_internal.text_multirange(credit_limit_internal.text_range) IS 'one range of texts as a multirange';
COMMENT ON CAST (credit_limit_internal.text_range AS credit_limit_internal.text_multirange) IS 'one range of texts as a multirange';
COMMENT ON FUNCTION credit_limit_internal.text_multirange(credit_limit_internal.text_range[]) IS 'ranges of texts as a multirange';

CREATE FUNCTION credit_limit.keep_version() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  -- Who writes is who he is. A restore puts its rows in before it makes triggers.
  IF TG_OP = 'INSERT' THEN
    IF NEW.status <> 'draft' THEN
      RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format('a new version of %s "%s" must be a draft', TG_TABLE_NAME, NEW.name),
        HINT = 'Another role approves it: credit_limit.approve_version().';
    END IF;
    NEW.created_by := current_user;
    NEW.created_login := session_user;
    NEW.source := NEW.document::text;
    NEW.digest := sha256(convert_to(NEW.source, 'UTF8'));
    RETURN NEW;
  ELSIF OLD.status = 'draft' THEN
    IF TG_OP = 'DELETE' THEN
      RETURN OLD;
    END IF;
    NEW.created_by := OLD.created_by;
    NEW.created_login := OLD.created_login;
    IF NEW.document::text IS DISTINCT FROM OLD.source THEN
      -- Whoever changed a draft last made it.
      NEW.created_by := current_user;
      NEW.created_login := session_user;
    END IF;
    -- One login with both roles is one person. A superuser can take any login, so it is no use to refuse him.
    IF NEW.status <> 'draft' AND NEW.created_login = session_user
      AND NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = session_user AND r.rolsuper) THEN
      RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format('%s %s was drafted by the same login', TG_TABLE_NAME,
          to_jsonb(NEW) ->> (TG_TABLE_NAME || '_id')),
        DETAIL = format('The login is "%s", whichever role it takes.', session_user), HINT = 'Another person approves what one has drafted.';
    END IF;
    NEW.approved_by := CASE WHEN NEW.status <> 'draft' THEN current_user END;
    NEW.source := NEW.document::text;
    NEW.digest := sha256(convert_to(NEW.source, 'UTF8'));
    RETURN NEW;
  ELSIF TG_OP = 'UPDATE' AND NEW.status <> 'draft' AND (OLD.status = 'approved' OR NEW.status = 'retired')
    AND to_jsonb(NEW) - ARRAY['status', 'valid_to', 'retired_by'] = to_jsonb(OLD) - ARRAY['status', 'valid_to', 'retired_by'] THEN
    NEW.retired_by := CASE WHEN (NEW.status, NEW.valid_to) IS DISTINCT FROM (OLD.status, OLD.valid_to) THEN current_user ELSE OLD.retired_by END;
    RETURN NEW;
  END IF;
  RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
    MESSAGE = format('version %s of %s "%s" is %s: it cannot be changed', OLD.version, TG_TABLE_NAME, OLD.name, OLD.status),
    DETAIL = format('%s of "%s.%s".', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME),
    HINT = 'Draft a new version; of an approved one only the last day may be set.';
END
$$;
COMMENT ON FUNCTION credit_limit.keep_version() IS
    'trigger of policy and scorecard: a draft is approved by another role and another login; an approved version keeps everything but its last day, and a retired one stays retired; the digest is SHA-256 of the document as text';

CREATE FUNCTION credit_limit.version_changed() RETURNS trigger
    AS 'MODULE_PATHNAME', 'cl_version_changed' LANGUAGE C;
COMMENT ON FUNCTION credit_limit.version_changed() IS
    'trigger after each changed row of product, experiment, experiment_arm, policy and scorecard, which fires always: sessions find the versions that decide anew. A lender''s own table without it works as well, with slower events';

CREATE PROCEDURE credit_limit.create_book_versions(book text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $create$
DECLARE
  kind text;
BEGIN
  FOREACH kind IN ARRAY ARRAY['policy', 'scorecard'] LOOP
    CALL credit_limit.create_book_table(book, kind, replace(replace($$
      CREATE TABLE @book@.@kind@ (
        @kind@_id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
        name text NOT NULL CHECK (name <> ''),
        version int NOT NULL CHECK (version > 0),
        document credit_limit.@type@ NOT NULL,
        status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'approved', 'retired')),
        created_by text NOT NULL,
        created_login text NOT NULL,
        approved_by text,
        retired_by text,
        valid_from date,
        valid_to date,
        source text NOT NULL,
        digest bytea NOT NULL,
        UNIQUE (name, version),
        CONSTRAINT maker_is_not_checker CHECK (approved_by <> created_by),
        CONSTRAINT approved_is_valid CHECK (status = 'draft' OR (approved_by IS NOT NULL AND valid_from IS NOT NULL)),
        CONSTRAINT ends_after_it_begins CHECK (valid_to >= valid_from - 1),
        CONSTRAINT @kind@_one_on_a_day EXCLUDE USING gist (credit_limit_internal.text_range(name, name, '[]') WITH &&,
          daterange(valid_from, valid_to, '[]') WITH &&) WHERE (status <> 'draft' AND valid_to IS DISTINCT FROM valid_from - 1));
      CREATE TRIGGER keep_version BEFORE INSERT OR UPDATE OR DELETE ON @book@.@kind@
        FOR EACH ROW EXECUTE FUNCTION credit_limit.keep_version();
      CREATE TRIGGER keep_all BEFORE TRUNCATE ON @book@.@kind@ EXECUTE FUNCTION credit_limit.refuse_change();
      CREATE TRIGGER version_changed AFTER INSERT OR UPDATE OR DELETE ON @book@.@kind@
        FOR EACH ROW EXECUTE FUNCTION credit_limit.version_changed();
      ALTER TABLE @book@.@kind@ ENABLE ALWAYS TRIGGER version_changed;
      COMMENT ON TABLE @book@.@kind@ IS 'versions: draft, then approved by another role, then with a last day; on no day are two of one name valid';
      COMMENT ON COLUMN @book@.@kind@.created_login IS 'who had logged in when role created_by drafted it: that login does not approve it';
      COMMENT ON COLUMN @book@.@kind@.source IS 'the document as it was when the version was written';
      COMMENT ON COLUMN @book@.@kind@.digest IS 'SHA-256 of source; hashes of decisions cover it';
      COMMENT ON COLUMN @book@.@kind@.valid_to IS 'last day; NULL: open. The day before valid_from: withdrawn before it began'
    $$, '@kind@', kind), '@type@', CASE kind WHEN 'policy' THEN 'limit_policy' ELSE 'scorecard' END));
  END LOOP;
  CALL credit_limit.create_book_table(book, 'experiment', $$
    CREATE TABLE @book@.experiment (
      experiment text PRIMARY KEY CHECK (experiment <> ''),
      product text NOT NULL,
      valid_from date NOT NULL,
      valid_to date CHECK (valid_to >= valid_from),
      CONSTRAINT experiment_one_on_a_day EXCLUDE USING gist (credit_limit_internal.text_range(product, product, '[]') WITH &&,
        daterange(valid_from, valid_to, '[]') WITH &&));
    CREATE TRIGGER version_changed AFTER INSERT OR UPDATE OR DELETE ON @book@.experiment
      FOR EACH ROW EXECUTE FUNCTION credit_limit.version_changed();
    ALTER TABLE @book@.experiment ENABLE ALWAYS TRIGGER version_changed;
    COMMENT ON TABLE @book@.experiment IS 'champion and challengers of a product for some days; of one product on no day two';
    CREATE TABLE @book@.experiment_arm (
      experiment text NOT NULL REFERENCES @book@.experiment,
      arm text NOT NULL CHECK (arm <> ''),
      share float8 NOT NULL CHECK (share BETWEEN 0 AND 1),
      policy text,
      scorecard text,
      PRIMARY KEY (experiment, arm));
    CREATE TRIGGER version_changed AFTER INSERT OR UPDATE OR DELETE ON @book@.experiment_arm
      FOR EACH ROW EXECUTE FUNCTION credit_limit.version_changed();
    ALTER TABLE @book@.experiment_arm ENABLE ALWAYS TRIGGER version_changed;
    COMMENT ON TABLE @book@.experiment_arm IS 'the arms of an experiment; a borrower''s arm follows from credit_limit.assign_arm(), arms in the order of their bytes';
    COMMENT ON COLUMN @book@.experiment_arm.policy IS 'name of a policy; NULL: that of the product';
    COMMENT ON COLUMN @book@.experiment_arm.scorecard IS 'name of a scorecard; NULL: that of the product'
  $$);
END
$create$;
COMMENT ON PROCEDURE credit_limit.create_book_versions(text) IS 'part of create_book: policies, scorecards, experiments';

CREATE FUNCTION credit_limit.check_version_kind(kind text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF kind IS NULL OR kind NOT IN ('policy', 'scorecard') THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('there are no versions of %s', coalesce('"' || kind || '"', 'NULL')),
      HINT = 'Valid are policy and scorecard.';
  END IF;
END
$$;
COMMENT ON FUNCTION credit_limit.check_version_kind(text) IS 'an error (22023) for a kind other than policy and scorecard';

CREATE FUNCTION credit_limit.draft_version(book text, kind text, name text, document text) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  s text := credit_limit.book_schema(book);
  id int;
BEGIN
  PERFORM credit_limit.check_version_kind(kind);
  EXECUTE format('INSERT INTO %1$s.%2$I (name, version, document, created_by)
    SELECT $1, coalesce(max(p.version), 0) + 1, $2::credit_limit.%3$I, current_user FROM %1$s.%2$I p WHERE p.name = $1
    RETURNING %4$I', s, kind, CASE kind WHEN 'policy' THEN 'limit_policy' ELSE 'scorecard' END, kind || '_id')
    INTO id USING name, document;
  RETURN id;
END
$$;
COMMENT ON FUNCTION credit_limit.draft_version(text, text, text, text) IS
    'writes the next version of a policy or scorecard as a draft of the current role and returns its number. Errors: a kind other than policy and scorecard (22023), a document that is not valid';

CREATE FUNCTION credit_limit.draft_policy(book text, name text, document credit_limit.limit_policy) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN credit_limit.draft_version(book, 'policy', name, document::text);
END
$$;
COMMENT ON FUNCTION credit_limit.draft_policy(text, text, credit_limit.limit_policy) IS
    'writes the next version of the policy of that name as a draft of the current role; returns its policy_id';

CREATE FUNCTION credit_limit.draft_scorecard(book text, name text, document credit_limit.scorecard) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN credit_limit.draft_version(book, 'scorecard', name, document::text);
END
$$;
COMMENT ON FUNCTION credit_limit.draft_scorecard(text, text, credit_limit.scorecard) IS
    'writes the next version of the scorecard of that name as a draft of the current role; returns its scorecard_id';

CREATE FUNCTION credit_limit.approve_version(book text, kind text, id int, valid_from date, valid_to date) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  s text := credit_limit.book_schema(book);
  made_by text;
  was text;
BEGIN
  EXECUTE format('SELECT created_by, status FROM %s.%I WHERE %I = $1 FOR UPDATE', s, kind, kind || '_id') INTO made_by, was USING id;
  IF was IS DISTINCT FROM 'draft' OR valid_from IS NULL OR NOT isfinite(valid_from) OR NOT isfinite(valid_to) OR valid_to < valid_from THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('%s %s cannot be approved', kind, coalesce(id::text, 'NULL')),
      DETAIL = CASE WHEN valid_from IS NULL THEN 'It has no first day.'
        WHEN was = 'draft' THEN format('It is to be valid from %s to %s.', valid_from, coalesce(valid_to::text, 'an open end')) WHEN was IS NULL THEN 'There is no such version.'
        ELSE format('It is %s.', was) END,
      HINT = 'A draft is approved with the first day on which it is valid, and with the last, or NULL for an open end.';
  END IF;
  IF made_by = current_user THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format('%s %s was drafted by the same role', kind, id),
      DETAIL = format('It was drafted by "%s".', made_by), HINT = 'Another role approves what one has drafted.';
  END IF;
  -- The version that is open until now ends the day before.
  EXECUTE format('UPDATE %1$s.%2$I p SET valid_to = $2 - 1, retired_by = current_user
    FROM %1$s.%2$I n WHERE n.%3$I = $1 AND p.name = n.name AND p.status <> ''draft'' AND p.valid_to IS NULL AND p.valid_from < $2',
    s, kind, kind || '_id') USING id, valid_from;
  EXECUTE format('UPDATE %s.%I SET status = ''approved'', approved_by = current_user, valid_from = $2, valid_to = $3 WHERE %I = $1',
    s, kind, kind || '_id') USING id, valid_from, valid_to;
END
$$;
COMMENT ON FUNCTION credit_limit.approve_version(text, text, int, date, date) IS
    'approves a draft from its first day to its last (NULL: open); the open version of the name ends the day before. Errors: no draft, no first day, a last day before it, an infinite day (22023), drafted by the same role or login (42501), another version valid on one of the days (23P01)';

CREATE FUNCTION credit_limit.approve_policy(book text, policy_id int, valid_from date, valid_to date DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM credit_limit.approve_version(book, 'policy', policy_id, valid_from, valid_to);
END
$$;
COMMENT ON FUNCTION credit_limit.approve_policy(text, int, date, date) IS 'approve_version() of a policy';

CREATE FUNCTION credit_limit.approve_scorecard(book text, scorecard_id int, valid_from date, valid_to date DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM credit_limit.approve_version(book, 'scorecard', scorecard_id, valid_from, valid_to);
END
$$;
COMMENT ON FUNCTION credit_limit.approve_scorecard(text, int, date, date) IS 'approve_version() of a scorecard';

CREATE FUNCTION credit_limit.retire_version(book text, kind text, id int, last_day date) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  done int;
BEGIN
  PERFORM credit_limit.check_version_kind(kind);
  EXECUTE format('UPDATE %s.%I SET status = ''retired'', valid_to = greatest($2, valid_from - 1), retired_by = current_user
    WHERE %I = $1 AND status = ''approved'' AND $2 IS NOT NULL AND (valid_to IS NULL OR valid_to >= $2)',
    credit_limit.book_schema(book), kind, kind || '_id') USING id, last_day;
  GET DIAGNOSTICS done = ROW_COUNT;
  IF done = 0 THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('%s %s cannot be retired', kind, id),
      DETAIL = 'It is not approved, ends earlier, or no last day was given.', HINT = 'Give the last day on which it is valid.';
  END IF;
END
$$;
COMMENT ON FUNCTION credit_limit.retire_version(text, text, int, date) IS
    'ends an approved version of a policy or scorecard after its last day; earlier days still find it. Errors: a kind other than policy and scorecard, not approved, or ends earlier (22023)';

-- What decides on a day: one row for each product, or for each arm of its experiment.
CREATE FUNCTION credit_limit.version_sql(book text) RETURNS text
LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN replace($q$
    SELECT (row_number() OVER (ORDER BY p.product, a.arm))::int AS version_no, p.product, a.experiment, a.arm, a.arms, a.shares,
      v.policy_id, v.document AS policy, v.digest AS policy_digest, c.scorecard_id, c.document AS card, c.digest AS card_digest,
      v.policy_id IS NULL OR (n.scorecard IS NOT NULL AND c.scorecard_id IS NULL) AS missing
    FROM @book@.product p
    LEFT JOIN (SELECT e.product, e.experiment, x.arm, x.policy, x.scorecard,
        array_agg(x.arm) OVER w AS arms, array_agg(x.share) OVER w AS shares
      FROM @book@.experiment e JOIN @book@.experiment_arm x ON x.experiment = e.experiment
      WHERE e.valid_from <= $1 AND (e.valid_to >= $1 OR e.valid_to IS NULL)
      WINDOW w AS (PARTITION BY e.experiment ORDER BY x.arm COLLATE "C" ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)) a
      ON a.product = p.product
    CROSS JOIN LATERAL (SELECT coalesce(a.policy, p.policy) AS policy, coalesce(a.scorecard, p.scorecard) AS scorecard) n
    LEFT JOIN @book@.policy v ON v.name = n.policy AND v.status <> 'draft' AND v.valid_from <= $1
      AND (v.valid_to >= $1 OR v.valid_to IS NULL)
    LEFT JOIN @book@.scorecard c ON c.name = n.scorecard AND c.status <> 'draft' AND c.valid_from <= $1
      AND (c.valid_to >= $1 OR c.valid_to IS NULL)
    WHERE n.policy IS NOT NULL
  $q$, '@book@', credit_limit.book_schema(book));
END
$$;
COMMENT ON FUNCTION credit_limit.version_sql(text) IS
    'SQL of the versions that decide on the day $1: version_no, product, experiment, arm and the policy and scorecard of each; missing: one of them has no approved version on the day';

CREATE FUNCTION credit_limit.check_versions(book text, as_of date) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  r record;
BEGIN
  r := credit_limit.kept_row(replace($q$
    SELECT string_agg(format('%s: %s "%s"', w.product, w.kind, w.name), '; ' ORDER BY w.product, w.kind, w.name) AS missing
    FROM (SELECT p.product, n.kind, n.name FROM @book@.product p,
        LATERAL (SELECT 'policy' AS kind, p.policy AS name UNION SELECT 'scorecard', p.scorecard
          UNION SELECT k.kind, k.name FROM @book@.experiment e JOIN @book@.experiment_arm x ON x.experiment = e.experiment,
            LATERAL (VALUES ('policy', x.policy), ('scorecard', x.scorecard)) k(kind, name)
          WHERE e.product = p.product AND e.valid_from <= $1 AND (e.valid_to >= $1 OR e.valid_to IS NULL)) n
      WHERE p.policy IS NOT NULL AND n.name IS NOT NULL) w
    WHERE NOT EXISTS (SELECT FROM @book@.policy v WHERE w.kind = 'policy' AND v.name = w.name AND v.status <> 'draft'
        AND v.valid_from <= $1 AND (v.valid_to >= $1 OR v.valid_to IS NULL))
      AND NOT EXISTS (SELECT FROM @book@.scorecard v WHERE w.kind = 'scorecard' AND v.name = w.name AND v.status <> 'draft'
        AND v.valid_from <= $1 AND (v.valid_to >= $1 OR v.valid_to IS NULL))
  $q$, '@book@', credit_limit.book_schema(book)), as_of);
  IF r.missing IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
      MESSAGE = format('no approved version is valid on %s', to_char(as_of, 'YYYY-MM-DD')), DETAIL = r.missing || '.',
      HINT = 'Approve a version for that day, or set product.policy to NULL: the product is not decided then.';
  END IF;
END
$$;
COMMENT ON FUNCTION credit_limit.check_versions(text, date) IS
    'an error (55000) that names every policy and scorecard of a product or of an arm that has no approved version on the day';

-- Policies and scorecards as versions: drafted by one role, approved by another, valid for some days, never changed after.

-- a range of texts in the order of their bytes: [name, name] in an exclusion constraint says "of one name, on no day two" without
-- btree_gist
CREATE TYPE credit_limit_internal.text_range AS RANGE (SUBTYPE = pg_catalog.text, COLLATION = pg_catalog."C",
    MULTIRANGE_TYPE_NAME = credit_limit_internal.text_multirange);

-- an error (42501) where the current role, or the login, is the role or the login that did something, or has its name
CREATE FUNCTION credit_limit_internal.need_another_person(what text, done text, role_name text, role regrole, login_name text,
    login regrole) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  -- A role that is renamed keeps its number. A superuser can take any login, so it is no use to refuse him. A person may work as
  -- himself today, and tomorrow through a program that logs in for many and takes his role.
DECLARE
  same record;
BEGIN
  SELECT CASE w.kind WHEN n.kind THEN w.kind ELSE 'person' END AS kind, w.name, n.name AS now, w.role = r.oid AS still INTO same
  FROM (VALUES ('role', role_name, role::oid), ('login', login_name, login::oid)) w(kind, name, role)
  CROSS JOIN (VALUES ('role', current_user::text), ('login', session_user::text)) n(kind, name)
  JOIN pg_roles r ON r.rolname = n.name
  WHERE (w.role = r.oid OR w.name = n.name) AND (w.kind = 'role' AND n.kind = 'role' OR NOT r.rolsuper)
  ORDER BY w.kind = n.kind DESC, w.kind DESC LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format('%s was %s by the same %s', what, done, same.kind),
      DETAIL = format('It was "%s"%s.', same.name, CASE WHEN NOT same.still THEN ', a role that was made anew since'
        WHEN same.name <> same.now THEN format(', which is called "%s" now', same.now) END),
      HINT = format('Another person approves what one has %s.', done);
  END IF;
END
$$;

-- trigger of the tables of versions: another role and login approve a draft, and name the SHA-256 of its text; of an approved
-- version only the last day changes, and comes nearer; a retired one stays as it is. In a book of a group versions come from that
-- of the committee, and change no day that was confirmed
CREATE FUNCTION credit_limit_internal.keep_version() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  kind CONSTANT text := regexp_replace(TG_TABLE_NAME, '_version$', '');
  moves CONSTANT text[] := '{status,valid_to,retired_by}';
  what text := CASE TG_OP WHEN 'INSERT' THEN format('%s "%s"', kind, NEW.name)
    ELSE format('%s %s', kind, to_jsonb(OLD) ->> (kind || '_id')) END;
  published boolean;
BEGIN
  IF TG_OP <> 'DELETE' THEN
    PERFORM credit_limit_internal.open_book(TG_TABLE_SCHEMA::text);
    published := credit_limit_internal.is_published(what, CASE WHEN NEW.status <> 'draft' THEN CASE
      WHEN TG_OP = 'INSERT' OR OLD.status = 'draft' THEN NEW.valid_from
      WHEN NEW.valid_to IS DISTINCT FROM OLD.valid_to THEN NEW.valid_to + 1 END END);
  END IF;
  IF TG_OP = 'DELETE' THEN
    IF OLD.status = 'draft' THEN
      RETURN OLD;
    END IF;
  ELSIF TG_OP = 'INSERT' AND published THEN
    NEW.source := NEW.document::text;
    NEW.digest := sha256(convert_to(NEW.source, 'UTF8'));
    RETURN NEW;
  ELSIF TG_OP = 'INSERT' OR OLD.status = 'draft' THEN
    -- Who writes is who he is; whoever changed a draft last made it. A restore puts its rows in before it makes triggers.
    NEW.source := NEW.document::text;
    NEW.digest := sha256(convert_to(NEW.source, 'UTF8'));
    IF TG_OP = 'INSERT' THEN
      NEW.version := (SELECT 1 + coalesce(max(l.version), 0) FROM credit_limit_internal.version_list() l
        WHERE l.kind || '_version' = TG_TABLE_NAME AND l.name = NEW.name);
    END IF;
    IF TG_OP = 'INSERT' OR NEW.source IS DISTINCT FROM OLD.source THEN
      SELECT current_user, quote_ident(current_user)::regrole, session_user, quote_ident(session_user)::regrole
      INTO NEW.created_by, NEW.created_role, NEW.created_login, NEW.created_login_role;
    ELSE
      SELECT OLD.created_by, OLD.created_role, OLD.created_login, OLD.created_login_role
      INTO NEW.created_by, NEW.created_role, NEW.created_login, NEW.created_login_role;
    END IF;
    NEW.retired_by := NULL;
    IF NEW.status = 'draft' THEN
      NEW.approved_by := NULL;
      NEW.approved_digest := NULL;
      RETURN NEW;
    ELSIF TG_OP = 'UPDATE' AND NEW.status = 'approved' THEN
      PERFORM credit_limit_internal.need_another_person(what, 'drafted', NEW.created_by, NEW.created_role, NEW.created_login,
        NEW.created_login_role);
      -- The draft may have changed since it was read.
      IF NEW.approved_digest IS DISTINCT FROM NEW.digest THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
          MESSAGE = format('%s is approved by its digest', what),
          DETAIL = coalesce('Given was ' || NEW.approved_digest::text || '.', 'None was given.'),
          HINT = format('Read the draft and its digest in %I.%I, and approve it with that.', TG_TABLE_SCHEMA, TG_TABLE_NAME);
      END IF;
      IF kind = 'allocation' THEN
        PERFORM credit_limit_internal.need_sound_allocation(TG_TABLE_SCHEMA, (to_jsonb(NEW) ->> 'allocation_id')::int);
      END IF;
      NEW.approved_by := current_user;
      RETURN NEW;
    END IF;
  ELSIF OLD.status = 'approved' AND NEW.status <> 'draft' AND to_jsonb(NEW) - moves = to_jsonb(OLD) - moves
    AND coalesce(NEW.valid_to, 'infinity') <= coalesce(OLD.valid_to, 'infinity') THEN
    NEW.retired_by := CASE WHEN published THEN NEW.retired_by
      WHEN (NEW.status, NEW.valid_to) IS DISTINCT FROM (OLD.status, OLD.valid_to) THEN current_user ELSE OLD.retired_by END;
    RETURN NEW;
  END IF;
  RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = CASE TG_OP
      WHEN 'INSERT' THEN format('a new version of %s "%s" must be a draft', kind, NEW.name)
      ELSE format('version %s of %s "%s" is %s: it cannot be changed so', OLD.version, kind, OLD.name, OLD.status) END,
    DETAIL = format('%s of "%s.%s".', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME),
    HINT = 'Draft a new version. An approved one may only end earlier, and a retired one stays as it is. Data alone is restored '
      'with --disable-triggers.';
END
$$;

-- trigger of experiment and experiment_arm: an error (55006) where one that has decided changes, but for its last day
CREATE FUNCTION credit_limit_internal.keep_experiment() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
  -- What an arm was given is known by its share at the time: a change afterwards could never be told from the log.
DECLARE
  name CONSTANT text := CASE TG_OP WHEN 'INSERT' THEN NEW.experiment ELSE OLD.experiment END;
BEGIN
  PERFORM credit_limit_internal.open_book(TG_TABLE_SCHEMA::text);
  IF NOT (TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'valid_to' = to_jsonb(OLD) - 'valid_to')
    AND (EXISTS (SELECT FROM run_version v WHERE v.experiment = name AND v.run_id <> 0)
      OR EXISTS (SELECT FROM decision d WHERE d.experiment = name AND d.run_id IS NULL)) THEN
    RAISE EXCEPTION USING ERRCODE = 'object_in_use', MESSAGE = format('experiment "%s" has decided: it cannot be changed', name),
      DETAIL = format('%s of "%s.%s".', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME),
      HINT = 'Set its last day, valid_to, and begin another one.';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;

-- an experiment for each product that is decided: of a share of its borrowers, by hash, rises of the limit are withheld for some
-- months, and the log keeps what they would have been (action KEEP, binding holdout, proposed). From first_day on (NULL: the
-- first of the month after the business date). Products with another experiment on these days get none, which a NOTICE says.
-- Errors: a share outside 0 to 1, fewer than 1 or more than 120 months, no day (22023)
CREATE FUNCTION credit_limit.draft_holdout(book text, share float8, months int, first_day date DEFAULT NULL)
RETURNS TABLE (experiment text, product text, valid_from date, valid_to date)
LANGUAGE plpgsql ROWS 10 SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  begins date := first_day;
  ends date;
  busy text;
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  begins := coalesce(begins, (SELECT (date_trunc('month', d.business_date::timestamp) + interval '1 month')::date
    FROM business_day d));
  PERFORM credit_limit_internal.need_day('a holdout', begins);
  IF NOT coalesce(share > 0 AND share < 1 AND months BETWEEN 1 AND 120, false) THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'a holdout needs a share and a number of months',
      DETAIL = format('They are %s and %s.', coalesce(share::text, 'NULL'), coalesce(months::text, 'NULL')),
      HINT = 'Give a fraction between 0 and 1, as 0.05, and 1 to 120 months.';
  END IF;
  ends := begins::timestamp + make_interval(months => months) - interval '1 day';
  SELECT string_agg(DISTINCT format('%s: "%s"', e.product, e.experiment), '; ') INTO busy FROM experiment e
  WHERE daterange(e.valid_from, e.valid_to, '[]') && daterange(begins, ends, '[]');
  IF busy IS NOT NULL THEN
    RAISE NOTICE 'products with another experiment on these days get no holdout: %', busy;
  END IF;
  RETURN QUERY INSERT INTO experiment AS n (experiment, product, valid_from, valid_to)
    SELECT format('holdout %s %s', p.product, to_char(begins, 'YYYY-MM-DD')), p.product, begins, ends FROM product p
    WHERE p.policy IS NOT NULL AND NOT EXISTS (SELECT FROM experiment e
      WHERE e.product = p.product AND daterange(e.valid_from, e.valid_to, '[]') && daterange(begins, ends, '[]'))
    RETURNING n.experiment, n.product, n.valid_from, n.valid_to;
  INSERT INTO experiment_arm (experiment, arm, share, held_out)
  SELECT e.experiment, a.arm, a.share, a.arm = 'holdout'
  FROM experiment e, (VALUES ('holdout', draft_holdout.share), ('increase', 1 - draft_holdout.share)) a(arm, share)
  WHERE e.experiment = format('holdout %s %s', e.product, to_char(begins, 'YYYY-MM-DD'))
    AND NOT EXISTS (SELECT FROM experiment_arm x WHERE x.experiment = e.experiment);
END
$$;

-- ---- draft, approve, retire ----

-- draft_policy() and draft_scorecard()
CREATE FUNCTION credit_limit_internal.draft_version(book text, kind text, name text, document text) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  id int;
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  IF kind = 'policy' THEN
    INSERT INTO policy_version AS v (name, document)
    VALUES (draft_version.name, draft_version.document::credit_limit.limit_policy) RETURNING v.policy_id INTO id;
  ELSE
    INSERT INTO scorecard_version AS v (name, document)
    VALUES (draft_version.name, draft_version.document::credit_limit.scorecard) RETURNING v.scorecard_id INTO id;
  END IF;
  RETURN id;
END
$$;

-- writes the next version of the policy of that name as a draft of the current role; returns its policy_id
CREATE FUNCTION credit_limit.draft_policy(book text, name text, document credit_limit.limit_policy) RETURNS int
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$ SELECT credit_limit_internal.draft_version(book, 'policy', name, document::text) $$;

-- writes the next version of the scorecard of that name as a draft of the current role; returns its scorecard_id
CREATE FUNCTION credit_limit.draft_scorecard(book text, name text, document credit_limit.scorecard) RETURNS int
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$ SELECT credit_limit_internal.draft_version(book, 'scorecard', name, document::text) $$;

-- in an open book: the versions of all kinds
CREATE FUNCTION credit_limit_internal.version_list() RETURNS TABLE (kind text, id int, name text, version int, status text,
    valid_from date, valid_to date, digest bytea)
LANGUAGE sql STABLE ROWS 20
AS $$
  SELECT 'policy', v.policy_id, v.name, v.version, v.status, v.valid_from, v.valid_to, v.digest FROM policy_version v
  UNION ALL
  SELECT 'scorecard', v.scorecard_id, v.name, v.version, v.status, v.valid_from, v.valid_to, v.digest FROM scorecard_version v
  UNION ALL
  SELECT 'allocation', v.allocation_id, v.name, v.version, v.status, v.valid_from, v.valid_to, v.digest FROM allocation_version v
$$;

-- in an open book: a version by kind and number. Errors: there is none (22023)
CREATE FUNCTION credit_limit_internal.find_version(kind text, id int, OUT name text, OUT status text, OUT valid_to date,
    OUT digest bytea)
LANGUAGE plpgsql STABLE
AS $$
#variable_conflict use_column
BEGIN
  SELECT v.name, v.status, v.valid_to, v.digest INTO name, status, valid_to, digest
  FROM credit_limit_internal.version_list() v WHERE v.kind = find_version.kind AND v.id = find_version.id;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
      MESSAGE = format('there is no version %s of %s', coalesce(id::text, 'NULL'), coalesce('"' || kind || '"', 'NULL')),
      HINT = 'Give policy, scorecard or allocation, and a policy_id, scorecard_id or allocation_id of its table of versions.';
  END IF;
END
$$;

-- SHA-256 of the document of a version of kind policy, scorecard or allocation as it is now: what approve_policy(),
-- approve_scorecard() and approve_allocation() are given, so that a draft which changed after it was read is not approved.
-- Errors: no such version (22023)
CREATE FUNCTION credit_limit.version_digest(book text, kind text, id int) RETURNS bytea
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  RETURN (credit_limit_internal.find_version(kind, id)).digest;
END
$$;

-- an error (42501) that says who may, where the current role has no right to approve or retire a version
CREATE FUNCTION credit_limit_internal.need_approver(book text, kind text, id int, what text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT has_column_privilege(format('%I.%I', book, kind || '_version'), 'status', 'UPDATE') THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
      MESSAGE = format('role "%s" may not %s %s %s', current_user, what, kind, id),
      DETAIL = format('It has no right to change the status of %I.%I.', book, kind || '_version'),
      HINT = format('An approver does it. The owner of the book makes one: SELECT credit_limit.grant_book(%L, approver => ...).',
        book);
  END IF;
END
$$;

-- approve_policy(), approve_scorecard() and approve_allocation()
CREATE FUNCTION credit_limit_internal.approve_version(book text, kind text, id int, first_day date, last_day date, digest bytea)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v record;
  other record;
  policy credit_limit.limit_policy;
  card credit_limit.scorecard;
  problem text;
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  v := credit_limit_internal.find_version(kind, id);
  IF v.status <> 'draft' OR credit_limit_internal.is_day(first_day) IS NOT TRUE OR NOT credit_limit_internal.is_day(last_day)
    OR last_day < first_day THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('%s %s cannot be approved', kind, id),
      DETAIL = CASE WHEN v.status <> 'draft' THEN format('It is %s.', v.status) WHEN first_day IS NULL THEN 'It has no first day.'
        ELSE format('It is to be valid from %s to %s.', first_day, coalesce(last_day::text, 'an open end')) END,
      HINT = 'A draft is approved with the first day on which it is valid, and with the last, or NULL for an open end.';
  END IF;
  PERFORM credit_limit_internal.need_approver(book, kind, id, 'approve');
  -- The version that is open until now ends the day before.
  IF kind = 'policy' THEN
    UPDATE policy_version p SET valid_to = first_day - 1
    WHERE p.name = v.name AND p.status = 'approved' AND p.valid_to IS NULL AND p.valid_from < first_day;
    UPDATE policy_version p SET status = 'approved', valid_from = first_day, valid_to = last_day,
      approved_digest = approve_version.digest WHERE p.policy_id = id RETURNING p.document INTO policy;
  ELSIF kind = 'scorecard' THEN
    UPDATE scorecard_version p SET valid_to = first_day - 1
    WHERE p.name = v.name AND p.status = 'approved' AND p.valid_to IS NULL AND p.valid_from < first_day;
    UPDATE scorecard_version p SET status = 'approved', valid_from = first_day, valid_to = last_day,
      approved_digest = approve_version.digest WHERE p.scorecard_id = id RETURNING p.document INTO card;
  ELSE
    UPDATE allocation_version p SET valid_to = first_day - 1
    WHERE p.name = v.name AND p.status = 'approved' AND p.valid_to IS NULL AND p.valid_from < first_day;
    UPDATE allocation_version p SET status = 'approved', valid_from = first_day, valid_to = last_day,
      approved_digest = approve_version.digest WHERE p.allocation_id = id;
  END IF;
  problem := credit_limit_internal.version_problem(policy, card);
  IF problem IS NOT NULL THEN
    RAISE WARNING USING MESSAGE = problem, DETAIL = 'decision_input of the book is that row: runs will fail.',
      HINT = 'Give decision_input the column before the first day of the version, or approve another one.';
  END IF;
EXCEPTION WHEN exclusion_violation THEN
  PERFORM credit_limit_internal.open_book(book);
  SELECT o.* INTO other FROM credit_limit_internal.version_list() o
  WHERE o.kind = approve_version.kind AND o.name = v.name AND o.status <> 'draft'
    AND o.valid_from <= coalesce(last_day, 'infinity')
    AND CASE WHEN o.valid_to IS NULL THEN o.valid_from >= first_day ELSE o.valid_to >= greatest(first_day, o.valid_from) END
  ORDER BY o.valid_from LIMIT 1;
  RAISE EXCEPTION USING ERRCODE = 'exclusion_violation',
    MESSAGE = format('%s %s cannot be valid beside version %s of "%s"', kind, id, other.version, v.name),
    DETAIL = format('That is %s %s, %s from %s to %s.', kind, other.id, other.status, other.valid_from,
      coalesce(other.valid_to::text, 'an open end')),
    HINT = CASE WHEN other.valid_from > first_day THEN format('Approve the draft until %s', other.valid_from - 1)
        ELSE format('Approve the draft from %s on', coalesce(other.valid_to, other.valid_from) + 1) END
      || CASE WHEN other.status = 'retired' THEN '.' ELSE format(
        ', or end the other one first: credit_limit.retire_version(%L, %L, %s, %L).', book, kind, other.id, first_day - 1) END;
END
$$;

-- approves a draft from its first day to its last (NULL: open); the open version of the name ends the day before. digest is that
-- of the draft as it was read. Errors: no draft, no first day, a last day before it, no day (22023), no digest or that of another
-- document (55000), drafted by the same role or login (42501), another version valid on one of the days (23P01)
CREATE FUNCTION credit_limit.approve_policy(book text, policy_id int, valid_from date, valid_to date DEFAULT NULL,
    digest bytea DEFAULT NULL) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$ SELECT credit_limit_internal.approve_version(book, 'policy', policy_id, valid_from, valid_to, digest) $$;

-- approve_policy() for a scorecard
CREATE FUNCTION credit_limit.approve_scorecard(book text, scorecard_id int, valid_from date, valid_to date DEFAULT NULL,
    digest bytea DEFAULT NULL) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$ SELECT credit_limit_internal.approve_version(book, 'scorecard', scorecard_id, valid_from, valid_to, digest) $$;

-- ends an approved version of a policy, scorecard or allocation after its last day; earlier days still find it. Errors: no such
-- version, not approved, one that ends earlier, no last day or an infinite one (22023)
CREATE FUNCTION credit_limit.retire_version(book text, kind text, id int, last_day date) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v record;
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  v := credit_limit_internal.find_version(kind, id);
  IF v.status <> 'approved' OR credit_limit_internal.is_day(last_day) IS NOT TRUE OR v.valid_to < last_day THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('%s %s cannot be retired', kind, id),
      DETAIL = CASE WHEN v.status <> 'approved' THEN format('It is %s.', v.status) WHEN v.valid_to < last_day
        THEN format('It ends on %s.', v.valid_to) ELSE format('The last day is %s.', coalesce(last_day::text, 'NULL')) END,
      HINT = 'Give an approved version, and the last day on which it is valid.';
  END IF;
  PERFORM credit_limit_internal.need_approver(book, kind, id, 'retire');
  IF kind = 'policy' THEN
    UPDATE policy_version p SET status = 'retired', valid_to = greatest(last_day, p.valid_from - 1) WHERE p.policy_id = id;
  ELSIF kind = 'scorecard' THEN
    UPDATE scorecard_version p SET status = 'retired', valid_to = greatest(last_day, p.valid_from - 1) WHERE p.scorecard_id = id;
  ELSE
    UPDATE allocation_version p SET status = 'retired', valid_to = greatest(last_day, p.valid_from - 1)
    WHERE p.allocation_id = id;
  END IF;
END
$$;

-- in an open book: the versions that are valid on a day, of each name one at most
CREATE FUNCTION credit_limit_internal.valid_versions(day date) RETURNS TABLE (kind text, name text, id int)
LANGUAGE sql STABLE ROWS 10
AS $$
  SELECT v.kind, v.name, v.id FROM credit_limit_internal.version_list() v
  WHERE v.status <> 'draft' AND valid_versions.day BETWEEN v.valid_from AND coalesce(v.valid_to, 'infinity')
$$;

-- ---- what decides on a day ----

-- in an open book: the versions that decide on a day, by product and arm; missing: a policy or scorecard has no approved one
CREATE FUNCTION credit_limit_internal.versions_on(as_of date)
RETURNS TABLE (version_no int, product text, experiment text, arm text, arms text[], shares float8[], policy_id int,
    scorecard_id int, allocation_id int, missing boolean, unit text, arm_probability float8, held_out boolean)
LANGUAGE sql STABLE ROWS 10
AS $$
  -- Of several allocations of a product, the one that began last; of a policy that does not say what a limit earns, none.
  SELECT (row_number() OVER (ORDER BY p.product, a.arm))::int, p.product, a.experiment, a.arm, a.arms, a.shares, v.id, c.id,
    (SELECT x.allocation_id FROM allocation_version x JOIN policy_version y ON y.policy_id = v.id
      WHERE x.status <> 'draft' AND x.products @> ARRAY[p.product::text]
        AND versions_on.as_of BETWEEN x.valid_from AND coalesce(x.valid_to, 'infinity')
        AND jsonb_path_exists(y.document::jsonb, '$.target.optimal')
      ORDER BY x.valid_from DESC, x.allocation_id DESC LIMIT 1),
    v.id IS NULL OR (n.scorecard IS NOT NULL AND c.id IS NULL), a.unit, a.share, coalesce(a.held_out, false)
  FROM product p
  LEFT JOIN (SELECT e.product, e.experiment, e.unit, x.arm, x.share, x.held_out, x.policy, x.scorecard,
      array_agg(x.arm) OVER w AS arms,
      array_agg(x.share) OVER w AS shares
    FROM experiment e JOIN experiment_arm x ON x.experiment = e.experiment
    WHERE e.valid_from <= versions_on.as_of AND (e.valid_to >= versions_on.as_of OR e.valid_to IS NULL)
    WINDOW w AS (PARTITION BY e.experiment ORDER BY x.arm COLLATE "C" ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)) a
    ON a.product = p.product
  CROSS JOIN LATERAL (SELECT coalesce(a.policy, p.policy) AS policy, coalesce(a.scorecard, p.scorecard) AS scorecard) n
  LEFT JOIN credit_limit_internal.valid_versions(versions_on.as_of) v ON v.kind = 'policy' AND v.name = n.policy
  LEFT JOIN credit_limit_internal.valid_versions(versions_on.as_of) c ON c.kind = 'scorecard' AND c.name = n.scorecard
  WHERE n.policy IS NOT NULL
$$;

-- in an open book: the versions that are valid on the day, or those by which a run of that day decides, real time being run 0;
-- with their documents, and the columns of decision_input that are kept as evidence
CREATE FUNCTION credit_limit_internal.versions(by_day boolean, run bigint, as_of date)
RETURNS TABLE (version_no int, product text, experiment text, arm text, arms text[], shares float8[], policy_id int,
    policy credit_limit.limit_policy, policy_digest bytea, scorecard_id int, card credit_limit.scorecard, scorecard_digest bytea,
    allocation_id int, missing boolean, unit text, arm_probability float8, held_out boolean, kept text[])
LANGUAGE sql STABLE ROWS 10
AS $$
  -- by_day is a literal where it is called, so that half of this goes when the query is planned.
  SELECT n.version_no, n.product, n.experiment, n.arm, n.arms, n.shares, n.policy_id, v.document, v.digest, n.scorecard_id,
    c.document, c.digest, n.allocation_id, n.missing, n.unit, n.arm_probability, n.held_out, n.kept
  FROM (SELECT w.version_no, w.product, w.experiment, w.arm, w.arms, w.shares, w.policy_id, w.scorecard_id, w.allocation_id,
        w.missing, w.unit, w.arm_probability, w.held_out, r.inputs AS kept
      FROM run r JOIN run_version w ON w.run_id = r.run_id
      WHERE NOT versions.by_day AND r.run_id = versions.run AND r.as_of = versions.as_of
    UNION ALL SELECT *, (SELECT credit_limit_internal.inputs_read(NULL, versions.as_of))
      FROM credit_limit_internal.versions_on(versions.as_of) WHERE versions.by_day) n
  LEFT JOIN policy_version v ON v.policy_id = n.policy_id
  LEFT JOIN scorecard_version c ON c.scorecard_id = n.scorecard_id
$$;

-- in an open book: an error (55000) that names every policy and scorecard of a product or of an arm that has no approved version
-- on the day, or the experiments of the day whose shares do not sum to 1
CREATE FUNCTION credit_limit_internal.check_versions(as_of date) RETURNS void
LANGUAGE plpgsql STABLE
AS $$
DECLARE
  lacking text;
BEGIN
  SELECT string_agg(DISTINCT format('%s: %s "%s"', v.product, n.kind, n.name), '; ') INTO lacking
  FROM credit_limit_internal.versions_on(check_versions.as_of) v JOIN product p ON p.product = v.product
    LEFT JOIN experiment_arm x ON x.experiment = v.experiment AND x.arm = v.arm,
    LATERAL (VALUES ('policy', coalesce(x.policy, p.policy), v.policy_id),
      ('scorecard', coalesce(x.scorecard, p.scorecard), v.scorecard_id)) n(kind, name, id)
  WHERE v.missing AND n.name IS NOT NULL AND n.id IS NULL;
  IF lacking IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
      MESSAGE = format('no approved version is valid on %s', to_char(as_of, 'YYYY-MM-DD')), DETAIL = lacking || '.',
      HINT = 'Approve a version for that day, or set product.policy to NULL: the product is not decided then.';
  END IF;
  -- Everybody would be left out, and the experiment count as one that has decided.
  SELECT string_agg(format('Those of "%s" sum to %s.', e.experiment, g.total), ' ' ORDER BY e.experiment) INTO lacking
  FROM experiment e, LATERAL (SELECT sum(x.share) AS total FROM experiment_arm x WHERE x.experiment = e.experiment) g
  WHERE e.valid_from <= check_versions.as_of AND (e.valid_to >= check_versions.as_of OR e.valid_to IS NULL)
    AND abs(g.total - 1) > 1e-9;
  IF lacking IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = 'the shares of an experiment do not sum to 1',
      DETAIL = lacking, HINT = 'Correct experiment_arm.share before the first day of the experiment.';
  END IF;
END
$$;

-- part of the trigger renew_versions of a book: writes anew the versions that decide on the business date
CREATE FUNCTION credit_limit_internal.renew_versions(book text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
  -- Tables of a few rows are never analysed, and the planner expects thousands: to compile this took a second for each change.
  -- Two changes at once write one after the other, and the later one sees the earlier: the row of run 0 is locked, and changed,
  -- so that a transaction with an older snapshot ends in a serialization failure.
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  PERFORM FROM run r WHERE r.run_id = 0 FOR UPDATE;
  UPDATE run r SET as_of = (SELECT d.business_date FROM business_day d), started_at = clock_timestamp() WHERE r.run_id = 0;
  DELETE FROM run_version w WHERE w.run_id = 0;
  INSERT INTO run_version SELECT 0, v.* FROM business_day d, credit_limit_internal.versions_on(d.business_date) v;
  UPDATE run r SET inputs = credit_limit_internal.inputs_read(0, NULL) WHERE r.run_id = 0;
  IF to_regprocedure('decide_changed()') IS NOT NULL AND to_regprocedure('decision_input(date)') IS NOT NULL THEN
    PERFORM credit_limit_internal.know_layout(0);
  END IF;
END
$$;

CREATE FUNCTION credit_limit.limit_rules(book text)
RETURNS TABLE (rule text, jurisdiction text, clause jsonb, needs text[], valid_from date, summary text, source text)
LANGUAGE plpgsql STABLE ROWS 10 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  RETURN QUERY SELECT l.rule, l.jurisdiction, l.clause, l.needs, l.valid_from, l.summary, l.source FROM limit_rule l
    UNION ALL SELECT r.* FROM credit_limit.limit_rules() r WHERE NOT EXISTS (SELECT FROM limit_rule l WHERE l.rule = r.rule);
END
$$;
COMMENT ON FUNCTION credit_limit.limit_rules(text) IS
    'the rules of limit_rules() and those of the book''s limit_rule, which take the place of shipped ones of the same name';

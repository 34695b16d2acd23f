-- Overrides: a person decides what a policy referred. One proposes a limit and a reason, another approves, and the engine writes
-- it to the log: still nobody else writes decisions.

-- trigger of override_request: a proposal is of a decision that referred, is approved by another role and login that may propose
-- too, and is applied by who may write decisions, when an override of it is in the log and in force; nothing else changes
CREATE FUNCTION credit_limit_internal.keep_request() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
  -- A decision by a person is rounded as the policy that referred it rounds: down to its step and decimals.
DECLARE
  d record;
  result CONSTANT text[] := '{status,decided_by,override_id,message}';
BEGIN
  PERFORM credit_limit_internal.open_book(TG_TABLE_SCHEMA::text);
  IF TG_OP = 'INSERT' THEN
    SELECT w.as_of, w.account_id, w.borrower_id, w.action, w.regulatory_cap, coalesce(r.move_limits, true) AS moves,
      coalesce((v.rules ->> 'decimals')::int, 2) AS decimals, (v.rules #>> '{product,step}')::numeric AS step INTO d
    FROM decision w LEFT JOIN run r ON r.run_id = w.run_id LEFT JOIN policy_version p ON p.policy_id = w.policy_id,
      LATERAL (SELECT p.document::jsonb AS rules) v WHERE w.decision_id = NEW.decision_id;
    IF d.action IS DISTINCT FROM 'REFER' OR NOT d.moves OR NEW.status <> 'proposed' OR NEW.new_limit > d.regulatory_cap THEN
      RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = format('decision %s cannot be overridden so', NEW.decision_id),
        DETAIL = CASE WHEN d.action IS NULL THEN 'There is no such decision.'
          WHEN d.action <> 'REFER' THEN format('Its action is %s.', d.action)
          WHEN NOT d.moves THEN 'Its run moved no limits: nobody was referred.'
          WHEN NEW.status <> 'proposed' THEN 'A new request must be a proposal.'
          ELSE format('The regulatory cap is %s.', d.regulatory_cap) END,
        HINT = 'A person decides where the action is REFER, up to the regulatory cap; another one approves.';
    END IF;
    NEW.as_of := d.as_of;
    NEW.account_id := d.account_id;
    NEW.borrower_id := d.borrower_id;
    NEW.new_limit := trunc(NEW.new_limit - CASE WHEN d.step > 0 THEN NEW.new_limit % d.step ELSE 0 END, d.decimals);
    NEW.proposed_by := current_user;
    NEW.proposed_role := quote_ident(current_user)::regrole;
    NEW.proposed_login := session_user;
    NEW.proposed_login_role := quote_ident(session_user)::regrole;
    NEW.decided_by := NULL;
    NEW.override_id := NULL;
    NEW.message := NULL;
    RETURN NEW;
  ELSIF TG_OP = 'UPDATE' AND OLD.status = 'proposed' AND NEW.status IN ('approved', 'declined')
    AND has_any_column_privilege('override_request', 'INSERT') THEN
    NEW.decided_by := current_user;
    IF NEW.status = 'approved' THEN
      PERFORM credit_limit_internal.need_another_person(format('request %s', OLD.request_id), 'proposed', OLD.proposed_by,
        OLD.proposed_role, OLD.proposed_login, OLD.proposed_login_role);
    ELSIF NEW.decided_by = OLD.proposed_by THEN
      -- Taken back.
      NEW.decided_by := NULL;
    END IF;
    IF to_jsonb(NEW) - result = to_jsonb(OLD) - result AND num_nulls(NEW.override_id, NEW.message) = 2 THEN
      RETURN NEW;
    END IF;
  ELSIF TG_OP = 'UPDATE' AND OLD.status = 'approved' AND NEW.status IN ('applied', 'refused')
    AND has_any_column_privilege('decision', 'INSERT') AND NEW.decided_by = OLD.decided_by
    AND to_jsonb(NEW) - result = to_jsonb(OLD) - result AND num_nulls(NEW.override_id, NEW.message) = 1
    AND (NEW.message IS NULL) = (NEW.status = 'applied') THEN
    -- The decision must be of this request, and in force.
    IF NEW.status = 'applied' AND NOT EXISTS (SELECT FROM decision w
        JOIN decision_evidence e ON e.decision_id = w.decision_id AND e.as_of = w.as_of
        JOIN account a ON a.account_id = w.account_id AND a.credit_limit = w.new_limit
        WHERE w.decision_id = NEW.override_id AND w.as_of >= OLD.as_of AND w.borrower_id = OLD.borrower_id
          AND w.account_id = OLD.account_id AND w.source = 'override' AND w.new_limit = OLD.new_limit
          AND (e.inputs::jsonb ->> 0)::bigint = OLD.decision_id) THEN
      RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = format('request %s is not applied', OLD.request_id),
        DETAIL = format('Account %s has not the limit of an override of decision %s in the log.', OLD.account_id,
          OLD.decision_id),
        HINT = 'credit_limit.apply_overrides() applies what is approved.';
    END IF;
    RETURN NEW;
  ELSIF TG_OP = 'UPDATE' AND NEW.note IS NULL AND NEW.reason = 'erased'
    AND to_jsonb(NEW) - '{note,reason}'::text[] = to_jsonb(OLD) - '{note,reason}'::text[]
    AND EXISTS (SELECT FROM erasure e WHERE e.borrower_id = OLD.borrower_id) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
    MESSAGE = format('request %s is %s: it cannot be changed so', OLD.request_id, OLD.status),
    DETAIL = format('%s of "%s.%s" by "%s".', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME, current_user),
    HINT = 'A reviewer approves or declines what is proposed, and the engine applies what is approved.';
END
$$;

-- proposes a limit for the account of a decision that was REFER, rounded down as its policy rounds, with a reason for the log and
-- a note for its inputs; returns the number of the request. Errors: a decision that is not there, not REFER or of a run that
-- moved no limits, a limit above its regulatory cap or not valid (23514), a request that is open or applied (23505), NULL (23502)
CREATE FUNCTION credit_limit.propose_override(book text, decision_id bigint, new_limit numeric, reason text,
    note text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  id bigint;
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  INSERT INTO override_request AS q (decision_id, new_limit, reason, note)
  VALUES (propose_override.decision_id, propose_override.new_limit, propose_override.reason, propose_override.note)
  RETURNING q.request_id INTO id;
  RETURN id;
END
$$;

-- approve_override() and decline_override()
CREATE FUNCTION credit_limit_internal.decide_request(book text, request_id bigint, status text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  UPDATE override_request q SET status = decide_request.status WHERE q.request_id = decide_request.request_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
      MESSAGE = format('there is no request %s', decide_request.request_id),
      HINT = format('Requests are in %I.override_request.', book);
  END IF;
END
$$;

-- approves a proposal of another role and login, with the rights of a reviewer; apply_overrides() then moves the limit. Errors:
-- no such request (22023), proposed by the same role or login, not a proposal any more, no reviewer (42501)
CREATE FUNCTION credit_limit.approve_override(book text, request_id bigint) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$ SELECT credit_limit_internal.decide_request(book, request_id, 'approved') $$;

-- declines a proposal; who proposed it takes it back so. Errors: no such request (22023), not a proposal any more, no reviewer
-- (42501)
CREATE FUNCTION credit_limit.decline_override(book text, request_id bigint) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$ SELECT credit_limit_internal.decide_request(book, request_id, 'declined') $$;

-- applies all approved requests as of a day, in one transaction, with the rights of the engine: moves the limits and writes
-- decisions, source and binding override, whose inputs are who proposed, who approved and the note. Returns how many were
-- applied, and how many refused, which their message explains: accounts that were closed or frozen or whose limit moved since
-- they were referred, other than by a REFER or KEEP, or that overfill a partitioned umbrella. Where a decision as of a later day
-- is in force, a request waits for that day. Errors: no day (22023), not in READ COMMITTED (25000), rows that row-level security
-- hides (42501)
CREATE FUNCTION credit_limit.apply_overrides(book text, as_of date, OUT applied bigint, OUT refused bigint)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET extra_float_digits = 1
AS $$
  -- An override repeats the decision that was referred: every digit of it.
DECLARE
  q record;
  r record;
  a record;
  l record;
  still_frozen boolean;
  lane credit_limit_internal.lane_end;
  rows refcursor;
  written record;
  wrong text;
  n bigint;
BEGIN
  PERFORM credit_limit_internal.need_read_committed('an override');
  PERFORM credit_limit_internal.need_day('an override', as_of);
  PERFORM credit_limit_internal.open_book(book);
  PERFORM credit_limit_internal.need_every_row('overrides');
  applied := 0;
  refused := 0;
  -- In the order of borrowers, as everybody does who locks several.
  FOR q IN SELECT w.request_id, w.borrower_id FROM override_request w
      WHERE w.status = 'approved' AND w.as_of <= apply_overrides.as_of ORDER BY w.borrower_id, w.request_id LOOP
    BEGIN
      -- First the borrower, then the request, as everybody who locks both.
      PERFORM FROM borrower b WHERE b.borrower_id = q.borrower_id FOR NO KEY UPDATE;
      CONTINUE WHEN EXISTS (SELECT FROM group_move m WHERE m.borrower_id = q.borrower_id AND m.state <> 'active');
      SELECT w.account_id, w.borrower_id, w.new_limit, w.reason, d.new_limit AS referred_limit, d.as_of, d.decided_at,
        d.decision_id, d.frozen, d.reasons INTO r
      FROM override_request w JOIN decision d ON d.decision_id = w.decision_id AND d.as_of = w.as_of
      WHERE w.request_id = q.request_id AND w.status = 'approved' FOR UPDATE OF w;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'request % cannot be applied: it is not approved any more, or its decision was retired', q.request_id;
      END IF;
      -- The latest in force, and whether one since then moved the limit: one as of an older day than those before it did not. A
      -- freeze that the person who decided knew of, since it was referred with it, holds nothing up.
      SELECT w.as_of, w.action, w.frozen AND NOT (r.frozen AND w.action = 'REFER' AND w.reasons <@ r.reasons) AS freezes,
        bool_or(w.new_limit <> w.old_limit AND w.as_of = w.latest
          AND (w.as_of, w.decided_at, w.decision_id) > (r.as_of, r.decided_at, r.decision_id)) OVER () AS moved INTO l
      FROM (SELECT d.*, max(d.as_of) OVER (ORDER BY d.decided_at, d.decision_id) AS latest
        FROM decision d LEFT JOIN run t ON t.run_id = d.run_id
        WHERE d.borrower_id = r.borrower_id AND d.account_id = r.account_id AND d.as_of >= r.as_of
          AND coalesce(t.move_limits, true)) w
      ORDER BY w.as_of DESC, w.decided_at DESC, w.decision_id DESC LIMIT 1;
      CONTINUE WHEN l.as_of > apply_overrides.as_of;
      SELECT t.credit_limit::numeric AS credit_limit, t.status INTO a FROM account t WHERE t.account_id = r.account_id;
      IF a.status IS DISTINCT FROM 'open' OR a.credit_limit IS DISTINCT FROM r.referred_limit OR l.moved OR l.freezes THEN
        RAISE EXCEPTION 'account % is not as it was referred: %', r.account_id,
          CASE WHEN a.status IS DISTINCT FROM 'open' THEN 'it is not open' WHEN l.freezes THEN 'it was frozen since'
            WHEN l.moved THEN 'its limit was moved since' ELSE format('its limit was %s', r.referred_limit) END;
      END IF;
      UPDATE account t SET credit_limit = r.new_limit, frozen = t.frozen AND l.action <> 'REFER',
        last_limit_change = CASE WHEN r.new_limit <> t.credit_limit THEN apply_overrides.as_of ELSE t.last_limit_change END
      WHERE t.account_id = r.account_id RETURNING t.frozen INTO still_frozen;
      lane := credit_limit_internal.take_lane();
      OPEN rows FOR SELECT e.*, p AS inputs, NULL::bytea AS policy_digest, NULL::bytea AS scorecard_digest
        FROM decision d JOIN override_request w ON w.decision_id = d.decision_id AND w.as_of = d.as_of,
          LATERAL (SELECT w.decision_id, w.proposed_by, w.decided_by AS approved_by, w.reason, w.note) p,
          jsonb_populate_record(NULL::credit_limit_internal.log_entry, to_jsonb(d) || jsonb_build_object(
            'run_id', NULL, 'source', 'override', 'as_of', apply_overrides.as_of, 'decided_at', clock_timestamp(),
            'policy_id', NULL, 'scorecard_id', NULL, 'action', CASE sign(r.new_limit - a.credit_limit) WHEN 1 THEN 'INCREASE'
              WHEN -1 THEN 'DECREASE' ELSE 'KEEP' END, 'old_limit', a.credit_limit, 'new_limit', r.new_limit,
            'available', credit_limit.available_to_draw(book, r.account_id, apply_overrides.as_of), 'binding', 'override',
            'reasons', ARRAY[r.reason], 'frozen', still_frozen)) e
        WHERE w.request_id = q.request_id;
      written := credit_limit_internal.write_decisions(lane, rows);
      UPDATE override_request w SET status = 'applied', override_id = 64 * (written.ends).place + (written.ends).lane
      WHERE w.request_id = q.request_id;
      applied := applied + 1;
    EXCEPTION
      WHEN transaction_rollback OR insufficient_resources OR operator_intervention OR system_error OR insufficient_privilege THEN
        RAISE;
      WHEN OTHERS THEN
        wrong := SQLERRM;
        -- Unless another session has applied it meanwhile.
        UPDATE override_request w SET status = 'refused', message = wrong
        WHERE w.request_id = q.request_id AND w.status = 'approved';
        GET DIAGNOSTICS n = ROW_COUNT;
        refused := refused + n;
    END;
  END LOOP;
END
$$;

-- Cases: the accounts with alerts that people look at. One account has one open case, which the alerts of all rules on it feed.
-- The list is as long as people can work, and is ranked by the loss that working a case avoids.

-- how many working days, Monday to Friday, a month has up to a day
CREATE FUNCTION credit_limit_internal.working_days(day date) RETURNS int
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (SELECT count(*) FROM generate_series(date_trunc('month', day::timestamp), day::timestamp, interval '1 day') d
  WHERE extract(isodow FROM d) < 6);

-- in an open book: how many cases may be opened on a day: the share of its month's working days since the last day on which
-- alerts were looked for, less what was opened on it before
CREATE FUNCTION credit_limit_internal.case_quota(day date) RETURNS bigint
LANGUAGE sql STABLE
AS $$
  -- Rounded as a sum over the month, so that a month gets its number. A night that was missed is made up for.
  SELECT greatest(0, s.cases_a_month::bigint * credit_limit_internal.working_days(case_quota.day) / m.days
    - s.cases_a_month::bigint * coalesce(credit_limit_internal.working_days(l.latest), 0) / m.days
    - (SELECT count(*) FROM alert_case c WHERE c.opened_on = case_quota.day AND NOT c.held_out))
  FROM alert_setting s, (SELECT date_trunc('month', case_quota.day::timestamp) AS month) b,
    LATERAL (SELECT credit_limit_internal.working_days((b.month + interval '1 month' - interval '1 day')::date) AS days) m,
    LATERAL (SELECT max(r.as_of) AS latest FROM run r WHERE r.job = 'alerts' AND r.status = 'done' AND r.as_of >= b.month
      AND r.as_of < case_quota.day) l
$$;

-- in an open book: whether an account is bad on a day, or was 30 days past due in its latest month on file, of the last 24: one
-- that is missing says nothing
CREATE FUNCTION credit_limit_internal.is_late(account bigint, day date) RETURNS boolean
LANGUAGE sql STABLE
AS $$
  SELECT coalesce(m.days_past_due >= least(30, p.bad_days), false) OR EXISTS (SELECT FROM exclusion e
    WHERE e.borrower_id = a.borrower_id AND e.kind = 'bankrupt' AND e.valid_from <= is_late.day
      AND (e.valid_to >= is_late.day OR e.valid_to IS NULL))
  FROM account a
  LEFT JOIN LATERAL (SELECT h.days_past_due FROM account_month h WHERE h.account_id = a.account_id
      AND h.month > (is_late.day - interval '24 months')::date AND h.month <= is_late.day
    ORDER BY h.month DESC LIMIT 1) m ON true
  LEFT JOIN report_assumption own ON own.product = a.product
  JOIN report_assumption p ON p.product = coalesce(own.product, '')
  WHERE a.account_id = is_late.account
$$;

-- in an open book: part of a run of alerts: wakes cases that were snoozed, gives them new alerts, closes those that nobody looked
-- at and whose alerts are closed, computes anew what the open ones are worth, and opens those that avoid most loss; waiting:
-- accounts with alerts that got none
CREATE FUNCTION credit_limit_internal.open_cases(day date, OUT opened bigint, OUT lapsed bigint, OUT waiting bigint)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
  quota CONSTANT bigint := credit_limit_internal.case_quota(open_cases.day);
  -- The latest day on which a run decided; real time may have since.
  since CONSTANT date := coalesce((SELECT max(r.as_of) FROM run r WHERE r.move_limits AND r.as_of > open_cases.day - 92
    AND r.as_of <= open_cases.day), open_cases.day - 92);
BEGIN
  -- A graver alert wakes a case before its day.
  UPDATE alert_case c SET status = CASE WHEN c.status = 'snoozed' AND (n.rises OR c.snoozed_until <= open_cases.day) THEN 'open'
      ELSE c.status END,
    snoozed_until = CASE WHEN NOT (n.rises OR c.snoozed_until <= open_cases.day) THEN c.snoozed_until END,
    severity = CASE WHEN n.rises THEN 'act' ELSE c.severity END
  FROM (SELECT c.case_id, c.severity = 'watch' AND EXISTS (SELECT FROM alert x WHERE x.account_id = c.account_id
      AND x.closed_on IS NULL AND x.severity = 'act' AND coalesce(x.case_id, c.case_id) = c.case_id) AS rises
    FROM alert_case c WHERE c.status <> 'closed') n
  WHERE c.case_id = n.case_id AND (n.rises OR c.snoozed_until <= open_cases.day);
  UPDATE alert x SET case_id = c.case_id FROM alert_case c
  WHERE x.case_id IS NULL AND x.closed_on IS NULL AND c.account_id = x.account_id AND c.status <> 'closed';
  UPDATE alert_case c SET status = 'closed', closed_on = greatest(open_cases.day, c.opened_on), outcome = 'lapsed'
  WHERE c.status = 'open' AND NOT EXISTS (SELECT FROM alert_case_act k WHERE k.case_id = c.case_id)
    AND NOT EXISTS (SELECT FROM alert x WHERE x.case_id = c.case_id AND x.closed_on IS NULL);
  GET DIAGNOSTICS lapsed = ROW_COUNT;

  -- An alert that fed a case before opens no other: when the case is closed, somebody has decided on it.
  WITH fresh AS MATERIALIZED (
      SELECT n.* FROM (SELECT x.account_id, min(x.severity) AS severity FROM alert x	-- act comes before watch
        WHERE x.closed_on IS NULL AND x.case_id IS NULL AND x.account_id IS NOT NULL GROUP BY x.account_id) n
      WHERE (SELECT s.late_cases FROM alert_setting s) OR NOT credit_limit_internal.is_late(n.account_id, open_cases.day)),
    known AS (
      SELECT f.account_id, f.severity, f.case_id, a.borrower_id, coalesce(d.pd, b.external_pd) AS pd, p.lgd,
        a.credit_limit::numeric AS credit_limit, greatest(a.balance, 0)::numeric + a.pending::numeric AS drawn,
        CASE WHEN a.frozen THEN 0 ELSE p.ccf END AS ccf, p.exchange_rate,
        avg(coalesce(d.pd, b.external_pd)::numeric) OVER () AS mean_pd
      FROM (SELECT n.account_id, n.severity, NULL::bigint AS case_id FROM fresh n
        UNION ALL SELECT c.account_id, c.severity, c.case_id FROM alert_case c WHERE c.status <> 'closed') f
      JOIN account a ON a.account_id = f.account_id AND a.status = 'open'
      JOIN borrower b ON b.borrower_id = a.borrower_id
      -- By its key for each account: alerts of this transaction have no statistics yet, and a plan of the whole may be quadratic.
      LEFT JOIN LATERAL (SELECT w.pd FROM decision w
        WHERE w.borrower_id = a.borrower_id AND w.account_id = a.account_id AND w.pd IS NOT NULL AND w.as_of >= since
          AND w.as_of <= open_cases.day ORDER BY w.as_of DESC, w.decided_at DESC, w.decision_id DESC LIMIT 1) d ON true
      LEFT JOIN report_assumption own ON own.product = a.product
      JOIN report_assumption p ON p.product = coalesce(own.product, '')),
    worth AS MATERIALIZED (
      SELECT k.*, e.whole AS expected_loss, e.whole - e.drawn + round(s.saved_of_drawn::numeric * e.drawn, 2) AS loss_avoided,
        credit_limit.assign_arm('alert_case', k.account_id::text, '{held_out,worked}', ARRAY[s.held_out, 1 - s.held_out])
          = 'held_out' AS held_out
      FROM known k, alert_setting s, LATERAL (SELECT coalesce(k.pd, k.mean_pd::float8, 1) AS pd) q,
        LATERAL (SELECT credit_limit.expected_loss(q.pd, k.lgd, k.ccf, k.drawn, k.credit_limit) AS whole,
          credit_limit.expected_loss(q.pd, k.lgd, 0, k.drawn, 0) AS drawn) e),
    ranked AS (
      SELECT w.*, row_number() OVER o AS place, count(*) FILTER (WHERE NOT w.held_out) OVER (o ROWS BETWEEN UNBOUNDED PRECEDING
        AND 1 PRECEDING) AS before
      FROM worth w WHERE w.loss_avoided > 0 AND w.case_id IS NULL
      -- Where no PD is known the loss is that of a default, so the graver alerts go before the larger amounts.
      WINDOW o AS (ORDER BY w.mean_pd IS NULL AND w.severity = 'watch', w.loss_avoided * w.exchange_rate DESC, w.account_id)),
    again AS (
      UPDATE alert_case c SET pd = w.pd, expected_loss = w.expected_loss, loss_avoided = w.loss_avoided FROM worth w
      WHERE c.case_id = w.case_id
        AND (c.pd, c.expected_loss, c.loss_avoided) IS DISTINCT FROM (w.pd, w.expected_loss, w.loss_avoided)),
    made AS (
      INSERT INTO alert_case AS c (account_id, borrower_id, opened_on, severity, pd, expected_loss, loss_avoided, place, held_out)
      SELECT r.account_id, r.borrower_id, open_cases.day, r.severity, r.pd, r.expected_loss, r.loss_avoided, r.place, r.held_out
      FROM ranked r WHERE r.before < quota ORDER BY r.place
      RETURNING c.case_id, c.account_id, c.held_out),
    fed AS (
      UPDATE alert x SET case_id = m.case_id FROM made m
      WHERE x.account_id = m.account_id AND x.closed_on IS NULL AND x.case_id IS NULL)
  SELECT count(*) FILTER (WHERE NOT m.held_out), (SELECT count(*) FROM fresh) - count(*) INTO opened, waiting FROM made m;
END
$$;

-- trigger of alert_case_act: what is added is of a case that is shown and open (a note: also of a closed one), and says who added
-- it; nothing else changes but the notes of a borrower who is erased
CREATE FUNCTION credit_limit_internal.keep_case_act() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  c record;
  today date;
  wrong text;
BEGIN
  PERFORM credit_limit_internal.open_book(TG_TABLE_SCHEMA::text);
  IF TG_OP = 'INSERT' THEN
    SELECT w.borrower_id, w.status, w.held_out, w.opened_on, b.erased_on INTO c
    FROM alert_case w LEFT JOIN borrower b ON b.borrower_id = w.borrower_id WHERE w.case_id = NEW.case_id;
    SELECT d.business_date INTO today FROM business_day d;
    wrong := CASE WHEN c.held_out IS NULL THEN 'There is no such case.'
      WHEN c.held_out THEN 'It is held out: nobody works it, so that the effect of working cases can be told.'
      WHEN c.erased_on IS NOT NULL THEN format('Its borrower was erased on %s.', c.erased_on)
      WHEN c.status = 'closed' AND NEW.act <> 'note' THEN 'It is closed.'
      WHEN (NEW.act IN ('acknowledge', 'snooze', 'close', 'note')) IS NOT true THEN format('There is no act "%s".', NEW.act)
      WHEN NEW.act = 'note' AND coalesce(NEW.note, '') = '' THEN 'The note is empty.'
      WHEN (NEW.act = 'close') <> coalesce(NEW.outcome IN ('confirmed', 'unfounded', 'unclear'), NEW.outcome IS NOT NULL)
        THEN format('The outcome of "%s" would be %s.', NEW.act, coalesce('"' || NEW.outcome || '"', 'NULL'))
      WHEN (NEW.act = 'snooze') <> (NEW.until IS NOT NULL) OR NEW.until <= coalesce(today, c.opened_on)
        THEN format('The day of "%s" would be %s; ', NEW.act, coalesce(NEW.until::text, 'NULL')) || CASE
          WHEN NEW.act <> 'snooze' THEN 'only snooze has one.'
          WHEN today IS NULL THEN format('it must be after %s, on which the case was opened.', c.opened_on)
          ELSE format('it must be after %s, the business date.', today) END END;
    IF wrong IS NOT NULL THEN
      RAISE EXCEPTION USING ERRCODE = 'check_violation', DETAIL = wrong,
        MESSAGE = format('case %s cannot be worked so', coalesce(NEW.case_id::text, 'NULL')),
        HINT = CASE WHEN c.held_out IS NOT false OR c.erased_on IS NOT NULL THEN 'report_cases lists the cases to be worked.'
          WHEN c.status = 'closed' AND NEW.act <> 'note' THEN 'A closed case takes notes only.'
          WHEN NEW.act = 'snooze' THEN 'Snooze it until a later day.'
          ELSE 'Acts are acknowledge, snooze until a later day, close with outcome confirmed, unfounded or unclear, and note.'
          END;
    END IF;
    NEW.borrower_id := c.borrower_id;
    NEW.done_by := current_user;
    NEW.done_login := session_user;
    NEW.done_at := clock_timestamp();
    RETURN NEW;
  ELSIF TG_OP = 'UPDATE' AND NEW.note IS NULL AND to_jsonb(NEW) - 'note' = to_jsonb(OLD) - 'note'
    AND EXISTS (SELECT FROM erasure e WHERE e.borrower_id = OLD.borrower_id) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'acts on a case cannot be changed',
    DETAIL = format('%s of "%s.%s" by "%s".', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME, current_user),
    HINT = 'Add another act: credit_limit.work_case().';
END
$$;

-- part of the trigger work_case of a book: gives a case the status that follows from an act
CREATE FUNCTION credit_limit_internal.apply_case_act(book text, act_id bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  UPDATE alert_case c SET snoozed_until = k.until, outcome = k.outcome,
    status = CASE k.act WHEN 'acknowledge' THEN 'acknowledged' WHEN 'snooze' THEN 'snoozed' ELSE 'closed' END,
    closed_on = CASE WHEN k.act = 'close' THEN greatest(c.opened_on, d.business_date) END
  FROM alert_case_act k, business_day d
  WHERE k.act_id = apply_case_act.act_id AND c.case_id = k.case_id AND k.act <> 'note' AND c.status <> 'closed';
  IF NOT FOUND AND EXISTS (SELECT FROM alert_case_act k WHERE k.act_id = apply_case_act.act_id AND k.act <> 'note') THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = 'the case was closed meanwhile',
      DETAIL = 'Somebody else has worked it at the same time.', HINT = 'A closed case takes notes only.';
  END IF;
END
$$;

-- says what was done with a case, for who may: acknowledge (somebody works on it), snooze (until a day, or until a graver alert
-- comes), close (with an outcome: confirmed, unfounded or unclear) or note; a note may go with each. Returns the number of the
-- act. Role and login are kept with it. Errors: no such case, one that is held out or closed, a day that is not after the
-- business date, an act or outcome that there is not, close without outcome, snooze without a day (23514), no day (22023), a role
-- that is no reviewer (42501)
CREATE FUNCTION credit_limit.work_case(book text, case_id bigint, act text, note text DEFAULT NULL, outcome text DEFAULT NULL,
    until date DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  id bigint;
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  IF NOT has_column_privilege('alert_case_act', 'act', 'INSERT') THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format('role "%s" may not work cases', current_user),
      DETAIL = format('Case %s of book "%s".', work_case.case_id, book),
      HINT = format('A reviewer does it. The owner of the book makes one: SELECT credit_limit.grant_book(%L, reviewer => ...).',
        book);
  END IF;
  IF work_case.until IS NOT NULL THEN
    PERFORM credit_limit_internal.need_day('a case', work_case.until);
  END IF;
  INSERT INTO alert_case_act AS k (case_id, act, note, outcome, until)
  VALUES (work_case.case_id, work_case.act, work_case.note, work_case.outcome, work_case.until) RETURNING k.act_id INTO id;
  RETURN id;
END
$$;

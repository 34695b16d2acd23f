-- Decisions of a book in sets: one query scores and decides for runs, events, previews and simulations.

-- part of create_book: makes the functions decision_input and decision_input_at of a book, unless they are there
CREATE FUNCTION credit_limit.create_book_input(book text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $create$
  -- decision_input: the one place that says what is known of an account on a day. It belongs to the book, not to the extension: a
  -- lender replaces it. decision_input_at says the same of a past day, from the log and the months on file, so that a policy can
  -- be tried on the past.
DECLARE
  f record;
  r record;
  definition text;
  mixture CONSTANT text := CASE WHEN credit_limit_internal.has_column(book, 'account_feature', 'demand_mixture')
    THEN '@f@.demand_mixture' ELSE 'NULL::credit_limit.demand' END;
BEGIN
  FOR f IN SELECT v.* FROM (VALUES
      ('decision_input', $$date_trunc('month', @day@::timestamp)$$, '@book@.account', 'b.segment',
        '@book@.account_feature f ON f.account_id = a.account_id',
        -- A table of the lender need not have all of them.
        replace(mixture, '@f@', 'f') || ', ' || (SELECT string_agg(CASE
            WHEN credit_limit_internal.has_column(book, 'account_feature', t.item[1]) THEN 'f.' || t.item[1]
            ELSE 'NULL::' || t.item[2] END, ', ' ORDER BY t.n)
          FROM regexp_matches(credit_limit_internal.feature_columns('%1$I %2$s'), '"?([a-z0-9_]+)"? ([^,]+)', 'g')
            WITH ORDINALITY t(item, n)),
        'of every open account as of a day'),
      -- The last month that was over on the day.
      ('decision_input_at', $$(date_trunc('month', (@day@ + 1)::timestamp) - interval '1 month')$$, $$
        -- The limit was what the next decision found; where the log does not reach back to the day, the month on file says it.
        -- What is closed now was open if the month or a later decision knows it.
        (SELECT c.account_id, c.borrower_id, c.product, c.currency, c.umbrella_id, c.opened_on, 'open' AS status,
          CASE WHEN e.known THEN coalesce(e.old_limit, c.credit_limit)
            ELSE coalesce(n.credit_limit, e.old_limit, c.credit_limit) END AS credit_limit,
          n.balance, n.segment, 0 AS pending, greatest(e.changed_on, CASE WHEN c.last_limit_change < @day@
            THEN c.last_limit_change END) AS last_limit_change
        FROM @book@.account c
        LEFT JOIN LATERAL (SELECT n.month, n.credit_limit, n.balance, @month_segment@ AS segment
          FROM @book@.account_month n
          WHERE n.account_id = c.account_id AND n.month IN (@month@::date, (@month@ - interval '1 month')::date)
          ORDER BY n.month DESC LIMIT 1) n ON true
        CROSS JOIN LATERAL (SELECT min(d.as_of) <= @day@ AS known,
            (array_agg(d.old_limit ORDER BY d.as_of, d.decided_at, d.decision_id)
              FILTER (WHERE d.as_of >= @day@))[1] AS old_limit,
            max(d.as_of) FILTER (WHERE d.as_of < @day@ AND d.new_limit <> d.old_limit
              AND r.move_limits IS NOT false) AS changed_on
          FROM @book@.decision d LEFT JOIN @book@.run r ON r.run_id = d.run_id
          WHERE d.borrower_id = c.borrower_id AND d.account_id = c.account_id) e
        WHERE c.opened_on <= @day@
          AND (c.status = 'open' OR n.month = @month@::date OR e.old_limit IS NOT NULL))$$, 'coalesce(a.segment, b.segment)', $$
        LATERAL (SELECT v.*, w.demand_q90, w.demand_mean, $$ || replace(mixture, '@f@', 'w') || $$ AS demand_mixture
        FROM (SELECT credit_limit.behavior_agg(h.month, h.credit_limit::numeric, h.balance::numeric, h.payment::numeric,
            h.due::numeric, h.days_past_due::int) AS history, max(h.month) AS latest
          FROM @book@.account_month h WHERE h.account_id = a.account_id AND h.month <= @month@::date) h
        CROSS JOIN LATERAL credit_limit.behavior_features(h.history,
          greatest(h.latest, (@month@ - interval '1 month')::date)) v
        LEFT JOIN @book@.account_feature w ON w.account_id = a.account_id AND w.computed_on <= @day@) f
        ON true$$, 'f.demand_mixture, ' || credit_limit_internal.feature_columns('f.%1$I'),
        'of every account that was open on a past day, by what was known on it but for the income, obligations and external ''
        ''scores of the borrower, which are those of now'))
        v(name, month, account, segment, feature, features, purpose)
      WHERE NOT EXISTS (SELECT FROM pg_proc p WHERE p.pronamespace = to_regnamespace(quote_ident(book)) AND p.proname = v.name)
  LOOP
    definition := $$
      CREATE FUNCTION @book@.@name@(as_of date)
      RETURNS TABLE (account_id bigint, borrower_id bigint, product text, currency text, segment text, months_on_book int,
        credit_limit numeric, balance numeric, pending numeric, last_limit_change date, utilization float8,
        income numeric, obligations numeric, external_score float8, external_pd float8,
        days_past_due int, last_payment numeric, last_due numeric,
        demand_q90 numeric, demand_mean numeric, demand_mixture credit_limit.demand, @feature_types@,
        excluded boolean, excluded_freeze boolean, excluded_refer boolean,
        umbrella_limit numeric, umbrella_drawn numeric, umbrella_granted numeric, umbrella_place int, case_severity text)
      LANGUAGE sql STABLE
      BEGIN ATOMIC
        SELECT a.account_id, a.borrower_id, a.product, a.currency, @segment@,
          credit_limit.months_on_book(a.opened_on, @day@),
          a.credit_limit, a.balance, a.pending, a.last_limit_change, credit_limit.utilization(a.balance, a.credit_limit),
          b.income, b.obligations, b.external_score, b.external_pd,
          -- The month of the day or the one before; older is not known. An account without a line is not late.
          CASE WHEN m.account_id IS NOT NULL THEN m.days_past_due WHEN l.account_id IS NOT NULL THEN l.days_past_due
            WHEN a.credit_limit = 0 THEN 0 END,
          CASE WHEN m.account_id IS NOT NULL THEN m.payment ELSE l.payment END,
          CASE WHEN m.account_id IS NOT NULL THEN m.due ELSE l.due END,
          f.demand_q90, f.demand_mean, @features@,
          x.kinds > 0, x.kinds & 2 > 0, x.kinds & 4 > 0,
          CASE WHEN u.valid_from <= @day@ AND (u.valid_to >= @day@ OR u.valid_to IS NULL) THEN u.credit_limit
            WHEN u.umbrella_id IS NOT NULL THEN 0 END,
          o.drawn, o.granted, CASE u.kind WHEN 'partitioned' THEN o.place ELSE 0 END::int, coalesce(k.severity, 'none')
        FROM @account@ a
        JOIN @book@.borrower b ON b.borrower_id = a.borrower_id
        LEFT JOIN @book@.umbrella u ON u.umbrella_id = a.umbrella_id
        LEFT JOIN @book@.account_month m ON m.account_id = a.account_id AND m.month = @month@::date
        -- Read only where the other is missing: OFFSET 0 keeps the condition in front of the look-up.
        LEFT JOIN LATERAL (SELECT n.account_id, n.days_past_due, n.payment, n.due FROM @book@.account_month n
          WHERE m.account_id IS NULL AND n.account_id = a.account_id
            AND n.month = (@month@ - interval '1 month')::date OFFSET 0) l ON true
        -- 1: an exclusion, 2: one that freezes, 4: one that refers.
        CROSS JOIN LATERAL (SELECT coalesce(bit_or(CASE e.action WHEN 'FREEZE' THEN 3 WHEN 'REFER' THEN 5 ELSE 1 END), 0)
          AS kinds FROM @book@.exclusion e
          WHERE e.borrower_id = a.borrower_id AND e.valid_from <= @day@ AND (e.valid_to >= @day@ OR e.valid_to IS NULL)) x
        -- The borrower's other lines under the same umbrella, and how many of them are decided before this one.
        LEFT JOIN LATERAL (SELECT q.drawn, q.granted, q.place FROM (SELECT
              coalesce(sum(greatest(p.balance, 0) + p.pending + coalesce((SELECT sum(j.amount) FROM @book@.limit_adjustment j
                WHERE j.account_id = p.account_id AND j.kind = 'blocked' AND @day@ BETWEEN j.valid_from AND j.valid_to), 0)), 0)
                AS drawn,
              coalesce(sum(p.credit_limit), 0) AS granted,
              count(*) FILTER (WHERE p.account_id < a.account_id) AS place
            FROM @account@ p WHERE p.umbrella_id = a.umbrella_id AND p.account_id <> a.account_id AND p.status = 'open'
            OFFSET 0) q
          WHERE a.umbrella_id IS NOT NULL OFFSET 0) o ON true
        -- No two cases of an account are open on a day.
        LEFT JOIN @book@.alert_case k ON k.account_id = a.account_id AND NOT k.held_out AND k.opened_on <= @day@
          AND (k.closed_on > @day@ OR k.closed_on IS NULL)
        -- Last: its many columns then go through one join.
        LEFT JOIN @feature@
        WHERE a.status = 'open' AND a.opened_on <= @day@;
      END;
      REVOKE ALL ON FUNCTION @book@.@name@(date) FROM PUBLIC;
      COMMENT ON FUNCTION @book@.@name@(date) IS
        'what scorecards and policies see @purpose@. Replace it to add features: a card or a policy may '
        'read any column of it. Needed are account_id, borrower_id, product, credit_limit, balance, pending, external_score, '
        'external_pd, umbrella_limit, umbrella_drawn and umbrella_place; version_no, held_out, score, pd and '
        'allocation_id are added to it'
    $$;
    FOR r IN SELECT * FROM (VALUES ('account', f.account), ('feature', f.feature), ('features', f.features),
        ('feature_types', credit_limit_internal.feature_columns('%1$I %2$s')), ('segment', f.segment),
        ('month_segment', CASE WHEN credit_limit_internal.has_column(book, 'account_month', 'segment') THEN 'n.segment'
          ELSE 'NULL::text' END), ('month', f.month),
        ('day', f.name || '.as_of'), ('name', f.name), ('purpose', f.purpose), ('book', quote_ident(book))) v(mark, text) LOOP
      definition := replace(definition, '@' || r.mark || '@', r.text);
    END LOOP;
    EXECUTE definition;	-- DDL
  END LOOP;
END
$create$;

-- a row of decision_input with five more columns: what a policy sees, and what is kept as evidence
CREATE FUNCTION credit_limit_internal.scored_row(inputs record, version_no int, held_out boolean, score float8, pd float8,
    allocation_id int) RETURNS record
    AS 'MODULE_PATHNAME', 'cl_scored_row' LANGUAGE C IMMUTABLE PARALLEL SAFE;

-- in an open book: decisions on open accounts as of a day, by the versions valid on it or those of a run (0: those of real time),
-- of everybody or of some borrowers. decision is NULL where a version is missing; frozen: nothing may be drawn
CREATE FUNCTION credit_limit_internal.decided(by_day boolean, run bigint, as_of date, everybody boolean,
    borrowers bigint[], turn int, most int)
RETURNS TABLE (account_id bigint, borrower_id bigint, product text, experiment text, arm text, arm_probability float8,
    policy_id int, scorecard_id int, policy_digest bytea, scorecard_digest bytea, score float8, pd float8, balance numeric,
    inputs record, decision credit_limit.limit_decision, frozen boolean, kept text[])
LANGUAGE sql STABLE ROWS 10000
AS $$
  -- score() and decide_limit() are called once for an account: OFFSET 0 keeps the planner from copying them to where their
  -- results are used. by_day and everybody are literals where this is called, so that what they exclude goes when the query is
  -- planned, also in a plan for all parameters. turn, most: the place among the lines of a partitioned umbrella that has its
  -- turn, and the last one.
  WITH version AS MATERIALIZED (SELECT v.*, CASE WHEN v.allocation_id IS NOT NULL
      THEN credit_limit_internal.allocation_terms(v.allocation_id) END AS terms
    FROM credit_limit_internal.versions(decided.by_day, decided.run, decided.as_of) v)
  SELECT t.account_id, t.borrower_id, t.product, t.experiment, t.arm, t.arm_probability, t.policy_id, t.scorecard_id,
    t.policy_digest, t.scorecard_digest, t.score, t.pd, t.balance, t.inputs, t.d,
    (t.d).action = 'FREEZE' OR ((t.d).action = 'REFER' AND (t.d).available IS NOT DISTINCT FROM 0 AND coalesce(
      credit_limit.available_credit((t.d).new_limit, t.balance, t.pending, t.umbrella_limit, t.umbrella_drawn) > 0, false)),
    t.kept
  FROM (SELECT i.account_id, i.borrower_id, i.product, w.experiment, w.arm, w.arm_probability, w.policy_id, w.scorecard_id,
      w.policy_digest, w.scorecard_digest, r.score, r.pd, i.balance, i.pending, i.umbrella_limit, i.umbrella_drawn, r.inputs,
      w.kept,
      CASE WHEN w.missing THEN NULL
        WHEN w.allocation_id IS NULL THEN credit_limit.decide_limit(w.policy, r.inputs, decided.as_of)
        ELSE credit_limit_internal.decide_allocated(w.policy, r.inputs, decided.as_of, i.account_id, w.terms) END AS d
    FROM (SELECT (i.*)::record AS inputs, i.account_id, i.borrower_id, i.product, i.external_score, i.external_pd, i.balance,
        i.pending, i.umbrella_limit, i.umbrella_drawn
      FROM decision_input(decided.as_of) i
      WHERE (decided.everybody OR i.borrower_id = ANY (decided.borrowers))
        AND (decided.turn IS NULL OR greatest(least(coalesce(i.umbrella_place, 0), decided.most), 0) = decided.turn)
      OFFSET 0) i
    JOIN version w ON w.product = i.product
      AND (w.arm IS NULL OR w.arm = credit_limit.assign_arm(w.experiment, coalesce(CASE w.unit WHEN 'umbrella' THEN
        (SELECT 'umbrella ' || a.umbrella_id FROM account a WHERE a.account_id = i.account_id) END, i.borrower_id::text),
        w.arms, w.shares))
    CROSS JOIN LATERAL (SELECT p.score, p.pd,
        credit_limit_internal.scored_row(i.inputs, w.version_no, w.held_out, p.score, p.pd, w.allocation_id) AS inputs
      FROM (SELECT o.score,
          CASE WHEN w.scorecard_id IS NULL THEN i.external_pd ELSE credit_limit.score_pd(w.card, o.score) END AS pd
        FROM (SELECT CASE WHEN w.scorecard_id IS NULL THEN i.external_score ELSE credit_limit.score(w.card, i.inputs) END
          AS score OFFSET 0) o
        OFFSET 0) p
      OFFSET 0) r
    OFFSET 0) t
$$;

-- Columns of the two inputs may differ where a lender has replaced one, so they are not one query.
DO $$
BEGIN
  EXECUTE replace(replace(pg_get_functiondef('credit_limit_internal.decided'::regproc), 'decided', 'decided_at'),
    'FROM decision_input(', 'FROM decision_input_at(');	-- DDL
END
$$;
COMMENT ON FUNCTION credit_limit_internal.decided_at(boolean, bigint, date, boolean, bigint[], int, int) IS
    'in an open book: decided() by what was known on the day, decision_input_at()';

-- in an open book: the columns of decision_input that the versions of a run read, or (run NULL) those of a day
CREATE FUNCTION credit_limit_internal.inputs_read(run bigint, as_of date) RETURNS text[]
LANGUAGE sql STABLE
AS $$
  -- Inputs are personal: what nobody read is not kept. By the first columns an entry is found and replayed whatever else decides;
  -- a decision_input that computes capital says by which parameter_set.
  WITH version AS (SELECT v.policy_id, v.scorecard_id, v.allocation_id FROM run_version v WHERE v.run_id = inputs_read.run
    UNION ALL SELECT v.policy_id, v.scorecard_id, v.allocation_id FROM credit_limit_internal.versions_on(inputs_read.as_of) v
      WHERE inputs_read.run IS NULL)
  SELECT array_agg(DISTINCT c.name) FROM (
    SELECT unnest('{account_id,borrower_id,product,version_no,score,pd,external_score,external_pd,parameter_set}'::text[])
    UNION ALL SELECT 'allocation_id' FROM version v WHERE v.allocation_id IS NOT NULL
    UNION ALL SELECT unnest(ARRAY[t.budget, 'draw_' || t.budget])
      FROM allocation_version v, credit_limit.certificate_table(v.document) t
      WHERE v.allocation_id IN (SELECT allocation_id FROM version)
        AND t.budget NOT IN ('exposure', 'undrawn', 'expected_loss', 'capital')
    UNION ALL SELECT unnest(credit_limit.columns_read(p.document)) FROM policy_version p
      WHERE p.policy_id IN (SELECT policy_id FROM version)
    UNION ALL SELECT unnest(credit_limit.columns_read(c.document)) FROM scorecard_version c
      WHERE c.scorecard_id IN (SELECT scorecard_id FROM version)) c(name)
$$;

-- in an open book: writes the layout of what a run keeps of its inputs to evidence_layout, without reading a row
CREATE FUNCTION credit_limit_internal.know_layout(run bigint) RETURNS void
LANGUAGE plpgsql
AS $$
  -- Whoever writes a layout first makes others wait until he commits: so it is written before decisions are made.
BEGIN
  INSERT INTO evidence_layout (layout, columns)
  SELECT credit_limit_internal.layout_number(l.layout), l.layout
  FROM (SELECT credit_limit_internal.row_layout(s.*, r.inputs) AS layout FROM run r,
    LATERAL (SELECT i.*, 0 AS version_no, false AS held_out, 0::float8 AS score, 0::float8 AS pd, 0 AS allocation_id
      FROM (SELECT) one LEFT JOIN LATERAL (SELECT * FROM decision_input(r.as_of) LIMIT 0) i ON true) s
    WHERE r.run_id = know_layout.run AND r.as_of IS NOT NULL) l
  ON CONFLICT DO NOTHING;
END
$$;

-- in an open book: the open lines under the partitioned umbrellas of some borrowers, as text, and how many there are under one at
-- most, less one
CREATE FUNCTION credit_limit_internal.partitioned_lines(borrowers bigint[]) RETURNS TABLE (lines text, most int)
LANGUAGE sql STABLE ROWS 1
AS $$
  SELECT string_agg(p.lines, ';' ORDER BY p.umbrella_id), coalesce(max(p.n), 0)::int
  FROM (SELECT u.umbrella_id, count(*) - 1 AS n, string_agg(a.account_id::text, ',' ORDER BY a.account_id) AS lines
    FROM account a JOIN umbrella u ON u.umbrella_id = a.umbrella_id
    WHERE u.kind = 'partitioned' AND a.status = 'open' AND a.borrower_id = ANY (partitioned_lines.borrowers)
    GROUP BY u.umbrella_id) p
$$;

-- in an open book: moves the limits of accounts as decisions say, NULL leaving one as it is, and counts the accounts that changed
CREATE FUNCTION credit_limit_internal.move_limits(accounts bigint[], limits numeric[], frozen boolean[], as_of date)
RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
  moved bigint;
BEGIN
  UPDATE account a SET credit_limit = d.new_limit, frozen = d.frozen,
    last_limit_change = CASE WHEN d.new_limit IS DISTINCT FROM a.credit_limit THEN as_of ELSE a.last_limit_change END
  FROM unnest(move_limits.accounts, move_limits.limits, move_limits.frozen) d(account_id, new_limit, frozen)
  WHERE a.account_id = d.account_id AND d.new_limit IS NOT NULL
    AND (d.new_limit IS DISTINCT FROM a.credit_limit OR d.frozen IS DISTINCT FROM a.frozen);
  GET DIAGNOSTICS moved = ROW_COUNT;
  RETURN moved;
END
$$;

-- in an open book: the latest day as of which a decision on an account is in force, if it is later than a day; runs that move no
-- limits do not count
CREATE FUNCTION credit_limit_internal.decided_later(borrower bigint, account bigint, than date) RETURNS date
LANGUAGE plpgsql STABLE
AS $$
  -- What is decided as of an older day is written down, and moves nothing: what is in force as of a later one stays. Nearly
  -- always the lanes tell that there is no later one.
BEGIN
  IF than >= coalesce((SELECT max(l.latest) FROM log_lane l), '-infinity') THEN
    RETURN NULL;
  END IF;
  RETURN (SELECT max(d.as_of) FROM decision d LEFT JOIN run r ON r.run_id = d.run_id
    WHERE d.borrower_id = borrower AND d.account_id = account AND d.as_of > than AND coalesce(r.move_limits, true));
END
$$;

-- in an open book: the limits of accounts that were decided as of a day, NULL where a decision as of a later day is in force
CREATE FUNCTION credit_limit_internal.limits_to_move(accounts bigint[], limits numeric[], as_of date) RETURNS numeric[]
LANGUAGE sql STABLE
AS $$
  SELECT array_agg(CASE WHEN credit_limit_internal.decided_later(a.borrower_id, a.account_id, limits_to_move.as_of) IS NULL
    THEN n.new_limit END ORDER BY n.place)
  FROM unnest(limits_to_move.accounts, limits_to_move.limits) WITH ORDINALITY n(account_id, new_limit, place)
    LEFT JOIN account a ON a.account_id = n.account_id
$$;

-- in an open book: decides on all open accounts of borrowers that are locked, writes the decisions to the log, and moves the
-- limits if move says so, but for accounts on which a decision as of a later day is in force; returns how many decisions were
-- made and how many accounts changed
CREATE FUNCTION credit_limit_internal.decide(run bigint, as_of date, borrowers bigint[], source text, move boolean,
    OUT decisions bigint, OUT moves bigint)
LANGUAGE plpgsql
AS $$
  -- Lines of a partitioned umbrella are decided one after the other, so that each sees what the one before was granted.
DECLARE
  changed CONSTANT text := 'lines under an umbrella came or went while they were decided';
  lines text;
  most int := 0;
  lane credit_limit_internal.lane_end;
  decided_at timestamptz;
  rows refcursor;
  written record;
BEGIN
  decisions := 0;
  moves := 0;
  IF EXISTS (SELECT FROM account a WHERE a.borrower_id = ANY (borrowers) AND a.umbrella_id IS NOT NULL) THEN
    SELECT l.lines, l.most INTO lines, most FROM credit_limit_internal.partitioned_lines(borrowers) l;
  END IF;
  -- Every account has its turn, whatever place a decision_input of the lender gives.
  FOR turn IN 0 .. most LOOP
    -- The lane first: whoever has waited for one decides by what is committed then.
    lane := credit_limit_internal.take_lane();
    decided_at := clock_timestamp();
    IF run IS NULL THEN
      OPEN rows FOR SELECT t.*, decide.run AS run_id, decide.source AS source, decide.as_of AS as_of, decided_at AS decided_at
        FROM credit_limit_internal.decided(true, NULL, decide.as_of, false, decide.borrowers,
          CASE WHEN most > 0 THEN turn END, most) t
        ORDER BY t.account_id;
    ELSE
      OPEN rows FOR SELECT t.*, nullif(decide.run, 0) AS run_id, decide.source AS source, decide.as_of AS as_of,
          decided_at AS decided_at
        FROM credit_limit_internal.decided(false, decide.run, decide.as_of, false, decide.borrowers,
          CASE WHEN most > 0 THEN turn END, most) t
        ORDER BY t.account_id;
    END IF;
    written := credit_limit_internal.write_decisions(lane, rows);
    decisions := decisions + written.decisions;
    CONTINUE WHEN written.decisions = 0 OR NOT move;
    IF as_of < written.latest THEN
      written.limits := credit_limit_internal.limits_to_move(written.accounts, written.limits, as_of);
    END IF;
    IF lines IS NULL THEN
      moves := moves + credit_limit_internal.move_limits(written.accounts, written.limits, written.frozen, as_of);
    ELSE
      BEGIN
        moves := moves + credit_limit_internal.move_limits(written.accounts, written.limits, written.frozen, as_of);
      EXCEPTION WHEN check_violation THEN
        -- A line that came has taken what others were granted: not the fault of a row, and no reason to leave the borrower out.
        IF lines IS DISTINCT FROM (SELECT l.lines FROM credit_limit_internal.partitioned_lines(borrowers) l) THEN
          RAISE EXCEPTION USING ERRCODE = 'serialization_failure', MESSAGE = changed, DETAIL = SQLERRM || '.',
            HINT = 'Try again.';
        END IF;
        RAISE;
      END;
    END IF;
  END LOOP;
  -- A line that came or went between turns moved the places of the others.
  IF most > 0 THEN
    IF lines IS DISTINCT FROM (SELECT l.lines FROM credit_limit_internal.partitioned_lines(borrowers) l) THEN
      RAISE EXCEPTION USING ERRCODE = 'serialization_failure', MESSAGE = changed, HINT = 'Try again.';
    END IF;
  END IF;
END
$$;

-- what a run as of the day would decide now, account by account, without writing anything. Lines of a partitioned umbrella are
-- seen as they are, not as the run would leave the line before. Option history (false): by what was known on a past day,
-- decision_input_at() of the book, instead of limits and balances of now. Errors: options, no day (22023), a product without an
-- approved version (55000)
CREATE FUNCTION credit_limit.preview_decisions(book text, as_of date, options jsonb DEFAULT '{}')
RETURNS TABLE (account_id bigint, borrower_id bigint, product text, experiment text, arm text, policy_id int, scorecard_id int,
    score float8, pd float8, decision credit_limit.limit_decision)
LANGUAGE plpgsql STABLE ROWS 100000 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  f record;
BEGIN
  PERFORM credit_limit_internal.need_day('a preview', as_of);
  options := credit_limit_internal.check_options('preview_decisions', options, '{"history": "$ == true || $ == false"}',
    'Valid is history, true or false.');
  PERFORM credit_limit_internal.open_book_to_decide(book);
  PERFORM credit_limit_internal.need_every_row('a preview');
  PERFORM credit_limit_internal.check_versions(as_of);
  BEGIN
    IF coalesce((options ->> 'history')::boolean, false) THEN
      RETURN QUERY SELECT t.account_id, t.borrower_id, t.product, t.experiment, t.arm, t.policy_id, t.scorecard_id, t.score, t.pd,
          t.decision
        FROM credit_limit_internal.decided_at(true, NULL, preview_decisions.as_of, true, NULL, NULL, NULL) t;
    ELSE
      RETURN QUERY SELECT t.account_id, t.borrower_id, t.product, t.experiment, t.arm, t.policy_id, t.scorecard_id, t.score, t.pd,
          t.decision
        FROM credit_limit_internal.decided(true, NULL, preview_decisions.as_of, true, NULL, NULL, NULL) t;
    END IF;
  EXCEPTION WHEN data_exception OR integrity_constraint_violation OR raise_exception OR syntax_error_or_access_rule_violation THEN
    -- Said anew: the first one comes with pages of SQL as its context, and without the borrower.
    f := credit_limit_internal.failing_borrower(preview_decisions.as_of,
      coalesce((options ->> 'history')::boolean, false));
    IF f.code IS NULL THEN
      RAISE;
    END IF;
    RAISE EXCEPTION USING ERRCODE = f.code, DETAIL = coalesce(nullif(f.detail, ''), 'One row stops a preview.'),
      MESSAGE = coalesce('borrower ' || f.borrower_id || ' cannot be decided: ', '') || f.message,
      HINT = coalesce(nullif(f.hint, ''), 'Mend his row, or decision_input. A run leaves him out, and names him in run_chunk.');
  END;
END
$$;

-- ---- simulate_policy: what another policy would change ----

-- two policies, drafts or not, over the accounts of the products that policy_a decides: in each currency a row for each pair of
-- actions, those that differ being the swap sets, and a last one (actions NULL) for all: amounts of different currencies never
-- add up. Score and PD are those of a run on that day, in an experiment by the card of the arm. Exposure = drawn + ccf (limit -
-- drawn); expected loss = that of expected_loss(), of the accounts that have a PD; revenue = margin a year on what is drawn when
-- the limit is used to the same part as before; each rounded for the account. lgd, ccf and margin are those of report_assumption,
-- or options, fractions from 0 to 1. Option history as in preview_decisions(); allocation: policy_b chooses by the prices of that
-- allocation, a draft or not, where it is of the product. Nothing is written. Errors: no such policy or allocation (22023)
CREATE FUNCTION credit_limit.simulate_policy(book text, policy_a int, policy_b int, as_of date, options jsonb DEFAULT '{}')
RETURNS TABLE (currency text, action_a text, action_b text, accounts bigint, old_limit numeric, limit_a numeric, limit_b numeric,
    exposure_a numeric, exposure_b numeric, expected_loss_a numeric, expected_loss_b numeric, revenue_a numeric,
    revenue_b numeric)
LANGUAGE plpgsql STABLE ROWS 30 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  o record;
  a record;
  b record;
  terms credit_limit_internal.allocation_terms;
  allocated text[];
BEGIN
  options := credit_limit_internal.check_options('simulate_policy', options, '{
    "lgd": "$ >= 0 && $ <= 1", "ccf": "$ >= 0 && $ <= 1", "margin": "$ >= 0 && $ <= 1",
    "history": "$ == true || $ == false", "allocation": "$ >= 1 && $.floor() == $"}',
    'Valid are lgd, ccf and margin, fractions from 0 to 1, history, true or false, and allocation, an allocation_id.');
  SELECT (options ->> 'lgd')::float8 AS lgd, (options ->> 'ccf')::float8 AS ccf, (options ->> 'margin')::float8 AS margin,
    coalesce((options ->> 'history')::boolean, false) AS history INTO o;
  PERFORM credit_limit_internal.need_day('a simulation', as_of);
  PERFORM credit_limit_internal.open_book_to_decide(book);
  PERFORM credit_limit_internal.need_every_row('a simulation');
  SELECT v.name, v.document, coalesce((v.document::jsonb ->> 'decimals')::int, 2) AS decimals INTO a
  FROM policy_version v WHERE v.policy_id = policy_a;
  SELECT v.document INTO b FROM policy_version v WHERE v.policy_id = policy_b;
  IF a.document IS NULL OR b.document IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'there is nothing to compare',
      DETAIL = format('policy_a is %s, policy_b is %s.', coalesce(policy_a::text, 'NULL'), coalesce(policy_b::text, 'NULL')),
      HINT = 'Give two policy_id of the book, drafts or not.';
  END IF;
  IF options ? 'allocation' THEN
    PERFORM credit_limit_internal.find_version('allocation', (options ->> 'allocation')::int);
    terms := credit_limit_internal.allocation_terms((options ->> 'allocation')::int);
    SELECT v.products INTO allocated FROM allocation_version v WHERE v.allocation_id = terms.allocation_id;
  END IF;
  RETURN QUERY
    WITH decided AS (
      SELECT p.currency, t.pd, t.balance, greatest(t.balance, 0) AS drawn, coalesce(o.lgd, x.lgd) AS lgd,
        coalesce(o.ccf, x.ccf) AS ccf, coalesce(o.margin, x.margin)::numeric AS margin,
        credit_limit.decide_limit(a.document, t.inputs, simulate_policy.as_of) AS a,
        CASE WHEN allocated IS NULL OR t.product <> ALL (allocated)
            THEN credit_limit.decide_limit(b.document, t.inputs, simulate_policy.as_of)
          ELSE credit_limit_internal.decide_allocated(b.document, t.inputs, simulate_policy.as_of, t.account_id, terms) END AS b
      FROM (SELECT t.account_id, t.product, t.pd, t.balance, t.inputs
          FROM credit_limit_internal.decided(true, NULL, simulate_policy.as_of, true, NULL, NULL, NULL) t WHERE NOT o.history
        UNION ALL SELECT t.account_id, t.product, t.pd, t.balance, t.inputs
          FROM credit_limit_internal.decided_at(true, NULL, simulate_policy.as_of, true, NULL, NULL, NULL) t WHERE o.history) t
      JOIN product p ON p.product = t.product AND p.policy = a.name
      LEFT JOIN report_assumption own ON own.product = t.product
      JOIN report_assumption x ON x.product = coalesce(own.product, '') OFFSET 0),
    amounts AS (
      SELECT d.*, (d.a).action AS action_a, (d.b).action AS action_b, (d.a).old_limit, (d.a).new_limit AS limit_a,
        (d.b).new_limit AS limit_b, d.margin * d.drawn / nullif((d.a).old_limit, 0) AS earned FROM decided d OFFSET 0)
    SELECT e.currency, e.action_a, e.action_b, count(*), sum(e.old_limit), sum(e.limit_a), sum(e.limit_b),
      sum(round(e.drawn + e.ccf::numeric * greatest(e.limit_a - e.drawn, 0), a.decimals)),
      sum(round(e.drawn + e.ccf::numeric * greatest(e.limit_b - e.drawn, 0), a.decimals)),
      sum(credit_limit.expected_loss(e.pd, e.lgd, e.ccf, e.balance, e.limit_a, a.decimals)),
      sum(credit_limit.expected_loss(e.pd, e.lgd, e.ccf, e.balance, e.limit_b, a.decimals)),
      sum(round(e.earned * e.limit_a, a.decimals)), sum(round(e.earned * e.limit_b, a.decimals))
    FROM amounts e GROUP BY GROUPING SETS ((e.currency, e.action_a, e.action_b), (e.currency)) ORDER BY 1, 2 NULLS LAST, 3;
END
$$;

-- Rules of alerts on past months: chosen by the first of them, judged by the later ones, as they would have come. Only indicators
-- that account_month has by the month: what an account was on a day in between is not kept.

-- share x / w of a sum of weights, with its interval (95 %), from sums over borrowers of x, w, x*x, x*w and w*w, and n, the
-- number of accounts; NULL without weight. Borrowers are what is independent: the variance is that of a ratio of their sums, and
-- Wilson's interval has the n that would give it (Korn and Graubard 1998, Survey Methodology 24, 193), at most the number of
-- accounts. Where each borrower has one account and all weights are 1 it is Wilson's interval itself
CREATE FUNCTION credit_limit_internal.share_interval(x numeric, w numeric, xx numeric, xw numeric, ww numeric, n numeric,
    OUT share float8, OUT low float8, OUT high float8)
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
  SELECT round(p, 15), round(greatest(middle - half, 0), 15), round(least(middle + half, 1), 15)
  FROM (SELECT round(share_interval.x / nullif(share_interval.w, 0), 24) AS p) s
  CROSS JOIN LATERAL (SELECT round((share_interval.xx - 2 * p * share_interval.xw + p * p * share_interval.ww)
    / nullif(share_interval.w, 0) ^ 2, 20) AS variance) v
  -- All or nothing has no variance: then as many borrowers of equal weight as the weights are worth.
  CROSS JOIN LATERAL (SELECT least(share_interval.n, CASE WHEN p > 0 AND p < 1 AND variance > 0 THEN p * (1 - p) / variance
    ELSE share_interval.w ^ 2 / nullif(share_interval.ww, 0) END) AS size, 1.959963984540054 ^ 2 AS z2) e
  CROSS JOIN LATERAL (SELECT (p + z2 / (2 * size)) / (1 + z2 / size) AS middle,
    sqrt(z2 * (p * (1 - p) / size + z2 / (4 * size * size))) / (1 + z2 / size) AS half) i
$$;

-- interval (95 %) of the mean of a count n, from sums over borrowers of n and n*n (NULL is 0): where (n - mean)^2 = z^2 mean, the
-- score interval of a Poisson count, of as many borrowers of equal counts as these are worth: share_interval() of a rare share
CREATE FUNCTION credit_limit_internal.count_interval(n numeric, nn numeric, OUT low float8, OUT high float8)
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
  SELECT round(each * greatest(size + z2 / 2 - half, 0), 15), round(each * (size + z2 / 2 + half), 15)
  FROM (SELECT coalesce(count_interval.nn / nullif(count_interval.n, 0), 1) AS each, 1.959963984540054 ^ 2 AS z2) e
  CROSS JOIN LATERAL (SELECT coalesce(count_interval.n, 0) / each AS size) s
  CROSS JOIN LATERAL (SELECT sqrt(z2 * (size + z2 / 4)) AS half) h
$$;

-- in an open book: accounts by month, the first month being 1, with the indicators of alerts as of its end, in the order of
-- monthly_indicators(), and what came after it within the outcome months. phase 1 are the months that choose, whose outcome is
-- what was known at their end, phase 2 those that are judged; others have none
CREATE FUNCTION credit_limit_internal.backtest_panel(first_month date, months int, train int, outcome int)
RETURNS TABLE (account_id bigint, borrower_id bigint, product text, segment text, m int, phase int, late boolean, counts boolean,
  bad_at int, cut_at int, credit_limit numeric, drawn numeric, lgd float8, ccf float8, exchange_rate numeric, readings float8[])
LANGUAGE sql STABLE ROWS 1000000
AS $$
  WITH month AS (
      SELECT d::date AS month, (d + interval '1 month')::date - 1 AS last_day, n::int - 24 AS m
      FROM generate_series(backtest_panel.first_month - interval '24 months',
        backtest_panel.first_month + make_interval(months => backtest_panel.months - 1), interval '1 month')
        WITH ORDINALITY s(d, n)),
    -- A lender's view may have no segment: then the name is that of the borrower.
    line AS (
      SELECT h.account_id, a.borrower_id, a.product, n.m, h.credit_limit::numeric, h.balance::numeric, h.payment::numeric,
        h.due::numeric, h.days_past_due, p.bad_days, p.lgd, p.ccf, p.exchange_rate,
        (SELECT coalesce(segment, b.segment) FROM (SELECT h.*) w) AS segment,
        coalesce(h.days_past_due >= p.bad_days OR x.days @> n.last_day, false) AS bad
      FROM account_month h JOIN month n ON n.month = h.month JOIN account a ON a.account_id = h.account_id
      JOIN (SELECT b.borrower_id, b.segment FROM borrower b) b ON b.borrower_id = a.borrower_id
      LEFT JOIN (SELECT e.borrower_id, range_agg(daterange(e.valid_from, e.valid_to, '[]')) AS days FROM exclusion e
        WHERE e.kind = 'bankrupt' GROUP BY e.borrower_id) x ON x.borrower_id = a.borrower_id
      LEFT JOIN report_assumption own ON own.product = a.product
      JOIN report_assumption p ON p.product = coalesce(own.product, '')
      WHERE h.month >= (backtest_panel.first_month - interval '24 months')::date
        AND h.month < (backtest_panel.first_month + make_interval(months => backtest_panel.months))::date),
    used AS (
      SELECT l.*, credit_limit.utilization(l.balance, l.credit_limit) AS utilization,
        max(CASE WHEN l.balance > 0 OR l.payment > 0 THEN l.m END) OVER past AS last_use,
        first_value(l.m) OVER (past RANGE BETWEEN 23 PRECEDING AND CURRENT ROW) AS first_of_24,
        first_value(l.balance) OVER (past RANGE BETWEEN 1 PRECEDING AND 1 PRECEDING) AS balance_before,
        first_value(credit_limit.utilization(l.balance, l.credit_limit)) OVER (past RANGE BETWEEN 3 PRECEDING AND 3 PRECEDING)
          AS utilization_before, coalesce(l.credit_limit < lag(l.credit_limit) OVER past, false) AS cut
      FROM line l WINDOW past AS (PARTITION BY l.account_id ORDER BY l.m)),
    later AS (
      SELECT u.*, CASE WHEN u.m <= backtest_panel.train THEN 1
          WHEN u.m <= backtest_panel.months - backtest_panel.outcome THEN 2 END AS phase,
        CASE WHEN u.m <= backtest_panel.train THEN least(u.m + backtest_panel.outcome, backtest_panel.train)
          ELSE u.m + backtest_panel.outcome END AS until,
        u.bad OR coalesce(u.days_past_due >= 30, false) AS late,
        coalesce(u.credit_limit > 0 AND NOT u.bad AND u.days_past_due < 30, false) AS fits,
        min(CASE WHEN u.bad THEN u.m END) OVER next AS next_bad, min(CASE WHEN u.cut THEN u.m END) OVER next AS next_cut,
        min(CASE WHEN u.days_past_due IS NOT NULL THEN u.m END) OVER next AS next_known
      FROM used u
      WINDOW next AS (PARTITION BY u.account_id ORDER BY u.m DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING))
  SELECT w.account_id, w.borrower_id, w.product, w.segment, w.m, w.phase, w.late,
    coalesce(w.fits AND w.next_known <= w.until AND w.phase > 0, false), CASE WHEN w.next_bad <= w.until THEN w.next_bad END,
    w.next_cut, w.credit_limit, greatest(w.balance, 0), w.lgd, w.ccf, w.exchange_rate,
    ARRAY[nullif(w.utilization, 'NaN'), nullif(w.utilization - w.utilization_before, 'NaN'),
      ((w.balance - w.balance_before) / nullif(w.credit_limit, 0))::float8, w.days_past_due,
      CASE WHEN w.due = 0 OR w.payment >= w.due THEN 0 ELSE (1 - w.payment / w.due)::float8 END,
      CASE WHEN w.credit_limit = 0 THEN 0
        ELSE w.m - CASE WHEN w.last_use >= w.m - 23 THEN w.last_use ELSE w.first_of_24 - 1 END END]
  FROM later w WHERE w.m >= 1
$$;

-- the indicators of accounts that account_month has by the month
CREATE FUNCTION credit_limit_internal.monthly_indicators() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '{utilization,utilization_rise,balance_rise,days_past_due,payment_shortfall,months_dormant}'::text[];

-- in an open book: the rules that a backtest judges: those of its option, or those of the book in their latest version, if it is
-- active. Error: a rule that cannot be one (22023)
CREATE FUNCTION credit_limit_internal.backtest_rules(given jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE
AS $$
DECLARE
  r jsonb;
  wrong text[];
BEGIN
  IF given IS NULL THEN
    RETURN (SELECT coalesce(jsonb_agg(to_jsonb(w) ORDER BY w.rule) FILTER (WHERE w.active), '[]')
      FROM (SELECT DISTINCT ON (w.rule) w.* FROM alert_rule w ORDER BY w.rule, w.valid_from DESC) w);
  END IF;
  FOR r IN SELECT jsonb_array_elements(given) LOOP
    r := credit_limit_internal.check_options('a rule of backtest_alerts', r, $o${
      "rule": "$.type() == \"string\" && $ != \"\"", "indicator": "$.type() == \"string\"", "enter_at": "$ > -1e15 && $ < 1e15",
      "leave_at": "$ > -1e15 && $ < 1e15",
      "enter_after": "$ >= 1 && $ <= 1000 && $.floor() == $", "leave_after": "$ >= 1 && $ <= 1000 && $.floor() == $",
      "products": "$.type() == \"array\" || $ == null", "segments": "$.type() == \"array\" || $ == null"}$o$,
      'Valid are rule, indicator, enter_at, leave_at, enter_after, leave_after, products, segments.');
    wrong := CASE WHEN NOT r ?& '{rule,indicator,enter_at}'
        THEN ARRAY['rule, indicator or enter_at is missing.', 'A rule has these three, and others if they are not the default.']
      WHEN r ->> 'indicator' <> ALL (credit_limit_internal.monthly_indicators())
        THEN ARRAY[format('"%s" is no indicator of an account by the month.', r ->> 'indicator'),
          format('These are %s.', array_to_string(credit_limit_internal.monthly_indicators(), ', '))]
      WHEN (r ->> 'leave_at')::float8 > (r ->> 'enter_at')::float8
        THEN ARRAY['leave_at is above enter_at.', 'An alert closes below leave_at, which is enter_at unless it is given.']
      WHEN (SELECT count(*) FROM jsonb_array_elements(given) o WHERE o -> 'rule' = r -> 'rule') > 1
        THEN ARRAY['Another one has the same name.', 'Give each rule a name of its own.'] END;
    IF wrong IS NOT NULL THEN
      RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'a rule cannot be judged',
        DETAIL = format('%s Rule: %s', wrong[1], r), HINT = wrong[2];
    END IF;
  END LOOP;
  RETURN given;
END
$$;

-- judges rules of alerts on past months of a book, from first_month to last_month: each rule alone (kind rule), those chosen, as
-- the cases that they open (cases), and as many accounts by PD alone (pd). The first train_months choose: a rule is chosen if the
-- lower end of its lift, by the outcomes known at their end, is above min_lift. All other columns are of the later months whose
-- outcome_months have passed, in which rules and cases start anew, as if they were switched on then; by default rules are those
-- of the book in their latest version. An account counts that has a line, is not 30 days late or bad at the end of the month,
-- and of which a later month is known; bad is bad_days past due or bankrupt within outcome_months. Each account counts once, by
-- its first alert. precision: part of the accounts with an alert that turned bad. lift: precision by the rate of all accounts in
-- the same months. recall: part of the accounts that turned bad that had an alert before. lead: months from alert to bad; low and
-- high are those of the median. loss: drawn when bad x lgd, of which loss_caught had an alert. Cases: each month those
-- cases_a_month accounts with an open alert and without a case that avoid most loss, by the PD of decisions up to then; accounts
-- that are 30 days late or bad are among them, as in run_alerts(), unless late_cases of alert_setting is false. late_accounts:
-- accounts that were so at an alert; such an alert counts in nothing else. acted_on:
-- accounts with an alert whose case somebody worked or whose limit fell or was frozen before they turned bad; precision of these
-- and of the untouched ones apart. Intervals are of 95 %, borrowers being what is independent. Options: train_months (12),
-- outcome_months (of report_assumption), min_lift (1), cases_a_month (a number or an array: rows for each; default of
-- alert_setting), rules (array of objects with rule, indicator, enter_at, and, of the other columns of alert_rule, leave_at (by
-- default as enter_at), enter_after and leave_after (1), products and segments (all); severity decides nothing here). NULL: not
-- known. A role whose rows are restricted judges by those it sees. Errors: no day, first_month after last_month, options, a rule
-- that cannot be judged, too few months (22023), no such book (3F000, 42P01)
CREATE FUNCTION credit_limit.backtest_alerts(book text, first_month date, last_month date, options jsonb DEFAULT '{}')
RETURNS TABLE (kind text, rule text, indicator text, cases_a_month int, chosen boolean, train_accounts bigint, train_lift float8,
  train_lift_low float8, train_lift_high float8, judged_from date, judged_to date, alerts bigint, alerts_a_month float8,
  alerts_a_month_low float8, alerts_a_month_high float8, late_accounts bigint, accounts bigint, "precision" float8,
  precision_low float8, precision_high float8, base_rate float8, lift float8, lift_low float8, lift_high float8,
  bad_accounts bigint, recall float8, recall_low float8, recall_high float8, lead_q1 float8, lead_median float8, lead_q3 float8,
  lead_low int, lead_high int, loss numeric, loss_caught float8, loss_caught_low float8, loss_caught_high float8,
  acted_on bigint, precision_acted float8, precision_acted_low float8, precision_acted_high float8, precision_untouched float8,
  precision_untouched_low float8, precision_untouched_high float8, status text)
LANGUAGE plpgsql STABLE ROWS 30 SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
  first date;
  least_lift float8;
  train int;
  outcome int;
  months int;
  rules jsonb;
  capacities int[];
  with_late boolean;
BEGIN
  options := credit_limit_internal.check_options('backtest_alerts', options, ($o${
    "rules": "$.type() == \"array\" && $.size() > 0 && $.size() <= 1000",
    "train_months": "$ >= 2 && $ <= 120 && $.floor() == $", "outcome_months": "$ >= 1 && $ <= 120 && $.floor() == $",
    "min_lift": "$ >= 0 && $ <= 1000", "cases_a_month": "$.type() == \"number\" && $ >= 1 && $ <= 1e9 && $.floor() == $ $o$
    || $o$|| $.type() == \"array\" && $.size() > 0 && $.size() <= 100 $o$
    || $o$&& !exists($[*] ? (@.type() != \"number\" || @ < 1 || @ > 1e9 || @.floor() != @))"}$o$)::jsonb,
    'Valid are train_months (2 to 120), outcome_months (1 to 120), min_lift (0 to 1000), cases_a_month (an integer from 1 on, or '
    'an array of up to 100), rules (an array of up to 1000 objects).');
  PERFORM credit_limit_internal.need_day('a backtest', first_month);
  PERFORM credit_limit_internal.need_day('a backtest', last_month);
  IF first_month > last_month THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'first_month is after last_month',
      DETAIL = format('They are %s and %s.', first_month, last_month), HINT = 'Give the earlier one first.';
  END IF;
  PERFORM credit_limit_internal.open_book(book);
  rules := credit_limit_internal.backtest_rules(options -> 'rules');
  -- Months before the first on file would be months without alerts.
  first := greatest(date_trunc('month', first_month::timestamp)::date, (SELECT min(h.month) FROM account_month h));
  least_lift := coalesce((options ->> 'min_lift')::float8, 1);
  train := coalesce((options ->> 'train_months')::numeric, 12);
  outcome := coalesce((options ->> 'outcome_months')::numeric, (SELECT max(a.outcome_months) FROM report_assumption a));
  capacities := ARRAY(SELECT DISTINCT c::int FROM jsonb_path_query(coalesce(options -> 'cases_a_month',
    (SELECT to_jsonb(s.cases_a_month) FROM alert_setting s)), 'lax $[*]') c ORDER BY 1);
  SELECT s.late_cases INTO with_late FROM alert_setting s;
  -- Months count from 1. The last month of the book ends what is known of outcomes.
  SELECT 12 * (extract(year FROM l.month) - extract(year FROM first)) + extract(month FROM l.month) - extract(month FROM first)
    + 1 INTO months FROM (SELECT max(h.month) AS month FROM account_month h WHERE h.month BETWEEN first AND last_month) l;
  IF months IS NULL OR months <= train + outcome THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'there are too few months to judge alerts',
      DETAIL = format('From %s to %s account_month has %s; choosing takes %s, and the outcome of each later one %s more.',
        to_char(first, 'YYYY-MM'), to_char(last_month, 'YYYY-MM'), coalesce(months, 0), train, outcome),
      HINT = 'Give more months, or options train_months and outcome_months.';
  END IF;
  RETURN QUERY
    WITH rule AS MATERIALIZED (
        SELECT n::int AS list, r.rule, r.indicator, r.enter_at, coalesce(r.leave_at, r.enter_at) AS leave_at,
          coalesce(r.enter_after, 1) AS enter_after, coalesce(r.leave_after, 1) AS leave_after, r.products, r.segments,
          array_position(credit_limit_internal.monthly_indicators(), r.indicator) AS place
        FROM ROWS FROM (jsonb_to_recordset(rules) AS (rule text, indicator text, enter_at float8, leave_at float8,
          enter_after int, leave_after int, products text[], segments text[])) WITH ORDINALITY r(rule, indicator, enter_at,
          leave_at, enter_after, leave_after, products, segments, n)),
      list AS MATERIALIZED (
        SELECT r.list, 'rule' AS kind, NULL::int AS cases FROM rule r
        UNION ALL SELECT (2 * c.n + k.n - 1)::int + jsonb_array_length(rules), k.kind, c.cases
        FROM unnest(capacities) WITH ORDINALITY c(cases, n), (VALUES ('cases', 0), ('pd', 1)) k(kind, n)),
      panel AS MATERIALIZED (
        SELECT * FROM credit_limit_internal.backtest_panel(first, months, train, outcome)),
      base AS MATERIALIZED (
        SELECT p.m, count(p.bad_at)::numeric / count(*) AS rate FROM panel p WHERE p.counts GROUP BY p.m),
      -- Of most accounts a rule has nothing to say.
      hit AS MATERIALIZED (
        SELECT r.list, t.account_id, t.phase
        FROM (SELECT p.account_id, p.phase, p.product, ARRAY[max(p.readings[1]), max(p.readings[2]), max(p.readings[3]),
            max(p.readings[4]), max(p.readings[5]), max(p.readings[6])] AS highest
          FROM panel p WHERE p.phase > 0 GROUP BY p.account_id, p.phase, p.product) t
        JOIN rule r ON t.highest[r.place] >= r.enter_at AND (r.products IS NULL OR t.product = ANY (r.products))),
      -- An alert is open when its rule was last above for enter_after months and not since below for leave_after; a month whose
      -- value is not known does not count, and who leaves the segments of a rule leaves it.
      numbered AS (
        SELECT h.list, p.account_id, p.phase, p.m, r.enter_after, r.leave_after, i.inside,
          i.inside AND p.readings[r.place] >= r.enter_at AS above, i.inside AND p.readings[r.place] < r.leave_at AS below,
          count(*) FILTER (WHERE NOT i.inside OR p.readings[r.place] IS NOT NULL) OVER past AS n
        FROM hit h JOIN rule r ON r.list = h.list JOIN panel p ON p.account_id = h.account_id AND p.phase = h.phase
        CROSS JOIN LATERAL (SELECT r.segments IS NULL OR coalesce(p.segment = ANY (r.segments), false) AS inside) i
        WINDOW past AS (PARTITION BY h.list, p.account_id, p.phase ORDER BY p.m)),
      streak AS (
        SELECT b.*, b.n - max(CASE WHEN NOT b.above THEN b.n ELSE 0 END) OVER past AS months_above,
          b.n - max(CASE WHEN NOT b.below THEN b.n ELSE 0 END) OVER past AS months_below
        FROM numbered b WINDOW past AS (PARTITION BY b.list, b.account_id, b.phase ORDER BY b.m)),
      state AS (
        SELECT s.list, s.account_id, s.phase, s.m,
          coalesce(max(CASE WHEN s.months_above >= s.enter_after THEN s.n END) OVER past
            > coalesce(max(CASE WHEN s.months_below >= s.leave_after OR NOT s.inside THEN s.n END) OVER past, 0), false)
            AS is_open
        FROM streak s WINDOW past AS (PARTITION BY s.list, s.account_id, s.phase ORDER BY s.m)),
      raised AS MATERIALIZED (
        SELECT o.* FROM (SELECT s.*, s.is_open AND NOT lag(s.is_open, 1, false) OVER (PARTITION BY s.list, s.account_id, s.phase
          ORDER BY s.m) AS opens FROM state s) o WHERE o.is_open),
      choice AS MATERIALIZED (
        SELECT t.list, t.n::bigint AS accounts, i.share / t.rate AS lift, i.low / t.rate AS low, i.high / t.rate AS high,
          coalesce(i.low / t.rate > least_lift, false) AS chosen
        FROM (SELECT s.list, sum(s.n) AS n, sum(s.x) AS x, sum(s.x * s.x) AS xx, sum(s.x * s.n) AS xn, sum(s.n * s.n) AS nn,
            nullif(sum(s.rate) / sum(s.n), 0)::float8 AS rate
          FROM (SELECT f.list, f.borrower_id, count(*)::numeric AS n, count(f.bad_at)::numeric AS x, sum(f.rate) AS rate
            FROM (SELECT DISTINCT ON (a.list, a.account_id) a.list, p.borrower_id, p.bad_at, b.rate FROM raised a
              JOIN panel p ON p.account_id = a.account_id AND p.m = a.m JOIN base b ON b.m = a.m
              WHERE a.opens AND a.phase = 1 AND p.counts ORDER BY a.list, a.account_id, a.m) f
            GROUP BY f.list, f.borrower_id) s GROUP BY s.list) t
        CROSS JOIN LATERAL credit_limit_internal.share_interval(t.x, t.n, t.xx, t.xn, t.nn, t.n) i),
      -- The PD of a month: of the latest decision of that month or the two before.
      pd AS MATERIALIZED (
        SELECT DISTINCT ON (d.account_id, n.m) d.account_id, n.m, d.pd
        FROM decision d JOIN generate_series(train + 1, months - outcome) n(m)
          ON d.as_of >= (first + make_interval(months => n.m - 3))::date
          AND d.as_of < (first + make_interval(months => n.m))::date
        WHERE d.pd IS NOT NULL AND d.as_of >= (first + make_interval(months => train - 2))::date
          AND d.as_of < (first + make_interval(months => months - outcome))::date
        ORDER BY d.account_id, n.m, d.as_of DESC, d.decided_at DESC, d.decision_id DESC),
      waiting AS (
        SELECT w.account_id, w.m, w.exchange_rate, e.whole - e.drawn + round(t.saved_of_drawn::numeric * e.drawn, 2) AS avoided
        FROM (SELECT p.*, coalesce(d.pd, (avg(d.pd::numeric) OVER (PARTITION BY p.m))::float8, 1) AS pd
          FROM (SELECT DISTINCT a.account_id, a.m FROM raised a JOIN choice c ON c.list = a.list AND c.chosen WHERE a.phase = 2) a
          JOIN panel p ON p.account_id = a.account_id AND p.m = a.m AND (with_late OR NOT p.late)
          LEFT JOIN pd d ON d.account_id = a.account_id AND d.m = a.m) w
        CROSS JOIN alert_setting t
        CROSS JOIN LATERAL (SELECT credit_limit.expected_loss(w.pd, w.lgd, w.ccf, w.drawn, w.credit_limit) AS whole,
          credit_limit.expected_loss(w.pd, w.lgd, 0, w.drawn, 0) AS drawn) e),
      ranked AS MATERIALIZED (
        SELECT 'cases' AS kind, w.m, array_agg(w.account_id ORDER BY w.avoided * w.exchange_rate DESC, w.account_id) AS ids
        FROM waiting w WHERE w.avoided > 0 GROUP BY w.m
        UNION ALL SELECT 'pd', d.m, array_agg(d.account_id ORDER BY d.pd DESC, d.account_id)
        FROM pd d JOIN panel p ON p.account_id = d.account_id AND p.m = d.m AND (with_late OR NOT p.late)
        WHERE p.credit_limit > 0 OR p.drawn > 0 GROUP BY d.m),
      picked AS (
        SELECT l.list, t.m, unnest(t.ids) AS account_id FROM list l CROSS JOIN LATERAL (
          WITH RECURSIVE turn AS (
            SELECT train AS m, '{}'::bigint[] AS ids, '{}'::bigint[] AS taken
            UNION ALL SELECT t.m + 1, x.ids, t.taken || x.ids FROM turn t CROSS JOIN LATERAL (
              SELECT coalesce(array_agg(c.id), '{}') AS ids FROM (
                SELECT u.id FROM ranked r, unnest(r.ids[1:l.cases + cardinality(t.taken)]) WITH ORDINALITY u(id, place)
                WHERE r.kind = l.kind AND r.m = t.m + 1 AND u.id NOT IN (SELECT unnest(t.taken))
                ORDER BY u.place LIMIT l.cases) c) x
            WHERE t.m < months - outcome)
          SELECT turn.m, turn.ids FROM turn) t WHERE l.cases > 0),
      mark AS MATERIALIZED (
        SELECT a.list, a.account_id, a.m FROM raised a WHERE a.opens AND a.phase = 2
        UNION ALL SELECT k.list, k.account_id, k.m FROM picked k),
      seen AS MATERIALIZED (
        SELECT k.list, k.account_id, p.borrower_id, k.m, p.bad_at, coalesce(p.bad_at, k.m + outcome + 1) AS until, p.cut_at,
          b.rate, row_number() OVER (PARTITION BY k.list, k.account_id ORDER BY k.m) AS place
        FROM mark k JOIN panel p ON p.account_id = k.account_id AND p.m = k.m AND p.counts JOIN base b ON b.m = k.m),
      late AS (
        SELECT k.list, count(DISTINCT k.account_id) AS n FROM mark k JOIN panel p ON p.account_id = k.account_id AND p.m = k.m
        WHERE p.late GROUP BY k.list),
      act AS MATERIALIZED (
        SELECT c.account_id, (k.done_at AT TIME ZONE 'UTC')::date AS day FROM alert_case_act k
        JOIN alert_case c ON c.case_id = k.case_id
        UNION ALL SELECT d.account_id, d.as_of FROM decision d WHERE d.action IN ('DECREASE', 'FREEZE') AND d.as_of >= first),
      touched AS (
        SELECT s.*, s.cut_at < s.until OR EXISTS (SELECT FROM act k WHERE k.account_id = s.account_id
          AND k.day >= (first + make_interval(months => s.m))::date - 1
          AND k.day < (first + make_interval(months => s.until - 1))::date) AS acted
        FROM seen s WHERE s.place = 1),
      defaulted AS MATERIALIZED (
        SELECT d.account_id, d.borrower_id, d.bad_at, round(p.drawn * p.lgd::numeric * p.exchange_rate, 2) AS loss
        FROM (SELECT p.account_id, p.borrower_id, min(p.bad_at) AS bad_at FROM panel p
          WHERE p.counts AND p.phase = 2 AND p.bad_at > 0 GROUP BY p.account_id, p.borrower_id) d
        JOIN panel p ON p.account_id = d.account_id AND p.m = d.bad_at),
      caught AS MATERIALIZED (
        SELECT l.list, d.borrower_id, d.loss, d.bad_at - f.m AS lead FROM list l CROSS JOIN defaulted d
        LEFT JOIN (SELECT s.list, s.account_id, s.bad_at, min(s.m) AS m FROM seen s WHERE s.bad_at > 0
          GROUP BY s.list, s.account_id, s.bad_at) f ON f.list = l.list AND f.account_id = d.account_id AND f.bad_at = d.bad_at
        WHERE l.list IN (SELECT r.list FROM rule r WHERE r.place > 0 UNION SELECT k.list FROM mark k)),
      share AS MATERIALIZED (
        SELECT t.list, t.measure, t.n, i.share, i.low, i.high
        FROM (SELECT s.list, s.measure, sum(s.n) AS n, sum(s.x) AS x, sum(s.w) AS w, sum(s.x * s.x) AS xx, sum(s.x * s.w) AS xw,
            sum(s.w * s.w) AS ww
          FROM (SELECT t.list, k.measure, t.borrower_id, count(*) AS n, count(t.bad_at)::numeric AS x, count(*)::numeric AS w
            FROM touched t CROSS JOIN LATERAL (VALUES ('all'), (CASE WHEN t.acted THEN 'acted' ELSE 'untouched' END)) k(measure)
            GROUP BY t.list, k.measure, t.borrower_id
            UNION ALL SELECT c.list, k.measure, c.borrower_id, count(*), coalesce(sum(k.w) FILTER (WHERE c.lead > 0), 0), sum(k.w)
            FROM caught c CROSS JOIN LATERAL (VALUES ('recall', 1::numeric), ('loss', c.loss)) k(measure, w)
            GROUP BY c.list, k.measure, c.borrower_id) s GROUP BY s.list, s.measure) t
        CROSS JOIN LATERAL credit_limit_internal.share_interval(t.x, t.w, t.xx, t.xw, t.ww, t.n) i)
    SELECT l.kind, r.rule, r.indicator, l.cases, CASE l.kind WHEN 'rule' THEN coalesce(c.chosen, false) END, c.accounts, c.lift,
      c.low, c.high, (first + make_interval(months => train))::date,
      (first + make_interval(months => months - outcome - 1))::date, coalesce(k.n, 0)::bigint,
      coalesce(k.n, 0)::float8 / (months - outcome - train), o.low / (months - outcome - train),
      least(o.high / (months - outcome - train), l.cases), coalesce(z.n, 0), coalesce(p.n, 0)::bigint, p.share, p.low,
      p.high, e.rate, p.share / e.rate, p.low / e.rate, p.high / e.rate, (SELECT count(*) FROM defaulted), y.share, y.low,
      y.high, q.lead[1], q.lead[2], q.lead[3], q.sorted[q.below], q.sorted[cardinality(q.sorted) + 1 - q.below],
      coalesce((SELECT sum(d.loss) FROM defaulted d), 0), w.share, w.low, w.high, coalesce(a.n, 0)::bigint, a.share,
      a.low, a.high, u.share, u.low, u.high,
      CASE WHEN l.kind = 'rule' AND r.place IS NULL THEN 'not an indicator of an account by the month'
        WHEN l.kind = 'cases' AND NOT EXISTS (SELECT FROM choice x WHERE x.chosen) THEN 'no rule was chosen'
        WHEN l.kind = 'pd' AND NOT EXISTS (SELECT FROM pd) THEN 'no decision has a PD'
        WHEN NOT EXISTS (SELECT FROM base b WHERE b.m > train) THEN 'no outcome is known'
        WHEN p.n IS NULL THEN 'no alert that counts'
        WHEN NOT EXISTS (SELECT FROM defaulted) THEN 'no account turned bad' ELSE 'judged' END
    FROM list l LEFT JOIN rule r ON r.list = l.list LEFT JOIN choice c ON c.list = l.list
    LEFT JOIN (SELECT b.list, sum(b.n) AS n, sum(b.n * b.n) AS nn FROM (SELECT m.list, a.borrower_id, count(*)::numeric AS n
      FROM mark m JOIN account a ON a.account_id = m.account_id GROUP BY m.list, a.borrower_id) b GROUP BY b.list) k
      ON k.list = l.list
    CROSS JOIN LATERAL credit_limit_internal.count_interval(k.n, k.nn) o
    LEFT JOIN (SELECT t.list, nullif(avg(t.rate), 0)::float8 AS rate FROM touched t GROUP BY t.list) e ON e.list = l.list
    -- The interval of a median is between two places of the sorted values, by the sign test; with fewer than 6 there is none.
    LEFT JOIN (SELECT x.list, percentile_cont('{0.25,0.5,0.75}'::float8[]) WITHIN GROUP (ORDER BY x.lead) AS lead,
        array_agg(x.lead ORDER BY x.lead) AS sorted,
        CASE WHEN count(*) > 5 THEN floor((count(*) + 1 - 1.959963984540054 * sqrt(count(*)::float8)) / 2)::int END AS below
      FROM caught x WHERE x.lead > 0 GROUP BY x.list) q ON q.list = l.list
    LEFT JOIN late z ON z.list = l.list
    LEFT JOIN share p ON p.list = l.list AND p.measure = 'all'
    LEFT JOIN share a ON a.list = l.list AND a.measure = 'acted'
    LEFT JOIN share u ON u.list = l.list AND u.measure = 'untouched'
    LEFT JOIN share y ON y.list = l.list AND y.measure = 'recall'
    LEFT JOIN share w ON w.list = l.list AND w.measure = 'loss'
    ORDER BY l.list;
END
$$;

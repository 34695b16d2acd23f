-- The tables of a book: doc/operator/tables.md is made from this file. For those that book_contract() names, views of the same
-- names over a lender's own tables do as well.

-- part of create_book: runs a definition, @book@ being the schema, unless the lender has a relation of that name already
CREATE FUNCTION credit_limit_internal.create_table(book text, definition text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
  -- A definition begins with the comment of its relation; a remark beside a column, and the indented ones below it, are the
  -- comment of the column.
DECLARE
  made CONSTANT text[] := regexp_match(definition, 'CREATE (TABLE|VIEW) @book@[.]([a-z_]+)');
  name CONSTANT text := format('%I.%I', book, made[2]);
  c record;
BEGIN
  IF to_regclass(name) IS NOT NULL AND made[2] IN (SELECT k.relation FROM credit_limit_internal.book_contract() k) THEN
    RETURN;
  END IF;
  EXECUTE replace(definition, '@book@', quote_ident(book));	-- DDL
  FOR c IN SELECT format('%s %s', made[1], name) AS what, substring(definition FROM E'^[\n]*((-- [^\n]*\n)+)') AS remark
    UNION ALL SELECT format('COLUMN %s.%I', name, r[1]), r[2]
      FROM regexp_matches(definition, E'^  "?([a-z_0-9]+)"? [^\n]*-- ([^\n]*(\n +-- [^\n]*)*)', 'gn') r LOOP
    EXECUTE format('COMMENT ON %s IS %L', c.what,
      regexp_replace(btrim(c.remark, E'- \n'), E'\n *-- ', ' ', 'g'));	-- DDL
  END LOOP;
END
$$;

-- part of create_book: all tables but those of create_texts()
CREATE FUNCTION credit_limit_internal.create_tables(book text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $create$
DECLARE
  definitions CONSTANT text := $ddl$
-- what is lent; policy and scorecard name the families of versions that decide its limits
CREATE TABLE @book@.product (
  product text PRIMARY KEY CHECK (product <> ''),
  name text NOT NULL,
  kind text NOT NULL,	-- a word of your own, such as card or instalment: nothing reads it
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),	-- ISO 4217; of every amount of its accounts
  policy text,	-- name of the policy; NULL: limits of this product are not decided here
  scorecard text,	-- name of the scorecard; NULL: score and PD come from outside
  UNIQUE (product, currency));

-- who borrows
CREATE TABLE @book@.borrower (
  borrower_id bigint PRIMARY KEY,
  segment text CHECK (octet_length(segment) <= 256),
  income numeric CHECK (credit_limit_internal.is_amount(income)),	-- per month; NULL: not known
  obligations numeric CHECK (credit_limit_internal.is_amount(obligations)),	-- monthly payments elsewhere, without the lines of
    -- this book
  external_score float8,	-- score of another system, for products without a scorecard
  external_pd float8 CHECK (external_pd BETWEEN 0 AND 1),	-- probability of default of another system, 0 to 1
  erased_on date CHECK (credit_limit_internal.is_day(erased_on)));

-- a limit across products of a borrower; outside its days it is 0: nothing more may be drawn
CREATE TABLE @book@.umbrella (
  umbrella_id bigint PRIMARY KEY,
  borrower_id bigint NOT NULL,
  kind text NOT NULL CHECK (kind IN ('shared', 'partitioned')),	-- shared: limits of products may overlap, their use may not
    -- exceed it; partitioned: nor may the limits
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  credit_limit numeric NOT NULL CHECK (credit_limit_internal.is_amount(credit_limit)),
  valid_from date NOT NULL CHECK (credit_limit_internal.is_day(valid_from)),
  valid_to date CHECK (valid_to >= valid_from AND credit_limit_internal.is_day(valid_to)),	-- last day; NULL: open
  granted numeric NOT NULL DEFAULT 0 CHECK (granted >= 0),	-- sum of the limits of its open accounts, kept by a trigger of
    -- account
  UNIQUE (umbrella_id, borrower_id, currency));
CREATE INDEX ON @book@.umbrella (borrower_id);

-- a line of a product: its limit, and what is drawn now
CREATE TABLE @book@.account (
  account_id bigint PRIMARY KEY,
  borrower_id bigint NOT NULL,
  product text NOT NULL,
  currency text NOT NULL,
  umbrella_id bigint,
  status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'closed')),
  opened_on date NOT NULL CHECK (credit_limit_internal.is_day(opened_on)),
  credit_limit numeric NOT NULL DEFAULT 0 CHECK (credit_limit_internal.is_amount(credit_limit)),	-- 0: no line yet
  balance numeric NOT NULL DEFAULT 0 CHECK (credit_limit_internal.is_amount(abs(balance))),	-- drawn; negative: a credit balance
  pending numeric NOT NULL DEFAULT 0 CHECK (credit_limit_internal.is_amount(pending)),	-- authorised, not yet booked
  last_limit_change date CHECK (credit_limit_internal.is_day(last_limit_change)),
  frozen boolean NOT NULL DEFAULT false)	-- nothing may be drawn: set and cleared by decisions
  WITH (fillfactor = 50);	-- a run may change every limit: the new rows fit beside the old, and no index is touched
CREATE INDEX ON @book@.account (borrower_id);
CREATE INDEX ON @book@.account (umbrella_id) WHERE umbrella_id IS NOT NULL;

-- for some days: an amount that may not be drawn (blocked), or may be drawn above the limit (ad_hoc), within the umbrella
CREATE TABLE @book@.limit_adjustment (
  adjustment_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  account_id bigint NOT NULL,
  kind text NOT NULL CHECK (kind IN ('blocked', 'ad_hoc')),
  amount numeric NOT NULL CHECK (amount > 0 AND credit_limit_internal.is_amount(amount)),
  valid_from date NOT NULL CHECK (credit_limit_internal.is_day(valid_from)),
  valid_to date NOT NULL CHECK (valid_to >= valid_from AND credit_limit_internal.is_day(valid_to)),
  reason text NOT NULL);
CREATE INDEX ON @book@.limit_adjustment (account_id);

-- an account at the end of a month; month is its first day
CREATE TABLE @book@.account_month (
  account_id bigint NOT NULL,
  month date NOT NULL CHECK (credit_limit_internal.is_day(month) AND extract(day FROM month) = 1),
  credit_limit numeric NOT NULL CHECK (credit_limit_internal.is_amount(credit_limit)),
  balance numeric NOT NULL CHECK (credit_limit_internal.is_amount(abs(balance))),
  payment numeric CHECK (credit_limit_internal.is_amount(payment)),	-- paid in the month
  due numeric CHECK (credit_limit_internal.is_amount(due)),	-- the least that had to be paid in the month
  days_past_due int CHECK (days_past_due >= 0),	-- at the end of the month
  segment text CHECK (octet_length(segment) <= 256),	-- of the borrower in that month; NULL: as borrower has it now. A view
    -- of the lender need not have it
  charges numeric CHECK (credit_limit_internal.is_amount(charges)),	-- interest, fees and charges billed in the month; a view of
    -- the lender need not have it
  PRIMARY KEY (account_id, month)) PARTITION BY RANGE (month);
CREATE TABLE @book@.account_month_rest PARTITION OF @book@.account_month DEFAULT;

-- what is computed of the months of an account, for the scorecard and the policy: credit_limit.behavior_features, which
-- credit_limit.refresh_features() fills, and demand, which credit_limit.refresh_demand() does
CREATE TABLE @book@.account_feature (
  account_id bigint PRIMARY KEY,
  computed_on date NOT NULL CHECK (credit_limit_internal.is_day(computed_on)),	-- of what is said of demand: on earlier days it
    -- was not known
  demand_q90 numeric CHECK (credit_limit_internal.is_amount(demand_q90)),	-- what covers the highest draw of the next months
    -- (the job's peak_months) nine times in ten
  demand_mean numeric CHECK (credit_limit_internal.is_amount(demand_mean)),	-- mean demand of the next month
  demand_mixture credit_limit.demand,	-- of the next months (the job's peak_months) alike: what an optimal limit is of
  as_of date,	-- the month of the features; NULL: they are not those of refresh_features()
  @features@,
  CHECK (months_inactive >= 0 AND days_past_due_worst_12m >= 0));

-- how balances of a product and currency change, as learned from the months up to one: credit_limit.refresh_demand()
CREATE TABLE @book@.demand_model_version (
  product text NOT NULL,
  currency text NOT NULL,
  until date NOT NULL CHECK (credit_limit_internal.is_day(until)),	-- the last month that it has seen
  learned_on date NOT NULL CHECK (credit_limit_internal.is_day(learned_on)),
  model credit_limit.demand_model NOT NULL,
  PRIMARY KEY (product, currency, until));

-- what was forecast of a month before it came: report_demand_quality judges it
CREATE TABLE @book@.demand_forecast (
  account_id bigint NOT NULL,
  month date NOT NULL CHECK (credit_limit_internal.is_day(month)),	-- the month that is forecast
  made_on date NOT NULL CHECK (credit_limit_internal.is_day(made_on)),
  credit_limit numeric,	-- of the last month on file then
  last_balance numeric,	-- of that month; negative: a credit balance
  balance_q50 numeric NOT NULL,	-- what the balance will be below in half of the cases
  balance_q90 numeric NOT NULL,	-- and in nine of ten
  balance_mean numeric NOT NULL,	-- its mean
  demand_mean numeric,	-- mean of what would be drawn without a limit
  demand_q90 numeric,	-- what covers the highest draw of the next months (the job's peak_months) nine times in ten; NULL: the
    -- product has too few months on file
  demand_is_known boolean,	-- false: accounts like it were at their limits so often that their 0.9 quantile is not known; the
    -- demand is then at its ceiling
  chance_at_limit float8,	-- probability that the month comes to the limit, 98 % of it; NULL: the line is closed
  turned_away numeric,	-- mean of what would be drawn in the month beyond the limit, or the balance that is above it
  PRIMARY KEY (account_id, month));
CREATE INDEX demand_forecast_by_month ON @book@.demand_forecast USING brin (month);

-- why limits of a borrower do not rise (NO_INCREASE), nothing may be drawn (FREEZE), or a person decides (REFER)
CREATE TABLE @book@.exclusion (
  exclusion_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  borrower_id bigint NOT NULL,
  kind text NOT NULL CHECK
    (kind IN ('deceased', 'fraud', 'bankrupt', 'forbearance', 'dispute', 'sanctions', 'opt_out', 'other')),
  action text NOT NULL DEFAULT 'NO_INCREASE' CHECK (action IN ('NO_INCREASE', 'FREEZE', 'REFER')),
  valid_from date NOT NULL CHECK (credit_limit_internal.is_day(valid_from)),
  valid_to date CHECK (valid_to >= valid_from AND credit_limit_internal.is_day(valid_to)),
  reason text);
CREATE INDEX ON @book@.exclusion (borrower_id);

-- the day as of which real-time decisions are made: credit_limit.set_business_date()
CREATE TABLE @book@.business_day (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  business_date date CHECK (credit_limit_internal.is_day(business_date)));
INSERT INTO @book@.business_day DEFAULT VALUES;

-- versions: draft, then approved by another role, then retired; on no day are two of one name valid
CREATE TABLE @book@.@kind@_version (
  @kind@_id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  name text NOT NULL CHECK (name <> ''),
  version int NOT NULL CHECK (version > 0),
  document credit_limit.@type@ NOT NULL,
@more@  status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'approved', 'retired')),
  created_by text NOT NULL,
  created_role regrole NOT NULL,	-- the role created_by, whatever it is called now
  created_login text NOT NULL,	-- who had logged in when role created_by drafted it: that login does not approve it
  created_login_role regrole NOT NULL,	-- the role created_login, whatever it is called now
  approved_by text,
  approved_digest bytea,	-- digest of the document that was approved
  retired_by text,
  valid_from date,
  valid_to date,	-- last day; NULL: open. The day before valid_from: withdrawn before it began
  source text NOT NULL,	-- the document as it was when the version was written
  digest bytea NOT NULL,	-- SHA-256 of source; hashes of decisions cover it
  UNIQUE (name, version),
  CONSTRAINT maker_is_not_checker CHECK (approved_by <> created_by),
  CONSTRAINT approved_is_valid CHECK (status = 'draft' OR (num_nulls(approved_by, valid_from) = 0
    AND approved_digest = digest AND (status = 'approved' OR valid_to IS NOT NULL))),
  CONSTRAINT days_are_finite CHECK (
    credit_limit_internal.is_day(valid_from) AND credit_limit_internal.is_day(valid_to)),
  CONSTRAINT ends_after_it_begins CHECK (valid_to >= valid_from - 1),
  CONSTRAINT @kind@_one_on_a_day EXCLUDE USING gist (credit_limit_internal.text_range(name, name, '[]') WITH &&,
    daterange(valid_from, valid_to, '[]') WITH &&) WHERE (status <> 'draft' AND valid_to IS DISTINCT FROM valid_from - 1));
CREATE TRIGGER keep_version BEFORE INSERT OR UPDATE OR DELETE ON @book@.@kind@_version
  FOR EACH ROW EXECUTE FUNCTION credit_limit_internal.keep_version();
CREATE TRIGGER keep_all BEFORE TRUNCATE ON @book@.@kind@_version EXECUTE FUNCTION credit_limit_internal.refuse_change();

-- champion and challengers of a product for some days; of one product on no day two. Once it has decided, only its last day
-- changes
CREATE TABLE @book@.experiment (
  experiment text PRIMARY KEY CHECK (experiment <> ''),
  product text NOT NULL,
  valid_from date NOT NULL CHECK (credit_limit_internal.is_day(valid_from)),
  valid_to date CHECK (valid_to >= valid_from AND credit_limit_internal.is_day(valid_to)),
  unit text NOT NULL DEFAULT 'borrower' CHECK (unit IN ('borrower', 'umbrella')),	-- what is assigned to an arm as a whole:
    -- borrower, or umbrella (a line under none goes with its borrower)
  CONSTRAINT experiment_one_on_a_day EXCLUDE USING gist (credit_limit_internal.text_range(product, product, '[]') WITH &&,
    daterange(valid_from, valid_to, '[]') WITH &&));

-- the arms of an experiment; the arm of a unit follows from credit_limit.assign_arm(), arms in the order of their bytes
CREATE TABLE @book@.experiment_arm (
  experiment text NOT NULL REFERENCES @book@.experiment,
  arm text NOT NULL CHECK (arm <> ''),
  share float8 NOT NULL CHECK (share BETWEEN 0 AND 1),	-- the probability with which a unit is assigned to the arm: it is in
    -- the log
  policy text,	-- name of a policy; NULL: that of the product
  scorecard text,	-- name of a scorecard; NULL: that of the product
  held_out boolean NOT NULL DEFAULT false,	-- true: a rise that was decided is withheld: limit_decision.proposed says what it
    -- would have been
  PRIMARY KEY (experiment, arm));
CREATE TRIGGER keep_experiment BEFORE UPDATE OR DELETE ON @book@.experiment
  FOR EACH ROW EXECUTE FUNCTION credit_limit_internal.keep_experiment();
CREATE TRIGGER keep_experiment BEFORE INSERT OR UPDATE OR DELETE ON @book@.experiment_arm
  FOR EACH ROW EXECUTE FUNCTION credit_limit_internal.keep_experiment()

-- what is run again and again: credit_limit.run_job(), credit_limit.schedule()
CREATE TABLE @book@.job (
  job text PRIMARY KEY CHECK (job IN ('features', 'demand', 'decisions', 'overrides', 'reports', 'alerts', 'months',
    'retention')),
  schedule text,	-- as it was given to the scheduler; NULL: not scheduled
  expected_every interval NOT NULL DEFAULT '26 hours' CHECK (expected_every > '0'),	-- overdue in job_status: it has worked for
    -- no new day for longer than this
  as_of text NOT NULL DEFAULT 'business_day' CHECK (as_of IN ('business_day', 'today', 'yesterday')),	-- the day that a
    -- scheduled start works for; today and yesterday are those of GMT
  parameters jsonb NOT NULL DEFAULT '{}',	-- demand: those of credit_limit.refresh_demand(); months: ahead, how many to have
    -- (3); retention: keep_decisions, months (NULL: for good), archive, a schema, keep_allocations and
    -- keep_job_runs, days (400)
  scheduled_by text,	-- the role as which pg_cron runs it, and which unschedules it
  scheduled_at timestamptz);
INSERT INTO @book@.job (job) VALUES ('features'), ('demand'), ('decisions'), ('overrides'), ('reports'), ('alerts'), ('months'),
  ('retention');
UPDATE @book@.job SET expected_every = '32 days' WHERE job IN ('demand', 'retention');

-- runs of decisions and other jobs, and how they ended
CREATE TABLE @book@.run (
  run_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  job text NOT NULL DEFAULT 'decisions',	-- as in job; realtime: run 0, whose versions decide in real time
  run_key text UNIQUE,	-- of decisions: a second start of the same run finds the first; NULL: a start of the job that could not
    -- be planned
  as_of date,
  status text NOT NULL DEFAULT 'running'	-- lost: its session was gone before it could say; standing: of run 0
    CHECK (status IN ('running', 'cancelled', 'done', 'failed', 'lost', 'standing')),
  move_limits boolean,
  chunk_size int CHECK (chunk_size > 0),
  started_by text NOT NULL DEFAULT current_user,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_at timestamptz,
  row_count bigint,	-- decisions written, forecasts made, overrides applied, positions of reports, alerts opened and closed,
    -- partitions made, decisions retired
  failed bigint,	-- borrowers that could not be decided: run_chunk names them
  sqlstate text,
  message text,
  pid int NOT NULL DEFAULT pg_backend_pid(),
  backend_start timestamptz NOT NULL DEFAULT credit_limit_internal.my_backend_start(),
  log_end jsonb,	-- where the lanes of the log ended when the run was done: lane, place, hash
  inputs text[],	-- columns of decision_input that are kept as evidence: those that its policies and scorecards read
  CONSTRAINT decisions_have_a_key CHECK (run_key IS NULL OR num_nulls(as_of, move_limits, chunk_size) = 0));
CREATE INDEX ON @book@.run (job, started_at);
INSERT INTO @book@.run (run_id, job, status) VALUES (0, 'realtime', 'standing');

-- the parts of a run, by borrower; one that meets an error is split until the borrower is found whose row is wrong
CREATE TABLE @book@.run_chunk (
  run_id bigint NOT NULL REFERENCES @book@.run ON DELETE CASCADE,
  chunk int NOT NULL,
  lowest bigint NOT NULL,
  highest bigint NOT NULL,
  borrowers int NOT NULL,
  status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'done', 'split', 'failed')),
  decisions bigint,
  moves bigint,
  tries int NOT NULL DEFAULT 0,
  ended_at timestamptz,
  sqlstate text,
  message text,
  PRIMARY KEY (run_id, chunk));
CREATE INDEX ON @book@.run_chunk (run_id, chunk) WHERE status = 'pending';

-- what a run decides by: the versions that were valid when it began, whatever is approved meanwhile; of run 0 those of now
CREATE TABLE @book@.run_version (
  run_id bigint NOT NULL REFERENCES @book@.run ON DELETE CASCADE,
  version_no int NOT NULL,
  product text NOT NULL,
  experiment text,
  arm text,
  arms text[],
  shares float8[],
  policy_id int,
  scorecard_id int,
  allocation_id int,	-- whose prices choose limits; NULL: the target of the policy does
  missing boolean NOT NULL DEFAULT false,
  unit text,
  arm_probability float8,
  held_out boolean NOT NULL DEFAULT false,
  PRIMARY KEY (run_id, version_no));

-- how far runs are; time_left is what the borrowers left take at the speed so far, as of the latest chunk
CREATE VIEW @book@.run_progress AS
  SELECT r.run_id, r.run_key, r.as_of, r.status, c.chunks, c.chunks_done, c.borrowers, c.borrowers_done, c.decisions, c.moves,
    c.failed, CASE WHEN c.borrowers > 0 THEN round(100.0 * c.borrowers_done / c.borrowers, 1) WHEN r.status = 'done' THEN 100
    END AS percent, c.latest - r.started_at AS taken,
    round(c.decisions / nullif(extract(epoch FROM c.latest - r.started_at), 0)) AS decisions_per_second,
    CASE WHEN r.status = 'running' AND c.borrowers_done > 0
      THEN (c.latest - r.started_at) * ((c.borrowers - c.borrowers_done)::float8 / c.borrowers_done) END AS time_left
  FROM @book@.run r
  CROSS JOIN LATERAL (SELECT count(*) AS chunks, count(*) FILTER (WHERE k.status <> 'pending') AS chunks_done,
      coalesce(sum(k.borrowers), 0) AS borrowers,
      coalesce(sum(k.borrowers) FILTER (WHERE k.status <> 'pending'), 0) AS borrowers_done,
      coalesce(sum(k.decisions), 0) AS decisions, coalesce(sum(k.moves), 0) AS moves,
      count(*) FILTER (WHERE k.status = 'failed') AS failed, max(k.ended_at) AS latest
    FROM @book@.run_chunk k WHERE k.run_id = r.run_id AND k.status <> 'split') c
  WHERE r.run_key IS NOT NULL;

-- jobs with their latest run; failures: runs that failed, or left borrowers out; last_work: when a job was first done with its
-- latest day; overdue: scheduled, and without a new day, for longer than expected_every
CREATE VIEW @book@.job_status AS
  SELECT j.job, j.schedule, j.expected_every, r.status, r.as_of, r.started_at, r.ended_at, r.row_count, r.sqlstate, r.message,
    r.failed, c.runs, c.failures, c.last_success, w.ended_at AS last_work,
    j.schedule IS NOT NULL
      AND coalesce(clock_timestamp() - greatest(w.ended_at, j.scheduled_at) > j.expected_every, true) AS overdue
  FROM @book@.job j
  LEFT JOIN LATERAL (SELECT * FROM @book@.run r WHERE r.job = j.job ORDER BY r.started_at DESC, r.run_id DESC LIMIT 1) r
    ON true
  LEFT JOIN LATERAL (SELECT r.ended_at FROM @book@.run r WHERE r.job = j.job AND r.status = 'done'
    AND r.move_limits IS NOT false ORDER BY r.as_of DESC, r.ended_at LIMIT 1) w ON true
  LEFT JOIN LATERAL (SELECT count(*) AS runs, count(*) FILTER (WHERE r.status IN ('failed', 'lost') OR r.failed > 0)
    AS failures, max(r.ended_at) FILTER (WHERE r.status = 'done') AS last_success
    FROM @book@.run r WHERE r.job = j.job) c ON true;

-- every decision on a limit, permanent: from action to proposed as in credit_limit.limit_decision
CREATE TABLE @book@.decision (
  LIKE credit_limit_internal.log_entry,
  PRIMARY KEY (decision_id, as_of),
  UNIQUE (borrower_id, account_id, run_id, as_of),
  CHECK (source IN ('run', 'realtime', 'override'))) PARTITION BY RANGE (as_of);
ALTER TABLE @book@.decision ALTER source SET NOT NULL, ALTER account_id SET NOT NULL, ALTER borrower_id SET NOT NULL,
  ALTER product SET NOT NULL, ALTER decided_at SET NOT NULL, ALTER action SET NOT NULL, ALTER binding SET NOT NULL,
  ALTER reasons SET NOT NULL, ALTER frozen SET NOT NULL, ALTER input_hash SET NOT NULL, ALTER previous_hash SET NOT NULL,
  ALTER hash SET NOT NULL;
CREATE TABLE @book@.decision_rest PARTITION OF @book@.decision DEFAULT;
COMMENT ON COLUMN @book@.decision.decision_id IS '64 times the place in its lane, plus the lane (0 to 63)';
COMMENT ON COLUMN @book@.decision.as_of IS 'the day as of which it was decided; of several in real time decided_at is the order';
COMMENT ON COLUMN @book@.decision.decided_at IS 'when it was decided: of its chunk, or of its event';
COMMENT ON COLUMN @book@.decision.input_hash IS 'credit_limit.input_hash() of what lies in decision_evidence';
-- Reports of decisions are asked by day: days come in order, so an index of ranges is a few pages and costs a run nothing.
CREATE INDEX decision_by_day ON @book@.decision USING brin (as_of, run_id);

-- names and types of the columns of decision_evidence.inputs
CREATE TABLE @book@.evidence_layout (
  layout bigint PRIMARY KEY,	-- the first eight bytes of SHA-256 of columns
  columns text NOT NULL);

-- what a decision was made of, as credit_limit.canonical_row(): personal, erased by credit_limit.erase_borrower()
CREATE TABLE @book@.decision_evidence (
  decision_id bigint NOT NULL,
  as_of date NOT NULL,
  salt bytea NOT NULL,
  layout bigint NOT NULL,
  inputs text NOT NULL,
  PRIMARY KEY (decision_id, as_of)) PARTITION BY RANGE (as_of);
CREATE TABLE @book@.decision_evidence_rest PARTITION OF @book@.decision_evidence DEFAULT;
CREATE TRIGGER keep_all BEFORE UPDATE OR DELETE ON @book@.decision_evidence
  FOR EACH ROW EXECUTE FUNCTION credit_limit_internal.keep_evidence();

-- the ends of the chains: place and hash of the last decision in each lane, and of the last row of log_act in lane 64
CREATE TABLE @book@.log_lane (
  lane int PRIMARY KEY,
  place bigint NOT NULL,
  hash bytea NOT NULL,
  latest date) WITH (fillfactor = 50);	-- the latest day as of which was decided; NULL: no decision
INSERT INTO @book@.log_lane SELECT l, 0, credit_limit_internal.lane_origin(l) FROM generate_series(0, 64) l;
CREATE TRIGGER keep_acts BEFORE UPDATE ON @book@.log_lane FOR EACH ROW WHEN (OLD.lane = 64)
  EXECUTE FUNCTION credit_limit_internal.keep_acts();
CREATE INDEX ON @book@.log_lane (latest);	-- each event asks for the largest
CREATE TRIGGER keep_all BEFORE INSERT OR DELETE OR UPDATE OF lane ON @book@.log_lane
  FOR EACH ROW EXECUTE FUNCTION credit_limit_internal.refuse_change();

-- rows of erasure, retirement, release, group_order and versions as they were written, chained: lane 64 of the log
CREATE TABLE @book@.log_act (
  place bigint PRIMARY KEY,
  kind text NOT NULL,	-- erasure, retirement, release, policy, scorecard, allocation, order; budget: of releases with noise;
    -- guards: what create_book() made
  id bigint NOT NULL,	-- the row: erasure_id, retirement_id, release_id, policy_id,
    -- scorecard_id, allocation_id or order_id; 0: there is one only
  written_at timestamptz NOT NULL,
  login text NOT NULL,
  content text NOT NULL,
  previous_hash bytea NOT NULL,
  hash bytea NOT NULL);	-- SHA-256 of previous_hash and canonical_row() of kind, id, written_at, login and content
CREATE INDEX ON @book@.log_act (kind, id);

-- borrowers whose inputs were erased
CREATE TABLE @book@.erasure (
  erasure_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  borrower_id bigint NOT NULL,
  erased_on date NOT NULL,
  erased_by text NOT NULL DEFAULT current_user,
  reason text NOT NULL);
CREATE INDEX ON @book@.erasure (borrower_id);

-- months of the log that were dropped when their time was over
CREATE TABLE @book@.retirement (
  retirement_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  month date NOT NULL,
  decisions bigint NOT NULL,
  stretches jsonb NOT NULL,	-- where its decisions lay: lane, first and last place, previous_hash of the first and hash of the
    -- last
  digest bytea NOT NULL GENERATED ALWAYS AS (sha256(decode(stretches::text, 'escape'))) STORED,	-- SHA-256 of stretches as text:
    -- credit_limit.verify_archive() of a copy of the decisions gives it too
  log_end jsonb NOT NULL,	-- where the lanes ended when it was retired
  archive text,	-- schema into which its decisions and their inputs were moved; NULL: they were dropped
  retired_by text NOT NULL DEFAULT current_user,
  reason text NOT NULL);

-- limits that persons propose where a decision was REFER: approved or declined by another, then applied or refused
CREATE TABLE @book@.override_request (
  request_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  decision_id bigint NOT NULL,	-- the decision that referred; as_of, account_id and borrower_id are its own
  as_of date NOT NULL,
  account_id bigint NOT NULL,
  borrower_id bigint NOT NULL,
  new_limit numeric NOT NULL CHECK (new_limit >= 0 AND new_limit < 'Infinity'),	-- rounded as the policy that referred rounds
  reason text NOT NULL CHECK (reason <> ''),	-- goes into the decision, and by reason_text to the borrower
  note text,	-- for colleagues: kept with the inputs of the decision, and erased with them
  status text NOT NULL DEFAULT 'proposed' CHECK (status IN ('proposed', 'approved', 'declined', 'applied', 'refused')),
  proposed_by text NOT NULL,
  proposed_role regrole NOT NULL,	-- the role proposed_by, whatever it is called now
  proposed_login text NOT NULL,
  proposed_login_role regrole NOT NULL,	-- the role proposed_login, whatever it is called now
  decided_by text,
  override_id bigint,	-- the decision that was written
  message text,	-- why it was refused
  CONSTRAINT proposer_is_not_approver CHECK (decided_by <> proposed_by));
CREATE UNIQUE INDEX override_request_one_of_a_decision ON @book@.override_request (decision_id)
  WHERE status IN ('proposed', 'approved', 'applied');
CREATE INDEX ON @book@.override_request (borrower_id);
CREATE INDEX ON @book@.override_request (request_id) WHERE status = 'approved';
CREATE TRIGGER keep_request BEFORE INSERT OR UPDATE OR DELETE ON @book@.override_request
  FOR EACH ROW EXECUTE FUNCTION credit_limit_internal.keep_request();
CREATE TRIGGER keep_all BEFORE TRUNCATE ON @book@.override_request EXECUTE FUNCTION credit_limit_internal.refuse_change();

-- rules of the lender's own for credit_limit.limit_rules(), which a policy may include; one of a name that is shipped takes its
-- place
CREATE TABLE @book@.limit_rule (
  rule text PRIMARY KEY CHECK (rule <> ''),
  jurisdiction text,	-- countries, as in ISO 3166, with a space between them
  clause jsonb CHECK (jsonb_typeof(clause) = 'object'),	-- part of a policy that keeps the rule; NULL: none does alone
  needs text[],	-- columns of an account that the clause reads and decision_input does not have by itself
  valid_from date CHECK (credit_limit_internal.is_day(valid_from)),	-- first day; NULL: not said
  summary text NOT NULL,	-- what it asks for
  source text NOT NULL CHECK (source <> ''));	-- where that was read

-- what reports assume of a product; the empty name is for products without a row of their own. Rates are fractions a year
CREATE TABLE @book@.report_assumption (
  product text PRIMARY KEY,
  margin float8 NOT NULL DEFAULT 0.12 CHECK (margin BETWEEN -1 AND 10),	-- earned in a year on what is drawn
  carry float8 NOT NULL DEFAULT 0.006 CHECK (carry BETWEEN 0 AND 10),	-- cost in a year of what is granted and not drawn
  ccf float8 NOT NULL DEFAULT 0.4 CHECK (ccf BETWEEN 0 AND 10),	-- part of the unused limit that is drawn when a borrower
    -- defaults
  lgd float8 NOT NULL DEFAULT 0.75 CHECK (lgd BETWEEN 0 AND 2),
  capital float8 NOT NULL DEFAULT 0.08 CHECK (capital BETWEEN 0 AND 2),	-- capital for each unit of exposure
  bad_days int NOT NULL DEFAULT 90 CHECK (bad_days > 0),	-- days past due from which on a borrower is bad
  outcome_months int NOT NULL DEFAULT 12 CHECK (outcome_months BETWEEN 1 AND 120),	-- months after a decision in which a
    -- borrower turns out bad, or does not
  demand_ceiling numeric NOT NULL DEFAULT 2 CHECK (demand_ceiling BETWEEN 1 AND 1000),	-- the demand of a
    -- month counts up to this multiple of the larger of limit and entitlement: demand far above was never seen, and one account
    -- would outweigh the book
  exchange_rate numeric NOT NULL DEFAULT 1 CHECK (exchange_rate > 0 AND exchange_rate < 'Infinity'));	-- what one of the
    -- currency of the product is worth in that of the book: cases of several currencies are ranked by it
INSERT INTO @book@.report_assumption (product) VALUES ('');

-- the day and the latest month of account_month of which report_position tells: credit_limit.refresh_reports()
CREATE TABLE @book@.report_refresh (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  as_of date,
  latest_month date,
  whole_month date,	-- the latest with at least half as many rows as the one before: outcomes are told by it, since those who
    -- are in a month first, by real time, are late more often
  partitions text[],	-- of account_month at the latest refresh, each with the transaction that attached it; NULL: none yet
  assumption text NOT NULL DEFAULT '' CHECK (assumption = '') REFERENCES @book@.report_assumption);	-- keeps the row
    -- of the empty name in report_assumption: without it reports would leave products out
INSERT INTO @book@.report_refresh DEFAULT VALUES;

-- open accounts as of credit_limit.refresh_reports(): their demand, and the latest decision that was in force
CREATE TABLE @book@.report_position (
  account_id bigint PRIMARY KEY,
  months int NOT NULL,	-- months of account_month that were looked at, at most 12
  months_inactive int NOT NULL,	-- of these, since the last with a balance
  demand credit_limit.demand,	-- of the month after the latest on file, by its own months and its population
  demand_status text,	-- posterior: its months carry it; mostly_prior, prior_only, tail: weak; out_of_scope: no line for a year;
    -- NULL: nobody in its product, currency and segment has drawn
  demand_q90 numeric,	-- amount that covers it nine times in ten
  demand_mean numeric,	-- its mean, each draw up to report_assumption.demand_ceiling: what the gap takes as demand
  decision_id bigint,
  decided_on date,
  action text,
  pd float8,
  old_limit numeric,
  new_limit numeric,
  entitlement numeric,
  risk_cap numeric,	-- the lower of the caps of risk and affordability
  product_cap numeric,	-- the lowest of the caps of product, law and umbrella, and the target: a limit at its target is not
    -- ungranted
  best_limit numeric,	-- what would earn most by the economics of the policy, whatever its rules and caps say; NULL: its target
    -- is another, or demand or economics are not known
  regret numeric,	-- what the limit of that day forgoes in a year against it, net, the price of a budget being a cost
  regret_side text);	-- too_low, too_high or best
-- Who may not see an account may not see its position; who refreshes them sees also those of accounts that are gone.
ALTER TABLE @book@.report_position ENABLE ROW LEVEL SECURITY;
CREATE POLICY as_account ON @book@.report_position
  USING ((SELECT has_table_privilege('@book@.report_position'::regclass, 'DELETE'))
    OR EXISTS (SELECT FROM @book@.account a WHERE a.account_id = report_position.account_id))

-- the segments that a restricted analyst sees: credit_limit.restrict_analyst()
CREATE TABLE @book@.analyst_segment (
  role regrole NOT NULL,
  segment text NOT NULL,
  PRIMARY KEY (role, segment));
$ddl$ || credit_limit_internal.allocation_tables() || credit_limit_internal.parameter_tables()
    || credit_limit_internal.alert_tables() || credit_limit_internal.watch_tables() || credit_limit_internal.release_tables()
    || credit_limit_internal.group_tables();
  d record;
BEGIN
  FOR d IN SELECT replace(replace(replace(replace(r.definition, '@kind@', k.kind), '@type@', k.type), '@more@', k.more),
        '@features@', credit_limit_internal.feature_columns('%1$I %2$s')) AS definition
      FROM regexp_split_to_table(definitions, E'\n\n') WITH ORDINALITY r(definition, n),
        (VALUES ('policy', 'limit_policy', ''), ('scorecard', 'scorecard', ''),
          ('allocation', 'allocation_certificate', credit_limit_internal.allocation_columns())) k(kind, type, more)
      WHERE k.kind = 'policy' OR r.definition ~ '@kind@' ORDER BY r.n, k.kind DESC LOOP
    PERFORM credit_limit_internal.create_table(book, d.definition);
  END LOOP;
END
$create$;

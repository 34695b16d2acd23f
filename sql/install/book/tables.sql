-- The tables of a book that describe products, borrowers and accounts. The contract is their column names: views of the same
-- names over a lender's own tables do as well.

-- A feature has one name everywhere: that of behavior_features. What a decision knows by another way (limit, balance and arrears
-- of the account itself) is left out.
CREATE FUNCTION credit_limit_internal.feature_columns(pattern text) RETURNS text
LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
  SELECT string_agg(format(pattern, a.attname, format_type(a.atttypid, NULL)), ', ' ORDER BY a.attnum)
  FROM pg_attribute a
  WHERE a.attrelid = 'credit_limit.behavior_features'::regclass
    AND a.attname NOT IN ('as_of', 'credit_limit', 'balance', 'payment', 'due', 'days_past_due')
$$;
COMMENT ON FUNCTION credit_limit_internal.feature_columns(text) IS
    'the columns of account_feature that come from behavior_features, as a list: of each, format(pattern, name, type)';

CREATE FUNCTION credit_limit_internal.create_tables(book text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $create$
BEGIN
  PERFORM credit_limit_internal.create_table(book, 'product', $$
    CREATE TABLE @book@.product (
      product text PRIMARY KEY CHECK (product <> ''),
      name text NOT NULL,
      kind text NOT NULL,
      currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
      policy text,
      scorecard text,
      UNIQUE (product, currency));
    COMMENT ON TABLE @book@.product IS
      'what is lent; policy and scorecard name the families of versions that decide its limits';
    COMMENT ON COLUMN @book@.product.kind IS 'a word of your own, such as card or instalment: nothing reads it';
    COMMENT ON COLUMN @book@.product.currency IS 'ISO 4217; of every amount of its accounts';
    COMMENT ON COLUMN @book@.product.policy IS 'name of the policy; NULL: limits of this product are not decided here';
    COMMENT ON COLUMN @book@.product.scorecard IS 'name of the scorecard; NULL: score and PD come from outside';
  $$);
  PERFORM credit_limit_internal.create_table(book, 'borrower', $$
    CREATE TABLE @book@.borrower (
      borrower_id bigint PRIMARY KEY,
      segment text CHECK (octet_length(segment) <= 256),
      income numeric CHECK (income >= 0 AND income < 1e15),
      obligations numeric CHECK (obligations >= 0 AND obligations < 1e15),
      external_score float8,
      external_pd float8 CHECK (external_pd BETWEEN 0 AND 1),
      erased_on date CHECK (credit_limit_internal.is_day(erased_on)));
    COMMENT ON TABLE @book@.borrower IS 'who borrows';
    COMMENT ON COLUMN @book@.borrower.income IS 'per month; NULL: not known';
    COMMENT ON COLUMN @book@.borrower.obligations IS 'monthly payments elsewhere, without the lines of this book';
    COMMENT ON COLUMN @book@.borrower.external_score IS 'score of another system, for products without a scorecard';
    COMMENT ON COLUMN @book@.borrower.external_pd IS 'probability of default of another system, 0 to 1';
  $$);
  PERFORM credit_limit_internal.create_table(book, 'umbrella', $$
    CREATE TABLE @book@.umbrella (
      umbrella_id bigint PRIMARY KEY,
      borrower_id bigint NOT NULL,
      kind text NOT NULL CHECK (kind IN ('shared', 'partitioned')),
      currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
      credit_limit numeric NOT NULL CHECK (credit_limit >= 0 AND credit_limit < 1e15),
      valid_from date NOT NULL CHECK (credit_limit_internal.is_day(valid_from)),
      valid_to date CHECK (valid_to >= valid_from AND credit_limit_internal.is_day(valid_to)),
      granted numeric NOT NULL DEFAULT 0 CHECK (granted >= 0),
      UNIQUE (umbrella_id, borrower_id, currency));
    COMMENT ON TABLE @book@.umbrella IS
      'a limit across products of a borrower; outside its days it is 0: nothing more may be drawn';
    COMMENT ON COLUMN @book@.umbrella.kind IS
    'shared: limits of products may overlap, their use may not exceed it; partitioned: nor may the limits';
    COMMENT ON COLUMN @book@.umbrella.valid_to IS 'last day; NULL: open';
    COMMENT ON COLUMN @book@.umbrella.granted IS 'sum of the limits of its open accounts, kept by a trigger of account';
    CREATE INDEX ON @book@.umbrella (borrower_id);
  $$);
  PERFORM credit_limit_internal.create_table(book, 'account', $$
    CREATE TABLE @book@.account (
      account_id bigint PRIMARY KEY,
      borrower_id bigint NOT NULL,
      product text NOT NULL,
      currency text NOT NULL,
      umbrella_id bigint,
      status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'closed')),
      opened_on date NOT NULL CHECK (credit_limit_internal.is_day(opened_on)),
      credit_limit numeric NOT NULL DEFAULT 0 CHECK (credit_limit >= 0 AND credit_limit < 1e15),
      balance numeric NOT NULL DEFAULT 0 CHECK (balance > -1e15 AND balance < 1e15),
      pending numeric NOT NULL DEFAULT 0 CHECK (pending >= 0 AND pending < 1e15),
      last_limit_change date CHECK (credit_limit_internal.is_day(last_limit_change)),
      frozen boolean NOT NULL DEFAULT false)
      WITH (fillfactor = 50);	-- a run may change every limit: the new rows fit beside the old, and no index is touched
    COMMENT ON TABLE @book@.account IS 'a line of a product: its limit, and what is drawn now';
    COMMENT ON COLUMN @book@.account.balance IS 'drawn; negative: a credit balance';
    COMMENT ON COLUMN @book@.account.pending IS 'authorised, not yet booked';
    COMMENT ON COLUMN @book@.account.credit_limit IS '0: no line yet';
    COMMENT ON COLUMN @book@.account.frozen IS 'nothing may be drawn: set and cleared by decisions';
    CREATE INDEX ON @book@.account (borrower_id);
    CREATE INDEX ON @book@.account (umbrella_id) WHERE umbrella_id IS NOT NULL;
  $$);
  PERFORM credit_limit_internal.create_table(book, 'limit_adjustment', $$
    CREATE TABLE @book@.limit_adjustment (
      adjustment_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
      account_id bigint NOT NULL,
      kind text NOT NULL CHECK (kind IN ('blocked', 'ad_hoc')),
      amount numeric NOT NULL CHECK (amount > 0 AND amount < 1e15),
      valid_from date NOT NULL CHECK (credit_limit_internal.is_day(valid_from)),
      valid_to date NOT NULL CHECK (valid_to >= valid_from AND credit_limit_internal.is_day(valid_to)),
      reason text NOT NULL);
    COMMENT ON TABLE @book@.limit_adjustment IS
      'for some days: an amount that may not be drawn (blocked), or may be drawn above the limit (ad_hoc), within the umbrella';
    CREATE INDEX ON @book@.limit_adjustment (account_id);
  $$);
  PERFORM credit_limit_internal.create_table(book, 'account_month', $$
    CREATE TABLE @book@.account_month (
      account_id bigint NOT NULL,
      month date NOT NULL CHECK (credit_limit_internal.is_day(month) AND extract(day FROM month) = 1),
      credit_limit numeric NOT NULL CHECK (credit_limit >= 0 AND credit_limit < 1e15),
      balance numeric NOT NULL CHECK (balance > -1e15 AND balance < 1e15),
      payment numeric CHECK (payment >= 0 AND payment < 1e15),
      due numeric CHECK (due >= 0 AND due < 1e15),
      days_past_due int CHECK (days_past_due >= 0),
      segment text CHECK (octet_length(segment) <= 256),
      PRIMARY KEY (account_id, month)) PARTITION BY RANGE (month);
    CREATE TABLE @book@.account_month_rest PARTITION OF @book@.account_month DEFAULT;
    COMMENT ON TABLE @book@.account_month IS 'an account at the end of a month; month is its first day';
    COMMENT ON COLUMN @book@.account_month.payment IS 'paid in the month';
    COMMENT ON COLUMN @book@.account_month.due IS 'the least that had to be paid in the month';
    COMMENT ON COLUMN @book@.account_month.days_past_due IS 'at the end of the month';
    COMMENT ON COLUMN @book@.account_month.segment IS
      'of the borrower in that month; NULL: as borrower has it now. A view of the lender need not have it';
  $$);
  PERFORM credit_limit_internal.create_table(book, 'account_feature', replace($$
    CREATE TABLE @book@.account_feature (
      account_id bigint PRIMARY KEY,
      computed_on date NOT NULL CHECK (credit_limit_internal.is_day(computed_on)),
      demand_q90 numeric CHECK (demand_q90 >= 0 AND demand_q90 < 1e15),
      demand_mean numeric CHECK (demand_mean >= 0 AND demand_mean < 1e15),
      as_of date,
      @features@,
      CHECK (months_inactive >= 0 AND days_past_due_worst_12m >= 0));
    COMMENT ON TABLE @book@.account_feature IS
      'what is computed of the months of an account, for the scorecard and the policy: credit_limit.behavior_features, which '
      'credit_limit.refresh_features() fills, and demand';
    COMMENT ON COLUMN @book@.account_feature.as_of IS
      'the month of the features; NULL: they are not those of refresh_features()';
    COMMENT ON COLUMN @book@.account_feature.computed_on IS 'of demand_q90 and demand_mean: on earlier days they were not known';
  $$, '@features@', credit_limit_internal.feature_columns('%1$I %2$s')));
  PERFORM credit_limit_internal.create_table(book, 'exclusion', $$
    CREATE TABLE @book@.exclusion (
      exclusion_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
      borrower_id bigint NOT NULL,
      kind text NOT NULL CHECK
        (kind IN ('deceased', 'fraud', 'bankrupt', 'forbearance', 'dispute', 'sanctions', 'opt_out', 'other')),
      action text NOT NULL DEFAULT 'NO_INCREASE' CHECK (action IN ('NO_INCREASE', 'FREEZE', 'REFER')),
      valid_from date NOT NULL CHECK (credit_limit_internal.is_day(valid_from)),
      valid_to date CHECK (valid_to >= valid_from AND credit_limit_internal.is_day(valid_to)),
      reason text);
    COMMENT ON TABLE @book@.exclusion IS
      'why limits of a borrower do not rise (NO_INCREASE), nothing may be drawn (FREEZE), or a person decides (REFER)';
    CREATE INDEX ON @book@.exclusion (borrower_id);
  $$);
  PERFORM credit_limit_internal.create_table(book, 'business_day', $$
    CREATE TABLE @book@.business_day (
      only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
      business_date date CHECK (credit_limit_internal.is_day(business_date)));
    INSERT INTO @book@.business_day DEFAULT VALUES;
    COMMENT ON TABLE @book@.business_day IS 'the day as of which real-time decisions are made: credit_limit.set_business_date()';
  $$);
END
$create$;
COMMENT ON FUNCTION credit_limit_internal.create_tables(text) IS
    'part of create_book: products, borrowers, umbrellas, accounts, months, exclusions';

-- Foreign keys, between what are tables: a view has no key to refer to, and check_book looks instead.
CREATE FUNCTION credit_limit_internal.create_keys(book text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  k record;
BEGIN
  FOR k IN SELECT * FROM (VALUES
      ('umbrella', 'borrower_id', 'borrower', 'borrower_id'),
      ('account', 'borrower_id', 'borrower', 'borrower_id'),
      ('account', 'product, currency', 'product', 'product, currency'),
      ('account', 'umbrella_id, borrower_id, currency', 'umbrella', 'umbrella_id, borrower_id, currency'),
      ('limit_adjustment', 'account_id', 'account', 'account_id'),
      ('account_month', 'account_id', 'account', 'account_id'),
      ('account_feature', 'account_id', 'account', 'account_id'),
      ('exclusion', 'borrower_id', 'borrower', 'borrower_id')) v(relation, columns, target, target_columns) LOOP
    CONTINUE WHEN EXISTS (SELECT FROM pg_class c WHERE c.oid IN (to_regclass(format('%I.%I', book, k.relation)),
      to_regclass(format('%I.%I', book, k.target))) AND c.relkind NOT IN ('r', 'p'));
    BEGIN
      EXECUTE format('ALTER TABLE %1$I.%2$I ADD FOREIGN KEY (%3$s) REFERENCES %1$I.%4$I (%5$s)', book, k.relation, k.columns,
        k.target, k.target_columns);	-- DDL
    EXCEPTION WHEN invalid_foreign_key OR datatype_mismatch OR undefined_column OR foreign_key_violation
        OR insufficient_privilege THEN
      RAISE WARNING 'no foreign key from %.% to %.%: %', book, k.relation, book, k.target, SQLERRM;
    END;
  END LOOP;
END
$$;
COMMENT ON FUNCTION credit_limit_internal.create_keys(text) IS 'part of create_book: foreign keys between what are tables';

-- Locking a row takes the right to update a column of it, and a foreign key lets two rows exchange their keys in one statement.
CREATE FUNCTION credit_limit_internal.keep_key() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
    MESSAGE = format('keys of "%s.%s" do not change', TG_TABLE_SCHEMA, TG_TABLE_NAME),
    DETAIL = 'The log names rows by their keys.', HINT = 'Insert a row with the new key, and close the accounts of the old one.';
END
$$;
COMMENT ON FUNCTION credit_limit_internal.keep_key() IS
    'trigger of tables on whose key rights exist only to lock rows: an error (42501)';

-- Trigger functions that belong to the book run with the rights of its owner: a loader who closes an account has no right on
-- umbrella, and whoever approves a version none on run_version. (Functions of the extension would run with the rights of its
-- owner, who may be a superuser.) They take no argument, look nothing up outside pg_catalog, nobody else may use them, and they
-- do nothing for a table that belongs to somebody else.
CREATE FUNCTION credit_limit_internal.create_triggers(book text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $create$
DECLARE
  relation text;
BEGIN
  EXECUTE replace($$
    CREATE FUNCTION @book@.keep_umbrella() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $body$
    DECLARE
      raised bigint[];
      changed bigint[];
    BEGIN
      IF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT n.umbrella_id) INTO raised FROM new_account n WHERE n.umbrella_id IS NOT NULL;
      ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT o.umbrella_id) INTO changed FROM old_account o WHERE o.umbrella_id IS NOT NULL;
      ELSE
        SELECT array_agg(DISTINCT n.umbrella_id) FILTER (WHERE n.status = 'open' AND (o.status <> 'open'
            OR n.credit_limit > o.credit_limit OR o.umbrella_id IS DISTINCT FROM n.umbrella_id)),
          array_agg(DISTINCT u.umbrella_id)
        INTO raised, changed
        FROM new_account n FULL JOIN old_account o ON o.account_id = n.account_id,
          LATERAL (VALUES (n.umbrella_id), (o.umbrella_id)) u(umbrella_id)
        WHERE u.umbrella_id IS NOT NULL AND (n.credit_limit, n.status, n.umbrella_id)
          IS DISTINCT FROM (o.credit_limit, o.status, o.umbrella_id);
      END IF;
      IF coalesce(raised, changed) IS NOT NULL THEN
        PERFORM credit_limit_internal.count_granted(credit_limit_internal.trigger_book(TG_RELID), coalesce(raised, '{}'),
          coalesce(changed, '{}'));
      END IF;
      RETURN NULL;
    END
    $body$;
    COMMENT ON FUNCTION @book@.keep_umbrella() IS
    'trigger of account: keeps umbrella.granted, and refuses limits that exceed a partitioned umbrella';
    REVOKE ALL ON FUNCTION @book@.keep_umbrella() FROM PUBLIC;

    CREATE FUNCTION @book@.renew_versions() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $body$
    BEGIN
      PERFORM credit_limit_internal.renew_versions(credit_limit_internal.trigger_book(TG_RELID));
      RETURN NULL;
    END
    $body$;
    COMMENT ON FUNCTION @book@.renew_versions() IS
    'trigger of what decides on a day: writes anew by what real time decides, run_version of run 0; fires always';
    REVOKE ALL ON FUNCTION @book@.renew_versions() FROM PUBLIC;

    CREATE FUNCTION @book@.write_act() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $body$
    BEGIN
      PERFORM credit_limit_internal.write_act(credit_limit_internal.trigger_book(TG_RELID), TG_ARGV[0],
        (to_jsonb(NEW) ->> (TG_ARGV[0] || '_id'))::bigint);
      RETURN NULL;
    END
    $body$;
    COMMENT ON FUNCTION @book@.write_act() IS
    'trigger of erasure, retirement and versions: continues log_act with what was written';
    REVOKE ALL ON FUNCTION @book@.write_act() FROM PUBLIC;
    CREATE TRIGGER write_act AFTER INSERT OR UPDATE ON @book@.erasure FOR EACH ROW EXECUTE FUNCTION @book@.write_act('erasure');
    CREATE TRIGGER write_act AFTER INSERT OR UPDATE ON @book@.retirement
      FOR EACH ROW EXECUTE FUNCTION @book@.write_act('retirement')
  $$, '@book@', quote_ident(book));	-- DDL
  IF (SELECT c.relkind FROM pg_class c WHERE c.oid = to_regclass(format('%I.account', book))) IN ('r', 'p') THEN
    EXECUTE replace($$
      CREATE TRIGGER umbrella_insert AFTER INSERT ON @book@.account REFERENCING NEW TABLE AS new_account
        FOR EACH STATEMENT EXECUTE FUNCTION credit_limit_internal.keep_umbrella();
      CREATE TRIGGER umbrella_update AFTER UPDATE ON @book@.account REFERENCING OLD TABLE AS old_account NEW TABLE AS new_account
        FOR EACH STATEMENT EXECUTE FUNCTION credit_limit_internal.keep_umbrella();
      CREATE TRIGGER umbrella_delete AFTER DELETE ON @book@.account REFERENCING OLD TABLE AS old_account
        FOR EACH STATEMENT EXECUTE FUNCTION credit_limit_internal.keep_umbrella()
    $$, '@book@', quote_ident(book));	-- DDL
  END IF;
  IF (SELECT c.relkind FROM pg_class c WHERE c.oid = to_regclass(format('%I.borrower', book))) IN ('r', 'p') THEN
    EXECUTE format('CREATE TRIGGER keep_key BEFORE UPDATE OF borrower_id ON %I.borrower FOR EACH ROW
      WHEN (NEW.borrower_id IS DISTINCT FROM OLD.borrower_id) EXECUTE FUNCTION credit_limit_internal.keep_key()', book);	-- DDL
  END IF;
  FOREACH relation IN ARRAY ARRAY['product', 'experiment', 'experiment_arm', 'business_day'] LOOP
    IF (SELECT c.relkind FROM pg_class c WHERE c.oid = to_regclass(format('%I.%I', book, relation))) = 'r' THEN
      EXECUTE format('CREATE TRIGGER renew_versions AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON %1$I.%2$I
        FOR EACH STATEMENT EXECUTE FUNCTION %1$I.renew_versions();
        ALTER TABLE %1$I.%2$I ENABLE ALWAYS TRIGGER renew_versions', book, relation);	-- DDL
    END IF;
  END LOOP;
  -- A draft decides nothing: whoever has one open keeps nobody waiting.
  FOREACH relation IN ARRAY ARRAY['policy_version', 'scorecard_version'] LOOP
    CONTINUE WHEN (SELECT c.relkind FROM pg_class c WHERE c.oid = to_regclass(format('%I.%I', book, relation))) <> 'r';
    EXECUTE format('CREATE TRIGGER renew_versions AFTER TRUNCATE ON %1$I.%2$I
        FOR EACH STATEMENT EXECUTE FUNCTION %1$I.renew_versions();
      CREATE TRIGGER renew_versions_insert AFTER INSERT ON %1$I.%2$I
        FOR EACH ROW WHEN (NEW.status <> ''draft'') EXECUTE FUNCTION %1$I.renew_versions();
      CREATE TRIGGER renew_versions_update AFTER UPDATE ON %1$I.%2$I
        FOR EACH ROW WHEN (NEW.* IS DISTINCT FROM OLD.* AND (OLD.status <> ''draft'' OR NEW.status <> ''draft''))
        EXECUTE FUNCTION %1$I.renew_versions();
      CREATE TRIGGER renew_versions_delete AFTER DELETE ON %1$I.%2$I
        FOR EACH ROW WHEN (OLD.status <> ''draft'') EXECUTE FUNCTION %1$I.renew_versions();
      CREATE TRIGGER write_act AFTER INSERT OR UPDATE ON %1$I.%2$I
        FOR EACH ROW WHEN (NEW.status <> ''draft'') EXECUTE FUNCTION %1$I.write_act(%3$L);
      ALTER TABLE %1$I.%2$I ENABLE ALWAYS TRIGGER renew_versions, ENABLE ALWAYS TRIGGER renew_versions_insert,
        ENABLE ALWAYS TRIGGER renew_versions_update, ENABLE ALWAYS TRIGGER renew_versions_delete', book, relation,
      split_part(relation, '_', 1));	-- DDL
  END LOOP;
END
$create$;
COMMENT ON FUNCTION credit_limit_internal.create_triggers(text) IS
    'part of create_book: the trigger functions that run with the rights of the owner of the book, and their triggers on '
    'what are tables';

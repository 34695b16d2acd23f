-- The tables of a book that describe products, borrowers and accounts. The contract is their column names: views of the same
-- names over a lender's own tables do as well.

CREATE PROCEDURE credit_limit.create_book_table(book text, relation text, definition text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF to_regclass(format('%I.%I', book, relation)) IS NULL THEN
    EXECUTE replace(definition, '@book@', quote_ident(book));
  END IF;
END
$$;
COMMENT ON PROCEDURE credit_limit.create_book_table(text, text, text) IS
    'part of create_book: runs a definition, @book@ being the schema, unless the schema has a relation of that name';

CREATE PROCEDURE credit_limit.create_book_tables(book text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $create$
BEGIN
  CALL credit_limit.create_book_table(book, 'product', $$
    CREATE TABLE @book@.product (
      product text PRIMARY KEY CHECK (product <> ''),
      name text NOT NULL,
      kind text NOT NULL CHECK (kind IN ('instalment', 'standby_cash', 'small_business', 'card', 'other')),
      currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
      policy text,
      scorecard text,
      UNIQUE (product, currency));
    CREATE TRIGGER version_changed AFTER INSERT OR UPDATE OR DELETE ON @book@.product
      FOR EACH ROW EXECUTE FUNCTION credit_limit.version_changed();
    ALTER TABLE @book@.product ENABLE ALWAYS TRIGGER version_changed;
    COMMENT ON TABLE @book@.product IS 'what is lent; policy and scorecard name the families of versions that decide its limits';
    COMMENT ON COLUMN @book@.product.currency IS 'ISO 4217; of every amount of its accounts';
    COMMENT ON COLUMN @book@.product.policy IS 'name of the policy; NULL: limits of this product are not decided here';
    COMMENT ON COLUMN @book@.product.scorecard IS 'name of the scorecard; NULL: score and PD come from outside';
  $$);
  CALL credit_limit.create_book_table(book, 'borrower', $$
    CREATE TABLE @book@.borrower (
      borrower_id bigint PRIMARY KEY,
      segment text,
      income numeric CHECK (income >= 0 AND income < 'Infinity'),
      obligations numeric CHECK (obligations >= 0 AND obligations < 'Infinity'),
      external_score float8,
      external_pd float8 CHECK (external_pd BETWEEN 0 AND 1),
      erased_on date);
    COMMENT ON TABLE @book@.borrower IS 'who borrows';
    COMMENT ON COLUMN @book@.borrower.income IS 'per month; NULL: not known';
    COMMENT ON COLUMN @book@.borrower.obligations IS 'monthly payments elsewhere, without the lines of this book';
    COMMENT ON COLUMN @book@.borrower.external_score IS 'score of another system, for products without a scorecard';
    COMMENT ON COLUMN @book@.borrower.external_pd IS 'probability of default of another system, 0 to 1';
  $$);
  CALL credit_limit.create_book_table(book, 'umbrella', $$
    CREATE TABLE @book@.umbrella (
      umbrella_id bigint PRIMARY KEY,
      borrower_id bigint NOT NULL,
      kind text NOT NULL CHECK (kind IN ('shared', 'partitioned')),
      currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
      credit_limit numeric NOT NULL CHECK (credit_limit >= 0 AND credit_limit < 'Infinity'),
      valid_from date NOT NULL,
      valid_to date CHECK (valid_to >= valid_from),
      UNIQUE (umbrella_id, borrower_id, currency));
    COMMENT ON TABLE @book@.umbrella IS 'a limit across products of a borrower; outside its days it is 0: nothing more may be drawn';
    COMMENT ON COLUMN @book@.umbrella.kind IS 'shared: limits of products may overlap, their use may not exceed it; partitioned: nor may the limits';
    COMMENT ON COLUMN @book@.umbrella.valid_to IS 'last day; NULL: open';
    CREATE INDEX ON @book@.umbrella (borrower_id);
  $$);
  CALL credit_limit.create_book_table(book, 'account', $$
    CREATE TABLE @book@.account (
      account_id bigint PRIMARY KEY,
      borrower_id bigint NOT NULL,
      product text NOT NULL,
      currency text NOT NULL,
      umbrella_id bigint,
      status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'closed')),
      opened_on date NOT NULL CHECK (isfinite(opened_on)),
      credit_limit numeric NOT NULL DEFAULT 0 CHECK (credit_limit >= 0 AND credit_limit < 'Infinity'),
      balance numeric NOT NULL DEFAULT 0 CHECK (balance > '-Infinity' AND balance < 'Infinity'),
      pending numeric NOT NULL DEFAULT 0 CHECK (pending >= 0 AND pending < 'Infinity'),
      last_limit_change date CHECK (isfinite(last_limit_change)),
      frozen boolean NOT NULL DEFAULT false)
      WITH (fillfactor = 50);	-- a run may change every limit: the new rows fit beside the old, and no index is touched
    COMMENT ON TABLE @book@.account IS 'a line of a product: its limit, and what is drawn now';
    COMMENT ON COLUMN @book@.account.balance IS 'drawn; negative: a credit balance';
    COMMENT ON COLUMN @book@.account.pending IS 'authorised, not yet booked';
    COMMENT ON COLUMN @book@.account.credit_limit IS '0: no line yet';
    COMMENT ON COLUMN @book@.account.frozen IS 'nothing may be drawn: set and cleared by decisions';
    CREATE INDEX ON @book@.account (borrower_id);
    CREATE INDEX ON @book@.account (umbrella_id) WHERE umbrella_id IS NOT NULL;
    CREATE TRIGGER umbrella_insert AFTER INSERT ON @book@.account REFERENCING NEW TABLE AS changed
      FOR EACH STATEMENT EXECUTE FUNCTION credit_limit.keep_umbrella();
    CREATE TRIGGER umbrella_update AFTER UPDATE ON @book@.account REFERENCING OLD TABLE AS before NEW TABLE AS changed
      FOR EACH STATEMENT EXECUTE FUNCTION credit_limit.keep_umbrella();
  $$);
  CALL credit_limit.create_book_table(book, 'limit_adjustment', $$
    CREATE TABLE @book@.limit_adjustment (
      adjustment_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
      account_id bigint NOT NULL,
      kind text NOT NULL CHECK (kind IN ('blocked', 'ad_hoc')),
      amount numeric NOT NULL CHECK (amount > 0 AND amount < 'Infinity'),
      valid_from date NOT NULL,
      valid_to date NOT NULL CHECK (valid_to >= valid_from),
      reason text NOT NULL);
    COMMENT ON TABLE @book@.limit_adjustment IS 'for some days: an amount that may not be drawn (blocked), or may be drawn above the limit (ad_hoc), within the umbrella';
    CREATE INDEX ON @book@.limit_adjustment (account_id);
  $$);
  CALL credit_limit.create_book_table(book, 'account_month', $$
    CREATE TABLE @book@.account_month (
      account_id bigint NOT NULL,
      month date NOT NULL CHECK (isfinite(month) AND extract(day FROM month) = 1),
      credit_limit numeric NOT NULL CHECK (credit_limit >= 0 AND credit_limit < 'Infinity'),
      balance numeric NOT NULL CHECK (balance > '-Infinity' AND balance < 'Infinity'),
      payment numeric CHECK (payment >= 0 AND payment < 'Infinity'),
      due numeric CHECK (due >= 0 AND due < 'Infinity'),
      days_past_due int CHECK (days_past_due >= 0),
      PRIMARY KEY (account_id, month)) PARTITION BY RANGE (month);
    CREATE TABLE @book@.account_month_rest PARTITION OF @book@.account_month DEFAULT;
    COMMENT ON TABLE @book@.account_month IS 'an account at the end of a month; month is its first day';
    COMMENT ON COLUMN @book@.account_month.payment IS 'paid in the month';
    COMMENT ON COLUMN @book@.account_month.due IS 'the least that had to be paid in the month';
    COMMENT ON COLUMN @book@.account_month.days_past_due IS 'at the end of the month';
  $$);
  CALL credit_limit.create_book_table(book, 'account_feature', $$
    CREATE TABLE @book@.account_feature (
      account_id bigint PRIMARY KEY,
      computed_on date NOT NULL,
      demand_q90 numeric CHECK (demand_q90 >= 0 AND demand_q90 < 'Infinity'),
      demand_mean numeric CHECK (demand_mean >= 0 AND demand_mean < 'Infinity'),
      worst_days_past_due_12m int CHECK (worst_days_past_due_12m >= 0),
      utilization_3m float8,
      payment_ratio_3m float8,
      months_inactive int CHECK (months_inactive >= 0));
    COMMENT ON TABLE @book@.account_feature IS 'what is computed of the months of an account, for the scorecard and the policy: summaries of behaviour and demand go here, one row for each account';
  $$);
  CALL credit_limit.create_book_table(book, 'exclusion', $$
    CREATE TABLE @book@.exclusion (
      exclusion_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
      borrower_id bigint NOT NULL,
      kind text NOT NULL CHECK (kind IN ('deceased', 'fraud', 'bankrupt', 'forbearance', 'dispute', 'sanctions', 'opt_out', 'other')),
      action text NOT NULL DEFAULT 'NO_INCREASE' CHECK (action IN ('NO_INCREASE', 'FREEZE', 'REFER')),
      valid_from date NOT NULL,
      valid_to date CHECK (valid_to >= valid_from),
      reason text);
    COMMENT ON TABLE @book@.exclusion IS 'why limits of a borrower do not rise (NO_INCREASE), nothing may be drawn (FREEZE), or a person decides (REFER)';
    CREATE INDEX ON @book@.exclusion (borrower_id);
  $$);
  CALL credit_limit.create_book_table(book, 'business_day', $$
    CREATE TABLE @book@.business_day (
      only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
      business_date date);
    INSERT INTO @book@.business_day DEFAULT VALUES;
    COMMENT ON TABLE @book@.business_day IS 'the day as of which real-time decisions are made: credit_limit.set_business_date()';
  $$);
END
$create$;
COMMENT ON PROCEDURE credit_limit.create_book_tables(text) IS 'part of create_book: products, borrowers, umbrellas, accounts, months, exclusions';

-- Foreign keys, between what are tables: a view has no key to refer to, and check_book looks instead.
CREATE PROCEDURE credit_limit.create_book_keys(book text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $create$
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
      EXECUTE format('ALTER TABLE %I.%I ADD FOREIGN KEY (%s) REFERENCES %I.%I (%s)', book, k.relation, k.columns, book, k.target, k.target_columns);
    EXCEPTION WHEN invalid_foreign_key OR datatype_mismatch OR undefined_column OR foreign_key_violation OR insufficient_privilege THEN
      RAISE WARNING 'no foreign key from %.% to %.%: %', book, k.relation, book, k.target, SQLERRM;
    END;
  END LOOP;
END
$create$;
COMMENT ON PROCEDURE credit_limit.create_book_keys(text) IS 'part of create_book: foreign keys between what are tables';

-- Parameter sets of a lender's own: what his supervisor sets for capital, beside those that are shipped.

-- trigger of parameter_set: an error (23505) for the name of a set that is shipped
CREATE FUNCTION credit_limit_internal.keep_shipped() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
  -- No check of the table: a set that a later version ships must not stop a restore.
BEGIN
  IF NEW.name IN (SELECT s.name FROM credit_limit.parameter_sets() s) THEN
    RAISE EXCEPTION USING ERRCODE = 'unique_violation', MESSAGE = format('the parameter set "%s" is shipped', NEW.name),
      DETAIL = 'Its name would mean another set from now on, also to those who chose it before.', HINT = 'Choose another name.';
  END IF;
  RETURN NEW;
END
$$;

-- part of create_book: the table of sets
CREATE FUNCTION credit_limit_internal.parameter_tables() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $ddl$

-- parameters of the lender's own, as credit_limit.parameter_sets() has them, under other names than those that are shipped. A set
-- stays as it is, so that its name says what a decision was made by: a changed one gets another name
CREATE TABLE @book@.parameter_set (
  name text PRIMARY KEY CHECK (name <> ''),
  parameters jsonb NOT NULL CHECK (jsonb_typeof(parameters) = 'object'),	-- as credit_limit.irb_capital() takes them
  source text NOT NULL CHECK (source <> ''),	-- where that was read
  added_by text NOT NULL DEFAULT current_user);	-- the role that did
CREATE TRIGGER keep_shipped BEFORE INSERT ON @book@.parameter_set
  FOR EACH ROW EXECUTE FUNCTION credit_limit_internal.keep_shipped();
CREATE TRIGGER keep_all BEFORE UPDATE OR DELETE ON @book@.parameter_set
  FOR EACH ROW EXECUTE FUNCTION credit_limit_internal.refuse_change();
CREATE TRIGGER keep_all_rows BEFORE TRUNCATE ON @book@.parameter_set EXECUTE FUNCTION credit_limit_internal.refuse_change()
$ddl$;

CREATE FUNCTION credit_limit.parameter_sets(book text) RETURNS TABLE (name text, parameters jsonb, source text)
LANGUAGE plpgsql STABLE ROWS 5 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  RETURN QUERY SELECT p.name, p.parameters, p.source FROM parameter_set p
    UNION ALL SELECT s.* FROM credit_limit.parameter_sets() s
      WHERE NOT EXISTS (SELECT FROM parameter_set p WHERE p.name = s.name);
END
$$;
COMMENT ON FUNCTION credit_limit.parameter_sets(text) IS
    'the sets of parameter_sets() and those of the book''s parameter_set; one that had its name before that was shipped keeps it';

CREATE FUNCTION credit_limit.parameter_set(book text, set_name text) RETURNS jsonb
LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  found_here jsonb;
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  SELECT p.parameters INTO found_here FROM parameter_set p WHERE p.name = set_name;
  RETURN coalesce(found_here, credit_limit.parameter_set(set_name));
END
$$;
COMMENT ON FUNCTION credit_limit.parameter_set(text, text) IS
    'the parameters of that name in parameter_sets(book). NULL gives NULL. Error: another name (22023)';

-- Features of a book: what the months of an account say of its behaviour, kept beside the account for cards and policies.

-- the columns of account_feature that come from behavior_features, as a list: of each, format(pattern, name, type)
CREATE FUNCTION credit_limit_internal.feature_columns(pattern text) RETURNS text
LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
  -- A feature has one name everywhere: that of behavior_features. What a decision knows by another way (limit, balance and
  -- arrears of the account itself) is left out.
  SELECT string_agg(format(pattern, a.attname, format_type(a.atttypid, NULL)), ', ' ORDER BY a.attnum)
  FROM pg_attribute a
  WHERE a.attrelid = 'credit_limit.behavior_features'::regclass
    AND a.attname NOT IN ('as_of', 'credit_limit', 'balance', 'payment', 'due', 'days_past_due')
$$;

-- in an open book: an error (55000) unless account_feature is the table that create_book() made
CREATE FUNCTION credit_limit_internal.need_features_of_book(book text, way_out text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql STABLE
AS $$
BEGIN
  PERFORM FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
  WHERE c.oid = to_regclass('account_feature') AND c.relkind = 'r' AND a.attname = 'as_of';
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
      MESSAGE = format('account_feature of book "%s" is not the table that create_book() makes', book),
      DETAIL = 'It is a view, or has no column as_of.',
      HINT = concat_ws(' ', 'Whoever brings an account_feature fills it.', way_out);
  END IF;
END
$$;

-- computes behavior_features of open accounts from account_month into account_feature, as of the month of a day (NULL: the
-- business date), or the one before where that is not on file yet; returns how many were written. Accounts that have theirs are
-- left alone, also when an older month was corrected: everybody computes them anew. Errors: no day (22023), an account_feature of
-- the lender (55000), rows that row-level security hides (42501)
CREATE FUNCTION credit_limit.refresh_features(book text, as_of date DEFAULT NULL, everybody boolean DEFAULT false) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
  -- Of an account whose month is the one on file nothing is read: a night costs what was loaded since the last. The names are
  -- those of a type, so the statement is made here.
#variable_conflict use_column
DECLARE
  today date := as_of;
  this_month date;
  last_month date;
  written bigint;
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  PERFORM credit_limit_internal.need_every_row('a refresh of features');
  today := coalesce(today, (SELECT d.business_date FROM business_day d));
  PERFORM credit_limit_internal.need_day('a refresh of features', today);
  PERFORM credit_limit_internal.need_features_of_book(book);
  this_month := date_trunc('month', today::timestamp);
  last_month := this_month::timestamp - interval '1 month';
  EXECUTE format($sql$
    INSERT INTO account_feature (account_id, computed_on, as_of, %1$s)
    SELECT h.account_id, $1, v.as_of, %2$s
    FROM (SELECT m.account_id, max(m.month) AS latest, credit_limit.behavior_agg(m.month, m.credit_limit::numeric,
        m.balance::numeric, m.payment::numeric, m.due::numeric, m.days_past_due::int) AS history
      FROM account a
      JOIN account_month m ON m.account_id = a.account_id AND m.month <= $2
      LEFT JOIN account_feature f ON f.account_id = a.account_id
      LEFT JOIN account_month n ON n.account_id = a.account_id AND n.month = $2
      WHERE a.status = 'open' AND ($4 OR f.as_of IS DISTINCT FROM CASE WHEN n.account_id IS NULL THEN $3 ELSE $2 END)
      GROUP BY m.account_id) h
    CROSS JOIN LATERAL credit_limit.behavior_features(h.history, greatest(h.latest, $3)) v
    ON CONFLICT (account_id) DO UPDATE SET (as_of, %1$s) = ROW (excluded.as_of, %3$s)
    $sql$, credit_limit_internal.feature_columns('%1$I'), credit_limit_internal.feature_columns('v.%1$I'),
      credit_limit_internal.feature_columns('excluded.%1$I'))
    USING today, this_month, last_month, everybody;	-- columns of a type
  GET DIAGNOSTICS written = ROW_COUNT;
  RETURN written;
END
$$;

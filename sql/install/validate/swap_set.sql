-- swap_set: whom a cut-off on one card accepts and that on another does not.

CREATE FUNCTION credit_limit.swap_set(
  relation regclass,
  card_a credit_limit.scorecard,
  card_b credit_limit.scorecard,
  cutoff_a float8,
  cutoff_b float8,
  event text DEFAULT NULL,
  OUT swap text,
  OUT accepted_a boolean,
  OUT accepted_b boolean,
  OUT n bigint,
  OUT share float8,
  OUT n_outcome bigint,
  OUT n_event bigint,
  OUT event_rate float8,
  OUT mean_pd_a float8,
  OUT mean_pd_b float8)
RETURNS SETOF record
LANGUAGE plpgsql VOLATILE ROWS 5 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF relation IS NULL OR card_a IS NULL OR card_b IS NULL OR cutoff_a IS NULL OR cutoff_b IS NULL THEN
    RETURN;
  END IF;
  PERFORM credit_limit_internal.require_repeatable(relation);
  IF cutoff_a = 'NaN' OR cutoff_b = 'NaN' THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'a cut-off must be a number', DETAIL = 'Found NaN.',
      HINT = 'It is the worst score that is accepted.';
  END IF;
  IF event IS NOT NULL THEN
    PERFORM credit_limit_internal.require_event_column(relation, event);
  END IF;
  -- A relation of the caller's. t.* is the row, whatever its columns are called.
  RETURN QUERY EXECUTE format(
    'WITH decided AS (
      SELECT CASE WHEN s.a IS NULL OR s.b IS NULL THEN NULL WHEN $5 THEN s.a <= $3 ELSE s.a >= $3 END AS by_a,
        CASE WHEN s.a IS NULL OR s.b IS NULL THEN NULL WHEN $6 THEN s.b <= $4 ELSE s.b >= $4 END AS by_b, s.a, s.b, s.bad
      FROM (SELECT credit_limit.score($1, t.*) AS a, credit_limit.score($2, t.*) AS b, %s AS bad FROM %s t OFFSET 0) s),
    counted AS (
      SELECT d.by_a, d.by_b, count(*) AS n, count(d.bad) AS n_outcome, count(*) FILTER (WHERE d.bad) AS n_event,
        avg(credit_limit.score_pd($1, d.a)::numeric)::float8 AS pd_a, avg(credit_limit.score_pd($2, d.b)::numeric)::float8 AS pd_b
      FROM decided d GROUP BY d.by_a, d.by_b)
    SELECT g.swap, g.by_a, g.by_b, coalesce(c.n, 0), coalesce(c.n, 0) / sum(c.n) OVER ()::float8,
      CASE WHEN $7 THEN coalesce(c.n_outcome, 0) END, CASE WHEN $7 THEN coalesce(c.n_event, 0) END,
      c.n_event / nullif(c.n_outcome, 0)::float8, c.pd_a, c.pd_b
    FROM (VALUES (1, ''both'', true, true), (2, ''in'', false, true), (3, ''out'', true, false), (4, ''neither'', false, false),
        (5, ''no score'', NULL, NULL)) g (place, swap, by_a, by_b)
      LEFT JOIN counted c ON c.by_a IS NOT DISTINCT FROM g.by_a AND c.by_b IS NOT DISTINCT FROM g.by_b
    ORDER BY g.place', CASE WHEN event IS NULL THEN 'NULL::boolean' ELSE format('t.%I::boolean', event) END, relation)
    USING card_a, card_b, cutoff_a, cutoff_b, (card_a::jsonb #>> '{scaling,pdo}')::float8 < 0,
      (card_b::jsonb #>> '{scaling,pdo}')::float8 < 0, event IS NOT NULL;
END $$;

COMMENT ON FUNCTION credit_limit.swap_set(regclass, credit_limit.scorecard, credit_limit.scorecard, float8, float8, text) IS
'Whom two cards accept of the rows of a table or view, five rows: both; in (only b accepts: swapped in when b takes the place '
'of a); out (only a does); neither; no score (a value has no bin in one of them). A card accepts a score at its cut-off or '
'better: higher, or lower where its pdo is negative. n, share of all rows; with a boolean column event: rows with an outcome, '
'events, and their rate; mean PDs by the scaling of either card. There is no outcome for a borrower who was never accepted: '
'event_rate of "in" is of the rows that have one. NULL arguments but event give no rows. Runs with the rights of the caller. '
'Errors: NaN as cut-off, an event that is not a boolean column, and those of score(). Source: Siddiqi 2006, chapter 8.';

-- Combine, serial and deserial functions that the plans of other tests do not reach: with workers the same as without.
\i test/helpers.sql

-- 'same', or what the two plans answer; 'not parallel' where workers were not asked.
CREATE FUNCTION with_workers(aggregate text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  query text := format('SELECT (%s)::text FROM applicant a', aggregate);
  serial text; parallel text;
BEGIN
  PERFORM set_config('max_parallel_workers_per_gather', '0', true);
  EXECUTE query INTO serial;
  PERFORM set_config('max_parallel_workers_per_gather', '3', true);
  IF NOT uses_parallel(query) THEN RETURN 'not parallel'; END IF;
  EXECUTE query INTO parallel;
  RETURN CASE WHEN serial = parallel THEN 'same' ELSE format('%s, with workers %s', serial, parallel) END;
END $$;

CREATE TABLE applicant AS
SELECT i, round((draw(i, 1) * 5000)::numeric, 2) AS income, (ARRAY['A', 'B', 'C', 'D', NULL])[1 + i % 5] AS grade,
  draw(i, 2) < 0.1 + 0.4 * draw(i, 1) AS event, draw(i, 3) < 0.5 AS is_actual
FROM generate_series(1, 20000) i;
ALTER TABLE applicant SET (parallel_workers = 3);
ANALYZE applicant;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
SELECT aggregate, with_workers(aggregate) FROM unnest(ARRAY[
  $$optimal_binning(income, event, '{"max_n_bins": 3}')$$,
  $$optimal_binning(income::float8, event, '{"max_pvalue": 0.05}')$$,
  $$optimal_binning(grade, event, '{"cat_cutoff": 0.1}')$$,
  'quantile_bands(income, 10)',
  'quantile_bands(income::float8, 7)',
  'round(score_shift(income, is_actual)::numeric, 9)',
  'round(score_shift(income::float8, is_actual)::numeric, 9)',
  $$credit_limit_internal.scorecard_bin_counts('{"name": "small", "characteristics": [{"name": "income",
    "bins": [{"below": 1000, "points": 1}, {"points": 2}]}]}', a)$$]) aggregate;

-- bin_sketch: events and non-events of every distinct value of a characteristic, from which any binning is made.

CREATE FUNCTION credit_limit.bin_sketch_stats(
  credit_limit.bin_sketch,
  OUT kind text,
  OUT n bigint,
  OUT n_event bigint,
  OUT n_missing bigint,
  OUT n_skipped bigint,
  OUT n_distinct bigint,
  OUT identical_rate float8)
AS 'MODULE_PATHNAME', 'cl_bin_sketch_stats' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.bin_sketch_stats(credit_limit.bin_sketch) IS
'One row: numeric or text; rows, those with an event, those without a value, those left out for want of an outcome or weight; '
'distinct values; share of the most frequent value in the rows that have one (NULL where none has). The last two are NULL where '
'there were too many categories. Counts are of rows, whatever their weights.';

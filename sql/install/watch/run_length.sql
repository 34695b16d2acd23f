-- Run lengths of charts, limits for them, and many looks at once.

-- the mean number of months that a CUSUM runs until its alarm. shift: of the mean, in deviations of a month, 0 for false
-- alarms; k (0 to 10), h (above 0 to 50), head_start: as in cusum with sigma given; sides: 1 looks only at what is too high, 2
-- at both. autocorrelation: of the first order between months (-0.99 to 0.99); months_estimated: how many months mean and
-- deviation were taken from (3 to 120; NULL: they are known). std_error: of a simulated mean, otherwise NULL; alarm_in_year:
-- the probability of an alarm within 12 months. Infinity: beyond 1e12 months. By the integral equation where months are
-- independent and mean and deviation known; otherwise 20000 simulated runs with a fixed seed, of at most 10000 months each.
-- NULL gives NULL. Error: out of range (22003). Source: Page 1954; Lucas and Crosier 1982; R spc
CREATE FUNCTION credit_limit.cusum_run_length(shift float8, k float8, h float8, sides int DEFAULT 1, head_start float8 DEFAULT 0,
    autocorrelation float8 DEFAULT 0, months_estimated int DEFAULT NULL, OUT run_length float8, OUT std_error float8,
    OUT alarm_in_year float8)
    AS 'MODULE_PATHNAME', 'cl_cusum_run_length' LANGUAGE C IMMUTABLE PARALLEL SAFE;

-- the mean number of months that an EWMA runs until its alarm. lambda (0.01 to 1), c (above 0 to 10): as in ewma with sigma
-- given; everything else as in cusum_run_length. Source: Crowder 1987; Lucas and Saccucci 1990; R spc
CREATE FUNCTION credit_limit.ewma_run_length(shift float8, lambda float8, c float8, sides int DEFAULT 2,
    autocorrelation float8 DEFAULT 0, months_estimated int DEFAULT NULL, OUT run_length float8, OUT std_error float8,
    OUT alarm_in_year float8)
    AS 'MODULE_PATHNAME', 'cl_ewma_run_length' LANGUAGE C IMMUTABLE PARALLEL SAFE;

-- the h at which a CUSUM gives a false alarm every run_length months (above 1 to 1e9; to 2000 where it is simulated). With
-- months_estimated, it is the h at which the probability of an alarm within a year is 1 - (1 - 1 / run_length)^12: the mean
-- itself is made up by the few charts whose deviation came out far too large. k, sides, head_start (0 to 10), autocorrelation:
-- as in cusum_run_length. NULL gives NULL. Error: out of range, no h up to 50 does (22003)
CREATE FUNCTION credit_limit.cusum_limit(run_length float8, k float8, sides int DEFAULT 1, head_start float8 DEFAULT 0,
    autocorrelation float8 DEFAULT 0, months_estimated int DEFAULT NULL) RETURNS float8
    AS 'MODULE_PATHNAME', 'cl_cusum_limit' LANGUAGE C IMMUTABLE PARALLEL SAFE;

-- the c at which an EWMA gives a false alarm every run_length months; everything as in cusum_limit and ewma_run_length
CREATE FUNCTION credit_limit.ewma_limit(run_length float8, lambda float8, sides int DEFAULT 2, autocorrelation float8 DEFAULT 0,
    months_estimated int DEFAULT NULL) RETURNS float8
    AS 'MODULE_PATHNAME', 'cl_ewma_limit' LANGUAGE C IMMUTABLE PARALLEL SAFE;

-- p-values of many looks at once, so that of those at most q the share q is false on average: benjamini_hochberg for looks that
-- do not overlap, benjamini_yekutieli for any, such as segments that do. In the order given; a NULL is no look and stays NULL.
-- NULL gives NULL. Error: a p outside 0 to 1 (22003), another method (22023). Source: Benjamini and Hochberg 1995; Benjamini
-- and Yekutieli 2001
CREATE FUNCTION credit_limit.adjusted_p(p float8[], method text DEFAULT 'benjamini_hochberg') RETURNS float8[]
    AS 'MODULE_PATHNAME', 'cl_adjusted_p' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

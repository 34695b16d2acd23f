-- How unequal amounts are.

-- how concentrated amounts are: n amounts, n_zero of them 0, n_skipped rows with NULL or NaN; hhi (see hhi), hhi_normalised (0
-- when all are equal, 1 when one has everything; NULL of one amount), effective_number 1 / hhi (as many equal amounts would
-- give that index), gini (see gini_coefficient), which may be larger by gini_missing, largest_share (0 to 1). NULL gives NULL;
-- a total of 0 NULLs
CREATE FUNCTION credit_limit.concentration_stats(amounts credit_limit.concentration, OUT n bigint, OUT n_zero bigint,
    OUT n_skipped bigint, OUT total float8, OUT hhi float8, OUT hhi_normalised float8, OUT effective_number float8,
    OUT gini float8, OUT gini_missing float8, OUT largest_share float8)
    AS 'MODULE_PATHNAME', 'cl_concentration_stats' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

-- Herfindahl-Hirschman index, the sum of squared shares: 1 / n (all equal) to 1 (one has everything); times 10000 it is in the
-- points of competition authorities. Exact. NULL gives NULL, and so does a total of 0. Source: Hirschman 1964 (American
-- Economic Review 54, 761)
CREATE FUNCTION credit_limit.hhi(amounts credit_limit.concentration) RETURNS float8
    AS 'MODULE_PATHNAME', 'cl_hhi' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

-- Gini coefficient of amounts: half the mean difference of two of them over their mean, 0 (all equal) to 1 - 1 / n (one has
-- everything); of a population, not corrected for small samples. Exact up to 8192 distinct amounts, beyond too small by at most
-- gini_missing of concentration_stats. The Gini of a score is gini(). NULL gives NULL, and so does a total of 0. Source: Gini
-- 1912
CREATE FUNCTION credit_limit.gini_coefficient(amounts credit_limit.concentration) RETURNS float8
    AS 'MODULE_PATHNAME', 'cl_gini_coefficient' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

-- the share of the total (0 to 1) that the n largest amounts have; 1 where there are fewer. Exact up to 8192 distinct amounts,
-- beyond to 0.4 % of the smallest of them. NULL gives NULL, and so does a total of 0. Error: n below 1
CREATE FUNCTION credit_limit.top_share(amounts credit_limit.concentration, n bigint) RETURNS float8
    AS 'MODULE_PATHNAME', 'cl_top_share' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

-- which share of the total the smallest part of the amounts has, for points + 1 parts from 0 to 1, straight between amounts. A
-- NULL argument gives no rows; a total of 0 NULL shares. Error: points not 1 to 1000. Source: Lorenz 1905
CREATE FUNCTION credit_limit.lorenz_curve(amounts credit_limit.concentration, points int DEFAULT 20,
    OUT population_share float8, OUT amount_share float8) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'cl_lorenz_curve' LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 21;

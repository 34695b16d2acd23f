-- Vintages: what is read from them.

-- the curves of each cohort, a row for each of its months on book up to the most of any cohort. n: accounts with a row;
-- n_cohort: the most that the cohort had in any month, so that accounts that are missing are seen; ever_bad_rate: the share
-- that was ever bad up to the month, low and high its interval of that confidence (0 to 1); current_bad_rate: the share that is
-- bad in it; amount, and the shares of it. Rates are fractions, and NULL where a cohort has no rows: it is too young, and
-- nobody knows. amounts are NULL where there are none, or add up to 0. NULL vintage gives no rows. Error: a cohort with rows of
-- months after as_of (22023; NULL: not looked at), confidence NULL (22004) or out of range (22003). Source of intervals: Wilson
-- 1927
CREATE FUNCTION credit_limit.vintage_curves(vintage credit_limit.vintage, as_of date DEFAULT NULL, confidence float8 DEFAULT 0.95,
    OUT cohort date, OUT months_on_book int, OUT n bigint, OUT n_cohort bigint, OUT ever_bad_rate float8, OUT low float8,
    OUT high float8, OUT current_bad_rate float8, OUT amount numeric, OUT ever_bad_amount_rate float8,
    OUT current_bad_amount_rate float8) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'cl_vintage_curves' LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 500;

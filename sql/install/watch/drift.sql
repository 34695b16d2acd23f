-- Window functions over the months of a measure, in the order of the window; the frame makes no difference. Without OVER they
-- are refused.

-- where a control chart stands after a month: value; upper and lower, limits of an EWMA, or the two sums of a CUSUM; alarm,
-- NULL for a month that is not known
CREATE TYPE credit_limit.chart_point AS (
  value float8,
  upper float8,
  lower float8,
  alarm boolean
);

-- exponentially weighted moving average of x and its limits. It begins at target and moves by lambda (above 0 to 1) of the
-- distance to each x; upper and lower: target +- c sigma sqrt(lambda / (2 - lambda)), the limits of the long run; alarm: value
-- is outside. sigma: the deviation of a month, 1 gives c in units of x. A NULL or NaN x leaves the value as it is, and alarm is
-- NULL. Error: a parameter that is NULL (22004), out of range (22003) or changes within a partition (22023), an infinite x.
-- Source: Roberts 1959
CREATE FUNCTION credit_limit.ewma(x float8, target float8, lambda float8, c float8, sigma float8 DEFAULT 1)
    RETURNS credit_limit.chart_point
    AS 'MODULE_PATHNAME', 'cl_ewma' LANGUAGE C IMMUTABLE PARALLEL SAFE WINDOW;

-- tabular CUSUM of x. upper: max(0, upper + (x - target) / sigma - k), of values that are too high; lower: of those too low;
-- value: the larger of both; alarm: value is above h. Both begin at head_start (0 to h), and go on after an alarm. sigma: the
-- deviation of a month; 1 gives k, h and the sums in units of x. A NULL or NaN x leaves the sums as they are, and alarm is
-- NULL. Error: a parameter that is NULL (22004), out of range (22003) or changes within a partition (22023), an infinite x.
-- Source: Page 1954; Lucas and Crosier 1982
CREATE FUNCTION credit_limit.cusum(x float8, target float8, k float8, h float8, head_start float8 DEFAULT 0,
    sigma float8 DEFAULT 1) RETURNS credit_limit.chart_point
    AS 'MODULE_PATHNAME', 'cl_cusum' LANGUAGE C IMMUTABLE PARALLEL SAFE WINDOW;

-- green, amber or red, for an x that is worse the higher it is. A worse light is entered at once: amber where x is at least
-- amber, red where it is at least red. A better one needs this many months in a row (1 to 1200) below amber_leave or red_leave,
-- which are at most amber and red (NULL: the same). A NULL or NaN x leaves the light as it is; NULL before the first x. Error:
-- a parameter that is NULL (22004), out of range (22003) or changes within a partition (22023), an infinite x
CREATE FUNCTION credit_limit.traffic_light(x float8, amber float8, red float8, amber_leave float8 DEFAULT NULL,
    red_leave float8 DEFAULT NULL, months int DEFAULT 1) RETURNS text
    AS 'MODULE_PATHNAME', 'cl_traffic_light' LANGUAGE C IMMUTABLE PARALLEL SAFE WINDOW;

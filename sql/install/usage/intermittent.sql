-- intermittent: a forecast for who draws rarely.

CREATE TYPE credit_limit.intermittent_forecast AS (
  forecast float8,
  size float8,
  periods_between float8,
  probability float8,
  n bigint,
  n_draws bigint,
  method text
);

COMMENT ON TYPE credit_limit.intermittent_forecast IS 'What somebody who draws rarely is expected to draw per period.';
COMMENT ON COLUMN credit_limit.intermittent_forecast.forecast IS 'Expected draw per period; 0 when nothing was ever drawn.';
COMMENT ON COLUMN credit_limit.intermittent_forecast.size IS 'Smoothed size of a draw; NULL before the first.';
COMMENT ON COLUMN credit_limit.intermittent_forecast.periods_between IS
'Smoothed number of periods from draw to draw; NULL before the first.';
COMMENT ON COLUMN credit_limit.intermittent_forecast.probability IS 'Smoothed probability of a draw in a period, that of tsb.';
COMMENT ON COLUMN credit_limit.intermittent_forecast.n IS 'Number of periods.';
COMMENT ON COLUMN credit_limit.intermittent_forecast.n_draws IS 'Number of periods with a draw.';
COMMENT ON COLUMN credit_limit.intermittent_forecast.method IS 'croston, sba or tsb.';

CREATE FUNCTION credit_limit_internal.intermittent_transition(float8[], numeric) RETURNS float8[]
AS 'MODULE_PATHNAME', 'cl_intermittent_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.intermittent_transition(float8[], float8) RETURNS float8[]
AS 'MODULE_PATHNAME', 'cl_intermittent_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.intermittent_transition(float8[], numeric, jsonb) RETURNS float8[]
AS 'MODULE_PATHNAME', 'cl_intermittent_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.intermittent_transition(float8[], float8, jsonb) RETURNS float8[]
AS 'MODULE_PATHNAME', 'cl_intermittent_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION credit_limit_internal.intermittent_final(float8[]) RETURNS credit_limit.intermittent_forecast
AS 'MODULE_PATHNAME', 'cl_intermittent_final' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit_internal.intermittent_transition(float8[], numeric) IS 'Transition of intermittent_forecast.';
COMMENT ON FUNCTION credit_limit_internal.intermittent_transition(float8[], float8) IS 'Transition of intermittent_forecast.';
COMMENT ON FUNCTION credit_limit_internal.intermittent_transition(float8[], numeric, jsonb) IS
'Transition of intermittent_forecast.';
COMMENT ON FUNCTION credit_limit_internal.intermittent_transition(float8[], float8, jsonb) IS
'Transition of intermittent_forecast.';
COMMENT ON FUNCTION credit_limit_internal.intermittent_final(float8[]) IS 'Result of intermittent_forecast.';

-- They need the order of time, so there is nothing to combine, and they are not in a table of aggregates.

CREATE AGGREGATE credit_limit.intermittent_forecast(amount numeric) (
  SFUNC = credit_limit_internal.intermittent_transition,
  STYPE = float8[],
  SSPACE = 128,
  FINALFUNC = credit_limit_internal.intermittent_final,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.intermittent_forecast(numeric) IS
'Expected draw per period of somebody who draws rarely: sizes of draws and how often they come are smoothed apart, as the mean '
'of many zeros and few draws says little. Needs the order of time: intermittent_forecast(drawn ORDER BY month), or OVER (ORDER '
'BY month) for the forecast after each period. A row is a period; 0 and below is no draw; NULL and NaN are no period; no rows '
'give NULL. Method sba with rates of 0.1. Error: infinite amount. Source: Croston 1972, Syntetos and Boylan 2005.';

CREATE AGGREGATE credit_limit.intermittent_forecast(amount float8) (
  SFUNC = credit_limit_internal.intermittent_transition,
  STYPE = float8[],
  SSPACE = 128,
  FINALFUNC = credit_limit_internal.intermittent_final,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.intermittent_forecast(float8) IS 'As intermittent_forecast(numeric).';

CREATE AGGREGATE credit_limit.intermittent_forecast(amount numeric, options jsonb) (
  SFUNC = credit_limit_internal.intermittent_transition,
  STYPE = float8[],
  SSPACE = 128,
  FINALFUNC = credit_limit_internal.intermittent_final,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.intermittent_forecast(numeric, jsonb) IS
'As intermittent_forecast(numeric), with options (those of the first row count): method croston, sba (default; Croston less his '
'bias) or tsb (fades while nothing is drawn: Teunter, Syntetos and Babai 2011); alpha, the rate at which sizes are smoothed, '
'above 0 and at most 1, default 0.1; beta, that of intervals or of the probability, default alpha. Error: an unknown option.';

CREATE AGGREGATE credit_limit.intermittent_forecast(amount float8, options jsonb) (
  SFUNC = credit_limit_internal.intermittent_transition,
  STYPE = float8[],
  SSPACE = 128,
  FINALFUNC = credit_limit_internal.intermittent_final,
  PARALLEL = SAFE
);

COMMENT ON AGGREGATE credit_limit.intermittent_forecast(float8, jsonb) IS 'As intermittent_forecast(numeric, jsonb).';

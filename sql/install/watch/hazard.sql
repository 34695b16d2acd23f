-- Durations until an event: what is read from them.

-- the curve of Kaplan and Meier, a row for each duration at which something was seen, ascending. n_risk: accounts that lasted
-- at least so long; n_event: of all causes; n_censored: known only to have lasted so long; hazard: n_event / n_risk; survival:
-- the probability to last longer; std_error by Greenwood; low and high: the interval of log(-log(survival)) of that confidence
-- (0 to 1), both 1 before the first event. NULL where survival is 0. NULL hazard gives no rows. Error: confidence NULL (22004)
-- or out of range (22003). Source: Kaplan and Meier 1958; Kalbfleisch and Prentice 1980
CREATE FUNCTION credit_limit.survival_curve(hazard credit_limit.hazard, confidence float8 DEFAULT 0.95, OUT duration int,
    OUT n_risk bigint, OUT n_event bigint, OUT n_censored bigint, OUT hazard_rate float8, OUT survival float8,
    OUT std_error float8, OUT low float8, OUT high float8) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'cl_survival_curve' LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 100;

-- the probability of each cause up to each duration at which something was seen, where causes compete: who has had one cannot
-- have another. n_event: of the cause; incidence: 0 to 1, the causes and survival add up to 1; std_error. NULL gives no rows.
-- Source: Aalen and Johansen 1978; Aalen 1978
CREATE FUNCTION credit_limit.cumulative_incidence(hazard credit_limit.hazard, OUT duration int, OUT cause text, OUT n_risk bigint,
    OUT n_event bigint, OUT incidence float8, OUT std_error float8) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'cl_cumulative_incidence' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 200;

-- the probability of a cause in each period of period_length durations (12: years of months), seen from the beginning: the
-- marginal PDs that ecl_revolving takes. Only periods whose end some account has seen: nothing is extrapolated. NULL gives
-- NULL. Error: a cause that there is not (22023), period_length out of range (22003; 1 to 36525)
CREATE FUNCTION credit_limit.lifetime_pd(hazard credit_limit.hazard, cause text DEFAULT 'event', period_length int DEFAULT 12)
    RETURNS float8[]
    AS 'MODULE_PATHNAME', 'cl_lifetime_pd' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

-- Transitions between states: what is read from them. States of answers are text, in the order of numbers or of bytes of names.

-- what transitions count. n: of consecutive months, which all answers are of; n_gaps: across months that are missing, counted
-- apart; n_skipped: rows left out because something was NULL; n_states; amount: what n began with, NULL without amounts. NULL
-- gives NULL
CREATE FUNCTION credit_limit.transitions_stats(transitions credit_limit.transitions, OUT n bigint, OUT n_gaps bigint,
    OUT n_skipped bigint, OUT n_states int, OUT amount numeric)
    AS 'MODULE_PATHNAME', 'cl_transitions_stats' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

-- the share of accounts that went from each state to each within a month. n: accounts; n_from: all that were in from_state;
-- rate: n / n_from; low and high: its interval of that confidence (0 to 1); amount: what they began with, amount_rate its share,
-- NULL without amounts or where they add up to 0. Fractions. States from which nothing was seen to go have no rows. NULL
-- transitions give no rows. Error: confidence NULL (22004) or out of range (22003). Source: Wilson 1927
CREATE FUNCTION credit_limit.roll_rates(transitions credit_limit.transitions, confidence float8 DEFAULT 0.95,
    OUT from_state text, OUT to_state text, OUT n bigint, OUT n_from bigint, OUT rate float8, OUT low float8, OUT high float8,
    OUT amount numeric, OUT amount_rate float8) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'cl_roll_rates' LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 50;

-- net flow rates: what is in the next state after a month, wherever it came from, over what was in the state before it. rate:
-- of accounts, amount_rate of amounts as they began; may be above 1. NULL where nothing was in the state. states: those that flow
-- into each other, in that order; NULL: all, in the order of their numbers. The product of rates from current on is the share
-- that is lost at last, if an account stays in each of the states for one month, the last too (90 to 119 days, or a charge-off
-- that is on file once): a state in which accounts stay, as 90 and more days, counts them again each month. NULL transitions give
-- no rows. Error: names without states, a state that there is not or that is there twice (22023)
CREATE FUNCTION credit_limit.net_flow_rates(transitions credit_limit.transitions, states text[] DEFAULT NULL, OUT state text,
    OUT next_state text, OUT n_before bigint, OUT n_after bigint, OUT rate float8, OUT amount_before numeric,
    OUT amount_after numeric, OUT amount_rate float8) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'cl_net_flow_rates' LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 10;

-- the states, in the order in which transition_matrix has them. NULL gives NULL
CREATE FUNCTION credit_limit.transition_states(transitions credit_limit.transitions) RETURNS text[]
    AS 'MODULE_PATHNAME', 'cl_transition_states' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

-- the probabilities of a month, a row for each state from, a column for each state to: n / n_from of roll_rates. A state from
-- which nothing was seen to go keeps what is in it. NULL gives NULL. Source: Anderson and Goodman 1957
CREATE FUNCTION credit_limit.transition_matrix(transitions credit_limit.transitions) RETURNS float8[]
    AS 'MODULE_PATHNAME', 'cl_transition_matrix' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

-- the probability, for each state, to have come to a state of default within so many months (0 to 1200), if accounts go on as
-- they went and a default is not left again; 1 in a state of default. NULL gives no rows. Error: a state that there is not
-- (22023), months out of range (22003)
CREATE FUNCTION credit_limit.transition_pd(transitions credit_limit.transitions, months int, default_states text[],
    OUT state text, OUT pd float8) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'cl_transition_pd' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10;

-- how many accounts, or how much, will be in each state after 0, 1, ... months (0 to 1200), if they go on as they went. start: a
-- number for each state, in the order of transition_states, from 0 to 1e15. NULL gives no rows. Error: another number of them
-- (2202E), one out of range (22003)
CREATE FUNCTION credit_limit.expected_states(transitions credit_limit.transitions, start float8[], months int, OUT month int,
    OUT state text, OUT expected float8) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'cl_expected_states' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 100;

-- the probability to be in each state at the end of each period, by the state at the beginning of the first: the product of the
-- matrices of the periods, each of the accounts that were there in both of its months, so that accounts may come and go.
-- transitions: of one period after the other, for example array_agg(t ORDER BY month). NULL gives no rows. Error: a period that
-- is NULL (22004), states of different types. Source: Aalen and Johansen 1978
CREATE FUNCTION credit_limit.aalen_johansen(transitions credit_limit.transitions[], OUT period int, OUT from_state text,
    OUT to_state text, OUT probability float8) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'cl_aalen_johansen' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 100;

-- The generator of a chain in continuous time.

-- the rates a month at which accounts move between states, from all that transitions count, also across gaps: in between an
-- account may have been anywhere. moves: pairs {{from, to}, ...} that are possible within a moment; NULL: all that were seen.
-- exact_states: states whose month of entry is known whatever the gap (default, closure), and that are not left. status:
-- converged; at_zero, some rates are 0 and have no interval; not_identified, other rates are as likely; max_iterations. n:
-- transitions; log_likelihood; generator: a row for each state from, in the order of transition_states, which adds up to 0; low
-- and high: intervals of its rates of that confidence (0 to 1), NULL where there are none. NULL transitions give NULL. Error: a
-- state that there is not, a move that leaves an exact state, no way of moves to what was seen (22023), confidence NULL (22004)
-- or out of range (22003), more than 32 states (54000). Source: Kalbfleisch and Lawless 1985; R msm
CREATE FUNCTION credit_limit.transition_generator(transitions credit_limit.transitions, moves text[] DEFAULT NULL,
    exact_states text[] DEFAULT NULL, confidence float8 DEFAULT 0.95, OUT status text, OUT n bigint, OUT log_likelihood float8,
    OUT generator float8[], OUT low float8[], OUT high float8[])
    AS 'MODULE_PATHNAME', 'cl_transition_generator' LANGUAGE C IMMUTABLE PARALLEL SAFE;

-- the probabilities for this number of months (0 to 1200, also fractions): the exponential of months times the generator, a row
-- for each state from. NULL gives NULL. Error: no generator (22023), months out of range (22003), more than 32 states (54000)
CREATE FUNCTION credit_limit.generator_matrix(generator float8[], months float8) RETURNS float8[]
    AS 'MODULE_PATHNAME', 'cl_generator_matrix' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

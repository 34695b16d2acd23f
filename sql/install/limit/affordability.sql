-- What a borrower can afford, and what a line leaves to draw.

CREATE FUNCTION credit_limit.affordable_limit(income numeric, obligations numeric, apr float8, payment_rate float8,
    payment_floor numeric DEFAULT 0, max_debt_to_income float8 DEFAULT NULL, residual_income numeric DEFAULT 0,
    fees numeric DEFAULT 0, decimals int DEFAULT 2) RETURNS numeric
    AS 'MODULE_PATHNAME', 'cl_affordable_limit' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION credit_limit.affordable_limit(numeric, numeric, float8, float8, numeric, float8, numeric, numeric, int) IS
    'the largest limit whose minimum payment, the line used in full from the first day, keeps (obligations + payment) / income '
    'within max_debt_to_income (NULL: not looked at) and leaves residual_income. Payment per month: max(payment_floor, '
    'payment_rate L + L apr / 12 + fees). Amounts per month; rates are fractions, taken to a millionth; obligations without '
    'this line. Rounded down at decimals; 0 when nothing is affordable; any other NULL gives NULL. Source: Regulation Z, 12 CFR '
    '1026.51';

CREATE FUNCTION credit_limit.available_credit(credit_limit numeric, balance numeric, blocked numeric DEFAULT 0,
    umbrella_limit numeric DEFAULT NULL, umbrella_drawn numeric DEFAULT NULL) RETURNS numeric
    AS 'MODULE_PATHNAME', 'cl_available_credit' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION credit_limit.available_credit(numeric, numeric, numeric, numeric, numeric) IS
    'what can still be drawn: the smaller of credit_limit - balance - blocked and umbrella_limit - umbrella_drawn - balance - '
    'blocked, never negative. umbrella_drawn: balances and blocked amounts of the other products of the borrower. A credit '
    'balance counts as nothing drawn; amounts finer than 4 decimals are rounded, limits down and the rest up. NULL '
    'umbrella_limit: no umbrella; any other NULL gives NULL; a negative limit is an error';

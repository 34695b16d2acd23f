-- months_on_book: the age of an account.

CREATE FUNCTION credit_limit.months_on_book(opened_on date, as_of date) RETURNS int
    AS 'MODULE_PATHNAME', 'cl_months_on_book' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION credit_limit.months_on_book(date, date) IS
    'calendar months from the month of opening to that of the day: 0 in the month of opening, 1 from the first day of the next; '
    'negative before. NULL if either is NULL or infinite';

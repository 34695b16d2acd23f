-- What release_table() and make_release() of a book read and draw.

-- the table of a query (row_label, column_label, contributor, amount) with discrete Laplace noise, drawn anew in each call,
-- and the epsilon it takes. options: see make_release(). Who may read the rows may draw as often as he likes; what others see
-- is what make_release() has committed
CREATE FUNCTION credit_limit_internal.noisy_table(query text, options jsonb, OUT released jsonb, OUT epsilon numeric)
    AS 'MODULE_PATHNAME', 'cl_noisy_table' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;

-- the disclosure_table that a query returns. Error: not one SELECT that only reads (22023), or not one such value (42804)
CREATE FUNCTION credit_limit_internal.table_of_query(query text) RETURNS credit_limit.disclosure_table
    AS 'MODULE_PATHNAME', 'cl_table_of_query' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;

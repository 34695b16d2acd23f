-- Tables with noise: what make_release() of a book draws.

-- the table of a query (row_label, column_label, contributor, amount) with discrete Laplace noise, drawn anew in each call, and the
-- epsilon it takes. options: see make_release(). Who may read the rows may draw as often as he likes; what others see is what
-- make_release() has committed
CREATE FUNCTION credit_limit_internal.noisy_table(query text, options jsonb, OUT released jsonb, OUT epsilon numeric)
    AS 'MODULE_PATHNAME', 'cl_noisy_table' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;

-- Rows as text that is the same everywhere, and chains of hashes over them: what a decision log is made of.

CREATE FUNCTION credit_limit.row_layout(r record) RETURNS text
    AS 'MODULE_PATHNAME', 'cl_row_layout' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION credit_limit.row_layout(record) IS
    'names and types of the columns of a row, as a JSON array of [name, type] pairs in their order: what canonical_row() leaves out. A NULL row gives NULL. Errors: a column of a type that has no canonical text (42804)';

CREATE FUNCTION credit_limit.canonical_row(r record, layout text) RETURNS text
    AS 'MODULE_PATHNAME', 'cl_canonical_row' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION credit_limit.canonical_row(record, text) IS
    'the values of a row as a JSON array, byte for byte the same on every server and under every setting. layout must be row_layout() of the row. Numbers print in full, double precision in the shortest decimal that reads back as the same double; NaN and infinities, dates (YYYY-MM-DD), uuid and bytea (hexadecimal) are strings. NULL row or layout: NULL. Errors (42804): another layout, a type without canonical text';

CREATE TYPE credit_limit.hash_link AS (previous_hash bytea, hash bytea);
COMMENT ON TYPE credit_limit.hash_link IS 'a link of a chain of hashes: 32 bytes each';
COMMENT ON COLUMN credit_limit.hash_link.previous_hash IS 'hash of the row before';
COMMENT ON COLUMN credit_limit.hash_link.hash IS 'SHA-256 of previous_hash and the content of the row';

CREATE FUNCTION credit_limit.chain_link(previous bytea, content text) RETURNS credit_limit.hash_link
    AS 'MODULE_PATHNAME', 'cl_chain_link' LANGUAGE C IMMUTABLE PARALLEL SAFE WINDOW COST 10;
COMMENT ON FUNCTION credit_limit.chain_link(bytea, text) IS
    'window function: the hash of the row before, and SHA-256 of it and the content of this row in UTF-8, in the order of the window; the first row of a partition follows previous, which has 32 bytes. Errors: NULL content, or a previous that is NULL (22004) or of another length (22023)';

CREATE FUNCTION credit_limit.kept_row(statement text, VARIADIC parameters "any") RETURNS record
    AS 'MODULE_PATHNAME', 'cl_kept_row' LANGUAGE C VOLATILE CALLED ON NULL INPUT COST 1000;
COMMENT ON FUNCTION credit_limit.kept_row(text, "any") IS
    'part of runs and real time: executes a statement with the rights of the caller, its plan kept for the next time, and returns the first row; NULL if there is none. Errors: a NULL statement, more than 24 parameters, one without a type (22023)';

CREATE FUNCTION credit_limit.latest_row(query text, VARIADIC parameters "any") RETURNS record
    AS 'MODULE_PATHNAME', 'cl_latest_row' LANGUAGE C VOLATILE CALLED ON NULL INPUT COST 1000;
COMMENT ON FUNCTION credit_limit.latest_row(text, "any") IS
    'kept_row() of a query that sees what is committed now, in a transaction with an older snapshot too. Errors: also a statement that is no query (0A000)';

CREATE FUNCTION credit_limit.kept_row(statement text) RETURNS record
    AS 'MODULE_PATHNAME', 'cl_kept_row' LANGUAGE C VOLATILE CALLED ON NULL INPUT COST 1000;
COMMENT ON FUNCTION credit_limit.kept_row(text) IS 'kept_row() of a statement without parameters';

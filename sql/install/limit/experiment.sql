-- Champion and challengers.

CREATE FUNCTION credit_limit.assign_arm(experiment text, unit text, arms text[], shares float8[]) RETURNS text
    AS 'MODULE_PATHNAME', 'cl_assign_arm' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION credit_limit.assign_arm(text, text, text[], float8[]) IS
    'the arm of an experiment that a unit (a borrower) belongs to: the first 53 bits of SHA-256(experiment || 0x1f || unit), in '
    'UTF-8, as a fraction against the cumulative shares in the order given. Shares are fractions that sum to 1 within 1e-9. The '
    'same on every server and version. NULL gives NULL';

CREATE FUNCTION credit_limit.assign_arm(experiment text, unit text, arms jsonb) RETURNS text
    AS 'MODULE_PATHNAME', 'cl_assign_arm_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION credit_limit.assign_arm(text, text, jsonb) IS
    'the same with the arms as [{"arm": "champion", "share": 0.9}, {"arm": "challenger", "share": 0.1}]. NULL gives NULL';

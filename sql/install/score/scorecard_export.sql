-- scorecard_export: a card for other systems: as SQL, as PMML and back, and what identifies it.

CREATE FUNCTION credit_limit.scorecard_sql(card credit_limit.scorecard, row_name text DEFAULT NULL) RETURNS text
AS 'MODULE_PATHNAME', 'cl_scorecard_sql' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION credit_limit.scorecard_sql(credit_limit.scorecard, text) IS
'The card as one SQL expression for PostgreSQL without the extension: equal to score(card, row) bit for bit, and NULL where
that is NULL. row_name: the alias of the row whose columns it reads (quoted where needed); NULL for bare names. Columns may be
of any type that score() takes, char(n), enum and domains too. Numbers are read through their text, so extra_float_digits must
not be below its default 1; a numeric that no double holds (1e400) is an error (22003) where score() takes it for an infinity
or zero. A number in a text column is read as a number, where score() reports the wrong type. NULL for a NULL card. Error: an
empty row_name (22023).';

CREATE FUNCTION credit_limit.scorecard_hash(card credit_limit.scorecard) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(card::pg_catalog.text, 'UTF8')), 'hex');
COMMENT ON FUNCTION credit_limit.scorecard_hash(credit_limit.scorecard) IS
'SHA-256 of the canonical JSON of the card in UTF-8, 64 hexadecimal digits: two cards that were written differently and say the
same have the same hash, in every database. NULL gives NULL.';

CREATE FUNCTION credit_limit.scorecard_pmml(card credit_limit.scorecard) RETURNS xml
AS 'MODULE_PATHNAME', 'cl_scorecard_pmml' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION credit_limit.scorecard_pmml(credit_limit.scorecard) IS
'The card as PMML 4.4, model Scorecard: the score is initialScore plus the partialScore of every characteristic, reason codes are
those of reason_codes(card, row, 4, max) (pointsBelow the best points; PMML does not leave out a reason that was said before).
NaN is declared a missing value. What PMML has no place for (scaling, woe, event_rate, dimension, coefficient, neutral_points,
average_points) is in Extension elements with extender credit_limit. Needs no libxml. NULL gives NULL. Error: a control character
that XML does not have (22P05). Source: Data Mining Group, PMML 4.4.1, Scorecard.';

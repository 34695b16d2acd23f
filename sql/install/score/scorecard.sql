-- scorecard: a credit scorecard as a value; score borrowers with it, and explain the scores.

-- Scores. For a row of a table the planner calls the functions named _columns, which need no composite value.

CREATE FUNCTION credit_limit_internal.row_columns(internal) RETURNS internal
AS 'MODULE_PATHNAME', 'cl_row_columns' LANGUAGE C STRICT;
COMMENT ON FUNCTION credit_limit_internal.row_columns(internal) IS
'planner support: f(document, row of a table) becomes f_columns(document, type, columns), which means the same and is
faster';

CREATE FUNCTION credit_limit_internal.score_columns(card credit_limit.scorecard, names text[], VARIADIC columns "any")
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_score_columns' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION credit_limit_internal.score_columns(credit_limit.scorecard, text[], "any") IS
'What the planner makes of score(card, row of a table): its columns, with their names, so that postgres_fdw can send it. Call
score() instead. NULL for a NULL card. Errors: names that are not one constant for the columns (42804), and those of score().';

CREATE FUNCTION credit_limit_internal.score_pd_columns(card credit_limit.scorecard, names text[], VARIADIC columns "any")
RETURNS float8
AS 'MODULE_PATHNAME', 'cl_score_pd_columns' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 15;
COMMENT ON FUNCTION credit_limit_internal.score_pd_columns(credit_limit.scorecard, text[], "any") IS
'What the planner makes of score_pd(card, row of a table), as score_columns is for score. Call score_pd() instead.';

CREATE FUNCTION credit_limit.score(card credit_limit.scorecard, borrower record) RETURNS float8
AS 'MODULE_PATHNAME', 'cl_score' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10
SUPPORT credit_limit_internal.row_columns;
COMMENT ON FUNCTION credit_limit.score(credit_limit.scorecard, record) IS
'The score of a borrower: base points plus the points of the bin of every characteristic, added in the order of the
card. borrower: a row of any table, view or sub-select; its columns are found by name once per query.
NULL and NaN are the missing value; infinities are in the first or last interval. The score is NULL when a value has
no bin (missing without "missing", a category that is not listed without "other"), when the card is NULL and when the
row is NULL. Errors: a column that is not there (42703), there twice (42702) or of a wrong type (42804).';

CREATE FUNCTION credit_limit.score(card credit_limit.scorecard, borrower jsonb) RETURNS float8
AS 'MODULE_PATHNAME', 'cl_score_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION credit_limit.score(credit_limit.scorecard, jsonb) IS
'As score(scorecard, record), of a jsonb object with a key for every characteristic: score(card, to_jsonb(b)) equals
score(card, b), but for the padding of char(n), which to_jsonb keeps. null is the missing value; the strings "NaN",
"Infinity" and "-Infinity" are the numbers that JSON lacks. Errors: no object (22023), a key that is not there (42703) or of a
wrong JSON type (42804).';

CREATE FUNCTION credit_limit.score(card credit_limit.scorecard, borrower text) RETURNS float8
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN credit_limit.score(card, borrower::pg_catalog.jsonb);
COMMENT ON FUNCTION credit_limit.score(credit_limit.scorecard, text) IS
'As score(scorecard, jsonb), of the text of a JSON object, so that a literal needs no cast. Error also: text that is no JSON.';

CREATE FUNCTION credit_limit.score_pd(card credit_limit.scorecard, borrower record) RETURNS float8
AS 'MODULE_PATHNAME', 'cl_score_pd' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 15
SUPPORT credit_limit_internal.row_columns;
COMMENT ON FUNCTION credit_limit.score_pd(credit_limit.scorecard, record) IS
'The probability of default (0..1) that the scaling of the card gives the score: 1 / (1 + exp((score - offset) /
factor)) with factor = pdo / ln 2 and offset = scaling.score - factor * ln(odds). NULL and errors as score(). For a
card that was not fitted to data it says what the card claims, not what will happen: calibrate before use. Source:
Siddiqi (2006), chapter 6.';

CREATE FUNCTION credit_limit.score_pd(card credit_limit.scorecard, score float8) RETURNS float8
AS 'MODULE_PATHNAME', 'cl_score_pd_float8' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
COMMENT ON FUNCTION credit_limit.score_pd(credit_limit.scorecard, float8) IS
'The probability of default of a score, by the scaling of the card. NULL or NaN gives NULL. Error: a score that the card cannot '
'give (22023), as where a column is taken for a row: b in score_pd(card, b) is a column if the table has one of that name.';

CREATE FUNCTION credit_limit.score_pd(card credit_limit.scorecard, borrower jsonb) RETURNS float8
AS 'MODULE_PATHNAME', 'cl_score_pd_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 25;
COMMENT ON FUNCTION credit_limit.score_pd(credit_limit.scorecard, jsonb) IS
'As score_pd(scorecard, record), of a jsonb object with a key for every characteristic; a number is the score itself.';

CREATE FUNCTION credit_limit.score_pd(card credit_limit.scorecard, borrower text) RETURNS float8
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN credit_limit.score_pd(card, borrower::pg_catalog.jsonb);
COMMENT ON FUNCTION credit_limit.score_pd(credit_limit.scorecard, text) IS
'As score_pd(scorecard, jsonb), of the text of a JSON object or a number, so that a literal needs no cast. Error also: text '
'that is no JSON.';

CREATE FUNCTION credit_limit.score_from_pd(pd float8, base_score float8 DEFAULT 600, base_odds float8 DEFAULT 50,
	pdo float8 DEFAULT 20) RETURNS float8
AS 'MODULE_PATHNAME', 'cl_score_from_pd' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION credit_limit.score_from_pd(float8, float8, float8, float8) IS
'The score of a probability of default (0..1): base_score where good:bad odds are base_odds, and pdo points more for
odds twice as good (a negative pdo turns the direction). A PD of 0 is Infinity, a PD of 1 -Infinity; NULL and NaN give
NULL. Errors (22023): a PD outside 0..1, odds not positive, pdo 0, anything else not finite. Source: Siddiqi (2006),
chapter 6.';

CREATE FUNCTION credit_limit.pd_from_score(score float8, base_score float8 DEFAULT 600, base_odds float8 DEFAULT 50,
	pdo float8 DEFAULT 20) RETURNS float8
AS 'MODULE_PATHNAME', 'cl_pd_from_score' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION credit_limit.pd_from_score(float8, float8, float8, float8) IS
'The probability of default (0..1) of a score: the inverse of score_from_pd. A score of Infinity is a PD of 0,
-Infinity of 1; NULL and NaN give NULL. Errors (22023): odds not positive, pdo 0, anything else not finite. Source:
Siddiqi (2006), chapter 6.';

-- Explanations.

CREATE FUNCTION credit_limit.score_points(card credit_limit.scorecard, borrower record,
	OUT characteristic text, OUT value text, OUT bin text, OUT woe float8, OUT points float8, OUT points_best float8,
	OUT points_lost float8, OUT dimension text, OUT reason text) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'cl_score_points' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 20;
COMMENT ON FUNCTION credit_limit.score_points(credit_limit.scorecard, record) IS
'How a score came about: a row per characteristic in the order of the card, with the value as the card read it, the
bin, its weight of evidence where the card carries one, its points, the best points that the characteristic has in any
bin (the lowest where the pdo of the card is negative) and the points lost against them, and the reason that the bin or
the characteristic gives. base_points plus points is the score; points_lost adds up to max_score - score, or score -
min_score. bin and points are NULL where the value has no bin. A NULL
card or row gives no rows. Errors as score().';

CREATE FUNCTION credit_limit.score_points(card credit_limit.scorecard, borrower jsonb,
	OUT characteristic text, OUT value text, OUT bin text, OUT woe float8, OUT points float8, OUT points_best float8,
	OUT points_lost float8, OUT dimension text, OUT reason text) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'cl_score_points_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 20;
COMMENT ON FUNCTION credit_limit.score_points(credit_limit.scorecard, jsonb) IS
'As score_points(scorecard, record), of a jsonb object with a key for every characteristic.';

CREATE FUNCTION credit_limit.score_points(card credit_limit.scorecard, borrower text,
	OUT characteristic text, OUT value text, OUT bin text, OUT woe float8, OUT points float8, OUT points_best float8,
	OUT points_lost float8, OUT dimension text, OUT reason text) RETURNS SETOF record
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 20
BEGIN ATOMIC
	SELECT p.* FROM credit_limit.score_points(card, borrower::pg_catalog.jsonb) p;
END;
COMMENT ON FUNCTION credit_limit.score_points(credit_limit.scorecard, text) IS
'As score_points(scorecard, jsonb), of the text of a JSON object, so that a literal needs no cast.';

CREATE FUNCTION credit_limit.reason_codes(card credit_limit.scorecard, borrower record, n int DEFAULT 4,
	method text DEFAULT 'max') RETURNS text[]
AS 'MODULE_PATHNAME', 'cl_reason_codes' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 30;
COMMENT ON FUNCTION credit_limit.reason_codes(credit_limit.scorecard, record, int, text) IS
'Why a score is not better (higher, or lower where the pdo of the card is negative): the reasons of at most n
characteristics that lost points, the largest loss first, equal
losses in the order of the card, a text only once. method says against what: max = the best points that the
characteristic has in any bin, neutral = its neutral_points, average = its average_points. The reason is that of the
bin, else that of the characteristic. An empty array when nothing is lost; a value without a bin is no loss. NULL when
an argument is. Errors: n below 1, an unknown method, average for a card without average_points (22023), and those of
score(). Source: Siddiqi (2006), chapter 6.';

CREATE FUNCTION credit_limit.reason_codes(card credit_limit.scorecard, borrower jsonb, n int DEFAULT 4,
	method text DEFAULT 'max') RETURNS text[]
AS 'MODULE_PATHNAME', 'cl_reason_codes_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 40;
COMMENT ON FUNCTION credit_limit.reason_codes(credit_limit.scorecard, jsonb, int, text) IS
'As reason_codes(scorecard, record, n, method), of a jsonb object with a key for every characteristic.';

CREATE FUNCTION credit_limit.reason_codes(card credit_limit.scorecard, borrower text, n int DEFAULT 4,
	method text DEFAULT 'max') RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN credit_limit.reason_codes(card, borrower::pg_catalog.jsonb, n, method);
COMMENT ON FUNCTION credit_limit.reason_codes(credit_limit.scorecard, text, int, text) IS
'As reason_codes(scorecard, jsonb, n, method), of the text of a JSON object, so that a literal needs no cast.';

CREATE FUNCTION credit_limit.scorecard_table(card credit_limit.scorecard, all_bins boolean DEFAULT false,
	OUT characteristic text, OUT bin_id int, OUT bin text, OUT woe float8, OUT coefficient float8, OUT points float8,
	OUT kind text, OUT reason text, OUT dimension text, OUT lower float8, OUT upper float8, OUT "values" text[],
	OUT event_rate float8, OUT count bigint, OUT count_share float8) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'cl_scorecard_table' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 100;
COMMENT ON FUNCTION credit_limit.scorecard_table(credit_limit.scorecard, boolean) IS
'The card as a table: a row per bin, in the order of the card. bin_id counts the bins of a characteristic from 1:
intervals or categories, special bins, missing, other (kind says which). lower and upper are set for intervals (the
label says which side is closed), values for categories and special bins. count is how many rows of the training had the
bin, count_share their share; bins that none had are left out unless all_bins. What the card does not say is NULL. A
NULL argument gives no rows.';

CREATE FUNCTION credit_limit.scorecard_summary(card credit_limit.scorecard,
	OUT name text, OUT n_characteristics int, OUT min_score float8, OUT max_score float8, OUT factor float8,
	OUT "offset" float8) RETURNS record
AS 'MODULE_PATHNAME', 'cl_scorecard_summary' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION credit_limit.scorecard_summary(credit_limit.scorecard) IS
'Name, number of characteristics, the lowest and the highest score that any borrower can get (over all bins, missing
and other included), and the scaling: score = offset + factor * ln(good:bad odds). NULL gives NULL.';

CREATE FUNCTION credit_limit.columns_read(card credit_limit.scorecard) RETURNS text[]
AS 'MODULE_PATHNAME', 'cl_scorecard_columns_read' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION credit_limit.columns_read(credit_limit.scorecard) IS
'The columns of a row that score reads by this card: one for each characteristic. NULL gives NULL.';

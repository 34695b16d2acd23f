-- Evidence that somebody has changed: a decision is made again only from what was hashed. Rows and layouts are read by PostgreSQL's own
-- input functions: 10,000 mutations of them are found, by an error that is clean or by the hash.
\set VERBOSITY terse
\i test/helpers.sql
SELECT setseed(0.6);
CREATE ROLE regress_verify_replay_maker;
SELECT credit_limit.create_book('book_m');
GRANT USAGE ON SCHEMA book_m, credit_limit, credit_limit_internal TO regress_verify_replay_maker;
GRANT ALL ON ALL TABLES IN SCHEMA book_m TO regress_verify_replay_maker;
SET ROLE regress_verify_replay_maker;
SELECT credit_limit.draft_policy('book_m', 'cash',
  '{"name": "cash", "entitlement": {"bands": [{"score_from": 600, "income_multiple": 2}, {"score_from": 0, "income_multiple": 1}]}, '
  '"product": {"cap": 20000, "step": 100},
  "exclusions": [{"column": "flag", "is": true, "reason": "Flag"}, {"column": "level", "at_least": 30, "reason": "Level"},
    {"column": "words", "in": ["a \"b\"", "é\n"], "reason": "Words"}, {"column": "ratio", "below": 0.1, "reason": "Ratio"}]}');
SELECT credit_limit.draft_scorecard('book_m', 'card', '{"name": "card", "base_points": 500, "characteristics": [
  {"name": "ratio", "bins": [{"below": 0.5, "points": 150}, {"points": 0}], "missing": {"points": 50}}, {"name": "small",
    "bins": [{"below": 3, "points": 10}, {"points": 20}], "missing": {"points": 0}},
  {"name": "mood", "categories": [{"in": ["glad"], "points": 14}, {"in": ["sad \"so\""], "points": -12}], "other": {"points": 0}, "missing": {"points": 1}}]}');
RESET ROLE;
SELECT credit_limit.approve_policy('book_m', 1, '2026-01-01', digest => credit_limit.version_digest('book_m', 'policy', 1)),
  credit_limit.approve_scorecard('book_m', 1, '2026-01-01', digest => credit_limit.version_digest('book_m', 'scorecard', 1));
-- A lender's decision_input with columns of every type.
CREATE TYPE book_m.mood AS ENUM ('glad', 'sad "so"');
CREATE DOMAIN book_m.level AS numeric(10, 3);
CREATE TABLE book_m.extra (account_id bigint, flag boolean, level book_m.level, ratio float8, thin real, words text, day date,
  number uuid, bytes bytea, list text[], small smallint, padded char(8), mood book_m.mood);
INSERT INTO book_m.extra SELECT i, i % 5 = 0, (i % 9) * 5.250, (ARRAY['NaN', 'Infinity', '-Infinity', 0.05, 0.3, 1e-300, 0.9,
  NULL])[1 + i % 8]::float8, (ARRAY['NaN', 1e-45, 0.1, -3])[1 + i % 4]::real,
  (ARRAY['a "b"', E'é\n', '', 'x\y', NULL])[1 + i % 5], (ARRAY['infinity', '-infinity', '0044-03-15 BC', '2026-01-31',
    NULL])[1 + i % 5]::date, md5(i::text)::uuid, sha256(i::text::bytea),
  (ARRAY['{}', '{NULL,"a,b","\"",""}', '{x}'])[1 + i % 3]::text[], i % 6, 'p' || i,
    (ARRAY['glad', 'sad "so"', NULL])[1 + i % 3]::book_m.mood FROM generate_series(1, 60) i;
ALTER FUNCTION book_m.decision_input(date) RENAME TO stock_input;
CREATE VIEW book_m.input_row AS SELECT s.*, e.flag, e.level, e.ratio, e.thin, e.words, e.day, e.number, e.bytes, e.list, e.small,
  e.padded, e.mood FROM book_m.stock_input('2026-01-01') s JOIN book_m.extra e USING (account_id);
CREATE FUNCTION book_m.decision_input(as_of date) RETURNS SETOF book_m.input_row LANGUAGE sql STABLE AS
  $$ SELECT s.*, e.flag, e.level, e.ratio, e.thin, e.words, e.day, e.number, e.bytes, e.list, e.small, e.padded, e.mood
    FROM book_m.stock_input(as_of) s JOIN book_m.extra e USING (account_id) $$;
INSERT INTO book_m.product VALUES ('cash', 'Cash', 'standby_cash', 'CNY', 'cash', 'card');
INSERT INTO book_m.borrower (borrower_id, income) SELECT i, 1000 + i FROM generate_series(1, 60) i;
INSERT INTO book_m.account (account_id, borrower_id, product, currency, opened_on, credit_limit) SELECT i, i, 'cash', 'CNY',
  '2026-01-01', 100 * (i % 9) FROM generate_series(1, 60) i;
CREATE TEMP TABLE input_then AS SELECT i.*, false AS held_out, 1 AS version_no, o.score, credit_limit.score_pd(c.document, o.score) AS pd
FROM book_m.decision_input('2026-11-30') i, book_m.scorecard_version c, LATERAL credit_limit.score(c.document, i) o(score);
CALL credit_limit.run_decisions('book_m', '2026-11-30');
SELECT status, decisions, failed FROM book_m.run_progress;
SELECT action, count(*) FROM book_m.decision GROUP BY 1 ORDER BY 1;
SELECT count(DISTINCT score) AS scores, count(DISTINCT reasons) AS reasons FROM book_m.decision;
SELECT count(*) AS problems FROM credit_limit.verify_log('book_m');

-- Every decision is made again from what was kept, whatever the settings of the session are.
SELECT count(*) AS decisions, count(*) FILTER (WHERE same) AS same FROM book_m.decision d, credit_limit.replay_decision('book_m', d.decision_id);
SELECT count(*) AS decisions, count(DISTINCT decision_id) AS different, count(*) FILTER (WHERE same) AS same
FROM credit_limit.replay_decisions('book_m', '2026-11-01', '2026-11-30');
SELECT count(*) FROM credit_limit.replay_decisions('book_m', '2026-12-01', '2026-12-31');
SELECT count(*) FROM credit_limit.replay_decisions('book_m', NULL, '2026-12-31');
SELECT count(*) FROM credit_limit.replay_decisions('book_m', '2026-12-01', 'infinity');
-- Why: the inputs are those of decision_input then, by name; points and steps are those of score_points() and explain_limit() on them;
-- base and points make the score, the last step the limit.
SELECT count(*) AS decisions, count(*) FILTER (WHERE to_jsonb(i) || jsonb_build_object('padded', i.padded::text) @> (e -> 'inputs')) AS inputs,
  count(*) FILTER (WHERE e -> 'points' = (SELECT jsonb_agg(p) FROM credit_limit.score_points(c.document, i) p)) AS points,
  count(*) FILTER (WHERE 500 + (SELECT sum((p ->> 'points')::float8) FROM jsonb_array_elements(e -> 'points') p) = d.score
    AND e -> 'score' = to_jsonb(d.score)) AS score,
  count(*) FILTER (WHERE e -> 'limit' = credit_limit.explain_limit(p.document, i, d.as_of)) AS steps,
  count(*) FILTER (WHERE (e #>> '{limit,decision,new_limit}')::numeric = d.new_limit AND (e ->> 'new_limit')::numeric = d.new_limit) AS new_limit,
  count(*) FILTER (WHERE e -> 'policy' = '{"policy_id": 1, "name": "cash", "version": 1}'
    AND e -> 'scorecard' = '{"scorecard_id": 1, "name": "card", "version": 1}') AS versions
FROM book_m.decision d JOIN (SELECT * FROM pg_temp.input_then) i USING (account_id), credit_limit.explain_decision('book_m', d.decision_id) e,
  book_m.policy_version p, book_m.scorecard_version c;
SELECT jsonb_object_keys(credit_limit.explain_decision('book_m', 64)) AS key ORDER BY 1;
SELECT s ->> 'step' AS step, s ->> 'text' AS text FROM jsonb_array_elements(credit_limit.explain_decision('book_m', 64) #> '{limit,steps}') s;
SELECT credit_limit.explain_decision('book_m', 1);
SELECT credit_limit.explain_decision('book_m', NULL) IS NULL AS nothing;
SET datestyle = 'German, DMY'; SET extra_float_digits = -15; SET timezone = 'Asia/Kathmandu'; SET bytea_output = 'escape'; SET intervalstyle = 'sql_standard';
SELECT count(*) FILTER (WHERE same) AS same, (SELECT count(*) FROM credit_limit.verify_log('book_m')) AS problems
  FROM book_m.decision d, credit_limit.replay_decision('book_m', d.decision_id);
CALL credit_limit.run_decisions('book_m', '2026-11-30', '{"run_key": "settings", "move_limits": false}');
RESET datestyle; RESET extra_float_digits; RESET timezone; RESET bytea_output; RESET intervalstyle;
SELECT count(*) AS decisions, count(*) FILTER (WHERE r.same) AS same, (SELECT count(*) FROM credit_limit.verify_log('book_m')) AS problems
FROM book_m.decision d, credit_limit.replay_decision('book_m', d.decision_id) r WHERE run_id = 2;
SELECT count(*) AS accounts, count(*) FILTER (WHERE e.inputs <> g.inputs) AS written_otherwise FROM book_m.decision d
  JOIN book_m.decision_evidence e USING (decision_id)
JOIN book_m.decision f ON f.account_id = d.account_id AND f.run_id = 2 JOIN book_m.decision_evidence g
  ON g.decision_id = f.decision_id WHERE d.run_id = 1 AND d.action <> 'INCREASE';

-- A text with some characters changed: cut, replaced, taken out, doubled, exchanged with those of another place.
CREATE FUNCTION pg_temp.mutant(whole text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  at int := 1 + floor(random() * length(whole))::int;
  other int := 1 + floor(random() * length(whole))::int;
  n int := 1 + floor(random() * random() * 12)::int;
BEGIN
  RETURN CASE floor(random() * 7)::int WHEN 0 THEN left(whole, at - 1)
    WHEN 1 THEN overlay(whole placing (ARRAY['"', '[', ']', ',', '\', '{', '}', ':', '-', '.', 'e', 'N', 'null', ' ', E'\n',
      '\u0000', '\ud83d', 'é', '1e999999', '99999999999999999999', 'true'])[1 + floor(random() * 21)::int] FROM at FOR n - 1)
    WHEN 2 THEN overlay(whole placing chr(33 + floor(random() * 93)::int) FROM at FOR 1) WHEN 3 THEN overlay(whole placing '' FROM at FOR n)
    WHEN 4 THEN left(whole, at) || substr(whole, at, n) || substr(whole, at + 1) WHEN 5 THEN overlay(whole placing substr(whole, other, n) FROM at FOR n)
    ELSE overlay(whole placing floor(random() * 10)::int::text FROM at FOR 1) END;
END $$;
-- What becomes of a decision whose inputs or layout are so changed; everything is undone. An internal error (XX) is not clean.
CREATE FUNCTION pg_temp.outcome(number bigint, what text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  was text; now text; code text; answer text;
BEGIN
  IF what = 'inputs' THEN SELECT inputs INTO was FROM book_m.decision_evidence WHERE decision_id = number;
  ELSE SELECT columns INTO was FROM book_m.evidence_layout; END IF;
  now := pg_temp.mutant(was);
  IF now = was THEN RETURN 'same text'; END IF;
  IF what = 'inputs' THEN UPDATE book_m.decision_evidence SET inputs = now WHERE decision_id = number;
  ELSE UPDATE book_m.evidence_layout SET columns = now; END IF;
  BEGIN
    SELECT CASE WHEN NOT r.same AND 'inputs' = ANY (r.differences) THEN CASE WHEN r.decision IS NULL THEN 'clean error' ELSE 'found' END
      WHEN r.same THEN 'same decision'
      ELSE 'another decision' END INTO answer FROM credit_limit.replay_decision('book_m', number) r;
  EXCEPTION WHEN OTHERS THEN
    answer := format('%s: %s: %s', SQLSTATE, SQLERRM, now);
  END;
  IF what = 'inputs' THEN UPDATE book_m.decision_evidence SET inputs = was WHERE decision_id = number;
  ELSE UPDATE book_m.evidence_layout SET columns = was; END IF;
  RETURN answer;
END $$;
-- A soak makes 10,000 of them.
\set n 300
\if :soak
\set n 10000
\endif
SET session_replication_role = replica;
CREATE TEMP TABLE outcome AS SELECT what, pg_temp.outcome(64 * (1 + i % 60), what) AS outcome, count(*) AS n
  FROM generate_series(1, :n) i, LATERAL (SELECT CASE WHEN i % 10 < 7 THEN 'inputs' ELSE 'layout' END AS what) w GROUP BY 1, 2;
RESET session_replication_role;
-- A clean error or a difference that is found, nothing else.
SELECT what, sum(n) FILTER (WHERE outcome = 'clean error') >= :n / 50 AS clean_errors,
  sum(n) FILTER (WHERE outcome = 'found') >= :n / 50 AS found FROM outcome GROUP BY 1 ORDER BY 1;
SELECT what, outcome, n FROM outcome WHERE outcome NOT IN ('same text', 'clean error', 'found');
SELECT count(*) AS problems FROM credit_limit.verify_log('book_m');

-- verify_log() finds changed inputs and salts, each of them.
SET session_replication_role = replica;
CREATE FUNCTION pg_temp.verified(number bigint, what text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  e record; answer text;
BEGIN
  SELECT * INTO e FROM book_m.decision_evidence WHERE decision_id = number;
  IF what = 'inputs' THEN UPDATE book_m.decision_evidence SET inputs = pg_temp.mutant(inputs) WHERE decision_id = number AND inputs <> '';
  ELSE UPDATE book_m.decision_evidence SET salt = set_byte(salt, number::int / 64 % 16,
    (get_byte(salt, number::int / 64 % 16) + 1) % 256) WHERE decision_id = number; END IF;
  IF (SELECT (inputs, salt) = (e.inputs, e.salt) FROM book_m.decision_evidence WHERE decision_id = number) THEN RETURN 'same text'; END IF;
  SELECT string_agg(problem || CASE WHEN decision_id = number THEN '' ELSE ' of another' END, ', ') INTO answer FROM credit_limit.verify_log('book_m');
  UPDATE book_m.decision_evidence SET inputs = e.inputs, salt = e.salt WHERE decision_id = number;
  RETURN coalesce(answer, 'not found');
END $$;
SELECT what, outcome, count(*) > :n / 200 AS many FROM (SELECT what, pg_temp.verified(64 * (1 + i % 60), what) AS outcome
  FROM generate_series(1, :n / 30) i, LATERAL (SELECT CASE WHEN i % 2 = 0 THEN 'inputs' ELSE 'salt' END AS what) w) o
WHERE outcome <> 'same text' GROUP BY 1, 2 ORDER BY 1, 2;
RESET session_replication_role;
DROP SCHEMA book_m, book_m_report CASCADE;
DROP OWNED BY regress_verify_replay_maker;
DROP ROLE regress_verify_replay_maker;

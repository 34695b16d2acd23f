-- Documents that stay compiled from one statement to the next: a backend keeps 64, by their bytes.
\i test/helpers.sql
SET plan_cache_mode = force_generic_plan;

-- A card whose score is its base points plus 1 or 2: so the answer is known by hand.
CREATE FUNCTION small_card(base int, name text DEFAULT 'small') RETURNS scorecard LANGUAGE sql IMMUTABLE AS $$
  SELECT format('{"name": "%s", "base_points": %s, "characteristics": [{"name": "x", "bins": [{"below": 5, "points": 1}, {"points": 2}]}]}', name, base)::scorecard $$;
CREATE TABLE shelf AS SELECT i AS id, small_card(i) AS card FROM generate_series(1, 150) i;
CREATE TABLE applicant AS SELECT 1 AS id, 3::float8 AS x UNION ALL SELECT 2, 7;

PREPARE one(int, int) AS SELECT score(s.card, a) FROM shelf s, applicant a WHERE s.id = $1 AND a.id = $2;
EXECUTE one(10, 1);
EXECUTE one(10, 2);
EXECUTE one(11, 2);

-- More cards than are kept, again and again, and more than are kept within one statement.
CREATE FUNCTION wrong_scores() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE wrong bigint := 0; s float8;
BEGIN
  FOR i IN 0..449 LOOP
    SELECT score(k.card, a) INTO s FROM shelf k, applicant a WHERE k.id = i % 150 + 1 AND a.id = i % 2 + 1;
    wrong := wrong + (s IS DISTINCT FROM i % 150 + 2 + i % 2)::int;
  END LOOP;
  RETURN wrong;
END $$;
SELECT wrong_scores();
SELECT count(*) FILTER (WHERE score(s.card, a) <> s.id + a.id), count(*) FROM shelf s, applicant a;
SELECT wrong_scores();

-- All that are kept are in use, by cursors, when others come.
BEGIN;
DO $$ DECLARE c refcursor; s float8; wrong int := 0;
BEGIN
  FOR i IN 1..80 LOOP
    c := 'held' || i;
    OPEN c NO SCROLL FOR EXECUTE format('SELECT score(s.card, a) FROM shelf s, applicant a WHERE s.id = %s', i);
    FETCH c INTO s;
    wrong := wrong + (s NOT IN (i + 1, i + 2))::int;
  END LOOP;
  RAISE WARNING 'wrong: %', wrong;
END $$;
SELECT wrong_scores();
FETCH held1;
FETCH held80;
COMMIT;
SELECT wrong_scores();

-- A card that is replaced is another one at once; so is one of the same length.
UPDATE shelf SET card = small_card(99) WHERE id = 10;
EXECUTE one(10, 1);
UPDATE shelf SET card = small_card(98) WHERE id = 10;
EXECUTE one(10, 1);

-- The columns of a row may be other ones in the next statement.
SELECT score(s.card, r) FROM shelf s, (SELECT 'a' AS y, 9::numeric AS x) r WHERE s.id = 11;
SELECT score(s.card, r) FROM shelf s, (SELECT 9 AS y) r WHERE s.id = 11;
EXECUTE one(11, 1);

-- Cards in a toast table, and one that is too large to be kept.
UPDATE shelf SET card = small_card(20, (SELECT string_agg(md5(i::text), '') FROM generate_series(1, 500) i)) WHERE id = 20;
UPDATE shelf SET card = small_card(21, repeat(md5('x'), 10000)) WHERE id = 21;
SELECT id, length(card::text) > 256 * 1024 AS large, pg_column_size(card) > 8000 AS toasted FROM shelf WHERE id IN (20, 21) ORDER BY 1;
EXECUTE one(20, 1);
EXECUTE one(20, 2);
EXECUTE one(21, 1);
EXECUTE one(21, 2);

-- A statement that fails after its card was taken. Three of the scores are those of the card that was replaced.
SELECT score(s.card, a) / (s.id - 30) FROM shelf s, applicant a WHERE s.id = 30;
SELECT wrong_scores();

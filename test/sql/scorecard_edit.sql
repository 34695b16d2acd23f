-- scorecard_edit: one bin of a card changed by hand; and swap_set: whom another card would accept.
\i test/helpers.sql
\set SHOW_CONTEXT never
\pset null -

CREATE TABLE expert AS SELECT '{"name": "expert", "base_points": 500, "characteristics": [
  {"name": "use", "reason": "High use", "average_points": 12, "bins": [{"below": 0.3, "points": 40}, {"below": 0.8, "points": 0}, {"points": -60}],
    "special": [{"values": [-9], "points": 5}], "missing": {"points": -10}},
  {"name": "home", "categories": [{"in": ["own"], "points": 30}, {"in": ["rent", "free"], "points": 0}], "other": {"points": -5}}]}'::scorecard AS card;

-- 1. One bin, by its number in scorecard_table, and nothing else: against jsonb_set by position, for every bin.
SELECT count(*) AS bins, bool_and(scorecard_set(card, t.characteristic, t.bin_id, 7)::jsonb
    = jsonb_set(card::jsonb, p.path || '{points}', '7') #- p.average) AS points,
  bool_and(scorecard_set_reason(card, t.characteristic, t.bin_id, 'Why')::jsonb = jsonb_set(card::jsonb, p.path || '{reason}', '"Why"')) AS reasons
FROM expert, scorecard_table(card) t, LATERAL (SELECT ARRAY['characteristics', CASE t.characteristic WHEN 'use' THEN '0' ELSE '1' END]
  || CASE t.kind WHEN 'interval' THEN ARRAY['bins', (t.bin_id - 1)::text] WHEN 'category' THEN ARRAY['categories', (t.bin_id - 1)::text]
    WHEN 'special' THEN '{special,0}'::text[] ELSE ARRAY[t.kind] END,
  CASE t.characteristic WHEN 'use' THEN '{characteristics,0,average_points}'::text[] ELSE '{none}' END) p (path, average);
SELECT scorecard_set_reason(card, 'home', 'Does not own')::jsonb = jsonb_set(card::jsonb, '{characteristics,1,reason}', '"Does not own"') AS of_all FROM expert;
-- The same points are the same card; other points have an average that nobody knows.
SELECT scorecard_set(card, 'use', 1, 40)::text = card::text AS same,
  scorecard_set(card, 'use', 1, 41)::jsonb #> '{characteristics,0,average_points}' AS average,
  score(scorecard_set(card, 'use', 1, 41), '{"use": 0.1, "home": "own"}') AS score FROM expert;
-- Edits follow each other, and the stored card stays as it was.
SELECT t.characteristic, t.bin, t.points, t.reason
FROM expert, scorecard_table(scorecard_set_reason(scorecard_set(scorecard_set(card, 'use', 5, -25), 'home', 3, -8.5), 'use', 5, 'No history')) t
WHERE t.kind IN ('missing', 'other');
SELECT characteristic, points FROM expert, scorecard_table(card) WHERE kind = 'missing';
SELECT scorecard_set(card, 'Use', 1, 3) FROM expert;
SELECT scorecard_set(card, 'use', 6, 3) FROM expert;
SELECT scorecard_set(card, 'use', 0, 3) FROM expert;
SELECT scorecard_set(card, 'use', 1, 'NaN') FROM expert;
SELECT scorecard_set(card, 'use', 1, -1.1e12) FROM expert;
SELECT scorecard_set_reason(card, 'use', 1, '') FROM expert;
SELECT scorecard_set_reason(card, 'age', 'Young') FROM expert;
SELECT scorecard_set(card, NULL, 1, 3) IS NULL AS name, scorecard_set(card, 'use', NULL, 3) IS NULL AS bin,
  scorecard_set_reason(card, 'use', NULL) IS NULL AS reason
FROM expert;

-- 2. Swap sets, against GROUP BY. A column is called t, as the alias of the relation is; some rows have no outcome, some no score.
CREATE TABLE applicant AS SELECT i AS t, CASE WHEN i % 50 = 0 THEN NULL ELSE draw(i, 1) END AS use,
  (ARRAY['own', 'rent', 'boat', NULL])[1 + (draw(i, 2) * 3.1)::int] AS home,
  CASE WHEN i % 7 > 0 THEN draw(i, 3) < 0.05 + 0.2 * draw(i, 1) END AS bad FROM generate_series(1, 5000) i;
CREATE TABLE other AS SELECT scorecard_set(scorecard_set(card, 'use', 2, 25), 'home', 2, -20) AS card FROM expert;
SELECT swap, accepted_a, accepted_b, n, round(share::numeric, 4) AS share, n_outcome, n_event, round(event_rate::numeric, 4) AS event_rate,
  round(mean_pd_a::numeric, 4) AS mean_pd_a, round(mean_pd_b::numeric, 4) AS mean_pd_b
FROM swap_set('applicant', (SELECT card FROM expert), (SELECT card FROM other), 520, 520, 'bad');
SELECT count(*) AS rows, bool_and(s.n = p.n AND s.n_outcome = p.n_outcome AND s.n_event = p.n_event AND near(s.event_rate, p.event_rate)
  AND (near(s.mean_pd_a, p.pd_a) OR s.swap = 'no score') AND (near(s.mean_pd_b, p.pd_b) OR s.swap = 'no score')) AS same
FROM swap_set('applicant', (SELECT card FROM expert), (SELECT card FROM other), 520, 520, 'bad') s JOIN (
  SELECT CASE WHEN a IS NULL OR b IS NULL THEN 'no score' WHEN a >= 520 AND b >= 520 THEN 'both'
      WHEN b >= 520 THEN 'in' WHEN a >= 520 THEN 'out' ELSE 'neither' END AS swap,
    count(*) AS n, count(bad) AS n_outcome, count(*) FILTER (WHERE bad) AS n_event, avg(bad::int)::float8 AS event_rate,
    avg(score_pd(ca, a)) AS pd_a, avg(score_pd(cb, b)) AS pd_b
  FROM (SELECT expert.card AS ca, other.card AS cb, score(expert.card, x.*) AS a, score(other.card, x.*) AS b, bad
    FROM expert, other, applicant x) q GROUP BY 1) p USING (swap);
-- In any order of the rows: the same to the last bit.
CREATE VIEW applicant_turned AS SELECT * FROM applicant ORDER BY use DESC, md5(applicant::text);
SELECT count(*) AS rows, count(DISTINCT s::text) AS distinct_rows FROM unnest('{applicant,applicant_turned}'::regclass[]) r,
  swap_set(r, (SELECT card FROM expert), (SELECT card FROM other), 520, 520, 'bad') s;
-- The same card at two cut-offs only swaps one way; everybody at minus infinity; without an event no outcome; a card where high is risky.
SELECT s.swap, s.n, s.n_outcome, s.event_rate FROM expert, swap_set('applicant', card, card, 500, 540) s;
SELECT s.swap, s.n FROM expert, swap_set('applicant', card, card, '-Infinity', 'Infinity') s WHERE s.n > 0;
SELECT s.swap, s.n, s.n = count(*) FILTER (WHERE score(card, x.*) <= 520) AS at_most
FROM expert, applicant x, swap_set('applicant', card, jsonb_set(card::jsonb, '{scaling,pdo}', '-20')::scorecard, '-Infinity', 520) s
WHERE s.swap = 'both' GROUP BY 1, 2;
-- No rows, NULLs, mistakes.
CREATE VIEW nobody AS SELECT * FROM applicant WHERE false;
SELECT s.swap, s.n, s.share, s.n_outcome, s.event_rate FROM expert, swap_set('nobody', card, card, 500, 540, 'bad') s;
SELECT count(*) FROM expert, swap_set('applicant', card, NULL, 500, 540);
SELECT count(*) FROM expert, swap_set('applicant', card, card, 500, 'NaN');
SELECT count(*) FROM expert, swap_set('applicant', card, card, 500, 540, 'use');
SELECT count(*) FROM expert, swap_set('applicant', card, card, 500, 540, 'bad) FROM applicant t; --');
CREATE VIEW without_home AS SELECT use FROM applicant;
SELECT count(*) FROM expert, swap_set('without_home', card, card, 500, 540);

-- A card trained together: three lenders who exchange counts and sums end with the card of all rows.
\i test/helpers.sql
\set SHOW_CONTEXT never
CREATE TABLE application AS
SELECT i, i % 3 AS lender, round(draw(i, 1)::numeric, 2)::float8 AS utilization, 20 + (60 * draw(i, 2))::int::float8 AS age,
  draw(i, 3) < 1 / (1 + exp(2.5 - 2 * draw(i, 1) - CASE WHEN i % 3 = 0 THEN 1 ELSE 0 END)) AS defaulted
FROM generate_series(1, 6000) i;
CREATE TABLE joint (characteristic text, binning binning);

-- 1. Bins of released counts are those of the rows.
INSERT INTO joint
SELECT 'utilization', (SELECT binning_refit(fixed_binning(ARRAY[0.3, 0.7]), (ARRAY[0, 0.5, 1])[1 + row_label::int]::float8, column_label::boolean)
  FROM (SELECT suppress(disclosure_table_agg(width_bucket(utilization, ARRAY[0.3, 0.7])::text, defaulted::text, i::bigint)) AS released
    FROM application GROUP BY lender) f, released_cells(released), generate_series(1, n) WHERE row_label IS NOT NULL AND column_label IS NOT NULL)
UNION ALL
SELECT 'age', (SELECT binning_refit(fixed_binning(ARRAY[35.0, 50]), (ARRAY[20, 40, 60])[1 + row_label::int]::float8, column_label::boolean)
  FROM (SELECT suppress(disclosure_table_agg(width_bucket(age, ARRAY[35.0, 50])::text, defaulted::text, i::bigint)) AS released
    FROM application GROUP BY lender) f, released_cells(released), generate_series(1, n) WHERE row_label IS NOT NULL AND column_label IS NOT NULL);
SELECT (SELECT binning FROM joint WHERE characteristic = 'utilization') = binning_refit(fixed_binning(ARRAY[0.3, 0.7]), utilization, defaulted) AS utilization,
  (SELECT binning FROM joint WHERE characteristic = 'age') = binning_refit(fixed_binning(ARRAY[35.0, 50]), age, defaulted) AS age FROM application;

-- 2. Steps of three parties, and the fit of all rows; R's glm is compared in the test logistic.
CREATE TABLE x AS SELECT lender, defaulted, ARRAY[woe(u.binning, utilization), woe(a.binning, age)] AS x FROM application, joint u, joint a
  WHERE u.characteristic = 'utilization' AND a.characteristic = 'age';
CREATE TABLE round (k int, beta float8[], loglik float8);
INSERT INTO round VALUES (0, '{0, 0, 0}');
DO $$
BEGIN
  FOR step IN 1 .. 7 LOOP
    INSERT INTO round SELECT step, n.next_beta, n.loglik FROM round r, LATERAL (SELECT array_agg(s) AS steps FROM
      (SELECT logit_newton_step(defaulted, x.x, r.beta) AS s FROM x GROUP BY lender) p) q, logit_next(r.beta, q.steps) n WHERE r.k = step - 1;
  END LOOP;
END $$;
SELECT bool_and(near(c.estimate, b.v, 1e-8)) AS same, count(*) AS terms
FROM (SELECT logistic_regression(defaulted, x) AS m FROM x) s, LATERAL (SELECT estimate, row_number() OVER () AS i FROM logit_coefficients(m)) c
JOIN (SELECT v, i FROM round, unnest(beta) WITH ORDINALITY u (v, i) WHERE k = 7) b USING (i);
SELECT count(*) AS rounds, bool_and(loglik >= before - 1e-9) AS rises
FROM (SELECT loglik, lag(loglik) OVER (ORDER BY k) AS before FROM round) s WHERE before IS NOT NULL;
SELECT scorecard_from_coefficients(r.beta[1], r.beta[2:], ARRAY['utilization', 'age'], ARRAY[u.binning, a.binning])
  = scorecard_from_coefficients(r.beta[1], r.beta[2:], ARRAY['utilization', 'age'], p.binnings) AS card
FROM round r, joint u, joint a, (SELECT ARRAY[binning_refit(fixed_binning(ARRAY[0.3, 0.7]), utilization, defaulted),
  binning_refit(fixed_binning(ARRAY[35.0, 50]), age, defaulted)] AS binnings FROM application) p
WHERE r.k = 7 AND u.characteristic = 'utilization' AND a.characteristic = 'age';

-- 3. What there is no step from.
SELECT n.* FROM logit_next('{0, 0}', ARRAY[NULL]::logit_step[]) n;
SELECT n.* FROM logit_next('{0, 0}', '{}') n;
SELECT n.* FROM logit_next(NULL, '{}') n;
-- A party without rows.
SELECT round(next_beta[1]::numeric, 6) AS intercept, n, n_event FROM logit_next('{0}', ARRAY[(SELECT logit_newton_step(i < 2, '{}'::float8[], '{0}')
  FROM generate_series(1, 4) i), (SELECT logit_newton_step(NULL, '{}'::float8[], '{0}'))]);
SELECT logit_next('{0, 0}', ARRAY[(SELECT logit_newton_step(i < 3, ARRAY[i]::float8[], '{0, 0}') FROM generate_series(1, 9) i),
  (SELECT logit_newton_step(i < 3, '{}'::float8[], '{0}') FROM generate_series(1, 9) i)]);
SELECT logit_next('{0, 0}', ARRAY[(SELECT logit_newton_step(i < 3, ARRAY[7]::float8[], '{0, 0}') FROM generate_series(1, 9) i)]);
SELECT credit_limit_internal.logit_solve('{1, NaN, 0, 1}', '{1, 1}');
SELECT credit_limit_internal.logit_solve('{1, NULL, 0, 1}', '{1, 1}');
-- 2 x = 1, by hand.
SELECT near(s[1], 0.25), near(s[2], 0.5) FROM credit_limit_internal.logit_solve('{4, 0, 0, 2}', '{1, 1}') s;

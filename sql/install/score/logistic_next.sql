-- A step of Newton's method from the sums of several parties.

-- inverse(information) * gradient. Errors: of different sizes (2202E), not finite (22003), not positive definite (22000)
CREATE FUNCTION credit_limit_internal.logit_solve(information float8[], gradient float8[]) RETURNS float8[]
    AS 'MODULE_PATHNAME', 'cl_logit_solve' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

-- the next coefficients of a logistic regression that several parties fit together, intercept first: beta is what all had,
-- steps are what logit_newton_step gave each of them at it. The same sums as of all rows together, so the same fit. loglik:
-- that of all at beta; it must rise from one beta to the next, else take the middle of the two. NULLs among steps, and parties
-- without rows, are left out; no steps, and a NULL argument, give NULLs. Errors: steps of other columns (2202E), columns that
-- depend on each other (22000)
CREATE FUNCTION credit_limit.logit_next(beta float8[], steps credit_limit.logit_step[], OUT next_beta float8[],
    OUT loglik float8, OUT n bigint, OUT n_event bigint)
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
  WITH step AS (SELECT s.* FROM unnest(steps) s WHERE s.gradient IS NOT NULL),
  total AS (SELECT
      (SELECT array_agg(g.sum ORDER BY g.i) FROM (SELECT u.i, sum(u.x) FROM step s, unnest(s.gradient) WITH ORDINALITY u (x, i)
        GROUP BY u.i) g) AS gradient,
      CASE WHEN (SELECT bool_and(cardinality(s.gradient) = cardinality(logit_next.beta)) FROM step s) THEN
        (SELECT array_agg(g.sum ORDER BY g.i) FROM (SELECT u.i, sum(u.x) FROM step s,
          unnest(s.information) WITH ORDINALITY u (x, i) GROUP BY u.i) g) ELSE '{}' END AS information)
  SELECT (SELECT array_agg(b.x + d.x ORDER BY b.i) FROM unnest(logit_next.beta) WITH ORDINALITY b (x, i)
      JOIN unnest(credit_limit_internal.logit_solve(t.information, t.gradient)) WITH ORDINALITY d (x, i) USING (i)),
    (SELECT sum(s.loglik) FROM step s), (SELECT sum(s.n)::bigint FROM step s), (SELECT sum(s.n_event)::bigint FROM step s)
  FROM total t;
END;

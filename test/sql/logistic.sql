-- logistic: logistic regression, its steps, its selection of terms, and the type logit_model.
\i test/helpers.sql
-- Largest relative difference between coefficients (and standard errors) and what they should be.
CREATE FUNCTION off(m logit_model, estimates float8[], errors float8[] DEFAULT NULL) RETURNS float8 LANGUAGE sql
  RETURN (SELECT greatest(max(abs(estimate / e - 1)), max(abs(std_error / s - 1))) + CASE WHEN count(*) = count(e) THEN 0 ELSE 1 END
          FROM logit_coefficients(m) WITH ORDINALITY c (term, estimate, std_error, z, p, l, h, o, a, note, v, i)
            FULL JOIN unnest(estimates, errors) WITH ORDINALITY r (e, s, i) USING (i) WHERE note IS NULL OR e IS NOT NULL);
CREATE FUNCTION apart(a logit_model, b logit_model) RETURNS float8 LANGUAGE sql
  RETURN (SELECT greatest(max(abs(x.estimate - y.estimate) / y.std_error), max(abs(x.std_error / y.std_error - 1)),
    max(abs((a.s).deviance / (b.s).deviance - 1)))
          FROM (SELECT logit_summary(apart.a) AS s) a, (SELECT logit_summary(apart.b) AS s) b,
            logit_coefficients(apart.a) WITH ORDINALITY x (term, estimate, std_error, z, p, l, h, o, al, note, v, i)
            JOIN logit_coefficients(apart.b) WITH ORDINALITY y (term, estimate, std_error, z, p, l, h, o, al, note, v, i) USING (i));

-- Patients (MADlib's example). Published estimates, z and p; standard errors of R 4.2 at the final coefficients (MADlib prints
-- 3.21389766375099 and R 3.21390449217988: those of earlier iterations). Firth as brglm2 and logistf.
CREATE TABLE patient AS SELECT i, i <= 10 AS attack, t, a
FROM unnest('{1,1,1,0,0,0,0,0,0,0,1,1,1,1,1,1,0,0,0,0}'::int[],
  '{70,80,50,60,40,65,75,80,70,60,65,50,45,35,40,50,55,45,50,60}'::int[]) WITH ORDINALITY v (t, a, i);
SELECT off(logistic_regression(attack, ARRAY[t, a]), '{-6.36346994184587, -1.02410605240807, 0.119044916669784}',
  '{3.21390452473369, 1.17108014649517, 0.0549791755750787}') < 1e-10 AS ml,
  off(logistic_regression(attack, ARRAY[t, a], '{"penalty": "firth"}'), '{-4.909344926311586, -0.879654659522717, 0.092528210033787}',
  '{2.8224587641, 1.0827334134, 0.0475827799}') < 1e-9 AS firth FROM patient;
-- The SEs that R and MADlib publish agree to what their last step left.
SELECT off(logistic_regression(attack, ARRAY[t, a]), '{-6.36346994184587, -1.02410605240807, 0.11904491666978}',
  '{3.213904492179875, 1.171080138291395, 0.054979174960753}') < 2e-8 AS published FROM patient;
SELECT term, round(estimate::numeric, 10) AS estimate, round(z::numeric, 7) AS z, round(p_value::numeric, 7) AS p_value,
  near(conf_low, estimate - 1.959963984540054 * std_error, 1e-12) AND near(conf_high, estimate + 1.959963984540054 * std_error, 1e-12) AS wald,
  near(odds_ratio, exp(estimate), 1e-14) AS odds, aliased, note
FROM logit_coefficients((SELECT logistic_regression(attack, ARRAY[t, a]) FROM patient), '{treatment,anxiety}');
SELECT n, n_skipped, n_event, near(loglik, -9.4101829838509, 1e-13) AS loglik, near(aic, 24.820365967702, 1e-12) AS aic,
  near(bic, 18.8203659677018 + 3 * ln(20), 1e-12) AS bic, near(null_deviance, 40 * ln(2), 1e-14) AS null_deviance, iterations <= 6 AS quick,
  near(condition_number, 1.12074488306044, 1e-9) AS condition, status, message, weight, event_weight, n_coefficients, df_residual,
  near(mcfadden_r2, 1 - 18.8203659677018 / 27.7258872223978, 1e-12) AS r2, near(lr_chi2, 27.7258872223978 - 18.8203659677018, 1e-12) AS lr,
  lr_df, round(lr_p_value::numeric, 9) AS lr_p, penalty, lambda
FROM logit_summary((SELECT logistic_regression(attack, ARRAY[t, a]) FROM patient)) \gx
SELECT i, round(logit_predict(m, ARRAY[t, a])::numeric, 12) AS pd, near(logit_link(m, ARRAY[t, a]),
  ln(logit_predict(m, ARRAY[t, a]) / (1 - logit_predict(m, ARRAY[t, a]))), 1e-13) AS link
FROM patient, (SELECT logistic_regression(attack, ARRAY[t, a]) AS m FROM patient) s WHERE i <= 4 ORDER BY i;
-- The scores of all rows add up to the events.
SELECT near(sum(logit_predict(m, ARRAY[t, a])), 10, 1e-12) AS events FROM patient, (SELECT logistic_regression(attack, ARRAY[t, a]) AS m FROM patient) s;

-- l2, by iterating its definition in R: on the columns, and on columns of standard deviation 1.
SELECT off(logistic_regression(attack, ARRAY[t, a], '{"penalty": "l2", "lambda": 2}'), '{-6.77844211835949, -0.278867040215475, 0.121091509747866}',
    '{3.18364759582107, 0.603011321483101, 0.0548014422107486}') < 1e-10 AS l2,
  off(logistic_regression(attack, ARRAY[t, a], '{"penalty": "l2", "lambda": 2, "standardize": true}'),
    '{-3.56559166774374, -0.684272446733319, 0.0675993785392621}') < 1e-10 AS standardized,
  near((logit_summary(logistic_regression(attack, ARRAY[t, a], '{"penalty": "l2", "lambda": 2}'))).deviance, 19.2330247127644, 1e-12) AS deviance FROM patient;

-- UCB admissions (Bickel, Hammel and O'Connell 1975) as frequency weights; R 4.2, epsilon 1e-14. As many rows say the same.
CREATE TABLE admission AS
SELECT g, d, admitted, n FROM (VALUES (0, 'A', 512, 313), (0, 'B', 353, 207), (0, 'C', 120, 205), (0, 'D', 138, 279), (0, 'E', 53, 138), (0, 'F', 22, 351),
  (1, 'A', 89, 19), (1, 'B', 17, 8), (1, 'C', 202, 391), (1, 'D', 131, 244), (1, 'E', 94, 299), (1, 'F', 24, 317)) v (g, d, yes,
    no), LATERAL (VALUES (true, yes), (false, no)) c (admitted, n);
SELECT off(logistic_regression(admitted, ARRAY[g, (d = 'B')::int, (d = 'C')::int, (d = 'D')::int, (d = 'E')::int, (d = 'F')::int], n, '{}'),
  '{0.582051395276028, 0.0998700881593502, -0.0433979312092462, -1.26259802237917, -1.29460646874817, -1.73930573781552, -3.30648005588693}',
  '{0.0689925968758311, 0.0808464665323692, 0.10983889832203, 0.106632885911473, 0.105823423656776, 0.126113496005263, '
    '0.169981808613564}') < 1e-10 AS ucb FROM admission;
SELECT s.n, s.weight, near(deviance, 5187.4884941714, 1e-12) AS deviance, near(null_deviance, 6044.3406320639, 1e-12) AS null_deviance, df_residual
FROM logit_summary((SELECT logistic_regression(admitted, ARRAY[g, (d = 'B')::int, (d = 'C')::int, (d = 'D')::int, (d = 'E')::int,
  (d = 'F')::int], n, '{}') FROM admission)) s;
SELECT apart((SELECT logistic_regression(admitted, ARRAY[g, (d = 'B')::int, (d = 'F')::int], n, '{}') FROM admission),
  (SELECT logistic_regression(admitted, ARRAY[g, (d = 'B')::int, (d = 'F')::int]) FROM admission, generate_series(1, n))) < 1e-11 AS repeated;

-- mtcars, am ~ wt (R's data).
SELECT off(logistic_regression(am = 1, ARRAY[wt]), '{12.0403697286573, -4.0239699621732}', '{4.51006623896673, 1.43652775262355}') < 1e-10 AS mtcars,
  near((logit_summary(logistic_regression(am = 1, ARRAY[wt]))).deviance, 19.1760848074451, 1e-13) AS deviance
FROM unnest('{2.62,2.875,2.32,3.215,3.44,3.46,3.57,3.19,3.15,3.44,3.44,4.07,3.73,3.78,5.25,5.424,5.345,2.2,1.615,1.835,2.465,3.52,'
  '3.435,3.84,3.845,1.935,2.14,1.513,3.17,2.77,3.57,2.78}'::numeric[],
  '{1,1,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1,1,1,0,0,0,0,0,1,1,1,1,1,1,1}'::int[]) v (wt, am);

-- Ill-scaled columns that anybody can rebuild: 1e6, 1e-6, days since 1970; plain, weighted, Firth, l2. R 4.2, epsilon 1e-14.
CREATE TABLE scaled AS SELECT i, a, b, c, d, ((i * i * 7 + 3 * a) % 389) + a + ((i * 29) % 89) / 4.0 < 250 AS event, (i % 4 + 0.5)::float8 AS w
FROM (SELECT i, (i * 37) % 101 AS a, ((i * 53) % 97) * 1e6::float8 AS b, ((i * 29) % 89) * 1e-6::float8 AS c,
  18000 + (i * i) % 700 AS d FROM generate_series(1, 400) i) s;
SELECT off(logistic_regression(event, ARRAY[a, b, c, d]),
  '{3.8861327100413, -0.0145184822202628, 2.58326435137245e-09, -5429.78357966535, -0.000180656945184408}',
    '{9.25426918224004, 0.00362005907930888, 3.70072216694098e-09, 4031.97679117343, 0.000503829517042542}') < 1e-9 AS scaled,
  off(logistic_regression(event, ARRAY[a, b, c, d], w, '{}'),
    '{-0.785280342633065, -0.0150925161451357, 2.62142118756195e-09, -250.710500951599, 6.99001290481417e-05}',
    '{6.40982848916148, 0.00254061027266591, 2.59370019340762e-09, 2831.90478770584, 0.000348441839698997}') < 1e-9 AS weighted,
  off(logistic_regression(event, ARRAY[a, d], w, '{"penalty": "firth"}'), '{-0.435980620339614, -0.0149617842767929, 5.67682585236334e-05}') < 1e-9 AS firth,
  off(logistic_regression(event, ARRAY[a, d], w, '{"penalty": "l2", "lambda": 50}'),
    '{-0.432471338555305, -0.0150300709765779, 5.67306883703585e-05}') < 1e-9 AS l2,
  near((logit_summary(logistic_regression(event, ARRAY[a, b, c, d]))).deviance, 529.442758405167, 1e-12) AS deviance,
  near((logit_summary(logistic_regression(event, ARRAY[a, b, c, d], w, '{}'))).deviance, 1067.3645078386, 1e-12) AS weighted_deviance FROM scaled;

-- Thirty columns (R 4.2).
CREATE TABLE wide AS SELECT i, x, ((i * i * 11 + x[1] * 3 + x[7] * 2) % 499) + x[3] < 220 AS event,
  ((i * i * 11) % 397) + 2 * x[2] - 3 * x[5] + x[6] * (i % 3) < 180 AS y
FROM (SELECT i, array_agg((i * (2 * j + 3) + j * i * i) % (89 + j) ORDER BY j) AS x FROM generate_series(1, 900) i, generate_series(1, 30) j GROUP BY i) s;
SELECT off(logistic_regression(event, x),
  '{-0.420757813026865,-0.00112475409905064,0.00131767343271366,-0.00598770384403547,0.00136423527234292,-0.00153446606104786,'
  '-0.000632854385951296,0.00311646264428632,-0.00368315083613329,0.000830883036583249,-0.00052549388157853,0.000205256433670872,'
  '-0.000566714811610293,-0.000903146618813746,0.00377597501900348,0.00207258776635182,-0.00136716341243272,-0.00222893089880322,'
  '0.00122480952870381,0.00127924209773646,-0.000165742184554419,0.000280269299276572,-0.00132705489106735,0.00188623477793982,'
  '-0.000796822501386152,-0.00106599802789871,-0.00148275794422659,0.00165207747386682,-0.000147615649645069,0.000482668959441069,'
  '0.000734147281992908}',
  '{0.651070854589267,0.00248378579436112,0.00256411234333556,0.00268772624812836,0.00265511414673993,0.00242902391886154,'
    '0.00255893144313519,0.00256901854148711,0.00252961879579674,0.00231323844358726,0.00238854430893371,0.00237697934668125,'
    '0.00242513548262529,0.00222180230859199,0.00224145705661384,0.00235892493965869,0.00248904297679388,0.00248307349381155,'
    '0.00222027382477608,0.00232054865939276,0.00244133882574039,0.00245414722844265,0.00207249605717277,0.00221593372468093,'
    '0.00208542961957905,0.00225394779291659,0.00221683752630394,0.0021551682313755,0.00207007388183971,0.00206697056267934,'
    '0.00201308481041642}') < 1e-9 AS thirty,
  near((logit_summary(logistic_regression(event, x))).deviance, 1166.18159381767, 1e-12) AS deviance FROM wide;

-- The dummy trap: R leaves out the last of five, and says NA.
SELECT term, round(estimate::numeric, 8) AS estimate, std_error IS NULL AND z IS NULL AND p_value IS NULL AND conf_low IS NULL
  AND odds_ratio IS NULL AS nothing, aliased, note
FROM logit_coefficients((SELECT logistic_regression(event, ARRAY[(i % 5 = 0)::int, (i % 5 = 1)::int, (i % 5 = 2)::int,
  (i % 5 = 3)::int, (i % 5 = 4)::int, x[1], x[2]]) FROM wide), '{g0,g1,g2,g3,g4,NULL,NULL}');
SELECT status, message, n_coefficients FROM logit_summary((SELECT logistic_regression(y, ARRAY[a, b], '{"names": ["a", "b"]}')
  FROM (SELECT y, i AS a, 2 * i + 1 AS b FROM unnest('{f,t,f,t,t,f,t,f}'::bool[]) WITH ORDINALITY v (y, i)) s));
SELECT term, round(estimate::numeric, 12) AS estimate, aliased FROM logit_coefficients((SELECT logistic_regression(y, ARRAY[i, 2 * i + 1])
  FROM unnest('{f,t,f,t,t,f,t,f}'::bool[]) WITH ORDINALITY v (y, i)));
-- A constant, a column of intercepts, and an aliased column count nothing in a prediction.
SELECT logit_predict(m, ARRAY[3, 7, 0.1]) = logit_predict(m, ARRAY[3, 0, 99]) AS same
FROM (SELECT logistic_regression(attack, ARRAY[t, 2 * t, 0.1]) AS m FROM patient) s;

-- Separation. Complete (R: converged, 45.8 with p = 1); quasi; a term that has it among others that do not.
SELECT status, message, n_coefficients, iterations < 20 AS noticed FROM logit_summary((SELECT logistic_regression(i > 4, ARRAY[i])
  FROM generate_series(1, 8) i));
SELECT term, estimate > 10 AS large, std_error, p_value, conf_low, note
  FROM logit_coefficients((SELECT logistic_regression(i > 4, ARRAY[i]) FROM generate_series(1, 8) i));
SELECT off(logistic_regression(i > 4, ARRAY[i], '{"penalty": "firth"}'), '{-4.64734976998, 1.03274439333}',
  '{3.198079849, 0.672664781}') < 1e-9 AS firth FROM generate_series(1, 8) i;
SELECT status, message, near(deviance, 95.34764727, 1e-4) AS limit
  FROM logit_summary((SELECT logistic_regression(i <= 30, ARRAY[(i <= 10)::int]) FROM generate_series(1, 100) i));
SELECT off(logistic_regression(i <= 30, ARRAY[(i <= 10)::int], '{"penalty": "firth"}'), '{-1.23518782367, 4.27971026140}',
  '{0.252318241118, 1.538969265308}') < 1e-9 AS firth,
  off(logistic_regression(i <= 30, ARRAY[(i <= 10)::int], '{"penalty": "firth"}'),
    ARRAY[ln(20.5 / 70.5), ln(10.5 / 0.5) - ln(20.5 / 70.5)]) < 1e-10 AS half_in_each_cell FROM generate_series(1, 100) i;
SELECT status, message FROM logit_summary((SELECT logistic_regression(event OR i % 40 = 0, ARRAY[x[1], (i % 40 = 0)::int, x[2]],
  '{"names": ["age", "flag", "income"]}') FROM wide));
SELECT status FROM logit_summary((SELECT logistic_regression(event OR i % 40 = 0, ARRAY[x[1], (i % 40 = 0)::int, x[2]],
  '{"penalty": "l2", "lambda": 0.1}') FROM wide));
SELECT status, message FROM logit_summary(logistic_regression_fit('SELECT event OR i % 40 = 0, ARRAY[x[1], (i % 40 = 0)::int, x[2]] FROM wide'));
-- More terms than rows.
SELECT status FROM logit_summary((SELECT logistic_regression(event, x) FROM wide WHERE i <= 20));
-- Not settled.
SELECT status, message, iterations FROM logit_summary((SELECT logistic_regression(attack, ARRAY[t, a], '{"max_iterations": 1}') FROM patient));
-- One class, no rows that count, no rows.
SELECT status, message, n, n_skipped, n_event, loglik, deviance, aic, lr_p_value, n_coefficients
  FROM logit_summary((SELECT logistic_regression(true, ARRAY[t, a]) FROM patient));
SELECT * FROM logit_coefficients((SELECT logistic_regression(true, ARRAY[t, a]) FROM patient));
SELECT logit_predict(logistic_regression(true, ARRAY[t, a]), ARRAY[1, 2]) FROM patient;
SELECT status, message, n, n_skipped FROM logit_summary((SELECT logistic_regression(attack, NULL::float8[]) FROM patient));
SELECT logistic_regression(attack, ARRAY[t, a]) IS NULL AS nothing, logit_newton_step(attack, ARRAY[t, a], '{}') IS NULL AS no_step FROM patient WHERE false;
SELECT logistic_regression_fit('SELECT attack, ARRAY[t, a] FROM patient WHERE false') IS NULL AS nothing, logistic_regression_fit(NULL) IS NULL AS null_query;
SELECT count(*) FROM logit_stepwise('SELECT attack, ARRAY[t, a] FROM patient WHERE false', '{t,a}');
SELECT count(*) FROM logit_coefficients(NULL);
SELECT logit_summary(NULL) IS NULL AS no_summary, logit_predict(NULL, ARRAY[1.0]) IS NULL AS no_predict;

-- Rows that are left out: NULL, NaN, infinity, in the event, x, an element, or the weight. A weight of 0 is no row.
CREATE TABLE holes AS
SELECT attack, ARRAY[t, a]::float8[] AS x, 1::float8 AS w FROM patient
UNION ALL SELECT NULL, '{1,2}', 1 UNION ALL SELECT true, NULL, 1 UNION ALL SELECT true, '{1,NULL}', 1 UNION ALL SELECT true, '{NaN,2}', 1
UNION ALL SELECT true, '{1,-Infinity}', 1 UNION ALL SELECT true, '{1,2}', NULL UNION ALL SELECT true, '{1,2}', 'NaN' UNION ALL SELECT false, '{1,200}', 0;
SELECT n, n_skipped, weight, near(deviance, 18.8203659677018, 1e-13) AS deviance
  FROM logit_summary((SELECT logistic_regression(attack, x, w, '{}') FROM holes));
SELECT (s).n, (s).n_skipped, (s).n_event FROM (SELECT logit_newton_step(attack, x, '{0,0,0}', w) AS s FROM holes) s;
SELECT n, n_skipped FROM logit_summary(logistic_regression_fit('SELECT attack, x, w FROM holes'));
SELECT DISTINCT n, n_skipped FROM logit_stepwise('SELECT attack, x, w FROM holes', '{t,a}');
SELECT logit_predict(m, '{1,NULL}'::float8[]) IS NULL AS null_element, logit_predict(m, '{NaN,1}'::float8[]) IS NULL AS nan,
  logit_predict(m, '{Infinity,1}'::numeric[]) IS NULL AS infinite,
  logit_predict(m, '{1,1}'::float4[]) = logit_predict(m, '{1,1}'::bigint[])
    AND logit_predict(m, '{1,1}'::numeric[]) = logit_predict(m, '{1,1}'::smallint[]) AS types
FROM (SELECT logistic_regression(attack, ARRAY[t, a]) AS m FROM patient) s;

-- Any type of numbers, GROUP BY, FILTER, windows, an intercept alone.
SELECT apart(logistic_regression(attack, ARRAY[t, a]::numeric[]), logistic_regression(attack, ARRAY[t, a]::float8[])) = 0 AS numeric_,
  apart(logistic_regression(attack, ARRAY[t, a]::real[]), logistic_regression(attack, ARRAY[t, a]::smallint[])) = 0 AS small,
  apart(logistic_regression(attack, ARRAY[t, a]::bigint[]), logistic_regression(attack, ARRAY[t, a])) = 0 AS big,
  apart(logistic_regression(attack, ARRAY[t, a] ORDER BY i DESC), logistic_regression(attack, ARRAY[t, a] ORDER BY a)) < 1e-12 AS order_ FROM patient;
SELECT part, apart(m, CASE part WHEN 0 THEN a WHEN 1 THEN b ELSE c END) < 1e-12 AS same
FROM (SELECT i % 3 AS part, logistic_regression(event, x[1:3]) FILTER (WHERE i % 2 = 0) AS m FROM wide GROUP BY i % 3) g,
  (SELECT logistic_regression(event, x[1:3]) AS a FROM wide WHERE i % 6 = 0) a, (SELECT logistic_regression(event, x[1:3]) AS b FROM wide WHERE i % 6 = 4) b,
  (SELECT logistic_regression(event, x[1:3]) AS c FROM wide WHERE i % 6 = 2) c ORDER BY part;
SELECT array_agg(n ORDER BY i) FROM (SELECT i, (logit_summary(logistic_regression(attack, ARRAY[t, a]) OVER (ORDER BY i))).n FROM patient) s WHERE i <= 12;
SELECT term, near(estimate, ln(175 / 225.0), 1e-13) AS odds, near(std_error, sqrt(1 / 175.0 + 1 / 225.0), 1e-9) AS std_error
  FROM logit_coefficients((SELECT logistic_regression(event, '{}'::float8[]) FROM scaled));
-- On the WoE of a single characteristic the slope is -1 and the intercept the logarithm of the odds (Siddiqi 2006).
SELECT near(c[1], ln(175 / 225.0), 1e-10) AS intercept, near(c[2], -1, 1e-10) AS slope
FROM (SELECT array_agg(estimate) AS c FROM logit_coefficients((SELECT logistic_regression(event, ARRAY[woe]) FROM scaled
  JOIN (SELECT a % 4 AS bin, ln((count(*) FILTER (WHERE NOT event) / 225.0) / (count(*) FILTER (WHERE event) / 175.0)) AS woe
    FROM scaled GROUP BY 1) b ON bin = a % 4))) s;

-- Mistakes.
SELECT logistic_regression(true, x) FROM (VALUES ('{1,2}'::float8[]), ('{1,2,3}')) v (x);
SELECT logistic_regression(true, '{{1,2},{3,4}}'::int[]);
-- The parser's hint is another one in PostgreSQL 19.
\set VERBOSITY terse
SELECT logistic_regression(true, '{a,b}'::text[]);
\set VERBOSITY default
SELECT logistic_regression(true, '{1e101}'::float8[]);
SELECT logistic_regression(true, array_fill(1, '{1001}'));
SELECT logistic_regression(true, '{1}'::int[], -1, '{}');
SELECT logistic_regression(true, '{1}'::int[], 'Infinity'::float8, '{}');
SELECT logistic_regression(true, '{1}'::int[], '{"penalty": "l1"}');
SELECT logistic_regression(true, '{1}'::int[], '{"penalti": "l2"}');
SELECT logistic_regression(true, '{1}'::int[], '{"penalty": "l2"}');
SELECT logistic_regression(true, '{1}'::int[], '{"penalty": "l2", "lambda": 0}');
SELECT logistic_regression(true, '{1}'::int[], '{"lambda": 1}');
SELECT logistic_regression(true, '{1}'::int[], '{"standardize": true}');
SELECT logistic_regression(true, '{1}'::int[], '{"max_iterations": 0}');
SELECT logistic_regression(true, '{1}'::int[], '{"tolerance": 0}');
SELECT logistic_regression(true, '{1}'::int[], '{"confidence": 1}');
SELECT logistic_regression(true, '{1}'::int[], '{"signs": ["+", "-"]}');
SELECT logistic_regression(true, '{1}'::int[], '{"signs": ["positive"]}');
SELECT logistic_regression(true, '{1}'::int[], '{"max_coefficient": 0}');
SELECT logistic_regression(true, '{1}'::int[], '{"names": ["a", "b"]}');
SELECT logistic_regression(true, '{1}'::int[], '{"names": ["a", "a"]}');
SELECT logistic_regression(true, '{1}'::int[], '{"names": ["(Intercept)"]}');
SELECT logistic_regression(true, '{1}'::int[], '[]');
SELECT logistic_regression(true, '{1}'::int[], o) FROM (VALUES ('{}'::jsonb), ('{"confidence": 0.9}')) v (o);
SELECT apart(logistic_regression(attack, ARRAY[t, a], NULL::jsonb), logistic_regression(attack, ARRAY[t, a])) = 0 AS no_options FROM patient;
SELECT logit_predict(logistic_regression(attack, ARRAY[t, a]), ARRAY[1]) FROM patient;
SELECT logit_coefficients(logistic_regression(attack, ARRAY[t, a]), '{a}') FROM patient;

-- Signs. A coefficient of the wrong sign is held at 0, as if the term were not there; one of the right sign is left alone.
SELECT term, round(estimate::numeric, 9) AS estimate, round(std_error::numeric, 9) AS std_error, note
FROM logit_coefficients((SELECT logistic_regression(attack, ARRAY[t, a], '{"signs": ["+", null], "names": ["t", "a"]}') FROM patient));
SELECT term, round(estimate::numeric, 9) AS estimate, round(std_error::numeric, 9) AS std_error
  FROM logit_coefficients((SELECT logistic_regression(attack, ARRAY[a]) FROM patient));
SELECT status, message, n_coefficients
  FROM logit_summary((SELECT logistic_regression(attack, ARRAY[t, a], '{"signs": "-", "names": ["t", "a"]}') FROM patient));
SELECT apart(logistic_regression(attack, ARRAY[t, a], '{"signs": ["-", "+"]}'), logistic_regression(attack, ARRAY[t, a])) < 1e-9 AS untouched FROM patient;
-- Thirty terms, of which about half want to leave: what is held would leave, what is not is of its sign (Karush, Kuhn, Tucker).
WITH m AS (SELECT logistic_regression(event, x, '{"signs": "+"}') AS m FROM wide),
c AS (SELECT array_agg(estimate ORDER BY i) AS beta FROM m, logit_coefficients(m) WITH ORDINALITY c (term, estimate, std_error, z, p, l, h, o, a, note, v, i)),
s AS (SELECT logit_newton_step(event, x, beta) AS s FROM wide, c)
SELECT count(*) FILTER (WHERE b = 0 AND i > 1) AS held, bool_and(b >= 0 OR i = 1) AS signs, bool_and(CASE WHEN b = 0 THEN g < 0 ELSE abs(g) < 1e-6 END) AS kkt
FROM c, s, unnest(beta, (s).gradient) WITH ORDINALITY v (b, g, i);

-- A bound of the size of coefficients. Where it does not bind nothing changes; where it does, the others are those of a fit in which the
-- bounded term is given: their derivatives, summed in plain SQL, are 0, and that of the bounded term still points outwards.
SELECT apart(logistic_regression(attack, ARRAY[t, a], '{"max_coefficient": 10}'), logistic_regression(attack, ARRAY[t, a])) < 1e-9 AS free,
  apart(logistic_regression(attack, ARRAY[t, a], '{"penalty": "firth", "max_coefficient": 10}'),
    logistic_regression(attack, ARRAY[t, a], '{"penalty": "firth"}')) < 1e-9 AS free_firth FROM patient;
SELECT c.term, c.estimate = 0.5 * sign(c.estimate) AS at_bound, c.std_error IS NULL AS no_error, c.note,
  (SELECT CASE c.term WHEN 't' THEN sum(r * t) * sign(c.estimate) > 0.01 WHEN 'a' THEN abs(sum(r * a)) < 1e-9 ELSE abs(sum(r)) < 1e-9 END
   FROM (SELECT t, a, attack::int - logit_predict(m, ARRAY[t, a]) AS r FROM patient) s) AS optimal
FROM (SELECT logistic_regression(attack, ARRAY[t, a], '{"max_coefficient": 0.5, "names": ["t", "a"]}') AS m FROM patient) f, logit_coefficients(m) c;
SELECT s.status, s.message, s.n_coefficients FROM (SELECT logistic_regression(attack, ARRAY[t, a], '{"max_coefficient": 0.5, "names": ["t", "a"]}') AS m
  FROM patient) f, logit_summary(m) s;
-- What separates is at the bound, with and without firth, and a term beside it is estimated.
SELECT o.penalty, s.status, c.term, round(c.estimate::numeric, 3) AS estimate, c.std_error IS NULL AS no_error, c.note
FROM unnest('{none,firth}'::text[]) o (penalty), LATERAL (SELECT logistic_regression(i > 500, ARRAY[i, i % 7],
    jsonb_build_object('penalty', o.penalty, 'max_coefficient', 0.01)) AS m FROM generate_series(1, 1000) i) f, logit_summary(m) s, logit_coefficients(m) c;
-- Signs with firth: what is held would leave, what is not has the derivative 0 of the penalised likelihood, whose hat values are summed in SQL.
WITH m AS (SELECT logistic_regression(attack, ARRAY[t, a], '{"penalty": "firth", "signs": ["+", "+"]}') AS m FROM patient),
  p AS (SELECT ARRAY[1, t, a]::float8[] AS x, attack::int AS y, logit_predict(m, ARRAY[t, a]) AS p FROM patient, m),
  i AS (SELECT sum(p * (1 - p)) AS i11, sum(p * (1 - p) * x[2]) AS i12, sum(p * (1 - p) * x[3]) AS i13, sum(p * (1 - p) * x[2] ^ 2) AS i22,
    sum(p * (1 - p) * x[2] * x[3]) AS i23, sum(p * (1 - p) * x[3] ^ 2) AS i33 FROM p),
  c AS (SELECT i22 * i33 - i23 ^ 2 AS c11, i13 * i23 - i12 * i33 AS c12, i12 * i23 - i13 * i22 AS c13, i11 * i33 - i13 ^ 2 AS c22,
    i12 * i13 - i11 * i23 AS c23, i11 * i22 - i12 ^ 2 AS c33, i11 * (i22 * i33 - i23 ^ 2) - i12 * (i12 * i33 - i13 * i23)
    + i13 * (i12 * i23 - i13 * i22) AS det FROM i),
  g AS (SELECT x, y - p + p * (1 - p) / det * (c11 + 2 * c12 * x[2] + 2 * c13 * x[3] + c22 * x[2] ^ 2 + 2 * c23 * x[2] * x[3] + c33 * x[3] ^ 2)
    * (0.5 - p) AS r FROM p, c)
SELECT c.term, c.note, CASE WHEN c.note IS NULL THEN abs(sum(r * x[place])) < 1e-6 ELSE sum(r * x[place]) < 0 END AS optimal
FROM m, logit_coefficients(m) WITH ORDINALITY c (term, estimate, std_error, z, p, l, h, o, al, note, vif, place), g
GROUP BY c.term, c.note, place ORDER BY place;

-- R 4.2.2: vcov(glm(...)), sandwich 3.0-2 sandwich(m), diag(solve(cov2cor(vcov(m)[-1, -1]))), which is car's vif, and
-- (1 - exp(2 (L0 - L1) / n)) / (1 - exp(2 L0 / n)), which is Nagelkerke's R2.
CREATE TABLE against_r AS
SELECT i, x1, i::bigint * 104729 % 57 / 7.0::float8 + x1 / 2 AS x2, (i * 31 % 13)::float8 AS x3,
  i::bigint * 48271 % 1009 / 1009.0 < 1 / (1 + exp(3 - 0.3 * x1 - 0.1 * (i * 31 % 13))) AS y
FROM (SELECT i, (i * 7919 % 101)::float8 / 10 AS x1 FROM generate_series(1, 600) i) s;
SELECT c.term, near(c.estimate, r.estimate, 1e-10) AS estimate, near(c.std_error, r.std_error, 1e-10) AS std_error,
  near(b.std_error, r.robust, 1e-9) AS robust, b.estimate = c.estimate AS same_estimate, near(c.vif, r.vif, 1e-9) AS vif, b.vif IS NULL AS no_vif
FROM (SELECT logistic_regression(y, ARRAY[x1, x2, x3]) AS m, logistic_regression(y, ARRAY[x1, x2, x3], '{"robust": true}') AS robust FROM against_r) f,
  logit_coefficients(m) c JOIN logit_coefficients(robust) b USING (term)
  JOIN (VALUES ('(Intercept)', -3.1645149307530, 0.3419469835860, 0.3451630781490, NULL),
    ('x1', 0.3017062488011, 0.0413939131863, 0.0415905990654, 1.35065161006),
    ('x2', 0.0139682375143, 0.0406644614026, 0.0403201582331, 1.32933557312), ('x3', 0.1129740436182, 0.0261253403516, 0.0262532775329, 1.02173545836))
    r (term, estimate, std_error, robust, vif) USING (term);
SELECT near(s.nagelkerke_r2, 0.220508784577, 1e-11) AS nagelkerke, s.robust, (m::jsonb #> '{fit,robust}') AS stored
FROM (SELECT logistic_regression(y, ARRAY[x1, x2, x3], '{"robust": true}') AS m FROM against_r) f, logit_summary(m) s;
-- A weight is so many rows, each with its own residual: R's sandwich of the repeated rows. Held and aliased terms leave, large offsets do no harm.
SELECT near(c.std_error, r.std_error, 1e-9) AS weighted
FROM (SELECT logistic_regression(y, ARRAY[x1, x2], 1 + i % 3, '{"robust": true}') AS m FROM against_r) f,
  logit_coefficients(m) c JOIN (VALUES ('(Intercept)', 0.1924896183403), ('x1', 0.0280808797173), ('x2', 0.0278808498744)) r (term, std_error) USING (term);
SELECT c.term, c.note, near(c.std_error, o.std_error, 1e-9) AS std_error
FROM (SELECT logistic_regression(y, ARRAY[x1 + 1e6, -x1, x3, x3 / 2], '{"robust": true, "signs": ["+", "+", "+", "+"]}') AS m,
    logistic_regression(y, ARRAY[x1, x3], '{"robust": true, "names": ["x1", "x3"]}') AS alone FROM against_r) f,
  logit_coefficients(m) c LEFT JOIN logit_coefficients(alone) o ON o.term = c.term AND o.term <> '(Intercept)' WHERE c.term <> '(Intercept)';
SELECT logistic_regression_fit('SELECT y, ARRAY[x1] FROM against_r', '{"robust": true}');

-- A step against its definition in SQL, at some coefficients; the matrix is symmetric.
WITH d AS (SELECT event::int - 1 / (1 + exp(-(0.1 - 0.01 * a + 1e-9 * b))) AS r, 1 / (1 + exp(-(0.1 - 0.01 * a + 1e-9 * b))) AS p,
  ARRAY[1, a, b] AS x, w, event FROM scaled)
SELECT near((s).loglik, (SELECT sum(w * ln(CASE WHEN event THEN p ELSE 1 - p END)) FROM d), 1e-13) AS loglik,
  (SELECT bool_and(near(g / t, 1, 1e-11)) FROM unnest((s).gradient) WITH ORDINALITY v (g, j), LATERAL (SELECT sum(w * r * x[j]) AS t FROM d) q) AS gradient,
  (SELECT bool_and(near((s).information[j][k] / t, 1, 1e-13) AND (s).information[j][k] = (s).information[k][j])
   FROM generate_series(1, 3) j, generate_series(1, 3) k, LATERAL (SELECT sum(w * p * (1 - p) * x[j] * x[k]) AS t FROM d) q) AS information
FROM (SELECT logit_newton_step(event, ARRAY[a, b], '{0.1, -0.01, 1e-9}', w) AS s FROM scaled) s;
-- Centred columns: another way to say the same model.
SELECT near((p).loglik, (q).loglik, 1e-13) AS loglik, near((p).gradient[2], ((q).gradient[2] - 50 * (q).gradient[1]) / 10, 1e-11) AS gradient
FROM (SELECT logit_newton_step(event, ARRAY[a], '{0.1, -0.1}', 1, '{50}', '{10}') AS p, logit_newton_step(event, ARRAY[a], '{0.6, -0.01}') AS q FROM scaled) s;
-- A driver of one's own: a few lines, the same coefficients.
CREATE FUNCTION own_driver() RETURNS float8[] LANGUAGE plpgsql AS $$
DECLARE beta float8[] := '{0,0}'; s logit_step; det float8;
BEGIN
  FOR i IN 1..8 LOOP
    SELECT (t.s).* INTO s FROM (SELECT logit_newton_step(event, ARRAY[a], beta) AS s FROM scaled) t;
    det := s.information[1][1] * s.information[2][2] - s.information[1][2] ^ 2;
    beta := ARRAY[beta[1] + (s.information[2][2] * s.gradient[1] - s.information[1][2] * s.gradient[2]) / det,
                  beta[2] + (s.information[1][1] * s.gradient[2] - s.information[1][2] * s.gradient[1]) / det];
  END LOOP;
  RETURN beta;
END $$;
SELECT off(logistic_regression(event, ARRAY[a]), own_driver()) < 1e-12 AS own_driver FROM scaled;
-- Two institutions add their sums, and no borrower leaves either.
SELECT near(sum((s).loglik), max((t).loglik), 1e-13) AS loglik, near(sum((s).gradient[2]), max((t).gradient[2]), 1e-12) AS gradient,
  near(sum((s).information[2][3]), max((t).information[2][3]), 1e-13) AS information
FROM (SELECT i % 2, logit_newton_step(event, ARRAY[a, c], '{0.1, -0.01, 2}') AS s FROM scaled GROUP BY i % 2) s,
  (SELECT logit_newton_step(event, ARRAY[a, c], '{0.1, -0.01, 2}') AS t FROM scaled) t;
SELECT logit_newton_step(event, ARRAY[a], '{1}') FROM scaled;
SELECT logit_newton_step(event, ARRAY[a], '{1, NaN}') FROM scaled;
SELECT logit_newton_step(event, ARRAY[a], NULL) FROM scaled;
SELECT logit_newton_step(event, ARRAY[a], ARRAY[1, i]::float8[]) FROM scaled;
SELECT logit_newton_step(event, ARRAY[a], '{1, 2}', 1, '{1}', '{0}') FROM scaled;
SELECT logit_newton_step(event, ARRAY[a], '{1, 2}', 1, '{1, 2}', '{1}') FROM scaled;

-- Units change nothing but the coefficient, however small: squares of these numbers, and of their standard errors, are beyond double precision.
CREATE TABLE in_units AS SELECT i, i * 7919 % 1009 < i % 10 * 60 AS event, (i % 10)::float8 AS x, (i % 7)::float8 AS y FROM generate_series(1, 2000) i;
SELECT unit, how, d.status = 'converged' AS converged, near(b.estimate * unit, a.estimate, 1e-9) AS estimate,
  near(b.std_error * unit, a.std_error, 1e-8) AS std_error, near(b.p_value, a.p_value, 1e-8) AS p_value, near(d.deviance, c.deviance, 1e-12) AS deviance,
  (SELECT bool_and(t.estimate = r.estimate AND t.std_error = r.std_error)
   FROM logit_coefficients(tiny::text::logit_model) t JOIN logit_coefficients(tiny) r USING (term)) AS text
FROM (VALUES (1e-100::float8), (1e-160), (1e-200), (1e-280)) u (unit),
  LATERAL (SELECT logistic_regression(event, ARRAY[x * unit, y]) AS memory, logistic_regression(event, ARRAY[x * unit, y], '{"penalty": "firth"}') AS firth,
    logistic_regression(event, ARRAY[x * unit, y], '{"penalty": "l2", "lambda": 1, "standardize": true}') AS l2,
    logistic_regression(event, ARRAY[x, y]) AS plain, logistic_regression(event, ARRAY[x, y], '{"penalty": "firth"}') AS plain_firth,
    logistic_regression(event, ARRAY[x, y], '{"penalty": "l2", "lambda": 1, "standardize": true}') AS plain_l2 FROM in_units) m,
  LATERAL (VALUES ('memory', memory, plain), ('firth', firth, plain_firth), ('l2', l2, plain_l2),
    ('query', logistic_regression_fit(format('SELECT event, ARRAY[x * %s::float8, y] FROM in_units', unit)), plain)) v (how, tiny, ordinary),
  logit_coefficients(ordinary) a JOIN logit_coefficients(tiny) b USING (term), logit_summary(ordinary) c, logit_summary(tiny) d
WHERE term = 'x1' ORDER BY unit DESC, how;
SELECT c.term, c.aliased, round(c.estimate::numeric, 6) AS estimate FROM logit_coefficients(logistic_regression_fit(
  'SELECT event, ARRAY[0, x * 1e-300::float8, y] FROM in_units')) c;

-- Re-scans instead of rows: the same model; of a partitioned table, with weights, penalties, signs, aliased columns.
SELECT apart(logistic_regression_fit('SELECT attack, ARRAY[t, a] FROM patient'), (SELECT logistic_regression(attack, ARRAY[t, a])
  FROM patient)) < 1e-10 AS patients,
  apart(logistic_regression_fit('SELECT event, x FROM wide'), (SELECT logistic_regression(event, x) FROM wide)) < 1e-10 AS thirty,
  apart(logistic_regression_fit('SELECT event, ARRAY[a, b, c, d], w FROM scaled -- weights'),
    (SELECT logistic_regression(event, ARRAY[a, b, c, d], w, '{}') FROM scaled)) < 1e-9 AS weighted,
  apart(logistic_regression_fit('SELECT event, ARRAY[a, d], w::numeric FROM scaled', '{"penalty": "l2", "lambda": 50}'),
    (SELECT logistic_regression(event, ARRAY[a, d], w, '{"penalty": "l2", "lambda": 50}') FROM scaled)) < 1e-9 AS l2,
  logistic_regression_fit('SELECT event, x FROM wide', '{"signs": "+"}') IS NOT NULL AS signs,
  near((logit_summary(logistic_regression_fit('SELECT event, x FROM wide', '{"signs": "+"}'))).deviance,
    (SELECT (logit_summary(logistic_regression(event, x, '{"signs": "+"}'))).deviance FROM wide), 1e-12) AS signs_deviance;
CREATE TABLE parted (LIKE wide) PARTITION BY RANGE (i);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (300);
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (300) TO (10000);
INSERT INTO parted SELECT * FROM wide;
SET enable_partitionwise_aggregate = on;
SELECT apart(logistic_regression_fit('SELECT event, x[1:5] FROM parted'), (SELECT logistic_regression(event, x[1:5]) FROM wide)) < 1e-10 AS partitions;
SELECT term, aliased FROM logit_coefficients(logistic_regression_fit('SELECT event, ARRAY[x[1], 3, x[2], x[1] + x[2], x[3]] FROM wide')) WHERE aliased;
SELECT status, n, n_skipped FROM logit_summary(logistic_regression_fit('SELECT true, ARRAY[t] FROM patient'));
SELECT status, n, n_skipped FROM logit_summary(logistic_regression_fit('SELECT attack, NULL::int[] FROM patient'));
SELECT logistic_regression_fit('SELECT 1, ARRAY[t] FROM patient');
SELECT logistic_regression_fit('SELECT attack, t FROM patient');
SELECT logistic_regression_fit('SELECT attack FROM patient');
SELECT logistic_regression_fit('SELECT attack, ARRAY[t] FROM patient', '{"penalty": "firth"}');
SELECT logistic_regression_fit('SELECT attack, ARRAY[t] FROM patient', '{"names": ["a", "b"]}');
SELECT logistic_regression_fit('SELECT attack, ARRAY[t] FROM nowhere');
SELECT logistic_regression_fit('DELETE FROM patient RETURNING attack, ARRAY[t]');
SELECT logistic_regression_fit('WITH d AS (DELETE FROM patient RETURNING attack, t) SELECT attack, ARRAY[t] FROM d');
SELECT count(*) FROM patient;
RESET enable_partitionwise_aggregate;

-- Stepwise, against R's step(): terms and deviances of each step, from everything both ways, from nothing, by BIC.
SELECT step, action, term, n_coefficients, round(deviance::numeric, 9) AS deviance, near(aic, deviance + 2 * n_coefficients,
  1e-14) AS aic, near(bic, deviance + ln(900) * n_coefficients, 1e-14) AS bic, status, n, selected
FROM logit_stepwise('SELECT y, x[1:8] FROM wide', '{x1,x2,x3,x4,x5,x6,x7,x8}');
SELECT step, action, term, round(deviance::numeric, 9) AS deviance, round(aic::numeric, 8) AS aic
  FROM logit_stepwise('SELECT y, x[1:8] FROM wide', '{x1,x2,x3,x4,x5,x6,x7,x8}', '{"start": "none"}');
SELECT step, action, term, round(deviance::numeric, 9) AS deviance, round(bic::numeric, 8) AS bic
  FROM logit_stepwise('SELECT y, x[1:8] FROM wide', '{x1,x2,x3,x4,x5,x6,x7,x8}', '{"direction": "backward", "criterion": "bic"}');
-- Forced in; one step; a copy of a term and a constant, which go first; of two equal terms the first comes in.
SELECT step, action, term, selected FROM logit_stepwise('SELECT y, x[1:8] FROM wide', '{x1,x2,x3,x4,x5,x6,x7,x8}',
  '{"direction": "forward", "force": ["x7", "x1"], "max_steps": 2}');
SELECT step, action, term, selected FROM logit_stepwise('SELECT y, ARRAY[x[5], 2 * x[5], x[2], 7] FROM wide', '{a,copy,b,constant}');
SELECT step, action, term FROM logit_stepwise('SELECT y, ARRAY[2 * x[5], x[5], x[2]] FROM wide', '{copy,a,b}', '{"direction": "forward"}');
-- A row with a NULL in a candidate is no row of any, whoever is in.
SELECT DISTINCT n, n_skipped FROM logit_stepwise('SELECT y, ARRAY[x[1], nullif(x[2], 7), x[5]] FROM wide', '{a,b,c}');
-- Weights are rows here, too; signs keep out who has the wrong one.
SELECT w.step, w.action, w.term, near(w.deviance, r.deviance, 1e-12) AS deviance, near(w.aic, r.aic, 1e-12) AS aic, near(w.bic, r.bic, 1e-12) AS bic
FROM logit_stepwise('SELECT y, x[1:6], i % 3 FROM wide', '{x1,x2,x3,x4,x5,x6}') w
  FULL JOIN logit_stepwise('SELECT y, x[1:6] FROM wide, generate_series(1, i % 3)', '{x1,x2,x3,x4,x5,x6}') r USING (step, action, n_coefficients) ORDER BY 1;
SELECT step, action, term FROM logit_stepwise('SELECT y, x[1:8] FROM wide', '{x1,x2,x3,x4,x5,x6,x7,x8}', '{"direction": "forward", "signs": "+"}');
SELECT count(*) FROM logit_stepwise(NULL, '{a}');
SELECT * FROM logit_stepwise('SELECT y, x FROM wide', '{a,b}');
SELECT * FROM logit_stepwise('SELECT y, x[1:2] FROM wide', '{a,a}');
SELECT * FROM logit_stepwise('SELECT y, x[1:2] FROM wide', '{a,NULL}');
SELECT * FROM logit_stepwise('SELECT y, x[1:2] FROM wide', '{a,b}', '{"force": ["c"]}');
SELECT * FROM logit_stepwise('SELECT y, x[1:2] FROM wide', '{a,b}', '{"direction": "sideways"}');
SELECT * FROM logit_stepwise('SELECT y, x[1:2] FROM wide', '{a,b}', '{"penalty": "l2"}');
SELECT * FROM logit_stepwise('SELECT y::int, x[1:2] FROM wide', '{a,b}');

-- Any plan, any order. Enough rows for a start from a part of them.
CREATE TABLE many AS SELECT i, ARRAY[(i * 7919) % 1009, (i % 977) * 1e-3, 1e9 + (i * 31) % 613]::float8[] AS x,
  (i * i * 7 + i) % 1013 < 200 + (i * 7919) % 1009 / 5 AS event, 1 + i % 2 AS w
FROM generate_series(1, 100000::bigint) i;
CREATE TABLE whole AS SELECT logistic_regression(event, x) AS a, logistic_regression(event, x, w, '{}') AS b,
  logistic_regression(event, x, w, '{"names": ["p", "q", "r"]}') AS c,
  logit_newton_step(event, x, '{-1, 0.001, 0.2, 0}', 1, '{0, 0, 1e9}', '{}') AS s FROM many;
SELECT apart(logistic_regression(event, x ORDER BY i DESC), (SELECT a FROM whole)) < 1e-10 AS backwards,
  apart(logistic_regression(event, x ORDER BY x[1]), (SELECT a FROM whole)) < 1e-10 AS sorted FROM many;
ALTER TABLE many SET (parallel_workers = 3);
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 3;
SELECT uses_parallel('SELECT credit_limit.logistic_regression(event, x) FROM many'),
  uses_parallel('SELECT credit_limit.logit_newton_step(event, x, ''{}'') FROM many');
SELECT apart(logistic_regression(event, x), (SELECT a FROM whole)) < 1e-10 AS a, apart(logistic_regression(event, x, w, '{}'),
  (SELECT b FROM whole)) < 1e-10 AS b,
  apart(logistic_regression(event, x, w, '{"names": ["p", "q", "r"]}'), (SELECT c FROM whole)) < 1e-10 AS c FROM many;
SELECT (a).term, (a).estimate IS NOT NULL AS estimated
  FROM (SELECT logit_coefficients(logistic_regression(event, x, w, '{"names": ["p", "q", "r"]}')) AS a FROM many) s;
SELECT near((s).loglik, (t).loglik, 1e-12) AS loglik, (SELECT bool_and(abs(g - h) < 1e-12 * 1e5) FROM unnest((s).gradient, (t).gradient) v (g, h)) AS gradient,
  (SELECT bool_and(near(g / h, 1, 1e-12)) FROM unnest((s).information, (t).information) v (g, h)) AS information
FROM (SELECT logit_newton_step(event, x, '{-1, 0.001, 0.2, 0}', 1, '{0, 0, 1e9}', '{}') AS s FROM many) s, (SELECT s AS t FROM whole) t;
SELECT apart(logistic_regression_fit('SELECT event, x FROM many'), (SELECT a FROM whole)) < 1e-9 AS fit;
-- In parts, of which one has no rows and one none that count: all rows at once. What is wrong with parts.
CREATE VIEW part_0 AS SELECT event, x FROM many WHERE i % 3 = 0;
CREATE VIEW part_1 AS SELECT event, x FROM many WHERE i % 3 > 0;
CREATE VIEW part_2 AS SELECT NULL::boolean AS event, x FROM many WHERE i < 8;
CREATE VIEW part_3 AS SELECT event, x FROM many WHERE i < 0;
CREATE VIEW part_4 AS SELECT event, x[1:2] AS x FROM many WHERE i < 8;
SELECT apart(m, (SELECT a FROM whole)) < 1e-9 AS fit, n, n_skipped
FROM logistic_regression_fit('SELECT event, x FROM shard', '{"shards": ["part_3", "part_0", "part_2", "part_1"]}') m, logit_summary(m);
SELECT logistic_regression_fit('SELECT event, x FROM shard', '{"shards": ["part_3"]}') IS NULL AS nothing;
SELECT logistic_regression_fit('SELECT event, x FROM many', '{"shards": ["part_0"]}');
SELECT logistic_regression_fit('SELECT event, x FROM shard', '{"shards": ["part_0", "part_0"]}');
SELECT logistic_regression_fit('SELECT event, x FROM shard', '{"shards": ["part_1", "part_4"]}');
SELECT logistic_regression_fit('SELECT event, x FROM shard) s, (SELECT 1', '{"shards": ["part_0"]}');
-- Who meets the error, this process or a worker, is the planner's choice.
\set SHOW_CONTEXT never
SELECT logistic_regression(event, x, '{"shards": ["part_0"]}'::jsonb) FROM many WHERE i < 3;
\set SHOW_CONTEXT errors
-- Workers without rows, with NULLs only, with other lengths, with other options.
SELECT (logit_summary(logistic_regression(event, x))).n FROM many WHERE i <= 30;
SELECT logistic_regression(event, x) IS NULL AS nothing, logit_newton_step(event, x, '{}') IS NULL AS no_step FROM many WHERE i < 0;
SELECT (logit_summary(logistic_regression(NULL, x))).n_skipped, (logit_newton_step(NULL, x, '{}')).n_skipped FROM many;
CREATE TABLE grouped AS SELECT i % 3 AS part, logistic_regression(event, x) AS m FROM many GROUP BY i % 3;
SELECT part, (logit_summary(m)).n, apart(m, logistic_regression_fit('SELECT event, x FROM many WHERE i % 3 = ' || part))
  < 1e-9 AS same FROM grouped ORDER BY part;
\set VERBOSITY terse
SELECT logistic_regression(event, CASE WHEN i = 77777 THEN x[1:2] ELSE x END) FROM many;
SELECT logit_newton_step(event, x, '{1,2}') FROM many;
\set VERBOSITY default
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;

-- The type: written by hand, canonical, round trips, and what is wrong with a document.
SELECT '{"intercept": -2, "terms": [{"coefficient": 0.5}, {"name": "age", "coefficient": null}]}'::logit_model;
SELECT round(logit_predict('{"intercept": 0, "terms": [{"name": "x", "coefficient": 1}]}', ARRAY[ln(3)])::numeric,
  14) AS three_to_one, logit_link('{"intercept": 1, "terms": []}', '{}'::int[]);
SELECT v, CASE WHEN v >= 0 THEN p END AS p FROM unnest('{-40, 0, 40, 800}'::float8[]) v,
  LATERAL (SELECT logit_predict('{"intercept": 0, "terms": [{"name": "x", "coefficient": 1}]}', ARRAY[v])) q (p)
  WHERE v >= 0 OR p < 1e-17 AND near(p / exp(v), 1, 1e-13);
SELECT term, estimate, std_error, z, round(p_value::numeric, 12) AS p_value, round(conf_low::numeric, 12) AS conf_low,
  round(conf_high::numeric, 12) AS conf_high
FROM logit_coefficients('{"intercept": -2, "terms": [{"name": "age", "coefficient": 0.5}], "covariance": [[4], [-1, 1]], "confidence": 0.9}');
SELECT logit_summary('{"intercept": -2, "terms": []}');
SELECT '{"terms": []}'::logit_model;
SELECT '{"intercept": 1}'::logit_model;
SELECT '{"intercept": 1, "terms": [{"name": "a"}, {"name": "a"}]}'::logit_model;
SELECT '{"intercept": 1, "terms": [{"name": "(Intercept)"}]}'::logit_model;
SELECT '{"intercept": 1, "terms": [{"beta": 1}]}'::logit_model;
SELECT '{"intercept": 1, "terms": [], "covariance": [[-1]]}'::logit_model;
SELECT '{"intercept": 1, "terms": [], "covariance": [[1, 2]]}'::logit_model;
SELECT '{"intercept": 1, "terms": [], "confidence": 0}'::logit_model;
SELECT '{"intercept": 1, "terms": [], "fit": {"status": "fine"}}'::logit_model;
SELECT '{"intercept": 1, "terms": [], "fit": {"status": "converged", "n": 1, "n_skipped": 0, "n_event": 2}}'::logit_model;
SELECT '{"intercept": 1, "intercept": 2, "terms": []}'::logit_model;
CREATE TABLE model AS SELECT 1 AS id, a AS m FROM whole UNION ALL SELECT 2, logistic_regression(attack, ARRAY[t, a, 2 * t],
  '{"penalty": "l2", "lambda": 0.1, "standardize": true}') FROM patient
UNION ALL SELECT 3, logistic_regression(true, ARRAY[t, a]) FROM patient UNION ALL SELECT 4, logistic_regression(i > 4, ARRAY[i, i]) FROM generate_series(1, 8) i
UNION ALL SELECT 5, logistic_regression(attack, ARRAY[t, a], '{"signs": "+", "confidence": 0.99, "names": ["\"q\"", "ä"]}')
  FROM patient UNION ALL SELECT 6, '{"intercept": 1, "terms": []}';
SELECT id, m::text::logit_model::text = m::text AS text, m::jsonb::logit_model::text = m::text AS jsonb,
  (m::jsonb #>> '{fit,status}') AS status, (SELECT string_agg(term, ' ') FROM logit_coefficients(m)) AS terms FROM model ORDER BY id;
CREATE TABLE copied (id int, m logit_model);
DO $$ BEGIN
  EXECUTE format('COPY model TO %L (FORMAT binary)', data_file('test'));
  EXECUTE format('COPY copied FROM %L (FORMAT binary)', data_file('test'));
END $$;
SELECT count(*), bool_and(credit_limit_internal.logit_model_send(a.m) = credit_limit_internal.logit_model_send(b.m)) AS bytes
  FROM model a JOIN copied b USING (id);
-- Bytes of strangers: every byte changed, every length cut, is an error or a model that still answers.
CREATE TABLE attacked (m logit_model);
CREATE FUNCTION use_value() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM m::text::logit_model, logit_summary(m), (SELECT count(*) FROM logit_coefficients(m)), m::jsonb FROM (VALUES (NEW.m)) v (m);
  RETURN NULL;
END $$;
CREATE TRIGGER use_value BEFORE INSERT ON attacked FOR EACH ROW EXECUTE FUNCTION use_value();
CREATE TABLE victim AS SELECT credit_limit_internal.logit_model_send(m) AS bytes FROM model WHERE id = 5;
SELECT attack(bytes) FROM victim;
-- The model of a stored row, many rows long: compiled once.
SELECT near(sum(logit_predict(m, x)), max(n), 1e-9) AS calibrated FROM many, (SELECT m, (logit_summary(m)).n_event AS n FROM model WHERE id = 1 OFFSET 0) s;

CALL remove_data_files();

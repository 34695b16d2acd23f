-- The generator of a panel with gaps, and what a chain does within some months.
\set VERBOSITY terse
\i test/helpers.sql

-- Heart transplants (data cav of R msm 1.7; Sharples and others 2003, Transplantation 76, 679), months between two looks rounded: state then,
-- state now, number; 4 is death, whose time is known. test/unit/generator.c has the days.
CREATE TABLE cav AS SELECT '{"version": 1, "states": "numbers", "amounts": false, "n_skipped": 0, "transitions": [
[1,1,4,26],[1,3,4,6],[2,1,1,3],[2,1,4,6],[2,3,4,2],[3,1,1,3],[3,1,4,3],[3,2,2,1],[3,2,4,1],[3,3,4,2],[4,1,4,1],[4,2,4,1],[5,1,1,3],[5,1,4,7],[5,2,4,3],
[5,3,2,1],[5,3,4,3],[6,1,1,1],[6,1,4,7],[6,2,4,3],[6,3,2,1],[6,3,3,1],[6,3,4,1],[7,1,2,1],[7,1,4,5],[7,2,4,2],[7,3,3,1],[7,3,4,2],[8,1,1,3],[8,1,4,3],
[8,2,2,2],[8,2,3,1],[8,2,4,3],[8,3,4,2],[9,1,1,3],[9,1,2,1],[9,1,4,4],[9,2,1,1],[9,2,2,2],[9,2,3,1],[9,2,4,1],[9,3,3,1],[10,1,1,5],[10,1,2,1],[10,1,3,2],
[10,1,4,9],[10,2,1,1],[10,2,2,3],[10,2,3,3],[10,3,3,8],[10,3,4,1],[11,1,1,79],[11,1,2,8],[11,1,3,4],[11,1,4,2],[11,2,1,5],[11,2,2,21],[11,2,3,10],
[11,2,4,3],[11,3,2,1],[11,3,3,8],[11,3,4,4],[12,1,1,366],[12,1,2,55],[12,1,3,6],[12,1,4,4],[12,2,1,23],[12,2,2,59],[12,2,3,22],[12,2,4,1],[12,3,2,6],
[12,3,3,55],[12,3,4,3],[13,1,1,88],[13,1,2,12],[13,1,3,4],[13,1,4,1],[13,2,1,6],[13,2,2,11],[13,2,3,5],[13,2,4,1],[13,3,1,2],[13,3,2,2],[13,3,3,21],
[13,3,4,1],[14,1,1,19],[14,1,2,5],[14,1,4,2],[14,2,2,3],[14,2,3,3],[14,2,4,2],[14,3,2,1],[14,3,3,4],[14,3,4,1],[15,1,1,4],[15,1,2,1],[15,2,2,2],[15,2,3,2],
[15,3,1,1],[15,3,3,3],[15,3,4,1],[16,1,1,2],[16,1,4,2],[17,1,1,3],[17,1,2,1],[17,1,3,1],[17,1,4,4],[17,2,3,1],[17,2,4,1],[18,1,1,2],[18,1,4,2],[18,2,1,1],
[18,2,4,2],[18,3,4,1],[19,1,1,4],[19,1,2,1],[19,1,4,5],[19,2,4,1],[20,1,1,3],[20,1,2,2],[20,1,4,2],[20,3,3,1],[20,3,4,1],[21,1,1,5],[21,1,2,3],[21,1,4,3],
[21,2,2,1],[21,2,4,1],[22,1,1,11],[22,1,4,4],[22,2,1,1],[22,2,2,1],[23,1,1,98],[23,1,2,7],[23,1,3,5],[23,1,4,2],[23,2,1,1],[23,2,2,2],[23,3,3,1],
[24,1,1,402],[24,1,2,53],[24,1,3,11],[24,1,4,2],[24,2,1,5],[24,2,2,8],[24,2,3,3],[24,2,4,1],[24,3,3,1],[25,1,1,111],[25,1,2,15],[25,1,4,1],[25,2,1,1],
[25,2,2,5],[25,2,3,1],[25,3,4,1],[26,1,1,36],[26,1,2,9],[26,1,3,2],[26,2,2,2],[26,2,3,1],[26,2,4,1],[26,3,4,1],[27,1,1,16],[27,1,2,2],[27,1,3,1],
[27,1,4,1],[27,2,2,1],[27,2,4,1],[27,3,2,1],[27,3,4,1],[28,1,1,11],[28,1,2,1],[28,2,2,1],[28,2,4,1],[29,1,1,3],[29,1,2,2],[29,1,4,2],[29,2,2,4],[29,3,1,1],
[29,3,4,2],[30,1,1,4],[30,1,2,2],[30,1,4,2],[30,2,4,1],[30,3,3,1],[31,1,1,8],[31,1,2,2],[31,2,4,1],[32,1,1,3],[32,1,2,1],[32,1,4,3],[32,2,3,1],[33,1,2,1],
[33,2,4,2],[33,3,3,1],[33,3,4,1],[34,2,4,1],[34,3,4,1],[35,1,1,3],[35,1,3,1],[35,1,4,2],[35,2,4,1],[36,1,1,12],[36,1,2,5],[36,1,3,3],[36,2,4,2],[37,1,1,6],
[37,1,2,2],[37,1,3,1],[37,1,4,2],[37,2,1,1],[38,1,1,4],[38,1,2,1],[38,1,4,2],[38,2,2,1],[39,1,1,3],[39,1,2,2],[39,2,4,2],[40,1,1,2],[40,2,2,1],[40,3,4,1],
[41,1,2,1],[41,1,4,2],[41,3,4,2],[42,1,1,3],[42,2,4,1],[42,3,4,1],[43,1,1,4],[43,1,2,1],[43,2,4,1],[44,1,1,1],[44,1,4,2],[44,2,2,1],[44,3,4,1],[45,1,1,1],
[45,3,4,2],[46,1,1,4],[46,1,4,1],[48,1,1,6],[48,1,2,1],[48,1,3,1],[48,1,4,2],[49,1,1,2],[49,1,2,1],[49,1,4,3],[49,2,2,1],[50,1,1,5],[51,1,2,1],[51,1,4,1],
[51,2,4,2],[53,1,1,2],[53,2,4,1],[53,3,4,1],[55,1,1,3],[57,1,4,1],[59,1,1,1],[59,1,2,2],[59,1,4,1],[59,2,4,1],[60,1,2,1],[60,3,4,1],[61,1,1,1],[64,1,4,1],
[64,3,4,1],[65,1,1,1],[65,1,4,1],[65,3,4,1],[66,1,4,2],[66,2,2,1],[67,1,4,1],[67,3,4,1],[68,1,3,1],[72,1,1,1],[72,1,4,1],[72,2,4,1],[74,1,4,1],[75,1,4,1],
[76,1,4,1],[77,1,3,1],[78,1,4,1],[78,3,4,1],[81,1,1,1],[82,1,4,1],[84,3,4,1],[85,1,4,1],[88,3,4,1],[97,1,1,1],[104,1,1,1],[110,3,4,1],[118,1,4,1],
[133,1,4,1],[149,2,4,1],[198,3,4,1]]}'::transitions AS t;
-- R 4.2, msm 1.7: msm(state ~ months, qmatrix, deathexact = 4, control = list(fnscale = 4000, reltol = 1e-16)): -2 log L 5217.175430654, and without
-- deathexact 3933.875123054; estimates, and bounds of 95 %.
CREATE TABLE by_msm (exact boolean, f int, t int, rate float8, low float8, high float8);
INSERT INTO by_msm VALUES
  (true, 1, 2, .0106591872, .00928164726, .0122411753), (true, 1, 4, .00353132281, .00283131810, .00440439412),
  (true, 2, 1, .0187323645, .0139423793, .0251679768), (true, 2, 3, .0284273621, .0226714062, .0356446755),
  (true, 2, 4, .00348560838, .00102117955, .01189748242), (true, 3, 2, .0108437333, .00660054915, .0178146619),
  (true, 3, 4, .02536102409, .01971052245, .03263137976),
  (false, 1, 2, .0105063262, .00914029547, .0120765123), (false, 1, 4, .00404994306, .00333636526, .00491614003),
  (false, 2, 1, .0198130748, .0148170830, .0264936041), (false, 2, 3, .0253849344, .0203504370, .0316649167),
  (false, 2, 4, .00636463811, .00360408690, .01123963417), (false, 3, 2, .0125118488, .00765794563, .0204423441),
  (false, 3, 4, .02774378104, .02118160123, .03633896126);
CREATE TABLE fitted AS
SELECT exact, g.* FROM cav, (VALUES (true, '{4}'::text[]), (false, NULL)) v (exact, states),
  transition_generator(t, '{{1,2},{1,4},{2,1},{2,3},{2,4},{3,2},{3,4}}', states) g;
SELECT exact, status, n, near(-2 * log_likelihood, CASE WHEN exact THEN 5217.175430654 ELSE 3933.875123054 END, 1e-10) AS likelihood FROM fitted;
SELECT count(*) AS rates, bool_and(near_relative(generator[f][t], rate, 1e-4)) AS same, max(abs(generator[f][t] / rate - 1)) < 2e-5 AS closer,
  bool_and(near_relative(g.low[f][t], m.low, 1e-3)) AS low, bool_and(near_relative(g.high[f][t], m.high, 1e-3)) AS high
FROM fitted g JOIN by_msm m USING (exact);
SELECT exact, generator[1][3] AS no_move, low[1][3], low[1][1] AS diagonal, bool_and(near(s, 0, 1e-15)) AS rows_add_up_to_0
FROM fitted, LATERAL (SELECT i, sum(generator[i][j]) AS s FROM generate_series(1, 4) i, generate_series(1, 4) j GROUP BY i) r GROUP BY 1, 2, 3, 4 ORDER BY 1;
-- pmatrix.msm(t = 12)
SELECT bool_and(near(m[1][j], (ARRAY[0.8540187824, 0.0884041224, 0.0147098593, 0.0428672359])[j], 2e-6)) AS first,
  bool_and(near(m[3][j], (ARRAY[0.0098609622, 0.0783461045, 0.6612780685, 0.2505148648])[j], 2e-6)) AS third, max(m[4][j]) AS death
FROM fitted, generator_matrix(generator, 12) m, generate_series(1, 4) j WHERE exact;

-- Months without gaps, all moves: where a matrix of a month is the exponential of a generator, that is it, whatever the parts were.
CREATE TABLE whole AS
SELECT transitions_agg(f, t) AS t FROM (VALUES (0, 0, 900), (0, 1, 80), (0, 2, 20), (1, 0, 100), (1, 1, 250), (1, 2, 50),
  (2, 0, 5), (2, 1, 10), (2, 2, 85)) v (f, t, n), generate_series(1, n);
SELECT status, count(*) AS n, bool_and(near(m[i][j], (transition_matrix(t))[i][j], 1e-8)) AS same
FROM whole, transition_generator(t) g, generator_matrix(generator, 1) m, generate_series(1, 3) i, generate_series(1, 3) j GROUP BY 1;
SELECT bool_and(near(m[i][j], p[i][j], 1e-13)) AS two_are_four_halves, bool_and(near((generator_matrix(generator, 0))[i][j], (i = j)::int)) AS none
FROM whole, transition_generator(t) g, generator_matrix(generator, 2) m, generate_series(1, 3) i, generate_series(1, 3) j,
  LATERAL (SELECT array_agg(r ORDER BY a) AS p FROM (SELECT a, array_agg(s ORDER BY b) AS r FROM (SELECT a, b, sum(h[a][k] * h[k][b]) AS s
    FROM generator_matrix(generator, 1) h, generate_series(1, 3) a, generate_series(1, 3) b, generate_series(1, 3) k GROUP BY a, b) x GROUP BY a) y) z;
-- An account that is seen every second month, in the state of its month: gaps are not bridged, and the rate is that of the whole.
SELECT status, round(generator[1][2]::numeric, 6) AS rate, round((-ln(0.64) / 2)::numeric, 6) AS by_hand
FROM transition_generator('{"version": 1, "states": "numbers", "amounts": false, "n_skipped": 0, "transitions": [[2, 0, 0, 64], [2, 0, 1, 36]]}');

-- What cannot be told says so, and what cannot be is an error.
SELECT status, log_likelihood < 0 AS likelihood, low FROM transition_generator((SELECT transitions_agg(i % 2, i / 2 % 2) FROM generate_series(1, 100) i));
SELECT status, generator[2][1] AS never, low[2][1], near(generator[1][2], -ln(0.9)) AS rate
FROM transition_generator((SELECT transitions_agg(i / 50 % 2, CASE WHEN i < 50 THEN (i % 10 = 3)::int ELSE 1 END) FROM generate_series(0, 99) i),
  '{{0,1},{1,0}}');
SELECT * FROM transition_generator((SELECT transitions_agg(NULL::int, 1)));
SELECT transition_generator(NULL) AS nothing, generator_matrix(NULL, 1) AS no_generator, generator_matrix('{}', 1) AS no_states;
SELECT transition_generator(t, '{{0,1}}') FROM whole;
SELECT transition_generator(t, '{{0,7}}') FROM whole;
SELECT transition_generator(t, '{{0,0}}') FROM whole;
SELECT transition_generator(t, '{0,1}') FROM whole;
SELECT transition_generator(t, '{{0,NULL}}') FROM whole;
SELECT transition_generator(t, NULL, '{2}') FROM whole;
SELECT transition_generator(t, NULL, '{x}') FROM whole;
SELECT transition_generator(t, NULL, NULL, 1) FROM whole;
SELECT transition_generator(t, NULL, NULL, NULL) FROM whole;
SELECT transition_generator(transitions_agg(i, i + 1)) FROM generate_series(1, 32) i;
SELECT generator_matrix('{{-1,1},{0,1}}', 1);
SELECT generator_matrix('{{1,-1},{0,0}}', 1);
SELECT generator_matrix('{{-1,1}}', 1);
SELECT generator_matrix('{{-1,NULL},{0,0}}', 1);
SELECT generator_matrix('{{0}}', 1200.5), generator_matrix('{{0}}', 'NaN');
SELECT generator_matrix('{{-1e9,1e9},{1e9,-1e9}}', 1200);

-- pd_test: the PD of a grade against its defaults, neighbouring grades against each other.
\i test/helpers.sql
-- Twelve digits, which every processor agrees on.
SET extra_float_digits = -3;

-- Equal to so many digits, however small.
CREATE FUNCTION digits(a float8, b float8, tolerance float8 DEFAULT 1e-12) RETURNS boolean LANGUAGE sql
  RETURN abs(a - b) <= tolerance * abs(b);

-- R 4.2.2: pbinom(events - 1, n, pd, lower.tail = FALSE), pbeta(pd, events + 1/2, n - events + 1/2),
-- (events - n pd) / sqrt(n pd (1 - pd)), pnorm(z, lower.tail = FALSE), qbeta(0.025, ...), qbeta(0.975, ...).
CREATE TABLE reference (n bigint, events bigint, pd float8, binomial float8, jeffreys float8, z float8, normal float8, low float8, high float8);
INSERT INTO reference VALUES
  (100, 0, 0.02, 1, 0.95584624585046285, -1.4285714285714286, 0.9234362744901653, 4.8980731043974867e-06, 0.024745270015269938),
  (100, 2, 0.02, 0.59672828921799537, 0.45203690130333229, 0, 0.5, 0.0041788124474718066, 0.062605848784811347),
  (100, 5, 0.02, 0.050830445369500453, 0.028614033509956886, 2.1428571428571428, 0.016062285603828316, 0.019331811985866736, 0.10610007388310294),
  (1000, 5, 0.01, 0.9713136000009952, 0.95541309331388935, -1.5891043154093203, 0.94398157815721817, 0.0019103525008339487, 0.01092466407181425),
  (1000, 30, 0.02, 0.020696518673239506, 0.016238471083117965, 2.2587697572631282, 0.01194885533975506, 0.020743946027839945, 0.041968444834554752),
  (50, 0, 0.005, 1, 0.5221507258658854, -0.50125470711708553, 0.69190406149507877, 9.7716633018040534e-06, 0.048758459444071423),
  (50, 50, 0.9, 0.005153775207320117, 0.0011374247836077804, 2.3570226039551585, 0.009211062727049503, 0.95124154055592858, 0.99999022833669815),
  (250, 1, 0.0003, 0.072266952814828894, 0.014755647525831264, 3.3781291953374804, 0.00036490392067665864, 0.0004319296556617468, 0.018541518841074467),
  (10000, 150, 0.012, 0.0043460301107466816, 0.0038312564718869634, 2.7551938438899191, 0.0029328685995351597, 0.012755750737102283, 0.017524867524491006),
  (10000, 60, 0.005, 0.091721183026820585, 0.0812083561684879, 1.4177624100166717, 0.078130071098260159, 0.0046253859777237684, 0.0076603055387671759),
  (100000, 800, 0.0075, 0.035853531188298406, 0.034462362407374436, 1.8326271443504016, 0.033429019291055968, 0.0074619966745030032, 0.0085664812002692603),
  (1000000, 5200, 0.005, 0.0024590471427538645, 0.002406071667895669, 2.8355248200333434, 0.0022875229993298491, 0.0050604608648795613, 0.0053424033100756534),
  (1000000000, 1000300, 0.001, 0.38216435039323299, 0.38197358305810108, 0.30015011259383206, 0.38203132798612527, 0.00099834216665442631, 0.0010022607218609656),
  (1, 0, 0.1, 1, 0.3958186964094077, -0.33333333333333331, 0.63055865981823633, 0.00038558098075590108, 0.85325368369042476),
  (1, 1, 0.1, 0.10000000000000002, 0.013846832988859047, 2.9999999999999996, 0.0013498980316300965, 0.14674631630957513, 0.99961441901924408);
SELECT n, events, pd, pd_binomial_test(n, events, pd), pd_jeffreys_test(n, events, pd), pd_traffic_light(pd_jeffreys_test(n, events, pd))
FROM reference ORDER BY n, events;
SELECT count(*), bool_and(digits(pd_binomial_test(n, events, pd), binomial)) AS binomial,
  bool_and(digits(pd_jeffreys_test(n, events, pd), jeffreys)) AS jeffreys,
  bool_and(abs(t.z - r.z) < 1e-11) AS z, bool_and(digits(t.p_value, normal, 1e-11)) AS normal,
  bool_and(digits(conf_low, low) OR low < 0.001 AND events = 0) AS low,
  bool_and(digits(conf_high, high) OR events = n) AS high
FROM reference r, pd_normal_test(n, events, pd) t, jeffreys_interval(n, events) i;

-- Without events the interval reaches to 0, with nothing else to 1; a wider confidence is a wider interval.
SELECT * FROM jeffreys_interval(100, 0);
SELECT * FROM jeffreys_interval(50, 50, 0.9);
SELECT c, i.* FROM unnest('{0.5, 0.9, 0.95, 0.999999}'::float8[]) c, jeffreys_interval(250, 1, c) i;
-- The interval holds the PDs that the test rejects from neither side: at its lower end the p-value is half of what is left out.
SELECT bool_and(digits(pd_jeffreys_test(n, events, conf_low), (1 - c) / 2, 1e-11)) AS low,
  bool_and(digits(pd_jeffreys_test(n, events, conf_high), (1 + c) / 2, 1e-11)) AS high, count(*)
FROM (VALUES (10, 3), (1000, 1), (1000, 999), (123456, 789)) v (n, events), unnest('{0.5, 0.95, 0.999}'::float8[]) c,
  jeffreys_interval(n, events, c);

-- The exact tail against a sum of whole numbers, for every number of events of some grades: the PD is a / m.
CREATE FUNCTION tail(n int, k int, a numeric, m numeric) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE ways numeric := 1; total numeric := 0;
BEGIN
  FOR j IN REVERSE n .. k LOOP
    total := total + ways * a ^ j * (m - a) ^ (n - j);
    ways := div(ways * j, n - j + 1);
  END LOOP;
  RETURN total / m ^ n;
END $$;
SELECT n, a, m, count(*), bool_and(digits(pd_binomial_test(n, k, a::float8 / m), tail(n, k, a, m)::float8)) AS same
FROM (VALUES (7, 1, 4), (40, 3, 64), (60, 1, 512), (90, 200, 256)) v (n, a, m), generate_series(0, n) k GROUP BY n, a, m ORDER BY n;

-- Correlated defaults. R 4.2.2: integrate(function(y) pbinom(events - 1, n, pnorm((qnorm(pd) - sqrt(rho) * y) / sqrt(1 - rho)),
-- lower.tail = FALSE) * dnorm(y), -12, 12, rel.tol = 1e-13); the last four: quadrature in arithmetic of 30 digits.
SELECT n, events, pd, rho, pd_correlated_test(n, events, pd, rho), digits(pd_correlated_test(n, events, pd, rho), p, 1e-11) AS same
FROM (VALUES
  (100, 5, 0.02, 0.12, 0.120562141671847),
  (100, 5, 0.02, 0.03, 0.0787799053399733),
  (100, 5, 0.02, 0.24, 0.133450810329813),
  (1000, 5, 0.001, 0.15, 0.0491979082852769),
  (1000, 60, 0.02, 0.04, 0.00594823353692103),
  (50, 1, 0.0003, 0.12, 0.0145460409933853),
  (50, 25, 0.3, 0.5, 0.240172390194064),
  (5000, 400, 0.05, 0.1, 0.163147648093439),
  (2, 2, 0.05, 0.2, 0.0052454497158263038),
  (10, 10, 0.01, 0.3, 7.1616497513698238e-8),
  (20, 3, 0.001, 0.9, 0.0021144104867242298),
  (3, 1, 0.4, 0.12, 0.75213837314712837)) v (n, events, pd, rho, p);
-- Correlation moves defaults between years and leaves their mean alone: the tails sum to n pd for any of it.
SELECT rho, n, digits(sum(pd_correlated_test(n, k, pd, rho)), n * pd, 1e-11) AS mean
FROM unnest('{0, 1e-12, 1e-6, 0.001, 0.03, 0.12, 0.5, 0.99, 0.999999, 1}'::float8[]) rho, (VALUES (1, 0.01), (40, 0.03), (300, 0.2)) v (n, pd),
  generate_series(1, n) k GROUP BY rho, n, pd ORDER BY rho, n;
-- The binomial test at the correlation 0, and near it; the PD itself at 1.
SELECT pd_correlated_test(1000, 30, 0.02, 0) = pd_binomial_test(1000, 30, 0.02) AS zero,
  digits(pd_correlated_test(1000, 30, 0.02, 1e-14), pd_binomial_test(1000, 30, 0.02), 1e-9) AS nearly,
  pd_correlated_test(1000, 30, 0.02, 1) AS one;
-- A large portfolio follows Vasicek's distribution of the default rate: Phi((Phi^-1(pd) - sqrt(1-rho) Phi^-1(rate)) / sqrt(rho));
-- R 4.2.2: pnorm((qnorm(0.02) - sqrt(0.88) * qnorm(0.03)) / sqrt(0.12)) is 0.20173240099987.
SELECT n, pd_correlated_test(n, n * 3 / 100, 0.02, 0.12), abs(pd_correlated_test(n, n * 3 / 100, 0.02, 0.12) - 0.20173240099987) < 20.0 / n AS limit
FROM unnest('{1000, 1000000, 1000000000, 1000000000000}'::bigint[]) n;

-- Nothing to test: no borrowers, or an argument that is not known.
SELECT pd_binomial_test(0, 0, 0.1) IS NULL AND pd_jeffreys_test(0, 0, 0.1) IS NULL AND pd_normal_test(0, 0, 0.1) IS NULL
  AND pd_correlated_test(0, 0, 0.1, 0.1) IS NULL AND jeffreys_interval(0, 0) IS NULL AS nobody;
SELECT pd_binomial_test(NULL, 0, 0.1) IS NULL AND pd_jeffreys_test(5, NULL, 0.1) IS NULL AND pd_normal_test(5, 0, NULL) IS NULL
  AND pd_correlated_test(5, 0, 0.1, NULL) IS NULL AND jeffreys_interval(5, 0, NULL) IS NULL AND pd_traffic_light(NULL) IS NULL AS unknown;
SELECT pd_binomial_test(5, 1, 'NaN') IS NULL AND pd_jeffreys_test(5, 1, 'NaN') IS NULL AND pd_normal_test(5, 1, 'NaN') IS NULL
  AND pd_correlated_test(5, 1, 0.1, 'NaN') IS NULL AND pd_correlated_test(5, 1, 'NaN', 0.1) IS NULL AND pd_traffic_light('NaN') IS NULL AS not_a_number;
-- PDs that promise certainty.
SELECT pd, k AS events, pd_binomial_test(5, k, pd), pd_jeffreys_test(5, k, pd), pd_correlated_test(5, k, pd, 0.2), t.*
FROM unnest('{0, 1}'::float8[]) pd, unnest('{0, 1, 5}'::bigint[]) k, pd_normal_test(5, k, pd) t ORDER BY pd, k;

-- Traffic lights: the levels belong to the worse colour.
SELECT p, pd_traffic_light(p), pd_traffic_light(p, 0.1, 0.01) AS stricter
FROM unnest('{0, 0.001, 0.0011, 0.01, 0.05, 0.051, 0.1, 1}'::float8[]) p;

-- Neighbours. R 4.2.2: prop.test(c(d2, d1), c(n2, n1), alternative = "greater", correct = FALSE).
SELECT n1, d1, n2, d2, t.*, digits(t.z, r.z) OR t.z = r.z AS z, digits(t.p_value, r.p, 1e-11) AS p
FROM (VALUES
  (500, 5, 400, 10, 1.7466675292187459, 0.04034751297873726),
  (1000, 10, 1000, 10, 0, 0.5),
  (1000, 30, 1000, 10, -3.1943828249996997, 0.9992993492095199),
  (20000, 100, 15000, 160, 6.109711946949222, 4.9905561701947507e-10)) r (n1, d1, n2, d2, z, p), grade_heterogeneity_test(n1, d1, n2, d2) t;
-- Exchanged grades exchange the tails; counts beyond what doubles hold exactly still differ by what they differ.
SELECT digits(a.z, -b.z) AS z, digits(a.p_value, 1 - b.p_value) AS p FROM grade_heterogeneity_test(500, 5, 400, 10) a, grade_heterogeneity_test(400, 10, 500, 5) b;
SELECT z FROM grade_heterogeneity_test(9007199254740993, 4503599627370497, 9007199254740993, 4503599627370498);
-- Nothing tells the grades apart, or there is only one.
SELECT * FROM grade_heterogeneity_test(10, 0, 20, 0);
SELECT * FROM grade_heterogeneity_test(10, 10, 20, 20);
SELECT * FROM grade_heterogeneity_test(0, 0, 20, 2);
SELECT grade_heterogeneity_test(NULL, 0, 20, 2) IS NULL AS unknown;

-- Mistakes.
SELECT pd_binomial_test(10, 11, 0.1);
SELECT pd_jeffreys_test(10, -1, 0.1);
SELECT pd_normal_test(-1, 0, 0.1);
SELECT pd_binomial_test(10, 1, 2);
SELECT pd_jeffreys_test(0, 0, -0.01);
SELECT pd_correlated_test(10, 1, 0.1, 1.01);
SELECT pd_correlated_test(0, 0, 0.1, -0.01);
SELECT pd_correlated_test(10, 1, 'Infinity', 0.1);
SELECT pd_correlated_test(1000000000001, 1, 0.1, 0.1);
SELECT jeffreys_interval(1000000000001, 1);
SELECT jeffreys_interval(10, 12);
SELECT jeffreys_interval(10, 1, 95);
SELECT jeffreys_interval(10, 1, 0);
SELECT jeffreys_interval(10, 1, 'NaN');
SELECT pd_traffic_light(1.5);
SELECT pd_traffic_light(0.5, 0.001, 0.05);
SELECT pd_traffic_light(0.5, 1, 0.05);
SELECT pd_traffic_light(0.5, 0.05, 0);
SELECT grade_heterogeneity_test(10, 1, 5, 6);

-- More events never raise a p-value, and a higher PD never lowers one.
SELECT bool_and(b <= lag_b) AS binomial, bool_and(j <= lag_j) AS jeffreys, bool_and(c <= lag_c) AS correlated
FROM (SELECT pd_binomial_test(200, k, 0.05) AS b, pd_jeffreys_test(200, k, 0.05) AS j, pd_correlated_test(200, k, 0.05, 0.1) AS c,
        lag(pd_binomial_test(200, k, 0.05)) OVER w AS lag_b, lag(pd_jeffreys_test(200, k, 0.05)) OVER w AS lag_j,
        lag(pd_correlated_test(200, k, 0.05, 0.1)) OVER w AS lag_c
      FROM generate_series(0, 200) k WINDOW w AS (ORDER BY k)) s;
SELECT bool_and(b >= lag_b) AS binomial, bool_and(j >= lag_j) AS jeffreys, bool_and(c >= lag_c) AS correlated
FROM (SELECT pd_binomial_test(200, 9, p) AS b, pd_jeffreys_test(200, 9, p) AS j, pd_correlated_test(200, 9, p, 0.1) AS c,
        lag(pd_binomial_test(200, 9, p)) OVER w AS lag_b, lag(pd_jeffreys_test(200, 9, p)) OVER w AS lag_j,
        lag(pd_correlated_test(200, 9, p, 0.1)) OVER w AS lag_c
      FROM generate_series(0, 1, 0.005) p WINDOW w AS (ORDER BY p)) s;

-- As used: one row per grade of a scored book.
CREATE TABLE scored (grade text, pd float8, defaulted boolean);
INSERT INTO scored SELECT 'A', 0.01, g <= 8 FROM generate_series(1, 1000) g
  UNION ALL SELECT 'B', 0.03, g <= 35 FROM generate_series(1, 700) g UNION ALL SELECT 'C', 0.10, g <= 31 FROM generate_series(1, 300) g;
SELECT grade, n, events, pd, round(p::numeric, 9) AS jeffreys, pd_traffic_light(p),
  round((grade_heterogeneity_test(lag(n) OVER w, lag(events) OVER w, n, events)).p_value::numeric, 12) AS apart
FROM (SELECT grade, count(*) AS n, count(*) FILTER (WHERE defaulted) AS events, avg(pd) AS pd FROM scored GROUP BY grade) g,
  pd_jeffreys_test(n, events, pd) p WINDOW w AS (ORDER BY pd) ORDER BY grade;

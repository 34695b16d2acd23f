-- demand: the estimate of censored balances, and what follows from one.
\i test/helpers.sql

-- By hand: four months with a balance below the limit or none, one at the limit, one not known.
CREATE TABLE month (account int, balance numeric(14,2), available numeric(14,2));
INSERT INTO month VALUES (1, 500, 1000), (1, 0, 1000), (1, 990, 1000), (1, 700, 1000), (1, NULL, 5), (1, 300, 1500);
SELECT demand_agg(balance, available) FROM month;
SELECT n, n_zero, n_censored, n_skipped, p_zero, lower_bound, status, n_limits, distribution, ceiling, basis, horizon, n_dropped, prior_weight
FROM demand_stats((SELECT demand_agg(balance, available) FROM month));
-- The limit of each month is its own: 979.99 of 1000 is a balance, 980 is the limit; a credit balance is no draw.
SELECT b, a, (s).n, (s).n_zero, (s).n_censored, (s).n_skipped, (s).lower_bound
FROM (VALUES (979.99, 1000.0), (980, 1000), (1200, 1000), (-5, 1000), (0, 1000), (0, 0), (5, 0), (5, NULL), (NULL, 5),
  ('NaN'::numeric, 5), (5, 'NaN'::numeric)) v (b, a),
  LATERAL (SELECT demand_stats(demand_agg(x.b, x.a)) AS s FROM (VALUES (v.b, v.a)) x (b, a)) q;
SELECT (demand_stats(demand_agg(b::float8, 1000::float8, '{"tolerance": 0.1}'))).n_censored FROM (VALUES (899), (901)) v (b);

-- The ways to see nothing.
SELECT demand_agg(balance, available) IS NULL AS no_rows, rollup(NULL::demand) IS NULL AS no_demands FROM month WHERE false;
SELECT demand_stats(NULL) IS NULL AS stats, demand_quantile(NULL, 0.5) IS NULL AS quantile, demand_mean(NULL) IS NULL AS mean;

-- What cannot be known is said, and what can be known nevertheless is given.
SELECT what, s.status, s.n, s.n_zero, s.n_censored, s.mu IS NOT NULL AS has_mu, s.sigma > 0 AS spread, round(s.p_zero::numeric, 4) AS p_zero,
  round(s.mean::numeric, 2) AS mean, s.lower_bound, round(demand_quantile(d, 0.5)::numeric, 2) AS q50, round(demand_quantile(d, 0.9)::numeric, 2) AS q90,
  round(expected_draw(d, 1000)::numeric, 2) AS draw, round(demand_exceeds(d, 400)::numeric, 2) AS exceeds_400
FROM (SELECT n, what, demand_agg(b, a) AS d FROM (VALUES
    (1, 'never used', '{0,0,-3}'::numeric[], '{1000,1000,1000}'::numeric[]),
    (2, 'always at the limit', '{1000,990,2000}', '{1000,1000,2000}'),
    (3, 'at the limit or nothing', '{0,0,0,1000}', '{1000,1000,1000,1000}'),
    (4, 'one balance', '{500}', '{1000}'),
    (5, 'one balance and nothing else', '{500,0,0,0,0,0,0,0,0,0,0,0}', '{1000,1000,1000,1000,1000,1000,1000,1000,1000,1000,1000,1000}'),
    (6, 'one balance and limits', '{500,1000,1000}', '{1000,1000,1000}'),
    (7, 'equal balances', '{500,500,500}', '{1000,1000,1000}'),
    (8, 'equal balances, lower limits', '{500,500,300,300}', '{1000,1000,300,300}'),
    (9, 'equal balances, a limit above', '{500,500,1000}', '{1000,1000,1000}'),
    (10, 'two balances', '{500,600}', '{1000,1000}'),
    (11, 'two balances and limits', '{500,600,1000,1000,1000}', '{1000,1000,1000,1000,1000}'),
    (12, 'nothing known', '{NULL,5}', '{1000,0}'),
    (13, 'equal but for a cent', '{50000.00,50000.01,50000.00}', '{100000,100000,100000}')) v (n, what, bs, limits), unnest(bs, limits) AS m (b, a)
  GROUP BY n, what) q, demand_stats(d) s ORDER BY q.n;

-- Against R 4.2, survival 3.5: coef, scale, share of zeros, standard errors of the observed information, and log-likelihood of
--
--   suppressMessages(library(survival))
--   months <- function(n, mu, s, pz, limits, unit) {
--     i <- 1:n
--     u <- (i * 0.6180339887498949) %% 1
--     d <- round(exp(mu + s * log(u / (1 - u))) / unit) * unit
--     d[(i * 0.7548776662466927) %% 1 < pz] <- 0
--     a <- limits[1 + i %% length(limits)]
--     data.frame(balance = pmin(d, a), available = a)
--   }
--   newton <- function(ll, q) {    # from a maximum of optim(), by differences
--     e <- diag(2)
--     H <- function(q, h) outer(1:2, 1:2, Vectorize(function(i, j) (ll(q + h * (e[i,] + e[j,])) - ll(q + h * (e[i,] - e[j,])) -
--       ll(q - h * (e[i,] - e[j,])) + ll(q - h * (e[i,] + e[j,]))) / (4 * h * h)))
--     for (k in 1:5) q <- q - solve(H(q, 1e-4), sapply(1:2, function(i) (ll(q + 1e-5 * e[i,]) - ll(q - 1e-5 * e[i,])) / 2e-5))
--     list(q = q, se = sqrt(diag(solve(-H(q, 1e-4)))))
--   }
--   fit <- function(name, m, dist = "lognormal") {
--     at <- m$balance >= 0.98 * m$available
--     t <- ifelse(at, m$available, m$balance)
--     k <- t > 0
--     p <- mean(!k)
--     zeros <- (if (p > 0) sum(!k) * log(p) else 0) + sum(k) * log(1 - p)
--     if (dist == "lognormal") {
--       f <- survreg(Surv(t[k], !at[k]) ~ 1, dist = "lognormal", control = list(rel.tolerance = 1e-12, maxiter = 500))
--     } else if (dist == "normal") {
--       f <- survreg(Surv(ifelse(t > 0, t, NA), ifelse(t > 0, ifelse(at, NA, t), 0), type = "interval2") ~ 1,
--                    dist = "gaussian", control = list(rel.tolerance = 1e-12, maxiter = 500))
--       p <- zeros <- 0
--     } else {
--       ll <- function(q) {
--         m <- exp(q[1]); s <- exp(q[2])
--         sum(dgamma(t[k & !at], (m / s)^2, scale = s^2 / m, log = TRUE)) +
--           sum(pgamma(t[k & at], (m / s)^2, scale = s^2 / m, lower.tail = FALSE, log.p = TRUE))
--       }
--       f <- newton(ll, optim(c(log(mean(t[k])), log(sd(t[k]))), function(q) -ll(q), control = list(reltol = 1e-16, maxit = 9999))$par)
--       cat(sprintf("  ('%s', %d, %d, %d, %.12g, %.12g, %.12g, %.12g, %.12g, %.12g)", name, nrow(m), sum(t <= 0), sum(at),
--           exp(f$q[1]), exp(f$q[2]), p, f$se[1] * exp(f$q[1]), f$se[2] * exp(f$q[2]), ll(f$q) + zeros), sep = "", "\n")
--       return(invisible())
--     }
--     se <- sqrt(diag(f$var))
--     cat(sprintf("  ('%s', %d, %d, %d, %.12g, %.12g, %.12g, %.12g, %.12g, %.12g)", name, nrow(m), sum(t <= 0), sum(at),
--         coef(f), f$scale, p, se[1], se[2] * f$scale, f$loglik[2] + zeros), sep = "", "\n")
--   }
--   fit("none",     months(24, 7, 0.4, 0, 100000, 0.01))
--   fit("three",    months(3, 7, 0.4, 0, c(1000, 2000, 3000), 0.01))
--   fit("five",     months(5, 7, 0.4, 0, c(1500), 0.01))
--   fit("some",     months(24, 7, 0.4, 0.2, c(1500, 1500, 2000), 0.01))
--   fit("most",     months(24, 8, 0.6, 0.1, c(1500, 2000, 2500), 0.01))
--   fit("ties",     months(40, 7, 0.3, 0.3, c(1000, 1200), 100))
--   fit("hundred",  months(100, 6, 0.9, 0.15, c(300, 400, 800, 1000), 0.01))
--   fit("thousand", months(1000, 9, 0.8, 0.25, c(5000, 8000, 10000, 15000, 20000), 0.01))
--   fit("most of a thousand", months(1000, 9, 0.8, 0.05, c(1000, 2000, 3000), 0.01))
--   fit("normal",   months(100, 7, 0.2, 0, c(1000, 1300, 2000), 0.01), dist = "normal")
--   fit("normal with zeros", months(200, 7, 0.3, 0.2, c(1000, 1300, 2000), 0.01), dist = "normal")
--   fit("gamma",    months(24, 7, 0.4, 0, 100000, 0.01), dist = "gamma")
--   fit("gamma some", months(24, 7, 0.4, 0.2, c(1500, 1500, 2000), 0.01), dist = "gamma")
--   fit("gamma hundred", months(100, 6, 0.9, 0.15, c(300, 400, 800, 1000), 0.01), dist = "gamma")
--   fit("gamma thousand", months(1000, 9, 0.8, 0.25, c(5000, 8000, 10000, 15000, 20000), 0.01), dist = "gamma")
--   fit("gamma narrow", months(60, 7, 0.02, 0, c(1100, 1120, 2000), 0.01), dist = "gamma")
--
CREATE TABLE cases (name text, n int, mu float8, s float8, pz float8, limits float8[], unit numeric, distribution text);
INSERT INTO cases VALUES
  ('none', 24, 7, 0.4, 0, '{100000}', 0.01, 'lognormal'),
  ('three', 3, 7, 0.4, 0, '{1000,2000,3000}', 0.01, 'lognormal'),
  ('five', 5, 7, 0.4, 0, '{1500}', 0.01, 'lognormal'),
  ('some', 24, 7, 0.4, 0.2, '{1500,1500,2000}', 0.01, 'lognormal'),
  ('most', 24, 8, 0.6, 0.1, '{1500,2000,2500}', 0.01, 'lognormal'),
  ('ties', 40, 7, 0.3, 0.3, '{1000,1200}', 100, 'lognormal'),
  ('hundred', 100, 6, 0.9, 0.15, '{300,400,800,1000}', 0.01, 'lognormal'),
  ('thousand', 1000, 9, 0.8, 0.25, '{5000,8000,10000,15000,20000}', 0.01, 'lognormal'),
  ('most of a thousand', 1000, 9, 0.8, 0.05, '{1000,2000,3000}', 0.01, 'lognormal'),
  ('normal', 100, 7, 0.2, 0, '{1000,1300,2000}', 0.01, 'normal'),
  ('normal with zeros', 200, 7, 0.3, 0.2, '{1000,1300,2000}', 0.01, 'normal'),
  ('gamma', 24, 7, 0.4, 0, '{100000}', 0.01, 'gamma'),
  ('gamma some', 24, 7, 0.4, 0.2, '{1500,1500,2000}', 0.01, 'gamma'),
  ('gamma hundred', 100, 6, 0.9, 0.15, '{300,400,800,1000}', 0.01, 'gamma'),
  ('gamma thousand', 1000, 9, 0.8, 0.25, '{5000,8000,10000,15000,20000}', 0.01, 'gamma'),
  ('gamma narrow', 60, 7, 0.02, 0, '{1100,1120,2000}', 0.01, 'gamma');
CREATE TABLE by_r (name text, n int, n_zero int, n_censored int, mu float8, sigma float8, p_zero float8, se_mu float8, se_sigma float8, loglik float8);
INSERT INTO by_r VALUES
  ('none', 24, 0, 0, 7.04819006749, 0.655977660646, 0, 0.133900879271, 0.0946822197391, -193.092001349),
  ('three', 3, 0, 1, 6.97574814423, 0.339033786906, 0, 0.217073817617, 0.171320689906, -15.0105936083),
  ('five', 5, 0, 1, 6.87527895942, 0.546204279884, 0, 0.251923482577, 0.202370522064, -31.0157399774),
  ('some', 24, 6, 4, 6.92896179453, 0.623808592388, 0.25, 0.152923393505, 0.12337897259, -124.439525833),
  ('most', 24, 5, 12, 7.83637747504, 0.884064955721, 0.208333333333, 0.301591726677, 0.266696886383, -76.5619456226),
  ('ties', 40, 12, 14, 7.00798651291, 0.642981609453, 0.3, 0.149499731173, 0.136149986975, -138.727671947),
  ('hundred', 100, 15, 35, 6.05168975617, 1.65984520313, 0.15, 0.205681040764, 0.178593057068, -415.670808787),
  ('thousand', 1000, 249, 324, 9.01375287371, 1.45293788772, 0.249, 0.0615316751797, 0.0534421863881, -5010.64052074),
  ('most of a thousand', 1000, 51, 812, 9.37928023369, 1.69949499337, 0.051, 0.164937833262, 0.117204579002, -1631.55785076),
  ('normal', 100, 0, 33, 1130.15303718, 337.612617625, 0, 37.2400345801, 29.7543216185, -506.837231028),
  ('normal with zeros', 200, 40, 59, 899.905385112, 899.054162958, 0, 68.4797063387, 71.8981175649, -922.097289828),
  ('gamma', 24, 0, 0, 1432.55833324, 917.754931507, 0, 187.335937436, 172.904167124, -194.148603528),
  ('gamma some', 24, 6, 4, 1176.34823394, 653.419090845, 0.25, 169.061465613, 165.28061077, -124.478728373),
  ('gamma hundred', 100, 15, 35, 713.065802955, 782.553778064, 0.15, 124.762251268, 173.390969623, -416.213589104),
  ('gamma thousand', 1000, 249, 324, 12340.4392736, 12307.6283642, 0.249, 657.858942851, 864.157153344, -5011.75489397),
  ('gamma narrow', 60, 0, 23, 1104.80055046, 42.8999406605, 0, 6.2719865999, 5.3285195639, -207.745220655);

CREATE TABLE observed AS
SELECT name, i, least(d, a) AS balance, a AS available, distribution
FROM (SELECT c.*, i, limits[1 + i % array_length(limits, 1)]::numeric AS a,
        CASE WHEN i * 0.7548776662466927::float8 - floor(i * 0.7548776662466927::float8) < pz THEN 0
          ELSE round(exp(mu + s * ln(u / (1 - u)))::numeric / unit) * unit END AS d
      FROM cases c, generate_series(1, n) i, LATERAL (SELECT i * 0.6180339887498949::float8 - floor(i * 0.6180339887498949::float8) AS u) l) q;

CREATE TABLE estimated AS
SELECT name, demand_agg(balance, available, jsonb_build_object('distribution', distribution)) AS d FROM observed GROUP BY name, distribution;

-- Errors of gamma are by differences, in R and here.
SELECT name, r.n = s.n AND r.n_zero = s.n_zero AND r.n_censored = s.n_censored AS counts, s.status, near(s.mu, r.mu, 1e-8) AS mu,
  near_relative(s.sigma, r.sigma, 1e-7) AS sigma, near(s.p_zero, r.p_zero, 1e-8) AS p_zero, near_relative(s.se_mu, r.se_mu, 1e-5) AS se_mu,
  near_relative(s.se_sigma, r.se_sigma, 1e-5) AS se_sigma, near(s.loglik, r.loglik, 1e-8) AS loglik,
  s.iterations <= 12 OR s.distribution = 'gamma' AS quick
FROM by_r r JOIN estimated USING (name), demand_stats(d) s ORDER BY s.distribution, r.n, name;
-- numeric and float8 are the same.
SELECT bool_and(credit_limit_internal.demand_send(d) = credit_limit_internal.demand_send(f)) AS same, count(*) FROM estimated
  JOIN (SELECT name, demand_agg(balance::float8, available::float8, jsonb_build_object('distribution', distribution)) AS f FROM observed
        GROUP BY name, distribution) q USING (name);

-- What follows from a distribution, against the integrals of P(D > x) from 0 to the limit and from there on, by mpmath 1.3 with 40
-- digits (Python: quad of ncdf); of gamma by R 4.2, integrate(function(x) (1 - p) * pgamma(x, (mu / sigma)^2, scale = sigma^2 / mu,
-- lower.tail = FALSE), 0, limit, rel.tol = 1e-12), and from the limit to Inf.
CREATE TABLE by_integration (distribution text, mu float8, sigma float8, p_zero float8, credit_limit float8, draw float8, unmet float8);
INSERT INTO by_integration VALUES
  ('lognormal', 7, 0.5, 0, 1000, 879.91191622005145, 362.73625083494428),
  ('lognormal', 7, 0.5, 0.3, 5000, 869.17245391875211, 0.68126301974490192),
  ('lognormal', 7, 0.5, 0.1, 100, 89.999993346688447, 1028.3833570028077),
  ('lognormal', 7, 0.05, 0.1, 1100, 969.36148458993352, 18.84284169048043),
  ('lognormal', 7, 0.01, 0, 1100, 1093.7645375349213, 2.9234539222730524),
  ('lognormal', 7, 0.001, 0, 1096, 1095.8083877966784, 0.82531894849645659),
  ('lognormal', 5, 2, 0.2, 1000, 265.68226530371433, 611.62426143905255),
  ('lognormal', 5, 2, 0, 1, 0.99751633568430408, 1095.6356420927743),
  ('lognormal', 5, 3, 0.5, 1000000, 4000.6564896888482, 2679.2069251420879),
  ('lognormal', 8, 1.2, 0.25, 3000, 1653.5153186938972, 2939.6189973906117),
  ('lognormal', 7, 0.3, 0, 20000, 1147.1088358158575, 1.1675087653191914e-19),
  ('lognormal', 6, 0.2, 0, 3000, 411.57859572666572, 3.3041582235975357e-22),
  ('normal', 8000, 3000, 0, 10000, 7550.1859720574636, 453.3589414732108),
  ('normal', 8000, 3000, 0, 100, 99.597394991978082, 7903.9475185386964),
  ('normal', -2000, 3000, 0, 1000, 203.41252971015191, 249.9464117630589),
  ('normal', -2000, 3000, 0, 5, 1.2611321475245856, 452.09780932568622),
  ('normal', 1000, 10, 0, 990, 989.16684529412314, 10.833154705876863),
  ('normal', 1000, 10, 0, 1100, 1000.0, 7.474560254589328e-24),
  ('normal', 1000, 10, 0, 500, 500.0, 500.0),
  ('normal', 500, 1000, 0, 8000, 697.79655740130191, 4.1151778345837655e-12),
  ('normal', -9000, 1500, 0, 1000, 2.3171121344589258e-7, 2.8242559497523858e-9),
  ('gamma', 1000, 500, 0, 900, 757.256049778253, 242.743950221747),
  ('gamma', 1000, 900, 0.25, 1000, 497.969010361963, 252.030989638037),
  ('gamma', 1000, 3000, 0.1, 8000, 718.587999536752, 181.412000463248),
  ('gamma', 50, 200, 0.5, 50, 4.58956825862087, 20.4104317413791),
  ('gamma', 100000, 10000, 0, 90000, 89250.1273493501, 10749.8726506499);
SELECT distribution, mu, sigma, p_zero, credit_limit, near(expected_draw(d, credit_limit), draw, 1e-13) AS draw,
  abs(expected_unmet(d, credit_limit) / unmet - 1) < 1e-11 AS unmet, near(demand_mean(d), draw + unmet, 1e-13) AS mean
FROM by_integration b, demand(b.mu, b.sigma, b.p_zero, b.distribution) d;
SELECT count(*) AS n, bool_and(expected_draw(d, l::numeric) = expected_draw(d, l) AND demand_exceeds(d, l::numeric) = demand_exceeds(d, l)
    AND expected_unmet(d, l::numeric) = expected_unmet(d, l)) AS same
FROM demand(7, 0.5, 0.3) d, unnest('{0, 1, 1000, 123456.78}'::float8[]) l;
-- T10 of the field's tables: N(8000, 3000^2) floored at zero.
SELECT round(expected_draw(demand(8000, 3000, 0, 'normal'), 10000)::numeric, 7) AS draw,
  round(expected_unmet(demand(8000, 3000, 0, 'normal'), 10000)::numeric, 7) AS unmet;

-- Rising and concave in the limit; slope P(D > L); draw and unmet add up to the mean; quantile and exceeds are inverse.
SELECT count(*) AS n, count(*) FILTER (WHERE NOT rising) AS falling, count(*) FILTER (WHERE NOT concave) AS convex,
  count(*) FILTER (WHERE NOT slope) AS wrong_slope, count(*) FILTER (WHERE NOT whole) AS wrong_sum
FROM (SELECT l > 0 AS inner_point, draw >= lag(draw) OVER w * (1 - 1e-15) AS rising,
        draw - lag(draw) OVER w >= (lead(draw) OVER w - draw) - 1e-12 * draw AS concave,
        near(expected_draw(d, l + 0.1) - expected_draw(d, greatest(l, 0.1) - 0.1), 0.2 * demand_exceeds(d, l), 1e-6) AS slope,
        near(draw + expected_unmet(d, l), demand_mean(d), 1e-12) AS whole
      FROM (SELECT k, d, l, expected_draw(d, l) AS draw
            FROM (VALUES (1, demand(7, 0.5, 0.2)), (2, demand(7, 1.5)), (3, demand(7, 0.2, 0.5)), (4, demand(8000, 3000, 0, 'normal')),
              (5, demand(-2000, 3000, 0, 'normal')), (6, demand(300, 1000, 0, 'normal')), (7, demand(3000, 5000, 0.1, 'gamma')),
              (8, demand_with_ceiling(demand(7, 1.5), 5025)), (9, demand_from_quantiles('{0.1, 0.3, 0.9}', '{0, 825, 7025}'))) v (k, d),
  generate_series(0, 20000, 50) l) q
      WINDOW w AS (PARTITION BY k ORDER BY l)) s WHERE inner_point;
SELECT count(*) AS n, bool_and(near(demand_exceeds(d, demand_quantile(d, p)), 1 - p, 1e-13)) AS inverse
FROM (VALUES (demand(7, 0.5, 0.2)), (demand(7, 3)), (demand(8000, 3000, 0, 'normal')), (demand(3000, 5000, 0.1, 'gamma')),
  (demand_from_quantiles('{0, 0.3, 1}', '{0, 800, 7000}'))) v (d), unnest('{0.3, 0.5, 0.9, 0.99, 0.999999}'::float8[]) p;
-- As money: a quantile to set a limit by, the mean for limit_gap, and what a limit lets through and turns away.
SELECT demand_amount(d), demand_amount(d, 0.5), demand_amount(d, 0.5, 0) AS whole, demand_amount(d, 0.1) AS none, demand_amount(d, 1) IS NULL AS everything,
  demand_amount(d) = round(demand_quantile(d, 0.9)::numeric, 2) AS quantile FROM demand(7, 0.5, 0.2) d;
-- The mean of a lognormal is exp(mu + sigma^2 / 2), that of the draws up to a limit is the integral of what is exceeded: by steps of 0.1.
SELECT demand_mean_amount(d), demand_mean_amount(d) = round(0.8 * exp(7.125)::numeric, 2) AS mean, demand_mean_amount(d, 0) AS whole,
  expected_draw_amount(d, 1500), near(expected_draw_amount(d, 1500)::float8, (SELECT sum(0.1 * demand_exceeds(d, x / 10.0 - 0.05))
    FROM generate_series(1, 15000) x), 1e-5) AS draw, expected_unmet_amount(d, 1500),
  abs(demand_mean_amount(d) - expected_draw_amount(d, 1500) - expected_unmet_amount(d, 1500)) <= 0.01 AS whole_of_it,
  (limit_gap(5000, NULL, NULL, 5000, demand_mean_amount(d), 1000, 0)).demand
FROM demand(7, 0.5, 0.2) d;
SELECT demand_mean_amount(demand(700, 50)) IS NULL AS no_amount, expected_draw_amount(demand(700, 50), 5) AS bounded,
  demand_mean_amount(demand_agg(5, 5)) IS NULL AS not_known, expected_unmet_amount(demand_agg(5, 5), 5) IS NULL AS neither;
SELECT expected_draw_amount(demand(7, 0.5), 100, 21);
SELECT demand_quantile(demand(7, 0.5, 0.2), 0.2) AS zero, demand_quantile(demand(7, 0.5), 1) AS everything,
  demand_quantile(demand(-9000, 1000, 0, 'normal'), 0.9) AS floored, demand_exceeds(demand(7, 0.5, 0.2), 0) AS drawn_at_all,
  expected_draw(demand(7, 0.5, 0.2), 0) AS no_limit, demand_mean(demand(700, 50)) AS beyond_doubles;

-- Accounts whose demand is known: exp(N(7, 0.6^2)) in nine months of ten, limits from 800 to 1700 by account, 24 months. Every draw
-- above the limit stops at it to the cent, so the tolerance is none: what lies just below is a balance. The estimates are unbiased;
-- the mean of balances is what the limits leave of demand.
SELECT setseed(0.31);
CREATE TABLE simulated AS
SELECT account, least(d, a)::numeric(14,2) AS balance, a::numeric(14,2) AS available, d
FROM (SELECT account, 800 + 100 * (account % 10) AS a, CASE WHEN random() < 0.1 THEN 0
        ELSE exp(7 + 0.6 * sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random())) END AS d
      FROM generate_series(1, 4000) account, generate_series(1, 24)) s;
CREATE TABLE accounts AS SELECT account, demand_agg(balance, available, '{"tolerance": 0}') AS d, avg(balance)::float8 AS naive FROM simulated GROUP BY account;
SELECT status, count(*) BETWEEN 1 AND 30 AS few, count(*) > 3900 AS most FROM (SELECT (demand_stats(d)).status FROM accounts) s GROUP BY status ORDER BY status;
-- Truth: mu 7, sigma 0.6, mean 0.9 exp(7.18) = 1181.6. Medians where a single account can be far out.
SELECT abs(avg(mu) - 7) < 0.02 AS mu, abs(percentile_cont(0.5) WITHIN GROUP (ORDER BY sigma) - 0.6) < 0.03 AS sigma, abs(avg(p_zero) - 0.1) < 0.003 AS p_zero,
  (percentile_cont(0.5) WITHIN GROUP (ORDER BY mean)) / 1181.6 BETWEEN 0.97 AND 1.03 AS mean, round((avg(naive) / 1181.6)::numeric, 2) AS naive_share
FROM accounts, demand_stats(d);
-- Standard errors are what the estimates scatter by.
SELECT round((stddev(mu) / sqrt(avg(se_mu ^ 2)))::numeric, 1) BETWEEN 0.9 AND 1.1 AS mu,
  round((stddev(p_zero) / sqrt(avg(se_p_zero ^ 2)))::numeric, 1) AS p_zero
FROM accounts, demand_stats(d) WHERE status IN ('converged', 'tail') AND n_censored <= 12;
-- The whole segment, pooled: all that a limit hides from the mean of balances is found, within three standard errors. With the
-- default tolerance the balances from 98 % of the limit on count as demand above it, and the estimate is higher by 1 %.
SELECT what, status, n, n_limits, abs(mu - 7) < 3 * se_mu AND abs(sigma - 0.6) < 3 * se_sigma AND abs(p_zero - 0.1) < 3 * se_p_zero AS within_errors,
  round((mean / 1181.6)::numeric, 2) AS mean_share
FROM (SELECT 'none' AS what, rollup(d) AS d FROM accounts UNION ALL SELECT 'default', demand_agg(balance, available) FROM simulated) s, demand_stats(d)
ORDER BY what DESC;

-- Documents of what demand_posterior() makes.
CREATE FUNCTION accepts(document text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  RETURN document::demand IS NOT NULL;
EXCEPTION WHEN invalid_text_representation OR invalid_parameter_value OR numeric_value_out_of_range THEN
  RETURN false;
END $$;
SELECT change, accepts(('{"version": 1, "distribution": "lognormal", "mu": 7, "sigma": 1, "p_zero": 0, "basis": "peak", "horizon": 3}'::jsonb ||
  jsonb_build_object('posterior', '{"status": "posterior", "n": 1, "n_zero": 0, "n_censored": 1, "n_skipped": 0, "highest_limit": 1000}'::jsonb ||
    change::jsonb))::text)
FROM (VALUES ('{}'), ('{"status": "given"}'), ('{"status": "sure"}'), ('{"n": 3, "n_zero": 2, "n_censored": 2}'), ('{"n": -1}'), ('{"highest_limit": 0}'),
  ('{"highest_limit": -5}'), ('{"n_skipped": 1.5}'), ('{"sum": 1}'), ('{"prior_weight": 0.5, "se_mu": 0.1}'), ('{"prior_weight": 2}'),
  ('{"se_mu": -1}'), ('{"status": "tail"}'), ('{"status": "out_of_scope"}')) v (change);
-- An account about which nothing is said, and only then.
SELECT status, demand_stats(d), demand_quantile(d, 0.5, 'peak') FROM unnest('{out_of_scope, posterior}'::text[]) status,
  LATERAL (SELECT CASE WHEN accepts(t) THEN t::demand END AS d FROM format('{"version": 1, "distribution": "lognormal", "posterior": {"status": "%s",
    "n": 0, "n_zero": 0, "n_censored": 0, "n_skipped": 0, "highest_limit": 0}}', status) t) l;

-- Any order, any split, any plan: the same bytes. Few limits, and 20,000 distinct ones, which are put into cells; months of one account.
CREATE TABLE many AS
SELECT g, least(d, a)::numeric(14,2) AS balance, a::numeric(14,2) AS available, g % 30 AS age,
  (DATE '2019-01-01' + make_interval(months => g % 44))::date AS month
FROM (SELECT g, 500 + (g * 7919 % 20011) * 1.37 AS a, exp(8 + sin(g * 12.9898)) AS d FROM generate_series(1, 60000) g) s;
-- Each month of the account ten times, a third of the rows without the limit and a third without the balance.
CREATE TABLE account_rows AS SELECT g, month, CASE WHEN g % 3 > 0 THEN m.balance END AS balance, CASE WHEN g % 3 <> 1 THEN m.available END AS available
FROM generate_series(0, 439) g, LATERAL (SELECT month, balance, available FROM many WHERE many.g = 44 + g % 44) m;
CREATE TABLE whole AS
SELECT 'plain' AS kind, demand_agg(balance, available) AS d FROM many UNION ALL
SELECT 'normal', demand_agg(balance, available, '{"distribution": "normal"}') FROM many UNION ALL
SELECT 'gamma', demand_agg(balance, available, '{"distribution": "gamma"}') FROM many UNION ALL
SELECT 'dated', demand_agg(month, balance, available) FROM account_rows UNION ALL
SELECT 'dated gamma', demand_agg(month, balance, available, '{"distribution": "gamma"}') FROM account_rows UNION ALL
SELECT 'few limits', demand_agg(balance, available, '{"tolerance": 0}') FROM simulated;
SELECT kind, s.n, s.n_censored, s.n_limits, s.n_dropped, s.status FROM whole, demand_stats(d) s ORDER BY kind;
CREATE FUNCTION is_whole(d demand, what text) RETURNS boolean LANGUAGE sql AS
  'SELECT credit_limit_internal.demand_send(d) = credit_limit_internal.demand_send(w.d) FROM whole w WHERE w.kind = what';
SELECT 'backwards' AS what, is_whole(demand_agg(balance, available ORDER BY g DESC), 'plain') AS same FROM many
UNION ALL SELECT 'by limit', is_whole(demand_agg(balance, available, '{"distribution": "normal"}' ORDER BY available, balance), 'normal') FROM many
UNION ALL SELECT 'by balance', is_whole(demand_agg(balance, available, '{"distribution": "gamma"}' ORDER BY balance), 'gamma') FROM many
UNION ALL SELECT '97 parts', is_whole(rollup(d), 'plain') FROM (SELECT demand_agg(balance, available) AS d FROM many GROUP BY g % 97) s
UNION ALL SELECT 'uneven parts', is_whole(rollup(d ORDER BY k DESC), 'gamma')
FROM (SELECT width_bucket(sqrt(g), 0, 250, 9) AS k, demand_agg(balance, available, '{"distribution": "gamma"}') AS d FROM many GROUP BY 1) s
UNION ALL SELECT 'accounts', is_whole(rollup(d), 'few limits') FROM accounts
UNION ALL SELECT 'latest month first', is_whole(demand_agg(month, balance, available ORDER BY g DESC), 'dated') FROM account_rows
UNION ALL SELECT 'as float8', is_whole(demand_agg(month, balance::float8, available::float8 ORDER BY g * 7 % 440), 'dated') FROM account_rows
UNION ALL SELECT 'parts of an account', is_whole(rollup(d ORDER BY k), 'dated')
FROM (SELECT extract(month FROM month) AS k, demand_agg(month, balance, available) AS d FROM account_rows GROUP BY 1) s
ORDER BY what;
ALTER TABLE many SET (parallel_workers = 2);
ALTER TABLE account_rows SET (parallel_workers = 2);
CREATE TABLE part_of AS SELECT k, demand_agg(month, balance, available) AS d FROM (SELECT *, extract(year FROM month) AS k FROM account_rows) s GROUP BY k;
ALTER TABLE part_of SET (parallel_workers = 2);
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT demand_agg(balance, available) FROM many;
SELECT is_whole(demand_agg(balance, available), 'plain') AS plain, is_whole(demand_agg(balance, available, '{"distribution": "gamma"}'), 'gamma') AS gamma
FROM many;
SELECT uses_parallel('SELECT demand_agg(month, balance, available) FROM account_rows') AS parallel, is_whole(demand_agg(month, balance, available),
  'dated') AS dated,
  is_whole(demand_agg(month, balance, available, '{"distribution": "gamma"}'), 'dated gamma') AS gamma FROM account_rows;
SELECT uses_parallel('SELECT rollup(d) FROM part_of') AS parallel, is_whole(rollup(d), 'dated') AS dated FROM part_of;
-- The same month in two parts, and two rows of a month that say different things, are found whichever worker has them.
INSERT INTO part_of SELECT 3000, demand_agg(DATE '2022-08-15', balance, available) FROM many WHERE g = 87;
SELECT rollup(d) FROM part_of;
INSERT INTO account_rows SELECT 1000, month, 0.5, NULL FROM account_rows WHERE g = 43;
SELECT demand_agg(month, balance, available) FROM account_rows;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;
SELECT demand_agg(month, balance, available) FROM account_rows;
-- Cells cost next to nothing: 7,001 limits, of which more than 4,096 were reached, against R as above,
--
--   g <- 1:21003
--   u <- (g * 0.6180339887498949) %% 1
--   a <- exp(7.5 + (g %% 7001) / 7001)
--   fit("cells", data.frame(balance = pmin(exp(8 + 0.7 * log(u / (1 - u))), a), available = a))
SELECT n, n_censored, n_limits <= 4096 AS cells, near(mu, 8.0455220031, 1e-7) AS mu, near(sigma, 1.29153253297, 1e-7) AS sigma,
  near(se_mu, 0.0110770340553, 1e-7) AS se_mu, near(se_sigma, 0.00985376136789, 1e-7) AS se_sigma, near(loglik, -97358.9655295, 1e-7) AS loglik
FROM demand_stats((SELECT demand_agg(least(exp(8 + 0.7 * ln(u / (1 - u))), a), a)
  FROM (SELECT exp(7.5 + (g % 7001) / 7001.0::float8) AS a, g * 0.6180339887498949::float8 - floor(g * 0.6180339887498949::float8) AS u
        FROM generate_series(1, 21003) g) i));

-- Months of one account. The estimate is that of the months that are kept; an older one still says what was seen.
CREATE TABLE dated AS SELECT i, (DATE '2023-01-15' + make_interval(months => i))::date AS month,
  (CASE i WHEN 2 THEN 9000 ELSE 100 + i * 37 % 911 END)::numeric(14,2) AS balance,
  1000.00 AS available FROM generate_series(0, 39) i;
SELECT s.n, s.n_skipped, s.n_dropped, s.ceiling, s.basis, s.horizon, s.status, s.mu = u.mu AND s.sigma = u.sigma
  AND s.loglik = u.loglik AS as_without_dates, u.ceiling
FROM demand_stats((SELECT demand_agg(month, balance, available) FROM dated)) s, demand_stats((SELECT demand_agg(balance, available) FROM dated WHERE i >= 4)) u;
-- A stored history gives the same, whatever else it knows, and options.
SELECT demand(h) = demand_agg(month, balance, available) AS same, demand(h, '{"distribution": "gamma"}') = demand_agg(month, balance, available,
  '{"distribution": "gamma"}') AS gamma FROM (SELECT behavior_agg(month, available, balance, 5.1234, 3, 0) AS h FROM dated WHERE i >= 4) b, dated
  WHERE i >= 4 GROUP BY h;
SELECT (demand_stats(demand(h))).n_dropped, (demand_stats(demand(h))).n FROM (SELECT behavior_agg(month, available, balance, NULL, NULL, NULL) AS h
  FROM dated) b;
-- Rows complement each other; what is not known, or could not be drawn, is skipped.
SELECT demand_agg(month, b, a) AS d FROM (VALUES (DATE '2026-01-31', 5.5, NULL), ('2026-01-01', NULL, 10), ('2026-02-01', 3, 0), ('2026-03-01', NULL, 10),
  (NULL, 3, 10)) v (month, b, a);
SELECT (s).n, (s).n_skipped, (s).status, (s).ceiling FROM (SELECT demand_stats(demand_agg(month, b, a)) AS s FROM (VALUES (DATE '2026-01-31', 5.5, 10),
  ('2026-02-01', 3, 0),
  ('2026-03-01', NULL, 70)) v (month, b, a)) q;
SELECT demand_agg(month, 1, 2) IS NULL AS no_month FROM (VALUES (NULL::date)) v (month);
SELECT demand_agg(month, b, a) FROM (VALUES (DATE '2026-01-31', 5, 10), ('2026-01-01', 6, 10)) v (month, b, a);
SELECT demand_agg(month, 1, 2) FROM (VALUES (DATE '2026-01-31'), ('1826-01-01')) v (month);
SELECT demand_agg(DATE 'infinity', 1, 2);
SELECT demand_agg(DATE '2026-01-31', 1e15, 2);
SELECT demand_agg(DATE '2026-01-31', 1, 5e12, '{"distribution": "gamma"}');
SELECT demand_agg(DATE '2026-01-31', 1, -2);
SELECT rollup(d) FROM (SELECT demand_agg(DATE '2026-01-31', 1, 2) UNION ALL SELECT demand_agg(1, 2)) v (d);
SELECT rollup(d) FROM (SELECT demand_agg(DATE '2026-01-31', 1, 2) UNION ALL SELECT demand_agg(DATE '2026-01-01', 1, 2)) v (d);

-- Nobody draws more than was ever seen four times over, whatever the estimate. 24 months at a limit of 100, and balances of 1, 5 and 20: a quantile of
-- 119,632,075 once.
CREATE TABLE bounded AS SELECT distribution, demand_agg(b, 100, jsonb_build_object('distribution', distribution)) AS d
FROM (SELECT 100 AS b FROM generate_series(1, 24) UNION ALL SELECT unnest('{1,5,20}'::int[])) s, unnest('{lognormal, normal, gamma}'::text[]) distribution
GROUP BY distribution;
SELECT b.distribution, s.status, s.ceiling, demand_amount(d) <= 400 AS q90, demand_quantile(d, 1) = 400 AS highest, s.mean < 400 AS mean,
  expected_draw(d, 400) = s.mean AND expected_unmet(d, 400) = 0 AS all_of_it, near_relative(expected_draw(d, 100) + expected_unmet(d, 100), s.mean,
  1e-9) AS whole
FROM bounded b, demand_stats(d) s ORDER BY b.distribution;
-- By hand, lower and higher; the mean is the integral of what is exceeded up to it, by steps of 0.1.
SELECT demand_mean_amount(c), near(demand_mean(c), (SELECT sum(0.1 * demand_exceeds(demand(7, 1), x / 10.0 - 0.05)) FROM generate_series(1, 9000) x),
  1e-5) AS mean,
  demand_quantile(c, 0.99), demand_exceeds(c, 899.99) > 0.5 AS exceeds, demand_exceeds(c, 900) AS ceiling, expected_unmet(c, 500) > 0 AS unmet,
  near_relative(demand_mean(demand_with_ceiling(c, 1e15)), demand_mean(demand(7, 1)), 1e-9) AS raised
FROM demand_with_ceiling(demand(7, 1), 900) c;
SELECT c::text LIKE '%"ceiling": 50,%' AS stored, (demand_stats(c)).ceiling, demand_amount(c), (demand_stats(demand_with_ceiling(c,
  1000000))).ceiling AS raised,
  c <> d AS another, demand_with_ceiling(c, 50) = c AS same FROM bounded, demand_with_ceiling(d, 50) c WHERE distribution = 'lognormal';
SELECT (demand_stats(demand_agg(5, 100, '{"ceiling_factor": 1}'))).ceiling, (demand_stats(demand_agg(700, 100,
  '{"ceiling_factor": 1.5}'))).ceiling AS over_limit,
  (demand_stats(demand_agg(NULL, 100))).ceiling AS skipped, (demand_stats(demand_agg(NULL::numeric, NULL))).ceiling AS nothing_seen;
SELECT demand_with_ceiling(demand(7, 1), -1);
SELECT demand_with_ceiling(demand(7, 1), 'NaN');
SELECT demand_agg(5, 6, '{"ceiling_factor": 0.5}');
SELECT rollup(d) FROM (SELECT demand_agg(5, 6) UNION ALL SELECT demand_with_ceiling(demand_agg(5, 6), 20)) v (d);

-- Quantiles: 0.2 of the months without a draw, uniform to 100 until 0.5 and on to 300 until 0.9, which the rest is at. By hand the mean is
-- 0.3 * 50 + 0.4 * 200 + 0.1 * 300.
SELECT demand_mean(d), demand_quantile(d, 0.1) AS q10, demand_amount(d, 0.35) AS q35, demand_amount(d, 0.7) AS q70, demand_quantile(d, 1) AS q100,
  demand_exceeds(d, 0) AS draws, demand_exceeds(d, 200), demand_exceeds(d, 300) AS top, expected_draw(d, 100), expected_unmet(d, 200),
  round(s.p_zero::numeric, 12) AS p_zero, s.mu, s.status, s.basis
FROM demand_from_quantiles('{0, 0.2, 0.5, 0.9}', '{0, 0, 100, 300}') d, demand_stats(d) s;
SELECT demand_from_quantiles('{0.5, 0.6}', '{10, 10}', 8) AS d, demand_mean(demand_from_quantiles('{0.5, 0.6}', '{10, 10}', 8)),
  demand_from_quantiles(NULL, '{1}') IS NULL AND demand_from_quantiles('{1}', NULL) IS NULL AS nothing;
SELECT count(*), bool_and(demand_mean(d) BETWEEN 499 AND 501) AS mean FROM demand_from_quantiles((SELECT array_agg(i / 999.0 ORDER BY i)
  FROM generate_series(0, 999) i)::float8[],
  (SELECT array_agg(i * 1000 / 999.0 ORDER BY i) FROM generate_series(0, 999) i)::float8[]) d;
CREATE FUNCTION accepts_points(p text, q text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  RETURN demand_from_quantiles(p::float8[], q::float8[]) IS NOT NULL;
EXCEPTION WHEN invalid_parameter_value THEN
  RETURN false;
END $$;
SELECT p, q, accepts_points(p, q) FROM (VALUES ('{0.5}', '{1}'), ('{}', '{}'), ('{0, 1}', '{1}'), ('{0.5, 0.5}', '{1, 2}'), ('{0.5, 0.4}', '{1, 2}'),
  ('{0, 1.1}', '{1, 2}'), ('{-0.1, 1}', '{1, 2}'), ('{0, 1}', '{2, 1}'), ('{0, 1}', '{-1, 1}'), ('{0, NaN}', '{1, 2}'), ('{0, 1}', '{1, NaN}'), ('{0, 1}',
  '{1, Infinity}'),
  ('{0, NULL}', '{1, 2}'), ('{{0, 1}}', '{1, 2}')) v (p, q);
SELECT demand_from_quantiles('{0, 1}', '{2, 1}');
SELECT demand_from_quantiles('{0, NULL}', '{2, 1}');
SELECT demand_from_quantiles(array_fill(0.5::float8, '{1001}'), array_fill(1::float8, '{1001}'));

-- Of which time: doors to money ask, and take what has no basis for the one they ask for.
CREATE TABLE basis AS SELECT basis, CASE WHEN basis IS NULL THEN d ELSE demand_with_basis(d, basis, 3) END AS d
FROM demand(7, 0.5) d, unnest('{month, mixture, peak, NULL}'::text[]) basis;
CREATE FUNCTION answers(call text, d demand) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE amount numeric;
BEGIN
  EXECUTE 'SELECT ' || call INTO amount USING d;
  RETURN amount > 0;
EXCEPTION WHEN invalid_parameter_value THEN
  RETURN false;
END $$;
SELECT b.basis, count(*) AS doors, bool_and(answers(format(call, ''), d)) AS by_default, bool_and(answers(format(call, ', basis => ''month'''), d)) AS month,
  bool_and(answers(format(call, ', basis => ''mixture'''), d)) AS mixture, bool_and(answers(format(call, ', basis => ''peak'''), d)) AS peak
FROM basis b, unnest(ARRAY['demand_amount($1, 0.5%s)', 'demand_mean_amount($1%s)', 'expected_draw_amount($1, 500%s)', 'expected_unmet_amount($1, 500%s)']) call
GROUP BY b.basis ORDER BY b.basis;
SELECT demand_quantile(d, 0.5, 'peak') = demand_quantile(d, 0.5) AS same, (demand_stats(d)).basis, (demand_stats(d)).horizon FROM basis WHERE basis = 'peak';
SELECT count(DISTINCT d) AS distinct, count(DISTINCT d::bytea) AS bytes FROM (SELECT d FROM basis UNION ALL SELECT demand_with_basis(d, 'peak', 6)
  FROM basis) s;
SELECT demand_amount(d) FROM basis WHERE basis = 'peak';
SELECT demand_quantile(d, 0.5, 'month') FROM basis WHERE basis = 'mixture';
SELECT demand_amount(demand(7, 1), basis => 'year');
SELECT demand_with_basis(demand(7, 1), 'peak', 0);
SELECT demand_with_basis(demand_agg(5, 6), 'peak', 3);

-- Stored, dumped and sent.
CREATE TABLE stored AS SELECT kind, d FROM whole UNION ALL SELECT name, d FROM estimated UNION ALL SELECT 'given',
  demand(7, 0.5, 0.25) UNION ALL SELECT 'given normal', demand(-7, 5, 0, 'normal')
  UNION ALL SELECT 'leans', '{"version": 1, "distribution": "lognormal", "basis": "month", "horizon": 1, "ceiling": 90, "mu": 7, "sigma": 0.5,
    "p_zero": 0.25, "posterior": {"status": "tail", "n": 3, "n_zero": 1, "n_censored": 1, "n_skipped": 1, "highest_limit": 60, "mu": 6, "sigma": 1,
    "p_zero": 0.5, "se_mu": 0.125, "prior_weight": 0.25}}' UNION ALL SELECT 'bounded', demand_with_ceiling(d, 50) FROM bounded
  UNION ALL SELECT 'basis', d FROM basis UNION ALL SELECT 'quantiles', demand_from_quantiles('{0.1, 0.5, 1}', '{0, 5.5, 1e300}', 1000)
  UNION ALL SELECT 'given gamma', demand(7, 5, 0.5, 'gamma') UNION ALL SELECT 'month', demand_agg(month, balance, available) FROM dated WHERE i < 3;
SELECT count(*) AS n, bool_and(credit_limit_internal.demand_send(d::text::demand) = credit_limit_internal.demand_send(d)) AS text FROM stored;
SELECT d FROM stored WHERE kind IN ('given', 'given normal', 'given gamma', 'leans', 'three', 'gamma', 'quantiles', 'month')
  AND length(d::text) < 1000 ORDER BY kind, d;

-- The largest amounts, too: a dump can be restored.
-- Amounts of more than four decimals are held at four, the highest of them too.
SELECT d::text::demand = d AS text, d::bytea::demand = d AS bytes, (demand_stats(d)).ceiling FROM (SELECT demand_agg(m, b, 200.00006) AS d
  FROM (VALUES (DATE '2026-01-01', 10.00006), ('2026-02-01', 100.00015)) v (m, b)) x;
SELECT credit_limit_internal.demand_send(d::text::demand) = credit_limit_internal.demand_send(d) AS largest
  FROM (SELECT demand_agg(x, x) AS d FROM unnest('{1e305, 1.7976931348623157e308}'::float8[]) x) s;

-- Moving windows: the state goes on after it was read.
SELECT account, k, (demand_stats(d)).n, (demand_stats(d)).status FROM (
  SELECT account, row_number() OVER w AS k, demand_agg(balance, available) OVER w AS d FROM (VALUES (1, 100, 500), (1, 200, 500),
    (1, 300, 500), (1, 500, 500)) v (account, balance, available)
  WINDOW w AS (ORDER BY balance)) s;

-- Mistakes.
SELECT demand_agg(5, -1);
SELECT demand_agg('Infinity'::numeric, 1);
SELECT demand_agg(1::float8, 'Infinity'::float8);
SELECT demand_agg(5, 6, '{"half_live": 3}');
SELECT demand_agg(5, 6, '{"tolerance": 0.6}');
SELECT demand_agg(5, 6, '{"distribution": "quantiles"}');
SELECT demand_agg(5, 6, NULL);
SELECT demand_agg(5e12, 6e12, '{"distribution": "normal"}');
SELECT demand_agg(5, 6, o) FROM (VALUES ('{"tolerance": 0.1}'::jsonb), ('{"tolerance": 0.2}')) v (o);
SELECT rollup(d) FROM (SELECT demand_agg(5, 6) UNION ALL SELECT demand_agg(5, 6, '{"tolerance": 0.1}')) v (d);
SELECT rollup(demand(7, 1));
SELECT demand(7, -1);
SELECT demand('NaN', 1);
SELECT demand(7, 1, 1.5);
SELECT demand(7, 1, 0.5, 'normal');
SELECT demand(7, 1, 0, 'weibull');
SELECT demand(-7, 1, 0, 'gamma');
SELECT demand(7, 701, 0, 'gamma');
SELECT demand_quantile(demand(7, 1), 1.5);
SELECT expected_draw(demand(7, 1), -1);
SELECT '{"version": 2, "distribution": "lognormal", "mu": 1, "sigma": 1, "p_zero": 0}'::demand;
SELECT '{"version": 1, "distribution": "lognormal", "mu": 1, "sigma": 1, "p_zero": 0, "n": 5}'::demand;
SELECT '[]'::demand;
-- What a document says of months must agree with itself.
SELECT change, accepts((d::jsonb || change::jsonb)::text) FROM (SELECT demand_agg(b, 100) AS d FROM (VALUES (5), (0), (50), (100)) v (b)) s,
  (VALUES ('{}'), ('{"basis": "peak"}'),
  ('{"horizon": 2}'), ('{"basis": null, "horizon": null}'), ('{"highest_granted": 99}'), ('{"highest_balance": 0}'), ('{"ceiling": -1}'),
  ('{"ceiling_factor": 0.9}'),
  ('{"distribution": "gamma"}'), ('{"distribution": "quantiles"}'), ('{"log_sum": 5}'), ('{"history": null}'), ('{"mu": 5}')) v (change);
SELECT change, accepts((d::jsonb || change::jsonb)::text) FROM (SELECT demand_agg(DATE '2026-01-01', 5, 100) AS d) s, (VALUES ('{}'),
  ('{"highest_granted": 99}'),
  ('{"highest_balance": 4}'), ('{"highest_balance": 400}'), ('{"n": 5}'), ('{"history": {"version": 1, "decimals": 0, "months": []}}'),
  ('{"history": {"version": 1, "decimals": 0, "months": [{"month": "2026-01", "balance": 5, "due": 1}]}}'), ('{"history": 5}')) v (change);
SELECT change, accepts((d::jsonb || change::jsonb)::text) FROM (SELECT demand_from_quantiles('{0, 1}', '{0, 5}', 3) AS d) s, (VALUES ('{}'),
  ('{"ceiling": null}'),
  ('{"quantiles": [1]}'), ('{"quantiles": [1, 2, 3]}'), ('{"quantiles": [2, 1]}'), ('{"probabilities": [0, 0]}'), ('{"mu": 1}'), ('{"basis": "month"}'),
  ('{"basis": "month", "horizon": 121}')) v (change);
SELECT '{"version": 1, "distribution": "lognormal", "basis": "month", "horizon": 1, "tolerance": 0.02, "ceiling_factor": 4,
  "highest_balance": 1000, "highest_granted": 1000, "n": 1, "n_zero": 2, "n_censored": 0, "n_skipped": 0, '
  '"highest_limit": 0, "sum": 0, "squares": 0, "limits": []}'::demand;
SELECT '{"version": 1, "distribution": "lognormal", "basis": "month", "horizon": 1, "tolerance": 0.02, "ceiling_factor": 4,
  "highest_balance": 1000, "highest_granted": 1000, "n": 2, "n_zero": 0, "n_censored": 0, "n_skipped": 0, '
  '"highest_limit": 0, "sum": 12, "squares": 60, "limits": []}'::demand;
SELECT '{"version": 1, "distribution": "lognormal", "basis": "month", "horizon": 1, "tolerance": 0.02, "ceiling_factor": 4,
  "highest_balance": 1000, "highest_granted": 1000, "n": 2, "n_zero": 0, "n_censored": 2, "n_skipped": 0, '
  '"highest_limit": 100, "sum": 0, "squares": 0, "limits": [[4.6, 1]]}'::demand;
SELECT '{"version": 1, "distribution": "lognormal", "basis": "month", "horizon": 1, "tolerance": 0.02, "ceiling_factor": 4,
  "highest_balance": 1000, "highest_granted": 1000, "n": 2, "n_zero": 0, "n_censored": 2, "n_skipped": 0, '
  '"highest_limit": 100, "sum": 0, "squares": 0, "limits": [[4.6, 1], [4.5, 1]]}'::demand;
SELECT '{"version": 1, "distribution": "lognormal", "basis": "month", "horizon": 1, "tolerance": 0.02, "ceiling_factor": 4,
  "highest_balance": 1000, "highest_granted": 1000, "n": 2, "n_zero": 0, "n_censored": 0, "n_skipped": 0, '
  '"highest_limit": 0, "sum": 12, "squares": -72, "limits": []}'::demand;

SELECT demand_amount(demand(7, 1), 0.9, 30);

-- Bytes from strangers: what is accepted prints as what it was, answers, and merges; the rest is an error and no harm.
CREATE FUNCTION pg_temp.mutate(original bytea) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE b bytea := original;
BEGIN
  FOR i IN 0 .. (random() * 2)::int LOOP
    b := set_byte(b, (random() * (length(b) - 1))::int, (random() * 255)::int);
  END LOOP;
  RETURN CASE WHEN random() < 0.2 THEN substr(b, 1, (random() * length(b))::int) ELSE b END;
END $$;
CREATE TABLE demand_fuzz (kind int, d demand);
DO $$
DECLARE
  file text := data_file('fuzz');
  mutant bytea; o oid; original record;
BEGIN
  PERFORM setseed(0.78);
  FOR original IN SELECT row_number() OVER () AS kind, d FROM stored WHERE kind IN ('given', 'leans', 'three', 'gamma', 'quantiles',
    'month', 'basis', 'bounded') AND length(d::text) < 1000 LOOP
    FOR i IN 1 .. 300 LOOP
      mutant := CASE WHEN i = 1 THEN credit_limit_internal.demand_send(original.d) ELSE pg_temp.mutate(credit_limit_internal.demand_send(original.d)) END;
      o := lo_from_bytea(0, '\x5047434f50590aff0d0a000000000000000000'::bytea || '\x0002'::bytea || '\x00000004'::bytea || int4send(original.kind::int)
        || int4send(length(mutant)) || mutant || '\xffff'::bytea);
      PERFORM lo_export(o, file);
      PERFORM lo_unlink(o);
      BEGIN
        EXECUTE format('COPY demand_fuzz FROM %L (FORMAT binary)', file);
      EXCEPTION WHEN OTHERS THEN NULL;
      END;
      BEGIN
        INSERT INTO demand_fuzz VALUES (original.kind, replace(convert_from(pg_temp.mutate(convert_to(original.d::text, 'UTF8')), 'UTF8'), 'zz', '')::demand);
      EXCEPTION WHEN OTHERS THEN NULL;
      END;
    END LOOP;
  END LOOP;
END $$;
SELECT kind, count(*) > 5 AS some_accepted,
  count(*) FILTER (WHERE credit_limit_internal.demand_send(d::text::demand) <> credit_limit_internal.demand_send(d))
  AS not_the_same FROM demand_fuzz GROUP BY kind ORDER BY kind;
DO $$
DECLARE f record;
BEGIN
  FOR f IN SELECT d FROM demand_fuzz LOOP
    PERFORM demand_stats(f.d), demand_quantile(f.d, 0.9), expected_draw(f.d, 1000), expected_unmet(f.d, 1000), demand_exceeds(f.d, 1000);
    BEGIN
      PERFORM rollup(x.d), demand_with_ceiling(f.d, 5) FROM (VALUES (f.d), (f.d)) x (d) GROUP BY ();
    EXCEPTION WHEN invalid_parameter_value OR numeric_value_out_of_range THEN NULL;
    END;
  END LOOP;
END $$;
DROP TABLE demand_fuzz;
CALL remove_data_files();

/*
 * Options of groups that take turns row by row are forgotten one by one: in the memory of the query 100,000 of them were 16 MB.
 */
SET enable_sort = off;
SELECT n, (SELECT sum(used_bytes) FROM pg_backend_memory_contexts WHERE name = 'ExecutorState') < 1000000 AS little_memory
FROM (SELECT count(d) AS n FROM (SELECT demand_agg(100 + i % 7, 500, CASE i % 2 WHEN 0 THEN '{"tolerance": 0}' ELSE '{"tolerance": 0.1}' END::jsonb) AS d
  FROM (SELECT generate_series(1, 100000) AS i) g GROUP BY i % 2) s OFFSET 0) s;
RESET enable_sort;

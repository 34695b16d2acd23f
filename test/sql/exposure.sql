\i test/helpers.sql

-- Risk weights in per cent as printed in Basel II (2006), Annex 5, LGD 45 %, maturity 2.5 years; for corporate 50 million EUR turnover
-- or more. The last digit of the print is not always rounded, hence 0.007. By R 4.2 (qnorm, pnorm) to 1e-12 beside it.
CREATE TABLE annex_5 (pd float8, mortgage float8, other_retail float8, qrre float8, corporate float8);
INSERT INTO annex_5 VALUES (0.03, 4.15, 4.45, 0.98, 14.44), (0.05, 6.23, 6.63, 1.51, 19.65), (0.10, 10.69, 11.16, 2.71, 29.65),
  (0.25, 21.30, 21.15, 5.76, 49.47), (0.40, 29.94, 28.42, 8.41, 62.72), (0.50, 35.08, 32.36, 10.04, 69.61), (0.75, 46.46, 40.10, 13.80, 82.78),
  (1.00, 56.40, 45.77, 17.22, 92.32), (1.30, 67.00, 50.80, 21.02, 100.95), (1.50, 73.45, 53.37, 23.40, 105.59), (2.00, 87.94, 57.99, 28.92, 114.86),
  (2.50, 100.64, 60.90, 33.98, 122.16);
SELECT count(*), max(abs(100 * risk_weight(pd / 100, 0.45, class, parameters => parameter_set('basel_2')) - printed)) < 0.007 AS as_printed
FROM annex_5, LATERAL (VALUES ('mortgage', mortgage), ('other_retail', other_retail), ('qrre', qrre), ('corporate', corporate)) v (class, printed);
SELECT class, max(abs(risk_weight(pd, 0.45, class, parameters => parameter_set('basel_2')) / (by_r / 100) - 1)) < 1e-12 AS by_r
FROM (VALUES ('mortgage', 0.0003, 4.14918807526303), ('mortgage', 0.025, 100.639081611469), ('other_retail', 0.0003, 4.45110131814266),
  ('other_retail', 0.025, 60.8968094346986), ('qrre', 0.0003, 0.97992548619161), ('qrre', 0.025, 33.9792992329697),
  ('corporate', 0.0003, 14.443567291166), ('corporate', 0.025, 122.15545284109)) v (class, pd, by_r)
GROUP BY class ORDER BY class;
-- Small firms and maturities: PD, LGD, turnover, maturity, R and K by R.
SELECT bool_and(abs(irb_correlation(pd, 'corporate', turnover) / r - 1) < 1e-13) AS correlation,
  bool_and(abs(irb_capital(pd, lgd, 'corporate', maturity, turnover) / k - 1) < 1e-12) AS capital
FROM (VALUES (0.01, 0.45, 5, 4, 0.152783679165516, 0.0698597070112088), (0.02, 0.4, 20, 2.5, 0.137478866273906, 0.0691388148835116),
  (0.15, 0.6, 1, 1, 0.0800663701244177, 0.169756718405012), (0.5, 0.75, 49.9, 5, 0.119911111112778, 0.308194454110423),
  (0.0001, 0.1, 50, 2.5, 0.239401497503122, 0.00133906793719467)) v (pd, lgd, turnover, maturity, r, k);
SELECT irb_correlation(0.02, 'corporate', 50) = irb_correlation(0.02, 'corporate') AND irb_correlation(0.02, 'corporate', 1e9) = irb_correlation(0.02,
  'corporate')
  AND irb_correlation(0.02, 'corporate', 0) = irb_correlation(0.02, 'corporate', 5) AS ends, irb_correlation(0.3, 'mortgage'), irb_correlation(0.3, 'qrre', 1),
  abs(irb_correlation(0, 'other_retail', parameters => parameter_set('basel_2')) - 0.16) < 1e-15 AS highest,
  abs(irb_correlation(1, 'other_retail') - 0.03) < 1e-15 AS lowest;
-- Floors of Basel III, and none of Basel II.
SELECT irb_capital(0.0001, 0.2, 'qrre') = irb_capital(0.0005, 0.5, 'qrre') AS qrre, irb_capital(0.0001, 0.2, 'other_retail') = irb_capital(0.0005, 0.3,
  'other_retail') AS other,
  irb_capital(0.0001, 0.2, 'mortgage') = irb_capital(0.0005, 0.2, 'mortgage') AS mortgage, irb_capital(0.0001, 0.2, 'corporate') < irb_capital(0.0005, 0.2,
  'corporate') AS corporate,
  irb_capital(0.0001, 0.2, 'qrre', parameters => parameter_set('basel_2')) < irb_capital(0.0005, 0.5, 'qrre') AS basel_2,
  round(irb_capital(0.03, 0.75, 'qrre')::numeric, 12) AS of_a_card;
SELECT irb_capital(0, 0.45, 'corporate', parameters => parameter_set('basel_2')), irb_capital(1, 0.45, 'corporate'), risk_weight(1, 0.45, 'qrre');
-- A set of one's own: a factor of 8 instead of 12.5, a mortgage correlation of 0.2 (R: 0.45 (pnorm((qnorm(.01) + sqrt(.2) qnorm(.999)) / sqrt(.8)) - .01)).
SELECT round((risk_weight(0.01, 0.45, 'mortgage', parameters => jsonb_set(jsonb_set(parameter_set('basel_3'), '{risk_weight_factor}', '8'),
  '{classes,mortgage,correlation}', '0.2')) / 8)::numeric, 12) AS k;
SELECT irb_capital(NULL, 0.4, 'qrre') IS NULL AND irb_capital(0.1, NULL, 'qrre') IS NULL AND irb_capital(0.1, 0.4, NULL) IS NULL AND irb_capital(0.1, 0.4,
  'qrre', NULL, NULL) IS NOT NULL
  AND irb_capital(0.1, 0.4, 'qrre', parameters => NULL) IS NULL AND irb_correlation(0.1, NULL) IS NULL AND risk_weight(0.1, NULL, 'qrre') IS NULL AS nulls;
SELECT name, parameters -> 'conversion_factors' ->> 'unconditionally_cancellable' AS cancellable, source <> '' AS source FROM parameter_sets() ORDER BY name;
-- Two sets that alternate from row to row.
SELECT bool_and(irb_capital(0.0001, 0.2, 'qrre', parameters => s.parameters) = irb_capital(CASE s.name WHEN 'basel_2' THEN 0.0001 ELSE 0.0005 END,
  CASE s.name WHEN 'basel_2' THEN 0.2 ELSE 0.5 END, 'qrre', parameters => parameter_set('basel_2'))) AS each_its_own FROM generate_series(1, 20) i,
  parameter_sets() s;

-- Exposure at default: 6 of 10 million drawn, CCF 0.65; 30 of 50, 0.6. Over the limit, a credit balance, rounding.
SELECT ead(6000000, 10000000, 0.65), ead(30000000, 50000000, 0.6), ead(1200, 1000, 0.5) AS over, ead(-50, 1000, 0.1) AS credit, ead(0, 0.01, 0.5) AS half_up,
  ead(100, 200, 1.5) AS above_one, ead(1, 4, 0.333333333333, 0) AS whole, ead(NULL, 1, 1) IS NULL AS nulls;
SELECT stressed_draw(2000, 10000, 0.1), stressed_draw(2000, 10000, 0.1, 2.5) AS with_use, stressed_draw(9000, 10000, 0.8, 1) AS all_of_it, stressed_draw(0,
  0, 0.5) AS no_limit,
  stressed_draw(1500, 1000, 0.5) AS over;

-- Expected loss of a portfolio of revolving lines, as in EY's International GAAP (chapter on expected credit losses of revolving facilities): 6.0
-- million drawn, 4.0 undrawn, a quarter of it in stage 2; PD 0.05 in twelve months, 0.30 over the life; CCF 0.95, LGD 0.9.
SELECT stage, e.* FROM (VALUES (2, 0.25, '{0.3}'::float8[]), (1, 0.75, '{0.05, 0.25}')) v (stage, share, pd),
  ecl_revolving(stage, share * 6000000, share * 4000000, 0.95, pd, 0.9) e ORDER BY stage;
SELECT sum(e.ecl) AS ecl, sum(e.ecl_drawn) AS drawn, sum(e.ecl_undrawn) AS undrawn FROM (VALUES (2, 0.25, '{0.3}'::float8[]), (1, 0.75,
  '{0.05, 0.25}')) v (stage, share, pd),
  ecl_revolving(stage, share * 6000000, share * 4000000, 0.95, pd, 0.9) e;
-- Discounted, against SQL, years of any number; the parts add up.
SELECT bool_and(e.ecl = e.ecl_drawn + e.ecl_undrawn AND abs(e.ecl_drawn - 1234.56 * s.loss) <= 0.005000001
  AND abs(e.ecl_undrawn - 0.4 * 765.44 * s.loss) <= 0.005000001) AS as_sql
FROM generate_series(1, 3) stage, generate_series(0, 12) n, LATERAL (SELECT coalesce(array_agg(0.01 * i ORDER BY i), '{}')::float8[] AS pd,
    coalesce(sum(0.01 * i * 0.6 * 1.18 ^ -i) FILTER (WHERE i = 1 OR stage > 1), 0) AS loss FROM generate_series(1, n) i) s,
  ecl_revolving(stage, 1234.56, 765.44, 0.4, s.pd, 0.6, 0.18) e;
SELECT marginal_pd('{0.02, 0.05, 0.05, 0.5}'), marginal_pd_from_hazard('{0.02, 0.5, 1, 0.3}'), marginal_pd('{}'), marginal_pd_from_hazard(NULL) IS NULL
  AS nulls;
-- Back and forth: the sums of the marginal PDs are 1 less the product of what survives.
SELECT bool_and(abs((SELECT sum(m) FROM unnest(marginal_pd_from_hazard(h)) m) - (1 - exp(l))) < 1e-14) AS same
FROM generate_series(1, 50) n, LATERAL (SELECT array_agg(i / 100.0 ORDER BY i)::float8[] AS h, sum(ln(1 - i / 100.0))::float8 AS l FROM generate_series(1,
  n) i) s;
SELECT ifrs9_stage(d) AS stage, count(*), min(d), max(d) FROM generate_series(0, 120) d GROUP BY 1 ORDER BY 1;
SELECT ifrs9_stage(0, true), ifrs9_stage(0, false, true), ifrs9_stage(NULL) IS NULL AS not_known, ifrs9_stage(NULL, true) AS impaired, ifrs9_stage(45, NULL,
  NULL), ifrs9_stage(45, stage_2_above => 60);

-- Mistakes.
SELECT parameter_set('basel_4');
SELECT irb_capital(0.02, 0.45, 'sovereign');
SELECT irb_capital(1.2, 0.45, 'qrre');
SELECT irb_capital('NaN', 0.45, 'qrre');
SELECT irb_capital(0.02, -0.1, 'qrre');
SELECT irb_capital(0.02, 0.45, 'corporate', -1);
SELECT irb_capital(0.02, 0.45, 'corporate', 2.5, -1);
SELECT irb_capital(1e-6, 0.45, 'corporate');
SELECT irb_capital(0.02, 0.45, 'qrre', parameters => '{}');
SELECT irb_capital(0.02, 0.45, 'qrre', parameters => parameter_set('basel_3') || '{"scaling": 1.06}');
SELECT irb_capital(0.02, 0.45, 'qrre', parameters => jsonb_set(parameter_set('basel_3'), '{classes,qrre,correlation}', '1.2'));
SELECT irb_capital(0.02, 0.45, 'qrre', parameters => jsonb_set(parameter_set('basel_3'), '{classes,corporate,small_firm,turnover}', '[50, 5]'));
SELECT ead(1, -1, 0.5);
SELECT ead('NaN', 1, 0.5);
SELECT ead(1, 1, 'NaN');
SELECT ead(1, 1e30, 0.5);
SELECT ead(1, 1, 0.5, 21);
SELECT stressed_draw(1, 2, 1.5);
SELECT ecl_revolving(4, 1, 1, 0.5, '{0.1}', 0.5);
SELECT ecl_revolving(1, 1, 1, 0.5, '{0.6, 0.6}', 0.5);
SELECT ecl_revolving(1, 1, 1, 0.5, '{0.6, NULL}', 0.5);
SELECT ecl_revolving(1, 1, 1, 0.5, '{{0.6}}', 0.5);
SELECT ecl_revolving(1, 1, 1, 0.5, '{0.1}', 0.5, -1);
SELECT ecl_revolving(1, 1, 1, 0.5, '{0.1}', 0.5, -0.9999999);
SELECT marginal_pd('{0.5, 0.4}');
SELECT marginal_pd_from_hazard('{0.5, NaN}');
SELECT marginal_pd(array_fill(0::float8, ARRAY[1201]));

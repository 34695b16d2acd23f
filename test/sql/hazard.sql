-- Durations until an event: survival, causes that compete, PDs of a life.
\set VERBOSITY terse
\i test/helpers.sql

-- R 4.2, survival 3.5: lung, days until death (228 patients), as (days, died, number); survfit(Surv(time, status) ~ 1, conf.type = "log-log").
CREATE TABLE lung (days int, died int, n int);
INSERT INTO lung VALUES
  (92,0,1), (105,0,1), (173,0,1), (174,0,1), (175,0,1), (177,0,1), (185,0,1), (188,0,1), (191,0,1), (192,0,1), (196,0,1), (197,0,1), (202,0,1), (203,0,1),
  (211,0,1), (221,0,1), (222,0,1), (224,0,1), (225,0,2), (235,0,1), (237,0,1), (240,0,1), (243,0,1), (252,0,1), (259,0,1), (266,0,1), (269,0,1), (272,0,1),
  (276,0,1), (279,0,1), (284,0,1), (292,0,2), (296,0,1), (300,0,1), (301,0,1), (303,0,1), (315,0,1), (332,0,1), (356,0,1), (364,0,1), (376,0,1), (382,0,1),
  (384,0,1), (404,0,1), (413,0,1), (444,0,1), (458,0,1), (511,0,2), (529,0,1), (543,0,1), (551,0,1), (559,0,1), (588,0,1), (740,0,1), (806,0,1), (821,0,1),
  (840,0,1), (965,0,1), (1010,0,1), (1022,0,1), (5,1,1), (11,1,3), (12,1,1), (13,1,2), (15,1,1), (26,1,1), (30,1,1), (31,1,1), (53,1,2), (54,1,1), (59,1,1),
  (60,1,2), (61,1,1), (62,1,1), (65,1,2), (71,1,1), (79,1,1), (81,1,2), (88,1,2), (92,1,1), (93,1,1), (95,1,2), (105,1,1), (107,1,2), (110,1,1), (116,1,1),
  (118,1,1), (122,1,1), (131,1,1), (132,1,2), (135,1,1), (142,1,1), (144,1,1), (145,1,2), (147,1,1), (153,1,1), (156,1,2), (163,1,3), (166,1,2), (167,1,1),
  (170,1,1), (175,1,1), (176,1,1), (177,1,1), (179,1,2), (180,1,1), (181,1,2), (182,1,1), (183,1,1), (186,1,1), (189,1,1), (194,1,1), (197,1,1), (199,1,1),
  (201,1,2), (202,1,1), (207,1,1), (208,1,1), (210,1,1), (212,1,1), (218,1,1), (222,1,1), (223,1,1), (226,1,1), (229,1,1), (230,1,1), (239,1,2), (245,1,1),
  (246,1,1), (267,1,1), (268,1,1), (269,1,1), (270,1,1), (283,1,1), (284,1,1), (285,1,2), (286,1,1), (288,1,1), (291,1,1), (293,1,1), (301,1,1), (303,1,1),
  (305,1,1), (306,1,1), (310,1,2), (320,1,1), (329,1,1), (337,1,1), (340,1,1), (345,1,1), (348,1,1), (350,1,1), (351,1,1), (353,1,2), (361,1,1), (363,1,2),
  (364,1,1), (371,1,2), (387,1,1), (390,1,1), (394,1,1), (426,1,1), (428,1,1), (429,1,1), (433,1,1), (442,1,1), (444,1,1), (450,1,1), (455,1,1), (457,1,1),
  (460,1,1), (473,1,1), (477,1,1), (519,1,1), (520,1,1), (524,1,2), (533,1,1), (550,1,1), (558,1,1), (567,1,1), (574,1,1), (583,1,1), (613,1,1), (624,1,1),
  (641,1,1), (643,1,1), (654,1,1), (655,1,1), (687,1,1), (689,1,1), (705,1,1), (707,1,1), (728,1,1), (731,1,1), (735,1,1), (765,1,1), (791,1,1), (814,1,1),
  (883,1,1);
CREATE TABLE whole AS SELECT hazard_agg(days, died = 1) AS h FROM lung, generate_series(1, n);
SELECT v.days, near(c.survival, v.survival, 1e-11) AS survival, near(c.std_error, v.error, 1e-12) AS error, near(c.low, v.low, 1e-11) AS low,
  near(c.high, v.high, 1e-11) AS high
FROM whole, (VALUES (180, .72167065341, .0298124194686, .658304528446, .775314690717), (365, .40924162446, .0358236381720, .338714269088, .478380767647))
  v (days, survival, error, low, high), LATERAL (SELECT * FROM survival_curve(h) WHERE duration <= v.days ORDER BY duration DESC LIMIT 1) c;
-- The median of R, 310 days; as many at risk and events as rows.
SELECT min(duration) FILTER (WHERE survival <= 0.5) AS median, max(n_risk) AS n, sum(n_event) AS events, sum(n_censored) AS censored,
  bool_and(near(hazard_rate, n_event::float8 / n_risk)) AS hazard FROM whole, survival_curve(h);
-- One cause is one minus survival, with its error.
SELECT bool_and(near(i.incidence, 1 - s.survival)) AS incidence, bool_and(near(i.std_error, s.std_error, 1e-11)) AS error
FROM whole, survival_curve(h) s JOIN LATERAL cumulative_incidence(h) i USING (duration);

-- The same: mgus2, months until progression (1) or death (2) before it, or until the last look (0), as (months, event, number).
CREATE TABLE mgus2 (months int, event int, n int);
INSERT INTO mgus2 VALUES
  (1,0,1), (10,0,1), (28,0,1), (35,0,1), (44,0,1), (47,0,1), (48,0,1), (52,0,3), (53,0,2), (56,0,3), (57,0,2), (58,0,3), (59,0,7), (60,0,3), (61,0,2),
  (62,0,2), (63,0,2), (64,0,2), (65,0,1), (66,0,2), (68,0,4), (69,0,3), (70,0,3), (71,0,2), (72,0,4), (73,0,2), (74,0,3), (76,0,4), (77,0,2), (78,0,1),
  (79,0,3), (80,0,7), (81,0,3), (82,0,4), (83,0,2), (84,0,1), (85,0,2), (86,0,3), (87,0,3), (89,0,3), (90,0,7), (91,0,3), (92,0,2), (93,0,5), (94,0,4),
  (96,0,3), (97,0,3), (98,0,5), (99,0,2), (100,0,3), (101,0,6), (102,0,1), (103,0,6), (104,0,3), (105,0,1), (106,0,2), (107,0,3), (108,0,1), (109,0,2),
  (110,0,1), (111,0,4), (112,0,3), (114,0,4), (116,0,3), (117,0,2), (118,0,1), (119,0,1), (121,0,1), (122,0,4), (124,0,1), (125,0,2), (126,0,1), (127,0,1),
  (128,0,2), (129,0,4), (131,0,2), (132,0,3), (133,0,2), (134,0,2), (135,0,1), (136,0,1), (137,0,1), (138,0,2), (139,0,3), (140,0,1), (142,0,1), (143,0,1),
  (144,0,3), (145,0,2), (146,0,2), (147,0,3), (148,0,3), (149,0,1), (150,0,2), (152,0,1), (153,0,1), (154,0,1), (155,0,1), (156,0,2), (158,0,5), (159,0,2),
  (160,0,4), (163,0,5), (164,0,1), (165,0,2), (166,0,1), (167,0,4), (168,0,3), (169,0,2), (170,0,1), (171,0,1), (172,0,1), (173,0,1), (174,0,1), (175,0,4),
  (176,0,1), (177,0,3), (178,0,1), (179,0,2), (180,0,1), (181,0,1), (182,0,1), (183,0,1), (184,0,3), (185,0,3), (186,0,3), (187,0,2), (189,0,1), (190,0,2),
  (191,0,4), (192,0,2), (193,0,1), (194,0,3), (195,0,4), (196,0,3), (198,0,2), (199,0,1), (200,0,3), (201,0,1), (202,0,1), (203,0,1), (205,0,1), (206,0,2),
  (207,0,2), (208,0,2), (209,0,2), (210,0,2), (211,0,2), (213,0,5), (215,0,2), (216,0,1), (217,0,1), (220,0,3), (222,0,2), (223,0,1), (224,0,1), (225,0,3),
  (226,0,2), (227,0,3), (228,0,1), (229,0,1), (232,0,2), (236,0,1), (240,0,1), (242,0,3), (243,0,2), (244,0,1), (249,0,1), (250,0,2), (252,0,1), (254,0,2),
  (258,0,1), (259,0,1), (261,0,1), (264,0,1), (265,0,1), (270,0,1), (272,0,1), (280,0,2), (284,0,1), (285,0,1), (286,0,1), (287,0,1), (289,0,1), (294,0,1),
  (299,0,1), (301,0,1), (312,0,1), (314,0,2), (318,0,1), (328,0,1), (338,0,1), (341,0,1), (350,0,1), (394,0,1), (2,1,2), (4,1,1), (5,1,1), (6,1,1), (8,1,2),
  (9,1,2), (10,1,2), (11,1,1), (12,1,1), (13,1,1), (14,1,2), (16,1,1), (17,1,2), (21,1,2), (22,1,1), (23,1,2), (29,1,2), (30,1,1), (33,1,1), (34,1,1),
  (35,1,1), (36,1,1), (38,1,1), (39,1,2), (42,1,2), (44,1,1), (45,1,1), (51,1,2), (52,1,2), (56,1,1), (57,1,2), (60,1,2), (61,1,1), (62,1,1), (63,1,1),
  (67,1,2), (69,1,1), (70,1,1), (73,1,1), (74,1,1), (76,1,2), (79,1,1), (80,1,2), (81,1,3), (83,1,1), (84,1,1), (86,1,1), (90,1,2), (91,1,1), (93,1,1),
  (97,1,1), (98,1,1), (101,1,4), (102,1,1), (109,1,1), (111,1,1), (114,1,1), (116,1,1), (118,1,1), (121,1,2), (123,1,1), (124,1,1), (128,1,2), (135,1,1),
  (138,1,1), (142,1,1), (147,1,1), (150,1,1), (152,1,1), (153,1,1), (158,1,2), (161,1,1), (165,1,1), (166,1,1), (168,1,1), (179,1,1), (180,1,1), (188,1,1),
  (190,1,1), (198,1,1), (201,1,1), (228,1,1), (238,1,1), (259,1,1), (275,1,1), (312,1,1), (340,1,1), (373,1,1), (1,2,42), (2,2,28), (3,2,15), (4,2,16),
  (5,2,10), (6,2,9), (7,2,6), (8,2,12), (9,2,9), (10,2,10), (11,2,6), (12,2,6), (13,2,5), (14,2,3), (15,2,4), (16,2,4), (17,2,7), (18,2,6), (19,2,4),
  (20,2,9), (21,2,2), (22,2,11), (23,2,3), (24,2,8), (25,2,6), (26,2,5), (27,2,7), (28,2,6), (29,2,6), (30,2,8), (31,2,7), (32,2,8), (33,2,4), (34,2,6),
  (35,2,6), (36,2,4), (37,2,5), (38,2,6), (39,2,5), (40,2,5), (41,2,3), (42,2,8), (43,2,7), (44,2,5), (45,2,5), (46,2,14), (47,2,3), (48,2,9), (49,2,8),
  (50,2,8), (51,2,1), (52,2,5), (53,2,8), (54,2,5), (55,2,5), (56,2,2), (57,2,4), (58,2,5), (59,2,4), (60,2,4), (61,2,7), (62,2,3), (63,2,5), (64,2,8),
  (65,2,5), (66,2,9), (67,2,5), (68,2,4), (69,2,3), (70,2,4), (71,2,9), (72,2,2), (73,2,7), (74,2,2), (75,2,5), (76,2,8), (77,2,8), (78,2,5), (79,2,2),
  (80,2,4), (81,2,6), (82,2,3), (83,2,2), (84,2,7), (85,2,5), (86,2,2), (87,2,3), (88,2,4), (89,2,3), (90,2,4), (91,2,2), (92,2,4), (93,2,8), (94,2,6),
  (95,2,1), (96,2,4), (97,2,7), (98,2,6), (99,2,6), (100,2,4), (101,2,1), (102,2,3), (103,2,8), (104,2,2), (105,2,2), (106,2,4), (107,2,5), (108,2,3),
  (109,2,2), (110,2,5), (111,2,2), (112,2,3), (113,2,3), (114,2,4), (115,2,4), (116,2,5), (117,2,3), (118,2,2), (119,2,1), (120,2,2), (121,2,4), (122,2,3),
  (124,2,4), (125,2,3), (126,2,4), (128,2,2), (129,2,4), (130,2,2), (133,2,3), (134,2,2), (135,2,5), (136,2,6), (137,2,4), (138,2,2), (139,2,3), (140,2,5),
  (141,2,2), (143,2,1), (144,2,3), (145,2,4), (146,2,3), (147,2,3), (148,2,1), (149,2,1), (150,2,1), (151,2,3), (152,2,3), (153,2,2), (154,2,1), (155,2,3),
  (156,2,2), (157,2,2), (158,2,4), (161,2,1), (163,2,1), (164,2,1), (165,2,1), (166,2,2), (167,2,2), (168,2,1), (169,2,2), (170,2,2), (171,2,1), (172,2,1),
  (173,2,3), (174,2,1), (175,2,1), (176,2,2), (178,2,2), (179,2,2), (180,2,1), (183,2,1), (184,2,1), (185,2,1), (187,2,1), (189,2,1), (191,2,2), (192,2,1),
  (193,2,1), (196,2,2), (201,2,2), (202,2,1), (208,2,2), (212,2,1), (213,2,1), (214,2,1), (216,2,1), (222,2,2), (223,2,1), (228,2,3), (235,2,1), (240,2,1),
  (252,2,1), (255,2,1), (256,2,1), (257,2,1), (258,2,1), (260,2,1), (265,2,2), (272,2,1), (314,2,1), (321,2,1), (424,2,1);
CREATE TABLE competing AS
SELECT hazard_agg(months, event > 0, CASE event WHEN 1 THEN 'progression' WHEN 2 THEN 'death' END) AS h FROM mgus2, generate_series(1, n);
SELECT v.months, v.cause, near(c.incidence, v.incidence, 1e-12) AS incidence, near(c.std_error, v.error, 1e-12) AS error
FROM competing, (VALUES (60, 'progression', .0341037129743, .00488925790767), (60, 'death', .320367010268, .0125673715476),
  (120, 'progression', .0637221680131, .00679684842396), (120, 'death', .531817704080, .0140596451620),
  (400, 'progression', .1612916806066, .02828788947000), (400, 'death', .784208246832, .0209334695357)) v (months, cause, incidence, error),
  LATERAL (SELECT * FROM cumulative_incidence(h) i WHERE i.cause = v.cause AND duration <= v.months ORDER BY duration DESC LIMIT 1) c;
SELECT bool_and(near(s.survival + i.sum, 1)) AS add_up_to_1, sum(i.n) AS events, max(n_risk) AS n FROM competing, survival_curve(h) s
  JOIN LATERAL (SELECT duration, sum(incidence) AS sum, sum(n_event) AS n FROM cumulative_incidence(h) GROUP BY 1) i USING (duration);

-- A life's PDs: the incidence at 12, 24, ... of R, until nobody is left (424 months, in the 36th year); as ecl_revolving takes them.
SELECT cardinality(pd) AS years, near(c[1], .00940125934465, 1e-12) AS first, near(c[5], .03410371297435, 1e-12) AS fifth,
  near(c[26], .11769162255778, 1e-12) AS twenty_sixth, near(c[35], .16129168060658, 1e-12) AS last
FROM competing, lifetime_pd(h, 'progression') pd, LATERAL (SELECT array_agg(s ORDER BY i) AS c FROM (SELECT i, sum(p) OVER (ORDER BY i) AS s
  FROM unnest(pd) WITH ORDINALITY u (p, i)) x) y;
SELECT ecl_revolving(2, 4000, 6000, 0.5, lifetime_pd(h, 'progression'), 0.75, 0.18)
  = ecl_revolving(2, 4000, 6000, 0.5, marginal_pd((SELECT array_agg((SELECT incidence FROM cumulative_incidence(h) i WHERE cause = 'progression'
    AND duration <= 12 * y ORDER BY duration DESC LIMIT 1) ORDER BY y) FROM generate_series(1, 35) y)), 0.75, 0.18) AS same FROM competing;
-- By hand: of four, one event at 3, two at 12, one at 14. All of it is known.
SELECT lifetime_pd(h) AS years, lifetime_pd(h, 'event', 6) AS half_years, lifetime_pd(h, 'event', 14) AS one
FROM (SELECT hazard_agg(d, true) AS h FROM unnest('{3, 12, 12, 14}'::int[]) d) s;
-- One was censored at 23: its second year is not whole, at 24 it is.
SELECT lifetime_pd(hazard_agg(d, d < 20)) AS not_whole FROM unnest('{3, 12, 12, 23}'::int[]) d;
SELECT lifetime_pd(hazard_agg(d, d < 20)) AS whole, lifetime_pd(hazard_agg(d, d < 20), 'event', 25) AS none FROM unnest('{3, 12, 12, 24}'::int[]) d;
SELECT duration, n_risk, n_event, n_censored, round(survival::numeric, 4) AS survival, round(std_error::numeric, 4) AS error, low IS NULL AS open
FROM survival_curve((SELECT hazard_agg(d, d <> 5) FROM unnest('{0, 5, 7}'::int[]) d));
SELECT duration, survival, round(low::numeric, 6) AS low, round(high::numeric, 6) AS high
FROM survival_curve((SELECT hazard_agg(d, d > 5) FROM unnest('{5, 7, 9}'::int[]) d));

-- The same bytes for any order, split, workers, and through text and bytes.
CREATE TABLE account AS
SELECT i AS account_id, (draw(i, 1) * 60)::int AS months, draw(i, 2) < 0.6 AS event,
  nullif((ARRAY['default', 'closure', 'fraud', 'x'])[1 + (draw(i, 3) * 4)::int % 4], 'x') AS cause
FROM generate_series(1, 20000) i;
CREATE TABLE counted AS SELECT hazard_agg(months, event, cause) AS h FROM account;
SELECT (SELECT hazard_agg(months, event, cause ORDER BY cause DESC, draw(account_id, 9)) FROM account) = h AS shuffled,
  (SELECT rollup(p) FROM (SELECT hazard_agg(months, event, cause) AS p FROM account GROUP BY account_id % 7) s) = h AS split,
  (SELECT rollup(p) FROM (SELECT hazard_agg(months, event, cause) AS p FROM account GROUP BY cause ORDER BY cause DESC) s) = h AS by_cause,
  h::text::hazard = h AS text, h::bytea::hazard = h AS bytes, h::jsonb -> 'causes' AS causes, h::jsonb ->> 'n_skipped' AS skipped FROM counted;
SELECT (SELECT count(*) FROM account WHERE event AND cause IS NULL) = (h::jsonb ->> 'n_skipped')::int AS skipped FROM counted;
ANALYZE account;
SET max_parallel_workers_per_gather = 3;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT uses_parallel('SELECT hazard_agg(months, event, cause) FROM account') AS parallel,
  (SELECT hazard_agg(months, event, cause) FROM account) = h AS same FROM counted;
RESET max_parallel_workers_per_gather;

-- What is not known, and what cannot be.
SELECT hazard_agg(d, e, c) FROM (VALUES (5, true, 'a'), (5, true, NULL), (NULL, true, 'a'), (5, NULL, 'a'), (5, false, NULL), (5, false, 'b')) v (d, e, c);
SELECT hazard_agg(5, true) FILTER (WHERE false) IS NULL AS no_rows, rollup(NULL::hazard) IS NULL AS rollup, lifetime_pd(NULL) IS NULL AS pd;
SELECT count(*) AS rows FROM survival_curve((SELECT hazard_agg(NULL, true))) UNION ALL SELECT count(*) FROM survival_curve(NULL)
UNION ALL SELECT count(*) FROM cumulative_incidence(NULL);
SELECT hazard_agg(-1, true);
SELECT hazard_agg(36526, true);
SELECT hazard_agg(1, true, '');
SELECT hazard_agg(1, true, repeat('x', 257));
SELECT hazard_agg(1, true, i::text) FROM generate_series(1, 17) i;
SELECT rollup(h) FROM (SELECT hazard_agg(1, true, i::text) AS h FROM generate_series(1, 17) i GROUP BY i) s;
SELECT survival_curve(h, 0) FROM whole;
SELECT survival_curve(h, NULL) FROM whole;
SELECT lifetime_pd(h) FROM competing;
SELECT lifetime_pd(hazard_agg(1, false));
SELECT lifetime_pd(h, 'event', 0) FROM whole;
SELECT '{"version": 1, "n_skipped": 0, "causes": ["a"], "durations": [[1, 0, 0]]}'::hazard;
SELECT '{"version": 1, "n_skipped": 0, "causes": ["a"], "durations": [[1, 1, 0], [1, 0, 2]]}'::hazard;
SELECT '{"version": 1, "n_skipped": 0, "causes": ["a"], "durations": [[1, 1]]}'::hazard;
SELECT '{"version": 1, "n_skipped": 0, "causes": [], "durations": [[1, 1125899906842624], [2, 1]]}'::hazard;
SELECT '{"version": 1, "n_skipped": 0, "causes": ["b", "a", "a", "c"], "durations": [[1, 1, 2, 3, 4, 0]]}'::hazard AS sorted;

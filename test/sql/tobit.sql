-- tobit: Tobit regression, its standard errors, its predictions, and the type tobit_model.
\i test/helpers.sql
-- Largest relative difference of coefficients, Log(scale), and standard errors from what they should be.
CREATE FUNCTION off(m tobit_model, estimates float8[], errors float8[] DEFAULT NULL) RETURNS float8 LANGUAGE sql
  RETURN (SELECT greatest(max(abs(estimate / e - 1)), max(abs(std_error / s - 1))) + CASE WHEN count(*) = count(e) THEN 0 ELSE 1 END
          FROM tobit_table(m) WITH ORDINALITY c (term, estimate, std_error, z, p, l, h, note, i)
            FULL JOIN unnest(estimates, errors) WITH ORDINALITY r (e, s, i) USING (i));
CREATE FUNCTION loglik(m tobit_model) RETURNS float8 LANGUAGE sql RETURN (SELECT loglik FROM tobit_summary(m));

-- Numbers of this file are those of R 4.2.2, survival 3.5-3, survreg(dist = "gaussian", rel.tolerance = 1e-15), unless they have
-- another source beside them; the last is Log(scale).
-- Durable goods (Tobin 1958; survival's data tobin).
CREATE TABLE tobin AS SELECT * FROM unnest('{0,0.7,0,0,0,0,0,3.7,0,3,10.4,0,0,0,1.5,0,0,3.5,6.1,0}'::numeric[],
  '{57.7,50.9,48.5,41.7,47.7,59.8,44.3,45.1,51.7,50,46.8,58,58.9,40,34.1,39.9,33.4,48.1,46.6,53.1}'::numeric[],
  '{236,283,207,220,238,216,284,221,275,269,207,249,246,277,231,219,240,266,214,251}'::numeric[]) WITH ORDINALITY v (durable, age, quant, i);
SELECT off(tobit_regression(durable, 0, NULL, ARRAY[age, quant]),
    '{15.1448663322208894,-0.1290592838645526,-0.0455416628896779,1.71785092236641}',
    '{16.0794532023836112,0.2185835967164439,0.0582541155075963,0.3103227201875897}') < 1e-9 AS tobin,
  near(loglik(tobit_regression(durable, 0, NULL, ARRAY[age, quant])), -28.9401331997206, 1e-12) AS loglik FROM tobin;
SELECT term, round(estimate::numeric, 9) AS estimate, round(z::numeric, 6) AS z, round(p_value::numeric, 6) AS p_value,
  near(conf_low, estimate - 1.644853626951472 * std_error, 1e-12) AND near(conf_high, estimate + 1.644853626951472 * std_error, 1e-12) AS wald, note
FROM tobit_table((SELECT tobit_regression(durable, 0, NULL, ARRAY[age, quant], '{"confidence": 0.9}') FROM tobin), '{age,NULL}');
SELECT n, n_skipped, n_exact, n_left, n_right, n_interval, weight, n_clusters, round(sigma::numeric, 9) AS sigma,
  near(sigma_std_error, sigma * 0.3103227201875897, 1e-9) AS by_delta, near(aic, 8 + 2 * 28.9401331997206, 1e-12) AS aic,
  near(bic, 4 * ln(20) + 2 * 28.9401331997206, 1e-12) AS bic, n_coefficients, iterations <= 8 AS quick, condition_number BETWEEN 1 AND 2 AS condition,
  status, message
FROM tobit_summary((SELECT tobit_regression(durable, 0, NULL, ARRAY[age, quant]) FROM tobin)) \gx

-- Fair's survey of 601 readers (Fair 1978, Journal of Political Economy 86, 45; AER's data Affairs), a digit a value. Greene (2003),
-- Econometric Analysis, table 22.3, prints 8.174, -0.179, 0.554, -1.686, 0.326, -2.285 and sigma 8.247; with two limits as in AER's tobit.
CREATE TABLE fair AS
SELECT i, ('{0,1,2,3,7,12}'::int[])[d[1] + 1] AS affairs, ('{17.5,22,27,32,37,42,47,52,57}'::float8[])[d[2] + 1] AS age,
  ('{0.125,0.417,0.75,1.5,4,7,10,15}'::float8[])[d[3] + 1] AS years, d[4] AS religion, d[5] AS occupation, d[6] AS rating
FROM (SELECT i, string_to_array(substr(digits, 6 * i + 1, 6), NULL)::int[] AS d FROM generate_series(0, 600) i, (VALUES (
  '046374024464037114087565012263033255012213087244037412013445047272024464067564013254024454047155047243012354013255026215013255013255026454036315'
  '044264013255025415057564024355024354057463013355021464057554034164013453057314014455013135012315036565077563011514024261035553014355025465057254'
  '023435057264012535035264024565026464014155047431013544047415022454036464067572046364012255024245035464057235046464067365013555023264024355036545'
  '010255067443037155025455013355024365013355087272003365087465012234054433013415011164037455023352013315047314037434046253046454087553021134057515'
  '087361046164047355047465026515046264010445087565047464014464025454087454037363013254035415047465033555056574025354047465047432036564012415025424'
  '025225057554057453025212013355047565010245023455033265023265026413057465023265024263036353037354012265047214024455024154026214037564025553077254'
  '024363044154024454077513087464025154045463012243034253047463012243057463077511047412025453034255024265024255047565067554036314023412087252013454'
  '057334087422087465010445036415057354023265030252024354026214035413047454057562033465034353045455011335025415022355024255036445037155012345025414'
  '021454047454047213014154047453013245077462013455034535034235013365022233015252022253047412013115046244047453057333014255075262022255024245053565'
  '013465014453014154047545046363057465067455013454036314015135036454023224047455054345047554035455057465024464012465024453012515077555036355047444'
  '035254057314037155024355037434012324013353057435077354047564067423087264035455025414013165014314013215057264087424025215014315047453035164013255'
  '013313077255047211036255057445024345047465023355010263036263024454025251034563047255067464023155047464037414035454057313025314023342013335024342'
  '025312047254045344013255047554013453036415024253011455024255047453046574025242034255034264013345014434002254036445032533047453034345023232015415'
  '067565024144047513054455034215077274013214077424011315013255024464037415023235034165047364036265036555043453033244036414067454026515024345047442'
  '022455047415037315026215025265047213023244012215014424050464023465025363077413023552023255023355010544024415024415067255037353055255012464020365'
  '036365011545067514036315087455024365035415046415036114014314025432087552035255023413013455013454035315067354012315013255024155077455036465067464'
  '025212013445036254012254013255057364025545057444087352057362035212014545013165012145037415013253024525024415057554033273087431045455077254067465'
  '025254025455014233045265025443056464013315014213087465047443025355006445014455024214047251013514025254024455010135025414037553036454037234013355'
  '024444077515025212025314057214057454025433025262057333024335025314013245024414014455013245067454046262047354024214323344324315447562536352110455'
  '113215547452413234247264337432147442457314557541546262537312324165446273424355157455167545424354125514523354525462357454426473123252134464125313'
  '336414324272102545136415435264447264446153536255477264457113177263247365514334525162124355567465557411424334435445131334367554547254414264124245'
  '477513124333126414135374435241313132414364457464287154434352124144435414287144457452446153357361177344225353535242114425325364547155437313425255'
  '135353133224557412436354444163124253557343126565546262525133325412336244502213537354215443135465424262113553537351557212457354536242537311487545'
  '567464257263547363547552426264247254537152436363247451423255367252547254524255226415114313575455224135447264224131502235437554414135234464113352'
  '357254135444547362157363124154247473447364313233334362237565577155567165337444437332425412557362457232525254336443467342113125436254236265215362'
  '137315')) v (digits)) s;
SELECT count(*) AS rows, count(*) FILTER (WHERE affairs > 0) AS with_affairs FROM fair;
SELECT off(tobit_regression(affairs, 0, NULL, ARRAY[age, years, religion, occupation, rating]),
    '{8.17419743264723,-0.179332583730253,0.554141812905675,-1.68622049355102,0.326053248847298,-2.28497272062992,2.10985923811591}',
    '{2.74144555534687,0.0790932396140477,0.134517938444646,0.403751550786052,0.254424747094576,0.407827918671518,0.0670981718343844}') < 1e-9 AS fair,
  off(tobit_regression(least(affairs, 4), 0, 4, ARRAY[age, years, religion, occupation, rating]),
    '{7.90098044499615,-0.17759820856512,0.532302109573367,-1.61633565422871,0.324186457913173,-2.20700744541016,2.07231866363096}',
    '{2.80385483950666,0.0799062931534592,0.141168407773482,0.424396717771311,0.253877782569745,0.44983190230761,0.110396067696128}') < 1e-8 AS two_limits,
  off(tobit_regression(affairs, 0, NULL, ARRAY[age, years, religion, occupation, rating], NULL, occupation * 10 + rating, NULL),
    '{8.17419743264723,-0.179332583730253,0.554141812905675,-1.68622049355102,0.326053248847298,-2.28497272062992,2.10985923811591}',
    '{3.0700856333169,0.100249707850102,0.145512869649718,0.391292321980843,0.219930840115404,0.377263215091011,0.0703482901315049}') < 1e-8 AS clustered,
  near(loglik(tobit_regression(affairs, 0, NULL, ARRAY[age, years, religion, occupation, rating])), -705.576222622733, 1e-12) AS loglik,
  near(loglik(tobit_regression(least(affairs, 4), 0, 4, ARRAY[age, years, religion, occupation, rating])), -500.042760096123, 1e-12) AS loglik_two
FROM fair;

-- Rows that anybody can rebuild: left, right, both, brackets among what is seen, brackets alone, and brackets so narrow that they are nearly
-- seen. Errors of 40 clusters are sandwich 3.0-2's vcovCL(type = "HC0", cadjust = TRUE).
CREATE TABLE made AS
SELECT *, 3 + 0.8 * x1 - 0.6 * x2 + 2 * e AS y, 4 + i % 5 AS top
FROM (SELECT i, (i * 7919 % 101) / 10.0::float8 AS x1, i * 104729 % 57 / 7.0::float8 + (i * 7919 % 101) / 10.0::float8 / 2 AS x2,
  (i * 48271 % 1009 / 1009.0::float8 + i * 16807 % 997 / 997.0::float8 + i * 69621 % 991 / 991.0::float8 - 1.5) * 2 AS e
  FROM generate_series(1, 600) i) s;
CREATE TABLE fitted AS
SELECT tobit_regression(greatest(y, 0), 0, NULL, ARRAY[x1, x2]) AS of_left, tobit_regression(least(y, top), NULL, top, ARRAY[x1, x2]) AS of_right,
  tobit_regression(least(greatest(y, 0), top), 0, top, ARRAY[x1, x2]) AS of_both,
  tobit_regression(least(greatest(y, 0), top), 0, top, ARRAY[x1, x2], NULL, i % 40, '{}') AS clustered,
  tobit_regression(least(greatest(y, 0), top), 0, top, ARRAY[x1, x2], NULL, 'account ' || i % 40, '{}') AS by_text,
  tobit_regression(CASE WHEN between THEN NULL ELSE least(greatest(y, 0), top) END, CASE WHEN between THEN floor(y / 2) * 2 ELSE 0 END,
    CASE WHEN between THEN floor(y / 2) * 2 + 2 ELSE top END, ARRAY[x1, x2]) AS mixed,
  tobit_regression(NULL, floor(y / 2) * 2, floor(y / 2) * 2 + 2, ARRAY[x1, x2]) AS brackets,
  tobit_regression(NULL, floor(y * 1000) / 1000, floor(y * 1000) / 1000 + 0.001, ARRAY[x1, x2]) AS narrow
FROM (SELECT *, i % 3 = 0 AND y > 0 AND y < top AS between FROM made) m;
SELECT off(of_left, '{3.09431428361731,0.77498752962835,-0.594855943840301,0.674725473738195}',
    '{0.212152631662724,0.0343399009076491,0.0354631228222936,0.0318595157250561}') < 1e-9 AS of_left,
  off(of_right, '{3.0899873099209,0.803508028181915,-0.617414769994402,0.708698391657059}',
    '{0.222771731853533,0.0360537861378725,0.0372546246121058,0.0323103141185151}') < 1e-9 AS of_right,
  off(of_both, '{3.09598610733358,0.781066146732056,-0.597518578886208,0.695943651978519}',
    '{0.222359051314931,0.0383888873477031,0.0386805254354287,0.0368276576790563}') < 1e-9 AS of_both,
  off(clustered, '{3.09598610733358,0.781066146732056,-0.597518578886208,0.695943651978519}',
    '{0.167039429673466,0.0335688130008954,0.0243877361031077,0.0349410027603702}') < 1e-9 AS clustered,
  off(mixed, '{3.14861113069481,0.788367323868521,-0.609026516556139,0.69554967851924}',
    '{0.224591876872451,0.0386756212318141,0.0390062797032382,0.0374909240280187}') < 1e-9 AS mixed,
  off(brackets, '{3.0748254066218,0.798115625729737,-0.616038092701022,0.701360724005933}',
    '{0.223809299807065,0.0346579939263597,0.0364833395000715,0.0312048424459941}') < 1e-9 AS brackets,
  off(narrow, '{3.07625222029239,0.796431123947185,-0.613839545083615,0.688056283264523}',
    '{0.212323867607763,0.0328810743514462,0.034617756654972,0.028867514067041}') < 1e-8 AS narrow FROM fitted;
SELECT near(loglik(of_left), -1151.40665752815, 1e-12) AS of_left, near(loglik(of_right), -1125.37065797599, 1e-12) AS of_right,
  near(loglik(of_both), -1012.82159111125, 1e-12) AS of_both, near(loglik(mixed), -923.191018153519, 1e-12) AS mixed,
  near(loglik(brackets), -880.062407580604, 1e-12) AS brackets, near(loglik(narrow), -5408.85006358478, 1e-11) AS narrow FROM fitted;
SELECT what, n, n_exact, n_left, n_right, n_interval, n_clusters, status FROM fitted,
  LATERAL (VALUES (1, 'left', of_left), (2, 'right', of_right), (3, 'both', clustered), (4, 'mixed', mixed), (5, 'brackets', brackets)) v (i, what, m),
  tobit_summary(m) ORDER BY i;
-- A cluster is what its name is, number or text.
SELECT off(by_text, array_agg(estimate), array_agg(std_error)) < 1e-12 AS by_text FROM fitted, tobit_table(clustered) GROUP BY by_text;
-- Weights: as many rows. R's vcovCL of the repeated rows; of weighted ones it is another, which no repeated rows have.
SELECT off(tobit_regression(least(greatest(y, 0), top), 0, top, ARRAY[x1, x2], 1 + i % 3, NULL::bigint, NULL),
    '{3.04499449334775,0.787335012012648,-0.59293949703057,0.700029633270515}',
    '{0.158516981580638,0.0272050239160285,0.0273942689180186,0.0260710914160248}') < 1e-9 AS weighted,
  off(tobit_regression(least(greatest(y, 0), top), 0, top, ARRAY[x1, x2], 1 + i % 3, i * i % 37, NULL),
    '{3.04499449334775,0.787335012012648,-0.59293949703057,0.700029633270515}',
    '{0.21121871825788,0.0253886327818236,0.03622469253936,0.0374987898544096}') < 1e-9 AS weighted_clusters,
  near(loglik(tobit_regression(least(greatest(y, 0), top), 0, top, ARRAY[x1, x2], 1 + i % 3, NULL::text, NULL)), -2026.20116251151, 1e-12) AS loglik
FROM made;
-- Weights that are all multiplied change standard errors by the square root, and with clusters nothing.
SELECT bool_and(near(a.std_error / b.std_error, 10, 1e-9)) AS likelihood, bool_and(near(c.std_error / d.std_error, 1, 1e-9)) AS clusters
FROM (SELECT tobit_regression(greatest(y, 0), 0, NULL, ARRAY[x1, x2], 1e-30, NULL::bigint, NULL) AS a,
    tobit_regression(greatest(y, 0), 0, NULL, ARRAY[x1, x2], 1e-28, NULL::bigint, NULL) AS b,
    tobit_regression(greatest(y, 0), 0, NULL, ARRAY[x1, x2], 1e-30, i % 40, NULL) AS c,
    tobit_regression(greatest(y, 0), 0, NULL, ARRAY[x1, x2], 7, i % 40, NULL) AS d FROM made) f,
  tobit_table(a) a JOIN tobit_table(b) b USING (term) JOIN tobit_table(c) c USING (term) JOIN tobit_table(d) d USING (term);
-- Thirty columns.
CREATE TABLE wide AS SELECT i, x, 0.02 * x[1] - 0.03 * x[5] + (i * i * 11) % 397 / 60.0::float8 - 3 AS y
FROM (SELECT i, array_agg((i * (2 * j + 3) + j * i * i) % (89 + j) ORDER BY j) AS x FROM generate_series(1, 900) i, generate_series(1, 30) j GROUP BY i) s;
SELECT off(tobit_regression(greatest(y, 0), 0, NULL, x),
  '{0.357658766472645,0.0205623388600548,0.00154007229744995,-0.00612033099909601,0.00207993178764415,-0.0271160350591504,0.00385751241572226,'
  '0.00139054689246933,-0.00466889909452461,0.00136040844330242,-0.00274826212545502,-0.00225378213728218,0.00182518769908589,'
  '-0.000439399725765997,-0.00212718765269698,0.00319511286480253,0.00177751017638101,-0.000398062300446047,0.00258905348107612,'
  '0.000303818977670282,0.00084357139519685,-0.00413418577390536,-0.000551018157761,-0.00122520811672831,-0.000826266276504097,'
  '5.66467032179837e-05,0.000993241616129744,-0.00286470493074602,-0.000433123203733509,0.00408400365035747,0.000776126296905146,'
  '0.616844188474414}',
  '{0.662246740102136,0.00253912659463375,0.00256114973880177,0.00269771795891666,0.00268068487132281,0.00249089870153933,0.00259199964845905,'
  '0.00258604990486169,0.00254143886458197,0.0023295268638783,0.00240282917335371,0.00242003127469102,0.00245871343768349,0.00223688708872681,'
  '0.00224950597206687,0.00239606031909582,0.00245834612503232,0.00251745101280767,0.00224301588880373,0.00234204565774255,0.00246020760414207,'
  '0.00247565875281728,0.00207982955767773,0.00224275492485611,0.00210763892845727,0.0022880368197501,0.00224873089937451,0.00217016894946528,'
  '0.00210748990323066,0.00209160270328017,0.00201858247220204,0.0385731745656569}')
  < 1e-8 AS thirty FROM wide;
-- Nothing censored: least squares, with sigma by n (regr_slope and regr_intercept of PostgreSQL).
SELECT near(b[1], intercept, 1e-12) AS intercept, near(b[2], slope, 1e-12) AS slope, near(exp(b[3]), sqrt(residuals / 600), 1e-12) AS sigma,
  near(s[3], 1 / sqrt(2 * 600.0::float8), 1e-9) AS error_of_sigma
FROM (SELECT array_agg(estimate) AS b, array_agg(std_error) AS s FROM tobit_table((SELECT tobit_regression(y, NULL, NULL, ARRAY[x1]) FROM made))) f,
  (SELECT regr_intercept(y, x1) AS intercept, regr_slope(y, x1) AS slope, regr_syy(y, x1) - regr_sxy(y, x1) ^ 2 / regr_sxx(y, x1) AS residuals FROM made) r;

-- Units: y and x in others, around other zeros, say the same.
SELECT unit, shift, near(c.estimate / unit, a.estimate, 1e-7) AS estimate, near(c.std_error / unit, a.std_error, 1e-7) AS std_error,
  near(s.loglik + n_exact * ln(unit), loglik(of_left), 1e-9) AS loglik
FROM fitted, (VALUES (1e-60::float8, 0::float8), (1e-6, 0), (1e6, 1e9), (1e60, 0)) v (unit, shift),
  LATERAL (SELECT tobit_regression(greatest(y, 0) * unit + shift, shift, NULL, ARRAY[x1 * 1e8 + 1e10, x2]) AS m FROM made) f, tobit_summary(m) s,
  tobit_table(m) c JOIN tobit_table(of_left) a USING (term) WHERE term = 'x2' ORDER BY unit;

-- What cannot be estimated.
-- Collinear columns, and a constant: R leaves out the later one, too.
SELECT status, message, n_coefficients FROM tobit_summary((SELECT tobit_regression(greatest(y, 0), 0, NULL, ARRAY[x1, 3, x2, x1 - 2 * x2, i % 13],
  '{"names": ["a", "constant", "b", "a - 2 b", "c"]}') FROM made));
SELECT c.term, near(c.estimate, a.estimate, 1e-9) AS estimate, near(c.std_error, a.std_error, 1e-9) AS std_error, c.note
FROM (SELECT tobit_regression(greatest(y, 0), 0, NULL, ARRAY[x1, x2, x1 + x2]) AS m FROM made) f, tobit_table(m) c
  LEFT JOIN (SELECT a.* FROM fitted, tobit_table(of_left) a) a USING (term);
-- One cluster; two are enough.
SELECT k, s.status, s.message, s.n_clusters, count(std_error) AS errors
FROM generate_series(1, 2) k, LATERAL (SELECT tobit_regression(greatest(y, 0), 0, NULL, ARRAY[x1], NULL, i % k, NULL) AS m FROM made) f,
  tobit_summary(m) s, tobit_table(m) c GROUP BY 1, 2, 3, 4 ORDER BY k;
-- All censored: at one side, at both with one threshold. With thresholds that differ sigma is known: R's numbers.
SELECT what, status, message, n, n_coefficients, sigma, loglik FROM (
  SELECT 1, 'left', tobit_regression(0, 0, NULL, ARRAY[x1]) FROM made UNION ALL SELECT 2, 'right', tobit_regression(top, 0, top, ARRAY[x1]) FROM made
  UNION ALL SELECT 3, 'one threshold', tobit_regression(5, CASE WHEN y < 5 THEN 5 END, CASE WHEN y >= 5 THEN 5 END, ARRAY[x1]) FROM made
  UNION ALL SELECT 4, 'no row', tobit_regression(NULL, 0, NULL, ARRAY[x1]) FROM made) v (i, what, m), tobit_summary(m) ORDER BY i;
SELECT off(tobit_regression(top, CASE WHEN y < top THEN top END, CASE WHEN y >= top THEN top END, ARRAY[x1, x2]),
  '{2.92472207702831,0.812229243613576,-0.601080765207368,0.664962159835569}',
  '{0.474535549810031,0.103369359049172,0.0873240002042257,0.124799467326544}') < 1e-8 AS thresholds FROM made;
-- No scatter, and one bracket for all.
SELECT what, status, message, sigma, n_coefficients FROM (
  SELECT 1, 'a line', tobit_regression(greatest(2 * x1 - 3, 0), 0, NULL, ARRAY[x1]) FROM made
  UNION ALL SELECT 2, 'one amount', tobit_regression(7, 0, NULL, ARRAY[x1]) FROM made
  UNION ALL SELECT 3, 'a row', tobit_regression(7, 0, NULL, '{}'::float8[]) FROM made WHERE i = 1
  UNION ALL SELECT 4, 'one bracket', tobit_regression(NULL, 6, 8, ARRAY[x1]) FROM made) v (i, what, m), tobit_summary(m) ORDER BY i;
-- A group of which nobody draws: its coefficient is infinite, and the others are those of the rows without it.
SELECT s.status, s.message, c.term, near(c.estimate, a.estimate, 1e-6) AS estimate, c.std_error, c.note
FROM (SELECT tobit_regression(CASE WHEN i % 7 = 0 THEN 0 ELSE greatest(y, 0) END, 0, NULL, ARRAY[x1, (i % 7 = 0)::int]) AS m,
    tobit_regression(greatest(y, 0), 0, NULL, ARRAY[x1]) FILTER (WHERE i % 7 <> 0) AS others FROM made) f,
  tobit_summary(m) s, tobit_table(m) c LEFT JOIN LATERAL tobit_table(others) a USING (term);
SELECT status, message, iterations FROM tobit_summary((SELECT tobit_regression(durable, 0, NULL, ARRAY[age], '{"max_iterations": 1}') FROM tobin));

-- Rows that say nothing are left out and counted: y NULL with a bound missing, a limit of nothing, x missing; a weight of 0 is no row.
SELECT n, n_skipped, n_exact, n_left, n_right, n_interval, weight FROM tobit_summary((
  SELECT tobit_regression(y, low, high, x, w, NULL::bigint, NULL) FROM (VALUES (1::float8, 0::float8, NULL::float8, '{1}'::float8[], NULL::float8),
    (2, NULL, 3, '{2}', 2), (0, 0, 3, '{4}', 1), (3, 0, 3, '{1}', 1), (NULL, 1, 3, '{0}', 1), (NULL, NULL, 3, '{1}', 1), (NULL, 0, NULL, '{1}', 1),
    (NULL, NULL, NULL, '{1}', 1), (0, 0, 0, '{1}', 1), (NULL, 2, 2, '{1}', 1), (1, 0, 3, NULL, 1), (1, 0, 3, '{NULL}', 1), (1, 0, 3, '{NaN}', 1),
    (1, 0, 3, '{Infinity}', 1), (1, 0, 3, '{1}', 'NaN'), (1, 0, 3, '{7}', 0)) v (y, low, high, x, w)));
SELECT tobit_regression(durable, 0, NULL, ARRAY[age]) IS NULL AS nothing FROM tobin WHERE false;
SELECT count(*) FROM tobit_table(NULL);
SELECT tobit_summary(NULL) IS NULL AS no_summary, tobit_predict(NULL, ARRAY[1.0]) IS NULL AS no_predict;
-- Any type of numbers, GROUP BY, FILTER and windows.
SELECT count(DISTINCT m) AS models FROM (
  SELECT tobit_regression(durable, 0, NULL, ARRAY[age, quant]::float8[]) FROM tobin
  UNION ALL SELECT tobit_regression(durable::float8, 0, NULL, ARRAY[age, quant]::numeric[]) FROM tobin
  UNION ALL SELECT tobit_regression(durable, 0, NULL, ARRAY[age, quant], NULL, NULL::bigint, '{}') FROM tobin
  UNION ALL SELECT tobit_regression(durable, 0::numeric, NULL, ARRAY[age, quant], 1, NULL::text, NULL) FROM tobin) v (m);
SELECT count(DISTINCT m) AS models FROM (
  SELECT tobit_regression(durable, 0, 7, ARRAY[quant]::int[]) FROM tobin WHERE durable <= 7
  UNION ALL SELECT tobit_regression(durable, 0, 7, ARRAY[quant]::smallint[]) FILTER (WHERE durable <= 7) FROM tobin
  UNION ALL SELECT tobit_regression(durable, 0, 7, ARRAY[quant]::bigint[]) FILTER (WHERE durable <= 7) FROM tobin
  UNION ALL SELECT tobit_regression(durable, 0, 7, ARRAY[quant]::real[]) FILTER (WHERE durable <= 7) FROM tobin) v (m);
SELECT array_agg((tobit_summary(m)).n) FROM (SELECT tobit_regression(durable, 0, NULL, ARRAY[age]) OVER (ORDER BY i) AS m FROM tobin LIMIT 4) s;

-- Mistakes.
SELECT tobit_regression(1, 2, 1, '{1}'::float8[]);
SELECT tobit_regression(-0.01, 0, 5, '{1}'::float8[]);
SELECT tobit_regression(5.01, 0, 5::numeric, '{1}'::float8[]);
SELECT tobit_regression(1, 0, 0, '{1}'::float8[]);
SELECT tobit_regression('NaN'::float8, 0, 5, '{1}'::float8[]);
SELECT tobit_regression('Infinity'::float8, 0, NULL, '{1}'::float8[]);
SELECT tobit_regression(1, '-Infinity', NULL, '{1}'::float8[]);
SELECT tobit_regression(1, NULL, 'NaN'::numeric, '{1}'::float8[]);
SELECT tobit_regression(1e101, NULL, NULL, '{1}'::float8[]);
SELECT tobit_regression(1, NULL, NULL, x) FROM (VALUES ('{1}'::float8[]), ('{1,2}')) v (x);
SELECT tobit_regression(1, NULL, NULL, '{{1}}'::float8[]);
SELECT tobit_regression(1, NULL, NULL, '{1e101}'::float8[]);
SELECT tobit_regression(1, NULL, NULL, array_fill(1, '{1001}'));
SELECT tobit_regression(1, NULL, NULL, '{1}'::int[], -1, 1, NULL);
SELECT tobit_regression(1, NULL, NULL, '{1}'::int[], 1, c, NULL) FROM (VALUES (1), (NULL)) v (c);
SELECT tobit_regression(1, NULL, NULL, '{1}'::int[], 1, c, NULL) FROM (VALUES (NULL), ('a')) v (c);
SELECT tobit_regression(1, NULL, NULL, '{1}'::int[], '{"tolerance": 1}');
SELECT tobit_regression(1, NULL, NULL, '{1}'::int[], '{"names": ["a", "b"]}');
SELECT tobit_regression(1, NULL, NULL, '{1}'::int[], '{"names": ["a", "a"]}');
SELECT tobit_regression(1, NULL, NULL, '{1}'::int[], '{"confidence": 1}');
SELECT tobit_regression(1, NULL, NULL, '{1}'::int[], '{"max_iterations": 0}');
SELECT tobit_regression(1, NULL, NULL, '{1}'::int[], o) FROM (VALUES ('{}'::jsonb), ('{"confidence": 0.9}')) v (o);
SELECT tobit_predict('{"intercept": 1, "terms": []}', '{1}'::int[]);
SELECT tobit_predict('{"intercept": 1, "terms": [], "sigma": 1}', '{}'::int[], 2, 1);
SELECT tobit_predict('{"intercept": 1, "terms": [], "sigma": 1}', '{}'::int[], 'NaN');

-- Predictions: the mean of y within bounds against a sum over a grid of its density, in plain SQL.
SELECT mean, sigma, low, high, near(tobit_predict(m, ARRAY[mean], low, high), grid, 1e-8) AS same
FROM (VALUES (3::float8, 2::float8, 0::float8, 5::float8), (-4, 1.5, 0, NULL), (10, 3, NULL, 9), (50, 1, 0, 5), (-50, 1, 0, 5), (2, 0.5, NULL, NULL))
    v (mean, sigma, low, high),
  LATERAL (SELECT format('{"intercept": 0, "terms": [{"name": "x", "coefficient": 1}], "sigma": %s}', sigma)::tobit_model AS m) f,
  LATERAL (SELECT sum(least(greatest(mean + sigma * z, low), high) * exp(-z * z / 2) / sqrt(2 * pi()) * 1e-3) AS grid
    FROM generate_series(-9000, 9000) g, LATERAL (SELECT g * 1e-3::float8) c (z)) g;
SELECT tobit_predict('{"intercept": 1, "terms": [{"coefficient": 2}]}', ARRAY[x]) AS linear, tobit_predict('{"intercept": 1, "terms": [{"coefficient": 2}]}',
  ARRAY[x], 0) AS no_sigma, tobit_predict('{"intercept": 1, "terms": [{"coefficient": 2}], "sigma": 0}', ARRAY[x], 0, 4) AS no_scatter
FROM unnest('{1,-3,2,NULL}'::numeric[]) x;

-- The same bytes for any order, split and plan, from few rows and from so many that a part of them gives the start; repeated rows, and
-- rows that differ in their last value only.
CREATE TABLE many AS SELECT i, draw(i::int, 1) AS key, ARRAY[(i * 7919) % 1009, i % 7, 1e9 + (i * 31) % 613]::float8[] AS x,
  round((greatest(0, (i * 7919) % 1009 / 100.0 + 8 * draw(i::int, 2) - 6))::numeric, 2)::float8 AS y, i % 1000 AS account, 0.5 + i % 2 AS w
FROM generate_series(1, 40000::bigint) i;
INSERT INTO many SELECT i, key, x, y, account, w FROM many WHERE i <= 5000;
INSERT INTO many SELECT i, key, x, y + CASE WHEN i % 2 = 0 THEN 0 ELSE 0.001 END, account, w FROM many WHERE i % 10 = 0;
CREATE FUNCTION of_many(pick text) RETURNS TABLE (plain tobit_model, full_form tobit_model, few tobit_model) LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY EXECUTE 'SELECT tobit_regression(least(y, 9), 0, 9, x), tobit_regression(least(y, 9), 0, 9, x, w, account, ''{}''),
    tobit_regression(least(y, 9), 0, 9, x, w, account::text, ''{}'') FILTER (WHERE i < 900) FROM ' || pick;
END $$;
CREATE TABLE whole AS SELECT * FROM of_many('many');
SELECT (tobit_summary(plain)).status, (tobit_summary(full_form)).n_clusters, (tobit_summary(few)).n FROM whole;
SELECT w = o AS same_order FROM whole w, of_many('(SELECT * FROM many ORDER BY key OFFSET 0) s') o;
SELECT w = o AS backwards FROM whole w, of_many('(SELECT * FROM many ORDER BY y DESC, i DESC OFFSET 0) s') o;
CREATE TABLE shuffled AS SELECT * FROM many ORDER BY key DESC;
ALTER TABLE shuffled SET (parallel_workers = 3);
ANALYZE shuffled;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 3;
SELECT uses_parallel('SELECT credit_limit.tobit_regression(y, 0, NULL, x) FROM shuffled');
SELECT w = o AS workers FROM whole w, of_many('shuffled') o;
SET parallel_leader_participation = off;
SELECT w = o AS workers_alone FROM whole w, of_many('shuffled') o;
-- Workers without rows, with rows that say nothing, with other lengths, with clusters that others do not have.
SELECT (tobit_summary(tobit_regression(y, 0, NULL, x))).n FROM shuffled WHERE i <= 30;
SELECT tobit_regression(y, 0, NULL, x) IS NULL AS nothing FROM shuffled WHERE i < 0;
SELECT (tobit_summary(tobit_regression(NULL, 0, NULL, x))).n_skipped FROM shuffled;
\set VERBOSITY terse
SELECT tobit_regression(y, 0, NULL, CASE WHEN i = 33333 THEN x[1:2] ELSE x END) FROM shuffled;
SELECT tobit_regression(y, 0, NULL, x, w, CASE WHEN i <> 33333 THEN account END, NULL) FROM shuffled;
\set VERBOSITY default
RESET parallel_leader_participation;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;

-- The type: written by hand, canonical, round trips, and what is wrong with a document.
SELECT '{"intercept": -2, "terms": [{"coefficient": 0.5}, {"name": "age", "coefficient": null}], "sigma": 3}'::tobit_model;
SELECT term, estimate, std_error, z, round(conf_low::numeric, 12) AS conf_low FROM tobit_table('{"intercept": -2, "terms": [{"name": "age",
  "coefficient": 0.5}], "sigma": 1, "covariance": [[4], [-1, 1], [0, 0, 0.25]], "confidence": 0.9}');
SELECT tobit_summary('{"intercept": -2, "terms": []}');
SELECT '{"terms": []}'::tobit_model;
SELECT '{"intercept": 1}'::tobit_model;
SELECT '{"intercept": 1, "terms": [], "sigma": -1}'::tobit_model;
SELECT '{"intercept": 1, "terms": [], "covariance": [[1]]}'::tobit_model;
SELECT '{"intercept": 1, "terms": [], "scale": 1}'::tobit_model;
SELECT '{"intercept": 1, "terms": [], "fit": {"status": "fine"}}'::tobit_model;
SELECT '{"intercept": 1, "terms": [], "fit": {"status": "converged", "n": 1, "n_skipped": 0, "n_exact": 2}}'::tobit_model;
-- The demand at x: what is seen of it within bounds is tobit_predict, quantiles are those of the normal.
SELECT x, near(demand_mean(d), tobit_predict(m, ARRAY[x, 1], 0), 1e-12) AS mean,
  near(expected_draw(d, 900), tobit_predict(m, ARRAY[x, 1], 0, 900), 1e-12) AS draw,
  near(demand_quantile(d, 0.975), 100 + 3 * x + 7 + 250 * 1.959963984540054, 1e-12) AS q975, s.ceiling IS NULL AS ceiling, s.basis, s.distribution, s.sigma
FROM (VALUES ('{"intercept": 100, "terms": [{"coefficient": 3}, {"coefficient": 7}], "sigma": 250}'::tobit_model)) v (m), generate_series(0, 400, 200) x,
  demand(m, ARRAY[x, 1]) d, demand_stats(d) s;
SELECT what, demand(m, x) IS NULL AS nothing FROM (VALUES ('x', '{"intercept": 1, "terms": [{"coefficient": 1}], "sigma": 1}'::tobit_model, NULL::float8[]),
  ('model', NULL, '{1}'), ('NaN', '{"intercept": 1, "terms": [{"coefficient": 1}], "sigma": 1}', '{NaN}'),
  ('Infinity', '{"intercept": 1, "terms": [{"coefficient": 1}], "sigma": 1}', '{Infinity}'),
  ('no sigma', '{"intercept": 1, "terms": []}', '{}'), ('no coefficients', (SELECT tobit_regression(0, 0, NULL, ARRAY[x1]) FROM made), '{1}')) v (what, m, x);
SELECT demand('{"intercept": 1, "terms": [{"coefficient": 1}], "sigma": 1}'::tobit_model, '{1, 2}');
SELECT demand('{"intercept": 1, "terms": [{"coefficient": 1}], "sigma": 1}'::tobit_model, '{NULL}');
CREATE TABLE model AS SELECT 1 AS id, plain AS m FROM whole UNION ALL SELECT 2, full_form FROM whole UNION ALL SELECT 3, mixed FROM fitted
UNION ALL SELECT 4, tobit_regression(0, 0, NULL, ARRAY[x1]) FROM made UNION ALL SELECT 5, tobit_regression(durable, 0, NULL, ARRAY[age, 2 * age],
  '{"confidence": 0.99, "names": ["\"q\"", "ä"]}') FROM tobin UNION ALL SELECT 6, '{"intercept": 1, "terms": []}';
SELECT id, m::text::tobit_model = m AS text, m::jsonb::tobit_model = m AS jsonb, (m::jsonb #>> '{fit,status}') AS status,
  (SELECT string_agg(term, ' ') FROM tobit_table(m)) AS terms FROM model ORDER BY id;
-- A coefficient too small for double precision is 0, and has no sign.
SELECT m, m::text::tobit_model = m AS text, m::jsonb::tobit_model = m AS jsonb
FROM (SELECT '{"intercept": -1e-400, "terms": [{"name": "x", "coefficient": -1e-400}], "sigma": 1}'::tobit_model AS m) s;
CREATE TABLE copied (id int, m tobit_model);
DO $$ BEGIN
  EXECUTE format('COPY model TO %L (FORMAT binary)', data_file('test'));
  EXECUTE format('COPY copied FROM %L (FORMAT binary)', data_file('test'));
END $$;
SELECT count(*), bool_and(a.m = b.m) AS bytes FROM model a JOIN copied b USING (id);
-- Bytes of strangers: every byte changed, every length cut, is an error or a model that still answers.
CREATE TABLE attacked (m tobit_model);
CREATE FUNCTION use_value() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM m::text::tobit_model, tobit_summary(m), (SELECT count(*) FROM tobit_table(m)), m::jsonb FROM (VALUES (NEW.m)) v (m);
  RETURN NULL;
END $$;
CREATE TRIGGER use_value BEFORE INSERT ON attacked FOR EACH ROW EXECUTE FUNCTION use_value();
CREATE TABLE victim AS SELECT credit_limit_internal.tobit_model_send(m) AS bytes FROM model WHERE id = 5;
SELECT attack(bytes) FROM victim;

CALL remove_data_files();

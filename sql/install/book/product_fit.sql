-- product_fit: who would draw a product that does not exist yet, what it would catch, take, and earn.

-- what of the amount of a loan is owed on average, where it is repaid over a term in equal monthly payments at a yearly rate
CREATE FUNCTION credit_limit_internal.mean_owed(term int, rate float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
-- The payments less the amount are the interest, which is the rate times all that was owed.
RETURN CASE WHEN rate > 1e-9 THEN (term * rate / 12 / (1 - (1 + rate / 12) ^ -term) - 1) / (term * rate / 12)
  ELSE (term + 1) / (2.0 * term) END;

-- who would draw a product that does not exist yet, by product, segment and currency of the lines of today: each account of the
-- customers gets the limit that is expected to earn most in a year, of at most 17 from floor to cap in steps and within its
-- umbrella, or none where none earns anything; a borrower gets one at most. candidate: currency, cap, rate and funding; floor
-- (step), step (1), smallest_draw (0: a customer who wants no more draws nothing), term (months of equal payments; NULL: a
-- revolving line), customers ({"column of decision_input": a value or an array of them}), and what unit_economics takes besides
-- (lgd, ccf and capital are those of report_assumption). options: as_of (the business date); moves (1, 0 to 1), the share of
-- customers who draw the candidate first, the others drawing it for what today's limit turns away; shadow_price of a unit of
-- limit, or certificate (an allocation_certificate as JSON) and uses ({"exposure": 1}), what a unit of limit uses of each of its
-- budgets. Demand is demand_mixture of decision_input, the PD that of report_position or else external_pd; accounts without are
-- not_known. Amounts are a year's means and add up: expected_draw = unmet_caught + taken (from the line of today), net = profit -
-- lost (what that line earns less) - budget_cost. unused_replaced: what is granted and not drawn today that the candidate makes
-- needless. Errors: no such book (3F000, 42P01), a candidate, options (22023), no right on decision_input (42501)
CREATE FUNCTION credit_limit.product_fit(book text, candidate jsonb, options jsonb DEFAULT '{}')
RETURNS TABLE (product text, segment text, currency text, accounts bigint, not_known bigint, offered bigint, credit_limit numeric,
  expected_draw numeric, unmet_today numeric, unmet_caught numeric, taken numeric, unused_today numeric, unused_replaced numeric,
  profit numeric, lost numeric, budget_cost numeric, net numeric)
LANGUAGE plpgsql STABLE ROWS 50 SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  c record;
  today date;
  price float8;
  share float8;
  moves float8;
  decimals int;
  wrong text;
BEGIN
  candidate := credit_limit_internal.check_options('a candidate of product_fit', candidate, $o${
    "currency": "$.type() == \"string\"", "cap": "$ > 0 && $ < 1e15",
    "floor": "$ >= 0 && $ < 1e15", "step": "$ > 0 && $ < 1e15", "smallest_draw": "$ >= 0 && $ < 1e15",
    "term": "$ == null || $ >= 1 && $ <= 600 && $.floor() == $", "customers": "$.type() == \"object\"",
    "rate": "$ >= 0 && $ <= 10", "funding": "$ >= 0 && $ <= 10", "lgd": "$ >= 0 && $ <= 1", "ccf": "$ >= 0 && $ <= 10",
    "capital": "$ >= 0 && $ <= 2", "cost_of_capital": "$ >= 0 && $ <= 1", "fee": "$ >= 0 && $ <= 10",
    "revolve_share": "$ >= 0 && $ <= 1", "interchange": "$ >= 0 && $ <= 10", "liquidity_share": "$ >= 0 && $ <= 1",
    "liquidity_spread": "$ >= 0 && $ <= 1", "default_draw_ratio": "$ >= 0 && $ <= 10"}$o$,
    'Amounts and rates are numbers, not negative; rates are fractions of a unit a year: 0.18 is 18 %. Valid are currency, cap, '
    'rate, funding, floor, step, smallest_draw, term, customers, and the other arguments of unit_economics but pd.');
  options := credit_limit_internal.check_options('product_fit', options, $o${"as_of": "$.type() == \"string\"",
    "moves": "$ >= 0 && $ <= 1", "shadow_price": "$ >= 0 && $ <= 100", "certificate": "$.type() == \"object\"",
    "uses": "$.type() == \"object\""}$o$,
    'Valid are as_of (a day), moves (0 to 1), shadow_price (0 to 100), certificate and uses (objects).');
  SELECT k.cap, coalesce(k.step, 1) AS step, coalesce(k.floor, k.step, 1) AS floor,
    coalesce(k.smallest_draw, 0) AS smallest_draw, k.term, k.currency, k.customers, k.rate, k.funding, k.lgd, k.ccf, k.capital,
    coalesce(k.cost_of_capital, 0) AS cost_of_capital,
    coalesce(k.fee, 0) AS fee, coalesce(k.revolve_share, 1) AS revolve_share, coalesce(k.interchange, 0) AS interchange,
    coalesce(k.liquidity_share, 0) AS liquidity_share, coalesce(k.liquidity_spread, 0) AS liquidity_spread,
    coalesce(k.default_draw_ratio, 1) AS default_draw_ratio INTO c
  FROM jsonb_to_record(candidate) k(currency text, cap numeric, floor numeric, step numeric, smallest_draw numeric, term int,
    customers jsonb, rate float8, funding float8, lgd float8, ccf float8, capital float8, cost_of_capital float8, fee float8,
    revolve_share float8, interchange float8, liquidity_share float8, liquidity_spread float8, default_draw_ratio float8);
  PERFORM credit_limit_internal.open_book_to_decide(book);
  PERFORM credit_limit_internal.need_every_row('a product that fits');
  today := coalesce((options ->> 'as_of')::date, (SELECT d.business_date FROM business_day d));
  PERFORM credit_limit_internal.need_day('a product that fits', today);
  moves := coalesce((options ->> 'moves')::float8, 1);
  wrong := CASE WHEN c.currency IS NULL OR c.cap IS NULL OR c.rate IS NULL OR c.funding IS NULL
      THEN 'One of currency, cap, rate and funding is missing.'
    WHEN c.floor > c.cap THEN format('The floor is %s, the cap %s.', c.floor, c.cap)
    WHEN c.smallest_draw > c.cap THEN format('The smallest draw is %s, the cap %s.', c.smallest_draw, c.cap)
    WHEN NOT EXISTS (SELECT FROM product p WHERE p.currency = c.currency)
      THEN format('No product of the book has the currency "%s".', c.currency)
    ELSE (SELECT format(CASE jsonb_typeof(k.value) WHEN 'object' THEN 'Customers are wanted whose "%s" is an object.'
        ELSE 'There is no column "%s" in decision_input.' END, k.key) FROM jsonb_each(c.customers) k
      WHERE jsonb_typeof(k.value) = 'object' OR NOT (SELECT to_jsonb(i) FROM decision_input(today) i LIMIT 1) ? k.key
      LIMIT 1) END;
  IF wrong IS NULL AND options ?| '{certificate,uses}' THEN
    SELECT sum(t.price * coalesce((options -> 'uses' ->> t.budget)::numeric, CASE WHEN NOT options ? 'uses' THEN 1 END)),
      CASE WHEN count(t.price) = 0 THEN 'There is no certificate, or it has no prices.'
        WHEN options ? 'shadow_price' THEN 'Prices are given twice.'
        WHEN bool_or(options ? 'uses' AND (options @@ '$.uses.* < 0' OR jsonb_typeof(options -> 'uses' -> t.budget)
          IS DISTINCT FROM 'number')) OR (NOT options ? 'uses' AND count(*) > 1)
          THEN 'What a unit of limit uses of a budget of the certificate is missing, or negative.' END
    INTO price, wrong
    FROM credit_limit.certificate_table((options ->> 'certificate')::credit_limit.allocation_certificate) t;
  END IF;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'the candidate is not a valid product', DETAIL = wrong,
      HINT = 'A candidate is like {"currency": "CNY", "floor": 500, "cap": 5000, "step": 100, "rate": 0.15, "funding": 0.03}, '
        'prices like {"certificate": ..., "uses": {"exposure": 1}}.';
  END IF;
  price := coalesce((options ->> 'shadow_price')::float8, price, 0);
  share := CASE WHEN c.term IS NULL THEN 1 ELSE credit_limit_internal.mean_owed(c.term, c.rate) END;
  decimals := (SELECT coalesce(max((v.document::jsonb ->> 'decimals')::int), 2) FROM product p
    LEFT JOIN policy_version v ON v.name = p.policy AND v.status <> 'draft' WHERE p.currency = c.currency);
  RETURN QUERY
    WITH customer AS MATERIALIZED (
      SELECT i.account_id, i.borrower_id, i.product, i.segment, i.demand_mixture AS d, i.credit_limit::float8 AS now,
        credit_limit.expected_draw(i.demand_mixture, i.credit_limit::float8) AS drawn,
        credit_limit.expected_unmet(i.demand_mixture, i.credit_limit::float8) AS unmet,
        -- Of a shared umbrella what others do not use is free, of a partitioned one what is not granted.
        least(c.cap, CASE WHEN i.umbrella_limit IS NOT NULL THEN i.umbrella_limit - CASE WHEN u.kind = 'partitioned'
          THEN i.umbrella_granted + i.credit_limit ELSE i.umbrella_drawn + greatest(i.balance, 0) + i.pending END END) AS room,
        x.margin AS margin_now, x.carry AS carry_now, e.margin, e.carry
      FROM decision_input(today) i
      JOIN account a ON a.account_id = i.account_id
      LEFT JOIN umbrella u ON u.umbrella_id = a.umbrella_id
      LEFT JOIN report_position p ON p.account_id = i.account_id
      LEFT JOIN report_assumption own ON own.product = i.product
      JOIN report_assumption x ON x.product = coalesce(own.product, '')
      CROSS JOIN LATERAL credit_limit.unit_economics(c.rate, c.funding, coalesce(p.pd, i.external_pd), coalesce(c.lgd, x.lgd),
        coalesce(c.ccf, x.ccf), coalesce(c.capital, x.capital), c.cost_of_capital, c.fee, c.revolve_share, c.interchange,
        c.liquidity_share, c.liquidity_spread, c.default_draw_ratio) e
      WHERE i.currency = c.currency AND (c.customers IS NULL OR NOT EXISTS (SELECT FROM jsonb_each(c.customers) k
        WHERE coalesce(to_jsonb(i) -> k.key <@ k.value, false) IS FALSE))),
    -- Draws at most the smallest one, E[D; D <= z] = E[min(D, z)] - z P(D > z), do not happen: where the candidate comes first,
    -- what that takes from its draw and from what it catches; where it comes last, from its draw. None depends on the limit.
    small AS MATERIALIZED (
      SELECT m.*, credit_limit.expected_draw(m.d, z.draw) - z.draw * credit_limit.demand_exceeds(m.d, z.draw) AS not_drawn,
        credit_limit.expected_draw(m.d, z.least) - (z.least - m.now) * credit_limit.demand_exceeds(m.d, z.least) AS not_caught,
        credit_limit.expected_draw(m.d, m.now + z.draw) - z.draw * credit_limit.demand_exceeds(m.d, m.now + z.draw) AS not_rest
      FROM customer m
      CROSS JOIN LATERAL (SELECT greatest(m.now, c.smallest_draw::float8) AS least, c.smallest_draw::float8 AS draw) z
      WHERE m.d IS NOT NULL AND m.margin IS NOT NULL),
    -- The limits that are looked at: from the floor to the highest that has room, at equal distances of whole steps.
    worth AS (
      SELECT m.account_id, m.borrower_id, m.now, m.d, l.new, w.*,
        share * m.margin * w.draw - m.carry * (l.new - w.draw) AS profit,
        (m.margin_now + m.carry_now) * w.taken AS lost, price * l.new AS cost
      FROM small m
      CROSS JOIN LATERAL (SELECT ceil((m.room - c.floor) / 16 / c.step) * c.step AS distance) g
      CROSS JOIN LATERAL (SELECT DISTINCT least(c.floor + k * greatest(g.distance, c.step),
          floor(m.room / c.step) * c.step)::float8 AS new FROM generate_series(0, 16) k) l
      CROSS JOIN LATERAL (SELECT credit_limit.expected_draw(m.d, l.new) - m.not_drawn AS first,
          credit_limit.expected_draw(m.d, m.now + l.new) AS both OFFSET 0) s
      CROSS JOIN LATERAL (SELECT moves * s.first + (1 - moves) * (s.both - m.not_rest) AS draw,
        moves * (s.both - m.not_caught) + (1 - moves) * (s.both - m.not_rest) AS caught,
        moves * (s.first - s.both + m.not_caught) AS taken) w
      WHERE l.new >= c.floor AND l.new >= c.smallest_draw AND l.new > 0),
    best AS (
      SELECT DISTINCT ON (w.borrower_id) w.* FROM worth w WHERE w.profit - w.lost - w.cost > 0
      ORDER BY w.borrower_id, w.profit - w.lost - w.cost DESC, w.account_id, w.new)
    SELECT r.product, r.segment, c.currency, count(*), count(*) FILTER (WHERE r.d IS NULL OR r.margin IS NULL),
      count(b.account_id),
      coalesce(sum(b.new::numeric), 0), coalesce(sum(v.caught + v.taken), 0), coalesce(sum(round(r.unmet::numeric, decimals)), 0),
      coalesce(sum(v.caught), 0), coalesce(sum(v.taken), 0), coalesce(sum(round((r.now - r.drawn)::numeric, decimals)), 0),
      coalesce(sum(round(v.replaced::numeric, decimals)), 0), coalesce(sum(v.profit), 0), coalesce(sum(v.lost), 0),
      coalesce(sum(v.cost), 0), coalesce(sum(v.profit - v.lost - v.cost), 0)
    FROM customer r LEFT JOIN best b ON b.account_id = r.account_id
    CROSS JOIN LATERAL (SELECT round(b.caught::numeric, decimals) AS caught, round(b.taken::numeric, decimals) AS taken,
      round(b.profit::numeric, decimals) AS profit, round(b.lost::numeric, decimals) AS lost,
      round(b.cost::numeric, decimals) AS cost,
      moves * (least(b.now, b.new) - credit_limit.expected_draw(b.d, least(b.now, b.new))) AS replaced) v
    GROUP BY r.product, r.segment ORDER BY r.product, r.segment;
END
$$;

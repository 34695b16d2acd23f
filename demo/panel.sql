-- A generated panel, accounts by month, with the truth behind it; the same rows on every machine, server version and plan.
--
--   pg_temp.panel(accounts, months, first_month, seed)         what a lender sees: a row for each account and month
--   pg_temp.panel_account(accounts, months, seed)              the truth of each account
--   pg_temp.panel_demand(accounts, months, first_month, seed)  the demand of each month, before the limit
--
-- Demand. A month has no draw with probability p_zero. Else the logarithm of the demand is mu + season * panel_season() +
-- sigma * deviation. The deviation, and the normal variable that decides whether there is a draw, are autoregressions of first
-- order with variance 1 and coefficient rho, which is 0, 0.5 or 0.9: what a month says of the next differs between accounts, and
-- so does sigma.
--
-- Kinds. still: owes much, and hardly moves for a year. revolver: owes, and moves. transactor: pays everything each month.
-- occasional: draws in few months. dormant: hardly ever. One account in 300 is a whale, with thirty times the demand.
--
-- What is seen. The balance is the demand, or the limit where that is lower; then fees often lift it a little above the limit.
-- Twice a year the lender looks at the use of the last months, raises most limits that are used, and cuts some that are not. One
-- account in ten has a limit of zero for some months. Accounts start and end within the panel. Who pays nothing in a month does
-- not owe less after it, and is written off after five such months. What was drawn, the balance less the one before plus the
-- payment, is never negative.
--
-- The test "panel" holds these promises, and doc/analyst/generated-book.md compares the moments with those of a public file of cards.

-- Uniform on (0, 1), from the low 32 bits of a hash, which are its well mixed ones. Hash partitions rest on that function, so no
-- version may change it.
CREATE FUNCTION pg_temp.panel_u(seed bigint, account bigint, place bigint) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN ((hashint8extended(account, hashint8extended(place, seed)) & 4294967295)::float8 + 0.5) / 4294967296;
-- Normal, of the uniforms in two places (Box and Muller 1958).
CREATE FUNCTION pg_temp.panel_normal(seed bigint, account bigint, place bigint) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN sqrt(-2 * ln(pg_temp.panel_u(seed, account, place))) * cos(2 * pi() * pg_temp.panel_u(seed, account, place + 1));
-- Amounts are rounded at once, so that the last bit in which one libm differs from another does not matter; limits are round.
CREATE FUNCTION pg_temp.panel_cents(amount float8) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN round(100 * amount) / 100;
CREATE FUNCTION pg_temp.panel_round(amount float8) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN amount < 1000 THEN greatest(200, 100 * round(amount / 100)) WHEN amount < 10000 THEN 500 * round(amount / 500)
    ELSE 5000 * round(amount / 5000) END;
-- What all accounts share in a month, 12 * year + month - 1: a season, highest in December, and something of that month alone.
CREATE FUNCTION pg_temp.panel_season(seed bigint, month int) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN ('{-0.06,-0.10,-0.02,0,0.01,0,0.02,0.01,-0.02,0,0.04,0.12}'::float8[])[1 + month % 12]
    + 0.02 * pg_temp.panel_normal(seed, 0, 16 * month);

-- Months count from 1, the first of the panel. The draws of an account itself are in negative places. Layers stand behind
-- OFFSET 0, so that nothing is computed twice.
CREATE FUNCTION pg_temp.panel_account(accounts int, months int DEFAULT 24, seed bigint DEFAULT 1)
RETURNS TABLE (account_id bigint, segment text, kind text, whale boolean, rho float8, mu float8, sigma float8, p_zero float8,
  season float8, level float8, opened int, closed int, zero_from int, zero_to int, z_zero float8, first_limit float8, pays float8,
  due_day int, prone float8)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT account_id, segment, kind, whale, rho, mu, sigma, p_zero, season, level, opened,
    CASE WHEN pg_temp.panel_u(seed, account_id, -1010) < 0.15
      THEN greatest(opened, 0) + 2 + floor(months * pg_temp.panel_u(seed, account_id, -1011))::int END,
    zero_from, zero_from + 2 + floor(months * pg_temp.panel_u(seed, account_id, -1012) ^ 2)::int, z_zero,
    -- Of who is new the lender knows less.
    pg_temp.panel_round(exp(mu + room
      + CASE WHEN opened > 0 THEN 1.0 ELSE 0.7 END * pg_temp.panel_normal(seed, account_id, -1014))),
    CASE kind WHEN 'transactor' THEN 1 ELSE least(1, 0.03 * exp(pg_temp.panel_normal(seed, account_id, -1016))) END,
    1 + floor(29 * pg_temp.panel_u(seed, account_id, -1018))::int, pg_temp.panel_normal(seed, account_id, -1020)
  FROM (SELECT a.*, segment, kind, p_zero, z_zero, room, moves * segment_moves AS season,
      middle + shift + 0.8 * level + CASE WHEN whale THEN ln(30) ELSE 0 END AS mu,
      least(2, usual_sigma * exp(0.6 * pg_temp.panel_normal(seed, account_id, -1024))) AS sigma,
      CASE WHEN pg_temp.panel_u(seed, account_id, -1026) < 0.1
        THEN greatest(opened, floor(months * pg_temp.panel_u(seed, account_id, -1027))::int) END AS zero_from
    FROM (SELECT i AS account_id, pg_temp.panel_u(seed, i, -1001) AS segment_u, pg_temp.panel_u(seed, i, -1002) AS kind_u,
        300 * pg_temp.panel_u(seed, i, -1003) < 1 AS whale, pg_temp.panel_normal(seed, i, -1022) AS level,
        ('{0,0.5,0.5,0.9,0.9,0.9,0.9,0.9,0.9,0.9}'::float8[])[1 + floor(10 * pg_temp.panel_u(seed, i, -1004))::int] AS rho,
        -- A fifth starts within the panel, the others up to ten years before it.
        CASE WHEN pg_temp.panel_u(seed, i, -1005) < 0.2 THEN 1 + floor(months * pg_temp.panel_u(seed, i, -1006))::int
          ELSE -floor(120 * pg_temp.panel_u(seed, i, -1006))::int END AS opened
      FROM generate_series(1, accounts::bigint) i OFFSET 0) a
    JOIN (VALUES ('employed', 0.00, 0.55, 7.4, 1.0), ('self-employed', 0.55, 0.75, 7.9, 0.5), ('student', 0.75, 0.88, 6.2, 1.5),
        ('business', 0.88, 1.00, 9.0, 0.2)) s (segment, above, below, middle, segment_moves)
      ON segment_u >= s.above AND segment_u < s.below
    -- z_zero is the quantile p_zero of the normal distribution; room is how far the limit is above the demand.
    JOIN (VALUES ('still', 0.00, 0.26, 0.0, -99, 0.03, 0.05, 0.9, 0.35),
        ('revolver', 0.26, 0.55, 0.05, -1.6448536269514722, 0.4, 0.5, 0.3, 0.85),
        ('transactor', 0.55, 0.80, 0.1, -1.2815515655446004, 1.0, 1.0, -1.0, 2.7),
        ('occasional', 0.80, 0.90, 0.6, 0.2533471031357997, 1.2, 1.0, -1.0, 2.7),
        ('dormant', 0.90, 1.00, 0.95, 1.6448536269514722, 1.0, 1.0, -1.0, 2.7))
        k (kind, above, below, p_zero, z_zero, usual_sigma, moves, shift, room)
      ON kind_u >= k.above AND kind_u < k.below OFFSET 0) b;
END;

-- What is seen and the truth together. An account that was there before the panel begins six months before it, so that its limit
-- and its arrears have become what they are.
CREATE FUNCTION pg_temp.panel_path(accounts int, months int, first_month date, seed bigint)
RETURNS TABLE (account_id bigint, segment text, month date, credit_limit numeric(14,2), balance numeric(14,2),
  payment numeric(14,2), due numeric(14,2), days_past_due int, demand numeric(14,2))
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT a.account_id, a.segment, (first_month + make_interval(months => p.t - 1))::date, p.credit_limit::numeric(14,2),
    p.balance::numeric(14,2), p.payment::numeric(14,2), p.due::numeric(14,2), p.days_past_due, p.demand::numeric(14,2)
  FROM pg_temp.panel_account(accounts, months, seed) a,
    (SELECT array_agg(pg_temp.panel_season(seed, (12 * extract(year FROM first_month) + extract(month FROM first_month) - 2)::int
      + t) ORDER BY t) AS seasons FROM generate_series(-5, months) t) e, LATERAL (
    WITH RECURSIVE path AS (
      SELECT CASE WHEN a.opened > 0 THEN a.opened - 1 ELSE -6 END AS t,
        pg_temp.panel_normal(seed, a.account_id, -1030) AS deviation, pg_temp.panel_normal(seed, a.account_id, -1032) AS activity,
        a.first_limit AS granted, 0.3::float8 AS used, 0::float8 AS credit_limit, 0::float8 AS balance, 0::float8 AS payment,
        0::float8 AS due, 0 AS days_past_due, 0::float8 AS demand
      UNION ALL
      SELECT t, deviation, activity, granted, 0.7 * used + 0.3 * balance / granted, credit_limit, balance,
        CASE WHEN late THEN 0 ELSE greatest(before - balance, due, least(before,
          pg_temp.panel_cents(before * a.pays * (0.7 + 0.6 * pg_temp.panel_u(seed, a.account_id, 16 * t + 4))))) END,
        due, CASE WHEN NOT late THEN 0 WHEN arrears > 0 THEN arrears + 30 ELSE a.due_day END, demand
      FROM (SELECT *, least(before, greatest(25, pg_temp.panel_cents(0.05 * before))) AS due,
          before > 0 AND balance >= before AND pg_temp.panel_u(seed, a.account_id, 16 * t + 5)
            < 1 / (1 + exp(3 - used - 1.2 * a.prone - CASE WHEN arrears > 0 THEN 3 ELSE 0 END)) AS late
        FROM (SELECT *, CASE WHEN demand < credit_limit OR credit_limit = 0
              OR pg_temp.panel_u(seed, a.account_id, 16 * t + 6) < 0.3 THEN least(demand, credit_limit)
            ELSE pg_temp.panel_cents(credit_limit * (1 + 0.03 * pg_temp.panel_u(seed, a.account_id, 16 * t + 7))) END AS balance
          FROM (SELECT *, CASE WHEN t >= a.zero_from AND t < a.zero_to THEN 0 ELSE granted END AS credit_limit,
              CASE WHEN activity < a.z_zero THEN 0 ELSE pg_temp.panel_cents(exp(a.mu + a.season * e.seasons[t + 6]
                + a.sigma * deviation)) END AS demand
            FROM (SELECT t + 1 AS t, used, balance AS before, days_past_due AS arrears,
                a.rho * deviation + sqrt(1 - a.rho * a.rho) * pg_temp.panel_normal(seed, a.account_id, 16 * t) AS deviation,
                a.rho * activity + sqrt(1 - a.rho * a.rho) * pg_temp.panel_normal(seed, a.account_id, 16 * t + 2) AS activity,
                CASE WHEN (t + a.account_id) % 6 <> 0 OR days_past_due > 0 THEN granted
                  WHEN used > 0.6 AND pg_temp.panel_u(seed, a.account_id, 16 * t + 8) < 0.6
                    THEN pg_temp.panel_round(1.25 * granted)
                  WHEN used < 0.05 AND pg_temp.panel_u(seed, a.account_id, 16 * t + 8) < 0.2
                    THEN pg_temp.panel_round(0.8 * granted)
                  ELSE granted END AS granted
              FROM path WHERE t < least(months, a.closed) AND (days_past_due < 120 OR t < 1)
              OFFSET 0) drawn OFFSET 0) wanted OFFSET 0) owed OFFSET 0) asked
    ) SELECT * FROM path WHERE t >= greatest(1, a.opened)) p;
END;

CREATE FUNCTION pg_temp.panel(accounts int, months int DEFAULT 24, first_month date DEFAULT '2025-01-01',
  seed bigint DEFAULT 1)
RETURNS TABLE (account_id bigint, segment text, month date, credit_limit numeric(14,2), balance numeric(14,2),
  payment numeric(14,2), due numeric(14,2), days_past_due int)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT account_id, segment, month, credit_limit, balance, payment, due, days_past_due
  FROM pg_temp.panel_path(accounts, months, first_month, seed);
END;

CREATE FUNCTION pg_temp.panel_demand(accounts int, months int DEFAULT 24, first_month date DEFAULT '2025-01-01',
  seed bigint DEFAULT 1)
RETURNS TABLE (account_id bigint, month date, demand numeric(14,2))
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT account_id, month, demand FROM pg_temp.panel_path(accounts, months, first_month, seed);
END;

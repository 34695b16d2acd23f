-- gap: why a granted limit is not used, by cause, and what it costs.

CREATE TYPE credit_limit.limit_gap AS (
  gap numeric,
  risk numeric,
  product numeric,
  ungranted numeric,
  demand numeric,
  dormancy numeric,
  buffer numeric,
  granted_demand numeric,
  granted_dormancy numeric,
  granted_buffer numeric,
  above_entitlement numeric,
  over_limit numeric,
  over_entitlement numeric,
  unmet numeric,
  unmet_rules numeric,
  unmet_risk numeric,
  unmet_product numeric,
  unmet_ungranted numeric,
  drawn numeric,
  method text,
  n bigint,
  n_clamped bigint
);

COMMENT ON TYPE credit_limit.limit_gap IS
'The unused part of an entitlement by cause, of one account or of many: gap = risk + product + ungranted + demand + dormancy + '
'buffer, unmet = unmet_rules + unmet_risk + unmet_product + unmet_ungranted, and limit in force = drawn + granted_demand + '
'granted_dormancy + granted_buffer + above_entitlement - over_limit, all to the last minor unit.';
COMMENT ON COLUMN credit_limit.limit_gap.gap IS 'Entitlement less what is drawn of it.';
COMMENT ON COLUMN credit_limit.limit_gap.risk IS 'Withheld by risk control.';
COMMENT ON COLUMN credit_limit.limit_gap.product IS 'Withheld by what the product lets be used.';
COMMENT ON COLUMN credit_limit.limit_gap.ungranted IS
'Rules and caps would allow it, the limit in force does not give it: steps, cooling-off, approval, or a person.';
COMMENT ON COLUMN credit_limit.limit_gap.demand IS 'More than the borrower wants.';
COMMENT ON COLUMN credit_limit.limit_gap.dormancy IS
'Wanted and allowed, not drawn, by a borrower who has been inactive for long.';
COMMENT ON COLUMN credit_limit.limit_gap.buffer IS 'Wanted and allowed, not drawn, by an active borrower: precaution or timing.';
COMMENT ON COLUMN credit_limit.limit_gap.granted_demand IS
'Of the limit in force within the entitlement, what is not drawn because it is more than the borrower wants.';
COMMENT ON COLUMN credit_limit.limit_gap.granted_dormancy IS 'The same, not drawn by a borrower who has been inactive for long.';
COMMENT ON COLUMN credit_limit.limit_gap.granted_buffer IS 'The same, not drawn by an active borrower.';
COMMENT ON COLUMN credit_limit.limit_gap.above_entitlement IS
'Of the limit in force beyond the entitlement, what is not drawn; not part of the gap.';
COMMENT ON COLUMN credit_limit.limit_gap.over_limit IS
'Drawn beyond the limit in force (not known: beyond the entitlement); not part of the gap.';
COMMENT ON COLUMN credit_limit.limit_gap.over_entitlement IS 'Drawn beyond the entitlement; not part of the gap.';
COMMENT ON COLUMN credit_limit.limit_gap.unmet IS
'Demand beyond the limit in force (not known: beyond entitlement and caps) and beyond what is drawn; not part of the gap.';
COMMENT ON COLUMN credit_limit.limit_gap.unmet_rules IS 'Part of unmet due to the entitlement itself.';
COMMENT ON COLUMN credit_limit.limit_gap.unmet_risk IS 'Part of unmet due to risk control.';
COMMENT ON COLUMN credit_limit.limit_gap.unmet_product IS 'Part of unmet due to the product.';
COMMENT ON COLUMN credit_limit.limit_gap.unmet_ungranted IS
'Part of unmet that rules and caps would allow, and the limit in force does not.';
COMMENT ON COLUMN credit_limit.limit_gap.drawn IS 'What is drawn; a credit balance is 0.';
COMMENT ON COLUMN credit_limit.limit_gap.method IS 'How the gap was divided: waterfall, shapley or binding.';
COMMENT ON COLUMN credit_limit.limit_gap.n IS 'Number of accounts: 1, or what gap_total counted.';
COMMENT ON COLUMN credit_limit.limit_gap.n_clamped IS
'Accounts whose demand was given below what they have drawn, and taken as that.';

CREATE FUNCTION credit_limit.limit_gap(
  entitlement numeric,
  risk_cap numeric,
  product_cap numeric,
  credit_limit numeric,
  demand numeric,
  drawn numeric,
  months_inactive integer,
  method text DEFAULT 'waterfall',
  dormant_after integer DEFAULT 6,
  decimals integer DEFAULT NULL)
RETURNS credit_limit.limit_gap
AS 'MODULE_PATHNAME', 'cl_limit_gap' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.limit_gap(numeric, numeric, numeric, numeric, numeric, numeric, integer, text, integer, integer)
IS
'Divides the unused part of an entitlement among its causes, exact to the minor unit. entitlement: what the rules give; '
'risk_cap, product_cap: what risk control and product leave of it; credit_limit: the limit in force, what may be drawn up to '
'now; demand: what the borrower would draw, of the same kind as drawn: against the balance of one month the mean of a month, '
'demand_mean_amount(demand) (a demand below what is drawn is taken as that); drawn: the balance, a credit balance being nothing '
'drawn. No cap works below what is drawn, nor a cap of risk or product below the limit in force. A NULL cap or demand holds '
'nothing down; a NULL credit_limit is the lowest of entitlement and caps; NULL entitlement or drawn gives NULL. months_inactive '
'from dormant_after (6) on turns buffer into dormancy; NULL is 0. method: waterfall (in the order risk, product, ungranted, '
'demand, rest), shapley (average over all orders; at least 2 decimals unless decimals says otherwise), binding (all that is '
'withheld to the lowest, of equal ones the first). decimals: of the minor unit, 0 to 20; NULL takes those of the amounts. Error: '
'negative limit, NaN, infinity, more than 36 digits. Source: Littlechild and Owen 1973 (airport game).';

CREATE TYPE credit_limit.gap_impact AS (
  place integer,
  cause text,
  unused numeric,
  share numeric,
  granted numeric,
  unmet numeric,
  forgone_margin numeric,
  idle_cost numeric,
  contingent_ead numeric,
  capital_tied numeric,
  expected_loss numeric,
  regret numeric
);

COMMENT ON TYPE credit_limit.gap_impact IS
'What an unused limit costs in a year by one cause, or by all of them. Amounts of the causes add up to that of the total, to the '
'last minor unit.';
COMMENT ON COLUMN credit_limit.gap_impact.place IS 'Order of the rows, from 1 (rules) to 9 (total).';
COMMENT ON COLUMN credit_limit.gap_impact.cause IS
'rules, risk, product, ungranted, demand, dormancy, buffer, above_entitlement, total.';
COMMENT ON COLUMN credit_limit.gap_impact.unused IS 'Of the gap, by this cause; rules and above_entitlement are no part of it.';
COMMENT ON COLUMN credit_limit.gap_impact.share IS
'Fraction of the gap, to 4 decimals, adding up to 1; NULL where there is no gap.';
COMMENT ON COLUMN credit_limit.gap_impact.granted IS 'Of the limit in force, what is not drawn by this cause.';
COMMENT ON COLUMN credit_limit.gap_impact.unmet IS 'Demand that does not get through, by this cause.';
COMMENT ON COLUMN credit_limit.gap_impact.forgone_margin IS 'Margin on unmet demand, at most on the prudent room.';
COMMENT ON COLUMN credit_limit.gap_impact.idle_cost IS 'Carry of what is granted and not drawn.';
COMMENT ON COLUMN credit_limit.gap_impact.contingent_ead IS 'What of it would be drawn in a default.';
COMMENT ON COLUMN credit_limit.gap_impact.capital_tied IS 'Capital for that.';
COMMENT ON COLUMN credit_limit.gap_impact.expected_loss IS 'Expected loss of that; NULL: no PD is known.';
COMMENT ON COLUMN credit_limit.gap_impact.regret IS
'What the limit forgoes against the best one, net, by this cause; NULL: the best limit is not known.';

CREATE FUNCTION credit_limit.gap_impact(
  gap credit_limit.limit_gap,
  margin float8,
  carry float8,
  ccf float8,
  pd float8,
  lgd float8,
  capital float8,
  prudent_room numeric DEFAULT NULL,
  regret numeric DEFAULT NULL,
  regret_side text DEFAULT NULL)
RETURNS SETOF credit_limit.gap_impact
AS 'MODULE_PATHNAME', 'cl_gap_impact' LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 9;

COMMENT ON FUNCTION credit_limit.gap_impact(credit_limit.limit_gap, float8, float8, float8, float8, float8, float8, numeric,
  numeric, text) IS
'What the unused limit of an account costs in a year, by cause and in total, in the order of place. Costs are those of what is '
'granted and not drawn; credit that was never granted costs only the margin on unmet demand. Rates are fractions, taken to 12 '
'decimals: margin per drawn unit a year; carry, the cost of a granted and undrawn unit; ccf 0 to 10; pd 0 to 1; lgd and capital '
'(per unit of exposure) 0 to 2. forgone_margin = margin x unmet (at most prudent_room, when given); idle_cost = carry x '
'granted; contingent_ead = ccf x granted; capital_tied = capital x ccf x granted; expected_loss = pd x lgd x ccf x granted, '
'NULL without pd. regret and regret_side are those of limit_regret, rounded to the decimals of the gap. The regret of a limit '
'that is too_low is divided as unmet is; where that is 0, as risk, product and ungranted of unused; where these are 0, it '
'belongs to the rules. That of a limit that is too_high is divided as granted is; where that is 0, it belongs to demand. The '
'expected loss of the total and pd x lgd x drawn, rounded, add up to expected_loss(). No rows if the gap or another rate is '
'NULL. A book has a PD for each account: use gap_impact_total. Errors: a rate out of its range, another side, more than 24 '
'digits (22003).';

CREATE FUNCTION credit_limit.expected_loss(
  pd float8,
  lgd float8,
  ccf float8,
  balance numeric,
  credit_limit numeric,
  decimals integer DEFAULT 2)
RETURNS numeric
AS 'MODULE_PATHNAME', 'cl_expected_loss' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.expected_loss(float8, float8, float8, numeric, numeric, integer) IS
'Expected loss of an account: pd x lgd x (drawn + ccf x unused), money, rounded once to decimals (0 to 20), to which balance '
'and limit are rounded before. drawn is the balance, a credit balance being 0; unused the limit beyond it. Rates are fractions: '
'pd 0 to 1, lgd 0 to 2, ccf 0 to 10; pd x lgd and pd x lgd x ccf are taken to 12 decimals. NULL gives NULL. Errors: a rate out '
'of its range, a negative limit, NaN, infinity, more than 24 digits (22003).';

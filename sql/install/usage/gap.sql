-- gap: why a granted limit is not used, by cause, and what it costs.

CREATE TYPE credit_limit.limit_gap AS (
  gap numeric,
  risk numeric,
  product numeric,
  demand numeric,
  dormancy numeric,
  buffer numeric,
  over_limit numeric,
  unmet numeric,
  unmet_risk numeric,
  unmet_product numeric,
  method text,
  n bigint,
  n_clamped bigint
);

COMMENT ON TYPE credit_limit.limit_gap IS
'The unused part of an entitlement by cause, of one account or of many: gap = risk + product + demand + dormancy + buffer, to '
'the last minor unit.';
COMMENT ON COLUMN credit_limit.limit_gap.gap IS 'Entitlement less what is drawn of it.';
COMMENT ON COLUMN credit_limit.limit_gap.risk IS 'Withheld by risk control.';
COMMENT ON COLUMN credit_limit.limit_gap.product IS 'Withheld by what the product lets be used.';
COMMENT ON COLUMN credit_limit.limit_gap.demand IS 'More than the borrower wants.';
COMMENT ON COLUMN credit_limit.limit_gap.dormancy IS
'Wanted and allowed, not drawn, by a borrower who has been inactive for long.';
COMMENT ON COLUMN credit_limit.limit_gap.buffer IS 'Wanted and allowed, not drawn, by an active borrower: precaution or timing.';
COMMENT ON COLUMN credit_limit.limit_gap.over_limit IS 'Drawn beyond the entitlement; not part of the gap.';
COMMENT ON COLUMN credit_limit.limit_gap.unmet IS
'Demand that the lowest of entitlement, risk cap and product cap does not let through; not part of the gap.';
COMMENT ON COLUMN credit_limit.limit_gap.unmet_risk IS
'Part of unmet due to risk control; what is due to neither risk nor product is due to the entitlement itself.';
COMMENT ON COLUMN credit_limit.limit_gap.unmet_product IS 'Part of unmet due to the product.';
COMMENT ON COLUMN credit_limit.limit_gap.method IS 'How the gap was divided: waterfall, shapley or binding.';
COMMENT ON COLUMN credit_limit.limit_gap.n IS 'Number of accounts: 1, or what gap_total counted.';
COMMENT ON COLUMN credit_limit.limit_gap.n_clamped IS
'Accounts whose demand was given below what they have drawn, and taken as that.';

CREATE FUNCTION credit_limit.limit_gap(
  entitlement numeric,
  risk_cap numeric,
  product_cap numeric,
  demand numeric,
  drawn numeric,
  months_inactive integer DEFAULT 0,
  method text DEFAULT 'waterfall',
  dormant_after integer DEFAULT 6,
  decimals integer DEFAULT NULL)
RETURNS credit_limit.limit_gap
AS 'MODULE_PATHNAME', 'cl_limit_gap' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION credit_limit.limit_gap(numeric, numeric, numeric, numeric, numeric, integer, text, integer, integer) IS
'Divides the unused part of an entitlement among its causes, exact to the minor unit. entitlement: what the rules give; '
'risk_cap, product_cap: what risk control and product leave of it; demand: what the borrower would draw, an estimate as '
'demand_amount(demand) (a demand below what is drawn is taken as that). A NULL cap or demand holds nothing down; NULL '
'entitlement or drawn gives NULL. A credit balance is nothing drawn. months_inactive from dormant_after (6) on turns buffer '
'into dormancy. method: waterfall (in the order risk, product, demand, rest), shapley (average over all orders; at least 2 '
'decimals unless decimals says otherwise), binding (all that caps withhold to the lowest). decimals: of the minor unit, 0 to '
'20; NULL takes those of the amounts. Error: negative limit, NaN, infinity, more than 37 digits. Source: Littlechild and Owen '
'1973 (airport game).';

CREATE FUNCTION credit_limit.gap_impact(
  gap credit_limit.limit_gap,
  margin float8,
  carry float8,
  ccf float8,
  pd float8,
  lgd float8,
  capital float8,
  prudent_room numeric DEFAULT NULL)
RETURNS TABLE (
  cause text,
  unused numeric,
  unmet numeric,
  forgone_margin numeric,
  idle_cost numeric,
  contingent_ead numeric,
  capital_tied numeric,
  expected_loss numeric)
AS 'MODULE_PATHNAME', 'cl_gap_impact' LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 7;

COMMENT ON FUNCTION credit_limit.gap_impact(credit_limit.limit_gap, float8, float8, float8, float8, float8, float8, numeric) IS
'What an unused limit costs in a year, by cause (rules, risk, product, demand, dormancy, buffer) and in total, rows adding up '
'to the total to the last minor unit. Rates are fractions, taken to 12 decimals: margin per drawn unit a year; carry, the cost '
'of a granted and undrawn unit; ccf 0 to 10; pd 0 to 1; lgd and capital (per unit of exposure) 0 to 2. forgone_margin = margin '
'x unmet (at most prudent_room, when given); idle_cost = carry x unused; contingent_ead = ccf x unused; capital_tied = capital '
'x ccf x unused; expected_loss = pd x lgd x ccf x unused. No rows if a gap or a rate is NULL.';

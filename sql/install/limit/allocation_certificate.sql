-- What an allocation_certificate says.

CREATE FUNCTION credit_limit.certificate_table(
  certificate credit_limit.allocation_certificate,
  OUT budget text,
  OUT amount numeric,
  OUT used numeric,
  OUT price numeric,
  OUT decides numeric,
  OUT fill_price numeric,
  OUT slackness numeric,
  OUT price_low numeric,
  OUT price_high numeric
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'cl_certificate_table' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100 ROWS 2;

COMMENT ON FUNCTION credit_limit.certificate_table(credit_limit.allocation_certificate) IS
'The budgets of a certificate: amount that there is, what the choices use of it, and its shadow price: what one unit more would '
'earn. The bound is computed with price; accounts choose by decides, which is the same or raised until what all choose fits, '
'and those of the fill share by fill_price. slackness: price * (amount - used), what the unused part costs the bound. price_low '
'and price_high: an interval of the price, where one was computed. There are no prices where the certificate is infeasible or '
'empty. NULL gives no rows.';

CREATE FUNCTION credit_limit.certificate_summary(
  certificate credit_limit.allocation_certificate,
  OUT kind text,
  OUT method text,
  OUT status text,
  OUT n bigint,
  OUT rows bigint,
  OUT value numeric,
  OUT bound numeric,
  OUT gap numeric,
  OUT bound_error numeric,
  OUT step numeric,
  OUT digest text,
  OUT passes integer,
  OUT read text,
  OUT fill numeric,
  OUT n_repaired integer
) RETURNS record
AS 'MODULE_PATHNAME', 'cl_certificate_summary' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;

COMMENT ON FUNCTION credit_limit.certificate_summary(credit_limit.allocation_certificate) IS
'A certificate as a whole. kind: rows, where every number is exact and certificate_sql proves it, or float. status: binding; '
'slack: no budget has a price; infeasible: not even the least fits; empty: no accounts; ties: no prices use the '
'budgets up, since too much moves at once; not_converged: the search ended before the bound met its tolerance, and the '
'certificate holds all the same. n accounts with rows actions. value: of what was chosen; bound: '
'what no choice within the budgets exceeds; gap: bound - value. bound_error: how far both may be off in double precision (kind '
'float). digest: SHA-256 of the rows, NULL where it was not asked for. passes over the accounts, which were read in each pass or '
'once. fill: the share of accounts that choose by fill_price; n_repaired: accounts that do not choose by prices at all. NULL '
'gives NULL.';

CREATE FUNCTION credit_limit.certificate_repaired(
  certificate credit_limit.allocation_certificate,
  OUT account_id bigint,
  OUT action integer
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'cl_certificate_repaired' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100 ROWS 100;

COMMENT ON FUNCTION credit_limit.certificate_repaired(credit_limit.allocation_certificate) IS
'The accounts that do not take what the prices say, and the action that they take, by account. None where the prices decide '
'everything. NULL gives no rows.';

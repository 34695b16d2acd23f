-- Limit policy: what an account may get, written as JSON and run on rows.

CREATE TYPE credit_limit.limit_decision AS (
    action text,
    old_limit numeric,
    new_limit numeric,
    available numeric,
    entitlement numeric,
    risk_cap numeric,
    product_cap numeric,
    affordability_cap numeric,
    umbrella_cap numeric,
    regulatory_cap numeric,
    target numeric,
    binding text,
    reasons text[],
    proposed numeric
);
COMMENT ON TYPE credit_limit.limit_decision IS
    'the decision on the limit of one account; amounts in the currency of the account, with the decimals of the policy';
COMMENT ON COLUMN credit_limit.limit_decision.action IS
    'INCREASE, DECREASE, KEEP, FREEZE (nothing may be drawn) or REFER (a person decides: approval, an exclusion that says so, '
    'or an unknown input)';
COMMENT ON COLUMN credit_limit.limit_decision.old_limit IS 'the limit before; NULL when it is not known';
COMMENT ON COLUMN credit_limit.limit_decision.new_limit IS
    'the limit that may be applied at once, whatever the action; NULL when the old one is not known';
COMMENT ON COLUMN credit_limit.limit_decision.available IS
    'what can be drawn under the new limit and the umbrella; 0 under FREEZE, NULL when the balance is not known';
COMMENT ON COLUMN credit_limit.limit_decision.entitlement IS
'by score and income; NULL: the policy has none, or an input is unknown';
COMMENT ON COLUMN credit_limit.limit_decision.risk_cap IS 'by PD; NULL: the policy has none, or the PD is unknown';
COMMENT ON COLUMN credit_limit.limit_decision.product_cap IS 'of the product; NULL: the policy has none';
COMMENT ON COLUMN credit_limit.limit_decision.affordability_cap IS
    'by income and obligations; NULL: the policy has none, or an input is unknown';
COMMENT ON COLUMN credit_limit.limit_decision.umbrella_cap IS
    'across the products of the borrower; NULL: the policy has none, or an input is unknown';
COMMENT ON COLUMN credit_limit.limit_decision.regulatory_cap IS 'the smallest in force on the date; NULL: none is';
COMMENT ON COLUMN credit_limit.limit_decision.target IS
    'demand times headroom, or the limit that is expected to earn most; the entitlement where demand is unknown or the policy '
    'has no target';
COMMENT ON COLUMN credit_limit.limit_decision.binding IS
    'the rule that decided: entitlement, target, affordability, product_cap, umbrella, regulatory_cap, risk_cap, product_floor, '
    'exclusion, movement, dead_band, cooling_off, drawn, approval or unknown_input';
COMMENT ON COLUMN credit_limit.limit_decision.reasons IS
    'at most four principal reasons, the principal one first (of a decrease, what speaks for it), in the words of the policy';
COMMENT ON COLUMN credit_limit.limit_decision.proposed IS
    'the limit before approval: what a person is asked to approve; NULL when an input is unknown';

CREATE FUNCTION credit_limit.decide_limit(policy credit_limit.limit_policy, account record, as_of date)
RETURNS credit_limit.limit_decision
    AS 'MODULE_PATHNAME', 'cl_decide_limit' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION credit_limit.decide_limit(credit_limit.limit_policy, record, date) IS
    'the limit of one account under a policy as of a day; a function of its arguments only. Columns are found by name once per '
    'query. A NULL that the policy needs gives REFER and leaves the limit; a missing column, a negative limit, a PD outside '
    '0..1 and an infinite amount are errors. NULL argument: NULL. Order of steps and guarantees: doc/analyst/limit.md';

CREATE TYPE credit_limit.limit_choices AS (
    old_limit numeric,
    lower numeric,
    upper numeric,
    step numeric,
    dead_band numeric,
    keep numeric,
    zero numeric,
    reasons text[]
);
COMMENT ON TYPE credit_limit.limit_choices IS
    'the limits that one decision may grant to an account: keep, zero, and the multiples of step from lower to upper that '
    'differ from old_limit by dead_band or more; amounts in the currency of the account, with the decimals of the policy';
COMMENT ON COLUMN credit_limit.limit_choices.old_limit IS 'the limit before; NULL when it is not known, and there is no choice';
COMMENT ON COLUMN credit_limit.limit_choices.lower IS 'the least multiple of step; NULL: there is none';
COMMENT ON COLUMN credit_limit.limit_choices.upper IS 'the highest one; NULL: there is none';
COMMENT ON COLUMN credit_limit.limit_choices.step IS 'the unit of limits of the product';
COMMENT ON COLUMN credit_limit.limit_choices.dead_band IS
    'changes of the old limit by less are not made; NULL where there is no multiple';
COMMENT ON COLUMN credit_limit.limit_choices.keep IS
    'what is left of the old limit where nothing else is chosen: mostly the old limit, less where a cap or the law forbids it; '
    'NULL: that is not known';
COMMENT ON COLUMN credit_limit.limit_choices.zero IS
    'what is left where nothing is to be granted: 0, or what is drawn or may not be taken at once; NULL: whoever '
    'chooses that gets another limit, or it is the same as keep';
COMMENT ON COLUMN credit_limit.limit_choices.reasons IS
    'why there is no more to choose: as limit_decision.reasons of a decision without a target';

CREATE FUNCTION credit_limit.limit_choices(policy credit_limit.limit_policy, account record, as_of date)
RETURNS credit_limit.limit_choices
    AS 'MODULE_PATHNAME', 'cl_limit_choices' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION credit_limit.limit_choices(credit_limit.limit_policy, record, date) IS
    'which limits decide_limit would grant as they are, if they were the target: what is left by caps, floor, exclusions, '
    'movement, dead band, cooling-off, rounding, what is drawn, and approval (what needs one is no choice). The target of the '
    'policy is not looked at, nor are its columns. Where an input is not known, the old limit is the only choice. Errors and '
    'NULL as decide_limit';

CREATE FUNCTION credit_limit.policy_economics(policy credit_limit.limit_policy, account record, OUT demand credit_limit.demand,
    OUT margin float8, OUT carry float8, OUT price float8)
    AS 'MODULE_PATHNAME', 'cl_policy_economics' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION credit_limit.policy_economics(credit_limit.limit_policy, record) IS
    'what a target "optimal" takes an account to want and to earn: demand, the column demand_mixture (NULL: not known); margin '
    'and carry in a year of a unit that is drawn and of one that is not (unit_economics); price, shadow_price times weight. '
    'NULL: the policy has another target, or an input of the economics is not known. The row has the columns that decide_limit '
    'needs; errors are of what is read here';

CREATE FUNCTION credit_limit.explain_limit(policy credit_limit.limit_policy, account record, as_of date) RETURNS jsonb
    AS 'MODULE_PATHNAME', 'cl_explain_limit' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2000;
COMMENT ON FUNCTION credit_limit.explain_limit(credit_limit.limit_policy, record, date) IS
    'the same decision as decide_limit with the inputs, the exclusions and every step: its name, the amount before and after '
    'it, the bound it compares with, and a sentence. Errors and NULL as there';

CREATE FUNCTION credit_limit.decide_limit(policy credit_limit.limit_policy, account record, as_of date, target numeric,
  reason text DEFAULT NULL) RETURNS credit_limit.limit_decision
    AS 'MODULE_PATHNAME', 'cl_decide_limit_target' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
COMMENT ON FUNCTION credit_limit.decide_limit(credit_limit.limit_policy, record, date, numeric, text) IS
    'decide_limit with another target in the place of the policy''s: neither demand nor economics are read. target: an amount, '
    'rounded down; reason: what is said where it binds, NULL what the policy says. NULL where another argument is. Errors: a '
    'policy without a target (22023), and those of decide_limit';

CREATE FUNCTION credit_limit.explain_limit(policy credit_limit.limit_policy, account record, as_of date, target numeric)
RETURNS jsonb
    AS 'MODULE_PATHNAME', 'cl_explain_limit_target' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2000;
COMMENT ON FUNCTION credit_limit.explain_limit(credit_limit.limit_policy, record, date, numeric) IS
    'explain_limit of decide_limit with another target';

CREATE FUNCTION credit_limit.limit_menu(policy credit_limit.limit_policy, account record, as_of date, budgets text[],
    acceptance float8 DEFAULT 1, notice_days float8 DEFAULT 0, cost_of_change float8 DEFAULT 0,
    OUT keep int, OUT known boolean, OUT limits numeric[], OUT "values" numeric[], OUT uses numeric[])
    AS 'MODULE_PATHNAME', 'cl_limit_menu' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200;
COMMENT ON FUNCTION credit_limit.limit_menu(credit_limit.limit_policy, record, date, text[], float8, float8, float8) IS
    'the limits of limit_choices in ascending order, at most 64 (of more steps every second, third, ... and the last), for a '
    'policy with target.optimal: values, the profit of a year by its economics and the column demand_mixture, without the '
    'price of a budget; uses, a row for each limit with a number for each budget: exposure (the limit), undrawn (limit less '
    'expected draw), expected_loss (pd lgd (default_draw_ratio draw + ccf undrawn)), capital (capital (draw + ccf undrawn)), '
    'or the name of a column of numbers, 0 to 1000, that is the use of a unit of limit; a column draw_ and that name, where '
    'there is one, is how much more a unit of expected draw uses, from minus that use to 1000. Where one says nothing of the '
    'kind, the use is NULL. keep: the place of what is left of the old limit. acceptance (0 to 1): a rise adds its profit '
    'with this probability, and uses its budget all the same. notice_days (0 to 365): until they are over a cut earns as the '
    'old limit. cost_of_change: an amount that every change costs. known: false where demand, economics or such a use are '
    'not, and then keep is the only limit, worth 0 and taken as drawn in full. NULL where the old limit is not known or an '
    'argument is NULL. Errors: a policy without target.optimal, another budget, options out of range (22023), and those of '
    'decide_limit';

-- part of draft_allocation(): limit_menu() by another demand than that of the account
CREATE FUNCTION credit_limit_internal.limit_menu(policy credit_limit.limit_policy, account record, as_of date, budgets text[],
    acceptance float8, notice_days float8, cost_of_change float8, demand credit_limit.demand,
    OUT keep int, OUT known boolean, OUT limits numeric[], OUT "values" numeric[], OUT uses numeric[])
    AS 'MODULE_PATHNAME', 'cl_limit_menu' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200;

CREATE FUNCTION credit_limit.columns_read(policy credit_limit.limit_policy) RETURNS text[]
    AS 'MODULE_PATHNAME', 'cl_limit_policy_columns_read' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION credit_limit.columns_read(credit_limit.limit_policy) IS
    'the columns of a row that decide_limit reads by this policy, also those that the row may lack. NULL gives NULL';

\i test/helpers.sql
-- What a caller counts, or gives as an array, is bounded before it sizes or indexes anything: every integer, array and oid that SQL can
-- give to a C function of either schema, or to an aggregate, stands here with the least and the most that it takes.

CREATE TABLE row AS
SELECT i, i % 3 = 0 AS event, i / 50.0::float8 AS x, i * 1.5::float8 AS score FROM generate_series(1, 50) i;
CREATE TABLE one (x numeric);
CREATE TABLE given AS
SELECT roc_agg(score, event, true) AS roc, calibration_agg(x, event) AS calibration,
  logistic_regression(event, ARRAY[x, (i % 7)::float8]) AS model, demand(3, 1) AS demand,
  tobit_regression(least(score, 60), 0, 60, ARRAY[(i % 7)::float8]) AS tobit,
  behavior_agg(make_date(2020 + i / 12, 1 + i % 12, 1), 1000, i, i, i, 0) AS history,
  logit_coded_rows(event, ARRAY[i % 5, i % 7]::float8[]) AS coded, binning_refit(fixed_binning(ARRAY[15, 50]), score, event) AS binning,
  '{"name": "c", "characteristics": [{"name": "x", "bins": [{"below": 1, "points": 1}, {"points": 2}]}]}'::scorecard AS card
FROM row;
-- A state of type float8[] may be that of an aggregate of somebody else.
CREATE FUNCTION kept(s float8[], x float8) RETURNS float8[] LANGUAGE sql IMMUTABLE RETURN s;
CREATE FUNCTION forecast(of text, state float8[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE answer text;
BEGIN
  EXECUTE format('CREATE AGGREGATE theirs(float8) (STYPE = float8[], INITCOND = %L, %s)', state, of);
  EXECUTE 'SELECT theirs(i::float8)::text FROM row' INTO answer;
  DROP AGGREGATE theirs(float8);
  RETURN answer;
END $$;

-- "call" has %s for the argument: a number, or an array with so many of "element". Neither least nor most: it depends on the rest.
CREATE TABLE bound (function text, argument text, least numeric, most numeric, element text, call text);
INSERT INTO bound VALUES
  ('calibration_stats', 'groups', 1, 100000, NULL, 'calibration_stats(calibration, %s) FROM given'),
  ('calibration_table', 'groups', 1, 100000, NULL, 'calibration_table(calibration, %s) FROM given'),
  ('brier_decomposition', 'groups', 1, 100000, NULL, 'brier_decomposition(calibration, %s) FROM given'),
  ('hosmer_lemeshow', 'groups', 1, 100000, NULL, 'hosmer_lemeshow(x, event, %s, true) FROM row'),
  ('roc_curve', 'points', 2, 10000000, NULL, 'roc_curve(roc, %s) FROM given'),
  ('gains_table', 'groups', 1, 100000, NULL, 'gains_table(roc, %s) FROM given'),
  ('cutoff_table', 'groups', 1, 100000, NULL, 'cutoff_table(roc, %s) FROM given'),
  ('cutoff_table_at', 'cutoffs', 0, NULL, 'i', 'cutoff_table_at(roc, %s) FROM given'),
  ('budget_frontier', 'points', 1, 64, NULL, 'budget_frontier(''SELECT i AS account_id, 5 AS mu, 1 AS sigma, 0 AS p_zero, 0.1 AS margin, 0.02 AS carry, '
    '1 AS use_a FROM row'', ''a'', %s)'),
  ('quantile_bands', 'bands', 2, 1000, NULL, 'quantile_bands(score, %s) FROM row'),
  ('behavior_project_idle', 'months', 0, 120, NULL, 'behavior_project_idle(history, %s) FROM given'),
  ('reason_codes', 'n', 1, 2147483647, NULL, 'reason_codes(card, ''{"x": 3}''::jsonb, %s) FROM given'),
  ('top_share', 'n', 1, 9223372036854775807, NULL, 'top_share(concentration_agg(i), %s) FROM row WHERE i < 9'),
  ('lorenz_curve', 'points', 1, 1000, NULL, 'lorenz_curve(concentration_agg(i), %s) FROM row WHERE i < 9'),
  ('net_flow_rates', 'states', NULL, NULL, '''1''', 'net_flow_rates(transitions_agg(i, i), %s) FROM row WHERE i < 9'),
  ('transition_pd', 'months', 0, 1200, NULL, 'transition_pd(transitions_agg(i, i), %s, ''{}'') FROM row WHERE i < 9'),
  ('transition_pd', 'default_states', NULL, NULL, '''1''', 'transition_pd(transitions_agg(i, i), 3, %s) FROM row WHERE i < 9'),
  ('expected_states', 'months', 0, 1200, NULL, 'expected_states(transitions_agg(1, 1), ''{5}'', %s)'),
  ('expected_states', 'start', 1, 1, 'i', 'expected_states(transitions_agg(1, 1), %s, 3)'),
  ('transition_generator', 'moves', NULL, NULL, '''1''', 'transition_generator(transitions_agg(i, i), %s) FROM row WHERE i < 9'),
  ('transition_generator', 'exact_states', NULL, NULL, '''1''', 'transition_generator(transitions_agg(i, i), NULL, %s) FROM row WHERE i < 9'),
  ('generator_matrix', 'generator', 0, 0, '0', 'generator_matrix(%s, 1)'),
  ('disclosure_table', 'row_labels', 1, 1, '''a''::text', 'disclosure_table(%s, ''{a}'', ''{5}'')'),
  ('disclosure_table', 'column_labels', 1, 1, '''a''::text', 'disclosure_table(''{a}'', %s, ''{5}'')'),
  ('disclosure_table', 'n', 1, 1, '5::bigint', 'disclosure_table(''{a}'', ''{a}'', %s)'),
  ('disclosure_audit', 'tables', 1, 1, '(SELECT disclosure_table_agg(''a'', ''b'', 1, 1))', 'disclosure_audit(%s, ''{NULL}'')'),
  ('suppress_linked', 'tables', 1, 64, 'disclosure_table(''{a}'', ''{b}'', ''{9}'')', 'suppress_linked(%s, ''{}'', ''[]'')'),
  ('disclosure_audit', 'released', 1, 1, 'NULL::jsonb', 'disclosure_audit(ARRAY[(SELECT disclosure_table_agg(''a'', ''b'', 1, 1))], %s)'),
  ('disclosure_table_agg', 'contributor', -9223372036854775808, 9223372036854775807, NULL, 'disclosure_table_agg(''a'', ''b'', %s)'),
  ('vintage_agg', 'months_on_book', 0, 1200, NULL, 'vintage_agg(''2026-01-01'', %s, true, true)'),
  ('sicr_agg', 'account_id', -9223372036854775808, 9223372036854775807, NULL, 'sicr_agg(%s, ''2026-01-01'', 0, 0, 0, 0, 0, ''2026-01-01'')'),
  ('sicr_agg', 'days_past_due', 0, 2147483647, NULL, 'sicr_agg(1, ''2026-01-01'', %s, 0, 0, 0, 0, ''2026-01-01'')'),
  ('hazard_agg', 'duration', 0, 36525, NULL, 'hazard_agg(%s, true)'),
  ('lifetime_pd', 'period_length', 1, 36525, NULL, 'lifetime_pd(hazard_agg(i, event), ''event'', %s) FROM row'),
  ('traffic_light', 'months', 1, 1200, NULL, 'traffic_light(x, 0.1, 0.2, NULL, NULL, %s) OVER () FROM row'),
  ('cusum_run_length', 'sides', 1, 2, NULL, 'cusum_run_length(0, 0.5, 4, %s)'),
  ('cusum_run_length', 'months_estimated', 3, 120, NULL, 'cusum_run_length(3, 0.5, 1, 1, 0, 0, %s)'),
  ('ewma_run_length', 'sides', 1, 2, NULL, 'ewma_run_length(0, 0.5, 3, %s)'),
  ('ewma_run_length', 'months_estimated', 3, 120, NULL, 'ewma_run_length(3, 0.5, 1, 2, 0, %s)'),
  ('cusum_limit', 'sides', 1, 2, NULL, 'cusum_limit(100, 0.5, %s)'),
  ('cusum_limit', 'months_estimated', 3, 120, NULL, 'cusum_limit(2, 0.5, 1, 0, 0, %s)'),
  ('ewma_limit', 'sides', 1, 2, NULL, 'ewma_limit(100, 0.5, %s)'),
  ('ewma_limit', 'months_estimated', 3, 120, NULL, 'ewma_limit(2, 0.5, 2, 0, %s)'),
  ('adjusted_p', 'p', 0, NULL, '0.5', 'adjusted_p((%s)::float8[])'),
  ('aalen_johansen', 'transitions', NULL, NULL, 'transitions_agg(1, 1)', 'aalen_johansen(%s)'),
  ('transitions_agg', 'from_state', -2147483648, 2147483647, NULL, 'transitions_agg(%s, 1)'),
  ('transitions_agg', 'to_state', -2147483648, 2147483647, NULL, 'transitions_agg(1, %s)'),
  ('state_path_agg', 'account_id', -9223372036854775808, 9223372036854775807, NULL, 'state_path_agg(%s, ''2026-01-01'', 1)'),
  ('state_path_agg', 'state', -2147483648, 2147483647, NULL, 'state_path_agg(''2026-01-01'', %s)'),
  ('demand_amount', 'decimals', 0, 20, NULL, 'demand_amount(demand, 0.9, %s) FROM given'),
  ('forecast_balance', 'horizon', NULL, NULL, NULL,
    'forecast_balance((SELECT demand_model_agg(history) FROM given), history, ''2020-06-01'', %s) FROM given'),
  ('forecast_demand', 'horizon', NULL, NULL, NULL,
    'forecast_demand((SELECT demand_model_agg(history) FROM given), history, ''2020-06-01'', %s) FROM given'),
  ('demand_with_basis', 'horizon', 1, 120, NULL, 'demand_with_basis(demand, ''peak'', %s) FROM given'),
  ('demand_prior_agg', 'account', -9223372036854775808, 9223372036854775807, NULL, 'demand_prior_agg(%s, demand(history)) FROM given'),
  ('demand_posterior', 'horizon', 1, 36, NULL,
    'demand_posterior(demand(history), (SELECT demand_prior_agg(1, demand(history)) FROM given), NULL, %s) FROM given'),
  ('allocation_step_agg', 'uses', 1, 1, '0.5', 'allocation_step_agg(5, 1, 0, 0.1, 0.02, 0, 9::float8, (%s)::float8[], NULL, ''{0.1}'') FROM row'),
  ('allocation_step_agg', 'draws', 1, 1, '0.5', 'allocation_step_agg(5, 1, 0, 0.1, 0.02, 0, 9::float8, ''{1}'', (%s)::float8[], ''{0.1}'') FROM row'),
  ('allocation_step_agg', 'prices', 1, 1, '0.5', 'allocation_step_agg(5, 1, 0, 0.1, 0.02, 0, 9::float8, ''{1}'', NULL, (%s)::float8[]) FROM row'),
  ('allocation_limit', 'uses', 1, 1, '0.5', 'allocation_limit(5, 1, 0, 0.1, 0.02, 0, 9, (%s)::float8[], NULL, ''{0.1}'')'),
  ('allocation_limit', 'draws', 1, 1, '0.5', 'allocation_limit(5, 1, 0, 0.1, 0.02, 0, 9, ''{1}'', (%s)::float8[], ''{0.1}'')'),
  ('allocation_limit', 'prices', 1, 1, '0.5', 'allocation_limit(5, 1, 0, 0.1, 0.02, 0, 9, ''{1}'', NULL, (%s)::float8[])'),
  ('allocation_step_agg', 'risk', 6, 6, '0.01', 'allocation_step_agg(5, 1, 0, 0.1, 0.02, 0, 9::float8, ''{1}'', NULL, ''{0.1}'', (%s)::float8[], NULL) '
    'FROM row'),
  ('allocation_step_agg', 'scenarios', 3, 3, '1', 'allocation_step_agg(5, 1, 0, 0.1, 0.02, 0, 9::float8, ''{1}'', NULL, ''{0.1, 1}'', '
    '''{0.01, 0.5, 0.4, 1, 0, 0}'', (%s)::float8[]) FROM row'),
  ('allocation_limit', 'risk', 6, 6, '0.01', 'allocation_limit(5, 1, 0, 0.1, 0.02, 0, 9, ''{1}'', NULL, ''{0.1}'', (%s)::float8[], NULL)'),
  ('allocation_limit', 'scenarios', 3, 3, '1', 'allocation_limit(5, 1, 0, 0.1, 0.02, 0, 9, ''{1}'', NULL, ''{0.1, 1}'', ''{0.01, 0.5, 0.4, 1, 0, 0}'', '
    '(%s)::float8[])'),
  ('band_table', 'prices', 1, 1, '0.5', 'credit_limit_internal.band_table(''SELECT i AS account_id, 5 AS mu, 1 AS sigma, 0 AS p_zero, 0.1 AS '
    'margin, 0.02 AS carry, 1 AS use_a, i AS x, i AS y FROM row'', ''{"down": {"column": "x", "limit": "rises"}, "across": {"column": "y", "limit": '
    '"falls"}}'', ''{"down": 2, "across": 2}'', ''{"a": 9}'', ''{}'', (%s)::float8[])'),
  ('allocation_step_stats', 'budgets', 1, 1, '0.5',
    'allocation_step_stats(allocation_step_agg(5, 1, 0, 0.1, 0.02, 0, 9::float8, ''{1}'', NULL, ''{0.1}''), (%s)::float8[]) FROM row'),
  ('demand', 'x', 1, 1, '0.5', 'demand(tobit, (%s)::float8[]) FROM given'),
  ('demand_from_quantiles', 'probabilities', NULL, NULL, '0.5', 'demand_from_quantiles(%s, ''{1}'')'),
  ('demand_from_quantiles', 'quantiles', NULL, NULL, '0.5', 'demand_from_quantiles(''{1}'', %s)'),
  ('demand_mean_amount', 'decimals', 0, 20, NULL, 'demand_mean_amount(demand, %s) FROM given'),
  ('expected_draw_amount', 'decimals', 0, 20, NULL, 'expected_draw_amount(demand, 10, %s) FROM given'),
  ('expected_unmet_amount', 'decimals', 0, 20, NULL, 'expected_unmet_amount(demand, 10, %s) FROM given'),
  ('expected_loss', 'decimals', 0, 20, NULL, 'expected_loss(0.1, 0.5, 0.5, 60, 100, %s)'),
  ('ead', 'decimals', 0, 20, NULL, 'ead(60, 100, 0.5, %s)'),
  ('stressed_draw', 'decimals', 0, 20, NULL, 'stressed_draw(60, 100, 0.5, 0, %s)'),
  ('ecl_revolving', 'decimals', 0, 20, NULL, 'ecl_revolving(1, 60, 40, 0.5, ''{0.1}'', 0.5, 0, %s)'),
  ('ecl_revolving', 'stage', 1, 3, NULL, 'ecl_revolving(%s, 60, 40, 0.5, ''{0.1}'', 0.5)'),
  ('ecl_revolving', 'pd', 0, 1200, '0', 'ecl_revolving(2, 60, 40, 0.5, (%s)::float8[], 0.5)'),
  ('marginal_pd', 'cumulative', 0, 1200, '0.5', 'marginal_pd((%s)::float8[])'),
  ('marginal_pd_from_hazard', 'hazard', 0, 1200, '0.5', 'marginal_pd_from_hazard((%s)::float8[])'),
  ('limit_profit_curve', 'points', 2, 10000, NULL, 'limit_profit_curve(demand, 0.1, 0.02, 0, 9, %s) FROM given'),
  ('action_price', 'budgets', 1, 1, 'i', 'action_price(''SELECT 1, 1, 1, ARRAY[1]'', (%s)::numeric[])'),
  ('limit_menu', 'budgets', 1, 16, '''exposure''::text', 'limit_menu(''{"name": "p", "product": {"cap": 9},
    "target": {"optimal": {"margin": 0.1, "carry": 0}}}'', q, ''2026-01-01'', (%s)::text[])
    FROM (SELECT 1 AS credit_limit, 0 AS balance, demand(1, 1) AS demand_mixture) q'),
  ('best_action', 'values', 2, 2, 'i', 'best_action((%s)::numeric[], ARRAY[[1], [1]], ARRAY[1])'),
  ('best_action', 'uses', 1, 1, 'i', 'best_action(ARRAY[1], ARRAY[(%s)::numeric[]], ARRAY[1])'),
  ('best_action', 'prices', 2, 2, 'i', 'best_action(ARRAY[1], ARRAY[[1, 1]], (%s)::numeric[])'),
  ('flip_price', 'values', 2, 2, 'i', 'flip_price((%s)::numeric[], ARRAY[[1], [1]], ARRAY[1])'),
  ('flip_price', 'uses', 1, 1, 'i', 'flip_price(ARRAY[1], ARRAY[(%s)::numeric[]], ARRAY[1])'),
  ('flip_price', 'prices', 2, 2, 'i', 'flip_price(ARRAY[1], ARRAY[[1, 1]], (%s)::numeric[])'),
  ('scorecard_set', 'bin_id', 1, 2, NULL, 'scorecard_set(card, ''x'', %s, 7) FROM given'),
  ('scorecard_set_reason', 'bin_id', 1, 2, NULL, 'scorecard_set_reason(card, ''x'', %s, ''high'') FROM given'),
  ('row_layout', 'kept', NULL, NULL, '''a''', 'row_layout(q, %s) FROM (SELECT 1 AS a) q'),
  ('canonical_columns', 'kept', NULL, NULL, '''a''', 'canonical_columns(q, %s) FROM (SELECT 1 AS a) q'),
  ('affordable_limit', 'decimals', 0, 4, NULL, 'affordable_limit(3000, 500, 0.18, 0.05, decimals => %s)'),
  ('limit_gap', 'months_inactive', 0, 2147483647, NULL, 'limit_gap(100, 90, 80, 75, 70, 60, %s)'),
  ('limit_gap', 'dormant_after', 1, 2147483647, NULL, 'limit_gap(100, 90, 80, 75, 70, 60, 1, ''waterfall'', %s)'),
  ('limit_gap', 'decimals', 0, 20, NULL, 'limit_gap(100, 90, 80, 75, 70, 60, 1, ''waterfall'', 6, %s)'),
  ('psi_critical_value', 'bands', 2, 2147483647, NULL, 'psi_critical_value(100, 100, %s)'),
  ('information_value', 'bin', -2147483648, 2147483647, NULL, 'information_value(%s, event) FROM row'),
  ('behavior_agg', 'days_past_due', 0, 65534, NULL, 'behavior_agg(DATE ''2020-01-01'', 1, 1, 1, 1, %s)'),
  ('behavior_features', 'days_past_due', 0, 65534, NULL, 'behavior_features(DATE ''2020-01-01'', 1, 1, 1, 1, %s)'),
  ('behavior_add', 'days_past_due', 0, 65534, NULL, 'behavior_add(NULL, DATE ''2020-01-01'', 1, 1, 1, 1, %s)'),
  ('pd_binomial_test', 'n', 10, 1000000000000, NULL, 'pd_binomial_test(%s, 10, 0.1)'),
  ('pd_binomial_test', 'events', 0, 1000, NULL, 'pd_binomial_test(1000, %s, 0.1)'),
  ('pd_jeffreys_test', 'n', 10, 1000000000000, NULL, 'pd_jeffreys_test(%s, 10, 0.1)'),
  ('pd_jeffreys_test', 'events', 0, 1000, NULL, 'pd_jeffreys_test(1000, %s, 0.1)'),
  ('pd_normal_test', 'n', 10, 1000000000000, NULL, 'pd_normal_test(%s, 10, 0.1)'),
  ('pd_normal_test', 'events', 0, 1000, NULL, 'pd_normal_test(1000, %s, 0.1)'),
  ('pd_correlated_test', 'n', 10, 1000000000000, NULL, 'pd_correlated_test(%s, 10, 0.1, 0.05)'),
  ('pd_correlated_test', 'events', 0, 1000, NULL, 'pd_correlated_test(1000, %s, 0.1, 0.05)'),
  ('jeffreys_interval', 'n', 10, 1000000000000, NULL, 'jeffreys_interval(%s, 10)'),
  ('jeffreys_interval', 'events', 0, 1000, NULL, 'jeffreys_interval(1000, %s)'),
  ('grade_heterogeneity_test', 'n1', 10, 9223372036854775807, NULL, 'grade_heterogeneity_test(%s, 10, 1000, 10)'),
  ('grade_heterogeneity_test', 'd1', 0, 1000, NULL, 'grade_heterogeneity_test(1000, %s, 1000, 10)'),
  ('grade_heterogeneity_test', 'n2', 10, 9223372036854775807, NULL, 'grade_heterogeneity_test(1000, 10, %s, 10)'),
  ('grade_heterogeneity_test', 'd2', 0, 1000, NULL, 'grade_heterogeneity_test(1000, 10, 1000, %s)'),
  ('event_rate_test', 'n_expected', 10, 9223372036854775807, NULL, 'event_rate_test(%s, 10, 1000, 10)'),
  ('event_rate_test', 'events_expected', 0, 1000, NULL, 'event_rate_test(1000, %s, 1000, 10)'),
  ('event_rate_test', 'n_actual', 10, 9223372036854775807, NULL, 'event_rate_test(1000, 10, %s, 10)'),
  ('event_rate_test', 'events_actual', 0, 1000, NULL, 'event_rate_test(1000, 10, 1000, %s)'),
  ('adverse_impact_ratio', 'n_favourable', 0, 1000, NULL, 'adverse_impact_ratio(%s, 1000, 10, 1000)'),
  ('adverse_impact_ratio', 'n', 10, 9223372036854775807, NULL, 'adverse_impact_ratio(10, %s, 10, 1000)'),
  ('adverse_impact_ratio', 'n_favourable_reference', 0, 1000, NULL, 'adverse_impact_ratio(10, 1000, %s, 1000)'),
  ('adverse_impact_ratio', 'n_reference', 10, 9223372036854775807, NULL, 'adverse_impact_ratio(10, 1000, 10, %s)'),
  ('standardized_mean_difference', 'n', 0, 9223372036854775807, NULL, 'standardized_mean_difference(%s, 1, 1, 10, 1, 1)'),
  ('standardized_mean_difference', 'n_reference', 0, 9223372036854775807, NULL, 'standardized_mean_difference(10, 1, 1, %s, 1, 1)'),
  ('auc_deterioration_test', 'n_event', 1, 9223372036854775807, NULL, 'auc_deterioration_test(0.7, 0.7, %s, 10)'),
  ('auc_deterioration_test', 'n_non_event', 1, 9223372036854775807, NULL, 'auc_deterioration_test(0.7, 0.7, 10, %s)'),
  ('fixed_binning', 'splits', 0, 998, 'i', 'fixed_binning(%s::float8[])'),
  ('binning_merge', 'bin_ids', 2, 3, 'i', 'binning_merge(binning, %s) FROM given'),
  ('logit_coefficients', 'names', 2, 2, '''t'' || i', 'logit_coefficients(model, %s) FROM given'),
  ('logit_predict', 'x', 2, 2, '0.5', 'logit_predict(model, %s) FROM given'),
  ('logit_link', 'x', 2, 2, '0.5', 'logit_link(model, %s) FROM given'),
  ('logit_stepwise', 'terms', 3, 3, '''t'' || i', 'logit_stepwise(''SELECT event, ARRAY[x, x * x, score * x] FROM row'', %s)'),
  ('logit_coded_fit', 'columns', 1, 2, 'i', 'logit_coded_fit(coded, %s::int[]) FROM given'),
  ('logistic_regression', 'x', 0, 1000, '0.5::float8', 'logistic_regression(event, %s, ''{"max_iterations": 1}'') FROM row'),
  ('logit_coded_rows', 'x', 0, 1000, '0.5::float8', 'logit_coded_rows(event, %s) FROM row'),
  ('logit_solve', 'information', 1, 1, '1::float8', 'credit_limit_internal.logit_solve(%s, ''{1}'')'),
  ('logit_solve', 'gradient', 1, 1, '1::float8', 'credit_limit_internal.logit_solve(''{1}'', %s)'),
  ('logit_newton_step', 'x', 0, 1000, '0.5::float8', 'logit_newton_step(event, %s, ''{}'') FROM row'),
  ('logit_newton_step', 'beta', 2, 2, '0.1::float8', 'logit_newton_step(event, ARRAY[x], %s) FROM row'),
  ('logit_newton_step', 'center', 1, 1, '0.1::float8', 'logit_newton_step(event, ARRAY[x], ARRAY[0, 0.1], 1, %s, ARRAY[1.0]) FROM row'),
  ('logit_newton_step', 'scale', 1, 1, '0.1::float8', 'logit_newton_step(event, ARRAY[x], ARRAY[0, 0.1], 1, ARRAY[0.0], %s) FROM row'),
  ('tobit_regression', 'x', 0, 1000, '0.5::float8', 'tobit_regression(score, 0, NULL, %s) FROM row'),
  ('tobit_regression', 'cluster', -9223372036854775808, 9223372036854775807, NULL, 'tobit_regression(score, 0, NULL, ARRAY[x], 1, %s, NULL) FROM row'),
  ('tobit_table', 'names', 1, 1, '''t'' || i', 'tobit_table(tobit, %s) FROM given'),
  ('tobit_predict', 'x', 1, 1, '0.5', 'tobit_predict(tobit, %s) FROM given'),
  ('sharded_query', 'shards', 1, 1, '''row''::regclass', 'sharded_query(''hazard_agg(i, event)'', %s)'),
  ('sharded_query', 'group_by', 0, 1, '''i''::text', 'sharded_query(''hazard_agg(i, event)'', ''{row}'', %s)'),
  ('psi', 'expected', NULL, NULL, 'i', 'psi(%1$s::float8[], %1$s::float8[])'),
  ('psi', 'actual', 2, 2, 'i', 'psi(ARRAY[1, 2], %s::float8[])'),
  ('stability_divergence', 'expected', NULL, NULL, 'i', 'stability_divergence(%1$s::float8[], %1$s::float8[])'),
  ('stability_divergence', 'actual', 2, 2, 'i', 'stability_divergence(ARRAY[1, 2], %s::float8[])'),
  ('stability', 'bins', NULL, 100000, 'i', 'stability(%1$s::text[], %1$s::float8[], %1$s::float8[])'),
  ('stability', 'expected', 2, 2, 'i', 'stability(ARRAY[''a'', ''b''], %s::float8[], ARRAY[1, 2])'),
  ('stability', 'actual', 2, 2, 'i', 'stability(ARRAY[''a'', ''b''], ARRAY[1, 2], %s::float8[])'),
  ('scorecard_from_coefficients', 'coefficients', 1, 1, '0.1::float8',
    'scorecard_from_coefficients(1, %s, ARRAY[''x''], ARRAY[binning]) FROM given'),
  ('scorecard_from_coefficients', 'characteristics', 1, 1, '''x'' || i',
    'scorecard_from_coefficients(1, ARRAY[1.0], %s, ARRAY[binning]) FROM given'),
  ('scorecard_from_coefficients', 'binnings', 1, 1, '(SELECT binning FROM given)', 'scorecard_from_coefficients(1, ARRAY[1.0], ARRAY[''x''], %s) FROM given'),
  ('scorecard', 'characteristics', 2, 2, '''x'' || i', 'scorecard(model, %s, ARRAY[binning, binning]) FROM given'),
  ('scorecard', 'binnings', 2, 2, '(SELECT binning FROM given)', 'scorecard(model, ARRAY[''x'', ''y''], %s) FROM given'),
  ('assign_arm', 'arms', 2, 2, '''a'' || i', 'assign_arm(''e'', ''u'', %s, ARRAY[0.5, 0.5])'),
  ('assign_arm', 'shares', 2, 2, '0.5::float8', 'assign_arm(''e'', ''u'', ARRAY[''a'', ''b''], %s)'),
  ('intermittent_transition', 'double precision[]', 9, 9, '0.5::float8', 'forecast(''SFUNC = credit_limit_internal.intermittent_transition'', %s)'),
  ('intermittent_final', 'double precision[]', 9, 9, '0.5::float8', 'forecast(''SFUNC = kept, FINALFUNC = credit_limit_internal.intermittent_final'', %s)'),
  ('scorecard_set', 'bin_id', 1, 2, NULL, 'scorecard_set(card, ''x'', %s, 5) FROM given'),
  ('scorecard_set_reason', 'bin_id', 1, 2, NULL, 'scorecard_set_reason(card, ''x'', %s, ''Why'') FROM given'),
  ('scorecard_bin_counts', 'bins', 1, 1, '1', 'credit_limit_internal.scorecard_bin_counts(card, %s) FROM given'),
  ('score_columns', 'names', NULL, NULL, '''x''', 'credit_limit_internal.score_columns(card, %s, 1.0) FROM given'),
  ('score_pd_columns', 'names', NULL, NULL, '''x''', 'credit_limit_internal.score_pd_columns(card, %s, 1.0) FROM given'),
  ('score_columns', 'columns', NULL, NULL, '0.5', 'credit_limit_internal.score_columns(card, ''{x}'', VARIADIC %s) FROM given'),
  ('score_pd_columns', 'columns', NULL, NULL, '0.5', 'credit_limit_internal.score_pd_columns(card, ''{x}'', VARIADIC %s) FROM given'),
  ('trigger_book', 'relation', NULL, NULL, NULL, 'credit_limit_internal.trigger_book(%s::text::oid)'),
  ('seal', 'most', NULL, NULL, NULL, 'credit_limit_internal.seal(''none'', %s, 1, 1, ''\x00'', 1)'),
  ('seal', 'lane', NULL, NULL, NULL, 'credit_limit_internal.seal(''none'', 1, %s, 1, ''\x00'', 1)'),
  ('seal', 'place', NULL, NULL, NULL, 'credit_limit_internal.seal(''none'', 1, 1, %s, ''\x00'', 1)'),
  ('seal', 'previous_account', NULL, NULL, NULL, 'credit_limit_internal.seal(''none'', 1, 1, 1, ''\x00'', %s)'),
  ('scored_row', 'version_no', -2147483648, 2147483647, NULL, 'credit_limit_internal.scored_row(q, %s, false, 1, 1, 1) FROM (SELECT 1 AS a) q'),
  ('scored_row', 'allocation_id', -2147483648, 2147483647, NULL, 'credit_limit_internal.scored_row(q, 1, false, 1, 1, %s) FROM (SELECT 1 AS a) q'),
  ('session_works', 'pid', -2147483648, 2147483647, NULL, 'credit_limit_internal.session_works(%s, now())'),
  ('value_hash_extended', 'bigint', -9223372036854775808, 9223372036854775807, NULL, 'credit_limit_internal.value_hash_extended(card, %s) FROM given');

-- Every argument of the kind, by the catalog.
CREATE VIEW argument AS
SELECT DISTINCT p.proname::text AS function, coalesce(nullif(p.proargnames[a.i], ''), a.type::regtype::text) AS argument
FROM pg_proc p, unnest(p.proargtypes::oid[]) WITH ORDINALITY a (type, i) JOIN pg_type t ON t.oid = a.type
WHERE p.pronamespace IN ('credit_limit'::regnamespace, 'credit_limit_internal'::regnamespace) AND 'internal'::regtype <> ALL (p.proargtypes)
  AND (p.prokind = 'a' OR p.prolang = (SELECT oid FROM pg_language WHERE lanname = 'c'))
  AND (a.type IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'oid'::regtype, 'anyarray'::regtype, '"any"'::regtype) OR t.typcategory = 'A');
SELECT function, argument AS not_listed FROM argument EXCEPT SELECT function, argument FROM bound ORDER BY 1, 2;
SELECT function, argument AS not_there FROM bound EXCEPT SELECT function, argument FROM argument ORDER BY 1, 2;

-- What is refused has a message of its own, or of the server about the type; everything else (an internal error, no memory, too long) is
-- shown as it is.
CREATE FUNCTION try(b bound, given text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE ignored bigint;
BEGIN
  EXECUTE format('SELECT count(s::text) FROM (SELECT ' || b.call || ') s', given) INTO ignored;
  RETURN 'taken';
EXCEPTION
  WHEN data_exception OR program_limit_exceeded OR syntax_error_or_access_rule_violation OR invalid_cursor_name OR feature_not_supported THEN
    RETURN 'refused';
  WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SELECT function, argument, n, outcome
FROM bound b, unnest(ARRAY[least - 1, least, most, most + 1, -9223372036854775808, -2147483648, 2147483647, 9223372036854775807]) n, try(b, n::text) outcome
WHERE element IS NULL AND outcome IS DISTINCT FROM CASE WHEN n BETWEEN least AND most THEN 'taken' WHEN least IS NULL AND outcome = 'taken' THEN 'taken'
  ELSE 'refused' END;
SELECT function, argument, n, outcome
FROM bound b, unnest(ARRAY[least - 1, least, most, most + 1, 1200, 3000, 46342]) n,
  try(b, format('(SELECT array_agg(%s) FROM generate_series(1, %s) i)', element, n)) outcome
WHERE n > 0 AND element IS NOT NULL AND outcome IS DISTINCT FROM CASE WHEN n BETWEEN least AND coalesce(most, 1e6) THEN 'taken'
  WHEN least IS NULL AND outcome = 'taken' THEN 'taken' ELSE 'refused' END;

-- Arrays of other shapes: none at all, empty, with NULL in them, of two dimensions, numbered from elsewhere.
SELECT function, argument, shape, outcome
FROM bound b, unnest(ARRAY['NULL', 'ARRAY(SELECT %1$s FROM generate_series(1, 0) i)', '(SELECT ARRAY[%1$s, NULL] FROM (SELECT 1 i) s)',
    '(SELECT ARRAY[[%1$s, %1$s], [%1$s, %1$s]] FROM (SELECT 1 i) s)', '(SELECT array_fill(%1$s, ''{2}'', ''{2147483645}'') FROM (SELECT 1 i) s)']) shape,
  try(b, format(shape, coalesce(element, '1'))) outcome
WHERE (element IS NOT NULL OR shape = 'NULL') AND outcome NOT IN ('taken', 'refused');

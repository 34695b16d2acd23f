# A value of each type of the extension, as SQL: what the tests of dumps and upgrades store.
package StoredValues;
use strict;
use warnings;

use Exporter 'import';
our @EXPORT_OK = qw(slurp %value);

sub slurp
{
	my ($file) = @_;
	local $/;
	open my $in, '<', $file or die "$file: $!";
	return scalar <$in>;
}

my $card = slurp('demo/expert_card.json');
my $policy = slurp('demo/policy.json');

our %value = (
	scorecard => "\$card\$$card\$card\$",
	limit_policy => "\$policy\$$policy\$policy\$",
	utilization => "(SELECT credit_limit.utilization_agg(balance, 1000.00) FROM generate_series(-50, 1500, 0.37) AS balance)",
	behavior => "(SELECT credit_limit.behavior_agg(DATE '2020-01-31' + 30 * i, 1000.00, nullif(i * 1.5, 9), i, 20, i % 40)
		FROM generate_series(1, 60) i)",
	behavior_features => "(SELECT credit_limit.behavior_features(DATE '2020-01-31' + 30 * i, 1000.00, i * 1.5, i, 20, i % 40)
		FROM generate_series(1, 60) i)",
	demand => "(SELECT credit_limit.demand_agg(DATE '2020-01-31' + 31 * i, i * 7919 % 10007, 5000 + i % 9, '{\"distribution\": \"gamma\"}')
		FROM generate_series(1, 60) i)",
	demand_prior => "(SELECT credit_limit.demand_prior_agg(a::bigint, d) FROM (SELECT a, credit_limit.demand_agg(DATE '2020-01-31' + 31 * i,
		a * i * 7919 % 10007, 5000 + a) AS d FROM generate_series(1, 30) a, generate_series(1, 20) i GROUP BY a) s)",
	demand_model => "(SELECT credit_limit.demand_model_agg(h) FROM (SELECT credit_limit.behavior_agg(DATE '2020-01-31' + 31 * i, 5000,
		a * i * 79 % 4007, i, 20, 0) AS h FROM generate_series(1, 30) a, generate_series(1, 20) i GROUP BY a) s)",
	tobit_model => "(SELECT credit_limit.tobit_regression(least(i % 7, 5), 0, 5, ARRAY[i, i % 5, 2 * i], 1, i % 9, NULL)
		FROM generate_series(1, 50) i)",
	disclosure_table => "(SELECT credit_limit.disclosure_table_agg(chr(65 + i % 3), (i % 4)::text, i / 2::bigint, i * 1.25)
		FROM generate_series(1, 90) i)",
	concentration => "(SELECT credit_limit.concentration_agg(i % 7 * 12.5) FROM generate_series(1, 90) i)",
	transitions => "(SELECT credit_limit.transitions_agg(i % 5, i * i % 7, i * 1.25) FROM generate_series(1, 90) i)",
	hazard => "(SELECT credit_limit.hazard_agg(i % 47, i % 3 > 0, nullif(chr(64 + i % 4), '\@')) FROM generate_series(1, 300) i)",
	sicr => "(SELECT credit_limit.sicr_agg(a, (DATE '2020-01-31' + make_interval(months => m))::date, a * m % 97, a / 99.0, 0.1, a * m % 89, 80,
		'2022-12-01') FROM generate_series(1, 30) a, generate_series(0, 29) m)",
	vintage => "(SELECT credit_limit.vintage_agg(DATE '2020-01-31' + 31 * (i % 17), i % 13, i % 3 = 0, i % 6 = 0, i * 1.25)
		FROM generate_series(1, 300) i)",
	kaplan_meier => "(SELECT credit_limit.kaplan_meier_agg(i % 37 / 7.0, i % 3 = 0) FROM generate_series(1, 500) i)",
	intermittent_forecast => "(SELECT credit_limit.intermittent_forecast(i % 5 - 3) FROM generate_series(1, 50) i)",
	limit_gap => "credit_limit.limit_gap(50000.00, 30000.00, 40000.00, 25000.00, 12000.00, 10000.00, 0)",
	roc => "(SELECT credit_limit.roc_amount_agg(x, i % 3 = 0, true, i * 1.01)
		FROM (SELECT i, CASE i WHEN 1 THEN 'Infinity' WHEN 2 THEN '-Infinity' ELSE ln(i) END AS x
			FROM generate_series(1, 50) i) s)",
	calibration => "(SELECT credit_limit.calibration_agg((i % 40) / 97.0, i % 7 = 0) FROM generate_series(1, 500) i)",
	pd_curve => "(SELECT credit_limit.isotonic_calibration(i, i % 3 > 0, true) FROM generate_series(1, 50) i)",
	stability => "credit_limit.stability(ARRAY['a', NULL, ''], ARRAY[1, 2, 0], ARRAY[0, 5.5, 1])",
	allocation_step => "(SELECT credit_limit.allocation_step_agg(5 + i / 20.0, 0.5, 0.1, 0.12, 0.01 + i / 7000.0, i, 900, ARRAY[1, i / 70.0],
		ARRAY[0, i / 90.0], '{0.01, 0.02}') FROM generate_series(1, 50) i)",
	ccf => "(SELECT credit_limit.ccf_agg(i * 7919 % 5007, 5000 + i % 9, i * 77.7) FROM generate_series(0, 60) i)",
	fairness => "(SELECT credit_limit.fairness_agg(nullif(chr(64 + i % 3), '\@'), i % 3 = 0, sqrt(i))
		FROM generate_series(1, 50) i)",
	logit_model => "(SELECT credit_limit.logistic_regression(i % 7 < 3, ARRAY[i, i % 5, 2 * i])
		FROM generate_series(1, 50) i)",
	bin_sketch => "(SELECT credit_limit.bin_sketch_agg(nullif(chr(64 + i % 5), '\@'), i % 3 = 0, sqrt(i))
		FROM generate_series(1, 50) i)",
	binning => "(SELECT credit_limit.optimal_binning(nullif(i % 97, 3) / 7.0, i % (2 + i % 97 / 20) = 0,
		'{\"special_codes\": [2]}') FROM generate_series(1, 2000) i)",
	allocation_certificate => "'{\"version\": 1, \"kind\": \"rows\", \"method\": \"by hand\", \"response\": \"none\", \"status\": \"binding\",
		\"budgets\": [{\"name\": \"exposure\", \"amount\": 1000.50, \"price\": 0.03, \"used\": 990, \"slackness\": 0.315}], \"n\": 3, \"rows\": 9,
		\"value\": 120, \"bound\": 120.315, \"passes\": 1, \"read\": \"once\"}'::credit_limit.allocation_certificate",
	limit_choices => "ROW(1000, 200.50, 5000, 50, 20, 1000, NULL, ARRAY['a reason, \"quoted\"'])",
	limit_decision => "ROW('KEEP', 1000.00, 1000.00, 200.50, 3000, NULL, NULL, NULL, NULL, NULL, 900, 'dead_band',
		ARRAY['a reason, \"quoted\"'], 1000)",
	# What aggregates and tests answer with.
	auc_comparison => "(SELECT credit_limit.auc_test(i % 13, sqrt(i), i % 3 = 0) FROM generate_series(1, 50) i)",
	central_tendency_result => "(SELECT credit_limit.pd_central_tendency((i % 40) / 97.0, 0.1) FROM generate_series(1, 50) i)",
	event_rate_comparison => "credit_limit.event_rate_test(1000, 30, 900, 45)",
	hosmer_lemeshow_result => "(SELECT credit_limit.hosmer_lemeshow((i % 40) / 97.0, i % 7 = 0, 5, true)
		FROM generate_series(1, 500) i)",
	gap_impact => "(SELECT i FROM credit_limit.gap_impact(credit_limit.limit_gap(50000.00, 30000.00, 40000.00, 25000.00, 12000.00,
		10000.00, 0), 0.1, 0.01, 0.5, 0.02, 0.75, 0.08) i LIMIT 1)",
	logit_step => "(SELECT credit_limit.logit_newton_step(i % 7 < 3, ARRAY[i, i % 5], ARRAY[0.1, 0.02, 0.3]::float8[])
		FROM generate_series(1, 50) i)",
	chart_point => "(SELECT credit_limit.cusum(i % 7, 3, 0.5, 4) OVER (ORDER BY i) FROM generate_series(1, 20) i ORDER BY i DESC LIMIT 1)",
	screened_variable => "(SELECT v FROM credit_limit.variable_screening('pg_catalog.pg_class', 'relhasindex', '{relnatts}',
		'{\"min_iv\": null}') v)",
	psi_result => "credit_limit.psi(ARRAY[0.2, 0.8], ARRAY[0.3, 0.7])",
	spiegelhalter_result => "(SELECT credit_limit.spiegelhalter_test((i % 40) / 97.0, i % 7 = 0) FROM generate_series(1, 500) i)",
);

1;

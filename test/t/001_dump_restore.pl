# Values of the extension's types survive pg_dump and restore, and COPY in binary, unchanged to the byte.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;

sub slurp
{
	my ($file) = @_;
	local $/;
	open my $in, '<', $file or die "$file: $!";
	return scalar <$in>;
}

my $card = slurp('demo/expert_card.json');
my $policy = slurp('demo/policy.json');

# One column for each type; the second row is NULLs.
my %value = (
	scorecard => "\$card\$$card\$card\$",
	limit_policy => "\$policy\$$policy\$policy\$",
	utilization => "(SELECT credit_limit.utilization_agg(balance, 1000.00) FROM generate_series(-50, 1500, 0.37) AS balance)",
	behavior => "(SELECT credit_limit.behavior_agg(DATE '2020-01-31' + 30 * i, 1000.00, nullif(i * 1.5, 9), i, 20, i % 40)
		FROM generate_series(1, 60) i)",
	behavior_features => "(SELECT credit_limit.behavior_features(DATE '2020-01-31' + 30 * i, 1000.00, i * 1.5, i, 20, i % 40)
		FROM generate_series(1, 60) i)",
	demand => "(SELECT credit_limit.demand_agg(i * 7919 % 10007, 5000 + i % 9, abs(i) % 24, '{\"half_life\": 9}')
		FROM generate_series(-50, 500) i)",
	kaplan_meier => "(SELECT credit_limit.kaplan_meier_agg(i % 37 / 7.0, i % 3 = 0) FROM generate_series(1, 500) i)",
	intermittent_forecast => "(SELECT credit_limit.intermittent_forecast(i % 5 - 3) FROM generate_series(1, 50) i)",
	limit_gap => "credit_limit.limit_gap(50000.00, 30000.00, 40000.00, 12000.00, 10000.00)",
	roc => "(SELECT credit_limit.roc_amount_agg(x, i % 3 = 0, true, i * 1.01)
		FROM (SELECT i, CASE i WHEN 1 THEN 'Infinity' WHEN 2 THEN '-Infinity' ELSE ln(i) END AS x
			FROM generate_series(1, 50) i) s)",
	calibration => "(SELECT credit_limit.calibration_agg((i % 40) / 97.0, i % 7 = 0) FROM generate_series(1, 500) i)",
	pd_curve => "(SELECT credit_limit.isotonic_calibration(i, i % 3 > 0, true) FROM generate_series(1, 50) i)",
	stability => "credit_limit.stability(ARRAY['a', NULL, ''], ARRAY[1, 2, 0], ARRAY[0, 5.5, 1])",
	fairness => "(SELECT credit_limit.fairness_agg(nullif(chr(64 + i % 3), '\@'), i % 3 = 0, sqrt(i))
		FROM generate_series(1, 50) i)",
	logit_model => "(SELECT credit_limit.logistic_regression(i % 7 < 3, ARRAY[i, i % 5, 2 * i])
		FROM generate_series(1, 50) i)",
	bin_sketch => "(SELECT credit_limit.bin_sketch_agg(nullif(chr(64 + i % 5), '\@'), i % 3 = 0, sqrt(i))
		FROM generate_series(1, 50) i)",
	binning => "(SELECT credit_limit.optimal_binning(nullif(i % 97, 3) / 7.0, i % (2 + i % 97 / 20) = 0,
		'{\"special_codes\": [2]}') FROM generate_series(1, 2000) i)",
	limit_decision => "ROW('KEEP', 1000.00, 1000.00, 200.50, 3000, NULL, NULL, NULL, NULL, NULL, 900, 'dead_band',
		ARRAY['a reason, \"quoted\"'], 1000)",
);

$node->safe_psql('postgres', 'CREATE DATABASE source; CREATE DATABASE restored');
$node->safe_psql('source', 'CREATE EXTENSION credit_limit');
my @types = grep { $node->safe_psql('source', "SELECT to_regtype('credit_limit.$_') IS NOT NULL") eq 't' } sort keys %value;
cmp_ok(scalar @types, '>=', 3, 'there are types to look at');

my $columns = join ', ', map { "$_ credit_limit.$_" } @types;
my $row = join ', ', map { "$value{$_}::credit_limit.$_" } @types;
my $state = 'SELECT id, ' . join(', ', map { "md5($_\::text)" } @types) . ' FROM kept ORDER BY id';

$node->safe_psql('source', "CREATE TABLE kept (id int PRIMARY KEY, $columns);
	INSERT INTO kept SELECT 1, $row;
	INSERT INTO kept (id) VALUES (2);
	CREATE VIEW reading AS SELECT id, (credit_limit.utilization_stats(utilization)).* FROM kept;");
my $before = $node->safe_psql('source', $state);
like($before, qr/^1\|[0-9a-f]{32}/, 'values were stored');

# Through a dump: plain, so that the text forms are what travels.
my $dump = $node->basedir . '/dump.sql';
$node->command_ok([ 'pg_dump', '--no-sync', '-f', $dump, '-d', $node->connstr('source') ], 'pg_dump');
unlike(slurp($dump), qr/CREATE (FUNCTION|TYPE) credit_limit\./, 'objects of the extension are not dumped one by one');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $dump, '-d', $node->connstr('restored') ], 'restore');
is($node->safe_psql('restored', $state), $before, 'a dump brings back the same values');
is($node->safe_psql('restored', 'SELECT * FROM reading ORDER BY id'),
	$node->safe_psql('source', 'SELECT * FROM reading ORDER BY id'), 'a view over them reads the same');

# Through binary COPY, where the send and receive functions are what travels; limit_decision and the like are composites.
my $file = $node->basedir . '/kept.bin';
$node->safe_psql('source', "COPY kept TO '$file' (FORMAT binary); TRUNCATE kept; COPY kept FROM '$file' (FORMAT binary)");
is($node->safe_psql('source', $state), $before, 'binary COPY brings back the same values');

# The types go with the extension, so it cannot go while a table has them.
my ($code, $out, $err) = $node->psql('source', 'DROP EXTENSION credit_limit');
isnt($code, 0, 'the extension cannot be dropped while a table uses its types');
like($err, qr/cannot drop extension credit_limit because other objects depend on it/, 'and the server says why');

$node->stop;
done_testing();

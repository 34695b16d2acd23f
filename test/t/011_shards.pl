# A budget divided over accounts on three servers: the same certificate as from one, and only summaries travel; and a pass over
# one table is run by parallel workers. Plans are those of the passes themselves, by auto_explain.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $accounts = 'SELECT i AS account_id, 5 + 4 * (i * 7919 % 10007) / 10007.0::float8 AS mu,
	0.3 + (i * 104729 % 10009) / 10009.0::float8 AS sigma,
	0.1::float8 AS p_zero, 0.15 - 0.1 * (i * 15485863 % 10037) / 10037.0::float8 AS margin, 0.01::float8 AS carry
	FROM generate_series(1::bigint, 6000) i';
my $lender = PostgreSQL::Test::Cluster->new('lender');
$lender->init;
$lender->append_conf('postgresql.conf', "session_preload_libraries = 'auto_explain'\nauto_explain.log_min_duration = 0
auto_explain.log_analyze = on\nauto_explain.log_nested_statements = on\nauto_explain.log_verbose = on
max_parallel_workers_per_gather = 0");
$lender->start;
if ($lender->psql('postgres', 'CREATE EXTENSION postgres_fdw') != 0)
{
	$lender->stop;
	plan skip_all => 'postgres_fdw is not installed';
}
$lender->safe_psql('postgres', "CREATE EXTENSION credit_limit; CREATE TABLE account AS $accounts; ANALYZE account");
my @shards;
for my $i (0 .. 2)
{
	my $server = PostgreSQL::Test::Cluster->new("shard_$i");
	$server->init;
	$server->start;
	$server->safe_psql('postgres', "CREATE EXTENSION credit_limit; CREATE TABLE account AS SELECT * FROM ($accounts) s
		WHERE account_id % 3 = $i ORDER BY md5(account_id::text); ANALYZE account");
	my ($host, $port) = ($server->host, $server->port);
	$lender->safe_psql('postgres', "CREATE SERVER shard_$i FOREIGN DATA WRAPPER postgres_fdw
			OPTIONS (host '$host', port '$port', dbname 'postgres', extensions 'credit_limit', use_remote_estimate 'true');
		CREATE USER MAPPING FOR CURRENT_USER SERVER shard_$i;
		CREATE FOREIGN TABLE account_$i (account_id bigint, mu float8, sigma float8, p_zero float8, margin float8, carry float8)
			SERVER shard_$i OPTIONS (table_name 'account')");
	push @shards, $server;
}

# What a statement says, and the plans of the passes in it.
sub asked
{
	my ($sql) = @_;
	my $from = -s $lender->logfile;
	my $answer = $lender->safe_psql('postgres', "SET search_path = public, credit_limit; $sql");
	return ($answer, substr(slurp_file($lender->logfile), $from));
}

my $columns = 'SELECT *, 1 AS use_exposure, 1 AS use_idle, -1 AS draw_idle';
my $budgets = '{"exposure": 9000000, "idle": 2500000}';
my $certificate = q{SELECT shadow_price('%s', '%s', '%s')::jsonb - 'passes' - 'read'};
my $shards = '"shards": ["account_0", "account_1", "account_2"]';
my ($one) = asked(sprintf($certificate, "$columns FROM account", $budgets, '{}'));
like($one, qr/"status": "binding"/, 'one server finds prices');

my ($three, $plans) = asked(sprintf($certificate, "$columns FROM shard", $budgets, "{$shards}"));
is($three, $one, 'three servers give the same certificate');
my @scans = $plans =~ /Foreign Scan[^\n]*actual[^\n]*rows=(\d+)/g;
cmp_ok(scalar(@scans), '>=', 9, 'every pass asks three servers');
is(scalar(grep { $_ > 256 } @scans), 0, 'each sends a summary, or one for each part of the interval');
my $relations = () = $plans =~ /Relations: Aggregate on/g;
is($relations, scalar(@scans), 'which the server has aggregated');

my ($points) = asked("SELECT f - 'passes' FROM budget_frontier('SELECT *, 1 AS use_exposure FROM account', 'exposure', 4,
	'{\"to\": 9000000}') b, to_jsonb(b) f");
my ($same, $frontier_plans) = asked("SELECT f - 'passes'
	FROM budget_frontier('SELECT *, 1 AS use_exposure FROM shard', 'exposure', 4,
	'{\"to\": 9000000, $shards}') b, to_jsonb(b) f");
is($same, $points, 'a frontier too');
is(scalar(grep { $_ > 1 } $frontier_plans =~ /Foreign Scan[^\n]*actual[^\n]*rows=(\d+)/g), 0, 'one row of summaries a pass');

my $more = '{"exposure": 60000000, "idle": 16000000}';
$lender->safe_psql('postgres', 'CREATE TABLE large AS SELECT account_id + 6000 * i AS account_id, mu, sigma, p_zero, margin, carry
	FROM account, generate_series(0, 6) i; ANALYZE large; ALTER TABLE large SET (parallel_workers = 2)');
my ($serial) = asked(sprintf($certificate, "$columns FROM large", $more, '{}'));
my ($parallel, $parallel_plans) = asked("SET max_parallel_workers_per_gather = 2; SET min_parallel_table_scan_size = 0;
	SET parallel_setup_cost = 0;
	SET parallel_tuple_cost = 0; SET maintenance_work_mem = '1MB';"
	. sprintf($certificate, "$columns FROM large", $more, '{}'));
is($parallel, $serial, 'workers give the same certificate');
my @passes = grep { /allocation_step_agg/ } $parallel_plans =~ /Query Text: (.*?)(?=Query Text: |\z)/sg;
cmp_ok(scalar(@passes), '>=', 3, 'there are several passes');
is(scalar(grep { !/Workers Launched: [12]\b/ } @passes[0 .. $#passes - 1]), 0, 'each of which launches workers');

$_->stop for $lender, @shards;
done_testing();

# A budget divided over accounts on three servers: the same certificate as from one, and only summaries travel; and a pass over
# one table is run by parallel workers. Plans are those of the passes themselves, by auto_explain. Then every public aggregate
# over rows on three servers.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $accounts = 'SELECT i AS account_id, 5 + 4 * (i * 7919 % 10007) / 10007.0::float8 AS mu,
	0.3 + (i * 104729 % 10009) / 10009.0::float8 AS sigma,
	0.1::float8 AS p_zero, 0.15 - 0.1 * (i * 15485863 % 10037) / 10037.0::float8 AS margin, 0.01::float8 AS carry
	FROM generate_series(1::bigint, 6000) i';
sub slurp
{
	my ($file) = @_;
	local $/;
	open my $in, '<', $file or die "$file: $!";
	return scalar <$in>;
}

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
$lender->safe_psql('postgres', 'CREATE EXTENSION credit_limit');
# The other servers are copies of this one: that is sooner done than three more.
$lender->stop;
$lender->backup_fs_cold('seed');
$lender->start;
$lender->safe_psql('postgres', "CREATE TABLE account AS $accounts; ANALYZE account");
my @shards;
for my $i (0 .. 2)
{
	my $server = PostgreSQL::Test::Cluster->new("shard_$i");
	$server->init_from_backup($lender, 'seed');
	$server->append_conf('postgresql.conf', "session_preload_libraries = ''");
	$server->start;
	$server->safe_psql('postgres', "CREATE TABLE account AS SELECT * FROM ($accounts) s
		WHERE account_id % 3 = $i ORDER BY md5(account_id::text); ANALYZE account");
	my ($host, $port) = ($server->host, $server->port);
	$lender->safe_psql('postgres', "CREATE SERVER shard_$i FOREIGN DATA WRAPPER postgres_fdw
			OPTIONS (host '$host', port '$port', dbname 'postgres', extensions 'credit_limit', use_remote_estimate 'true');
		CREATE USER MAPPING FOR CURRENT_USER SERVER shard_$i;
		CREATE FOREIGN TABLE account_$i (account_id bigint, mu float8, sigma float8, p_zero float8, margin float8, carry float8)
			SERVER shard_$i OPTIONS (table_name 'account')");
	push @shards, $server;
}

# What a statement says, and the plans of the passes in it, without those of the look at the servers before.
sub asked
{
	my ($sql) = @_;
	my $from = -s $lender->logfile;
	my $answer = $lender->safe_psql('postgres', "SET search_path = public, credit_limit; $sql");
	return ($answer, join '', grep { /credit_limit\.\w+_agg|logit_newton_step/ } substr(slurp_file($lender->logfile), $from) =~
		/(Query Text: .*?)(?=Query Text: |\z)/sg);
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

# Every public aggregate, by the catalog. For the planner a row that travels costs more than by default, since there are few.
$lender->safe_psql('postgres', slurp('test/t/shards_rows.sql'));
is($lender->safe_psql('postgres', 'SELECT signature FROM one.call WHERE call IS NULL ORDER BY signature::text'), '',
	'each argument of each aggregate has a recipe');
$lender->safe_psql('postgres', join ';', 'CREATE SCHEMA parts', map { "ALTER SERVER shard_$_
	OPTIONS (ADD async_capable 'true', ADD batch_size '1000', ADD fdw_tuple_cost '10', SET use_remote_estimate 'false')" }
	0 .. $#shards);
for my $table ('book', 'kept')
{
	my $columns = $lender->safe_psql('postgres', "SELECT one.columns('one.$table')");
	$lender->safe_psql('postgres', "CREATE TABLE parts.$table ($columns) PARTITION BY HASH (account)");
	for my $i (0 .. $#shards)
	{
		$shards[$i]->safe_psql('postgres', "CREATE SCHEMA IF NOT EXISTS parts; CREATE TABLE parts.$table ($columns)");
		$lender->safe_psql('postgres', "CREATE FOREIGN TABLE parts.${table}_$i PARTITION OF parts.$table
			FOR VALUES WITH (MODULUS 3, REMAINDER $i) SERVER shard_$i OPTIONS (schema_name 'parts', table_name '$table')");
	}
	$lender->safe_psql('postgres', "INSERT INTO parts.$table SELECT * FROM one.$table; ANALYZE parts.$table");
}
$lender->safe_psql('postgres', slurp('test/t/shards_compare.sql'));
sub compared { return $lender->safe_psql('postgres', "SELECT $_[0] FROM one.compared WHERE $_[1] ORDER BY signature") }
is(compared('count(*) > 250', 'true ORDER BY 1, count(*) --'), 't', 'there are many');
is(compared('signature, by_group', 'NOT coalesce(by_group <= 1e-12, false)'), '', 'groups on three servers are those of one');
is(compared('signature, together', 'NOT coalesce(together <= 1e-12, false)'), '', 'all rows too');
is(compared('signature, together', 'together > 0 AND two_step IS NOT NULL'), '', 'byte for byte then');
is(compared('signature, two_step', 'two_step <> 3'), '', 'whose summaries three servers make at the same time');
is(compared('signature', q{two_step IS NULL AND signature ~ '_agg\('}), '', 'as all that is called _agg does');
# What postgres_fdw does not send: a text that is no column, and before 17 an array of rows, since its type is no member of the
# extension.
my $kept_here = $lender->pg_version < 17 ? q{NOT (signature LIKE 'logistic%,text)' OR signature LIKE 'gap_impact_total(%')} :
	q{signature NOT LIKE 'logistic%,text)'};
is(compared('signature, pushed', "(pushed = 3) IS DISTINCT FROM ($kept_here)"), '', 'whole aggregates are sent, but for these');

# What is trained and validated in several passes: the same as on one server, from summaries alone.
# Rows without an outcome or a value are among them; months of an account become one value, which travels.
$lender->safe_psql('postgres', join ';', map { "UPDATE $_.book SET event = NULL WHERE i % 50 = 7; UPDATE $_.book SET x = NULL
	WHERE i % 40 = 9" } 'one', 'parts');
my $options = q{'{"screening": {"min_iv": 0}, "max_pvalue": 1, "groups": {"state": [["A"], ["B", "C", "D", "E"]]}}'};
my $trained = "train_scorecard('%s.book', 'event', '{pd,score,x,due,label,state}', $options)";
for my $asked (
	[ 'a card', "SELECT concat(card, model, report) FROM $trained" ],
	[ 'screening', "SELECT string_agg(v::text, ' ') FROM variable_screening('%s.book', 'event', '{score,due,label}') v" ],
	[ 'validation', "SELECT string_agg(v::text, ' ') FROM (SELECT card FROM $trained OFFSET 0) t,
		validate_scorecard(t.card, '%1\$s.book', '%1\$s.book', 'event') v" ],
	[ 'a regression', q{SELECT logistic_regression_fit('SELECT event, ARRAY[pd, score, x] FROM shard',
		'{"shards": ["%1$s.book_0", "%1$s.book_1", "%1$s.book_2"]}')} ],
	[ 'a model of demand', q{SELECT train_demand('%s.book', '{"columns": {"account_id": "account", "credit_limit": "available",
		"days_past_due": "days"}}')} ])
{
	my ($what, $sql) = @$asked;
	my ($there, $plans) = asked(sprintf($sql, 'parts'));
	my ($here) = asked($what ne 'a regression' ? sprintf($sql, 'one') :
		q{SELECT logistic_regression_fit('SELECT event, ARRAY[pd, score, x] FROM one.book')});
	is($lender->safe_psql('postgres', "SELECT one.distance('$there', '$here') <= 1e-12"), 't', "$what is that of one server");
	my @rows = $plans =~ /Foreign Scan[^\n]*actual[^\n]*rows=(\d+)/g;
	cmp_ok(scalar(@rows), '>=', 3, 'three servers are asked');
	is(scalar(grep { $_ > ($what eq 'a model of demand' ? 12 : 1) } @rows), 0, 'which send summaries');
}

# Where the partitioned table would show other rows than its partitions, these are not asked by themselves.
my $below = q{SELECT credit_limit_internal.shards_below('parts.book')};
is($lender->safe_psql('postgres', $below), '{parts.book_0,parts.book_1,parts.book_2}', 'partitions are asked');
is($lender->safe_psql('postgres', "BEGIN; ALTER TABLE parts.book ENABLE ROW LEVEL SECURITY; $below; ROLLBACK"), '',
	'not around row security');
is($lender->safe_psql('postgres', "BEGIN; CREATE ROLE reader; GRANT USAGE ON SCHEMA parts, credit_limit_internal TO reader;
	GRANT SELECT ON parts.book, parts.book_0 TO reader; SET LOCAL ROLE reader; $below; ROLLBACK"), '', 'nor without the right');

# What travels: characters of the columns of rows, and of a summary of them as bytea, which does not grow with them.
my $travels = sub {
	my ($n, $columns, $call) = @_;
	my ($rows, $summary) = split /\|/, $shards[0]->safe_psql('postgres', "SET search_path = credit_limit;
		SELECT sum(length(concat($columns))), length(${call}::bytea::text) 
			FROM (SELECT round((i % 5003) * 1.01, 2) AS balance, 500 + 500 * (i % 11) AS cap,
			i % 7 AS from_state, i % 5 AS to_state, 5 + (i % 997) / 300.0::float8 AS mu, 0.3 + (i % 991) / 900.0::float8 AS sigma
			FROM generate_series(1, $n) i) s");
	return $summary / $rows;
};
cmp_ok($travels->(250000, 'balance, cap', 'utilization_agg(balance, cap)'), '<=', 0.01, 'utilization');
cmp_ok($travels->(60000, 'from_state, to_state, balance', 'transitions_agg(from_state, to_state, balance)'), '<=', 0.01,
	'transitions');
cmp_ok($travels->(60000, 'mu, sigma, cap', "allocation_step_agg(mu, sigma, 0, 0.1, 0.01, 0, cap, '{1}', NULL, '{0.02}')"), '<=',
	0.01, 'allocation_step');
# The months of 11,000 accounts against 200 of them.
cmp_ok($shards[0]->safe_psql('postgres', q{SET search_path = credit_limit; SELECT length(demand_prior_agg(account, d,
	'{"accounts": 200}')::bytea::text) / sum(chars)
	FROM (SELECT account, sum(length(concat(account, month, balance, cap))) AS chars, demand_agg(month, balance, cap) AS d
	FROM (SELECT account, month::date, round((account * 7919 % 5003) * 1.01, 2) AS balance, 9000 AS cap
	FROM generate_series(1::bigint, 11000) account, generate_series(DATE '2026-01-01', '2026-12-01', '1 month') month) m
	GROUP BY account) a}), '<=', 0.01, 'demand_prior, of some accounts');

# Servers that cannot be asked are named before the first pass.
sub refused
{
	my ($sql) = @_;
	my ($status, $out, $error) = $lender->psql('postgres', "SET search_path = credit_limit, public; $sql");
	return $error;
}
my $check = "SELECT count(*) FROM check_shards('{parts.book}')";
my $search = sprintf("SELECT (shadow_price('%s', '%s', '%s')::jsonb)->'status'", "$columns FROM shard", $budgets, "{$shards}");
my $points_of = "SELECT budget_frontier('$columns FROM shard', 'exposure', 1,
	'{\"to\": 9000000, \"also\": [\"idle\"], $shards}')";
is(refused($check), '', 'servers of one version pass');
is(refused("BEGIN READ ONLY; $search"), '', 'a search does not need to write');
$lender->safe_psql('postgres', join ';', 'CREATE ROLE reader',
	'GRANT USAGE ON SCHEMA credit_limit, credit_limit_internal TO reader',
	map { my $user = $shards[$_]->safe_psql('postgres', 'SELECT current_user');
	"GRANT SELECT ON account_$_ TO reader; CREATE USER MAPPING FOR reader SERVER shard_$_
	OPTIONS (user '$user', password_required 'false')" } 0 .. $#shards);
is(refused("SET ROLE reader; $search"), '', 'nor more rights than to read');
$lender->safe_psql('postgres', 'ALTER SERVER shard_0 OPTIONS (DROP extensions)');
my $query = "SELECT sharded_query('utilization_agg(balance, available)', '{parts.book}')";
like(refused("SELECT count(*) FROM variable_screening('parts.book', 'event', '{score}')"), qr/NOTICE:  rows of book_0 travel/,
	'who trains is told');
like(refused($_), qr/"shard_0" of shard parts.book_0 is sent no functions.*ALTER SERVER shard_0 OPTIONS \(ADD ext/s, 'an option')
	for $check, $query;
like(refused($_), qr/"shard_0" of shard (public\.)?account_0 is sent no functions/, 'a search looks first')
	for $search, "BEGIN READ ONLY; $search", $points_of;
$lender->safe_psql('postgres', "ALTER SERVER shard_0 OPTIONS (ADD extensions 'postgres_fdw')");
like(refused($query), qr/OPTIONS \(SET extensions 'postgres_fdw, credit_limit'\)/, 'of others beside it');
$lender->safe_psql('postgres', "ALTER SERVER shard_0 OPTIONS (SET extensions 'postgres_fdw, credit_limit')");
$shards[1]->safe_psql('postgres', "UPDATE pg_extension SET extversion = '7.0' WHERE extname = 'credit_limit'");
like(refused($check), qr/server "shard_1" of shard parts.book_1 has another credit_limit.*There: 7.0/s, 'another version');
like(refused($_), qr/server "shard_1" of shard (public\.)?account_1 has another credit_limit.*There: 7.0/s, 'before a search too')
	for $search, $points_of;
$shards[1]->safe_psql('postgres', 'DROP EXTENSION credit_limit CASCADE');
like(refused($check), qr/"shard_1".*There: none.*CREATE EXTENSION/s, 'none');
$shards[1]->stop;
like(refused($check), qr/shard parts.book_1 cannot be read.*could not connect to server "shard_1"/s, 'a server that is away');

$_->stop for $lender, @shards;
done_testing();

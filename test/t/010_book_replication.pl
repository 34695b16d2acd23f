# A book that is replicated row by row, as doc/operator/operations.md says: over the end of a month, with versions that come, and
# provable there.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $lender = PostgreSQL::Test::Cluster->new('lender');
$lender->init(allows_streaming => 'logical');
$lender->start;
my $reader = PostgreSQL::Test::Cluster->new('reader');
$reader->init;
$reader->append_conf('postgresql.conf', "max_logical_replication_workers = 10\nmax_sync_workers_per_subscription = 4");
$reader->start;

sub approve
{
	my ($id, $kind, $document, $from) = @_;
	$lender->safe_psql('postgres', "SET ROLE maker; SELECT credit_limit.draft_$kind('lending', 'one', '$document')");
	$lender->safe_psql('postgres', "SELECT credit_limit.approve_$kind('lending', $id, DATE '$from',
		digest => (SELECT digest FROM lending.${kind}_version WHERE ${kind}_id = $id))");
}

$lender->safe_psql('postgres', "CREATE EXTENSION credit_limit; CREATE ROLE maker; SELECT credit_limit.create_book('lending');
	SELECT credit_limit.grant_book('lending', policy_owner => 'maker')");
$reader->safe_psql('postgres', 'CREATE EXTENSION credit_limit; CREATE ROLE maker');
my $policy = '{"name": "one", "product": {"cap": 900}, "exclusions": [{"column": "excluded", "is": true}]}';
approve(1, 'policy', $policy, '2026-01-01');
$lender->safe_psql('postgres', "INSERT INTO lending.product VALUES ('a', 'a', 'card', 'EUR', 'one', NULL);
	SELECT credit_limit.set_business_date('lending', '2026-06-30');
	INSERT INTO lending.borrower (borrower_id) SELECT generate_series(1, 50);
	INSERT INTO lending.account (account_id, borrower_id, product, currency, opened_on)
		SELECT i, i, 'a', 'EUR', '2026-01-01' FROM generate_series(1, 50) i;
	CREATE PUBLICATION lending_out FOR TABLES IN SCHEMA lending WITH (publish_via_partition_root = true)");
$lender->safe_psql('postgres', "CALL credit_limit.run_decisions('lending', '2026-06-30')");

my $dump = "$PostgreSQL::Test::Utils::tmp_check/schema.sql";
$lender->command_ok(
	[ 'pg_dump', '--schema-only', '-n', 'lending', '-n', 'lending_report', '-f', $dump, $lender->connstr('postgres') ],
	'the tables are dumped');
$reader->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $dump, $reader->connstr('postgres') ], 'and made there');
$reader->safe_psql('postgres', "DO \$\$ DECLARE t text; BEGIN
	FOR t IN SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid
		WHERE tgenabled = 'A' AND relnamespace = 'lending'::regnamespace LOOP
		EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', t);
	END LOOP; END \$\$");
my $connection = $lender->connstr . ' dbname=postgres';
$reader->safe_psql('postgres', "CREATE SUBSCRIPTION lending_in CONNECTION '$connection' PUBLICATION lending_out");
$reader->wait_for_subscription_sync($lender, 'lending_in');

sub proved
{
	my ($decisions, $what) = @_;
	$lender->wait_for_catchup('lending_in');
	my $end = $lender->safe_psql('postgres', "SELECT credit_limit.log_end('lending')");
	is($reader->safe_psql('postgres', "SELECT count(*) FROM credit_limit.verify_log('lending', '$end')"), 0,
		"$what: nothing is wrong");
	is($reader->safe_psql('postgres', 'SELECT count(*) FROM lending.decision'), $decisions, "$what: all decisions");
	is($reader->safe_psql('postgres', 'SELECT run_version::text FROM lending.run_version ORDER BY 1'),
		$lender->safe_psql('postgres', 'SELECT run_version::text FROM lending.run_version ORDER BY 1'),
		"$what: the same versions decide");
}

proved(50, 'what was there');
# Another product: the versions of real time are two now. And a month of which the reader has no partition.
$lender->safe_psql('postgres', "INSERT INTO lending.product VALUES ('b', 'b', 'card', 'EUR', 'one', NULL);
	UPDATE lending.account SET product = 'b' WHERE account_id > 40");
approve(2, 'policy', $policy =~ s/900/800/r, '2026-07-01');
$lender->safe_psql('postgres', "SELECT credit_limit.set_business_date('lending', '2026-07-31');
	INSERT INTO lending.account_month SELECT i, '2026-07-01', 900, 1, 0, 0, 0 FROM generate_series(1, 50) i");
$lender->safe_psql('postgres', "CALL credit_limit.run_decisions('lending', '2026-07-31')");
proved(100, 'a month later');
is($reader->safe_psql('postgres', 'SELECT count(*) FROM lending.account_month'), 50, 'months arrive');
is($reader->safe_psql('postgres', "SELECT bool_and(r.same)
	FROM lending.decision d, credit_limit.replay_decision('lending', d.decision_id) r
	WHERE d.account_id = 45"), 't', 'a decision replays there');

$reader->stop;
$lender->stop;
done_testing();

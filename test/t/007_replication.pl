# Rows with a value of each type are found by all their columns: logical replication with full identity updates and deletes them.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use StoredValues qw(%value);
use Test::More;

my $lender = PostgreSQL::Test::Cluster->new('lender');
$lender->init(allows_streaming => 'logical');
$lender->start;
my $reader = PostgreSQL::Test::Cluster->new('reader');
$reader->init;
$reader->start;

my @types = sort keys %value;
my $columns = join ', ', map { "$_ credit_limit.$_" } @types;
my $row = join ', ', map { "$value{$_}::credit_limit.$_" } @types;

for my $node ($lender, $reader)
{
	$node->safe_psql('postgres', "CREATE EXTENSION credit_limit; CREATE TABLE kept (id int, $columns)");
}
$lender->safe_psql('postgres', "ALTER TABLE kept REPLICA IDENTITY FULL;
	INSERT INTO kept SELECT 1, $row;
	INSERT INTO kept SELECT 2, $row;
	INSERT INTO kept (id) VALUES (3), (4), (5);
	CREATE PUBLICATION everything FOR TABLE kept");
my $connection = $lender->connstr . ' dbname=postgres';
$reader->safe_psql('postgres', "CREATE SUBSCRIPTION everything CONNECTION '$connection' PUBLICATION everything");
$reader->wait_for_subscription_sync($lender, 'everything');

my $state = 'SELECT id, ' . join(', ', map { "md5($_\::text)" } @types) . ' FROM kept ORDER BY id';
sub same
{
	my ($rows, $what) = @_;
	$lender->wait_for_catchup('everything');
	my $there = $reader->safe_psql('postgres', $state);
	is($there, $lender->safe_psql('postgres', $state), $what);
	is(scalar(split /\n/, $there), $rows, "$what: $rows rows");
}

same(5, 'the rows are there');
$lender->safe_psql('postgres', 'UPDATE kept SET id = 10 WHERE id = 1');
same(5, 'an update of a row full of values');
$lender->safe_psql('postgres',
	'UPDATE kept SET (utilization, scorecard) = (SELECT utilization, scorecard FROM kept WHERE id = 2) WHERE id = 3');
same(5, 'an update of values');
$lender->safe_psql('postgres', 'UPDATE kept SET demand = NULL, roc = NULL WHERE id = 10');
same(5, 'values that go');
$lender->safe_psql('postgres', 'DELETE FROM kept WHERE id IN (2, 4)');
same(3, 'deletes');

$reader->stop;
$lender->stop;
done_testing();

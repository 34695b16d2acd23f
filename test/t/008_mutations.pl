# What text and binary input accept, every function can use, and a dump brings back: values are changed at random, read, and those
# that are accepted go through text, json, bytes, every function of their type, rollup, pg_dump and COPY in binary.
# CREDIT_LIMIT_SOAK=1 tries a million texts and a million byte strings of each type; CREDIT_LIMIT_MUTATIONS says another number.
use strict;
use warnings;

use Cwd qw(getcwd);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $tries = $ENV{CREDIT_LIMIT_MUTATIONS} || ($ENV{CREDIT_LIMIT_SOAK} ? 1_000_000 : 1_000);
my $seed = $ENV{CREDIT_LIMIT_SEED} || 20261129;
my $node = PostgreSQL::Test::Cluster->new('main');
my $file = $node->basedir . '/values';
my ($module) = glob(getcwd() . '/test/mutations/mutations.{so,dylib}');

$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->append_conf('postgresql.conf', "fsync = off\nsynchronous_commit = off\nmax_wal_size = 2GB");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE source; CREATE DATABASE restored');
$node->safe_psql('source', 'CREATE EXTENSION credit_limit');
$node->safe_psql('postgres', 'ALTER DATABASE source SET search_path = public, credit_limit');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-v', "module=$module", '-f', 'test/mutations/setup.sql',
	'-d', $node->connstr('source') ], 'what tries them');

# ---- Each type ----

my @types = split /\n/, $node->safe_psql('source', 'SELECT name FROM own_type ORDER BY 1');
$node->safe_psql('source', join ';', map { my $type = $_; "CREATE TABLE accepted_$type (v credit_limit.$type)",
	map { "CALL try('$type', '$_', $tries, $seed)" } qw(text bytes) } @types);
foreach my $type (@types)
{
	is($node->safe_psql('source', "SELECT form, left(problem, 200), count(*), min(encode(data, 'escape')) FROM problem
		WHERE type = '$type' GROUP BY 1, 2"), '', "$type: what is accepted can be used");
	my $accepted = $node->safe_psql('source', "SELECT count(*) FROM accepted_$type");
	cmp_ok($accepted, '>', $tries / 100, "$type: $accepted were accepted");
}

# ---- Dump and restore ----

my @tables = map { "accepted_$_" } @types;
my $state = join(' UNION ALL ', map {
	"SELECT '$_', count(*), sum(hashtextextended(v::text, 0)::numeric) FROM public.$_" } @tables) . ' ORDER BY 1';
my $before = $node->safe_psql('source', $state);
my $dump = $node->basedir . '/dump.sql';
$node->command_ok([ 'pg_dump', '--no-sync', '-t', 'public.accepted_*', '-f', $dump, '-d', $node->connstr('source') ], 'pg_dump');
$node->safe_psql('restored', 'CREATE EXTENSION credit_limit');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $dump, '-d', $node->connstr('restored') ], 'restore');
is($node->safe_psql('restored', $state), $before, 'a dump brings back every value');
$node->safe_psql('source', join ';', map { "COPY $_ TO '$file.$_' (FORMAT binary)" } @tables);
$node->safe_psql('restored', join ';', map { "TRUNCATE $_; COPY $_ FROM '$file.$_' (FORMAT binary)" } @tables);
is($node->safe_psql('restored', $state), $before, 'and so does COPY in binary');

$node->stop;
done_testing();

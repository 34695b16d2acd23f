# Values of the extension's types survive pg_dump and restore, and COPY in binary, unchanged to the byte.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use StoredValues qw(slurp %value);
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;

$node->safe_psql('postgres', 'CREATE DATABASE source; CREATE DATABASE restored');
$node->safe_psql('source', 'CREATE EXTENSION credit_limit');
my @types = sort keys %value;
is($node->safe_psql('source', q{SELECT string_agg(typname, ' ' ORDER BY typname COLLATE "C") FROM pg_type
	WHERE typnamespace = 'credit_limit'::regnamespace AND typcategory <> 'A'}), "@types", 'no type is left out');

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

# pg_upgrade restores functions whose bodies were parsed from their text: the server must understand what it writes.
$node->safe_psql('source', q{SELECT credit_limit.create_book('lending')});
my $parsed = q{FROM pg_proc WHERE prosqlbody IS NOT NULL
	AND pronamespace IN ('credit_limit'::regnamespace, 'lending'::regnamespace)};
cmp_ok($node->safe_psql('source', "SELECT count(*) $parsed"), '>=', 5, 'there are functions with parsed bodies');
is($node->safe_psql('source', qq{DO \$\$ DECLARE f record; BEGIN
	FOR f IN SELECT pg_get_functiondef(oid) AS text $parsed LOOP EXECUTE f.text; END LOOP; END \$\$; SELECT 'restored'}),
	'restored', 'each can be made again from its text');

# The types go with the extension, so it cannot go while a table has them.
my ($code, $out, $err) = $node->psql('source', 'DROP EXTENSION credit_limit');
isnt($code, 0, 'the extension cannot be dropped while a table uses its types');
like($err, qr/cannot drop extension credit_limit because other objects depend on it/, 'and the server says why');

$node->stop;
done_testing();

# What text and binary input accept, every function can use, and a dump brings back: values are changed at random, read, and those
# that are accepted go through text, bytes, every function of their type, rollup, pg_dump and COPY in binary.
# CREDIT_LIMIT_SOAK=1 tries a million texts and a million byte strings of each type; CREDIT_LIMIT_MUTATIONS says another number.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use StoredValues qw(slurp %value);
use Test::More;

my $tries = $ENV{CREDIT_LIMIT_MUTATIONS} || ($ENV{CREDIT_LIMIT_SOAK} ? 1_000_000 : 1_000);
my $batch = 20_000;
my $seed = $ENV{CREDIT_LIMIT_SEED} || 20261129;
my $node = PostgreSQL::Test::Cluster->new('main');
my $file = $node->basedir . '/mutants';

$node->init;
$node->append_conf('postgresql.conf', "fsync = off\nsynchronous_commit = off\nmax_wal_size = 2GB");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE source; CREATE DATABASE restored');
$node->safe_psql('source', 'CREATE EXTENSION credit_limit');
$node->safe_psql('postgres', 'ALTER DATABASE source SET search_path = public, credit_limit');
$node->safe_psql('source', slurp('test/t/mutations.sql'));

# ---- Mutations ----

srand($seed);
sub any { return $_[int rand @_] }

my @numbers = (0, -0.0, 1, -1, 2, 0.5, 1e-320, 1e-9, 255, 256, 65535, 65536, 2147483647, 2147483648, -2147483649, 4294967296,
	'9007199254740993', '9223372036854775807', '9223372036854775808', '-9223372036854775808', '1e15', '1e100', '1e300', '-1e300',
	'1.7976931348623157e308', '1e309', '0.1000000000000000055', '170141183460469231731687303715884105728',
	'"Infinity"', '"NaN"', 'null', 'true', '""', '[]', '{}', '"x"');
my $token = qr/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|[a-z]+|\s*[\[\]{}:,]\s*/;

# Tokens of one text, changed in one to three places; other texts of the type lend theirs.
sub mutated_text
{
	my ($text, $other) = @_;
	my @token = $text =~ /$token/g;
	my @theirs = $other =~ /$token/g;
	for (1 .. any(1, 1, 2, 3))
	{
		my $at = int rand @token;
		my $what = int rand 8;
		if ($what < 3)
		{
			my @value = grep { $token[$_] =~ /^[-\d"]/ } 0 .. $#token;
			next if !@value;
			my $place = any(@value);
			$token[$place] = $what == 0 && $token[$place] =~ /^-?\d+$/ ? $token[$place] + any(-1, 1)
				: any(@numbers, any(@theirs));
		}
		elsif ($what == 3) { splice @token, $at, any(1, 2, 4) }
		elsif ($what == 4) { splice @token, $at, 0, @token[$at .. ($at + any(1, 2, 6) < @token ? $at + 1 : $#token)] }
		elsif ($what == 5) { $token[$at] = any(@theirs) }
		elsif ($what == 6)
		{
			my $with = int rand @token;
			@token[$at, $with] = @token[$with, $at];
		}
		else
		{
			# A piece of an array or object: dropped, or there twice.
			my @item = grep { $token[$_] =~ /,/ } 0 .. $#token;
			next if @item < 2;
			my ($from, $to) = sort { $a <=> $b } any(@item), any(@item);
			splice @token, $from, $to - $from, any(0, 1) ? () : (@token[$from .. $to - 1]) x 2;
		}
		last if !@token;
	}
	return join '', @token;
}

my @fields = (pack('q>', 0), pack('q>', 1), pack('q>', -1), "\x7f" . "\xff" x 7, "\x80" . "\x00" x 7, pack('d>', 'inf'),
	pack('d>', '-inf'), pack('d>', 'nan'), pack('d>', -0.0), pack('d>', 1e300), pack('d>', 1.5), pack('d>', 1e-320),
	pack('q>', 1 << 40), pack('q>', 4));
sub mutated_bytes
{
	my ($bytes, $other) = @_;
	for (1 .. any(1, 1, 2, 3))
	{
		my $size = length $bytes or last;
		my $at = int rand $size;
		my $what = int rand 8;
		if ($what == 0) { vec($bytes, 8 * $at + int rand 8, 1) ^= 1 }
		elsif ($what == 1) { substr($bytes, $at, 1) = chr any(0, 1, 2, 3, 4, 127, 128, 255) }
		elsif ($what == 2 && $at + 8 <= $size) { substr($bytes, $at, 8) = any(@fields) }
		elsif ($what == 3 && $at + 4 <= $size)
		{
			substr($bytes, $at, 4) = pack 'N', any(0, 1, 2, 3, 255, 2**31 - 1, 2**31, 2**32 - 1);
		}
		elsif ($what == 4) { substr($bytes, $at) = '' if rand() < 0.3 }
		elsif ($what == 5) { substr($bytes, $at, 0) = substr $bytes, $at, any(1, 4, 8, 24) }
		elsif ($what == 6) { substr($bytes, $at, any(1, 4, 8, 24)) = '' }
		elsif ($at < length $other) { substr($bytes, $at, 8) = substr $other, $at, 8 }
	}
	return $bytes;
}

# ---- Each type ----

for my $type (split /\n/, $node->safe_psql('source', 'SELECT name FROM own_type ORDER BY 1'))
{
	my $summary = $node->safe_psql('source', "SELECT summary FROM own_type WHERE name = '$type'") eq 't';
	$node->safe_psql('source', "CREATE TABLE accepted_$type (v credit_limit.$type)");
	for my $form ('text', $summary ? 'bytea' : ())
	{
		my @known = split /\n/, $node->safe_psql('source', $form eq 'text' ? "SELECT v FROM seed('$type') v"
			: "SELECT encode(credit_limit_internal.${type}_send(v::credit_limit.$type), 'hex') FROM seed('$type') v");
		@known = map { pack 'H*', $_ } @known if $form eq 'bytea';
		$node->safe_psql('source', "CALL make_trial('$type', '$form')");
		for (my $done = 0; $done < $tries; $done += $batch)
		{
			open my $out, '>', $file or die;
			for (1 .. ($tries - $done < $batch ? $tries - $done : $batch))
			{
				my ($one, $other) = (any(@known), any(@known));
				my $mutant = $form eq 'text' ? mutated_text($one, $other) : mutated_bytes($one, $other);
				if ($form eq 'text') { $mutant =~ s/\\/\\\\/g; $mutant =~ s/[\n\t\r]/ /g }
				else { $mutant = '\\\\x' . unpack 'H*', $mutant }
				print $out "$mutant\n";
			}
			close $out;
			$node->safe_psql('source', "TRUNCATE mutant; COPY mutant FROM '$file'; CALL try_${type}_$form()");
		}
	}
	is($node->safe_psql('source', "SELECT left(problem, 200), count(*), min(data) FROM problem
		WHERE type = '$type' GROUP BY 1"), '', "$type: "
		. $node->safe_psql('source', "SELECT count(*) FROM accepted_$type") . " values that were changed can be used");
	cmp_ok($node->safe_psql('source', "SELECT count(*) FROM accepted_$type"), '>', $tries / 1000, "$type: enough were accepted");
}

# ---- Dump and restore ----

my @tables = split /\n/, $node->safe_psql('source', "SELECT 'accepted_' || name FROM own_type ORDER BY 1");
my $state = join ' UNION ALL ', map { "SELECT '$_', count(*), md5(string_agg(v::text, '' ORDER BY v)) FROM public.$_" } @tables;
my $before = $node->safe_psql('source', $state);
my $dump = $node->basedir . '/dump.sql';
$node->command_ok([ 'pg_dump', '--no-sync', '-t', 'public.accepted_*', '-f', $dump, '-d', $node->connstr('source') ], 'pg_dump');
$node->safe_psql('restored', 'CREATE EXTENSION credit_limit');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $dump, '-d', $node->connstr('restored') ], 'restore');
is($node->safe_psql('restored', $state), $before, 'a dump brings back every value');
for my $table (@tables)
{
	$node->safe_psql('source', "COPY $table TO '$file' (FORMAT binary)");
	$node->safe_psql('restored', "TRUNCATE $table; COPY $table FROM '$file' (FORMAT binary)");
}
is($node->safe_psql('restored', $state), $before, 'and so does COPY in binary');

$node->stop;
done_testing();

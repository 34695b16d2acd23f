# The extension and a book are created in a database of an encoding of each kind (CREDIT_LIMIT_SOAK=1: of every one that the
# server has); texts that an encoding cannot hold are left out, and said; what is hashed and scored is the same everywhere.
use strict;
use warnings;
use utf8;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->append_conf('postgresql.conf', "fsync = off\nsynchronous_commit = off");
$node->start;

# Those whose number is at most that of the last one that a server may have: the others are for clients only.
my @encodings = split /\n/, $node->safe_psql('postgres', q{SELECT pg_encoding_to_char(i) FROM generate_series(0, 41) i
	WHERE pg_encoding_to_char(i) NOT IN ('', 'SJIS', 'BIG5', 'GBK', 'UHC', 'GB18030', 'JOHAB', 'SHIFT_JIS_2004') ORDER BY i});
cmp_ok(scalar @encodings, '>', 30, "there are @encodings");
# One that holds Chinese, some of it, none, anything; and the one that a book is refused in.
@encodings = qw(EUC_CN EUC_JP LATIN1 SQL_ASCII MULE_INTERNAL) if !$ENV{CREDIT_LIMIT_SOAK};
# PostgreSQL 19 knows no MULE_INTERNAL any more.
@encodings = grep { $node->safe_psql('postgres', "SELECT pg_char_to_encoding('$_')") >= 0 } @encodings;

my $card = q{'{"name": "c", "characteristics": [
	{"name": "x", "categories": [{"in": ["a b"], "points": 7}], "other": {"points": 1}}]}'};
my $same = qq{SET search_path = credit_limit; SELECT assign_arm('e', 'unit', ARRAY['a', 'b'], ARRAY[0.5, 0.5]),
	score($card, '{"x": "a b"}'::jsonb)};
my $pmml = qq{SET search_path = credit_limit; SELECT scorecard_from_pmml(scorecard_pmml($card)) = $card\::scorecard};
my ($chinese, $expected, $sound);
for my $encoding ('UTF8', grep { $_ ne 'UTF8' } @encodings)
{
	my $name = lc $encoding;
	$node->safe_psql('postgres', qq{CREATE DATABASE "$name" TEMPLATE template0 ENCODING '$encoding' LOCALE 'C'});
	my ($code, $out, $err) = $node->psql($name, 'CREATE EXTENSION credit_limit');
	is("$code $err", '0 ', "$encoding: the extension is created");
	$expected ||= $node->safe_psql($name, $same);
	# From this one the server has no way to UTF-8, in which XML is read and decisions are hashed.
	if ($encoding eq 'MULE_INTERNAL')
	{
		($code, $out, $err) = $node->psql($name, q{SELECT credit_limit.create_book('lending')});
		like($err, qr/a book cannot be in a database of encoding MULE_INTERNAL/, "$encoding: a book is refused");
		next;
	}
	is($node->safe_psql($name, $same), $expected, "$encoding: arms and scores are those of UTF8");
	is($node->safe_psql($name, $pmml), 't', "$encoding: a card in ASCII comes back from PMML");

	($code, $out, $err) = $node->psql($name, q{SELECT credit_limit.create_book('lending')});
	is($code, 0, "$encoding: a book is created");
	my ($english, $count) = split /\|/, $node->safe_psql($name,
		q{SELECT count(*) FILTER (WHERE language = 'en'), count(*) FILTER (WHERE language = 'zh') FROM lending.reason_text});
	if ($count)
	{
		my $texts = $node->safe_psql($name, q{SET client_encoding = UTF8;
			SELECT string_agg(text, ' ' ORDER BY reason COLLATE "C") FROM lending.reason_text WHERE language = 'zh'});
		$chinese ||= $texts;
		is($count, $english, "$encoding: every reason has its Chinese text");
		is($texts, $chinese, "$encoding: the Chinese texts are those of UTF8");
		unlike($err, qr/left out/, "$encoding: nothing is left out");
	}
	else
	{
		cmp_ok($english, '>', 10, "$encoding: the English texts are there");
		like($err, qr/left out: encoding $encoding of the database cannot hold them/,
			"$encoding: and it says that others are not");
	}
	my $problems = $node->safe_psql($name, q{SELECT relation, problem FROM credit_limit.check_book('lending')});
	$sound = $problems if $encoding eq 'UTF8';
	is($problems, $sound, "$encoding: check_book finds what it finds in UTF8");
}
utf8::decode($chinese);
like($chinese, qr/额度/, 'the Chinese texts speak of limits');

# ---- XML: the server reads it as UTF-8 ----

my $foreign = q{'{"name": "é", "characteristics": [{"name": "x", "bins": [{"points": 1}]}]}'};
utf8::encode($foreign);
for my $document ("scorecard_pmml($foreign)", "replace(scorecard_pmml($foreign)::text, U&'\\00e9', '&#233;')::xml",
	"replace(scorecard_pmml($foreign)::text, U&'\\00e9', '&#xE9;')::xml")
{
	my $read = "SET client_encoding = UTF8; SET search_path = credit_limit; SELECT scorecard_from_pmml($document)";
	is($node->safe_psql('utf8', "$read = ${foreign}::scorecard"), 't', 'UTF8: a card with a letter beyond ASCII comes back');
	my ($code, $out, $err) = $node->psql('latin1', $read);
	like($err, qr/PMML with characters beyond ASCII can be read in a UTF8 database only/, 'LATIN1: it is refused, not garbled');
}

$node->stop;
done_testing();

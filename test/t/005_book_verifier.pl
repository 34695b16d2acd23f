# The log, verified by somebody else: in Perl, from nothing but what psql prints of the tables. It writes every row as canonical
# text by doc/operator/log.md, computes SHA-256, and follows the lanes. It finds nothing wrong in a log, the same in a database
# of another encoding, and one changed byte anywhere. verify_log() must agree.
use strict;
use warnings;

use Digest::SHA qw(sha256 sha256_hex);
use Encode qw(encode decode);
use JSON::PP qw(decode_json);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
# No setting of the server may have a say.
$node->append_conf('postgresql.conf',
	"client_encoding = 'UTF8'\ndatestyle = 'German, DMY'\nextra_float_digits = -15\nbytea_output = 'escape'\n");
$node->start;

# ---- what psql prints ----

my %escape = (b => "\b", f => "\f", n => "\n", r => "\r", t => "\t", v => "\x0b");

# Rows of each query by its name, after each of these statements, which is undone; all in one session. NULL is undef. A line of
# COPY never begins with a form feed.
sub rows
{
	my ($database, $query, @first) = @_;
	my $read = join "\n", map { "\\echo '\\f'$_\nCOPY (" . $query->{$_} =~ s/\s+/ /gr . ') TO STDOUT;' } keys %$query;
	my $out = $node->safe_psql($database, join "\n", "SET client_encoding = 'UTF8'; SET bytea_output = 'hex';
		SET datestyle = 'ISO, MDY'; SET extra_float_digits = 1; SET timezone = 'UTC';",
		map { "\\echo '\\f'\nBEGIN;\n$_;\n$read\nROLLBACK;" } @first ? @first : '');
	my (@rows, $name);
	foreach (split /\n/, decode('UTF-8', $out))
	{
		if ($_ eq "\f") { push @rows, {} }
		elsif (s/^\f//) { $rows[-1]{ $name = $_ } = [] }
		else { push @{ $rows[-1]{$name} }, [ map {
			$_ eq '\N' ? undef : s/\\(.)/exists $escape{$1} ? $escape{$1} : $1/gesr } split /\t/, $_, -1 ] }
	}
	return wantarray ? @rows : $rows[0];
}

# ---- canonical text ----

my %json = ("\b" => '\b', "\f" => '\f', "\n" => '\n', "\r" => '\r', "\t" => '\t', '"' => '\"', '\\' => '\\\\');

sub quoted
{
	my ($text) = @_;
	$text =~ s/([\x00-\x1f"\\])/exists $json{$1} ? $json{$1} : sprintf('\u%04x', ord $1)/ge;
	return qq{"$text"};
}

# '{a,"b \"c\"",NULL}': one level, as text[] prints.
sub array_items
{
	my ($literal) = @_;
	my @items;
	$literal =~ s/^\{(.*)\}$/$1/s or die "no array: $literal";
	while ($literal =~ /\G(?:"((?:[^"\\]|\\.)*)"|([^,]+))(?:,|$)/gs)
	{
		push @items, defined $1 ? $1 =~ s/\\(.)/$1/gsr : uc $2 eq 'NULL' ? undef : $2;
	}
	return @items;
}

sub canonical_value
{
	my ($type, $value) = @_;
	return 'null' unless defined $value;
	return $value eq 't' ? 'true' : 'false' if $type eq 'boolean';
	return $value =~ /^-?[0-9]/ ? $value : quoted($value) if $type =~ /^(numeric|bigint|integer|double precision)$/;
	return '[' . join(',', map { canonical_value('text', $_) } array_items($value)) . ']' if $type eq 'text[]';
	$value =~ s/ (.*)/T$1:00/ if $type eq 'timestamp with time zone';
	return quoted($value);
}

# As doc/operator/log.md lists them: what the hash of a decision covers.
my @columns = (
	[ run_id => 'bigint' ], [ source => 'text' ], [ account_id => 'bigint' ], [ borrower_id => 'bigint' ], [ product => 'text' ],
	[ as_of => 'date' ], [ decided_at => 'timestamp with time zone' ], [ policy_id => 'integer' ], [ scorecard_id => 'integer' ],
	[ experiment => 'text' ], [ arm => 'text' ], [ arm_probability => 'double precision' ],
	[ score => 'double precision' ], [ pd => 'double precision' ], [ action => 'text' ],
	(map { [ $_ => 'numeric' ] } qw(old_limit new_limit available entitlement risk_cap product_cap affordability_cap umbrella_cap
		regulatory_cap target)),
	[ binding => 'text' ], [ reasons => 'text[]' ], [ proposed => 'numeric' ],
	[ frozen => 'boolean' ], [ input_hash => 'bytea' ]);

sub bytes { return pack 'H*', $_[0] =~ s/^\\x//r }

# ---- the verifier ----

# Lane 64: what was approved, retired and erased. The last act of a version has what its row has.
my @act = ([ kind => 'text' ], [ id => 'bigint' ], [ written_at => 'timestamp with time zone' ], [ login => 'text' ],
	[ content => 'text' ]);

sub columns { return join ', ', map { $_->[0] } @_ }

# What the verifier reads.
my %log = (
	policy => 'SELECT policy_id, source, digest FROM lending.policy_version',
	scorecard => 'SELECT scorecard_id, source, digest FROM lending.scorecard_version',
	(map { +"approved_$_" => "SELECT ${_}_id, name, status, valid_from, valid_to, approved_by, digest
		FROM lending.${_}_version WHERE status <> 'draft'" } qw(policy scorecard)),
	layout => 'SELECT layout, columns FROM lending.evidence_layout',
	evidence => 'SELECT decision_id, salt, layout, inputs FROM lending.decision_evidence',
	act => 'SELECT place, previous_hash, hash, ' . columns(@act) . ' FROM lending.log_act ORDER BY place',
	decision => 'SELECT decision_id, previous_hash, hash, ' . columns(@columns) . ' FROM lending.decision ORDER BY decision_id',
	lane => 'SELECT lane, place, hash FROM lending.log_lane');

# Digests of the versions, computed from their sources.
sub digests
{
	my ($rows, $relation, $problems) = @_;
	my %digest;
	foreach (@{ $rows->{$relation} })
	{
		my ($id, $source, $digest) = @$_;
		$digest{$id} = '\x' . sha256_hex(encode('UTF-8', $source));
		push @$problems, "$relation $id" if $digest{$id} ne $digest;
	}
	return \%digest;
}

sub check_evidence
{
	my ($rows, $hash_of, $problems) = @_;
	my %layout = map { $_->[0] => sha256(encode('UTF-8', $_->[1])) } @{ $rows->{layout} };
	foreach (@{ $rows->{evidence} })
	{
		my ($id, $salt, $layout, $inputs) = @$_;
		my $hash = delete $hash_of->{$id};
		push @$problems, "evidence of $id"
			if !defined $hash || '\x' . sha256_hex(bytes($salt) . $layout{$layout} . encode('UTF-8', $inputs)) ne $hash;
	}
	push @$problems, map { "no evidence of $_" } sort keys %$hash_of;
}

sub check_acts
{
	my ($rows, $end, $problems) = @_;
	my %act;
	foreach (@{ $rows->{act} })
	{
		my ($place, $previous, $hash, @values) = @$_;
		my $content = '[' . join(',', map { canonical_value($act[$_][1], $values[$_]) } 0 .. $#act) . ']';
		push @$problems, "act $place" if $place != $end->{64}[0] + 1 || bytes($previous) ne $end->{64}[1]
			|| sha256(bytes($previous) . encode('UTF-8', $content)) ne bytes($hash);
		$end->{64} = [ $place, bytes($hash) ];
		$act{"$values[0] $values[1]"} = eval { decode_json(encode('UTF-8', $values[4])) } || {};
	}
	foreach my $kind (qw(policy scorecard))
	{
		foreach (@{ $rows->{"approved_$kind"} })
		{
			my ($id, @row) = @$_;
			my $said = delete $act{"$kind $id"};
			push @$problems, "$kind $id is not as log_act has it" if !$said
				|| join('|', map { $_ // '' } @row)
				ne join('|', map { $_ // '' } @$said{qw(name status valid_from valid_to approved_by digest)});
		}
	}
	push @$problems, map { "$_ is gone" } grep { /^(policy|scorecard)/ } sort keys %act;
}

sub problems
{
	my ($rows) = @_;
	my @problems;
	my $policies = digests($rows, 'policy', \@problems);
	my $cards = digests($rows, 'scorecard', \@problems);
	my %end = map { $_ => [ 0, sha256("credit_limit lane $_") ] } 0 .. 64;
	my %input_hash;
	foreach (@{ $rows->{decision} })
	{
		my ($id, $previous, $hash, @values) = @$_;
		my ($place, $lane) = (int($id / 64), $id % 64);
		my ($policy, $card) = @values[ 7, 8 ];
		my @digests = map { canonical_value('bytea', $_) }
			(defined $policy ? $policies->{$policy} : undef, defined $card ? $cards->{$card} : undef);
		my $content = '[' . join(',', (map { canonical_value($columns[$_][1], $values[$_]) } 0 .. $#columns), @digests) . ']';
		push @problems, "place of $id" if $place != $end{$lane}[0] + 1;
		push @problems, "link of $id" if bytes($previous) ne $end{$lane}[1];
		push @problems, "hash of $id" if sha256(bytes($previous) . encode('UTF-8', $content)) ne bytes($hash);
		$end{$lane} = [ $place, bytes($hash) ];
		$input_hash{$id} = $values[-1];
	}
	check_evidence($rows, \%input_hash, \@problems);
	check_acts($rows, \%end, \@problems);
	foreach (@{ $rows->{lane} })
	{
		my ($lane, $place, $hash) = @$_;
		my $end = delete $end{$lane};
		push @problems, "end of lane $lane" if !$end || $place != $end->[0] || bytes($hash) ne $end->[1];
	}
	return (@problems, map { "no lane $_" } keys %end);
}

sub verify
{
	my ($database) = @_;
	return problems(scalar rows($database, \%log));
}

# ---- books ----

sub make_book
{
	my ($database, $encoding, $word) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE template0 ENCODING '$encoding' LC_COLLATE 'C' LC_CTYPE 'C'");
	$node->safe_psql($database, encode('UTF-8', qq{
		SET client_encoding = 'UTF8';
		CREATE EXTENSION credit_limit;
		SELECT credit_limit.create_book('lending');
		GRANT USAGE ON SCHEMA lending, credit_limit, credit_limit_internal TO maker, checker;
		GRANT ALL ON ALL TABLES IN SCHEMA lending TO maker, checker;
		SET ROLE maker;
		SELECT credit_limit.draft_policy('lending', 'cash', '{"name": "$word", "entitlement": {"bands": [{"score_from": 600,
			"income_multiple": 1.5}]}, "regulatory_cap": {"limit": 9000.50}, "product": {"cap": 20000, "step": 100},
			"exclusions": [{"column": "days_past_due", "at_least": 30, "reason": "$word, \\"{late}\\" \\\\ \\n \\u0001"},
			{"column": "excluded_refer", "is": true, "action": "REFER", "reason": "NULL"}]}');
		SELECT credit_limit.draft_scorecard('lending', 'card', '{"name": "$word", "base_points": 600.1, "characteristics": [
			{"name": "utilization", "bins": [{"below": 0.5, "points": 33.3}, {"points": 0.7}], "missing": {"points": 5}}]}');
		SET ROLE checker;
		SELECT credit_limit.approve_policy('lending', 1, '2026-01-01',
				digest => credit_limit.version_digest('lending', 'policy', 1)),
			credit_limit.approve_scorecard('lending', 1, '2026-01-01',
				digest => credit_limit.version_digest('lending', 'scorecard', 1));
		RESET ROLE;
		INSERT INTO lending.product VALUES ('$word', 'Cash', 'standby_cash', 'CNY', 'cash', 'card'),
			('shop', 'Shop', 'card', 'CNY', 'cash', NULL);
		INSERT INTO lending.experiment VALUES ('exp $word', 'shop', '2026-11-30', '2026-11-30');
		INSERT INTO lending.experiment_arm VALUES ('exp $word', 'a', 0.5, NULL), ('exp $word', 'b', 0.5, NULL);
		INSERT INTO lending.borrower (borrower_id, segment, income, external_score, external_pd)
			SELECT i, CASE i % 3 WHEN 0 THEN '$word' WHEN 1 THEN E'"\\\\\\n\\t\\x01' END, 1000 + i / 7.0, 600 + i / 3.0, 1.0 / i
			FROM generate_series(1, 40) i;
		INSERT INTO lending.account (account_id, borrower_id, product, currency, opened_on, credit_limit, balance)
			SELECT i, i, CASE i % 2 WHEN 0 THEN '$word' ELSE 'shop' END, 'CNY', '2026-01-01', 100 * (i % 9), 10.10 * (i % 5)
			FROM generate_series(1, 40) i;
		INSERT INTO lending.account_month SELECT i, '2026-11-01', 100, 10, 0, 0, i % 40 FROM generate_series(1, 40) i;
		INSERT INTO lending.exclusion (borrower_id, kind, action, valid_from) VALUES (4, 'dispute', 'REFER', '2026-01-01'),
			(5, 'dispute', 'REFER', '2026-01-01');
	}));
	$node->safe_psql($database, q{CALL credit_limit.run_decisions('lending', '2026-11-30', '{"chunk_size": 7}')});
	# Real time, in two lanes; and a person's decision.
	$node->safe_psql($database, encode('UTF-8', qq{
		SET client_encoding = 'UTF8';
		SELECT credit_limit.set_business_date('lending', '2026-12-01'), credit_limit.enable_realtime('lending');
		SET ROLE maker;
		SELECT credit_limit.propose_override('lending', decision_id, 777, 'Because, "$word"', 'note') FROM lending.decision
			WHERE account_id IN (4, 5);
		SET ROLE checker;
		SELECT credit_limit.approve_override('lending', request_id) FROM lending.override_request;
		RESET ROLE;
		SELECT credit_limit.apply_overrides('lending', '2026-12-01');
	}));
	# The first lane is busy: the events of this transaction go to the next.
	my $busy = IPC::Run::start([ 'psql', '-X', '-q', '-d', $node->connstr($database), '-c', 'BEGIN',
		'-c', 'SELECT lane FROM lending.log_lane WHERE lane = 0 FOR UPDATE', '-c', 'SELECT pg_sleep(600)' ],
		'>', \my $out, '2>', \my $err);
	$node->poll_query_until($database, q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'})
		or die 'nobody holds the first lane';
	$node->safe_psql($database, q{INSERT INTO lending.exclusion (borrower_id, kind, action, valid_from)
		SELECT i, 'fraud', 'FREEZE', '2026-12-01' FROM generate_series(1, 10) i});
	$node->safe_psql($database, q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'});
	$busy->finish;
	return;
}

$node->safe_psql('postgres', 'CREATE ROLE maker; CREATE ROLE checker');
my %books = (utf8 => [ 'UTF8', "\x{4e2d}\x{1f600}\x{e9}" ], latin1 => [ 'LATIN1', "\x{e9}t\x{e9}" ],
	unicode_latin => [ 'UTF8', "\x{e9}t\x{e9}" ]);
foreach my $database (sort keys %books)
{
	make_book($database, @{ $books{$database} });
	is(join(', ', verify($database)), '', "$database: nothing is wrong with the log");
	is($node->safe_psql($database, q{SELECT count(*) FROM credit_limit.verify_log('lending')}), '0',
		"$database: verify_log agrees");
	is($node->safe_psql($database, q{SELECT count(*), count(DISTINCT decision_id % 64) > 1, count(DISTINCT source)
		FROM lending.decision}),
		'52|t|3', "$database: runs, real time and overrides, in several lanes");
	is($node->safe_psql($database, q{SELECT bool_and((credit_limit.replay_decision('lending', decision_id)).same)
		FROM lending.decision WHERE source <> 'override'}), 't', "$database: every decision is made again");
}
# Salts differ, so hashes of inputs do; inputs do not.
my $inputs = { inputs => q{SELECT d.account_id, d.source, e.inputs FROM lending.decision d
	JOIN lending.decision_evidence e USING (decision_id) ORDER BY 1, 2} };
is_deeply([ rows('latin1', $inputs) ], [ rows('unicode_latin', $inputs) ], 'inputs have the same text in both encodings');

# ---- one byte ----

# A value with one byte changed, as SQL over the column.
sub changed
{
	my ($column, $type) = @_;
	return "set_byte($column, 3, (get_byte($column, 3) + 1) % 256)" if $type eq 'bytea';
	return "NOT $column" if $type eq 'boolean';
	return "overlay($column placing chr(ascii(substr($column, 2, 1)) + 1) from 2 for 1)" if $type eq 'text' || $type eq 'source';
	return "coalesce(array_append($column, ''), '{}')" if $type eq 'text[]';
	return "$column + interval '1 microsecond'" if $type =~ /^timestamp/;
	return "coalesce($column, 0) + 1" unless $type eq 'date';
	return "$column + 1";
}

my @altered;
sub altered { push @altered, [@_] }

my $some = q{WHERE decision_id = (SELECT min(decision_id) FROM lending.decision WHERE source = 'run' AND experiment IS NOT NULL
	AND account_id = 7)};
foreach my $column (@columns, [ previous_hash => 'bytea' ], [ hash => 'bytea' ])
{
	my ($name, $type) = @$column;
	my $value = $name =~ /^(source|action|scorecard_id)$/
		? { source => "'realtime'", action => "'DECREASE'", scorecard_id => 1 }->{$1}
		: changed($name, $type);
	altered("decision.$name", "UPDATE lending.decision SET $name = $value $some");
}
altered("decision_evidence.$_->[0]", "UPDATE lending.decision_evidence SET $_->[0] = " . changed(@$_) . " $some")
	foreach ([ salt => 'bytea' ], [ inputs => 'text' ]);
altered('a column of the inputs renamed', q{UPDATE lending.evidence_layout SET columns = replace(columns, 'balance', 'pending')});
altered("log_lane.$_->[0]", "UPDATE lending.log_lane SET $_->[0] = " . changed(@$_) . ' WHERE lane = 0')
	foreach ([ place => 'bigint' ], [ hash => 'bytea' ]);
altered("policy.$_->[0]", "UPDATE lending.policy_version SET $_->[0] = $_->[1]")
	foreach ([ source => q{source || ' '} ], [ digest => join(', approved_digest = ', (changed(digest => 'bytea')) x 2) ],
		[ valid_from => q{valid_from - 1} ], [ approved_by => q{'nobody'} ]);
altered("log_act.$_->[0]", "UPDATE lending.log_act SET $_->[0] = " . changed(@$_) . ' WHERE place = 2')
	foreach (@act, [ previous_hash => 'bytea' ], [ hash => 'bytea' ]);
altered('an act removed', 'DELETE FROM lending.log_act WHERE place = 2');
altered('a decision removed', "DELETE FROM lending.decision $some");
altered('the last decision removed', 'DELETE FROM lending.decision WHERE decision_id =
	(SELECT max(decision_id) FROM lending.decision WHERE decision_id % 64 = 0)');
altered('inputs removed', "DELETE FROM lending.decision_evidence $some");
altered('two decisions exchanged', join(';',
	map { "UPDATE lending.decision SET decision_id = $_->[1] WHERE decision_id = $_->[0]" }
	([ 64, 0 ], [ 128, 64 ], [ 0, 128 ])));
my @rows = rows('utf8', { %log, verify_log => q{SELECT DISTINCT problem FROM credit_limit.verify_log('lending')} },
	map { "SET LOCAL session_replication_role = replica; $_->[1]; SET LOCAL session_replication_role = origin" } @altered);
foreach (@altered)
{
	my $rows = shift @rows;
	my @problems = problems($rows);
	my $found = join ' ', map { $_->[0] } @{ $rows->{verify_log} };
	ok(@problems > 0 && $found ne '', "$_->[0]: found by both") or diag("verifier: @problems; verify_log: $found");
}

$node->stop;
done_testing();

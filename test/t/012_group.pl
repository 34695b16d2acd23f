# A group of three books on three servers: one is killed in the night, one misses a version, and moves of borrowers are cut off
# after each step. Nothing is lost or doubled, reports say what is missing, and in the end everything is there.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $borrowers = 90;
my @nodes;
for my $i (0 .. 2)
{
	my $node = PostgreSQL::Test::Cluster->new("shard_$i");
	$node->init;
	$node->append_conf('postgresql.conf', "fsync = off\njit = off\nmax_parallel_workers_per_gather = 0");
	$node->start;
	push @nodes, $node;
}
my ($head, $second, $third) = @nodes;
if ($head->psql('postgres', 'CREATE EXTENSION postgres_fdw') != 0)
{
	$_->stop for @nodes;
	plan skip_all => 'postgres_fdw is not installed';
}

# An answer, and what went wrong, of statements on a server.
sub sql { my ($node, $sql) = @_; return $node->safe_psql('postgres', "SET search_path = credit_limit, public; $sql") }

sub error
{
	my ($node, $sql) = @_;
	my ($out, $err);
	$node->psql('postgres', $sql, stdout => \$out, stderr => \$err);
	return $err;
}

sub call { my ($node, $call) = @_; return error($node, "CALL credit_limit.$call") }

# In every book a third of the borrowers, by a hash that is computed here too.
use Digest::SHA qw(sha256_hex);
sub shard { return hex(substr(sha256_hex($_[0]), 0, 15)) % 3 }
my @of = ([], [], []);
push @{ $of[shard($_)] }, $_ for 1 .. $borrowers;

for my $i (0 .. 2)
{
	my $node = $nodes[$i];
	my $ids = join ',', @{ $of[$i] };
	sql($node, "CREATE EXTENSION credit_limit; SELECT create_book('lending');
		CREATE ROLE maker; CREATE ROLE checker; CREATE ROLE committee LOGIN;
		SELECT grant_book('lending', policy_owner => 'maker', approver => 'checker', committee => 'committee');
		SELECT add_months('lending', '2026-09-01', 4);
		INSERT INTO lending.product VALUES ('cash', 'Cash', 'card', 'CNY', 'cash', NULL);
		INSERT INTO lending.borrower (borrower_id, income, external_score, segment)
			SELECT b, 1000 + b, 650, 's' || b % 2 FROM unnest('{$ids}'::bigint[]) b;
		INSERT INTO lending.account (account_id, borrower_id, product, currency, opened_on, credit_limit, balance)
			SELECT 10 * borrower_id, borrower_id, 'cash', 'CNY', '2026-08-15', 1000, 10 * borrower_id FROM lending.borrower;
		INSERT INTO lending.account_month (account_id, month, credit_limit, balance, payment, due, days_past_due)
			SELECT account_id, m, 1000, balance, 0, 0, (account_id + 7 * extract(month FROM m)::int) % 97
			FROM lending.account, generate_series(DATE '2026-09-01', '2026-11-01', '1 month') m");
	next if $i == 0;
	my ($host, $port) = ($node->host, $node->port);
	sql($head, "CREATE SERVER shard_$i FOREIGN DATA WRAPPER postgres_fdw
			OPTIONS (host '$host', port '$port', dbname 'postgres', extensions 'credit_limit', connect_timeout '3');
		CREATE USER MAPPING FOR CURRENT_USER SERVER shard_$i OPTIONS (user 'committee');
		CREATE SCHEMA shard_$i; CREATE SCHEMA shard_${i}_report;
		IMPORT FOREIGN SCHEMA lending FROM SERVER shard_$i INTO shard_$i;
		IMPORT FOREIGN SCHEMA lending_report FROM SERVER shard_$i INTO shard_${i}_report");
}

sub policy
{
	my ($cap, $from) = @_;
	return sql($head, "SET ROLE maker; SELECT draft_policy('lending', 'cash', '{\"name\": \"cash\", \"entitlement\":
		{\"bands\": [{\"score_from\": 600, \"income_multiple\": 2}]}, \"product\": {\"cap\": $cap, \"step\": 100}}') AS id \\gset
		SET ROLE checker; SELECT approve_policy('lending', :id, '$from', digest => version_digest('lending', 'policy', :id))");
}

# ---- a group is made ----

sql($head, "SELECT create_book_group('bank', 'lending', 3)");
like(call($head, q{publish_group('bank')}), qr/no book for shard 1, 2/, 'a group without all of its books publishes nothing');
like(error($head, q{SELECT credit_limit.add_group_member('bank', 2, 'shard_1')}), qr/borrowers of the book are not of shard 2/,
	'a book has its own shard');
is(sql($second, 'SELECT count(*) FROM lending.group_membership') . sql($second, 'SELECT count(*) FROM lending.group_order'), '00',
	'a refused member knows of nothing');
like(error($head, q{SELECT credit_limit.add_group_member('bank', 1, 'shard_1')}), qr/owner of the book has not let it join/,
	'nor does it join before its owner lets it');
sql($nodes[$_], "INSERT INTO lending.group_membership (group_name, shard, shards) VALUES ('bank', $_, 3)") for 1, 2;
sql($head, "SELECT add_group_member('bank', 1, 'shard_1'), add_group_member('bank', 2, 'shard_2')");
sql($head, "CREATE SCHEMA again; CREATE SCHEMA again_report; IMPORT FOREIGN SCHEMA lending FROM SERVER shard_1 INTO again");
like(error($head, q{SELECT credit_limit.add_group_member('bank', 1, 'again')}), qr/book "again" cannot be shard 1/,
	'nor is a shard taken twice');

policy(20000, '2026-01-01');
is(call($head, q{publish_group('bank')}), '', 'versions are published');
is(call($head, q{confirm_group('bank', '2026-11-30')}), '', 'and confirmed');
my $state = "SELECT policy_id, version, status, created_by, approved_by, valid_from, valid_to, digest FROM lending.policy_version
	WHERE status <> 'draft' ORDER BY 1";
is(sql($_, $state), sql($head, $state), 'a book has the version of the committee') for $second, $third;
like(error($second, q{SELECT credit_limit.draft_policy('lending', 'own', '{"name": "own", "product": {"cap": 1}}')}),
	qr/for the committee of group "bank"/,
	'and drafts none');

# ---- a night: a server dies before its run, and comes back ----

my $night = q{run_decisions('lending', '2026-11-30', '{"chunk_size": 7}')};
call($head, $night);
call($second, $night);
$third->stop('immediate');
sql($head, q{SELECT refresh_reports('lending', '2026-11-30')});
sql($second, q{SELECT refresh_reports('lending', '2026-11-30')});
like(sql($head, q{SELECT * FROM refresh_group('bank')}), qr/^0\|lending\|t\|\n1\|shard_1\|t\|\n2\|shard_2\|f\|could not connect/,
	'a server that is away is said');
my $here = @{ $of[0] } + @{ $of[1] };
is(sql($head, 'SELECT accounts, missing FROM bank_report.report_summary'), "$here|{2}", 'and what it has is missing, and marked');
is(sql($head, 'SELECT count(*) FROM bank_report.report_utilization WHERE missing = $${2}$$'),
	sql($head, 'SELECT count(*) FROM bank_report.report_utilization'), 'in every row');
is(sql($head, 'SELECT count(*), min(missing::text) FROM bank_report.report_bad_rate'), '1|{2}', 'also where there is no other');
like(call($head, q{confirm_group('bank', '2026-12-01')}), qr/WARNING.*not reached every book.*Shard 2/s, 'a confirmation too');

# A version while it is away: valid a day ahead, or not at all.
like(error($head, "SET search_path = credit_limit; SET ROLE maker;
	SELECT draft_policy('lending', 'cash', '{\"name\": \"cash\", \"product\": {\"cap\": 1}}') AS id \\gset
	SET ROLE checker; SELECT approve_policy('lending', :id, '2026-12-01', digest => version_digest('lending', 'policy', :id))"),
	qr/would change days that group "bank" has confirmed/, 'no version changes a day that was confirmed');
policy(1500, '2026-12-02');
like(call($head, q{publish_group('bank')}), qr/Shard 2/, 'a version does not reach who is away');
like(call($head, q{confirm_group('bank', '2026-12-03')}), qr/Shard 2/, 'who is not confirmed');
is(sql($head, q{SELECT string_agg(concat_ws(' ', shard, publication, confirmed_until, away), ',' ORDER BY shard)
	FROM bank.member}),
	'0 2 2026-12-03 f,1 2 2026-12-03 f,2 1 2026-11-30 t', 'as the group has written down');

$third->start;
call($third, $night);
is(sql($_, "SELECT count(*), count(DISTINCT account_id) FROM lending.decision WHERE as_of = '2026-11-30'"),
	join('|', (scalar @{ $of[$_ == $head ? 0 : $_ == $second ? 1 : 2] }) x 2), 'nothing is lost or doubled') for @nodes;
like(call($third, q{run_decisions('lending', '2026-12-02')}), qr/has not confirmed the versions of 2026-12-02/,
	'a book that missed a version does not decide by the old one');
is(sql($third, q{SELECT count(*) FROM lending.run WHERE as_of = '2026-12-02'}), '0', 'and has not begun');
like(call($head, q{confirm_group('bank', '2026-12-04')}), qr/Shard 2: shard 2 does not decide by what was published last/,
	'nor is it confirmed before it has that version');
call($head, q{publish_group('bank')});
is(call($head, q{confirm_group('bank', '2026-12-04')}), '', 'it catches up');
is(sql($_, $state), sql($head, $state), 'and has it then') for $third;
call($_, q{run_decisions('lending', '2026-12-02')}) for @nodes;
is(sql($third, "SELECT count(*) FILTER (WHERE new_limit > 1500) FROM lending.decision WHERE as_of = '2026-12-02'"), '0',
	'and decides by it');

sql($_, q{SELECT refresh_reports('lending', '2026-12-02')}) for @nodes;
is(sql($head, q{SELECT bool_and(collected) FROM refresh_group('bank')}), 't', 'reports have all parts');

# The same borrowers in one book give the same reports.
sql($head, "SELECT create_book('whole')");
my %ids = map { $_ => join ',', @{ $of[$_] } } 0 .. 2;
sql($head, q{INSERT INTO whole.product SELECT * FROM lending.product;
	INSERT INTO whole.borrower SELECT * FROM lending.borrower UNION ALL SELECT borrower_id, segment, NULL, NULL, NULL, NULL, NULL
		FROM shard_1.borrower UNION ALL SELECT borrower_id, segment, NULL, NULL, NULL, NULL, NULL FROM shard_2.borrower;
	INSERT INTO whole.account SELECT * FROM lending.account UNION ALL SELECT * FROM shard_1.account
		UNION ALL SELECT * FROM shard_2.account;
	SELECT add_months('whole', '2026-09-01', 4);
	INSERT INTO whole.account_month SELECT * FROM lending.account_month UNION ALL SELECT * FROM shard_1.account_month
		UNION ALL SELECT * FROM shard_2.account_month;
	SELECT refresh_reports('whole', '2026-12-02')});
for my $report (qw(utilization transitions vintages survival concentration))
{
	my $rows = "SELECT md5(string_agg(r::text, ',' ORDER BY r::text COLLATE \"C\")) FROM (SELECT to_jsonb(w) - 'missing' AS r
		FROM %s_report.report_$report w) x";
	is(sql($head, sprintf $rows, 'bank'), sql($head, sprintf $rows, 'whole'), "$report is that of one book with everybody");
}
is(sql($head, 'SELECT accounts, borrowers, drawn, missing FROM bank_report.report_summary'),
	"$borrowers|$borrowers|" . (10 * $borrowers * ($borrowers + 1) / 2) . '.00|{}', 'the summary counts everybody once');
is(sql($head, q{SELECT sum(decisions) FROM bank_report.report_decisions WHERE as_of = '2026-11-30'}), $borrowers,
	'and decisions');

# ---- heads ----

sql($head, q{SELECT * FROM witness_group('bank')});
is(sql($head, q{SELECT * FROM check_witnesses('bank')}), '', 'the logs hold what was witnessed');
sql($third, q{ALTER TABLE lending.decision DISABLE TRIGGER keep_all;
	UPDATE lending.decision d SET hash = sha256('x') FROM lending.log_lane l
	WHERE l.lane < 64 AND d.decision_id = 64 * l.place + l.lane;
	ALTER TABLE lending.decision ENABLE TRIGGER keep_all});
like(sql($head, q{SELECT * FROM check_witnesses('bank')}), qr/^2\|shard_2\|rewritten\|\d+\|\d+\|[^\n]*$/,
	'a head that was rewritten is found');
sql($third, q{ALTER TABLE lending.decision DISABLE TRIGGER keep_all;
	UPDATE lending.decision d SET hash = l.hash FROM lending.log_lane l
	WHERE l.lane < 64 AND d.decision_id = 64 * l.place + l.lane;
	ALTER TABLE lending.decision ENABLE TRIGGER keep_all});
is(sql($third, q{SELECT * FROM verify_log('lending')}), '', 'and mended');

# ---- moves, cut off after each step ----

my $accounts = 'SELECT string_agg(borrower_id::text, $$,$$ ORDER BY borrower_id) FROM %s.account WHERE status = $$open$$';
sub everybody
{
	my $name = shift;
	sql($head, q{SELECT * FROM refresh_group('bank')});
	sql($_, q{SELECT refresh_reports('lending', '2026-12-02')}) for @nodes;
	is(sql($head, q{SELECT bool_and(collected) FROM refresh_group('bank')}), 't', "$name: every book answers");
	is(sql($head, q{SELECT max(accounts), sum(accounts) FROM bank_report.report_utilization WHERE month = '2026-11-01'})
		. ' ' . sql($head, 'SELECT accounts FROM bank_report.report_summary'),
		sql($head, q{SELECT max(accounts), sum(accounts) FROM whole_report.report_utilization WHERE month = '2026-11-01'})
		. " $borrowers", "$name: he is counted once");
}
my @states = qw(planned frozen copied active);
my $n = 0;
for my $state (@states)
{
	my $moving = $of[1][ $n++ ];
	# The group's own server dies when the books have taken the step, and the group has not written it down.
	sql($head, "SELECT credit_limit_internal.begin_move('bank', $moving, 2) AS move \\gset
		SELECT credit_limit_internal.move_step('bank', :move)
		FROM generate_series(0, array_position('{planned,frozen,copied,active}'::text[], '$state') - 1)");
	sql($head, "UPDATE bank.move SET state = '$state' WHERE borrower_id = $moving");
	my $victim = $nodes[ $n % 3 ];
	$victim->stop('immediate');
	like(call($head, "move_borrower('bank', $moving, 2)"), qr/could not connect/, "$state: a server is away")
		if $victim != $head && !($state eq 'copied' && $victim == $second) && !($state eq 'active' && $victim == $third)
			&& !($state eq 'planned' && $victim == $third);
	$victim->start;
	like(error($second, "SELECT credit_limit.authorize_draw('lending', ${moving}0, 1, '2026-12-04')"), qr/does not allow a draw/,
		"$state: nothing is drawn where he leaves");
	like(error($second, "INSERT INTO lending.account_month VALUES (${moving}0, '2026-12-01', 1, 1)"),
		qr/moves to another book/, "$state: nor loaded");
	everybody($state);
	is(call($head, "move_borrower('bank', $moving, 2)"), '', "$state: the move goes on");
	is(sql($head, "SELECT state FROM bank.move WHERE borrower_id = $moving") . sql($head, "SELECT group_shard('bank', $moving)"),
		'closed2', "$state: and ends");
	is(sql($third, "SELECT count(*), min(b.income), min(a.balance), bool_or(a.frozen), (SELECT count(*)
		FROM lending.account_month m WHERE m.account_id = ${moving}0) FROM lending.account a
		JOIN lending.borrower b USING (borrower_id) WHERE a.borrower_id = $moving AND a.status = 'open'"),
		'1|' . (1000 + $moving) . '|' . (10 * $moving) . '|f|3', "$state: with all that is his");
	is(sql($second, "SELECT (SELECT count(*) FROM lending.account WHERE status = 'open' AND borrower_id = $moving)
		+ (SELECT count(*) FROM lending.account_month WHERE account_id = ${moving}0)"), '0', "$state: and nothing left behind");
}
# ---- moves that are taken back, cut off likewise ----

my $rows = q{SELECT concat(b, a, (SELECT string_agg(m::text, ',' ORDER BY m.month) FROM lending.account_month m
	WHERE m.account_id = a.account_id)) FROM lending.borrower b JOIN lending.account a USING (borrower_id) WHERE borrower_id = };
for my $state (qw(planned frozen copied cancelling))
{
	my $moving = $of[1][ $n++ ];
	my $was = sql($second, $rows . $moving);
	my $steps = $state eq 'planned' ? 1 : 2;
	sql($head, "SELECT credit_limit_internal.begin_move('bank', $moving, 2) AS move \\gset
		SELECT credit_limit_internal.move_step('bank', :move) FROM generate_series(1, $steps)");
	sql($head, $state eq 'cancelling' ? "SELECT credit_limit_internal.cancel_step('bank',
			credit_limit_internal.begin_cancel('bank', $moving), true)" :
		"UPDATE bank.move SET state = '$state' WHERE borrower_id = $moving");
	my $victim = $nodes[ $n % 3 ];
	$victim->stop('immediate');
	like(call($head, "cancel_move('bank', $moving)"), qr/could not connect/, "back from $state: a server is away")
		if $victim == $second || $victim == $third && $state ne 'cancelling';
	$victim->start;
	is(call($head, "cancel_move('bank', $moving)"), '', "back from $state: the move is taken back") for 1 .. 2;
	is(sql($head, "SELECT state FROM bank.move WHERE borrower_id = $moving") . sql($head, "SELECT group_shard('bank', $moving)"),
		'cancelled1', "back from $state: he stays");
	is(sql($second, $rows . $moving), $was, "back from $state: as he was");
	is(error($second, "UPDATE lending.account SET balance = balance WHERE borrower_id = $moving"), '',
		"back from $state: and may be loaded");
	is(sql($third, "SELECT (SELECT count(*) FROM lending.borrower WHERE borrower_id = $moving)
		+ (SELECT count(*) FROM lending.group_move WHERE borrower_id = $moving)"), '0',
		"back from $state: nothing is in the other");
}
everybody('all moves');
is(sql($third, q{SELECT count(*) FROM lending.log_act WHERE kind = 'order' AND content::jsonb ->> 'kind' = 'receive' AND
	 jsonb_array_length(content::jsonb -> 'content' -> 'log_end') > 0}), @states + 3,
	'where his log ended is in the other, also of those taken back');
is(sql($_, q{SELECT * FROM verify_log('lending')}), '', 'the logs verify') for @nodes;
is(sql($head, q{SELECT * FROM check_witnesses('bank')}), '', 'and hold what was witnessed');
is(sql($_, q{SELECT count(*) FROM lending.group_order WHERE content ? 'rows' OR answer ? 'rows'}), '0',
	'no copy of a borrower stays behind') for @nodes;

$_->stop for @nodes;
done_testing();

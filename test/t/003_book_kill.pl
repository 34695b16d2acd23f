# The server is killed at random moments of a run, again and again; the run is resumed until it is done. Then no decision is
# missing, none is there twice, and the log verifies; alerts likewise. BOOK_KILLS says how often (default 4). A dump of the book
# restores to one that verifies, replays and goes on.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

plan skip_all => 'needs /proc to find the processes of a server' unless -r "/proc/$$/stat";

my $kills = $ENV{BOOK_KILLS} || 4;
my $borrowers = 6000;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "restart_after_crash = on\nmax_wal_size = 1GB\n");
$node->start;
$node->safe_psql('postgres', q{CREATE ROLE maker; CREATE ROLE checker});

my $policy = '{"name": "cash", "entitlement": {"bands": [{"score_from": 600, "income_multiple": 2}]},
	"product": {"cap": 20000, "step": 100}, "movement": {"max_increase": 0.5, "cooling_off_days": {"increase": 30}},
	"exclusions": [{"column": "days_past_due", "at_least": 30, "reason": "Past due"}]}';

$node->safe_psql('postgres', qq{
	CREATE EXTENSION credit_limit;
	SELECT credit_limit.create_book('lending');
	GRANT USAGE ON SCHEMA lending, credit_limit, credit_limit_internal TO maker, checker;
	GRANT ALL ON ALL TABLES IN SCHEMA lending TO maker, checker;
	SET ROLE maker;
	SELECT credit_limit.draft_policy('lending', 'cash', '$policy');
	SET ROLE checker;
	SELECT credit_limit.approve_policy('lending', 1, '2026-01-01', digest => credit_limit.version_digest('lending', 'policy', 1));
	RESET ROLE;
	INSERT INTO lending.product VALUES ('cash', 'Cash', 'standby_cash', 'CNY', 'cash', NULL);
	INSERT INTO lending.borrower (borrower_id, income, external_score) SELECT i, 1000 + i, 650
		FROM generate_series(1, $borrowers) i;
	INSERT INTO lending.account (account_id, borrower_id, product, currency, opened_on, credit_limit, balance)
		SELECT 10 * i + k, i, 'cash', 'CNY', '2026-01-01', 1000, 100
		FROM generate_series(1, $borrowers) i, generate_series(1, 1 + i % 2) k;
	SELECT credit_limit.add_months('lending', '2026-11-01', 1);
	INSERT INTO lending.account_month SELECT account_id, '2026-11-01', 1000, 100, 0, 0, account_id % 40 FROM lending.account;
	ANALYZE lending.account, lending.borrower, lending.account_month;
});
my $accounts = $node->safe_psql('postgres', 'SELECT count(*) FROM lending.account');
my $run = 1;

sub call
{
	return qq{CALL credit_limit.run_decisions('lending', '2026-11-30', '{"chunk_size": 20, "run_key": "run $run"}')};
}

# State and parent of a process, from Linux's /proc; nothing of one that is gone.
sub process
{
	open(my $file, '<', "/proc/$_[0]/stat") or return;
	return readline($file) =~ /\) (\S) (\d+) / ? { state => $1, parent => $2 } : ();
}

sub wait_for
{
	my ($what, $is_so) = @_;
	foreach (1 .. 18000)
	{
		return if $is_so->();
		usleep(10_000);
	}
	BAIL_OUT("$what, even after three minutes");
}

# All at once, as when the power goes. The postmaster is stopped first, so that no child is born meanwhile. Each child counts,
# also one that is about to end: it would wait for ever for a lock that a dead one held, and the shared memory stay in use.
sub kill_everything
{
	my ($postmaster) = split /\n/, slurp_file($node->data_dir . '/postmaster.pid');
	kill 'STOP', $postmaster;
	wait_for('the postmaster does not stop', sub { process($postmaster)->{state} eq 'T' });
	my @children = grep { my $p = process($_); $p && $p->{parent} == $postmaster } map { m{(\d+)$} } glob('/proc/[0-9]*');
	kill 'KILL', @children;
	$node->kill9;
	wait_for('killed processes go on', sub { !grep { my $p = process($_); $p && $p->{state} ne 'Z' } $postmaster, @children });
	# A dead postmaster that nobody has buried yet would pass for one that runs.
	unlink $node->data_dir . '/postmaster.pid', $node->host . '/.s.PGSQL.' . $node->port . '.lock';
}

my $half_way = 0;
foreach my $kill (1 .. $kills)
{
	# Two sessions work on the run when the server goes.
	my @psql = ('psql', '-X', '-q', '-d', $node->connstr('postgres'), '-c', call());
	my @sessions = map { IPC::Run::start(\@psql, '>', \my $out, '2>', \my $err) } 1 .. 2;
	usleep(50_000 + int(rand(600_000)));
	kill_everything();
	$_->finish foreach @sessions;
	$node->start;
	my ($done, $decisions) = split /\|/, $node->safe_psql('postgres',
		q{SELECT coalesce(sum((status = 'done')::int), 0), coalesce(sum(decisions), 0) FROM lending.run_chunk});
	$half_way++ if $decisions % $accounts > 0;
	$run++ if $node->safe_psql('postgres', qq{SELECT status FROM lending.run WHERE run_key = 'run $run'}) eq 'done';
	is($node->safe_psql('postgres', 'SELECT count(*) FROM lending.decision'), $decisions,
		"kill $kill: there are the decisions of the chunks that are done ($done)");
	is($node->safe_psql('postgres', q{SELECT count(*) FROM credit_limit.verify_log('lending')}), '0',
		"kill $kill: the log verifies");
}
note("$half_way of $kills kills came half way");

$node->safe_psql('postgres', call());
is($node->safe_psql('postgres', 'SELECT DISTINCT status, failed, decisions FROM lending.run_progress'),
	"done|0|$accounts", 'every run is done');
is($node->safe_psql('postgres', 'SELECT count(*), count(DISTINCT account_id) FROM lending.decision GROUP BY run_id'),
	join("\n", ("$accounts|$accounts") x $run), 'in every run every account was decided, and once');
is($node->safe_psql('postgres', q{SELECT count(*) FROM credit_limit.verify_log('lending')}), '0', 'the log verifies');
is($node->safe_psql('postgres', q{SELECT count(*) FROM lending.account a JOIN lending.decision d USING (account_id)
	JOIN lending.run r USING (run_id) WHERE r.run_key = 'run 1' AND (a.credit_limit <> d.new_limit OR d.old_limit <> 1000)}),
	'0', 'limits are those that were decided, from those that were');
is($node->safe_psql('postgres', call() . '; SELECT count(*) FROM lending.decision'), $run * $accounts,
	'another start does nothing');

# ---- alerts: a night that is killed has happened as a whole, or not at all ----

my $alerts = q{SELECT credit_limit.run_alerts('lending', '2026-11-30')};
my $found = q{SELECT count(*), count(DISTINCT subject), (SELECT count(*) FROM lending.alert_case),
	(SELECT count(DISTINCT account_id) FROM lending.alert_case WHERE status = 'open') FROM lending.alert WHERE rule = 'past due'};
my $late = $node->safe_psql('postgres', q{SELECT count(*) FROM lending.account_month WHERE days_past_due >= 30});
foreach my $kill (1 .. 2)
{
	my @psql = ('psql', '-X', '-q', '-d', $node->connstr('postgres'), '-c', $alerts);
	my @sessions = map { IPC::Run::start(\@psql, '>', \my $out, '2>', \my $err) } 1 .. 2;
	usleep(30_000 + int(rand(200_000)));
	kill_everything();
	$_->finish foreach @sessions;
	$node->start;
	my $done = $node->safe_psql('postgres', q{SELECT count(*) > 0 FROM lending.run WHERE job = 'alerts'});
	is($node->safe_psql('postgres', $found), $done eq 't' ? "$late|$late|200|200" : '0|0|0|0',
		"alerts, kill $kill: all of them or none");
}
$node->safe_psql('postgres', "$alerts; $alerts");
is($node->safe_psql('postgres', $found), "$late|$late|200|200", 'and in the end each alert and each case is there, once');

# ---- reports: a month that was counted before a kill has been counted as a whole, and the next start goes on ----

$node->safe_psql('postgres', q{
	SELECT credit_limit.add_months('lending', '2026-06-01', 5);
	INSERT INTO lending.account_month
		SELECT account_id, m, 1000, 100, 0, 0, (account_id * 7 + extract(month FROM m)::int * 11) % 100
		FROM lending.account, generate_series(DATE '2026-06-01', '2026-10-01', '1 month') m});
my $reports = q{CALL credit_limit.run_job('lending', 'reports', '2026-11-30')};
my $counted = q{SELECT coalesce(string_agg(to_char(month, 'MM') || ' ' || accounts, ',' ORDER BY month), '')
	FROM lending.report_month};
my $left = q{SELECT count(DISTINCT month) FROM lending.report_change WHERE month < '2026-12-01'};
foreach my $kill (1 .. 2)
{
	my @session = ('psql', '-X', '-q', '-d', $node->connstr('postgres'), '-c', $reports);
	my $session = IPC::Run::start(\@session, '>', \my $out, '2>', \my $err);
	wait_for('no month is counted',
		sub { $node->safe_psql('postgres', 'SELECT count(*) FROM lending.report_month') >= 2 * $kill - 1 });
	kill_everything();
	$session->finish;
	$node->start;
	my $months = 6 - $node->safe_psql('postgres', $left);
	is($node->safe_psql('postgres', $counted), join(',', map { sprintf '%02d %d', $_ + 5, $accounts } 1 .. $months),
		"reports, kill $kill: $months months are counted as a whole");
}
$node->safe_psql('postgres', $reports);
is($node->safe_psql('postgres', $counted), join(',', map { sprintf '%02d %d', $_ + 5, $accounts } 1 .. 6),
	'and in the end all');
is($node->safe_psql('postgres', q{SELECT sum(bad) FROM lending_report.report_survival}),
	$node->safe_psql('postgres', q{SELECT count(*) FROM (SELECT account_id FROM lending.account_month GROUP BY 1
		HAVING max(days_past_due) >= 90 AND max(days_past_due) FILTER (WHERE month = '2026-06-01') < 90) a}),
	'and nobody turned bad twice');

# ---- an error is not a leak ----

is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'}), '0',
	'no advisory lock is left');

# ---- dump and restore ----

$node->safe_psql('postgres', q{
	SELECT credit_limit.set_business_date('lending', '2026-12-01'), credit_limit.enable_realtime('lending');
	INSERT INTO lending.exclusion (borrower_id, kind, action, valid_from) VALUES (1, 'fraud', 'FREEZE', '2026-12-01');
	CREATE DATABASE restored;
});
my $end = $node->safe_psql('postgres', q{SELECT credit_limit.log_end('lending')});
my $state = q{SELECT count(*), md5(string_agg(d::text, '' ORDER BY decision_id)) FROM lending.decision d};
my $dump = $node->basedir . '/book.sql';
$node->command_ok([ 'pg_dump', '--no-sync', '-f', $dump, '-d', $node->connstr('postgres') ], 'pg_dump');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $dump, '-d', $node->connstr('restored') ], 'restore');
is($node->safe_psql('restored', $state), $node->safe_psql('postgres', $state), 'the decisions are the same');
is($node->safe_psql('restored', "SELECT count(*) FROM credit_limit.verify_log('lending', '$end')"), '0',
	'the restored log verifies, to its end');
is($node->safe_psql('restored', q{SELECT bool_and((credit_limit.replay_decision('lending', decision_id)).same)
	FROM lending.decision WHERE account_id < 1000}), 't', 'its decisions can be made again');
is($node->safe_psql('restored', q{SELECT count(*) FROM credit_limit.check_book('lending')}),
	$node->safe_psql('postgres', q{SELECT count(*) FROM credit_limit.check_book('lending')}),
	'check_book finds no more in it');
$node->safe_psql('restored', q{INSERT INTO lending.exclusion (borrower_id, kind, action, valid_from)
	VALUES (2, 'fraud', 'FREEZE', '2026-12-01')});
is($node->safe_psql('restored', q{SELECT count(*) FROM lending.decision WHERE borrower_id = 2 AND source = 'realtime'}), '1',
	'real time goes on');
$node->safe_psql('restored', q{CALL credit_limit.run_decisions('lending', '2026-12-01')});
is($node->safe_psql('restored', q{SELECT decisions, failed FROM lending.run_progress WHERE run_key = '2026-12-01'}),
	"$accounts|0",
	'so do runs');
is($node->safe_psql('restored', "SELECT count(*) FROM credit_limit.verify_log('lending', '$end')"), '0',
	'and the log still verifies');
my ($code, $out, $err) = $node->psql('restored', q{UPDATE lending.decision SET new_limit = 1});
like($err, qr/is not allowed/, 'it still only grows');
($code, $out, $err) = $node->psql('restored',
	q{UPDATE lending.policy_version SET document = '{"name": "x", "product": {"cap": 1}}'});
like($err, qr/cannot be changed/, 'and approved policies are kept');

$node->stop;
done_testing();

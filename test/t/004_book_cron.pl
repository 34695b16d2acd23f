# A server with pg_cron: jobs of a book that are scheduled really run, are logged and seen, failures with their SQLSTATE; a second
# start does nothing while one runs, and neither does any on a replica. What is scheduled from another database is a command.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 1);
my $library = `$ENV{PG_CONFIG} --pkglibdir 2>&1` if $ENV{PG_CONFIG};
$library = `pg_config --pkglibdir` unless defined $library;
chomp $library;
my $cron = grep { -f "$library/pg_cron.$_" } ('so', 'dylib');
note('pg_cron is not installed: only what needs none is tested') unless $cron;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_cron'\ncron.database_name = 'postgres'\n"
	. "cron.use_background_workers = on\nmax_worker_processes = 20\n") if $cron;
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION credit_limit;
	SELECT credit_limit.create_book('lending');
	CREATE ROLE maker;
	CREATE ROLE engine LOGIN;
	SELECT credit_limit.grant_book('lending', policy_owner => 'maker', engine => 'engine');
	SET ROLE maker;
	SELECT credit_limit.draft_policy('lending', 'cash', '{"name": "cash", "product": {"cap": 900},
		"exclusions": [{"column": "excluded", "is": true, "reason": "Excluded"}]}');
	RESET ROLE;
	SELECT credit_limit.approve_policy('lending', 1, '2026-01-01', digest => credit_limit.version_digest('lending', 'policy', 1));
	INSERT INTO lending.product VALUES ('cash', 'Cash', 'standby_cash', 'CNY', 'cash', NULL);
	INSERT INTO lending.borrower (borrower_id) SELECT generate_series(1, 20000);
	INSERT INTO lending.account (account_id, borrower_id, product, currency, opened_on)
		SELECT i, i, 'cash', 'CNY', '2026-01-01' FROM generate_series(1, 20000) i;
	SELECT credit_limit.set_business_date('lending', '2026-11-30');
	ANALYZE lending.account, lending.borrower;
});

# ---- a second start, and one that died ----

# The first alerts job waits for a lock that this session has; the second finds it running.
my $hold_in = '';
my ($hold_out, $hold_err) = ('', '');
my $hold = IPC::Run::start([ 'psql', '-X', '-q', '-A', '-t', '-d', $node->connstr('postgres') ],
	'<', \$hold_in, '>', \$hold_out, '2>', \$hold_err);
$hold_in .= "BEGIN; LOCK TABLE lending.alert_rule IN ACCESS EXCLUSIVE MODE; SELECT 'locked';\n";
$hold->pump until $hold_out =~ /locked/;
my $first = IPC::Run::start([ 'psql', '-X', '-q', '-d', $node->connstr('postgres'), '-c',
	q{CALL credit_limit.run_job('lending', 'alerts')} ], '>', \my $first_out, '2>', \my $first_err);
$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM lending.run WHERE status = 'running'
	AND EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock')}) or die 'the first job does not wait';
my ($code, $out, $err) = $node->psql('postgres', q{CALL credit_limit.run_job('lending', 'alerts')});
is($code, 0, 'a second start is no error');
like($err, qr/is running since .*: nothing to do/, 'it says that the job is running');
($code, $out, $err) = $node->psql('postgres', q{CALL credit_limit.run_job('lending', 'alerts')},
	extra_params => [ '-U', 'engine' ]);
like($err, qr/is running since .*: nothing to do/, 'so it does to another role');
is($node->safe_psql('postgres', q{SELECT count(*) FROM lending.run WHERE job = 'alerts'}), '1', 'and it is not in the ledger');
# Another job is not concerned.
$node->safe_psql('postgres', q{CALL credit_limit.run_job('lending', 'months')});
# The session of the first is ended from outside: the next start says that it was lost, and works.
$node->safe_psql('postgres', q{SELECT pg_terminate_backend(pid) FROM lending.run WHERE status = 'running'});
$first->finish;
$hold_in .= "COMMIT;\n\\q\n";
$hold->finish;
$node->safe_psql('postgres', q{CALL credit_limit.run_job('lending', 'alerts')});
is($node->safe_psql('postgres', q{SELECT string_agg(status, ',' ORDER BY run_id) FROM lending.run WHERE job = 'alerts'}),
	'lost,done', 'a job whose session was ended is found by the next start');

# ---- on a replica ----

$node->backup('copy');
my $replica = PostgreSQL::Test::Cluster->new('replica');
$replica->init_from_backup($node, 'copy', has_streaming => 1);
$replica->append_conf('postgresql.conf', "shared_preload_libraries = ''\n");
$replica->start;
($code, $out, $err) = $replica->psql('postgres', q{CALL credit_limit.run_job('lending', 'decisions')});
is($code, 0, 'on a replica a job is no error');
like($err, qr/does nothing on a replica/, 'and does nothing');
$replica->stop('fast');

# ---- by pg_cron ----

SKIP:
{
	skip 'pg_cron is not installed (Debian: postgresql-NN-cron)', 1 unless $cron;
	# A schema called cron is not pg_cron.
	$node->safe_psql('postgres', q{CREATE DATABASE fake});
	$node->safe_psql('fake', q{CREATE EXTENSION credit_limit; SELECT credit_limit.create_book('b'); CREATE SCHEMA cron;
		CREATE FUNCTION cron.schedule(text, text, text) RETURNS bigint LANGUAGE plpgsql AS
			$$ BEGIN RAISE EXCEPTION 'planted'; END $$});
	like($node->safe_psql('fake', q{SELECT how, command FROM credit_limit.schedule('b', '{"decisions": "0 1 * * *"}')
		WHERE job = 'decisions'}),
		qr/^to be run in database "postgres"\|SELECT cron.schedule_in_database\('b decisions in fake', '0 1 \* \* \*', 'CALL/,
		'from another database the answer is what schedules it there');
	$node->safe_psql('postgres', 'CREATE EXTENSION pg_cron');
	my $statements = $node->safe_psql('fake', q{SELECT string_agg(command, '; ') FROM credit_limit.schedule('b')});
	$node->safe_psql('postgres', $statements);
	is($node->safe_psql('postgres', q{SELECT count(*) FROM cron.job WHERE database = 'fake' AND username = 'postgres'}), '8',
		'and does so, when it is run there');
	$node->safe_psql('postgres', $node->safe_psql('fake', q{SELECT string_agg(command, '; ') FROM credit_limit.unschedule('b')}));
	is($node->safe_psql('postgres', q{SELECT count(*) FROM cron.job}), '0', 'as does what unschedules it');

	($code, $out, $err) = $node->psql('postgres', q{SET ROLE engine; SELECT credit_limit.schedule('lending')});
	like($err, qr/the current role has no right to use pg_cron/, 'a role without rights on pg_cron is told so');
	$node->safe_psql('postgres', q{GRANT USAGE ON SCHEMA cron TO engine;
		INSERT INTO lending.alert_rule (rule, indicator, enter_at, leave_at) VALUES ('bad', 'utilization', 1, 1);
		CREATE FUNCTION lending.broken() RETURNS trigger LANGUAGE plpgsql AS
			$$ BEGIN RAISE EXCEPTION USING ERRCODE = 'UE123', MESSAGE = 'on purpose'; END $$;
		CREATE TRIGGER broken BEFORE INSERT OR UPDATE ON lending.run FOR EACH ROW
			WHEN (NEW.job = 'alerts' AND NEW.status = 'done') EXECUTE FUNCTION lending.broken()});
	# The engine schedules what it may run; the owner the rest.
	is($node->safe_psql('postgres', q{SET ROLE engine; SELECT job, how FROM credit_limit.schedule('lending',
		'{"decisions": "* * * * *", "alerts": "* * * * *",
			"features": null, "demand": null, "reports": null, "overrides": null, "months": null,
			"retention": null}') ORDER BY job}),
		"alerts|pg_cron\ndecisions|pg_cron", 'with pg_cron jobs are scheduled');
	is($node->safe_psql('postgres', q{SELECT job, how FROM credit_limit.schedule('lending',
		'{"features": null, "demand": null, "decisions": null, "reports": null, "overrides": null,
			"alerts": null, "months": "* * * * *", "retention": "0 5 1 * *"}') ORDER BY job}),
		"months|pg_cron\nretention|pg_cron", 'by each role its own');
	is($node->safe_psql('postgres', q{SELECT jobname, username, schedule, active FROM cron.job ORDER BY jobname}),
		join("\n", 'lending alerts in postgres|engine|* * * * *|t', 'lending decisions in postgres|engine|* * * * *|t',
			'lending months in postgres|postgres|* * * * *|t', 'lending retention in postgres|postgres|0 5 1 * *|t'),
		'as the role that scheduled them');
	my $before = $node->safe_psql('postgres', 'SELECT count(*) FROM lending.run');
	ok($node->poll_query_until('postgres', q{SELECT count(*) = 3 FROM lending.job_status s
		WHERE (s.job = 'decisions' AND s.status = 'done' AND s.row_count = 20000)
			OR (s.job = 'alerts' AND s.status = 'failed') OR (s.job = 'months' AND s.status = 'done' AND s.runs > 1)}),
		'within two minutes they ran');
	is($node->safe_psql('postgres', q{SELECT status, decisions, failed FROM lending.run_progress}), 'done|20000|0',
		'the nightly run decided on every account, chunk by chunk');
	is($node->safe_psql('postgres', q{SELECT status, sqlstate, message FROM lending.job_status WHERE job = 'alerts'}),
		'failed|UE123|on purpose', 'the job that failed is seen with its SQLSTATE');
	is($node->safe_psql('postgres', q{SELECT DISTINCT started_by FROM lending.run WHERE job = 'decisions'}), 'engine',
		'the engine ran it');
	is($node->safe_psql('postgres', q{SELECT string_agg(job || ' ' || schedule, ', ' ORDER BY job) FROM lending.job_status
		WHERE schedule IS NOT NULL AND NOT overdue}),
		'alerts * * * * *, decisions * * * * *, months * * * * *, retention 0 5 1 * *',
		'the schedules are shown as they were given, and no job is overdue yet');
	$node->safe_psql('postgres', q{UPDATE lending.job SET scheduled_at = scheduled_at - interval '2 days';
		SET session_replication_role = replica;
		UPDATE lending.run SET ended_at = ended_at - interval '2 days' WHERE job = 'alerts'});
	is($node->safe_psql('postgres', q{SELECT string_agg(job, ' ' ORDER BY job) FROM lending.job_status WHERE overdue}), 'alerts',
		'the one that only failed is, after a day');
	($code, $out, $err) = $node->psql('postgres', q{SELECT credit_limit.schedule('lending', '{"months": "61 2 * * *",
		"features": null, "demand": null, "decisions": null, "reports": null, "overrides": null, "alerts": null,
		"retention": null}')});
	like($err, qr/invalid schedule: 61 2/, 'pg_cron says what is no schedule');
	like($node->safe_psql('postgres', q{SELECT schedule FROM lending.job WHERE job = 'months'}), qr/^\* \*/,
		'and the old one stays');
	ok($node->poll_query_until('postgres', q{SELECT count(*) > 0 FROM cron.job_run_details WHERE status = 'failed'
		AND return_message LIKE '%on purpose%'}), 'and pg_cron knows of the failure');
	# Scheduled again, it is one job with another time.
	$node->safe_psql('postgres', q{SET ROLE engine; SELECT credit_limit.schedule('lending',
		'{"decisions": "5 2 * * *", "features": null, "demand": null, "alerts": null, "reports": null,
			"overrides": null, "months": null, "retention": null}')});
	is($node->safe_psql('postgres', q{SELECT count(*), max(schedule) FILTER (WHERE jobname LIKE '%decisions%') FROM cron.job}),
		'4|5 2 * * *', 'scheduled again, a job has another time');
	($code, $out, $err) = $node->psql('postgres', q{SELECT credit_limit.schedule('lending')});
	like($err, qr/a job would be scheduled twice/, 'not by another role as well');
	($code, $out, $err) = $node->psql('postgres', q{SELECT credit_limit.drop_book('lending')});
	like($err, qr/jobs of book "lending" are scheduled by somebody else/, 'nor is the book dropped while they run');
	is($node->safe_psql('postgres', q{SELECT count(*) FROM cron.job}), '4', 'which leaves its jobs as they were');
	is($node->safe_psql('postgres', q{SELECT job, how FROM credit_limit.unschedule('lending')}), join("\n",
		'alerts|stays: scheduled by "engine"', 'decisions|stays: scheduled by "engine"', 'months|pg_cron', 'retention|pg_cron'),
		'unscheduled are the jobs of the role that asks');
	is($node->safe_psql('postgres', q{SELECT string_agg(DISTINCT username, ',') FROM cron.job}), 'engine', 'really');
	$node->safe_psql('postgres', q{SET ROLE engine; SELECT credit_limit.unschedule('lending')});
	is($node->safe_psql('postgres', q{SELECT (SELECT count(*) FROM cron.job), (SELECT count(*) FROM lending.job_status
		WHERE schedule IS NOT NULL)}), '0|0', 'in the end none is left');
}

$node->stop;
done_testing();

# A book survives its server: pg_upgrade into a newer PostgreSQL, by copies and by links, and a dump that is restored there.
# Nothing of it changed, every right is as it was, the log verifies, and runs, real time, overrides, alerts and jobs go on.
#
# CREDIT_LIMIT_UPGRADE_PG_CONFIG is the pg_config of the newer server, with its headers. It stays as it is: the extension is
# built in a copy of this tree and installed into a copy of that server.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Cwd qw(getcwd);
use File::Basename qw(dirname);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use StoredValues qw(slurp %value);
use Test::More;
use Time::HiRes qw(usleep);

my $new_config = $ENV{CREDIT_LIMIT_UPGRADE_PG_CONFIG};
if (!$new_config)
{
	# test/run looks for it at the beginning of a line, and prove is in the middle of one.
	print { Test::More->builder->failure_output }
		"\nskipped set CREDIT_LIMIT_UPGRADE_PG_CONFIG to the pg_config of a newer server, to upgrade to\n";
	plan skip_all => 'set CREDIT_LIMIT_UPGRADE_PG_CONFIG to the pg_config of a newer server';
}

# ---- the newer server ----

my $holder;

# Its pg_config, once script/with-cluster has made the copy with the extension; the copy stays until $holder ends.
sub install_new
{
	my $tree = PostgreSQL::Test::Utils::tempdir();
	my $answer = "$tree/new_pg_config";
	system_or_bail('sh', '-c', 'tar --exclude=./.git --exclude=./tmp_check --exclude=./.built-for --exclude="*.o" \
		--exclude="*.so" -cf - . | tar -xf - -C "$1"', 'sh', $tree);
	local $ENV{PG_CONFIG} = $new_config;
	$holder = IPC::Run::start([ 'script/with-cluster', 'sh', '-c',
		'echo "$PG_CONFIG" > "$1.part" && mv "$1.part" "$1" && exec sleep 3600',
		'sh', $answer ], '>', "$tree/out", '2>', "$tree/err", init => sub { chdir $tree });
	usleep(100_000) while $holder->pumpable && !-e $answer;
	BAIL_OUT("the newer server has no extension:\n" . slurp("$tree/out") . slurp("$tree/err")) unless -e $answer;
	chomp(my $config = slurp($answer));
	return $config;
}

sub end_holder
{
	$holder->signal('TERM') if $holder;
	$holder->finish if $holder;
	undef $holder;
}
END { my $code = $?; end_holder(); $? = $code; }

sub answer_of
{
	chomp(my $answer = qx("$_[0]" $_[1]));
	return $answer;
}

my $old_bin = answer_of('pg_config', '--bindir');
my $config = install_new();
my $new_bin = answer_of($config, '--bindir');
my $new_library = answer_of($config, '--pkglibdir');
note(answer_of('pg_config', '--version') . ' into ' . answer_of($config, '--version'));

# pg_cron only if both have it. From 1.5 on it starts no job here: one at a full minute would change what is compared.
my $cron = !grep { !-f "$_/pg_cron.so" } answer_of('pg_config', '--pkglibdir'), $new_library;

sub new_node
{
	my ($name, %params) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name, %params);
	$node->init(extra => [ '--locale=C', '--encoding=UTF8', '--data-checksums' ]);
	$node->append_conf('postgresql.conf', "timezone = 'UTC'\nmax_worker_processes = 20\n");
	$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_cron'\ncron.database_name = 'bank'\n"
		. "cron.use_background_workers = on\ncron.launch_active_jobs = off\n") if $cron;
	return $node;
}

sub newer_node { return new_node($_[0], install_path => dirname($new_bin)); }

# ---- a book with everything in it ----

my $old = new_node('old');
$old->start;
$old->safe_psql('postgres', q{
	CREATE ROLE lender LOGIN; CREATE ROLE maker LOGIN; CREATE ROLE checker LOGIN; CREATE ROLE engine LOGIN;
		CREATE ROLE loader LOGIN;
	CREATE ROLE anna LOGIN; CREATE ROLE farmer LOGIN; CREATE ROLE one LOGIN; CREATE ROLE two LOGIN; CREATE ROLE stranger LOGIN;
	CREATE ROLE bella LOGIN;
	CREATE DATABASE bank OWNER lender; CREATE DATABASE plain OWNER lender});
$old->safe_psql('bank', 'CREATE EXTENSION pg_cron; GRANT USAGE ON SCHEMA cron TO lender, engine') if $cron;

# What $role is told by a server: its answer, or its error.
sub as
{
	my ($node, $role, $sql) = @_;
	my ($code, $out, $err) = $node->psql('bank', $sql, extra_params => [ '-U', $role ]);
	return $code == 0 ? $out : "error: $err";
}

# The same where an error is none of the answers.
sub must
{
	my ($node, $role, $sql) = @_;
	my $answer = as($node, $role, $sql);
	die "$role: $sql\n$answer" if $answer =~ /^error:/;
	return $answer;
}

$old->safe_psql('plain', 'CREATE EXTENSION credit_limit', extra_params => [ '-U', 'lender' ]);
must($old, 'lender', q{
	CREATE EXTENSION credit_limit;
	SELECT credit_limit.create_book('lending');
	SELECT credit_limit.grant_book('lending', analyst => 'anna', policy_owner => 'maker', approver => 'checker',
		engine => 'engine', loader => 'loader', reviewer => 'one', bi => 'bella');
	SELECT credit_limit.grant_book('lending', analyst => 'farmer', reviewer => 'two');
	SELECT credit_limit.restrict_analyst('lending', 'farmer', ARRAY['farm'])});

my $limits = '"regulatory_cap": {"limit": 40000, "source": "law"}, "exclusions": [
	{"column": "days_past_due", "at_least": 30, "reason": "Past due"}, {"column": "excluded", "is": true, "reason": "Excluded"},
	{"column": "excluded_refer", "is": true, "action": "REFER", "reason": "Somebody looks"},
	{"column": "excluded_freeze", "is": true, "action": "FREEZE", "reason": "Frozen"}],
	"risk_cap": [{"pd_below": 0.02, "limit": 30000}, {"pd_below": 0.2, "limit": 9000}, {"limit": 4000}],
	"movement": {"max_increase": 0.5, "cooling_off_days": {"increase": 30}}, "product": {"floor": 500, "cap": 20000,
		"step": 100}';
my $card = slurp('demo/expert_card.json');
must($old, 'maker', qq{
	SELECT credit_limit.draft_policy('lending', 'cash', '{"name": "cash", $limits, "entitlement": {"bands": [
		{"score_from": 600, "income_multiple": 2}, {"score_from": 0, "income_multiple": 1}]}}'),
	credit_limit.draft_policy('lending', 'bold', '{"name": "bold", $limits, "entitlement": {"bands": [
		{"score_from": 0, "income_multiple": 3}]}}'),
	credit_limit.draft_policy('lending', 'draft', '{"name": "draft", "product": {"cap": 9}}'),
	credit_limit.draft_policy('lending', 'pool', '{"name": "pool", $limits, "umbrella": {"type": "partitioned"}}'),
	credit_limit.draft_policy('lending', 'share', '{"name": "share", $limits, "umbrella": {"type": "shared"}}'),
	credit_limit.draft_scorecard('lending', 'behaviour', '{"name": "behaviour", "base_points": 450,
		"scaling": {"score": 600, "odds": 50, "pdo": 20}, "characteristics": [
		{"name": "utilization", "reason": "High use", "bins": [{"below": 0.3, "points": 60.5}, {"points": 20.25}],
			"missing": {"points": 30}},
		{"name": "income", "bins": [{"below": 1500, "points": 30}, {"points": 71.125}], "missing": {"points": 0}}]}')});
must($old, 'checker', q{
	SELECT credit_limit.approve_policy('lending', 1, '2026-01-01', digest => credit_limit.version_digest('lending', 'policy', 1)),
		credit_limit.approve_policy('lending', 2, '2026-01-01', digest => credit_limit.version_digest('lending', 'policy', 2)),
		credit_limit.approve_policy('lending', 4, '2026-01-01', digest => credit_limit.version_digest('lending', 'policy', 4)),
		credit_limit.approve_policy('lending', 5, '2026-01-01', digest => credit_limit.version_digest('lending', 'policy', 5)),
		credit_limit.approve_scorecard('lending', 1, '2026-01-01',
			digest => credit_limit.version_digest('lending', 'scorecard', 1))});
must($old, 'lender', q{
	SELECT credit_limit.add_months('lending', '2026-08-01', 5);
	INSERT INTO lending.product VALUES ('cash', 'Cash', 'standby_cash', 'CNY', 'cash', 'behaviour'),
		('pool', 'Pool', 'instalment', 'CNY', 'pool', 'behaviour'),
		('share', 'Share', 'instalment', 'CNY', 'share', 'behaviour'),
		('card', 'Card', 'card', 'EUR', 'bold', NULL);
	INSERT INTO lending.experiment VALUES ('spring', 'cash', '2026-03-01', NULL);
	INSERT INTO lending.experiment_arm VALUES ('spring', 'champion', 0.5, NULL, NULL),
		('spring', 'challenger', 0.5, 'bold', NULL);
	INSERT INTO lending.borrower (borrower_id, segment, income, obligations, external_score, external_pd)
		SELECT i, (ARRAY['retail', 'farm', '农户'])[1 + i % 3], 1000 + 7.01 * i, i % 9, 500 + i, i / 1000.0
			FROM generate_series(1, 300) i;
	INSERT INTO lending.umbrella
		SELECT i, i, CASE WHEN i % 2 = 0 THEN 'shared' ELSE 'partitioned' END, 'CNY', 9000, '2026-01-01', NULL
		FROM generate_series(1, 40) i;
	INSERT INTO lending.account (account_id, borrower_id, product, currency, umbrella_id, opened_on, credit_limit, balance)
		SELECT 10 * i + k, i, CASE WHEN k = 3 THEN 'card' WHEN i > 40 THEN 'cash' WHEN i % 2 = 0 THEN 'share' ELSE 'pool' END,
			CASE k WHEN 3 THEN 'EUR' ELSE 'CNY' END,
			CASE WHEN i <= 40 AND k < 3 THEN i END, '2026-01-01', 1000, 10.55 * (i % 90)
		FROM generate_series(1, 300) i, generate_series(1, 3) k;
	INSERT INTO lending.limit_adjustment (account_id, kind, amount, valid_from, valid_to, reason)
		VALUES (11, 'blocked', 50, '2026-11-01', '2027-11-01', 'court'),
			(21, 'ad_hoc', 70, '2026-11-01', '2027-11-01', 'journey')});
must($old, 'loader', q{
	INSERT INTO lending.account_month SELECT account_id, m, 1000, balance, 20, 20,
		CASE WHEN account_id % 37 = 0 THEN 35 ELSE 0 END
		FROM lending.account, unnest(ARRAY['2026-08-01', '2026-09-01', '2026-10-01', '2026-11-01']::date[]) m;
	INSERT INTO lending.account_feature (account_id, computed_on, demand_q90, demand_mean, utilization_3m, months_inactive)
		SELECT account_id, '2026-11-30', 3 * balance, balance, 1 / 3.0, 0 FROM lending.account WHERE account_id % 2 = 0;
	INSERT INTO lending.exclusion (borrower_id, kind, action, valid_from) SELECT i, 'dispute', 'REFER', '2026-11-01'
		FROM generate_series(101, 106) i});
# A stretch of the log that was retired, a night, a what-if, alerts, overrides: applied, approved and proposed.
must($old, 'engine', q{CALL credit_limit.run_decisions('lending', '2026-08-31')});
must($old, 'lender', q{SELECT credit_limit.retire_decisions('lending', '2026-09-01', 'old enough')});
must($old, 'engine', $_) foreach q{CALL credit_limit.run_decisions('lending', '2026-11-30', '{"chunk_size": 70}')},
	q{CALL credit_limit.run_decisions('lending', '2026-11-30', '{"run_key": "what if", "move_limits": false}')},
	q{SELECT credit_limit.run_alerts('lending', '2026-11-30')};
must($old, 'one', q{SELECT credit_limit.propose_override('lending', min(decision_id), 2500, 'Papers were checked', 'a note')
	FROM lending.decision WHERE action = 'REFER' AND run_id = 2 GROUP BY account_id ORDER BY account_id LIMIT 3});
must($old, 'two', q{SELECT credit_limit.approve_override('lending', 1)});
must($old, 'engine', q{SELECT credit_limit.apply_overrides('lending', '2026-12-01')});
must($old, 'two', q{SELECT credit_limit.approve_override('lending', 2)});
# Real time.
must($old, 'lender', q{SELECT credit_limit.set_business_date('lending', '2026-12-01'), credit_limit.enable_realtime('lending')});
must($old, 'loader', q{INSERT INTO lending.exclusion (borrower_id, kind, action, valid_from)
	VALUES (7, 'fraud', 'FREEZE', '2026-12-01')});
# Somebody was erased; a run was interrupted after its first chunk; jobs are scheduled; reports are fresh.
must($old, 'lender', q{UPDATE lending.account SET status = 'closed' WHERE borrower_id = 200;
	SELECT credit_limit.erase_borrower('lending', 200, '2026-12-01', 'asked for it')});
must($old, 'engine', q{SELECT credit_limit_internal.run_chunk('lending',
	credit_limit_internal.begin_run('lending', '2026-12-01', '{"run_key": "half", "chunk_size": 50}'))});
must($old, 'engine', q{SELECT credit_limit.refresh_reports('lending', '2026-12-01')});
must($old, 'engine', q{CALL credit_limit.run_job('lending', 'alerts', '2026-12-01')});
must($old, 'lender', q{SELECT credit_limit.schedule('lending', '{"keep_decisions": 84}')});

# What lenders build upon it: every type in a table, an array of them, views, a materialized one, expressions that are indexed
# or stored.
my @types = sort keys %value;
my $columns = join ', ', map { "$_ credit_limit.$_" } @types;
my $values = join ', ', map { "$value{$_}::credit_limit.$_" } @types;
must($old, 'lender', "CREATE SCHEMA own; CREATE TABLE own.kept (id int PRIMARY KEY, $columns, cards credit_limit.scorecard[]);
	INSERT INTO own.kept SELECT 1, $values, ARRAY[\$card\$$card\$card\$, NULL]::credit_limit.scorecard[];
	INSERT INTO own.kept (id) VALUES (2)");
must($old, 'lender', q{
	CREATE VIEW own.reading AS SELECT id, (credit_limit.utilization_stats(utilization)).*, credit_limit.auc(roc) FROM own.kept;
	CREATE MATERIALIZED VIEW own.use AS SELECT product, credit_limit.utilization_agg(balance, credit_limit) AS use
		FROM lending.account GROUP BY 1;
	CREATE INDEX by_use ON lending.account ((credit_limit.utilization(balance, credit_limit)));
	CREATE TABLE own.band (days int, band text GENERATED ALWAYS AS (credit_limit.arrears_band(days)) STORED CHECK (band <> ''));
	INSERT INTO own.band SELECT generate_series(0, 100, 10);
	CREATE TABLE own.name (name text, EXCLUDE USING gist (credit_limit_internal.text_range(name, name, '[]') WITH &&));
	INSERT INTO own.name VALUES ('a')});

# ---- what must be the same ----

# Statistics are new on the new server, so plans differ, and sums of floats by their last digits.
sub rounded
{
	my ($text) = @_;
	$text =~ s/-?\d+\.\d{9,}(?:e[-+]?\d+)?/sprintf('%.9g', $&)/ge;
	return join("\n", sort split /\n/, $text);
}

# Rows of every table, to the byte; of every view.
sub rows
{
	my ($node) = @_;
	my $tables = must($node, 'lender', q{SELECT oid::regclass FROM pg_class
		WHERE relnamespace IN ('lending'::regnamespace, 'own'::regnamespace)
		AND (relkind = 'p' OR relkind = 'r' AND NOT relispartition) ORDER BY oid::regclass::text COLLATE "C"});
	my $views = must($node, 'lender', q{SELECT oid::regclass FROM pg_class
		WHERE relnamespace IN ('lending'::regnamespace, 'lending_report'::regnamespace, 'own'::regnamespace)
		AND relkind IN ('v', 'm') ORDER BY oid::regclass::text COLLATE "C"});
	my %is = map { $_ => must($node, 'lender', qq{SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text COLLATE "C"))
		FROM $_ t}) }
		split /\n/, $tables;
	$is{$_} = rounded(must($node, 'lender', "SELECT to_jsonb(t) FROM $_ t")) foreach split /\n/, $views;
	return \%is;
}

# Rights by what was granted, not by how it is written: since 17 an owner has one right more.
# The inner schema is a member of the extension, and a dump has no owner of it, so there it counts who may use it.
my $rights = q{
	WITH thing AS (
		SELECT c.oid::regclass::text AS name, relowner AS owner, relacl AS acl, c.relnamespace AS schema FROM pg_class c
		UNION ALL SELECT a.attrelid::regclass || '.' || attname, relowner, attacl, relnamespace
			FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE attacl IS NOT NULL
		UNION ALL SELECT oid::regprocedure::text, proowner, coalesce(proacl, acldefault('f', proowner)), pronamespace FROM pg_proc
		UNION ALL SELECT oid::regtype::text, typowner, typacl, typnamespace FROM pg_type
		UNION ALL SELECT nspname, nspowner, nspacl, oid FROM pg_namespace)
	SELECT name, owner::regrole, grantee, right_to FROM thing LEFT JOIN LATERAL (
		SELECT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END AS grantee,
			string_agg(privilege_type || CASE WHEN is_grantable THEN '*' ELSE '' END, ' ' ORDER BY privilege_type) AS right_to
		FROM aclexplode(acl) WHERE grantee <> owner GROUP BY grantee) g ON true
	WHERE schema IN ('lending'::regnamespace, 'lending_report'::regnamespace, 'own'::regnamespace, 'credit_limit'::regnamespace,
		'credit_limit_internal'::regnamespace) AND name NOT LIKE 'pg_toast%' AND name <> 'credit_limit_internal'
	ORDER BY name COLLATE "C", grantee COLLATE "C"};
my $inner = q{SELECT string_agg(rolname, ' ' ORDER BY rolname COLLATE "C") FROM pg_roles
	WHERE has_schema_privilege(oid, 'credit_limit_internal', 'USAGE') AND NOT rolsuper};
my $policies = q{SELECT tablename, policyname, permissive, roles, cmd, qual, with_check, relrowsecurity FROM pg_policies
	JOIN pg_class ON oid = format('%I.%I', schemaname, tablename)::regclass WHERE schemaname = 'lending' ORDER BY 1, 2};
# In 18 NOT NULL is a constraint too.
my $definitions = q{
	SELECT conrelid::regclass::text, conname, convalidated::text, pg_get_constraintdef(oid) FROM pg_constraint
		WHERE connamespace IN ('lending'::regnamespace, 'own'::regnamespace) AND contype <> 'n'
	UNION ALL SELECT indrelid::regclass::text, indexrelid::regclass::text, indisvalid::text, pg_get_indexdef(indexrelid)
		FROM pg_index JOIN pg_class ON oid = indexrelid WHERE relnamespace IN ('lending'::regnamespace, 'own'::regnamespace)
	UNION ALL SELECT tgrelid::regclass::text, tgname, tgenabled::text, pg_get_triggerdef(t.oid) FROM pg_trigger t
		JOIN pg_class c ON c.oid = tgrelid WHERE relnamespace = 'lending'::regnamespace AND NOT tgisinternal
	UNION ALL SELECT oid::regclass::text, relname, relispartition::text, pg_get_expr(relpartbound, oid) FROM pg_class
		WHERE relnamespace = 'lending'::regnamespace AND relispartition
	ORDER BY 1, 2, 4};
my $functions = q{SELECT oid::regprocedure::text, prosecdef, proconfig, provolatile, obj_description(oid, 'pg_proc') FROM pg_proc
	WHERE pronamespace = 'lending'::regnamespace ORDER BY 1};
# What a type brings along (its array type, the constructors of a range) need not be a member: it goes with the type.
my $members = q{SELECT pg_describe_object(classid, objid, 0) FROM pg_depend d
	WHERE deptype = 'e' AND refclassid = 'pg_extension'::regclass
	AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'credit_limit')
	AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = d.classid AND i.objid = d.objid AND i.deptype = 'i')};
my $preview = q{SELECT p FROM credit_limit.preview_decisions('lending', '2026-12-31') p ORDER BY p::text COLLATE "C"};
my $notices = q{SELECT d.decision_id, n FROM lending.decision d,
		LATERAL credit_limit.adverse_notice('lending', d.decision_id, 'zh') n
	WHERE d.run_id = 2 AND d.borrower_id <= 30 ORDER BY 1};
my $cron_jobs = !$cron ? 'SELECT 1'
	: 'SELECT jobname, schedule, command, database, username, active FROM cron.job ORDER BY jobname';

# What roles may not, and what a restricted one sees.
my @probes = (
	[ 'anna', 'SELECT count(*) FROM lending.decision' ], [ 'anna', 'SELECT income FROM lending.borrower' ],
	[ 'anna', 'SELECT inputs FROM lending.decision_evidence' ], [ 'anna', 'UPDATE lending.account SET credit_limit = 1' ],
	[ 'farmer', q{SELECT (SELECT count(*) FROM lending.borrower b), (SELECT count(*) FROM lending.decision d),
		(SELECT count(*) FROM lending.account_month m), (SELECT string_agg(DISTINCT segment, ',') FROM lending.borrower s)} ],
	[ 'farmer', 'SELECT count(*) FROM lending.decision_2026_11' ], [ 'farmer', 'SELECT * FROM lending.run_progress' ],
	[ 'farmer', q{SELECT product, currency, accounts, credit_limit FROM lending_report.report_utilization
		WHERE month = '2026-11-01' ORDER BY 1} ],
	[ 'bella', 'SELECT count(*) FROM lending.account' ],
	[ 'bella', 'SELECT currency, accounts FROM lending_report.report_summary' ],
	[ 'stranger', 'SELECT count(*) FROM lending.product' ], [ 'stranger', q{SELECT * FROM credit_limit.verify_log('lending')} ],
	[ 'stranger', q{SELECT credit_limit.utilization(1.0, 2.0)} ],
	[ 'maker', q{SELECT credit_limit.approve_policy('lending', 3, '2026-01-01',
		digest => credit_limit.version_digest('lending', 'policy', 3))} ],
	[ 'loader', 'SELECT max(new_limit) FROM lending.decision' ], [ 'engine', 'DELETE FROM lending.decision' ],
	[ 'lender', 'UPDATE lending.decision SET new_limit = 1' ], [ 'lender', 'TRUNCATE lending.decision' ],
	[ 'lender', 'DELETE FROM lending.decision_evidence' ],
	[ 'lender', q{UPDATE lending.policy_version SET valid_from = '2025-01-01' WHERE policy_id = 1} ],
	[ 'lender', q{INSERT INTO own.name VALUES ('a')} ]);

sub refused
{
	my ($node) = @_;
	return join("\n", map { my $is = as($node, @$_); $is =~ s/\n(?:DETAIL|HINT|CONTEXT|LINE).*//s; "$_->[0]: $is" } @probes);
}

sub state_of
{
	my ($node) = @_;
	return {
		rows => rows($node), rights => $node->safe_psql('bank', $rights), inner => $node->safe_psql('bank', $inner),
		policies => $node->safe_psql('bank', $policies),
		definitions => $node->safe_psql('bank', $definitions), functions => $node->safe_psql('bank', $functions),
		decisions => must($node, 'lender', $preview), notices => must($node, 'lender', $notices),
		check => must($node, 'lender', q{SELECT * FROM credit_limit.check_book('lending') ORDER BY 1, 2, 3}),
		cron => $node->safe_psql('bank', $cron_jobs), refused => refused($node) };
}

my $before = state_of($old);
is((grep { $_ eq '' } @$before{qw(rights inner policies definitions functions decisions notices)}) + 0, 0,
	'there is something to compare');
is(must($old, 'lender', 'SELECT DISTINCT status, decisions, failed FROM lending.run_progress WHERE percent = 100'),
	'done|900|0', 'runs are done');
is($before->{check}, '', 'nothing is wrong with the book');
unlike($before->{refused}, qr/^(?!anna: \d|farmer: \d|farmer: c|bella: [A-Z])\w+: (?!error)/m, 'who may not is refused');
my $end = must($old, 'lender', q{SELECT credit_limit.log_end('lending')});
my $lanes = 'SELECT sum(place) FROM lending.log_lane WHERE lane < 64';
my $places = must($old, 'lender', $lanes);
# Nothing is wrong; the month that was retired is listed, and the end knows of it.
my $verified = must($old, 'lender', qq{SELECT problem, detail FROM credit_limit.verify_log('lending', '$end')});
like($verified, qr/^retired\|2026-0\d, decisions: \d+, digest: [0-9a-f]{64}, by lender$/, 'the log verifies');
is($old->safe_psql('bank', q{SELECT string_agg(typname, ' ' ORDER BY typname COLLATE "C") FROM pg_type
	WHERE typnamespace = 'credit_limit'::regnamespace AND typcategory <> 'A'}), "@types", 'every type is stored');

# ---- what must be so on the new server ----

my $replays = q{SELECT count(*) FILTER (WHERE r.same), count(*) FILTER (WHERE NOT r.same) FROM lending.decision d
	JOIN lending.decision_evidence e USING (decision_id, as_of), LATERAL credit_limit.replay_decision('lending', d.decision_id) r
	WHERE source <> 'override'};
my $replayed = must($old, 'lender', $replays);
like($replayed, qr/^\d{3,}\|0$/, 'decisions are made again as they were');

sub same_book
{
	my ($node, $how) = @_;
	my $after = state_of($node);
	is_deeply($after->{rows}, $before->{rows}, "$how: rows of tables and views are the same");
	is($after->{$_}, $before->{$_}, "$how: $_ the same") foreach grep { $_ ne 'rows' } sort keys %$before;
	is(must($node, 'lender', qq{SELECT problem, detail FROM credit_limit.verify_log('lending', '$end')}), $verified,
		"$how: the log verifies, to its end");
	is(must($node, 'lender', $replays), $replayed, "$how: old decisions are made again as they were");
}

# Indexes find what a scan finds; amcheck, where the server has it, looks at them page by page.
sub sound_indexes
{
	my ($node, $how) = @_;
	my $by_index = 'SET enable_seqscan = off; SET enable_bitmapscan = off;';
	foreach my $look ('SELECT count(*) FROM lending.account WHERE credit_limit.utilization(balance, credit_limit) > 0.5',
		'SELECT count(d.hash) FROM lending.borrower b JOIN lending.decision d USING (borrower_id)
			WHERE b.borrower_id BETWEEN 5 AND 90')
	{
		like(must($node, 'lender', "$by_index EXPLAIN (COSTS OFF) $look"), qr/Index/, "$how: an index serves");
		is(must($node, 'lender', "$by_index $look"),
			must($node, 'lender', "SET enable_indexscan = off; SET enable_bitmapscan = off; $look"), "$how: and finds the same");
	}
	$node->safe_psql('bank', q{CREATE EXTENSION amcheck;
		SELECT bt_index_check(i.indexrelid, true) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
		WHERE c.relnamespace = 'lending'::regnamespace AND c.relkind = 'i'
			AND c.relam = (SELECT oid FROM pg_am WHERE amname = 'btree');
		DROP EXTENSION amcheck})
		if $node->safe_psql('bank', q{SELECT count(*) FROM pg_available_extensions WHERE name = 'amcheck'});
}

sub extension_is_whole
{
	my ($node, $how, $database) = @_;
	$node->safe_psql('postgres', 'CREATE DATABASE fresh');
	$node->safe_psql('fresh', 'CREATE EXTENSION credit_limit');
	my $version = q{SELECT extversion FROM pg_extension WHERE extname = 'credit_limit'};
	is($node->safe_psql($_, $version), $node->safe_psql('fresh', $version), "$how: the version in $_") foreach 'bank', $database;
	my %fresh = map { $_ => 1 } split /\n/, $node->safe_psql('fresh', $members);
	foreach my $in ('bank', $database)
	{
		my %here = map { $_ => 1 } split /\n/, $node->safe_psql($in, $members);
		is(join(', ', sort grep { $here{$_} xor $fresh{$_} } keys %{{ %here, %fresh }}), '',
			"$how: its objects in $in are those of a new one");
	}
	like($node->safe_psql('bank', '\dx credit_limit'), qr/^credit_limit\|[\d.]+\|/m, "$how: \\dx shows it");
	$node->safe_psql('bank', 'ALTER EXTENSION credit_limit UPDATE');
	my ($again) = run_command([ "$new_bin/pg_dump", '--schema-only', '-d', $node->connstr('bank') ]);
	like($again, qr/CREATE EXTENSION IF NOT EXISTS credit_limit/, "$how: it is dumped as an extension");
	unlike($again, qr/CREATE (FUNCTION|TYPE|AGGREGATE|CAST)\W+credit_limit\W/, "$how: a dump has none of them one by one");
	note("$how: the extension belongs to "
		. $node->safe_psql('bank', q{SELECT extowner::regrole FROM pg_extension WHERE extname = 'credit_limit'}));
	$node->safe_psql($database, 'DROP EXTENSION credit_limit; CREATE EXTENSION credit_limit');
}

# The book goes on: what was half done is finished, and everybody works as before.
sub goes_on
{
	my ($node, $how) = @_;
	must($node, 'engine', q{CALL credit_limit.run_decisions('lending', '2026-12-01', '{"run_key": "half"}')});
	is(must($node, 'lender', q{SELECT status, failed, decisions = (SELECT count(*) FROM lending.account WHERE status = 'open')
		FROM lending.run_progress WHERE run_key = 'half'}), 'done|0|t', "$how: the interrupted run ends, with every account");
	is(must($node, 'engine', q{SELECT * FROM credit_limit.apply_overrides('lending', '2026-12-01')}), '1|0',
		"$how: an approved override is applied");
	is(must($node, 'two', q{SELECT credit_limit.approve_override('lending', 3); SELECT status, decided_by
		FROM lending.override_request WHERE request_id = 3}),
		"\napproved|two", "$how: the proposed one is approved");
	must($node, 'loader', q{INSERT INTO lending.exclusion (borrower_id, kind, action, valid_from) VALUES (8, 'fraud', 'FREEZE',
		'2026-12-01')});
	is(must($node, 'lender', q{SELECT count(*), count(DISTINCT d.account_id), bool_and(a.frozen) FROM lending.decision d
		JOIN lending.account a USING (account_id)
		WHERE d.borrower_id = 8 AND source = 'realtime'}), '3|3|t', "$how: real time decides for a loader, and freezes");
	must($node, 'engine', $_) foreach q{CALL credit_limit.run_decisions('lending', '2026-12-31')},
		q{SELECT credit_limit.run_alerts('lending', '2026-12-31')},
		q{CALL credit_limit.run_job('lending', 'reports', '2026-12-31')};
	must($node, 'lender', $_) foreach q{CALL credit_limit.run_job('lending', 'months', '2026-12-31')},
		q{CALL credit_limit.run_job('lending', 'retention', '2026-12-31')}, 'REFRESH MATERIALIZED VIEW own.use',
		q{SELECT credit_limit.simulate_policy('lending', 1, 2, '2026-12-31')},
		q{SELECT credit_limit.authorize_draw('lending', 2503, 1, '2026-12-31')};
	# The run of real time stands as long as the book does.
	is(must($node, 'lender', q{SELECT string_agg(DISTINCT status, ',' ORDER BY status) FROM lending.run}), 'done,standing',
		"$how: jobs end well");
	# One of the overrides, three of real time.
	is(must($node, 'lender', qq{SELECT ($lanes) - $places = 1 + 3
		+ (SELECT count(*) FROM lending.decision WHERE source = 'run' AND as_of = '2026-12-31')
		+ (SELECT sum(decisions) FROM lending.run_chunk JOIN lending.run USING (run_id) WHERE run_key = 'half' AND chunk > 1)}),
		't', "$how: the lanes go on where they ended");
	is(must($node, 'lender', qq{SELECT problem, detail FROM credit_limit.verify_log('lending', '$end')}), $verified,
		"$how: and the log verifies again");
	# On no day two versions of a name: the new one ends where the old one begins, or not at all.
	must($node, 'maker', q{SELECT credit_limit.draft_policy('lending', 'cash', document) FROM lending.policy_version
		WHERE policy_id = 1});
	like(as($node, 'checker', q{SELECT credit_limit.approve_policy('lending', 6, '2025-06-01', '2026-06-01',
		digest => credit_limit.version_digest('lending', 'policy', 6))}),
		qr/cannot be valid beside version/, "$how: two versions on a day are refused");
	must($node, 'checker', q{SELECT credit_limit.approve_policy('lending', 6, '2027-01-01',
		digest => credit_limit.version_digest('lending', 'policy', 6))});
	# New roles and new partitions are the lender's to make, as before; so is the end of real time.
	$node->safe_psql('bank', 'CREATE ROLE latecomer');
	must($node, 'lender', q{SELECT credit_limit.grant_book('lending', analyst => 'latecomer');
		SELECT credit_limit.revoke_book('lending', 'farmer');
		SELECT credit_limit.disable_realtime('lending'), credit_limit.add_months('lending', '2028-01-01', 1)});
	is(must($node, 'lender', q{SELECT string_agg(DISTINCT how, ',') FROM credit_limit.unschedule('lending')}),
		$cron ? 'pg_cron' : 'for your scheduler', "$how: jobs are unscheduled");
	is($node->safe_psql('bank', 'SELECT count(*) FROM cron.job'), '0', "$how: pg_cron has none left") if $cron;
}

# ---- by a dump ----

my $restored = newer_node('restored');
$restored->start;
my $dump = $old->basedir . '/bank.dump';
my $globals = $old->basedir . '/globals.sql';
$restored->command_ok([ "$new_bin/pg_dumpall", '--globals-only', '--no-sync', '-f', $globals, '-d', $old->connstr('postgres') ],
	'globals are dumped');
$restored->command_ok([ "$new_bin/pg_dump", '--no-sync', '-F', 'c', '-f', $dump, '-d', $old->connstr('bank') ],
	'the book is dumped by the new pg_dump');
$restored->command_ok([ "$new_bin/psql", '-X', '-q', '-f', $globals, '-d', $restored->connstr('postgres') ],
	'globals are restored');
$restored->safe_psql('postgres', 'CREATE DATABASE bank OWNER lender; CREATE DATABASE plain');
$restored->safe_psql('plain', 'CREATE EXTENSION credit_limit');
# A pg_cron of another version may want another schema than the dump says: what is there is left as it is.
$restored->safe_psql('bank', 'CREATE EXTENSION pg_cron') if $cron;
$restored->command_ok([ "$new_bin/pg_restore", '--exit-on-error', '-j', '2', '-d', $restored->connstr('bank'), $dump ],
	'the book is restored');
same_book($restored, 'dump');
sound_indexes($restored, 'dump');
extension_is_whole($restored, 'dump', 'plain');
goes_on($restored, 'dump');
$restored->stop;

# ---- by pg_upgrade ----

$old->stop;
my $tree = getcwd();

sub upgrade_command
{
	my ($new, @more) = @_;
	return [ "$new_bin/pg_upgrade", '-d', $old->data_dir, '-D', $new->data_dir, '-b', $old_bin, '-B', $new_bin, '-s', $new->host,
		'-p', $old->port, '-P', $new->port, @more ];
}

foreach my $mode ('--copy', '--link')
{
	my $new = newer_node("upgraded$mode");
	chdir $new->basedir;
	my $command = upgrade_command($new, $mode eq '--link' ? '--link' : ());
	if ($mode eq '--copy')
	{
		# Without the extension for the new server there is no upgrade; it is refused before anything is changed.
		rename "$new_library/credit_limit.so", "$new_library/credit_limit.away" or die $!;
		$new->command_fails(upgrade_command($new, '--check'), 'pg_upgrade wants the extension for the new server first');
		rename "$new_library/credit_limit.away", "$new_library/credit_limit.so" or die $!;
	}
	$new->command_ok($command, "pg_upgrade $mode");
	chdir $tree;
	$new->start;
	$new->command_ok([ "$new_bin/vacuumdb", '--all', '--analyze-only' ], "$mode: statistics");
	$new->safe_psql('bank', 'ALTER EXTENSION pg_cron UPDATE') if $cron;
	same_book($new, $mode);
	sound_indexes($new, $mode);
	extension_is_whole($new, $mode, 'plain');
	goes_on($new, $mode);
	$new->stop;
}

end_holder();
done_testing();

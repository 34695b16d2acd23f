# Someone plants functions, operators and casts where careless install scripts find them first, and waits for a superuser to
# create the extension. Nothing of his may run, at creation or later. An owner of a database may create it without being
# superuser, work with a book, and drop both.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', "CREATE ROLE owner LOGIN; CREATE ROLE drafter LOGIN; CREATE ROLE mallory LOGIN; CREATE ROLE friend;
	CREATE DATABASE own OWNER owner;
	CREATE DATABASE trap; CREATE DATABASE taken");

# ---- a trusted extension ----

$node->safe_psql('own', 'CREATE EXTENSION credit_limit', extra_params => [ '-U', 'owner' ]);
is($node->safe_psql('own', q{SELECT extowner::regrole FROM pg_extension WHERE extname = 'credit_limit'}),
	'owner', 'the owner of a database creates the extension without being superuser');
is($node->safe_psql('own', 'SELECT round(credit_limit.utilization(50, 200)::numeric, 2)', extra_params => [ '-U', 'owner' ]),
	'0.25', 'and uses it');

# The job of an owner who is nobody's superuser, from the first score to the end; versions need a second role. Tables of a book
# have few rows and are not analysed, so that the planner expects too many: to compile then takes longer than to run.
$node->safe_psql('own', q{ALTER DATABASE own SET session_preload_libraries = 'auto_explain';
	ALTER DATABASE own SET auto_explain.log_min_duration = 0; ALTER DATABASE own SET auto_explain.log_nested_statements = on});
sub as_role
{
	my ($role, $sql) = @_;
	return $node->safe_psql('own', "SET client_min_messages = warning; $sql", extra_params => [ '-U', $role ]);
}
my $card = '{"name": "card", "base_points": 500, "characteristics": [{"name": "income", "bins": [{"below": 2000, "points": 0},
	{"points": 60}]}]}';
is(as_role('owner', "SELECT credit_limit.score('$card', b) FROM (SELECT 3000 AS income) b"), '560', 'a first score');
as_role('owner', q{
	SELECT credit_limit.create_book('lending');
	GRANT USAGE ON SCHEMA credit_limit, credit_limit_internal TO drafter;
	SELECT credit_limit.grant_book('lending', policy_owner => 'drafter');
	INSERT INTO lending.product VALUES ('cash', 'Cash line', 'standby_cash', 'CNY', 'cash', 'card');
	INSERT INTO lending.borrower (borrower_id, income) SELECT i, 1000 * i FROM generate_series(1, 4) i;
	INSERT INTO lending.account (account_id, borrower_id, product, currency, opened_on, credit_limit, balance)
		SELECT i, i, 'cash', 'CNY', '2025-06-01', 500, 100 FROM generate_series(1, 4) i;
	SELECT credit_limit.add_months('lending', '2026-10-01', 2);
	INSERT INTO lending.account_month SELECT i, '2026-10-01', 500, 100, 50, 50, 0 FROM generate_series(1, 4) i;
});
as_role('drafter', "SELECT credit_limit.draft_scorecard('lending', 'card', '$card');" . q{
	SELECT credit_limit.draft_policy('lending', 'cash', '{"name": "cash", "product": {"step": 100},
		"entitlement": {"bands": [{"score_from": 550, "limit": 900}, {"score_from": 0, "limit": 300}]}}')});
as_role('owner', q{
	SELECT credit_limit.approve_scorecard('lending', 1, '2026-01-01',
		digest => credit_limit.version_digest('lending', 'scorecard', 1));
	SELECT credit_limit.approve_policy('lending', 1, '2026-01-01', digest => credit_limit.version_digest('lending', 'policy', 1));
});
as_role('owner', q{CALL credit_limit.run_decisions('lending', '2026-10-31')});
# Incomes of 1000 to 4000: one scores 500 and gets 300, three score 560 and get 900.
is(as_role('owner', q{SELECT string_agg(new_limit::text, ' ' ORDER BY account_id) FROM lending.decision}),
	'300.00 900.00 900.00 900.00', 'a run');
is(as_role('owner', q{SELECT credit_limit.refresh_reports('lending', '2026-10-31');
	SELECT accounts, credit_limit FROM lending_report.report_summary}), "4\n4|3000.00", 'reports');
like(as_role('owner', q{SELECT credit_limit.report_html('lending')}), qr/<html/, 'a page');
is(as_role('owner', q{SELECT count(*) FROM credit_limit.verify_log('lending')}), '0', 'a log that verifies');
SKIP:
{
	skip 'this server compiles nothing', 1 if $node->safe_psql('own', 'SELECT pg_jit_available()') eq 'f';
	my $plans = slurp_file($node->logfile);
	ok($plans =~ /decision_input/ && $plans !~ /^\s*JIT:/m, 'nothing of it was worth compiling');
}
$node->safe_psql('own', 'ALTER DATABASE own RESET ALL');
# PostgreSQL keeps the schema that it made for an extension.
is(as_role('owner', q{SELECT credit_limit.drop_book('lending'); DROP EXTENSION credit_limit;
	SELECT string_agg(nspname, ' ') FROM pg_namespace WHERE nspname ~ '^(lending|credit_limit)'}), "\ncredit_limit",
	'both are dropped again');
$node->safe_psql('own', 'CREATE EXTENSION credit_limit', extra_params => [ '-U', 'owner' ]);

# ---- objects planted in public ----

# Each trap writes down who ran it; one row in the log is one break-in. Overloads fit what a script may call without schema.
$node->safe_psql('trap', q{
	GRANT CREATE ON SCHEMA public TO mallory;
	CREATE TABLE public.log (who text, what text);
	GRANT ALL ON public.log TO PUBLIC;
});
my $traps = '';
my @functions = (
	['format', 'text, text', 'text', "''::text"], ['lower', 'varchar', 'text', "''::text"], ['length', 'varchar', 'int', '0'],
	['sum', 'bigint', 'bigint', '0::bigint'], ['round', 'float8, int', 'float8', '0::float8'],
	['jsonb_typeof', 'text', 'text', "''::text"], ['abs', 'varchar', 'int', '0'],
	['array_length', 'text, text', 'int', '0'],
	['now', 'int', 'timestamptz', "'epoch'::timestamptz"], ['set_config', 'varchar, varchar, boolean', 'text', "''::text"],
	['score', 'text, text', 'float8', '0::float8'],
);
foreach my $f (@functions)
{
	my ($name, $args, $result, $value) = @$f;
	$traps .= "CREATE FUNCTION public.$name($args) RETURNS $result LANGUAGE plpgsql AS
		\$\$ BEGIN INSERT INTO public.log VALUES (current_user, '$name'); RETURN $value; END \$\$;\n";
}
my $number = 0;
foreach my $operator ('=', '<>', '<', '>', '||', '+', '-', '*', '/', '->', '->>')
{
	foreach my $types ('varchar, varchar', 'text, varchar', 'int, numeric', 'numeric, float8', 'float8, int', 'jsonb, varchar')
	{
		my ($left, $right) = split /, /, $types;
		my $result = $operator =~ /[=<>]/ && $operator !~ /->/ ? 'boolean' : 'text';
		$number++;
		$traps .= "CREATE FUNCTION public.op_$number($types) RETURNS $result LANGUAGE plpgsql AS
			\$\$ BEGIN INSERT INTO public.log VALUES (current_user, '$operator'); RETURN NULL; END \$\$;
			CREATE OPERATOR public.$operator (LEFTARG = $left, RIGHTARG = $right, FUNCTION = public.op_$number);\n";
	}
}
$node->safe_psql('trap', $traps, extra_params => [ '-U', 'mallory' ]);
# A cast needs an own type on one side; a type that bears a name of the extension tempts unqualified declarations.
$node->safe_psql('trap', q{
	CREATE TYPE public.scorecard AS (a int);
	CREATE TYPE public.limit_policy AS (a int);
	CREATE TYPE public.utilization AS (a int);
	CREATE TYPE public.jsonb AS (a int);
	CREATE FUNCTION public.trapped(public.scorecard) RETURNS text LANGUAGE plpgsql AS
		$$ BEGIN INSERT INTO public.log VALUES (current_user, 'cast'); RETURN ''; END $$;
	CREATE CAST (public.scorecard AS text) WITH FUNCTION public.trapped(public.scorecard) AS IMPLICIT;
}, extra_params => [ '-U', 'mallory' ]);

$node->safe_psql('trap', 'SET search_path = public, pg_catalog; CREATE EXTENSION credit_limit');
is($node->safe_psql('trap', 'SELECT count(*) FROM public.log'), '0', 'nothing planted ran while the extension was created');

# What was made is what an empty database gets: members, their definitions and what their bodies refer to.
my $members = q{SELECT pg_describe_object(classid, objid, 0) FROM pg_depend
	WHERE deptype = 'e' AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'credit_limit') ORDER BY 1};
my $functions = q{SET search_path = pg_catalog; SELECT p.oid::regprocedure::text COLLATE "C" AS f, p.prorettype::regtype,
	p.prosrc, p.provolatile, p.proparallel, p.proconfig
	FROM pg_proc p WHERE p.pronamespace = 'credit_limit'::regnamespace ORDER BY 1};
is($node->safe_psql('trap', "SET search_path = pg_catalog; $members"),
	$node->safe_psql('own', "SET search_path = pg_catalog; $members"), 'the extension has the same members');
is($node->safe_psql('trap', $functions), $node->safe_psql('own', $functions), 'its functions are the same');
is($node->safe_psql('trap', q{SELECT count(*)
	FROM pg_depend d JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
	WHERE p.pronamespace = 'credit_limit'::regnamespace AND d.refclassid = 'pg_type'::regclass
	AND d.refobjid IN (SELECT oid FROM pg_type WHERE typnamespace = 'public'::regnamespace)}),
	'0', 'no function uses a planted type');

# Use under a hostile search_path.
$node->safe_psql('trap', q{SET search_path = public, pg_catalog;
	SELECT credit_limit.utilization_stats(credit_limit.utilization_agg(b, 100::numeric))
	FROM generate_series(1, 200::numeric) AS b;
	SELECT credit_limit.score(
		'{"name": "x", "characteristics": [{"name": "a", "bins": [{"points": 1}]}]}'::credit_limit.scorecard, t)
	FROM (SELECT 1 AS a) t;});
is($node->safe_psql('trap', 'SELECT count(*) FROM public.log'), '0', 'nothing planted runs when functions of the extension do');

# A book: made, run, verified and moved in real time under that path, by statements as an analyst types them.
$node->safe_psql('trap', q{SET search_path = public, pg_catalog;
	CREATE ROLE checker;
	SELECT credit_limit.create_book('lending');
	SELECT credit_limit.draft_policy('lending', 'cash', '{"name": "cash", "product": {"cap": 900},
		"exclusions": [{"column": "excluded", "is": true, "reason": "Excluded"}]}');
	GRANT USAGE ON SCHEMA lending, credit_limit, credit_limit_internal TO checker;
	GRANT ALL ON ALL TABLES IN SCHEMA lending TO checker;
	SET ROLE checker;
	SELECT credit_limit.approve_policy('lending', 1, '2026-01-01', digest => credit_limit.version_digest('lending', 'policy', 1));
	RESET ROLE;
	INSERT INTO lending.product VALUES ('cash', 'Cash', 'standby_cash', 'CNY', 'cash', NULL);
	INSERT INTO lending.borrower (borrower_id) VALUES (1), (2);
	INSERT INTO lending.umbrella VALUES (1, 1, 'partitioned', 'CNY', 5000, '2026-01-01', NULL);
	INSERT INTO lending.account (account_id, borrower_id, product, currency, umbrella_id, opened_on)
		VALUES (1, 1, 'cash', 'CNY', 1, '2026-01-01'), (2, 2, 'cash', 'CNY', NULL, '2026-01-01');
	CALL credit_limit.run_decisions('lending', '2026-11-30');
	SELECT credit_limit.set_business_date('lending', '2026-12-01'), credit_limit.enable_realtime('lending');
	INSERT INTO lending.exclusion (borrower_id, kind, action, valid_from) VALUES (1, 'fraud', 'FREEZE', '2026-12-01');
	SELECT credit_limit.available_to_draw('lending', 1, '2026-12-01');
	SELECT credit_limit.authorize_draw('lending', 2, 10, '2026-12-01');
	SELECT * FROM credit_limit.simulate_policy('lending', 1, 1, '2026-12-01');
	SELECT * FROM credit_limit.check_book('lending');
	SELECT * FROM lending.run_progress;
	SELECT credit_limit.replay_decision('lending', 64);
	UPDATE lending.account SET status = 'closed';
	SELECT credit_limit.erase_borrower('lending', 1, '2026-12-02', 'asked');
	SELECT credit_limit.retire_decisions('lending', '2026-12-01', 'old');
});
# Roles, jobs and alerts under it; a loader of months plants his own traps where real time runs with the rights of the owner.
$node->safe_psql('trap', q{SET search_path = public, pg_catalog;
	CREATE ROLE analyst; CREATE ROLE engine LOGIN;
	SELECT credit_limit.grant_book('lending', analyst => 'analyst', engine => 'engine', loader => 'mallory');
	SELECT credit_limit.restrict_analyst('lending', 'analyst', ARRAY['retail']);
	SELECT credit_limit.schedule('lending');
	CALL credit_limit.run_job('lending', 'alerts', '2026-12-03');
	CALL credit_limit.run_job('lending', 'decisions', '2026-12-03');
	CALL credit_limit.run_job('lending', 'months', '2026-12-03');
	CALL credit_limit.run_job('lending', 'retention', '2026-12-03');
	SELECT credit_limit.run_alerts('lending', '2026-12-04');
	SELECT * FROM lending.job_status;
	SELECT credit_limit.unschedule('lending');
	UPDATE lending.account SET status = 'open';
	CREATE ROLE reviewer;
	SELECT credit_limit.grant_book('lending', reviewer => 'reviewer');
	SELECT credit_limit.set_business_date('lending', '2026-12-05');
	SELECT credit_limit.draft_policy('lending', 'cash', '{"name": "cash", "product": {"cap": 900},
		"exclusions": [{"column": "excluded", "is": true, "action": "REFER", "reason": "Somebody looks"}]}');
	SET ROLE checker;
	SELECT credit_limit.approve_policy('lending', 2, '2026-12-04', digest => credit_limit.version_digest('lending', 'policy', 2));
	RESET ROLE;
	INSERT INTO lending.exclusion (borrower_id, kind, action, valid_from) VALUES (2, 'dispute', 'REFER', '2026-12-04');
	CALL credit_limit.run_decisions('lending', '2026-12-04');
	SELECT credit_limit.propose_override('lending', decision_id, 700, 'because') FROM lending.decision
		WHERE action = 'REFER' AND as_of = '2026-12-04' AND account_id = 2;
	SET ROLE reviewer;
	SELECT credit_limit.approve_override('lending', 1);
	RESET ROLE;
	CALL credit_limit.run_job('lending', 'overrides');
});
$node->safe_psql('trap', q{SET search_path = public, pg_catalog;
	SELECT credit_limit.set_business_date('lending', '2026-12-05');
	CALL credit_limit.run_decisions('lending', '2026-12-05');
	CALL credit_limit.run_job('lending', 'alerts', '2026-12-05');
	CALL credit_limit.run_job('lending', 'decisions', '2026-12-06');
}, extra_params => [ '-U', 'engine' ]);
$node->safe_psql('trap', q{
	CREATE TEMP TABLE account (account_id bigint, borrower_id bigint);
	CREATE TEMP TABLE changed (account_id bigint, borrower_id bigint);
	CREATE FUNCTION pg_temp.array_agg(bigint) RETURNS bigint LANGUAGE plpgsql AS
		$$ BEGIN INSERT INTO public.log VALUES (current_user, 'pg_temp'); RETURN 1; END $$;
	SET search_path = pg_temp, public, pg_catalog;
	INSERT INTO lending.account_month VALUES (2, '2026-12-01', 0, 0, 0, 0, 0);
	INSERT INTO lending.exclusion (borrower_id, kind, action, valid_from) VALUES (2, 'fraud', 'FREEZE', '2026-12-05');
}, extra_params => [ '-U', 'mallory' ]);
is($node->safe_psql('trap', q{SELECT status, (SELECT count(*) FROM lending.decision WHERE source = 'override')
	FROM lending.override_request}), 'applied|1', 'a person decides otherwise');
is($node->safe_psql('trap', q{SELECT count(*) FROM lending.decision WHERE source = 'realtime' AND borrower_id = 2}), '3',
	'a loader moves limits in real time without a right on the log');
is($node->safe_psql('trap', q{SET search_path = public, pg_catalog;
	SELECT count(*) FROM credit_limit.verify_log('lending')}), '0', 'a book works under a hostile path');
is($node->safe_psql('trap', 'SELECT count(*) FROM public.log'), '0', 'and nothing planted runs');

# ---- a schema that is there already ----

# Whoever put something into a schema of the extension beforehand would have it called by functions of the extension.
$node->safe_psql('taken', q{CREATE SCHEMA credit_limit AUTHORIZATION mallory});
my @planted = (
	[ 'a function', q{CREATE FUNCTION credit_limit.f(jsonb, text) RETURNS text LANGUAGE sql AS 'SELECT NULL::text'},
		'DROP FUNCTION credit_limit.f' ],
	[ 'an operator', 'CREATE OPERATOR credit_limit.= (FUNCTION = texteq, LEFTARG = text, RIGHTARG = text)',
		'DROP OPERATOR credit_limit.= (text, text)' ],
	[ 'a type', 'CREATE TYPE credit_limit.scorecard AS (a int)', 'DROP TYPE credit_limit.scorecard' ],
	[ 'a table', 'CREATE TABLE credit_limit.t ()', 'DROP TABLE credit_limit.t' ],
	[ 'a collation', 'CREATE COLLATION credit_limit.c FROM "C"', 'DROP COLLATION credit_limit.c' ],
);
foreach my $p (@planted)
{
	my ($what, $plant, $remove) = @$p;
	$node->safe_psql('taken', $plant, extra_params => [ '-U', 'mallory' ]);
	my ($code, $out, $err) = $node->psql('taken', 'CREATE EXTENSION credit_limit');
	like($err, qr/schema "credit_limit" is not empty/, "$what in the schema stops the installation");
	$node->safe_psql('taken', $remove, extra_params => [ '-U', 'mallory' ]);
}
$node->safe_psql('taken', q{CREATE SCHEMA credit_limit_internal AUTHORIZATION mallory});
my ($code, $out, $err) = $node->psql('taken', 'CREATE EXTENSION credit_limit');
like($err, qr/schema "credit_limit_internal" already exists/, 'and so does a schema for the inside');
$node->safe_psql('taken', 'DROP SCHEMA credit_limit_internal');
# An empty schema of another owner is what a restore makes before the extension. From then on it is his no more: a function with
# text arguments would be the better match for the literals of whoever calls one of ours.
$node->safe_psql('taken', 'GRANT CREATE ON SCHEMA credit_limit TO friend WITH GRANT OPTION',
	extra_params => [ '-U', 'mallory' ]);
$node->safe_psql('taken', 'CREATE EXTENSION credit_limit');
is($node->safe_psql('taken', q{SELECT nspowner = extowner AND NOT has_schema_privilege('mallory', 'credit_limit', 'CREATE')
	AND NOT has_schema_privilege('friend', 'credit_limit', 'CREATE') FROM pg_namespace, pg_extension
	WHERE nspname = 'credit_limit' AND extname = 'credit_limit'}), 't',
	'the schema belongs to whoever created the extension, and nobody else creates in it');
is($node->safe_psql('taken', q{SELECT nspowner = extowner FROM pg_namespace, pg_extension
	WHERE nspname = 'credit_limit_internal' AND extname = 'credit_limit'}), 't',
	'the inside belongs to whoever created the extension');

$node->stop;
done_testing();

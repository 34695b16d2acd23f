/*
 * session.c
 *	  Who works on a job: a session is known by the number of its process and by when it began.
 *
 * pg_stat_activity hides from most roles when a session of another role began, also their own after SET ROLE, and the number
 * alone comes again.
 */
#include "postgres.h"

#include "pg/compat.h"

#include "miscadmin.h"
#include "utils/backend_status.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(cl_my_backend_start);
PG_FUNCTION_INFO_V1(cl_session_works);

/* () -> timestamptz */
Datum
cl_my_backend_start(PG_FUNCTION_ARGS)
{
	PG_RETURN_TIMESTAMPTZ(MyStartTimestamp);
}

/* (pid int, backend_start timestamptz) -> boolean */
Datum
cl_session_works(PG_FUNCTION_ARGS)
{
	int			n = pgstat_fetch_stat_numbackends();

	for (int i = 1; i <= n; i++)
	{
		const PgBackendStatus *session = &cl_local_beentry(i)->backendStatus;

		if (session->st_procpid == PG_GETARG_INT32(0) && session->st_proc_start_timestamp == PG_GETARG_TIMESTAMPTZ(1))
			PG_RETURN_BOOL(session->st_state != STATE_IDLE);
	}
	PG_RETURN_BOOL(false);
}

/*
 * credit_limit.c
 *	  The module itself: the magic block, and nothing else.
 *
 * What the extension does lives in the rooms beside this file; each feature has one name in all of them.
 */
#include "postgres.h"

#include "fmgr.h"

#include "pg/compat.h"

CL_MODULE_MAGIC;

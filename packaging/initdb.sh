#!/bin/bash
# Runs once, when the image makes a new cluster: the extension in the first database, where CREDIT_LIMIT_CREATE is set.
set -e
if [ -n "${CREDIT_LIMIT_CREATE:-}" ]; then
	psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -c 'CREATE EXTENSION credit_limit'
fi

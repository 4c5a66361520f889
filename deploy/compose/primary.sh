#!/usr/bin/env bash
# Run once, when the primary is made: the portal's own account and database, and the standby's.
set -euo pipefail

psql -v ON_ERROR_STOP=1 -v portal="$PORTAL_PASSWORD" -v replication="$REPLICATION_PASSWORD" \
  --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
CREATE ROLE portal LOGIN PASSWORD :'portal';
CREATE DATABASE portal OWNER portal;
CREATE ROLE replication LOGIN REPLICATION PASSWORD :'replication';
SELECT pg_create_physical_replication_slot('standby');
-- For `manage.py slow_queries`; here, so that it is in no backup of the portal.
CREATE EXTENSION pg_stat_statements;
GRANT EXECUTE ON FUNCTION pg_stat_statements_reset TO portal;
\connect portal
-- What a migration of the search would do itself, if it might.
ALTER FUNCTION ts_match_vq(tsvector, tsquery) COST 2000;
SQL

echo "host replication replication all scram-sha-256" >>"$PGDATA/pg_hba.conf"

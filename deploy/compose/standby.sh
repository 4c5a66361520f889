#!/usr/bin/env bash
# Copies the primary the first time, and follows it.
set -euo pipefail

if [[ ! -s $PGDATA/PG_VERSION ]]; then
  rm -rf "${PGDATA:?}"
  mkdir -p -m 700 "$PGDATA"
  PGPASSWORD=$REPLICATION_PASSWORD pg_basebackup --pgdata "$PGDATA" --write-recovery-conf \
    --slot standby --wal-method stream --checkpoint fast \
    --dbname "host=$PRIMARY port=${PRIMARY_PORT:-5432} user=replication application_name=standby"
fi
# Long questions of readers are not broken off by what the primary tidies up.
exec postgres -c hot_standby_feedback=on "$@"

#!/bin/sh
# What kubernetes/components/postgresql and backup and stack/compose.yaml need of the image they name: a data folder made at
# the first start, with the superuser's password from a file, and the scripts of /docker-entrypoint-initdb.d run before anybody
# can connect by TCP. It gets its name last: what was interrupted is begun anew.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  new="$PGDATA.new"
  rm -rf "$new"
  mkdir -p "$new"
  method="${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}"
  initdb --pgdata="$new" --username=postgres ${POSTGRES_PASSWORD_FILE:+--pwfile="$POSTGRES_PASSWORD_FILE"} \
    --encoding=UTF8 --locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C --lc-ctype=C.UTF-8 \
    --auth-local=trust --auth-host="$method" --no-sync
  echo "host all all all $method" >> "$new/pg_hba.conf"
  pg_ctl --pgdata="$new" --wait --options="-c listen_addresses= -k /var/run/postgresql" start
  for script in /docker-entrypoint-initdb.d/*.sql; do
    [ -e "$script" ] || continue
    psql --host=/var/run/postgresql --username=postgres --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --file="$script"
  done
  pg_ctl --pgdata="$new" --wait --mode=fast stop
  mv "$new" "$PGDATA"
fi
[ "${1:-}" = postgres ] && shift
exec postgres -D "$PGDATA" -c listen_addresses='*' -k /var/run/postgresql "$@"

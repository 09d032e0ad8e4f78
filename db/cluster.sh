#!/bin/sh
# The private PostgreSQL cluster: one folder, one unix socket, no TCP.
#   cluster.sh start|stop|status|dsn STATE_FOLDER
# start creates the cluster the first time, starts it when it is down, prints its connection
# string when it answers; twice is harmless, and so is a crash before. As root PostgreSQL runs as
# its own user.
# PG_OPTIONS: more server options (tests).
set -eu

fail() { echo "cluster: $1" >&2; exit 1; }
[ $# -eq 2 ] || { echo "usage: $0 start|stop|status|dsn STATE_FOLDER" >&2; exit 2; }
command=$1
state=$2
case $state in /*) ;; *) state=$(pwd)/$state ;; esac
data=$state/data
sock=$state/run
dsn="host=$sock user=app dbname=postgres"
# The socket's name must fit into sockaddr_un.
[ ${#sock} -le 90 ] || fail "the path $state is too long for a unix socket (90 bytes at most)"

if [ -z "${PG_BIN:-}" ]; then
  for folder in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V); do PG_BIN=$folder; done
fi
[ -x "${PG_BIN:-}/pg_ctl" ] || fail "PostgreSQL is not installed: apt-get install postgresql-15"

if [ "$(id -u)" -eq 0 ]; then
  owner=postgres
  as() { runuser -u "$owner" -- "$@"; }
else
  owner=
  as() { "$@"; }
fi

# Numbers of the cluster's live processes, children too: PostgreSQL lives in its data folder. A
# zombie has no folder any more, and a number that went to another program another one.
processes() {
  [ -d "$data" ] || return 0
  folder=$(cd "$data" && pwd -P)
  as find /proc -maxdepth 2 -path '/proc/[0-9]*' \( -name exe -o -name cwd \) \
    -printf '%h %f %l\n' 2>/dev/null | sed 's|^/proc/||' |
    FOLDER=$folder awk '
      { pid = $1; what = $2; sub(/^[0-9]+ (exe|cwd) /, "") }
      what == "exe" && /\/postgres( \(deleted\))?$/ { postgres[pid] }
      what == "cwd" && $0 == ENVIRON["FOLDER"] { here[pid] }
      END { for (pid in here) if (pid in postgres) print pid }'
}
postmaster() { sed -n 1p "$data/postmaster.pid" 2>/dev/null; }
running() { pid=$(postmaster) && [ -n "$pid" ] && processes | grep -qxF "$pid"; }

create() {
  as "$PG_BIN/initdb" -D "$data" -U app -A trust -E UTF8 --locale=C.UTF-8 --data-checksums \
    --no-instructions >/dev/null || fail "initdb failed in $data"
  # Bound values never reach the server's log; a commit is durable before it is answered.
  as tee -a "$data/postgresql.conf" >/dev/null <<CONF
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 100
fsync = on
synchronous_commit = on
full_page_writes = on
wal_compression = lz4
checkpoint_timeout = 15min
max_wal_size = 2GB
log_min_error_statement = panic
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_error_verbosity = terse
log_statement = none
timezone = 'UTC'
CONF
}

# What a killed postmaster leaves behind: children that still hold the shared memory, and lock files
# with a number that may belong to a zombie. No new server starts beside either.
clear_crash() {
  waited=0
  while left=$(processes) && [ -n "$left" ]; do
    case $waited in
      20) signal=QUIT ;;
      100) signal=KILL ;;
      150) fail "processes of a killed PostgreSQL do not end: $(echo "$left" | tr '\n' ' ')" ;;
      *) signal= ;;
    esac
    # shellcheck disable=SC2086
    [ -z "$signal" ] || kill -s "$signal" $left 2>/dev/null || true
    waited=$((waited + 1))
    sleep 0.1
  done
  rm -f "$data/postmaster.pid" "$sock"/.s.PGSQL.*
}

# Who was killed a moment ago still seems to run, and who recovers does not serve yet.
serves() {
  end=$(($(date +%s) + 60))
  while running; do
    if as "$PG_BIN/pg_isready" -q -h "$sock" -t 1; then return; fi
    [ "$(date +%s)" -lt "$end" ] || fail "PostgreSQL does not answer, see $data/server.log"
    sleep 0.1
  done
  return 1
}

start() {
  if serves; then
    return
  fi
  clear_crash
  mkdir -p "$data" "$sock"
  if [ -n "$owner" ]; then
    chown "$owner" "$data" "$sock"
    as test -w "$data" || fail "user $owner cannot reach $data: choose another state folder"
  fi
  chmod 700 "$data" "$sock"
  cd "$state"
  [ -s "$data/PG_VERSION" ] || create
  as "$PG_BIN/pg_ctl" -D "$data" -s -w -t 60 -l "$data/server.log" \
    -o "-k $sock ${PG_OPTIONS:-}" start </dev/null >/dev/null 2>&1 ||
    {
      tail -n 5 "$data/server.log" >&2 || true
      fail "PostgreSQL does not start, see $data/server.log"
    }
}

case $command in
  start) start; echo "$dsn" ;;
  stop)
    if running; then
      as "$PG_BIN/pg_ctl" -D "$data" -s -w -t 60 -m fast stop </dev/null >/dev/null
    fi ;;
  status) running || exit 1 ;;
  dsn) echo "$dsn" ;;
  *) fail "unknown command $command" ;;
esac

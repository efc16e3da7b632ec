#!/usr/bin/env bash
#
# histories.sh BASE N [DB...] plays N random histories of payments against the
# control tower of patched lnd BASE on each of these payments databases: bbolt,
# sqlite, postgres and, where lnd has tables for payments, nativesqlite and
# nativepostgres. Without DB it plays them on all that need no server. It prints
# a line for each and stops at the first violation.
#
#   SEED    plays the histories of that seed again           (one by the clock)
#
# PostgreSQL is started if it is needed. Nothing that was started survives.

set -euo pipefail

# shellcheck source=patches/base.sh
source "$(dirname "${BASH_SOURCE[0]}")/../patches/base.sh"
# shellcheck source=itest/postgres.sh
source "$root/itest/postgres.sh"
# shellcheck source=tower/build.sh
source "$root/tower/build.sh"

# memory is the folder of all databases: whether they come through a crash is not
# the question here. child is the program that runs.
memory=
child=

# databases prints the kinds of payments databases that lnd of the base has.
databases() {
	printf '%s\n' bbolt sqlite postgres
	[ ! -d "$root/build/$base/lnd/payments/db" ] ||
		printf '%s\n' nativesqlite nativepostgres
}

# check_settings ends the script if it is asked for what it cannot do.
check_settings() {
	local db
	[[ $number =~ ^[1-9][0-9]*$ ]] ||
		die "'$number' is no number of histories; usage: histories.sh" \
			"BASE N [DB...]"
	for db in "$@"; do
		databases | grep -Fx -- "$db" >/dev/null ||
			die "lnd $base has no database '$db'; there are:" \
				"$(databases | paste -sd ' ' -)"
	done
	[[ $* != *postgres* ]] || check_postgres
}

# play plays the histories on database $1.
play() {
	TMPDIR=$memory "$binary" -test.run '^TestHistories$' -test.timeout 0 \
		-tower.db "$1" -tower.histories "$number" \
		-rapid.seed "${SEED:-0}" &
	child=$!
	wait "$child" || die "a history on $1 of $base went wrong, see above"
	child=
}

# clean_up stops whatever was started and removes the temporary folders.
clean_up() {
	if [ -n "$child" ]; then
		kill -TERM "$child" 2>/dev/null || true
		wait "$child" 2>/dev/null || true
	fi
	stop_postgres
	[ -z "$memory" ] || rm -rf "$memory"
}

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

base=${1-} number=${2-}
check_base "$base"
[ -d "$root/build/$base/lnd" ] ||
	die "lnd $base is not staged: make stage BASE=$base"
shift $(($# < 2 ? $# : 2))
[ $# -gt 0 ] || mapfile -t serverless < <(databases | grep -v postgres)
[ $# -gt 0 ] || set -- "${serverless[@]}"
check_settings "$@"

binary=$root/build/$base/bin/tower.test
mkdir -p "$root/build/$base/bin"
memory=$(mktemp -d /dev/shm/lnd-once-tower.XXXXXX 2>/dev/null) ||
	die "/dev/shm is needed for databases in memory"
build_tower "$root/build/$base/lnd" "$binary" "$memory" patched
[[ $* != *postgres* ]] || start_postgres "$memory" "$binary.postgres.log"

for db in "$@"; do
	play "$db"
done

#!/usr/bin/env bash
#
# run.sh attacks the control tower of lnd on payments databases.
#
#   run.sh histories BASE [DB...]   plays random histories of payments
#   run.sh crashes BASE [DB...]     crashes their sender at every commit
#
#   HISTORIES  how many of them                                      (1000)
#   SEED       plays the histories of that seed again    (one by the clock)
#   CRASHES    how often the sender of a payment dies at most           (1)
#   LND        patched or, as a control of crashes, stock         (patched)
#
# The databases are bbolt, sqlite, postgres and, where lnd has tables for
# payments, nativesqlite and nativepostgres. Without DB all are taken that need
# no server. There is a summary line for each, and it stops at the first that
# shows a violation. Stock must show one.
#
# PostgreSQL is started if it is needed. Nothing that was started survives.

set -euo pipefail

# shellcheck source=patches/base.sh
source "$(dirname "${BASH_SOURCE[0]}")/../patches/base.sh"
# shellcheck source=itest/postgres.sh
source "$root/itest/postgres.sh"
# shellcheck source=tower/build.sh
source "$root/tower/build.sh"

# temp is for what building needs, memory the folder of all databases: whether
# they come through a crash is not the question here. child is the program that
# runs.
temp=
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
	case $lnd/$what in
	patched/histories | patched/crashes | stock/crashes) ;;
	*) die "'$what' with LND=$lnd: there are histories and crashes of" \
		"patched, and crashes of stock" ;;
	esac
	[[ $histories =~ ^[1-9][0-9]*$ ]] ||
		die "HISTORIES='$histories' is no number of histories"
	[[ $crashes =~ ^[1-9]$ ]] ||
		die "CRASHES='$crashes' is no number of crashes"

	for db in "$@"; do
		databases | grep -Fx -- "$db" >/dev/null ||
			die "lnd $base has no database '$db'; there are:" \
				"$(databases | paste -sd ' ' -)"
	done
	[[ $* != *postgres* ]] || check_postgres
}

# run_test runs what is asked for on database $1. Flows that outlive their
# timeout are what stock breaks first.
run_test() {
	local status=0 flags=(-test.run '^TestHistories$'
		-tower.histories "$histories" -rapid.seed "${SEED:-0}")

	case $lnd/$what in
	patched/crashes)
		flags=(-test.run '^Test(Crash|ShardOfAnother|UnknownReason)$'
			-tower.crashes "$crashes")
		;;
	stock/crashes)
		flags=(-test.run '^TestCrash$/db=/^pay$/^timeout'
			-tower.crashes "$crashes" -tower.breaks
			-tower.patience=2s)
		;;
	esac

	TMPDIR=$memory "$binary" -test.timeout 0 -tower.db "$1" "${flags[@]}" &
	child=$!
	wait "$child" || status=$?
	child=
	[ "$status" = 0 ] ||
		die "$what of $lnd $base on $1 failed, see above"
}

# clean_up stops whatever was started and removes the temporary folders.
clean_up() {
	if [ -n "$child" ]; then
		kill -TERM "$child" 2>/dev/null || true
		wait "$child" 2>/dev/null || true
	fi
	stop_postgres
	[ -z "$temp" ] || rm -rf "$temp"
	[ -z "$memory" ] || rm -rf "$memory"
}

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

what=${1-}
base=${2-}
lnd=${LND:-patched}
histories=${HISTORIES:-1000}
crashes=${CRASHES:-1}
check_base "$base"
[ -d "$root/build/$base/lnd" ] ||
	die "lnd $base is not staged: make stage BASE=$base"
shift $(($# < 2 ? $# : 2))
[ $# -gt 0 ] || mapfile -t serverless < <(databases | grep -v postgres)
[ $# -gt 0 ] || set -- "${serverless[@]}"
check_settings "$@"

# The histories need what only a patched lnd has.
tree=$root/build/$base/lnd tags=(patched)
[ "$lnd" = patched ] || tree=$root/build/$base/stock tags=()

binary=$root/build/$base/bin/tower-$lnd.test
mkdir -p "$root/build/$base/bin"
temp=$(mktemp -d "${TMPDIR:-/tmp}/lnd-once-tower.XXXXXX")
memory=$(mktemp -d /dev/shm/lnd-once-tower.XXXXXX 2>/dev/null) ||
	die "/dev/shm is needed for databases in memory"
build_tower "$tree" "$binary" "$temp" "${tags[@]}"
[[ $* != *postgres* ]] || start_postgres "$memory" "$memory/postgres.log"

for db in "$@"; do
	run_test "$db"
done

#!/usr/bin/env bash
#
# run.sh runs our scenarios as lnd integration tests, on real nodes.
#
#   BASE  the lnd version                                  (v0.21.2-beta)
#   LND   patched or stock                                 (patched)
#   DB    bbolt, sqlite, postgres, nativesql (on SQLite)   (bbolt)
#         or nativepostgres
#   CASE  regular expression that picks scenarios by name  (all)
#
# What is missing or stale below build/BASE is built first. Logs are kept in
# build/BASE/itest-LND-DB. Nothing that was started survives.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

# shellcheck source=itest/postgres.sh
source "$root/itest/postgres.sh"
# shellcheck source=itest/harness.sh
source "$root/itest/harness.sh"

base=${BASE:-v0.21.2-beta}
lnd=${LND:-patched}
db=${DB:-bbolt}
cases=${CASE:-}

build=$root/build/$base
bin=$build/bin
logs=$build/itest-$lnd-$db

# die ends the script with a message that says what is wrong and what to do.
die() {
	printf 'itest: %s\n' "$*" >&2
	exit 1
}

# say tells how far we are.
say() {
	printf 'itest: %4ds  %s\n' "$SECONDS" "$*"
}

# check_settings ends the script if it is asked for what it cannot do.
check_settings() {
	case $lnd in
	patched | stock) ;;
	*) die "unknown LND '$lnd': there are patched and stock" ;;
	esac

	case $db in
	bbolt | sqlite | postgres) ;;
	nativesql | nativepostgres)
		# Before it, payments had no native SQL store to test.
		[ "$base" = v0.21.2-beta ] || die "DB=$db works with" \
			"BASE=v0.21.2-beta only: $base keeps payments in a" \
			"key-value store; use DB=sqlite or DB=postgres"
		;;
	*) die "unknown DB '$db': there are bbolt, sqlite, postgres," \
		"nativesql and nativepostgres" ;;
	esac
	! on_postgres || check_postgres

	[ -n "$(chosen)" ] || die "no scenario matches CASE='$cases'; there" \
		"are:"$'\n'"$(known | sed 's/^/  /')"
}

# on_postgres tells whether the nodes need a PostgreSQL server.
on_postgres() {
	[[ $db == *postgres ]]
}

# known prints the names of all scenarios.
known() {
	sed -nE 's/^\t\tName: +"(.*)",$/\1/p' "$root"/itest/*_test.go
}

# chosen prints the names of the scenarios that are asked for.
chosen() {
	known | grep -E -- "$cases" || true
}

# run_scenarios runs the scenarios, output and node logs going to $logs, and
# returns the test binary's exit status.
run_scenarios() {
	local names
	names=$(chosen | tr ' ' _ | paste -sd '|' -)

	run_tests "$bin/itest.test" "$db" "$logs" -test.v -test.timeout=15m \
		-test.run "$(cases_like "^($names)\$")" >"$logs/itest.log" 2>&1
}

# report prints what each scenario's client received and found, and go test's
# own verdicts.
report() {
	sed -nE \
		-e 's|^=== RUN .*/(payment_outcome_.*)$|\1|p' \
		-e 's/^ +lnd_payment_outcome_[a-z_]+\.go:[0-9]+: //' \
		-e 's/^(lnd under|scenario:|ListPayments)/    &/p' \
		-e 's/^terminal updates: [FS]/    &/p' \
		-e 's/^(terminal|all) updates: .*broken guar/    &/p' \
		-e '/^ *--- |^(PASS|FAIL|ok)/p' "$logs/itest.log"
}

# report_scenarios prints a line for each scenario. lnd's harness stops at the
# first one that fails, so the ones after it have not run.
report_scenarios() {
	local name verdict
	while read -r name; do
		verdict=$(sed -nE "s,^ +--- (PASS|FAIL): .*/${name// /_} \
\((.*)\)$,\1 in \2,p" "$logs/itest.log")
		say "$name: ${verdict:-not run}"
	done < <(chosen)
}

# report_failure prints the part of the log that says what failed.
report_failure() {
	local part
	grep 'violation: ' "$logs/itest.log" | head -n 6 || true
	part=$(awk '/Error Trace:|^panic:/ { n = 30 } n-- > 0' \
		"$logs/itest.log" | head -n 90) || true
	printf '%s\n' "${part:-$(tail -n 40 "$logs/itest.log")}"
	echo
	echo "itest: all logs are in $logs, the tests' own is itest.log"
}

# clean_up stops whatever was started and removes the temporary folder.
clean_up() {
	stop_tests
	stop_postgres
	[ -z "$temp" ] || rm -rf "$temp"
}

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

check_settings
"$root/patches/stage.sh" "$base"

build_nodes
build_tests "$build/lnd" "$bin/itest.test"

rm -rf "$logs"
mkdir -p "$logs"
temp=$(mktemp -d "${TMPDIR:-/tmp}/lnd-once-itest.XXXXXX")
! on_postgres || start_postgres "$temp" "$logs/postgres.log"

count=$(chosen | wc -l)
say "running $count scenario(s) on $lnd $base with $db"
status=0
run_scenarios || status=$?
report

# A scenario that lnd's list of tests lacks would not run, and not fail either.
passed=$(grep -c '^    --- PASS: .*/payment_outcome_' "$logs/itest.log" || true)
if [ "$status" -ne 0 ] || [ "$passed" -ne "$count" ]; then
	report_failure
	report_scenarios
	say "$lnd $base with $db: $passed of $count scenario(s) passed"
	exit 1
fi
report_scenarios
say "$lnd $base with $db: all $count scenario(s) as expected"
printf 'scenarios base=%s lnd=%s db=%s scenarios=%d violations=0 took=%ds\n' \
	"$base" "$lnd" "$db" "$count" "$SECONDS"

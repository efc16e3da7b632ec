#!/usr/bin/env bash
#
# run.sh tests on real nodes, stock and patched, with programs of our own as their
# clients: paymentwatch if nothing else is asked for.
#
#   BASE     the lnd version                                  (v0.21.2-beta)
#   KILLS    how often to kill the node, and the monitors, on each side  (30)
#   SEED     of the random choices, to repeat those of an earlier run   (new)
#   HISTORY  how many payments to catch up with, for the rate of that     (0)
#   DB       of the node in the tests that let one choose           (bbolt)
#   CASE     regular expression that picks tests by name          (TestWatch)
#
# There are TestWatch..., TestOutcomesKilled, TestBadSubscribers and TestBadInput.
# Each side's monitors write to SQLite and to PostgreSQL at the same time. What
# is missing or stale below build/BASE is built first. Logs are kept in
# build/BASE/watch. Nothing that was started survives.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

base=${BASE:-v0.21.2-beta}
kills=${KILLS:-30}
seed=${SEED:-0}
history=${HISTORY:-0}
db=${DB:-bbolt}
cases=${CASE:-TestWatch}

bin=$root/build/$base/bin
logs=$root/build/$base/watch

# tests is the test binary while it runs.
tests=

# die ends the script with a message that says what is wrong and what to do.
die() {
	printf 'nodetest: %s\n' "$*" >&2
	exit 1
}

# say tells how far we are.
say() {
	printf 'nodetest: %4ds  %s\n' "$SECONDS" "$*"
}

# check_number ends the script if setting $1 is $2 and that is no number.
check_number() {
	[[ $2 =~ ^[0-9]+$ ]] || die "$1='$2' is no number"
}

# check_settings ends the script if it is asked for what it cannot do.
check_settings() {
	check_number KILLS "$kills"
	check_number SEED "$seed"
	check_number HISTORY "$history"
	[ "$kills" -gt 0 ] || die "KILLS=0 would test nothing"
	known | grep -qE -- "${cases%%/*}" || die "no test matches" \
		"CASE='$cases'; there are:"$'\n'"$(known | sed 's/^/  /')"
}

# known prints the names of all tests.
known() {
	sed -nE 's/^func (Test[A-Za-z]+)\(t \*testing\.T\).*/\1/p' \
		"$root"/nodetest/*_test.go
}

# build_binaries builds the program and its tests. They are parts of this module
# and need nothing of the staged tree: what is on the wire is the same for every
# base.
build_binaries() {
	say "building paymentwatch and its tests"
	cd "$root"
	go build -trimpath -buildvcs=false -o "$bin/paymentwatch" \
		./cmd/paymentwatch
	go test -c -trimpath -buildvcs=false -tags nodes \
		-o "$bin/nodetest.test" ./nodetest
}

# run_tests runs the tests, output going to $logs, shows what matters of it, and
# returns their status. Being in the background they leave us able to stop them.
run_tests() {
	local status=0 filter
	: >"$logs/test.log"
	LND_ONCE_BIN=$bin "$bin/nodetest.test" -test.v -test.timeout 90m \
		-test.run "$cases" -kills "$kills" -seed "$seed" \
		-history "$history" -db "$db" >>"$logs/test.log" 2>&1 &
	tests=$!
	tail -n +1 -f --pid="$tests" "$logs/test.log" | results &
	filter=$!

	wait "$tests" || status=$?
	tests=
	wait "$filter" || true
	return "$status"
}

# results passes on what the tests have found, without the steps on the way.
results() {
	sed -uE -e '/^(=== |PASS$|FAIL$)/d' -e '/^ {8}/d' \
		-e '/^ {4}(main|payer|kill|scenarios)_test\.go:/d'
}

# report_failure prints the parts of the log that say what failed.
report_failure() {
	local part
	part=$(awk '/Error Trace:|^panic:|_test.go:[0-9]+: waited/ { n = 30 } \
		n-- > 0' "$logs/test.log" | head -n 90) || true
	printf '%s\n' "${part:-$(tail -n 40 "$logs/test.log")}"
}

# clean_up stops the tests. The system stops what they have started with them.
clean_up() {
	[ -n "$tests" ] || return 0
	kill -TERM "$tests" 2>/dev/null || true
	wait "$tests" 2>/dev/null || true
}

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

check_settings
"$root/patches/build.sh" "$base" lnd stock btcd
build_binaries

mkdir -p "$logs"
exec 9>"$logs/lock"
flock -n 9 || die "another run uses $logs; wait until it has ended"

say "running the tests on $base, $kills kills a side"
status=0
run_tests || status=$?
if [ "$status" -ne 0 ]; then
	report_failure
	die "failed on $base; all logs are in $logs, the tests' own is test.log"
fi
say "passed on $base; all logs are in $logs"

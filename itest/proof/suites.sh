#!/usr/bin/env bash
#
# suites.sh runs lnd's own tests of what has to do with payments.
#
#   BASE   the lnd version                                   (v0.21.2-beta)
#   LND    patched or stock                                  (patched)
#   SUITE  units or itests                                   (units)
#   CASE   regular expression that picks integration tests   (all of payments)
#
# Each tree runs the tests that it holds. A test that fails is tried alone, up
# to two times more; if it passes then it is called flaky. One that still fails
# on patched is tried on stock in the same way. If it fails there as well it is
# listed, and if not it is a violation. For each test that failed or was skipped
# there is a note: what became of it, the test and the reason, parted by tabs.
# The last line is the summary. All is kept in build/BASE/suites/LND-SUITE.

set -euo pipefail

# shellcheck source=patches/base.sh
source "$(dirname "${BASH_SOURCE[0]}")/../patches/base.sh"
# shellcheck source=patches/units.sh
source "$root/patches/units.sh"
# shellcheck source=itest/harness.sh
source "$root/itest/harness.sh"

base=${BASE:-v0.21.2-beta}
side=${LND:-patched}
suite=${SUITE:-units}
cases=${CASE:-}

build=$root/build/$base
bin=$build/bin
results=$build/suites/$side-$suite

# lnd's packages that a payment passes through.
unit_folders="routing channeldb payments lnrpc/routerrpc htlcswitch"

# lnd's integration tests of payments, and ours, which itest/run.sh runs.
payment_cases='payment|invoice|amp|keysend|send_?to_?route|blind|switch|'
payment_cases+='htlc_path|htlc_error|query_?routes|route_fee|private_channels'
our_cases='^payment_outcome'

# again is how often a test that failed is tried again, alone.
again=2

# check_verdicts ends the script if the verdicts in file $1 are not those of
# tests that ended with the status $2. What they have printed is in file $3.
check_verdicts() {
	local failed
	failed=$(grep -c '^fail' "$1" || true)
	[ $((failed > 0)) = $(($2 > 0)) ] || die "the tests ended with status" \
		"$2, but $failed of them failed: see $3"
}

# unit_runs prints what has to be run for the unit tests: a further tag, or
# "kv" for none, and packages.
unit_runs() {
	local folder packages=.
	for folder in $unit_folders; do
		[ ! -d "$(lnd_tree)/$folder" ] || packages+=" ./$folder/..."
	done
	echo "kv $packages"

	# The tests of lnd's store of payments choose the store by a tag.
	[ ! -d "$(lnd_tree)/payments/db" ] ||
		echo "test_db_sqlite ./payments/db/..."
}

# go_units runs unit tests, with the further tag $1, writes the verdicts into
# file $2, and passes the rest to go test. As the integration tests, they run in
# a process group of their own, with the programs that some of them start.
go_units() {
	local tag=$1 out=$2 status=0
	shift 2

	set -m
	go_test "$(lnd_tree)" "${tag#kv}" -vet=off -count=1 -timeout 40m -json \
		"$@" >"$out.json" &
	tests=$!
	set +m
	wait "$tests" || status=$?
	stop_tests

	"$bin/verdicts" <"$out.json" | sed "s|\t|\t$tag:|" >"$out"
	check_verdicts "$out" "$status" "$out.json"
}

# run_units runs the unit tests and writes the verdicts into file $1.
run_units() {
	local tag packages
	: >"$1"
	while read -r -u 7 tag packages; do
		say "unit tests of $packages ($tag)"
		# shellcheck disable=SC2086
		go_units "$tag" "$results/$tag" $packages
		[ -s "$results/$tag" ] ||
			die "no unit test ran: see $results/$tag.json"
		cat "$results/$tag" >>"$1"
	done 7< <(unit_runs)
}

# rerun_units runs the test $3 of package $2 alone and writes the verdict into
# file $1.
rerun_units() {
	local test=${3%%/*}
	go_units "${2%%:*}" "$1" -run "^${test/#-/.*}\$" "${2#*:}"
}

# tests_binary prints where the integration tests of the lnd under test are.
tests_binary() {
	echo "$bin/itest-$lnd.test"
}

# prepare_itests builds what the integration tests need.
prepare_itests() {
	build_nodes
	build_tests "$(lnd_tree)" "$(tests_binary)"
}

# go_itests runs the integration tests that match $2 and do not match $3, and
# writes a verdict for each into file $1. The harness stops at the first that
# fails.
go_itests() {
	local status=0
	run_tests "$(tests_binary)" bbolt "$1.nodes" -test.v=test2json \
		-test.timeout=5h -test.run "$(cases_like "($2)")" \
		-test.skip "$(cases_like "($3)")" >"$1.log" 2>&1 || status=$?
	stop_tests

	go tool test2json -t -p itest <"$1.log" >"$1.json"
	"$bin/verdicts" <"$1.json" | by_case >"$1"
	check_verdicts "$1" "$status" "$1.log"
}

# by_case turns the verdicts of integration tests and their subtests into one
# for each test case.
by_case() {
	awk -F '\t' -v OFS='\t' '
		split($3, path, "/") < 5 { next }
		{ name = path[5] }
		!(name in result) { order[++n] = name; result[name] = "pass" }
		{ seconds[name] += $4 }
		$1 != "pass" && result[name] != "fail" {
			result[name] = $1
			reason[name] = $5
		}
		END {
			for (i = 1; i <= n; i++) {
				name = order[i]
				print result[name], "itest", name,
					seconds[name], reason[name]
			}
		}'
}

# run_itests runs the integration tests and writes the verdicts into file $1. It
# goes on behind a test that failed.
run_itests() {
	local ran=$our_cases
	[ -z "$cases" ] || payment_cases=${cases// /_}

	prepare_itests
	: >"$1"
	while say "integration tests on $lnd, $(wc -l <"$1") have run"; do
		go_itests "$results/itests" "$payment_cases" "$ran"
		cat "$results/itests" >>"$1"
		grep -q '^fail' "$results/itests" || break
		ran+=$(cut -f 3 "$results/itests" | sed 's/.*/|^&$/' |
			tr -d '\n')
	done
	[ -s "$1" ] || die "no integration test ran: see $results/itests.log"
}

# rerun_itests runs the integration test $3 alone and writes the verdict into
# file $1.
rerun_itests() {
	prepare_itests
	go_itests "$1" "^$3\$" "$our_cases"
}

# passes tells whether the test $2 of package $1, which has failed, passes when
# it is tried alone on the lnd under test. On the other side it does not fail
# either if it is not there.
passes() {
	local try
	[ -d "$(lnd_tree)/${1##*lightningnetwork/lnd}" ] || return 0
	for ((try = 1; try <= again; try++)); do
		say "trying $2 of $1 alone on $lnd"
		"rerun_$suite" "$results/rerun" "$1" "$2"
		! grep -q '^fail' "$results/rerun" || continue
		[ "$lnd" = "$side" ] || return 0
		! grep -qE '^(pass|skip)' "$results/rerun" || return 0
	done

	return 1
}

# judge writes into $results/failures, for each test that failed: violation,
# stock or flaky, the package, the test and the reason.
judge() {
	local result package test reason kind
	: >"$results/failures"
	while IFS=$'\t' read -r -u 7 result package test _ reason; do
		[ "$result" = fail ] || continue

		lnd=$side
		kind=violation
		if passes "$package" "$test"; then
			kind=flaky
		elif [ "$side" = stock ] || ! lnd=stock passes "$package" \
			"$test"; then
			kind=stock
		fi
		printf '%s\t%s\t%s\t%s\n' "$kind" "$package" "$test" \
			"$reason" >>"$results/failures"
	done 7<"$results/verdicts"
}

# of prints how many lines of file $2 begin with the word $1.
of() {
	grep -c "^$1" "$results/$2" || true
}

# summarize prints which tests failed or were skipped, with the reasons, and the
# summary.
summarize() {
	{
		sed -n 's/^skip/skipped/p' "$results/verdicts" |
			cut -f 1-3,5
		cat "$results/failures"
	} | awk -F '\t' -v OFS='\t' '{
		sub(/^kv:/, "", $2)
		sub(/github.com\/lightningnetwork\/lnd\//, "", $2)
		print "note", $1, $2 " " $3, $4
	}'

	printf 'suite base=%s lnd=%s suite=%s packages=%d tests=%d skipped=%d' \
		"$base" "$side" "$suite" \
		"$(cut -f 2 "$results/verdicts" | sort -u | wc -l)" \
		"$(wc -l <"$results/verdicts")" "$(of skip verdicts)"
	printf ' violations=%d failed-on-stock-too=%d flaky=%d took=%ds\n' \
		"$(of violation failures)" "$(of stock failures)" \
		"$(of flaky failures)" "$SECONDS"
}

# check_settings ends the script if it is asked for what it cannot do.
check_settings() {
	check_base "$base"
	case $side in
	patched | stock) ;;
	*) die "unknown LND '$side': there are patched and stock" ;;
	esac
	case $suite in
	units | itests) ;;
	*) die "unknown SUITE '$suite': there are units and itests" ;;
	esac
}

# clean_up stops whatever was started and removes the temporary folder.
clean_up() {
	stop_tests
	[ -z "$temp" ] || rm -rf "$temp"
}

need_tools git go
isolate_git
check_settings
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

"$root/patches/stage.sh" "$base"
go build -C "$root" -trimpath -buildvcs=false -o "$bin/verdicts" \
	./prove/verdicts
rm -rf "$results"
mkdir -p "$results"
temp=$(mktemp -d "${TMPDIR:-/tmp}/lnd-once-suites.XXXXXX")

lnd=$side
"run_$suite" "$results/verdicts"
judge
summarize
[ "$(of violation failures)" = 0 ]

#!/usr/bin/env bash
#
# test.sh runs all that must pass, one stage after the other, stops at the first
# that fails, and ends with a table of what was run and how long it took.

set -euo pipefail

# shellcheck source=patches/base.sh
source "$(dirname "${BASH_SOURCE[0]}")/base.sh"
# shellcheck source=patches/units.sh
source "$(dirname "${BASH_SOURCE[0]}")/units.sh"

# One line of the closing table for each stage so far.
table=''

# stage runs a test stage: its name, then its command. It ends the script if the
# stage fails.
stage() {
	local name=$1 begin=$SECONDS rc=0
	shift

	printf '\n=== %s\n' "$name"
	# In a shell of its own, so that set -e holds in there.
	set +e
	(
		set -e
		"$@"
	)
	rc=$?
	set -e

	local result=passed
	[ "$rc" = 0 ] || result=FAILED
	table+=$(printf '%-7s %5d s  %s' "$result" $((SECONDS - begin)) "$name")
	table+=$'\n'
	printf '=== %s: %s after %d s\n' "$name" "$result" $((SECONDS - begin))
	[ "$rc" = 0 ] || exit "$rc"
}

# print_table closes the run, whatever its end.
print_table() {
	printf '\n%s%-7s %5d s\n' "$table" total "$SECONDS"
}

# test_root tests this module alone.
test_root() {
	cd "$root"
	go build -trimpath -buildvcs=false ./...
	go vet -trimpath -buildvcs=false ./...
	go test -trimpath -buildvcs=false -race ./...
}

# touched_packages prints the packages of base $1's lnd that the series changes,
# without what only runs with nodes, and without the switch.
touched_packages() {
	local folder
	git -C "$root/build/$1/lnd" diff --name-only upstream patched |
		sed -n 's|^\(.*\)/[^/]*\.go$|./\1|p; s|^[^/]*\.go$|.|p' |
		sed -E '/^\.\/(itest|lntest|cmd|htlcswitch)(\/|$)/d' | sort -u |
		while read -r folder; do
			[ ! -d "$root/build/$1/lnd/$folder" ] || echo "$folder"
		done
}

# test_units runs the unit tests of the packages $3... of base $1's lnd, with
# the additional tags $2.
test_units() {
	local tree=$root/build/$1/lnd tags=$2
	shift 2
	[ -n "$1" ] || die "the series of this base changes no package of lnd"
	go_test "$tree" "$tags" -race -timeout 30m "$@"
}

# test_switch runs those unit tests of the switch of base $1's lnd that are about
# what the series changes there: make prove runs them all, for minutes.
test_switch() {
	go_test "$root/build/$1/lnd" "" -race -timeout 30m \
		-run 'Circuit|GetAttemptResult|Local|Restart' ./htlcswitch
}

need_tools git go make flock
isolate_git
trap print_table EXIT
trap 'exit 130' INT TERM

stage "root packages" test_root

for base in $(known_bases); do
	run=(make --no-print-directory -C "$root" "BASE=$base")
	stage "$base: staging" "${run[@]}" stage

	mapfile -t packages <<<"$(touched_packages "$base")"
	stage "$base: unit tests" test_units "$base" "" "${packages[@]}"
	stage "$base: unit tests, switch" test_switch "$base"
	if [[ " ${packages[*]} " == *" ./payments/db "* ]]; then
		stage "$base: unit tests, native SQL" test_units "$base" \
			test_db_sqlite ./payments/db
	fi

	stage "$base: histories" env HISTORIES=200 "$root/tower/run.sh" \
		histories "$base"
	stage "$base: crashes, patched" "$root/tower/run.sh" crashes "$base"
	stage "$base: crashes, stock" env LND=stock "$root/tower/run.sh" \
		crashes "$base" bbolt
	stage "$base: scenarios, patched" "${run[@]}" itest LND=patched
	# In the others stock races with itself, and what is missing here would
	# not always be found: make prove has those controls.
	stage "$base: scenarios, stock" "${run[@]}" itest LND=stock \
		CASE='S([1-4]|7|10) '
	stage "$base: drop-in" "${run[@]}" dropin
	stage "$base: paymentwatch" "${run[@]}" watch-test KILLS=4
done

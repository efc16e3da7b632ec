#!/usr/bin/env bash
#
# run.sh attacks every guarantee of the contract on one base, step by step, and
# sums up what was tried, how often, and what broke.
#
#   BASE   the lnd version                                   (v0.21.2-beta)
#   STEP   regular expression that picks steps by name       (all)
#   FRESH  1 to do again what has passed on the same sources (0)
#
# It takes hours, can be stopped at any time, and goes on where it was: what a
# step found is kept in build/BASE/prove, with the sources that it is true of.
# When every step has a result on the sources as they are, the section of BASE
# in docs/proof.md is written anew. Nothing that was started survives.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

base=${BASE:-v0.21.2-beta}
pick=${STEP:-}
fresh=${FRESH:-0}

build=$root/build/$base
bin=$build/bin
out=$build/prove

# temp is the run's own folder, and child the step that is running, a process
# group of its own.
temp=
child=
failed=()

# die ends the script with a message that says what is wrong and what to do.
die() {
	printf 'prove: %s\n' "$*" >&2
	exit 1
}

# say tells how far we are.
say() {
	printf 'prove: %5ds  %s\n' "$SECONDS" "$*"
}

# databases prints the kinds of payments databases that lnd of the base has.
databases() {
	echo bbolt sqlite postgres
	[ ! -d "$build/stock/payments/db" ] || echo nativesqlite nativepostgres
}

# steps prints the name of every step and the command that does it. The steps on
# stock are controls.
steps() {
	local db count lnd
	for db in $(databases); do
		count=1000
		case $db in bbolt | nativesqlite) count=10000 ;; esac
		echo "histories-$db HISTORIES=$count tower/run.sh histories $base $db"
		echo "crashes-$db tower/run.sh crashes $base $db"
	done
	echo "crashes-twice-bbolt CRASHES=2 tower/run.sh crashes $base bbolt"
	echo "crashes-bbolt-stock LND=stock tower/run.sh crashes $base bbolt"

	for db in bbolt postgres; do
		echo "kills-$db DB=$db KILLS=50 CASE=TestOutcomesKilled/patched" \
			"nodetest/run.sh"
	done
	echo "kills-bbolt-stock DB=bbolt KILLS=10 CASE=TestOutcomesKilled/stock" \
		"nodetest/run.sh"
	echo "subscribers CASE=TestBadSubscribers nodetest/run.sh"
	echo "input CASE=TestBadInput nodetest/run.sh"

	for lnd in patched stock; do
		for db in $(databases); do
			echo "scenarios-$db-$lnd LND=$lnd DB=${db/nativesqlite/nativesql}" \
				"CASE=$([ "$db" = bbolt ] || echo 'S[1-37]') itest/run.sh"
		done
	done

	echo "fuzz prove/fuzz.sh 60s"
	echo "units LND=patched SUITE=units prove/suites.sh"
	echo "itests LND=patched SUITE=itests prove/suites.sh"
	echo "needed NODES=1 prove/needed.sh"
}

# names prints the names of all steps.
names() {
	steps | cut -d ' ' -f 1
}

# chosen prints the names of the steps that are asked for.
chosen() {
	names | grep -E -- "$pick" || true
}

# run_step does step $1.
run_step() {
	local command
	command=$(steps | sed -n "s/^$1 //p")
	cd "$root"
	# shellcheck disable=SC2086 # words of a command, none with blanks
	exec env BASE="$base" $command
}

# check_settings ends the script if it is asked for what it cannot do.
check_settings() {
	local tool
	for tool in go git awk sha256sum; do
		command -v "$tool" >/dev/null || die "$tool is not installed"
	done
	[ -n "$(chosen)" ] || die "no step matches STEP='$pick'; there are:" \
		$'\n'"$(names | sed 's/^/  /')"
	command -v pg_config >/dev/null || die "PostgreSQL is not" \
		"installed: apt-get install postgresql-15 libpq-dev (Debian)"
}

# attackers prints what step $1 attacks lnd with: folders and files.
attackers() {
	case $1 in
	histories-* | crashes-*)
		echo tower
		;;
	kills-* | subscribers | input)
		echo nodetest cmd/demo/regtest cmd/paymentwatch
		;;
	scenarios-*)
		echo itest
		;;
	units | itests)
		echo prove/suites.sh prove/verdicts
		;;
	needed)
		echo itest "patches/$base" prove/needed prove/needed.sh
		;;
	esac
}

# name_sources prints a hash of what the result of step $1 depends on: the
# patched lnd but for the scenarios, the packages it shares with this module,
# and what attacks it.
name_sources() {
	local sources
	read -ra sources < <(attackers "$1")
	(
		cd "$root"
		git -C "build/$base/lnd" ls-tree HEAD | grep -v '	itest$'
		git ls-files -z -co --exclude-standard -- \
			channeldb routing lnrpc "${sources[@]}" |
			sort -z | xargs -0 sha256sum
	) | sha256sum | cut -c -16
}

# result_of prints the name of the file with the result of step $1: what it is
# true of, and the summary lines.
result_of() {
	echo "$out/$1.result"
}

# is_done tells whether step $1 has a result on the sources as they are.
is_done() {
	[ "$(head -n 1 "$(result_of "$1")" 2>/dev/null)" = \
		"$(name_sources "$1")" ]
}

# summary_of prints the summary lines of step $1. Those of a control say so.
summary_of() {
	local control=
	[[ $1 != *-stock ]] || control=' lnd=stock'
	grep -E '^[a-z]+ .*violations=[0-9]+' | sed "/ lnd=/!s/\$/$control/"
}

# do_step does step $1, and keeps its result if it passed.
do_step() {
	local name=$1 log=$out/$1.log begin=$SECONDS result sources status=0 next
	result=$(result_of "$name")
	sources=$(name_sources "$name")

	rm -f "$result"
	say "$name"
	set -m
	run_step "$name" >"$log" 2>&1 &
	child=$!
	set +m
	next=$((SECONDS + 60))
	while kill -0 "$child" 2>/dev/null; do
		sleep 1
		[ "$SECONDS" -ge "$next" ] || continue
		next=$((SECONDS + 60))
		say "  $(tail -n 1 "$log" | cut -c -100)"
	done
	wait "$child" || status=$?
	child=

	summary_of "$name" <"$log" >"$temp/summary"
	if [ "$status" -ne 0 ] || [ ! -s "$temp/summary" ]; then
		tail -n 40 "$log"
		say "$name: FAILED after $((SECONDS - begin)) s; all is in $log"
		failed+=("$name")
		return 0
	fi
	sed 's/^/  /' "$temp/summary"
	(echo "$sources" && cat "$temp/summary") >"$result.new"
	mv "$result.new" "$result"
}

# do_all does the steps that are asked for.
do_all() {
	local name names
	mapfile -t names < <(chosen)
	for name in "${names[@]}"; do
		if [ "$fresh" = 0 ] && is_done "$name"; then
			say "$name: has passed before"
			continue
		fi
		do_step "$name"
	done
}

# facts prints what the results were got with, as a list in Markdown.
facts() {
	echo "- $(date -u +%Y-%m-%d), $(nproc) cores, Linux $(uname -r)," \
		"$(go version), $(pg_config --version)"
	echo "- patched: $base-lnd-once-$(git -C "$build/lnd" rev-parse \
		--short=12 HEAD); stock: lnd $base"
}

# report sums up all results there are on these sources, and writes the document
# if none is missing.
report() {
	local name missing=() flags=()
	: >"$temp/all"
	while read -r name; do
		if is_done "$name"; then
			tail -n +2 "$(result_of "$name")" >>"$temp/all"
		else
			missing+=("$name")
		fi
	done < <(names)

	if [ "${#missing[@]}" -eq 0 ]; then
		facts >"$temp/facts"
		flags=(-doc "$root/docs/proof.md" -facts "$temp/facts")
	fi
	go run -C "$root" -trimpath -buildvcs=false ./prove/report \
		-base "$base" "${flags[@]}" <"$temp/all"
	[ "${#missing[@]}" -eq 0 ] || say "no result yet: ${missing[*]}"
	[ "${#failed[@]}" -eq 0 ] || die "failed: ${failed[*]}"
}

# clean_up stops what is running and removes the temporary folder.
clean_up() {
	if [ -n "$child" ]; then
		# The step's own clean-up stops what it has started.
		kill -TERM -- "-$child" 2>/dev/null || true
		wait "$child" 2>/dev/null || true
	fi
	[ -z "$temp" ] || rm -rf "$temp"
}

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

"$root/patches/build.sh" "$base" lnd stock btcd
check_settings
mkdir -p "$bin" "$out"
temp=$(mktemp -d "${TMPDIR:-/tmp}/lnd-once-prove.XXXXXX")

do_all
report

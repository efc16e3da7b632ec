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
# in docs/proof.md is written anew. No other setting of the caller's reaches the
# steps. Nothing that was started survives.

set -euo pipefail

# shellcheck source=patches/base.sh
source "$(dirname "${BASH_SOURCE[0]}")/../patches/base.sh"

base=${BASE:-v0.21.2-beta}
pick=${STEP:-}
fresh=${FRESH:-0}

build=$root/build/$base
out=$build/prove

# temp is the run's own folder, and child the step that is running, a process
# group of its own.
temp=
child=

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
	local db lnd kills=TestOutcomesKilled tower=tower/run.sh count cases
	for db in $(databases); do
		count=1000
		case $db in bbolt | nativesqlite) count=10000 ;; esac
		echo "histories-$db HISTORIES=$count $tower histories $base $db"
		echo "crashes-$db $tower crashes $base $db"
	done
	echo "crashes-twice-bbolt CRASHES=2 $tower crashes $base bbolt"
	echo "crashes-bbolt-stock LND=stock $tower crashes $base bbolt"

	for db in bbolt postgres; do
		echo "kills-$db DB=$db KILLS=50 CASE=$kills/patched" \
			"nodetest/run.sh"
	done
	echo "kills-bbolt-stock DB=bbolt KILLS=10 CASE=$kills/stock" \
		"nodetest/run.sh"
	echo "subscribers CASE=TestBadSubscribers nodetest/run.sh"
	echo "input CASE=TestBadInput nodetest/run.sh"

	for lnd in patched stock; do
		for db in $(databases); do
			cases='S[1-37][^0-9]'
			[ "$db" != bbolt ] || cases=
			echo "scenarios-$db-$lnd LND=$lnd" \
				"DB=${db/nativesqlite/nativesql} CASE=$cases" \
				"itest/run.sh"
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

# command_of prints the command that does step $1.
command_of() {
	steps | sed -n "s/^$1 //p"
}

# run_step does step $1. What the caller has set for a script by itself, and
# make has handed on, would make it another step.
run_step() {
	local command
	read -ra command < <(command_of "$1")
	cd "$root"
	exec env -u CASE -u CRASHES -u DB -u GOFLAGS -u HISTORIES -u HISTORY \
		-u KILLS -u LND -u NODES -u SEED -u SUITE \
		BASE="$base" "${command[@]}"
}

# check_settings ends the script if it is asked for what it cannot do.
check_settings() {
	local folder
	[ -n "$(chosen)" ] || die "no step matches STEP='$pick'; there are:" \
		$'\n'"$(names | sed 's/^/  /')"
	[[ $(chosen) != *postgres* ]] || command -v pg_config >/dev/null ||
		die "PostgreSQL is not installed: apt-get install" \
			"postgresql-15 libpq-dev (Debian)"
	for folder in lnd stock; do
		[ -z "$(git -C "$build/$folder" status --porcelain)" ] || die \
			"$build/$folder has changes that are not committed;" \
			"a result would name another lnd than was tried:" \
			"commit or remove them"
	done
}

# attackers prints what step $1 attacks lnd with: folders and files.
attackers() {
	case $1 in
	histories-* | crashes-*)
		echo tower itest/postgres.sh
		;;
	kills-* | subscribers | input)
		echo nodetest cmd/demo/regtest cmd/demo/scenario \
			cmd/paymentwatch lnrpc
		;;
	scenarios-*)
		echo itest
		;;
	fuzz)
		echo prove/fuzz.sh
		;;
	units | itests)
		echo prove/suites.sh prove/verdicts patches/units.sh \
			itest/harness.sh
		;;
	needed)
		echo prove/needed.sh prove/needed patches/units.sh itest tower \
			"patches/$base"
		;;
	esac
}

# lnd_of prints the files of the patched lnd that take part in step $1, with
# their hashes. Our scenarios are among what attacks it.
lnd_of() {
	local without
	case $1 in
	units | needed) without='itest/' ;;
	itests) without='itest/lnd_payment_outcome' ;;
	*) without='itest/|.*_test\.go$' ;;
	esac
	git -C "$build/lnd" ls-tree -r HEAD | grep -vE $'\t'"($without)"
	git -C "$build/lnd" status --porcelain
}

# name_sources prints a hash of what the result of step $1 depends on: its
# command, the patched lnd, the packages it shares with this module, and what
# attacks it.
name_sources() {
	local sources
	read -ra sources < <(attackers "$1")
	(
		cd "$root"
		command_of "$1"
		lnd_of "$1"
		git ls-files -z -co --exclude-standard -- go.mod \
			channeldb routing ':(glob)lnrpc/paymentwatch/*.go' \
			"${sources[@]}" |
			sort -z | xargs -0 sha256sum
	) | sha256sum | cut -c -16
}

# result_of prints the name of the file with the result of step $1: what it is
# true of, and what the report is to say of it.
result_of() {
	echo "$out/$1.result"
}

# is_done tells whether step $1 has a result on the sources as they are.
is_done() {
	[ "$(head -n 1 "$(result_of "$1")" 2>/dev/null)" = \
		"$(name_sources "$1")" ]
}

# findings prints what the report is to say of step $1, of whose log it reads:
# summary lines, where those of a control say so, and notes.
findings() {
	local control=
	[[ $1 != *-stock ]] || control=' lnd=stock'
	awk -v control="$control" '
		/^[a-z]+ .*violations=[0-9]+/ {
			print $0 (/ lnd=/ ? "" : control)
		}
		/^note\t/'
}

# circumstances prints when and with what a step is done, as a note.
circumstances() {
	local with
	with="$(go env GOVERSION), $(nproc) cores, Linux $(uname -r)"
	! command -v pg_config >/dev/null || with+=", $(pg_config --version)"
	printf 'note\tdone\t%s\t%s\n' "$(date -u +%Y-%m-%d)" "$with"
}

# await_step waits for the step that is running, with the log $1, tells now and
# then how far it is, and returns its status.
await_step() {
	local status=0 next=$((SECONDS + 60))
	while kill -0 "$child" 2>/dev/null; do
		sleep 1
		[ "$SECONDS" -ge "$next" ] || continue
		next=$((SECONDS + 60))
		say "  $(tail -n 1 "$1" | cut -c -100)"
	done
	wait "$child" || status=$?
	stop_step
	return "$status"
}

# stop_step stops the step that is running, if one is, and waits until nothing
# is left of it.
stop_step() {
	[ -n "$child" ] || return 0

	# The step's own clean-up stops what it has started elsewhere.
	kill -TERM -- "-$child" 2>/dev/null || true
	wait "$child" 2>/dev/null || true
	while kill -KILL -- "-$child" 2>/dev/null; do
		sleep 0.1
	done
	child=
}

# do_step does step $1, and keeps its result if it passed. What a step found
# that did not is reported all the same, this time.
do_step() {
	local name=$1 log=$out/$1.log begin=$SECONDS result sources wrong=
	result=$(result_of "$name")
	sources=$(name_sources "$name")

	rm -f "$result"
	say "$name"
	set -m
	run_step "$name" >"$log" 2>&1 &
	child=$!
	set +m
	await_step "$log" || wrong="exit status $?"

	findings "$name" <"$log" >"$temp/found"
	grep -v '^note' "$temp/found" | sed 's/^/  /' ||
		wrong=${wrong:-no summary line}
	[ "$sources" = "$(name_sources "$name")" ] ||
		wrong=${wrong:-its sources have changed meanwhile}
	if [ -n "$wrong" ]; then
		tail -n 40 "$log"
		say "$name: FAILED after $((SECONDS - begin)) s, $wrong;" \
			"all is in $log"
		printf 'note\tfailed\t%s\t%s\n' "$name" "$wrong" |
			cat "$temp/found" - >>"$temp/failed"
		return
	fi
	{
		echo "$sources"
		circumstances
		cat "$temp/found"
	} >"$result.new"
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

# report sums up all results there are on these sources and the steps that have
# failed, and writes the document if no result is missing. It returns whether
# nothing is broken.
report() {
	local name missing=() flags=() status=0
	while read -r name; do
		if is_done "$name"; then
			tail -n +2 "$(result_of "$name")" >>"$temp/all"
		else
			missing+=("$name")
		fi
	done < <(names)

	[ "${#missing[@]}" -ne 0 ] || flags=(-doc "$root/docs/proof.md")
	cat "$temp/failed" >>"$temp/all"
	"$temp/report" -base "$base" "${flags[@]}" \
		-commit "$(git -C "$build/lnd" rev-parse --short=12 HEAD)" \
		<"$temp/all" || status=$?
	[ "${#missing[@]}" -eq 0 ] || say "no result yet: ${missing[*]}"
	return "$status"
}

# clean_up stops what is running and removes the temporary folder.
clean_up() {
	stop_step
	[ -z "$temp" ] || rm -rf "$temp"
}

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

need_tools git go awk sha256sum
isolate_git
check_base "$base"
"$root/patches/stage.sh" "$base"
check_settings
"$root/patches/build.sh" "$base" lnd stock btcd
mkdir -p "$out"
temp=$(mktemp -d "${TMPDIR:-/tmp}/lnd-once-prove.XXXXXX")
: >"$temp/failed"
go build -C "$root" -trimpath -buildvcs=false -o "$temp/report" ./prove/report

do_all
report

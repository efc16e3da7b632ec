#!/usr/bin/env bash
#
# run.sh measures stock and patched lnd side by side, and reports.
#
#   BASE     the lnd version                                    (v0.21.2-beta)
#   GROUP    regular expression that picks groups by name       (all)
#   RUNS     rounds, in which the two sides take turns         (3)
#   PROFILE  1 to write CPU profiles after the measurements     (0);
#            GROUP=commits PROFILE=1 is the shortest way to them
#
# The groups are commits, latency, load, subscription, fanout, stalled, probe.
# Raw results are kept in build/BASE/bench. If all groups were measured, the
# section of BASE in docs/benchmarks.md and its chart are written anew. Nothing
# that was started survives.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

# shellcheck source=itest/postgres.sh
source "$root/itest/postgres.sh"

# shellcheck source=tower/build.sh
source "$root/tower/build.sh"

# shellcheck source=bench/facts.sh
source "$root/bench/facts.sh"

base=${BASE:-v0.21.2-beta}
group=${GROUP:-}
rounds=${RUNS:-3}
profile=${PROFILE:-0}

build=$root/build/$base
bin=$build/bin
out=$build/bench
data=$out/data
groups="commits latency load subscription fanout stalled probe"

# temp is the run's folder on the disk, memory the one in memory, child the
# program that is running, and part what the names of partial results end in.
# ready and measured are the seconds after which the measurements began and
# ended.
temp=
memory=
child=
part=
ready=
measured=

# die ends the script with a message that says what is wrong and what to do.
die() {
	printf 'bench: %s\n' "$*" >&2
	exit 1
}

# say tells how far we are.
say() {
	printf 'bench: %4ds  %s\n' "$SECONDS" "$*"
}

# chosen prints the groups that are asked for; with an argument, whether one of
# the groups that it matches is.
chosen() {
	tr ' ' '\n' <<<"$groups" | grep -E -- "$group" | grep -Ex -- "${1:-.*}" ||
		true
}

# needs_postgres and needs_data tell whether a PostgreSQL server and whether the
# data sets are needed. Profiles are of payments and of subscriptions, whatever
# is measured.
needs_postgres() {
	[ "$profile" != 0 ] || [ -n "$(chosen 'commits|latency|load')" ]
}

needs_data() {
	[ "$profile" != 0 ] || [ -n "$(chosen subscription)" ]
}

# check_settings ends the script if it is asked for what it cannot do.
check_settings() {
	local tool
	for tool in go git awk; do
		command -v "$tool" >/dev/null || die "$tool is not installed"
	done

	[[ $rounds =~ ^[1-9][0-9]*$ ]] || die "RUNS='$rounds' is no number of" \
		"rounds"
	[ -n "$(chosen)" ] || die "no group matches GROUP='$group'; there" \
		"are: $groups"
	[ "$(chosen | wc -l)" -eq "$(wc -w <<<"$groups")" ] || part=.part

	if needs_postgres; then check_postgres; fi
}

# tree_of prints the folder of lnd's source for side $1.
tree_of() {
	if [ "$1" = patched ]; then
		echo "$build/lnd"
	else
		echo "$build/stock"
	fi
}

# run starts a program, waits for it, and returns its exit status. Being in the
# background it leaves us able to stop it.
run() {
	local status=0
	"$@" &
	child=$!
	wait "$child" || status=$?
	child=
	return "$status"
}

# tower runs the benchmarks of side $1 that $2 names, for the time or the number
# of operations in $3. More arguments go to the test binary.
tower() {
	local side=$1 what=$2 time=$3
	shift 3

	TMPDIR=$temp run "$bin/bench-$side.test" -test.run '^$' \
		-test.bench "^Benchmark$what" -test.benchtime "$time" \
		-test.timeout 15m -tower.data "$data" \
		-tower.memory "$memory" "$@" >"$temp/out" 2>&1 || {
		tail -n 40 "$temp/out" >&2
		die "$what failed on $side"
	}
	cat "$temp/out" >>"$out/$side$part.txt"
}

# databases prints the kinds of payments databases that lnd of this base has.
databases() {
	echo bbolt sqlite postgres
	[ ! -d "$build/stock/payments/db" ] || echo nativesqlite nativepostgres
}

# each_database runs benchmark $1 of both sides on every database, for $2, or for
# $3 on bbolt. Each has a process of its own, since some settings are a process's.
each_database() {
	local db side time
	for db in $(databases); do
		time=$2
		[ "$db" != bbolt ] || time=${3:-$2}
		for side in $sides; do
			tower "$side" "$1\$/db=$db\$" "$time"
		done
	done
}

# both runs benchmark $1 of both sides, for $2.
both() {
	local side
	for side in $sides; do
		tower "$side" "$1" "$2"
	done
}

# measure measures group $1 once.
measure() {
	case $1 in
	commits) each_database Commits 3x ;;
	# bbolt is what most nodes use, and there is a goal for it.
	latency) each_database Latency 200ms 1s ;;
	load) each_database Load 500x ;;
	subscription) both Subscription 300ms ;;
	fanout) both Fanout 2000x ;;
	stalled)
		both 'Stalled/payments=live' 1000000x
		both 'Stalled/payments=ending' 200000x
		;;
	probe) probe ;;
	esac
}

# probe runs the probes on real nodes.
probe() {
	local side lnd
	for side in $sides; do
		lnd=$bin/lnd
		[ "$side" = patched ] || lnd=$bin/lnd-stock

		run "$bin/probe" -lnd "$lnd" -btcd "$bin/btcd" \
			-dir "$temp/probe-$side" -parallel 1,10,100 \
			-duration 8s >"$temp/out" 2>"$temp/log" || {
			tail -n 40 "$temp/log" >&2
			die "the probes failed on $side"
		}
		cat "$temp/out" >>"$out/$side$part.txt"
	done
}

# measure_all measures all that is asked for. Counts and sizes are measured in
# the first round only, and the probes, on which no goal depends, in two. The
# sides take turns in going first.
measure_all() {
	local round name
	sides="stock patched"
	for ((round = 1; round <= rounds; round++)); do
		for name in $(chosen); do
			case $name in
			commits | stalled) ((round == 1)) || continue ;;
			probe) ((round <= 2)) || continue ;;
			esac
			say "round $round of $rounds: $name"
			measure "$name"
		done
		sides="${sides#* } ${sides% *}"
	done
}

# write_profiles writes CPU profiles of payments and of subscriptions. What
# these runs measure is not reported: profiling costs time, too.
write_profiles() {
	local side db part=.profile ends='end=(fails|succeeds)$'
	mkdir -p "$out/profiles"
	for side in stock patched; do
		say "profiles of $side"
		for db in $(databases); do
			tower "$side" "Latency\$/db=$db\$/pay=/$ends" 1s \
				-test.cpuprofile "$out/profiles/$db-$side.pprof"
		done
		tower "$side" 'Subscription$/payments=100000$/what=subscribe' 1s \
			-test.cpuprofile "$out/profiles/subscription-$side.pprof"
		rm -f "$out/$side$part.txt"
	done
	say "the profiles are in $out/profiles"
}

# clean_up stops whatever was started and removes the temporary folders.
clean_up() {
	if [ -n "$child" ]; then
		kill -TERM "$child" 2>/dev/null || true
		wait "$child" 2>/dev/null || true
	fi
	stop_postgres
	[ -z "$memory" ] || rm -rf "$memory"
	[ -z "$temp" ] || rm -rf "$temp"
}

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

check_settings
if [ -n "$(chosen probe)" ]; then
	"$root/patches/build.sh" "$base" lnd stock btcd probe
else
	"$root/patches/stage.sh" "$base"
fi

mkdir -p "$bin" "$data"
temp=$(mktemp -d "${TMPDIR:-/tmp}/lnd-once-bench.XXXXXX")
memory=$(mktemp -d /dev/shm/lnd-once-bench.XXXXXX 2>/dev/null) ||
	die "/dev/shm is needed for databases in memory"
for side in stock patched; do
	say "building bench-$side.test"
	build_tower "$(tree_of "$side")" "$bin/bench-$side.test" "$temp"
done
go build -C "$root" -trimpath -buildvcs=false -o "$bin/bench-report" \
	./bench/report

if needs_data; then
	run "$bin/bench-stock.test" -test.run '^TestDataSets$' \
		-tower.data "$data"
fi
if needs_postgres; then start_postgres "$temp" "$out/postgres.log"; fi

rm -f "$out/stock$part.txt" "$out/patched$part.txt"
ready=$SECONDS
measure_all
measured=$SECONDS
say "all measured"
[ "$profile" = 0 ] || write_profiles

flags=()
if [ -z "$part" ]; then
	mkdir -p "$root/docs"
	facts >"$temp/facts"
	flags=(-doc "$root/docs/benchmarks.md" -facts "$temp/facts")
fi
"$bin/bench-report" -base "$base" -stock "$out/stock$part.txt" \
	-patched "$out/patched$part.txt" "${flags[@]}"
say "done; the raw results are in $out"

# harness.sh is sourced by the scripts that run lnd's test harness. It builds
# what that needs, and starts and stops it. The sourcing script sets base, lnd
# (patched or stock), build and bin, and has a function say.

# lnd's own tags for integration tests, and all databases in one build.
tags="dev autopilotrpc chainrpc invoicesrpc neutrinorpc peersrpc routerrpc \
signrpc verrpc walletrpc watchtowerrpc wtclientrpc integration btcd \
kvdb_postgres kvdb_sqlite"

# temp is the run's own temporary folder, tests the process group of the test
# binary and of the nodes it starts, executable the lnd that these run.
temp=
tests=
executable=

# go_in runs a go command that builds something in folder $1.
go_in() {
	local folder=$1 command=$2
	shift 2
	(cd "$folder" && GOWORK=off go "$command" -trimpath -buildvcs=false \
		-tags "$tags" "$@")
}

# lnd_tree prints the tree of the lnd under test.
lnd_tree() {
	if [ "$lnd" = patched ]; then
		echo "$build/lnd"
	else
		echo "$build/stock"
	fi
}

# build_nodes builds the lnd under test, and btcd.
build_nodes() {
	local tree commit

	tree=$(lnd_tree)
	executable=$bin/lnd-itest
	[ "$lnd" = patched ] || executable+=-stock
	commit=$base-$lnd-$(git -C "$tree" rev-parse --short=12 HEAD)
	mkdir -p "$bin"

	say "building $(basename "$executable") from $tree"
	go_in "$tree" build -o "$executable" -ldflags "-s -w -X \
github.com/lightningnetwork/lnd/build.Commit=$commit" ./cmd/lnd

	say "building btcd-itest"
	go_in "$tree" build -o "$bin/btcd-itest" -ldflags "-s -w" \
		github.com/btcsuite/btcd
}

# build_tests builds tree $1's integration tests as $2. Those of the patched
# tree drive patched and stock alike.
build_tests() {
	say "building $(basename "$2") from $1"
	go_in "$1" test -c -o "$2" -ldflags "-s -w" ./itest
}

# cases_like prints the pattern that picks, for the test binary, the test cases
# whose names match the regular expression $1, which has _ for a blank.
cases_like() {
	echo "TestLightningNetworkDaemon/.*/.*/.*/$1"
}

# run_tests runs the test binary $1 on database $2, and returns its exit status.
# The nodes' logs go to $3, the rest are flags of the test binary.
run_tests() {
	local binary=$1 db=$2 logs=$3 flags=(-dbbackend="$2")
	shift 3

	case $db in
	nativesql) flags=(-dbbackend=sqlite -nativesql) ;;
	nativepostgres) flags=(-dbbackend=postgres -nativesql) ;;
	esac

	# lntest counts ports up from the one in this file and checks each. A
	# start of our own keeps runs at the same time out of each other's way.
	printf %d $((10000 + $$ % 200 * 100)) >"$temp/rpctest-port"

	# With job control the tests get a process group of their own, with
	# the nodes in it: Ctrl-C reaches us alone, and we stop the group.
	set -m
	LND_ONCE_LND=$lnd TMPDIR=$temp "$binary" "$@" -logoutput \
		-logdir="$logs" -lndexec="$executable" \
		-btcdexec="$bin/btcd-itest" "${flags[@]}" &
	tests=$!
	set +m

	wait "$tests"
}

# stop_tests kills what is left of the tests' process group, and waits until it
# is gone. All that the nodes could still save is in the temporary folder.
stop_tests() {
	[ -n "$tests" ] || return 0
	while kill -KILL -- "-$tests" 2>/dev/null; do
		sleep 0.1
	done
	wait "$tests" 2>/dev/null || true
	tests=
}

# try.sh is sourced by needed.sh. It builds tests from the clone as it is now and
# tries them. The sourcing script sets work and tree, and what go_test,
# build_tower and run_tests need. It removes memory, if that is set, when it ends.

# memory is a folder for databases in memory.
memory=

# try_package builds the tests of package $1 as the tree is now and runs the
# tests $2, each by itself, so that none suffers from another's panic. It adds
# lines to $work/verdicts: test, where, verdict. The tests of lnd's store of
# payments are run on both kinds of store.
try_package() {
	local package=$1 tests=${2//,/ } tag test stores=kv

	[ "$package" != ./payments/db ] || stores+=" test_db_sqlite"
	for tag in $stores; do
		if ! go_test "$tree" "${tag#kv}" -vet=off -c -o "$work/test" \
			"$package" >"$work/log" 2>&1; then
			echo "- $package,$tag unbuilt" >>"$work/verdicts"
			continue
		fi
		for test in $tests; do
			echo "$test $package,$tag $(try_test "$package" \
				"$test")" >>"$work/verdicts"
		done
	done
}

# try_test runs the test $2 of package $1, which is built, and prints what
# became of it. More flags of the test binary can follow.
try_test() {
	local verdict=passed
	(cd "$tree/$1" && exec "$work/test" -test.v -test.timeout 4m \
		-test.run "^$2\$" "${@:3}") >"$work/log" 2>&1 || verdict=failed

	if [ "$verdict" = passed ] && ! grep -q "^--- PASS: $2 " "$work/log"
	then
		verdict=absent
	fi
	echo "$verdict"
}

# try_tower does the same for the tests $1 of our folder tower, on a bbolt in
# memory. The histories are few and of the same seed. Only what prints that it has
# found a violation has failed.
try_tower() {
	local test verdict
	if ! build_tower "$tree" "$work/test" "$work" patched >"$work/log" 2>&1
	then
		echo "- ./tower unbuilt" >>"$work/verdicts"
		return
	fi
	memory=$(mktemp -d /dev/shm/lnd-once-needed.XXXXXX)
	for test in ${1//,/ }; do
		verdict=$(TMPDIR=$memory try_test . "$test" -tower.db bbolt \
			-tower.histories 200 -rapid.seed 1 \
			-rapid.shrinktime 1s)
		if [ "$verdict" = failed ] &&
			! grep -q ' violations=[1-9]' "$work/log"; then
			verdict=broke-down
		fi
		echo "$test ./tower $verdict" >>"$work/verdicts"
	done
	rm -rf "$memory"
}

# try_scenarios does the same for the scenarios $1, on real nodes. One that lnd
# does not know of, when nothing else is wrong, has failed.
try_scenarios() {
	local test status=0
	if ! build_tests "$tree" "$work/itest.test" >"$work/log" 2>&1; then
		echo "- ./itest unbuilt" >>"$work/verdicts"
		return
	fi
	run_tests "$work/itest.test" bbolt "$work/nodes" -test.v \
		-test.timeout=15m -test.run "$(cases_like "^(${1//,/|})\$")" \
		>"$work/log" 2>&1 || status=$?
	stop_tests

	for test in ${1//,/ }; do
		if grep -qE "^ *--- PASS: .*/$test " "$work/log"; then
			echo "$test ./itest passed"
		elif [ "$status" = 0 ] ||
			grep -qE "^ *--- FAIL: .*/$test " "$work/log"; then
			echo "$test ./itest failed"
		else
			echo "$test ./itest not-run"
		fi >>"$work/verdicts"
	done
}

# try_tests tries the tests of list $1.
try_tests() {
	local part
	: >"$work/verdicts"
	for part in ${1//;/ }; do
		case $part in
		./itest:*) try_scenarios "${part#*:}" ;;
		./tower:*) try_tower "${part#*:}" ;;
		*) try_package "${part%%:*}" "${part#*:}" ;;
		esac
	done
}

#!/usr/bin/env bash
#
# needed.sh shows that every commit of the series is needed, and that the tests
# notice the loss of each behaviour of the contract: it undoes one after the
# other and runs the tests that should notice.
#
#   BASE   the lnd version                               (v0.21.2-beta)
#   CASE   regular expression that picks rows            (all)
#   NODES  1 for the rows that need real nodes as well   (0)
#
# prove/needed/BASE/rows says what is undone how, and which tests have to fail
# then; all of them pass on the series as it is. The work is done in a clone of
# the staged tree, build/BASE/needed. For each row that is noticed there is a
# note: kind, what, undo and tests, parted by tabs. The last line is the
# summary.

set -euo pipefail

# shellcheck source=patches/base.sh
source "$(dirname "${BASH_SOURCE[0]}")/../patches/base.sh"
# shellcheck source=patches/units.sh
source "$root/patches/units.sh"
# shellcheck source=itest/harness.sh
source "$root/itest/harness.sh"
# shellcheck source=tower/build.sh
source "$root/tower/build.sh"
# shellcheck source=prove/needed/try.sh
source "$root/prove/needed/try.sh"

base=${BASE:-v0.21.2-beta}
cases=${CASE:-}
nodes=${NODES:-0}

build=$root/build/$base
bin=$build/bin
rows=$root/prove/needed/$base
work=$build/needed
tree=$work/lnd

# The lnd that scenarios run on: stock has violations that they must find. With
# nothing undone they do, and so they pass.
lnd=stock

# table prints the rows, each on one line: kind, undo, where, what. Where is a
# list of package:test,test parted by semicolons.
table() {
	entries "$rows/rows" | awk '
		function flush() {
			if (head != "")
				print head, where, what
			where = ""
		}
		/^[^ \t]/ {
			flush()
			head = $1 " " $2
			what = $3
			for (i = 4; i <= NF; i++)
				what = what " " $i
			next
		}
		{
			where = where (where == "" ? "" : ";") $1 ":" $2
			for (i = 3; i <= NF; i++)
				where = where "," $i
		}
		END { flush() }'
}

# chosen prints the rows that are asked for.
chosen() {
	table | { grep -E -- "$cases" || true; } |
		awk -v nodes="$nodes" 'nodes != "0" || $3 !~ /\.\/itest:/'
}

# commit_of prints the commit of the series that has the subject $1.
commit_of() {
	git -C "$tree" log --format='%H %s' upstream..series |
		awk -v subject="$1" '
			substr($0, 42) == subject { print $1; found++ }
			END { exit found != 1 }'
}

# check_rows ends the script if a commit of the series has no row, or a row no
# tests or no commit.
check_rows() {
	local subject
	subject=$(table | awk '$3 !~ /^\.[^ :]*:[^ :]+/')
	[ -z "$subject" ] || die "$rows/rows: this row names no tests, or no" \
		"package that begins with a point: $subject"

	while read -r subject; do
		table | cut -d ' ' -f 1,4- |
			grep -xF "commit $subject" >/dev/null ||
			die "$rows/rows has no row for the commit '$subject'"
	done < <(git -C "$tree" log --format=%s upstream..series)

	while read -r subject; do
		commit_of "$subject" >/dev/null || die "$rows/rows: the" \
			"series has no commit '$subject', or more than one"
	done < <(table | sed -n 's/^commit [^ ]* [^ ]* //p')
}

# clone makes the tree to work in: a clone whose branch is the whole series.
clone() {
	rm -rf "$work"
	mkdir -p "$work"
	git clone -q --branch patched "$build/lnd" "$tree"
	configure_tree "$tree"
	git -C "$tree" branch -q series
}

# undo undoes $1 in the clean tree: what patch $1 changes or, if that is "drop",
# all that the commit with the subject $2 does, without its tests.
undo() {
	local commit patch output
	git -C "$tree" reset -q --hard series
	git -C "$tree" clean -q -f -d

	if [ "$1" = drop ]; then
		commit=$(commit_of "$2")
		output=$(git -C "$tree" diff --full-index "$commit" \
			"$commit^" -- . ':!*_test.go' |
			git -C "$tree" apply --3way 2>&1) && return
		die "dropping '$2' conflicts with the rest of the series:
$output
Take its effect away by a patch in $rows instead"
	fi

	patch=$rows/$1
	[ -f "$patch" ] || patch=$root/prove/needed/$1
	[ -f "$patch" ] || die "$rows/rows: there is no patch $1, neither" \
		"there nor in the folder above"
	output=$(git -C "$tree" apply "$patch" 2>&1) || die "$patch does" \
		"not apply to the series any more:
$output"
}

# builds tells whether the go command finds all that lnd is made of.
builds() {
	(cd "$tree" && GOWORK=off go list -deps ./cmd/lnd) >"$work/log" 2>&1
}

# other_than prints what has not the verdict $1.
other_than() {
	awk -v want="$1" '$3 != want { print $1 " (" $2 " " $3 ")" }' \
		"$work/verdicts"
}

# check_row undoes something, tries the tests and prints which have noticed. It
# returns whether all have that had to.
check_row() {
	local kind=$1 undo=$2 where=$3 what=$4 by=the\ build missed=''

	undo "$undo" "$what"
	if [ "$where" = .:build ]; then
		! builds || missed=$by
	else
		try_tests "$where"
		missed=$(other_than failed)
		by=$(tr ';' '\n' <<<"$where" | sed 's/.*://' | paste -sd , -)
	fi

	if [ -n "$missed" ]; then
		echo "$kind $what ($undo): NOT NOTICED by ${missed//$'\n'/, }"
		return 1
	fi
	printf 'note\t%s\t%s\t%s\t%s\n' "$kind" "$what" "$undo" "${by//,/, }"
}

# all_tests prints the tests of the chosen rows: one line for each package, as a
# list of one.
all_tests() {
	chosen | awk '{ print $3 }' | tr ';' '\n' | sort -u | awk -F : '
		$0 == ".:build" { next }
		{ tests[$1] = tests[$1] (tests[$1] ? "," : "") $2 }
		END { for (p in tests) print p ":" tests[p] }' | sort
}

# need_nodes tells whether a chosen row needs real nodes.
need_nodes() {
	[[ $(all_tests) == *./itest:* ]]
}

# check_series ends the script if one of the tests does not pass on the series
# as it is: a breakdown must not look as if something was noticed.
check_series() {
	local package tests failed
	builds || die "with nothing undone: $(cat "$work/log")"
	while IFS=: read -r -u 7 package tests; do
		say "$base: $package on the series as it is"
		try_tests "$package:$(tr , '\n' <<<"$tests" | sort -u |
			paste -sd , -)"
		failed=$(other_than passed)
		[ -z "$failed" ] || die "with nothing undone:
$failed"
	done 7< <(all_tests)
}

# clean_up stops whatever was started and removes the temporary folders.
clean_up() {
	stop_tests
	[ -z "$temp" ] || rm -rf "$temp"
	[ -z "$memory" ] || rm -rf "$memory"
}

need_tools git go awk
isolate_git
check_base "$base"
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# shellcheck source=patches/apply.sh
source "$root/patches/apply.sh"

"$root/patches/stage.sh" "$base"
clone
check_rows
count=$(chosen | wc -l)
[ "$count" != 0 ] || die "no row of $rows/rows matches CASE='$cases'"
if need_nodes; then
	temp=$(mktemp -d "${TMPDIR:-/tmp}/lnd-once-needed.XXXXXX")
	build_nodes
fi
check_series

unnoticed=0
while read -r -u 7 kind undo where what; do
	check_row "$kind" "$undo" "$where" "$what" ||
		unnoticed=$((unnoticed + 1))
done 7< <(chosen)

printf 'needed base=%s commits=%d behaviours=%d violations=%d took=%ds\n' \
	"$base" "$(chosen | grep -c ^commit || true)" \
	"$(chosen | grep -cv ^commit || true)" "$unnoticed" "$SECONDS"
[ "$unnoticed" = 0 ]

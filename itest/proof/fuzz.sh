#!/usr/bin/env bash
#
# fuzz.sh TIME runs every fuzz target of this module for TIME each, such as 60s,
# and prints a summary line for each.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

[[ ${1-} =~ ^[1-9][0-9]*(s|m|h)$ ]] || {
	echo "fuzz: '${1-}' is no time; usage: fuzz.sh TIME, such as 60s" >&2
	exit 1
}

# summarize passes the output of go test on and adds the summary line of target
# $2 of package $1. It returns whether the target was tried and held.
summarize() {
	awk -v package="$1" -v target="$2" '
		{ print; fflush() }
		/^fuzz: / {
			for (i = 1; i < NF; i++)
				if ($i == "execs:")
					execs = $(i + 1) + 0
		}
		$1 == "ok" { took = $3 }
		END {
			held = took != "" && execs > 0
			printf "fuzz package=%s target=%s execs=%d " \
				"violations=%d took=%s\n", package, target,
				execs, !held, took
			exit !held
		}'
}

cd "$root"
while IFS=: read -r -u 7 file target; do
	package=$(dirname "$file")
	go test -trimpath -buildvcs=false -run '^$' -fuzz "^$target\$" \
		-fuzztime "$1" "./$package" | summarize "$package" "$target"
done 7< <(git grep -oE 'func Fuzz[A-Za-z]+' -- '*_test.go' | sed 's/func //')

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

cd "$root"
while IFS=: read -r file target; do
	begin=$SECONDS
	go test -trimpath -buildvcs=false -run '^$' -fuzz "^$target\$" \
		-fuzztime "$1" "./$(dirname "$file")" | tee /dev/stderr |
		awk -v target="$target" -v file="$(dirname "$file")" '
			{ for (i = 1; i < NF; i++) if ($i == "execs:") n = $(i + 1) }
			END { printf "fuzz package=%s target=%s execs=%d", file, target, n }'
	printf ' violations=0 took=%ds\n' $((SECONDS - begin))
done < <(git grep -oE 'func Fuzz[A-Za-z]+' -- '*_test.go' | sed 's/func //')

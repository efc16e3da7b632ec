#!/usr/bin/env bash
#
# build.sh BASE WHAT... stages a base and builds into build/BASE/bin, as WHAT
# names it: lnd and lncli (patched), stock (lnd-stock), btcd, demo, probe and
# dropin (dropin.test). Go's build cache decides what there is to do. See
# README.md.

set -euo pipefail

# shellcheck source=patches/base.sh
source "$(dirname "${BASH_SOURCE[0]}")/base.sh"

# What lnd's own releases are built with, so that ours can take their place.
release_tags="autopilotrpc signrpc walletrpc chainrpc invoicesrpc"
release_tags+=" watchtowerrpc neutrinorpc monitoring peersrpc kvdb_postgres"
release_tags+=" kvdb_etcd kvdb_sqlite"

# go_build builds what follows $1 in folder $1, and tells every ten seconds how
# far it got.
go_build() {
	local folder=$1
	shift

	# Packages that have been compiled are named on the error output, one a
	# line; all other lines are about errors.
	(cd "$folder" && GOWORK=${gowork:-off} go build -v -trimpath -buildvcs=false \
		"$@" 2>&1) | show_progress
}

# show_progress reads the names of compiled packages and says now and then how
# many there are. Everything else it passes on.
show_progress() {
	local line rest='' compiled=0 begin=$SECONDS next=$((SECONDS + 10)) rc
	while :; do
		rc=0
		IFS= read -r -t 1 line || rc=$?
		rest+=$line

		# Above 128 the second is over before the line is.
		if [ "$rc" -le 128 ] && [[ $rest == *[[:space:]:#]* ]]; then
			printf '%s\n' "$rest" >&2
			rest=''
		elif [ "$rc" = 0 ]; then
			compiled=$((compiled + 1))
			rest=''
		fi
		[ "$rc" != 1 ] || break

		((SECONDS >= next)) || continue
		say "  ... $compiled packages compiled," \
			"$((SECONDS - begin)) s"
		next=$((SECONDS + 10))
	done
}

# build_patched builds the program $1 from the patched tree. Its version names
# the base, us and the commit, and tells if the tree holds more than that commit.
build_patched() {
	local version
	version=$(git -C "$tree" rev-parse --short=12 HEAD)
	[ -z "$(git -C "$tree" status --porcelain)" ] || version+=-dirty

	go_build "$tree" -tags "$release_tags" \
		-ldflags "$ldflags$base-lnd-once-$version" \
		-o "$bin/$1" "./cmd/$1"
}

build_lnd() {
	build_patched lnd
}

build_lncli() {
	build_patched lncli
}

# build_stock builds lnd as it was, to compare with.
build_stock() {
	go_build "$root/build/$base/stock" -tags "$release_tags" \
		-ldflags "$ldflags$base" -o "$bin/lnd-stock" ./cmd/lnd
}

# build_btcd builds the btcd that this lnd names in its go.mod.
build_btcd() {
	go_build "$tree" -o "$bin/btcd" github.com/btcsuite/btcd
}

# demo_workspace makes a Go workspace of this module and the patched tree. The
# 90 lnd packages that our programs need are those just compiled then, which
# saves minutes: as a module of its own lnd would be compiled a second time. The
# versions of all else come from lnd's go.mod alone, so for the time of the build
# ours is laid over by one that names none.
demo_workspace() {
	local version
	version=$(sed -n 's/^go //p' "$tree/go.mod")

	mkdir -p "$work"
	printf 'module lnd-once\n\ngo %s\n' "$version" >"$work/go.mod"
	printf 'go %s\n\nuse (\n\t%s\n\t%s\n)\n' "$version" "$root" \
		"$tree" >"$work/go.work"
	printf '{"Replace": {"%s": "%s"}}\n' "$root/go.mod" "$work/go.mod" \
		>"$work/overlay.json"
}

# build_ours builds the program of ours in folder $1 against the patched tree.
build_ours() {
	demo_workspace
	gowork=$work/go.work go_build "$root" -overlay "$work/overlay.json" \
		-tags "$release_tags" -ldflags "-s -w" \
		-o "$bin/$(basename "$1")" "./$1"
}

# build_demo builds the program that runs the demo.
build_demo() {
	build_ours cmd/demo
}

# build_probe builds the end-to-end benchmark.
build_probe() {
	build_ours bench/probe
}

# build_dropin builds the drop-in test.
build_dropin() {
	demo_workspace
	(cd "$root" && GOWORK=$work/go.work go test -c -trimpath \
		-buildvcs=false -overlay "$work/overlay.json" \
		-tags "$release_tags nodes" -ldflags "-s -w" \
		-o "$bin/dropin.test" ./cmd/demo)
}

base=${1-}
need_tools git go
isolate_git
check_base "$base"
shift

tree=$root/build/$base/lnd
bin=$root/build/$base/bin
work=$root/build/$base/work
ldflags="-s -w -buildid= -X $lnd_module/build.Commit="

"$root/patches/stage.sh" "$base"
mkdir -p "$bin"

for what in "$@"; do
	begin=$SECONDS
	say "$base: building $what"
	"build_$what"
	say "$base: built $what in $((SECONDS - begin)) s"
done

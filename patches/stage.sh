#!/usr/bin/env bash
#
# stage.sh BASE makes build/BASE/lnd, a git tree of that lnd module with our
# series on top, and build/BASE/stock, the same without it. It does nothing if
# both are there and nothing they are made of has changed. See README.md.

set -euo pipefail

# shellcheck source=patches/base.sh
source "$(dirname "${BASH_SOURCE[0]}")/base.sh"
# shellcheck source=patches/apply.sh
source "$(dirname "${BASH_SOURCE[0]}")/apply.sh"

# on_patch_failed keeps the tree in which patch $1 did not apply, says what $2
# found and what can be done, and ends the script.
on_patch_failed() {
	rm -rf "$failed"
	mv "$temp/lnd" "$failed"
	git -C "$failed" config lnd-once.stamp "$stamp"

	cat >"$failed/.git/lnd-once-failure" <<-END
		$2
		The tree as it is just before this patch: $failed
		To mend the patch:
		  cd $failed
		  git am --reject $series/$1
		  # mend what the .rej files hold, remove them, git add -A
		  git am --continue
		  git format-patch -1 -N --zero-commit --no-signature \\
		    --abbrev=12 --stdout > $series/$1
		and stage again.
	END
	die "$(cat "$failed/.git/lnd-once-failure")"
}

# relink_stock corrects the paths by which tree and stock tree know each other,
# after this repository was moved or copied.
relink_stock() {
	local entry=$tree/.git/worktrees/stock
	[ -f "$stock/.git" ] && [ -d "$entry" ] || return 0
	[ "$(cat "$stock/.git")" != "gitdir: $entry" ] || return 0

	printf 'gitdir: %s\n' "$entry" >"$stock/.git"
	printf '%s\n' "$stock/.git" >"$entry/gitdir"
}

# up_to_date tells whether the staged trees are complete and of this stamp.
up_to_date() {
	[ -e "$tree/.git" ] && [ -e "$stock/.git" ] &&
		[ "$(git -C "$tree" config lnd-once.stamp)" = "$stamp" ]
}

# stage_trees makes both trees in the temporary folder and puts them in place.
# The stamp, which alone says that they are complete, comes last.
stage_trees() {
	fetch_module "$series"
	say "$base: unpacking $module_name"
	new_tree "$temp/lnd"

	git -C "$temp/lnd" checkout -q -b stock upstream
	apply_series "$series" "$root" "$temp/lnd" build
	git -C "$temp/lnd" update-ref refs/lnd-once/stock HEAD

	git -C "$temp/lnd" checkout -q -b patched upstream
	git -C "$temp/lnd" branch -q -D module
	apply_series "$series" "$root" "$temp/lnd"
	git -C "$temp/lnd" update-ref refs/lnd-once/patched HEAD

	# A removal that is interrupted must not leave half a tree in place.
	[ ! -e "$stock" ] || mv "$stock" "$temp/old-stock"
	[ ! -e "$tree" ] || mv "$tree" "$temp/old-tree"
	mv "$temp/lnd" "$tree"
	git -C "$tree" worktree add -q "$stock" stock

	git -C "$tree" config lnd-once.series "$(series_stamp "$series")"
	git -C "$tree" config lnd-once.stamp "$stamp"
	rm -rf "$failed"
}

base=${1-}
need_tools git go awk sed flock
isolate_git
check_base "$base"

series=$root/patches/$base
tree=$root/build/$base/lnd
stock=$root/build/$base/stock
failed=$root/build/$base/failed

lock_base "$base"

# What an earlier, interrupted staging left behind is of no use to anybody, also
# if it came as far as to complete the tree.
rm -rf "$root/build/$base"/.staging.*

check_manifest "$series" "$root"
stamp=$(stage_stamp "$base")

relink_stock
if up_to_date; then
	say "build/$base/lnd is up to date"
	exit
fi

# A mended but not yet written out patch must survive a thoughtless retry.
if [ -f "$failed/.git/lnd-once-failure" ] &&
	[ "$(git -C "$failed" config lnd-once.stamp)" = "$stamp" ]; then

	die "nothing has changed since this happened (to try once more all the
same: rm -rf $failed):
$(cat "$failed/.git/lnd-once-failure")"
fi

refuse_if_work "$base" "patches or packages have changed, but"

temp=$(mktemp -d "$root/build/$base/.staging.XXXXXX")
trap 'rm -rf "$temp"' EXIT
trap 'exit 130' INT TERM

stage_trees
say "$base: staged $(git -C "$tree" rev-parse --short=12 patched) in" \
	"build/$base/lnd"

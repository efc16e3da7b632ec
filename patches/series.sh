#!/usr/bin/env bash
#
# series.sh BASE writes the commits of build/BASE/lnd, branch patched, back to
# patches/BASE and the packages, so that stage.sh makes the same tree of them
# everywhere. See README.md.

set -euo pipefail

# shellcheck source=patches/base.sh
source "$(dirname "${BASH_SOURCE[0]}")/base.sh"
# shellcheck source=patches/apply.sh
source "$(dirname "${BASH_SOURCE[0]}")/apply.sh"
# shellcheck source=patches/export.sh
source "$(dirname "${BASH_SOURCE[0]}")/export.sh"

# check_tree ends the script if the staged tree is not in a state that can be
# written back, or patches/ is not what it was staged from.
check_tree() {
	git -C "$tree" rev-parse -q --verify refs/lnd-once/patched \
		>/dev/null 2>&1 ||
		die "build/$base/lnd is not staged: make stage BASE=$base"
	[ "$(git -C "$tree" symbolic-ref -q HEAD)" = refs/heads/patched ] ||
		die "HEAD of build/$base/lnd is not at branch patched; finish" \
			"the rebase, or git checkout patched"
	[ -z "$(git -C "$tree" status --porcelain)" ] ||
		die "build/$base/lnd has changes that are not committed:
$(git -C "$tree" status --porcelain | head -n 20)"
	git -C "$tree" merge-base --is-ancestor upstream patched ||
		die "branch patched of build/$base/lnd is not based on upstream"
	[ "$(git -C "$tree" config lnd-once.series)" = \
		"$(series_stamp "$series")" ] ||
		die "patches/$base was changed since build/$base/lnd was" \
			"staged from it, and would be overwritten. Put one of" \
			"the two away: git checkout patches/$base, or rm -rf" \
			"$tree"
}

# on_patch_failed ends the script: the patches were written just now, so a patch
# that does not apply was changed on its way through mail format.
on_patch_failed() {
	die "nothing was changed, for what would be written does not apply:
$2"
}

# export_tree writes the series and the packages of the tree's tip below $temp,
# and the packages as they were staged below $temp/staged.
export_tree() {
	local src rules

	# In a shell of its own, for what is a package's was different then.
	rules=$(import_rules "$series/series" back)
	(
		find_packages "$tree" refs/lnd-once/patched
		for src in "${!dst_of[@]}"; do
			write_package "$tree" refs/lnd-once/patched "$src" \
				"$temp/staged" "$rules"
		done
	)

	find_packages "$tree" patched
	classify "$tree"
	cp -R "$series" "$temp/series"
	write_series "$tree" "$temp/series"

	rules=$(import_rules "$temp/series/series" back)
	for src in "${!dst_of[@]}"; do
		write_package "$tree" patched "$src" "$temp/tip" "$rules"
	done
}

# verify_export applies what was written to the upstream commit and ends the
# script if the tree that comes out is another one. It sets head and stock_head
# to the commits that come out.
verify_export() {
	git -C "$tree" worktree add -q --detach "$temp/lnd" upstream
	apply_series "$temp/series" "$temp/tip" "$temp/lnd"
	head=$(git -C "$temp/lnd" rev-parse HEAD)

	git -C "$tree" diff --quiet "$head" patched ||
		die "nothing was changed, for staging what would be written" \
			"yields another tree:
$(git -C "$tree" diff --stat "$head" patched)"

	git -C "$temp/lnd" checkout -q --detach upstream
	apply_series "$temp/series" "$temp/tip" "$temp/lnd" build
	stock_head=$(git -C "$temp/lnd" rev-parse HEAD)
}

# merge_packages lists the package files to be written back in $temp/write and
# those to be removed in $temp/remove. A file that was changed in this
# repository since it was staged is left alone; if it was also changed in the
# tree, the script ends.
merge_packages() {
	local file conflicts=''
	while read -r file; do
		# A package that left the series stays where it is.
		[ -n "${dst_of[${file%/*}]-}" ] || continue

		if same "$temp/tip/$file" "$temp/staged/$file" ||
			same "$temp/tip/$file" "$root/$file"; then
			continue
		elif ! same "$root/$file" "$temp/staged/$file"; then
			conflicts+="  $file"$'\n'
		elif [ -e "$temp/tip/$file" ]; then
			echo "$file" >>"$temp/write"
		else
			echo "$file" >>"$temp/remove"
		fi
	done < <(cd "$temp" && find tip staged -type f | cut -d/ -f2- | sort -u)

	[ -z "$conflicts" ] || die "changed both here and in build/$base/lnd" \
		"since staging; nothing was changed:
${conflicts}Make the two equal (in either place), then try again."
}

# same tells whether two files have the same contents or are both missing.
same() {
	if [ -e "$1" ] && [ -e "$2" ]; then
		cmp -s "$1" "$2"
	else
		[ ! -e "$1" ] && [ ! -e "$2" ]
	fi
}

# put_in_place replaces series and packages by what was written, and makes the
# tree stand on the commits that staging it would yield. What takes long is
# behind us: nothing in here may be interrupted half way.
put_in_place() {
	local file
	trap '' INT TERM HUP

	while read -r file; do
		mkdir -p "$(dirname "$root/$file")"
		cp "$temp/tip/$file" "$root/$file"
	done <"$temp/write"
	while read -r file; do
		rm "$root/$file"
	done <"$temp/remove"

	mv "$series" "$temp/old-series"
	mv "$temp/series" "$series"

	# The trees are equal, so neither index nor files have to follow.
	git -C "$tree" worktree remove --force "$temp/lnd"
	git -C "$tree" update-ref refs/heads/patched "$head"
	git -C "$tree" update-ref refs/lnd-once/patched "$head"
	git -C "$tree" config lnd-once.series "$(series_stamp "$series")"

	# Where staging would change nothing, it need not be done.
	if packages_equal && [ "$stock_head" = \
		"$(git -C "$tree" rev-parse refs/lnd-once/stock)" ]; then

		git -C "$tree" config lnd-once.stamp "$(stage_stamp "$base")"
	fi
}

# packages_equal tells whether the packages in the tree are those of this
# repository.
packages_equal() {
	local src
	for src in "${!dst_of[@]}"; do
		[ "$(cd "$root/$src" && package_files . | file_hashes)" = \
			"$(cd "$temp/tip/$src" && package_files . |
				file_hashes)" ] || return
	done
}

base=${1-}
need_tools git go awk sed flock
isolate_git
check_base "$base"

series=$root/patches/$base
tree=$root/build/$base/lnd

lock_base "$base"
check_tree

rm -rf "$root/build/$base"/.series.*
git -C "$tree" worktree prune
temp=$(mktemp -d "$root/build/$base/.series.XXXXXX")
mkdir "$temp/tip" "$temp/staged"
touch "$temp/write" "$temp/remove"
trap 'rm -rf "$temp"; git -C "$tree" worktree prune' EXIT
trap 'exit 130' INT TERM HUP

export_tree
verify_export
merge_packages
put_in_place
sed 's/^/series: wrote /' "$temp/write"
sed 's/^/series: removed /' "$temp/remove"
say "$base: wrote patches/$base; verified: it yields the same tree, as commit" \
	"${head:0:12}"

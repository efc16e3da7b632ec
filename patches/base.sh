# base.sh is sourced by the staging scripts. It knows where things are, which
# bases there are, what a manifest may say, and how to call git so that nothing
# of the caller's machine shows in the commits.

# The module path that lnd has in our imports' place once a package is staged.
lnd_module=github.com/lightningnetwork/lnd
our_module=lnd-once

# Everybody gets the same bytes: sort order, file modes, names and dates are
# ours, and the user's own git settings, hooks and keys are out of play.
export LC_ALL=C
umask 022

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

# die ends the script with a message that says what is wrong and what to do.
die() {
	printf '%s: %s\n' "$(basename "$0" .sh)" "$*" >&2
	exit 1
}

# say tells how far we are.
say() {
	printf '%s: %s\n' "$(basename "$0" .sh)" "$*"
}

# need_tools ends the script if a program it is about to use is missing.
need_tools() {
	local tool
	for tool in "$@"; do
		command -v "$tool" >/dev/null 2>&1 || die "$tool is not" \
			"installed; staging needs git, go, awk, sed and flock" \
			"(Debian: apt-get install git golang gawk util-linux)"
	done
}

# isolate_git cuts git off from the settings of the user, the machine and the
# repository that may have called us, and fixes the committer.
isolate_git() {
	# shellcheck disable=SC2046
	unset $(git rev-parse --local-env-vars)
	unset GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_AUTHOR_DATE GIT_EXTERNAL_DIFF
	export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
	export GIT_ATTR_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0 GIT_EDITOR=true
	export GIT_COMMITTER_NAME=lnd-once
	export GIT_COMMITTER_EMAIL=lnd-once@localhost
	unset GIT_COMMITTER_DATE

	# A staged tree that lost its .git must not be taken for our own one.
	export GIT_CEILING_DIRECTORIES=$root
}

# known_bases prints the bases that have a series, on one line.
known_bases() {
	local file
	for file in "$root"/patches/*/series; do
		[ -f "$file" ] && basename "$(dirname "$file")"
	done | paste -sd ' ' -
}

# check_base ends the script if $1 is no base that we have a series for.
check_base() {
	[ -n "$1" ] || die "usage: $(basename "$0") BASE; BASE is one of:" \
		"$(known_bases)"
	case $1 in
	*/* | .*) ;;
	*) [ -f "$root/patches/$1/series" ] && return ;;
	esac
	die "unknown BASE '$1'; the known ones are: $(known_bases)"
}

# entries prints the lines of manifest $1 that are neither blank nor comments.
entries() {
	sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^$/d' "$1"
}

# check_manifest ends the script if the manifest in folder $1 has a line that
# we cannot carry out. Packages are looked for below folder $2.
check_manifest() {
	local kind name dst rest
	while read -r kind name dst rest; do
		case $kind in
		build | patch)
			[[ -z $dst && $name =~ ^[0-9]{4}-[^/]+\.patch$ ]] ||
				die "$1/series: '$kind $name $dst': want" \
					"'$kind NNNN-name.patch'"
			[ -f "$1/$name" ] || die "$1/series names $name, but" \
				"there is no such file beside it"
			;;
		package)
			[ -n "$rest" ] || die "$1/series: '$kind $name $dst':" \
				"want 'package SRC DST summary'"
			[ -n "$(package_files "$2/$name")" ] || die \
				"$1/series names package $name, but there is" \
				"no .go file in $2/$name"
			;;
		*)
			die "$1/series: '$kind' is no kind of line; there are" \
				"build, patch and package"
			;;
		esac
	done < <(entries "$1/series")
}

# package_files prints the names of the Go files that lie in folder $1.
package_files() {
	[ -d "$1" ] || return 0
	(cd "$1" && find . -maxdepth 1 -type f -name '*.go' | sed 's|^\./||' |
		sort)
}

# import_rules prints the sed script that turns our import paths into lnd's,
# for all packages of manifest $1; with "back" as $2, the other way round.
import_rules() {
	local kind src dst ours theirs
	while read -r kind src dst _; do
		[ "$kind" = package ] || continue

		ours="\"$our_module/$src\"" theirs="\"$lnd_module/$dst\""
		if [ "${2-}" = back ]; then
			printf 's|%s|%s|g\n' "${theirs//./\\.}" "$ours"
		else
			printf 's|%s|%s|g\n' "${ours//./\\.}" "$theirs"
		fi
	done < <(entries "$1")
}

# series_stamp prints a hash of what folder $1 says about the series: the pinned
# module, the manifest and the patches.
series_stamp() {
	(
		cd "$1"
		find . -maxdepth 1 \( -name upstream -o -name series -o \
			-name '*.patch' \) | sort | file_hashes
	)
}

# stage_stamp prints a hash of all that decides what staging base $1 yields.
stage_stamp() {
	(
		cd "$root"
		series_stamp "patches/$1"
		{
			printf 'patches/%s.sh\n' apply base stage
			while read -r kind src _; do
				[ "$kind" = package ] || continue
				package_files "$src" | sed "s|^|$src/|"
			done < <(entries "patches/$1/series")
		} | file_hashes
	) | git hash-object --no-filters --stdin
}

# file_hashes prints one hash for the names and contents of the files listed on
# its input.
file_hashes() {
	local names
	names=$(cat)
	{
		printf '%s\n' "$names"
		printf '%s\n' "$names" |
			git hash-object --no-filters --stdin-paths
	} | git hash-object --no-filters --stdin
}

# lock_base waits until no other staging of base $1 runs. The lock ends with
# this process, however it ends.
lock_base() {
	mkdir -p "$root/build/$1"
	exec 9>"$root/build/$1/.lock"
	flock -n 9 && return
	say "another staging of $1 is running; waiting for it"
	flock 9
}

# work_in prints what the staged tree $1 holds beyond what was staged into its
# branch $2; nothing if it holds nothing.
work_in() {
	local staged=refs/lnd-once/$2

	# A tree that we cannot judge is not ours to delete.
	if ! git -C "$1" rev-parse -q --verify "$staged" >/dev/null 2>&1; then
		echo "not a tree that staging finished"
		return
	fi

	git -C "$1" log --format='commit %h %s' --branches --glob=refs/stash \
		--not --glob=refs/lnd-once --
	git -C "$1" merge-base --is-ancestor "$staged" "$2" ||
		echo "branch $2 no longer has all staged commits"
	[ "$(git -C "$1" symbolic-ref -q HEAD)" = "refs/heads/$2" ] ||
		echo "HEAD is not at branch $2"
	git -C "$1" status --porcelain
}

# refuse_if_work ends the script if the staged trees of base $1 hold work that
# replacing them would destroy. $2 begins the message.
refuse_if_work() {
	local branch folder work
	for branch in patched stock; do
		# Without its repository the stock tree is of no use.
		[ -e "$root/build/$1/lnd" ] || return 0

		folder=$root/build/$1/${branch/patched/lnd}
		[ -e "$folder" ] || continue

		work=$(work_in "$folder" "$branch")
		[ -z "$work" ] || die "$2 $folder holds
work that would be lost:
$(printf '%s\n' "$work" | head -n 20 | sed 's/^/  /')
To keep it, commit it there on branch patched and run: make series BASE=$1
To discard it: rm -rf $folder"
	done
}

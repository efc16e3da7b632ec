# export.sh is sourced by series.sh. It turns the commits of a staged tree back
# into a manifest, patch files and packages, all below a temporary folder.

# What the commits upstream..patched are: for each commit the manifest line it
# becomes, or "fold" if it only changes files of a package.
declare -A kind_of=()

# The packages by source folder: where in lnd each one lies, its summary, the
# files, one a line, that its commit added, and whether it is alone in there.
declare -A dst_of=() summary_of=() added_by=() alone=()

# commits_of prints the commits upstream..$2 of tree $1, oldest first.
commits_of() {
	git -C "$1" rev-list --reverse --topo-order "upstream..$2"
}

# files_of prints the files that commit $2 of tree $1 changes.
files_of() {
	git -C "$1" diff-tree -r --no-commit-id --name-only --no-renames "$2"
}

# title prints the short hash and the subject of commit $2 of tree $1.
title() {
	git -C "$1" log -1 --abbrev=12 --format='%h "%s"' "$2"
}

# trailer prints the value of the trailer $3 of commit $2 of tree $1.
trailer() {
	git -C "$1" log -1 --format="%(trailers:key=$3,valueonly)" "$2" |
		sed '/^$/d'
}

# check_commit ends the script if commit $2 of tree $1 cannot go through a patch
# file unchanged.
check_commit() {
	local author message
	author=$(git -C "$1" log -1 --format='%an <%ae>' "$2")
	message=$(git -C "$1" log -1 --format=%B "$2")

	[ -z "$(git -C "$1" rev-list --merges -1 "$2^!")" ] ||
		die "$(title "$1" "$2") is a merge; a series is one line of" \
			"commits: rebase it"
	[ -n "$(files_of "$1" "$2")" ] || die "$(title "$1" "$2") changes no" \
		"file; drop it: git rebase -i upstream"
	[ "$author" = 'lnd-once <lnd-once@localhost>' ] ||
		die "$(title "$1" "$2") is by $author, but the series is by" \
			"lnd-once: git commit --amend --reset-author"
	! grep -qE '^(---|diff -|Index: )' <<<"$message" ||
		die "the message of $(title "$1" "$2") has a line that a" \
			"patch file takes for the start of the diff"
}

# find_packages looks through the commits of branch $2 of tree $1 for those that
# add a package.
find_packages() {
	local commit src subject
	while read -r commit; do
		src=$(trailer "$1" "$commit" Lnd-Once-Package)
		[ -n "$src" ] && [ -z "${dst_of[$src]-}" ] || continue

		subject=$(git -C "$1" log -1 --format=%s "$commit")
		[[ $subject == *": "* ]] || die "$(title "$1" "$commit") adds" \
			"package $src; want the subject 'DST: summary'"

		dst_of[$src]=${subject%%: *}
		summary_of[$src]=${subject#*: }
		added_by[$src]=$(files_of "$1" "$commit")
		kind_of[$commit]="package $src"
		git -C "$1" cat-file -e "upstream:${dst_of[$src]}" \
			2>/dev/null || alone[$src]=yes
	done < <(commits_of "$1" "$2")
}

# owner prints the source folder of the package that file $1 belongs to: the
# file was added by the package's commit, or lies in a folder that only the
# package has made.
owner() {
	local src
	for src in "${!dst_of[@]}"; do
		if [[ $'\n'${added_by[$src]}$'\n' == *$'\n'$1$'\n'* ]] ||
			[[ -n ${alone[$src]-} && $1 == "${dst_of[$src]}"/* ]]
		then
			echo "$src"
			return
		fi
	done
}

# classify decides for all commits of tree $1 what they become, and ends the
# script at the first that cannot be told.
classify() {
	local commit file ours theirs
	while read -r commit; do
		check_commit "$1" "$commit"

		ours='' theirs=''
		while read -r file; do
			if [ -n "$(owner "$file")" ]; then
				ours+="  $file"$'\n'
			else
				theirs+="  $file"$'\n'
			fi
		done < <(files_of "$1" "$commit")

		[ -z "$ours" ] || [ -z "$theirs" ] ||
			die "$(title "$1" "$commit") changes files of a package:
${ours}and of lnd:
${theirs}Split it (git rebase -i upstream): a package is copied whole, at its
own place in the series."

		[ -z "${kind_of[$commit]-}" ] || continue
		if [ -n "$ours" ]; then
			kind_of[$commit]=fold
		elif [ "$(trailer "$1" "$commit" Lnd-Once)" = build-only ]; then
			kind_of[$commit]=build
		else
			kind_of[$commit]=patch
		fi
	done < <(commits_of "$1" patched)
}

# write_series writes patch files and the manifest for the commits of tree $1
# into folder $2, with the comments of the manifest that lies there.
write_series() {
	local commit kind src name line number=0
	rm -f "$2"/*.patch
	mv "$2/series" "$2/series.old"
	header "$2/series.old" >"$2/series"

	while read -r commit; do
		read -r kind src <<<"${kind_of[$commit]}"
		case $kind in
		fold)
			say "folded into its package: $(title "$1" "$commit")"
			continue
			;;
		package)
			name=$src
			line="$src ${dst_of[$src]} ${summary_of[$src]}"
			;;
		*)
			number=$((number + 1))
			line=$(write_patch "$1" "$commit" "$2" "$number")
			name=${line#*-}
			;;
		esac

		comments "$2/series.old" "$name" >>"$2/series"
		echo "$kind $line" >>"$2/series"
	done < <(commits_of "$1" patched)

	rm "$2/series.old"
}

# write_patch writes commit $2 of tree $1 as patch number $4 into folder $3 and
# prints the name of the file. All that git lets a version or a setting decide
# is spelled out.
write_patch() {
	basename "$(git -C "$1" format-patch -1 -N --start-number="$4" \
		--zero-commit --no-signature --no-notes --no-base \
		--abbrev=12 --stat=72 --filename-max-length=64 \
		--diff-algorithm=myers --find-renames -o "$3" "$2")"
}

# header prints the comment that manifest $1 begins with, up to and with the
# blank line that ends it.
header() {
	awk '/^#/ { text = text $0 "\n"; next }
		{ if (/^$/ && text != "") print text; exit }' "$1"
}

# comments prints the comments and blank lines right above the line of manifest
# $1 that names $2, be it a package or a patch whose number may have changed.
comments() {
	awk -v name="$2" '
		/^#/ { text = text $0 "\n"; next }
		/^$/ { text = begun ? text "\n" : ""; begun = 1; next }
		{ begun = 1; key = $2; sub(/^[0-9]+-/, "", key) }
		key == name { printf "%s", text; exit }
		{ text = "" }' "$1"
}

# write_package copies the files of package $3 from commit $2 of tree $1 to
# folder $4/$3. The sed script $5 turns their imports back.
write_package() {
	local file name
	mkdir -p "$4/$3"
	while read -r file; do
		[ "$(owner "$file")" = "$3" ] || continue

		name=${file##*/}
		[[ $file == "${dst_of[$3]}/$name" && $name == *.go ]] ||
			die "$file is part of package $3, but a package holds" \
				"only .go files, none of them in a sub-folder"
		git -C "$1" cat-file blob "$2:$file" |
			sed -e "$5" >"$4/$3/$name"
	done < <(git -C "$1" ls-tree -r --name-only "$2" "${dst_of[$3]}/")
}

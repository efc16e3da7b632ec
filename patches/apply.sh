# apply.sh is sourced by the staging scripts. It makes a git tree of lnd out of
# the pinned module, the patches and the packages: the same commits everywhere.

# The date of the commits that have no author's date of their own.
fixed_date='2026-01-01T00:00:00+0000'

# fetch_module downloads the module that folder $1 pins, and sets module_dir to
# where it lies and module_name to its name, version and sum.
fetch_module() {
	local path version sum json got reason
	read -r path version sum <"$1/upstream" || die "cannot read $1/upstream"

	# Not inside this repository: its go.mod has no say here.
	if ! json=$(cd / && GOWORK=off GO111MODULE=on \
		go mod download -json "$path@$version" 2>&1); then

		reason=$(printf '%s\n' "$json" |
			sed -n 's/^[[:space:]]*"Error": "\(.*\)",*$/\1/p')
		die "cannot download $path $version: ${reason:-$json}
Go's module proxy must be reachable once (go env GOPROXY: $(go env GOPROXY))."
	fi

	got=$(printf '%s\n' "$json" |
		sed -n 's/^[[:space:]]*"Sum": "\(.*\)",*$/\1/p')
	[ "$got" = "$sum" ] || die "checksum mismatch for $path $version:
pinned in $1/upstream: $sum
downloaded:            $got
Do not go on before you know why; if the pin is wrong, correct it."

	module_name="$path $version $sum"
	module_dir=$(printf '%s\n' "$json" |
		sed -n 's/^[[:space:]]*"Dir": "\(.*\)",*$/\1/p')
}

# new_tree makes a git repository in folder $1 that holds the fetched module as
# tag "upstream".
new_tree() {
	mkdir -p "$1"
	cp -R "$module_dir/." "$1"
	find "$1" -type d -exec chmod 755 {} +
	find "$1" -type f -exec chmod 644 {} +

	git -C "$1" init -q --template= --object-format=sha1 -b module
	configure_tree "$1"

	git -C "$1" add -f -A .
	commit_tree "$1" "${module_name%% h1:*}

The unchanged module: $module_name"
	git -C "$1" tag upstream
}

# configure_tree gives the repository $1 settings of its own wherever a user's
# could change what is committed there, now or later by hand.
configure_tree() {
	local setting
	for setting in user.name=lnd-once user.email=lnd-once@localhost \
		commit.gpgSign=false core.autocrlf=false core.eol=lf \
		core.fileMode=false core.hooksPath=/dev/null \
		core.attributesFile=/dev/null core.excludesFile=/dev/null \
		gc.auto=0 maintenance.auto=false advice.detachedHead=false; do

		git -C "$1" config "${setting%%=*}" "${setting#*=}"
	done
}

# commit_tree commits what is in the index of $1 with the message $2, under our
# name and the fixed date.
commit_tree() {
	GIT_AUTHOR_DATE=$fixed_date GIT_COMMITTER_DATE=$fixed_date \
		git -C "$1" commit -q --no-verify --cleanup=verbatim -m "$2"
}

# apply_series applies the lines of the manifest in folder $1 to tree $3, taking
# packages from below folder $2. With "build" as $4 it applies only the patches
# that building needs.
apply_series() {
	local kind name dst summary
	while read -r kind name dst summary <&8; do
		[ "${4-}" != build ] || [ "$kind" = build ] || continue

		case $kind in
		package)
			add_package "$1" "$2" "$3" "$name" "$dst" "$summary"
			;;
		*)
			add_patch "$1" "$3" "$name"
			;;
		esac
	done 8< <(entries "$1/series")
}

# add_patch applies patch $3 of folder $1 to tree $2, exactly or not at all.
add_patch() {
	local output
	output=$(git -C "$2" am -q --whitespace=error --no-3way --keep-cr \
		--keep-non-patch --no-scissors --committer-date-is-author-date \
		"$1/$3" 2>&1) && return

	patch_failed "$1" "$2" "$3" "$output"
}

# patch_failed is called when patch $3 of folder $1 did not apply to tree $2. It
# finds out which hunks are to blame, leaves the tree as it was before the patch
# and calls on_patch_failed of the script, which must not return.
patch_failed() {
	local hunks
	git -C "$2" am --abort >/dev/null 2>&1 || true

	hunks=$(git -C "$2" apply --reject --whitespace=nowarn "$1/$3" 2>&1 |
		awk '/^Applying patch .* with/ { file = $3 }
			/^Rejected hunk/ {
				sub(/\.$/, "", $3)
				print "  file " file ", hunk " $3
			}' || true)
	git -C "$2" reset -q --hard
	git -C "$2" clean -q -f -d

	on_patch_failed "$3" "patch $3 does not apply:
${hunks:+$hunks
}$(printf '%s\n' "$4" | sed '/^hint:/d; /^Patch failed/,$d; s/^/  /')"
}

# add_package commits the Go files of folder $4 below $2 into folder $5 of tree
# $3, with imports as the manifest in folder $1 places them. $6 is the summary.
add_package() {
	local file rules comment
	rules=$(import_rules "$1/series")
	comment=$(package_comment "$2/$4")

	mkdir -p "$3/$5"
	while read -r file; do
		[ ! -e "$3/$5/$file" ] || die "package $4 would overwrite" \
			"$5/$file, which this lnd has already; rename it"

		sed -e "$rules" "$2/$4/$file" >"$3/$5/$file"
		git -C "$3" add -f -- "$5/$file"
	done < <(package_files "$2/$4")

	commit_tree "$3" "$5: $6

${comment:+$comment

}Lnd-Once-Package: $4"
}

# package_comment prints the first paragraph of the package comment in folder
# $1, wrapped at 72 columns; nothing if the package has no comment.
package_comment() {
	local file text
	while read -r file; do
		text=$(comment_above_package <"$1/$file")
		[ -z "$text" ] || break
	done < <(package_files "$1" | sed '/_test\.go$/d')

	printf '%s\n' "${text-}"
}

# comment_above_package prints the first paragraph of the comment right above
# the package clause of the Go file on its input, wrapped at 72 columns.
comment_above_package() {
	awk '
		# A blank line, or code, parts a comment from the clause.
		/^package / { exit }
		!/^\/\// { text = ""; ended = 0; next }
		/^\/\/$/ { ended = 1 }
		/^\/\/ / && !ended { text = text substr($0, 3) }

		END {
			count = split(text, words, " ")
			line = words[1]
			for (i = 2; i <= count; i++) {
				if (length(line " " words[i]) > 72) {
					print line
					line = words[i]
				} else {
					line = line " " words[i]
				}
			}
			print line
		}'
}

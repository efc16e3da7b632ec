# shellcheck shell=bash disable=SC2154
# facts.sh is sourced by run.sh. It describes what the figures were measured on
# and with.

# facts prints the facts of a run as a list in Markdown.
facts() {
	local cpu memory
	cpu=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)
	memory=$(awk '/^MemTotal:/ { printf "%.0f GB", $2 / 1e6 }' /proc/meminfo)

	echo "- measured on $(date -u +%Y-%m-%d), $rounds rounds in which stock and" \
		"patched took turns"
	echo "- took $(minutes "$measured"): $(minutes "$ready") to build and to" \
		"create data sets, then $(minutes $((measured - ready))) to" \
		"measure"
	echo "- ${cpu:-unknown processor}, $(nproc) cores, $memory," \
		"Linux $(uname -r)"
	echo "- databases on $(disk_of "$temp"), data sets on" \
		"$(disk_of "$data")"
	echo "- $(go version), $("$postgres_bin/postgres" --version)"
	echo "- stock: lnd $base; patched: $base-lnd-once-$(commit_of \
		"$build/lnd")"
	echo
	echo "Medians, with the lowest and the highest run in parentheses." \
		"\`~\` marks a ratio that may be chance."
}

# minutes prints $1 seconds as minutes and seconds.
minutes() {
	echo "$(($1 / 60)) min $(($1 % 60)) s"
}

# disk_of prints the kind of filesystem that folder $1 is on, and its device.
disk_of() {
	findmnt -n -o FSTYPE,SOURCE -T "$1" 2>/dev/null | awk '{ print $1, $2 }' ||
		stat -f -c %T "$1"
}

# commit_of prints the commit of tree $1, and whether there is more in it.
commit_of() {
	local commit
	commit=$(git -C "$1" rev-parse --short=12 HEAD)
	[ -z "$(git -C "$1" status --porcelain)" ] || commit+=-dirty
	echo "$commit"
}

# build.sh is sourced by scripts that run the tests of this folder in an lnd. The
# script has set $root, the root of this repository.

# build_tower compiles the tests of this folder into the lnd in folder $1, as if
# they were a package of it, and writes the test binary $2. Folder $3 is for what
# is needed meanwhile; nothing is written into the tree. More build tags can
# follow.
build_tower() {
	local tree=$1 binary=$2 temp=$3 file names=()
	local tags=tower,kvdb_sqlite,kvdb_postgres
	shift 3

	# From 0.20 on, lnd has a package for the payments database.
	[ ! -d "$tree/payments/db" ] || tags+=,paymentsdb

	for file in "$root"/tower/*.go; do
		names+=("\"$tree/routing/oncetower/${file##*/}\": \"$file\"")
	done

	# A stock lnd does not have the checker of the contract.
	local checker=lnrpc/paymentwatch
	for file in "$root/$checker"/*.go; do
		[[ $file == *_test.go ]] ||
			names+=("\"$tree/$checker/${file##*/}\": \"$file\"")
	done
	(
		IFS=,
		printf '{"Replace": {%s}}\n' "${names[*]}" >"$temp/tower.json"
		cd "$tree"
		GOWORK=off go test -c -vet=off -trimpath -buildvcs=false \
			-tags "$tags${*:+,$*}" -overlay "$temp/tower.json" \
			-o "$binary" ./routing/oncetower
	)
}

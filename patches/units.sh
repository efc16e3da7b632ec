# units.sh is sourced by the scripts that run lnd's unit tests.

# The tags that lnd runs its own unit tests with.
unit_tags="dev autopilotrpc chainrpc invoicesrpc neutrinorpc peersrpc routerrpc"
unit_tags+=" signrpc verrpc walletrpc watchtowerrpc wtclientrpc nolog lowscrypt"

# go_test runs go test in lnd's tree $1, with the additional tags $2. The rest
# are go test's own arguments.
go_test() {
	local tree=$1 tags="$unit_tags $2"
	shift 2
	(cd "$tree" && GOWORK=off go test -trimpath -buildvcs=false \
		-tags "$tags" "$@")
}

# postgres.sh is sourced by run.sh. It starts and stops the PostgreSQL server
# that lnd's test harness expects: on port 6432 of localhost, with user and
# password "postgres".

postgres_port=6432
postgres_pid=

# as_postgres runs a command of the server. The server refuses to run as root.
as_postgres() {
	local command=$1
	shift
	if [ "$(id -u)" -eq 0 ]; then
		set -- setpriv --reuid=postgres --regid=postgres \
			--clear-groups "$postgres_bin/$command" "$@"
	else
		set -- "$postgres_bin/$command" "$@"
	fi
	exec "$@"
}

# port_taken tells whether somebody listens on the server's port.
port_taken() {
	(exec 3<>"/dev/tcp/localhost/$postgres_port") 2>/dev/null
}

# check_postgres ends the script if the server cannot be started here.
check_postgres() {
	local program install="apt-get install postgresql-15 (Debian)"

	command -v pg_config >/dev/null ||
		die "DB=$db needs PostgreSQL, but there is no pg_config:" \
			"apt-get install postgresql-15 libpq-dev (Debian)"
	postgres_bin=$(pg_config --bindir)
	for program in initdb postgres; do
		[ -x "$postgres_bin/$program" ] ||
			die "DB=$db needs PostgreSQL's server, but there" \
				"is no $postgres_bin/$program: $install"
	done

	[ "$(id -u)" -ne 0 ] || id postgres >/dev/null 2>&1 ||
		die "PostgreSQL refuses to run as root and there is no user" \
			"postgres to run it as: $install"

	! port_taken ||
		die "port $postgres_port, where lnd's test harness expects" \
			"PostgreSQL, is in use; stop what listens there"
}

# start_postgres starts a server with its data below folder $1 and its log in
# $2, and waits until it answers.
start_postgres() {
	local data=$1/postgres i

	# The server's user must be able to reach its data.
	chmod 755 "$1"
	mkdir -m 700 "$data"
	echo postgres >"$1/password"
	chmod 644 "$1/password"
	[ "$(id -u)" -ne 0 ] || chown postgres "$data"

	(as_postgres initdb -D "$data" -U postgres -A scram-sha-256 \
		--pwfile="$1/password" --no-sync) >"$2" 2>&1 ||
		die "initdb failed, see $2"

	# The limits and the planner setting are those of lnd's Makefile: with
	# fewer locks, or with scans of small tables, transactions that do not
	# touch each other would fail as conflicts. In a job of its own the
	# server does not get the terminal's Ctrl-C: nodes stop before it does.
	set -m
	as_postgres postgres -D "$data" -p "$postgres_port" \
		-c listen_addresses=localhost -c unix_socket_directories= \
		-c max_connections=1500 -c max_pred_locks_per_transaction=1024 \
		-c max_locks_per_transaction=128 -c enable_seqscan=off \
		>>"$2" 2>&1 &
	postgres_pid=$!
	set +m

	# What answers on the port may be another run's server that has won the
	# race for it. The file is ours.
	for ((i = 0; i < 300; i++)); do
		! grep -qs '^ready' "$data/postmaster.pid" || return 0
		kill -0 "$postgres_pid" 2>/dev/null || break
		sleep 0.1
	done
	die "PostgreSQL did not start: $(tail -n 3 "$2")"
}

# stop_postgres stops the server, if it runs, and waits until it is gone.
stop_postgres() {
	[ -n "$postgres_pid" ] || return 0

	# INT is the server's fast shutdown: it does not wait for clients.
	kill -INT "$postgres_pid" 2>/dev/null || true
	wait "$postgres_pid" || true
	postgres_pid=
}

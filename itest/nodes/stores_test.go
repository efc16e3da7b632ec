//go:build nodes

package nodes

import (
	"database/sql"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"lnd-once/internal/postgres"

	"github.com/stretchr/testify/require"
)

// store is the database of the sender in the tests that let one choose. Those
// that are called native have tables of their own for payments.
var store = flag.String("db", "bbolt", "database of the sender: one of the "+
	"base's stores")

// storeFlags returns the flags that give a new database of a kind to the lnd of
// a test.
func storeFlags(t *testing.T, kind string) []string {
	t.Helper()

	require.Contains(t, lndBase.Stores, kind, "-db has to be one of them")
	flags := backendFlags(kind)
	if strings.HasSuffix(kind, "postgres") {
		require.NotNil(t, server, "there is no PostgreSQL")
		flags = append(flags, dsn+server.URL(newDatabase(t, server)))
	}

	return flags
}

// dsn is lnd's flag for the URL of a database in PostgreSQL.
const dsn = "--db.postgres.dsn="

// backendFlags returns the flags for a kind of database, but for its URL.
func backendFlags(kind string) []string {
	backend, native := strings.CutPrefix(kind, "native")

	flags := []string{"--db.backend=" + backend}
	if native {
		flags = append(flags, "--db.use-native-sql")
	}
	if backend == "bbolt" {
		flags = slices.Replace(flags, 0, 1, "--db.backend=bolt")
	}

	return flags
}

// newDatabase creates an empty database of a server for the lnd of a test and
// returns its name. All of lnd's tables go into the schema "public", so each lnd
// has to have a database of its own.
func newDatabase(t *testing.T, server *postgres.Server) string {
	t.Helper()

	admin, err := sql.Open("pgx", server.URL("postgres"))
	require.NoError(t, err)
	defer admin.Close()

	name := schemaName(t.Name())
	for _, statement := range []string{
		"DROP DATABASE IF EXISTS %s WITH (FORCE)",
		"CREATE DATABASE %s",

		// As lnd's own tests have it: with scans of small tables,
		// transactions that do not touch each other are conflicts.
		"ALTER DATABASE %s SET enable_seqscan = off",
	} {
		_, err = admin.Exec(fmt.Sprintf(statement, name))
		require.NoError(t, err)
	}

	return name
}

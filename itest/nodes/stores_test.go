//go:build nodes

package nodes

import (
	"database/sql"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

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
	backend, native := strings.CutPrefix(kind, "native")

	flags := []string{"--db.backend=" + backend}
	if native {
		flags = append(flags, "--db.use-native-sql")
	}
	if backend == "bbolt" {
		flags = slices.Replace(flags, 0, 1, "--db.backend=bolt")
	}
	if backend == "postgres" {
		flags = append(flags, "--db.postgres.dsn="+newDatabase(t))
	}

	return flags
}

// newDatabase creates an empty database for the lnd of a test and returns its
// URL. All of lnd's tables go into the schema "public", so each lnd has to have
// a database of its own.
func newDatabase(t *testing.T) string {
	t.Helper()

	require.NotNil(t, server, "there is no PostgreSQL")
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

	return server.URL(name)
}

//go:build tower

package lnd

import (
	"database/sql"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/lightningnetwork/lnd/kvdb"
	"github.com/lightningnetwork/lnd/kvdb/postgres"
	"github.com/lightningnetwork/lnd/kvdb/sqlbase"
	"github.com/lightningnetwork/lnd/kvdb/sqlite"
	"github.com/stretchr/testify/require"
)

const (
	// The limits are those that lnd has by default.
	sqliteConnections   = 2
	postgresConnections = 50
	busyTimeout         = 5 * time.Second

	// namespace is the prefix of lnd's payment tables.
	namespace = "channeldb"
)

// Kind is a kind of payments database.
type Kind struct {
	Name string

	// Create creates an empty one, which is removed at the end.
	Create func(t testing.TB) Database
}

// Server returns the URL of a database on a PostgreSQL server, which it may
// start for that.
type Server func(t testing.TB, database string) string

// Kinds lists the kinds of payments databases. Those on SQL share a limit of
// connections, which the first one sets for the whole process: a process is to
// use one kind only.
func Kinds(server Server) []Kind {
	return append([]Kind{
		{Name: "bbolt", Create: newBolt},
		{Name: "sqlite", Create: newSQLite},
		{Name: "postgres", Create: func(t testing.TB) Database {
			return newPostgres(t, server)
		}},
	}, nativeKinds(server)...)
}

// Find returns the kind of payments database with that name.
func Find(t testing.TB, name string, server Server) Kind {
	t.Helper()

	var names []string
	for _, kind := range Kinds(server) {
		if kind.Name == name {
			return kind
		}
		names = append(names, kind.Name)
	}
	t.Fatalf("this lnd has no payments database '%s'; there are: %s", name,
		strings.Join(names, " "))

	return Kind{}
}

// newBolt creates a bbolt database.
func newBolt(t testing.TB) Database {
	folder := t.TempDir()

	return kvDatabase(func(t testing.TB) kvdb.Backend {
		return OpenBolt(t, folder)
	})
}

// NewQuickBolt creates a bbolt database whose changes do not wait to be joined by
// others, which takes hundreds of times as long.
func NewQuickBolt(t testing.TB) Database {
	folder := t.TempDir()

	return kvDatabase(func(t testing.TB) kvdb.Backend {
		return unbatched{OpenBolt(t, folder)}
	})
}

// OpenBolt opens or creates a bbolt database as lnd does.
func OpenBolt(t testing.TB, folder string) kvdb.Backend {
	t.Helper()

	db, err := kvdb.GetBoltBackend(&kvdb.BoltBackendConfig{
		DBPath:         folder,
		DBFileName:     "channel.db",
		NoFreelistSync: true,
		DBTimeout:      kvdb.DefaultDBTimeout,
	})
	require.NoError(t, err)

	return db
}

// newSQLite creates an SQLite database of keys and values as lnd does.
func newSQLite(t testing.TB) Database {
	folder := t.TempDir()

	return kvDatabase(func(t testing.TB) kvdb.Backend {
		t.Helper()

		sqlbase.Init(sqliteConnections)
		db, err := kvdb.Open(
			kvdb.SqliteBackendName, ctx, &sqlite.Config{
				BusyTimeout:    busyTimeout,
				MaxConnections: sqliteConnections,
			}, folder, "channel.sqlite", namespace,
		)
		require.NoError(t, err)

		return db
	})
}

// newPostgres creates a PostgreSQL database of keys and values as lnd does.
func newPostgres(t testing.TB, server Server) Database {
	url := createDatabase(t, server)

	return kvDatabase(func(t testing.TB) kvdb.Backend {
		t.Helper()

		sqlbase.Init(postgresConnections)
		db, err := kvdb.Open(
			kvdb.PostgresBackendName, ctx, &postgres.Config{
				Dsn:            url,
				MaxConnections: postgresConnections,
			}, namespace,
		)
		require.NoError(t, err)

		return db
	})
}

// createDatabase creates a database on the PostgreSQL server, returns its URL,
// and drops it at the end.
func createDatabase(t testing.TB, server Server) string {
	t.Helper()

	db, err := sql.Open("pgx", server(t, "postgres"))
	require.NoError(t, err)

	name := fmt.Sprintf("tower_%d_%d", os.Getpid(), lastAttempt.Add(1))
	_, err = db.Exec("CREATE DATABASE " + name)
	require.NoError(t, err)

	t.Cleanup(func() {
		defer db.Close()

		_, err := db.Exec("DROP DATABASE " + name + " WITH (FORCE)")
		require.NoError(t, err)
	})

	return server(t, name)
}

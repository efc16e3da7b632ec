//go:build tower

package oncetower

import (
	"database/sql"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/lightningnetwork/lnd/kvdb"
	"github.com/lightningnetwork/lnd/kvdb/postgres"
	"github.com/lightningnetwork/lnd/kvdb/sqlbase"
	"github.com/lightningnetwork/lnd/kvdb/sqlite"
	"github.com/lightningnetwork/lnd/routing"
)

const (
	// The limits are those that lnd has by default.
	sqliteConnections   = 2
	postgresConnections = 50
	busyTimeout         = 5 * time.Second

	// namespace is the prefix of lnd's payment tables.
	namespace = "channeldb"
)

// store is a kind of payments database.
type store struct {
	name string

	// open creates an empty one whose commits are counted.
	open func(b testing.TB, count *commits) routing.ControlTower
}

// kvStore returns a payments database on a key-value database.
func kvStore(name string, open func(b testing.TB) kvdb.Backend) store {
	return store{
		name: name,
		open: func(b testing.TB, count *commits) routing.ControlTower {
			b.Helper()

			db := open(b)
			b.Cleanup(func() { db.Close() })

			return newTower(b, counting(db, count))
		},
	}
}

// stores lists the kinds of payments databases. Those on SQL share a limit of
// connections, which the first one sets for the whole process: a process is to
// use one kind only.
func stores() []store {
	return append([]store{
		kvStore("bbolt", func(b testing.TB) kvdb.Backend {
			return openBolt(b, b.TempDir())
		}),
		kvStore("sqlite", openSQLite),
		kvStore("postgres", openPostgres),
	}, nativeStores()...)
}

// forEachStore runs a benchmark on every kind of payments database.
func forEachStore(b *testing.B,
	run func(b *testing.B, tower routing.ControlTower, count *commits)) {

	for _, kind := range stores() {
		b.Run("db="+kind.name, func(b *testing.B) {
			count := &commits{}
			run(b, kind.open(b, count), count)
		})
	}
}

// openBolt opens or creates a bbolt database as lnd does.
func openBolt(b testing.TB, folder string) kvdb.Backend {
	b.Helper()

	db, err := kvdb.GetBoltBackend(&kvdb.BoltBackendConfig{
		DBPath:         folder,
		DBFileName:     "channel.db",
		NoFreelistSync: true,
		DBTimeout:      kvdb.DefaultDBTimeout,
	})
	check(b, err)

	return db
}

// openSQLite creates an SQLite database of keys and values as lnd does.
func openSQLite(b testing.TB) kvdb.Backend {
	b.Helper()

	sqlbase.Init(sqliteConnections)
	db, err := kvdb.Open(
		kvdb.SqliteBackendName, ctxb, &sqlite.Config{
			BusyTimeout:    busyTimeout,
			MaxConnections: sqliteConnections,
		}, b.TempDir(), "channel.sqlite", namespace,
	)
	check(b, err)

	return db
}

// openPostgres creates a PostgreSQL database of keys and values as lnd does.
func openPostgres(b testing.TB) kvdb.Backend {
	b.Helper()

	sqlbase.Init(postgresConnections)
	db, err := kvdb.Open(
		kvdb.PostgresBackendName, ctxb, &postgres.Config{
			Dsn:            createDatabase(b),
			MaxConnections: postgresConnections,
		}, namespace,
	)
	check(b, err)

	return db
}

// createDatabase creates a database on the PostgreSQL server, returns its URL,
// and drops it at the end.
func createDatabase(b testing.TB) string {
	b.Helper()

	server, err := sql.Open("pgx", fmt.Sprintf(*postgresURL, "postgres"))
	check(b, err)

	name := fmt.Sprintf("tower_%d_%d", os.Getpid(), lastAttempt.Add(1))
	_, err = server.Exec("CREATE DATABASE " + name)
	check(b, err)

	b.Cleanup(func() {
		defer server.Close()

		_, err := server.Exec(
			"DROP DATABASE " + name + " WITH (FORCE)",
		)
		check(b, err)
	})

	return fmt.Sprintf(*postgresURL, name)
}

// unbatched is a database whose changes do not wait to be joined by others.
type unbatched struct {
	kvdb.Backend
}

// memoryTower creates a control tower with a database in memory, for where the
// database is not to matter. bbolt would make each single change wait for
// others to share a commit, so that is off.
func memoryTower(b testing.TB) (routing.ControlTower, kvdb.Backend) {
	b.Helper()

	folder, err := os.MkdirTemp(*memory, "tower")
	check(b, err)
	b.Cleanup(func() { os.RemoveAll(folder) })

	db := openBolt(b, folder)
	b.Cleanup(func() { db.Close() })

	return newTower(b, unbatched{db}), db
}

//go:build tower

package oncetower

import (
	"database/sql"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/lightningnetwork/lnd/kvdb"
	"github.com/lightningnetwork/lnd/kvdb/postgres"
	"github.com/lightningnetwork/lnd/kvdb/sqlbase"
	"github.com/lightningnetwork/lnd/kvdb/sqlite"
	"github.com/lightningnetwork/lnd/lntypes"
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

	// create creates an empty one, which is removed at the end.
	create func(b testing.TB) database
}

// database opens a payments database, with all that was stored in it before.
// It must be closed again before it is opened the next time; the end of a test
// closes it, too. Commits are counted.
type database func(b testing.TB, count *commits) *payments

// payments is an open payments database with a new control tower on it.
type payments struct {
	routing.ControlTower

	// db is where lnd lists and deletes payments.
	db paymentsDB

	// overwriteReason gives a stored payment any failure reason.
	overwriteReason func(payment lntypes.Hash, reason int32) error

	// close closes the database. More than once is as good as once.
	close func()
}

// opened returns an open payments database.
func opened(b testing.TB, tower routing.ControlTower, db paymentsDB,
	closeDB func() error) *payments {

	// What is kept until the end of the test must not grow with how often
	// it opens a database.
	var once sync.Once
	closeOnce := func() {
		once.Do(func() {
			check(b, closeDB())
			closeDB = nil
		})
	}
	b.Cleanup(closeOnce)

	return &payments{ControlTower: tower, db: db, close: closeOnce}
}

// kvDatabase returns a payments database on a key-value database.
func kvDatabase(open func(b testing.TB) kvdb.Backend) database {
	return func(b testing.TB, count *commits) *payments {
		b.Helper()

		backend := open(b)
		tower, db := newTower(b, counting(backend, count))
		p := opened(b, tower, db, backend.Close)
		p.overwriteReason = func(payment lntypes.Hash,
			reason int32) error {

			return putReason(backend, payment, byte(reason))
		}

		return p
	}
}

// putReason gives a payment in a key-value database any failure reason.
func putReason(db kvdb.Backend, payment lntypes.Hash, reason byte) error {
	return kvdb.Update(db, func(tx kvdb.RwTx) error {
		root := tx.ReadWriteBucket(rootBucket)

		return root.NestedReadWriteBucket(payment[:]).Put(
			reasonKey, []byte{reason},
		)
	}, func() {})
}

// stores lists the kinds of payments databases. Those on SQL share a limit of
// connections, which the first one sets for the whole process: a process is to
// use one kind only.
func stores() []store {
	return append([]store{
		{name: "bbolt", create: newBolt},
		{name: "sqlite", create: newSQLite},
		{name: "postgres", create: newPostgres},
	}, nativeStores()...)
}

// chosenStore returns the kind of payments database that was asked for.
func chosenStore(t *testing.T) store {
	t.Helper()

	var names []string
	for _, kind := range stores() {
		if kind.name == *storeName {
			return kind
		}
		names = append(names, kind.name)
	}
	t.Fatalf("no payments database -tower.db=%s, there are %v", *storeName,
		names)

	return store{}
}

// forEachStore runs a benchmark on every kind of payments database.
func forEachStore(b *testing.B,
	run func(b *testing.B, tower routing.ControlTower, count *commits)) {

	for _, kind := range stores() {
		b.Run("db="+kind.name, func(b *testing.B) {
			count := &commits{}
			run(b, kind.create(b)(b, count), count)
		})
	}
}

// newBolt creates a bbolt database.
func newBolt(b testing.TB) database {
	folder := b.TempDir()

	return kvDatabase(func(b testing.TB) kvdb.Backend {
		return openBolt(b, folder)
	})
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

// newSQLite creates an SQLite database of keys and values as lnd does.
func newSQLite(b testing.TB) database {
	folder := b.TempDir()

	return kvDatabase(func(b testing.TB) kvdb.Backend {
		b.Helper()

		sqlbase.Init(sqliteConnections)
		db, err := kvdb.Open(
			kvdb.SqliteBackendName, ctxb, &sqlite.Config{
				BusyTimeout:    busyTimeout,
				MaxConnections: sqliteConnections,
			}, folder, "channel.sqlite", namespace,
		)
		check(b, err)

		return db
	})
}

// newPostgres creates a PostgreSQL database of keys and values as lnd does.
func newPostgres(b testing.TB) database {
	url := createDatabase(b)

	return kvDatabase(func(b testing.TB) kvdb.Backend {
		b.Helper()

		sqlbase.Init(postgresConnections)
		db, err := kvdb.Open(
			kvdb.PostgresBackendName, ctxb, &postgres.Config{
				Dsn:            url,
				MaxConnections: postgresConnections,
			}, namespace,
		)
		check(b, err)

		return db
	})
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
	tower, _ := newTower(b, unbatched{db})

	return tower, db
}

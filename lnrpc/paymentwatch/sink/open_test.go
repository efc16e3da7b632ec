package sink

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"lnd-once/lnrpc/paymentwatch/watcher"

	"github.com/stretchr/testify/require"
)

// TestUnknownURL checks what is said about a URL that is of no sink.
func TestUnknownURL(t *testing.T) {
	t.Parallel()

	for url, want := range map[string]string{
		"mysql://localhost/x": `"mysql" is neither sqlite:FILE nor ` +
			`postgres://... nor jsonl`,
		"":        `"" is neither`,
		"sqlite:": "it names no file",
		"sqlite":  "it names no file",
		"postgres://user:secret@localhost:port/x": "cannot parse",
	} {
		_, err := Open(context.Background(), url, ours)
		require.ErrorIs(t, err, ErrURL, url)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "secret")

		require.ErrorIs(t, Check(url), ErrURL, url)
	}
}

// TestMissingFolder checks that the error names the file that cannot be made.
func TestMissingFolder(t *testing.T) {
	t.Parallel()

	dir := filepath.Join(t.TempDir(), "none")
	for _, url := range []string{"sqlite:", "jsonl:"} {
		_, err := Open(context.Background(), url+dir+"/sink", ours)
		require.ErrorIs(t, err, fs.ErrNotExist)
		require.ErrorContains(t, err, dir)
	}
}

// TestOtherNodeIsRefused checks that a file is not used for the payments of
// another node, nor any sink for those of the same one on another network.
func TestOtherNodeIsRefused(t *testing.T) {
	test := func(t *testing.T, url string) {
		require.NoError(t, open(t, url).Close())

		others := []Identity{{PubKey: ours.PubKey, Network: "mainnet"}}
		if scheme, _ := split(url); scheme == jsonlScheme {
			others = append(others, theirs)
		}
		for _, other := range others {
			_, err := Open(context.Background(), url, other)
			require.ErrorIs(t, err, ErrOtherNode)
			require.NotErrorIs(t, err, ErrUnavailable)
			require.ErrorContains(t, err, "it holds the payments "+
				"of "+ours.String()+", but this is "+
				other.String())
		}

		// The refused one has left the lock to the right one.
		open(t, url)
	}
	eachSQL(t, test)
	t.Run("jsonl", func(t *testing.T) {
		t.Parallel()
		test(t, "jsonl:"+filepath.Join(t.TempDir(), "position"))
	})
}

// TestSecondWriterIsRefused checks that a sink has one writer at a time, and
// that readers are none.
func TestSecondWriterIsRefused(t *testing.T) {
	test := func(t *testing.T, url string) {
		ctx := context.Background()
		first := open(t, url)

		_, err := Open(ctx, url, ours)
		require.ErrorIs(t, err, ErrInUse)
		require.NotErrorIs(t, err, ErrUnavailable)

		// The first one has not noticed.
		require.NoError(t, first.Deliver(ctx, []*watcher.Outcome{
			pay(1, succeeded, none),
		}, at(2)))
		require.NoError(t, first.Close())
		require.ErrorIs(t, first.Deliver(ctx, nil, at(3)), ErrClosed)

		position, err := open(t, url).Position(ctx)
		require.NoError(t, err)
		require.Equal(t, at(2), *position)
	}
	eachSQL(t, test)
	t.Run("jsonl", func(t *testing.T) {
		t.Parallel()
		test(t, "jsonl:"+filepath.Join(t.TempDir(), "position"))
	})
}

// TestMigrationsOnceAndAgain checks that an empty database gets the schema,
// that it is not touched afterwards, that an interrupted migration is made
// again, and that the tables of another program are not taken for ours.
func TestMigrationsOnceAndAgain(t *testing.T) {
	eachSQL(t, func(t *testing.T, url string) {
		ctx := context.Background()
		require.NoError(t, open(t, url).Deliver(ctx,
			[]*watcher.Outcome{pay(1, succeeded, none)}, at(2)))
		version := "SELECT version FROM " + migrationsTable
		require.Equal(t, fmt.Sprint(schemaVersion), query(
			t, url, version,
		))
	})
	t.Run("interrupted", func(t *testing.T) {
		eachSQL(t, testInterruptedMigration)
	})
	t.Run("of a later version", func(t *testing.T) {
		eachSQL(t, func(t *testing.T, url string) {
			require.NoError(t, open(t, url).Close())
			exec(t, url, fmt.Sprint("UPDATE ", migrationsTable,
				" SET version = ", schemaVersion+1))
			_, err := Open(context.Background(), url, ours)
			require.ErrorIs(t, err, ErrTooNew)
		})
	})
	t.Run("not ours", func(t *testing.T) {
		eachSQL(t, func(t *testing.T, url string) {
			exec(t, url, "CREATE TABLE payments (id INTEGER)")
			_, err := Open(context.Background(), url, ours)
			require.ErrorIs(t, err, ErrNotEmpty)
			require.ErrorContains(t, err, `"payments"`)
		})
	})
}

// testInterruptedMigration checks that a migration that was interrupted before
// or after it did its work is made again.
func testInterruptedMigration(t *testing.T, url string) {
	ctx := context.Background()
	s := open(t, url)
	require.NoError(t, s.Deliver(ctx, []*watcher.Outcome{
		pay(1, succeeded, none),
	}, at(2)))
	require.NoError(t, s.Close())

	exec(t, url, "UPDATE "+migrationsTable+" SET dirty = true")
	s = open(t, url)
	position, err := s.Position(ctx)
	require.NoError(t, err)
	require.Equal(t, at(2), *position)
	require.NoError(t, s.Close())

	for _, table := range []string{
		"attempts", "payments", "position", "position_runs",
		"position_begin",
	} {
		exec(t, url, "DROP TABLE "+table)
	}
	exec(t, url, "UPDATE "+migrationsTable+
		" SET version = 1, dirty = true")
	position, err = open(t, url).Position(ctx)
	require.NoError(t, err)
	require.Nil(t, position)
}

// TestSQLiteFilesArePrivate checks that nobody else can read what was paid.
func TestSQLiteFilesArePrivate(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	require.NoError(t, open(t, "sqlite:"+dir+"/sink.db").Deliver(
		context.Background(), nil, at(1)))

	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.NotEmpty(t, entries)
	for _, entry := range entries {
		info, err := entry.Info()
		require.NoError(t, err)
		require.Zero(t, info.Mode().Perm()&0077, entry.Name())
	}
}

// TestPostgresRestart checks that the end of the server is an error that says
// that it may be over soon, and that the sink then can be opened again.
func TestPostgresRestart(t *testing.T) {
	url := postgresURL(t)
	ctx := context.Background()
	s := open(t, url)
	require.NoError(t, s.Deliver(ctx, []*watcher.Outcome{
		pay(1, succeeded, none),
	}, at(2)))

	require.NoError(t, server.Restart(context.Background()))
	for range 2 {
		err := s.Deliver(ctx, []*watcher.Outcome{
			pay(2, succeeded, none),
		}, at(3))
		require.ErrorIs(t, err, ErrUnavailable)
	}
	require.NoError(t, s.Close())

	// The address is the old one, or this would not be the same sink.
	position, err := open(t, url).Position(ctx)
	require.NoError(t, err)
	require.Equal(t, at(2), *position)
}

// TestPostgresLockIsWaitedFor checks that a server that gives up waiting for a lock
// by itself does not end us.
func TestPostgresLockIsWaitedFor(t *testing.T) {
	t.Parallel()

	url := postgresURL(t)
	s := open(t, url+"&lock_timeout=1")
	tx, err := behind(t, url).Begin()
	require.NoError(t, err)
	defer func() { _ = tx.Rollback() }()
	_, err = tx.Exec("LOCK TABLE payments")
	require.NoError(t, err)
	require.ErrorIs(t, s.Deliver(context.Background(), []*watcher.Outcome{
		pay(1, succeeded, none),
	}, at(2)), ErrUnavailable)
}

// TestPostgresUnreachable checks what is said where no server is.
func TestPostgresUnreachable(t *testing.T) {
	t.Parallel()

	_, err := Open(context.Background(),
		"postgres://me:secret@127.0.0.1:1/x?sslmode=disable", ours)
	require.ErrorIs(t, err, ErrUnavailable)
	require.NotContains(t, err.Error(), "secret")

	// A database that there is not will not come by itself, and neither
	// will a schema.
	_, err = Open(context.Background(), postgresURL(t)+"none", ours)
	require.ErrorContains(t, err, "names no schema that there is")
	require.NotErrorIs(t, err, ErrUnavailable)
	_, err = Open(context.Background(), server.URL("none"), ours)
	require.NotErrorIs(t, err, ErrUnavailable)
	require.ErrorContains(t, err, "does not exist")
	require.False(t, errors.Is(err, ErrURL))
}

package sink

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

const (
	// sqliteTime has a fixed width, so that the text sorts as the time.
	sqliteTime = "2006-01-02T15:04:05.000000000Z"

	// busyTimeout is how long we wait for a reader that keeps the database
	// from being written, in milliseconds.
	busyTimeout = 10_000
)

// sqliteDialect is that of SQLite.
var sqliteDialect = &dialect{
	name: "sqlite",

	// There is no network, and the driver takes time in the square of the
	// number of arguments.
	rows: 1,

	time: func(t time.Time) any {
		return t.UTC().Format(sqliteTime)
	},
	tableExists: "SELECT COUNT(*) > 0 FROM sqlite_master " +
		"WHERE type = 'table' AND name = $1",

	// To drop a table in favour of a new one of its name must not delete
	// what refers to it.
	migrating: "PRAGMA foreign_keys = 0",
	migrated:  "PRAGMA foreign_keys = 1",

	unique: func(err error) bool {
		code := sqliteCode(err)

		return code == sqlite3.SQLITE_CONSTRAINT_UNIQUE ||
			code == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	},

	// The low byte is the kind of error, the rest its details. A disk that
	// is full makes one for input and output if it is the index of the
	// log that finds no space.
	unavailable: func(err error) bool {
		switch sqliteCode(err) & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_IOERR:
			return true

		default:
			return errors.Is(err, context.DeadlineExceeded)
		}
	},
}

// sqliteCode returns SQLite's code of an error, or 0.
func sqliteCode(err error) int {
	var sqliteErr *sqlite.Error
	if !errors.As(err, &sqliteErr) {
		return 0
	}

	return sqliteErr.Code()
}

// openSQLite opens the sink in an SQLite file.
func openSQLite(ctx context.Context, path string, identity Identity) (*sqlSink,
	error) {

	if err := checkFile(path); err != nil {
		return nil, err
	}
	path, err := realPath(path)
	if err != nil {
		return nil, fmt.Errorf("unable to find the sink: %w", err)
	}

	// Locks are files of their own, so that others can read the database.
	// They come first: opening and closing a locked file would unlock it.
	// The one without a node is for bringing the tables up to date, and is
	// the only one that versions know that have one node.
	var unlockSchema func()
	err = awaitSchema(ctx, func() error {
		var err error
		unlockSchema, err = lockFile(ctx, path+"-lock")

		return err
	})
	if err != nil {
		return nil, err
	}
	defer unlockSchema()
	unlock, err := lockFile(ctx, path+"-"+identity.PubKey+"-lock")
	if err != nil {
		return nil, err
	}
	s, err := openUnlockedSQLite(ctx, path, identity)
	if err != nil {
		unlock()

		return nil, err
	}
	s.unlock = unlock

	return s, nil
}

// openUnlockedSQLite opens the sink in an SQLite file that we have locked.
func openUnlockedSQLite(ctx context.Context, path string, identity Identity) (
	*sqlSink, error) {

	if err := createFile(path); err != nil {
		return nil, unavailable(fmt.Errorf("unable to create the "+
			"sink: %w", err))
	}
	db, err := sqliteDB(path, url.Values{
		"_txlock": {"immediate"},
		"_pragma": {
			fmt.Sprintf("busy_timeout(%d)", busyTimeout),
			"journal_mode(WAL)", "synchronous(FULL)",
			"fullfsync(1)", "foreign_keys(1)",
		},
	})
	if err != nil {
		return nil, err
	}
	s, err := newSQLSink(ctx, sqliteDialect, db, identity)

	return s, explainOpen(err, path)
}

// explainOpen returns what to do about a file that SQLite cannot open. Its own
// words for that are about memory.
func explainOpen(err error, path string) error {
	if sqliteCode(err)&0xff != sqlite3.SQLITE_CANTOPEN {
		return err
	}

	return fmt.Errorf("unable to open %s: it has to be a file that you may "+
		"read and write, in a folder in which you may make others",
		path)
}

// sqliteDB returns the database in a file. It has one connection: there is no
// use in waiting for ourselves.
func sqliteDB(path string, options url.Values) (*sql.DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}

	// As a URI a path can have any character in it.
	dsn := url.URL{
		Scheme: "file", Path: filepath.ToSlash(path),
		RawQuery: options.Encode(),
	}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)

	return db, nil
}

// realPath returns the path of a file without symbolic links in it, also if the
// file is not there yet: what lies beside a file must not depend on the way to
// it.
func realPath(path string) (string, error) {
	for {
		dir, err := filepath.EvalSymlinks(filepath.Dir(path))
		if err != nil {
			return "", err
		}
		path = filepath.Join(dir, filepath.Base(path))

		real, err := filepath.EvalSymlinks(path)
		if !errors.Is(err, fs.ErrNotExist) {
			return real, err
		}
		target, err := os.Readlink(path)
		switch {
		case err != nil:
			return path, nil

		case !filepath.IsAbs(target):
			target = filepath.Join(dir, target)
		}
		path = target
	}
}

// createFile makes an empty file that only we can read, if there is no file of
// that name: what was paid, and the proofs of it, are nobody else's business.
// The files that SQLite puts beside it get the same permissions.
func createFile(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil

	case err != nil:
		return err
	}

	return f.Close()
}

// lockFile locks a file until the returned function is called or the process
// ends. SQLite knows how to do that on every system, so that we need not.
func lockFile(ctx context.Context, path string) (func(), error) {
	if err := createFile(path); err != nil {
		return nil, unavailable(fmt.Errorf("unable to lock the "+
			"sink: %w", err))
	}
	db, err := sqliteDB(path, url.Values{
		"_txlock": {"exclusive"},
		"_pragma": {"journal_mode(OFF)"},
	})
	if err != nil {
		return nil, err
	}

	// The transaction outlives the call, so it must not get its context.
	tx, err := db.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		_ = db.Close()
		if sqliteCode(err)&0xff == sqlite3.SQLITE_BUSY {
			return nil, fmt.Errorf("%w: %s is locked", ErrInUse,
				path)
		}

		return nil, fmt.Errorf("unable to lock %s: %w", path,
			explainOpen(err, path))
	}

	return func() {
		_ = tx.Rollback()
		_ = db.Close()
	}, nil
}

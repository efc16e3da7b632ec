package sink

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"

	sqlite3 "modernc.org/sqlite/lib"
)

// sqliteReader opens a file to be read only.
func sqliteReader(path string, options url.Values) (*sql.DB, error) {
	options.Set("mode", "ro")
	options.Set("_pragma", fmt.Sprintf("busy_timeout(%d)", busyTimeout))

	return sqliteDB(path, options)
}

// mayNotWrite returns whether SQLite cannot read because it cannot write: a
// reader makes files beside the database to tell writers that it is there.
func mayNotWrite(err error) bool {
	switch sqliteCode(err) & 0xff {
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN:
		return true

	default:
		return false
	}
}

// readUnwritten reads a sink in a folder in which we may not write. Without a
// writer we need not tell that we are there, and whoever was a writer meanwhile
// has changed the file, or has a log beside it.
func readUnwritten(ctx context.Context, path, pubKey string,
	read func(*Reader) error) error {

	before, err := unwritten(path)
	if err != nil {
		return err
	}
	db, err := sqliteReader(path, url.Values{"immutable": {"1"}})
	if err != nil {
		return err
	}
	readErr := readSnapshot(ctx, sqliteDialect, db, pubKey, read)

	after, err := unwritten(path)
	switch {
	case err != nil:
		return err

	case !after.ModTime().Equal(before.ModTime()),
		after.Size() != before.Size():

		return fmt.Errorf("%w: %s was written to while it was "+
			"read; try again", ErrUnavailable, path)

	default:
		return explainOpen(readErr, path)
	}
}

// unwritten describes a database that nobody writes to.
func unwritten(path string) (fs.FileInfo, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}

	log, err := os.Stat(path + "-wal")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return info, nil

	case err != nil:
		return nil, err

	default:
		return nil, fmt.Errorf("%w: a part of the sink is in %s, which "+
			"takes the permission to read it and %s-shm, or to "+
			"write in this folder", ErrNoReport, log.Name(), path)
	}
}

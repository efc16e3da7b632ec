package sink

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"

	"lnd-once/lnrpc/paymentwatch/watcher"

	"github.com/jackc/pgx/v5/stdlib"
)

// Reader reads a sink as it is at one moment, whoever writes to it meanwhile.
type Reader struct {
	// Identity says whose payments these are.
	Identity

	// Position is that of the last delivery, or nil if there is none.
	Position *watcher.Position

	dialect *dialect
	q       querier
}

// Read reads the sink with the given URL. It changes nothing and can be used
// while somebody writes to the sink.
func Read(ctx context.Context, url string, read func(*Reader) error) error {
	d, db, err := openReader(url)
	if err != nil {
		return err
	}
	begun := false
	err = readSnapshot(ctx, d, db, func(r *Reader) error {
		begun = true

		return read(r)
	})
	if d != sqliteDialect || begun || !mayNotWrite(err) {
		return err
	}

	_, path := split(url)

	return readUnwritten(ctx, path, read)
}

// readSnapshot reads what there is at one moment, and closes the database.
func readSnapshot(ctx context.Context, d *dialect, db *sql.DB,
	read func(*Reader) error) error {

	defer db.Close()

	tx, err := db.BeginTx(ctx, &sql.TxOptions{
		ReadOnly: true, Isolation: d.snapshot,
	})
	if err != nil {
		return fmt.Errorf("unable to read the sink: %w", err)
	}
	defer func() { _ = tx.Rollback() }()

	r, err := newReader(ctx, d, tx)
	if err != nil {
		return err
	}

	return read(r)
}

// newReader returns the reader of a sink, or an error if the database is none.
func newReader(ctx context.Context, d *dialect, q querier) (*Reader, error) {
	r := &Reader{dialect: d, q: q}
	there, err := r.has(ctx, "position")
	switch {
	case err != nil:
		return nil, err

	case !there:
		return nil, fmt.Errorf("%w: the database is no sink yet",
			ErrNoReport)
	}
	r.Identity, r.Position, err = readPosition(ctx, q)
	if err != nil || r.Position == nil {
		return r, err
	}

	// A sink of an earlier version does not have all of these.
	for _, part := range []struct {
		table string
		read  func(context.Context, querier, *watcher.Position) error
	}{{"position_runs", readRuns}, {"position_begin", readBegin}} {
		there, err := r.has(ctx, part.table)
		if err == nil && there {
			err = part.read(ctx, q, r.Position)
		}
		if err != nil {
			return nil, err
		}
	}

	return r, nil
}

// has returns whether the sink has a table.
func (r *Reader) has(ctx context.Context, table string) (bool, error) {
	var there bool
	err := r.q.QueryRowContext(ctx, r.dialect.tableExists, table).Scan(
		&there,
	)
	if err != nil {
		return false, fmt.Errorf("unable to read the sink: %w", err)
	}

	return there, nil
}

// CheckReadable returns an error if what the sink with the given URL holds cannot
// be read, because it is no database. It opens nothing.
func CheckReadable(url string) error {
	scheme, _ := split(url)
	switch {
	case scheme == jsonlScheme:
		return fmt.Errorf("%w: JSON lines are no database; ask them "+
			"with jq, or use a database", ErrNoReport)

	case IsWebhook(url):
		return fmt.Errorf("%w: a webhook keeps nothing here; ask its "+
			"server, or use a database", ErrNoReport)

	default:
		return Check(url)
	}
}

// openReader opens the database of a sink without changing it.
func openReader(sinkURL string) (*dialect, *sql.DB, error) {
	if err := CheckReadable(sinkURL); err != nil {
		return nil, nil, err
	}

	switch scheme, path := split(sinkURL); scheme {
	case sqliteScheme:
		// SQLite's own error does not say that there is no file.
		if _, err := os.Stat(path); err != nil {
			return nil, nil, fmt.Errorf("%w: %w", ErrNoReport, err)
		}
		if err := checkFile(path); err != nil {
			return nil, nil, err
		}
		db, err := sqliteReader(path, url.Values{})

		return sqliteDialect, db, err

	default:
		cfg, err := postgresConfig(sinkURL)
		if err != nil {
			return nil, nil, err
		}

		return postgresDialect, stdlib.OpenDB(*cfg), nil
	}
}

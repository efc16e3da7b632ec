package sink

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strings"

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

// Read reads what the sink with the given URL has of the node whose public key
// begins with the given text, which may be empty if there is one node. It changes
// nothing and can be used while somebody writes to the sink.
func Read(ctx context.Context, url, pubKey string,
	read func(*Reader) error) error {

	d, db, err := openReader(url)
	if err != nil {
		return err
	}
	begun := false
	err = readSnapshot(ctx, d, db, pubKey, func(r *Reader) error {
		begun = true

		return read(r)
	})
	if d != sqliteDialect || begun || !mayNotWrite(err) {
		return err
	}

	_, path := split(url)

	return readUnwritten(ctx, path, pubKey, read)
}

// readSnapshot reads what there is at one moment, and closes the database.
func readSnapshot(ctx context.Context, d *dialect, db *sql.DB, pubKey string,
	read func(*Reader) error) error {

	defer db.Close()

	tx, err := db.BeginTx(ctx, &sql.TxOptions{
		ReadOnly: true, Isolation: d.snapshot,
	})
	if err != nil {
		return fmt.Errorf("unable to read the sink: %w", err)
	}
	defer func() { _ = tx.Rollback() }()

	r, err := newReader(ctx, d, tx, pubKey)
	if err != nil {
		return err
	}

	return read(r)
}

// newReader returns the reader of a node's part of a sink, or an error if the
// database is none.
func newReader(ctx context.Context, d *dialect, q querier, pubKey string) (
	*Reader, error) {

	r := &Reader{dialect: d, q: q}
	if err := r.checkSchema(ctx); err != nil {
		return nil, err
	}
	pubKey, err := r.chooseNode(ctx, pubKey)
	if err != nil {
		return nil, err
	}
	r.Identity, r.Position, err = readPosition(ctx, q, pubKey)

	return r, err
}

// checkSchema returns an error if the database is no sink, or one that we cannot
// read.
func (r *Reader) checkSchema(ctx context.Context) error {
	var (
		there   bool
		version int
	)
	err := r.q.QueryRowContext(
		ctx, r.dialect.tableExists, migrationsTable,
	).Scan(&there)
	switch {
	case err != nil:
		return fmt.Errorf("unable to read the sink: %w", err)

	case !there:
		return fmt.Errorf("%w: the database is no sink yet",
			ErrNoReport)
	}
	err = r.q.QueryRowContext(
		ctx, "SELECT version FROM "+migrationsTable,
	).Scan(&version)
	switch {
	case err != nil:
		return fmt.Errorf("unable to read the sink: %w", err)

	case version < schemaVersion:
		return fmt.Errorf("%w: it is of an earlier paymentwatch; start "+
			"this one with it once, which brings it up to date",
			ErrNoReport)

	case version > schemaVersion:
		return tooNew(version)

	default:
		return nil
	}
}

// chooseNode returns the public key of the node that is meant.
func (r *Reader) chooseNode(ctx context.Context, pubKey string) (string, error) {
	rows, err := r.q.QueryContext(
		ctx, "SELECT node_pubkey FROM position ORDER BY node_pubkey",
	)
	if err != nil {
		return "", fmt.Errorf("unable to read the sink: %w", err)
	}
	defer rows.Close()

	var all, meant []string
	for rows.Next() {
		var key string
		if err := rows.Scan(&key); err != nil {
			return "", err
		}
		all = append(all, key)
		if strings.HasPrefix(key, pubKey) {
			meant = append(meant, key)
		}
	}
	switch err := rows.Err(); {
	case err != nil:
		return "", err

	case len(meant) == 1:
		return meant[0], nil

	case len(meant) > 1:
		return "", fmt.Errorf("%w: say which is meant, with --pubkey "+
			"and the beginning of one of: %s", ErrSeveralNodes,
			strings.Join(meant, ", "))

	default:
		return "", fmt.Errorf("%w: it has none with a public key that "+
			"begins with %q, only: %s", ErrOtherNode, pubKey,
			strings.Join(all, ", "))
	}
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
			return nil, nil, fmt.Errorf("%w: %w; --sink names "+
				"another sink", ErrNoReport, err)
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

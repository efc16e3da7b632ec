package sink

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	// lockNode takes the lock of a session that writes the payments of a
	// node to the tables of its schema, and tells whether it got it. The
	// server gives the lock free when the session ends, however it ends.
	lockNode = "SELECT pg_try_advisory_lock(hashtextextended(" +
		"'paymentwatch ' || current_schema() || ' ' || $1, 0))"

	// lockSchema takes the lock of a session that brings the tables up to
	// date, which is the only lock that versions know that have one node.
	// unlockSchema gives it free.
	lockSchema = "SELECT pg_try_advisory_lock(hashtextextended(" +
		"'paymentwatch ' || current_schema(), 0))"
	unlockSchema = "SELECT pg_advisory_unlock(hashtextextended(" +
		"'paymentwatch ' || current_schema(), 0))"

	// orderRows lets a transaction wait for those of other nodes that store
	// rows, so that nobody sees a row before those with lower ids.
	orderRows = "SELECT pg_advisory_xact_lock(hashtextextended(" +
		"'paymentwatch rows ' || current_schema(), 0))"

	// uniqueViolation is PostgreSQL's code for a row that is there already,
	// and lockNotAvailable that for a lock that another session has had for
	// longer than lock_timeout.
	uniqueViolation  = "23505"
	lockNotAvailable = "55P03"
)

// postgresDialect is that of PostgreSQL.
var postgresDialect = &dialect{
	name: "postgres",

	// Enough for the time of a trip not to matter any more.
	rows: 100,

	time: func(t time.Time) any { return t.UTC() },

	// Ours are made in the first schema of the search_path. What is in the
	// others does not matter.
	tableExists: "SELECT to_regclass(quote_ident(current_schema()) || " +
		"'.' || quote_ident($1)) IS NOT NULL",
	snapshot: sql.LevelRepeatableRead,
	unique: func(err error) bool {
		return postgresCode(err) == uniqueViolation
	},
	unavailable: postgresUnavailable,
}

// postgresCode returns the server's code of an error, or an empty string if it
// is not from the server.
func postgresCode(err error) string {
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) {
		return ""
	}

	return pgErr.Code
}

// postgresUnavailable returns whether an error may go away by itself: the
// server starts, stops, cannot be reached, or has too much to do.
func postgresUnavailable(err error) bool {
	if code := postgresCode(err); code != "" {
		// The classes are connections, rollbacks, resources,
		// intervention by an operator and the system.
		return code == lockNotAvailable || slices.Contains(
			[]string{"08", "40", "53", "57", "58"}, code[:2],
		)
	}

	// The rest is about the way to the server, or not about it at all.
	var netErr net.Error

	return errors.As(err, &netErr) || pgconn.SafeToRetry(err) ||
		errors.Is(err, io.EOF) ||
		errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) ||
		errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, driver.ErrBadConn) ||
		errors.Is(err, context.DeadlineExceeded)
}

// postgresConfig returns what a URL of PostgreSQL says.
func postgresConfig(url string) (*pgx.ConnConfig, error) {
	// The error has the password taken out.
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrURL, err)
	}

	// Who looks at the server's sessions sees what this one is.
	if cfg.RuntimeParams["application_name"] == "" {
		cfg.RuntimeParams["application_name"] = "paymentwatch"
	}

	return cfg, nil
}

// openPostgres opens the sink in a PostgreSQL database.
func openPostgres(ctx context.Context, url string, identity Identity) (*sqlSink,
	error) {

	cfg, err := postgresConfig(url)
	if err != nil {
		return nil, err
	}

	return newSQLSink(ctx, postgresDialect, stdlib.OpenDB(*cfg), identity)
}

// lockSession takes the writer's lock of a node for a session, and that of the
// schema until the returned function is called.
func lockSession(ctx context.Context, conn *sql.Conn, pubKey string) (func(),
	error) {

	err := awaitSchema(ctx, func() error {
		return takeLock(ctx, conn, lockSchema)
	})
	if err != nil {
		return nil, err
	}
	unlock := func() {
		// Who has lost the session has lost the lock as well.
		_, _ = conn.ExecContext(ctx, unlockSchema)
	}
	err = awaitLock(ctx, func() error {
		return takeLock(ctx, conn, lockNode, pubKey)
	})
	if err != nil {
		unlock()

		return nil, err
	}

	return unlock, nil
}

// takeLock takes a lock, or fails with ErrInUse if another session has it.
func takeLock(ctx context.Context, conn *sql.Conn, query string,
	args ...any) error {

	var locked sql.NullBool
	err := conn.QueryRowContext(ctx, query, args...).Scan(&locked)
	switch {
	case err != nil:
		return fmt.Errorf("unable to lock the sink: %w", err)

	case !locked.Valid:
		return errors.New("the sink's URL names no schema that there " +
			"is: search_path must be one, or left out")

	case !locked.Bool:
		return fmt.Errorf("%w: another session of the database has "+
			"its lock", ErrInUse)

	default:
		return nil
	}
}

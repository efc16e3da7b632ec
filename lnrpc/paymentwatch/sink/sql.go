package sink

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"lnd-once/lnrpc/paymentwatch/watcher"
)

// callTimeout is how long opening the sink, or a delivery, may take. A server that
// does not answer for so long is one that we have lost.
const callTimeout = time.Minute

// sqlSink keeps outcomes in an SQL database. All it does goes over one
// connection, which in PostgreSQL holds the writer's lock: who has lost the
// connection, and with it the lock, cannot write any more.
type sqlSink struct {
	dialect  *dialect
	identity Identity

	// mu lets Close wait for a delivery.
	mu     sync.Mutex
	db     *sql.DB
	conn   *sql.Conn
	unlock func()
	closed bool
}

// newSQLSink opens the sink in a database, which it takes over.
func newSQLSink(ctx context.Context, d *dialect, db *sql.DB,
	identity Identity) (*sqlSink, error) {

	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()

	s := &sqlSink{
		dialect: d, identity: identity, db: db, unlock: func() {},
	}
	if err := s.open(ctx); err != nil {
		_ = s.Close()

		return nil, s.explain(err)
	}

	return s, nil
}

// open connects to the database, takes the locks, brings the schema up to date
// and makes sure that the network is that of our node.
func (s *sqlSink) open(ctx context.Context) error {
	var err error
	if s.conn, err = s.db.Conn(ctx); err != nil {
		return fmt.Errorf("unable to connect to the sink: %w", err)
	}
	if s.dialect == postgresDialect {
		unlock, err := lockSession(ctx, s.conn, s.identity.PubKey)
		if err != nil {
			return err
		}
		defer unlock()
	}
	if err := upgrade(ctx, s.dialect, s.conn); err != nil {
		return err
	}

	return s.identify(ctx)
}

// identify gives our node a position if it has none yet, and checks that it is on
// the same network as ever.
func (s *sqlSink) identify(ctx context.Context) error {
	_, err := s.conn.ExecContext(ctx,
		"INSERT INTO position (node_pubkey, network, updated_at) "+
			"VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
		s.identity.PubKey, s.identity.Network,
		s.dialect.time(time.Now()))
	if err != nil {
		return fmt.Errorf("unable to mark the sink as ours: %w", err)
	}

	stored, _, err := readPosition(ctx, s.conn, s.identity.PubKey)
	if err != nil {
		return err
	}

	return CheckIdentity(stored, s.identity)
}

// readPosition returns which node this is, and the position or nil if nothing has
// been delivered yet.
func readPosition(ctx context.Context, q querier, pubKey string) (Identity,
	*watcher.Position, error) {

	var (
		identity = Identity{PubKey: pubKey}
		next     sql.NullInt64
		beyond   string
		newest   int64
	)
	err := q.QueryRowContext(ctx, "SELECT network, next_index, beyond, "+
		"newest_ns FROM position WHERE node_pubkey = $1", pubKey).Scan(
		&identity.Network, &next, &beyond, &newest)
	if err != nil {
		return identity, nil, fmt.Errorf("unable to read the sink's "+
			"position: %w", err)
	}
	if !next.Valid {
		return identity, nil, nil
	}

	ranges, err := parseRanges(beyond)
	if err != nil {
		return identity, nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}

	position := &watcher.Position{
		Next: uint64(next.Int64), Beyond: ranges, Newest: newest,
	}
	if err := readRuns(ctx, q, pubKey, position); err != nil {
		return identity, nil, err
	}

	return identity, position, readBegin(ctx, q, pubKey, position)
}

// Position returns the position of the last delivery, or nil if there is none.
func (s *sqlSink) Position(ctx context.Context) (*watcher.Position, error) {
	s.mu.Lock()
	defer s.mu.Unlock()

	if s.closed {
		return nil, ErrClosed
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, position, err := readPosition(ctx, s.conn, s.identity.PubKey)

	return position, s.explain(err)
}

// Deliver stores outcomes and position in one transaction. A payment that the
// sink holds already is an error, and then nothing is stored.
func (s *sqlSink) Deliver(ctx context.Context, outcomes []*watcher.Outcome,
	position watcher.Position) error {

	s.mu.Lock()
	defer s.mu.Unlock()

	if s.closed {
		return ErrClosed
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()

	now := time.Now()
	rows := make([]*Payment, 0, len(outcomes))
	for _, o := range outcomes {
		rows = append(rows, NewPayment(o.Payment, now))
	}

	err := s.store(ctx, rows, position, now)
	if s.dialect.unique(err) {
		return s.explainDuplicate(ctx, rows, err)
	}

	return s.explain(err)
}

// store writes payments and position in one transaction.
func (s *sqlSink) store(ctx context.Context, rows []*Payment,
	position watcher.Position, now time.Time) error {

	tx, err := s.conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}

	// After a commit this does nothing.
	defer func() { _ = tx.Rollback() }()

	if s.dialect == postgresDialect {
		if _, err := tx.ExecContext(ctx, orderRows); err != nil {
			return fmt.Errorf("unable to wait for the writers "+
				"of other nodes: %w", err)
		}
	}
	err = insertPayments(ctx, s.dialect, tx, s.identity.PubKey, rows)
	if err != nil {
		return err
	}
	if s.dialect == postgresDialect {
		if err := notify(ctx, tx, s.identity, rows); err != nil {
			return err
		}
	}
	result, err := tx.ExecContext(ctx, "UPDATE position SET "+
		"next_index = $1, beyond = $2, newest_ns = $3, "+
		"updated_at = $4 WHERE node_pubkey = $5", int64(position.Next),
		formatRanges(position.Beyond), position.Newest,
		s.dialect.time(now), s.identity.PubKey)
	if err != nil {
		return fmt.Errorf("unable to store the position: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return errors.Join(fmt.Errorf("%w: the table \"position\" "+
			"has no row of the node", ErrDamaged), err)
	}
	if err := storeRuns(ctx, tx, s.identity.PubKey, position); err != nil {
		return err
	}

	return tx.Commit()
}

// explain marks errors that may go away by themselves.
func (s *sqlSink) explain(err error) error {
	switch {
	case err == nil, errors.Is(err, context.Canceled):
		return err

	case isFull(err):
		return unavailable(err)

	case s.dialect.unavailable(err):
		return fmt.Errorf("%w: %w", ErrUnavailable, err)

	default:
		return err
	}
}

// Close gives the sink free for the next writer.
func (s *sqlSink) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()

	if s.closed {
		return nil
	}
	s.closed = true
	defer s.unlock()

	// A connection that has ended is what we want.
	if s.conn != nil {
		_ = s.conn.Close()
	}

	return s.db.Close()
}

package sink

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"lnd-once/lnrpc/paymentwatch/watcher"
)

// readRuns adds to a position what it says without indexes. A sink of an earlier
// version does not say it.
func readRuns(ctx context.Context, q querier, pubKey string,
	p *watcher.Position) error {

	var open, last string
	err := q.QueryRowContext(ctx, "SELECT whole_ns, open, last FROM "+
		"position_runs WHERE node_pubkey = $1", pubKey).Scan(
		&p.Whole, &open, &last)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil

	case err != nil:
		return fmt.Errorf("unable to read the sink's position: %w", err)
	}

	err = errors.Join(
		json.Unmarshal([]byte(open), &p.Open),
		json.Unmarshal([]byte(last), &p.Last),
	)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}

	return nil
}

// readBegin adds to a position where it began, if that is not with all payments.
// A sink of an earlier version does not say it.
func readBegin(ctx context.Context, q querier, pubKey string,
	p *watcher.Position) error {

	err := q.QueryRowContext(ctx, "SELECT began_ns FROM position_begin "+
		"WHERE node_pubkey = $1", pubKey).Scan(&p.Began)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("unable to read the sink's beginning: %w",
			err)
	}

	return nil
}

// storeRuns stores what a position says without indexes.
func storeRuns(ctx context.Context, q querier, pubKey string,
	p watcher.Position) error {

	open, err := json.Marshal(p.Open)
	if err != nil {
		return err
	}
	last, err := json.Marshal(p.Last)
	if err != nil {
		return err
	}

	_, err = q.ExecContext(ctx, "INSERT INTO position_runs "+
		"(node_pubkey, whole_ns, open, last) VALUES ($1, $2, $3, $4) "+
		"ON CONFLICT (node_pubkey) DO UPDATE SET "+
		"whole_ns = excluded.whole_ns, open = excluded.open, "+
		"last = excluded.last",
		pubKey, p.Whole, string(open), string(last))
	if err == nil && p.Began != 0 {
		_, err = q.ExecContext(ctx, "INSERT INTO position_begin "+
			"(node_pubkey, began_ns) VALUES ($1, $2) "+
			"ON CONFLICT DO NOTHING", pubKey, p.Began)
	}
	if err != nil {
		return fmt.Errorf("unable to store the position: %w", err)
	}

	return nil
}

// Holds returns for each run whether there is a row of it.
func (s *sqlSink) Holds(ctx context.Context, runs []watcher.Run) ([]bool,
	error) {

	s.mu.Lock()
	defer s.mu.Unlock()

	if s.closed {
		return nil, ErrClosed
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()

	stored := make(storedRuns)
	for rest := runs; len(rest) > 0; {
		n := min(len(rest), s.dialect.rows)
		if err := s.find(ctx, rest[:n], stored); err != nil {
			return nil, s.explain(err)
		}
		rest = rest[n:]
	}

	return stored.hold(runs), nil
}

// find adds the rows that have the hash of one of the runs.
func (s *sqlSink) find(ctx context.Context, runs []watcher.Run,
	stored storedRuns) error {

	args := make([]any, len(runs))
	for i, r := range runs {
		args[i] = r.Hash
	}
	rows, err := s.conn.QueryContext(ctx, "SELECT payment_hash, "+
		"creation_time_ns FROM payments WHERE payment_hash IN "+
		placeholders(len(runs))+" AND "+isOfNode(len(runs)+1),
		append(args, s.identity.PubKey)...)
	if err != nil {
		return fmt.Errorf("unable to look for payments: %w", err)
	}
	defer rows.Close()

	for rows.Next() {
		var r watcher.Run
		if err := rows.Scan(&r.Hash, &r.Created); err != nil {
			return err
		}
		stored.add(r)
	}

	return rows.Err()
}

// storedRuns are runs that a sink holds, by their hash.
type storedRuns map[string][]watcher.Run

// add adds a run.
func (s storedRuns) add(r watcher.Run) {
	s[r.Hash] = append(s[r.Hash], r)
}

// hold returns which runs are among them.
func (s storedRuns) hold(runs []watcher.Run) []bool {
	held := make([]bool, len(runs))
	for i, r := range runs {
		for _, stored := range s[r.Hash] {
			held[i] = held[i] || stored.Same(r)
		}
	}

	return held
}

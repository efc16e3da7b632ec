package sink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// paymentColumns are the columns of a payment but for its node, attemptColumns
// those of an attempt.
var (
	paymentColumns = []string{
		"id", "payment_hash", "creation_time_ns", "payment_index",
		"status", "failure_reason", "value_msat", "fee_msat",
		"payment_request", "destination", "payment_preimage",
		"creation_time", "resolve_time", "delivered_at",
	}
	attemptColumns = []string{
		"payment_id", "attempt_id", "status", "attempt_time",
		"resolve_time", "total_amt_msat", "total_fees_msat",
		"total_time_lock", "failure_code", "failure_source_index",
		"hops",
	}
)

// insertPayments inserts payments of a node and their attempts. No other node's
// may be inserted meanwhile.
func insertPayments(ctx context.Context, d *dialect, q querier, pubKey string,
	rows []*Payment) error {

	// So the ids are ours to choose. It saves the trip that would tell us
	// those that the database chose.
	var id int64
	err := q.QueryRowContext(
		ctx, "SELECT COALESCE(MAX(id), 0) FROM payments",
	).Scan(&id)
	if err != nil {
		return fmt.Errorf("unable to read the last row: %w", err)
	}

	payments := newInserter(
		d, q, "payments", append(paymentColumns, "node_pubkey"),
	)
	attempts := newInserter(d, q, "attempts", attemptColumns)
	for _, p := range rows {
		id++
		values := append(p.values(d, id), pubKey)
		if err := payments.add(ctx, values); err != nil {
			return err
		}
		for _, a := range p.Attempts {
			values, err := a.values(d, id)
			if err != nil {
				return err
			}

			// What an attempt refers to has to be there first.
			if attempts.full() {
				err = payments.flush(ctx)
			}
			if err != nil {
				return err
			}
			if err := attempts.add(ctx, values); err != nil {
				return err
			}
		}
	}

	if err := payments.flush(ctx); err != nil {
		return err
	}

	return attempts.flush(ctx)
}

// values returns a payment's columns.
func (p *Payment) values(d *dialect, id int64) []any {
	return []any{
		id, p.PaymentHash, p.CreationTimeNs, int64(p.PaymentIndex),
		p.Status, nullable(p.FailureReason), p.ValueMsat, p.FeeMsat,
		nullable(p.PaymentRequest), nullable(p.Destination),
		nullable(p.Preimage), d.time(p.CreationTime),
		nullableTime(d, p.ResolveTime), d.time(p.DeliveredAt),
	}
}

// values returns an attempt's columns.
func (a *Attempt) values(d *dialect, paymentID int64) ([]any, error) {
	hops, err := json.Marshal(a.Hops)
	if err != nil {
		return nil, err
	}

	var source any
	if a.FailureSource != nil {
		source = int64(*a.FailureSource)
	}

	return []any{
		paymentID, int64(a.AttemptID), a.Status, d.time(a.AttemptTime),
		nullableTime(d, a.ResolveTime), a.TotalAmtMsat, a.TotalFeesMsat,
		int64(a.TotalTimeLock), nullable(a.FailureCode), source,
		string(hops),
	}, nil
}

// nullable returns NULL for nil.
func nullable(text *string) any {
	if text == nil {
		return nil
	}

	return *text
}

// nullableTime returns NULL for nil.
func nullableTime(d *dialect, t *time.Time) any {
	if t == nil {
		return nil
	}

	return d.time(*t)
}

// inserter inserts rows into a table, as many at a time as suits the database.
type inserter struct {
	dialect *dialect
	q       querier
	table   string
	columns []string
	args    []any
}

// newInserter returns the inserter of a table.
func newInserter(d *dialect, q querier, table string,
	columns []string) *inserter {

	return &inserter{dialect: d, q: q, table: table, columns: columns}
}

// full returns whether the next row makes a statement.
func (i *inserter) full() bool {
	return len(i.args) >= (i.dialect.rows-1)*len(i.columns)
}

// add inserts a row, now or with later ones.
func (i *inserter) add(ctx context.Context, values []any) error {
	full := i.full()
	i.args = append(i.args, values...)
	if full {
		return i.flush(ctx)
	}

	return nil
}

// flush inserts the rows that are left.
func (i *inserter) flush(ctx context.Context) error {
	if len(i.args) == 0 {
		return nil
	}

	var query strings.Builder
	fmt.Fprintf(&query, "INSERT INTO %s (%s) VALUES ", i.table,
		strings.Join(i.columns, ", "))
	for n := range i.args {
		switch {
		case n == 0:
			query.WriteString("(")

		case n%len(i.columns) == 0:
			query.WriteString("), (")

		default:
			query.WriteString(", ")
		}
		fmt.Fprintf(&query, "$%d", n+1)
	}
	query.WriteString(")")

	_, err := i.q.ExecContext(ctx, query.String(), i.args...)
	i.args = i.args[:0]
	if err != nil {
		return fmt.Errorf("unable to store %s: %w", i.table, err)
	}

	return nil
}

// explainDuplicate returns the error for the payment that made the database
// refuse a delivery with err.
func (s *sqlSink) explainDuplicate(ctx context.Context, rows []*Payment,
	err error) error {

	seen := make(map[string]bool)
	for _, p := range rows {
		key := fmt.Sprint(p.PaymentHash, " ", p.CreationTimeNs)
		if seen[key] {
			return &DuplicateError{New: p}
		}
		seen[key] = true

		var status, reason string
		queryErr := s.conn.QueryRowContext(ctx, "SELECT status, "+
			"COALESCE(failure_reason, '') FROM payments WHERE "+
			"payment_hash = $1 AND creation_time_ns = $2 AND "+
			isOfNode(3), p.PaymentHash, p.CreationTimeNs,
			s.identity.PubKey).Scan(&status, &reason)
		if queryErr == nil {
			stored := strings.TrimSpace(status + " " + reason)

			return &DuplicateError{New: p, Stored: "as " + stored}
		}
	}

	// Then the row has gone meanwhile, or it is an attempt's.
	return errors.Join(ErrDuplicate, err)
}

package sink

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Payments tells of all payments created in a period, in the order of delivery.
// Their attempts are left out.
func (r *Reader) Payments(ctx context.Context, period Period,
	tell func(*Payment)) error {

	created, args := r.created(period)
	rows, err := r.q.QueryContext(ctx, "SELECT "+
		strings.Join(paymentColumns, ", ")+" FROM payments WHERE "+
		created+" ORDER BY id", args...)
	if err != nil {
		return fmt.Errorf("unable to read payments: %w", err)
	}
	defer rows.Close()

	for rows.Next() {
		_, p, err := scanPayment(rows)
		if err != nil {
			return err
		}
		tell(p)
	}

	return rows.Err()
}

// Attempts tells of all attempts of payments created in a period.
func (r *Reader) Attempts(ctx context.Context, period Period,
	tell func(*Attempt)) error {

	created, args := r.created(period)
	rows, err := r.q.QueryContext(ctx, "SELECT "+
		strings.Join(attemptColumns, ", ")+" FROM attempts WHERE "+
		"payment_id IN (SELECT id FROM payments WHERE "+created+")",
		args...)
	if err != nil {
		return fmt.Errorf("unable to read attempts: %w", err)
	}
	defer rows.Close()

	for rows.Next() {
		_, a, err := scanAttempt(rows)
		if err != nil {
			return err
		}
		tell(a)
	}

	return rows.Err()
}

// created returns the condition that a payment of the node was created in a
// period, and its arguments.
func (r *Reader) created(period Period) (string, []any) {
	condition, args := isOfNode(1), []any{r.PubKey}
	if !period.Since.IsZero() {
		args = append(args, r.dialect.time(period.Since))
		condition += fmt.Sprintf(" AND creation_time >= $%d", len(args))
	}
	if !period.Until.IsZero() {
		args = append(args, r.dialect.time(period.Until))
		condition += fmt.Sprintf(" AND creation_time < $%d", len(args))
	}

	return condition, args
}

// Find returns the payments with one of the hashes.
func (r *Reader) Find(ctx context.Context, hashes []string) ([]*Payment,
	error) {

	var found []*Payment
	for rest := hashes; len(rest) > 0; {
		n := min(len(rest), r.dialect.rows)
		payments, err := r.findPayments(ctx, asAny(rest[:n]))
		if err != nil {
			return nil, err
		}
		found = append(found, payments...)
		rest = rest[n:]
	}

	return found, nil
}

// findPayments returns the payments with one of the hashes, which are so few that
// one statement can have them.
func (r *Reader) findPayments(ctx context.Context, hashes []any) ([]*Payment,
	error) {

	rows, err := r.q.QueryContext(ctx, "SELECT "+
		strings.Join(paymentColumns, ", ")+" FROM payments WHERE "+
		"payment_hash IN "+placeholders(len(hashes))+" AND "+
		isOfNode(len(hashes)+1), append(hashes, r.PubKey)...)
	if err != nil {
		return nil, fmt.Errorf("unable to look for payments: %w", err)
	}
	defer rows.Close()

	var (
		payments []*Payment
		ids      []any
		byID     = make(map[int64]*Payment)
	)
	for rows.Next() {
		id, p, err := scanPayment(rows)
		if err != nil {
			return nil, err
		}
		payments, ids = append(payments, p), append(ids, id)
		byID[id] = p
	}
	if err := rows.Err(); err != nil || len(ids) == 0 {
		return nil, err
	}

	return payments, r.findAttempts(ctx, ids, byID)
}

// findAttempts adds the attempts to payments.
func (r *Reader) findAttempts(ctx context.Context, ids []any,
	payments map[int64]*Payment) error {

	rows, err := r.q.QueryContext(ctx, "SELECT "+
		strings.Join(attemptColumns, ", ")+" FROM attempts WHERE "+
		"payment_id IN "+placeholders(len(ids))+
		" ORDER BY payment_id, attempt_id", ids...)
	if err != nil {
		return fmt.Errorf("unable to look for attempts: %w", err)
	}
	defer rows.Close()

	for rows.Next() {
		id, a, err := scanAttempt(rows)
		if err != nil {
			return err
		}
		p := payments[id]
		p.Attempts = append(p.Attempts, a)
	}

	return rows.Err()
}

// scanPayment returns a payment of a result, without its attempts, and its id.
func scanPayment(rows *sql.Rows) (int64, *Payment, error) {
	var (
		id int64
		p  = &Payment{Attempts: []*Attempt{}}

		created, delivered, resolved storedTime
	)
	err := rows.Scan(&id, &p.PaymentHash, &p.CreationTimeNs,
		&p.PaymentIndex, &p.Status, &p.FailureReason, &p.ValueMsat,
		&p.FeeMsat, &p.PaymentRequest, &p.Destination, &p.Preimage,
		&created, &resolved, &delivered)
	if err != nil {
		return 0, nil, err
	}
	p.CreationTime, p.DeliveredAt = *created.at, *delivered.at
	p.ResolveTime = resolved.at

	return id, p, nil
}

// scanAttempt returns an attempt of a result, and the id of its payment.
func scanAttempt(rows *sql.Rows) (int64, *Attempt, error) {
	var (
		id   int64
		a    = &Attempt{}
		hops []byte

		sent, resolved storedTime
	)
	err := rows.Scan(&id, &a.AttemptID, &a.Status, &sent, &resolved,
		&a.TotalAmtMsat, &a.TotalFeesMsat, &a.TotalTimeLock,
		&a.FailureCode, &a.FailureSource, &hops)
	if err != nil {
		return 0, nil, err
	}
	a.AttemptTime, a.ResolveTime = *sent.at, resolved.at

	return id, a, json.Unmarshal(hops, &a.Hops)
}

// storedTime is a time as a database holds it, nil if it is NULL.
type storedTime struct {
	at *time.Time
}

// Scan takes what a database driver gives: a time, text, or nothing.
func (s *storedTime) Scan(value any) error {
	var at time.Time
	switch v := value.(type) {
	case nil:
		return nil

	case time.Time:
		at = v.UTC()

	case string:
		var err error
		if at, err = time.Parse(sqliteTime, v); err != nil {
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		}

	default:
		return fmt.Errorf("%w: %v is no time", ErrDamaged, value)
	}
	s.at = &at

	return nil
}

// isOfNode returns the condition that a payment is of the node whose public key is
// the parameter with the given number.
func isOfNode(n int) string {
	return fmt.Sprintf("node_pubkey = $%d", n)
}

// placeholders returns the list of n parameters of a statement.
func placeholders(n int) string {
	marks := make([]string, n)
	for i := range marks {
		marks[i] = fmt.Sprintf("$%d", i+1)
	}

	return "(" + strings.Join(marks, ", ") + ")"
}

// asAny returns texts as arguments of a statement.
func asAny(texts []string) []any {
	args := make([]any, len(texts))
	for i, text := range texts {
		args[i] = text
	}

	return args
}

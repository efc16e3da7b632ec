package sink

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"

	"github.com/jackc/pgx/v5/stdlib"
)

// Report holds the totals of a sink. Values and fees are in millisatoshis and
// those of payments that succeeded, unless it is said otherwise.
type Report struct {
	Identity

	ByOutcome     []*OutcomeTotal
	ByDay         []*GroupTotal
	ByDestination []*GroupTotal
}

// OutcomeTotal is the total of a status and a reason. The value is what was to
// be paid, whether it was or not.
type OutcomeTotal struct {
	Status, Reason string

	Payments, ValueMsat, FeeMsat int64
}

// GroupTotal is the total of a day in UTC, on which the payments were created,
// or of a destination, which is empty where it is not known.
type GroupTotal struct {
	Group string

	Succeeded, Failed, ValueMsat, FeeMsat int64
}

// ReadReport returns the totals of the sink with the given URL. It changes
// nothing and can be used while somebody writes to the sink.
func ReadReport(ctx context.Context, url string) (*Report, error) {
	d, db, err := openReader(url)
	if err != nil {
		return nil, err
	}
	r, err := readSnapshot(ctx, d, db)
	if d != sqliteDialect || !mayNotWrite(err) {
		return r, err
	}

	_, path := split(url)

	return readUnwritten(ctx, path)
}

// readSnapshot reads the totals of one moment, and closes the database.
func readSnapshot(ctx context.Context, d *dialect, db *sql.DB) (*Report,
	error) {

	defer db.Close()

	tx, err := db.BeginTx(ctx, &sql.TxOptions{
		ReadOnly: true, Isolation: d.snapshot,
	})
	if err != nil {
		return nil, fmt.Errorf("unable to read the sink: %w", err)
	}
	defer func() { _ = tx.Rollback() }()

	return readReport(ctx, d, tx)
}

// openReader opens the database of a sink without changing it.
func openReader(sinkURL string) (*dialect, *sql.DB, error) {
	if err := Check(sinkURL); err != nil {
		return nil, nil, err
	}

	switch scheme, path := split(sinkURL); scheme {
	case jsonlScheme:
		return nil, nil, fmt.Errorf("%w: JSON lines are no database; "+
			"ask them with jq, or use a database", ErrNoReport)

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

// readReport reads the totals.
func readReport(ctx context.Context, d *dialect, q querier) (*Report, error) {
	var there bool
	err := q.QueryRowContext(ctx, d.tableExists, "position").Scan(&there)
	switch {
	case err != nil:
		return nil, fmt.Errorf("unable to read the sink: %w", err)

	case !there:
		return nil, fmt.Errorf("%w: the database is no sink yet",
			ErrNoReport)
	}

	r := &Report{}
	if r.Identity, _, err = readPosition(ctx, q); err != nil {
		return nil, err
	}
	if r.ByOutcome, err = totalOutcomes(ctx, q); err != nil {
		return nil, err
	}
	if r.ByDay, err = totalGroups(ctx, q, d.day, "1"); err != nil {
		return nil, err
	}

	// Those who got the most come first.
	r.ByDestination, err = totalGroups(
		ctx, q, "COALESCE(destination, '')",
		"4 DESC, 2 DESC, 3 DESC, 1",
	)

	return r, err
}

// totalOutcomes returns the totals by status and reason, most frequent first.
func totalOutcomes(ctx context.Context, q querier) ([]*OutcomeTotal, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT status, COALESCE(failure_reason, ''), COUNT(*),
			CAST(SUM(value_msat) AS BIGINT),
			CAST(SUM(fee_msat) AS BIGINT)
		FROM payments
		GROUP BY 1, 2
		ORDER BY 1 DESC, 3 DESC, 2`)
	if err != nil {
		return nil, fmt.Errorf("unable to add up outcomes: %w", err)
	}
	defer rows.Close()

	var totals []*OutcomeTotal
	for rows.Next() {
		t := &OutcomeTotal{}
		err := rows.Scan(&t.Status, &t.Reason, &t.Payments,
			&t.ValueMsat, &t.FeeMsat)
		if err != nil {
			return nil, err
		}
		totals = append(totals, t)
	}

	return totals, rows.Err()
}

// totalGroups returns the totals by an expression, in the given order.
func totalGroups(ctx context.Context, q querier, group, order string) (
	[]*GroupTotal, error) {

	rows, err := q.QueryContext(ctx, fmt.Sprintf(`
		SELECT %s,
			COUNT(*) FILTER (WHERE status = 'SUCCEEDED'),
			COUNT(*) FILTER (WHERE status = 'FAILED'),
			CAST(COALESCE(SUM(value_msat) FILTER (
				WHERE status = 'SUCCEEDED'), 0) AS BIGINT),
			CAST(COALESCE(SUM(fee_msat) FILTER (
				WHERE status = 'SUCCEEDED'), 0) AS BIGINT)
		FROM payments
		GROUP BY 1
		ORDER BY %s`, group, order))
	if err != nil {
		return nil, fmt.Errorf("unable to add up %s: %w", group, err)
	}
	defer rows.Close()

	var totals []*GroupTotal
	for rows.Next() {
		t := &GroupTotal{}
		err := rows.Scan(&t.Group, &t.Succeeded, &t.Failed,
			&t.ValueMsat, &t.FeeMsat)
		if err != nil {
			return nil, err
		}
		totals = append(totals, t)
	}

	return totals, rows.Err()
}

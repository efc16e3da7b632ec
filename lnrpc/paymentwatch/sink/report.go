package sink

import (
	"context"
	"fmt"
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
	var report *Report
	err := Read(ctx, url, func(r *Reader) error {
		var err error
		report, err = readReport(ctx, r)

		return err
	})

	return report, err
}

// readReport reads the totals.
func readReport(ctx context.Context, r *Reader) (*Report, error) {
	totals := &Report{Identity: r.Identity}
	var err error
	if totals.ByOutcome, err = totalOutcomes(ctx, r.q); err != nil {
		return nil, err
	}
	totals.ByDay, err = totalGroups(ctx, r.q, r.dialect.day, "1")
	if err != nil {
		return nil, err
	}

	// Those who got the most come first.
	totals.ByDestination, err = totalGroups(
		ctx, r.q, "COALESCE(destination, '')",
		"4 DESC, 2 DESC, 3 DESC, 1",
	)

	return totals, err
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

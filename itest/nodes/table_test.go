//go:build nodes

package nodes

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"

	"lnd-once/channeldb/outcome"
	"lnd-once/itest/regtest"
	"lnd-once/lnrpc/paymentcontract"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
)

// listPage is how many payments are listed at a time.
const listPage = 500

// run identifies one run of a payment hash.
type run struct {
	hash    string
	created int64
}

// String names the run in an error.
func (r run) String() string {
	return fmt.Sprintf("%s created at %d", r.hash, r.created)
}

// row is what a table holds of a run.
type row struct {
	index  uint64
	status string

	// reason is NONE if the column is empty.
	reason string

	// settled is how many attempts have succeeded.
	settled int
}

// rows returns what the monitor's table holds of its node. It fails the test if a
// run is there twice.
func (m *monitor) rows(t *testing.T) map[run]row {
	t.Helper()

	result, err := m.db.Query(`
		SELECT payment_hash, creation_time_ns, payment_index, status,
			COALESCE(failure_reason, 'NONE'),
			(SELECT COUNT(*) FROM attempts
				WHERE attempts.payment_id = payments.id
				AND attempts.status = 'SUCCEEDED')
		FROM payments WHERE node_pubkey = $1`, m.node.PubKey)
	require.NoError(t, err)
	defer result.Close()

	rows, count := make(map[run]row), 0
	for result.Next() {
		var (
			k run
			r row
		)
		require.NoError(t, result.Scan(&k.hash, &k.created, &r.index,
			&r.status, &r.reason, &r.settled))
		rows[k] = r
		count++
	}
	require.NoError(t, result.Err())
	require.Len(t, rows, count, "%s: a run has two rows", m.name)

	return rows
}

// has returns an error if the table has no row of the hash.
func (m *monitor) has(hash string) error {
	var found string
	err := m.db.QueryRow("SELECT payment_hash FROM payments WHERE "+
		"payment_hash = $1", hash).Scan(&found)
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("%s has no row of %s", m.name, hash)
	}

	return err
}

// list returns all payments that a node has.
func list(ctx context.Context, node *regtest.Node) (map[run]*lnrpc.Payment,
	error) {

	return listAfter(ctx, node, 0)
}

// listAfter returns all payments that a node has after the one of an index.
func listAfter(ctx context.Context, node *regtest.Node, offset uint64) (
	map[run]*lnrpc.Payment, error) {

	payments := make(map[run]*lnrpc.Payment)
	for {
		page, err := node.Lightning.ListPayments(
			ctx, &lnrpc.ListPaymentsRequest{
				IncludeIncomplete: true, IndexOffset: offset,
				MaxPayments: listPage,
			}, grpc.MaxCallRecvMsgSize(lnrpc.MaxGrpcMsgSize),
		)
		if err != nil {
			return nil, err
		}
		for _, p := range page.Payments {
			payments[run{p.PaymentHash, p.CreationTimeNs}] = p
			offset = p.PaymentIndex
		}
		if len(page.Payments) == 0 {
			return payments, nil
		}
	}
}

// compare returns what is wrong with a table, given what the node lists and
// whether that is stock. Rows of payments that the node does not have any more
// are right if they are of a hash that was retried.
func compare(rows map[run]row, listed map[run]*lnrpc.Payment, stock bool,
	retried map[string]bool) error {

	var errs []error
	for k, p := range listed {
		r, ok := rows[k]
		if !ok {
			errs = append(errs, fmt.Errorf("%v is missing: %v %v",
				k, p.Status, p.FailureReason))

			continue
		}
		if err := compareRow(r, p, stock); err != nil {
			errs = append(errs, fmt.Errorf("%v: %w", k, err))
		}
	}
	for k, r := range rows {
		switch _, ok := listed[k]; {
		case ok:

		// Only what has failed can be retried.
		case retried[k.hash] && r.status == "FAILED" &&
			r.reason != "NONE":

		default:
			errs = append(errs, fmt.Errorf("%v is no payment of "+
				"the node: %+v", k, r))
		}
	}

	return errors.Join(errs...)
}

// compareRow returns what is wrong with a row, given the payment as the node
// lists it. On stock the row may have a more specific reason: the node has
// overwritten it.
func compareRow(r row, p *lnrpc.Payment, stock bool) error {
	reason := paymentcontract.ReasonName(p.FailureReason)
	wrong := fmt.Errorf("the row is %+v, the node has index %d %v %s", r,
		p.PaymentIndex, p.Status, reason)

	switch {
	case r.index != p.PaymentIndex || r.status != p.Status.String():
		return wrong

	case p.Status == lnrpc.Payment_SUCCEEDED:
		if r.reason != "NONE" || r.settled == 0 {
			return wrong
		}

	case r.reason == reason:

	case !stock || !moreSpecific(r.reason, reason):
		return wrong
	}

	return nil
}

// moreSpecific returns whether one reason is more specific than the other, by
// their names.
func moreSpecific(a, b string) bool {
	return storedReason(a).MoreSpecificThan(storedReason(b))
}

// storedReason returns the byte that lnd stores for a reason. The values of the
// RPC are those bytes plus one, because zero is NONE there.
func storedReason(name string) outcome.Reason {
	value := lnrpc.PaymentFailureReason_value["FAILURE_REASON_"+name]

	return outcome.Reason(value - 1)
}

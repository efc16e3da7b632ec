package watcher

import (
	"context"
	"testing"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
)

// historyLen is how many payments the benchmark reads.
const historyLen = 100_000

// archive is a node that has made payments, the first of which is in flight.
type archive struct {
	*node
}

// ListPayments returns a page of failures without attempts.
func (a archive) ListPayments(_ context.Context, in *lnrpc.ListPaymentsRequest,
	_ ...grpc.CallOption) (*lnrpc.ListPaymentsResponse, error) {

	page := &lnrpc.ListPaymentsResponse{}
	first, last := in.IndexOffset+1, in.IndexOffset+in.MaxPayments
	if in.Reversed {
		last = historyLen
		if in.IndexOffset != 0 {
			last = in.IndexOffset - 1
		}
		first = max(last, in.MaxPayments) - in.MaxPayments + 1
	}
	for index := first; index <= min(last, historyLen); index++ {
		p := &lnrpc.Payment{
			PaymentIndex:   index,
			CreationTimeNs: int64(index) * 1e9,
			Status:         lnrpc.Payment_FAILED,
			FailureReason:  noRoute,
		}
		if index == 1 {
			p.Status = lnrpc.Payment_IN_FLIGHT
		}
		page.Payments = append(page.Payments, p)
	}

	return page, nil
}

// nowhere is a sink that only counts.
type nowhere struct {
	outcomes int
	enough   context.CancelFunc
}

// Position returns that there is none.
func (*nowhere) Position(context.Context) (*Position, error) {
	return nil, nil
}

// Deliver counts outcomes and ends the watcher after the last one.
func (n *nowhere) Deliver(_ context.Context, outcomes []*Outcome,
	_ Position) error {

	n.outcomes += len(outcomes)
	if n.outcomes == historyLen-1 {
		n.enough()
	}

	return nil
}

// BenchmarkCatchUp reads 100,000 failures from the beginning, above a payment
// that is in flight all the time. It measures what the watcher itself takes.
func BenchmarkCatchUp(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		ctx, cancel := context.WithCancel(context.Background())
		a, sink := archive{newNode()}, &nowhere{enough: cancel}
		err := New(Config{
			Payments: a, Router: a, Sink: sink,
		}).Run(ctx)
		require.ErrorIs(b, err, context.Canceled)
		require.Equal(b, historyLen-1, sink.outcomes)
	}
}

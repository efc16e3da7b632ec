package watcher

import (
	"context"
	"runtime"
	"testing"
	"time"

	"lnd-once/lnrpc/paymentrpc"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
)

const (
	// historyLen is how many payments the benchmark reads.
	historyLen = 100_000

	// beyondLen is how many payments end while one stays in flight.
	beyondLen = 1_000_000
)

// archive is a node that has made payments, the first of which is in flight.
type archive struct {
	*node
}

// ListPayments returns a page of failures without attempts.
func (a archive) ListPayments(_ context.Context,
	in *paymentrpc.ListPaymentsRequest,
	_ ...grpc.CallOption) (*paymentrpc.ListPaymentsResponse, error) {

	page := &paymentrpc.ListPaymentsResponse{}
	first, last := in.IndexOffset+1, in.IndexOffset+in.MaxPayments
	if in.Reversed {
		last = historyLen
		if in.IndexOffset != 0 {
			last = in.IndexOffset - 1
		}
		first = max(last, in.MaxPayments) - in.MaxPayments + 1
	}
	for index := first; index <= min(last, historyLen); index++ {
		p := &paymentrpc.Payment{
			PaymentIndex:   index,
			CreationTimeNs: int64(index) * 1e9,
			Status:         paymentrpc.Payment_FAILED,
			FailureReason:  noRoute,
		}
		if index == 1 {
			p.Status = paymentrpc.Payment_IN_FLIGHT
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

// Holds returns that it does not know.
func (*nowhere) Holds(_ context.Context, runs []Run) ([]bool, error) {
	return make([]bool, len(runs)), nil
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

// besideOpen returns a watcher whose first payment is in flight and that has
// delivered all others, and what delivers one more.
func besideOpen(t testing.TB) (*Watcher, func()) {
	w := New(Config{Sink: &nowhere{enough: func() {}}})
	w.ledger = newLedger(&Position{
		Next: 1, Newest: 1,
		Beyond: []Range{{First: 2, Last: beyondLen + 1}},
	})
	open := &paymentrpc.Payment{Status: paymentrpc.Payment_IN_FLIGHT}
	w.ledger.take(run{index: 1, created: 1}, newEntry(
		open, time.Now(), 0,
	), true)

	index := uint64(beyondLen + 1)
	return w, func() {
		index++
		p := &paymentrpc.Payment{
			PaymentIndex: index, CreationTimeNs: int64(index) * 1e9,
			Status: paymentrpc.Payment_SUCCEEDED,
		}
		w.ledger.take(runOf(p), newEntry(p, time.Now(), 0), true)
		_, err := w.deliver(context.Background(), time.Now())
		require.NoError(t, err)
	}
}

// TestDeliveryCostsNothingForWhatIsBeyond checks that a delivery beside an old
// payment in flight takes no memory for the million that have ended since.
func TestDeliveryCostsNothingForWhatIsBeyond(t *testing.T) {
	w, deliver := besideOpen(t)

	const deliveries = 100
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range deliveries {
		deliver()
	}
	runtime.ReadMemStats(&after)

	// A byte for each payment would be a hundred times this.
	each := (after.TotalAlloc - before.TotalAlloc) / deliveries
	require.Less(t, each, uint64(beyondLen/100))
	require.Equal(t, deliveries, w.cfg.Sink.(*nowhere).outcomes)
	require.Equal(t, []Range{{2, beyondLen + 1 + deliveries}},
		w.ledger.position().Beyond)
}

// BenchmarkDeliverBesideOpen measures the same deliveries.
func BenchmarkDeliverBesideOpen(b *testing.B) {
	b.ReportAllocs()
	_, deliver := besideOpen(b)
	for b.Loop() {
		deliver()
	}
}

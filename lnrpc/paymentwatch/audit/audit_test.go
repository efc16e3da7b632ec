package audit

import (
	"context"
	"testing"
	"time"

	"lnd-once/lnrpc/paymentrpc"
	"lnd-once/lnrpc/paymentwatch/sink"
	"lnd-once/lnrpc/paymentwatch/watcher"

	"github.com/stretchr/testify/require"
)

// run audits a sink.
func run(t *testing.T, url string, n *fakeNode) *Report {
	t.Helper()

	r, err := Run(context.Background(), Config{
		SinkURL: url, Identity: ours, Node: n,
	})
	require.NoError(t, err)

	return r
}

// kinds returns the kinds of the findings.
func kinds(r *Report) []Kind {
	kinds := []Kind{}
	for _, f := range r.Findings {
		kinds = append(kinds, f.Kind)
	}

	return kinds
}

// TestRowsAndPaymentsThatAreAlone audits a sink that lacks payments, for each
// reason that there is, and has some that the node lacks.
func TestRowsAndPaymentsThatAreAlone(t *testing.T) {
	t.Parallel()

	var stored []*paymentrpc.Payment
	for index := uint64(1); index <= 1200; index++ {
		stored = append(stored, pay(index, succeeded, noReason))
	}
	before, open := stored[1], pay(100, inFlight, noReason)
	open.Htlcs = nil
	stored[99] = open
	stored[999] = pay(1000, failed, timeout)

	// One was deleted, one failed and was made again.
	delivered := append([]*paymentrpc.Payment{}, stored[2:1100]...)
	deleted := stored[499]
	retried := pay(600, failed, timeout)
	retried.PaymentIndex, retried.PaymentHash = 2000, stored[699].PaymentHash
	retried.CreationTimeNs -= 5
	delivered = append(delivered, retried)

	// This one was made later than the one of its hash that is there.
	vanished := pay(600, failed, timeout)
	vanished.PaymentIndex, vanished.PaymentHash = 2001, stored[399].PaymentHash
	delivered = append(delivered, vanished)
	stored = append(stored[:499:499], stored[500:]...)

	// One row is missing, and those above the position are not there yet.
	missing := delivered[797]
	kept := delivered[:0:0]
	for _, p := range delivered {
		if p != missing && p != open {
			kept = append(kept, p)
		}
	}
	position := last(1100)
	position.Began = before.CreationTimeNs
	position.Beyond, position.Next = []watcher.Range{{
		First: 101, Last: 1100,
	}}, 100
	url, s := newSink(t, position, kept...)

	n := &fakeNode{payments: stored}
	r := run(t, url, n)
	require.Equal(t, 1198, r.Payments)
	require.Equal(t, 1, r.InFlight)
	require.Equal(t, 1098, r.Rows)
	require.Equal(t, 1095, r.Same)
	require.Equal(t, 1, r.Retried)
	require.Equal(t, 2, r.Before)
	require.Equal(t, 2, r.Count(Unknown))
	require.Equal(t, 1, r.Count(Missing))
	require.Equal(t, 100, r.Count(Undelivered))
	require.Len(t, r.Findings, 103)
	unknown := make(map[string]string)
	for _, f := range r.Findings {
		switch f.Kind {
		case Unknown:
			unknown[f.PaymentHash] = f.Sink

		case Missing:
			require.Equal(t, missing.PaymentHash, f.PaymentHash)
			require.Equal(t, "SUCCEEDED", f.Node)
		}
	}

	require.Equal(t, map[string]string{
		deleted.PaymentHash:  "SUCCEEDED",
		vanished.PaymentHash: "FAILED TIMEOUT",
	}, unknown)

	// What is missing is repaired, what is not delivered yet is not ours.
	require.NoError(t, r.Repair(context.Background(), s))
	require.Equal(t, 1, r.Repaired)
	require.True(t, r.Differs())
	r = run(t, url, n)
	require.Equal(t, 0, r.Count(Missing))
	require.Equal(t, 100, r.Count(Undelivered))
	require.Equal(t, 1096, r.Same)
	stays, err := s.Position(context.Background())
	require.NoError(t, err)
	require.Equal(t, position.Next, stays.Next)
	require.Equal(t, position.Beyond, stays.Beyond)

	// A payment outside of the period does not count.
	r, err = Run(context.Background(), Config{
		SinkURL: url, Identity: ours, Node: n, Period: sink.Period{
			Since: time.Unix(0, pay(500, 0, 0).CreationTimeNs+1),
			Until: time.Unix(0, pay(1101, 0, 0).CreationTimeNs),
		},
	})
	require.NoError(t, err)
	require.Equal(t, []Kind{Unknown}, kinds(r))
	require.Equal(t, 600, r.Payments)
	require.Equal(t, 602, r.Rows)
	require.Equal(t, 1, r.Retried)
}

// TestRepairMendsASinkWholly checks that nothing differs any more once the only
// row that was missing is there.
func TestRepairMendsASinkWholly(t *testing.T) {
	t.Parallel()

	n := &fakeNode{payments: []*paymentrpc.Payment{
		pay(1, succeeded, noReason), reject(pay(2, failed, details)),
	}}
	url, s := newSink(t, last(2), n.payments[0])
	r := run(t, url, n)
	require.Equal(t, []Kind{Missing}, kinds(r))
	require.True(t, r.Differs())
	require.NoError(t, r.Repair(context.Background(), s))
	require.False(t, r.Differs())
	require.False(t, run(t, url, n).Differs())
}

// TestWhatIsOnItsWayIsWaitedFor lets a payment be delivered when it was listed
// already, right in one case and wrong in the other.
func TestWhatIsOnItsWayIsWaitedFor(t *testing.T) {
	t.Parallel()

	for _, right := range []bool{true, false} {
		stored, told := pay(1, failed, noRoute), pay(1, failed, noRoute)
		if !right {
			told = pay(1, succeeded, noReason)
		}
		url, s := newSink(t, watcher.Position{Next: 1})
		r, err := Run(context.Background(), Config{
			SinkURL: url, Identity: ours, Patience: time.Minute,
			Node: &fakeNode{
				payments: []*paymentrpc.Payment{stored},
				listed: func() {
					deliver(t, s, last(1), told)
				},
			},
		})
		require.NoError(t, err)
		require.Equal(t, 1, r.Rows)
		if right {
			require.Empty(t, r.Findings)
			require.Equal(t, 1, r.Same)
		} else {
			require.Equal(t, []Kind{Different}, kinds(r))
		}
	}
}

// TestNothingWasDelivered audits a sink whose paymentwatch has not delivered
// anything, and not stored a position.
func TestNothingWasDelivered(t *testing.T) {
	t.Parallel()

	url, s := newSink(t, watcher.Position{Next: 1})
	require.NoError(t, s.Close())
	r := run(t, url, &fakeNode{
		payments: []*paymentrpc.Payment{pay(1, failed, timeout)},
	})
	require.Equal(t, []Kind{Undelivered}, kinds(r))
	require.NoError(t, r.Repair(context.Background(), s))
}

// TestSinkOfAnotherNodeIsNoAudit checks that there is no verdict about that.
func TestSinkOfAnotherNodeIsNoAudit(t *testing.T) {
	t.Parallel()

	url, _ := newSink(t, last(1))
	other := ours
	other.PubKey = peer
	_, err := Run(context.Background(), Config{
		SinkURL: url, Identity: other, Node: &fakeNode{},
	})
	require.ErrorIs(t, err, sink.ErrOtherNode)
}

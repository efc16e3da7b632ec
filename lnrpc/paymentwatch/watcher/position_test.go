package watcher

import (
	"testing"
	"time"

	"lnd-once/lnrpc/paymentrpc"

	"github.com/stretchr/testify/require"
)

// TestEarlyPaymentEndingLateIsNotMissed lets the first of many payments end
// last, while the watcher is away.
func TestEarlyPaymentEndingLateIsNotMissed(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		r := start(n, sink, FromBeginning(), 0)
		elapse(time.Second)
		early := n.pay(hashOf(0))
		for i := range 5 {
			n.succeed(n.pay(hashOf(i + 1)))
		}
		elapse(time.Second)
		require.Equal(t, uint64(1), sink.at().Next)
		require.Equal(t, []Range{{2, 6}}, sink.at().Beyond)
		_ = r.stop()

		n.fail(early, timeout)
		r = start(n, sink, FromBeginning(), 0)
		elapse(time.Minute)
		requireOnce(t, sink, early, failed, timeout)
		require.Equal(t, 6, sink.len())
		require.Equal(t, uint64(7), sink.at().Next)
		require.Empty(t, sink.at().Beyond)
		_ = r.stop()
	})
}

// TestCatchUpReadsOnlyWhatHappenedSince counts what a watcher reads that was
// away for three payments, after a long history with one still in flight.
func TestCatchUpReadsOnlyWhatHappenedSince(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		n.pay(hashOf(0))
		for i := range 2000 {
			n.succeed(n.pay(hashOf(i + 1)))
		}
		r := start(n, sink, FromBeginning(), 0)
		elapse(time.Minute)
		require.Equal(t, 2000, sink.len())
		_ = r.stop()

		for i := range 3 {
			n.succeed(n.pay(hashOf(3000 + i)))
		}
		n.takeLists()
		r = start(n, sink, FromBeginning(), 0)
		elapse(0)
		require.Equal(t, 2003, sink.len())

		// The last ones seen, which show that the indexes are the same,
		// the last payment, the last one delivered, the one in flight,
		// those made since, and that there are no more.
		lists := n.takeLists()
		require.Len(t, lists, 6)
		require.EqualValues(t, keepLast, lists[0].MaxPayments)
		lists = lists[1:]
		require.EqualValues(t, 1, lists[0].MaxPayments)
		require.EqualValues(t, 1, lists[1].MaxPayments)
		require.EqualValues(t, 1, lists[2].MaxPayments)
		require.EqualValues(t, 2001, lists[3].IndexOffset)
		require.EqualValues(t, 2004, lists[4].IndexOffset)
		_ = r.stop()
	})
}

// TestRetryIsItsOwnOutcome retries a hash, with both kinds of indexes, while
// the failure before is still held back.
func TestRetryIsItsOwnOutcome(t *testing.T) {
	t.Parallel()
	for _, reuses := range []bool{false, true} {
		inBubble(t, func(t *testing.T) {
			n, sink := newNode(), &memory{}
			n.reuses = reuses
			r := start(n, sink, FromBeginning(), DefaultHold)
			elapse(time.Second)

			first := n.pay(hashOf(1))
			n.fail(first, noRoute)
			elapse(time.Second)
			second := n.pay(hashOf(1))
			n.fail(second, timeout)
			elapse(time.Minute)
			third := n.pay(hashOf(1))
			elapse(time.Minute)
			n.succeed(third)
			elapse(time.Minute)

			requireOnce(t, sink, first, failed, noRoute)
			requireOnce(t, sink, second, failed, timeout)
			requireOnce(t, sink, third, succeeded, none)
			require.Empty(t, sink.at().Beyond)
			_ = r.stop()
		})
	}
}

// TestReusedIndexIsFoundAfterTimeAway deletes and retries payments while the
// watcher is away, on a database that gives their indexes to new ones. One
// delivered payment is left below, one is in flight.
func TestReusedIndexIsFoundAfterTimeAway(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		n.reuses = true
		var made []*paymentrpc.Payment
		for i := range 6 {
			made = append(made, n.pay(hashOf(i)))
			if i != 1 {
				n.fail(made[i], timeout)
			}
		}
		r := start(n, sink, FromBeginning(), 0)
		elapse(time.Minute)
		require.Equal(t, 5, sink.len())
		_ = r.stop()

		for _, p := range made[3:] {
			n.remove(p)
		}
		again := n.pay(hashOf(10))
		require.Equal(t, made[3].PaymentIndex, again.PaymentIndex)
		n.succeed(again)
		open := n.pay(hashOf(11))

		r = start(n, sink, FromBeginning(), 0)
		elapse(time.Minute)
		requireOnce(t, sink, again, succeeded, none)
		require.Equal(t, []Range{{3, 4}}, sink.at().Beyond)
		require.NotContains(t, sink.at().Last, RunOf(made[5]))
		n.succeed(open)
		n.succeed(made[1])
		elapse(time.Minute)
		requireOnce(t, sink, open, succeeded, none)
		requireOnce(t, sink, made[1], succeeded, none)
		require.Equal(t, 8, sink.len())
		require.Equal(t, uint64(6), sink.at().Next)
		_ = r.stop()
	})
}

// TestPositionWithoutRuns begins with positions of a version that named no
// payments: where nothing was in flight the indexes are checked all the same.
func TestPositionWithoutRuns(t *testing.T) {
	t.Parallel()
	for _, inFlight := range []bool{false, true} {
		inBubble(t, func(t *testing.T) {
			n, sink := newNode(), &memory{}
			made := gappy(n)
			if !inFlight {
				n.succeed(made[0])
			}
			r := start(n, sink, FromBeginning(), 0)
			elapse(5 * time.Minute)
			_ = r.stop()

			p := sink.position
			p.Whole, p.Open, p.Last = 0, nil, nil
			if !inFlight {
				n.renumber()
			}
			r = start(n, sink, FromBeginning(), 0)
			elapse(time.Minute)
			added := n.pay(hashOf(20))
			n.succeed(added)
			n.succeed(made[0])
			elapse(time.Minute)
			requireOnce(t, sink, added, succeeded, none)
			require.Equal(t, 21, sink.len())
			require.Len(t, sink.at().Last, keepLast)
			_ = r.stop()
		})
	}
}

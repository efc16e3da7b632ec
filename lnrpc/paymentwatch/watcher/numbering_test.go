package watcher

import (
	"context"
	"testing"
	"time"

	"lnd-once/lnrpc/paymentrpc"

	"github.com/stretchr/testify/require"
)

// forgetful is a sink that does not know what it holds, as one that prints.
type forgetful struct {
	*memory
}

// Holds returns that it holds nothing.
func (forgetful) Holds(_ context.Context, runs []Run) ([]bool, error) {
	return make([]bool, len(runs)), nil
}

// gappy makes payments with gaps among their indexes. The first one is in flight.
func gappy(n *node) []*paymentrpc.Payment {
	var made []*paymentrpc.Payment
	for i := range 20 {
		n.last += uint64(i % 3)
		p := n.pay(hashOf(i))
		switch {
		case i == 0:

		case i%4 == 0:
			n.fail(p, timeout)

		default:
			n.succeed(p)
		}
		made = append(made, p)
	}

	return made
}

// TestRenumberingWhileAway numbers the payments anew while the watcher is away,
// and ends and makes some.
func TestRenumberingWhileAway(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		made := gappy(n)
		r := start(n, sink, FromBeginning(), 0)
		elapse(5 * time.Minute)
		require.Equal(t, 19, sink.len())
		_ = r.stop()

		n.renumber()
		n.succeed(made[0])
		added := n.pay(hashOf(20))
		n.succeed(added)
		retried := n.pay(hashOf(4))
		n.fail(retried, noRoute)
		r = start(n, sink, FromBeginning(), 0)
		elapse(time.Minute)
		for _, p := range append(made, added, retried) {
			require.Len(t, sink.delivered(p), 1)
		}
		require.Equal(t, 22, sink.len())
		require.Equal(t, uint64(23), sink.at().Next)
		require.Empty(t, sink.at().Beyond)
		_ = r.stop()
	})
}

// TestRenumberingUnderTheWatcher numbers the payments anew while the watcher
// runs, with a failure that is held back and a payment whose reason was told
// before.
func TestRenumberingUnderTheWatcher(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		made := gappy(n)
		r := start(n, sink, FromBeginning(), DefaultHold)
		elapse(5 * time.Minute)

		open, held := n.pay(hashOf(20)), n.pay(hashOf(21))
		n.update(open, func(row *paymentrpc.Payment) {
			row.FailureReason = noRoute
		})
		n.fail(held, details)
		n.fail(held, timeout)
		elapse(time.Second)
		require.Len(t, sink.delivered(held), 0)
		r.takeStates()

		n.renumber()
		elapse(time.Minute)
		require.Contains(t, r.takeStates(), State{
			Phase: CatchingUp, Anew: true,
		})
		requireOnce(t, sink, held, failed, details)
		require.Equal(t, n.read(held).PaymentIndex,
			sink.delivered(held)[0].PaymentIndex)

		n.fail(open, failure)
		n.succeed(made[0])
		elapse(time.Minute)
		requireOnce(t, sink, open, failed, noRoute)
		requireOnce(t, sink, made[0], succeeded, none)
		require.Equal(t, 22, sink.len())

		n.cut(errDown)
		elapse(time.Second)
		require.Zero(t, r.takeStates()[0].Gone)
		_ = r.stop()
	})
}

// TestRenumberingLosesNoEnd deletes payments whose ends nobody has delivered yet
// in the moment in which they are numbered anew: what was told is delivered, what
// was in flight is counted.
func TestRenumberingLosesNoEnd(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		gappy(n)
		r := start(n, sink, FromBeginning(), DefaultHold)
		elapse(5 * time.Minute)

		held, open := n.pay(hashOf(20)), n.pay(hashOf(21))
		n.fail(held, timeout)
		elapse(time.Second)
		n.remove(held)
		n.remove(open)
		n.renumber()
		elapse(5 * time.Minute)
		requireOnce(t, sink, held, failed, timeout)

		n.cut(errDown)
		elapse(time.Second)
		states := r.takeStates()
		require.Equal(t, uint64(1), states[len(states)-1].Gone)
		_ = r.stop()
	})
}

// TestRenumberingNeedsNoSink numbers the payments anew under a watcher that began
// from now, with a sink that does not know what it holds: older ones than those
// of the last minute are not delivered again.
func TestRenumberingNeedsNoSink(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		made := gappy(n)
		r := start(n, forgetful{sink}, FromNow(), 0)
		elapse(5 * time.Minute)
		before := n.pay(hashOf(20))
		n.succeed(before)
		elapse(5 * time.Minute)
		last := n.pay(hashOf(21))
		n.succeed(last)
		elapse(5 * time.Minute)
		_ = r.stop()

		n.renumber()
		n.succeed(made[0])
		r = start(n, forgetful{sink}, FromNow(), 0)
		elapse(time.Minute)
		requireOnce(t, sink, made[0], succeeded, none)
		requireOnce(t, sink, before, succeeded, none)
		require.Len(t, sink.delivered(last), 2)
		require.Equal(t, 4, sink.len())
		_ = r.stop()
	})
}

// TestLastPaymentsDeleted deletes all payments that the position names. That says
// nothing about the indexes, so that all are read, but none delivered again.
func TestLastPaymentsDeleted(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		made := gappy(n)
		r := start(n, sink, FromBeginning(), 0)
		elapse(5 * time.Minute)
		require.Len(t, sink.at().Last, keepLast)

		// One that is left shows that they are the same.
		for _, p := range made[len(made)-keepLast+1:] {
			n.remove(p)
		}
		r.takeStates()
		n.cut(errDown)
		elapse(time.Minute)
		for _, state := range r.takeStates() {
			require.False(t, state.Anew)
		}

		// The gaps below those that are left are not read one by one.
		n.setDown(errDown)
		n.remove(made[len(made)-keepLast])
		added := n.pay(hashOf(20))
		elapse(time.Minute)
		n.setDown(nil)
		n.takeLists()
		elapse(maxRetry)
		require.Less(t, len(n.takeLists()), 16)
		require.Contains(t, r.takeStates(), State{
			Phase: CatchingUp, Anew: true,
		})
		n.succeed(made[0])
		n.succeed(added)
		elapse(time.Minute)
		require.Equal(t, 21, sink.len())
		_ = r.stop()
	})
}

// TestCrashWhileCatchingUpBeforeRenumbering stops the watcher in the midst of old
// payments, when it has delivered a new one: at its start, and when it has lost
// the connection for long. Of those between only the sink knows which they are.
func TestCrashWhileCatchingUpBeforeRenumbering(t *testing.T) {
	t.Parallel()
	for _, before := range []bool{false, true} {
		inBubble(t, func(t *testing.T) {
			n, sink := newNode(), &memory{}
			var r *running
			if before {
				r = start(n, sink, FromBeginning(), 0)
				elapse(time.Minute)
			}
			n.setDown(errDown)
			elapse(time.Second)
			for i := range 3 * pageSize {
				n.last++
				n.succeed(n.pay(hashOf(i)))
			}
			elapse(time.Hour)
			sink.wait = make(chan struct{})
			n.setDown(nil)
			if !before {
				r = start(n, sink, FromBeginning(), 0)
			}
			elapse(time.Minute)
			late := n.pay(hashOf(5000))
			n.succeed(late)
			elapse(time.Second)
			for range 3 {
				sink.wait <- struct{}{}
				elapse(time.Second)
			}
			_ = r.stop()
			require.Less(t, sink.len(), 3*pageSize)
			requireOnce(t, sink, late, succeeded, none)

			close(sink.wait)
			n.renumber()
			r = start(n, sink, FromBeginning(), 0)
			elapse(5 * time.Minute)
			require.Equal(t, 3*pageSize+1, sink.len())
			for _, p := range n.rows {
				require.Len(t, sink.delivered(p), 1)
			}
			_ = r.stop()
		})
	}
}

// TestRenumberingWhileTheSinkIsSlow numbers the payments anew between two pages:
// the second one must not be taken for one with the old indexes.
func TestRenumberingWhileTheSinkIsSlow(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		for i := range 3 * pageSize {
			n.last++
			n.succeed(n.pay(hashOf(i)))
		}
		sink.wait = make(chan struct{})
		r := start(n, sink, FromBeginning(), 0)
		elapse(10 * time.Second)
		n.renumber()
		elapse(10 * time.Second)
		close(sink.wait)
		elapse(5 * time.Minute)
		require.Equal(t, 3*pageSize, sink.len())
		for _, p := range n.rows {
			require.Len(t, sink.delivered(p), 1)
		}
		_ = r.stop()
	})
}

package watcher

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestVanishedPaymentDoesNotHoldThePosition deletes payments that have no end,
// seen and not seen. That one was seen is told.
func TestVanishedPaymentDoesNotHoldThePosition(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		unseen := n.pay(hashOf(1))
		n.remove(unseen)
		n.succeed(n.pay(hashOf(2)))

		r := start(n, sink, FromBeginning(), 0)
		elapse(time.Second)
		seen := n.pay(hashOf(3))
		n.succeed(n.pay(hashOf(4)))
		elapse(time.Second)
		n.remove(seen)
		require.Equal(t, uint64(1), sink.at().Next)

		elapse(5 * time.Minute)
		require.Equal(t, uint64(5), sink.at().Next)
		require.Empty(t, sink.at().Beyond)
		require.Equal(t, 2, sink.len())

		n.cut(errDown)
		elapse(time.Minute)
		states := r.takeStates()
		require.Equal(t, uint64(1), states[len(states)-1].Gone)
		_ = r.stop()
	})
}

// TestEndOnItsWayIsAwaited deletes a payment whose end the stream brings only
// after the database was read without it.
func TestEndOnItsWayIsAwaited(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		r := start(n, sink, FromBeginning(), 0)
		elapse(time.Second)
		p := n.pay(hashOf(1))
		n.remove(p)
		elapse(30 * time.Second)

		p.Status = succeeded
		n.mu.Lock()
		n.announce(p)
		n.mu.Unlock()
		elapse(time.Second)
		requireOnce(t, sink, p, succeeded, none)
		_ = r.stop()
	})
}

// TestHoleFoundAtStartIsClosed restarts a watcher at a position with a hole, on
// a node whose payments were all deleted and that makes no more.
func TestHoleFoundAtStartIsClosed(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		sink.position = &Position{Next: 1, Beyond: []Range{{2, 2}}}
		r := start(n, sink, FromBeginning(), 0)
		elapse(2*initWait + time.Second)
		require.Equal(t, uint64(3), sink.at().Next)
		require.Zero(t, sink.len())
		_ = r.stop()
	})
}

// TestLateUpdateOfTheRunBeforeIsIgnored repeats the end of a failure that was
// delivered, when a retry has got its index.
func TestLateUpdateOfTheRunBeforeIsIgnored(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		n.reuses = true
		r := start(n, sink, FromBeginning(), 0)
		elapse(time.Second)
		first := n.pay(hashOf(1))
		n.fail(first, noRoute)
		elapse(time.Second)
		second := n.pay(hashOf(1))
		require.Equal(t, first.PaymentIndex, second.PaymentIndex)
		elapse(time.Second)

		first.Status, first.FailureReason = failed, timeout
		n.mu.Lock()
		n.announce(first)
		n.mu.Unlock()
		elapse(time.Second)
		n.succeed(second)
		elapse(time.Second)
		requireOnce(t, sink, first, failed, noRoute)
		requireOnce(t, sink, second, succeeded, none)
		_ = r.stop()
	})
}

// TestPaymentWrittenLateIsNotMissed lets a payment appear below others that
// were delivered already, while the watcher is away.
func TestPaymentWrittenLateIsNotMissed(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		write := n.payLate(hashOf(1))
		n.succeed(n.pay(hashOf(2)))

		r := start(n, sink, FromBeginning(), 0)
		elapse(30 * time.Second)
		require.Equal(t, 1, sink.len())
		_ = r.stop()
		late := write()
		n.succeed(late)

		r = start(n, sink, FromBeginning(), 0)
		elapse(time.Minute)
		requireOnce(t, sink, late, succeeded, none)
		_ = r.stop()
	})
}

// TestOldHistoryHasNoHoles checks that gaps among old payments do not keep the
// position back until they have been there for a while.
func TestOldHistoryHasNoHoles(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		for i := range 1500 {
			p := n.pay(hashOf(i))
			if i%7 == 0 {
				n.remove(p)
			} else {
				n.succeed(p)
			}
		}
		elapse(2 * initWait)
		n.succeed(n.pay(hashOf(2000)))

		r := start(n, sink, FromBeginning(), 0)
		elapse(0)
		require.Equal(t, uint64(1502), sink.at().Next)
		require.Empty(t, sink.at().Beyond)
		_ = r.stop()
	})
}

// TestSinkThatForgetsTheNewestDeliversOnce checks that without the creation
// time an index that is done stays so.
func TestSinkThatForgetsTheNewestDeliversOnce(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		early := n.pay(hashOf(0))
		late := n.pay(hashOf(1))
		n.fail(late, timeout)
		r := start(n, sink, FromBeginning(), 0)
		elapse(time.Minute)
		n.succeed(early)
		elapse(time.Minute)
		_ = r.stop()

		sink.position.Newest = 0
		r = start(n, sink, FromBeginning(), 0)
		elapse(time.Second)
		n.fail(late, failure)
		again := n.pay(hashOf(2))
		n.succeed(again)
		elapse(time.Minute)
		require.Equal(t, 3, sink.len())
		require.Zero(t, sink.at().Newest)
		_ = r.stop()
	})
}

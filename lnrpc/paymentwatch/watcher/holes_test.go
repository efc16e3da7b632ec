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
	run(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		unseen := n.pay(hashOf(1))
		n.remove(unseen)
		n.succeed(n.pay(hashOf(2)))

		r := start(n, sink, FromBeginning(), 0)
		settled(time.Second)
		seen := n.pay(hashOf(3))
		n.succeed(n.pay(hashOf(4)))
		settled(time.Second)
		n.remove(seen)
		require.Equal(t, uint64(1), sink.at().Next)

		settled(5 * time.Minute)
		require.Equal(t, uint64(5), sink.at().Next)
		require.Empty(t, sink.at().Beyond)
		require.Equal(t, 2, sink.len())

		n.cut(errDown)
		settled(time.Minute)
		states := r.takeStates()
		require.Equal(t, uint64(1), states[len(states)-1].Gone)
		_ = r.stop()
	})
}

// TestEndOnItsWayIsAwaited deletes a payment whose end the stream brings only
// after the database was read without it.
func TestEndOnItsWayIsAwaited(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		r := start(n, sink, FromBeginning(), 0)
		settled(time.Second)
		p := n.pay(hashOf(1))
		n.remove(p)
		settled(30 * time.Second)

		p.Status = succeeded
		n.mu.Lock()
		n.announce(p)
		n.mu.Unlock()
		settled(time.Second)
		requireOnce(t, sink, p, succeeded, none)
		_ = r.stop()
	})
}

// TestHoleFoundAtStartIsClosed restarts a watcher at a position with a hole, on
// a node whose payments were all deleted and that makes no more.
func TestHoleFoundAtStartIsClosed(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		sink.position = &Position{Next: 1, Beyond: []Range{{2, 2}}}
		r := start(n, sink, FromBeginning(), 0)
		settled(2*initWait + time.Second)
		require.Equal(t, uint64(3), sink.at().Next)
		require.Zero(t, sink.len())
		_ = r.stop()
	})
}

// TestLateUpdateOfTheRunBeforeIsIgnored repeats the end of a failure that was
// delivered, when a retry has got its index.
func TestLateUpdateOfTheRunBeforeIsIgnored(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		n.reuses = true
		r := start(n, sink, FromBeginning(), 0)
		settled(time.Second)
		first := n.pay(hashOf(1))
		n.fail(first, noRoute)
		settled(time.Second)
		second := n.pay(hashOf(1))
		require.Equal(t, first.PaymentIndex, second.PaymentIndex)
		settled(time.Second)

		first.Status, first.FailureReason = failed, timeout
		n.mu.Lock()
		n.announce(first)
		n.mu.Unlock()
		settled(time.Second)
		n.succeed(second)
		settled(time.Second)
		requireOnce(t, sink, first, failed, noRoute)
		requireOnce(t, sink, second, succeeded, none)
		_ = r.stop()
	})
}

// TestPaymentWrittenLateIsNotMissed lets a payment appear below others that
// were delivered already, while the watcher is away.
func TestPaymentWrittenLateIsNotMissed(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		write := n.payLate(hashOf(1))
		n.succeed(n.pay(hashOf(2)))

		r := start(n, sink, FromBeginning(), 0)
		settled(30 * time.Second)
		require.Equal(t, 1, sink.len())
		_ = r.stop()
		late := write()
		n.succeed(late)

		r = start(n, sink, FromBeginning(), 0)
		settled(time.Minute)
		requireOnce(t, sink, late, succeeded, none)
		_ = r.stop()
	})
}

// TestOldHistoryHasNoHoles checks that gaps among old payments do not keep the
// position back until they have been there for a while.
func TestOldHistoryHasNoHoles(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		for i := range 1500 {
			p := n.pay(hashOf(i))
			if i%7 == 0 {
				n.remove(p)
			} else {
				n.succeed(p)
			}
		}
		settled(2 * initWait)
		n.succeed(n.pay(hashOf(2000)))

		r := start(n, sink, FromBeginning(), 0)
		settled(0)
		require.Equal(t, uint64(1502), sink.at().Next)
		require.Empty(t, sink.at().Beyond)
		_ = r.stop()
	})
}

// TestSinkThatForgetsTheNewestDeliversOnce checks that without the creation
// time an index that is done stays so.
func TestSinkThatForgetsTheNewestDeliversOnce(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		early := n.pay(hashOf(0))
		late := n.pay(hashOf(1))
		n.fail(late, timeout)
		r := start(n, sink, FromBeginning(), 0)
		settled(time.Minute)
		n.succeed(early)
		settled(time.Minute)
		_ = r.stop()

		sink.position.Newest = 0
		r = start(n, sink, FromBeginning(), 0)
		settled(time.Second)
		n.fail(late, failure)
		again := n.pay(hashOf(2))
		n.succeed(again)
		settled(time.Minute)
		require.Equal(t, 3, sink.len())
		require.Zero(t, sink.at().Newest)
		_ = r.stop()
	})
}

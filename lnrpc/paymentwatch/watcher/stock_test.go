package watcher

import (
	"testing"
	"time"

	"lnd-once/lnrpc/paymentrpc"

	"github.com/stretchr/testify/require"
)

const (
	failed    = paymentrpc.Payment_FAILED
	succeeded = paymentrpc.Payment_SUCCEEDED

	unknownDetails = paymentrpc.Failure_INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS
)

// TestMostSpecificReasonSeenIsDelivered is S2 on a stock node: the timeout that
// is announced and stored last is not the reason.
func TestMostSpecificReasonSeenIsDelivered(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		r := start(n, sink, FromBeginning(), DefaultHold)
		elapse(time.Second)

		p := n.pay(hashOf(1))
		n.fail(p, details)
		elapse(time.Second)
		n.fail(p, timeout)
		elapse(time.Second)
		require.Zero(t, sink.len())

		elapse(2 * time.Second)
		requireOnce(t, sink, p, failed, details)

		// What comes later changes nothing.
		n.fail(p, insufficient)
		elapse(time.Hour)
		requireOnce(t, sink, p, failed, details)
		require.ErrorContains(t, r.stop(), "canceled")
	})
}

// TestReasonProposedInFlightCounts checks that a reason which was announced
// before the end is taken, although a later one was stored over it.
func TestReasonProposedInFlightCounts(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		r := start(n, sink, FromBeginning(), DefaultHold)
		elapse(time.Second)

		p := n.pay(hashOf(1))
		n.update(p, func(row *paymentrpc.Payment) {
			row.FailureReason = noRoute
		})
		n.fail(p, failure)
		elapse(time.Minute)
		requireOnce(t, sink, p, failed, noRoute)
		_ = r.stop()
	})
}

// TestSuccessNeverCarriesAReason is S3 on a stock node, live and afterwards.
func TestSuccessNeverCarriesAReason(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		before := n.pay(hashOf(1))
		n.succeed(before)
		n.fail(before, timeout)

		r := start(n, sink, FromBeginning(), DefaultHold)
		elapse(time.Second)
		p := n.pay(hashOf(2))
		n.succeed(p)
		n.fail(p, timeout)
		elapse(time.Minute)

		requireOnce(t, sink, before, succeeded, none)
		requireOnce(t, sink, p, succeeded, none)
		_ = r.stop()
	})
}

// TestStaleSnapshotDoesNotUndoAnEnd checks an update in flight after the end.
func TestStaleSnapshotDoesNotUndoAnEnd(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		r := start(n, sink, FromBeginning(), DefaultHold)
		elapse(time.Second)

		p := n.pay(hashOf(1))
		n.fail(p, noRoute)
		elapse(time.Second)
		n.announce(p)
		elapse(DefaultHold)
		requireOnce(t, sink, p, failed, noRoute)
		n.announce(p)
		elapse(time.Minute)
		requireOnce(t, sink, p, failed, noRoute)
		require.Equal(t, uint64(2), sink.at().Next)
		_ = r.stop()
	})
}

// TestAttemptsTellTheReasonOfAStoredPayment is S1 and S2 on a stock node, found
// by a watcher that was away.
func TestAttemptsTellTheReasonOfAStoredPayment(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		for i, reason := range []paymentrpc.PaymentFailureReason{
			failure, timeout,
		} {
			p := n.pay(hashOf(i))
			n.attempt(p, rejection(unknownDetails))
			n.fail(p, reason)
		}
		late := n.pay(hashOf(3))
		n.attempt(late, rejection(paymentrpc.Failure_MPP_TIMEOUT))
		n.fail(late, timeout)

		r := start(n, sink, FromBeginning(), DefaultHold)
		elapse(time.Minute)
		require.Equal(t, 3, sink.len())
		require.Equal(t, details, sink.row(0).FailureReason)
		require.Equal(t, details, sink.row(1).FailureReason)
		require.Equal(t, timeout, sink.row(2).FailureReason)
		_ = r.stop()
	})
}

// TestAttemptsDeletedAfterTheEndAreKept checks that lnd's deletion of failed
// attempts does not make the outcome poorer while it is held back.
func TestAttemptsDeletedAfterTheEndAreKept(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		r := start(n, sink, FromBeginning(), time.Minute)
		elapse(time.Second)

		p := n.pay(hashOf(1))
		n.attempt(p, rejection(unknownDetails))
		n.fail(p, failure)
		n.update(p, func(row *paymentrpc.Payment) {
			row.Htlcs = nil
		})
		elapse(5 * time.Minute)
		requireOnce(t, sink, p, failed, details)
		require.Len(t, sink.row(0).Htlcs, 1)
		_ = r.stop()
	})
}

// TestFailureHeldBackSurvivesACrash stops the watcher while it holds a failure
// back.
func TestFailureHeldBackSurvivesACrash(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		r := start(n, sink, FromBeginning(), DefaultHold)
		elapse(time.Second)
		p := n.pay(hashOf(1))
		n.fail(p, noRoute)
		elapse(time.Second)
		_ = r.stop()
		require.Zero(t, sink.len())

		r = start(n, sink, FromBeginning(), DefaultHold)
		elapse(time.Minute)
		requireOnce(t, sink, p, failed, noRoute)
		_ = r.stop()
	})
}

// TestFailureHeldBackIsReadAgain loses the connection while a failure is held
// back.
// What the node has stored meanwhile counts.
func TestFailureHeldBackIsReadAgain(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		r := start(n, sink, FromBeginning(), DefaultHold)
		elapse(time.Second)

		// Below them are gaps, which are read before.
		n.pay(hashOf(10))
		n.succeed(n.pay(hashOf(11)))
		n.pay(hashOf(12))
		n.succeed(n.pay(hashOf(13)))
		p, gone := n.pay(hashOf(1)), n.pay(hashOf(2))
		n.fail(p, failure)
		n.fail(gone, timeout)
		elapse(time.Millisecond)
		n.setDown(errDown)
		elapse(time.Minute)
		n.fail(p, noRoute)
		n.remove(gone)
		n.setDown(nil)
		elapse(2 * time.Minute)
		requireOnce(t, sink, p, failed, noRoute)
		requireOnce(t, sink, gone, failed, timeout)
		_ = r.stop()
	})
}

// TestNoDelayOnPatchedNode checks that a failure is delivered at once if none is
// held back.
func TestNoDelayOnPatchedNode(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		r := start(n, sink, FromBeginning(), 0)
		elapse(time.Second)
		p := n.pay(hashOf(1))
		n.fail(p, noRoute)
		elapse(0)
		requireOnce(t, sink, p, failed, noRoute)
		_ = r.stop()
	})
}

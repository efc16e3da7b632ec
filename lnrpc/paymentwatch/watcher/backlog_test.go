package watcher

import (
	"testing"
	"time"

	"lnd-once/lnrpc/paymentrpc"

	"github.com/stretchr/testify/require"
)

// TestLiveOnlyWhenOldFailuresAreDelivered catches up with failures that ended an
// hour ago. While they are held back the watcher is behind, and says so.
func TestLiveOnlyWhenOldFailuresAreDelivered(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		ended := time.Now()
		for i := range 5 {
			n.fail(n.pay(hashOf(i)), timeout)
		}
		elapse(time.Hour)

		r := start(n, sink, FromBeginning(), DefaultHold)
		elapse(DefaultHold - time.Second)
		require.Zero(t, sink.len())
		require.Equal(t, CatchingUp, r.phase())
		require.WithinDuration(t, ended, r.Oldest(), time.Second)

		elapse(time.Second)
		require.Equal(t, 5, sink.len())
		require.Equal(t, Live, r.phase())
		require.Zero(t, r.Oldest())

		// A failure that comes later does not change that.
		n.fail(n.pay(hashOf(5)), timeout)
		elapse(time.Second)
		require.Equal(t, Live, r.phase())
		_ = r.stop()
	})
}

// TestLiveDespiteFailuresThatComeWhileCatchingUp lets payments fail all the time.
func TestLiveDespiteFailuresThatComeWhileCatchingUp(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		n.fail(n.pay(hashOf(0)), timeout)
		r := start(n, sink, FromBeginning(), DefaultHold)
		for i := range 4 {
			n.fail(n.pay(hashOf(i+1)), timeout)
			elapse(time.Second)
		}
		require.Equal(t, Live, r.phase())
		_ = r.stop()
	})
}

// TestOldestTellsWhatTheSinkKeepsWaiting makes the sink stop while the watcher is
// live. What has ended and is not delivered is known while it does.
func TestOldestTellsWhatTheSinkKeepsWaiting(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		n.succeed(n.pay(hashOf(0)))
		r := start(n, sink, FromBeginning(), 0)
		elapse(time.Second)
		require.Equal(t, Live, r.phase())
		require.Zero(t, r.Oldest())

		sink.mu.Lock()
		sink.wait = make(chan struct{})
		sink.mu.Unlock()
		first := time.Now()
		n.succeed(n.pay(hashOf(1)))
		elapse(time.Minute)
		second := time.Now()
		n.succeed(n.pay(hashOf(2)))
		elapse(10 * time.Second)
		require.Equal(t, Live, r.phase())
		require.Equal(t, 1, sink.len())
		require.Equal(t, first, r.Oldest())

		// The first one gets through, the second one does not.
		sink.wait <- struct{}{}
		elapse(time.Second)
		require.Equal(t, 2, sink.len())
		require.Equal(t, second, r.Oldest())

		close(sink.wait)
		elapse(time.Second)
		require.Equal(t, 3, sink.len())
		require.Zero(t, r.Oldest())
		_ = r.stop()
	})
}

// TestOldestKnowsWhatIsInTheInbox asks for a payment that nobody has taken out of
// the inbox yet.
func TestOldestKnowsWhatIsInTheInbox(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		w, box := New(Config{}), newInbox()
		w.ledger = newLedger(&Position{})
		w.backlog.connect(box)
		p := &paymentrpc.Payment{PaymentIndex: 1}
		box.put(p, 0, maxEnded)
		require.Zero(t, w.Oldest())

		p = clone(p)
		p.Status = paymentrpc.Payment_SUCCEEDED
		ended := time.Now()
		box.put(p, 0, maxEnded)
		time.Sleep(time.Minute)
		box.put(p, 0, maxEnded)
		require.Equal(t, ended, w.Oldest())

		// Between the inbox and the sink it is not forgotten.
		require.NoError(t, w.take(box))
		require.Equal(t, ended, w.Oldest())
	})
}

// TestEndedAt checks when a payment that the database tells of has ended.
func TestEndedAt(t *testing.T) {
	t.Parallel()

	now := time.Unix(1000, 0)
	p := &paymentrpc.Payment{CreationTimeNs: time.Unix(500, 0).UnixNano()}
	require.True(t, endedAt(p, now).Equal(time.Unix(500, 0)))

	p.Htlcs = []*paymentrpc.HTLCAttempt{
		{ResolveTimeNs: time.Unix(700, 0).UnixNano()},
		{ResolveTimeNs: time.Unix(600, 0).UnixNano()},
	}
	require.True(t, endedAt(p, now).Equal(time.Unix(700, 0)))
	require.True(t, endedAt(p, time.Unix(650, 0)).Equal(
		time.Unix(650, 0),
	))
}

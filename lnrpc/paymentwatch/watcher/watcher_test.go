package watcher

import (
	"testing"
	"time"

	"lnd-once/lnrpc/paymentrpc"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// TestFromSaysWhereToBegin begins in three ways with payments that have ended,
// two of them in flight, and one made later.
func TestFromSaysWhereToBegin(t *testing.T) {
	t.Parallel()

	testCases := []struct {
		name string
		from From
		want []int
	}{
		{"beginning", FromBeginning(), []int{0, 1, 2, 3, 4, 5}},
		{"index", FromIndex(3), []int{2, 3, 4, 5}},
		{"now", FromNow(), []int{1, 3, 5}},
	}
	for _, tc := range testCases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				testFrom(t, tc.from, tc.want)
			})
		})
	}
}

// testFrom checks that a watcher delivers the wanted payments, also if it is
// restarted before the end of those in flight.
func testFrom(t *testing.T, from From, want []int) {
	n, sink := newNode(), &memory{}
	n.delay = time.Second
	var made []*paymentrpc.Payment
	for i := range 5 {
		made = append(made, n.pay(hashOf(i)))
		if i != 1 && i != 3 {
			n.succeed(made[i])
		}
	}
	r := start(n, sink, from, 0)
	elapse(2 * time.Second)
	made = append(made, n.pay(hashOf(5)))
	n.succeed(made[5])
	elapse(snapshotWait)
	_ = r.stop()

	n.succeed(made[1])
	r = start(n, sink, from, 0)
	elapse(time.Minute)
	n.succeed(made[3])
	elapse(time.Minute)
	_ = r.stop()

	require.Equal(t, len(want), sink.len())
	for _, i := range want {
		requireOnce(t, sink, made[i], succeeded, none)
	}
	require.Equal(t, uint64(7), sink.at().Next)
}

// TestFromAnIndexThatIsNotYetThere begins above the last payment. What is made
// later counts, although its index is lower.
func TestFromAnIndexThatIsNotYetThere(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		n.succeed(n.pay(hashOf(1)))
		r := start(n, sink, FromIndex(100), 0)
		elapse(time.Minute)
		p := n.pay(hashOf(2))
		n.succeed(p)
		elapse(time.Minute)
		requireOnce(t, sink, p, succeeded, none)
		require.Equal(t, 1, sink.len())
		_ = r.stop()
	})
}

// TestFromNowWithoutPayments begins at a node that has made none, and loses it
// before it knows that.
func TestFromNowWithoutPayments(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		r := start(n, sink, FromNow(), 0)
		elapse(time.Second)
		n.cut(errDown)
		elapse(time.Minute)
		require.Equal(t, uint64(1), sink.at().Next)
		p := n.pay(hashOf(1))
		n.succeed(p)
		elapse(time.Second)
		requireOnce(t, sink, p, succeeded, none)
		_ = r.stop()
	})
}

// TestCrashAroundTheCommitDeliversOnce crashes the sink before and after it has
// stored an outcome.
func TestCrashAroundTheCommitDeliversOnce(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		inBubble(t, func(t *testing.T) {
			n, sink := newNode(), &memory{}
			r := start(n, sink, FromBeginning(), 0)
			elapse(time.Second)
			sink.mu.Lock()
			sink.crashBefore, sink.crashAfter = !after, after
			sink.mu.Unlock()

			p := n.pay(hashOf(1))
			n.succeed(p)
			elapse(time.Second)
			err := <-r.done
			require.ErrorIs(t, err, ErrSink)
			require.ErrorIs(t, err, errCrash)

			r = start(n, sink, FromBeginning(), 0)
			elapse(time.Minute)
			requireOnce(t, sink, p, succeeded, none)
			_ = r.stop()
		})
	}
}

// TestEndBeforeTheStreamBeginsIsNotMissed ends a payment after the database was
// read, but before the node has begun the stream.
func TestEndBeforeTheStreamBeginsIsNotMissed(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		n.delay = time.Second
		p := n.pay(hashOf(1))
		r := start(n, sink, FromBeginning(), DefaultHold)
		elapse(time.Millisecond)
		n.succeed(p)
		quick := n.pay(hashOf(2))
		n.fail(quick, noRoute)
		elapse(time.Minute)
		requireOnce(t, sink, p, succeeded, none)
		requireOnce(t, sink, quick, failed, noRoute)
		_ = r.stop()
	})
}

// TestSlowSinkDoesNotGrowTheMemory blocks the sink while many payments end: the
// stream is given up, and the database tells the rest.
func TestSlowSinkDoesNotGrowTheMemory(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{wait: make(chan struct{})}
		r := start(n, sink, FromBeginning(), 0)
		elapse(0)
		for i := range 3 * maxEnded {
			n.succeed(n.pay(hashOf(i)))
		}
		elapse(time.Hour)

		// Nobody reads the stream any more.
		n.mu.Lock()
		require.Len(t, n.streams, 1)
		require.Error(t, n.streams[0].ctx.Err())
		require.NotEmpty(t, n.streams[0].updates)
		n.streams = nil
		n.mu.Unlock()

		close(sink.wait)
		elapse(time.Minute)
		require.Equal(t, 3*maxEnded, sink.len())
		require.Equal(t, uint64(3*maxEnded+1), sink.at().Next)
		for _, size := range sink.batches {
			require.LessOrEqual(t, size, pageSize)
		}
		_ = r.stop()
	})
}

// TestHistoryOfFailuresIsNotHeldBack reads more failures than may be held back.
func TestHistoryOfFailuresIsNotHeldBack(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		for i := range 3 * maxEnded {
			n.fail(n.pay(hashOf(i)), noRoute)
		}
		r := start(n, sink, FromBeginning(), DefaultHold)
		elapse(0)
		require.GreaterOrEqual(t, sink.len(), 2*maxEnded-pageSize)
		elapse(DefaultHold)
		require.Equal(t, 3*maxEnded, sink.len())
		_ = r.stop()
	})
}

// TestStatesTellProgressAndErrors follows a watcher from a locked node to a
// live one that goes away.
func TestStatesTellProgressAndErrors(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		for i := range 2 * pageSize {
			n.succeed(n.pay(hashOf(i)))
		}
		locked := status.Error(codes.Unknown, "wallet locked, unlock "+
			"it to enable full RPC access")
		n.setDown(locked)
		r := start(n, sink, FromBeginning(), 0)
		elapse(0)
		states := r.takeStates()
		require.Equal(t, State{Phase: CatchingUp}, states[0])
		require.Equal(t, Disconnected, states[1].Phase)
		require.ErrorIs(t, states[1].Err, locked)
		require.Positive(t, states[1].Retry)

		n.setDown(nil)
		elapse(minRetry)
		require.Equal(t, []State{
			{Phase: CatchingUp},
			{Phase: CatchingUp, Done: 500, Total: 1000},
			{Phase: CatchingUp, Done: 1000, Total: 1000},
			{Phase: Live},
		}, r.takeStates())

		elapse(time.Hour)
		require.Empty(t, r.takeStates())
		n.setDown(errDown)
		elapse(time.Millisecond)
		states = r.takeStates()
		require.Equal(t, Disconnected, states[0].Phase)
		require.LessOrEqual(t, states[0].Retry, minRetry)
		_ = r.stop()
	})
}

// TestIdleNodeIsAskedLittle counts the calls of an hour without payments.
func TestIdleNodeIsAskedLittle(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		n.succeed(n.pay(hashOf(1)))
		r := start(n, sink, FromBeginning(), 0)
		elapse(time.Minute)
		n.takeLists()
		deliveries := len(sink.batches)
		elapse(time.Hour)
		require.LessOrEqual(t, len(n.takeLists()), 3*61)
		require.Len(t, sink.batches, deliveries)
		_ = r.stop()
	})
}

package paymentfeed

import (
	"cmp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// testTimeout is how long a test waits for something that must happen.
const testTimeout = 10 * time.Second

// testEvent is the version-th event of a key.
type testEvent struct {
	key      string
	version  int
	terminal bool
}

// Terminated returns true if the payment has ended.
//
// NOTE: Part of the Event interface.
func (e testEvent) Terminated() bool {
	return e.terminal
}

// open and closed return events of the key "a" before and at the end of a
// payment.
func open(version int) testEvent {
	return testEvent{key: "a", version: version}
}
func closed(version int) testEvent {
	return testEvent{key: "a", version: version, terminal: true}
}

// newTestFeed creates the feed that all tests use.
func newTestFeed() *Feed[string, testEvent] {
	return New[string](func(a, b testEvent) int {
		return cmp.Compare(a.version, b.version)
	})
}

// requireNext asserts that the next event of the subscription is this one.
func requireNext(t *testing.T, sub *Subscription, want testEvent) {
	t.Helper()

	select {
	case got, ok := <-sub.Updates():
		require.True(t, ok, "stream ended before %v", want)
		require.Equal(t, want, got)

	case <-time.After(testTimeout):
		require.Fail(t, "no event", "want %v", want)
	}
}

// requireEnd asserts that the stream ends now.
func requireEnd(t *testing.T, sub *Subscription) {
	t.Helper()

	select {
	case got, ok := <-sub.Updates():
		require.False(t, ok, "unexpected event %v", got)

	case <-time.After(testTimeout):
		require.Fail(t, "stream did not end")
	}
}

// TestFeedTellsTerminalEventOnce asserts that a second terminal event of a
// payment reaches nobody, and that a retry has an end of its own.
func TestFeedTellsTerminalEventOnce(t *testing.T) {
	t.Parallel()

	f := newTestFeed()
	sub := f.SubscribeAll()
	defer sub.Close()

	f.Publish("a", open(1))
	f.Publish("a", closed(2))
	f.Publish("a", closed(3))
	f.Publish("a", open(4))
	f.Publish("a", closed(5))

	for _, want := range []testEvent{
		open(1), closed(2), open(4), closed(5),
	} {
		requireNext(t, sub, want)
	}
}

// TestFeedSnapshotNeverFollowsNewerUpdate asserts that a new subscriber starts
// with the latest event of a live payment, and gets all that follow.
func TestFeedSnapshotNeverFollowsNewerUpdate(t *testing.T) {
	t.Parallel()

	f := newTestFeed()
	f.Seed("a", open(1))
	f.Publish("a", open(2))

	// What the database held before that is no news.
	f.Seed("a", open(1))

	sub := f.SubscribeAll()
	defer sub.Close()
	f.Publish("a", closed(3))

	requireNext(t, sub, open(2))
	requireNext(t, sub, closed(3))
}

// TestFeedSnapshotIsSorted asserts that a snapshot, and what the feed says is
// live, has the live payments in the order of the comparison, whenever their
// latest event came.
func TestFeedSnapshotIsSorted(t *testing.T) {
	t.Parallel()

	f := newTestFeed()
	for _, version := range []int{3, 1, 5, 2, 4} {
		f.Publish(strconv.Itoa(version), open(version))
	}
	require.Equal(t, []string{"1", "2", "3", "4", "5"}, f.Live())
	sub := f.SubscribeAll()
	defer sub.Close()

	for version := 1; version <= 5; version++ {
		requireNext(t, sub, open(version))
	}
}

// TestFeedSnapshotHoldsLivePaymentsOnly asserts that payments that have ended
// are not part of a snapshot.
func TestFeedSnapshotHoldsLivePaymentsOnly(t *testing.T) {
	t.Parallel()

	f := newTestFeed()
	f.Seed("ended before", closed(1))
	f.Publish("ended", open(1))
	f.Publish("ended", closed(2))
	f.Publish("live", open(1))

	require.Equal(t, map[string]testEvent{"live": open(1)}, f.live)

	_, ok := f.Latest("ended")
	require.False(t, ok)
	latest, ok := f.Latest("live")
	require.True(t, ok)
	require.Equal(t, open(1), latest)
}

// TestFeedSingleStreamEndsWithTerminalEvent asserts that a stream of one
// payment gets nothing of others, and ends right after the terminal event.
func TestFeedSingleStreamEndsWithTerminalEvent(t *testing.T) {
	t.Parallel()

	f := newTestFeed()
	sub := f.SubscribeOne("a", open(1))
	defer sub.Close()

	f.Publish("b", testEvent{key: "b", version: 1})
	f.Publish("a", open(2))
	f.Publish("a", closed(3))
	f.Publish("a", open(4))

	requireNext(t, sub, open(1))
	requireNext(t, sub, open(2))
	requireNext(t, sub, closed(3))
	requireEnd(t, sub)
}

// TestFeedSingleStreamOfEndedPayment asserts that a stream of a payment that
// has ended consists of its end.
func TestFeedSingleStreamOfEndedPayment(t *testing.T) {
	t.Parallel()

	f := newTestFeed()
	sub := f.SubscribeOne("a", closed(7))
	defer sub.Close()

	requireNext(t, sub, closed(7))
	requireEnd(t, sub)
	require.Empty(t, f.live)
}

// TestFeedForgets asserts that a payment that is forgotten is not live, and
// that the streams of those who subscribed to it end.
func TestFeedForgets(t *testing.T) {
	t.Parallel()

	f := newTestFeed()
	f.Publish("a", open(1))
	sub := f.SubscribeOne("a", open(1))
	defer sub.Close()
	requireNext(t, sub, open(1))

	f.Forget("a")
	requireEnd(t, sub)
	require.Empty(t, f.Live())
}

// TestFeedClosedSubscriptionIsRemovedAtOnce asserts that closing leaves nothing
// behind, whatever the subscriber has read, and can be done twice.
func TestFeedClosedSubscriptionIsRemovedAtOnce(t *testing.T) {
	t.Parallel()

	f := newTestFeed()
	f.Publish("a", open(1))

	all, one := f.SubscribeAll(), f.SubscribeOne("a", open(1))
	for _, sub := range []*Subscription{all, one} {
		sub.Close()
		sub.Close()

		_, ok := <-sub.Updates()
		require.False(t, ok)
	}

	require.Empty(t, f.all)
	require.Empty(t, f.single)
}

// TestFeedStalledSubscriberDelaysNobody asserts that publishing and reading go
// on while one subscriber does not read. It gets every event all the same as
// long as it is not behind.
func TestFeedStalledSubscriberDelaysNobody(t *testing.T) {
	t.Parallel()

	f := newTestFeed()
	stalled, reading := f.SubscribeAll(), f.SubscribeAll()
	defer stalled.Close()
	defer reading.Close()

	for i := 0; i < defaultMaxBehind; i++ {
		f.Publish("a", open(i))
		requireNext(t, reading, open(i))
	}
	for i := 0; i < defaultMaxBehind; i++ {
		requireNext(t, stalled, open(i))
	}
}

// TestFeedBoundsWhatItKeepsForStalledSubscriber asserts that a subscriber who
// does not read misses superseded events of live payments only, and that no
// more is kept for it than is documented.
func TestFeedBoundsWhatItKeepsForStalledSubscriber(t *testing.T) {
	t.Parallel()

	const (
		numEvents  = 100_000
		runLength  = 1000
		numRetries = 5
	)

	f := newTestFeed()
	stalled := f.SubscribeAll()
	defer stalled.Close()

	// A payment with a few runs, and one that just goes on.
	for i := 1; i <= numEvents; i++ {
		a := testEvent{
			key: "a", version: i,
			terminal: i%runLength == 0 && i <= numRetries*runLength,
		}
		f.Publish("a", a)
		f.Publish("b", testEvent{key: "b", version: i})

		require.LessOrEqual(t, stalled.numUnread(), defaultMaxBehind)
	}

	told, ends := make(map[string]testEvent), 0
	for told["a"].version < numEvents || told["b"].version < numEvents {
		item := <-stalled.Updates()
		event, ok := item.(testEvent)
		require.True(t, ok)

		require.Greater(t, event.version, told[event.key].version)
		told[event.key] = event
		if event.terminal {
			ends++
			require.Equal(t, ends*runLength, event.version)
		}
	}
	require.Equal(t, numRetries, ends)
	require.Zero(t, stalled.numUnread())
}

// TestFeedKeepsEveryEndForStalledSubscriber asserts that terminal events are
// kept beyond all limits, in their order, and nothing else of those runs.
func TestFeedKeepsEveryEndForStalledSubscriber(t *testing.T) {
	t.Parallel()

	const (
		numRuns   = 2 * defaultMaxBehind
		runLength = 10
	)

	f := newTestFeed()
	stalled := f.SubscribeAll()
	defer stalled.Close()

	for i := 1; i <= numRuns*runLength; i++ {
		if i%runLength == 0 {
			f.Publish("a", closed(i))
		} else {
			f.Publish("a", open(i))
		}
	}
	require.LessOrEqual(t, stalled.numUnread(), numRuns)

	for end := 0; end < numRuns*runLength; {
		event, ok := (<-stalled.Updates()).(testEvent)
		require.True(t, ok)
		if event.terminal {
			end += runLength
			require.Equal(t, closed(end), event)
		}
	}
}

// TestFeedForgetsThatSubscriberWasBehind asserts that a subscriber who has
// caught up, without ever having read all there is, is treated as any other: it
// gets every event, and if it stalls again no more is kept for it.
func TestFeedForgetsThatSubscriberWasBehind(t *testing.T) {
	t.Parallel()

	const numRuns = 100 * defaultMaxBehind

	f := newTestFeed()
	sub := f.SubscribeAll()
	defer sub.Close()

	for i := 0; i < numRuns; i++ {
		f.Publish("a", open(2*i))
		f.Publish("a", closed(2*i+1))
	}
	for sub.numUnread() > 10 {
		<-sub.Updates()
	}

	// What is pending now is known, but not which event is being delivered.
	const numOpen = defaultMaxBehind / 2
	for i := 0; i < numOpen; i++ {
		f.Publish("b", testEvent{key: "b", version: i})
	}
	for i := 0; i < numOpen; {
		event, ok := (<-sub.Updates()).(testEvent)
		require.True(t, ok)
		if event.key == "b" {
			require.Equal(t, i, event.version)
			i++
		}
	}

	for i := 0; i < numRuns; i++ {
		f.Publish("a", open(2*numRuns+i))
		require.LessOrEqual(t, sub.numUnread(), defaultMaxBehind)
	}
}

// numUnread returns how many events are kept for the subscriber.
func (s *Subscription) numUnread() int {
	s.mu.Lock()
	defer s.mu.Unlock()

	return s.pending.Len()
}

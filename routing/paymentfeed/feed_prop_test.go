package paymentfeed

import (
	"fmt"
	"runtime"
	"sort"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// keys are the payments of the property test.
var keys = []string{"a", "b", "c"}

// store plays the database and the control tower's lock of one key: an event
// is stored, and then published, before the next one can be.
type store struct {
	mu sync.Mutex

	feed *Feed[string, testEvent]
	key  string

	// latest is the event last stored, which is the one last published.
	latest testEvent

	// ends holds the versions that ended a run, in their order.
	ends []int
}

// write stores and publishes the next event of the key.
func (s *store) write(terminal bool) {
	s.mu.Lock()
	defer s.mu.Unlock()

	s.latest = testEvent{
		key: s.key, version: s.latest.version + 1, terminal: terminal,
	}
	if terminal {
		s.ends = append(s.ends, s.latest.version)
	}
	s.feed.Publish(s.key, s.latest)
}

// repeat publishes the end of the payment once more. Nobody may notice.
func (s *store) repeat() {
	s.mu.Lock()
	defer s.mu.Unlock()

	if s.latest.terminal {
		s.feed.Publish(s.key, s.latest)
	}
}

// version returns the version of the event last published.
func (s *store) version() int {
	s.mu.Lock()
	defer s.mu.Unlock()

	return s.latest.version
}

// endBetween returns whether a run has ended between the two versions.
func (s *store) endBetween(from, to int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()

	i := sort.SearchInts(s.ends, from+1)

	return i < len(s.ends) && s.ends[i] < to
}

// publisherScript is the runs of one key, each as its number of events before
// the terminal one.
type publisherScript []int

// play publishes all runs.
func (p publisherScript) play(s *store) {
	for _, numOpen := range p {
		for i := 0; i <= numOpen; i++ {
			s.write(false)
			runtime.Gosched()
		}

		s.write(true)
		s.repeat()
	}
}

// reader is a subscriber that checks its stream as it reads it.
type reader struct {
	// only is the key of a single-payment subscription, empty for all.
	only string

	// joinAfter is the number of events of the first key after which the
	// reader subscribes, leaveAfter that of its own events after which it
	// leaves; it stays to the end if that is negative.
	joinAfter, leaveAfter int

	// stalls is true if the reader begins to read when all is published.
	stalls bool
}

// versions returns the version of each key that was last published.
func versions(stores map[string]*store) map[string]int {
	v := make(map[string]int)
	for key, s := range stores {
		v[key] = s.version()
	}

	return v
}

// subscribe joins the stream.
func (r reader) subscribe(stores map[string]*store) *Subscription {
	s, ok := stores[r.only]
	if !ok {
		for _, s := range stores {
			return s.feed.SubscribeAll()
		}
	}

	s.mu.Lock()
	defer s.mu.Unlock()

	return s.feed.SubscribeOne(r.only, s.latest)
}

// read follows the stream and returns an error if a guarantee is broken. The
// published channel is closed when nothing will be published any more.
func (r reader) read(stores map[string]*store,
	published <-chan struct{}) error {

	for stores[keys[0]].version() < r.joinAfter && !isClosed(published) {
		runtime.Gosched()
	}

	before := versions(stores)
	sub := r.subscribe(stores)
	after := versions(stores)
	defer sub.Close()

	if r.stalls {
		<-published
	}

	var (
		told    = make(map[string]testEvent)
		numTold int
		done    bool
	)
	for r.leaveAfter < 0 || numTold < r.leaveAfter {
		// Whoever stays gets all there is.
		if done && r.only == "" && complete(told, after, stores) {
			return nil
		}

		var (
			item any
			ok   bool
		)
		select {
		case item, ok = <-sub.Updates():
			numTold++

		case <-published:
			done, published = true, nil
			continue
		}

		if !ok && r.only != "" && told[r.only].terminal {
			return nil
		}
		event, isEvent := item.(testEvent)
		if !isEvent {
			return fmt.Errorf("stream ended after %v", told)
		}

		// No event is older than the one before, and no end is left
		// out, of what there is from the time of subscribing.
		last, seen := told[event.key]
		from := last.version
		if !seen {
			from = after[event.key]
		}
		skipped := stores[event.key].endBetween(from, event.version)
		switch {
		case !seen && event.version >= before[event.key] && !skipped:

		case seen && event.version > last.version && !skipped &&
			(r.only == "" || !last.terminal):

		default:
			return fmt.Errorf("%v after %v, subscribed between "+
				"%v and %v", event, last, before, after)
		}

		told[event.key] = event
	}

	return nil
}

// complete returns whether a reader has been told the end of every key, of
// which there is no need if it had been published when the reader came.
func complete(told map[string]testEvent, after map[string]int,
	stores map[string]*store) bool {

	for key, s := range stores {
		last := s.version()
		if told[key].version != last && after[key] != last {
			return false
		}
	}

	return true
}

// isClosed returns whether the channel is closed.
func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// TestFeedHoldsContract runs random publishers beside random subscribers that
// join, leave and stall. Each of them checks Once and Ordered for itself.
func TestFeedHoldsContract(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		var (
			feed    = newTestFeed()
			stores  = make(map[string]*store)
			scripts = make(map[string]publisherScript)
		)
		feed.maxBehind = rapid.SampledFrom(
			[]int{2, 5, defaultMaxBehind},
		).Draw(t, "max behind")
		for _, key := range keys {
			stores[key] = &store{feed: feed, key: key}
			scripts[key] = rapid.SliceOfN(
				rapid.IntRange(0, 4), 1, 40,
			).Draw(t, "runs of "+key)

			// There is a payment to subscribe to from the start.
			stores[key].write(false)
		}

		readers := rapid.SliceOfN(rapid.Custom(drawReader), 1, 30).Draw(
			t, "readers",
		)

		var (
			publishers, subscribers sync.WaitGroup
			published               = make(chan struct{})
			errs                    = make(chan error, len(readers))
		)
		for _, r := range readers {
			subscribers.Add(1)
			go func(r reader) {
				defer subscribers.Done()

				errs <- r.read(stores, published)
			}(r)
		}
		for _, key := range keys {
			publishers.Add(1)
			go func(key string) {
				defer publishers.Done()

				scripts[key].play(stores[key])
			}(key)
		}

		publishers.Wait()
		close(published)
		subscribers.Wait()

		close(errs)
		for err := range errs {
			require.NoError(t, err)
		}
		require.Empty(t, feed.all)
		require.Empty(t, feed.single)
		require.Empty(t, feed.live)
	})
}

// drawReader draws a random subscriber.
func drawReader(t *rapid.T) reader {
	return reader{
		only: rapid.SampledFrom(
			[]string{"", "", "a", "b"},
		).Draw(t, "only"),
		joinAfter:  rapid.IntRange(0, 80).Draw(t, "join"),
		leaveAfter: rapid.IntRange(-1, 20).Draw(t, "leave"),
		stalls:     rapid.Bool().Draw(t, "stalls"),
	}
}

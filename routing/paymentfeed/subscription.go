package paymentfeed

import "sync"

// maxBehind is the number of unread events from which on a subscriber is behind.
// One that reads never is, so that it gets every event.
const maxBehind = 1000

// entry is an event of a payment that has not been read yet.
type entry struct {
	key, event interface{}
	terminal   bool
}

// Subscription is the stream of events of one subscriber. What it has not read
// yet is kept for it, so that it holds up neither publishers nor others.
//
// If the subscriber is behind, of a live payment only the latest event is kept:
// the ones before it are superseded. Terminal events are always kept. So what is
// kept for it is at most 1,000 events or, if that is more, twice the number of
// unread terminal events and of payments with unread events after that.
type Subscription struct {
	// updates hands the events to the subscriber.
	updates chan interface{}

	// wake tells the delivery that there is something new. One signal is
	// enough, since the delivery goes on until nothing is pending.
	wake chan struct{}

	// quit is closed when the subscriber is no longer interested.
	quit chan struct{}

	// done is closed when the delivery has returned.
	done chan struct{}

	// remove takes the subscription off the feed's list.
	remove    func(*Subscription)
	closeOnce sync.Once

	mu sync.Mutex

	// pending holds the events that the delivery has not taken yet, the
	// first of them at index next.
	pending []entry
	next    int

	// limit is the number of pending events at which superseded ones are
	// dropped.
	limit int

	// ended is true if no event will follow the pending ones.
	ended bool
}

// newSubscription creates a subscription and starts its delivery. The passed
// function is called when it is closed.
func newSubscription(remove func(*Subscription)) *Subscription {
	s := &Subscription{
		updates: make(chan interface{}),
		wake:    make(chan struct{}, 1),
		quit:    make(chan struct{}),
		done:    make(chan struct{}),
		remove:  remove,
		limit:   maxBehind,
	}
	go s.deliver()

	return s
}

// Updates is the channel over which the events are received, in their order.
// It is closed after the last event, and when the subscription is closed.
func (s *Subscription) Updates() <-chan interface{} {
	return s.updates
}

// Close ends the subscription. When it returns, the feed no longer knows of the
// subscription and none of its goroutines is left. It may be called more than
// once, and does not need the subscriber to have read anything.
func (s *Subscription) Close() {
	s.closeOnce.Do(func() {
		s.remove(s)
		close(s.quit)
	})

	<-s.done
}

// push adds an event of a payment to the stream.
func (s *Subscription) push(e entry) {
	s.mu.Lock()
	if len(s.pending)-s.next >= s.limit {
		s.dropSuperseded()
	}
	s.pending = append(s.pending, e)
	s.mu.Unlock()

	s.signal()
}

// dropSuperseded drops the pending events that are neither terminal nor the
// latest of their payment. The limit follows what remains, so that the cost of
// looking at every event is shared by as many new ones.
//
// NOTE: The lock must be held.
func (s *Subscription) dropSuperseded() {
	var (
		newer = make(map[interface{}]struct{})
		first = len(s.pending)
	)
	for i := len(s.pending) - 1; i >= s.next; i-- {
		e := s.pending[i]
		if _, ok := newer[e.key]; ok && !e.terminal {
			continue
		}
		newer[e.key] = struct{}{}

		first--
		s.pending[first] = e
	}

	kept := s.pending[first:]
	s.limit = max(maxBehind, 2*len(kept))

	// A slice of its own lets go of the dropped events, and of the memory
	// of a time when more was pending.
	s.pending = append(make([]entry, 0, s.limit), kept...)
	s.next = 0
}

// end makes the stream end after what is pending.
func (s *Subscription) end() {
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()

	s.signal()
}

// signal wakes the delivery, unless it is about to wake anyway.
func (s *Subscription) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// take returns the first pending event, if there is one, and whether the stream
// goes on.
func (s *Subscription) take() (event interface{}, ok, goesOn bool) {
	s.mu.Lock()
	defer s.mu.Unlock()

	if s.next == len(s.pending) {
		s.limit = maxBehind

		return nil, false, !s.ended
	}

	event = s.pending[s.next].event
	s.pending[s.next] = entry{}
	s.next++

	// Moving no more than has been taken since is paid for by the taking.
	if s.next > len(s.pending)/2 {
		unread := copy(s.pending, s.pending[s.next:])
		clear(s.pending[unread:])
		s.pending, s.next = s.pending[:unread], 0
	}

	return event, true, true
}

// deliver hands the pending events to the subscriber until the stream ends or
// is closed.
func (s *Subscription) deliver() {
	defer close(s.done)
	defer close(s.updates)

	for {
		event, ok, goesOn := s.take()
		switch {
		case ok:
			select {
			case s.updates <- event:
			case <-s.quit:
				return
			}

		case goesOn:
			select {
			case <-s.wake:
			case <-s.quit:
				return
			}

		default:
			return
		}
	}
}

package paymentfeed

import (
	"container/list"
	"sync"
)

// defaultMaxBehind is the number of unread events with which a subscriber is
// behind, until it has read half of them. One that keeps up never is, so that
// it gets every event.
const defaultMaxBehind = 1000

// entry is an event of a payment that has not been read yet.
type entry struct {
	key, event any
	terminal   bool
}

// Subscription is the stream of events of one subscriber. What it has not read
// yet is kept for it, so that it holds up neither publishers nor others.
//
// If the subscriber is behind, of a live payment only the latest event is kept:
// the ones before it are superseded. Terminal events are always kept. So what
// is kept for it is at most 1,000 events or, if that is more, one for each
// unread end and one for each payment that has unread events after that.
type Subscription struct {
	// updates hands the events to the subscriber.
	updates chan any

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

	// pending holds the events that the delivery has not taken yet, each of
	// them an *entry.
	pending *list.List

	// latest tells, while the subscriber is behind, which pending event is
	// that of each live payment. It is nil otherwise.
	latest map[any]*list.Element

	// maxBehind is the number of unread events with which the subscriber is
	// behind.
	maxBehind int

	// ended is true if no event will follow the pending ones.
	ended bool
}

// newSubscription creates a subscription and starts its delivery. The passed
// function is called when it is closed.
func newSubscription(maxBehind int,
	remove func(*Subscription)) *Subscription {

	s := &Subscription{
		updates:   make(chan any),
		wake:      make(chan struct{}, 1),
		quit:      make(chan struct{}),
		done:      make(chan struct{}),
		remove:    remove,
		pending:   list.New(),
		maxBehind: maxBehind,
	}
	go s.deliver()

	return s
}

// Updates is the channel over which the events are received, in their order.
// It is closed after the last event, and when the subscription is closed.
func (s *Subscription) Updates() <-chan any {
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
func (s *Subscription) push(e *entry) {
	s.mu.Lock()
	s.add(e)
	s.mu.Unlock()

	s.signal()
}

// add adds an event to the pending ones. It takes the place of the one that it
// supersedes if the subscriber is behind.
//
// NOTE: The lock must be held.
func (s *Subscription) add(e *entry) {
	if s.latest == nil && s.pending.Len() >= s.maxBehind {
		s.dropSuperseded()
	}

	at, ok := s.latest[e.key]
	if ok {
		at.Value = e
	} else {
		at = s.pending.PushBack(e)
	}

	switch {
	case s.latest == nil:

	// Nothing supersedes the end of a payment.
	case e.terminal:
		delete(s.latest, e.key)

	default:
		s.latest[e.key] = at
	}
}

// dropSuperseded drops the pending events that are neither terminal nor the
// latest of their payment, and takes note of where the latest ones are.
//
// NOTE: The lock must be held.
func (s *Subscription) dropSuperseded() {
	pending := s.pending
	s.pending, s.latest = list.New(), make(map[any]*list.Element)

	for at := pending.Front(); at != nil; at = at.Next() {
		if e, ok := at.Value.(*entry); ok {
			s.add(e)
		}
	}
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

// take returns the first pending event, whether there is one, and whether the
// stream goes on.
func (s *Subscription) take() (any, bool, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()

	at := s.pending.Front()
	if at == nil {
		return nil, false, !s.ended
	}

	e, ok := s.pending.Remove(at).(*entry)
	if s.latest[e.key] == at {
		delete(s.latest, e.key)
	}

	// Who has caught up gets every event again.
	if s.pending.Len() <= s.maxBehind/2 {
		s.latest = nil
	}

	return e.event, ok, true
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

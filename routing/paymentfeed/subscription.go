package paymentfeed

import "sync"

// Subscription is the stream of events of one subscriber. What it has not read
// yet is kept for it, so that it holds up neither publishers nor others.
type Subscription struct {
	// updates hands the events to the subscriber.
	updates chan interface{}

	// wake tells the delivery that there is something new. One signal is
	// enough, since the delivery takes all that is pending.
	wake chan struct{}

	// quit is closed when the subscriber is no longer interested.
	quit chan struct{}

	// done is closed when the delivery has returned.
	done chan struct{}

	// remove takes the subscription off the feed's list.
	remove    func(*Subscription)
	closeOnce sync.Once

	mu sync.Mutex

	// pending holds the events that the delivery has not taken yet.
	pending []interface{}

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

// push adds an event to the stream.
func (s *Subscription) push(event interface{}) {
	s.mu.Lock()
	s.pending = append(s.pending, event)
	s.mu.Unlock()

	s.signal()
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

// take returns the pending events and whether any can follow them.
func (s *Subscription) take() ([]interface{}, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()

	events := s.pending
	s.pending = nil

	return events, s.ended
}

// deliver hands the pending events to the subscriber until the stream ends or
// is closed.
func (s *Subscription) deliver() {
	defer close(s.done)
	defer close(s.updates)

	for {
		events, ended := s.take()
		for _, event := range events {
			select {
			case s.updates <- event:
			case <-s.quit:
				return
			}
		}

		if ended {
			return
		}

		select {
		case <-s.wake:
		case <-s.quit:
			return
		}
	}
}

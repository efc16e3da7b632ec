// Package paymentfeed announces how payments go: it knows which payments are
// live, who listens, and what each listener has been told.
//
// A new subscriber first gets the latest event of every live payment and then
// every event that follows. Both are taken under one lock, so that nothing is
// lost or told twice in between, and the cost of a subscription follows the
// number of live payments and not the size of any database.
//
// The feed guarantees, for each key and each subscriber:
//   - Once: of one run of a payment exactly one terminal event. Further ones
//     are dropped, whoever publishes them.
//   - Ordered: no event that is older than one already told, and none left out
//     from the moment of subscribing, except that a subscriber who is behind is
//     spared the events of live payments that newer ones have superseded.
//
// Events of one key must be published in their order, after the database has
// committed what they tell. The caller ensures that with a lock per key.
package paymentfeed

import (
	"slices"
	"sync"
)

// Event is the state of a payment after a change.
type Event interface {
	// Terminated returns true if the payment has ended. A later event of
	// the same key belongs to a new payment, a retry.
	Terminated() bool
}

// Feed fans the events of payments out to subscribers. The key tells payments
// apart. All methods are safe for concurrent use, and none of them waits for a
// subscriber to read.
type Feed[K comparable, E Event] struct {
	mu sync.Mutex

	// live holds the latest event of every payment that has not ended.
	live map[K]E

	// all holds the subscribers to all payments.
	all map[*Subscription]struct{}

	// single holds the subscribers to one payment each. Only live payments
	// have any.
	single map[K]map[*Subscription]struct{}

	// compare orders the events of live payments in a snapshot.
	compare func(a, b E) int

	// maxBehind is the number of unread events with which a subscriber is
	// behind.
	maxBehind int
}

// New creates a feed without live payments and without subscribers. Snapshots
// are in the order of the comparison, which is that of slices.SortFunc.
func New[K comparable, E Event](compare func(a, b E) int) *Feed[K, E] {
	return &Feed[K, E]{
		compare:   compare,
		live:      make(map[K]E),
		all:       make(map[*Subscription]struct{}),
		single:    make(map[K]map[*Subscription]struct{}),
		maxBehind: defaultMaxBehind,
	}
}

// Seed makes a payment that was live before the feed existed known to it,
// without announcing it. A payment that the feed knows already, or one that has
// ended, is left alone.
func (f *Feed[K, E]) Seed(key K, event E) {
	f.mu.Lock()
	defer f.mu.Unlock()

	if _, ok := f.live[key]; ok || event.Terminated() {
		return
	}

	f.live[key] = event
}

// Publish announces an event to all subscribers of its payment. A terminal
// event ends the streams of those who subscribed to just that payment. It is
// dropped if the payment is not live: its end has been announced already.
func (f *Feed[K, E]) Publish(key K, event E) {
	f.mu.Lock()
	defer f.mu.Unlock()

	terminal := event.Terminated()
	if _, ok := f.live[key]; terminal && !ok {
		return
	}

	if terminal {
		delete(f.live, key)
	} else {
		f.live[key] = event
	}

	// One for all subscribers, as key and event are boxed in it.
	e := &entry{key, event, terminal}
	for sub := range f.all {
		sub.push(e)
	}
	for sub := range f.single[key] {
		sub.push(e)
	}

	if terminal {
		f.endSingle(key)
	}
}

// Forget forgets a payment that is no more. The streams of those who subscribed
// to just that payment end.
func (f *Feed[K, E]) Forget(key K) {
	f.mu.Lock()
	defer f.mu.Unlock()

	delete(f.live, key)
	f.endSingle(key)
}

// Latest returns the latest event of a payment, or false if it is not live.
func (f *Feed[K, E]) Latest(key K) (E, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()

	event, ok := f.live[key]

	return event, ok
}

// Live returns the keys of the live payments, in their order.
func (f *Feed[K, E]) Live() []K {
	f.mu.Lock()
	defer f.mu.Unlock()

	return f.liveKeys()
}

// liveKeys returns the keys of the live payments, in their order.
//
// NOTE: The lock must be held.
func (f *Feed[K, E]) liveKeys() []K {
	keys := make([]K, 0, len(f.live))
	for key := range f.live {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b K) int {
		return f.compare(f.live[a], f.live[b])
	})

	return keys
}

// SubscribeAll subscribes to all payments, those live now, in their order, and
// those to come. The subscription must be closed by the caller.
func (f *Feed[K, E]) SubscribeAll() *Subscription {
	f.mu.Lock()
	defer f.mu.Unlock()

	sub := newSubscription(f.maxBehind, func(s *Subscription) {
		f.mu.Lock()
		defer f.mu.Unlock()

		delete(f.all, s)
	})
	for _, key := range f.liveKeys() {
		sub.push(&entry{key, f.live[key], false})
	}
	f.all[sub] = struct{}{}

	return sub
}

// SubscribeOne subscribes to one payment. The stored event is what the database
// holds of it; it is told first unless the feed knows the payment to be live.
// The stream ends after the terminal event, which is the stored one if the
// payment has ended already. The subscription must be closed by the caller.
//
// The caller keeps the key from being published to between reading the stored
// event and the return of this method.
func (f *Feed[K, E]) SubscribeOne(key K, stored E) *Subscription {
	f.mu.Lock()
	defer f.mu.Unlock()

	sub := newSubscription(f.maxBehind, func(s *Subscription) {
		f.mu.Lock()
		defer f.mu.Unlock()

		f.removeSingle(key, s)
	})

	event, ok := f.live[key]
	if !ok {
		event = stored
	}
	sub.push(&entry{key, event, event.Terminated()})

	if event.Terminated() {
		sub.end()

		return sub
	}

	f.live[key] = event
	if f.single[key] == nil {
		f.single[key] = make(map[*Subscription]struct{})
	}
	f.single[key][sub] = struct{}{}

	return sub
}

// endSingle ends the streams of the subscribers to just that payment.
//
// NOTE: The lock must be held.
func (f *Feed[K, E]) endSingle(key K) {
	for sub := range f.single[key] {
		sub.end()
	}

	delete(f.single, key)
}

// removeSingle removes a subscriber to just that payment, if it is still there.
//
// NOTE: The lock must be held.
func (f *Feed[K, E]) removeSingle(key K, sub *Subscription) {
	delete(f.single[key], sub)

	if len(f.single[key]) == 0 {
		delete(f.single, key)
	}
}

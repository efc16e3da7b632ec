package watcher

import (
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"lnd-once/lnrpc/paymentrpc"
)

// errOverflow ends a stream whose updates nobody takes.
var errOverflow = errors.New("the sink is slower than the node, the stream " +
	"was dropped to read the rest from the database")

// inbox is where the updates of one stream wait to be taken. It keeps one entry
// for each payment, however many updates there are, and never blocks the
// reader: if more payments have ended than fit, the stream is given up and the
// database has to tell the rest.
type inbox struct {
	// wake has an element if there is something new.
	wake chan struct{}

	mu      sync.Mutex
	entries map[run]*entry
	ended   int
	err     error
}

// newInbox returns an empty inbox.
func newInbox() *inbox {
	return &inbox{
		wake:    make(chan struct{}, 1),
		entries: make(map[run]*entry),
	}
}

// read fills the inbox from a stream until that ends, and keeps the error.
func (b *inbox) read(recv func() (*paymentrpc.Payment, error),
	hold time.Duration, limit int) {

	for {
		p, err := recv()
		if err != nil {
			b.fail(err)

			return
		}
		if !b.put(p, hold, limit) {
			b.fail(errOverflow)

			return
		}
	}
}

// put adds an update. It returns false if the inbox has more ended payments in
// it than the limit.
func (b *inbox) put(p *paymentrpc.Payment, hold time.Duration, limit int) bool {
	e := newEntry(p, time.Now(), hold)

	b.mu.Lock()
	defer b.mu.Unlock()

	old, ok := b.entries[runOf(p)]
	if e.end != nil && (!ok || old.end == nil) {
		b.ended++
	}
	if ok {
		old.absorb(e)
	} else {
		b.entries[runOf(p)] = e
	}
	b.notify()

	return b.ended <= limit
}

// oldest returns when the first payment in the inbox has ended, or the zero time
// if none has.
func (b *inbox) oldest() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()

	var oldest time.Time
	for _, e := range b.entries {
		oldest = first(oldest, e.ended)
	}

	return oldest
}

// fail keeps the error that ended the stream.
func (b *inbox) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()

	b.err = err
	b.notify()
}

// lost returns the error that ended the stream, if it was not we who gave it up.
func (b *inbox) lost() error {
	b.mu.Lock()
	defer b.mu.Unlock()

	if errors.Is(b.err, errOverflow) {
		return nil
	}

	return b.err
}

// notify says that there is something new.
func (b *inbox) notify() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// drain hands over what is in the inbox to take, in a fixed order, and returns
// the error that ended the stream if there is no more to come.
func (b *inbox) drain(take func(run, *entry)) error {
	b.mu.Lock()
	entries, err := b.entries, b.err
	b.entries, b.ended = make(map[run]*entry), 0
	b.mu.Unlock()

	for _, r := range slices.SortedFunc(maps.Keys(entries), run.compare) {
		take(r, entries[r])
	}

	return err
}

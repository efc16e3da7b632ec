package watcher

import (
	"sync"
	"time"

	"lnd-once/lnrpc/paymentrpc"
)

// backlog knows since when something waits to be delivered. Others may ask while
// the watcher waits for the sink or the node.
type backlog struct {
	mu sync.Mutex

	// oldest is when the first of the payments in the ledger has ended, and
	// those that are being delivered, or the zero time if there are none.
	oldest time.Time

	// box is the inbox of the last connection.
	box *inbox
}

// Oldest returns when the first payment has ended of those that the watcher knows
// to have ended and that are not delivered yet, or the zero time if there are
// none. It can be called at any time.
func (w *Watcher) Oldest() time.Time {
	w.backlog.mu.Lock()
	defer w.backlog.mu.Unlock()

	return w.backlog.withBox()
}

// withBox returns when the first payment has ended, also of those that are not
// in the ledger yet. The caller holds the lock.
func (b *backlog) withBox() time.Time {
	if b.box == nil {
		return b.oldest
	}

	return first(b.oldest, b.box.oldest())
}

// connect begins with another inbox. What is left in the one before is read from
// the database.
func (b *backlog) connect(box *inbox) {
	b.mu.Lock()
	defer b.mu.Unlock()

	b.box = box
}

// emptyBox keeps in mind what is in the inbox, which is about to be moved to the
// ledger.
func (b *backlog) emptyBox() {
	b.mu.Lock()
	defer b.mu.Unlock()

	b.oldest = b.withBox()
}

// set notes what there is in the ledger.
func (b *backlog) set(oldest time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()

	b.oldest = oldest
}

// first returns the earlier of two times that are known.
func first(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}

	return a
}

// endedAt returns when a payment has ended that the database tells us of now.
// Where it has no attempts any more it cannot have been before its creation. A
// node's clock may be ahead of ours.
func endedAt(p *paymentrpc.Payment, now time.Time) time.Time {
	ended := p.GetCreationTimeNs()
	for _, htlc := range p.GetHtlcs() {
		ended = max(ended, htlc.GetResolveTimeNs())
	}

	return first(now, time.Unix(0, ended))
}

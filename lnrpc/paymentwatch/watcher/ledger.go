package watcher

import (
	"slices"
	"time"
)

// precision is by how much two databases may differ in a time.
const precision = int64(time.Microsecond)

// initWait is how long an index may be taken without its payment being visible.
// lnd hands out the index before it writes the payment, so one can appear below
// those that were seen already.
const initWait = time.Minute

// mark says that an index was in use at a time.
type mark struct {
	index uint64
	at    time.Time
}

// ledger knows which payments have been delivered and which are still open. An
// index is done, or it has open entries, or it is a hole: nothing is known of
// it, and there may never be.
type ledger struct {
	// done are the indexes that were delivered or are known never to be.
	done spans

	// newest is the creation time of the newest payment that is done. Zero
	// means that nothing is known of it.
	newest int64

	// trusting is true if newest is not known although something was
	// delivered. An index that is done then is done for ever.
	trusting bool

	// fromNow says whether a payment that is done already is taken if the
	// stream reports it.
	fromNow beginning

	// open are the payments that have not been delivered, and latest has
	// the creation time of the newest one for each of their indexes.
	open   map[run]*entry
	latest map[uint64]int64

	// ended is how many of the open payments have ended.
	ended int

	// marks are the highest indexes seen during the last initWait. Below
	// solid, holes have been there for longer.
	marks []mark
	solid uint64

	// whole is a creation time: up to there all is done but what is open. It
	// goes up while complete is true: the database was read completely since
	// the stream began. Until then waiting has what was open before, and is
	// perhaps delivered by now: the sink knows.
	whole    int64
	complete bool
	waiting  []Run

	// began is as in Position.
	began int64

	// last are the last payments seen.
	last []Run

	// reborn is the payment that last was found to have the index of a
	// deleted one.
	reborn run

	// gone counts payments that vanished while they were in flight.
	gone uint64

	// dirty is true if the position changed since it was stored.
	dirty bool
}

// newLedger returns the ledger at the given position.
func newLedger(p *Position) *ledger {
	l := &ledger{
		done:   spans{{lo: 0, hi: max(p.Next, 1)}},
		newest: p.Newest, whole: p.Whole, began: p.Began,
		waiting: p.Open, last: slices.Clone(p.Last),
		open:   make(map[run]*entry),
		latest: make(map[uint64]int64),
	}
	for _, r := range p.Beyond {
		l.done.addSpan(span{lo: r.First, hi: r.Last + 1})
	}
	l.trusting = l.newest == 0 && l.done.end() > 1
	l.see(l.done.end()-1, time.Now())

	return l
}

// next returns the lowest index that is not done.
func (l *ledger) next() uint64 {
	return l.done[0].hi
}

// position returns what a sink has to keep. It is made with every delivery, so
// it costs as much as there are gaps, however many payments lie between them.
func (l *ledger) position() Position {
	p := Position{
		Next: l.next(), Newest: l.newest, Whole: l.whole,
		Began: l.began, Open: l.openRuns(), Last: slices.Clone(l.last),
	}
	if len(l.done) == 1 {
		return p
	}

	p.Beyond = make([]Range, 0, len(l.done)-1)
	for _, s := range l.done[1:] {
		p.Beyond = append(p.Beyond, Range{First: s.lo, Last: s.hi - 1})
	}

	return p
}

// take adds what was reported of a payment. Live is true if it came from the
// stream.
func (l *ledger) take(r run, e *entry, live bool) {
	l.see(r.index, e.seen)

	old, ok := l.open[r]
	switch {
	case ok:
		l.count(old, -1)
		old.absorb(e)
		l.count(old, 1)

		return

	// The updates of a run before the one we know of come too late.
	case r.index == 0, l.superseded(r):
		return

	case !l.done.contains(r.index):

	case l.newer(r):
		l.rebirth(r)

	case l.fromNow.on() && live:
		l.done.remove(r.index)
		l.dirty = true

	// Delivered: another end, or what was in flight before it.
	default:
		return
	}

	l.add(r, e)
}

// add adds an open payment.
func (l *ledger) add(r run, e *entry) {
	l.open[r] = e
	l.latest[r.index] = max(l.latest[r.index], r.created)
	l.count(e, 1)
	l.note(Run{Hash: e.hash, Created: r.created, Index: r.index})
}

// count adds n for an entry that has ended.
func (l *ledger) count(e *entry, n int) {
	if e.end != nil {
		l.ended += n
	}
}

// newer returns whether a payment was created after all that are done, so
// that it is none of them.
func (l *ledger) newer(r run) bool {
	return !l.trusting && r.created > l.newest+precision
}

// rebirth makes room for a payment that has got the index of a deleted one. The
// database does this only if it has no row at or above that index any more, so
// all that we have delivered from there on is gone.
func (l *ledger) rebirth(r run) {
	l.done.cut(r.index)
	l.solid = min(l.solid, r.index)
	l.marks = slices.DeleteFunc(l.marks, func(m mark) bool {
		return m.index > r.index
	})
	l.last = slices.DeleteFunc(l.last, func(last Run) bool {
		return last.Index >= r.index
	})
	l.reborn = r
	l.dirty = true
}

// superseded returns whether a payment was deleted before the reborn one was
// created. Those of other hashes may have been created a moment before it and
// yet have got a later index.
func (l *ledger) superseded(r run) bool {
	if r.index == l.reborn.index {
		return r.created < l.reborn.created
	}

	return r.index > l.reborn.index &&
		r.created < l.reborn.created-int64(time.Second)
}

// finish takes the outcomes of payments that are ready out of the ledger.
func (l *ledger) finish(runs []run) []*Outcome {
	outcomes := make([]*Outcome, 0, len(runs))
	for _, r := range runs {
		e := l.open[r]
		outcomes = append(outcomes, decide(e.end, e.reason))
		l.drop(r)
	}

	return outcomes
}

// drop removes an open payment for good. Its index is done unless a newer
// payment has it by now.
func (l *ledger) drop(r run) {
	l.count(l.open[r], -1)
	delete(l.open, r)

	if l.latest[r.index] <= r.created {
		delete(l.latest, r.index)
		l.done.add(r.index)
	}
	if !l.trusting {
		l.newest = max(l.newest, r.created)
	}
	l.advance()
	l.dirty = true
}

// dropGone deals with the payments that the database, which was read completely
// since the given time, does not have any more. Nothing more will be heard of
// those that have ended. Those in flight are given up, but the end may still be
// on the way, so they have to be missing for a while.
func (l *ledger) dropGone(since time.Time) {
	for r, e := range l.open {
		switch {
		case e.end != nil && e.seen.Before(since):
			e.due = since

		case e.end == nil && since.Sub(e.seen) >= initWait:
			l.drop(r)
			l.gone++
		}
	}
}

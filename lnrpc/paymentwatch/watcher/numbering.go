package watcher

import (
	"context"
	"fmt"
	"math"
	"slices"

	"lnd-once/lnrpc/paymentrpc"
)

// keepLast is how many of the last payments a position names. One that is left
// tells that the indexes are the same; more than one may be deleted, or made
// again, while nobody is connected.
const keepLast = 8

// beginReading notes that from here on there may be payments that we do not know
// of, until the database was read completely.
func (l *ledger) beginReading() {
	l.waiting = l.openRuns()
	l.complete = false
}

// finishReading notes that the database was read completely, and that there is a
// stream for what comes.
func (l *ledger) finishReading() {
	l.complete = true
	l.waiting = nil
	l.advance()
}

// advance moves up the creation time up to which all is known. What is created
// later may still be about to be written.
func (l *ledger) advance() {
	if l.complete && !l.trusting {
		l.whole = max(l.whole, l.newest-int64(initWait))
	}
}

// openRuns returns the payments up to that time which are not delivered. They are
// few: most have ended by then.
func (l *ledger) openRuns() []Run {
	runs := slices.Clone(l.waiting)
	for r, e := range l.open {
		open := Run{Hash: e.hash, Created: r.created, Index: r.index}
		if r.created <= l.whole && !slices.ContainsFunc(
			l.waiting, open.Same,
		) {
			runs = append(runs, open)
		}
	}
	slices.SortFunc(runs, compareRuns)

	return runs
}

// note keeps a payment in mind if it is one of the last.
func (l *ledger) note(r Run) {
	at, known := slices.BinarySearchFunc(l.last, r, compareRuns)
	if known {
		return
	}
	l.last = slices.Insert(l.last, at, r)
	l.last = l.last[max(0, len(l.last)-keepLast):]
}

// compareRuns orders runs by index.
func compareRuns(a, b Run) int {
	return run{a.Index, a.Created}.compare(run{b.Index, b.Created})
}

// checkNumbering checks that the node has its payments under the indexes that we
// know. lnd numbers them anew when it moves them to its native SQL tables, which
// takes another process, and so another stream.
func (w *Watcher) checkNumbering(ctx context.Context, box *inbox) error {
	l := w.ledger
	switch {
	// Without a creation time there are only the indexes.
	case l.trusting, l.done.end() <= 1 && len(l.last) == 0:
		return nil

	// The position is of a version that did not name any payment. If some
	// were in flight then, we know them by their indexes alone.
	case len(l.last) == 0 && len(l.done) > 1:
		there, err := w.list(ctx, l.done.end(), keepLast, true)
		for _, p := range there {
			l.note(RunOf(p))
		}

		return err

	case len(l.last) == 0:
		l.whole = l.newest - int64(initWait)

	default:
		end := l.last[len(l.last)-1].Index + 1
		there, err := w.list(ctx, end, keepLast, true)
		if err != nil {
			return err
		}
		if l.sameNumbers(there) {
			return nil
		}
	}

	return w.renumber(ctx, box)
}

// sameNumbers returns whether payments that the node lists are there under the
// indexes that we know. The highest one that we know decides: lnd keeps the order,
// and indexes below a gap that it closes stay the same.
func (l *ledger) sameNumbers(listed []*paymentrpc.Payment) bool {
	for _, p := range slices.Backward(listed) {
		at := slices.IndexFunc(l.last, RunOf(p).Same)
		if at >= 0 {
			return l.last[at].Index == p.GetPaymentIndex()
		}
	}

	return false
}

// renumber begins another ledger with the indexes that the node has now. It reads
// all its payments, but delivers nothing: a crash leaves the position as it is.
func (w *Watcher) renumber(ctx context.Context, box *inbox) error {
	w.tell(State{Phase: CatchingUp, Anew: true})

	last, err := w.list(ctx, 0, 1, true)
	if err != nil {
		return err
	}
	n := newNumbering(w.ledger)
	if len(last) > 0 {
		n.solid = last[0].GetCreationTimeNs() - int64(initWait)
	}
	err = w.eachPage(ctx, func(payments []*paymentrpc.Payment) error {
		return n.page(ctx, w.cfg.Sink, payments)
	})
	if err != nil {
		return err
	}
	if err := box.lost(); err != nil {
		return err
	}
	w.ledger = n.finish()

	return nil
}

// numbering makes a ledger with other indexes out of what another one knows.
type numbering struct {
	old, ledger *ledger

	// entries are the open payments of the old ledger by their hash, as long
	// as they have not been found.
	entries map[string][]run

	// open are those that are not delivered up to ledger.whole.
	open []Run

	// read is the index up to which the payments have been read. Below a
	// payment created before solid there will be no others.
	read  uint64
	solid int64
}

// newNumbering returns what nothing has been read for yet.
func newNumbering(old *ledger) *numbering {
	n := &numbering{
		old: old, entries: make(map[string][]run),
		open: old.openRuns(), solid: math.MinInt64,
	}
	n.ledger = newLedger(&Position{
		Next: 1, Newest: old.newest, Whole: old.whole,
		Began: old.began, Open: n.open,
	})
	n.ledger.gone, n.ledger.fromNow = old.gone, old.fromNow
	n.ledger.dirty = true
	for r, e := range old.open {
		n.entries[e.hash] = append(n.entries[e.hash], r)
	}

	return n
}

// page takes a page of the node's payments: those that are done, and those that
// we know more of than the node does.
func (n *numbering) page(ctx context.Context, sink Sink,
	payments []*paymentrpc.Payment) error {

	runs := make([]Run, 0, len(payments))
	for _, p := range payments {
		runs = append(runs, RunOf(p))
	}
	var asked []Run
	for _, r := range runs {
		if n.doubtful(r) {
			asked = append(asked, r)
		}
	}
	held := make(map[Run]bool)
	if len(asked) > 0 {
		answers, err := sink.Holds(ctx, asked)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrSink, err)
		}
		for i, r := range asked {
			held[r] = answers[i]
		}
	}

	for _, r := range runs {
		n.ledger.note(r)
		if held[r] || r.Created <= n.old.whole && !n.doubtful(r) {
			n.done(r)
		} else if e := n.entry(r); e != nil {
			n.ledger.add(run{r.Index, r.Created}, e)
		}
		n.read = r.Index
	}

	return nil
}

// doubtful returns whether only the sink knows if a payment was delivered.
func (n *numbering) doubtful(r Run) bool {
	switch {
	case r.Created > n.old.newest+precision:
		return false

	case r.Created > n.old.whole:
		return true

	default:
		return slices.ContainsFunc(n.open, r.Same)
	}
}

// done notes that a payment was delivered, and that there is none between it and
// the one before.
func (n *numbering) done(r Run) {
	first := r.Index
	if r.Created <= n.solid {
		first = n.read + 1
	}
	n.ledger.done.addSpan(span{lo: first, hi: r.Index + 1})
}

// entry returns what the old ledger has of an open payment, or nil.
func (n *numbering) entry(r Run) *entry {
	runs := n.entries[r.Hash]
	at := slices.IndexFunc(runs, func(old run) bool {
		return r.Same(Run{Hash: r.Hash, Created: old.created})
	})
	if at < 0 {
		return nil
	}
	e := n.old.open[runs[at]]
	n.entries[r.Hash] = slices.Delete(runs, at, at+1)

	return e
}

// finish returns the ledger. Open payments that the node does not have any more
// have no index in it; they are delivered, or given up, as other deleted ones.
func (n *numbering) finish() *ledger {
	for _, runs := range n.entries {
		for _, r := range runs {
			e := n.old.open[r]
			n.ledger.open[run{created: r.created}] = e
			n.ledger.count(e, 1)
		}
	}

	return n.ledger
}

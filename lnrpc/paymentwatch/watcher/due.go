package watcher

import (
	"maps"
	"slices"
	"time"

	"lnd-once/lnrpc/paymentrpc"
)

// ready returns the payments that have ended and are due, ascending. If all is
// true, those that are held back are among them.
func (l *ledger) ready(now time.Time, all bool) []run {
	var runs []run
	for r, e := range l.open {
		if e.end != nil && (all || !e.due.After(now)) {
			runs = append(runs, r)
		}
	}
	slices.SortFunc(runs, run.compare)

	return runs
}

// nextDue returns when the next payment is due, or the given time if none is
// before that.
func (l *ledger) nextDue(until time.Time) time.Time {
	for e := range maps.Values(l.open) {
		if e.end != nil && e.due.Before(until) {
			until = e.due
		}
	}

	return until
}

// lastDue returns when the last payment is due of those that have ended, or the
// given time if none is after that.
func (l *ledger) lastDue(last time.Time) time.Time {
	for _, e := range l.open {
		if e.end != nil && e.due.After(last) {
			last = e.due
		}
	}

	return last
}

// oldest returns when the first payment has ended of those that are open, or the
// zero time if none has.
func (l *ledger) oldest() time.Time {
	var oldest time.Time
	for _, e := range l.open {
		oldest = first(oldest, e.ended)
	}

	return oldest
}

// hold holds all failures back until the given time, or until they were read
// again. The stream may have told more of them while there was none.
func (l *ledger) hold(until time.Time) {
	for _, e := range l.open {
		if e.end.GetStatus() == paymentrpc.Payment_FAILED {
			e.due = until
		}
	}
}

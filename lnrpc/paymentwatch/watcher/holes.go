package watcher

import "time"

// see notes that an index is in use. Marks that come in the same second are
// kept as one.
func (l *ledger) see(index uint64, now time.Time) {
	last := len(l.marks) - 1
	switch {
	case last >= 0 && index <= l.marks[last].index:

	case last >= 0 && now.Sub(l.marks[last].at) < time.Second:
		l.marks[last].index = index

	default:
		l.marks = append(l.marks, mark{index: index, at: now})
	}
}

// solidify notes below which index all payments must be visible by the given
// time, if they exist at all.
func (l *ledger) solidify(at time.Time) {
	for len(l.marks) > 0 && !l.marks[0].at.After(at.Add(-initWait)) {
		l.solid = max(l.solid, l.marks[0].index)
		l.marks = l.marks[1:]
	}
}

// closeHoles gives up those indexes from lo up to, but not including, hi that
// the database does not have and that can no longer appear.
func (l *ledger) closeHoles(lo, hi uint64) {
	hi = min(hi, l.solid)
	for index, end := l.done.gap(lo); index < hi; {
		if index == end {
			index, end = l.done.gap(index)

			continue
		}
		if _, open := l.latest[index]; !open {
			l.done.add(index)
			l.dirty = true
		}
		index++
	}
}

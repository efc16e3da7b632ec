package history

import (
	"fmt"
	"slices"

	"github.com/lightningnetwork/lnd/lntypes"

	"lnd-once/itest/tower/model"
)

// heard returns nil if what the listener has received of a payment hash is what
// its announcements want. A listener that has left may lack the newest ones.
func (l *listener) heard(i int, hash lntypes.Hash, log []model.Announcement) error {
	got := l.texts(hash)
	if l.to != everyPayment && len(got) == 1 &&
		slices.Contains(l.stored, got[0]) && l.ended() {

		return nil
	}

	for start := l.first[i]; start <= l.last[i]; start++ {
		// A stream begins with what is live. Until there is, that of
		// all payments says nothing of this one.
		if start < len(log) && !log[start].Live ||
			start == len(log) && l.to == i && !l.left {

			continue
		}
		if l.to == everyPayment && l.matchesAll(got, log[start:]) ||
			l.to == i && l.matchesOne(got, log[start:]) {

			return nil
		}
	}

	return fmt.Errorf("of %v came\n%s\nbetween %d and %d of\n%s", hash,
		lines(got), l.first[i], l.last[i], lines(log))
}

// matchesAll returns whether a stream of all payments has carried these
// announcements.
func (l *listener) matchesAll(got []string, log []model.Announcement) bool {
	want := model.Texts(log)
	if l.left && len(got) < len(want) {
		want = want[:len(got)]
	}

	return slices.Equal(got, want)
}

// matchesOne returns whether a stream of one payment has carried these
// announcements up to the end of the payment, and has ended there.
func (l *listener) matchesOne(got []string, log []model.Announcement) bool {
	for _, a := range log {
		if len(got) == 0 {
			return l.left
		}
		if got[0] != a.Text {
			return false
		}

		got = got[1:]
		if !a.Live {
			return len(got) == 0 && l.ended()
		}
	}

	return len(got) == 0 && (l.left || !l.ended())
}

// lines prints one element on each line.
func lines[E any](elements []E) string {
	var all string
	for i, e := range elements {
		all += fmt.Sprintf("  %d. %+v\n", i, e)
	}

	return all
}

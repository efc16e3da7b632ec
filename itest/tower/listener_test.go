//go:build tower && patched

package oncetower

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/lightningnetwork/lnd/lnrpc/paymentwatch"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/routing"
)

// everyPayment is what a listener to all payments listens to.
const everyPayment = -1

// update is one that a listener has received.
type update struct {
	hash lntypes.Hash
	text string
}

// listener is a subscriber who notes what it receives.
type listener struct {
	sub routing.ControlTowerSubscriber

	// to is the number of the hash that it listens to.
	to int

	// first and last tell for each hash between which announcements of its
	// log the stream begins.
	first, last []int

	// stored holds what a stream may consist of besides: the payments that
	// had ended when it began.
	stored []string

	// left is true once the listener has closed its stream.
	left bool

	// gate is locked while the listener does not read.
	gate    sync.Mutex
	stalled bool

	// done is closed when the listener has read to the end of its stream.
	done chan struct{}

	// news wakes who waits for updates.
	news chan struct{}

	mu       sync.Mutex
	received []update

	// checked holds what the checker of the contract says of each hash.
	checked map[lntypes.Hash]*verdict
}

// verdict is what the checker of the contract says of the updates of a hash.
type verdict struct {
	*paymentwatch.Checker
	broken error
}

// listen starts to note the updates of a subscription.
func listen(sub routing.ControlTowerSubscriber, to int) *listener {
	l := &listener{
		sub:     sub,
		to:      to,
		done:    make(chan struct{}),
		news:    make(chan struct{}, 1),
		checked: make(map[lntypes.Hash]*verdict),
	}
	go l.read()

	return l
}

// read notes all updates until the stream ends.
func (l *listener) read() {
	defer close(l.done)

	for {
		// Here a listener waits while it is not to read.
		l.gate.Lock()
		l.gate.Unlock()

		event, ok := <-l.sub.Updates()
		if !ok {
			return
		}
		l.note(event.(*storedPayment))
	}
}

// note notes an update and lets the checker of the contract see it.
func (l *listener) note(p *storedPayment) {
	l.mu.Lock()
	defer l.mu.Unlock()

	hash := p.Info.PaymentIdentifier
	text, _ := observe(p)
	l.received = append(l.received, update{hash, text})

	v := l.verdict(hash)
	v.broken = errors.Join(v.broken, v.Update(overRPC(p)))

	select {
	case l.news <- struct{}{}:
	default:
	}
}

// verdict returns what the checker of the contract says of a payment hash.
//
// NOTE: The lock must be held.
func (l *listener) verdict(hash lntypes.Hash) *verdict {
	if l.checked[hash] == nil {
		l.checked[hash] = &verdict{Checker: paymentwatch.NewChecker()}
	}

	return l.checked[hash]
}

// stall makes the listener stop reading.
func (l *listener) stall() {
	if !l.stalled {
		l.gate.Lock()
		l.stalled = true
	}
}

// resume makes the listener read again.
func (l *listener) resume() {
	if l.stalled {
		l.gate.Unlock()
		l.stalled = false
	}
}

// leave closes the stream.
func (l *listener) leave() {
	l.sub.Close()
	l.left = true
}

// texts returns what the listener has received of a payment hash.
func (l *listener) texts(hash lntypes.Hash) []string {
	l.mu.Lock()
	defer l.mu.Unlock()

	var all []string
	for _, u := range l.received {
		if u.hash == hash {
			all = append(all, u.text)
		}
	}

	return all
}

// ended returns whether the stream has ended.
func (l *listener) ended() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

// await waits until a condition holds, and returns whether it does.
func (l *listener) await(holds func() bool) bool {
	timeout := time.NewTimer(*patience)
	defer timeout.Stop()

	done := l.done
	for !holds() {
		select {
		case <-l.news:

		case <-done:
			// Nothing more will come.
			done = nil
			if !holds() {
				return false
			}

		case <-timeout.C:
			return holds()
		}
	}

	return true
}

// heard returns nil if what the listener has received of a payment hash is what
// its announcements want. A listener that has left may lack the newest ones.
func (l *listener) heard(i int, hash lntypes.Hash, log []announcement) error {
	got := l.texts(hash)
	if l.to != everyPayment && len(got) == 1 &&
		slices.Contains(l.stored, got[0]) && l.ended() {

		return nil
	}

	for start := l.first[i]; start <= l.last[i]; start++ {
		// A stream begins with what is live. Until there is, that of
		// all payments says nothing of this one.
		if start < len(log) && !log[start].live ||
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
func (l *listener) matchesAll(got []string, log []announcement) bool {
	want := texts(log)
	if l.left && len(got) < len(want) {
		want = want[:len(got)]
	}

	return slices.Equal(got, want)
}

// matchesOne returns whether a stream of one payment has carried these
// announcements up to the end of the payment, and has ended there.
func (l *listener) matchesOne(got []string, log []announcement) bool {
	for i, a := range log {
		// The stream ends with a payment that is deleted, unless the
		// next one begins before its deletion is known.
		if a.gone {
			if len(got) == 0 && l.ended() {
				return true
			}
			if i+1 < len(log) && log[i+1].batch == a.batch {
				continue
			}

			return false
		}

		if len(got) == 0 {
			return l.left
		}
		if got[0] != a.text {
			return false
		}

		got = got[1:]
		if !a.live {
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

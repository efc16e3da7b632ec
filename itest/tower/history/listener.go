package history

import (
	"errors"
	"sync"
	"time"

	"github.com/lightningnetwork/lnd/lntypes"

	"lnd-once/lnrpc/paymentcontract"
)

// everyPayment is what a listener to all payments listens to.
const everyPayment = -1

// update is one that a listener has received.
type update struct {
	hash lntypes.Hash
	text string

	// created tells the payment from others of the hash.
	created int64
	ended   bool
}

// listener is a subscriber who notes what it receives.
type listener struct {
	stream Stream

	// patience is how long to wait for what should come at once.
	patience time.Duration

	// to is the number of the hash that it listens to.
	to int

	// first and last tell for each hash between which announcements of its
	// log the stream begins.
	first, last []int

	// since is the batch in which it began to listen.
	since int

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
	*paymentcontract.Checker
	broken error
}

// listen starts to note the updates of a subscription.
func listen(stream Stream, to int, patience time.Duration) *listener {
	l := &listener{
		stream: stream, patience: patience,
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

		update := l.stream.Receive()
		if update == nil {
			return
		}
		l.note(update)
	}
}

// note notes an update and lets the checker of the contract see it.
func (l *listener) note(p *Payment) {
	l.mu.Lock()
	defer l.mu.Unlock()

	l.received = append(l.received, update{
		p.Hash, p.Text, p.Created, p.Ended,
	})

	v := l.verdict(p.Hash)
	v.broken = errors.Join(v.broken, v.Update(p.RPC))

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
		l.checked[hash] = &verdict{Checker: paymentcontract.NewChecker()}
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
	l.stream.Close()
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
	timeout := time.NewTimer(l.patience)
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

//go:build tower && patched

package oncetower

import (
	"bytes"
	"errors"
	"runtime"
	"slices"
	"time"
)

// begins returns for each payment hash where in its log a stream that begins
// now would begin: with the announcement of what is live, or with the next.
func (h *history) begins() []int {
	begins := make([]int, 0, len(h.payments))
	for _, p := range h.payments {
		n := len(p.log)
		if n > 0 && p.log[n-1].live {
			n--
		}
		begins = append(begins, n)
	}

	return begins
}

// admit takes note of who has subscribed, or left, in a batch. The hash that
// was subscribed to may have had the payments passed in between.
func (h *history) admit(c *call, begins []int, passed []try) {
	to := everyPayment
	switch c.action {
	case listenToAll:

	case listenToOne:
		to = slices.Index(h.payments, c.on)

	case leave:
		if c.leaves != nil {
			c.leaves.left = true
		}

		return

	default:
		return
	}

	if c.err != nil {
		// Only what does not exist cannot be subscribed to.
		if to == everyPayment || !slices.ContainsFunc(
			passed, func(t try) bool { return t.created == 0 },
		) {

			h.violated("not subscribed: %v", c.err)
		}

		return
	}

	l := listen(c.sub, to)
	l.first, l.last = begins, h.begins()
	for _, t := range passed {
		if t.ended() {
			l.stored = append(l.stored, t.String())
		}
	}
	h.listeners = append(h.listeners, l)
}

// hire subscribes the witness.
func (h *history) hire() {
	sub, err := h.open.SubscribeAllPayments()
	if err != nil {
		h.violated("not subscribed: %v", err)
	}

	h.witness = listen(sub, everyPayment)
	h.witness.first, h.witness.last = h.begins(), h.begins()
}

// everybody lists all listeners, the witness included.
func (h *history) everybody() []*listener {
	return append([]*listener{h.witness}, h.listeners...)
}

// closeStreams checks what each listener has received, once it has received
// all, and ends all streams. Nothing of them may be left.
func (h *history) closeStreams() {
	// Nobody is told anything after the last payment.
	last := change{action: initiate, created: h.tick()}
	sign := h.newHash()
	h.must(last, sign)

	for _, l := range h.everybody() {
		l.resume()
		if l.to == everyPayment && !l.left &&
			!l.await(func() bool {
				return len(l.texts(sign)) > 0
			}) {

			h.violated("a listener misses the last payment")
		}
	}
	for i, p := range h.payments {
		payment, _ := h.stored(p)
		for _, l := range h.everybody() {
			h.hearOut(l, i, p)
			h.checkContract(l, p, payment)
		}
	}

	h.dismiss()
	h.must(change{action: remove}, sign)
	h.checkGoroutines()
}

// hearOut checks what a listener has received of a payment hash.
func (h *history) hearOut(l *listener, i int, p *tried) {
	if l.to != everyPayment && l.to != i {
		if got := l.texts(p.hash); len(got) > 0 {
			h.violated("a stream of another payment carried\n%s",
				lines(got))
		}

		return
	}

	var err error
	l.await(func() bool {
		err = l.heard(i, p.hash, p.log)

		return err == nil
	})
	if err != nil {
		h.violated("a listener has not received what it should: %v",
			err)
	}
}

// checkContract asks the checker of the contract about what a listener has
// received of a payment hash, and about the payment that is stored now, if any.
func (h *history) checkContract(l *listener, p *tried,
	payment *storedPayment) {

	// Which of two payments is the newer one a client tells by index or
	// time. SQLite with tables gives the same index to both, and senders
	// who start at once can have read the clock in the other order.
	if p.backwards {
		return
	}

	l.mu.Lock()
	defer l.mu.Unlock()

	v := l.verdict(p.hash)
	err := v.broken
	if payment != nil {
		err = errors.Join(err, v.Stored(overRPC(payment)))
	}
	if err != nil {
		h.violated("the contract is broken: %v", err)
	}
}

// dismiss ends all streams.
func (h *history) dismiss() {
	for _, l := range h.everybody() {
		l.resume()
		l.leave()
		<-l.done
	}
	h.listeners = nil
}

// checkGoroutines checks that no stream has left a goroutine behind.
func (h *history) checkGoroutines() {
	var stacks []byte
	for range 100 {
		stacks = make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		if !bytes.Contains(stacks, []byte("/paymentfeed.")) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	h.violated("streams have left goroutines behind:\n%s", stacks)
}

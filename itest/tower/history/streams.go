package history

import (
	"bytes"
	"errors"
	"runtime"
	"slices"
	"time"

	"lnd-once/itest/tower/model"
)

// begins returns for each payment hash where in its log a stream that begins
// now would begin: with the announcement of what is live, or with the next.
func (h *history) begins() []int {
	begins := make([]int, 0, len(h.subjects))
	for _, p := range h.subjects {
		n := len(p.log)
		if n > 0 && p.log[n-1].Live {
			n--
		}
		begins = append(begins, n)
	}

	return begins
}

// admit takes note of who has subscribed, or left, in a batch. The hash that
// was subscribed to may have had the payments passed in between.
func (h *history) admit(c *call, begins []int, passed []model.Run) {
	to := everyPayment
	switch c.Action {
	case listenToAll:

	case listenToOne:
		to = slices.Index(h.subjects, c.on)

	case leave:
		if c.leaves != nil {
			c.leaves.left = true
		}

		return

	default:
		return
	}

	if c.Err != nil && h.disturbance != nil {
		return
	}
	if c.Err != nil {
		// Only what does not exist cannot be subscribed to.
		if to == everyPayment || !slices.ContainsFunc(
			passed, func(t model.Run) bool { return t.Created == 0 },
		) {

			h.violated("not subscribed: %v", c.Err)
		}

		return
	}

	l := listen(c.stream, to, h.patience)
	l.first, l.last = begins, h.begins()
	l.since = h.batch
	for _, t := range passed {
		if t.Ended() {
			l.stored = append(l.stored, t.String())
		}
	}
	h.listeners = append(h.listeners, l)
}

// hire subscribes the recorder.
func (h *history) hire() {
	stream, err := h.tower.SubscribeAll()
	if err != nil {
		h.violated("not subscribed: %v", err)
	}

	h.recorder = listen(stream, everyPayment, h.patience)
	h.recorder.first, h.recorder.last = h.begins(), h.begins()
	h.recorder.since = h.batch
}

// everybody lists all listeners, the recorder included.
func (h *history) everybody() []*listener {
	return append([]*listener{h.recorder}, h.listeners...)
}

// closeStreams checks what each listener has received, once it has received
// all, and ends all streams. Nothing of them may be left.
func (h *history) closeStreams() {
	h.dispel()

	// Nobody is told anything after the last payment.
	last := model.Change{Action: model.Initiate, Created: h.tick()}
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
	for i, p := range h.subjects {
		payment, _ := h.stored(p)
		for _, l := range h.everybody() {
			h.hearOut(l, i, p)
			h.checkContract(l, p, payment)
		}
	}

	h.dismiss()
	h.must(model.Change{Action: model.GiveUp, Reason: 1}, sign)
	h.must(model.Change{Action: model.Remove}, sign)
	h.checkGoroutines()
}

// hearOut checks what a listener has received of a payment hash.
func (h *history) hearOut(l *listener, i int, p *subject) {
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
		if h.disturbed {
			err = l.heardEnds(p)
		}

		return err == nil
	})
	if err != nil {
		h.violated("a listener has not received what it should: %v",
			err)
	}
}

// checkContract asks the checker of the contract about what a listener has
// received of a payment hash, and about the payment that is stored now, if any.
func (h *history) checkContract(l *listener, p *subject,
	payment *Payment) {

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
		err = errors.Join(err, v.Stored(payment.RPC))
	}
	if err != nil {
		h.violated("the contract is broken: %v", err)
	}
}

// abandon ends all streams of a history that a violation has ended.
func (h *history) abandon() {
	if h.recorder != nil {
		h.dismiss()
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

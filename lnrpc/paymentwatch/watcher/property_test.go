package watcher

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"lnd-once/lnrpc/paymentrpc"

	"pgregory.net/rapid"
)

// history is a random course of events, and what has to come of it.
type history struct {
	rt    *rapid.T
	node  *node
	sink  *memory
	stock bool
	from  From
	hold  time.Duration

	watcher *running
	hashes  int

	// runs are all payments ever made.
	runs []*payment

	// late are payments whose index was handed out, but that are not
	// written yet, and until when they have to be.
	late []func()
}

// payment is one run of a hash.
type payment struct {
	*paymentrpc.Payment

	ended bool

	// lost is true if the node forgot the payment before the sink had its
	// outcome, so that nobody can be sure of it.
	lost bool

	// best is the most specific reason that was ever announced.
	best paymentrpc.PaymentFailureReason
}

// TestEveryOutcomeExactlyOnce runs watchers through random schedules of
// payments, retries, deletions, lost streams, restarts of the node and crashes
// of the watcher and its sink.
func TestEveryOutcomeExactlyOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		// A bubble for each history keeps rapid's own time real. What
		// ends a history has to end it outside of the bubble.
		var stopped any
		inBubble(t, func(*testing.T) {
			defer func() {
				stopped = recover()
			}()
			checkHistory(rt)
		})
		switch {
		// rapid takes panics for different ones if their lines differ.
		case fmt.Sprintf("%T", stopped) == "rapid.invalidData":
			panic(stopped)

		case stopped != nil:
			panic(stopped)
		}
	})
}

// checkHistory makes one history and checks what came of it.
func checkHistory(rt *rapid.T) {
	h := &history{
		rt: rt, node: newNode(), sink: &memory{},
		stock: rapid.Bool().Draw(rt, "stock"),
	}
	h.node.reuses = rapid.Bool().Draw(rt, "reuses")
	h.node.delay = time.Duration(
		rapid.IntRange(0, 1000).Draw(rt, "delay"),
	) * time.Millisecond
	if h.stock {
		h.hold = DefaultHold
	} else {
		h.node.skew = time.Duration(
			rapid.IntRange(-2, 2).Draw(rt, "skew"),
		) * time.Hour
	}

	// What was in flight before the watcher begins from now counts as well.
	if rapid.Bool().Draw(rt, "now") {
		h.from = FromNow()
		for range rapid.IntRange(0, 4).Draw(rt, "before") {
			h.pay()
		}
		for _, p := range h.runs {
			if rapid.Bool().Draw(rt, "over") {
				h.node.succeed(p.Payment)
				p.ended, p.lost = true, true
			}
		}
	}
	h.watcher = start(h.node, h.sink, h.from, h.hold)
	defer func() {
		h.watcher.cancel()
		synctest.Wait()
	}()
	elapse(2 * snapshotWait)

	for range rapid.IntRange(5, 60).Draw(rt, "steps") {
		h.step()
	}
	h.finish()
	h.check()
}

// step does one thing that can happen, and lets some time pass.
func (h *history) step() {
	steps := []func(){
		h.pay, h.pay, h.end, h.end, h.end, h.retry, h.remove,
		h.payLate, h.cut, h.restartNode, h.restartWatcher,
		h.crashSink, h.writeLate, h.renumber,
	}
	steps[rapid.IntRange(0, len(steps)-1).Draw(h.rt, "step")]()

	pauses := []time.Duration{
		0, 0, time.Millisecond, time.Second, 10 * time.Second,
		2 * time.Minute,
	}
	pause := rapid.SampledFrom(pauses).Draw(h.rt, "pause")
	if pause > 10*time.Second {
		h.writeLate()
	}
	if pause > 0 {
		elapse(pause)
	}
	h.revive()
}

// revive starts a watcher if the last one has ended by itself.
func (h *history) revive() {
	select {
	case <-h.watcher.done:
		h.watcher = start(h.node, h.sink, h.from, h.hold)
	default:
	}
}

// pay makes a payment of a new hash.
func (h *history) pay() {
	h.hashes++
	h.runs = append(h.runs, &payment{Payment: h.node.pay(hashOf(h.hashes))})
}

// payLate makes a payment that is not written at once.
func (h *history) payLate() {
	if h.node.reuses {
		return
	}

	h.hashes++
	write := h.node.payLate(hashOf(h.hashes))
	h.late = append(h.late, func() {
		h.runs = append(h.runs, &payment{Payment: write()})
	})
}

// writeLate writes what was not yet written.
func (h *history) writeLate() {
	for _, write := range h.late {
		write()
	}
	h.late = nil
}

// pick returns one of the payments that have ended, or have not, or nil.
func (h *history) pick(ended bool) *payment {
	var those []*payment
	for _, p := range h.runs {
		if p.ended == ended && h.node.read(p.Payment) != nil {
			those = append(those, p)
		}
	}
	if len(those) == 0 {
		return nil
	}

	return rapid.SampledFrom(those).Draw(h.rt, "payment")
}

// reasons are those that a payment can fail for.
var reasons = []paymentrpc.PaymentFailureReason{
	timeout, noRoute, failure, details, insufficient, canceled,
}

// end ends a payment.
func (h *history) end() {
	if p := h.pick(false); p != nil {
		h.endPayment(p)
	}
}

// endPayment ends a payment, and on a stock node maybe more than once.
func (h *history) endPayment(p *payment) {
	p.ended = true
	if rapid.Bool().Draw(h.rt, "success") {
		h.node.succeed(p.Payment)
		if h.stock && rapid.Bool().Draw(h.rt, "reason") {
			h.node.fail(p.Payment, timeout)
		}

		return
	}

	if rapid.Bool().Draw(h.rt, "rejected") {
		h.node.attempt(p.Payment, rejection(
			paymentrpc.Failure_INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS,
		))
		p.best = details
	}

	ends := 1
	if h.stock {
		ends = rapid.IntRange(1, 3).Draw(h.rt, "ends")
	}
	for i := range ends {
		if i > 0 && rapid.Bool().Draw(h.rt, "later") {
			elapse(100 * time.Millisecond)
		}
		reason := rapid.SampledFrom(reasons).Draw(h.rt, "reason")
		if !h.stock {
			reason = moreSpecific(p.best, reason)
		}
		p.best = moreSpecific(p.best, reason)
		h.node.fail(p.Payment, reason)
	}

	// What a stock node sends may be out of date, but for the index.
	if h.stock && rapid.Bool().Draw(h.rt, "stale") {
		stale := h.node.read(p.Payment)
		stale.Status, stale.FailureReason = p.Status, p.FailureReason
		h.node.mu.Lock()
		h.node.announce(stale)
		h.node.mu.Unlock()
	}
}

// forget notes that the node no longer has a payment.
func (h *history) forget(p *payment) {
	synctest.Wait()
	if len(h.sink.delivered(p.Payment)) == 0 {
		p.lost = true
	}
}

// retry makes a payment again that failed.
func (h *history) retry() {
	p := h.pick(true)
	if p == nil || h.node.read(p.Payment).Status !=
		paymentrpc.Payment_FAILED {

		return
	}
	h.forget(p)
	h.runs = append(h.runs, &payment{
		Payment: h.node.pay(p.PaymentHash),
	})
}

// remove deletes a payment. One that has no attempt yet can be deleted as well.
func (h *history) remove() {
	p := h.pick(rapid.Bool().Draw(h.rt, "of ended"))
	if p == nil {
		return
	}
	h.forget(p)
	h.node.remove(p.Payment)
	p.ended = true
}

// cut ends the streams.
func (h *history) cut() {
	h.node.cut(errDown)
}

// restartNode takes the node down for a while, or up again.
func (h *history) restartNode() {
	if h.node.down != nil {
		h.node.setDown(nil)

		return
	}
	h.node.setDown(errDown)
}

package watcher

import (
	"fmt"
	"slices"
	"time"

	"lnd-once/lnrpc/paymentrpc"

	"pgregory.net/rapid"
)

// restartWatcher stops the watcher, maybe for a while, and starts it again.
func (h *history) restartWatcher() {
	_ = h.watcher.stop()
	if rapid.Bool().Draw(h.rt, "away") {
		for range rapid.IntRange(1, 5).Draw(h.rt, "meanwhile") {
			h.end()
			h.pay()
		}
	}
	h.watcher = start(h.node, h.sink, h.from, h.hold)
}

// crashSink lets the next delivery fail, before or after the commit.
func (h *history) crashSink() {
	h.sink.mu.Lock()
	defer h.sink.mu.Unlock()

	if rapid.Bool().Draw(h.rt, "committed") {
		h.sink.crashAfter = true
	} else {
		h.sink.crashBefore = true
	}
}

// finish ends all payments and gives the watcher the time to deliver them.
func (h *history) finish() {
	h.writeLate()
	h.node.setDown(nil)
	for _, p := range h.runs {
		if !p.ended && h.node.read(p.Payment) != nil {
			h.endPayment(p)
		}
	}
	for range 3 {
		elapse(5 * time.Minute)
		h.revive()
	}
	_ = h.watcher.stop()
}

// renumber gives all payments other indexes, which takes a restart of the node.
func (h *history) renumber() {
	h.writeLate()
	h.node.setDown(errDown)
	elapse(time.Millisecond)
	h.node.renumber()
	h.node.setDown(nil)
}

// check compares what the sink has with what has to be there.
func (h *history) check() {
	var want, have int
	for _, p := range h.runs {
		rows := h.sink.delivered(p.Payment)
		have += len(rows)
		row := h.node.read(p.Payment)
		switch {
		case len(rows) > 1:
			h.rt.Fatalf("delivered %d times: %v", len(rows),
				p.Payment)

		case len(rows) == 0 && !p.lost:
			h.rt.Fatalf("not delivered: %v, position %v",
				p.Payment, h.sink.position)

		case len(rows) == 0:
			continue
		}
		want++
		if err := checkOutcome(rows[0], row, p.best); err != nil {
			h.rt.Fatalf("%v: %v", err, rows[0])
		}
	}
	if have != want || len(h.sink.rows) != want {
		h.rt.Fatalf("%d outcomes, want %d", len(h.sink.rows), want)
	}

	// Nothing is left that would keep the position back.
	if n := len(h.sink.position.Beyond); n > 0 {
		h.rt.Fatalf("position %v at the end", h.sink.position)
	}
}

// checkOutcome returns an error if an outcome is not between the worst and the
// best of what the node has told. If the watcher was there, it is the best.
func checkOutcome(got, row *paymentrpc.Payment,
	best paymentrpc.PaymentFailureReason) error {

	if got.Status == paymentrpc.Payment_SUCCEEDED {
		if got.FailureReason != none {
			return fmt.Errorf("success with a reason")
		}

		return nil
	}

	var worst paymentrpc.PaymentFailureReason
	if row != nil {
		worst = reasonOf(row)
	}
	if row != nil && row.Status != got.Status {
		return fmt.Errorf("status, node has %v", row.Status)
	}
	if moreSpecific(got.FailureReason, worst) != got.FailureReason ||
		moreSpecific(best, got.FailureReason) != best ||
		!slices.Contains(reasons, got.FailureReason) {

		return fmt.Errorf("reason %v, worst %v, best %v",
			got.FailureReason, worst, best)
	}

	return nil
}

//go:build tower

package oncetower

import (
	"slices"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/paymentwatch"
)

// specificity lists the reasons for which payments fail, each more specific than
// those before.
var specificity = []string{
	"error", "canceled", "timeout", "no_route", "insufficient_balance",
	"incorrect_payment_details",
}

// checkFound checks the payment that a process finds in its database: it is
// not behind what its predecessors have announced.
func (c *crashCase) checkFound(found *storedPayment) {
	if found == nil && c.seen {
		c.broke("Durable: the payment was announced, and is gone")
	}
	if found == nil {
		return
	}

	// A call of SendToRoute knows its only attempt beforehand.
	if c.flow.route && !found.Terminated() && len(found.HTLCs) == 0 {
		c.broke("Ends: a payment without an attempt was left behind")
	}

	c.seen, c.reason = true, found.FailureReason
	err := c.checker.Stored(rpcPayment(found))
	if !found.Terminated() {
		err = c.checker.Update(rpcPayment(found))
	}
	if err != nil {
		c.broke("Durable: %w", err)
	}
}

// checkStreams checks what the subscribers of a process have been told.
func (c *crashCase) checkStreams(n *node) {
	for _, update := range n.updates() {
		c.seen = true
		if err := c.checker.Update(rpcPayment(update)); err != nil {
			c.broken = append(c.broken, err)
		}
	}

	if n.one == nil {
		return
	}
	checker := paymentwatch.NewChecker()
	updates, _ := n.one.received()
	for _, update := range updates {
		if err := checker.Update(rpcPayment(update)); err != nil {
			c.broken = append(c.broken, err)
		}
	}
}

// checkEnd checks the payment when a process has come to its end.
func (c *crashCase) checkEnd(n *node, found *storedPayment) {
	stored := n.stored()
	if stored == nil {
		c.checkNothing()

		return
	}
	if !stored.Terminated() {
		c.broke("Ends: the payment is %v", stored.Status)

		return
	}

	c.checkOutcome(stored)
	c.checkAttempts(stored)
	c.checkList(n)

	// Who was there when it ended was told so once, for each try. Only the
	// first process tries again.
	ends, tries := countEnds(n.updates()), 1
	if c.death == "" {
		tries = max(c.flow.tries, 1)
	}
	if lived := found == nil || !found.Terminated(); lived && ends != tries {
		c.broke("Once: %d terminal updates for all payments, %d tries",
			ends, tries)
	}
	if n.one == nil {
		return
	}
	updates, ended := n.one.received()
	if ends := countEnds(updates); ends != 1 || !ended {
		c.broke("Once: %d terminal updates for one payment, stream "+
			"ended: %v", ends, ended)
	}
}

// checkNothing checks that nothing has happened if there is no payment.
func (c *crashCase) checkNothing() {
	if c.seen {
		c.broke("Durable: the payment was announced, and is gone")
	}
	c.network.each(func(_ uint64, h *htlc) {
		if h.sent {
			c.broke("Money: HTLC %s of no payment", h.letter)
		}
	})
}

// checkOutcome checks that the payment has ended as its HTLCs have. Those of a
// try before had left when this one was made.
func (c *crashCase) checkOutcome(stored *storedPayment) {
	got, reason := stored.Status.String(), ""
	if stored.FailureReason != nil {
		reason = stored.FailureReason.String()
		got += " " + reason
	}

	// Nothing else can come of it if nobody has died.
	want := got
	if c.death == "" {
		want = c.flow.outcome
	}
	if got != succeeded && !slices.Contains(specificity, reason) {
		c.broke("Reason: the payment is %s", got)
	}
	c.network.each(func(id uint64, h *htlc) {
		if c.left[id].Before(stored.Info.CreationTime) {
			return
		}
		if h.sent && h.end == rejected && want != succeeded {
			want = failedWrong
		}
		if h.sent && h.end == settled {
			want = succeeded
		}
	})
	if got != want {
		c.broke("Specific: the payment is %s, want %s", got, want)
	}

	if c.reason != nil && got != succeeded &&
		slices.Index(specificity, reason) <
			slices.Index(specificity, c.reason.String()) {

		c.broke("Specific: the payment is %s after %v", got, c.reason)
	}
}

// checkAttempts checks that the payment's attempts have ended as their HTLCs
// have. Those that failed may have been deleted.
func (c *crashCase) checkAttempts(stored *storedPayment) {
	known := make(map[uint64]int)
	for i, attempt := range stored.HTLCs {
		known[attempt.AttemptID] = i
		if attempt.Settle == nil && attempt.Failure == nil {
			c.broke("Final: attempt %d of the ended payment is in "+
				"flight", attempt.AttemptID)
		}
	}

	c.network.each(func(id uint64, h *htlc) {
		at, ok := known[id]
		paid := h.sent && h.end == settled
		switch {
		case h.sent && !h.over:
			c.broke("Money: the payment has ended before HTLC %s",
				h.letter)
		case paid && (!ok || stored.HTLCs[at].Settle == nil):
			c.broke("Money: HTLC %s settled, which is not stored",
				h.letter)
		case !paid && ok && stored.HTLCs[at].Failure == nil:
			c.broke("Money: HTLC %s has not settled, but is "+
				"stored as if", h.letter)
		}
	})
}

// checkList checks that the payment is listed, once, as it was announced.
func (c *crashCase) checkList(n *node) {
	list, err := listPayments(n.payments.db)
	check(c.t, err)

	count := 0
	for _, listed := range list {
		if listed.Info.PaymentIdentifier != c.payment {
			continue
		}
		count++
		if err := c.checker.Stored(rpcPayment(listed)); err != nil {
			c.broken = append(c.broken, err)
		}
	}
	if count != 1 {
		c.broke("Final: the payment is listed %d times", count)
	}
}

// updates returns what those were told of the payment who have subscribed to
// all.
func (n *node) updates() []*storedPayment {
	var updates []*storedPayment
	all, _ := n.all.received()
	for _, update := range all {
		if update.Info.PaymentIdentifier == n.payment {
			updates = append(updates, update)
		}
	}

	return updates
}

// countEnds returns how many updates are terminal.
func countEnds(updates []*storedPayment) int {
	count := 0
	for _, update := range updates {
		if update.Terminated() {
			count++
		}
	}

	return count
}

// rpcPayment returns what the RPC server of lnd-once tells of a payment, as far
// as the contract goes.
func rpcPayment(p *storedPayment) *lnrpc.Payment {
	payment := &lnrpc.Payment{
		PaymentHash:    p.Info.PaymentIdentifier.String(),
		PaymentIndex:   p.SequenceNum,
		CreationTimeNs: p.Info.CreationTime.UnixNano(),
		Status:         rpcStatuses[p.Status.String()],
	}

	// The reason why a live payment will fail is not told.
	if p.FailureReason != nil && p.Terminated() {
		payment.FailureReason = rpcReasons[p.FailureReason.String()]
	}

	for _, attempt := range p.HTLCs {
		htlc := &lnrpc.HTLCAttempt{AttemptId: attempt.AttemptID}
		switch {
		case attempt.Settle != nil:
			htlc.Status = lnrpc.HTLCAttempt_SUCCEEDED
			htlc.Preimage = attempt.Settle.Preimage[:]

		// Which code stands for which failure does not matter here.
		case attempt.Failure != nil:
			htlc.Status = lnrpc.HTLCAttempt_FAILED
			htlc.Failure = &lnrpc.Failure{
				Code: lnrpc.Failure_FailureCode(
					attempt.Failure.Reason,
				),
				FailureSourceIndex: attempt.Failure.
					FailureSourceIndex,
			}
		}
		payment.Htlcs = append(payment.Htlcs, htlc)
	}

	return payment
}

// rpcStatuses maps the names of statuses to those of the RPC server.
var rpcStatuses = map[string]lnrpc.Payment_PaymentStatus{
	"Initiated": lnrpc.Payment_INITIATED,
	"In Flight": lnrpc.Payment_IN_FLIGHT,
	"Succeeded": lnrpc.Payment_SUCCEEDED,
	"Failed":    lnrpc.Payment_FAILED,
}

// rpcReasons maps the names of failure reasons to those of the RPC server.
var rpcReasons = map[string]lnrpc.PaymentFailureReason{
	"error":    lnrpc.PaymentFailureReason_FAILURE_REASON_ERROR,
	"canceled": lnrpc.PaymentFailureReason_FAILURE_REASON_CANCELED,
	"timeout":  lnrpc.PaymentFailureReason_FAILURE_REASON_TIMEOUT,
	"no_route": lnrpc.PaymentFailureReason_FAILURE_REASON_NO_ROUTE,
	"insufficient_balance": lnrpc.
		PaymentFailureReason_FAILURE_REASON_INSUFFICIENT_BALANCE,
	"incorrect_payment_details": lnrpc.
		PaymentFailureReason_FAILURE_REASON_INCORRECT_PAYMENT_DETAILS,
}

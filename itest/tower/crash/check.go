//go:build tower

package crash

import (
	"slices"

	"github.com/stretchr/testify/require"

	"lnd-once/itest/tower/lnd"
	"lnd-once/lnrpc/paymentcontract"
)

// specificity lists the reasons for which payments fail, each more specific than
// those before.
var specificity = []string{
	"error", "canceled", "timeout", "no_route", "insufficient_balance",
	"incorrect_payment_details",
}

// checkFound checks the payment that a process finds in its database: it is
// not behind what its predecessors have announced.
func (c *crashCase) checkFound(found *lnd.StoredPayment) {
	if found == nil && c.seen && !c.network.isDeleted() {
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
	err := c.checker.Stored(lnd.RPC(found))
	if !found.Terminated() {
		err = c.checker.Update(lnd.RPC(found))
	}
	if err != nil {
		c.broke("Durable: %w", err)
	}
}

// checkStreams checks what the subscribers of a process have been told.
func (c *crashCase) checkStreams(n *node) {
	for _, update := range n.updates() {
		c.seen = true
		if err := c.checker.Update(lnd.RPC(update)); err != nil {
			c.broken = append(c.broken, err)
		}
	}

	if n.one == nil {
		return
	}
	checker := paymentcontract.NewChecker()
	updates, _ := n.one.Received()
	for _, update := range updates {
		if err := checker.Update(lnd.RPC(update)); err != nil {
			c.broken = append(c.broken, err)
		}
	}
}

// checkEnd checks the payment when a process has come to its end.
func (c *crashCase) checkEnd(n *node, found *lnd.StoredPayment) {
	stored := n.stored()
	if stored == nil {
		c.checkNothing(n)

		return
	}
	if !stored.Terminated() {
		c.broke("Ends: the payment is %v", stored.Status)

		return
	}

	c.checkOutcome(stored)
	c.checkAttempts(stored)
	c.checkList(n)

	if lived := found == nil || !found.Terminated(); lived {
		c.checkTold(n.updates(), stored)
	}
	if n.one == nil {
		return
	}
	updates, ended := n.one.Received()
	if ends := countEnds(updates); ends != 1 || !ended {
		c.broke("Once: %d terminal updates for one payment, stream "+
			"ended: %v", ends, ended)
	}
}

// checkTold checks that who was there when the payment ended was told so once,
// for each try. Only the first process tries again, and a try can fail before
// there is a payment.
func (c *crashCase) checkTold(updates []*lnd.StoredPayment,
	stored *lnd.StoredPayment) {

	// lnd's native SQL on SQLite gives a try the number of the one before.
	ends := make(map[int64]int)
	for _, update := range updates {
		ends[update.Info.CreationTime.UnixNano()] += countEnds(
			[]*lnd.StoredPayment{update},
		)
	}
	for created, count := range ends {
		// Nobody knows how a payment has ended that was deleted when
		// the answer of its last commit was lost.
		lost := created != stored.Info.CreationTime.UnixNano() &&
			c.network.isDeleted() && c.plan != nil
		if count != 1 && !(lost && count == 0) {
			c.broke("Once: %d terminal updates of a payment for "+
				"all payments", count)
		}
	}
	tries := 1
	if c.death == "" {
		tries = max(c.flow.tries, 1)
	}
	_, told := ends[stored.Info.CreationTime.UnixNano()]
	if !told || c.plan == nil && len(ends) != tries {
		c.broke("Once: %d payments were announced, %d tries", len(ends),
			tries)
	}
}

// checkNothing checks that nothing has happened if there is no payment.
func (c *crashCase) checkNothing(n *node) {
	if err := n.locked.Load(); err != nil {
		c.broke("Deleted: the payment is gone, and cannot be made "+
			"again: %w", *err)
	}
	if c.network.isDeleted() {
		return
	}
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
func (c *crashCase) checkOutcome(stored *lnd.StoredPayment) {
	got, reason := stored.Status.String(), ""
	if stored.FailureReason != nil {
		reason = stored.FailureReason.String()
		got += " " + reason
	}

	// Nothing else can come of it if nobody has died and nothing failed.
	want := got
	if c.death == "" && c.plan == nil {
		want = c.flow.outcome
	}
	if got != succeeded && !slices.Contains(specificity, reason) {
		c.broke("Reason: the payment is %s", got)
	}
	c.network.each(func(id uint64, h *htlc) {
		if c.leaving[id].Before(stored.Info.CreationTime) {
			return
		}
		if h.sent && h.end == lnd.Rejected && want != succeeded &&
			!c.plan.Fails("mission") {

			want = failedWrong
		}
		if h.sent && h.end == lnd.Settled {
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
func (c *crashCase) checkAttempts(stored *lnd.StoredPayment) {
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
		paid := h.sent && h.end == lnd.Settled
		switch {
		case h.sent && !h.over:
			c.broke("Money: the payment has ended before HTLC %s",
				h.letter)
		case paid && (!ok || stored.HTLCs[at].Settle == nil):
			c.broke("Money: HTLC %s lnd.Settled, which is not stored",
				h.letter)
		case !paid && ok && stored.HTLCs[at].Failure == nil:
			c.broke("Money: HTLC %s has not lnd.Settled, but is "+
				"stored as if", h.letter)
		}
	})
}

// checkList checks that the payment is listed, once, as it was announced.
func (c *crashCase) checkList(n *node) {
	list, err := n.payments.List()
	require.NoError(c.t, err)

	count := 0
	for _, listed := range list {
		if listed.Info.PaymentIdentifier != c.payment {
			continue
		}
		count++
		if err := c.checker.Stored(lnd.RPC(listed)); err != nil {
			c.broken = append(c.broken, err)
		}
	}
	if count != 1 {
		c.broke("Final: the payment is listed %d times", count)
	}
}

// updates returns what those were told of the payment who have subscribed to
// all.
func (n *node) updates() []*lnd.StoredPayment {
	var updates []*lnd.StoredPayment
	all, _ := n.all.Received()
	for _, update := range all {
		if update.Info.PaymentIdentifier == n.payment {
			updates = append(updates, update)
		}
	}

	return updates
}

// countEnds returns how many updates are terminal.
func countEnds(updates []*lnd.StoredPayment) int {
	count := 0
	for _, update := range updates {
		if update.Terminated() {
			count++
		}
	}

	return count
}

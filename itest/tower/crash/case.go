//go:build tower

package crash

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/stretchr/testify/require"

	"lnd-once/itest/tower/explore"
	"lnd-once/itest/tower/lnd"
	"lnd-once/lnrpc/paymentcontract"
)

// crashCase is one payment and what happens to its sender.
type crashCase struct {
	*Config

	t        testing.TB
	flow     *flow
	db       lnd.Database
	explorer *explore.Explorer
	payment  lntypes.Hash
	network  *network

	// plan says which calls fail. It is nil if none does.
	plan *explore.Plan

	// places are those at which the last process has made calls.
	places []string

	// mayDie is how often the process may still die.
	mayDie int

	// left is true if the first process has left the payment to the next.
	left bool

	// death is how the first process has died, if it has.
	death string

	// leaving is when each HTLC has left.
	leaving map[uint64]time.Time

	// checker sees what a client sees that subscribes to all payments again
	// after each restart.
	checker *paymentcontract.Checker

	// reason is the last that was stored for the payment's failure.
	reason *lnd.FailureReason

	// seen is true once there was a payment.
	seen bool

	// broken is what was wrong.
	broken []error
}

// run lets one process after the other go on with the payment, until one does
// not die. It returns which guarantees were broken.
func (c *crashCase) run() error {
	sender := newSender()
	c.network = newNetwork(c.flow.ends, func(sent int) {
		c.noteLeft()
		if c.flow.stop != nil && sent >= c.flow.stopAfter {
			sender.stop(c.flow.stop)
		}
	})

	for before := 0; ; before++ {
		first := before == 0
		l := explore.NewLife(c.explorer, &c.mayDie)
		l.Follow(c.plan, before)
		n := startNode(c.t, c.Config, c.db, c.flow, c.payment, c.network, l)
		found := n.stored()
		c.checkFound(found)

		if first && c.flow.deleted {
			l.Committed = n.deleteEnded
		}
		if first {
			n.start()
			c.make(n, sender)
		} else {
			c.comeBack(n, found)
		}
		n.end()
		c.places = l.Places()
		if first {
			c.death = l.Death()
		}

		c.checkStreams(n)
		if n.stuck != nil {
			c.broken = append(c.broken, n.stuck)
		}
		left := first && c.isLeft(n)
		ended := l.Death() == "" && !left
		if ended {
			c.checkEnd(n, found)
		}
		if ended && c.broken == nil && n.stored() != nil {
			require.NoError(c.t, n.payments.Delete(c.payment))
		}
		n.payments.Close()

		c.left = c.left || left
		if ended || n.stuck != nil {
			c.broken = append(c.broken, c.network.wrongs...)

			return errors.Join(c.broken...)
		}
	}
}

// isLeft tells whether a process has left the payment to the next one, since the
// database has hidden from it that the payment, or an attempt, was committed. Its
// sender was told that it has failed.
func (c *crashCase) isLeft(n *node) bool {
	stored := n.stored()

	return c.plan.Hides() && n.failed.Load() && n.stuck == nil &&
		stored != nil && !stored.Terminated()
}

// noteLeft notes when an HTLC has left: now.
//
// NOTE: The network's lock must be held.
func (c *crashCase) noteLeft() {
	for id, h := range c.network.htlcs {
		if _, ok := c.leaving[id]; h.sent && !ok {
			c.leaving[id] = time.Now()
		}
	}
}

// make lets the first process make the payment, as often as it is tried. All
// calls of SendToRoute are made at once.
func (c *crashCase) make(n *node, sender *sender) {
	n.make(sender)
	for try := 1; try < c.flow.tries && !c.flow.route; try++ {
		if n.stuck != nil || n.life.Is(explore.Dead) {
			return
		}
		n.make(sender)
	}
}

// comeBack lets a process go on with a payment that it finds. The results of
// HTLCs in flight may have come before it does.
func (c *crashCase) comeBack(n *node, found *lnd.StoredPayment) {
	pending := make(map[uint64]struct{})
	if found != nil {
		for _, attempt := range found.InFlightHTLCs() {
			pending[attempt.AttemptID] = struct{}{}
		}
	}
	c.network.each(func(id uint64, h *htlc) {
		if _, ok := pending[id]; ok && h.sent && !h.forgotten {
			came := "stored:" + h.letter
			h.stored = c.explorer.Choose("", came) == came
		}
	})

	n.start()
	if found != nil && !found.Terminated() {
		n.finish()
	}
}

// broke notes that a guarantee was broken.
func (c *crashCase) broke(format string, args ...any) {
	c.broken = append(c.broken, fmt.Errorf(format, args...))
}

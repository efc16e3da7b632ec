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

	// left is how often the process may still die.
	left int

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

	for lives := 0; ; lives++ {
		first := lives == 0
		l := explore.NewLife(c.explorer, &c.left)
		l.Follow(c.plan, lives)
		n := startNode(c.t, c.Config, c.db, c.flow, c.payment, c.network, l)
		found := n.stored()
		c.checkFound(found)

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
		if l.Death() == "" {
			c.checkEnd(n, found)
		}
		if l.Death() == "" && c.broken == nil && n.stored() != nil {
			require.NoError(c.t, n.payments.Delete(c.payment))
		}
		n.payments.Close()

		if l.Death() == "" || n.stuck != nil {
			c.broken = append(c.broken, c.network.wrongs...)

			return errors.Join(c.broken...)
		}
	}
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

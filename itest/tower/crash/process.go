//go:build tower

package crash

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/routing"
	"github.com/stretchr/testify/require"

	"lnd-once/itest/tower/explore"
	"lnd-once/itest/tower/lnd"
)

// node is one life of a process that makes a payment or resumes it.
type node struct {
	*Config

	t       testing.TB
	flow    *flow
	payment lntypes.Hash
	life    *explore.Life

	payments *lnd.Payments
	network  *switchboard
	router   *routing.ChannelRouter

	// all listens to all payments.
	all *lnd.Collector

	// one listens to the payment alone, if it exists when the node starts.
	one *lnd.Collector

	// ended is true if the payment had ended when the node started.
	ended bool

	// stuck says what the node has waited for in vain.
	stuck error

	// failed is true once the payment's sender was told that a call has
	// failed, and locked says why else it could not make the payment again
	// that was deleted.
	failed atomic.Bool
	locked atomic.Pointer[error]
}

// startNode opens the database and creates all that lnd has around its router.
// It is not started yet.
func startNode(t testing.TB, cfg *Config, db lnd.Database, f *flow,
	payment lntypes.Hash, network *network, l *explore.Life) *node {

	n := &node{
		Config: cfg, t: t, flow: f, payment: payment, life: l,
		payments: db(t, &lnd.Commits{Life: l}),
		network:  newSwitchboard(network, l),
	}
	n.router = lnd.RouterOf(
		t, n.payments, n.network,
		flowSession{flow: f, network: network, life: l}, l,
	)

	all, err := n.payments.SubscribeAllPayments()
	require.NoError(t, err)
	n.all = lnd.Collect(all)

	if found := n.stored(); found != nil {
		n.ended = found.Terminated()
		for _, attempt := range found.HTLCs {
			n.network.old[attempt.AttemptID] = struct{}{}
		}
	}

	return n
}

// stored returns the payment as it is in the lnd.Database, or nil if there is none
// or the process is dead.
func (n *node) stored() *lnd.StoredPayment {
	if n.life.Is(explore.Dead) {
		return nil
	}
	payment, err := n.payments.Stored(n.payment)
	require.NoError(n.t, err)

	return payment
}

// deleteEnded deletes the payment if it has ended, as another does who deletes all
// payments just then.
func (n *node) deleteEnded() {
	payment := n.stored()
	if payment == nil || !payment.Terminated() || n.network.isDeleted() {
		return
	}

	require.NoError(n.t, n.payments.Observed().Delete(n.payment))
	n.network.mu.Lock()
	defer n.network.mu.Unlock()
	n.network.deleted = true
}

// start starts the router, which resumes what it finds.
func (n *node) start() {
	n.life.Enter(explore.Alive)
	require.NoError(n.t, n.router.Start())

	if n.stored() == nil {
		return
	}
	one, err := n.payments.SubscribePayment(n.payment)
	for errors.Is(err, explore.ErrFault) {
		one, err = n.payments.SubscribePayment(n.payment)
	}
	if n.life.Is(explore.Dead) {
		return
	}
	require.NoError(n.t, err)
	n.one = lnd.Collect(one)
}

// until waits for a condition. It returns false if the process dies before, or
// gets stuck.
func (n *node) until(what string, condition func() bool) bool {
	timeout := time.NewTimer(n.Patience)
	defer timeout.Stop()

	for {
		change := n.life.Change()
		switch {
		case condition() && !n.life.Is(explore.Dead):
			return true
		case n.life.Is(explore.Dead):
			return false
		}

		select {
		case <-change:
		case <-timeout.C:
			n.stuck = fmt.Errorf("Ends: waited in vain for %s",
				what)

			return false
		}
	}
}

// end stops the node and returns when its subscribers have been told all that
// there was.
func (n *node) end() {
	// A switch does not keep anybody who asks it from stopping.
	if n.stuck != nil {
		n.life.Enter(explore.Buried)
	}
	require.NoError(n.t, n.router.Stop())
	n.awaitChange()

	// The updates of another payment come after all those of this one.
	n.life.Enter(explore.Buried)
	require.NoError(n.t, n.payments.Init(lastWord))
	require.NoError(n.t, n.payments.Fail(lastWord))
	n.all.Await(n.Patience, func(payment *lnd.StoredPayment) bool {
		return payment.Info.PaymentIdentifier == lastWord &&
			payment.Terminated()
	})
	n.all.Close()

	if n.one == nil {
		return
	}
	if payment := n.stored(); payment != nil && payment.Terminated() &&
		n.life.Death() == "" {

		n.one.Await(
			n.Patience,
			func(*lnd.StoredPayment) bool { return false },
		)
	}
	n.one.Close()
}

// awaitChange waits until the change of the payment during which the process
// died is over: the control tower looks what was committed in spite of the
// error, which a dead process does not get to know. To subscribe is to wait for
// the control tower's lock of the payment.
func (n *node) awaitChange() {
	if !n.life.Is(explore.Dead) {
		return
	}

	one, err := n.payments.SubscribePayment(n.payment)
	if err == nil {
		one.Close()
	}
}

// lastWord is the hash of the payment whose end is the last that is announced
// in every life.
var lastWord = lntypes.Hash{0xff}

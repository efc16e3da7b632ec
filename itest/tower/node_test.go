//go:build tower

package oncetower

import (
	"fmt"
	"testing"
	"time"

	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/routing"
)

// node is one life of a process that makes a payment or resumes it.
type node struct {
	t       testing.TB
	flow    *flow
	payment lntypes.Hash
	life    *life

	payments *payments
	network  *switchboard
	router   *routing.ChannelRouter

	// all listens to all payments.
	all *collector

	// one listens to the payment alone, if it exists when the node starts.
	one *collector

	// stuck says what the node has waited for in vain.
	stuck error
}

// startNode opens the database and creates all that lnd has around its router.
// It is not started yet.
func startNode(t testing.TB, db database, f *flow, payment lntypes.Hash,
	network *network, l *life) *node {

	n := &node{
		t: t, flow: f, payment: payment, life: l,
		payments: db(t, &commits{life: l}),
		network:  newSwitchboard(network, l),
	}
	n.router = routerOf(
		t, n.payments, n.network, flowSession{flow: f, network: network},
	)

	all, err := n.payments.SubscribeAllPayments()
	check(t, err)
	n.all = collect(all)

	return n
}

// stored returns the payment as it is in the database, or nil if there is none
// or the process is dead.
func (n *node) stored() *storedPayment {
	payment, err := fetchPayment(n.payments, n.payment)
	if err != nil && !n.life.is(dead) {
		n.t.Fatal(err)
	}

	return payment
}

// start starts the router, which resumes what it finds.
func (n *node) start() {
	n.life.enter(alive)
	check(n.t, n.router.Start())

	if n.stored() == nil {
		return
	}
	one, err := n.payments.SubscribePayment(n.payment)
	if n.life.is(dead) {
		return
	}
	check(n.t, err)
	n.one = collect(one)
}

// until waits for a condition. It returns false if the process dies before, or
// gets stuck.
func (n *node) until(what string, condition func() bool) bool {
	patience := time.NewTimer(*patience)
	defer patience.Stop()

	for {
		change := n.life.change()
		switch {
		case condition() && !n.life.is(dead):
			return true
		case n.life.is(dead):
			return false
		}

		select {
		case <-change:
		case <-patience.C:
			n.stuck = fmt.Errorf("Ends: waited in vain for %s",
				what)

			return false
		}
	}
}

// end stops the node and returns when its subscribers have been told all that
// there was.
func (n *node) end() {
	check(n.t, n.router.Stop())
	n.awaitChange()

	// The updates of another payment come after all those of this one.
	n.life.enter(buried)
	check(n.t, initPayment(n.payments, lastWord))
	check(n.t, failPayment(n.payments, lastWord))
	n.all.await(func(payment *storedPayment) bool {
		return payment.Info.PaymentIdentifier == lastWord &&
			payment.Terminated()
	})
	n.all.close()

	if n.one == nil {
		return
	}
	if payment := n.stored(); payment != nil && payment.Terminated() &&
		n.life.death == "" {

		n.one.await(func(*storedPayment) bool { return false })
	}
	n.one.close()
}

// awaitChange waits until the change of the payment during which the process
// died is over: the control tower looks what was committed in spite of the
// error, which a dead process does not get to know. To subscribe is to wait for
// the control tower's lock of the payment.
func (n *node) awaitChange() {
	if !n.life.is(dead) {
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

//go:build tower

package oncetower

import (
	"fmt"
	"slices"
	"sync"
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
	all *listener

	// one listens to the payment alone, if it exists when the node starts.
	one *listener

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
	n.all = listen(all)

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
	n.one = listen(one)
}

// make makes the payment. It returns when that has ended, or when the process
// is dead, or when nothing happens any more.
func (n *node) make(ctx *sender) {
	if n.flow.route {
		n.makeByRoute()

		return
	}

	order, err := n.flow.order(n.payment)
	check(n.t, err)
	session, shards, err := n.router.PreparePayment(order)
	if err != nil {
		return
	}
	n.router.SendPaymentAsync(ctx, order, session, shards)
	n.finish()
}

// makeByRoute makes the payment by calls of SendToRoute, which wait for their
// results.
func (n *node) makeByRoute() {
	var calls sync.WaitGroup
	defer calls.Wait()

	// When the node can't go on the calls have to return.
	defer func() { check(n.t, n.router.Stop()) }()

	var returned []*bool
	for i := range n.flow.ends {
		done := new(bool)
		returned = append(returned, done)

		calls.Add(1)
		go func() {
			defer calls.Done()

			rt, hash := n.flow.routeOf(n.payment, i)
			last := i+1 == len(n.flow.ends)
			_ = sendToRoute(
				n.router, hash, rt, n.flow.inTurn && !last,
			)
			n.life.do(func() { *done = true })
		}()

		waits := func() bool {
			return n.life.get(done) || len(n.network.awaited()) > 0
		}
		if !n.flow.inTurn {
			waits = func() bool {
				return n.life.get(done) ||
					len(n.network.awaited()) == i+1
			}
		}
		if !n.until("the call to send", waits) {
			return
		}
		if n.flow.inTurn && !n.deliverToCalls(returned) {
			return
		}
	}
	n.deliverToCalls(returned)
}

// deliverToCalls delivers the results of all HTLCs in flight, in any order, and
// waits for all calls to return. It returns false if the process is dead or
// stuck.
func (n *node) deliverToCalls(returned []*bool) bool {
	pending := func() int {
		count := 0
		for _, done := range returned {
			if !n.life.get(done) {
				count++
			}
		}

		return count
	}

	for left := pending(); left > 0; left = pending() {
		n.deliverOne()
		if !n.until("a call of SendToRoute to return", func() bool {
			return pending() < left
		}) {
			return false
		}
	}

	return true
}

// finish lets the payment's lifecycle come to its end: it delivers results, in
// any order, each when there is nothing else to be done.
func (n *node) finish() {
	for {
		if !n.until("the payment to go on or end", n.idle) {
			return
		}
		if len(n.network.awaited()) == 0 {
			return
		}

		attempt := n.deliverOne()
		if !n.until("a result to be recorded", func() bool {
			return !n.inFlight(attempt)
		}) {
			return
		}
	}
}

// deliverOne delivers one of the results that are waited for, and returns whose
// it is.
func (n *node) deliverOne() uint64 {
	letters := n.network.awaited()

	return n.network.deliver(n.life.explorer.choose(letters...))
}

// inFlight tells whether an attempt of the payment has no result yet.
func (n *node) inFlight(id uint64) bool {
	payment := n.stored()

	return payment != nil && slices.ContainsFunc(payment.HTLCs,
		func(attempt storedAttempt) bool {
			return attempt.AttemptID == id &&
				attempt.Settle == nil && attempt.Failure == nil
		},
	)
}

// idle tells whether the payment's lifecycle is over, or has nothing to do but
// wait for results.
func (n *node) idle() bool {
	payment := n.stored()
	switch {
	case payment == nil:
		return false

	// A stock lnd may leave attempts that failed.
	case payment.Terminated() && *breaks:
		return true

	// When it is done it deletes them.
	case payment.Terminated():
		for _, attempt := range payment.HTLCs {
			if attempt.Failure != nil {
				return false
			}
		}

		return true
	}

	more, err := payment.AllowMoreAttempts()
	waiting := len(n.network.awaited())

	return err == nil && !more && waiting > 0 &&
		waiting == len(payment.InFlightHTLCs())
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

// lastWord is the hash of the payment whose end is the last that is announced
// in every life.
var lastWord = lntypes.Hash{0xff}

// listener collects the updates of one subscription.
type listener struct {
	sub  routing.ControlTowerSubscriber
	quit chan struct{}
	done chan struct{}

	mu      sync.Mutex
	updates []*storedPayment
	ended   bool
	changed chan struct{}
}

// listen starts to collect updates.
func listen(sub routing.ControlTowerSubscriber) *listener {
	l := &listener{
		sub: sub, quit: make(chan struct{}), done: make(chan struct{}),
		changed: make(chan struct{}, 1),
	}
	go l.run()

	return l
}

// run collects updates until the stream ends or the listener is closed.
func (l *listener) run() {
	defer close(l.done)

	for {
		select {
		case update, ok := <-l.sub.Updates():
			l.mu.Lock()
			l.ended = !ok
			if ok {
				l.updates = append(
					l.updates, update.(*storedPayment),
				)
			}
			l.mu.Unlock()

			select {
			case l.changed <- struct{}{}:
			default:
			}
			if !ok {
				return
			}

		case <-l.quit:
			return
		}
	}
}

// received returns the updates so far, and whether the stream has ended.
func (l *listener) received() ([]*storedPayment, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()

	return l.updates, l.ended
}

// await waits for an update, or for the end of the stream. It returns false if
// neither comes.
func (l *listener) await(wanted func(*storedPayment) bool) bool {
	patience := time.NewTimer(*patience)
	defer patience.Stop()

	for {
		updates, ended := l.received()
		if n := len(updates); ended || n > 0 && wanted(updates[n-1]) {
			return true
		}

		select {
		case <-l.changed:
		case <-patience.C:
			return false
		}
	}
}

// close ends the subscription.
func (l *listener) close() {
	close(l.quit)
	<-l.done
	l.sub.Close()
}

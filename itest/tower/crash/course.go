//go:build tower

package crash

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/stretchr/testify/require"

	"lnd-once/itest/tower/lnd"
)

// make makes the payment. It returns when that has ended, or when the process
// is dead, or when nothing happens any more.
func (n *node) make(ctx *sender) {
	if n.flow.route {
		n.makeByRoute()

		return
	}

	order, err := n.flow.order(n.payment)
	require.NoError(n.t, err)
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
	defer func() { require.NoError(n.t, n.router.Stop()) }()

	var returned []*atomic.Bool
	for i := range n.flow.ends {
		done := new(atomic.Bool)
		returned = append(returned, done)

		calls.Add(1)
		go func() {
			defer calls.Done()

			rt, hash := n.flow.routeOf(n.payment, i)
			last := i+1 == len(n.flow.ends)
			_ = lnd.SendToRoute(
				n.router, hash, rt, n.flow.inTurn && !last,
			)
			done.Store(true)
			n.life.Notify()
		}()

		inFlight := i + 1
		if n.flow.inTurn {
			inFlight = 1
		}
		if !n.until("a call of SendToRoute to send", func() bool {
			return done.Load() ||
				len(n.network.awaited()) == inFlight
		}) {
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
func (n *node) deliverToCalls(returned []*atomic.Bool) bool {
	pending := func() int {
		count := 0
		for _, done := range returned {
			if !done.Load() {
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

	return n.network.deliver(n.life.Choose(letters...))
}

// inFlight tells whether an attempt of the payment has no result yet.
func (n *node) inFlight(id uint64) bool {
	payment := n.stored()

	return payment != nil && slices.ContainsFunc(payment.HTLCs,
		func(attempt lnd.StoredAttempt) bool {
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
	case payment.Terminated() && n.Breaks:
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

//go:build tower

package crash

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/stretchr/testify/require"

	"lnd-once/itest/tower/explore"
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
	var prepared, sent atomic.Bool
	go func() {
		again := n.network.isDeleted()
		session, shards, err := n.router.PreparePayment(order)
		n.note(err, again)
		if err == nil {
			n.router.SendPaymentAsync(ctx, order, session, shards)
			sent.Store(true)
		}
		prepared.Store(true)
		n.life.Notify()
	}()
	if n.until("the payment to begin", prepared.Load) && sent.Load() {
		n.finish()
	}
}

// makeByRoute makes the payment by calls of SendToRoute, which wait for their
// results.
func (n *node) makeByRoute() {
	var calls sync.WaitGroup
	defer calls.Wait()

	// When the node can't go on the calls have to return.
	defer func() { require.NoError(n.t, n.router.Stop()) }()

	var pending atomic.Int64
	for i := 0; n.isToSend(i); i++ {
		left := pending.Add(1)
		calls.Add(1)
		go func() {
			defer calls.Done()

			again := n.network.isDeleted()
			rt, hash := n.flow.routeOf(n.payment, i)
			last := i+1 >= len(n.flow.ends)
			err := lnd.SendToRoute(
				n.router, hash, rt, n.flow.inTurn && !last,
			)
			n.note(err, again)
			pending.Add(-1)
			n.life.Notify()
		}()

		if !n.until("a call of SendToRoute to send", func() bool {
			return pending.Load() < left ||
				len(n.network.awaited()) == int(left)
		}) {
			return
		}
		if n.flow.inTurn && !n.deliverToCalls(&pending) {
			return
		}
	}
	n.deliverToCalls(&pending)
}

// note notes why a payment, or a part of it, was not made, maybe again after it
// was deleted.
func (n *node) note(err error, again bool) {
	switch {
	case errors.Is(err, explore.ErrFault):
		n.failed.Store(true)

	case err != nil && again:
		n.locked.Store(&err)
	}
}

// isToSend tells whether a call of SendToRoute is to be made after so many. If
// one that has failed leaves a payment in flight without an HTLC, as the flag for
// that says, its sender makes another without the flag, until that does not fail.
func (n *node) isToSend(calls int) bool {
	if calls < len(n.flow.ends) {
		return true
	}
	payment := n.stored()

	return n.flow.inTurn && calls < len(n.flow.ends)+n.life.Faults() &&
		payment != nil && !payment.Terminated() &&
		len(payment.InFlightHTLCs()) == 0
}

// deliverToCalls delivers the results of all HTLCs in flight, in any order, and
// waits for all calls to return. It returns false if the process is dead or
// stuck.
func (n *node) deliverToCalls(pending *atomic.Int64) bool {
	for left := pending.Load(); left > 0; left = pending.Load() {
		n.deliverOne()
		if !n.until("a call of SendToRoute to return", func() bool {
			return pending.Load() < left
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
			n.hear()

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

// hear waits until the end of the payment is told, if it has ended while the
// process runs. On some bases nobody waits for whoever does so when the router is
// stopped.
func (n *node) hear() {
	payment := n.stored()
	if n.ended || n.Breaks || payment == nil {
		return
	}

	// The end of a try before it is another's.
	n.all.Await(n.Patience, func(update *lnd.StoredPayment) bool {
		return update.Terminated() && update.Info.CreationTime.Equal(
			payment.Info.CreationTime,
		)
	})
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
		return n.network.isDeleted()

	// A stock lnd may leave attempts that failed, and so may a call that
	// fails.
	case payment.Terminated() && (n.Breaks || n.life.Faults() > 0):
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

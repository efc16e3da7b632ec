//go:build tower

package crash

import (
	"context"
	"crypto/sha256"
	"sync"

	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/lnwire"
	"github.com/lightningnetwork/lnd/record"
	"github.com/lightningnetwork/lnd/routing"
	"github.com/lightningnetwork/lnd/routing/route"

	"lnd-once/itest/tower/explore"
	"lnd-once/itest/tower/lnd"
)

// flow is a course that a payment takes if nothing happens to its sender.
type flow struct {
	name string

	// route is true if the payment is made by SendToRoute, each of its
	// HTLCs by a call of its own. Otherwise it is one of SendPayment.
	route bool

	// inTurn is true if such a call waits for the one before to return,
	// which then has said that it may fail without consequences.
	inTurn bool

	// parts is the number of shards that the payment is split into, unless
	// it is one. Those of an AMP payment have different hashes.
	parts int
	amp   bool

	// ends tells how its HTLCs end, in the order in which they are sent.
	// There is no route for more.
	ends []lnd.End

	// tries is how often the payment is made, unless it is once. It fails
	// each time but the last. Calls of SendToRoute in turn are such tries
	// if each fails the payment.
	tries int

	// deleted is true if a client deletes the first try as soon as its end
	// is committed, before anybody else knows of it.
	deleted bool

	// stop is what ends the context of the sender, if it is not nil, when
	// so many HTLCs have left as there are in stopAfter, or the first one.
	stop      error
	stopAfter int

	// outcome is how it ends, whatever the order of the results.
	outcome string
}

// The outcomes that a flow can have.
const (
	succeeded   = "Succeeded"
	failedWrong = "Failed incorrect_payment_details"
	failedError = "Failed error"
	failedRoute = "Failed no_route"
	failedLate  = "Failed timeout"
	failedStop  = "Failed canceled"
)

// flows lists all courses of payments.
var flows = []flow{
	// Payments over a given route.
	{name: "route/fails", route: true, ends: []lnd.End{lnd.Rejected},
		outcome: failedWrong},
	{name: "route/interrupted", route: true, ends: []lnd.End{lnd.Interrupted},
		outcome: failedError},
	{name: "route/refused", route: true, ends: []lnd.End{refused},
		outcome: failedError},
	{name: "route/settles", route: true, ends: []lnd.End{lnd.Settled},
		outcome: succeeded},
	{name: "route/retried-settles", route: true, inTurn: true, parts: 1,
		ends:    []lnd.End{lnd.Interrupted, lnd.Settled},
		outcome: succeeded},
	{name: "route/retried-fails", route: true, inTurn: true, parts: 1,
		ends:    []lnd.End{lnd.Interrupted, lnd.Rejected},
		outcome: failedWrong},
	{name: "route/again-settles", route: true, inTurn: true, parts: 1,
		ends: []lnd.End{lnd.Rejected, lnd.Settled}, tries: 2, outcome: succeeded},
	{name: "route/again-fails", route: true, inTurn: true, parts: 1,
		ends: []lnd.End{lnd.Rejected, lnd.Interrupted}, tries: 2,
		outcome: failedError},
	{name: "route/deleted-settles", route: true, inTurn: true, parts: 1,
		ends: []lnd.End{lnd.Rejected, lnd.Settled}, tries: 2,
		deleted: true, outcome: succeeded},
	{name: "route/mpp-settles", route: true, parts: 2,
		ends: []lnd.End{lnd.Settled, lnd.Settled}, outcome: succeeded},
	{name: "route/mpp-fails", route: true, parts: 2,
		ends:    []lnd.End{lnd.Interrupted, lnd.Rejected},
		outcome: failedWrong},
	{name: "route/mpp-differs", route: true, parts: 2,
		ends: []lnd.End{lnd.Rejected, lnd.Settled}, outcome: succeeded},
	{name: "route/amp-settles", route: true, parts: 2, amp: true,
		ends: []lnd.End{lnd.Settled, lnd.Settled}, outcome: succeeded},
	{name: "route/amp-fails", route: true, parts: 2, amp: true,
		ends:    []lnd.End{lnd.Rejected, lnd.Interrupted},
		outcome: failedWrong},

	// Payments whose routes are found.
	{name: "pay/fails", ends: []lnd.End{lnd.Rejected},
		outcome: failedWrong},
	{name: "pay/settles", ends: []lnd.End{lnd.Settled},
		outcome: succeeded},
	{name: "pay/no-route", ends: nil, outcome: failedRoute},
	{name: "pay/retried-settles", ends: []lnd.End{lnd.Interrupted, lnd.Settled},
		outcome: succeeded},
	{name: "pay/retried-fails", ends: []lnd.End{lnd.Interrupted, lnd.Rejected},
		outcome: failedWrong},
	{name: "pay/retried-runs-out", ends: []lnd.End{lnd.Interrupted, lnd.Interrupted},
		outcome: failedRoute},
	{name: "pay/refused-settles", ends: []lnd.End{refused, lnd.Settled},
		outcome: succeeded},
	{name: "pay/again-settles", ends: []lnd.End{lnd.Rejected, lnd.Settled}, tries: 2,
		outcome: succeeded},
	{name: "pay/again-fails", ends: []lnd.End{lnd.Rejected}, tries: 2,
		outcome: failedRoute},
	{name: "pay/deleted-settles", ends: []lnd.End{lnd.Rejected, lnd.Settled},
		tries: 2, deleted: true, outcome: succeeded},

	// Payments whose time runs out, or whose sender leaves, while the first
	// HTLC is in flight. The shards of a split one are not sent then.
	{name: "pay/timeout-fails", ends: []lnd.End{lnd.Rejected},
		stop: context.DeadlineExceeded, outcome: failedWrong},
	{name: "pay/timeout-interrupted", ends: []lnd.End{lnd.Interrupted},
		stop: context.DeadlineExceeded, outcome: failedLate},
	{name: "pay/timeout-settles", ends: []lnd.End{lnd.Settled},
		stop: context.DeadlineExceeded, outcome: succeeded},
	{name: "pay/cancel-fails", ends: []lnd.End{lnd.Rejected},
		stop: context.Canceled, outcome: failedWrong},
	{name: "pay/cancel-interrupted", ends: []lnd.End{lnd.Interrupted},
		stop: context.Canceled, outcome: failedStop},
	{name: "pay/cancel-settles", ends: []lnd.End{lnd.Settled},
		stop: context.Canceled, outcome: succeeded},
	{name: "pay/split-timeout-fails", parts: 2, ends: []lnd.End{lnd.Rejected},
		stop: context.DeadlineExceeded, outcome: failedWrong},
	{name: "pay/split-timeout-interrupted", parts: 2,
		ends: []lnd.End{lnd.Interrupted}, stop: context.DeadlineExceeded,
		outcome: failedLate},
	{name: "pay/split-timeout-settles", parts: 2, ends: []lnd.End{lnd.Settled},
		stop: context.DeadlineExceeded, outcome: succeeded},
	{name: "pay/split-cancel-settles", parts: 2, ends: []lnd.End{lnd.Settled},
		stop: context.Canceled, outcome: succeeded},

	// The same while both shards of a split one are.
	{name: "pay/mpp-timeout-differs", parts: 2,
		ends: []lnd.End{lnd.Rejected, lnd.Settled}, stop: context.DeadlineExceeded,
		stopAfter: 2, outcome: succeeded},
	{name: "pay/mpp-timeout-interrupted", parts: 2,
		ends: []lnd.End{lnd.Interrupted, lnd.Interrupted},
		stop: context.DeadlineExceeded, stopAfter: 2,
		outcome: failedLate},
	{name: "pay/mpp-timeout-rejected", parts: 2,
		ends: []lnd.End{lnd.Interrupted, lnd.Rejected},
		stop: context.DeadlineExceeded, stopAfter: 2,
		outcome: failedWrong},
	{name: "pay/mpp-cancel-interrupted", parts: 2,
		ends: []lnd.End{lnd.Interrupted, lnd.Interrupted}, stop: context.Canceled,
		stopAfter: 2, outcome: failedStop},

	// Payments in two shards.
	{name: "pay/mpp-settles", parts: 2, ends: []lnd.End{lnd.Settled, lnd.Settled},
		outcome: succeeded},
	{name: "pay/mpp-fails", parts: 2, ends: []lnd.End{lnd.Interrupted, lnd.Rejected},
		outcome: failedWrong},
	{name: "pay/mpp-interrupted", parts: 2,
		ends:    []lnd.End{lnd.Interrupted, lnd.Interrupted},
		outcome: failedRoute},
	{name: "pay/mpp-differs", parts: 2, ends: []lnd.End{lnd.Rejected, lnd.Settled},
		outcome: succeeded},
	{name: "pay/mpp-retried", parts: 2,
		ends:    []lnd.End{lnd.Interrupted, lnd.Settled, lnd.Settled},
		outcome: succeeded},
	{name: "pay/amp-settles", parts: 2, amp: true,
		ends: []lnd.End{lnd.Settled, lnd.Settled}, outcome: succeeded},
	{name: "pay/amp-fails", parts: 2, amp: true,
		ends:    []lnd.End{lnd.Interrupted, lnd.Rejected},
		outcome: failedWrong},
}

// part returns how much every HTLC of the flow is worth.
func (f *flow) part() lnwire.MilliSatoshi {
	return lnd.Amount / lnwire.MilliSatoshi(max(f.parts, 1))
}

// routeOf returns the route for one HTLC of a payment by SendToRoute, and the
// hash of that HTLC.
func (f *flow) routeOf(payment lntypes.Hash,
	index int) (*route.Route, lntypes.Hash) {

	if f.parts == 0 {
		return lnd.NewRoute(), payment
	}

	rt := lnd.NewShardRouteFor(f.part())
	if !f.amp {
		return rt, payment
	}
	share := sha256.Sum256(append(payment[:], byte(index)))
	rt.FinalHop().AMP = record.NewAMP(share, payment, uint32(index))

	return rt, sha256.Sum256(share[:])
}

// order returns the payment to be made by SendPayment.
func (f *flow) order(payment lntypes.Hash) (*routing.LightningPayment, error) {
	order := &routing.LightningPayment{
		Target:   lnd.Recipient,
		Amount:   lnd.Amount,
		FeeLimit: lnd.Amount,
	}
	if !f.amp {
		return order, order.SetPaymentHash(payment)
	}

	return order, order.SetAMP(&routing.AMPOptions{
		SetID: payment, RootShare: sha256.Sum256(payment[:]),
	})
}

// flowSession finds the routes of a flow's HTLCs, and no others.
type flowSession struct {
	routing.PaymentSession

	flow    *flow
	network *network
	life    *explore.Life
}

// RequestRoute returns a route for one part of what is left to be sent.
func (s flowSession) RequestRoute(left, _ lnwire.MilliSatoshi, _,
	_ uint32, _ lnwire.CustomRecords) (*route.Route, error) {

	err := s.life.Call("route", func() error { return nil })
	if err != nil {
		return nil, err
	}

	if s.network.exhausted() {
		return nil, lnd.NoPath()
	}

	// The tracker of AMP shards adds its records to the route.
	part := min(left, s.flow.part())
	if s.flow.parts > 1 && !s.flow.amp {
		return lnd.NewShardRouteFor(part), nil
	}

	return lnd.NewRouteFor(part), nil
}

// sender is a context that ends when it is told to, with any error: that of a
// timeout does not take time.
type sender struct {
	context.Context

	mu   sync.Mutex
	err  error
	done chan struct{}
}

// newSender creates a context.
func newSender() *sender {
	return &sender{Context: context.Background(), done: make(chan struct{})}
}

// Done returns a channel that is closed when the context ends.
func (s *sender) Done() <-chan struct{} {
	return s.done
}

// Err returns why the context has ended, or nil.
func (s *sender) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()

	return s.err
}

// stop ends the context.
func (s *sender) stop(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()

	if s.err == nil {
		s.err = err
		close(s.done)
	}
}

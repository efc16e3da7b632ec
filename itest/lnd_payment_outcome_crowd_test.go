//go:build integration

package itest

import (
	"context"
	"encoding/hex"
	"fmt"
	"sync"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
	"github.com/lightningnetwork/lnd/lntest"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"lnd-once/lnrpc/paymentcontract"
)

const (
	// outcomeCrowdSize is the number of clients that come and go, and
	// outcomeCrowdPayments that of payments meanwhile.
	outcomeCrowdSize     = 20
	outcomeCrowdPayments = 200

	// outcomeCrowdAtOnce is the number of payments at the same time.
	outcomeCrowdAtOnce = 10

	// outcomeCrowdStep is the number of payments that end from one client's
	// coming to the next one's, and outcomeCrowdStay the least number of
	// those that begin and end while a client is there.
	outcomeCrowdStep = 8
	outcomeCrowdStay = 10

	// outcomeCrowdAmt is the amount in satoshis of each payment.
	outcomeCrowdAmt = 1000
)

// outcomeCrowdRun is the run with many payments and many clients.
type outcomeCrowdRun struct {
	*outcomeRun

	// rejected is a route to a payment address that the recipient does not
	// know.
	rejected *lnrpc.Route

	mu sync.Mutex

	// payments has the payments by their hash.
	payments map[string]*outcomeCrowdPayment

	// ended is the number of payments that have ended, and changed is
	// closed when that changes.
	ended   int
	changed chan struct{}
}

// outcomeCrowdPayment is what those who pay know of a payment.
type outcomeCrowdPayment struct {
	// index is the number of payments that began before this one.
	index int

	// reason is what the payment must end with.
	reason lnrpc.PaymentFailureReason

	// ended is true if the client has been told the payment's end.
	ended bool
}

// testPaymentOutcomeCrowd checks that clients of TrackPayments that come and go
// while payments start and end each get one outcome of every payment that
// began and ended while they were there.
func testPaymentOutcomeCrowd(ht *lntest.HarnessTest) {
	r, done := newOutcomeRun(ht, openOutcomeChannel)
	defer done()

	c := &outcomeCrowdRun{
		outcomeRun: r,
		rejected:   r.buildRoute(r.Random32Bytes(), outcomeCrowdAmt),
		payments:   make(map[string]*outcomeCrowdPayment),
		changed:    make(chan struct{}),
	}

	group, ctx := errgroup.WithContext(r.ctx)
	group.Go(func() error {
		return c.payAll(ctx)
	})

	views := make([]*outcomeView, outcomeCrowdSize)
	for i := range views {
		views[i] = newOutcomeView(
			r, fmt.Sprintf("client %d", i), i%2 == 0,
		)
		group.Go(func() error {
			return c.visit(ctx, views[i], i*outcomeCrowdStep)
		})
	}
	require.NoError(r, group.Wait())

	// What all clients of a kind have found counts as what one has.
	ends := newOutcomeView(r, "terminal updates", true)
	all := newOutcomeView(r, "all updates", false)
	rows := r.listPayments()
	require.Len(r, rows, outcomeCrowdPayments)
	for _, view := range views {
		for _, row := range rows {
			view.keep("ListPayments", view.checker.Stored(row))
		}

		sum := all
		if view.noInflight {
			sum = ends
		}
		sum.found = append(sum.found, view.found...)
	}
	r.requireBroken(
		"subscribers come and go", []*outcomeView{ends, all},
		outcomeCrowd,
	)
}

// payAll makes all payments.
func (c *outcomeCrowdRun) payAll(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(outcomeCrowdAtOnce)
	for i := range outcomeCrowdPayments {
		group.Go(func() error {
			if err := c.payOne(ctx, i); err != nil {
				return fmt.Errorf("payment %d: %w", i, err)
			}

			return nil
		})
	}

	return group.Wait()
}

// payOne makes a payment: every second one is rejected by the recipient.
func (c *outcomeCrowdRun) payOne(ctx context.Context, i int) error {
	invoice, err := c.recipient.RPC.LN.AddInvoice(ctx, &lnrpc.Invoice{
		Value: outcomeCrowdAmt,
	})
	if err != nil {
		return err
	}
	hash := hex.EncodeToString(invoice.RHash)

	if i%2 == 0 {
		c.begin(hash, outcomeNoReason)
		err = c.paySucceeding(ctx, invoice.PaymentRequest)
	} else {
		c.begin(hash, outcomeIncorrectDetails)
		_, err = c.sender.RPC.Router.SendToRouteV2(
			ctx, &routerrpc.SendToRouteRequest{
				PaymentHash: invoice.RHash,
				Route:       c.rejected,
			},
		)
	}
	if err != nil {
		return err
	}
	c.end(hash)

	return nil
}

// paySucceeding pays an invoice and waits for its end.
func (c *outcomeCrowdRun) paySucceeding(ctx context.Context,
	request string) error {

	stream, err := c.sender.RPC.Router.SendPaymentV2(
		ctx, &routerrpc.SendPaymentRequest{
			PaymentRequest: request,
			TimeoutSeconds: int32(outcomeSettleTimeout.Seconds()),
		},
	)
	if err != nil {
		return err
	}

	for {
		p, err := stream.Recv()
		if err != nil || outcomeDecided(p) {
			return err
		}
	}
}

// begin notes that a payment is about to be sent, and what it must end with.
func (c *outcomeCrowdRun) begin(hash string,
	reason lnrpc.PaymentFailureReason) {

	c.mu.Lock()
	defer c.mu.Unlock()

	c.payments[hash] = &outcomeCrowdPayment{
		index:  len(c.payments),
		reason: reason,
	}
}

// end notes that a payment has ended.
func (c *outcomeCrowdRun) end(hash string) {
	c.mu.Lock()
	defer c.mu.Unlock()

	c.payments[hash].ended = true
	c.ended++
	close(c.changed)
	c.changed = make(chan struct{})
}

// awaitEnded waits until a number of payments have ended.
func (c *outcomeCrowdRun) awaitEnded(ctx context.Context, ended int) error {
	for {
		c.mu.Lock()
		done, changed := c.ended >= ended, c.changed
		c.mu.Unlock()

		if done {
			return nil
		}

		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// begun returns the number of payments that have begun.
func (c *outcomeCrowdRun) begun() int {
	c.mu.Lock()
	defer c.mu.Unlock()

	return len(c.payments)
}

// endedSince returns the payments that have ended of those that began after the
// given number of payments had.
func (c *outcomeCrowdRun) endedSince(begun int) []string {
	c.mu.Lock()
	defer c.mu.Unlock()

	var hashes []string
	for hash, p := range c.payments {
		if p.index >= begun && p.ended {
			hashes = append(hashes, hash)
		}
	}

	return hashes
}

// reason returns what a payment must end with.
func (c *outcomeCrowdRun) reason(hash string) lnrpc.PaymentFailureReason {
	c.mu.Lock()
	defer c.mu.Unlock()

	return c.payments[hash].reason
}

// visit has a client come when a number of payments have ended, and leave when
// it has been told the end of each payment that began after its first update
// and had ended before it made up its mind to leave.
func (c *outcomeCrowdRun) visit(ctx context.Context, view *outcomeView,
	after int) error {

	if err := c.awaitEnded(ctx, after); err != nil {
		return err
	}

	ctx, leave := context.WithCancel(ctx)
	defer leave()
	if err := view.trySubscribe(ctx); err != nil {
		return err
	}

	var (
		told  = make(map[string]struct{})
		begun = -1
		owed  []string
	)
	for owed == nil || !containsAll(told, owed) {
		p, err := view.receive()
		if err != nil {
			return fmt.Errorf("%s: told %d ends, must be told of "+
				"%v: %w", view.name, len(told), owed, err)
		}
		if begun == -1 {
			begun = c.begun()
		}

		if outcomeDecided(p) {
			told[p.PaymentHash] = struct{}{}
			view.keep("update", paymentcontract.CheckSpecific(
				p, c.reason(p.PaymentHash),
			))
		}

		ended := c.endedSince(begun)
		if owed == nil && len(ended) >= outcomeCrowdStay {
			owed = ended
		}
	}

	return nil
}

// containsAll returns whether a set has all the keys.
func containsAll(set map[string]struct{}, keys []string) bool {
	for _, key := range keys {
		if _, ok := set[key]; !ok {
			return false
		}
	}

	return true
}

package scenario

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
)

// payTimeout makes a payment that times out while its one HTLC is held on the
// way, which then fails for a reason that would allow another attempt.
func payTimeout(ctx context.Context, r *Run) ([]byte, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()

	f, invoice, err := r.interceptInvoice(ctx)
	if err != nil {
		return nil, err
	}

	return invoice.RHash, r.payPastTimeout(
		ctx, invoice.PaymentRequest, f.awaitHTLC, f.fail,
	)
}

// interceptInvoice makes an invoice whose payment is held on its way.
func (r *Run) interceptInvoice(ctx context.Context) (*forward,
	*lnrpc.AddInvoiceResponse, error) {

	f, err := r.intercept(ctx)
	if err != nil {
		return nil, nil, err
	}
	invoice, err := r.addInvoice(ctx, amount)

	return f, invoice, err
}

// payCancelledForward makes a payment that its client cancels while its one
// HTLC is held on the way, which then fails for a reason that would allow
// another attempt.
func payCancelledForward(ctx context.Context, r *Run) ([]byte, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()

	f, invoice, err := r.interceptInvoice(ctx)
	if err != nil {
		return nil, err
	}
	err = r.sendThenCancel(ctx, invoice.PaymentRequest, f.awaitHTLC)
	if err != nil {
		return nil, err
	}
	if err := f.fail(); err != nil {
		return nil, err
	}
	_, err = r.trackToEnd(ctx, invoice.RHash)

	return invoice.RHash, err
}

// payNoRoute makes a payment that allows no fee where every route takes one.
func payNoRoute(ctx context.Context, r *Run) ([]byte, error) {
	invoice, err := r.addInvoice(ctx, amount)
	if err != nil {
		return nil, err
	}
	stream, err := r.net.Sender().Router.SendPaymentV2(
		ctx, &routerrpc.SendPaymentRequest{
			PaymentRequest: invoice.PaymentRequest,
			TimeoutSeconds: int32(settleTimeout.Seconds()),
		},
	)
	if err != nil {
		return nil, err
	}
	_, err = receiveToEnd(stream)

	return invoice.RHash, err
}

// payCancelledInvoice pays an invoice that the recipient has cancelled.
func payCancelledInvoice(ctx context.Context, r *Run) ([]byte, error) {
	invoice, err := r.addInvoice(ctx, amount)
	if err != nil {
		return nil, err
	}
	h := &hold{Run: r, hash: invoice.RHash}
	if err := h.cancel(ctx); err != nil {
		return nil, err
	}
	_, err = r.payInvoice(ctx, invoice)

	return invoice.RHash, err
}

// payTooMuch makes a payment of more than the sender has: the capacity of its
// channel.
func payTooMuch(ctx context.Context, r *Run) ([]byte, error) {
	list, err := r.net.Sender().Lightning.ListChannels(
		ctx, &lnrpc.ListChannelsRequest{},
	)
	switch {
	case err != nil:
		return nil, err

	case len(list.Channels) != 1:
		return nil, fmt.Errorf("the sender has %d channels instead of "+
			"one", len(list.Channels))
	}

	invoice, err := r.addInvoice(ctx, list.Channels[0].Capacity)
	if err != nil {
		return nil, err
	}
	_, err = r.payInvoice(ctx, invoice)

	return invoice.RHash, err
}

// payRetried tries to pay an invoice to an address that the recipient does not
// know, then over a route that does not carry enough, and at last as it should.
// Each try begins as soon as the client has the outcome of the one before.
func payRetried(ctx context.Context, r *Run) ([]byte, error) {
	invoice, err := r.addInvoice(ctx, amount)
	if err != nil {
		return nil, err
	}
	dest, err := hex.DecodeString(r.net.Recipient().PubKey)
	if err != nil {
		return nil, err
	}

	_, err = r.payToEnd(ctx, &routerrpc.SendPaymentRequest{
		Dest: dest, Amt: amount, PaymentHash: invoice.RHash,
		PaymentAddr: random32(), FinalCltvDelta: finalDelta,
	})
	if err != nil {
		return nil, err
	}
	if err := r.sendUnderfunded(ctx, invoice); err != nil {
		return nil, err
	}

	// The sender blames the recipient for the route.
	if err := r.forgetFailures(ctx); err != nil {
		return nil, err
	}
	_, err = r.payInvoice(ctx, invoice)

	return invoice.RHash, err
}

// payNoAttempt sends a payment over a route that delivers more than its record
// says the payment is worth, so that no attempt can be registered.
func payNoAttempt(ctx context.Context, r *Run) ([]byte, error) {
	invoice, err := r.addInvoice(ctx, amount)
	if err != nil {
		return nil, err
	}
	route, err := r.buildRoute(
		ctx, invoice.PaymentAddr, amount, amount-1,
	)
	if err != nil {
		return nil, err
	}

	_, failed := r.sendToRoute(ctx, invoice.RHash, route)
	if failed == nil || !strings.Contains(
		failed.Error(), "attempted value exceeds payment amount",
	) {

		return nil, fmt.Errorf("the attempt must be refused for its "+
			"value, and the answer is: %w", failed)
	}

	return invoice.RHash, r.retry(ctx, invoice)
}

// payNoOnion sends a payment over a route that no onion can be made for.
func payNoOnion(ctx context.Context, r *Run) ([]byte, error) {
	invoice, err := r.addInvoice(ctx, amount)
	if err != nil {
		return nil, err
	}
	route, err := r.buildRoute(ctx, invoice.PaymentAddr, amount, amount)
	if err != nil {
		return nil, err
	}

	// There is no point with this x coordinate on the curve.
	route.Hops[0].PubKey = "02" + strings.Repeat("ff", 32)

	// An lnd that makes the onion as part of the attempt has an attempt
	// that failed, and with it a try that ended. For the others there is
	// no payment yet.
	attempt, failed := r.sendToRoute(ctx, invoice.RHash, route)
	r.log("refused: %v, %v", failed, attempt)
	if failed == nil {
		if attempt.Status != lnrpc.HTLCAttempt_FAILED {
			return nil, fmt.Errorf("an attempt over a key that is "+
				"none is %v", attempt.Status)
		}
		r.earlier = []lnrpc.PaymentFailureReason{otherError}
	}

	return invoice.RHash, r.retry(ctx, invoice)
}

// retry pays an invoice as it should. That it is refused, as on stock, is seen
// by its outcome.
func (r *Run) retry(ctx context.Context,
	invoice *lnrpc.AddInvoiceResponse) error {

	stream, err := r.sendPayment(ctx, &routerrpc.SendPaymentRequest{
		PaymentRequest: invoice.PaymentRequest,
	})
	for err == nil {
		_, err = stream.Recv()
	}
	r.log("retry: %v", err)

	return ctx.Err()
}

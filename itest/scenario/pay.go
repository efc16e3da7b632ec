package scenario

import (
	"context"
	"time"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
)

// payTimeLimit is the payment timeout in the scenarios whose HTLC outlives it.
const payTimeLimit = 2 * time.Second

// payRejectedRoute sends a payment over a route of the caller's own making
// whose payment address the recipient does not know.
func payRejectedRoute(ctx context.Context, r *Run) ([]byte, error) {
	invoice, err := r.addInvoice(ctx, amount)
	if err != nil {
		return nil, err
	}
	route, err := r.buildRoute(ctx, random32(), amount, amount)
	if err != nil {
		return nil, err
	}

	return invoice.RHash, r.sendRejected(ctx, invoice.RHash, route)
}

// payUnderfunded sends a payment over a route whose HTLC carries less than it
// is to deliver. That is a failure of the route, and not the recipient's own
// verdict.
func payUnderfunded(ctx context.Context, r *Run) ([]byte, error) {
	invoice, err := r.addInvoice(ctx, amount)
	if err != nil {
		return nil, err
	}

	return invoice.RHash, r.sendUnderfunded(ctx, invoice)
}

// sendUnderfunded tries to pay an invoice over such a route.
func (r *Run) sendUnderfunded(ctx context.Context,
	invoice *lnrpc.AddInvoiceResponse) error {

	route, err := r.buildRoute(ctx, invoice.PaymentAddr, amount, amount)
	if err != nil {
		return err
	}
	underfund(route)

	return r.sendRejected(ctx, invoice.RHash, route)
}

// payLate pays a hold invoice with a short payment timeout and has it resolved
// when the recipient has held the HTLC past that timeout.
func payLate(resolve func(*hold, context.Context) error) func(context.Context,
	*Run) ([]byte, error) {

	return func(ctx context.Context, r *Run) ([]byte, error) {
		h, err := r.addHold(ctx)
		if err != nil {
			return nil, err
		}

		return h.hash, r.payPastTimeout(ctx, h.request, h.awaitHTLC,
			func() error { return resolve(h, ctx) })
	}
}

// payPastTimeout starts a payment, waits until its HTLC is in flight and then
// until its timeout has passed, has the HTLC resolved, and waits for the end.
func (r *Run) payPastTimeout(ctx context.Context, request string,
	awaitHTLC func(context.Context) error, resolve func() error) error {

	stream, err := r.sendPayment(ctx, &routerrpc.SendPaymentRequest{
		PaymentRequest: request,
		TimeoutSeconds: int32(payTimeLimit.Seconds()),
	})
	if err != nil {
		return err
	}

	// The timeout began before the HTLC left.
	if err := awaitHTLC(ctx); err != nil {
		return err
	}
	if err := pause(ctx, payTimeLimit+notice); err != nil {
		return err
	}
	if err := resolve(); err != nil {
		return err
	}
	_, err = receiveToEnd(stream)

	return err
}

// payCancelledHeld pays a hold invoice, has its client cancel the payment, and
// then cancels the invoice.
func payCancelledHeld(ctx context.Context, r *Run) ([]byte, error) {
	h, err := r.addHold(ctx)
	if err != nil {
		return nil, err
	}
	if err := r.sendThenCancel(ctx, h.request, h.awaitHTLC); err != nil {
		return nil, err
	}
	if err := h.cancel(ctx); err != nil {
		return nil, err
	}
	_, err = r.trackToEnd(ctx, h.hash)

	return h.hash, err
}

// sendThenCancel starts a payment, waits until its HTLC is in flight, and has
// the client cancel it.
func (r *Run) sendThenCancel(ctx context.Context, request string,
	awaitHTLC func(context.Context) error) error {

	payer, cancel := context.WithCancel(ctx)
	defer cancel()

	_, err := r.sendPayment(payer, &routerrpc.SendPaymentRequest{
		PaymentRequest: request, Cancelable: true,
	})
	if err != nil {
		return err
	}
	if err := awaitHTLC(ctx); err != nil {
		return err
	}
	cancel()

	return pause(ctx, notice)
}

// payKilled pays a hold invoice, kills the sender, and has the invoice resolved
// when the sender is back.
func payKilled(resolve func(*hold, context.Context) error) func(context.Context,
	*Run) ([]byte, error) {

	return func(ctx context.Context, r *Run) ([]byte, error) {
		h, err := r.addHold(ctx)
		if err != nil {
			return nil, err
		}
		_, err = r.sendPayment(ctx, &routerrpc.SendPaymentRequest{
			PaymentRequest: h.request,
		})
		if err != nil {
			return nil, err
		}
		if err := h.awaitHTLC(ctx); err != nil {
			return nil, err
		}
		if err := r.killSender(ctx); err != nil {
			return nil, err
		}
		if err := resolve(h, ctx); err != nil {
			return nil, err
		}
		_, err = r.trackToEnd(ctx, h.hash)

		return h.hash, err
	}
}

// payKilledForward makes a payment whose HTLC is held on the way, kills the
// sender, and has the HTLC fail when the sender is back, for a reason that would
// allow another attempt. The sender has no way to make one then, and has looked
// for no route: all it knows is that there was an error.
func payKilledForward(ctx context.Context, r *Run) ([]byte, error) {
	held, stop := context.WithCancel(ctx)
	defer stop()

	f, invoice, err := r.interceptInvoice(held)
	if err != nil {
		return nil, err
	}
	_, err = r.sendPayment(ctx, &routerrpc.SendPaymentRequest{
		PaymentRequest: invoice.PaymentRequest,
	})
	if err != nil {
		return nil, err
	}
	if err := f.awaitHTLC(ctx); err != nil {
		return nil, err
	}
	f.passOthers()
	if err := r.killSender(ctx); err != nil {
		return nil, err
	}
	if err := f.fail(); err != nil {
		return nil, err
	}
	_, err = r.trackToEnd(ctx, invoice.RHash)

	return invoice.RHash, err
}

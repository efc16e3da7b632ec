package scenario

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/invoicesrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
	"google.golang.org/protobuf/proto"
)

// hold is a hold invoice of the recipient.
type hold struct {
	*Run

	preimage, hash []byte
	request        string
}

// addHold has the recipient make a hold invoice.
func (r *Run) addHold(ctx context.Context) (*hold, error) {
	preimage := random32()
	hash := sha256.Sum256(preimage)
	invoice, err := r.net.Recipient().Invoices.AddHoldInvoice(
		ctx, &invoicesrpc.AddHoldInvoiceRequest{
			Value: amount, Hash: hash[:],
		},
	)
	if err != nil {
		return nil, err
	}

	return &hold{
		Run: r, preimage: preimage, hash: hash[:],
		request: invoice.PaymentRequest,
	}, nil
}

// awaitHTLC waits until the recipient holds the HTLC.
func (h *hold) awaitHTLC(ctx context.Context) error {
	states, err := h.net.Recipient().Invoices.SubscribeSingleInvoice(
		ctx, &invoicesrpc.SubscribeSingleInvoiceRequest{RHash: h.hash},
	)
	if err != nil {
		return err
	}
	for {
		state, err := states.Recv()
		switch {
		case err != nil:
			return fmt.Errorf("no HTLC arrived: %w", err)

		case state.State == lnrpc.Invoice_ACCEPTED:
			return nil
		}
	}
}

// cancel has the recipient fail the HTLC.
func (h *hold) cancel(ctx context.Context) error {
	_, err := h.net.Recipient().Invoices.CancelInvoice(
		ctx, &invoicesrpc.CancelInvoiceMsg{PaymentHash: h.hash},
	)

	return err
}

// settle has the recipient settle the HTLC.
func (h *hold) settle(ctx context.Context) error {
	_, err := h.net.Recipient().Invoices.SettleInvoice(
		ctx, &invoicesrpc.SettleInvoiceMsg{Preimage: h.preimage},
	)

	return err
}

// forward holds an HTLC on its way to the recipient.
type forward struct {
	client routerrpc.Router_HtlcInterceptorClient
	htlc   *routerrpc.CircuitKey

	// sendMtx is held by whoever answers: one at a time may.
	sendMtx sync.Mutex
}

// intercept has the node on the way hold the HTLCs that come next, until the
// context ends.
func (r *Run) intercept(ctx context.Context) (*forward, error) {
	client, err := r.net.Middle().Router.HtlcInterceptor(ctx)
	if err != nil {
		return nil, fmt.Errorf("HTLC interceptor: %w", err)
	}

	return &forward{client: client}, nil
}

// awaitHTLC waits until the node on the way holds the HTLC.
func (f *forward) awaitHTLC(context.Context) error {
	request, err := f.client.Recv()
	if err != nil {
		return fmt.Errorf("HTLC interceptor: %w", err)
	}
	f.htlc = request.IncomingCircuitKey

	return nil
}

// fail has the node on the way fail the HTLC as if its channel were short of
// money.
func (f *forward) fail() error {
	return f.answer(&routerrpc.ForwardHtlcInterceptResponse{
		IncomingCircuitKey: f.htlc,
		Action:             routerrpc.ResolveHoldForwardAction_FAIL,
		FailureCode:        lnrpc.Failure_TEMPORARY_CHANNEL_FAILURE,
	})
}

// passOthers has the node on the way pass all other HTLCs on, until the stream
// ends.
func (f *forward) passOthers() {
	pass := routerrpc.ResolveHoldForwardAction_RESUME
	go func() {
		for {
			request, err := f.client.Recv()
			if err != nil {
				return
			}
			key := request.IncomingCircuitKey
			if proto.Equal(key, f.htlc) {
				continue
			}
			err = f.answer(&routerrpc.ForwardHtlcInterceptResponse{
				IncomingCircuitKey: key, Action: pass,
			})
			if err != nil {
				return
			}
		}
	}()
}

// answer tells the node on the way what to do with an HTLC.
func (f *forward) answer(a *routerrpc.ForwardHtlcInterceptResponse) error {
	f.sendMtx.Lock()
	defer f.sendMtx.Unlock()

	return f.client.Send(a)
}

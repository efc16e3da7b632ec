//go:build integration

package itest

import (
	"context"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/invoicesrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/stretchr/testify/require"
)

// outcomeHold is a hold invoice of the recipient.
type outcomeHold struct {
	*outcomeRun

	preimage lntypes.Preimage
	hash     lntypes.Hash
	request  string
}

// addHoldInvoice has the recipient make a hold invoice.
func (r *outcomeRun) addHoldInvoice() *outcomeHold {
	preimage := r.RandomPreimage()
	hash := preimage.Hash()
	invoice := r.recipient.RPC.AddHoldInvoice(
		&invoicesrpc.AddHoldInvoiceRequest{
			Value: outcomeAmt,
			Hash:  hash[:],
		},
	)

	return &outcomeHold{
		outcomeRun: r,
		preimage:   preimage,
		hash:       hash,
		request:    invoice.PaymentRequest,
	}
}

// awaitHTLC waits until the recipient holds the HTLC.
func (h *outcomeHold) awaitHTLC() {
	updates := h.recipient.RPC.SubscribeSingleInvoice(h.hash[:])
	h.AssertInvoiceState(updates, lnrpc.Invoice_ACCEPTED)
}

// cancel has the recipient fail the HTLC.
func (h *outcomeHold) cancel() {
	h.recipient.RPC.CancelInvoice(h.hash[:])
}

// settle has the recipient settle the HTLC.
func (h *outcomeHold) settle() {
	h.recipient.RPC.SettleInvoice(h.preimage[:])
}

// outcomeForward holds an HTLC on its way to the recipient.
type outcomeForward struct {
	*outcomeRun

	client routerrpc.Router_HtlcInterceptorClient
	stop   context.CancelFunc
	htlc   *routerrpc.CircuitKey
}

// interceptForward has the node on the way hold the HTLCs that come next.
func (r *outcomeRun) interceptForward() *outcomeForward {
	client, stop := r.middle.RPC.HtlcInterceptor()

	return &outcomeForward{outcomeRun: r, client: client, stop: stop}
}

// awaitHTLC waits until the node on the way holds the HTLC.
func (f *outcomeForward) awaitHTLC() {
	request, err := f.client.Recv()
	require.NoError(f, err, "HTLC interceptor")
	f.htlc = request.IncomingCircuitKey
}

// fail has the node on the way fail the HTLC as if its channel were short of
// money.
func (f *outcomeForward) fail() {
	err := f.client.Send(&routerrpc.ForwardHtlcInterceptResponse{
		IncomingCircuitKey: f.htlc,
		Action:             routerrpc.ResolveHoldForwardAction_FAIL,
		FailureCode:        lnrpc.Failure_TEMPORARY_CHANNEL_FAILURE,
	})
	require.NoError(f, err, "fail the HTLC")
}

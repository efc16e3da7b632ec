//go:build integration

package itest

import (
	"context"
	"time"

	"github.com/lightningnetwork/lnd/chainreg"
	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
	"github.com/stretchr/testify/require"
)

const (
	// outcomeAmt is the amount in satoshis that a scenario pays.
	outcomeAmt = 10_000

	// outcomeSettleTimeout is the timeout of a payment that nothing holds
	// up.
	outcomeSettleTimeout = time.Minute

	// outcomeNotice is how long a node may take to notice that a timeout
	// has passed or that its client is gone. Nothing tells when it has: to
	// wait that out is the scenario itself.
	outcomeNotice = time.Second
)

// payInvoice pays an invoice and returns the last update of its stream.
func (r *outcomeRun) payInvoice(
	invoice *lnrpc.AddInvoiceResponse) *lnrpc.Payment {

	updates := r.receiveToEnd(r.sendPayment(
		r.ctx, &routerrpc.SendPaymentRequest{
			PaymentRequest: invoice.PaymentRequest,
		},
	))

	return updates[len(updates)-1]
}

// sendPayment starts a payment without a limit to its fee and, if the caller
// sets none, with a timeout that it does not reach.
func (r *outcomeRun) sendPayment(ctx context.Context,
	req *routerrpc.SendPaymentRequest) outcomeStream {

	req.FeeLimitMsat = noFeeLimitMsat
	if req.TimeoutSeconds == 0 {
		req.TimeoutSeconds = int32(outcomeSettleTimeout.Seconds())
	}

	return r.sender.RPC.SendPaymentWithContext(ctx, req)
}

// sendThenCancel starts a payment, waits until its HTLC is in flight, and has
// the client cancel it.
func (r *outcomeRun) sendThenCancel(request string, awaitHTLC func()) {
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()

	r.sendPayment(ctx, &routerrpc.SendPaymentRequest{
		PaymentRequest: request,
		Cancelable:     true,
	})
	awaitHTLC()
	cancel()
	time.Sleep(outcomeNotice)
}

// sendRejected sends a payment over a route, which must fail.
func (r *outcomeRun) sendRejected(hash []byte, rt *lnrpc.Route) {
	attempt := r.sender.RPC.SendToRouteV2(&routerrpc.SendToRouteRequest{
		PaymentHash: hash,
		Route:       rt,
	})
	require.Equal(r, lnrpc.HTLCAttempt_FAILED, attempt.Status,
		"a route that must fail")
}

// sendThenRetry sends a payment over a route, then pays the same invoice as it
// should. It returns what came of the route. That the retry is refused, as on
// stock, is seen by its outcome.
func (r *outcomeRun) sendThenRetry(invoice *lnrpc.AddInvoiceResponse,
	rt *lnrpc.Route) (*lnrpc.HTLCAttempt, error) {

	attempt, failed := r.sender.RPC.Router.SendToRouteV2(
		r.ctx, &routerrpc.SendToRouteRequest{
			PaymentHash: invoice.RHash,
			Route:       rt,
		},
	)
	r.Logf("refused: %v, %v", failed, attempt)

	stream := r.sendPayment(r.ctx, &routerrpc.SendPaymentRequest{
		PaymentRequest: invoice.PaymentRequest,
	})
	var err error
	for err == nil {
		_, err = stream.Recv()
	}
	r.Logf("retry: %v", err)

	return attempt, failed
}

// addInvoice has the recipient make an invoice.
func (r *outcomeRun) addInvoice(amt int64) *lnrpc.AddInvoiceResponse {
	return r.recipient.RPC.AddInvoice(&lnrpc.Invoice{Value: amt})
}

// buildRoute builds a route to the recipient that carries the amount, which is
// the whole payment, to the payment address.
func (r *outcomeRun) buildRoute(addr []byte, amt int64) *lnrpc.Route {
	return r.buildShard(addr, amt, amt)
}

// buildUnderfunded builds a route whose HTLC carries less than it is to
// deliver.
func (r *outcomeRun) buildUnderfunded(addr []byte, amt int64) *lnrpc.Route {
	return underfund(r.buildRoute(addr, amt))
}

// buildShard builds a route to the recipient that carries a part of a payment.
func (r *outcomeRun) buildShard(addr []byte, amt, total int64) *lnrpc.Route {
	rt := r.sender.RPC.BuildRoute(&routerrpc.BuildRouteRequest{
		AmtMsat:        amt * 1000,
		FinalCltvDelta: chainreg.DefaultBitcoinTimeLockDelta,
		HopPubkeys:     r.hops,
	}).Route
	rt.Hops[len(rt.Hops)-1].MppRecord = &lnrpc.MPPRecord{
		PaymentAddr:  addr,
		TotalAmtMsat: total * 1000,
	}

	return rt
}

// underfund has a route's HTLC carry less than it is to deliver.
func underfund(rt *lnrpc.Route) *lnrpc.Route {
	rt.TotalAmtMsat -= rt.TotalFeesMsat + 1

	return rt
}

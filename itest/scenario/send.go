package scenario

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
)

const (
	// amount is the amount in satoshis that a scenario pays.
	amount = 10_000

	// settleTimeout is the timeout of a payment that nothing holds up.
	settleTimeout = time.Minute

	// notice is how long a node may take to notice that a timeout has
	// passed or that its client is gone. Nothing tells when it has: to wait
	// that out is the scenario itself.
	notice = time.Second

	// finalDelta is the time lock of the last hop, in blocks.
	finalDelta = 80

	// maxPayments is more than any scenario makes.
	maxPayments = 10_000
)

// paymentStream is a stream of payment updates: TrackPaymentV2 or
// SendPaymentV2.
type paymentStream interface {
	Recv() (*lnrpc.Payment, error)
}

// payOrdinary makes a payment that succeeds, and returns its hash in hex.
func (r *Run) payOrdinary(ctx context.Context) (string, error) {
	// A node that was blamed for a failure would not be paid.
	err := r.forgetFailures(ctx)
	if err != nil {
		return "", err
	}
	invoice, err := r.addInvoice(ctx, amount)
	if err != nil {
		return "", err
	}
	p, err := r.payInvoice(ctx, invoice)
	switch {
	case err != nil:
		return "", err

	case p.Status != lnrpc.Payment_SUCCEEDED:
		return "", fmt.Errorf("an ordinary payment ended %s",
			Outcome(p))
	}

	return p.PaymentHash, nil
}

// forgetFailures has the sender forget which nodes it blames for what.
func (r *Run) forgetFailures(ctx context.Context) error {
	_, err := r.net.Sender().Router.ResetMissionControl(
		ctx, &routerrpc.ResetMissionControlRequest{},
	)

	return err
}

// payInvoice pays an invoice and returns the last update of its stream.
func (r *Run) payInvoice(ctx context.Context,
	invoice *lnrpc.AddInvoiceResponse) (*lnrpc.Payment, error) {

	return r.payToEnd(ctx, &routerrpc.SendPaymentRequest{
		PaymentRequest: invoice.PaymentRequest,
	})
}

// payToEnd makes a payment and returns the last update of its stream.
func (r *Run) payToEnd(ctx context.Context,
	req *routerrpc.SendPaymentRequest) (*lnrpc.Payment, error) {

	stream, err := r.sendPayment(ctx, req)
	if err != nil {
		return nil, err
	}
	updates, err := receiveToEnd(stream)
	if err != nil {
		return nil, err
	}

	return updates[len(updates)-1], nil
}

// sendPayment starts a payment without a limit to its fee and, if the caller
// sets none, with a timeout that it does not reach.
func (r *Run) sendPayment(ctx context.Context,
	req *routerrpc.SendPaymentRequest) (paymentStream, error) {

	req.FeeLimitMsat = math.MaxInt64
	if req.TimeoutSeconds == 0 {
		req.TimeoutSeconds = int32(settleTimeout.Seconds())
	}

	return r.net.Sender().Router.SendPaymentV2(ctx, req)
}

// receiveToEnd returns the updates of a single payment's stream, which must end
// right after its one terminal update.
func receiveToEnd(stream paymentStream) ([]*lnrpc.Payment, error) {
	var updates []*lnrpc.Payment
	for {
		p, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("stream of a single payment: %w",
				err)
		}
		updates = append(updates, p)
	}

	end := slices.IndexFunc(updates, decided)
	if end < 0 || end != len(updates)-1 {
		return nil, fmt.Errorf("a single payment's stream must end "+
			"with its one terminal update, and had %v", updates)
	}

	return updates, nil
}

// trackToEnd follows a payment to its end and returns its updates.
func (r *Run) trackToEnd(ctx context.Context, hash []byte) ([]*lnrpc.Payment,
	error) {

	stream, err := r.net.Sender().Router.TrackPaymentV2(
		ctx, &routerrpc.TrackPaymentRequest{PaymentHash: hash},
	)
	if err != nil {
		return nil, err
	}

	return receiveToEnd(stream)
}

// list returns all payments that the sender holds. Unless it is told how many,
// it may return fewer.
func (r *Run) list(ctx context.Context) ([]*lnrpc.Payment, error) {
	list, err := r.net.Sender().Lightning.ListPayments(
		ctx, &lnrpc.ListPaymentsRequest{
			IncludeIncomplete: true, MaxPayments: maxPayments,
		},
	)
	if err != nil {
		return nil, err
	}

	return list.Payments, nil
}

// listed returns a payment as the sender's ListPayments has it.
func (r *Run) listed(ctx context.Context, hash string) (*lnrpc.Payment, error) {
	rows, err := r.list(ctx)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if row.PaymentHash == hash {
			return row, nil
		}
	}

	return nil, fmt.Errorf("ListPayments does not have payment %s", hash)
}

// sendRejected sends a payment over a route, which must fail.
func (r *Run) sendRejected(ctx context.Context, hash []byte,
	route *lnrpc.Route) error {

	return requireFailed(r.sendToRoute(ctx, hash, route))
}

// requireFailed returns an error unless an attempt has failed.
func requireFailed(attempt *lnrpc.HTLCAttempt, err error) error {
	switch {
	case err != nil:
		return err

	case attempt.Status != lnrpc.HTLCAttempt_FAILED:
		return fmt.Errorf("an attempt that must fail is %v",
			attempt.Status)
	}

	return nil
}

// sendToRoute sends a payment, or a shard of one, over a route.
func (r *Run) sendToRoute(ctx context.Context, hash []byte,
	route *lnrpc.Route) (*lnrpc.HTLCAttempt, error) {

	return r.net.Sender().Router.SendToRouteV2(
		ctx, &routerrpc.SendToRouteRequest{
			PaymentHash: hash, Route: route,
		},
	)
}

// addInvoice has the recipient make an invoice.
func (r *Run) addInvoice(ctx context.Context,
	satoshis int64) (*lnrpc.AddInvoiceResponse, error) {

	return r.net.Recipient().Lightning.AddInvoice(
		ctx, &lnrpc.Invoice{Value: satoshis},
	)
}

// buildRoute builds a route to the recipient that carries a part of a payment,
// or all of it, to a payment address.
func (r *Run) buildRoute(ctx context.Context, addr []byte,
	part, total int64) (*lnrpc.Route, error) {

	nodes := []func() Node{r.net.Middle, r.net.Recipient}
	if r.net.Middle == nil {
		nodes = nodes[1:]
	}
	var hops [][]byte
	for _, node := range nodes {
		key, err := hex.DecodeString(node().PubKey)
		if err != nil {
			return nil, err
		}
		hops = append(hops, key)
	}

	built, err := r.net.Sender().Router.BuildRoute(
		ctx, &routerrpc.BuildRouteRequest{
			AmtMsat: part * 1000, FinalCltvDelta: finalDelta,
			HopPubkeys: hops,
		},
	)
	if err != nil {
		return nil, err
	}
	last := built.Route.Hops[len(built.Route.Hops)-1]
	last.MppRecord = &lnrpc.MPPRecord{
		PaymentAddr: addr, TotalAmtMsat: total * 1000,
	}

	return built.Route, nil
}

// underfund has a route's HTLC carry less than it is to deliver.
func underfund(route *lnrpc.Route) {
	route.TotalAmtMsat -= route.TotalFeesMsat + 1
}

// random32 returns 32 random bytes: a preimage, or a payment address that
// nobody knows.
func random32() []byte {
	bytes := make([]byte, 32)

	// Reading random bytes cannot fail on the systems Go supports.
	_, _ = rand.Read(bytes)

	return bytes
}

// pause waits for what nothing tells of.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil

	case <-ctx.Done():
		return ctx.Err()
	}
}

package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"

	"lnd-once/itest/regtest"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
)

const (
	// amount is what a probe is worth, in satoshis: above the dust limit,
	// so that it becomes an output of the commitment transaction, and so
	// little that as many as the channel may carry fit in with their fees.
	amount = 1000

	// rejected is the code by which the recipient refuses a payment hash
	// that it has no invoice for.
	rejected = lnrpc.Failure_INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS

	// recipientIndex is the recipient's place on a route of one hop, where
	// the sender is at 0.
	recipientIndex = 1
)

// errUnexpected is returned when a probe ended otherwise than it must.
var errUnexpected = errors.New("probe was not rejected by the recipient")

// prober sends probes from the sender to the recipient.
type prober struct {
	router routerrpc.RouterClient

	// route is shared by all probes and never changed.
	route *lnrpc.Route
}

// newProber asks for the route, once for all probes.
func newProber(ctx context.Context, net *regtest.Network) (*prober, error) {
	resp, err := net.Sender.Lightning.QueryRoutes(
		ctx, &lnrpc.QueryRoutesRequest{
			PubKey: net.Recipient.PubKey, Amt: amount,
		},
	)
	if err != nil {
		return nil, fmt.Errorf("no route: %w", err)
	}

	route := resp.Routes[0]
	if len(route.Hops) != 1 {
		return nil, fmt.Errorf("the route to a neighbour has %d hops",
			len(route.Hops))
	}

	// The recipient has no invoice at all, so that any address is unknown.
	route.Hops[0].MppRecord = &lnrpc.MPPRecord{
		PaymentAddr:  random(),
		TotalAmtMsat: amount * 1000,
	}

	return &prober{router: net.Sender.Router, route: route}, nil
}

// probe sends one probe with a payment hash of its own and waits until it has
// failed. It returns an error if it ended in any other way.
func (p *prober) probe(ctx context.Context) error {
	attempt, err := p.router.SendToRouteV2(
		ctx, &routerrpc.SendToRouteRequest{
			PaymentHash: random(), Route: p.route,
		},
	)
	if err != nil {
		return err
	}

	return checkRejected(attempt)
}

// checkRejected returns an error if an attempt was not failed by the recipient,
// because of the payment hash.
func checkRejected(attempt *lnrpc.HTLCAttempt) error {
	f := attempt.Failure
	switch {
	case attempt.Status != lnrpc.HTLCAttempt_FAILED || f == nil:
		return fmt.Errorf("%w but is %v", errUnexpected, attempt.Status)

	case f.Code != rejected || f.FailureSourceIndex != recipientIndex:
		return fmt.Errorf("%w but failed with %v by node %d of the "+
			"route", errUnexpected, f.Code, f.FailureSourceIndex)
	}

	return nil
}

// random returns as many random bytes as a payment hash has.
func random() []byte {
	b := make([]byte, sha256.Size)

	// Reading random bytes cannot fail on the systems Go supports.
	_, _ = rand.Read(b)

	return b
}

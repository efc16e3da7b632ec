// Package scenario holds the cases in which a stock lnd decides the outcome of
// a payment more than once. They run over gRPC against any two nodes that share
// a channel, and are judged by what a TrackPayments client received.
package scenario

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"

	"lnd-once/lnrpc/paymentcontract"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/invoicesrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
)

const (
	// amount is what every payment is worth, in satoshis.
	amount = 1000

	// feeLimit allows for any fee, there is none on a direct channel.
	feeLimit = 100

	// payTimeout is the time a payment gives itself in S2 and S3.
	payTimeout = 2 * time.Second

	// holdTime is how long the recipient holds the HTLC in S2 and S3.
	holdTime = 3 * time.Second

	none    = lnrpc.PaymentFailureReason_FAILURE_REASON_NONE
	details = lnrpc.
		PaymentFailureReason_FAILURE_REASON_INCORRECT_PAYMENT_DETAILS
)

// Scenario is one such case.
type Scenario struct {
	// Name and Title say which.
	Name, Title string

	// Want is the reason the payment must end with, NONE if it succeeds.
	Want lnrpc.PaymentFailureReason

	// run makes the payment, sees it through, and returns its hash in hex.
	run func(*Session, context.Context) (string, error)
}

// All are the scenarios in the order in which they are run.
var All = []Scenario{{
	Name:  "S1",
	Title: "route rejected by the recipient",
	Want:  details,
	run:   (*Session).payUnknownAddress,
}, {
	Name:  "S2",
	Title: "HTLC outlives the timeout, then fails",
	Want:  details,
	run:   (*Session).payThenCancel,
}, {
	Name:  "S3",
	Title: "HTLC outlives the timeout, then settles",
	Want:  none,
	run:   (*Session).payThenSettle,
}}

var (
	// reasonOverwritten is what shows when another reason replaces the
	// better one that was announced.
	reasonOverwritten = []paymentcontract.Guarantee{
		paymentcontract.Final, paymentcontract.Once, paymentcontract.Specific,
	}

	// successOverwritten is what shows when a reason is added to a success
	// that was announced.
	successOverwritten = []paymentcontract.Guarantee{
		paymentcontract.Final, paymentcontract.Once, paymentcontract.Reason,
	}

	// known is what each stock lnd breaks, scenario by scenario, sorted.
	known = map[string]map[string][]paymentcontract.Guarantee{
		"v0.18.5-beta": {
			"S1": reasonOverwritten,
			"S2": reasonOverwritten,
			"S3": successOverwritten,
		},
		"v0.21.2-beta": {
			"S2": reasonOverwritten,
			"S3": successOverwritten,
		},
	}
)

// Known returns what the stock lnd of a base breaks in each scenario, by the
// scenario's name.
func Known(base string) (map[string][]paymentcontract.Guarantee, error) {
	broken, ok := known[base]
	if !ok {
		return nil, fmt.Errorf("unknown base %q, the known ones are "+
			"v0.18.5-beta and v0.21.2-beta", base)
	}

	return broken, nil
}

// BaseOf returns the base that an lnd's own version belongs to: lnd says
// "0.21.2-beta commit=..." of v0.21.2-beta.
func BaseOf(version string) string {
	number, _, _ := strings.Cut(version, " ")

	return "v" + number
}

// payUnknownAddress is S1: a payment along a given route, to a payment address
// that the recipient does not know.
func (s *Session) payUnknownAddress(ctx context.Context) (string, error) {
	secret, hash := newPreimage()
	routes, err := s.sender.Lightning.QueryRoutes(
		ctx, &lnrpc.QueryRoutesRequest{
			PubKey: s.recipient.PubKey, Amt: amount,
		},
	)
	if err != nil {
		return "", err
	}

	// Any 32 bytes do for an unknown address.
	route := routes.Routes[0]
	route.Hops[len(route.Hops)-1].MppRecord = &lnrpc.MPPRecord{
		PaymentAddr:  secret,
		TotalAmtMsat: amount * 1000,
	}
	attempt, err := s.sender.Router.SendToRouteV2(
		ctx, &routerrpc.SendToRouteRequest{
			PaymentHash: hash, Route: route,
		},
	)
	switch {
	case err != nil:
		return "", err

	case attempt.Status != lnrpc.HTLCAttempt_FAILED:
		return "", fmt.Errorf("attempt to an unknown address is %v",
			attempt.Status)
	}

	return hex.EncodeToString(hash), nil
}

// payThenCancel is S2: the recipient cancels when the time is over.
func (s *Session) payThenCancel(ctx context.Context) (string, error) {
	_, hash := newPreimage()

	return s.payHeld(ctx, hash, func() error {
		_, err := s.recipient.Invoices.CancelInvoice(
			ctx, &invoicesrpc.CancelInvoiceMsg{PaymentHash: hash},
		)

		return err
	})
}

// payThenSettle is S3: the recipient settles when the time is over.
func (s *Session) payThenSettle(ctx context.Context) (string, error) {
	preimage, hash := newPreimage()

	return s.payHeld(ctx, hash, func() error {
		_, err := s.recipient.Invoices.SettleInvoice(
			ctx, &invoicesrpc.SettleInvoiceMsg{Preimage: preimage},
		)

		return err
	})
}

// payHeld makes a payment whose HTLC the recipient holds for longer than the
// payment's timeout, then resolves it.
func (s *Session) payHeld(ctx context.Context, hash []byte,
	resolve func() error) (string, error) {

	invoice, err := s.recipient.Invoices.AddHoldInvoice(
		ctx, &invoicesrpc.AddHoldInvoiceRequest{
			Hash: hash, Value: amount,
		},
	)
	if err != nil {
		return "", err
	}
	states, err := s.recipient.Invoices.SubscribeSingleInvoice(
		ctx, &invoicesrpc.SubscribeSingleInvoiceRequest{RHash: hash},
	)
	if err != nil {
		return "", err
	}

	payment, err := s.sender.Router.SendPaymentV2(
		ctx, &routerrpc.SendPaymentRequest{
			PaymentRequest: invoice.PaymentRequest,
			TimeoutSeconds: int32(payTimeout.Seconds()),
			FeeLimitSat:    feeLimit,
		},
	)
	if err != nil {
		return "", err
	}

	// The time is measured from when the HTLC has arrived.
	for accepted := false; !accepted; {
		state, err := states.Recv()
		if err != nil {
			return "", fmt.Errorf("no HTLC arrived: %w", err)
		}
		accepted = state.State == lnrpc.Invoice_ACCEPTED
	}
	select {
	case <-time.After(holdTime):
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if err := resolve(); err != nil {
		return "", err
	}

	// The payer's own stream ends with the payment.
	_, err = lastUpdate(payment)

	return hex.EncodeToString(hash), err
}

// lastUpdate reads the stream of one payment to its end and returns the last
// update.
func lastUpdate(stream routerrpc.Router_SendPaymentV2Client) (*lnrpc.Payment,
	error) {

	var last *lnrpc.Payment
	for {
		p, err := stream.Recv()
		switch {
		case err == io.EOF && last != nil:
			return last, nil

		case err != nil:
			return nil, fmt.Errorf("payment stream: %w", err)
		}
		last = p
	}
}

// newPreimage returns a random preimage and its payment hash.
func newPreimage() ([]byte, []byte) {
	preimage := make([]byte, sha256.Size)

	// Reading random bytes cannot fail on the systems Go supports.
	_, _ = rand.Read(preimage)
	hash := sha256.Sum256(preimage)

	return preimage, hash[:]
}

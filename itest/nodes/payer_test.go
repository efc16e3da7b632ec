//go:build nodes

package nodes

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"testing"
	"time"

	"lnd-once/itest/regtest"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/invoicesrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
	"github.com/stretchr/testify/require"
)

const (
	// amount is what every payment is worth, in satoshis: a channel has
	// enough for 100,000 of them. feeLimit is what one may cost.
	amount   = 50
	feeLimit = 2 * amount

	// payTimeout is how long an ordinary payment may take.
	payTimeout = 60 * time.Second

	// heldTimeout is the time that payments to a hold invoice give
	// themselves.
	heldTimeout = 2 * time.Second

	// acceptTimeout is how long we wait for the HTLC of such a payment. If
	// the sender was killed when it had sent it, it sends it again.
	acceptTimeout = 15 * time.Second
)

// payInvoice makes a payment that succeeds and returns its hash. The channel of
// a node that has just been started may go away once more, so it is tried more
// than once.
func payInvoice(t *testing.T, net *regtest.Network) string {
	t.Helper()

	ctx, cancel := context.WithTimeout(context.Background(), payTimeout)
	defer cancel()

	for {
		invoice, err := net.Recipient.Lightning.AddInvoice(
			ctx, &lnrpc.Invoice{Value: amount},
		)
		require.NoError(t, err)
		p, err := pay(ctx, net.Sender.Router, invoice.PaymentRequest,
			payTimeout)
		require.NoError(t, err)
		if p.Status == lnrpc.Payment_SUCCEEDED {
			return p.PaymentHash
		}
		t.Logf("paying again after %v", p.FailureReason)
	}
}

// pay pays an invoice and returns how that ended.
func pay(ctx context.Context, router routerrpc.RouterClient, invoice string,
	limit time.Duration) (*lnrpc.Payment, error) {

	return send(ctx, router, requestOf(invoice, limit))
}

// requestOf returns a request to pay an invoice.
func requestOf(invoice string,
	limit time.Duration) *routerrpc.SendPaymentRequest {

	return &routerrpc.SendPaymentRequest{
		PaymentRequest: invoice, FeeLimitSat: feeLimit,
		TimeoutSeconds: int32(limit.Seconds()),
	}
}

// send makes a payment and returns how that ended.
func send(ctx context.Context, router routerrpc.RouterClient,
	request *routerrpc.SendPaymentRequest) (*lnrpc.Payment, error) {

	stream, err := router.SendPaymentV2(ctx, request)
	if err != nil {
		return nil, err
	}

	var last *lnrpc.Payment
	for {
		p, err := stream.Recv()
		switch {
		case err == io.EOF && last != nil:
			return last, nil

		case err != nil:
			return nil, err
		}
		last = p
	}
}

// requestTo returns a request to pay the recipient without an invoice.
func requestTo(t *testing.T, recipient *regtest.Node, hash []byte,
	limit time.Duration) *routerrpc.SendPaymentRequest {

	t.Helper()

	dest, err := hex.DecodeString(recipient.PubKey)
	require.NoError(t, err)

	return &routerrpc.SendPaymentRequest{
		Dest: dest, PaymentHash: hash, Amt: amount, FeeLimitSat: amount,
		FinalCltvDelta: 80, TimeoutSeconds: int32(limit.Seconds()),
	}
}

// probe makes a payment along a direct route to a payment address that the
// recipient does not know, and returns how it ended.
func probe(ctx context.Context, sender, recipient *regtest.Node, hash []byte) (
	*lnrpc.HTLCAttempt, error) {

	routes, err := sender.Lightning.QueryRoutes(
		ctx, &lnrpc.QueryRoutesRequest{
			PubKey: recipient.PubKey, Amt: amount,
		},
	)
	if err != nil {
		return nil, err
	}
	route := routes.Routes[0]

	// Any 32 bytes do for an unknown address.
	route.Hops[len(route.Hops)-1].MppRecord = &lnrpc.MPPRecord{
		PaymentAddr: hash, TotalAmtMsat: amount * 1000,
	}

	return sender.Router.SendToRouteV2(ctx, &routerrpc.SendToRouteRequest{
		PaymentHash: hash, Route: route,
	})
}

// holdInvoice makes a hold invoice, and a stream of what becomes of it.
func holdInvoice(ctx context.Context, recipient *regtest.Node, hash []byte) (
	string, invoicesrpc.Invoices_SubscribeSingleInvoiceClient, error) {

	invoice, err := recipient.Invoices.AddHoldInvoice(
		ctx, &invoicesrpc.AddHoldInvoiceRequest{
			Hash: hash, Value: amount,
		},
	)
	if err != nil {
		return "", nil, err
	}
	states, err := recipient.Invoices.SubscribeSingleInvoice(
		ctx, &invoicesrpc.SubscribeSingleInvoiceRequest{RHash: hash},
	)

	return invoice.PaymentRequest, states, err
}

// awaitAccepted waits until an HTLC has arrived for a hold invoice, and returns
// false if none has after a while, or when the payment has ended.
func awaitAccepted(states invoicesrpc.Invoices_SubscribeSingleInvoiceClient,
	ended <-chan struct{}) bool {

	accepted := make(chan bool, 1)
	go func() {
		for {
			invoice, err := states.Recv()
			if err != nil {
				accepted <- false

				return
			}
			if invoice.State == lnrpc.Invoice_ACCEPTED {
				accepted <- true

				return
			}
		}
	}()

	select {
	case ok := <-accepted:
		return ok

	case <-ended:
		return false

	case <-time.After(acceptTimeout):
		return false
	}
}

// resolve has the recipient settle a hold invoice, or cancel it.
func resolve(ctx context.Context, recipient *regtest.Node, preimage,
	hash []byte, settle bool) error {

	if settle {
		_, err := recipient.Invoices.SettleInvoice(
			ctx, &invoicesrpc.SettleInvoiceMsg{Preimage: preimage},
		)

		return err
	}
	_, err := recipient.Invoices.CancelInvoice(
		ctx, &invoicesrpc.CancelInvoiceMsg{PaymentHash: hash},
	)

	return err
}

// newPreimage returns a random preimage and its payment hash.
func newPreimage() ([]byte, []byte) {
	preimage := make([]byte, sha256.Size)

	// Reading random bytes cannot fail on the systems Go supports.
	_, _ = rand.Read(preimage)
	hash := sha256.Sum256(preimage)

	return preimage, hash[:]
}

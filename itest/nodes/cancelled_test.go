//go:build nodes

package nodes

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/lightningnetwork/lnd/lnrpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// cancelWithin is the longest time until a client cancels its payment.
const cancelWithin = 300 * time.Millisecond

// cancelled is a payment whose client goes away after a while, which cancels it
// if it is not too late.
func (l *load) cancelled(ctx context.Context, rng *rand.Rand) error {
	invoice, err := l.net.Recipient.Lightning.AddInvoice(
		ctx, &lnrpc.Invoice{Value: amount},
	)
	if err != nil {
		return err
	}

	ctx, cancel := context.WithTimeout(
		ctx, time.Duration(rng.Int64N(int64(cancelWithin))),
	)
	defer cancel()
	request := requestOf(invoice.PaymentRequest, payTimeout)
	request.Cancelable = true
	_, err = send(ctx, l.node().Router, request)
	switch status.Code(err) {
	case codes.Canceled, codes.DeadlineExceeded:
		return nil

	default:
		return err
	}
}

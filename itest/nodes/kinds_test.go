//go:build nodes

package nodes

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/invoicesrpc"
)

// tooMuch is more than the sender has, in satoshis.
const tooMuch = 2_000_000

// kind makes a payment for a load. What there is to choose is random.
type kind func(*load, context.Context, *rand.Rand) error

// kinds are the payments that a load makes.
var kinds = []kind{
	(*load).settled, (*load).rejected, (*load).retriedTwice,
	(*load).rejectedThenPaid, (*load).held, (*load).tooLarge,
}

// pay pays an invoice.
func (l *load) pay(ctx context.Context, invoice string) error {
	l.alone.RLock()
	defer l.alone.RUnlock()

	_, err := pay(ctx, l.node().router, invoice, payTimeout)

	return err
}

// probe makes a payment that the recipient rejects.
func (l *load) probe(ctx context.Context, hash []byte) error {
	l.alone.RLock()
	defer l.alone.RUnlock()

	_, err := probe(ctx, l.node(), l.net.Recipient, hash)

	return err
}

// settled is a payment that succeeds.
func (l *load) settled(ctx context.Context, _ *rand.Rand) error {
	invoice, err := l.net.Recipient.Lightning.AddInvoice(
		ctx, &lnrpc.Invoice{Value: amount},
	)
	if err != nil {
		return err
	}

	return l.pay(ctx, invoice.PaymentRequest)
}

// paidBack is a payment of the recipient's, which succeeds once it has something.
func (l *load) paidBack(ctx context.Context, _ *rand.Rand) error {
	invoice, err := l.node().lightning.AddInvoice(
		ctx, &lnrpc.Invoice{Value: amount},
	)
	if err != nil {
		return err
	}
	_, err = pay(ctx, l.net.Recipient.Router, invoice.PaymentRequest,
		payTimeout)

	return err
}

// tooLarge is a payment for which the balance does not suffice.
func (l *load) tooLarge(ctx context.Context, _ *rand.Rand) error {
	invoice, err := l.net.Recipient.Lightning.AddInvoice(
		ctx, &lnrpc.Invoice{Value: tooMuch},
	)
	if err != nil {
		return err
	}

	return l.pay(ctx, invoice.PaymentRequest)
}

// rejected is a payment that the recipient rejects.
func (l *load) rejected(ctx context.Context, _ *rand.Rand) error {
	_, hash := newPreimage()

	return l.probe(ctx, hash)
}

// retriedTwice is a hash that is rejected three times.
func (l *load) retriedTwice(ctx context.Context, rng *rand.Rand) error {
	_, hash := newPreimage()
	for range 2 {
		if err := l.probe(ctx, hash); err != nil {
			return err
		}
		l.pause(time.Duration(rng.IntN(1000)) * time.Millisecond)
		if err := l.noteRetry(ctx, hash); err != nil {
			return err
		}
	}

	return l.probe(ctx, hash)
}

// rejectedThenPaid is a hash that is rejected once, and then paid.
func (l *load) rejectedThenPaid(ctx context.Context, _ *rand.Rand) error {
	invoice, err := l.net.Recipient.Lightning.AddInvoice(
		ctx, &lnrpc.Invoice{Value: amount},
	)
	if err != nil {
		return err
	}
	if err := l.probe(ctx, invoice.RHash); err != nil {
		return err
	}
	if err := l.noteRetry(ctx, invoice.RHash); err != nil {
		return err
	}

	return l.pay(ctx, invoice.PaymentRequest)
}

// held is a payment whose HTLC the recipient holds, sometimes for longer than
// the payment's time, and then cancels or settles.
func (l *load) held(ctx context.Context, rng *rand.Rand) error {
	preimage, hash := newPreimage()
	wait := time.Duration(rng.IntN(int(2 * heldTimeout)))
	settle := rng.IntN(2) == 0

	invoice, states, err := holdInvoice(ctx, l.net.Recipient, hash)
	if err != nil {
		return err
	}
	paid, accepted := l.sendAlone(ctx, invoice, states)

	// The payer's time may be over by now. What the recipient holds must
	// not be held for ever, or it takes up a slot of the channel.
	ctx, cancel := context.WithTimeout(
		context.WithoutCancel(ctx), payTimeout,
	)
	defer cancel()

	// Without an HTLC, because the sender was killed, there is nothing to
	// settle. One that arrives later finds the invoice cancelled.
	if accepted {
		l.pause(wait)
	} else {
		settle = false
	}
	err = resolve(ctx, l.net.Recipient, preimage, hash, settle)

	return errors.Join(err, <-paid)
}

// sendAlone pays a hold invoice while no other payment is sent, and waits until
// its HTLC has arrived. It returns what will tell how the payment has ended, and
// whether the HTLC has arrived.
//
// A link of lnd 0.21 that takes up again several HTLCs which came together, some
// of them resolved, mistakes one for another: processRemoteAdds counts only those
// that are left. If it settles one, it will settle it once more with the next
// connection, and that fails for good. An HTLC that came alone is safe.
func (l *load) sendAlone(ctx context.Context, invoice string,
	states invoicesrpc.Invoices_SubscribeSingleInvoiceClient) (
	<-chan error, bool) {

	l.alone.Lock()
	defer l.alone.Unlock()

	paid := make(chan error, 1)
	sender := l.node()
	if err := l.flush(ctx, sender); err != nil {
		paid <- err

		return paid, false
	}
	ended := make(chan struct{})
	go func() {
		_, err := pay(ctx, sender.router, invoice, heldTimeout)
		if err == nil {
			close(ended)
		}
		paid <- err
	}()

	return paid, awaitAccepted(states, ended)
}

// flush makes sure that nothing which the sender had in flight when it was
// started is still to be sent again. The caller is alone.
func (l *load) flush(ctx context.Context, sender *client) error {
	if sender.flushed {
		return nil
	}

	invoice, err := l.net.Recipient.Lightning.AddInvoice(
		ctx, &lnrpc.Invoice{Value: amount},
	)
	if err != nil {
		return err
	}
	p, err := pay(ctx, sender.router, invoice.PaymentRequest, payTimeout)
	if err != nil {
		return err
	}
	sender.flushed = p.Status == lnrpc.Payment_SUCCEEDED
	if !sender.flushed {
		return errors.New("the channel is not back")
	}

	return nil
}

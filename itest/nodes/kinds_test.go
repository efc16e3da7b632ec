//go:build nodes

package nodes

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/lightningnetwork/lnd/lnrpc"
)

const (
	// tooMuch is more than the sender has, in satoshis.
	tooMuch = 20_000_000

	// backTimeout is how long who pays the sender may wait for the end.
	backTimeout = 5 * time.Minute
)

// kind makes a payment for a load. What there is to choose is random.
type kind func(*load, context.Context, *rand.Rand) error

// kinds are the payments that a load makes.
var kinds = []kind{
	(*load).settled, (*load).rejected, (*load).retriedTwice,
	(*load).rejectedThenPaid, (*load).held, (*load).tooLarge,
}

// attackKinds are those of an attack: also some that a client cancels.
var attackKinds = slices.Concat(kinds, []kind{(*load).cancelled})

// pay pays an invoice.
func (l *load) pay(ctx context.Context, invoice string) error {
	_, err := pay(ctx, l.node().Router, invoice, payTimeout)

	return err
}

// probe makes a payment that the recipient rejects.
func (l *load) probe(ctx context.Context, hash []byte) error {
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

// paidBack is a payment to the sender, which succeeds if who pays has something.
// There is one at a time, until its end: the link of the sender is not mended as
// those of its peers are (peerName), and safe for an HTLC that comes alone.
func (l *load) paidBack(ctx context.Context, _ *rand.Rand) error {
	if !l.back.TryLock() {
		return nil
	}
	defer l.back.Unlock()
	ctx, cancel := context.WithTimeout(
		context.WithoutCancel(ctx), backTimeout,
	)
	defer cancel()

	invoice, err := l.node().Lightning.AddInvoice(
		ctx, &lnrpc.Invoice{Value: amount},
	)
	if err != nil {
		return err
	}
	_, err = pay(ctx, l.net.Payer.Router, invoice.PaymentRequest,
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
	return l.hold(ctx, rng, 1)
}

// heldInParts is the same in parts.
func (l *load) heldInParts(ctx context.Context, rng *rand.Rand) error {
	return l.hold(ctx, rng, someParts(rng))
}

// hold makes a payment in some parts that the recipient holds.
func (l *load) hold(ctx context.Context, rng *rand.Rand, parts uint64) error {
	preimage, hash := newPreimage()
	wait := time.Duration(rng.IntN(int(2 * heldTimeout)))
	settle := rng.IntN(2) == 0

	invoice, states, err := holdInvoice(ctx, l.net.Recipient, hash)
	if err != nil {
		return err
	}
	paid, ended := make(chan error, 1), make(chan struct{})
	go func() {
		request := requestOf(invoice, heldTimeout)
		request.MaxShardSizeMsat = amount * 1000 / parts
		_, err := send(ctx, l.node().Router, request)
		if err == nil {
			close(ended)
		}
		paid <- err
	}()
	accepted := awaitAccepted(states, ended)

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
	within(payTimeout, func() error {
		err = resolve(ctx, l.net.Recipient, preimage, hash, settle)

		return err
	})

	return errors.Join(err, <-paid)
}

// settledInParts is a payment in parts that succeeds, often by AMP or by paths
// that the recipient has blinded.
func (l *load) settledInParts(ctx context.Context, rng *rand.Rand) error {
	invoice := &lnrpc.Invoice{Value: amount}
	switch rng.IntN(3) {
	case 0:
		invoice.IsAmp = true
	case 1:
		hops := uint32(1)
		invoice.IsBlinded = true
		invoice.BlindedPathConfig = &lnrpc.BlindedPathConfig{
			NumHops: &hops,
		}
	}
	added, err := l.net.Recipient.Lightning.AddInvoice(ctx, invoice)
	if err != nil {
		return err
	}
	request := requestOf(added.PaymentRequest, payTimeout)
	request.MaxShardSizeMsat = amount * 1000 / someParts(rng)
	request.Amp = invoice.IsAmp
	_, err = send(ctx, l.node().Router, request)

	return err
}

// someParts returns into how many parts a payment is to be split, of whole
// satoshis each.
func someParts(rng *rand.Rand) uint64 {
	return []uint64{2, 5}[rng.IntN(2)]
}

package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"lnd-once/lnrpc/paymentcontract"

	"github.com/lightningnetwork/lnd/lnrpc"
)

const (
	// witnessDelay is how long a stream has been open when we are sure that
	// the node knows of it, however busy it is.
	witnessDelay = 3 * time.Second

	// missingPage is how many payments are listed at a time.
	missingPage = 100
)

// run identifies a payment.
type run struct {
	index   uint64
	created int64
}

// runOf returns what identifies a payment.
func runOf(p *lnrpc.Payment) run {
	return run{p.GetPaymentIndex(), p.GetCreationTimeNs()}
}

// witness knows which ends a stream has told, and from which payment on it has
// to tell all of them. What ended while there was no stream nobody can tell, so
// every stream has a witness of its own.
type witness struct {
	opened time.Time

	// last is the index of the last payment that was made before the
	// stream was sure to be there.
	last  uint64
	known bool

	told map[run]bool
}

// newWitness returns the witness of a stream that is opened now.
func newWitness() *witness {
	return &witness{opened: time.Now(), told: make(map[run]bool)}
}

// findLast notes the last payment when it is time to.
func (k *check) findLast(ctx context.Context, now time.Time) error {
	w := k.witness
	if w.known || now.Sub(w.opened) < witnessDelay {
		return nil
	}

	list, err := k.payments.ListPayments(ctx, &lnrpc.ListPaymentsRequest{
		Reversed: true, MaxPayments: 1, IncludeIncomplete: true,
	})
	if err != nil {
		return err
	}
	for _, p := range list.GetPayments() {
		w.last = p.GetPaymentIndex()
	}
	w.known = true

	return nil
}

// lookForMissing finds the payments made since the stream is there that have
// ended without the stream telling it. An end that is still on its way comes
// within a moment.
func (k *check) lookForMissing(ctx context.Context,
	updates <-chan *lnrpc.Payment) error {

	if !k.witness.known {
		return nil
	}
	ctx, cancel := context.WithTimeout(
		context.WithoutCancel(ctx), finalTimeout,
	)
	defer cancel()
	missing, err := k.untold(ctx)
	if err != nil {
		return err
	}

	for timeUp := time.After(storedDelay); len(missing) > 0; {
		select {
		case p, ok := <-updates:
			if !ok {
				return errors.New("the stream broke meanwhile")
			}
			k.update(p)
			missing = slices.DeleteFunc(missing, k.isTold)

		case <-timeUp:
			for _, p := range missing {
				k.tell(&paymentcontract.Violation{
					Guarantee: paymentcontract.Once,
					Detail: "the stream has not told " +
						"this end",
					Second: p,
				})
			}

			return nil
		}
	}

	return nil
}

// untold returns the payments that have ended, that the stream has to have told
// of and that it has not told of yet.
func (k *check) untold(ctx context.Context) ([]*lnrpc.Payment, error) {
	var untold []*lnrpc.Payment
	for offset := k.witness.last; ; {
		list, err := k.payments.ListPayments(
			ctx, &lnrpc.ListPaymentsRequest{
				IndexOffset: offset, MaxPayments: missingPage,
				IncludeIncomplete: true,
			},
		)
		if err != nil {
			return nil, err
		}
		if len(list.GetPayments()) == 0 {
			return untold, nil
		}
		for _, p := range list.GetPayments() {
			offset = p.GetPaymentIndex()
			if terminal(p) && !k.isTold(p) {
				untold = append(untold, p)
			}
		}
	}
}

// isTold returns whether the stream has told the end of a payment.
func (k *check) isTold(p *lnrpc.Payment) bool {
	return k.witness.told[runOf(p)]
}

// terminal returns whether a payment has ended.
func terminal(p *lnrpc.Payment) bool {
	return p.GetStatus() == lnrpc.Payment_SUCCEEDED ||
		p.GetStatus() == lnrpc.Payment_FAILED
}

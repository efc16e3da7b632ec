package main

import (
	"context"
	"time"

	"lnd-once/lnrpc/paymentrpc"
)

const (
	// openDelay is how long a stream has been open when we are sure that
	// the node knows of it, however busy it is.
	openDelay = 3 * time.Second

	// toldPage is how many payments are listed at a time.
	toldPage = 100
)

// run identifies a payment.
type run struct {
	index   uint64
	created int64
}

// runOf returns what identifies a payment.
func runOf(p *paymentrpc.Payment) run {
	return run{p.GetPaymentIndex(), p.GetCreationTimeNs()}
}

// told knows which ends a stream has told, and from which payment on it has to
// tell all of them. What ended while there was no stream nobody can tell, so
// every stream has one of its own.
type told struct {
	node   *paymentrpc.Client
	opened time.Time

	// last is the index of the last payment that was made before the
	// stream was sure to be there.
	last  uint64
	known bool

	ends map[run]bool
}

// newTold returns what a stream has told that is opened now.
func newTold(node *paymentrpc.Client) *told {
	return &told{
		node: node, opened: time.Now(),
		ends: make(map[run]bool),
	}
}

// add takes an end that the stream has told.
func (t *told) add(p *paymentrpc.Payment) {
	t.ends[runOf(p)] = true
}

// has returns whether the stream has told the end of a payment.
func (t *told) has(p *paymentrpc.Payment) bool {
	return t.ends[runOf(p)]
}

// findLast notes the last payment when it is time to.
func (t *told) findLast(ctx context.Context, now time.Time) error {
	if t.known || now.Sub(t.opened) < openDelay {
		return nil
	}

	list, err := t.node.ListPayments(ctx, &paymentrpc.ListPaymentsRequest{
		Reversed: true, MaxPayments: 1, IncludeIncomplete: true,
	})
	if err != nil {
		return err
	}
	for _, p := range list.GetPayments() {
		t.last = p.GetPaymentIndex()
	}
	t.known = true

	return nil
}

// missing returns the payments that have ended, that the stream has to have
// told of and that it has not told of yet.
func (t *told) missing(ctx context.Context) ([]*paymentrpc.Payment, error) {
	if !t.known {
		return nil, nil
	}

	var missing []*paymentrpc.Payment
	for offset := t.last; ; {
		list, err := t.node.ListPayments(
			ctx, &paymentrpc.ListPaymentsRequest{
				IndexOffset: offset, MaxPayments: toldPage,
				IncludeIncomplete: true,
			},
		)
		if err != nil {
			return nil, err
		}
		if len(list.GetPayments()) == 0 {
			return missing, nil
		}
		for _, p := range list.GetPayments() {
			offset = p.GetPaymentIndex()
			if terminal(p) && !t.has(p) {
				missing = append(missing, p)
			}
		}
	}
}

// terminal returns whether a payment has ended.
func terminal(p *paymentrpc.Payment) bool {
	return p.GetStatus() == paymentrpc.Payment_SUCCEEDED ||
		p.GetStatus() == paymentrpc.Payment_FAILED
}

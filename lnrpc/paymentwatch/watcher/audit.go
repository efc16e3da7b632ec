package watcher

import (
	"context"
	"slices"

	"lnd-once/lnrpc/paymentrpc"
)

// EachPage tells of all payments of a node, ascending by index, some at a time.
func EachPage(ctx context.Context, payments PaymentLister,
	take func([]*paymentrpc.Payment) error) error {

	return New(Config{Payments: payments}).eachPage(ctx, take)
}

// Covers returns whether the position says that a payment was delivered, or is
// never to be. The indexes in it only count while the node has its payments under
// them, see Numbers.
func (p *Position) Covers(r Run, numbers bool) bool {
	switch {
	case slices.ContainsFunc(p.Open, r.Same):
		return false

	case p.Newest != 0 && r.Created > p.Newest+precision:
		return false

	case r.Created <= p.Whole:
		return true

	default:
		return numbers && newLedger(p).done.contains(r.Index)
	}
}

// Numbers returns whether a node has its payments under the indexes that the
// position knows, given all payments of it. A position that names none of them is
// trusted.
func (p *Position) Numbers(has func(Run) (uint64, bool)) bool {
	for _, last := range slices.Backward(p.Last) {
		if index, ok := has(last); ok {
			return index == last.Index
		}
	}

	return len(p.Last) == 0
}

// OutcomeOf returns how a payment has ended, from nothing but what the node has
// stored of it.
func OutcomeOf(p *paymentrpc.Payment) *Outcome {
	return decide(p, reasonOf(p))
}

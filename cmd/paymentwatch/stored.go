package main

import (
	"context"
	"slices"
	"time"

	"lnd-once/lnrpc/paymentrpc"
)

const (
	// storedDelay is how long after a payment's end we look at what the
	// node has stored. A stock node may write once more in between.
	storedDelay = 3 * time.Second

	// maxStored is how many of the latest payments are looked at once more
	// before the check ends.
	maxStored = 1000
)

// ended is a payment that has ended, to be compared with what is stored.
type ended struct {
	run
	hash string
	due  time.Time
}

// stored compares the ends that were told with what the node has stored.
type stored struct {
	node *paymentrpc.Client

	// judge says whether a payment that is stored agrees with what was
	// told of it.
	judge func(*paymentrpc.Payment) bool

	// waiting are the payments whose stored form has not been looked at,
	// oldest first, right are those that were right.
	waiting, right []*ended
}

// add takes a payment whose end was told just now.
func (s *stored) add(p *paymentrpc.Payment) {
	s.waiting = append(s.waiting, &ended{
		run: runOf(p), hash: p.GetPaymentHash(),
		due: time.Now().Add(storedDelay),
	})
}

// compare looks at what is stored of the payments whose time has come.
func (s *stored) compare(ctx context.Context, now time.Time) error {
	for len(s.waiting) > 0 && !s.waiting[0].due.After(now) {
		e := s.waiting[0]
		right, err := s.look(ctx, e)
		if err != nil {
			return err
		}
		s.waiting = s.waiting[1:]
		if right {
			s.right = append(s.right, e)
		}
	}
	if len(s.right) > maxStored {
		s.right = slices.Clone(s.right[len(s.right)-maxStored:])
	}

	return nil
}

// look looks at what is stored of a payment. It returns whether that is right.
// A payment that is not there any more was deleted.
func (s *stored) look(ctx context.Context, e *ended) (bool, error) {
	// The offset is that of the payment before.
	list, err := s.node.ListPayments(ctx, &paymentrpc.ListPaymentsRequest{
		IndexOffset: e.index - 1, MaxPayments: 1,
		IncludeIncomplete: true,
	})
	if err != nil {
		return false, err
	}
	for _, p := range list.GetPayments() {
		if runOf(p) == e.run && p.GetPaymentHash() == e.hash {
			return s.judge(p), nil
		}
	}

	return false, nil
}

// finish looks once more at what is stored of the latest payments.
func (s *stored) finish(ctx context.Context) error {
	seen := make(map[run]bool)
	for _, e := range append(s.waiting, s.right...) {
		if seen[e.run] {
			continue
		}
		seen[e.run] = true
		if _, err := s.look(ctx, e); err != nil {
			return err
		}
	}

	return nil
}

package watcher

import (
	"context"
	"fmt"
	"math"
	"time"

	"lnd-once/lnrpc/paymentrpc"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// sweep reads from the database all that has not been delivered, and delivers
// what has ended. It costs a few calls, and one for every page and every gap
// among what was delivered. With progress, it tells how far it is.
func (w *Watcher) sweep(ctx context.Context, box *inbox, progress bool) error {
	begin, l := time.Now(), w.ledger
	w.pageLimit = pageSize

	last, err := w.list(ctx, 0, 1, true)
	if err != nil {
		return err
	}
	if err := w.findReborn(ctx); err != nil {
		return err
	}

	// What is created so long before the last payment cannot have anything
	// below it that is still being written.
	var top uint64
	old := int64(math.MinInt64)
	if len(last) > 0 {
		top = last[0].GetPaymentIndex()
		old = last[0].GetCreationTimeNs() - int64(initWait)
	}
	l.solidify(begin)

	start := l.next()
	for index := uint64(0); index != math.MaxUint64; {
		lo, hi := l.done.gap(index)
		index, err = w.page(ctx, box, lo, hi, old)
		if err != nil {
			return err
		}
		if progress && index != math.MaxUint64 {
			w.tellProgress(start, index, top+1)
		}
	}

	// An end may have come after the last page was read.
	_ = w.take(box)
	l.dropGone(begin)
	l.finishReading()

	return w.flush(ctx)
}

// page reads a page of the payments from lo up to, but not including, hi, and
// delivers what is due. It returns up to which index the database was read:
// MaxUint64 if there is nothing above. Below payments created before old there
// will be no others.
func (w *Watcher) page(ctx context.Context, box *inbox, lo, hi uint64,
	old int64) (uint64, error) {

	payments, err := w.list(ctx, lo-1, min(hi-lo, pageSize), false)
	if err != nil {
		return 0, err
	}

	// What the stream tells is not older than what the page does, as far
	// as it matters: an end that is not in the page is in the inbox.
	_ = w.take(box)

	// Without the stream the node may have been started anew meanwhile, with
	// other indexes.
	if err := box.lost(); err != nil {
		return 0, err
	}

	next, now := uint64(math.MaxUint64), time.Now()
	for _, p := range payments {
		e := newEntry(p, now, w.cfg.HoldFailures)
		if e.end != nil {
			e.ended = endedAt(p, now)
		}
		w.ledger.take(runOf(p), e, false)

		next = p.GetPaymentIndex() + 1
		if p.GetCreationTimeNs() <= old {
			w.ledger.solid = max(w.ledger.solid, next)
		}
	}
	w.ledger.closeHoles(lo, next)

	_, err = w.deliver(ctx, now)

	return next, err
}

// findReborn looks for payments that have got the index of one that was
// delivered and deleted since. Such a database gives its indexes in the order
// of creation, so they are the last ones of those that we believe to be done.
func (w *Watcher) findReborn(ctx context.Context) error {
	l := w.ledger
	if l.trusting {
		return nil
	}

	// Most often there is none, and the first payment shows it.
	for index, n := l.done.end(), uint64(1); index > 1; n = pageSize {
		payments, err := w.list(ctx, index, n, true)
		if err != nil || len(payments) == 0 {
			return err
		}
		for i := len(payments) - 1; i >= 0; i-- {
			r := runOf(payments[i])
			if !l.newer(r) {
				return nil
			}
			if l.done.contains(r.index) {
				l.rebirth(r)
			}
			index = r.index
		}
	}

	return nil
}

// flush delivers what is due, and the position if it has changed.
func (w *Watcher) flush(ctx context.Context) error {
	now := time.Now()
	if _, err := w.deliver(ctx, now); err != nil {
		return err
	}
	if !w.ledger.dirty || w.ledger.fromNow.waits(now) {
		return nil
	}

	return w.store(ctx, nil)
}

// list returns up to n payments with an index above the offset, ascending. In
// reverse it returns those below it instead, or the last ones if the offset is
// zero. They are fewer if n of them do not fit into a message, but not none: a
// page that is too large is too large every time.
func (w *Watcher) list(ctx context.Context, offset, n uint64, reversed bool) (
	[]*paymentrpc.Payment, error) {

	for {
		n = min(n, w.pageLimit)
		payments, err := w.listOnce(ctx, offset, n, reversed)
		if status.Code(err) != codes.ResourceExhausted || n <= 1 {
			return payments, err
		}
		w.pageLimit = n / 2
	}
}

// eachPage reads all payments, ascending, a page at a time.
func (w *Watcher) eachPage(ctx context.Context,
	take func([]*paymentrpc.Payment) error) error {

	for offset := uint64(0); ; {
		payments, err := w.list(ctx, offset, pageSize, false)
		if err != nil || len(payments) == 0 {
			return err
		}
		if err := take(payments); err != nil {
			return err
		}
		offset = payments[len(payments)-1].GetPaymentIndex()
	}
}

// listOnce asks for a page of just n payments.
func (w *Watcher) listOnce(ctx context.Context, offset, n uint64,
	reversed bool) ([]*paymentrpc.Payment, error) {

	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()

	page, err := w.cfg.Payments.ListPayments(
		ctx, &paymentrpc.ListPaymentsRequest{
			IncludeIncomplete: true,
			IndexOffset:       offset,
			MaxPayments:       n,
			Reversed:          reversed,
		}, maxMessage,
	)
	if err != nil {
		return nil, fmt.Errorf("unable to list payments: %w", err)
	}

	return page.GetPayments(), nil
}

// tellProgress tells that of the indexes from start up to end those below next
// have been read.
func (w *Watcher) tellProgress(start, next, end uint64) {
	start = min(start, end)
	next = max(start, min(next, end))
	w.tell(State{
		Phase: CatchingUp, Done: next - start, Total: end - start,
	})
}

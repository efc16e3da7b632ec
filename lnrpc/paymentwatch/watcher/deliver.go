package watcher

import (
	"context"
	"fmt"
	"time"
)

// follow takes what the stream brings and delivers what is due, until the given
// time or the end of the stream.
func (w *Watcher) follow(ctx context.Context, box *inbox,
	until time.Time) error {

	for {
		streamErr := w.take(box)
		next, err := w.deliver(ctx, until)
		if streamErr == nil && err == nil {
			next = w.becomeLive(next)
		}
		switch {
		case err != nil:
			return err

		case streamErr != nil:
			return fmt.Errorf("the stream ended: %w", streamErr)

		case !time.Now().Before(until):
			return nil
		}

		timer := time.NewTimer(time.Until(next))
		select {
		case <-box.wake:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()

			return ctx.Err()
		}
		timer.Stop()
	}
}

// take moves what is in the inbox to the ledger. It returns the error that
// ended the stream.
func (w *Watcher) take(box *inbox) error {
	w.backlog.emptyBox()

	return box.drain(func(r run, e *entry) {
		w.ledger.take(r, e, true)
	})
}

// becomeLive tells that the watcher is live when it is: that is when the failures
// that it has found while catching up have been held back for their time. Until
// then it returns when that is, if it is before the given time.
func (w *Watcher) becomeLive(next time.Time) time.Time {
	switch {
	case w.liveAt.IsZero():

	case time.Now().Before(w.liveAt):
		return first(next, w.liveAt)

	default:
		w.liveAt = time.Time{}
		w.tell(State{Phase: Live})
	}

	return next
}

// deliver gives to the sink what is due. It returns when there is more to
// deliver, or the given time if that is not known.
func (w *Watcher) deliver(ctx context.Context, until time.Time) (time.Time,
	error) {

	l := w.ledger
	w.backlog.set(l.oldest())
	full := l.ended > maxEnded
	if l.fromNow.waits(time.Now()) && !full {
		if l.fromNow.until.Before(until) {
			until = l.fromNow.until
		}

		return until, nil
	}
	begun := l.fromNow.end()

	ready := l.ready(time.Now(), full)
	for len(ready) > 0 {
		n := min(len(ready), pageSize)
		if err := w.store(ctx, l.finish(ready[:n])); err != nil {
			return until, err
		}
		ready = ready[n:]
	}

	// From here on a restart begins where this watcher began.
	if begun && l.dirty {
		if err := w.store(ctx, nil); err != nil {
			return until, err
		}
	}

	w.backlog.set(l.oldest())

	return l.nextDue(until), nil
}

// store delivers outcomes that were taken out of the ledger.
func (w *Watcher) store(ctx context.Context, outcomes []*Outcome) error {
	err := w.cfg.Sink.Deliver(ctx, outcomes, w.ledger.position())
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSink, err)
	}
	w.ledger.dirty = false

	return nil
}

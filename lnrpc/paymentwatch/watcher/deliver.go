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
	return box.drain(func(r run, e *entry) {
		w.ledger.take(r, e, true)
	})
}

// deliver gives to the sink what is due. It returns when there is more to
// deliver, or the given time if that is not known.
func (w *Watcher) deliver(ctx context.Context, until time.Time) (time.Time,
	error) {

	l := w.ledger
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

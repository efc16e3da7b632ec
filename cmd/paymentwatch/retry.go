package main

import (
	"context"
	"math/rand/v2"
	"time"
)

// reminderInterval is the time between two entries about waiting for the same
// reason.
const reminderInterval = time.Hour

// retry calls a function until it succeeds, fails for good or the context ends.
// Every new reason to wait is logged, and an old one from time to time.
func (w *watch) retry(ctx context.Context, what string, again func(error) bool,
	call func() error) error {

	var (
		last string
		said time.Time
	)
	for wait := minRetry; ; wait = min(2*wait, maxRetry) {
		begin := time.Now()
		err := call()
		if err == nil || ctx.Err() != nil || !again(err) {
			return err
		}

		// After a time that went well all begins anew.
		if time.Since(begin) > maxRetry {
			wait, last = minRetry, ""
		}
		if err.Error() != last || time.Since(said) >= reminderInterval {
			last, said = err.Error(), time.Now()
			w.log.WarnS(ctx, what, err)
		}

		// Half of it is left to chance.
		select {
		case <-time.After(wait/2 + rand.N(wait/2)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

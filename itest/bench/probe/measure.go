package main

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// answerTimeout is how long the last probes may take when the time of a
// measurement is over. A probe that is never answered must not go unnoticed.
const answerTimeout = time.Minute

// measure calls probe again and again, in so many goroutines at a time, until
// the duration is over. A probe that has begun by then is waited for and
// counts. The first error ends the measurement, and there is no result then.
func measure(ctx context.Context, parallel int, duration time.Duration,
	probe func(context.Context) error) (*result, error) {

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	overdue := time.AfterFunc(duration+answerTimeout, func() {
		cancel(fmt.Errorf("a probe was not answered within %v",
			answerTimeout))
	})
	defer overdue.Stop()

	// Every goroutine has a slice of its own, so that none waits for the
	// others to note its figures.
	latencies := make([][]time.Duration, parallel)
	begin := time.Now()

	var wg sync.WaitGroup
	for i := range latencies {
		wg.Add(1)
		go func() {
			defer wg.Done()

			var err error
			latencies[i], err = probeUntil(
				ctx, begin.Add(duration), probe,
			)
			if err != nil {
				cancel(err)
			}
		}()
	}
	wg.Wait()
	elapsed := time.Since(begin)

	// The other goroutines fail as well when one does, but the cause is
	// what happened first.
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}

	return newResult(parallel, elapsed, latencies), nil
}

// probeUntil calls probe again and again until the end has come, and returns
// how long each call took.
func probeUntil(ctx context.Context, end time.Time,
	probe func(context.Context) error) ([]time.Duration, error) {

	var latencies []time.Duration
	for begin := time.Now(); begin.Before(end); {
		if err := probe(ctx); err != nil {
			return nil, err
		}

		now := time.Now()
		latencies = append(latencies, now.Sub(begin))
		begin = now
	}

	return latencies, nil
}

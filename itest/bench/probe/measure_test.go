package main

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestMeasureKeepsAllBusy checks that as many probes are under way as were
// asked for, no more and no less, and that all of them are counted.
func TestMeasureKeepsAllBusy(t *testing.T) {
	t.Parallel()

	const parallel = 7
	var now, most, all atomic.Int64

	r, err := measure(
		context.Background(), parallel, 50*time.Millisecond,
		func(context.Context) error {
			n := now.Add(1)
			defer now.Add(-1)
			all.Add(1)

			for m := most.Load(); n > m; m = most.Load() {
				most.CompareAndSwap(m, n)
			}
			time.Sleep(5 * time.Millisecond)

			return nil
		},
	)
	require.NoError(t, err)
	require.EqualValues(t, parallel, most.Load())
	require.EqualValues(t, all.Load(), len(r.latencies))
	require.GreaterOrEqual(t, r.percentile(1), 5*time.Millisecond)
	require.GreaterOrEqual(t, r.elapsed, 50*time.Millisecond)
}

// TestMeasureEndsWithFirstError checks that one probe that fails ends all
// others, and that its error is returned and not that of those it ended.
func TestMeasureEndsWithFirstError(t *testing.T) {
	t.Parallel()

	errProbe := errors.New("no route")
	var calls atomic.Int64

	_, err := measure(
		context.Background(), 4, time.Hour,
		func(ctx context.Context) error {
			if calls.Add(1) == 4 {
				return errProbe
			}
			<-ctx.Done()

			return ctx.Err()
		},
	)
	require.Equal(t, errProbe, err)
}

// TestMeasureEndsWithContext checks that an interrupted measurement has no
// result, and tells why.
func TestMeasureEndsWithContext(t *testing.T) {
	t.Parallel()

	errEnd := errors.New("lnd ended")
	ctx, end := context.WithCancelCause(context.Background())

	r, err := measure(ctx, 2, time.Hour, func(ctx context.Context) error {
		end(errEnd)
		<-ctx.Done()

		return ctx.Err()
	})
	require.Equal(t, errEnd, err)
	require.Nil(t, r)
}

// TestMeasureOfNoTime checks that a warm-up can be left out.
func TestMeasureOfNoTime(t *testing.T) {
	t.Parallel()

	r, err := measure(
		context.Background(), 3, 0,
		func(context.Context) error { return errors.New("called") },
	)
	require.NoError(t, err)
	require.Empty(t, r.latencies)
}

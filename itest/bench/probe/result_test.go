package main

import (
	"math/rand"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// upTo returns the latencies 1 to n in random order.
func upTo(n int) []time.Duration {
	latencies := make([]time.Duration, n)
	for i, j := range rand.Perm(n) {
		latencies[i] = time.Duration(j + 1)
	}

	return latencies
}

// TestPercentileIsNearestRank checks that a percentile is a latency that was
// measured: the smallest that so many of a hundred did not exceed.
func TestPercentileIsNearestRank(t *testing.T) {
	t.Parallel()

	for _, c := range []struct {
		n, p50, p99 int
	}{
		{0, 0, 0}, {1, 1, 1}, {2, 1, 2}, {3, 2, 3}, {99, 50, 99},
		{100, 50, 99}, {101, 51, 100}, {200, 100, 198},
		{1000, 500, 990},
	} {
		r := newResult(1, time.Second, [][]time.Duration{upTo(c.n)})
		require.EqualValues(t, c.p50, r.percentile(50), "n=%d", c.n)
		require.EqualValues(t, c.p99, r.percentile(99), "n=%d", c.n)
	}
}

// TestResultTakesAllGoroutines checks that the figures are those of all probes,
// whoever sent them.
func TestResultTakesAllGoroutines(t *testing.T) {
	t.Parallel()

	r := newResult(3, 2*time.Second, [][]time.Duration{
		{6, 1}, nil, {5, 4, 9},
	})
	require.Equal(t, []time.Duration{1, 4, 5, 6, 9}, r.latencies)
	require.EqualValues(t, 5, r.mean())
	require.EqualValues(t, 5, r.percentile(50))
	require.InDelta(t, 2.5, r.rate(), 1e-9)
}

// TestResultIsGoBenchmarkLine checks that the line is one that programs which
// read Go's benchmarks take: a name, a count, and pairs of a number and a unit.
func TestResultIsGoBenchmarkLine(t *testing.T) {
	t.Parallel()

	r := newResult(10, 2*time.Second, [][]time.Duration{{
		100 * time.Millisecond, 110 * time.Millisecond,
		150 * time.Millisecond,
	}})
	require.Equal(t, "BenchmarkProbe/parallel=10\t       3\t "+
		"120000000 ns/op\t 110000000 p50-ns/op\t 150000000 "+
		"p99-ns/op\t      1.50 probes/s", r.String())
}

package main

import (
	"fmt"
	"slices"
	"time"
)

// result is what one measurement showed.
type result struct {
	parallel int
	elapsed  time.Duration

	// latencies holds how long each probe took, the shortest first.
	latencies []time.Duration
}

// newResult puts together what the goroutines of a measurement have noted.
func newResult(parallel int, elapsed time.Duration,
	latencies [][]time.Duration) *result {

	all := slices.Concat(latencies...)
	slices.Sort(all)

	return &result{parallel: parallel, elapsed: elapsed, latencies: all}
}

// mean returns the mean latency.
func (r *result) mean() time.Duration {
	if len(r.latencies) == 0 {
		return 0
	}

	var sum time.Duration
	for _, l := range r.latencies {
		sum += l
	}

	return sum / time.Duration(len(r.latencies))
}

// percentile returns the smallest latency that so many of a hundred probes did
// not exceed.
func (r *result) percentile(percent int) time.Duration {
	n := len(r.latencies)
	if n == 0 {
		return 0
	}

	// The rank is rounded up, and counts from 1.
	rank := (n*percent + 99) / 100

	return r.latencies[max(rank, 1)-1]
}

// rate returns how many probes failed per second.
func (r *result) rate() float64 {
	return float64(len(r.latencies)) / r.elapsed.Seconds()
}

// String returns the line of a Go benchmark. Its ns/op is the mean latency of a
// probe and not, as that of a parallel benchmark of Go, the elapsed time
// divided by the number of probes: that is what probes/s is for.
func (r *result) String() string {
	return fmt.Sprintf("BenchmarkProbe/parallel=%d\t%8d\t%10d ns/op\t%10d "+
		"p50-ns/op\t%10d p99-ns/op\t%10.2f probes/s", r.parallel,
		len(r.latencies), r.mean().Nanoseconds(),
		r.percentile(50).Nanoseconds(), r.percentile(99).Nanoseconds(),
		r.rate())
}

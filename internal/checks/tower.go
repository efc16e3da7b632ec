package checks

import (
	"context"
	"io"

	"lnd-once/internal/base"
	"lnd-once/internal/progress"
	"lnd-once/itest/tower/attack"
	"lnd-once/itest/tower/result"
)

// fewHistories is how many random histories are played where that is a short form
// of what else is done ten times as often.
const fewHistories = 1000

// histories plays random histories of payments.
func histories(ctx context.Context, b *base.Base, out io.Writer) (Tally,
	error) {

	found, err := attack.Histories(ctx, onBbolt(b, out), fewHistories, 0)

	return countTower(found), err
}

// crashes lets the process that makes payments die once, wherever that makes a
// difference.
func crashes(ctx context.Context, b *base.Base, out io.Writer) (Tally, error) {
	found, err := attack.Crashes(ctx, onBbolt(b, out), 1)

	return countTower(found), err
}

// faults lets every call fail that makes a payment, one at a time.
func faults(ctx context.Context, b *base.Base, out io.Writer) (Tally, error) {
	found, err := attack.Faults(ctx, onBbolt(b, out), 1, 0)

	return countTower(found), err
}

// benchmarks runs what "make bench" measures for a few payments, so that it runs
// on the day that it is to measure.
func benchmarks(ctx context.Context, b *base.Base, out io.Writer) (Tally,
	error) {

	return Tally{}, attack.Benchmarks(ctx, onBbolt(b, out))
}

// onBbolt returns what is attacked: the patched control tower, on bbolt.
func onBbolt(b *base.Base, out io.Writer) attack.Config {
	return attack.Config{
		Base: b, Store: "bbolt", Out: out,
		Log: progress.New(out, "tower"),
	}
}

// countTower counts the tests that have come to their end.
func countTower(found *result.Result) Tally {
	if found == nil {
		return Tally{}
	}

	return Tally{Passed: len(found.Tests)}
}

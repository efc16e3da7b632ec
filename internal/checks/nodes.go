package checks

import (
	"context"
	"io"

	"lnd-once/internal/base"
	"lnd-once/internal/progress"
	"lnd-once/itest/nodes"
)

// fewKills is how often nodes are killed where that is a short form of what
// else is done for an hour.
const fewKills = 4

// dropIn lets stock and patched lnd open each other's data.
func dropIn(ctx context.Context, b *base.Base, out io.Writer) (Tally, error) {
	return testNodes(ctx, b, "TestDropIn", out)
}

// watch lets paymentwatch watch nodes, which are killed.
func watch(ctx context.Context, b *base.Base, out io.Writer) (Tally, error) {
	return testNodes(ctx, b, "TestWatch", out)
}

// testNodes runs tests of real nodes.
func testNodes(ctx context.Context, b *base.Base, pick string,
	out io.Writer) (Tally, error) {

	report, err := nodes.Run(ctx, nodes.Config{
		Base: b, Case: pick, Kills: fewKills, Store: "bbolt",
		Progress: progress.New(out, "nodetest"), Out: out,
	})
	if report == nil {
		return Tally{}, err
	}

	return Count(report.Verdicts), err
}

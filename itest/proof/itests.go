package proof

import (
	"context"
	"io"
	"path/filepath"
	"strconv"

	"lnd-once/internal/base"
	"lnd-once/internal/gotest"
	"lnd-once/internal/harness"
	"lnd-once/internal/manifest"
	"lnd-once/internal/progress"
	"lnd-once/internal/staging"
	"lnd-once/itest/proof/suites"
)

// itestsStep returns the step that runs lnd's own integration tests of
// payments on the whole series.
func itestsStep(b *base.Base) Step {
	return itestsOf(b, "itests", "")
}

// topicItestsSteps returns the steps that run them on the series up to each of
// its topics, as those who merge one topic after the other would.
func topicItestsSteps(b *base.Base, series *manifest.Series) []Step {
	var steps []Step
	for _, topic := range series.Topics {
		if topic.Number == 0 {
			continue
		}
		number := strconv.Itoa(topic.Number)
		steps = append(steps, itestsOf(
			b, "itests-topics-"+number, number,
		))
	}

	return steps
}

// itestsOf returns the step of a name that runs lnd's own integration tests of
// payments on the series up to a topic, or on all of it if there is no topic.
func itestsOf(b *base.Base, name, topic string) Step {
	return Step{
		Name: name, Spares: []string{"itest/lnd_payment_outcome"},
		Sources: append([]string{"internal/harness"}, suiteSources...),
		Run: func(ctx context.Context, log io.Writer) (Findings, error) {
			tell := progress.New(log, name)
			tree := b.Tree()
			if topic != "" {
				var err error
				tree, err = staging.Prefix(ctx, b, topic, tell)
				if err != nil {
					return Findings{}, err
				}
			}
			run := onHarness(b, name, tree, "", tell, log)

			return runSuite(ctx, b, name, tell, &suites.Itests{
				Harness: run, Progress: tell,
			})
		},
	}
}

// onHarness returns a function that runs the test cases of a side on the lnd of
// that side: on patched that of a work tree, or another program, if there is one.
func onHarness(b *base.Base, name, patched, program string, tell *progress.Log,
	log io.Writer) suites.Harness {

	return func(ctx context.Context, side, run, skip string) (
		gotest.Verdicts, error) {

		tree := patched
		if side == suites.Stock {
			tree = b.Stock()
		}
		binaries, err := harness.Build(
			ctx, b, tell, tree, tree, harness.Btcd,
		)
		if err != nil {
			return nil, err
		}
		if side == suites.Patched && program != "" {
			binaries.Lnd = program
		}

		return harness.Run(ctx, harness.Config{
			Binaries: binaries, Store: "bbolt", Run: run, Skip: skip,
			Timeout: "5h", Log: log,
			Logs: filepath.Join(Dir(b), name+"-"+side),
		})
	}
}

package proof

import (
	"context"
	"io"
	"path/filepath"

	"lnd-once/internal/base"
	"lnd-once/internal/gotest"
	"lnd-once/internal/harness"
	"lnd-once/internal/progress"
	"lnd-once/itest/proof/suites"
)

// itestsStep returns the step that runs lnd's own integration tests of
// payments.
func itestsStep(b *base.Base) Step {
	return Step{
		Name: "itests", Spares: []string{"itest/lnd_payment_outcome"},
		Sources: append([]string{"internal/harness"}, suiteSources...),
		Run: func(ctx context.Context, log io.Writer) (Findings, error) {
			tell := progress.New(log, "itests")

			return runSuite(ctx, b, "itests", tell, &suites.Itests{
				Harness:  onHarness(b, tell, log),
				Progress: tell,
			})
		},
	}
}

// onHarness returns a function that runs the test cases of a side on the lnd of
// that side.
func onHarness(b *base.Base, tell *progress.Log,
	log io.Writer) suites.Harness {

	return func(ctx context.Context, side, run, skip string) (
		gotest.Verdicts, error) {

		tree := suites.Tree(b, side)
		binaries, err := harness.Build(ctx, b, tell, tree, tree)
		if err != nil {
			return nil, err
		}

		return harness.Run(ctx, harness.Config{
			Binaries: binaries, Store: "bbolt", Run: run, Skip: skip,
			Timeout: "5h", Log: log,
			Logs: filepath.Join(Dir(b), "itests-"+side),
		})
	}
}

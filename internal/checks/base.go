package checks

import (
	"context"
	"io"
	"slices"
	"strings"

	"lnd-once/internal/base"
	"lnd-once/internal/gobuild"
	"lnd-once/internal/harness"
	"lnd-once/internal/progress"
	"lnd-once/internal/staging"
)

// named is what a check does to a base, and what it is called.
type named struct {
	name string
	run  func(ctx context.Context, b *base.Base, out io.Writer) (Tally,
		error)
}

// Base returns the checks of a base: the tests of what its series changes, and
// short forms of what attacks it. In brief, the tests do without the race
// detector, and of the scenarios there are those that the README begins with.
func Base(b *base.Base, brief bool) []Check {
	units := units{race: !brief}
	all := []named{
		{"staging", stage},
		{"unit tests", units.testTouched},
		{"unit tests, switch", units.testSwitch},
		{"unit tests, native SQL", units.testNative},
		{"histories", histories},
		{"crashes", crashes},
		{"faults", faults},
		{"benchmarks", benchmarks},
		{"demo builds", buildDemo},
	}
	if brief {
		all = append(
			all,
			named{"S1 to S4, patched", play(harness.Patched, first)},
			named{"S1 to S4, stock", play(harness.Stock, first)},
		)
	} else {
		all = append(
			all,
			named{"scenarios, patched", play(harness.Patched, "")},
			named{"scenarios, stock", play(harness.Stock, certain)},
			named{"drop-in", dropIn},
			named{"paymentwatch", watch},
			named{"release", verifyRelease},
		)
	}
	native := slices.ContainsFunc(b.Stores, func(store string) bool {
		return strings.HasPrefix(store, "native")
	})

	var checks []Check
	for _, c := range all {
		if c.name == "unit tests, native SQL" && !native {
			continue
		}
		checks = append(checks, Check{
			Name: b.Name + ": " + c.name,
			Run: func(ctx context.Context, out io.Writer) (Tally,
				error) {

				return c.run(ctx, b, out)
			},
		})
	}

	return checks
}

// buildDemo builds the demo, whose packages of ours must do with the Go version of
// the base's lnd.
func buildDemo(ctx context.Context, b *base.Base, out io.Writer) (Tally, error) {
	return Tally{}, gobuild.BuildDemoProgram(
		ctx, b, progress.New(out, "demo"),
	)
}

// stage makes the base's trees, and applies each topic with what it needs alone.
func stage(ctx context.Context, b *base.Base, out io.Writer) (Tally, error) {
	err := staging.Stage(ctx, b, progress.New(out, "stage"))

	// What each topic needs was proven of the base that lends the series.
	if err != nil || b.Lender != nil {
		return Tally{}, err
	}

	return Tally{}, staging.CheckNeeds(ctx, b)
}

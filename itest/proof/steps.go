package proof

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"lnd-once/internal/base"
	"lnd-once/internal/manifest"
	"lnd-once/internal/progress"
	"lnd-once/itest/proof/suites"
	"lnd-once/itest/proof/undo"
)

// fuzzTime is how long each fuzz target is run.
const fuzzTime = time.Minute

// Steps returns all attacks on a base. It returns an error if its series, or the
// other bases, cannot be read.
func Steps(b *base.Base) ([]Step, error) {
	series, err := manifest.Read(b.Dir)
	if err != nil {
		return nil, err
	}
	onNodes, err := nodeSteps(b)
	if err != nil {
		return nil, err
	}

	return slices.Concat(
		towerSteps(b), onNodes, scenarioSteps(b), []Step{
			fuzzStep(b), unitsStep(b), layerStep(b), undoStep(b),
			itestsStep(b), faultyItestsStep(b),
		}, topicItestsSteps(b, series),
	), nil
}

// fuzzStep returns the step that fuzzes our own packages.
func fuzzStep(b *base.Base) Step {
	return Step{
		Name: "fuzz", Settings: fuzzTime.String(),
		Sources: []string{"itest/proof/fuzz.go"},
		Spares:  []string{"itest/"}, SparesTests: true,
		Run: func(ctx context.Context, log io.Writer) (Findings, error) {
			return fuzz(ctx, b.Root, fuzzTime, log)
		},
	}
}

// suiteSources are the sources of the steps that run lnd's own tests.
var suiteSources = []string{
	"itest/proof/suites", "internal/lndtest", "internal/gotest",
}

// unitsStep returns the step that runs lnd's own unit tests.
func unitsStep(b *base.Base) Step {
	return Step{
		Name: "units", Sources: suiteSources, Spares: []string{"itest/"},
		Run: func(ctx context.Context, log io.Writer) (Findings, error) {
			tell := progress.New(log, "units")

			return runSuite(ctx, b, "units", tell, &suites.Units{
				Base: b, Log: log, Progress: tell,
			})
		},
	}
}

// runSuite runs a suite of lnd's own tests.
func runSuite(ctx context.Context, b *base.Base, name string,
	tell *progress.Log, suite suites.Suite) (Findings, error) {

	report, err := suites.Run(ctx, b, suite, tell)
	if err != nil {
		return Findings{}, err
	}

	return Findings{
		Attacks: []Attack{{
			Kind: Suites, What: name, Side: suites.Patched,
			Counts: []Count{
				{"packages", report.Packages},
				{"tests", report.Tests},
				{"skipped", report.Of(suites.Skipped)},
				{"flaky", report.Of(suites.Flaky)},
				{"failed on stock, too", report.Of(
					suites.OnStock,
				)},
			},
			Violations: report.Of(suites.Violation),
			Seconds:    tell.Elapsed().Seconds(),
		}},
		Troubles: report.Troubles,
	}, nil
}

// undoStep returns the step that undoes each commit and each behaviour.
func undoStep(b *base.Base) Step {
	return Step{
		Name: "undo", Spares: []string{"itest/"},
		Sources: []string{
			"itest/proof/undo", "itest/tower", "itest/scenario",
			"internal/lndtest", "patches/_undo",
			b.Patches(),
		},
		Run: func(ctx context.Context, log io.Writer) (Findings, error) {
			tell := progress.New(log, "undo")
			report, err := undoRows(ctx, b, "", log, tell)
			if err != nil {
				return Findings{}, err
			}

			return undoFindings(report, tell), nil
		},
	}
}

// UndoRows undoes those rows of a base that a regular expression picks, and
// returns an error if one was not noticed. Nothing of it is kept.
func UndoRows(ctx context.Context, b *base.Base, pick string,
	log io.Writer) error {

	report, err := undoRows(ctx, b, pick, log, progress.New(log, "undo"))
	if err != nil {
		return err
	}
	if len(report.Missed) > 0 {
		return errors.New(strings.Join(report.Missed, "\n"))
	}

	return nil
}

// undoRows undoes the rows of a base that a regular expression picks.
func undoRows(ctx context.Context, b *base.Base, pick string, log io.Writer,
	tell *progress.Log) (*undo.Report, error) {

	return undo.Run(ctx, undo.Config{
		Base: b, Pick: pick, Log: tell, Units: undo.Units(log),
		Others: map[string]undo.Try{
			undo.Scenarios: undo.OnHarness(b, log),
			undo.Tower:     undo.OnTower(b, log),
		},
	})
}

// undoFindings returns what undoing has shown.
func undoFindings(report *undo.Report, tell *progress.Log) Findings {
	return Findings{
		Attacks: []Attack{{
			Kind: Undo, Side: suites.Patched, Counts: []Count{
				{"commits", report.Of(undo.Commit)},
				{"behaviours", report.Of(undo.Behaviour)},
			},
			Violations: len(report.Missed),
			Seconds:    tell.Elapsed().Seconds(),
		}},
		Undone: report.Noticed,
	}
}

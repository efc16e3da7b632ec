package proof

import (
	"context"
	"errors"
	"io"
	"path/filepath"

	"lnd-once/internal/base"
	"lnd-once/internal/gotest"
	"lnd-once/internal/harness"
	"lnd-once/internal/progress"
	"lnd-once/itest/proof/suites"
)

const (
	// bbolt is the store on which all scenarios are played.
	bbolt = "bbolt"

	// someScenarios are those that are played on the other stores.
	someScenarios = "S[1-37]_"

	// firstScenarios are those that are played on other chain backends.
	firstScenarios = "S[1-3]_"
)

// scenarioSteps returns the steps that play the scenarios, on each side and
// store, and the first of them on each chain backend. Those on stock are
// controls: they must find what stock breaks.
func scenarioSteps(b *base.Base) []Step {
	var steps []Step
	for _, side := range []string{suites.Patched, suites.Stock} {
		for _, store := range b.Stores {
			run := someScenarios
			if store == bbolt {
				run = ""
			}
			steps = append(steps, scenarioStep(
				b, "scenarios-"+store, side, store, harness.Btcd,
				run,
			))
		}
		for _, backend := range harness.Backends {
			steps = append(steps, scenarioStep(
				b, "scenarios-"+backend, side, bbolt, backend,
				firstScenarios,
			))
		}
	}

	return steps
}

// scenarioStep returns the step of a name that plays scenarios on a side, a
// store and a chain backend.
func scenarioStep(b *base.Base, name, side, store, backend, run string) Step {
	name += "-" + side
	s := harness.Scenarios{
		Base: b, Side: side, Store: store, Backend: backend, Run: run,
		Logs: filepath.Join(Dir(b), name),
	}

	return Step{
		Name: name, Settings: s.Run,
		Sources: []string{
			"internal/harness", "itest/scenario", "itest/expect",
			filepath.Join(b.Patches(), "scenarios.yaml"),
		},
		Needs: func() error { return harness.CheckBackend(backend) },
		Run: func(ctx context.Context, log io.Writer) (Findings, error) {
			tell := progress.New(log, name)
			s.Log = log
			verdicts, err := s.Play(ctx, tell)
			if err != nil {
				return Findings{}, err
			}

			found, err := scenarioFindings(s, verdicts, tell)
			if backend != harness.Btcd {
				found.Attacks[0].What = "on " + backend
			}

			return found, err
		},
	}
}

// scenarioFindings returns what scenarios have found. On stock, too, one that
// fails is an error: it has not found what is known.
func scenarioFindings(s harness.Scenarios, verdicts gotest.Verdicts,
	tell *progress.Log) (Findings, error) {

	failed := verdicts.Of(gotest.Failed)
	found := Findings{Attacks: []Attack{{
		Kind: Scenarios, Side: s.Side, Store: s.Store,
		Counts: []Count{{
			"scenarios", len(verdicts.Of(gotest.Passed)),
		}},
		Violations: len(failed), Seconds: tell.Elapsed().Seconds(),
	}}}
	switch {
	case len(verdicts) == 0:
		return found, errors.New("no scenario was played")

	case len(failed) > 0:
		return found, errors.New(failed[0].Test + ": " +
			failed[0].Reason)
	}

	return found, nil
}

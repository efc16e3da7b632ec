package ladder

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"lnd-once/internal/base"
	"lnd-once/internal/gotest"
	"lnd-once/internal/harness"
	"lnd-once/internal/progress"
	"lnd-once/internal/staging"
)

// Store is where the nodes keep payments: the one that is lnd's default.
const Store = "bbolt"

// Config says what is measured.
type Config struct {
	// Base is the base whose rungs are measured. It must be staged.
	Base *base.Base

	// Scenarios are the names of the scenarios that are played.
	Scenarios []string

	// Fresh measures again what has a result.
	Fresh bool

	// Progress is told how far it is.
	Progress *progress.Log
}

// Measure measures all rungs of a base that have no result, and keeps the
// results. It returns, in words, what is not as the base's scenarios.yaml says.
func Measure(ctx context.Context, cfg Config) ([]string, error) {
	rungs, err := Rungs(ctx, cfg.Base)
	if err != nil {
		return nil, err
	}

	m := &measurement{Config: cfg, play: cfg.play}
	var wrong []string
	for _, rung := range rungs {
		result, err := m.measure(ctx, rung)
		if err != nil {
			return wrong, fmt.Errorf("%s %s: %w", cfg.Base.Name,
				rung.name(), err)
		}
		known, err := harness.Known(cfg.Base, rung.Side, rung.Topic)
		if err != nil {
			return wrong, err
		}
		wrong = append(wrong, result.judge(rung, known)...)
	}

	return wrong, nil
}

// measurement is a run of Measure.
type measurement struct {
	Config

	// play plays scenarios on a rung, with a folder for all logs, and
	// returns what became of them. It may stop at the first that fails:
	// those behind have no result then.
	play func(ctx context.Context, rung Rung, names []string,
		logs string) ([]harness.Outcome, error)
}

// measure plays the scenarios of which a rung has no result, and keeps what
// they show. One that fails does not keep those behind it from being played.
func (m *measurement) measure(ctx context.Context, rung Rung) (*Result,
	error) {

	result, err := load(m.Base, rung)
	if err != nil {
		return nil, err
	}
	left := m.Scenarios
	if !m.Fresh {
		left = result.missing(left)
	}
	m.Progress.Say("%s %s %.12s: %d of %d scenario(s) to be played",
		m.Base.Name, rung.name(), rung.Commit, len(left),
		len(m.Scenarios))

	for run := 1; len(left) > 0; run++ {
		logs := rung.logs(m.Base, run)
		outcomes, err := m.play(ctx, rung, left, logs)
		if err != nil {
			return nil, err
		}
		played := slices.DeleteFunc(outcomes, notPlayed)
		if len(played) == 0 {
			return nil, fmt.Errorf("none of the scenarios was "+
				"played, see %s", logs)
		}
		result.add(played)
		if err := result.save(m.Base, rung); err != nil {
			return nil, err
		}
		left = without(left, played)
	}

	return result, nil
}

// notPlayed tells whether a scenario has not been played.
func notPlayed(outcome harness.Outcome) bool {
	return outcome.Result == ""
}

// without returns the names of the scenarios that are not among those played.
func without(names []string, played []harness.Outcome) []string {
	return slices.DeleteFunc(
		slices.Clone(names), func(name string) bool {
			return slices.ContainsFunc(
				played, func(outcome harness.Outcome) bool {
					return outcome.Scenario == name
				},
			)
		},
	)
}

// play plays scenarios on a rung, on lnd's harness.
func (c *Config) play(ctx context.Context, rung Rung, names []string,
	logs string) ([]harness.Outcome, error) {

	s := &harness.Scenarios{
		Base: c.Base, Side: rung.Side, Store: Store,
		Topic: rung.Topic, Run: harness.Pick(names), Logs: logs,
	}
	if rung.Topic > 0 {
		var err error
		s.Tree, err = staging.Prefix(
			ctx, c.Base, strconv.Itoa(rung.Topic), c.Progress,
		)
		if err != nil {
			return nil, err
		}
	}
	if err := rung.checkTree(ctx, s.WorkTree()); err != nil {
		return nil, err
	}

	// The harness makes the folder itself, and makes it anew.
	if err := os.MkdirAll(filepath.Dir(logs), 0o755); err != nil {
		return nil, err
	}
	out, err := os.Create(logs + ".log")
	if err != nil {
		return nil, err
	}
	defer out.Close()

	s.Log = out
	verdicts, err := s.Play(ctx, c.Progress)
	if err != nil {
		return nil, err
	}
	outcomes, err := s.Outcomes(names, verdicts)
	c.tell(outcomes)

	return outcomes, err
}

// tell says what scenarios have shown.
func (c *Config) tell(outcomes []harness.Outcome) {
	for _, outcome := range outcomes {
		for _, shown := range outcome.Shown {
			c.Progress.Say("  %s %s: %s", shown.Scenario,
				shown.Case, found(shown.Found))
		}
		if outcome.Result == gotest.Failed && len(outcome.Shown) == 0 {
			c.Progress.Say("  %s: %s", outcome.Scenario,
				outcome.Reason)
		}
	}
}

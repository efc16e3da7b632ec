package harness

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"

	"lnd-once/internal/base"
	"lnd-once/internal/gotest"
	"lnd-once/internal/progress"
	"lnd-once/itest/expect"
)

const (
	// Stock is the side of lnd that is not patched, Patched the other.
	Stock   = "stock"
	Patched = "patched"

	// prefix begins the names of our scenarios among lnd's test cases.
	prefix = "payment_outcome_"

	// shownFolder is where scenarios leave what they have shown, and
	// knownFile what they are told about stock, in the folder of the logs.
	shownFolder = "shown"
	knownFile   = "known.json"
)

// Scenarios says which of our scenarios are run.
type Scenarios struct {
	// Base is whose lnd they run on, Side is patched or stock, Store where
	// it keeps payments. Tree is another tree of the base to build the lnd
	// from than that of the side.
	Base        *base.Base
	Side, Store string
	Tree        string

	// Run is a regular expression for the names of scenarios.
	Run string

	// Logs is the folder for the nodes' logs. Log and Out are told what
	// the tests print; see gotest.
	Logs     string
	Log, Out io.Writer
}

// Play plays scenarios. Those of the patched tree drive any lnd.
func (s *Scenarios) Play(ctx context.Context, log *progress.Log) (
	gotest.Verdicts, error) {

	tree := s.Tree
	var known expect.Cases
	switch {
	case s.Side == Stock:
		var err error
		if known, err = expect.Load(s.Base); err != nil {
			return nil, err
		}
		tree = s.Base.Stock()

	case tree == "":
		tree = s.Base.Tree()
	}
	binaries, err := Build(ctx, s.Base, log, s.Base.Tree(), tree)
	if err != nil {
		return nil, err
	}

	return Run(ctx, Config{
		Binaries: binaries, Store: s.Store, Known: known,
		Run: "^" + prefix + s.Run, Timeout: "15m",
		Logs: s.Logs, Log: s.Log, Out: s.Out,
	})
}

// environment returns the variables that tell scenarios what is known of lnd,
// and where to leave what they show.
func (c *Config) environment() ([]string, error) {
	shown := filepath.Join(c.Logs, shownFolder)
	if err := os.Mkdir(shown, 0o755); err != nil {
		return nil, err
	}
	env := []string{"LND_ONCE_SHOWN=" + shown}
	if len(c.Known) == 0 {
		return env, nil
	}

	text, err := json.MarshalIndent(c.Known, "", "  ")
	if err != nil {
		return nil, err
	}
	path := filepath.Join(c.Logs, knownFile)

	return append(env, "LND_ONCE_KNOWN="+path),
		os.WriteFile(path, text, 0o644)
}

// Outcome is what became of a scenario.
type Outcome struct {
	// Scenario is its name, Result is the verdict of the test, which is
	// empty if it did not run: the harness stops at the first that fails.
	Scenario string        `json:"scenario"`
	Result   gotest.Result `json:"result,omitempty"`
	Reason   string        `json:"reason,omitempty"`
	Seconds  float64       `json:"seconds"`

	// Shown is what its cases have shown.
	Shown []expect.Shown `json:"shown,omitempty"`
}

// Outcomes returns what became of the scenarios with the given names, of which
// there are these verdicts.
func (s *Scenarios) Outcomes(names []string, verdicts gotest.Verdicts) (
	[]Outcome, error) {

	var outcomes []Outcome
	for _, name := range names {
		file := strings.ReplaceAll(name, " ", "_")
		outcome := Outcome{Scenario: name}
		for _, v := range verdicts {
			if strings.HasSuffix(v.Test, "/"+prefix+file) {
				outcome.Result, outcome.Reason = v.Result, v.Reason
				outcome.Seconds = v.Seconds
			}
		}

		text, err := os.ReadFile(
			filepath.Join(s.Logs, shownFolder, file+".json"),
		)
		if err == nil {
			err = json.Unmarshal(text, &outcome.Shown)
		}
		if err != nil && !os.IsNotExist(err) {
			return nil, err
		}
		outcomes = append(outcomes, outcome)
	}

	return outcomes, nil
}

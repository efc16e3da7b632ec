package harness

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"

	"lnd-once/internal/base"
	"lnd-once/internal/gotest"
	"lnd-once/internal/manifest"
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
	// it keeps payments.
	Base        *base.Base
	Side, Store string

	// Topic is the last topic of the series that the patched lnd has, and
	// Tree the work tree with those. It is 0 if it has the whole series.
	Topic int
	Tree  string

	// Backend is how the nodes follow the chain: one of Backends, or Btcd,
	// also if it is empty.
	Backend string

	// Run is a regular expression for the names of scenarios; see Pick.
	Run string

	// Logs is the folder for the nodes' logs. Log and Out are told what
	// the tests print; see gotest.
	Logs     string
	Log, Out io.Writer
}

// Name returns what the lnd is called that they run on: stock, patched, or
// topic-1 with the topics up to that one.
func (s *Scenarios) Name() string {
	if s.Topic > 0 {
		return manifest.TopicTag(s.Topic)
	}

	return s.Side
}

// WorkTree returns the tree that the lnd is built of that they run on.
func (s *Scenarios) WorkTree() string {
	switch {
	case s.Side == Stock:
		return s.Base.Stock()

	case s.Topic > 0:
		return s.Tree
	}

	return s.Base.Tree()
}

// Pick returns the regular expression that picks the scenarios of these names
// and no others.
func Pick(names []string) string {
	return "(" + strings.ReplaceAll(strings.Join(names, "|"), " ", "_") +
		")$"
}

// Play plays scenarios. Those of the patched tree drive any lnd. They pass if
// they show exactly what is known of that lnd.
func (s *Scenarios) Play(ctx context.Context, log *progress.Log) (
	gotest.Verdicts, error) {

	known, err := Known(s.Base, s.Side, s.Topic)
	if err != nil {
		return nil, err
	}
	binaries, err := Build(
		ctx, s.Base, log, s.Base.Tree(), s.WorkTree(),
		cmp.Or(s.Backend, Btcd),
	)
	if err != nil {
		return nil, err
	}

	return Run(ctx, Config{
		Binaries: binaries, Store: s.Store, Known: known,
		Run: "^" + prefix + s.Run, Timeout: "15m",
		Logs: s.Logs, Log: s.Log, Out: s.Out,
	})
}

// Known returns what is known to break in an lnd of a base: in that of a side
// with the topics up to the given one, with the whole series if it is 0.
func Known(b *base.Base, side string, topic int) (expect.Cases, error) {
	if side != Stock && topic == 0 {
		return nil, nil
	}
	known, err := expect.Load(b)

	return known.Prefix(topic), err
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

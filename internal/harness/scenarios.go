package harness

import (
	"context"
	"io"

	"lnd-once/internal/base"
	"lnd-once/internal/gotest"
	"lnd-once/internal/progress"
)

// Stock is the side of lnd that is not patched.
const Stock = "stock"

// Scenarios says which of our scenarios are run.
type Scenarios struct {
	// Base is whose lnd they run on, Side is patched or stock, Store where
	// it keeps payments.
	Base        *base.Base
	Side, Store string

	// Run is a regular expression for the names of scenarios.
	Run string

	// Logs is the folder for the nodes' logs. Log and Out are told what
	// the tests print; see gotest.
	Logs     string
	Log, Out io.Writer
}

// Known returns the environment in which the scenarios expect of lnd what is
// known of its side: stock breaks the contract, patched does not.
func Known(side string) []string {
	return []string{"LND_ONCE_LND=" + side}
}

// Play plays scenarios. Those of the patched tree drive both sides.
func (s *Scenarios) Play(ctx context.Context, log *progress.Log) (
	gotest.Verdicts, error) {

	tree := s.Base.Tree()
	if s.Side == Stock {
		tree = s.Base.Stock()
	}
	binaries, err := Build(ctx, s.Base, log, s.Base.Tree(), tree)
	if err != nil {
		return nil, err
	}

	return Run(ctx, Config{
		Binaries: binaries, Store: s.Store, Env: Known(s.Side),
		Run: "^payment_outcome_" + s.Run, Timeout: "15m",
		Logs: s.Logs, Log: s.Log, Out: s.Out,
	})
}

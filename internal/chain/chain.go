// Package chain plays our scenarios on nodes that follow the chain by another
// backend than btcd, which lnd's harness has built in.
package chain

import (
	"context"
	"os/exec"
	"slices"
	"strings"

	"lnd-once/internal/failure"
	"lnd-once/internal/gobuild"
	"lnd-once/internal/gotest"
	"lnd-once/internal/harness"
	"lnd-once/internal/progress"
)

const (
	// Btcd is the usual backend. It is also the miner that the others get
	// their blocks from.
	Btcd = "btcd"

	// Neutrino is the one in lnd itself.
	Neutrino = "neutrino"

	// Bitcoind is a program that the machine has, or not.
	Bitcoind = "bitcoind"
)

// Others are the backends that lnd's harness knows besides btcd, by the tags
// that choose them.
var Others = []string{Neutrino, Bitcoind}

// Available returns an error if there is no such backend, or not here.
func Available(backend string) error {
	switch {
	case backend == Btcd:
		return nil

	case !slices.Contains(Others, backend):
		return failure.Usage("unknown backend '%s'; there are: %s, %s",
			backend, Btcd, strings.Join(Others, ", "))

	case backend != Bitcoind:
		return nil
	}
	if _, err := exec.LookPath(Bitcoind); err != nil {
		return failure.Usage("bitcoind cannot be started here: %w: "+
			"install it from bitcoincore.org", err)
	}

	return nil
}

// Play plays scenarios on nodes with a backend; see harness.Scenarios.
func Play(ctx context.Context, s *harness.Scenarios, backend string,
	log *progress.Log) (gotest.Verdicts, error) {

	if backend == Btcd {
		return s.Play(ctx, log)
	}

	known, err := harness.Known(s.Base, s.Side, s.Topic)
	if err != nil {
		return nil, err
	}
	binaries, err := build(ctx, s, backend, log)
	if err != nil {
		return nil, err
	}

	return harness.Run(ctx, harness.Config{
		Binaries: binaries, Store: s.Store, Known: known,
		Run: "^payment_outcome_" + s.Run, Timeout: "15m",
		Logs: s.Logs, Log: s.Log, Out: s.Out,
	})
}

// build builds what scenarios with a backend need. The backend is chosen when
// the tests are built: lnd itself has all of them.
func build(ctx context.Context, s *harness.Scenarios, backend string,
	log *progress.Log) (*harness.Binaries, error) {

	var (
		built = &harness.Binaries{}
		err   error
	)
	built.Lnd, err = gobuild.ItestLnd(ctx, s.Base, log, s.WorkTree())
	if err != nil {
		return nil, err
	}
	if built.Btcd, err = gobuild.ItestBtcd(ctx, s.Base, log); err != nil {
		return nil, err
	}
	built.Tests, err = gobuild.ItestsOn(
		ctx, s.Base, log, s.Base.Tree(), backend,
	)

	return built, err
}

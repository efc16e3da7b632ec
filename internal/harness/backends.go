package harness

import (
	"os/exec"
	"slices"
	"strings"

	"lnd-once/internal/failure"
	"lnd-once/internal/gobuild"
)

const (
	// Btcd is the usual chain backend. It is also the miner that the others
	// get their blocks from.
	Btcd = gobuild.ItestBackend

	// neutrino is the one in lnd itself, bitcoind a program that the machine
	// has, or not.
	neutrino = "neutrino"
	bitcoind = "bitcoind"
)

// Backends are the chain backends that lnd's harness knows besides btcd, by the
// tags that choose them.
var Backends = []string{neutrino, bitcoind}

// CheckBackend returns an error if there is no such chain backend, or not here.
func CheckBackend(backend string) error {
	switch {
	case backend == Btcd:
		return nil

	case !slices.Contains(Backends, backend):
		return failure.Usage("unknown backend '%s'; there are: %s, %s",
			backend, Btcd, strings.Join(Backends, ", "))

	case backend != bitcoind:
		return nil
	}
	if _, err := exec.LookPath(bitcoind); err != nil {
		return failure.Usage("bitcoind cannot be started here: %w: "+
			"install it from bitcoincore.org", err)
	}

	return nil
}

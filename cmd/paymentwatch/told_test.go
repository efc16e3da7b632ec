package main

import (
	"errors"
	"fmt"
	"testing"

	"lnd-once/lnrpc/paymentrpc"

	"github.com/stretchr/testify/require"
)

// checkOpen starts a check and waits until the stream is sure to be there.
// One payment has ended before, and one is in flight.
func checkOpen(t *testing.T, n *fakeNode) *program {
	t.Helper()

	n.payments = []*paymentrpc.Payment{
		pay(1, succeeded, none), pay(2, inFlight, none),
	}
	p := start(t, n.flags("check"))
	require.Eventually(t, func() bool {
		return n.lasts.Load() > 0
	}, patience, patience/1000)

	return p
}

// store stores a payment without announcing it.
func (n *fakeNode) store(p *paymentrpc.Payment) {
	n.set(func() { n.payments = append(n.payments, p) })
}

// awaitCompared waits until the check has compared an end with what is stored. It
// then also has the answers to what it asked before.
func (n *fakeNode) awaitCompared(t *testing.T) {
	t.Helper()

	require.Eventually(t, func() bool {
		return n.singles.Load() > 0
	}, patience, patience/1000)
}

// TestCheckSeesAMissingEnd checks that an end that the node has stored and not
// announced breaks Once, and that one that comes late does not.
func TestCheckSeesAMissingEnd(t *testing.T) {
	t.Parallel()

	n := newFakeNode(t)
	p := checkOpen(t, n)
	n.end(pay(3, failed, timeout))
	n.awaitCompared(t)
	n.store(pay(4, failed, timeout))
	n.store(pay(5, succeeded, none))
	n.store(pay(6, inFlight, none))
	p.interrupt()
	n.updates <- pay(5, succeeded, none)

	err := p.wait(t)
	require.ErrorIs(t, err, errBroken)
	require.Equal(t, exitBroken, exitStatus(err))
	out := p.out.String()
	require.Regexp(t, `(?m)^\S+ \S+ Once: the stream has not told this `+
		`end; then: payment 0+4 index 4 FAILED TIMEOUT`, out)
	require.Contains(t, out, "Once     broken 1 times")
	require.Contains(t, out, "Final    holds")
}

// TestCheckOfAWholeStreamHolds checks that no end is missed that the stream was
// not there for, or that has not come yet.
func TestCheckOfAWholeStreamHolds(t *testing.T) {
	t.Parallel()

	n := newFakeNode(t)
	p := checkOpen(t, n)
	n.updates <- pay(3, inFlight, none)
	n.end(pay(3, failed, timeout))
	n.store(pay(4, inFlight, none))
	n.awaitCompared(t)
	p.interrupt()
	require.NoError(t, p.wait(t))
	require.Contains(t, p.out.String(), "Once     holds")
}

// TestExitStatusTellsBrokenFromUnchecked checks that a node that breaks the
// contract is not taken for one that could not be checked.
func TestExitStatusTellsBrokenFromUnchecked(t *testing.T) {
	t.Parallel()

	require.Zero(t, exitStatus(nil))
	require.Equal(t, exitBroken, exitStatus(errors.Join(
		errUnreachable, fmt.Errorf("%w: Once", errBroken),
	)))

	// Bad flags, a node that is locked, and one that refuses.
	n := newFakeNode(t)
	for _, args := range [][]string{
		{"paymentwatch", "check", "--frob"},
		{"paymentwatch", "check", "--lnddir", t.TempDir()},
		n.flags("--network", "mainnet", "--macaroonpath",
			n.config().macaroon, "check"),
	} {
		require.Equal(t, exitFailed,
			exitStatus(start(t, args).wait(t)), args)
	}
	n.set(func() { n.refusal = errors.New("permission denied") })
	err := start(t, n.flags("check")).wait(t)
	require.ErrorIs(t, err, errMacaroon)
	require.Equal(t, exitFailed, exitStatus(err))
}
